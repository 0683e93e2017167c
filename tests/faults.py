"""
What can go wrong on a disk, made to happen at any operation of a run: POSIX only.

`operations` counts what a run does to files: every file opened for writing, every write of a file
that reaches the system, every fsync, rename, mkdir, unlink, rmdir. `struck` runs it again in a
forked process and strikes at one of them.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lianzheng_search.model import RequestError

Run = Callable[[], object]
Strike = Callable[[str, "Disk"], None]
"""Is called with the kind of the operation before it happens."""
NAMES = ("fsync", "replace", "rename", "mkdir", "unlink", "remove", "rmdir")
DONE, REFUSED, BROKEN = 0, 3, 4
"""How the process of a run ends: it was done, it ended in a RequestError, in anything else."""


class Disk:
    """
    A folder, and what of it would be left after a power cut.

    What was there when it was made is on the disk; then only what fsync puts there: of a file its
    content, of a folder which names it holds.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reused: dict[int, int] = {}
        self.contents: dict[tuple[int, int], bytes] = {}
        self.entries: dict[tuple[int, int], dict[str, tuple[int, int]]] = {}
        for folder, _folders, files in os.walk(root):
            self.sync(Path(folder))
            for name in files:
                self.sync(Path(folder, name))

    def key(self, path: Path) -> tuple[int, int]:
        """Tell a file from one that had its number before."""
        number = path.stat().st_ino
        return number, self.reused.get(number, 0)

    def sync(self, path: Path) -> None:
        """Note what an fsync puts on the disk."""
        if path.is_dir():
            self.entries[self.key(path)] = {one.name: self.key(one) for one in path.iterdir()}
        else:
            self.contents[self.key(path)] = path.read_bytes()

    def forget(self, path: Path) -> None:
        """Note that the number of a file may be given to another."""
        if path.exists():
            number = path.stat().st_ino
            self.reused[number] = self.reused.get(number, 0) + 1

    def left(self, target: Path, *, names: bool) -> None:
        """
        Write what a power cut leaves to another folder.

        With `names`, folders hold the names that they held, and only contents that were not put
        on the disk are gone: file systems may do either.
        """
        self._left(self.key(self.root), self.root, target, names)

    def _left(self, key: tuple[int, int], now: Path, target: Path, names: bool) -> None:
        target.mkdir()
        listed = self.entries.get(key, {})
        if names:
            listed = {one.name: self.key(one) for one in now.iterdir()}
        for name, one in listed.items():
            if one in self.entries or (names and (now / name).is_dir()):
                self._left(one, now / name, target / name, names)
            else:
                (target / name).write_bytes(self.contents.get(one, b""))


def place_of(path: Any, folder: int | None) -> Path:
    """Name a file that is named by a descriptor, or in a folder that is."""
    if isinstance(path, int):
        return Path(f"/proc/self/fd/{path}").readlink()
    return Path(f"/proc/self/fd/{folder}").readlink() / path if folder else Path(path)


@contextmanager
def watched(before: Callable[[str, Path], None], disk: Disk | None = None) -> Iterator[None]:
    """Call `before` before every operation on files, with its kind and path."""
    real = {name: getattr(os, name) for name in NAMES}
    opened = io.open

    def wrapped(name: str) -> Callable[..., Any]:
        def operation(path: Any, *args: Any, **options: Any) -> Any:
            place = place_of(path, options.get("dir_fd"))
            before(name, place)
            if disk is not None and name in ("unlink", "remove", "rmdir"):
                disk.forget(place)
            if disk is not None and name in ("replace", "rename"):
                disk.forget(Path(args[0]))
            if name == "fsync":  # which takes long, and changes nothing that can be seen
                return disk.sync(place) if disk is not None else None
            return real[name](path, *args, **options)

        return operation

    class Raw(io.FileIO):
        """A file of which every write is told that reaches the system."""

        def write(self, data: Any) -> int:
            """Write."""
            before("write", Path(self.name))
            return super().write(data)

    def open_(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+") or isinstance(file, int):
            return opened(file, mode, buffering, *args, **options)
        before("open", Path(file))
        raw = Raw(file, mode.replace("b", "").replace("t", ""))
        if "b" in mode and buffering == 0:
            return raw
        buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **options)

    for name in NAMES:
        setattr(os, name, wrapped(name))
    io.open = builtins.open = open_
    try:
        yield
    finally:
        for name in NAMES:
            setattr(os, name, real[name])
        io.open = builtins.open = opened


def operations(run: Run) -> list[str]:
    """Run, and list the operations."""
    listed: list[str] = []
    with watched(lambda kind, path: listed.append(kind)):
        run()
    return listed


def struck(run: Run, number: int, strike: Strike, root: Path) -> int:
    """
    Run in a process of its own, and strike at an operation and at all that follow.

    Gives how the process ended, or the negative number of the signal that killed it.
    """
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status != BROKEN, "a run ended in neither a result nor one clear line"
        return status
    ended = BROKEN
    try:
        disk = Disk(root)
        seen = 0
        striking = False

        def before(kind: str, _path: Path) -> None:
            nonlocal seen, striking
            if seen >= number and not striking:
                striking = True  # what the strike does itself is no operation
                try:
                    strike(kind, disk)
                finally:
                    striking = False
            seen += 1

        with watched(before, disk):
            try:
                run()
                ended = DONE
            except RequestError:
                ended = REFUSED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(ended)


def kill(_kind: str, _disk: Disk) -> None:
    """Die at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def full(kind: str, _disk: Disk) -> None:
    """Have no room on the disk."""
    if kind in ("open", "write", "mkdir", "fsync"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_only(_kind: str, _disk: Disk) -> None:
    """Have a disk that takes nothing any more."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def power_cut(target: Path, *, names: bool) -> Strike:
    """Leave what a power cut leaves in another folder, and die."""

    def strike(kind: str, disk: Disk) -> None:
        shutil.rmtree(target, ignore_errors=True)
        disk.left(target, names=names)
        kill(kind, disk)

    return strike
