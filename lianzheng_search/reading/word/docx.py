"""A Word file (docx) -> its lines: paragraphs, tables, text boxes, with the numbers it prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from ...model import RawFile, Removal
from ..limits import Limits, beyond
from .docx_styles import OFF, Numbers, Paragraph
from .package import OFFICE, Package, child_of, is_word, local, value_of, whole_number

BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
DELETED = ("del", "moveFrom")
IN_MARK = 2
"""So deep in properties stand those of a paragraph's mark: w:pPr, w:rPr."""


def read_docx(data: bytes, *, path: str, limits: Limits) -> RawFile:
    """
    Read a docx: a line for each paragraph, and for each soft break in it.

    A cell of a table gives its paragraphs, cell by cell, row by row; a text box stands after the
    paragraph that it is anchored to, foot and end notes after the text. The headings are those of
    Word's styles and outline levels; the style Title, where it is used, is level 1, and the
    others follow one level deeper. Deleted and hidden text, page headers and footers, WordArt and
    comments are removals.
    """
    archive = Package(data, path, limits)
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
    numbers = Numbers(archive, by_kind)
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


class _Story:
    """The lines of one part, read from its elements one after the other."""

    def __init__(self, archive: Package, numbers: Numbers) -> None:
        self.archive = archive
        self.numbers = numbers
        self.lines: list[str] = []
        self.headings: dict[int, int] = {}
        self.removals: list[Removal] = []
        self.open: list[Paragraph] = []
        self.waiting: list[Paragraph] = []
        self.shapes: list[tuple[int, bool]] = []
        self.deleted: list[str] = []
        self.carry: Paragraph | None = None
        self.hidden = False
        self.gone = self.skipped = self.tables = self.properties = 0

    def read(self, name: str) -> None:
        """Read a part, after what was read before."""
        for event, element in self.archive.events(name):
            tag = local(element.tag)
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
        if tag == "p" and is_word(element):
            self.open.append(Paragraph())
        elif tag == "tbl":
            self.tables += 1
            if self.tables > self.archive.limits.table_depth:
                raise beyond(self.archive.path, "table_depth", self.archive.limits)
        elif tag in DELETED and is_word(element):
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
        if tag in DELETED and is_word(element):
            self.gone -= 1
            if self.properties == IN_MARK and tag == "del" and self.open:
                self.open[-1].mark_deleted = True
            self._tell_deleted()
        elif tag == "pPr":
            self._take_properties(element)
            self.properties -= 1
            element.clear()
        elif tag == "rPr":
            vanish = child_of(element, "vanish")
            self.hidden = vanish is not None and value_of(vanish) not in OFF
            self.properties -= 1
            element.clear()
        elif tag in ("prstTxWarp", "bodyPr") and self.shapes:
            warped = value_of(element, "prst") not in (None, "textNoShape")
            if warped or value_of(element, "fromWordArt") in ("1", "true"):
                self.shapes[-1] = (self.shapes[-1][0], True)
        elif tag == "wsp" and self.shapes:
            start, is_art = self.shapes.pop()
            if is_art:
                art, self.waiting[start:] = self.waiting[start:], []
                self._remove("word-art", "\n".join("".join(one.text) for one in art))
        elif tag == "textpath":
            self._remove("word-art", value_of(element, "string") or "")
        elif tag == "tbl":
            self.tables -= 1
            element.clear()
        elif tag == "p" and is_word(element) and self.open:
            self._end_paragraph(self.open.pop())
            element.clear()
        elif tag in ("r", "tc", "tr"):
            element.clear()
        elif not self.properties:
            self._take_text(tag, element)

    def _take_text(self, tag: str, element: ElementTree.Element) -> None:
        if tag in ("t", "delText") and (is_word(element) or tag == "t"):
            text = element.text or ""
        elif tag in BREAKS and is_word(element):
            text = BREAKS[tag]
        elif tag == "sym":
            code = value_of(element, "char") or ""
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
        paragraph.style = value_of(child_of(element, "pStyle")) or ""
        paragraph.outline = whole_number(value_of(child_of(element, "outlineLvl")))
        paragraph.list_id = value_of(child_of(element, "numPr", "numId"))
        paragraph.list_level = whole_number(value_of(child_of(element, "numPr", "ilvl")))

    def _end_paragraph(self, paragraph: Paragraph) -> None:
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

    def _add(self, paragraph: Paragraph) -> None:
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
