"""A text and a width in cells -> lines: broken, indented, padded, with parts of it in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...model import Span
from ...text.sentences import rewrite_spans
from ...text.width import cells, character_cells, wrap
from .output import style

INDENT = "    "
BAR = 24
"""Length of the longest bar, in cells, where there is room for it."""
LEAST_TEXT = 10
"""Minimum width of a column of texts, in cells."""
Piece = tuple[str, dict[str, Any]]
"""A text and the colours that it is set in, as `style` takes them."""


class Place(str):
    """A place in a speech, ``SPEECH:LINE``: where it is too long, its start is cut."""

    __slots__ = ()


def line_spans(text: str, width: int | None) -> list[Span]:
    """
    Return where the lines of a text are, of at most `width` cells; None is a single line.

    Blanks at which the text is broken are left out.

    >>> line_spans("last 10 years", 7)
    [Span(start=0, end=7), Span(start=8, end=13)]
    """
    if width is None:
        return [Span(0, len(text))]
    spans = []
    for line in wrap(text, width=width):
        part = text[line.start : line.end]
        start = line.start + bool(line.start and part[0] == " ")
        spans.append(Span(start, max(start, line.end - (part[-1] == " "))))
    return spans


def break_lines(text: str, width: int | None) -> list[str]:
    """
    Return a text as lines of at most `width` cells; None is a single line.

    >>> break_lines("敢于担当，善于作为", 10), break_lines("敢于担当，善于作为", None)
    (['敢于担当，', '善于作为'], ['敢于担当，善于作为'])
    """
    return [text[line.start : line.end] for line in line_spans(text, width)]


def fill(text: str, width: int | None) -> list[str]:
    """
    Return a text as lines of at most `width` cells, broken at blanks only.

    >>> fill("家风 1, 担当 2, 责任 3", 16)
    ['家风 1, 担当 2,', '责任 3']
    """
    lines = [""]
    for word in text.split(" "):
        if not lines[-1]:
            lines[-1] = word
        elif width is None or cells(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def side_by_side(pieces: Sequence[Piece], width: int | None, *, indent: str = "") -> str:
    """Return styled pieces on a line, or on as many as they need to stay within the width."""
    lines: list[list[Piece]] = [[]]
    for text, colours in pieces:
        used = sum(cells(other) + 2 for other, _colours in lines[-1])
        if text and lines[-1] and width and cells(indent) + used + cells(text) > width:
            lines.append([])
        if text:
            lines[-1].append((text, colours))
    return "\n".join(
        indent + "  ".join(style(text, **colours) for text, colours in line) for line in lines
    )


def body(text: str, spans: Sequence[Span], width: int | None, *, indent: str = INDENT) -> str:
    """Return a text with its spans highlighted, indented, and wrapped where there is a width."""
    lines = line_spans(text, width and width - cells(indent))
    return "\n".join(indent + highlight(text, spans, line) for line in lines)


def highlight(text: str, spans: Sequence[Span], part: Span) -> str:
    """Return a part of a text, with what of the text's spans is inside it highlighted."""
    inside = [
        Span(max(span.start, part.start) - part.start, min(span.end, part.end) - part.start)
        for span in spans
        if span.start < part.end and span.end > part.start
    ]
    return rewrite_spans(text[part.start : part.end], inside, highlight_hit, str)


def highlight_hit(text: str) -> str:
    """Return a hit as it is shown everywhere."""
    return style(text, fg="red", bold=True)


def pad(text: str, width: int) -> str:
    """
    Return a text with blanks behind it up to `width` cells.

    >>> pad("家风", 6)
    '家风  '
    """
    return text + " " * max(0, width - cells(text))


def cut_left(place: str, width: int) -> str:
    """
    Cut a place to at most `width` cells from its left: the line's number is what it is for.

    >>> cut_left("2023/警示教育大会.txt:14", 12)
    '…大会.txt:14'
    """
    if 2 * len(place) <= width or cells(place) <= width:
        return place
    used, at = 1, len(place)
    while at and (used := used + character_cells(place[at - 1])) <= width:
        at -= 1
    return "…" + place[at:]


def bar(share: float, *, length: int = BAR) -> str:
    """
    Return a bar for a share from 0 to 1 of the longest one.

    >>> bar(0.5, length=6)
    '▇▇▇'
    """
    return "▇" * round(length * share)
