"""Texts -> the cells of an Excel file: hits in red, what a cell cannot hold cut and told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...messages import _
from ...model import Span, Value
from ...text.characters import UNPRINTABLE

CELL_UNITS = 32_767
"""Maximum length of the text of a cell, in units of UTF-16."""
MARKUP = re.compile(r"(?<=_x)(?=[0-9A-Fa-f]{4}_)|(?<=^<)(?=r>)")
"""Places where text is split that a reader, or XlsxWriter, would take for an escape or a tag."""
# Excel takes a text that begins so for a formula once it is edited, the wide ones in China too
FORMULA_STARTS = tuple("=+-@\t＝＋－＠")
RED = "#C00000"


class Cut(Value, frozen=True, kw_only=True):
    """A cell that was cut: its name, the place of its text, and the length before the cut."""

    cell: str
    place: str
    characters: int


class Look(Value, frozen=True):
    """The formats of a text: as it is, its hits, and those where it begins like a formula."""

    plain: Any
    hit: Any
    quoted: Any
    quoted_hit: Any


class Sheets:
    """The sheets of a workbook and what is written into their cells; faults are collected."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.cuts: list[Cut] = []
        self.replaced = 0

    def look(self, **properties: Any) -> Look:
        """Make the formats of texts that look so."""
        base = {"valign": "top", "text_wrap": True, "align": "left", "indent": 1} | properties
        red = {"bold": True, "font_color": RED}
        # as if typed with an apostrophe before it: the text stays a text
        quoted = {"quote_prefix": True}
        add = self.book.add_format
        return Look(add(base), add(base | red), add(base | quoted), add(base | red | quoted))

    def put(
        self,
        sheet: Any,
        cell: tuple[int, int],
        text: str,
        look: Look,
        *,
        spans: Sequence[Span] = (),
        place: str = "",
    ) -> None:
        """Write a text, its spans in red; a formula stays the text it is, when edited too."""
        if UNPRINTABLE.search(text):
            text, replaced = UNPRINTABLE.subn("\ufffd", text)
            self.replaced += replaced
        # counted only where it may matter: a character is two units at most
        if len(text) > CELL_UNITS // 2 and _units(text) > CELL_UNITS:
            name = f"{sheet.get_name()}!{_cell_name(*cell)}"
            self.cuts.append(Cut(cell=name, place=place, characters=len(text)))
            text, spans = _cut(text, spans)
        plain, hit = look.plain, look.hit
        if text.startswith(FORMULA_STARTS):
            plain, hit = look.quoted, look.quoted_hit
        pieces = list(_pieces(text, spans)) if spans or MARKUP.search(text) else []
        # XlsxWriter refuses a rich string of one piece
        if len(pieces) > 1:
            runs = (item for red, piece in pieces for item in (hit if red else plain, piece))
            sheet.write_rich_string(*cell, *runs, plain)
        elif text:
            sheet.write_string(*cell, text, hit if pieces and pieces[0][0] else plain)
        else:
            sheet.write_blank(*cell, None, plain)


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _cell_name(row: int, column: int) -> str:
    # inside: an extra, needed for the name of a cell that was cut
    from xlsxwriter.utility import xl_rowcol_to_cell

    name: str = xl_rowcol_to_cell(row, column)
    return name


def _cut(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    notice = _("…… [cut: {n} characters in all]").format(n=len(text))
    room = CELL_UNITS - len(notice)
    end = min(len(text), room)
    while _units(text[:end]) > room:
        end -= (_units(text[:end]) - room + 1) // 2
    inside = [Span(span.start, min(span.end, end)) for span in spans if span.start < end]
    return text[:end] + notice, inside


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[tuple[bool, str]]:
    """Split a text into what is a hit and what is not, and where it looks like markup."""
    at = 0
    for span in [*spans, Span(len(text), len(text))]:
        for hit, piece in ((False, text[at : span.start]), (True, text[span.start : span.end])):
            yield from ((hit, part) for part in MARKUP.split(piece) if part)
        at = span.end
