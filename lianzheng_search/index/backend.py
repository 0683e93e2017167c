"""What search asks of an index: the protocol of a backend, and the values it answers with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ..model import Kind, Passage, SpeechInfo, Value
from ..query.filters import Filters


class Occurrences(Value, frozen=True):
    """Where something was found: passages, ascending by ref, and how often it starts in each."""

    refs: Sequence[int]
    counts: Sequence[int]


class Frame(Value, frozen=True):
    """What a passage is without its text; `section` is the ref of its outermost heading."""

    kind: Kind
    themes: tuple[str, ...]
    section: int | None


class SourceLine(Value, frozen=True):
    """The passages of a source line, the ref of the first, and their folded text in one."""

    first: int
    passages: tuple[Passage, ...]
    folded: str


class Run(Value, frozen=True):
    """
    Passages that follow one another, in whole source lines: the first, and their folded text.

    Each line ends in a line end; ``ends[k]`` is where the text of the passage ``first + k`` ends.
    """

    first: int
    text: str
    ends: Sequence[int]


class Backend(Protocol):
    """
    Anything that can keep passages and say where a phrase occurs.

    A passage is known by its `ref`, a number. A match belongs to the passage in which it starts,
    even if it runs over the border of a run-in point. What is found is counted as ``str.count``
    counts it on each source line: from the left, not overlapping.
    """

    def refs(self) -> Sequence[int]:
        """Return every passage, in corpus order: by path, line, column."""

    def in_order(self, refs: Iterable[int]) -> list[int]:
        """Sort passages into corpus order."""

    def occurrences(self, phrase: str) -> Occurrences:
        """Count how often a folded phrase starts in each passage; those without it are left out."""

    def lines_with(self, strings: Sequence[str], *, lacking: int = 0) -> Iterator[Run]:
        """
        Yield the source lines that hold all of these folded strings, in runs, ascending by ref.

        `lacking` 1 is those, too, that lack one of the strings. There may be others among them
        that hold fewer, but none is left out.
        """

    def is_word(self, text: str) -> bool:
        """Check whether segmentation cut this word out of any passage."""

    def holding(self, word: str) -> Sequence[int]:
        """List the passages that hold a word, as segmentation cut it; ascending."""

    def scope(self, filters: Filters) -> set[int] | None:
        """Return the passages that the filters leave; None if they leave all."""

    def line_start(self, ref: int) -> int:
        """Return the first passage of the source line that a passage stands on."""

    def line(self, ref: int) -> SourceLine:
        """Return the source line that a passage stands on."""

    def info(self, ref: int) -> SpeechInfo:
        """Return what is known of the speech that a passage is from."""

    def length(self, ref: int) -> int:
        """Measure a passage's text, in any unit that grows with it."""

    def totals(self) -> tuple[int, int]:
        """Count all passages, and add up their lengths."""

    def count_speeches(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""

    def ranges(self) -> Iterator[tuple[SpeechInfo, range]]:
        """Yield every speech, by path, with its passages."""

    def texts(self, refs: range) -> list[str]:
        """
        Read the folded texts of passages whose refs follow one another.

        A text that ends its source line has a line end, so that all of them joined are the lines.
        """

    def frames(self, refs: range) -> list[Frame]:
        """Return what passages of a speech are, without reading their texts."""

    def twins(self, refs: Iterable[int]) -> dict[int, int]:
        """Map each passage that says what another of these says, in a copy, to that other."""


def runs_of(refs: Sequence[int]) -> Iterator[range]:
    """
    Yield the runs of passages that follow one another.

    >>> list(runs_of([4, 5, 6, 9]))
    [range(4, 7), range(9, 10)]
    """
    if isinstance(refs, range):
        yield refs
        return
    start = 0
    for end in range(1, len(refs) + 1):
        if end == len(refs) or refs[end] != refs[end - 1] + 1:
            yield range(refs[start], refs[end - 1] + 1)
            start = end


def places_of(value: int, values: Sequence[int]) -> Iterator[int]:
    """Yield where a value stands."""
    at = -1
    while True:
        try:
            at = values.index(value, at + 1)
        except ValueError:
            return
        yield at


def kind_part(kind: str) -> str:
    """
    Return the value of ``--in`` that a kind of passage belongs to.

    >>> kind_part("salutation"), kind_part("heading")
    ('body', 'heading')
    """
    return kind if kind in ("title", "heading") else "body"
