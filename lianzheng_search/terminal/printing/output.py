"""Texts and colours of ours -> what a terminal shows, and no text of a file can steer."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import IO, Any, cast

import click

from ...signals import left_to_the_pager
from ...text.characters import printable

OUR_ESCAPE = f"\x1b{os.urandom(8).hex()}"
"""Stands for the ESC of our colours until they are printed; random, so that no file holds it."""
NARROWEST, WIDEST = 40, 110
"""Bounds of the width that lines are wrapped to, in cells: longer ones are hard to read."""


def style(text: str, **styles: Any) -> str:
    """Return a text in colours, named as `click.style` names them; only `echo` can show them."""
    start, end = _codes(tuple(sorted(styles.items())))
    return f"{start}{text}{end}"


@cache
def _codes(styles: tuple[tuple[str, Any], ...]) -> tuple[str, ...]:
    # kept by `cache`: lists ask for the same few styles thousands of times
    return tuple(click.style("|", **dict(styles)).replace("\x1b", OUR_ESCAPE).split("|"))


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, escaped, to standard output or, with `err`, to standard error."""
    click.echo(escape(text), err=err, nl=nl)


def secho(text: str, *, err: bool = False, **styles: Any) -> None:
    """Print a text in colours."""
    echo(style(text, **styles), err=err)


def show_in_pager(lines: Iterable[str]) -> None:
    """Show lines, escaped, in the user's pager; Ctrl-C is the pager's meanwhile."""
    if os.name == "nt":  # there it goes through a file, which others must not be able to read
        import tempfile

        from ...files.private_folders import cache_folder

        folder = cache_folder()
        # click offers no other way to say where its file goes
        tempfile.tempdir = None if folder is None else str(folder)
    with left_to_the_pager():
        click.echo_via_pager(map(escape, lines))


def escape(text: str) -> str:
    r"""
    Return a text with our own colours as codes, and each other control character replaced by �.

    >>> escape(style("清风", fg="red") + "\x1b[31m正气\n")
    '\x1b[31m清风\x1b[0m�[31m正气\n'
    """
    # what lies between our own codes is text, and none of it may steer the terminal
    return "\x1b".join([printable(piece) for piece in text.split(OUR_ESCAPE)])


def standard_output() -> IO[str]:
    """
    Return standard output as a text file for rows and texts of files.

    On a terminal, it writes what is `printable` of a text; elsewhere the text as it is, in UTF-8,
    with its own line ends.
    """
    if sys.stdout.isatty():
        # a terminal obeys control characters, and a file may bring them
        return cast("IO[str]", _PrintableFile(sys.stdout))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # rows are data for programs: the console's code page and line ends would change them
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def write_bytes(data: bytes, text: str) -> None:
    """Write bytes to standard output as they are; on a terminal, what is `printable` of `text`."""
    out = standard_output()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None or sys.stdout.isatty():
        out.write(text)
        return
    out.flush()  # what was written as text comes first
    binary.write(data)


class _PrintableFile:
    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def terminal_width(most: int = WIDEST) -> int | None:
    """
    Return the width to wrap to, in cells; None where standard output is not a terminal.

    LIANZHENG_WIDTH sets it for both.
    """
    # for a pipe into a pager, where no terminal can be asked
    if given := os.environ.get("LIANZHENG_WIDTH", ""):
        return max(NARROWEST, int(given)) if given.isdecimal() else None
    if not sys.stdout.isatty():
        return None
    import shutil  # only here: a search into a pipe does without

    return max(NARROWEST, min(most, shutil.get_terminal_size().columns))
