"""A text -> the dates in it, as ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from .numerals import DIGITS, chinese_number

ISO_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
"""A date as the index has it, of any precision."""
# Only 19.. and 20..: other numbers of four figures are amounts or rooms.
DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?:\s*[年./_-]\s*(?P<month>1[0-2]|0?[1-9])"
    r"(?:\s*[月./_-]\s*(?P<day>3[01]|[12]\d|0?[1-9])(?!\d))?(?=\D|$)|年"
    r"|(?P<month2>1[0-2]|0[1-9])(?P<day2>3[01]|[12]\d|0[1-9])(?!\d))"
)
CHINESE_DATE = re.compile(
    r"(?P<year>[一二][〇○零Ｏ一二三四五六七八九]{3})年"
    r"(?:(?P<month>十[一二]|[一二三四五六七八九十])月"
    r"(?:(?P<day>[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号])?)?"
)
FULL_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
WHOLE_DATE = re.compile(
    r"[（(\[［]?(?:\s*[^\S 　])?[\d〇○零Ｏ一二三四五六七八九十年月日号./\- 　]+[）)\]］]?"
)
"""Nothing but figures, 年月日, and at most one pair of brackets around them."""
BRACKETED = re.compile(r"(?:—{1,2})?[（(\[［][^（）()\[\]［］]*[）)\]］]")


def read_date(text: str) -> str | None:
    """
    Return what a user typed, if it is a date, as ISO 8601; an ISO date stays as it is.

    >>> read_date("2023-09"), read_date("2023年9月"), read_date("去年")
    ('2023-09', '2023-09', None)
    """
    return text if ISO_DATE.fullmatch(text) else find_date(text)


def find_date(text: str) -> str | None:
    """
    Return the first date in a text as ISO 8601, as precise as it is given; None without one.

    A day that no calendar has is no date.

    >>> find_date("（2023年9月14日）"), find_date("二〇一四年十二月"), find_date("1957年工作报告")
    ('2023-09-14', '2014-12', '1957')
    >>> find_date("第2023号"), find_date("2015年2月30日")
    (None, None)
    """
    text = text.translate(FULL_WIDTH_DIGITS)
    # The first that exists: 2015年2月30日 is a misprint, after which the right date may follow.
    for numbers in _dates(text):
        year, month, day = (*numbers, 1, 1)[:3]
        try:
            date(year, month, day)
        except ValueError:
            continue
        return "-".join([f"{year:04}", *(f"{number:02}" for number in numbers[1:])])
    return None


def _dates(text: str) -> Iterator[list[int]]:
    matches = [*DATE.finditer(text), *CHINESE_DATE.finditer(text)]
    for match in sorted(matches, key=lambda match: match.start()):
        if match.re is DATE:
            yield [int(part) for part in match.groups() if part]
            continue
        year, month, day = match.groups()
        digits = "".join(str(DIGITS.find(c)) for c in re.sub("[○零Ｏ]", "〇", year))
        # The characters of a Chinese year are digits, so that comparing strings is comparing years.
        if "1900" <= digits <= "2099":
            yield [int(digits), *(chinese_number(part) for part in (month, day) if part)]


def local_time(text: str) -> str:
    """
    Return a time of ISO 8601 as the clock on the wall has it, to the minute; other text unchanged.

    >>> local_time("2026-07-01T09:30:00")
    '2026-07-01 09:30'
    """
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return text


def is_date_line(text: str) -> bool:
    """
    Check whether a line is a date, alone or with a place in brackets: no title that holds one.

    >>> is_date_line("（2015年9月22日，云岭）"), is_date_line("2015年工作报告")
    (True, False)
    """
    if WHOLE_DATE.fullmatch(text):
        return True
    return BRACKETED.fullmatch(text) is not None and find_date(text) is not None
