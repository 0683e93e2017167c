"""An index directory -> its current generation; a new one is named when it is whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .language import _
from .model import RequestError
from .whoosh_index import WhooshBackend

FORMAT = 2
"""The version of the files in an index; an index of another version is rebuilt, never read."""
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
FILES = "files.json"


def open_current(directory: Path, index_directory: Path) -> WhooshBackend:
    """Open the index for reading; raise RequestError where there is none, or one of other make."""
    generation = current(index_directory)
    if generation is None:
        if not directory.is_dir():
            raise RequestError(
                _(
                    "{directory}: there is no such directory. Name the folder of speeches with -C"
                ).format(directory=directory)
            )
        raise RequestError(
            _("{directory}: there is no index of it yet. Make one: {command}").format(
                directory=directory, command=_index_command(directory)
            )
        )
    manifest = read_json(generation / MANIFEST)
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or (not (generation / FILES).is_file())
    ):
        raise RequestError(
            _("{directory}: the index is of another version. Make it anew: {command}").format(
                directory=index_directory, command=_index_command(directory)
            )
        )
    try:
        return WhooshBackend(generation)
    except Exception as error:  # whoosh raises whatever a damaged file makes it raise
        raise RequestError(
            _("{directory}: the index cannot be read ({error}). Make it anew: {command}").format(
                directory=index_directory,
                error=type(error).__name__,
                command=_index_command(directory) + " --rebuild",
            )
        ) from error


def prepare_directory(index_directory: Path) -> None:
    """Make the index directory, hidden from git; RequestError where it cannot be written."""
    try:
        index_directory.mkdir(parents=True, exist_ok=True)
        (index_directory / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        raise RequestError(
            _("{directory}: cannot write there ({reason}). Name another place with --index").format(
                directory=index_directory, reason=error.strerror
            )
        ) from None


def current(index_directory: Path) -> Path | None:
    """Give the directory of the generation in use; None if there is none."""
    try:
        name = (index_directory / CURRENT).read_text("utf-8").strip()
    except OSError:
        return None
    generation = index_directory / name
    return generation if name.startswith("generation-") and generation.is_dir() else None


def begin(index_directory: Path) -> Path:
    """Make an empty directory for the generation after the current one."""
    import shutil

    old = current(index_directory)
    number = int(old.name.partition("-")[2]) + 1 if old else 1
    generation = index_directory / f"generation-{number:06}"
    shutil.rmtree(generation, ignore_errors=True)
    generation.mkdir()
    return generation


def publish(generation: Path) -> None:
    """
    Put a generation's files on the disk and name it as the current one, by one rename.

    The one before stays for those who read it; older ones are removed.
    """
    index_directory = generation.parent
    old = current(index_directory)
    for file in generation.iterdir():
        _sync(file)
    beside = index_directory / (CURRENT + ".new")
    beside.write_text(generation.name + "\n", "utf-8")
    _sync(beside)
    beside.replace(index_directory / CURRENT)
    if os.name == "posix":
        _sync(index_directory)
    _sweep(index_directory, keep={generation, old})


def _sync(path: Path) -> None:
    """Have what was written to a file, or to a directory on POSIX, put on the disk."""
    flags = os.O_RDONLY if path.is_dir() or os.name == "posix" else os.O_RDWR
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(index_directory: Path, *, keep: set[Path | None]) -> None:
    """Remove old generations; one that a reader has open stays until the next time."""
    import shutil

    for generation in index_directory.glob("generation-*"):
        if generation not in keep:
            shutil.rmtree(generation, ignore_errors=True)


def _index_command(directory: Path) -> str:
    return f"lianzheng -C {directory} index" if str(directory) != "." else "lianzheng index"


def read_json(file: Path) -> Any:
    """Read a JSON file; None where there is none that can be read."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def write_json(file: Path, value: Any) -> None:
    """Write a JSON file."""
    file.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
