"""What the bench measured -> the section ``measured`` of the help pages on speed."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Sequence
from typing import Any

from bench_report import peer_rows, processor, share, table
from bench_work import Row
from pages import HELP, LANGUAGES, replace_section

PAGE_LENGTHS = (1, 2, 4, 8)
"""Of phrases whose recall is shown, in characters."""
UNITS = {
    "x": ("{} ×", "{} 倍"),
    "s": ("{} s", "{} 秒"),
    "ms": ("{} ms", "{} 毫秒"),
    "MB": ("{} MB", "{} MB"),
    "passages/s": ("{} passages/s", "每秒 {} 段"),
}
ROWS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("`lianzheng --help`, × import of click", "`lianzheng --help`，比导入 click", "x", ("help",)),
    (
        "five speeches: a phrase, two words, a section",
        "五篇讲话：一个词句、两个词、一个章节",
        "x",
        ("seeds phrase", "seeds words", "seeds section"),
    ),
    (
        "100 MB, first ten: a phrase that is rare, common, absent",
        "100 MB，前十段：少见、常见、没有的词句",
        "x",
        ("rare", "common", "absent"),
    ),
    ("… one character: rare, common", "……一个字：少见、常见", "x", ("rare 1", "common 1")),
    ("… absent: its words instead", "……没有，改列含其中的词的", "x", ("fallback",)),
    ("… within a section, a theme", "……限于章节、主题", "x", ("section", "theme")),
    ("… two words: rare, common", "……两个词：少见、常见", "x", ("words rare", "words common")),
    ("`强化*意识`, `责任 NEAR/10 落实`", "`强化*意识`、`责任 NEAR/10 落实`", "s", ("gap", "near")),
    ("`的*是`, `的 NEAR/10 是`", "`的*是`、`的 NEAR/10 是`", "s", ("gap common", "near common")),
    ("a phrase with one character wrong", "错了一个字的词句", "s", ("near miss",)),
    (
        "`search --slots`, `kwic --sort right`",
        "`search --slots`、`kwic --sort right`",
        "s",
        ("slots", "kwic"),
    ),
    (
        "`headings --by pattern`, `--siblings`",
        "`headings --by pattern`、`--siblings`",
        "s",
        ("patterns", "siblings"),
    ),
    ("`quotes`, `cites`", "`quotes`、`cites`", "s", ("quotes", "cites")),
    (
        "`freq --by year`, `dispersion`",
        "`freq --by year`、`dispersion`",
        "s",
        ("freq", "dispersion"),
    ),
    ("`themes`, `themes suggest`", "`themes`、`themes suggest`", "s", ("themes", "suggest")),
    ("`phrases`, `ngrams`", "`phrases`、`ngrams`", "s", ("phrases", "ngrams")),
    (
        "`freq` of all words, `collocates`, `keyness`",
        "全部词的 `freq`、`collocates`、`keyness`",
        "s",
        ("words", "collocates", "keyness"),
    ),
    (
        "a phrase in a running process: absent, rare, common",
        "程序已在运行，一个词句：没有、少见、常见",
        "ms",
        ("scan absent", "scan rare", "scan common"),
    ),
    (
        "all passages with 建设 as JSON lines",
        "含“建设”的全部段落，写成 JSON",
        "passages/s",
        ("jsonl",),
    ),
    (
        "1,000 queries, 200,000 rows: csv, jsonl, xlsx",
        "1,000 个查询、20 万行：csv、jsonl、xlsx",
        "s",
        ("batch csv", "batch jsonl", "batch xlsx"),
    ),
    (
        "… memory",
        "……内存",
        "MB",
        ("batch csv memory", "batch jsonl memory", "batch xlsx memory"),
    ),
    (
        "index from nothing, 2 processes: rjieba, jieba",
        "从头建索引，2 个进程：rjieba、jieba",
        "s",
        ("index", "index jieba"),
    ),
    (
        "… memory of all processes: 50 MB, 100 MB",
        "……全部进程的内存：50 MB、100 MB",
        "MB",
        ("memory half", "memory full"),
    ),
    (
        "index: nothing changed; one file added, changed, removed",
        "更新索引：没有变化；加、改、删一个文件",
        "s",
        ("unchanged", "added", "changed", "removed"),
    ),
    ("size of the index, × the text", "索引大小，比原文", "x", ("size",)),
)
"""The rows of the page: its English, its Chinese, the unit, the keys of what was measured."""
SHOWN_SECONDS = {"index", "index jieba", "scan absent", "scan rare", "scan common"}
"""Measured as ratios; the page shows the seconds, which follow."""
HEADS = (
    (
        ("what", "measured"),
        ("engine", "index", "× text", "process", "in memory", "recall, 1 / 2 / 4 / 8 characters"),
    ),
    (
        ("做什么", "测得"),
        ("引擎", "建索引", "比原文", "一次运行", "已在内存", "查全率：1 / 2 / 4 / 8 字"),
    ),
)
PLACES = (
    "{date}, {machine}, {cores} cores, Python {python}; {size:.1f} MB of text.",
    "{date}，{machine}，{cores} 核，Python {python}；语料 {size:.1f} MB。",
)


def brief(value: float) -> str:
    """Return a number with two or three digits."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def shown_share(value: float | None) -> str:
    """Return a share with two decimals; 0 and 1 only for none and all."""
    return "-" if value is None else f"{float(share(value)):.3g}"


def measured_rows(stages: dict[str, Row], language: int) -> Iterable[Sequence[str]]:
    """Yield the rows of the page of which anything was measured."""
    measured: dict[str, Any] = {}
    for stage in stages.values():
        measured |= stage.get("measured", {})
    for english, chinese, unit, keys in ROWS:
        values = []
        for key in keys:
            if key in measured:
                value, _runs, *seconds = measured[key]
                value = seconds[0] if key in SHOWN_SECONDS else value
                values.append(brief(1000 * value if unit == "ms" else value))
        if values:
            shown = (", " if language == 0 else "、").join(values)
            yield (english, chinese)[language], UNITS[unit][language].format(shown)


def engine_rows(stages: dict[str, Row], language: int) -> Iterable[Sequence[str]]:
    """Yield a row for ours and each peer."""
    for row in peer_rows(stages):
        cells = [
            UNITS["s"][language].format(brief(row["build"])) if "build" in row else "-",
            UNITS["x"][language].format(brief(row["size"])) if "size" in row else "-",
            UNITS["x"][language].format(brief(row["cold"] / row["import"]))
            if "cold" in row
            else "-",
            UNITS["ms"][language].format(brief(1000 * row["warm"])) if "warm" in row else "-",
        ]
        recall = [shown_share(row.get("recall", {}).get(str(n))) for n in PAGE_LENGTHS]
        yield [row["title"], *cells, " / ".join(recall)]


def measured_section(stages: dict[str, Row], size: int, language: int) -> str:
    """Return the section of a page: where it was measured, what, and against whom."""
    head, engines = HEADS[language]
    place = PLACES[language].format(
        date=time.strftime("%Y-%m-%d"),
        machine=processor(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        size=size / 1e6,
    )
    tables = [
        table([head, *measured_rows(stages, language)]),
        table([engines, *engine_rows(stages, language)]),
    ]
    return "\n\n".join([place, *tables])


def write_pages(stages: dict[str, Row], size: int) -> None:
    """Rewrite the section ``measured`` of the page on speed in each language."""
    for number, language in enumerate(LANGUAGES):
        file = HELP / language / "speed.md"
        section = measured_section(stages, size, number)
        text = replace_section(file.read_text("utf-8"), "measured", section)
        file.write_text(text, "utf-8", newline="\n")
