"""
A selection -> figures: frequencies, words, n-grams, keyness, dispersion, theme coverage.

In: a selection, queries. Out: counts with their denominators; measures from the literature.
Elsewhere: how a table looks (``terminal``), what recurs word for word (``wording``).
"""
