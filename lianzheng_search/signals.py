"""A signal to end -> the end of the command: quiet, quick, and with nothing half-made."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from contextlib import contextmanager

TYPE_CHECKING = False  # this is imported before anything listens: it should not take long
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import NoReturn

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C; asked to end; the terminal is gone; Ctrl-Break. Which of them there are, systems tell."""
GRACE = 1.0
"""Seconds to end in. A second signal after them ends the process wherever it is."""
_since: float | None = None
_holds = 0
_waiting: int | None = None
_asked: int | None = None
_leaving: int | None = None


class Stopped(BaseException):
    """
    A signal has asked this process to end. It is no error, and no KeyboardInterrupt either,
    of which click would speak and which it would catch.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen() -> None:
    """Make signals to end raise Stopped; those that whoever started us ignores stay ignored."""
    for number in _known():
        # nohup starts us with SIGHUP ignored: to listen would undo what its user asked for
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    # a signal may come inside a callback, where Python prints an exception and goes on
    sys.unraisablehook = _not_raised
    # registered first, called last: libraries have put their things in order by then
    atexit.register(_after_all)


def rest() -> None:
    """Listen no more, if the work is done: Ctrl-C comes too late, the others end us in silence."""
    if _since is not None:
        return
    for number in _known():
        if signal.getsignal(number) is _stop:
            # the work is done: an exit code of 130 for a late Ctrl-C would deny that
            ignored = number == signal.SIGINT
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)


def end(number: int) -> NoReturn:
    """
    End this process at once, saying nothing.

    The exit code is 130 for Ctrl-C; by another signal it dies, as if it had not listened.
    """
    # os.kill on Windows would end the process with the number as its exit code
    if number != signal.SIGINT and os.name != "nt":
        signal.signal(number, signal.SIG_DFL)
        # a shell tells a process that a signal ended from one that chose its exit code
        os.kill(os.getpid(), number)
    # not sys.exit: what is buffered would be flushed, and may block on a reader that is gone
    os._exit(128 + number)


def leave(number: int) -> NoReturn:
    """End this process when what libraries have to put in order is in order, saying nothing."""
    global _leaving
    _leaving = number
    sys.exit(128 + number)


def _after_all() -> None:
    """End before the interpreter sends off what is not printed yet: the reader may not take it."""
    if _leaving is not None:
        end(_leaving)


@contextmanager
def put_off() -> Iterator[None]:
    """Hold signals back until the end of a step that is not to be cut in two."""
    global _holds, _waiting
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
    if _waiting is not None and not _holds:
        # forgotten before it is raised: steps in the cleaning up may be put off, too
        number, _waiting = _waiting, None
        raise Stopped(number)


@contextmanager
def starting_processes() -> Iterator[None]:
    """
    Start processes whole, without a signal in between; Ctrl-C passes them by, now and later.

    It waits meanwhile, and is not lost. It is for this process to end the others.
    """
    with put_off():
        # Windows: new processes ignore Ctrl-C only once their own code has begun
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def insist() -> None:
    """Raise Stopped once more, if a signal came: the error at hand is only what came of it."""
    if _asked is not None:
        raise Stopped(_asked)


@contextmanager
def left_to_the_pager() -> Iterator[None]:
    """Leave Ctrl-C to the pager, which has the terminal and ends when its user says so."""
    # a pager stays after Ctrl-C: if we went, the shell and it would share one keyboard
    before = signal.getsignal(signal.SIGINT)
    if before is not _stop:
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _known() -> list[signal.Signals]:
    return [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]


def _stop(number: int, _frame: FrameType | None) -> None:
    global _since, _waiting, _asked
    if _since is not None:
        # an ending that hangs must still be stoppable by a second Ctrl-C
        if time.monotonic() - _since > GRACE:
            end(number)
        return  # some senders send twice
    _since, _asked = time.monotonic(), number
    if _holds:
        _waiting = number
    else:
        raise Stopped(number)


def _not_raised(told: sys.UnraisableHookArgs) -> None:
    """End where Python drops an exception, as in the callbacks of its garbage collector."""
    if isinstance(told.exc_value, Stopped):
        end(told.exc_value.number)
    sys.__unraisablehook__(told)
