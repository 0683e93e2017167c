"""Sections close in theme: against the definition, worked out pair by pair."""

from __future__ import annotations

import math

import pytest
from conftest import speech
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scan import ScanBackend

from lianzheng_search.index.tools import label_passages
from lianzheng_search.model import UNLABELLED
from lianzheng_search.query.filters import Filters
from lianzheng_search.study.theme_neighbours import (
    LENGTH_WEIGHT,
    SATURATION,
    WORDS,
    closest,
    own_sections,
)
from lianzheng_search.text.folding import fold
from lianzheng_search.text.words import count_words
from lianzheng_search.themes.theme_files import load_themes

DEFAULT = load_themes()
LINE = st.sampled_from(
    [
        "一、树立良好家风",
        "二、扛起主体责任",
        "（一）书记是第一责任人",
        "家风连着作风，管好配偶子女。",
        "主体责任不是一句口号，书记要带头。",
        "廉洁自律，一身清白。",
        "天气渐渐凉了，大家注意身体。",
    ]
)


def labelled(lines, path):
    parsed = speech("\n".join(lines), path)
    return replace(parsed, passages=tuple(label_passages(parsed.passages, DEFAULT)))


def vector(section):
    found = {}
    for passage in section:
        for theme in passage.themes:
            found[theme] = found.get(theme, 0) + len(passage.text)
    return found


def holding(word, section):
    return sum(word in count_words(fold(p.text)) for p in section if p.kind not in UNLABELLED)


def size(section):
    return sum(len(p.text) for p in section if p.kind not in UNLABELLED)


def cosine(a, b):
    if not a or not b:
        return 0.0
    dot = sum(a[t] * b.get(t, 0) for t in a)
    return dot / math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))


@given(st.lists(st.lists(LINE, min_size=1, max_size=6), min_size=2, max_size=4))
def test_closeness_is_what_it_is_defined_to_be(texts):
    """Cosine of the themes times the part of BM25's score that the section gives itself."""
    speeches = [labelled(lines, f"{n}.txt") for n, lines in enumerate(texts)]
    groups = [(s.info.id, g) for s in speeches for g in own_sections(s.passages) if g]
    ordinary = sum(size(g) for _id, g in groups) / max(1, len(groups))
    own = own_sections(speeches[0].passages)
    told = closest(ScanBackend(speeches), "0.txt", own, Filters(), limit=0)
    for section, found in zip(own, told, strict=True):
        words = {w for p in section if p.kind not in UNLABELLED for w in count_words(fold(p.text))}
        counts = {w: holding(w, section) for w in words}
        words = {
            w for w in words if not any(w != v and w in v and counts[w] == counts[v] for v in words)
        }
        rarity = {}
        for word in words:
            if any(holding(word, g) for path, g in groups if path != "0.txt"):
                held = sum(holding(word, g) > 0 for _path, g in groups)
                rarity[word] = math.log(1 + (len(groups) - held + 0.5) / (held + 0.5))
        chosen = sorted(rarity, key=lambda w: (-rarity[w] * counts[w], w))[:WORDS]

        def points(word, section, rarity=rarity):
            count = holding(word, section)
            long = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * size(section) / (ordinary or 1)
            return rarity[word] * count / (count + SATURATION * long)

        expected = {}
        whole = sum(points(w, section) for w in chosen)
        for path, group in groups:
            if path == "0.txt" or not whole:
                continue
            by_words = min(1, sum(points(w, group) for w in chosen) / whole)
            themes = vector(section)
            close = by_words * (cosine(themes, vector(group)) if themes else 1)
            if close > 0:
                expected[path, group[0].place[0]] = close
        got = {(one.info.id, one.line): one.closeness for one in found.found}
        assert got == pytest.approx(expected)
        scores = [one.closeness for one in found.found]
        assert scores == sorted(scores, reverse=True)


def test_copies_are_no_neighbours(corpus):
    """b.txt repeats a.txt in another place: its sections are not what a writer looks for."""
    found = corpus.closest("a.txt", limit=0)
    assert {close.info.id for one in found for close in one.found} <= {"sub/c.md"}


def test_a_line_takes_its_innermost_section(corpus):
    """Of the heading nearest above it."""
    (one,) = corpus.closest("a.txt:14")
    assert one.section is not None
    assert one.section.heading == "二、强化责任意识，把担子挑稳"
