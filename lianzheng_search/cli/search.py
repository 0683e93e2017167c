"""Commands that find passages: search, kwic, show, headings, export."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..messages import _
from ..terminal.printing.output import echo
from .options import (
    FORMATS,
    filter_options,
    format_option,
    limit_option,
    limit_to,
    nothing_found,
    pass_corpus,
    print_rows,
    show_page,
    sort_option,
    standard_output,
    tell_changed,
    tell_copies,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus

HEADING_KEYS = ("speech", "title", "line", "level", "number", "heading")


FEW_SPEECHES = 1000
"""Of so many speeches the files are looked at again where nothing is found: that takes 50 ms."""


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
@click.option("--slots", is_flag=True, help=_("count what fills the gaps: 坚持*与*相统一"))
@format_option(*FORMATS)
@pass_corpus
def search(
    corpus: Corpus, /, query: tuple[str, ...], slots: bool, file_format: str, **options: Any
) -> int:
    """Search the index."""
    if slots:
        return _slots(corpus, " ".join(query), file_format, **options)
    text = " ".join(query) if query else None
    found = corpus.search(text, **options)
    if not found.total:
        return _nothing_found(corpus, text, options)
    if not found.exact:
        told = _("lianzheng: no passage holds {query}; these hold some of its words: {words}")
        echo(told.format(query=" ".join(query), words="、".join(found.words)), err=True)
    if file_format == "text":
        from ..terminal.hits import print_results

        print_results(found)
    elif file_format == "md":
        from ..export.markdown import markdown

        standard_output()
        for hit in found.hits:
            echo(markdown(hit))
    else:
        from ..export.tables.result_rows import SEARCH_KEYS, passage_row

        print_rows(map(passage_row, found.hits), SEARCH_KEYS, file_format)
    if file_format != "text":
        tell_copies(found.copies)
    if text is not None and not found.exact:
        _tell_hints(corpus, text, options)
    return 0 if found.exact else 1


def _nothing_found(corpus: Corpus, query: str | None, options: Mapping[str, Any]) -> int:
    """Say so, and what may have been meant."""
    code = nothing_found()
    if query is not None:
        _tell_hints(corpus, query, options)
    return code


def _tell_hints(corpus: Corpus, query: str, options: Mapping[str, Any]) -> None:
    from ..query.filters import FILTERS
    from ..search.suggestions import hint_lines

    filters: Any = {name: options[name] for name in FILTERS}
    for line in hint_lines(corpus.hints(query, **filters)):
        echo(f"lianzheng: {line}", err=True)
    if corpus.backend.number_of_speeches <= FEW_SPEECHES:
        tell_changed(corpus)


def _slots(corpus: Corpus, query: str, file_format: str, sort: str | None, **options: Any) -> int:
    """Print what fills the gaps."""
    from ..export.tables.result_rows import FILLING_KEYS, filling_row
    from ..terminal.hits import print_fillings

    if sort is not None:
        raise click.UsageError(_("--slots and --sort exclude one another."))
    found = corpus.slots(query, **options)
    if not found.matches:
        return _nothing_found(corpus, query, options)
    if file_format == "text":
        print_fillings(found)
    else:
        print_rows(map(filling_row, found.shown), FILLING_KEYS, file_format)
        _tell_left_out(found.copies)
    return 0


def _tell_left_out(copies: int) -> None:
    """Tell, on standard error, how many passages are left out because others say the same."""
    from ..terminal.remarks import copies_left_out

    if copies:
        echo(f"lianzheng: {copies_left_out(copies)}", err=True)


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
@limit_to(100, _("at most N (default: 100; 0: all)"))
@click.option(
    "--seed", type=int, metavar="N", help=_("draw them at random instead; N makes it repeatable")
)
@click.option(
    "--with-variants",
    "with_variants",
    flag_value=True,
    default=True,
    type=bool,
    hidden=True,
    help=_("also the same passages in copies of a speech"),
)
@click.option(
    "--without-variants",
    "with_variants",
    flag_value=False,
    type=bool,
    help=_("without the same passages in copies of a speech"),
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
    from ..export.tables.result_rows import KWIC_KEYS, kwic_row
    from ..terminal.hits import print_concordance

    found = corpus.kwic(" ".join(query), **options)
    if not found.lines:
        return _nothing_found(corpus, " ".join(query), options)
    if file_format == "text":
        print_concordance(found, width=width, clause=clause, wide=wide)
    else:
        rows = (kwic_row(line, width) for line in found.lines)
        print_rows(rows, KWIC_KEYS, file_format)
        _tell_left_out(found.copies)
    return 0


@click.command(
    help=_(
        "Print one cleaned speech, or a place of it.\n\nSPEECH: its path in the corpus, or a part"
        " of its path or title; SPEECH:LINE is the passage on that line, with what is around it."
    )
)
@click.argument("speech")
@click.option(
    "--context",
    type=click.IntRange(min=0),
    metavar="N",
    help=_("lines around SPEECH:LINE (default: 1)"),
)
@format_option(*FORMATS)
@pass_corpus
def show(corpus: Corpus, /, speech: str, context: int | None, file_format: str) -> int:
    """Show a speech."""
    from ..export.markdown import markdown, speech_markdown
    from ..export.tables.result_rows import PASSAGE_KEYS, passage_row
    from ..model import Hit
    from ..terminal.speeches import print_place, speech_lines

    info, passages, there = corpus.place(speech)
    whole = len(there) == len(passages)
    if file_format == "text" and not whole:
        print_place(info, passages, there, context=1 if context is None else context)
        return 0
    if file_format == "text":
        lines = (line + "\n" for line in speech_lines(info, passages))
        if sys.stdout.isatty():
            show_page(lines)
        else:
            echo("".join(lines), nl=False)
        return 0
    passages = passages[max(0, there.start - (context or 0)) : there.stop + (context or 0)]
    if file_format == "md" and whole:
        echo(speech_markdown(info, passages))
        return 0
    hits = [Hit(info=info, passage=passage) for passage in passages]
    if file_format == "md":
        for hit in hits:
            echo(markdown(hit))
        return 0
    print_rows(map(passage_row, hits), PASSAGE_KEYS, file_format)
    return 0
