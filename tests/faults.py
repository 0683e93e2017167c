"""What can go wrong between two steps of writing: a full disk, a signal, the end of a process."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

NAMES = ("fsync", "rename", "replace", "link", "unlink", "mkdir", "rmdir", "chmod")
"""The operations of `os` that change what is on a disk; a write is one, too."""
Action = Callable[[], None]


def operations(run: Callable[[], object]) -> int:
    """Count the operations on files that a call makes."""
    seen = 0

    def count(_name: str, call: Callable[[], Any]) -> Any:
        nonlocal seen
        seen += 1
        return call()

    with _through(count):
        run()
    return seen


@contextmanager
def at(n: int, when: str, action: Action) -> Iterator[None]:
    """Do something `before` or `after` the n-th operation, counted from 0."""
    seen = -1

    def strike(_name: str, call: Callable[[], Any]) -> Any:
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
def _through(seen: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """Let every operation go through a call, which is given its name and what carries it out."""

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: seen(name, lambda: real(*given, **named))

    class Raw(io.FileIO):
        def write(self, data: Any, /) -> int:
            return seen("write", lambda: super(Raw, self).write(data))

    real_open = io.open

    def opened(file: Any, mode: str = "r", buffering: int = -1, *given: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or named.get("opener"):
            return real_open(file, mode, buffering, *given, **named)
        raw = Raw(file, mode.replace("b", "").replace("t", ""), named.pop("closefd", True))
        kind = io.BufferedRandom if "+" in mode else io.BufferedWriter
        named |= {} if "b" in mode else {"line_buffering": buffering == 1}
        return kind(raw) if "b" in mode else io.TextIOWrapper(kind(raw), *given, **named)

    patches = [patch.object(os, name, wrapped(name, getattr(os, name))) for name in NAMES]
    patches += [patch("io.open", opened), patch("builtins.open", opened)]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()
