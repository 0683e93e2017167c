"""Characters that printing and conversion leave in a text -> the characters of the text."""

from __future__ import annotations

import re

from ..text.characters import BLANK, RADICALS, unradical
from .edits import Edits
from .page_furniture import PAGE_NUMBER, page_break_end

INVISIBLE, RADICAL, STREWN = "invisible", "radical", "strewn-spaces"
"""Rules under which characters are taken out or replaced."""

_RADICALS = "".join(map(re.escape, map(chr, RADICALS)))
_HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\u034f\u061c\ufe00-\ufe0f\ufff9-\ufffb\U000e0000-\U000e0fff"
)
# Said by what is not odd, it is found faster: most of a text is in the first two ranges.
ODD = re.compile(
    "[^\u3000-\ufdff\ufe10-\ufefe\t-\r -~\x85\xa0-\xac\xae-\u034e\u0350-\u061b\u061d-\u180d"
    "\u180f-\u200a\u2010-\u2029\u202f-\u205f\u2065\u2070-\u2e7f\u2fe0-\u2fff\uff00-\ufff8"
    "\ufffc-\U000dffff\U000e1000-\U0010ffff]"
)
HIDDEN = re.compile(f"[{_HIDDEN}]+")
RADICALS_RUN = re.compile(f"[{_RADICALS}]+")

# Blanks strewn between characters come from PDFs and from scans (清 风 正 气); but 张 某 in a list
# of names, and a title that is spread out, are so on purpose.
HAN = "\u3400-\u9fff"
LONE = re.compile(f" [{HAN}] ")
SPACED = re.compile(f"[{HAN}](?: [{HAN}]){{2,}}")
SENTENCE_MARK = re.compile("[，。；：、,;:！？]")
TOUCHING = re.compile(f"[{HAN}]|[，。；：、“”,:]{{2}}")
LEAST_STREWN = 8
"""Minimum number of characters of a line that is spaced throughout."""


def mend_characters(edits: Edits) -> None:
    """Take out what does not show and blanks strewn in; replace radicals by characters."""
    # One search over the whole text: most files need no mending, and are done after it.
    whole = "\n".join([line.text for line in edits.lines])
    odd, fed = ODD.search(whole), "\f" in whole
    edits.fed = fed
    if not odd and not fed and not LONE.search(whole):
        return
    for at in reversed(range(len(edits.lines))):
        if edits.lines[at].text.strip(BLANK):
            _mend_line(edits, at, odd=odd is not None)


def _mend_line(edits: Edits, at: int, *, odd: bool) -> None:
    """Mend one line, as long as anything of it is left."""
    count = len(edits.lines)
    if odd:
        if spans := [match.span() for match in HIDDEN.finditer(edits.lines[at].text)]:
            edits.cut_all(at, spans, INVISIBLE)
        text = edits.lines[at].text if len(edits.lines) == count else ""
        if characters := [(m.start(), unradical(m[0])) for m in RADICALS_RUN.finditer(text)]:
            edits.put_all(at, characters, RADICAL)
    if len(edits.lines) == count and edits.fed and (end := page_break_end(edits.lines[at].text)):
        edits.cut(at, 0, end, PAGE_NUMBER)
    if len(edits.lines) == count and LONE.search(edits.lines[at].text):
        _close_up(edits, at)


def _close_up(edits: Edits, at: int) -> None:
    """Take out the blanks between single characters, but not where they set off a name."""
    text = edits.lines[at].text
    spans: list[tuple[int, int]] = []
    for run in SPACED.finditer(text):
        # A spaced run is a fault where it touches other text of a sentence, or fills a long line;
        # alone on a short line it is the layout of a title or a name.
        around = text[: run.start()] + text[run.end() :]
        whole = not around.strip(BLANK) and len(run[0]) >= 2 * LEAST_STREWN - 1
        beside = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
        if whole or (TOUCHING.search(beside) and SENTENCE_MARK.search(around)):
            spans += ((column, column + 1) for column in range(run.start() + 1, run.end(), 2))
    if spans:
        edits.cut_all(at, spans, STREWN)
