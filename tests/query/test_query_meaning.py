"""What a query means, checked against an evaluator so simple that it can be seen to be right."""

from __future__ import annotations

from conftest import often, speech
from corpora import speeches_of, whoosh_over
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import holding, matches, starts, written
from scan import ScanBackend
from strategies import APART, PIECES, TEXTS

from lianzheng_search.model import source_lines
from lianzheng_search.query.language import parse_query
from lianzheng_search.search.results import run_search
from lianzheng_search.text.folding import fold

SPACED = st.lists(
    st.lists(st.one_of(APART, APART.map("一、{}".format)), min_size=1, max_size=4).map("\n".join),
    min_size=1,
    max_size=3,
)
WORDS = PIECES.map(lambda piece: ("phrase", piece))
GAPS = st.tuples(PIECES, st.sampled_from(["*", "?", "??", "?*", "*?"]), PIECES).map(
    lambda parts: ("gap", "".join(parts))
)
UNITS = st.one_of(WORDS, GAPS)
NEARS = st.tuples(st.just("near"), UNITS, UNITS, st.integers(0, 12))
FIELDS = st.sampled_from(
    [("section", "担当"), ("in", "heading"), ("in", "body"), ("title", "责任")]
)
QUERIES = st.recursive(
    st.one_of(UNITS, NEARS, FIELDS),
    lambda inner: st.one_of(
        st.tuples(st.just("and"), inner, inner),
        st.tuples(st.just("or"), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=5,
)


@st.composite
def aimed(draw):
    """A query and a text in which it is only just met, or only just not."""
    left, right = draw(PIECES), draw(PIECES)
    if draw(st.booleans()):
        query, distance = ("gap", f"{left}*{right}"), 10
    else:
        distance = draw(st.integers(0, 12))
        query = ("near", ("phrase", left), ("phrase", right), distance)
    fill = "天" * (distance + draw(st.integers(-2, 1)))
    fill = draw(st.sampled_from([fill, fill, fill[1:] + "\n"]))
    first, second = draw(st.sampled_from([(left, right), (right, left)]))
    rest = draw(st.sampled_from(["", "\n", "天天"])) + draw(st.sampled_from([second, first]))
    return [draw(APART) + first + fill + second + rest], query


@settings(max_examples=often(300))
@given(st.one_of(st.tuples(st.one_of(TEXTS, SPACED), QUERIES), aimed()), st.data())
def test_a_query_finds_what_it_means(both, data):
    """However a query is written, and from whatever backend, it finds what its parts say."""
    texts, query = both
    speeches = speeches_of(texts)
    parsed = parse_query(written(query, lambda ways: data.draw(st.sampled_from(ways))))
    expected = {
        (speeches[s].info.id, speeches[s].passages[n].line, speeches[s].passages[n].column)
        for s, n in holding(query, speeches)
    }
    with whoosh_over(speeches) as index:
        for backend in (ScanBackend(speeches), index):
            results = run_search(backend, parsed, limit=0, sort="corpus")
            hits = list(results.hits) if results.exact else []
            found = [(hit.info.id, hit.passage.line, hit.passage.column) for hit in hits]
            assert len(found) == len(set(found)) == (results.total if results.exact else 0)
            assert set(found) == expected, query


@settings(max_examples=often(300))
@given(st.one_of(st.tuples(SPACED, UNITS), aimed().filter(lambda both: both[1][0] == "gap")))
def test_each_match_is_marked(both):
    """Spans are the matches, from the left, each as short as can be."""
    texts, unit = both
    speeches = speeches_of(texts)
    expected = {}
    for one in speeches:
        for line in source_lines(one.passages):
            text = fold("".join(passage.text for passage in line))
            if marked := matches(text, unit):
                expected[one.info.id, line[0].line] = marked
    parsed = parse_query(f'"{unit[1]}"' if unit[0] == "phrase" else unit[1])
    backend = ScanBackend(speeches)
    results = run_search(backend, parsed, limit=0, sort="corpus")
    found = {}
    for hit in results.hits if results.exact else ():
        at = hit.passage.column - hit.line[0].column
        spans = [(at + span.start, at + span.end) for span in hit.spans]
        found.setdefault((hit.info.id, hit.passage.line), []).extend(spans)
    assert found == expected


def test_the_evaluator_itself():
    """What the test above relies on, by hand."""
    assert matches("责任担当责任", ("phrase", "责任")) == [(0, 2), (4, 6)]
    assert matches("责任。担当责一任", ("gap", "责?任")) == [(5, 8)]
    assert matches("责任。担当", ("gap", "责*当")) == []
    assert starts("学习责任", ("near", ("phrase", "责任"), ("phrase", "学习"), 0)) == [0]
    (one,) = speeches_of(["一、担当\n学习"])
    assert holding(("section", "担当"), [one]) == {(0, 0), (0, 1)}
    assert speech("学习").passages
