"""Hits -> citations, concordance lines, or a table of what fills the gaps of a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..messages import _, ngettext
from ..model import Passage
from ..text.sentences import snippet
from ..text.width import cells
from .printing.layout import (
    Place,
    body,
    break_lines,
    cut_left,
    highlight_hit,
    side_by_side,
)
from .printing.output import echo, style, terminal_width
from .printing.tables import print_table
from .remarks import and_copies, hits, in_speeches, matches, passages, print_total

if TYPE_CHECKING:
    from ..model import Hit
    from ..search.concordance import Concordance, KwicLine
    from ..search.fillings import Fillings
    from ..search.results import Results

KWIC_WIDEST, KWIC_PIPED = 240, 120
"""Maximum width of a concordance on a terminal, and its width in a pipe, in cells."""
LEAST_CONTEXT = 8
"""Minimum width of the context on each side of a keyword, in cells."""


def print_results(results: Results) -> None:
    """Print hits like citations, under the titles of their speeches, and how many there are."""
    width = terminal_width()
    shown, speech = 0, None
    for shown, hit in enumerate(results.hits, start=1):  # noqa: B007 - counted while read
        if hit.info.id != speech:
            # each line by itself in colour: a pager forgets a colour at a line end
            lines = break_lines(hit.info.title, width)
            title = "\n".join(style(line, bold=True) for line in lines)
            echo(("\n" if speech else "") + title)
            speech = hit.info.id
        echo(_citation(hit, width))
    if shown:
        total = in_speeches(passages(results.total), results.speeches)
        if results.occurrences is not None:
            total = _("{hits}, {rest}").format(hits=hits(results.occurrences), rest=total)
        if shown < results.total:
            total += _("; the first {shown} shown, --limit 0 shows all").format(shown=shown)
        if results.copies:
            more = _("; {n} more in copies, --with-variants shows them")
            total += more.format(n=results.copies)
        print_total(total)


def _citation(hit: Hit, width: int | None) -> str:
    part = snippet(hit.passage.text, hit.spans or hit.words)
    more = ngettext("+{n} more here", "+{n} more here", part.more).format(n=part.more)
    number = len(hit.copies)
    copies = ngettext("also in {n} copy", "also in {n} copies", number).format(n=number)
    head = side_by_side(
        [
            *((line, {}) for line in break_lines(breadcrumb(hit.passage), width and width - 2)),
            (f"{hit.info.id}:{hit.passage.place[0]}", {"fg": "cyan"}),
            (" · ".join(hit.passage.themes), {"dim": True}),
            (f"({more})" if part.more else "", {"dim": True}),
            (f"({copies})" if hit.copies else "", {"dim": True}),
        ],
        width,
        indent="  ",
    )
    return f"{head}\n{body(part.text, part.spans, width)}"


def breadcrumb(passage: Passage) -> str:
    """Return the headings over a passage, from the outermost in; nothing where there are none."""
    kinds = {"title": _("title"), "salutation": _("salutation"), "closing": _("closing")}
    path = [*passage.headings_above, *([passage.point] if passage.point else [])]
    if not path and passage.kind in kinds:
        path = [kinds[passage.kind]]
    return f"〈{' › '.join(path)}〉" if path else ""


def print_concordance(
    concordance: Concordance, *, width: int | None, clause: bool = False, wide: bool = False
) -> None:
    """
    Print concordance lines, the keywords under one another, each with its place.

    `width` is of the context on each side, in cells; None is what the terminal has room for.
    """
    lines = concordance.lines
    across = terminal_width(most=KWIC_WIDEST) or KWIC_PIPED
    # as `show` takes it: the place can be copied into the next command
    places = [f"{line.info.id}:{line.line}" for line in lines]
    # `wide`: some terminals draw “ ” … — over two cells, and the columns would not meet
    keyword_width = max(cells(line.keyword, wide=wide) for line in lines)
    place_width = min(max(map(cells, places)), across // 4)
    if width is None:
        # a long keyword may not take the room of all contexts; 4 cells are what is between
        room = across - place_width - min(keyword_width, across // 4) - 4
        width = max(LEAST_CONTEXT, room // 2)
    for line, place in zip(lines, places, strict=True):
        echo(
            _kwic_line(line, width, keyword_width, clause=clause, wide=wide)
            + "  "
            + style(cut_left(place, place_width), fg="cyan")
        )
    total = in_speeches(hits(concordance.total), concordance.speeches)
    if len(lines) < concordance.total:
        total += _("; {shown} shown, --limit 0 shows all").format(shown=len(lines))
    total += and_copies(concordance.copies) + _("; lianzheng show SPEECH:LINE reads on")
    print_total(total)


def _kwic_line(line: KwicLine, width: int, keyword_width: int, *, clause: bool, wide: bool) -> str:
    # inside: `search`, which prints from here too, needs no concordance
    from ..search.concordance import fit_left, fit_right, padding

    left = fit_left(line.left, width, clause=clause, wide=wide)
    # the contexts on the right end under one another, too
    room = width + max(0, keyword_width - cells(line.keyword, wide=wide))
    right = fit_right(line.right, width, clause=clause, wide=wide)
    before, after = padding(left, width, wide=wide), padding(right, room, wide=wide)
    return f"{before}{left} {highlight_hit(line.keyword)} {right}{after}"


def print_fillings(fillings: Fillings) -> None:
    """Print what fills the gaps of a pattern, a column a gap, with counts and the first place."""
    gaps = len(fillings.shown[0].fills)
    heads = [_("gap {n}").format(n=n) for n in range(1, gaps + 1)] if gaps > 1 else [_("gap")]
    rows: Sequence[Sequence[object]] = [
        (
            *(fill or _("(nothing)") for fill in filling.fills),
            filling.count,
            filling.speeches,
            Place("{}:{}".format(*filling.places[0])),
        )
        for filling in fillings.shown
    ]
    print_table(
        [*heads, _("matches"), _("speeches"), _("first place")],
        rows,
        bars=[filling.count for filling in fillings.shown],
    )
    number = fillings.fillings
    total = _("{fillings}, {matches}").format(
        fillings=ngettext("{n} filling", "{n} fillings", number).format(n=number),
        matches=in_speeches(matches(fillings.matches), fillings.speeches),
    )
    total = f"{fillings.pattern}  {total}"
    if len(fillings.shown) < number:
        total += _("; {shown} shown, --limit 0 shows all").format(shown=len(fillings.shown))
    print_total(total + and_copies(fillings.copies))
