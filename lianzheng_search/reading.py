"""The bytes of a file, of any format and encoding -> RawFile."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .decoding import Undecodable, decode, is_text
from .language import N_, problem_text
from .model import Problem, RawFile

UTF8_BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(r"\r\n|\n|\r")
INVISIBLE = "\ufeff\u200b\u2060"
HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", re.I
)
HTML_START_WITHIN = 1024

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
    "binary": N_("not a text file: it holds NUL bytes"),
}
IN_ZIP = {
    b"word/": "docx",
    b"xl/": "xlsx",
    b"ppt/": "pptx",
    b"application/vnd.oasis": "odt",
    b"OFD.xml": "ofd",
}


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
    if encoding is not None and kind == "binary":
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
    if HTML_START.match(data.removeprefix(UTF8_BOM)[:HTML_START_WITHIN]):
        return "html"
    return "binary" if b"\0" in data and not is_text(data) else "text"


def read_text(data: bytes, *, path: str, encoding: str | None = None) -> RawFile:
    r"""
    Read plain text, in the encoding named, else in the one that its bytes tell.

    A few broken bytes in sound text become U+FFFD and a problem each line; the rest of the file
    is read all the same.

    >>> raw = read_text("敢于担当，敢于负责。\n家风".encode()[:-1], path="a.txt")
    >>> raw.encoding, raw.lines, raw.problems[0].line
    ('utf-8', ('敢于担当，敢于负责。', '家\ufffd'), 2)
    """
    try:
        decoded = decode(data, path=path, encoding=encoding)
    except Undecodable as error:
        raise Unreadable(error.problem) from None
    lines = split_lines(decoded.text)
    if not any(line.strip().strip(INVISIBLE) for line in lines):
        raise _unreadable(path, N_("the file is empty"))
    return RawFile(
        path=path, encoding=decoded.encoding, lines=tuple(lines), problems=decoded.problems
    )


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


def _unreadable(
    path: str, message: str, *, line: int | None = None, **values: str | int
) -> Unreadable:
    return Unreadable(Problem(path=path, line=line, message=message, values=values))
