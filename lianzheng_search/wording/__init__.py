"""
A selection -> how things are put: quotations, cited documents, set phrases, headings.

In: the folded text of the selected speeches. Out: wordings, each with its variants and places.
Elsewhere: frequencies and measures (``study``).
"""
