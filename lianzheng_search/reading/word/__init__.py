"""
Word files -> `RawFile`: docx, and doc (and wps) of Word 97 and later.

In: bytes. Out: lines with the numbers that Word prints, headings by style, removals.
The names are those of ISO/IEC 29500 (docx) and [MS-DOC] (doc). Elsewhere: rtf (``reading.rtf``).
"""
