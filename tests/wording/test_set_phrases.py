"""Set phrases: units that recur, dated, with their variants; every count is what a search says."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from conftest import ROOT, shared, speech
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scan import ScanBackend

import lianzheng_search
from lianzheng_search.cli.main import cli
from lianzheng_search.errors import RequestError
from lianzheng_search.search.selection import select
from lianzheng_search.text.folding import letters
from lianzheng_search.wording.phrase_variants import Candidate, clustered, is_variant
from lianzheng_search.wording.repeated_strings import ends_of_pairs, haystack
from lianzheng_search.wording.set_phrases import (
    PHRASE_ORDERS,
    candidates,
    default_least,
    set_phrases,
)

DATED = {
    "a.txt": (
        "2016-01",
        "要把纪律和规矩挺在前面。我们讲忠诚干净担当，讲的是根本；做到忠诚干净担当，靠的是平时。",
    ),
    "b.txt": ("2018", "纪律是戒尺，把纪律和规矩挺在前面，人人有责。做到忠诚、干净、担当。"),
    "c.txt": (None, "做干净忠诚担当的人，首先是忠诚干净担当，其次才是能干。"),
    "d.txt": ("2021-05-06", "始终把纪律和规矩挺在前面。忠诚、干净、担当不能少，要干净忠诚担当。"),
}


def dated(texts=DATED):
    speeches = [
        (one := speech(text, path), replace(one, info=replace(one.info, date=date)))[1]
        for path, (date, text) in texts.items()
    ]
    backend = ScanBackend(speeches)
    return backend, select(backend)


def quiet(done: int, whole: int) -> None:
    assert 0 <= done <= whole


def found_in(texts, **options):
    found = set_phrases(*dated(texts), progress=quiet, **options)
    return {one.phrase: one for one in found.phrases}


def test_a_phrase_comes_with_its_dates_and_the_speech_of_its_first_use():
    """First and last are those of the speeches with a date; the others are told."""
    one = found_in(DATED)["把纪律和规矩挺在前面"]
    assert (one.hits, one.speeches, one.undated) == (3, 3, 0)
    assert (one.first, one.first_speech) == ("2016-01", "a.txt")
    assert (one.last, one.last_speech) == ("2021-05-06", "d.txt")
    other = found_in(DATED)["忠诚干净担当"]
    assert (other.first, other.last, other.undated) == ("2016-01", "2016-01", 1)


def test_other_order_and_other_punctuation_are_variants():
    """They stand under the most frequent form, with counts of their own."""
    found = found_in(DATED)
    variants = found["忠诚干净担当"].variants
    assert [(one.phrase, one.hits, one.speeches) for one in variants] == [
        ("干净忠诚担当", 2, 2),
        ("忠诚、干净、担当", 2, 2),
    ]
    assert not {one.phrase for one in variants} & found.keys()


def test_a_rare_form_of_joined_parts_is_a_variant_too():
    """Once without 、, once in another order: too rare to be phrases, but forms of one."""
    texts = {
        "a.txt": ("2018", "要一体推进不敢腐、不能腐、不想腐，久久为功。"),
        "b.txt": ("2020", "坚持不敢腐、不能腐、不想腐。讲的是不敢腐不能腐不想腐。"),
        "c.txt": ("2021", "不敢腐不能腐不想腐，又叫不想腐、不能腐、不敢腐。"),
    }
    texts["d.txt"] = (None, "不敢腐、不能腐、不想腐不是三个阶段。")
    one = found_in(texts)["不敢腐、不能腐、不想腐"]
    assert (one.hits, one.speeches) == (3, 3)
    assert [(other.phrase, other.hits) for other in one.variants] == [
        ("不敢腐不能腐不想腐", 2),
        ("不想腐、不能腐、不敢腐", 1),
    ]


def test_what_came_up_and_what_went_out_of_use():
    """--new-since and --gone-since ask for the dates of first and last use."""
    early = {path: one for path, one in DATED.items() if path < "c"}
    assert "把纪律和规矩挺在前面" in found_in(early, gone_since="2019")
    assert found_in(early, gone_since="2018") == {}
    assert found_in(DATED, new_since="2017") == {}
    late = {path: one for path, one in DATED.items() if path > "b"}
    assert "把纪律和规矩挺在前面" in found_in(late, new_since="2017")


def test_no_form_without_a_date_and_no_later_variant_is_said_to_have_gone():
    """What stands in a speech without a date may be of any; a variant is a use."""
    assert found_in(DATED, gone_since="2017") == {}
    assert "忠诚干净担当" not in found_in(DATED, gone_since="2030")
    dated = {path: one for path, one in DATED.items() if one[0]}
    assert "把纪律和规矩挺在前面" in found_in(dated, gone_since="2030")


def test_fragments_and_function_words_are_no_phrases():
    """面从严治 and 是全面从严 always stand in the same longer string; 我们要把 is no phrase."""
    texts = {
        f"{n}.txt": ("2020", f"{head}全面从严治党，{tail}我们要把工作做好。")
        for n, (head, tail) in enumerate([("坚持", "久久为功，"), ("推进", "一刻不停，"), ("", "")])
    }
    found = found_in(texts)
    assert "全面从严治党" in found
    assert not [one for one in found if one != "全面从严治党" and set(one) <= set("全面从严治党")]
    assert not [one for one in found if "我们" in one]


def test_a_text_asked_for_is_there_in_any_case():
    """从严治 is no unit, but whoever asks for it wants to know when it was used."""
    texts = {f"{n}.txt": ("2020", "坚持全面从严治党。") for n in range(2)}
    assert "从严治" in found_in(texts, text="从严治")
    assert found_in(texts, text="中国式") == {}
    assert "面从严治党" in found_in(texts, text="面从严治党")


@given(
    st.lists(st.text("甲乙丙，、", max_size=16), min_size=1, max_size=5),
    st.integers(1, 3),
    st.sampled_from(["", "甲乙"]),
)
def test_candidates_are_counted_exactly(texts, least, wanted):
    """Whatever is let through: hits and texts by brute force, the threshold kept, no fragment."""
    hay = haystack(texts, str.isalnum, marks="，、")
    found = candidates(
        hay,
        ends_of_pairs(hay, least=least, progress=quiet),
        wanted,
        least=least,
        is_word=lambda word: False,
        progress=quiet,
    )
    for one in found:
        assert one.hits == sum(text.count(one.string) for text in texts)
        assert list(one.owners) == [n for n, text in enumerate(texts) if one.string in text]
        assert len(one.owners) >= least
        assert wanted in one.string
        for letter in "甲乙丙":
            for longer in (one.string + letter, letter + one.string):
                same = sum(text.count(longer) for text in texts) == one.hits
                assert one.string == wanted or not same


STRINGS = st.text("甲乙丙丁、", min_size=4, max_size=9).filter(lambda one: len(letters(one)) > 3)


@given(st.lists(st.tuples(STRINGS, st.integers(2, 4)), max_size=8, unique_by=lambda one: one[0]))
def test_clusters_do_not_depend_on_the_order(rows):
    """Each form stands in one place at most; a head has the hits of its variants or more."""
    found = [Candidate(string=string, hits=hits, owners=[0]) for string, hits in rows]
    once, again = (list(clustered(one)) for one in (found, found[::-1]))
    assert once == again
    listed = [one.string for head, variants in once for one in (head, *variants)]
    assert len(listed) == len(set(listed))
    for head, variants in once:
        assert all(one.hits <= head.hits for one in variants)
        assert all(is_variant(head.string, one.string) for one in variants)


@given(STRINGS, STRINGS)
def test_being_a_variant_is_mutual(one, other):
    """And a form is one of itself."""
    assert is_variant(one, other) == is_variant(other, one)
    assert is_variant(one, one)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    opened = lianzheng_search.open(
        ROOT / "corpus", index_directory=tmp_path_factory.mktemp("index") / "index"
    )
    opened.index()
    yield opened
    opened.close()


def check_against_search(corpus, phrases):
    """Hits and speeches are what a search for the phrase as printed says."""
    for one in phrases:
        for form in (one, *one.variants):
            hits = corpus.search(f'"{form.phrase}"', limit=0, with_variants=False)
            own = list(hits.hits)
            assert sum(len(hit.spans) for hit in own) == form.hits, form.phrase
            assert len({hit.info.id for hit in own}) == form.speeches


def test_counts_are_those_of_a_search(sample):
    """In the sample corpus, for every phrase."""
    found = sample.phrases()
    assert found.total == len(found.phrases) > 20
    check_against_search(sample, found.phrases)
    for one in sample.ngrams(limit=30).ngrams:
        hits = list(sample.search(f'"{one.ngram}"', limit=0, with_variants=False).hits)
        assert sum(len(hit.spans) for hit in hits) == one.hits


def test_the_set_phrases_of_real_speeches(tmp_path):
    """What everybody knows to be one is found, and what is a piece of one is not."""
    with lianzheng_search.open(shared("seeds"), index_directory=tmp_path / "index") as corpus:
        corpus.index()
        found = corpus.phrases()
        check_against_search(corpus, found.phrases)
    listed = {one.phrase for one in found.phrases}
    assert {"全面从严治党", "党风廉政建设", "主体责任", "民主集中制", "以身作则"} <= listed
    assert not {"面从严治党", "廉政建设", "主集中制", "导干部要", "临深渊、如履薄冰"} & listed


@pytest.mark.parametrize("sort", PHRASE_ORDERS)
def test_every_order_is_total_and_the_limit_its_beginning(sample, sort):
    """Ties break by speeches, hits and the phrase itself."""
    every = sample.phrases(sort=sort).phrases
    assert sample.phrases(sort=sort, limit=7).phrases == every[:7]
    if sort in ("hits", "speeches"):
        counts = [getattr(one, sort) for one in every]
        assert counts == sorted(counts, reverse=True)
    if sort == "first":
        dates = [one.first or "~" for one in every]
        assert dates == sorted(dates)


def test_the_least_number_of_speeches(sample):
    """By default two, or one in forty; what is asked for is kept."""
    assert (default_least(0), default_least(80), default_least(120)) == (2, 2, 3)
    assert all(one.speeches >= 3 for one in sample.phrases(min_speeches=3).phrases)
    with pytest.raises(RequestError, match="weight"):
        sample.phrases(sort="weigth")


def run(*arguments):
    return CliRunner().invoke(
        cli, arguments, obj=None, standalone_mode=False, catch_exceptions=False
    )


def test_commands_print_rows_with_their_keys(sample):
    """Both have fixed keys in JSON, and their exit code tells whether there was any."""
    where = ["-C", str(sample.directory), "--index", str(sample.index_directory)]
    told = run(*where, "phrases", "--format", "jsonl", "--limit", "1")
    assert list(json.loads(told.stdout)) == [
        *("phrase", "hits", "speeches", "first", "first_speech", "last", "last_speech"),
        *("undated", "variants"),
    ]
    told = run(*where, "ngrams", "--format", "jsonl", "--limit", "1")
    assert list(json.loads(told.stdout)) == ["ngram", "n", "hits", "speeches", "per_10000"]
    for command in ("phrases", "ngrams"):
        assert run(*where, command).return_value == 0
        assert run(*where, command, "甲乙丙丁").return_value == 1
