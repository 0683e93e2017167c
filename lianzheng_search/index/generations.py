"""
An index directory -> its current generation; a new one is named when it is whole.

A generation is a few JSON files that say which shards hold which speeches. A shard is a whoosh
index of its own that never changes once it is written; generations share them. The manifest of a
generation has the checksums of all its files, and CURRENT that of the manifest.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import msgspec

from ..errors import RequestError
from ..files.checksums import (
    OTHERS_WRITE,
    Blocks,
    Checksums,
    checksums,
    intact,
    strangers,
    sync,
    sync_files,
)
from ..messages import _, system_reason
from ..model import DEFAULT_CORPUS, INDEX_FOLDER, INDEX_MARK, INDEX_MARKER, Value
from .whoosh.backend import SpeechRow, WhooshBackend, whoosh_version
from .whoosh.files import Shard

FORMAT = 16
"""The version of the files in an index; an index of another version is rebuilt, never read."""
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
FILES = "files.json"
SPEECHES = "speeches.json"
SKETCHES = "sketches.json"
SHARDS = "shards"
GENERATION_NAME = re.compile(r"generation-(\d{6,})")
SHARD_NAME = re.compile(r"(\d{6,})-\d{4,}")
CURRENT_LINE = re.compile(rb"(generation-\d{6,})(?: ([0-9a-f]{8}))?\r?\n")
PLAIN_WORD = re.compile(r"[\w@%+=:,./\\-]+" if os.name == "nt" else r"[\w@%+=:,./-]+")
"""What no shell takes for anything but itself."""
TRUST = "LIANZHENG_TRUST_INDEX"
"""Set to 1, it lets an index be used that others can write to: on drives that know no owners."""
OVERTAKEN = 50
"""So many times a reader starts anew that was overtaken by updates while it opened an index."""
BUSY = 0.1
"""Seconds to wait, at the longest, before it does, or before what Windows refused is done again."""
Done = TypeVar("Done")


class Manifest(Value, frozen=True, kw_only=True):
    """
    What a generation is made of.

    By which versions it was `built`, when; what the run that did it had to do; the shards; the
    checksums of its other files by name; the generation `before` it, and the names of its shards.
    """

    format: int
    built: str
    versions: dict[str, str]
    counts: dict[str, int]
    shards: list[Shard]
    files: dict[str, Checksums]
    before: tuple[str, list[str]] | None = None


class _Head(Value, frozen=True):
    """The part of a manifest that every version understands."""

    format: int = 0


class DamagedError(RequestError):
    """A file of the index is not as it was written."""

    def __init__(self, file: Path, command: str) -> None:
        super().__init__(
            _("{file}: this file of the index is damaged. Mend it: {command}").format(
                file=file, command=command
            )
        )
        self.file = file


class Snapshot:
    """
    An index, open for reading: one generation of it, whatever is written meanwhile.

    What is damaged is found when it is read: then, and at any time until `close`, DamagedError.
    """

    def __init__(self, directory: Path, generation: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.generation = generation
        fault = partial(damaged, directory, generation.parent)
        self._files = Blocks(generation / FILES, _known(manifest, FILES), fault)
        with_rows = Blocks(generation / SPEECHES, _known(manifest, SPEECHES), fault)
        rows = msgspec.json.decode(with_rows.all(), type=list[SpeechRow])
        with_rows.close()
        self.backend = open_shards(directory, generation, manifest.shards, rows)

    @cached_property
    def records(self) -> dict[str, Any]:
        """What is known of each file, as `indexing` wrote it, by path."""
        records: dict[str, Any] = msgspec.json.decode(self._files.all())
        return records

    def close(self) -> None:
        """Let go of the files."""
        self.backend.close()
        self._files.close()


def open_current(directory: Path, index_directory: Path) -> Snapshot:
    """
    Open an index for reading; RequestError where there is none, or none that can be trusted.

    MemoryError where there is too little memory, or address space, to map it.
    """
    for attempt in range(OVERTAKEN):
        check_owner(index_directory)  # before it is said that it cannot be read
        named = _named(directory, index_directory)
        if named is None:
            raise _no_index(directory, index_directory)
        try:
            manifest = _manifest(directory, index_directory, *named)
            return Snapshot(directory, index_directory / named[0], manifest)
        except FileNotFoundError as error:
            gone = Path(error.filename)
            if _named(directory, index_directory) == named:
                raise damaged(directory, index_directory, gone) from None
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from None
            raise RequestError(
                _("{directory}: the index cannot be read ({reason}). Mend it: {command}").format(
                    directory=index_directory,
                    reason=_reason(error, index_directory),
                    command=index_command(directory, index_directory),
                )
            ) from None
        except (RequestError, MemoryError):
            raise
        except Exception as error:  # whoosh raises whatever nonsense makes it raise
            file = index_directory / named[0] / MANIFEST
            raise damaged(directory, index_directory, file) from error
        time.sleep(BUSY * attempt / OVERTAKEN)
    raise _written_all_the_time(index_directory)


def _written_all_the_time(index_directory: Path) -> RequestError:
    return RequestError(
        _("{directory}: the index is written anew all the time. Try again later").format(
            directory=index_directory
        )
    )


def open_shards(
    directory: Path, generation: Path, shards: Sequence[Shard], rows: Sequence[SpeechRow]
) -> WhooshBackend:
    """Open the shards of a generation; OSError where a file is missing."""
    index_directory = generation.parent
    fault = partial(damaged, directory, index_directory)
    return WhooshBackend(index_directory / SHARDS, shards, rows, fault)


def damaged(directory: Path, index_directory: Path, file: Path) -> DamagedError:
    """Make the error about a damaged file of an index."""
    return DamagedError(file, index_command(directory, index_directory))


def has_index(index_directory: Path) -> bool:
    """Tell whether there is an index, be it fit to be read or not."""
    try:
        return (index_directory / CURRENT).exists()
    except PermissionError:  # what is wrong is told when it is read
        return True


def _no_index(directory: Path, index_directory: Path) -> RequestError:
    from .ingest import check_directory

    check_directory(directory)
    return RequestError(
        _("{directory}: there is no index of it yet. Make one: {command}").format(
            directory=directory, command=index_command(directory, index_directory)
        )
    )


def _named(directory: Path, index_directory: Path) -> tuple[str, str | None] | None:
    """
    Read which generation is the current one, and the checksum of its manifest.

    None if there is no index; the checksum is None in indexes of old versions.
    """
    file = index_directory / CURRENT
    try:
        line = CURRENT_LINE.fullmatch(_when_free(file.read_bytes))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise RequestError(
            _("{file}: cannot be read ({reason}). Check who may read it").format(
                file=file, reason=system_reason(error)
            )
        ) from None
    except OSError:  # a folder, a loop of links, a place the disk cannot read
        raise damaged(directory, index_directory, file) from None
    if line is None:
        raise damaged(directory, index_directory, file)
    return line[1].decode(), line[2].decode() if line[2] else None


def _manifest(directory: Path, index_directory: Path, name: str, checksum: str | None) -> Manifest:
    """Read the manifest of a generation: its checksum first, then what wrote it, then the rest."""
    file = index_directory / name / MANIFEST
    data = file.read_bytes()
    if checksum is not None and f"{crc32(data):08x}" != checksum:
        raise damaged(directory, index_directory, file)
    try:
        if checksum is not None and msgspec.json.decode(data, type=_Head).format == FORMAT:
            manifest = msgspec.json.decode(data, type=Manifest)
            if _readable(manifest):
                return manifest
    except msgspec.MsgspecError:
        raise damaged(directory, index_directory, file) from None
    raise OtherVersionError(
        _("{directory}: the index is of another version. Make it anew: {command}").format(
            directory=index_directory, command=index_command(directory, index_directory)
        )
    )


class OtherVersionError(RequestError):
    """An index that another version wrote, which this one does not read."""


def _readable(manifest: Manifest) -> bool:
    """Tell whether the whoosh that wrote the shards is the one that reads them, and names fit."""
    wrote, reads = manifest.versions.get("whoosh", "").split("."), whoosh_version().split(".")
    return wrote[:2] == reads[:2] and all(SHARD_NAME.fullmatch(one.name) for one in manifest.shards)


def _known(manifest: Manifest, name: str) -> Checksums:
    return manifest.files.get(name) or Checksums(0, b"")


def check_owner(index_directory: Path) -> None:
    """Raise RequestError if another user owns an index, or others may write to it."""
    if os.environ.get(TRUST) == "1":
        return
    try:
        found = next(strangers(_owned(index_directory)), None)
    except OSError:
        return  # what is wrong is told when it is read
    if found is None:
        return
    folder, owner = found
    if owner is not None:
        told = _(
            "{folder}: {owner} owns this index and could change it. Make your own elsewhere, with"
            " --index, or trust it: {trust}"
        )
    else:
        told = _(
            "{folder}: others may write to this index. Forbid it (chmod -R go-w), make one"
            " elsewhere, with --index, or trust it: {trust}"
        )
    raise RequestError(told.format(folder=folder, owner=owner, trust=f"{TRUST}=1"))


def _owned(index_directory: Path) -> Iterator[Path]:
    """List what decides what stands in an index: its folders, and which of them is current."""
    yield index_directory
    yield index_directory / CURRENT
    for folder in (index_directory, index_directory / SHARDS):
        yield from filter(Path.is_dir, folder.iterdir())


def last_generation(
    directory: Path, index_directory: Path
) -> tuple[Path | None, Manifest | None, str | None]:
    """
    Give, to the one who writes the next, the current generation, and its manifest if it is good.

    The last is what is wrong with it: None, ``format`` or ``damage``.
    """
    try:
        named = _named(directory, index_directory)
    except DamagedError:
        return None, None, "damage"
    if named is None:
        return None, None, None
    generation = index_directory / named[0]
    try:
        return generation, _manifest(directory, index_directory, *named), None
    except OtherVersionError:
        return generation, None, "format"
    except (DamagedError, OSError):
        return generation, None, "damage"


def damaged_files(directory: Path, index_directory: Path) -> list[Path]:
    """Read every file of an index; list those that are not as they were written."""
    for _attempt in range(OVERTAKEN):
        try:
            named = _named(directory, index_directory)
            if named is None:
                raise _no_index(directory, index_directory)
            manifest = _manifest(directory, index_directory, *named)
        except DamagedError as error:
            return [error.file]
        except OSError as error:
            found = [Path(error.filename)]
        else:
            found = [
                file
                for file, known in _files(index_directory / named[0], manifest)
                if not intact(file, known)
            ]
        if not found or _named(directory, index_directory) == named:
            return found
    raise _written_all_the_time(index_directory)


def _files(generation: Path, manifest: Manifest) -> Iterator[tuple[Path, Checksums]]:
    """List the files of a generation and of its shards."""
    for name, known in manifest.files.items():
        yield generation / name, known
    for shard in manifest.shards:
        for name, known in shard.files.items():
            yield generation.parent / SHARDS / shard.name / name, known


def intact_shards(index_directory: Path, shards: Sequence[Shard]) -> list[Shard]:
    """Leave out the shards of which any file is not as it was written."""
    folder = index_directory / SHARDS
    return [
        shard
        for shard in shards
        if all(intact(folder / shard.name / name, known) for name, known in shard.files.items())
    ]


def read_file(generation: Path, manifest: Manifest, name: str) -> bytes | None:
    """Read one of a generation's own files; None where it is not as it was written."""
    known = manifest.files.get(name)
    if known is None:
        return None
    try:
        with closing(Blocks(generation / name, known, OSError)) as blocks:
            return blocks.all()
    except OSError:
        return None


def prepare_directory(index_directory: Path) -> None:
    """
    Make the index directory, hidden from git and closed to others, and mark it.

    RequestError where it cannot be written, or holds other things: in a folder that is not empty
    and not marked, nothing is written or removed.
    """
    marker, ignore = index_directory / INDEX_MARKER, index_directory / ".gitignore"
    try:
        index_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not marker.exists():
            others = any(one != ignore for one in index_directory.iterdir())
            if others and not _early(index_directory) and not marker.exists():  # by another run
                raise RequestError(
                    _(
                        "{directory}: this folder holds other things. Name an empty one with"
                        " --index"
                    ).format(directory=index_directory)
                )
            _close_to_others(index_directory)
            marker.write_bytes(INDEX_MARK)
            sync(marker)
            sync(index_directory)
            with suppress(OSError):  # a folder that may be entered, not listed
                sync(index_directory.parent)
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
    except OSError as error:
        check_owner(index_directory)  # who may write nothing there is told whose it is
        raise cannot_write(index_directory, error) from None


def _close_to_others(path: Path) -> None:
    """Forbid others to write; a drive without modes has to be trusted (see `check_owner`)."""
    mode = path.stat().st_mode
    if os.name == "posix" and mode & OTHERS_WRITE:
        with suppress(PermissionError):
            path.chmod(mode & ~OTHERS_WRITE)


def _early(index_directory: Path) -> bool:
    """Tell an index of the first versions, which had no marker, from what has a CURRENT, too."""
    with suppress(OSError):
        return CURRENT_LINE.fullmatch((index_directory / CURRENT).read_bytes()) is not None
    return False


def cannot_write(index_directory: Path, error: OSError) -> RequestError:
    """Make the error for an index that cannot be written."""
    return RequestError(
        _(
            "{directory}: the index cannot be written ({reason}). Make room, or name another place"
            " with --index"
        ).format(directory=index_directory, reason=_reason(error, index_directory))
    )


def _reason(error: OSError, index_directory: Path) -> str:
    """Say what the system would not do, and to which file."""
    file = error.filename2 or error.filename
    told = system_reason(error)
    return told if file in (None, str(index_directory)) else f"{told}: {file}"


def begin(index_directory: Path) -> Path:
    """Make an empty directory for the generation after all that are there."""
    folders = [(index_directory, GENERATION_NAME), (index_directory / SHARDS, SHARD_NAME)]
    numbers = [
        int(match[1])
        for folder, pattern in folders
        for one in folder.glob("*")
        if (match := pattern.fullmatch(one.name))
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


def shard_sizes(records: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Count the passages of each shard that these files are in."""
    sizes: dict[str, int] = {}
    for record in records.values():
        sizes[record["shard"]] = sizes.get(record["shard"], 0) + record["passages"]
    return sizes


def publish(generation: Path, manifest: Manifest, files: Mapping[str, Any]) -> None:
    """
    Write a generation's files, put them on the disk, and name it as the current one, by a rename.

    `files` are its own files by name, as JSON; their checksums are added to the manifest.
    """
    index_directory = generation.parent
    for name, value in files.items():
        (generation / name).write_bytes(msgspec.json.encode(value))
    sums = {name: checksums(generation / name) for name in files}
    data = msgspec.json.encode(msgspec.structs.replace(manifest, files=sums))
    (generation / MANIFEST).write_bytes(data)
    sync_files(generation)
    beside = index_directory / (CURRENT + ".new")
    beside.write_bytes(f"{generation.name} {crc32(data):08x}\n".encode())
    _close_to_others(beside)
    sync(beside)
    _when_free(lambda: beside.replace(index_directory / CURRENT))
    sync(index_directory)


def _when_free(act: Callable[[], Done]) -> Done:
    """Do what Windows refuses as long as another process has the file open, for a moment."""
    for _attempt in range(OVERTAKEN):
        try:
            return act()
        except PermissionError:
            if os.name == "posix":
                raise
            time.sleep(BUSY)
    return act()


def sweep(index_directory: Path, generation: Path, manifest: Manifest) -> None:
    """
    Remove what no reader needs: all but a generation, and the one before it.

    What an update has left that was killed goes, too. What cannot be removed, since a reader has
    it mapped, stays until next time.
    """
    before, shards = manifest.before or ("", [])
    used = {shard.name for shard in manifest.shards}.union(shards)
    _remove(index_directory, lambda one: one in used or one in (generation.name, before))


def discard(generation: Path) -> None:
    """Remove a generation that was not finished, and the shards made for it; never the current."""
    with suppress(OSError):
        if (generation.parent / CURRENT).read_bytes().startswith(f"{generation.name} ".encode()):
            return  # it was named, and what failed is to have that put on the disk
    number = generation.name.partition("-")[2]
    own = (generation.name, number)
    _remove(generation.parent, lambda one: one not in own and one.partition("-")[0] not in own)


def _remove(index_directory: Path, stays: Callable[[str], bool]) -> None:
    """Remove generations and shards by name."""
    import shutil

    for folder, pattern in (
        (index_directory, GENERATION_NAME),
        (index_directory / SHARDS, SHARD_NAME),
    ):
        for one in folder.glob("*"):
            if pattern.fullmatch(one.name) and not stays(one.name):
                shutil.rmtree(one, ignore_errors=True)


def index_command(directory: Path, index_directory: Path, *options: str) -> str:
    """Give the command that makes this index, with more options, as it has to be typed."""
    words = ["lianzheng"]
    if str(directory) not in (".", DEFAULT_CORPUS):
        words += ["-C", str(directory)]
    if index_directory != directory / INDEX_FOLDER:
        words += ["--index", str(index_directory)]
    return " ".join(map(shell_word, [*words, *options, "index"]))


def shell_word(word: str) -> str:
    """
    Quote a word of a command only where a shell needs it, and as the shell of the system does.

    >>> shell_word("我的讲稿/2024年")
    '我的讲稿/2024年'
    """
    import shlex

    if PLAIN_WORD.fullmatch(word):
        return word
    return f'"{word}"' if os.name == "nt" else shlex.quote(word)
