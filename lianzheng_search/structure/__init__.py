"""
`CleanText` -> `Speech`: lines, headings, numbering, run-in points, title, date, speaker.

In: cleaned lines. Out: passages that tile them, each with the sections it stands in.
Elsewhere: numerals and dates as strings (``text``), what a passage is about (``themes``).
"""
