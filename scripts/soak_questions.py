"""Questions to an open corpus, each answer compared with what the model says of its state."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from naive import Query, count_in_lines, holding, matches, written
from scan import ScanBackend
from soak_model import PLACES, THINGS, State, one_of

from lianzheng_search.corpus import Corpus
from lianzheng_search.errors import RequestError
from lianzheng_search.model import Speech, source_lines
from lianzheng_search.query.filters import Filters
from lianzheng_search.query.language import quoted
from lianzheng_search.query.lists import NamedQuery
from lianzheng_search.text.folding import fold


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


Question = Callable[[Corpus, State, Random], None]
"""Asks an open corpus something of what is in a state; raises AssertionError if it is wrong."""
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
        for hit in corpus.search(query, limit=0, with_variants=True).hits
    ],
    lambda corpus: [hit.copies for hit in corpus.search(limit=0, with_variants=False).hits],
    lambda corpus: corpus.headings(with_variants=True),
    lambda corpus: corpus.themes(with_variants=True),
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
        speech = rng.choice(state.speeches())
        fields = [("section", rng.choice(THINGS[:8])), ("title", rng.choice(PLACES))]
        fields += [("in", "heading"), ("in", "body"), ("speech", speech.info.id)]
        return rng.choice(
            fields + [("theme", one.themes[0]) for one in speech.passages if one.themes]
        )
    parts = [_random_query(state, rng, depth - 1) for _ in range(1 if kind == "not" else 2)]
    return kind, *parts


def ask_phrase(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: any string is found in each speech as often as in its lines, where it stands."""
    texts = state.texts()
    lines = [line for line in texts[one_of(rng.randrange(1 << 30), texts)] if line]
    line = rng.choice(lines)
    start = rng.randrange(len(line))
    phrase = line[start : start + rng.choice([1, 2, 2, 3, 4, 8, 40])]
    expected = {name: count_in_lines(lines, fold(phrase)) for name, lines in texts.items()}
    found = dict.fromkeys(texts, 0)
    sort = rng.choice(["relevance", "corpus", "date"])
    hits = list(corpus.search(quoted(phrase), limit=0, sort=sort, with_variants=True).hits)
    for hit in hits:
        found[hit.info.id] += len(hit.spans)
        passage = hit.passage
        whole = texts[hit.info.id][passage.line - 1]
        differs("a place", whole[passage.column :][: len(passage.text)], passage.text)
    differs(f"“{phrase}”", found, expected)
    some = corpus.search(quoted(phrase), limit=3, sort=sort, with_variants=True)
    differs("the first three", [hit.passage for hit in some.hits], [h.passage for h in hits[:3]])


def _places(speeches: list[Speech], query: Query) -> list[tuple[str, int, int]]:
    return sorted(
        (speeches[s].info.id, speeches[s].passages[n].line, speeches[s].passages[n].column)
        for s, n in holding(query, speeches)
    )


def ask_query(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: a query finds what a naive evaluator finds; copies are counted."""
    query = _random_query(state, rng)
    text = written(query, rng.choice)
    results = corpus.search(
        text, limit=0, sort=rng.choice(["relevance", "corpus"]), with_variants=True
    )
    hits = list(results.hits) if results.exact else []
    found = sorted((hit.info.id, hit.passage.line, hit.passage.column) for hit in hits)
    differs(text, found, _places(state.speeches(), query))
    once = corpus.search(text, limit=0, with_variants=False)
    if once.exact:
        differs("a passage and its copies", once.total + once.copies, len(hits))


def ask_filters(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: filters leave what a look at every passage leaves."""
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
    hits = corpus.search(limit=0, part=part, **chosen, with_variants=True).hits
    found = [(hit.info.id, hit.passage.line, hit.passage.column) for hit in hits]
    differs(f"{chosen} {part}", found, expected)


def ask_kwic(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: every match is listed with its line."""
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
    lines = corpus.kwic(
        f'"{unit[1]}"' if unit[0] == "phrase" else unit[1], with_variants=True
    ).lines
    found = [(one.info.id, one.line, one.left, one.keyword, one.right) for one in lines]
    differs(f"kwic {unit[1]}", found, expected)


def ask_headings(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: every heading that holds a text is listed."""
    text = _piece(state, rng)
    expected = [
        (one.info.id, passage.line, passage.sections[-1].heading)
        for one in state.speeches()
        for passage in one.passages
        if passage.kind == "heading" and fold(text) in fold(passage.sections[-1].heading)
    ]
    found = [
        (one.speech, one.line, one.heading) for one in corpus.headings(text, with_variants=True)
    ]
    differs(f"headings {text}", found, expected)


def ask_freq(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: a phrase is counted in each speech as grep counts it."""
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


def ask_export(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: the rows are the passages of each query, and the manifest tells of their files."""
    queries = {f"问{n}": _random_query(state, rng) for n in range(2)}
    named = [NamedQuery(name=k, query=written(q, rng.choice)) for k, q in queries.items()]
    expected = [
        (name, *place) for name, q in queries.items() for place in _places(state.speeches(), q)
    ]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, rng.choice(["out.csv", "out.jsonl"]))
        done = corpus.export(named, file, with_variants=True)
        with file.open(encoding="utf-8-sig", newline="") as rows:
            read = list(csv.DictReader(rows)) if file.suffix == ".csv" else map(json.loads, rows)
            found = [(r["query"], r["speech"], int(r["line"]), int(r["column"])) for r in read]
        told = json.loads(Path(place, file.name + ".manifest.json").read_text("utf-8"))
    differs(f"export {[one.query for one in named]}", sorted(found), sorted(expected))
    differs("rows", done.rows, len(expected))
    hashes = state.hashes()
    of = {name: hashes[name][:16] for _query, name, _line, _column in expected}
    differs("the files of the rows", told["speeches"], of)


def ask_show(corpus: Corpus, state: State, rng: Random) -> None:
    """Check: a speech is as it was parsed; one that is not there is refused."""
    one = rng.choice(state.speeches())
    differs("show", corpus.speech(one.info.id), (one.info, list(one.passages)))
    differs("speeches", corpus.speeches(), [speech.info for speech in state.speeches()])
    with suppress(RequestError):
        corpus.speech("没有这篇.txt")
        raise AssertionError("a speech that is not there")


QUESTIONS: dict[str, Question] = {
    "phrase": ask_phrase,
    "query": ask_query,
    "filters": ask_filters,
    "kwic": ask_kwic,
    "headings": ask_headings,
    "freq": ask_freq,
    "export": ask_export,
    "show": ask_show,
}
