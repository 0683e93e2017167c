"""The page on the query language: every example on it is run, and finds what it says."""

from __future__ import annotations

import re

import pytest

import lianzheng_search
from lianzheng_search.cli.help import topic_page
from lianzheng_search.query import filters
from lianzheng_search.query import language as query
from lianzheng_search.query.language import parse_query

TABLE = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLE = re.compile(r"^  (\S.*?)(?:  +.*)?$", re.MULTILINE)

LINES = {
    "1": "在全县集体约谈会上的讲话",
    "2": "（2023年5月6日）",
    "3": "一、主体责任，敢于担当",
    "4": "落实责任要强化规矩意识。学一条、学第一条。OR 是英文。",
    "5": "二、家风家教",
    "6": "家教好，子女就走得正。",
    "7": "家风正，廉洁就有根；廉洁要自律，“四个意识”是根本。",
    "8": "管好老子和儿女，坚持严管与厚爱相统一。要敢于担当，扛起主体责任。",
}
OTHER = {
    "1": "在集体 约谈后的讲话",
    "2": "（2022年1月）",
    "3": "子女家教。责任重大，必须一项一项抓好，一件一件落实。",
    "4": "强化学习。意识要提高。",
    "5": "做人要清正廉洁。",
}
FOUND = {
    "主体责任": "3 8",
    "主体责任 担当": "3 8",
    "“主体责任，敢于担当”": "3",
    '"OR"': "4",
    "强化*意识": "4",
    "学?一": "4",
    "坚持*与*相统一": "8",
    "家风 OR 家教": "5 6 7 o3",
    "家风｜家教": "5 6 7 o3",
    "廉洁 NOT 自律": "o5",
    "廉洁 -自律": "o5",
    "(家风 OR 家教) 子女": "6 o3",
    "责任 NEAR/10 落实": "4",
    "责任 NEAR 落实": "4",
    "“管好” NEAR/4 子*女": "8",
    "section:担当": "3 4",
    "section:二": "5 6 7 8",
    "theme:家风家教": "5 6 7 8 o3",
    "title:约谈": "1 2 3 4 5 6 7 8 o1 o2 o3 o4 o5",
    "title:“集体 约谈”": "o1 o2 o3 o4 o5",
    "speech:02_": "o1 o2 o3 o4 o5",
    "path:2024/约谈": "",
    "in:heading": "3 5",
    "since:2023 until:2024-06": "1 2 3 4 5 6 7 8",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Index two speeches in which each example finds some places and not others."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "01_会议.txt").write_text("\n".join(LINES.values()), "utf-8")
    (folder / "02_集体约谈.txt").write_text("\n".join(OTHER.values()), "utf-8")
    with lianzheng_search.open(folder) as opened:
        opened.index()
        yield opened


def query_page(language):
    """Return the page of the topic `query`."""
    return topic_page("query", language)


def examples(language):
    """Return the queries of a page: what its table has on the left, two blanks in."""
    (table,) = TABLE.findall(query_page(language))
    return EXAMPLE.findall(table)


def test_both_pages_have_the_same_examples():
    """Each is run, and the two languages do not drift apart."""
    assert examples("en") == examples("zh") == list(FOUND)


@pytest.mark.parametrize("query", FOUND)
def test_an_example_finds_what_the_page_says(corpus, query):
    """The places by line; o is the other speech."""
    results = corpus.search(query, limit=0, sort="corpus", with_variants=True)
    hits = list(results.hits) if results.exact else []
    places = [("o" if hit.info.id[1] == "2" else "") + str(hit.passage.line) for hit in hits]
    assert list(dict.fromkeys(places)) == FOUND[query].split()


def test_what_the_text_says_of_precedence_and_quotation_holds():
    """The sentences under the examples, too."""
    assert parse_query("家风 家教 OR 子女") == parse_query("(家风 家教) OR 子女")
    assert parse_query("“四个意识”是根本").text == "“四个意识“是根本"
    assert parse_query('"“四个意识”"').text == "“四个意识“"
    for page in map(query_page, ("en", "zh")):
        assert "'\"“四个意识”\"'" in page
        assert "“四个意识”是根本" in page


def test_the_limits_on_the_page_are_those_in_force():
    """Each number, in both languages, with what it limits next to it."""
    numbers = [
        query.LONGEST_QUERY,
        query.MOST_TERMS,
        query.MOST_PATTERNS,
        query.MOST_GAPS,
        query.FURTHEST_NEAR,
        query.DEEPEST_NESTING,
        filters.LONGEST_TEXT,
    ]
    for language, start in (("en", "Beyond these limits"), ("zh", "下面的限度")):
        (paragraph,) = re.findall(
            rf"^{start}.*?\n\n", query_page(language), re.DOTALL | re.MULTILINE
        )
        told = re.findall(r"[0-9][0-9,]*", paragraph)
        assert sorted(int(number.replace(",", "")) for number in told) == sorted(numbers)
