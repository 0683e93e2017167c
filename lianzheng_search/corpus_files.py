"""A directory -> its speeches and their problems, and what changed since last time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

import msgspec
from msgspec.structs import replace

from .analysis import WORDS_FILE
from .cleaning import clean
from .decoding import check_encoding
from .language import _
from .limits import Limits, Unreadable, load_limits
from .model import UNLABELLED, Passage, RequestError, Settings, Speech, Value
from .reading import read_file
from .rules import Rules, load_rules
from .structure import parse
from .theme_files import load_themes
from .themes import Themes, label
from .whole_files import MANIFEST

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


class SourceFile(Value, frozen=True, kw_only=True):
    """
    A file of a corpus: its POSIX path in it, where it is, its size in bytes and mtime in ns.

    A file in a zip archive is one of its own: its path goes on through the archive, its mtime is
    the archive's.
    """

    path: str
    file: Path
    size: int
    mtime_ns: int


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


def walk(
    directory: Path, index_directory: Path | None = None, *, limits: Limits | None = None
) -> list[SourceFile]:
    """
    List the files of a corpus by path; a zip archive stands for the files in it.

    Hidden files and folders, README and LICENSE files, and the user's own rules at the top are
    left out, the index wherever it lies, and what `export` wrote, with its manifest. A name that
    is no text is shown escaped. A folder that cannot be entered is listed as a file, to be told
    as a problem. A corpus that is missing or empty raises RequestError.
    """
    if not directory.is_dir():
        raise RequestError(
            _(
                "{directory}: there is no such directory. Name the folder of speeches with -C"
            ).format(directory=directory)
        )
    found = []
    closed: list[OSError] = []
    index = index_directory.resolve() if index_directory else None
    for folder, folders, names in os.walk(directory, onerror=closed.append):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and Path(folder, name).resolve() != index
        )
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
                status = os.stat_result([0] * 10)  # reading it will say what is wrong
            source = SourceFile(
                path=_shown(file.relative_to(directory)),
                file=file,
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
            )
            found += _in_archive(source, limits) if file.suffix.lower() == ZIP else [source]
    for error in closed:
        file = Path(error.filename)
        found.append(
            SourceFile(path=_shown(file.relative_to(directory)), file=file, size=0, mtime_ns=0)
        )
    if not found:
        raise RequestError(
            _("{directory}: there are no files in it. Put your speeches there").format(
                directory=directory
            )
        )
    return sorted(found, key=lambda source: source.path)


def _in_archive(archive: SourceFile, limits: Limits | None) -> list[SourceFile]:
    """List the files in an archive; the archive itself, to be told as a problem, if it is none."""
    from .read_zip import list_members

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
    """Write a path with / and with escapes for what cannot be shown: it is a name in JSON too."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in path.as_posix()
    )


def load_speech(file: Path, tools: Tools, *, path: str) -> Speech:
    """Read, clean, structure and label one file; raise Unreadable where it is no text."""
    raw = read_file(file, path=path, encoding=tools.encoding, limits=tools.limits)
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
