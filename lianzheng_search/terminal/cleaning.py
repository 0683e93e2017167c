"""What cleaning does -> the lines that it cuts, a difference, or lines that may be watermarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..messages import _
from ..text.characters import BLANK, escaped
from .printing.layout import INDENT
from .printing.output import echo, secho, style

if TYPE_CHECKING:
    from ..cleaning.learning import Recurring
    from ..model import CleanText, Removal

NUMBER = 5
"""Width of a line's number, in cells."""
COLOURS = {"-": "red", "+": "green"}


def print_removals(path: str, removals: Sequence[Removal]) -> None:
    """Print the lines that cleaning cuts from a file, each with the rule that took it."""
    secho(path, bold=True)
    for removal in removals:
        place = str(removal.line or "")
        if removal.column is not None:
            # columns are counted from 0 inside, from 1 by editors
            place = f"{place}:{removal.column + 1}"
        # a line of nothing but blanks is shown by their code points
        text = escaped(removal.text.strip(BLANK)) or ascii(removal.text)[1:-1]
        put = f" → {escaped(removal.put)}" if removal.put else ""
        echo(f"{place:>{NUMBER}}  {style(removal.rule, fg='yellow')}  {text}{put}")
    if not removals:
        _print_nothing()


def print_difference(clean: CleanText) -> None:
    """Print what cleaning changes in a file: lines before (-) and after (+), and one around."""
    secho(f"--- {clean.path}\n+++ {clean.path} ({_('cleaned')})", bold=True)
    rows = list(_difference(clean))
    changed = {n for n, row in enumerate(rows) if row[0] != " "}
    last = None
    for n, (sign, number, text) in enumerate(rows):
        if not changed.intersection((n - 1, n, n + 1)):
            continue
        if last is None or n > last + 1:
            secho(f"@@ {number} @@", fg="cyan")
        last = n
        secho(sign + escaped(text), fg=COLOURS.get(sign))
    if not changed:
        _print_nothing()


def _difference(clean: CleanText) -> Iterator[tuple[str, int, str]]:
    """Yield (sign, number of the source line, text) of each line before and after."""
    # inside: a list of removals needs no text of before
    from ..cleaning.edits import source_text

    cleaned = {line.number: line for line in clean.lines}
    after: list[tuple[str, int, str]] = []  # comes below all the lines that it was made of
    for number, text in enumerate(source_text(clean), start=1):
        line = cleaned.get(number)
        if line:
            yield from after
            after = [("+", number, line.text)] if line.text != text else []
        yield (" " if line and line.text == text else "-", number, text)
    yield from after


def print_recurring(lines: Sequence[Recurring]) -> None:
    """Print the lines that may be watermarks, numbered, with what speaks for it."""
    where = {"head": _("at the head"), "tail": _("at the tail"), "page": _("a page apart")}
    for number, line in enumerate(lines, start=1):
        secho(f"{number:>4}  {line.examples[0][2]}", bold=True)
        counts = _("{files} files, {count} times, {where}").format(
            files=line.files,
            count=line.count,
            where=", ".join(where[region] for region in line.regions),
        )
        echo(f"{INDENT * 3}{counts}")
        for path, at, text in line.examples:
            secho(f"{INDENT * 3}{path}:{at}  {text}", dim=True)


def _print_nothing() -> None:
    secho(f"{INDENT}{_('nothing to remove')}", dim=True)
