"""What the bench promises, and how it prints what was measured, as tables in Markdown."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench_peers import PEERS
from bench_work import LENGTHS, Row

NOTES = """\
- Medians; ours and base are in ms, and measured in turn. Load is that before and after the stage.
- Recall and wrong are of lines, ours of hits in each file, by the characters in the phrase.
- All peers but ripgrep were given the cleaned lines; ours reads, cleans, outlines, and labels.
- MB: the text that an engine was given; what is less than all was too slow for all."""


class Bar(NamedTuple):
    """A promise: under which key it is measured, what it says, and whether more is better."""

    key: str
    what: str
    limit: float
    unit: str = "x import"
    at_least: bool = False


BARS = (
    Bar("help", "`lianzheng --help`", 1.0, "x import of click"),
    Bar("seeds phrase", "five speeches: a phrase", 2.0),
    Bar("seeds words", "five speeches: two words, ranked", 2.0),
    Bar("seeds section", "five speeches: a section", 2.0),
    Bar("rare", "phrase, rare", 3.0),
    Bar("common", "phrase, common", 3.0),
    Bar("common 4", "phrase, common, of four characters", 3.0),
    Bar("absent", "phrase, absent, quoted", 3.0),
    Bar("fallback", "phrase, absent: its words instead", 3.0),
    Bar("rare 1", "one character, rare", 3.0),
    Bar("common 1", "one character, common", 3.0),
    Bar("rare 2", "two characters, rare", 3.0),
    Bar("common 2", "two characters, common", 3.0),
    Bar("section", "phrase, common, within a section", 3.0),
    Bar("theme", "phrase, common, within a theme", 3.0),
    Bar("words common", "two words, common, ranked", 4.0),
    Bar("words rare", "two words, rare, ranked", 4.0),
    Bar("scan absent", "scanning, warm: absent phrase", 0.5, "x bytes.find", at_least=True),
    Bar("scan rare", "scanning, warm: rare phrase", 0.5, "x bytes.find", at_least=True),
    Bar("scan common", "scanning, warm: common phrase", 0.5, "x bytes.find", at_least=True),
    Bar("gap", "`强化*意识`, whole process", 0.5, "s"),
    Bar("gap common", "`的*是`", 0.5, "s"),
    Bar("near", "`责任 NEAR/10 落实`", 0.5, "s"),
    Bar("near common", "`的 NEAR/10 是`", 0.5, "s"),
    Bar("slots", "`search --slots 坚持*与*相统一`", 3.0, "s"),
    Bar("near miss", "a phrase with one character wrong", 3.0, "s"),
    Bar("kwic", "`kwic 建设 --sort right`", 3.0, "s"),
    Bar("patterns", "`headings --by pattern`", 3.0, "s"),
    Bar("siblings", "`headings 改革 --siblings`", 3.0, "s"),
    Bar("quotes", "`quotes`", 3.0, "s"),
    Bar("cites", "`cites`", 3.0, "s"),
    Bar("freq", "`freq 改革 开放 --by year`", 3.0, "s"),
    Bar("dispersion", "`dispersion 改革`", 3.0, "s"),
    Bar("themes", "`themes`", 3.0, "s"),
    Bar("suggest", "`themes suggest` (shows progress)", 3.0, "s"),
    Bar("phrases", "`phrases` (shows progress)", 60.0, "s"),
    Bar("ngrams", "`ngrams` (shows progress)", 60.0, "s"),
    Bar("words", "`freq`, all words (shows progress)", 60.0, "s"),
    Bar("collocates", "`collocates 改革` (shows progress)", 60.0, "s"),
    Bar("keyness", "`keyness` (shows progress)", 60.0, "s"),
    Bar("batch csv", "1,000 queries, 200,000 rows: csv", 30.0, "s"),
    Bar("batch csv memory", "… memory", 700, "MB"),
    Bar("batch jsonl", "… jsonl", 30.0, "s"),
    Bar("batch jsonl memory", "… memory", 700, "MB"),
    Bar("batch xlsx", "… xlsx", 120.0, "s"),
    Bar("batch xlsx memory", "… memory", 700, "MB"),
    Bar("jsonl", "all hits of 建设 as jsonl", 50_000, "passages/s", at_least=True),
    Bar("thousand", "1,000 phrases, exported from Python", 15.0, "s"),
    Bar("export", "1,000 phrases, `export --queries`", 15.0, "s"),
    Bar("index", "index from nothing, 2 jobs, rjieba", 1.0, "x bare jieba"),
    Bar("index jieba", "index from nothing, 2 jobs, jieba", 1.6, "x bare jieba"),
    Bar("unchanged", "index, nothing changed", 1.0, "s"),
    Bar("added", "index, one file added", 2.0, "s"),
    Bar("changed", "index, one file changed", 2.0, "s"),
    Bar("removed", "index, one file removed", 2.0, "s"),
    Bar("size", "index size, the text included", 2.0, "x text"),
    Bar("memory full", "peak memory of indexing, all processes", 700, "MB"),
    Bar("memory half", "the same, half the text", 700, "MB"),
    Bar("memory growth", "the same, all against half", 1.1, "x half"),
)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown: the first column to the left, the others to the right."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" + "|---:" * (len(rows[0]) - 1) + "|", *body])


def number(value: float | None) -> str:
    """Write a number with as many digits as it deserves."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def milliseconds(value: float | None) -> str:
    """Write seconds as milliseconds."""
    return "-" if value is None else number(1000 * value)


def share(value: float | None) -> str:
    """Write a share; 0 and 1 only for none and all."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value in (0, 1) else f"{min(max(value, 0.001), 0.999):.3f}"


def bar_table(stages: dict[str, Row]) -> str:
    """Judge every bar."""
    rows = [["what", "bar", "measured", "ours", "base", "runs", "load", "verdict"]]
    for bar in BARS:
        limit = f"{'≥' if bar.at_least else '≤'} {number(bar.limit)} {bar.unit}"
        for told in stages.values():
            if bar.key in told.get("measured", ()):
                value, runs, *seconds = told["measured"][bar.key]
                ours, base = ([*map(milliseconds, seconds), "", ""])[:2]
                kept = value >= bar.limit if bar.at_least else value <= bar.limit
                verdict, loads = (
                    "met" if kept else "**missed**",
                    f"{told['before']}–{told['after']}",
                )
                rows.append([bar.what, limit, number(value), ours, base, str(runs), loads, verdict])
                break
        else:
            rows.append([bar.what, limit, "-", "", "", "", "", "not measured"])
    return table(rows)


def peer_rows(stages: dict[str, Row]) -> list[Row]:
    """List ours and the peers, in the same terms."""
    ours = {"title": "**lianzheng-search**"} | stages["answers"]
    if grown := stages["index"].get("growth"):
        ours |= {"build": grown[-1]["seconds"], "size": grown[-1]["size"], "MB": grown[-1]["MB"]}
    return [ours, *({"title": PEERS[n].title} | stages[n] for n in PEERS if n in stages)]


def peer_table(rows: Sequence[Row]) -> str:
    """Compare time, recall, index time and size."""
    head = ["engine", "MB", "index, s", "index, x text", "process, ms", "x import", "warm, ms"]
    lines = [head + [f"recall {n}" for n in LENGTHS] + ["wrong"]]
    for row in rows:
        against = row["cold"] / row["import"] if "cold" in row else None
        cells = [number(row.get(key)) for key in ("MB", "build", "size")]
        cells += [milliseconds(row.get("cold")), number(against), milliseconds(row.get("warm"))]
        cells += [share(row.get("recall", {}).get(str(n))) for n in LENGTHS]
        lines.append([row["title"], *cells, share(row.get("wrong"))])
    return table(lines)


def others_win(rows: Sequence[Row]) -> list[str]:
    """Say in which figures a peer is better than the project."""
    terms: dict[str, Callable[[Row], float]] = {
        "a whole process for ten hits, x import": lambda row: row["cold"] / row["import"],
        "ten hits from a warm index, ms": lambda row: 1000 * row["warm"],
        "index time, s per MB": lambda row: row["build"] / row["MB"],
        "index size, x text": lambda row: row["size"],
    }
    said, most = [], max(row.get("MB", 0) for row in rows)
    for row in rows[1:]:
        for what, term in terms.items():
            try:
                theirs, ours = term(row), term(rows[0])
            except KeyError:  # not measured, or it has no such figure
                continue
            if theirs < ours:
                scale = f" on {row['MB']:.0f} MB" if row["MB"] < 0.9 * most else ""
                figures = f"{number(theirs)}{scale} against {number(ours)}"
                recall = " to ".join(share(end(row["recall"].values())) for end in (min, max))
                said.append(f"- {row['title']} is better in {what}: {figures}; recall {recall}.")
    return said


def growth_table(stages: dict[str, Row]) -> str:
    """Show what grows with the text."""
    keys = ("rare", "common", "absent", "words common")
    head = ["MB", "index, s", "s per MB", "memory, MB", "x text", *(f"{k}, x import" for k in keys)]
    rows, searched = [head], stages["commands"].get("growth") or 3 * [{}]
    for one, times in zip(stages["index"].get("growth", []), searched, strict=False):
        cells = [one["MB"], one["seconds"], one["seconds"] / one["MB"], one["memory"], one["size"]]
        rows.append([*map(number, cells), *(number(times.get(key)) for key in keys)])
    return table(rows)


def processor() -> str:
    """Name the processor of this machine."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        info = Path("/proc/cpuinfo").read_text("utf-8")
        model = next(iter(re.findall(r"model name\s*: (.*)", info)), model)
    return model


def show(stages: dict[str, Row], size: int) -> None:
    """Print all, ready to be pasted."""
    where = f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {where}; {size / 1e6:.1f} MB of text.\n")
    print(bar_table(stages), growth_table(stages), sep="\n\n", end="\n\n")
    rows = peer_rows(stages)
    print(peer_table(rows), end="\n\n")
    if said := others_win(rows):
        print("\n".join(said), end="\n\n")
    print(NOTES)
    sought = stages["lines"].get("chosen", {}) | stages["commands"].get("filters", {})
    print("- looked for: " + "; ".join(f"{key}: {text}" for key, text in sought.items()))
    for name, told in stages.items():
        if "failed" in told:
            print(f"- {name}: {told['failed']}")
        else:
            loads = f"load {told['before']} before, {told['after']} after"
            print(f"- {name}: measured {told['date']} in {told['took']:.0f} s, {loads}")
    told = stages["answers"]
    if "differ" in told:
        count = len(told["differ"])
        print(f"- {told['compared']} phrases compared with the scan, {count} differ")
        print("\n".join(f"  - {one}" for one in told["differ"][:10]))
