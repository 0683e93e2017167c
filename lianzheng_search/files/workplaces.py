"""A hidden folder to write in, beside a destination; it goes with its process, be that killed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from ..signals import put_off

WORKPLACE = re.compile(r"\.lianzheng-[0-9a-f]{16}\.part")
"""The name of a workplace: hidden, so that what is half-written is no speech of a corpus."""
LOCK = "lock"
"""The file in a workplace that is locked as long as the process lives that made it."""


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """
    Make a workplace in a folder; it goes with all that is left in it.

    It lies beside the destination, not in the system's folder for temporary files: only within
    one file system is a file renamed in one step.
    """
    _sweep(parent)
    with ExitStack() as made:
        with put_off():
            folder, lock = _begin(parent)
            made.callback(_end, folder, lock)
        yield folder


def _begin(parent: Path) -> tuple[Path, IO[str]]:
    """Make a workplace and lock it, anew if another process has swept it before that."""
    while True:
        folder = parent / f".lianzheng-{os.urandom(8).hex()}.part"
        # for this user alone: what is half-written may be a text that others are not to read
        folder.mkdir(mode=0o700)
        try:
            lock = (folder / LOCK).open("w")
        except FileNotFoundError:
            continue
        except OSError:
            folder.rmdir()
            raise
        if _take_lock(lock) is not False and (folder / LOCK).exists():
            return folder, lock
        lock.close()


def _end(folder: Path, lock: IO[str]) -> None:
    """Remove a workplace, its lock last: who finds one without a lock leaves it, unless empty."""
    with put_off(), lock, suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        lock.close()
        (folder / LOCK).unlink()
        folder.rmdir()


def _take_lock(lock: IO[str]) -> bool | None:
    """Lock a file for as long as it is open; False where another has it, None if impossible."""
    try:
        # inside, since Windows has no such module
        import fcntl
    except ImportError:  # Windows: a file that is open cannot be removed there
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # on some network drives
        return None
    return True


@cache
def _sweep(parent: Path) -> None:
    """Remove what processes that were killed have left in a folder; once is enough for a run."""
    with suppress(OSError):
        for entry in os.scandir(parent):
            if WORKPLACE.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _sweep_workplace(Path(entry.path))


def _sweep_workplace(folder: Path) -> None:
    """Remove a workplace if its process is dead: the system then gives up the lock."""
    try:
        lock = (folder / LOCK).open("r+")
    except FileNotFoundError:
        folder.rmdir()  # its process got no further; if there is anything in it, it is not ours
        return
    with lock:
        if _take_lock(lock):
            _end(folder, lock)
            return
    if os.name == "nt":
        (folder / LOCK).unlink()  # fails if anybody has it open
        shutil.rmtree(folder)
