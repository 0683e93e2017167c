"""
Hits and rows -> files that can be pasted, cited and made again: one module a format.

In: a batch of named queries and a `Source` of passages. Out: files, and the record of how.
Elsewhere: what is found (``search``), what a terminal shows (``terminal``).
"""
