"""A change to a user's own file -> the file, changed by one process at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..errors import RequestError
from ..messages import _
from .private_folders import cache_folder
from .whole_files import whole_file

BOM = b"\xef\xbb\xbf"
WAIT = 10.0
"""Maximum number of seconds to wait for another process that is changing the same file."""


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
        # some programs on Windows take a file without its BOM for GBK
        with whole_file(file, bom=before is not None and before.startswith(BOM)) as out:
            out.write(changed)
            # as late as possible: the lock does not hold off an editor that saves meanwhile
            if _bytes_of(file) != before:
                raise RequestError(
                    _("{file}: it was changed meanwhile. Try again").format(file=file)
                )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """
    Keep other processes of this user from changing a file.

    The lock lies in the cache folder, under a hash of the file's path: nothing is left beside a
    user's own file.
    """
    from filelock import FileLock, Timeout

    folder = cache_folder()
    # one file has one lock, by whichever link or spelling of the name it is reached
    path = os.path.normcase(file.resolve()).encode("utf-8", "surrogatepass")
    with ExitStack() as held:
        try:
            if folder is not None:
                lock = folder / f"{hashlib.sha256(path).hexdigest()[:32]}.lock"
                held.enter_context(FileLock(lock, timeout=WAIT))
        except Timeout:
            message = _("{file}: another run is changing it. Wait for it to end, and try again")
            raise RequestError(message.format(file=file)) from None
        except OSError:
            pass  # the disk is full, or knows no locks
        yield


def _bytes_of(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
