"""A text -> how likely it is: as Chinese prose, and as text of any script at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from math import log

from ... import data

PUNCTUATION = "，。、；：？！“”‘’（）《》—…·　"
CHINESE = "\u4e00", "\u9fff"

# Natural logarithms of how often a character occurs in the text of a speech. Those of common
# characters follow Zipf's law; the others are estimates, good enough to compare readings.
ASCII = {
    "\t\n\r ": -4.3,
    "abcdefghijklmnopqrstuvwxyz": -4.6,
    "0123456789": -5.0,
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ": -6.0,
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~": -7.0,
    "\v\f": -9.0,
}
"""Log-probability of each of these characters."""
CONTROL = -20.0
"""Log-probability of an ASCII character that is none of them."""
MARK = -5.5
"""Log-probability of a punctuation mark of PUNCTUATION."""
LEVEL_1, LEVEL_1_SIGN = -10.5, -11.0
"""Log-probability of a character, and of a sign, among those an encoding holds frequent."""
LEVEL_2, BIG5_ONLY, NEITHER = -13.5, -15.5, -16.0
"""Log-probability of other Han characters: of GB2312, of GBK alone, of neither."""
OTHERS = (
    (0x9F, -20.0),
    (0xFF, -13.0),
    (0x2E7F, -15.0),
    (0x303F, -12.0),
    (0x312F, -13.0),
    (0x33FF, -15.0),
    (0x4DBF, -17.0),
    (0xABFF, -18.0),
    (0xD7FF, -16.0),
    (0xDFFF, -16.0),
    (0xF8FF, -19.0),
    (0xFAFF, -17.0),
    (0xFEFF, -18.0),
    (0xFF5E, -9.5),
    (0xFFEF, -16.0),
    (0xFFFD, -16.0),
    (0xFFFF, -22.0),
    (0x2FFFF, -18.0),
)
"""Log-probability of all other characters, by the last code point of their range."""
RAREST = -22.0

ROW = 8
"""Bits of a code point within its row of 256, about a script's worth."""
SAME_ROW, NEW_ROW = -log(256), -12.5
"""Log-probability of a character in the row of a recent one, and in a new row."""
REPEATED = -1.5
"""Log-probability of a character that repeats the one before it, as in a ruled line."""
LARGE_SCRIPTS = (
    ("\u3400", "\u4dbf", -9.0),
    (*CHINESE, -10.0),
    ("\ua000", "\ua4cf", -7.5),
    ("\uac00", "\ud7a3", -9.3),
    ("\ue000", "\uf8ff", -10.0),
    ("\U00020000", "\U0003ffff", -11.0),
)
"""Scripts of many rows: first and last character, and the value of each in a text of the script."""


class _ChineseProse(dict[str, float]):
    """The log-likelihood of each character in Chinese prose."""

    def __missing__(self, character: str) -> float:
        self[character] = value = _log_likelihood(character)
        return value


def _log_likelihood(character: str) -> float:
    if character < "\x80":
        return next((value for kind, value in ASCII.items() if character in kind), CONTROL)
    if character in PUNCTUATION:
        return MARK
    is_chinese = CHINESE[0] <= character <= CHINESE[1]
    if character in plain_characters("gb18030") or character in plain_characters("big5hkscs"):
        return LEVEL_1 if is_chinese else LEVEL_1_SIGN
    if is_chinese:
        try:
            return LEVEL_2 if len(character.encode("gb2312")) else NEITHER
        except UnicodeEncodeError:
            return BIG5_ONLY
    return next((value for last, value in OTHERS if ord(character) <= last), RAREST)


@cache
def _prose() -> _ChineseProse:
    table = _ChineseProse()
    for rank, character in enumerate("".join(data.word_list("common_characters.txt"))):
        table[character] = log(0.17 / (rank + 10))
    for pair in data.word_list("traditional_characters.txt"):
        table.setdefault(pair[1], table[pair[0]])
    return table


def likelihood(text: str) -> float:
    """Return the log-likelihood of a text as Chinese prose, its characters taken one by one."""
    return sum(map(_prose().__getitem__, text))


def is_common(character: str) -> bool:
    """Check that a character is commoner than most that an encoding's makers thought frequent."""
    return _prose()[character] > LEVEL_1


def mean_likelihood(characters: Sequence[str]) -> float:
    """Return the mean log-likelihood of characters in Chinese prose; 0 of none."""
    return likelihood("".join(characters)) / max(1, len(characters))


def likelihood_as_text(text: str) -> float:
    """
    Return the log-likelihood of a text as one of any script, or of several in turn.

    What garbles a text leaves characters of no one script; a line of Greek, a ruled line, a list
    of rare characters are likely as they are.

    >>> greek, garbled = "αβγδεζηθικλμ", "ÂäÊµµ³·çÁ®Õþ"
    >>> likelihood_as_text(greek) > likelihood(greek)
    True
    >>> likelihood_as_text(garbled) < likelihood("落实党风廉政")
    True
    """
    prose = _prose()
    total = 0.0
    rows = [-1, -1]
    before = ""
    for character in text:
        value = prose[character]
        if character == before and character.isprintable():
            value = max(value, REPEATED)
        elif value < MARK and character >= "\x80":
            value = max(value, _in_script(character, rows))
        total += value
        before = character
    return total


def _in_script(character: str, rows: list[int]) -> float:
    """Return the value of a character after those of two rows, and note its own as the latest."""
    for first, last, value in LARGE_SCRIPTS:
        if first <= character <= last:
            return value
    if unicodedata.category(character) in ("Cn", "Cc", "Cs"):
        return RAREST
    row = ord(character) >> ROW
    known = row in rows
    if row != rows[-1]:
        rows[:] = rows[-1], row
    return SAME_ROW if known else NEW_ROW


def beyond_ascii(text: Iterable[str]) -> list[str]:
    """Return the characters of a text that are not ASCII."""
    return [character for character in text if character > "\x7f"]


@cache
def plain_characters(codec: str) -> frozenset[str]:
    """Return the characters that an encoding's makers thought frequent, and its punctuation."""
    if codec == "big5hkscs":
        rows, cells = range(0xA1, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    else:
        codec, rows, cells = "gb2312", range(0xA1, 0xD8), list(range(0xA1, 0xFF))
    table = bytes(byte for row in rows for cell in cells for byte in (row, cell))
    plain = {c for c in table.decode(codec, "ignore") if c in PUNCTUATION or c >= "\u2010"}
    return frozenset(
        c for c in plain if not "\u3040" <= c <= "\u312f" and not "\ue000" <= c <= "\uf8ff"
    )


@cache
def rare_characters(codec: str) -> re.Pattern[str]:
    """Match three rare characters within a few: what is cut at the wrong byte is full of them."""
    rare = f"[^\\t-\\r -~{PUNCTUATION}{''.join(sorted(plain_characters(codec)))}]"
    return re.compile(f"{rare}.{{0,4}}{rare}.{{0,4}}{rare}")
