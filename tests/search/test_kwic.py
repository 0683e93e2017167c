"""The concordance: every match once, in its line, under one another."""

from __future__ import annotations

import json
import re

import pytest
from commands import run
from conftest import speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

from lianzheng_search.errors import RequestError
from lianzheng_search.query.tree import Phrase
from lianzheng_search.search.concordance import fit_left, fit_right, in_order, kwic_lines, sample
from lianzheng_search.search.results import run_search
from lianzheng_search.text.width import cells


@pytest.fixture
def lianzheng(corpus):
    """The command on the small corpus."""
    corpus.close()
    return lambda *arguments, **kwargs: run("-C", corpus.directory, *arguments, **kwargs)


TEXTS = st.lists(
    st.sampled_from(
        [
            "一是学习。二是担当；三是家风。",
            "担当担当，敢于担当。",
            "一、担当",
            "“担当”，不是口号：首先，要学；其次，要做。",
            "没有那个词。",
        ]
    ),
    min_size=1,
    max_size=6,
).map("\n".join)


def lines_of(text, word="担当"):
    found = run_search(ScanBackend([speech(text)]), Phrase(word), limit=0, sort="corpus")
    return list(kwic_lines(found.hits)) if found.exact else []


@given(TEXTS, st.sampled_from(["担当", "。二是", "，"]))
def test_every_match_is_a_line_and_every_line_is_the_source_line(text, word):
    """As many as a scan counts; left, keyword and right are the line again."""
    lines = lines_of(text, word)
    assert len(lines) == text.count(word)
    for line in lines:
        assert line.left + line.keyword + line.right == text.split("\n")[line.line - 1]
        assert line.keyword == word


@given(TEXTS, st.integers(0, 5), st.integers(0, 3))
def test_a_sample_is_drawn_from_the_lines_and_repeats(text, number, seed):
    """The same seed, the same lines, in their order."""
    lines = lines_of(text)
    drawn = sample(lines, number, seed)
    assert drawn == sample(lines, number, seed)
    assert len(drawn) == min(number, len(lines))
    places = iter(lines)
    assert all(line in places for line in drawn)


@given(TEXTS)
def test_sorting_by_context_goes_outward_from_the_keyword(text):
    """Right by what follows, left by what comes before, read backwards; marks do not count."""
    lines = lines_of(text)
    right = [re.sub(r"\W", "", line.right) for line in in_order(lines, "right")]
    left = [re.sub(r"\W", "", line.left)[::-1] for line in in_order(lines, "left")]
    assert (right, left) == (sorted(right), sorted(left))
    assert in_order(lines, "corpus") == lines


@given(st.text("学习，担当。“”x①", max_size=20), st.integers(0, 24), st.booleans(), st.booleans())
def test_a_context_is_cut_to_its_width_next_to_the_keyword(text, width, clause, wide):
    """Never wider, and the part that stands at the keyword."""
    left = fit_left(text, width, clause=clause, wide=wide)
    right = fit_right(text, width, clause=clause, wide=wide)
    assert text.endswith(left)
    assert text.startswith(right)
    assert max(cells(left, wide=wide), cells(right, wide=wide)) <= width
    if cells(text, wide=wide) <= width:
        assert left == right == text


@pytest.mark.parametrize("width", ["60", "80", "140"])
def test_keywords_stand_under_one_another(lianzheng, width):
    """In every line the keyword begins at the same cell, and no line is too long."""
    kwic = ("kwic", "责任", "--sort", "left", "--with-variants")
    result = lianzheng(*kwic, env={"LIANZHENG_WIDTH": width})
    lines = result.stdout.partition("\n\n")[0].splitlines()
    assert len(lines) > 3
    starts = {cells(re.split(" 责任 ", line)[0]) for line in lines}
    assert len(starts) == 1
    assert max(map(cells, result.stdout.splitlines())) <= int(width)


def test_a_row_has_the_promised_keys(lianzheng):
    """And the limit is told, with what there is in all."""
    row = json.loads(lianzheng("kwic", "责任", "--format", "jsonl").stdout.splitlines()[0])
    promised = ["speech", "title", "line", "section", "point", "left", "keyword", "right"]
    assert list(row) == [*promised, "date"]
    assert "1 shown" in lianzheng("kwic", "责任", "--limit", "1").stdout
    assert lianzheng("kwic", "“没有这句话”").returncode == 1


def test_from_python(corpus):
    """The totals count all; a sort that is not there is named."""
    found = corpus.kwic("责任", limit=2, seed=3)
    assert (len(found.lines), found.total > 2) == (2, True)
    with pytest.raises(RequestError, match="corpus"):
        corpus.kwic("责任", sort="relevance")
