"""What an export takes out of a speech around a hit."""

from __future__ import annotations

import pytest
from conftest import SPEECH
from corpora import speeches_of
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend
from strategies import TEXTS

from lianzheng_search.export.excerpts import CONTEXTS, excerpt, section_excerpt, section_of
from lianzheng_search.model import source_lines
from lianzheng_search.query.language import parse_query
from lianzheng_search.search.results import run_search

WORDS = st.sampled_from(["责任", "担当", "一", "，", "家", "担?", "责任 OR 家", "。二"])


def hits_of(speeches, query):
    results = run_search(ScanBackend(speeches), parse_query(query), limit=0, sort="corpus")
    return list(results.hits) if results.exact else []


@given(TEXTS, WORDS, st.one_of(st.sampled_from(CONTEXTS), st.integers(0, 12)))
def test_an_excerpt_is_of_the_speech_and_its_spans_are_the_hits(texts, query, context):
    """Whatever the context: verbatim, at its place, with every hit in it."""
    speeches = {one.info.id: one for one in speeches_of(texts)}
    for hit in hits_of(list(speeches.values()), query if query != "，" else '"，"'):
        passages = speeches[hit.info.id].passages
        lines = ["".join(passage.text for passage in line) for line in source_lines(passages)]
        whole = "".join(passage.text for passage in hit.line)
        if context == "section":
            own = section_of(hit, passages)
            taken = section_excerpt([hit], passages, own)
            assert taken.text in "\n".join(lines)
            paragraphs = list(source_lines(passages[own.start : own.stop]))
            assert taken.text.count("\n") == len(paragraphs) - 1
        else:
            taken = excerpt(hit, context)
            start = hit.passage.column - hit.line[0].column + taken.offset
            shown = taken.text.replace("……", "").replace("…", "")
            if context == "hit":
                assert shown == "".join(hit.passage.text[a.start : a.end] for a in hit.spans)
            else:
                assert whole[start:].startswith(taken.text)
                assert taken.cut == (start > 0, start + len(taken.text) < len(whole))
            assert (taken.line, taken.column) == hit.passage.place
        marked = [taken.text[span.start : span.end] for span in taken.spans]
        assert marked == [hit.passage.text[span.start : span.end] for span in hit.spans]


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
    assert excerpt(hit, context).text == text


def test_a_section_is_whole(corpus):
    """With its heading, paragraph by paragraph."""
    (hit,) = corpus.search("校准", with_variants=False).hits
    passages = corpus.speech(hit.info.id)[1]
    taken = section_excerpt([hit], passages, section_of(hit, passages))
    assert taken.text == "\n".join(SPEECH.split("\n")[10:12])
    assert taken.line == 11
    assert [taken.text[span.start : span.end] for span in taken.spans] == ["校准"]
