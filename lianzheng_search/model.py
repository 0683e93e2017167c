"""Every noun of the tool, as a frozen value; imports nothing of ours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["title", "salutation", "heading", "body", "closing"]
"""What a passage is in its speech."""
INDEX_FOLDER = ".lianzheng"
"""Where a corpus's index lies, in the corpus, unless it is said otherwise."""
INDEX_MARKER, INDEX_MARK = "INDEX", b"lianzheng-search\n"
"""The file that says that a folder is an index, wherever it lies, and what stands in it."""
DEFAULT_CORPUS = "corpus"
"""Where the speeches are looked for if nothing is said: this folder, if it is there, else here."""
Progress = Callable[[int, int], None]
"""What a long task calls from time to time, with how much is done and how much there is."""
UNLABELLED: tuple[Kind, ...] = ("title", "salutation")
"""Kinds of passages that are about no theme: a title names the occasion."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """
    What every noun is: fields that are set once, compared and hashed by their values.

    A msgspec struct does what a frozen dataclass does, and costs a fiftieth of its time when the
    module is imported: with some thirty of them, a fifth of a whole search.
    """


class Span(Value, frozen=True, order=True, array_like=True):
    """A half-open range of code points, ``text[start:end]``. Never bytes, never tokens."""

    start: int
    end: int


class Problem(Value, frozen=True, kw_only=True):
    """
    Something about a file that its owner should know; never raised, always collected.

    `message` is an English template (a message id of the catalogue) and `values` fill it, so
    that a problem kept in an index can be told in the language of whoever reads it. `column` is
    the 0-based code point on the line, where it is known.
    """

    path: str
    line: int | None
    message: str
    values: Mapping[str, str | int] = {}
    column: int | None = None


class Settings(Value, frozen=True, kw_only=True):
    """
    Where the rules come from: a file of the user's own each, or None for the package's.

    `limits` that lie in the corpus can only lower what a file may ask for; `limits_given` says
    that the user named them.
    """

    watermarks: Path | None = None
    themes: Path | None = None
    words: Path | None = None
    limits: Path | None = None
    speakers: Path | None = None
    limits_given: bool = True


class RawFile(Value, frozen=True, kw_only=True):
    """
    One decoded file.

    `path` is its POSIX path in the corpus; `lines` have no line ends; `encoding` is the one it
    was decoded with; line numbers count from 1 everywhere. `headings` gives the level, from 1, of
    those lines that the format itself calls headings (a Word style, <h2>, ##). `removals` are
    what stands in the file but not in its lines: page headers, footers, deleted text.
    """

    path: str
    encoding: str
    lines: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    headings: Mapping[int, int] = {}
    removals: tuple[Removal, ...] = ()


class Shift(Value, frozen=True):
    """From `column` of a cleaned line on, its text stands at another place of the file."""

    column: int
    source_line: int
    source_column: int


class Line(Value, frozen=True):
    """
    A line of a file: the number of its first source line, from 1, and its text, without the end.

    `shifts`, by ascending column, lead back to the file where cleaning has edited the line or
    joined others to it; without any, the text is that of the source line.
    """

    number: int
    text: str
    shifts: tuple[Shift, ...] = ()


class Removal(Value, frozen=True, kw_only=True):
    """
    What was taken out of a file, verbatim: by a watermark rule, or by the reader of its format.

    `line` is None for what stands outside the lines (a page header). `column` is None for a whole
    line; else `text` stood at this code point of the source line, and `put` stands there now.
    A line end in `text` joins the line to the next one that is not removed as a whole; what
    follows it stood at the beginning of that one.
    """

    line: int | None
    rule: str
    text: str
    column: int | None = None
    put: str = ""


class CleanText(Value, frozen=True, kw_only=True):
    """
    A file without its watermarks.

    Lines and removals together are the file: see `cleaning.source_text`. The numbers of `lines`,
    of the `removals` of whole lines and of the lines joined to others are 1, 2, … without gap or
    repetition. `headings` are those of the RawFile.
    """

    path: str
    encoding: str
    lines: tuple[Line, ...]
    removals: tuple[Removal, ...] = ()
    problems: tuple[Problem, ...] = ()
    headings: Mapping[int, int] = {}


class Section(Value, frozen=True, kw_only=True):
    """
    A section, named by its heading.

    `level` 1 is 一、, 2 is （一）, 3 is 1., 4 is （1）, 5 is ①, each one more for every kind of
    第…部分, 第…章, 第…节 that stands above them in the speech, and deeper where the text has them
    the other way round. `number` is None where the heading has lost its own or never had one;
    `heading` is as printed, with its marker, without the full stop that ends a run-in heading.
    `line`, `column` and `source` are those of a Passage.
    """

    line: int
    column: int
    level: int
    number: int | None
    marker: str
    heading: str
    source: tuple[int, int] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """The line of the source file, from 1, and the code point on it, from 0: what is cited."""
        return self.source or (self.line, self.column)


class Passage(Value, frozen=True, kw_only=True):
    """
    The unit that is indexed, labelled, ranked, cited: a heading, a paragraph, a run-in point.

    `line` is the 1-based number of the cleaned line and `column` the 0-based code point at which
    `text` starts on it; `source` is its line and column in the decoded file where cleaning has
    made them others, and None elsewhere: cite `place`, match by `line` and `column`. `sections`
    lead from the outermost in (a heading's own one is the last); `point` is the marker of a
    run-in point; `touches` says that the passage before it stands on the same cleaned line, right
    up to `column`.
    """

    line: int
    column: int
    kind: Kind
    text: str
    sections: tuple[Section, ...] = ()
    point: str | None = None
    touches: bool = False
    themes: tuple[str, ...] = ()
    source: tuple[int, int] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """The line of the source file, from 1, and the code point on it, from 0: what is cited."""
        return self.source or (self.line, self.column)

    @property
    def section(self) -> tuple[str, ...]:
        """The headings over the passage, each as printed, from the outermost in."""
        return tuple([section.heading for section in self.sections])

    @property
    def headings_above(self) -> tuple[str, ...]:
        """The headings over the passage; a heading is not over itself."""
        return self.section[:-1] if self.kind == "heading" else self.section

    @property
    def section_number(self) -> int | None:
        """The number of the innermost section that has one."""
        for section in reversed(self.sections):
            if section.number is not None:
                return section.number
        return None


class SpeechInfo(Value, frozen=True, kw_only=True):
    """
    What is known of a speech as a whole.

    `id` is its path in the corpus, POSIX form; `title` is joined where it spans lines; `date` is
    ISO 8601, as precise as known; `venue` is the occasion or the place; `source` is who published
    it.
    """

    id: str
    title: str
    date: str | None = None
    venue: str | None = None
    speaker: str | None = None
    source: str | None = None


class Speech(Value, frozen=True, kw_only=True):
    """A speech: its passages in reading order tile every line that cleaning left."""

    info: SpeechInfo
    passages: tuple[Passage, ...]
    removals: tuple[Removal, ...] = ()
    problems: tuple[Problem, ...] = ()


class Hit(Value, frozen=True, kw_only=True):
    """
    A passage found, and where in it.

    `spans` are the places of the query in ``passage.text``, ascending, not overlapping. Where a
    phrase runs over the border of a run-in point, the text goes on to the end of the passage in
    which the phrase ends. A hit that holds only words of the query, not the query (`exact` is
    False), has no spans; `words` are then what to mark. `copies` are the ids of speeches that
    have a copy of the passage, where those were found too and left out. `line` is the whole
    source line.
    """

    info: SpeechInfo
    passage: Passage
    spans: tuple[Span, ...] = ()
    score: float | None = None
    exact: bool = True
    words: tuple[Span, ...] = ()
    copies: tuple[str, ...] = ()
    line: tuple[Passage, ...] = ()


def place_in_source(line: Line, column: int) -> tuple[int, int]:
    """
    Return the source line and the column on it at which a character of a cleaned line stands.

    >>> line = Line(3, "清风正气", (Shift(2, 4, 1),))
    >>> place_in_source(line, 1), place_in_source(line, 3)
    ((3, 1), (4, 2))
    """
    at = bisect_right(line.shifts, column, key=lambda shift: shift.column) - 1
    if at < 0:
        return line.number, column
    shift = line.shifts[at]
    return shift.source_line, shift.source_column + column - shift.column


def source_lines(passages: Sequence[Passage]) -> Iterator[tuple[Passage, ...]]:
    """Group passages in reading order by source line: those that touch belong together."""
    start = 0
    for end in range(1, len(passages) + 1):
        if end == len(passages) or not passages[end].touches:
            yield tuple(passages[start:end])
            start = end
