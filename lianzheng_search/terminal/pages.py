"""Help pages, written in Markdown -> text as wide as the terminal, or 80 cells in a pipe."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markdown import CodeBlock, Heading, Markdown, Paragraph, TableDataElement
from rich.text import Text
from rich.theme import Theme

from ..text.width import cells
from .printing.output import OUR_ESCAPE
from .printing.rich_output import ChineseText

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult
    from rich.markdown import MarkdownContext

PAGE_WIDTH = 80
"""Maximum width of a page, in cells."""
UNDERLINES = {"h1": "=", "h2": "-"}
"""What sets a heading off where there are no colours, by its level."""
CODE_INDENT = 2
BLANK_LINES = re.compile(r"\n{3,}")
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def render_page(markdown: str, *, width: int | None, colour: bool) -> str:
    r"""
    Return a page as text of at most `width` cells, ready for `echo`.

    Blocks of code are indented; code inside a line keeps its backticks, since a pager may drop
    the colours.

    >>> page = "# 查询\n\n写 `NEAR`：\n\n```text\n责任 NEAR 落实\n```"
    >>> print(render_page(page, width=40, colour=False), end="")
    查询
    ====
    <BLANKLINE>
    写 `NEAR`：
    <BLANKLINE>
      责任 NEAR 落实
    """
    parts = FENCED.split(markdown)
    # every second part is outside of fenced code, where backticks mean what they say
    parts[::2] = [CODE_SPAN.sub(r"`` `\1` ``", prose) for prose in parts[::2]]
    out = io.StringIO()
    console = Console(
        file=out,
        # prose wider than this is hard to read, however wide the terminal
        width=min(width or PAGE_WIDTH, PAGE_WIDTH),
        force_terminal=colour,
        color_system="standard" if colour else None,
        # rich would call the Windows console, which knows nothing of a text in memory
        legacy_windows=False,
        theme=Theme({"markdown.code": "cyan"}),  # rich's is on black, whatever the terminal
    )
    # links as escape codes would be shown as they are by many pagers
    console.print(_Page("".join(parts), hyperlinks=False))
    lines = "\n".join(line.rstrip() for line in out.getvalue().strip("\n").split("\n"))
    # the codes are ours: marked so, `echo` lets them through
    return BLANK_LINES.sub("\n\n", lines).replace("\x1b", OUR_ESCAPE) + "\n"


class _Paragraph(Paragraph):
    def on_enter(self, context: MarkdownContext) -> None:
        super().on_enter(context)
        self.text = ChineseText(justify="left")


class _Cell(TableDataElement):
    def __init__(self, justify: Any) -> None:
        super().__init__(justify)
        self.content = ChineseText("", justify=justify)


class _Heading(Heading):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.text.plain, style="bold")
        if underline := UNDERLINES.get(self.tag):
            yield Text(underline * cells(self.text.plain), style="dim")


class _CodeBlock(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in str(self.text).rstrip("\n").split("\n"):
            style = "bold" if line.startswith("$ ") else "cyan"
            yield Text(
                " " * CODE_INDENT * bool(line) + line, style, no_wrap=True, overflow="ignore"
            )


class _Page(Markdown):
    elements = Markdown.elements | {
        "paragraph_open": _Paragraph,
        "heading_open": _Heading,
        "fence": _CodeBlock,
        "code_block": _CodeBlock,
        "td_open": _Cell,
        "th_open": _Cell,
    }
