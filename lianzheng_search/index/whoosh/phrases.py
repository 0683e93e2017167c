"""A phrase -> the lines that may hold it, by the postings of its parts, and how often each does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from ..backend import Occurrences, Run, runs_of
from .columns import ENCODING
from .passages import Passages
from .postings import MOST_COUNTED, TEXT, posting_bits, runs, unpack_postings
from .shards import OpenShards
from .terms import Terms

FEW = 256
"""Fewer than one of this many documents are few enough to be looked at without narrowing down."""
SOME = 8
"""If more than one of this many documents would be looked at, the whole column is scanned."""


class Phrases:
    """What looks for phrases: in bit sets of documents first, in their texts then."""

    def __init__(self, shards: OpenShards, terms: Terms, passages: Passages) -> None:
        self._shards, self._terms, self._passages = shards, terms, passages

    def occurrences(self, phrase: str) -> Occurrences:
        """Count a folded phrase in each passage: as stored if it is common, else by a scan."""
        if not phrase:
            return Occurrences((), ())
        refs: list[int] = []
        counts: Any = bytearray()  # as long as all fit: to look a count up in it is fast
        for n, dead in enumerate(self._shards.dead):
            # a deleted or changed file leaves its passages in the shard: they are passed over here
            docs, numbers = self._in_shard(n, phrase)
            if dead:
                base = self._shards.bases[n]
                live = [at for at, ref in enumerate(docs) if ref - base not in dead]
                docs, numbers = [docs[at] for at in live], [numbers[at] for at in live]
            refs += docs
            if max(numbers, default=0) > MOST_COUNTED:
                counts = list(counts)
            counts.extend(numbers)
        return Occurrences(refs, counts)

    def _in_shard(self, n: int, phrase: str) -> tuple[Sequence[int], Sequence[int]]:
        """Return the passages of a shard in which a phrase starts, and how often in each."""
        base = self._shards.bases[n]
        packed = self._terms.packed(n, TEXT + phrase)
        if packed is not None:
            refs, counts = unpack_postings(packed, self._shards.sizes[n], base)
            # a count that fills its byte may be higher: those few passages are counted anew
            if MOST_COUNTED not in counts:
                return refs, counts
            return refs, [
                self._count(ref, phrase) if count == MOST_COUNTED else count
                for ref, count in zip(refs, counts, strict=True)
            ]
        if len(phrase) == 1 and phrase > " ":  # every character that there is has postings
            return (), ()
        docs, numbers = self._scan(n, phrase)
        return [base + doc for doc in docs] if base else docs, numbers

    def _count(self, ref: int, phrase: str) -> int:
        """Count how often a phrase that cannot overlap itself starts in a passage."""
        text = own = self._passages.folded(ref)
        while not text.endswith("\n") and len(text) < len(own) + len(phrase):
            ref += 1
            text += self._passages.folded(ref)
        return text[: len(own) + len(phrase) - 1].count(phrase)

    def _scan(self, n: int, phrase: str) -> tuple[list[int], list[int]]:
        """Look for a phrase in those lines of a shard that hold all of its characters."""
        bits = self._lines_holding(n, [phrase])
        lines = None if bits < 0 else runs(bits)
        return self._shards.texts[n].scan(phrase.encode(ENCODING), lines)  # type: ignore[no-any-return]

    def lines_with(self, strings: Sequence[str], *, lacking: int = 0) -> Iterator[Run]:
        """Yield the lines that hold all characters of these strings, and all common strings."""
        for n, base in enumerate(self._shards.bases):
            column, dead = self._shards.texts[n], self._shards.dead[n]
            bits = (self._lines_lacking_one if lacking else self._lines_holding)(n, strings)
            extents = [(0, self._shards.sizes[n])] if bits < 0 else runs(bits)
            for first, last in extents:
                if dead:
                    for run in runs_of([doc for doc in range(first, last) if doc not in dead]):
                        yield Run(base + run.start, *column.run(run.start, run.stop))
                else:
                    yield Run(base + first, *column.run(first, last))

    def _lines_holding(self, n: int, strings: Sequence[str]) -> int:
        """Return the lines of a shard that may hold all these, as bits; -1 if most of them may."""
        size = self._shards.sizes[n]
        bits = -1
        for part in self._parts(n, strings):
            packed = self._terms.packed(n, TEXT + part)
            if packed is None:
                return 0
            # by lines, not passages: a phrase may begin in one passage and end in the next
            bits &= self._whole_lines(n, posting_bits(packed, size))
            # to narrow down further would cost more than to look at what is left
            if bits.bit_count() * FEW < size:
                break
        return -1 if bits.bit_count() * SOME > size else bits

    def _lines_lacking_one(self, n: int, strings: Sequence[str]) -> int:
        """Return the lines that may hold all of these but one, as bits."""
        size = self._shards.sizes[n]
        every, all_but_one = -1, 0
        for string in dict.fromkeys(strings):
            held = -1
            for part in self._parts(n, [string]):
                packed = self._terms.packed(n, TEXT + part)
                held &= self._whole_lines(n, posting_bits(packed, size)) if packed else 0
            # both at once: all so far, and all but one so far, without trying each string in turn
            every, all_but_one = every & held, all_but_one & held | every
        return -1 if all_but_one < 0 else all_but_one

    def _parts(self, n: int, strings: Sequence[str]) -> Iterator[str]:
        """Yield the strings that have postings, of others the characters."""
        for string in dict.fromkeys(strings):
            if len(string) > 1 and self._terms.packed(n, TEXT + string) is not None:
                yield string
            else:
                yield from (character for character in dict.fromkeys(string) if character > " ")

    def _whole_lines(self, n: int, bits: int) -> int:
        """
        Add to documents, as bits, all that stand on the same lines.

        A step doubles the reach: after k steps, bits have spread over 2 ** k documents of a line.
        """
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
        touching = []
        for n, size in enumerate(self._shards.sizes):
            packed = self._terms.packed(n, "touches")
            touching.append(posting_bits(packed, size) if packed else 0)
        return touching

    @cached_property
    def _touching_bytes(self) -> list[bytes]:
        """The same as bytes, in which one bit is looked up faster."""
        pairs = zip(self._touching, self._shards.sizes, strict=True)
        return [bits.to_bytes(size // 8 + 1, "little") for bits, size in pairs]

    def line_start(self, ref: int) -> int:
        """Return the first passage of a passage's source line."""
        n, doc = self._shards.locate(ref)
        touching = self._touching_bytes[n]
        while touching[doc >> 3] >> (doc & 7) & 1:
            doc -= 1
        return self._shards.bases[n] + doc
