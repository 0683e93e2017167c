"""The shards of an index -> a backend: what a phrase, a filter and a ranking find in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

from ...files.checksums import Fault
from ...model import Passage, SpeechInfo
from ...query.filters import Filters, matches_path, section_number
from ...text.folding import fold
from ..backend import Frame, Occurrences, Run, SourceLine
from .files import Shard
from .passages import Passages
from .phrases import Phrases
from .shards import OpenShards
from .speeches import SpeechRow
from .terms import Terms


class WhooshBackend:
    """
    A backend over the shards of an index; open until `close`.

    `fault` makes what is raised when something that is read is damaged, now or later. `rows`
    list the speeches by path. A ref is a document's number, counted through all shards.
    """

    def __init__(
        self,
        index_directory: Path,
        shards: Sequence[Shard],
        rows: Sequence[SpeechRow],
        fault: Fault,
    ) -> None:
        self._shards = OpenShards(index_directory, shards, rows, fault)
        self._speeches = self._shards.speeches
        self._terms = Terms(self._shards)
        self._passages = Passages(self._shards)
        self._phrases = Phrases(self._shards, self._terms, self._passages)

    def close(self) -> None:
        """Release the files; the backend is of no use afterwards."""
        self._shards.close()

    def refs(self) -> Sequence[int]:
        """Return every passage, in corpus order."""
        return list(self._speeches.refs_of(range(self.number_of_speeches)))

    def in_order(self, refs: Iterable[int]) -> list[int]:
        """Sort passages into corpus order."""
        return self._speeches.in_order(refs)

    def occurrences(self, phrase: str) -> Occurrences:
        """Count how often a folded phrase starts in each passage."""
        return self._phrases.occurrences(phrase)

    def lines_with(self, strings: Sequence[str], *, lacking: int = 0) -> Iterator[Run]:
        """Yield the lines that hold all characters of these strings, and all common strings."""
        return self._phrases.lines_with(strings, lacking=lacking)

    def is_word(self, text: str) -> bool:
        """Check whether segmentation cut this word out of any passage."""
        return self._terms.is_word(text)

    def holding(self, word: str) -> Sequence[int]:
        """List the passages that hold a word, as segmentation cut it."""
        return self._terms.with_word(word)

    def scope(self, filters: Filters) -> set[int] | None:
        """Return the passages that the filters leave, each filter by its own postings."""
        left: set[int] | None = None
        for passed in self._passed(filters):
            # None is "no filter", an empty set "nothing left": the difference decides what is read
            left = passed if left is None else left & passed
        return left

    def _passed(self, filters: Filters) -> Iterator[set[int]]:
        """Yield, for each of the filters, the passages that it leaves."""
        if filters.section is not None:
            yield self._in_section(filters.section)
        if filters.themes:
            # any of several themes will do, while all of the filters must hold
            terms = (f"theme:{theme}" for theme in filters.themes)
            yield set(chain.from_iterable(map(self._terms.refs, terms)))
        if filters.part != "all":
            yield set(self._terms.refs(f"part:{filters.part}"))
        rows = self._speeches.rows
        if filters.speech is not None:
            numbers = (n for n, row in enumerate(rows) if row.id == filters.speech)
            yield set(self._speeches.refs_of(numbers))
        if filters.path is not None:
            pattern = filters.path
            numbers = (n for n, row in enumerate(rows) if matches_path(row.id, pattern))
            yield set(self._speeches.refs_of(numbers))
        if filters.title is not None or filters.has_period:
            # titles are few and read already with the rows, so they need no postings
            title = fold(filters.title or "")
            numbers = (
                n
                for n, row in enumerate(rows)
                if title in fold(row.title) and filters.takes(row.date)
            )
            yield set(self._speeches.refs_of(numbers))

    def _in_section(self, text: str) -> set[int]:
        """Return the passages under headings that hold a text, or have it as their number."""
        inside: set[int] = set()
        wanted = section_number(text)
        if wanted is not None:
            rank, number = wanted
            term = f"number:{number}" if rank is None else f"number:{rank}:{number}"
            for ref in self._terms.refs(term):
                # a section is a run of documents, since the passages of a speech are stored in
                # reading order
                inside.update(range(ref, ref + self._passages.own_section(ref).extent))
            return inside
        folded = fold(text)
        # a text is looked for everywhere at once: a scan per heading would cost more
        headings = set(self._terms.refs("part:heading"))
        for ref in headings.intersection(self.occurrences(folded).refs):
            own = self._passages.own_section(ref)
            # the text may begin in the heading and end in the paragraph that it runs into
            if folded in self._passages.folded(ref)[own.start :][: own.length]:
                inside.update(range(ref, ref + own.extent))
        return inside

    def line_start(self, ref: int) -> int:
        """Return the first passage of a passage's source line."""
        return self._phrases.line_start(ref)

    def line(self, ref: int) -> SourceLine:
        """Return a passage's whole source line."""
        return self._passages.line(ref)

    def info(self, ref: int) -> SpeechInfo:
        """Return what is known of the speech that a passage is from."""
        return self._speeches.info(self._speeches.row(ref))

    def length(self, ref: int) -> int:
        """Return the length of a passage in bytes."""
        return self._passages.length(ref)

    def totals(self) -> tuple[int, int]:
        """Return the number of all passages, and the sum of their lengths."""
        return self._shards.live, self._text_bytes

    @cached_property
    def _text_bytes(self) -> int:
        return sum(row.text_bytes for row in self._speeches.rows)

    def count_speeches(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""
        return self._speeches.count(refs)

    def twins(self, refs: Iterable[int]) -> dict[int, int]:
        """Return, for passages that say what another of these says in a copy, that other."""
        return self._speeches.twins(refs)

    def ranges(self) -> Iterator[tuple[SpeechInfo, range]]:
        """Yield every speech that has passages, by path, with them."""
        for n, row in enumerate(self._speeches.rows):
            if row.passages:
                yield self._speeches.info(n), self._speeches.refs(n)

    def texts(self, refs: range) -> list[str]:
        """Read the folded texts of passages that follow one another, in one go."""
        return self._passages.texts(refs)

    def frames(self, refs: range) -> list[Frame]:
        """Read what passages of one speech are, without their texts."""
        return self._passages.frames(refs)

    def passage(self, ref: int) -> Passage:
        """Read a passage."""
        return self._passages.passage(ref)

    def folded_passages(self, speech: str) -> list[str]:
        """Read the folded text of each passage of a speech, by its id; [] if it is not there."""
        n = self._speeches.number(speech)
        return [] if n is None else list(map(self._passages.folded, self._speeches.refs(n)))

    def speech(self, speech: str) -> tuple[SpeechInfo, list[Passage]] | None:
        """Read a whole speech by its id; None if it is not there."""
        if (n := self._speeches.number(speech)) is None:
            return None
        return self._speeches.info(n), list(map(self.passage, self._speeches.refs(n)))

    @property
    def number_of_speeches(self) -> int:
        """The number of speeches."""
        return len(self._speeches.rows)

    def speeches(self) -> list[SpeechInfo]:
        """List every speech, by path."""
        return list(map(self._speeches.info, range(self.number_of_speeches)))

    def has_theme(self, name: str) -> bool:
        """Check whether any passage is about a theme."""
        return self._terms.occurs(f"theme:{name}")
