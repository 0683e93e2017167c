"""A file that appears under its name when all of it is written, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import RequestError
from ..messages import _, system_reason
from ..signals import put_off
from .workplaces import WORKPLACE, workplace

MANIFEST = ".manifest.json"
"""The end of the name of an export's manifest, after the name of the export."""


@contextmanager
def whole_paths(
    destinations: Sequence[Path], *, force: bool, record: Path | None = None
) -> Iterator[list[Path]]:
    """
    Yield a path beside each destination to write to; all get their names when all are written.

    They are put on the disk before the first is renamed. If anything fails, what was there stays
    and nothing else is left. A link is followed. `record` is the file, one of these or not, that
    tells of the others: while they get their names there is none, so that none tells of a file
    that is not there, or is another. RequestError where one of them exists, unless `force`, or
    cannot be written.
    """
    named = [*destinations, record] if record else list(destinations)
    for path in named:
        check_free(path, force=force)
    # the file that a link leads to is replaced, not the link itself
    finals = [destination.resolve() for destination in destinations]
    try:
        with ExitStack() as workplaces:
            parents = {path.resolve().parent for path in named}
            # a workplace for each folder: a rename from another disk would copy, not rename
            places = {path: workplaces.enter_context(workplace(path)) for path in sorted(parents)}
            parts = [places[final.parent] / f"{n}{final.suffix}" for n, final in enumerate(finals)]
            yield parts
            # A name must not lead to content that is not on the disk yet: after a power cut a
            # file system may keep the rename and lose what was written before it.
            for part, final in zip(parts, finals, strict=True):
                _sync_part(part, like=final)
            # From here on, a signal waits; an error undoes the names given so far, last first.
            with put_off(), ExitStack() as undo:
                if record and record.exists():
                    _put_aside(record.resolve(), places, undo)
                for part, final in zip(parts, finals, strict=True):
                    keep_old = len(finals) > 1  # one rename needs no way back
                    undo.callback(_give_name(part, final, force=force, keep_old=keep_old))
                undo.pop_all()
                for parent in places:
                    _sync_folder(parent)
    except OSError as error:
        name = str(error.filename or finals[0])
        if not WORKPLACE.search(name) and name not in map(str, finals):
            raise  # it is about a file that is read
        raise cannot_write(_destination_of(error, destinations), error) from None


def _sync_part(part: Path, *, like: Path) -> None:
    """Flush a file to the disk, readable by those who may read the one whose place it takes."""
    if like.exists():
        part.chmod(stat.S_IMODE(like.stat().st_mode))
    sync(part)


def _put_aside(record: Path, places: Mapping[Path, Path], undo: ExitStack) -> None:
    """Take the record of what will be replaced out of the way."""
    aside = places[record.parent] / "record"
    record.replace(aside)
    undo.callback(aside.replace, record)


def _give_name(part: Path, final: Path, *, force: bool, keep_old: bool) -> Callable[[], object]:
    """Rename a file to its final name; return what undoes that, as far as it can be undone."""
    if not force:
        _take_free_name(part, final)
        return final.unlink
    old, existed = part.with_name(f"{part.name}.old"), final.exists()
    has_old = False
    if existed and keep_old:
        with suppress(OSError):  # a file has but one name on some disks
            # a second name costs nothing, while a copy of a large file would take time and room
            os.link(final, old)
            has_old = True
    part.replace(final)
    if has_old:
        return lambda: old.replace(final)
    return (lambda: None) if existed else final.unlink


def _take_free_name(part: Path, final: Path) -> None:
    """
    Rename a file to a name that no other has; RequestError where another has got it meanwhile.

    A rename would replace that other silently on POSIX; a second name for the same file is
    refused there if the name is taken, as a rename is on Windows.
    """
    try:
        if os.name == "nt":
            part.rename(final)
        else:
            os.link(part, final)
    except FileExistsError:
        check_free(final, force=False)
        raise
    except OSError:  # a file has but one name on this disk
        check_free(final, force=False)
        part.rename(final)


def _sync_folder(folder: Path) -> None:
    """Flush the names, given already, to the disk where a folder can be opened for that."""
    with suppress(OSError):
        sync(folder)


def _destination_of(error: OSError, destinations: Sequence[Path]) -> Path:
    """Return the destination an error is about; of many, where it does not say, their folder."""
    number = Path(str(error.filename)).name.partition(".")[0]
    if number.isdecimal() and int(number) < len(destinations):
        return destinations[int(number)]
    return destinations[0] if len(destinations) <= 2 else destinations[0].parent


@contextmanager
def whole_file(destination: Path, *, bom: bool, force: bool = True) -> Iterator[IO[str]]:
    """
    Open a destination for text in UTF-8; see `whole_paths`.

    What is no regular file, a pipe for one, cannot be replaced: it is written to as it is.
    """
    encoding = "utf-8-sig" if bom else "utf-8"
    if destination.exists() and not destination.is_file():
        try:
            with destination.open("w", encoding=encoding, newline="") as out:
                yield out
        except BrokenPipeError:
            raise  # who reads it has had enough
        except OSError as error:
            raise cannot_write(destination, error) from None
        return
    with (
        whole_paths([destination], force=force) as (path,),
        path.open("w", encoding=encoding, newline="") as out,
    ):
        yield out


def write_texts(texts: Sequence[tuple[Path, str | bytes]], *, force: bool, source: Path) -> None:
    """
    Write what was made of a source file, whole, texts as UTF-8; never over the source itself.

    The first is the text; a second, which tells of it, is replaced without being asked for.
    """
    (destination, _text), *others = texts
    if destination.resolve() == source.resolve():
        raise RequestError(
            _("{file}: it would be replaced by its own cleaned text. Name another folder").format(
                file=destination
            )
        )
    check_free(destination, force=force)
    files = [file for file, _text in texts]
    record = others[0][0] if others else None
    with (
        new_folder(destination.parent),
        whole_paths(files, force=force or bool(others), record=record) as parts,
    ):
        for part, (_file, text) in zip(parts, texts, strict=True):
            part.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder, where there is none; if anything fails, it goes, unless others use it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    with ExitStack() as undo:
        # from the outermost: callbacks run last first, so that the innermost is removed first
        for path in reversed(missing):
            undo.callback(_remove_if_empty, path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        yield
        undo.pop_all()


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def check_free(destination: Path, *, force: bool) -> None:
    """Raise RequestError if a file would be replaced, unless `force`."""
    if destination.exists() and not force:
        raise RequestError(
            _("{file}: the file exists already. Replace it with --force").format(file=destination)
        )


def cannot_write(destination: Path, error: OSError) -> RequestError:
    """Make the error for a file that cannot be written."""
    return RequestError(
        _("{file}: cannot be written ({reason}). Name another file").format(
            file=destination, reason=system_reason(error)
        )
    )


def sync(path: Path) -> None:
    """Have what was written to a file, or to a directory on POSIX, put on the disk."""
    # Windows cannot open a folder as a file
    if path.is_dir() and os.name != "posix":
        return
    # Windows puts on the disk only what was opened for writing
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
    # fsync of a file or a folder does not put its own name on the disk: its parent holds that
    sync(directory.parent)
