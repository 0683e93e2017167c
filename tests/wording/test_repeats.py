"""What recurs is counted exactly: every string, every place, against brute force."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from conftest import speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

from lianzheng_search.errors import RequestError
from lianzheng_search.search.selection import folded_text, select
from lianzheng_search.study import ngrams as rooms
from lianzheng_search.study.ngrams import ngrams, read_lengths
from lianzheng_search.text.words import words
from lianzheng_search.wording.repeated_strings import (
    around,
    before,
    ends_of_pairs,
    grow,
    haystack,
    owners_of,
)

TEXT = st.text("甲乙丙，", max_size=24)
TEXTS = st.lists(TEXT, max_size=4)


def quiet(done: int, whole: int) -> None:
    assert 0 <= done <= whole


def repeats(texts, *, longest=5, hits=2, speeches=1, every=True, bound=frozenset(), marks=""):
    hay = haystack(texts, str.isalnum, marks=marks)
    pairs = ends_of_pairs(hay, least=hits, progress=quiet)
    found = list(
        grow(
            hay,
            pairs,
            longest=longest,
            hits=hits,
            speeches=speeches,
            every=every,
            bound=bound,
            progress=quiet,
        )
    )
    assert len({one.string for one in found}) == len(found)
    return hay, {one.string: one for one in found}


def places(texts, string):
    """Find by brute force where a string stands: the text's number, and the column."""
    return [
        (n, at)
        for n, text in enumerate(texts)
        for at in range(len(text))
        if text.startswith(string, at)
    ]


def substrings(texts, longest, marks=""):
    """Give every string inside of a clause, or with marks in it."""
    return {
        text[start:end]
        for text in texts
        for start in range(len(text))
        for end in range(start + 2, min(len(text), start + longest) + 1)
        if all(one.isalnum() or one in marks for one in text[start:end])
    }


def always_beside(texts, string, side):
    """Tell whether the same letter stands at this side of a string wherever it occurs."""
    beside = {
        text[at - 1 : at] if side == "left" else text[at + len(string) : at + len(string) + 1]
        for n, at in places(texts, string)
        for text in [texts[n]]
    }
    return len(beside) == 1 and beside.pop().isalnum()


@given(TEXTS, st.integers(1, 3), st.integers(1, 3), st.sampled_from(["", "，"]))
def test_every_string_that_is_frequent_enough_is_found_at_every_place(texts, hits, speeches, marks):
    """Nothing is missed or invented, whatever the thresholds."""
    hay, found = repeats(texts, hits=hits, speeches=speeches, marks=marks)
    expected = {
        string: own
        for string in substrings(texts, 5, marks)
        for own in [places(texts, string)]
        if len(own) >= hits and len({n for n, _at in own}) >= speeches
    }
    assert found.keys() == expected.keys()
    for string, own in expected.items():
        starts = [1 + sum(len(text) + 1 for text in texts[:n]) + at for n, at in own]
        assert [end - len(string) for end in found[string].ends] == starts
        assert owners_of(hay, found[string]) == sorted({n for n, _at in own})
        assert found[string].hits == sum(text.count(string) for text in texts)


@given(TEXTS, st.integers(1, 3), st.sampled_from(["", "，"]))
def test_a_string_is_left_out_only_for_a_longer_one(texts, hits, marks):
    """What the same letter always follows is left out, and nothing else."""
    _hay, every = repeats(texts, hits=hits, marks=marks)
    _hay, found = repeats(texts, hits=hits, every=False, marks=marks)
    assert found.keys() == {
        one for one in every if len(one) == 5 or not always_beside(texts, one, "right")
    }
    assert all(found[one] == every[one] for one in found)


@given(TEXTS, st.integers(1, 3), st.sampled_from(["甲", "甲乙丙"]))
def test_strings_bound_to_what_precedes_them_are_left_out(texts, hits, bound):
    """So they are if it is always the same of these letters, and nothing else is."""
    _hay, found = repeats(texts, hits=hits, every=False)
    _hay, free = repeats(texts, hits=hits, every=False, bound=frozenset(bound))
    assert free.keys() == {
        one
        for one in found
        if not always_beside(texts, one, "left")
        or texts[places(texts, one)[0][0]][places(texts, one)[0][1] - 1] not in bound
    }
    assert all(free[one] == found[one] for one in free)


@given(TEXTS)
def test_neighbours_are_counted(texts):
    """Before and after each occurrence stands one character, a border at the ends of a text."""
    hay, found = repeats(texts, hits=1)
    for string, one in found.items():
        framed = [f"\n{text}\n" for text in texts]
        own = places(framed, string)
        assert sorted(before(hay, one).elements()) == sorted(framed[n][at - 1] for n, at in own)
        assert sorted(one.after.elements()) == sorted(framed[n][at + len(string)] for n, at in own)


@given(TEXT, st.text("甲乙", min_size=1, max_size=3), st.integers(0, 4))
def test_what_is_near_is_cut_out_whole(text, wanted, reach):
    """A string that holds the wanted one and reaches no further is counted as in the whole."""
    cut = around(text, wanted, reach=reach)
    assert cut.count(wanted) == text.count(wanted)
    for string in substrings([text], len(wanted) + reach):
        if wanted in string:
            assert len(places([cut], string)) == len(places([text], string))


@given(st.text("全面从严治党，是的2024gdp“”。\n", max_size=30))
def test_the_words_are_the_text(text):
    """Cut plainly, nothing is lost and nothing stands twice."""
    assert "".join(words(text)) == text


def backend_of(texts):
    return ScanBackend([speech(text, f"{n}.txt") for n, text in enumerate(texts)])


def pairs_of(text):
    """Cut a text into words of two, for the test."""
    return re.findall(r"\w\w?|\W", text)


@pytest.mark.parametrize("unit", [list, pairs_of])
@pytest.mark.parametrize("fold_in", [True, False])
@given(
    texts=st.lists(st.text("甲乙，", min_size=1, max_size=16), min_size=1, max_size=3),
    wanted=st.sampled_from(["", "甲", "乙甲"]),
    least=st.integers(1, 3),
    least_speeches=st.integers(1, 2),
    nearly=st.sampled_from([0.6, 1.0]),
)
def test_ngrams_are_what_a_sliding_window_counts(
    unit, fold_in, texts, wanted, least, least_speeches, nearly
):
    """Of every length, inside clauses, from the left; folded only into what always holds them."""
    backend = backend_of(texts)
    selection = select(backend)
    read = [folded_text(backend, one.refs) for one in selection.speeches]
    cut = dict.fromkeys(word for text in read for word in unit(text))
    tokens = {word: chr(0x3400 + n) for n, word in enumerate(cut)}
    names = {code: word for word, code in tokens.items()}
    coded = [
        "".join(tokens[word] if word.isalnum() else "\n" for word in unit(text)) for text in read
    ]
    join = "" if unit is list else " "
    expected = set()
    for string in substrings(coded, 3):
        hits = sum(text.count(string) for text in coded)
        speeches = sum(string in text for text in coded)
        own = places(coded, string)
        needed = max(least, len(own) * (nearly if least_speeches == 1 else 1))
        inside = len(string) < 3 and any(
            max(Counter(filter(str.isalnum, beside)).values(), default=0) >= needed
            for beside in (
                [f"\n{coded[n]}"[at] for n, at in own],
                [f"{coded[n]}\n"[at + len(string)] for n, at in own],
            )
        )
        own = [names[code] for code in string]
        frequent = hits >= least and speeches >= least_speeches
        if frequent and wanted in "".join(own) and not (fold_in and inside):
            expected.add((join.join(own), len(string), hits, speeches))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "NEARLY", nearly)
        found = ngrams(
            backend,
            selection,
            wanted,
            lengths=(2, 3),
            words=None if unit is list else unit,
            least=least,
            least_speeches=least_speeches,
            fold_in=fold_in,
        )
    assert {(one.ngram, one.n, one.hits, one.speeches) for one in found.ngrams} == expected
    assert found.characters == sum(len(text.replace("\n", "")) for text in read)
    order = [(-one.hits, -one.speeches) for one in found.ngrams]
    assert order == sorted(order)


@given(TEXTS.filter(any), st.integers(1, 6), st.integers(1, 40))
def test_the_most_frequent_are_the_first_of_all(texts, limit, share):
    """Looking for the frequent ones first changes nothing, however rare they are."""
    backend = backend_of([text or "甲" for text in texts])
    selection = select(backend)
    every = ngrams(backend, selection, lengths=(2, 4), least=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "FIRST_SHARE", share)
        first = ngrams(backend, selection, lengths=(2, 4), least=1, limit=limit)
    assert first.ngrams == every.ngrams[:limit]
    assert first.more == (len(every.ngrams) > limit)


@pytest.mark.parametrize("text", ["", "1", "0..3", "5..4", "2..99", "a", "4-5", "²"])
def test_a_length_that_is_none_is_refused(text):
    """One clear line says what to write."""
    with pytest.raises(RequestError, match=r"2\.\.8"):
        read_lengths(text)


def test_copies_count_once(corpus):
    """b.txt says what a.txt does, with another place and date."""
    once, twice = (corpus.ngrams("主体责任", with_variants=copies) for copies in (False, True))
    assert [(one.ngram, one.hits) for one in once.ngrams] == []
    assert ("主体责任不是一句", 2) in [(one.ngram, one.hits) for one in twice.ngrams]


def test_words_are_those_of_this_field(corpus):
    """主体责任 is one word, and stands in one speech, copies left out; a filter leaves none."""
    (found,) = corpus.ngrams("主体", unit="words", n="2", min_hits=1).ngrams
    assert (found.ngram, found.hits, found.speeches) == ("主体责任 不是", 1, 1)
    assert corpus.ngrams("主体", unit="words", n="2", min_hits=1, title="提纲").ngrams == ()
