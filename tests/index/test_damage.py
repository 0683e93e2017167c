"""Damage in an index, wherever it is and whenever it comes, is told as that and nothing else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from conftest import LONG

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.files import checksums
from lianzheng_search.index.generations.faults import DamagedError

WORDS = ("作风", "纪律", "家风", "担当", "学习", "责任")
QUERIES = ("作风 纪律", "word:家风", "没有这一句责任", "担当", "讲*家风", "学习 OR 责任")
STRIDE = 1 if LONG else 397
"""One of this many bytes is flipped."""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A corpus with an index whose files have many blocks, each of a few dozen bytes."""
    monkeypatch.setattr(checksums, "BLOCK", 64)
    monkeypatch.setattr(checksums, "SHIFT", 6)
    monkeypatch.setattr(checksums, "MOST_BLOCKS", 2)
    speeches = tmp_path / "speeches"
    speeches.mkdir()
    for n in range(6):
        lines = [f"第{n}篇讲{one}，也讲{other}。" for one in WORDS for other in WORDS[n:]]
        (speeches / f"{n}.txt").write_text("\n".join(["同志们：", *lines]), "utf-8")
    with lianzheng_search.open(speeches) as corpus:
        corpus.index()
    return speeches


def answers(corpus: lianzheng_search.corpus.Corpus) -> list[object]:
    """Ask an index what reads words, characters, texts and places."""
    found: list[object] = [
        [(hit.info.id, hit.passage, hit.spans, hit.words) for hit in corpus.search(query).hits]
        for query in QUERIES
    ]
    return [*found, corpus.freq("责任"), list(corpus.kwic("家风").lines)]


@pytest.mark.matrix
@pytest.mark.promise("checksums")
@pytest.mark.parametrize("suffix", ["pst", "trm", "folded.col", "place.col"])
@pytest.mark.parametrize("moment", ["before it is opened", "after it was read"])
def test_a_flipped_byte_is_damage_or_nothing(folder, suffix, moment):
    """Broken once: in the postings of words it was a fault of the program."""
    (file,) = (folder / ".lianzheng").rglob(f"*.{suffix}")
    data = file.read_bytes()
    with lianzheng_search.open(folder) as corpus:
        expected = answers(corpus)
    noticed = []
    for at in range(0, len(data), STRIDE):
        with lianzheng_search.open(folder) as corpus:
            if moment == "after it was read":
                assert answers(corpus) == expected
            with file.open("r+b") as opened:
                opened.seek(at)
                opened.write(bytes([data[at] ^ 0xFF]))
            try:
                assert answers(corpus) == expected
            except DamagedError as error:
                noticed.append(error.file)
        file.write_bytes(data)
    assert set(noticed) <= {file}
    if moment == "before it is opened":
        assert len(noticed) > len(data) / STRIDE / 3


@pytest.mark.skipif(not hasattr(os, "pread"), reason="it is read otherwise there")
@pytest.mark.parametrize("number", [errno.EIO, errno.EAGAIN, errno.ESTALE])
def test_a_disk_that_cannot_read_is_told(folder, monkeypatch, number):
    """One line with what the system says, and the file; and it is not taken for another fault."""

    def failing(descriptor: int, length: int, place: int) -> bytes:
        raise OSError(number, os.strerror(number))

    with lianzheng_search.open(folder) as corpus:
        assert corpus.search("家风").total
        monkeypatch.setattr(os, "pread", failing)
        with pytest.raises(RequestError, match=os.strerror(number)) as told:
            answers(corpus)
        assert str(folder / ".lianzheng") in str(told.value)
    with lianzheng_search.open(folder) as corpus, pytest.raises(RequestError) as told:
        corpus.search("家风")
    assert "\n" not in str(told.value)


def test_a_file_that_is_cut_off_while_it_is_open_is_damage(folder):
    """Broken once: to touch what was mapped of it ended the process."""
    (file,) = (folder / ".lianzheng").rglob("*.folded.col")
    with lianzheng_search.open(folder) as corpus:
        assert corpus.backend
        os.truncate(file, 100)
        with pytest.raises(DamagedError):
            answers(corpus)
