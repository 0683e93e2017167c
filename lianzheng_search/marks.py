"""The marks of a text: what is blank, numerals, and the markers of headings."""

import re

BLANK = (
    " \t\v\f\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)
"""White space and what shows as nothing, but not the ends of lines."""
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
