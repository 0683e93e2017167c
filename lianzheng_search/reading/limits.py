"""How much of a file is read, and how it is told that a file is not."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..errors import RequestError
from ..files.plain_files import read_chunks
from ..messages import N_, _, problem_text, system_reason
from ..model import Problem
from ..text.rule_text import TomlFaultError, parse_toml, rule_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What a file may ask of the machine; a file that asks for more is refused, with one line.

    Bytes of a file, of one that is text (also html and rtf), of the parts of a docx, unpacked,
    and of all that a zip holds; how many times as many as packed those may be; files in a zip;
    tables inside of tables; characters on a line; elements of a web page; pages of a PDF; CPU
    seconds of a small file, see `budget.cpu_seconds`.
    """

    # a file is read into memory whole
    file_bytes: int = 200_000_000
    text_bytes: int = 20_000_000
    docx_bytes: int = 100_000_000
    unzipped_bytes: int = 1_000_000_000
    # zip bombs pack zeros a thousandfold; text does not come near this
    zip_ratio: int = 200
    zip_members: int = 10_000
    # a forged file could nest without end; speeches have a table in a table at most
    table_depth: int = 20
    line_characters: int = 400_000
    elements: int = 500_000
    pages: int = 2_000
    # a hundred times what the slowest small file takes: who needs more than this never ends
    seconds_per_file: int = 60


READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened: a pipe is not waited for, and no byte is changed."""


class Unreadable(Exception):  # noqa: N818 - the state of a file, not a mistake of the caller
    """A file that cannot be read as text; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return problem_text(self.problem)


def unreadable(
    path: str, message: str, *, line: int | None = None, **values: str | int
) -> Unreadable:
    """Make the exception of a message id; `values` fill it."""
    return Unreadable(Problem(path=path, line=line, message=message, values=values))


def beyond(
    path: str, limit: str, limits: Limits, *, line: int | None = None, most: int | None = None
) -> Unreadable:
    """
    Make the exception of a limit that is reached; `most` is what it came to for this file.

    >>> print(beyond("a.pdf", "pages", Limits()))
    a.pdf: not read: more than 2000 pages; --limits can raise pages
    """
    # whole sentences, not parts put together: each is translated by itself
    messages = {
        "file_bytes": N_("not read: more than {most} bytes; --limits can raise {limit}"),
        "text_bytes": N_("not read: more than {most} bytes of text; --limits can raise {limit}"),
        "unzipped_bytes": N_(
            "not read: more than {most} bytes when unpacked; --limits can raise {limit}"
        ),
        "docx_bytes": N_("not read: more than {most} bytes of text; --limits can raise {limit}"),
        "zip_ratio": N_(
            "not read: it unpacks to more than {most} times its size; --limits can raise {limit}"
        ),
        "zip_members": N_("not read: more than {most} files in it; --limits can raise {limit}"),
        "table_depth": N_(
            "not read: tables in tables, more than {most} deep; --limits can raise {limit}"
        ),
        "line_characters": N_(
            "not read: more than {most} characters on a line; --limits can raise {limit}"
        ),
        "elements": N_("not read: more than {most} elements of html; --limits can raise {limit}"),
        "pages": N_("not read: more than {most} pages; --limits can raise {limit}"),
        "seconds_per_file": N_(
            "not read: more than {most} seconds of computing; --limits can raise {limit}"
        ),
    }
    most = getattr(limits, limit) if most is None else most
    return unreadable(path, messages[limit], line=line, most=most, limit=limit)


def bytes_of(file: Path, *, path: str, limits: Limits) -> bytes:
    """
    Return the bytes of a regular file, whatever becomes of it meanwhile, and never too many.

    Raises Unreadable for what is no file or too large, OSError for what cannot be read.
    """
    _check_regular(file.stat(), file, path, limits)
    descriptor = os.open(file, READ)
    try:
        status = os.fstat(descriptor)  # it may be another by now, a pipe even
        _check_regular(status, file, path, limits)
        # to the end, whatever its size: it may grow, or its system may not tell its size
        data = b"".join(read_chunks(descriptor, limits.file_bytes + 1))
    finally:
        os.close(descriptor)
    if len(data) > limits.file_bytes:
        raise beyond(path, "file_bytes", limits)
    return data


def _check_regular(status: os.stat_result, file: Path, path: str, limits: Limits) -> None:
    if stat.S_ISDIR(status.st_mode) and file.is_symlink():
        told = N_(
            "a link to a folder elsewhere, not followed: name that folder with -C, or copy it"
        )
        raise unreadable(path, told)
    if not stat.S_ISREG(status.st_mode):
        raise unreadable(path, N_("not a file"))
    if status.st_size > limits.file_bytes:
        raise beyond(path, "file_bytes", limits)


def load_limits(file: Path | None = None, *, only_lower: bool = False) -> Limits:
    """
    Read a file of limits, ``pages = 9000`` a line; those it does not name are as they come.

    With `only_lower`, none of them becomes larger than it comes: the file lies in a folder, and
    nobody knows who wrote it. Raises RequestError for a file that is wrong.
    """
    if file is None:
        return Limits()
    try:
        # with a BOM or without: the Notepad of Windows writes one
        limits = parse_toml(rule_text(file))
    except OSError as error:
        raise _wrong(file, system_reason(error)) from None
    except (UnicodeDecodeError, TomlFaultError) as error:
        raise _wrong(file, str(error)) from None
    names = [field.name for field in fields(Limits)]
    for name, value in limits.items():
        if name not in names:
            raise _wrong(file, _("there is no limit {name}").format(name=name))
        # true is an int to Python, and would be a limit of 1
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise _wrong(file, _("{name} is not a whole number above 0").format(name=name))
    if only_lower:
        usual = Limits()
        limits = {name: min(value, getattr(usual, name)) for name, value in limits.items()}
    return Limits(**limits)


def limits_fingerprint(limits: Limits) -> str:
    """Return a hash of limits, in 12 hexadecimal digits, that differs when they do."""
    # stored in the index: files that were refused are read again when the limits change
    values = asdict(limits)
    # an index made before there was this limit need not be made anew for it
    if limits.seconds_per_file == Limits().seconds_per_file:
        del values["seconds_per_file"]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def _wrong(file: Path, why: str) -> RequestError:
    return RequestError(
        _("{file}: {why}. The limits are {names}, each a number").format(
            file=file, why=why, names=", ".join(field.name for field in fields(Limits))
        )
    )
