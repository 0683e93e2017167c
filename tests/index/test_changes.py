"""What changed in a folder since it was indexed: the quick way says what the slow one does."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.index.changes import Changes, changes_now, compare
from lianzheng_search.index.walk import listing, walk

NAMES = ("a.txt", "b.md", "sub/a.txt", "sub/deep/讲话　稿.txt", "z.zip", "sub/y.ZIP", "x.zip/c.txt")
NEW = ("new.txt", "sub/new.txt", "w.zip")


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix.lower() == ".zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("一.txt", f"同志们：{text}")
            archive.writestr("folder/二.txt", f"家风：{text}")
    else:
        file.write_text(f"同志们：\n一、{text}\n", "utf-8")


def change(folder: Path, what: str, name: str) -> None:
    """Write other text to a file, touch it, remove it, or give it another name."""
    file = folder / name
    if what == "write":
        put(file, "改过的话，长一些")
    elif not file.exists():
        return
    elif what == "touch":
        os.utime(file, ns=(1, 1))
    elif what == "remove":
        file.unlink()
    else:
        file.rename(file.with_name(f"moved-{file.name}"))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder of text files and archives."""
    folder = tmp_path_factory.mktemp("template")
    for n, name in enumerate(NAMES):
        put(folder / name, f"第{n}篇")
        # what was written in the last two seconds is looked into each time
        os.utime(folder / name, ns=(10**18, 10**18))
    return folder


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["write", "touch", "remove", "move"]), st.sampled_from(NAMES + NEW)
        ),
        max_size=4,
    )
)
def test_the_quick_comparison_says_what_the_slow_one_does(steps):
    """Whatever is written, touched, removed or renamed, in archives and beside them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for n, file in enumerate(NAMES):
            put(folder / file, f"第{n}篇")
        with lianzheng_search.open(folder) as corpus:
            corpus.index()
            for what, file in steps:
                change(folder, what, file)
            if not list(listing(folder)):
                return
            slow = compare(corpus.library.records, walk(folder, corpus.index_directory))
            quick = changes_now(corpus.library.records, folder, corpus.index_directory)
        assert sorted(quick.added) == sorted(slow.added)
        assert sorted(quick.updated) == sorted(slow.updated)
        assert quick.deleted == slow.deleted
        assert bool(quick) == bool(slow)


def test_an_unchanged_folder_needs_no_file_read(template, tmp_path, monkeypatch):
    """Nothing is opened: not an archive, not a file whose size, time and inode are as they were."""
    with lianzheng_search.open(template, index_directory=tmp_path / "index") as corpus:
        corpus.index()
        records = corpus.library.records
        monkeypatch.setattr("lianzheng_search.index.changes.content_hash", None)
        monkeypatch.setattr("lianzheng_search.index.walk._members", None)
        assert changes_now(records, template, tmp_path / "index") == Changes()


def test_a_folder_that_has_gone_is_all_deleted(tmp_path):
    """The index may still answer; that its files are gone is said."""
    folder, index = tmp_path / "speeches", tmp_path / "index"
    put(folder / "a.txt", "一句话")
    with lianzheng_search.open(folder, index_directory=index) as corpus:
        corpus.index()
        records = dict(corpus.library.records)
    (folder / "a.txt").unlink()
    folder.rmdir()
    assert changes_now(records, folder, index) == Changes(deleted=("a.txt",))
