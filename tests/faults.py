"""
What can go wrong on a disk, made to happen at any operation of a run.

An operation is a file opened for writing, a write that reaches the system, and each of NAMES.
"""

from __future__ import annotations

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
from unittest.mock import patch

from conftest import LONG

from lianzheng_search.errors import RequestError

NAMES = ("fsync", "rename", "replace", "link", "unlink", "remove", "mkdir", "rmdir", "chmod")
"""The operations of `os` that change what is on a disk."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
"""The flags of a file that is opened to be written to."""
STEP = 19
"""An update is struck at one of this many operations; an odd number meets every kind of them."""
Run = Callable[[], object]
Action = Callable[[], None]
Strike = Callable[[str, "Disk"], None]
"""Is called with the kind of an operation, before it happens."""
Seen = Callable[[str, Path, tuple[Any, ...], Callable[[], Any]], Any]
"""Is called with the kind of an operation, its path, what else it is given, and what does it."""
DONE, REFUSED, BROKEN = 0, 3, 4
"""How the process of a run ends: it was done, it ended in a RequestError, in anything else."""


def operations(run: Run) -> list[str]:
    """Run, and list the kinds of the operations on files."""
    kinds: list[str] = []

    def note(kind: str, _path: Path, _given: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        kinds.append(kind)
        return call()

    with _through(note):
        run()
    return kinds


def instants(run: Run) -> list[int]:
    """
    Run, and number the operations on files at which it may be struck: some, the last among them.

    LIANZHENG_LONG=1 takes each of them.
    """
    last = len(operations(run)) - 1
    step = 1 if LONG else STEP
    return [*range(0, last, step), last]


@contextmanager
def at(n: int, when: str, action: Action) -> Iterator[None]:
    """Do something `before` or `after` the n-th operation, counted from 0."""
    seen = -1

    def strike(_kind: str, _path: Path, _given: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        nonlocal seen
        seen += 1
        now = seen == n
        if now and when == "before":
            action()
        done = call()
        if now and when == "after":
            action()
        return done

    with _through(strike):
        yield


@contextmanager
def _through(seen: Seen) -> Iterator[None]:
    """Let every operation go through a call."""

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(path: Any, *given: Any, **named: Any) -> Any:
            place = place_of(path, named.get("dir_fd"))
            return seen(name, place, given, lambda: real(path, *given, **named))

        return operation

    class Raw(io.FileIO):
        """A file of which every write is seen that reaches the system."""

        def write(self, data: Any, /) -> int:
            place = place_of(self.name, None)
            return seen("write", place, (), lambda: super(Raw, self).write(data))

    real_open, real_descriptor = io.open, os.open

    def opened(file: Any, mode: str = "r", buffering: int = -1, *given: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or named.get("opener"):
            return real_open(file, mode, buffering, *given, **named)
        flags, closes = mode.replace("b", "").replace("t", ""), named.pop("closefd", True)
        if isinstance(file, int):  # it was seen when it was opened
            raw = Raw(file, flags, closes)
        else:
            raw = seen("open", Path(file), (), lambda: Raw(file, flags, closes))
        if "b" in mode and buffering == 0:
            return raw
        buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        named |= {} if "b" in mode else {"line_buffering": buffering == 1}
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *given, **named)

    def descriptor(path: Any, flags: int, *given: Any, **named: Any) -> int:
        if not flags & WRITING:
            return real_descriptor(path, flags, *given, **named)
        place = place_of(path, named.get("dir_fd"))
        return seen("open", place, (), lambda: real_descriptor(path, flags, *given, **named))

    patches = [
        patch.object(os, name, wrapped(name, getattr(os, name)))
        for name in NAMES
        if hasattr(os, name)
    ]
    patches += [patch("io.open", opened), patch("builtins.open", opened)]
    patches += [patch.object(os, "open", descriptor)]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def place_of(path: Any, folder: int | None) -> Path:
    """Name a file that is named by a descriptor, or in a folder that is."""
    if isinstance(path, int):
        try:
            return Path(f"/proc/self/fd/{path}").readlink()
        except OSError:
            return Path(str(path))
    return Path(f"/proc/self/fd/{folder}").readlink() / path if folder else Path(path)


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


def struck(run: Run, number: int, strike: Strike, root: Path) -> int:
    """
    Run in a process of its own, and strike at an operation and at all that follow.

    Gives how the process ended, or the negative number of the signal that killed it. No fsync
    is carried out: it takes long, and changes nothing that can be seen but by `Disk`.
    """
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status != BROKEN, "a run ended in neither a result nor one clear line"
        return status
    ended = BROKEN
    try:
        with _through(_striking(Disk(root), number, strike)):
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


def _striking(disk: Disk, number: int, strike: Strike) -> Seen:
    seen, striking = 0, False

    def operation(kind: str, path: Path, given: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        nonlocal seen, striking
        if striking:  # what the strike does itself
            return call()
        if seen >= number:
            striking = True
            try:
                strike(kind, disk)
            finally:
                striking = False
        seen += 1
        if kind in ("unlink", "remove", "rmdir"):
            disk.forget(path)
        if kind in ("replace", "rename"):
            disk.forget(Path(given[0]))
        return disk.sync(path) if kind == "fsync" else call()

    return operation


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
