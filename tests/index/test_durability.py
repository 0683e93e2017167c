"""The index survives whatever ends an update: a kill, a power cut, a full disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import lianzheng_search
from lianzheng_search.index.generations.manifest import last_generation

if os.name == "nt":
    pytest.skip("processes are not forked there", allow_module_level=True)

import faults

OLD = {"a.txt": "同志们：\n一、讲纪律\n要把规矩立起来。", "b.txt": "旧的一篇，谈家风。"}
NEW = {"a.txt": "同志们：\n一、讲担当\n要把责任扛起来。", "c.txt": "新的一篇，谈廉洁。"}


class Place:
    """A corpus and its index, which can be put back to what they were."""

    def __init__(self, folder: Path) -> None:
        self.disk, self.kept, self.cut = folder / "disk", folder / "kept", folder / "cut"
        self.corpus, self.index = self.disk / "corpus", self.disk / "index"

    def write(self, files: dict[str, str]) -> None:
        """Make the corpus of these files."""
        shutil.rmtree(self.corpus, ignore_errors=True)
        self.corpus.mkdir(parents=True)
        for name, text in files.items():
            (self.corpus / name).write_text(text, "utf-8")

    def update(self) -> None:
        """Bring the index up to date."""
        with lianzheng_search.open(self.corpus, index_directory=self.index) as corpus:
            corpus.index()

    def answers(self) -> list[tuple[str, int, str]] | None:
        """Give every passage of the index; None if there is no index."""
        with lianzheng_search.open(self.corpus, index_directory=self.index) as corpus:
            if not corpus.library.has_index:
                return None
            hits = corpus.search(limit=0, with_variants=True).hits
            return [(hit.info.id, hit.passage.line, hit.passage.text) for hit in hits]

    def keep(self) -> None:
        """Keep the index as it is."""
        if self.index.exists():
            shutil.copytree(self.index, self.kept)

    def restore(self) -> None:
        """Put the index back to what was kept."""
        shutil.rmtree(self.index, ignore_errors=True)
        if self.kept.exists():
            shutil.copytree(self.kept, self.index)


@pytest.fixture(params=["first", "next"])
def place(request, tmp_path, monkeypatch) -> Place:
    """A corpus before its first index run, and one before its next."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # it takes most of the time
    place = Place(tmp_path)
    if request.param == "next":
        place.write(OLD)
        place.update()
        place.update()
        (place.corpus / "b.txt").write_text("另一篇，谈家教。", "utf-8")
        place.update()  # so that there is a generation to be swept
    place.keep()
    place.before = place.answers()
    place.write(NEW)
    place.instants = faults.instants(place.update)
    place.after = place.answers()
    assert place.after != place.before
    place.restore()
    assert place.answers() == place.before
    return place


def check(place: Place) -> bool:
    """
    Check that an index is the old or the new one, and is the new one after the next update.

    Nothing else may be left then. Tells whether it was the new one at once.
    """
    found = place.answers()
    assert found in (place.before, place.after)
    place.update()
    assert place.answers() == place.after
    generation, manifest, _wrong = last_generation(place.corpus, place.index)
    before, shards = manifest.before or ("", [])
    names = {".gitignore", "CURRENT", "INDEX", "lock", "shards", generation.name, before} - {""}
    assert {one.name for one in place.index.iterdir()} == names
    used = {shard.name for shard in manifest.shards} | set(shards)
    assert {one.name for one in (place.index / "shards").iterdir()} == used
    return found == place.after


def unfinished(place: Place) -> list[str]:
    """List the generations that are newer than the one in use."""
    generation, _manifest, _wrong = last_generation(place.corpus, place.index)
    newest = generation.name if generation else ""
    return [one.name for one in place.index.glob("generation-*") if one.name > newest]


@pytest.mark.promise("killed")
def test_killed_at_any_instant_it_is_the_old_or_the_new_state(place):
    """SIGKILL before each write, rename, fsync, mkdir and unlink: so, after the one before it."""
    seen = set()
    for n in place.instants:
        place.restore()
        assert faults.struck(place.update, n, faults.kill, place.disk) == -9
        seen.add(check(place))
    assert seen == {False, True}


@pytest.mark.promise("power cut")
@pytest.mark.parametrize("names", [False, True], ids=["nothing unsynced", "names without content"])
def test_after_a_power_cut_it_is_the_old_or_the_new_state(place, names):
    """What was not put on the disk by fsync is gone: contents, or contents and names."""
    seen = set()
    for n in place.instants:
        place.restore()
        cut = faults.power_cut(place.cut, names=names)
        assert faults.struck(place.update, n, cut, place.disk) == -9
        shutil.rmtree(place.index, ignore_errors=True)
        if (place.cut / "index").exists():
            shutil.copytree(place.cut / "index", place.index)
        seen.add(check(place))
    assert seen == {False, True}


@pytest.mark.promise("full disk")
@pytest.mark.parametrize("strike", [faults.full, faults.read_only], ids=["full", "read-only"])
def test_a_disk_that_takes_no_more_leaves_the_old_state(place, strike):
    """Where a write fails, there is one clear line, and the old state or, in the end, the new."""
    for n in place.instants:
        place.restore()
        ended = faults.struck(place.update, n, strike, place.disk)
        assert ended in (faults.DONE, faults.REFUSED)
        if strike is faults.full and ended == faults.REFUSED:
            assert unfinished(place) == []
        assert check(place) or ended == faults.REFUSED
