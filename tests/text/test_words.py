"""Words, by either of the two segmenters."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.errors import RequestError
from lianzheng_search.text import words as module
from lianzheng_search.text.folding import fold
from lianzheng_search.text.words import (
    WORDS_FILE,
    count_words,
    plain_cutter,
    read_words,
    segment,
    words,
)

SET_PHRASES = [word for word, _frequency in read_words(WORDS_FILE)]
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5)
TEXT = st.lists(
    st.sampled_from(SET_PHRASES)
    | st.text(st.sampled_from("全面从严治党廉洁奉公一是二要的了，。；x0aZ ×〇㐀鿿𠀀"), max_size=8)
    | st.text(max_size=4)
).map("".join)


def forget_segmenters() -> None:
    """Make the segmenters anew when they are next needed."""
    for cached in (module._segmenter, module._search_cutter, plain_cutter):
        cached.cache_clear()


@pytest.fixture(scope="module", params=["rjieba", "jieba"])
def segmenter(request):
    """Cut words with one of the segmenters, the second as where there is no rjieba."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "rjieba":
            pytest.importorskip("rjieba")
        else:
            patch.setitem(sys.modules, "rjieba", None)
        forget_segmenters()
        yield request.param
    forget_segmenters()


@pytest.fixture(scope="module")
def both() -> tuple[module.Segmenter, module.Segmenter]:
    """Both segmenters, with the words of this field."""
    pytest.importorskip("rjieba")
    frequencies = dict(read_words(WORDS_FILE))
    rust = module._rust_segmenter(frequencies)
    assert rust is not None
    return rust, module._python_segmenter(frequencies)


def test_words_are_counted_without_stop_words_and_single_characters(segmenter):
    """Only words that say something rank a passage."""
    words = count_words(fold("我们要落实主体责任，主体责任不是口号 ABC"))
    assert words["主体责任"] == 2
    assert words["abc"] == 1
    assert "我们" not in words
    assert "要" not in words


def test_the_set_phrases_of_this_language_are_words(segmenter):
    """At least 300 of them come with the package, each once, and segmentation knows them."""
    words = [word for word, _frequency in read_words(WORDS_FILE)]
    assert len(words) >= 300
    assert len(set(words)) == len(words)
    missed = [word for word in words if word not in count_words(word)]
    assert missed == []


def test_a_run_without_punctuation_is_cut_in_time(segmenter):
    """Broken once: jieba needed minutes for a line of one character many times."""
    assert count_words("廉" * 100_000) is not None
    assert sum(map(len, words("廉" * 30_000))) == 30_000


@given(TEXT)
def test_tokens_joined_are_the_text(segmenter, text):
    """Each character is in one token, whatever it is."""
    assert "".join(words(fold(text))) == fold(text)


@given(st.lists(st.sampled_from(SET_PHRASES) | st.text(HAN, max_size=20)).map("".join))
def test_both_segmenters_cut_alike(both, text):
    """An index and its counts are the same, whichever of the two a machine has."""
    rust, python = both
    run = text[: module.LONGEST_RUN]
    assert list(rust.cut(run)) == list(python.cut(run))
    assert list(rust.cut_for_search(run)) == list(python.cut_for_search(run))


def test_both_segmenters_know_the_same_words(both):
    """A part of a word is a word for both, or for neither."""
    parts = {
        word[start:end]
        for word in SET_PHRASES
        for start in range(len(word))
        for end in range(start + 1, len(word) + 1)
    }
    rust, python = both
    assert {part for part in parts if rust.knows(part)} == {
        part for part in parts if python.knows(part)
    }


def test_the_words_of_a_corpus_are_cut_by_its_own_dictionary(segmenter, tmp_path):
    """A dictionary is read once a file, and one does not touch the words of another."""
    mine = tmp_path / "words.txt"
    mine.write_text("\ufeff# ours\n清溪廉灯 9\n\n", "utf-8")
    assert "清溪廉灯" in list(segment("点亮清溪廉灯", words_file=mine))
    assert "清溪廉灯" not in list(segment("点亮清溪廉灯"))


def test_a_wrong_line_of_a_dictionary_is_named(tmp_path):
    """A frequency that is no number is told with its line."""
    mine = tmp_path / "words.txt"
    mine.write_text("清风 3\n正气 多\n", "utf-8")
    with pytest.raises(RequestError, match=r"words\.txt:2: 正气"):
        list(read_words(mine))
