"""Files of an index with their checksums: nothing is read that is not as it was written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from zlib import crc32

from ..model import Value
from .plain_files import NotPlainError, open_plain

BLOCK = 1 << 14
"""
Number of bytes that have a checksum of their own.

Small, so that little has to be read to check a little; 4 bytes for each are a four-thousandth.
"""
SHIFT = BLOCK.bit_length() - 1
SUM = 4
"""Length of a checksum in bytes."""
LONG = 4 * BLOCK
"""Number of bytes read at once above which a block is checked only when it is first read."""
MOST_BLOCKS = 64
"""Maximum number of blocks of a file that are kept in memory: 1 MB."""


class Checksums(Value, frozen=True, array_like=True):
    """The size of a file in bytes, and the CRC-32 of each BLOCK of it, little-endian."""

    size: int
    blocks: bytes


Fault = Callable[[Path, OSError | None], Exception]
"""
Makes the exception to be raised about a file that is not as it was written.

Or that the system cannot read, with what it says.
"""


def checksums(file: Path, *, within: Path) -> Checksums:
    """Read a file of a folder and sum it up; OSError where it cannot be read."""
    sums = []
    size = 0
    descriptor = open_plain(file, within=within)
    try:
        while block := _read_block(descriptor):
            sums.append(_sum(block))
            size += len(block)
    finally:
        os.close(descriptor)
    return Checksums(size, b"".join(sums))


def _read_block(descriptor: int) -> bytes:
    """Read the next block, whole, unless the file ends in it."""
    block = os.read(descriptor, BLOCK)
    while 0 < len(block) < BLOCK and (more := os.read(descriptor, BLOCK - len(block))):
        block += more
    return block


def intact(file: Path, sums: Checksums, *, within: Path) -> bool:
    """Check that a file of a folder is still what was summed up."""
    try:
        # lstat: a link is not followed, and a wrong size spares reading the file
        return file.lstat().st_size == sums.size and checksums(file, within=within) == sums
    except OSError:
        return False


def _sum(block: bytes | memoryview) -> bytes:
    return crc32(block).to_bytes(SUM, "little")


class Blocks:
    """
    The bytes of a file of a folder, each block of which is checked when it is read.

    A block is checked each time it is read from the disk; of a LONG stretch, only when it is
    first read: a text that is scanned again and again would cost twice as much. `fault` makes
    what is raised for a block, or a file, that is not as it was written. OSError where there is
    no such file.

    The file is read, not mapped into memory: where a disk fails, or the file is cut off while it
    is open, to read it raises an error; to touch a map of it would end the process.
    """

    def __init__(self, file: Path, sums: Checksums, fault: Fault, *, within: Path) -> None:
        self.file, self.size, self._sums, self._fault = file, sums.size, sums.blocks, fault
        number = -(-sums.size // BLOCK)
        self._unread = bytearray(b"\1") * number
        self._kept: dict[int, bytes] = {}
        self._lock = Lock()
        self._descriptor = -1
        try:
            self._descriptor = open_plain(file, within=within)
        except NotPlainError:
            raise self.fault() from None
        # the size first: it finds a file that was cut off without reading any of it
        if os.fstat(self._descriptor).st_size != sums.size or len(sums.blocks) != number * SUM:
            self.close()
            raise self.fault()

    def fault(self, error: OSError | None = None) -> Exception:
        """Make the exception about this file: damage, or that it cannot be read."""
        return self._fault(self.file, error)

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, or to the end of the file."""
        n = start >> SHIFT
        # the common case, a few bytes of one block, is kept short: whoosh reads very many of them
        if stop <= (n + 1) << SHIFT:
            block = self._kept.get(n)
            if block is None:
                block = self._keep(n)
            return block[start - (n << SHIFT) : stop - (n << SHIFT)]
        return self._read_stretch(start, min(stop, self.size))

    def _keep(self, n: int) -> bytes:
        """Read, check and keep a block."""
        if n < 0:  # what is asked for was computed from what is damaged
            raise self.fault()
        # past the end there is nothing, as in any file: a pickle is read with bytes to spare
        if n >= len(self._unread):
            return b""
        block = self._read_at(n << SHIFT, BLOCK)
        self._check(n, block)
        if len(self._kept) >= MOST_BLOCKS:
            self._kept.clear()
        self._kept[n] = block
        return block

    def _read_stretch(self, start: int, stop: int) -> bytes:
        """Read several blocks at once and check them, if LONG only those never read before."""
        if start < 0:
            raise self.fault()
        first, last = start >> SHIFT, (stop + BLOCK - 1) >> SHIFT
        long = stop - start > LONG
        if long and 1 not in self._unread[first:last]:
            return self._read_at(start, stop - start)
        begin = first << SHIFT
        data = self._read_at(begin, (last << SHIFT) - begin)
        view = memoryview(data)
        for n in range(first, last):
            if self._unread[n] or not long:
                at = (n << SHIFT) - begin
                self._check(n, view[at : at + BLOCK])
        return data[start - begin : stop - begin]

    def _check(self, n: int, block: bytes | memoryview) -> None:
        if _sum(block) != self._sums[n * SUM : (n + 1) * SUM]:
            raise self.fault()
        self._unread[n] = 0

    def _read_at(self, place: int, length: int) -> bytes:
        """Read from a place of the file, to its end at most; a file that was cut off is damaged."""
        length = min(length, self.size - place)
        if length <= 0:
            return b""
        try:
            data = self._read_once(place, length)
            while 0 < len(data) < length:  # less than was asked for, by some drives
                more = self._read_once(place + len(data), length - len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from None
            raise self.fault(error) from None
        if len(data) < length:
            raise self.fault()
        return data

    def _read_once(self, place: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, place)
        with self._lock:  # Windows: the place is the descriptor's, and threads share it
            os.lseek(self._descriptor, place, os.SEEK_SET)
            return os.read(self._descriptor, length)

    def check_all(self) -> None:
        """Check every block, also those that were read before; raise what `fault` makes."""
        for n in range(len(self._unread)):
            self._check(n, self._read_at(n << SHIFT, BLOCK))

    def all(self) -> bytes:
        """Return the whole file."""
        return self.read(0, self.size)

    def close(self) -> None:
        """Close the file, so that it can be removed."""
        self._kept.clear()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
