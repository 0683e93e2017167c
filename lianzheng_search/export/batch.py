"""Queries -> the entries of an export, in order or in groups, and how they were made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from msgspec.json import encode as to_json
from msgspec.structs import replace

from .. import __version__
from ..errors import RequestError
from ..messages import _, no_such
from ..model import Hit, Passage, SpeechInfo, Value
from .citations import STYLES, cite
from .excerpts import CONTEXTS, Excerpt, excerpt, section_excerpt, section_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..query.filters import FilterOptions
    from ..query.lists import NamedQuery
    from ..search.matching import Results

Progress = Callable[[int, int, str], None]
"""Called with the queries done, the queries in all, and the name of the one at hand."""
GROUPS = ("query", "speech", "theme", "section")
NO_THEME = "—"
SPEECHES_KEPT = 64
"""So many speeches are kept in memory where sections are taken from them."""


class Settings(Value, frozen=True, kw_only=True):
    """
    What a batch is to hold.

    `context` is one of `excerpts.CONTEXTS` or a number of characters; `group_by` one of GROUPS;
    `per_source` is the most passages of one speech for a query and `limit` the most of a query,
    0 for all; `cite` names a style of `references`, or nothing.
    """

    context: str | int = "passage"
    group_by: str = "query"
    per_source: int = 0
    limit: int = 0
    sort: str | None = None
    with_variants: bool = False
    cite: str | None = None
    filters: Mapping[str, Any] = {}


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


class Told(Value, frozen=True, kw_only=True):
    """
    What became of a query: so many rows from so many speeches, and so many more in copies.

    `digest` is a hash of the rows, in their order.
    """

    name: str
    query: str | None
    filters: Mapping[str, Any]
    limit: int
    sort: str | None
    rows: int
    speeches: int
    copies: int
    digest: str


class Manifest(Value, frozen=True, kw_only=True):
    """
    How an export was made, so that it can be made again.

    `fingerprint` is a hash of all files of the corpus; `versions` are of this program and of what
    decides what is in an index; `speeches` give a hash of each file that has rows.
    """

    made: str
    tool: str
    corpus: str
    fingerprint: str
    versions: Mapping[str, str]
    settings: Settings
    format: str
    columns: tuple[str, ...] | None
    split: str | None
    queries: tuple[Told, ...]
    speeches: Mapping[str, str]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(told.rows for told in self.queries)


class Source(Protocol):
    """What a batch takes its passages from; `Corpus` is one."""

    directory: Path
    filter_names: tuple[str, ...]

    def search(
        self,
        query: str | None = None,
        *,
        limit: int = 20,
        sort: str | None = None,
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
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


class Batch:
    """
    The entries that queries find, read once, in order; when they are, what became of each query.

    RequestError for a faulty query, with the place where it was written, before any entry.
    """

    def __init__(
        self,
        corpus: Source,
        queries: Sequence[NamedQuery],
        settings: Settings,
        *,
        progress: Progress = lambda done, whole, name: None,
    ) -> None:
        check_settings(settings)
        self.corpus, self._queries, self.settings = corpus, queries, settings
        self._progress = progress
        for named in queries:
            try:
                check_query(corpus, named, settings)
            except RequestError as error:
                raise (RequestError(f"{named.place}: {error}") if named.place else error) from None
        self.told: list[Told] = []
        self.cited: dict[str, None] = {}
        self._read_speech = lru_cache(maxsize=SPEECHES_KEPT)(self._passages)

    def _passages(self, speech: str) -> Sequence[Passage]:
        return self.corpus.speech(speech)[1]

    def entries(self) -> Iterator[Entry]:
        """Yield the entries: of the queries in their order, or sorted by what they are grouped."""
        found = self._found()
        if self.settings.group_by == "query":
            yield from found
        else:
            for group in self._grouped(found):
                yield from _entries_of(group)

    def groups(self) -> list[Group]:
        """Give all entries as groups, those of each query first: by speech, and so on."""
        return self._grouped(self._found())

    def parts(self, split: str) -> list[Part]:
        """Give all entries apart, by query or by speech; a part of none is left out."""
        parts: dict[str, list[Entry]] = {}
        titles: dict[str, str] = {}
        for entry in self._found():
            key = entry.query if split == "query" else entry.hit.info.id
            titles[key] = entry.query if split == "query" else PurePosixPath(key).stem
            parts.setdefault(key, []).append(entry)
        return [Part(self, titles[key], some) for key, some in parts.items()]

    def _found(self) -> Iterator[Entry]:
        for n, named in enumerate(self._queries):
            self._progress(n, len(self._queries), named.name)
            yield from self._of(named)
        self._progress(len(self._queries), len(self._queries), "")

    def _of(self, named: NamedQuery) -> Iterator[Entry]:
        settings = self.settings
        limit = settings.limit if named.limit is None else named.limit
        sort = named.sort or settings.sort
        filters = {**settings.filters, **named.filters}
        results = self.corpus.search(
            named.query,
            limit=0 if settings.per_source or settings.context == "section" else limit,
            sort=sort,
            with_variants=settings.with_variants,
            **filters,
        )
        digest = hashlib.sha256()
        speeches = Counter[str]()
        hits: Iterable[Hit] = results.hits if results.exact else ()
        make = self._sections if settings.context == "section" else self._each
        entries = make(named.name, hits)
        for entry in entries:
            speech = entry.hit.info.id
            if settings.per_source and speeches[speech] >= settings.per_source:
                continue
            speeches[speech] += 1
            digest.update(_identity(entry))
            self.cited[speech] = None
            yield entry
            if limit and speeches.total() >= limit:
                break
        self.told.append(
            Told(
                name=named.name,
                query=named.query,
                filters=filters,
                limit=limit,
                sort=sort,
                rows=speeches.total(),
                speeches=len(speeches),
                copies=results.copies if results.exact else 0,
                digest=digest.hexdigest()[:16],
            )
        )

    def _each(self, query: str, hits: Iterable[Hit]) -> Iterator[Entry]:
        for hit in hits:
            yield self._entry(query, hit, excerpt(hit, self.settings.context))

    def _sections(self, query: str, hits: Iterable[Hit]) -> Iterator[Entry]:
        """
        Make an entry of each section with hits, in the order of the first of them.

        One that stands inside another of them is not taken again.
        """
        found: dict[tuple[str, range], list[Hit]] = {}
        ranges: dict[tuple[str, int, int], tuple[str, range]] = {}
        for hit in hits:
            speech, place = hit.info.id, (hit.info.id, hit.passage.line, hit.passage.column)
            if place not in ranges:
                passages = self._read_speech(speech)
                own = section_of(hit, passages)
                for passage in passages[own.start : own.stop]:
                    if passage.sections == hit.passage.sections:
                        ranges[speech, passage.line, passage.column] = speech, own
            found.setdefault(ranges[place], []).append(hit)
        widest = _widest(found)
        inside: dict[tuple[str, range], list[Hit]] = {}
        for section, some in found.items():
            inside.setdefault(widest[section], []).extend(some)
        for (speech, own), some in inside.items():
            taken = section_excerpt(some, self._read_speech(speech), own)
            yield self._entry(query, found[speech, own][0], taken)

    def _entry(self, query: str, hit: Hit, taken: Excerpt) -> Entry:
        style = self.settings.cite
        citation = cite(hit.info, hit.passage, style) if style else None
        return Entry(query=query, hit=hit, excerpt=taken, citation=citation)

    def _grouped(self, entries: Iterable[Entry]) -> list[Group]:
        """Group entries; what is of one speech stands in its order."""
        by, wanted = self.settings.group_by, self.settings.filters.get("theme") or ()
        nested: dict[str, dict[str, list[Entry]]] = {}
        if by == "query":
            nested = {named.name: {} for named in self._queries}
        for entry in entries:
            outer, inner = _keys(entry, by, wanted)
            nested.setdefault(outer, {}).setdefault(inner, []).append(entry)
        groups = []
        for outer, of in nested.items():
            parts = [sorted(some, key=_place) for some in of.values()]
            if by == "section":
                parts.sort(key=lambda some: _place(some[0]))
            inner_groups = tuple(
                Group(
                    heading=_inner_heading(some[0], by),
                    entries=tuple(some),
                    speech=by in ("query", "theme"),
                )
                for some in parts
            )
            of_speech = by in ("speech", "section")
            heading = parts[0][0].hit.info.title if of_speech else outer
            groups.append(Group(heading=heading, groups=inner_groups, speech=of_speech))
        return groups


class Part(Batch):
    """The entries of a batch for one query, or of one speech, which have been read."""

    def __init__(self, whole: Batch, name: str, entries: Sequence[Entry]) -> None:
        self.corpus, self.settings, self.name = whole.corpus, whole.settings, name
        self.cited = {entry.hit.info.id: None for entry in entries}
        names = {entry.query for entry in entries}
        self._queries = [named for named in whole._queries if named.name in names]
        self.told = [_told(told, entries) for told in whole.told if told.name in names]
        self._own = entries

    def _found(self) -> Iterator[Entry]:
        return iter(self._own)


def _widest(sections: Iterable[tuple[str, range]]) -> dict[tuple[str, range], tuple[str, range]]:
    """Give for each section of a speech the widest of these that it is in."""
    found: dict[tuple[str, range], tuple[str, range]] = {}
    widest = ("", range(0))
    for speech, own in sorted(sections, key=lambda one: (one[0], one[1].start, -one[1].stop)):
        if speech != widest[0] or own.stop > widest[1].stop:
            widest = speech, own
        found[speech, own] = widest
    return found


def _place(entry: Entry) -> tuple[int, int]:
    return entry.hit.passage.line, entry.hit.passage.column


def _keys(entry: Entry, by: str, wanted: Sequence[str]) -> tuple[str, str]:
    """Say to which group an entry belongs, and to which group inside it."""
    speech, passage = entry.hit.info.id, entry.hit.passage
    if by == "theme":
        themes = [theme for theme in passage.themes if not wanted or theme in wanted]
        return (themes or [NO_THEME])[0], speech
    if by == "query":
        return entry.query, speech
    return speech, entry.query if by == "speech" else repr(passage.sections)


def _inner_heading(entry: Entry, by: str) -> str:
    if by in ("query", "theme"):
        return entry.hit.info.title
    return entry.query if by == "speech" else " › ".join(entry.hit.passage.section)


def _told(told: Told, entries: Sequence[Entry]) -> Told:
    """Tell what became of a query among some entries."""
    own = [entry.hit for entry in entries if entry.query == told.name]
    speeches = len({hit.info.id for hit in own})
    copies = sum(len(hit.copies) for hit in own) if len(own) < told.rows else told.copies
    return replace(told, rows=len(own), speeches=speeches, copies=copies)


def _entries_of(group: Group) -> Iterator[Entry]:
    yield from group.entries
    for inner in group.groups:
        yield from _entries_of(inner)


def _identity(entry: Entry) -> bytes:
    """Give what makes a row this row: its place, its text, its hits, and what is told of it."""
    hit, taken = entry.hit, entry.excerpt
    told = (hit.info, taken, hit.passage.section, hit.passage.point, hit.passage.themes)
    return to_json((*told, hit.passage.kind, entry.citation))


def check_settings(settings: Settings) -> None:
    """Raise RequestError for a setting that is none."""
    if settings.context not in CONTEXTS and not isinstance(settings.context, int):
        raise no_such(_("context"), str(settings.context), CONTEXTS)
    if settings.group_by not in GROUPS:
        raise no_such(_("group"), settings.group_by, GROUPS)
    if settings.cite is not None and settings.cite not in STYLES:
        raise no_such(_("citation"), settings.cite, STYLES)
    context = settings.context if isinstance(settings.context, int) else 0
    _check_numbers(context=context, per_source=settings.per_source, limit=settings.limit)


def check_query(corpus: Source, named: NamedQuery, settings: Settings) -> None:
    """Raise RequestError for a query that cannot be answered as it is asked."""
    known = corpus.filter_names
    for name, value in named.filters.items():
        if name not in known:
            raise no_such(_("filter"), name, known)
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


def fingerprint(files: Mapping[str, str]) -> str:
    """Hash the paths of a corpus's files with their hashes."""
    everything = "".join(f"{path}\0{digest}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256(everything.encode()).hexdigest()[:16]


def manifest(
    batch: Batch,
    *,
    corpus: str,
    files: Mapping[str, str],
    versions: Mapping[str, str],
    file_format: str,
    columns: tuple[str, ...] | None,
    split: str | None,
) -> Manifest:
    """Tell how a batch that has been read was made; `files` are the hashes of the corpus's."""
    return Manifest(
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        tool=f"lianzheng-search {__version__}",
        corpus=corpus,
        fingerprint=fingerprint(files),
        versions=versions,
        settings=batch.settings,
        format=file_format,
        columns=columns,
        split=split,
        queries=tuple(batch.told),
        speeches={speech: files.get(speech, "")[:16] for speech in sorted(batch.cited)},
    )
