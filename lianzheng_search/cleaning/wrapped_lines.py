"""Lines cut at the width of a page -> the paragraphs that they were."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ..model import Line
from ..text.characters import BLANK
from ..text.numerals import read_marker
from ..text.sentences import COLONS, SENTENCE_ENDS
from .edits import Edits
from .page_furniture import FINISHED, INSIDE, LEAST_TORN, LONGEST_HEADING, indent_of

HARD_WRAP = "hard-wrap"
"""The rule under which line ends are taken out."""
SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}{COLONS}…][”’）》」』】]*$")
OPEN = tuple("，、,（“‘《「『(")
"""Ends of a line behind which a sentence goes on."""
NEVER_FIRST = tuple("，。、；：！？”’）》」』】,;)")
"""Beginnings of a line that belong to the one above."""
LEAST_WIDTH = {"characters": 18, "columns": 36}
"""Minimum width of a page, in either measure."""
SLACK = {"characters": 2, "columns": 5}
"""Maximum difference of a full line from the width of the page."""
MOST_WIDTH = 130
"""Maximum width of a page, in code points."""
LEAST_FULL = 8
"""Minimum number of full lines."""
# In a text that is not wrapped a paragraph is a line, and nearly every line ends a sentence.
LEAST_UNFINISHED = 0.3
"""Minimum share of lines that end in mid-sentence: 0.4 are full, 0.75 of them."""
FEATURE = re.compile(r"[#|>*•+]|[-—=]{1,3}|```|\d+[.)、]")
"""How a line begins that was set on its own: a list, a table, markup."""


def join_wrapped_lines(edits: Edits) -> None:
    """
    Join the lines that were cut at the width of a page, and those that a page break cut.

    Only where most lines of the file have one and the same width, and end anywhere.
    """
    lines = edits.lines
    filled = [at for at, line in enumerate(lines) if line.text and line.text.strip(BLANK)]
    layout = _Layout([lines[at].text for at in filled])
    # Where a line was taken out between two, a page may have broken a paragraph in a
    # file that is otherwise not wrapped.
    torn = bool(edits.whole)
    if not layout.width and not torn:
        return
    joins: list[list[int]] = [[-1]]
    for at, to in pairwise(filled):
        above, below = lines[at], lines[to]
        # What the format calls a heading is whole, and so is the line before it.
        if above.number in edits.headings or below.number in edits.headings:
            continue
        gap = torn and any(
            (gone := edits.whole.get(number)) and gone.text.strip(BLANK)
            for number in range(edits.last_source(at) + 1, below.number)
        )
        if to > at + 1 and not gap:
            continue
        if layout.goes_on(above.text, below.text) or (gap and _is_torn_by_page(above, below)):
            if joins[-1][-1] != at:
                joins.append([at])
            joins[-1].append(to)
    # From the end, so that the indices before stay true.
    for ats in reversed(joins[1:]):
        edits.join(ats, HARD_WRAP)


def _is_torn_by_page(above: Line, below: Line) -> bool:
    upper, lower = above.text.strip(BLANK), below.text.strip(BLANK)
    return (
        len(upper) >= LEAST_TORN
        and not SENTENCE_END.search(upper)
        and (
            upper.endswith(OPEN)
            or lower.startswith(NEVER_FIRST)
            or "。" in upper
            or len(upper) > LONGEST_HEADING
        )
        and not lower.startswith(("——", "—"))
        and not read_marker(lower)
    )


class _Layout:
    """
    How the lines of a file are laid out; `width` is 0 unless they are cut at one width.

    `measure` tells in what: code points, or columns, of which a Chinese character fills two.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.width = 0
        self.measure = "characters"
        self.indented = False
        self.base = 0
        # Lines far longer than a page is wide show that nothing is cut; one in twenty may be an
        # exception.
        lengths = sorted(map(len, texts))
        if len(texts) < LEAST_FULL or lengths[len(texts) * 19 // 20] > MOST_WIDTH:
            return
        ends = sum(not text.endswith(FINISHED) for text in texts)
        if ends < LEAST_UNFINISHED * len(texts):
            return
        # Chinese text is cut by characters. Lines with much Latin text or many figures agree in
        # columns only, as in plain-text mail and on terminals.
        for self.measure in ("characters", "columns"):
            if width := self._find_width(texts):
                self.width = width
                break
        if not self.width:
            return
        indents = [indent_of(text) for text in texts]
        self.base = Counter(indents).most_common(1)[0][0]
        # Where paragraphs are indented, the indent decides, and whether a line is
        # full or ends a sentence counts little. It is believed only if most lines
        # behind a short, finished one have it.
        starts = [n for n in range(1, len(texts)) if not self._is_full(texts[n - 1])]
        fresh = [n for n in starts if texts[n - 1].rstrip(BLANK).endswith(FINISHED)]
        self.indented = 2 * sum(indents[n] > self.base + 1 for n in fresh) > len(fresh) > 0

    def _find_width(self, texts: Sequence[str]) -> int:
        sizes = [self._size(text) for text in texts]
        # Nearly the longest: a few lines are longer, for marks that hang over the edge.
        width = sorted(sizes)[len(sizes) * 97 // 100 - (len(sizes) > 40)]
        slack = SLACK[self.measure]
        full = [n for n, size in enumerate(sizes) if width - slack <= size <= width + slack]
        cut = [n for n in full if not texts[n].rstrip(BLANK).endswith(FINISHED)]
        running = [n for n in full if INSIDE.search(texts[n])]
        # Lists of items of equal length look wrapped, but have a number on every next line.
        heads = [n for n in full if n + 1 < len(texts) and read_marker(texts[n + 1].strip(BLANK))]
        fits = (
            width >= LEAST_WIDTH[self.measure]
            and len(full) >= max(LEAST_FULL, 0.4 * len(sizes))
            and len(cut) >= 0.75 * len(full)
            and len(running) >= 0.6 * len(full)
            and len(heads) <= 0.2 * len(full)
        )
        return width if fits else 0

    def _size(self, text: str) -> int:
        text = text.rstrip(BLANK)
        if self.measure == "characters":
            return len(text)
        return len(text) + sum(character > "\u2000" or character == "·" for character in text)

    def _is_full(self, text: str, times: int = 1) -> bool:
        return self._size(text) >= self.width - times * SLACK[self.measure]

    def goes_on(self, above: str, below: str) -> bool:
        """Check whether a paragraph goes on from one line to the next."""
        if not self.width or (FEATURE.match(below.strip(BLANK)) and not self.indented):
            return False
        fresh = indent_of(below) > self.base + 1
        if self.indented:
            return not fresh and self._is_full(above, 3)
        finished = above.rstrip(BLANK).endswith(("。", "！", "？"))
        heading = read_marker(below.strip(BLANK))
        # Without indents nothing tells a paragraph that ends in a full line: at 。 it is therefore
        # not joined, and may stay cut in two.
        return not fresh and not finished and not heading and self._is_full(above)
