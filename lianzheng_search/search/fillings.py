"""A phrase with gaps -> what fills them, how often, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..errors import RequestError
from ..index.backend import Backend
from ..messages import _
from ..model import Value
from ..query.filters import EVERYTHING, Scope
from ..query.tree import Gap, Query, leaves, literals
from .evaluation import find_passages
from .gaps import gap_matches

Match = tuple[int, int, tuple[tuple[int, int], ...]]
"""A passage, where in its text a match starts, and the spans of its gaps from there."""


class Filling(Value, frozen=True, kw_only=True):
    """
    What fills the gaps of a pattern, from left to right, as it stands at the first place.

    `places` are (speech, line) in corpus order, one for each match.
    """

    fills: tuple[str, ...]
    count: int
    speeches: int
    places: tuple[tuple[str, int], ...]


class Fillings(Value, frozen=True, kw_only=True):
    """
    The fillings shown, most frequent first, and how many there are in all.

    `copies` is the number of passages that match but are left out as copies of others.
    """

    pattern: str
    shown: tuple[Filling, ...]
    fillings: int
    matches: int
    speeches: int
    copies: int = 0


def gap_of(query: Query) -> Gap:
    """
    Find the one phrase with gaps in a query; RequestError if there is none, or more than one.

    >>> from lianzheng_search.query.language import parse_query
    >>> gap_of(parse_query("强化*意识 section:担当"))
    Gap(pattern='强化*意识')
    """
    gaps = [leaf for leaf in leaves(query) if isinstance(leaf, Gap)]
    if len(gaps) != 1:
        raise RequestError(_("slots: the query needs one phrase with gaps. Write 强化*意识"))
    return gaps[0]


def fillings(
    backend: Backend, query: Query, scope: Scope = EVERYTHING, *, limit: int = 20
) -> Fillings:
    """
    List what fills the gaps of a query's pattern in the passages that match the query.

    Fillings that fold to the same are one. They are in order of their count, then of the first
    place; `limit` 0 is all.
    """
    gap = gap_of(query)
    matching = find_passages(backend, query, scope)
    wanted = frozenset(matching.refs)
    found: dict[tuple[str, ...], list[Match]] = defaultdict(list)
    # Whole runs of lines at a time: one call of the expression for many lines, and k moves with the
    # matches, so that finding the passage of a match costs no search.
    for run in backend.lines_with(tuple(literals(gap))):
        k, start, end = -1, 0, 0
        for (at, _end), *gaps in gap_matches(gap, run.text):
            # Matches ascend, and so do the ends of passages.
            while at >= end:
                k, start, end = k + 1, end, run.ends[k + 1]
            if run.first + k in wanted:
                fills = tuple(run.text[a:b] for a, b in gaps)
                spans = tuple((a - at, b - at) for a, b in gaps)
                found[fills].append((run.first + k, at - start, spans))
    everything = {match[0] for matches in found.values() for match in matches}
    # Refs are numbered as files were indexed; the order shown is that of the corpus.
    rank = {ref: n for n, ref in enumerate(backend.in_order(everything))}
    for matches in found.values():
        matches.sort(key=lambda match: (rank[match[0]], match[1]))
    ordered = sorted(
        found.values(), key=lambda matches: (-len(matches), rank[matches[0][0]], matches[0][1])
    )
    return Fillings(
        pattern=gap.pattern,
        shown=tuple(_filling(backend, one) for one in (ordered[:limit] if limit else ordered)),
        fillings=len(ordered),
        matches=sum(map(len, ordered)),
        speeches=backend.count_speeches(everything),
        copies=matching.copies,
    )


def _filling(backend: Backend, matches: Sequence[Match]) -> Filling:
    ref, offset, spans = matches[0]
    line = backend.line(ref)
    own = ref - line.first
    start = sum(len(passage.text) for passage in line.passages[:own]) + offset
    text = "".join(passage.text for passage in line.passages)
    refs = [match[0] for match in matches]
    return Filling(
        fills=tuple(text[start + a : start + b] for a, b in spans),
        count=len(matches),
        speeches=backend.count_speeches(refs),
        places=tuple((backend.info(ref).id, _line(backend, ref)) for ref in refs),
    )


def _line(backend: Backend, ref: int) -> int:
    line = backend.line(ref)
    return line.passages[ref - line.first].place[0]
