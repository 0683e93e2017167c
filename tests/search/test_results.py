"""The law of phrase search, and what a query means, checked against plain scans."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from conftest import often, shared, speech
from corpora import queries_of, speeches_of, whoosh_over
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import count_in_lines
from scan import ScanBackend
from strategies import SMALL_HAN, TEXTS

from lianzheng_search.errors import RequestError
from lianzheng_search.model import source_lines
from lianzheng_search.query.filters import Filters, Scope
from lianzheng_search.query.language import parse_query, quoted
from lianzheng_search.query.tree import And, Field, Gap, Near, Not, Or, Phrase
from lianzheng_search.search.results import run_search
from lianzheng_search.text.characters import BLANK
from lianzheng_search.text.folding import fold


def found(backend, query, filters=None, sort="corpus"):
    results = run_search(backend, query, Scope(filters=filters or Filters()), limit=0, sort=sort)
    if not results.exact:
        return []
    return [
        (hit.info.id, hit.passage.line, hit.passage.column, hit.passage.text, hit.spans)
        for hit in results.hits
    ]


WANTED = st.text(SMALL_HAN, min_size=1)


@settings(max_examples=often(150))
@given(TEXTS, st.data())
def test_a_phrase_is_found_as_often_as_a_scan_of_the_lines_finds_it(texts, data):
    """The law of phrase search, for any string: those drawn from the text, and any other."""
    everything = "\n".join(texts)
    start = data.draw(st.integers(0, len(everything)))
    drawn = everything[start : start + data.draw(st.integers(1, 12))].split("\n")[0]
    phrase = fold(data.draw(st.sampled_from([drawn, drawn[:1]])) or data.draw(WANTED))
    if not phrase.strip(fold(BLANK)):
        return
    parsed = parse_query(quoted(phrase))
    assert parsed == Phrase(phrase, quoted=True)
    expected = count_in_lines(texts, phrase)
    hits = found(ScanBackend(speeches_of(texts)), parsed)
    assert sum(len(spans) for *_rest, spans in hits) == expected
    with whoosh_over(speeches_of(texts)) as backend:
        assert found(backend, parsed) == hits
        with pytest.MonkeyPatch.context() as patch:  # look at the likely lines, however many
            patch.setattr("lianzheng_search.index.whoosh.phrases.SOME", 0)
            assert found(backend, parsed) == hits


@given(TEXTS, st.text(SMALL_HAN, min_size=1, max_size=4))
def test_a_span_slices_back_to_its_hit_and_the_text_to_its_line(texts, phrase):
    """What is shown stands in the file, at the line and column that are told."""
    phrase = fold(phrase.strip(BLANK))
    if not phrase:
        return
    for path, line, column, text, spans in found(ScanBackend(speeches_of(texts)), Phrase(phrase)):
        source = texts[int(Path(path).stem)].split("\n")[line - 1]
        assert source[column : column + len(text)] == text
        assert all(fold(text[span.start : span.end]) == phrase for span in spans)
        assert list(spans) == sorted(spans)


PHRASES = st.sampled_from(["责任", "担当", "学习", "家风", "一是", "。二是", "x", "家"]).map(Phrase)
LEAVES = st.one_of(
    PHRASES,
    st.sampled_from(["责*担", "学?", "家*风", "一*担当", "?任"]).map(Gap),
    st.builds(Near, PHRASES, PHRASES, st.integers(0, 12)),
    st.sampled_from(["担当", "一", "2"]).map(lambda value: Field("section", value)),
)
QUERIES = queries_of(LEAVES, max_leaves=5)
FILTERS = st.builds(
    Filters,
    section=st.sampled_from([None, None, "担当", "一", "（一）", "2"]),
    part=st.sampled_from(["all", "all", "heading", "body", "title"]),
    title=st.sampled_from([None, None, "讲话"]),
    speech=st.sampled_from([None, None, "0.txt"]),
    since=st.sampled_from([None, None, "2024"]),
)


def matches(passage, line, section_filter, query):
    """Evaluate a query naively: does a match start in this passage of its line?"""
    text = fold("".join(part.text for part in line))
    start = passage.column - line[0].column
    inside = range(start, start + len(passage.text))
    if isinstance(query, And):
        return all(matches(passage, line, section_filter, part) for part in query.parts)
    if isinstance(query, Or):
        return any(matches(passage, line, section_filter, part) for part in query.parts)
    if isinstance(query, Not):
        return not matches(passage, line, section_filter, query.part)
    if isinstance(query, Field):
        return section_filter(passage, query.value)
    if isinstance(query, Near):
        sizes = len(query.left.text), len(query.right.text)
        left = [m.start() for m in re.finditer(f"(?={re.escape(query.left.text)})", text)]
        right = [m.start() for m in re.finditer(f"(?={re.escape(query.right.text)})", text)]
        return any(
            0 <= max(b - a - sizes[0], a - b - sizes[1]) <= query.distance and min(a, b) in inside
            for a in left
            for b in right
        )
    pattern = (
        re.escape(query.text)
        if isinstance(query, Phrase)
        else "".join(
            {"*": "[^。！？；!?;]{0,10}?", "?": "[^。！？；!?;]"}.get(c, re.escape(c))
            for c in query.pattern
        )
    )
    return any(match.start() in inside for match in re.finditer(pattern, text))


@settings(max_examples=often(150))
@given(TEXTS, QUERIES, FILTERS)
@example(["一是学习。二是担当。"], Not(Phrase("担当")), Filters())
def test_a_query_means_what_a_naive_evaluator_says(texts, query, filters):
    """Operators, gaps, NEAR and filters: the same passages from both backends, and by hand."""
    speeches = speeches_of(texts)
    scan = ScanBackend(speeches)
    scanned = found(scan, query, filters)
    with whoosh_over(speeches) as backend:
        assert found(backend, query, filters) == scanned
        assert found(backend, query, filters, "relevance") == found(
            scan, query, filters, "relevance"
        )

    def in_section(passage, value):
        number = {"一": 1, "2": 2}.get(value)
        if number:
            return any(section.number == number for section in passage.sections)
        return any(value in fold(section.heading) for section in passage.sections)

    left = scan.scope(filters)
    expected, ref = [], 0
    for one in speeches:
        for line in source_lines(one.passages):
            for passage in line:
                if (left is None or ref in left) and matches(passage, line, in_section, query):
                    expected.append((one.info.id, passage.line, passage.column))
                ref += 1
    assert [hit[:3] for hit in scanned] == expected


@given(TEXTS, FILTERS)
def test_filters_alone_list_what_they_leave_in_corpus_order(texts, filters):
    """Without a query, every passage that the filters leave is found, whole and in order."""
    speeches = speeches_of(texts)
    with whoosh_over(speeches) as backend:
        listed = found(backend, None, filters)
    assert listed == found(ScanBackend(speeches), None, filters)
    if not filters:
        passages = [
            (one.info.id, p.line, p.column, p.text, ()) for one in speeches for p in one.passages
        ]
        assert listed == passages


@given(TEXTS)
def test_an_index_gives_every_passage_back(texts):
    """What is stored is what was parsed: text, place, sections, points."""
    speeches = speeches_of(texts)
    with whoosh_over(speeches) as backend:
        for one in speeches:
            if one.passages:
                assert backend.speech(one.info.id) == (one.info, list(one.passages))


def test_a_phrase_across_a_point_is_found_once_with_its_whole_text():
    """A hit over the border of a run-in point is shown with the text of both passages."""
    backend = ScanBackend([speech("一、学习\n要学深。一是读书。二是用心。")])
    ((_path, line, column, text, spans),) = found(backend, Phrase("读书。二是"))
    assert (line, column, text) == (2, 4, "一是读书。二是用心。")
    assert text[spans[0].start : spans[0].end] == "读书。二是"


def test_a_query_without_an_exact_hit_falls_back_to_its_words():
    """The fallback says so, and has no spans that a script could take for hits."""
    results = run_search(
        ScanBackend([speech("今天讲主体责任，也讲担当。")]),
        parse_query("主体责任担当"),
        limit=0,
        sort="relevance",
    )
    (hit,) = results.hits
    assert not results.exact
    assert set(results.words) == {"主体责任", "担当"}
    assert hit.spans == ()
    assert [hit.passage.text[span.start : span.end] for span in hit.words] == ["主体责任", "担当"]


def test_a_quoted_phrase_never_falls_back():
    """Who quotes wants nothing less."""
    results = run_search(
        ScanBackend([speech("今天讲主体责任，也讲担当。")]),
        parse_query("“主体责任担当”"),
        limit=0,
        sort="relevance",
    )
    assert (list(results.hits), results.total) == ([], 0)


def test_random_substrings_of_the_seeds_are_all_found(tmp_path):
    """On the real files, substrings of 1 to 40 characters are found as often as grep finds them."""
    import lianzheng_search

    seeds = shared("seeds")
    corpus = lianzheng_search.open(seeds, index_directory=tmp_path / "index")
    corpus.index()
    lines = [
        (file.name, line.text)
        for file in sorted(seeds.glob("*.txt"))
        for line in corpus.clean(file).lines
        if line.text.strip(BLANK)
    ]
    drawn = random.Random(20)
    for length in [*range(1, 41)] * 5:
        text = drawn.choice([line for _name, line in lines if len(line.strip(BLANK)) >= length])
        start = drawn.randrange(len(text.strip(BLANK)) - length + 1)
        phrase = text.strip(BLANK)[start : start + length]
        if not phrase.strip(BLANK):
            continue
        hits = corpus.search(quoted(phrase), limit=0, with_variants=True).hits
        per_file: dict[str, int] = {}
        for hit in hits:
            per_file[hit.info.id] = per_file.get(hit.info.id, 0) + len(hit.spans)
        expected: dict[str, int] = {}
        for name, line in lines:
            if count := fold(line.strip(BLANK)).count(fold(phrase)):
                expected[name] = expected.get(name, 0) + count
        assert per_file == expected, phrase
    corpus.close()


@settings(max_examples=often(80))
@given(TEXTS, QUERIES, st.integers(1, 4))
@example(["一、担当\n甲。\n乙。\n要清廉。"], Or((Phrase("清廉"), Not(Phrase("担当")))), 2)
@example(["一、担当\n甲。\n乙。\n要清廉。"], Or((Phrase("清廉"), Field("section", "担当"))), 2)
def test_the_best_are_the_first_of_all(texts, query, limit):
    """What is asked for is scored first, and it is what scoring everything puts first."""
    with whoosh_over(speeches_of(texts)) as backend, pytest.MonkeyPatch.context() as patch:
        patch.setattr("lianzheng_search.search.ranking.CONTENDERS", 1)

        def ranked(limit):
            results = run_search(backend, query, limit=limit, sort="relevance")
            return [(hit.info.id, hit.passage, hit.score) for hit in results.hits], results.exact

        (whole, exact), (first, _exact) = ranked(0), ranked(limit)
        assert not exact or first == whole[:limit]


@pytest.mark.parametrize("sort", ["relevance", "corpus", "date"])
def test_a_limit_gives_a_prefix(corpus, sort):
    """The first N of a search are the first N of the whole."""
    whole = [
        hit.passage
        for hit in corpus.search(
            "责任 OR 家风 OR 学习", limit=0, sort=sort, with_variants=True
        ).hits
    ]
    for limit in range(1, len(whole) + 1):
        assert [
            h.passage
            for h in corpus.search(
                "责任 OR 家风 OR 学习", limit=limit, sort=sort, with_variants=True
            ).hits
        ] == whole[:limit]


def test_a_count_of_255_is_exact():
    """More than a byte holds, and exactly as much; also before an ideograph beyond U+FFFF."""
    text = (
        "一、学习\n一是抓好。二是"
        + "天地人和" * 255
        + "。三是𠮷的。\n"
        + "担" * 300
        + "\n"
        + "担" * 255
    )
    with whoosh_over([speech(text)]) as backend:
        for phrase in ("天地人和", "担", "天地", "𠮷的"):
            expected = ScanBackend([speech(text)]).occurrences(phrase)
            found = backend.occurrences(phrase)
            assert list(found.refs) == list(expected.refs)
            assert list(found.counts) == list(expected.counts)
        assert not backend.occurrences("").refs


def test_filters_of_no_value_and_of_no_text_are_refused(corpus):
    """Each is one clear error."""
    for query in ('section:""', 'title:" "', 'theme:""'):
        with pytest.raises(RequestError):
            corpus.search(query)
    for name in ("section", "theme", "title"):
        with pytest.raises(RequestError):
            corpus.search("担当", **{name: "\ud842"})
