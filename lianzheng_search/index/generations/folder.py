"""The directory of an index: made, marked as ours, closed to others, and nobody else's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...errors import RequestError
from ...files.checksums import sync
from ...files.private_folders import OTHERS_WRITE, strangers
from ...messages import _
from ...model import INDEX_MARK, INDEX_MARKER
from .faults import cannot_write

CURRENT = "CURRENT"
"""The file that names the current generation: the only one that is ever replaced."""
SHARDS = "shards"
"""The folder of all shards, which generations share."""
CURRENT_LINE = re.compile(rb"(generation-\d{6,})(?: ([0-9a-f]{8}))?\r?\n")
"""The content of CURRENT: a generation, and the CRC-32 of its manifest, which old formats lack."""
IGNORE, IGNORE_ALL = ".gitignore", "*\n"
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
        index_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not marker.exists():
            others = any(file != ignore for file in index_directory.iterdir())
            # the marker is looked for again: another run may have made it since
            if others and not _is_early_index(index_directory) and not marker.exists():
                raise RequestError(
                    _(
                        "{directory}: this folder holds other things. Name an empty one with"
                        " --index"
                    ).format(directory=index_directory)
                )
            close_to_others(index_directory)
            marker.write_bytes(INDEX_MARK)
            sync(marker)
            sync(index_directory)
            with suppress(OSError):  # a folder that may be entered, not listed
                sync(index_directory.parent)
        if not ignore.exists():
            ignore.write_text(IGNORE_ALL, "utf-8")
    except OSError as error:
        check_owner(index_directory)  # who may write nothing there is told whose it is
        raise cannot_write(index_directory, error) from None


def close_to_others(path: Path) -> None:
    """Forbid others to write; a drive without modes has to be trusted (see `check_owner`)."""
    mode = path.stat().st_mode
    if os.name == "posix" and mode & OTHERS_WRITE:
        with suppress(PermissionError):
            path.chmod(mode & ~OTHERS_WRITE)


def _is_early_index(index_directory: Path) -> bool:
    """Tell an index of the first versions, which had no marker, from what has a CURRENT, too."""
    with suppress(OSError):
        return CURRENT_LINE.fullmatch((index_directory / CURRENT).read_bytes()) is not None
    return False


def has_index(index_directory: Path) -> bool:
    """Check whether there is an index, be it fit to be read or not."""
    try:
        return (index_directory / CURRENT).exists()
    except PermissionError:  # what is wrong is told when it is read
        return True


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
    yield index_directory / CURRENT
    for folder in (index_directory, index_directory / SHARDS):
        yield from filter(Path.is_dir, folder.iterdir())
