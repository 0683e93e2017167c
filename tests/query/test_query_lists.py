"""Files of queries."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from lianzheng_search.errors import RequestError
from lianzheng_search.query.list_formats import CHINESE_KEYS, KEY_OF, KEYS
from lianzheng_search.query.lists import read_queries
from lianzheng_search.query.tokens import FIELDS

HAN = st.text("主体责任担当家风学习", min_size=1, max_size=6)
VALUES = {
    "name": HAN,
    "query": HAN,
    "section": HAN,
    "theme": st.lists(HAN, min_size=1, max_size=3, unique=True).map("、".join),
    "title": HAN,
    "speech": st.just("甲/一.txt"),
    "path": st.sampled_from(("2024", "约谈/*.docx")),
    "in": st.sampled_from(("title", "heading", "body", "all")),
    "since": st.sampled_from(("2019", "2019-05", "2019-05-06")),
    "until": st.sampled_from(("2020", "2020-12")),
    "limit": st.integers(0, 999).map(str),
    "sort": st.sampled_from(("relevance", "corpus", "date")),
}
ROW = st.fixed_dictionaries({"query": HAN}, optional={k: VALUES[k] for k in KEYS if k != "query"})


def workbook(rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def comma_separated(rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def toml(queries) -> bytes:
    return "\n".join(
        "[[query]]\n" + "".join(f"{key} = '{value}'\n" for key, value in query.items())
        for query in queries
    ).encode()


def named(queries):
    return [(q.name, q.query, dict(q.filters), q.limit, q.sort) for q in queries]


def meant(row):
    filters = {"part" if key == "in" else key: row[key] for key in FIELDS if key in row}
    if "theme" in row:
        filters["theme"] = tuple(row["theme"].split("、"))
    limit = int(row["limit"]) if "limit" in row else None
    return row.get("name", row["query"]), row["query"], filters, limit, row.get("sort")


@given(st.lists(ROW, min_size=1, max_size=5), st.permutations(KEYS), st.booleans(), st.data())
def test_every_kind_of_file_says_the_same(rows, keys, in_chinese, data):
    """The same queries are read from csv, xlsx and TOML, whatever the columns' order."""
    rows = list({meant(row)[0]: row for row in rows}.values())
    chinese = {KEY_OF[name]: name for name in CHINESE_KEYS}
    head = [chinese[key] if in_chinese else key.upper() for key in keys]
    table = [[row.get(key, "") for key in keys] for row in rows]
    blank = data.draw(st.integers(0, len(table)))
    table = [head, *table[:blank], [""] * len(head), *table[blank:]]
    expected = [meant(row) for row in rows]
    assert named(read_queries(comma_separated(table), source="q.csv")) == expected
    assert named(read_queries(workbook(table), source="q.xlsx")) == expected
    assert named(read_queries(toml(rows), source="q.toml")) == expected
    assert named(read_queries(toml(rows), source="-")) == expected
    assert named(read_queries(comma_separated(table), source="<stdin>")) == expected


@pytest.mark.parametrize(
    ("line", "name", "query"),
    [
        ("家风: 家风 OR 家教", "家风", "家风 OR 家教"),
        ("家风：家风 OR 家教", "家风", "家风 OR 家教"),
        ("theme:家风家教", "theme:家风家教", "theme:家风家教"),
        ("since：2020 责任", "since：2020 责任", "since：2020 责任"),
        ("责任 section:担当", "责任 section:担当", "责任 section:担当"),
        ("责任 -theme:家风家教", "责任 -theme:家风家教", "责任 -theme:家风家教"),
        ("(title:约谈)", "(title:约谈)", "(title:约谈)"),
        ("近年 家风：since:2020 家风", "近年 家风", "since:2020 家风"),
        ("“一条：主线”", "“一条：主线”", "“一条：主线”"),
        ('"甲: 乙"', '"甲: 乙"', '"甲: 乙"'),
        ("“四个意识”：“四个意识”", "“四个意识”", "“四个意识”"),
        ("责任（一）：主体责任", "责任（一）", "主体责任"),
        ("(甲：乙) OR 丙", "(甲：乙) OR 丙", "(甲：乙) OR 丙"),
        ("：担当", "：担当", "：担当"),
    ],
)
def test_a_line_can_have_a_name(line, name, query):
    """What stands before a colon is a name, but not a field, nor the text of a phrase."""
    assert named(read_queries(line.encode(), source="q.txt")) == [(name, query, {}, None, None)]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("source", ["q.txt", "q.csv", "q.toml", "-"])
def test_every_encoding_is_read(source, encoding):
    """A list is read in the encodings of speeches; Excel's Unicode text has tabs."""
    text = {
        "q.txt": "# 本月\r\n家风：家风 OR 家教\r\n",
        "q.csv": "名称\t查询\r\n家风\t家风 OR 家教\r\n",
        "q.toml": "[[query]]\r\nname = '家风'\r\nquery = '家风 OR 家教'\r\n",
        "-": "家风：家风 OR 家教",
    }[source]
    got = named(read_queries(text.encode(encoding), source=source))
    assert got == [("家风", "家风 OR 家教", {}, None, None)]


def test_a_filter_alone_is_a_query():
    """Without a query a filter is enough, and gives the name."""
    [only] = read_queries("主题,起\n家风家教；廉洁自律,2023年9月\n".encode(), source="q.csv")
    assert (only.name, only.query) == ("家风家教、廉洁自律 · 2023-09", None)
    assert only.filters == {"theme": ("家风家教", "廉洁自律"), "since": "2023-09"}


def test_toml_has_lists_numbers_and_dates():
    """What TOML can say itself need not be text."""
    text = "[[query]]\nquery='责任'\ntheme=['家风家教']\nsince=2023-09-14\nuntil=2024\nlimit=5\n"
    [only] = read_queries(text.encode(), source="q.toml")
    assert only.filters == {"theme": ("家风家教",), "since": "2023-09-14", "until": "2024"}
    assert (only.limit, only.place) == (5, "q.toml:1")


def test_numbers_and_dates_of_a_workbook():
    """A workbook's own numbers and dates are read as what they show."""
    from datetime import datetime

    rows = [["Query", "since", "until", "limit"], ["责任", datetime(2023, 9, 14), 2024, 20.0]]
    [only] = read_queries(workbook(rows), source="q.xlsx")
    assert only.filters == {"since": "2023-09-14", "until": "2024"}
    assert only.limit == 20


@pytest.mark.parametrize(
    ("source", "text", "message"),
    [
        ("q.txt", "家风\n(责任", r"^q\.txt:2: query: "),
        ("q.txt", "家风：", r"^q\.txt:1: "),
        ("q.txt", "甲：家风\n\n甲：责任", r"^q\.txt:3: the name 甲 is that of q\.txt:1"),
        ("q.txt", "# 无\n\n", r"^q\.txt: there is no query"),
        ("q.csv", "name,query\n", r"^q\.csv: there is no query"),
        ("q.csv", "name,quory\n甲,家风", r"^q\.csv:1: column: there is no quory\. Try: query"),
        ("q.csv", "query,查询\n甲,家风", r"^q\.csv:1: the column 查询 is there twice"),
        ("q.csv", "name,query\n甲,家风,责任", r"^q\.csv:2: “责任” stands under no column"),
        ("q.csv", "name,query\n甲,\n", r"^q\.csv:2: neither a query nor a filter"),
        ("q.csv", "query,limit\n\n家风,许多", r"^q\.csv:3: limit: “许多” is not a number"),
        ("q.csv", "query,limit\n家风,-1", r"^q\.csv:2: limit: "),
        ("q.csv", "query,起\n家风,去年", r"^q\.csv:2: date: 去年 is not a date"),
        ("q.csv", "query,since,until\n家风,2024,2023", r"^q\.csv:2: date: 2024 is after 2023"),
        ("q.csv", "query,in\n家风,text", r"^q\.csv:2: in: there is no text\. Try: title"),
        ("q.csv", "query,sort\n家风,size", r"^q\.csv:2: sort: there is no size"),
        ("q.csv", 'query,name\n"家风\n",甲\n"家"教,乙', r"^q\.csv:4: quotation marks"),
        ("q.csv", 'query,name\n"家风,甲\n', r"^q\.csv:2: quotation marks"),
        ("q.toml", "[[query]]\nquery = '家风'\n\n[[query]]\nquery = ", r"^q\.toml:5: no TOML"),
        (
            "q.toml",
            "[[query]]\nquery='家风'\n[[query]]\nqueri='a'",
            r"^q\.toml:3: key: there is no",
        ),
        ("q.toml", "[[query]]\nquery = true", r"^q\.toml:1: query: "),
        ("q.toml", "[query]\nquery = '家风'", r"^q\.toml: it holds something else"),
        ("q.toml", "limit = 5", r"^q\.toml: it holds something else"),
        ("q.xlsx", "家风", r"^q\.xlsx: not an Excel file"),
        ("q.txt", "\0\1\2", r"^q\.txt: not a text file"),
    ],
)
def test_a_fault_is_told_with_its_place(source, text, message):
    """A fault names file and line, and what is wrong there."""
    with pytest.raises(RequestError, match=message):
        read_queries(text.encode(), source=source)


def test_a_fault_in_a_workbook_is_told_with_its_row():
    """Blank rows count."""
    rows = [["name", "query"], ["甲", "家风"], [], ["乙", "(责任"]]
    with pytest.raises(RequestError, match=r"^q\.xlsx:4: query: "):
        read_queries(workbook(rows), source="q.xlsx")


@given(st.binary(max_size=60), st.sampled_from(("q.txt", "q.csv", "q.toml", "q.xlsx", "-")))
def test_whatever_is_in_a_file_it_is_read_or_refused(data, source):
    """A list of any bytes gives queries, or the one error that requests have."""
    try:
        queries = read_queries(data, source=source)
    except RequestError as error:
        told = str(error)
    else:
        told = source if queries and len({q.name for q in queries}) == len(queries) else ""
    assert told.startswith(source)


@pytest.mark.parametrize(
    ("source", "text", "expected", "told"),
    [
        (
            "q.csv",
            "序号,选题,关键词,备注\n1,甲,家风,急\n2,乙,责任,\n",
            ["家风", "责任"],
            "序号、备注",
        ),
        ("q.txt", "序号\t关键词\n1\t家风\n2\t责任\n", ["家风", "责任"], "序号"),
        ("q.txt", "关键词\t主题\n家风\t家风家教\n", ["家风"], None),
        (
            "q.txt",
            "1、家风\n2、责任 担当\n3. “一、强化”\n",
            ["家风", "责任 担当", "“一、强化”"],
            "numbers",
        ),
        ("q.txt", "一、家风\n二、责任\n", ["家风", "责任"], "numbers"),
        ("q.txt", "1、家风\n", ["家风"], "numbers"),
        ("q.txt", "一、强化\n", ["一、强化"], None),
        ("q.txt", "1.5万\n", ["1.5万"], None),
        ("q.txt", "3、家风\n7、责任\n", ["3、家风", "7、责任"], None),
        ("q.txt", "一、家风\n责任\n", ["一、家风", "责任"], None),
    ],
)
def test_lists_as_offices_have_them(source, text, expected, told):
    """Columns of remarks, tables with tabs, numbers before the queries: read, and said once."""
    notes: list[str] = []
    queries = read_queries(text.encode(), source=source, tell=notes.append)
    assert [one.query for one in queries] == expected
    assert len(notes) == (told is not None)
    assert told is None or told in notes[0]
