"""A PDF file -> the lines of its text: paragraphs made whole, page furniture set apart."""

from __future__ import annotations

import ctypes
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from ..messages import N_
from ..model import Problem, RawFile, Removal
from ..text.characters import BLANK, unradical
from ..text.numerals import read_marker
from .limits import Limits, beyond, unreadable

PASSWORD = 4
"""FPDF_ERR_PASSWORD, as FPDF_GetLastError tells it."""
IMAGE = 3
"""FPDF_PAGEOBJ_IMAGE."""
HYPHEN = "\ufffe"
"""What PDFium gives for a hyphen that parts a word at the end of a line."""
TILT = 0.1
"""Radians from which on text is set at a slant: a watermark."""
PAGE_NUMBER = re.compile(
    r"""
    [-–—―－﹣·•*~～〔\[(（ ]{0,6}
    (?:第[ ]?)?(?:\d{1,4}|[ivxlc]{1,6}|[IVXLC]{1,6}|[一二三四五六七八九十百〇]{1,4})(?:[ ]?页)?
    (?:[ ]?[/／,，|]?[ ]?(?:共|of)?[ ]?\d{1,4}[ ]?页?)?
    [-–—―－﹣·•*~～〕\])） ]{0,6}
    """,
    re.VERBOSE,
)
"""Asked of a line whose runs of blanks are one blank each: `_is_page_number`."""
EDGE = 0.15
"""Page numbers and running heads stand in this share of the page at its top and bottom."""
EDGE_LINES = 3
MARGIN = 0.07
LONE = 2.5
FEW_PAGES = 2
"""On so few pages, a line in the margin, so many sizes apart from the next, is furniture."""
SAME_PLACE = 4.0
"""Points by which the same line of two pages may stand apart."""
RECURS = 0.4
MIDDLE_RECURS = 0.6
"""Of the pages, so many must have a line for it to be furniture."""
MOST_LAID_OVER = 4
MOST_COMPARED = 2_000
"""Lines on a page that recur elsewhere in their place; lines that are compared for it."""
INDENTED = 0.7
FULL = 1.9
"""In widths of a character: how far a first line is set in; how far a full line may be short."""
LEAST_RIGHT = 0.7
"""A line that ends before this share of the page's width is not full, whatever the others do."""
GAP = 1.35
"""A distance so many times the usual one parts paragraphs."""
SENTENCE_END = "。！？；：”’）》…"
COLUMN_GAP = 1.5
WORD_GAP = 0.15
"""Gaps, in sizes of the character, that are a blank: between columns, between Latin words."""
FAR = 400.0
"""Points by which what stands at the same height may be apart."""
FULL_TURN = 2 * 3.14159265
SURROGATE = re.compile("[\ud800-\udfff]")
GARBAGE = 0.3
"""With more than this share of characters that are none, a page's text cannot be told."""


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character as set, in points; `index` is its number on the page."""

    character: str
    left: float
    right: float
    bottom: float
    size: float
    index: int

    @property
    def top(self) -> float:
        return self.bottom + self.size


@dataclass(slots=True, eq=False)
class _PageLine:
    """A line as set: its text, and where it stands, in points from the left and the bottom."""

    text: str
    page: int
    left: float
    right: float
    bottom: float
    size: float
    tilted: bool = False
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[_PageLine]
    height: float
    width: float
    has_picture: bool


def read_pdf(data: bytes, *, path: str, limits: Limits) -> RawFile:
    """
    Read a PDF by PDFium: the lines of its pages in order, put together to paragraphs.

    Page numbers, running heads and text set at a slant are removals. A page that is a picture is
    a problem; where all are, the file is a scan and Unreadable.
    """
    try:
        import pypdfium2
    except ImportError:
        raise unreadable(
            path, N_("a PDF file: reading it needs pip install 'lianzheng-search[pdf]'")
        ) from None
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
    return _compose([page or _Page([], 0, 0, False) for page in pages], pages, path)


DAMAGED = N_("a PDF file that is damaged; print it to PDF anew")


def _compose(pages: Sequence[_Page], found: Sequence[_Page | None], path: str) -> RawFile:
    scans = [n for n, page in enumerate(pages, 1) if page.has_picture and not page.lines]
    broken = [n for n, page in enumerate(found, 1) if page is None]
    unknown = [n for n, page in enumerate(pages, 1) if _is_garbage(page)]
    if not any(page.lines for page in pages):
        if scans:
            raise unreadable(
                path, N_("a scan: its pages are pictures; recognise the text (OCR) first")
            )
        raise unreadable(path, DAMAGED if broken else N_("the file is empty"))
    _mark_furniture(pages)
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
        lines=tuple(_paragraphs(pages)),
        problems=tuple(problems),
        removals=tuple(
            Removal(line=None, rule=line.rule, text=line.text)
            for page in pages
            for line in page.lines
            if line.rule
        ),
    )


def _is_garbage(page: _Page) -> bool:
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


def _read_page(document: Any, number: int) -> _Page | None:
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
    return _Page(lines, height, width, has_picture)


def _page_lines(text_page: Any, number: int, raw: Any) -> Iterator[_PageLine]:
    """Yield the lines of a page, what stands side by side put together."""
    handle = text_page.raw
    line: list[_Glyph] = []
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
        glyph = _Glyph(character, left, right, bottom, max(top - bottom, 1.0), n)
        if line and character.strip() and not _beside(line, glyph):
            yield from _line(line, handle, number, raw)
            line = []
        line.append(glyph)
    yield from _line(line, handle, number, raw)


def _line(glyphs: list[_Glyph], handle: Any, number: int, raw: Any) -> Iterator[_PageLine]:
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
        yield _PageLine(
            text=text,
            page=number,
            left=min(glyph.left for glyph in glyphs),
            right=max(glyph.right for glyph in glyphs),
            bottom=median(glyph.bottom for glyph in glyphs),
            size=median(glyph.size for glyph in glyphs),
            tilted=tilted,
        )


def _box(handle: Any, at: int, raw: Any) -> tuple[float, float, float, float]:
    """Give left, bottom, right and top of a character."""
    box = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(handle, at, ctypes.byref(box)):
        return 0.0, 0.0, 0.0, 0.0
    low, high = sorted((box.bottom, box.top))
    return box.left, low, box.right, high


def _beside(line: Sequence[_Glyph], glyph: _Glyph) -> bool:
    """Tell whether a character stands at the height of a line, near it or behind it."""
    last = line[-1]
    low, high = max(last.bottom, glyph.bottom), min(last.top, glyph.top)
    if high - low < min(last.size, glyph.size) / 3:
        return False
    return glyph.left > line[0].left - glyph.size and glyph.right < last.right + FAR


def _mark_furniture(pages: Sequence[_Page]) -> None:
    """Mark page numbers, running heads and feet, and what is laid over the pages."""
    places: dict[str, list[_PageLine]] = defaultdict(list)
    for page in pages:
        for line in page.lines:
            if line.tilted:
                line.rule = "word-art"
            else:
                places[re.sub(r"\d+", "0", line.text)].append(line)
    full = [page for page in pages if page.lines]
    usual = _usual_distance([line for page in full for line in page.lines])
    laid_over: dict[int, list[_PageLine]] = defaultdict(list)
    for lines in places.values():
        for line in lines:
            if _pages_at(line, lines) >= max(3, MIDDLE_RECURS * len(full)):
                laid_over[line.page].append(line)
    for recurring in laid_over.values():
        if len(recurring) <= MOST_LAID_OVER:  # more is a text that is there twice
            for line in recurring:
                line.rule = "word-art"
    for side, rule in ((-1, "page-header"), (1, "page-footer")):
        for _round in range(EDGE_LINES):
            outer = [one for page in full if (one := _outermost(page, side, usual))]
            marked = False
            for line in outer:
                line_rule = _edge_rule(line, outer, len(full), rule)
                if line_rule:
                    line.rule = line_rule
                    marked = True
            if not marked:
                break
    if len(full) <= FEW_PAGES:
        _mark_lone_edges(full)
    for page in full:
        for line in page.lines:
            if line.rule == "word-art" and not line.tilted:
                middle = line.bottom + line.size / 2
                if middle < page.height * EDGE and _is_page_number(line.text):
                    line.rule = "page-number"
                elif middle > page.height * (1 - EDGE):
                    line.rule = "page-header"
                elif middle < page.height * EDGE:
                    line.rule = "page-footer"


def _is_page_number(text: str) -> bool:
    """
    Check whether a line is a page number, whatever is set around it.

    >>> [_is_page_number(text) for text in ("— 3 —", "第 3 页 / 共 12 页", "xii", "3 月")]
    [True, True, True, False]
    """
    return PAGE_NUMBER.fullmatch(" ".join(text.split())) is not None


def _pages_at(line: _PageLine, lines: Sequence[_PageLine]) -> int:
    """Count the pages on which one of these lines stands where this one does."""
    if len(lines) > MOST_COMPARED:
        return 0
    return len(
        {
            other.page
            for other in lines
            if abs(other.bottom - line.bottom) < SAME_PLACE
            and abs(other.left - line.left) < 10 * SAME_PLACE
        }
    )


def _mark_lone_edges(pages: Sequence[_Page]) -> None:
    """Mark what stands in the margin of a page, small and apart: nothing recurs on so few."""
    for page in pages:
        usual = median(line.size for line in page.lines)
        for side, rule in ((-1, "page-header"), (1, "page-footer")):
            rest = [line for line in page.lines if line.rule is None]
            rest.sort(key=lambda line: side * line.bottom)
            if len(rest) < 2 or rest[0].size > 1.05 * usual:
                continue
            middle = rest[0].bottom + rest[0].size / 2
            in_margin = (
                middle < MARGIN * page.height if side > 0 else (middle > (1 - MARGIN) * page.height)
            )
            if in_margin and abs(rest[0].bottom - rest[1].bottom) > LONE * usual:
                rest[0].rule = rule


def _outermost(page: _Page, side: int, usual: float) -> _PageLine | None:
    """
    Give the line at the top (-1) or the bottom (1) of a page, if it may be no part of the text.

    It stands near the edge, and there is a gap between it, or what follows it, and the text.
    """
    left = [line for line in page.lines if line.rule is None]
    if not left:
        return None
    left.sort(key=lambda line: side * line.bottom)
    line = left[0]
    middle = line.bottom + line.size / 2
    edge = middle > page.height * (1 - EDGE) if side < 0 else middle < page.height * EDGE
    if not edge:
        return None
    near = left[: EDGE_LINES + 1]
    apart = len(left) == 1 or any(
        abs(one.bottom - other.bottom) > GAP * usual for one, other in pairwise(near)
    )
    is_number = _is_page_number(line.text) and not line.text.isdigit()
    return line if apart or is_number else None


def _edge_rule(line: _PageLine, outer: Sequence[_PageLine], pages: int, rule: str) -> str | None:
    near = [other for other in outer if abs(other.bottom - line.bottom) < SAME_PLACE]
    if _is_page_number(line.text):
        numbered = [other for other in near if _is_page_number(other.text)]
        has_more = not line.text.strip().isdigit() or len(numbered) > 1 or pages == 1
        if has_more and (len(numbered) >= min(2, pages)):
            return "page-number"
    bare = re.sub(r"\d+", "0", line.text)
    same = {other.page for other in near if re.sub(r"\d+", "0", other.text) == bare}
    return rule if len(same) >= max(2, min(3, RECURS * pages)) else None


def _paragraphs(pages: Sequence[_Page]) -> Iterator[str]:
    """Put the lines of the text together: a paragraph ends where its last line does."""
    lines = [line for page in pages for line in page.lines if line.rule is None]
    if not lines:
        return
    margins = {
        page: (left, max(right, LEAST_RIGHT * pages[page].width))
        for page, (left, right) in _margins(lines).items()
    }
    usual = _usual_distance(lines)
    text = ""
    before: _PageLine | None = None
    for line in lines:
        if before is not None and _goes_on(before, line, margins, usual):
            blank = text[-1:].isascii() and line.text[:1].isascii() and text[-1:].isalnum()
            text += (" " if blank and line.text[:1].isalnum() else "") + line.text
        else:
            if before is not None:
                yield text
            text = line.text
        before = line
    if before is not None:
        yield text


def _usual_distance(lines: Sequence[_PageLine]) -> float:
    distances = Counter(
        round(before.bottom - line.bottom)
        for before, line in pairwise(lines)
        if before.page == line.page and before.bottom > line.bottom
    )
    return distances.most_common(1)[0][0] if distances else 0


def _margins(lines: Sequence[_PageLine]) -> dict[int, tuple[float, float]]:
    """Give where the text of each page begins and ends, left and right."""
    by_page: dict[int, list[_PageLine]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    whole = _column(lines)
    margins = {}
    for page, own in by_page.items():
        wide = [line for line in own if line.right - line.left > 0.8 * (whole[1] - whole[0])]
        margins[page] = _column(own) if len(wide) >= 5 else whole
    return margins


def _column(lines: Sequence[_PageLine]) -> tuple[float, float]:
    widest = max(line.right - line.left for line in lines)
    wide = [line for line in lines if line.right - line.left > 0.7 * widest]
    lefts = Counter(round(line.left) for line in wide)
    most = max(lefts.values())
    left = min(place for place, count in lefts.items() if count >= most / 3)
    rights = sorted(line.right for line in wide)
    return float(left), rights[int(0.9 * (len(rights) - 1))]


def _goes_on(
    before: _PageLine, line: _PageLine, margins: dict[int, tuple[float, float]], usual: float
) -> bool:
    """Tell whether a line goes on with the paragraph of the one before it."""
    if not 0.85 < line.size / before.size < 1.18:
        return False
    same_page = before.page == line.page
    if same_page and usual and not 0 < before.bottom - line.bottom < GAP * usual:
        return False
    right = margins[before.page][1]
    word = re.match(r"[A-Za-z0-9.%,-]*", line.text)
    word_width = len(word[0]) * 0.55 if word else 0
    if before.right < right - (FULL + word_width) * before.size:
        return False
    ends = before.text[-1:] in SENTENCE_END
    set_in = line.left - margins[line.page][0]
    if set_in > INDENTED * line.size:
        return False
    return not (ends and read_marker(line.text))
