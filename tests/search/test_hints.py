"""What is said where a query finds nothing."""

from __future__ import annotations

import re

import pytest
from commands import run
from conftest import often, speech
from corpora import speeches_of, whoosh_over
from hypothesis import given, settings
from hypothesis import strategies as st
from scan import ScanBackend
from strategies import TEXTS

from lianzheng_search.query.filters import Filters, Scope
from lianzheng_search.query.language import parse_query
from lianzheng_search.search.suggestions import hints, near_misses
from lianzheng_search.text.folding import fold

TEXT = """\
把全面从严治党引向深入。
做到不敢腐、不能腐、不想腐，忠诚干净担当。
一、落实主体责任
主体责任重于泰山；主要责任在班子。
"""


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("全面从严制党", ["全面从严治党"]),
        ("全面从治党", ["全面从严治党"]),
        ("全面从严治治党", ["全面从严治党"]),
        ("全面严从治党", ["全面从严治党"]),
        ("不敢腐、不想腐、不能腐", ["不敢腐、不能腐、不想腐"]),
        ("干净忠诚担当", ["忠诚干净担当"]),
        ("主题责任", ["主体责任", "主要责任"]),
        ("魑魅魍魉", []),
        ("主题", []),
    ],
)
def test_a_near_miss_is_proposed(query, meant):
    """One character off, missing or too many; neighbours or parts of a set phrase exchanged."""
    speeches = [speech(TEXT)]
    with whoosh_over(speeches) as index:
        for backend in (ScanBackend(speeches), index):
            assert [phrase for phrase, _count in near_misses(backend, query)] == meant


@settings(max_examples=often(100))
@given(TEXTS, st.data())
def test_what_is_proposed_stands_there_and_is_near(texts, data):
    """Every proposal is in the corpus, in as many passages as told, and one edit or order away."""
    speeches = speeches_of(texts)
    line = fold(data.draw(st.sampled_from("\n".join(texts).split("\n"))))
    start = data.draw(st.integers(0, max(0, len(line) - 4)))
    phrase = list(line[start : start + data.draw(st.integers(3, 8))])
    if len(phrase) < 3:
        return
    phrase[data.draw(st.integers(0, len(phrase) - 1))] = "魑"
    missed = "".join(phrase)
    with whoosh_over(speeches) as index:
        found = near_misses(index, missed)
        for meant, passages in found:
            assert passages == len(ScanBackend(speeches).occurrences(meant).refs) > 0
            assert abs(len(meant) - len(missed)) <= 1
            kept = [c for c in missed if c in meant]
            assert len(kept) >= len(missed) - 1


def test_a_phrase_that_stands_elsewhere_is_told(corpus):
    """Filters, as options or in the query, may be what is in the way."""
    query = parse_query("家风 section:学习")
    assert hints(corpus.backend, "", query, Scope()).without_filters == 2
    query = parse_query("家风")
    assert (
        hints(corpus.backend, "", query, Scope(filters=Filters(title="提纲"))).without_filters == 2
    )
    query = parse_query("家风 NOT 责任")
    assert (
        hints(corpus.backend, "", query, Scope(filters=Filters(until="1999"))).without_filters == 2
    )


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("甲甲 or 乙乙", "as an operator it is written OR"),
        ("甲甲 near/5 乙乙", "written NEAR/5"),
        ("时间 date:2020", "date: is no filter; those are section:"),
        ("‘甲甲乙乙’", "quoted with “ ”"),
        ("“甲甲”“乙乙”", "set blanks around a quotation"),
        ("主题：甲甲乙乙", "write theme:"),
        ("甲甲…乙乙", "a gap is written *"),
    ],
)
def test_what_looks_like_an_operator_is_told(corpus, query, note):
    """A query is never changed in silence; what may be meant is said."""
    assert any(note in told for told in corpus.hints(query).notes)


def test_the_command_says_it_on_standard_error(corpus):
    """The results are on standard output, untouched."""
    for command in ("search", "kwic"):
        result = run("-C", corpus.directory, command, "敢于承当")
        assert result.returncode == 1
        assert "Did you mean 敢于担当 (3)?" in result.stderr
        assert "Did you mean" not in result.stdout
    result = run("-C", corpus.directory, "search", "--slots", "强化*意识", "--title", "提纲")
    assert re.search("Without the filters, 3 passages hold it", result.stderr)
