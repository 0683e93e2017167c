"""A phrase with gaps -> where it occurs in a text, in time that grows with the text alone."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod

from ..model import Value
from ..query.tree import LONGEST_GAP, Gap
from ..text.sentences import SENTENCE_ENDS

# Backtracking tries every way to fill the gaps, at each place of the text, and reads the whole
# phrase for each. With nine gaps it would try more than two billion ways, which no user waits for.
MOST_TRIALS = 8 * (LONGEST_GAP + 1) ** 3
"""
Maximum number of characters that a regular expression may read at a place: ways times length.

What needs more is matched step by step instead, which is slower for the few gaps that there
usually are: three of ``*`` in a phrase of eight characters are the most for the expression.
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
    # Two ways to one answer; a test holds that they agree.
    if _may_backtrack(gap):
        for match in _expression(gap.pattern).finditer(text):
            yield match.regs
    else:
        yield from step_matches(gap_steps(gap), text)


def overlapping_matches(gap: Gap, text: str) -> Iterator[tuple[int, int]]:
    """
    Yield the match of a phrase with gaps from each place where there is one, as `gap_matches`.

    >>> list(overlapping_matches(Gap("抓*落实"), "抓细抓实抓落实"))
    [(0, 7), (2, 7), (4, 7)]
    """
    if _may_backtrack(gap):
        for match in _expression(gap.pattern, ahead=True).finditer(text):
            yield match.regs[1]
    else:
        yield from overlapping_step_matches(gap_steps(gap), text)


def _may_backtrack(gap: Gap) -> bool:
    ways = prod(run.most + 1 for run in gap_steps(gap).runs)
    return ways * len(gap.pattern) <= MOST_TRIALS


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
def _expression(pattern: str, *, ahead: bool = False) -> re.Pattern[str]:
    """Compile a phrase with gaps; `ahead`, as what follows a place, so that matches overlap."""
    inside = f"[^{SENTENCE_BORDERS[1:]}"
    parts = re.split(r"([*?]+)", pattern)
    for n in range(1, len(parts), 2):
        least = parts[n].count("?")
        most = least + LONGEST_GAP * parts[n].count("*")
        parts[n] = f"({inside}{{{least},{most}}}?)"
    parts[::2] = map(re.escape, parts[::2])
    whole = "".join(parts)
    return re.compile(f"(?=({whole}))" if ahead else whole)


def step_matches(steps: Steps, text: str) -> Iterator[Spans]:
    """
    Yield the matches of literals and runs, as `gap_matches` does, in steps from the right.

    Of each literal those places are looked at from which the rest can be reached; the nearest of
    them is where a gap ends, for none but a longer gap leads to another.
    """
    borders = _all_borders(steps, text)
    ways = _ways(steps, text, borders)
    free, head, tail = 0, steps.runs[0], steps.runs[-1]
    for place in ways[0]:
        # A gap before the first literal reaches back to the last border, but not into the match
        # before.
        start = max(free, _reach_back(head, place, borders[head.border]))
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


def overlapping_step_matches(steps: Steps, text: str) -> Iterator[tuple[int, int]]:
    """Yield the match from each place where there is one, in steps from the right."""
    borders = _all_borders(steps, text)
    ways = _ways(steps, text, borders)
    ends = ways[-1]
    for way in ways[-2::-1]:
        ends = {place: ends[there] for place, there in way.items()}
    next_start, head = 0, steps.runs[0]
    for place, end in ends.items():
        first = max(next_start, _reach_back(head, place, borders[head.border]))
        next_start = max(next_start, place - head.least + 1)
        for start in range(first, next_start):
            yield start, end


def _all_borders(steps: Steps, text: str) -> dict[str, list[int]]:
    """List, for each kind of border, where a gap cannot go on: there, and at the text's end."""
    return {
        border: [match.start() for match in re.finditer(border, text)] + [len(text)]
        for border in {run.border for run in steps.runs}
    }


def _ways(steps: Steps, text: str, borders: Mapping[str, Sequence[int]]) -> list[Mapping[int, int]]:
    """
    Return, for each literal, the places from which the end is in reach, ascending.

    Each comes with the nearest such place of the next literal; of the last, with the end.
    """
    every = {literal: places(literal, text) for literal in dict.fromkeys(steps.literals)}
    # From the right, because then each place of a literal needs to know only the nearest place of
    # the next one from which the end is in reach: every step is one look-up, no way is tried twice.
    size, tail = len(steps.literals[-1]), steps.runs[-1]
    ways: list[Mapping[int, int]] = [
        {
            place: int(place + size + tail.least)
            for place in every[steps.literals[-1]]
            if _free(borders[tail.border], place + size) >= tail.least
        }
    ]
    for literal, run in zip(steps.literals[-2::-1], steps.runs[-2:0:-1], strict=True):
        goals = list(ways[-1])
        ways.append(_reaching(every[literal], len(literal), run, goals, borders[run.border]))
    return ways[::-1]


def _reaching(
    places: Sequence[int], size: int, run: Run, goals: Sequence[int], borders: Sequence[int]
) -> dict[int, int]:
    """Return those places of a literal from which a goal is in reach, each with the nearest one."""
    reached = {}
    for place in places:
        end = place + size
        # The nearest goal is the right one: gaps are as short as they can be, and a farther goal
        # leads nowhere that this one does not.
        at = bisect_left(goals, end + run.least)
        if at < len(goals) and goals[at] - end <= min(run.most, _free(borders, end)):
            reached[place] = goals[at]
    return reached


def _reach_back(head: Run, place: int, borders: Sequence[int]) -> int:
    """Return the first place at which a gap before a place can start."""
    before = bisect_left(borders, place) - 1
    return int(max(borders[before] + 1 if before >= 0 else 0, place - head.most))


def _free(borders: Sequence[int], start: int) -> int:
    """Count the characters from a place to the next border."""
    return borders[bisect_left(borders, start)] - start


def places(literal: str, text: str) -> list[int]:
    """
    List where a literal occurs, overlapping itself or not, in time linear in the text.

    >>> places("一一", "一一一"), places("一二一", "一二一二一三一二一")
    ([0, 1], [0, 2, 6])
    """
    size, period = len(literal), _period(literal)
    if period == size:
        return [match.start() for match in re.finditer(re.escape(literal), text)]
    # To go on from the next character would read a literal of thousands of equal characters anew
    # for each of them. Where it is repeated, only a period has to be compared; where it is not, no
    # other occurrence begins before its last period.
    last_period = literal[size - period :]
    found = []
    at = text.find(literal)
    while at >= 0:
        found.append(at)
        if text.startswith(last_period, at + size):
            at += period
        else:
            at = text.find(literal, at + max(period, size - period + 1))
    return found


@lru_cache(256)
def _period(literal: str) -> int:
    """
    Return the least distance at which a literal can overlap itself, else its length.

    >>> _period("一二一"), _period("一一"), _period("担当")
    (2, 1, 2)
    """
    border, borders = 0, [0]
    for character in literal[1:]:
        while border and character != literal[border]:
            border = borders[border - 1]
        border += character == literal[border]
        borders.append(border)
    return len(literal) - border
