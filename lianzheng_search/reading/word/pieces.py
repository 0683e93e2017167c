"""The two streams of an old Word file -> its text, by the piece table ([MS-DOC] 2.8.35, Clx)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

FC_LCB = {"styles": 0xA2, "headers": 0xF2, "runs": 0xFA, "paragraphs": 0x102, "pieces": 0x1A2} | {
    "lists": 0x2E2, "overrides": 0x2EA
}  # fmt: skip
"""
Offsets in the Fib of pairs (fc, lcb): where a structure begins in the table stream, its bytes.

In the order here they are fcStshf, fcPlcfHdd, fcPlcfBteChpx, fcPlcfBtePapx, fcClx, fcPlfLst and
fcPlfLfo of FibRgFcLcb97.
"""
PRC, PCDT = 1, 2
"""The kinds (clxt) of what a Clx is made of: properties of pieces, then the piece table itself."""
COMPRESSED = 0x40000000
"""The bit of FcCompressed that says that a piece has one byte a character and its fc is doubled."""


class Streams:
    """The WordDocument stream and the table stream, and the text that the pieces make."""

    def __init__(self, main: bytes, table: bytes) -> None:
        self.main = main
        self.table = table
        self.starts: list[int] = []
        self.pieces: list[tuple[int, int, bool]] = []
        self.text = self._text()
        # Formatting is kept by offset in the file (fc), text by position (cp): Word writes pieces
        # in the order of editing, so the way back needs them in the order of the file.
        self.by_place = sorted(
            (start, begin, length, packed)
            for begin, (start, length, packed) in zip(self.starts, self.pieces, strict=True)
        )

    def part(self, name: str) -> bytes:
        """Return a structure of the table stream; nothing where an older Fib has no such pair."""
        if FC_LCB[name] + 8 > len(self.main):
            return b""
        start, length = struct.unpack_from("<II", self.main, FC_LCB[name])
        return self.table[start : start + length]

    def begin(self, name: str) -> int:
        """Return where a structure begins in the table stream."""
        return int(struct.unpack_from("<I", self.main, FC_LCB[name])[0])

    def _text(self) -> str:
        """Join the pieces (PlcPcd) in the order of the text."""
        plc = self._piece_table()
        # A Plc is n + 1 positions of 4 bytes, then n entries: here Pcds of 8 bytes.
        count = (len(plc) - 4) // 12
        if count < 1:
            raise ValueError
        ends = struct.unpack_from(f"<{count + 1}I", plc)
        parts = []
        reached = 0
        for n in range(count):
            # Pcd: 2 bytes of flags, then FcCompressed, then a Prm that says nothing of the text.
            place = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)[0]
            packed = bool(place & COMPRESSED)
            place &= COMPRESSED - 1
            length = ends[n + 1] - ends[n]
            if length < 0 or reached != ends[n]:
                raise ValueError
            start = place // 2 if packed else place
            text, whole = self._piece(start, length, packed=packed)
            self.starts.append(reached)
            self.pieces.append((start, length, packed))
            parts.append(text)
            reached += len(text)
            if not whole:
                break  # the file is cut short: positions after this one would be wrong
        return "".join(parts)

    def _piece_table(self) -> bytes:
        """Return the PlcPcd, behind the Prcs of the Clx."""
        clx = self.part("pieces")
        at = 0
        while at < len(clx) and clx[at] == PRC:
            at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
        if at >= len(clx) or clx[at] != PCDT:
            raise ValueError
        return clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]

    def _piece(self, start: int, length: int, *, packed: bool) -> tuple[str, bool]:
        """Return the text of a piece, and whether all of it is there."""
        size = length if packed else 2 * length
        data = self.main[start : start + size]
        if packed:
            text = data.decode("cp1252", "replace")
        else:
            text = data.decode("utf-16-le", "surrogatepass")
            if any("\ud800" <= c <= "\udfff" for c in text) or len(text) != len(data) // 2:
                # Positions count units of UTF-16: a character beyond U+FFFF must stay two of
                # them here, or every mark after it would be one place off.
                units = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
                text = "".join(map(chr, units))
        text = text[:length].ljust(length, "\0") if len(data) == size else text
        return text, len(text) == length

    def places(self, first: int, last: int) -> Iterator[range]:
        """Yield the positions of the text that lie between two offsets (fc) of the main stream."""
        from_here = max(0, bisect_right(self.by_place, (first, 0, 0, False)) - 1)
        for start, begin, length, packed in islice(self.by_place, from_here, None):
            if start >= last:
                break
            width = 1 if packed else 2
            low = max(0, -(-(first - start) // width))
            high = min(length, -(-(last - start) // width))
            if low < high:
                yield range(begin + low, begin + high)
