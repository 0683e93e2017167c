"""
A query, an index and the files -> whether both say the same, and what neither can show.

In: queries, a scope, a library. Out: a `Proof`, in which the index and a plain reading of every
file stand side by side. Nothing here asks the index how it found something.
Elsewhere: answers for reading and citing (``search``), the file to sign (``export``).
"""
