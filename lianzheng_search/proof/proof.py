"""Queries, an index and the files -> a `Proof`: what either finds, and what neither can show."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Unpack

from msgspec.structs import replace

from ..cleaning.clean import clean
from ..errors import RequestError
from ..index.changes import Basis, changes_now
from ..index.status import basis
from ..index.tools import Tools, label_passages
from ..index.walk import SourceFile, walk
from ..messages import _, problem_message
from ..model import Passage, SpeechInfo, Value
from ..query.filters import FilterOptions, Scope
from ..query.lists import NamedQuery
from ..query.tree import Field, Gap, Phrase, Query, leaves, parts_of
from ..reading.budget import confine
from ..reading.limits import Unreadable
from ..reading.read import read_file
from ..search.evaluation import find_passages
from ..search.requests import checked_query, with_scope
from ..structure.parse import parse
from ..text.folding import fold
from ..text.words import WORD_RUN, plain_cutter
from .plain_scan import Match, ScanText, scan, scan_text

if TYPE_CHECKING:
    from pathlib import Path

    from ..index.library import Library

PLACES_SHOWN = 20
"""Maximum number of places that are named where the index and the files differ."""
WORDS_SHOWN = 3
"""Number of longer words that are named in which a query stands."""
ProofProgress = Callable[[int, int, str], None]
"""Called with the files read, the files in all, and the path of the one at hand."""


class Question(Value, frozen=True, kw_only=True):
    """A query to be proved: its name, what was typed, the query itself, and what it covers."""

    name: str
    text: str | None
    query: Query | None
    scope: Scope


class ProofRow(Value, frozen=True, kw_only=True):
    """
    What the index and the files say of a query, all copies counted.

    `hits` are occurrences, None where the query is not one phrase; `scan_…` are the same from the
    files. `differ` names places that only one of them has. The rest is what the files have beside:
    `in_copies` passages that say what another says; `in_undated` passages in speeches that the
    dates leave out; `in_removed` occurrences in what was cleaned away; `whole` occurrences on word
    borders, `inside` those in longer words, the commonest of them in `inside_of`.
    """

    name: str
    query: str | None
    hits: int | None
    passages: int
    speeches: int
    scan_hits: int | None
    scan_passages: int
    scan_speeches: int
    differ: tuple[str, ...] = ()
    in_copies: int = 0
    in_undated: int = 0
    in_removed: int = 0
    whole: int = 0
    inside: int = 0
    inside_of: tuple[tuple[str, int], ...] = ()

    @property
    def same(self) -> bool:
        """Whether the index and the files say the same."""
        return not self.differ and self.hits == self.scan_hits


class Proof(Value, frozen=True, kw_only=True):
    """The rows, and what both rest on: the index (`basis`), and the files as they were read now."""

    rows: tuple[ProofRow, ...]
    basis: Basis
    read: int
    not_read: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether the index and the files agree on every query, and on what can be read."""
        return all(row.same for row in self.rows) and self.not_read == self.basis.not_read


class _WordBorders:
    """Where words begin and end in a folded text; a run of it is cut when somebody asks there."""

    def __init__(self, text: str, words_file: Path) -> None:
        self.text = text
        self._cut = plain_cutter(words_file)
        self._known: dict[int, list[int]] = {}

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        return [match.span() for match in WORD_RUN.finditer(self.text)]

    def before(self, place: int) -> int:
        """Return the last border at or before a place."""
        borders = self._around(place)
        return borders[bisect_right(borders, place) - 1] if borders else place

    def after(self, place: int) -> int:
        """Return the first border at or after a place."""
        borders = self._around(place)
        return borders[bisect_left(borders, place)] if borders else place

    def _around(self, place: int) -> list[int]:
        """Return the borders in the run that a place is inside of; none where it is at an end."""
        n = bisect_left(self._runs, (place,)) - 1
        if n < 0 or not self._runs[n][0] < place < self._runs[n][1]:
            return []
        if n not in self._known:
            start, end = self._runs[n]
            lengths = map(len, self._cut(self.text[start:end]))
            self._known[n] = list(accumulate(lengths, initial=start))
        return self._known[n]


class _Tally:
    """What has been counted in the files for one question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.found: dict[str, Set[int]] = {}
        self.hits = self.undated = self.removed = self.whole = self.inside = 0
        self.inside_of: Counter[str] = Counter()

    def take(
        self, info: SpeechInfo, passages: Sequence[Passage], whole: ScanText, cut: _WordBorders
    ) -> None:
        """Count in a speech."""
        query, filters = self.question.query, self.question.scope.filters
        found = scan(info, passages, whole, query, filters)
        if found.passages:
            self.found[info.id] = found.passages
            self._take_matches(found.matches, cut)
        if filters.has_period and info.date is None and filters.undated == "out":
            alone = replace(filters, undated="alone")
            self.undated += len(scan(info, passages, whole, query, alone).passages)

    def _take_matches(self, matches: Sequence[Match], cut: _WordBorders) -> None:
        self.hits += len(matches)
        for start, end in matches:
            left, right = cut.before(start), cut.after(end)
            if (left, right) == (start, end):
                self.whole += 1
            else:
                self.inside += 1
                self.inside_of[cut.text[left:right]] += 1

    def take_removed(self, texts: Sequence[str]) -> None:
        """Count the phrases of the query in what was removed from a file."""
        if self.question.query is not None:
            for leaf in leaves(self.question.query):
                if isinstance(leaf, Phrase):
                    self.removed += sum(text.count(leaf.text) for text in texts)


def prove(
    library: Library,
    queries: Sequence[str | NamedQuery],
    *,
    progress: ProofProgress = lambda done, whole, path: None,
    **filters: Unpack[FilterOptions],
) -> Proof:
    """
    Answer queries from the index, and from all files, which are read now.

    Both answers count every copy. The files are read, cleaned and structured by the same rules as
    for the index; from there on nothing is shared: no posting, no evaluation, no ranking.
    """
    tallies = [_Tally(question) for question in _questions(library, queries, filters)]
    sources = walk(library.directory, library.index_directory, limits=library.tools.limits)
    not_read = dict(_read_files(sources, library.tools, tallies, progress))
    changes = changes_now(library.records, library.directory, library.index_directory)
    return Proof(
        rows=tuple(_row(library, tally) for tally in tallies),
        basis=basis(library.records, library.snapshot.manifest.built, changes),
        read=len(sources) - len(not_read),
        not_read=not_read,
    )


def _questions(
    library: Library, queries: Sequence[str | NamedQuery], filters: FilterOptions
) -> Iterator[Question]:
    """Yield queries as questions; RequestError, with its place in a list, for a faulty one."""
    for one in queries:
        named = NamedQuery(name=one, query=one) if isinstance(one, str) else one
        try:
            query = None if named.query is None else checked_query(library, named.query)
            scope = with_scope(library, {**filters, **named.filters})["scope"]
        except RequestError as error:
            raise (RequestError(f"{named.place}: {error}") if named.place else error) from None
        yield Question(name=named.name, text=named.query, query=query, scope=scope)


def _read_files(
    sources: Sequence[SourceFile],
    tools: Tools,
    tallies: Sequence[_Tally],
    progress: ProofProgress,
) -> Iterator[tuple[str, str]]:
    """Read every file and count in it; yield those that cannot be read, with the reason."""
    themed = any(_asks_for_themes(tally.question) for tally in tallies)
    for n, source in enumerate(sources):
        progress(n, len(sources), source.path)
        try:
            _count_in(source, tools, tallies, themed=themed)
        except Unreadable as unreadable:
            yield source.path, problem_message(unreadable.problem)
    progress(len(sources), len(sources), "")


def _count_in(source: SourceFile, tools: Tools, tallies: Sequence[_Tally], *, themed: bool) -> None:
    raw = read_file(source.file, path=source.path, encoding=tools.encoding, limits=tools.limits)
    with confine(raw.path, sum(map(len, raw.lines)), tools.limits):
        cleaned = clean(raw, tools.rules)
        speech = parse(cleaned)
    passages: Sequence[Passage] = speech.passages
    if themed:  # half of the time of a reading: only where somebody asks for it
        passages = list(label_passages(passages, tools.themes))
    whole = scan_text(passages)
    removed = [fold(removal.text) for removal in cleaned.removals]
    cut = _WordBorders(whole.text, tools.words_file)
    for tally in tallies:
        tally.take(speech.info, passages, whole, cut)
        tally.take_removed(removed)


def _asks_for_themes(question: Question) -> bool:
    if question.scope.filters.themes:
        return True
    parts = parts_of(question.query) if question.query is not None else ()
    return any(isinstance(part, Field) and part.name == "theme" for part in parts)


def _row(library: Library, tally: _Tally) -> ProofRow:
    """Ask the index, and set its answer beside that of the files."""
    question, backend = tally.question, library.backend
    whole = Scope(filters=question.scope.filters, with_copies=True)
    if question.query is None:
        allowed = backend.scope(whole.filters)
        refs: Sequence[int] = sorted(backend.refs() if allowed is None else allowed)
        counts: Sequence[int] | None = None
    else:
        matching = find_passages(backend, question.query, whole)
        refs, counts = matching.refs, matching.counts
    one_phrase = isinstance(question.query, Phrase | Gap)
    found: dict[str, set[int]] = {}
    chosen = set(refs)
    for info, own in backend.ranges():
        if numbers := {ref - own.start for ref in own if ref in chosen}:
            found[info.id] = numbers
    return ProofRow(
        name=question.name,
        query=question.text,
        hits=sum(counts) if one_phrase and counts is not None else None,
        passages=len(refs),
        speeches=len(found),
        scan_hits=tally.hits if one_phrase else None,
        scan_passages=sum(map(len, tally.found.values())),
        scan_speeches=len(tally.found),
        differ=tuple(_differing(found, tally))[:PLACES_SHOWN],
        in_copies=len(backend.twins(refs)),
        in_undated=tally.undated,
        in_removed=tally.removed,
        whole=tally.whole,
        inside=tally.inside,
        inside_of=tuple(tally.inside_of.most_common(WORDS_SHOWN)),
    )


def _differing(found: Mapping[str, set[int]], tally: _Tally) -> Iterator[str]:
    """Yield the places that only the index has, or only the files."""
    for speech in sorted(found.keys() | tally.found.keys()):
        ours, theirs = found.get(speech, set()), tally.found.get(speech, set())
        for n in sorted(ours ^ theirs):
            yield _("{speech}, passage {n}").format(speech=speech, n=n + 1)
