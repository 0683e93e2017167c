"""A Word file (docx) -> its lines: paragraphs, tables, text boxes, with the numbers it prints."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from ...messages import N_
from ...model import RawFile, Removal
from ..limits import Limits, Unreadable, beyond, unreadable
from .numbering import LEVELS, Counters, Level

OFFICE = "officeDocument"
TITLE_STYLES = ("title", "标题")
HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])")
BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
DELETED = ("del", "moveFrom")
IN_MARK = 2
"""So deep in properties stand those of a paragraph's mark: w:pPr, w:rPr."""
OFF = ("0", "false", "off", "none")
BLOCK = 1 << 20


@dataclass(slots=True)
class _Paragraph:
    """What has been read of a paragraph."""

    text: list[str] = field(default_factory=list)
    style: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    mark_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    name: str
    base: str
    outline: int | None
    list_id: str | None
    list_level: int | None


class _Archive:
    """The parts of a docx, unpacked only as far as the limits go."""

    def __init__(self, data: bytes, path: str, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.packed = len(data)
        self.left = limits.docx_bytes
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise self.broken() from None
        self.names = frozenset(self.zip.namelist())

    def broken(self) -> Unreadable:
        return unreadable(self.path, N_("a Word file (docx) that is damaged; save it anew"))

    def read(self, name: str) -> bytes:
        """Give a part, b"" where there is none."""
        if name not in self.names:
            return b""
        blocks: list[bytes] = []
        try:
            with self.zip.open(name) as part:
                while block := part.read(BLOCK):
                    blocks.append(block)
                    self.left -= len(block)
                    unpacked = self.limits.docx_bytes - self.left
                    if self.left < 0:
                        raise beyond(self.path, "docx_bytes", self.limits)
                    if unpacked > BLOCK and unpacked > self.limits.zip_ratio * self.packed:
                        raise beyond(self.path, "zip_ratio", self.limits)
        except RuntimeError:  # a password; also NotImplementedError: a strange compression
            raise unreadable(self.path, N_("it is locked with a password")) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
            raise self.broken() from None
        return b"".join(blocks)

    def events(self, name: str) -> Iterator[tuple[str, ElementTree.Element]]:
        """Parse a part piece by piece; what is done with an element is its reader's to clear."""
        data = self.read(name)
        if not data:
            return
        if b"\0" in data[:200]:  # UTF-16, which would hide a DTD from the search for one
            raise self.broken()
        if b"<!DOCTYPE" in data:
            raise unreadable(self.path, N_("a Word file (docx) with a DTD, which no Word writes"))
        try:
            yield from ElementTree.iterparse(io.BytesIO(data), events=("start", "end"))
        except (ElementTree.ParseError, ValueError, LookupError):
            raise self.broken() from None

    def tree(self, name: str) -> ElementTree.Element | None:
        """Parse a small part as a whole."""
        root = None
        for event, element in self.events(name):
            if event == "start" and root is None:
                root = element
        return root

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Give the parts that a part refers to: id -> (the last word of its type, name)."""
        folder, file = posixpath.split(name)
        root = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            target = relation.get("Target", "")
            full = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(full))
        return found


def read_docx(data: bytes, *, path: str, limits: Limits) -> RawFile:
    """
    Read a docx: a line for each paragraph, and for each soft break in it.

    A cell of a table gives its paragraphs, cell by cell, row by row; a text box stands after the
    paragraph that it is anchored to, foot and end notes after the text. The headings are those of
    Word's styles and outline levels; the style Title, where it is used, is level 1, and the
    others follow one level deeper. Deleted and hidden text, page headers and footers, WordArt and
    comments are removals.
    """
    archive = _Archive(data, path, limits)
    main = "word/document.xml"
    for kind, name in archive.related("").values():
        if kind == OFFICE and name in archive.names:
            main = name
    if main not in archive.names:
        raise archive.broken()
    related = archive.related(main)
    by_kind: dict[str, list[str]] = {}
    for kind, name in sorted(related.values()):
        by_kind.setdefault(kind, []).append(name)
    numbers = _Numbers(archive, by_kind)
    body = _Story(archive, numbers)
    body.read(main)
    for kind in ("footnotes", "endnotes"):
        for name in by_kind.get(kind, ()):
            body.read(name)
    removals = body.removals
    for kind, rule in (
        ("header", "page-header"), ("footer", "page-footer"), ("comments", "comment")
    ):  # fmt: skip
        for name in dict.fromkeys(by_kind.get(kind, ())):
            story = _Story(archive, numbers)
            story.read(name)
            removals += [
                Removal(line=None, rule=rule, text=line) for line in story.lines if line.strip()
            ]
            removals += story.removals
    return RawFile(
        path=path,
        encoding="docx",
        lines=tuple(body.lines),
        headings=_below_title(body.headings),
        removals=tuple(removals),
    )


def _below_title(headings: Mapping[int, int]) -> dict[int, int]:
    deeper = 0 in headings.values()
    return {line: level + deeper for line, level in headings.items()}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: ElementTree.Element | None, name: str = "val") -> str | None:
    if element is None:
        return None
    for key, value in element.items():
        if _local(key) == name:
            return value
    return None


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None and len(text) < 10 else None
    except ValueError:
        return None


def _child(element: ElementTree.Element | None, *names: str) -> ElementTree.Element | None:
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if _local(child.tag) == name), None)
    return element


class _Numbers:
    """The styles and lists of a docx, and what their numbers have come to."""

    def __init__(self, archive: _Archive, parts: Mapping[str, Sequence[str]]) -> None:
        self.counters = Counters()
        self.used: set[str] = set()
        self.styles: dict[str, _Style] = {}
        self.default = ""
        self.levels: dict[str, dict[int, Level]] = {}
        self.of_style: dict[str, tuple[str, int]] = {}
        self.abstract: dict[str, str] = {}
        self.linked: dict[str, str] = {}
        self.overridden: dict[str, dict[int, Level]] = {}
        self.restarts: dict[str, dict[int, int]] = {}
        for name in parts.get("styles", ()):
            self._read_styles(archive.tree(name))
        for name in parts.get("numbering", ()):
            self._read_lists(archive.tree(name))

    def _read_styles(self, root: ElementTree.Element | None) -> None:
        for style in root if root is not None else ():
            if _local(style.tag) != "style" or _value(style, "type") not in ("paragraph", None):
                continue
            properties = _child(style, "pPr")
            name = _value(style, "styleId") or ""
            self.styles[name] = _Style(
                name=(_value(_child(style, "name")) or "").strip().lower(),
                base=_value(_child(style, "basedOn")) or "",
                outline=_number(_value(_child(properties, "outlineLvl"))),
                list_id=_value(_child(properties, "numPr", "numId")),
                list_level=_number(_value(_child(properties, "numPr", "ilvl"))),
            )
            if _value(style, "default") in ("1", "true"):
                self.default = name

    def _read_lists(self, root: ElementTree.Element | None) -> None:
        for entry in root if root is not None else ():
            kind = _local(entry.tag)
            if kind == "abstractNum":
                name = _value(entry, "abstractNumId") or ""
                self.levels[name] = {}
                if link := _value(_child(entry, "numStyleLink")):
                    self.linked[name] = link
                for child in entry:
                    if _local(child.tag) == "lvl":
                        at = _number(_value(child, "ilvl")) or 0
                        self.levels[name][at] = _level(child)
                        if style := _value(_child(child, "pStyle")):
                            self.of_style.setdefault(style, (name, at))
            elif kind == "num":
                name = _value(entry, "numId") or ""
                self.abstract[name] = _value(_child(entry, "abstractNumId")) or ""
                for child in entry:
                    if _local(child.tag) != "lvlOverride":
                        continue
                    at = _number(_value(child, "ilvl")) or 0
                    if (level := _child(child, "lvl")) is not None:
                        self.overridden.setdefault(name, {})[at] = _level(level)
                    start = _number(_value(_child(child, "startOverride")))
                    if start is not None:
                        self.restarts.setdefault(name, {})[at] = start

    def chain(self, style: str) -> Iterator[tuple[str, _Style]]:
        """Give a style and those that it is based on."""
        seen: set[str] = set()
        name = style or self.default
        while name in self.styles and name not in seen:
            seen.add(name)
            yield name, self.styles[name]
            name = self.styles[name].base

    def heading(self, paragraph: _Paragraph) -> int | None:
        """Give the level of a heading; 0 is the title of the whole."""
        if paragraph.outline is not None:
            return paragraph.outline + 1 if paragraph.outline < LEVELS else None
        for _id, style in self.chain(paragraph.style):
            if style.name in TITLE_STYLES:
                return 0
            if named := HEADING_STYLE.fullmatch(style.name):
                return int(named[1])
            if style.outline is not None:
                return style.outline + 1 if style.outline < LEVELS else None
        return None

    def label(self, paragraph: _Paragraph) -> str:
        """Count a paragraph of a list, and give its number as printed."""
        list_id, at = paragraph.list_id, paragraph.list_level
        if list_id is None or at is None:
            for name, style in self.chain(paragraph.style):
                if style.list_id is None and style.list_level is None:
                    continue
                if list_id is None:
                    list_id = style.list_id
                    if list_id is not None and name in self.of_style:
                        at = self.of_style[name][1] if at is None else at
                at = style.list_level if at is None else at
                if list_id is not None and at is not None:
                    break
        if list_id is None or list_id not in self.abstract:
            return ""
        at = at or 0
        name = self.abstract[list_id]
        link = self.linked.get(name)
        if link and not self.levels.get(name) and link in self.styles:
            other = self.styles[link].list_id or ""
            name = self.abstract.get(other, name)
        levels = self.levels.get(name, {}) | self.overridden.get(list_id, {})
        if list_id not in self.used:
            self.used.add(list_id)
            for level, start in self.restarts.get(list_id, {}).items():
                self.counters.restart(name, level, start)
        return self.counters.label(name, at, levels)


def _level(element: ElementTree.Element) -> Level:
    start = _number(_value(_child(element, "start")))
    text = _value(_child(element, "lvlText"))
    legal = _child(element, "isLgl")
    return Level(
        start=1 if start is None else start,
        format=_value(_child(element, "numFmt")) or "decimal",
        text=text or "",
        restart=_number(_value(_child(element, "lvlRestart"))),
        legal=legal is not None and _value(legal) not in OFF,
        blank=_value(_child(element, "suff")) != "nothing",
    )


class _Story:
    """The lines of one part, read from its elements one after the other."""

    def __init__(self, archive: _Archive, numbers: _Numbers) -> None:
        self.archive = archive
        self.numbers = numbers
        self.lines: list[str] = []
        self.headings: dict[int, int] = {}
        self.removals: list[Removal] = []
        self.open: list[_Paragraph] = []
        self.waiting: list[_Paragraph] = []
        self.shapes: list[tuple[int, bool]] = []
        self.deleted: list[str] = []
        self.carry: _Paragraph | None = None
        self.hidden = False
        self.gone = self.skipped = self.tables = self.properties = 0

    def read(self, name: str) -> None:
        """Read a part, after what was read before."""
        for event, element in self.archive.events(name):
            tag = _local(element.tag)
            if event == "start":
                self._start(tag, element)
            else:
                self._end(tag, element)
        if self.carry is not None:
            self._add(self.carry)
            self.carry = None

    def _start(self, tag: str, element: ElementTree.Element) -> None:
        if tag == "Fallback":
            self.skipped += 1
        if self.skipped:
            return
        if tag == "p" and _is_word(element):
            self.open.append(_Paragraph())
        elif tag == "tbl":
            self.tables += 1
            if self.tables > self.archive.limits.table_depth:
                raise beyond(self.archive.path, "table_depth", self.archive.limits)
        elif tag in DELETED and _is_word(element):
            self.gone += 1
        elif tag == "wsp":
            self.shapes.append((len(self.waiting), False))
        elif tag == "r":
            self.hidden = False
        elif tag in ("rPr", "pPr"):
            self.properties += 1

    def _end(self, tag: str, element: ElementTree.Element) -> None:
        if tag == "Fallback":
            self.skipped -= 1
            element.clear()
            return
        if self.skipped:
            element.clear()
            return
        if tag in DELETED and _is_word(element):
            self.gone -= 1
            if self.properties == IN_MARK and tag == "del" and self.open:
                self.open[-1].mark_deleted = True
            self._tell_deleted()
        elif tag == "pPr":
            self._take_properties(element)
            self.properties -= 1
            element.clear()
        elif tag == "rPr":
            vanish = _child(element, "vanish")
            self.hidden = vanish is not None and _value(vanish) not in OFF
            self.properties -= 1
            element.clear()
        elif tag in ("prstTxWarp", "bodyPr") and self.shapes:
            warped = _value(element, "prst") not in (None, "textNoShape")
            if warped or _value(element, "fromWordArt") in ("1", "true"):
                self.shapes[-1] = (self.shapes[-1][0], True)
        elif tag == "wsp" and self.shapes:
            start, is_art = self.shapes.pop()
            if is_art:
                art, self.waiting[start:] = self.waiting[start:], []
                self._remove("word-art", "\n".join("".join(one.text) for one in art))
        elif tag == "textpath":
            self._remove("word-art", _value(element, "string") or "")
        elif tag == "tbl":
            self.tables -= 1
            element.clear()
        elif tag == "p" and _is_word(element) and self.open:
            self._end_paragraph(self.open.pop())
            element.clear()
        elif tag in ("r", "tc", "tr"):
            element.clear()
        elif not self.properties:
            self._take_text(tag, element)

    def _take_text(self, tag: str, element: ElementTree.Element) -> None:
        if tag in ("t", "delText") and (_is_word(element) or tag == "t"):
            text = element.text or ""
        elif tag in BREAKS and _is_word(element):
            text = BREAKS[tag]
        elif tag == "sym":
            code = _value(element, "char") or ""
            text = chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{2,4}", code) else ""
        else:
            return
        if self.gone or tag == "delText":
            self.deleted.append(text)
        elif self.hidden:
            self._remove("hidden-text", text)
        elif self.open:
            self.open[-1].text.append(text)

    def _take_properties(self, element: ElementTree.Element) -> None:
        if not self.open:
            return
        paragraph = self.open[-1]
        paragraph.style = _value(_child(element, "pStyle")) or ""
        paragraph.outline = _number(_value(_child(element, "outlineLvl")))
        paragraph.list_id = _value(_child(element, "numPr", "numId"))
        paragraph.list_level = _number(_value(_child(element, "numPr", "ilvl")))

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        self.hidden = False
        if self.open:
            self.waiting.append(paragraph)
            return
        if self.carry is not None:
            paragraph.text[:0] = self.carry.text
            paragraph.list_id = paragraph.list_id or self.carry.list_id
            self.carry = None
        if paragraph.mark_deleted:
            if paragraph.text:  # what a deleted mark parted is one paragraph now
                self.carry = paragraph
            return
        self._add(paragraph)
        for one in self.waiting:
            self._add(one)
        self.waiting.clear()

    def _add(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.text)
        if text.strip():
            text = self.numbers.label(paragraph) + text
            if (level := self.numbers.heading(paragraph)) is not None:
                self.headings[len(self.lines) + 1] = level
        self.lines += re.split(r"\r\n|\n|\r", text)

    def _tell_deleted(self) -> None:
        if not self.gone and self.deleted:
            self._remove("deleted-text", "".join(self.deleted))
            self.deleted.clear()

    def _remove(self, rule: str, text: str) -> None:
        if text.strip():
            self.removals.append(Removal(line=None, rule=rule, text=text))


def _is_word(element: ElementTree.Element) -> bool:
    """Tell w:p from a:p, whatever the prefix and the edition of the name space."""
    return "wordprocessingml" in element.tag
