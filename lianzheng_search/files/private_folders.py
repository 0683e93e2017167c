"""Folders that nobody else may write to: whose a folder is, and the folder of the user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = "lianzheng-search"
CACHE = "LIANZHENG_CACHE"
"""The variable that names the cache folder."""
OTHERS_WRITE = 0o022
"""The bits of a mode that let the group, or everybody, write."""


def cache_folder() -> Path | None:
    """
    Return the folder for what this program keeps for a user beside the index.

    LIANZHENG_CACHE, else where the system keeps such things; made, for the user alone, if it is
    not there. None where it cannot be made, or where others may write into it: what they put
    there would be read as ours.
    """
    try:
        folder = _cache_path()
        if not folder.is_absolute():  # where nobody knows of a home
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # looked at after it was made: the folder may have been there, made by somebody else
        is_private = not any(strangers([folder]))
    except (OSError, RuntimeError):  # the latter, too, where nobody knows of a home
        return None
    return folder if is_private and os.access(folder, os.W_OK | os.X_OK) else None


def _cache_path() -> Path:
    if given := os.environ.get(CACHE):
        return Path(given).absolute()
    import platformdirs  # most commands need no cache

    return platformdirs.user_cache_path(NAME, appauthor=False)


def strangers(paths: Iterable[Path]) -> Iterator[tuple[Path, str | None]]:
    """
    Yield what somebody else owns, or may write to: with the owner's name, or with None.

    What is not there is passed over. On Windows, where owners are not told by numbers, nothing
    is yielded.
    """
    if not hasattr(os, "getuid"):
        return
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if status.st_uid != os.getuid():
            yield path, _user_name(status.st_uid)
        elif status.st_mode & OTHERS_WRITE:
            yield path, None


def _user_name(number: int) -> str:
    """Return a user's name, or the number of one who has none."""
    # not on Windows, where `strangers` ends before this
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
