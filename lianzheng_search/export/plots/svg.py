"""Shapes and texts -> the elements of an SVG, escaped, so that no text can end one or begin one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from ...text.characters import UNPRINTABLE
from ...text.width import cells, shorten

FONTS = (
    "'Microsoft YaHei', 'PingFang SC', 'Hiragino Sans GB', 'Noto Sans CJK SC',"
    " 'Source Han Sans SC', 'WenQuanYi Micro Hei', 'WenQuanYi Zen Hei', SimHei, sans-serif"
)
"""Chinese fonts of Windows, macOS and Linux: the reader's machine has one of them."""
INK, QUIET, FAINT, GROUND = "#222222", "#6f6f6f", "#e3e3e3", "#ffffff"
WIDTH, MARGIN = 960, 24
TITLE_SIZE, SIZE, SMALL = 18, 13, 11


def svg_picture(
    drawn: Iterable[str], title: str, told: str, height: float, width: float = WIDTH
) -> str:
    """Return an SVG of what is drawn, of a size in units, with its title and description."""
    head = svg_title(title) + svg_element("desc", _escaped(told))
    shown = shorten(title, width=int(2 * (width - 2 * MARGIN) / TITLE_SIZE))
    heading = svg_text(MARGIN, 38, shown, size=TITLE_SIZE, weight="bold")
    ground = svg_element(
        "path", d=f"M0 0H{short_number(width)}V{short_number(height)}H0Z", fill=GROUND
    )
    root = svg_element(
        "svg",
        "\n".join(["", head, ground, heading, *drawn, ""]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {short_number(width)} {short_number(height)}",
        role="img",
        font_family=FONTS,
        font_size=str(SIZE),
    )
    return root + "\n"


def svg_element(name: str, content: str = "", **attributes: str) -> str:
    """Write an element; attributes that are empty are left out, _ stands for -."""
    listed = "".join(
        f" {key.replace('_', '-')}={quoteattr(_legal(value), {chr(34): '&quot;'})}"
        # quoted with care: names come from files and queries, and a browser runs what is in an SVG
        for key, value in attributes.items()
        if value
    )
    return f"<{name}{listed}>{content}</{name}>" if content else f"<{name}{listed}/>"


def svg_title(text: str) -> str:
    """Write what a browser shows while the pointer rests on an element."""
    return svg_element("title", _escaped(text))


def svg_text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = SIZE,
    fill: str = INK,
    anchor: str = "",
    weight: str = "",
    told: str = "",
    turned: bool = False,
) -> str:
    """Set a line of text; `told` is what it is short for."""
    place = {"transform": f"translate({short_number(x)} {short_number(y)}) rotate(-45)"}
    if not turned:
        place = {"x": short_number(x), "y": short_number(y)}
    content = (svg_title(told) if told and told != text else "") + _escaped(text)
    return svg_element(
        "text", content, **place, fill=fill, font_size="" if size == SIZE else str(size),
        text_anchor=anchor, font_weight=weight,
    )  # fmt: skip


def svg_line(
    x1: float, y1: float, x2: float, y2: float, colour: str, *, opacity: float | None = None
) -> str:
    """Draw a straight line between two points."""
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    places = {name: short_number(value) for name, value in ends.items()}
    see_through = "" if opacity is None else str(opacity)
    return svg_element("line", **places, stroke=colour, stroke_opacity=see_through)


def svg_box(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Fill a rectangle with rounded corners."""
    sides = {"x": x, "y": y, "width": width, "height": height}
    places = {name: short_number(value) for name, value in sides.items()}
    return svg_element("rect", **places, fill=fill, rx="1.5")


def width_of(text: str, size: float = SIZE) -> float:
    """Measure a text as drawn: a Han character is as wide as it is high, a Latin one narrower."""
    return cells(text) * size * 0.56


def number_text(value: float) -> str:
    """
    Write a number with as many decimals as tell something.

    >>> [number_text(value) for value in (3.0, 0.25, 12.345, 1200, float("nan"))]
    ['3', '0.25', '12.3', '1200', '–']
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{1 if abs(value) >= 10 else 2}f}".rstrip("0").rstrip(".")
    if text in ("0", "-0") and value:
        return f"{value:.1g}"
    return text.replace("-0", "0") if text == "-0" else text


def short_number(value: float) -> str:
    """Write a coordinate, in units of the SVG."""
    # to a hundredth of a unit: more is not seen, and makes the file twice as long
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _legal(text: str) -> str:
    """Drop what no XML may hold."""
    # a single such character would make the whole picture no XML
    return UNPRINTABLE.sub("", text)


def _escaped(text: str) -> str:
    return escape(_legal(text))
