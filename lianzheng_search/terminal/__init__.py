"""
Values -> what a terminal shows. The only importer of rich.

In: hits, counts, wordings. Out: lines on standard output; no text of a file can steer them.
Elsewhere: files (``export``), options (``cli``).
"""
