"""Themes and their study -> lists: counts, a speech's themes, further terms, close sections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..messages import _, ngettext
from ..text.sentences import snippet
from ..text.width import cells, shorten
from ..themes.theme_files import toml_terms
from .printing.layout import BAR, INDENT, Piece, bar, body, pad, side_by_side
from .printing.output import echo, secho, style, terminal_width
from .printing.tables import print_table
from .remarks import passages, print_remark, print_total

if TYPE_CHECKING:
    from ..model import Hit
    from ..study.theme_coverage import Coverage, Profile, SpeechProfile
    from ..study.theme_neighbours import Close, Closest
    from ..study.theme_terms import Suggestion, Suggestions

EXAMPLE = 40
"""Length of an example that is shown, in characters."""
EXAMPLES = 3
"""Number of passages that are shown as examples of a new theme."""
SECTION_THEMES = 3
"""Number of themes that are shown of a section."""
WEIGHTS = (5.0, 3.0, 1.0)
"""The lists of terms in a theme file, in its order."""


def print_themes(coverage: Coverage) -> None:
    """Print the themes with their counts and a bar for each, then what share has any."""
    print_table(
        (_("theme"), _("passages"), _("speeches"), _("% of text")),
        [
            (one.theme, one.passages, one.speeches, _percent(one.characters, coverage.characters))
            for one in coverage.counts
        ],
        bars=[one.passages for one in coverage.counts],
    )
    print_total(coverage_remark(coverage))


def coverage_remark(coverage: Coverage) -> str:
    """Return what share of the passages has a theme, as a sentence."""
    rest = coverage.passages - coverage.labelled
    share = _("{labelled} of {passages} passages have a theme: {share:.0f} %, {text:.0f} % of text")
    remark = share.format(
        labelled=coverage.labelled,
        passages=coverage.passages,
        share=_percent(coverage.labelled, coverage.passages),
        text=_percent(coverage.labelled_characters, coverage.characters),
    )
    if rest:
        remark += _("; {rest} have none, --unlabelled lists them").format(rest=rest)
    if coverage.copies:
        more = _("; {n} more in copies, --with-variants shows them")
        remark += more.format(n=coverage.copies)
    return remark


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def print_profile(profile: SpeechProfile) -> None:
    """Print what a speech is about, as a whole and section by section, as shares of its text."""
    width = terminal_width()
    secho(profile.info.title or profile.info.id, bold=True)
    about: list[Piece] = [
        (profile.info.id, {"fg": "cyan"}),
        (_covered_share(profile.whole), {"dim": True}),
    ]
    echo(side_by_side(about, width, indent="  "))
    _print_shares(profile.whole, len(profile.whole.themes), "  ")
    for section in profile.sections:
        assert section.section is not None
        number = f"  {section.section.place[0]}"
        heading = section.section.heading
        if width is not None:
            heading = shorten(heading, width=width - cells(number) - 2)
        echo(f"\n  {heading}" + style(number, fg="cyan"))
        _print_shares(section, SECTION_THEMES, INDENT)
        if not section.themes:
            secho(INDENT + _("no theme"), dim=True)


def _covered_share(profile: Profile) -> str:
    share = _percent(profile.labelled_characters, profile.characters)
    return _("{passages}, {share:.0f} % of the text has a theme").format(
        passages=passages(profile.passages), share=share
    )


def _print_shares(profile: Profile, most: int, indent: str) -> None:
    shares = profile.themes[:most]
    names = max((cells(share.theme) for share in shares), default=0)
    for share in shares:
        percent = _percent(share.characters, profile.characters)
        filled = bar(max(1 / BAR, percent / 100))
        echo(
            f"{indent}{pad(share.theme, names)}  {percent:>3.0f} %  "
            + style(pad(filled, BAR), fg="cyan")
            + style(f"  {passages(share.passages)}", dim=True)
        )


def print_suggestions(suggestions: Suggestions) -> None:
    """Print proposed terms, each with its counts and an example, then the lines to add."""
    # both numbers: a log-likelihood from few passages is worth little
    head = _("{passages} with this theme, {others} without").format(
        passages=passages(suggestions.inside), others=suggestions.outside
    )
    echo(style(suggestions.theme, bold=True) + style(f"  {head}", dim=True))
    width = max(cells(one.term) for one in suggestions.found)
    for one in suggestions.found:
        _print_suggestion(one, width)
    print_total(
        _(
            "LL: log-likelihood, how sure the difference is; ratio: each 1 doubles how often it"
            " stands in the theme. Weight 5: ratio 4, LL 15, and three in five passages that hold"
            " it have the theme; 3: ratio 2.5, LL 11; else 1."
        )
    )
    title = _('To take them, add to the lists of ["{theme}"] in your theme file:')
    # lines to be copied, not an edit: which terms are right is for the user to judge
    echo("\n" + title.format(theme=suggestions.theme))
    for weight in WEIGHTS:
        # in the form of a theme file, ready to be pasted
        if terms := [one.term for one in suggestions.found if one.weight == weight]:
            echo(toml_terms(weight, terms))


def _print_suggestion(suggestion: Suggestion, width: int) -> None:
    counts = _("in {inside} passages of the theme, {outside} others").format(
        inside=suggestion.inside, outside=suggestion.outside
    )
    numbers = f"LL {suggestion.log_likelihood:.0f}  {_('ratio')} {suggestion.log_ratio:.1f}"
    also = "、".join(suggestion.also_of)
    pieces: list[Piece] = [
        (pad(suggestion.term, width), {"bold": True}),
        (f"terms.{suggestion.weight:g}", {"fg": "cyan"}),
        (counts, {}),
        (numbers, {"dim": True}),
        (_("also of {themes}").format(themes=also) if also else "", {"fg": "yellow"}),
    ]
    echo("\n" + side_by_side(pieces, terminal_width(), indent="  "))
    _print_example(suggestion.example)


def _print_example(hit: Hit) -> None:
    """Print a passage in a line or two, its hits marked, then its place."""
    part = snippet(hit.passage.text, hit.spans, size=EXAMPLE)
    echo(body(part.text, part.spans, terminal_width()))
    secho(f"{INDENT}{hit.info.id}:{hit.passage.place[0]}", fg="cyan")


def print_closest(compared: Sequence[Closest]) -> None:
    """Print, under each section, the sections closest to it, with what they share."""
    for n, one in enumerate(compared):
        name = one.section.heading if one.section else _("the whole speech")
        pieces: list[Piece] = [
            (name, {"bold": True}),
            (f":{one.line}", {"fg": "cyan"}),
            (" · ".join(one.themes[:SECTION_THEMES]), {"dim": True}),
        ]
        echo("\n" * (n > 0), nl=False)
        echo(side_by_side(pieces, terminal_width()))
        for close in one.found:
            _print_close(close)
        if not one.found:
            secho(INDENT + _("nothing is close to it"), dim=True)
    print_total(
        _(
            "closeness = likeness of the themes × likeness of the weighty words, each from 0 to 1;"
            " copies are left out"
        )
    )


def _print_close(close: Close) -> None:
    section = close.section.heading if close.section else ""
    width = terminal_width()
    place: list[Piece] = [
        (f"{close.closeness:.2f}", {"fg": "cyan", "bold": True}),
        (section or close.info.title, {}),
        (f"{close.info.id}:{close.line}", {"fg": "cyan"}),
    ]
    shared: list[Piece] = [
        (close.info.title if section else "", {"dim": True}),
        (f"{close.by_themes:.2f} × {close.by_words:.2f}", {"dim": True}),
        (" · ".join(close.themes[:SECTION_THEMES]), {"fg": "green"}),
        ("、".join(close.words), {}),
    ]
    echo(side_by_side(place, width, indent="  "))
    echo(side_by_side(shared, width, indent="  " + INDENT))


def print_new_theme(name: str, file: Path, hits: Sequence[Hit] | None, command: str) -> None:
    """Print where a new theme stands, what it would be given to, and what comes next."""
    echo(_("the theme {name} stands in {file}").format(name=name, file=file))
    if hits is not None:
        number = ngettext(
            "it would be given to {n} passage of the index",
            "it would be given to {n} passages of the index",
            len(hits),
        )
        echo(number.format(n=len(hits)))
        if not hits:
            print_remark(_("Give it more terms, or a higher --weight"))
        for hit in hits[:EXAMPLES]:
            _print_example(hit)
    echo(_("It counts once the index is brought up to date: {command}").format(command=command))


def print_plot(file: Path, rows: int, columns: int) -> None:
    """Print, on standard error, what a picture shows and where it is."""
    written = _("{rows} themes × {columns} columns written to {file}")
    echo(written.format(rows=rows, columns=columns, file=file), err=True)
