"""Characters that a PDF gives as the radicals they look like -> the characters of the text."""

from __future__ import annotations

import unicodedata

KANGXI = range(0x2F00, 0x2FD6)
AS_WRITTEN_TODAY = {"戶": "户", "靑": "青"}
"""What NFKC makes of two Kangxi radicals, and the form in which texts of today have them."""
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
    Put characters in the place of radicals; the text keeps its length.

    >>> unradical("⼈⺠⾄上，⻛清⽓正，⻓抓不懈，家家⼾⼾")
    '人民至上，风清气正，长抓不懈，家家户户'
    """
    return text.translate(RADICALS)
