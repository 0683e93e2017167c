"""A shard, one Whoosh index of some speeches: its fields and columns, and how places are packed."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, compress, pairwise
from typing import Any

import msgspec
from whoosh import columns, fields, formats

from ...model import Kind

KINDS: tuple[Kind, ...] = ("title", "salutation", "heading", "body", "closing")
ENCODING = "utf-16-be"
"""Of the text column: two bytes for a Han character, not three, and a scan that skips further."""
LINE_END = "\n".encode(ENCODING)
WINDOW = 1 << 19
"""How much of a column is looked at in one go, in bytes: what fits into a processor's cache."""
OFFSETS_FROM = 1 << 10
"""From so many documents on, a column's offsets are stored, not added up when it is opened."""
RARE_SHARE = 128
"""What is in fewer than one of so many documents is packed as their numbers, not as bits."""
FEW_BITS = 10
"""Where less than one of so many bits is set, they are quicker found than sifted."""
PLACES_HEAD = struct.Struct("<IB")
STEP_CODES = {2: "H", 4: "I"}
TEXT = "="
"""What the terms of characters and pairs begin with."""
MOST_COUNTED = 255
"""The highest count that the places of a term can tell: this often, or more."""


class BytesColumn(columns.VarBytesColumn):  # type: ignore[misc]
    """A column of byte strings that is read through a memory map, not copied into memory whole."""

    def __init__(self) -> None:
        super().__init__(write_offsets_cutoff=OFFSETS_FROM)

    def reader(self, dbfile: Any, basepos: int, length: int, doccount: int) -> Any:
        """Open the column, of a `CheckedFile`; the name and signature are whoosh's."""
        return self.Reader(dbfile, basepos, length, doccount)

    class Reader(columns.VarBytesColumn.Reader):  # type: ignore[misc]
        """The column as whoosh reads it, by slices of the map."""

        def __init__(self, dbfile: Any, basepos: int, length: int, doccount: int) -> None:
            self._dbfile, self._basepos = dbfile, basepos
            self._length, self._doccount = length, doccount
            self._read = dbfile.blocks.read

        def __getattr__(self, name: str) -> Any:
            """Read the offsets and lengths, as whoosh names them, when they are first needed."""
            if name not in ("_offsets", "_lengths"):
                raise AttributeError(name)
            self._read_offsets_and_lengths()
            return self.__dict__[name]

        def __getitem__(self, ref: int) -> bytes:
            start = self._basepos + self._offsets[ref]
            return self._read(start, start + self._lengths[ref])  # type: ignore[no-any-return]

        def length(self, ref: int) -> int:
            """Measure one byte string."""
            return self._lengths[ref]  # type: ignore[no-any-return]

        def size(self) -> int:
            """Add up the bytes of all."""
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
            refs: list[int] = []
            counts: list[int] = []
            offsets, lengths = self._offsets, self._lengths
            step, free, ref, end = len(needle), 0, -1, 0
            for first, last in self._windows(step) if runs is None else self._extents(runs):
                find = self._read(self._basepos + first, self._basepos + last).find
                at = find(needle, max(0, free - first))
                while at >= 0:
                    place = first + at
                    if place & 1:  # the second half of a character and the first of the next
                        at = find(needle, at + 1)
                        continue
                    if place >= end:
                        ref = bisect_right(offsets, place, ref + 1) - 1
                        end = offsets[ref] + lengths[ref]
                        refs.append(ref)
                        counts.append(1)
                    else:
                        counts[-1] += 1
                    free = place + step
                    at = find(needle, at + step)
            return refs, counts

        def texts(self, first: int, last: int) -> list[str]:
            """Read the texts of the documents from the first to before the last."""
            run, ends = self.run(first, last)
            return [run[start:end] for start, end in pairwise([0, *ends])]

        def run(self, first: int, last: int) -> tuple[str, list[int]]:
            """Read the same as one text, and where each document's ends in it."""
            offsets, lengths = self._offsets, self._lengths
            start, end = offsets[first], offsets[last - 1] + lengths[last - 1]
            text = self._read(self._basepos + start, self._basepos + end).decode(ENCODING)
            if len(text) * 2 < end - start:  # characters of two units among them
                units = list(accumulate(lengths[first:last]))
                return text, _without_pairs(text, units)
            return text, [units // 2 for units in accumulate(lengths[first:last])]

        def _windows(self, step: int) -> Iterator[tuple[int, int]]:
            """Cover the column with windows, each as long as a match that starts in it may be."""
            size = self.size()
            for first in range(0, size, WINDOW):
                yield first, min(first + WINDOW + step - 2, size)

        def _extents(self, runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
            for first, last in runs:
                yield self._offsets[first], self._offsets[last - 1] + self._lengths[last - 1]


def _without_pairs(text: str, ends: Iterable[int]) -> list[int]:
    """Turn places in the bytes of a text into places in its code points."""
    pairs = [2 * (at + n) for n, at in enumerate(i for i, c in enumerate(text) if c > "\uffff")]
    return [end // 2 - bisect_right(pairs, end - 1) for end in ends]


class WordsField(fields.FieldType):  # type: ignore[misc]
    """Words, for ranking where no passage holds a phrase: which a passage holds, not how often."""

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.scorable = self.stored = self.unique = False
        self.set_sortable(False)


class PlacesFormat(formats.Format):  # type: ignore[misc]
    """Of postings with a value of any length."""

    posting_size = -1


class PlacesField(fields.FieldType):  # type: ignore[misc]
    """Terms whose one posting says, packed, in which documents they are, and how often."""

    def __init__(self) -> None:
        self.format = PlacesFormat()
        self.scorable = self.stored = self.unique = False
        self.set_sortable(False)


class Own(msgspec.Struct, array_like=True, frozen=True):
    """What a heading passage knows of its own section: `extent` passages stand in it."""

    level: int
    number: int | None
    marker: str
    start: int
    length: int
    extent: int
    source: tuple[int, int] | None = None


class Place(msgspec.Struct, array_like=True, frozen=True):
    """
    Where a passage stands; `above` are the distances, in documents, to its sections' headings.

    Distances hold wherever a speech comes to stand, because its passages stay together.
    `originals` and `steps` are those of `unfolding`: they give the text back from its folded form.
    """

    line: int
    column: int
    kind: int
    touches: bool
    point: str | None
    above: tuple[int, ...]
    themes: tuple[str, ...]
    originals: str
    steps: tuple[int, ...]
    own: Own | None
    source: tuple[int, int] | None = None


class FrontPart(msgspec.Struct, array_like=True, frozen=True):
    """The first fields of a Place: what is read of very many at once."""

    line: int
    column: int
    kind: int
    touches: bool
    point: str | None
    above: tuple[int, ...]
    themes: tuple[str, ...]


read_frame = msgspec.msgpack.Decoder(FrontPart).decode
read_place = msgspec.msgpack.Decoder(Place).decode


def schema() -> fields.Schema:
    """Give the fields and columns of a shard."""
    return fields.Schema(
        words=WordsField(),
        places=PlacesField(),
        folded=fields.COLUMN(TextColumn()),
        place=fields.COLUMN(BytesColumn()),
    )


def pack_places(docs: array[int], counts: bytes | bytearray, number: int) -> bytes:
    """
    Pack the documents, out of `number`, that a term is in, and a byte for each count, if any.

    They are bits, or, where there are few, the steps from one to the next in two or four bytes.
    """
    if len(docs) * RARE_SHARE >= number:
        bits = bytearray(b"0") * number
        for doc in docs:
            bits[doc] = 49
        bits.reverse()
        packed = int(bits, 2).to_bytes(number // 8 + 1, "little")
        return PLACES_HEAD.pack(len(docs), 0) + packed + counts
    steps = [*docs[:1], *(b - a for a, b in pairwise(docs))]
    width = 2 if max(steps, default=0) < 1 << 16 else 4
    packed = struct.pack(f"<{len(docs)}{STEP_CODES[width]}", *steps)
    planes = b"".join(packed[n::width] for n in range(width))  # which compress better
    return PLACES_HEAD.pack(len(docs), width) + planes + counts


def _split_places(packed: bytes, number: int) -> tuple[bytes | list[int], bytes]:
    """Give the documents, as packed bits or a list, and the counts."""
    found, width = PLACES_HEAD.unpack_from(packed)
    start = PLACES_HEAD.size
    end = start + (found * width or number // 8 + 1)
    if not width:
        return packed[start:end], packed[end:]
    steps = bytearray(found * width)
    for n in range(width):
        steps[n::width] = packed[start + n * found : start + (n + 1) * found]
    return list(accumulate(struct.unpack(f"<{found}{STEP_CODES[width]}", steps))), packed[end:]


def unpack_places(packed: bytes, number: int, base: int = 0) -> tuple[list[int], bytes]:
    r"""
    Give the documents that `pack_places` packed, ascending, plus `base`, and their counts.

    >>> unpack_places(pack_places(array("I", [1, 4]), bytes([3, 255]), 6), 6, base=10)
    ([11, 14], b'\x03\xff')
    """
    docs, counts = _split_places(packed, number)
    if isinstance(docs, list):
        return [base + doc for doc in docs], counts
    bits = f"{int.from_bytes(docs, 'little'):0{number}b}"[::-1]
    if bits.count("1") * FEW_BITS > number:
        return list(compress(range(base, base + number), bits.encode().translate(BITS))), counts
    found = []
    at = bits.find("1")
    while at >= 0:
        found.append(base + at)
        at = bits.find("1", at + 1)
    return found, counts


def place_bits(packed: bytes, number: int) -> int:
    """Give the documents that `pack_places` packed as the bits of a number."""
    docs, _counts = _split_places(packed, number)
    if not isinstance(docs, list):
        return int.from_bytes(docs, "little")
    bits = bytearray(number // 8 + 1)
    for doc in docs:
        bits[doc >> 3] |= 1 << (doc & 7)
    return int.from_bytes(bits, "little")


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """
    Yield the runs of documents whose bits are set: the first, and the one after the last.

    Runs less than eight documents apart are one: a look at those between costs less than another
    run.

    >>> list(runs(0b11 << 20 | 0b1100110))
    [(1, 7), (20, 22)]
    """
    for step in (1, 2, 4):
        bits |= bits << step
    for step in (1, 2, 4):
        bits &= bits >> step
    text = f"{bits:b}"[::-1]
    start = text.find("1")
    while start >= 0:
        end = text.find("0", start)
        yield start, end if end >= 0 else len(text)
        start = text.find("1", end) if end >= 0 else -1


BITS = bytes(byte == 49 for byte in range(256))


def unfolding(text: str, folded: str) -> tuple[str, tuple[int, ...]]:
    """Note what folding changed: the original characters, and the steps from one to the next."""
    if text == folded:
        return "", ()
    places = [i for i, (a, b) in enumerate(zip(text, folded, strict=True)) if a != b]
    steps = [places[0], *(b - a for a, b in pairwise(places))]
    return "".join([text[i] for i in places]), tuple(steps)


def unfold(folded: str, originals: str, steps: tuple[int, ...]) -> str:
    """
    Give a text back from its folded form.

    >>> unfold("“甲”，x局", *unfolding("“甲”，Ｘ局", "“甲”，x局"))
    '“甲”，Ｘ局'
    """
    if not originals:
        return folded
    pieces: list[str] = []
    start = at = 0
    for original, step in zip(originals, steps, strict=True):
        at += step
        pieces += (folded[start:at], original)
        start = at + 1
    pieces.append(folded[start:])
    return "".join(pieces)
