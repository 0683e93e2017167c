"""The heading bank -> what a terminal shows: lists, groups and parallel sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..messages import _, ngettext
from ..model import Span, Value
from ..text.width import cells, wrap
from ..wording.heading_bank import (
    HeadingGroup,
    HeadingGroups,
    HeadingLine,
    HeadingSet,
    HeadingSets,
    spans_of,
)
from ..wording.heading_patterns import frame_spans
from .printing.output import echo, secho, style, terminal_width
from .render import _highlighted, end_of

PIPED = 60
"""In a pipe nothing is cut; the places stand in a column so far to the right, where they can."""
MOST_LINES = 3
"""So many lines of a heading are shown; what is longer is a paragraph taken for one."""
EXAMPLES = 5
"""So many headings of a group are shown if nothing is said; of a speech, all."""


class _Row(Value, frozen=True, kw_only=True):
    """A heading as shown: its marker, its wording and the spans in it, a note, its place."""

    marker: str
    text: str
    spans: Sequence[Span]
    place: str
    note: str = ""
    indent: str = ""


def headings(found: Sequence[HeadingLine], text: str | None, *, total: int) -> None:
    """Print headings under one another, the place of each at the right; `total` were found."""
    _print(_row(line, spans_of(text)(line.heading)) for line in found)
    speeches = len({line.speech for line in found})
    inside = ngettext("{n} speech", "{n} speeches", speeches).format(n=speeches)
    told = _("{passages} in {speeches}").format(passages=_number(len(found)), speeches=inside)
    if len(found) < total:
        told += _("; {total} were found, --limit 0 lists all").format(total=total)
    _tell("\n" + told)
    _tell(_("--siblings shows each with its set, --by pattern what they share"))


def groups(found: HeadingGroups, text: str | None, *, examples: int | None) -> None:
    """Print groups: what their headings share, how many they are, and some of them."""
    for n, group in enumerate(found.groups):
        echo(("\n" if n else "") + _group_head(found.by, group))
        if found.by == "speech":
            some = [[line] for line in group.headings]
        else:
            some = list(group.wordings.values())
        most = examples if examples is not None else EXAMPLES if found.by != "speech" else 0
        shown = _spread(some, most) if most else some
        _print(_example(found.by, group, lines, text) for lines in shown)
        if more := len(group.headings) - sum(map(len, shown)):
            told = ngettext("… and {n} more", "… and {n} more", more).format(n=more)
            _tell("  " + told)
    _tell("\n" + _groups_told(found))
    if found.by == "pattern" and found.groups:
        told = _("--examples 0 shows groups whole; lianzheng headings {pattern} lists all that fit")
        _tell(told.format(pattern=found.groups[0].name))


def _spread(wordings: Sequence[list[HeadingLine]], most: int) -> list[list[HeadingLine]]:
    """Choose examples from as many speeches as there are, and leave them in their order."""
    held: Counter[str] = Counter()
    ranked = []
    for n, lines in enumerate(wordings):
        ranked.append((held[lines[0].speech], n))
        held[lines[0].speech] += 1
    return [wordings[n] for n in sorted(n for _turn, n in sorted(ranked)[:most])]


def _group_head(by: str, group: HeadingGroup) -> str:
    first = group.headings[0]
    if by == "speech":
        return _title(first.title, first.date, first.speech)
    name = group.name or _("no theme")
    if by == "level":
        name = _("level {n}").format(n=name) + f"  {first.marker}".rstrip()
    count = ngettext("{n} speech", "{n} speeches", group.speeches).format(n=group.speeches)
    number = style(f"  ×{len(group.headings)}", fg="cyan")
    return style(name, bold=True) + number + style(f"  {count}", dim=True)


def _title(title: str, date: str | None, speech: str) -> str:
    """Set the head of a speech, its id beside it or, where there is no room, below."""
    told = title + (f"（{date}）" if date else "")
    across = terminal_width()
    apart = "  "
    if across is not None and cells(told) + 2 + cells(speech) > across:
        told = "\n".join(told[line.start : line.end] for line in wrap(told, width=across))
        apart, speech = "\n  ", end_of(speech, across - 2)
    return style(told, bold=True) + style(apart + speech, dim=True)


def _example(by: str, group: HeadingGroup, lines: Sequence[HeadingLine], text: str | None) -> _Row:
    line = lines[0]
    spans: Iterable[Span] = spans_of(text)(line.heading)
    if by == "pattern" and group.name:
        shift = line.heading.rfind(line.wording)
        found = frame_spans(group.name, line.wording)
        spans = [Span(span.start + shift, span.end + shift) for span in found]
    note = f"×{len(lines)}" if len(lines) > 1 else ""
    indent = "  " * (line.level if by == "speech" else 1)
    place = f":{line.line}" if by == "speech" else None
    return _row(line, spans, note=note, indent=indent, place=place)


def _groups_told(found: HeadingGroups) -> str:
    named = {
        "pattern": ngettext("{n} pattern", "{n} patterns", found.total),
        "theme": ngettext("{n} theme", "{n} themes", found.total),
        "level": ngettext("{n} level", "{n} levels", found.total),
        "speech": ngettext("{n} speech", "{n} speeches", found.total),
    }[found.by].format(n=found.total)
    told = _("{headings}, {groups}").format(headings=_number(found.found), groups=named)
    if len(found.groups) < found.total:
        told += _("; the first {shown} shown, --limit 0 lists all").format(shown=len(found.groups))
    if alone := len(found.rest):
        told += "\n" + ngettext(
            "{n} heading shares no pattern", "{n} headings share no pattern", alone
        ).format(n=alone)
    return told


def sets(found: HeadingSets, text: str | None) -> None:
    """Print parallel sets under their speeches; > marks what was asked for."""
    speech = None
    for one in found.sets:
        if one.info.id != speech:
            title = _title(one.info.title, one.info.date, one.info.id)
            echo(("\n" if speech else "") + title)
            speech = one.info.id
        elif not one.headings[0].above:
            echo()
        _set(one, text)
    inside = ngettext("{n} set", "{n} sets", found.total).format(n=found.total)
    told = _("{passages} in {speeches}").format(passages=_number(found.found), speeches=inside)
    if len(found.sets) < found.total:
        told += _("; the first {shown} shown, --limit 0 lists all").format(shown=len(found.sets))
    _tell("\n" + told)
    _tell(_("lianzheng show SPEECH prints the whole speech"))


def _set(one: HeadingSet, text: str | None) -> None:
    above = one.headings[0].above
    if above:
        _tell("  〈" + " › ".join(above) + "〉")
    all_found = len(one.found) == len(one.headings)
    rows = []
    for n, line in enumerate(one.headings):
        hit = n in one.found
        spans = spans_of(text)(line.heading) if hit else ()
        indent = "> " if hit and not all_found else "  "
        rows.append(_row(line, spans, indent=indent, place=f":{line.line}"))
    _print(rows, aligned=True)


def _row(
    line: HeadingLine,
    spans: Iterable[Span],
    *,
    note: str = "",
    indent: str = "",
    place: str | None = None,
) -> _Row:
    """Part a heading into its marker and its wording."""
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


def _print(given: Iterable[_Row], *, aligned: bool = False) -> None:
    """Print rows in two columns; `aligned` also puts their markers in one."""
    rows = list(given)
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
        places = min(max(cells(row.place) for row in rows), max(across // 3, across - widest - 2))
    room = min(widest, PIPED if across is None else across - places - 2)
    for row in rows:
        lead = row.indent + " " * max(0, marker - cells(row.marker)) + row.marker
        for line in _lines(row, lead, room, across is not None, places):
            echo(line)


def _lines(row: _Row, lead: str, room: int, cut: bool, places: int) -> Iterator[str]:
    """Set a row: its place on the first line, what does not fit beside it on the next ones."""
    note = "  " + style(row.note, fg="cyan") if row.note else ""
    before = cells(lead)
    beside = 2 + cells(row.note) if row.note else 0
    width = max(16, room - before - beside)
    parts = [Span(0, len(row.text))]
    if cut and (2 * len(row.text) > width and cells(row.text) > width):
        parts = list(wrap(row.text, width=width))
    for n, part in enumerate(parts[:MOST_LINES]):
        more = "…" if n == MOST_LINES - 1 and len(parts) > MOST_LINES else ""
        shown = _highlighted(row.text, row.spans, part) + more
        if n:
            yield " " * before + shown
            continue
        used = before + cells(row.text[part.start : part.end]) + beside
        place = end_of(row.place, places) if cut else row.place
        space = " " * (max(0, room - used) + 2 + max(0, places - cells(place)))
        yield lead + shown + note + space + style(place, dim=True)


def _number(count: int) -> str:
    return ngettext("{n} heading", "{n} headings", count).format(n=count)


def _tell(text: str) -> None:
    """Say something about the list, quietly."""
    secho(text, dim=True)
