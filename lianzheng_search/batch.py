"""Queries -> the entries of an export, in order or in groups, and how they were made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from . import __version__
from .excerpts import CONTEXTS, Excerpt, excerpt
from .language import _, no_such
from .model import Hit, Passage, RequestError, Value

if TYPE_CHECKING:
    from .search import Corpus

Progress = Callable[[int, int, str], None]
"""Called with the queries done, the queries in all, and the name of the one at hand."""
GROUPS = ("query", "speech", "theme", "section")
NO_THEME = "—"


class NamedQuery(Value, frozen=True, kw_only=True):
    """
    A query of a batch: its name in the result, its text, and where it was written.

    `filters` are those of this query alone, by the names of `FilterOptions`; they take the place
    of those of the whole batch. So do `limit` and `sort`.
    """

    name: str
    query: str | None
    place: str = ""
    filters: Mapping[str, Any] = {}
    limit: int | None = None
    sort: str | None = None


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


class Batch:
    """
    The entries that queries find, read once, in order; when they are, what became of each query.

    RequestError for a faulty query, with the place where it was written, before any entry.
    """

    def __init__(
        self,
        corpus: Corpus,
        queries: Sequence[NamedQuery],
        settings: Settings,
        *,
        progress: Progress = lambda done, whole, name: None,
    ) -> None:
        if settings.context not in CONTEXTS and not isinstance(settings.context, int):
            raise no_such(_("context"), str(settings.context), CONTEXTS)
        if settings.group_by not in GROUPS:
            raise no_such(_("group"), settings.group_by, GROUPS)
        self._corpus, self._queries, self.settings = corpus, queries, settings
        self._progress = progress
        for named in queries:
            try:
                corpus.check(named.query, **{**settings.filters, **named.filters})
            except RequestError as error:
                raise (RequestError(f"{named.place}: {error}") if named.place else error) from None
        self.told: list[Told] = []
        self.cited: dict[str, None] = {}
        self._read_speech = lru_cache(maxsize=8)(self._passages)

    def _passages(self, speech: str) -> Sequence[Passage]:
        return self._corpus.speech(speech)[1]

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
        results = self._corpus.search(
            named.query,
            limit=0 if settings.per_source else limit,
            sort=sort,
            with_variants=settings.with_variants,
            **filters,
        )
        digest = hashlib.sha256()
        speeches = Counter[str]()
        hits: Iterable[Hit] = results.hits if results.exact else ()
        for hit in hits:
            if settings.per_source and speeches[hit.info.id] >= settings.per_source:
                continue
            entry = self._entry(named.name, hit)
            speeches[hit.info.id] += 1
            digest.update(_identity(entry))
            self.cited[hit.info.id] = None
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

    def _entry(self, query: str, hit: Hit) -> Entry:
        taken = excerpt(hit, self.settings.context, self._read_speech)
        return Entry(query=query, hit=hit, excerpt=taken)

    def _grouped(self, entries: Iterable[Entry]) -> list[Group]:
        by = self.settings.group_by
        if by == "query":
            known: dict[str, dict[str, list[Entry]]] = {named.name: {} for named in self._queries}
            for entry in entries:
                known[entry.query].setdefault(entry.hit.info.id, []).append(entry)
            return [
                Group(heading=name, groups=tuple(map(_of_speech, of.values())))
                for name, of in known.items()
            ]
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            groups.setdefault(_keys(entry, by), []).append(entry)
        nested: dict[str, list[Group]] = {}
        for (outer, _inner), some in groups.items():
            inner = Group(
                heading=_inner_heading(some[0], by), entries=tuple(some), speech=by == "theme"
            )
            nested.setdefault(outer, []).append(inner)
        return [
            Group(
                heading=_outer_heading(inner[0].entries[0], by),
                groups=tuple(inner),
                speech=by != "theme",
            )
            for inner in nested.values()
        ]


class Part(Batch):
    """The entries of a batch for one query, or of one speech, which have been read."""

    def __init__(self, whole: Batch, name: str, entries: Sequence[Entry]) -> None:
        self.name, self.settings, self.told, self.cited = name, whole.settings, whole.told, {}
        self._queries = [
            named for named in whole._queries if any(one.query == named.name for one in entries)
        ]
        self._own = entries

    def _found(self) -> Iterator[Entry]:
        return iter(self._own)


def _of_speech(entries: Sequence[Entry]) -> Group:
    return Group(heading=entries[0].hit.info.title, entries=tuple(entries), speech=True)


def _keys(entry: Entry, by: str) -> tuple[str, str]:
    speech = entry.hit.info.id
    if by == "theme":
        return (entry.hit.passage.themes or (NO_THEME,))[0], speech
    return speech, entry.query if by == "speech" else repr(entry.hit.passage.sections)


def _outer_heading(entry: Entry, by: str) -> str:
    return _keys(entry, by)[0] if by == "theme" else entry.hit.info.title


def _inner_heading(entry: Entry, by: str) -> str:
    if by == "theme":
        return entry.hit.info.title
    return entry.query if by == "speech" else " › ".join(entry.hit.passage.section)


def _entries_of(group: Group) -> Iterator[Entry]:
    yield from group.entries
    for inner in group.groups:
        yield from _entries_of(inner)


def _identity(entry: Entry) -> bytes:
    """Give what makes a row this row: its place, its text, its hits."""
    hit, taken = entry.hit, entry.excerpt
    spans = [(span.start, span.end) for span in taken.spans]
    return f"{hit.info.id}\0{taken.line}\0{taken.column}\0{spans}\0{taken.text}\n".encode()


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
