"""CleanText -> Speech: the grammar of titles, headings and run-in points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from ..model import CleanText, Kind, Line, Passage, Problem, Section, Speech, place_in_source
from ..text.characters import BLANK
from ..text.dates import BRACKETED, is_date_line
from ..text.genre import PERORATION, THANKS, TITLE_END, is_salutation
from ..text.numerals import read_marker
from ..text.sentences import COLONS, SENTENCE_ENDS
from .headings import MARKUP, find_headings
from .lines import TextLine, sentence_end, text_lines
from .metadata import SOURCE_NOTE, SUBTITLE, describe
from .numbering import FAULTS, Fault
from .points import find_articles, find_points, point_number

# A title of two lines is broken where the page was full: 在全县警示教育大会暨 /
# 党风廉政会议上的讲话.
TITLE_UNFINISHED = re.compile(r"[、，暨和与及的—－]$")
LONGEST_TITLE = 80
# In lines that are not blank. A front read too far would take paragraphs out of their sections, so
# the search is short; so is that for the closing.
FRONT_LINES = 12

LONGEST_CLOSING = 4
NOTES = re.compile(r"(?:注\s*释|附注|脚注|尾注|参考文献|注)[：:]?")
NOTE = re.compile(r"[\[［〔【][0-9０-９]{1,3}[\]］〕】]|[①-⑳]\s*(?:[^，。]{1,12}[：:])?《")
SIGNATURE = re.compile(r"附件[：:].+|[^。，；：！？,;:]{2,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """
    A node of an outline, in reading order; the fields are the keys of its JSON line.

    `fault` tells what is wrong with the number: `late` (the first is not 1), `skipped`, `doubled`,
    `disordered` or `lost`; None where nothing is.
    """

    speech: str
    line: int
    column: int
    kind: str
    level: int | None
    number: int | None
    marker: str | None
    heading: str | None
    text: str
    fault: str | None = None


def parse(clean: CleanText) -> Speech:
    """
    Read the structure of a cleaned file.

    Joined in order, the passages of a line are that line, but for the white space around it;
    lines that are blank have none. Numbering faults become problems; nothing is renumbered.
    """
    lines = text_lines(clean)
    formats = dict(_format_levels(lines, clean.headings))
    kinds, title = _front_matter(lines, formats)
    # Each step relies on the one before. Notes are cut off first, since ① in them is no heading;
    # articles come before headings, which must not begin inside one; points are looked for behind
    # the sentence that is the heading (`tails`); the closing is what no heading or point claims.
    notes = _notes_start(lines, len(kinds))
    body = range(len(kinds), notes)
    articles = find_articles(lines, body)
    headings, faults = find_headings(lines, body, formats, articles)
    tails = {i: sentence_end(lines[i].text) if i in headings else 0 for i in body}
    points, point_faults = find_points(lines, headings, tails, articles)
    appendix = next((i for i, own in headings.items() if own.marker.startswith("附")), notes)
    closing = _closing_start(lines, headings, points, range(body.start, appendix))

    passages: list[Passage] = []
    path: tuple[Section, ...] = ()
    for i, line in enumerate(lines):
        if i in headings:
            path = (*(s for s in path if s.level < headings[i].level), headings[i])
        # The thanks belong to the speech, not to its last section; counted by
        # section, they would add to it.
        elif i in (closing, notes):
            path = ()
        closes = closing <= i < appendix or i >= notes
        passages += _line_passages(
            line,
            kind=kinds[i] if i < len(kinds) else _body_kind(line, closes),
            path=path,
            heading_end=tails.get(i, 0),
            points=points.get(i, {}),
        )
    # Few lines are edited by cleaning; all others need no second place.
    edited = {line.number: line for line in clean.lines if line.shifts}
    problems = _problems(clean.path, [*faults, *point_faults], edited)
    return Speech(
        info=describe(clean.path, [line.text for line in lines], front=len(kinds), title=title),
        passages=tuple(_with_sources(passages, edited) if edited else passages),
        removals=clean.removals,
        problems=(*clean.problems, *problems),
    )


def _problems(path: str, faults: Iterable[Fault], edited: Mapping[int, Line]) -> Iterator[Problem]:
    """Yield the faults in the numbering as problems, in the order of the file."""
    for fault in sorted(faults):
        place = _source(edited, fault.line, fault.column) or (fault.line, fault.column)
        yield Problem(
            path=path,
            line=place[0],
            column=place[1],
            message=fault.message,
            values=dict(fault.values),
        )


def _source(edited: Mapping[int, Line], line: int, column: int) -> tuple[int, int] | None:
    """Return the place in the file of one in a cleaned line, if it is another."""
    if line not in edited:
        return None
    place = place_in_source(edited[line], column)
    return None if place == (line, column) else place


def _with_sources(passages: Sequence[Passage], edited: Mapping[int, Line]) -> Iterator[Passage]:
    """Add to passages and their sections their places in the file."""
    known: dict[Section, Section] = {}
    for passage in passages:
        for section in passage.sections:
            if section not in known:
                source = _source(edited, section.line, section.column)
                known[section] = replace(section, source=source) if source else section
        yield replace(
            passage,
            sections=tuple([known[section] for section in passage.sections]),
            source=_source(edited, passage.line, passage.column),
        )


def _format_levels(
    lines: Sequence[TextLine], headings: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Return the levels of the lines that the format, or markdown's #, calls headings."""
    for i, line in enumerate(lines):
        if line.number in headings and not (line.tail or line.touches):
            yield i, headings[line.number]
        elif line.text[0] == "#" and (markup := MARKUP.match(line.text)):
            yield i, len(markup["hashes"])


def outline(speech: Speech) -> tuple[Node, ...]:
    """Draw up a speech's outline: one node for each passage, in reading order."""
    faults = {
        (problem.line, problem.column): FAULTS[problem.message]
        for problem in speech.problems
        if problem.message in FAULTS
    }
    return tuple(_node(speech.info.id, passage, faults) for passage in speech.passages)


def _node(
    speech: str, passage: Passage, faults: Mapping[tuple[int | None, int | None], str]
) -> Node:
    own = passage.sections[-1] if passage.kind == "heading" else None
    line, column = passage.place
    kind = {"heading": "section", "body": "point" if passage.point else "paragraph"}
    heading = own.heading if own else None
    if passage.point:
        lead = re.split(f"[{SENTENCE_ENDS}{COLONS}]", passage.text, maxsplit=1)[0]
        heading = lead.removeprefix(passage.point).strip("，,：:、" + BLANK)
    return Node(
        speech=speech,
        line=line,
        column=column,
        kind=kind.get(passage.kind, passage.kind),
        level=own.level if own else None,
        number=own.number if own else point_number(passage.point),
        marker=own.marker if own else passage.point,
        heading=heading,
        text=passage.text,
        fault=faults.get(own.place if own else passage.place),
    )


def _front_matter(lines: Sequence[TextLine], formats: Mapping[int, int]) -> tuple[list[Kind], str]:
    """Classify the lines before the first paragraph or heading; join the title's."""
    kinds: list[Kind] = []
    title: list[TextLine] = []
    for i, line in enumerate(lines[:FRONT_LINES]):
        if is_salutation(line.text):
            kinds.append("salutation")
            break
        markup = MARKUP.match(line.text)
        bare = line.text[markup.end() :] if markup else line.text
        is_title = not title or _continues_title(title[-1], line, lines[i + 1 : i + 2])
        # # is the title in Markdown, ## a section; a number opens the body even without a
        # salutation.
        if (markup and len(markup["hashes"]) > 1) or _is_numbered(bare):
            break
        if i in formats and title and not (is_title or SUBTITLE.match(bare)):
            break
        if is_date_line(bare) or BRACKETED.fullmatch(bare) or SOURCE_NOTE.search(bare):
            kinds.append("body")
        elif len(bare) > LONGEST_TITLE or re.search("[。；;]|[，,：:]$", bare):
            break
        elif is_title:
            title.append(TextLine(line.number, line.column, bare))
            kinds.append("title")
        elif SUBTITLE.match(bare) or TITLE_END.search(bare):
            kinds.append("title")
        # A short line that is neither title nor date may be a byline or the first words of the
        # body: only a salutation or date further down decides it.
        elif i + 1 < len(lines) and _front_goes_on(lines[i + 1 : FRONT_LINES]):
            kinds.append("body")
        else:
            break
    return kinds, "".join(line.text for line in title)


def _front_goes_on(following: Sequence[TextLine]) -> bool:
    """Check whether a byline or venue may stand here: the salutation or the date must follow."""
    return any(is_salutation(line.text) or is_date_line(line.text) for line in following)


def _is_numbered(text: str) -> bool:
    marker = read_marker(text)
    return marker is not None and (marker.rank < 0 or marker.end < len(text))


def _continues_title(first: TextLine, second: TextLine, following: Sequence[TextLine]) -> bool:
    subtitle = SUBTITLE.match(second.text) is not None
    if is_date_line(second.text) or not (subtitle or second.number <= first.number + 1):
        return False
    if TITLE_UNFINISHED.search(first.text):
        return True
    # The second line repeats the first: web pages print a title above the text and again in it.
    if TITLE_END.search(first.text) or first.text[-8:] in second.text:
        return False
    goes_on = any(SUBTITLE.match(line.text) for line in following)
    return goes_on or TITLE_END.search(second.text) is not None


def _notes_start(lines: Sequence[TextLine], start: int) -> int:
    """Find the line with which notes begin that end the file; the number of lines if there are."""
    end = len(lines)
    # Backwards from the end, so that ① used in the body is not taken for the first note.
    while end > start + 1 and NOTE.match(lines[end - 1].text):
        end -= 1
    # 注： in the first half is a remark on a section.
    titled = range(max(start + 1, end // 2), len(lines))
    return min((i for i in titled if NOTES.fullmatch(lines[i].text)), default=end)


def _signature_start(
    lines: Sequence[TextLine], headings: Mapping[int, Section], body: range
) -> int:
    """Find the names before the date that ends a speech; the end of its body if there is none."""
    start = body.stop
    # Names are looked for only above a final date: short lines alone could be the last points.
    if len(body) > 1 and is_date_line(lines[body.stop - 1].text):
        start = body.stop - 1
        while start - 1 > body.start and body.stop - start < LONGEST_CLOSING:
            if start - 1 in headings or not SIGNATURE.fullmatch(lines[start - 1].text):
                break
            start -= 1
    return start


def _closing_start(
    lines: Sequence[TextLine],
    headings: dict[int, Section],
    points: Mapping[int, Mapping[int, str | None]],
    body: range,
) -> int:
    """
    Find the line with which the closing begins; the end of the body if there is none.

    The closing is the thanks, with the notes and the signature that may follow, and before them
    the words that no longer belong to the last section: those that address the audience again,
    or, where every section before was one line, what follows the last section's line.
    """
    last = max((i for i in headings if i < body.stop), default=-1)
    signature = _signature_start(lines, headings, body)
    tail = range(max(body.start, last + 1, signature - LONGEST_CLOSING), signature)
    start = min((i for i in tail if THANKS.fullmatch(lines[i].text)), default=signature)
    if last < 0:
        return start
    run_on = sentence_end(lines[last].text) < len(lines[last].text)
    # Same beginnings (同志们，) also open paragraphs inside the last section, so only a few lines
    # count.
    for i in range(start - 1, max(last, start - LONGEST_CLOSING), -1):
        addressed = PERORATION.match(lines[i].text) or is_salutation(lines[i].text)
        if addressed and 0 not in points.get(i, ()) and (i > last + 1 or run_on):
            return i
    # Where every section is one line, a second line below the last one would make it the only one
    # that has a paragraph: it is the closing.
    own = sorted(i for i in headings if i <= last and headings[i].level == headings[last].level)
    one_line = all(b == a + 1 for a, b in pairwise(own)) and len(own) > 2
    return min(start, last + 1) if one_line and run_on else start


def _body_kind(line: TextLine, closing: bool) -> Kind:
    if closing:
        return "closing"
    return "salutation" if is_salutation(line.text) else "body"


def _line_passages(
    line: TextLine,
    *,
    kind: Kind,
    path: tuple[Section, ...],
    heading_end: int,
    points: Mapping[int, str | None],
) -> Iterator[Passage]:
    """Cut a line into passages at the end of its heading and at its points."""
    text = line.text + line.tail
    starts: list[tuple[int, Kind, str | None]] = []
    if heading_end:
        starts.append((0, "heading", None))
    # Starts are collected before cutting so that pieces tile the line: each ends where the next
    # starts.
    if heading_end < len(line.text) and heading_end not in points:
        starts.append((heading_end, kind, None))
    starts += [(start, kind, points[start]) for start in sorted(points)]
    for n, (start, own_kind, marker) in enumerate(starts):
        end = starts[n + 1][0] if n + 1 < len(starts) else len(text)
        yield Passage(
            line=line.number,
            column=line.column + start,
            kind=own_kind,
            text=text[start:end],
            sections=path,
            point=marker,
            touches=n > 0 or line.touches,
        )
