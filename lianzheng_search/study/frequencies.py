"""Queries -> how often they are found: by period, speech, theme or section, and how evenly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from ..errors import RequestError
from ..index.backend import Backend
from ..messages import _, no_such, short
from ..model import Progress, Span, SpeechInfo, Value
from ..query.filters import Filters, Scope
from ..query.tree import Leaf, Phrase, Query
from ..search.evaluation import Matching, find_passages
from ..search.locating import apart, locate
from ..search.selection import Selection, folded_texts, select
from .measures import deviation, juilland, normal_deviation, per_ten_thousand

GROUPS = ("none", "speech", "year", "month", "theme", "section")
Group = tuple[SpeechInfo | None, str | None]
"""What is counted together: a speech, if it is about one, and the name of the rest."""


class Frequency(Value, frozen=True, kw_only=True):
    """
    How often a query is found in a group; the fields are the keys of its row.

    `hits` are the places that `search` marks, in `passages` of `speeches`. `characters` are the
    code points of all the group's text, found in or not, punctuation included, which
    `per_10000` is related to. `group` is None for what belongs to none: undated, without a theme,
    outside of sections; `speech`, `title` and `date` are told where a group is of one speech.
    """

    query: str
    group: str | None
    speech: str | None = None
    title: str | None = None
    date: str | None = None
    hits: int
    passages: int
    speeches: int
    characters: int
    per_10000: float


class Frequencies(Value, frozen=True, kw_only=True):
    """
    What was counted: a row for each query and group, and all that each query was found in.

    `speeches` and `characters` are of all the text looked at. `copies` is the number of passages
    that hold the queries but are copies of others, and are not counted.
    """

    by: str
    rows: tuple[Frequency, ...]
    totals: tuple[Frequency, ...]
    speeches: int
    characters: int
    copies: int = 0


class Strip(Value, frozen=True, kw_only=True):
    """A speech of `length` characters, and at which of them the hits start, ascending."""

    info: SpeechInfo
    length: int
    at: tuple[int, ...]


class Dispersion(Value, frozen=True, kw_only=True):
    """
    How evenly a query is spread over speeches: found in `speeches` of `all_speeches`.

    `dp` and `dp_norm` are 0 where it is even, `juilland_d` is 1 there; None where there is
    nothing to measure. `strips` are of the speeches that have it, by path.
    """

    query: str
    hits: int
    speeches: int
    all_speeches: int
    dp: float | None
    dp_norm: float | None
    juilland_d: float | None
    strips: tuple[Strip, ...]
    copies: int = 0


NamedQueries = Mapping[str, Query]
"""Queries by what was typed."""


def spans_in(text: str, ends: Sequence[int], wanted: Sequence[Leaf]) -> dict[int, list[Span]]:
    """
    Find leaves of a query in passages of a text, as `search` marks them.

    `text` is folded, in source lines; the k-th passage ends at ``ends[k]``. Gives the spans in
    the text by the passage in which they start, those of each ascending, not overlapping.
    """
    found: dict[int, list[Span]] = defaultdict(list)
    # Over whole lines and not passage by passage: a phrase may cross the border of a run-in point,
    # and is then counted where it starts, as in a search.
    for leaf in wanted:
        for match in locate(text, leaf):
            found[bisect_right(ends, match[0].start)] += match
    # The places of one phrase never overlap: nothing has to be sorted.
    if len(wanted) == 1 and isinstance(wanted[0], Phrase):
        return found
    return {k: apart(spans) for k, spans in found.items()}


def marked(backend: Backend, found: Matching) -> Iterator[tuple[SpeechInfo, dict[int, list[Span]]]]:
    """Yield the speeches that hold a query, by path, with its spans in each passage's text."""
    for info, own in backend.ranges():
        low, high = bisect_left(found.refs, own.start), bisect_left(found.refs, own.stop)
        # Most queries are in few speeches; the texts of the others are not read.
        if low == high:
            continue
        texts = backend.texts(own)
        starts = list(accumulate(map(len, texts), initial=0))
        spans = spans_in("".join(texts), starts[1:], found.leaves)
        yield (
            info,
            {
                ref: [
                    Span(span.start - starts[ref - own.start], span.end - starts[ref - own.start])
                    for span in spans.get(ref - own.start, ())
                ]
                for ref in found.refs[low:high]
            },
        )


def hits_of(backend: Backend, found: Matching) -> dict[int, int]:
    """Count what `search` marks in each passage that holds a query, ascending by ref."""
    # For one phrase the index has counted already.
    if found.counts is not None:
        return dict(zip(found.refs, found.counts, strict=True))
    counts = {
        ref: len(spans) for _info, inside in marked(backend, found) for ref, spans in inside.items()
    }
    return dict(sorted(counts.items()))


def find_counted(backend: Backend, name: str, query: Query, scope: Scope) -> Matching:
    """Find the passages that hold a query; RequestError if nothing in it can be counted."""
    found = find_passages(backend, query, scope)
    if not found.leaves:
        raise RequestError(
            _("query: {query} has nothing that can be counted. Add a word or a phrase").format(
                query=short(name)
            )
        )
    return found


def frequencies(
    backend: Backend,
    queries: NamedQueries,
    scope: Scope,
    *,
    by: str = "none",
    themes: Sequence[str] = (),
    progress: Progress = lambda done, whole: None,
) -> Frequencies:
    """
    Count queries by ``speech``, ``year``, ``month``, ``theme`` or ``section``, or ``none``.

    `themes` are the names of all. A passage about several themes counts for each of them; a
    section is an outermost one of one speech. Themes are all given; periods from the first to the
    last in which anything is found; speeches and sections only where a query is found, the most
    hits first. A date that is only a year is that of no month, and its group the year.
    """
    if by not in GROUPS:
        raise no_such(_("group"), by, GROUPS)
    selection = select(backend, scope)
    found = {name: find_counted(backend, name, query, scope) for name, query in queries.items()}
    hits = {name: hits_of(backend, one) for name, one in found.items()}
    everything = {ref for counts in hits.values() for ref in counts}
    groups = _Groups(backend, by, themes, everything, progress)
    of_all = groups.sizes(selection)
    totals: list[Frequency] = []
    rows: list[Frequency] = []
    for name, counts in hits.items():
        sizes, whole = of_all
        # The query was found in a copy that is otherwise left out: frequencies then need the length
        # of that copy, and not of the one that it stands for.
        if not selection.twins.keys().isdisjoint(counts):
            refs = found[name].refs
            sizes, whole = groups.sizes(select(backend, scope, found=refs))
        total = _frequency(backend, name, (None, None), counts, whole)
        totals.append(total)
        rows += [total] if by == "none" else _rows(backend, name, counts, groups, sizes)
    if by in ("year", "month"):
        rows = _without_ends(rows)
    return Frequencies(
        by=by,
        rows=tuple(rows),
        totals=tuple(totals),
        speeches=len(selection.speeches),
        characters=of_all[1],
        copies=sum(one.copies for one in found.values()),
    )


def _without_ends(rows: Sequence[Frequency]) -> list[Frequency]:
    """Leave out the periods before the first in which any query is found, and after the last."""
    found = [row.group for row in rows if row.hits and row.group is not None]
    if not found:
        return list(rows)
    first, last = min(found), max(found)
    return [row for row in rows if row.group is None or first <= row.group <= last]


def _rows(
    backend: Backend,
    name: str,
    counts: Mapping[int, int],
    groups: _Groups,
    sizes: Mapping[Group, int],
) -> Iterator[Frequency]:
    inside: dict[Group, dict[int, int]] = defaultdict(dict)
    for ref in backend.in_order(counts):
        for group in groups.of(ref):
            inside[group][ref] = counts[ref]
    # A year without a hit is a finding; a list of a thousand speeches without one is not.
    every = list(dict.fromkeys([*sizes, *inside])) if groups.all_given else list(inside)
    rows = [
        _frequency(backend, name, group, inside.get(group, {}), sizes.get(group, 0))
        for group in every
    ]
    if groups.by in ("year", "month"):
        yield from sorted(rows, key=lambda row: row.group or "9999")
    else:
        yield from sorted(
            rows, key=lambda row: (row.group is None and row.speech is None, -row.hits)
        )


def _frequency(
    backend: Backend, name: str, group: Group, counts: Mapping[int, int], size: int
) -> Frequency:
    info, named = group
    hits = sum(counts.values())
    return Frequency(
        query=name,
        group=named,
        speech=info.id if info else None,
        title=info.title if info else None,
        date=info.date if info else None,
        hits=hits,
        passages=len(counts),
        speeches=backend.count_speeches(counts),
        characters=size,
        per_10000=per_ten_thousand(hits, size),
    )


class _Groups:
    """Returns the groups that a passage belongs to."""

    def __init__(
        self,
        backend: Backend,
        by: str,
        themes: Sequence[str],
        found: set[int],
        progress: Progress,
    ) -> None:
        self.by = by
        self._backend = backend
        self.all_given = by in ("year", "month", "theme")
        self._of_passage: dict[int, tuple[Group, ...]] = {}
        if by == "theme":
            self._read_themes(themes)
        elif by == "section":
            self._read_sections(found, progress)

    def of(self, ref: int) -> Sequence[Group]:
        """Return the groups of a passage."""
        if self.by in ("theme", "section"):
            return self._of_passage.get(ref, ((None, None),))
        return (self._of_speech(self._backend.info(ref)),)

    def sizes(self, selection: Selection) -> tuple[Counter[Group], int]:
        """Count the characters of each group, and of all text, as `selection.size` does."""
        sizes: Counter[Group] = Counter()
        whole = 0
        for speech in selection.speeches:
            lengths = [
                (ref, len(text) - text.endswith("\n"))
                for ref, text in folded_texts(self._backend, speech.refs)
            ]
            own = sum(length for _ref, length in lengths)
            whole += own
            if self.by not in ("theme", "section"):
                sizes[self._of_speech(speech.info)] += own
                continue
            for ref, length in lengths:
                for group in self.of(ref):
                    sizes[group] += length
        return sizes, whole

    def _of_speech(self, info: SpeechInfo) -> Group:
        if self.by == "speech":
            return info, info.id
        if self.by in ("year", "month"):
            return None, info.date[: 4 if self.by == "year" else 7] if info.date else None
        return None, None

    def _read_themes(self, themes: Sequence[str]) -> None:
        about: dict[int, list[Group]] = defaultdict(list)
        for theme in themes:
            for ref in self._backend.scope(Filters(themes=(theme,))) or ():
                about[ref].append((None, theme))
        self._of_passage = {ref: tuple(groups) for ref, groups in about.items()}

    def _read_sections(self, found: set[int], progress: Progress) -> None:
        """Read the sections of the speeches in which something was found."""
        refs = sorted(found)
        # Sections are read from the text, so only where something was found; themes are in the
        # index.
        for info, own in self._backend.ranges():
            at = bisect_left(refs, own.start)
            if at == bisect_left(refs, own.stop):
                continue
            progress(at, len(refs))
            ref = own.start
            while ref < own.stop:
                line = self._backend.line(ref).passages
                for n, passage in enumerate(line):
                    name = passage.sections[0].heading if passage.sections else None
                    self._of_passage[ref + n] = ((info, name),)
                ref += len(line)


def dispersion(backend: Backend, name: str, query: Query, scope: Scope) -> Dispersion:
    """
    Measure how evenly a query is spread over the speeches that the filters leave.

    The parts are the speeches, as long as they have characters. Juilland's D is close to 1
    wherever there are hundreds of parts (Biber and others, On the (non)utility of Juilland's D,
    2016); DP is not.
    """
    found = find_counted(backend, name, query, scope)
    spans = {info.id: inside for info, inside in marked(backend, found)}
    counts, sizes, strips = [], [], []
    selection = select(backend, scope, found=found.refs)
    for speech in selection.speeches:
        inside = spans.get(speech.info.id, {})
        # Lengths of the selected text only: the parts must add up to what was looked at.
        length, at = 0, []
        for ref, text in folded_texts(backend, speech.refs):
            at += [length + span.start for span in inside.get(ref, ())]
            length += len(text) - text.endswith("\n")
        if length:
            counts.append(len(at))
            sizes.append(length)
        if at:
            strips.append(Strip(info=speech.info, length=length, at=tuple(at)))
    hits = sum(counts)
    return Dispersion(
        query=name,
        hits=hits,
        speeches=len(strips),
        all_speeches=len(sizes),
        dp=deviation(counts, sizes) if hits else None,
        dp_norm=normal_deviation(counts, sizes) if hits else None,
        juilland_d=juilland(counts, sizes) if hits else None,
        strips=tuple(strips),
        copies=found.copies,
    )
