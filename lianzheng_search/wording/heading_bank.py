"""The headings of a corpus -> lists, groups of what belongs together, and parallel sets."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..messages import _, no_such
from ..model import Section, Span, SpeechInfo, Value
from ..query.filters import Filters, Scope, checked_text
from ..query.tree import LONGEST_GAP
from ..search.gaps import NO_RUN, Run, Steps, places, step_matches
from ..search.locating import speeches_of_copies
from ..text.characters import BLANK
from ..text.folding import fold
from .heading_patterns import BORDER

if TYPE_CHECKING:
    from ..index.whoosh.backend import WhooshBackend

HEADING_ORDERS = ("corpus", "date", "newest", "text", "length")
GROUPINGS = ("pattern", "theme", "level", "speech")
UNDATED = "9999"
GAPS = "*…"
Found = Mapping[int, "HeadingLine"]
"""Headings by the numbers of their passages, in the order they are listed."""


class HeadingLine(Value, frozen=True, kw_only=True):
    """
    An entry of the heading bank.

    `line` is of the source file; `heading` is as printed and begins, where it has one, with its
    `marker`. `above` are the headings over it, from the outermost in. `themes` are best first.
    `copies` are the copies of the speech that have the heading too and were left out.
    """

    speech: str
    title: str
    date: str | None
    line: int
    level: int
    number: int | None
    marker: str
    heading: str
    above: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def wording(self) -> str:
        """
        The heading without its marker.

        >>> HeadingLine(speech="a.txt", title="讲话", date=None, line=3, level=1, number=2,
        ...             marker="二、", heading="二、强化责任意识").wording
        '强化责任意识'
        """
        at = self.heading.find(self.marker) if self.marker else -1
        return self.heading[at + len(self.marker) if at >= 0 else 0 :].strip(BLANK + "#*_")


class HeadingGroup(Value, frozen=True, kw_only=True):
    """
    Headings that belong together.

    `name` is what they share: the pattern, the theme, the level or the id of the speech; None
    for those without a theme.
    """

    name: str | None
    headings: tuple[HeadingLine, ...]

    @property
    def speeches(self) -> int:
        """In how many speeches they stand."""
        return len({line.speech for line in self.headings})

    @property
    def wordings(self) -> dict[str, list[HeadingLine]]:
        """The headings by their wording, without the markers."""
        found: dict[str, list[HeadingLine]] = defaultdict(list)
        for line in self.headings:
            found[line.wording].append(line)
        return found


class HeadingGroups(Value, frozen=True, kw_only=True):
    """
    Groups of headings, `total` of them before the limit; together with the `rest`, all found.

    The rest share no pattern with another; by anything else there is none.
    """

    by: str
    groups: tuple[HeadingGroup, ...]
    total: int
    found: int
    rest: tuple[HeadingLine, ...] = ()


class HeadingSet(Value, frozen=True, kw_only=True):
    """
    The headings of one level under the same one, in a speech, in reading order.

    Those at `found` are what was asked for.
    """

    info: SpeechInfo
    headings: tuple[HeadingLine, ...]
    found: frozenset[int]


class HeadingSets(Value, frozen=True, kw_only=True):
    """Parallel sets, `total` of them before the limit."""

    sets: tuple[HeadingSet, ...]
    total: int
    found: int


def list_headings(
    backend: WhooshBackend,
    text: str | None,
    scope: Scope,
    *,
    limit: int = 0,
    sort: str = "corpus",
) -> list[HeadingLine]:
    """
    List the section headings that hold a text; `limit` 0 is all.

    In the text, ``*`` is a gap of up to 10 characters of a sentence, ``…`` one of any length in a
    clause, as in a pattern. `sort` is ``corpus``, ``date``, ``text`` (by wording) or ``length``.
    """
    lines = list(find_headings(backend, text, scope, sort=sort).values())
    return lines[:limit] if limit else lines


def group_headings(
    backend: WhooshBackend,
    by: str,
    text: str | None,
    scope: Scope,
    *,
    limit: int = 0,
    sort: str = "corpus",
) -> HeadingGroups:
    """
    Group the headings that hold a text; at most `limit` groups, 0 is all.

    `by` is ``pattern`` (a frame that they share, such as 强化…意识), ``theme`` (the best of
    each), ``level`` or ``speech``. The largest group is first, but levels ascend and speeches
    are in corpus order.
    """
    return group(backend, find_headings(backend, text, scope, sort=sort), by, limit=limit)


def parallel_headings(
    backend: WhooshBackend,
    text: str | None,
    scope: Scope,
    *,
    limit: int = 0,
    sort: str = "corpus",
) -> HeadingSets:
    """
    Return each heading that holds a text with those parallel to it; at most `limit` sets.

    They are the headings of the same level under the same one, in the same speech.
    """
    return parallel_sets(backend, find_headings(backend, text, scope, sort=sort), limit=limit)


def find_headings(backend: WhooshBackend, text: str | None, scope: Scope, *, sort: str) -> Found:
    """List the headings in a scope that hold a text, gaps in it allowed."""
    if sort not in HEADING_ORDERS:
        raise no_such(_("sort"), sort, HEADING_ORDERS)
    holds = _holder(text)
    listed: dict[int, HeadingLine] = {}
    filters = scope.filters
    # The bank is of headings only: a filter for another part of speeches leaves nothing.
    refs = backend.scope(replace(filters, part="heading")) or ()
    for ref in backend.in_order(refs if filters.part in ("all", "heading") else ()):
        line = _read(backend, ref)
        if holds(line.heading):
            listed[ref] = line
    # Only among what was found: a heading may be left out only where another in the list stands for
    # it.
    twins = {} if scope.with_copies else backend.twins(listed)
    if twins:
        copies = speeches_of_copies(backend, twins, listed)
        listed = {
            ref: replace(line, copies=copies[ref]) if ref in copies else line
            for ref, line in listed.items()
            if ref not in twins
        }
    return _sorted(listed, sort)


def spans_of(text: str | None) -> Callable[[str], list[Span]]:
    """
    Make what tells where a text, gaps in it allowed, stands in a heading.

    >>> spans_of("强化…意识")("一、强化学习意识"), spans_of("意识")("强化担当")
    ([Span(start=2, end=8)], [])
    """
    folded = fold(checked_text(text or ""))
    if not _says_something(folded):
        return lambda heading: []
    steps = _steps(folded)
    return lambda heading: _spans(folded, steps, fold(heading))


def _spans(text: str, steps: Steps, heading: str) -> list[Span]:
    """Find a text as it stands, or with its gaps, from the left; as it stands comes first."""
    # Almost all headings end here, without any search for gaps.
    if not all(literal in heading for literal in steps.literals):
        return []
    # Headings may hold * or … themselves: they are found as typed before the signs mean gaps.
    found = [Span(at, at + len(text)) for at in places(text, heading)]
    if steps.literals != (text,):
        found += [Span(*whole) for whole, *_gaps in step_matches(steps, heading)]
    kept: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, span.end - span.start != len(text))):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _says_something(text: str | None) -> bool:
    return bool(text and text.strip(GAPS))


@lru_cache(64)
def _steps(text: str) -> Steps:
    """Take a folded text apart into what stands in it and its gaps."""
    # … is the gap of a printed frame and stays inside a clause, as in `frame_spans`; * is that of
    # the query language. A comma typed beside … matches any mark between clauses, for a frame is
    # printed with ，whatever its headings have.
    gaps = {"*": Run(0, LONGEST_GAP), "…": Run(1, inf, f"[{BORDER}]")}
    if "…" in text:
        gaps["，"] = Run(1, inf, f"[^{BORDER}]")
    parts = [part for part in re.split("([*，]|…+)", text.strip(GAPS)) if part]
    literals, runs = [""], [NO_RUN]
    for part in parts:
        if part[0] in gaps:
            runs.append(gaps[part[0]])
            literals.append("")
        else:
            literals[-1] += part
    return Steps(tuple(literals), (*runs, NO_RUN))


def _holder(text: str | None) -> Callable[[str], bool]:
    spans = spans_of(text)
    if not _says_something(text):
        return lambda heading: True
    return lambda heading: bool(spans(heading))


def _read(backend: WhooshBackend, ref: int) -> HeadingLine:
    passage, info = backend.passage(ref), backend.info(ref)
    section = passage.sections[-1]
    return HeadingLine(
        speech=info.id,
        title=info.title,
        date=info.date,
        line=section.place[0],
        level=section.level,
        number=section.number,
        marker=section.marker,
        heading=section.heading,
        above=passage.headings_above,
        themes=passage.themes,
    )


def _sorted(found: Found, sort: str) -> Found:
    """Sort headings that are in corpus order; those without a date are last."""
    keys: dict[str, Callable[[HeadingLine], object]] = {
        "date": lambda line: line.date or UNDATED,
        "newest": lambda line: line.date or "",
        "text": lambda line: fold(line.wording),
        "length": lambda line: len(line.wording),
    }
    if sort not in keys:
        return found
    key, latest_first = keys[sort], sort == "newest"
    return dict(sorted(found.items(), key=lambda item: key(item[1]), reverse=latest_first))  # type: ignore[arg-type,return-value]


def group(backend: WhooshBackend, found: Found, by: str, *, limit: int) -> HeadingGroups:
    """Group headings by what they share; see `Corpus.heading_groups`."""
    if by not in GROUPINGS:
        raise no_such(_("grouping"), by, GROUPINGS)
    lines = list(found.values())
    if by == "pattern":
        groups, rest = _by_pattern(backend, lines)
    else:
        groups, rest = _by_key(lines, by), []
    return HeadingGroups(
        by=by,
        groups=tuple(groups[:limit] if limit else groups),
        total=len(groups),
        found=len(lines),
        rest=tuple(rest),
    )


def _by_key(lines: Iterable[HeadingLine], by: str) -> list[HeadingGroup]:
    keys: dict[str, Callable[[HeadingLine], str | None]] = {
        "theme": lambda line: line.themes[0] if line.themes else None,
        "level": lambda line: str(line.level),
        "speech": lambda line: line.speech,
    }
    members: dict[str | None, list[HeadingLine]] = defaultdict(list)
    for line in lines:
        members[keys[by](line)].append(line)
    groups = [HeadingGroup(name=name, headings=tuple(own)) for name, own in members.items()]
    if by == "theme":
        groups.sort(key=lambda one: (one.name is None, -len(one.headings), one.name or ""))
    elif by == "level":
        groups.sort(key=lambda one: int(one.name or 0))
    return groups


def _by_pattern(
    backend: WhooshBackend, lines: Sequence[HeadingLine]
) -> tuple[list[HeadingGroup], list[HeadingLine]]:
    """Group headings by the frame of their wording; what is in no frame is left."""
    from .heading_patterns import find_patterns

    places: dict[str, list[int]] = defaultdict(list)
    sets: dict[tuple[str, int, tuple[str, ...]], dict[str, None]] = defaultdict(dict)
    for n, line in enumerate(lines):
        places[line.wording].append(n)
        # A dictionary for an ordered set: the same wording twice in a set proves no pattern.
        sets[line.speech, line.level, line.above][line.wording] = None
    texts = list(places)
    numbers = {text: n for n, text in enumerate(texts)}
    parallel = [[numbers[text] for text in own] for own in sets.values()]
    groups, grouped = [], set()
    for pattern in find_patterns(texts, parallel, backend.is_word):
        held = sorted(n for member in pattern.members for n in places[texts[member]])
        grouped.update(held)
        groups.append(HeadingGroup(name=pattern.frame, headings=tuple(lines[n] for n in held)))
    groups.sort(key=lambda one: -len(one.headings))
    return groups, [line for n, line in enumerate(lines) if n not in grouped]


def parallel_sets(backend: WhooshBackend, found: Found, *, limit: int) -> HeadingSets:
    """
    Return the set of each heading, each set once, in the order of the headings.

    Headings are parallel that are of one speech, of one level and under the same heading; where
    the numbering begins anew, another set begins.
    """
    speeches = {line.speech for line in found.values()}
    members: dict[object, list[int]] = defaultdict(list)
    set_of: dict[int, object] = {}
    runs: Counter[object] = Counter()
    last: dict[object, int] = {}
    for ref in backend.in_order(backend.scope(Filters(part="heading")) or ()):
        if (speech := backend.info(ref).id) in speeches:
            sections = backend.passage(ref).sections
            place = (speech, _set_key(sections))
            number = sections[-1].number
            # Two lists under one heading: 1. 2. 3. and again 1. 2. are two sets.
            if number == 1 and last.get(place, 0) > 1:
                runs[place] += 1
            last[place] = number or last.get(place, 0)
            set_of[ref] = key = (place, runs[place])
            members[key].append(ref)
    keys = list(dict.fromkeys(set_of[ref] for ref in found))
    sets = tuple(_set(backend, members[key], found) for key in (keys[:limit] if limit else keys))
    return HeadingSets(sets=sets, total=len(keys), found=len(found))


def _set_key(sections: Sequence[Section]) -> tuple[object, ...]:
    parents = tuple((section.line, section.column) for section in sections[:-1])
    return parents, sections[-1].level


def _set(backend: WhooshBackend, refs: Sequence[int], found: Found) -> HeadingSet:
    return HeadingSet(
        info=backend.info(refs[0]),
        headings=tuple(found.get(ref) or _read(backend, ref) for ref in refs),
        found=frozenset(n for n, ref in enumerate(refs) if ref in found),
    )
