"""What commands share: their options, each in one place, and examples at the end of their help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..messages import _

if TYPE_CHECKING:
    from ..corpus import Corpus

Function = TypeVar("Function", bound=Callable[..., Any])
ONE_QUERY = ("search", "kwic", "collocates")
"""Commands whose arguments are one query, not one each."""
FORMATS = ("text", "jsonl", "csv", "md")


CHINESE_VALUES = {
    "all": "全部", "body": "正文", "characters": "字", "corpus": "语料", "count": "次数",
    "date": "日期", "first": "首见", "heading": "小标题", "hits": "处数", "last": "末见",
    "left": "左", "length": "长度", "level": "级别", "month": "月", "name": "名称",
    "newest": "最新", "none": "不分", "pattern": "句式", "query": "查询", "relevance": "相关度",
    "right": "右", "section": "章节", "source": "出处", "speech": "讲话", "speeches": "篇数",
    "text": "文字", "theme": "主题", "title": "标题", "weight": "权重", "words": "词", "year": "年",
}  # fmt: skip
"""What a value of an option is called in Chinese; either may be typed."""


class OneOf(click.Choice[str]):
    """A choice of values, of which each may also be typed by its Chinese name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value itself for its Chinese name."""
        named = {CHINESE_VALUES[one]: one for one in self.choices if one in CHINESE_VALUES}
        return super().convert(named.get(value, value), param, ctx)


class Command(click.Command):
    """A command whose help ends in its examples, and whose answer in what it leaves out."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, then report what a period leaves out for want of a date."""
        code = super().invoke(ctx)
        if (ctx.params.get("since") or ctx.params.get("until")) and not ctx.params["undated"]:
            _report_undated(ctx)
        return code

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(self, formatter)


class Group(click.Group):
    """A group of commands whose help ends in its examples."""

    command_class = Command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(self, formatter)


def examples(*pairs: tuple[str, str]) -> Callable[[Function], Function]:
    """Return a decorator that gives a command examples: what is typed, and what it does."""

    def decorate(function: Function) -> Function:
        function.examples = pairs  # type: ignore[attr-defined]
        return function

    return decorate


def _report_undated(ctx: click.Context) -> None:
    from ..query.filters import FILTERS
    from ..terminal.remarks import warn_of_undated

    given = ctx.params.get("query") or ()
    queries = [" ".join(given)] if given and ctx.command.name in ONE_QUERY else given
    filters = {name: ctx.params[name] for name in FILTERS if name in ctx.params}
    warn_of_undated(ctx.obj, queries, filters)


def _write_examples(command: click.Command, formatter: click.HelpFormatter) -> None:
    with formatter.section(_("Examples")):
        indent = " " * formatter.current_indent
        for line, meaning in command.callback.examples:  # type: ignore[union-attr]
            formatter.write(f"{indent}lianzheng {line}\n{indent * 2}{meaning}\n")


def filter_options(command: Function) -> Function:
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
            "--path",
            metavar="PATTERN",
            help=_("in this folder, or files of this pattern: 2024, 约谈/*.docx"),
        ),
        click.option(
            "--in",
            "part",
            type=OneOf(("title", "heading", "body", "all")),
            default="all",
            help=_("in this part of a speech (default: all)"),
        ),
        click.option(
            "--since", metavar="DATE", help=_("dated DATE or later: 2023, 2023-09, 2023-09-14")
        ),
        click.option("--until", metavar="DATE", help=_("dated DATE or earlier")),
        click.option(
            "--undated", is_flag=True, help=_("with --since, --until: undated speeches, too")
        ),
    ]
    # decorators are applied from below: help lists them in the order above
    for option in reversed(options):
        command = option(command)
    return command


def format_option(*formats: str) -> Callable[[Function], Function]:
    """Return ``--format``; the first of the formats is the default."""
    return click.option(
        "--format",
        "file_format",
        type=click.Choice(formats),
        default=formats[0],
        help=_("how to print (default: {default})").format(default=formats[0]),
    )


def limit_to(default: int | None, text: str) -> Callable[[Function], Function]:
    """Return ``--limit``: the most that is listed, 0 for all."""
    number = click.IntRange(min=0)
    return click.option("--limit", type=number, default=default, metavar="N", help=text)


limit_option = limit_to(20, _("at most N (default: 20; 0: all)"))
sort_option = click.option(
    "--sort",
    type=OneOf(("relevance", "corpus", "date", "newest")),
    metavar="ORDER",
    help=_("relevance, corpus, date, newest (default: relevance with a query)"),
)
variants_option = click.option(
    "--with-variants", is_flag=True, help=_("also the same passages in copies of a speech")
)
force_option = click.option("--force", is_flag=True, help=_("replace the file if it is there"))


update_option = click.option(
    "--no-update",
    "update",
    flag_value=False,
    default=True,
    type=bool,
    help=_("answer from the index as it is, without taking in what has changed"),
)


def update_first(corpus: Corpus) -> None:
    """Take new, changed and deleted files into the index, and report that; go on if it fails."""
    from ..errors import RequestError
    from ..terminal.printing.progress import show_indexing_progress
    from ..terminal.remarks import changes_in_words, warn

    if not corpus.library.has_index or not (changes := corpus.changes()):
        return
    try:
        with show_indexing_progress() as progress:
            corpus.index(jobs=None, progress=progress)
    except RequestError as error:
        # another run writes it, or the folder is only to be read: what is missing is in the record
        warn(_("the index stays as it is: {reason}").format(reason=error))
    else:
        warn(_("taken into the index: {changes}").format(changes=changes_in_words(changes)))


def plot_option(text: str) -> Callable[[Function], Function]:
    """Return ``--plot``: the picture to draw as well."""
    path = click.Path(dir_okay=False, path_type=Path)
    return click.option("--plot", metavar="FILE", type=path, help=text)


pass_corpus = click.pass_obj
