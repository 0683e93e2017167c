"""The ledger gives every file back as it was."""

from __future__ import annotations

import codecs

import pytest
from conftest import LONG
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts_of_unicode import mixed_text
from strategies import FILE, RULES

from lianzheng_search.cleaning.clean import clean, cleaned_text
from lianzheng_search.cleaning.ledger import (
    file_ledger,
    ledger,
    line_ends,
    restore,
)
from lianzheng_search.errors import RequestError
from lianzheng_search.model import RawFile
from lianzheng_search.reading.limits import Unreadable
from lianzheng_search.reading.read import read_bytes


@given(FILE, st.lists(st.sampled_from(["\n", "\r\n"]), min_size=100, max_size=100), st.booleans())
def test_a_cleaned_file_is_restored(file, ends, last):
    """Blank lines, line ends and all."""
    ends = ends[: len(file.lines)]
    if ends and last:
        ends[-1] = ""
    text = clean(file, RULES)
    source = "".join(line + end for line, end in zip(file.lines, ends, strict=True))
    assert restore(cleaned_text(text) + "\n", ledger(text, ends), name="a.txt")[1] == source


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_are_those_of_the_file(end, last):
    data = end.join(["同志们：", "", "谢谢。"]) + end * last
    assert line_ends(data.encode("gbk"), "gb18030", 3) == [end, end, end * last]


def test_a_text_that_was_changed_is_not_restored():
    file = RawFile(path="a.txt", encoding="utf-8", lines=("- 3 -", "同志们："))
    text = clean(file, RULES)
    record = ledger(text, ["\n", "\n"])
    assert restore("同志们：\n", record, name="a.txt")[1] == "- 3 -\n同志们：\n"
    with pytest.raises(RequestError, match="changed"):
        restore("同志们\n", record, name="a.txt")
    for damaged in ("", "{}", record.replace('"line"', '"lime"')):
        with pytest.raises(RequestError, match="damaged"):
            restore("同志们：\n", damaged, name="a.txt")


ENCODINGS = {
    **{name: (b"", name) for name in ("utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be")},
    "utf-8 with a mark": (codecs.BOM_UTF8, "utf-8"),
    "utf-16 with a mark": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16 of the other order": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32 with a mark": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32 of the other order": (codecs.BOM_UTF32_BE, "utf-32-be"),
    "utf-32 without": (b"", "utf-32-le"),
    "gb18030 with a mark": (b"\x84\x31\x95\x33", "gb18030"),
    "utf-8's mark before gb18030": (codecs.BOM_UTF8, "gb18030"),
}
"""What stands before a text, and what it is encoded with."""
SENTENCES = st.sampled_from(
    (
        *(
            "同志们：",
            "要把规矩立在前面，把责任落在实处。",
            "- 3 -",
            "第 3 页 共 9 页",
            "",
            " ",
            "\u3000",
        ),
        *(
            "一、强化意识",
            "家风正，则民风\u200b淳。",
            "清 风 正 气 要 靠 大 家 来 树",
            "\u2f00心为公。",
        ),
        *("━" * 12, "Строгая дисциплина", "更多范文请加QQ700000999", "要把规矩立在", "前面。\f"),
        "今天我们在这里开会，学习规定。".encode("gbk").decode("latin-1"),
        "全面从严治党，人人有责任啊。".encode().decode("gb18030", "replace"),
    )
)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\x0b", "\u2028", "\x85"])
LAW = settings(max_examples=1000 if LONG else 30, deadline=None)


def assert_comes_back(data: bytes, encoding: str | None = None) -> None:
    """Check that cleaning a file and restoring it gives its bytes, if it is read as a text."""
    try:
        raw = read_bytes(data, path="a.txt", encoding=encoding)
    except Unreadable:
        return
    text = clean(raw, RULES)
    written = file_ledger(data, text)
    restored, _text = restore(cleaned_text(text) + "\n", written, name="a.txt")
    assert restored == data
    assert len(written) < 4000 + 12 * len(data)


@pytest.mark.matrix
@pytest.mark.promise("very bytes")
@pytest.mark.parametrize("encoding", ENCODINGS)
@LAW
@given(lines=st.lists(st.tuples(SENTENCES, ENDS), min_size=1, max_size=12), random=st.randoms())
def test_the_very_bytes_come_back(encoding, lines, random):
    """Whatever the encoding, its mark and the line ends are, and with broken bytes in it, too."""
    mark, codec = ENCODINGS[encoding]
    data = mark + "".join(line + end for line, end in lines).encode(codec, "ignore")
    assert_comes_back(data)
    for _time in range(random.choice([1, 1, 5])):
        at = random.randrange(len(data) + 1)
        data = data[:at] + random.choice([b"\xff", b"\x80", b"\0", b""]) + data[at + 1 :]
    assert_comes_back(data)


@pytest.mark.promise("very bytes")
@LAW
@given(random=st.randoms(use_true_random=False), encoding=st.sampled_from(sorted(ENCODINGS)))
def test_the_bytes_of_any_script_come_back(random, encoding):
    mark, codec = ENCODINGS[encoding]
    assert_comes_back(mark + mixed_text(random).encode(codec, "ignore"))


@pytest.mark.parametrize("encoding", ["hz", "iso2022_jp", "utf-7", "cp1252", "shift_jis", "utf-32"])
def test_the_bytes_of_an_odd_encoding_come_back(encoding):
    """A user may name any encoding of Python's, also one that has several ways to write a text."""
    for data in (b"abc \x80\xe9 +AGE- ~{VwT~}\r\nabc\n", "家风，abc\n".encode("utf-32")):
        assert_comes_back(data, encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"\xa2\xe3 " + "同志们：要把规矩立在前面。".encode("gb18030") + b"\x80\n",
        "廉潔自律，以身作則。".encode("big5") + b"\xa1\xc3\xa2\xcc\n" + "家風".encode("big5"),
        "同志们：\ufeff要把规矩\r立在前面。\n\r".encode("utf-8-sig"),
        "同志们：\n".encode() * 300 + b"\xff" + "家风。\n".encode() * 300,
        "家风。\n".encode("utf-16") + b"\n",
        "同志们：\0要把规矩立在前面，把责任落在实处。\n".encode(),
    ],
)
def test_bytes_that_mean_the_same_come_back_as_they_were(data):
    """What two ways of writing a character make the same is told apart by the ledger."""
    assert_comes_back(data)


def test_a_ledger_of_old_gives_the_text_back():
    """Ledgers that were written before they told of bytes still restore, as UTF-8."""
    file = RawFile(path="a.txt", encoding="gb18030", lines=("- 3 -", "同志们："))
    text = clean(file, RULES)
    record = ledger(text, ["\r\n", ""])
    data, _text = restore("同志们：\n", record, name="a.txt")
    assert data == "- 3 -\r\n同志们：".encode()


def test_a_ledger_whose_bytes_are_damaged_restores_nothing():
    data = "- 3 -\r\n同志们：".encode("gb18030")
    text = clean(read_bytes(data, path="a.txt"), RULES)
    written = file_ledger(data, text)
    for part, other in (('"gb18030", "mark"', '"gb2312x", "mark"'), ('"mark": ""', '"mark": "x"')):
        assert part in written
        with pytest.raises(RequestError, match="damaged"):
            restore("同志们：\n", written.replace(part, other), name="a.txt")
