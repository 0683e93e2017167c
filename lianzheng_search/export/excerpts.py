"""Hits -> what of their speeches is exported: the hit, its sentence, its passage, its section."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Hit, Passage, Span, Value, source_lines
from ..text.sentences import SENTENCE

CONTEXTS = ("hit", "sentence", "passage", "section")
"""What `excerpt` takes, and any number of characters; for ``section`` see `section_excerpt`."""
ELLIPSIS = "……"
"""Stands between the hits of a passage where nothing else is shown, and where a text is cut."""


class Excerpt(Value, frozen=True, kw_only=True):
    """
    A text out of a speech: `spans` are the hits in it.

    `line` and `column` are where in the file its passage begins, or its section; `offset` is how
    many characters of the cleaned text after that place it begins itself, less than 0 for before.
    `cut` says whether it begins and whether it ends inside a paragraph. A line end in `text` is
    one between paragraphs.
    """

    text: str
    spans: tuple[Span, ...]
    line: int
    column: int
    offset: int = 0
    cut: tuple[bool, bool] = (False, False)


def excerpt(hit: Hit, context: str | int) -> Excerpt:
    """
    Take out of a hit's paragraph what a context asks for, or so many characters on each side.

    A hit without spans, which a filter alone has found, is its whole passage.
    """
    spans = hit.spans or hit.words
    passages = hit.line or (hit.passage,)
    whole = "".join(passage.text for passage in passages)
    begin = hit.passage.column - passages[0].column
    inside = [Span(span.start + begin, span.end + begin) for span in spans]
    start, end = begin, begin + len(hit.passage.text)
    text = None
    if context == "hit" and spans:
        start, end = inside[0].start, inside[-1].end
        text, inside = _hits_alone(whole, inside)
    elif context == "sentence" and spans:
        start, end = _sentences(whole, inside[0].start, inside[-1].end)
    elif isinstance(context, int) and spans:
        start = max(0, inside[0].start - context)
        end = min(len(whole), inside[-1].end + context)
    if text is None:
        text = whole[start:end]
        inside = [Span(span.start - start, span.end - start) for span in inside]
    line, column = hit.passage.place
    return Excerpt(
        text=text,
        spans=tuple(inside),
        line=line,
        column=column,
        offset=start - begin,
        cut=(start > 0, end < len(whole)),
    )


def _hits_alone(whole: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """Join hits, with dots where something is left out between two."""
    text = ""
    places: list[Span] = []
    for n, span in enumerate(spans):
        if n and span.start > spans[n - 1].end:
            text += ELLIPSIS
        places.append(Span(len(text), len(text) + span.end - span.start))
        text += whole[span.start : span.end]
    return text, places


def _sentences(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range to the sentences in which it lies."""
    found = [match.span() for match in SENTENCE.finditer(text) if match[0]]
    before = [a for a, b in found if a <= start < b]
    after = [b for a, b in found if a < end <= b]
    return (before[0] if before else start), (after[-1] if after else end)


def section_of(hit: Hit, passages: Sequence[Passage]) -> range:
    """
    Return the numbers of the passages of the innermost section that holds a hit.

    What stands before the first heading, or after the last section, is a section for this.
    """
    own = hit.passage.sections
    inside = [passage.sections[: len(own)] == own for passage in passages]
    if not own:
        inside = [not passage.sections for passage in passages]
    key = (hit.passage.line, hit.passage.column)
    at = next(n for n, one in enumerate(passages) if (one.line, one.column) == key)
    start = end = at
    while start and inside[start - 1]:
        start -= 1
    while end < len(passages) and inside[end]:
        end += 1
    return range(start, end)


def section_excerpt(hits: Sequence[Hit], passages: Sequence[Passage], own: range) -> Excerpt:
    """Take a whole section of a speech, paragraph by paragraph, with all hits in it."""
    inside = passages[own.start : own.stop]
    begins: dict[tuple[int, int], int] = {}
    pieces: list[str] = []
    at = 0
    for n, line in enumerate(source_lines(inside)):
        pieces += ["\n"] * bool(n)
        at += bool(n)
        for passage in line:
            begins[passage.line, passage.column] = at
            pieces.append(passage.text)
            at += len(passage.text)
    spans: list[Span] = []
    for hit in hits:
        begin = begins[hit.passage.line, hit.passage.column]
        spans += [Span(span.start + begin, span.end + begin) for span in hit.spans]
    line_number, column = inside[0].place
    return Excerpt(
        text="".join(pieces), spans=tuple(sorted(spans)), line=line_number, column=column
    )
