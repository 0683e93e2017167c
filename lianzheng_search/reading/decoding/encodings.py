"""Bytes -> their encoding, and their text where they decode strictly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .broken import (
    BROKEN,
    BROKEN_BYTE,
    DOUBLE,
    WIDE,
    WINDOW,
    cut_anew,
    decode_marked,
    is_little_broken,
)
from .likelihood import beyond_ascii, likelihood, likelihood_as_text, mean_likelihood

CODECS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""What a text may be in; where two fit equally well, the first."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030", "gb18030"),
)
"""A byte order mark, what the encoding is then called, and the codec for the rest."""
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
}
"""What is called the first is often the second, and the second holds all of the first."""

SAMPLE = 1 << 16
"""Number of bytes by which damaged text is told."""
SHORT_SAMPLE = 1 << 12
"""Number of bytes by which readings are compared that are both strict."""
FEW = 8
"""Number of characters beyond ASCII from which strict UTF-8 is UTF-8 without a second look: GBK
decodes as that many by chance about once in a million times. Fewer are compared one by one."""
PREFERRED = {"utf-8": 8.0, "gb18030": 4.0}
"""Log odds for an encoding before its bytes are looked at."""
HARDLY_WIDE = -9.5
"""Minimum mean likelihood of a character, as text of any script, for bytes without a mark to be
UTF-16 or UTF-32, where nearly any bytes decode strictly."""
DOUBTED_WIDE = -8.5
"""The same, for it to be so without a second look."""
HARDLY_TEXT = -11.0
"""Minimum mean likelihood of a character for damaged bytes to be UTF-16 without a mark."""
UNLIKELY = -9.8
"""Mean likelihood of the characters beyond ASCII below which damaged bytes are cut anew."""
FAR_LIKELIER = 40.0
"""Minimum gain, in log-likelihood, for bytes that decode strictly to be taken for damaged."""
NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
CONTROL = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f]")
"""Characters that no text holds, but for the end mark of DOS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What an encoding is called, its codec, and the length of its byte order mark in bytes."""

    name: str
    codec: str
    bom: int = 0


def strict_text(data: bytes, codec: str) -> str | None:
    """Return the text of bytes that decode strictly; None of any others."""
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def known_codec(encoding: str | None) -> str | None:
    """Return Python's name of an encoding, or of its superset; None where it knows none."""
    try:
        name = codecs.lookup(encoding or "").name
        "".encode(name)
    except (LookupError, ValueError):
        return None
    return SUPERSETS.get(name, name)


def named_encoding(data: bytes, encoding: str) -> Encoding:
    """Return the encoding that the user names, with the byte order of the mark or of the text."""
    named = known_codec(encoding)
    for bom, name, codec in BOMS:
        if data.startswith(bom) and named in (codec, name):
            return Encoding(name=name, codec=codec, bom=len(bom))
    if named == "utf-16":
        sample = data[:SHORT_SAMPLE]
        orders = ("utf-16-le", "utf-16-be")
        named = max(orders, key=lambda codec: likelihood_as_text(_marked(sample, codec)))
    return Encoding(name=encoding, codec=named or encoding)


def find_encoding(data: bytes) -> Encoding:
    r"""
    Return the encoding of bytes: by their mark, by what decodes strictly, else by likelihood.

    >>> [find_encoding("同志们：".encode(codec)).name for codec in ("utf-8", "gbk", "utf-16-le")]
    ['utf-8', 'gb18030', 'utf-16-le']
    """
    for bom, name, codec in BOMS:
        if data.startswith(bom):
            body = data[len(bom) :]
            if strict_text(body, codec) is not None or is_little_broken(_marked(body, codec)):
                return Encoding(name=name, codec=codec, bom=len(bom))
    bom = codecs.BOM_UTF8  # a program may have put it before bytes of another encoding
    start = len(bom) if data.startswith(bom) else 0
    best = _likeliest_codec(data[start:])
    return Encoding(name=best, codec=best, bom=start)


def _likeliest_codec(data: bytes) -> str:
    text = strict_text(data, "utf-8")
    if text is not None and "\0" not in text and _is_plainly_utf8(text):
        return "utf-8"
    strict = [codec for codec in CODECS if strict_text(data, codec) is not None]
    if "utf-8" in strict and b"\0" not in data:
        strict = [codec for codec in strict if codec not in WIDE]
    return _likeliest_strict(data, strict) or _likeliest_damaged(data)


def _is_plainly_utf8(text: str) -> bool:
    return text.isascii() or len(beyond_ascii(text[:SHORT_SAMPLE])) >= FEW


def _likeliest_strict(data: bytes, strict: Iterable[str]) -> str | None:
    """Return the likeliest of the codecs that decode bytes strictly; None if all are unlikely."""
    sample = _sample(data, SHORT_SAMPLE)
    texts = {codec: _marked(sample, codec) for codec in strict}
    scores = {codec: likelihood_as_text(text) for codec, text in texts.items()}
    likely = [
        codec
        for codec in texts
        if codec not in WIDE or scores[codec] > HARDLY_WIDE * len(texts[codec])
    ]
    if not likely:
        return None
    best = max(likely, key=lambda codec: scores[codec] + PREFERRED.get(codec, 0))
    if best in DOUBLE and len(beyond_ascii(texts[best])) < FEW:  # too few to make a script of
        chinese = [codec for codec in likely if codec in DOUBLE]
        best = max(chinese, key=lambda codec: likelihood(texts[codec]) + PREFERRED.get(codec, 0))
    is_doubted = best in WIDE and scores[best] < DOUBTED_WIDE * len(texts[best])
    if is_doubted or CONTROL.search(texts[best]):
        # Damaged text of one encoding may be, by chance, sound in another, but hardly likely.
        cut_texts = _cut_texts(sample)
        damaged = _likeliest(cut_texts)
        as_it_is = likelihood_as_text(_marked(sample[:WINDOW], best))
        if likelihood(cut_texts[damaged]) > as_it_is + FAR_LIKELIER:
            return damaged
    return best


def _likeliest_damaged(data: bytes) -> str:
    """Return the codec that makes the likeliest Chinese of bytes that no codec decodes strictly."""
    sample = _sample(data, SAMPLE)
    tried = [codec for codec in CODECS if "32" not in codec or b"\0" in sample]
    texts = {codec: _marked(sample, codec) for codec in tried}
    best = _likeliest(texts)
    # A byte that is lost or added shifts all that follow it.
    if BROKEN.search(texts[best]) or mean_likelihood(beyond_ascii(texts[best])) < UNLIKELY:
        best = _likeliest(_cut_texts(sample))
    return best


def _cut_texts(sample: bytes) -> dict[str, str]:
    """Decode the beginning of a sample by each codec, damaged places cut anew."""
    begin = sample[:WINDOW]
    return {
        codec: cut_anew(begin, codec)[0] if codec in DOUBLE + WIDE else _marked(begin, codec)
        for codec in CODECS
        if "32" not in codec or b"\0" in sample
    }


def _likeliest(texts: Mapping[str, str]) -> str:
    possible = [
        codec for codec in texts if codec not in WIDE or mean_likelihood(texts[codec]) > HARDLY_TEXT
    ]
    return max(possible, key=lambda codec: likelihood(texts[codec]) + PREFERRED.get(codec, 0))


def _sample(data: bytes, size: int) -> bytes:
    """Return bytes from shortly before the first that is not ASCII, at a border of UTF-32."""
    first = NOT_ASCII_BYTE.search(data)
    start = max(0, first.start() - size // 4) & ~3 if first else 0
    return data[start : start + size]


def _marked(sample: bytes, codec: str) -> str:
    """Decode a sample with a mark for each byte that fits nothing, but those cut off at its end."""
    try:
        return decode_marked(sample, codec, final=len(sample) < SHORT_SAMPLE)
    except UnicodeError:
        return BROKEN_BYTE * len(sample)
