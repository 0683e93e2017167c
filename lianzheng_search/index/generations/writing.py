"""Files of a generation -> the disk, and the name of the generation -> CURRENT, in this order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from ...files.checksums import checksums, sync, sync_files
from .folder import CURRENT, SHARDS, close_to_others
from .manifest import GENERATION_NAME, MANIFEST, SHARD_NAME, Manifest, when_free


def begin(index_directory: Path) -> Path:
    """
    Make an empty directory for the generation after all that are there.

    After those, too, that a killed run has left: no name is ever used for two things.
    """
    folders = [(index_directory, GENERATION_NAME), (index_directory / SHARDS, SHARD_NAME)]
    numbers = [
        int(match[1])
        for folder, pattern in folders
        for path in folder.glob("*")
        if (match := pattern.fullmatch(path.name))
    ]
    generation = index_directory / f"generation-{max(numbers, default=0) + 1:06}"
    (index_directory / SHARDS).mkdir(mode=0o700, exist_ok=True)
    generation.mkdir(mode=0o700)
    return generation


def begin_shard(generation: Path, number: int) -> Path:
    """Make an empty directory for a new shard of a generation."""
    name = f"{generation.name.partition('-')[2]}-{number:04}"
    shard = generation.parent / SHARDS / name
    shard.mkdir(mode=0o700)
    return shard


def publish(generation: Path, manifest: Manifest, files: Mapping[str, Any]) -> None:
    """
    Write a generation's files, put them on the disk, and make it the current one, by a rename.

    `files` are its own files by name, as JSON; their checksums are added to the manifest. The
    shards are on the disk already, see `write_index`.
    """
    index_directory = generation.parent
    for name, value in files.items():
        (generation / name).write_bytes(msgspec.json.encode(value))
    sums = {name: checksums(generation / name) for name in files}
    data = msgspec.json.encode(msgspec.structs.replace(manifest, files=sums))
    (generation / MANIFEST).write_bytes(data)
    # Everything that CURRENT will lead to must be on the disk before CURRENT leads there: after
    # a power cut a file system may keep a rename and lose what was written before it.
    sync_files(generation)
    beside = index_directory / (CURRENT + ".new")
    beside.write_bytes(f"{generation.name} {crc32(data):08x}\n".encode())
    close_to_others(beside)
    # The same holds for the new CURRENT itself: without this, its name could lead to no content.
    sync(beside)
    when_free(lambda: beside.replace(index_directory / CURRENT))
    # Until the folder is on the disk, too, a power cut may bring the old CURRENT back: the next
    # update sweeps the generation that it names.
    sync(index_directory)


def sweep(index_directory: Path, generation: Path, manifest: Manifest) -> None:
    """
    Remove what no reader needs: all but a generation, and the one before it.

    What an update has left that was killed goes, too. What cannot be removed, since a reader has
    it mapped, stays until next time.
    """
    before, shards = manifest.before or ("", [])
    used = {shard.name for shard in manifest.shards}.union(shards)
    _remove(index_directory, lambda name: name in used or name in (generation.name, before))


def discard(generation: Path) -> None:
    """Remove a generation that was not finished, and the shards made for it; never the current."""
    with suppress(OSError):
        if (generation.parent / CURRENT).read_bytes().startswith(f"{generation.name} ".encode()):
            return  # it was named, and what failed is to have that put on the disk
    number = generation.name.partition("-")[2]
    made = (generation.name, number)
    _remove(generation.parent, lambda name: not {name, name.partition("-")[0]} & set(made))


def _remove(index_directory: Path, stays: Callable[[str], bool]) -> None:
    """Remove generations and shards by name, and nothing that has a name not of ours."""
    for folder, pattern in (
        (index_directory, GENERATION_NAME),
        (index_directory / SHARDS, SHARD_NAME),
    ):
        for path in folder.glob("*"):
            if pattern.fullmatch(path.name) and not stays(path.name):
                shutil.rmtree(path, ignore_errors=True)
