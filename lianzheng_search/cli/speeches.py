"""Commands about single speeches: show, outline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..messages import _
from ..model import Hit, Problem
from ..terminal.printing.output import echo, show_in_pager
from ..terminal.printing.rows import print_rows
from ..terminal.remarks import nothing_found
from ..terminal.reports import print_problems
from .options import FORMATS, Command, examples, filter_options, format_option, pass_corpus

if TYPE_CHECKING:
    from ..corpus import Corpus

T = TypeVar("T")


@click.command(
    cls=Command,
    help=_(
        "Print one cleaned speech, or a place of it.\n\nSPEECH: its path in the corpus, or a part"
        " of its path or title; SPEECH:LINE is the passage on that line, with what is around it."
    ),
)
@examples(
    ("show 家庭", _("the speech whose title holds 家庭")),
    ("show 家庭:8 --context 2", _("what is on its line 8, and two lines around")),
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
    """Show a speech, or a place of it."""
    from ..export.markdown import markdown, speech_markdown
    from ..export.tables.result_rows import PASSAGE_KEYS, passage_row
    from ..terminal.speeches import print_place, speech_lines

    info, passages, there = corpus.place(speech)
    whole = len(there) == len(passages)
    if file_format == "text" and not whole:
        print_place(info, passages, there, context=1 if context is None else context)
        return 0
    if file_format == "text":
        _print_or_page(speech_lines(info, passages))
        return 0
    if file_format == "md" and whole:
        echo(speech_markdown(info, passages))
        return 0
    passages = passages[max(0, there.start - (context or 0)) : there.stop + (context or 0)]
    hits = [Hit(info=info, passage=passage) for passage in passages]
    if file_format == "md":
        for hit in hits:
            echo(markdown(hit))
    else:
        print_rows(map(passage_row, hits), PASSAGE_KEYS, file_format)
    return 0


def _print_or_page(lines: Iterator[str]) -> None:
    # a generator: a pager shows the first page of a long speech before the last is made
    text = (line + "\n" for line in lines)
    if sys.stdout.isatty():
        show_in_pager(text)
    else:
        echo("".join(text), nl=False)


@click.command(
    cls=Command,
    help=_(
        "Draw the structure of speeches.\n\nEach SPEECH is one of the corpus, or any file; without"
        " one: all those of which the filters leave anything."
    ),
)
@examples(
    ("outline 家庭", _("the sections and points of a speech")),
    ("outline --themes 家庭", _("what each of its sections is about")),
)
@click.argument("named", metavar="[SPEECH]...", nargs=-1)
@click.option("--themes", is_flag=True, help=_("show what each section is about instead"))
@filter_options
@format_option(*FORMATS)
@pass_corpus
def outline(
    corpus: Corpus,
    /,
    named: tuple[str, ...],
    themes: bool,
    part: str,
    file_format: str,
    **filters: Any,
) -> int:
    """Outline speeches, or show what their sections are about."""
    if any(filters.values()) or part != "all":
        if named:
            raise click.UsageError(_("Filters choose among all speeches: name none."))
        named = _chosen(corpus, part=part, **filters)
        if not named:
            return nothing_found()
    problems: list[Problem] = []
    (_print_profiles if themes else _print_outlines)(corpus, named, file_format, problems)
    print_problems(problems)
    # each file that can be read is shown first: one that cannot costs one line
    return 2 if problems else 0


def _chosen(corpus: Corpus, **filters: Any) -> tuple[str, ...]:
    """Return the speeches of which filters leave anything, by their files where these exist."""
    ids = (speech.id for speech in corpus.speeches(**filters))
    # read from the file, where it is still there: an outline shows problems, an index has none
    files = ((corpus.directory / one, one) for one in ids)
    return tuple(str(file) if file.is_file() else one for file, one in files)


def _print_outlines(
    corpus: Corpus, names: Sequence[str], file_format: str, problems: list[Problem]
) -> None:
    from ..export.tables.rows import plain_row
    from ..structure.parse import Node
    from ..structure.parse import outline as nodes_of
    from ..terminal.speeches import print_outline

    speeches = _readable(corpus.read(*names), problems)
    if file_format == "text":
        for n, speech in enumerate(speeches):
            echo("\n" if n else "", nl=False)
            print_outline(speech, nodes_of(speech))
    else:
        rows = (plain_row(node) for speech in speeches for node in nodes_of(speech))
        print_rows(rows, list(Node.__dataclass_fields__), file_format)


def _print_profiles(
    corpus: Corpus, names: Sequence[str], file_format: str, problems: list[Problem]
) -> None:
    from ..export.tables.theme_rows import PROFILE_KEYS, profile_rows
    from ..terminal.themes import print_profile

    profiles = _readable(corpus.profiles(*names), problems)
    if file_format == "text":
        for n, profile in enumerate(profiles):
            echo("\n" * (n > 0), nl=False)
            print_profile(profile)
    else:
        rows = (row for profile in profiles for row in profile_rows(profile))
        print_rows(rows, PROFILE_KEYS, file_format)


def _readable(values: Iterator[T | Problem], problems: list[Problem]) -> Iterator[T]:
    """Yield what could be read of some files; the problems of the others go to `problems`."""
    for value in values:
        if isinstance(value, Problem):
            problems.append(value)
        else:
            yield value
