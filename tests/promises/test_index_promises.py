"""What is promised of an index: one writer, one state, no damage unnoticed, nothing trusted."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partialmethod
from pathlib import Path

import pytest
from commands import run
from conftest import LONG, ROOT
from made import change_manifest
from msgspec import to_builtins

import lianzheng_search
from lianzheng_search import signals as stopping
from lianzheng_search.errors import RequestError
from lianzheng_search.index import update as updating
from lianzheng_search.index.generations import manifest as manifests
from lianzheng_search.index.generations import snapshot
from lianzheng_search.index.generations.faults import DamagedError, index_command
from lianzheng_search.index.generations.lock import one_writer
from lianzheng_search.index.generations.manifest import FORMAT, last_generation
from lianzheng_search.signals import Stopped

TINY = {
    "a.txt": "同志们：\n一、讲规矩，守底线\n一是要学党章。二是要守纪律，“红线”不能碰。",
    "b.txt": "家风连着作风。",
}
OTHER_USER = 4242
OLD_INDEXES = ROOT / "tests" / "data" / "indexes"
posix = pytest.mark.skipif(os.name == "nt", reason="there are no such owners or signals there")


def tiny(folder: Path) -> lianzheng_search.corpus.Corpus:
    """Make and index a corpus of two very short speeches."""
    folder.mkdir()
    for name, text in TINY.items():
        (folder / name).write_text(text, "utf-8")
    corpus = lianzheng_search.open(folder)
    corpus.index()
    return corpus


def answers(folder: Path) -> list[object]:
    """Ask an index everything that there is in it."""
    with lianzheng_search.open(folder) as corpus:
        found: list[object] = [
            (hit.info, hit.passage, hit.spans, hit.score)
            for query in (None, "守", "纪律", "红线 OR 家风", "没有这一句", "讲*守", "作风 纪律")
            for hit in corpus.search(query, limit=0, with_variants=True).hits
        ]
        found += corpus.speeches(section="一")
        found += [corpus.file_hashes(), corpus.index_versions(), corpus.changes()]
        return found


def command(*words: object, **options: object) -> subprocess.Popen[str]:
    """Start the command."""
    line = [sys.executable, "-m", "lianzheng_search", *map(str, words)]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.promise("checksums")
def test_every_byte_flipped_gives_the_right_answer_or_a_clear_error(tmp_path):
    """Each byte of each file of an index, turned round: noticed where it is read, and mended."""
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    expected = answers(corpus.directory)
    files = [file for file in corpus.index_directory.rglob("*") if file.is_file()]
    step = 1 if LONG else 61
    noticed = []
    for n, file in enumerate(sorted(files)):
        data = file.read_bytes()
        for at in range(n % step, len(data), step):
            file.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
            try:
                assert answers(corpus.directory) == expected, (file, at)
            except RequestError as error:
                noticed.append(str(error))
        file.write_bytes(data)
    assert len(noticed) > 100
    assert all("lianzheng" in told for told in noticed)  # the command that mends it


@pytest.mark.promise("verify")
@pytest.mark.parametrize("harm", ["flip", "cut", "grow", "remove"])
def test_damage_is_named_and_mended(tmp_path, harm):
    """`status --verify` names every damaged file, of any kind; `index` mends what is damaged."""
    corpus = tiny(tmp_path / "speeches")
    expected = answers(corpus.directory)
    folder = corpus.index_directory
    assert corpus.verify() == []
    names = [one for one in sorted(folder.rglob("*")) if one.is_file() and one.parent != folder]
    assert len(names) >= 9
    whole = shutil.copytree(folder, tmp_path / "whole")
    for name in names:
        data = name.read_bytes()
        if harm == "flip":
            name.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        elif harm == "remove":
            name.unlink()
        else:
            name.write_bytes(data[:-1] if harm == "cut" else data + b"\0")
        assert corpus.verify() == [name]
        ended = run("-C", corpus.directory, "status", "--verify", "--format", "json")
        assert json.loads(ended.stdout) == {"damaged": [name.relative_to(folder).as_posix()]}
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert "damage" in corpus.index().outdated
        assert corpus.verify() == []
        assert answers(corpus.directory) == expected
        corpus.close()
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)


@posix
@pytest.mark.parametrize("name", ["CURRENT", "generation-000001/manifest.json"])
@pytest.mark.parametrize("put", ["a folder", "a loop", "a link to nowhere"])
def test_what_is_no_file_is_damage(tmp_path, name, put):
    """Something else in the place of a file is named, and where it can be mended it is."""
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    file = corpus.index_directory / name
    file.unlink()
    if put == "a folder":
        file.mkdir()
    else:
        file.symlink_to(file if put == "a loop" else tmp_path / "nowhere")
    if (name, put) != ("CURRENT", "a link to nowhere"):  # that is no index
        assert corpus.verify() == [file]
        with pytest.raises(RequestError, match=re.escape(f"lianzheng -C {corpus.directory} index")):
            corpus.search("家风")
    if (name, put) == ("CURRENT", "a folder"):
        with pytest.raises(RequestError, match=re.escape(f"(Is a directory: {file})")):
            corpus.index()
        file.rmdir()
    corpus.index()
    assert corpus.search("家风").total == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [("posix", "-C '讲话 稿' --index 'it'\"'\"'s'"), ("nt", '-C "讲话 稿" --index "it\'s"')],
)
def test_the_command_that_mends_can_be_typed(monkeypatch, name, typed):
    """As the shell of the system quotes: cmd.exe knows no single quotes."""
    folder, index = Path("讲话 稿"), Path("it's")
    monkeypatch.setattr(os, "name", name)
    assert index_command(folder, index) == f"lianzheng {typed} index"
    assert index_command(folder, index, "--themes", "b") == f"lianzheng {typed} --themes b index"


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "no memory")])
def test_want_of_memory_is_not_taken_for_damage(corpus, monkeypatch, capsys, error):
    """Broken once: `index` was to mend it, and could not."""
    from lianzheng_search.cli import main as cli

    def refused(*_: object, **__: object) -> None:
        raise error

    corpus.close()
    monkeypatch.setattr(os, "pread", refused)
    monkeypatch.setattr(sys, "argv", ["lianzheng", "-C", str(corpus.directory), "search", "家风"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "too little memory" in told


@pytest.mark.promise("checksums")
def test_damage_is_never_an_answer(corpus):
    """A block of the text that is read and damaged ends a search that is under way."""
    corpus.close()
    (column,) = corpus.index_directory.rglob("*.folded.col")
    data = column.read_bytes()
    word = "主体责任".encode("utf-16-be")
    column.write_bytes(data.replace(word, "主体权力".encode("utf-16-be")))
    for query in ("主体责任", "主体权力"):
        with pytest.raises(DamagedError, match=re.escape(column.name)):
            list(corpus.search(query).hits)


class Planted:
    """What makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("planted",)


@pytest.mark.promise("nothing runs")
def test_nothing_is_unpickled_but_data(tmp_path, monkeypatch):
    """An index whose pickles run code, its checksums forged to fit, runs none."""
    monkeypatch.chdir(tmp_path)
    planted = pickle.dumps(Planted(), 2)
    pickle.loads(planted)  # that it would
    (tmp_path / "planted").rmdir()
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    shutil.copytree(corpus.index_directory, tmp_path / "whole")
    for name, at in places_of_pickles(corpus.index_directory):
        shutil.rmtree(corpus.index_directory)
        shutil.copytree(tmp_path / "whole", corpus.index_directory)
        file = corpus.index_directory / name
        data = file.read_bytes()
        file.write_bytes(data[:at] + planted + data[at + len(planted) :])
        forge(corpus.index_directory)
        with suppress(Exception):  # what is there is nonsense
            answers(corpus.directory)
        assert corpus.verify() == []
        assert not (tmp_path / "planted").exists(), name


def places_of_pickles(index_directory: Path) -> list[tuple[str, int]]:
    """Find where pickles may begin in the files of an index: those of protocols 2 to 5."""
    found = []
    for file in sorted(index_directory.rglob("*")):
        if file.is_file():
            name = file.relative_to(index_directory).as_posix()
            starts = [m.start() for m in re.finditer(rb"\x80[\x02-\x05]", file.read_bytes())]
            found += [(name, at) for at in starts[:6] + starts[-2:]]
    assert {Path(name).suffix for name, _at in found} >= {".toc", ".trm", ".pst"}
    return found


def forge(index_directory: Path) -> None:
    """Make the checksums of an index fit what its files hold now."""
    from lianzheng_search.files.checksums import checksums

    _generation, manifest, _wrong = last_generation(index_directory.parent, index_directory)
    shards = []
    for shard in manifest.shards:
        sums = {
            file.name: checksums(file, within=index_directory)
            for file in (index_directory / "shards" / shard.name).iterdir()
        }
        shards.append([shard.name, shard.passages, sums])
    change_manifest(index_directory, shards=to_builtins(shards))


@pytest.mark.promise("foreign index")
@posix
def test_an_index_of_another_user_is_refused(tmp_path, monkeypatch):
    """Who owns an index decides what stands in it: another may not."""
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: OTHER_USER)
    for ask in (corpus.search, corpus.index, corpus.status):
        with pytest.raises(RequestError, match="owns this index"):
            ask()
    monkeypatch.setenv("LIANZHENG_TRUST_INDEX", "1")
    assert corpus.search("家风").total == 1
    monkeypatch.undo()
    assert os.getuid() == uid
    assert corpus.search("家风").total == 1


@posix
def test_who_may_not_even_look_into_an_index_is_told_whose_it_is(tmp_path, monkeypatch):
    """The folder of an index is closed to others: that is why they cannot read it."""
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    inside = corpus.index_directory

    def closed(path, *arguments, act):
        if path.parent == inside:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return act(path, *arguments)

    monkeypatch.setattr(Path, "lstat", partialmethod(closed, act=Path.lstat))
    for ask in (corpus.search, corpus.index, corpus.status):
        with pytest.raises(RequestError, match=r"CURRENT: cannot be read|cannot be written"):
            ask()
    monkeypatch.setattr(os, "getuid", lambda: OTHER_USER)
    for ask in (corpus.search, corpus.index, corpus.status):
        with pytest.raises(RequestError, match="owns this index"):
            ask()


@pytest.mark.promise("foreign index")
@posix
@pytest.mark.parametrize(
    "folder", ["", "shards", "CURRENT", "generation-000001", "shards/000001-0000"]
)
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o707])
def test_an_index_others_may_write_to_is_refused(tmp_path, folder, mode):
    """Whoever may write to an index decides what stands in it."""
    corpus = tiny(tmp_path / "speeches")
    corpus.close()
    (corpus.index_directory / folder).chmod(mode)
    for ask in (corpus.search, corpus.index, corpus.status):
        with pytest.raises(RequestError, match="others may write"):
            ask()
    (corpus.index_directory / folder).chmod(0o755)
    assert corpus.search("家风").total == 1


@posix
def test_an_index_is_closed_to_others(tmp_path):
    """However open the user's umask is, nobody else may write to what we make."""
    before = os.umask(0)
    try:
        (tmp_path / "index").mkdir(mode=0o777)
        tiny(tmp_path / "speeches").close()
        corpus = lianzheng_search.open(tmp_path / "speeches", index_directory=tmp_path / "index")
        corpus.index()
        assert corpus.search("家风").total == 1
    finally:
        os.umask(before)
    folders = [one for one in (tmp_path / "index").rglob("*") if one.is_dir()]
    assert folders
    assert all(one.stat().st_mode & 0o777 == 0o700 for one in folders)
    assert (tmp_path / "index" / "CURRENT").stat().st_mode & 0o022 == 0


@pytest.mark.promise("not a speech")
def test_an_index_among_the_speeches_is_none_of_them(corpus):
    """Broken once: one made with --index, in the corpus, was read as speeches without it."""
    corpus.close()
    inner = corpus.directory / "索引"
    with lianzheng_search.open(corpus.directory, index_directory=inner) as other:
        files = other.index().files
    (corpus.directory / "卷一").mkdir()
    (corpus.directory / "卷一" / "INDEX").write_text("目录", "utf-8")  # one that is not ours
    assert corpus.index().files == files + 1


@pytest.mark.promise("not a speech")
def test_another_programs_database_is_not_taken_for_an_index(tmp_path):
    """Some databases have a CURRENT, too: what is in their folder stays."""
    (tmp_path / "speeches").mkdir()
    (tmp_path / "speeches" / "a.txt").write_text("家风连着作风。", "utf-8")
    other = tmp_path / "database"
    other.mkdir()
    (other / "CURRENT").write_text("MANIFEST-000001\n", "utf-8")
    corpus = lianzheng_search.open(tmp_path / "speeches", index_directory=other)
    with pytest.raises(RequestError, match="holds other things"):
        corpus.index()
    assert [one.read_text("utf-8") for one in other.iterdir()] == ["MANIFEST-000001\n"]


@posix
def test_an_index_that_may_not_be_entered_is_told(corpus, monkeypatch):
    """By each command: that, where, and what to do."""
    corpus.close()
    real = os.stat

    def refused(path: object, *given: object, **named: object) -> object:
        if str(path).endswith("CURRENT"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *given, **named)  # type: ignore[arg-type]

    current = corpus.index_directory / "CURRENT"
    current.chmod(0)
    monkeypatch.setattr(os, "stat", refused)
    for ask in (corpus.search, corpus.status, lambda: list(corpus.profiles("a")), corpus.verify):
        with pytest.raises(RequestError, match=rf"{re.escape(str(current))}: .*Check who may read"):
            ask()


@posix
def test_a_drive_without_modes_can_be_trusted(tmp_path, monkeypatch):
    """On FAT or a network drive, modes are what they are, and folders know no fsync."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    def chmod(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    (tmp_path / "speeches").mkdir()
    (tmp_path / "speeches" / "a.txt").write_text("家风连着作风。", "utf-8")
    (tmp_path / "index").mkdir()
    (tmp_path / "index").chmod(0o777)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "chmod", chmod)
    corpus = lianzheng_search.open(tmp_path / "speeches", index_directory=tmp_path / "index")
    with pytest.raises(RequestError, match="trust it: LIANZHENG_TRUST_INDEX=1"):
        corpus.index()
    monkeypatch.setenv("LIANZHENG_TRUST_INDEX", "1")
    corpus.index()
    assert corpus.search("家风").total == 1


@pytest.mark.promise("one writer")
def test_a_second_writer_is_told_who_writes_and_since_when(corpus):
    """And waits with --wait; the lock is the operating system's, and frees itself."""
    corpus.close()
    (corpus.directory / "new.txt").write_text("新的一篇，说说廉洁。", "utf-8")
    with one_writer(corpus.index_directory, None, "lianzheng index"):
        refused = command("-C", corpus.directory, "index")
        error = refused.communicate()[1]
        assert refused.returncode == 2
        assert f"process {os.getpid()} on " in error
        assert re.search(r"since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", error)
        assert f"-C {corpus.directory} " in error
        assert error.rstrip().endswith(" index --wait")
        waiting = command("-C", corpus.directory, "index", "--wait")
        assert waiting.stderr is not None
        assert f"process {os.getpid()} on " in waiting.stderr.readline()
        (corpus.directory / "late.txt").write_text("等候时添的一篇，说说廉洁。", "utf-8")
    assert "2 files added" in waiting.communicate()[0]
    assert waiting.returncode == 0
    assert corpus.search("廉洁", with_variants=True).total >= 2


@pytest.mark.promise("dead writer")
@posix
def test_the_lock_of_a_dead_process_is_taken_over(corpus):
    """A run that was killed, its workers too, stands in nobody's way."""
    corpus.close()
    for n in range(40):
        (corpus.directory / f"{n}.txt").write_text(f"第{n}篇，说说廉洁。\n" * 400, "utf-8")
    for moment in (0.4, 0.8, 1.2) if LONG else (0.8,):
        run = command("-C", corpus.directory, "index", "--jobs", "2", "--rebuild")
        time.sleep(moment)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        assert corpus.search("主体责任", with_variants=True).total >= 2
        corpus.close()
    assert corpus.index().speeches == 43
    assert not (corpus.index_directory / "writer.json").exists()


@pytest.mark.promise("dead writer")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are listed there")
def test_workers_end_with_the_process_that_started_them(corpus):
    """Broken once: a worker of a killed run went on and on."""
    corpus.close()
    for n in range(300):
        (corpus.directory / f"{n}.txt").write_text(f"第{n}篇，说说廉洁。\n" * 900, "utf-8")
    run = command("-C", corpus.directory, "index", "--jobs", "2", start_new_session=True)
    deadline = time.monotonic() + 300  # then it hangs
    while len(members(run.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(members(run.pid)) >= 3
    run.kill()
    run.wait()
    for pipe in (run.stdout, run.stderr):  # which the workers hold as long as they are alive
        assert pipe is not None
        pipe.close()
    while members(run.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert members(run.pid) == []


@pytest.mark.promise("dead writer")
def test_an_interrupted_build_leaves_nothing_running(corpus, monkeypatch):
    """Broken once: what ran on in the background complained at the end, one time in ten."""
    from concurrent import futures
    from concurrent.futures import process

    real = process._ExecutorManagerThread.join_executor_internals

    def slowly(manager: process._ExecutorManagerThread) -> None:
        time.sleep(0.5)
        real(manager)

    def stop(*_: object, **__: object) -> None:
        raise Stopped(signal.SIGINT)

    monkeypatch.setattr(process._ExecutorManagerThread, "join_executor_internals", slowly)
    monkeypatch.setattr(futures, "wait", stop)
    with pytest.raises(Stopped):
        corpus.index(rebuild=True, jobs=2)
    assert multiprocessing.active_children() == []
    assert [one for one in threading.enumerate() if "Executor" in type(one).__name__] == []


def test_an_interrupt_at_the_start_of_a_build_does_not_wait_for_its_end(corpus, monkeypatch):
    """Broken once: a signal that came while processes started was heard when all was done."""

    @contextmanager
    def interrupted() -> Iterator[None]:
        yield
        raise Stopped(signal.SIGINT)

    def look(generation: Path) -> None:
        left.append(list((generation.parent / "shards").glob("*2-*/*.trm")))

    left: list[list[Path]] = []
    monkeypatch.setattr(stopping, "starting_processes", interrupted)
    monkeypatch.setattr(updating, "discard", look)
    with pytest.raises(Stopped):
        corpus.index(rebuild=True, jobs=2)
    assert left == [[]]


def members(session: int) -> list[int]:
    """List the processes of a session that are alive."""
    alive = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text("utf-8", "replace").rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[3]) == session:
                alive.append(int(status.parent.name))
    return alive


def test_a_reader_that_is_overtaken_starts_anew(corpus, monkeypatch):
    """Broken once: two updates while an index was opened took its files away."""
    corpus.close()
    writer = lianzheng_search.open(corpus.directory)
    real, times = snapshot.read_manifest, []

    def slow(*args: object) -> object:
        manifest = real(*args)
        if len(times) < 3:
            times.append(1)
            monkeypatch.setattr(snapshot, "read_manifest", real)
            writer.index(rebuild=True)
            writer.index(rebuild=True)
            monkeypatch.setattr(snapshot, "read_manifest", slow)
        return manifest

    monkeypatch.setattr(snapshot, "read_manifest", slow)
    assert corpus.search("主体责任", with_variants=True).total == 2
    assert len(times) == 3


def test_windows_may_refuse_for_a_moment(corpus, monkeypatch):
    """There CURRENT cannot be opened while it gets its name, nor get it while it is open."""
    corpus.close()
    real, refused = manifests.read_plain, []

    def read(path: Path, **named: Path) -> bytes:
        if len(refused) < 3:
            refused.append(path.name)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, **named)

    with monkeypatch.context() as patched:
        patched.setattr(manifests, "read_plain", read)
        patched.setattr(manifests, "BUSY", 0)
        patched.setattr(os, "name", "nt")
        named = manifests.current_generation(corpus.directory, corpus.index_directory)
    assert named is not None
    assert refused == ["CURRENT"] * 3


def test_what_a_reader_tells_is_of_the_state_it_opened(corpus):
    """Hashes, versions and changes are those of its own generation, whatever came after."""
    reader = lianzheng_search.open(corpus.directory)
    assert reader.backend
    for n in range(3):
        (corpus.directory / "new.txt").write_text(f"第{n}稿", "utf-8")
        corpus.index()
    assert "new.txt" not in reader.file_hashes()
    assert reader.changes().updated or reader.changes().added


@pytest.mark.promise("old index")
@pytest.mark.parametrize("archive", sorted(OLD_INDEXES.iterdir()), ids=lambda file: file.name[:9])
def test_an_old_index_opens_or_is_refused_with_the_command_that_rebuilds_it(archive, tmp_path):
    """Of each format that was ever in use an index is kept; `index` makes it anew."""
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    corpus = lianzheng_search.open(tmp_path / "speeches")
    if archive.name.startswith(f"format-{FORMAT:02}"):
        assert corpus.search("家风").total == 1
        return
    rebuilds = re.escape(f"lianzheng -C {corpus.directory} index")
    for ask in (corpus.search, corpus.status, corpus.verify):
        with pytest.raises(RequestError, match=rebuilds):
            ask()
    assert corpus.index().outdated == ("format",)
    assert corpus.search("家风").total == 1


def test_this_format_is_among_those_kept():
    """Whoever changes the format keeps an index of it: that of a folder with one short speech."""
    assert max(OLD_INDEXES.iterdir()).name == f"format-{FORMAT:02}.tar.xz"
