"""The current generation, opened for reading; its files, compared with their checksums."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec

from ...errors import RequestError
from ...files.checksums import Blocks, Checksums, intact
from ..whoosh.backend import WhooshBackend
from ..whoosh.files import SHARDS, Shard
from ..whoosh.speeches import SpeechRow
from .faults import DamagedError, cannot_read, damaged, never_at_rest, no_index
from .folder import check_owner, check_place
from .manifest import (
    ATTEMPTS,
    BUSY,
    FILES,
    MANIFEST,
    SPEECHES,
    Manifest,
    current_generation,
    read_manifest,
)


class Snapshot:
    """
    An index, open for reading: one generation of it, whatever is written meanwhile.

    Damage is noticed when a file is read: on opening, and at any time until `close`, it raises
    DamagedError.
    """

    def __init__(self, directory: Path, generation: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.generation = generation
        fault = partial(damaged, directory, generation.parent)

        def blocks_of(name: str) -> Blocks:
            sums = manifest.checksums(name)
            return Blocks(generation / name, sums, fault, within=generation.parent)

        # opened now, read later: an open file stays readable when an update removes its name
        self._files = blocks_of(FILES)
        with closing(blocks_of(SPEECHES)) as blocks:
            rows = msgspec.json.decode(blocks.all(), type=list[SpeechRow])
        self.backend = open_shards(directory, generation, manifest.shards, rows)

    @cached_property
    def records(self) -> dict[str, Any]:
        """The record of each file by path, see `index.records`; most commands need none."""
        records: dict[str, Any] = msgspec.json.decode(self._files.all())
        return records

    def close(self) -> None:
        """Close the files."""
        self.backend.close()
        self._files.close()


def open_current(directory: Path, index_directory: Path) -> Snapshot:
    """
    Open an index for reading; RequestError where there is none, or none that can be trusted.

    MemoryError where there is too little memory, or address space, to map it.

    An update leaves the generation before its own where it was, so that only a second update
    within the time of opening takes files away. A file that is missing is therefore damage only
    if CURRENT still names the same generation.
    """
    check_place(directory, index_directory)
    for attempt in range(ATTEMPTS):
        check_owner(index_directory)  # before it is said that it cannot be read
        current = current_generation(directory, index_directory)
        if current is None:
            raise no_index(directory, index_directory)
        try:
            manifest = read_manifest(directory, index_directory, *current)
            return Snapshot(directory, index_directory / current[0], manifest)
        except FileNotFoundError as error:
            # another process may have updated twice since CURRENT was read, and taken this away
            missing = Path(error.filename)
            if current_generation(directory, index_directory) == current:
                raise damaged(directory, index_directory, missing) from None
        except OSError as error:
            if error.errno == errno.ENOMEM:
                # no fault of the index: to say "mend it" would have the user rebuild it in vain
                raise MemoryError from None
            raise cannot_read(directory, index_directory, error) from None
        except (RequestError, MemoryError):
            raise
        except Exception as error:  # whoosh raises whatever nonsense makes it raise
            file = index_directory / current[0] / MANIFEST
            raise damaged(directory, index_directory, file) from error
        # longer each time: a writer that is quick once is given time to finish
        time.sleep(BUSY * attempt / ATTEMPTS)
    raise never_at_rest(index_directory)


def open_shards(
    directory: Path, generation: Path, shards: Sequence[Shard], rows: Sequence[SpeechRow]
) -> WhooshBackend:
    """Open the shards of a generation; OSError where a file is missing."""
    index_directory = generation.parent
    fault = partial(damaged, directory, index_directory)
    return WhooshBackend(index_directory, shards, rows, fault)


def damaged_files(directory: Path, index_directory: Path) -> list[Path]:
    """Read every file of an index; list those that are not as they were written."""
    check_place(directory, index_directory)
    for _attempt in range(ATTEMPTS):
        try:
            current = current_generation(directory, index_directory)
            if current is None:
                raise no_index(directory, index_directory)
            manifest = read_manifest(directory, index_directory, *current)
        except DamagedError as error:
            return [error.file]
        except OSError as error:
            files = [Path(error.filename)]
        else:
            generation = index_directory / current[0]
            files = [
                file
                for file, sums in _files(generation, manifest)
                # every block of every file: a search checks no more than it reads
                if not intact(file, sums, within=index_directory)
            ]
        # files that an update took away meanwhile are not damaged: look at the new generation
        if not files or current_generation(directory, index_directory) == current:
            return files
    raise never_at_rest(index_directory)


def _files(generation: Path, manifest: Manifest) -> Iterator[tuple[Path, Checksums]]:
    """Yield the files of a generation and of its shards, with their checksums."""
    for name, sums in manifest.files.items():
        yield generation / name, sums
    for shard in manifest.shards:
        for name, sums in shard.files.items():
            yield generation.parent / SHARDS / shard.name / name, sums


def intact_shards(index_directory: Path, shards: Sequence[Shard]) -> list[Shard]:
    """Leave out the shards of which any file is not as it was written."""
    folder = index_directory / SHARDS
    return [
        shard
        for shard in shards
        if all(
            intact(folder / shard.name / name, sums, within=index_directory)
            for name, sums in shard.files.items()
        )
    ]


def read_file(generation: Path, manifest: Manifest, name: str) -> bytes | None:
    """Read one of a generation's own files; None where it is not as it was written."""
    if name not in manifest.files:
        return None
    try:
        sums = manifest.files[name]
        with closing(Blocks(generation / name, sums, OSError, within=generation.parent)) as blocks:
            return blocks.all()
    except OSError:
        return None
