"""How a shard keeps texts and places, each against the plain way to say it."""

from __future__ import annotations

from array import array
from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.index.whoosh.common_strings import characters, common_strings
from lianzheng_search.index.whoosh.place import unfold, unfolding
from lianzheng_search.index.whoosh.postings import (
    MOST_COUNTED,
    pack_postings,
    posting_bits,
    runs,
    unpack_postings,
)
from lianzheng_search.text.folding import fold

NUMBERS = st.integers(1, 3000)
DOCS = NUMBERS.flatmap(
    lambda number: st.tuples(
        st.just(number), st.sets(st.integers(0, number - 1), max_size=40).map(sorted)
    )
)
LINES = st.lists(st.text("甲乙丙担当。 x", max_size=9), max_size=20)


@given(DOCS, st.integers(0, 10**6), st.data())
def test_places_come_back_as_they_were_packed(numbered, base, data):
    """As bits or as numbers, with counts or without."""
    number, docs = numbered
    counts = data.draw(
        st.lists(st.integers(1, 255), min_size=len(docs), max_size=len(docs)).map(bytes)
    )
    packed = pack_postings(array("I", docs), counts, number)
    assert unpack_postings(packed, number, base) == ([base + doc for doc in docs], counts)
    assert posting_bits(packed, number) == sum(1 << doc for doc in docs)


@given(DOCS)
def test_runs_cover_what_is_set_and_little_else(numbered):
    """Every document that is set is in a run, runs ascend, and begin and end with one that is."""
    _number, docs = numbered
    found = list(runs(sum(1 << doc for doc in docs)))
    covered = list(chain.from_iterable(range(first, last) for first, last in found))
    assert set(docs) <= set(covered)
    assert covered == sorted(set(covered))
    assert all(first in docs and last - 1 in docs for first, last in found)
    assert all(after[0] - before[1] >= 7 for before, after in pairwise(found))


@given(st.text('“”"ＸX×（(，,担当①𠮷', max_size=30))
def test_a_text_comes_back_from_its_folded_form(text):
    """What folding changes is kept."""
    assert unfold(fold(text), *unfolding(text, fold(text))) == text


@given(LINES)
def test_characters_are_counted_as_str_count_does(lines):
    """For every character but blanks, and for no other."""
    texts = [line + "\n" for line in lines]
    kept = {one: dict(zip(*found, strict=True)) for one, found in characters(texts)}
    assert kept.keys() == {one for one in "".join(texts) if one > " "}
    for one, found in kept.items():
        assert found == {n: text.count(one) for n, text in enumerate(texts) if one in text}


@given(LINES, st.data())
def test_strings_are_counted_as_a_scan_of_the_lines_does(lines, data):
    """Also where a pair begins in one passage of a line and ends in the next."""
    texts = []
    for line in lines:
        cut = data.draw(st.integers(0, len(line)))
        texts += [*([line[:cut]] if cut else []), line[cut:] + "\n"]
    for pair, (docs, counts) in common_strings(texts):
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text))
        whole = "".join(texts)
        wanted = {
            n: sum(whole.startswith(pair, at) for at in range(starts[n], starts[n + 1]))
            for n in range(len(texts))
        }
        assert dict(zip(docs, counts, strict=True)) == {n: c for n, c in wanted.items() if c}


def test_a_count_that_is_too_high_for_a_byte_is_told_as_that_or_more():
    """The backend counts such passages again."""
    ((_one, (_docs, counts)),) = characters(["担" * 300 + "\n"])
    assert list(counts) == [MOST_COUNTED]
