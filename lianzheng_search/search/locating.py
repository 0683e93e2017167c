"""Passages that match -> hits: where in their text the phrases of the query are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ..index.backend import Backend, SourceLine
from ..model import Hit, Span
from ..query.tree import Gap, Leaf, Near, Phrase
from .gaps import gap_matches, overlapping_matches, places

Copies = Mapping[int, tuple[str, ...]]
"""For a passage, the ids of speeches that have copies of it which were left out."""
Places = tuple[Sequence[int], Sequence[int]]
"""Where matches start and where they end: both ascend."""
Pair = tuple[tuple[int, int], tuple[int, int]]
"""The ranges of two matches, the first of which ends before the other starts."""


def locate(line: str, leaf: Leaf) -> Iterator[tuple[Span, ...]]:
    """
    Yield the matches of a leaf on folded source lines, from the left.

    A match is one span, and matches do not overlap; but for NEAR, where a match is the two
    phrases, and each of them is paired with the nearest of the other on either side.

    >>> list(locate("统一思想，统一行动", Phrase("统一")))
    [(Span(start=0, end=2),), (Span(start=5, end=7),)]
    """
    if isinstance(leaf, Near):
        yield from near_pairs(line, leaf)
    elif isinstance(leaf, Gap):
        yield from ((Span(*whole),) for whole, *_gaps in gap_matches(leaf, line))
    else:
        at = line.find(leaf.text)
        while at >= 0:
            yield (Span(at, at + len(leaf.text)),)
            at = line.find(leaf.text, at + len(leaf.text))


def near_pairs(text: str, near: Near) -> list[tuple[Span, Span]]:
    """
    Return the pairs of phrases of a NEAR in folded lines, in the order of their places.

    Every match of either phrase counts, those that overlap included, and is paired with the
    nearest of the other before it and after it that is close enough and on the same line.

    >>> near = Near(Phrase("抓"), Gap("抓*落实"), 2)
    >>> [(a.start, b.start, b.end) for a, b in near_pairs("抓细抓实抓落实", near)]
    [(0, 2, 7), (2, 4, 7)]
    """
    left, right = _every_match(text, near.left), _every_match(text, near.right)
    pairs: set[Pair] = set()
    for these, others in ((left, right), (right, left)):
        pairs.update(_followed(text, these, others, near.distance))
        pairs.update(_preceded(text, these, others, near.distance))
    return [(Span(*first), Span(*second)) for first, second in sorted(pairs)]


def near_starts(text: str, near: Near) -> list[int]:
    """Return where the pairs of a NEAR start in folded lines, ascending, each place once."""
    left, right = _every_match(text, near.left), _every_match(text, near.right)
    starts = {first[0] for first, _second in _followed(text, left, right, near.distance)}
    starts.update(first[0] for first, _second in _followed(text, right, left, near.distance))
    return sorted(starts)


def _every_match(text: str, leaf: Phrase | Gap) -> Places:
    if isinstance(leaf, Gap):
        matches = list(overlapping_matches(leaf, text))
        return [start for start, _end in matches], [end for _start, end in matches]
    starts = places(leaf.text, text)
    size = len(leaf.text)
    return starts, [start + size for start in starts]


def _followed(text: str, these: Places, others: Places, distance: int) -> Iterator[Pair]:
    """Yield these matches with the next of the others, if that is close enough."""
    starts, ends = others
    for start, end in zip(*these, strict=True):
        # The nearest is enough: if it is too far away, every other one is. Several lines are
        # searched at once, and NEAR must not reach from one into the next.
        n = bisect_left(starts, end)
        if n < len(starts) and starts[n] - end <= distance and text.find("\n", end, starts[n]) < 0:
            yield (start, end), (starts[n], ends[n])


def _preceded(text: str, these: Places, others: Places, distance: int) -> Iterator[Pair]:
    """Yield these matches with the last of the others before them, if that is close enough."""
    starts, ends = others
    for start, end in zip(*these, strict=True):
        n = bisect_right(ends, start) - 1
        if n >= 0 and start - ends[n] <= distance and text.find("\n", ends[n], start) < 0:
            yield (starts[n], ends[n]), (start, end)


class HitMaker:
    """Makes the hits of passages; neighbours on one line share the work done on it."""

    def __init__(self, backend: Backend, wanted: Sequence[Leaf], copies: Copies) -> None:
        self._backend = backend
        self._wanted = wanted
        self._copies = copies
        self._line = SourceLine(0, (), "")
        self._matches: list[tuple[Span, ...]] = []
        self._apart = len(wanted) == 1 and isinstance(wanted[0], Phrase)

    def hit(self, ref: int, score: float | None) -> Hit:
        """Return the hit of a passage: its spans, and the text as far as they reach."""
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


def _start(match: tuple[Span, ...]) -> int:
    return match[0].start


def apart(spans: Iterable[Span]) -> list[Span]:
    """
    Leave, of spans that overlap, the leftmost and there the longest.

    >>> apart([Span(2, 3), Span(0, 1), Span(2, 5)])
    [Span(start=0, end=1), Span(start=2, end=5)]
    """
    separate: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not separate or span.start >= separate[-1].end:
            separate.append(span)
    return separate


def speeches_of_copies(backend: Backend, twins: Mapping[int, int], shown: Iterable[int]) -> Copies:
    """Return, for each passage shown that has copies, the ids of the speeches with those."""
    wanted = set(shown) if twins else set()
    copies = [ref for ref, twin in twins.items() if twin in wanted]
    speeches: dict[int, dict[str, None]] = {}
    for ref in backend.in_order(copies):
        speeches.setdefault(twins[ref], {})[backend.info(ref).id] = None
    return {ref: tuple(ids) for ref, ids in speeches.items()}
