"""What is counted, against what `search` marks and against a plain count of tokens."""

from __future__ import annotations

import json
import math
from collections import Counter
from fractions import Fraction

import pytest
from click.testing import CliRunner
from conftest import SPEECH, shared, speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

import lianzheng_search
from lianzheng_search.cli.main import cli
from lianzheng_search.errors import RequestError
from lianzheng_search.model import Span
from lianzheng_search.query.filters import Scope
from lianzheng_search.query.language import parse_query
from lianzheng_search.search.results import run_search
from lianzheng_search.search.selection import folded_text, select
from lianzheng_search.study.collocates import collocates, near_words, sentence_around
from lianzheng_search.study.frequencies import dispersion, frequencies
from lianzheng_search.study.key_words import key_words
from lianzheng_search.study.word_counts import tally
from lianzheng_search.text.folding import fold
from lianzheng_search.text.words import WORDS_FILE, is_word, read_words, words

QUERIES = (
    "干部",
    "要",
    "学习 担当",
    "责任 主体责任",
    "强化*意识",
    "责任 NEAR/10 担当",
    "家风 OR 家教",
    "学习 -担当",
    "title:云岭 责任",
    "没有的话",
)
HAN = "责任担当家风学习要的是，。一\nx"


def quiet(done, whole):
    """Tell nobody."""


def scan(*texts):
    return ScanBackend([speech(text, path=f"{n}.txt") for n, text in enumerate(texts)])


def freq(backend, query, by="none"):
    return frequencies(
        backend,
        {query: parse_query(query)},
        Scope(with_copies=True),
        by=by,
        themes=(),
        progress=quiet,
    )


@pytest.mark.matrix
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("with_variants", [False, True])
def test_hits_are_what_search_marks(corpus, query, with_variants):
    """As many hits, passages and speeches, copies counted once or all."""
    found = corpus.search(query, limit=0, with_variants=with_variants)
    hits = list(found.hits) if found.exact else []
    (row,) = corpus.freq([query], with_variants=with_variants).rows
    assert row.hits == sum(len(hit.spans) for hit in hits)
    assert row.passages == len(hits)
    assert row.speeches == len({hit.info.id for hit in hits})


@given(
    st.lists(st.text(HAN, min_size=1, max_size=30), min_size=1, max_size=4),
    st.sampled_from(["责任", "要*的", "责任 NEAR/3 担当", "学习 任担", "要 OR 任", "担当 -学"]),
)
def test_hits_are_what_search_marks_in_any_text(texts, query):
    """Whatever the text, for the phrase counted by the index and for queries of several parts."""
    backend = scan(*texts)
    found = run_search(backend, parse_query(query), limit=0, sort="corpus")
    hits = list(found.hits) if found.exact else []
    assert freq(backend, query).rows[0].hits == sum(len(hit.spans) for hit in hits)
    told = dispersion(backend, query, parse_query(query), Scope(with_copies=True))
    assert {strip.info.id: len(strip.at) for strip in told.strips} == Counter(
        hit.info.id for hit in hits for _span in hit.spans
    )


def test_groups_add_up(corpus):
    """By speech, period or section, nothing is lost and nothing counted twice."""
    (all_of_it,) = corpus.freq(["责任"], with_variants=True).rows
    for by in ("speech", "year", "month", "section"):
        rows = corpus.freq(["责任"], by=by, with_variants=True).rows
        assert sum(row.hits for row in rows) == all_of_it.hits
        assert sum(row.passages for row in rows) == all_of_it.passages
    years = corpus.freq(["责任"], by="year", with_variants=True).rows
    assert [row.group for row in years] == ["2022", "2024", None]
    assert sum(row.characters for row in years) == all_of_it.characters


def test_per_ten_thousand_characters_by_hand():
    """Two hits in sixteen characters, punctuation counted, line ends not."""
    (row,) = freq(scan("干部要担当，敢担当。\n群众看得见。"), "担当").rows
    assert (row.hits, row.characters, row.per_10000) == (2, 16, 1250.0)


def test_strips_tell_where(corpus):
    """An offset leads to the phrase in the speech's text."""
    (told,) = corpus.dispersion(["责任"], with_variants=True)
    for strip in told.strips:
        _info, passages = corpus.speech(strip.info.id)
        text = "".join(fold(passage.text) for passage in passages)
        assert strip.length == len(text)
        assert all(text.startswith("责任", at) for at in strip.at)


def test_dispersion_by_hand():
    """Twice in the one of two equal speeches: DP one half, DPnorm 1, Juilland's D 0."""
    told = dispersion(
        scan("担当要担当。", "清风满乾坤。"),
        "担当",
        parse_query("担当"),
        Scope(with_copies=True),
    )
    assert (told.hits, told.speeches, told.all_speeches) == (2, 1, 2)
    assert (told.dp, told.dp_norm) == (0.5, 1.0)
    assert told.juilland_d == pytest.approx(0)


@given(st.text(HAN + "Ａb2·é𠀀 ", max_size=60))
def test_words_joined_are_the_text(text):
    """No character is lost, none in two words."""
    assert "".join(words(fold(text))) == fold(text)


def test_words_of_the_field_stay_whole(tmp_path):
    """A word of the user's own is one token."""
    assert "全面从严治党" in list(words("推进全面从严治党向纵深发展"))
    own = tmp_path / "words.txt"
    own.write_text("清风云岭行 100000\n", "utf-8")
    assert "清风云岭行" in list(words("开展清风云岭行活动", words_file=own))
    assert list(read_words(own)) == [("清风云岭行", 100000)]


@given(st.lists(st.lists(st.text(HAN, max_size=20), max_size=4), min_size=1, max_size=3))
def test_a_tally_counts_the_words(texts):
    """As a plain count of the tokens of each text, line by line."""
    counted = tally(texts, words_file=WORDS_FILE, progress=quiet)
    plain = [Counter(filter(is_word, (w for t in text for w in words(t)))) for text in texts]
    assert counted == plain


def test_a_word_is_near_once_and_on_the_side_of_the_nearer_hit():
    """群众 stands right of one hit and, further off, left of another; the second 要 halfway."""
    line = "要担当，群众要干部担当。"
    hits = [Span(1, 3), Span(9, 11)]
    near, own = near_words(line, hits, 5, words_file=WORDS_FILE)
    assert own == ["担当", "担当"]
    assert near == [("要", "left"), ("群众", "right"), ("要", "right"), ("干部", "left")]


def test_a_sentence_ends_where_it_does():
    """The words of other sentences of the line are not near."""
    line = "会议开始。干部要担当。散会。"
    near, _own = near_words(line, [Span(8, 10)], None, words_file=WORDS_FILE)
    assert [word for word, _side in near] == ["干部", "要"]
    assert sentence_around(line, Span(8, 10)) == (5, 10)


@given(st.lists(st.text(HAN, min_size=1, max_size=40), min_size=1, max_size=3), st.integers(1, 4))
def test_collocates_against_a_plain_count(texts, window):
    """The table of each word, made by looking at every token of every line."""
    backend = scan("群众要有责任。", *texts)
    found = collocates(
        backend, "责任", parse_query("责任"), Scope(with_copies=True), window=window, by="mi",
        least=1, limit=0, stop_words=True, words_file=WORDS_FILE, progress=quiet,
    )  # fmt: skip
    near, every = Counter(), Counter()
    for one in select(backend, Scope(with_copies=True)).speeches:
        for line in folded_text(backend, one.refs).split("\n"):
            _plain_near(line, window, near, every)
    assert found.near == near.total()
    assert found.words == every.total()
    for one in found.shown:
        assert (one.hits, one.frequency) == (near[one.word], every[one.word])
        assert one.left + one.right == one.hits
        assert one.mi == pytest.approx(
            math.log2(near[one.word] * every.total() / (near.total() * every[one.word]))
        )
        assert one.mi > 0


def _plain_near(line, window, near, every):
    """Add the words of a line to those near 责任 and to all, by looking at each for each hit."""
    tokens, at = [], 0
    for token in words(line):
        if is_word(token):
            tokens.append((token, range(at, at + len(token))))
        at += len(token)
    spans = [range(k, k + 2) for k in range(len(line)) if line.startswith("责任", k)]
    part_of = [any(set(span) & set(place) for span in spans) for _token, place in tokens]
    for n, (token, place) in enumerate(tokens):
        if part_of[n]:
            continue
        every[token] += 1
        for span in spans:
            between = [
                m
                for m, (_t, other) in enumerate(tokens)
                if not set(other) & set(span)
                and (
                    place.start < other.start < span.start or span.start < other.start < place.start
                )
            ]
            if len(between) < window:
                near[token] += 1
                break


def test_key_words_by_hand():
    """家风 twice in the one part, never in the other."""
    backend = scan("家风家风要正。", "担当担当要实。")
    found = key_words(
        backend, ("家风", parse_query("家风")), None, Scope(with_copies=True), by="log-likelihood",
        least=1, limit=0, stop_words=True, words_file=WORDS_FILE, progress=quiet,
    )  # fmt: skip
    assert found.a.passages == found.b.passages == 1
    (one,) = [key for key in found.shown if key.word == "家风"]
    assert (one.more_in, one.a, one.b) == ("a", 2, 0)
    expected = 2 * found.a.words / (found.a.words + found.b.words)
    assert one.log_likelihood == pytest.approx(2 * 2 * math.log(2 / expected))
    assert {key.word for key in found.shown if key.more_in == "b"} >= {"担当"}


@given(st.lists(st.text("责任担当学习，\n", max_size=40), min_size=2, max_size=4))
def test_key_words_are_more_frequent_where_they_are_told_to_be(texts):
    """And the log ratio says so too, however small one of the two parts is."""
    backend = scan("家风正。", *(f"责任{text}" for text in texts))
    found = key_words(
        backend, ("家风", parse_query("家风")), None, Scope(with_copies=True), by="log-ratio",
        least=1, limit=0, stop_words=True, words_file=WORDS_FILE, progress=quiet,
    )  # fmt: skip
    for key in found.shown:
        shares = Fraction(key.a, found.a.words), Fraction(key.b, found.b.words)
        assert (shares[0] > shares[1]) == (key.more_in == "a") == (key.log_ratio > 0)
        assert shares[0] != shares[1]


def test_what_cannot_be_counted_is_refused(corpus):
    """A query of filters only, an empty part, a measure that does not exist."""
    for call in (
        lambda: corpus.freq(["title:云岭"]),
        lambda: corpus.freq(["责任"], by="day"),
        lambda: corpus.keyness("没有的话"),
        lambda: corpus.collocates("责任", by="t-score"),
    ):
        with pytest.raises(RequestError):
            call()


@pytest.mark.parametrize(
    "arguments",
    [
        ["freq", "责任", "--by", "year"],
        ["freq"],
        ["collocates", "意识", "--min", "1", "--with-variants"],
        ["keyness", "--a", "title:云岭", "--min", "1"],
        ["dispersion", "责任"],
        ["dispersion", "责任", "--strips"],
    ],
)
def test_commands_in_every_format(corpus, arguments):
    """Something is found; the rows are JSON with the same keys; nothing found is 1."""
    base = ["-C", str(corpus.directory), *arguments]
    run = CliRunner()
    assert run.invoke(cli, base, standalone_mode=False).return_value == 0
    told = run.invoke(cli, [*base, "--format", "jsonl"], standalone_mode=False)
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert rows
    assert len({tuple(row) for row in rows}) == 1
    for file_format in ("csv", "md"):
        done = run.invoke(cli, [*base, "--format", file_format], standalone_mode=False)
        assert done.return_value == 0


@pytest.mark.parametrize("command", ["freq", "collocates", "dispersion"])
def test_nothing_found_is_1(corpus, command):
    """Its words do not stand in for a query that is counted."""
    base = ["-C", str(corpus.directory), command, "学深一层楼"]
    assert CliRunner().invoke(cli, base, standalone_mode=False).return_value == 1


def test_no_collocates_is_not_nothing_found(corpus):
    """The query is there, and how to see more is told."""
    base = ["-C", str(corpus.directory), "collocates", "看家本领", "--min", "99"]
    ended = CliRunner().invoke(cli, base, standalone_mode=False)
    assert ended.return_value == 1
    assert "--min 1" in ended.stderr


@pytest.mark.parametrize("arguments", [["freq", "--by", "year"], ["dispersion"]])
def test_plots_are_written(corpus, tmp_path, arguments):
    """An SVG with the query in it, not replaced unasked."""
    file = tmp_path / "plot.svg"
    base = ["-C", str(corpus.directory), *arguments, "责任", "--plot", str(file)]
    assert CliRunner().invoke(cli, base, standalone_mode=False).return_value == 0
    assert "责任" in file.read_text("utf-8")
    again = CliRunner().invoke(cli, base, standalone_mode=False)
    assert isinstance(again.exception, RequestError)
    assert not again.stdout  # said before anything is counted


def test_the_seeds_are_counted_as_a_scan_finds_them(tmp_path):
    """Every phrase of one to six characters drawn from the real speeches."""
    seeds = lianzheng_search.open(shared("seeds"), index_directory=tmp_path)
    seeds.index()
    with seeds:
        texts = [
            folded_text(seeds.backend, one.refs)
            for one in select(seeds.backend, Scope(with_copies=True)).speeches
        ]
        drawn = [
            text[at : at + size] for text in texts for size in range(1, 7) for at in (30, 200, 700)
        ]
        phrases = [f"“{text}”" for text in drawn if text.isalnum()]
        for row in seeds.freq(phrases, with_variants=True).rows:
            assert row.hits == sum(text.count(row.query[1:-1]) for text in texts)


def test_the_words_of_the_speech_add_up():
    """As many words as tokens that are words, in the speech the tests share."""
    backend = scan(SPEECH)
    (one,) = select(backend, Scope(with_copies=True)).speeches
    text = folded_text(backend, one.refs)
    (counted,) = tally([[text]], words_file=WORDS_FILE, progress=quiet)
    assert counted.total() == sum(map(is_word, words(text)))
    assert "xx" not in counted
