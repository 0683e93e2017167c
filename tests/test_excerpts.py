"""What an export takes out of a speech around a hit."""

from __future__ import annotations

import pytest
from conftest import SPEECH
from hypothesis import given
from hypothesis import strategies as st
from test_matching import TEXTS, speeches_of

from lianzheng_search.backends import ScanBackend
from lianzheng_search.excerpts import CONTEXTS, excerpt
from lianzheng_search.matching import run_search
from lianzheng_search.model import source_lines
from lianzheng_search.query import Filters, parse_query

WORDS = st.sampled_from(["责任", "担当", "一", "，", "家", "担?", "责任 OR 家", "。二"])


def hits_of(speeches, query):
    results = run_search(
        ScanBackend(speeches), parse_query(query), Filters(), limit=0, sort="corpus"
    )
    return list(results.hits) if results.exact else []


@given(TEXTS, WORDS, st.one_of(st.sampled_from(CONTEXTS), st.integers(0, 12)))
def test_an_excerpt_is_of_the_speech_and_its_spans_are_the_hits(texts, query, context):
    """Whatever the context: verbatim, at its place, with every hit in it."""
    speeches = {one.info.id: one for one in speeches_of(texts)}
    for hit in hits_of(list(speeches.values()), query if query != "，" else '"，"'):
        one = speeches[hit.info.id]
        taken = excerpt(hit, context, lambda _id, one=one: one.passages)
        marked = [taken.text[span.start : span.end] for span in taken.spans]
        assert marked == [hit.passage.text[span.start : span.end] for span in hit.spans]
        lines = {
            line[0].place[0]: "".join(passage.text for passage in line)
            for line in source_lines(one.passages)
        }
        if context == "hit":
            assert taken.text.replace("……", "") == "".join(marked).replace("……", "")
            continue
        first, *others = taken.text.split("\n")
        start = taken.column - next(
            passage.column for passage in one.passages if passage.place[0] == taken.line
        )
        assert lines[taken.line][start:].startswith(first)
        assert set(others) <= set(lines.values())
        if context != "section":
            assert taken.cut[0] == (start > 0)
            assert taken.cut[1] == (start + len(first) < len(lines[taken.line]))


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("hit", "校准"),
        (2, "识”校准偏差"),
        ("sentence", "二是要学用结合，用“四个意识”校准偏差。"),
        ("passage", "二是要学用结合，用“四个意识”校准偏差。"),
    ],
)
def test_contexts(corpus, context, text):
    """From the hit alone to the passage."""
    (hit,) = corpus.search("校准", with_variants=False).hits
    assert excerpt(hit, context, lambda _id: ()).text == text


def test_a_section_is_whole(corpus):
    """With its heading, paragraph by paragraph."""
    (hit,) = corpus.search("校准", with_variants=False).hits
    taken = excerpt(hit, "section", lambda speech: corpus.speech(speech)[1])
    assert taken.text == "\n".join(SPEECH.split("\n")[10:12])
    assert taken.line == 11
    assert [taken.text[span.start : span.end] for span in taken.spans] == ["校准"]
