"""A text -> its width in the cells of a terminal; cut, and broken into lines, to fit one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from ..model import Span

NEVER_FIRST = "，。；：！？、”’」』）》〉…,.;:!?)"
NEVER_LAST = "“‘（《「『〈([{"
"""What may not begin a line, and what may not end one (GB/T 15834)."""


def cells(text: str, *, wide: bool = False) -> int:
    """
    Return the width of a text in terminal cells: 2 for a wide character, 0 for one that combines.

    `wide` is for terminals that draw characters of ambiguous width, such as “ ” …, in 2 cells.

    >>> cells("第3条：“X局”"), cells("第3条：“X局”", wide=True)
    (12, 14)
    """
    return sum(character_cells(character, wide=wide) for character in text)


@cache
def character_cells(character: str, *, wide: bool = False) -> int:
    """Return the width of one character in cells: 0, 1 or 2."""
    # Most calls by far are for ASCII or Han; only the others need the tables of unicodedata.
    if character < "\x80":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("WFA" if wide else "WF") else 1


def shorten(text: str, *, width: int) -> str:
    """
    Cut a text to at most `width` cells, the last one an … where something is cut off.

    >>> shorten("敢于担当，善于作为", width=9)
    '敢于担当…'
    """
    if cells(text) <= width:
        return text
    used = 0
    for i, character in enumerate(text):
        used += character_cells(character)
        if used > width - 1:
            return text[:i] + "…"
    return text


def wrap(text: str, *, width: int) -> Iterator[Span]:
    """
    Break a text into lines of at most `width` cells.

    Where the text allows it, none begins with a closing mark or ends with an opening one, nor
    cuts a word of Latin letters.

    >>> [line.end for line in wrap("敢于担当，善于作为。", width=8)]
    [3, 7, 10]
    """
    start = used = 0
    for i, character in enumerate(text):
        wide = character_cells(character)
        if used + wide > width and i > start:
            cut = i
            # First whole Latin words, then the marks; at least one character
            # stays, or the loop would not end.
            while cut > start + 1 and _inside_word(text, cut):
                cut -= 1
            cut = i if cut == start + 1 else cut  # a word longer than the line
            while cut > start + 1 and (text[cut] in NEVER_FIRST or text[cut - 1] in NEVER_LAST):
                cut -= 1
            if cells(text[cut : i + 1]) > width:
                cut = i  # nothing but closing marks: one has to begin the line
            yield Span(start, cut)
            start, used = cut, cells(text[cut:i])
        used += wide
    if start < len(text):
        yield Span(start, len(text))


def _inside_word(text: str, at: int) -> bool:
    """Check whether a Latin word or a number goes on over an offset."""
    around = text[at - 1 : at + 1]
    return around.isascii() and around.isalnum()
