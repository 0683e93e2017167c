"""Numbers as they are printed -> which of them count on, inside which, and where they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..messages import N_
from ..text.numerals import CHAPTER, PART, SUBCHAPTER

APPENDIX = -4
"""The rank of an appendix: its numbering is its own, and stands below it."""
# Chapters have negative ranks, so that of any two ranks the smaller one is the outer.
CHAPTERS = (PART, CHAPTER, SUBCHAPTER)
# Without a bound, a text of n lines that all begin with 1. would take n² steps.
HORIZON = 200
"""Maximum number of numbers read ahead to see whether an outer series goes on."""

LATE = N_("the numbering starts at {marker}, not at 1")
DOUBLED = N_("the number {marker} stands twice")
SKIPPED = N_("{marker} follows where number {expected} should stand")
DISORDERED = N_("{marker} is out of order: {expected} was expected")
LOST = N_("the heading 「{heading}」 has lost its number")
SKIPPED_POINT = N_("{marker} follows directly upon {before}")
FAULTS = {
    LATE: "late",
    DOUBLED: "doubled",
    SKIPPED: "skipped",
    SKIPPED_POINT: "skipped",
    DISORDERED: "disordered",
    LOST: "lost",
}
"""What each message about a number is called in an outline."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A problem as (line of the number, message id, values of the message)."""

    line: int
    column: int
    message: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Number:
    """
    One number of a text: its rank (see Marker) and itself.

    `number` is None where a heading has lost its own (of a `series` that is known) or never had
    one (then `level` is known).
    """

    rank: int
    number: int | None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number belongs: its level, its series, the message if it fails, what was due."""

    level: int
    series: int
    message: str | None = None
    expected: int = 0


@dataclass(slots=True)
class _Series:
    """A series: its last number as printed, and what it would be had all been printed right."""

    rank: int
    last: int
    count: int
    level: int
    id: int

    def goes_on_with(self, number: int) -> bool:
        """Check whether a number follows; after a misprint the count may go on as if none was."""
        # After 一、二、四、 a further 四、 means that the first was a misprint of 三、, and 五、
        # that 三、 is missing. To accept either makes one misprint one fault, not two.
        return number in (self.last + 1, self.count + 1)

    def go_on(self, number: int) -> None:
        self.last = self.count = number


@dataclass(slots=True)
class _Nest:
    numbers: Sequence[Number]
    levels: dict[int, int]
    open: list[_Series] = field(default_factory=list)
    closed: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def begin(self, rank: int, number: int) -> _Series:
        above = self.open[-1].level if self.open else 0
        # A list numbered 一、 inside a section numbered 一、 must not be its sibling.
        level = max(self.levels.get(rank, 1), above + 1)
        self.count += 1
        self.open.append(_Series(rank, number, number, level, self.count))
        return self.open[-1]

    def close(self, depth: int) -> None:
        for series in self.open[depth:]:
            self.closed[series.rank] = series.last
        del self.open[depth:]


def nest(numbers: Sequence[Number]) -> list[Place]:
    """
    Sort numbers in reading order into series, one inside another, and tell the faults.

    一、 is level 1, （一） is 2 and so on, below the 第…部分, 第…章, 第…节 that occur.
    A series inside one of its own or a lower rank, which goes on after it, is a level deeper.

    >>> ones = [Number(1, 1), Number(2, 1), Number(2, 2), Number(1, 2), Number(1, 4)]
    >>> [(place.level, place.series, place.expected) for place in nest(ones)]
    [(1, 1, 0), (2, 2, 0), (2, 2, 0), (1, 1, 0), (1, 1, 3)]
    >>> inside_out = [Number(2, 1), Number(1, 1), Number(1, 2), Number(2, 2)]
    >>> [place.level for place in nest(inside_out)]
    [2, 3, 3, 2]
    """
    used = sorted({n.rank for n in numbers if n.rank in CHAPTERS})
    levels = {rank: level for level, rank in enumerate(used, start=1)}
    # Levels belong to markers, not to depths found: （一） is 2 even where 一、 is missing, so that
    # sections of two speeches compare. Chapters count only where they occur.
    levels |= {rank: len(used) + rank for rank in range(1, 6)}
    state = _Nest(numbers, levels)
    return [_place(state, i) for i in range(len(numbers))]


def _place(state: _Nest, i: int) -> Place:
    rank, number = state.numbers[i].rank, state.numbers[i].number
    if rank == APPENDIX:
        # An appendix is a document of its own: no series of the speech goes on inside or behind it.
        state.close(0)
        series = state.begin(rank, number or 0)
        return Place(series.level, series.id)
    ranks = [series.rank for series in state.open]
    same = [depth for depth, series in enumerate(state.open) if series.rank == rank]
    if number is None:
        if rank and same:
            state.close(same[-1] + 1)
            series = state.open[-1]
            series.go_on(series.last + 1)
            return Place(series.level, series.id, LOST)
        level = state.numbers[i].level
        # A heading without a number ends what is deeper, but no series of its own level: 结语
        # between 三、 and 四、 does not start the count again.
        state.close(next((d for d, s in enumerate(state.open) if s.level > level), len(ranks)))
        return Place(level, 0)
    following = [depth for depth in same if state.open[depth].goes_on_with(number)]
    if following:
        # The innermost series that the number continues: an outer one of equal rank comes back into
        # view only when the inner one cannot go on.
        state.close(following[-1] + 1)
        series = state.open[-1]
        series.go_on(number)
        return Place(series.level, series.id)
    if number == 1:
        return _first(state, i)
    if same:
        state.close(same[-1] + 1)
        return _fail(state, i)
    # A first number other than 1 is late, unless the sections are numbered through all chapters:
    # 第一章 with 一、二、, 第二章 with 三、.
    while state.open and state.open[-1].rank > rank:
        state.close(len(state.open) - 1)
    inside_chapter = bool(state.open) and state.open[-1].rank in CHAPTERS
    runs_through = inside_chapter and state.closed.get(rank) == number - 1
    series = state.begin(rank, number)
    return Place(series.level, series.id, None if runs_through else LATE, 1)


def _first(state: _Nest, i: int) -> Place:
    """Place a number 1: inside what goes on after its series, else in the place of its like."""
    rank = state.numbers[i].rank
    message, expected = None, 0
    while state.open and state.open[-1].rank >= rank:
        series = state.open[-1]
        # Asked from the inside out, because each series closed here is lost to the ones behind.
        if _resumes(state, i, series):
            break
        if series.rank == rank:
            expected = series.last + 1
            # 一、 right after 一、 is a misprint of 二、: a list of one item
            # inside a section is not written.
            if series.last == 1:
                message = DOUBLED
            # The count goes on as if this 1 were the number that was due, or an extra one.
            elif _next(state, i) in (series.last + 1, series.last + 2):
                message = DISORDERED
            if message:
                series.count += message == DISORDERED
                return Place(series.level, series.id, message, expected)
        state.close(len(state.open) - 1)
    series = state.begin(rank, 1)
    return Place(series.level, series.id, message, expected)


def _fail(state: _Nest, i: int) -> Place:
    series, number = state.open[-1], state.numbers[i].number or 0
    expected = series.last + 1
    if number > expected:
        message = SKIPPED
    elif number == series.last:
        message = DOUBLED
    else:
        message = DISORDERED
    series.last = number
    series.count += message != DOUBLED  # the number that was due has not been told missing
    return Place(series.level, series.id, message, expected)


def _next(state: _Nest, i: int) -> int | None:
    """Return the next number of the same rank before one of a higher."""
    for later in state.numbers[i + 1 : i + HORIZON]:
        if later.rank == state.numbers[i].rank:
            return later.number
        if later.rank < state.numbers[i].rank:
            break
    return None


def _resumes(state: _Nest, i: int, series: _Series) -> bool:
    """Check whether a series goes on behind the one, of two or more, that starts at i."""
    rank = state.numbers[i].rank
    last = longest = 1
    # Reading ahead is the only way to tell 一、 (a list) 一、二、三、 二、 from a series begun
    # again: an inner list is one that counts at least to two before the outer series resumes.
    for later in state.numbers[i + 1 : i + HORIZON]:
        if later.rank < min(rank, series.rank) or later.rank == 0:
            return False
        if later.rank == rank:
            if later.number == last + 1:
                last += 1
                longest = max(longest, last)
            elif rank == series.rank and later.number == series.last + 1:
                return longest > 1
            elif later.number == 1:
                last = 1
            elif rank == series.rank:
                return False
        elif later.rank == series.rank:
            return longest > 1 and later.number == series.last + 1
    return False
