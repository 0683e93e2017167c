"""Rows and trees -> what a terminal shows of them; rich is imported by what needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ...text.characters import printable
from ...text.width import cells, shorten
from .layout import cut_left, pad
from .output import echo, secho, style, terminal_width

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

BAR = 24
"""Length of the longest bar, in cells."""
NARROW = 8
"""A text in a table is not cut to fewer cells."""


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, bars: Sequence[float] = ()
) -> None:
    """
    Print rows under their heads: text to the left, numbers to the right, a small bar at the end.

    Fractions are given two decimals, None nothing; `bars` are a number a row, the longest bar is
    of the largest. On a terminal the bars are shortened, then the widest texts are cut, to
    what there is room for, a place (``speech:line``) from its left.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    numbers = [any(isinstance(row[k], int | float) for row in rows) for k in range(len(heads))]
    widths = [max([cells(head), *(cells(row[k]) for row in shown)]) for k, head in enumerate(heads)]
    most = max(bars, default=0) or 1
    across = terminal_width()
    longest = BAR if across is None or across >= BAR * 4 else BAR // 2
    if across is not None:
        over = sum(widths) + 2 * len(heads) + (longest if bars else 0) - across
        narrowed = min(max(0, over), longest // 2 if bars else 0)
        longest, over = longest - narrowed, over - narrowed
        texts = [k for k in range(len(heads)) if not numbers[k]]
        while over > 0 and (long := [k for k in texts if widths[k] > NARROW]):
            widths[max(long, key=lambda k: widths[k])] -= 1
            over -= 1
        longest = max(0, longest - max(0, over))
    aligned = list(zip(widths, numbers, strict=True))

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            _padded(_fitted(text, width), width, right=right)
            for text, (width, right) in zip(row, aligned, strict=True)
        )

    secho(line(heads).rstrip(), dim=True)
    for n, row in enumerate(shown):
        bar = "▇" * round(longest * bars[n] / most) if bars else ""
        echo((line(row) + "  " + style(bar, fg="cyan")) if bar else line(row).rstrip())


def _fitted(text: str, width: int) -> str:
    if text.rpartition(":")[2].isdecimal():
        return cut_left(text, width)
    return shorten(text, width=width)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else str(value).replace("\n", " ")


def _padded(text: str, width: int, *, right: bool = False) -> str:
    padded = pad(text, width)
    return padded[len(text) :] + text if right else padded


def print_rich(value: Any) -> None:
    """Print what rich can draw, such as a tree of `Text`, each text of it escaped."""
    from rich.console import Console

    width = terminal_width()
    plain = click.get_current_context().color is False
    console = Console(
        width=width or 10_000,
        highlight=False,
        soft_wrap=width is None,
        color_system=None if plain else "auto",
    )
    console.print(_Printable(value))


class _Printable:
    """What rich draws, with every text `printable`: of controls, rich leaves some as they are."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.value, options):
            yield segment._replace(text=printable(segment.text))
