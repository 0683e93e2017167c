"""Commands that find passages: search, kwic, show, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .language import _
from .options import (
    FORMATS,
    filter_options,
    format_option,
    limit_option,
    nothing_found,
    pass_corpus,
    print_rows,
    sort_option,
    standard_output,
    tell_copies,
    variants_option,
)

if TYPE_CHECKING:
    from .search import Corpus


@click.command(
    help=_(
        "Find passages.\n\nQUERY: 词语 (next to one another), several words (all in one passage),"
        " “exact phrase”, OR, NOT, 强化*意识. Without QUERY: everything the filters leave."
    )
)
@click.argument("query", nargs=-1)
@filter_options
@limit_option
@sort_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def search(corpus: Corpus, /, query: tuple[str, ...], file_format: str, **options: Any) -> int:
    """Search the index."""
    found = corpus.search(" ".join(query) if query else None, **options)
    if not found.total:
        return nothing_found()
    if not found.exact:
        told = _("lianzheng: no passage holds {query}; these hold some of its words: {words}")
        click.echo(told.format(query=" ".join(query), words="、".join(found.words)), err=True)
    if file_format == "text":
        from . import render

        render.results(found)
    elif file_format == "md":
        from . import export

        standard_output()
        for hit in found.hits:
            click.echo(export.markdown(hit))
    else:
        from . import export

        keys = (*export.PASSAGE_KEYS, "match", *export.SPEECH_KEYS)
        print_rows(map(export.passage_row, found.hits), keys, file_format)
    if file_format != "text":
        tell_copies(found.copies)
    return 0 if found.exact else 1


@click.command(
    help=_(
        "Show each match in its context, aligned (a concordance).\n\nQUERY is what search takes;"
        " every match is a line."
    )
)
@click.argument("query", nargs=-1, required=True)
@filter_options
@click.option(
    "--width",
    type=click.IntRange(min=0),
    metavar="N",
    help=_("context on each side, in cells (default: what the terminal has room for)"),
)
@click.option("--clause", is_flag=True, help=_("cut the context at clauses"))
@click.option(
    "--wide",
    is_flag=True,
    help=_("for a terminal that draws “ ” … — as wide as a Chinese character"),
)
@click.option(
    "--sort",
    type=click.Choice(("left", "right", "corpus", "date")),
    default="corpus",
    metavar="ORDER",
    help=_("corpus, date, left or right: by the context on that side (default: corpus)"),
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    metavar="N",
    help=_("at most N (default: 100; 0: all)"),
)
@click.option(
    "--seed", type=int, metavar="N", help=_("draw them at random instead; N makes it repeatable")
)
@format_option(*FORMATS)
@pass_corpus
def kwic(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    width: int | None,
    clause: bool,
    wide: bool,
    file_format: str,
    **options: Any,
) -> int:
    """Print a concordance."""
    from . import export, render

    found = corpus.kwic(" ".join(query), **options)
    if not found.lines:
        return nothing_found()
    if file_format == "text":
        render.kwic(found, width=width, clause=clause, wide=wide)
    else:
        rows = (export.kwic_row(line, width) for line in found.lines)
        print_rows(rows, export.KWIC_KEYS, file_format)
    return 0


@click.command(
    help=_(
        "Print one cleaned speech.\n\nSPEECH: its path in the corpus, or a part of its path or"
        " title."
    )
)
@click.argument("speech")
@format_option(*FORMATS)
@pass_corpus
def show(corpus: Corpus, /, speech: str, file_format: str) -> int:
    """Show a speech."""
    from . import export, render
    from .model import Hit

    info, passages = corpus.speech(speech)
    if file_format == "text":
        lines = (line + "\n" for line in render.speech(info, passages))
        if sys.stdout.isatty():
            click.echo_via_pager(lines)
        else:
            click.echo("".join(lines), nl=False)
        return 0
    hits = [Hit(info=info, passage=passage) for passage in passages]
    if file_format == "md":
        click.echo(export.speech_markdown(info, passages))
        return 0
    keys = (*export.PASSAGE_KEYS, *export.SPEECH_KEYS)
    print_rows(map(export.passage_row, hits), keys, file_format)
    return 0


@click.command(
    help=_(
        "Write matching passages to a file.\n\nThose of each QUERY and of each line of --queries"
        " FILE, or, without any, all that the filters leave."
    )
)
@click.argument("query", nargs=-1)
@click.option(
    "--queries",
    metavar="FILE",
    type=click.File("rb"),
    help=_("a file with a query a line (- is standard input)"),
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("the file to write (default: standard output)"),
)
@click.option("--force", is_flag=True, help=_("replace the file if it is there"))
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help=_("at most N for each query (default: 0, all)"),
)
@sort_option
@variants_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("csv", "jsonl")),
    help=_("the file's format (default: by its suffix; csv on standard output)"),
)
@pass_corpus
def export(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    queries: Any,
    output: Path | None,
    file_format: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Export passages in a batch."""
    from . import export as exporting
    from . import render

    named = [exporting.NamedQuery(name=text, query=text) for text in query]
    if queries is not None:
        named += exporting.read_queries(queries.read(), source=queries.name)
    named = named or [exporting.NamedQuery(name="", query=None)]
    if output is not None:
        done = corpus.export(named, output, file_format=file_format, force=force, **options)
        render.exported(done)
    else:
        done = corpus.export_to(
            named, standard_output(), file_format=file_format or "csv", **options
        )
    tell_copies(done.copies)
    return 0 if done.rows else 1
