"""Speeches -> the documents of their passages -> a shard, written once and never changed."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from whoosh import index, writing

from ...files.checksums import checksums
from ...files.whole_files import sync_files
from ...model import Passage, Section, Speech
from ...text.folding import fold
from ...text.numerals import marker_rank
from ...text.words import WORDS_FILE, count_words
from ..backend import kind_part
from .columns import ENCODING, schema
from .common_strings import characters, common_strings
from .files import INDEX_NAME, Shard, ShardCodec
from .place import KINDS, OwnSection, Place, unfolding, write_place
from .postings import TEXT, pack_postings


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
        # kept until the end: which strings are common is known only when all texts are there
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
        postings = {term: pack_postings(docs, b"", number) for term, docs in self._terms.items()}
        for text, (docs, counts) in chain(characters(self._texts), common_strings(self._texts)):
            postings[TEXT + text] = pack_postings(docs, counts, number)
        write.start_field("places", self.schema["places"])
        for term, packed in sorted((term.encode(), packed) for term, packed in postings.items()):
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

    Its files are on the disk, and summed up, when it is done: the generation that names it can
    then be made current.
    """
    created = index.create_in(str(directory), schema(), indexname=INDEX_NAME)
    writer = _Writer(created)
    try:
        for document in documents:
            writer.add_document(**document)
    except BaseException:
        writer.cancel()
        raise
    # there is but one segment, and a merge would look for others to join with it
    writer.commit(merge=False)
    created.close()
    # whoosh leaves its lock behind, which is no part of the shard: we have one for the index
    (directory / f"{INDEX_NAME}_WRITELOCK").unlink(missing_ok=True)
    # summed up from the disk, not from memory: a write that went wrong is noticed on reading
    files = {file.name: checksums(file, within=directory) for file in sorted(directory.iterdir())}
    sync_files(directory)
    return Shard(directory.name, writer.docnum, files)


def speech_documents(speech: Speech, *, words_file: Path = WORDS_FILE) -> Iterator[dict[str, Any]]:
    """Yield the documents of a speech for a shard: one a passage, in reading order."""
    headings: dict[Section, int] = {}
    extents = _extents(speech.passages)
    for n, passage in enumerate(speech.passages):
        terms = [f"part:{kind_part(passage.kind)}", *(f"theme:{t}" for t in passage.themes)]
        terms += ["touches"] * passage.touches
        heading = None
        if passage.kind == "heading":
            own = passage.sections[-1]
            headings[own] = n
            heading = OwnSection(
                own.level,
                own.number,
                own.marker,
                own.column - passage.column,
                len(own.heading),
                extents[n],
                own.source,
            )
            rank = marker_rank(own.marker)
            # with the rank and without: a filter may name （二）, or the second section of any rank
            terms += [f"number:{rank}:{own.number}", f"number:{own.number}"]
        ends_line = n + 1 == len(speech.passages) or not speech.passages[n + 1].touches
        folded = fold(passage.text)
        yield {
            "words": count_words(folded, words_file=words_file),
            "terms": terms,
            # the line end is stored, so that a scan of the column never finds a phrase across lines
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
    """Count, for each heading by its number, the passages in its section, itself included."""
    extents: dict[int, int] = {}
    starts = [n for n, passage in enumerate(passages) if passage.kind == "heading"]
    for start in starts:
        own = passages[start].sections[-1]
        end = start
        while end < len(passages) and own in passages[end].sections:
            end += 1
        extents[start] = end - start
    return extents
