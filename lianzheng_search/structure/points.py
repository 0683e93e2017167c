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
from ..text.sentences import CLOSING_MARKS, COLONS, COMMAS, SENTENCE_ENDS
from .lines import TextLine
from .numbering import DOUBLED, SKIPPED_POINT, Fault

# 一是 also ends words (统一是), 首先 opens sentences (首先就要加强): a marker alone proves nothing,
# which is why candidates are tested by the mark before them and by the series they form.
POINT = re.compile(
    rf"(?P<shi>{NUMERAL})是|(?P<yao>{NUMERAL})要"
    rf"|(?P<order>首先|其次|再次|再者|最后)"
    rf"|第(?P<di>{NUMERAL})(?=[，,：:、])(?![，,、]\s*第)|其(?P<qi>{NUMERAL})(?=[，,：:、是])"
)
ARTICLE = re.compile(
    rf"第\s*(?P<number>{NUMERAL}|[0-9]{{1,4}})\s*条(?P<added>之[一二三四五六七八九十]+)?"
    rf"(?=[{BLANK}【：:]|$)"
)
# Each candidate is compared with all open lists: unbounded, a line of thousands of 一是 would take
# quadratic time. Speeches nest two or three deep.
DEEPEST_LISTS = 8
"""Maximum number of lists that are open inside one another."""
# 最后 may follow any of them, so its number is beyond every other.
ORDER = {"首先": 1, "其次": 2, "再次": 3, "再者": 3, "最后": 99}
STRONG = tuple(f"{SENTENCE_ENDS}{COLONS}”」』）)")
WEAK = tuple(COMMAS)
LIST_END = re.compile(rf"。[{CLOSING_MARKS}]*[{BLANK}]*")
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
    # A single line that opens with 第三条 quotes a law; two or more are the law.
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
        # Lists never reach over a heading; within a section, each way of numbering is its own
        # family, so that 首先 inside 一是 does not break the count of either.
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
            # setdefault: where another list begins just there, its marker is worth more than a mere
            # end.
            accepted[series[-1].line].setdefault(end, None)
    return accepted, faults


def _article_faults(lines: Sequence[TextLine], articles: Mapping[int, str]) -> Iterator[Fault]:
    """Yield the problems of articles that do not count on; 第十条之一 is no number of its own."""
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
        # 统一是, 唯一是: inside a clause the characters are part of a word.
        if not (at == start or before in STRONG + WEAK or text[at - 1] in BLANK):
            continue
        # Pairing the quotation marks reads the whole line; most lines have no marker at all.
        if quotes is None:
            quotes = _quotes(text)
        # “一是一”, quoted sayings and quoted lists are not the speaker's own points.
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
                # Marks that do not pair, as a lost ” leaves them, would put half a line into a
                # quotation.
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
            # An exact successor beats a skipped number, and the inner list beats the outer.
            depth = max(goes_on, key=lambda d: (point.number - open_runs[d][-1].number == 1, d))
            # The lists inside have ended: their next number would have come before the outer one's.
            del open_runs[depth + 1 :]
            open_runs[depth].append(point)
        # A list may start at 三是, as some printed ones do, but not behind a comma, nor at 最后.
        elif point.number == 1 or not (point.weak or point.family == "order"):
            del open_runs[:-DEEPEST_LISTS]
            open_runs.append([point])
            runs.append(open_runs[-1])
    return (run for run in runs if len(run) > 1 and not all(point.weak for point in run))


def _goes_on(run: Sequence[_Point], point: _Point) -> bool:
    """Check whether a point continues a run; a number skipped or doubled needs a clear border."""
    last = run[-1]
    step = point.number - last.number
    # A misprinted number is believed only at a clear border, behind 。or ； or on the very next
    # line; elsewhere the odd number is more likely to belong to another list.
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
    # Only items parted by ； end at the first 。; those parted by 。 may have any number of
    # sentences.
    end = LIST_END.search(text, series[-1].start)
    return end.end() if end and end.end() < len(text) else None
