"""Commands that find passages: search, kwic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..messages import _
from ..terminal.printing.output import echo, standard_output
from ..terminal.printing.rows import print_rows
from ..terminal.remarks import (
    copies_left_out,
    nothing_found,
    warn,
    warn_of_copies,
)
from .options import (
    FORMATS,
    Command,
    OneOf,
    examples,
    filter_options,
    format_option,
    limit_option,
    limit_to,
    pass_corpus,
    sort_option,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus


@click.command(
    cls=Command,
    help=_(
        "Find passages.\n\nQUERY: 词语 (next to one another), several words (all in one passage),"
        " “exact phrase”, OR, NOT, 强化*意识. Without QUERY: everything the filters leave."
    ),
)
@examples(
    ("search 责任 担当 --limit 5", _("passages that hold both words, the best five")),
    ('search "家风 OR 家教" --in heading', _("headings that hold either word")),
)
@click.argument("query", nargs=-1)
@filter_options
@limit_option
@sort_option
@variants_option
@click.option(
    "--gaps", "--slots", "slots", is_flag=True, help=_("count what fills the gaps: 坚持*与*相统一")
)
@format_option(*FORMATS)
@pass_corpus
def search(
    corpus: Corpus, /, query: tuple[str, ...], slots: bool, file_format: str, **options: Any
) -> int:
    """Search the index."""
    if slots:
        return _print_fillings(corpus, " ".join(query), file_format, **options)
    # words need no quotation marks in the shell; None is "all", an empty text a faulty query
    text = " ".join(query) if query else None
    results = corpus.search(text, **options)
    if not results.total:
        return _nothing_found(corpus, text, options)
    if not results.exact:
        # said first: who does not read on must not take these for matches
        words = _("no passage holds {query}; these hold some of its words: {words}")
        warn(words.format(query=" ".join(query), words="、".join(results.words)))
    if file_format == "text":
        from ..terminal.hits import print_results

        print_results(results)
    elif file_format == "md":
        from ..export.markdown import markdown

        standard_output()
        for hit in results.hits:
            echo(markdown(hit))
    else:
        from ..export.tables.result_rows import SEARCH_KEYS, passage_row

        print_rows(map(passage_row, results.hits), SEARCH_KEYS, file_format)
    if file_format != "text":
        warn_of_copies(results.copies)
    if text is not None and not results.exact:
        _print_hints(corpus, text, options)
    # words alone are no match: a script that tests for a phrase must see that
    return 0 if results.exact else 1


def _print_fillings(
    corpus: Corpus, query: str, file_format: str, sort: str | None, **options: Any
) -> int:
    """Print what fills the gaps of a query."""
    from ..export.tables.result_rows import FILLING_KEYS, filling_row
    from ..terminal.hits import print_fillings

    if sort is not None:
        # fillings are sorted by their counts, and hits are not listed
        raise click.UsageError(_("--gaps and --sort exclude one another."))
    fillings = corpus.slots(query, **options)
    if not fillings.matches:
        return _nothing_found(corpus, query, options)
    if file_format == "text":
        print_fillings(fillings)
    else:
        print_rows(map(filling_row, fillings.shown), FILLING_KEYS, file_format)
        _warn_of_copies_left_out(fillings.copies)
    return 0


def _nothing_found(corpus: Corpus, query: str | None, options: Mapping[str, Any]) -> int:
    """Print that nothing was found, and what may have been meant; return the exit code."""
    code = nothing_found()
    if query is not None:
        _print_hints(corpus, query, options)
    return code


def _print_hints(corpus: Corpus, query: str, options: Mapping[str, Any]) -> None:
    from ..query.filters import FILTERS
    from ..search.suggestions import hint_lines

    filters: Any = {name: options[name] for name in FILTERS}
    for line in hint_lines(corpus.hints(query, **filters)):
        warn(line)


def _warn_of_copies_left_out(number: int) -> None:
    if number:
        warn(copies_left_out(number))


@click.command(
    cls=Command,
    help=_(
        "Show each match in its context, aligned (a concordance).\n\nQUERY is what search takes;"
        " every match is a line."
    ),
)
@examples(
    ("kwic 担当 --sort right", _("every 担当, in the order of what follows it")),
    ("kwic 家风 --clause --limit 5", _("five of them, with whole clauses around")),
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
    type=OneOf(("left", "right", "corpus", "date", "newest")),
    default="corpus",
    metavar="ORDER",
    help=_("corpus, date, newest, left or right: by what stands there (default: corpus)"),
)
@limit_to(100, _("at most N (default: 100; 0: all)"))
@click.option(
    "--seed", type=int, metavar="N", help=_("draw them at random instead; N makes it repeatable")
)
@variants_option
@click.option(
    "--without-variants", is_flag=True, hidden=True, expose_value=False, help=_("the default now")
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

    concordance = corpus.kwic(" ".join(query), **options)
    if not concordance.lines:
        return _nothing_found(corpus, " ".join(query), options)
    if file_format == "text":
        print_concordance(concordance, width=width, clause=clause, wide=wide)
    else:
        rows = (kwic_row(line, width) for line in concordance.lines)
        print_rows(rows, KWIC_KEYS, file_format)
        _warn_of_copies_left_out(concordance.copies)
    return 0
