"""A file that appears under its name when all of it is written, or not at all."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from ..errors import RequestError
from ..messages import _, system_reason
from ..signals import put_off
from .checksums import sync

MANIFEST = ".manifest.json"
"""What follows upon the name of an export in the name of its manifest."""
WORKPLACE = re.compile(r"\.lianzheng-[0-9a-f]{16}\.part")
"""The name of a hidden folder in which files are written, beside the place they are for."""
LOCK = "lock"
"""Held in such a folder as long as the process lives that made it."""


@contextmanager
def whole_paths(
    destinations: Sequence[Path], *, force: bool, record: Path | None = None
) -> Iterator[list[Path]]:
    """
    Give a path beside each destination to write to; all get their names when all are written.

    They are put on the disk before the first is renamed. If anything fails, what was there stays
    and nothing else is left. A link is followed. `record` is the file, one of these or not, that
    tells of the others: while they get their names there is none, so that none tells of a file
    that is not there, or is another. RequestError where one of them exists, unless `force`, or
    cannot be written.
    """
    named = [*destinations, record] if record else list(destinations)
    for one in named:
        check_free(one, force=force)
    final = [destination.resolve() for destination in destinations]
    try:
        with ExitStack() as open_places:
            parents = {one.resolve().parent for one in named}
            places = {one: open_places.enter_context(_workplace(one)) for one in sorted(parents)}
            parts = [places[one.parent] / f"{n}{one.suffix}" for n, one in enumerate(final)]
            yield parts
            for part, one in zip(parts, final, strict=True):
                _sync(part, like=one)
            with put_off(), ExitStack() as undo:
                if record and record.exists():
                    _put_aside(record.resolve(), places, undo)
                for part, one in zip(parts, final, strict=True):
                    undo.callback(_name(part, one, force=force, with_way_back=len(final) > 1))
                undo.pop_all()
                for parent in places:
                    _sync_folder(parent)
    except OSError as error:
        name = str(error.filename or final[0])
        if not WORKPLACE.search(name) and name not in map(str, final):
            raise  # it is about a file that is read
        raise cannot_write(_named(error, destinations), error) from None


@contextmanager
def _workplace(parent: Path) -> Iterator[Path]:
    """Make a hidden folder to write in; it goes with all that is left in it."""
    _sweep(parent)
    with ExitStack() as made:
        with put_off():
            folder, lock = _begun(parent)
            made.callback(_end, folder, lock)
        yield folder


def _begun(parent: Path) -> tuple[Path, IO[str]]:
    """Make a folder and take its lock, anew if another process has swept it before that."""
    while True:
        folder = parent / f".lianzheng-{os.urandom(8).hex()}.part"
        folder.mkdir(mode=0o700)
        try:
            lock = (folder / LOCK).open("w")
        except FileNotFoundError:
            continue
        except OSError:
            folder.rmdir()
            raise
        if _is_ours(lock) is not False and (folder / LOCK).exists():
            return folder, lock
        lock.close()


def _end(folder: Path, lock: IO[str]) -> None:
    """Remove a folder, its lock at last: what has none and is not empty is not ours to remove."""
    with put_off(), lock, suppress(OSError):
        for one in folder.iterdir():
            if one.is_dir():
                shutil.rmtree(one)
            elif one.name != LOCK:
                one.unlink()
        lock.close()
        (folder / LOCK).unlink()
        folder.rmdir()


def _is_ours(lock: IO[str]) -> bool | None:
    """Take a lock, as long as it is open; False where another has it, None where there are none."""
    try:
        import fcntl
    except ImportError:  # Windows: a file that is open cannot be removed there
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@cache
def _sweep(parent: Path) -> None:
    """Remove what processes that were killed have left in a folder; once is enough for a run."""
    with suppress(OSError):
        for entry in os.scandir(parent):
            if WORKPLACE.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _sweep_one(Path(entry.path))


def _sweep_one(folder: Path) -> None:
    try:
        lock = (folder / LOCK).open("r+")
    except FileNotFoundError:
        folder.rmdir()  # it has come no further
        return
    with lock:
        if _is_ours(lock):
            _end(folder, lock)
            return
    if os.name == "nt":
        (folder / LOCK).unlink()  # if nobody has it open
        shutil.rmtree(folder)


def _sync(part: Path, *, like: Path) -> None:
    """Put a file on the disk, readable by those who may read the one whose place it takes."""
    if like.exists():
        part.chmod(stat.S_IMODE(like.stat().st_mode))
    sync(part)


def _put_aside(record: Path, places: Mapping[Path, Path], undo: ExitStack) -> None:
    """Take the record of what will be replaced out of the way."""
    aside = places[record.parent] / "record"
    record.replace(aside)
    undo.callback(aside.replace, record)


def _name(part: Path, one: Path, *, force: bool, with_way_back: bool) -> Callable[[], object]:
    """Give a file its name, and what undoes that, if that is asked for and can be."""
    if not force:
        _take(part, one)
        return one.unlink
    old, existed = part.with_name(f"{part.name}.old"), one.exists()
    kept = False
    if existed and with_way_back:
        with suppress(OSError):  # a file has but one name on some disks
            os.link(one, old)
            kept = True
    part.replace(one)
    if kept:
        return lambda: old.replace(one)
    return (lambda: None) if existed else one.unlink


def _take(part: Path, one: Path) -> None:
    """Give a file a name that no other has; RequestError where one has got it meanwhile."""
    try:
        if os.name == "nt":
            part.rename(one)
        else:
            os.link(part, one)
    except FileExistsError:
        check_free(one, force=False)
        raise
    except OSError:  # a file has but one name on this disk
        check_free(one, force=False)
        part.rename(one)


def _sync_folder(folder: Path) -> None:
    """Put the names on the disk, where a folder can be opened for that; they are given already."""
    with suppress(OSError):
        sync(folder)


def _named(error: OSError, destinations: Sequence[Path]) -> Path:
    """Tell which destination an error is about; of many, where it does not say, their folder."""
    number = Path(str(error.filename)).name.partition(".")[0]
    if number.isdecimal() and int(number) < len(destinations):
        return destinations[int(number)]
    return destinations[0] if len(destinations) <= 2 else destinations[0].parent


@contextmanager
def whole_file(destination: Path, *, bom: bool, force: bool = True) -> Iterator[IO[str]]:
    """Open one for text in UTF-8; what is no regular file, a pipe, is written to as it is."""
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


def write_texts(texts: Sequence[tuple[Path, str]], *, force: bool, source: Path) -> None:
    """
    Write what was made of a source file, whole, as UTF-8; never over the source itself.

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
            part.write_bytes(text.encode("utf-8"))


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder, where there is none; if anything fails, it goes, unless others use it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with ExitStack() as undo:
        for one in reversed(missing):
            undo.callback(_remove_if_empty, one)
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
