"""Verdicts on passages and examples -> the evidence for and against each theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ..messages import N_, _, ngettext
from ..model import Passage, Span
from ..text.width import cells, shorten
from ..themes.label import SHARE, Bar, Evidence, Verdict, bars
from .hits import breadcrumb
from .printing.layout import INDENT, Piece, line_spans, pad, side_by_side
from .printing.output import echo, secho, style, terminal_width

if TYPE_CHECKING:
    from ..themes.theme_files import Checked

FOR, AGAINST, SILENCING = "green", "red", "yellow"
"""Colours of words by what they say of a theme; silencing ones only void other words."""
SHORTFALLS = {
    "low": N_("too low: {least:.1f} are needed"),
    "far": N_("too low beside the best: {least:.1f} are {percent} % of it"),
    "many": N_("three themes are better"),
}
"""Why a theme with evidence for it was not given, by `Bar.shortfall`."""
PLACES = {
    "heading": N_("in a heading above"),
    "lead": N_("in the first sentence"),
    "text": N_("further on"),
}
"""Where evidence is, by `Evidence.where`."""
SILENCES = N_("only keeps the words in it from counting")
LONG_TERM = 24
"""Width of a term, in cells, up to which what follows terms is aligned: patterns are longer."""


def print_why(explained: Iterable[tuple[Passage, tuple[Verdict, ...]]]) -> None:
    """Print the evidence for passages' themes: what spoke for and against each."""
    for n, (passage, verdicts) in enumerate(explained):
        echo("\n" * (n > 0), nl=False)
        _print_passage(passage, verdicts)


def _print_passage(passage: Passage, verdicts: Sequence[Verdict]) -> None:
    measured = list(zip(verdicts, bars(verdicts), strict=True))
    # of a passage without a theme, the words of the nearest one are shown
    given = [verdict for verdict, bar in measured if bar.shortfall is None]
    evidence = [e for verdict in given or verdicts[:1] for e in verdict.evidence]
    echo(f"{style(str(passage.place[0]), fg='cyan')}  {_path(passage, evidence)}".rstrip())
    _print_text(passage.text, [e for e in evidence if e.heading is None])
    _print_verdicts(measured)


def _print_verdicts(measured: Sequence[tuple[Verdict, Bar]]) -> None:
    """Print each theme's score, why it was not given, and its evidence."""
    names = max((cells(verdict.theme) for verdict, _bar in measured), default=0)
    for verdict, bar in measured:
        withheld = bar.shortfall is not None
        name = style(pad(verdict.theme, names), bold=not withheld or None, dim=withheld or None)
        sign = style("✗", dim=True) if withheld else style("✓", fg=FOR)
        score = style(f"{verdict.score:>5.1f}", dim=withheld or None)
        echo(f"{INDENT}{sign} {name}  {score}  {_needed(bar)}".rstrip())
        (_print_summed if withheld else _print_each)(verdict.evidence)
    if not measured:
        secho(f"{INDENT}{_('no term of any theme stands here')}", dim=True)


def _needed(bar: Bar) -> str:
    if bar.shortfall is None:
        return style(_("{least:.1f} needed").format(least=bar.least), dim=True)
    reason = _(SHORTFALLS[bar.shortfall]).format(least=bar.least, percent=round(100 * SHARE))
    return style(reason, fg="yellow")


def _print_each(evidence: Sequence[Evidence]) -> None:
    """Print each piece of evidence on a line: its points, its term, and where it is."""
    # patterns are left out of the width: a long one would move all others far to the right
    widths = [cells(_term(one)) for one in evidence]
    width = max([width for width in widths if width <= LONG_TERM], default=0)
    for one in evidence:
        points = f"{one.points:+6.1f}" if one.weight else f"{0:6.1f}"
        where = _(PLACES[one.where] if one.weight else SILENCES)
        echo(
            f"{INDENT * 2}{style(points, fg=_colour(one))}  {pad(_term(one), width)}"
            f"  {style(where, dim=True)}"
        )


def _print_summed(evidence: Sequence[Evidence]) -> None:
    """Print the points of each term, side by side."""
    sums: dict[str, float] = {}
    for one in evidence:
        if one.weight:
            sums[one.term] = sums.get(one.term, 0) + one.points
    pieces: list[Piece] = [
        (f"{points:+.1f} {term}", {"fg": FOR if points > 0 else AGAINST})
        for term, points in sums.items()
    ]
    echo(side_by_side(pieces, terminal_width(), indent=INDENT * 2))


def _term(evidence: Evidence) -> str:
    times = f" ×{evidence.count}" if evidence.count > 1 else ""
    return f"{evidence.term}{times}"


def _colour(evidence: Evidence) -> str:
    if not evidence.weight:
        return SILENCING
    return FOR if evidence.weight > 0 else AGAINST


def _path(passage: Passage, evidence: Sequence[Evidence]) -> str:
    """Return the headings over a passage, with the words in them that count coloured."""
    headings = passage.headings_above
    if not headings:
        return breadcrumb(passage)
    steps = [
        _coloured(heading, [e for e in evidence if e.heading == n], Span(0, len(heading)))
        for n, heading in enumerate(headings)
    ]
    return f"〈{' › '.join([*steps, *([passage.point] if passage.point else [])])}〉"


def _print_text(text: str, evidence: Sequence[Evidence]) -> None:
    width = terminal_width()
    for line in line_spans(text, width and width - cells(INDENT)):
        echo(INDENT + _coloured(text, evidence, line))


def _coloured(text: str, evidence: Sequence[Evidence], part: Span) -> str:
    """Return a part of a text, the words in it coloured that count for or against."""
    colours: list[str | None] = [None] * len(text)
    # those for a theme come last: they are seen where they overlap with others
    for one in sorted(evidence, key=lambda e: e.weight > 0):
        for span in one.spans:
            colours[span.start : span.end] = [_colour(one)] * (span.end - span.start)
    pieces = []
    for colour, places in groupby(range(part.start, part.end), key=lambda at: colours[at]):
        run = "".join(text[at] for at in places)
        pieces.append(style(run, fg=colour, bold=True) if colour else run)
    return "".join(pieces)


def print_checks(checks: Sequence[Checked]) -> None:
    """Print each example with ✓ or ✗, the evidence for the failures, and how many there are."""
    width = terminal_width()
    names = max(cells(check.theme) for check in checks)
    for check in checks:
        sign = style("✓", fg="green") if check.passed else style("✗", fg="red")
        negation = "" if check.expected else _("not: ")
        room = None if width is None else width - names - 6 - cells(negation)
        text = check.text if room is None else shorten(check.text, width=room)
        echo(f"{sign} {pad(check.theme, names)}  {style(negation, fg='yellow')}{text}")
        if not check.passed:
            _print_failure(check)
    failed = sum(not check.passed for check in checks)
    number = ngettext("{n} example", "{n} examples", len(checks)).format(n=len(checks))
    result = _("{failed} failed").format(failed=failed) if failed else _("all passed")
    total = _("{examples}: {result}").format(examples=number, result=result)
    secho(f"\n{total}", fg="red" if failed else "green")


def _print_failure(check: Checked) -> None:
    given = " · ".join(check.given) or _("none")
    wrong = (
        _("it must be about {theme}, and is about: {given}")
        if check.expected
        else _("it must not be about {theme}, and is about: {given}")
    )
    secho(INDENT + wrong.format(theme=check.theme, given=given), fg="red")
    # of an example that failed, only what bears on the failure
    evidence = [e for v in check.verdicts for e in v.evidence if v.theme == check.theme]
    _print_text(check.text, evidence)
    pairs = zip(check.verdicts, bars(check.verdicts), strict=True)
    _print_verdicts([pair for pair in pairs if pair[0].theme in (check.theme, *check.given)])
