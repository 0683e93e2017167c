"""The plain reading of speeches, and the index: two programs, one answer."""

from __future__ import annotations

from conftest import often
from corpora import queries_of, speeches_of, whoosh_over
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lianzheng_search.proof.plain_scan import matches_of, scan, scan_text
from lianzheng_search.query.filters import Filters, Scope
from lianzheng_search.query.tree import Field, Gap, Near, Not, Phrase
from lianzheng_search.search.evaluation import find_passages

PIECES = st.sampled_from(
    [
        "一、抓责任", "\n", "二、重担当\n", "一是学习责任，", "二是担当家风。", "家家家",
        "责任任责", "首先，要担当；其次，", "（一）家风\n", "×X", "。", "！", "谢谢大家",
    ]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=9).map("".join), min_size=1, max_size=4)
LEAVES = st.sampled_from(
    [
        *map(Phrase, ("责任", "担当", "家", "家家", "一是", "。二是", "x", "任，二", "无此语")),
        *map(Gap, ("责*担", "学?", "家*风", "?任", "*家*", "一是*二是", "家?家", "责任??")),
        *(
            Near(Phrase(a), Phrase(b), n)
            for a in ("家", "责任")
            for b in ("家", "担")
            for n in (0, 9)
        ),
        Near(Gap("家*家"), Phrase("任"), 3),
        Field("section", "一"),
        Field("title", "责任"),
        Field("in", "heading"),
    ]
)
QUERIES = queries_of(LEAVES, max_leaves=4)
FILTERS = st.builds(
    Filters,
    section=st.sampled_from([None, None, "担当", "一", "（一）"]),
    part=st.sampled_from(["all", "all", "heading", "body", "title"]),
    speech=st.sampled_from([None, None, "0.txt"]),
    since=st.sampled_from([None, None, "2024"]),
    path=st.sampled_from([None, None, "0.txt", "?.txt", "[01]*", "none"]),
    undated=st.sampled_from(["out", "in", "alone"]),
)


@settings(max_examples=often(600))
@given(TEXTS, QUERIES | st.none(), FILTERS)
@example(["一是学习。二是担当。"], Not(Phrase("担当")), Filters())
def test_a_plain_reading_finds_what_the_index_finds(texts, query, filters):
    """Passages of any query under any filter; of one phrase or gap, how often it occurs."""
    speeches = speeches_of(texts)
    plain: dict[str, set[int]] = {}
    hits = 0
    for one in speeches:
        found = scan(one.info, one.passages, scan_text(one.passages), query, filters)
        plain |= {one.info.id: set(found.passages)} if found.passages else {}
        hits += len(found.matches)
    with whoosh_over(speeches) as backend:
        if query is None:
            allowed = backend.scope(filters)
            refs = set(backend.refs() if allowed is None else allowed)
            counts = None
        else:
            matching = find_passages(backend, query, Scope(filters=filters, with_copies=True))
            refs, counts = set(matching.refs), matching.counts
        index = {
            info.id: {ref - own.start for ref in own if ref in refs}
            for info, own in backend.ranges()
        }
    assert plain == {speech: numbers for speech, numbers in index.items() if numbers}
    if counts is not None:
        assert hits == sum(counts)


def test_a_gap_does_not_run_over_a_sentence_or_a_line():
    """Ten characters at most, as short as can be, from the left."""
    assert list(matches_of("强化宗旨意识。强化\n意识", Gap("强化*意识"))) == [(0, 6)]
    assert list(matches_of("强化" + "一" * 11 + "意识", Gap("强化*意识"))) == []
    assert list(matches_of("抓细抓实抓落实", Gap("抓*落实"))) == [(0, 7)]
