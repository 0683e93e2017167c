"""A text -> its sentences and clauses, and the snippet of it that is shown around a hit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..model import Span, Value

SENTENCE_ENDS = "。！？；!?;"
CLAUSE_ENDS = "，、：,: "
FULL_STOPS = "。！？!?"
COLONS = "：:"
COMMAS = "，、,"
CLOSING_MARKS = "”’」』）)"
"""What may close behind the end of a sentence and still belongs to it."""
SENTENCE = re.compile(f"[^{SENTENCE_ENDS}]*(?:[{SENTENCE_ENDS}]+[{CLOSING_MARKS}]*|$)")
"""A sentence with its end; the last match in a text is empty where nothing is left."""
SNIPPET = 120
"""Length of the part of a long passage that is shown, in characters."""


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
    # A passage only a little too long is shown whole: an … that saves a few characters annoys.
    if len(text) <= size * 3 // 2:
        return Snippet(text=text, spans=tuple(spans))
    start, end = _sentences_around(text, spans[0] if spans else Span(0, 1), size)
    inside = [span for span in spans if start <= span.start and span.end <= end]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    return Snippet(
        text=before + text[start:end] + after,
        spans=tuple(Span(span.start + shift, span.end + shift) for span in inside),
        more=len(spans) - len(inside),
    )


def _sentences_around(text: str, anchor: Span, size: int) -> tuple[int, int]:
    """Choose whole sentences from the anchor's on while they fit, else clauses around it."""
    start = end = None
    for match in SENTENCE.finditer(text):
        if match.end() <= anchor.start or not match[0]:
            continue
        if start is None:
            start, end = match.span()
        elif end is not None and (end < anchor.end or match.end() - start <= size):
            end = match.end()
        else:
            break
    start, end = start or 0, end or len(text)
    # Sentences of this genre may be longer than a snippet: then clauses have to do.
    if anchor.start - start > size // 2:
        start = anchor.start - size // 2
        start = next((i + 1 for i in range(start, anchor.start) if text[i] in CLAUSE_ENDS), start)
    if end - start > size * 3 // 2:
        end = max(start + size, anchor.end)
        end = next((i + 1 for i in range(end - 1, anchor.end, -1) if text[i] in CLAUSE_ENDS), end)
    return start, end


def rewrite_spans(
    text: str, spans: Sequence[Span], hit: Callable[[str], str], rest: Callable[[str], str]
) -> str:
    """
    Rewrite a text with one function, and what its spans become with another.

    >>> rewrite_spans("敢于担当。", [Span(2, 4)], "<{}>".format, str)
    '敢于<担当>。'
    """
    pieces = []
    at = 0
    for span in spans:
        pieces += [rest(text[at : span.start]), hit(rest(text[span.start : span.end]))]
        at = span.end
    return "".join([*pieces, rest(text[at:])])
