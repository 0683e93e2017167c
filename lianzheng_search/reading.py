"""The bytes of a file, of any format and encoding -> RawFile."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .language import N_, _, problem_text
from .model import Problem, RawFile, RequestError

ENCODINGS = ("utf-8", "gb18030")
"""Tried in this order: next to no GB18030 text is valid UTF-8, but the reverse happens."""
UTF8_BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(r"\r\n|\n|\r")
INVISIBLE = "\ufeff\u200b\u2060"
HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", re.I
)
HTML_START_WITHIN = 1024

BROKEN = re.compile("[\ud800-\udfff]+")
"""What `surrogateescape` makes of bytes that fit nothing, or an odd codec of a lone surrogate."""
FEW_BROKEN = 3
BROKEN_SHARE = 1000
"""A file is still read with up to FEW_BROKEN broken places, or one in BROKEN_SHARE characters."""
LEAST_SOUND = 5
"""So many sound characters outside ASCII must stand against each broken byte."""

NOT_READ: Mapping[str, str] = {
    "docx": N_("a Word file (docx): not read by this version; save it as text (.txt)"),
    "doc": N_("an old Office file (doc, wps): not read by this version; save it as text (.txt)"),
    "xlsx": N_("an Excel file (xlsx): not read by this version; save it as text (.txt)"),
    "pptx": N_("a PowerPoint file (pptx): not read by this version; save it as text (.txt)"),
    "odt": N_("an OpenDocument file: not read by this version; save it as text (.txt)"),
    "ofd": N_("an OFD file: not read by this version; save it as text (.txt)"),
    "pdf": N_("a PDF file: not read by this version; save it as text (.txt)"),
    "rtf": N_("a rich text file (rtf): not read by this version; save it as text (.txt)"),
    "html": N_("a web page (html): not read by this version; save it as text (.txt)"),
    "zip": N_("a zip archive: not read by this version; unpack it"),
    "utf-16": N_("text in UTF-16 or UTF-32: not read by this version; save it as UTF-8"),
    "binary": N_("not a text file: it holds NUL bytes"),
}
IN_ZIP = {
    b"word/": "docx",
    b"xl/": "xlsx",
    b"ppt/": "pptx",
    b"application/vnd.oasis": "odt",
    b"OFD.xml": "ofd",
}


COMMON = frozenset(
    "的一是不在人有我他中上大和地到以要就出可也你能而子得下自之年作用道行所家成方同面天分小部其主心本前"
    "力民第公此工使情明性全三正外高由重文政相立利二等加月合回代信表化位度任常先及比名平水名安少受目太"
    "再已由者定意理事正身法德品市委局省教育反腐倡制"
)
"""Characters of every text, written alike in simplified and in traditional Chinese."""
LEAST_COMMON = 0.12
"""Chinese has at least this share of them; what Big5 gives when read as GB18030 does not."""


class Unreadable(Exception):  # noqa: N818 - the state of a file, not a mistake of the caller
    """A file that cannot be read as text; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return problem_text(self.problem)


class Reader(Protocol):
    """Anything that turns the bytes of one format into a RawFile, or raises Unreadable."""

    def __call__(self, data: bytes, *, path: str, encoding: str | None) -> RawFile:
        """Read `data`; `encoding` is the user's word for it, and counts only for plain text."""


def read_file(file: Path, *, path: str, encoding: str | None = None) -> RawFile:
    """
    Read a file; `path` is what it is called in the corpus.

    Raises Unreadable for whatever is wrong with the file, RequestError for an `encoding` that
    does not exist.
    """
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for
            raise _unreadable(path, N_("not a file"))
        data = file.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, N_("there is no such file (any more)")) from None
    except PermissionError:
        raise _unreadable(path, N_("no permission to read it")) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(path, N_("cannot be read: {reason}"), reason=reason) from None
    return read_bytes(data, path=path, encoding=encoding)


def read_bytes(data: bytes, *, path: str, encoding: str | None = None) -> RawFile:
    r"""
    Read the bytes of a file: tell the format by its content, and let the reader for it work.

    >>> raw = read_bytes("同志们：\r\n".encode("gbk"), path="a.txt")
    >>> raw.encoding, raw.lines
    ('gb18030', ('同志们：',))
    >>> read_bytes(b"\0\1\2", path="a.txt")
    Traceback (most recent call last):
    lianzheng_search.reading.Unreadable: a.txt: not a text file: it holds NUL bytes
    """
    kind = content_type(data)
    if encoding is not None and kind in ("utf-16", "binary"):
        kind = "text"
    reader = READERS.get(kind)
    if reader is None:
        raise _unreadable(path, NOT_READ[kind])
    return reader(data, path=path, encoding=encoding)


def content_type(data: bytes) -> str:
    r"""
    Tell a format by its content; a file's suffix lies too often.

    >>> content_type("同志们：".encode())
    'text'
    >>> content_type(b"PK\x03\x04 ... word/document.xml ..."), content_type(b"\x00\x01")
    ('docx', 'binary')
    """
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for mark, kind in IN_ZIP.items() if mark in data), "zip")
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "doc"
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(rb"{\rtf"):
        return "rtf"
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return "utf-16"
    if HTML_START.match(data.removeprefix(UTF8_BOM)[:HTML_START_WITHIN]):
        return "html"
    return "binary" if b"\0" in data else "text"


def read_text(data: bytes, *, path: str, encoding: str | None = None) -> RawFile:
    r"""
    Read plain text, in the encoding named, else in UTF-8 or GB18030.

    A few broken bytes in sound text become U+FFFD and a problem each line; the rest of the file
    is read all the same.

    >>> raw = read_text("敢于担当，敢于负责。\n家风".encode()[:-1], path="a.txt")
    >>> raw.encoding, raw.lines, raw.problems[0].line
    ('utf-8', ('敢于担当，敢于负责。', '家\ufffd'), 2)
    """
    name, text = _decode(data, path, encoding)
    if "\0" in text:
        raise _unreadable(path, NOT_READ["binary"])
    lines = split_lines(text)
    if not any(line.strip().strip(INVISIBLE) for line in lines):
        raise _unreadable(path, N_("the file is empty"))
    broken = [number for number, line in enumerate(lines, start=1) if BROKEN.search(line)]
    for number in broken:
        lines[number - 1] = BROKEN.sub("\ufffd", lines[number - 1])
    problems = tuple(
        Problem(
            path=path,
            line=number,
            message=N_("broken bytes, shown as U+FFFD: they are not valid {encoding}"),
            values={"encoding": name},
        )
        for number in broken
    )
    return RawFile(path=path, encoding=name, lines=tuple(lines), problems=problems)


def split_lines(text: str) -> list[str]:
    r"""
    Split at \n, \r\n and \r only: an editor's lines, whatever else Unicode calls a line end.

    >>> split_lines("一、\r\n二、\x0b\u2028\n\n三、\n")
    ['一、', '二、\x0b\u2028', '', '三、']
    """
    lines = LINE_END.split(text) if "\r" in text else text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


READERS: Mapping[str, Reader] = {"text": read_text}
"""By content type. To read one format more: a function, and a row here instead of in NOT_READ."""


def check_encoding(encoding: str | None) -> None:
    """Raise RequestError for the name of an encoding that Python does not know as one of text."""
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise RequestError(
            _("{encoding}: there is no such encoding. Try gb18030, big5 or utf-16").format(
                encoding=encoding
            )
        ) from None


def _decode(data: bytes, path: str, encoding: str | None) -> tuple[str, str]:
    # Gives the encoding and the text; what is broken stands in it as lone surrogates.
    names = ENCODINGS if encoding is None else (encoding,)
    check_encoding(encoding)
    if data.startswith(UTF8_BOM) and names[0].lower().replace("_", "-") in ("utf-8", "utf8"):
        names = ("utf-8-sig",)
    for name in names:
        try:
            text = data.decode(name).removeprefix("\ufeff")
            if name == "gb18030" and encoding is None and _is_big5(data, text):
                message = N_("text in Big5, it seems: read it with --encoding big5hkscs")
                raise _unreadable(path, message)
            return name, text
        except UnicodeDecodeError as error:
            failed = error
        if (mended := _decode_tolerantly(data, name)) is not None:
            return name, mended
    line = len(LINE_END.findall(data[: failed.start].decode(failed.encoding, "replace"))) + 1
    if encoding is None:
        message = N_("neither UTF-8 nor GB18030: broken at byte offset {offset}")
    else:
        message = N_("not valid {encoding}: broken at byte offset {offset}")
    raise _unreadable(path, message, line=line, offset=failed.start, encoding=names[-1])


def _is_big5(data: bytes, as_gb18030: str) -> bool:
    """Tell whether bytes that are valid GB18030 make better Chinese when read as Big5."""
    share = _common_share(as_gb18030)
    if share >= LEAST_COMMON:
        return False
    try:
        return _common_share(data.decode("big5hkscs")) > max(2 * share, LEAST_COMMON)
    except UnicodeDecodeError:
        return False


def _common_share(text: str) -> float:
    wide = [character for character in text if character >= "\u3040"]
    return sum(character in COMMON for character in wide) / max(1, len(wide))


def _decode_tolerantly(data: bytes, name: str) -> str | None:
    try:
        text = data.decode(name, errors="surrogateescape")
    except UnicodeDecodeError:  # the broken byte is an ASCII one, as in UTF-16 cut short
        return None
    places = BROKEN.findall(text)
    broken = sum(map(len, places))
    sound = sum(not character.isascii() for character in text) - broken
    few = len(places) <= max(FEW_BROKEN, sound // BROKEN_SHARE)
    return text if few and broken * LEAST_SOUND <= sound else None


def _unreadable(
    path: str, message: str, *, line: int | None = None, **values: str | int
) -> Unreadable:
    return Unreadable(Problem(path=path, line=line, message=message, values=values))
