"""Random operations on a corpus and its index, each answer compared with what the model says."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random
from unittest import mock

from soak_model import (
    NAMES,
    THEMES,
    UNREADABLE,
    WATERMARKS,
    WORDS,
    File,
    Rules,
    State,
    one_of,
    random_lines,
    renamed,
    rule_texts,
    varied,
    write_file,
)
from soak_questions import COMPARED, QUESTIONS, Question, differs

import lianzheng_search
from lianzheng_search.corpus import Corpus
from lianzheng_search.errors import RequestError
from lianzheng_search.index import building, update
from lianzheng_search.index.status import IndexSummary

OPERATIONS = {
    "add": 8, "edit": 8, "touch": 3, "rename": 4, "delete": 5, "spoil": 3, "copy": 4, "rules": 1,
    "update": 14, "rebuild": 1, "keep": 3, "phrase": 12, "query": 12, "filters": 4, "kwic": 5,
    "headings": 4, "freq": 3, "export": 3, "show": 4, "status": 3, "compare": 2,
}  # fmt: skip
"""What can be done, and how often it is in a hundred or so."""
IN_PROCESSES = 40
"""One in so many updates is made by two processes."""
Asked = tuple[Corpus, State]


class Soak:
    """A corpus that operations are done to; `state` is what its index has to hold."""

    def __init__(self, place: Path) -> None:
        self.directory, self.index_directory = place / "speeches", place / "index"
        self.directory.mkdir()
        self.files: dict[str, File] = {}
        self.in_force = Rules()
        self.state: State | None = None
        self.kept: Asked | None = None
        self.kept_rules: Rules | None = None
        self.most_text = 0

    def do(self, name: str, seed: int) -> None:
        """Do an operation; raise AssertionError, or whatever else, where an answer is wrong."""
        if name in QUESTIONS:
            self.ask(seed, QUESTIONS[name])
            return
        with (  # many shards, though the speeches are few
            mock.patch.object(building, "SMALL_SHARD", 6000),
            mock.patch.object(update, "SMALLEST_TIER", 3000),
        ):
            getattr(self, name)(seed)

    def open(self) -> Corpus:
        """Open the corpus; close it after use."""
        return lianzheng_search.open(self.directory, index_directory=self.index_directory)

    def rest(self) -> None:
        """Close what is open."""
        if self.kept:
            self.kept[0].close()
        self.kept = None

    # What is done to the files.

    def _write(self, path: str, file: File) -> None:
        self.files[path] = file
        (self.directory / path).parent.mkdir(exist_ok=True)
        (self.directory / path).write_bytes(file.data)

    def add(self, seed: int) -> None:
        """Write a new file, or another in the place of one."""
        speeches = [random_lines(seed + n) for n in range(1 + seed % 3)]
        path = NAMES[seed % len(NAMES)]
        self._write(path, write_file(path, speeches))

    def edit(self, seed: int) -> None:
        """Change a line in one of the speeches of a file."""
        if readable := {path: file for path, file in self.files.items() if file.speeches}:
            path = one_of(seed, readable)
            speeches = list(readable[path].speeches.values())
            speeches[seed % len(speeches)] = varied(speeches[seed % len(speeches)], seed)
            self._write(path, write_file(path, speeches))

    def touch(self, seed: int) -> None:
        """Give a file another time."""
        if self.files:
            os.utime(self.directory / one_of(seed, self.files), (seed, seed))

    def rename(self, seed: int) -> None:
        """Give a file the name of another, or a new one."""
        if self.files:
            path = one_of(seed, self.files)
            new = NAMES[(NAMES.index(path) + 5 * (1 + seed % 5)) % len(NAMES)]
            (self.directory / path).replace(self.directory / new)
            self.files[new] = renamed(path, self.files.pop(path), new)

    def delete(self, seed: int) -> None:
        """Remove a file."""
        if self.files:
            path = one_of(seed, self.files)
            (self.directory / path).unlink()
            del self.files[path]

    def spoil(self, seed: int) -> None:
        """Replace a file by something that cannot be read."""
        if self.files:
            self._write(one_of(seed, self.files), File(UNREADABLE[seed % len(UNREADABLE)], {}))

    def copy(self, seed: int) -> None:
        """Add a copy of a speech with a line changed."""
        if readable := {path: file for path, file in self.files.items() if file.speeches}:
            lines = next(iter(readable[one_of(seed, readable)].speeches.values()))
            path = NAMES[seed % len(NAMES)]
            self._write(path, write_file(path, [varied(lines, seed)]))

    def rules(self, seed: int) -> None:
        """Write or remove the rule files at the top of the corpus."""
        self.in_force = Rules(
            seed % len(THEMES), seed // 7 % len(WATERMARKS), seed // 15 % len(WORDS)
        )
        for name, text in rule_texts(self.in_force).items():
            if text is None:
                (self.directory / name).unlink(missing_ok=True)
            else:
                (self.directory / name).write_text(text, "utf-8")

    # What is done to the index.

    def update(self, seed: int, *, rebuild: bool = False) -> None:
        """Bring the index up to date; what it says that it did is what was done to the files."""
        if not self.files:
            with self.open() as corpus, suppress(RequestError):
                corpus.index()
                raise AssertionError("an index of no files")
            return
        kept = self.kept if self.kept_rules == self.in_force and not seed % 4 else None
        corpus = kept[0] if kept else self.open()
        done = corpus.index(rebuild=rebuild, jobs=1 if seed % IN_PROCESSES else 2)
        before = self.state or State({}, self.in_force)
        self.state = State(dict(self.files), self.in_force)
        if kept:
            self.kept = self._now(corpus)
        counts = (done.added, done.updated, done.deleted, done.unchanged)
        differs("the update", counts, tuple(map(len, changes(before, self.state))))
        self._check_summary(done)
        differs("outdated", done.outdated, outdated(before.rules, self.in_force))
        self.most_text = max(self.most_text, self.state.size())

    def _now(self, corpus: Corpus) -> Asked | None:
        """Open the index of today, if there is anything in it, for a corpus that is kept."""
        if not self.state or not self.state.speeches():
            corpus.close()
            return None
        assert corpus.backend
        return corpus, self.state

    def _check_summary(self, told: IndexSummary) -> None:
        assert self.state
        differs("files", told.files, len(self.state.hashes()))
        speeches = self.state.speeches()
        differs("speeches", told.speeches, len(speeches))
        differs("passages", told.passages, sum(len(one.passages) for one in speeches))
        unread = {path for path, file in self.state.files.items() if not file.speeches}
        missing = unread - {problem.path for problem in told.problems}
        differs("unreadable files of which nothing was told", missing, set())

    def rebuild(self, seed: int) -> None:
        """Make the index anew."""
        self.update(seed, rebuild=True)

    def keep(self, _seed: int) -> None:
        """Open the index, to be asked later, whatever will have become of the files."""
        self.rest()
        corpus = self.open()
        assert corpus.library.tools
        self.kept, self.kept_rules = self._now(corpus), self.in_force

    def compare(self, _seed: int) -> None:
        """Make another index of the same files: it gives the same answers, scores included."""
        self.update(1)
        if not self.files:
            return
        with tempfile.TemporaryDirectory() as place, self.open() as updated:
            other = lianzheng_search.open(self.directory, index_directory=place)
            with other as rebuilt:
                rebuilt.index()
                for question in COMPARED:
                    differs("updated and rebuilt", question(updated), question(rebuilt))

    # What is asked; see soak_questions, too.

    def ask(self, seed: int, question: Question) -> None:
        """Ask the index that was left open, of what it held then, or the one of today."""
        if self.kept and seed % 3 == 0:
            question(*self.kept, Random(seed))
        elif self.state and self.state.speeches():
            with self.open() as corpus:
                question(corpus, self.state, Random(seed))

    def status(self, _seed: int) -> None:
        """Ask for the status: it tells what has changed since."""
        if not self.state or not self.files:
            return
        now = State(dict(self.files), self.in_force)
        with self.open() as corpus:
            differs("damaged files", corpus.verify(), [])
            told = corpus.status()
        found = told.changes
        differs(
            "changes",
            [set(found.added), set(found.updated), set(found.deleted), set(found.unchanged)],
            list(map(set, changes(self.state, now))),
        )
        differs("outdated", told.outdated, outdated(self.state.rules, now.rules))
        self._check_summary(told.summary)


def changes(before: State, now: State) -> tuple[set[str], set[str], set[str], set[str]]:
    """Tell which files were added, updated, deleted, left as they were."""
    old, new = before.hashes(), now.hashes()
    both = old.keys() & new.keys()
    same = {path for path in both if old[path] == new[path]}
    return set(new.keys() - old.keys()), set(both - same), set(old.keys() - new.keys()), same


def outdated(before: Rules, now: Rules) -> tuple[str, ...]:
    """Name the rules that are others."""
    names = ("words", "watermarks", "themes")
    return tuple(name for name in names if getattr(before, name) != getattr(now, name))
