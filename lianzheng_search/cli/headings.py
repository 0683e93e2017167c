"""The command about headings: the heading bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import RequestError
from ..messages import _, ngettext
from ..terminal.printing.rows import print_rows
from ..terminal.remarks import nothing_found, warn, warn_of_copies
from .options import (
    FORMATS,
    Command,
    OneOf,
    examples,
    filter_options,
    format_option,
    limit_to,
    pass_corpus,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..wording.heading_bank import HeadingLine, HeadingSet

KEYS = ("speech", "title", "line", "level", "number", "heading", "date", "themes")
GROUPS_SHOWN = 20
"""Number of groups that are shown as text by default."""


@click.command(
    cls=Command,
    help=_(
        "List section headings: all of them, or those that hold TEXT.\n\nIn TEXT, * and … are"
        " gaps: 强化…意识."
    ),
)
@examples(
    ("headings 家风", _("the headings that hold 家风")),
    ("headings --by pattern --limit 5", _("the wordings that most headings share")),
)
@click.argument("text", required=False)
@click.option(
    "--by",
    type=OneOf(("pattern", "theme", "level", "speech")),
    metavar="WHAT",
    help=_("group them by pattern, theme, level or speech"),
)
@click.option(
    "--siblings",
    is_flag=True,
    help=_("show each with its parallel set: the headings beside it"),
)
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    metavar="N",
    help=_("at most N of a group (default: 5; 0: all)"),
)
@filter_options
@click.option(
    "--sort",
    type=OneOf(("corpus", "date", "newest", "text", "length")),
    default="corpus",
    metavar="ORDER",
    help=_("corpus, date, newest, text (by wording) or length (default: corpus)"),
)
@limit_to(None, _("at most N (default: 0, all; of groups, 20)"))
@variants_option
@format_option(*FORMATS)
@pass_corpus
def headings(
    corpus: Corpus,
    /,
    text: str | None,
    by: str | None,
    siblings: bool,
    examples: int | None,
    limit: int | None,
    file_format: str,
    **options: Any,
) -> int:
    """
    List the heading bank.

    Keys: speech title line level number heading date themes, and copies where there are any;
    with --by also group, what the heading shares with others (null: nothing); with --siblings
    also above, the headings over it, and siblings, those beside it, in reading order.
    """
    # a group has headings of many speeches, a set those of one: no list shows both
    if by and siblings:
        raise RequestError(_("--by, --siblings: they cannot go together. Choose one"))
    if by:
        if limit is None:
            # a screen holds twenty groups; rows for a program are never cut short unasked
            limit = GROUPS_SHOWN if file_format == "text" else 0
        return _print_groups(corpus, by, text, examples, file_format, limit=limit, **options)
    if siblings:
        return _print_sets(corpus, text, file_format, limit=limit or 0, **options)
    found = corpus.headings(text, **options)
    if not found:
        return _nothing_found(corpus, text, options)
    shown = found[:limit] if limit else found
    if file_format == "text":
        from ..terminal.headings import print_headings

        print_headings(shown, text, total=len(found))
    else:
        print_rows(map(_row, shown), KEYS, file_format)
    warn_of_copies(sum(len(line.copies) for line in shown))
    return 0


def _print_groups(
    corpus: Corpus,
    by: str,
    text: str | None,
    examples: int | None,
    file_format: str,
    **options: Any,
) -> int:
    found = corpus.heading_groups(by, text, **options)
    if not found.found:
        return _nothing_found(corpus, text, options)
    if file_format == "text":
        from ..terminal.headings import print_groups

        print_groups(found, text, examples=examples)
    else:
        rows = [
            _row(line, group=group.name) for group in found.groups for line in group.headings
        ] + [_row(line, group=None) for line in found.rest if len(found.groups) == found.total]
        print_rows(rows, (*KEYS, "group"), file_format)
    grouped = [line for group in found.groups for line in group.headings]
    warn_of_copies(sum(len(line.copies) for line in [*grouped, *found.rest]))
    return 0


def _print_sets(corpus: Corpus, text: str | None, file_format: str, **options: Any) -> int:
    found = corpus.heading_sets(text, **options)
    if not found.found:
        return _nothing_found(corpus, text, options)
    if file_format == "text":
        from ..terminal.headings import print_sets

        print_sets(found, text)
    else:
        rows = (_with_siblings(one, n) for one in found.sets for n in sorted(one.found))
        print_rows(rows, (*KEYS, "above", "siblings"), file_format)
    warn_of_copies(sum(len(one.headings[n].copies) for one in found.sets for n in one.found))
    return 0


def _with_siblings(one: HeadingSet, n: int) -> dict[str, Any]:
    line = one.headings[n]
    beside = [other.heading for k, other in enumerate(one.headings) if k != n]
    return _row(line, above=list(line.above), siblings=beside)


def _row(line: HeadingLine, **more: Any) -> dict[str, Any]:
    row = {key: getattr(line, key) for key in KEYS} | {"themes": list(line.themes)} | more
    return row | {"copies": list(line.copies)} if line.copies else row


def _nothing_found(corpus: Corpus, text: str | None, options: dict[str, Any]) -> int:
    """Print that no heading holds a text, and how many passages do; return the exit code."""
    from ..query.filters import FILTERS
    from ..query.language import quoted

    code = nothing_found()
    filters: Any = {name: options[name] for name in FILTERS if name != "part" and name in options}
    if text and text.strip():
        # quoted, for TEXT is no query: OR or * in it would be operators
        results = corpus.search(quoted(text.strip()), limit=1, with_variants=False, **filters)
        if results.exact and results.total:
            elsewhere = ngettext(
                "no heading, but {n} passage of the text holds it; search lists it",
                "no heading, but {n} passages of the text hold it; search lists them",
                results.total,
            )
            warn(elsewhere.format(n=results.total))
    return code
