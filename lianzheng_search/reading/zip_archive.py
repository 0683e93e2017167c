"""A zip archive -> the files in it, each under a path of its own, ``a.zip/b.docx``."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path, PurePosixPath

from ..messages import N_
from .limits import Limits, Unreadable, beyond, bytes_of, unreadable

UTF8_NAME = 0x800
"""Bit 11 of the general purpose flags (APPNOTE.TXT 4.4.4): the name is in UTF-8."""
LOCKED = 0x1
"""Bit 0 of the general purpose flags: the file is encrypted."""
UNICODE_NAME = 0x7075
"""Header ID of the Info-ZIP Unicode Path extra field (APPNOTE.TXT 4.6.9)."""
BLOCK = 1 << 20
"""Maximum size when unpacked, in bytes, of an archive whose ratio is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive: the path that it has there, in parts that are safe, and its size."""

    path: PurePosixPath
    size: int


def is_archive(file: Path) -> bool:
    """Check whether a file is called a zip archive; whether it is one, reading it tells."""
    return file.suffix.lower() == ".zip"


def list_members(file: Path, *, path: str, limits: Limits) -> list[Member]:
    """
    List the files of an archive; those that hide (``.name``, ``__MACOSX``) are left out.

    Raises Unreadable where it is no archive, is empty, or goes beyond a limit; OSError.
    """
    # size and time are part of the cache's key: a changed archive is opened anew
    status = file.stat()
    if status.st_size > limits.file_bytes:
        raise beyond(path, "file_bytes", limits)
    try:
        entries = _entries(file, status.st_size, status.st_mtime_ns)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise unreadable(path, N_("a zip archive that is damaged; pack it anew")) from None
    if len(entries) > limits.zip_members:
        raise beyond(path, "zip_members", limits)
    # the sizes as the archive states them: `read_member` does not rely on them
    total = sum(entry.file_size for entry in entries.values())
    if total > limits.unzipped_bytes:
        raise beyond(path, "unzipped_bytes", limits)
    if total > BLOCK and total > limits.zip_ratio * status.st_size:
        raise beyond(path, "zip_ratio", limits)
    if not entries:
        raise unreadable(path, N_("a zip archive with no files in it"))
    return [
        Member(path=PurePosixPath(name), size=entry.file_size) for name, entry in entries.items()
    ]


def archive_of(file: Path) -> tuple[Path, str] | None:
    """Split a path that leads into an archive into the archive's and the rest."""
    for parent in file.parents:
        if is_archive(parent) and parent.is_file():
            return parent, file.relative_to(parent).as_posix()
    return None


def read_member(archive: Path, name: str, *, path: str, limits: Limits) -> bytes:
    """Return the bytes of a file in an archive; raises Unreadable, OSError."""
    status = archive.stat()
    damaged = N_("its zip archive is damaged there; pack it anew")
    try:
        entry = _entries(archive, status.st_size, status.st_mtime_ns).get(name)
        if entry is None:
            raise unreadable(path, N_("there is no such file (any more)"))
        if entry.flag_bits & LOCKED:
            raise unreadable(path, N_("it is locked with a password"))
        # packers on Unix put st_mode into the upper half; a link would hold a path, not a text
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise unreadable(path, N_("a link in a zip archive, not followed"))
        most = min(limits.file_bytes, limits.unzipped_bytes)
        with _opened(archive, status.st_size, status.st_mtime_ns).open(entry) as member:
            # one more than allowed: a bomb that states too small a size is found out, and not
            # unpacked
            data = member.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        raise unreadable(path, damaged) from None
    # zipfile raises these for a password and for methods of packing that it does not know
    except (RuntimeError, NotImplementedError):
        raise unreadable(path, N_("packed in a way that this tool cannot unpack")) from None
    if len(data) > most:
        raise beyond(path, "file_bytes", limits)
    return data


def content_names(data: bytes) -> frozenset[str] | None:
    """Return the names in the bytes of an archive; None where it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return None


@lru_cache(maxsize=1)
def _opened(archive: Path, size: int, mtime_ns: int) -> zipfile.ZipFile:
    """Open an archive once for all of its files; a changed one is another."""
    try:
        data = bytes_of(archive, path=archive.name, limits=Limits(file_bytes=size))
    except Unreadable:
        raise zipfile.BadZipFile("it has changed meanwhile") from None
    return zipfile.ZipFile(io.BytesIO(data))


@lru_cache(maxsize=4)
def _entries(archive: Path, size: int, mtime_ns: int) -> Mapping[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in _opened(archive, size, mtime_ns).infolist():
        parts = _safe_parts(_name(entry))
        # __MACOSX holds the resource forks that macOS packs beside each file
        if entry.is_dir() or not parts or any(p.startswith((".", "__MACOSX")) for p in parts):
            continue
        found[_another("/".join(parts), found)] = entry
    return found


def _another(name: str, taken: Container[str]) -> str:
    """
    Return a name that is not taken: an archive may hold several files under one.

    >>> _another("a/讲话.txt", ["a/讲话.txt", "a/讲话~2.txt"]), _another("b", ["a"])
    ('a/讲话~3.txt', 'b')
    """
    path = PurePosixPath(name)
    for number in count(2):
        if name not in taken:
            break
        name = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
    return name


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a name in an archive: in UTF-8 if it says so, else in what Chinese packers write."""
    if entry.flag_bits & UTF8_NAME:
        return entry.filename
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        # before the name stand its version (1 byte) and the CRC-32 of the other name (4 bytes)
        if kind == UNICODE_NAME and size > 5:
            return extra[9 : 4 + size].decode("utf-8", "replace")
        extra = extra[4 + size :]
    try:
        # zipfile decodes every name that is not marked as UTF-8 as cp437: this gives the bytes
        # back
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    # UTF-8 first: GBK bytes are hardly ever valid UTF-8, while the reverse is common
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _safe_parts(name: str) -> list[str]:
    r"""
    Split a name into what may occur in a path: nothing that leads out, no drive, no stream.

    >>> _safe_parts("讲话\\一.docx"), _safe_parts("../../etc/C:x")
    (['讲话', '一.docx'], ['etc', 'C_x'])
    """
    parts = name.replace("\\", "/").replace("\0", "").split("/")
    # ".." would lead out of the folder; on Windows a colon names a drive or a stream
    kept = [part.replace(":", "_") for part in parts if part.strip(". ")]
    return ["".join(c if c.isprintable() else "_" for c in part) for part in kept]
