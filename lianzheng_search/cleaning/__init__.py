"""
`RawFile` -> `CleanText`: watermark rules, print layout, and the ledger of removals.

In: decoded lines. Out: the lines that stay, and every removal with its rule and its place.
Lines and removals together are the file, always.
Elsewhere: how bytes become lines (``reading``), what a heading is (``structure``).
"""
