"""The command help: a page for each command, and one for each topic of `help/`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from ..messages import N_, _, no_such, user_language
from ..terminal.printing.output import echo, show_in_pager, terminal_width
from .options import Command, examples

FOLDER = Path(__file__).parents[1] / "help"
"""The pages: ``FOLDER / language / f"{topic}.md"``, each under a heading that says what it is."""
TOPICS: dict[str, dict[str, tuple[str, ...]]] = {
    N_("Guides:"): {"writing": ("写稿",), "checking": ("核查",), "research": ("研究",)},
    N_("Topics:"): {
        "query": ("查询",),
        "files": ("文件",),
        "cleaning": ("清理",),
        "structure": ("结构",),
        "themes": ("主题",),
        "counting": ("统计",),
        "export": ("导出",),
        "citations": ("引文",),
        "python": (),
        "promises": ("保证",),
        "speed": ("速度",),
        "architecture": ("构造", "架构"),
        "troubleshooting": ("疑难", "故障"),
    },
}
"""The topics as help lists them, with their Chinese names."""
NAMES = {
    name: topic
    for topics in TOPICS.values()
    for topic, aliases in topics.items()
    for name in (topic, *aliases)
}
"""Every name of a topic -> the topic."""


@click.command(cls=Command, help=_("Explain a command or a topic; without TOPIC, list both."))
@examples(
    ("help query", _("how queries are written")),
    ("help kwic", _("the options of a command")),
)
@click.argument("topic", required=False)
@click.pass_context
def help(context: click.Context, /, topic: str | None) -> int:  # noqa: A001
    """Print the options of a command, the page of a topic, or both where one has both."""
    root = context.find_root()
    assert isinstance(root.command, click.Group)
    if topic is None:
        echo(root.get_help())
        echo("\n" + list_of_topics(), nl=False)
        return 0
    command = root.command.get_command(root, topic)
    page = NAMES.get(topic.lower())
    if command is None and page is None:
        raise no_such(_("help"), topic, [*NAMES, *root.command.list_commands(root)])
    text = ""
    if command is not None:
        # a context of its own, or the usage line would read "lianzheng help"
        with click.Context(command, info_name=topic, parent=root) as inside:
            text = inside.get_help() + "\n"
    if page is None:
        echo(text, nl=False)
        return 0
    # inside: the page of a command needs no Markdown, and rich takes long to import
    from ..terminal.pages import render_page

    text += "\n" * bool(text) + render_page(
        topic_page(page), width=terminal_width(), colour=sys.stdout.isatty()
    )
    show_in_pager([text]) if sys.stdout.isatty() else echo(text, nl=False)
    return 0


def topic_page(topic: str, language: str | None = None) -> str:
    """Return the page of a topic, in Markdown; by default in the user's language."""
    return (FOLDER / (language or user_language()) / f"{topic}.md").read_text("utf-8")


def what_it_says(page: str) -> str:
    r"""
    Return what a page says, by its title, without the topic.

    >>> what_it_says("# 文件：放什么进去\n\n")
    '放什么进去'
    """
    title = page.partition("\n")[0].removeprefix("# ")
    return re.split("：|: ", title, maxsplit=1)[-1]


def list_of_topics() -> str:
    """Return the topics, a line each: its names, and the title of its page."""
    from ..text.width import cells

    lines = []
    for section, topics in TOPICS.items():
        lines.append(_(section))
        for topic, aliases in topics.items():
            names = " ".join((topic, *aliases[:1]))
            lines.append(f"  {names}{' ' * (22 - cells(names))}{what_it_says(topic_page(topic))}")
        lines.append("")
    return "\n".join([*lines, _("lianzheng help TOPIC prints the page of a topic.")]) + "\n"
