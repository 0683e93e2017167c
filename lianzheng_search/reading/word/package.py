"""The zip of a docx -> its parts, as trees or streams of elements, and their relations."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from ...messages import N_
from ..limits import Limits, Unreadable, beyond, unreadable

OFFICE = "officeDocument"
"""The last word of the relation's type that leads to the text of the document."""
BLOCK = 1 << 20
"""Bytes unpacked at a time: what passes a limit is never unpacked whole."""


class Package:
    """The parts of a docx, unpacked only as far as the limits go."""

    def __init__(self, data: bytes, path: str, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.packed = len(data)
        self.left = limits.docx_bytes
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise self.broken() from None
        self.names = frozenset(self.zip.namelist())

    def broken(self) -> Unreadable:
        """Return the error of a file that is damaged."""
        return unreadable(self.path, N_("a Word file (docx) that is damaged; save it anew"))

    def read(self, name: str) -> bytes:
        """Return a part, b"" where there is none."""
        if name not in self.names:
            return b""
        blocks: list[bytes] = []
        try:
            with self.zip.open(name) as part:
                while block := part.read(BLOCK):
                    blocks.append(block)
                    self.left -= len(block)
                    unpacked = self.limits.docx_bytes - self.left
                    if self.left < 0:
                        raise beyond(self.path, "docx_bytes", self.limits)
                    if unpacked > BLOCK and unpacked > self.limits.zip_ratio * self.packed:
                        raise beyond(self.path, "zip_ratio", self.limits)
        except RuntimeError:  # a password; also NotImplementedError: a strange compression
            raise unreadable(self.path, N_("it is locked with a password")) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
            raise self.broken() from None
        return b"".join(blocks)

    def events(self, name: str) -> Iterator[tuple[str, ElementTree.Element]]:
        """Parse a part piece by piece; what is done with an element is its reader's to clear."""
        data = self.read(name)
        if not data:
            return
        if b"\0" in data[:200]:  # UTF-16, which would hide a DTD from the search for one
            raise self.broken()
        if b"<!DOCTYPE" in data:
            raise unreadable(self.path, N_("a Word file (docx) with a DTD, which no Word writes"))
        try:
            yield from ElementTree.iterparse(io.BytesIO(data), events=("start", "end"))
        except (ElementTree.ParseError, ValueError, LookupError):
            raise self.broken() from None

    def tree(self, name: str) -> ElementTree.Element | None:
        """Parse a small part as a whole."""
        root = None
        for event, element in self.events(name):
            if event == "start" and root is None:
                root = element
        return root

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the parts that a part refers to: id -> (the last word of its type, name)."""
        folder, file = posixpath.split(name)
        root = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            target = relation.get("Target", "")
            full = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(full))
        return found


def local(tag: str) -> str:
    """Return a name without its name space, which the two editions of the standard change."""
    return tag.rpartition("}")[2]


def value_of(element: ElementTree.Element | None, name: str = "val") -> str | None:
    """Return an attribute of an element by its local name."""
    if element is None:
        return None
    for key, value in element.items():
        if local(key) == name:
            return value
    return None


def whole_number(text: str | None) -> int | None:
    """Read a number of at most nine digits; None for anything else."""
    try:
        return int(text) if text is not None and len(text) < 10 else None
    except ValueError:
        return None


def child_of(element: ElementTree.Element | None, *names: str) -> ElementTree.Element | None:
    """Return the first descendant along a path of local names."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if local(child.tag) == name), None)
    return element


def is_word(element: ElementTree.Element) -> bool:
    """Check that an element is of WordprocessingML: w:p, not the a:p of a drawing."""
    return "wordprocessingml" in element.tag
