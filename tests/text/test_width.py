"""Texts fitted to a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.text.width import NEVER_FIRST, cells, wrap

TEXT = st.text("一二三四五，。；：“”！ a", min_size=1, max_size=400)


@given(TEXT, st.integers(4, 60))
def test_wrapped_lines_are_the_text_and_fit(text, width):
    """Nothing is lost in wrapping, and no line is wider than the terminal."""
    lines = list(wrap(text, width=width))
    assert "".join(text[line.start : line.end] for line in lines) == text
    assert all(cells(text[line.start : line.end]) <= width for line in lines)


def test_no_line_begins_with_a_closing_mark():
    """A comma or a full stop stays with the character before it."""
    text = "敢于担当，善于作为，勇于负责。" * 4
    for width in range(6, 40):
        for line in list(wrap(text, width=width))[1:]:
            assert text[line.start] not in NEVER_FIRST


def test_wrapping_cuts_no_latin_word():
    """A measure stays whole; a word longer than the line is cut all the same."""
    text = "群众附近的词，按 logDice 排序"
    assert [text[line.start : line.end] for line in wrap(text, width=20)] == [
        "群众附近的词，按 ",
        "logDice 排序",
    ]
    assert [line.end for line in wrap("abcdefgh", width=3)] == [3, 6, 8]
