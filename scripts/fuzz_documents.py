"""
Damaged documents of every format -> what they break: a traceback, a hang, too much memory.

Each mutant is read, cleaned and parsed as `index` would do it, in a process of its own batch
with limits on CPU seconds and memory; `Unreadable` is the one way out that is allowed, but for
want of memory.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import signal
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "data" / "messy"
CPU_SECONDS = 10
"""CPU seconds that one document may take."""
MEMORY = 1 << 30
"""Bytes that reading may take beside what the process has when it starts."""
BATCH = 200
"""Mutants of a batch."""
INTERESTING = (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80")
MARKUP = (
    *(
        b"<",
        b">",
        b"&",
        b"{",
        b"}",
        b"\\",
        b"<!--",
        b"]]>",
        b"<![CDATA[",
        b"&#x110000;",
        b"\\bin99",
    ),
    *(b"{\\*", b"\\u-1?", b"<w:p>", b"</w:p>", b"<br>", b"<table><tr><td>", b"\\pard"),
    *(
        b"endobj",
        b"stream\n",
        b"<<",
        b">>",
        b"Content-Type: multipart/related\r\n",
        b"=?gb2312?B?",
        b"\r\n\r\n",
    ),
)
LARGEST = 300_000
"""Bytes of a seed: larger ones would take the time of many."""


def seeds() -> dict[str, bytes]:
    """Return documents to begin with, by a name with their suffix: made, and real where there."""
    sys.path.insert(0, str(ROOT / "tests"))
    from made import doc, docx, p, pdf, rtf, zipped

    text = "在云岭县作风建设会上的讲话\n同志们：\n一、强化意识\n一是要学。二是要做。\n谢谢大家！"
    paragraphs = "".join(p(line) for line in text.split("\n"))
    table = f"<w:tbl><w:tr><w:tc>{p('表中的字')}</w:tc></w:tr></w:tbl>"
    page = (
        '<html><head><meta charset="gb2312"><title>讲话</title></head><body><div class="main">'
        + "".join(f"<p>{line}</p>" for line in text.split("\n"))
        + "<table><tr><td>一</td></tr></table></div></body></html>"
    )
    mail = (
        "From: a@b\r\nSubject: =?utf-8?B?6K6y6K+d?=\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n'
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{page.replace('gb2312', 'utf-8')}\r\n--x--\r\n"
    ).encode()
    made = {
        "a.docx": docx(paragraphs + table, header=p("页眉"), footnotes=""),
        "a.doc": doc(text.replace("\n", "\r"), header="页眉", latin="abc"),
        "a.wps": doc(text.replace("\n", "\r")),
        "a.pdf": pdf([[(72, 700 - 24 * n, line) for n, line in enumerate(text.split("\n"))]]),
        "a.rtf": rtf(text.replace("\n", r"\par ")),
        "a.html": page.encode("gb18030"),
        "a.mht": mail,
        "a.eml": mail.replace(b"multipart/related", b"multipart/mixed"),
        "a.zip": zipped({"a.txt": text, "b.html": page}),
        "a.txt": text.encode("utf-16"),
    }
    for file in sorted(REAL.glob("*.*")) if REAL.is_dir() else ():
        if file.suffix in (".docx", ".doc", ".html") and 0 < file.stat().st_size < LARGEST:
            made[f"real-{file.name}"] = file.read_bytes()
    return made


def mutate(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Damage bytes; those of a zip are damaged inside its members, or as they are."""
    if data[:2] == b"PK" and chance.random() < 0.7:
        return _inside_zip(data, chance, others)
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(7)
        if kind == 0 and changed:
            changed[min(at, len(changed) - 1)] = chance.randrange(256)
        elif kind == 1:
            changed[at : at + chance.choice([1, 2, 4])] = chance.choice(INTERESTING)
        elif kind == 2:
            changed[at:at] = chance.choice(MARKUP) * chance.choice([1, 1, 3, 2000])
        elif kind == 3:
            del changed[at : at + chance.choice([1, 8, 64, 4096])]
        elif kind == 4:
            piece = bytes(changed[at : at + chance.choice([8, 64, 1024])])
            changed[at:at] = piece * chance.choice([1, 2, 200])
        elif kind == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            changed[at:at] = other[start : start + chance.choice([16, 256])]
        else:
            del changed[at:]
    return bytes(changed[: 4 * LARGEST])


def _inside_zip(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        members = old.namelist()
        hit = chance.choice([*members, ""])
        for name in members:
            content = old.read(name)
            if name == hit:
                plain = [other for other in others if other[:2] != b"PK"]
                content = mutate(content, chance, plain)
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _out_of_time(_number: int, _frame: object) -> None:
    raise TimeoutError("takes too long")


def read(name: str, data: bytes, folder: Path) -> None:
    """Read a document as `index` does; raise what should not be raised."""
    from lianzheng_search.index.tools import load_speech, load_tools
    from lianzheng_search.index.walk import walk
    from lianzheng_search.model import Settings
    from lianzheng_search.reading.budget import TOO_LITTLE_MEMORY
    from lianzheng_search.reading.read import Unreadable

    file = folder / name
    file.write_bytes(data)
    tools = load_tools(Settings())
    for source in walk(folder, folder / ".lianzheng", limits=tools.limits):
        # the timer is that of `batch`: while it is set, the package sets none of its own
        try:
            load_speech(source.file, tools, path=source.path)
        except Unreadable as unreadable:
            if unreadable.problem.message == TOO_LITTLE_MEMORY:
                raise


def batch(number: int, seed: int, names: Sequence[str], every: Mapping[str, bytes]) -> list[str]:
    """Read a batch of mutants; return a line for each that broke something."""
    import tempfile

    signal.signal(signal.SIGPROF, _out_of_time)
    faults = []
    others = list(every.values())
    with tempfile.TemporaryDirectory() as directory:
        read(names[0], every[names[0]], Path(directory))  # what is imported counts for nobody
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, hard))
        for step in range(BATCH):
            chance = random.Random(f"{seed}:{number}:{step}")
            name = chance.choice(names)
            data = mutate(every[name], chance, others)
            for old in Path(directory).iterdir():
                old.unlink()
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            try:
                read(Path(name).name, data, Path(directory))
            except BaseException as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                took = time.process_time() - began
                faults.append(
                    f"{seed}:{number}:{step} {name}: {type(error).__name__} at {place}: {error}"
                    f" ({took:.1f} s)"
                )
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return faults


def rounds(seed: int, mutants: int, jobs: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (mutants so far, faults) after each batch; a process that dies is a fault, too."""
    every = seeds()
    names = sorted(every)
    batches = -(-mutants // BATCH)
    done = 0
    context = get_context("fork")
    for start in range(0, batches, 20):
        with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=None) as pool:
            numbers = range(start, min(start + 20, batches))
            waiting = {pool.submit(batch, n, seed, names, every): n for n in numbers}
            for finished in as_completed(waiting):
                done += BATCH
                try:
                    yield done, finished.result()
                except Exception as error:
                    yield done, [f"batch {waiting[finished]}: {type(error).__name__}: {error}"]


def main(seed: int, mutants: int, jobs: int) -> int:
    """Read so many mutants; print each fault; return 1 where there was one."""
    faults = done = 0
    for number, told in rounds(seed, mutants, jobs):
        done, faults = number, faults + len(told)
        for line in told:
            print(f"fuzz: {line}", file=sys.stderr)
    print(f"fuzz: {done} documents, {faults} faults (seed {seed})")
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/fuzz --documents", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, default=1, help="the first is 1")
    parser.add_argument("mutants", nargs="?", type=int, default=20_000, help="how many (20000)")
    parser.add_argument("jobs", nargs="?", type=int, default=1, help="processes (1)")
    given = parser.parse_args()
    sys.exit(main(given.seed, given.mutants, given.jobs))
