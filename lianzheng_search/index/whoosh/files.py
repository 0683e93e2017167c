"""The files of a shard, as whoosh reads them: every byte checked, nothing unpickled but data."""

from __future__ import annotations

import pickle
import re
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from whoosh.codec.whoosh3 import W3Codec, W3LeafMatcher, W3Segment, W3TermsReader
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.reading import SegmentReader

from ...files.checksums import Blocks, Checksums, Fault
from ...model import Value
from .columns import schema

POSTING_BLOCK = 1024
"""Number of postings that are written, compressed and read together."""
SHARDS = "shards"
"""The folder of all shards of an index, which generations share."""
INDEX_NAME, SEGMENT_NAME = "MAIN", "shard"
"""The names whoosh gives to the one index and the one segment in a shard's directory."""
PICKLED = 4096
"""Maximum length, in bytes, of a pickle that stands between other data: a few numbers."""


class Shard(Value, frozen=True, array_like=True):
    """A shard: the name of its directory, the number of its passages, and its files by name."""

    name: str
    passages: int
    files: Mapping[str, Checksums]

    @property
    def size(self) -> int:
        """The size of its files in bytes."""
        return sum(sums.size for sums in self.files.values())


def whoosh_version() -> str:
    """Return the version of whoosh that writes and reads indexes here, as 3.54.0."""
    import whoosh

    return ".".join(re.findall(r"\d+", str(whoosh.__version__)))


def open_shard(
    index_directory: Path, shard: Shard, fault: Fault
) -> tuple[SegmentReader, list[Blocks]]:
    """
    Open a shard of an index for reading; return the reader, and the files that it reads.

    Whoosh's table of contents is not read: it would name classes to be unpickled, and says only
    what we know. OSError where a file is not there, what `fault` makes where it is damaged.
    """
    codec = ShardCodec()
    segment = W3Segment(codec, INDEX_NAME, doccount=shard.passages, segid=SEGMENT_NAME)
    # the checksums come from the manifest, so that a shard cannot vouch for itself
    storage = _Storage(index_directory, shard, fault)
    return SegmentReader(storage, schema(), segment, codec=codec), storage.opened


class _Storage(FileStorage):  # type: ignore[misc]
    """The files of a shard, for reading."""

    def __init__(self, index_directory: Path, shard: Shard, fault: Fault) -> None:
        self._directory = index_directory / SHARDS / shard.name
        super().__init__(str(self._directory), readonly=True)
        self._index_directory, self._files, self._fault = index_directory, shard.files, fault
        self.opened: list[Blocks] = []

    def file_exists(self, name: str) -> bool:
        """Check whether a file belongs to the shard."""
        return name in self._files

    def file_length(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return self._checksums(name).size

    def open_file(self, name: str, **_options: Any) -> CheckedFile:
        """Open a file; OSError where it is not there."""
        file, sums = self._directory / name, self._checksums(name)
        blocks = Blocks(file, sums, self._fault, within=self._index_directory)
        self.opened.append(blocks)
        return CheckedFile(blocks)

    def _checksums(self, name: str) -> Checksums:
        if name not in self._files:
            raise self._fault(self._directory / name, None)
        return self._files[name]


class CheckedFile(StructFile):  # type: ignore[misc]
    """What whoosh reads numbers and strings from, over `Blocks`."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks, self._name, self._at = blocks, blocks.file.name, 0
        # not "real": else whoosh would read arrays from the file itself, past the checksums
        self.is_real = self.is_closed = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        start = self._at
        self._at = min(start + size, self.blocks.size) if size >= 0 else self.blocks.size
        return self.blocks.read(start, self._at)

    def seek(self, place: int, whence: int = 0) -> int:
        """Move to a place, as files do."""
        self._at = place + (0, self._at, self.blocks.size)[whence]
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def get(self, position: int, length: int) -> bytes:
        """Return the bytes from a place on."""
        return self.blocks.read(position, position + length)

    def read_pickle(self) -> Any:
        """Read a pickled value of numbers, strings and tables of them."""
        # a pickle does not tell its length: the place moves on by what was used of these bytes
        buffer = BytesIO(self.blocks.read(self._at, self._at + PICKLED))
        value = self.unpickle(buffer)
        self._at += buffer.tell()
        return value

    def unpickle(self, buffer: BytesIO) -> Any:
        """Read a value pickled in this file; raise the fault of a file that is none of ours."""
        try:
            return _Unpickler(buffer).load()
        except Exception as error:  # pickle raises whatever it is made to raise
            raise self.blocks.fault() from error

    def close(self) -> None:
        """Close the file."""
        self.blocks.close()
        self.is_closed = True


class _Unpickler(pickle.Unpickler):
    """
    Unpickles data, never code: the one name it knows is how old pickles write bytes.

    An index may come from elsewhere, and a pickle that names a function has it called.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Return the one function that a pickle may name."""
        if (module, name) != ("_codecs", "encode"):
            raise pickle.UnpicklingError(f"{module}.{name}")
        return _bytes


def _bytes(text: str, _encoding: str) -> bytes:
    return text.encode("latin-1")


class ShardCodec(W3Codec):  # type: ignore[misc]
    """Whoosh's own format, written in larger blocks under fixed names, and read with care."""

    def __init__(self) -> None:
        super().__init__(blocklimit=POSTING_BLOCK)

    def new_segment(self, _storage: Any, indexname: str) -> W3Segment:
        """Return a segment with a name that does not differ from run to run."""
        return W3Segment(self, indexname, segid=SEGMENT_NAME)

    def terms_reader(self, storage: Any, segment: W3Segment) -> W3TermsReader:
        """Open the table of terms."""
        name = segment.make_filename(self.TERMS_EXT)
        postings = segment.open_file(storage, self.POSTS_EXT)
        return _Terms(self, storage.open_file(name), storage.file_length(name), postings)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None
    ) -> W3LeafMatcher:
        """Read the postings of a term."""
        offset, length = terminfo.extent()
        return _Postings(dbfile, offset, length, format_, term=term, scorer=scorer)


class _Terms(W3TermsReader):  # type: ignore[misc]
    def term_info(self, fieldname: str, tbytes: bytes) -> Any:
        known = self._tindex.get(self._keycoder(fieldname, tbytes), b"\0")
        if known[:1] != b"\0":  # postings that are pickled here: we write none
            raise self._dbfile.blocks.fault()
        return super().term_info(fieldname, tbytes)


class _Postings(W3LeafMatcher):  # type: ignore[misc]
    def _read_data(self) -> None:
        data = self._postfile.get(self._dataoffset, self._nextoffset - self._dataoffset)
        if self._compression:
            # unpickled by our own reader: whoosh's would run any code that the postings name
            data = zlib.decompress(data)
        self._data = self._postfile.unpickle(BytesIO(data))
