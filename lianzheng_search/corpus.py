"""Everything that the command can do, as Python: each method is a call of a function in a room."""

from __future__ import annotations

from functools import partial
from typing import IO, TYPE_CHECKING, Self, Unpack

from .index.library import Library
from .search import requests

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .cleaning.learning import Recurring
    from .export.manifests import Exported, Replayed
    from .index.changes import Basis, Changes
    from .index.status import IndexSummary, Status
    from .index.whoosh.backend import WhooshBackend
    from .model import CleanText, Hit, Passage, Problem, Settings, Speech, SpeechInfo
    from .proof.proof import Proof
    from .query import options as take
    from .query.filters import FilterOptions, ScopeOptions
    from .query.lists import NamedQuery
    from .search.concordance import Concordance
    from .search.fillings import Fillings
    from .search.results import Results
    from .search.suggestions import Hints
    from .study.collocates import Collocates
    from .study.frequencies import Dispersion, Frequencies
    from .study.key_words import Keyness
    from .study.ngrams import NGrams
    from .study.theme_coverage import Coverage, SpeechProfile, ThemeCount, ThemeGrid
    from .study.theme_neighbours import Closest
    from .study.theme_terms import Suggestions
    from .study.word_counts import WordList
    from .themes.label import Verdict
    from .themes.theme_files import Checked
    from .wording.cited_documents import Citations
    from .wording.heading_bank import HeadingGroups, HeadingLine, HeadingSets
    from .wording.quotations import Quotations
    from .wording.set_phrases import SetPhrases


class Corpus:
    """
    A directory of speeches and its index.

    `index_directory` defaults to ``DIRECTORY/.lianzheng``; `settings` name the user's own rule
    files. Nothing is read before it is needed, and the index is opened once. Every method raises
    RequestError, with what to do about it, for what cannot be done.

    `query.options` has the keywords of each method; with `with_variants` all copies are looked at.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        index_directory: str | os.PathLike[str] | None = None,
        settings: Settings | None = None,
        encoding: str | None = None,
    ) -> None:
        self.library = Library(directory, index_directory, settings, encoding)
        self.directory, self.index_directory = self.library.directory, self.library.index_directory
        self._query = partial(requests.checked_query, self.library)
        self._queries = partial(requests.checked_queries, self.library)
        self._scope = partial(requests.with_scope, self.library)
        self._selection = partial(requests.with_selection, self.library)
        self._words = partial(requests.with_words, self.library)

    def close(self) -> None:
        """Close the index, if it is open."""
        self.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def backend(self) -> WhooshBackend:
        """What finds passages in the index, which is opened once."""
        return self.library.backend

    def index(self, **options: Unpack[take.IndexOptions]) -> IndexSummary:
        """Build the index, or bring it up to date; the old one stays in use until that is whole."""
        from .index.update import update

        self.close()
        return update(self.directory, self.index_directory, self.library.tools, **options)

    def verify(self) -> list[Path]:
        """Read every file of the index; list those that are not as they were written."""
        from .index.generations.snapshot import damaged_files

        return damaged_files(self.directory, self.index_directory)

    def status(self) -> Status:
        """Compare the index with the files and the rules as they are now."""
        from .index.status import status

        return status(self.directory, self.index_directory, self.library.tools)

    def changes(self) -> Changes:
        """Compare the folder with the index: which files are new, changed, gone."""
        from .index.changes import changes_now

        return changes_now(self.library.records, self.directory, self.index_directory)

    def basis(self) -> Basis:
        """Return what an answer rests on: files searched and not read, and changes since."""
        from .index.status import basis

        return basis(self.library.records, self.library.snapshot.manifest.built, self.changes())

    def file_hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the index, in hex, by its path."""
        return {path: record["sha256"] or "" for path, record in self.library.records.items()}

    def index_versions(self) -> dict[str, str]:
        """Return the versions of what decides what is in the index, this program's first."""
        return dict(self.library.snapshot.manifest.versions)

    def read(self, *names: str) -> Iterator[Speech | Problem]:
        """Read speeches from their files; all of the corpus where none is named."""
        from .search.speeches import read_speeches

        return read_speeches(self.library, *names)

    def clean(self, file: Path) -> CleanText:
        """Read one file and take its watermarks out; may raise Unreadable."""
        from .search.speeches import clean_file

        return clean_file(self.library, file)

    def ledger(self, file: Path, clean: CleanText) -> str:
        """Write down what restores a file from its cleaned text; Unreadable if it is gone."""
        from .search.speeches import ledger

        return ledger(self.library, file, clean)

    def learn(self, directory: Path) -> list[Recurring]:
        """Find the lines that recur in the files of a folder where watermarks stand."""
        from .cleaning.learning import learn
        from .search.speeches import raw_files

        return learn(raw_files(self.library, directory), self.library.tools.rules)

    def accept(self, lines: Sequence[Recurring], learned_from: Path | None = None) -> Path:
        """Add rules for recurring lines to the user's own rule file, and return that file."""
        from .cleaning.learning import add_rules

        return self.library.change_rules("watermarks", add_rules, lines, learned_from=learned_from)

    def speeches(self, **filters: Unpack[FilterOptions]) -> list[SpeechInfo]:
        """List the speeches of the index of which the filters leave anything, by path."""
        from .search.selection import list_speeches

        return list_speeches(self.backend, **self._scope(filters))

    def undated(self, query: str | None = None, **filters: Unpack[FilterOptions]) -> int:
        """Count the passages, or speeches, that a period leaves out for want of a date."""
        from .search.selection import count_undated

        parsed = None if query is None else self._query(query)
        return count_undated(self.backend, parsed, **self._scope(filters))

    def speech(self, name: str) -> tuple[SpeechInfo, list[Passage]]:
        """Read one whole speech from the index, by its id or a part of its id or title."""
        from .search.speeches import indexed_speech

        return indexed_speech(self.backend, name)

    def place(self, name: str) -> tuple[SpeechInfo, list[Passage], range]:
        """Find a place, ``SPEECH:LINE``: the speech, its passages, the numbers of those there."""
        from .search.speeches import indexed_place

        return indexed_place(self.backend, name)

    def search(self, query: str | None = None, **options: Unpack[take.SearchOptions]) -> Results:
        """Find passages with a query, at most 20 if no `limit` is given; all without a query."""
        from .search.results import run_search

        parsed = None if query is None else self._query(query)
        return run_search(self.backend, parsed, **self._scope(options))

    def check(
        self, query: str | None, sort: str | None = None, **filters: Unpack[FilterOptions]
    ) -> None:
        """Raise RequestError for what `search` would not take."""
        requests.check_request(self.library, query, sort, filters)

    def kwic(self, query: str, **options: Unpack[take.KwicOptions]) -> Concordance:
        """List every match of a query with its context, the source line that it stands on."""
        from .search.concordance import kwic

        return kwic(self.backend, self._query(query), **self._scope(options))

    def hints(self, query: str, **filters: Unpack[FilterOptions]) -> Hints:
        """Suggest what may have been meant by a query that finds nothing, or is in its way."""
        from .search.suggestions import hints

        return hints(self.backend, query, self._query(query), **self._scope(filters))

    def slots(self, query: str, **options: Unpack[take.LimitOptions]) -> Fillings:
        """List what fills the gaps of a query's one phrase with gaps, the most frequent first."""
        from .search.fillings import fillings

        return fillings(self.backend, self._query(query), **self._scope(options))

    def headings(
        self, text: str | None = None, **options: Unpack[take.HeadingOptions]
    ) -> list[HeadingLine]:
        """List the section headings that hold a text, in which ``*`` and ``…`` are gaps."""
        from .wording.heading_bank import list_headings

        return list_headings(self.backend, text, **self._scope(options))

    def heading_groups(
        self, by: str, text: str | None = None, **options: Unpack[take.HeadingOptions]
    ) -> HeadingGroups:
        """Group the headings that `headings` lists by ``pattern, theme, level`` or ``speech``."""
        from .wording.heading_bank import group_headings

        return group_headings(self.backend, by, text, **self._scope(options))

    def heading_sets(
        self, text: str | None = None, **options: Unpack[take.HeadingOptions]
    ) -> HeadingSets:
        """Return each heading that `headings` lists with those parallel to it, in order."""
        from .wording.heading_bank import parallel_headings

        return parallel_headings(self.backend, text, **self._scope(options))

    def quotes(
        self, text: str | None = None, **options: Unpack[take.QuotationOptions]
    ) -> Quotations:
        """List what is quoted and holds a text in some form, or who is quoted, or slogans."""
        from .wording.quotations import quotes

        speakers = self.library.settings.speakers
        return quotes(self.backend, text, speakers_file=speakers, **self._selection(options))

    def cites(self, text: str | None = None, **options: Unpack[take.CitationOptions]) -> Citations:
        """List the documents named in 《》, one of whose names holds a text."""
        from .wording.cited_documents import citations

        return citations(self.backend, text=text, **self._selection(options))

    def phrases(self, text: str | None = None, **options: Unpack[take.PhraseOptions]) -> SetPhrases:
        """Find the set phrases (提法), or those that hold a text."""
        from .wording.set_phrases import set_phrases

        return set_phrases(self.backend, text=text, **self._selection(options))

    def ngrams(self, text: str | None = None, **options: Unpack[take.NGramOptions]) -> NGrams:
        """Count the n-grams, or those that hold a text, the most frequent first."""
        from .study.ngrams import count_ngrams

        return count_ngrams(self.library, text, **self._selection(options))

    def freq(self, queries: take.Queries, **options: Unpack[take.CountOptions]) -> Frequencies:
        """Count what `search` marks of queries, per 10,000 characters that the filters leave."""
        from .study.frequencies import frequencies

        themes = self.library.tools.themes.names if options.get("by") == "theme" else ()
        return frequencies(
            self.backend, self._queries(queries), themes=themes, **self._scope(options)
        )

    def words(self, **options: Unpack[take.WordOptions]) -> WordList:
        """List the words of the text that the filters leave, the most frequent first."""
        from .study.word_counts import word_list

        return word_list(self.backend, **self._words(options))

    def collocates(self, query: str, **options: Unpack[take.CollocateOptions]) -> Collocates:
        """List the words near the hits of a query."""
        from .study.collocates import collocates

        return collocates(self.backend, query, self._query(query), **self._words(options))

    def keyness(
        self, a: str, b: str | None = None, **options: Unpack[take.KeynessOptions]
    ) -> Keyness:
        """List the words more frequent in passages of `a` than in those of `b`, or all others."""
        from .study.key_words import key_words

        other = None if b is None else (b, self._query(b))
        return key_words(self.backend, (a, self._query(a)), other, **self._words(options))

    def dispersion(self, queries: take.Queries, **more: Unpack[ScopeOptions]) -> list[Dispersion]:
        """Measure how evenly queries are spread over the speeches that the filters leave."""
        from .study.frequencies import dispersion

        parsed, scope = self._queries(queries), self._scope(more)
        return [dispersion(self.backend, *named, **scope) for named in parsed.items()]

    def themes(self, **options: Unpack[ScopeOptions]) -> list[ThemeCount]:
        """Count the passages of each theme, in the order of the theme file."""
        return list(self.coverage(**options).counts)

    def coverage(self, **options: Unpack[ScopeOptions]) -> Coverage:
        """Count the passages of each theme, and what share of all passages has any."""
        from .study.theme_coverage import coverage

        return coverage(self.backend, self.library.tools.themes.names, **self._scope(options))

    def theme_grid(self, **options: Unpack[take.GridOptions]) -> ThemeGrid:
        """Return the share of each theme in each speech, section or year."""
        from .study.theme_coverage import theme_grid

        return theme_grid(self.backend, self.library.tools.themes.names, **self._scope(options))

    def unlabelled(self, **options: Unpack[take.UnlabelledOptions]) -> Results:
        """List the passages without a theme."""
        from .study.theme_coverage import unlabelled

        return unlabelled(self.backend, **self._scope(options))

    def why(self, name: str) -> list[tuple[Passage, tuple[Verdict, ...]]]:
        """Explain the themes of a speech's passages, or of those on one line: ``NAME:LINE``."""
        from .study.speech_themes import explained

        return explained(self.library, name)

    def profiles(self, *names: str) -> Iterator[SpeechProfile | Problem]:
        """Yield what speeches are about, by section; all of the corpus where none is named."""
        from .study.speech_themes import profiles

        return profiles(self.library, *names)

    def suggest(self, name: str, **options: Unpack[take.ProgressOptions]) -> Suggestions:
        """Propose terms for a theme, by what its passages say more often than others."""
        from .study.theme_terms import suggest_terms

        return suggest_terms(self.library, name, **self._scope(options))

    def closest(self, name: str, **options: Unpack[take.ProgressOptions]) -> list[Closest]:
        """Find the sections of other speeches closest in theme to those of ``NAME[:LINE]``."""
        from .study.speech_themes import closest_to

        return closest_to(self.library, name, **self._scope(options))

    def would_label(self, theme: str, **options: Unpack[take.LabelOptions]) -> list[Hit] | None:
        """List the indexed passages that get a theme by the rules now; None without an index."""
        from .study.speech_themes import labelled_now

        return labelled_now(self.library, theme, **options)

    def check_themes(self, *names: str) -> list[Checked]:
        """Label the examples of the theme file in force: of these themes, or of all."""
        from .themes.theme_files import check_examples

        return check_examples(self.library.tools.themes, names)

    def new_theme(
        self, name: str, terms: Sequence[str], *, weight: float = 5, definition: str | None = None
    ) -> Path:
        """Add a theme to the user's own theme file, made if need be, and return that file."""
        from .themes.theme_files import add_theme

        add = partial(add_theme, weight=weight, definition=definition)
        return self.library.change_rules("themes", add, name, terms)

    def prove(self, *queries: str | NamedQuery, **options: Unpack[take.ProofOptions]) -> Proof:
        """Set the answer of the index to queries beside that of all files, read now."""
        from .proof.proof import prove

        return prove(self.library, queries, **options)

    def export(
        self,
        queries: Sequence[NamedQuery],
        destination: Path,
        **options: Unpack[take.ExportOptions],
    ) -> Exported:
        """Write the passages that each query finds to files, with a manifest beside them."""
        from .export.writing import export

        return export(self, queries, destination, **options)

    def export_to(
        self, queries: Sequence[NamedQuery], out: IO[str], **options: Unpack[take.ExportToOptions]
    ) -> Exported:
        """Write the passages that each query finds to an open text file, as csv, jsonl, md, txt."""
        from .export.writing import export_to

        return export_to(self, queries, out, **options)

    def replay(
        self, file: Path, destination: Path | None = None, **options: Unpack[take.ReplayOptions]
    ) -> Replayed:
        """Make an export again, from the manifest beside it, and report what differs."""
        from .export.writing import replay

        return replay(self, file, destination, **options)
