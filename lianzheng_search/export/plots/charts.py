"""Numbers -> pictures: SVG with real text, which needs no font file, no script and no network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import RequestError
from ...files.whole_files import check_free, whole_file
from ...messages import _, ngettext
from ...model import Value
from ...text.width import shorten
from .svg import (
    FAINT,
    GROUND,
    INK,
    MARGIN,
    QUIET,
    SMALL,
    WIDTH,
    number_text,
    short_number,
    svg_box,
    svg_element,
    svg_line,
    svg_picture,
    svg_text,
    svg_title,
    width_of,
)

COLOURS = (
    "#2f6b9a", "#c0603a", "#4f8a5b", "#8a6fa8", "#b08a2e", "#3f9393", "#a8566b", "#6b6b6b",
)  # fmt: skip
DASHES = ("", "6 3", "2 3", "8 3 2 3")
"""Patterns of dashes that tell lines apart once the colours have been gone through."""
DARKEST = (33, 92, 140)
"""The colour of the largest value of a map; zero is white."""
HEAD = 64
"""Height of the head of a picture, above what it shows, in units of the SVG."""
ROW, CELL, LINE, INSET = 22, 28, 18, 10
"""Heights of a strip, of a cell of a map and of a label; distance of a curve from its frame."""
LABEL, WIDE_LABEL = 28, 40
"""Maximum width of a name, and of a name beside a strip, in cells."""
SLANT = 0.71
"""Height and width of a text turned by 45 degrees, as a share of its length."""
PERIOD = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2]))?")
TICKS = 12
TINY = 1e-9
"""Value below which a maximum counts as zero."""
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12000)
"""Numbers of months that may lie between the ticks of an axis, the fewest for TICKS ticks."""
PAGE = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: #fff; }}
svg {{ display: block; width: 100%; height: auto; }}
@media print {{ @page {{ margin: 12mm; }} body {{ margin: 0; padding: 0; max-width: none; }} }}
</style>
</head>
<body>
{svg}</body>
</html>
"""


class Strip(Value, frozen=True):
    """A text of `length` characters, what it is called, and where in it the hits are."""

    label: str
    length: int
    at: Sequence[int]


def over_time(series: Mapping[str, Sequence[tuple[str, float]]], *, title: str, unit: str) -> str:
    """
    Draw named series over time: a point for each period, lines between neighbouring ones.

    A period is a year, 2013, or a month, 2013-05; where a series has none, or a value that is no
    number, its line is broken. Periods that are neither stand side by side in the order given.
    Values are in `unit`, their axis begins at zero; each line is labelled at its end.

    >>> over_time({"担当": [("2013", 2.0), ("2014", 4.0)]}, title="担当", unit="次")[:26]
    '<svg xmlns="http://www.w3.'
    """
    axis = _time_axis(dict.fromkeys(p for points in series.values() for p, _value in points))
    known = {
        name: sorted((axis.places[p], value) for p, value in points if math.isfinite(value))
        for name, points in series.items()
    }
    marks = round_ticks(
        max([value for points in known.values() for _p, value in points], default=0)
    )
    labels = {name: shorten(name, width=LABEL) for name in series}
    top, height = HEAD + 26, max(280, LINE * len(series))
    left = MARGIN + 12 + max(width_of(number_text(value), SMALL) for value in marks)
    right = WIDTH - MARGIN - 20 - max([width_of(label) for label in labels.values()], default=0)
    frame = _Frame(left, top, right, top + height, axis.first, axis.last, marks[-1])
    drawn = [svg_text(left, top - 14, unit, size=SMALL, fill=QUIET), *_grid(frame, marks, axis)]
    ends = {name: frame.y(points[-1][1]) for name, points in known.items() if points}
    beside = _apart(ends, top, top + height)
    for n, (name, points) in enumerate(known.items()):
        colour, dash = COLOURS[n % len(COLOURS)], DASHES[n // len(COLOURS) % len(DASHES)]
        drawn.append(_curve(name, points, frame, axis.step, colour, dash))
        if points:
            x, y = frame.x(points[-1][0]), beside[name]
            drawn += [
                svg_line(x + 5, ends[name], right + 6, y, colour, opacity=0.35),
                svg_text(right + 10, y + 4, labels[name], fill=colour, weight="bold"),
            ]
    told = "; ".join(
        f"{name}: " + ", ".join(f"{period} {number_text(value)}" for period, value in points)
        for name, points in series.items()
    )
    return svg_picture(drawn, title, told, top + height + 44)


class _TimeAxis(Value, frozen=True, kw_only=True):
    """Where periods stand, `step` apart if they are neighbours, and the names along the axis."""

    places: Mapping[str, float]
    step: float
    ticks: Sequence[tuple[float, str]]

    @property
    def first(self) -> float:
        return min(self.places.values(), default=0)

    @property
    def last(self) -> float:
        return max(self.places.values(), default=0)


def _time_axis(periods: Iterable[str]) -> _TimeAxis:
    dates = {period: PERIOD.fullmatch(period) for period in periods}
    if not dates or not all(dates.values()):
        order = {period: float(n) for n, period in enumerate(dates)}
        named = [(place, shorten(period, width=10)) for period, place in order.items()]
        return _TimeAxis(places=order, step=1, ticks=named[:: len(named) // TICKS + 1])
    places = {p: 12.0 * int(d[1]) + int(d[2] or 1) - 1 for p, d in dates.items() if d}
    first, last = int(min(places.values())), int(max(places.values()))
    step = 1 if any(d and d[2] for d in dates.values()) else 12
    wide = next((s for s in MONTHS if s >= step and (last - first) // s < TICKS), MONTHS[-1])
    ticks = [
        (float(month), f"{month // 12}" + (f"-{month % 12 + 1:02}" if wide < 12 else ""))
        for month in range(first + -first % wide, last + 1, wide)
    ]
    return _TimeAxis(places=places, step=step, ticks=ticks or [(float(first), min(places))])


class _Frame(NamedTuple):
    """The area of a graph, and how places and values become points in it."""

    left: float
    top: float
    right: float
    bottom: float
    first: float
    last: float
    most: float

    def x(self, place: float) -> float:
        room = self.right - self.left - 2 * INSET
        # a single period stands in the middle: there is no width to divide by
        if self.last == self.first:
            return self.left + INSET + room / 2
        return self.left + INSET + room * (place - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.most


def round_ticks(most: float) -> list[float]:
    """
    Choose three to six round numbers from zero up to at least `most`.

    >>> round_ticks(37), round_ticks(0.8)
    ([0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 0.2, 0.4, 0.6, 0.8])
    >>> round_ticks(0)
    [0.0, 0.5, 1.0]
    """
    if most < TINY:
        return [0.0, 0.5, 1.0]
    power = 10.0 ** math.floor(math.log10(most)) / 10
    # 1, 2 and 5 of a power of ten are what people expect on an axis
    step = next(power * k for k in (1, 2, 5, 10, 20, 50) if most <= power * k * 5 * (1 + 1e-9))
    count = math.ceil(most / step * (1 - 1e-9))
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(step * n, digits) for n in range(max(2, count) + 1)]


def _grid(frame: _Frame, marks: Sequence[float], axis: _TimeAxis) -> Iterator[str]:
    for value in marks:
        y = frame.y(value)
        yield svg_line(frame.left, y, frame.right, y, FAINT if value else QUIET)
        yield svg_text(
            frame.left - 8, y + 4, number_text(value), size=SMALL, fill=QUIET, anchor="end"
        )
    for place, name in axis.ticks:
        x = frame.x(place)
        yield svg_line(x, frame.bottom, x, frame.bottom + 5, QUIET)
        yield svg_text(x, frame.bottom + 20, name, size=SMALL, fill=QUIET, anchor="middle")


def _curve(
    name: str,
    points: Sequence[tuple[float, float]],
    frame: _Frame,
    step: float,
    colour: str,
    dash: str,
) -> str:
    """Draw one series: a dot a value, and a line through those of neighbouring periods."""
    path, dots, before = "", "", None
    for place, value in points:
        x, y = short_number(frame.x(place)), short_number(frame.y(value))
        path += f"{'L' if before is not None and place - before <= step else 'M'}{x} {y}"
        dots += svg_element("circle", cx=x, cy=y, r="2.6", fill=colour)
        before = place
    line = svg_element(
        "path", d=path, fill="none", stroke=colour, stroke_width="1.8", stroke_dasharray=dash,
        stroke_linejoin="round",
    )  # fmt: skip
    return svg_element("g", svg_title(name) + (line if path else "") + dots)


def _apart(wanted: Mapping[str, float], top: float, bottom: float) -> dict[str, float]:
    """Move labels up and down until none is over another, each near where it is wanted."""
    names = sorted(wanted, key=lambda name: wanted[name])
    places: dict[str, float] = {}
    free = top
    for name in names:
        places[name] = free = max(free, wanted[name])
        free += LINE
    limit = bottom
    # the way down may have pushed the lowest out of the frame: back up from the bottom
    for name in reversed(names):
        places[name] = min(places[name], limit)
        limit = places[name] - LINE
    return places


def strips(rows: Sequence[Strip], *, title: str) -> str:
    """
    Draw a strip for each text, from its beginning to its end, a thin line for each hit.

    The strips are of one width, whatever the texts' lengths; the number of hits is at the right.

    >>> strips([Strip(label="讲话", length=100, at=[0, 50])], title="担当").count("<rect")
    1
    """
    label_room = max([width_of(shorten(row.label, width=WIDE_LABEL)) for row in rows], default=0)
    count_room = max([width_of(str(len(row.at))) for row in rows], default=0)
    left, right = MARGIN + label_room + 14, WIDTH - MARGIN - count_room - 14
    drawn = []
    for n, row in enumerate(rows):
        top = HEAD + ROW * n
        label = shorten(row.label, width=WIDE_LABEL)
        hits = ngettext("{n} hit", "{n} hits", len(row.at)).format(n=len(row.at))
        parts = [
            svg_title(f"{row.label}: {hits}"),
            svg_text(left - 14, top + 15, label, anchor="end"),
            svg_box(left, top + 3, right - left, ROW - 6, "#f3f3f1"),
        ]
        if row.at:
            places = (left + (right - left) * at / max(1, row.length) for at in sorted(row.at))
            # one path for all hits: an element each would make the file several times as large
            path = "".join(f"M{short_number(x)} {top + 3}v{ROW - 6}" for x in places)
            parts.append(svg_element("path", d=path, stroke=COLOURS[1], stroke_width="1.2"))
        parts.append(svg_text(WIDTH - MARGIN, top + 15, str(len(row.at)), fill=QUIET, anchor="end"))
        drawn.append(svg_element("g", "".join(parts)))
    bottom = HEAD + ROW * len(rows)
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = left + (right - left) * share
        drawn.append(svg_line(x, bottom + 2, x, bottom + 7, QUIET))
        drawn.append(
            svg_text(x, bottom + 22, f"{share:.0%}", size=SMALL, fill=QUIET, anchor="middle")
        )
    told = "; ".join(f"{row.label}: {len(row.at)}" for row in rows)
    return svg_picture(drawn, title, told, bottom + 40)


def theme_map(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], *, title: str
) -> str:
    """
    Draw a table of values, each cell the darker the larger its value, which stands in it.

    `values` are a sequence a row; what is no number is left blank. White is zero, the darkest
    cell has the largest value of all.

    >>> theme_map(["家风家教"], ["一、", "二、"], [[3, 0]], title="主题").count("<rect")
    2
    """
    names = [shorten(name, width=LABEL) for name in columns]
    left = MARGIN + 14 + max([width_of(shorten(row, width=LABEL)) for row in rows], default=0)
    wide = min(220.0, max(38.0, (WIDTH - MARGIN - left) / max(1, len(columns))))
    slanted = any(width_of(name) > wide - 6 for name in names)
    longest = max([width_of(name) for name in names], default=0)
    top = HEAD + (longest * SLANT + 16 if slanted else 24)
    across = left + wide * len(columns) + (longest * SLANT if slanted else 0)
    drawn = []
    for n, (name, whole) in enumerate(zip(names, columns, strict=True)):
        middle = left + wide * (n + 0.5)
        drawn.append(
            svg_text(middle, top - 8, name, fill=QUIET, told=whole, turned=True)
            if slanted
            else svg_text(middle, top - 8, name, fill=QUIET, told=whole, anchor="middle")
        )
    most = max([v for row in values for v in row if math.isfinite(v)], default=0)
    for n, (name, numbers) in enumerate(zip(rows, values, strict=True)):
        y = top + CELL * n
        label = shorten(name, width=LABEL)
        drawn.append(svg_text(left - 12, y + 18, label, anchor="end", told=name))
        drawn += [
            _cell(left + wide * k, y, wide, value, most, f"{name} · {columns[k]}: ")
            for k, value in enumerate(numbers)
        ]
    told = "; ".join(
        f"{row}: " + ", ".join(map(number_text, numbers))
        for row, numbers in zip(rows, values, strict=True)
    )
    return svg_picture(
        drawn, title, told, top + CELL * len(rows) + MARGIN, max(WIDTH, across + MARGIN)
    )


def _cell(x: float, y: float, wide: float, value: float, most: float, told: str) -> str:
    if not math.isfinite(value):
        return svg_box(x + 1, y + 1, wide - 2, CELL - 2, GROUND)
    share = max(0.0, value) / most if most > 0 else 0.0
    shade = [round(255 - (255 - dark) * share) for dark in DARKEST]
    # dark ink could not be read on the darker half
    ink = GROUND if share > 0.55 else INK if value else "#b5b5b5"
    number = svg_text(
        x + wide / 2, y + 17.5, number_text(value), size=12, fill=ink, anchor="middle"
    )
    box = svg_box(x + 1, y + 1, wide - 2, CELL - 2, "#{:02x}{:02x}{:02x}".format(*shade))
    return svg_element("g", svg_title(told + number_text(value)) + box + number)


def check_plot(file: Path, *, force: bool) -> None:
    """Raise RequestError where `write_plot` would, before what is to be drawn is counted."""
    if file.suffix.lower() not in (".svg", ".html"):
        raise RequestError(
            _("{file}: a plot is written as .svg or .html. Name such a file").format(file=file)
        )
    # before the counting, which may take long: the user hears at once that it was in vain
    check_free(file, force=force)
    if not file.parent.is_dir():
        raise RequestError(
            _("{file}: there is no folder {folder}. Make it, or name another file").format(
                file=file, folder=file.parent
            )
        )


def write_plot(svg: str, file: Path, *, force: bool) -> None:
    """
    Write a picture, whole or not at all: .svg as it is, .html as a page around it.

    An existing file is replaced only with `force`.
    """
    check_plot(file, force=force)
    title = svg.partition("<title>")[2].partition("</title>")[0]
    with whole_file(file, bom=False) as out:
        page = file.suffix.lower() == ".html"
        out.write(PAGE.format(title=title, svg=svg) if page else svg)
