"""Random operations against a model, and many processes at one index: scripts/soak, for seconds."""

from __future__ import annotations

import os
import sys
from random import Random

import pytest
from conftest import LONG, ROOT

import lianzheng_search
from lianzheng_search import corpus as search
from lianzheng_search.index import update as indexing
from lianzheng_search.index.generations import folder
from lianzheng_search.model import INDEX_MARK, INDEX_MARKER
from lianzheng_search.query.lists import NamedQuery

sys.path.insert(0, str(ROOT / "scripts"))

import soak
import soak_readers

OPERATIONS = 150 if LONG else 100
SECONDS = 4 if LONG else 2


@pytest.mark.promise("random operations")
def test_random_operations_do_what_a_model_says(tmp_path, exploring):
    """Whatever is done to files, rules and index, every answer is that of a plain dict of files."""
    seed = Random().randrange(1 << 30) if exploring else 7
    print(f"scripts/soak --operations {OPERATIONS} --seed {seed}")  # shown if it fails
    samples = list(soak.soak(soak.random_operations(OPERATIONS, seed), tmp_path))
    assert len(samples) == OPERATIONS // soak.SAMPLE_EVERY
    assert soak.unsteady(samples) == []


def test_a_fault_is_found_and_fewer_operations_that_show_it(monkeypatch):
    """The test above can fail, and then says of what."""
    whole = search.Corpus.headings
    monkeypatch.setattr(search.Corpus, "headings", lambda *one, **more: whole(*one, **more)[1:])
    operations = [*soak.random_operations(20, 3), *[("headings", n) for n in range(9)]]
    fault = soak.failure_of(operations)
    assert fault is not None
    fewer = soak.shrink(operations, fault)
    assert [name for name, _seed in fewer] == ["add", "update", "headings"]


def test_what_grows_is_told():
    """Memory, handles, disk: what rises beyond its bound is named."""
    steady = [soak.Sample(n * 50, 10**8 + n % 3, 7, 10**5, 10**4) for n in range(200)]
    assert soak.unsteady(steady) == []
    leak = [one._replace(memory=one.memory + one.number * 2500) for one in steady]
    more = [one._replace(handles=one.number, index_bytes=one.number * 1000) for one in steady]
    assert [fault.split()[0] for fault in soak.unsteady(leak)] == ["memory"]
    assert [fault.split()[0] for fault in soak.unsteady(more)] == ["handles", "operation"]


@pytest.mark.promise("readers")
def test_readers_during_updates_see_one_state_each(tmp_path):
    """Whether kept open, opened anew or run as commands, an answer is of one version, and new."""
    found = soak_readers.soak_readers(tmp_path, SECONDS, ("kept", "anew", "search", "status"))
    assert [one.faults for one in found] == [()] * 5
    assert all(one.answers for one in found)


def test_two_writers_take_turns(tmp_path):
    """One writes, the other is refused and tries again; nothing that either wrote is lost."""
    found = soak_readers.soak_writers(tmp_path, SECONDS)
    assert [one.faults for one in found] == [(), ()]
    assert all(one.answers for one in found)


def test_readers_tell_a_mixture():
    """The test of the readers can fail: two versions, one of the files missing, a place twice."""
    whole = [(name, "第000003号") for name in soak_readers.names_of(3) for _ in range(2)]
    assert soak_readers.version_of(whole) == 3
    for wrong in ([*whole[1:], (whole[0][0], "第000004号")], whole[2:], [*whole, whole[0]], []):
        with pytest.raises((AssertionError, ValueError)):
            soak_readers.version_of(wrong)


def test_the_manifest_of_an_export_is_of_the_index_that_was_read(corpus, tmp_path):
    """An index that was opened before an update exports its rows with the hashes of their files."""
    with lianzheng_search.open(corpus.directory) as kept:
        assert kept.backend
        before = kept.file_hashes()
        (corpus.directory / "a.txt").write_text("同志们：\n全都换掉了。", "utf-8")
        corpus.index()
        kept.export([NamedQuery(name="责任", query="责任")], tmp_path / "out.csv")
        told = soak_readers.read_told(tmp_path / "out.csv")
        assert told["a.txt"] == before["a.txt"][:16]


def test_what_another_run_has_just_added_stays(corpus, monkeypatch):
    """A run that lists the files, and is overtaken by a whole update before it has the lock."""
    locked = indexing.one_writer

    def overtaken(*arguments, **named):
        monkeypatch.setattr(indexing, "one_writer", locked)
        (corpus.directory / "d.txt").write_text("同志们：\n说说纪律。", "utf-8")
        with lianzheng_search.open(corpus.directory) as other:
            assert other.index().added == 1
        return locked(*arguments, **named)

    monkeypatch.setattr(indexing, "one_writer", overtaken)
    corpus.index()
    assert corpus.search("说说纪律").total == 1


def test_two_first_runs_take_turns(tmp_path, monkeypatch):
    """A folder in which another first run has just put its things is not taken for another's."""
    (tmp_path / "a.txt").write_text("同志们：\n说说纪律。", "utf-8")

    def meanwhile(index_directory):
        (index_directory / INDEX_MARKER).write_bytes(INDEX_MARK)
        (index_directory / "lock").touch()
        return True

    monkeypatch.setattr(folder, "_holds_other_things", meanwhile)
    with lianzheng_search.open(tmp_path) as corpus:
        assert corpus.index().added == 1


def test_files_that_exchange_names_are_noticed(tmp_path):
    """Unpacked in the same second, as long as one another: the names of two are exchanged."""
    one, other, beside = (tmp_path / name for name in ("a.txt", "b.txt", "c.txt"))
    for file, word in ((one, "家风"), (other, "担当")):
        file.write_text(f"同志们：\n今天说说{word}。", "utf-8")
        os.utime(file, (1_000_000_000, 1_000_000_000))
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        one.replace(beside)
        other.replace(one)
        beside.replace(other)
        assert corpus.index().updated == 2
        assert [hit.info.id for hit in corpus.search("家风").hits] == ["b.txt"]
