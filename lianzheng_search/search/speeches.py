"""The name of a speech, or of a place in one -> what it says, from the index or from its file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RequestError
from ..messages import _, listed, no_such, short
from ..model import Passage, Problem, Speech, SpeechInfo
from ..text.folding import fold

if TYPE_CHECKING:
    from ..index.library import Library
    from ..index.whoosh.backend import WhooshBackend
    from ..model import CleanText, RawFile

PLACE = re.compile(r"(.+):(\d{1,18})")
"""A speech and the number of a line in its file, from 1."""


def find_speech(backend: WhooshBackend, name: str) -> SpeechInfo:
    """Return the one speech with this id, or else whose id or title holds this text."""
    speeches = backend.speeches()
    path = Path(name).as_posix()
    folded = fold(path.removeprefix("…"))
    # From the strictest to the loosest: a whole name is never ambiguous for being a part of others.
    tests: list[Callable[[SpeechInfo], bool]] = [
        lambda speech: speech.id == path,
        lambda speech: folded in (fold(speech.title), fold(Path(speech.id).stem)),
        lambda speech: folded in fold(speech.id) or folded in fold(speech.title),
    ]
    for test in tests:
        fitting = [speech for speech in speeches if test(speech)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise RequestError(
                _("speech: {name} fits {count} of them: {names}. Say more of the name").format(
                    name=short(name), count=len(fitting), names=listed([s.id for s in fitting])
                )
            )
    raise no_such(_("speech"), name, [speech.id for speech in speeches])


def indexed_speech(backend: WhooshBackend, name: str) -> tuple[SpeechInfo, list[Passage]]:
    """Read one whole speech from the index; `find_speech` explains the name."""
    speech = backend.speech(find_speech(backend, name).id)
    assert speech is not None
    return speech


def indexed_place(backend: WhooshBackend, name: str) -> tuple[SpeechInfo, list[Passage], range]:
    """
    Return a place, ``SPEECH:LINE``: the speech, its passages, and the numbers of those there.

    They are the passages that begin on that line of the file or, where none does, those that go
    on there (each line of the last has a character at least). A name without a line is the whole
    speech.
    """
    match = PLACE.fullmatch(name)
    # A file's own name may end in :12, and then it is the speech that is meant.
    if match is None or backend.speech(name) is not None:
        info, passages = indexed_speech(backend, name)
        return info, passages, range(len(passages))
    info, passages = indexed_speech(backend, match[1])
    lines = [passage.place[0] for passage in passages]
    start = max((line for line in lines if line <= int(match[2])), default=None)
    if start is None:
        raise RequestError(
            _("{place}: no text stands there. It begins on line {line}").format(
                place=short(name), line=min(lines)
            )
        )
    first = lines.index(start)
    # The index does not know how many lines a file has, but each line has a character: beyond that
    # many lines behind the last passage there can be no text.
    characters = sum(len(passage.text) for passage in passages[first:])
    if lines[-1] == start and int(match[2]) > start + characters:
        raise RequestError(
            _("{place}: no text stands there. The last begins on line {line}").format(
                place=short(name), line=start
            )
        )
    return info, passages, range(first, len(lines) - lines[::-1].index(start))


def read_speeches(library: Library, *names: str) -> Iterator[Speech | Problem]:
    """
    Yield speeches read from their files, not from the index; all of the corpus without names.

    A name is a file, in the corpus or not, or what `find_speech` finds. A file that cannot be
    read yields its problem.
    """
    from ..index.tools import load_speech
    from ..index.walk import walk
    from ..reading.limits import Unreadable

    if names:
        files = [
            (file, _speech_id(library, file)) for file in (file_of(library, name) for name in names)
        ]
    else:
        sources = walk(library.directory, library.index_directory, limits=library.tools.limits)
        files = [(source.file, source.path) for source in sources]
    for file, path in files:
        try:
            yield load_speech(file, library.tools, path=path)
        except Unreadable as unreadable:
            yield unreadable.problem


def clean_file(library: Library, file: Path) -> CleanText:
    """Read one file and take its watermarks out; raise Unreadable where it is no text."""
    from ..cleaning.clean import clean
    from ..reading.budget import confine
    from ..reading.read import read_file

    tools = library.tools
    path = _speech_id(library, file)
    raw = read_file(file, path=path, encoding=library.encoding, limits=tools.limits)
    with confine(raw.path, sum(map(len, raw.lines)), tools.limits):
        return clean(raw, tools.rules)


def ledger(library: Library, file: Path, clean: CleanText) -> str:
    """Write down what restores a file from its cleaned text; raise Unreadable if it is gone."""
    from ..cleaning.ledger import file_ledger
    from ..reading.read import file_bytes

    data = file_bytes(file, path=clean.path, limits=library.tools.limits)
    return file_ledger(data, clean)


def is_file(path: Path) -> bool:
    """
    Check that a file is there; a name that no file can have is that of none.

    >>> is_file(Path("责" * 1000))
    False
    """
    try:
        return path.is_file()
    except OSError:
        return False


def file_of(library: Library, name: str) -> Path:
    """Return the file of a speech: a path as it is, or in the corpus, or what the index knows."""
    for file in (Path(name), library.directory / name):
        if is_file(file):
            return file
    if not library.has_index:
        raise RequestError(
            _("{file}: there is no such file. Check the path").format(file=short(name))
        )
    from ..index.walk import walk

    path = find_speech(library.backend, name).id
    if is_file(library.directory / path):
        return library.directory / path
    sources = walk(library.directory, library.index_directory)  # a name may have been escaped
    return next((s.file for s in sources if s.path == path), library.directory / path)


def _speech_id(library: Library, file: Path) -> str:
    """Return a file's path in the corpus, or its path as given where it is outside."""
    try:
        real = Path(os.path.realpath(file))  # which does not mind a loop of links
        return real.relative_to(os.path.realpath(library.directory)).as_posix()
    except ValueError:
        return file.as_posix()


def raw_files(library: Library, directory: Path) -> Iterator[RawFile]:
    """Yield the files of a folder as they are decoded; those that cannot be read are left out."""
    from ..index.walk import walk
    from ..reading.limits import Unreadable
    from ..reading.read import read_file

    for source in walk(directory, library.index_directory):
        with suppress(Unreadable):
            yield read_file(source.file, path=source.path, encoding=library.encoding)
