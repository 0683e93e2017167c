"""CURRENT -> the manifest of the current generation, checked before anything else is read."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import msgspec

from ...errors import RequestError
from ...files.checksums import Checksums
from ...files.plain_files import NotPlainError, read_plain
from ...messages import _, system_reason
from ...model import Value
from ..whoosh.files import Shard, whoosh_version
from .faults import DamagedError, OtherVersionError, damaged, other_version
from .folder import CURRENT, CURRENT_LINE

FORMAT = 16
"""The version of the files in an index; an index of another version is rebuilt, never read."""
MANIFEST = "manifest.json"
FILES = "files.json"
SPEECHES = "speeches.json"
SKETCHES = "sketches.json"
GENERATION_NAME = re.compile(r"generation-(\d{6,})")
SHARD_NAME = re.compile(r"(\d{6,})-\d{4,}")
"""The number of the generation that a shard was made for, and its number in it."""
FILE_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
ATTEMPTS = 50
"""
Maximum number of times that something is tried again which another process stood in the way of.

A reader that was overtaken by updates while it opened an index starts anew; on Windows, so does
who finds CURRENT open.
"""
BUSY = 0.1
"""Maximum number of seconds to wait before the next attempt."""
Result = TypeVar("Result")


class Manifest(Value, frozen=True, kw_only=True):
    """
    The content of a generation.

    `built` is the time, in ISO 8601, `versions` are those of everything that decides what is in
    an index, `counts` the files that the run added, updated, deleted and left unchanged; `files`
    are the checksums of the generation's other files by name. `before` is the generation before
    it and the names of its shards, which readers may still have open.
    """

    format: int
    built: str
    versions: dict[str, str]
    counts: dict[str, int]
    shards: list[Shard]
    files: dict[str, Checksums]
    before: tuple[str, list[str]] | None = None

    def checksums(self, name: str) -> Checksums:
        """Return the checksums of a file of the generation; those of none fit no file."""
        return self.files.get(name) or Checksums(0, b"")


class _Head(Value, frozen=True):
    """The part of a manifest that every version understands."""

    format: int = 0


def current_generation(directory: Path, index_directory: Path) -> tuple[str, str | None] | None:
    """
    Read which generation is the current one, and the checksum of its manifest.

    None if there is no index; the checksum is None in indexes of old versions.
    """
    file = index_directory / CURRENT
    try:
        line = CURRENT_LINE.fullmatch(when_free(lambda: read_plain(file, within=index_directory)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise RequestError(
            _("{file}: cannot be read ({reason}). Check who may read it").format(
                file=file, reason=system_reason(error)
            )
        ) from None
    except NotPlainError:
        raise damaged(directory, index_directory, file) from None
    except OSError as error:  # a place that the disk cannot read
        raise damaged(directory, index_directory, file, error) from None
    if line is None:
        raise damaged(directory, index_directory, file)
    return line[1].decode(), line[2].decode() if line[2] else None


def read_manifest(
    directory: Path, index_directory: Path, name: str, checksum: str | None
) -> Manifest:
    """
    Read the manifest of a generation.

    First its checksum, then what wrote it, then the rest: another version may have meant other
    things by the same fields, and damage may look like another version. OSError where the file
    cannot be read, DamagedError, OtherVersionError.
    """
    file = index_directory / name / MANIFEST
    try:
        data = read_plain(file, within=index_directory)
    except NotPlainError:
        raise damaged(directory, index_directory, file) from None
    # first: a damaged field could otherwise pass for another version
    if checksum is not None and f"{crc32(data):08x}" != checksum:
        raise damaged(directory, index_directory, file)
    try:
        if checksum is not None and msgspec.json.decode(data, type=_Head).format == FORMAT:
            manifest = msgspec.json.decode(data, type=Manifest)
            if _is_readable(manifest):
                return manifest
    except msgspec.MsgspecError:
        raise damaged(directory, index_directory, file) from None
    raise other_version(directory, index_directory)


def _is_readable(manifest: Manifest) -> bool:
    """
    Check that the whoosh that wrote the shards is the one that reads them.

    And that shards and files have names as ours: forged ones could lead out of the folder.
    """
    writer, reader = manifest.versions.get("whoosh", "").split("."), whoosh_version().split(".")
    names = [*manifest.files, *(name for shard in manifest.shards for name in shard.files)]
    named_by_us = all(SHARD_NAME.fullmatch(shard.name) for shard in manifest.shards) and all(
        map(FILE_NAME.fullmatch, names)
    )
    return writer[:2] == reader[:2] and named_by_us


def last_generation(
    directory: Path, index_directory: Path
) -> tuple[Path | None, Manifest | None, str | None]:
    """
    Return, for the run that writes the next, the current generation and its manifest, if sound.

    The last is what is wrong with it: None, ``format`` or ``damage``.
    """
    try:
        current = current_generation(directory, index_directory)
    except DamagedError:
        return None, None, "damage"
    if current is None:
        return None, None, None
    generation = index_directory / current[0]
    try:
        return generation, read_manifest(directory, index_directory, *current), None
    except OtherVersionError:
        return generation, None, "format"
    except (DamagedError, OSError):
        return generation, None, "damage"


def when_free(act: Callable[[], Result]) -> Result:
    """
    Do what Windows refuses as long as another process has the file open, for a moment.

    On POSIX a refusal is about modes, and waiting would not help.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return act()
        except PermissionError:
            if os.name == "posix":
                raise
            time.sleep(BUSY)
    return act()
