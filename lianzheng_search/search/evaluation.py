"""Query -> the passages that match it, by set operations on the occurrences of its phrases."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence, Set
from itertools import compress

from msgspec.structs import replace

from ..index.backend import Backend, Occurrences
from ..model import Value
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
from .gaps import gap_matches
from .locating import near_starts

Refs = Set[int] | Sequence[int]
"""Passages, each once: a set, or ascending."""


class Matching(Value, frozen=True, kw_only=True):
    """
    The passages that match a query, ascending by ref, and the leaves that are marked in them.

    `copies` is the number of passages that match too, but are left out as twins of those.
    `counts` are the numbers of times that a query which is one phrase is marked in each of them;
    None for any other query.
    """

    refs: Sequence[int]
    leaves: tuple[Leaf, ...]
    copies: int = 0
    counts: Sequence[int] | None = None


def find_passages(backend: Backend, query: Query, scope: Scope = EVERYTHING) -> Matching:
    """
    Return the passages that `run_search` finds, without making hits of them.

    Where no passage matches the query there are none: its words do not stand in for it.
    """
    evaluation = Evaluation(backend, query)
    matching = evaluation.within(backend.scope(scope.filters))
    matching, twins = apart_from_copies(backend, matching, scope)
    refs = matching if isinstance(matching, list) else sorted(matching)
    counts = evaluation.counts(refs)
    return Matching(refs=refs, leaves=evaluation.leaves, copies=len(twins), counts=counts)


def apart_from_copies(backend: Backend, refs: Refs, scope: Scope) -> tuple[Refs, Mapping[int, int]]:
    """
    Leave out the twins among passages, unless the scope is with copies.

    Return them too, each with the passage it is the twin of.
    """
    twins = {} if scope.with_copies else backend.twins(refs)
    if not twins:
        return refs, twins
    if isinstance(refs, Set):
        return refs - twins.keys(), twins
    others: list[int] = []
    at = 0
    for n in sorted(bisect_left(refs, twin) for twin in twins):
        others += refs[at:n]
        at = n + 1
    return [*others, *refs[at:]], twins


class Evaluation:
    """The passages that match a query, and where its phrases occur; each is looked up once."""

    def __init__(self, backend: Backend, query: Query) -> None:
        self.backend = backend
        self.query = query
        self.is_leaf = isinstance(query, Leaf)
        self.leaves = tuple(dict.fromkeys(leaves(query)))
        self._occurrences: dict[Leaf, Occurrences] = {}

    def counts(self, refs: Refs) -> Sequence[int] | None:
        """Return how often a query that is one phrase is marked in each of these passages."""
        if not isinstance(self.query, Phrase | Gap):
            return None
        occurrences = self.occurrences(self.query)
        if len(occurrences.refs) == len(refs):
            return occurrences.counts
        # both ascend, and none of these passages is without an occurrence
        return list(compress(occurrences.counts, map(set(refs).__contains__, occurrences.refs)))

    def within(self, allowed: Set[int] | None) -> Refs:
        """Return the passages that match and are allowed; None allows all."""
        matching = self._matching(self.query)
        if allowed is None:
            return matching
        if isinstance(matching, Set):
            return matching & allowed
        return [ref for ref in matching if ref in allowed]

    def _matching(self, query: Query) -> Refs:
        if isinstance(query, And):
            required = [self._matching(part) for part in query.parts if not isinstance(part, Not)]
            # Negations last: the complement of a phrase is nearly the whole
            # corpus, and is never built here.
            refs = set(required[0] if required else self.backend.refs())
            refs.intersection_update(*required[1:])
            for part in query.parts:
                if isinstance(part, Not):
                    refs.difference_update(self._matching(part.part))
            return refs
        if isinstance(query, Or):
            return set().union(*map(self._matching, query.parts))
        if isinstance(query, Not):
            return set(self.backend.refs()).difference(self._matching(query.part))
        if isinstance(query, Field):
            scope = self.backend.scope(field_filters(query))
            return self.backend.refs() if scope is None else scope  # in:all leaves everything
        return self.occurrences(query).refs

    def occurrences(self, leaf: Leaf) -> Occurrences:
        """Return the passages in which a leaf occurs, and how often."""
        if leaf not in self._occurrences:
            self._occurrences[leaf] = self._find(leaf)
        return self._occurrences[leaf]

    def _find(self, leaf: Leaf) -> Occurrences:
        if isinstance(leaf, Phrase):
            occurrences = self.backend.occurrences(leaf.text)
            if self.is_leaf:
                return occurrences
            # Of a thousand common words at a time the numbers would fill the memory.
            return replace(occurrences, refs=array("I", occurrences.refs))
        refs: list[int] = []
        counts: list[int] = []
        for run in self.backend.lines_with(tuple(literals(leaf))):
            k, end = -1, 0
            for start in _starts(run.text, leaf):
                if start >= end:
                    k = bisect_right(run.ends, start, k + 1)
                    end = run.ends[k]
                    refs.append(run.first + k)
                    counts.append(1)
                else:
                    counts[-1] += 1
        return Occurrences(refs, counts)


def _starts(text: str, leaf: Gap | Near) -> list[int]:
    """Return where the matches of a leaf start in folded lines, ascending."""
    if isinstance(leaf, Near):
        return near_starts(text, leaf)
    return [whole[0] for whole, *_gaps in gap_matches(leaf, text)]
