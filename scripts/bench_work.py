"""What a bench works with: its folder and kept results, its processes, its lines and phrases."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SEED = 20261121
LENGTHS = (1, 2, 3, 4, 6, 8, 12)
HAN = re.compile("[\u4e00-\u9fd5]+")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("LIANZHENG_")}
IMPORT = [sys.executable, "-c", "import click, whoosh.index"]
"""The base that whole processes are compared with."""
Row = dict[str, Any]


class Failed(Exception):  # noqa: N818
    """A measurement that cannot be made, and why; it costs its row."""


def digest(parts: Iterable[str | bytes]) -> str:
    """Name what a result depends on."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part)
        hashed.update(b"\0")
    return hashed.hexdigest()[:12]


def load() -> str:
    """Tell the machine's load over the last minute."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def say(message: str) -> None:
    """Tell how far the run is."""
    print(time.strftime("bench %H:%M:%S "), message, sep="", file=sys.stderr, flush=True)


def disk_size(folder: Path) -> int:
    """Add up the bytes of a folder's files, of one with several names once."""
    status = (file.stat() for file in folder.rglob("*") if file.is_file())
    return sum({one.st_ino: one.st_size for one in status}.values())


# Processes: whole commands, and workers, which are functions run in a process of their own.


def watch(
    command: Sequence[str], output: str = os.devnull, *, sampled: bool = True, path: str = ""
) -> tuple[float, float]:
    """
    Run a command; give its seconds, and the peak MB of it and its children together.

    The memory is of samples of the proportional set size, which counts a shared page once; where
    there is no /proc, or nothing was sampled, it is that of the largest process. Exit code 1,
    nothing found, is no failure.
    """
    sums, ended = [0.0], threading.Event()

    def sample() -> None:
        while not ended.wait(0.2):
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
    return seconds, max(sums) or largest


def run(command: Sequence[str], output: str = os.devnull) -> float:
    """Run a command and give its seconds; taking samples would disturb a quick one."""
    return watch(command, output, sampled=False)[0]


def family_memory(pid: int) -> float:
    """Add up the MB of a process and its descendants; 0 for what has ended, or without /proc."""
    process = Path(f"/proc/{pid}")
    try:
        rollup = (process / "smaps_rollup").read_text("ascii")
        children = [file.read_text("ascii") for file in process.glob("task/*/children")]
    except OSError:
        return 0.0
    own = sum(int(kilobytes) for kilobytes in re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE))
    return own * 1024 / 1e6 + sum(family_memory(int(n)) for n in " ".join(children).split())


def last_line(message: bytes) -> str:
    """Give the last line of an error message."""
    lines = message.decode(errors="replace").strip().splitlines()
    return lines[-1][:160] if lines else "it failed without a word"


def apart(worker: Callable[..., Any], *arguments: Any) -> Any:
    """Run a worker of one of these files; what goes in and out is JSON."""
    file = worker.__code__.co_filename
    call = json.dumps([worker.__name__, *map(str, arguments)])
    command = [sys.executable, file, "--worker", call]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False)
    if done.returncode:
        raise Failed(last_line(done.stderr))
    return json.loads(done.stdout.decode().splitlines()[-1])


def work(workers: dict[str, Callable[..., Any]]) -> bool:
    """Do what `apart` asks for, if it is what asked."""
    if sys.argv[1:2] != ["--worker"]:
        return False
    name, *arguments = json.loads(sys.argv[2])
    print(json.dumps(workers[name](*arguments)))
    return True


def in_turn(
    base: Sequence[str], commands: Sequence[Sequence[str]], rounds: int
) -> tuple[float, float]:
    """Time commands, before each of them the base; give the medians of commands and base."""
    bases, times = [], []
    for n in range(rounds + 1):
        for command in commands:
            pair = run(base), run(command)
            if n:  # the first round warms
                bases.append(pair[0])
                times.append(pair[1])
    return statistics.median(times), statistics.median(bases)


# Lines and phrases. A corpus at one scale lies in a folder `place`, and beside it its lines.


def load_lines(place: Path) -> list[tuple[str, int, str]]:
    """Read the cleaned lines back, each with its file and its number in it."""
    with (place / "lines.jsonl").open(encoding="utf-8") as rows:
        files = map(json.loads, rows)
        return [(path, number, line) for path, lines in files for number, line in lines]


def folded_text(lines: Iterable[tuple[str, int, str]]) -> str:
    """Give all cleaned lines, folded, as one text."""
    from lianzheng_search.text.folding import fold

    return fold("\n".join(line for _path, _number, line in lines))


def draw(place: str) -> Row:
    """Write the cleaned lines of a corpus, and draw from them what is looked for."""
    from lianzheng_search.corpus import Corpus
    from lianzheng_search.index.walk import walk
    from lianzheng_search.reading.read import Unreadable

    folder, rng = Path(place), random.Random(SEED)
    opened = Corpus(folder / "corpus")
    with (folder / "lines.jsonl").open("w", encoding="utf-8") as out:
        for source in walk(folder / "corpus"):
            try:
                lines = opened.clean(source.file).lines
            except Unreadable:
                continue
            rows = [[line.number, line.text] for line in lines if line.text.strip()]
            out.write(json.dumps([source.path, rows], ensure_ascii=False) + "\n")
    text = folded_text(load_lines(folder))
    cases = {draw_phrase(text, rng, n): n for n in LENGTHS for _ in range(8)}
    many: dict[str, None] = {}
    for _ in range(20_000):
        if len(many) < 1000:
            many[draw_phrase(text, rng, rng.randint(4, 12))] = None
    chosen = choose(text, rng)
    return {"cases": [(n, one) for one, n in cases.items()], "many": list(many), "chosen": chosen}


def choose(text: str, rng: random.Random) -> dict[str, str]:
    """Find what is common, rare and absent: in a sample first, then by counts in all."""
    lines = text.split("\n")
    sample = HAN.findall("\n".join(rng.sample(lines, min(len(lines), 4000))))
    everywhere = {c: count for c, count in Counter(text).items() if HAN.match(c)}
    chosen = {"common": "建设", "common 1": "的"}
    chosen["rare 1"] = min(everywhere, key=lambda c: (everywhere[c], c))
    grams = {n: Counter(gram for run in sample for gram in pieces(run, n)) for n in (2, 4)}
    for n, key in ((2, "rare 2"), (4, "rare")):
        singles = sorted(gram for gram, count in grams[n].items() if count == 1)
        chosen[key] = min(rng.sample(singles, min(len(singles), 100)), key=text.count)
    twos, fours = ([gram for gram, _ in grams[n].most_common(50)] for n in (2, 4))
    chosen["common 2"], chosen["common 4"] = twos[0], fours[0]
    other = next(gram for gram in twos if not set(gram) & set(twos[0]))
    chosen["words common"] = f"{twos[0]} {other}"
    chosen["words rare"] = f"{chosen['rare 2']} {chosen['rare']}"
    pairs = (first + second for first in fours for second in reversed(fours))
    chosen["absent"] = next(pair for pair in pairs if pair not in text)
    return chosen


def pieces(run: str, length: int) -> list[str]:
    """List the substrings of one length."""
    return [run[i : i + length] for i in range(len(run) - length + 1)]


def draw_phrase(text: str, rng: random.Random, length: int) -> str:
    """Draw a phrase of one line at a random place; a shorter one where no line is long enough."""
    from lianzheng_search.text.folding import fold, is_searchable

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


def line_starts(text: str) -> list[int]:
    """List where the lines of a text start."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def lines_with(text: str, starts: Sequence[int], phrase: str) -> list[int]:
    """Scan for the lines that hold a phrase."""
    found, at = [], text.find(phrase)
    while at >= 0:
        found.append(bisect_right(starts, at) - 1)
        at = text.find(phrase, starts[found[-1] + 1]) if found[-1] + 1 < len(starts) else -1
    return found


if __name__ == "__main__":
    work({"draw": draw})
