"""A cleaned text and the ledger of what was taken out of it -> the text as it was."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from ..errors import RequestError
from ..messages import _
from ..model import CleanText, Removal
from ..reading.decoding.decode import LINE_END, Undecodable, decode
from ..reading.decoding.encodings import Encoding, named_encoding
from ..reading.read import content_type
from ..text.characters import BLANK, safe_json
from .clean import cleaned_text
from .edits import rebuild, source_text

BLANK_LINE = "blank-line"
"""The rule under which blank lines go that `cleaned_text` leaves out."""
MOST_AHEAD = 200
"""Maximum number of lines that are kept as bytes before a line is found again that is sound."""
FARTHEST = 4096
"""Number of bytes that lines may be longer than their text says, for the next to be found."""
SHORT = 4
"""Maximum length, in bytes, of a line that occurs anywhere: a line end, a number."""


def ledger_file(cleaned: Path) -> Path:
    """
    Name the ledger of a cleaned file: beside it, hidden, lest it be taken for a speech.

    >>> ledger_file(Path("out/a.txt")).name
    '.a.txt.removed.jsonl'
    """
    return cleaned.with_name(f".{cleaned.name}.removed.jsonl")


def ledger(clean: CleanText, ends: Sequence[str], source: Mapping[str, Any] | None = None) -> str:
    """
    Write, as JSON lines, what it takes to restore a file from its `cleaned_text`.

    The first line tells of the file: its path, encoding, the ends of its lines, the SHA-256 of
    the cleaned text, and what `source_bytes` says of its bytes; each further line is a Removal.
    `ends` has one end for each source line.
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
    rows = [head | ({"source": source} if source else {}), *map(to_builtins, removals)]
    return "".join(safe_json(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def restore(text: str, ledger_text: str, *, name: str) -> tuple[bytes, str]:
    """
    Return the very bytes of the source file, and their text with its own line ends.

    RequestError where the text and the ledger do not fit.
    Of a file that is no text (docx, PDF, html …) the bytes are those of its text in UTF-8.
    """
    lines, head = _restored_lines(text, ledger_text, name)
    source = head.get("source")
    if source is None:
        return "".join(lines).encode("utf-8", "surrogatepass"), "".join(lines)
    try:
        pieces = [b64decode(source["mark"])]
        done = 0
        for first, after, kept in source["kept"]:
            pieces += _encoded(lines[done:first], source["codec"])
            pieces.append(b64decode(kept))
            done = after
        data = b"".join([*pieces, *_encoded(lines[done:], source["codec"])])
        fingerprint = source["sha256"]
    except (ValueError, TypeError, KeyError, LookupError):
        raise _damaged(name) from None
    # also where another version of Python writes a character of the encoding in other bytes
    if hashlib.sha256(data).hexdigest() != fingerprint:
        raise _damaged(name)
    return data, "".join(lines)


def _restored_lines(text: str, ledger_text: str, name: str) -> tuple[list[str], dict[str, Any]]:
    """Return the lines of the source, each with its end, and what the ledger says of the file."""
    try:
        head, *rows = [json.loads(line) for line in ledger_text.split("\n") if line]
        removals = [Removal(**row) for row in rows]
        count, ends = int(head["lines"]), list(head["ends"])
        fingerprint = head["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _damaged(name) from None
    text = text.rstrip("\n")
    # Of a text that was edited since, places mean nothing: refused rather than restored wrongly.
    if _fingerprint(text) != fingerprint:
        why = _("{file}: it was changed since it was cleaned. Clean the source file again")
        raise RequestError(why.format(file=name))
    numbers = _numbers(count, removals)
    lines = rebuild(list(zip(numbers, text.split("\n"), strict=False)), removals)
    if len(ends) == 2 != count:
        ends = [ends[0]] * (count - 1) + [ends[1]]
    return [line + end for line, end in zip(lines, ends, strict=True)], head


def _damaged(name: str) -> RequestError:
    return RequestError(
        _("{file}: its ledger is damaged. Clean the source file again").format(file=name)
    )


def file_ledger(data: bytes, clean: CleanText) -> str:
    """Write down, as JSON lines, what it takes to restore a file of these bytes."""
    lines = source_text(clean)
    # of any other format, the text is read out of the file: its bytes cannot be made of it
    if content_type(data) not in ("text", "binary"):
        return ledger(clean, ["\n"] * len(lines))
    ends = line_ends(data, clean.encoding, len(lines))
    whole = [line + end for line, end in zip(lines, ends, strict=True)]
    return ledger(clean, ends, source_bytes(data, clean.encoding, whole))


def line_ends(data: bytes, encoding: str, count: int) -> list[str]:
    r"""
    Return the ends of the lines of a text file; where it is none, \n for each.

    >>> line_ends(b"a\r\nb", "utf-8", 2), line_ends(b"PK", "utf-8", 3)
    (['\r\n', ''], ['\n', '\n', '\n'])
    """
    ends: list[str]
    try:
        # the reader's own decoding: a broken byte may take a line end with it, or not
        ends = LINE_END.findall(decode(data, path="", encoding=encoding).text)
    except (Undecodable, RequestError):
        ends = []
    if len(ends) == count - 1:
        ends.append("")
    return ends if len(ends) == count else ["\n"] * count


def source_bytes(data: bytes, encoding: str, lines: Sequence[str]) -> dict[str, Any]:
    """
    Describe the bytes of a text file by its lines, each with its end.

    ``mark`` is the byte order mark, ``codec`` what the lines are encoded with, and ``kept`` are
    the bytes of those lines that this does not give back, for they were broken or written in an
    unusual way: [first line, line after the last, bytes], from 0. All bytes are in base64.
    ``sha256`` is that of the file.
    """
    used = named_encoding(data, encoding)
    try:
        encoded = _encoded(lines, used.codec)
    except UnicodeError:  # an odd codec, named by the user
        used = Encoding(name="utf-8", codec="utf-8")
        encoded = _encoded(lines, used.codec)
    kept: list[tuple[int, int, str]] = []
    n, at = 0, used.bom
    while n < len(lines):
        if data.startswith(encoded[n], at):
            at += len(encoded[n])
            n += 1
            continue
        # from the next line on that is found again, and not too far away
        ahead = range(n + 1, min(n + MOST_AHEAD, len(lines)))
        window = at + sum(map(len, encoded[n : n + MOST_AHEAD])) + FARTHEST
        found = ((data.find(encoded[m], at, window), m) for m in ahead if len(encoded[m]) > SHORT)
        end, after = next(((end, m) for end, m in found if end >= 0), (len(data), len(lines)))
        kept.append((n, after, b64encode(data[at:end]).decode()))
        n, at = after, end
    if at < len(data):
        kept.append((n, n, b64encode(data[at:]).decode()))
    return {
        "codec": used.codec,
        "mark": b64encode(data[: used.bom]).decode(),
        "kept": kept,
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _encoded(lines: Iterable[str], codec: str) -> list[bytes]:
    # what the codec lacks (U+FFFD in Big5) is put down as anything: the bytes of the line are kept
    return [line.encode(codec, "replace") for line in lines]


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
    """Return the numbers of the lines that are left: not removed, nor joined to the one before."""
    gone = {removal.line for removal in removals if removal.column is None}
    left = [number for number in range(1, count + 1) if number not in gone]
    joined = {r.line for r in removals if r.column is not None and "\n" in r.text}
    return [n for before, n in zip([None, *left], left, strict=False) if before not in joined]


def _fingerprint(text: str) -> str:
    # A name or a text may hold lone surrogates, which plain UTF-8 refuses.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
