"""The options that commands share, and how every list is printed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from ..messages import _, ngettext
from ..signals import left_to_the_pager
from ..terminal.printing.output import echo, printable_file, show_in_pager

if TYPE_CHECKING:
    from ..export.tables.rows import Row
    from ..opened import Opened as Corpus

Command = TypeVar("Command", bound=Callable[..., Any])
FORMATS = ("text", "jsonl", "csv", "md")


def filter_options(command: Command) -> Command:
    """Add the filters that every list takes."""
    options = [
        click.option(
            "--section",
            metavar="TEXT",
            help=_("under a heading that holds TEXT, or numbered TEXT (二, 2)"),
        ),
        click.option(
            "--theme",
            metavar="NAME",
            multiple=True,
            help=_("about this theme; repeatable: any of them"),
        ),
        click.option("--title", metavar="TEXT", help=_("in speeches whose title holds TEXT")),
        click.option(
            "--speech",
            metavar="ID",
            help=_("in one speech: its path, or a part of its path or title"),
        ),
        click.option(
            "--in",
            "part",
            type=click.Choice(("title", "heading", "body", "all")),
            default="all",
            help=_("in this part of a speech (default: all)"),
        ),
        click.option(
            "--since", metavar="DATE", help=_("dated DATE or later: 2023, 2023-09, 2023-09-14")
        ),
        click.option("--until", metavar="DATE", help=_("dated DATE or earlier")),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Add ``--format``."""
    return click.option(
        "--format",
        "file_format",
        type=click.Choice(formats),
        default=formats[0],
        help=_("how to print (default: {default})").format(default=formats[0]),
    )


def limit_to(default: int | None, told: str) -> Callable[[Command], Command]:
    """Add ``--limit``: the most that is listed, 0 for all."""
    number = click.IntRange(min=0)
    return click.option("--limit", type=number, default=default, metavar="N", help=told)


limit_option = limit_to(20, _("at most N (default: 20; 0: all)"))
sort_option = click.option(
    "--sort",
    type=click.Choice(("relevance", "corpus", "date")),
    help=_("order (default: relevance with a query, else corpus)"),
)
variants_option = click.option(
    "--with-variants", is_flag=True, help=_("also the same passages in copies of a speech")
)
pass_corpus = click.pass_obj


def print_rows(rows: Iterable[Row], keys: Sequence[str], file_format: str) -> None:
    """Print rows with these keys on standard output, as ``jsonl``, ``csv`` or ``md``."""
    from ..export.tables.rows import write_rows

    write_rows(rows, keys, standard_output(), file_format=file_format)


def nothing_found() -> int:
    """Say so; give the exit code."""
    echo(_("lianzheng: nothing found"), err=True)
    return 1


def tell_copies(number: int) -> None:
    """Tell, on standard error, how much is left out because it says the same."""
    if number:
        told = ngettext(
            "lianzheng: {n} more passage in copies of speeches, --with-variants shows it",
            "lianzheng: {n} more passages in copies of speeches, --with-variants shows them",
            number,
        )
        echo(told.format(n=number), err=True)


def tell_changed(corpus: Corpus) -> None:
    """Tell, on standard error, that the index is behind, if it is."""
    if changed := corpus.files_changed():
        told = ngettext(
            "lianzheng: {n} file has changed since the index was made; {command} looks at it",
            "lianzheng: {n} files have changed since the index was made; {command} looks at them",
            changed,
        )
        from ..index.generations.faults import index_command

        command = index_command(corpus.directory, corpus.index_directory)
        echo(told.format(n=changed, command=command), err=True)


def show_page(lines: Iterable[str]) -> None:
    """Show lines in the user's pager; Ctrl-C is the pager's meanwhile."""
    if os.name == "nt":  # there it goes through a file: not one that others can read
        import tempfile

        from ..files.private_folders import cache_folder

        folder = cache_folder()
        tempfile.tempdir = None if folder is None else str(folder)
    with left_to_the_pager():
        show_in_pager(lines)


def standard_output() -> IO[str]:
    """
    Give standard output; UTF-8 with the line ends as written, where it is no terminal.

    What is written to a terminal is `printable`.
    """
    if sys.stdout.isatty():
        return printable_file(sys.stdout)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout
