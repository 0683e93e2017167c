"""The shards of an index -> a backend: what a phrase, a filter and a ranking find in them."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from ...files.checksums import Fault
from ...model import Passage, Section, SpeechInfo, Value
from ...query.filters import Filters, in_period, section_number
from ...text.folding import fold
from ..backend import Frame, Occurrences, Run, SourceLine, runs_of
from .files import Shard, open_shard
from .shard import (
    ENCODING,
    KINDS,
    MOST_COUNTED,
    TEXT,
    Own,
    Place,
    place_bits,
    read_frame,
    read_place,
    runs,
    unfold,
    unpack_places,
)

FEW, SOME = 256, 8
"""
Less than one of FEW documents are few enough to be looked at; more than one of SOME, and the whole
column is scanned as fast.
"""
MOST_LINES = 50_000
"""So many lines are kept in memory: some 70 MB."""
MOST_KNOWN = 8192
"""So many terms' places are kept in memory: some 50 MB for a hundred megabytes of text."""


class SpeechRow(Value, frozen=True, array_like=True):
    """
    A speech of an index: what is known of it, and where its passages are.

    They are the documents of a shard from `first` on, in the order of reading; `text_bytes` are
    those of their folded texts as the index keeps them.

    A copy has the id of the speech that it is a copy `of`. The two and its other copies are a
    family, in that order, the copies by path; `twins` are 32-bit integers: for each passage the
    number of the one of the family, counted through it, that says the same in a speech before,
    or -1.
    """

    id: str
    title: str
    date: str | None
    venue: str | None
    speaker: str | None
    source: str | None
    shard: str
    first: int
    passages: int
    text_bytes: int
    of: str | None = None
    twins: bytes = b""


class WhooshBackend:
    """
    A backend over the shards of an index, which lie in a folder; open until `close`.

    `fault` makes what is raised when something that is read is damaged, now or later. `rows`
    list the speeches by path. A ref is a document's number, counted through all shards.
    Documents of no speech in the list have been replaced: they are not seen.
    """

    def __init__(
        self, folder: Path, shards: Sequence[Shard], rows: Sequence[SpeechRow], fault: Fault
    ) -> None:
        self._rows = rows
        self._leaves: list[Any] = []
        self._bases: list[int] = []
        self._numbers: list[int] = []
        self._base_of: dict[str, int] = {}
        size = 0
        for shard in shards:
            self._base_of[shard.name] = size
            if shard.passages:
                self._leaves.append(open_shard(folder, shard, fault))
                self._bases.append(size)
                self._numbers.append(shard.passages)
                size += shard.passages
        self._size = size
        self._live = sum(row.passages for row in rows)
        self._columns = {
            (n, name): leaf.column_reader(name, translate=False)
            for n, leaf in enumerate(self._leaves)
            for name in ("folded", "place")
        }
        self._lines: dict[int, SourceLine] = {}
        self._known_places: dict[tuple[int, str], bytes | None] = {}
        self._infos: dict[int, SpeechInfo] = {}
        self._sections: dict[int, Section] = {}

    def close(self) -> None:
        """Release the files; the backend is of no use afterwards."""
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

    def occurrences(self, phrase: str) -> Occurrences:
        """Count a folded phrase in each passage: as stored if it is common, else by a scan."""
        if not phrase:
            return Occurrences((), ())
        refs: list[int] = []
        counts: Any = bytearray()  # as long as all fit: to look a count up in it is fast
        for n, base in enumerate(self._bases):
            packed = self._packed(n, TEXT + phrase)
            if packed is not None:
                docs, times = unpack_places(packed, self._numbers[n], base)
                found: Sequence[int] = docs
                numbers: Sequence[int] = times
                if MOST_COUNTED in times:
                    numbers = [
                        self._count(ref, phrase) if number == MOST_COUNTED else number
                        for ref, number in zip(docs, times, strict=True)
                    ]
            elif len(phrase) > 1 or phrase <= " ":
                docs, numbers = self._scan(n, phrase)
                found = [base + doc for doc in docs] if base else docs
            else:
                continue
            if dead := self._dead[n]:
                kept = [at for at, ref in enumerate(found) if ref - base not in dead]
                found, numbers = [found[at] for at in kept], [numbers[at] for at in kept]
            refs += found
            if max(numbers, default=0) > MOST_COUNTED:
                counts = list(counts)
            counts.extend(numbers)
        return Occurrences(refs, counts)

    def lines_with(self, strings: Sequence[str], *, lacking: int = 0) -> Iterator[Run]:
        """Yield the lines that hold all characters of these strings, and all common strings."""
        for n, base in enumerate(self._bases):
            column, dead = self._columns[n, "folded"], self._dead[n]
            lines = self._lines_lacking_one if lacking else self._lines_holding
            bits = lines(n, strings)
            found = [(0, self._numbers[n])] if bits < 0 else runs(bits)
            for first, last in found:
                if dead:
                    for run in runs_of([doc for doc in range(first, last) if doc not in dead]):
                        yield Run(base + run.start, *column.run(run.start, run.stop))
                else:
                    yield Run(base + first, *column.run(first, last))

    def _scan(self, n: int, phrase: str) -> tuple[list[int], list[int]]:
        """Look for a phrase in those lines of a shard that hold all of its characters."""
        column = self._columns[n, "folded"]
        bits = self._lines_holding(n, [phrase])
        return column.scan(phrase.encode(ENCODING), None if bits < 0 else runs(bits))  # type: ignore[no-any-return]

    def _lines_holding(self, n: int, strings: Sequence[str]) -> int:
        """Give the lines of a shard that may hold all these, as bits; -1 if most of them may."""
        number = self._numbers[n]
        bits = -1
        for part in self._parts(n, strings):
            packed = self._packed(n, TEXT + part)
            if packed is None:
                return 0
            bits &= self._whole_lines(n, place_bits(packed, number))
            if bits.bit_count() * FEW < number:
                break
        return -1 if bits.bit_count() * SOME > number else bits

    def _lines_lacking_one(self, n: int, strings: Sequence[str]) -> int:
        """Give the lines that may hold all of these but one, as bits."""
        number = self._numbers[n]
        every, all_but_one = -1, 0
        for string in dict.fromkeys(strings):
            held = -1
            for part in self._parts(n, [string]):
                packed = self._packed(n, TEXT + part)
                held &= self._whole_lines(n, place_bits(packed, number)) if packed else 0
            every, all_but_one = every & held, all_but_one & held | every
        return -1 if all_but_one < 0 else all_but_one

    def _parts(self, n: int, strings: Sequence[str]) -> Iterator[str]:
        """Yield the strings whose places are stored, of others the characters."""
        for string in dict.fromkeys(strings):
            if len(string) > 1 and self._packed(n, TEXT + string) is not None:
                yield string
            else:
                yield from (one for one in dict.fromkeys(string) if one > " ")

    @cached_property
    def _touching_bytes(self) -> list[bytes]:
        pairs = zip(self._touching, self._numbers, strict=True)
        return [bits.to_bytes(number // 8 + 1, "little") for bits, number in pairs]

    def _whole_lines(self, n: int, bits: int) -> int:
        """Add to documents, as bits, all that stand on the same lines."""
        touching = self._touching[n]
        later, earlier, step = touching, touching >> 1, 1
        while later:
            bits |= (bits << step) & later
            bits |= (bits >> step) & earlier
            later &= later << step
            earlier &= earlier >> step
            step *= 2
        return bits

    @cached_property
    def _touching(self) -> list[int]:
        """For each shard, the documents that stand on the line of the one before, as bits."""
        packed = [self._packed(n, "touches") for n in range(len(self._leaves))]
        return [
            place_bits(one, number) if one else 0
            for one, number in zip(packed, self._numbers, strict=True)
        ]

    def is_word(self, text: str) -> bool:
        """Tell whether segmentation cut this word out of any passage."""
        return any(("words", text) in leaf for leaf in self._leaves)

    def holding(self, word: str) -> Sequence[int]:
        """List the passages that hold a word, as segmentation cut it."""
        refs: list[int] = []
        for n, (leaf, base) in enumerate(zip(self._leaves, self._bases, strict=True)):
            if ("words", word) in leaf:
                matcher = leaf.postings("words", word)
                docs: list[int] = []
                while matcher.is_active():
                    last = matcher.block_max_id()
                    matcher.block_min_id()  # reads the block; whoosh gives them one by one, slowly
                    docs += matcher._ids
                    matcher.skip_to(last + 1)
                refs += [base + doc for doc in self._alive(n, docs)]
        return refs

    def scope(self, filters: Filters) -> set[int] | None:
        """Give the passages that the filters leave, each filter by its own postings."""
        kept: set[int] | None = None
        for one in self._filtered(filters):
            kept = one if kept is None else kept & one
        return kept

    def line_start(self, ref: int) -> int:
        """Give the first passage of a passage's source line."""
        n = bisect_right(self._bases, ref) - 1
        touching, doc = self._touching_bytes[n], ref - self._bases[n]
        while touching[doc >> 3] >> (doc & 7) & 1:
            doc -= 1
        return self._bases[n] + doc

    def line(self, ref: int) -> SourceLine:
        """Give a passage's whole source line; many phrases of a batch stand on the same."""
        if (known := self._lines.get(ref)) is None:
            if len(self._lines) >= MOST_LINES:
                self._lines.clear()
            known = self._lines[ref] = self._line(ref)
        return known

    def _line(self, ref: int) -> SourceLine:
        passage, text = self._read(ref)
        passages, texts = [passage], [text]
        while passages[0].touches:
            ref -= 1
            passage, text = self._read(ref)
            passages.insert(0, passage)
            texts.insert(0, text)
        while texts[-1][-1] != "\n":
            passage, text = self._read(ref + len(passages))
            passages.append(passage)
            texts.append(text)
        return SourceLine(ref, tuple(passages), "".join(texts)[:-1])

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
        return self._live, self._text_bytes

    @cached_property
    def _text_bytes(self) -> int:
        return sum(row.text_bytes for row in self._rows)

    def count_speeches(self, refs: Iterable[int]) -> int:
        """Count the speeches from which passages are."""
        ordered = sorted(refs)
        starts = self._starts[0]
        count = at = 0
        while at < len(ordered):
            count += 1
            end = bisect_right(starts, ordered[at])
            at = bisect_left(ordered, starts[end], at) if end < len(starts) else len(ordered)
        return count

    def twins(self, refs: Iterable[int]) -> dict[int, int]:
        """
        Give the passages that say what another of these says, in a speech they are copied of.

        Where that speech is not among these, the first of its copies stands for it.
        """
        families = self._families
        if not families:
            return {}
        ordered = sorted(refs)
        found: dict[int, int] = {}
        for members in families.values():
            ranges = list(map(self._refs, members))
            parts = [
                ordered[bisect_left(ordered, own.start) : bisect_left(ordered, own.stop)]
                for own in ranges
            ]
            if not any(parts[1:]):
                continue
            held, first = set(chain.from_iterable(parts)), ranges[0]
            standing: dict[int, tuple[int, int]] = {}
            for n, own, part in zip(members[1:], ranges[1:], parts[1:], strict=True):
                known = array("i", self._rows[n].twins)
                for ref in part:
                    number = known[ref - own.start]
                    if number < 0:
                        continue
                    of_first = number < len(first)
                    twin = first[number] if of_first else self._in_family(members, number)
                    if twin in held:
                        found[ref] = twin
                        continue
                    speech, kept = standing.setdefault(twin, (n, ref))
                    if speech != n:
                        found[ref] = kept
        return found

    def _in_family(self, members: Sequence[int], number: int) -> int:
        """Give the passage of a family that has a number when they are counted through it."""
        for n in members:
            if number < self._rows[n].passages:
                break
            number -= self._rows[n].passages
        return self._refs(n)[number]

    @cached_property
    def _families(self) -> dict[str, list[int]]:
        """The rows of each family: that of the speech the others are copies of, then theirs."""
        copies = [n for n, row in enumerate(self._rows) if row.of is not None]
        if not copies:
            return {}
        families: dict[str, list[int]] = {}
        for n in copies:
            of = self._rows[n].of or ""
            families.setdefault(of, [self._numbers_by_id[of]]).append(n)
        return families

    def ranges(self) -> Iterator[tuple[SpeechInfo, range]]:
        """Yield every speech that has passages, by path, with them."""
        for n, row in enumerate(self._rows):
            if row.passages:
                yield self._info(n), self._refs(n)

    def texts(self, refs: range) -> list[str]:
        """Read the folded texts of passages that follow one another, in one go."""
        read: list[str] = []
        start = refs.start
        while start < refs.stop:
            n = bisect_right(self._bases, start) - 1
            base = self._bases[n]
            stop = min(refs.stop, base + self._numbers[n])
            read += self._columns[n, "folded"].texts(start - base, stop - base)
            start = stop
        return read

    def frames(self, refs: range) -> list[Frame]:
        """Tell what passages are: the first part of what is kept of their places."""
        if not refs:
            return []
        n = bisect_right(self._bases, refs.start) - 1
        column, base = self._columns[n, "place"], self._bases[n]
        frames = []
        for ref in refs:
            place = read_frame(column[ref - base])
            section = ref - place.above[0] if place.above else None
            frames.append(Frame(KINDS[place.kind], place.themes, section))
        return frames

    def folded_passages(self, speech: str) -> list[str]:
        """Read the folded text of each passage of a speech, by its id."""
        if (n := self._numbers_by_id.get(speech)) is None:
            return []
        return [self._folded(ref) for ref in self._refs(n)]

    @cached_property
    def _numbers_by_id(self) -> dict[str, int]:
        return {row.id: n for n, row in enumerate(self._rows)}

    def has_theme(self, name: str) -> bool:
        """Tell whether any passage is about a theme."""
        term = f"theme:{name}"
        held = [n for n in range(len(self._leaves)) if self._packed(n, term) is not None]
        return not all(self._dead[n] for n in held) or bool(self._postings(term))

    def passage(self, ref: int) -> Passage:
        """Read a passage."""
        return self._read(ref)[0]

    def _read(self, ref: int) -> tuple[Passage, str]:
        """Read a passage, and its folded text with the line end, if it ends a line."""
        n = bisect_right(self._bases, ref) - 1
        doc = ref - self._bases[n]
        folded = self._columns[n, "folded"][doc].decode(ENCODING)
        place = read_place(self._columns[n, "place"][doc])
        passage = Passage(
            line=place.line,
            column=place.column,
            kind=KINDS[place.kind],
            text=unfold(folded.removesuffix("\n"), place.originals, place.steps),
            sections=tuple([self._section(ref - distance) for distance in place.above]),
            point=place.point,
            touches=place.touches,
            themes=place.themes,
            source=place.source,
        )
        return passage, folded

    def speech(self, speech: str) -> tuple[SpeechInfo, list[Passage]] | None:
        """Read a whole speech by its id; None if it is not there."""
        if (n := self._numbers_by_id.get(speech)) is None:
            return None
        return self._info(n), [self.passage(ref) for ref in self._refs(n)]

    @property
    def number_of_speeches(self) -> int:
        """How many speeches there are."""
        return len(self._rows)

    def speeches(self) -> list[SpeechInfo]:
        """List every speech, by path."""
        return [self._info(n) for n in range(len(self._rows))]

    def _info(self, n: int) -> SpeechInfo:
        """Tell what is known of the speech in row n."""
        if (known := self._infos.get(n)) is None:
            row = self._rows[n]
            known = self._infos[n] = SpeechInfo(
                id=row.id,
                title=row.title,
                date=row.date,
                venue=row.venue,
                speaker=row.speaker,
                source=row.source,
            )
        return known

    def _refs(self, n: int) -> range:
        """Give the passages of the speech in row n."""
        row = self._rows[n]
        start = self._base_of[row.shard] + row.first
        return range(start, start + row.passages)

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        """The first passage of each speech, ascending, and the speech's row, its rank by path."""
        bases = self._base_of
        starts = [bases[row.shard] + row.first for row in self._rows]
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
            yield self._of(n for n, row in enumerate(self._rows) if row.id == filters.speech)
        if filters.title is not None or filters.since or filters.until:
            title = fold(filters.title or "")
            yield self._of(
                n
                for n, row in enumerate(self._rows)
                if title in fold(row.title) and in_period(row.date, filters.since, filters.until)
            )

    def _of(self, rows: Iterable[int]) -> set[int]:
        return set(chain.from_iterable(map(self._refs, rows)))

    def _in_section(self, text: str) -> set[int]:
        """Give the passages under the headings that hold a text, or have it as their number."""
        inside: set[int] = set()
        wanted = section_number(text)
        if wanted is not None:
            rank, number = wanted
            term = f"number:{number}" if rank is None else f"number:{rank}:{number}"
            for ref in self._postings(term):
                inside.update(range(ref, ref + self._own(ref).extent))
            return inside
        folded = fold(text)
        headings = set(self._postings("part:heading"))
        for ref in headings.intersection(self.occurrences(folded).refs):
            own = self._own(ref)
            heading = self._folded(ref)[own.start :][: own.length]
            if folded in heading:
                inside.update(range(ref, ref + own.extent))
        return inside

    def _own(self, ref: int) -> Own:
        own = self._place(ref).own
        assert own is not None
        return own

    def _postings(self, term: str) -> list[int]:
        """List the passages that have a term."""
        refs: list[int] = []
        for n, base in enumerate(self._bases):
            if (packed := self._packed(n, term)) is not None:
                docs = self._alive(n, unpack_places(packed, self._numbers[n])[0])
                refs += [base + doc for doc in docs] if base else docs
        return refs

    def _alive(self, n: int, docs: list[int]) -> list[int]:
        """Leave out the documents of a shard that are of no speech any more."""
        dead = self._dead[n]
        return [doc for doc in docs if doc not in dead] if dead else docs

    def _packed(self, n: int, term: str) -> bytes | None:
        """Give the packed places of a term in a shard; None if it has none."""
        if (n, term) in self._known_places:
            return self._known_places[n, term]
        leaf = self._leaves[n]
        packed = None
        if ("places", term) in leaf:
            packed = leaf.postings("places", term).value()
        if len(self._known_places) >= MOST_KNOWN:
            self._known_places.clear()
        self._known_places[n, term] = packed
        return packed

    @cached_property
    def _dead(self) -> list[set[int]]:
        """For each shard, the documents that are of no speech any more."""
        dead: list[set[int]] = [set() for _ in self._leaves]
        if self._live < self._size:
            for ref in set(range(self._size)).difference(self.refs()):
                n = bisect_right(self._bases, ref) - 1
                dead[n].add(ref - self._bases[n])
        return dead

    def _count(self, ref: int, phrase: str) -> int:
        """Count how often a phrase that cannot overlap itself starts in a passage."""
        text = own = self._folded(ref)
        while not text.endswith("\n") and len(text) < len(own) + len(phrase):
            ref += 1
            text += self._folded(ref)
        return text[: len(own) + len(phrase) - 1].count(phrase)

    def _folded(self, ref: int) -> str:
        """Read a passage's folded text, with the line end, if it ends a line."""
        return self._value(ref, "folded").decode(ENCODING)

    def _value(self, ref: int, name: str) -> bytes:
        n = bisect_right(self._bases, ref) - 1
        return self._columns[n, name][ref - self._bases[n]]  # type: ignore[no-any-return]

    def _place(self, ref: int) -> Place:
        return read_place(self._value(ref, "place"))

    def _section(self, ref: int) -> Section:
        """Read the section of a heading passage; many passages ask for the same."""
        if (known := self._sections.get(ref)) is not None:
            return known
        place = self._place(ref)
        own = place.own
        assert own is not None
        folded = self._folded(ref)
        section = self._sections[ref] = Section(
            line=place.line,
            column=place.column + own.start,
            level=own.level,
            number=own.number,
            marker=own.marker,
            heading=unfold(folded, place.originals, place.steps)[own.start :][: own.length],
            source=own.source,
        )
        return section


def whoosh_version() -> str:
    """Name the version of whoosh that wrote or reads an index, as 3.54.0."""
    import whoosh

    return ".".join(re.findall(r"\d+", str(whoosh.__version__)))
