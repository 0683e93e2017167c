"""A directory -> its speeches and their problems, and what changed since last time."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

import msgspec
from msgspec.structs import replace

from ..cleaning.clean import clean
from ..cleaning.rules import Rules, load_rules
from ..errors import RequestError
from ..files.whole_files import MANIFEST
from ..messages import _
from ..model import INDEX_MARK, INDEX_MARKER, UNLABELLED, Passage, Settings, Speech, Value
from ..reading.decoding import check_encoding
from ..reading.limits import Limits, Unreadable, load_limits
from ..reading.read import read_file
from ..structure.parse import parse
from ..text.words import WORDS_FILE
from ..themes.label import Themes, label
from ..themes.theme_files import load_themes

LEFT_OUT = ("readme", "license")
ZIP = ".zip"
SETTINGS_FILES = {
    "watermarks": "watermarks.toml",
    "themes": "themes.toml",
    "words": "words.txt",
    "limits": "limits.toml",
    "speakers": "speakers.txt",
}
"""What a user's own rules are called where they lie at the top of the corpus."""


ESCAPE = re.compile(r"\\[xuUnrt\\]")
"""What `_shown` writes for what cannot be shown."""


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


class Tools(Value, frozen=True, kw_only=True):
    """What turns a file into a labelled speech; it can be sent to another process."""

    rules: Rules
    themes: Themes
    words_file: Path
    encoding: str | None = None
    limits: Limits = msgspec.field(default_factory=Limits)


def find_settings(directory: Path, given: Settings) -> Settings:
    """Complete the settings a user gave with the files that lie at the top of the corpus."""
    found = {}
    for name, file_name in SETTINGS_FILES.items():
        file = getattr(given, name)
        if file is None and (directory / file_name).is_file():
            file = directory / file_name
        found[name] = file
    return Settings(**found)


def load_tools(settings: Settings, *, encoding: str | None = None) -> Tools:
    """Load the rules; raise RequestError, naming file and line, where one of them is wrong."""
    check_encoding(encoding)
    words_file = settings.words or WORDS_FILE
    if not words_file.is_file():
        raise RequestError(
            _("{file}: there is no such file. Check the path").format(file=words_file)
        )
    return Tools(
        rules=load_rules(settings.watermarks),
        themes=load_themes(settings.themes),
        words_file=words_file,
        encoding=encoding,
        limits=load_limits(settings.limits),
    )


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
    check_directory(directory)
    found = []
    closed: list[OSError] = []
    index = os.path.realpath(index_directory) if index_directory else None
    root = Path(os.path.realpath(directory))
    for folder, folders, names in os.walk(directory, onerror=closed.append):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and os.path.realpath(Path(folder, name)) != index
            and not _is_index(Path(folder, name))
        )
        found += [
            _untold(file, directory)
            for file in (Path(folder, name) for name in folders)
            if os.path.islink(file)  # noqa: PTH114 - the other raises for a path that is too long
            and not Path(os.path.realpath(file)).is_relative_to(root)
        ]
        at_top = Path(folder) == directory
        present = {name for name in names if name.endswith(MANIFEST)}
        for name in names:
            if name.startswith(".") or name.lower().startswith(LEFT_OUT):
                continue
            if name.endswith(MANIFEST) or name + MANIFEST in present:
                continue
            if at_top and name in SETTINGS_FILES.values():
                continue
            file = Path(folder, name)
            try:
                status = file.stat()
            except OSError:
                found.append(_untold(file, directory))
                continue
            source = SourceFile(
                path=_shown(file.relative_to(directory)),
                file=file,
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                inode=status.st_ino,
            )
            found += _in_archive(source, limits) if file.suffix.lower() == ZIP else [source]
    for error in closed:
        found.append(_untold(Path(error.filename), directory))
    if not found:
        raise RequestError(
            _("{directory}: there are no files in it. Put your speeches there").format(
                directory=directory
            )
        )
    return sorted(found, key=lambda source: source.path)


def _is_index(folder: Path) -> bool:
    """Tell whether a folder is an index, of this corpus or another."""
    try:
        marker = folder / INDEX_MARKER
        if not marker.is_file():  # reading a pipe would wait for ever
            return False
        with marker.open("rb") as opened:
            return opened.read(len(INDEX_MARK) + 1) == INDEX_MARK
    except OSError:
        return False


def _untold(file: Path, directory: Path) -> SourceFile:
    """List what is no file, for reading it will say so."""
    shown = _shown(file.relative_to(directory))
    return SourceFile(path=shown, file=file, size=0, mtime_ns=0, inode=0)


def _in_archive(archive: SourceFile, limits: Limits | None) -> list[SourceFile]:
    """List the files in an archive; the archive itself, to be told as a problem, if it is none."""
    from ..reading.zip_archive import list_members

    try:
        members = list_members(archive.file, path=archive.path, limits=limits or Limits())
    except (Unreadable, OSError):
        return [archive]
    shown = [member for member in members if not member.path.name.lower().startswith(LEFT_OUT)]
    return [
        replace(
            archive,
            path=f"{archive.path}/{_shown(member.path)}",
            file=archive.file / member.path,
            size=member.size,
        )
        for member in shown
    ]


def _shown(path: PurePath) -> str:
    r"""
    Write a path with /, and what cannot be shown as Python would; no two paths alike.

    It is a name in JSON, too. A backslash is doubled where it could be taken for such an escape.

    >>> print(_shown(PurePath("讲话　稿\x1b.txt")), _shown(PurePath("讲话稿\\x1b.txt")))
    讲话　稿\x1b.txt 讲话稿\\x1b.txt
    """
    text = path.as_posix()
    if text.isprintable() and "\\" not in text:
        return text
    seen = {character for character in text if character.isprintable() or _is_blank(character)}
    if len(seen) == len(set(text)) and not ESCAPE.search(text):
        return text
    return "".join(
        character if character in seen else ascii(character)[1:-1]
        for character in text.replace("\\", "\\\\")
    )


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def load_speech(file: Path, tools: Tools, *, path: str, data: bytes | None = None) -> Speech:
    """
    Read, clean, structure and label one file; raise Unreadable where it is no text.

    `data` is what `file_bytes` gave for it, where that has been asked already.
    """
    raw = read_file(file, path=path, encoding=tools.encoding, limits=tools.limits, data=data)
    speech = parse(clean(raw, tools.rules))
    return replace(speech, passages=tuple(label_passages(speech.passages, tools.themes)))


def label_passages(passages: Iterable[Passage], themes: Themes) -> Iterator[Passage]:
    """Give each passage its themes; titles and salutations are about none."""
    for passage in passages:
        if passage.kind in UNLABELLED:
            yield passage
            continue
        verdicts = label(themes, passage.text, passage.headings_above)
        yield replace(passage, themes=tuple(verdict.theme for verdict in verdicts))
