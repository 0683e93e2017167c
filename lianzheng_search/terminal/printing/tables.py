"""Rows -> a table, as wide as the terminal at most, or in a pipe as wide as it is."""

from __future__ import annotations

from collections.abc import Sequence

from ...text.width import cells
from .layout import BAR, LEAST_TEXT, Place, bar, pad
from .output import echo, secho, style, terminal_width

GAP = "  "
"""What is between two columns."""
LEAST_BAR = 6
"""Minimum length of the longest bar, in cells."""


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, bars: Sequence[float] = ()
) -> None:
    """
    Print rows under their heads: text to the left, numbers to the right, a small bar at the end.

    Fractions have two decimals, None is empty; `bars` are a number a row, and the longest bar is
    that of the largest. On a terminal bars get shorter and texts go over several lines where
    there is no room; in a pipe every row is a line.
    """
    kinds = [_kind(column) for column in zip(*rows, strict=True)]
    texts = [[_text(value) for value in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(heads, *texts, strict=True)]
    across = terminal_width()
    most = max(bars, default=0) or 1
    length = BAR if across is None else _bar_length(kinds, widths, across)
    drawn = [bar(value / most, length=length) for value in bars] or [""] * len(rows)
    if across is None:
        _print_lines(heads, kinds, texts, drawn, widths)
    else:
        from .rich_output import print_columns

        print_columns(heads, kinds, texts, drawn, widths)


def _bar_length(kinds: Sequence[type], widths: Sequence[int], across: int) -> int:
    """Return the length of the longest bar: what texts leave, or some cells that they give up."""
    room = across - len(GAP) * len(widths)
    narrowest = [
        width if kind is float else min(width, LEAST_TEXT)
        for kind, width in zip(kinds, widths, strict=True)
    ]
    if room - sum(narrowest) < LEAST_BAR:
        return 0
    most = BAR if across >= BAR * 4 else BAR // 2
    return min(most, max(LEAST_BAR, room - sum(widths)))


def _kind(column: Sequence[object]) -> type:
    """Return what a column holds: float for numbers, else `Place` or str."""
    if any(isinstance(value, int | float) for value in column):
        return float
    return Place if any(isinstance(value, Place) for value in column) else str


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else str(value).replace("\n", " ")


def _print_lines(
    heads: Sequence[str],
    kinds: Sequence[type],
    rows: Sequence[Sequence[str]],
    bars: Sequence[str],
    widths: Sequence[int],
) -> None:
    """Print every row on a line, however long, without rich, which takes time to import."""

    def line(row: Sequence[str]) -> str:
        return GAP.join(
            " " * (width - cells(text)) + text if kind is float else pad(text, width)
            for text, width, kind in zip(row, widths, kinds, strict=True)
        )

    # no blanks at line ends: they would come along when a table is copied
    secho(line(heads).rstrip(), dim=True)
    for row, drawn in zip(rows, bars, strict=True):
        echo(line(row) + GAP + style(drawn, fg="cyan") if drawn else line(row).rstrip())
