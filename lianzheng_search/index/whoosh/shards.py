"""The shards of an index, opened: their documents as refs, their columns, their live documents."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ...files.checksums import Blocks, Fault
from .files import Shard, open_shard
from .speeches import SpeechRow, SpeechTable


class OpenShards:
    """
    The shards of an index, open until `close`.

    A ref is the number of a document, counted through all shards: `bases` are the refs of their
    first documents, `sizes` the numbers of their documents, `texts` and `places` their columns.
    Shards without documents are left out.

    `rows` list the speeches by path. Documents of no speech in the list are dead: their file was
    replaced or removed by an update, which leaves the shard as it is.
    """

    def __init__(
        self,
        index_directory: Path,
        shards: Sequence[Shard],
        rows: Sequence[SpeechRow],
        fault: Fault,
    ) -> None:
        self.readers: list[Any] = []
        self._files: list[list[Blocks]] = []
        self.bases: list[int] = []
        self.sizes: list[int] = []
        base_of: dict[str, int] = {}
        self._end = 0
        for shard in shards:
            base_of[shard.name] = self._end
            # an empty shard has no columns to be opened
            if shard.passages:
                reader, files = open_shard(index_directory, shard, fault)
                self.readers.append(reader)
                self._files.append(files)
                self.bases.append(self._end)
                self.sizes.append(shard.passages)
                self._end += shard.passages
        self.texts = [reader.column_reader("folded", translate=False) for reader in self.readers]
        self.places = [reader.column_reader("place", translate=False) for reader in self.readers]
        self.speeches = SpeechTable(rows, base_of)

    def close(self) -> None:
        """Release the files."""
        self.texts.clear()
        self.places.clear()
        for reader in self.readers:
            reader.close()

    def locate(self, ref: int) -> tuple[int, int]:
        """Return the number of the shard that a passage is in, and that of its document there."""
        n = bisect_right(self.bases, ref) - 1
        return n, ref - self.bases[n]

    def damage(self, n: int, error: Exception) -> Exception:
        """
        Return what an error in reading the n-th shard comes of: damage, or the error itself.

        whoosh catches what is raised in the files that it reads, or stumbles over it.
        """
        try:
            for blocks in self._files[n]:
                blocks.check_all()
        except Exception as damage:
            return damage
        return error

    @cached_property
    def live(self) -> int:
        """The number of passages that are of a speech."""
        return sum(row.passages for row in self.speeches.rows)

    @cached_property
    def dead(self) -> list[set[int]]:
        """For each shard, the documents that are of no speech any more."""
        dead: list[set[int]] = [set() for _ in self.readers]
        # most indexes have no dead documents, and need not look at each
        if self.live < self._end:
            live = self.speeches.refs_of(range(len(self.speeches.rows)))
            for ref in set(range(self._end)).difference(live):
                n, doc = self.locate(ref)
                dead[n].add(doc)
        return dead
