"""What is said -> what a terminal gets: the colours are ours, no text can steer it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import IO, Any, cast

import click

from ..text.characters import printable

OURS = f"\x1b{os.urandom(8).hex()}"
"""Stands for the ESC of a colour of ours until it is printed: no text can hold it."""


def style(text: str, **styles: Any) -> str:
    """Set a text in colours, as `click.style` does, for `echo`, which shows no others."""
    start, end = _codes(tuple(sorted(styles.items())))
    return f"{start}{text}{end}"


@cache
def _codes(styles: tuple[tuple[str, Any], ...]) -> tuple[str, ...]:
    return tuple(click.style("|", **dict(styles)).replace("\x1b", OURS).split("|"))


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text as `click.echo` does, `shown`."""
    click.echo(shown(text), err=err, nl=nl)


def secho(text: str, *, err: bool = False, **styles: Any) -> None:
    """Print a text in colours."""
    echo(style(text, **styles), err=err)


def page(lines: Iterable[str]) -> None:
    """Show lines, `shown`, in the user's pager."""
    click.echo_via_pager(map(shown, lines))


def shown(text: str) -> str:
    r"""
    Put ours for what marks a colour, and what is `printable` for all the rest.

    >>> shown(style("清风", fg="red") + "\x1b[31m正气\n")
    '\x1b[31m清风\x1b[0m�[31m正气\n'
    """
    return "\x1b".join([printable(piece) for piece in text.split(OURS)])


def on_terminal(out: IO[str]) -> IO[str]:
    """Give a text file that writes to a terminal what is `printable` of a text."""
    return cast("IO[str]", _Printable(out))


class _Printable:
    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)
