"""A file that never ends, or wants more memory than there is, costs one line: the run goes on."""

from __future__ import annotations

import errno
import mmap
import os
import re
import signal
import textwrap
from pathlib import Path

import pytest

import lianzheng_search
from lianzheng_search.index import workers
from lianzheng_search.messages import problem_text
from lianzheng_search.model import RawFile
from lianzheng_search.reading import read
from lianzheng_search.reading.budget import confine
from lianzheng_search.reading.limits import Limits, Unreadable, limits_fingerprint
from lianzheng_search.text import words

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="there is no timer of CPU time on this system"
)
LINE = "odd.txt: not read: more than 1 seconds of computing; --limits can raise seconds_per_file"
BACKTRACKING = re.compile("(a+)+b")
"""A pattern that takes time by the power of two of the length of a run of a."""


def in_python() -> None:
    while True:
        pass


def in_re() -> None:
    BACKTRACKING.match("a" * 60)


def in_vain() -> None:
    """Hang in code that catches all errors, as the readers of damaged files do."""
    while True:
        try:
            in_python()
        except Exception:
            continue


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three files, one of which is odd, and a second of computing for each."""
    for name in ("a.txt", "odd.txt", "z.txt"):
        (tmp_path / name).write_text(f"同志们：\n今天讲{name[0]}，说说家风。", "utf-8")
    (tmp_path / "limits.toml").write_text("seconds_per_file = 1", "utf-8")
    return tmp_path


def make_odd(monkeypatch: pytest.MonkeyPatch, what: object) -> None:
    """Let the reader of text do something else with the odd file first."""
    real = read.read_text

    def read_text(data: bytes, *, path: str, **options: object) -> RawFile:
        if Path(path).name == "odd.txt":
            what()
        return real(data, path=path, **options)

    monkeypatch.setitem(read.READERS, "text", read_text)


@pytest.mark.promise("one file")
@pytest.mark.parametrize("hang", [in_python, in_re, in_vain])
def test_a_file_that_hangs_is_one_line(folder, monkeypatch, hang):
    """In Python or in `re`: the other files are indexed, and the line says what to do."""
    make_odd(monkeypatch, hang)
    with lianzheng_search.open(folder) as corpus:
        (problem,) = corpus.index().problems
        assert problem_text(problem) == LINE
        assert corpus.search("家风").total == 2
        assert corpus.status().changes.updated == ()


@pytest.mark.parametrize("hang", [in_python, in_re])
def test_a_single_file_that_hangs_is_one_line(folder, monkeypatch, hang):
    """`clean`, `outline` and all that read a file by itself say the same."""
    make_odd(monkeypatch, hang)
    with lianzheng_search.open(folder) as corpus:
        with pytest.raises(Unreadable, match="seconds of computing"):
            corpus.clean(folder / "odd.txt")
        told = [problem_text(one) for one in corpus.read() if not hasattr(one, "passages")]
        assert told == [LINE]


HANGS_IN_A_WORKER = """
    import signal
    from pathlib import Path

    from lianzheng_search.reading import read

    real = read.read_text

    def read_text(data, *, path, **options):
        while Path(path).name == "odd.txt":
            signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
        return real(data, path=path, **options)

    read.READERS["text"] = read_text
"""
"""What every new Python does here first: it is made to hang when it reads the odd file."""


@pytest.mark.promise("one file")
@pytest.mark.skipif(workers.cpu_time(os.getpid()) is None, reason="this system does not tell")
@pytest.mark.parametrize("blocked", ["{signal.SIGPROF}", "{}"])
def test_a_worker_that_hangs_is_stopped(folder, tmp_path_factory, monkeypatch, blocked):
    """
    By its own timer; by the main process where that does not reach it, as in a call of C.

    Then its file is refused, and the shards are made by new workers.
    """
    own = tmp_path_factory.mktemp("own")
    source = textwrap.dedent(HANGS_IN_A_WORKER).replace("BLOCKED", blocked)
    (own / "sitecustomize.py").write_text(source, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(own), prepend=os.pathsep)
    done: list[tuple[int, int, int]] = []
    with lianzheng_search.open(folder) as corpus:
        summary = corpus.index(jobs=2, progress=lambda *told: done.append(told))
        assert [problem_text(problem) for problem in summary.problems] == [LINE]
        assert corpus.search("家风").total == 2
        assert corpus.verify() == []
        assert [number for number, _all, _size in done] == [1, 2, 3]
        assert corpus.status().changes.updated == ()


@pytest.mark.promise("one file")
def test_want_of_memory_is_one_line(folder, monkeypatch):
    """The run goes on, and the file is read again by the next: there may be more then."""

    def ask_for_memory() -> None:
        raise MemoryError

    make_odd(monkeypatch, ask_for_memory)
    with lianzheng_search.open(folder) as corpus:
        (problem,) = corpus.index().problems
        assert problem_text(problem).startswith("odd.txt: not read: there is too little memory")
        assert corpus.search("家风").total == 2
        monkeypatch.undo()
        assert corpus.index().problems == ()
        assert corpus.search("家风").total == 3


def test_want_of_memory_in_the_segmenter_is_one_line(folder, monkeypatch):
    from lianzheng_search.index.whoosh import writing

    real = writing.count_words

    def count_words(text: str, **options: object) -> dict[str, int]:
        if "讲o" in text:
            raise MemoryError
        return real(text, **options)

    monkeypatch.setattr(writing, "count_words", count_words)
    with lianzheng_search.open(folder) as corpus:
        (problem,) = corpus.index().problems
        assert problem.path == "odd.txt"
        assert corpus.search("家风").total == 2


def test_a_timer_of_others_is_left_alone():
    """A profiler in this process goes on: then there is no budget."""
    before = signal.signal(signal.SIGPROF, lambda number, frame: None)
    try:
        handler = signal.getsignal(signal.SIGPROF)
        signal.setitimer(signal.ITIMER_PROF, 1000)
        with confine("a.txt", 1, Limits()):
            assert signal.getsignal(signal.SIGPROF) is handler
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def test_nothing_is_left_of_a_block():
    """Whatever happens inside, the timer is off behind it; an inner block does not stop it."""

    def fail() -> None:
        with confine("a.txt", 1, Limits()):
            with confine("a.txt", 1, Limits(seconds_per_file=1)):
                pass
            assert signal.getitimer(signal.ITIMER_PROF)[0] > 50
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert signal.getsignal(signal.SIGPROF) is signal.SIG_DFL


def test_the_usual_budget_makes_no_index_old():
    """Indexes made before there was one hold; with another budget, files are tried again."""
    assert limits_fingerprint(Limits()) == "2a3ff154d634"
    assert limits_fingerprint(Limits(seconds_per_file=61)) != limits_fingerprint(Limits())


def test_a_segmenter_that_finds_no_memory_is_one_line(folder, monkeypatch):
    """Broken once: in Rust that is the end of the process, with a backtrace of sixty lines."""

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    words._segmenter.cache_clear()
    words._search_cutter.cache_clear()
    words.plain_cutter.cache_clear()
    monkeypatch.setattr(mmap, "mmap", refuse)
    with lianzheng_search.open(folder) as corpus:
        lines = [problem_text(problem) for problem in corpus.index().problems]
        assert [line.partition(": not read: there is too little memory")[0] for line in lines] == [
            "a.txt",
            "odd.txt",
            "z.txt",
        ]
        monkeypatch.undo()
        assert corpus.index().problems == ()
        assert corpus.search("家风").total == 3
