"""Themes, their evidence and their study -> what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..messages import N_, _, ngettext
from ..model import Passage, Span
from ..text.sentences import snippet
from ..text.width import cells, shorten, wrap
from ..themes.label import SHARE, Bar, Evidence, Verdict, bars
from .printing.output import echo, secho, style, terminal_width
from .render import BAR, INDENT, _body, _breadcrumb, _padded, _side_by_side, table

if TYPE_CHECKING:
    from ..model import Hit
    from ..study.theme_coverage import Coverage, Profile, SpeechProfile
    from ..study.theme_neighbours import Close, Closest
    from ..study.theme_terms import Suggestion, Suggestions
    from ..themes.theme_files import Checked

Piece = tuple[str, dict[str, Any]]
FOR, AGAINST, SILENCING = "green", "red", "yellow"
EXAMPLE = 40
"""So many characters of an example are shown."""
SHORTFALLS = {
    "low": N_("too low: {least:.1f} are needed"),
    "far": N_("too low beside the best: {least:.1f} are {percent} % of it"),
    "many": N_("three themes are better"),
}
PLACES = {
    "heading": N_("in a heading above"),
    "lead": N_("in the first sentence"),
    "text": N_("further on"),
}
SILENCES = N_("only keeps the words in it from counting")
SECTION_THEMES = 3


def themes(told: Coverage) -> None:
    """Print the themes with their counts and a bar for each, then what share has any."""
    table(
        (_("theme"), _("passages"), _("speeches"), _("% of text")),
        [
            (one.theme, one.passages, one.speeches, _percent(one.characters, told.characters))
            for one in told.counts
        ],
        bars=[one.passages for one in told.counts],
    )
    echo()
    _print_note(covered(told))


def covered(told: Coverage) -> str:
    """Say what share of the passages has a theme."""
    rest = told.passages - told.labelled
    share = _("{labelled} of {passages} passages have a theme: {share:.0f} %, {text:.0f} % of text")
    said = share.format(
        labelled=told.labelled,
        passages=told.passages,
        share=_percent(told.labelled, told.passages),
        text=_percent(told.labelled_characters, told.characters),
    )
    if rest:
        said += _("; {rest} have none, --unlabelled lists them").format(rest=rest)
    if told.copies:
        said += _("; {n} more in copies, --with-variants shows them").format(n=told.copies)
    return said


def _print_note(text: str) -> None:
    """Print a sentence of ours, dim, on as many lines as it takes."""
    width = terminal_width()
    lines = [text]
    if width is not None and cells(text) > len(text):
        lines = [text[line.start : line.end].strip() for line in wrap(text, width=width)]
    elif width is not None:
        import textwrap

        lines = textwrap.wrap(text, width)
    for line in lines:
        secho(line, dim=True)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


LONG_TERM = 24
"""What stands after a longer term, a pattern, is not aligned."""


def why(explained: Iterable[tuple[Passage, tuple[Verdict, ...]]]) -> None:
    """Print the evidence for passages' themes: what spoke for and against each."""
    for n, (passage, verdicts) in enumerate(explained):
        echo("\n" * (n > 0), nl=False)
        _why(passage, verdicts)


def _why(passage: Passage, verdicts: Sequence[Verdict]) -> None:
    measured = list(zip(verdicts, bars(verdicts), strict=True))
    given = [verdict for verdict, bar in measured if bar.shortfall is None]
    shown = [e for verdict in given or verdicts[:1] for e in verdict.evidence]
    echo(f"{style(str(passage.place[0]), fg='cyan')}  {_path(passage, shown)}".rstrip())
    _print_text(passage.text, [e for e in shown if e.heading is None], INDENT)
    print_verdicts(measured)


def print_verdicts(measured: Sequence[tuple[Verdict, Bar]]) -> None:
    """Print each theme's score, why it was not given, and its evidence."""
    names = max((cells(verdict.theme) for verdict, _bar in measured), default=0)
    for verdict, bar in measured:
        withheld = bar.shortfall is not None
        name = style(_padded(verdict.theme, names), bold=not withheld or None, dim=withheld or None)
        sign = style("✗", dim=True) if withheld else style("✓", fg=FOR)
        score = style(f"{verdict.score:>5.1f}", dim=withheld or None)
        echo(f"{INDENT}{sign} {name}  {score}  {_needed(bar)}".rstrip())
        (_brief_evidence if withheld else _full_evidence)(verdict.evidence)
    if not measured:
        secho(f"{INDENT}{_('no term of any theme stands here')}", dim=True)


def _needed(bar: Bar) -> str:
    if bar.shortfall is None:
        return style(_("{least:.1f} needed").format(least=bar.least), dim=True)
    told = _(SHORTFALLS[bar.shortfall]).format(least=bar.least, percent=round(100 * SHARE))
    return style(told, fg="yellow")


def _full_evidence(evidence: Sequence[Evidence]) -> None:
    widths = [cells(_term(one)) for one in evidence]
    width = max([width for width in widths if width <= LONG_TERM], default=0)
    for one in evidence:
        term = _padded(_term(one), width)
        where = style(_(PLACES[one.where] if one.weight else SILENCES), dim=True)
        echo(f"{INDENT * 2}{style(_points(one), fg=_colour(one))}  {term}  {where}")


def _brief_evidence(evidence: Sequence[Evidence]) -> None:
    """Print the evidence for what was not given side by side, each term once."""
    sums: dict[str, float] = {}
    for one in evidence:
        if one.weight:
            sums[one.term] = sums.get(one.term, 0) + one.points
    pieces: list[Piece] = [
        (f"{points:+.1f} {term}", {"fg": FOR if points > 0 else AGAINST})
        for term, points in sums.items()
    ]
    width = terminal_width()
    inner = None if width is None else width - 2 * len(INDENT)
    for line in _side_by_side(pieces, inner).split("\n"):
        echo(INDENT * 2 + line[2:])


def _term(evidence: Evidence) -> str:
    times = f" ×{evidence.count}" if evidence.count > 1 else ""
    return f"{evidence.term}{times}"


def _points(evidence: Evidence) -> str:
    return f"{evidence.points:+6.1f}" if evidence.weight else f"{0:6.1f}"


def _colour(evidence: Evidence) -> str:
    if not evidence.weight:
        return SILENCING
    return FOR if evidence.weight > 0 else AGAINST


def _path(passage: Passage, evidence: Sequence[Evidence]) -> str:
    """Write the headings over a passage with the words in them that spoke."""
    headings = passage.headings_above
    if not headings:
        return _breadcrumb(passage)
    steps = [
        _coloured(heading, [e for e in evidence if e.heading == n], Span(0, len(heading)))
        for n, heading in enumerate(headings)
    ]
    return f"〈{' › '.join([*steps, *([passage.point] if passage.point else [])])}〉"


def _print_text(text: str, evidence: Sequence[Evidence], indent: str) -> None:
    width = terminal_width()
    lines = [Span(0, len(text))] if width is None else wrap(text, width=width - cells(indent))
    for line in lines:
        echo(indent + _coloured(text, evidence, line))


def _coloured(text: str, evidence: Sequence[Evidence], part: Span) -> str:
    """Colour the words of a part of a text that spoke: for, against, or only silenced others."""
    colours: list[str | None] = [None] * len(text)
    for one in sorted(evidence, key=lambda e: e.weight > 0):
        for span in one.spans:
            colours[span.start : span.end] = [_colour(one)] * (span.end - span.start)
    runs = groupby(range(part.start, part.end), key=lambda at: colours[at])
    pieces = []
    for colour, places in runs:
        said = "".join(text[at] for at in places)
        pieces.append(style(said, fg=colour, bold=True) if colour else said)
    return "".join(pieces)


def suggestions(told: Suggestions) -> None:
    """Print proposed terms, each with its counts and an example, then the lines to add."""
    passages = ngettext("{n} passage", "{n} passages", told.inside).format(n=told.inside)
    head = _("{passages} with this theme, {others} without").format(
        passages=passages, others=told.outside
    )
    echo(style(told.theme, bold=True) + style(f"  {head}", dim=True))
    width = max(cells(one.term) for one in told.found)
    for one in told.found:
        _print_suggestion(one, width)
    echo()
    _print_note(_legend())
    title = _('To take them, add to the lists of ["{theme}"] in your theme file:')
    echo("\n" + title.format(theme=told.theme))
    for weight in (5.0, 3.0, 1.0):
        if terms := [one.term for one in told.found if one.weight == weight]:
            from ..themes.theme_files import toml_terms

            echo(toml_terms(weight, terms))


def _legend() -> str:
    return _(
        "LL: log-likelihood, how sure the difference is; ratio: each 1 doubles how often it stands"
        " in the theme. Weight 5: ratio 4, LL 15, and three in five passages that hold it have the"
        " theme; 3: ratio 2.5, LL 11; else 1."
    )


def _print_suggestion(one: Suggestion, width: int) -> None:
    counts = _("in {inside} passages of the theme, {outside} others").format(
        inside=one.inside, outside=one.outside
    )
    also = _("also of {themes}").format(themes="、".join(one.also_of)) if one.also_of else ""
    numbers = f"LL {one.log_likelihood:.0f}  {_('ratio')} {one.log_ratio:.1f}"
    head = _side_by_side(
        [
            (_padded(one.term, width), {"bold": True}),
            (f"terms.{one.weight:g}", {"fg": "cyan"}),
            (counts, {}),
            (numbers, {"dim": True}),
            (also, {"fg": "yellow"}),
        ],
        terminal_width(),
    )
    echo("\n" + head)
    _print_example(one.example)


def _print_example(hit: Hit) -> None:
    """Print a passage in a line or two, its hits marked, then its place."""
    part = snippet(hit.passage.text, hit.spans, size=EXAMPLE)
    echo(_body(part.text, part.spans, terminal_width()))
    secho(f"{INDENT}{hit.info.id}:{hit.passage.place[0]}", fg="cyan")


def closest(compared: Sequence[Closest]) -> None:
    """Print, under each section, the sections closest to it, with what they share."""
    for n, one in enumerate(compared):
        name = one.section.heading if one.section else _("the whole speech")
        pieces: list[Piece] = [
            (name, {"bold": True}),
            (f":{one.line}", {"fg": "cyan"}),
            (" · ".join(one.themes[:SECTION_THEMES]), {"dim": True}),
        ]
        echo("\n" * (n > 0), nl=False)
        echo(_side_by_side(pieces, terminal_width())[2:])
        for found in one.found:
            _print_close(found)
        if not one.found:
            secho(INDENT + _("nothing is close to it"), dim=True)
    echo()
    _print_note(
        _(
            "closeness = likeness of the themes × likeness of the weighty words, each from 0 to 1;"
            " copies are left out"
        )
    )


def _print_close(found: Close) -> None:
    numbers = f"{found.by_themes:.2f} × {found.by_words:.2f}"
    section = found.section.heading if found.section else ""
    width = terminal_width()
    place: list[Piece] = [
        (f"{found.closeness:.2f}", {"fg": "cyan", "bold": True}),
        (section or found.info.title, {}),
        (f"{found.info.id}:{found.line}", {"fg": "cyan"}),
    ]
    shared: list[Piece] = [
        (found.info.title if section else "", {"dim": True}),
        (numbers, {"dim": True}),
        (" · ".join(found.themes[:SECTION_THEMES]), {"fg": "green"}),
        ("、".join(found.words), {}),
    ]
    echo(_side_by_side(place, width))
    inner = None if width is None else width - len(INDENT) - 2
    for line in _side_by_side(shared, inner).split("\n"):
        echo(INDENT + line)


def checks(told: Sequence[Checked]) -> None:
    """Print each example with ✓ or ✗, the evidence for the failures, and how many there are."""
    width = terminal_width()
    names = max(cells(check.theme) for check in told)
    for check in told:
        sign = style("✓", fg="green") if check.passed else style("✗", fg="red")
        not_ = "" if check.expected else _("not: ")
        room = None if width is None else width - names - 6 - cells(not_)
        text = check.text if room is None else shorten(check.text, width=room)
        theme = _padded(check.theme, names)
        echo(f"{sign} {theme}  {style(not_, fg='yellow')}{text}")
        if not check.passed:
            _print_failure(check)
    failed = sum(not check.passed for check in told)
    said = ngettext("{n} example", "{n} examples", len(told)).format(n=len(told))
    rest = _("{failed} failed").format(failed=failed) if failed else _("all passed")
    told_all = _("{examples}: {result}").format(examples=said, result=rest)
    secho(f"\n{told_all}", fg="red" if failed else "green")


def _print_failure(check: Checked) -> None:
    given = " · ".join(check.given) or _("none")
    told = (
        _("it must be about {theme}, and is about: {given}")
        if check.expected
        else _("it must not be about {theme}, and is about: {given}")
    )
    secho(INDENT + told.format(theme=check.theme, given=given), fg="red")
    evidence = [e for v in check.verdicts for e in v.evidence if v.theme == check.theme]
    _print_text(check.text, evidence, INDENT)
    pairs = list(zip(check.verdicts, bars(check.verdicts), strict=True))
    shown = [pair for pair in pairs if pair[0].theme in (check.theme, *check.given)]
    print_verdicts(shown)


def profile(told: SpeechProfile) -> None:
    """Print what a speech is about, as a whole and section by section, as shares of its text."""
    width = terminal_width()
    secho(told.info.title or told.info.id, bold=True)
    about: list[Piece] = [
        (told.info.id, {"fg": "cyan"}),
        (_covered_part(told.whole), {"dim": True}),
    ]
    echo(_side_by_side(about, width))
    _print_shares(told.whole, len(told.whole.themes), "  ")
    for one in told.sections:
        assert one.section is not None
        number = f"  {one.section.place[0]}"
        room = 10_000 if width is None else width - cells(number) - 2
        heading = shorten(one.section.heading, width=room)
        echo(f"\n  {heading}" + style(number, fg="cyan"))
        _print_shares(one, SECTION_THEMES, INDENT)
        if not one.themes:
            secho(INDENT + _("no theme"), dim=True)


def _covered_part(told: Profile) -> str:
    passages = ngettext("{n} passage", "{n} passages", told.passages).format(n=told.passages)
    share = _percent(told.labelled_characters, told.characters)
    return _("{passages}, {share:.0f} % of the text has a theme").format(
        passages=passages, share=share
    )


def _print_shares(told: Profile, most: int, indent: str) -> None:
    shown = told.themes[:most]
    names = max((cells(share.theme) for share in shown), default=0)
    for share in shown:
        percent = _percent(share.characters, told.characters)
        bar = "▇" * max(1, round(BAR * percent / 100))
        passages = ngettext("{n} passage", "{n} passages", share.passages)
        echo(
            f"{indent}{_padded(share.theme, names)}  {percent:>3.0f} %  "
            + style(_padded(bar, BAR * cells("▇")), fg="cyan")
            + style("  " + passages.format(n=share.passages), dim=True)
        )


def new_theme(name: str, file: Path, hits: Sequence[Hit] | None, command: str) -> None:
    """Tell where a new theme stands, what it would be given to, and what comes next."""
    echo(_("the theme {name} stands in {file}").format(name=name, file=file))
    if hits is not None:
        told = ngettext(
            "it would be given to {n} passage of the index",
            "it would be given to {n} passages of the index",
            len(hits),
        )
        echo(told.format(n=len(hits)))
        if not hits:
            _print_note(_("Give it more terms, or a higher --weight"))
        for hit in hits[:3]:
            _print_example(hit)
    echo(_("It counts once the index is brought up to date: {command}").format(command=command))


def plot_written(file: Path, rows: int, columns: int) -> None:
    """Say what a picture shows and where it is."""
    told = _("{rows} themes × {columns} columns written to {file}")
    echo(told.format(rows=rows, columns=columns, file=file), err=True)
