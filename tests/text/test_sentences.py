"""Snippets: the sentences around a hit."""

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.model import Span
from lianzheng_search.text.sentences import snippet

TEXT = st.text("一二三四五，。；：“”！ a", min_size=1, max_size=400)


@given(TEXT, st.data(), st.integers(10, 120))
def test_a_snippet_holds_the_first_hit_and_only_text_that_is_there(text, data, size):
    """A snippet is a piece of the text, its spans are hits, and none is lost unsaid."""
    start = data.draw(st.integers(0, len(text) - 1))
    spans = [Span(start, data.draw(st.integers(start + 1, min(len(text), start + 9))))]
    later = data.draw(st.integers(spans[0].end, len(text)))
    if later < len(text):
        spans.append(Span(later, later + 1))
    cut = snippet(text, spans, size=size)
    assert cut.text.removeprefix("…").removesuffix("…") in text
    assert cut.spans
    shown = [cut.text[span.start : span.end] for span in cut.spans]
    assert shown == [text[span.start : span.end] for span in spans][: len(shown)]
    assert len(cut.spans) + cut.more == len(spans)


@given(TEXT, st.integers(10, 120))
def test_a_snippet_is_not_poured_out_whole(text, size):
    """However long the passage, what is shown stays near the size asked for."""
    assert len(snippet(text, [Span(0, 1)], size=size).text) <= size * 2 + 2
