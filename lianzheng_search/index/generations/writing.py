"""Files of a generation -> the disk, and the name of the generation -> CURRENT, in this order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from ...files.checksums import checksums
from ...files.plain_files import is_plain_folder, make_folder, read_plain, remove_file, write_plain
from ...files.whole_files import sync, sync_files
from ..whoosh.files import SHARDS
from .folder import CURRENT
from .manifest import GENERATION_NAME, MANIFEST, SHARD_NAME, Manifest, when_free


def begin(index_directory: Path) -> Path:
    """
    Make an empty directory for the generation after all that are there.

    Its number follows those that a killed run has left, too: no name is ever used twice.
    """
    make_folder(index_directory / SHARDS)
    folders = [(index_directory, GENERATION_NAME), (index_directory / SHARDS, SHARD_NAME)]
    numbers = [
        int(match[1])
        for folder, pattern in folders
        for path in folder.glob("*")
        if (match := pattern.fullmatch(path.name))
    ]
    generation = index_directory / f"generation-{max(numbers, default=0) + 1:06}"
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
    # none of these is looked at by any reader before the manifest that names them is current
    for name, value in files.items():
        write_plain(generation / name, msgspec.json.encode(value), within=index_directory)
    sums = {name: checksums(generation / name, within=index_directory) for name in files}
    data = msgspec.json.encode(msgspec.structs.replace(manifest, files=sums))
    write_plain(generation / MANIFEST, data, within=index_directory)
    # Everything that CURRENT will lead to must be on the disk before CURRENT leads there: after
    # a power cut a file system may keep a rename and lose what was written before it.
    sync_files(generation)
    beside = index_directory / (CURRENT + ".new")
    line = f"{generation.name} {crc32(data):08x}\n".encode()
    write_plain(beside, line, within=index_directory)
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
        line = read_plain(generation.parent / CURRENT, within=generation.parent)
        if line.startswith(f"{generation.name} ".encode()):
            return  # it was named, and what failed is to have that put on the disk
    number = generation.name.partition("-")[2]
    made = (generation.name, number)
    _remove(generation.parent, lambda name: not {name, name.partition("-")[0]} & set(made))


def _remove(index_directory: Path, stays: Callable[[str], bool]) -> None:
    """
    Remove generations and shards by name, and nothing that has a name not of ours.

    Nor anything that is not in this folder: a link is removed, not what it leads to.
    """
    folders = [(index_directory, GENERATION_NAME)]
    if is_plain_folder(index_directory / SHARDS):
        folders.append((index_directory / SHARDS, SHARD_NAME))
    for folder, pattern in folders:
        for path in folder.glob("*"):
            if not pattern.fullmatch(path.name) or stays(path.name):
                continue
            if is_plain_folder(path):
                # on Windows a file that a reader has open stays: the next sweep takes it
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    remove_file(path)
