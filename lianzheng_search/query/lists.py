"""A file of queries -> the queries of a batch, each with its name, filters and place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from ..errors import RequestError
from ..messages import _, no_such, short
from ..model import Value
from ..text.characters import BLANK
from .filters import check_period, checked_date
from .language import parse_query
from .list_formats import in_quotes, list_fault, read_written
from .tokens import FIELDS

PART_NAMES = {"标题": "title", "小标题": "heading", "正文": "body", "全部": "all"}
ORDER_NAMES = {"相关度": "relevance", "语料": "corpus", "日期": "date", "最新": "newest"}
BETWEEN_THEMES = re.compile(r"[、;；\n]")
# Longer ones make int() slow, and no limit of passages needs them.
LONGEST_NUMBER = 18
"""Maximum length of a number, in digits."""


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


def read_queries(
    data: bytes, *, source: str, tell: Callable[[str], None] = lambda text: None
) -> list[NamedQuery]:
    r"""
    Read a file of queries; `source` is its name, whose suffix tells what is in it.

    ``.csv``, ``.xlsx`` and ``.toml`` have KEYS or CHINESE_KEYS: for the columns of a table, for
    the keys of each ``[[query]]``; other columns, such as remarks, are ignored. Others are lines,
    ``query`` or ``name: query``; where a colon belongs to the text, that is put in quotation
    marks; numbers that count the lines are left out. Standard input is what it begins like. Any
    encoding that we read will do; `tell` is called with what was left out. Each query is parsed, so
    that a fault is a RequestError with file and line, or row, before anything is written.

    >>> [(q.name, q.query) for q in read_queries("# 一\n家风：家风 OR 家教\n".encode(), source="q")]
    [('家风', '家风 OR 家教')]
    """
    queries = distinct(
        _named(place, written) for place, written in read_written(data, source=source, tell=tell)
    )
    if not queries:
        raise RequestError(
            _("{source}: there is no query in it. Write one a line").format(source=source)
        )
    return queries


def distinct(queries: Iterable[NamedQuery]) -> list[NamedQuery]:
    """Leave out what is asked a second time; RequestError for one name of two queries."""
    by_name: dict[str, NamedQuery] = {}
    for named in queries:
        first = by_name.setdefault(named.name, named)
        # The same query twice, as when two lists are put together, is harmless; the same name for
        # two queries would mix their rows in the result.
        if replace(named, place=first.place) != first:
            message = _("the name {name} is that of {place}, too. Name one of them otherwise")
            message = message.format(name=short(named.name), place=first.place or "QUERY")
            raise list_fault(named.place, message)
    return list(by_name.values())


def _named(place: str, written: Mapping[str, Any]) -> NamedQuery:
    """Return the query that is written at a place; RequestError for what is none."""
    query = written.get("query") or None
    with _located(place):
        filters = {
            "part" if key == "in" else key: _filter(key, written[key])
            for key in FIELDS
            if written.get(key)
        }
        check_period(filters.get("since"), filters.get("until"))  # type: ignore[arg-type]
        if query is None and not any(filters.values()):
            raise RequestError(_("neither a query nor a filter. Write the words to find"))
        values = ["、".join(v) if isinstance(v, tuple) else v for v in filters.values()]
        name = written.get("name") or query or " · ".join(values)
        if query is not None:
            parse_query(query)
        # It was read by the wrong encoding, and the query could only find nothing.
        if "\ufffd" in name or "\ufffd" in (query or ""):
            raise RequestError(_("there is a broken character in it. Save the file as UTF-8"))
        limit, sort = written.get("limit"), written.get("sort")
        return NamedQuery(
            name=name,
            query=query,
            place=place,
            filters=filters,
            limit=_limit(limit) if limit else None,
            sort=_choice("sort", sort, ORDER_NAMES) if sort else None,
        )


@contextmanager
def _located(place: str) -> Iterator[None]:
    """Prefix the message of an error with the place of its query."""
    try:
        yield
    except RequestError as error:
        raise list_fault(place, str(error)) from None


def _filter(key: str, value: str | Sequence[str]) -> str | tuple[str, ...]:
    if key == "theme":
        themes = BETWEEN_THEMES.split(value) if isinstance(value, str) else value
        return tuple(filter(None, (theme.strip(BLANK) for theme in themes)))
    text = str(value)
    if key == "in":
        return _choice("in", text, PART_NAMES)
    if key in ("since", "until"):
        return checked_date(text) or ""
    return text


def _choice(key: str, value: str, names: Mapping[str, str]) -> str:
    """Return the name that a value stands for, in English or in Chinese."""
    name = names.get(value, value.lower())
    if name not in names.values():
        raise no_such(key, value, [*names.values(), *names])
    return name


def _limit(text: str) -> int:
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        message = _("limit: {text} is not a number. Write 20, or 0 for all")
        raise RequestError(message.format(text=in_quotes(text)))
    return int(text)
