"""
Text, columns and progress -> lines on a terminal or in a pipe, whatever they are about.

In: texts with colours of ours, rows, numbers. Out: standard output and standard error.
Elsewhere: what a speech, a count or a theme looks like (the modules of ``terminal``).
"""
