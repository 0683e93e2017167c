"""Characters: what is blank, what must not reach a terminal, what a PDF writes as radicals."""

from __future__ import annotations

import re
import unicodedata

# More than `str.isspace`: soft hyphens, zero-width characters and the byte order mark come with
# text from Word and the web, and a line of nothing else must count as blank.
BLANK = (
    " \t\v\f\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)
"""White space and what shows as nothing, but not the ends of lines."""
HAN = "\u4e00-\u9fff"
"""The common Han characters, as a range for the class of a pattern."""
NO_TEXT = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Control characters, what turns the direction of writing, tags, halves of characters."""
LINE_ENDS = re.compile("[\v\f\x1c-\x1f\x85\u2028\u2029\r]")
"""What some programs take for the end of a line; \n is the only one that we write."""
UNPRINTABLE = re.compile(f"{NO_TEXT.pattern[:-1]}{LINE_ENDS.pattern[1:]}")
"""Either of them."""
# Escaped and not replaced: JSON is read by programs, which must get the text as it is.
UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What JSON may hold, but a terminal obeys or hides: controls of eight bits, of direction, tags."""


def printable(text: str) -> str:
    r"""
    Replace what controls a terminal or is not seen; the text keeps its length.

    A control character, one that turns the direction of writing, or half a character becomes �;
    whatever ends a line elsewhere than in our files becomes a space.

    >>> printable("清风\x1b[31m\u2028正气\ud800")
    '清风�[31m 正气�'
    """
    if text.isprintable() or not UNPRINTABLE.search(text):  # the first is quicker, and stricter
        return text
    return NO_TEXT.sub("�", LINE_ENDS.sub(" ", text))


def safe_json(text: str) -> str:
    r"""
    Escape in JSON what would steer a terminal; its meaning stays the same.

    >>> print(safe_json('"清风\u202e正气"'))
    "清风\u202e正气"
    """
    return UNSAFE_IN_JSON.sub(_json_escape, text) if UNSAFE_IN_JSON.search(text) else text


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def one_line(text: str) -> str:
    r"""
    Return a text, `printable`, on one line: each run of white space becomes one space.

    >>> one_line(" 在推进会上\n的  讲话")
    '在推进会上 的 讲话'
    """
    return " ".join(printable(text).split())


def escaped(text: str) -> str:
    r"""
    Write what is not `printable`, or shows as nothing, as an escape of Python's; blanks stay.

    >>> print(escaped("清\u200b风\x1b[31m正\u3000气"))
    清\u200b风\x1b[31m正　气
    """
    if text.isprintable():
        return text
    return "".join(
        ascii(character)[1:-1]
        if UNPRINTABLE.match(character) or unicodedata.category(character) == "Cf"
        else character
        for character in text
    )


# PDFs of some programs give radicals in place of characters that look the same: ⼈⺠ is on screen
# just what 人民 is, and is found by no search.
KANGXI = range(0x2F00, 0x2FD6)
AS_WRITTEN_TODAY = {"戶": "户", "靑": "青"}
"""Two characters that NFKC makes of Kangxi radicals, and their form in texts of today."""
SUPPLEMENT = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺉⺊⺋⺎⺏⺐⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺬⺭⺮⺯⺰⺱⺲"
        "⺶⺹⺺⺻⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂刂卜㔾兀尣尢巳幺彑彐忄㣺扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋示礻竹糹纟罓罒"
        "羊耂肀聿臼艹艹艹虎衤覀西见角讠贝车辶辶辶阝钅長镸长门阝雨青韦页风飞食飠飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
"""CJK Radicals Supplement, of which NFKC knows two: those that look like a character."""


def _table() -> dict[int, str]:
    kangxi = {code: unicodedata.normalize("NFKC", chr(code)) for code in KANGXI}
    table = {code: AS_WRITTEN_TODAY.get(plain, plain) for code, plain in kangxi.items()}
    return table | {ord(radical): plain for radical, plain in SUPPLEMENT.items()}


RADICALS = _table()
"""Radical to character, for `str.translate`; one to one, so that no offset moves."""


def unradical(text: str) -> str:
    """
    Replace radicals by the characters they look like; the text keeps its length.

    >>> unradical("⼈⺠⾄上，⻛清⽓正，⻓抓不懈，家家⼾⼾")
    '人民至上，风清气正，长抓不懈，家家户户'
    """
    return text.translate(RADICALS)
