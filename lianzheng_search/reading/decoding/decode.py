"""The bytes of a text -> the text: decoded, mended, repaired, with problems and removals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...errors import RequestError
from ...messages import N_, _
from ...model import Problem, Removal
from .. import ENCODED_TWICE
from .broken import (
    BROKEN,
    DOUBLE,
    WIDE,
    decode_marked,
    is_hopeless,
    is_little_broken,
    mend,
)
from .encodings import SAMPLE, Encoding, find_encoding, named_encoding, strict_text
from .likelihood import CHINESE, is_common
from .twice import Repaired, repair

LINE_END = re.compile(r"\r\n|\n|\r")
LOST_BEFORE = re.compile("\ufffd|锟斤拷")
"""What other programs put for characters that they lost."""
LEAST_COMMON = 0.1
"""Minimum share of common ones among the Chinese characters of a file in GB18030 or Big5."""


class Undecodable(ValueError):  # noqa: N818 - the state of a file, not a mistake of the caller
    """Bytes that are no text in any encoding tried; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """
    A text, the encoding it was in, and what was wrong with it, in the order of lines.

    Each broken place is one U+FFFD in `text`; the lines of `problems` are those of `text`. Each
    line that was repaired is a removal: as it was read, and as it is now.
    """

    encoding: str
    text: str
    problems: tuple[Problem, ...] = ()
    removals: tuple[Removal, ...] = ()


def decode(data: bytes, *, path: str, encoding: str | None = None) -> Decoded:
    r"""
    Decode a file's bytes: in the encoding named, else in the one that they are likeliest in.

    These are UTF-8, UTF-16 and UTF-32 of either byte order with and without a mark, GB18030 (with
    GBK and GB2312) and Big5-HKSCS. Bytes that decode strictly come back as they were, unless
    lines of them are improbable by far as they are and probable by far as repaired: text that was
    encoded twice. Else a byte that is broken, lost or one too many costs the characters around
    it. What was wrong becomes problems, what was repaired removals.

    Raises Undecodable for what is no text, RequestError for an `encoding` that does not exist.

    >>> decode("廉洁自律，以身作则".encode("utf-16-be"), path="a.txt").encoding
    'utf-16-be'
    >>> decode("廉潔自律，以身作則".encode("big5"), path="a.txt").text
    '廉潔自律，以身作則'
    >>> garbled = "今天我们在这里开会，学习规定。".encode("gbk").decode("latin-1")
    >>> twice = decode(garbled.encode(), path="a.txt")
    >>> twice.text, twice.problems[0].line, twice.removals[0].text == garbled
    ('今天我们在这里开会，学习规定。', 1, True)
    """
    check_encoding(encoding)
    used = find_encoding(data) if encoding is None else named_encoding(data, encoding)
    text = _text(data, path, used, encoding)
    is_trusted = encoding is None or used.codec.startswith("utf")
    repaired = repair(text) if is_trusted else Repaired(text=text)
    problems = [
        *_repair_problems(path, text, repaired),
        *_broken_problems(path, text, repaired, used.name),
    ]
    if encoding is None and used.codec in DOUBLE and _is_hardly_chinese(text):
        message = N_("hardly Chinese in {encoding}: if it is garbled, try --encoding")
        values = {"encoding": used.name}
        problems.insert(0, Problem(path=path, line=None, message=message, values=values))
    return Decoded(
        encoding=used.name,
        text=BROKEN.sub("\ufffd", repaired.text),
        problems=tuple(sorted(problems, key=lambda problem: problem.line or 0)),
        removals=tuple(_repairs(text, repaired)),
    )


def _text(data: bytes, path: str, used: Encoding, named: str | None) -> str:
    """Decode bytes strictly, else with a mark for each broken place; raises Undecodable."""
    body = data[used.bom :]
    text = strict_text(body, used.codec)
    try:
        if text is None:
            start = body[:SAMPLE]
            is_whole = len(body) <= SAMPLE
            if (
                named is None
                and used.codec not in WIDE
                and is_hopeless(decode_marked(start, used.codec, final=is_whole))
            ):
                raise _undecodable(data, path, used.codec, named)
            text = mend(body, used.codec)
    except UnicodeError:  # an odd codec, named by the user
        raise _undecodable(data, path, used.codec, named) from None
    if not is_little_broken(text):
        raise _undecodable(data, path, used.codec, named)
    return text


def _is_hardly_chinese(text: str) -> bool:
    chinese = [c for c in text[:SAMPLE] if CHINESE[0] <= c <= CHINESE[1]]
    return sum(map(is_common, chinese)) < LEAST_COMMON * len(chinese)


def _repairs(text: str, repaired: Repaired) -> Iterator[Removal]:
    """Yield the lines that were repaired, each with what it was."""
    if repaired.lines:
        lines, now = LINE_END.split(text), LINE_END.split(repaired.text)
        for number in repaired.lines:
            was, put = (BROKEN.sub("\ufffd", one[number - 1]) for one in (lines, now))
            yield Removal(line=number, rule=ENCODED_TWICE, text=was, column=0, put=put)


def _repair_problems(path: str, text: str, repaired: Repaired) -> Iterator[Problem]:
    """Yield what is to be said of lines that were encoded twice, or lost characters before."""
    if repaired.lines:
        yield Problem(
            path=path,
            line=repaired.lines[0],
            message=N_("encoded twice ({right} taken for {wrong}) and repaired; lines: {count}"),
            values={
                "right": repaired.right,
                "wrong": repaired.wrong,
                "count": len(repaired.lines),
            },
        )
    for line in repaired.given_up:
        message = N_("encoded twice, and too much is lost to repair it")
        yield Problem(path=path, line=line, message=message)
    for line in _lines_with(LOST_BEFORE, text):
        if line not in repaired.lines:
            message = N_("lost before the file was saved: the characters shown as U+FFFD or 锟斤拷")
            yield Problem(path=path, line=line, message=message)


def _broken_problems(path: str, text: str, repaired: Repaired, encoding: str) -> Iterator[Problem]:
    """Yield the lines with broken bytes, and those that lost characters when encoded twice."""
    broken = _lines_with(BROKEN, text)
    for line in broken:
        message = N_("broken bytes, shown as U+FFFD: they are not valid {encoding}")
        yield Problem(path=path, line=line, message=message, values={"encoding": encoding})
    for line in _lines_with(BROKEN, repaired.text) if repaired.lines else ():
        if line not in broken:
            message = N_("lost when it was encoded twice: the characters shown as U+FFFD")
            yield Problem(path=path, line=line, message=message)


def check_encoding(encoding: str | None) -> None:
    """Raise RequestError for the name of an encoding that Python does not know as one of text."""
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise RequestError(
            _("{encoding}: there is no such encoding. Try gb18030, big5 or utf-16").format(
                encoding=encoding
            )
        ) from None


def is_text(data: bytes) -> bool:
    r"""
    Check for text in bytes that hold NUL, as UTF-16 does wherever it holds ASCII.

    >>> is_text("一、廉洁\n".encode("utf-16-le")), is_text(bytes(range(32)))
    (True, False)
    """
    try:
        decode(data[:SAMPLE], path="")
    except Undecodable:
        return False
    return True


def _lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    if not pattern.search(text):
        return []
    return [n for n, line in enumerate(LINE_END.split(text), start=1) if pattern.search(line)]


def _undecodable(data: bytes, path: str, codec: str, encoding: str | None) -> Undecodable:
    if b"\0" in data and (encoding is None or codec not in WIDE):
        return Undecodable(
            Problem(path=path, line=None, message=N_("not a text file: it holds NUL bytes"))
        )
    codec = codec if encoding else "utf-8"
    offset = 0
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        offset = error.start
    except UnicodeError:
        pass
    line = len(LINE_END.findall(data[:offset].decode(codec, "replace"))) + 1
    if encoding:
        message = N_("not valid {encoding}: broken at byte offset {offset}")
    else:
        message = N_("neither UTF-8, UTF-16, GB18030 nor Big5: broken at byte offset {offset}")
    values: dict[str, str | int] = {"offset": offset, "encoding": encoding or ""}
    return Undecodable(Problem(path=path, line=line, message=message, values=values))
