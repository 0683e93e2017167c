"""The formatted pages of an old Word file -> what is deleted or hidden, and what is a heading."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .numbering import LEVELS
from .pieces import Streams

PAGE = 512
"""Bytes of a formatted disk page (ChpxFkp, PapxFkp)."""
CHPX_ENTRY, BX_PAP = 1, 13
"""Bytes of an entry of a page: of runs, the word offset alone; of paragraphs, a BxPap."""
SPRM_C_FRMARK_DEL, SPRM_C_FVANISH = 0x0800, 0x083C
SPRM_P_ILFO, SPRM_P_ILVL, SPRM_P_OUT_LVL = 0x460B, 0x260A, 0x2640
OPERAND_SIZES = (1, 1, 2, 4, 2, 2, -1, 3)
"""Bytes of a sprm's operand, by its three highest bits (spra); -1: the first byte tells."""
LONG_OPERANDS = {0xD606, 0xD608}
"""sprmTDefTable10 and sprmTDefTable, whose length takes two bytes, and counts itself in part."""
PARAGRAPH_STYLE = 1
"""The kind (stk) of a style for paragraphs."""
TITLE_STYLE = 62
"""What Word calls its style Title (sti); 1 to 9 are Heading 1 to Heading 9."""
MOST_STYLES = 4096
DEEPEST_STYLE = 20
"""Maximum number of styles followed, each to what it is based on: a damaged sheet has circles."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What is said of a paragraph: list, level in it, outline level; None where nothing is."""

    style: int = 0
    list_id: int | None = None
    level: int | None = None
    outline: int | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """A style of the sheet (STD): what Word calls it, what it is based on, its properties."""

    known_as: int
    base: int
    properties: Properties


def marks(streams: Streams) -> dict[int, str]:
    """Return the positions of text that is deleted or hidden, each with the rule that says so."""
    found: dict[int, str] = {}
    for first, last, page, offset in _runs(streams, "runs", CHPX_ENTRY):
        sprms = dict(_sprms(page[offset + 1 : offset + 1 + page[offset]]))
        rule = None
        if sprms.get(SPRM_C_FRMARK_DEL, b"\0") == b"\1":
            rule = "deleted-text"
        elif sprms.get(SPRM_C_FVANISH, b"\0") == b"\1":
            rule = "hidden-text"
        if rule:
            for places in streams.places(first, last):
                found |= dict.fromkeys(places, rule)
    return found


def paragraphs(streams: Streams) -> dict[int, Properties]:
    """Return the properties of paragraphs by the position of the character that ends them."""
    found: dict[int, Properties] = {}
    for first, last, page, offset in _runs(streams, "paragraphs", BX_PAP):
        # PapxInFkp: cb counts words, less one byte; cb 0 says that the count stands in the next.
        size = 2 * page[offset] - 1
        if page[offset] == 0:
            offset += 1
            size = 2 * page[offset]
        data = page[offset + 1 : offset + 1 + size]
        if len(data) < 2:
            continue
        properties = _paragraph(struct.unpack_from("<H", data)[0], data[2:])
        for places in streams.places(first, last):
            found[places[-1]] = properties
    return found


def styles(streams: Streams) -> dict[int, Style]:
    """Read the style sheet (STSH) by the numbers that paragraphs name (istd)."""
    sheet = streams.part("styles")
    if len(sheet) < 4:
        return {}
    # cbStshi, then Stshi: cstd, cbSTDBaseInFile, and more that does not matter here.
    header, count, base_size = struct.unpack_from("<HHH", sheet)
    at = 2 + header
    found = {}
    for n in range(min(count, MOST_STYLES)):
        if at + 2 > len(sheet):
            break
        size = struct.unpack_from("<H", sheet, at)[0]
        style = sheet[at + 2 : at + 2 + size]
        at += 2 + size
        if len(style) < 10:  # a number that no style has
            continue
        # StdfBase: sti in 12 bits; stk in 4 bits and istdBase in 12.
        own, kind = struct.unpack_from("<HH", style)
        properties = Properties()
        if kind & 0xF == PARAGRAPH_STYLE and base_size + 2 <= len(style):
            # The name (xstzName), closed by a zero, then the properties of paragraphs (UpxPapx),
            # each on an even byte.
            letters = struct.unpack_from("<H", style, base_size)[0]
            place = base_size + 2 + 2 * letters + 2
            place += place % 2
            if place + 4 <= len(style):
                length = struct.unpack_from("<H", style, place)[0]
                properties = _paragraph(n, style[place + 4 : place + 2 + length])
        found[n] = Style(own & 0xFFF, kind >> 4, properties)
    return found


def with_styles(properties: Properties, known: dict[int, Style]) -> tuple[Properties, int | None]:
    """
    Complete what a paragraph does not say by its styles; return its level as a heading, too.

    The level is 0 for a title, from 1 for a heading, None for text.
    """
    list_id, level, outline = properties.list_id, properties.level, properties.outline
    heading: int | None = None
    number = properties.style
    for _ in range(DEEPEST_STYLE):
        style = known.get(number)
        if style is None:
            break
        if heading is None and 1 <= style.known_as <= LEVELS:
            heading = style.known_as
        elif heading is None and style.known_as == TITLE_STYLE:
            heading = 0
        list_id = style.properties.list_id if list_id is None else list_id
        level = style.properties.level if level is None else level
        outline = style.properties.outline if outline is None else outline
        number = style.base
    if outline is not None and heading is None and outline < LEVELS:
        heading = outline + 1
    return Properties(properties.style, list_id, level, outline), heading


def _runs(streams: Streams, name: str, entry: int) -> Iterator[tuple[int, int, bytes, int]]:
    """
    Yield the runs of the formatted pages: from, to (fc), the page, the offset of what is said.

    PlcfBteChpx and PlcfBtePapx name the pages (PnFkp, 22 bits); a page is n + 1 offsets (rgfc),
    n entries that begin with a word offset into the page, and n itself in its last byte (crun).
    """
    plc = streams.part(name)
    count = (len(plc) - 4) // 8
    seen: set[int] = set()
    for n in range(max(0, count)):
        number = struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * n)[0] & 0x3FFFFF
        page = streams.main[number * PAGE : (number + 1) * PAGE]
        if len(page) < PAGE or number in seen:  # a damaged table may name one page for ever
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


def _paragraph(style: int, data: bytes) -> Properties:
    sprms = dict(_sprms(data))
    list_id, level = sprms.get(SPRM_P_ILFO), sprms.get(SPRM_P_ILVL)
    outline = sprms.get(SPRM_P_OUT_LVL)
    return Properties(
        style=style,
        list_id=None if list_id is None else struct.unpack("<h", list_id)[0],
        level=None if level is None else level[0],
        outline=None if outline is None else outline[0],
    )


def _sprms(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the single properties (Prl) of a run or a paragraph: sprm and operand."""
    at = 0
    while at + 2 < len(data):
        sprm = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = OPERAND_SIZES[sprm >> 13]
        if size < 0:
            if sprm in LONG_OPERANDS:
                if at + 2 > len(data):
                    return
                size = 1 + struct.unpack_from("<H", data, at)[0]
            else:
                size = 1 + data[at]
        operand = data[at : at + size]
        if len(operand) < size:
            return
        yield sprm, operand
        at += size
