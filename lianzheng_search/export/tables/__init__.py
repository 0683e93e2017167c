"""
Values -> tables of rows, in which the fields of a value are the keys: JSON lines, CSV, Excel.

In: hits, lines, counts, the entries of a batch. Out: rows; and texts or files of them.
Elsewhere: documents to read (``html``, ``docx``, ``text`` beside this folder).
"""
