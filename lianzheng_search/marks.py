"""The marks of a text: what is blank, numerals, and the markers of headings."""

import re

BLANK = (
    " \t\v\f\u3000\u00a0\u00ad\u2002\u2003\u2009\u200b\u200c\u200d\u200e\u200f"
    "\u202f\u2060\ufeff\u0085\u2028\u2029"
)
NUMERAL = "[〇零一二三四五六七八九十百]+"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

HEADING = re.compile(
    rf"""
    (?P<markup>\#{{1,6}}[ \u3000]+)?
    (?P<marker>
        (?P<level1>{NUMERAL})\s*(?:、|[．.](?!\d{{1,3}}\D|[.．]))(?!{NUMERAL}[、．.级线])
      | [（(]\s*(?P<level2>{NUMERAL})\s*[）)][、．.]?
      | (?P<level3>[0-9０-９]{{1,2}})\s*(?:[.．](?![0-9０-９])|、)(?![0-9０-９]+、)
      | [（(]\s*(?P<level4>[0-9０-９]{{1,2}})\s*[）)][、．.]?
      | (?P<level5>[{CIRCLED}])
    )
    \s*(?=\S)
    """,
    re.VERBOSE,
)


def chinese_number(text: str) -> int:
    """
    Read a number below 1,000 in Chinese or (also full-width) Arabic numerals.

    >>> [chinese_number(n) for n in ("三", "十", "十二", "二十一", "一百零五", "７", "③")]
    [3, 10, 12, 21, 105, 7, 3]
    """
    if text in CIRCLED:
        return CIRCLED.index(text) + 1
    if text.isdecimal():
        return int(text)
    total = digit = 0
    for character in text:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = "〇一二三四五六七八九".find(character.replace("零", "〇"))
    return total + digit
