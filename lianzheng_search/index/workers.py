"""Shards to be built -> processes that build them, watched: a file that hangs costs only itself."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..errors import RequestError
from ..messages import _
from ..reading.budget import cpu_seconds
from ..reading.limits import Limits
from .walk import SourceFile

WAIT = 0.1
"""Seconds between two looks at what the processes have done."""
PATIENCE = 2
"""
Number of times over that a file may take its CPU seconds before its process is ended.

Where there is a timer, the process has stopped at the first, unless it was in a call of C.
"""
QUERY_LIMITED_INFORMATION = 0x1000
"""The right to ask Windows how much time a process has taken."""
Advance = Callable[[int], None]
"""Is called after each file with its size in bytes."""
Result = TypeVar("Result")


class Report(NamedTuple):
    """A process begins a file, or is done with it; `cpu` are the CPU seconds that it had taken."""

    process: int
    path: str
    size: int
    cpu: float
    is_done: bool


class Watch:
    """
    What the processes are at; `refused` are the paths of files that took too much time.

    `advance` is called once for each file, also where it is read again.
    """

    def __init__(self, limits: Limits, advance: Advance) -> None:
        self.refused: set[str] = set()
        self._limits = limits
        self._advance = advance
        self._running: dict[int, tuple[Report, float]] = {}
        self._done: set[str] = set()

    def take(self, report: Report) -> None:
        """Enter a report."""
        if not report.is_done:
            self._running[report.process] = report, time.monotonic()
            return
        self._running.pop(report.process, None)
        if report.path not in self._done:
            self._done.add(report.path)
            self._advance(report.size)

    def refuse_overdue(self) -> bool:
        """Refuse files that take too much time; return whether there are any."""
        overdue = [
            report.path for report, begun in self._running.values() if self._is_over(report, begun)
        ]
        self.refused.update(overdue)
        return bool(overdue)

    def forget(self) -> None:
        """Forget the processes: all have ended."""
        self._running.clear()

    def _is_over(self, report: Report, begun: float) -> bool:
        most = PATIENCE * cpu_seconds(report.size, self._limits)
        # a clock costs nothing, and no process takes more CPU seconds than have gone by
        if time.monotonic() - begun <= most:
            return False
        cpu = cpu_time(report.process)
        return cpu is not None and cpu - report.cpu > most


def run(
    task: Callable[..., Result], calls: Sequence[tuple[Any, ...]], jobs: int, watch: Watch
) -> dict[int, Result]:
    """
    Call a function in a pool of processes; return results by the number of their call.

    All of them, unless a file is refused meanwhile: then of the calls that were done by then.
    What is running is ended when this process is interrupted.
    """
    # most updates are small and start no process: they need not pay for these imports
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    from ..signals import starting_processes

    # as Windows has it, so that workers begin alike everywhere: a fork is copied mid-work
    context = get_context("spawn")
    reports = context.SimpleQueue()
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(reports,)) as pool:
        try:
            # a signal while a worker starts could leave one that nobody knows of
            with starting_processes():
                futures = [pool.submit(task, *call) for call in calls]
            is_over = False
            while not is_over and wait(futures, timeout=WAIT).not_done:
                while not reports.empty():
                    watch.take(reports.get())
                is_over = watch.refuse_overdue()
            if is_over:
                for child in active_children():
                    child.terminate()
                wait(futures)
                watch.forget()
            while not is_over and not reports.empty():  # a report of the ended may be cut in two
                watch.take(reports.get())
            return {
                number: future.result()
                for number, future in enumerate(futures)
                if not is_over or future.exception() is None
            }
        # the system ends the largest process when memory runs out: one at a time may still fit
        except BrokenProcessPool:
            raise RequestError(
                _("index: a process has died, for want of memory perhaps. Try it with --jobs 1")
            ) from None
        except BaseException:
            # a shard takes long to write, and will be discarded anyhow
            for child in active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)  # waits: to be left halfway, it would complain
            raise


def cpu_time(process: int) -> float | None:
    """
    Return the CPU seconds that a process has taken; None where the system does not tell.

    >>> cpu_time(os.getpid()) is None or cpu_time(os.getpid()) > 0
    True
    """
    if sys.platform == "win32":
        return _cpu_time_on_windows(process)
    try:
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    # utime and stime, the 14th and 15th field of proc(5); the first two are gone
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_time_on_windows(process: int) -> float | None:
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(QUERY_LIMITED_INFORMATION, False, wintypes.DWORD(process))
    if not handle:
        return None
    try:
        # when it was created, when it ended, and its time in the system and in its own code
        times = [wintypes.FILETIME() for _time in range(4)]
        told = kernel.GetProcessTimes(wintypes.HANDLE(handle), *map(ctypes.byref, times))
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
    if not told:
        return None
    # in units of 100 ns
    return sum((time.dwHighDateTime << 32) + time.dwLowDateTime for time in times[2:]) / 1e7


_send: Callable[[Report], None] = print
"""In a worker: sends a report to the main process."""


def report(source: SourceFile, is_done: bool) -> None:
    """In a worker: report that a file is begun, or done."""
    _send(Report(os.getpid(), source.path, source.size, time.process_time(), is_done))


def _start(reports: Any) -> None:
    """Begin a worker."""
    import signal
    from threading import Thread

    global _send  # a process has one pipe to the one that started it
    _send = reports.put
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends us
    # a parent that is killed cannot end us, and we would go on writing into its generation
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is dead, be it killed."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    # not sys.exit: that would end this thread alone
    os._exit(1)
