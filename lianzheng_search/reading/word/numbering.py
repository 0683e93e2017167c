"""The level of an automatic list, paragraph by paragraph -> the number that is printed."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

DIGITS = "〇一二三四五六七八九"
LEGAL = "零壹贰叁肆伍陆柒捌玖"
STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
ROMAN = {
    1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl",
    10: "x", 9: "ix", 5: "v", 4: "iv", 1: "i",
}  # fmt: skip
ENCLOSED = {
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographTraditional": STEMS,
    "ideographZodiac": BRANCHES,
}
ENCLOSED["decimalEnclosedCircleChinese"] = ENCLOSED["decimalEnclosedCircle"]
FORMATS_WORDS = """
    decimal upperRoman lowerRoman upperLetter lowerLetter ordinal cardinalText ordinalText hex
    chicago ideographDigital japaneseCounting aiueo iroha decimalFullWidth decimalHalfWidth
    japaneseLegal japaneseDigitalTenThousand decimalEnclosedCircle decimalFullWidth2
    aiueoFullWidth irohaFullWidth decimalZero bullet ganada chosung decimalEnclosedFullstop
    decimalEnclosedParen decimalEnclosedCircleChinese ideographEnclosedCircle
    ideographTraditional ideographZodiac ideographZodiacTraditional taiwaneseCounting
    ideographLegalTraditional taiwaneseCountingThousand taiwaneseDigital chineseCounting
    chineseLegalSimplified chineseCountingThousand
"""
FORMATS = tuple(FORMATS_WORDS.split())
"""The names that docx has for the ways to write a number, by the numbers that doc has for them."""
LONGEST = 10_000
"""A number beyond is written in digits: Roman ones grow with the number."""
LEVELS = 9
PLACE = re.compile(r"%([1-9])")
OWN_BLANK = "、，。：；）】〕》①②③④⑤⑥⑦⑧⑨⑩"
"""After these a number needs no blank before the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    How a level of a list is numbered.

    `text` is as docx has it, ``第%1章`` or ``%1.%2``; `restart` is the level, from 1, from which
    on upward a paragraph starts this one anew (0: none, None: any above); `legal` writes all
    numbers in digits.
    """

    start: int = 1
    format: str = "decimal"
    text: str = "%1."
    restart: int | None = None
    legal: bool = False
    blank: bool = True


@dataclass(slots=True)
class Counters:
    """The numbers that lists have reached, by whatever names a list."""

    reached: dict[Hashable, list[int | None]] = field(default_factory=dict)

    def restart(self, name: Hashable, level: int, start: int) -> None:
        """Set the number of the next paragraph of a level to `start`."""
        if level < LEVELS:
            self.reached.setdefault(name, [None] * LEVELS)[level] = start - 1

    def label(self, name: Hashable, level: int, levels: Mapping[int, Level]) -> str:
        """
        Count a paragraph, and give the number that is printed before it.

        >>> levels = {0: Level(format="chineseCounting", text="%1、"), 1: Level(text="%1.%2")}
        >>> count = Counters()
        >>> [count.label("a", level, levels) for level in (0, 1, 1, 0, 1)]
        ['一、', '一.1 ', '一.2 ', '二、', '二.1 ']
        """
        own = levels.get(level)
        if own is None or not 0 <= level < LEVELS:
            return ""
        numbers = self.reached.setdefault(name, [None] * LEVELS)
        for above in range(level):
            if numbers[above] is None:
                numbers[above] = levels[above].start if above in levels else 1
        before = numbers[level]
        numbers[level] = own.start if before is None else before + 1
        for below in range(level + 1, LEVELS):
            restart = levels[below].restart if below in levels else None
            if restart is None or level < restart:
                numbers[below] = None
        if own.format in ("bullet", "none") and "%" not in own.text:
            return f"{own.text} " if own.format == "bullet" and _is_shown(own.text) else ""

        def written(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            number = numbers[at]
            if number is None:
                return ""
            ways = "decimal" if own.legal or at not in levels else levels[at].format
            return write_number(number, ways)

        text = PLACE.sub(written, own.text)
        return text + " " if text and own.blank and text[-1] not in OWN_BLANK else text


def write_number(number: int, way: str) -> str:
    """
    Write a number in one of the ways of Word; in digits, where it has no such number.

    >>> ways = "chineseCounting", "decimalEnclosedCircle", "upperRoman", "lowerLetter"
    >>> [write_number(12, way) for way in ways], write_number(21, "decimalEnclosedCircle")
    (['十二', '⑫', 'XII', 'l'], '21')
    """
    if way == "none":
        return ""
    if not 0 < number <= LONGEST:
        return str(number)
    if way in ENCLOSED:
        row = ENCLOSED[way]
        return row[number - 1] if number <= len(row) else str(number)
    if way in ("ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"):
        return "".join(DIGITS[int(digit)] for digit in str(number))
    if way in ("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"):
        return _counted(number, LEGAL, "拾佰仟", bare_ten=False)
    if way in ("chineseCounting", "taiwaneseCounting") and number > 99:
        return "".join(DIGITS[int(digit)] for digit in str(number))
    if way.endswith(("Counting", "CountingThousand")):
        return _counted(number, DIGITS.replace("〇", "零"), "十百千", bare_ten=True)
    if way in ("upperRoman", "lowerRoman"):
        roman = _roman(number)
        return roman.upper() if way == "upperRoman" else roman
    if way in ("upperLetter", "lowerLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if way == "upperLetter" else letter
    if way == "decimalZero":
        return f"{number:02}"
    if way in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    return str(number)


def _counted(number: int, digits: str, units: str, *, bare_ten: bool) -> str:
    if number >= 10_000:
        return str(number)
    text = ""
    for place, digit in enumerate(map(int, reversed(str(number)))):
        unit = units[place - 1] if place else ""
        text = (digits[digit] + unit if digit else digits[0]) + text
    zero = digits[0]
    text = re.sub(f"{zero}+", zero, text).rstrip(zero)
    return text[1:] if bare_ten and 10 <= number < 20 else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in ROMAN.items():
        text += letters * (number // value)
        number %= value
    return text


def _is_shown(bullet: str) -> bool:
    """Check whether a bullet is a character, and not a letter of a font of signs."""
    return bool(bullet) and not any(c.isascii() or "\ue000" <= c <= "\uf8ff" for c in bullet)
