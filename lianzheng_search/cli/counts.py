"""Commands that count: freq, collocates, keyness, dispersion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import RequestError
from ..messages import _, ngettext
from ..terminal.printing.output import echo
from ..terminal.printing.progress import show_progress
from ..terminal.printing.rows import print_rows, print_values
from ..terminal.remarks import nothing_found, warn, warn_of_copies
from .options import (
    FORMATS,
    Command,
    OneOf,
    examples,
    filter_options,
    force_option,
    format_option,
    limit_option,
    pass_corpus,
    plot_option,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..study.frequencies import Dispersion, Frequencies

STRIP_KEYS = ("query", "speech", "title", "date", "characters", "hits", "at")
stop_words_option = click.option(
    "--stop-words", is_flag=True, help=_("also stop words, single characters, numbers")
)
draw_option = plot_option(_("also draw it: an .svg or .html file"))


def least_option(default: int) -> Callable[[Any], Any]:
    """Return ``--min``: how often a word occurs at least."""
    return click.option(
        "--min",
        "least",
        type=click.IntRange(min=1),
        default=default,
        metavar="N",
        help=_("only words that occur N times (default: {default})").format(default=default),
    )


@click.command(
    cls=Command,
    help=_(
        "Count how often QUERY is found; without one, list the most frequent words.\n\nEach QUERY"
        " is what search takes, “in quotes” where it is several words; its hits are what search"
        " marks. Frequencies are per 10,000 characters, punctuation included."
    ),
)
@examples(
    ("freq 责任 担当", _("how often each of two words is found")),
    ("freq 群众 --by year", _("how often a word is found in each year")),
)
@click.argument("query", nargs=-1)
@filter_options
@click.option(
    "--by",
    type=OneOf(("none", "speech", "year", "month", "theme", "section")),
    metavar="GROUP",
    help=_("by speech, year, month, theme or section"),
)
@limit_option
@stop_words_option
@variants_option
@draw_option
@force_option
@format_option(*FORMATS)
@pass_corpus
def freq(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    by: str | None,
    limit: int,
    stop_words: bool,
    plot: Path | None,
    force: bool,
    file_format: str,
    **options: Any,
) -> int:
    """Count queries, or words."""
    # each command imports its own study and printing: --help and the other commands need neither
    from ..study.frequencies import Frequency
    from ..terminal.counts import limited, print_frequencies

    if plot is not None and (not query or by not in (None, "year", "month")):
        raise RequestError(
            _("plot: it shows queries by year or month. Give a query and --by year or --by month")
        )
    _check_plot(plot, force=force)
    if not query:
        if by not in (None, "none"):
            raise RequestError(_("by: words are counted in all. Give a query, or leave --by out"))
        return _list_words(corpus, limit, stop_words, file_format, **options)
    by = by or ("year" if plot is not None else "none")
    with show_progress(_("reading the sections")) as progress:
        found = corpus.freq(query, by=by, progress=progress, **options)
    if not any(total.hits for total in found.totals):
        return nothing_found()
    if file_format == "text":
        print_frequencies(found, limit=limit)
    else:
        print_values(limited(found, limit), Frequency, file_format)
    warn_of_copies(found.copies)
    if plot is not None:
        _plot_frequencies(found, plot, force=force)
    return 0


def _list_words(
    corpus: Corpus, limit: int, stop_words: bool, file_format: str, **options: Any
) -> int:
    from ..study.word_counts import WordFrequency
    from ..terminal.counts import print_words

    with show_progress(_("cutting the text into words")) as progress:
        found = corpus.words(limit=limit, stop_words=stop_words, progress=progress, **options)
    if not found.shown:
        return nothing_found()
    if file_format == "text":
        print_words(found)
    else:
        print_values(found.shown, WordFrequency, file_format)
    warn_of_copies(found.copies)
    return 0


def _check_plot(file: Path | None, *, force: bool) -> None:
    if file is not None:
        from ..export.plots.charts import check_plot

        check_plot(file, force=force)


def _plot_frequencies(found: Frequencies, file: Path, *, force: bool) -> None:
    from ..export.plots.charts import over_time, write_plot

    series = {
        total.query: [
            (row.group, row.per_10000)
            for row in found.rows
            if row.query == total.query and row.group is not None
        ]
        for total in found.totals
    }
    if not any(series.values()):
        raise RequestError(_("plot: none of these speeches has a date. See lianzheng status"))
    title = _("{queries} over time").format(queries="、".join(series))
    write_plot(over_time(series, title=title, unit=_("per 10,000 characters")), file, force=force)
    echo(_("written to {file}").format(file=file), err=True)


@click.command(
    cls=Command,
    help=_(
        "List the words near the hits of QUERY, the most typical first.\n\nQUERY is what search"
        " takes. A word is listed if it stands near the hits more often than elsewhere."
    ),
)
@examples(
    ("collocates 干部", _("the words that keep company with 干部")),
    ("collocates 群众 --window sentence", _("those in the same sentence")),
)
@click.argument("query", nargs=-1, required=True)
@filter_options
@click.option(
    "--window",
    default="5",
    metavar="N|sentence",
    help=_("so many words on each side, or the sentence (default: 5)"),
)
@click.option(
    "--by",
    type=OneOf(("log-dice", "log-likelihood", "log-ratio", "mi")),
    default="log-dice",
    metavar="MEASURE",
    help=_("order: log-dice (default), log-likelihood, log-ratio, mi"),
)
@least_option(3)
@limit_option
@stop_words_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def collocates(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    window: str,
    by: str,
    file_format: str,
    **options: Any,
) -> int:
    """List collocates."""
    from ..study.collocates import Collocate
    from ..terminal.counts import print_collocates

    # click has no type for "a number or a word"
    size = None if window == "sentence" else _window(window)
    with show_progress(_("cutting the text into words")) as progress:
        found = corpus.collocates(" ".join(query), window=size, by=by, progress=progress, **options)
    if not found.shown and found.hits:
        warn(_("no word is near often enough to be listed. Try --min 1"))
        return 1
    if not found.shown:
        return nothing_found()
    if file_format == "text":
        print_collocates(found, by=by, window=size)
    else:
        print_values(found.shown, Collocate, file_format)
    return 0


def _window(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 99:
        raise RequestError(
            _("window: {window} is neither 1 to 99 nor sentence. Write --window 5").format(
                window=text
            )
        )
    return int(text)


@click.command(
    cls=Command,
    help=_(
        "List the words that set two parts of the corpus apart.\n\nThe parts are the passages of"
        " two queries, such as title:警示 or since:2020; without --b, the other part is the rest."
    ),
)
@examples(
    ("keyness --a title:家", _("what sets speeches about the family apart")),
    ("keyness --a since:2024 --b until:2023", _("what is new since 2024")),
)
@click.option(
    "--a",
    multiple=True,
    required=True,
    metavar="QUERY",
    help=_("the passages to look at; repeatable: all of them hold"),
)
@click.option(
    "--b",
    multiple=True,
    metavar="QUERY",
    help=_("those to compare them with (default: all others)"),
)
@filter_options
@click.option(
    "--by",
    type=OneOf(("log-likelihood", "log-ratio")),
    default="log-likelihood",
    metavar="MEASURE",
    help=_("order: log-likelihood (default) or log-ratio"),
)
@least_option(5)
@limit_option
@stop_words_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def keyness(
    corpus: Corpus,
    /,
    a: tuple[str, ...],
    b: tuple[str, ...],
    by: str,
    file_format: str,
    **options: Any,
) -> int:
    """List key words."""
    from ..study.key_words import KeyWord
    from ..terminal.counts import print_keyness

    with show_progress(_("cutting the text into words")) as progress:
        found = corpus.keyness(
            " ".join(a), " ".join(b) if b else None, by=by, progress=progress, **options
        )
    if found.both:
        both = ngettext(
            "{n} passage is in both parts", "{n} passages are in both parts", found.both
        )
        # not an error: parts may well overlap, but the measures suppose that they do not
        warn(both.format(n=found.both))
    if not found.shown:
        return nothing_found()
    if file_format == "text":
        print_keyness(found, by=by)
    else:
        print_values(found.shown, KeyWord, file_format)
    return 0


@click.command(
    cls=Command,
    help=_(
        "Show how evenly QUERY is spread over the speeches, and where in each it stands.\n\nEach"
        " QUERY is what search takes. DP: 0 even, 1 in one place; Juilland's D: 1 even."
    ),
)
@examples(
    ("dispersion 责任 担当", _("where in each speech two words are")),
    ("dispersion 家风 --plot 家风.svg", _("the same as a picture")),
)
@click.argument("query", nargs=-1, required=True)
@filter_options
@limit_option
@click.option("--strips", is_flag=True, help=_("a row for each speech: where in it the hits start"))
@variants_option
@draw_option
@force_option
@format_option(*FORMATS)
@pass_corpus
def dispersion(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    limit: int,
    strips: bool,
    plot: Path | None,
    force: bool,
    file_format: str,
    **options: Any,
) -> int:
    """Show dispersion."""
    from ..study.frequencies import Dispersion
    from ..terminal.counts import print_dispersion

    _check_plot(plot, force=force)
    found = corpus.dispersion(query, **options)
    if not any(one.hits for one in found):
        return nothing_found()
    if file_format == "text":
        print_dispersion(found, limit=limit)
    elif strips:
        print_rows(_strip_rows(found, limit), STRIP_KEYS, file_format)
    else:
        # strips are rows of their own (--strips): in a table they would be a list in a cell
        print_values(found, Dispersion, file_format, without=("strips", "copies"))
    warn_of_copies(sum(one.copies for one in found))
    if plot is not None:
        _plot_strips(found, plot, limit=limit, force=force)
    return 0


def _strip_rows(found: list[Dispersion], limit: int) -> Iterator[dict[str, Any]]:
    from ..terminal.counts import fullest

    for one in found:
        for strip in fullest(one.strips, limit):
            yield {
                "query": one.query,
                "speech": strip.info.id,
                "title": strip.info.title,
                "date": strip.info.date,
                "characters": strip.length,
                "hits": len(strip.at),
                "at": list(strip.at),
            }


def _plot_strips(found: list[Dispersion], file: Path, *, limit: int, force: bool) -> None:
    from ..export.plots.charts import Strip, strips, write_plot
    from ..terminal.counts import fullest

    rows = [
        Strip(
            label=(f"{one.query} · " if len(found) > 1 else "") + strip.info.title,
            length=strip.length,
            at=strip.at,
        )
        for one in found
        for strip in fullest(one.strips, limit)
    ]
    title = _("where {queries} stands").format(queries="、".join(one.query for one in found))
    write_plot(strips(rows, title=title), file, force=force)
    echo(_("written to {file}").format(file=file), err=True)
