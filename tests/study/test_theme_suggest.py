"""Proposed terms, and what a new theme would be given to: against plain counts."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from conftest import speech
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scan import ScanBackend

from lianzheng_search.index.tools import label_passages
from lianzheng_search.study.theme_terms import HAN, recurring, suggest, would_label
from lianzheng_search.themes.label import Term, Theme, Themes
from lianzheng_search.themes.theme_files import load_themes

DEFAULT = load_themes()
SENTENCE = st.sampled_from(
    [
        "家风正则门风清，护城河要靠自己守。",
        "管好家属，护城河才不会决口。",
        "父母是孩子的榜样，护城河从饭桌边挖起。",
        "天气渐渐凉了，大家注意身体。",
        "主体责任不是一句口号。",
        "项目要快，质量要好。",
    ]
)


def scan(texts, themes=DEFAULT):
    speeches = []
    for n, text in enumerate(texts):
        parsed = speech(text, f"{n}.txt")
        labelled = tuple(label_passages(parsed.passages, themes))
        speeches.append(replace(parsed, passages=labelled))
    return ScanBackend(speeches)


def passages(backend):
    return [
        (ref, passage)
        for ref in backend.refs()
        for line in [backend.line(backend.line_start(ref))]
        for passage in [line.passages[ref - line.first]]
    ]


@given(st.text("家风。a", max_size=30), st.integers(1, 3))
def test_recurring_strings_are_those_of_a_plain_count(text, least):
    """Of Han characters alone, from two to eight."""
    counts = Counter(
        text[start:end] for start in range(len(text)) for end in range(start + 2, start + 9)
        if end <= len(text)
    )  # fmt: skip
    assert recurring(text, least) == Counter(
        {s: n for s, n in counts.items() if n >= least and HAN.fullmatch(s)}
    )


@given(st.lists(st.lists(SENTENCE, max_size=6).map("\n".join), max_size=4))
def test_counts_of_a_suggestion_are_those_of_a_plain_count(texts):
    """Inside the theme and outside, in passages and in places; new to the theme."""
    backend = scan(texts)
    theme = next(theme for theme in DEFAULT.themes if theme.name == "家风家教")
    told = suggest(backend, DEFAULT, "家风家教", limit=0)
    every = [passage for _ref, passage in passages(backend)]
    inside = [p.text for p in every if "家风家教" in p.themes]
    outside = [p.text for p in every if "家风家教" not in p.themes]
    assert (told.inside, told.outside) == (len(inside), len(outside))
    sizes = max(1, sum(map(len, inside))), max(1, sum(map(len, outside)))
    for one in told.found:
        times = sum(t.count(one.term) for t in inside), sum(t.count(one.term) for t in outside)
        assert (one.times_inside, one.times_outside) == times
        assert one.inside == sum(one.term in text for text in inside)
        assert one.outside == sum(one.term in text for text in outside)
        pooled = sum(times) / sum(sizes)
        surprise = sum(
            n * math.log(n / (size * pooled)) for n, size in zip(times, sizes, strict=True) if n
        )
        assert one.log_likelihood == pytest.approx(2 * surprise)
        frequencies = [(n or 0.5) / size for n, size in zip(times, sizes, strict=True)]
        assert one.log_ratio == pytest.approx(math.log2(frequencies[0] / frequencies[1]))
        assert not any(one.term in term.text for term in theme.terms)
        assert one.term in one.example.passage.text
        assert "家风家教" in one.example.passage.themes
    terms = [one.term for one in told.found]
    assert not any(a != b and a in b for a in terms for b in terms)


def test_what_the_passages_share_is_proposed():
    """护城河 stands in the passages about the family and nowhere else."""
    family = (
        "家风正，护城河就牢。\n家教好，护城河就清。\n家规严，一条护城河挖在门口。\n护城河边说家训。"
    )
    rest = "\n".join(f"第{n}个项目要快，质量要好。" for n in "甲乙丙丁戊己庚辛")
    told = suggest(scan([family, rest, rest]), DEFAULT, "家风家教")
    assert [one.term for one in told.found] == ["护城河"]
    assert told.found[0].toml == f'terms.{told.found[0].weight:g} = ["护城河"]'


TERMS = st.lists(
    st.sampled_from(["护城河", "天气", "质量", "家风", "/项目.{0,3}质量/", "/[天家]气?/"]),
    min_size=1,
    unique=True,
)
HEADED = st.lists(
    SENTENCE | st.sampled_from(["一、护城河边的功课", "（一）质量是生命", "二、天气与人心"]),
    max_size=8,
)


@given(st.lists(HEADED.map("\n".join), max_size=3), TERMS, st.sampled_from([1.0, 3.0, 5.0]))
def test_a_new_theme_would_be_given_to_what_it_is_given_to(texts, terms, weight):
    """Looked for by its terms, also in headings: the same passages as labelling everything."""
    new = Theme(name="新", definition="新", terms=tuple(Term(text=t, weight=weight) for t in terms))
    themes = Themes(themes=(*DEFAULT.themes, new), fingerprint=f"{terms}{weight}")
    found = [hit.passage.place for hit in would_label(scan(texts), themes, "新")]
    assert found == [p.place for _ref, p in passages(scan(texts, themes)) if "新" in p.themes]
