"""A text -> its width in the cells of a terminal; cut, and broken into lines, to fit one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from ..model import Span

NEVER_FIRST = "，。；：！？、”’」』）》〉…,.;:!?)"
NEVER_LAST = "“‘（《「『〈([{"
"""What may not begin a line, and what may not end one (GB/T 15834)."""

NO_WIDTH = ("Mn", "Me", "Cf")
"""Categories of characters that combine with the one before, or format."""


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
    if unicodedata.category(character) in NO_WIDTH:
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
    Break a text into lines of at most `width` cells; joined, they are the text.

    A line breaks behind a blank or beside a wide character, but neither before a closing mark nor
    behind an opening one. A blank that has no room begins the next line. Where the text allows no
    break, as in a word that is longer than a line, it is cut.

    >>> [line.end for line in wrap("敢于担当，善于作为。", width=8)]
    [3, 7, 10]
    """
    start = used = 0
    last_break = None
    for i, character in enumerate(text):
        if i > start and _may_break(text, i):
            last_break = i
        wide = character_cells(character)
        if used + wide > width and i > start:
            cut = i if last_break is None or character == " " else last_break
            yield Span(start, cut)
            start, used, last_break = cut, cells(text[cut:i]), None
        used += wide
    if start < len(text):
        yield Span(start, len(text))


def _may_break(text: str, at: int) -> bool:
    """Check whether a line may begin at an offset."""
    before, after = text[at - 1], text[at]
    if before == " ":
        return after != " "
    wide = 2 in (character_cells(before), character_cells(after))
    return wide and after != " " and after not in NEVER_FIRST and before not in NEVER_LAST
