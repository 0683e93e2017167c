"""A speech -> its cleaned text, a place in it with what is around, or its structure as a tree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ..messages import N_, _, problem_text
from ..model import Passage, SpeechInfo
from ..text.characters import BLANK
from ..text.width import cells, shorten
from .printing.layout import line_spans
from .printing.output import echo, secho, style, terminal_width

if TYPE_CHECKING:
    from rich.tree import Tree

    from ..model import Speech
    from ..structure.parse import Node

FAULTS = {
    "late": N_("the first number is not 1"),
    "skipped": N_("a number is missing before this"),
    "doubled": N_("this number stands twice"),
    "disordered": N_("this number is out of order"),
    "lost": N_("this has lost its number"),
}
"""How an outline marks what is wrong with a number."""
PIPED = 100
"""Width that the headings of an outline are cut to in a pipe, in cells."""


def speech_lines(info: SpeechInfo, passages: Iterable[Passage]) -> Iterator[str]:
    """Yield a cleaned speech line by line, its title and headings set off."""
    width = terminal_width()
    for line in _printed_lines(tuple(passages)):
        if line[0].kind == "heading":
            yield ""
        yield from _wrapped(line, width)
    facts = [info.id, info.date, info.speaker, info.venue, info.source]
    yield style("\n" + " · ".join(fact for fact in facts if fact), dim=True)


def _printed_lines(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    """Group passages by line, also where the file keeps several lines on one."""
    from ..model import source_lines

    for line in source_lines(passages):
        start = 0
        for n, (before, passage) in enumerate(pairwise(line), start=1):
            # some files keep a heading and its paragraph on one line, parted by blanks
            joint = before.text[-1] in BLANK and passage.point is None
            if joint or passage.kind == "heading":
                yield line[start:n]
                start = n
        yield line[start:]


def _wrapped(line: Sequence[Passage], width: int | None) -> Iterator[str]:
    """Yield the passages of a source line, wrapped; a title or heading that opens it is bold."""
    text = "".join(passage.text for passage in line)
    bold = len(line[0].text) if line[0].kind in ("title", "heading") else 0
    for piece in line_spans(text, width):
        # a heading may be wrapped, or end in the middle of a line
        cut = max(piece.start, min(bold, piece.end))
        start = text[piece.start : cut]
        yield (style(start, bold=True) if start else "") + text[cut : piece.end]


def print_place(
    info: SpeechInfo, passages: Sequence[Passage], there: range, *, context: int
) -> None:
    """
    Print the passages at a place of a speech, with `context` source lines before and after.

    Each line has its number; those of the passages `there` are marked. The headings over the
    place stand on top.
    """
    from ..model import source_lines

    lines = list(source_lines(tuple(passages)))
    starts = list(accumulate(map(len, lines), initial=0))
    first = bisect_right(starts, there.start) - 1
    last = bisect_left(starts, there.stop)
    shown = range(max(0, first - context), min(len(lines), last + context))
    secho(info.title, bold=True)
    above = " › ".join(passages[there.start].headings_above)
    facts = [f"〈{above}〉" if above else "", info.id, info.date, info.speaker]
    secho("  ".join(fact for fact in facts if fact), dim=True)
    gutter = max(len(str(lines[n][0].place[0])) for n in shown) + 4
    width = terminal_width()
    for n in shown:
        marked = first <= n < last
        number = f"{'▸ ' if marked else '  '}{lines[n][0].place[0]}".ljust(gutter)
        for text in _wrapped(lines[n], width and width - gutter):
            echo(style(number, fg="cyan", bold=marked) + text)
            # a wrapped line has one number: a second would be taken for the next line of the file
            number = " " * gutter


def print_outline(speech: Speech, nodes: Sequence[Node]) -> None:
    """Draw a speech's structure as a tree: sections, and in them points with their first words."""
    from rich.text import Text
    from rich.tree import Tree

    from .printing.rich_output import print_rich

    head = Text.assemble((speech.info.title, "bold"), ("  " + speech.info.id, "dim"))
    facts = [speech.info.date, speech.info.speaker, speech.info.venue, speech.info.source]
    if any(facts):
        head.append("\n" + " · ".join(fact for fact in facts if fact), "dim")
    tree = Tree(head, guide_style="dim")
    above: list[tuple[int, Tree]] = [(0, tree)]
    for node in nodes:
        if node.kind == "section":
            # by levels, not by steps of one: speeches leave levels out
            while above[-1][0] >= (node.level or 1):
                above.pop()
            branch = _add_node(above, node.heading or "", "bold", node)
            above.append((node.level or 1, branch))
        elif node.kind == "point":
            _add_node(above, f"{node.marker} {node.heading}", "", node)
        elif node.kind == "closing":
            del above[1:]
            _add_node(above, node.text, "italic", node)
        elif node.kind == "salutation":
            _add_node(above, node.text, "italic", node)
    print_rich(tree)
    for problem in speech.problems:
        echo(style("! ", fg="yellow") + problem_text(problem))


def _add_node(above: Sequence[tuple[int, Tree]], text: str, look: str, node: Node) -> Tree:
    """Add a node, on a single line, to the innermost branch; return its own branch."""
    from rich.text import Text

    # rich would break a heading anywhere, and a tree is read by its lines
    room = (terminal_width() or PIPED) - 4 * len(above) - 8
    fault = f"  ! {_(FAULTS[node.fault])}" if node.fault else ""
    label = Text.assemble(
        (shorten(text, width=room - cells(fault)), look),
        (f"  {node.line}", "dim"),
        (fault, "yellow"),
    )
    return above[-1][1].add(label)
