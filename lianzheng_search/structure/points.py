"""Lines -> the run-in points of their paragraphs."""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from ..model import Section
from ..text.characters import BLANK
from ..text.numerals import NUMERAL, chinese_number
from .lines import TextLine
from .numbering import DOUBLED, SKIPPED_POINT, Fault

POINT = re.compile(
    rf"(?P<shi>{NUMERAL})是|(?P<yao>{NUMERAL})要"
    rf"|(?P<order>首先|其次|再次|再者|最后)"
    rf"|第(?P<di>{NUMERAL})(?=[，,：:、])(?![，,、]\s*第)|其(?P<qi>{NUMERAL})(?=[，,：:、是])"
)
ARTICLE = re.compile(
    rf"第\s*(?P<number>{NUMERAL}|[0-9]{{1,4}})\s*条(?P<added>之[一二三四五六七八九十]+)?"
    rf"(?=[{BLANK}【：:]|$)"
)
DEEPEST_LISTS = 8
"""So many lists can be open inside one another; a line of a thousand lists stays quick."""
ORDER = {"首先": 1, "其次": 2, "再次": 3, "再者": 3, "最后": 99}
STRONG = tuple("。；：！？;:!?”」』）)")
WEAK = tuple("，,、")
LIST_END = re.compile(rf"。[”’」』）)]*[{BLANK}]*")
OPENING = "“「『"
QUOTE = re.compile("[“「『”」』]")


@dataclass(frozen=True, slots=True)
class _Point:
    """
    A marker that may open a point.

    `line` is an index into the lines; `before` is the character before it, white space left out,
    and empty where the point opens its paragraph.
    """

    line: int
    start: int
    family: str
    number: int
    marker: str
    before: str

    @property
    def weak(self) -> bool:
        return self.before in WEAK


def point_number(marker: str | None) -> int | None:
    """
    Tell the number in a point's marker; None for 最后 and where there is no marker.

    >>> [point_number(marker) for marker in ("二是", "首先", "第三", "第十条之一", "最后")]
    [2, 1, 3, 10, None]
    """
    if marker is None or marker == "最后":
        return None
    return ORDER.get(marker) or chinese_number(marker.partition("条")[0].strip("是要第其 "))


def find_articles(lines: Sequence[TextLine], body: range) -> dict[int, str]:
    """Find the lines that are articles of a law, if there are two or more: line -> 第三条."""
    found = {
        i: match.group()
        for i in body
        if lines[i].text[0] == "第" and (match := ARTICLE.match(lines[i].text))
    }
    return found if len(found) > 1 else {}


def find_points(
    lines: Sequence[TextLine],
    headings: Mapping[int, Section],
    tails: Mapping[int, int],
    articles: Mapping[int, str],
) -> tuple[dict[int, dict[int, str | None]], list[Fault]]:
    """
    Find the run-in points of each line: start in the line's text -> marker.

    A marker counts only as part of a series that goes on: 一是 with 二是, 首先 with 其次 or 最后.
    A start without a marker ends the last item of a list whose items are separated by ；.
    An article of a law is a point as well.
    """
    accepted: dict[int, dict[int, str | None]] = defaultdict(dict)
    faults = list(_article_faults(lines, articles))
    for i, marker in articles.items():
        accepted[i][0] = marker
    section = 0
    candidates: dict[tuple[int, str], list[_Point]] = defaultdict(list)
    for i in sorted(tails):
        section += i in headings
        for point in _candidates(i, lines[i].text, tails[i]):
            candidates[section, point.family].append(point)
    for series in chain.from_iterable(_series(group) for group in candidates.values()):
        for before, point in pairwise(series):
            message = None
            if point.number == before.number:
                message = DOUBLED
            elif point.family != "order" and point.number > before.number + 1:
                message = SKIPPED_POINT
            if message:
                line = lines[point.line]
                values = (("marker", point.marker), ("before", before.marker))
                faults.append(Fault(line.number, line.column + point.start, message, values))
        for point in series:
            accepted[point.line][point.start] = point.marker
        if (end := _list_end(lines[series[-1].line].text, series)) is not None:
            accepted[series[-1].line].setdefault(end, None)
    return accepted, faults


def _article_faults(lines: Sequence[TextLine], articles: Mapping[int, str]) -> Iterator[Fault]:
    """Tell where articles do not count on; 第十条之一 is no number of its own."""
    before = None
    for i, marker in articles.items():
        if "之" in marker:
            continue
        number = point_number(marker) or 0
        message = None
        if before:
            last = point_number(before) or 0
            if number == last:
                message = DOUBLED
            elif number not in (1, last + 1):
                message = SKIPPED_POINT
        if message:
            values = (("marker", marker), ("before", before or ""))
            yield Fault(lines[i].number, lines[i].column, message, values)
        before = marker


def _candidates(line: int, text: str, start: int) -> Iterator[_Point]:
    quotes: list[tuple[int, int]] | None = None
    for match in POINT.finditer(text, start):
        at = match.start()
        before = text[start:at].rstrip(BLANK)[-1:]
        if not (at == start or before in STRONG + WEAK or text[at - 1] in BLANK):
            continue
        if quotes is None:
            quotes = _quotes(text)
        quote = bisect(quotes, (at, 0)) - 1
        if quote >= 0 and at < quotes[quote][1]:
            continue
        family = match.lastgroup or ""
        if family == "order":
            number = ORDER[match["order"]]
            if before in WEAK:  # 讲规矩，首先要从…
                continue
        else:
            number = chinese_number(match[family])
            if text.startswith(match[family], match.end()):  # 一是一，二是二
                continue
        yield _Point(line, at, family, number, match.group(), before)


def _quotes(text: str) -> list[tuple[int, int]]:
    """List where the outermost quotation marks open and close; none where they do not pair."""
    found: list[tuple[int, int]] = []
    depth = opened = 0
    for match in QUOTE.finditer(text):
        if match.group() in OPENING:
            if depth == 0:
                opened = match.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                found.append((opened, match.start()))
            elif depth < 0:
                return []
    return found if depth == 0 else []


def _series(points: Iterable[_Point]) -> Iterator[list[_Point]]:
    """
    Sort markers of one family and section into series; one inside another may interrupt it.

    A series of one, and one that only commas part, is none: 要两手抓，一是发展，二是安全.
    """
    runs: list[list[_Point]] = []
    open_runs: list[list[_Point]] = []
    for point in points:
        goes_on = [depth for depth, run in enumerate(open_runs) if _goes_on(run, point)]
        if goes_on:
            depth = max(goes_on, key=lambda d: (point.number - open_runs[d][-1].number == 1, d))
            del open_runs[depth + 1 :]
            open_runs[depth].append(point)
        elif point.number == 1 or not (point.weak or point.family == "order"):
            del open_runs[:-DEEPEST_LISTS]
            open_runs.append([point])
            runs.append(open_runs[-1])
    return (run for run in runs if len(run) > 1 and not all(point.weak for point in run))


def _goes_on(run: Sequence[_Point], point: _Point) -> bool:
    """Tell whether a point continues a run; a number skipped or doubled needs a clear border."""
    last = run[-1]
    step = point.number - last.number
    slips = not point.weak if point.line == last.line else point.line == last.line + 1
    if point.before and point.line != last.line:
        return step == 1 and slips and not point.weak
    if point.family == "order":
        return step > 0 and (step == 1 or slips or len(run) > 1)
    return step == 1 or (slips and (step == 2 or (step == 0 and point.number > 1)))


def _list_end(text: str, series: Sequence[_Point]) -> int | None:
    """Where text goes on after a list: behind the 。 that ends the last of items parted by ；."""
    if any(point.line != series[-1].line for point in series):
        return None
    if any(point.before not in ("；", ";") for point in series[1:]):
        return None
    end = LIST_END.search(text, series[-1].start)
    return end.end() if end and end.end() < len(text) else None
