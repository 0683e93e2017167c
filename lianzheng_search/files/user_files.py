"""A change to a user's own file -> the file, changed by one process at a time; the cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..errors import RequestError
from ..messages import _
from .checksums import strangers
from .whole_files import whole_file

NAME = "lianzheng-search"
BOM = b"\xef\xbb\xbf"
WAIT = 10.0
"""Seconds to wait for another process that is changing the same file."""


def cache_folder() -> Path | None:
    """
    Give the folder for what this program keeps for a user beside the index, made for them alone.

    LIANZHENG_CACHE, else where the system keeps such things. None where it cannot be made, or
    where others may write into it.
    """
    try:
        folder = _cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        of_others = any(strangers([folder]))
    except (OSError, RuntimeError):  # the latter where nobody knows of a home
        return None
    if of_others or not os.access(folder, os.W_OK | os.X_OK):
        return None
    return folder


def _cache_folder() -> Path:
    if given := os.environ.get("LIANZHENG_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / NAME / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / NAME


def change_file(file: Path, change: Callable[[str | None], str]) -> None:
    """
    Read a file in UTF-8, None where there is none, and write what `change` makes of it, whole.

    Its line ends and its BOM stay. No two processes of a user do so at once; where there is no
    cache folder for their locks, and against other programs, there is the second look that is
    taken before anything is written. RequestError where it had to wait too long, where the file
    was changed meanwhile, or cannot be written.
    """
    with _alone(file):
        before = _bytes_of(file)
        text = None if before is None else before.decode("utf-8-sig", "replace")
        changed = change(None if text is None else text.replace("\r\n", "\n"))
        if text is not None and "\r\n" in text:
            changed = changed.replace("\n", "\r\n")
        with whole_file(file, bom=before is not None and before.startswith(BOM)) as out:
            out.write(changed)
            if _bytes_of(file) != before:
                told = _("{file}: it was changed meanwhile. Try again").format(file=file)
                raise RequestError(told)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes of this user from changing a file; the lock lies in the cache folder."""
    from filelock import FileLock, Timeout

    folder = cache_folder()
    path = os.path.normcase(file.resolve()).encode("utf-8", "surrogatepass")
    with ExitStack() as held:
        try:
            if folder is not None:
                lock = folder / f"{hashlib.sha256(path).hexdigest()[:32]}.lock"
                held.enter_context(FileLock(lock, timeout=WAIT))
        except Timeout:
            told = _("{file}: another run is changing it. Wait for it to end, and try again")
            raise RequestError(told.format(file=file)) from None
        except OSError:
            pass  # the disk is full, or knows no locks
        yield


def _bytes_of(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
