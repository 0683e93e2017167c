"""
The command: parse, call `Corpus`, print. One module a group of commands.

In: arguments. Out: one call of `Corpus`, printed by ``terminal`` or written by ``export``.
Elsewhere: everything else.
"""
