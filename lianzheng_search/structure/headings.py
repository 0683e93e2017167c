"""Lines -> the headings among them, and the faults in their numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

from ..model import Section
from ..text.characters import BLANK
from ..text.numerals import TOP_LEVELS, Marker, chinese_number, names_a_range, read_marker
from .lines import TextLine, sentence_end
from .numbering import APPENDIX, LOST, Fault, Number, Place, nest
from .points import POINT

MARKUP = re.compile(r"(?P<hashes>#{1,6})[ \u3000]+(?=\S)")
LONGEST_DEEP_HEADING = 50
"""Maximum median length of the first sentences of 1. or （1） headings; longer: paragraphs."""
LONGEST_UNNUMBERED = 120
# A line wrongly made a heading misleads more than one not restored: where two lines look much
# alike, neither is taken, and only the gap in the numbers is reported.
CLEARLY = 1.3
"""Minimum ratio of the best line's likeness to that of the next, for it to be restored."""
APPENDIX_HEADING = re.compile(
    rf"(?P<marker>附[件录表]\s*(?P<number>[0-9０-９]{{1,2}}|[一二三四五六七八九十]{{1,3}})?)"
    rf"[：:]?(?:[{BLANK}]+[^，。；]{{1,40}}|(?<=[：:])[^，。；]{{1,40}})?"
)
# 附件：1.名单 at the foot of a page only names what is enclosed; 附件1 alone on a line opens it.
ATTACHED = re.compile(rf"附件[：:]?[{BLANK}]*(?=[0-9０-９一《])")
# Printed notes are numbered ① like the deepest headings; what gives them away is a book's imprint.
FOOTNOTE = re.compile(
    r"第[0-9０-９一二三四五六七八九十百]+(?:[—－\-~][0-9]+)?页|出版社|年版|^.\s*《"
)
# The rows of a table are numbered too: 1.<tab>张某<tab>科长. No heading has a tab inside it.
CELLS = re.compile(r"\S\t+\S")


@dataclass(slots=True)
class _Candidate:
    """A line that may be a heading; `place` is where its number belongs."""

    marker: Marker | None
    rank: int
    number: int | None
    level: int
    place: Place


def find_headings(
    lines: Sequence[TextLine], body: range, formats: Mapping[int, int], articles: Collection[int]
) -> tuple[dict[int, Section], list[Fault]]:
    """
    Find the headings of the lines of the body: by number, by likeness, by the file's own word.

    `formats` gives the level of the lines that the format itself calls headings; what is numbered
    below an article of a law is part of it, and no heading. All keys are indices into the lines.
    """
    found = {
        i: candidate
        for i in body
        if (candidate := _candidate(lines[i], formats.get(i), after=i > body.start))
    }
    # The order matters: whatever is no heading must be gone before places are computed, or its
    # number would interrupt the series around it; and gaps can be filled only in final series.
    _drop_attached(lines, found)
    _drop_parts_of_articles(found, articles)
    _set_places(found)
    seconds = {candidate.rank for candidate in found.values() if candidate.number == 2}
    for i in [i for i, one in found.items() if _is_no_heading(lines[i].text, one, seconds)]:
        del found[i]
    _drop_list_items(lines, found, formats)
    _level_unnumbered(found, formats)
    _set_places(found)
    # Only now, with the list items gone, is a gap in the numbers the gap of a heading.
    lost = list(_lost_headings(lines, found, body, formats))
    for i, like in lost:
        found[i] = _Candidate(None, found[like].rank, None, 0, found[like].place)
    if lost:
        # `nest` reads the numbers in the order of the text, and the dictionary is that order.
        found = dict(sorted(found.items()))
        _set_places(found)
    sections = {i: _section(lines[i], candidate) for i, candidate in found.items()}
    faults = [
        _fault(sections[i], candidate.place, candidate.place.message)
        for i, candidate in found.items()
        if candidate.place.message
    ]
    return sections, faults


def _candidate(line: TextLine, level: int | None, *, after: bool) -> _Candidate | None:
    text = line.text
    marker = read_marker(text)
    place = Place(0, 0)
    # 第三章 may stand alone on its line, its title below; a bare 一、 heads nothing.
    if marker and (marker.rank < 0 or marker.end < len(text)):
        if marker.rank >= 3 and CELLS.search(text, marker.end):
            return None
        return _Candidate(marker, marker.rank, marker.number, 0, place)
    if after and text[0] == "附" and (match := APPENDIX_HEADING.fullmatch(text)):
        number = chinese_number(match["number"]) if match["number"] else None
        own = Marker(APPENDIX, number or 0, match["marker"].rstrip(BLANK), 0, match.end("marker"))
        return _Candidate(own, APPENDIX, number, 0, place)
    if level is None and not (text[0] == "#" and MARKUP.match(text)):
        return None
    # People set whole paragraphs, and the lead of a list, in a heading's style to make them bold.
    if len(text) > LONGEST_UNNUMBERED or text[-1] in "，；,;：:":
        return None
    return _Candidate(None, 0, None, 1, place)


def _set_places(found: Mapping[int, _Candidate]) -> None:
    numbers = [Number(c.rank, c.number, c.level) for c in found.values()]
    for candidate, place in zip(found.values(), nest(numbers), strict=True):
        candidate.place = place


def _drop_attached(lines: Sequence[TextLine], found: dict[int, _Candidate]) -> None:
    """Forget the names of what is attached: 附件：1.名单, and on the next line 2.表格."""
    for i in [i for i in found if found[i].rank == APPENDIX and ATTACHED.match(lines[i].text)]:
        if found[i].number is None:
            del found[i]
            for later in range(i + 1, len(lines)):
                if later not in found or found[later].rank != 3:
                    break
                del found[later]


def _drop_parts_of_articles(found: dict[int, _Candidate], articles: Collection[int]) -> None:
    inside = False
    for i in sorted({*found, *articles}):
        if i in articles:
            inside = True
        # 第二章, or a heading without a number, ends the article before it; （一） below 第五条
        # does not.
        elif found[i].rank < 1:
            inside = False
        if inside:
            found.pop(i, None)


def _is_no_heading(text: str, candidate: _Candidate, seconds: Collection[int]) -> bool:
    """
    Tell a footnote, and a range such as 七、八月 where 七、 is not the number that was due.

    `seconds` are the ranks that have a number 2, without which 一、二月 is no beginning.
    """
    if candidate.marker is None:
        return False
    if candidate.rank == 5 and FOOTNOTE.search(text):
        return True
    if not names_a_range(text, candidate.marker):
        return False
    if candidate.number == 1:
        # 一、二月份 has the number that a series would begin with; only the absence of any 二、
        # shows it.
        return candidate.rank not in seconds
    return candidate.place.message is not None


def _series(found: Mapping[int, _Candidate]) -> dict[int, list[int]]:
    """Group numbered candidates by series."""
    series: dict[int, list[int]] = defaultdict(list)
    for i, candidate in found.items():
        if candidate.place.series and candidate.rank != APPENDIX:
            series[candidate.place.series].append(i)
    return series


def _drop_list_items(
    lines: Sequence[TextLine], found: dict[int, _Candidate], formats: Mapping[int, int]
) -> None:
    """Forget the headings that are items of a list: parted by ；, or numbered paragraphs."""
    for series in _series(found).values():
        # Chapters are never items of a list, whatever mark their titles end in.
        if found[series[0]].rank < 0:
            continue
        parted = [n for n, i in enumerate(series) if lines[i].text[-1] in "；;"]
        # A line of several sentences is a heading with its paragraph, and that may well end in ；.
        if all(_runs_on(lines[series[n]]) for n in parted):
            parted = []
        # The last item ends in 。, so that the one after the last ；goes as well.
        items = series[parted[0] : parted[-1] + 2] if parted else []
        if found[series[0]].rank > TOP_LEVELS and (
            2 * len(parted) >= len(series)
            # The median, because one heading that runs on without a 。 must not undo its whole
            # series.
            or median(sentence_end(lines[i].text) for i in series) > LONGEST_DEEP_HEADING
            or _is_announced(lines, series)
        ):
            items = series
        for i in items:
            if i not in formats:
                del found[i]


def _is_announced(lines: Sequence[TextLine], series: Sequence[int]) -> bool:
    """Check whether a series is the sentences, one a line, that a line ending in ： announces."""
    return (
        series[0] > 0
        and lines[series[0] - 1].text[-1] in "：:"
        and series[-1] - series[0] == len(series) - 1
        and all(lines[i].text[-1] == "。" and not _runs_on(lines[i]) for i in series)
    )


def _level_unnumbered(found: Mapping[int, _Candidate], formats: Mapping[int, int]) -> None:
    """
    Return the headings without a number that the format names the level of their like.

    Their like are the numbered ones that the format puts on the same level; where there are none,
    levels differ as the format's do.
    """
    known: dict[int, list[int]] = defaultdict(list)
    for i, candidate in found.items():
        if candidate.place.series and i in formats:
            known[formats[i]].append(candidate.place.level)
    levels = {level: round(median(like)) for level, like in known.items()}
    bare = [i for i, c in found.items() if c.rank == 0]
    if not bare:
        return
    # No numbers to compare with: the topmost level that the format uses becomes level 1, whichever
    # it is, since the title may have taken h1 and left h2 to the sections.
    if not levels:
        levels = {min(formats.get(i, 1) for i in bare): 1}
    for i in bare:
        own = formats.get(i, 1)
        # A style that no numbered heading has is placed by its distance from the nearest that one
        # has.
        near = min(levels, key=lambda level: (abs(level - own), level))
        found[i].level = max(1, levels[near] + own - near)


def _lost_headings(
    lines: Sequence[TextLine],
    found: Mapping[int, _Candidate],
    body: range,
    formats: Mapping[int, int],
) -> Iterator[tuple[int, int]]:
    """Find, in each gap of the numbers of a series, the line that lost its number: it, its like."""
    for series in _series(found).values():
        # Deeper numbers are often lists, whose missing number means nothing. The gaps of one series
        # do not overlap, so the lines are read once for each level.
        if not 1 <= found[series[0]].rank <= TOP_LEVELS:
            continue
        run_on = {i for i in series if _runs_on(lines[i])}
        bare = [_words(lines[i], found[i]) for i in series]
        printed = {found[i].number for i in series}
        for before, after in pairwise(series):
            missing = (found[before].number or 0) + 1
            # One number is missing, and is not merely printed in another place: with two missing
            # there is no telling which line had which.
            if found[after].number != missing + 1 or missing in printed:
                continue
            gap = range(before + 1, after)
            named = [i for i in gap if i in found and found[i].rank == 0]
            alike = [i for i in named if formats.get(i) == formats.get(before)]
            if before in formats and alike:
                yield alike[0], before
                continue
            likely = sorted(
                (likeness, -i)
                for i in gap
                if i in body and i not in found
                if (likeness := _likeness(lines[i].text, bare, before in run_on or after in run_on))
            )
            if likely and (len(likely) == 1 or likely[-1][0] > CLEARLY * likely[-2][0]):
                yield -likely[-1][1], before


def _words(line: TextLine, candidate: _Candidate) -> str:
    start = candidate.marker.end if candidate.marker else 0
    return line.text[start : sentence_end(line.text)].strip("。" + BLANK)


def _runs_on(line: TextLine) -> bool:
    return sentence_end(line.text) < len(line.text)


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
    # A heading that agrees in form but shares no character with its siblings is still a candidate.
    return 0.01 + shared


def _section(line: TextLine, candidate: _Candidate) -> Section:
    start = 0
    if candidate.marker:
        start = candidate.marker.start
    elif markup := MARKUP.match(line.text):
        start = markup.end()
    return Section(
        line=line.number,
        column=line.column + start,
        level=candidate.place.level,
        number=candidate.number,
        marker=candidate.marker.text if candidate.marker else "",
        heading=line.text[start : sentence_end(line.text)].rstrip("。*_" + BLANK),
    )


def _fault(section: Section, place: Place, message: str) -> Fault:
    numbers = (("marker", section.marker), ("expected", str(place.expected)))
    values = (("heading", section.heading),) if message == LOST else numbers
    return Fault(section.line, section.column, message, values)
