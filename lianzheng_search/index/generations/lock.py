"""One writer of an index at a time; who comes second is told who is at it, and since when."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from ...errors import RequestError
from ...files.plain_files import read_plain, remove_file, remove_unless_plain, write_plain
from ...messages import _
from ...model import Value

LOCK, HOLDER = "lock", "writer.json"


class Writer(Value, frozen=True, kw_only=True):
    """The process that writes an index: its number, its computer, and since when, in ISO 8601."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return _("process {pid} on {host}, since {since}").format(
            pid=self.pid, host=self.host, since=self.since.replace("T", " ")
        )


@contextmanager
def one_writer(
    index_directory: Path, wait: Callable[[str], None] | None, command: str
) -> Iterator[None]:
    """
    Hold the lock on an index, which `command` brings up to date.

    The operating system gives the lock up for a process that dies. Where another has it,
    RequestError, which names the `command` that waits, unless `wait` is given: it is called once
    with who has it, and then waited.
    """
    from filelock import FileLock, Timeout

    remove_unless_plain(index_directory / LOCK, within=index_directory)  # filelock empties it
    lock = FileLock(index_directory / LOCK)
    try:
        # tried once without waiting, to be able to tell who has it
        lock.acquire(timeout=0)
    except Timeout:
        if wait is None:
            raise RequestError(
                _(
                    "{directory}: another run is writing this index ({writer}). Wait for it with"
                    " {command} --wait"
                ).format(
                    directory=index_directory, writer=_holder(index_directory), command=command
                )
            ) from None
        wait(_holder(index_directory))
        lock.acquire()
    holder = index_directory / HOLDER
    try:
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        told = Writer(pid=os.getpid(), host=platform.node(), since=since)
        write_plain(holder, msgspec.json.encode(told), within=index_directory)
        yield
    finally:
        with suppress(OSError):
            # before the lock is given up: afterwards it might be the file of the next writer
            remove_file(holder)
        lock.release()


def _holder(index_directory: Path) -> str:
    """Return who has the lock, as far as it can be read."""
    try:
        writer = read_plain(index_directory / HOLDER, within=index_directory)
        return str(msgspec.json.decode(writer, type=Writer))
    except (OSError, msgspec.MsgspecError):
        # between taking the lock and writing its name, a writer cannot be told
        return _("it has just begun")
