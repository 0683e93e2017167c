"""The lines of PDF pages -> paragraphs made whole, and what is page furniture."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ..text.numerals import read_marker

PAGE_NUMBER = re.compile(
    r"""
    [-–—―－﹣·•*~～〔\[(（ ]{0,6}
    (?:第[ ]?)?(?:\d{1,4}|[ivxlc]{1,6}|[IVXLC]{1,6}|[一二三四五六七八九十百〇]{1,4})(?:[ ]?页)?
    (?:[ ]?[/／,，|]?[ ]?(?:共|of)?[ ]?\d{1,4}[ ]?页?)?
    [-–—―－﹣·•*~～〕\])） ]{0,6}
    """,
    re.VERBOSE,
)
"""A line that holds a page number alone; runs of blanks are one blank when it is asked."""
EDGE = 0.15
"""Share of the page's height, at its top and at its bottom, in which page numbers stand."""
EDGE_LINES = 3
"""Maximum number of lines of a running head, or of a foot."""
MARGIN = 0.07
"""Share of the page's height that is margin: a lone line in it may be furniture."""
LONE = 2.5
"""Minimum distance of a lone line from the next, in sizes of its type."""
FEW_PAGES = 2
"""Up to this many pages nothing can recur: place and distance decide, not repetition."""
SAME_PLACE = 4.0
"""Maximum distance, in points, of the same line on two pages: printers shift a little."""
RECURS = 0.4
"""Minimum share of pages a line must recur on, at an edge, to count as a header or footer."""
MIDDLE_RECURS = 0.6
"""The same for a line in the middle of a page, where a text may repeat itself rightly."""
MOST_LAID_OVER = 4
"""Maximum number of lines laid over a page, a watermark's; more is a text printed twice."""
MOST_COMPARED = 2_000
"""Maximum number of lines that are compared with one line, so that many alike cost no square."""
INDENTED = 0.7
"""Minimum indent of a paragraph's first line, in widths of a character."""
FULL = 1.9
"""Maximum shortfall of a full line, in widths of a character: 。 may not begin the next one."""
LEAST_RIGHT = 0.7
"""Minimum share of the page's width at which a full line ends, whatever the others do."""
GAP = 1.35
"""Distance, in multiples of the usual one, from which on two lines are two paragraphs."""
SENTENCE_END = "。！？；：”’）》…"
FAR = 400.0
"""Distance, in points, from which on what stands at one height belongs to two lines."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character as set, in points; `index` is its number on the page."""

    character: str
    left: float
    right: float
    bottom: float
    size: float
    index: int

    @property
    def top(self) -> float:
        """The upper edge of the character's body."""
        return self.bottom + self.size


@dataclass(slots=True, eq=False)
class PageLine:
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
class Page:
    """A page's lines in reading order, and its size in points."""

    lines: list[PageLine]
    height: float
    width: float
    has_picture: bool


def mark_furniture(pages: Sequence[Page]) -> None:
    """Mark page numbers, running heads and feet, and what is laid over the pages."""
    places: dict[str, list[PageLine]] = defaultdict(list)
    for page in pages:
        for line in page.lines:
            if line.tilted:
                line.rule = "word-art"
            else:
                places[re.sub(r"\d+", "0", line.text)].append(line)
    full = [page for page in pages if page.lines]
    usual = _usual_distance([line for page in full for line in page.lines])
    laid_over: dict[int, list[PageLine]] = defaultdict(list)
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
        mark_lone_edges(full)
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


def _pages_at(line: PageLine, lines: Sequence[PageLine]) -> int:
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


def mark_lone_edges(pages: Sequence[Page]) -> None:
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


def _outermost(page: Page, side: int, usual: float) -> PageLine | None:
    """
    Return the line at the top (-1) or the bottom (1) of a page, if it may be no part of the text.

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


def _edge_rule(line: PageLine, outer: Sequence[PageLine], pages: int, rule: str) -> str | None:
    near = [other for other in outer if abs(other.bottom - line.bottom) < SAME_PLACE]
    if _is_page_number(line.text):
        numbered = [other for other in near if _is_page_number(other.text)]
        has_more = not line.text.strip().isdigit() or len(numbered) > 1 or pages == 1
        if has_more and (len(numbered) >= min(2, pages)):
            return "page-number"
    bare = re.sub(r"\d+", "0", line.text)
    same = {other.page for other in near if re.sub(r"\d+", "0", other.text) == bare}
    return rule if len(same) >= max(2, min(3, RECURS * pages)) else None


def paragraphs(pages: Sequence[Page]) -> Iterator[str]:
    """Yield the paragraphs that the lines make up; one ends where its last line does."""
    lines = [line for page in pages for line in page.lines if line.rule is None]
    if not lines:
        return
    margins = {
        page: (left, max(right, LEAST_RIGHT * pages[page].width))
        for page, (left, right) in _margins(lines).items()
    }
    usual = _usual_distance(lines)
    text = ""
    before: PageLine | None = None
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


def _usual_distance(lines: Sequence[PageLine]) -> float:
    distances = Counter(
        round(before.bottom - line.bottom)
        for before, line in pairwise(lines)
        if before.page == line.page and before.bottom > line.bottom
    )
    return distances.most_common(1)[0][0] if distances else 0


def _margins(lines: Sequence[PageLine]) -> dict[int, tuple[float, float]]:
    """Return where the text of each page begins and ends, left and right."""
    by_page: dict[int, list[PageLine]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    whole = _column(lines)
    margins = {}
    for page, own in by_page.items():
        wide = [line for line in own if line.right - line.left > 0.8 * (whole[1] - whole[0])]
        margins[page] = _column(own) if len(wide) >= 5 else whole
    return margins


def _column(lines: Sequence[PageLine]) -> tuple[float, float]:
    widest = max(line.right - line.left for line in lines)
    wide = [line for line in lines if line.right - line.left > 0.7 * widest]
    lefts = Counter(round(line.left) for line in wide)
    most = max(lefts.values())
    left = min(place for place, count in lefts.items() if count >= most / 3)
    rights = sorted(line.right for line in wide)
    return float(left), rights[int(0.9 * (len(rights) - 1))]


def _goes_on(
    before: PageLine, line: PageLine, margins: dict[int, tuple[float, float]], usual: float
) -> bool:
    """Check whether a line goes on with the paragraph of the one before it."""
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
