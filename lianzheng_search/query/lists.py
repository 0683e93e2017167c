"""A file of queries, as lines, a table or TOML -> the queries of a batch."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from ..errors import RequestError
from ..messages import _, no_such, problem_text, short
from ..model import Value
from ..reading.read import Unreadable, content_type, read_bytes
from ..text.characters import BLANK
from ..text.dates import read_date
from .language import parse_query
from .tokens import CLOSE, FIELDS, OPEN, QUOTES

KEYS = ("name", "query", *FIELDS, "limit", "sort")
"""What a column of a table, or a key of TOML, can be called."""
# In the order of KEYS, which they are zipped with.
CHINESE_KEYS = ("名称", "查询", "章节", "主题", "标题", "讲话", "位置", "起", "止", "条数", "排序")
OTHER_NAMES = {
    "part": "in",
    **dict.fromkeys(("名字", "题目", "选题"), "name"),
    **dict.fromkeys(("检索式", "检索词", "关键词", "词语"), "query"),
    **dict.fromkeys(("小标题",), "section"),
    **dict.fromkeys(("篇目", "文件"), "speech"),
    **dict.fromkeys(("范围", "部位"), "in"),
    **dict.fromkeys(("从", "自", "开始", "起始", "开始日期"), "since"),
    **dict.fromkeys(("到", "至", "结束", "截止", "结束日期"), "until"),
    **dict.fromkeys(("上限", "最多", "数量"), "limit"),
    **dict.fromkeys(("顺序", "次序"), "sort"),
}
"""Other names that people give their columns."""
NAMES = {key: key for key in KEYS} | dict(zip(CHINESE_KEYS, KEYS, strict=True)) | OTHER_NAMES
PART_NAMES = {"标题": "title", "小标题": "heading", "正文": "body", "全部": "all"}
SORTS = {"相关度": "relevance", "语料": "corpus", "日期": "date"}
STANDARD_INPUT = ("-", "<stdin>")
# In 责任 theme:家风 the colon belongs to the query, not to a name.
ENDS_IN_FIELD = re.compile(rf"(?:^|[\s{BLANK}\-－{OPEN}|｜])(?:{'|'.join(FIELDS)})$")
COLON = re.compile("[:：]")
BETWEEN_THEMES = re.compile(r"[、;；\n]")
TOML_START = re.compile(r"\s*\[\[\s*query\s*\]\]\s*(#.*)?")
TOML_FAULT = re.compile(r"(.*) \(at line (\d+), column \d+\)")
# Digits. Longer ones make int() slow, and no limit of passages needs them.
LONGEST_NUMBER = 18
Written = tuple[str, Mapping[str, Any]]
"""Where a query stands, and what is written there: texts, and themes, by KEYS."""


class NamedQuery(Value, frozen=True, kw_only=True):
    """
    A query of a batch: its name in the result, its text, and where it was written.

    `filters` are those of this query alone, by the names of `FilterOptions`; they take the place
    of those of the whole batch. So do `limit` and `sort`.
    """

    name: str
    query: str | None
    place: str = ""
    filters: Mapping[str, Any] = {}
    limit: int | None = None
    sort: str | None = None


def read_queries(data: bytes, *, source: str) -> list[NamedQuery]:
    r"""
    Read a file of queries; `source` is its name, whose suffix tells what is in it.

    ``.csv``, ``.xlsx`` and ``.toml`` have KEYS or CHINESE_KEYS: for the columns of a table, for
    the keys of each ``[[query]]``. Others are lines, ``query`` or ``name: query``; what a colon
    belongs to as text stands in quotation marks. Standard input is what it begins like. Any
    encoding that we read will do. Each query is parsed, so that a fault is a RequestError with
    file and line, or row, before anything is written.

    >>> [(q.name, q.query) for q in read_queries("# 一\n家风：家风 OR 家教\n".encode(), source="q")]
    [('家风', '家风 OR 家教')]
    """
    reader = {
        "csv": _in_csv,
        "toml": _in_toml,
        "xlsx": _in_workbook,
        "lines": _in_lines,
    }[_kind(data, source)]
    queries = distinct(_named(place, written) for place, written in reader(data, source))
    if not queries:
        raise RequestError(
            _("{source}: there is no query in it. Write one a line").format(source=source)
        )
    return queries


def distinct(queries: Iterable[NamedQuery]) -> list[NamedQuery]:
    """Leave out what is asked a second time; RequestError for one name of two queries."""
    kept: dict[str, NamedQuery] = {}
    for named in queries:
        before = kept.setdefault(named.name, named)
        # The same query twice, as when two lists are put together, is harmless; the same name for
        # two queries would mix their rows in the result.
        if replace(named, place=before.place) != before:
            message = _("the name {name} is that of {place}, too. Name one of them otherwise")
            told = message.format(name=short(named.name), place=before.place or "QUERY")
            raise _fault(named.place, told)
    return list(kept.values())


def _kind(data: bytes, source: str) -> str:
    if content_type(data) == "xlsx":
        return "xlsx"
    # A pipe has no suffix, so the first line that is not a comment decides: it is a table only if
    # every cell names a column, lest a query with a comma be taken for one.
    if source not in STANDARD_INPUT:
        suffix = source.lower().rpartition(".")[2]
        return suffix if suffix in ("csv", "toml", "xlsx") else "lines"
    lines = (line for line in _lines(data, source) if line.strip(BLANK))
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    if TOML_START.fullmatch(first):
        return "toml"
    columns = [_key(cell) for cell in re.split("[,;\t]", first)]
    return "csv" if len(columns) > 1 and all(column in NAMES for column in columns) else "lines"


def _lines(data: bytes, source: str) -> Sequence[str]:
    try:
        return read_bytes(data, path=source).lines
    except Unreadable as unreadable:
        raise RequestError(problem_text(unreadable.problem)) from None


def _fault(place: str, message: str) -> RequestError:
    return RequestError(f"{place}: {message}")


def _key(text: str) -> str:
    return text.strip(BLANK + "\n").lower()


def _in_lines(data: bytes, source: str) -> Iterator[Written]:
    for number, line in enumerate(_lines(data, source), start=1):
        text = line.strip(BLANK)
        if text and not text.startswith("#"):
            name, query = _parted(text)
            yield f"{source}:{number}", {"name": name, "query": query}


def _parted(line: str) -> tuple[str, str]:
    """
    Part ``name: query``; a line that is only a query has no name.

    >>> _parted("家风：家风 OR 家教"), _parted("责任 theme:家风家教"), _parted("“一条：主线”")
    (('家风', '家风 OR 家教'), ('', '责任 theme:家风家教'), ('', '“一条：主线”'))
    """
    colon = COLON.search(line)
    before = line[: colon.start()].strip(BLANK) if colon else ""
    if colon is None or not before or ENDS_IN_FIELD.search(before) or _is_open(before):
        return "", line
    return before, line[colon.end() :].strip(BLANK)


def _is_open(text: str) -> bool:
    """Tell whether a quotation or a parenthesis goes on after a text."""
    pairs = [*QUOTES.items(), *zip(OPEN, CLOSE, strict=True)]
    return any(
        text.count(start) % 2 if start == end else text.count(start) > text.count(end)
        for start, end in pairs
    )


def _in_csv(data: bytes, source: str) -> Iterator[Written]:
    lines = _lines(data, source)
    head = next((line for line in lines if line.strip(BLANK)), "")
    # Excel writes ; where the system's decimal sign is a comma, and a tab as "Unicode text".
    delimiter = max(",\t;", key=head.count)
    return _in_table(_csv_rows("\n".join(lines), delimiter, source), source)


def _csv_rows(text: str, delimiter: str, source: str) -> Iterator[tuple[int, Sequence[str]]]:
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in table:
            yield start, row
            # A cell may hold line ends, so the row's number is not the line's.
            start = table.line_num + 1
    except csv.Error:
        raise _fault(
            f"{source}:{start}",
            _(
                "quotation marks that do not fit a csv file. Put the cell in quotation marks and"
                " double those in it"
            ),
        ) from None


def _in_workbook(data: bytes, source: str) -> Iterator[Written]:
    return _in_table(enumerate(_workbook_rows(data, source), start=1), source)


def _workbook_rows(data: bytes, source: str) -> list[list[str]]:
    """Read the first sheet of a workbook; RequestError for what is none."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise _fault(
            source, _("an Excel file: reading it needs pip install 'lianzheng-search[xlsx]'")
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            # Some programs write a wrong range into the sheet, by which openpyxl would leave out
            # rows.
            sheet.reset_dimensions()
            return [list(map(_plain, row)) for row in sheet.iter_rows(values_only=True)]
    except Exception:  # whatever a broken file makes a library raise
        raise _fault(
            source, _("not an Excel file that can be read. Save it anew, as .xlsx or .csv")
        ) from None


def _plain(value: object) -> str:
    """
    Write a value of a cell, or of TOML, as text.

    >>> _plain(20.0), _plain(datetime(2023, 9, 14)), _plain(None)
    ('20', '2023-09-14', '')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        value = value.date()
    return "" if value is None else str(value)


def _in_table(rows: Iterable[tuple[int, Sequence[str]]], source: str) -> Iterator[Written]:
    """Yield the rows of a table as what is written under its columns, blank ones left out."""
    head: list[str] | None = None
    for number, row in rows:
        place = f"{source}:{number}"
        cells = [cell.strip(BLANK + "\n") for cell in row]
        if not any(cells):
            continue
        if head is None:
            head = _columns(cells, place)
            continue
        for cell, name in zip(cells, head + [""] * len(cells), strict=False):
            if cell and not name:
                message = _("{text} stands under no column. Name the column, or take it out")
                raise _fault(place, message.format(text=_quoted(cell)))
        yield place, {name: cell for name, cell in zip(head, cells, strict=False) if cell}


def _columns(cells: Sequence[str], place: str) -> list[str]:
    names: list[str] = []
    for cell in cells:
        name = _known(cell, _("column"), place) if cell else ""
        if name and name in names:
            raise _fault(place, _("the column {name} is there twice").format(name=short(cell)))
        names.append(name)
    return names


def _known(name: str, what: str, place: str) -> str:
    if _key(name) not in NAMES:
        if name.isascii():
            raise _fault(place, str(no_such(what, name, KEYS)))
        told = _("{what}: there is no {name}. Write one of: {names}")
        raise _fault(place, told.format(what=what, name=short(name), names=" ".join(CHINESE_KEYS)))
    return NAMES[_key(name)]


def _quoted(text: str) -> str:
    return f"“{text[:30]}{'…' * (len(text) > 30)}”"


def _in_toml(data: bytes, source: str) -> Iterator[Written]:
    lines = _lines(data, source)
    try:
        table = tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError) as error:  # also of a number of thousands of digits
        found = TOML_FAULT.match(str(error))
        place = f"{source}:{found[2] if found else len(lines)}"
        reason = found[1] if found else str(error)
        raise _fault(place, _("no TOML ({reason})").format(reason=reason)) from None
    queries = table.pop("query", [])
    if table or not isinstance(queries, list) or not all(isinstance(q, dict) for q in queries):
        raise _fault(source, _("it holds something else than [[query]] tables. Take it out"))
    # tomllib keeps no places. The headers are counted instead; where that does not fit, as with
    # inline tables, the number of the query has to do.
    starts = [n for n, line in enumerate(lines, start=1) if TOML_START.fullmatch(line)]
    if len(starts) != len(queries):
        starts = [*range(1, len(queries) + 1)]
    for start, query in zip(starts, queries, strict=True):
        place = f"{source}:{start}"
        written = {}
        for name, value in query.items():
            key = _known(name, _("key"), place)
            if key in written:
                raise _fault(place, _("the key {name} is there twice").format(name=short(name)))
            written[key] = _toml_value(key, value, place)
        yield place, written


def _toml_value(key: str, value: object, place: str) -> str | Sequence[str]:
    if key == "theme" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value
    # True is an int in Python, and `limit = true` is a mistake.
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        message = _("{key}: its value is none that it can have. Write a text in quotation marks")
        raise _fault(place, message.format(key=key))
    return _plain(value)


def _named(place: str, written: Mapping[str, Any]) -> NamedQuery:
    """Make a query of what is written; RequestError with its place for what cannot be."""
    query = written.get("query") or None
    filters = {
        "part" if key == "in" else key: _filter(key, written[key], place)
        for key in FIELDS
        if written.get(key)
    }
    since, until = str(filters.get("since", "")), str(filters.get("until", ""))
    # From 2023-09 until 2023 is no contradiction: the less precise date is the whole year.
    if since and until and since > until and not since.startswith(until):
        message = _("date: {since} is after {until}. Exchange them")
        raise _fault(place, message.format(since=since, until=until))
    if query is None and not any(filters.values()):
        raise _fault(place, _("neither a query nor a filter. Write the words to find"))
    values = ["、".join(v) if isinstance(v, tuple) else v for v in filters.values()]
    name = written.get("name") or query or " · ".join(values)
    if query is not None:
        _check_query(query, place)
    # U+FFFD says that the file was read by the wrong encoding; the query could only find nothing.
    if "\ufffd" in name:
        raise _fault(place, _("there is a broken character in it. Save the file as UTF-8"))
    return NamedQuery(
        name=name,
        query=query,
        place=place,
        filters=filters,
        limit=_limit(written["limit"], place) if written.get("limit") else None,
        sort=_choice("sort", written["sort"], SORTS, place) if written.get("sort") else None,
    )


def _check_query(query: str, place: str) -> None:
    try:
        parse_query(query)
    except RequestError as error:
        raise _fault(place, str(error)) from None
    if "\ufffd" in query:
        raise _fault(place, _("there is a broken character in it. Save the file as UTF-8"))


def _filter(key: str, value: str | Sequence[str], place: str) -> str | tuple[str, ...]:
    if key == "theme":
        themes = BETWEEN_THEMES.split(value) if isinstance(value, str) else value
        return tuple(filter(None, (theme.strip(BLANK) for theme in themes)))
    text = str(value)
    if key == "in":
        return _choice("in", text, PART_NAMES, place)
    if key in ("since", "until"):
        return _date(text, place)
    return text


def _choice(key: str, value: str, names: Mapping[str, str], place: str) -> str:
    known = names.get(value, value.lower())
    if known not in names.values():
        raise _fault(place, str(no_such(key, value, [*names.values(), *names])))
    return known


def _date(text: str, place: str) -> str:
    found = read_date(text)
    if not found:
        message = _("date: {date} is not a date. Write 2023, 2023-09 or 2023-09-14")
        raise _fault(place, message.format(date=short(text)))
    return found


def _limit(text: str, place: str) -> int:
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        message = _("limit: {text} is not a number. Write 20, or 0 for all")
        raise _fault(place, message.format(text=_quoted(text)))
    return int(text)
