"""The bytes of a file, of any format and encoding -> RawFile."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from ..messages import N_
from ..model import Problem, RawFile
from .budget import TOO_LITTLE_MEMORY, confine
from .decoding.decode import LINE_END, Decoded, Undecodable, decode, is_text
from .limits import Limits, beyond, bytes_of
from .limits import Unreadable as Unreadable
from .limits import unreadable as _unreadable

UTF8_BOM = b"\xef\xbb\xbf"
INVISIBLE = "\ufeff\u200b\u2060"
HTML_START = re.compile(
    rb"""
    \A(?:\s++|<\?xml[^>]*+>|<!--(?>.*?-->)|<!\[[^>]*+>)*+
    <(?:!doctype\s++html|(?:html|head|meta|title|body|div|table|center|article|section|style
      |link|script|font|span|h[1-6]|p|br|b|strong|ul|ol)(?=[\s/>]))
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""What may come before the first tag of a page is never given back: it can be read one way."""
HTML_START_WITHIN = 4096
"""Number of bytes in which the first tag of a page must begin."""
MARKDOWN = re.compile(r" {0,3}(#{1,6})[ \t\u3000]+\S")
BROKEN = re.compile("[\ud800-\udfff]+")
"""What an odd codec or an escape makes of a lone surrogate."""
NOT_READ: Mapping[str, str] = {
    # each message tells the way out: which program, and which format to save in
    "xlsx": N_("an Excel file (xlsx): not read by this version; save it as text (.txt)"),
    "pptx": N_("a PowerPoint file (pptx): not read by this version; save it as text (.txt)"),
    "odt": N_("an OpenDocument file: not read by this version; save it as Word (.docx)"),
    "ofd": N_("an OFD file: not read by this version; print it to PDF, or save it as text (.txt)"),
    "caj": N_("a CAJ file: not read by this version; print it to PDF, or save it as text (.txt)"),
    "wordxml": N_("a Word file of 2003 (xml): not read by this version; save it as Word (.docx)"),
    "picture": N_("a picture: not read by this version; recognise its text (OCR) first"),
    "rar": N_("a packed file (rar, 7z, gz): not read by this version; unpack it"),
    "zip": N_("a zip archive, and no Office file: name it .zip, and the files in it are read"),
    "zip in zip": N_("a zip archive in a zip archive: not opened; unpack the outer one"),
    "binary": N_("not a text file: it holds NUL bytes"),
}
STARTS: Mapping[bytes, str] = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "doc",
    rb"{\rtf": "rtf",
    b"CAJ": "caj",
    b"HN": "caj",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"BM": "picture",
    b"Rar!\x1a": "rar",
    b"7z\xbc\xaf\x27\x1c": "rar",
    b"\x1f\x8b\x08": "rar",
}
"""How files of a format begin; CAJ, HN and BM are text where no NUL follows."""
PDF_START_WITHIN = 1024
"""Number of bytes in which %PDF- must begin: PDF readers allow that much before it."""
FEW_BYTES = 3
"""Maximum length, in bytes, of a start that plain text may have, too."""
MAIL_FIELD = re.compile(rb"\A[\w-]+:")
IN_ZIP = {
    b"word/document": "docx",
    b"xl/workbook": "xlsx",
    b"ppt/presentation": "pptx",
    b"application/vnd.oasis": "odt",
    b"OFD.xml": "ofd",
}


class Reader(Protocol):
    """Anything that turns the bytes of one format into a RawFile, or raises Unreadable."""

    def __call__(self, data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
        """Read `data`; `encoding` is the user's word for it, and counts for text and html."""


def read_file(
    file: Path,
    *,
    path: str,
    encoding: str | None = None,
    limits: Limits | None = None,
    data: bytes | None = None,
) -> RawFile:
    """
    Read a file; `path` is what it is called in the corpus. It may lie in a zip archive.

    `data` is what `file_bytes` gave, where it has been asked already: a file may change.

    Raises Unreadable for whatever is wrong with the file, RequestError for an `encoding` that
    does not exist.
    """
    limits = limits or Limits()
    path = path.encode("utf-8", "backslashreplace").decode()  # a name may be no text
    data = file_bytes(file, path=path, limits=limits) if data is None else data
    if data[:2] == b"PK" and content_type(data) == "zip":
        _refuse_archive(file, path, limits)
    return read_bytes(data, path=path, encoding=encoding, limits=limits)


def _refuse_archive(file: Path, path: str, limits: Limits) -> None:
    """Raise Unreadable for a zip archive, which is not one file but several."""
    # readers are imported where they are needed: a corpus has one or two formats, not all
    from .zip_archive import is_archive, list_members

    if _is_in_archive(file):
        raise _unreadable(path, NOT_READ["zip in zip"])
    if is_archive(file):
        members = list_members(file, path=path, limits=limits)
        if file.suffix.lower() == ".zip":
            example = f"{path}/{members[0].path}" if members else f"{path}/…"
            message = N_("a zip archive of several files: name one of them, as {example}")
            raise _unreadable(path, message, example=example)


def file_bytes(file: Path, *, path: str, limits: Limits) -> bytes:
    """Return the bytes of a file, also of one in a zip archive; raises Unreadable."""
    try:
        if _is_in_archive(file):
            from .zip_archive import archive_of, read_member

            if inside := archive_of(file):
                return read_member(*inside, path=path, limits=limits)
        return bytes_of(file, path=path, limits=limits)
    except (FileNotFoundError, NotADirectoryError):
        raise _unreadable(path, N_("there is no such file (any more)")) from None
    except PermissionError:
        raise _unreadable(path, N_("no permission to read it")) from None
    except MemoryError:
        raise _unreadable(path, TOO_LITTLE_MEMORY) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(path, N_("cannot be read: {reason}"), reason=reason) from None


def _is_in_archive(file: Path) -> bool:
    """Check whether a path may lead into a zip archive: most do not, and cost nothing more."""
    return any(part.lower().endswith(".zip") for part in file.parts[:-1]) and not file.exists()


def read_bytes(
    data: bytes, *, path: str, encoding: str | None = None, limits: Limits | None = None
) -> RawFile:
    r"""
    Read the bytes of a file: tell the format by its content, and let the reader for it work.

    >>> raw = read_bytes("同志们：\r\n".encode("gbk"), path="a.txt")
    >>> raw.encoding, raw.lines
    ('gb18030', ('同志们：',))
    >>> read_bytes(b"\0\1\2", path="a.txt")
    Traceback (most recent call last):
    lianzheng_search.reading.limits.Unreadable: a.txt: not a text file: it holds NUL bytes
    """
    limits = limits or Limits()
    if len(data) > limits.file_bytes:
        raise beyond(path, "file_bytes", limits)
    with confine(path, len(data), limits):
        kind = content_type(data)
        # UTF-16 without a BOM has NULs in it: a user who names the encoding knows better
        if encoding is not None and kind == "binary":
            kind = "text"
        reader = READERS.get(kind)
        if reader is None:
            raise _unreadable(path, NOT_READ[kind])
        raw = reader(data, path=path, encoding=encoding, limits=limits)
    for number, line in enumerate(raw.lines, start=1):
        # here, where all formats come together: a line without an end would slow each later step
        if len(line) > limits.line_characters:
            raise beyond(path, "line_characters", limits, line=number)
    return raw


def content_type(data: bytes) -> str:
    r"""
    Return the format of a content; a file's suffix lies too often.

    >>> content_type("同志们：".encode())
    'text'
    >>> content_type(b"PK\x03\x04 ... word/document.xml ..."), content_type(b"\x00\x01")
    ('docx', 'binary')
    """
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(data)
    for start, kind in STARTS.items():
        if data.startswith(start) and (len(start) > FEW_BYTES or b"\0" in data[:1024]):
            return kind
    # PDF readers accept bytes before the header, and so do we
    if b"%PDF-" in data[:PDF_START_WITHIN] and b"\0" not in data[:5]:
        return "pdf"
    head = data.removeprefix(UTF8_BOM)[:HTML_START_WITHIN]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # the tags are looked for in bytes, of which UTF-16 has two a letter
        head = head.decode("utf-16", "ignore").encode()
    if b"<?mso-application" in head or b"<w:wordDocument" in head:
        return "wordxml"
    if _is_mail(head):
        return "mht"
    if HTML_START.match(head):
        return "html"
    return "binary" if b"\0" in data and not is_text(data) else "text"


def _is_mail(head: bytes) -> bool:
    r"""
    Check for the head of a mail: fields, one a line or folded, up to the one that says so.

    >>> _is_mail(b"Subject: a\n  b\nMIME-Version: 1.0\n"), _is_mail(b"00:00:10 a\n00:00:20 b\n")
    (True, False)
    """
    for line in head.splitlines():
        if line.lower().startswith(b"mime-version:"):
            return True
        if not MAIL_FIELD.match(line) and line[:1] not in (b" ", b"\t"):
            return False
    return False


def _zip_type(data: bytes) -> str:
    """Return the format of a zip archive by the names in it; a damaged one by its bytes."""
    from .zip_archive import content_names

    names = content_names(data)
    if names is None:
        # the reader for the format can then say what is damaged, better than "a zip archive"
        return next((kind for mark, kind in IN_ZIP.items() if mark in data), "zip")
    for mark, kind in IN_ZIP.items():
        if any(name.startswith(mark.decode()) for name in names):
            return kind
    # some programs name the main part otherwise: the relations in the package lead to it
    if "[Content_Types].xml" in names:
        return "docx"
    return "odt" if {"mimetype", "content.xml"} <= names else "zip"


def read_text(
    data: bytes, *, path: str, encoding: str | None = None, limits: Limits | None = None
) -> RawFile:
    r"""
    Read plain text, in the encoding named, else in the one that its bytes tell.

    A few broken bytes in sound text become U+FFFD and a problem each line; the rest of the file
    is read all the same.

    >>> raw = read_text("敢于担当，敢于负责。\n家风".encode()[:-1], path="a.txt")
    >>> raw.encoding, raw.lines, raw.problems[0].line
    ('utf-8', ('敢于担当，敢于负责。', '家\ufffd'), 2)
    """
    _check_size(data, path, limits)
    decoded = _decoded(data, path, encoding)
    lines = tuple(split_lines(decoded.text))
    raw = RawFile(
        path=path,
        encoding=decoded.encoding,
        lines=lines,
        problems=decoded.problems,
        headings=markdown_headings(lines),
        removals=decoded.removals,
    )
    return _sound(raw)


def _decoded(data: bytes, path: str, encoding: str | None) -> Decoded:
    try:
        return decode(data, path=path, encoding=encoding)
    except Undecodable as error:
        raise Unreadable(error.problem) from None


def markdown_headings(lines: Iterable[str]) -> dict[int, int]:
    """
    Return the level of the lines that Markdown calls headings.

    >>> markdown_headings(["# 题目", "正文", "## 一、提高认识", "#标签"])
    {1: 1, 3: 2}
    """
    return {n: len(mark[1]) for n, line in enumerate(lines, 1) if (mark := MARKDOWN.match(line))}


def _sound(raw: RawFile) -> RawFile:
    """Replace what is broken by U+FFFD, a problem a line; raise Unreadable where no text is."""
    if not any(line.strip().strip(INVISIBLE) for line in raw.lines):
        raise _unreadable(raw.path, N_("the file is empty"))
    lines = list(raw.lines)
    broken = [number for number, line in enumerate(lines, start=1) if BROKEN.search(line)]
    for number in broken:
        lines[number - 1] = BROKEN.sub("\ufffd", lines[number - 1])
    problems = tuple(
        Problem(
            path=raw.path,
            line=number,
            message=N_("broken bytes, shown as U+FFFD: they are not valid {encoding}"),
            values={"encoding": raw.encoding},
        )
        for number in broken
    )
    return replace(raw, lines=tuple(lines), problems=(*raw.problems, *problems))


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


def _read_html(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    from .html import read_html

    _check_size(data, path, limits)
    decoded = _decoded(data, path, encoding)
    # as browsers pass it over
    text = decoded.text.replace("\0", "")
    raw = read_html(text, path=path, encoding=decoded.encoding, limits=limits)
    # Lines of the markup are no lines of the page.
    problems = (replace(problem, line=None) for problem in decoded.problems)
    removals = (replace(removal, line=None, column=None) for removal in decoded.removals)
    return _sound(
        replace(raw, problems=(*raw.problems, *problems), removals=(*raw.removals, *removals))
    )


def _read_mht(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    """Read the page of a web archive, which is a mail; Word saves such files as .doc, too."""
    from email import message_from_bytes

    _check_size(data, path, limits)
    try:
        parts = list(message_from_bytes(data).walk())
    # parts in parts in parts: a mail forged so deep ends the recursion of the library
    except RecursionError:
        raise _unreadable(path, N_("a web archive (mht) of parts in parts, too deep")) from None
    for part in parts:
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            if isinstance(page, bytes):
                return _read_html(page, path=path, encoding=encoding, limits=limits)
    raise _unreadable(path, N_("a web archive (mht) with no page in it"))


def _read_rtf(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    from .rtf import read_rtf

    _check_size(data, path, limits)
    return _sound(read_rtf(data, path=path))


def _read_docx(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    from .word.docx import read_docx

    return _sound(read_docx(data, path=path, limits=limits))


def _read_doc(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    from .word.doc import read_doc

    return _sound(read_doc(data, path=path))


def _read_pdf(data: bytes, *, path: str, encoding: str | None, limits: Limits) -> RawFile:
    from .pdf import read_pdf

    return _sound(read_pdf(data, path=path, limits=limits))


def _check_size(data: bytes, path: str, limits: Limits | None) -> None:
    limits = limits or Limits()
    if len(data) > limits.text_bytes:
        raise beyond(path, "text_bytes", limits)


READERS: Mapping[str, Reader] = {
    "text": read_text,
    "html": _read_html,
    "mht": _read_mht,
    "rtf": _read_rtf,
    "docx": _read_docx,
    "doc": _read_doc,
    "pdf": _read_pdf,
}
"""By content type. To read one format more: a function, and a row here instead of in NOT_READ."""
