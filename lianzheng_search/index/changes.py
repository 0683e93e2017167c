"""The records of an index x the files as they are now -> which files changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import RequestError
from ..files.plain_files import read_chunks
from ..model import Value
from ..reading.limits import READ, Limits, Unreadable
from .walk import ZIP, SourceFile, listing, source_files

ARCHIVED = f"{ZIP}/"
"""What parts the path of an archive from that of a file in it."""
Record = dict[str, Any]
"""
What an index knows of a file, as JSON.

size, mtime_ns, inode, sha256; where its passages are (shard, first, passages); text_bytes; title,
date, venue, speaker, source; removed (by rule), removed_lines; problems; of a copy, the file it
is a copy `of`, its `share`, and its `twins` as base64 (see SpeechRow). Until it is written, its
Sketch. Of a file that could not be read, `passages` is 0 and the rest of what a speech has is not
there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The paths of files that differ from those of the index, and of those that do not."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether any file differs."""
        return bool(self.added or self.updated or self.deleted)


class Basis(Value, frozen=True, kw_only=True):
    """
    What an answer from an index rests on.

    `files` are those that were searched; `not_read` maps those that could not be to the reason;
    `built` is when the index was made; the others are the files that are not in it as they are in
    the folder now. `undated` is the number of speeches without a date.
    """

    files: int
    not_read: Mapping[str, str]
    built: str
    undated: int
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


def compare(records: Mapping[str, Record], sources: Iterable[SourceFile]) -> Changes:
    """
    Compare files by path, size, mtime and inode, and by content only where one of these differs.

    A file that was only touched is not changed.
    """
    added, updated, unchanged = [], [], []
    for source in sources:
        record = records.get(source.path)
        if record is None:
            added.append(source.path)
        elif record["sha256"] is not None and has_same_status(record, source):
            unchanged.append(source.path)
        elif record["size"] == source.size and record["sha256"] == content_hash(source.file):
            unchanged.append(source.path)  # or it could not be read then, nor can be now
        else:
            updated.append(source.path)
    gone = records.keys() - {*added, *updated, *unchanged}
    return Changes(
        added=tuple(added),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        deleted=tuple(sorted(gone)),
    )


def has_same_status(record: Record, source: SourceFile) -> bool:
    """Check that a file need not be looked into: size, mtime and inode are those recorded."""
    recorded = (record["size"], record["mtime_ns"], record["inode"])
    return recorded == (source.size, source.mtime_ns, source.inode)


def content_hash(file: Path) -> str | None:
    """Return the SHA-256 of a file in hex, also of one in a zip archive; None if unreadable."""
    from ..reading.read import file_bytes

    digest = hashlib.sha256()
    try:
        if not file.is_file():  # in a zip archive, perhaps
            digest.update(file_bytes(file, path="", limits=Limits()))
            return digest.hexdigest()
        descriptor = os.open(file, READ)  # which does not wait, be it a pipe by now
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            for chunk in read_chunks(descriptor):
                digest.update(chunk)
        finally:
            os.close(descriptor)
    except (OSError, Unreadable):
        return None
    return digest.hexdigest()


def changes_now(records: Mapping[str, Record], directory: Path, index_directory: Path) -> Changes:
    """
    Compare the files of an index with the folder as it is now, as quickly as that can be done.

    As `compare`, but `unchanged` stays empty. A corpus that has gone is all deleted.
    """
    members: dict[str, list[str]] = {}
    for path in records:
        if (at := path.lower().find(ARCHIVED)) >= 0:
            members.setdefault(path[: at + len(ZIP)], []).append(path)
    same: set[str] = set()
    others: list[SourceFile] = []
    try:
        for path, file, status in listing(directory, index_directory):
            held = members.get(path, (path,))
            if all(_is_same(records.get(one), status, path == one) for one in held):
                same.update(held)
            else:  # only now what is slow: an archive is opened
                others += source_files(path, file, status)
    except RequestError:
        return Changes(deleted=tuple(sorted(records)))
    # a file that was only touched, or written just before it was indexed, is looked into
    changes = compare(records, others)
    deleted = tuple(path for path in changes.deleted if path not in same)
    return replace(changes, deleted=deleted, unchanged=())


def _is_same(record: Record | None, status: os.stat_result | None, whole: bool) -> bool:
    """Check that a file, or an archive of which it is a part, has the recorded status."""
    if record is None:
        return False
    if status is None:  # it cannot be read, as before
        return not record["inode"] and not record["mtime_ns"]
    return (
        record["mtime_ns"] == status.st_mtime_ns
        and record["inode"] == status.st_ino
        and (record["size"] == status.st_size or not whole)
    )
