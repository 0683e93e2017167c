"""Commands about what speeches quote and cite: quotes, cites."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from ..errors import RequestError
from ..messages import _
from ..model import Value
from ..terminal.printing.progress import show_progress
from ..terminal.printing.rows import print_values
from ..terminal.remarks import copies_left_out, nothing_found, warn
from .options import (
    FORMATS,
    Command,
    OneOf,
    examples,
    filter_options,
    format_option,
    limit_option,
    pass_corpus,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..wording.cited_documents import Citations
    from ..wording.quotations import Quotations


@click.command(
    cls=Command,
    help=_(
        "List what is quoted from whom.\n\nTEXT: only what holds it. Forms of one quotation are"
        " counted together. Who is quoted is read from the words around it: 总书记指出, 古人云,"
        " 《条例》规定."
    ),
)
@examples(
    ("quotes --sources", _("who is quoted, and how often")),
    ("quotes --source 俗语", _("the sayings that speeches quote")),
)
@click.argument("text", required=False)
@click.option("--source", metavar="NAME", help=_("quoted from NAME, however written: 总书记, 党章"))
@click.option("--sources", is_flag=True, help=_("list who is quoted, not what"))
@click.option(
    "--terms",
    "--scare",
    "scare",
    is_flag=True,
    help=_("list terms in quotation marks instead, such as “关键少数”"),
)
@click.option(
    "--indirect", is_flag=True, help=_("also what is told without quotation marks: 总书记指出，…")
)
@click.option(
    "--sort",
    type=OneOf(("count", "date", "corpus", "source")),
    default="count",
    metavar="ORDER",
    help=_("count, date (the first), corpus or source (default: count)"),
)
@filter_options
@limit_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def quotes(
    corpus: Corpus,
    /,
    text: str | None,
    file_format: str,
    sources: bool,
    scare: bool,
    **options: Any,
) -> int:
    """
    List quotations.

    JSON lines have the keys quotation, source (null where nobody is named), direct (in quotation
    marks), count, speeches, first, last (ISO dates or null), places (``speech:line``), variants
    (text, count); with --sources source, quotations, count, speeches, first, last; with --terms
    term, count, speeches, first, last, places.
    """
    from ..terminal.quotations import print_quotations
    from ..wording.quotations import Quotation, Source, Term

    if scare and (sources or options["source"] or options["indirect"]):
        raise RequestError(
            _("--terms: a term has no source. Leave --source, --sources and --indirect out")
        )
    show = "terms" if scare else "sources" if sources else "quotations"
    # direct quotations are found by their marks at once: a bar would only flicker
    with show_progress(_("reading")) if options["indirect"] else nullcontext():
        found = corpus.quotes(text, show=show, **options)
    if not found.rows:
        code = nothing_found()
        # a name that is written otherwise is the likeliest reason
        if options.get("source"):
            warn(_("quotes --sources lists who is quoted"))
        return code
    if file_format == "text":
        print_quotations(found, show, text)
    else:
        # the keys of rows are the fields of what is listed
        kind: type[Value] = Term if scare else Source if sources else Quotation
        _print_rows(found, kind, file_format)
    return 0


@click.command(
    cls=Command,
    help=_(
        "List the documents named in 《》.\n\nTEXT: only those whose name holds it.\n\nNames of one"
        " document are counted together: cut short as the speech says, with and without"
        " 中国共产党, （试行）.\n\n党章 and 宪法 count without marks where 规定 or an"
        " article follows."
    ),
)
@examples(
    ("cites", _("every document and book that is named")),
    ("cites --sort date", _("the same, in the order of their first mention")),
)
@click.argument("text", required=False)
@click.option("--unmarked", is_flag=True, help=_("党章 and 宪法 without marks anywhere"))
@click.option(
    "--sort",
    type=OneOf(("count", "date", "corpus", "name")),
    default="count",
    metavar="ORDER",
    help=_("count, date (the first), corpus or name (default: count)"),
)
@filter_options
@limit_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def cites(corpus: Corpus, /, text: str | None, file_format: str, **options: Any) -> int:
    """
    List cited documents.

    JSON lines have the keys document (its fullest name), count, speeches, first, last (ISO dates
    or null), articles (article, count), places (``speech:line``), variants (name, count).
    """
    from ..terminal.quotations import print_citations
    from ..wording.cited_documents import Document

    found = corpus.cites(text, **options)
    if not found.rows:
        return nothing_found()
    if file_format == "text":
        print_citations(found, text)
    else:
        _print_rows(found, Document, file_format)
    return 0


def _print_rows(found: Quotations | Citations, kind: type[Value], file_format: str) -> None:
    print_values(found.rows, kind, file_format)
    if found.copies:
        warn(copies_left_out(found.copies))
