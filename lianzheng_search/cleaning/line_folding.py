"""A line -> the form in which it is compared with patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..text.characters import BLANK

# The same advert differs in width, case, blanks and brackets from file to file: folded, one
# pattern takes all of these variants.
FOLD = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {mark: mark for mark in "，！：；？（）"}
    | dict.fromkeys(BLANK)
    | dict(zip(",!:;?()[]\uff3b\uff3d〔〕", "，！：；？（）【】【】【】", strict=True))
    | dict.fromkeys("“”„「」『』＂", '"')
    | dict.fromkeys("—－–―─−‐", "-")
    | dict.fromkeys("•・‧●", "·")
    | dict.fromkeys("｜│丨", "|")
)
"""Each character of a line -> the one in patterns; blanks go."""
OPENING, CLOSING = '©【（《"', '©】）》"'
"""What may begin and end a folded line, besides letters."""
BRACKETED = re.compile(r'【([^【】]+)】|（([^（）]+)）|《([^《》]+)》|"([^"]+)"')

FIGURES = re.compile("[0-9]+")


def fold_line(line: str) -> str:
    """
    Bring a line into the form that patterns are written for.

    White space goes, full-width letters become ASCII, marks become Chinese ones (，：（ and 【 for
    a square bracket, " for any double quote, - for any dash), letters small; marks around the
    line and brackets that enclose all of it go, too.

    >>> fold_line("★ 咨 询 ＱＱ:123 ★"), fold_line("【仅供学习,请勿外传！】")
    ('咨询qq：123', '仅供学习，请勿外传')
    """
    folded = line.translate(FOLD).lower()
    # ★【（…）】★: each layer taken off may show another.
    while True:
        start, end = 0, len(folded)
        while start < end and not (folded[start].isalnum() or folded[start] in OPENING):
            start += 1
        while start < end and not (folded[end - 1].isalnum() or folded[end - 1] in CLOSING):
            end -= 1
        folded = folded[start:end]
        bracketed = BRACKETED.fullmatch(folded) if start < end and folded[0] in OPENING else None
        if bracketed is None:
            return folded
        folded = bracketed[bracketed.lastindex or 0]


def fold_in_place(line: str) -> tuple[str, list[int]]:
    """
    Fold a line for a search inside it: blanks go, marks stay.

    Return the folded line, and the place in the line of each of its characters.

    >>> fold_in_place("加 ＱＱ:1")
    ('加qq：1', [0, 2, 3, 4, 5])
    """
    folded: list[str] = []
    places: list[int] = []
    for at, character in enumerate(line):
        plain = FOLD.get(ord(character), character)
        if plain is not None:
            lower = plain.lower()
            # İ in small letters is two characters, which would shift all places behind it.
            folded.append(lower if len(lower) == 1 else plain)
            places.append(at)
    return "".join(folded), places


def line_key(line: str) -> str:
    """
    Return what two lines share that differ in numbers only.

    >>> line_key("第 12 期 共 40 期")
    '第0期共0期'
    """
    return FIGURES.sub("0", fold_line(line))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """
    Return a pattern that finds folded words in a line that is not folded.

    >>> any_of(["qq群"]).search("加ＱＱ 群").span()
    (1, 5)
    """
    blanks = f"[{re.escape(BLANK)}]*"
    rests: dict[str, list[str]] = {}
    for word in words:
        rest = "".join(f"{blanks}{_any_width(character)}" for character in word[1:])
        for first in _widths(word[0]):
            rests.setdefault(first, []).append(rest)
    # Branches that begin with one character each: the engine skips from one such to the next.
    return re.compile("|".join(f"{re.escape(c)}(?:{'|'.join(rests[c])})" for c in sorted(rests)))


def _widths(character: str) -> list[str]:
    if not "!" <= character <= "~":
        return [character]
    both = dict.fromkeys((character, character.upper()))
    return [*both, *(chr(ord(each) + 0xFEE0) for each in both)]


def _any_width(character: str) -> str:
    """
    Return a pattern for a folded character in any of its widths and cases.

    >>> _any_width("q"), _any_width("群")
    ('[qQｑＱ]', '群')
    """
    widths = re.escape("".join(_widths(character)))
    return f"[{widths}]" if len(widths) > 1 else widths
