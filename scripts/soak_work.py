"""Random operations on a corpus and its index, each answer compared with what the model says."""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from soak_model import (
    NAMES,
    PLACES,
    THEMES,
    THINGS,
    UNREADABLE,
    WATERMARKS,
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

# isort: split
from naive import Query, count_in_lines, holding, matches, written

import lianzheng_search
from lianzheng_search import indexing
from lianzheng_search.analysis import fold
from lianzheng_search.backends import ScanBackend
from lianzheng_search.batch import NamedQuery
from lianzheng_search.model import RequestError, Speech, source_lines
from lianzheng_search.query import Filters, quoted
from lianzheng_search.search import Corpus

OPERATIONS = {
    "add": 8, "edit": 8, "touch": 3, "rename": 4, "delete": 5, "spoil": 3, "copy": 4, "rules": 1,
    "update": 14, "rebuild": 1, "keep": 3, "phrase": 12, "query": 12, "filters": 4, "kwic": 5,
    "headings": 4, "freq": 3, "export": 3, "show": 4, "status": 3, "compare": 1,
}  # fmt: skip
"""What can be done, and how often it is in a hundred or so."""
IN_PROCESSES = 40
"""One in so many updates is made by two processes."""
Asked = tuple[Corpus, State]


def differs(what: str, found: Any, expected: Any) -> None:
    """Raise AssertionError, with what is too much and what is missing, unless both are equal."""
    if found == expected:
        return
    if isinstance(found, list) and isinstance(expected, list):
        more = [one for one in found if one not in expected][:3]
        less = [one for one in expected if one not in found][:3]
        what += f": {len(found)}, not {len(expected)}; too much {more}; missing {less}"
        raise AssertionError(what)
    raise AssertionError(f"{what}: {found!r:.400}, not {expected!r:.400}")


class Soak:
    """A corpus that operations are done to; `state` is what its index has to hold."""

    def __init__(self, place: Path) -> None:
        self.directory, self.index_directory = place / "speeches", place / "index"
        self.directory.mkdir()
        self.files: dict[str, File] = {}
        self.in_force = Rules()
        self.state: State | None = None
        self.kept: Asked | None = None
        self.most_text = 0

    def do(self, name: str, seed: int) -> None:
        """Do an operation; raise AssertionError, or whatever else, where an answer is wrong."""
        operation: Callable[[int], None] = getattr(self, name)
        with ExitStack() as patches:  # many shards, though the speeches are few
            for constant, value in (("SMALL_SHARD", 6000), ("SMALLEST_TIER", 3000)):
                patches.enter_context(mock.patch.object(indexing, constant, value))
            operation(seed)

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
        self.in_force = Rules(seed % len(THEMES), seed // 7 % len(WATERMARKS))
        for name, text in rule_texts(self.in_force).items():
            if text is None:
                (self.directory / name).unlink(missing_ok=True)
            else:
                (self.directory / name).write_text(text, "utf-8")

    # What is done to the index.

    def update(self, seed: int, *, rebuild: bool = False) -> None:
        """Bring the index up to date; what it says that it did is what was done to the files."""
        with self.open() as corpus:
            if not self.files:
                with suppress(RequestError):
                    corpus.index()
                    raise AssertionError("an index of no files")
                return
            done = corpus.index(rebuild=rebuild, jobs=1 if seed % IN_PROCESSES else 2)
        before = self.state or State({}, self.in_force)
        self.state = State(dict(self.files), self.in_force)
        counts = (len(done.problems), done.added, done.updated, done.deleted, done.unchanged)
        differs("the update", counts[1:], tuple(map(len, changes(before, self.state))))
        self._check_summary(done)
        differs("outdated", done.outdated, outdated(before.rules, self.in_force))
        self.most_text = max(self.most_text, self.state.size())

    def _check_summary(self, told: indexing.IndexSummary) -> None:
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
        if self.state:
            corpus = self.open()
            assert corpus.backend
            self.kept = corpus, self.state

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

    # What is asked.

    @contextmanager
    def asked(self, seed: int) -> Iterator[Asked]:
        """Give the index that was left open, with what it held then, or the one of today."""
        if self.kept and seed % 3 == 0:
            yield self.kept
            return
        assert self.state
        with self.open() as corpus:
            assert corpus.backend
            yield corpus, self.state

    def ask(self, seed: int, question: Callable[[Corpus, State, Random], None]) -> None:
        """Ask the index, where there is one with something in it."""
        if self.state is None:
            return
        with self.asked(seed) as (corpus, state):
            if state.speeches():
                question(corpus, state, Random(seed))

    def phrase(self, seed: int) -> None:
        """Search for any string: it is found in each speech as often as in its lines."""
        self.ask(seed, _phrase)

    def query(self, seed: int) -> None:
        """Search for a query: it finds what a naive evaluator finds."""
        self.ask(seed, _query)

    def filters(self, seed: int) -> None:
        """List what filters leave: what a look at every passage leaves."""
        self.ask(seed, _filters)

    def kwic(self, seed: int) -> None:
        """List every match of a query, in its line."""
        self.ask(seed, _kwic)

    def headings(self, seed: int) -> None:
        """List every heading that holds a text."""
        self.ask(seed, _headings)

    def freq(self, seed: int) -> None:
        """Count a phrase in each speech, as grep counts it."""
        self.ask(seed, _freq)

    def export(self, seed: int) -> None:
        """Export the passages of two queries; the manifest tells of which files they are."""
        self.ask(seed - seed % 3 + 1, _export)  # a kept one tells of files that it does not hold

    def show(self, seed: int) -> None:
        """Read a speech: it is as it was parsed; one that is not there is refused."""
        self.ask(seed, _show)

    def status(self, _seed: int) -> None:
        """Ask for the status: it tells what has changed since."""
        if not self.state or not self.files:
            return
        now = State(dict(self.files), self.in_force)
        with self.open() as corpus:
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
    names = ("watermarks",) * (before.watermarks != now.watermarks)
    return names + ("themes",) * (before.themes != now.themes)


COMPARED: tuple[Callable[[Corpus], Any], ...] = (
    lambda corpus: [
        (hit.info, hit.passage, hit.spans, hit.score)
        for query in (
            None,
            "担当",
            "学习 OR 家风",
            "“。二是”",
            "NOT 责任",
            "强化*意识",
            "秤 NEAR/9 平",
        )
        for hit in corpus.search(query, limit=0).hits
    ],
    lambda corpus: [hit.copies for hit in corpus.search(limit=0, with_variants=False).hits],
    lambda corpus: corpus.headings(),
    lambda corpus: corpus.themes(),
    lambda corpus: corpus.status().summary.copies,
    lambda corpus: corpus.status().summary.problems,
    lambda corpus: corpus.file_hashes(),
)


def _piece(state: State, rng: Random) -> str:
    """Take a few Han characters from a speech, or characters that hardly any has."""
    if not rng.randrange(12):
        return rng.choice(["廉", "沙县", "云镇区", "第一"])
    lines = "".join(state.texts()[one_of(rng.randrange(1 << 30), state.texts())])
    return str(rng.choice(re.findall("[一-鿿]{1,3}", lines)))


def _random_query(state: State, rng: Random, depth: int = 2) -> Query:
    """Make a query of any kind, of a few leaves."""
    kind = rng.choice(["phrase", "phrase", "gap", "near", "field", "and", "or", "not"][: 5 + depth])
    if kind == "phrase":
        return kind, _piece(state, rng)
    if kind == "gap":
        between = rng.choice(["*", "?", "??", "?*", "*?"])
        return kind, fold(_piece(state, rng) + between + _piece(state, rng))
    if kind == "near":
        return kind, _random_query(state, rng, -4), _random_query(state, rng, -4), rng.randrange(13)
    if kind == "field":
        themes = sorted({t for s in state.speeches() for p in s.passages for t in p.themes})
        fields = [("section", rng.choice(THINGS[:8])), ("title", rng.choice(PLACES))]
        fields += [
            ("in", "heading"),
            ("in", "body"),
            ("speech", rng.choice(state.speeches()).info.id),
        ]
        return rng.choice(fields + [("theme", rng.choice(themes))] * bool(themes))
    parts = [_random_query(state, rng, depth - 1) for _ in range(1 if kind == "not" else 2)]
    return kind, *parts


def _phrase(corpus: Corpus, state: State, rng: Random) -> None:
    texts = state.texts()
    lines = [line for line in texts[one_of(rng.randrange(1 << 30), texts)] if line]
    line = rng.choice(lines)
    start = rng.randrange(len(line))
    phrase = line[start : start + rng.choice([1, 2, 2, 3, 4, 8, 40])]
    expected = {name: count_in_lines(lines, fold(phrase)) for name, lines in texts.items()}
    found = dict.fromkeys(texts, 0)
    sort = rng.choice(["relevance", "corpus", "date"])
    hits = list(corpus.search(quoted(phrase), limit=0, sort=sort).hits)
    for hit in hits:
        found[hit.info.id] += len(hit.spans)
        passage = hit.passage
        whole = texts[hit.info.id][passage.line - 1]
        differs("a place", whole[passage.column :][: len(passage.text)], passage.text)
    differs(f"“{phrase}”", found, expected)
    some = corpus.search(quoted(phrase), limit=3, sort=sort)
    differs("the first three", [hit.passage for hit in some.hits], [h.passage for h in hits[:3]])


def _places(speeches: list[Speech], query: Query) -> list[tuple[str, int, int]]:
    return sorted(
        (speeches[s].info.id, speeches[s].passages[n].line, speeches[s].passages[n].column)
        for s, n in holding(query, speeches)
    )


def _query(corpus: Corpus, state: State, rng: Random) -> None:
    query = _random_query(state, rng)
    text = written(query, rng.choice)
    results = corpus.search(text, limit=0, sort=rng.choice(["relevance", "corpus"]))
    hits = list(results.hits) if results.exact else []
    found = sorted((hit.info.id, hit.passage.line, hit.passage.column) for hit in hits)
    differs(text, found, _places(state.speeches(), query))
    once = corpus.search(text, limit=0, with_variants=False)
    if once.exact:
        differs("a passage and its copies", once.total + once.copies, len(hits))


def _filters(corpus: Corpus, state: State, rng: Random) -> None:
    chosen: dict[str, Any] = {
        "section": rng.choice([None, "一", "2", rng.choice(THINGS[:8])]),
        "title": rng.choice([None, None, rng.choice(PLACES)]),
        "since": rng.choice([None, None, "2021", "2022-05"]),
        "until": rng.choice([None, None, "2024", "2023-09-10"]),
    }
    part = rng.choice(["all", "all", "title", "heading", "body"])
    scan = ScanBackend(state.speeches())
    left = scan.scope(Filters(**chosen, part=part))
    expected = [
        (info.id, passage.line, passage.column)
        for info, refs in scan.ranges()
        for ref in refs
        if left is None or ref in left
        for passage in [scan.line(ref).passages[ref - scan.line_start(ref)]]
    ]
    hits = corpus.search(limit=0, part=part, **chosen).hits
    found = [(hit.info.id, hit.passage.line, hit.passage.column) for hit in hits]
    differs(f"{chosen} {part}", found, expected)


def _kwic(corpus: Corpus, state: State, rng: Random) -> None:
    unit = ("phrase", _piece(state, rng))
    if rng.randrange(2):
        unit = ("gap", fold(unit[1] + rng.choice("*?") + _piece(state, rng)))
    expected = [
        (one.info.id, line[0].line, text[:start], text[start:end], text[end:])
        for one in state.speeches()
        for line in source_lines(one.passages)
        for text in ["".join(passage.text for passage in line)]
        for start, end in matches(fold(text), unit)
    ]
    lines = corpus.kwic(f'"{unit[1]}"' if unit[0] == "phrase" else unit[1]).lines
    found = [(one.info.id, one.line, one.left, one.keyword, one.right) for one in lines]
    differs(f"kwic {unit[1]}", found, expected)


def _headings(corpus: Corpus, state: State, rng: Random) -> None:
    text = _piece(state, rng)
    expected = [
        (one.info.id, passage.line, passage.sections[-1].heading)
        for one in state.speeches()
        for passage in one.passages
        if passage.kind == "heading" and fold(text) in fold(passage.sections[-1].heading)
    ]
    found = [(one.speech, one.line, one.heading) for one in corpus.headings(text)]
    differs(f"headings {text}", found, expected)


def _freq(corpus: Corpus, state: State, rng: Random) -> None:
    phrase = _piece(state, rng)
    texts = state.texts()
    expected = {
        name: (count, sum(map(len, lines)))
        for name, lines in texts.items()
        if (count := count_in_lines(lines, fold(phrase)))
    }
    told = corpus.freq([quoted(phrase)], by="speech", with_variants=True)
    found = {row.speech: (row.hits, row.characters) for row in told.rows}
    differs(f"freq {phrase}", found, expected)
    whole = sum(len(line) for lines in texts.values() for line in lines)
    differs("characters", told.characters, whole)


def _export(corpus: Corpus, state: State, rng: Random) -> None:
    queries = {f"问{n}": _random_query(state, rng) for n in range(2)}
    named = [NamedQuery(name=k, query=written(q, rng.choice)) for k, q in queries.items()]
    expected = [
        (name, *place) for name, q in queries.items() for place in _places(state.speeches(), q)
    ]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, rng.choice(["out.csv", "out.jsonl"]))
        done = corpus.export(named, file)
        with file.open(encoding="utf-8-sig", newline="") as rows:
            read = list(csv.DictReader(rows)) if file.suffix == ".csv" else map(json.loads, rows)
            found = [(r["query"], r["speech"], int(r["line"]), int(r["column"])) for r in read]
        told = json.loads(Path(place, file.name + ".manifest.json").read_text("utf-8"))
    differs(f"export {[one.query for one in named]}", sorted(found), sorted(expected))
    differs("rows", done.rows, len(expected))
    hashes = state.hashes()
    of = {name: hashes[name][:16] for _query, name, _line, _column in expected}
    differs("the files of the rows", told["speeches"], of)


def _show(corpus: Corpus, state: State, rng: Random) -> None:
    one = rng.choice(state.speeches())
    differs("show", corpus.speech(one.info.id), (one.info, list(one.passages)))
    differs("speeches", corpus.speeches(), [speech.info for speech in state.speeches()])
    with suppress(RequestError):
        corpus.speech("没有这篇.txt")
        raise AssertionError("a speech that is not there")
