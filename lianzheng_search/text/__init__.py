"""
What a character, a numeral, a date, a word, a sentence and a width is.

In: strings. Out: strings of the same length (folding), words and sentences, widths in cells.
The only importer of jieba and rjieba.
Elsewhere: what a line or a heading is (``structure``), what a query is (``query``).
"""
