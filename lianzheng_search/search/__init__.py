"""
`Query` and `Backend` -> hits: evaluate, rank, locate; concordance, fillings, suggestions.

In: a query, a selection. Out: hits with spans in the text as it stands.
Elsewhere: counting (``study``), how a hit looks (``terminal``), files of hits (``export``).
"""
