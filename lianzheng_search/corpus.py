"""The `Corpus` facade: everything the command can do, as Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Unpack

from .messages import _, no_such
from .model import (
    Settings,
)
from .query.filters import FILTERS, FilterOptions, ScopeOptions
from .search.matching import SORTS, Results, run_search
from .study_face import Study

if TYPE_CHECKING:
    from .cleaning.learning import Recurring
    from .export.entries import BatchProgress
    from .export.manifests import BatchSettings, Exported, Replayed
    from .index.building import Progress
    from .index.status import IndexSummary, Status
    from .model import CleanText, RawFile
    from .query.lists import NamedQuery
    from .search.concordance import Concordance
    from .search.fillings import Fillings
    from .search.suggestions import Hints
    from .wording.heading_bank import HeadingGroups, HeadingLine, HeadingSets


class BatchOptions(FilterOptions, total=False):
    """What an export takes beside the filters; see `batch.Settings`."""

    context: str | int
    group_by: str
    per_source: int
    limit: int
    sort: str | None
    with_variants: bool
    cite: str | None


class Corpus(Study):
    """
    A directory of speeches and its index.

    `index_directory` defaults to ``DIRECTORY/.lianzheng``; `settings` name the user's own rule
    files. Nothing is read before it is needed, and the index is opened once. Every method raises
    RequestError, with what to do about it, for what cannot be done.
    """

    def index(
        self,
        *,
        rebuild: bool = False,
        jobs: int | None = 1,
        progress: Progress = lambda done, files, size: None,
        wait: Callable[[str], None] | None = None,
    ) -> IndexSummary:
        """
        Build the index, or bring it up to date.

        `jobs` is the number of processes, None as many as help; more than one need a program that
        is guarded by ``if __name__ == "__main__"``, as multiprocessing asks for.
        `progress` is called after each file with (files done, files in all, bytes of the file).
        The old index stays in use until the new one is whole. While another process writes,
        RequestError; or, where `wait` is given, it is called with who writes, and waited.
        """
        from .index.update import update

        self.close()
        return update(
            self.directory,
            self.index_directory,
            self.tools,
            rebuild=rebuild,
            jobs=jobs,
            progress=progress,
            wait=wait,
        )

    def verify(self) -> list[Path]:
        """Read every file of the index; list those that are not as they were written."""
        from .index.generations.snapshot import damaged_files

        return damaged_files(self.directory, self.index_directory)

    def status(self) -> Status:
        """Compare the index with the files and the rules as they are now."""
        from .index.status import status

        return status(self.directory, self.index_directory, self.tools)

    def search(
        self,
        query: str | None = None,
        *,
        limit: int = 20,
        sort: str | None = None,
        **options: Unpack[ScopeOptions],
    ) -> Results:
        """
        Find passages.

        `query` is in the query language; without one, every passage that the filters leave is
        found. `sort` is ``relevance`` (the default with a query), ``corpus`` or ``date``;
        `limit` 0 is all. Of the same passage in several copies of a speech one is found, and
        names the others, unless `with_variants`. The hits are made while they are read from the
        results.
        """
        sort = sort or ("relevance" if query is not None else "corpus")
        if sort not in SORTS:
            raise no_such(_("sort"), sort, SORTS)
        return run_search(
            self.backend,
            self._parse(query) if query is not None else None,
            self._scope(options),
            limit=limit,
            sort=sort,
        )

    def kwic(
        self,
        query: str,
        *,
        limit: int = 0,
        sort: str = "corpus",
        seed: int | None = None,
        **options: Unpack[ScopeOptions],
    ) -> Concordance:
        """
        List every match of a query with its context, which is the source line it stands on.

        `sort` is ``corpus``, ``date``, or ``left`` or ``right``: by the context outward from the
        keyword. `limit` 0 is all; with a `seed`, so many are drawn at random, the same each time.
        Where no passage holds the query, there are none. Of the same passage in several copies of
        a speech all are listed, or one, as for `search`.
        """
        from .search.concordance import SORTS as KWIC_SORTS
        from .search.concordance import Concordance, in_order, kwic_lines, sample

        if sort not in KWIC_SORTS:
            raise no_such(_("sort"), sort, KWIC_SORTS)
        found = self.search(query, limit=0, sort="corpus", **options)
        lines = list(kwic_lines(found.hits)) if found.exact else []
        total, speeches = len(lines), len({line.info.id for line in lines})
        if seed is not None and limit:
            lines = sample(lines, limit, seed)
        ordered = in_order(lines, sort)
        return Concordance(
            lines=tuple(ordered[:limit] if limit else ordered),
            total=total,
            speeches=speeches,
            copies=found.copies if lines else 0,
        )

    def hints(self, query: str, **filters: Unpack[FilterOptions]) -> Hints:
        """Tell what may have been meant by a query that finds nothing, and what is in its way."""
        from .search.suggestions import hints

        return hints(self.backend, query, self._parse(query), self._filters(filters))

    def slots(
        self,
        query: str,
        *,
        limit: int = 20,
        **options: Unpack[ScopeOptions],
    ) -> Fillings:
        """
        List what fills the gaps of a query's one phrase with gaps, the most frequent first.

        `limit` 0 is all. Of the same passage in copies of a speech one is counted, unless
        `with_variants`.
        """
        from .search.fillings import fillings

        return fillings(
            self.backend,
            self._parse(query),
            self._scope(options),
            limit=limit,
        )

    def headings(
        self,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        **options: Unpack[ScopeOptions],
    ) -> list[HeadingLine]:
        """
        List the section headings that hold a text, in corpus order; `limit` 0 is all.

        In the text, ``*`` is a gap of up to 10 characters of a sentence, ``…`` one of any length
        in a clause, as in a pattern. `sort` is ``corpus``, ``date``, ``text`` (by wording) or
        ``length``. Of the same heading in several copies of a speech one is listed, unless
        `with_variants`.
        """
        from .wording.heading_bank import find_headings

        found = find_headings(self.backend, text, self._scope(options), sort=sort)
        lines = list(found.values())
        return lines[:limit] if limit else lines

    def heading_groups(
        self,
        by: str,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        **options: Unpack[ScopeOptions],
    ) -> HeadingGroups:
        """
        Group the headings that `headings` lists; at most `limit` groups, 0 is all.

        `by` is ``pattern`` (a frame that they share, such as 强化…意识), ``theme`` (the best of
        each), ``level`` or ``speech``. The largest group is first, but levels ascend and speeches
        stand in corpus order.
        """
        from .wording.heading_bank import find_headings, group

        backend = self.backend
        found = find_headings(backend, text, self._scope(options), sort=sort)
        return group(backend, found, by, limit=limit)

    def heading_sets(
        self,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        **options: Unpack[ScopeOptions],
    ) -> HeadingSets:
        """
        Give each heading that `headings` lists with those parallel to it, in reading order.

        They are the headings of the same level under the same one, in the same speech. At most
        `limit` sets, 0 is all.
        """
        from .wording.heading_bank import find_headings, parallel_sets

        backend = self.backend
        found = find_headings(backend, text, self._scope(options), sort=sort)
        return parallel_sets(backend, found, limit=limit)

    def ledger(self, file: Path, clean: CleanText) -> str:
        """Write down what it takes to give a file back from its cleaned text."""
        from .cleaning.edits import source_text
        from .cleaning.ledger import ledger, line_ends

        count = len(source_text(clean))
        return ledger(clean, line_ends(file.read_bytes(), clean.encoding, count))

    def learn(self, directory: Path) -> list[Recurring]:
        """Find the lines that recur in the files of a folder where watermarks stand."""
        from .cleaning.learning import learn
        from .index.walk import walk
        from .reading.read import Unreadable, read_file

        def read() -> Iterator[RawFile]:
            for source in walk(directory, self.index_directory):
                with suppress(Unreadable):
                    yield read_file(source.file, path=source.path, encoding=self._encoding)

        return learn(read(), self.rules)

    def accept(self, lines: Sequence[Recurring], learned_from: Path | None = None) -> Path:
        """
        Add rules for recurring lines to the user's own rule file, and give that file.

        That is the one in force, else one at the top of the corpus, or, where this is no corpus
        with an index, of the folder they were learned from: there it will be found.
        """
        from .cleaning.learning import with_rules
        from .files.user_files import change_file
        from .index.walk import SETTINGS_FILES

        file = (self._settings or Settings()).watermarks
        folder = self.directory
        if learned_from is not None and not self.index_directory.is_dir():
            folder = learned_from
        file = file or folder / SETTINGS_FILES["watermarks"]
        change_file(file, lambda text: with_rules(text, lines))
        self._tools = None
        return file

    def export(
        self,
        queries: Sequence[NamedQuery],
        destination: Path,
        *,
        file_format: str | None = None,
        columns: Sequence[str] | None = None,
        split: str | None = None,
        with_manifest: bool = True,
        force: bool = False,
        progress: BatchProgress = lambda done, whole, name: None,
        **options: Unpack[BatchOptions],
    ) -> Exported:
        """Write the passages that each query finds to files; see `writing.write`."""
        from .export.entries import Batch
        from .export.writing import write

        return write(
            Batch(self, queries, self._batch_settings(options), progress=progress),
            destination,
            file_format=file_format,
            columns=columns,
            split=split,
            with_manifest=with_manifest,
            force=force,
        )

    def export_to(
        self,
        queries: Sequence[NamedQuery],
        out: IO[str],
        *,
        file_format: str = "csv",
        columns: Sequence[str] | None = None,
        **options: Unpack[BatchOptions],
    ) -> Exported:
        """Write the passages that each query finds to an open text file, as csv, jsonl, md, txt."""
        from .export.entries import Batch
        from .export.writing import write_to

        batch = Batch(self, queries, self._batch_settings(options))
        return write_to(batch, out, file_format=file_format, columns=columns)

    def replay(
        self,
        file: Path,
        destination: Path | None = None,
        *,
        force: bool = False,
        progress: BatchProgress = lambda done, whole, name: None,
    ) -> Replayed:
        """Make an export again, from the manifest beside it, and tell what differs."""
        from .export.writing import replay

        return replay(self, file, destination, force=force, progress=progress)

    def _batch_settings(self, options: BatchOptions) -> BatchSettings:
        from .export.manifests import BatchSettings

        others: dict[str, Any] = {**options}
        filters = {name: others.pop(name) for name in FILTERS if name in others}
        filters = {name: value for name, value in filters.items() if value and value != "all"}
        return BatchSettings(**others, filters=filters)
