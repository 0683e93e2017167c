"""CleanText -> Speech: the grammar of titles, headings and run-in points."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from statistics import mean, median

from .language import N_
from .marks import BLANK, HEADING, NUMERAL, chinese_number
from .metadata import BRACKETED, SOURCE_NOTE, SUBTITLE, TITLE_END, describe, is_date_line
from .model import CleanText, Kind, Passage, Problem, Section, Speech

MARKUP = re.compile(r"(?P<hashes>#{1,6})[ \u3000]+(?=\S)")
SENTENCE_END = re.compile(rf"[。！？!?]+[”’」』）)]*[{BLANK}]*")
LONGEST_DEEP_HEADING = 50
"""Where most 1. or （1） lines of a series have longer first sentences, they are paragraphs."""

ADDRESSED = (
    r"(?:(?:尊敬的|亲爱的)[^，。、：:！!,]{1,30}|(?:各位|全体)[^，。、：:！!,在要是说会]{1,12}"
    r"|(?!感谢|谢谢|祝)[^，。、：:！!,]{0,8}(?:们|先生|女士))"
)
SALUTATION = re.compile(
    rf"(?:{ADDRESSED}[，、,！! ]\s*)*{ADDRESSED}[：:！!，,]|同志们|大家好[：:！!]"
)
LONGEST_SALUTATION = 60

TITLE_UNFINISHED = re.compile(r"[、，暨和与及的—－]$")
LONGEST_TITLE = 80
FRONT_LINES = 12

POINT = re.compile(
    rf"(?P<shi>{NUMERAL})是|(?P<yao>{NUMERAL})要"
    rf"|(?P<order>首先|其次|再次|再者|最后)"
    rf"|第(?P<di>{NUMERAL})(?=[，,：:、])(?![，,、]\s*第)|其(?P<qi>{NUMERAL})(?=[，,：:、是])"
)
DEEPEST_LISTS = 8
"""So many lists can be open inside one another; a line of a thousand lists stays quick."""
ORDER = {"首先": 1, "其次": 2, "再次": 3, "再者": 3, "最后": 99}
STRONG = tuple("。；：！？;:!?”」』）)")
WEAK = tuple("，,、")
LIST_END = re.compile(rf"。[”’」』）)]*[{BLANK}]*")
OPENING, CLOSING = "“「『", "”」』"

LONGEST_CLOSING = 4
THANKS = re.compile(
    r".{0,30}(?:谢谢(?:大家|各位|同志们)?|讲话?完了|讲完了|就讲这些|讲到这里|说到这里|汇报完毕)[。！!]*"
)
PERORATION = re.compile(
    r"(?:同志们|各位[^，。：！]{0,8}|朋友们)[，,！!：:]|总之[，,]|一言以蔽之|最后[，,]"
)

_Fault = tuple[int, str, tuple[tuple[str, str], ...]]
"""Of a problem: the line, the message and its values."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank: its number, the column at which its text starts, the text."""

    number: int
    column: int
    text: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of an outline, in reading order; the fields are the keys of its JSON line."""

    speech: str
    line: int
    column: int
    kind: str
    level: int | None
    number: int | None
    marker: str | None
    heading: str | None
    text: str


def parse(clean: CleanText) -> Speech:
    """
    Read the structure of a cleaned file.

    Joined in order, the passages of a line are that line, but for the white space around it;
    lines that are blank have none. Numbering faults become problems; nothing is renumbered.
    """
    lines = [
        _Line(line.number, len(line.text) - len(line.text.lstrip(BLANK)), text)
        for line in clean.lines
        if (text := line.text.strip(BLANK))
    ]
    kinds, title = _front_matter(lines)
    body = range(len(kinds), len(lines))
    headings = {i: section for i in body if (section := _heading(lines[i]))}
    _drop_list_items(lines, headings)
    headings |= dict(_lost_headings(lines, headings, body))
    tails = {i: _sentence_end(lines[i].text) if i in headings else 0 for i in body}
    points, faults = _points(lines, headings, tails)
    closing = _closing_start(lines, headings, points, body)

    passages: list[Passage] = []
    path: tuple[Section, ...] = ()
    for i, line in enumerate(lines):
        if i in headings:
            path = (*(s for s in path if s.level < headings[i].level), headings[i])
        elif i == closing:
            path = ()
        passages += _line_passages(
            line,
            kind=kinds[i] if i < len(kinds) else _body_kind(line, i >= closing),
            path=path,
            heading_end=tails.get(i, 0),
            points=points.get(i, {}),
        )
    ordered = [headings[i] for i in sorted(headings)]
    problems = sorted(
        (line, message, values) for line, message, values in [*_numbering(ordered), *faults]
    )
    return Speech(
        info=describe(clean.path, [line.text for line in lines], front=len(kinds), title=title),
        passages=tuple(passages),
        removals=clean.removals,
        problems=(
            *clean.problems,
            *(
                Problem(path=clean.path, line=line, message=message, values=dict(values))
                for line, message, values in problems
            ),
        ),
    )


def outline(speech: Speech) -> tuple[Node, ...]:
    """Draw up a speech's outline: one node for each passage, in reading order."""
    return tuple(_node(speech.info.id, passage) for passage in speech.passages)


def _node(speech: str, passage: Passage) -> Node:
    own = passage.sections[-1] if passage.kind == "heading" else None
    kind = {"heading": "section", "body": "point" if passage.point else "paragraph"}
    heading = own.heading if own else None
    if passage.point:
        lead = re.split("[。；：！？;:!?]", passage.text, maxsplit=1)[0]
        heading = lead.removeprefix(passage.point).lstrip("，,：:、")
    return Node(
        speech=speech,
        line=passage.line,
        column=passage.column,
        kind=kind.get(passage.kind, passage.kind),
        level=own.level if own else None,
        number=own.number if own else point_number(passage.point),
        marker=own.marker if own else passage.point,
        heading=heading,
        text=passage.text,
    )


def point_number(marker: str | None) -> int | None:
    """
    Tell the number in a point's marker; None for 最后 and where there is no marker.

    >>> point_number("二是"), point_number("首先"), point_number("第三"), point_number("最后")
    (2, 1, 3, None)
    """
    if marker is None or marker == "最后":
        return None
    return ORDER.get(marker) or chinese_number(marker.strip("是要第其"))


def _front_matter(lines: Sequence[_Line]) -> tuple[list[Kind], str]:
    """Classify the lines before the first paragraph or heading; join the title's."""
    kinds: list[Kind] = []
    title: list[_Line] = []
    for i, line in enumerate(lines[:FRONT_LINES]):
        if _is_salutation(line.text):
            kinds.append("salutation")
            break
        markup = MARKUP.match(line.text)
        bare = line.text[markup.end() :] if markup else line.text
        is_title = not title or _continues_title(title[-1], line, lines[i + 1 : i + 2])
        if (markup and len(markup["hashes"]) > 1) or (not markup and HEADING.match(bare)):
            break
        if is_date_line(bare) or BRACKETED.fullmatch(bare) or SOURCE_NOTE.search(bare):
            kinds.append("body")
        elif len(bare) > LONGEST_TITLE or re.search("[。；;]|[，,：:]$", bare):
            break
        elif is_title:
            title.append(_Line(line.number, line.column, bare))
            kinds.append("title")
        elif SUBTITLE.match(bare) or TITLE_END.search(bare):
            kinds.append("title")
        elif i + 1 < len(lines) and _front_goes_on(lines[i + 1 : FRONT_LINES]):
            kinds.append("body")
        else:
            break
    return kinds, "".join(line.text for line in title)


def _front_goes_on(following: Sequence[_Line]) -> bool:
    """Tell whether a byline or venue may stand here: the salutation or the date must follow."""
    return any(_is_salutation(line.text) or is_date_line(line.text) for line in following)


def _is_salutation(text: str) -> bool:
    return len(text) <= LONGEST_SALUTATION and SALUTATION.fullmatch(text) is not None


def _continues_title(first: _Line, second: _Line, following: Sequence[_Line]) -> bool:
    subtitle = SUBTITLE.match(second.text) is not None
    if is_date_line(second.text) or not (subtitle or second.number == first.number + 1):
        return False
    if TITLE_UNFINISHED.search(first.text):
        return True
    if TITLE_END.search(first.text) or first.text[-8:] in second.text:
        return False
    goes_on = any(SUBTITLE.match(line.text) for line in following)
    return goes_on or TITLE_END.search(second.text) is not None


def _heading(line: _Line) -> Section | None:
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


def _section(line: _Line, *, level: int, number: int | None, marker: str, start: int) -> Section:
    heading = line.text[start : _sentence_end(line.text)].rstrip("。" + BLANK)
    return Section(
        line=line.number,
        column=line.column + start,
        level=level,
        number=number,
        marker=marker,
        heading=heading,
    )


def _sentence_end(text: str) -> int:
    """Where a heading ends on its line: before the paragraph that it runs on into."""
    match = SENTENCE_END.search(text)
    return match.end() if match else len(text)


def _runs_on(line: _Line) -> bool:
    return _sentence_end(line.text) < len(line.text)


def _drop_list_items(lines: Sequence[_Line], headings: dict[int, Section]) -> None:
    """Forget the headings that are items of a list: parted by ；, or numbered paragraphs."""
    for series in _heading_series(headings):
        parted = [n for n, i in enumerate(series) if lines[i].text[-1] in "；;"]
        items = series[parted[0] : parted[-1] + 2] if parted else []
        length = median(_sentence_end(lines[i].text) for i in series)
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


def _lost_headings(
    lines: Sequence[_Line], headings: dict[int, Section], body: range
) -> Iterator[tuple[int, Section]]:
    """Find, in each gap of the first level's numbers, the line that lost its number."""
    numbered = [i for i in sorted(headings) if headings[i].level == 1 and headings[i].number]
    run_on = {i for i in numbered if _runs_on(lines[i])}
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
    end = _sentence_end(text)
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


def _numbering(sections: Sequence[Section]) -> Iterator[_Fault]:
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


def _points(
    lines: Sequence[_Line], headings: dict[int, Section], tails: dict[int, int]
) -> tuple[dict[int, dict[int, str | None]], list[_Fault]]:
    """
    Find the run-in points of each line: start in the line's text -> marker.

    A marker counts only as part of a series that goes on: 一是 with 二是, 首先 with 其次 or 最后.
    A start without a marker ends the last item of a list whose items are separated by ；.
    """
    accepted: dict[int, dict[int, str | None]] = defaultdict(dict)
    faults: list[_Fault] = []
    section = 0
    candidates: dict[tuple[int, str], list[_Point]] = defaultdict(list)
    for i in sorted(tails):
        section += i in headings
        for point in _candidates(i, lines[i].text, tails[i]):
            candidates[section, point.family].append(point)
    for series in chain.from_iterable(_series(group) for group in candidates.values()):
        for before, point in pairwise(series):
            number = lines[point.line].number
            named = (("marker", point.marker), ("before", before.marker))
            if point.number == before.number:
                faults.append((number, N_("the number {marker} stands twice"), named))
            elif point.family != "order" and point.number > before.number + 1:
                faults.append((number, N_("{marker} follows directly upon {before}"), named))
        for point in series:
            accepted[point.line][point.start] = point.marker
        if (end := _list_end(lines[series[-1].line].text, series)) is not None:
            accepted[series[-1].line].setdefault(end, None)
    return accepted, faults


def _candidates(line: int, text: str, start: int) -> Iterator[_Point]:
    depths = _quote_depths(text)
    for match in POINT.finditer(text, start):
        at = match.start()
        before = text[start:at].rstrip(BLANK)[-1:]
        stands_free = at == start or before in STRONG + WEAK or text[at - 1] in BLANK
        if not stands_free or (depths and depths[at]):
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


def _quote_depths(text: str) -> list[int] | None:
    """Count, for each position, the quotation marks open there; None where they do not pair."""
    depths, depth = [], 0
    for character in text:
        depth -= character in CLOSING
        if depth < 0:
            return None
        depths.append(depth)
        depth += character in OPENING
    return depths if depth == 0 else None


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


def _closing_start(
    lines: Sequence[_Line],
    headings: dict[int, Section],
    points: Mapping[int, Mapping[int, str | None]],
    body: range,
) -> int:
    """
    Find the line with which the closing begins; the number of lines if there is none.

    The closing is the thanks, with the notes that may follow, and before them the words that no
    longer belong to the last section: those that address the audience again, or, where every
    section before was one line, what follows the last section's line.
    """
    last = max(headings, default=-1)
    tail = range(max(body.start, last + 1, len(lines) - LONGEST_CLOSING), len(lines))
    start = min((i for i in tail if THANKS.fullmatch(lines[i].text)), default=len(lines))
    if not headings:
        return start
    run_on = _runs_on(lines[last])
    for i in range(start - 1, max(last, start - LONGEST_CLOSING), -1):
        addressed = PERORATION.match(lines[i].text) or _is_salutation(lines[i].text)
        if addressed and 0 not in points.get(i, ()) and (i > last + 1 or run_on):
            return i
    own = sorted(i for i in headings if headings[i].level == headings[last].level)
    one_line = all(b == a + 1 for a, b in pairwise(own)) and len(own) > 2
    return min(start, last + 1) if one_line and run_on else start


def _body_kind(line: _Line, closing: bool) -> Kind:
    if closing:
        return "closing"
    return "salutation" if _is_salutation(line.text) else "body"


def _line_passages(
    line: _Line,
    *,
    kind: Kind,
    path: tuple[Section, ...],
    heading_end: int,
    points: Mapping[int, str | None],
) -> Iterator[Passage]:
    """Cut a line into passages at the end of its heading and at its points."""
    starts: list[tuple[int, Kind, str | None]] = []
    if heading_end:
        starts.append((0, "heading", None))
    if heading_end < len(line.text) and heading_end not in points:
        starts.append((heading_end, kind, None))
    starts += [(start, kind, points[start]) for start in sorted(points)]
    for n, (start, own_kind, marker) in enumerate(starts):
        end = starts[n + 1][0] if n + 1 < len(starts) else len(line.text)
        yield Passage(
            line=line.number,
            column=line.column + start,
            kind=own_kind,
            text=line.text[start:end],
            sections=path,
            point=marker,
            touches=n > 0,
        )
