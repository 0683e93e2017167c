"""
Writing to disk, whole or not at all; checksums; the user's own files.

In: a path and what is to stand there. Out: the file, complete, or the old one as it was.
Elsewhere: what an index consists of (``index``), what an export looks like (``export``).
"""
