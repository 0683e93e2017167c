"""Named queries -> the entries of an export: in order, in groups, or in parts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, Unpack

from msgspec.json import encode as to_json
from msgspec.structs import replace

from .. import __version__
from ..errors import RequestError
from ..messages import _, no_such
from ..model import Hit, Passage, SpeechInfo, Value
from ..query.filters import FILTERS
from .citations import CITATION_STYLES, cite
from .excerpts import CONTEXTS, Excerpt, excerpt, section_excerpt, section_of
from .manifests import BatchSettings, Manifest, QueryOutcome, fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from ..index.changes import Basis
    from ..query.filters import FilterOptions, ScopeOptions
    from ..query.lists import NamedQuery
    from ..search.results import Results

BatchProgress = Callable[[int, int, str], None]
"""Called with the queries done, the queries in all, and the name of the one at hand."""
GROUPINGS = ("query", "speech", "theme", "section")
NO_THEME = "—"
SPEECHES_IN_MEMORY = 64
"""Maximum number of speeches that are kept in memory where sections are taken from them."""
Section = tuple[str, range]
"""The id of a speech, and the positions of a section's passages in it."""


class Entry(Value, frozen=True, kw_only=True):
    """A row of an export: a hit of the query of this name, with the text that was asked for."""

    query: str
    hit: Hit
    excerpt: Excerpt
    citation: str | None = None


class Group(Value, frozen=True, kw_only=True):
    """Entries under a heading, or groups of them; `speech` says that the heading is a title."""

    heading: str
    entries: tuple[Entry, ...] = ()
    groups: tuple[Group, ...] = ()
    speech: bool = False

    def __len__(self) -> int:
        return len(self.entries) + sum(map(len, self.groups))


class PassageSource(Protocol):
    """What a batch takes its passages from; `Corpus` is one."""

    directory: Path

    def search(
        self,
        query: str | None = None,
        *,
        limit: int = 20,
        sort: str | None = None,
        **options: Unpack[ScopeOptions],
    ) -> Results:
        """Find passages."""

    def speech(self, name: str) -> tuple[SpeechInfo, list[Passage]]:
        """Return one whole speech."""

    def check(
        self, query: str | None, sort: str | None = None, **filters: Unpack[FilterOptions]
    ) -> None:
        """Raise RequestError for what `search` would not take."""

    def file_hashes(self) -> Mapping[str, str]:
        """Return the SHA-256 of each file, in hex, by its path."""

    def index_versions(self) -> Mapping[str, str]:
        """Return the versions of what decides what is in the index."""

    def basis(self) -> Basis:
        """Return what the answers rest on."""


class Batch:
    """
    The entries of some queries, read once, in order; then `outcomes` say what became of each query.

    RequestError for a faulty query, with the place where it was written, before any entry.
    """

    def __init__(
        self,
        corpus: PassageSource,
        queries: Sequence[NamedQuery],
        settings: BatchSettings,
        *,
        progress: BatchProgress = lambda done, whole, name: None,
    ) -> None:
        check_settings(settings)
        self.corpus, self._queries, self.settings = corpus, queries, settings
        self._progress = progress
        for named in queries:
            try:
                check_query(corpus, named, settings)
            except RequestError as error:
                # all queries are checked before any is run: a list of hundreds may take minutes
                raise (RequestError(f"{named.place}: {error}") if named.place else error) from None
        self.outcomes: list[QueryOutcome] = []
        self.speech_ids: dict[str, None] = {}
        # asked once: a manifest is made for every part, and a folder may have thousands of files
        self.basis = cache(corpus.basis)
        # a cache of this object, not of the class: it goes, with its speeches, when the batch does
        self._read_speech = lru_cache(maxsize=SPEECHES_IN_MEMORY)(self._passages)

    def _passages(self, speech: str) -> Sequence[Passage]:
        return self.corpus.speech(speech)[1]

    def entries(self) -> Iterator[Entry]:
        """Yield the entries: of the queries in their order, or sorted by what they are grouped."""
        entries = self._entries()
        if self.settings.group_by == "query":
            yield from entries
        else:
            for group in self._grouped(entries):
                yield from entries_of(group)

    def groups(self) -> list[Group]:
        """Return all entries as groups, those of each query first: by speech, and so on."""
        return self._grouped(self._entries())

    def parts(self, split: str) -> list[Part]:
        """Return the entries apart, by ``query`` or by ``speech``; those that have any."""
        parts: dict[str, list[Entry]] = {}
        titles: dict[str, str] = {}
        for entry in self._entries():
            key = entry.query if split == "query" else entry.hit.info.id
            titles[key] = entry.query if split == "query" else PurePosixPath(key).stem
            parts.setdefault(key, []).append(entry)
        return [Part(self, titles[key], entries) for key, entries in parts.items()]

    def manifest(
        self, *, file_format: str, columns: Sequence[str] | None = None, split: str | None = None
    ) -> Manifest:
        """Return how this batch, once it has been read, was made."""
        hashes = self.corpus.file_hashes()
        return Manifest(
            made=datetime.now().astimezone().isoformat(timespec="seconds"),
            tool=f"lianzheng-search {__version__}",
            corpus=str(self.corpus.directory),
            fingerprint=fingerprint(hashes),
            versions=self.corpus.index_versions(),
            settings=self.settings,
            format=file_format,
            columns=tuple(columns) if columns else None,
            split=split,
            queries=tuple(self.outcomes),
            basis=self.basis(),
            # sixteen hex digits tell files apart, and keep the manifest short
            speeches={speech: hashes.get(speech, "")[:16] for speech in sorted(self.speech_ids)},
        )

    def _entries(self) -> Iterator[Entry]:
        for n, named in enumerate(self._queries):
            self._progress(n, len(self._queries), named.name)
            yield from self._entries_of_query(named)
        self._progress(len(self._queries), len(self._queries), "")

    def _entries_of_query(self, named: NamedQuery) -> Iterator[Entry]:
        settings = self.settings
        limit = settings.limit if named.limit is None else named.limit
        sort = named.sort or settings.sort
        filters = {**settings.filters, **named.filters}
        results = self.corpus.search(
            named.query,
            # hits are not rows here: which of them become rows is known only when all are read
            limit=0 if settings.per_source or settings.context == "section" else limit,
            sort=sort,
            with_variants=settings.with_variants,
            **filters,
        )
        digest = hashlib.sha256()
        rows_by_speech = Counter[str]()
        # an export may be cited: passages with some of the words only are no result of the query
        hits: Iterable[Hit] = results.hits if results.exact else ()
        by_section = settings.context == "section"
        make = self._entry_per_section if by_section else self._entry_per_hit
        for entry in make(named.name, hits):
            speech = entry.hit.info.id
            if settings.per_source and rows_by_speech[speech] >= settings.per_source:
                continue
            rows_by_speech[speech] += 1
            # a replay compares these: that the same number of rows came out says too little
            digest.update(_identity(entry))
            self.speech_ids[speech] = None
            yield entry
            if limit and rows_by_speech.total() >= limit:
                break
        self.outcomes.append(
            QueryOutcome(
                name=named.name,
                query=named.query,
                filters=filters,
                limit=limit,
                sort=sort,
                rows=rows_by_speech.total(),
                speeches=len(rows_by_speech),
                copies=results.copies if results.exact else 0,
                digest=digest.hexdigest()[:16],
            )
        )

    def _entry_per_hit(self, query: str, hits: Iterable[Hit]) -> Iterator[Entry]:
        for hit in hits:
            yield self._entry(query, hit, excerpt(hit, self.settings.context))

    def _entry_per_section(self, query: str, hits: Iterable[Hit]) -> Iterator[Entry]:
        """
        Yield an entry for each section with hits, in the order of the first of them.

        A section that stands inside another of them is not taken again.
        """
        hits_by_section: dict[Section, list[Hit]] = {}
        section_at: dict[tuple[str, int, int], Section] = {}
        for hit in hits:
            speech, place = hit.info.id, (hit.info.id, hit.passage.line, hit.passage.column)
            if place not in section_at:
                passages = self._read_speech(speech)
                positions = section_of(hit, passages)
                # Passages of the same headings are in the same section: look it up only once.
                for passage in passages[positions.start : positions.stop]:
                    if passage.sections == hit.passage.sections:
                        section_at[speech, passage.line, passage.column] = speech, positions
            hits_by_section.setdefault(section_at[place], []).append(hit)
        outermost = _outermost(hits_by_section)
        joined: dict[Section, list[Hit]] = {}
        for section, section_hits in hits_by_section.items():
            joined.setdefault(outermost[section], []).extend(section_hits)
        for (speech, positions), section_hits in joined.items():
            text = section_excerpt(section_hits, self._read_speech(speech), positions)
            yield self._entry(query, hits_by_section[speech, positions][0], text)

    def _entry(self, query: str, hit: Hit, text: Excerpt) -> Entry:
        style = self.settings.cite
        citation = cite(hit.info, hit.passage, style) if style else None
        return Entry(query=query, hit=hit, excerpt=text, citation=citation)

    def _grouped(self, entries: Iterable[Entry]) -> list[Group]:
        """Return entries in groups; those of one speech stand in its order."""
        by, wanted_themes = self.settings.group_by, self.settings.filters.get("theme") or ()
        nested: dict[str, dict[str, list[Entry]]] = {}
        if by == "query":  # a query without entries has a group, too
            nested = {named.name: {} for named in self._queries}
        for entry in entries:
            outer, inner = _group_keys(entry, by, wanted_themes)
            nested.setdefault(outer, {}).setdefault(inner, []).append(entry)
        groups = []
        for outer, entries_by_key in nested.items():
            parts = [sorted(part, key=_place) for part in entries_by_key.values()]
            if by == "section":
                parts.sort(key=lambda part: _place(part[0]))
            inner_groups = tuple(
                Group(
                    heading=_inner_heading(part[0], by),
                    entries=tuple(part),
                    speech=by in ("query", "theme"),
                )
                for part in parts
            )
            of_speech = by in ("speech", "section")
            heading = parts[0][0].hit.info.title if of_speech else outer
            groups.append(Group(heading=heading, groups=inner_groups, speech=of_speech))
        return groups


class Part(Batch):
    """The entries of a batch for one query, or of one speech, which have been read."""

    def __init__(self, whole: Batch, name: str, entries: Sequence[Entry]) -> None:
        self.corpus, self.settings, self.name = whole.corpus, whole.settings, name
        self.speech_ids = {entry.hit.info.id: None for entry in entries}
        names = {entry.query for entry in entries}
        self._queries = [named for named in whole._queries if named.name in names]
        self.outcomes = [_of_part(one, entries) for one in whole.outcomes if one.name in names]
        self._part = entries
        self.basis = whole.basis

    def _entries(self) -> Iterator[Entry]:
        return iter(self._part)


def _outermost(sections: Iterable[Section]) -> dict[Section, Section]:
    """Return for each section of a speech the widest of these that it is in."""
    outermost: dict[Section, Section] = {}
    # sections are sorted so that an outer one comes before those inside it
    widest = ("", range(0))
    for section in sorted(sections, key=lambda one: (one[0], one[1].start, -one[1].stop)):
        if section[0] != widest[0] or section[1].stop > widest[1].stop:
            widest = section
        outermost[section] = widest
    return outermost


def _place(entry: Entry) -> tuple[int, int]:
    return entry.hit.passage.line, entry.hit.passage.column


def _group_keys(entry: Entry, by: str, wanted_themes: Sequence[str]) -> tuple[str, str]:
    """Return the key of the group that an entry belongs to, and of the group inside it."""
    speech, passage = entry.hit.info.id, entry.hit.passage
    if by == "theme":
        themes = [theme for theme in passage.themes if not wanted_themes or theme in wanted_themes]
        return (themes or [NO_THEME])[0], speech
    if by == "query":
        return entry.query, speech
    return speech, entry.query if by == "speech" else repr(passage.sections)


def _inner_heading(entry: Entry, by: str) -> str:
    if by in ("query", "theme"):
        return entry.hit.info.title
    return entry.query if by == "speech" else " › ".join(entry.hit.passage.section)


def _of_part(outcome: QueryOutcome, entries: Sequence[Entry]) -> QueryOutcome:
    """Return the outcome of a query among some of its entries."""
    hits = [entry.hit for entry in entries if entry.query == outcome.name]
    speeches = len({hit.info.id for hit in hits})
    all_here = len(hits) == outcome.rows
    copies = outcome.copies if all_here else sum(len(hit.copies) for hit in hits)
    return replace(outcome, rows=len(hits), speeches=speeches, copies=copies)


def entries_of(*groups: Group) -> Iterator[Entry]:
    """Yield the entries of groups and of the groups in them, in reading order."""
    for group in groups:
        yield from group.entries
        yield from entries_of(*group.groups)


def _identity(entry: Entry) -> bytes:
    """Return what makes a row this row: its place, its text, its hits, and what is told of it."""
    hit, passage = entry.hit, entry.hit.passage
    place = (hit.info, entry.excerpt, passage.section, passage.point, passage.themes)
    return to_json((*place, passage.kind, entry.citation))


def check_settings(settings: BatchSettings) -> None:
    """Raise RequestError for a setting that is none."""
    if settings.context not in CONTEXTS and not isinstance(settings.context, int):
        raise no_such(_("context"), str(settings.context), CONTEXTS)
    if settings.group_by not in GROUPINGS:
        raise no_such(_("group"), settings.group_by, GROUPINGS)
    if settings.cite is not None and settings.cite not in CITATION_STYLES:
        raise no_such(_("citation"), settings.cite, CITATION_STYLES)
    context = settings.context if isinstance(settings.context, int) else 0
    _check_numbers(context=context, per_source=settings.per_source, limit=settings.limit)


def check_query(corpus: PassageSource, named: NamedQuery, settings: BatchSettings) -> None:
    """Raise RequestError for a query that cannot be answered as it is asked."""
    for name, value in named.filters.items():
        if name not in FILTERS:
            raise no_such(_("filter"), name, FILTERS)
        if not isinstance(value, str) and not (name == "theme" and isinstance(value, list | tuple)):
            raise RequestError(
                _("{name}: {value} is no text. Put it in quotation marks").format(
                    name=name, value=value
                )
            )
    _check_numbers(limit=named.limit or 0)
    corpus.check(named.query, named.sort, **{**settings.filters, **named.filters})


def _check_numbers(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 0:
            raise RequestError(
                _("{name}: {value} is below zero. 0 is all").format(name=name, value=number)
            )
