"""One odd file of a corpus, or want of memory, costs one line: the run goes on, or says why not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import lianzheng_search
from lianzheng_search.messages import problem_text

LINUX = Path("/proc/self/fd").is_dir()


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three files, one of which is odd."""
    for name in ("a.txt", "odd.txt", "z.txt"):
        (tmp_path / name).write_text(f"同志们：\n今天讲{name[0]}，说说家风。", "utf-8")
    return tmp_path


def told(corpus: lianzheng_search.corpus.Corpus, **options: object) -> list[str]:
    """Index a corpus; list what is said of its files."""
    return [problem_text(problem) for problem in corpus.index(**options).problems]


@pytest.mark.skipif(not LINUX, reason="which file is open is not told here")
@pytest.mark.parametrize("number", [errno.EIO, errno.EAGAIN, errno.ENXIO, errno.ETIMEDOUT])
def test_a_file_that_a_drive_does_not_read_is_one_line(folder, monkeypatch, number):
    """Broken once: EAGAIN was a fault of the program, and its hash was worked out for ever."""
    real = os.read

    def read(descriptor: int, length: int) -> bytes:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == "odd.txt":
            raise OSError(number, os.strerror(number))
        return real(descriptor, length)

    monkeypatch.setattr(os, "read", read)
    with lianzheng_search.open(folder) as corpus:
        for _run in range(2):
            (line,) = told(corpus)
            assert line == f"odd.txt: cannot be read: {os.strerror(number)}"
            assert corpus.search("家风").total == 2
            assert corpus.status().changes.updated == ()
        assert len(list(corpus.read())) == 3


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file")
def test_a_link_to_what_the_system_cannot_read_is_one_line(folder):
    """A regular file, by its status, which answers EIO."""
    (folder / "odd.txt").unlink()
    (folder / "odd.txt").symlink_to("/proc/self/mem")
    with lianzheng_search.open(folder) as corpus:
        (line,) = told(corpus)
        assert line.startswith("odd.txt: cannot be read: ")
        assert corpus.search("家风").total == 2
