"""The command help: a page for each command, and one for the query language."""

from __future__ import annotations

import sys

import click

from .. import data
from ..messages import _, no_such, user_language
from ..terminal import screen
from .options import show_page

QUERY = "query"


@click.command(help=_("Explain a command, or, for TOPIC query, how queries are written."))
@click.argument("topic", required=False)
@click.pass_context
def help(context: click.Context, /, topic: str | None) -> int:  # noqa: A001
    """Print a page of help."""
    root = context.find_root()
    assert isinstance(root.command, click.Group)
    if topic == QUERY:
        page = query_page()
        show_page([page]) if sys.stdout.isatty() else screen.echo(page, nl=False)
        return 0
    if topic is None:
        screen.echo(root.get_help())
        return 0
    command = root.command.get_command(root, topic)
    if command is None:
        raise no_such(_("help"), topic, [QUERY, *root.command.list_commands(root)])
    with click.Context(command, info_name=topic, parent=root) as inside:
        screen.echo(inside.get_help())
    return 0


def query_page(language: str | None = None) -> str:
    """Give the page on the query language, in the user's language unless it is said."""
    return (data.FOLDER / f"query.{language or user_language()}.txt").read_text("utf-8")
