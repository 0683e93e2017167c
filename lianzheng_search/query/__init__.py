"""
What a user typed -> `Query` and `Filters`; a file of queries -> `NamedQuery` values.

In: text. Out: a tree of phrases, gaps, fields and operators, or an error with a caret.
Elsewhere: what a query matches (``search``).
"""
