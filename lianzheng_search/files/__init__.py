"""
Files on the disk: written whole or not at all, checked when read, nobody else's.

In: a path and what is to stand there. Out: the file, complete, or the old one as it was.
Elsewhere: what an index consists of (``index``), what an export looks like (``export``).
"""
