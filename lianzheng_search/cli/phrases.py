"""Commands about what recurs: phrases, ngrams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..messages import _
from ..terminal.printing.progress import show_progress
from ..terminal.printing.rows import print_values
from ..terminal.remarks import nothing_found
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


@click.command(
    cls=Command,
    help=_(
        "List set phrases: what recurs in several speeches.\n\nTEXT: only those that hold it."
        " Each stands as a unit, with its hits, its speeches, the dates of its first and last use,"
        " and its variants: other punctuation, other order, one character."
    ),
)
@examples(
    ("phrases 干部", _("set phrases that hold 干部")),
    ("phrases --sort speeches --limit 5", _("the five in the most speeches")),
)
@click.argument("text", required=False)
@click.option(
    "--min-speeches",
    type=click.IntRange(min=2),
    metavar="N",
    help=_("in N speeches or more (default: 2, or one in forty)"),
)
@click.option(
    "--sort",
    type=OneOf(("weight", "speeches", "hits", "first", "last", "length")),
    default="weight",
    metavar="ORDER",
    help=_("weight (many speeches, and long), speeches, hits, first, last, length"),
)
@click.option("--new-since", metavar="DATE", help=_("first used on DATE or later"))
@click.option("--gone-since", metavar="DATE", help=_("not used since DATE"))
@filter_options
@limit_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def phrases(corpus: Corpus, /, text: str | None, file_format: str, **options: Any) -> int:
    """
    List set phrases.

    In JSON lines, `variants` are objects of phrase, hits and speeches; in tables text: 提法 ×3.
    """
    from ..terminal.phrases import print_phrases
    from ..wording.set_phrases import SetPhrase

    with show_progress(_("looking for set phrases")) as progress:
        found = corpus.phrases(text, progress=progress, **options)
    if not found.phrases:
        return nothing_found()
    if file_format == "text":
        print_phrases(found)
    else:
        print_values(found.phrases, SetPhrase, file_format)
    return 0


@click.command(
    cls=Command,
    help=_(
        "Count n-grams of characters or words.\n\nTEXT: only those that hold it. The most frequent"
        " come first; none goes over a punctuation mark. Hits are counted as a search counts them,"
        " and per 10,000 characters, punctuation included."
    ),
)
@examples(
    ("ngrams 家风 --n 3..6", _("strings of 3 to 6 characters that hold 家风")),
    ("ngrams --unit words --limit 5", _("the five most frequent runs of words")),
)
@click.argument("text", required=False)
@click.option(
    "--n",
    metavar="N..M",
    help=_("so long: 4 or 2..8 (default: 4..8 characters, 2..5 words)"),
)
@click.option(
    "--unit",
    type=OneOf(("characters", "words")),
    default="characters",
    help=_("of what (default: characters)"),
)
@click.option(
    "--min",
    "min_hits",
    type=click.IntRange(min=1),
    metavar="N",
    help=_("N hits or more (default: 2, or one in a million)"),
)
@click.option(
    "--min-speeches",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help=_("in N speeches or more (default: 1)"),
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help=_("also those that nearly always stand in a longer one listed"),
)
@filter_options
@limit_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def ngrams(
    corpus: Corpus, /, text: str | None, every: bool, file_format: str, **options: Any
) -> int:
    """Count n-grams."""
    from ..study.ngrams import NGram
    from ..terminal.phrases import print_ngrams

    with show_progress(_("counting")) as progress:
        # 责任担 stands wherever 责任担当 does: without this, parts would crowd out the whole
        found = corpus.ngrams(text, fold_in=not every, progress=progress, **options)
    if not found.ngrams:
        return nothing_found()
    if file_format == "text":
        print_ngrams(found)
    else:
        print_values(found.ngrams, NGram, file_format)
    return 0
