"""The documents that a term is in, and how often -> packed bytes, and back."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from itertools import accumulate, compress, pairwise

RARE_SHARE = 128
"""
What is in fewer than one of this many documents is packed as their numbers, not as bits.

A number takes two bytes: from 1 in 16 on, bits take less; below 1 in 128, numbers are read faster.
"""
FEW_BITS = 10
"""Where fewer than one of this many bits is set, they are found one by one, not all expanded."""
HEAD = struct.Struct("<IB")
"""The number of documents, and the width of a step in bytes; 0 for bits."""
STEP_CODES = {2: "H", 4: "I"}
"""The code of `struct` for steps of a width."""
ONE = ord("1")
IS_ONE = bytes(byte == ONE for byte in range(256))
"""A table for `bytes.translate`: the digits of a number in base 2 become 0 and 1."""
MOST_COUNTED = 255
"""The highest count that packed postings can tell: this often, or more."""
TEXT = "="
"""The first character of the terms that are characters and common strings."""


def pack_postings(docs: array[int], counts: bytes | bytearray, number: int) -> bytes:
    """
    Pack the documents, out of `number`, that a term is in, and a byte for each count, if any.

    They are bits, or, where there are few, the steps from one to the next in two or four bytes.
    """
    if len(docs) * RARE_SHARE >= number:
        digits = bytearray(b"0") * number  # int() of digits is faster than a shift for each bit
        for doc in docs:
            digits[doc] = ONE
        digits.reverse()
        packed = int(digits, 2).to_bytes(number // 8 + 1, "little")
        return HEAD.pack(len(docs), 0) + packed + counts
    steps = [*docs[:1], *(b - a for a, b in pairwise(docs))]
    width = 2 if max(steps, default=0) < 1 << 16 else 4
    packed = struct.pack(f"<{len(docs)}{STEP_CODES[width]}", *steps)
    # First all low bytes, then all high ones, which are nearly all 0: so they compress better.
    planes = b"".join(packed[n::width] for n in range(width))
    return HEAD.pack(len(docs), width) + planes + counts


def _split(packed: bytes, number: int) -> tuple[bytes | list[int], bytes]:
    """Return the documents, as packed bits or a list, and the counts."""
    length, width = HEAD.unpack_from(packed)
    start = HEAD.size
    end = start + (length * width or number // 8 + 1)
    if not width:
        return packed[start:end], packed[end:]
    steps = bytearray(length * width)
    for n in range(width):
        steps[n::width] = packed[start + n * length : start + (n + 1) * length]
    docs = accumulate(struct.unpack(f"<{length}{STEP_CODES[width]}", steps))
    return list(docs), packed[end:]


def unpack_postings(packed: bytes, number: int, base: int = 0) -> tuple[list[int], bytes]:
    r"""
    Return the documents that `pack_postings` packed, ascending, plus `base`, and their counts.

    >>> unpack_postings(pack_postings(array("I", [1, 4]), bytes([3, 255]), 6), 6, base=10)
    ([11, 14], b'\x03\xff')
    """
    docs, counts = _split(packed, number)
    if isinstance(docs, list):
        return [base + doc for doc in docs], counts
    digits = f"{int.from_bytes(docs, 'little'):0{number}b}"[::-1]
    if digits.count("1") * FEW_BITS > number:
        selectors = digits.encode().translate(IS_ONE)
        return list(compress(range(base, base + number), selectors)), counts
    refs = []
    at = digits.find("1")
    while at >= 0:
        refs.append(base + at)
        at = digits.find("1", at + 1)
    return refs, counts


def posting_bits(packed: bytes, number: int) -> int:
    """Return the documents that `pack_postings` packed as the bits of a number."""
    docs, _counts = _split(packed, number)
    if not isinstance(docs, list):
        return int.from_bytes(docs, "little")
    bits = bytearray(number // 8 + 1)
    for doc in docs:
        bits[doc >> 3] |= 1 << (doc & 7)
    return int.from_bytes(bits, "little")


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """
    Yield the runs of documents whose bits are set: the first, and the one after the last.

    Runs less than eight documents apart are one: a look at those between costs less than another
    run.

    >>> list(runs(0b11 << 20 | 0b1100110))
    [(1, 7), (20, 22)]
    """
    for step in (1, 2, 4):  # fills gaps of seven, by 1 + 2 + 4, to the left of each bit ...
        bits |= bits << step
    for step in (1, 2, 4):  # ... and takes away what that added after the last bit of a run
        bits &= bits >> step
    digits = f"{bits:b}"[::-1]
    start = digits.find("1")
    while start >= 0:
        end = digits.find("0", start)
        yield start, end if end >= 0 else len(digits)
        start = digits.find("1", end) if end >= 0 else -1
