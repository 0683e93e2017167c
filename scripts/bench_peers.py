"""
The peers that the bench compares the project with: how each is built, opened and asked.

All but ripgrep index the same cleaned and folded lines, which is kind to them. What opens one
needs nothing from outside of itself, for its source is also what a whole process runs.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench_work import (
    BIN,
    IMPORT,
    Row,
    disk_size,
    folded_text,
    in_turn,
    line_starts,
    lines_with,
    load_lines,
    work,
)

Ask = Callable[[str, int], Sequence[int]]
"""Looks for a phrase; gives the numbers of the lines that hold it, so many at most or all (0)."""


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


def open_ripgrep(corpus: Path, numbers: Mapping[tuple[str, int], int]) -> Ask:
    """Look in the files as they are, watermarks, widths and all."""

    def ask(phrase: str, limit: int) -> list[int]:
        done = subprocess.run(ripgrep(corpus, phrase), capture_output=True, check=False)
        rows = (row.partition("\0") for row in done.stdout.decode(errors="replace").split("\n"))
        found = ((path, int(rest.partition(":")[0])) for path, _nul, rest in rows if path)
        base = str(corpus) + os.sep
        return [numbers.get((path.removeprefix(base), line), -1) for path, line in found]

    return ask


def ripgrep(corpus: Path, phrase: str) -> list[str]:
    """Give the command that finds a phrase as it is written."""
    program = shutil.which("rg") or str(BIN / "rg")
    options = ["--no-ignore", "-F", "-n", "-0", "--no-heading"]
    return [program, *options, "-e", phrase, str(corpus)]


class Peer(NamedTuple):
    """A peer: what it is called, how it is built and opened, and how many MB it is given."""

    title: str
    build: Callable[[str, Iterable[str]], None] | None = None
    open: Callable[[str], Ask] | None = None
    most: float = float("inf")


PEERS = {
    "ripgrep": Peer("ripgrep, files as they are"),
    "trigram": Peer("SQLite FTS5, trigram", build_fts5, open_fts5),
    "unicode61": Peer("SQLite FTS5, unicode61", build_fts5, open_fts5),
    "characters": Peer("tantivy, a token a character", build_tantivy, open_tantivy),
    "words": Peer("tantivy, jieba's words (rjieba)", build_tantivy, open_tantivy),
    "whoosh": Peer("Whoosh, ChineseAnalyzer", build_whoosh, open_whoosh, most=10),
}


def peer(folder: str, name: str) -> Row:
    """Build a peer, ask it for every phrase, and compare what it finds with the scan."""
    place, one = Path(folder), PEERS[name]
    lines = load_lines(place)
    texts = folded_text(lines).split("\n")
    cases = json.loads((place / "cases.json").read_text("utf-8"))
    corpus, row = place.parent / "full" / "corpus", Row(title=one.title)
    if one.build is None or one.open is None:
        ask = open_ripgrep(corpus, {(path, line): n for n, (path, line, _text) in enumerate(lines)})
        size = sum(len(text.encode()) + 1 for text in texts)
    else:
        index, count, size = place / f"index-{name}", 0, 0
        while count < len(texts) and size <= 1e6 * one.most:
            size += len(texts[count].encode()) + 1
            count += 1
        del texts[count:]
        shutil.rmtree(index, ignore_errors=True)
        index.mkdir()
        started = time.perf_counter()
        one.build(str(index), texts)
        row["build"] = time.perf_counter() - started
        row["size"] = disk_size(index) / size
        ask = one.open(str(index))
    text = "\n".join(texts)
    starts = line_starts(text)
    row["MB"] = size / 1e6
    row |= compared(ask, [(n, p, lines_with(text, starts, p)) for n, p in cases])
    if one.build is None:
        del row["warm"]  # it has no warm process
    commands = [cold(place, name, phrase) for phrase in dict(cases).values()]
    row["cold"], row["import"] = in_turn(IMPORT, commands, 3)
    return row


def compared(ask: Ask, cases: Iterable[tuple[int, str, Sequence[int]]]) -> Row:
    """Ask for phrases whose lines are known: seconds when warm, recall by length, share wrong."""
    times, everything, wrong = [], 0, 0
    true_by, found_by = defaultdict(int), defaultdict(int)
    for n, phrase, true in cases:
        started = time.perf_counter()
        ask(phrase, 10)
        times.append(time.perf_counter() - started)
        found = set(ask(phrase, 0))
        right = len(found.intersection(true))
        everything, wrong = everything + len(found), wrong + len(found) - right
        if true:
            true_by[n] += 1
            found_by[n] += right / len(true)
    recall = {str(n): found_by[n] / true_by[n] for n in sorted(true_by)}
    return {
        "warm": statistics.median(times),
        "recall": recall,
        "wrong": wrong / max(1, everything),
    }


def cold(place: Path, name: str, phrase: str) -> list[str]:
    """Give the command that opens a peer and asks it for the first ten lines."""
    opened = PEERS[name].open
    if opened is None:
        return ripgrep(place.parent / "full" / "corpus", phrase)
    program = "from __future__ import annotations\n" + inspect.getsource(opened)
    program += f"import sys\nprint({opened.__name__}(sys.argv[1])(sys.argv[2], 10))"
    return [sys.executable, "-c", program, str(place / f"index-{name}"), phrase]


if __name__ == "__main__":
    work({"peer": peer})
