"""A directory -> the files of a corpus in it, by path, those in zip archives among them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..errors import RequestError
from ..files.plain_files import NotPlainError, read_plain
from ..files.whole_files import MANIFEST
from ..messages import _
from ..model import INDEX_MARK, INDEX_MARKER, Value

if TYPE_CHECKING:
    from ..reading.limits import Limits

LEFT_OUT = ("readme", "license")
"""Files whose names begin so, in any case, are about the folder, and no speeches."""
ZIP = ".zip"
SETTINGS_FILES = {
    "watermarks": "watermarks.toml",
    "themes": "themes.toml",
    "words": "words.txt",
    "limits": "limits.toml",
    "speakers": "speakers.txt",
}
"""The names of a user's own rule files at the top of the corpus, by the rules they hold."""
ESCAPE = re.compile(r"\\[xuUnrt\\]")
"""Pattern of the beginning of what `path_text` writes for a character that cannot be shown."""


class SourceFile(Value, frozen=True, kw_only=True):
    """
    A file of a corpus: its POSIX path in it, where it is, its size in bytes, mtime in ns, inode.

    A file in a zip archive is one of its own: its path goes on through the archive, its mtime and
    inode are the archive's.
    """

    path: str
    file: Path
    size: int
    mtime_ns: int
    inode: int


def check_directory(directory: Path) -> None:
    """Raise RequestError if there is no such directory."""
    if not directory.is_dir():
        raise RequestError(
            _(
                "{directory}: there is no such directory. Name the folder of speeches with -C"
            ).format(directory=directory)
        )


def walk(
    directory: Path, index_directory: Path | None = None, *, limits: Limits | None = None
) -> list[SourceFile]:
    """
    List the files of a corpus by path; a zip archive stands for the files in it.

    Hidden files and folders, README and LICENSE files, and the user's own rules at the top are
    left out, indexes wherever they lie, and what `export` wrote, with its manifest. A name that
    is no text is shown escaped. A folder that cannot be entered, and a link to one elsewhere, is
    listed as a file, to be told as a problem; no link to a folder is followed. A corpus that is
    missing or empty raises RequestError.
    """
    sources: list[SourceFile] = []
    for path, file, status in listing(directory, index_directory):
        sources += source_files(path, file, status, limits)
    if not sources:
        raise RequestError(
            _("{directory}: there are no files in it. Put your speeches there").format(
                directory=directory
            )
        )
    return sorted(sources, key=lambda source: source.path)


def source_files(
    path: str, file: str, status: os.stat_result | None, limits: Limits | None = None
) -> list[SourceFile]:
    """Return a file of a `listing`; of an archive, the files in it."""
    source = SourceFile(
        path=path,
        file=Path(file),
        size=status.st_size if status else 0,
        mtime_ns=status.st_mtime_ns if status else 0,
        inode=status.st_ino if status else 0,
    )
    # by its name, not its content: a Word file is a zip archive, too, and is one speech
    return _members(source, limits) if status and path.lower().endswith(ZIP) else [source]


def listing(
    directory: Path, index_directory: Path | None = None
) -> Iterator[tuple[str, str, os.stat_result | None]]:
    """
    Yield the path of each file in a corpus, where it is, and its status; archives are files here.

    The status is None for what cannot be read as a file. This is what `walk` lists, in plain
    strings, for a comparison of thousands of files before an answer.
    """
    check_directory(directory)
    # an index named with --index may lie in the corpus under any name, or behind a link
    index = os.path.realpath(index_directory) if index_directory else None
    root = os.path.realpath(directory)
    folders = [("", str(directory))]
    while folders:
        above, folder = folders.pop()
        names: dict[str, os.DirEntry[str]] = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = f"{above}{entry.name}"
                    if not _is_folder(entry):
                        names[entry.name] = entry
                    elif not _is_walked(Path(entry.path), index):
                        continue
                    elif not entry.is_symlink():
                        folders.append((f"{path}/", entry.path))
                    elif not Path(os.path.realpath(entry.path)).is_relative_to(root):
                        yield path_text(path), entry.path, None
        except OSError:
            # a closed folder must not silently make a search miss the speeches in it
            yield path_text(above.rstrip("/") or "."), folder, None
        # only at the top is words.txt a rule file: further down it may be a speech
        for name in _speech_files(list(names), at_top=not above):
            yield path_text(f"{above}{name}"), names[name].path, _status(names[name])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        # On Windows an entry knows its size and times, but not its inode.
        return entry.stat() if os.name == "posix" else Path(entry.path).stat()
    except OSError:
        return None


def _is_walked(folder: Path, index: str | None) -> bool:
    """Check that a folder is neither hidden nor an index, of this corpus or another."""
    if folder.name.startswith(".") or os.path.realpath(folder) == index:
        return False
    try:
        return not is_index(folder)
    except OSError:
        return True


def is_index(folder: Path) -> bool:
    """Check that a folder has the mark of an index; OSError where that cannot be seen."""
    try:
        mark = read_plain(folder / INDEX_MARKER, within=folder, most=len(INDEX_MARK) + 1)
    except (FileNotFoundError, NotPlainError):
        return False
    return mark == INDEX_MARK


def _speech_files(names: list[str], *, at_top: bool) -> Iterator[str]:
    """Leave out the names of what is no speech."""
    manifests = {name for name in names if name.endswith(MANIFEST)}
    for name in names:
        if name.startswith(".") or name.lower().startswith(LEFT_OUT):
            continue
        # an exported text would otherwise be found beside the speeches it was made of
        if name in manifests or name + MANIFEST in manifests:
            continue
        if not (at_top and name in SETTINGS_FILES.values()):
            yield name


def _members(archive: SourceFile, limits: Limits | None) -> list[SourceFile]:
    """List the files in an archive; the archive itself, to be told as a problem, if it is none."""
    # most corpora hold no archive, and `zipfile` takes time to import
    from ..reading.limits import Limits, Unreadable
    from ..reading.zip_archive import list_members

    try:
        members = list_members(archive.file, path=archive.path, limits=limits or Limits())
    except (Unreadable, OSError):
        return [archive]
    return [
        replace(
            archive,
            path=f"{archive.path}/{path_text(member.path.as_posix())}",
            file=archive.file / member.path,
            size=member.size,
        )
        for member in members
        if not member.path.name.lower().startswith(LEFT_OUT)
    ]


def path_text(text: str) -> str:
    r"""
    Write a path, with /, so that it can be shown, escaping as Python does; no two paths alike.

    It is a name in JSON, too. A backslash is doubled where it could be taken for such an escape.

    >>> print(path_text("讲话　稿\x1b.txt"), path_text(r"讲话稿\x1b.txt"))
    讲话　稿\x1b.txt 讲话稿\\x1b.txt
    """
    if text.isprintable() and "\\" not in text:
        return text
    # the wide blank U+3000 is not printable to Python, but common in the names of Chinese files
    shown = {character for character in text if character.isprintable() or _is_blank(character)}
    if len(shown) == len(set(text)) and not ESCAPE.search(text):
        return text
    return "".join(
        character if character in shown else ascii(character)[1:-1]
        for character in text.replace("\\", "\\\\")
    )


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) == "Zs"
