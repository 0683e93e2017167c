"""Laws and cases of reading: any bytes give lines and problems, or one clear message."""

import codecs
import io
import os
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import SPEECH, shared
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.errors import RequestError
from lianzheng_search.reading.read import (
    NOT_READ,
    READERS,
    Unreadable,
    content_type,
    read_bytes,
    read_file,
    split_lines,
)

LINES = tuple(SPEECH.removesuffix("\n").split("\n"))
C1 = "".join(map(chr, range(0x80, 0xA0)))
"""Control characters that no text holds but one that was encoded twice: those are repaired."""
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff\ufffd" + C1))


def unreadable(data: bytes, **settings: str) -> str:
    with pytest.raises(Unreadable) as raised:
        read_bytes(data, path="a.txt", **settings)
    return str(raised.value)


def zip_of(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (SPEECH.encode(), "utf-8"),
        (codecs.BOM_UTF8 + SPEECH.encode(), "utf-8-sig"),
        (SPEECH.encode("gbk"), "gb18030"),
        (("\ufeff" + SPEECH).encode("gb18030"), "gb18030"),
        (SPEECH.replace("\n", "\r\n").encode("gbk"), "gb18030"),
        (SPEECH.replace("\n", "\r").encode(), "utf-8"),
    ],
)
def test_encodings_and_line_ends_do_not_matter(data, encoding):
    raw = read_bytes(data, path="a.txt")
    assert (raw.lines, raw.encoding, raw.problems) == (LINES, encoding, ())


def test_gb18030_holds_what_gbk_does_not():
    assert read_bytes("𠀀䶮同志们：".encode("gb18030"), path="a.txt").lines == ("𠀀䶮同志们：",)


@given(TEXT)
def test_utf8_text_comes_back_as_it_is(text):
    """No character is lost or changed."""
    text = f"廉{text}洁"
    raw = read_bytes(text.encode(), path="a.txt")
    assert raw.lines == tuple(split_lines(text))
    assert raw.problems == ()


@given(st.binary())
def test_any_bytes_give_lines_or_one_message(data):
    """Nothing but Unreadable is raised, and no line holds a line end or half a character."""
    with suppress(Unreadable):
        raw = read_bytes(data, path="a.txt")
        "".join(raw.lines).encode()
        assert not any(end in line for line in raw.lines for end in "\r\n")


@given(st.text("甲\r\n\x0b\x0c\x1c\x85\u2028 "))
def test_lines_are_those_of_an_editor(text):
    joined = "\n".join(split_lines(text))
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    assert joined in (normal, normal.removesuffix("\n"))


def test_a_cut_off_tail_costs_one_problem():
    for encoding in ("utf-8", "gb18030"):
        raw = read_bytes(SPEECH.rstrip().encode(encoding) + b"\xe4", path="a.txt")
        assert raw.encoding == encoding
        assert raw.lines[-1] == LINES[-1] + "\ufffd"
        (problem,) = raw.problems
        assert (problem.path, problem.line) == ("a.txt", len(LINES))


def test_many_broken_bytes_are_no_text():
    data = "同志们：\n".encode() + b"\xff\xfe\x81 \xff " * 40
    message = unreadable(data)
    assert "a.txt:2: neither UTF-8, UTF-16, GB18030 nor Big5" in message
    assert message.endswith("broken at byte offset 13")
    assert unreadable(b"caf\xe9 au lait").endswith("at byte offset 3")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", codecs.BOM_UTF8, "　\n \u200b\ufeff".encode()])
def test_a_file_of_blanks_is_empty(data):
    assert unreadable(data) == "a.txt: the file is empty"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zip_of("[Content_Types].xml", "word/document.xml"), "docx"),
        (zip_of("xl/workbook.xml"), "xlsx"),
        (zip_of("ppt/presentation.xml"), "pptx"),
        (zip_of("OFD.xml"), "ofd"),
        (zip_of(), "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "doc"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "pdf"),
        (rb"{\rtf1\ansi\ansicpg936 ...}", "rtf"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML>\n<p>", "html"),
        (b"\x7fELF\x02\x01\x01\x00", "binary"),
    ],
)
def test_other_formats_are_told_by_content(data, kind):
    assert content_type(data) == kind
    if kind in NOT_READ:
        assert unreadable(data) == f"a.txt: {NOT_READ[kind]}"
    else:
        assert kind in READERS


def test_every_format_is_read_or_refused():
    assert READERS.keys().isdisjoint(NOT_READ)


def test_the_user_names_the_encoding():
    assert read_bytes("廉潔".encode("big5"), path="a.txt", encoding="big5").lines == ("廉潔",)
    assert read_bytes("廉洁".encode("utf-16"), path="a.txt", encoding="utf-16").lines == ("廉洁",)
    assert "not valid ascii: broken at byte offset 0" in unreadable("廉".encode(), encoding="ascii")
    assert "NUL" in unreadable(b"\0\0", encoding="latin-1")
    with pytest.raises(RequestError, match="no such encoding"):
        read_bytes(b"abc", path="a.txt", encoding="gb-18030-x")
    with pytest.raises(RequestError, match="no such encoding"):
        read_bytes(b"abc", path="a.txt", encoding="rot13")


def test_files_that_are_none(tmp_path, monkeypatch):
    def message(file: Path) -> str:
        with pytest.raises(Unreadable) as raised:
            read_file(file, path="a.txt")
        return str(raised.value)

    assert message(tmp_path) == "a.txt: not a file"
    assert message(tmp_path / "gone.txt") == "a.txt: there is no such file (any more)"
    file = tmp_path / "a.txt"
    file.write_bytes(SPEECH.encode())
    assert read_file(file, path="b/a.txt").path == "b/a.txt"
    for error, said in [
        (PermissionError(13, "denied"), "no permission to read it"),
        (FileNotFoundError(2, "gone"), "there is no such file (any more)"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
    ]:

        def fail(*_: object, error: OSError = error) -> int:
            raise error

        monkeypatch.setattr(os, "open", fail)
        assert message(file) == f"a.txt: {said}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(Unreadable, match="not a file"):
        read_file(tmp_path / "pipe.txt", path="pipe.txt")


def test_unreadable_goes_between_processes():
    with pytest.raises(Unreadable) as raised:
        read_bytes(b"", path="a.txt")
    assert pickle.loads(pickle.dumps(raised.value)).problem == raised.value.problem


def test_messy_files():
    """Each file of shared/data/messy is read as what it is said to be, or refused by its format."""
    folder = shared("messy")
    refused = ("empty", "binary", "zip_named")
    for file in sorted(folder.glob("*.*")):
        try:
            raw = read_file(file, path=file.name)
        except Unreadable:
            assert any(word in file.name for word in refused)
            continue
        assert not any(word in file.name for word in refused)
        if ".gb" in file.name:
            assert raw.encoding == "gb18030"
