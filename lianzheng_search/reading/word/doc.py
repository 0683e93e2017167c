"""An old Word file (doc, wps) -> its lines, by the piece table, with the numbers it prints."""

from __future__ import annotations

import io
import struct
import warnings
from bisect import bisect_right
from collections.abc import Iterator

from ...messages import N_
from ...model import RawFile, Removal
from ..limits import unreadable
from .doc_formatting import Properties, marks, paragraphs, styles, with_styles
from .doc_lists import read_lists
from .pieces import Streams

WORD, WORD_6 = 0xA5EC, 0xA5DC
"""What a Fib begins with (wIdent), of Word 97 and later and of Word 6 and 95."""
WORD_97 = 0xC1
"""The version (nFib) from which on there is a piece table as it is read here."""
TABLE_1, ENCRYPTED = 0x0200, 0x0100
"""Bits at 0x0A of the Fib: which table stream is the current one (fWhichTblStm); fEncrypted."""
TEXT_LENGTHS = 0x4C
"""Offset in the Fib of the lengths of the stories, in characters, 4 bytes each (ccpText …)."""
STORIES = ("text", "footnote", "header", "macro", "comment", "endnote", "box", "header box")
"""What the text is made of, one after the other."""
HEADER_STORIES = (
    "page-header",  # of even pages, then of odd ones
    "page-header",
    "page-footer",
    "page-footer",
    "page-header",  # of the first page
    "page-footer",
)
NOTE_SEPARATORS = 6
"""Number of stories (PlcfHdd) before the headers of the first section."""
PARAGRAPH, CELL, LINE_BREAK, PAGE_BREAK, COLUMN_BREAK = "\r", "\x07", "\x0b", "\x0c", "\x0e"
FIELD, FIELD_RESULT, FIELD_END = "\x13", "\x14", "\x15"
AS_TEXT = {"\x1e": "-", "\x1f": "", "\t": "\t", LINE_BREAK: "\n", COLUMN_BREAK: "\n"}
"""Characters with a meaning of their own: a hyphen that does not break, one that may, …"""
DAMAGED = N_("an old Word file (doc, wps) that is damaged; save it as Word (.docx)")


def read_doc(data: bytes, *, path: str) -> RawFile:
    """
    Read a doc of Word 97 and later, or what WPS writes as one; a doc of Word 6 as far as it goes.

    Cells of a table are lines of their own; notes and text boxes stand after the text. Headings
    are those of the built-in styles and of the outline levels. Deleted and hidden text, page
    headers and footers, and comments are removals.
    """
    import olefile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with olefile.OleFileIO(io.BytesIO(data)) as ole:
                names = {"/".join(parts).lower(): parts for parts in ole.listdir()}
                if "worddocument" not in names:
                    raise unreadable(path, _other_kind(names))
                main = ole.openstream(names["worddocument"]).read()
                if len(main) < 0x200 or struct.unpack_from("<H", main)[0] not in (WORD, WORD_6):
                    raise unreadable(path, DAMAGED)
                flags = struct.unpack_from("<H", main, 0x0A)[0]
                if flags & ENCRYPTED:
                    raise unreadable(path, N_("it is locked with a password"))
                name = "1table" if flags & TABLE_1 else "0table"
                table = ole.openstream(names[name]).read() if name in names else b""
        if struct.unpack_from("<H", main, 2)[0] < WORD_97 or not table:
            return _read_old(main, path)
        return _Document(main, table, path).read()
    except (OSError, struct.error, ValueError, IndexError, KeyError, TypeError, AttributeError):
        raise unreadable(path, DAMAGED) from None
    except (RecursionError, OverflowError, MemoryError):
        raise unreadable(path, DAMAGED) from None


def _other_kind(names: dict[str, list[str]]) -> str:
    if "workbook" in names or "book" in names:
        return N_("an Excel file (xls): not read by this version; save it as text (.txt)")
    if "powerpoint document" in names:
        return N_("a PowerPoint file (ppt): not read by this version; save it as text (.txt)")
    if "encryptedpackage" in names:
        return N_("it is locked with a password")
    if "fileheader" in names:
        return N_("a Hangul file (hwp): not read by this version; save it as text (.txt)")
    return N_("an old Office file that is not of Word; save it as Word (.docx)")


def _read_old(main: bytes, path: str) -> RawFile:
    """Read a doc of Word 6 and 95, which keeps its text in one run of bytes."""
    # fcMin and fcMac of the Fib: where the text begins and ends.
    start, end = struct.unpack_from("<II", main, 0x18)
    if not start < end <= len(main):
        raise unreadable(path, DAMAGED)
    text = _without_fields(main[start:end].decode("gb18030", "replace"))
    lines = "".join(AS_TEXT.get(c, c) for c in text).replace(CELL, PARAGRAPH)
    return RawFile(path=path, encoding="doc", lines=tuple(lines.replace("\n", "\r").split("\r")))


def _without_fields(text: str) -> str:
    kept = []
    codes: list[bool] = []
    for c in text:
        if c == FIELD:
            codes.append(True)
        elif c == FIELD_RESULT and codes:
            codes[-1] = False
        elif c == FIELD_END and codes:
            codes.pop()
        elif not any(codes) and (c >= " " or c in "\t\r\x07\x0b\x0c\x0e\x1e"):
            kept.append(PARAGRAPH if c in (PAGE_BREAK,) else c)
    return "".join(kept)


class _Document:
    def __init__(self, main: bytes, table: bytes, path: str) -> None:
        self.path = path
        self.streams = Streams(main, table)
        self.text = self.streams.text
        self.marks = marks(self.streams)
        self.paragraphs = paragraphs(self.streams)
        self.styles = styles(self.streams)
        self.lists = read_lists(self.streams)
        self.removals: list[Removal] = []

    def read(self) -> RawFile:
        """Read the stories one after the other."""
        lengths = struct.unpack_from(f"<{len(STORIES)}I", self.streams.main, TEXT_LENGTHS)
        lines: list[str] = []
        headings: dict[int, int] = {}
        ends = self._header_ends()
        at = 0
        for story, length in zip(STORIES, lengths, strict=True):
            end = min(at + length, len(self.text))
            for start, label, text, level in self._lines(at, end, is_main=story == "text"):
                if story in ("text", "footnote", "endnote", "box"):
                    if story != "text" and not text.strip():
                        continue
                    if level is not None and text.strip():
                        headings[len(lines) + 1] = level
                    lines += (label + text).split("\n")
                elif story != "macro" and text.strip():
                    rule = "comment"
                    if story != "comment":
                        rule = "page-header"
                        place = bisect_right(ends, start - at) - 1 - NOTE_SEPARATORS
                        if story == "header" and place >= 0:
                            rule = HEADER_STORIES[place % len(HEADER_STORIES)]
                    self.removals.append(Removal(line=None, rule=rule, text=text))
            at = end
        while lines and not lines[-1].strip():
            lines.pop()
        deeper = 0 in headings.values()
        return RawFile(
            path=self.path,
            encoding="doc",
            lines=tuple(lines),
            headings={line: level + deeper for line, level in headings.items()},
            removals=tuple(self.removals),
        )

    def _lines(
        self, start: int, end: int, *, is_main: bool
    ) -> Iterator[tuple[int, str, str, int | None]]:
        """Yield the paragraphs of a story: where each starts, its number, text, heading level."""
        kept: list[str] = []
        gone: list[tuple[str, str]] = []
        codes: list[bool] = []
        begun = start
        for at in range(start, end):
            c = self.text[at]
            mark = self.marks.get(at) if self.marks else None
            if c in (PARAGRAPH, CELL, PAGE_BREAK):
                if mark == "deleted-text":
                    gone.append((mark, "\n"))
                    continue
                self._tell(gone)
                text = "".join(kept)
                kept = []
                if c == CELL and not text:
                    begun = at + 1
                    continue
                label, level = self._about(at) if is_main and text.strip() else ("", None)
                yield begun, label, text, level
                begun = at + 1
            elif c == FIELD:
                codes.append(True)
            elif c == FIELD_RESULT and codes:
                codes[-1] = False
            elif c == FIELD_END and codes:
                codes.pop()
            elif any(codes):
                continue
            elif mark is not None:
                gone.append((mark, AS_TEXT.get(c, c if c >= " " else "")))
            elif c in AS_TEXT:
                kept.append(AS_TEXT[c])
            elif c >= " ":
                kept.append(c)
        self._tell(gone)
        if kept:
            yield begun, "", "".join(kept), None

    def _tell(self, gone: list[tuple[str, str]]) -> None:
        for rule in ("deleted-text", "hidden-text"):
            text = "".join(text for reason, text in gone if reason == rule)
            if text.strip():
                self.removals.append(Removal(line=None, rule=rule, text=text.strip("\n")))
        gone.clear()

    def _about(self, end: int) -> tuple[str, int | None]:
        """Return the number of a paragraph, as printed, and its level if it is a heading."""
        own, heading = with_styles(self.paragraphs.get(end, Properties()), self.styles)
        return self.lists.label(own.list_id or 0, own.level or 0), heading

    def _header_ends(self) -> tuple[int, ...]:
        """Return where the stories of headers and footers end (PlcfHdd), from their first on."""
        plc = self.streams.part("headers")
        return struct.unpack_from(f"<{len(plc) // 4}I", plc)
