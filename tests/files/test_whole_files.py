"""Files appear whole or not at all, sets of them together, whatever goes wrong in between."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LONG, SPEECH
from faults import at, operations

import lianzheng_search
from lianzheng_search import signals as stopping
from lianzheng_search.cli import main as cli
from lianzheng_search.errors import RequestError
from lianzheng_search.files.whole_files import new_folder, whole_file, whole_paths
from lianzheng_search.files.workplaces import _sweep
from lianzheng_search.query.lists import NamedQuery

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not killed so here")
NAMES = ("a.csv", "b.csv", "a.csv.manifest.json")
SETS = {"one": (NAMES[:1], False), "one again": (NAMES[:1], True), "many": (NAMES, False)}
SETS |= {"many again": (NAMES, True)}
FINE = 1000 if LONG else 10
"""So many steps of a long export are tried; all, if LIANZHENG_LONG is set."""
QUERIES = [NamedQuery(name=text, query=text) for text in ("责任", "意识")]


def write_set(folder, names, text, *, force=True):
    """Write files of the same text, the last of which tells of the others."""
    record = folder / names[-1] if len(names) > 1 else None
    with whole_paths([folder / name for name in names], force=force, record=record) as parts:
        for part in parts:
            with part.open("w", encoding="utf-8", buffering=1) as out:
                out.write(text + "\n")
                out.write(text + "\n")


def all_of(names, text):
    """Give what is in a folder when a set is written."""
    return dict.fromkeys(names, (text + "\n") * 2)


def content(folder):
    """Give the text of every file in a folder, whatever its name."""
    return {
        str(file.relative_to(folder)): file.read_bytes().decode("utf-8", "replace")
        if file.is_file()
        else None
        for file in sorted(folder.rglob("*"))
    }


def in_a_child(run):
    """Run something in a process of its own; give its exit code."""
    child = os.fork()
    if not child:
        code = 9
        try:
            run()
            code = 0
        except stopping.Stopped:
            code = 130
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def error_of(n, fault, run):
    """Run something, with a fault before its n-th step; give the error that came of it, if any."""

    def fail():
        raise OSError(fault, os.strerror(fault))

    try:
        with at(n, "before", fail):
            run()
    except RequestError as error:
        return str(error)
    return None


def fresh(tmp_path, names, n, old):
    """Make a folder where a set is to be written, where there is one or not."""
    folder = tmp_path / str(n)
    folder.mkdir()
    if old:
        write_set(folder, names, "old")
    _sweep.cache_clear()
    return folder


@pytest.mark.promise("whole files")
@forks
@pytest.mark.parametrize(("names", "old"), SETS.values(), ids=SETS)
def test_killed_at_any_instant(tmp_path, names, old):
    """Every file is the old one or the new one; a record that is there tells of what is there."""
    before = all_of(names, "old") if old else {}
    first = fresh(tmp_path, names, "first", old)
    steps = len(operations(lambda: write_set(first, names, "new")))
    assert steps >= 8
    for n in range(2 * steps):
        folder = fresh(tmp_path, names, n, old)

        def run(folder=folder, n=n):
            with at(n // 2, ("before", "after")[n % 2], lambda: os.kill(os.getpid(), 9)):
                write_set(folder, names, "new")

        assert in_a_child(run) == -9
        left = {name: text for name, text in content(folder).items() if name in NAMES}
        new = all_of(names, "new")
        assert all(text in (before.get(name), new[name]) for name, text in left.items())
        assert set(before) - set(left) <= set(names[1:][-1:])
        if len(names) > 1 and names[-1] in left:
            assert left == (new if left[names[-1]] == new[names[-1]] else before)
        write_set(folder, names, "newer")
        assert content(folder) == all_of(names, "newer")


@pytest.mark.promise("whole files")
@pytest.mark.parametrize(("names", "old"), SETS.values(), ids=SETS)
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS])
def test_an_error_at_any_step_changes_nothing(tmp_path, names, old, fault):
    """The disk is full, the folder turns read-only: what was there stays, and nothing else."""
    first = fresh(tmp_path, names, "first", old)
    steps = len(operations(lambda: write_set(first, names, "new")))
    failed = 0
    for n in range(steps):
        folder = fresh(tmp_path, names, n, old)
        told = error_of(n, fault, lambda folder=folder: write_set(folder, names, "new"))
        failed += told is not None
        assert told is None or (os.strerror(fault) in told and str(folder) in told)
        left = content(folder)
        if not _was_removing(left, n, steps):
            before = all_of(names, "old") if old else {}
            assert left == (all_of(names, "new") if told is None else before)
        write_set(folder, names, "newer")
    assert failed >= 3 * len(names)


def _was_removing(left, n, steps):
    """Tell whether what failed was the end: a hidden folder may stay, till the next time."""
    return n > steps // 2 and any(".part" in name for name in left)


@forks
@pytest.mark.parametrize("names", [NAMES[:1], NAMES], ids=["one", "many"])
def test_a_signal_at_any_step_leaves_all_or_nothing(tmp_path, names):
    """Ctrl-C between two steps: the old set or the new one, never one of each, and no more."""
    first = fresh(tmp_path, names, "first", True)
    steps = len(operations(lambda: write_set(first, names, "new")))
    seen = set()
    for n in range(2 * steps):
        folder = fresh(tmp_path, names, n, True)

        def run(folder=folder, n=n):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            stopping.listen()
            strike = lambda: os.kill(os.getpid(), signal.SIGINT)  # noqa: E731
            with at(n // 2, ("before", "after")[n % 2], strike):
                write_set(folder, names, "new")

        assert in_a_child(run) == 130
        left = content(folder)
        assert left in (all_of(names, "old"), all_of(names, "new")), n
        seen.add(left[names[0]])
    assert len(seen) == 2


def test_what_a_killed_process_left_goes_the_next_time(tmp_path):
    """But not what another, that is alive, writes; nor a folder that only looks like it."""
    dead, ours = tmp_path / f".lianzheng-{'0' * 16}.part", tmp_path / ".lianzheng-mine.part"
    for folder in (dead, ours):
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "0.csv").write_text("half", "utf-8")
    (tmp_path / f".lianzheng-{'1' * 16}.part").mkdir()
    with whole_file(tmp_path / "a.csv", bom=False) as out:
        (own,) = [one for one in tmp_path.iterdir() if (one / "lock").exists() and one != ours]
        _sweep.cache_clear()
        with whole_file(tmp_path / "b.csv", bom=False) as other:
            other.write("b")
        assert own.exists()
        out.write("a")
    assert sorted(one.name for one in tmp_path.iterdir()) == [ours.name, "a.csv", "b.csv"]


@pytest.mark.promise("whole files")
def test_none_is_replaced_that_came_meanwhile(tmp_path):
    """Without force, a file that another wrote while this one was written stays."""

    def write():
        with whole_file(tmp_path / "a.csv", bom=False, force=False) as out:
            out.write("ours")
            (tmp_path / "a.csv").write_text("theirs", "utf-8")

    with pytest.raises(RequestError, match="exists already"):
        write()
    assert content(tmp_path) == {"a.csv": "theirs"}


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_who_may_read_a_file_does_not_change(tmp_path):
    """Broken once: a file for oneself alone was for all when it had been replaced."""
    file = tmp_path / "themes.toml"
    file.write_text("old", "utf-8")
    file.chmod(0o600)
    with whole_file(file, bom=False) as out:
        out.write("new")
    assert file.stat().st_mode & 0o777 == 0o600


def test_new_folders_go_when_nothing_comes_of_them(tmp_path):
    """Those that were not there; not one in which there is something by then."""
    deep = tmp_path / "a" / "b"
    with pytest.raises(RequestError), new_folder(deep):
        raise RequestError("no")
    assert list(content(tmp_path)) == []
    with pytest.raises(RequestError), new_folder(deep):  # noqa: PT012
        (tmp_path / "a" / "theirs.txt").touch()
        raise RequestError("no")
    assert list(content(tmp_path)) == ["a", "a/theirs.txt"]
    with new_folder(deep):
        pass
    assert deep.is_dir()


@pytest.fixture
def speeches(tmp_path):
    """A small corpus with an index, and a folder to write to."""
    folder = tmp_path / "speeches"
    folder.mkdir()
    (folder / "a.txt").write_text(SPEECH, "utf-8")
    (tmp_path / "out").mkdir()
    corpus = lianzheng_search.open(folder)
    corpus.index()
    yield corpus
    corpus.close()


def _run(*arguments):
    cli.cli.main(list(map(str, arguments)), standalone_mode=False)


WRITERS = {
    "csv": lambda corpus, out: corpus.export(QUERIES, out / "a.csv", force=True),
    "xlsx": lambda corpus, out: corpus.export(QUERIES, out / "a.xlsx", force=True),
    "docx": lambda corpus, out: corpus.export(QUERIES, out / "a.docx", force=True),
    "parts": lambda corpus, out: corpus.export(
        QUERIES, out / "parts", split="query", file_format="md", force=True
    ),
    "clean": lambda corpus, out: _run(
        "-C", corpus.directory, "clean", corpus.directory / "a.txt", "-o", out / "new", "--force"
    ),
    "themes new": lambda corpus, out: corpus.new_theme("看家本领", ["看家本领"]),
}


@pytest.mark.matrix
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("old", [True, False])
def test_every_writer_on_a_full_disk(speeches, tmp_path, monkeypatch, writer, old):
    """Whatever step fails: one line that names the file, nothing changed, nothing left."""
    out = tmp_path / "out"
    write = WRITERS[writer]
    own = speeches.directory / "themes.toml"
    if old:
        write(speeches, out)
        own.unlink(missing_ok=True)
    before = content(out)
    steps = len(operations(lambda: write(speeches, out)))
    failed = 0
    for n in range(0, steps, max(1, steps // FINE)):
        _put_back(out, before)
        own.unlink(missing_ok=True)
        _sweep.cache_clear()
        if told := error_of(n, errno.ENOSPC, lambda: write(speeches, out)):
            failed += 1
            assert "\n" not in told
            assert "No space left" in told
            assert {n: t for n, t in content(out).items() if ".part" not in n} == before
            assert not own.exists()
    assert failed > 3


def _put_back(folder, before):
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    for name, text in before.items():
        if text is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(text.encode("utf-8", "replace"))


@pytest.mark.skipif(os.name == "nt", reason="there are no such limits there")
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "docx", "html"])
def test_a_disk_that_is_really_full(speeches, tmp_path, suffix):
    """What the system says is one line and exit code 2; here it allows no file above 500 bytes."""
    import resource

    (tmp_path / "out" / f"a.{suffix}").write_text("old", "utf-8")
    speeches.close()
    command = [sys.executable, "-m", "lianzheng_search", "-C", str(speeches.directory), "export"]
    done = subprocess.run(
        [*command, "责任", "意识", "-o", str(tmp_path / "out" / f"a.{suffix}"), "--force"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"a.{suffix}: cannot be written (File too large)" in done.stderr
    assert content(tmp_path / "out") == {f"a.{suffix}": "old"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.parametrize("writer", ["csv", "parts", "clean"])
def test_a_folder_that_is_only_read(speeches, tmp_path, writer):
    """One line, which names what cannot be written."""
    (tmp_path / "out").chmod(0o500)
    with pytest.raises(RequestError, match="cannot be written"):
        WRITERS[writer](speeches, tmp_path / "out")
    assert content(tmp_path / "out") == {}


def test_no_manifest_tells_of_a_file_it_is_not_of(speeches, tmp_path):
    """--no-manifest takes the old one away, and refuses to without --force."""
    file = tmp_path / "out" / "a.csv"
    speeches.export(QUERIES, file)
    file.unlink()
    with pytest.raises(RequestError, match=r"manifest\.json: the file exists already"):
        speeches.export(QUERIES, file, with_manifest=False)
    speeches.export(QUERIES, file, with_manifest=False, force=True)
    assert list(content(tmp_path / "out")) == ["a.csv"]


def test_what_is_being_written_in_a_corpus_is_no_speech(speeches):
    """A killed process may leave a hidden folder there."""
    left = speeches.directory / f".lianzheng-{'0' * 16}.part"
    left.mkdir()
    (left / "0.txt").write_text(SPEECH, "utf-8")
    assert speeches.index().files == 1
    assert isinstance(left, Path)


@pytest.mark.skipif(os.name == "nt", reason="folders are not put on the disk there")
def test_files_are_on_the_disk_before_they_have_their_names(tmp_path, monkeypatch):
    """And so are their names in the end: a power cut leaves no empty file under a name."""
    one, synced = tmp_path / "out.txt", []
    fsync = os.fsync

    def told(descriptor):
        synced.append((os.fstat(descriptor).st_ino, one.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", told)
    with whole_file(one, bom=False) as out:
        out.write("说说家风。")
    assert (one.stat().st_ino, False) in synced
    assert synced[-1] == (tmp_path.stat().st_ino, True)
