"""Hits -> what is read of them: the sentences around a hit, fitted to a width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from ..model import Span, Value

SENTENCE = r"[^。！？!?；;]*(?:[。！？!?；;]+[”’」』）)]*|$)"
CLAUSE_ENDS = "，、：,: "
NEVER_FIRST = "，。；：！？、”’」』）》〉…,.;:!?)"
NEVER_LAST = "“‘（《「『〈([{"
"""What may not begin a line, and what may not end one (GB/T 15834)."""
SNIPPET = 120
"""How many characters of a long passage are shown."""


class Snippet(Value, frozen=True, kw_only=True):
    """A part of a text: `spans` are of this `text`; `more` spans stand outside of it."""

    text: str
    spans: tuple[Span, ...]
    more: int = 0


def snippet(text: str, spans: Sequence[Span], *, size: int = SNIPPET) -> Snippet:
    """
    Cut the sentence or two around the first span out of a long text; … marks each cut.

    >>> snippet("甲甲。乙乙要担当，丙丙。丁丁。", [Span(6, 8)], size=8).text
    '…乙乙要担当，丙丙。…'
    """
    if len(text) <= size * 3 // 2:
        return Snippet(text=text, spans=tuple(spans))
    start, end = _sentences(text, spans[0] if spans else Span(0, 1), size)
    inside = [span for span in spans if start <= span.start and span.end <= end]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    return Snippet(
        text=before + text[start:end] + after,
        spans=tuple(Span(span.start + shift, span.end + shift) for span in inside),
        more=len(spans) - len(inside),
    )


def _sentences(text: str, anchor: Span, size: int) -> tuple[int, int]:
    """Choose whole sentences from the anchor's on while they fit, else clauses around it."""
    start = end = None
    for match in re.finditer(SENTENCE, text):
        if match.end() <= anchor.start or not match[0]:
            continue
        if start is None:
            start, end = match.span()
        elif end is not None and (end < anchor.end or match.end() - start <= size):
            end = match.end()
        else:
            break
    start, end = start or 0, end or len(text)
    if anchor.start - start > size // 2:
        start = anchor.start - size // 2
        start = next((i + 1 for i in range(start, anchor.start) if text[i] in CLAUSE_ENDS), start)
    if end - start > size * 3 // 2:
        end = max(start + size, anchor.end)
        end = next((i + 1 for i in range(end - 1, anchor.end, -1) if text[i] in CLAUSE_ENDS), end)
    return start, end


def cells(text: str, *, wide: bool = False) -> int:
    """
    Measure a text in terminal cells: 2 for a wide character, 0 for one that combines.

    `wide` is for terminals that draw characters of ambiguous width, such as “ ” …, in 2 cells.

    >>> cells("第3条：“X局”"), cells("第3条：“X局”", wide=True)
    (12, 14)
    """
    return sum(character_cells(character, wide=wide) for character in text)


@cache
def character_cells(character: str, *, wide: bool = False) -> int:
    """Measure one character."""
    if character < "\x80":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("WFA" if wide else "WF") else 1


def shorten(text: str, *, width: int) -> str:
    """
    Cut a text to so many cells, the last one an … where something is cut off.

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
    Break a text into lines of at most `width` cells, where the text allows
    it none of which begins with a closing mark or ends with an opening one, nor cuts a word of
    Latin letters.

    >>> [line.end for line in wrap("敢于担当，善于作为。", width=8)]
    [3, 7, 10]
    """
    start = used = 0
    for i, character in enumerate(text):
        wide = character_cells(character)
        if used + wide > width and i > start:
            cut = i
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
    """Tell whether a Latin word or a number goes on there."""
    around = text[at - 1 : at + 1]
    return around.isascii() and around.isalnum()


def mark(
    text: str, spans: Sequence[Span], hit: Callable[[str], str], rest: Callable[[str], str]
) -> str:
    """
    Rewrite a text piece by piece: its spans with one function, what is between with another.

    >>> mark("敢于担当。", [Span(2, 4)], "<{}>".format, str)
    '敢于<担当>。'
    """
    pieces = []
    at = 0
    for span in spans:
        pieces += [rest(text[at : span.start]), hit(rest(text[span.start : span.end]))]
        at = span.end
    return "".join([*pieces, rest(text[at:])])
