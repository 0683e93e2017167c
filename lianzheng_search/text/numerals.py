"""Numerals, and the markers with which headings, points and pages are numbered."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from .characters import BLANK

DIGITS = "〇一二三四五六七八九"
NUMERAL = "[〇零一二三四五六七八九十百千]{1,8}"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳❶❷❸❹❺❻❼❽❾❿"

PART, CHAPTER, SUBCHAPTER = -3, -2, -1
UNITS = {"编": PART, "篇": PART, "部分": PART, "章": CHAPTER, "节": SUBCHAPTER}
TOP_LEVELS = 2
"""一、 and （一） are of speeches; what is numbered more deeply is often a list."""

# The look-aheads answer traps: 3.5万亩 is a figure, though 2.2023年 is a point 2. with a
# date; 一、二级 is a range, 3、4月 are months, 第一节课讲灯 is a sentence. The rank is the
# last character of a group's name.
MARKER = rf"""
    (?:\#{{1,6}}[ \u3000]+)?(?:\*\*|__)?
    (?P<marker>
        第\s*(?P<ordinal>{NUMERAL}|[0-9]{{1,3}})\s*(?P<unit>[编篇章节]|部分)
        (?:[：:、．.]|(?=[{BLANK}]|$)|(?=[^，。；！？,;]{{1,30}}$)(?![的中里内是为和与与]))
      | (?P<level1>{NUMERAL})\s*(?:、|[．.](?!\d{{1,3}}\D|[．.]))(?!{NUMERAL}[、．.级线])
      | (?:[（(]\s*(?P<level2>{NUMERAL})\s*[）)]|(?P<enclosed2>[㈠-㈩]))[、．.]?
      | (?:(?P<level3>[0-9０-９]{{1,2}})\s*
            (?:[．.](?![0-9０-９])|[．.](?=(?:19|20)[0-9]{{2}}\s*年)|、)
          |(?P<enclosed3>[⒈-⒛])、?)
        (?![0-9０-９]+、|[0-9]{{1,2}}(?:月|日|号))
      | (?:[（(]\s*(?P<level4>[0-9０-９]{{1,2}})\s*[）)]|(?P<bracketed4>[0-9０-９]{{1,2}})\s*[）)]
          |(?P<enclosed4>[⑴-⒇]))[、．.]?
      | (?P<level5>[{CIRCLED}])
    )
    \s*
    """
STARTS = frozenset("#*_第零十百千（(0123456789０１２３４５６７８９" + DIGITS + CIRCLED) | {
    chr(code) for code in (*range(0x3220, 0x322A), *range(0x2474, 0x249C))
}
"""What a marker can start with; most lines start with something else."""


# Compiled when it is first needed: most commands read no marker, and would wait for it.
@cache
def _marker_pattern() -> re.Pattern[str]:
    return re.compile(MARKER, re.VERBOSE)


SEVERAL = re.compile(rf"(?P<next>{NUMERAL}|[0-9]{{1,2}})(?!、)")


class Marker(NamedTuple):
    """
    The number with which a heading begins, at `start` of its text; its words begin at `end`.

    `rank` is 1 for 一、, 2 for （一）, 3 for 1., 4 for （1）, 5 for ①; 第一部分, 第一章 and 第一节
    stand above, at -3, -2, -1.
    """

    rank: int
    number: int
    text: str
    start: int
    end: int


def read_marker(text: str) -> Marker | None:
    """
    Read the marker with which a text begins, markdown's # and ** before it left aside.

    >>> read_marker("（二）把灯点亮")
    Marker(rank=2, number=2, text='（二）', start=0, end=3)
    >>> read_marker("## 第三章 灯")
    Marker(rank=-2, number=3, text='第三章', start=3, end=7)
    >>> read_marker("**一、灯**")
    Marker(rank=1, number=1, text='一、', start=2, end=4)
    >>> read_marker("3.5万亩梯田"), read_marker("一线的灯"), read_marker("第一节课讲灯，第二节讲油")
    (None, None, None)
    """
    if not text or text[0] not in STARTS:
        return None
    match = _marker_pattern().match(text)
    if match is None:
        return None
    if match["unit"]:
        rank, number = UNITS[match["unit"]], match["ordinal"]
    else:
        rank, number = next(
            (int(group[-1]), found)
            for group, found in match.groupdict().items()
            if found and group[-1].isdecimal()
        )
    return Marker(rank, chinese_number(number), match["marker"], match.start("marker"), match.end())


def marker_rank(marker: str) -> int:
    """
    Tell the rank of a marker that stands alone; 0 where it is none.

    >>> marker_rank("（二）"), marker_rank("第三章"), marker_rank("一、"), marker_rank("附件1")
    (2, -2, 1, 0)
    """
    found = read_marker(marker)
    return found.rank if found and found.text == marker else 0


def names_a_range(text: str, marker: Marker) -> bool:
    """
    Check whether a marker and what follows it may be one number: 七、八月, 二、三产业.

    >>> [names_a_range(t, read_marker(t)) for t in ("七、八月间", "一、三件事", "一、二是要快")]
    [True, False, True]
    """
    match = SEVERAL.match(text, marker.end)
    return (
        match is not None
        and marker.rank in (1, 3)
        # 七、八月: the second number is the next one. In 一、三件事 it is not, so 一、 is a
        # heading.
        and chinese_number(match["next"]) == marker.number + 1
    )


def chinese_number(text: str) -> int:
    """
    Read a number below 10,000 in Chinese (also digit by digit) or Arabic numerals, or enclosed.

    >>> [chinese_number(n) for n in ("三", "十", "十二", "二十一", "一百零五", "７", "③", "㈢")]
    [3, 10, 12, 21, 105, 7, 3, 3]
    >>> [chinese_number(n) for n in ("一〇", "二一", "一千二百六十", "12")]
    [10, 21, 1260, 12]
    """
    if text.isdecimal():
        return int(text)
    if text in CIRCLED or (len(text) == 1 and text not in DIGITS + "零十百千"):
        return int(unicodedata.numeric(text))
    # Digit by digit, as years and the numbers of documents are written: 二〇一四, 一〇五.
    if len(text) > 1 and not set(text) & set("十百千"):
        return int("".join(str(DIGITS.find(c.replace("零", "〇"))) for c in text))
    total = digit = 0
    for character in text:
        if character in "十百千":
            # 十二 has no digit before 十, and is 12.
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
        else:
            digit = DIGITS.find(character.replace("零", "〇"))
    return total + digit
