"""Laws that tie answers to one another: whatever is asked, of whatever corpus, they hold."""

from __future__ import annotations

import io
import json
import os
import random
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import LONG, ROOT, SHARED, often, shared
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import FILE, RULES

import lianzheng_search
from lianzheng_search.cleaning.clean import clean, cleaned_text
from lianzheng_search.query.language import parse_query, quoted
from lianzheng_search.query.lists import NamedQuery
from lianzheng_search.query.tree import Gap, Phrase
from lianzheng_search.reading.read import Unreadable, read_bytes, read_file
from lianzheng_search.search import ranking
from lianzheng_search.text.folding import fold

SEED = int(os.environ.get("LAWS_SEED", "7"))
"""Another one makes other corpora; --explore asks other questions."""
TOPICS = ["学习", "责任", "规矩", "家风", "担当", "群众", "底线", "廉洁"]
VERBS = ["强化", "扛牢", "守住", "紧盯", "严管", "涵养", "带头讲", "时刻想着"]
TAILS = ["意识", "这根弦", "，不打折扣", "，久久为功", "“关口”", "这一课", "，一级带一级"]
ENDS = ["。", "；", "！", "。", "。"]
POINTS = ["一是", "二是", "三是", "首先，", "其次，", "一要", "二要"]
MEETINGS = ["作风建设推进会", "警示教育大会", "家风座谈会", "集体约谈会"]
PLACES = ["云岭县", "石桥镇", "柳湾区"]


def sentence(chance):
    """Write a sentence of this genre, of few words, so that they meet again and again."""
    clause = chance.choice(VERBS) + chance.choice(TOPICS) + chance.choice(TAILS)
    point = chance.choice(["", "", "", chance.choice(POINTS)])
    more = chance.choice(["", f"，{chance.choice(TOPICS)}和{chance.choice(TOPICS)}XX抓"])
    return point + clause + more + chance.choice(ENDS)


def written_speech(chance):
    """Write a speech: a title, mostly a date, sections, some with sections inside, points."""
    lines = [f"在{chance.choice(PLACES)}{chance.choice(MEETINGS)}上的讲话"]
    if chance.random() < 0.8:
        lines.append(f"（20{chance.randint(18, 25)}年{chance.randint(1, 12)}月）")
    lines.append("同志们：")
    for number in "一二三四"[: chance.randint(1, 4)]:
        run_in = "。" + sentence(chance) if chance.random() < 0.3 else ""
        lines.append(f"{number}、{chance.choice(VERBS)}{chance.choice(TOPICS)}意识{run_in}")
        if chance.random() < 0.3:
            lines.append(f"（一）{chance.choice(VERBS)}{chance.choice(TOPICS)}")
        lines += [
            "".join(sentence(chance) for _n in range(chance.randint(1, 5)))
            for _line in range(chance.randint(1, 3))
        ]
    return "\n".join([*lines, "谢谢大家！"])


def write_corpus(folder, number):
    """Write a corpus of some speeches; in every second one a speech has a copy."""
    chance = random.Random(f"{SEED} {number}")
    texts = [written_speech(chance) for _n in range(chance.randint(1, 6) * (1 + 5 * (number == 5)))]
    if number % 2:
        texts.append(texts[0].replace("同志们：", "各位同志："))
    folder.mkdir()
    for n, text in enumerate(texts):
        (folder / f"{n:02}.txt").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Open some written corpora and, where they are there, the seeds."""
    folder = tmp_path_factory.mktemp("laws")
    for number in range(6):
        write_corpus(folder / str(number), number)
    with ExitStack() as stack:
        opened = [lianzheng_search.open(folder / str(number)) for number in range(6)]
        if (SHARED / "seeds").is_dir():
            seeds = lianzheng_search.open(SHARED / "seeds", index_directory=folder / "seeds")
            opened.append(seeds)
        for corpus in opened:
            stack.enter_context(corpus).index()
        yield opened


CORPUS = st.integers(0, 99)
PARTS = [*TOPICS, *VERBS, *TAILS, *POINTS, "意", "一", "的", "，", "XX", "。二是", "要", "从严治党"]
STRINGS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join)
PHRASES = STRINGS.map(quoted)
WORDS = st.sampled_from([part for part in PARTS if part.isalnum()])
GAPS = st.tuples(WORDS, st.sampled_from(["*", "?", "?*", "**", "??"]), WORDS).map("".join)
NEARS = st.tuples(WORDS, st.integers(0, 30), WORDS).map(lambda p: f"{p[0]} NEAR/{p[1]} {p[2]}")
LEAVES = st.one_of(PHRASES, WORDS, GAPS, NEARS)
FILTERS = st.sampled_from(
    [
        {"section": "二"},
        {"section": "责任"},
        {"section": "（一）"},
        {"theme": "家风家教"},
        {"theme": "担当作为"},
        {"title": "约谈"},
        {"title": "讲话"},
        {"part": "heading"},
        {"part": "body"},
        {"part": "title"},
        {"since": "2021"},
        {"until": "2023-06"},
    ]
)
FIELDS = FILTERS.map(lambda filters: written(filters))
QUERIES = st.recursive(
    st.one_of(LEAVES, LEAVES, FIELDS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) OR ({pair[1]})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=4,
)


def written(filters):
    """Write filters as fields of a query."""
    return " ".join(f"{'in' if k == 'part' else k}:{v}" for k, v in filters.items())


def among(corpora, number):
    return corpora[number % len(corpora)]


def hits(corpus, query, **options):
    """Give all hits, copies too, of what is found as it stands."""
    results = corpus.search(
        query, **{"limit": 0, "sort": "corpus", "with_variants": True, **options}
    )
    found = list(results.hits)
    assert len(found) == results.total or options.get("limit")
    return found if results.exact else []


def place(hit):
    return hit.info.id, hit.passage.line, hit.passage.column


def passages(corpus, query, **options):
    """Give the places of the passages found; each is found once."""
    found = [place(hit) for hit in hits(corpus, query, **options)]
    assert len(found) == len(set(found))
    return set(found)


def matches(corpus, query, **options):
    """Give where each span marked starts and ends, on its line of the cleaned text."""
    return [
        (hit.info.id, hit.passage.line, *(at + end for end in (span.start, span.end)))
        for hit in hits(corpus, query, **options)
        for at in [hit.passage.column - hit.line[0].column]
        for span in hit.spans
    ]


@pytest.mark.promise("Boolean")
@settings(max_examples=often(80))
@given(CORPUS, QUERIES, QUERIES)
def test_and_is_within_each_or_is_the_union_not_the_complement(corpora, number, a, b):
    """What sets say of sets, in any combination."""
    corpus = among(corpora, number)
    every, of_a, of_b = passages(corpus, None), passages(corpus, a), passages(corpus, b)
    assert passages(corpus, f"({a}) ({b})") == of_a & of_b
    assert passages(corpus, f"({a}) AND ({b})") == of_a & of_b
    assert passages(corpus, f"({a}) OR ({b})") == of_a | of_b
    assert passages(corpus, f"NOT ({a})") == every - of_a
    assert passages(corpus, f"({a}) NOT ({b})") == of_a - of_b
    assert passages(corpus, f"-(({a}) OR ({b}))") == every - of_a - of_b
    assert passages(corpus, f"NOT (NOT ({a}))") == of_a


@pytest.mark.promise("Boolean")
@settings(max_examples=often(60))
@given(CORPUS, st.none() | QUERIES, FILTERS)
def test_not_is_the_complement_in_a_scope(corpora, number, query, filters):
    """Under filters, too."""
    corpus = among(corpora, number)
    query = query or "强化*意识"
    scope = passages(corpus, None, **filters)
    inside = passages(corpus, query, **filters)
    assert inside <= scope
    assert passages(corpus, f"NOT ({query})", **filters) == scope - inside


@pytest.mark.promise("sums")
@settings(max_examples=often(60))
@given(CORPUS, st.none() | QUERIES)
def test_the_parts_of_speeches_add_up(corpora, number, query):
    """Title, headings and body are all, and none is two of them; so it is with speeches."""
    corpus = among(corpora, number)
    every = passages(corpus, query)
    parts = [passages(corpus, query, part=part) for part in ("title", "heading", "body")]
    assert set().union(*parts) == every == passages(corpus, query, part="all")
    assert sum(map(len, parts)) == len(every)
    speeches = [passages(corpus, query, speech=info.id) for info in corpus.speeches()]
    assert set().union(*speeches) == every
    assert sum(map(len, speeches)) == len(every)


def test_sections_part_the_passages(corpora):
    """Each passage stands under its own headings, and is found there; the numbers, too."""
    for corpus in corpora:
        everything = hits(corpus, None)
        headings = {section.heading for hit in everything for section in hit.passage.sections}
        for heading in headings:
            under = {
                place(hit)
                for hit in everything
                if any(fold(heading) in fold(above) for above in hit.passage.section)
            }
            assert passages(corpus, None, section=heading) == under
        for text in [
            *TOPICS,
            "意识",
            "，",
            "强化学习",
            "意识。",
            *(f"意识。{verb}" for verb in VERBS),
        ]:
            assert passages(corpus, None, section=text) == {
                place(hit)
                for hit in everything
                if any(text in fold(above) for above in hit.passage.section)
            }
        outside = {place(hit) for hit in everything if not hit.passage.sections}
        inside = {place(hit) for hit in everything if hit.passage.sections}
        assert outside | inside == passages(corpus, None)
        for number in (1, 2, 3, 4):
            assert passages(corpus, None, section=str(number)) == {
                place(hit)
                for hit in everything
                if any(section.number == number for section in hit.passage.sections)
            }


def test_a_filter_leaves_what_it_says(corpora):
    """Every passage has what the filter asks for, and every one that has it is left."""
    for corpus in corpora:
        everything = hits(corpus, None)
        for name, value, holds in (
            ("title", "约谈", lambda hit: "约谈" in hit.info.title),
            ("theme", "家风家教", lambda hit: "家风家教" in hit.passage.themes),
            ("part", "heading", lambda hit: hit.passage.kind == "heading"),
            ("since", "2021", lambda hit: (hit.info.date or "") >= "2021"),
            ("until", "2023", lambda hit: (hit.info.date or "9999") < "2024"),
        ):
            left = {place(hit) for hit in everything if holds(hit)}
            assert passages(corpus, None, **{name: value}) == left


@pytest.mark.promise("longer phrase")
@settings(max_examples=often(100))
@given(CORPUS, st.data())
def test_a_longer_phrase_stands_where_its_parts_stand(corpora, number, data):
    """Each match of a phrase has a match of each of its parts inside it, at its place."""
    corpus = among(corpora, number)
    lines = sorted({"".join(p.text for p in hit.line) for hit in hits(corpus, None)})
    line = data.draw(st.sampled_from(lines))
    start = data.draw(st.integers(0, len(line) - 1))
    longer = fold(line[start : start + data.draw(st.integers(1, 12))])
    cut = data.draw(st.integers(0, len(longer) - 1))
    shorter = longer[cut : data.draw(st.integers(cut + 1, len(longer)))]
    if not shorter.strip() or not longer.strip() or overlaps_itself(shorter):
        return
    found = set(matches(corpus, quoted(shorter)))
    whole = matches(corpus, quoted(longer))
    assert whole
    for speech, at, start, _end in whole:
        assert (speech, at, start + cut, start + cut + len(shorter)) in found


def overlaps_itself(text):
    return any(text.startswith(text[at:]) for at in range(1, len(text)))


@settings(max_examples=often(60))
@given(CORPUS, WORDS, WORDS, st.integers(0, 40))
def test_a_wider_gap_finds_no_less(corpora, number, left, right, distance):
    """Next to each other, one character between, up to ten; and NEAR with its distance."""
    corpus = among(corpora, number)
    gapped = lines(corpus, f"{left}*{right}")
    assert lines(corpus, f"{left}?{right}") | lines(corpus, quoted(left + right)) <= gapped
    assert gapped <= lines(corpus, f"{left} NEAR/10 {right}")
    near = lines(corpus, f"{left} NEAR/{distance} {right}")
    assert near <= lines(corpus, f"{left} NEAR/{distance + 1} {right}")
    assert near <= lines(corpus, left) & lines(corpus, right)
    assert near == lines(corpus, f"{right} NEAR/{distance} {left}")


def lines(corpus, query):
    """Give the lines on which a query is found: a match may begin in one point or another."""
    return {match[:2] for match in matches(corpus, query)}


@pytest.mark.promise("sums")
@settings(max_examples=often(60))
@given(CORPUS, QUERIES, st.integers(1, 9), st.booleans())
def test_a_limit_gives_the_first_of_all(corpora, number, query, limit, with_variants):
    """Of search and kwic in every order, of headings, of what fills gaps, of an export."""
    corpus = among(corpora, number)
    for sort in ("relevance", "corpus", "date"):
        options = {"sort": sort, "with_variants": with_variants}
        every = corpus.search(query, limit=0, **options)
        some = corpus.search(query, limit=limit, **options)
        assert (some.total, some.speeches, some.exact) == (every.total, every.speeches, every.exact)
        assert list(some.hits) == list(every.hits)[:limit]
        options["limit"] = 0
    for sort in ("corpus", "date", "left", "right"):
        every = corpus.kwic(query, sort=sort, with_variants=with_variants)
        some = corpus.kwic(query, sort=sort, limit=limit, with_variants=with_variants)
        assert some.lines == every.lines[:limit]
        assert (some.total, some.speeches) == (every.total, every.speeches)
    rows = exported(corpus, query, limit=0, with_variants=with_variants)
    assert exported(corpus, query, limit=limit, with_variants=with_variants) == rows[:limit]
    rows = exported(corpus, query, context="section")
    assert exported(corpus, query, context="section", limit=limit) == rows[:limit]


@pytest.mark.parametrize("most", [0, ranking.GROUPED])
def test_the_best_few_are_the_best_of_all(corpora, monkeypatch, most):
    """Where far more passages hold a query than are asked for: all scored, or not."""
    monkeypatch.setattr(ranking, "GROUPED", most)
    for corpus in corpora:
        for query in [
            *TOPICS,
            "意",
            "一",
            "是",
            "的",
            "强化*意识",
            "强化 OR 责任",
            "一 OR 是 OR 要",
        ]:
            every = [
                (place(hit), hit.score)
                for hit in corpus.search(query, limit=0, with_variants=True).hits
            ]
            scores = [score for _place, score in every]
            assert scores == sorted(scores, reverse=True)
            for limit in (1, 2, 3):
                best = corpus.search(query, limit=limit, with_variants=True)
                assert [(place(hit), hit.score) for hit in best.hits] == every[:limit]


def exported(corpus, query, **options):
    out = io.StringIO()
    named = [NamedQuery(name="q", query=query)]
    corpus.export_to(named, out, file_format="jsonl", **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


HEADING_KEYS = {
    "corpus": lambda line: (line.speech, line.line),
    "date": lambda line: line.date or "9999",
    "text": lambda line: fold(line.wording),
    "length": lambda line: len(line.wording),
}


@settings(max_examples=often(30))
@given(CORPUS, st.one_of(st.none(), WORDS, GAPS), st.integers(1, 5), st.booleans())
def test_a_limit_of_lists_gives_the_first_of_all(corpora, number, text, limit, with_variants):
    """Headings and their groups; what fills a gap."""
    corpus = among(corpora, number)
    for sort in ("corpus", "date", "text", "length"):
        options = {"sort": sort, "with_variants": with_variants}
        every = corpus.headings(text, **options)
        assert corpus.headings(text, limit=limit, **options) == every[:limit]
        keys = [HEADING_KEYS[sort](line) for line in every]
        assert keys == sorted(keys)
        assert Counter(every) == Counter(corpus.headings(text, with_variants=with_variants))
    for by in ("theme", "level", "speech"):
        every = corpus.heading_groups(by, text, with_variants=with_variants)
        some = corpus.heading_groups(by, text, limit=limit, with_variants=with_variants)
        assert some.groups == every.groups[:limit]
        assert sum(len(group.headings) for group in every.groups) == every.found
        assert every.found == len(corpus.headings(text, with_variants=with_variants))
    every = corpus.slots("强化*意识", limit=0, with_variants=with_variants)
    assert (
        corpus.slots("强化*意识", limit=limit, with_variants=with_variants).shown
        == (every.shown[:limit])
    )


@pytest.mark.promise("sums")
@settings(max_examples=often(80))
@given(CORPUS, QUERIES, FILTERS, FILTERS)
def test_filters_commute(corpora, number, query, one, other):
    """As options, as fields before or after the query, in any order; two are both."""
    corpus = among(corpora, number)
    by_option = passages(corpus, query, **one)
    assert passages(corpus, f"({query}) {written(one)}") == by_option
    assert passages(corpus, f"{written(one)} ({query})") == by_option
    both = by_option & passages(corpus, query, **other)
    assert passages(corpus, f"{written(one)} ({query}) {written(other)}") == both
    assert passages(corpus, f"{written(other)} {written(one)} ({query})") == both
    assert passages(corpus, f"({query}) {written(other)}", **one) == both
    if one.keys().isdisjoint(other):
        assert passages(corpus, query, **one, **other) == both
        assert passages(corpus, query, **other, **one) == both
    inside = passages(corpus, None, **one)
    assert by_option == passages(corpus, query) & inside


@settings(max_examples=often(60))
@given(CORPUS, QUERIES, st.booleans())
def test_orders_are_permutations_of_one_another(corpora, number, query, with_variants):
    """However it is sorted, the same is shown; copies left out and kept are all."""
    corpus = among(corpora, number)

    def found(sort):
        results = corpus.search(query, limit=0, sort=sort, with_variants=with_variants)
        return Counter((place(hit), hit.spans) for hit in results.hits)

    assert found("relevance") == found("corpus") == found("date")
    lines = [
        Counter(corpus.kwic(query, sort=sort, with_variants=with_variants).lines)
        for sort in ("corpus", "date", "left", "right")
    ]
    assert all(one == lines[0] for one in lines)
    results = corpus.search(query, limit=0, with_variants=False)
    every = corpus.search(query, limit=0, with_variants=True)
    assert results.total + results.copies == every.total
    assert {place(hit) for hit in results.hits} <= {place(hit) for hit in every.hits}


@settings(max_examples=often(60))
@example(5, "强化*意识", {})
@example(6, "强化*意识", {})
@given(CORPUS, st.one_of(LEAVES, st.tuples(LEAVES, LEAVES).map(" OR ".join)), FILTERS | st.just({}))
def test_counts_add_up(corpora, number, query, filters):
    """What is marked is what is counted, in all, by speech, by year, by section; in a list."""
    corpus = among(corpora, number)
    options = {"with_variants": True, **filters}
    found = hits(corpus, query, **options)
    marks = sum(len(hit.spans) for hit in found)
    for by in ("none", "speech", "year", "month", "section"):
        counted = corpus.freq([query], by=by, **options)
        assert counted.totals[0].hits == sum(row.hits for row in counted.rows) == marks
        assert counted.totals[0].passages == sum(row.passages for row in counted.rows) == len(found)
        if by in ("speech", "year", "month"):
            assert sum(row.characters for row in counted.rows) <= counted.characters
    assert corpus.kwic(query, **options).total == marks
    assert corpus.dispersion([query], **options)[0].hits == marks
    by_speech = [
        corpus.freq([query], **{**options, "speech": info.id}).totals[0].hits
        for info in corpus.speeches()
    ]
    assert sum(by_speech) == marks
    parsed = parse_query(query)
    if isinstance(parsed, Gap):
        filled = corpus.slots(query, limit=0, **options)
        assert filled.matches == sum(one.count for one in filled.shown) == marks
    if isinstance(parsed, Phrase):
        for hit in found:  # each span holds the phrase, as the text stands
            marked = {hit.passage.text[span.start : span.end] for span in hit.spans}
            assert set(map(fold, marked)) == {parsed.text}
        assert {end - start for *_place, start, end in matches(corpus, query, **options)} <= {
            len(parsed.text)
        }


def test_themes_and_groups_add_up(corpora):
    """The count of a theme is what its filter leaves; the groups of an export are all rows."""
    for corpus in corpora:
        for count in corpus.themes(with_variants=True):
            assert count.passages == len(passages(corpus, None, theme=count.theme))
        rows = exported(corpus, "意识")
        for by in ("speech", "section", "theme"):
            grouped = exported(corpus, "意识", group_by=by)
            key = lambda row: (row["speech"], row["line"], row["column"])  # noqa: E731
            assert sorted(map(key, grouped)) == sorted(map(key, rows))


@settings(max_examples=often(60))
@example(5, "XX")
@example(5, "“关口”")
@given(CORPUS, STRINGS)
def test_what_is_typed_otherwise_finds_the_same(corpora, number, text):
    """Full width, upper case, folded already."""
    corpus = among(corpora, number)
    found = matches(corpus, quoted(text))
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    for other in (fold(text), wide, text.upper(), text.lower()):
        assert matches(corpus, quoted(other)) == found


@pytest.mark.promise("twice")
def test_folding_twice_is_folding_once_for_every_character():
    """All of Unicode, and none becomes two."""
    everything = "".join(map(chr, range(0x110000)))
    folded = fold(everything)
    assert len(folded) == len(everything)
    assert fold(folded) == folded


def again(text, name):
    """Clean a cleaned text, as a file of its own."""
    return cleaned_text(clean(read_bytes(text.encode(), path=f"{name}.txt"), RULES))


@settings(max_examples=often(120))
@given(FILE)
def test_cleaning_what_was_cleaned_changes_nothing(file):
    """What `clean` prints goes through it unchanged."""
    once = cleaned_text(clean(file, RULES))
    if once:
        assert again(once, "a") == once


@pytest.mark.promise("twice")
@pytest.mark.parametrize("folder", ["corpus", "seeds", "messy", "public"])
def test_cleaning_files_twice_is_cleaning_them_once(folder):
    """The samples that come along, and all real texts, of every format."""
    directory = ROOT / "corpus" if folder == "corpus" else shared(folder)
    compared = 0
    for file in sorted(directory.rglob("*"))[:: 1 if LONG or folder == "corpus" else 3]:
        once = first_cleaning(file)
        if once:
            compared += 1
            assert again(once, file.stem) == once, file.name
    assert compared


def first_cleaning(file: Path) -> str:
    """Clean a file; nothing where it is no speech."""
    if not file.is_file() or file.name.startswith(("README", "MANIFEST")):
        return ""
    try:
        return cleaned_text(clean(read_file(file, path=file.name), RULES))
    except Unreadable:
        return ""
