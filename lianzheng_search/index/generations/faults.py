"""What can be wrong with an index -> the error about it, with the command that mends it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ...errors import RequestError
from ...messages import _, listed, system_reason
from ...model import DEFAULT_CORPUS, INDEX_FOLDER

PLAIN_WORD = re.compile(r"[\w@%+=:,./\\-]+" if os.name == "nt" else r"[\w@%+=:,./-]+")
"""A word that no shell takes for anything but itself."""


class DamagedError(RequestError):
    """A file of the index is not as it was written, or cannot be read; it is to be made anew."""

    def __init__(self, file: Path, command: str, error: OSError | None = None) -> None:
        if error is None:
            message = _("{file}: this file of the index is damaged. Mend it: {command}")
        else:
            message = _(
                "{file}: this file of the index cannot be read ({reason}). Mend it: {command}"
            )
        reason = error and system_reason(error)
        super().__init__(message.format(file=file, command=command, reason=reason))
        self.file = file


class OtherVersionError(RequestError):
    """An index that another version wrote, which this one does not read."""


def damaged(
    directory: Path, index_directory: Path, file: Path, error: OSError | None = None
) -> DamagedError:
    """Make the error about a damaged file of an index, or about one that cannot be read."""
    return DamagedError(file, index_command(directory, index_directory), error)


def other_version(directory: Path, index_directory: Path) -> OtherVersionError:
    """Make the error about an index that another version wrote."""
    return OtherVersionError(
        _("{directory}: the index is of another version. Make it anew: {command}").format(
            directory=index_directory, command=index_command(directory, index_directory)
        )
    )


def no_index(directory: Path, index_directory: Path) -> RequestError:
    """Make the error about a corpus that has no index; raise the one about a missing corpus."""
    from ..walk import check_directory

    check_directory(directory)
    command = index_command(directory, index_directory)
    message = _("{directory}: there is no index of it yet. Make one: {command}")
    message = message.format(directory=directory, command=command)
    below = sorted(path.parent.parent for path in directory.glob(f"*/{INDEX_FOLDER}/CURRENT"))
    if below:
        message += _("; or name one of those below with -C: {names}").format(
            names=listed(list(map(str, below)))
        )
    return RequestError(message)


def cannot_read(directory: Path, index_directory: Path, error: OSError) -> RequestError:
    """Make the error for an index that cannot be read, which is not to say that it is damaged."""
    return RequestError(
        _("{directory}: the index cannot be read ({reason}). Mend it: {command}").format(
            directory=index_directory,
            reason=_reason(error, index_directory),
            command=index_command(directory, index_directory),
        )
    )


def cannot_write(index_directory: Path, error: OSError) -> RequestError:
    """Make the error for an index that cannot be written."""
    return RequestError(
        _(
            "{directory}: the index cannot be written ({reason}). Make room, or name another place"
            " with --index"
        ).format(directory=index_directory, reason=_reason(error, index_directory))
    )


def never_at_rest(index_directory: Path) -> RequestError:
    """Make the error for an index that is updated faster than it can be opened."""
    return RequestError(
        _("{directory}: the index is written anew all the time. Try again later").format(
            directory=index_directory
        )
    )


def _reason(error: OSError, index_directory: Path) -> str:
    """Return what the system says, and the file it says it of, unless that is the index itself."""
    file = error.filename2 or error.filename
    reason = system_reason(error)
    return reason if file in (None, str(index_directory)) else f"{reason}: {file}"


def index_command(directory: Path, index_directory: Path, *options: str) -> str:
    """Return the command that makes this index, with more options, as it has to be typed."""
    words = ["lianzheng"]
    # the command is to be as short as a user would type it: no option that changes nothing
    if str(directory) not in (".", DEFAULT_CORPUS):
        words += ["-C", str(directory)]
    if index_directory != directory / INDEX_FOLDER:
        words += ["--index", str(index_directory)]
    return " ".join(map(shell_word, [*words, *options, "index"]))


def shell_word(word: str) -> str:
    """
    Quote a word of a command only where a shell needs it, and as the shell of the system does.

    >>> shell_word("我的讲稿/2024年")
    '我的讲稿/2024年'
    """
    # inside, since it is needed for an error with an odd path only
    import shlex

    if PLAIN_WORD.fullmatch(word):
        return word
    # cmd.exe knows no single quotes: it would take them for part of the name
    return f'"{word}"' if os.name == "nt" else shlex.quote(word)
