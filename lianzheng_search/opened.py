"""A corpus, opened: its rules, its index, its speeches, and what filters and queries name in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack, cast

from .errors import RequestError
from .messages import _, listed, no_such, short
from .model import INDEX_FOLDER, Passage, Problem, Settings, Speech, SpeechInfo
from .query.filters import (
    FILTERS,
    PARTS,
    FilterOptions,
    Filters,
    Scope,
    ScopeOptions,
    checked_text,
)
from .query.language import parse_query
from .query.tree import And, Field, Not, Or, Query
from .search.matching import SORTS
from .text.dates import read_date
from .text.folding import fold

if TYPE_CHECKING:
    from .cleaning.rules import Rules
    from .index.generations.snapshot import Snapshot
    from .index.tools import Tools
    from .index.whoosh.backend import WhooshBackend
    from .model import CleanText

PLACE = re.compile(r"(.+):(\d{1,18})")


def date_of(text: str | None) -> str | None:
    """Read a date of any precision, 2023-09 or 2023年9月, as ISO 8601; RequestError for none."""
    if not text:
        return None
    if date := read_date(text):
        return date
    raise RequestError(
        _("date: {date} is not a date. Write 2023, 2023-09 or 2023-09-14").format(date=short(text))
    )


def is_file(path: Path) -> bool:
    """
    Tell whether a file is there; a name that none can have is that of none.

    >>> is_file(Path("责" * 1000))
    False
    """
    try:
        return path.is_file()
    except OSError:
        return False


class Opened:
    """
    A directory of speeches and its index.

    `index_directory` defaults to ``DIRECTORY/.lianzheng``; `settings` name the user's own rule
    files. Nothing is read before it is needed, and the index is opened once. Every method raises
    RequestError, with what to do about it, for what cannot be done.
    """

    filter_names = FILTERS

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        index_directory: str | os.PathLike[str] | None = None,
        settings: Settings | None = None,
        encoding: str | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.index_directory = Path(index_directory or self.directory / INDEX_FOLDER)
        self._settings = settings
        self._encoding = encoding
        self._tools: Tools | None = None
        self._snapshot: Snapshot | None = None

    def close(self) -> None:
        """Close the index, if it is open."""
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def tools(self) -> Tools:
        """The rules in force, loaded once: the user's own, else the package's."""
        if self._tools is None:
            from .index.tools import find_settings, load_tools

            settings = find_settings(self.directory, self._settings or Settings())
            self._tools = load_tools(settings, encoding=self._encoding)
        return self._tools

    @property
    def snapshot(self) -> Snapshot:
        """The index, opened once, as it was then; RequestError where there is none that fits."""
        if self._snapshot is None:
            from .index.generations.snapshot import open_current

            self._snapshot = open_current(self.directory, self.index_directory)
        return self._snapshot

    @property
    def backend(self) -> WhooshBackend:
        """What finds passages in the index."""
        return self.snapshot.backend

    @property
    def has_index(self) -> bool:
        """Whether there is an index, be it fit to be read or not."""
        from .index.generations.folder import has_index

        return self._snapshot is not None or has_index(self.index_directory)

    def speeches(self, **filters: Unpack[FilterOptions]) -> list[SpeechInfo]:
        """List the speeches of the index of which the filters leave anything, by path."""
        wanted = self._filters(filters)
        if not wanted:
            return self.backend.speeches()
        from .search.selection import select

        chosen = select(self.backend, Scope(filters=wanted, with_copies=True))
        return [speech.info for speech in chosen.speeches]

    def speech(self, name: str) -> tuple[SpeechInfo, list[Passage]]:
        """Read one whole speech from the index, by its id or a part of its id or title."""
        found = self.backend.speech(self.find_speech(name).id)
        assert found is not None
        return found

    def place(self, name: str) -> tuple[SpeechInfo, list[Passage], range]:
        """
        Find a place, ``SPEECH:LINE``: the speech, its passages, and the numbers of those there.

        They are the passages that begin on that line of the file or, where none does, those
        that go on there (each line of the last has a character at least). A name without a line
        is the whole speech.
        """
        match = PLACE.fullmatch(name)
        if match is None or self.backend.speech(name) is not None:
            info, passages = self.speech(name)
            return info, passages, range(len(passages))
        info, passages = self.speech(match[1])
        lines = [passage.place[0] for passage in passages]
        start = max((line for line in lines if line <= int(match[2])), default=None)
        if start is None:
            raise RequestError(
                _("{place}: no text stands there. It begins on line {line}").format(
                    place=short(name), line=min(lines)
                )
            )
        own = passages[lines.index(start) :]
        if lines[-1] == start and int(match[2]) > start + sum(len(one.text) for one in own):
            raise RequestError(
                _("{place}: no text stands there. The last begins on line {line}").format(
                    place=short(name), line=start
                )
            )
        return info, passages, range(lines.index(start), len(lines) - lines[::-1].index(start))

    def find_speech(self, name: str) -> SpeechInfo:
        """Find the one speech with this id, or else whose id or title holds this text."""
        speeches = self.backend.speeches()
        path = Path(name).as_posix()
        folded = fold(path.removeprefix("…"))
        tests: list[Callable[[SpeechInfo], bool]] = [
            lambda speech: speech.id == path,
            lambda speech: folded in (fold(speech.title), fold(Path(speech.id).stem)),
            lambda speech: folded in fold(speech.id) or folded in fold(speech.title),
        ]
        for test in tests:
            found = [speech for speech in speeches if test(speech)]
            if len(found) == 1:
                return found[0]
            if found:
                raise RequestError(
                    _("speech: {name} fits {count} of them: {names}. Say more of the name").format(
                        name=short(name), count=len(found), names=listed([s.id for s in found])
                    )
                )
        raise no_such(_("speech"), name, [speech.id for speech in speeches])

    def read(self, *names: str) -> Iterator[Speech | Problem]:
        """
        Read speeches from their files, not from the index; all of the corpus where none is named.

        A name is a file, in the corpus or not, or what `find_speech` finds. A file that cannot
        be read yields its problem.
        """
        from .index.tools import load_speech
        from .index.walk import walk
        from .reading.read import Unreadable

        if names:
            files = [(file, self._speech_id(file)) for file in map(self._file, names)]
        else:
            sources = walk(self.directory, self.index_directory, limits=self.tools.limits)
            files = [(source.file, source.path) for source in sources]
        for file, path in files:
            try:
                yield load_speech(file, self.tools, path=path)
            except Unreadable as unreadable:
                yield unreadable.problem

    def clean(self, file: Path) -> CleanText:
        """Read one file and take its watermarks out; may raise Unreadable."""
        from .cleaning.clean import clean
        from .reading.read import read_file

        limits = self.tools.limits
        path = self._speech_id(file)
        raw = read_file(file, path=path, encoding=self._encoding, limits=limits)
        return clean(raw, self.rules)

    @property
    def rules(self) -> Rules:
        """The watermark rules in force."""
        return self.tools.rules

    def _file(self, name: str) -> Path:
        """Find the file of a speech: a path as it is, or in the corpus, or what the index knows."""
        for file in (Path(name), self.directory / name):
            if is_file(file):
                return file
        if not self.has_index:
            raise RequestError(
                _("{file}: there is no such file. Check the path").format(file=short(name))
            )
        from .index.walk import walk

        found = self.find_speech(name).id
        if is_file(self.directory / found):
            return self.directory / found
        sources = walk(self.directory, self.index_directory)  # a name may have been escaped
        return next((s.file for s in sources if s.path == found), self.directory / found)

    def _speech_id(self, file: Path) -> str:
        try:
            own = Path(os.path.realpath(file))  # which does not mind a loop of links
            return own.relative_to(os.path.realpath(self.directory)).as_posix()
        except ValueError:
            return file.as_posix()

    def _filters(self, options: FilterOptions) -> Filters:
        """Check what the filters name; raise RequestError with the nearest names."""
        for value in options.values():
            for text in [value] if isinstance(value, str) else value or ():  # type: ignore[attr-defined]
                checked_text(text)
        theme, speech = options.get("theme") or (), options.get("speech")
        themes = (theme,) if isinstance(theme, str) else tuple(theme)
        for name in themes:
            self._check_theme(name)
        part = options.get("part") or "all"
        if part not in PARTS:
            raise no_such(_("part"), part, PARTS)
        since, until = map(date_of, (options.get("since"), options.get("until")))
        if since and until and since > until and not since.startswith(until):
            raise RequestError(
                _("date: {since} is after {until}. Exchange them").format(since=since, until=until)
            )
        return Filters(
            section=options.get("section") or None,
            themes=themes,
            title=options.get("title") or None,
            speech=self.find_speech(speech).id if speech else None,
            part=part,
            since=since,
            until=until,
        )

    def _scope(self, options: ScopeOptions) -> Scope:
        """Decide once which passages an answer covers; RequestError as for the filters."""
        others = {name: value for name, value in options.items() if name != "with_variants"}
        return Scope(
            filters=self._filters(cast("FilterOptions", others)),
            with_copies=options.get("with_variants", False),
        )

    def _check_theme(self, name: str) -> None:
        checked_text(name)
        if not self.backend.has_theme(name) and name not in self.tools.themes.names:
            raise no_such(_("theme"), name, self.tools.themes.names)

    def _parse(self, query: str) -> Query:
        """Parse a query, and check what its fields name, as the filters' options are checked."""
        return self._checked(parse_query(query))

    def _checked(self, query: Query) -> Query:
        if isinstance(query, And):
            return And(tuple(map(self._checked, query.parts)))
        if isinstance(query, Or):
            return Or(tuple(map(self._checked, query.parts)))
        if isinstance(query, Not):
            return Not(self._checked(query.part))
        if not isinstance(query, Field):
            return query
        name = "part" if query.name == "in" else query.name
        checked = self._filters({name: query.value})  # type: ignore[misc]
        value = query.value if name == "theme" else getattr(checked, name)
        return Field(query.name, value) if value else query

    def check(
        self, query: str | None, sort: str | None = None, **filters: Unpack[FilterOptions]
    ) -> None:
        """Raise RequestError for what `search` would not take."""
        if sort is not None and sort not in SORTS:
            raise no_such(_("sort"), sort, SORTS)
        self._filters(filters)
        if query is not None:
            self._parse(query)

    def file_hashes(self) -> dict[str, str]:
        """Give the SHA-256 of each file of the index, in hex, by its path."""
        return {path: record["sha256"] or "" for path, record in self.snapshot.records.items()}

    def files_changed(self) -> int:
        """Count the files that are there now and not in the index as they are, or the reverse."""
        from .index.changes import compare, has_same_status
        from .index.walk import walk

        known = self.snapshot.records
        try:
            sources = walk(self.directory, self.index_directory)
        except RequestError:
            return len(known)
        others = [
            source
            for source in sources
            if (record := known.get(source.path)) is None or not has_same_status(record, source)
        ]
        gone = len(known.keys() - {source.path for source in sources})
        if not others:
            return gone
        changes = compare(known, others)  # some may only have been touched
        return len(changes.added) + len(changes.updated) + gone

    def index_versions(self) -> dict[str, str]:
        """Name the versions of what decides what is in the index, this program's first."""
        return dict(self.snapshot.manifest.versions)
