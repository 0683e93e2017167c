"""Headings: how numbers nest and fail, several lines on one, and the real reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import shared, speech
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

import lianzheng_search
from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import CleanText, Line, Speech
from lianzheng_search.reading.read import Unreadable, read_file
from lianzheng_search.structure.numbering import DOUBLED, LATE, SKIPPED, Number, nest
from lianzheng_search.structure.parse import outline, parse
from lianzheng_search.text.characters import BLANK
from lianzheng_search.text.numerals import marker_rank, read_marker

CHAPTERS = (-3, -2, -1)
RANKS = st.sets(st.sampled_from([*CHAPTERS, 1, 2, 3, 4, 5]), min_size=1, max_size=4).map(sorted)


@st.composite
def numberings(draw: Any) -> list[tuple[int, int, int]]:
    """Draw numbers that count on by one inside those above: (rank, number, series)."""
    ranks = draw(RANKS)
    series = 0
    found: list[tuple[int, int, int]] = []

    def fill(depth: int) -> None:
        nonlocal series
        series += 1
        own = series
        for number in range(1, draw(st.integers(1 if depth == 0 else 2, 4)) + 1):
            found.append((ranks[depth], number, own))
            if depth + 1 < len(ranks) and draw(st.booleans()):
                fill(depth + 1)

    fill(0)
    return found


def placed(numbers: list[tuple[int, int, int]]) -> list[Any]:
    return nest([Number(rank, number) for rank, number, _series in numbers])


@given(numberings())
def test_numbers_that_count_on_have_no_fault(numbers):
    """Each number is in its series, on the level of its marker below the chapters that occur."""
    shift = len({rank for rank, _number, _series in numbers if rank in CHAPTERS})
    places = placed(numbers)
    assert not [place for place in places if place.message]
    ours = [place.series for place in places]
    theirs = [series for _rank, _number, series in numbers]
    assert [ours.index(own) for own in ours] == [theirs.index(own) for own in theirs]
    for (rank, _number, _series), place in zip(numbers, places, strict=True):
        if rank > 0:
            assert place.level == rank + shift
        else:
            assert 1 <= place.level <= shift


@given(numberings(), st.data())
def test_a_wrong_number_is_one_fault_where_it_stands(numbers, data):
    """
    A number printed wrong, or left out with all below it, is told once, and no other is.

    But for a number printed twice: the one that it displaced is told missing where the next is.
    """
    inner = [
        i
        for i, (_rank, number, series) in enumerate(numbers)
        if number > 2 and any(own == series and later > number for _r, later, own in numbers)
    ]
    assume(inner)
    i = data.draw(st.sampled_from(inner))
    rank, number, series = numbers[i]
    fault = data.draw(st.sampled_from([DOUBLED, SKIPPED, "left out"]))
    if fault == "left out":
        end = next(j for j in range(i + 1, len(numbers)) if numbers[j][2] == series)
        changed, at, fault = [*numbers[:i], *numbers[end:]], i, SKIPPED
    else:
        wrong = number - 1 if fault == DOUBLED else number + 2
        changed, at = [*numbers[:i], (rank, wrong, series), *numbers[i + 1 :]], i
    places = placed(changed)
    expected = [(at, fault)]
    if fault == DOUBLED:
        expected.append(
            (next(j for j in range(i + 1, len(changed)) if changed[j][2] == series), SKIPPED)
        )
    assert [(j, p.message) for j, p in enumerate(places) if p.message] == expected
    assert (places[at].level, places[at].expected) == (placed(numbers)[i].level, number)


def test_a_series_that_starts_late_is_told():
    """The first number of all is not 1; what follows it counts on."""
    assert [p.message for p in placed([(1, 2, 1), (1, 3, 1), (2, 2, 2)])] == [LATE, None, LATE]


@pytest.mark.parametrize("marker", ["一、", "十一．", "（二）", "3.", "(4)", "5）", "㈥", "⑺", "⑧"])
def test_a_marker_is_read_back(marker):
    """What is read as a marker is one when it stands alone, and not inside a text."""
    read = read_marker(marker + "把灯点亮")
    assert read is not None
    assert read.text == marker
    assert marker_rank(marker) == read.rank > 0
    assert read_marker("把" + marker) is None


CLAUSES = st.sampled_from(
    ["把灯点亮", "把路看清", "把门守牢", "干部要干净", "群众在看", "常扫常新", "XX要管好"]
)
LONG = "灯要常添油，路要常清扫，门要常上锁。" * 20
PARAGRAPHS = st.lists(
    st.one_of(
        st.lists(CLAUSES, min_size=2, max_size=6).map("，".join).map("{}。".format),
        st.lists(CLAUSES, min_size=2, max_size=3).map(
            lambda points: "".join(f"{'一二三'[n]}是{p}。" for n, p in enumerate(points))
        ),
    ),
    min_size=2,
    max_size=4,
)


@st.composite
def speeches(draw: Any) -> list[str]:
    """Draw a speech of the genre, a line each."""
    lines = ["在云岭县例会上的讲话", "（2024年3月8日）", "同志们：", LONG, *draw(PARAGRAPHS)]
    own_line = draw(st.booleans())

    def section(marker: str) -> None:
        heading = f"{marker}{draw(CLAUSES)}"
        body = draw(PARAGRAPHS)
        lines.extend([heading, *body] if own_line else [f"{heading}。{body[0]}", *body[1:]])

    for number in "一二三四"[: draw(st.integers(2, 4))]:
        section(f"{number}、")
        for inner in "一二三"[: draw(st.sampled_from([0, 0, 2, 3]))]:
            section(f"（{inner}）")
    return [*lines, *draw(PARAGRAPHS), "谢谢大家！"]


def told(parsed: Speech) -> list[Any]:
    return [
        (p.kind, p.point, [(s.level, s.number, s.heading) for s in p.sections], p.text.strip(BLANK))
        for p in parsed.passages
    ]


@given(speeches(), st.sampled_from(["　　", "    ", "\t\t", "　　　"]))
def test_a_speech_on_one_line_is_that_speech(lines, joint):
    """Sections, points and passages are those of the same speech with a line for each."""
    apart, joined = speech("\n".join(lines)), speech(joint.join(["", *lines]))
    assert told(joined) == told(apart)
    assert joined.info == apart.info
    assert [p.message for p in joined.problems] == [p.message for p in apart.problems]


@given(speeches())
def test_headings_are_found_where_single_blanks_join_the_lines(lines):
    """The headings are the same, for a blank inside of a line is rare in Chinese."""
    apart, joined = speech("\n".join(lines)), speech(" ".join(lines))
    assert [one for one in told(joined) if one[0] == "heading"] == [
        one for one in told(apart) if one[0] == "heading"
    ]


def formatted(lines: list[str], headings: dict[int, int]) -> Speech:
    numbered = tuple(Line(n, text) for n, text in enumerate(lines, start=1))
    return parse(CleanText(path="a.docx", encoding="", lines=numbered, headings=headings))


def sections(parsed: Speech) -> list[tuple[int, int, int | None, str]]:
    own = [p.sections[-1] for p in parsed.passages if p.kind == "heading"]
    return [(s.line, s.level, s.number, s.heading) for s in own]


def test_a_format_names_headings_that_have_no_number():
    """Levels differ as those of the format do, whichever it starts with."""
    lines = ["在云岭县例会上的讲话", "同志们：", "情况", "不错。", "做法", "抓学", "学了。", "打算"]
    expected = [
        (3, 1, None, "情况"),
        (5, 1, None, "做法"),
        (6, 2, None, "抓学"),
        (8, 1, None, "打算"),
    ]
    for first in (1, 2, 4):
        levels = {3: first, 5: first, 6: first + 1, 8: first}
        assert sections(formatted(lines, levels)) == expected


def test_headings_of_a_format_stand_beside_the_numbered_ones_of_their_level():
    """结语 in the style of （一） is level 2; the line that lost its number is told as that."""
    lines = ["前言", "一、甲", "（一）子", "细目", "二、乙", "丙", "正文。", "四、丁", "结语"]
    levels = {1: 2, 2: 2, 3: 3, 4: 3, 5: 2, 6: 2, 8: 2, 9: 2}
    parsed = formatted(
        ["在云岭县例会上的讲话", "同志们：", *lines], {n + 2: v for n, v in levels.items()}
    )
    assert [(line - 2, level, text) for line, level, _number, text in sections(parsed)] == [
        (1, 1, "前言"),
        (2, 1, "一、甲"),
        (3, 2, "（一）子"),
        (4, 2, "细目"),
        (5, 1, "二、乙"),
        (6, 1, "丙"),
        (8, 1, "四、丁"),
        (9, 1, "结语"),
    ]
    assert [problem.line for problem in parsed.problems] == [8]
    assert [node.heading for node in outline(parsed) if node.fault == "lost"] == ["丙"]


def test_a_format_does_not_make_a_heading_of_a_paragraph():
    """Whole paragraphs in a heading's style stay paragraphs; so does a list's lead."""
    parsed = formatted(
        ["在云岭县例会上的讲话", "同志们：", "灯要常添油，" * 30, "分工如下："], {3: 1, 4: 1}
    )
    assert sections(parsed) == []


def test_an_outline_names_each_fault():
    """The node at which a number fails says how, in one word."""
    text = "二、甲\n（一）子\n（一）丑\n三、乙\n五、丁\n四、丙\n一是学。三是做。"
    assert [(n.marker, n.fault) for n in outline(speech(text)) if n.fault] == [
        ("二、", "late"),
        ("（一）", "doubled"),
        ("五、", "skipped"),
        ("四、", "disordered"),
        ("三是", "skipped"),
    ]


def test_a_section_is_named_by_its_marker_on_whatever_level(tmp_path):
    """（二） is （二） below 第一部分 as well, and 第二部分 has a number of its own."""
    text = "第一部分 看\n一、甲\n（一）子\n灯。\n（二）丑\n油。\n第二部分 做\n二、乙\n芯。"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        for section, found in (
            ("（二）", [5, 6]),
            ("第二部分", [7, 8, 9]),
            ("一、", [2, 3, 4, 5, 6]),
        ):
            hits = corpus.search(section=section, limit=0, sort="corpus", with_variants=True).hits
            assert [hit.passage.line for hit in hits] == found


NUMBERED = (
    re.compile(r"[\s　]*([一二三四五六七八九十]+)、"),
    re.compile(r"[\s　]*[（(]([一二三四五六七八九十]+)[）)]"),
)
COUNT = ["", *"一二三四五六七八九十", *(f"十{n}" for n in "一二三四五六七八九"), "二十"]


def scanned(lines: list[str]) -> set[tuple[int, int, int]] | None:
    """Scan lines for 一、 and （一） at their starts; None where they do not count on by one."""
    found = set()
    last = [0, 0]
    for n, line in enumerate(lines, start=1):
        for depth, pattern in enumerate(NUMBERED):
            if match := pattern.match(line):
                last[depth] += 1
                last[depth + 1 :] = [0] * (1 - depth)
                if match[1] != COUNT[last[depth]]:
                    return None
                found.add((n, depth + 1, last[depth]))
    return found


def test_real_reports_have_the_headings_that_a_scan_finds():
    """
    Where a plain scan counts on by one, we find what it finds, with 0.99 or better.

    It differs from us in lists parted by ；, whose items we do not take for headings.
    """
    gold, ours = set(), set()
    documents = 0
    for file in sorted(shared("public/reports_1921_2025").glob("*.txt")):
        lines = file.read_text("utf-8").split("\n")
        marked = scanned(lines)
        if not marked:
            continue
        documents += 1
        gold |= {(file.name, *one) for one in marked}
        found = sections(speech("\n".join(lines)))
        ours |= {(file.name, *one[:3]) for one in found if one[1] <= 2}
    precision, recall = len(gold & ours) / len(ours), len(gold & ours) / len(gold)
    print(f"{documents} reports, {len(gold)} headings: {precision:.4f} right, {recall:.4f} found")
    assert documents >= 50
    assert precision >= 0.99, sorted(ours - gold)[:9]
    assert recall >= 0.99, sorted(gold - ours)[:9]


def shape(parsed: Speech) -> list[tuple[str, str | None, int | None, int | None]]:
    """Tell what of an outline must not depend on how the text came: kinds, levels, numbers."""
    return [
        (node.kind, node.marker if node.kind == "point" else None, node.level, node.number)
        for node in outline(parsed)
    ]


def variant(file: Path) -> Speech:
    try:
        return parse(clean(read_file(file, path=file.name), load_rules(None)))
    except Unreadable as unreadable:
        pytest.skip(f"not read here: {unreadable}")


@pytest.mark.parametrize("name", ["gwr2010", "gwr2024", "xi_qunzhong"])
@pytest.mark.parametrize(
    "kind", ["numbering_variant.txt", "markdown.txt", "oneline.txt", "heading_styles.docx"]
)
def test_real_variants_have_the_outline_of_their_gold(name, kind):
    """Other numbers, markdown, one line, Word's styles: the outline is that of the clean text."""
    folder = shared("messy")
    gold = variant(folder / "gold" / f"{name}.txt")
    assert shape(variant(folder / f"{name}.{kind}")) == shape(gold)


def test_real_reports_on_one_line_have_their_headings():
    """Each report, joined by the white space with which its paragraphs begin, has its headings."""
    for file in sorted(shared("public/reports_1921_2025").glob("*.txt")):
        lines = [line.strip(BLANK) for line in file.read_text("utf-8").split("\n")]
        apart = speech("\n".join(lines))
        joined = speech("　　".join(line for line in lines if line))
        expected = [
            replace(p.sections[-1], line=1, column=0) for p in apart.passages if p.kind == "heading"
        ]
        found = [replace(p.sections[-1], column=0) for p in joined.passages if p.kind == "heading"]
        assert found == expected, file.name
