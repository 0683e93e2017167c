"""Bytes of which some are broken, lost or too many -> text, with a mark for each broken place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from itertools import product
from math import inf

from .likelihood import beyond_ascii, likelihood, likelihood_as_text, rare_characters

DOUBLE = ("gb18030", "big5hkscs")
"""Encodings that write most characters in two bytes."""
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32")

MARK_BROKEN = "lianzheng-mark-broken"
"""The name of the codecs' error handler that puts BROKEN_BYTE for each byte that fits nothing."""
BROKEN_BYTE = "\udcff"
BROKEN = re.compile("[\ud800-\udfff]+|\0")
"""A place that is broken, until it becomes U+FFFD."""
FEW_BROKEN = 3
"""Maximum number of broken places in a file that is read whatever its length."""
BROKEN_SHARE = 20
"""In a longer file, at most one broken place for so many sound characters outside ASCII."""
LEAST_SOUND = 5
"""Minimum number of sound characters outside ASCII for each broken byte."""
HOPELESS_FROM = 1024
"""Minimum length of a text, in characters, to be given up where half of it is broken."""

BROKEN_COST = -16.0
"""Log-likelihood of a broken byte."""
BYTE_TO_COME = -4.0
"""Typical log-likelihood of a byte of sound text, for those that a piece leaves to the next."""
WORTH_MENDING = 12.0
"""Minimum gain, in log-likelihood, from cutting bytes anew."""
WINDOW = 1024
"""Bytes of UTF-16 and UTF-32 that are cut anew together."""
PIECE = 4096
"""Bytes of a line of GBK or Big5 that are cut anew together."""
MOST_MENDED = 1 << 19
"""Maximum number of bytes of a file that are cut anew."""
MOST_KNOWN = 1 << 16
"""Maximum number of characters whose likelihood is kept: a text has a few thousand."""


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN_BYTE * (error.end - error.start), error.end


codecs.register_error(MARK_BROKEN, _mark_broken)


def decode_marked(data: bytes, codec: str, *, final: bool = True) -> str:
    """Decode bytes with a mark for each that fits nothing; unless `final`, the end may be cut."""
    return codecs.getincrementaldecoder(codec)(MARK_BROKEN).decode(data, final=final)


def is_little_broken(text: str) -> bool:
    """Check that so few places of a marked text are broken that it is still worth reading."""
    places = BROKEN.findall(text)
    if not places:
        return True
    sound = len(beyond_ascii(BROKEN.sub("", text)))
    few = len(places) <= max(FEW_BROKEN, sound // BROKEN_SHARE)
    return few and sum(map(len, places)) * LEAST_SOUND <= sound


def is_hopeless(text: str) -> bool:
    """Check whether half of a marked text is broken: cutting it anew would be a waste."""
    return len(text) > HOPELESS_FROM and len("".join(BROKEN.findall(text))) * 2 > len(text)


def mend(data: bytes, codec: str) -> str:
    """Decode damaged bytes: one broken, lost or added costs its neighbourhood, not what follows."""
    if codec in DOUBLE:
        return _mend_lines(data, codec)
    return _mend_windows(data, codec) if codec in WIDE else data.decode(codec, MARK_BROKEN)


def _mend_lines(data: bytes, codec: str) -> str:
    """Decode line by line: a line end is one in any case, so that damage ends with its line."""
    lines: list[str] = []
    left = MOST_MENDED
    for line in data.split(b"\n"):
        text = line.decode(codec, MARK_BROKEN)
        if left > 0 and BROKEN.search(text):
            text, left = _mend_line(line, codec, left)
        lines.append(text)
    return "\n".join(lines)


def _mend_line(line: bytes, codec: str, left: int) -> tuple[str, int]:
    """Decode a line by pieces; cut garbled ones anew while `left` bytes may be. Return both."""
    texts: list[str] = []
    start = 0
    while start < len(line):
        piece = line[start : start + PIECE]
        is_last = start + PIECE >= len(line)
        decoder = codecs.getincrementaldecoder(codec)(MARK_BROKEN)
        text = decoder.decode(piece, final=is_last)
        used = len(piece) - len(decoder.getstate()[0])
        is_broken = BROKEN.search(text) is not None
        if left > 0 and (is_broken or rare_characters(codec).search(text)):
            left -= len(piece)
            cut, cut_used = cut_anew(piece, codec, is_last=is_last)
            if is_broken or likelihood(cut) > likelihood_as_text(text) + WORTH_MENDING:
                text, used = cut, cut_used
        texts.append(text)
        start += used
    return "".join(texts), left


def _mend_windows(data: bytes, codec: str) -> str:
    """Decode by pieces; cut one that turns rare anew, together with the one before it."""
    pieces: list[tuple[int, str, bool]] = []
    start, left = 0, MOST_MENDED
    while start < len(data):
        end = min(start + WINDOW, len(data))
        text = data[start:end].decode(codec, MARK_BROKEN)
        is_garbled = bool(BROKEN.search(text) or rare_characters("gb18030").search(text))
        if is_garbled and left > 0:
            if pieces and not pieces[-1][2]:
                start, *_before = pieces.pop()
                text = data[start:end].decode(codec, MARK_BROKEN)
            left -= end - start
            cut, used = cut_anew(data[start:end], codec, is_last=end == len(data))
            if likelihood(cut) > likelihood_as_text(text) + WORTH_MENDING:
                text, end = cut, start + used
        pieces.append((start, text, is_garbled))
        start = end
    return "".join(text for _start, text, _is_garbled in pieces)


def cut_anew(data: bytes, codec: str, *, is_last: bool = True) -> tuple[str, int]:
    """
    Cut bytes into characters and broken bytes so that the text is the likeliest (Viterbi 1967).

    Return the text and how many bytes it takes: all of them if `is_last`, else all but those of a
    character that may be cut in two.
    """
    size = len(data)
    best = [0.0] + [-inf] * size
    length = [0] * (size + 1)
    moves = _wide_moves if codec in WIDE else _double_moves
    for i in range(size):
        if best[i] == -inf:
            continue
        for step, value in moves(data, i, codec):
            if best[i] + value > best[i + step]:
                best[i + step] = best[i] + value
                length[i + step] = step
    ends = [size] if is_last else range(max(1, size - 3), size + 1)
    end = used = max(ends, key=lambda i: best[i] + BYTE_TO_COME * (size - i))
    pieces: list[str] = []
    while end > 0:
        start = end - length[end]
        pieces.append(data[start:end].decode(codec, MARK_BROKEN))
        end = start
    return "".join(reversed(pieces)), used


def _double_moves(data: bytes, i: int, codec: str) -> Iterator[tuple[int, float]]:
    """Yield the lengths that a character at `i` may have, in bytes, each with its likelihood."""
    if data[i] < 0x80:
        yield 1, likelihood(chr(data[i]))
        return
    yield 1, BROKEN_COST
    if (value := _pairs(codec).get(data[i : i + 2])) is not None:
        yield 2, value
    elif codec == "gb18030" and data[i + 1 : i + 2].isdigit():
        with suppress(UnicodeDecodeError):
            yield 4, likelihood(data[i : i + 4].decode(codec))


def _wide_moves(data: bytes, i: int, codec: str) -> Iterator[tuple[int, float]]:
    yield 1, BROKEN_COST
    for step in (2, 4) if "16" in codec else (4,):
        if (value := _wide_value(data[i : i + step], step, codec)) is not None:
            yield step, value


@lru_cache(MOST_KNOWN)
def _wide_value(piece: bytes, step: int, codec: str) -> float | None:
    """Return the likelihood of a character of `step` bytes; None of bytes that are none."""
    with suppress(UnicodeDecodeError):
        text = piece.decode(codec)
        if len(text) == 1 and len(piece) == step:
            return likelihood(text)
    return None


@cache
def _pairs(codec: str) -> dict[bytes, float]:
    """Return the likelihood of each character that an encoding writes in two bytes."""
    pairs = {}
    for pair in product(range(0x81, 0xFF), range(0x40, 0xFF)):
        with suppress(UnicodeDecodeError):
            pairs[bytes(pair)] = likelihood(bytes(pair).decode(codec))
    return pairs
