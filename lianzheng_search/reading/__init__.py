"""
Bytes of a file -> `RawFile`: formats, encodings, limits.

In: a file of any format and encoding. Out: its lines, what the format calls a heading, problems.
One module a format. Nothing is judged here: a watermark is a line like any other.
Elsewhere: what is taken out of the lines (``cleaning``), what they mean (``structure``).
"""

ENCODED_TWICE = "encoded-twice"
"""The rule of the removals that record a repair: a line as it was read, and as repaired."""
