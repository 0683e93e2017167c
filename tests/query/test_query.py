"""What the user types, and what is said when it cannot be read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.errors import RequestError
from lianzheng_search.query.filters import in_period, section_number
from lianzheng_search.query.language import parse_query, quoted
from lianzheng_search.query.tree import And, Field, Gap, Near, Not, Or, Phrase
from lianzheng_search.text.characters import BLANK
from lianzheng_search.text.folding import fold

A, B, C = Phrase("家风"), Phrase("家教"), Phrase("子女")

MEANINGS = {
    "主体责任": Phrase("主体责任"),
    "家风 家教": And((A, B)),
    "家风　家教": And((A, B)),
    "家风 AND 家教": And((A, B)),
    "家风 OR 家教": Or((A, B)),
    "家风 | 家教": Or((A, B)),
    "家风｜家教": Or((A, B)),
    "家风 家教 OR 子女": Or((And((A, B)), C)),
    "家风 (家教 OR 子女)": And((A, Or((B, C)))),
    "（家风 OR 家教） 子女": And((Or((A, B)), C)),
    "家风 NOT 家教": And((A, Not(B))),
    "家风 -家教": And((A, Not(B))),
    "-家风": Not(A),
    '"主体责任，敢于担当"': Phrase("主体责任，敢于担当", quoted=True),
    "“家风”": Phrase("家风", quoted=True),
    "「家风」": Phrase("家风", quoted=True),
    '"OR"': Phrase("or", quoted=True),
    '"，"': Phrase("，", quoted=True),
    "“四个意识”是根本": Phrase("“四个意识“是根本"),
    "把好“初始关”": Phrase("把好“初始关“"),
    "党委（党组）书记": Phrase("党委（党组）书记"),
    "廉洁-自律": Phrase("廉洁-自律"),
    "强化*意识": Gap("强化*意识"),
    "学?一": Gap("学?一"),
    "为什么？": Phrase("为什么？"),
    "*家风*": A,
    "家风 NEAR/10 家教": Near(A, B, 10),
    "家风 NEAR “家教”": Near(A, Phrase("家教", quoted=True), 10),
    "section:担当": Field("section", "担当"),
    "theme:家风家教 子女": And((Field("theme", "家风家教"), C)),
    "title：“集体 约谈”": Field("title", "集体 约谈"),
    "ＸＸ局": Phrase("xx局"),
    "speech:a.txt 家风": And((Field("speech", "a.txt"), A)),
    "in:heading": Field("in", "heading"),
    "since:2023 until：2024-05": And((Field("since", "2023"), Field("until", "2024-05"))),
    "家风 ＯＲ 家教": Or((A, B)),
    "家风 ＮＥＡＲ／１０ 家教": Near(A, B, 10),
    "家风 －家教": And((A, Not(B))),
    "强化＊意识": Gap("强化*意识"),
    "家风 or 家教": And((A, Phrase("or"), B)),
}

FAULTS = {
    "": "it is empty",
    "   ": "it is empty",
    "，。": "only punctuation",
    "*": "only punctuation",
    "家风 OR": "a word or a phrase is missing",
    "OR 家风": "a word or a phrase is missing",
    "(家风": "closing parenthesis",
    "家风)": "nothing to close",
    "“家风": "not closed",
    '""': "nothing stands between",
    "section:": "a value for section:",
    "家风 NEAR/5 (家教 OR 子女)": "NEAR takes",
    "家风 NEAR/1000 家教": "goes up to 999",
    "家风 NEAR 家教 NEAR 子女": "joins two",
    "家风 NEAR/x 家教": "a number is missing",
    "(" * 60 + "家风": "too many parentheses",
}


@pytest.mark.parametrize("text", MEANINGS)
def test_a_query_means(text):
    """Each way of writing has one meaning."""
    assert parse_query(text) == MEANINGS[text]


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_in_one_error(text):
    """What cannot be read raises a RequestError that says what was expected."""
    with pytest.raises(RequestError, match=FAULTS[text].replace("(", r"\(")):
        parse_query(text)


@pytest.mark.parametrize(
    ("text", "shown", "cells"),
    [
        ("家风 (家教", "家风 (家教", 10),
        ("“家风” OR", "“家风” OR", 9),
        ("a\tb )", "a b )", 4),
        ("家" * 40 + " OR", "…" + "家" * 27 + " OR", 58),
        ("家风) " + "家" * 40, "家风) " + "家" * 28 + "…", 4),
    ],
)
def test_a_fault_points_at_its_place_in_cells(text, shown, cells):
    """The caret stands under the fault: Han characters take two cells, “ one; … cuts."""
    with pytest.raises(RequestError) as raised:
        parse_query(text)
    assert str(raised.value).splitlines()[1:] == ["  " + shown, "  " + " " * cells + "^"]


@given(st.text().filter(lambda text: text.strip(BLANK + "\r\n") and not set(text) & set("\r\n")))
def test_a_quoted_phrase_is_taken_character_by_character(phrase):
    """Whatever a phrase holds, quoting it makes the query language take it as it is."""
    assert parse_query(quoted(phrase)) == Phrase(fold(phrase), quoted=True)


@given(st.text('家风教 ()（）“”"「」-*?|OR:NEAR/12section', max_size=20))
def test_no_query_breaks_the_parser(text):
    """A query parses or raises a RequestError; nothing else ever comes out."""
    with contextlib.suppress(RequestError):
        parse_query(text)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("三", (None, 3)),
        ("12", (None, 12)),
        ("三、", (1, 3)),
        ("（三）", (2, 3)),
        ("1.", (3, 1)),
        ("第二章", (-2, 2)),
        ("三个", None),
        ("担当", None),
    ],
)
def test_a_section_is_named_by_its_number_or_its_words(text, meaning):
    """A bare number is one of any level, a marker one of its own rank, the rest are words."""
    assert section_number(text) == meaning


def test_a_period_includes_its_ends_whatever_the_precision():
    """A date of a coarse precision is in a period if it can be."""
    assert in_period("2023-09-14", "2023-09", "2023-09-14")
    assert in_period("2023", "2023-09", "2023-10")
    assert not in_period("2023-08-31", "2023-09", None)
    assert not in_period(None, "2023", None)
    assert in_period(None, None, None)
