"""
Several processes at one index: readers that have to see one state each, writers one at a time.

The writer changes every file for each version and marks it in all of them, so that an answer that
mixes two versions is recognised; it tells which version it has begun and which it has published,
so that an answer that is too old is, too.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import lianzheng_search
from lianzheng_search.corpus import Corpus
from lianzheng_search.errors import RequestError
from lianzheng_search.query.lists import NamedQuery

MARKED = "第??????号"
"""The query that finds the number of the version: in a heading and a paragraph of each speech."""
OUTLIVED = 3
"""More than so many versions are published while an index is kept open."""
FIRST = 1
"""The version that is there before anybody begins."""
PAUSE = 0.01
"""Seconds between two answers, for the writer to be quick."""
SHOWN_FAULTS = 3
LONGEST_HALT = 1.0
"""Seconds for which a process is halted at most: several updates of these few files."""
BUSY = "another run"
"""What a writer is told while another one writes."""
Found = list[tuple[str, str]]
"""What a question found: the speeches and the number of the version in each place."""


Work = tuple[Callable[..., None], tuple[Any, ...]]
"""What a process runs, and its first arguments."""


class Told(NamedTuple):
    """What a process has to tell: what it did, how often, of how many versions, what was wrong."""

    name: str
    answers: int
    versions: int
    faults: tuple[str, ...]
    refused: int = 0


class Stage(NamedTuple):
    """What processes share: a folder, when to end, where to tell, and two numbers of versions."""

    place: Path
    until: float
    queue: multiprocessing.Queue[Told]
    begun: Synchronized[int]
    published: Synchronized[int]


def text_of(version: int, name: str) -> str:
    """Write the speech of a file in a version; how many paragraphs it has depends on that."""
    more = [f"{n}条要求要记牢。" for n in range(version % 7)]
    lines = [
        f"在云岭县推进会上的讲话之{name}",
        "同志们：",
        f"一、落实第{version:06}号要求，扛稳责任",
    ]
    return "\n".join([*lines, f"一件一件抓，第{version:06}号要求要见行动。", *more, "谢谢大家！"])


def names_of(version: int) -> list[str]:
    """Name the files of a version."""
    return [f"{n:02}.txt" for n in range(12 + version % 5)]


def write_version(directory: Path, version: int) -> None:
    """Make the files those of a version."""
    names = names_of(version)
    for name in names:
        (directory / name).write_text(text_of(version, name), "utf-8", newline="")
    for file in directory.glob("*.txt"):
        if file.name not in names:
            file.unlink()


def version_of(found: Found) -> int:
    """Tell of which one version an answer is; AssertionError if it is of none, or of several."""
    (mark,) = {mark for _speech, mark in found} if found else {""}
    assert mark, "nothing was found"
    version = int(mark.strip("第号"))
    expected = sorted([name for name in names_of(version) for _ in range(2)])
    assert sorted(speech for speech, _mark in found) == expected, f"{version}: {found}"
    return version


@contextmanager
def opened(place: Path) -> Iterator[Corpus]:
    """Open the corpus."""
    directory = place / "speeches"
    with lianzheng_search.open(directory, index_directory=place / "index") as corpus:
        yield corpus


# Questions to an open corpus.


def ask_search(corpus: Corpus, _place: Path) -> int:
    """Ask for passages."""
    hits = corpus.search(MARKED, limit=0, with_variants=True).hits
    return version_of(
        [(hit.info.id, hit.passage.text[s.start : s.end]) for hit in hits for s in hit.spans]
    )


def ask_kwic(corpus: Corpus, _place: Path) -> int:
    """Ask for a concordance."""
    return version_of(
        [(line.info.id, line.keyword) for line in corpus.kwic(MARKED, with_variants=True).lines]
    )


def ask_show(corpus: Corpus, _place: Path) -> int:
    """Read every speech, and the list of them."""
    version = ask_search(corpus, _place)
    assert [one.id for one in corpus.speeches()] == names_of(version)
    for name in names_of(version):
        lines = [passage.text for passage in corpus.speech(name)[1]]
        assert lines == text_of(version, name).split("\n"), name
    return version


def ask_headings(corpus: Corpus, _place: Path) -> int:
    """Ask for the headings."""
    return version_of(
        [(one.speech, one.heading[4:12]) for one in corpus.headings(with_variants=True)] * 2
    )


def ask_export(corpus: Corpus, place: Path) -> int:
    """Export, and read rows and manifest."""
    file = place / f"{os.getpid()}.csv"
    corpus.export([NamedQuery(name="问", query=MARKED)], file, force=True, with_variants=True)
    return read_export(file)


def read_told(file: Path) -> dict[str, str]:
    """Read what the manifest of an export says of the files of its rows."""
    manifest = json.loads(file.with_name(file.name + ".manifest.json").read_text("utf-8"))
    return dict(manifest["speeches"])


def read_export(file: Path) -> int:
    """Tell of which version an export is, by its rows and by the hashes in its manifest."""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        marks = [(row["speech"], row["text"]) for row in csv.DictReader(rows)]
    version = version_of([(speech, text[text.index("第") :][:8]) for speech, text in marks])
    told = read_told(file)
    expected = {name: sha256(text_of(version, name).encode()) for name in names_of(version)}
    wrong = [name for name in told if told[name] != expected[name].hexdigest()[:16]]
    assert not wrong, f"rows of version {version}, other hashes of {wrong}"
    return version


Question = Callable[[Corpus, Path], int]
QUESTIONS: tuple[Question, ...] = (ask_search, ask_kwic, ask_show, ask_headings, ask_export)


# Whole commands.

EVERYTHING = ("--limit", "0", "--format", "jsonl", "--with-variants")


def command(place: Path, *words: str) -> list[Any]:
    """Run a command; give the JSON values of its lines."""
    where = ["-C", str(place / "speeches"), "--index", str(place / "index")]
    done = subprocess.run(
        [sys.executable, "-m", "lianzheng_search", *where, *words],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"LIANZHENG_LANG": "en"},
        timeout=120,
    )
    assert done.returncode == 0, f"{words}: {done.stderr[-400:]}"
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]


def run_search(place: Path) -> int:
    """Search."""
    rows = command(place, "search", MARKED, *EVERYTHING)
    return version_of([(row["speech"], row["text"][s:e]) for row in rows for s, e in row["spans"]])


def run_headings(place: Path) -> int:
    """List the headings."""
    rows = command(place, "headings", *EVERYTHING)
    return version_of([(row["speech"], row["heading"][4:12]) for row in rows] * 2)


def run_export(place: Path) -> int:
    """Export to a file."""
    file = place / f"{os.getpid()}.csv"
    command(place, "export", MARKED, "--with-variants", "--force", "-o", str(file))
    return read_export(file)


def run_status(stage: Stage) -> int:
    """Ask for the status: nothing is damaged, and the counts are those of a version."""
    oldest = stage.published.value
    (told,) = command(stage.place, "status", "--verify", "--format", "json")
    counts = (told["files"], told["speeches"], told["passages"])
    newest = stage.begun.value
    for version in range(newest, oldest - 1, -1):
        files = len(names_of(version))
        if counts == (files, files, files * len(text_of(version, "").split("\n"))):
            return version
    raise AssertionError(f"{counts} are of none of the versions {oldest} to {newest}")


# Processes.


def kept_answers(stage: Stage) -> Iterator[int]:
    """Ask an index that is kept open while others are published: all answers are of one version."""
    with opened(stage.place) as corpus:
        assert corpus.backend
        first = ask_search(corpus, stage.place)
        while True:
            for question in QUESTIONS:
                version = question(corpus, stage.place)
                assert version == first, f"{question.__name__}: {version} after {first}"
                yield version
            if stage.published.value > first + OUTLIVED or time.time() > stage.until:
                return


def new_answers(place: Path) -> Iterator[int]:
    """Open the index for each question."""
    for question in QUESTIONS:
        with opened(place) as corpus:
            yield question(corpus, place)


def answers(kind: str, stage: Stage) -> Iterator[int]:
    """Ask in one way, once or a few times; yield the version of each answer."""
    if kind.startswith("kept"):
        return kept_answers(stage)
    if kind.startswith("anew"):
        return new_answers(stage.place)
    runs = {"search": run_search, "headings": run_headings, "export": run_export}
    return iter([runs[kind](stage.place) if kind in runs else run_status(stage)])


READERS = ("kept 1", "kept 2", "anew 1", "anew 2", "search", "headings", "export", "status")
"""The last four run commands."""


def read(kind: str, stage: Stage) -> None:
    """Ask until it is time; every answer is as new as what was published when it was opened."""
    count, seen, faults = 0, set[int](), list[str]()
    while (not count and not faults) or time.time() < stage.until:
        published = stage.published.value
        try:
            for version in answers(kind, stage):
                begun = stage.begun.value
                assert published <= version <= begun, f"{version}, not {published} to {begun}"
                count += 1
                seen.add(version)
                time.sleep(PAUSE)
        except Exception:
            faults.append(f"after {count} answers: {traceback.format_exc(limit=-3)}")
    stage.queue.put(Told(kind, count, len(seen), tuple(faults)))


def write(stage: Stage) -> None:
    """Write version after version as fast as can be, and sometimes the whole index anew."""
    faults = list[str]()
    while stage.begun.value == FIRST or (time.time() < stage.until and not faults):
        write_version(stage.place / "speeches", stage.begun.value + 1)
        stage.begun.value += 1
        try:
            with opened(stage.place) as corpus:
                corpus.index(rebuild=stage.begun.value % 10 == 0)
        except Exception:
            faults.append(traceback.format_exc(limit=-3))
        stage.published.value = stage.begun.value
    written = stage.begun.value - FIRST
    stage.queue.put(Told("writer", written, written, tuple(faults)))


def write_own(part: str, update: Callable[[Path], int], stage: Stage) -> None:
    """Change, add and remove files of one's own and update, while another does so, too."""
    version, refused, faults = 0, 0, list[str]()
    folder = stage.place / "speeches" / part
    folder.mkdir()
    while not version or (time.time() < stage.until and not faults):
        version += 1
        write_version(folder, version)
        try:
            refused += update(stage.place)
            with opened(stage.place) as corpus:
                found = [
                    (hit.info.id.removeprefix(f"{part}/"), hit.passage.text[span.start : span.end])
                    for hit in corpus.search(MARKED, limit=0, with_variants=True).hits
                    for span in hit.spans
                    if hit.info.id.startswith(part)
                ]
            assert version_of(found) == version, found[0]
        except Exception:
            faults.append(f"version {version}: {traceback.format_exc(limit=-3)}")
    stage.queue.put(Told(f"writer {part}", version, version, tuple(faults), refused))


def update_waiting(place: Path) -> int:
    """Update, waiting for the other process; give how often there was one."""
    waited: list[str] = []
    with opened(place) as corpus:
        corpus.index(wait=waited.append)
    return len(waited)


def update_when_free(place: Path) -> int:
    """Update as soon as no other process does; give how often it was refused."""
    refused = 0
    while True:
        try:
            with opened(place) as corpus:
                corpus.index()
            return refused
        except RequestError as error:
            if BUSY not in str(error):
                raise
            refused += 1
            time.sleep(0.002)


def together(place: Path, seconds: float, work: Sequence[Work], *, halted: slice) -> list[Told]:
    """Run functions in a process each, for so long, some halted now and then; give what is told."""
    context = multiprocessing.get_context("spawn")
    begun, published = (context.Value("q", FIRST) for _ in range(2))
    stage = Stage(place, time.time() + seconds, context.Queue(), begun, published)
    processes = [context.Process(target=run, args=(*args, stage)) for run, args in work]
    for process in processes:
        process.start()
    try:
        halt([process.pid for process in processes[halted] if process.pid], stage.until)
        return sorted(stage.queue.get(timeout=120) for _process in processes)
    finally:
        for process in processes:
            process.join(10)
            process.kill()


def halt(pids: Sequence[int], until: float) -> None:
    """Halt one process after another, so that updates overtake it wherever it is; only on POSIX."""
    rng = Random(len(pids))
    while hasattr(signal, "SIGSTOP") and time.time() < until - LONGEST_HALT:
        pid = rng.choice(pids)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(rng.uniform(0, LONGEST_HALT))
        os.kill(pid, signal.SIGCONT)
        time.sleep(rng.uniform(0, LONGEST_HALT / 10))


def told(found: Sequence[Told]) -> int:
    """Print what processes told; give the exit code."""
    for one in found:
        again = f", not alone {one.refused} times" if one.refused else ""
        wrong = f", {len(one.faults)} FAULTS" if one.faults else ""
        print(f"{one.name:14} {one.answers:6} times, {one.versions} versions{again}{wrong}")
        print("".join(one.faults[:SHOWN_FAULTS]), end="")
    return int(any(one.faults for one in found))


def soak_readers(place: Path, seconds: float, readers: Sequence[str] = READERS) -> list[Told]:
    """Let readers read while a writer writes."""
    (place / "speeches").mkdir()
    write_version(place / "speeches", FIRST)
    with opened(place) as corpus:
        corpus.index()
    work: list[Work] = [(write, ()), *[(read, (kind,)) for kind in readers]]
    return together(place, seconds, work, halted=slice(1, None))


def soak_writers(place: Path, seconds: float) -> list[Told]:
    """Let two processes update one index; in the end it is what a new one would be."""
    (place / "speeches").mkdir()
    work: list[Work] = [
        (write_own, ("refused", update_when_free)),
        (write_own, ("waiting", update_waiting)),
    ]
    found = together(place, seconds, work, halted=slice(None))
    with opened(place) as corpus:
        assert not corpus.status().changes, "files have changed that no update has seen"
        updated = [
            (hit.info, hit.passage, hit.score)
            for hit in corpus.search(MARKED, limit=0, with_variants=True).hits
        ]
        corpus.index(rebuild=True)
        rebuilt = [
            (hit.info, hit.passage, hit.score)
            for hit in corpus.search(MARKED, limit=0, with_variants=True).hits
        ]
    assert updated == rebuilt, "the index is not what a new one is"
    return found
