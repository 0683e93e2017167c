"""
Measure the project against its bars and against its peers, in ratios; ``scripts/bench`` runs it.

What holds a text in memory is measured in a process of its own, so that no measurement is in
another's way; phrases are drawn from the corpus itself, always with the same seed.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import threading
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench" / "work"
ARCHIVE = ROOT.parent / "shared" / "data" / "bench" / "corpus-100mb.tar.xz"
BIN = Path(sys.executable).parent
SEED = 20261121
LENGTHS = (1, 2, 3, 4, 6, 8, 12)
GOLDEN_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 120, 150, 200)
SHARES = {"tenth": 10, "half": 2, "full": 1}
QUICK_BYTES = 10_000_000
BUDGET = 60.0
"""Seconds after which a measurement is not repeated."""
PEER_BUDGET = 240.0
"""Seconds of adding after which a peer is left with the part that it has indexed."""
HAN = re.compile("[\u4e00-\u9fd5]+")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("LIANZHENG_")}
Ask = Callable[[str, int], Sequence[int]]
Row = dict[str, Any]


class Failed(Exception):  # noqa: N818
    """A measurement that cannot be made, and why; it costs its row."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise: under which key it is measured, what it says, and whether more is better."""

    key: str
    what: str
    limit: float
    unit: str
    at_least: bool = False


BARS = (
    Bar("help", "lianzheng --help", 1.0, "x click"),
    Bar("seeds phrase", "five speeches: a phrase", 2.0, "x import"),
    Bar("seeds words", "five speeches: two words, ranked", 2.0, "x import"),
    Bar("seeds section", "five speeches: a section", 2.0, "x import"),
    Bar("rare", "phrase, rare", 3.0, "x import"),
    Bar("common", "phrase, common", 3.0, "x import"),
    Bar("absent", "phrase, absent, quoted", 3.0, "x import"),
    Bar("fallback", "phrase, absent: its words instead", 3.0, "x import"),
    Bar("rare 1", "one character, rare", 3.0, "x import"),
    Bar("common 1", "one character, common", 3.0, "x import"),
    Bar("rare 2", "two characters, rare", 3.0, "x import"),
    Bar("common 2", "two characters, common", 3.0, "x import"),
    Bar("section", "phrase, common, within a section", 3.0, "x import"),
    Bar("theme", "phrase, common, within a theme", 3.0, "x import"),
    Bar("words", "two common words, ranked", 4.0, "x import"),
    Bar("scan absent", "scanning, warm: absent phrase", 0.5, "x bytes.find", at_least=True),
    Bar("scan rare", "scanning, warm: rare phrase", 0.5, "x bytes.find", at_least=True),
    Bar("scan common", "scanning, warm: common phrase", 0.5, "x bytes.find", at_least=True),
    Bar("jsonl", "all hits of 建设 as jsonl", 50_000, "passages/s", at_least=True),
    Bar("index", "index from nothing, 2 jobs, rjieba", 1.0, "x jieba"),
    Bar("index jieba", "index from nothing, 2 jobs, jieba", 1.6, "x jieba"),
    Bar("unchanged", "index, nothing changed", 1.0, "s"),
    Bar("added", "index, one file added", 2.0, "s"),
    Bar("changed", "index, one file changed", 2.0, "s"),
    Bar("removed", "index, one file removed", 2.0, "s"),
    Bar("size", "index size, the text included", 2.0, "x text"),
    Bar("memory full", "peak memory of indexing, all processes", 700, "MB"),
    Bar("memory half", "the same, half the text", 700, "MB"),
    Bar("memory growth", "the same, all against half", 1.1, "x half"),
    Bar("thousand", "1,000 phrases, export from Python", 15.0, "s"),
    Bar("export", "1,000 phrases, export --queries", 15.0, "s"),
)


# Processes: whole commands, and parts of this program that run in one of their own.


def lianzheng(name: str, *arguments: str, index: str = "index") -> list[str]:
    """Give a command of the program about one of the corpora of the run."""
    place = WORK / name
    options = ["-C", str(place / "corpus"), "--index", str(place / index)]
    return [str(BIN / "lianzheng"), *options, *arguments]


def watch(
    command: Sequence[str], output: str = os.devnull, *, sampled: bool = True, path: str = ""
) -> tuple[float, float, float]:
    """
    Run a command; give its seconds, its largest process's peak MB, and that of all together.

    The last is of samples; a quick command is not disturbed by taking them. Exit code 1, nothing
    found, is no failure.
    """
    sums, ended = [0.0], threading.Event()

    def sample() -> None:
        while not ended.wait(0.1):
            sums.append(family_memory(process.pid))

    with Path(output).open("wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.PIPE, env=ENVIRONMENT | {"PYTHONPATH": path}
        )
        thread = threading.Thread(target=sample)
        if sampled:
            thread.start()
        assert process.stderr is not None
        errors = process.stderr.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    if sampled:
        thread.join()
    if process.returncode not in (0, 1) or b"Traceback" in errors:
        raise Failed(last_line(errors))
    largest = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    return seconds, largest, max(sums) or largest


def run(command: Sequence[str], output: str = os.devnull) -> float:
    """Run a command and give its seconds."""
    return watch(command, output, sampled=False)[0]


def family_memory(pid: int) -> float:
    """Add up the MB of a process and its descendants, a shared page once; 0 without psutil."""
    total = 0
    try:
        import psutil  # type: ignore[import, unused-ignore]

        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except Exception:  # it has ended meanwhile, or there is no psutil
        return 0.0
    return total / 1e6


def last_line(message: bytes) -> str:
    """Give the last line of an error message."""
    lines = message.decode(errors="replace").strip().splitlines()
    return lines[-1][:120] if lines else "it failed without a word"


def apart(worker: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function of this program in a process of its own; what goes in and out is JSON."""
    call = json.dumps([worker.__name__, *arguments])
    done = subprocess.run(
        [sys.executable, __file__, "--worker", call],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    if done.returncode:
        raise Failed(last_line(done.stderr))
    return json.loads(done.stdout.decode().splitlines()[-1])


def repeated(measure: Callable[[], float], rounds: int) -> float:
    """Give the median of several runs, of fewer where they take long."""
    times: list[float] = []
    while len(times) < rounds and sum(times) < BUDGET:
        times.append(measure())
    return statistics.median(times)


# Workers: what is drawn from the corpus, and what is measured in a warm process.


def draw(name: str, per_length: int) -> dict[str, str]:
    """Write the cleaned lines, and the phrases to look for with their lines; choose queries."""
    from lianzheng_search.corpus_files import walk
    from lianzheng_search.reading import Unreadable
    from lianzheng_search.search import Corpus

    directory, rng = WORK / name / "corpus", random.Random(SEED)
    opened = Corpus(directory)
    with (WORK / name / "lines.jsonl").open("w", encoding="utf-8") as out:
        for source in walk(directory):
            try:
                lines = opened.clean(source.file).lines
            except Unreadable:
                continue
            rows = [[line.number, line.text] for line in lines if line.text.strip()]
            out.write(json.dumps([source.path, rows], ensure_ascii=False) + "\n")
    text = folded_text(name)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    phrases = {draw_phrase(text, rng, n): n for n in LENGTHS for _ in range(per_length)}
    cases = [(n, phrase, lines_with(text, starts, phrase)) for phrase, n in phrases.items()]
    (WORK / name / "cases.json").write_text(json.dumps(cases), "utf-8")
    many = dict.fromkeys(draw_phrase(text, rng, rng.randint(4, 12)) for _ in range(1000))
    (WORK / name / "many.json").write_text(json.dumps(list(many)), "utf-8")
    return choose(text, rng)


def choose(text: str, rng: random.Random) -> dict[str, str]:
    """Find what is common, rare and absent: in a sample first, then by counts in all."""
    lines = text.split("\n")
    sample = HAN.findall("\n".join(rng.sample(lines, min(len(lines), 4000))))
    everywhere = {c: count for c, count in Counter(text).items() if HAN.match(c)}
    chosen = {
        "common 1": max(everywhere, key=lambda c: (everywhere[c], c)),
        "rare 1": min(everywhere, key=lambda c: (everywhere[c], c)),
    }
    for n, key in ((2, " 2"), (4, "")):
        grams = Counter(gram for run in sample for gram in pieces(run, n))
        common = [gram for gram, _count in grams.most_common(50)]
        singles = sorted(gram for gram, count in grams.items() if count == 1)
        some = rng.sample(singles, min(len(singles), 100))
        chosen["common" + key] = common[0]
        chosen["rare" + key] = min(some, key=text.count)
        if n == 2:
            other = next(gram for gram in common if not set(gram) & set(common[0]))
            chosen["words"] = f"{common[0]} {other}"
    pairs = (first + second for first in common for second in reversed(common))
    chosen["absent"] = next(pair for pair in pairs if pair not in text)
    return chosen


def pieces(run: str, length: int) -> list[str]:
    """List the substrings of one length."""
    return [run[i : i + length] for i in range(len(run) - length + 1)]


def draw_phrase(text: str, rng: random.Random, length: int) -> str:
    """Draw a phrase of one line at a random place; a shorter one where no line is long enough."""
    from lianzheng_search.analysis import fold, is_searchable

    best = ""
    for _ in range(1000):
        at = rng.randrange(len(text))
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        end = len(text) if end < 0 else end
        at = max(start, min(at, end - length))
        phrase = text[at : min(end, at + length)].strip()
        if len(phrase) > len(best) and is_searchable(fold(phrase)):
            best = phrase
        if len(best) == length:
            break
    return best


def load_lines(name: str) -> list[tuple[str, int, str]]:
    """Read the cleaned lines back, each with its file and its number in it."""
    with (WORK / name / "lines.jsonl").open(encoding="utf-8") as rows:
        files = map(json.loads, rows)
        return [(path, number, line) for path, lines in files for number, line in lines]


def folded_text(name: str) -> str:
    """Give all cleaned lines, folded, as one text."""
    from lianzheng_search.analysis import fold

    return fold("\n".join(line for _path, _number, line in load_lines(name)))


def lines_with(text: str, starts: Sequence[int], phrase: str) -> list[int]:
    """Scan for the lines that hold a phrase."""
    found, at = [], text.find(phrase)
    while at >= 0:
        found.append(bisect_right(starts, at) - 1)
        at = text.find(phrase, starts[found[-1] + 1]) if found[-1] + 1 < len(starts) else -1
    return found


def bare_jieba() -> float:
    """Time jieba alone, on one core, on the cleaned lines."""
    import jieba

    jieba.initialize()
    lines = load_lines("full")
    started = time.perf_counter()
    for _path, _number, line in lines:
        for _word in jieba.cut_for_search(line):
            pass
    return time.perf_counter() - started


def open_corpus(name: str) -> Any:
    """Open one of the corpora of the run."""
    from lianzheng_search.search import Corpus

    return Corpus(WORK / name / "corpus", index_directory=WORK / name / "index")


def filter_values() -> dict[str, str]:
    """Choose what to filter by: two characters of many headings, and the largest theme."""
    with open_corpus("full") as corpus:
        runs = [run for line in corpus.headings() for run in HAN.findall(line.heading)]
        themes = {one.theme: one.passages for one in corpus.themes()}
    pairs = Counter(pair for run in runs for pair in pieces(run, 2))
    section = max(pairs, key=lambda pair: (pairs[pair], pair)) if pairs else "一"
    return {"section": section, "theme": max(themes, key=lambda name: themes[name])}


def scan(phrase: str, rounds: int) -> float:
    """Compare the index's scan with ``bytes.find`` over the same text in memory: its speed."""
    text, needle = folded_text("full").encode(), phrase.encode()
    times: list[tuple[float, float]] = []
    with open_corpus("full") as corpus:
        for _ in range(rounds + 1):
            started, found, at = time.perf_counter(), [], text.find(needle)
            while at >= 0:
                found.append(at)
                at = text.find(needle, at + len(needle))
            between = time.perf_counter()
            counted = corpus.backend.occurrences(phrase)
            times.append((between - started, time.perf_counter() - between))
    if sum(counted.values()) != len(found):
        raise Failed(f"the index counts {sum(counted.values())}, bytes.find {len(found)}")
    plain, ours = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return float(plain / ours)


def thousand() -> float:
    """Time an export of a thousand phrases from Python."""
    from lianzheng_search.export import NamedQuery
    from lianzheng_search.query import quoted

    phrases = json.loads((WORK / "full" / "many.json").read_text("utf-8"))
    queries = [NamedQuery(name=phrase, query=quoted(phrase)) for phrase in phrases]
    (WORK / "queries.txt").write_text("\n".join(map(quoted, phrases)) + "\n", "utf-8")
    started = time.perf_counter()
    with open_corpus("full") as corpus, Path(os.devnull).open("w", encoding="utf-8") as out:
        counts = corpus.export_to(queries, out, file_format="jsonl").counts
    seconds = time.perf_counter() - started
    if not all(counts.values()):
        raise Failed(f"{sum(not n for n in counts.values())} of the phrases were not found")
    return seconds


def golden(count: int) -> list[str]:
    """Compare, for phrases of every length, the hits in each file with those of a plain scan."""
    from lianzheng_search.analysis import fold
    from lianzheng_search.query import quoted

    files: dict[str, list[str]] = defaultdict(list)
    for path, _number, line in load_lines("full"):
        files[path].append(line)
    texts = {path: "\n".join(lines) for path, lines in files.items()}
    everything, rng, differ = "\n".join(texts.values()), random.Random(SEED), []
    folded = {path: fold(text) for path, text in texts.items()}
    with open_corpus("full") as corpus:
        for n in range(count):
            phrase = draw_phrase(everything, rng, GOLDEN_LENGTHS[n % len(GOLDEN_LENGTHS)])
            wanted = fold(phrase)
            true = Counter({path: text.count(wanted) for path, text in folded.items()})
            found: Counter[str] = Counter()
            try:
                for hit in corpus.search(quoted(phrase), limit=0).hits:
                    found[hit.info.id] += len(hit.spans)
            except Exception as error:
                differ.append(f"{phrase}: {error}")
            if bad := [path for path in texts if found[path] != true[path]]:
                path = bad[0]
                told = f"{path}: {found[path]} hits, {true[path]} by the scan"
                differ.append(f"{phrase}: in {len(bad)} files; {told}")
    return differ


# Peers. All index the same cleaned and folded lines; what opens one needs nothing from outside
# of itself, for its source is also what a cold query runs.


def open_fts5(place: str) -> Ask:
    """Open an SQLite table."""
    import sqlite3

    base = sqlite3.connect(place + "/lines.db")

    def ask(phrase: str, limit: int) -> list[int]:
        match = '"' + phrase.replace('"', '""') + '"'
        best = f"ORDER BY rank LIMIT {limit}" if limit else ""
        rows = base.execute(f"SELECT rowid, line FROM t WHERE t MATCH ? {best}", (match,))
        return [row[0] for row in rows]

    return ask


def build_fts5(place: str, lines: Iterable[str]) -> None:
    """Index with the tokenizer that the place is named after."""
    import sqlite3

    base = sqlite3.connect(place + "/lines.db")
    tokenizer = place.rpartition("-")[2]
    base.execute(f"CREATE VIRTUAL TABLE t USING fts5(line, tokenize='{tokenizer}')")
    base.executemany("INSERT INTO t (rowid, line) VALUES (?, ?)", enumerate(lines))
    base.commit()
    base.close()


def open_tantivy(place: str) -> Ask:
    """Open a tantivy index, of words or of characters."""
    import tantivy  # type: ignore[import, unused-ignore]

    cut: Any = list
    if place.endswith("words"):
        from rjieba import cut
    index = tantivy.Index.open(place)
    searcher = index.searcher()

    def ask(phrase: str, limit: int) -> list[int]:
        tokens = list(cut(phrase))
        kind = tantivy.Query.phrase_query if tokens[1:] else tantivy.Query.term_query
        query = kind(index.schema, "line", tokens if tokens[1:] else tokens[0])
        hits = searcher.search(query, limit or searcher.num_docs).hits
        return [searcher.doc(address)["n"][0] for _score, address in hits]

    return ask


def build_tantivy(place: str, lines: Iterable[str]) -> None:
    """Index rjieba's words, or each character as a word."""
    import rjieba
    import tantivy

    words = place.endswith("words")
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("line", stored=True, tokenizer_name="cut", index_option="position")
    schema.add_unsigned_field("n", stored=True)
    index = tantivy.Index(schema.build(), place)
    cut = tantivy.Tokenizer.regex("[^\x1f]+" if words else "(?s).")
    index.register_tokenizer("cut", tantivy.TextAnalyzerBuilder(cut).build())
    writer = index.writer(256_000_000)
    for n, line in enumerate(lines):
        text = "\x1f".join(rjieba.cut(line)) if words else line
        writer.add_document(tantivy.Document(line=text, n=n))
    writer.commit()
    writer.wait_merging_threads()


def open_whoosh(place: str) -> Ask:
    """Open a whoosh index with jieba's analyzer."""
    import logging

    from whoosh import index
    from whoosh.qparser import QueryParser

    logging.disable()
    opened = index.open_dir(place)
    parser, searcher = QueryParser("line", opened.schema), opened.searcher()

    def ask(phrase: str, limit: int) -> list[int]:
        query = parser.parse('"' + phrase.replace('"', " ") + '"')
        return [hit["n"] for hit in searcher.search(query, limit=limit or None)]

    return ask


def build_whoosh(place: str, lines: Iterable[str]) -> None:
    """Index as the tutorials do."""
    from jieba.analyse import ChineseAnalyzer
    from whoosh import fields, index

    line = fields.TEXT(stored=True, analyzer=ChineseAnalyzer())
    schema = fields.Schema(line=line, n=fields.STORED)
    writer = index.create_in(place, schema).writer(limitmb=256)
    for n, text in enumerate(lines):
        writer.add_document(line=text, n=n)
    writer.commit()


def open_lianzheng(numbers: Mapping[tuple[str, int], int]) -> Ask:
    """Open the project's own index; a passage is found on the line on which it starts."""
    from lianzheng_search.query import quoted

    corpus = open_corpus("full")

    def ask(phrase: str, limit: int) -> list[int]:
        hits = corpus.search(quoted(phrase), limit=limit).hits
        return [numbers.get((hit.info.id, hit.passage.line), -1) for hit in hits]

    return ask


def open_ripgrep(numbers: Mapping[tuple[str, int], int]) -> Ask:
    """Look in the files as they are, watermarks, widths and all."""

    def ask(phrase: str, limit: int) -> list[int]:
        done = subprocess.run(ripgrep(phrase), capture_output=True, check=False)
        rows = (row.partition("\0") for row in done.stdout.decode(errors="replace").split("\n"))
        found = ((path, int(rest.partition(":")[0])) for path, _nul, rest in rows if path)
        base = str(WORK / "full" / "corpus") + os.sep
        return [numbers.get((path.removeprefix(base), line), -1) for path, line in found]

    return ask


def ripgrep(phrase: str) -> list[str]:
    """Give the command that finds a phrase as it is written."""
    program = shutil.which("rg") or str(BIN / "rg")
    options = ["--no-ignore", "-F", "-n", "-0", "--no-heading"]
    return [program, *options, "-e", phrase, str(WORK / "full" / "corpus")]


BUILT: dict[str, tuple[str, Callable[[str, Iterable[str]], None], Callable[[str], Ask]]] = {
    "trigram": ("SQLite FTS5, trigram", build_fts5, open_fts5),
    "unicode61": ("SQLite FTS5, unicode61", build_fts5, open_fts5),
    "characters": ("tantivy, a token a character", build_tantivy, open_tantivy),
    "words": ("tantivy, words by rjieba", build_tantivy, open_tantivy),
    "whoosh": ("whoosh, ChineseAnalyzer", build_whoosh, open_whoosh),
}
UNBUILT = {
    "lianzheng": ("lianzheng-search", open_lianzheng),
    "ripgrep": ("ripgrep, the files as they are", open_ripgrep),
}


def peer(name: str) -> Row:
    """Build a peer, ask it for every phrase, and compare what it finds with the scan."""
    lines, texts = load_lines("full"), folded_text("full").split("\n")
    cases = json.loads((WORK / "full" / "cases.json").read_text("utf-8"))
    place, row, added = f"{WORK}/peer-{name}", Row(), 0
    if name in UNBUILT:
        ask = UNBUILT[name][1]({(path, line): n for n, (path, line, _text) in enumerate(lines)})
    else:
        _title, build, opened = BUILT[name]
        Path(place).mkdir()
        started = time.perf_counter()

        def adding() -> Iterator[str]:
            nonlocal added
            while added < len(texts) and time.perf_counter() < started + PEER_BUDGET:
                added += 1
                yield texts[added - 1]

        build(place, adding())
        row["build"], size = time.perf_counter() - started, len("\n".join(texts[:added]).encode())
        row["size"] = disk_size(Path(place)) / size
        if added < len(texts):
            row["note"] = f"only the first {size / 1e6:.0f} MB, in {PEER_BUDGET:.0f} s"
            cases = [(n, phrase, [k for k in true if k < added]) for n, phrase, true in cases]
        ask = opened(place)
    times, recall, everything, wrong = [], defaultdict(list), 0, 0
    for n, phrase, true in cases:
        started = time.perf_counter()
        ask(phrase, 10)
        times.append(time.perf_counter() - started)
        found = set(ask(phrase, 0))
        everything, wrong = everything + len(found), wrong + len(found.difference(true))
        if true:
            recall[n].append(len(found.intersection(true)) / len(true))
    shares = {str(n): statistics.mean(recall[n]) for n in LENGTHS if recall[n]}
    row |= {"warm": statistics.median(times), "wrong": wrong / max(1, everything)}
    return row | {"recall": shares}


def disk_size(folder: Path) -> int:
    """Add up the bytes of a folder's files, of one with several names once."""
    status = (file.stat() for file in folder.rglob("*") if file.is_file())
    return sum({one.st_ino: one.st_size for one in status}.values())


WORKERS: dict[str, Callable[..., Any]] = {
    worker.__name__: worker
    for worker in (draw, bare_jieba, filter_values, scan, thousand, golden, peer)
}


# The run.


def link(files: Iterable[Path], base: Path, name: str, limit: int) -> int:
    """Make a corpus of the run out of hard links to files, up to so many bytes; give its size."""
    size = 0
    for file in files:
        if size and size + file.stat().st_size > limit:
            continue
        size += file.stat().st_size
        linked = WORK / name / "corpus" / file.relative_to(base)
        linked.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, linked)
        except OSError:  # another file system
            shutil.copy2(file, linked)
    return size


class Run:
    """One run over one corpus: its copies, its commands, and what was measured."""

    def __init__(self, source: Path, *, quick: bool) -> None:
        shutil.rmtree(WORK, ignore_errors=True)
        files = sorted(file for file in source.rglob("*") if file.is_file())
        random.Random(SEED).shuffle(files)
        size = sum(file.stat().st_size for file in files)
        size, seeds = min(size, QUICK_BYTES) if quick else size, ROOT / "corpus"
        self.sizes = {"seeds": link(sorted(seeds.glob("*.txt"))[:5], seeds, "seeds", size)}
        self.sizes |= {name: link(files, source, name, size // n) for name, n in SHARES.items()}
        self.rounds = 7 if quick else 11
        self.chosen = {name: apart(draw, name, 3 if quick else 8) for name in ("full", "seeds")}
        self.measured: dict[str, float | str] = {}
        self.built: dict[str, list[float]] = {}
        self.times: dict[str, float] = {}

    @contextmanager
    def recording(self, *keys: str) -> Iterator[None]:
        """Have a failure stand in the place of what could not be measured."""
        try:
            yield
        except (Failed, OSError, ArithmeticError, LookupError) as error:
            self.measured |= {key: f"{error}" for key in keys if key not in self.measured}

    def build(self, name: str, index: str = "index", path: str = "") -> tuple[float, float, float]:
        """Index a corpus from nothing with two jobs."""
        shutil.rmtree(WORK / name / index, ignore_errors=True)
        return watch(lianzheng(name, "index", "--jobs", "2", index=index), path=path)

    def indexing(self) -> None:
        """Index the seeds, a tenth, a half, all; then all with jieba in place of rjieba."""
        for name, size in self.sizes.items():
            runs: list[tuple[float, float, float]] = []
            while len(runs) < 3 and sum(one[0] for one in runs) < BUDGET:
                runs.append(self.build(name))
            self.built[name] = [statistics.median(column) for column in zip(*runs, strict=True)]
            self.built[name].append(disk_size(WORK / name / "index") / size)
        full, half = self.built["full"], self.built["half"]
        self.measured |= {"memory full": full[2], "memory half": half[2], "size": full[3]}
        self.measured["memory growth"] = full[2] / half[2]
        with self.recording("index", "index jieba"):
            jieba = repeated(lambda: float(apart(bare_jieba)), 3)
            self.times["jieba"] = jieba
            self.measured["index"] = full[0] / jieba
            blocked = WORK / "without"
            blocked.mkdir()
            (blocked / "rjieba.py").write_text("raise ImportError('left out')\n", "utf-8")
            seconds, *_memory = self.build("full", "index-jieba", path=str(blocked))
            self.measured["index jieba"] = seconds / jieba

    def commands(self) -> None:
        """Time whole processes, in every round all of them, in another order each time."""
        chosen, seeds = self.chosen["full"], self.chosen["seeds"]
        chosen |= apart(filter_values)
        common, first = f'"{chosen["common"]}"', ("search", "--limit", "10")
        queries = {k: f'"{v}"' for k, v in chosen.items() if k not in ("section", "theme")}
        queries |= {"words": chosen["words"], "fallback": chosen["absent"]}
        commands = {
            "click": [sys.executable, "-c", "import click"],
            "import": [sys.executable, "-c", "import click, whoosh.index"],
            "help": [str(BIN / "lianzheng"), "--help"],
            "seeds phrase": lianzheng("seeds", *first, seeds["common 2"]),
            "seeds words": lianzheng("seeds", *first, seeds["words"]),
            "seeds section": lianzheng("seeds", *first, "--section", "一"),
            "section": lianzheng("full", *first, "--section", chosen["section"], common),
            "theme": lianzheng("full", *first, "--theme", chosen["theme"], common),
            **{key: lianzheng("full", *first, query) for key, query in queries.items()},
        }
        for name in SHARES:
            commands["rare in " + name] = lianzheng(name, *first, queries["rare"])
            commands["common in " + name] = lianzheng(name, *first, common)
        times: dict[str, list[float]] = defaultdict(list)
        turns, rng = [*commands, *4 * ("click", "import")], random.Random(SEED)
        for _ in range(self.rounds + 1):
            rng.shuffle(turns)
            for key in turns:
                with self.recording(key):
                    times[key].append(run(commands[key]))
        self.times |= {key: statistics.median(some[1:]) for key, some in times.items() if some[1:]}
        for bar in BARS:
            if bar.key in commands and bar.key in self.times:
                against = self.times[bar.unit.split()[1]]
                self.measured.setdefault(bar.key, self.times[bar.key] / against)

    def warm(self) -> None:
        """Measure scanning, and what writes much."""
        for key in ("absent", "rare", "common"):
            with self.recording("scan " + key):
                self.measured["scan " + key] = apart(scan, self.chosen["full"][key], self.rounds)
        with self.recording("jsonl"):
            rows = WORK / "rows.jsonl"
            everything = lianzheng("full", "search", "建设", "--limit", "0", "--format", "jsonl")
            seconds = repeated(lambda: run(everything, str(rows)), self.rounds)
            self.measured["jsonl"] = rows.read_bytes().count(b"\n") / seconds
        with self.recording("thousand", "export"):
            self.measured["thousand"] = repeated(lambda: float(apart(thousand)), 3)
            batch = ("export", "--queries", str(WORK / "queries.txt"), "--format", "jsonl")
            self.measured["export"] = repeated(lambda: run(lianzheng("full", *batch)), 3)

    def updates(self) -> None:
        """Add, change and remove a file, and index again after each."""
        index, corpus = lianzheng("full", "index"), WORK / "full" / "corpus"
        file = corpus / "added by the bench.txt"
        text = "在一次会议上的讲话\n同志们：\n一、加了一行。\n"
        deeds: dict[str, Callable[[], object]] = {
            "unchanged": lambda: None,
            "added": lambda: file.write_text(text, "utf-8"),
            "changed": lambda: file.write_text(text + "二、又加了一行。\n", "utf-8"),
            "removed": file.unlink,
        }
        times: dict[str, list[float]] = defaultdict(list)
        while len(times["removed"]) < 3 and sum(map(sum, times.values())) < BUDGET:
            for key, deed in deeds.items():
                deed()
                times[key].append(run(index))
        self.measured |= {key: statistics.median(some) for key, some in times.items()}

    def peers(self) -> list[Row]:
        """Build and ask every peer, with the project itself as the first of them."""
        cases = json.loads((WORK / "full" / "cases.json").read_text("utf-8"))
        phrases = list({n: phrase for n, phrase, _true in cases}.values())
        rows = []
        for name, title in [(k, v[0]) for k, v in (UNBUILT | BUILT).items()]:
            try:
                row = {"peer": title} | apart(peer, name)
                times = [run(self.cold(name, phrase)) for phrase in phrases for _ in range(3)]
                row["cold"] = statistics.median(times)
                if name == "lianzheng":
                    row |= {"build": self.built["full"][0], "size": self.built["full"][3]}
                elif name == "ripgrep":
                    del row["warm"]
            except (Failed, OSError) as error:
                row = {"peer": title, "note": f"not here: {error}"}
            rows.append(row)
        return rows

    def cold(self, name: str, phrase: str) -> list[str]:
        """Give the command that opens a peer and asks it for the best ten."""
        if name == "lianzheng":
            quoted = '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
            return lianzheng("full", "search", "--limit", "10", "--", quoted)
        if name == "ripgrep":
            return ripgrep(phrase)
        opened = BUILT[name][2]
        program = "from __future__ import annotations\n" + inspect.getsource(opened)
        program += f"import sys\nprint({opened.__name__}(sys.argv[1])(sys.argv[2], 10))"
        return [sys.executable, "-c", program, f"{WORK}/peer-{name}", phrase]

    def growth(self) -> list[Row]:
        """Give what grows with the text, for a tenth, a half and all of it."""
        keys = ("seconds", "largest process MB", "all processes MB", "size")
        return [
            {"MB": self.sizes[name] / 1e6}
            | dict(zip(keys, self.built[name], strict=True))
            | {key: self.times.get(f"{key} in {name}") for key in ("rare", "common")}
            for name in SHARES
        ]


# What is printed.


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns by display width: the first to the left, the others to the right."""
    wide = [[sum(1 + (east_asian_width(c) in "WF") for c in cell) for cell in row] for row in rows]
    widths = [max(column) for column in zip(*wide, strict=True)]
    lines = []
    for row, cells in zip(rows, wide, strict=True):
        blanks = [" " * (most - width) for most, width in zip(widths, cells, strict=True)]
        padded = [blank + cell for blank, cell in zip(blanks[1:], row[1:], strict=True)]
        lines.append("  ".join([row[0] + blanks[0], *padded]).rstrip())
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Write a number with as many digits as it deserves."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bar_rows(measured: Mapping[str, float | str]) -> list[Row]:
    """Judge every bar."""
    rows = []
    for bar in BARS:
        value = measured.get(bar.key, "not measured")
        row: Row = {"key": bar.key, "what": bar.what, "unit": bar.unit, "bar": bar.limit}
        if isinstance(value, str):
            rows.append(row | {"measured": None, "verdict": f"failed: {value}"})
        else:
            kept = value >= bar.limit if bar.at_least else value <= bar.limit
            rows.append(row | {"measured": value, "verdict": "ok" if kept else "MISSED"})
        rows[-1]["sign"] = ">=" if bar.at_least else "<="
    return rows


def show(told: Row) -> None:
    """Print the tables of a run."""
    seconds, where = defaultdict(float, told["seconds"]), told["machine"]
    print(f"{where['date']}, {where['processor']}, {where['cores']} cores, {where['python']}")
    print(f"{told['bytes'] / 1e6:.0f} MB; load {where['load']} before, {told['load']} after")
    for key, what in {"click": "import click", "import": "import click, whoosh.index"}.items():
        print(f"{key}: python -c '{what}', {1000 * seconds[key]:.0f} ms")
    print(f"jieba: cut_for_search of the cleaned lines on one core, {seconds['jieba']:.1f} s")
    print("; ".join(f"{key}: {text}" for key, text in told["chosen"].items()), end="\n\n")
    bars = [["what", "bar", "measured", "", "verdict"]]
    for row in told["bars"]:
        limit = f"{row['sign']} {number(row['bar'])}"
        verdict = row["verdict"]
        bars.append([row["what"], limit, number(row["measured"]), row["unit"], verdict])
    print(table(bars), end="\n\n")
    if told["peers"]:
        head = ["peer", "index s", "x text", "cold ms", "warm ms", *map(str, LENGTHS), "wrong"]
        rows = [head]
        for row in told["peers"]:
            ms = [1000 * row[key] if key in row else None for key in ("cold", "warm")]
            recall = [row.get("recall", {}).get(str(n)) for n in LENGTHS]
            cells = [row.get("build"), row.get("size"), *ms, *recall, row.get("wrong")]
            rows.append([row["peer"], *map(number, cells)])
        print(table(rows))
        for row in told["peers"]:
            if "note" in row:
                print(f"{row['peer']}: {row['note']}")
        print(f"{', '.join(map(str, LENGTHS))}: recall of lines, by characters in the phrase\n")
    head = ["MB", "index s", "MB/s", "largest MB", "all MB", "x text", "rare ms", "common ms"]
    rows = [head]
    for one in told["growth"]:
        size, seconds, largest, memory, share, *times = one.values()
        cells = [seconds, size / seconds, largest, memory, share]
        cells += [1000 * value if value else None for value in times]
        rows.append([number(size), *map(number, cells)])
    print(table(rows))


def unpacked(source: Path | None) -> Path:
    """Give the directory of a corpus, unpacked into .bench if it is an archive."""
    source = source or ARCHIVE
    if source.is_dir():
        return source
    if not source.is_file():
        sys.exit(f"bench: {source} is not here. Pass a folder or a tar archive with --corpus")
    target = ROOT / ".bench" / f"corpus-{source.name.partition('.')[0]}"
    if not target.is_dir():
        beside = target.with_suffix(".part")
        shutil.rmtree(beside, ignore_errors=True)
        with tarfile.open(source) as archive:
            archive.extractall(beside, filter="data")
        beside.rename(target)
    return target


def machine() -> Row:
    """Name the machine, its versions, and its load."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        info = Path("/proc/cpuinfo").read_text("utf-8")
        model = next(iter(re.findall(r"model name\s*: (.*)", info)), model)
    load = [round(one, 2) for one in os.getloadavg()]
    return {"processor": model, "cores": os.cpu_count(), "python": sys.version.split()[0]} | {
        "date": time.strftime("%Y-%m-%d"),
        "load": load,
    }


def main() -> int:
    """Run the bench, or the golden run."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--corpus", type=Path, metavar="DIR|TAR", help="default: the 100 MB")
    parser.add_argument("--quick", action="store_true", help="10 MB of it, and fewer rounds")
    parser.add_argument("--no-peers", action="store_true", help="only the project itself")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--golden", type=int, metavar="N", help="only compare N phrases to a scan")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, *arguments = json.loads(options.worker)
        print(json.dumps(WORKERS[name](*arguments)))
        return 0
    before = machine()
    bench = Run(unpacked(options.corpus), quick=options.quick)
    if options.golden:
        bench.build("full")
        differ = apart(golden, options.golden)
        print("\n".join(differ[:10]), end="\n" if differ else "")
        print(f"{options.golden} phrases, {len(differ)} disagreements with the scan")
        return 1 if differ else 0
    for measure in (bench.indexing, bench.commands, bench.warm, bench.updates):
        try:
            print(f"bench: {measure.__name__} ...", file=sys.stderr)
            measure()
        except (Failed, OSError, LookupError) as error:
            print(f"bench: {measure.__name__} failed: {error!r}", file=sys.stderr)
    peers = [] if options.no_peers else bench.peers()
    told = {
        "machine": before,
        "load": machine()["load"],
        "bytes": bench.sizes["full"],
        "seconds": bench.times,
        "chosen": bench.chosen["full"],
        "bars": bar_rows(bench.measured),
        "peers": peers,
        "growth": bench.growth() if "full" in bench.built else [],
    }
    show(told)
    if options.json:
        options.json.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
