"""
Measure the project against its bars and its peers; ``scripts/bench`` runs it.

Each ratio is of medians that were measured in turn with their base, in one stage. What a stage
gave is kept in the work folder, under the corpus and the program's code, and is not measured
again: a run that was cut off goes on where it was. The peers' results do not depend on the code.
The exit code is 1 if the project finds other than what a scan of the cleaned lines finds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tarfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench_pages import write_pages
from bench_peers import PEERS, peer
from bench_report import show
from bench_work import (
    BIN,
    HAN,
    IMPORT,
    ROOT,
    SEED,
    Failed,
    Row,
    apart,
    digest,
    disk_size,
    draw,
    draw_phrase,
    folded_text,
    in_turn,
    load,
    load_lines,
    pieces,
    run,
    say,
    watch,
    work,
)

ARCHIVE = ROOT.parent / "shared" / "data" / "bench" / "corpus-100mb.tar.xz"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lianzheng-bench"
GOLDEN_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 120, 150, 200)
NOT_ASKED = "not measured"
SHARES = {"tenth": 10, "half": 2, "full": 1}
QUICK_BYTES = 10_000_000
BUDGET = 600.0
"""Seconds after which no further round of indexing is begun."""
ADDED = "added by the bench.txt"


def lianzheng(place: Path, *arguments: str, index: str = "index") -> list[str]:
    """Give a command of the program about the corpus in a place."""
    options = ["-C", f"{place}/corpus", "--index", f"{place}/{index}"]
    return [str(BIN / "lianzheng"), *options, *arguments]


def search(place: Path, *arguments: str) -> list[str]:
    """Give the command that looks for the first ten."""
    return lianzheng(place, "search", "--limit", "10", *arguments)


# Workers, each in a process of its own.


def bare_jieba(place: str) -> float:
    """Time jieba alone, on one core, on the cleaned lines."""
    import jieba

    jieba.initialize()
    lines = load_lines(Path(place))
    started = time.perf_counter()
    for _path, _number, line in lines:
        for _word in jieba.cut_for_search(line):
            pass
    return time.perf_counter() - started


def open_corpus(place: str) -> Any:
    """Open the corpus in a place."""
    from lianzheng_search.corpus import Corpus

    return Corpus(Path(place) / "corpus", index_directory=Path(place) / "index")


def filter_values(place: str) -> dict[str, str]:
    """Choose what to filter by: two characters of many headings, and the largest theme."""
    with open_corpus(place) as corpus:
        runs = [
            run for line in corpus.headings(with_variants=True) for run in HAN.findall(line.heading)
        ]
        themes = {one.theme: one.passages for one in corpus.themes(with_variants=True)}
    pairs = Counter(pair for run in runs for pair in pieces(run, 2))
    section = max(pairs, key=lambda pair: (pairs[pair], pair)) if pairs else "一"
    return {"section": section, "theme": max(themes, key=lambda name: themes[name])}


def scan(place: str, phrase: str, rounds: str) -> tuple[float, float]:
    """Look for a phrase in the index, and with ``bytes.find`` in the text in memory, in turn."""
    text, needle = folded_text(load_lines(Path(place))).encode(), phrase.encode()
    times: list[tuple[float, float]] = []
    with open_corpus(place) as corpus:
        for _ in range(int(rounds) + 1):
            started, found, at = time.perf_counter(), 0, text.find(needle)
            while at >= 0:
                found += 1
                at = text.find(needle, at + len(needle))
            between = time.perf_counter()
            counted = sum(corpus.backend.occurrences(phrase).counts)
            times.append((time.perf_counter() - between, between - started))
    if counted != found:
        raise Failed(f"the index counts {counted}, bytes.find {found}")
    ours, plain = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return ours, plain


def thousand(place: str) -> float:
    """Time an export of a thousand phrases from Python."""
    from lianzheng_search.query.language import quoted
    from lianzheng_search.query.lists import NamedQuery

    phrases = json.loads((Path(place) / "many.json").read_text("utf-8"))
    queries = [NamedQuery(name=phrase, query=quoted(phrase)) for phrase in phrases]
    (Path(place) / "queries.txt").write_text("\n".join(map(quoted, phrases)) + "\n", "utf-8")
    started = time.perf_counter()
    with open_corpus(place) as corpus, Path(os.devnull).open("w", encoding="utf-8") as out:
        counts = corpus.export_to(queries, out, file_format="jsonl", with_variants=True).counts
    seconds = time.perf_counter() - started
    if not all(counts.values()):
        raise Failed(f"{sum(not n for n in counts.values())} of the phrases were not found")
    return seconds


def answers(place: str, count: str) -> Row:
    """Compare the hits in each file with a plain scan: the peers' phrases, and so many more."""
    from lianzheng_search.query.language import quoted
    from lianzheng_search.text.folding import fold

    files: dict[str, list[str]] = defaultdict(list)
    for path, _number, line in load_lines(Path(place)):
        files[path].append(line)
    texts = {path: fold("\n".join(lines)) for path, lines in files.items()}
    everything, rng = "\n".join("\n".join(lines) for lines in files.values()), random.Random(SEED)
    cases = json.loads((Path(place) / "cases.json").read_text("utf-8"))
    for n in range(int(count)):
        cases.append((0, draw_phrase(everything, rng, GOLDEN_LENGTHS[n % len(GOLDEN_LENGTHS)])))
    times, shares = [], defaultdict(list)
    differ, all_found, all_wrong = [], 0, 0
    with open_corpus(place) as corpus:
        for length, phrase in cases:
            wanted, found = fold(phrase), Counter[str]()
            true = {path: text.count(wanted) for path, text in texts.items()}
            started = time.perf_counter()
            corpus.search(quoted(phrase), limit=10, with_variants=True)
            times += [time.perf_counter() - started] * bool(length)
            try:
                for hit in corpus.search(quoted(phrase), limit=0, with_variants=True).hits:
                    found[hit.info.id] += len(hit.spans)
            except Exception as error:
                differ.append(f"{phrase}: {error!r}")
            right = sum(min(n, found[path]) for path, n in true.items())
            all_found, all_wrong = all_found + found.total(), all_wrong + found.total() - right
            if any(true.values()):
                shares[length].append(right / sum(true.values()))
            if bad := [path for path, n in true.items() if found[path] != n]:
                told = f"{bad[0]}: {found[bad[0]]} hits, {true[bad[0]]} by the scan"
                differ.append(f"{phrase}: in {len(bad)} files; {told}")
    recall = {str(n): statistics.mean(one) for n, one in sorted(shares.items())}
    return {"warm": statistics.median(times), "recall": recall, "compared": len(cases)} | {
        "wrong": all_wrong / max(1, all_found),
        "differ": differ,
    }


# The stages of a run.


STUDY: dict[str, Sequence[str]] = {
    "gap": ("search", "强化*意识"),
    "gap common": ("search", "的*是"),
    "near": ("search", "责任 NEAR/10 落实"),
    "near common": ("search", "的 NEAR/10 是"),
    "slots": ("search", "--slots", "坚持*与*相统一"),
    "near miss": ("search", "全面从严制党"),
    "kwic": ("kwic", "建设", "--sort", "right"),
    "patterns": ("headings", "--by", "pattern"),
    "siblings": ("headings", "改革", "--siblings"),
    "quotes": ("quotes",),
    "cites": ("cites",),
    "freq": ("freq", "改革", "开放", "--by", "year"),
    "dispersion": ("dispersion", "改革"),
    "themes": ("themes",),
    "suggest": ("themes", "suggest", "家风家教"),
    "phrases": ("phrases",),
    "ngrams": ("ngrams",),
    "words": ("freq",),
    "collocates": ("collocates", "改革"),
    "keyness": ("keyness", "--a", "since:2023", "--b", "until:2000"),
}
"""Commands that look at all of the text."""
BATCH_ROWS = 200_000
BATCHES = {"csv": 2000, "jsonl": 2000, "xlsx": 2000}


def link(files: Iterable[Path], base: Path, place: Path, limit: int) -> int:
    """Make a corpus of hard links to files, up to so many bytes; give its size."""
    size = 0
    for file in files:
        if size and size + file.stat().st_size > limit:
            continue
        size += file.stat().st_size
        linked = place / "corpus" / file.relative_to(base)
        linked.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, linked)
        except FileExistsError:
            continue
        except OSError:  # another file system
            shutil.copy2(file, linked)
    return size


def median_of(rounds: Sequence[Row], name: str) -> float:
    """Give the median of the seconds that one thing took in several rounds."""
    return float(statistics.median(one[name][0] for one in rounds))


class Run:
    """One run over one corpus at one scale: what is kept of it, and how each stage is measured."""

    def __init__(self, source: Path, options: argparse.Namespace) -> None:
        files = sorted(file for file in source.rglob("*") if file.is_file())
        random.Random(SEED).shuffle(files)
        size = sum(file.stat().st_size for file in files)
        size = min(size, QUICK_BYTES) if options.quick else size
        names = (f"{file.relative_to(source)} {file.stat().st_size}" for file in sorted(files))
        self.place = options.work / f"{size / 1e6:.0f}mb-{digest(names)}"
        self.full, self.seeds = self.place / "full", self.place / "seeds"
        self.options, self.rounds = options, 5 if options.quick else 11
        self.sizes = {k: link(files, source, self.place / k, size // n) for k, n in SHARES.items()}
        (self.full / "corpus" / ADDED).unlink(missing_ok=True)  # of a run that was cut off
        seeds = ROOT / "corpus"
        self.sizes["seeds"] = link(sorted(seeds.glob("*.txt"))[:5], seeds, self.seeds, size)
        package = sorted((ROOT / "lianzheng_search").rglob("*"))
        code = [one for one in package if one.is_file() and one.suffix not in (".pyc", ".mo")]
        self.code = digest(one.read_bytes() for one in code)
        (self.place / "stages").mkdir(exist_ok=True)

    def stage(self, name: str, measure: Callable[[], Row], key: str) -> Row:
        """Give what a stage measures: as it is kept, or anew if it is asked for."""
        file = self.place / "stages" / f"{name}.json"
        kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
        only = self.options.only or [name]
        asked = name in only or ("peers" in only and name in PEERS)
        if kept.get("key") == key and not (self.options.again and asked):
            return dict(kept)
        if not asked and name != "lines":  # without which nothing can be measured
            return {"failed": NOT_ASKED}
        say(f"{name} ...")
        told: Row = {"key": key, "date": time.strftime("%Y-%m-%d %H:%M"), "before": load()}
        started = time.perf_counter()
        try:
            told |= measure()
        except (Failed, OSError, ArithmeticError, LookupError, StopIteration) as error:
            say(f"{name} failed: {error!r}")
            return told | {"failed": str(error)}
        told |= {"after": load(), "took": time.perf_counter() - started}
        say(f"{name}: {told['took']:.0f} s")
        beside = file.with_suffix(".part")
        beside.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        beside.replace(file)
        return told

    def run(self) -> dict[str, Row]:
        """Go through all stages, and give what each of them gave."""
        told = {"lines": self.stage("lines", self.lines, self.code)}
        for name in ("index", "commands", "study", "warm", "batch", "updates", "answers"):
            told[name] = self.stage(name, getattr(self, name), self.code)
        if not self.options.no_peers:
            for name in PEERS:
                told[name] = self.stage(name, partial(self.peer, name), "peer")
        return told

    def lines(self) -> Row:
        """Clean the lines, and draw what is looked for."""
        told = {"seeds": apart(draw, self.seeds)["chosen"]} | dict(apart(draw, self.full))
        (self.full / "many.json").write_text(json.dumps(told.pop("many")), "utf-8")
        cases = told.pop("cases")
        if (kept := self.place / "peers" / "cases.json").exists():
            cases = json.loads(kept.read_text("utf-8"))
        (self.full / "cases.json").write_text(json.dumps(cases), "utf-8")
        return told

    def chosen(self) -> Row:
        """Give what is looked for, as the lines' stage has kept it."""
        return dict(json.loads((self.place / "stages" / "lines.json").read_text("utf-8")))

    def build(self, place: Path, index: str = "index", path: str = "") -> tuple[float, float]:
        """Index a corpus from nothing with two jobs: its seconds and MB of memory."""
        shutil.rmtree(place / index, ignore_errors=True)
        return watch(lianzheng(place, "index", "--jobs", "2", index=index), path=path)

    def index(self) -> Row:
        """Index a tenth, a half, all, and all with jieba in place of rjieba, jieba in turn."""
        blocked = self.place / "without"
        blocked.mkdir(exist_ok=True)
        (blocked / "rjieba.py").write_text("raise ImportError('left out')\n", "utf-8")
        file = self.place / "stages" / f"index-rounds-{self.code}.json"
        rounds = json.loads(file.read_text("utf-8")) if file.exists() else []
        while (
            len(rounds) < 3 and sum(first for one in rounds for first, _ in one.values()) < BUDGET
        ):
            one: Row = {"jieba": (apart(bare_jieba, self.full), 0)}
            one |= {name: self.build(self.place / name) for name in reversed(SHARES)}
            one["without"] = self.build(self.full, "index-jieba", str(blocked))
            rounds.append(one)
            file.write_text(json.dumps(rounds), "utf-8")
            say(f"index, round {len(rounds)}: {one}")
        file.unlink()
        runs = len(rounds)
        jieba = median_of(rounds, "jieba")
        memory = {name: max(one[name][1] for one in rounds) for name in SHARES}
        measured: Row = {
            "memory full": (memory["full"], runs),
            "memory half": (memory["half"], runs),
            "memory growth": (memory["full"] / memory["half"], runs),
            "size": (disk_size(self.full / "index") / self.sizes["full"], 1),
        }
        for key, name in (("index", "full"), ("index jieba", "without")):
            seconds = median_of(rounds, name)
            measured[key] = (seconds / jieba, runs, seconds, jieba)
        grown = [
            {
                "MB": self.sizes[name] / 1e6,
                "seconds": median_of(rounds, name),
                "memory": memory[name],
                "size": disk_size(self.place / name / "index") / self.sizes[name],
            }
            for name in SHARES
        ]
        return {"measured": measured, "growth": grown}

    def up_to_date(self, *names: str) -> None:
        """Have the code as it is index what it has not indexed."""
        for name in names:
            run(lianzheng(self.place / name, "index", "--jobs", "2"))

    def commands(self) -> Row:
        """Time whole processes, each in turn with its base."""
        self.up_to_date("seeds", *SHARES)
        drawn = self.chosen()
        chosen, seeds = drawn["chosen"], drawn["seeds"]
        filters = apart(filter_values, self.full)
        queries = {k: v if k.startswith("words") else f'"{v}"' for k, v in chosen.items()}
        queries["fallback"] = chosen["absent"]
        commands = {
            "help": [str(BIN / "lianzheng"), "--help"],
            "seeds phrase": search(self.seeds, seeds["common 2"]),
            "seeds words": search(self.seeds, seeds["words common"]),
            "seeds section": search(self.seeds, "--section", "一"),
            "section": search(self.full, "--section", filters["section"], queries["common"]),
            "theme": search(self.full, "--theme", filters["theme"], queries["common"]),
            **{key: search(self.full, query) for key, query in queries.items()},
        }
        measured = {}
        for key, command in commands.items():
            base = [sys.executable, "-c", "import click"] if key == "help" else IMPORT
            ours, plain = in_turn(base, [command], self.rounds)
            measured[key] = (ours / plain, self.rounds, ours, plain)
        grown = []
        for name in SHARES:
            place, row = self.place / name, {}
            for key in ("rare", "common", "absent", "words common"):
                ours, plain = in_turn(IMPORT, [search(place, queries[key])], 5)
                row[key] = ours / plain
            grown.append(row)
        return {"measured": measured, "growth": grown, "filters": filters}

    def study(self) -> Row:
        """Time the commands that look at all of the text, as whole processes."""
        self.up_to_date("full")
        measured = Row()
        for key, arguments in STUDY.items():
            command = lianzheng(self.full, *arguments)
            seconds = statistics.median(run(command) for _ in range(3))
            measured[key] = (seconds, 3, seconds)
        return {"measured": measured}

    def batch(self) -> Row:
        """Export 1,000 queries, 200,000 rows, in each format that is for so many."""
        self.up_to_date("full")
        measured = Row()
        for key, limit in BATCHES.items():
            out = self.place / f"batch.{key}"
            command = lianzheng(
                self.full, "export", "--queries", str(self.full / "queries.txt"),
                "--limit", str(limit), "--force", "-o", str(out),
            )  # fmt: skip
            seconds, memory = watch(command, sampled=True)
            told = json.loads(out.with_name(out.name + ".manifest.json").read_text("utf-8"))
            rows = sum(one["rows"] for one in told["queries"])
            say(f"batch {key}: {rows} rows in {seconds:.1f} s, {memory:.0f} MB")
            measured[f"batch {key}"] = (seconds * BATCH_ROWS / rows, 1, seconds)
            measured[f"batch {key} memory"] = (memory, 1)
        return {"measured": measured}

    def warm(self) -> Row:
        """Measure scanning, and what writes much."""
        self.up_to_date("full")
        chosen, measured = self.chosen()["chosen"], Row()
        for key in ("absent", "rare", "common"):
            ours, plain = apart(scan, self.full, chosen[key], self.rounds)
            measured["scan " + key] = (plain / ours, self.rounds, ours, plain)
        rows = self.place / "rows.jsonl"
        every = lianzheng(self.full, "search", "建设", "--limit", "0", "--format", "jsonl")
        seconds = statistics.median(run(every, str(rows)) for _ in range(5))
        measured["jsonl"] = (rows.read_bytes().count(b"\n") / seconds, 5, seconds)
        seconds = statistics.median(apart(thousand, self.full) for _ in range(3))
        measured["thousand"] = (seconds, 3)
        batch = ("export", "--queries", str(self.full / "queries.txt"), "--format", "jsonl")
        seconds = statistics.median(run(lianzheng(self.full, *batch)) for _ in range(3))
        return {"measured": measured | {"export": (seconds, 3)}}

    def updates(self) -> Row:
        """Add, change and remove a file, and index again after each."""
        self.up_to_date("full")
        file = self.full / "corpus" / ADDED
        text = "在一次会议上的讲话\n同志们：\n一、加了一行。\n"
        deeds: dict[str, Callable[[], object]] = {
            "unchanged": lambda: None,
            "added": lambda: file.write_text(text, "utf-8"),
            "changed": lambda: file.write_text(text + "二、又加了一行。\n", "utf-8"),
            "removed": file.unlink,
        }
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(5):
            for key, deed in deeds.items():
                deed()
                times[key].append(run(lianzheng(self.full, "index")))
        return {"measured": {key: (statistics.median(some), 5) for key, some in times.items()}}

    def answers(self) -> Row:
        """Compare what the project finds with the scan, and time it as the peers are timed."""
        from lianzheng_search.query.language import quoted

        self.up_to_date("full")
        told = dict(apart(answers, self.full, self.options.golden))
        cases = json.loads((self.full / "cases.json").read_text("utf-8"))
        commands = [search(self.full, "--", quoted(phrase)) for phrase in dict(cases).values()]
        told["cold"], told["import"] = in_turn(IMPORT, commands, 3)
        return told

    def peer(self, name: str) -> Row:
        """Build and ask a peer; all peers have the lines and phrases that the first one had."""
        place = self.place / "peers"
        if not (place / "cases.json").exists():
            place.mkdir(exist_ok=True)
            for file in ("lines.jsonl", "cases.json"):
                shutil.copy2(self.full / file, place / file)
        return dict(apart(peer, place, name))


def unpacked(source: Path, target: Path) -> Path:
    """Give the folder of a corpus, unpacked into the work folder if it is an archive."""
    if source.is_dir():
        return source
    if not source.is_file():
        sys.exit(f"bench: {source} is not here. Pass a folder or a tar archive with --corpus")
    if not target.is_dir():
        beside = target.with_suffix(".part")
        shutil.rmtree(beside, ignore_errors=True)
        with tarfile.open(source) as archive:
            archive.extractall(beside, filter="data")
        beside.rename(target)
    return target


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ["lines", "index", "commands", "study", "warm", "batch", "updates", "answers"]
    names += ["peers", *PEERS]
    parser.add_argument("--corpus", type=Path, metavar="DIR|TAR", default=ARCHIVE)
    parser.add_argument("--work", type=Path, metavar="DIR", default=CACHE, help=f"default: {CACHE}")
    parser.add_argument("--only", action="append", choices=names, help="measure only this")
    parser.add_argument("--again", action="store_true", help="measure even what is kept")
    parser.add_argument("--quick", action="store_true", help="10 MB of it, and fewer rounds")
    parser.add_argument("--no-peers", action="store_true", help="only the project itself")
    parser.add_argument("--golden", type=int, default=500, metavar="N", help="compare N phrases")
    told = "rewrite the section on what was measured in the help pages on speed"
    parser.add_argument("--write-help", action="store_true", help=told)
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    source = options.corpus.resolve()
    name = source.name.partition(".")[0]
    bench = Run(unpacked(source, options.work / f"unpacked-{name}"), options)
    stages = bench.run()
    show(stages, bench.sizes["full"])
    if options.write_help:
        write_pages(stages, bench.sizes["full"])
    told = stages["answers"]
    return 1 if told.get("differ") or told.get("failed", NOT_ASKED) != NOT_ASKED else 0


WORKERS: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (bare_jieba, filter_values, scan, thousand, answers)
}

if __name__ == "__main__":
    sys.exit(0 if work(WORKERS) else main())
