"""A hit -> what of its speech is exported: the hit, its sentence, its passage, its section."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import takewhile

from .concordance import SENTENCE
from .model import Hit, Passage, Span, Value, source_lines

CONTEXTS = ("hit", "sentence", "passage", "section")
"""What `excerpt` takes, and any number of characters."""
GAP = "……"
"""What stands between the hits of a passage where nothing else is shown."""
ReadSpeech = Callable[[str], Sequence[Passage]]
"""Gives the passages of a speech by its id."""


class Excerpt(Value, frozen=True, kw_only=True):
    """
    A text out of a speech: `spans` are the hits in it.

    `line` and `column` are where in the file it begins; `cut` says whether it begins and whether
    it ends inside a paragraph. A line end in `text` is one between paragraphs.
    """

    text: str
    spans: tuple[Span, ...]
    line: int
    column: int
    cut: tuple[bool, bool] = (False, False)


def excerpt(hit: Hit, context: str | int, read_speech: ReadSpeech) -> Excerpt:
    """
    Take out of a speech what a context asks for: one of CONTEXTS, or so many characters a side.

    A hit without spans, which a filter alone has found, is its whole passage, or its section.
    """
    if context == "section":
        return _section(hit, read_speech(hit.info.id))
    spans = hit.spans or hit.words
    line, column = hit.passage.place
    if context == "passage" or not spans:
        text, whole = hit.passage.text, hit.line or (hit.passage,)
        begins = hit.passage == whole[0]
        return Excerpt(
            text=text, spans=spans, line=line, column=column, cut=(not begins, _goes_on(hit))
        )
    if context == "hit":
        return _hits_alone(hit, spans)
    text = "".join(passage.text for passage in hit.line) or hit.passage.text
    shift = hit.passage.column - hit.line[0].column if hit.line else 0
    inside = [Span(span.start + shift, span.end + shift) for span in spans]
    start, end = inside[0].start, inside[-1].end
    if isinstance(context, int):
        start, end = max(0, start - context), min(len(text), end + context)
    else:
        start, end = _sentences(text, start, end)
    line, column = _place(hit, start - shift)
    return Excerpt(
        text=text[start:end],
        spans=tuple(Span(span.start - start, span.end - start) for span in inside),
        line=line,
        column=column,
        cut=(start > 0, end < len(text)),
    )


def _goes_on(hit: Hit) -> bool:
    """Tell whether there is more of the paragraph after a hit's text."""
    if not hit.line:
        return False
    whole = sum(len(passage.text) for passage in hit.line)
    return hit.passage.column - hit.line[0].column + len(hit.passage.text) < whole


def _hits_alone(hit: Hit, spans: Sequence[Span]) -> Excerpt:
    pieces: list[str] = []
    places: list[Span] = []
    at = 0
    for n, span in enumerate(spans):
        at += len(GAP) * bool(n)
        pieces.append(hit.passage.text[span.start : span.end])
        places.append(Span(at, at + len(pieces[-1])))
        at = places[-1].end
    line, column = _place(hit, spans[0].start)
    whole = len(spans) == 1 and len(pieces[0]) == len(hit.passage.text)
    cut = (not whole, not whole)
    return Excerpt(text=GAP.join(pieces), spans=tuple(places), line=line, column=column, cut=cut)


def _sentences(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range to the sentences in which it lies."""
    found = [match.span() for match in re.finditer(SENTENCE, text) if match[0]]
    before = [a for a, b in found if a <= start < b]
    after = [b for a, b in found if a < end <= b]
    return (before[0] if before else start), (after[-1] if after else end)


def _place(hit: Hit, offset: int) -> tuple[int, int]:
    """Give the place in the file of a character, counted from the start of the hit's passage."""
    holder, shift = hit.passage, 0
    if hit.line:
        at = hit.passage.column + offset
        before = list(takewhile(lambda passage: passage.column <= at, hit.line))
        holder = before[-1] if before else hit.line[0]
        shift = hit.passage.column - holder.column
    line, column = holder.place
    return line, column + offset + shift


def _section(hit: Hit, passages: Sequence[Passage]) -> Excerpt:
    """Take the whole of the innermost section that a hit stands in, or of its title and head."""
    own = hit.passage.sections
    inside = [passage for passage in passages if passage.sections[: len(own)] == own]
    if not own:
        inside = [passage for passage in passages if not passage.sections]
    pieces: list[str] = []
    at = start = 0
    for n, line in enumerate(source_lines(inside)):
        pieces += ["\n"] * bool(n)
        at += bool(n)
        for passage in line:
            if (passage.line, passage.column) == (hit.passage.line, hit.passage.column):
                start = at
            pieces.append(passage.text)
            at += len(passage.text)
    line_number, column = inside[0].place if inside else hit.passage.place
    return Excerpt(
        text="".join(pieces),
        spans=tuple(Span(span.start + start, span.end + start) for span in hit.spans),
        line=line_number,
        column=column,
    )
