"""A file that appears under its name when all of it is written, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .language import _
from .model import RequestError

MANIFEST = ".manifest.json"
"""What follows upon the name of an export in the name of its manifest."""


@contextmanager
def whole_paths(destinations: Sequence[Path], *, force: bool) -> Iterator[list[Path]]:
    """
    Give a path beside each destination to write to; all get their names when all are written.

    They are put on the disk before the first is renamed. If anything fails, what was there stays
    and nothing else is left. A link is followed. RequestError where a destination exists, unless
    `force`, or cannot be written.
    """
    for destination in destinations:
        check_free(destination, force=force)
    final = [destination.resolve() for destination in destinations]
    beside = [one.with_name(f".{one.name}.{os.getpid()}.part") for one in final]
    try:
        yield beside
        for part in beside:
            _sync(part)
        for part, destination in zip(beside, final, strict=True):
            part.replace(destination)
    except OSError as error:
        raise cannot_write(_named(error, beside, final), error) from None
    finally:
        for part in beside:
            with suppress(OSError):
                part.unlink()


def _sync(path: Path) -> None:
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def _named(error: OSError, beside: Sequence[Path], final: Sequence[Path]) -> Path:
    """Tell which destination an error is about."""
    for part, destination in zip(beside, final, strict=True):
        if str(error.filename) == str(part):
            return destination
    return final[0]


@contextmanager
def whole_file(destination: Path, *, bom: bool, force: bool = True) -> Iterator[IO[str]]:
    """Open one for text in UTF-8; what is no regular file, a pipe, is written to as it is."""
    encoding = "utf-8-sig" if bom else "utf-8"
    if destination.exists() and not destination.is_file():
        with destination.open("w", encoding=encoding, newline="") as out:
            yield out
        return
    with (
        whole_paths([destination], force=force) as (path,),
        path.open("w", encoding=encoding, newline="") as out,
    ):
        yield out


def write_text(
    destination: Path, text: str, *, force: bool, source: Path, as_is: bool = False
) -> None:
    """
    Write what was made of a source file, whole, as UTF-8; never over the source itself.

    It ends in one line end, unless it is to be written `as_is`.
    """
    if destination.resolve() == source.resolve():
        raise RequestError(
            _("{file}: it would be replaced by its own cleaned text. Name another folder").format(
                file=destination
            )
        )
    check_free(destination, force=force)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(destination, error) from None
    with whole_file(destination, bom=False) as out:
        out.write(text if as_is else text.rstrip("\n") + "\n")


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
            file=destination, reason=error.strerror
        )
    )
