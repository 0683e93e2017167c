"""
An index directory -> its current generation; a new one is named when it is whole.

A generation is a few JSON files that say which shards hold which speeches. A shard is a whoosh
index of its own that never changes once it is written; generations share them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .language import _
from .model import DEFAULT_CORPUS, INDEX_FOLDER, RequestError
from .whoosh_index import SpeechRow, WhooshBackend, whoosh_version

FORMAT = 15
"""The version of the files in an index; an index of another version is rebuilt, never read."""
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
FILES = "files.json"
SPEECHES = "speeches.json"
SKETCHES = "sketches.json"
SHARDS = "shards"
MARKER = "INDEX"
"""Says that a folder is ours; in any other that is not empty, nothing is written or removed."""
GENERATION_NAME = re.compile(r"generation-\d{6,}")
SHARD_NAME = re.compile(r"\d{6,}-\d{4,}")


def open_current(directory: Path, index_directory: Path) -> WhooshBackend:
    """Open the index for reading; raise RequestError where there is none, or one of other make."""
    generation = current(index_directory)
    if generation is None:
        if not directory.is_dir():
            raise RequestError(
                _(
                    "{directory}: there is no such directory. Name the folder of speeches with -C"
                ).format(directory=directory)
            )
        raise RequestError(
            _("{directory}: there is no index of it yet. Make one: {command}").format(
                directory=directory, command=index_command(directory, index_directory)
            )
        )
    manifest = read_json(generation / MANIFEST)
    if not fits(generation, manifest):
        raise RequestError(
            _("{directory}: the index is of another version. Make it anew: {command}").format(
                directory=index_directory, command=index_command(directory, index_directory)
            )
        )
    return open_shards(directory, generation, manifest)


def open_shards(
    directory: Path,
    generation: Path,
    manifest: Mapping[str, Any],
    rows: Sequence[SpeechRow] | None = None,
) -> WhooshBackend:
    """Open the shards of a generation; `rows` are those of its own file unless they are given."""
    index_directory = generation.parent
    try:
        if rows is None:
            data = (generation / SPEECHES).read_bytes()
            rows = msgspec.json.decode(data, type=list[SpeechRow])
        return WhooshBackend(shard_directories(generation, manifest), rows)
    except Exception as error:  # whoosh raises whatever a damaged file makes it raise
        raise RequestError(
            _("{directory}: the index cannot be read ({error}). Make it anew: {command}").format(
                directory=index_directory,
                error=type(error).__name__,
                command=index_command(directory, index_directory) + " --rebuild",
            )
        ) from error


def fits(generation: Path, manifest: Any) -> bool:
    """Tell whether this version can read a generation: its format, and the whoosh that wrote it."""
    return (
        isinstance(manifest, dict)
        and manifest.get("format") == FORMAT
        and manifest["versions"]["whoosh"].split(".")[:2] == whoosh_version().split(".")[:2]
        and all(map(SHARD_NAME.fullmatch, manifest["shards"]))
        and (generation / FILES).is_file()
    )


def prepare_directory(index_directory: Path) -> None:
    """Make the index directory, hidden from git; RequestError where it cannot be written."""
    ours = index_directory / MARKER
    try:
        index_directory.mkdir(parents=True, exist_ok=True)
        if not ours.exists() and any(index_directory.iterdir()):
            raise RequestError(
                _(
                    "{directory}: this folder holds other things. Name an empty one with --index"
                ).format(directory=index_directory)
            )
        ours.write_text("lianzheng-search\n", "utf-8")
        (index_directory / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        raise RequestError(
            _("{directory}: cannot write there ({reason}). Name another place with --index").format(
                directory=index_directory, reason=error.strerror
            )
        ) from None


def current(index_directory: Path) -> Path | None:
    """Give the directory of the generation in use; None if there is none."""
    try:
        name = (index_directory / CURRENT).read_text("utf-8").strip()
    except OSError:
        return None
    generation = index_directory / name
    return generation if GENERATION_NAME.fullmatch(name) and generation.is_dir() else None


def begin(index_directory: Path) -> Path:
    """Make an empty directory for the generation after the current one."""
    import shutil

    old = current(index_directory)
    number = int(old.name.partition("-")[2]) + 1 if old else 1
    generation = index_directory / f"generation-{number:06}"
    shutil.rmtree(generation, ignore_errors=True)
    generation.mkdir()
    return generation


def begin_shard(generation: Path, number: int) -> Path:
    """Make an empty directory for a new shard of a generation."""
    import shutil

    name = f"{generation.name.partition('-')[2]}-{number:04}"
    shard = generation.parent / SHARDS / name
    shutil.rmtree(shard, ignore_errors=True)
    shard.mkdir(parents=True)
    return shard


def shard_directories(generation: Path, manifest: Mapping[str, Any]) -> list[Path]:
    """Give the directories of a generation's shards, in their order."""
    return [generation.parent / SHARDS / name for name in sorted(manifest["shards"])]


def shard_sizes(records: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Count the passages of each shard that these files are in."""
    sizes: dict[str, int] = {}
    for record in records.values():
        sizes[record["shard"]] = sizes.get(record["shard"], 0) + record["passages"]
    return sizes


def publish(generation: Path) -> None:
    """
    Put a generation's files on the disk and name it as the current one, by one rename.

    The one before stays for those who read it; older ones are removed, and shards of neither.
    """
    index_directory = generation.parent
    old = current(index_directory)
    sync_files(generation)
    beside = index_directory / (CURRENT + ".new")
    beside.write_text(generation.name + "\n", "utf-8")
    _sync(beside)
    beside.replace(index_directory / CURRENT)
    if os.name == "posix":
        _sync(index_directory)
    _sweep(index_directory, keep=[one for one in (generation, old) if one])


def sync_files(directory: Path) -> None:
    """Have the files of a directory put on the disk, and on POSIX the directory."""
    for file in directory.iterdir():
        _sync(file)
    if os.name == "posix":
        _sync(directory)
        _sync(directory.parent)


def _sync(path: Path) -> None:
    """Have what was written to a file, or to a directory on POSIX, put on the disk."""
    flags = os.O_RDONLY if path.is_dir() or os.name == "posix" else os.O_RDWR
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(index_directory: Path, *, keep: Sequence[Path]) -> None:
    """Remove what no generation to be kept uses; what a reader has mapped stays until next time."""
    import shutil

    used = {shard for one in keep for shard in (read_json(one / MANIFEST) or {}).get("shards", ())}
    for old in [*index_directory.glob("generation-*"), *(index_directory / SHARDS).glob("*")]:
        is_shard = old.parent != index_directory
        unused = old.name not in used if is_shard else old not in keep
        if unused and (SHARD_NAME if is_shard else GENERATION_NAME).fullmatch(old.name):
            shutil.rmtree(old, ignore_errors=True)


def index_command(directory: Path, index_directory: Path) -> str:
    """Give the command that makes this index, as it has to be typed."""
    import shlex

    words = ["lianzheng"]
    if str(directory) not in (".", DEFAULT_CORPUS):
        words += ["-C", str(directory)]
    if index_directory != directory / INDEX_FOLDER:
        words += ["--index", str(index_directory)]
    return shlex.join([*words, "index"])


def read_json(file: Path) -> Any:
    """Read a JSON file; None where there is none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes())
    except (OSError, ValueError):
        return None


def write_json(file: Path, value: Any) -> None:
    """Write a JSON file."""
    file.write_bytes(msgspec.json.encode(value))
