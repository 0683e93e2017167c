"""Lines -> the headings among them, and the faults in their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean, median

from .language import N_
from .lines import Fault, TextLine, sentence_end
from .marks import BLANK, HEADING, chinese_number
from .model import Section
from .points import POINT

MARKUP = re.compile(r"(?P<hashes>#{1,6})[ \u3000]+(?=\S)")
LONGEST_DEEP_HEADING = 50
"""Where most 1. or （1） lines of a series have longer first sentences, they are paragraphs."""


def read_heading(line: TextLine) -> Section | None:
    """Read the heading with which a line begins, if it does with one."""
    match = HEADING.match(line.text)
    if match is None:
        markup = MARKUP.match(line.text)
        if markup is None:
            return None
        level = max(1, len(markup["hashes"]) - 1)
        return _section(line, level=level, number=None, marker="", start=markup.end())
    level = next(n for n in range(1, 6) if match[f"level{n}"])
    return _section(
        line,
        level=level,
        number=chinese_number(match[f"level{level}"]),
        marker=match["marker"],
        start=match.start("marker"),
    )


def _section(line: TextLine, *, level: int, number: int | None, marker: str, start: int) -> Section:
    heading = line.text[start : sentence_end(line.text)].rstrip("。" + BLANK)
    return Section(
        line=line.number,
        column=line.column + start,
        level=level,
        number=number,
        marker=marker,
        heading=heading,
    )


def runs_on(line: TextLine) -> bool:
    """Tell whether a heading's line goes on after it."""
    return sentence_end(line.text) < len(line.text)


def drop_list_items(lines: Sequence[TextLine], headings: dict[int, Section]) -> None:
    """Forget the headings that are items of a list: parted by ；, or numbered paragraphs."""
    for series in _heading_series(headings):
        parted = [n for n, i in enumerate(series) if lines[i].text[-1] in "；;"]
        items = series[parted[0] : parted[-1] + 2] if parted else []
        length = median(sentence_end(lines[i].text) for i in series)
        all_items = length > LONGEST_DEEP_HEADING or 2 * len(parted) >= len(series)
        if headings[series[0]].level > 2 and all_items:
            items = series
        for i in items:
            del headings[i]


def _heading_series(headings: dict[int, Section]) -> list[list[int]]:
    """Group the numbered headings of one level, under one heading, that count on by one."""
    found: list[list[int]] = []
    last: dict[int, list[int]] = {}
    for i in sorted(headings):
        level, number = headings[i].level, headings[i].number
        last = {key: series for key, series in last.items() if key <= level}
        series = last.pop(level, [])
        if number is None:
            continue
        if not series or number != (headings[series[-1]].number or 0) + 1:
            series = []
            found.append(series)
        series.append(i)
        last[level] = series
    return found


def lost_headings(
    lines: Sequence[TextLine], headings: dict[int, Section], body: range
) -> Iterator[tuple[int, Section]]:
    """Find, in each gap of the first level's numbers, the line that lost its number."""
    numbered = [i for i in sorted(headings) if headings[i].level == 1 and headings[i].number]
    run_on = {i for i in numbered if runs_on(lines[i])}
    bare = [_without_marker(headings[i]) for i in numbered]
    for before, after in pairwise(numbered):
        gap = range(before + 1, after)
        if (headings[after].number or 0) != (headings[before].number or 0) + 2:
            continue
        found = [
            (likeness, i)
            for i in gap
            if i in body and i not in headings
            if (likeness := _likeness(lines[i].text, bare, before in run_on or after in run_on))
        ]
        if found:
            i = max(found, key=lambda pair: (pair[0], -pair[1]))[1]
            yield i, _section(lines[i], level=1, number=None, marker="", start=0)


def _without_marker(section: Section) -> str:
    return section.heading.removeprefix(section.marker).strip(BLANK)


def _likeness(text: str, siblings: Sequence[str], run_on: bool) -> float:
    """
    Score how much the line's first sentence looks like its sibling headings; 0 is not at all.

    Own-line headings have siblings without a full stop, run-on headings go on after theirs.
    What must agree is the number of clauses and the length; shared characters rank.
    """
    end = sentence_end(text)
    if (end < len(text)) != run_on or POINT.match(text):
        return 0
    heading = text[:end].rstrip("。" + BLANK)
    if not run_on and re.search("[。；：！？，]$", text):
        return 0
    clauses = [len(re.split("[，、 ]", sibling)) for sibling in siblings]
    length = mean(map(len, siblings))
    if len(re.split("[，、 ]", heading)) not in clauses:
        return 0
    if not 0.5 * length <= len(heading) <= 1.6 * length:
        return 0
    shared = mean(
        len(set(heading) & set(sibling)) / len(set(heading) | set(sibling)) for sibling in siblings
    )
    return 0.01 + shared


def numbering_faults(sections: Sequence[Section]) -> Iterator[Fault]:
    """Yield each fault in the numbers of headings: one that is missing, doubled, out of order."""
    last: dict[int, int] = {}
    for section in sections:
        level, number = section.level, section.number
        for deeper in [key for key in last if key > level]:
            del last[deeper]
        if number is None:
            if section.marker == "" and level == 1 and 1 in last:
                last[1] += 1
                heading = (("heading", section.heading),)
                yield section.line, N_("the heading 「{heading}」 has lost its number"), heading
            continue
        expected = last.get(level, 0) + 1
        last[level] = number
        named = (("marker", section.marker), ("expected", str(expected)))
        if number == expected or number == 1:
            continue
        if expected == 1:
            yield section.line, N_("the numbering starts at {marker}, not at 1"), named
        elif number == expected - 1:
            yield section.line, N_("the number {marker} stands twice"), named
        elif number > expected:
            yield section.line, N_("{marker} follows where number {expected} should stand"), named
        else:
            yield section.line, N_("{marker} is out of order: {expected} was expected"), named
