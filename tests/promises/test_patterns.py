"""Every pattern that sees the text of a user takes time in proportion to it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import random
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from re import _constants as codes
from re import _parser as parser

import pytest
from conftest import LONG, SPEECH

import lianzheng_search
from lianzheng_search.cleaning.clean import LONGEST_WATERMARK
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.reading.read import content_type, read_bytes

BOUNDED = {"wording.attribution.TAIL"}
"""Patterns that are asked of the few dozen characters before a quotation, and of no more."""
MANY = 16
"""A repeat that may be taken more often than this counts as unbounded."""
SIZES = (600, 2_400)
SHORT_SIZES = (LONGEST_WATERMARK // 4, LONGEST_WATERMARK)
"""Characters of the shorter and of the longer text."""
MOST_GROWTH = 10
"""Four times the text may take at most this many times as long: 4 is linear, 16 a square."""
MOST_CUBE = 80
"""The same of a pattern asked of short lines only: 64 is a cube, 256 more than that."""
NOISE = 0.004
"""Seconds that tell nothing, whatever they are compared with."""
AGAIN = 5
"""How often a time is taken before it counts."""
TRIALS = 5
"""A square is one whenever it is looked at; what a busy machine adds is not."""
MOST_TRIED = 12
"""Maximum number of texts that each pattern is tried on, unless the run may take long."""
CANDIDATES = "a1 -=_.中一，\n\t\u3000\xe9<>\"'\\{}\xff\0%#A"
"""What a negated class of characters may match."""
REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}


@cache
def modules() -> list[object]:
    found = pkgutil.walk_packages(lianzheng_search.__path__, "lianzheng_search.")
    names = [module.name for module in found if not module.name.endswith("__main__")]
    return [importlib.import_module(name) for name in names]


def patterns() -> dict[str, re.Pattern]:
    """Return every pattern by module and name, those written where they are used included."""
    found: dict[str, re.Pattern] = {}
    for module in modules():
        short = module.__name__.removeprefix(f"{lianzheng_search.__name__}.")
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and f"{short}.{name}" not in BOUNDED:
                found[f"{short}.{name}"] = value
        with open(module.__file__, encoding="utf-8") as file:  # noqa: PTH123
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr != "compile"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found[f"{short}:{node.lineno}"] = re.compile(node.args[0].value)
    return found


PATTERNS = patterns()
WAYS = {
    "match": ("match",),
    "fullmatch": ("fullmatch",),
    "subn": ("search", "finditer", "findall", "sub", "subn", "split"),
}


def asked(name: str) -> set[str]:
    """Return how the package asks a pattern; in every way, where it is passed on as a value."""
    last = name.rpartition(".")[2]
    users = [module for module in modules() if vars(module).get(last) is PATTERNS[name]]
    source = "\n".join(Path(module.__file__).read_text("utf-8") for module in users)
    used = set()
    for way, names in WAYS.items():
        if re.search(rf"\b{last}\.(?:{'|'.join(names)})\b", source):
            used.add(way)
    return used or set(WAYS)


def is_unbounded(code: object, value: tuple) -> bool:
    return code in REPEATS and value[1] > MANY


def inside(code: object, value: object) -> list:
    """Return the parsed patterns that an element holds."""
    if code in REPEATS:
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.ATOMIC_GROUP:
        return [value]
    if code is codes.BRANCH:
        return list(value[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [value[1]]
    return []


def nested(parsed: object, *, in_repeat: bool = False) -> bool:
    """Tell whether a repeat that may be given back holds another such."""
    for code, value in parsed:
        given_back = code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and is_unbounded(code, value)
        if given_back and in_repeat:
            return True
        closed = code in (codes.ATOMIC_GROUP, codes.POSSESSIVE_REPEAT)
        for part in inside(code, value):
            if nested(part, in_repeat=not closed and (in_repeat or given_back)):
                return True
    return False


def members(items: list) -> str:
    """Return a few characters that a class matches."""
    negated = items[0][0] is codes.NEGATE
    text = re.compile(parser_text(items))
    found = [c for c in CANDIDATES if text.fullmatch(c)]
    if not negated:
        for code, value in items:
            if code is codes.LITERAL:
                found.append(chr(value))
            elif code is codes.RANGE:
                found.append(chr(value[0]))
    return "".join(dict.fromkeys(found)) or "a"


CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S", codes.CATEGORY_WORD: r"\w", codes.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def parser_text(items: list) -> str:
    """Write a parsed class of characters again."""
    text = ""
    for code, value in items:
        if code is codes.NEGATE:
            text += "^"
        elif code is codes.LITERAL:
            text += f"\\U{value:08x}"
        elif code is codes.RANGE:
            text += f"\\U{value[0]:08x}-\\U{value[1]:08x}"
        else:
            text += CATEGORIES[value]
    return f"[{text}]"


def sample(parsed: object) -> str:
    """Return the shortest text, nearly, that a parsed pattern matches."""
    text = ""
    for code, value in parsed:
        if code is codes.LITERAL:
            text += chr(value)
        elif code is codes.NOT_LITERAL:
            text += "a" if chr(value) != "a" else "b"
        elif code is codes.ANY:
            text += "a"
        elif code is codes.IN:
            text += members(value)[0]
        elif code in REPEATS:
            text += sample(value[2]) * max(value[0], 1)
        elif code is codes.BRANCH:
            text += sample(value[1][0])
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
            text += sample(inside(code, value)[0])
    return text


def parts(parsed: object, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield (what leads to it, what is repeated) for each repeat and each of its characters."""
    for at, (code, value) in enumerate(parsed):
        lead = before + sample(parsed[:at])
        if is_unbounded(code, value):
            yield lead, sample(value[2]) or "a"
            for inner, content in value[2]:
                if inner is codes.IN:
                    yield from ((lead, c) for c in members(content)[:6])
                elif inner is codes.BRANCH:
                    yield from ((lead, sample(branch) or "a") for branch in content[1])
        for part in inside(code, value):
            yield from parts(part, lead)
    if not before:
        yield "", sample(parsed)


TAILS = ("", "\0", "x", " ", "中", "<")


def attacks(pattern: re.Pattern) -> list[tuple[str, str, str]]:
    """Return texts as (start, what is repeated, end); some of them, all with LIANZHENG_LONG=1."""
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    units = sorted({(lead, unit) for lead, unit in parts(parsed) if unit})
    pairs = [*units, *(("", lead + unit) for lead, unit in units if lead)]
    tried = [(lead, unit, tail) for (lead, unit), tail in product(pairs, TAILS)]
    if len(tried) > MOST_TRIED and not LONG:
        return random.Random(0).sample(tried, MOST_TRIED)
    return tried


def seconds(pattern: re.Pattern, text: str, ways: set[str], *, times: int = 1) -> float:
    """Return the CPU seconds that the slowest of some ways of asking takes, at its best."""
    data = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    nothing = data[:0]
    taken = []
    asking = {
        "match": pattern.match,
        "fullmatch": pattern.fullmatch,
        "subn": lambda data: pattern.subn(nothing, data),
    }
    for ask in (asking[way] for way in ways):
        best = float("inf")
        for _ in range(times):
            start = time.process_time()
            ask(data)
            best = min(best, time.process_time() - start)
        taken.append(best)
    return max(taken)


def growth(
    pattern: re.Pattern, short: str, long: str, ways: set[str], most: float = MOST_GROWTH
) -> float:
    """Return how many times as long the longer text takes; 0 where neither takes any time."""
    least = float("inf")
    for _ in range(TRIALS):
        if (
            seconds(pattern, long, ways) < NOISE
            or seconds(pattern, long, ways, times=AGAIN) < NOISE
        ):
            return 0
        times = seconds(pattern, long, ways, times=AGAIN) / seconds(
            pattern, short, ways, times=AGAIN
        )
        least = min(least, times)
        if least < most:
            break
    return least


def test_there_are_patterns():
    """A test of nothing proves nothing."""
    assert "reading.read.HTML_START" in PATTERNS
    assert "cleaning.page_furniture.MARKED_NUMBER" in PATTERNS
    assert len(PATTERNS) > 100


@pytest.mark.parametrize("name", PATTERNS)
def test_no_repeat_within_a_repeat(name):
    """What may be divided in many ways takes exponential time where nothing fits."""
    pattern = PATTERNS[name]
    assert not nested(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))


@pytest.mark.parametrize("name", PATTERNS)
def test_time_grows_with_the_text(name):
    """Each pattern is tried on text of its own parts, which nearly fits."""
    pattern = PATTERNS[name]
    ways = asked(name)
    for lead, unit, tail in attacks(pattern):
        short, long = (lead + unit * (size // len(unit)) + tail for size in SIZES)
        assert growth(pattern, short, long, ways) < MOST_GROWTH, (lead, unit, tail)


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda rule: rule.name)
def test_no_watermark_rule_explodes(rule):
    """A line of at most 160 characters: four times the line takes less than its cube."""
    pattern = re.compile(rule.pattern, re.IGNORECASE)
    for lead, unit, tail in attacks(pattern):
        short, long = (lead + unit * (size // len(unit)) + tail for size in SHORT_SIZES)
        times = growth(pattern, short, long, {"fullmatch"}, MOST_CUBE)
        assert times < MOST_CUBE, (lead, unit, tail)


TRANSCRIPT = [f"00:{n // 60:02}:{n % 60:02} 同志们，这是第{n}句记录。" for n in range(30)]
INTERVIEW = [f"Question: 第{n}问\nAnswer: 要把家风讲清楚。" for n in range(30)]
LINKS = [f"http://example.invalid/{n}.html" for n in range(60)]
LISTED = [f"theme-{n}: 家风" for n in range(40)]
HEAD = [f"X-Head-{n}: value" for n in range(40)]


@pytest.mark.parametrize(
    "lines",
    [
        TRANSCRIPT,
        INTERVIEW,
        LINKS,
        LISTED,
        HEAD,
        ["a:"] * 900,
        ["a:", ""] * 400,
        ["a:", " b"] * 400,
    ],
    ids=["transcript", "interview", "links", "queries", "heads", "bare", "blank", "folded"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_that_look_like_the_head_of_a_mail_are_text(lines, end):
    """A transcript, an interview, a list: each is read, and at once."""
    data = end.join([*lines, "同志们："]).encode()
    assert content_type(data) == "text"
    assert read_bytes(data, path="a.txt").lines[-1] == "同志们："


@pytest.mark.parametrize("opening", ["<!--a-->", "<!---->\n", "<![a]>", "<?xml a?>", " \n"])
def test_what_may_come_before_a_page_is_passed_over_once(opening):
    """Comments before anything else do not make a file slow, page or not."""
    many = (opening * 400)[:3000]
    whole = many[: len(many) // len(opening) * len(opening)]
    assert content_type((whole + "家风").encode()) == "text"
    assert content_type((whole + "<html><p>家风</p>").encode()) == "html"


def test_a_saved_mail_page_is_told_by_its_head():
    """The field that makes a mail of it may come late, and after folded lines."""
    head = 'From: "Saved"\r\nSubject: =?utf-8?B?5a62?=\r\n\t=?utf-8?B?6aOO?=\r\nDate: Mon\r\n'
    rest = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>家风</p>\r\n"
    assert content_type((head + rest).encode()) == "mht"
    assert content_type(rest.encode()) == "mht"
    assert content_type(rest.lower().encode()) == "mht"
    assert content_type(("说明：\n" + rest).encode()) == "text"
    assert read_bytes((head + rest).encode(), path="a.mht").lines == ("家风",)
    assert content_type(SPEECH.encode() + rest.encode()) == "text"
