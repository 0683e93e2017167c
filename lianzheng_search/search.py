"""The `Corpus` facade: everything the command can do, as Python."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypedDict, Unpack

from .analysis import fold
from .language import _, listed, no_such, problem_text
from .matching import SORTS, Results, run_search
from .model import (
    INDEX_FOLDER,
    UNLABELLED,
    Passage,
    Problem,
    RequestError,
    Settings,
    Speech,
    SpeechInfo,
)
from .query import PARTS, And, Field, Filters, Not, Or, Query, parse_query

if TYPE_CHECKING:
    from .batch import NamedQuery
    from .batch import Progress as BatchProgress
    from .batch import Settings as BatchSettings
    from .batch_files import Exported, Replayed
    from .citations import Citations
    from .corpus_files import Tools
    from .counting import Dispersion, Frequencies
    from .heading_bank import HeadingGroups, HeadingLine, HeadingSets
    from .hints import Hints
    from .indexing import IndexSummary, Progress, Status
    from .kwic import Concordance
    from .learning import Recurring
    from .model import CleanText, Hit, RawFile
    from .ngrams import NGrams
    from .quotations import Quotations
    from .repeats import Progress as Counting
    from .rules import Rules
    from .set_phrases import SetPhrases
    from .slots import Fillings
    from .theme_close import Closest
    from .theme_files import Checked
    from .theme_study import By, Coverage, SpeechProfile, ThemeCount, ThemeGrid
    from .theme_suggest import Suggestions
    from .themes import Verdict
    from .whoosh_index import WhooshBackend
    from .word_counts import Collocates, Keyness, WordList

DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
PLACE = re.compile(r"(.+):(\d+)")


class FilterOptions(TypedDict, total=False):
    """The filters that every list takes, as INTERFACE.md names them (`part` is ``--in``)."""

    section: str | None
    theme: str | Sequence[str]
    title: str | None
    speech: str | None
    part: str
    since: str | None
    until: str | None


FILTERS = tuple(FilterOptions.__annotations__)


class BatchOptions(FilterOptions, total=False):
    """What an export takes beside the filters; see `batch.Settings`."""

    context: str | int
    group_by: str
    per_source: int
    limit: int
    sort: str | None
    with_variants: bool
    cite: str | None


class Corpus:
    """
    A directory of speeches and its index.

    `index_directory` defaults to ``DIRECTORY/.lianzheng``; `settings` name the user's own rule
    files. Nothing is read before it is needed, and the index is opened once. Every method raises
    RequestError, with what to do about it, for what cannot be done.
    """

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
        self._backend: WhooshBackend | None = None

    def close(self) -> None:
        """Close the index, if it is open."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def tools(self) -> Tools:
        """The rules in force, loaded once: the user's own, else the package's."""
        if self._tools is None:
            from .corpus_files import find_settings, load_tools

            settings = find_settings(self.directory, self._settings or Settings())
            self._tools = load_tools(settings, encoding=self._encoding)
        return self._tools

    @property
    def backend(self) -> WhooshBackend:
        """The index, opened once; RequestError where there is none that fits."""
        if self._backend is None:
            from .generations import open_current

            self._backend = open_current(self.directory, self.index_directory)
        return self._backend

    def index(
        self,
        *,
        rebuild: bool = False,
        jobs: int | None = 1,
        progress: Progress = lambda done, files, size: None,
    ) -> IndexSummary:
        """
        Build the index, or bring it up to date.

        `jobs` is the number of processes, None as many as help; more than one need a program that
        is guarded by ``if __name__ == "__main__"``, as multiprocessing asks for.
        `progress` is called after each file with (files done, files in all, bytes of the file).
        The old index stays in use until the new one is whole.
        """
        from .indexing import update

        self.close()
        return update(
            self.directory,
            self.index_directory,
            self.tools,
            rebuild=rebuild,
            jobs=jobs,
            progress=progress,
        )

    def status(self) -> Status:
        """Compare the index with the files and the rules as they are now."""
        from .indexing import status

        return status(self.directory, self.index_directory, self.tools)

    def search(
        self,
        query: str | None = None,
        *,
        limit: int = 20,
        sort: str | None = None,
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> Results:
        """
        Find passages.

        `query` is in the query language; without one, every passage that the filters leave is
        found. `sort` is ``relevance`` (the default with a query), ``corpus`` or ``date``;
        `limit` 0 is all. Without `with_variants`, as the command has it, one is found of the same
        passage in several copies of a speech, and names the others. The hits are made while they
        are read from the results.
        """
        sort = sort or ("relevance" if query is not None else "corpus")
        if sort not in SORTS:
            raise no_such(_("sort"), sort, SORTS)
        return run_search(
            self.backend,
            self._parse(query) if query is not None else None,
            self._filters(filters),
            limit=limit,
            sort=sort,
            with_variants=with_variants,
        )

    def kwic(
        self,
        query: str,
        *,
        limit: int = 0,
        sort: str = "corpus",
        seed: int | None = None,
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> Concordance:
        """
        List every match of a query with its context, which is the source line it stands on.

        `sort` is ``corpus``, ``date``, or ``left`` or ``right``: by the context outward from the
        keyword. `limit` 0 is all; with a `seed`, so many are drawn at random, the same each time.
        Where no passage holds the query, there are none. Of the same passage in several copies of
        a speech all are listed, or one, as for `search`.
        """
        from .kwic import SORTS as KWIC_SORTS
        from .kwic import Concordance, in_order, kwic_lines, sample

        if sort not in KWIC_SORTS:
            raise no_such(_("sort"), sort, KWIC_SORTS)
        found = self.search(query, limit=0, sort="corpus", with_variants=with_variants, **filters)
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
        from .hints import hints

        return hints(self.backend, query, self._parse(query), self._filters(filters))

    def slots(
        self,
        query: str,
        *,
        limit: int = 20,
        with_variants: bool = False,
        **filters: Unpack[FilterOptions],
    ) -> Fillings:
        """
        List what fills the gaps of a query's one phrase with gaps, the most frequent first.

        `limit` 0 is all. Of the same passage in copies of a speech one is counted, unless
        `with_variants`.
        """
        from .slots import fillings

        return fillings(
            self.backend,
            self._parse(query),
            self._filters(filters),
            limit=limit,
            with_variants=with_variants,
        )

    def headings(
        self,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> list[HeadingLine]:
        """
        List the section headings that hold a text, in corpus order; `limit` 0 is all.

        In the text, ``*`` is a gap of up to 10 characters of a sentence, ``…`` one of any length
        in a clause, as in a pattern. `sort` is ``corpus``, ``date``, ``text`` (by wording) or
        ``length``. Of the same heading in several copies of a speech one is listed, unless
        `with_variants`.
        """
        from .heading_bank import find_headings

        found = find_headings(
            self.backend, text, self._filters(filters), sort=sort, with_variants=with_variants
        )
        lines = list(found.values())
        return lines[:limit] if limit else lines

    def freq(
        self,
        queries: Sequence[str],
        *,
        by: str = "none",
        with_variants: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> Frequencies:
        """
        Count how often queries are found, in all and by one of `counting.GROUPS`.

        What is counted is what `search` marks; frequencies are per 10,000 characters of the text
        that the filters leave, not of that which a query's own fields leave.
        """
        from .counting import GROUPS, frequencies

        if by not in GROUPS:
            raise no_such(_("group"), by, GROUPS)
        names = list(self.tools.themes.names) if by == "theme" else []
        return frequencies(
            self.backend,
            {query: self._parse(query) for query in queries},
            self._filters(filters),
            by=by,
            themes=names,
            with_variants=with_variants,
            progress=progress,
        )

    def words(
        self,
        *,
        limit: int = 20,
        stop_words: bool = False,
        with_variants: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> WordList:
        """
        List the words of the text that the filters leave, the most frequent first; 0 is all.

        Stop words, single characters and numbers are left out unless `stop_words`.
        """
        from .word_counts import word_list

        return word_list(
            self.backend,
            self._filters(filters),
            limit=limit,
            stop_words=stop_words,
            with_variants=with_variants,
            words_file=self.tools.words_file,
            progress=progress,
        )

    def collocates(
        self,
        query: str,
        *,
        window: int | None = 5,
        by: str = "log-dice",
        least: int = 3,
        limit: int = 20,
        stop_words: bool = False,
        with_variants: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> Collocates:
        """
        List the words near the hits of a query; see `word_counts.collocates`.

        `window` is in words on each side, None the sentence.
        """
        from .word_counts import MEASURES, collocates

        if by not in MEASURES:
            raise no_such(_("measure"), by, MEASURES)
        return collocates(
            self.backend,
            query,
            self._parse(query),
            self._filters(filters),
            window=window,
            by=by,
            least=least,
            limit=limit,
            stop_words=stop_words,
            with_variants=with_variants,
            words_file=self.tools.words_file,
            progress=progress,
        )

    def keyness(
        self,
        a: str,
        b: str | None = None,
        *,
        by: str = "log-likelihood",
        least: int = 5,
        limit: int = 20,
        stop_words: bool = False,
        with_variants: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> Keyness:
        """
        List the words more frequent in the passages of one query than in those of another.

        Without `b`, that is all the others that the filters leave. See `word_counts.key_words`.
        """
        from .word_counts import KEYNESS_MEASURES, key_words

        if by not in KEYNESS_MEASURES:
            raise no_such(_("measure"), by, KEYNESS_MEASURES)
        return key_words(
            self.backend,
            (a, self._parse(a)),
            None if b is None else (b, self._parse(b)),
            self._filters(filters),
            by=by,
            least=least,
            limit=limit,
            stop_words=stop_words,
            with_variants=with_variants,
            words_file=self.tools.words_file,
            progress=progress,
        )

    def dispersion(
        self,
        queries: Sequence[str],
        *,
        with_variants: bool = False,
        **filters: Unpack[FilterOptions],
    ) -> list[Dispersion]:
        """Measure how evenly queries are spread over the speeches that the filters leave."""
        from .counting import dispersion

        wanted = self._filters(filters)
        return [
            dispersion(self.backend, query, self._parse(query), wanted, with_variants=with_variants)
            for query in dict.fromkeys(queries)
        ]

    def heading_groups(
        self,
        by: str,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> HeadingGroups:
        """
        Group the headings that `headings` lists; at most `limit` groups, 0 is all.

        `by` is ``pattern`` (a frame that they share, such as 强化…意识), ``theme`` (the best of
        each), ``level`` or ``speech``. The largest group is first, but levels ascend and speeches
        stand in corpus order.
        """
        from .heading_bank import find_headings, group

        backend = self.backend
        found = find_headings(
            backend, text, self._filters(filters), sort=sort, with_variants=with_variants
        )
        return group(backend, found, by, limit=limit)

    def heading_sets(
        self,
        text: str | None = None,
        *,
        limit: int = 0,
        sort: str = "corpus",
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> HeadingSets:
        """
        Give each heading that `headings` lists with those parallel to it, in reading order.

        They are the headings of the same level under the same one, in the same speech. At most
        `limit` sets, 0 is all.
        """
        from .heading_bank import find_headings, parallel_sets

        backend = self.backend
        found = find_headings(
            backend, text, self._filters(filters), sort=sort, with_variants=with_variants
        )
        return parallel_sets(backend, found, limit=limit)

    def phrases(
        self,
        text: str | None = None,
        *,
        min_speeches: int | None = None,
        sort: str = "weight",
        limit: int = 0,
        new_since: str | None = None,
        gone_since: str | None = None,
        with_variants: bool = False,
        progress: Counting = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> SetPhrases:
        """
        Find the set phrases (提法), or those that hold a text; see `set_phrases.set_phrases`.

        `sort` is ``weight`` (in many speeches, and long), ``speeches``, ``hits``, ``first`` (the
        earliest first), ``last`` (the latest first) or ``length``. Copies count once, unless
        `with_variants`.
        """
        from .selection import select
        from .set_phrases import SORTS as PHRASE_SORTS
        from .set_phrases import set_phrases

        if sort not in PHRASE_SORTS:
            raise no_such(_("sort"), sort, PHRASE_SORTS)
        return set_phrases(
            self.backend,
            select(self.backend, self._filters(filters), with_variants=with_variants),
            text,
            least=min_speeches,
            sort=sort,
            limit=limit,
            new_since=_date(new_since),
            gone_since=_date(gone_since),
            progress=progress,
        )

    def ngrams(
        self,
        text: str | None = None,
        *,
        n: str | None = None,
        unit: str = "characters",
        min_hits: int | None = None,
        min_speeches: int = 1,
        fold_in: bool = True,
        limit: int = 0,
        with_variants: bool = False,
        progress: Counting = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> NGrams:
        """
        Count the n-grams, or those that hold a text, the most frequent first; see `ngrams.ngrams`.

        `n` is how long they are, ``4`` or ``2..8``, of `unit`: ``characters`` or ``words``.
        Copies count once, unless `with_variants`.
        """
        from .analysis import words
        from .ngrams import UNITS, ngrams, read_lengths
        from .selection import select

        if unit not in UNITS:
            raise no_such(_("unit"), unit, UNITS)
        cut = partial(words, words_file=self.tools.words_file) if unit == "words" else None
        return ngrams(
            self.backend,
            select(self.backend, self._filters(filters), with_variants=with_variants),
            text,
            lengths=read_lengths(n) if n else None,
            words=cut,
            least=min_hits,
            least_speeches=min_speeches,
            fold_in=fold_in,
            limit=limit,
            progress=progress,
        )

    def speeches(self) -> list[SpeechInfo]:
        """List the speeches of the index, by path."""
        return self.backend.speeches()

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
                    place=name, line=min(lines)
                )
            )
        own = passages[lines.index(start) :]
        if lines[-1] == start and int(match[2]) > start + sum(len(one.text) for one in own):
            raise RequestError(
                _("{place}: no text stands there. The last begins on line {line}").format(
                    place=name, line=start
                )
            )
        return info, passages, range(lines.index(start), len(lines) - lines[::-1].index(start))

    def find_speech(self, name: str) -> SpeechInfo:
        """Find the one speech with this id, or else whose id or title holds this text."""
        speeches = self.backend.speeches()
        folded = fold(Path(name).as_posix().removeprefix("…"))
        tests: list[Callable[[SpeechInfo], bool]] = [
            lambda speech: speech.id == Path(name).as_posix(),
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
                        name=name, count=len(found), names=listed([s.id for s in found])
                    )
                )
        raise no_such(_("speech"), name, [speech.id for speech in speeches])

    def read(self, *names: str) -> Iterator[Speech | Problem]:
        """
        Read speeches from their files, not from the index; all of the corpus where none is named.

        A name is a file, in the corpus or not, or what `find_speech` finds. A file that cannot
        be read yields its problem.
        """
        from .corpus_files import load_speech, walk
        from .reading import Unreadable

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

    def themes(
        self, *, with_variants: bool = True, **filters: Unpack[FilterOptions]
    ) -> list[ThemeCount]:
        """Count the passages of each theme, in the order of the theme file."""
        return list(self.coverage(with_variants=with_variants, **filters).counts)

    def coverage(self, *, with_variants: bool = True, **filters: Unpack[FilterOptions]) -> Coverage:
        """Count the passages of each theme, and what share of all passages has any."""
        from .theme_study import coverage

        return coverage(
            self.backend,
            self.tools.themes.names,
            self._filters(filters),
            with_variants=with_variants,
        )

    def unlabelled(
        self,
        *,
        limit: int = 20,
        sort: str = "corpus",
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> Results:
        """List the passages without a theme; `sort` is ``corpus`` or ``length``, the longest."""
        from .theme_study import UNLABELLED_SORTS, unlabelled

        if sort not in UNLABELLED_SORTS:
            raise no_such(_("sort"), sort, UNLABELLED_SORTS)
        return unlabelled(
            self.backend,
            self._filters(filters),
            limit=limit,
            sort=sort,
            with_variants=with_variants,
        )

    def why(self, name: str) -> list[tuple[Passage, tuple[Verdict, ...]]]:
        """
        Explain the themes of a speech's passages, or of those on one line: ``NAME:LINE``.

        The line is any line of the file on which a part of a passage stands. The verdicts are
        all that any term spoke for or against, best first; those of a passage's `themes` were
        given. A line without a passage that may have a theme raises RequestError.
        """
        from .themes import explain

        speech, on_line = self._passages(name)
        return [
            (passage, explain(self.tools.themes, passage.text, passage.headings_above))
            for passage in (speech.passages if on_line is None else on_line)
            if passage.kind not in UNLABELLED
        ]

    def suggest(
        self,
        name: str,
        *,
        limit: int = 20,
        with_variants: bool = True,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> Suggestions:
        """Propose terms for a theme, by what its passages say more often than others."""
        from .theme_suggest import suggest

        self._check_theme(name)
        return suggest(
            self.backend,
            self.tools.themes,
            name,
            self._filters(filters),
            limit=limit,
            with_variants=with_variants,
            progress=progress,
        )

    def closest(
        self,
        name: str,
        *,
        limit: int = 5,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **filters: Unpack[FilterOptions],
    ) -> list[Closest]:
        """
        Find the sections of other speeches that are closest in theme to those of a speech.

        ``NAME:LINE`` takes the innermost section that holds the line, else every outermost one
        is compared. `filters` are of the sections that they are compared with.
        """
        from .theme_close import closest, own_sections

        speech, on_line = self._passages(name)
        return closest(
            self.backend,
            speech.info.id,
            own_sections(speech.passages, on_line or ()),
            self._filters(filters),
            limit=limit,
            words_file=self.tools.words_file,
            progress=progress,
        )

    def check_themes(self, *names: str) -> list[Checked]:
        """Label the examples of the theme file in force: of these themes, or of all."""
        from .theme_files import check_examples

        for name in names:
            if name not in self.tools.themes.names:
                raise no_such(_("theme"), name, self.tools.themes.names)
        return check_examples(self.tools.themes, names)

    def new_theme(
        self, name: str, terms: Sequence[str], *, weight: float = 5, definition: str | None = None
    ) -> Path:
        """
        Add a theme to the user's own theme file, and give that file.

        That is the one in force, else one at the top of the corpus: it is made, as a copy of
        the file of the tool, where there is none.
        """
        from .corpus_files import SETTINGS_FILES
        from .theme_files import load_themes, with_theme
        from .whole_files import whole_file

        file = (self._settings or Settings()).themes or self.directory / SETTINGS_FILES["themes"]
        raw = file.read_bytes() if file.is_file() else None
        if raw is not None:
            load_themes(file)  # so that what is wrong in it is named with its line
        text = with_theme(
            None if raw is None else raw.decode("utf-8-sig", "replace"),
            name,
            terms,
            weight=weight,
            definition=definition or _("about {terms}").format(terms="、".join(terms)),
        )
        with whole_file(file, bom=raw is not None and raw.startswith(b"\xef\xbb\xbf")) as out:
            out.write(text)
        self._tools = None
        return file

    def would_label(
        self, theme: str, *, progress: Callable[[int, int], None] = lambda done, whole: None
    ) -> list[Hit] | None:
        """
        List the indexed passages that the themes now in force give a theme to.

        None where there is no index. `progress` is called with (passages done, passages in all).
        """
        from .generations import current
        from .theme_suggest import would_label

        if current(self.index_directory) is None:
            return None

        return list(would_label(self.backend, self.tools.themes, theme, progress=progress))

    def profiles(self, *names: str) -> Iterator[SpeechProfile | Problem]:
        """
        Tell what speeches are about, section by section; all of the corpus where none is named.

        A speech of the index is read from there, another from its file.
        """
        from .generations import current
        from .theme_study import speech_profile

        indexed = current(self.index_directory) is not None
        if indexed and not names:
            names = tuple(info.id for info in self.backend.speeches())
        for one in names or [None]:
            known = self.backend.speech(one) if indexed and one is not None else None
            if known is not None:
                yield speech_profile(*known)
                continue
            for read in self.read(*([one] if one is not None else [])):
                yield speech_profile(read.info, read.passages) if isinstance(read, Speech) else read

    def theme_grid(
        self,
        *,
        by: By | None = None,
        with_variants: bool = True,
        **filters: Unpack[FilterOptions],
    ) -> ThemeGrid:
        """Tell the share of each theme in each speech, section or year."""
        from .theme_study import theme_grid

        return theme_grid(
            self.backend,
            self.tools.themes.names,
            self._filters(filters),
            by=by,
            with_variants=with_variants,
        )

    def _passages(self, name: str) -> tuple[Speech, Sequence[Passage] | None]:
        """Read a speech and, if ``NAME:LINE`` names one, find the passages on a line."""
        from .theme_study import passages_on_line

        match = re.fullmatch(r"(.+):(\d+)", name)
        own = match[1] if match and not Path(name).is_file() else name
        speech = next(self.read(own))
        if isinstance(speech, Problem):
            raise RequestError(problem_text(speech))
        if own is name or match is None:
            return speech, None
        clean = self.clean(self._file(own))
        return speech, passages_on_line(clean, speech, int(match[2]))

    def _file(self, name: str) -> Path:
        """Find the file of a speech: a path as it is, or in the corpus, or what the index knows."""
        for file in (Path(name), self.directory / name):
            if file.is_file():
                return file
        from .generations import current

        if current(self.index_directory) is None:
            raise RequestError(_("{file}: there is no such file. Check the path").format(file=name))
        return self.directory / self.find_speech(name).id

    def clean(self, file: Path) -> CleanText:
        """Read one file and take its watermarks out; may raise Unreadable."""
        from .cleaning import clean
        from .reading import read_file

        limits = self.tools.limits
        path = self._speech_id(file)
        raw = read_file(file, path=path, encoding=self._encoding, limits=limits)
        return clean(raw, self.rules)

    def ledger(self, file: Path, clean: CleanText) -> str:
        """Write down what it takes to give a file back from its cleaned text."""
        from .edits import source_text
        from .ledger import ledger, line_ends

        count = len(source_text(clean))
        return ledger(clean, line_ends(file.read_bytes(), clean.encoding, count))

    def learn(self, directory: Path) -> list[Recurring]:
        """Find the lines that recur in the files of a folder where watermarks stand."""
        from .corpus_files import walk
        from .learning import learn
        from .reading import Unreadable, read_file

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
        from .corpus_files import SETTINGS_FILES
        from .learning import with_rules
        from .whole_files import whole_file

        file = (self._settings or Settings()).watermarks
        folder = self.directory
        if learned_from is not None and not self.index_directory.is_dir():
            folder = learned_from
        file = file or folder / SETTINGS_FILES["watermarks"]
        text = file.read_text("utf-8-sig") if file.is_file() else None
        with whole_file(file, bom=False) as out:
            out.write(with_rules(text, lines))
        self._tools = None
        return file

    @property
    def rules(self) -> Rules:
        """The watermark rules in force."""
        return self.tools.rules

    def quotes(
        self,
        text: str | None = None,
        *,
        source: str | None = None,
        show: str = "quotations",
        sort: str = "count",
        indirect: bool = False,
        limit: int = 20,
        with_variants: bool = False,
        **filters: Unpack[FilterOptions],
    ) -> Quotations:
        """
        List what is quoted: what holds a text in some form, from this source; `limit` 0 is all.

        `show` is ``quotations``, ``sources``, who is quoted how often, or ``terms``, what stands
        in quotation marks and is no quotation. `sort` is ``count``, ``date``, ``corpus`` or
        ``source``. With `indirect`, what is told without quotation marks counts too.
        """
        from . import quotations
        from .corpus_files import find_settings
        from .selection import select

        if show not in quotations.SHOWN:
            raise no_such("show", show, quotations.SHOWN)
        if sort not in quotations.SORTS:
            raise no_such(_("sort"), sort, quotations.SORTS)
        own = find_settings(self.directory, self._settings or Settings()).speakers
        return quotations.look(
            self.backend,
            select(self.backend, self._filters(filters), with_variants=with_variants),
            show=show,
            wanted=quotations.Wanted(text=text or "", source=source, indirect=indirect),
            speakers=quotations.known_speakers(own),
            sort=sort,
            limit=limit,
        )

    def cites(
        self,
        text: str | None = None,
        *,
        sort: str = "count",
        unmarked: bool = False,
        limit: int = 20,
        with_variants: bool = False,
        **filters: Unpack[FilterOptions],
    ) -> Citations:
        """
        List the documents named in 《》, one of whose names holds a text; `limit` 0 is all.

        `sort` is ``count``, ``date``, ``corpus`` or ``name``. 党章 and 宪法 count without marks
        where an article or 规定 follows; with `unmarked`, anywhere.
        """
        from . import citations
        from .selection import select

        if sort not in citations.SORTS:
            raise no_such(_("sort"), sort, citations.SORTS)
        return citations.citations(
            self.backend,
            select(self.backend, self._filters(filters), with_variants=with_variants),
            text=text or "",
            sort=sort,
            unmarked=unmarked,
            limit=limit,
        )

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
        """Write the passages that each query finds to files; see `batch_files.write`."""
        from .batch_files import write

        return write(
            self,
            queries,
            destination,
            settings=self._batch_settings(options),
            file_format=file_format,
            columns=columns,
            split=split,
            with_manifest=with_manifest,
            force=force,
            progress=progress,
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
        from .batch_files import write_to

        settings = self._batch_settings(options)
        return write_to(
            self, queries, out, settings=settings, file_format=file_format, columns=columns
        )

    def replay(
        self,
        file: Path,
        destination: Path | None = None,
        *,
        force: bool = False,
        progress: BatchProgress = lambda done, whole, name: None,
    ) -> Replayed:
        """Make an export again, from the manifest beside it, and tell what differs."""
        from .batch_files import replay

        return replay(self, file, destination, force=force, progress=progress)

    def check(self, query: str | None, **filters: Unpack[FilterOptions]) -> None:
        """Raise RequestError for a query that cannot be read, or a filter that names nothing."""
        self._filters(filters)
        if query is not None:
            self._parse(query)

    def file_hashes(self) -> dict[str, str]:
        """Give the SHA-256 of each file of the index, in hex, by its path."""
        from .generations import FILES, current, read_json

        generation = current(self.index_directory)
        records = read_json(generation / FILES) if generation else {}
        return {path: record["sha256"] or "" for path, record in records.items()}

    def index_versions(self) -> dict[str, str]:
        """Name the versions of what decides what is in the index, this program's first."""
        from .generations import MANIFEST, current, read_json

        generation = current(self.index_directory)
        return dict(read_json(generation / MANIFEST)["versions"]) if generation else {}

    def _batch_settings(self, options: BatchOptions) -> BatchSettings:
        from .batch import Settings as BatchSettings

        others: dict[str, Any] = {"with_variants": True, **options}
        filters = {name: others.pop(name) for name in FILTERS if name in others}
        filters = {name: value for name, value in filters.items() if value and value != "all"}
        return BatchSettings(**others, filters=filters)

    def _speech_id(self, file: Path) -> str:
        try:
            return file.resolve().relative_to(self.directory.resolve()).as_posix()
        except ValueError:
            return file.as_posix()

    def _filters(self, options: FilterOptions) -> Filters:
        """Check what the filters name; raise RequestError with the nearest names."""
        for value in options.values():
            if any("\ud800" <= character < "\ue000" for character in "".join(value or "")):  # type: ignore[arg-type]
                raise RequestError(_("filter: it holds bytes that are no text. Type it anew"))
        theme, speech = options.get("theme") or (), options.get("speech")
        themes = (theme,) if isinstance(theme, str) else tuple(theme)
        for name in themes:
            self._check_theme(name)
        part = options.get("part") or "all"
        if part not in PARTS:
            raise no_such(_("part"), part, PARTS)
        since, until = map(_date, (options.get("since"), options.get("until")))
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

    def _check_theme(self, name: str) -> None:
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


def _date(text: str | None) -> str | None:
    """Read a date of any precision, 2023-09 or 2023年9月, as ISO 8601; RequestError for none."""
    if not text or DATE.fullmatch(text):
        return text or None
    from .metadata import find_date

    if date := find_date(text):
        return date
    raise RequestError(
        _("date: {date} is not a date. Write 2023, 2023-09 or 2023-09-14").format(date=text)
    )
