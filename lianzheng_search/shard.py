"""A shard: one Whoosh index of some speeches, written once; its fields, its columns, its writer."""

from __future__ import annotations

import mmap
import re
import struct
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, pairwise
from operator import add
from pathlib import Path
from typing import Any

import msgspec
from whoosh import columns, fields, formats, index, writing
from whoosh.codec.whoosh3 import W3Codec

from .analysis import WORDS_FILE, count_words, fold
from .backends import kind_part
from .model import Kind, Passage, Section, Speech

KINDS: tuple[Kind, ...] = ("title", "salutation", "heading", "body", "closing")
ENCODING = "utf-16-be"
"""Of the text column: two bytes for a Han character, not three, and a scan that skips further."""
LINE_END = "\n".encode(ENCODING)
WINDOW = 1 << 19
"""How much of a column is looked at in one go, in bytes: what fits into a processor's cache."""
OFFSETS_FROM = 1 << 10
"""From so many documents on, a column's offsets are stored, not added up when it is opened."""
POSTING_BLOCK = 1024
"""So many postings are written, compressed and read together."""
COMMON_SHARE = 32
"""A pair that stands in one of so many passages is common: its places are stored too."""
SAMPLE_STEP = 16
"""Of so many passages one tells which pairs may be common."""
RARE_SHARE = 512
"""What is in fewer than one of so many documents is packed as their numbers, not as bits."""
MOST_COUNTED = 255
"""The highest count that the places of a term can tell: this often, or more."""
HAN_PAIR = re.compile("[\u3400-\u9fff]{2}")


class BytesColumn(columns.VarBytesColumn):  # type: ignore[misc]
    """A column of byte strings that is read through a memory map, not copied into memory whole."""

    def __init__(self) -> None:
        super().__init__(write_offsets_cutoff=OFFSETS_FROM)

    def reader(self, dbfile: Any, basepos: int, length: int, doccount: int) -> Any:
        """Open the column for reading; the name and signature are whoosh's."""
        return self.Reader(dbfile, basepos, length, doccount)

    class Reader(columns.VarBytesColumn.Reader):  # type: ignore[misc]
        """The column as whoosh reads it, by slices of the map."""

        def __init__(self, dbfile: Any, basepos: int, length: int, doccount: int) -> None:
            self._dbfile, self._basepos = dbfile, basepos
            self._length, self._doccount = length, doccount
            self.mapped = mmap.mmap(dbfile.fileno(), 0, access=mmap.ACCESS_READ)

        def __getattr__(self, name: str) -> Any:
            """Read the offsets and lengths, as whoosh names them, when they are first needed."""
            if name not in ("_offsets", "_lengths"):
                raise AttributeError(name)
            self._read_offsets_and_lengths()
            return self.__dict__[name]

        def __getitem__(self, ref: int) -> bytes:
            start = self._basepos + self._offsets[ref]
            return self.mapped[start : start + self._lengths[ref]]

        def close(self) -> None:
            """Let go of the map, so that the file can be removed."""
            self.mapped.close()

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
                find = self.mapped[self._basepos + first : self._basepos + last].find
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

        def _windows(self, step: int) -> Iterator[tuple[int, int]]:
            """Cover the column with windows, each as long as a match that starts in it may be."""
            size = self.size()
            for first in range(0, size, WINDOW):
                yield first, min(first + WINDOW + step - 2, size)

        def _extents(self, runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
            for first, last in runs:
                yield self._offsets[first], self._offsets[last - 1] + self._lengths[last - 1]


class WordsField(fields.FieldType):  # type: ignore[misc]
    """
    Words, for ranking: which a passage holds, not how often.

    Passages are short: how often costs a twelfth of the text's size, and says next to nothing.
    """

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.scorable = True
        self.stored = self.unique = False
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


class Place(msgspec.Struct, array_like=True, frozen=True):
    """
    Where a passage stands; `above` are the distances, in documents, to its sections' headings.

    Distances hold wherever a speech comes to stand, because its passages stay together.
    """

    line: int
    column: int
    kind: int
    touches: bool
    point: str | None
    above: tuple[int, ...]
    themes: tuple[str, ...]
    own: Own | None


read_place = msgspec.msgpack.Decoder(Place).decode
write_place = msgspec.msgpack.Encoder().encode


def _schema() -> fields.Schema:
    return fields.Schema(
        words=WordsField(),
        places=PlacesField(),
        folded=fields.COLUMN(TextColumn()),
        unfold=fields.COLUMN(BytesColumn()),
        place=fields.COLUMN(BytesColumn()),
    )


class _Writer(writing.SegmentWriter):  # type: ignore[misc]
    """
    Whoosh's writer, for documents of these fields only.

    What documents hold is kept term by term, not as whoosh's pool of tuples to be sorted: that
    takes a fifth of the memory, so that shards can be large, and less time.
    """

    def __init__(self, created: Any) -> None:
        super().__init__(created, codec=W3Codec(blocklimit=POSTING_BLOCK), compound=False)
        self._words: dict[str, array[int]] = {}
        self._lengths = array("I")
        self._terms: dict[str, array[int]] = {}
        self._texts: list[str] = []

    def add_document(self, **document: Any) -> None:
        """Add one of `speech_documents`."""
        number, words = self.docnum, self._words
        for word in document["words"]:
            if (known := words.get(word)) is None:
                known = words[word] = array("I")
            known.append(number)
        for term in document["terms"]:
            self._terms.setdefault(term, array("I")).append(number)
        length = sum(document["words"].values())
        self._lengths.append(length)
        self._texts.append(document["folded"])
        columns = {
            "folded": document["folded"].encode(ENCODING),
            "unfold": document["unfold"],
            "place": write_place(document["place"]),
        }
        self.perdocwriter.start_doc(number)
        self.perdocwriter.add_field("words", self.schema["words"], None, length)
        for name, value in columns.items():
            self.perdocwriter.add_column_value(name, self.schema[name].column_type, value)
        self.perdocwriter.finish_doc()
        self._added = True
        self.docnum += 1

    def _flush_segment(self) -> None:
        """Write the postings, in the order whoosh asks for: by field, term, document."""
        self.perdocwriter.close()
        write, number = self.fieldwriter, self.docnum
        places = {term: pack_places(docs, b"", number) for term, docs in self._terms.items()}
        for text, (docs, counts) in chain(characters(self._texts), common_pairs(self._texts)):
            places["=" + text] = pack_places(docs, counts, number)
        write.start_field("places", self.schema["places"])
        for term, packed in sorted((term.encode(), packed) for term, packed in places.items()):
            write.start_term(term)
            write.add(0, 1.0, packed, None)
            write.finish_term()
        write.finish_field()
        write.start_field("words", self.schema["words"])
        for word in sorted(self._words):  # code points ascend as their bytes do
            write.start_term(word.encode())
            for doc in self._words[word]:
                write.add(doc, 1.0, b"", self._lengths[doc])
            write.finish_term()
        write.finish_field()
        write.close()


def write_index(directory: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write a new index of `speech_documents`, in their order, into an empty directory."""
    created = index.create_in(str(directory), _schema())
    writer = _Writer(created)
    try:
        for document in documents:
            writer.add_document(**document)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)
    created.close()


def speech_documents(speech: Speech, *, words_file: Path = WORDS_FILE) -> Iterator[dict[str, Any]]:
    """Turn a speech into the documents of a shard: one a passage, in reading order."""
    headings: dict[Section, int] = {}
    extents = _extents(speech.passages)
    for n, passage in enumerate(speech.passages):
        terms = [f"part:{kind_part(passage.kind)}", *(f"theme:{t}" for t in passage.themes)]
        terms += ["touches"] * passage.touches
        heading = None
        if passage.kind == "heading":
            own = passage.sections[-1]
            headings[own] = n
            heading = Own(
                own.level,
                own.number,
                own.marker,
                own.column - passage.column,
                len(own.heading),
                extents[n],
            )
            terms += [f"number:{own.level}:{own.number}", f"number:{own.number}"]
        ends_line = n + 1 == len(speech.passages) or not speech.passages[n + 1].touches
        folded = fold(passage.text)
        yield {
            "words": count_words(folded, words_file=words_file),
            "terms": terms,
            "folded": folded + ("\n" if ends_line else ""),
            "unfold": b"" if folded == passage.text else _unfolding(passage.text, folded),
            "place": Place(
                passage.line,
                passage.column,
                KINDS.index(passage.kind),
                passage.touches,
                passage.point,
                tuple(n - headings[section] for section in passage.sections),
                passage.themes,
                heading,
            ),
        }


Counted = tuple["array[int]", bytearray]
"""The documents something is in, ascending, and how often in each; MOST_COUNTED or more."""


def characters(texts: Sequence[str]) -> Iterable[tuple[str, Counted]]:
    r"""
    Give for each character, blanks left out, the texts it stands in, and how often.

    >>> [(one, list(docs), list(counts)) for one, (docs, counts) in characters(["天天\n", "天"])]
    [('天', [0, 1], [2, 1])]
    """
    places: dict[str, Counted] = {}
    for n, text in enumerate(texts):
        for one, count in Counter(text).items():
            if (known := places.get(one)) is None:
                known = places[one] = (array("I"), bytearray())
            known[0].append(n)
            known[1].append(min(count, MOST_COUNTED))
    return ((one, found) for one, found in places.items() if one > " ")


def common_pairs(texts: Sequence[str]) -> Iterable[tuple[str, Counted]]:
    r"""
    Find the pairs of Han characters that stand in many of these texts.

    Gives, for each, the texts in which it starts, and how often it does there: what a scan of
    the lines would count. A text that does not end in a line end goes on in the next one. A pair
    of the same character is left out, for it may overlap itself.

    >>> [(one, list(docs)) for one, (docs, _n) in common_pairs(["担当作为\n", "敢担", "当\n"])]
    [('担当', [0, 1])]
    """
    sample = Counter[str]()
    for text in texts[::SAMPLE_STEP]:
        sample.update({*map(add, text, text[1:])})
    taken = -(-len(texts) // SAMPLE_STEP)
    likely = {
        pair
        for pair, count in sample.items()
        if count * COMMON_SHARE * 2 >= taken and HAN_PAIR.match(pair) and pair[0] != pair[1]
    }
    places: dict[str, Counted] = {pair: (array("I"), bytearray()) for pair in sorted(likely)}
    last = len(texts) - 1
    for n, text in enumerate(texts):
        after = text[1:] if n == last or text[-1] == "\n" else text[1:] + texts[n + 1][0]
        held = Counter(map(add, text, after))
        for pair in held.keys() & likely:
            docs, counts = places[pair]
            docs.append(n)
            counts.append(min(held[pair], MOST_COUNTED))
    least = max(2, len(texts) / COMMON_SHARE)
    return (one for one in places.items() if len(one[1][0]) >= least)


def pack_places(docs: array[int], counts: bytes | bytearray, number: int) -> bytes:
    """
    Pack the documents, out of `number`, that a term is in, and a byte for each count, if any.

    They are bits, or, where there are few, their numbers.
    """
    if len(docs) * RARE_SHARE < number:
        packed = struct.pack(f"<{len(docs)}I", *docs)
    else:
        bits = bytearray(b"0") * number
        for doc in docs:
            bits[doc] = 49
        bits.reverse()
        packed = int(bits, 2).to_bytes(number // 8 + 1, "little")
    return struct.pack("<I", len(docs)) + packed + counts


def _split_places(packed: bytes, number: int) -> tuple[bool, bytes, bytes]:
    """Tell whether documents are packed as bits, and give them and their counts, still packed."""
    (found,) = struct.unpack_from("<I", packed)
    as_bits = found * RARE_SHARE >= number
    end = 4 + (number // 8 + 1 if as_bits else 4 * found)
    return as_bits, packed[4:end], packed[end:]


def unpack_places(packed: bytes, number: int, base: int = 0) -> tuple[list[int], bytes]:
    r"""
    Give the documents that `pack_places` packed, ascending, plus `base`, and their counts.

    >>> unpack_places(pack_places(array("I", [1, 4]), bytes([3, 255]), 6), 6, base=10)
    ([11, 14], b'\x03\xff')
    """
    as_bits, docs, counts = _split_places(packed, number)
    if not as_bits:
        return [base + doc for doc in struct.unpack(f"<{len(docs) // 4}I", docs)], counts
    bits = f"{int.from_bytes(docs, 'little'):0{number}b}".encode()
    return list(compress(range(base, base + number), bits[::-1].translate(BITS))), counts


def place_bits(packed: bytes, number: int) -> int:
    """Give the documents that `pack_places` packed as the bits of a number."""
    as_bits, docs, _counts = _split_places(packed, number)
    if as_bits:
        return int.from_bytes(docs, "little")
    bits = bytearray(number // 8 + 1)
    for doc in struct.unpack(f"<{len(docs) // 4}I", docs):
        bits[doc >> 3] |= 1 << (doc & 7)
    return int.from_bytes(bits, "little")


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """
    Yield the runs of documents whose bits are set: the first, and the one after the last.

    >>> list(runs(0b1100110))
    [(1, 3), (5, 7)]
    """
    text = f"{bits:b}"[::-1]
    start = text.find("1")
    while start >= 0:
        end = text.find("0", start)
        yield start, end if end >= 0 else len(text)
        start = text.find("1", end) if end >= 0 else -1


BITS = bytes(byte == 49 for byte in range(256))


def _extents(passages: Sequence[Passage]) -> dict[int, int]:
    """Count, for each heading, the passages that stand in its section, itself included."""
    extents: dict[int, int] = {}
    starts = [n for n, passage in enumerate(passages) if passage.kind == "heading"]
    for start in starts:
        own = passages[start].sections[-1]
        end = start
        while end < len(passages) and own in passages[end].sections:
            end += 1
        extents[start] = end - start
    return extents


def _unfolding(text: str, folded: str) -> bytes:
    """Note what folding changed: the original characters, NUL, and the steps between them."""
    places = [i for i, (a, b) in enumerate(zip(text, folded, strict=True)) if a != b]
    steps = [places[0], *(b - a for a, b in pairwise(places))]
    return ("".join(text[i] for i in places) + "\0" + " ".join(map(str, steps))).encode()


def unfold(folded: str, unfolding: bytes) -> str:
    """
    Give a text back from its folded form.

    >>> unfold(fold("“甲”，Ｘ局"), _unfolding("“甲”，Ｘ局", fold("“甲”，Ｘ局")))
    '“甲”，Ｘ局'
    """
    if not unfolding:
        return folded
    originals, _nul, steps = unfolding.decode().rpartition("\0")
    characters = list(folded)
    at = 0
    for original, step in zip(originals, steps.split(" "), strict=True):
        at += int(step)
        characters[at] = original
    return "".join(characters)
