"""A term -> the passages that have it, from the postings of all shards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .postings import unpack_postings
from .shards import OpenShards

MOST_KNOWN = 8192
"""Maximum number of terms whose postings are kept: some 50 MB for a hundred megabytes of text."""


class Terms:
    """The terms of an index; their postings are kept in memory, packed, once they are read."""

    def __init__(self, shards: OpenShards) -> None:
        self._shards = shards
        self._known: dict[tuple[int, str], bytes | None] = {}

    def packed(self, n: int, term: str) -> bytes | None:
        """Return the packed postings of a term in the n-th shard; None if it has none."""
        if (n, term) in self._known:
            return self._known[n, term]
        reader = self._shards.readers[n]
        packed = None
        try:
            if ("places", term) in reader:
                packed = reader.postings("places", term).value()
        except Exception as error:
            raise self._shards.damage(n, error) from error
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[n, term] = packed
        return packed

    def refs(self, term: str) -> list[int]:
        """List the passages that have a term."""
        refs: list[int] = []
        for n, base in enumerate(self._shards.bases):
            if (packed := self.packed(n, term)) is not None:
                docs = self._alive(n, unpack_postings(packed, self._shards.sizes[n])[0])
                refs += [base + doc for doc in docs] if base else docs
        return refs

    def occurs(self, term: str) -> bool:
        """Check whether any passage has a term."""
        holders = [n for n in range(len(self._shards.readers)) if self.packed(n, term) is not None]
        # in a shard without dead documents, a term that is there is that of a passage
        return not all(self._shards.dead[n] for n in holders) or bool(self.refs(term))

    def is_word(self, text: str) -> bool:
        """Check whether segmentation cut this word out of any passage."""
        return any(self._has_word(n, text) for n in range(len(self._shards.readers)))

    def _has_word(self, n: int, word: str) -> bool:
        try:
            return ("words", word) in self._shards.readers[n]
        except Exception as error:
            raise self._shards.damage(n, error) from error

    def with_word(self, word: str) -> Sequence[int]:
        """List the passages that hold a word, as segmentation cut it."""
        refs: list[int] = []
        for n, base in enumerate(self._shards.bases):
            if self._has_word(n, word):
                try:
                    docs = _documents(self._shards.readers[n].postings("words", word))
                except Exception as error:
                    raise self._shards.damage(n, error) from error
                refs += [base + doc for doc in self._alive(n, docs)]
        return refs

    def _alive(self, n: int, docs: list[int]) -> list[int]:
        """Leave out the documents of a shard that are of no speech any more."""
        dead = self._shards.dead[n]
        return [doc for doc in docs if doc not in dead] if dead else docs


def _documents(matcher: Any) -> list[int]:
    """List the documents of a matcher, block by block: whoosh gives them one by one, slowly."""
    docs: list[int] = []
    while matcher.is_active():
        last = matcher.block_max_id()
        matcher.block_min_id()  # reads the block
        docs += matcher._ids
        matcher.skip_to(last + 1)
    return docs
