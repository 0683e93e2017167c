"""An old Word file (doc, wps) -> its lines, by the piece table, with the numbers it prints."""

from __future__ import annotations

import io
import struct
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..messages import N_
from ..model import RawFile, Removal
from .limits import unreadable
from .word_numbering import FORMATS, LEVELS, Counters, Level

WORD = 0xA5EC
WORD_97 = 0xC1
TABLE_1 = 0x0200
LOCKED = 0x0100
TEXT_LENGTHS = 0x4C
"""Where the lengths stand of the text, the notes, the headers, … in characters, 4 bytes each."""
STORIES = ("text", "footnote", "header", "macro", "comment", "endnote", "box", "header box")
PAIRS = {"styles": 0xA2, "headers": 0xF2, "runs": 0xFA, "paragraphs": 0x102, "pieces": 0x1A2} | {
    "lists": 0x2E2, "overrides": 0x2EA
}  # fmt: skip
"""Where an offset into the table stream stands, with a length after it."""
PAGE = 512
PAPX_ENTRY = 13
HEADER_STORIES = (
    "page-header",  # of even pages, then of odd ones
    "page-header",
    "page-footer",
    "page-footer",
    "page-header",  # of the first page
    "page-footer",
)
NOTE_SEPARATORS = 6
"""So many stories come before the headers of the first section."""
PARAGRAPH, CELL, LINE_BREAK, PAGE_BREAK, COLUMN_BREAK = "\r", "\x07", "\x0b", "\x0c", "\x0e"
FIELD, FIELD_RESULT, FIELD_END = "\x13", "\x14", "\x15"
AS_TEXT = {"\x1e": "-", "\x1f": "", "\t": "\t", LINE_BREAK: "\n", COLUMN_BREAK: "\n"}
DELETED, VANISH = 0x0800, 0x083C
LIST, LIST_LEVEL, OUTLINE = 0x460B, 0x260A, 0x2640
OPERAND_SIZES = (1, 1, 2, 4, 2, 2, -1, 3)
SHORT_LENGTH = {0xD606: 2, 0xD608: 2}
"""Properties of tables whose length takes two bytes."""
MOST_LISTS = 5_000
DEEPEST_STYLE = 20


@dataclass(frozen=True, slots=True)
class _Properties:
    """What the doc says of a paragraph: list, level in it, outline level; None: nothing."""

    style: int = 0
    list_id: int | None = None
    level: int | None = None
    outline: int | None = None


@dataclass(slots=True)
class _Lists:
    """The lists by their ids, and the overrides by the numbers that paragraphs name."""

    levels: dict[int, dict[int, Level]] = field(default_factory=dict)
    list_of: dict[int, int] = field(default_factory=dict)
    starts: dict[int, dict[int, int]] = field(default_factory=dict)
    changed: dict[int, dict[int, Level]] = field(default_factory=dict)


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
                if len(main) < 0x200 or struct.unpack_from("<H", main)[0] not in (WORD, 0xA5DC):
                    raise unreadable(path, DAMAGED)
                flags = struct.unpack_from("<H", main, 0x0A)[0]
                if flags & LOCKED:
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


DAMAGED = N_("an old Word file (doc, wps) that is damaged; save it as Word (.docx)")


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
        self.main = main
        self.table = table
        self.path = path
        self.starts: list[int] = []
        self.pieces: list[tuple[int, int, bool]] = []
        self.text = self._text()
        self.by_place = sorted(
            (start, begin, length, packed)
            for begin, (start, length, packed) in zip(self.starts, self.pieces, strict=True)
        )
        self.marks = self._marks()
        self.paragraphs = self._paragraphs()
        self.styles = self._styles()
        self.lists = self._lists()
        self.counters = Counters()
        self.used: set[int] = set()
        self.removals: list[Removal] = []

    def read(self) -> RawFile:
        """Read the stories one after the other."""
        lengths = struct.unpack_from(f"<{len(STORIES)}I", self.main, TEXT_LENGTHS)
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
            text = "".join(text for one, text in gone if one == rule)
            if text.strip():
                self.removals.append(Removal(line=None, rule=rule, text=text.strip("\n")))
        gone.clear()

    def _pair(self, name: str) -> bytes:
        """Give a part of the table stream."""
        if PAIRS[name] + 8 > len(self.main):
            return b""
        start, length = struct.unpack_from("<II", self.main, PAIRS[name])
        return self.table[start : start + length]

    def _text(self) -> str:
        """Put the pieces together."""
        clx = self._pair("pieces")
        at = 0
        while at < len(clx) and clx[at] == 1:
            at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
        if at >= len(clx) or clx[at] != 2:
            raise ValueError
        plc = clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]
        count = (len(plc) - 4) // 12
        if count < 1:
            raise ValueError
        ends = struct.unpack_from(f"<{count + 1}I", plc)
        parts = []
        reached = 0
        for n in range(count):
            place = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)[0]
            packed = bool(place & 0x40000000)
            place &= 0x3FFFFFFF
            length = ends[n + 1] - ends[n]
            if length < 0 or reached != ends[n]:
                raise ValueError
            size = length if packed else 2 * length
            start = place // 2 if packed else place
            data = self.main[start : start + size]
            if packed:
                text = data.decode("cp1252", "replace")
            else:
                text = data.decode("utf-16-le", "surrogatepass")
                if any("\ud800" <= c <= "\udfff" for c in text) or len(text) != len(data) // 2:
                    units = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
                    text = "".join(map(chr, units))  # offsets count these
            text = text[:length].ljust(length, "\0") if len(data) == size else text
            self.starts.append(reached)
            self.pieces.append((start, length, packed))
            parts.append(text)
            reached += len(text)
            if len(text) < length:
                break
        return "".join(parts)

    def _places(self, first: int, last: int) -> Iterator[range]:
        """Give the characters of the text that lie between two offsets of the main stream."""
        from_here = max(0, bisect_right(self.by_place, (first, 0, 0, False)) - 1)
        for start, begin, length, packed in islice(self.by_place, from_here, None):
            if start >= last:
                break
            width = 1 if packed else 2
            low = max(0, -(-(first - start) // width))
            high = min(length, -(-(last - start) // width))
            if low < high:
                yield range(begin + low, begin + high)

    def _pages(self, name: str, entry: int) -> Iterator[tuple[int, int, bytes, int]]:
        """Yield the runs of the formatted pages: from, to, the page, the offset in it, by entry."""
        plc = self._pair(name)
        count = (len(plc) - 4) // 8
        seen: set[int] = set()
        for n in range(max(0, count)):
            number = struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * n)[0] & 0x3FFFFF
            page = self.main[number * PAGE : (number + 1) * PAGE]
            if len(page) < PAGE or number in seen:
                continue
            seen.add(number)
            runs = page[PAGE - 1]
            if 4 * (runs + 1) + entry * runs > PAGE:
                continue
            ends = struct.unpack_from(f"<{runs + 1}I", page)
            for run in range(runs):
                offset = 2 * page[4 * (runs + 1) + entry * run]
                if offset and ends[run] < ends[run + 1]:
                    yield ends[run], ends[run + 1], page, offset

    def _marks(self) -> dict[int, str]:
        """Give the characters that are deleted or hidden."""
        marks: dict[int, str] = {}
        for first, last, page, offset in self._pages("runs", 1):
            found = dict(_properties(page[offset + 1 : offset + 1 + page[offset]]))
            rule = None
            if found.get(DELETED, b"\0") == b"\1":
                rule = "deleted-text"
            elif found.get(VANISH, b"\0") == b"\1":
                rule = "hidden-text"
            if rule:
                for places in self._places(first, last):
                    marks |= dict.fromkeys(places, rule)
        return marks

    def _paragraphs(self) -> dict[int, _Properties]:
        """Give the properties of paragraphs by the character that ends them."""
        found: dict[int, _Properties] = {}
        for first, last, page, offset in self._pages("paragraphs", PAPX_ENTRY):
            size = 2 * page[offset] - 1
            if page[offset] == 0:
                offset += 1
                size = 2 * page[offset]
            data = page[offset + 1 : offset + 1 + size]
            if len(data) < 2:
                continue
            one = _paragraph(struct.unpack_from("<H", data)[0], data[2:])
            for places in self._places(first, last):
                found[places[-1]] = one
        return found

    def _styles(self) -> dict[int, tuple[int, int, _Properties]]:
        """Give the styles: what Word calls each by number, what it is based on, its properties."""
        sheet = self._pair("styles")
        if len(sheet) < 4:
            return {}
        header, count, base_size = struct.unpack_from("<HHH", sheet)
        at = 2 + header
        styles = {}
        for n in range(min(count, 4096)):
            if at + 2 > len(sheet):
                break
            size = struct.unpack_from("<H", sheet, at)[0]
            style = sheet[at + 2 : at + 2 + size]
            at += 2 + size
            if len(style) < 10:
                continue
            own, kind, _end, _flags = struct.unpack_from("<HHHH", style)
            properties = _Properties()
            if kind & 0xF == 1 and base_size + 2 <= len(style):
                letters = struct.unpack_from("<H", style, base_size)[0]
                place = base_size + 2 + 2 * letters + 2
                place += place % 2
                if place + 4 <= len(style):
                    length = struct.unpack_from("<H", style, place)[0]
                    properties = _paragraph(n, style[place + 4 : place + 2 + length])
            styles[n] = (own & 0xFFF, kind >> 4, properties)
        return styles

    def _about(self, end: int) -> tuple[str, int | None]:
        """Give the number of a paragraph, as printed, and its level if it is a heading."""
        own = self.paragraphs.get(end, _Properties())
        list_id, level, outline = own.list_id, own.level, own.outline
        heading: int | None = None
        style = own.style
        for _ in range(DEEPEST_STYLE):
            if style not in self.styles:
                break
            known_as, base, properties = self.styles[style]
            if heading is None and 1 <= known_as <= LEVELS:
                heading = known_as
            elif heading is None and known_as == 62:  # Title
                heading = 0
            list_id = properties.list_id if list_id is None else list_id
            level = properties.level if level is None else level
            outline = properties.outline if outline is None else outline
            style = base
        if outline is not None and heading is None and outline < LEVELS:
            heading = outline + 1
        return self._label(list_id or 0, level or 0), heading

    def _label(self, list_id: int, level: int) -> str:
        name = self.lists.list_of.get(list_id)
        if name is None:
            return ""
        if list_id not in self.used:
            self.used.add(list_id)
            for at, start in self.lists.starts.get(list_id, {}).items():
                self.counters.restart(name, at, start)
        levels = self.lists.levels.get(name, {}) | self.lists.changed.get(list_id, {})
        return self.counters.label(name, level, levels)

    def _lists(self) -> _Lists:
        """Read the lists; what is wrong with them costs the numbers, not the text."""
        lists = _Lists()
        try:
            self._read_lists(lists)
            self._read_overrides(lists)
        except (struct.error, IndexError, ValueError):
            pass
        return lists

    def _read_lists(self, lists: _Lists) -> None:
        start, length = struct.unpack_from("<II", self.main, PAIRS["lists"])
        if not length:
            return
        count = struct.unpack_from("<H", self.table, start)[0]
        at = start + 2 + 28 * count  # the levels follow what the length counts
        for n in range(min(count, MOST_LISTS)):
            entry = start + 2 + 28 * n
            name = struct.unpack_from("<i", self.table, entry)[0]
            simple = self.table[entry + 26] & 1
            levels = {}
            for level in range(1 if simple else LEVELS):
                levels[level], at = self._level(at)
            lists.levels[name] = levels

    def _level(self, at: int) -> tuple[Level, int]:
        start, way, flags = struct.unpack_from("<iBB", self.table, at)
        follow = self.table[at + 15]
        runs, paragraph = self.table[at + 24], self.table[at + 25]
        limit = self.table[at + 26]
        at += 28 + runs + paragraph
        letters = struct.unpack_from("<H", self.table, at)[0]
        raw = self.table[at + 2 : at + 2 + 2 * letters].decode("utf-16-le", "replace")
        text = "".join(f"%{ord(c) + 1}" if ord(c) < LEVELS else c for c in raw)
        name = FORMATS[way] if way < len(FORMATS) else "none" if way == 0xFF else "decimal"
        return Level(
            start=start,
            format=name,
            text=text,
            restart=limit if flags & 0x08 else None,
            legal=bool(flags & 0x04),
            blank=follow != 2,
        ), at + 2 + 2 * letters

    def _read_overrides(self, lists: _Lists) -> None:
        table = self._pair("overrides")
        if not table:
            return
        count = min(struct.unpack_from("<I", table)[0], MOST_LISTS)
        at = 4 + 16 * count
        for n in range(count):
            lists.list_of[n + 1] = struct.unpack_from("<i", table, 4 + 16 * n)[0]
        for n in range(count):
            changed = table[4 + 16 * n + 12]
            at += 4
            for _ in range(changed):
                start, flags = struct.unpack_from("<iI", table, at)
                at += 8
                if flags & 0x10:
                    lists.starts.setdefault(n + 1, {})[flags & 0xF] = start
                if flags & 0x20:
                    begin = struct.unpack_from("<I", self.main, PAIRS["overrides"])[0]
                    level, after = self._level(begin + at)
                    lists.changed.setdefault(n + 1, {})[flags & 0xF] = level
                    at = after - begin

    def _header_ends(self) -> tuple[int, ...]:
        plc = self._pair("headers")
        return struct.unpack_from(f"<{len(plc) // 4}I", plc)


def _paragraph(style: int, data: bytes) -> _Properties:
    found = dict(_properties(data))
    list_id = found.get(LIST)
    level = found.get(LIST_LEVEL)
    outline = found.get(OUTLINE)
    return _Properties(
        style=style,
        list_id=None if list_id is None else struct.unpack("<h", list_id)[0],
        level=None if level is None else level[0],
        outline=None if outline is None else outline[0],
    )


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the properties of a run or a paragraph: code and operand."""
    at = 0
    while at + 2 < len(data):
        code = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = OPERAND_SIZES[code >> 13]
        if size < 0:
            if code in SHORT_LENGTH:
                if at + 2 > len(data):
                    return
                size = 1 + struct.unpack_from("<H", data, at)[0]
            else:
                size = 1 + data[at]
        operand = data[at : at + size]
        if len(operand) < size:
            return
        yield code, operand
        at += size
