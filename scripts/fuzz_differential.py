"""
Random corpora, updates and queries -> answers that differ from those of a plain oracle.

The oracle shares no code with the package. It knows what stands where because it wrote the
files: a speech is made of a title, headings, paragraphs and run-in points, so its passages are
known without parsing. A query is a tree, evaluated here and written down for the package.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HAN = "抓细实落责任担当学习家风意识强化"
MARKS = "，，。；！？“”X×Ｘx"
PIECES = (
    *(
        "抓",
        "抓细",
        "抓落实",
        "落实",
        "责任",
        "担当",
        "学习",
        "家风",
        "意识",
        "强化",
        "抓抓",
        "责责",
    ),
    *("任，担", "。抓", "X", "“家风”"),
)
SAME = str.maketrans({"×": "x", "Ｘ": "x", "X": "x", "“": '"', "”": '"', "？": "?", "！": "!"})
"""What counts as the same character here: a part of the package's folding, said again."""
SAME.update(str.maketrans("，；：", ",;:"))
SENTENCE_END = set("。!?;")
LONGEST_GAP = 10
NUMERALS = "一二三四五六七八九"
Query = tuple[Any, ...]
Place = tuple[str, int, int]
"""The speech's path, the line from 1, the column from 0."""


@dataclass(frozen=True)
class Passage:
    """A passage as it was written: where it is, what it is, and under which headings."""

    place: Place
    kind: str
    text: str
    sections: tuple[tuple[int, str], ...]
    title: str


@dataclass(frozen=True)
class Speech:
    """A file: its path, its text, and the passages of each of its lines."""

    path: str
    text: str
    lines: tuple[tuple[Passage, ...], ...]


def fold(text: str) -> str:
    """Replace characters that count as the same, one for one."""
    return text.translate(SAME)


def write_speech(chance: random.Random, path: str) -> Speech:
    """Compose a speech."""
    title = f"在{words(chance, 2, 4)}会上的讲话"
    lines: list[str] = []
    passages: list[tuple[Passage, ...]] = []

    def add(parts: Sequence[tuple[str, str]], sections: Sequence[tuple[int, str]]) -> None:
        column, row = 0, []
        for kind, text in parts:
            place = (path, len(lines) + 1, column)
            row.append(Passage(place, kind, text, tuple(sections), title))
            column += len(text)
        lines.append("".join(text for _kind, text in parts))
        passages.append(tuple(row))

    add([("title", title)], [])
    add([("salutation", "同志们：")], [])
    for _ in range(chance.randint(0, 2)):
        add(paragraph(chance), [])
    for number in range(1, chance.choice([0, 0, 2, 3, 4]) + 1):
        first = (number, f"{NUMERALS[number - 1]}、{words(chance, 2, 5)}")
        add([("heading", first[1])], [first])
        for _ in range(chance.randint(1, 3)):
            add(paragraph(chance), [first])
        for inner in range(1, chance.choice([0, 0, 0, 2]) + 1):
            second = (inner, f"（{NUMERALS[inner - 1]}）{words(chance, 2, 5)}")
            add([("heading", second[1])], [first, second])
            add(paragraph(chance), [first, second])
    if len(lines) == 2:
        add(paragraph(chance), [])
    return Speech(path, "\n".join(lines) + "\n", tuple(passages))


def words(chance: random.Random, least: int, most: int) -> str:
    """Draw Han words."""
    pieces = [piece for piece in PIECES if all(c in HAN for c in piece)]
    return "".join(chance.choice(pieces) for _ in range(chance.randint(least, most)))


def sentence(chance: random.Random) -> str:
    """Draw a sentence that ends in a full stop, long enough to be no heading."""
    drawn = "".join(
        chance.choice(PIECES) if chance.random() < 0.6 else chance.choice(HAN + MARKS)
        for _ in range(chance.randint(8, 24))
    )
    body = re.sub("[“”]", "", drawn).strip("，。；！？ ")
    if chance.random() < 0.3:
        body = f"{body[: len(body) // 2]}“家风”{body[len(body) // 2 :]}"
    return f"要{body}，{words(chance, 2, 4)}。"


def paragraph(chance: random.Random) -> list[tuple[str, str]]:
    """Draw a paragraph: a lead and, sometimes, its run-in points."""
    lead = sentence(chance)
    points = chance.choice([0, 0, 2, 3])
    marked = (f"{NUMERALS[n]}是{sentence(chance)}" for n in range(points))
    return [("body", lead), *(("body", text) for text in marked)]


def draw_query(chance: random.Random, paths: Sequence[str], depth: int = 0) -> Query:
    """Draw a query of the whole language, over speeches at these paths."""
    roll = chance.random()
    if depth < 2 and roll < 0.35:
        kind = chance.choice(["and", "or", "not"])
        first = draw_query(chance, paths, depth + 1)
        if kind == "not":
            return ("and", first, ("not", draw_query(chance, paths, depth + 1)))
        return (kind, first, draw_query(chance, paths, depth + 1))
    if roll < 0.45:
        field = chance.choice(["section", "number", "title", "in", "speech"])
        value = {
            "section": words(chance, 1, 1),
            "number": chance.choice(NUMERALS[:4]),
            "title": words(chance, 1, 1),
            "in": chance.choice(["heading", "body", "title", "all"]),
            "speech": chance.choice(paths),
        }[field]
        return (field, value)
    if roll < 0.6:
        return ("near", draw_unit(chance), draw_unit(chance), chance.randrange(6))
    return draw_unit(chance)


def draw_unit(chance: random.Random) -> Query:
    """Draw a phrase, or a phrase with gaps."""
    if chance.random() < 0.6:
        return ("phrase", "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 2))))
    pieces = [piece for piece in PIECES if all(c in HAN for c in piece)]
    gap = chance.choice(["*", "?", "??", "*"])
    parts = [chance.choice(pieces) for _ in range(chance.randint(2, 3))]
    return ("gap", gap.join(parts))


def written(query: Query, chance: random.Random) -> str:
    """Write a query down as a user would."""
    kind, *parts = query
    if kind == "phrase":
        plain = all(c in HAN for c in parts[0])
        return parts[0] if plain and chance.random() < 0.6 else f"「{parts[0]}」"
    if kind == "gap":
        return str(parts[0])
    if kind == "near":
        return f"{written(parts[0], chance)} NEAR/{parts[2]} {written(parts[1], chance)}"
    if kind == "not":
        return f"NOT ({written(parts[0], chance)})"
    if kind in ("and", "or"):
        joint = {"and": chance.choice([" ", " AND "]), "or": chance.choice([" OR ", "｜"])}[kind]
        return joint.join(f"({written(part, chance)})" for part in parts)
    return f"{'section' if kind == 'number' else kind}:{parts[0]}"


def matches(text: str, unit: Query) -> list[tuple[int, int]]:
    """List where a phrase or gap stands in a folded line, from the left, not overlapping."""
    found, at = [], 0
    while at < len(text):
        end = shortest(text, at, unit)
        if end is None:
            at += 1
        else:
            found.append((at, end))
            at = end
    return found


def shortest(text: str, at: int, unit: Query) -> int | None:
    """Return where the match that begins at a place ends, each gap as short as can be."""
    kind, pattern = unit
    if kind == "phrase":
        return at + len(pattern) if text.startswith(fold(pattern), at) else None
    return _reach(text, at, str(pattern))


def _reach(text: str, at: int, pattern: str) -> int | None:
    if not pattern:
        return at
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        for skip in range(LONGEST_GAP + 1):
            if skip and (at + skip > len(text) or text[at + skip - 1] in SENTENCE_END):
                return None
            end = _reach(text, at + skip, rest)
            if end is not None:
                return end
        return None
    if at >= len(text) or (head == "?" and text[at] in SENTENCE_END):
        return None
    return _reach(text, at + 1, rest) if head in ("?", text[at]) else None


def every(text: str, unit: Query) -> list[tuple[int, int]]:
    """List the matches from every place of a folded line, overlapping ones included."""
    ends = ((at, shortest(text, at, unit)) for at in range(len(text)))
    return [(at, end) for at, end in ends if end is not None]


def near(text: str, left: Query, right: Query, distance: int) -> list[int]:
    """List the places at which two units stand near one another: where the first of them starts."""
    starts = set()
    for a, b in every(text, left):
        for c, d in every(text, right):
            gap = c - b if c >= b else a - d if a >= d else None
            if gap is not None and gap <= distance:
                starts.add(min(a, c))
    return sorted(starts)


def holding(query: Query, speeches: Sequence[Speech]) -> set[Place]:
    """Return the passages that a query means."""
    kind, *parts = query
    if kind == "and":
        return holding(parts[0], speeches) & holding(parts[1], speeches)
    if kind == "or":
        return holding(parts[0], speeches) | holding(parts[1], speeches)
    passages = [passage for speech in speeches for line in speech.lines for passage in line]
    if kind == "not":
        return {passage.place for passage in passages} - holding(parts[0], speeches)
    if kind in ("section", "number", "title", "in", "speech"):
        return {p.place for p in passages if stands(kind, parts[0], p)}
    found = set()
    for speech in speeches:
        for line in speech.lines:
            text = fold("".join(passage.text for passage in line))
            starts = near(text, *parts) if kind == "near" else [a for a, _ in matches(text, query)]
            for at in starts:
                found.add([p for p in line if p.place[2] <= at][-1].place)
    return found


def stands(field: str, value: str, passage: Passage) -> bool:
    """Tell whether a filter leaves a passage."""
    if field == "section":
        return any(fold(value) in fold(heading) for _number, heading in passage.sections)
    if field == "number":
        return any(NUMERALS[number - 1] == value for number, _heading in passage.sections) or any(
            fold(value) in fold(heading) for _number, heading in passage.sections
        )
    if field == "title":
        return fold(value) in fold(passage.title)
    if field == "speech":
        return passage.place[0] == value
    if value == "all":
        return True
    if value == "body":
        return passage.kind not in ("title", "heading")
    return passage.kind == value


def spans(query: Query, speeches: Sequence[Speech]) -> list[tuple[Place, str]]:
    """List every occurrence of a phrase or gap: the place of its first character, its text."""
    found = []
    for speech in speeches:
        for number, line in enumerate(speech.lines, start=1):
            whole = "".join(passage.text for passage in line)
            for a, b in matches(fold(whole), query):
                found.append(((speech.path, number, a), whole[a:b]))
    return sorted(found)


def command(*arguments: str) -> tuple[str, str]:
    """Run a command in this process; return what it prints, and what it says beside."""
    from lianzheng_search.cli.main import cli

    said = io.StringIO()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    with redirect_stdout(out), redirect_stderr(said), suppress(SystemExit):
        cli.main(args=list(arguments), prog_name="lianzheng", standalone_mode=False)
    out.flush()
    return out.buffer.getvalue().decode("utf-8-sig"), said.getvalue()  # type: ignore[attr-defined]


def rows_of(text: str, file_format: str) -> Iterator[dict[str, Any]]:
    """Read the rows of a listing back."""
    if file_format == "jsonl":
        yield from map(json.loads, text.splitlines())
    else:
        for row in csv.DictReader(io.StringIO(text)):
            yield {**row, "line": int(row["line"]), "column": int(row["column"])}


def answers(
    corpus: Any, text: str, folder: Path, index: Path
) -> Iterator[tuple[str, Callable[[], set[Place]]]]:
    """Yield the ways of asking for passages: a name, and what gives the places."""
    where = ("-C", str(folder), "--index", str(index))

    def python() -> set[Place]:
        results = corpus.search(text, limit=0, with_variants=True)
        hits = list(results.hits) if results.exact else []
        return {(hit.info.id, *hit.passage.place) for hit in hits}

    def listing(name: str, *arguments: str, file_format: str) -> set[Place]:
        options = ("--with-variants", "--limit", "0", "--format", file_format)
        printed, _said = command(*where, name, text, *arguments, *options)
        rows = [row for row in rows_of(printed, file_format) if row.get("match") != "words"]
        return {(row["speech"], row["line"], row["column"]) for row in rows}

    def as_text() -> set[Place]:
        printed, said = command(*where, "search", text, "--with-variants", "--limit", "0")
        shown = re.findall(r"(\d\.txt):(\d+)(?=\s|$)", printed)
        if "no passage holds" in said:
            return set()
        return {(path, int(line), -1) for path, line in shown}

    yield "python", python
    yield "search jsonl", lambda: listing("search", file_format="jsonl")
    yield "search csv", lambda: listing("search", file_format="csv")
    yield "export jsonl", lambda: listing("export", file_format="jsonl")
    yield "export csv", lambda: listing("export", file_format="csv")
    yield "search text", as_text


def difference(
    corpus: Any, query: Query, text: str, speeches: Sequence[Speech], folder: Path, index: Path
) -> str | None:
    """Ask in every way; say which answer differs from the oracle's, if any does."""
    from lianzheng_search.errors import RequestError

    expected = holding(query, speeches)
    for name, ask in answers(corpus, text, folder, index):
        try:
            found = ask()
        except RequestError as error:
            return f"{name}: {error}"
        if name == "search text":
            wanted = {(path, line, -1) for path, line, _column in expected}
        else:
            wanted = expected
        if found != wanted:
            return f"{name}: missing {sorted(wanted - found)}, extra {sorted(found - wanted)}"
    if query[0] in ("phrase", "gap"):
        lines = corpus.kwic(text, with_variants=True).lines
        found_spans = sorted(((line.info.id, *_place_of(line)), line.keyword) for line in lines)
        if found_spans != spans(query, speeches):
            return f"kwic: {found_spans} for {spans(query, speeches)}"
    return None


def _place_of(line: Any) -> tuple[int, int]:
    return line.line, len(line.left)


def rounds(seed: int, seconds: float) -> Iterator[tuple[int, str | None, str]]:
    """Yield (queries so far, difference, query) after each query, until the time is over."""
    import lianzheng_search

    until = time.monotonic() + seconds
    asked = number = 0
    while time.monotonic() < until:
        chance = random.Random(f"{seed}:{number}")
        number += 1
        with tempfile.TemporaryDirectory() as directory:
            folder, index = Path(directory, "speeches"), Path(directory, "index")
            folder.mkdir()
            speeches: dict[str, Speech] = {}
            for _update in range(3):
                change(chance, folder, speeches)
                with lianzheng_search.open(folder, index_directory=index) as corpus:
                    corpus.index()
                    for _query in range(12):
                        query = draw_query(chance, sorted(speeches))
                        text = written(query, chance)
                        asked += 1
                        every_speech = [speeches[path] for path in sorted(speeches)]
                        told = difference(corpus, query, text, every_speech, folder, index)
                        if told:
                            files = {s.path: s.text for s in every_speech}
                            told += f"\n  round {number - 1} of seed {seed}: {json.dumps(files)}"
                        yield asked, told, text


def change(chance: random.Random, folder: Path, speeches: dict[str, Speech]) -> None:
    """Add, rewrite and remove speeches, and write the files in one of the usual encodings."""
    for number in range(4):
        path = f"{number}.txt"
        roll = chance.random()
        if roll < 0.6 or not speeches:
            speeches[path] = write_speech(chance, path)
            encoding = chance.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
            (folder / path).write_bytes(speeches[path].text.encode(encoding))
        elif roll < 0.75 and len(speeches) > 1 and path in speeches:
            del speeches[path]
            (folder / path).unlink()


def main(seed: int, seconds: float) -> int:
    """Run for so long; print each difference; return 1 where there was one."""
    asked = different = 0
    for count, told, text in rounds(seed, seconds):
        asked = count
        if told:
            different += 1
            print(f"fuzz: {text}\n  {told}", file=sys.stderr)
            if different >= 5:
                break
    print(f"fuzz: {asked} queries, {different} differences (seed {seed})")
    return 1 if different else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/fuzz --differential", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, default=1, help="the first is 1")
    parser.add_argument("seconds", nargs="?", type=float, default=600, help="how long (600)")
    given = parser.parse_args()
    sys.exit(main(given.seed, given.seconds))
