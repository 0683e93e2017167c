"""What rich can draw -> standard output, with Chinese lines broken where they may be."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import (
    Console,
    ConsoleOptions,
    JustifyMethod,
    OverflowMethod,
    RenderableType,
    RenderResult,
)
from rich.containers import Lines
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from ...text.characters import printable
from ...text.width import cells, shorten
from .layout import LEAST_TEXT, Place, break_lines, cut_left, line_spans
from .output import OUR_ESCAPE, echo, terminal_width

PIPED = 10_000
"""Width of what is drawn in a pipe, in cells: nothing is cut or broken there."""
MOST_LINES = 2
"""Maximum number of lines of a text in a table."""


class ChineseText(Text):
    """Text that rich breaks at blanks and between Chinese characters, as GB/T 15834 allows."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Return the lines, as rich asks for them."""
        lines = Lines()
        for part in self.split("\n"):
            lines.extend(part[line.start : line.end] for line in line_spans(part.plain, width))
        if justify := justify or self.justify:
            lines.justify(console, width, justify=justify, overflow=overflow or "fold")
        return lines


def print_rich(value: RenderableType) -> None:
    """Print what rich can draw, such as a tree of `Text`; in a pipe nothing of it is cut."""
    echo(draw(value, width=terminal_width()), nl=False)


def print_columns(
    heads: Sequence[str],
    kinds: Sequence[type],
    rows: Sequence[Sequence[str]],
    bars: Sequence[str],
    widths: Sequence[int],
) -> None:
    """Print a table that fits the terminal; numbers keep their widths. See `tables.print_table`."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head, kind, width in zip(heads, kinds, widths, strict=True):
        if kind is float:
            table.add_column(Text(head), justify="right", no_wrap=True, min_width=width)
        else:
            table.add_column(_Cell(head))
    if any(bars):
        table.add_column(style="cyan", no_wrap=True)
    for row, drawn in zip(rows, bars, strict=True):
        texts: list[RenderableType] = [
            Text(text) if kind is float else _Place(text) if kind is Place else _Cell(text)
            for text, kind in zip(row, kinds, strict=True)
        ]
        table.add_row(*texts, Text(drawn)) if any(bars) else table.add_row(*texts)
    print_rich(table)


class _Cell(ChineseText):
    """A text in a table: where its column is narrow it goes on a second line, with … at its end."""

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        width = cells(self.plain)
        return Measurement(min(width, LEAST_TEXT), width).with_maximum(options.max_width)

    def wrap(self, console: Console, width: int, **settings: Any) -> Lines:
        texts = break_lines(self.plain, width)
        if len(texts) > MOST_LINES:
            rest = "".join(texts[MOST_LINES - 1 :])
            texts[MOST_LINES - 1 :] = [shorten(rest, width=width)]
        return Lines(map(Text, texts))


class _Place:
    """A place, cut from its left where the column is narrower."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(cut_left(self.place, options.max_width), no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        width = cells(self.place)
        return Measurement(min(width, LEAST_TEXT), width).with_maximum(options.max_width)


def draw(value: RenderableType, *, width: int | None, theme: Theme | None = None) -> str:
    """
    Return what rich draws of a value as text for `echo`, in colours, none of whose lines is padded.

    What needs more than `width` cells, such as a table of numbers, gets lines that are too long,
    but nothing of it is cut.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or PIPED,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        highlight=False,
        theme=theme,
    )
    least = Measurement.get(console, console.options.update(width=PIPED), value).minimum
    console.width = max(console.width, least)
    console.print(_Printable(value))
    return out.getvalue().replace("\x1b", OUR_ESCAPE)


class _Printable:
    """What rich draws, with every text `printable`: of controls, rich leaves some as they are."""

    def __init__(self, value: RenderableType) -> None:
        self.value = value

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in Segment.split_lines(console.render(self.value, options)):
            texts = [segment._replace(text=printable(segment.text)) for segment in line]
            while texts and not texts[-1].text.strip(" "):
                texts.pop()
            if texts:
                yield from texts[:-1]
                yield texts[-1]._replace(text=texts[-1].text.rstrip(" "))
            yield Segment.line()
