"""
Draw the picture of the README: what a terminal shows of two commands on the sample corpus.

    python scripts/picture.py [FILE]        default: scripts/picture.svg
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from lianzheng_search.text.width import cells, character_cells

if TYPE_CHECKING:
    from rich.style import Style

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "scripts" / "picture.svg"
COMMANDS = ("search 房梁 OR 枕边风", "kwic 家风 --sort right --limit 6")
WIDTH = 84
"""Width of the terminal, in cells."""
CELL, LINE, MARGIN, BAR = 9, 26, 16, 34
"""Width of a cell, height of a line, the margin, and the bar above the text, in pixels."""
NARROW, WIDE = 15, 18
"""Sizes at which a Latin letter (0.6 of it) fills one cell, and a Chinese character two."""
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<title>{title}</title>
<rect width="{width}" height="{height}" rx="8" fill="#22252b"/>
<circle cx="20" cy="18" r="6" fill="#ff6159"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/>\
<circle cx="60" cy="18" r="6" fill="#28c941"/>
<g font-family="{fonts}" font-size="{size}" fill="#d7dae0">
{text}
</g>
</svg>
"""
FONTS = "Cascadia Mono, Consolas, Menlo, DejaVu Sans Mono, Noto Sans Mono, monospace"
"""Latin ones, in which quotation marks are narrow; Chinese characters come from the system's."""
COLOURS = {1: "#ff7b72", 2: "#7ee787", 3: "#e3b341", 4: "#79c0ff", 5: "#d2a8ff", 6: "#79c0ff"}
"""What stands for the colours of a terminal, by their numbers."""


class Terminal(io.StringIO):
    """What the command takes for a terminal."""

    def isatty(self) -> bool:
        """Report that there are colours."""
        return True


def terminal_output(command: str) -> str:
    """Run a command in this process, and return what a terminal would get."""
    from lianzheng_search.cli.main import main

    sys.argv = ["lianzheng", *command.split()]
    output = Terminal()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        contextlib.suppress(SystemExit),
    ):
        main()
    return output.getvalue()


def terminal_text() -> str:
    """Run all commands on a copy of the sample corpus, and return what a terminal would get."""
    with tempfile.TemporaryDirectory() as folder:
        hidden = shutil.ignore_patterns(".*")
        shutil.copytree(ROOT / "corpus", Path(folder) / "corpus", ignore=hidden)
        here = Path.cwd()
        os.chdir(folder)
        try:
            terminal_output("index")
            shown = [f"\x1b[1m$ lianzheng {one}\x1b[0m\n{terminal_output(one)}" for one in COMMANDS]
        finally:
            os.chdir(here)
    return "\n".join(shown)


def runs(text: str) -> Iterator[str]:
    """Part a text into blanks, wide characters, and others: each run has one width a character."""
    for _kind, run in groupby(text, lambda c: 0 if c == " " else character_cells(c) or 1):
        yield "".join(run)


def looks(style: Style | None) -> str:
    """Return the attributes that stand for a style."""
    if style is None:
        return ""
    found = ' font-weight="bold"' * bool(style.bold) + ' opacity=".6"' * bool(style.dim)
    if style.color is not None and (colour := COLOURS.get((style.color.number or 0) % 8)):
        found += f' fill="{colour}"'
    return found


def drawn(text: str) -> Iterator[str]:
    """Yield an element for each run of characters, at its cell."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True)
    for number, line in enumerate(Text.from_ansi(text).split("\n")):
        at, y = 0, BAR + MARGIN + number * LINE
        for segment in line.render(console):
            attributes = looks(segment.style)
            for run in runs(segment.text):
                wide = CELL * cells(run)
                if not run.isspace():
                    x = MARGIN + CELL * at
                    fit = f'textLength="{wide}" lengthAdjust="spacingAndGlyphs"'
                    size = "" if character_cells(run[0]) == 2 else f' font-size="{NARROW}"'
                    yield f'<text x="{x}" y="{y}" {fit}{size}{attributes}>{escape(run)}</text>'
                at += cells(run)


def draw(file: Path) -> None:
    """Write the picture."""
    text = terminal_text().rstrip("\n")
    picture = SVG.format(
        fonts=FONTS,
        size=WIDE,
        title=escape("; ".join(f"lianzheng {one}" for one in COMMANDS)),
        width=2 * MARGIN + WIDTH * CELL,
        height=BAR + MARGIN + (text.count("\n") + 1) * LINE,
        text="\n".join(drawn(text)),
    )
    file.write_text(picture, "utf-8", newline="\n")


if __name__ == "__main__":
    os.environ |= {"LIANZHENG_LANG": "zh", "LIANZHENG_WIDTH": str(WIDTH)}
    os.environ.pop("NO_COLOR", None)
    draw(Path(sys.argv[1]) if sys.argv[1:] else PICTURE)
