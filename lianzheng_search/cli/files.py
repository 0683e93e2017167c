"""Commands about files and the index: index, status, outline, clean, template."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import data
from ..errors import RequestError
from ..messages import _, ngettext
from ..terminal.printing.output import echo
from .options import (
    FORMATS,
    filter_options,
    format_option,
    nothing_found,
    pass_corpus,
    print_rows,
    standard_output,
)

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..model import Problem
    from ..study.theme_coverage import SpeechProfile

NODE_KEYS = (
    *("speech", "line", "column", "kind", "level", "number"),
    *("marker", "heading", "text", "fault"),
)
REMOVAL_KEYS = ("path", "line", "rule", "text", "column", "put")
TEXT_SUFFIXES = ("", ".txt", ".md")


@click.command(help=_("Build the index, or bring it up to date with the files."))
@click.option("--rebuild", is_flag=True, help=_("make it anew even if nothing changed"))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help=_("number of processes (default: by the number of files)"),
)
@click.option("--strict", is_flag=True, help=_("end with exit code 2 if any file has a problem"))
@click.option("--wait", is_flag=True, help=_("wait while another run writes the same index"))
@format_option("text", "json")
@pass_corpus
def index(
    corpus: Corpus, /, rebuild: bool, jobs: int | None, strict: bool, wait: bool, file_format: str
) -> int:
    """Index the corpus."""
    import time

    from ..export.tables.result_rows import summary_row
    from ..export.tables.rows import to_json
    from ..terminal.printing.progress import show_indexing_progress
    from ..terminal.reports import print_index_summary, print_waiting

    started = time.perf_counter()
    with show_indexing_progress() as progress:
        summary = corpus.index(
            rebuild=rebuild, jobs=jobs, progress=progress, wait=print_waiting if wait else None
        )
    if file_format == "json":
        echo(to_json(summary_row(summary)))
    else:
        print_index_summary(summary, time.perf_counter() - started)
    return 2 if strict and summary.problems else 0


@click.command(help=_("Tell what is indexed, and what has changed since."))
@click.option("--problems", is_flag=True, help=_("list the problems of every file"))
@click.option("--verify", is_flag=True, help=_("read all of the index and name what is damaged"))
@format_option("text", "json")
@pass_corpus
def status(corpus: Corpus, /, problems: bool, verify: bool, file_format: str) -> int:
    """Report on the index."""
    from ..export.tables.result_rows import status_row
    from ..export.tables.rows import to_json
    from ..terminal.reports import print_problems, print_status

    if verify and (found := corpus.verify()):
        return _damaged(corpus, found, file_format)
    told = corpus.status()
    if file_format == "json":
        echo(to_json(status_row(told)))
    elif problems:
        print_problems(told.summary.problems, err=False)
    else:
        print_status(told)
        if verify:
            echo(_("Every file of the index is as it was written."))
    return 0


def _damaged(corpus: Corpus, files: list[Path], file_format: str) -> int:
    """Name the damaged files of an index."""
    from ..export.tables.rows import to_json
    from ..index.generations.faults import index_command

    names = [file.relative_to(corpus.index_directory).as_posix() for file in files]
    if file_format == "json":
        echo(to_json({"damaged": names}))
    else:
        for name in names:
            echo(_("damaged: {name}").format(name=name))
    told = ngettext(
        "{directory}: {n} file of the index is damaged. Mend it: {command}",
        "{directory}: {n} files of the index are damaged. Mend it: {command}",
        len(names),
    )
    command = index_command(corpus.directory, corpus.index_directory)
    raise RequestError(told.format(directory=corpus.index_directory, n=len(names), command=command))


@click.command(
    help=_(
        "Draw the structure of speeches.\n\nEach SPEECH is one of the corpus, or any file; without"
        " one: all those of which the filters leave anything."
    )
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
    """Outline speeches."""
    from ..export.tables.rows import plain_row
    from ..model import Speech
    from ..structure.parse import outline as outline_of
    from ..terminal.reports import print_problems
    from ..terminal.speeches import print_outline

    if any(filters.values()) or part != "all":
        if named:
            raise click.UsageError(_("Filters choose among all speeches: name none."))
        named = _chosen(corpus, part=part, **filters)
        if not named:
            return nothing_found()
    if themes:
        return _profiles(corpus, named, file_format)
    failed: list[Problem] = []

    def read() -> Iterator[Speech]:
        for one in corpus.read(*named):
            if isinstance(one, Speech):
                yield one
            else:
                failed.append(one)

    if file_format == "text":
        for n, one in enumerate(read()):
            echo("\n" if n else "", nl=False)
            print_outline(one, outline_of(one))
    else:
        rows = (plain_row(node) for one in read() for node in outline_of(one))
        print_rows(rows, NODE_KEYS, file_format)
    print_problems(failed)
    return 2 if failed else 0


def _chosen(corpus: Corpus, **filters: Any) -> tuple[str, ...]:
    """Name the speeches of which filters leave anything, so that they are found as files."""
    found = (speech.id for speech in corpus.speeches(**filters))
    files = ((corpus.directory / one, one) for one in found)
    return tuple(str(file) if file.is_file() else one for file, one in files)


def _profiles(corpus: Corpus, names: tuple[str, ...], file_format: str) -> int:
    """Tell what speeches are about."""
    from ..export.tables.theme_rows import PROFILE_KEYS, profile_rows
    from ..model import Problem
    from ..terminal.reports import print_problems
    from ..terminal.themes import print_profile

    failed: list[Problem] = []

    def read() -> Iterator[SpeechProfile]:
        for one in corpus.profiles(*names):
            if isinstance(one, Problem):
                failed.append(one)
            else:
                yield one

    if file_format == "text":
        for n, one in enumerate(read()):
            echo("\n" * (n > 0), nl=False)
            print_profile(one)
    else:
        print_rows((row for one in read() for row in profile_rows(one)), PROFILE_KEYS, file_format)
    print_problems(failed)
    return 2 if failed else 0


@click.command(
    help=_(
        "Print files without their watermarks.\n\nWith -o DIR, write them there, each with a hidden"
        " ledger, from which --restore gives the file back; --removed lists what is cut, --diff"
        " shows it; --learn looks for more."
    )
)
@click.argument("file", nargs=-1, type=click.Path(path_type=Path))
@click.option("--removed", is_flag=True, help=_("list what is cut, and why"))
@click.option("--diff", is_flag=True, help=_("show what changes, line by line"))
@click.option(
    "--restore", is_flag=True, help=_("give the text back that each cleaned FILE was made of")
)
@click.option(
    "--learn",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=_("find lines that recur in the files of DIR where watermarks stand"),
)
@click.option(
    "--accept",
    metavar="N,M",
    help=_("with --learn: add rules for these lines to your own (all: for every one)"),
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help=_("write the cleaned files there, as UTF-8, under their names"),
)
@click.option("--force", is_flag=True, help=_("replace files that are there"))
@format_option(*FORMATS)
@pass_corpus
def clean(
    corpus: Corpus,
    /,
    file: tuple[Path, ...],
    removed: bool,
    diff: bool,
    restore: bool,
    learn: Path | None,
    accept: str | None,
    output: Path | None,
    force: bool,
    file_format: str,
) -> int:
    """Clean files."""
    from ..cleaning.clean import cleaned_text
    from ..cleaning.ledger import ledger_file
    from ..export.tables.rows import plain_row
    from ..files.whole_files import write_texts
    from ..reading.read import Unreadable
    from ..terminal.cleaning import print_difference, print_removals
    from ..terminal.reports import print_problems

    if learn is not None:
        return _learn(corpus, learn, accept)
    if accept is not None:
        raise click.UsageError(_("--accept goes with --learn DIR."))
    if sum((removed, diff, restore)) > 1 or (output is not None and (removed or diff)):
        raise click.UsageError(_("--removed, --diff and -o or --restore exclude one another."))
    if not file:
        raise click.UsageError(_("No FILE is named."))
    if output is not None and len({one.name for one in file}) < len(file):
        raise RequestError(
            _("clean: two files have one name. Clean them into folders of their own")
        )
    out = standard_output()
    if restore:
        return _restore(file, output, force=force)
    failed: list[Problem] = []
    rows = []
    for one in file:
        try:
            text = corpus.clean(one)
        except Unreadable as unreadable:
            failed.append(unreadable.problem)
            continue
        if diff:
            print_difference(text)
        elif removed and file_format == "text":
            print_removals(text.path, text.removals)
        elif removed:
            rows += [{"path": text.path, **plain_row(removal)} for removal in text.removals]
        elif output is not None:
            name = one.name if one.suffix.lower() in TEXT_SUFFIXES else f"{one.name}.txt"
            cleaned = cleaned_text(text).rstrip("\n") + "\n"
            record = corpus.ledger(one, text)
            texts = [(output / name, cleaned), (ledger_file(output / name), record)]
            write_texts(texts, force=force, source=one)
        else:
            out.write(cleaned_text(text) + "\n")
        failed += text.problems
    if removed and file_format != "text":
        print_rows(rows, REMOVAL_KEYS, file_format)
    print_problems(failed)
    return 2 if failed else 0


def _restore(files: tuple[Path, ...], output: Path | None, *, force: bool) -> int:
    """Give the texts back that cleaned files were made of."""
    from ..cleaning.ledger import ledger_file, restore
    from ..files.whole_files import write_texts

    for one in files:
        if not one.is_file() or not ledger_file(one).is_file():
            raise RequestError(
                _("{file}: there is no ledger beside it. Name a file that clean -o wrote").format(
                    file=one
                )
            )
        text = one.read_bytes().decode("utf-8", "replace")
        text = restore(text, ledger_file(one).read_text("utf-8"), name=str(one))
        if output is None:
            standard_output().write(text)
        else:
            write_texts([(output / one.name, text)], force=force, source=one)
    return 0


def _learn(corpus: Corpus, directory: Path, accept: str | None) -> int:
    """Show the lines that recur, and add those accepted to the user's rules."""
    from ..terminal.cleaning import print_recurring

    found = corpus.learn(directory)
    if not found:
        return nothing_found()
    print_recurring(found)
    if accept is None and sys.stdin.isatty() and sys.stdout.isatty():
        accept = click.prompt(_("Which are watermarks? (1,3 or all; nothing: none)"), default="")
    if not accept:
        return 0
    words = re.split("[,，、 ]+", accept.strip())
    if accept.strip() != "all" and not all(
        word.isdecimal() and 1 <= int(word) <= len(found) for word in words
    ):
        raise RequestError(
            _(
                "--accept: {value} names none of the lines. Write numbers of the list, or all"
            ).format(value=accept)
        )
    chosen = found if accept.strip() == "all" else [found[int(word) - 1] for word in words]
    file = corpus.accept(chosen, directory)
    echo(
        _("{count} rules stand in {file}; they count from the next run on").format(
            count=len(chosen), file=file
        )
    )
    return 0


@click.command(help=_("Print the rules that come with this program, for you to change."))
@click.argument("name", type=click.Choice(("watermarks", "themes", "words", "speakers")))
def template(name: str) -> int:
    """Print a rule file of the package."""
    from ..index.walk import SETTINGS_FILES

    file = data.FOLDER / SETTINGS_FILES[name]
    standard_output().write(file.read_text("utf-8"))
    return 0
