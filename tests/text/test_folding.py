"""Folding: what counts as the same character."""

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.text.folding import fold, is_searchable


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


def test_punctuation_alone_is_not_searchable():
    """A query needs a letter, a digit, an ideograph or a symbol like ×."""
    assert not is_searchable("，。 ……")
    assert is_searchable("×")
    assert is_searchable("，人")
