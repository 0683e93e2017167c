"""An answer says what it covers: what the index lacks, what was not read, what has no date."""

from __future__ import annotations

import json
import os

import pytest
from commands import READING, run
from conftest import SPEECH

import lianzheng_search

BEHIND = "since the index was made: 1 new file, 1 changed file, 1 gone. Take them in: lianzheng"
NOT_ASKED = ("help", "--", "status", "clean", "template", "outline", "export", "prove")
"""Commands that do not answer from the index, that tell it in full, or that take changes in."""


@pytest.fixture
def behind(corpus):
    """A corpus whose folder has changed since."""
    (corpus.directory / "new.txt").write_text("同志们：\n家风要紧，责任要实。", "utf-8")
    (corpus.directory / "a.txt").write_text(SPEECH.replace("云岭县", "石门县"), "utf-8")
    (corpus.directory / "sub" / "c.md").unlink()
    corpus.close()
    return corpus


@pytest.mark.matrix
@pytest.mark.promise("complete or told")
@pytest.mark.parametrize("name", [n for n, a in READING.items() if not a[0].startswith(NOT_ASKED)])
def test_every_answer_says_that_the_index_is_behind(behind, name):
    """One line, after the answer, on standard error; the exit code is the answer's."""
    arguments = [word.replace("CORPUS", str(behind.directory)) for word in READING[name]]
    done = run("-C", behind.directory, *arguments)
    told = [line for line in done.stderr.splitlines() if BEHIND in line]
    if name in ("themes test", "themes closest", "themes why"):  # of rules and files, not of it
        return
    assert len(told) == 1, done.stderr
    assert done.stderr.splitlines()[-1] == told[0]
    assert done.returncode in (0, 1)


@pytest.mark.promise("complete or told")
def test_silence_means_complete(corpus):
    """Nothing has changed: nothing is said."""
    corpus.close()
    done = run("-C", corpus.directory, "search", "责任")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.promise("complete or told")
def test_an_export_takes_in_what_has_changed(behind, tmp_path):
    """First the index, then the rows; the record says what was searched."""
    out = tmp_path / "out.csv"
    done = run("-C", behind.directory, "export", "责任", "-o", out)
    assert "taken into the index: 1 new file, 1 changed file, 1 gone" in done.stderr
    assert "new.txt" in out.read_text("utf-8-sig")
    basis = json.loads((tmp_path / "out.csv.manifest.json").read_text("utf-8"))["basis"]
    assert (basis["files"], basis["not_read"], basis["added"]) == (3, {}, [])


@pytest.mark.promise("complete or told")
def test_an_export_without_update_says_what_it_lacks(behind, tmp_path):
    """On standard error, in the manifest and in the document."""
    out = tmp_path / "out.md"
    done = run("-C", behind.directory, "export", "责任", "--no-update", "-o", out)
    assert BEHIND in done.stderr
    assert "new.txt" not in out.read_text("utf-8").partition("## How this was made")[0]
    basis = json.loads((tmp_path / "out.md.manifest.json").read_text("utf-8"))["basis"]
    assert [basis[key] for key in ("added", "updated", "deleted")] == [
        ["new.txt"], ["a.txt"], ["sub/c.md"],
    ]  # fmt: skip
    facts = out.read_text("utf-8").partition("## How this was made")[2]
    assert "Since then new: 1: new.txt" in facts


@pytest.mark.skipif(not hasattr(os, "geteuid") or not os.geteuid(), reason="root may write")
def test_an_index_that_cannot_be_written_is_told(behind):
    """The export is made all the same, from the index as it is."""
    behind.index_directory.chmod(0o500)
    done = run("-C", behind.directory, "export", "责任")
    behind.index_directory.chmod(0o700)
    assert "the index stays as it is" in done.stderr
    assert done.stdout


@pytest.mark.promise("complete or told")
def test_files_that_are_not_in_the_index_are_all_named(corpus):
    """In a block of their own, each time; remarks on structure only for new files, ten of them."""
    for n in range(12):
        (corpus.directory / f"bad{n:02}.bin").write_bytes(b"\0\1\2" * 9)
        text = "同志们：\n一、甲\n三、乙\n"
        (corpus.directory / f"odd{n:02}.txt").write_text(text, "utf-8")
    corpus.close()
    first = run("-C", corpus.directory, "index").stderr.splitlines()
    assert first[0] == "12 files are not in the index:"
    assert [line.split(":")[0] for line in first[1:13]] == [f"bad{n:02}.bin" for n in range(12)]
    assert first[13] == "12 remarks on new and changed files:"
    assert len(first[14:-1]) == 10
    assert first[-1].endswith("lianzheng status --problems")
    again = run("-C", corpus.directory, "index").stderr.splitlines()
    assert again[:13] == first[:13]
    assert len(again) == 14


def dated(folder):
    """Write three speeches: one of 2023, one of 2024, one without a date."""
    for name, line in (("a", "（2023年3月8日）"), ("b", "（2024年5月6日）"), ("c", "")):
        text = f"在{name}会上的讲话\n{line}\n同志们：\n家风要正。家风要严，责任要实。\n家风要传。\n"
        (folder / f"{name}.txt").write_text(text, "utf-8")
    with lianzheng_search.open(folder) as corpus:
        corpus.index()


@pytest.mark.promise("complete or told")
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["search", "家风"], "2 passages in speeches"),
        (["kwic", "家风"], "2 passages in speeches"),
        (["export", "家风"], "2 passages in speeches"),
        (["freq", "家风", "责任"], "3 passages in speeches"),
        (["search"], "1 speech without"),
        (["quotes"], "1 speech without"),
        (["phrases"], "1 speech without"),
    ],
    ids=" ".join,
)
def test_what_has_no_date_is_counted(tmp_path, command, told):
    """With --since or --until a line says what they leave out; with --undated it is taken in."""
    dated(tmp_path)
    lines = run("-C", tmp_path, *command, "--since", "2024").stderr.splitlines()
    assert sum(told in line and "a date" in line for line in lines) == 1, lines
    lines = run("-C", tmp_path, *command, "--since", "2024", "--undated").stderr.splitlines()
    assert not any("a date" in line for line in lines)
    assert not any("a date" in line for line in run("-C", tmp_path, *command).stderr.splitlines())


def test_undated_speeches_are_taken_in(tmp_path):
    """Those of the period, and those without a date; never those of another time."""
    dated(tmp_path)
    with lianzheng_search.open(tmp_path) as corpus:

        def found(**filters):
            return {hit.info.id for hit in corpus.search("家风", limit=0, **filters).hits}

        assert found(since="2024") == {"b.txt"}
        assert found(since="2024", undated=True) == {"b.txt", "c.txt"}
        assert found(until="2023", undated=True) == {"a.txt", "c.txt"}
        assert found(undated=True) == {"a.txt", "b.txt", "c.txt"}
        assert corpus.undated("家风", since="2024") == 2
        assert corpus.undated(until="2023") == 1
