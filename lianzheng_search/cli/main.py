"""The command: parse, call, print. Everything it does is a method of `Corpus`."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import RequestError
from ..messages import N_, _, short, system_reason
from ..model import DEFAULT_CORPUS, INDEX_FOLDER, INDEX_MARKER
from ..signals import insist
from ..terminal.printing.output import echo

SECTIONS = {
    N_("Find"): {
        "search": "search",
        "kwic": "search",
        "headings": "headings",
        "show": "speeches",
        "export": "export",
        "prove": "export",
    },
    N_("Study"): {
        "quotes": "quotations",
        "cites": "quotations",
        "phrases": "phrases",
        "ngrams": "phrases",
        "outline": "speeches",
        "themes": "themes",
        "freq": "counts",
        "collocates": "counts",
        "keyness": "counts",
        "dispersion": "counts",
    },
    N_("Files and index"): {
        "index": "files",
        "status": "files",
        "clean": "files",
        "template": "files",
        "help": "help",
    },
}
"""The commands, as help lists them, and the module of each; only that one is imported."""
OTHER_NAMES = {
    "查": "search", "查找": "search", "查询": "search", "上下文": "kwic", "标题": "headings",
    "小标题": "headings", "看": "show", "导出": "export", "核对": "prove", "引语": "quotes",
    "引用文件": "cites", "提法": "phrases", "结构": "outline", "提纲": "outline", "主题": "themes",
    "频次": "freq", "搭配": "collocates", "索引": "index", "更新": "index", "状态": "status",
    "清理": "clean", "帮助": "help", "documents": "cites",
}  # fmt: skip
"""Other names of commands, which may be typed in place of these."""
COMMANDS = {name: module for names in SECTIONS.values() for name, module in names.items()}
STANDARD_OUTPUT = "<stdout>"
REINSTALL = "pip install --force-reinstall lianzheng-search"
READABLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def main() -> None:
    """Run the command; whatever goes wrong ends in one line on standard error."""
    _make_streams()
    code = 0
    try:
        # a beginner types the name alone: help, not an error
        arguments = None if sys.argv[1:] else ["--help"]
        code = cli.main(arguments, prog_name="lianzheng", standalone_mode=False) or 0
    except SystemExit:  # how click ends when the reader of a pipe has gone
        _silence_standard_output()
    except (click.Abort, KeyboardInterrupt):
        # 128 + SIGINT, as shells have it
        code = 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "lianzheng"
        # click breaks its lines, and each of our errors is one
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
        code = _fail(_reason(error))
    except ModuleNotFoundError as error:  # a library that is always installed with the program
        what = _("{name} is missing, which belongs to this program. Install it anew: {command}")
        code = _fail(what.format(name=error.name, command=REINSTALL))
    # raised by us, too, where an index does not fit into the address space
    except MemoryError:
        code = _fail(_("there is too little memory for this. Close other programs, and try again"))
    except Exception as error:
        # a traceback says nothing to most users, and all to whoever mends the program
        if os.environ.get("LIANZHENG_DEBUG"):
            raise
        what = _("a fault of this program ({error}). Run it with LIANZHENG_DEBUG=1 and report it")
        code = _fail(what.format(error=f"{type(error).__name__}: {error}"))
    sys.exit(_flush(code))


def _make_streams() -> None:
    """Make standard streams that can be used, whatever whoever started us has made of them."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:  # it is closed, and the next file opened would take its place
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            # pythonw and some services start programs without streams
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for name, kind in (("stdout", _Output), ("stderr", _Aside)):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and stream is not None and not stream.isatty():
            # our own files below the text: only they can tell which stream an error is about
            raw = io.BufferedWriter(kind(stream.fileno(), "w", closefd=False))
            lines = {"line_buffering": stream.line_buffering}
            setattr(sys, name, io.TextIOWrapper(raw, stream.encoding, **lines))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may be GBK


class _Output(io.FileIO):
    """Standard output, which an error about it names."""

    def write(self, told: Any, /) -> int:
        try:
            return super().write(told)
        except OSError as error:
            error.filename = STANDARD_OUTPUT
            raise


class _Aside(io.FileIO):
    """Standard error: where nothing can be told any more, the work goes on."""

    def write(self, told: Any, /) -> int:
        try:
            return super().write(told)
        except OSError:
            return len(told)


def _fail(message: str) -> int:
    """Print an error: one line, and on a terminal what else there is to see of it."""
    insist()
    told, pointed = _apart(message)
    told = told.replace("\r", "\\r").replace("\n", "\\n")  # of what somebody named
    if sys.stderr.isatty():
        told += pointed
    echo(f"lianzheng: {told}", err=True)
    return 2


def _apart(message: str) -> tuple[str, str]:
    r"""
    Return the line of an error, and the query below it with the place that it is about.

    >>> _apart("a gap at the end. Remove it\n  家风*\n    ^")
    ('a gap at the end. Remove it', '\n  家风*\n    ^')
    >>> _apart("a\n^")
    ('a\n^', '')
    """
    above, _newline, caret = message.rpartition("\n")
    line, _newline, query = above.rpartition("\n")
    if line and query.startswith("  ") and caret.lstrip(" ") == "^":
        return line, f"\n{query}\n{caret}"
    return message, ""


def _flush(code: int) -> int:
    """Send off what is printed. A closed pipe is no error; a full disk is, with its own code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_standard_output()
    except OSError as error:
        _silence_standard_output()
        return code if code == 2 else _fail(_reason(error))
    return code


def _reason(error: OSError) -> str:
    """Return what the system would not do, and why."""
    if error.filename == STANDARD_OUTPUT:
        told = _("standard output: cannot be written ({reason}). Make room, or write elsewhere")
        return told.format(reason=system_reason(error))
    return (f"{error.filename}: " if error.filename else "") + system_reason(error)


def _silence_standard_output() -> None:
    """Keep the interpreter from complaining, on its way out, that what it holds goes nowhere."""
    # the descriptor itself: the interpreter flushes it once more when it ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Commands(click.Group):
    """The commands by their names, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name them all."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one; None if there is none of this name."""
        cmd_name = OTHER_NAMES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        # one module, not all: a search should not wait for what an export needs
        module = importlib.import_module(f".{COMMANDS[cmd_name]}", __package__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; UsageError, with the nearest name, for none."""
        name = args[0]
        # what begins with a hyphen is an option that click tells of better
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        # inside: only a slip of the pen needs it
        from difflib import get_close_matches

        message = _("No such command '{name}'.").format(name=short(name))
        if near := get_close_matches(name, [*COMMANDS, *OTHER_NAMES], n=1):
            message += _(" Did you mean {near}?").format(near=near[0])
        raise click.UsageError(message, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them by what they are for."""
        widest = max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            with formatter.section(_(title)):
                rows = []
                for name in names:
                    command = self.get_command(ctx, name)
                    assert command is not None
                    rows.append((name.ljust(widest), command.get_short_help_str(limit=80)))
                formatter.write_dl(rows)


@click.group(
    cls=Commands,
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
    type=click.Path(path_type=Path, readable=False),
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
    **files: Any,
) -> None:
    """Open the corpus that the command is about."""
    from ..corpus import Corpus
    from ..model import Settings

    if corpus is None:
        corpus = find_corpus()
    settings = Settings(**files)
    context.obj = Corpus(
        corpus, index_directory=index_directory, settings=settings, encoding=encoding
    )
    # Windows removes no file that is open: an update could not tidy up
    context.call_on_close(context.obj.close)
    # no-color.org: any value but an empty one counts
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False


def find_corpus() -> Path:
    """
    Return the corpus that is meant where none is named.

    That is the folder ``corpus`` in this one; else the nearest folder, this one or one above it,
    that has an index; else this one.
    """
    here = Path()
    if not _has_index(here) and (here / DEFAULT_CORPUS).is_dir():
        return Path(DEFAULT_CORPUS)
    up = here
    for _folder in (Path.cwd(), *Path.cwd().parents):
        if _has_index(up):
            return up
        up = up / ".."
    return here


def _has_index(folder: Path) -> bool:
    return os.path.lexists(folder / INDEX_FOLDER / INDEX_MARKER)


@cli.result_callback()
@click.pass_context
def tell_what_it_lacks(context: click.Context, code: int | None, /, **_options: Any) -> int | None:
    """Print, after an answer from an index, how that differs from the folder; return the code."""
    # `status` tells this in full, and `index` has just read the folder and closed the index
    if context.invoked_subcommand != "status" and context.obj.library.is_open:
        from ..terminal.remarks import warn_of_changes

        warn_of_changes(context.obj)
    return code
