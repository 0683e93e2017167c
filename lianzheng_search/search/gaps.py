"""A phrase with gaps -> where it stands in a text, in time that grows with the text alone."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod

from ..model import Value
from ..query.tree import LONGEST_GAP, Gap
from ..text.sentences import SENTENCE_ENDS

# Three gaps of `*`: backtracking then tries at most 1,331 ways a place. With nine gaps it would try
# more than two billion, which no user waits for.
MOST_WAYS = (LONGEST_GAP + 1) ** 3
"""
Maximum number of ways to fill the gaps of a match for which a regular expression is used.

It may try each way at each place; gaps with more ways are filled step by step instead, which is
slower for the few gaps that there usually are.
"""
SENTENCE_BORDERS = f"[{SENTENCE_ENDS}\n]"
Spans = tuple[tuple[int, int], ...]
"""The range of a match, then those of its gaps."""


class Run(Value, frozen=True):
    """A gap of `least` to `most` characters, none of which a pattern of one character matches."""

    least: int
    most: float
    border: str = SENTENCE_BORDERS


class Steps(Value, frozen=True):
    """Literals with a run between each two of them, one before the first and one after the last."""

    literals: tuple[str, ...]
    runs: tuple[Run, ...]


NO_RUN = Run(0, 0)


def gap_matches(gap: Gap, text: str) -> Iterator[Spans]:
    """
    Yield the matches of a phrase with gaps on folded lines, from the left, not overlapping.

    Each gap is as short as it can be, the first before the second.

    >>> list(gap_matches(Gap("强化*意识"), "要强化宗旨意识。"))
    [((1, 7), (3, 5))]
    """
    steps = gap_steps(gap)
    # Two ways to one answer; a test holds that they agree.
    if prod(run.most + 1 for run in steps.runs) > MOST_WAYS:
        yield from step_matches(steps, text)
    else:
        for match in _compiled(gap.pattern).finditer(text):
            yield match.regs


@lru_cache(256)
def gap_steps(gap: Gap) -> Steps:
    """Take a phrase with gaps apart; gaps that touch are one."""
    parts = re.split(r"([*?]+)", gap.pattern)
    runs = [
        Run(part.count("?"), part.count("?") + LONGEST_GAP * part.count("*"))
        for part in parts[1::2]
    ]
    literals = parts[::2]
    if literals[0]:
        runs.insert(0, NO_RUN)
    if literals[-1]:
        runs.append(NO_RUN)
    return Steps(tuple(filter(None, literals)), tuple(runs))


@lru_cache(256)
def _compiled(pattern: str) -> re.Pattern[str]:
    inside = f"[^{SENTENCE_BORDERS[1:]}"
    parts = re.split(r"([*?]+)", pattern)
    for n in range(1, len(parts), 2):
        least = parts[n].count("?")
        most = least + LONGEST_GAP * parts[n].count("*")
        parts[n] = f"({inside}{{{least},{most}}}?)"
    parts[::2] = map(re.escape, parts[::2])
    return re.compile("".join(parts))


def step_matches(steps: Steps, text: str) -> Iterator[Spans]:
    """
    Yield the matches of literals and runs, as `gap_matches` does, in steps from the right.

    Of each literal those places are kept from which the rest can be reached; the nearest of them
    is where a gap ends, for none but a longer gap leads to another.
    """
    borders = {run.border: _borders(run.border, text) for run in steps.runs}
    stands = {literal: places(literal, text) for literal in dict.fromkeys(steps.literals)}
    # From the right, because then each place of a literal needs to know only the nearest place of
    # the next one from which the end is in reach: every step is one look-up, no way is tried twice.
    last, tail = len(steps.literals) - 1, steps.runs[-1]
    reached = {
        place: int(end + tail.least)
        for place in stands[steps.literals[last]]
        if _free(borders[tail.border], end := place + len(steps.literals[last])) >= tail.least
    }
    ways = [reached]
    for n in range(last - 1, -1, -1):
        run, literal = steps.runs[n + 1], steps.literals[n]
        ways.append(
            _reaching(stands[literal], len(literal), run, list(ways[-1]), borders[run.border])
        )
    yield from _from_left(steps, ways[::-1], borders[steps.runs[0].border])


def _reaching(
    places: Sequence[int], size: int, run: Run, goals: Sequence[int], borders: Sequence[int]
) -> dict[int, int]:
    """Give those places of a literal from which a goal is in reach, each with the nearest one."""
    reached = {}
    for place in places:
        end = place + size
        # The nearest goal is the right one: gaps are as short as they can be, and a farther goal
        # leads nowhere that this one does not.
        at = bisect_left(goals, end + run.least)
        if at < len(goals) and goals[at] - end <= min(run.most, _free(borders, end)):
            reached[place] = goals[at]
    return reached


def _from_left(
    steps: Steps, ways: Sequence[Mapping[int, int]], borders: Sequence[int]
) -> Iterator[Spans]:
    """Follow the ways from each place of the first literal that no match before has taken."""
    free, head, tail = 0, steps.runs[0], steps.runs[-1]
    for place in ways[0]:
        before = bisect_left(borders, place) - 1
        # A gap before the first literal reaches back to the last border, but not into the match
        # before.
        start = max(free, borders[before] + 1 if before >= 0 else 0)
        start = int(max(start, place - head.most))
        if start > place - head.least:
            continue
        gaps = [(start, place)] if head is not NO_RUN else []
        here = place
        for n, literal in enumerate(steps.literals[:-1]):
            there = ways[n][here]
            gaps.append((here + len(literal), there))
            here = there
        end = here + len(steps.literals[-1])
        free = ways[-1][here]
        if tail is not NO_RUN:
            gaps.append((end, free))
        yield (start, free), *gaps


def _free(borders: Sequence[int], start: int) -> int:
    """Count the characters from a place to the next border."""
    return borders[bisect_left(borders, start)] - start


def _borders(border: str, text: str) -> list[int]:
    """List where a gap cannot go on: at a border, and at the end of the text."""
    return [match.start() for match in re.finditer(border, text)] + [len(text)]


def places(literal: str, text: str) -> list[int]:
    """
    List where a literal stands, whether it overlaps itself or not.

    >>> places("一一", "一一一")
    [0, 1]
    """
    # A look-ahead takes no characters, so that overlapping places are found too: 一一 in 一一一.
    return [match.start() for match in re.finditer(f"(?={re.escape(literal)})", text)]
