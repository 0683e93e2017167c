"""The filters of a request -> `Scope`: which passages an answer covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal, TypedDict

from ..errors import RequestError
from ..messages import _, short
from ..model import Value
from ..text.characters import BLANK
from ..text.numerals import NUMERAL, chinese_number, read_marker

PARTS = ("all", "title", "heading", "body")
"""Parts of a speech that `part` selects."""
LONGEST_TEXT = 1_000
"""Maximum length of a filter's value, or of a text that lists are asked for, in characters."""


class FilterOptions(TypedDict, total=False):
    """
    The filters that every list takes, by the names of the options; `part` is ``--in``.

    With `undated`, speeches without a date pass `since` and `until`.
    """

    section: str | None
    theme: str | Sequence[str]
    title: str | None
    speech: str | None
    path: str | None
    part: str
    since: str | None
    until: str | None
    undated: bool


class ScopeOptions(FilterOptions, total=False):
    """The filters, and whether the copies of a passage are shown too."""

    with_variants: bool


FILTERS = tuple(FilterOptions.__annotations__)


class Filters(Value, frozen=True, kw_only=True):
    """
    Conditions that a passage has to meet, all of them.

    `section` is a part of a heading on the path, or a section's number; `themes` are any of them;
    `path` is a pattern of the speech's path (see `matches_path`);
    `part` is one of ``all title heading body``; `since` and `until` are ISO dates of any
    precision, both included; `undated` says what becomes of speeches without a date where one of
    these is given: ``out``, ``in``, or ``alone``, and then dated speeches are left out.
    """

    section: str | None = None
    themes: tuple[str, ...] = ()
    title: str | None = None
    speech: str | None = None
    path: str | None = None
    part: str = "all"
    since: str | None = None
    until: str | None = None
    undated: Literal["out", "in", "alone"] = "out"

    @property
    def has_period(self) -> bool:
        """Whether the date of a speech matters."""
        return bool(self.since or self.until) or self.undated == "alone"

    def takes(self, date: str | None) -> bool:
        """Check whether a speech of this date, None if it is unknown, passes."""
        if not self.has_period:
            return True
        if self.undated == "alone":
            return date is None
        if date is None:
            return self.undated == "in"
        return in_period(date, self.since, self.until)

    def __bool__(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()


class Scope(Value, frozen=True, kw_only=True):
    """
    Which passages an answer covers: those that the filters leave.

    Of a passage that occurs in several copies of a speech one is covered, but all of them
    `with_copies`.
    """

    filters: Filters = Filters()
    with_copies: bool = False


EVERYTHING = Scope()
"""All passages, of those with copies one."""


def checked_text(text: str) -> str:
    """
    Return a text that a filter, or a list, is asked for; RequestError for what cannot be one.

    >>> checked_text("担当")
    '担当'
    """
    # A lone surrogate comes from a command line that is not UTF-8. It cannot be encoded, and would
    # be an error deep inside the index instead of one that names the request.
    if any("\ud800" <= character < "\ue000" for character in text):
        raise RequestError(_("filter: it holds bytes that are no text. Type it anew"))
    if len(text) > LONGEST_TEXT:
        told = _("{text}: it has more than {most} characters. Give a part of it")
        raise RequestError(told.format(text=short(text), most=LONGEST_TEXT))
    return text


def checked_date(text: str | None) -> str | None:
    """
    Return a date of any precision as ISO 8601, None for no text; RequestError for no date.

    >>> checked_date("2023年9月"), checked_date(None)
    ('2023-09', None)
    """
    if not text:
        return None
    from ..text.dates import read_date  # its patterns take time to compile

    if date := read_date(text):
        return date
    raise RequestError(
        _("date: {date} is not a date. Write 2023, 2023-09 or 2023-09-14").format(date=short(text))
    )


def check_period(since: str | None, until: str | None) -> None:
    """Raise RequestError for ISO dates in the wrong order."""
    # From 2023-09 until 2023 is no contradiction: the less precise date is the whole year.
    if since and until and since > until and not since.startswith(until):
        raise RequestError(
            _("date: {since} is after {until}. Exchange them").format(since=since, until=until)
        )


def section_number(text: str) -> tuple[int | None, int] | None:
    """
    Read a section's number, 二 or （二）, as (its marker's rank or None for any, number).

    >>> section_number("二"), section_number("2"), section_number("（二）"), section_number("担当")
    ((None, 2), (None, 2), (2, 2), None)
    """
    bare = text.strip(BLANK)
    # A bare number is that of a section of any rank; a marker with its marks means one rank only.
    if re.fullmatch(rf"{NUMERAL}|\d{{1,3}}", bare):
        return None, chinese_number(bare)
    marker = read_marker(bare)
    if marker is None or marker.text != bare:
        return None
    return marker.rank, marker.number


def matches_path(path: str, pattern: str) -> bool:
    """
    Check whether the path of a speech is in a folder, or matches a pattern with ``*`` and ``?``.

    A pattern is of the whole path or of its last parts; capital and small letters are alike.

    >>> matches_path("2024/约谈/03.txt", "2024"), matches_path("2024/约谈/03.txt", "约谈/*.txt")
    (True, True)
    >>> matches_path("2024/约谈/03.txt", "约"), matches_path("a/b.txt", "*/*/*")
    (False, False)
    """
    wanted = pattern.replace("\\", "/").strip("/").casefold().split("/")
    parts = path.casefold().split("/")
    starts = range(len(parts) - len(wanted) + 1)
    # the folders of a pattern may be any that follow one another; the rest lies below them
    return any(all(map(fnmatchcase, parts[start:], wanted)) for start in starts)


def in_period(date: str | None, since: str | None, until: str | None) -> bool:
    """
    Check whether a date of any precision can lie in a period; an unknown date cannot.

    >>> in_period("2016", "2016-05", None), in_period("2015-12-31", "2016", None)
    (True, False)
    """
    if not since and not until:
        return True
    if date is None:
        return False
    # ISO dates compare as strings. A date of less precision is taken as its last day
    # for `since` and for `until`, so that 2016 lies in the period from May 2016 on, and
    # all of 2016 is in "until 2016".
    latest = "-99-99"
    return (not since or date + latest >= since) and (not until or date <= until + latest)
