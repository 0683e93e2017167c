"""The law of citations: a passage's text stands, but for what was removed, at its place."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import LONG, shared
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import CleanText, Passage, RawFile
from lianzheng_search.reading.read import read_bytes
from lianzheng_search.structure.parse import outline, parse

RULES = load_rules()
PIECES = st.sampled_from(
    [
        "一、强化敬畏意识。",
        "\n二、敢于担当作为\n",
        "\n四、管好身边的人\n",
        "各级干部要守住底线，",
        "一是学习要真；",
        "二是落实要严。",
        "\u200b",
        "\ufeff",
        "⼀是",
        "（关注公众号：清风XX）",
        "更多讲话稿请加微信群123456，",
        "\n",
        "\n\n",
        "\u3000\u3000",
        "第 1 页 共 9 页",
    ]
)
WRAPPED = "各级领导干部要把纪律和规矩挺在前面，时刻绷紧廉洁从政这根弦，一是要知敬畏，" * 12


def wrapped(width: int) -> str:
    """Break a long paragraph by hand, after a title, with zero widths strewn in."""
    body = WRAPPED.replace("纪律", "纪\u200b律") + "二是要守底线。"
    lines = [body[at : at + width] for at in range(0, len(body), width)]
    return "在XX市廉政会议上的讲话\n\n一、严守纪律\n\u3000\u3000" + "\n".join(lines) + "\n"


TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.integers(20, 45).map(wrapped))


def read_back(lines: tuple[str, ...], cleaned: CleanText, place: tuple[int, int], size: int) -> str:
    """Read from a place of the file on, without what was removed, with what was put."""
    dropped = {one.line for one in cleaned.removals if one.line and one.column is None}
    gone: set[tuple[int, int]] = set()
    put: dict[tuple[int, int], str] = {}
    for one in cleaned.removals:
        if one.line is None or one.column is None:
            continue
        number, column = one.line, one.column
        put[number, column] = one.put
        for character in one.text:
            if character == "\n":
                number += 1
                while number in dropped:
                    number += 1
                column = 0
            else:
                gone.add((number, column))
                column += 1
    number, column = place
    found = ""
    while len(found) < size and number <= len(lines):
        if number in dropped:
            number, column = number + 1, 0
            continue
        found += put.get((number, column), "")
        if column < len(lines[number - 1]):
            found += "" if (number, column) in gone else lines[number - 1][column]
            column += 1
        else:
            number, column = number + 1, 0
    return found[:size]


def check(lines: tuple[str, ...], cleaned: CleanText, passage: Passage) -> None:
    number, column = passage.place
    put = {(one.line, one.column) for one in cleaned.removals if one.put}
    assert (number, column) in put or lines[number - 1][column] == passage.text[0]
    assert read_back(lines, cleaned, passage.place, len(passage.text)) == passage.text


@given(TEXTS)
def test_a_passage_is_read_back_at_its_place(text):
    raw = RawFile(path="a.txt", encoding="utf-8", lines=tuple(text.split("\n")))
    cleaned = clean(raw, RULES)
    told = parse(cleaned)
    for passage in told.passages:
        check(raw.lines, cleaned, passage)
    assert [(node.line, node.column) for node in outline(told)] == [
        passage.place for passage in told.passages
    ]


def test_places_headings_and_problems_after_what_was_cut():
    """A heading and a faulty number behind invisible characters are cited where they stand."""
    text = "讲话\n\u200b\u200b一、学\u200b习。各级干部要学。\n\u200b三、落实\n各级干部要做。"
    raw = RawFile(path="a.txt", encoding="utf-8", lines=tuple(text.split("\n")))
    told = parse(clean(raw, RULES))
    heading, body = told.passages[1:3]
    assert (heading.place, heading.sections[-1].place, body.place) == ((2, 2), (2, 2), (2, 8))
    assert [(one.line, one.column) for one in told.problems] == [(3, 1)]
    assert [node.fault for node in outline(told)] == [None, None, None, "skipped", None]


def test_the_index_keeps_places():
    """What a search gives is cited where it stands in the file, point by point."""
    text = "讲话\n\u200b一、学习\n各级干部要学。一是要知\u200b敬畏；二是要守\u200b底线。\n"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.txt"
        file.write_text(text, encoding="utf-8")
        corpus = lianzheng_search.open(Path(folder))
        corpus.index(jobs=1)
        cleaned = corpus.clean(file)
        hits = list(corpus.search("底线", limit=0, with_variants=True).hits)
        assert hits
        for hit in hits:
            check(tuple(text.split("\n")), cleaned, hit.passage)
        assert any(hit.passage.source for hit in hits)
        _info, passages = corpus.speech("a.txt")
        corpus.close()
        told = parse(cleaned).passages
        assert [one.place for one in passages] == [one.place for one in told]
        assert [one.sections for one in passages] == [one.sections for one in told]


@pytest.mark.parametrize("kind", ["ads_pages", "hardwrap_ff", "width_zwsp", "kangxi_radicals"])
def test_real_files(kind, tmp_path):
    """Every hit of real files made messy stands at its cited place of the decoded file."""
    for file in sorted(shared("messy").glob(f"*.{kind}.txt"))[:: 1 if LONG else 3]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    corpus = lianzheng_search.open(tmp_path)
    corpus.index(jobs=1)
    hits = list(corpus.search(None, limit=0, with_variants=True).hits)
    assert hits
    corpus.close()
    cleaned = {name: corpus.clean(tmp_path / name) for name in {hit.info.id for hit in hits}}
    lines = {name: read_bytes((tmp_path / name).read_bytes(), path=name).lines for name in cleaned}
    for hit in hits:
        check(lines[hit.info.id], cleaned[hit.info.id], hit.passage)
