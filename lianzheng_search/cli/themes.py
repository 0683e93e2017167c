"""Commands about themes: themes, and its why, suggest, closest, test, new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..errors import RequestError
from ..messages import _
from ..terminal.printing.progress import show_progress
from ..terminal.printing.rows import print_rows, print_values
from ..terminal.remarks import nothing_found, warn, warn_of_copies
from .options import (
    FORMATS,
    Group,
    OneOf,
    examples,
    filter_options,
    force_option,
    format_option,
    limit_option,
    limit_to,
    pass_corpus,
    plot_option,
    variants_option,
)

if TYPE_CHECKING:
    from ..corpus import Corpus

BY = ("speech", "section", "year")


@click.group(
    cls=Group,
    invoke_without_command=True,
    help=_(
        "List the themes with their counts.\n\nAnd tell what share of the text has any. The"
        " commands below explain, check and extend them."
    ),
)
@examples(
    ("themes --unlabelled --sort length", _("passages without a theme, the longest first")),
    ("themes --plot themes.svg", _("a picture of which speech is about what")),
)
@filter_options
@click.option("--unlabelled", is_flag=True, help=_("list the passages without a theme instead"))
@click.option(
    "--sort",
    type=OneOf(("corpus", "length")),
    default="corpus",
    help=_("with --unlabelled: in corpus order, or the longest first"),
)
@limit_to(20, _("with --unlabelled: at most N (default: 20)"))
@variants_option
@plot_option(_("draw what is about which theme: FILE.svg or FILE.html"))
@click.option(
    "--by", type=OneOf(BY), help=_("with --plot: what stands across (default: what fits)")
)
@force_option
@format_option(*FORMATS)
@click.pass_context
def themes(
    context: click.Context,
    /,
    unlabelled: bool,
    sort: str,
    limit: int,
    plot: Path | None,
    by: Any,
    force: bool,
    file_format: str,
    **options: Any,
) -> int:
    """List the themes."""
    from ..study.theme_coverage import ThemeCount
    from ..terminal.themes import coverage_remark, print_themes

    # click runs the group's function before each of its commands
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return 0
    corpus: Corpus = context.obj
    if plot is not None:
        return _plot(corpus, plot, by=by, force=force, **options)
    if unlabelled:
        return _list_unlabelled(corpus, file_format, limit=limit, sort=sort, **options)
    coverage = corpus.coverage(**options)
    if not coverage.passages:
        return nothing_found()
    if file_format == "text":
        print_themes(coverage)
    else:
        print_values(coverage.counts, ThemeCount, file_format)
        warn(coverage_remark(coverage))
    return 0


def _list_unlabelled(corpus: Corpus, file_format: str, **options: Any) -> int:
    """List the passages without a theme."""
    from ..export.tables.result_rows import PASSAGE_KEYS, passage_row
    from ..terminal.hits import print_results

    results = corpus.unlabelled(**options)
    if not results.total:
        return nothing_found()
    if file_format == "text":
        print_results(results)
    else:
        print_rows(map(passage_row, results.hits), PASSAGE_KEYS, file_format)
        warn_of_copies(results.copies)
    return 0


def _refuse_options(context: click.Context) -> None:
    """Raise RequestError for an option before a subcommand, which would not heed it."""
    for option in context.command.params:
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            raise RequestError(
                _(
                    "{option}: it stands before {command}, which does not see it. Put it after"
                ).format(option=option.opts[0], command=context.invoked_subcommand)
            )


def _plot(corpus: Corpus, file: Path, *, force: bool, **options: Any) -> int:
    """Draw themes against speeches, sections or years."""
    from ..export.plots.charts import check_plot, theme_map, write_plot
    from ..terminal.themes import print_plot

    check_plot(file, force=force)
    grid = corpus.theme_grid(**options)
    if not grid.themes:
        return nothing_found()
    # whole per cent: decimals in every cell of a map are noise
    percents = [[round(100 * share) for share in row] for row in grid.values]
    svg = theme_map(grid.themes, grid.columns, percents, title=_("Themes: % of the text"))
    write_plot(svg, file, force=force)
    print_plot(file, len(grid.themes), len(grid.columns))
    return 0


@themes.command(
    help=_(
        "Show the evidence for the themes of passages: + for, - against.\n\nSPEECH: one of the"
        " corpus, or any file; with :LINE, the passages on that line."
    )
)
@examples(
    ("themes why 家庭:8", _("why the passage on line 8 has its themes")),
    ("themes why 家庭", _("the same for every passage of the speech")),
)
@click.argument("speech")
@format_option(*FORMATS)
@pass_corpus
def why(corpus: Corpus, /, speech: str, file_format: str) -> int:
    """Explain the themes of passages."""
    from ..export.tables.theme_rows import EVIDENCE_KEYS, evidence_rows
    from ..terminal.theme_evidence import print_why

    explained = corpus.why(speech)
    if not explained:
        return nothing_found()
    if file_format == "text":
        print_why(explained)
    else:
        rows = (row for one in explained for row in evidence_rows(*one))
        print_rows(rows, EVIDENCE_KEYS, file_format)
    return 0


@themes.command(
    help=_(
        "Propose terms for the theme NAME.\n\nWords and strings that its passages have far more"
        " often than others (log-likelihood), each with an example and the line to add."
    )
)
@examples(
    ("themes suggest 家风家教 --limit 5", _("five words that the theme could do with")),
    ("themes suggest 担当作为 --limit 5", _("the same for another theme")),
)
@click.argument("name")
@filter_options
@limit_option
@variants_option
@format_option(*FORMATS)
@pass_corpus
def suggest(corpus: Corpus, /, name: str, file_format: str, **options: Any) -> int:
    """Propose terms."""
    from ..export.tables.theme_rows import SUGGESTION_KEYS, suggestion_rows
    from ..terminal.themes import print_suggestions

    with show_progress(_("counting")) as progress:
        suggestions = corpus.suggest(name, progress=progress, **options)
    if not suggestions.found:
        return nothing_found()
    if file_format == "text":
        print_suggestions(suggestions)
    else:
        print_rows(suggestion_rows(suggestions), SUGGESTION_KEYS, file_format)
        warn_of_copies(suggestions.copies)
    return 0


@themes.command(
    help=_(
        "Find the sections of other speeches that are closest in theme.\n\nSPEECH: one of the"
        " corpus, or any file: all its sections; with :LINE, the one that the line is in."
    )
)
@examples(
    ("themes closest 家庭", _("sections of other speeches on the same themes")),
    ("themes closest 家庭:8 --limit 3", _("three that are close to one section")),
)
@click.argument("place", metavar="SPEECH")
@filter_options
@limit_to(5, _("at most N for each section (default: 5; 0: all)"))
@format_option(*FORMATS)
@pass_corpus
def closest(corpus: Corpus, /, place: str, file_format: str, **options: Any) -> int:
    """Find close sections."""
    from ..export.tables.theme_rows import CLOSE_KEYS, close_rows
    from ..terminal.themes import print_closest

    with show_progress(_("comparing")) as progress:
        compared = corpus.closest(place, progress=progress, **options)
    if not any(one.found for one in compared):
        return nothing_found()
    if file_format == "text":
        print_closest(compared)
    else:
        print_rows(close_rows(compared), CLOSE_KEYS, file_format)
    return 0


@themes.command(
    help=_(
        "Check the examples of the theme file.\n\nOf the themes NAME, or of all. examples must be"
        " about their theme, not_examples must not. Exit code 1 if any fails."
    )
)
@examples(
    ("themes test", _("check all the examples of the theme file")),
    ("themes test 家风家教", _("check those of one theme")),
)
@click.argument("name", nargs=-1)
@format_option(*FORMATS)
@pass_corpus
def test(corpus: Corpus, /, name: tuple[str, ...], file_format: str) -> int:
    """Check the examples."""
    from ..export.tables.theme_rows import CHECK_KEYS, check_rows
    from ..terminal.theme_evidence import print_checks

    checks = corpus.check_themes(*name)
    if not checks:
        raise RequestError(
            _('themes: there are no examples. Write examples = ["…"] under a theme of your file')
        )
    if file_format == "text":
        print_checks(checks)
    else:
        print_rows(check_rows(checks), CHECK_KEYS, file_format)
    # so that a script can test a theme file before it is handed on
    return 0 if all(check.passed for check in checks) else 1


@themes.command(
    help=_(
        "Write a new theme NAME with these terms into your theme file.\n\nThe file is made, a copy"
        " of the tool's, if you have none. A TERM is a word or a /pattern/."
    )
)
@examples(
    ('themes new 乡村治理 村干部 "/村(支书|主任)/"', _("a theme with a word and a pattern")),
    ("themes new 青年干部 青年干部 年轻干部 --weight 3", _("a theme whose words count less")),
)
@click.argument("name")
@click.argument("term", nargs=-1, required=True)
@click.option(
    "--weight",
    type=click.FloatRange(min=0, min_open=True, max=999),
    default=5,
    metavar="N",
    help=_("of these terms: 5 telling, 3 plain, 1 touching (default: 5)"),
)
@click.option("--definition", metavar="TEXT", help=_("what the theme is, in one sentence"))
@pass_corpus
def new(
    corpus: Corpus, /, name: str, term: tuple[str, ...], weight: float, definition: str | None
) -> int:
    """Write a new theme."""
    from ..index.generations.faults import index_command
    from ..terminal.themes import print_new_theme

    # a blank at the end would make a second theme of the same look
    name = name.strip()
    file = corpus.new_theme(name, term, weight=weight, definition=definition)
    # tried on the whole index at once: a term that is too common shows before it is used
    with show_progress(_("labelling")) as progress:
        hits = corpus.would_label(name, progress=progress)
    # without the option the command would not find a theme file that lies elsewhere
    options = [] if file.parent == corpus.directory else ["--themes", str(file)]
    command = index_command(corpus.directory, corpus.index_directory, *options)
    print_new_theme(name, file, hits, command)
    return 0
