"""What a corpus is studied by: quotations, set phrases, counts, themes; each is a command, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from .errors import RequestError
from .messages import _, no_such, problem_text
from .model import UNLABELLED, Passage, Problem, Settings, Speech
from .opened import PLACE, Opened, date_of, is_file
from .query.filters import FilterOptions, ScopeOptions, checked_text
from .search.matching import Results

if TYPE_CHECKING:
    from .model import Hit
    from .study.frequencies import Dispersion, Frequencies
    from .study.ngrams import NGrams
    from .study.theme_coverage import By, Coverage, SpeechProfile, ThemeCount, ThemeGrid
    from .study.theme_neighbours import Closest
    from .study.theme_terms import Suggestions
    from .study.word_counts import Collocates, Keyness, WordList
    from .themes.label import Verdict
    from .themes.theme_files import Checked
    from .wording.cited_documents import Citations
    from .wording.quotations import Quotations
    from .wording.repeated_strings import Progress as Counting
    from .wording.set_phrases import SetPhrases


class Study(Opened):
    """A corpus and what can be counted in it; see `Opened`."""

    def quotes(
        self,
        text: str | None = None,
        *,
        source: str | None = None,
        show: str = "quotations",
        sort: str = "count",
        indirect: bool = False,
        limit: int = 20,
        **options: Unpack[ScopeOptions],
    ) -> Quotations:
        """
        List what is quoted: what holds a text in some form, from this source; `limit` 0 is all.

        `show` is ``quotations``, ``sources``, who is quoted how often, or ``terms``, what stands
        in quotation marks and is no quotation. `sort` is ``count``, ``date``, ``corpus`` or
        ``source``. With `indirect`, what is told without quotation marks counts too.
        """
        from .index.tools import find_settings
        from .search.selection import select
        from .wording import quotations
        from .wording.speakers import known_speakers

        if show not in quotations.SHOWN:
            raise no_such("show", show, quotations.SHOWN)
        if sort not in quotations.SORTS:
            raise no_such(_("sort"), sort, quotations.SORTS)
        own = find_settings(self.directory, self._settings or Settings()).speakers
        return quotations.look(
            self.backend,
            select(self.backend, self._scope(options)),
            show=show,
            wanted=quotations.Wanted(
                text=checked_text(text or ""),
                source=source and checked_text(source),
                indirect=indirect,
            ),
            speakers=known_speakers(own),
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
        **options: Unpack[ScopeOptions],
    ) -> Citations:
        """
        List the documents named in 《》, one of whose names holds a text; `limit` 0 is all.

        `sort` is ``count``, ``date``, ``corpus`` or ``name``. 党章 and 宪法 count without marks
        where an article or 规定 follows; with `unmarked`, anywhere.
        """
        from .search.selection import select
        from .wording import cited_documents as citations

        if sort not in citations.SORTS:
            raise no_such(_("sort"), sort, citations.SORTS)
        return citations.citations(
            self.backend,
            select(self.backend, self._scope(options)),
            text=checked_text(text or ""),
            sort=sort,
            unmarked=unmarked,
            limit=limit,
        )

    def phrases(
        self,
        text: str | None = None,
        *,
        min_speeches: int | None = None,
        sort: str = "weight",
        limit: int = 0,
        new_since: str | None = None,
        gone_since: str | None = None,
        progress: Counting = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> SetPhrases:
        """
        Find the set phrases (提法), or those that hold a text; see `set_phrases.set_phrases`.

        `sort` is ``weight`` (in many speeches, and long), ``speeches``, ``hits``, ``first`` (the
        earliest first), ``last`` (the latest first) or ``length``. Copies count once, unless
        `with_variants`.
        """
        from .search.selection import select
        from .wording.set_phrases import SORTS as PHRASE_SORTS
        from .wording.set_phrases import set_phrases

        if sort not in PHRASE_SORTS:
            raise no_such(_("sort"), sort, PHRASE_SORTS)
        return set_phrases(
            self.backend,
            select(self.backend, self._scope(options)),
            text and checked_text(text),
            least=min_speeches,
            sort=sort,
            limit=limit,
            new_since=date_of(new_since),
            gone_since=date_of(gone_since),
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
        progress: Counting = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> NGrams:
        """
        Count the n-grams, or those that hold a text, the most frequent first; see `ngrams.ngrams`.

        `n` is how long they are, ``4`` or ``2..8``, of `unit`: ``characters`` or ``words``.
        Copies count once, unless `with_variants`.
        """
        from .search.selection import select
        from .study.ngrams import UNITS, ngrams, read_lengths
        from .text.words import words

        if unit not in UNITS:
            raise no_such(_("unit"), unit, UNITS)
        cut = partial(words, words_file=self.tools.words_file) if unit == "words" else None
        return ngrams(
            self.backend,
            select(self.backend, self._scope(options)),
            text and checked_text(text),
            lengths=read_lengths(n) if n else None,
            words=cut,
            least=min_hits,
            least_speeches=min_speeches,
            fold_in=fold_in,
            limit=limit,
            progress=progress,
        )

    def freq(
        self,
        queries: Sequence[str],
        *,
        by: str = "none",
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> Frequencies:
        """
        Count how often queries are found, in all and by one of `counting.GROUPS`.

        What is counted is what `search` marks; frequencies are per 10,000 characters of the text
        that the filters leave, not of that which a query's own fields leave.
        """
        from .study.frequencies import GROUPS, frequencies

        if by not in GROUPS:
            raise no_such(_("group"), by, GROUPS)
        names = list(self.tools.themes.names) if by == "theme" else []
        return frequencies(
            self.backend,
            {query: self._parse(query) for query in queries},
            self._scope(options),
            by=by,
            themes=names,
            progress=progress,
        )

    def words(
        self,
        *,
        limit: int = 20,
        stop_words: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> WordList:
        """
        List the words of the text that the filters leave, the most frequent first; 0 is all.

        Stop words, single characters and numbers are left out unless `stop_words`.
        """
        from .study.word_counts import word_list

        return word_list(
            self.backend,
            self._scope(options),
            limit=limit,
            stop_words=stop_words,
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
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> Collocates:
        """
        List the words near the hits of a query; see `word_counts.collocates`.

        `window` is in words on each side, None the sentence.
        """
        from .study.word_counts import MEASURES, collocates

        if by not in MEASURES:
            raise no_such(_("measure"), by, MEASURES)
        return collocates(
            self.backend,
            query,
            self._parse(query),
            self._scope(options),
            window=window,
            by=by,
            least=least,
            limit=limit,
            stop_words=stop_words,
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
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> Keyness:
        """
        List the words more frequent in the passages of one query than in those of another.

        Without `b`, that is all the others that the filters leave. See `word_counts.key_words`.
        """
        from .study.word_counts import KEYNESS_MEASURES, key_words

        if by not in KEYNESS_MEASURES:
            raise no_such(_("measure"), by, KEYNESS_MEASURES)
        return key_words(
            self.backend,
            (a, self._parse(a)),
            None if b is None else (b, self._parse(b)),
            self._scope(options),
            by=by,
            least=least,
            limit=limit,
            stop_words=stop_words,
            words_file=self.tools.words_file,
            progress=progress,
        )

    def dispersion(
        self,
        queries: Sequence[str],
        **options: Unpack[ScopeOptions],
    ) -> list[Dispersion]:
        """Measure how evenly queries are spread over the speeches that the filters leave."""
        from .study.frequencies import dispersion

        scope = self._scope(options)
        return [
            dispersion(self.backend, query, self._parse(query), scope)
            for query in dict.fromkeys(queries)
        ]

    def themes(self, **options: Unpack[ScopeOptions]) -> list[ThemeCount]:
        """Count the passages of each theme, in the order of the theme file."""
        return list(self.coverage(**options).counts)

    def coverage(self, **options: Unpack[ScopeOptions]) -> Coverage:
        """Count the passages of each theme, and what share of all passages has any."""
        from .study.theme_coverage import coverage

        return coverage(
            self.backend,
            self.tools.themes.names,
            self._scope(options),
        )

    def unlabelled(
        self,
        *,
        limit: int = 20,
        sort: str = "corpus",
        **options: Unpack[ScopeOptions],
    ) -> Results:
        """List the passages without a theme; `sort` is ``corpus`` or ``length``, the longest."""
        from .study.theme_coverage import UNLABELLED_SORTS, unlabelled

        if sort not in UNLABELLED_SORTS:
            raise no_such(_("sort"), sort, UNLABELLED_SORTS)
        return unlabelled(
            self.backend,
            self._scope(options),
            limit=limit,
            sort=sort,
        )

    def why(self, name: str) -> list[tuple[Passage, tuple[Verdict, ...]]]:
        """
        Explain the themes of a speech's passages, or of those on one line: ``NAME:LINE``.

        The line is any line of the file on which a part of a passage stands. The verdicts are
        all that any term spoke for or against, best first; those of a passage's `themes` were
        given. A line without a passage that may have a theme raises RequestError.
        """
        from .themes.label import explain

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
        progress: Callable[[int, int], None] = lambda done, whole: None,
        **options: Unpack[ScopeOptions],
    ) -> Suggestions:
        """Propose terms for a theme, by what its passages say more often than others."""
        from .study.theme_terms import suggest

        self._check_theme(name)
        return suggest(
            self.backend,
            self.tools.themes,
            name,
            self._scope(options),
            limit=limit,
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
        from .study.theme_neighbours import closest, own_sections

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
        from .themes.theme_files import check_examples

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
        from .files.user_files import change_file
        from .index.walk import SETTINGS_FILES
        from .themes.theme_files import load_themes, with_theme

        file = (self._settings or Settings()).themes or self.directory / SETTINGS_FILES["themes"]

        def add(text: str | None) -> str:
            if text is not None:
                load_themes(file)  # so that what is wrong in it is named with its line
            told = definition or _("about {terms}").format(terms="、".join(terms))
            return with_theme(text, name, terms, weight=weight, definition=told)

        change_file(file, add)
        self._tools = None
        return file

    def would_label(
        self, theme: str, *, progress: Callable[[int, int], None] = lambda done, whole: None
    ) -> list[Hit] | None:
        """
        List the indexed passages that the themes now in force give a theme to.

        None where there is no index. `progress` is called with (passages done, passages in all).
        """
        from .study.theme_terms import would_label

        if not self.has_index:
            return None
        return list(would_label(self.backend, self.tools.themes, theme, progress=progress))

    def profiles(self, *names: str) -> Iterator[SpeechProfile | Problem]:
        """
        Tell what speeches are about, section by section; all of the corpus where none is named.

        A speech of the index is read from there, another from its file.
        """
        from .study.theme_coverage import speech_profile

        indexed = self.has_index
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
        **options: Unpack[ScopeOptions],
    ) -> ThemeGrid:
        """Tell the share of each theme in each speech, section or year."""
        from .study.theme_coverage import theme_grid

        return theme_grid(
            self.backend,
            self.tools.themes.names,
            self._scope(options),
            by=by,
        )

    def _passages(self, name: str) -> tuple[Speech, Sequence[Passage] | None]:
        """Read a speech and, if ``NAME:LINE`` names one, find the passages on a line."""
        from .study.theme_coverage import passages_on_line

        match = PLACE.fullmatch(name)
        own = match[1] if match and not is_file(Path(name)) else name
        speech = next(self.read(own))
        if isinstance(speech, Problem):
            raise RequestError(problem_text(speech))
        if own is name or match is None:
            return speech, None
        clean = self.clean(self._file(own))
        return speech, passages_on_line(clean, speech, int(match[2]))
