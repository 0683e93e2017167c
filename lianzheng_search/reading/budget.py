"""A file that asks too much time or memory of this process -> one problem of that file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ..messages import N_
from .limits import Limits, Unreadable, beyond, unreadable

BYTES_PER_BUDGET = 2_000_000
"""Size of a file, in bytes, for each of which it gets the time of a small file once more."""
AGAIN = 1.0
"""CPU seconds until a file is stopped once more, should a library have dropped the exception."""
TOO_LITTLE_MEMORY = N_(
    "not read: there is too little memory for it. Close other programs, and try again"
)


class _OutOfTime(BaseException):
    """No Exception: the readers of damaged files catch those of the libraries they use."""


_is_counting = False


def cpu_seconds(size: int, limits: Limits) -> int:
    """
    Return how many CPU seconds a file of `size` bytes may take to be read and prepared.

    >>> cpu_seconds(3_000, Limits()), cpu_seconds(20_000_000, Limits())
    (60, 660)
    """
    return limits.seconds_per_file * (1 + size // BYTES_PER_BUDGET)


def out_of_time(path: str, size: int, limits: Limits) -> Unreadable:
    """Make the exception of a file that took more CPU seconds than it may."""
    return beyond(path, "seconds_per_file", limits, most=cpu_seconds(size, limits))


@contextmanager
def confine(path: str, size: int, limits: Limits) -> Iterator[None]:
    """
    Raise Unreadable where what is done here to one file of `size` bytes takes too much.

    That is CPU seconds, not seconds: a busy machine decides nothing. They are counted by a timer
    of the system, in the main thread, where there is one (not on Windows); its handler runs
    between two steps of Python, and inside `re`, which asks for signals while it matches. A
    block inside of another counts as a part of that. Memory is what Python asks for in vain.
    """
    try:
        is_counted = _count(cpu_seconds(size, limits))
        try:
            yield
        finally:
            if is_counted:
                _count_no_more()
    except _OutOfTime:
        _count_no_more()  # it may have come in the midst of the line above
        raise out_of_time(path, size, limits) from None
    except MemoryError:
        raise unreadable(path, TOO_LITTLE_MEMORY) from None


def _count(seconds: float) -> bool:
    """Set the timer; False where there is none, or somebody uses it: this module or a profiler."""
    global _is_counting  # there is one timer in a process
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGPROF) != signal.SIG_DFL:
        return False
    try:
        signal.signal(signal.SIGPROF, _stop)
    except ValueError:  # not the main thread: it would hear no signal
        return False
    _is_counting = True
    signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
    return True


def _count_no_more() -> None:
    global _is_counting
    _is_counting = False  # first: a signal that is on its way comes to nothing
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def _stop(_number: int, _frame: object) -> None:
    if _is_counting:
        raise _OutOfTime
