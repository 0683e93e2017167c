"""The heading bank -> lists of headings, groups of them, and parallel sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..messages import _, ngettext
from ..model import Span, Value
from ..text.width import cells
from ..wording.heading_bank import (
    HeadingGroup,
    HeadingGroups,
    HeadingLine,
    HeadingSet,
    HeadingSets,
    spans_of,
)
from ..wording.heading_patterns import frame_spans
from .printing.layout import break_lines, cut_left, highlight, line_spans
from .printing.output import echo, secho, style, terminal_width
from .remarks import in_speeches, print_remark, print_total, speeches

PIPED = 60
"""Column of the places in a pipe, where nothing is cut, for headings that end before it."""
MOST_LINES = 3
"""Maximum number of lines of a heading that are shown: a longer one is a paragraph."""
LEAST_WORDING = 16
"""Minimum width of a heading's wording, in cells."""
EXAMPLES = 5
"""Number of headings of a group that are shown by default; of a speech, all."""


class _Row(Value, frozen=True, kw_only=True):
    """A heading as shown: its marker, its wording and the spans in it, a note, its place."""

    marker: str
    text: str
    spans: Sequence[Span]
    place: str
    note: str = ""
    indent: str = ""


def print_headings(headings: Sequence[HeadingLine], text: str | None, *, total: int) -> None:
    """Print headings under one another, their places at the right; `total` hold the text."""
    _print_rows(_row(line, spans_of(text)(line.heading)) for line in headings)
    remark = in_speeches(_number(len(headings)), len({line.speech for line in headings}))
    if len(headings) < total:
        remark += _("; {total} were found, --limit 0 lists all").format(total=total)
    print_total(remark)
    print_remark(_("--siblings shows each with its set, --by pattern what they share"))


def print_groups(groups: HeadingGroups, text: str | None, *, examples: int | None) -> None:
    """Print groups: what their headings share, how many they are, and some of them."""
    for n, group in enumerate(groups.groups):
        echo(("\n" if n else "") + _group_head(groups.by, group))
        if groups.by == "speech":
            wordings = [[line] for line in group.headings]
        else:
            wordings = list(group.wordings.values())
        default = EXAMPLES if groups.by != "speech" else 0
        most = default if examples is None else examples
        shown = _spread(wordings, most) if most else wordings
        _print_rows(_example(groups.by, group, lines, text) for lines in shown)
        if rest := len(group.headings) - sum(map(len, shown)):
            more = ngettext("… and {n} more", "… and {n} more", rest).format(n=rest)
            secho(f"  {more}", dim=True)
    _print_groups_total(groups)
    if groups.by == "pattern" and groups.groups:
        hint = _("--examples 0 shows groups whole; lianzheng headings {pattern} lists all that fit")
        print_remark(hint.format(pattern=groups.groups[0].name))


def _spread(wordings: Sequence[list[HeadingLine]], most: int) -> list[list[HeadingLine]]:
    """Choose examples from as many speeches as there are, and leave them in their order."""
    turns: Counter[str] = Counter()
    ranked = []
    for n, lines in enumerate(wordings):
        ranked.append((turns[lines[0].speech], n))
        # the first heading of each speech, then the second: one speech would fill the list else
        turns[lines[0].speech] += 1
    return [wordings[n] for n in sorted(n for _turn, n in sorted(ranked)[:most])]


def _group_head(by: str, group: HeadingGroup) -> str:
    first = group.headings[0]
    if by == "speech":
        return _speech_head(first.title, first.date, first.speech)
    name = group.name or _("no theme")
    if by == "level":
        name = _("level {n}").format(n=name) + f"  {first.marker}".rstrip()
    number = style(f"  ×{len(group.headings)}", fg="cyan")
    return style(name, bold=True) + number + style(f"  {speeches(group.speeches)}", dim=True)


def _speech_head(title: str, date: str | None, speech: str) -> str:
    """Return the head of a speech, its id beside it or, where there is no room, below."""
    head = title + (f"（{date}）" if date else "")
    across = terminal_width()
    apart = "  "
    if across is not None and cells(head) + 2 + cells(speech) > across:
        head = "\n".join(break_lines(head, across))
        apart, speech = "\n  ", cut_left(speech, across - 2)
    return style(head, bold=True) + style(apart + speech, dim=True)


def _example(by: str, group: HeadingGroup, lines: Sequence[HeadingLine], text: str | None) -> _Row:
    """Return the row of a wording of a group, with the number of headings that have it."""
    line = lines[0]
    spans: Iterable[Span] = spans_of(text)(line.heading)
    # the frame that the headings share is coloured, not the user's text, which all may hold
    if by == "pattern" and group.name:
        shift = line.heading.rfind(line.wording)
        frame = frame_spans(group.name, line.wording)
        spans = [Span(span.start + shift, span.end + shift) for span in frame]
    note = f"×{len(lines)}" if len(lines) > 1 else ""
    indent = "  " * (line.level if by == "speech" else 1)
    place = f":{line.line}" if by == "speech" else None
    return _row(line, spans, note=note, indent=indent, place=place)


def _print_groups_total(groups: HeadingGroups) -> None:
    number = {
        "pattern": ngettext("{n} pattern", "{n} patterns", groups.total),
        "theme": ngettext("{n} theme", "{n} themes", groups.total),
        "level": ngettext("{n} level", "{n} levels", groups.total),
        "speech": ngettext("{n} speech", "{n} speeches", groups.total),
    }[groups.by].format(n=groups.total)
    total = _("{headings}, {groups}").format(headings=_number(groups.found), groups=number)
    if len(groups.groups) < groups.total:
        shown = _("; the first {shown} shown, --limit 0 lists all")
        total += shown.format(shown=len(groups.groups))
    print_total(total)
    if alone := len(groups.rest):
        rest = ngettext("{n} heading shares no pattern", "{n} headings share no pattern", alone)
        print_remark(rest.format(n=alone))


def print_sets(sets: HeadingSets, text: str | None) -> None:
    """Print parallel sets under their speeches; > marks what was asked for."""
    speech = None
    for one in sets.sets:
        if one.info.id != speech:
            head = _speech_head(one.info.title, one.info.date, one.info.id)
            echo(("\n" if speech else "") + head)
            speech = one.info.id
        elif not one.headings[0].above:
            echo()
        _print_set(one, text)
    number = ngettext("{n} set", "{n} sets", sets.total).format(n=sets.total)
    total = _("{passages} in {speeches}").format(passages=_number(sets.found), speeches=number)
    if len(sets.sets) < sets.total:
        shown = _("; the first {shown} shown, --limit 0 lists all")
        total += shown.format(shown=len(sets.sets))
    print_total(total)
    print_remark(_("lianzheng show SPEECH prints the whole speech"))


def _print_set(one: HeadingSet, text: str | None) -> None:
    if above := one.headings[0].above:
        secho("  〈" + " › ".join(above) + "〉", dim=True)
    # marks on every line would mark nothing
    whole = len(one.found) == len(one.headings)
    rows = []
    for n, line in enumerate(one.headings):
        hit = n in one.found
        spans = spans_of(text)(line.heading) if hit else ()
        indent = "> " if hit and not whole else "  "
        rows.append(_row(line, spans, indent=indent, place=f":{line.line}"))
    _print_rows(rows, aligned=True)


def _row(
    line: HeadingLine,
    spans: Iterable[Span],
    *,
    note: str = "",
    indent: str = "",
    place: str | None = None,
) -> _Row:
    """Part a heading into its marker and its wording."""
    # from the right: the marker may hold the same characters as the wording
    at = max(0, line.heading.rfind(line.wording))
    inside = [Span(max(0, span.start - at), span.end - at) for span in spans if span.end > at]
    return _Row(
        marker=line.heading[:at],
        text=line.heading[at:],
        spans=inside,
        place=place or f"{line.speech}:{line.line}",
        note=note,
        indent=indent,
    )


def _print_rows(headings: Iterable[_Row], *, aligned: bool = False) -> None:
    """Print rows in two columns; `aligned` also puts their markers in one."""
    rows = list(headings)
    across = terminal_width()
    marker = max(cells(row.marker) for row in rows) if aligned else 0
    widest = max(
        cells(row.indent)
        + max(marker, cells(row.marker))
        + cells(row.text + row.note)
        + 2 * bool(row.note)
        for row in rows
    )
    places = 0
    if across is not None:
        # the wording comes first: places are cut where there is no room for both
        places = min(max(cells(row.place) for row in rows), max(across // 3, across - widest - 2))
    # in a pipe rows come without end: one long heading must not move all places to the right
    room = min(widest, PIPED if across is None else across - places - 2)
    for row in rows:
        lead = row.indent + " " * max(0, marker - cells(row.marker)) + row.marker
        for line in _lines(row, lead, room, across is not None, places):
            echo(line)


def _lines(row: _Row, lead: str, room: int, cut: bool, places: int) -> Iterator[str]:
    """Yield a row: its place on the first line, what does not fit beside it on the next ones."""
    note = "  " + style(row.note, fg="cyan") if row.note else ""
    before = cells(lead)
    beside = 2 + cells(row.note) if row.note else 0
    width = max(LEAST_WORDING, room - before - beside)
    parts = [Span(0, len(row.text))]
    # the length is looked at first: to measure cells takes far longer
    if cut and (2 * len(row.text) > width and cells(row.text) > width):
        parts = line_spans(row.text, width)
    for n, part in enumerate(parts[:MOST_LINES]):
        more = "…" if n == MOST_LINES - 1 and len(parts) > MOST_LINES else ""
        shown = highlight(row.text, row.spans, part) + more
        if n:
            yield " " * before + shown
            continue
        used = before + cells(row.text[part.start : part.end]) + beside
        place = cut_left(row.place, places) if cut else row.place
        space = " " * (max(0, room - used) + 2 + max(0, places - cells(place)))
        yield lead + shown + note + space + style(place, dim=True)


def _number(count: int) -> str:
    return ngettext("{n} heading", "{n} headings", count).format(n=count)
