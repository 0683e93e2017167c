"""The directory of an index: made, marked as ours, closed to others, and nobody else's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...errors import RequestError
from ...files.plain_files import NotPlainError, is_link, is_plain_folder, read_plain, write_plain
from ...files.private_folders import OTHERS_WRITE, strangers
from ...files.whole_files import sync
from ...messages import _
from ...model import INDEX_FOLDER, INDEX_MARK, INDEX_MARKER
from ..walk import is_index
from ..whoosh.files import SHARDS
from .faults import cannot_write

CURRENT = "CURRENT"
"""The file that names the current generation: the only one that is ever replaced."""
CURRENT_LINE = re.compile(rb"(generation-\d{6,})(?: ([0-9a-f]{8}))?\r?\n")
"""The content of CURRENT: a generation, and the CRC-32 of its manifest, which old formats lack."""
IGNORE, IGNORE_ALL = ".gitignore", b"*\n"
TRUST = "LIANZHENG_TRUST_INDEX"
"""
The variable that, set to 1, lets an index be used that others can write to.

It is for drives that know neither owners nor modes.
"""


def prepare_directory(index_directory: Path) -> None:
    """
    Make the index directory, hidden from git and closed to others, and mark it.

    RequestError where it cannot be written, or holds other things: in a folder that is not empty
    and not marked, nothing is written or removed, for it is somebody's folder of documents, named
    with --index by mistake.
    """
    marker, ignore = index_directory / INDEX_MARKER, index_directory / IGNORE
    try:
        # private from the start: between making and closing it, another user could write into it
        index_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not is_index(index_directory):
            # the mark is looked for again: another run may have made it since
            if _holds_other_things(index_directory) and not is_index(index_directory):
                raise RequestError(
                    _(
                        "{directory}: this folder holds other things. Name an empty one with"
                        " --index"
                    ).format(directory=index_directory)
                )
            close_to_others(index_directory)
            write_plain(marker, INDEX_MARK, within=index_directory)
            sync(marker)
            sync(index_directory)
            with suppress(OSError):  # a folder that may be entered, not listed
                sync(index_directory.parent)
        if not os.path.lexists(ignore):  # what is there, be it a link, is left as it is
            write_plain(ignore, IGNORE_ALL, within=index_directory)
    except OSError as error:
        check_owner(index_directory)  # who may write nothing there is told whose it is
        raise cannot_write(index_directory, error) from None


def close_to_others(path: Path) -> None:
    """Forbid others to write; a drive without modes has to be trusted (see `check_owner`)."""
    mode = path.stat().st_mode
    if os.name == "posix" and mode & OTHERS_WRITE:
        with suppress(PermissionError):
            path.chmod(mode & ~OTHERS_WRITE)


def _holds_other_things(index_directory: Path) -> bool:
    """
    Check whether anything is in a folder that is not marked, and is no index of ours.

    Indexes of the first versions had no mark, but a CURRENT, as some databases have: its content
    tells them apart. A first run that was killed may have left the mark half-written, and
    nothing else.
    """
    names = {file.name for file in index_directory.iterdir()} - {IGNORE}
    with suppress(FileNotFoundError, NotPlainError):
        mark = read_plain(
            index_directory / INDEX_MARKER, within=index_directory, most=len(INDEX_MARK)
        )
        names -= {INDEX_MARKER} if INDEX_MARK.startswith(mark) else set()
    with suppress(OSError):
        line = read_plain(index_directory / CURRENT, within=index_directory)
        return bool(names) and CURRENT_LINE.fullmatch(line) is None
    return bool(names)


def has_index(index_directory: Path) -> bool:
    """Check whether there is an index, be it fit to be read or not."""
    try:
        return os.path.lexists(index_directory / CURRENT)
    except PermissionError:  # what is wrong is told when it is read
        return True


def check_place(directory: Path, index_directory: Path) -> None:
    """
    Raise RequestError if the index folder in a corpus is a link.

    It would have been made by whoever made the corpus, and what it leads to would be written to.
    The link that a user names with --index is followed.
    """
    if index_directory == directory / INDEX_FOLDER and is_link(index_directory):
        raise RequestError(
            _(
                "{folder}: this is a link to another place. Remove it, or name that place with"
                " --index"
            ).format(folder=index_directory)
        )


def check_owner(index_directory: Path) -> None:
    """
    Raise RequestError if another user owns an index, or others may write to it.

    Whoever can write to an index decides what every search answers.
    """
    if os.environ.get(TRUST) == "1":
        return
    try:
        stranger = next(strangers(_owned_paths(index_directory)), None)
    except OSError:
        return  # what is wrong is told when it is read
    if stranger is None:
        return
    folder, owner = stranger
    if owner is not None:
        message = _(
            "{folder}: {owner} owns this index and could change it. Make your own elsewhere, with"
            " --index, or trust it: {trust}"
        )
    else:
        message = _(
            "{folder}: others may write to this index. Forbid it (chmod -R go-w), make one"
            " elsewhere, with --index, or trust it: {trust}"
        )
    raise RequestError(message.format(folder=folder, owner=owner, trust=f"{TRUST}=1"))


def _owned_paths(index_directory: Path) -> Iterator[Path]:
    """
    Yield what decides the content of an index: its folders, and CURRENT.

    The other files need no look: who cannot write to their folder cannot replace them, and their
    checksums would not fit if they were written to.
    """
    yield index_directory
    if not is_link(index_directory / CURRENT):  # a link is damage, whosever file it leads to
        yield index_directory / CURRENT
    yield from filter(is_plain_folder, index_directory.iterdir())
    if is_plain_folder(index_directory / SHARDS):
        yield from filter(is_plain_folder, (index_directory / SHARDS).iterdir())
