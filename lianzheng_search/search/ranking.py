"""Passages that match -> their scores, by BM25, and their order."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Set
from functools import partial
from heapq import nlargest, nsmallest
from itertools import filterfalse

from ..index.backend import Backend, places_of
from ..messages import _, no_such
from ..query.tree import Leaf
from .evaluation import Evaluation

SEARCH_ORDERS = ("relevance", "corpus", "date", "newest")
"""The orders of passages; with a query the first is the default, else the second."""
SATURATION, LENGTH_WEIGHT = 1.2, 0.4
"""BM25's k1 and b; b is low, for a heading is not the better passage because it is short."""
GROUPED = 2_000_000
"""Maximum number of matches of several phrases that are grouped by passage, in 200 MB."""
# To select the best takes time, so it is not done after each level, but when there are several
# times as many passages as can win.
CONTENDERS = 4
"""Number of passages that are scored before the best are selected, times those asked for."""
Weigh = Callable[[int, int | None], float]
"""Scores a passage by how often it holds something; None stands for the shortest there can be."""
Level = tuple[float, Iterable[int], Callable[[int], float]]
"""What none of some passages can exceed, the passages, and what scores them; highest first."""


def check_order(sort: str | None) -> None:
    """Raise RequestError for what is no order of passages; None is the default one."""
    if sort is not None and sort not in SEARCH_ORDERS:
        raise no_such(_("sort"), sort, SEARCH_ORDERS)


def in_order(backend: Backend, scores: Mapping[int, float], *, limit: int, sort: str) -> list[int]:
    """Return the first `limit` passages in an order, 0 for all; undated ones last by date."""
    # Scores tie often, so the place decides: the same query always gives the same order.
    order = backend.in_order(scores)
    if sort == "relevance":
        rank = {ref: n for n, ref in enumerate(order)}
        return nsmallest(limit or len(order), order, key=lambda ref: (-scores[ref], rank[ref]))
    if sort == "date":
        order.sort(key=lambda ref: backend.info(ref).date or "9999")
    elif sort == "newest":
        # what is equal stays in its order also where a sort is reversed
        order.sort(key=lambda ref: backend.info(ref).date or "", reverse=True)
    return order[:limit] if limit else order


def scores_of(evaluation: Evaluation, refs: Collection[int]) -> dict[int, float]:
    """
    Score passages by BM25 with each phrase of the query itself as a term.

    Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
    """
    scores = dict.fromkeys(refs, 0.0)
    for leaf in evaluation.leaves:
        held = evaluation.occurrences(leaf)
        weigh = _leaf_weight(evaluation, leaf)
        # Walk through the smaller side: a rare filter with a frequent phrase, or the reverse.
        if len(held.refs) <= len(scores):
            for ref, count in zip(held.refs, held.counts, strict=True):
                if ref in scores:
                    scores[ref] += weigh(count, ref)
        else:
            for ref in scores:
                at = bisect_left(held.refs, ref)
                if at < len(held.refs) and held.refs[at] == ref:
                    scores[ref] += weigh(held.counts[at], ref)
    return scores


def best_scores(
    evaluation: Evaluation,
    refs: Collection[int],
    limit: int,
    *,
    allowed: Set[int] | None,
    twins: Container[int],
) -> dict[int, float]:
    """
    Score at least the `limit` best of some passages; all for 0.

    They are those that match the query, that are `allowed` (None is all), and that are no `twins`.
    """
    matches = sum(len(evaluation.occurrences(leaf).refs) for leaf in evaluation.leaves)
    # Scoring reads the length of each passage. Of a frequent phrase only those can
    # be among the best that hold it most often, so passages are taken by falling
    # upper bound until no more can win.
    if not limit or len(refs) <= CONTENDERS * limit or matches > GROUPED:
        return scores_of(evaluation, refs)
    if evaluation.is_leaf:
        return best_of(_levels(evaluation, allowed, twins), limit)
    weights = [_leaf_weight(evaluation, leaf) for leaf in evaluation.leaves]
    held = [
        dict(zip(occurrences.refs, occurrences.counts, strict=True))
        for occurrences in map(evaluation.occurrences, evaluation.leaves)
    ]
    # Passages with equal counts share one bound: there are few different counts and many
    # passages.
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for ref in refs:
        groups[tuple([counts.get(ref, 0) for counts in held])].append(ref)

    def score(counts: tuple[int, ...], ref: int | None) -> float:
        pairs = zip(weights, counts, strict=True)
        return sum([weigh(count, ref) for weigh, count in pairs if count])

    bounds = sorted(((score(counts, None), counts) for counts in groups), reverse=True)
    levels = ((bound, groups[counts], partial(score, counts)) for bound, counts in bounds)
    return best_of(levels, limit)


def _levels(
    evaluation: Evaluation, allowed: Set[int] | None, twins: Container[int]
) -> Iterator[Level]:
    """Group the passages that hold one phrase by how often they do, the most first."""
    held = evaluation.occurrences(evaluation.leaves[0])
    weigh = _leaf_weight(evaluation, evaluation.leaves[0])
    for count in sorted(set(held.counts), reverse=True):
        refs: Iterator[int] = map(held.refs.__getitem__, places_of(count, held.counts))
        if allowed is not None:
            refs = filter(allowed.__contains__, refs)
        refs = filterfalse(twins.__contains__, refs)
        yield weigh(count, None), refs, partial(weigh, count)


def best_of(levels: Iterable[Level], limit: int) -> dict[int, float]:
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


def rarity(backend: Backend, holding: int) -> float:
    """Weigh something that `holding` passages hold: BM25's inverse document frequency."""
    passages = backend.totals()[0]
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))


def weight(backend: Backend, worth: float) -> Weigh:
    """Return the function that scores a passage by how often it holds what is worth so much."""
    passages, size = backend.totals()
    mean = size / max(1, passages)
    length = backend.length

    def weigh(count: int, ref: int | None) -> float:
        # None makes the bound: BM25 falls with length, so length 0 exceeds any real passage.
        relative = 0.0 if ref is None else length(ref) / mean
        dampened = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * relative)
        return worth * count * (SATURATION + 1) / (count + dampened)

    return weigh


def _leaf_weight(evaluation: Evaluation, leaf: Leaf) -> Weigh:
    backend = evaluation.backend
    return weight(backend, rarity(backend, len(evaluation.occurrences(leaf).refs)))
