"""Folding and words."""

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.text.analysis import (
    WORDS_FILE,
    count_words,
    fold,
    is_searchable,
    read_words,
    words,
)


@given(st.text())
def test_folding_keeps_every_offset_and_is_idempotent(text):
    """Folding never changes a text's length, and folding twice is folding once."""
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_folding_is_done_character_by_character(left, right):
    """What stands beside a character does not change what it folds to."""
    assert fold(left + right) == fold(left) + fold(right)


def test_what_counts_as_the_same_folds_alike():
    """Width, case, the placeholders and the quotes of INTERFACE.md are one each."""
    for alike in (
        "Ｘx×╳✕X",
        '“”"＂',
        "‘’'",
        "，,",
        "（(",
        "：:",
        "？?",
        "！!",
        "；;",
        "Ａaａ",
        "１1",
        "　 ",
    ):
        assert len({fold(character) for character in alike}) == 1, alike


def test_different_marks_stay_different():
    """Folding joins no two characters that a reader tells apart."""
    apart = "“‘，。；：！？（）、《》〈〉—…·1234567890"
    assert len({fold(character) for character in apart}) == len(apart)


def test_words_are_counted_without_stop_words_and_single_characters():
    """Only words that say something rank a passage."""
    words = count_words(fold("我们要落实主体责任，主体责任不是口号 ABC"))
    assert words["主体责任"] == 2
    assert words["abc"] == 1
    assert "我们" not in words
    assert "要" not in words


def test_the_set_phrases_of_this_language_are_words():
    """At least 300 of them come with the package, each once, and segmentation knows them."""
    words = [word for word, _frequency in read_words(WORDS_FILE)]
    assert len(words) >= 300
    assert len(set(words)) == len(words)
    missed = [word for word in words if word not in count_words(word)]
    assert missed == []


def test_punctuation_alone_is_not_searchable():
    """A query needs a letter, a digit, an ideograph or a symbol like ×."""
    assert not is_searchable("，。 ……")
    assert is_searchable("×")
    assert is_searchable("，人")


def test_a_run_without_punctuation_is_cut_in_time():
    """Broken once: jieba needed minutes for a line of one character 300,000 times."""
    assert count_words("廉" * 300_000) is not None
    assert sum(map(len, words("廉" * 30_000))) == 30_000
