"""Commands about themes: themes, themes why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .language import _
from .options import FORMATS, format_option, nothing_found, pass_corpus, print_rows

if TYPE_CHECKING:
    from .search import Corpus

THEME_KEYS = ("theme", "passages", "speeches")


@click.group(
    invoke_without_command=True,
    help=_("List the themes with their counts."),
)
@format_option(*FORMATS)
@click.pass_context
def themes(context: click.Context, /, file_format: str) -> int:
    """List the themes."""
    from . import export, render

    if context.invoked_subcommand is not None:
        return 0
    counts = context.obj.themes()
    if file_format == "text":
        render.themes(counts)
    else:
        rows = map(export.plain_row, counts)
        print_rows(rows, THEME_KEYS, file_format)
    return 0


@themes.command(
    help=_(
        "Show the evidence for the themes of passages.\n\nSPEECH: one of the corpus, or any file;"
        " with :LINE, the passages on that line."
    )
)
@click.argument("speech")
@format_option(*FORMATS)
@pass_corpus
def why(corpus: Corpus, /, speech: str, file_format: str) -> int:
    """Explain the themes of passages."""
    from . import export, render

    explained = corpus.why(speech)
    if not explained:
        return nothing_found()
    if file_format == "text":
        for passage, verdicts in explained:
            render.why(passage, verdicts)
    else:
        rows = (row for one in explained for row in export.evidence_rows(*one))
        print_rows(rows, export.EVIDENCE_KEYS, file_format)
    return 0
