"""Rows -> a table as text: JSON lines, CSV, Markdown."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import IO, Any

import msgspec

from ...model import Span, Value
from ...text.characters import printable, safe_json
from ..markdown import escape_markdown

FORMULA = re.compile("[\\s\xad\u200b-\u200d\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet takes for the start of a formula, in full width, or behind blanks, too."""
ROWS_AT_A_TIME = 256
TO_JSON = msgspec.json.Encoder()
Row = Value | Mapping[str, Any]
"""A value whose fields are the keys of the row, or the keys themselves with what they hold."""


def keys_of(row_type: type[Value], *, without: Sequence[str] = ()) -> tuple[str, ...]:
    """
    Return the keys of a row: the names of the fields of its type, in their order.

    >>> from lianzheng_search.model import SpeechInfo
    >>> keys_of(SpeechInfo, without=("venue", "source"))
    ('id', 'title', 'date', 'speaker')
    """
    return tuple([name for name in row_type.__struct_fields__ if name not in without])


def plain_row(value: Any) -> dict[str, Any]:
    """Return the row of a value whose fields are the keys."""
    row: dict[str, Any] = msgspec.to_builtins(value)
    return row


def to_json(value: Any) -> str:
    r"""
    Return a value as JSON on one line, Chinese as it is.

    What would steer a terminal is escaped, as JSON may have it.

    >>> to_json({"title": "在会上的讲话", "spans": [[0, 2]]})
    '{"title":"在会上的讲话","spans":[[0,2]]}'
    >>> print(to_json("清风\x1b[31m\u202e正气"))
    "清风\u001b[31m\u202e正气"
    """
    return safe_json(TO_JSON.encode(value).decode())


def write_rows(rows: Iterable[Row], keys: Sequence[str], out: IO[str], *, file_format: str) -> int:
    """
    Write rows to a text file as ``jsonl``, ``csv`` or ``md``; return their number.

    A table has the columns of these keys; a JSON line is the whole row.
    """
    rows = iter(rows)
    # as RFC 4180 has it, on every system
    table = csv.writer(out, lineterminator="\r\n")
    if file_format == "csv":
        table.writerow(keys)
    elif file_format == "md":
        out.write(_markdown_line(keys) + _markdown_line(["---"] * len(keys)))
    raw = _bytes_of(out) if file_format == "jsonl" else None
    count = 0
    while batch := list(islice(rows, ROWS_AT_A_TIME)):
        if file_format == "jsonl":
            lines = TO_JSON.encode_lines(batch)
            text = safe_json(lines.decode())
            out.write(text) if raw is None else raw.write(text.encode())
        elif file_format == "csv":
            table.writerows(_cells(row, keys) for row in batch)
        else:
            for row in batch:
                out.write(_markdown_line(escape_markdown(str(cell)) for cell in _cells(row, keys)))
        count += len(batch)
    return count


def _bytes_of(out: IO[str]) -> IO[bytes] | None:
    """Return the bytes under a text file that is UTF-8; None where there are none."""
    if not isinstance(out, io.TextIOWrapper) or codecs.lookup(out.encoding).name != "utf-8":
        return None
    # what was written as text must come before what is written below it as bytes
    out.flush()
    buffer: IO[bytes] = out.buffer
    return buffer


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _cells(row: Row, keys: Sequence[str]) -> list[str | int | float]:
    if isinstance(row, Value):
        return [_cell(getattr(row, key), key) for key in keys]
    return [_cell(row[key], key) for key in keys]


def _cell(value: Any, key: str) -> str | int | float:
    """
    Return the cell of a value: lists joined, no text that a spreadsheet would run as a formula.

    What is not `printable` becomes �, one for one: JSON lines have it as it is. Spans have dots,
    for Excel makes the seventh of March of 3-7.

    >>> _cell("=1+1", "text"), _cell(["一、甲", "（一）乙"], "section"), _cell(None, "date")
    ("'=1+1", '一、甲 › （一）乙', '')
    >>> _cell([Span(3, 7), Span(12, 16)], "spans"), _cell(["家风家教", "廉洁自律"], "themes")
    ('3..7 12..16', '家风家教 · 廉洁自律')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = joined(value, key)
    if isinstance(value, str):
        text = printable(value)
        # most texts begin with a letter, and need no regular expression
        plain = text[:1].isalnum() or not FORMULA.match(text)
        return text if plain else "'" + text
    return value  # type: ignore[no-any-return]


def joined(values: Sequence[Any], key: str) -> str:
    """Return a list as the text of one cell."""
    if values and isinstance(values[0], Span):
        return " ".join([f"{span.start}..{span.end}" for span in values])
    return (" › " if key == "section" else " · ").join(map(str, values))
