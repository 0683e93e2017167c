"""Commands on lists of queries: export, which writes their passages, and prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..export.citations import CITATION_STYLES
from ..export.entries import GROUPINGS
from ..export.excerpts import CONTEXTS
from ..export.writing import FORMATS, SPLITS
from ..messages import _
from ..terminal.printing.output import standard_output
from ..terminal.printing.rows import print_rows
from ..terminal.remarks import warn, warn_of_copies
from .options import (
    Command,
    OneOf,
    examples,
    filter_options,
    force_option,
    format_option,
    limit_to,
    pass_corpus,
    sort_option,
    update_first,
    update_option,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..query.lists import NamedQuery

queries_option = click.option(
    "--queries",
    metavar="FILE",
    # bytes: a list may be in any encoding, or an Excel file
    type=click.File("rb"),
    help=_("queries, one a line, or a csv, xlsx or toml file (-: input)"),
)
REPLAYED = ("replay", "output", "force", "update")
"""The options that a replay does not take from the manifest."""


def read_context(context: click.Context, parameter: click.Parameter, value: str) -> str | int:
    """Return how much text is wanted around a hit: a name, or a number of characters."""
    if value in CONTEXTS:
        return value
    if value.isdecimal():
        return int(value)
    wrong = _("{value} is none of {names}, nor a number.")
    message = wrong.format(value=value, names=" ".join(CONTEXTS))
    raise click.BadParameter(message, context, parameter)


def read_columns(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> list[str] | None:
    """Return the names of columns, which ASCII or Chinese commas part; None for all columns."""
    names = [name.strip() for name in (value or "").replace("，", ",").split(",")]
    return list(filter(None, names)) or None


@click.command(
    cls=Command,
    help=_(
        "Write matching passages to a file.\n\nThose of each QUERY and of each line of --queries"
        " FILE, or, without any, all that the filters leave."
    ),
)
@examples(
    ("export 家风 责任 -o excerpts.docx", _("a Word file with the passages of either word")),
    (
        "export --theme 家风家教 --since 2024 --format csv",
        _("a table of a theme's passages since 2024"),
    ),
)
@click.argument("query", nargs=-1)
@queries_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=_("the file to write (default: standard output)"),
)
@force_option
@filter_options
@click.option(
    "--context",
    callback=read_context,
    metavar="WHAT",
    default="passage",
    help=_("hit, sentence, passage, section, or N characters a side"),
)
@click.option(
    "--group-by",
    type=OneOf(GROUPINGS),
    default="query",
    metavar="WHAT",
    help=_("query, speech, theme or section (default: query)"),
)
@click.option(
    "--per-source",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    help=_("at most N from each speech for a query"),
)
@limit_to(0, _("at most N for each query (default: 0, all)"))
@sort_option
@variants_option
@click.option(
    "--columns",
    metavar="A,B",
    callback=read_columns,
    help=_("only these columns, in this order: query,title,text"),
)
@click.option(
    "--split",
    type=OneOf(SPLITS),
    help=_("a file for each, in the folder -o"),
)
@click.option(
    "--cite",
    type=click.Choice(CITATION_STYLES),
    metavar="STYLE",
    help=_("add a citation: gbt7714-2025, gbt7714-2015, bibtex, plain"),
)
@update_option
@click.option("--no-manifest", is_flag=True, help=_("write no record of how it was made"))
@click.option(
    "--replay",
    metavar="FILE",
    type=click.Path(exists=True, path_type=Path),
    help=_("make an export again, tell what differs; -o writes it"),
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help=_("csv jsonl xlsx docx html md txt (default: by the suffix)"),
)
@pass_corpus
def export(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    queries: IO[bytes] | None,
    output: Path | None,
    file_format: str | None,
    columns: list[str] | None,
    split: str | None,
    update: bool,
    no_manifest: bool,
    replay: Path | None,
    force: bool,
    **options: Any,
) -> int:
    """Export passages in a batch."""
    from ..terminal.printing.progress import show_query_progress
    from ..terminal.reports import print_exported

    if replay is not None:
        _check_replay()
        if update:
            update_first(corpus)
        return _replay(corpus, replay, output, force=force)
    named = _named_queries(query, queries, options)
    if update:
        update_first(corpus)
    if output is None:
        if split is not None:
            raise click.UsageError(_("--split needs a folder: -o DIR."))
        # csv, the format that both spreadsheets and scripts take
        exported = corpus.export_to(
            named, standard_output(), file_format=file_format or "csv", columns=columns, **options
        )
    else:
        # of one query a bar would jump from nothing to all
        with show_query_progress(shown=len(named) > 1) as progress:
            exported = corpus.export(
                named,
                output,
                file_format=file_format,
                columns=columns,
                split=split,
                with_manifest=not no_manifest,
                force=force,
                progress=progress,
                **options,
            )
        print_exported(exported, output)
    warn_of_copies(exported.copies)
    return 0 if exported.rows else 1


@click.command(
    cls=Command,
    help=_(
        "Prove that nothing was missed.\n\nThe answer of the index beside that of a plain reading"
        " of every file, made now; what was not read, what is undated, a copy, or removed. Exit"
        " code 1 if anything differs."
    ),
)
@examples(
    ("prove 家风 主体责任", _("both answers to two queries")),
    ("prove --queries 选题.txt -o 核对单.docx", _("a sheet to sign, for a list of topics")),
)
@click.argument("query", nargs=-1)
@queries_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("the file to write: .docx, .xlsx, .csv or .jsonl"),
)
@force_option
@filter_options
@update_option
@format_option("text", "jsonl", "csv", "md")
@pass_corpus
def prove(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    queries: IO[bytes] | None,
    output: Path | None,
    force: bool,
    update: bool,
    file_format: str,
    **options: Any,
) -> int:
    """Prove that the index and the files agree."""
    from ..export.proofs import PROOF_KEYS, check_file, proof_row, write_proof
    from ..terminal.printing.progress import show_query_progress
    from ..terminal.reports import print_proof

    named = _named_queries(query, queries, options)
    if output is not None:  # before all files are read for it
        check_file(output, force=force)
    if update:
        update_first(corpus)
    with show_query_progress() as progress:
        proof = corpus.prove(*named, progress=progress, **options)
    if output is not None:
        write_proof(output, proof, corpus.directory, force=force)
        warn(_("written to {file}").format(file=output))
    elif file_format == "text":
        print_proof(proof)
    else:
        print_rows(map(proof_row, proof.rows), PROOF_KEYS, file_format)
    return 0 if proof.same else 1


def _named_queries(
    arguments: Sequence[str], file: IO[bytes] | None, options: Mapping[str, Any]
) -> list[NamedQuery]:
    """Return the queries of the arguments and of a list; without any, what the filters leave."""
    from ..query.lists import NamedQuery, distinct, read_queries

    named = [NamedQuery(name=text, query=text) for text in arguments]
    if file is not None:
        named += read_queries(file.read(), source=file.name, tell=warn)
    # two queries of one name would be one group, and one file with --split
    return distinct(named) or [NamedQuery(name=_name_of_filters(options), query=None)]


def _name_of_filters(options: Mapping[str, Any]) -> str:
    """Return a name for what filters leave: their values, as in a list of queries."""
    from ..query.tokens import FIELDS

    given = [options["part" if key == "in" else key] for key in FIELDS]
    values = ["、".join(one) if isinstance(one, tuple) else one for one in given]
    return " · ".join([one for one in values if one and one != "all"]) or _("all passages")


def _check_replay() -> None:
    """Raise UsageError for an option that --replay takes from the manifest."""
    context = click.get_current_context()
    for name in context.params:
        # only what was typed: a default is not a wish that the manifest contradicts
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in REPLAYED:
            raise click.UsageError(_("--replay takes all but -o and --force from the manifest."))


def _replay(corpus: Corpus, file: Path, output: Path | None, *, force: bool) -> int:
    """Make an export again, and print what differs."""
    from ..terminal.printing.progress import show_query_progress
    from ..terminal.reports import print_exported, print_replayed

    with show_query_progress() as progress:
        replayed = corpus.replay(file, output, force=force, progress=progress)
    print_replayed(replayed)
    if replayed.exported is not None and output is not None:
        print_exported(replayed.exported, output)
    return 0 if replayed.same else 1
