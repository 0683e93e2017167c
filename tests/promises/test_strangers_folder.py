"""
A corpus from elsewhere brings an index of its own: no command follows it out of its folder.

Run as a program, it puts something in the place of each file and folder of an index, one after
another, and runs what opens an index; a process that waits can be ended from outside only.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.model import INDEX_FOLDER

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no pipes and sockets in folders")
TEXTS = {"a.txt": "同志们：\n一、讲规矩\n要把纪律立起来。", "b.txt": "家风连着作风。"}
LONG = "LIANZHENG_LONG" in os.environ  # as in conftest, which a program does not find
PATIENCE = 300
"""Seconds after which a process is taken to wait for ever: a hundred times what it takes."""
ABSENT = ("CURRENT.new", "writer.json")
"""Files that an index contains only while it is written."""
Put = Callable[[Path, Path], None]
"""Puts something in a place, which was removed; the second is a copy of what was there."""


def link_to(target: str) -> Put:
    return lambda place, _copy: place.symlink_to(target)


def link_to_outside(name: str) -> Put:
    return lambda place, copy: place.symlink_to(copy.parent / name)


def link_to_the_same(place: Path, copy: Path) -> None:
    place.symlink_to(copy if copy.exists() else copy.parent / "letter.txt")


def link_to_itself(place: Path, _copy: Path) -> None:
    place.symlink_to(place)


def second_name(place: Path, copy: Path) -> None:
    if not copy.is_dir():  # which has but one
        os.link(copy if copy.exists() else copy.parent / "letter.txt", place)


def unix_socket(place: Path, _copy: Path) -> None:
    folder = Path.cwd()
    os.chdir(place.parent)  # the path of a socket is short
    try:
        socket.socket(socket.AF_UNIX).bind(place.name)
    finally:
        os.chdir(folder)


def device(place: Path, _copy: Path) -> None:
    os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # endless: /dev/zero


THINGS: dict[str, Put] = {
    "a link to what was there": link_to_the_same,
    "a link to a file": link_to_outside("letter.txt"),
    "a link to nothing": link_to_outside("new.txt"),
    "a link to a folder": link_to_outside("folder"),
    "a link to a pipe": link_to_outside("pipe"),
    "a link to a device": link_to("/dev/zero"),
    "a link to itself": link_to_itself,
    "a second name of what was there": second_name,
    "a pipe": lambda place, _copy: os.mkfifo(place),
    "a socket": unix_socket,
    "a device": device,
    "a file": lambda place, _copy: place.write_bytes(b"?"),
    "nothing": lambda _place, _copy: None,
}


def names(index: Path) -> list[str]:
    """List all that an index contains, itself first."""
    paths = sorted(path.relative_to(index).as_posix() for path in index.rglob("*"))
    return [".", *paths, *ABSENT]


def content(folder: Path) -> dict[str, tuple[object, ...]]:
    """Describe all that is in a folder: kinds, times, inodes and contents."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        told = (status.st_mode, status.st_ino, status.st_mtime_ns, data)
        found[path.relative_to(folder).as_posix()] = told
    return found


def remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)


def asked(corpus: lianzheng_search.corpus.Corpus) -> Iterator[str]:
    """Ask a corpus all that opens its index; yield what it said where it could not answer."""
    for ask in (
        lambda: corpus.search("家风").total,
        corpus.status,
        corpus.verify,
        lambda: corpus.library.has_index,
        corpus.changes,
    ):
        try:
            ask()
        except RequestError as error:
            yield str(error)
        finally:
            corpus.close()


def trial(base: Path, whole: Path, name: str, thing: str) -> None:
    """Put something in one place of an index, and run everything that opens it."""
    folder, outside = base / "speeches", base / "outside"
    for path in (folder, outside):
        remove(path)
    outside.mkdir()
    shutil.copytree(whole, folder)
    (outside / "letter.txt").write_text("要紧的信", "utf-8")
    os.mkfifo(outside / "pipe")
    place = folder / INDEX_FOLDER / name
    copy = outside / "copy"
    shutil.copytree(folder / INDEX_FOLDER, outside / "folder")
    if place.is_dir():
        shutil.copytree(place, copy)
    elif place.exists():
        shutil.copyfile(place, copy)
    remove(place)
    THINGS[thing](place, copy)
    before = content(outside)
    told = []
    with lianzheng_search.open(folder) as corpus:
        told += asked(corpus)
        (folder / "a.txt").write_text("同志们：\n一、讲规矩\n要把底线守住。", "utf-8")
        for rebuild in (False, True):
            with suppress(RequestError):
                corpus.index(rebuild=rebuild)
        told += asked(corpus)
        assert content(outside) == before, "something outside was changed"
        assert all("\n" not in line for line in told), told
        if name != "." or thing in ("nothing", "a link to nothing"):
            return
        if thing.startswith("a link"):
            assert told


def tried(whole: Path, name: str, thing: str) -> bool:
    """Tell whether this thing is put in this place: each is, somewhere, and all in a long run."""
    pair = list(THINGS).index(thing) + names(whole / INDEX_FOLDER).index(name)
    return LONG or name == "." or pair % 13 == 0


def run(base: Path, things: list[str]) -> None:
    """Try these things in all places; what is tried is printed, for the one who waits for us."""
    whole = base / "whole"
    whole.mkdir()
    for name, text in TEXTS.items():
        (whole / name).write_text(text, "utf-8")
    with lianzheng_search.open(whole) as corpus:
        corpus.index()
        expected = corpus.search("家风").total
    for name in names(whole / INDEX_FOLDER):
        for thing in things:
            if not tried(whole, name, thing):
                continue
            print(f"{thing} in the place of {name}", flush=True)
            trial(base, whole, name, thing)
            if name != ".":  # what is in an index is mended
                with lianzheng_search.open(base / "speeches") as corpus:
                    assert corpus.search("家风").total == expected
                    assert corpus.search("底线").total == 1
                    assert corpus.verify() == []


@pytest.mark.promise("stays inside")
@pytest.mark.parametrize("things", [list(THINGS)[n::4] for n in range(4)], ids=lambda t: t[0])
def test_nothing_outside_is_changed_and_nothing_waits(tmp_path, things):
    """For each file of an index and each folder: links, pipes, sockets, devices in its place."""
    if os.geteuid():
        things = [thing for thing in things if thing != "a device"]
    started = [sys.executable, __file__, str(tmp_path), *things]
    process = subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        told, error = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        told, error = process.communicate()
        error += "it waits"
    assert process.returncode == 0, f"{told.splitlines()[-1:]}: {error}"
    whole = tmp_path / "whole"
    places = names(whole / INDEX_FOLDER)
    assert len(told.splitlines()) == sum(tried(whole, p, thing) for p in places for thing in things)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
