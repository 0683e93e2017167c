"""A cleaned text and the ledger of what was taken out of it -> the text as it was."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import to_builtins

from ..errors import RequestError
from ..messages import _
from ..model import CleanText, Removal
from ..text.characters import BLANK, safe_json
from .clean import cleaned_text
from .edits import rebuild, source_text

BLANK_LINE = "blank-line"
"""The rule under which blank lines go that `cleaned_text` leaves out."""
LINE_END = re.compile(r"\r\n|\n|\r")


def ledger_file(cleaned: Path) -> Path:
    """
    Name the ledger of a cleaned file: beside it, hidden, lest it be taken for a speech.

    >>> ledger_file(Path("out/a.txt")).name
    '.a.txt.removed.jsonl'
    """
    return cleaned.with_name(f".{cleaned.name}.removed.jsonl")


def ledger(clean: CleanText, ends: Sequence[str]) -> str:
    """
    Write, as JSON lines, what it takes to restore a file from its `cleaned_text`.

    The first line tells of the file: its path, encoding, the ends of its lines and the SHA-256
    of the cleaned text; each further line is a Removal. `ends` has one end for each source line.
    """
    # `cleaned_text` also leaves out blank lines, and the ledger answers for that text.
    removals = [*clean.removals, *_blank_lines(clean)]
    # Nearly every file has one kind of line end: then two entries stand for all of them.
    same = len(set(ends[:-1])) <= 1
    head = {
        "path": clean.path,
        "encoding": clean.encoding,
        "lines": len(ends),
        "ends": [ends[0], ends[-1]] if same and ends else list(ends),
        "sha256": _fingerprint(cleaned_text(clean)),
    }
    rows = [head, *map(to_builtins, removals)]
    return "".join(safe_json(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def restore(text: str, ledger_text: str, *, name: str) -> str:
    """Give the source text back, with its own line ends; RequestError where the two do not fit."""
    try:
        head, *rows = [json.loads(line) for line in ledger_text.split("\n") if line]
        removals = [Removal(**row) for row in rows]
        count, ends = int(head["lines"]), list(head["ends"])
        fingerprint = head["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError):
        why = _("{file}: its ledger is damaged. Clean the source file again").format(file=name)
        raise RequestError(why) from None
    text = text.rstrip("\n")
    # Of a text that was edited since, places mean nothing: refused rather than restored wrongly.
    if _fingerprint(text) != fingerprint:
        why = _("{file}: it was changed since it was cleaned. Clean the source file again")
        raise RequestError(why.format(file=name))
    numbers = _numbers(count, removals)
    lines = rebuild(list(zip(numbers, text.split("\n"), strict=False)), removals)
    if len(ends) == 2 != count:
        ends = [ends[0]] * (count - 1) + [ends[1]]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


def file_ledger(file: Path, clean: CleanText) -> str:
    """Write down, as JSON lines, what it takes to restore this file from its cleaned text."""
    count = len(source_text(clean))
    return ledger(clean, line_ends(file.read_bytes(), clean.encoding, count))


def line_ends(data: bytes, encoding: str, count: int) -> list[str]:
    r"""
    Give the ends of the lines of a text file; where it is none, \n for each.

    >>> line_ends(b"a\r\nb", "utf-8", 2), line_ends(b"PK", "utf-8", 3)
    (['\r\n', ''], ['\n', '\n', '\n'])
    """
    ends: list[str]
    try:
        ends = LINE_END.findall(data.decode(encoding, "replace"))
    except LookupError:
        ends = []
    if len(ends) == count - 1:
        ends.append("")
    return ends if len(ends) == count else ["\n"] * count


def _blank_lines(clean: CleanText) -> list[Removal]:
    found: list[Removal] = []
    last = ""
    kept: list[tuple[int, str]] = []
    for line in clean.lines:
        if line.text.strip(BLANK):
            kept.append((line.number, line.text))
            last = line.text
        elif last:
            kept.append((line.number, ""))
            last = ""
            if line.text:
                found.append(_gone(line.number, line.text, 0))
        else:
            found.append(_gone(line.number, line.text, None))
    if kept and not kept[-1][1]:
        number = kept[-1][0]
        found = [gone for gone in found if gone.line != number]
        text = next(line.text for line in clean.lines if line.number == number)
        found.append(_gone(number, text, None))
    return found


def _gone(number: int, text: str, column: int | None) -> Removal:
    return Removal(line=number, rule=BLANK_LINE, text=text, column=column)


def _numbers(count: int, removals: Sequence[Removal]) -> list[int]:
    """Give the numbers of the lines that are left: not removed, nor joined to the one before."""
    gone = {removal.line for removal in removals if removal.column is None}
    left = [number for number in range(1, count + 1) if number not in gone]
    joined = {r.line for r in removals if r.column is not None and "\n" in r.text}
    return [n for before, n in zip([None, *left], left, strict=False) if before not in joined]


def _fingerprint(text: str) -> str:
    # A name or a text may hold lone surrogates, which plain UTF-8 refuses.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
