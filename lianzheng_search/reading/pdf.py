"""A PDF file -> the lines of its text: paragraphs made whole, page furniture set apart."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from ..messages import N_
from ..model import Problem, RawFile, Removal
from ..text.characters import BLANK, unradical
from .limits import Limits, beyond, unreadable
from .pdf_layout import (
    FAR,
    Glyph,
    Page,
    PageLine,
    mark_furniture,
    paragraphs,
)

PASSWORD = 4
"""FPDF_ERR_PASSWORD, as FPDF_GetLastError tells it."""
IMAGE = 3
"""FPDF_PAGEOBJ_IMAGE."""
HYPHEN = "\ufffe"
"""What PDFium gives for a hyphen that parts a word at the end of a line."""
TILT = 0.1
"""Radians from which on text is set at a slant: a watermark."""
COLUMN_GAP = 1.5
WORD_GAP = 0.15
"""Gaps, in sizes of the character, that are a blank: between columns, between Latin words."""
FULL_TURN = 2 * 3.14159265
SURROGATE = re.compile("[\ud800-\udfff]")
GARBAGE = 0.3
"""With more than this share of characters that are none, a page's text cannot be told."""


def read_pdf(data: bytes, *, path: str, limits: Limits) -> RawFile:
    """
    Read a PDF by PDFium: the lines of its pages in order, put together to paragraphs.

    Page numbers, running heads and text set at a slant are removals. A page that is a picture is
    a problem; where all are, the file is a scan and Unreadable.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except (pypdfium2.PdfiumError, ValueError) as error:
        if getattr(error, "err_code", None) == PASSWORD or "password" in str(error).lower():
            raise unreadable(path, N_("it is locked with a password")) from None
        raise unreadable(path, DAMAGED) from None
    try:
        if len(document) > limits.pages:
            raise beyond(path, "pages", limits)
        pages = [_read_page(document, number) for number in range(len(document))]
    except pypdfium2.PdfiumError:
        raise unreadable(path, DAMAGED) from None
    finally:
        document.close()
    return _compose([page or Page([], 0, 0, False) for page in pages], pages, path)


DAMAGED = N_("a PDF file that is damaged; print it to PDF anew")


def _compose(pages: Sequence[Page], found: Sequence[Page | None], path: str) -> RawFile:
    scans = [n for n, page in enumerate(pages, 1) if page.has_picture and not page.lines]
    broken = [n for n, page in enumerate(found, 1) if page is None]
    unknown = [n for n, page in enumerate(pages, 1) if _is_garbage(page)]
    if not any(page.lines for page in pages):
        if scans:
            raise unreadable(
                path, N_("a scan: its pages are pictures; recognise the text (OCR) first")
            )
        raise unreadable(path, DAMAGED if broken else N_("the file is empty"))
    mark_furniture(pages)
    problems = [
        Problem(path=path, line=None, message=message, values={"pages": _ranges(numbers)})
        for message, numbers in (
            (N_("pages that are pictures are not read: {pages}; recognise them (OCR)"), scans),
            (N_("pages that are damaged are not read: {pages}"), broken),
            (N_("pages whose characters the file does not tell: {pages}"), unknown),
        )
        if numbers
    ]
    return RawFile(
        path=path,
        encoding="pdf",
        lines=tuple(paragraphs(pages)),
        problems=tuple(problems),
        removals=tuple(
            Removal(line=None, rule=line.rule, text=line.text)
            for page in pages
            for line in page.lines
            if line.rule
        ),
    )


def _is_garbage(page: Page) -> bool:
    text = "".join(line.text for line in page.lines)
    strange = sum("\ue000" <= c <= "\uf8ff" or c == "\ufffd" for c in text)
    return strange > GARBAGE * max(1, len(text))


def _ranges(numbers: Sequence[int]) -> str:
    """
    Write numbers short.

    >>> _ranges([1, 2, 3, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _read_page(document: Any, number: int) -> Page | None:
    """Read one page; None where PDFium cannot."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        page = document[number]
        try:
            width, height = page.get_size()
            text_page = page.get_textpage()
            try:
                lines = list(_page_lines(text_page, number, raw))
            finally:
                text_page.close()
            has_picture = not lines and any(
                raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page.raw, n))
                in (IMAGE, raw.FPDF_PAGEOBJ_FORM)
                for n in range(raw.FPDFPage_CountObjects(page.raw))
            )
        finally:
            page.close()
    except (pypdfium2.PdfiumError, OSError, ValueError, UnicodeError):
        return None
    return Page(lines, height, width, has_picture)


def _page_lines(text_page: Any, number: int, raw: Any) -> Iterator[PageLine]:
    """Yield the lines of a page, what stands side by side put together."""
    handle = text_page.raw
    line: list[Glyph] = []
    for n in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, n)
        if code in (10, 13):
            continue
        character = chr(code)
        if character in (HYPHEN, "\x02"):
            character = "-"
        elif character < " " or (character == " " and raw.FPDFText_IsGenerated(handle, n) == 1):
            continue
        left, bottom, right, top = _box(handle, n, raw)
        glyph = Glyph(character, left, right, bottom, max(top - bottom, 1.0), n)
        if line and character.strip() and not _beside(line, glyph):
            yield from _line(line, handle, number, raw)
            line = []
        line.append(glyph)
    yield from _line(line, handle, number, raw)


def _line(glyphs: list[Glyph], handle: Any, number: int, raw: Any) -> Iterator[PageLine]:
    """Make a line of its characters, from left to right whatever their order in the file."""
    while glyphs and glyphs[-1].character in BLANK:
        glyphs.pop()
    while glyphs and glyphs[0].character in BLANK:
        glyphs.pop(0)
    if not glyphs:
        return
    middle = glyphs[len(glyphs) // 2]
    angle = abs(raw.FPDFText_GetCharAngle(handle, middle.index)) % FULL_TURN
    tilted = TILT < angle < FULL_TURN - TILT and len(glyphs) > 1
    if not tilted:
        glyphs.sort(key=lambda glyph: (glyph.left, glyph.index))
    text = glyphs[0].character
    for before, glyph in pairwise(glyphs):
        gap = glyph.left - before.right
        latin = before.character.isascii() and glyph.character.isascii()
        if gap > COLUMN_GAP * glyph.size or (latin and gap > WORD_GAP * glyph.size):
            text += " "
        text += glyph.character
    if SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(" +", " ", unradical(text)).strip()
    if text:
        yield PageLine(
            text=text,
            page=number,
            left=min(glyph.left for glyph in glyphs),
            right=max(glyph.right for glyph in glyphs),
            bottom=median(glyph.bottom for glyph in glyphs),
            size=median(glyph.size for glyph in glyphs),
            tilted=tilted,
        )


def _box(handle: Any, at: int, raw: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a character."""
    box = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(handle, at, ctypes.byref(box)):
        return 0.0, 0.0, 0.0, 0.0
    low, high = sorted((box.bottom, box.top))
    return box.left, low, box.right, high


def _beside(line: Sequence[Glyph], glyph: Glyph) -> bool:
    """Check whether a character stands at the height of a line, near it or behind it."""
    last = line[-1]
    low, high = max(last.bottom, glyph.bottom), min(last.top, glyph.top)
    if high - low < min(last.size, glyph.size) / 3:
        return False
    return glyph.left > line[0].left - glyph.size and glyph.right < last.right + FAR
