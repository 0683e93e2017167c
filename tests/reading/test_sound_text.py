"""What decodes strictly comes back as it was, and what is repaired can be given back."""

from __future__ import annotations

from random import Random

import pytest
from conftest import LONG, often
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts_of_unicode import chinese, mixed_text, scripts

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.edits import source_text
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.reading import ENCODED_TWICE
from lianzheng_search.reading.decoding.decode import decode
from lianzheng_search.reading.read import read_bytes

STRICT = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030")
LINES = 100_000 if LONG else 2_000
"""Lines that are decoded in each encoding in turn; LIANZHENG_LONG=1 tries a hundred thousand."""


def assert_comes_back(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding), path="a.txt")
    assert decoded.text == text
    assert (decoded.removals, decoded.problems) == ((), ())


@pytest.mark.promise("sound text")
@pytest.mark.parametrize("encoding", STRICT)
@settings(max_examples=often(25))
@given(random=st.randoms(use_true_random=False))
def test_scripts_mixed_into_chinese_come_back(encoding, random):
    """Whatever scripts and signs stand between or in lines of Chinese, not one is changed."""
    assert_comes_back(mixed_text(random), encoding)


@given(random=st.randoms(use_true_random=False))
def test_utf16_of_the_other_order_comes_back(random):
    """A mark says the order of the bytes, whichever it is."""
    text = mixed_text(random)
    data = b"\xfe\xff" + text.encode("utf-16-be")
    assert decode(data, path="a.txt").text == text


@pytest.mark.promise("sound text")
def test_no_line_of_thousands_is_repaired():
    """A repair of sound text is as good as never."""
    random, lines = Random(20260301), 0
    while lines < LINES:
        text = mixed_text(random)
        for encoding in STRICT:
            decoded = decode(text.encode(encoding), path="a.txt")
            assert (decoded.text, decoded.removals) == (text, ())
            lines += text.count("\n")
    assert len(scripts()) > 2_000


ODD_LINES = {
    "a ruled line": "━" * 24,
    "a box": "┏" + "━" * 12 + "┓\n┃ 廉洁 ┃\n┗" + "━" * 12 + "┛",
    "double rules": "╔══════════╗",
    "Russian": "Строгая дисциплина нужна каждый день",
    "Greek": "αλφα βητα γαμμα δελτα εψιλον ζητα",
    "hiragana": "まいにちきをつけてください、おねがいします",
    "katakana": "キマリヲマモリマス",
    "bopomofo": "ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎㄏ",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠦᠰᠦᠭ",
    "Tibetan": "བོད་ཡིག་གི་དཔེ་དེབ།",
    "Uyghur": "ئۇيغۇرچە بىر قۇر خەت",
    "Korean": "매일 규칙을 지키자",
    "French": "Où sont passés les élèves très zélés à l’école ?",
    "all of Latin-1": "".join(map(chr, range(0xA1, 0x100))),
    "stars": "★★★★☆☆☆☆",
    "placeholders": "××县××局××同志",
    "circled numbers": "①②③④⑤⑥⑦⑧⑨⑩",
    "rare characters": "㐂㐅㐌㐖㐜㑇㑊㑳㒓㒤㒥㓥",
    "surnames": "仉 亓 郄 朊 厍 眭 郗 璩 逄 爨 蹇 禚",
}


@pytest.mark.parametrize("encoding", STRICT)
@pytest.mark.parametrize("line", ODD_LINES.values(), ids=ODD_LINES)
@pytest.mark.parametrize("times", [1, 12])
def test_an_odd_line_is_sound(line, encoding, times):
    """It comes back as it was, once in a speech or a dozen times over."""
    text = "\n".join(["同志们：", *[line] * times, "要把规矩立在前面，把责任落在实处。", ""])
    assert_comes_back(text, encoding)


def test_damage_costs_other_lines_nothing():
    """A broken byte in one line is no reason to doubt the sound ones."""
    lines = [chinese(Random(n)) for n in range(40)]
    sound = "\n".join([*ODD_LINES.values(), *lines])
    for encoding, broken in (("gb18030", b"\xff"), ("utf-8", b"\xff"), ("gb18030", b"\x81\n")):
        data = f"{sound}\n".encode(encoding) + "要把规矩立在".encode(encoding) + broken + b"\n"
        decoded = decode(data, path="a.txt")
        assert decoded.text.startswith(sound)
        assert decoded.problems


def as_latin(data: bytes) -> str:
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)


WRONGLY = {
    "GBK as Latin-1": lambda text: as_latin(text.encode("gb18030")),
    "UTF-8 as Latin-1": lambda text: as_latin(text.encode()),
    "UTF-8 as GBK": lambda text: text.encode().decode("gb18030"),
    "Big5 as GBK": lambda text: text.encode("big5").decode("gb18030"),
}


@pytest.mark.parametrize("wrongly", WRONGLY.values(), ids=WRONGLY)
def test_what_is_repaired_can_be_given_back(wrongly):
    """The ledger has each line as it was read and as it is now: together they are the file."""
    lines = ["作風要正，作風要硬，", "- 3 -", "家風要正，人人有責", "", "今天的工作就到此"]
    lines = [line if line.isascii() else line[: len(line) // 2 * 2] for line in lines]
    # An even number of characters: GBK takes the bytes of UTF-8 in pairs.
    garbled = [wrongly(line) for line in lines]
    raw = read_bytes("\n".join(garbled).encode(), path="a.txt")
    repairs = [removal for removal in raw.removals if removal.rule == ENCODED_TWICE]
    assert [removal.line for removal in repairs] == [1, 3, 5]
    for removal in repairs:
        assert removal.text == garbled[removal.line - 1]
        assert (removal.put, removal.column) == (raw.lines[removal.line - 1], 0)
    assert raw.lines == tuple(lines)
    cleaned = clean(raw, load_rules())
    assert source_text(cleaned) == tuple(garbled)
    assert 2 not in [line.number for line in cleaned.lines]


def test_one_garbled_word_is_no_evidence():
    """A speech may quote what garbled text looks like."""
    for quoted in ("锘挎槬", "é»¨", "ÖÐ", "Ã©", "鍚屽織"):
        assert_comes_back(f"同志们：\n有的文件一打开全是“{quoted}”，群众怎么看？\n", "utf-8")


def test_odd_signs_on_lines_that_end_as_on_old_macs_are_sound():
    """Found by damaged documents, broken once: no line was odd, but the text was: log of 0."""
    assert_comes_back("同志们：\r" + "▲\r✈\r☎\r" * 4, "utf-8")
