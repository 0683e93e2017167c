"""Characters: the radicals of a PDF's text."""

import unicodedata

from conftest import shared

from lianzheng_search.text.characters import RADICALS, SUPPLEMENT, unradical


def test_every_radical_becomes_one_character_that_is_none():
    for code, plain in RADICALS.items():
        assert unicodedata.name(chr(code)).startswith(("KANGXI RADICAL", "CJK RADICAL"))
        assert len(plain) == 1
        assert unicodedata.name(plain).startswith("CJK UNIFIED IDEOGRAPH")
    assert unradical(text := "同志们：\n一、Ａ①") == text


def test_the_supplement_agrees_with_nfkc_where_that_knows():
    known = {r: unicodedata.normalize("NFKC", r) for r in SUPPLEMENT}
    assert {r: p for r, p in known.items() if r != p} == {"⺟": "母", "⻳": "龟"}
    assert SUPPLEMENT["⺟"] == "母"
    assert SUPPLEMENT["⻳"] == "龟"


def test_real_texts_come_back():
    folder = shared("messy")
    files = sorted(folder.glob("*.kangxi_radicals.txt"))
    assert files
    for file in files:
        gold = folder / "gold" / f"{file.name.partition('.')[0]}.txt"
        assert unradical(file.read_text("utf-8")) == gold.read_text("utf-8")
