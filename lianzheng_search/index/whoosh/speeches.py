"""The rows of an index -> which speech a passage is from, in which order, and copied of which."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from ...model import SpeechInfo, Value


class SpeechRow(Value, frozen=True, array_like=True):
    """
    A speech of an index: what is known of it, and where its passages are.

    They are the documents of a shard from `first` on, in the order of reading; `text_bytes` are
    those of their folded texts as the index keeps them.

    A copy has the id of the speech that it is a copy `of`. The two and its other copies are a
    family, in that order, the copies by path; `twins` are 32-bit integers: for each passage the
    number of the one of the family, counted through it, that says the same in a speech before,
    or -1.
    """

    id: str
    title: str
    date: str | None
    venue: str | None
    speaker: str | None
    source: str | None
    shard: str
    first: int
    passages: int
    text_bytes: int
    of: str | None = None
    twins: bytes = b""


class SpeechTable:
    """
    The speeches of an index by path, and their passages by refs.

    `bases` is the ref of the first document of each shard, by its name. Refs are numbers of
    documents counted through all shards, so that their order is not that of the paths: an update
    puts what changed into a new shard.
    """

    def __init__(self, rows: Sequence[SpeechRow], bases: Mapping[str, int]) -> None:
        self.rows = rows
        self._bases = bases
        self._infos: dict[int, SpeechInfo] = {}

    def info(self, n: int) -> SpeechInfo:
        """Return what is known of the speech in row n; the same object each time."""
        info = self._infos.get(n)
        if info is None:
            row = self.rows[n]
            # kept, because a common phrase asks for the same speech thousands of times
            info = self._infos[n] = SpeechInfo(
                id=row.id,
                title=row.title,
                date=row.date,
                venue=row.venue,
                speaker=row.speaker,
                source=row.source,
            )
        return info

    def refs(self, n: int) -> range:
        """Return the passages of the speech in row n."""
        row = self.rows[n]
        start = self._bases[row.shard] + row.first
        return range(start, start + row.passages)

    def refs_of(self, numbers: Iterable[int]) -> Iterator[int]:
        """Yield the passages of the speeches in these rows."""
        return chain.from_iterable(map(self.refs, numbers))

    def row(self, ref: int) -> int:
        """Return the number of the row of the speech that a passage is from."""
        starts, numbers = self._starts
        # by bisection: a table of every passage's speech would be as long as the corpus
        return numbers[bisect_right(starts, ref) - 1]

    def number(self, speech: str) -> int | None:
        """Return the number of the row of a speech, by its id; None if it is not there."""
        return self._numbers_by_id.get(speech)

    @cached_property
    def _numbers_by_id(self) -> dict[str, int]:
        return {row.id: n for n, row in enumerate(self.rows)}

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        """The first passage of each speech, ascending, and the number of the speech's row."""
        starts = [self._bases[row.shard] + row.first for row in self.rows]
        numbers = sorted(range(len(starts)), key=starts.__getitem__)
        return [starts[n] for n in numbers], numbers

    @cached_property
    def _is_in_path_order(self) -> bool:
        numbers = self._starts[1]
        return numbers == list(range(len(numbers)))

    def in_order(self, refs: Iterable[int]) -> list[int]:
        """Sort passages into corpus order."""
        # true of a corpus that was indexed in one go: the order of refs is that of the paths
        if self._is_in_path_order:
            return sorted(refs)
        return sorted(refs, key=lambda ref: (self.row(ref), ref))

    def count(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""
        ordered = sorted(refs)
        starts = self._starts[0]
        count = at = 0
        while at < len(ordered):
            count += 1
            end = bisect_right(starts, ordered[at])
            # straight to the next speech: the passages of one are not looked at singly
            at = bisect_left(ordered, starts[end], at) if end < len(starts) else len(ordered)
        return count

    def twins(self, refs: Iterable[int]) -> dict[int, int]:
        """
        Return, for passages that say what another of these says in a speech of the family, that.

        Where the speech that the others are copies of is not among these, the first of its copies
        takes its place.
        """
        if not self._families:
            return {}
        ordered = sorted(refs)
        twins: dict[int, int] = {}
        for members in self._families.values():
            ranges = list(map(self.refs, members))
            parts = [
                ordered[bisect_left(ordered, own.start) : bisect_left(ordered, own.stop)]
                for own in ranges
            ]
            # no copy among what is asked for: there is nothing that could be a twin
            if any(parts[1:]):
                twins |= self._twins_in_family(members, ranges, parts)
        return twins

    def _twins_in_family(
        self, members: Sequence[int], ranges: Sequence[range], parts: Sequence[list[int]]
    ) -> dict[int, int]:
        """Return the twins of one family; `parts` are the passages asked for, by member."""
        asked = set(chain.from_iterable(parts))
        twins: dict[int, int] = {}
        substitutes: dict[int, tuple[int, int]] = {}  # by a twin not asked for: row, passage
        for n, own, part in zip(members[1:], ranges[1:], parts[1:], strict=True):
            numbers = array("i", self.rows[n].twins)
            for ref in part:
                number = numbers[ref - own.start]
                if number < 0:
                    continue
                in_first = number < len(ranges[0])
                twin = ranges[0][number] if in_first else self._in_family(members, number)
                if twin in asked:
                    twins[ref] = twin
                    continue
                # a filter may have left out the speech itself, and its copies still say the same
                row, substitute = substitutes.setdefault(twin, (n, ref))
                # a speech that repeats itself says it twice: that is no copy of it
                if row != n:
                    twins[ref] = substitute
        return twins

    def _in_family(self, members: Sequence[int], number: int) -> int:
        """Return the passage of a family that has a number when they are counted through it."""
        for n in members:
            if number < self.rows[n].passages:
                break
            number -= self.rows[n].passages
        return self.refs(n)[number]

    @cached_property
    def _families(self) -> dict[str, list[int]]:
        """The rows of each family: that of the speech the others are copies of, then theirs."""
        families: dict[str, list[int]] = {}
        for n, row in enumerate(self.rows):
            if row.of is not None:
                families.setdefault(row.of, [self._numbers_by_id[row.of]]).append(n)
        return families
