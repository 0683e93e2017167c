"""Query and backend -> hits: which passages match, in what order, and where in their text."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import nsmallest

from msgspec.structs import replace

from .analysis import fold
from .backends import Backend, owner
from .model import Hit, Passage, Span, Value
from .query import (
    And,
    Field,
    Filters,
    Gap,
    Leaf,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    gap_pattern,
    leaves,
    literals,
)

SORTS = ("relevance", "corpus", "date")
SATURATION, LENGTH_WEIGHT = 1.2, 0.4
"""BM25's k1 and b; b is low, for a heading is not the better passage because it is short."""
LONGEST_WORD = 8


class Results(Value, frozen=True, kw_only=True):
    """
    What a search found: `total` passages in `speeches` speeches, and the hits asked for, in order.

    Where nothing holds the query, `exact` is False and the hits hold some of its `words`.
    """

    hits: Iterator[Hit]
    total: int
    speeches: int
    exact: bool = True
    words: tuple[str, ...] = ()


def run_search(
    backend: Backend, query: Query | None, filters: Filters, *, limit: int, sort: str
) -> Results:
    """
    Answer a query from any backend; the order is total: ties break by path, line, column.

    `limit` 0 is all. Without a query, every passage that the filters leave is found. Where no
    passage holds the query and it is of plain words, passages with some of them are found
    instead, and the results say so.
    """
    scope = backend.scope(filters)
    if query is None:
        scores = dict.fromkeys(backend.refs() if scope is None else scope, 0.0)
        ordered = _ordered(
            backend, scores, limit=limit, sort="date" if sort == "date" else "corpus"
        )
        make = _Hits(backend, ())
        hits = (make.hit(ref, None) for ref in ordered)
        return Results(hits=hits, total=len(scores), speeches=backend.count_speeches(scores))
    scores = _Evaluation(backend).scores(query)
    if scope is not None:
        scores = {ref: score for ref, score in scores.items() if ref in scope}
    wanted = tuple(leaves(query))
    if not scores and _may_fall_back(query):
        return _by_words(backend, wanted, scope, limit=limit, sort=sort)
    ordered = _ordered(backend, scores, limit=limit, sort=sort)
    make = _Hits(backend, wanted)
    return Results(
        hits=(make.hit(ref, scores[ref]) for ref in ordered),
        total=len(scores),
        speeches=backend.count_speeches(scores),
    )


def locate(line: str, leaf: Leaf) -> Iterator[tuple[Span, ...]]:
    """
    Yield the matches of a leaf on a folded source line, from the left, not overlapping.

    A match is one span, but for NEAR, where it is the two phrases.

    >>> list(locate("统一思想，统一行动", Phrase("统一")))
    [(Span(start=0, end=2),), (Span(start=5, end=7),)]
    """
    if isinstance(leaf, Near):
        yield from _locate_near(line, leaf)
    elif isinstance(leaf, Gap):
        yield from ((Span(*match.span()),) for match in gap_pattern(leaf).finditer(line))
    else:
        at = line.find(leaf.text)
        while at >= 0:
            yield (Span(at, at + len(leaf.text)),)
            at = line.find(leaf.text, at + len(leaf.text))


def _locate_near(line: str, near: Near) -> Iterator[tuple[Span, ...]]:
    """Pair each left phrase with the nearest right one that is close enough and not inside it."""
    lefts = [match[0] for match in locate(line, near.left)]
    rights = [match[0] for match in locate(line, near.right)]
    for left in lefts:
        close = [
            (gap, right)
            for right in rights
            if 0 <= (gap := max(right.start - left.end, left.start - right.end)) <= near.distance
        ]
        if close:
            yield tuple(sorted((left, min(close)[1])))


class _Evaluation:
    """The passages that match each part of one query, with their scores."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @cached_property
    def _all(self) -> set[int]:
        return set(self._backend.refs())

    def scores(self, query: Query) -> dict[int, float]:
        """Give the passages that match, each with its score; a filter and a negation score 0."""
        if isinstance(query, And):
            return self._all_of(query.parts)
        if isinstance(query, Or):
            total: dict[int, float] = defaultdict(float)
            for part in query.parts:
                for ref, score in self.scores(part).items():
                    total[ref] += score
            return dict(total)
        if isinstance(query, Not):
            return dict.fromkeys(self._all - self.scores(query.part).keys(), 0.0)
        if isinstance(query, Field):
            filters = {
                "section": Filters(section=query.value),
                "theme": Filters(themes=(query.value,)),
                "title": Filters(title=query.value),
            }[query.name]
            return dict.fromkeys(self._backend.scope(filters) or (), 0.0)
        return self._weighed(self._occurrences(query))

    def _all_of(self, parts: Sequence[Query]) -> dict[int, float]:
        wanted = [self.scores(part) for part in parts if not isinstance(part, Not)]
        kept = set(wanted[0]) if wanted else set(self._all)
        for scores in wanted[1:]:
            kept &= scores.keys()
        for part in parts:
            if isinstance(part, Not):
                kept -= self.scores(part.part).keys()
        return {ref: sum(scores[ref] for scores in wanted) for ref in kept}

    def _occurrences(self, leaf: Leaf) -> Mapping[int, int]:
        if isinstance(leaf, Phrase):
            return self._backend.occurrences(leaf.text)
        counts: dict[int, int] = {}
        for first in self._lines(leaf):
            line = self._backend.line(first)[1]
            for match in locate(_folded(line), leaf):
                ref = first + owner(line, match[0].start)
                counts[ref] = counts.get(ref, 0) + 1
        return counts

    def _lines(self, leaf: Leaf) -> set[int]:
        """Give the first passage of each line that holds every literal part of the leaf."""
        kept: set[int] | None = None
        for literal in literals(leaf):
            found = {self._backend.line(ref)[0] for ref in self._backend.occurrences(literal)}
            kept = found if kept is None else kept & found
        return kept or set()

    def _weighed(self, counts: Mapping[int, int]) -> dict[int, float]:
        """
        Score passages by BM25 with the phrase itself as the term.

        Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
        """
        if not counts:
            return {}
        (everything, size), found = self._backend.totals(), len(counts)
        rarity = math.log(1 + (everything - found + 0.5) / (found + 0.5))
        mean = size / everything
        length = self._backend.length
        return {
            ref: rarity
            * count
            * (SATURATION + 1)
            / (count + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length(ref) / mean))
            for ref, count in counts.items()
        }


def _ordered(backend: Backend, scores: Mapping[int, float], *, limit: int, sort: str) -> list[int]:
    """Put passages in order and keep the first `limit`; undated speeches come last by date."""
    order = backend.in_order(scores)
    if sort == "relevance":
        rank = {ref: n for n, ref in enumerate(order)}
        return nsmallest(limit or len(order), order, key=lambda ref: (-scores[ref], rank[ref]))
    if sort == "date":
        order.sort(key=lambda ref: backend.info(ref).date or "9999")
    return order[:limit] if limit else order


class _Hits:
    """Makes the hits of passages; neighbours on one line share the work done on it."""

    def __init__(self, backend: Backend, wanted: Sequence[Leaf]) -> None:
        self._backend = backend
        self._wanted = wanted
        self._first = 0
        self._line: tuple[Passage, ...] = ()
        self._matches: list[tuple[Span, ...]] = []

    def hit(self, ref: int, score: float | None) -> Hit:
        """Make the hit of a passage: its spans, and the text as far as they reach."""
        if not self._first <= ref < self._first + len(self._line):
            self._first, self._line = self._backend.line(ref)
            folded = _folded(self._line) if self._wanted else ""
            self._matches = sorted(match for leaf in self._wanted for match in locate(folded, leaf))
        n = ref - self._first
        passage = self._line[n]
        start = passage.column - self._line[0].column
        low = bisect_left(self._matches, start, key=_start)
        high = bisect_left(self._matches, start + len(passage.text), key=_start)
        spans = _apart(span for match in self._matches[low:high] for span in match)
        text = passage.text
        while spans and start + len(text) < spans[-1].end:
            n += 1
            text += self._line[n].text
        return Hit(
            info=self._backend.info(ref),
            passage=passage if text is passage.text else replace(passage, text=text),
            spans=tuple(Span(span.start - start, span.end - start) for span in spans),
            score=score,
        )


def _start(match: tuple[Span, ...]) -> int:
    return match[0].start


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Keep, of spans that overlap, the leftmost and there the longest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _may_fall_back(query: Query) -> bool:
    """Words stand in for phrases only: a quotation, a filter and a negation are to be kept."""
    if isinstance(query, And | Or):
        return all(map(_may_fall_back, query.parts))
    return not isinstance(query, Not | Field) and not (isinstance(query, Phrase) and query.quoted)


def _by_words(
    backend: Backend, wanted: Sequence[Leaf], scope: set[int] | None, *, limit: int, sort: str
) -> Results:
    """Find passages by the words of the query that the corpus knows."""
    candidates = dict.fromkeys(
        text[start:end]
        for leaf in wanted
        for text in literals(leaf)
        for start in range(len(text))
        for end in range(start + 2, min(len(text), start + LONGEST_WORD) + 1)
    )
    words = backend.known_words(candidates)
    words = [w for w in words if not any(w != other and w in other for other in words)]
    if not words or scope == set():
        return Results(hits=iter(()), total=0, speeches=0, exact=False)
    ranked = backend.ranked(words, scope)
    ordered = _ordered(backend, ranked, limit=limit, sort=sort)
    return Results(
        hits=(_word_hit(backend, ref, ranked[ref], words) for ref in ordered),
        total=len(ranked),
        speeches=backend.count_speeches(ranked),
        exact=False,
        words=tuple(words),
    )


def _word_hit(backend: Backend, ref: int, score: float, words: Sequence[str]) -> Hit:
    first, line = backend.line(ref)
    passage = line[ref - first]
    either = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    return Hit(
        info=backend.info(ref),
        passage=passage,
        score=score,
        exact=False,
        words=tuple(Span(*match.span()) for match in either.finditer(fold(passage.text))),
    )


def _folded(line: Sequence[Passage]) -> str:
    return fold("".join(passage.text for passage in line))
