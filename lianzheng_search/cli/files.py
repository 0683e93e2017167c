"""Commands about files and the index: index, status, clean, template."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import data
from ..errors import RequestError
from ..messages import _, ngettext
from ..terminal.printing.output import echo, standard_output, write_bytes
from ..terminal.printing.rows import print_rows
from ..terminal.remarks import nothing_found
from ..terminal.reports import (
    print_index_summary,
    print_problems,
    print_status,
    print_waiting,
)
from .options import FORMATS, Command, examples, format_option, pass_corpus

if TYPE_CHECKING:
    from ..cleaning.learning import Recurring
    from ..corpus import Corpus
    from ..model import CleanText, Problem

TEXT_SUFFIXES = ("", ".txt", ".md")
"""Suffixes of files that keep their names when they are cleaned; others get .txt added."""
REMOVAL_KEYS = ("path", "line", "rule", "text", "column", "put")
COMMAS = re.compile("[,，、 ]+")
"""What parts the numbers of the lines that are accepted."""


@click.command(cls=Command, help=_("Build the index, or bring it up to date with the files."))
@examples(
    ("index", _("read new and changed files")),
    ("index --rebuild", _("read all files anew")),
)
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
    from ..export.tables.result_rows import summary_row
    from ..export.tables.rows import to_json
    from ..terminal.printing.progress import show_indexing_progress

    # not time.time: a clock may be set while an index is built
    started = time.perf_counter()
    with show_indexing_progress() as progress:
        summary = corpus.index(
            rebuild=rebuild, jobs=jobs, progress=progress, wait=print_waiting if wait else None
        )
    if file_format == "json":
        echo(to_json(summary_row(summary)))
    else:
        print_index_summary(summary, time.perf_counter() - started)
    # without --strict one bad file among thousands does not fail a script
    return 2 if strict and summary.problems else 0


@click.command(cls=Command, help=_("Tell what is indexed, and what has changed since."))
@examples(
    ("status", _("what is indexed, and whether it is up to date")),
    ("status --verify", _("check every byte of the index")),
)
@click.option("--problems", is_flag=True, help=_("list the problems of every file"))
@click.option("--verify", is_flag=True, help=_("read all of the index and name what is damaged"))
@format_option("text", "json")
@pass_corpus
def status(corpus: Corpus, /, problems: bool, verify: bool, file_format: str) -> int:
    """Report on the index."""
    from ..export.tables.result_rows import status_row
    from ..export.tables.rows import to_json

    if verify and (damaged := corpus.verify()):
        raise _damage(corpus, damaged, file_format)
    report = corpus.status()
    if file_format == "json":
        echo(to_json(status_row(report)))
    elif problems:
        print_problems(report.summary.problems, err=False)
    else:
        print_status(report)
        if verify:
            echo(_("Every file of the index is as it was written."))
    return 0


def _damage(corpus: Corpus, files: Sequence[Path], file_format: str) -> RequestError:
    """Print the damaged files of an index; return the error that says how to mend it."""
    from ..export.tables.rows import to_json
    from ..index.generations.faults import index_command

    names = [file.relative_to(corpus.index_directory).as_posix() for file in files]
    if file_format == "json":
        echo(to_json({"damaged": names}))
    else:
        for name in names:
            echo(_("damaged: {name}").format(name=name))
    message = ngettext(
        "{directory}: {n} file of the index is damaged. Mend it: {command}",
        "{directory}: {n} files of the index are damaged. Mend it: {command}",
        len(names),
    )
    command = index_command(corpus.directory, corpus.index_directory)
    return RequestError(
        message.format(directory=corpus.index_directory, n=len(names), command=command)
    )


@click.command(
    cls=Command,
    help=_(
        "Print files without their watermarks.\n\nWith -o DIR, write them there, each with a hidden"
        " ledger, from which --restore gives the file back: the very bytes of a text file, in its"
        " own encoding; of Word, PDF and web pages the text as it was read. --removed lists what"
        " is cut, --diff shows it; --learn looks for more."
    ),
)
@examples(
    ("clean corpus/08_警示教育大会.txt --removed", _("the lines that cleaning cuts from a file")),
    ("clean corpus/08_警示教育大会.txt -o cleaned", _("the cleaned file in the folder cleaned")),
)
@click.argument("file", nargs=-1, type=click.Path(path_type=Path))
@click.option("--removed", is_flag=True, help=_("list what is cut, and why"))
@click.option("--diff", is_flag=True, help=_("show what changes, line by line"))
@click.option(
    "--restore", is_flag=True, help=_("give the file back that each cleaned FILE was made of")
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
    """Clean files, or show what cleaning does to them."""
    from ..reading.limits import Unreadable

    if learn is not None:
        return _learn(corpus, learn, accept)
    if accept is not None:
        raise click.UsageError(_("--accept goes with --learn DIR."))
    if sum((removed, diff, restore)) > 1 or (output is not None and (removed or diff)):
        raise click.UsageError(_("--removed, --diff and -o or --restore exclude one another."))
    if not file:
        raise click.UsageError(_("No FILE is named."))
    # files of several folders would land in one, the second over the first
    if output is not None and len({one.name for one in file}) < len(file):
        raise RequestError(
            _("clean: two files have one name. Clean them into folders of their own")
        )
    if restore:
        return _restore(file, output, force=force)
    problems: list[Problem] = []
    texts = _cleaned(corpus, file, problems)
    if removed:
        _print_removals(texts, file_format)
    else:
        for path, text in texts:
            try:
                _print_or_write(corpus, path, text, diff=diff, output=output, force=force)
            except Unreadable as unreadable:  # it has gone meanwhile
                problems.append(unreadable.problem)
    print_problems(problems)
    return 2 if problems else 0


def _cleaned(
    corpus: Corpus, files: Sequence[Path], problems: list[Problem]
) -> Iterator[tuple[Path, CleanText]]:
    """Yield each file that can be read, cleaned; all problems go to `problems`."""
    from ..reading.read import Unreadable

    for file in files:
        try:
            text = corpus.clean(file)
        except Unreadable as unreadable:
            problems.append(unreadable.problem)
            continue
        yield file, text
        problems += text.problems


def _print_removals(texts: Iterator[tuple[Path, CleanText]], file_format: str) -> None:
    from ..export.tables.rows import plain_row
    from ..terminal.cleaning import print_removals

    if file_format == "text":
        for _file, text in texts:
            print_removals(text.path, text.removals)
    else:
        rows = (
            {"path": text.path, **plain_row(removal)}
            for _file, text in texts
            for removal in text.removals
        )
        print_rows(rows, REMOVAL_KEYS, file_format)


def _print_or_write(
    corpus: Corpus,
    file: Path,
    text: CleanText,
    *,
    diff: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Print a cleaned file or what changes in it, or write it with its ledger into a folder."""
    from ..cleaning.clean import cleaned_text
    from ..cleaning.ledger import ledger_file
    from ..files.whole_files import write_texts
    from ..terminal.cleaning import print_difference

    if diff:
        print_difference(text)
    elif output is None:
        standard_output().write(cleaned_text(text) + "\n")
    else:
        # the suffix is kept, too: 讲话.doc and 讲话.docx must not become the same file
        name = file.name if file.suffix.lower() in TEXT_SUFFIXES else f"{file.name}.txt"
        # with a ledger beside it, or the removals could not be undone
        cleaned = cleaned_text(text).rstrip("\n") + "\n"
        ledger = corpus.ledger(file, text)
        texts = [(output / name, cleaned), (ledger_file(output / name), ledger)]
        write_texts(texts, force=force, source=file)


def _restore(files: Sequence[Path], output: Path | None, *, force: bool) -> int:
    """Print or write the files that cleaned texts were made of."""
    from ..cleaning.ledger import ledger_file, restore
    from ..files.whole_files import write_texts

    for file in files:
        if not file.is_file() or not ledger_file(file).is_file():
            raise RequestError(
                _("{file}: there is no ledger beside it. Name a file that clean -o wrote").format(
                    file=file
                )
            )
        # by bytes, not as a text file: its line ends must not change
        text = file.read_bytes().decode("utf-8", "replace")
        ledger = ledger_file(file).read_text("utf-8")
        data, text = restore(text, ledger, name=str(file))
        if output is None:
            write_bytes(data, text)
        else:
            write_texts([(output / file.name, data)], force=force, source=file)
    return 0


def _learn(corpus: Corpus, directory: Path, accept: str | None) -> int:
    """Print the lines that recur, and add those accepted to the user's rules."""
    from ..terminal.cleaning import print_recurring

    lines = corpus.learn(directory)
    if not lines:
        return nothing_found()
    print_recurring(lines)
    # in a script nobody answers: it lists the lines and ends
    if accept is None and sys.stdin.isatty() and sys.stdout.isatty():
        accept = click.prompt(_("Which are watermarks? (1,3 or all; nothing: none)"), default="")
    if accept:
        accepted = _accepted(lines, accept)
        file = corpus.accept(accepted, directory)
        written = _("{count} rules stand in {file}; they count from the next run on")
        echo(written.format(count=len(accepted), file=file))
    return 0


def _accepted(lines: Sequence[Recurring], answer: str) -> Sequence[Recurring]:
    """Return the lines whose numbers an answer has; RequestError for another answer."""
    if answer.strip() == "all":
        return lines
    words = COMMAS.split(answer.strip())
    if not all(word.isdecimal() and 1 <= int(word) <= len(lines) for word in words):
        raise RequestError(
            _(
                "--accept: {value} names none of the lines. Write numbers of the list, or all"
            ).format(value=answer)
        )
    return [lines[int(word) - 1] for word in words]


@click.command(
    cls=Command, help=_("Print the rules that come with this program, for you to change.")
)
@examples(
    ("template watermarks", _("the rules that remove watermarks")),
    ("template themes", _("the words of the themes")),
)
@click.argument("name", type=click.Choice(("watermarks", "themes", "words", "speakers")))
def template(name: str) -> int:
    """Print a rule file of the package."""
    from ..index.walk import SETTINGS_FILES

    file = data.FOLDER / SETTINGS_FILES[name]
    # as it is, comments and all: they explain the format to whoever changes it
    standard_output().write(file.read_text("utf-8"))
    return 0
