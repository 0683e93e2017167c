"""Query and backend -> hits: which passages match, in what order, and where in their text."""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from functools import partial
from heapq import nlargest, nsmallest
from itertools import filterfalse

from msgspec.structs import replace

from ..index.backend import Backend, Occurrences, SourceLine, places_of
from ..messages import _, no_such
from ..model import Hit, Span, Value
from ..query.filters import EVERYTHING, Scope
from ..query.tree import (
    And,
    Field,
    Gap,
    Leaf,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    field_filters,
    leaves,
    literals,
)
from ..text.folding import fold
from .gaps import gap_matches

SEARCH_ORDERS = ("relevance", "corpus", "date")
"""The orders of passages; with a query the first is the default, else the second."""
SATURATION, LENGTH_WEIGHT = 1.2, 0.4
"""BM25's k1 and b; b is low, for a heading is not the better passage because it is short."""
# In characters. Bounds the number of substrings of a query that are looked up as words.
LONGEST_WORD = 8
Weigh = Callable[[int, int | None], float]
"""Scores a passage by how often it holds something; None stands for the shortest there can be."""
Copies = Mapping[int, tuple[str, ...]]
"""The speeches that have copies of a passage which were left out."""
Level = tuple[float, Iterable[int], Callable[[int], float]]
"""What none of some passages can exceed, the passages, and what scores them; highest first."""
MOST_HELD = 2_000_000
"""Maximum number of matches, of all phrases, that are grouped by passage: 200 MB."""
# To select the best takes time, so it is not done after each level, but when there are several
# times as many passages as can win.
CONTENDERS = 4
"""Number of passages scored first, those with the most matches, for each one asked for."""


class Results(Value, frozen=True, kw_only=True):
    """
    What a search found: `total` passages in `speeches` speeches, and the hits asked for, in order.

    Where nothing holds the query, `exact` is False and the hits hold some of its `words`. So many
    passages more that were found are `copies` of those, and are left out.
    """

    hits: Iterator[Hit]
    total: int
    speeches: int
    exact: bool = True
    words: tuple[str, ...] = ()
    copies: int = 0


def run_search(
    backend: Backend,
    query: Query | None,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 20,
    sort: str | None = None,
) -> Results:
    """
    Answer a query from any backend; the order is total: ties break by path, line, column.

    `limit` 0 is all. Without a query, every passage in the scope is found. Where no passage holds
    the query and it is of plain words, passages with some of them are found instead, and the
    results say so. Of passages found that are twins one is kept, unless the scope is with copies.
    """
    sort = sort or ("relevance" if query is not None else "corpus")
    check_order(sort)
    allowed = backend.scope(scope.filters)
    if query is None:
        every, twins = _apart_from_copies(
            backend, set(backend.refs()) if allowed is None else allowed, scope
        )
        scores = dict.fromkeys(every, 0.0)
        ordered = _ordered(
            backend, scores, limit=limit, sort="date" if sort == "date" else "corpus"
        )
        make = _Hits(backend, (), speeches_of_copies(backend, twins, ordered))
        return Results(
            hits=(make.hit(ref, None) for ref in ordered),
            total=len(scores),
            speeches=backend.count_speeches(scores),
            copies=len(twins),
        )
    evaluation = _Evaluation(backend, query)
    # Exact first, always: a passage that only holds the words is never mixed with those that hold
    # the phrase, and the results say which they are.
    found = evaluation.within(allowed, query)
    if not found and _may_fall_back(query):
        return _by_words(backend, evaluation.leaves, scope, limit=limit, sort=sort)
    # After matching and filtering, not before: the filters may leave nothing but a copy.
    found, twins = _apart_from_copies(backend, found, scope)
    if sort == "relevance":
        scores = evaluation.best(found, limit, allowed, twins)
        ordered = _ordered(backend, scores, limit=limit, sort=sort)
    else:
        ordered = _ordered(backend, dict.fromkeys(found, 0.0), limit=limit, sort=sort)
        scores = evaluation.scores(ordered)
    make = _Hits(backend, evaluation.leaves, speeches_of_copies(backend, twins, ordered))
    return Results(
        hits=(make.hit(ref, scores[ref] if evaluation.leaves else None) for ref in ordered),
        total=len(found),
        speeches=backend.count_speeches(found),
        copies=len(twins),
    )


def check_order(sort: object) -> None:
    """Raise RequestError for what is no order of passages; None is the default one."""
    if sort is not None and sort not in SEARCH_ORDERS:
        raise no_such(_("sort"), str(sort), SEARCH_ORDERS)


class Matching(Value, frozen=True, kw_only=True):
    """
    The passages that hold a query, ascending by ref, and the leaves that are marked in them.

    So many passages more are `copies` of those, and are left out. `counts` say how often a query
    that is one phrase is marked in each of them; None for any other query.
    """

    refs: Sequence[int]
    leaves: tuple[Leaf, ...]
    copies: int = 0
    counts: Sequence[int] | None = None


def find_passages(backend: Backend, query: Query, scope: Scope = EVERYTHING) -> Matching:
    """
    Find the passages that `run_search` finds, without making hits of them.

    Where no passage holds the query there are none: its words do not stand in for it.
    """
    evaluation = _Evaluation(backend, query)
    found = evaluation.within(backend.scope(scope.filters), query)
    kept, twins = _apart_from_copies(backend, found, scope)
    refs = kept if isinstance(kept, list) else sorted(kept)
    counts = None
    if isinstance(query, Phrase | Gap):
        held = evaluation.occurrences(query)
        counts = held.counts
        if len(held.refs) != len(refs):
            of = dict(zip(held.refs, held.counts, strict=True))
            counts = [of[ref] for ref in refs]
    return Matching(refs=refs, leaves=evaluation.leaves, copies=len(twins), counts=counts)


def _apart_from_copies(
    backend: Backend, refs: Set[int] | Sequence[int], scope: Scope
) -> tuple[Set[int] | Sequence[int], Mapping[int, int]]:
    """
    Leave out the twins among passages, unless the scope is with copies.

    Return them too, each with the passage it is the twin of. The passages are a set, or ascend.
    """
    twins = {} if scope.with_copies else backend.twins(refs)
    if not twins:
        return refs, twins
    if isinstance(refs, Set):
        return refs - twins.keys(), twins
    kept: list[int] = []
    at = 0
    for gone in sorted(bisect_left(refs, twin) for twin in twins):
        kept += refs[at:gone]
        at = gone + 1
    return [*kept, *refs[at:]], twins


def locate(line: str, leaf: Leaf) -> Iterator[tuple[Span, ...]]:
    """
    Yield the matches of a leaf on folded source lines, from the left, not overlapping.

    A match is one span, but for NEAR, where it is the two phrases.

    >>> list(locate("统一思想，统一行动", Phrase("统一")))
    [(Span(start=0, end=2),), (Span(start=5, end=7),)]
    """
    if isinstance(leaf, Near):
        yield from _locate_near(line, leaf)
    elif isinstance(leaf, Gap):
        yield from ((Span(*whole),) for whole, *_gaps in gap_matches(leaf, line))
    else:
        at = line.find(leaf.text)
        while at >= 0:
            yield (Span(at, at + len(leaf.text)),)
            at = line.find(leaf.text, at + len(leaf.text))


def _locate_near(line: str, near: Near) -> Iterator[tuple[Span, ...]]:
    """Pair each left phrase with the nearest right one that is close enough and not inside it."""
    rights = [match[0] for match in locate(line, near.right)]
    starts, ends = [right.start for right in rights], [right.end for right in rights]
    for match in locate(line, near.left):
        left = match[0]
        # The nearest on either side is enough: if it is too far away, every other one is.
        before, after = bisect_right(ends, left.start) - 1, bisect_left(starts, left.end)
        close = [
            (gap, rights[n])
            for n, gap in (
                (before, left.start - ends[before] if before >= 0 else -1),
                (after, starts[after] - left.end if after < len(starts) else -1),
            )
            if 0 <= gap <= near.distance
            # Several lines are searched at once, and NEAR must not reach from one into the next.
            and "\n" not in line[min(left.end, ends[n]) : max(left.start, starts[n])]
        ]
        if close:
            yield tuple(sorted((left, min(close)[1])))


class _Evaluation:
    """The passages that match a query, and their scores."""

    def __init__(self, backend: Backend, query: Query) -> None:
        self._backend = backend
        self._known: dict[Leaf, Occurrences] = {}
        self._is_leaf = isinstance(query, Leaf)
        self.leaves = tuple(dict.fromkeys(leaves(query)))

    def matches(self, query: Query) -> Set[int] | Sequence[int]:
        """Give the passages that match, each once."""
        if isinstance(query, And):
            wanted = [self.matches(part) for part in query.parts if not isinstance(part, Not)]
            # Negations last: the complement of a phrase is nearly the whole
            # corpus, and is never built here.
            kept = set(wanted[0] if wanted else self._backend.refs()).intersection(*wanted[1:])
            for part in query.parts:
                if isinstance(part, Not):
                    kept.difference_update(self.matches(part.part))
            return kept
        if isinstance(query, Or):
            return set().union(*map(self.matches, query.parts))
        if isinstance(query, Not):
            return set(self._backend.refs()).difference(self.matches(query.part))
        if isinstance(query, Field):
            return self._backend.scope(field_filters(query)) or set()
        return self.occurrences(query).refs

    def within(self, scope: Set[int] | None, query: Query) -> Set[int] | Sequence[int]:
        """Give the passages of a scope that match, each once."""
        found = self.matches(query)
        if scope is None:
            return found
        return found & scope if isinstance(found, Set) else [ref for ref in found if ref in scope]

    def scores(self, refs: Collection[int]) -> dict[int, float]:
        """
        Score passages by BM25 with each phrase of the query itself as a term.

        Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
        """
        scores = dict.fromkeys(refs, 0.0)
        for leaf in self.leaves:
            found = self.occurrences(leaf)
            weigh = self._weight(leaf)
            # Walk through the smaller side: a rare filter with a frequent phrase, or the reverse.
            if len(found.refs) <= len(scores):
                for ref, count in zip(found.refs, found.counts, strict=True):
                    if ref in scores:
                        scores[ref] += weigh(count, ref)
            else:
                for ref in scores:
                    at = bisect_left(found.refs, ref)
                    if at < len(found.refs) and found.refs[at] == ref:
                        scores[ref] += weigh(found.counts[at], ref)
        return scores

    def best(
        self, refs: Collection[int], limit: int, scope: Set[int] | None, gone: Container[int]
    ) -> dict[int, float]:
        """
        Score at least the `limit` best of these passages; all for 0.

        They are those that match, in the scope, and not gone.
        """
        held_in_all = sum(len(self.occurrences(leaf).refs) for leaf in self.leaves)
        # Scoring reads the length of each passage. Of a frequent phrase only those can
        # be among the best that hold it most often, so passages are taken by falling
        # upper bound until no more can win.
        if not limit or len(refs) <= CONTENDERS * limit or held_in_all > MOST_HELD:
            return self.scores(refs)
        if self._is_leaf:
            return _best(self._levels(scope, gone), limit)
        weighs = [self._weight(leaf) for leaf in self.leaves]
        held = [
            dict(zip(found.refs, found.counts, strict=True))
            for found in map(self.occurrences, self.leaves)
        ]
        # Passages with equal counts share one bound: there are few different counts and many
        # passages.
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for ref in refs:
            groups[tuple([counts.get(ref, 0) for counts in held])].append(ref)

        def score(counts: tuple[int, ...], ref: int | None) -> float:
            pairs = zip(weighs, counts, strict=True)
            return sum([weigh(count, ref) for weigh, count in pairs if count])

        bounds = sorted(((score(counts, None), counts) for counts in groups), reverse=True)
        levels = ((bound, groups[counts], partial(score, counts)) for bound, counts in bounds)
        return _best(levels, limit)

    def _levels(self, scope: Set[int] | None, gone: Container[int]) -> Iterator[Level]:
        """Group the passages that hold one phrase by how often they do, the most first."""
        found = self.occurrences(self.leaves[0])
        weigh = self._weight(self.leaves[0])
        places, counts = found.refs, found.counts
        for count in sorted(set(counts), reverse=True):
            matching: Iterator[int] = map(places.__getitem__, places_of(count, counts))
            if scope is not None:
                matching = filter(scope.__contains__, matching)
            matching = filterfalse(gone.__contains__, matching)
            yield weigh(count, None), matching, partial(weigh, count)

    def _weight(self, leaf: Leaf) -> Weigh:
        rarity = _rarity(self._backend, len(self.occurrences(leaf).refs))
        return _weight(self._backend, rarity)

    def occurrences(self, leaf: Leaf) -> Occurrences:
        """Give the passages in which a leaf is found, and how often."""
        if leaf not in self._known:
            self._known[leaf] = self._find(leaf)
        return self._known[leaf]

    def _find(self, leaf: Leaf) -> Occurrences:
        if isinstance(leaf, Phrase):
            found = self._backend.occurrences(leaf.text)
            # Of a thousand common words at a time the numbers would fill the memory.
            return found if self._is_leaf else replace(found, refs=array("I", found.refs))
        refs: list[int] = []
        counts: list[int] = []
        for run in self._backend.lines_with(tuple(literals(leaf))):
            k, end = -1, 0
            for at in _starts(run.text, leaf):
                if at >= end:
                    k = bisect_right(run.ends, at, k + 1)
                    end = run.ends[k]
                    refs.append(run.first + k)
                    counts.append(1)
                else:
                    counts[-1] += 1
        return Occurrences(refs, counts)


def _starts(text: str, leaf: Gap | Near) -> list[int]:
    """List where the matches of a leaf start in lines, ascending."""
    if isinstance(leaf, Gap):
        return [whole[0] for whole, *_gaps in gap_matches(leaf, text)]
    return sorted(match[0].start for match in _locate_near(text, leaf))


def _rarity(backend: Backend, holding: int) -> float:
    """Return BM25's inverse document frequency of what `holding` passages hold."""
    everything = backend.totals()[0]
    return math.log(1 + (everything - holding + 0.5) / (holding + 0.5))


def _weight(backend: Backend, worth: float) -> Weigh:
    """Give the function that scores a passage by how often it holds what is worth so much."""
    everything, size = backend.totals()
    mean = size / max(1, everything)
    length = backend.length

    def weigh(count: int, ref: int | None) -> float:
        # None makes the bound: BM25 falls with length, so length 0 exceeds any real passage.
        long = 0.0 if ref is None else length(ref) / mean
        dampened = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * long)
        return worth * count * (SATURATION + 1) / (count + dampened)

    return weigh


def _best(levels: Iterable[Level], limit: int) -> dict[int, float]:
    """
    Score passages level by level, until none can be among the `limit` best that is still to come.

    `limit` 0 scores all.
    """
    scores: dict[int, float] = {}
    enough = CONTENDERS * limit
    for bound, refs, score in levels:
        if limit and len(scores) >= enough:
            # Strictly greater: a passage that ties the bound may come first by its place.
            if nlargest(limit, scores.values())[-1] > bound:
                break
            # Geometric steps, so that the repeated selection stays linear in all.
            enough = CONTENDERS * len(scores)
        for ref in refs:
            scores[ref] = score(ref)
    return scores


def _ordered(backend: Backend, scores: Mapping[int, float], *, limit: int, sort: str) -> list[int]:
    """Put passages in order and keep the first `limit`; undated speeches come last by date."""
    # Scores tie often, so the place decides: the same query always gives the same order.
    order = backend.in_order(scores)
    if sort == "relevance":
        rank = {ref: n for n, ref in enumerate(order)}
        return nsmallest(limit or len(order), order, key=lambda ref: (-scores[ref], rank[ref]))
    if sort == "date":
        order.sort(key=lambda ref: backend.info(ref).date or "9999")
    return order[:limit] if limit else order


class _Hits:
    """Makes the hits of passages; neighbours on one line share the work done on it."""

    def __init__(self, backend: Backend, wanted: Sequence[Leaf], copies: Copies) -> None:
        self._backend = backend
        self._wanted = wanted
        self._copies = copies
        self._line = SourceLine(0, (), "")
        self._matches: list[tuple[Span, ...]] = []
        self._apart = len(wanted) == 1 and isinstance(wanted[0], Phrase)

    def hit(self, ref: int, score: float | None) -> Hit:
        """Make the hit of a passage: its spans, and the text as far as they reach."""
        # Hits in corpus order often share a line, which is then read and searched once.
        if not self._line.first <= ref < self._line.first + len(self._line.passages):
            self._line = self._backend.line(ref)
            self._matches = [m for leaf in self._wanted for m in locate(self._line.folded, leaf)]
            if not self._apart:
                self._matches.sort()
        n = ref - self._line.first
        line = self._line.passages
        passage = line[n]
        start = passage.column - line[0].column
        inside = self._matches
        if len(line) > 1:
            low = bisect_left(inside, start, key=_start)
            high = bisect_left(inside, start + len(passage.text), key=_start)
            inside = inside[low:high]
        spans = [span for match in inside for span in match]
        if not self._apart:
            spans = apart(spans)
        text = passage.text
        # A phrase may cross the border of a run-in point: the hit shows as much as is marked.
        while spans and start + len(text) < spans[-1].end:
            n += 1
            text += line[n].text
        if start:
            spans = [Span(span.start - start, span.end - start) for span in spans]
        return Hit(
            info=self._backend.info(ref),
            passage=passage if text is passage.text else replace(passage, text=text),
            spans=tuple(spans),
            score=score,
            line=line,
            copies=self._copies.get(ref, ()),
        )


def speeches_of_copies(backend: Backend, twins: Mapping[int, int], shown: Iterable[int]) -> Copies:
    """Name, for each passage shown that has copies, the speeches in which those are."""
    wanted = set(shown) if twins else set()
    copies = [ref for ref, twin in twins.items() if twin in wanted]
    speeches: dict[int, dict[str, None]] = {}
    for ref in backend.in_order(copies):
        speeches.setdefault(twins[ref], {})[backend.info(ref).id] = None
    return {ref: tuple(ids) for ref, ids in speeches.items()}


def _start(match: tuple[Span, ...]) -> int:
    return match[0].start


def apart(spans: Iterable[Span]) -> list[Span]:
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
    backend: Backend,
    wanted: Sequence[Leaf],
    scope: Scope,
    *,
    limit: int,
    sort: str,
) -> Results:
    """Find passages by the words of the query that the corpus knows."""
    candidates = dict.fromkeys(
        text[start:end]
        for leaf in wanted
        for text in literals(leaf)
        for start in range(len(text))
        for end in range(start + 2, min(len(text), start + LONGEST_WORD) + 1)
    )
    known = [word for word in candidates if backend.is_word(word)]
    # Of nested words the longest: 从严治党 says what was meant, 从严 and 治党 hold everywhere.
    words = [w for w in known if not any(w != other and w in other for other in known)]
    held = {word: backend.holding(word) for word in words}
    allowed = backend.scope(scope.filters)
    if not words or allowed == set():
        return Results(hits=iter(()), total=0, speeches=0, exact=False)
    sums: dict[int, float] = defaultdict(float)
    for word in words:
        rarity = _rarity(backend, len(held[word]))
        for ref in held[word]:
            sums[ref] += rarity
    if allowed is not None:
        sums = {ref: worth for ref, worth in sums.items() if ref in allowed}
    kept, twins = _apart_from_copies(backend, sums.keys(), scope)
    sums = {ref: sums[ref] for ref in kept} if twins else sums
    levels: dict[float, list[int]] = defaultdict(list)
    for ref, worth in sums.items():
        levels[worth].append(ref)
    weights = ((_weight(backend, worth), worth) for worth in sorted(levels, reverse=True))
    scores = _best(
        ((weigh(1, None), levels[worth], partial(weigh, 1)) for weigh, worth in weights),
        limit if sort == "relevance" else 0,
    )
    ordered = _ordered(backend, scores, limit=limit, sort=sort)
    copies = speeches_of_copies(backend, twins, ordered)
    return Results(
        hits=(_word_hit(backend, ref, scores[ref], words, copies.get(ref, ())) for ref in ordered),
        total=len(sums),
        speeches=backend.count_speeches(sums),
        exact=False,
        words=tuple(words),
        copies=len(twins),
    )


def _word_hit(
    backend: Backend, ref: int, score: float, words: Sequence[str], copies: tuple[str, ...]
) -> Hit:
    line = backend.line(ref)
    passage = line.passages[ref - line.first]
    # Longest first, because an alternation takes the first branch that fits.
    either = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    return Hit(
        info=backend.info(ref),
        passage=passage,
        score=score,
        exact=False,
        words=tuple(Span(*match.span()) for match in either.finditer(fold(passage.text))),
        copies=copies,
    )
