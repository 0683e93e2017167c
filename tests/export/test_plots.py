"""Pictures: what stands where tells the values, and nothing is over anything else."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.errors import RequestError
from lianzheng_search.export.plots.charts import (
    Strip,
    over_time,
    round_ticks,
    strips,
    theme_map,
    write_plot,
)
from lianzheng_search.text.width import cells

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text("担当责任 &<>\"'\x00\x1b\ud800意识", min_size=1, max_size=40)
VALUES = st.floats(0, 1e6, allow_subnormal=False)
PLACES = st.sets(st.integers(0, 10**6), max_size=30)
YEARS = st.dictionaries(st.integers(1921, 2025).map(str), VALUES, min_size=1, max_size=30)


def parsed(svg: str) -> ElementTree.Element:
    """Read an SVG back; what no file could hold would raise."""
    assert not re.search(r"<script|href|url\(", svg)
    return ElementTree.fromstring(svg.encode("utf-8"))


def texts(root: ElementTree.Element) -> list[tuple[float, float, str, ElementTree.Element]]:
    """List the texts that stand upright, each with its place."""
    return [
        (float(e.get("x", 0)), float(e.get("y", 0)), e.text or "".join(e.itertext()), e)
        for e in root.iter(SVG + "text")
        if "transform" not in e.attrib
    ]


def assert_apart(root: ElementTree.Element) -> None:
    """No text lies over another, and all are inside of the picture."""
    _x, _y, width, height = map(float, root.get("viewBox", "").split())
    boxes = []
    for x, y, _text, element in texts(root):
        title = element.find(SVG + "title")
        shown = (title.tail if title is not None else element.text) or ""
        size = float(element.get("font-size", root.get("font-size", "")))
        wide = cells(shown) * size / 2
        left = x - wide * {"end": 1, "middle": 0.5}.get(element.get("text-anchor", ""), 0)
        assert -1 <= left <= left + wide <= width + 1, shown
        assert 0 < y < height, shown
        boxes.append((left, left + wide, y - size * 0.8, y))
    for (left, right, top, bottom), other in combinations(boxes, 2):
        beside = right <= other[0] or other[1] <= left
        assert beside or bottom <= other[2] or other[3] <= top


@given(st.dictionaries(NAMES, YEARS, min_size=1, max_size=60), NAMES)
def test_heights_are_proportional_to_values(series, title):
    """A dot stands as high over the axis as its value, and as far along it as its period."""
    root = parsed(
        over_time({n: list(v.items()) for n, v in series.items()}, title=title, unit="次")
    )
    most = round_ticks(max(value for points in series.values() for value in points.values()))[-1]
    groups = [list(g.iter(SVG + "circle")) for g in root.iter(SVG + "g")]
    years = sorted({int(year) for points in series.values() for year in points})
    lines = [e for e in root.iter(SVG + "line") if e.get("stroke-opacity") is None]
    ys = [float(line.get("y1", 0)) for line in lines if line.get("y1") == line.get("y2")]
    bottom, top = max(ys), min(ys)
    xs = {}
    for dots, points in zip(groups, series.values(), strict=True):
        for dot, (year, value) in zip(dots, sorted(points.items()), strict=True):
            height = (bottom - float(dot.get("cy", 0))) / (bottom - top)
            assert height == pytest.approx(value / most, abs=1e-3)
            assert xs.setdefault(int(year), dot.get("cx")) == dot.get("cx")
    along = [(year, float(xs[year])) for year in years]
    if len(along) > 1:
        unit = (along[-1][1] - along[0][1]) / (along[-1][0] - along[0][0])
        for year, x in along:
            assert x - along[0][1] == pytest.approx((year - along[0][0]) * unit, abs=0.02)


@given(st.dictionaries(st.text("担当责任", min_size=1, max_size=30), YEARS, max_size=60))
def test_labels_of_lines_stand_apart(series):
    """However many lines end at one place."""
    points = {name: list(values.items()) for name, values in series.items()}
    assert_apart(parsed(over_time(points, title="图", unit="次")))


@given(st.sets(st.integers(0, 40), min_size=1), st.booleans())
def test_a_line_is_broken_where_periods_are_missing(at, monthly):
    """Only neighbours are joined."""
    names = [f"{2013 + n // 12}-{n % 12 + 1:02}" if monthly else str(1980 + n) for n in sorted(at)]
    root = parsed(over_time({"担当": [(name, 1.0) for name in names]}, title="图", unit="次"))
    curve = next(g for g in root.iter(SVG + "g")).find(SVG + "path")
    assert curve is not None
    moves = "".join(re.findall("[ML]", curve.get("d", "")))
    # a year's name has no month: 12 apart are neighbours, unless months are given, too
    joined = [b - a == 1 for a, b in pairwise(sorted(at))]
    assert moves == "M" + "".join("L" if one else "M" for one in joined)


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_strips_and_maps_keep_their_labels_apart(count):
    """However many rows there are, and however long the names."""
    names = [f"在XX县第{n}次会议上的讲话" + "（补充）" * (n % 9) for n in range(count)]
    rows = [Strip(label=name, length=90, at=range(n)) for n, name in enumerate(names)]
    assert_apart(parsed(strips(rows, title="担当" * 80)))
    for columns in (names, names[:2]):
        values = [[n / 7 for n in range(len(columns))] for _name in names]
        assert_apart(parsed(theme_map(names, columns, values, title="图")))


@given(st.lists(st.tuples(NAMES, st.integers(1, 10**6), PLACES), min_size=1, max_size=20))
def test_a_hit_stands_where_it_is_in_the_text(rows):
    """A line's place in its strip is the hit's place in the text."""
    told = [
        Strip(label=name, length=length, at=sorted({at % length for at in hits}))
        for name, length, hits in rows
    ]
    groups = list(parsed(strips(told, title="图")).iter(SVG + "g"))
    for group, row in zip(groups, told, strict=True):
        box, path = group.find(SVG + "rect"), group.find(SVG + "path")
        assert box is not None
        places = re.findall(r"M([\d.]+)", path.get("d", "") if path is not None else "")
        left, width = float(box.get("x", 0)), float(box.get("width", 0))
        assert [(float(x) - left) / width for x in places] == pytest.approx(
            [at / row.length for at in row.at], abs=1e-3
        )
        assert group.findall(SVG + "text")[1].text == str(len(row.at))


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_larger_a_value_the_darker_its_cell(values):
    """Cells are ordered by shade as by value, and hold their values."""
    names = [str(n) for n in range(len(values))]
    root = parsed(theme_map(names, ["甲", "乙", "丙"], values, title="图"))
    boxes = [box.get("fill", "") for box in root.iter(SVG + "rect")]
    flat = [value for row in values for value in row]
    ordered = [shade for _value, shade in sorted(zip(flat, boxes, strict=True))]
    lights = [int(shade[1:3], 16) for shade in ordered]
    assert lights == sorted(lights, reverse=True)


@given(NAMES)
def test_names_come_back_as_they_were(name):
    """All that XML can hold is escaped, the rest dropped."""
    legal = re.sub("[\x00\x1b\ud800]", "", name)
    root = parsed(strips([Strip(label=name, length=3, at=[1])], title=name))
    assert root.findtext(SVG + "title") == legal
    group = next(g for g in root.iter(SVG + "g"))
    assert (group.findtext(SVG + "title") or "").startswith(legal)


@given(st.floats(0, 1e12))
def test_ticks_are_round_and_cover(most):
    """An axis has three to seven ticks, from zero to at least the largest value."""
    ticks = round_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most * (1 - 1e-9)
    assert 3 <= len(ticks) <= 7


def test_a_plot_is_written_whole_or_not_at_all(tmp_path: Path):
    """As it is, or in a page; never over a file but by force."""
    svg = strips([Strip(label="甲 & 乙", length=3, at=[1])], title="担当 < 责任")
    write_plot(svg, tmp_path / "a.svg", force=False)
    assert (tmp_path / "a.svg").read_text("utf-8") == svg
    write_plot(svg, tmp_path / "a.html", force=False)
    page = (tmp_path / "a.html").read_text("utf-8")
    assert svg in page
    assert "<title>担当 &lt; 责任</title>\n<style>" in page
    with pytest.raises(RequestError, match="exists already"):
        write_plot("<svg/>", tmp_path / "a.svg", force=False)
    write_plot("<svg/>", tmp_path / "a.svg", force=True)
    assert (tmp_path / "a.svg").read_text("utf-8") == "<svg/>"
    for name in ("a.png", "none/a.svg"):
        with pytest.raises(RequestError):
            write_plot(svg, tmp_path / name, force=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.html", "a.svg"]
