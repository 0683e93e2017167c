"""Speeches -> a shard, written once and never changed."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import add
from pathlib import Path
from typing import Any

import msgspec
from whoosh import index, writing

from ...files.checksums import checksums, sync_files
from ...model import Passage, Section, Speech
from ...text.folding import fold
from ...text.numerals import marker_rank
from ...text.words import WORDS_FILE, count_words
from ..backend import kind_part
from .files import INDEX_NAME, Shard, ShardCodec
from .shard import (
    ENCODING,
    KINDS,
    MOST_COUNTED,
    TEXT,
    Own,
    Place,
    pack_places,
    schema,
    unfolding,
)

COMMON_SHARE = 32
"""A string that stands in one of so many passages is common: its places are stored too."""
LONGEST_COMMON = 8
SAMPLE_STEP = 16
"""Of so many passages one tells which strings may be common."""
write_place = msgspec.msgpack.Encoder().encode


class _Writer(writing.SegmentWriter):  # type: ignore[misc]
    """
    Whoosh's writer, for documents of these fields only.

    What documents hold is kept term by term, not as whoosh's pool of tuples to be sorted: that
    takes a fifth of the memory, so that shards can be large, and less time.
    """

    def __init__(self, created: Any) -> None:
        super().__init__(created, codec=ShardCodec(), compound=False)
        self._terms: dict[str, array[int]] = {}
        self._words: dict[str, array[int]] = {}
        self._texts: list[str] = []

    def add_document(self, **document: Any) -> None:
        """Add one of `speech_documents`."""
        number = self.docnum
        for terms, held in ((self._terms, document["terms"]), (self._words, document["words"])):
            for term in held:
                if (known := terms.get(term)) is None:
                    known = terms[term] = array("I")
                known.append(number)
        self._texts.append(document["folded"])
        values = {
            "folded": document["folded"].encode(ENCODING),
            "place": write_place(document["place"]),
        }
        self.perdocwriter.start_doc(number)
        for name, value in values.items():
            self.perdocwriter.add_column_value(name, self.schema[name].column_type, value)
        self.perdocwriter.finish_doc()
        self._added = True
        self.docnum += 1

    def _flush_segment(self) -> None:
        """Write the terms, field by field, in the order whoosh asks for."""
        self.perdocwriter.close()
        write, number = self.fieldwriter, self.docnum
        places = {term: pack_places(docs, b"", number) for term, docs in self._terms.items()}
        for text, (docs, counts) in chain(characters(self._texts), common_strings(self._texts)):
            places[TEXT + text] = pack_places(docs, counts, number)
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
                write.add(doc, 1.0, b"", None)
            write.finish_term()
        write.finish_field()
        write.close()


def write_index(directory: Path, documents: Iterable[Mapping[str, Any]]) -> Shard:
    """
    Write a new index of `speech_documents`, in their order, into an empty directory.

    Its files are on the disk, and summed up, when it is done.
    """
    created = index.create_in(str(directory), schema(), indexname=INDEX_NAME)
    writer = _Writer(created)
    try:
        for document in documents:
            writer.add_document(**document)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)
    created.close()
    (directory / f"{INDEX_NAME}_WRITELOCK").unlink(missing_ok=True)
    files = {file.name: checksums(file) for file in sorted(directory.iterdir())}
    sync_files(directory)
    return Shard(directory.name, writer.docnum, files)


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
                own.source,
            )
            rank = marker_rank(own.marker)
            terms += [f"number:{rank}:{own.number}", f"number:{own.number}"]
        ends_line = n + 1 == len(speech.passages) or not speech.passages[n + 1].touches
        folded = fold(passage.text)
        yield {
            "words": count_words(folded, words_file=words_file),
            "terms": terms,
            "folded": folded + ("\n" if ends_line else ""),
            "place": Place(
                passage.line,
                passage.column,
                KINDS.index(passage.kind),
                passage.touches,
                passage.point,
                tuple(n - headings[section] for section in passage.sections),
                passage.themes,
                *unfolding(passage.text, folded),
                heading,
                passage.source,
            ),
        }


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


def common_strings(texts: Sequence[str]) -> Iterable[tuple[str, Counted]]:
    r"""
    Find the strings of two to eight Han characters that stand in many of these texts.

    Gives, for each, the texts in which it starts, and how often it does there: what a scan of
    the lines would count. A text that does not end in a line end goes on in the next ones. What
    may overlap itself (天天) is left out.

    >>> [(one, list(docs)) for one, (docs, _n) in common_strings(["担当作为\n", "敢担", "当\n"])]
    [('担当', [0, 1])]
    """
    likely = _likely_strings(texts[::SAMPLE_STEP])
    longer: dict[str, list[str]] = {}
    for string in sorted(likely):
        if len(string) > 2:
            longer.setdefault(string[:2], []).append(string)
    places: dict[str, Counted] = {string: (array("I"), bytearray()) for string in sorted(likely)}
    for n, text in enumerate(texts):
        line, following = text, n + 1
        while line[-1] != "\n" and len(line) < len(text) + LONGEST_COMMON:
            line += texts[following]
            following += 1
        held = Counter(map(add, text, line[1:]))
        for pair in held.keys() & likely:
            docs, counts = places[pair]
            docs.append(n)
            counts.append(min(held[pair], MOST_COUNTED))
            for string in longer.get(pair, ()):
                if count := line.count(string, 0, len(text) + len(string) - 1):
                    docs, counts = places[string]
                    docs.append(n)
                    counts.append(min(count, MOST_COUNTED))
    least = max(2, len(texts) / COMMON_SHARE)
    return (one for one in places.items() if len(one[1][0]) >= least)


def _likely_strings(sample: Sequence[str]) -> set[str]:
    """Find what may be common by what is in a sample of the texts; longer ones in shorter ones."""
    least = max(1, len(sample) / COMMON_SHARE / 2)
    found: set[str] = set()
    for length in range(2, LONGEST_COMMON + 1):
        counts = Counter[str]()
        for text in sample:
            strings = {text[at : at + length] for at in range(len(text) - length + 1)}
            if length > 2:
                strings = {one for one in strings if one[:-1] in found and one[1:] in found}
            counts.update(strings)
        frequent = {one for one, count in counts.items() if count >= least and _is_han(one)}
        if not frequent:
            break
        found |= frequent
    return {one for one in found if not any(one[:k] == one[-k:] for k in range(1, len(one)))}


def _is_han(text: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in text)
