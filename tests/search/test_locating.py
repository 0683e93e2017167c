"""Where the phrases of a query are in a text, against evaluators that try everything."""

from __future__ import annotations

import pytest
from conftest import often
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import every_match, near_pairs

from lianzheng_search.model import Span
from lianzheng_search.query.language import parse_query
from lianzheng_search.query.tree import Gap, Near, Phrase
from lianzheng_search.search import gaps, locating
from lianzheng_search.search.gaps import gap_steps, overlapping_matches, places

FEW = "抓落实。"
TEXTS = st.text(FEW, max_size=16)
PHRASES = st.text("抓落实", min_size=1, max_size=4)
GAPS = st.lists(
    st.one_of(PHRASES, st.sampled_from(["*", "?", "??", "?*"])), min_size=2, max_size=5
).map("".join)
GAPS = GAPS.map(lambda pattern: pattern.strip("*")).filter(
    lambda pattern: set(pattern) & set("*?") and set(pattern) - set("*?")
)
UNITS = st.one_of(st.tuples(st.just("phrase"), PHRASES), st.tuples(st.just("gap"), GAPS))


def leaf(unit):
    kind, text = unit
    return Phrase(text) if kind == "phrase" else Gap(text)


@settings(max_examples=often(300))
@given(TEXTS, UNITS, UNITS, st.integers(0, 6))
@example("抓细抓实抓落实", ("phrase", "抓"), ("gap", "抓*落实"), 2)
@example("抓抓抓", ("phrase", "抓抓"), ("phrase", "抓"), 0)
@example("落抓抓落", ("phrase", "落"), ("phrase", "抓"), 9)
def test_near_pairs_every_match(text, left, right, distance):
    """Each start of a pair is found, each phrase of a pair marked, and nothing else is."""
    near = Near(leaf(left), leaf(right), distance)
    expected = near_pairs(text, ("near", left, right, distance))
    assert locating.near_starts(text, near) == sorted({first[0] for first, _second in expected})
    marked = [((a.start, a.end), (b.start, b.end)) for a, b in locating.near_pairs(text, near)]
    assert set(marked) <= set(expected)
    assert {span for pair in marked for span in pair} == {
        span for pair in expected for span in pair
    }
    assert [pair[0][0] for pair in marked] == sorted(pair[0][0] for pair in marked)


@settings(max_examples=often(300))
@given(st.lists(TEXTS, min_size=2, max_size=3), UNITS, UNITS, st.integers(0, 6))
def test_near_is_the_same_in_either_order_and_never_leaves_its_line(lines, left, right, distance):
    """Which phrase is named first makes no difference; what lines say apart, they say together."""
    text = "\n".join(lines)
    there = locating.near_pairs(text, Near(leaf(left), leaf(right), distance))
    assert there == locating.near_pairs(text, Near(leaf(right), leaf(left), distance))
    start, apart = 0, []
    for line in lines:
        apart += [
            start + a for (a, _b), _other in near_pairs(line, ("near", left, right, distance))
        ]
        start += len(line) + 1
    assert sorted({first.start for first, _second in there}) == sorted(set(apart))


@settings(max_examples=often(300))
@given(TEXTS, GAPS)
@example("抓细抓实抓落实", "抓*落实")
def test_gaps_are_matched_from_every_place(text, pattern):
    """By an expression and step by step: the match from each place, each gap as short as can be."""
    expected = every_match(text, ("gap", pattern))
    assert list(overlapping_matches(Gap(pattern), text)) == expected
    assert list(gaps.overlapping_step_matches(gap_steps(Gap(pattern)), text)) == expected


@given(st.text("一二", min_size=1, max_size=7), st.text("一二", max_size=30))
def test_a_literal_is_found_at_every_place(literal, text):
    """Also where it overlaps itself, in whatever way."""
    assert places(literal, text) == [n for n in range(len(text)) if text.startswith(literal, n)]


@pytest.mark.promise("bounded")
@pytest.mark.parametrize("literal", ["的" * 2000, "的是" * 1000, "的" * 1000 + "是" + "的" * 999])
def test_a_literal_that_repeats_itself_is_not_read_anew_at_every_place(literal):
    """What is read to find it grows with the text, not with the text times the literal."""
    read = 0

    class Text(str):
        def find(self, sub, start=0, *end):
            nonlocal read
            at = super().find(sub, start, *end)
            read += (at if at >= 0 else len(self)) - start + len(sub)
            return at

        def startswith(self, prefix, start=0, *end):
            nonlocal read
            read += len(prefix)
            return super().startswith(prefix, start, *end)

    text = Text(literal * 3 + "的" * 5000 + literal)
    assert places(literal, text)
    assert read <= 4 * len(text)


def test_near_finds_what_overlaps(corpus):
    """From the command's query on: 抓实 lies inside of 抓细抓实抓落实, and both are near a 抓."""
    (corpus.directory / "d.txt").write_text("讲政治讲规矩讲纪律\n抓细抓实抓落实\n", "utf-8")
    corpus.index()
    (hit,) = corpus.search("抓 NEAR/2 抓*落实").hits
    assert hit.exact
    assert hit.spans == (Span(0, 1), Span(2, 7))
    (line,) = corpus.search("讲政治 NEAR/3 讲*纪律").hits
    assert line.passage.text == "讲政治讲规矩讲纪律"
    assert parse_query("抓 NEAR/2 抓*落实") == Near(Phrase("抓"), Gap("抓*落实"), 2)
