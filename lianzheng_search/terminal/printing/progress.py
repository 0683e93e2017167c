"""Work done so far -> a progress bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...messages import _
from ...text.characters import one_line, printable
from ...text.width import shorten

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

NAME_WIDTH = 40
"""Maximum width of the name of a query beside its bar, in cells."""


@contextmanager
def show_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is called with (amount done, whole amount) from time to time."""
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    # rich is imported where a bar is shown: in a pipe, nobody should wait for it
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    # markup off: rich would take [ ] in a text for its own tags
    columns = (TextColumn(printable(label), markup=False), BarColumn(), TimeRemainingColumn())
    with _bar(*columns) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


@contextmanager
def show_query_progress(*, shown: bool = True) -> Iterator[Callable[[int, int, str], None]]:
    """Yield what is called with (queries done, queries in all, name of the query at hand)."""
    if not shown or not sys.stderr.isatty():
        yield lambda done, whole, name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, whole, name: bar.update(
            task, completed=done, total=whole, description=shorten(one_line(name), width=NAME_WIDTH)
        )


@contextmanager
def show_indexing_progress() -> Iterator[Callable[[int, int, int], None]]:
    """Yield what is called after each file with (files done, files in all, bytes of the file)."""
    if not sys.stderr.isatty():
        yield lambda done, files, size: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(_("indexing")),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[megabytes]:.1f} MB"),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("", total=None, megabytes=0.0)
        read = 0

        def advance(done: int, files: int, size: int) -> None:
            nonlocal read
            read += size
            bar.update(task, completed=done, total=files, megabytes=read / 1e6)

        yield advance


def _bar(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    # on standard error, so that a bar never gets between rows that are piped on
    return Progress(*columns, console=Console(stderr=True), transient=True)
