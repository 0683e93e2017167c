"""What a query means, by evaluators so simple that they can be seen to be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lianzheng_search.model import Speech, source_lines
from lianzheng_search.text.characters import BLANK
from lianzheng_search.text.folding import fold

BORDER = set("。！？；!?;")
Query = tuple[Any, ...]
"""
A query as a tree: ``("phrase", text)``, ``("gap", pattern)``, ``("near", unit, unit, distance)``,
``("and", q, q)``, ``("or", q, q)``, ``("not", q)``, or a field, ``("section", text)``.
"""
Choose = Callable[[Sequence[str]], str]


def written(query: Query, choose: Choose) -> str:
    """Write a query down, in one of the ways in which it can be written."""
    kind, *parts = query
    if kind == "phrase":
        quotes = choose(['""', "“”", "「」"] + ["", ""] * parts[0].isalnum())
        return f"{quotes[:1]}{parts[0]}{quotes[1:]}"
    if kind == "gap":
        return str(parts[0])
    if kind == "near":
        near = choose([" NEAR/{} ", " ＮＥＡＲ／{} "]).format(parts[2])
        return written(parts[0], choose) + near + written(parts[1], choose)
    if kind == "and":
        joint = choose([" ", " AND ", "　"])
        return joint.join(grouped(part, choose) for part in parts)
    if kind == "or":
        joint = choose([" OR ", " | ", "｜", " ｜ "])
        return joint.join(grouped(part, choose) for part in parts)
    if kind == "not":
        return choose(["NOT ", "-", "－"]) + grouped(parts[0], choose)
    value = f'"{parts[0]}"' if " " in parts[0] else parts[0]
    return f"{kind}{choose(':：')}{value}"


def grouped(query: Query, choose: Choose) -> str:
    """Write a query down in parentheses."""
    signs = choose(["()", "（）"])
    return signs[0] + written(query, choose) + signs[1]


def count_in_lines(texts: Iterable[str], phrase: str) -> int:
    """Count as a user would with grep: folded, on each line, from the left."""
    return sum(fold(line.strip(BLANK)).count(phrase) for text in texts for line in text.split("\n"))


def matches(text: str, unit: Query) -> list[tuple[int, int]]:
    """List where a phrase or gap stands in a line, from the left, as short as can be."""
    kind, pattern = unit
    found, at = [], 0
    while at <= len(text):
        ends = sorted(reach(text, at, fold(pattern) if kind == "phrase" else pattern, kind))
        if ends and ends[0] > at:
            found.append((at, ends[0]))
            at = ends[0]
        else:
            at += 1
    return found


def reach(text: str, at: int, pattern: str, kind: str) -> list[int]:
    """Give every place that a match from `at` may end at; the shortest gaps come first."""
    if not pattern:
        return [at]
    head, rest = pattern[0], pattern[1:]
    if kind == "gap" and head == "*":
        for skip in range(11):
            if skip and (at + skip > len(text) or text[at + skip - 1] in BORDER):
                return []
            if ends := reach(text, at + skip, rest, kind):
                return ends[:1]
        return []
    if at == len(text) or (head == "?" and kind == "gap" and text[at] in BORDER):
        return []
    return reach(text, at + 1, rest, kind) if text[at] == head or head == "?" else []


def every_match(text: str, unit: Query) -> list[tuple[int, int]]:
    """List the match of a phrase or gap from each place of a line, as short as can be."""
    kind, pattern = unit
    pattern = fold(pattern) if kind == "phrase" else pattern
    reached = [(at, sorted(reach(text, at, pattern, kind))) for at in range(len(text))]
    return [(at, ends[0]) for at, ends in reached if ends]


def near_pairs(text: str, query: Query) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """List every two matches, one of each unit, that are apart and near one another on a line."""
    _near, left, right, distance = query
    pairs = {
        (min(one, other), max(one, other))
        for one in every_match(text, left)
        for other in every_match(text, right)
    }
    return sorted((a, b) for a, b in pairs if 0 <= b[0] - a[1] <= distance)


def starts(text: str, query: Query) -> list[int]:
    """Give where the matches of a leaf start on a line."""
    if query[0] != "near":
        return [start for start, _end in matches(text, query)]
    return sorted({first[0] for first, _second in near_pairs(text, query)})


def holding(query: Query, speeches: Sequence[Speech]) -> set[tuple[int, int]]:
    """Give the passages, as (speech, number), that match."""
    everything = {(s, n) for s, one in enumerate(speeches) for n in range(len(one.passages))}
    kind, *parts = query
    if kind == "and":
        return holding(parts[0], speeches) & holding(parts[1], speeches)
    if kind == "or":
        return holding(parts[0], speeches) | holding(parts[1], speeches)
    if kind == "not":
        return everything - holding(parts[0], speeches)
    if kind in ("section", "in", "title", "theme", "speech"):
        return {(s, n) for s, n in everything if kept(kind, parts[0], speeches[s], n)}
    found = set()
    for s, one in enumerate(speeches):
        n = 0
        for line in source_lines(one.passages):
            for at in starts(fold("".join(passage.text for passage in line)), query):
                before = [k for k, p in enumerate(line) if p.column - line[0].column <= at]
                found.add((s, n + before[-1]))
            n += len(line)
    return found


def kept(name: str, value: str, one: Speech, n: int) -> bool:
    """Tell whether a field of a query leaves a passage."""
    passage = one.passages[n]
    if name == "section":
        return any(value in heading for heading in passage.section)
    if name == "title":
        return value in one.info.title
    if name == "theme":
        return value in passage.themes
    if name == "speech":
        return value == one.info.id
    return (passage.kind == "heading") == (value == "heading") and (
        value == "heading" or passage.kind != "title"
    )
