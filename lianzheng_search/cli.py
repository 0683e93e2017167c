"""The command: parse, call, print. Everything it does is a method of `Corpus`."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from . import __version__
from .language import _, ngettext
from .model import DEFAULT_CORPUS, RequestError

if TYPE_CHECKING:
    from .model import Problem
    from .search import Corpus

Command = TypeVar("Command", bound=Callable[..., Any])
FORMATS = ("text", "jsonl", "csv", "md")
NODE_KEYS = ["speech", "line", "column", "kind", "level", "number"]
NODE_KEYS += ["marker", "heading", "text", "fault"]
HEADING_KEYS = ["speech", "title", "line", "level", "number", "heading"]
THEME_KEYS = ["theme", "passages", "speeches"]
REMOVAL_KEYS = ["path", "line", "rule", "text", "column", "put"]
TEXT_SUFFIXES = ("", ".txt", ".md")
READABLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def main() -> None:
    """Run the command; whatever goes wrong ends in one line on standard error."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may be GBK
    code = 0
    try:
        arguments = None if sys.argv[1:] else ["--help"]
        code = cli.main(arguments, prog_name="lianzheng", standalone_mode=False) or 0
    except SystemExit:  # how click ends when the reader of a pipe has gone
        _silence_standard_output()
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "lianzheng"
        what = " ".join(error.format_message().split()).rstrip(".。")
        what += "" if what.endswith(("?", "？")) else _(".")
        if isinstance(error, click.NoSuchOption) and not error.option_name.isascii():
            what += _(" If it is part of the query, put the query in quotation marks.")
        code = _fail(_("{what} See {command} --help").format(what=what, command=command))
    except RequestError as error:
        code = _fail(str(error))
    except BrokenPipeError:
        _silence_standard_output()
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        code = _fail(f"{name}{error.strerror or error}")
    except Exception as error:
        if os.environ.get("LIANZHENG_DEBUG"):
            raise
        what = _("a fault of this program ({error}). Run it with LIANZHENG_DEBUG=1 and report it")
        code = _fail(what.format(error=f"{type(error).__name__}: {error}"))
    try:
        sys.stdout.flush()
    except OSError:
        _silence_standard_output()
    sys.exit(code)


def _fail(message: str) -> int:
    """Print an error: one line, and on a terminal what else there is to see of it."""
    if not sys.stderr.isatty():
        message = message.partition("\n")[0]
    click.echo(f"lianzheng: {message}", err=True)
    return 2


def _silence_standard_output() -> None:
    """Keep the interpreter from complaining, on its way out, that a pipe was closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def filter_options(command: Command) -> Command:
    """Add the filters that every list takes."""
    options = [
        click.option(
            "--section",
            metavar="TEXT",
            help=_("under a heading that holds TEXT, or numbered TEXT (二, 2)"),
        ),
        click.option(
            "--theme",
            metavar="NAME",
            multiple=True,
            help=_("about this theme; repeatable: any of them"),
        ),
        click.option("--title", metavar="TEXT", help=_("in speeches whose title holds TEXT")),
        click.option(
            "--speech",
            metavar="ID",
            help=_("in one speech: its path, or a part of its path or title"),
        ),
        click.option(
            "--in",
            "part",
            type=click.Choice(("title", "heading", "body", "all")),
            default="all",
            help=_("in this part of a speech (default: all)"),
        ),
        click.option(
            "--since", metavar="DATE", help=_("dated DATE or later: 2023, 2023-09, 2023-09-14")
        ),
        click.option("--until", metavar="DATE", help=_("dated DATE or earlier")),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Add ``--format``."""
    return click.option(
        "--format",
        "file_format",
        type=click.Choice(formats),
        default=formats[0],
        help=_("how to print (default: {default})").format(default=formats[0]),
    )


limit_option = click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    metavar="N",
    help=_("at most N (default: 20; 0: all)"),
)
sort_option = click.option(
    "--sort",
    type=click.Choice(("relevance", "corpus", "date")),
    help=_("order (default: relevance with a query, else corpus)"),
)
variants_option = click.option(
    "--with-variants", is_flag=True, help=_("also the same passages in copies of a speech")
)
pass_corpus = click.pass_obj


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help=_(
        "Search Chinese official speeches on clean government: by phrase, by section, by theme."
    ),
)
@click.version_option(
    __version__, prog_name="lianzheng", message="%(prog)s %(version)s", help=_("show the version")
)
@click.option(
    "-C",
    "--corpus",
    metavar="DIR",
    envvar="LIANZHENG_CORPUS",
    type=click.Path(path_type=Path),
    help=_("folder of speech files (default: ./corpus if it is there, else .)"),
)
@click.option(
    "--index",
    "index_directory",
    metavar="DIR",
    envvar="LIANZHENG_INDEX",
    type=click.Path(path_type=Path),
    help=_("where the index lies (default: .lianzheng in the corpus)"),
)
@click.option(
    "--watermarks",
    metavar="FILE",
    envvar="LIANZHENG_WATERMARKS",
    type=READABLE_FILE,
    help=_("your own watermark rules (default: watermarks.toml in the corpus)"),
)
@click.option(
    "--themes",
    metavar="FILE",
    envvar="LIANZHENG_THEMES",
    type=READABLE_FILE,
    help=_("your own themes (default: themes.toml in the corpus)"),
)
@click.option(
    "--words",
    metavar="FILE",
    envvar="LIANZHENG_WORDS",
    type=READABLE_FILE,
    help=_("your own words (default: words.txt in the corpus)"),
)
@click.option(
    "--limits",
    metavar="FILE",
    envvar="LIANZHENG_LIMITS",
    type=READABLE_FILE,
    help=_("how large files may be (default: limits.toml in the corpus)"),
)
@click.option(
    "--encoding",
    metavar="NAME",
    help=_("read the files in this encoding instead of finding it out"),
)
@click.pass_context
def cli(
    context: click.Context,
    /,
    corpus: Path | None,
    index_directory: Path | None,
    encoding: str | None,
    **files: Path | None,
) -> None:
    """Open the corpus that the command is about."""
    from .model import Settings
    from .search import Corpus

    if corpus is None:
        corpus = Path(DEFAULT_CORPUS) if Path(DEFAULT_CORPUS).is_dir() else Path()
    settings = Settings(**files)
    context.obj = Corpus(
        corpus, index_directory=index_directory, settings=settings, encoding=encoding
    )
    context.call_on_close(context.obj.close)
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False


@cli.command("index", help=_("Build the index, or bring it up to date with the files."))
@click.option("--rebuild", is_flag=True, help=_("make it anew even if nothing changed"))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help=_("number of processes (default: by the number of files)"),
)
@click.option("--strict", is_flag=True, help=_("end with exit code 2 if any file has a problem"))
@format_option("text", "json")
@pass_corpus
def index_command(
    corpus: Corpus, /, rebuild: bool, jobs: int | None, strict: bool, file_format: str
) -> int:
    """Index the corpus."""
    import time

    from . import export, render

    started = time.perf_counter()
    with render.indexing_progress() as progress:
        summary = corpus.index(rebuild=rebuild, jobs=jobs, progress=progress)
    if file_format == "json":
        click.echo(export.to_json(export.summary_row(summary)))
    else:
        render.index_summary(summary, time.perf_counter() - started)
    return 2 if strict and summary.problems else 0


@cli.command(
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
@format_option(*FORMATS)
@pass_corpus
def search(corpus: Corpus, /, query: tuple[str, ...], file_format: str, **options: Any) -> int:
    """Search the index."""
    found = corpus.search(" ".join(query) if query else None, **options)
    if not found.total:
        return _nothing_found()
    if not found.exact:
        told = _("lianzheng: no passage holds {query}; these hold some of its words: {words}")
        click.echo(told.format(query=" ".join(query), words="、".join(found.words)), err=True)
    if file_format == "text":
        from . import render

        render.results(found)
    elif file_format == "md":
        from . import export

        _standard_output()
        for hit in found.hits:
            click.echo(export.markdown(hit))
    else:
        from . import export

        keys = (*export.PASSAGE_KEYS, "match", *export.SPEECH_KEYS)
        export.write_rows(
            map(export.passage_row, found.hits), keys, _standard_output(), file_format=file_format
        )
    if file_format != "text":
        _tell_copies(found.copies)
    return 0 if found.exact else 1


@cli.command(
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
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    metavar="N",
    help=_("at most N (default: 100; 0: all)"),
)
@click.option(
    "--seed", type=int, metavar="N", help=_("draw them at random instead; N makes it repeatable")
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
    from . import export, render

    found = corpus.kwic(" ".join(query), **options)
    if not found.lines:
        return _nothing_found()
    if file_format == "text":
        render.kwic(found, width=width, clause=clause, wide=wide)
    else:
        rows = (export.kwic_row(line, width) for line in found.lines)
        export.write_rows(rows, export.KWIC_KEYS, _standard_output(), file_format=file_format)
    return 0


@cli.command(
    help=_(
        "Print one cleaned speech.\n\nSPEECH: its path in the corpus, or a part of its path or"
        " title."
    )
)
@click.argument("speech")
@format_option(*FORMATS)
@pass_corpus
def show(corpus: Corpus, /, speech: str, file_format: str) -> int:
    """Show a speech."""
    from . import export, render
    from .model import Hit

    info, passages = corpus.speech(speech)
    if file_format == "text":
        lines = (line + "\n" for line in render.speech(info, passages))
        if sys.stdout.isatty():
            click.echo_via_pager(lines)
        else:
            click.echo("".join(lines), nl=False)
        return 0
    hits = [Hit(info=info, passage=passage) for passage in passages]
    if file_format == "md":
        click.echo(export.speech_markdown(info, passages))
        return 0
    export.write_rows(
        map(export.passage_row, hits),
        (*export.PASSAGE_KEYS, *export.SPEECH_KEYS),
        _standard_output(),
        file_format=file_format,
    )
    return 0


@cli.command(
    help=_(
        "Draw the structure of speeches.\n\nEach SPEECH is one of the corpus, or any file; without"
        " one: the whole corpus."
    )
)
@click.argument("speech", nargs=-1)
@format_option(*FORMATS)
@pass_corpus
def outline(corpus: Corpus, /, speech: tuple[str, ...], file_format: str) -> int:
    """Outline speeches."""
    from . import export, render
    from .model import Speech
    from .structure import outline as outline_of

    failed: list[Problem] = []

    def read() -> Iterator[Speech]:
        for one in corpus.read(*speech):
            if isinstance(one, Speech):
                yield one
            else:
                failed.append(one)

    if file_format == "text":
        for n, one in enumerate(read()):
            click.echo("\n" if n else "", nl=False)
            render.outline(one, outline_of(one))
    else:
        rows = (export.plain_row(node) for one in read() for node in outline_of(one))
        export.write_rows(rows, NODE_KEYS, _standard_output(), file_format=file_format)
    render.problems(failed)
    return 2 if failed else 0


@cli.command(help=_("List section headings: all of them, or those that hold TEXT."))
@click.argument("text", required=False)
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help=_("at most N (default: 0, all)"),
)
@variants_option
@format_option(*FORMATS)
@pass_corpus
def headings(corpus: Corpus, /, text: str | None, file_format: str, **options: Any) -> int:
    """List the heading bank."""
    from . import export, render

    found = corpus.headings(text, **options)
    if not found:
        return _nothing_found()
    if file_format == "text":
        render.headings(found)
    else:
        rows = map(export.plain_row, found)
        export.write_rows(rows, HEADING_KEYS, _standard_output(), file_format=file_format)
    _tell_copies(sum(len(line.copies) for line in found))
    return 0


@cli.group(
    invoke_without_command=True,
    help=_("List the themes with their counts."),
)
@format_option(*FORMATS)
@click.pass_context
def themes(context: click.Context, /, file_format: str) -> int:
    """List the themes."""
    from . import export, render

    if context.invoked_subcommand is not None:
        return 0
    counts = context.obj.themes()
    if file_format == "text":
        render.themes(counts)
    else:
        rows = map(export.plain_row, counts)
        export.write_rows(rows, THEME_KEYS, _standard_output(), file_format=file_format)
    return 0


@themes.command(
    help=_(
        "Show the evidence for the themes of passages.\n\nSPEECH: one of the corpus, or any file;"
        " with :LINE, the passages on that line."
    )
)
@click.argument("speech")
@format_option(*FORMATS)
@pass_corpus
def why(corpus: Corpus, /, speech: str, file_format: str) -> int:
    """Explain the themes of passages."""
    from . import export, render

    explained = corpus.why(speech)
    if not explained:
        return _nothing_found()
    if file_format == "text":
        for passage, verdicts in explained:
            render.why(passage, verdicts)
    else:
        rows = (row for one in explained for row in export.evidence_rows(*one))
        export.write_rows(rows, export.EVIDENCE_KEYS, _standard_output(), file_format=file_format)
    return 0


@cli.command(
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
    from . import export, render
    from .cleaning import cleaned_text
    from .ledger import ledger_file
    from .reading import Unreadable

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
    _standard_output()
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
            render.difference(text)
        elif removed and file_format == "text":
            render.removals(text.path, text.removals)
        elif removed:
            rows += [{"path": text.path, **export.plain_row(removal)} for removal in text.removals]
        elif output is not None:
            name = one.name if one.suffix.lower() in TEXT_SUFFIXES else f"{one.name}.txt"
            export.write_text(output / name, cleaned_text(text), force=force, source=one)
            record = corpus.ledger(one, text)
            export.write_text(ledger_file(output / name), record, force=True, source=one)
        else:
            click.echo(cleaned_text(text))
        failed += text.problems
    if removed and file_format != "text":
        export.write_rows(rows, REMOVAL_KEYS, _standard_output(), file_format=file_format)
    render.problems(failed)
    return 2 if failed else 0


def _restore(files: tuple[Path, ...], output: Path | None, *, force: bool) -> int:
    """Give the texts back that cleaned files were made of."""
    from .export import write_text
    from .ledger import ledger_file, restore

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
            click.echo(text, nl=False)
        else:
            write_text(output / one.name, text, force=force, source=one, as_is=True)
    return 0


def _learn(corpus: Corpus, directory: Path, accept: str | None) -> int:
    """Show the lines that recur, and add those accepted to the user's rules."""
    from . import render

    found = corpus.learn(directory)
    if not found:
        return _nothing_found()
    render.recurring(found)
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
    click.echo(
        _("{count} rules stand in {file}; they count from the next run on").format(
            count=len(chosen), file=file
        )
    )
    return 0


@cli.command(
    help=_(
        "Write matching passages to a file.\n\nThose of each QUERY and of each line of --queries"
        " FILE, or, without any, all that the filters leave."
    )
)
@click.argument("query", nargs=-1)
@click.option(
    "--queries",
    metavar="FILE",
    type=click.File("rb"),
    help=_("a file with a query a line (- is standard input)"),
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("the file to write (default: standard output)"),
)
@click.option("--force", is_flag=True, help=_("replace the file if it is there"))
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help=_("at most N for each query (default: 0, all)"),
)
@sort_option
@variants_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("csv", "jsonl")),
    help=_("the file's format (default: by its suffix; csv on standard output)"),
)
@pass_corpus
def export(
    corpus: Corpus,
    /,
    query: tuple[str, ...],
    queries: Any,
    output: Path | None,
    file_format: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Export passages in a batch."""
    from . import export as exporting
    from . import render

    named = [exporting.NamedQuery(name=text, query=text) for text in query]
    if queries is not None:
        named += exporting.read_queries(queries.read(), source=queries.name)
    named = named or [exporting.NamedQuery(name="", query=None)]
    if output is not None:
        done = corpus.export(named, output, file_format=file_format, force=force, **options)
        render.exported(done)
    else:
        done = corpus.export_to(
            named, _standard_output(), file_format=file_format or "csv", **options
        )
    _tell_copies(done.copies)
    return 0 if done.rows else 1


@cli.command(help=_("Tell what is indexed, and what has changed since."))
@click.option("--problems", is_flag=True, help=_("list the problems of every file"))
@format_option("text", "json")
@pass_corpus
def status(corpus: Corpus, /, problems: bool, file_format: str) -> int:
    """Report on the index."""
    from . import export, render

    told = corpus.status()
    if file_format == "json":
        click.echo(export.to_json(export.status_row(told)))
    elif problems:
        render.problems(told.summary.problems, err=False)
    else:
        render.status(told)
    return 0


@cli.command(help=_("Print the rules that come with this program, for you to change."))
@click.argument("name", type=click.Choice(("watermarks", "themes", "words")))
def template(name: str) -> int:
    """Print a rule file of the package."""
    from .corpus_files import SETTINGS_FILES

    file = Path(__file__).parent / "data" / SETTINGS_FILES[name]
    _standard_output().write(file.read_text("utf-8"))
    return 0


def _nothing_found() -> int:
    click.echo(_("lianzheng: nothing found"), err=True)
    return 1


def _tell_copies(number: int) -> None:
    """Tell, on standard error, how much is left out because it says the same."""
    if number:
        told = ngettext(
            "lianzheng: {n} more in copies of speeches, --with-variants shows it",
            "lianzheng: {n} more in copies of speeches, --with-variants shows them",
            number,
        )
        click.echo(told.format(n=number), err=True)


def _standard_output() -> IO[str]:
    """Give standard output as UTF-8 with the line ends as written, where it is no terminal."""
    if not sys.stdout.isatty() and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout
