"""Files of an index with their checksums: nothing is read that is not as it was written."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from ..model import Value

BLOCK = 1 << 14
"""So many bytes have a checksum of their own, so that little has to be read to check a little."""
SHIFT = BLOCK.bit_length() - 1
SUM = 4
"""Bytes of a checksum."""


class Checksums(Value, frozen=True, array_like=True):
    """The size of a file in bytes, and the CRC-32 of each BLOCK of it, little-endian."""

    size: int
    blocks: bytes


Fault = Callable[[Path], Exception]
"""Makes the exception to be raised about a file that is not as it was written."""


def checksums(file: Path) -> Checksums:
    """Read a file and sum it up; OSError where it cannot be read."""
    sums = []
    size = 0
    with file.open("rb", buffering=0) as opened:
        while block := opened.read(BLOCK):
            sums.append(_sum(block))
            size += len(block)
    return Checksums(size, b"".join(sums))


def intact(file: Path, known: Checksums) -> bool:
    """Tell whether a file is still what was summed up."""
    try:
        return file.stat().st_size == known.size and checksums(file) == known
    except OSError:
        return False


def _sum(block: bytes) -> bytes:
    return crc32(block).to_bytes(SUM, "little")


class Blocks:
    """
    The bytes of a file, mapped into memory; a block is checked when it is first read.

    `fault` makes what is raised for a block, or a file, that is not as it was written. OSError
    where there is no such file.
    """

    def __init__(self, file: Path, known: Checksums, fault: Fault) -> None:
        self.file, self.size, self._sums, self.fault = file, known.size, known.blocks, fault
        number = -(-known.size // BLOCK)
        self._unread = bytearray(b"\1") * number
        self._mapped: mmap.mmap | bytes = b""
        with file.open("rb", buffering=0) as opened:
            size = os.fstat(opened.fileno()).st_size
            if size != known.size or len(known.blocks) != number * SUM:
                raise fault(file)
            if size:  # an empty file cannot be mapped
                self._mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def read(self, start: int, stop: int) -> bytes:
        """Give the bytes from `start` to before `stop`, or to the end of the file."""
        unread = self._unread
        if start < 0:
            raise self.fault(self.file)
        for n in range(start >> SHIFT, min((stop + BLOCK - 1) >> SHIFT, len(unread))):
            if unread[n]:
                self._check(n)
        return self._mapped[start:stop]

    def _check(self, n: int) -> None:
        block = self._mapped[n << SHIFT : (n + 1) << SHIFT]
        if _sum(block) != self._sums[n * SUM : (n + 1) * SUM]:
            raise self.fault(self.file)
        self._unread[n] = 0

    def all(self) -> bytes:
        """Give the whole file."""
        return self.read(0, self.size)

    def close(self) -> None:
        """Let go of the file, so that it can be removed."""
        if isinstance(self._mapped, mmap.mmap):
            self._mapped.close()


def sync(path: Path) -> None:
    """Have what was written to a file, or to a directory on POSIX, put on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP) or not path.is_dir():
            raise  # on some network drives, folders cannot be put on the disk: they are already
    finally:
        os.close(descriptor)


def sync_files(directory: Path) -> None:
    """Have the files of a directory put on the disk, and that it holds them, and is there."""
    for file in directory.iterdir():
        sync(file)
    sync(directory)
    sync(directory.parent)
