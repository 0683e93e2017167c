"""A backend that scans speeches in memory: the oracle for the one that reads an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby

from lianzheng_search.index.backend import Frame, Occurrences, Run, SourceLine
from lianzheng_search.model import Passage, Speech, SpeechInfo, source_lines
from lianzheng_search.proof.plain_scan import passes
from lianzheng_search.query.filters import Filters
from lianzheng_search.text.folding import fold
from lianzheng_search.text.words import count_words


class ScanBackend:
    """Speeches in memory, every question answered by looking at all of them."""

    def __init__(self, speeches: Iterable[Speech]) -> None:
        ordered = sorted(speeches, key=lambda speech: speech.info.id)
        self._lines = [
            (speech.info, line) for speech in ordered for line in source_lines(speech.passages)
        ]
        self._of: list[tuple[int, int]] = [
            (n, k) for n, (_info, line) in enumerate(self._lines) for k in range(len(line))
        ]

    def refs(self) -> Sequence[int]:
        """Give every passage, in corpus order."""
        return range(len(self._of))

    def in_order(self, refs: Iterable[int]) -> list[int]:
        """Sort passages into corpus order, which is that of their refs."""
        return sorted(refs)

    def occurrences(self, phrase: str) -> Occurrences:
        """Count a folded phrase in each passage by looking for it on every line."""
        counts: dict[int, int] = {}
        first = 0
        for _info, line in self._lines:
            text = fold("".join(passage.text for passage in line))
            at = text.find(phrase)
            while at >= 0:
                ref = first + owner(line, at)
                counts[ref] = counts.get(ref, 0) + 1
                at = text.find(phrase, at + len(phrase))
            first += len(line)
        return Occurrences(list(counts), list(counts.values()))

    def lines_with(self, strings: Sequence[str], *, lacking: int = 0) -> Iterator[Run]:
        """Yield the lines that hold these strings, each as a run."""
        first = 0
        for _info, line in self._lines:
            text = fold("".join(passage.text for passage in line)) + "\n"
            if sum(string not in text for string in set(strings)) <= lacking:
                lengths = [len(passage.text) for passage in line]
                lengths[-1] += 1
                yield Run(first, text, list(accumulate(lengths)))
            first += len(line)

    def is_word(self, text: str) -> bool:
        """Tell whether segmentation cuts this word out of any passage."""
        return bool(self.holding(text))

    def holding(self, word: str) -> Sequence[int]:
        """List the passages of which segmentation cuts this word."""
        return [ref for ref in self.refs() if word in count_words(fold(self._passage(ref).text))]

    def scope(self, filters: Filters) -> set[int] | None:
        """Give the passages that the filters leave, by looking at each."""
        if not filters:
            return None
        return {ref for ref in self.refs() if passes(filters, self.info(ref), self._passage(ref))}

    def line_start(self, ref: int) -> int:
        """Give the first passage of a passage's source line."""
        return ref - self._of[ref][1]

    def line(self, ref: int) -> SourceLine:
        """Give a passage's whole source line."""
        n, k = self._of[ref]
        line = self._lines[n][1]
        return SourceLine(ref - k, line, fold("".join(passage.text for passage in line)))

    def info(self, ref: int) -> SpeechInfo:
        """Tell which speech a passage is from."""
        return self._lines[self._of[ref][0]][0]

    def length(self, ref: int) -> int:
        """Measure a passage in bytes of UTF-16, the line end included, as the index does."""
        n, k = self._of[ref]
        line = self._lines[n][1]
        return len(line[k].text.encode("utf-16-le")) + 2 * (k + 1 == len(line))

    def totals(self) -> tuple[int, int]:
        """Count all passages, and add up their lengths."""
        return len(self._of), sum(map(self.length, self.refs()))

    def count_speeches(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""
        return len({self.info(ref).id for ref in refs})

    def ranges(self) -> Iterator[tuple[SpeechInfo, range]]:
        """Yield every speech with its passages."""
        for _id, refs in groupby(self.refs(), key=lambda ref: self.info(ref).id):
            own = list(refs)
            yield self.info(own[0]), range(own[0], own[-1] + 1)

    def texts(self, refs: range) -> list[str]:
        """Fold the texts of passages; a line end after the last on its line."""
        read = []
        for ref in refs:
            n, k = self._of[ref]
            line = self._lines[n][1]
            read.append(fold(line[k].text) + "\n" * (k + 1 == len(line)))
        return read

    def frames(self, refs: range) -> list[Frame]:
        """Tell what passages are; a section's heading is found by its place."""
        headings = {}
        for ref in self.refs():
            passage = self._passage(ref)
            if passage.kind == "heading":
                headings[self.info(ref).id, passage.sections[-1]] = ref
        frames = []
        for ref in refs:
            passage = self._passage(ref)
            outermost = (self.info(ref).id, passage.sections[0]) if passage.sections else None
            frames.append(
                Frame(passage.kind, passage.themes, headings[outermost] if outermost else None)
            )
        return frames

    def twins(self, refs: Iterable[int]) -> dict[int, int]:
        """Know of no copies."""
        return {}

    def _passage(self, ref: int) -> Passage:
        n, k = self._of[ref]
        return self._lines[n][1][k]


def owner(line: Sequence[Passage], at: int) -> int:
    """Tell in which passage of a line the code point stands, counted from the first passage."""
    return max(k for k, passage in enumerate(line) if passage.column - line[0].column <= at)
