"""The fields and columns of a shard, and how a column is read, scanned and measured."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Any

from whoosh import columns, fields, formats

ENCODING = "utf-16-be"
"""
The encoding of the text column: two bytes for a Han character, not three.

A scan skips further, and a byte that is found at an odd place is seen to be no character.
"""
WINDOW = 1 << 19
"""Number of bytes of a column that are scanned in one go: what fits into a processor's cache."""
OFFSETS_FROM = 1 << 10
"""Minimum number of documents for which a column's offsets are stored, not added up on opening."""


class BytesColumn(columns.VarBytesColumn):  # type: ignore[misc]
    """A column of byte strings that is read value by value, not copied into memory whole."""

    def __init__(self) -> None:
        super().__init__(write_offsets_cutoff=OFFSETS_FROM)

    def reader(self, dbfile: Any, basepos: int, length: int, doccount: int) -> Any:
        """Open the column, of a `CheckedFile`; the name and signature are whoosh's."""
        return self.Reader(dbfile, basepos, length, doccount)

    class Reader(columns.VarBytesColumn.Reader):  # type: ignore[misc]
        """The column as whoosh reads it, its offsets only when they are needed."""

        def __init__(self, dbfile: Any, basepos: int, length: int, doccount: int) -> None:
            self._dbfile, self._basepos = dbfile, basepos
            self._length, self._doccount = length, doccount
            # past whoosh's own layer: a call less for each of very many values
            self._read = dbfile.blocks.read

        def __getattr__(self, name: str) -> Any:
            """Read the offsets and lengths, as whoosh names them, when they are first needed."""
            if name not in ("_offsets", "_lengths"):
                raise AttributeError(name)
            # for most commands read few columns, and the offsets of a large shard take megabytes
            self._read_offsets_and_lengths()
            return self.__dict__[name]

        def __getitem__(self, doc: int) -> bytes:
            start = self._basepos + self._offsets[doc]
            return self._read(start, start + self._lengths[doc])  # type: ignore[no-any-return]

        def length(self, doc: int) -> int:
            """Return the length of one byte string."""
            return self._lengths[doc]  # type: ignore[no-any-return]

        def size(self) -> int:
            """Return the length of all of them together."""
            return self._offsets[-1] + self._lengths[-1] if len(self._offsets) else 0


class TextColumn(BytesColumn):
    """
    A column of folded texts, in ENCODING, that can be searched as one run of bytes.

    The passages of a source line follow one another directly and the last one ends in a line
    end, so that the run is the corpus's lines, and a phrase is found across the border of a
    run-in point but never across lines.
    """

    class Reader(BytesColumn.Reader):
        """The column, and a scan of it."""

        def scan(
            self, needle: bytes, runs: Iterable[tuple[int, int]] | None = None
        ) -> tuple[list[int], list[int]]:
            """
            Find the documents in which matches start, and how many start in each.

            Matches are taken from the left, not overlapping; both lists ascend by document.
            `runs` are the documents to look at, each run of them from the first to before the
            second, in whole lines; None is all.
            """
            docs: list[int] = []
            counts: list[int] = []
            offsets, lengths = self._offsets, self._lengths
            # `free` is where the last match ended: windows overlap, and the next match may not
            # start before it; `end` is where the document `doc` ends.
            step, free, doc, end = len(needle), 0, -1, 0
            for first, last in self._windows(step) if runs is None else self._extents(runs):
                find = self._read(self._basepos + first, self._basepos + last).find
                at = find(needle, max(0, free - first))
                while at >= 0:
                    place = first + at
                    if place & 1:  # the second half of a character and the first of the next
                        at = find(needle, at + 1)
                        continue
                    if place >= end:
                        doc = bisect_right(offsets, place, doc + 1) - 1
                        end = offsets[doc] + lengths[doc]
                        docs.append(doc)
                        counts.append(1)
                    else:
                        counts[-1] += 1
                    free = place + step
                    at = find(needle, at + step)
            return docs, counts

        def texts(self, first: int, last: int) -> list[str]:
            """Read the texts of the documents from the first to before the last."""
            run, ends = self.run(first, last)
            return [run[start:end] for start, end in pairwise([0, *ends])]

        def run(self, first: int, last: int) -> tuple[str, list[int]]:
            """Read the same as one text, and where each document's ends in it, in code points."""
            offsets, lengths = self._offsets, self._lengths
            start, end = offsets[first], offsets[last - 1] + lengths[last - 1]
            try:
                text = self._read(self._basepos + start, self._basepos + end).decode(ENCODING)
            except UnicodeDecodeError:
                self._dbfile.blocks.check_all()  # what is damaged since it was first read
                raise
            if len(text) * 2 < end - start:  # characters of two units among them
                return text, _in_code_points(text, accumulate(lengths[first:last]))
            return text, [end // 2 for end in accumulate(lengths[first:last])]

        def _windows(self, step: int) -> Iterator[tuple[int, int]]:
            """Cover the column with windows, each as long as a match that starts in it may be."""
            size = self.size()
            for first in range(0, size, WINDOW):
                yield first, min(first + WINDOW + step - 2, size)

        def _extents(self, runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
            for first, last in runs:
                yield self._offsets[first], self._offsets[last - 1] + self._lengths[last - 1]


def _in_code_points(text: str, ends: Iterable[int]) -> list[int]:
    """Turn places in the bytes of a text into places in its code points."""
    pairs = [2 * (at + n) for n, at in enumerate(i for i, c in enumerate(text) if c > "\uffff")]
    return [end // 2 - bisect_right(pairs, end - 1) for end in ends]


class WordsField(fields.FieldType):  # type: ignore[misc]
    """Words, for ranking where no passage holds a phrase: which a passage holds, not how often."""

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.scorable = self.stored = self.unique = False
        self.set_sortable(False)


class PackedFormat(formats.Format):  # type: ignore[misc]
    """The format of postings with a value of any length."""

    posting_size = -1


class PackedField(fields.FieldType):  # type: ignore[misc]
    """Terms of one posting each, whose value is what `pack_postings` packed."""

    def __init__(self) -> None:
        self.format = PackedFormat()
        self.scorable = self.stored = self.unique = False
        self.set_sortable(False)


def schema() -> fields.Schema:
    """
    Return the fields and columns of a shard.

    The words of passages; the postings of characters, common strings, parts, themes, numbers;
    the folded texts; what else is kept of a passage, see `Place`.
    """
    return fields.Schema(
        words=WordsField(),
        places=PackedField(),
        folded=fields.COLUMN(TextColumn()),
        place=fields.COLUMN(BytesColumn()),
    )
