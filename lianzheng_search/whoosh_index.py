"""Speeches -> a Whoosh index, and its answers; the only importer of whoosh."""

from __future__ import annotations

import json
import mmap
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from whoosh import columns, fields, formats, index

from .analysis import WORDS_FILE, count_words, fold
from .backends import kind_part
from .marks import marker_rank
from .model import Kind, Passage, Section, Speech, SpeechInfo
from .query import Filters, in_period, section_number

KINDS: tuple[Kind, ...] = ("title", "salutation", "heading", "body", "closing")
WINDOW = 1 << 20
"""How much of a column is looked at in one go: what fits into a processor's cache."""
OFFSETS_FROM = 1 << 10
"""From so many documents on, a column's offsets are stored, not added up when it is opened."""
WRITER_MEGABYTES = 512
LINE_END = b"\n"


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
            super().__init__(dbfile, basepos, length, doccount)
            self.mapped = mmap.mmap(dbfile.fileno(), 0, access=mmap.ACCESS_READ)

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
    A column of folded texts that can be searched as one run of bytes.

    The passages of a source line follow one another directly and the last one ends in a line
    end, so that the run is the corpus's lines, and a phrase is found across the border of a
    run-in point but never across lines.
    """

    class Reader(BytesColumn.Reader):
        """The column, and a scan of it."""

        def count(self, needle: bytes) -> dict[int, int]:
            """Count the matches that start in each document, from the left, not overlapping."""
            counts: dict[int, int] = {}
            offsets, size = self._offsets, self.size()
            step, free, ref, end = len(needle), 0, -1, 0
            for base in range(0, size, WINDOW):
                start = self._basepos + base
                find = self.mapped[start : start + min(WINDOW + step - 1, size - base)].find
                at = find(needle, max(0, free - base))
                while at >= 0:
                    place = base + at
                    if place >= end:
                        ref = bisect_right(offsets, place, ref + 1) - 1
                        end = offsets[ref] + self._lengths[ref]
                        counts[ref] = 1
                    else:
                        counts[ref] += 1
                    free = place + step
                    at = find(needle, at + step)
            return counts


class WordsField(fields.FieldType):  # type: ignore[misc]
    """Words with their counts, for ranking; the count is the weight, all that BM25F reads."""

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.scorable = True
        self.stored = self.unique = False
        self.set_sortable(False)

    def index(
        self, value: Mapping[str, int], **_: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield whoosh's (term, frequency, weight, posting value) for each counted word."""
        for word, count in value.items():
            yield word.encode(), count, float(count), b""


class TermsField(fields.FieldType):  # type: ignore[misc]
    """Exact terms to filter by, given as a list."""

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.scorable = self.stored = self.unique = False
        self.set_sortable(False)

    def index(self, value: Iterable[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield whoosh's (term, frequency, weight, posting value) for each term."""
        for term in value:
            yield term.encode(), 1, 1.0, b""


def _schema() -> fields.Schema:
    return fields.Schema(
        words=WordsField(),
        terms=TermsField(),
        folded=fields.COLUMN(TextColumn()),
        unfold=fields.COLUMN(BytesColumn()),
        place=fields.COLUMN(BytesColumn()),
    )


def write_index(directory: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write a new index of `speech_documents`, in their order, into an empty directory."""
    created = index.create_in(str(directory), _schema())
    writer = created.writer(limitmb=WRITER_MEGABYTES, compound=False)
    try:
        for document in documents:
            writer.add_document(**document)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)
    created.close()


def speech_documents(speech: Speech, *, words_file: Path = WORDS_FILE) -> Iterator[dict[str, Any]]:
    """
    Turn a speech into whoosh documents: one a passage, in reading order.

    What refers to another passage of the speech does so by the distance in documents, which
    holds in every segment, because a speech is added, merged and deleted as a whole.
    """
    headings: dict[Section, int] = {}
    extents = _extents(speech.passages)
    for n, passage in enumerate(speech.passages):
        if passage.kind == "heading":
            headings[passage.sections[-1]] = n
        ends_line = n + 1 == len(speech.passages) or not speech.passages[n + 1].touches
        folded = fold(passage.text)
        place = [
            passage.line,
            passage.column,
            KINDS.index(passage.kind),
            int(passage.touches),
            passage.point,
            [n - headings[section] for section in passage.sections],
            list(passage.themes),
        ]
        terms = [f"part:{kind_part(passage.kind)}", *(f"theme:{t}" for t in passage.themes)]
        if passage.kind == "heading":
            own = passage.sections[-1]
            start = own.column - passage.column
            place += [own.level, own.number, own.marker, start, len(own.heading), extents[n]]
            rank = marker_rank(own.marker)
            terms += [f"number:{rank}:{own.number}", f"number:{own.number}"]
        yield {
            "words": count_words(folded, words_file=words_file),
            "terms": terms,
            "folded": folded.encode() + (LINE_END if ends_line else b""),
            "unfold": b"" if folded == passage.text else _unfolding(passage.text, folded),
            "place": json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode(),
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


def _unfolding(text: str, folded: str) -> bytes:
    """Note what folding changed: the original characters, NUL, and the steps between them."""
    places = [i for i, (a, b) in enumerate(zip(text, folded, strict=True)) if a != b]
    steps = [places[0], *(b - a for a, b in pairwise(places))]
    return ("".join(text[i] for i in places) + "\0" + " ".join(map(str, steps))).encode()


def _unfold(folded: str, unfolding: bytes) -> str:
    """
    Give a text back from its folded form.

    >>> _unfold(fold("“甲”，Ｘ局"), _unfolding("“甲”，Ｘ局", fold("“甲”，Ｘ局")))
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


class WhooshBackend:
    """
    A backend over the shards of an index; open until `close`.

    `rows` list the speeches by path: id, title, date, venue, the name of the shard, the number of
    its first document there, the number of its passages, their bytes. A ref is a document's
    number, counted through all shards. Documents of no speech in the list have been replaced:
    they are not seen.
    """

    def __init__(self, shards: Sequence[Path], rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows
        self._leaves: list[Any] = []
        self._bases: list[int] = []
        self._base_of: dict[str, int] = {}
        size = 0
        for shard in shards:
            leaf = index.open_dir(str(shard), readonly=True).reader()
            self._base_of[shard.name] = size
            if leaf.doc_count_all():
                self._leaves.append(leaf)
                self._bases.append(size)
                size += leaf.doc_count_all()
        self._live = sum(row[6] for row in rows)
        self._all_live = self._live == size
        self._columns = {
            (n, name): leaf.column_reader(name, translate=False)
            for n, leaf in enumerate(self._leaves)
            for name in ("folded", "unfold", "place")
        }
        if not all(isinstance(one, BytesColumn.Reader) for one in self._columns.values()):
            raise FileNotFoundError("a column of the index")  # whoosh would take it for empty
        self._passages: dict[int, Passage] = {}

    def close(self) -> None:
        """Release the files; the backend is of no use afterwards."""
        for column in self._columns.values():
            column.close()
        self._columns.clear()
        for leaf in self._leaves:
            leaf.close()

    def refs(self) -> Sequence[int]:
        """Give every passage, in corpus order."""
        return list(chain.from_iterable(map(self._refs, range(len(self._rows)))))

    def in_order(self, refs: Iterable[int]) -> list[int]:
        """Sort passages into corpus order."""
        if self._in_path_order:
            return sorted(refs)
        return sorted(refs, key=lambda ref: (self._row(ref), ref))

    def occurrences(self, phrase: str) -> Mapping[int, int]:
        """Count a folded phrase in each passage by a scan of the text column."""
        needle = phrase.encode()
        counts: dict[int, int] = {}
        for n, base in enumerate(self._bases):
            found = self._columns[n, "folded"].count(needle)
            counts |= {base + ref: count for ref, count in found.items()} if base else found
        if self._all_live:
            return counts
        return {ref: count for ref, count in counts.items() if self._is_live(ref)}

    def ranked(self, words: Sequence[str], scope: set[int] | None) -> dict[int, float]:
        """Score passages by BM25F over their words."""
        from whoosh import query, reading, searching

        if scope is None and not self._all_live:
            scope = set(self.refs())
        searcher = searching.Searcher(reading.MultiReader(self._leaves))
        either = query.Or([query.Term("words", word) for word in words])
        found = searcher.search(either, limit=None, filter=scope)
        return {ref: score for score, ref in found.top_n}

    def known_words(self, candidates: Iterable[str]) -> list[str]:
        """Keep those candidates that are terms of the index."""
        return [
            word for word in candidates if any(("words", word) in leaf for leaf in self._leaves)
        ]

    def scope(self, filters: Filters) -> set[int] | None:
        """Give the passages that the filters leave, each filter by its own postings."""
        kept: set[int] | None = None
        for one in self._filtered(filters):
            kept = one if kept is None else kept & one
        return kept

    def line(self, ref: int) -> tuple[int, tuple[Passage, ...]]:
        """Give a passage's whole source line."""
        first = ref
        while self.passage(first).touches:
            first -= 1
        passages = [self.passage(first)]
        while not self._ends_line(first + len(passages) - 1):
            passages.append(self.passage(first + len(passages)))
        return first, tuple(passages)

    def info(self, ref: int) -> SpeechInfo:
        """Tell which speech a passage is from."""
        return self._info(self._row(ref))

    def length(self, ref: int) -> int:
        """Measure a passage in bytes."""
        n = bisect_right(self._bases, ref) - 1
        length: int = self._columns[n, "folded"].length(ref - self._bases[n])
        return length

    def totals(self) -> tuple[int, int]:
        """Count all passages, and add up their lengths."""
        return self._live, sum(row[7] for row in self._rows)

    def count_speeches(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""
        starts = self._starts[0]
        return len({bisect_right(starts, ref) for ref in refs})

    def has_theme(self, name: str) -> bool:
        """Tell whether any passage is about a theme."""
        return bool(self._postings(f"theme:{name}"))

    def theme_counts(self) -> dict[str, tuple[int, int]]:
        """Count passages and speeches for each theme."""
        terms = {
            term.decode() for leaf in self._leaves for term in leaf.expand_prefix("terms", "theme:")
        }
        found = {term: self._postings(term) for term in sorted(terms)}
        return {
            term.removeprefix("theme:"): (len(refs), self.count_speeches(refs))
            for term, refs in found.items()
        }

    def passage(self, ref: int) -> Passage:
        """Read a passage."""
        if (known := self._passages.get(ref)) is not None:
            return known
        line, column, kind, touches, point, above, themes, *_own = self._place(ref)
        passage = self._passages[ref] = Passage(
            line=line,
            column=column,
            kind=KINDS[kind],
            text=self._text(ref),
            sections=tuple(self._section(ref - distance) for distance in above),
            point=point,
            touches=bool(touches),
            themes=tuple(themes),
        )
        return passage

    def speech(self, speech: str) -> tuple[SpeechInfo, list[Passage]] | None:
        """Read a whole speech by its id; None if it is not there."""
        for n, row in enumerate(self._rows):
            if row[0] == speech:
                return self._info(n), [self.passage(ref) for ref in self._refs(n)]
        return None

    def speeches(self) -> list[SpeechInfo]:
        """List every speech, by path."""
        return [self._info(n) for n in range(len(self._rows))]

    def _info(self, n: int) -> SpeechInfo:
        """Tell what is known of the speech in row n."""
        speech, title, date, venue, *_where = self._rows[n]
        return SpeechInfo(id=speech, title=title, date=date, venue=venue)

    def _refs(self, n: int) -> range:
        """Give the passages of the speech in row n."""
        *_info, shard, first, passages, _bytes = self._rows[n]
        start = self._base_of[shard] + first
        return range(start, start + passages)

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        """The first passage of each speech, ascending, and the speech's row, its rank by path."""
        bases = self._base_of
        starts = [bases[row[4]] + row[5] for row in self._rows]
        rows = sorted(range(len(starts)), key=starts.__getitem__)
        return [starts[n] for n in rows], rows

    @cached_property
    def _in_path_order(self) -> bool:
        rows = self._starts[1]
        return rows == list(range(len(rows)))

    def _row(self, ref: int) -> int:
        starts, rows = self._starts
        return rows[bisect_right(starts, ref) - 1]

    def _filtered(self, filters: Filters) -> Iterator[set[int]]:
        if filters.section is not None:
            yield self._in_section(filters.section)
        if filters.themes:
            terms = (f"theme:{theme}" for theme in filters.themes)
            yield set(chain.from_iterable(map(self._postings, terms)))
        if filters.part != "all":
            yield set(self._postings(f"part:{filters.part}"))
        if filters.speech is not None:
            yield self._of(n for n, row in enumerate(self._rows) if row[0] == filters.speech)
        if filters.title is not None or filters.since or filters.until:
            title = fold(filters.title or "")
            yield self._of(
                n
                for n, (_id, own_title, date, *_where) in enumerate(self._rows)
                if title in fold(own_title) and in_period(date, filters.since, filters.until)
            )

    def _of(self, rows: Iterable[int]) -> set[int]:
        return set(chain.from_iterable(map(self._refs, rows)))

    def _in_section(self, text: str) -> set[int]:
        wanted = section_number(text)
        if wanted is not None:
            rank, number = wanted
            term = f"number:{number}" if rank is None else f"number:{rank}:{number}"
            headings = self._postings(term)
        else:
            folded = fold(text)
            holding = self.occurrences(folded).keys() & set(self._postings("part:heading"))
            headings = [ref for ref in holding if folded in fold(self._section(ref).heading)]
        return {
            ref
            for heading in headings
            for ref in range(heading, heading + self._place(heading)[-1])
        }

    def _postings(self, term: str) -> list[int]:
        """List the passages that have a term."""
        refs: list[int] = []
        for leaf, base in zip(self._leaves, self._bases, strict=True):
            if ("terms", term) in leaf:
                refs += (base + ref for ref in leaf.postings("terms", term).all_ids())
        return refs if self._all_live else [ref for ref in refs if self._is_live(ref)]

    def _is_live(self, ref: int) -> bool:
        starts, rows = self._starts
        n = bisect_right(starts, ref) - 1
        return n >= 0 and ref in self._refs(rows[n])

    def _value(self, ref: int, name: str) -> bytes:
        n = bisect_right(self._bases, ref) - 1
        return bytes(self._columns[n, name][ref - self._bases[n]])

    def _place(self, ref: int) -> list[Any]:
        return json.loads(self._value(ref, "place"))  # type: ignore[no-any-return]

    def _ends_line(self, ref: int) -> bool:
        return self._value(ref, "folded").endswith(LINE_END)

    def _text(self, ref: int) -> str:
        folded = self._value(ref, "folded").removesuffix(LINE_END).decode()
        return _unfold(folded, self._value(ref, "unfold"))

    def _section(self, ref: int) -> Section:
        line, column, _k, _t, _p, _a, _th, level, number, marker, start, length, _e = self._place(
            ref
        )
        return Section(
            line=line,
            column=column + start,
            level=level,
            number=number,
            marker=marker,
            heading=self._text(ref)[start : start + length],
        )


def index_size(directory: Path) -> int:
    """Add up the bytes of an index directory."""
    return sum(file.stat().st_size for file in directory.iterdir() if file.is_file())


def whoosh_version() -> str:
    """Name the version of whoosh that wrote or reads an index, as 3.54.0."""
    import whoosh

    return ".".join(re.findall(r"\d+", str(whoosh.__version__)))
