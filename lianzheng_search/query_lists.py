"""A file of queries -> the queries of a batch."""

from __future__ import annotations

from .batch import NamedQuery
from .language import _, problem_text
from .model import RequestError
from .query import parse_query
from .reading import Unreadable, read_bytes


def read_queries(data: bytes, *, source: str) -> list[NamedQuery]:
    """
    Read a file of queries: one a line, blank lines and # comments skipped; any encoding we read.

    Each is parsed here, so that a faulty one is named by file and line before anything is
    written.
    """
    try:
        lines = read_bytes(data, path=source).lines
    except Unreadable as unreadable:
        raise RequestError(problem_text(unreadable.problem)) from None
    queries = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        place = f"{source}:{number}"
        try:
            parse_query(text)
        except RequestError as error:
            raise RequestError(f"{place}: {error}") from None
        queries.append(NamedQuery(name=text, query=text, place=place))
    if not queries:
        raise RequestError(
            _("{source}: there is no query in it. Write one a line").format(source=source)
        )
    return queries
