"""A text that was encoded twice -> the text as it was, line by line, with what became of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log

from .broken import BROKEN, BROKEN_BYTE, MARK_BROKEN, mend
from .likelihood import (
    PUNCTUATION,
    beyond_ascii,
    likelihood,
    likelihood_as_text,
    mean_likelihood,
    rare_characters,
)

LATIN = "cp1252"
WRONGLY_READ = (
    (LATIN, "gb18030"),
    (LATIN, "utf-8"),
    (LATIN, "big5hkscs"),
    ("gb18030", "utf-8"),
    ("gb18030", "big5hkscs"),
    ("big5hkscs", "utf-8"),
    ("big5hkscs", "gb18030"),
)
"""What bytes were wrongly read as, and what they are."""
CALLED = {LATIN: "Latin-1", "gb18030": "GBK", "big5hkscs": "Big5", "utf-8": "UTF-8"}
LATIN_1 = {ord(bytes([b]).decode(LATIN, "ignore") or chr(b)): b for b in range(0x80, 0xA0)}
"""The characters that Windows puts for the bytes 0x80 to 0x9F, and those bytes."""
LATIN_RUN = re.compile(f"([ -\xff\ufffd\udcff{''.join(map(chr, LATIN_1))}]+)")
LINE_END = re.compile(r"\r\n|\n|\r")
LOST = re.compile(f"{BROKEN_BYTE}+[?]?")

MOST_TIMES = 3
"""Maximum number of times that a text may have been encoded over again."""
MOST_ASKED = 400
"""Maximum number of garbled lines that are asked whether the text was encoded twice."""
LEAST_TELLING = 50
"""At least one garbled line in so many must tell of it."""
LEAST_REPAIRED = 6
"""Minimum number of characters beyond ASCII, repaired, for a line to tell of it."""
LEAST_DISTINCT = 4
"""Minimum number of different ones among them."""
CHINESE = -9.0
"""Minimum mean likelihood of the characters of such a line, repaired."""
TELLING = 10.0
"""Minimum gain of such a line, in log-likelihood, over the line as text of any script."""
EVIDENCE = 22.0
"""Minimum gain of all such lines together; the more lines are asked, the more."""
BETTER = 4.0
"""Minimum gain of each line that is repaired."""
MOST_LOST = 5
"""No line tells of it of which more than one character in so many is lost."""
MOST_LOST_AMONG_OTHERS = 3
"""A line of which more than one character in so many is lost stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """
    A text as it was before it was encoded twice, and the numbers of the lines that were.

    `wrong` and `right` name what was taken for what; `given_up` are lines left as they are
    because too much of them is lost.
    """

    text: str
    lines: tuple[int, ...] = ()
    given_up: tuple[int, ...] = ()
    wrong: str = ""
    right: str = ""


def repair(text: str) -> Repaired:
    """
    Undo that UTF-8, GBK or Big5 was read as something else and saved as that.

    Lines must be improbable by far as they are, in any script, and probable Chinese as repaired;
    then the other lines follow that are better for it. Characters lost on the way become lone
    surrogates.

    >>> repair("全面从严治党".encode().decode("gb18030")).text
    '全面从严治党'
    >>> repair("鍚屽織读作同志").text
    '鍚屽織读作同志'
    """
    repaired = Repaired(text=text)
    for _times in range(MOST_TIMES):
        once = _repair_once(repaired.text)
        if not once.lines:
            return replace(repaired, given_up=once.given_up)
        lines = sorted({*repaired.lines, *once.lines})
        repaired = replace(once, lines=tuple(lines))
    return repaired


def _repair_once(text: str) -> Repaired:
    rare = rare_characters("gb18030")
    if not rare.search(text):
        return Repaired(text=text)
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    garbled = [n for n, line in enumerate(lines) if rare.search(line)]
    # what is rare may be a line end, and then no line is garbled
    taken_for = _taken_for([lines[n] for n in garbled]) if garbled else None
    if taken_for is None:
        return Repaired(text=text)
    wrong, right = taken_for
    changed, given_up = [], []
    for n, line in enumerate(lines):
        if line.isascii():
            continue
        better = "".join(_better(piece, wrong, right) for piece in _pieces(line, wrong))
        if better != line:
            lines[n] = better
            changed.append(n + 1)
        elif n in garbled:
            given_up.append(n + 1)
    return Repaired(
        text="".join(line + end for line, end in zip(lines, ends, strict=True)),
        lines=tuple(changed),
        given_up=tuple(given_up),
        wrong=CALLED[wrong],
        right=CALLED[right],
    )


def _taken_for(garbled: Sequence[str]) -> tuple[str, str] | None:
    """Return what was taken for what in garbled lines; None where too few of them tell."""
    asked = garbled[:: 1 + len(garbled) // MOST_ASKED]
    gains = {
        pair: [gain for line in asked if (gain := _gain(line, *pair))] for pair in WRONGLY_READ
    }
    pair = max(gains, key=lambda pair: sum(gains[pair]))
    is_enough = sum(gains[pair]) > EVIDENCE + log(len(asked))
    return pair if is_enough and len(gains[pair]) * LEAST_TELLING >= len(asked) else None


def _gain(line: str, wrong: str, right: str) -> float:
    """Return how much likelier a line is when taken back, as a log; 0 where it tells nothing."""
    return max((_telling_gain(piece, wrong, right) for piece in _pieces(line, wrong)), default=0)


def _telling_gain(piece: str, wrong: str, right: str) -> float:
    if len(piece) < LEAST_REPAIRED:
        return 0
    before = _undone(piece, wrong, right)
    sound = beyond_ascii(BROKEN.sub("", before))
    lost = len(BROKEN.findall(before))
    if (
        len(sound) < LEAST_REPAIRED
        or len({*sound}.difference(PUNCTUATION)) < LEAST_DISTINCT
        or lost * MOST_LOST > len(sound)
        or mean_likelihood(sound) < CHINESE
    ):
        return 0
    gain = likelihood(before) - likelihood_as_text(piece)
    return gain if gain > TELLING else 0


def _better(piece: str, wrong: str, right: str) -> str:
    """Return a piece as it was, where that is likelier and not too much is lost."""
    before = _undone(piece, wrong, right, is_mended=True)
    sound = beyond_ascii(BROKEN.sub("", before))
    lost = len(BROKEN.findall(before))
    if not sound or lost * MOST_LOST_AMONG_OTHERS > len(sound):
        return piece
    return before if likelihood(before) > likelihood_as_text(piece) + BETTER else piece


def _pieces(line: str, wrong: str) -> list[str]:
    """Part a line into what may have been read as `wrong` in one piece, and the rest."""
    return LATIN_RUN.split(line) if wrong == LATIN else [line]


def _undone(piece: str, wrong: str, right: str, *, is_mended: bool = False) -> str:
    """Take a piece back to its bytes and decode them rightly; return "" where that cannot be."""
    piece = piece.replace("\ufffd", BROKEN_BYTE)
    best = ""
    for data in _bytes_of(piece, wrong):
        if data.decode(right, "replace").count("\ufffd") * MOST_LOST_AMONG_OTHERS > len(piece):
            continue
        before = mend(data, right) if is_mended else data.decode(right, MARK_BROKEN)
        before = LOST.sub(BROKEN_BYTE, before)
        if not best or likelihood(before) > likelihood(best):
            best = before
    if right == "utf-8" and LATIN_RUN.fullmatch(best) and len(best) < len(piece):  # and once more
        return _undone(best, wrong, right, is_mended=is_mended) or best
    return best


def _bytes_of(piece: str, wrong: str) -> Iterable[bytes]:
    """Yield the bytes that a piece may have been read from."""
    if wrong == LATIN:
        ways = [piece.translate(LATIN_1)]
    else:  # Windows reads a single byte 0x80 as the sign of the euro
        ways = [piece, piece.replace("€", "\udc80")] if "€" in piece else [piece]
    for way in ways:
        try:
            yield way.encode("latin-1" if wrong == LATIN else wrong, "surrogateescape")
        except UnicodeEncodeError:
            continue
