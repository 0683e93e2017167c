"""What fills the gaps of a pattern."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from commands import run
from conftest import SPEECH, often
from corpora import speeches_of, whoosh_over
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import matches
from scan import ScanBackend
from strategies import APART, TEXTS

from lianzheng_search.errors import RequestError
from lianzheng_search.model import source_lines
from lianzheng_search.query.filters import Scope
from lianzheng_search.query.language import parse_query
from lianzheng_search.query.tree import Gap
from lianzheng_search.search.fillings import fillings, gap_of
from lianzheng_search.text.folding import fold

PATTERNS = st.sampled_from(["责*任", "担?当", "一*是*任", "责任*", "家?*风", "要*，*要"])


@settings(max_examples=often(150))
@given(st.one_of(TEXTS, st.lists(APART, min_size=1, max_size=3)), PATTERNS)
def test_fillings_are_what_stands_between(texts, pattern):
    """Each match of the pattern is counted once, under what its gaps hold, in any backend."""
    speeches = speeches_of(texts)
    query = parse_query(pattern)
    if not isinstance(query, Gap):
        return
    expected = Counter()
    for one in speeches:
        for line in source_lines(one.passages):
            text = fold("".join(passage.text for passage in line))
            expected.update(text[a:b] for a, b in matches(text, ("gap", query.pattern)))
    with whoosh_over(speeches) as index:
        for backend in (ScanBackend(speeches), index):
            found = fillings(backend, query, Scope(with_copies=True), limit=0)
            whole = Counter()
            for one in found.shown:
                assert len(one.places) == one.count
                assert one.speeches == len({speech for speech, _line in one.places})
                whole[filled(query.pattern, one.fills)] += one.count
            assert whole == expected
            assert found.matches == sum(expected.values())
            counts = [one.count for one in found.shown]
            assert counts == sorted(counts, reverse=True)


def filled(pattern, fills):
    """Put what fills the gaps into the pattern."""
    text, rest = "", list(fills)
    for n, character in enumerate(pattern):
        if character not in "*?":
            text += character
        elif not n or pattern[n - 1] not in "*?":
            text += fold(rest.pop(0))
    return text


def test_a_filling_is_as_printed_and_has_its_places(corpus):
    """Verbatim, not folded; with the lines on which it stands."""
    found = corpus.slots("，用*校准", with_variants=True)
    (one,) = found.shown
    assert one.fills == ("“四个意识”",)
    assert one.places == (("a.txt", 12), ("b.txt", 12))
    assert SPEECH.split("\n")[11].count("用“四个意识”校准") == 1


def test_copies_count_once_and_filters_hold(corpus):
    """As everywhere."""
    assert corpus.slots("强化*意识").matches == 3
    assert corpus.slots("强化*意识", with_variants=True).matches == 6
    assert [one.fills for one in corpus.slots("强化*意识 section:二").shown] == [("责任",)]


def test_what_is_left_out_is_told(corpus):
    """A concordance too leaves copies out unless it is told otherwise; beside rows, on stderr."""
    told = "3 passages of copies left out"
    kwic = ("-C", corpus.directory, "kwic", "强化*意识")
    slots = ("-C", corpus.directory, "search", "--slots", "强化*意识")
    for command in (slots, kwic, (*kwic, "--without-variants")):
        assert told in run(*command).stdout
        result = run(*command, "--format", "jsonl")
        assert (len(result.stdout.splitlines()), told in result.stderr) == (3, True)
    for command in ((*kwic, "--with-variants"), (*slots, "--with-variants")):
        assert told not in run(*command).stdout
    assert corpus.kwic("强化*意识", with_variants=False).total == 3
    assert corpus.kwic("强化*意识", with_variants=True).total == 6


@pytest.mark.parametrize("query", ["主体责任", "强化*意识 敢于*担当", "NOT 强化*意识"])
def test_one_phrase_with_gaps_is_asked_for(query):
    """Anything else is a request that cannot be met."""
    with pytest.raises(RequestError, match="one phrase with gaps"):
        gap_of(parse_query(query))


def test_the_command(corpus):
    """A row a filling."""
    slots = ("-C", corpus.directory, "search", "--slots")
    rows = run(*slots, "强化*意识", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(row)["fills"] for row in rows] == [["学习"], ["责任"], ["家风"]]
    assert "强化*意识  3 fillings" in run(*slots, "强化*意识").stdout
    assert run(*slots, "甲*乙").returncode == 1
    assert run(*slots, "强化").returncode == 2
