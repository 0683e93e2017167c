"""
`Passage` -> the themes it is about, best first, each with its evidence.

In: passages and a theme file. Out: names of themes, and which terms spoke for and against.
Elsewhere: how often a theme occurs (``study``).
"""
