"""CleanText -> the lines of a speech, also where a file keeps all of them on one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..model import CleanText
from ..text.characters import BLANK
from ..text.numerals import STARTS, TOP_LEVELS, read_marker
from ..text.sentences import CLOSING_MARKS, COLONS, FULL_STOPS, SENTENCE_ENDS

HEADING_END = re.compile(rf"[{FULL_STOPS}]+[{CLOSING_MARKS}*_]*[{BLANK}]*")
# Text pasted from a web page or a chat has often lost its line ends. Only long lines are tested,
# since a short one with a blank in it is a title or a byline (张某 李某) and must stay whole.
LONG_LINE = 300
"""Minimum length of a line that may be several joined ones, in characters."""
JOINTS = 3
"""Minimum number of equal joints in a line, unless nothing else parts it."""
LONGEST_MARKER = 40
"""Number of characters behind a joint that are read for the number of a heading."""
BLANKS = re.compile(rf"[{BLANK}]+")
ENDED = frozenset(f"{SENTENCE_ENDS}{COLONS}{CLOSING_MARKS}…")
SENTENCE_START = re.compile(r"(?<=[。！？：；…”’」』）])")


@dataclass(frozen=True, slots=True)
class TextLine:
    """
    A line that is not blank: its number, the column at which its text starts, the text.

    Where a file keeps several on one line, `tail` is the white space up to the next of them, and
    `touches` says that this is not the first.
    """

    number: int
    column: int
    text: str
    tail: str = ""
    touches: bool = False


def text_lines(clean: CleanText) -> list[TextLine]:
    """Return the lines of a text that are not blank, without the white space around them."""
    found: list[TextLine] = []
    length = sum(len(line.text) for line in clean.lines)
    for line in clean.lines:
        text = line.text.strip(BLANK)
        if not text:
            continue
        column = line.text.index(text[0])
        if len(text) < LONG_LINE:
            found.append(TextLine(line.number, column, text))
            continue
        # `tail` keeps the white space of the joint, for the lines joined again must be the file's
        # line: offsets of passages are columns of the file.
        starts = [0, *_joints(text, alone=2 * len(text) > length), len(text)]
        for start, end in pairwise(starts):
            bare = text[start:end].rstrip(BLANK)
            tail = text[start + len(bare) : end]
            found.append(TextLine(line.number, column + start, bare, tail, start > 0))
    return found


def sentence_end(text: str) -> int:
    """Where a heading ends on its line: before the paragraph that it runs on into."""
    match = HEADING_END.search(text)
    return match.end() if match else len(text)


def _joints(text: str, *, alone: bool) -> list[int]:
    """
    List where the lines start, but the first, that were joined into one.

    They are joined by the white space with which paragraphs begin, or, where the line is as good
    as the whole speech (`alone`), by single blanks, or by nothing, where numbered headings tell.
    """
    blanks = list(BLANKS.finditer(text))
    wide = Counter(match.group() for match in blanks if len(match.group()) > 1)
    if wide:
        # Paragraphs begin with the same indent (usually two full-width blanks); other wide blanks,
        # such as those inside a date or a table, vary.
        joint, count = wide.most_common(1)[0]
        at = [match for match in blanks if match.group() == joint]
        # Half is enough: headings and the title before a joint end in no mark.
        ended = sum(text[match.start() - 1] in ENDED for match in at)
        often = count >= JOINTS or (alone and 2 * count >= len(blanks))
        if often and 2 * ended >= count:
            return [match.end() for match in at]
    if not alone:
        return []
    found: list[int] = []
    ends = 0
    headed = read_marker(text) is not None
    first_sentence = sentence_end(text)
    for match in blanks:
        end = match.end()
        ended = text[match.start() - 1] in ENDED
        marked = text[end] in STARTS and read_marker(text[end : end + LONGEST_MARKER]) is not None
        # A single blank is a joint only with a sign: behind a sentence, before a number, behind a
        # heading, or in the front, where title, date and byline have no sentence ends.
        if ended or marked or headed or end < first_sentence:
            found.append(end)
            headed = marked
            ends += ended
    # Blanks that hardly ever follow a sentence are no joints: English names, figures with units.
    return found if ends >= JOINTS else list(_marked_sentences(text))


def _marked_sentences(text: str) -> Iterator[int]:
    """List the sentences that begin with 一、 二、 三、 …, and those inside that with （一） …"""
    marked = [
        (at, marker)
        for at in (match.start() for match in SENTENCE_START.finditer(text))
        if (marker := read_marker(text[at : at + LONGEST_MARKER])) and marker.rank <= TOP_LEVELS
    ]
    last: dict[int, int] = {}
    kept: list[tuple[int, int]] = []
    for at, marker in marked:
        if marker.number in (1, last.get(marker.rank, 0) + 1):
            # The deeper counts begin anew: （一） below 二、 is not the
            # successor of the last （三）.
            last = {rank: n for rank, n in last.items() if rank < marker.rank}
            last[marker.rank] = marker.number
            kept.append((marker.rank, at))
    ranks = Counter(rank for rank, _at in kept)
    top = min(ranks, default=0)
    # Without a joint nothing but the count speaks for a border: one number alone may be chance.
    if ranks[top] > 1 and top <= 1:
        yield from (at for _rank, at in kept)
