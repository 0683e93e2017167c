"""
Files of a folder that may be a stranger's: opened only if they are plain files, and lie in it.

A corpus from elsewhere can bring an index of its own. In the place of its files there may be
links to files of the user's, which would be overwritten, or pipes and devices, which would be
waited for. Every file of an index is therefore opened here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..messages import N_

FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)  # a link is refused, not followed
    | getattr(os, "O_NONBLOCK", 0)  # a pipe is opened at once, and then refused
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
CHUNK = 1 << 20
"""Number of bytes read at once."""
MODE = 0o644
"""The mode of a new file, which only its owner may write to."""
NAME_SURROGATE = 0x2000_0000
"""
The bit of a reparse tag (Windows) of what leads to another place: links, junctions.

Files that a drive in the cloud keeps elsewhere have a tag, too, and are files all the same.
"""


class NotPlainError(OSError):
    """In the place of a file or a folder there is something else, or it lies in another folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, N_("Not a plain file"), str(path))


def open_plain(file: Path, *, within: Path, flags: int = os.O_RDONLY) -> int:
    """
    Open a file that lies in the folder `within`, at any depth; return its descriptor.

    NotPlainError where it is no plain file, or lies in another folder: for a link, also one on
    the way to it, and for a path with ``..``. OSError where it cannot be opened.
    """
    # It is looked at before it is opened, since to open a device can be to set it going, and
    # after, since it may be another by then.
    status = _status(file, within)
    if status is not None and not _is_plain(status):
        raise NotPlainError(file)
    descriptor = os.open(file, flags | FLAGS, MODE)
    try:
        # of the descriptor, not the path: that is the file that will be read
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotPlainError(file)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _status(file: Path, within: Path) -> os.stat_result | None:
    """
    Look at a file, not following a link; None where it is missing, in a folder that is there.

    NotPlainError where it does not lie in the folder `within`.
    """
    if not file.is_relative_to(within) or ".." in file.relative_to(within).parts:
        raise NotPlainError(file)
    parents = list(file.parents)
    try:
        # from the outside in: a folder behind a link is not even looked at
        for folder in reversed(parents[: parents.index(within)]):
            if not _is_folder(folder.lstat()):
                raise NotPlainError(folder)
    except FileNotFoundError as error:
        # under the name that was asked for: callers name it in their errors
        raise FileNotFoundError(error.errno, error.strerror, str(file)) from None
    try:
        return file.lstat()
    except FileNotFoundError:
        return None


def _is_plain(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and not _leads_elsewhere(status)


def _is_folder(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode) and not _leads_elsewhere(status)


def _leads_elsewhere(status: os.stat_result) -> bool:
    """Check whether a status, not followed, is that of a link of any kind."""
    tag = getattr(status, "st_reparse_tag", 0)
    return stat.S_ISLNK(status.st_mode) or bool(tag & NAME_SURROGATE)


def is_plain_folder(folder: Path) -> bool:
    """Check that there is a folder, and no link to one."""
    try:
        return _is_folder(folder.lstat())
    except OSError:
        return False


def is_link(path: Path) -> bool:
    """Check whether there is a link, or a junction, wherever it leads."""
    try:
        return _leads_elsewhere(path.lstat())
    except OSError:
        return False


def read_plain(file: Path, *, within: Path, most: int | None = None) -> bytes:
    """Read a plain file, as `open_plain` opens it, or at most so many bytes of it."""
    descriptor = open_plain(file, within=within)
    try:
        return b"".join(read_chunks(descriptor)) if most is None else os.read(descriptor, most)
    finally:
        os.close(descriptor)


def read_chunks(descriptor: int, most: int | None = None) -> Iterator[bytes]:
    """
    Yield what is left of a file, or at most so many bytes of it, a megabyte at a time.

    OSError where it cannot be read, also where a drive answers EAGAIN: a file object takes that
    for the end of the file, or returns None.
    """
    while most is None or most > 0:
        chunk = os.read(descriptor, CHUNK if most is None else min(CHUNK, most))
        if not chunk:
            return
        yield chunk
        if most is not None:
            most -= len(chunk)


def write_plain(file: Path, data: bytes, *, within: Path) -> None:
    """
    Write a plain file; what is in its place, and is neither one nor a folder, is removed.

    OSError where it cannot be written.
    """
    remove_unless_plain(file, within=within)
    descriptor = open_plain(file, within=within, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)


def remove_unless_plain(file: Path, *, within: Path) -> None:
    """
    Remove what is in the place of a file that is to be written to, unless it is plain.

    Also a plain file that has a second name: that may lie outside of the folder.
    """
    status = _status(file, within)
    if status is not None and not (_is_plain(status) and status.st_nlink == 1):
        remove_file(file)


def remove_file(file: Path) -> None:
    """Remove what is in the place of a file: a link itself, not what it leads to."""
    if os.name == "nt" and is_link(file) and file.is_dir():
        file.rmdir()  # a link to a folder, or a junction
    else:
        file.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder for this user alone, in the place of whatever is there and is no folder."""
    if not is_plain_folder(folder):
        remove_file(folder)
        folder.mkdir(mode=0o700)
