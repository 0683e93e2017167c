"""A file of queries, as lines, a table, a workbook or TOML -> what is written of each, by keys."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ..errors import RequestError
from ..messages import _, no_such, problem_text, short
from ..reading.read import Unreadable, content_type, read_bytes
from ..text.characters import BLANK
from ..text.numerals import NUMERAL, chinese_number
from ..text.rule_text import TomlFaultError, parse_toml
from .tokens import CLOSE, FIELDS, OPEN, QUOTES

KEYS = ("name", "query", *FIELDS, "limit", "sort")
"""What a column of a table, or a key of TOML, can be called."""
CHINESE_OF = {
    "name": "名称", "query": "查询", "section": "章节", "theme": "主题", "title": "标题",
    "speech": "讲话", "path": "路径", "in": "位置", "since": "起", "until": "止", "limit": "条数",
    "sort": "排序",
}  # fmt: skip
CHINESE_KEYS = tuple(CHINESE_OF[key] for key in KEYS)
OTHER_NAMES = {
    "part": "in",
    **dict.fromkeys(("名字", "题目", "选题"), "name"),
    **dict.fromkeys(("检索式", "检索词", "关键词", "词语"), "query"),
    **dict.fromkeys(("小标题",), "section"),
    **dict.fromkeys(("篇目", "文件"), "speech"),
    **dict.fromkeys(("文件夹", "目录"), "path"),
    **dict.fromkeys(("范围", "部位"), "in"),
    **dict.fromkeys(("从", "自", "开始", "起始", "开始日期"), "since"),
    **dict.fromkeys(("到", "至", "结束", "截止", "结束日期"), "until"),
    **dict.fromkeys(("上限", "最多", "数量"), "limit"),
    **dict.fromkeys(("顺序", "次序"), "sort"),
}
"""Other names that people give their columns."""
KEY_OF = {key: key for key in KEYS} | {name: key for key, name in CHINESE_OF.items()} | OTHER_NAMES
STANDARD_INPUT = ("-", "<stdin>")
IGNORED = "#"
"""Stands for the key of a column of remarks."""
LIST_NUMBER = re.compile(rf"(?:(\d{{1,3}})[、.．)）]|({NUMERAL})、)[{BLANK}]*(?=[^\d\s])")
"""A number before a query, as lists of topics have it."""
Tell = Callable[[str], None]
"""Called with a sentence about what was left out."""
# In 责任 theme:家风 the colon belongs to the query, not to a name.
ENDS_IN_FIELD = re.compile(rf"(?:^|[\s{BLANK}\-－{OPEN}|｜])(?:{'|'.join(FIELDS)})$")
COLON = re.compile("[:：]")
TOML_START = re.compile(r"\s*\[\[\s*query\s*\]\]\s*(#.*)?")
Written = tuple[str, Mapping[str, Any]]
"""Where a query is written, and what: texts, and in TOML a list of themes, by KEYS."""


def read_written(data: bytes, *, source: str, tell: Tell) -> Iterator[Written]:
    """
    Yield what a file says of each query; `source` is its name, whose suffix tells its format.

    Standard input is what its first line looks like. RequestError, with the place, for what
    cannot be read; `tell` is called with what was left out.
    """
    return READERS[_format(data, source)](data, source, tell)


def _format(data: bytes, source: str) -> str:
    if content_type(data) == "xlsx":
        return "xlsx"
    # A pipe has no suffix, so the first line that is not a comment decides: it is a table only if
    # every cell names a column, lest a query with a comma be taken for one.
    suffix = source.lower().rpartition(".")[2]
    if suffix in READERS and source not in STANDARD_INPUT:
        return suffix
    lines = (line for line in _lines(data, source) if line.strip(BLANK))
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    if TOML_START.fullmatch(first):
        return "toml"
    if "\t" in first:  # as Excel copies it: no query has a tab
        return "csv" if any(_key(cell) in KEY_OF for cell in first.split("\t")) else "lines"
    columns = [_key(cell) for cell in re.split("[,;]", first)]
    named = len(columns) > 1 and all(column in KEY_OF for column in columns)
    return "csv" if named and source in STANDARD_INPUT else "lines"


def _lines(data: bytes, source: str) -> Sequence[str]:
    try:
        return read_bytes(data, path=source).lines
    except Unreadable as unreadable:
        raise RequestError(problem_text(unreadable.problem)) from None


def list_fault(place: str, message: str) -> RequestError:
    """Return the error for a place in a list of queries."""
    return RequestError(f"{place}: {message}")


def _key(text: str) -> str:
    return text.strip(BLANK + "\n").lower()


def _in_lines(data: bytes, source: str, tell: Tell) -> Iterator[Written]:
    lines = [
        (number, text)
        for number, line in enumerate(_lines(data, source), start=1)
        if (text := line.strip(BLANK)) and not text.startswith("#")
    ]
    heads = [LIST_NUMBER.match(text) for _number, text in lines]
    counted = [chinese_number(head[1] or head[2]) if head else 0 for head in heads]
    # 一、 before a single line may be what is looked for; numbers that count the lines are not
    may_count = len(lines) > 1 or any(text[0].isdigit() for _number, text in lines)
    if may_count and counted == [*range(1, len(lines) + 1)]:
        tell(_("{source}: the numbers before the queries are left out").format(source=source))
        lines = [
            (n, text[head.end() :]) for (n, text), head in zip(lines, heads, strict=True) if head
        ]
    for number, text in lines:
        name, query = _name_and_query(text)
        yield f"{source}:{number}", {"name": name, "query": query}


def _name_and_query(line: str) -> tuple[str, str]:
    """
    Part ``name: query``; a line that is only a query has no name.

    >>> _name_and_query("家风：家风 OR 家教"), _name_and_query("责任 theme:家风家教")
    (('家风', '家风 OR 家教'), ('', '责任 theme:家风家教'))
    >>> _name_and_query("“一条：主线”")
    ('', '“一条：主线”')
    """
    colon = COLON.search(line)
    before = line[: colon.start()].strip(BLANK) if colon else ""
    if colon is None or not before or ENDS_IN_FIELD.search(before) or _is_open(before):
        return "", line
    return before, line[colon.end() :].strip(BLANK)


def _is_open(text: str) -> bool:
    """Check whether a quotation or a parenthesis goes on after a text."""
    pairs = [*QUOTES.items(), *zip(OPEN, CLOSE, strict=True)]
    return any(
        text.count(start) % 2 if start == end else text.count(start) > text.count(end)
        for start, end in pairs
    )


def _in_csv(data: bytes, source: str, tell: Tell) -> Iterator[Written]:
    lines = _lines(data, source)
    head = next((line for line in lines if line.strip(BLANK)), "")
    # Excel writes ; where the system's decimal sign is a comma, and a tab as "Unicode text".
    delimiter = max(",\t;", key=head.count)
    return _in_table(_csv_rows("\n".join(lines), delimiter, source), source, tell)


def _csv_rows(text: str, delimiter: str, source: str) -> Iterator[tuple[int, Sequence[str]]]:
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in table:
            yield start, row
            # A cell may hold line ends, so the row's number is not the line's.
            start = table.line_num + 1
    except csv.Error:
        raise list_fault(
            f"{source}:{start}",
            _(
                "quotation marks that do not fit a csv file. Put the cell in quotation marks and"
                " double those in it"
            ),
        ) from None


def _in_workbook(data: bytes, source: str, tell: Tell) -> Iterator[Written]:
    return _in_table(enumerate(_workbook_rows(data, source), start=1), source, tell)


def _workbook_rows(data: bytes, source: str) -> list[list[str]]:
    """Read the first sheet of a workbook; RequestError for what is none."""
    from openpyxl import load_workbook

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
        raise list_fault(
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


def _in_table(
    rows: Iterable[tuple[int, Sequence[str]]], source: str, tell: Tell
) -> Iterator[Written]:
    """Yield the rows of a table as what is written under its columns, blank ones left out."""
    head: list[str] | None = None
    for number, row in rows:
        place = f"{source}:{number}"
        cells = [cell.strip(BLANK + "\n") for cell in row]
        if not any(cells):
            continue
        if head is None:
            head = _columns(cells, place, tell)
            continue
        for cell, name in zip(cells, head + [""] * len(cells), strict=False):
            if cell and not name:
                message = _("{text} stands under no column. Name the column, or take it out")
                raise list_fault(place, message.format(text=in_quotes(cell)))
        named = zip(head, cells, strict=False)
        yield place, {name: cell for name, cell in named if cell and name != IGNORED}


def _columns(cells: Sequence[str], place: str, tell: Tell) -> list[str]:
    """Return the keys of the columns; one of remarks is ignored, beside others that are known."""
    names: list[str] = []
    ignored = [cell for cell in cells if cell and _is_remark(cell)]
    known = any(_key(cell) in KEY_OF for cell in cells)
    if ignored and known:
        columns = _("、").join(map(short, ignored))
        tell(_("{place}: columns that are ignored: {columns}").format(place=place, columns=columns))
    for cell in cells:
        if cell in ignored and known:
            names.append(IGNORED)
            continue
        name = _checked_key(cell, _("column"), place) if cell else ""
        if name and name in names:
            raise list_fault(place, _("the column {name} is there twice").format(name=short(cell)))
        names.append(name)
    return names


def _is_remark(name: str) -> bool:
    """Check that a column is neither one of ours nor one of ours misspelt."""
    # inside: only a column that is unknown needs it
    from difflib import get_close_matches

    return _key(name) not in KEY_OF and not get_close_matches(_key(name), KEY_OF, n=1)


def _checked_key(name: str, what: str, place: str) -> str:
    if _key(name) not in KEY_OF:
        if name.isascii():
            raise list_fault(place, str(no_such(what, name, KEYS)))
        message = _("{what}: there is no {name}. Write one of: {names}").format(
            what=what, name=short(name), names=" ".join(CHINESE_KEYS)
        )
        raise list_fault(place, message)
    return KEY_OF[_key(name)]


def in_quotes(text: str) -> str:
    """Return the start of a user's text in quotation marks."""
    return f"“{text[:30]}{'…' * (len(text) > 30)}”"


def _in_toml(data: bytes, source: str, _tell: Tell) -> Iterator[Written]:
    lines = _lines(data, source)
    try:
        table = parse_toml("\n".join(lines))
    except TomlFaultError as fault:
        message = _("no TOML ({reason})").format(reason=fault.reason)
        raise list_fault(f"{source}:{fault.line}", message) from None
    queries = table.pop("query", [])
    if table or not isinstance(queries, list) or not all(isinstance(q, dict) for q in queries):
        raise list_fault(source, _("it holds something else than [[query]] tables. Take it out"))
    # tomllib keeps no places. The headers are counted instead; where that does not fit, as with
    # inline tables, the number of the query has to do.
    starts = [n for n, line in enumerate(lines, start=1) if TOML_START.fullmatch(line)]
    if len(starts) != len(queries):
        starts = [*range(1, len(queries) + 1)]
    for start, query in zip(starts, queries, strict=True):
        place = f"{source}:{start}"
        written = {}
        for name, value in query.items():
            key = _checked_key(name, _("key"), place)
            if key in written:
                raise list_fault(place, _("the key {name} is there twice").format(name=short(name)))
            written[key] = _toml_value(key, value, place)
        yield place, written


def _toml_value(key: str, value: object, place: str) -> str | Sequence[str]:
    if key == "theme" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value
    # True is an int in Python, and `limit = true` is a mistake.
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        message = _("{key}: its value is none that it can have. Write a text in quotation marks")
        raise list_fault(place, message.format(key=key))
    return _plain(value)


READERS: dict[str, Callable[[bytes, str, Tell], Iterator[Written]]] = {
    "lines": _in_lines,
    "csv": _in_csv,
    "xlsx": _in_workbook,
    "toml": _in_toml,
}
