"""RawFile -> CleanText: the watermark rules, in order, each with its reason."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from .language import N_, _
from .marks import BLANK
from .model import CleanText, Line, Problem, RawFile, Removal, RequestError

RULES_FILE = Path(__file__).parent / "data" / "watermarks.toml"

LONGEST_WATERMARK = 160
"""In code points, as it stands in the file; a longer line is text."""
LONGEST_FRONT_LINE = 60
"""A longer line belongs to the body, whatever it says."""
MOST_KEPT = 20
"""So many lines that stay are looked at from either end, where the body does not come first."""
SHORTEST_TITLE = 6
LEAST_IN_BLOCK = 3
"""So many lines of a block must be known watermarks, and twice as many as unknown lines."""

FOLD = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {mark: mark for mark in "，！：；？（）"}
    | dict.fromkeys(BLANK)
    | dict(zip(",!:;?()[]\uff3b\uff3d〔〕", "，！：；？（）【】【】【】", strict=True))
    | dict.fromkeys("“”„「」『』＂", '"')
    | dict.fromkeys("—－–―─−‐", "-")
    | dict.fromkeys("•・‧●", "·")
    | dict.fromkeys("｜│丨", "|")
)
DRESS = re.compile(r'^(?:[^\w©【（《"]|_)+|(?:[^\w©】）》"]|_)+$')
WRAPPED = re.compile(r'【([^【】]+)】|（([^（）]+)）|《([^《》]+)》|"([^"]+)"')

SALUTATION = re.compile(
    r"(?=.{2,40}$).*(?:同志|朋友|各位|代表|委员|女士|先生|来宾|同学|老师|家属|战友|领导).{0,20}[：:！!，,]$"
)
NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]|\d{1,2}[、.．](?!\d)"
    r"|第[一二三四五六七八九十百零\d]{1,5}[章节条编]"
)
NO_TITLE = re.compile(r"[-—－―─（(]|.{0,4}[\d〇一二三四五六七八九十]{2,4}[年./-]|.{0,8}[：:]")
"""Subtitles, dates, what stands in brackets, lines such as 来源：…"""

Place = Literal["head", "under_title", "tail", "anywhere"]
Need = Literal["neighbour", "block", "vendor"]

FRAGMENT = re.compile(r"\{([a-z_]+)\}")
RULE_HEADER = re.compile(r"\s*\[\[\s*rule\s*\]\]")
TOML_PLACE = re.compile(r"\s*\((?:at line (\d+), column \d+|at end of document)\)")
KEYS: Mapping[str, tuple[type, bool]] = {
    "name": (str, True),
    "reason": (str, True),
    "where": (list, True),
    "needs": (str, False),
    "words": (list, False),
    "pattern": (str, True),
    "takes": (list, True),
    "leaves": (list, False),
}
"""The keys of a rule: the type of the value, and whether a rule must have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    A family of watermarks, taken out a whole line at a time.

    `pattern` must match the whole of the folded line (see `fold`) in one of the places `where`,
    and is tried only if the line holds one of `words`. With `needs`, it holds only in company:
    ``neighbour`` beside a line already taken, ``block`` inside a block of such lines, ``vendor``
    where the group of that name is the vendor that a line already taken names. `takes` and
    `leaves` are lines that the pattern must and must not match.
    """

    name: str
    reason: str
    where: tuple[Place, ...]
    pattern: str
    takes: tuple[str, ...]
    leaves: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    needs: Need | None = None

    def match(self, folded: str) -> re.Match[str] | None:
        """Match a folded line, wherever it stands and whatever stands beside it."""
        if self.words and not any(word in folded for word in self.words):
            return None
        return _compiled(self.pattern).fullmatch(folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The rules of one file, in order; the first that matches takes the line.

    `fingerprint` is the SHA-256, in hex, of all that the file says except its comments; two sets
    are equal if theirs are.
    """

    rules: tuple[Rule, ...] = field(compare=False, repr=False)
    fingerprint: str


def fold(line: str) -> str:
    """
    Bring a line into the form that patterns are written for.

    White space goes, full-width letters become ASCII, marks become Chinese ones (，：（ and 【 for
    a square bracket, " for any double quote, - for any dash), letters small; marks around the
    line and brackets that enclose all of it go, too.

    >>> fold("★ 咨 询 ＱＱ:123 ★"), fold("【仅供学习,请勿外传！】")
    ('咨询qq：123', '仅供学习，请勿外传')
    """
    folded = line.translate(FOLD).lower()
    while True:
        bare = DRESS.sub("", folded)
        if wrapped := WRAPPED.fullmatch(bare):
            bare = wrapped[wrapped.lastindex or 0]
        if bare == folded:
            return folded
        folded = bare


def clean(raw: RawFile, rules: Rules) -> CleanText:
    """
    Take the watermarks out of a file, line by line, until there are none left.

    >>> raw = RawFile(path="a.txt", encoding="utf-8", lines=("只供学习 谢绝外传", "", "同志们："))
    >>> text = clean(raw, load_rules())
    >>> [line.text for line in text.lines], [(gone.line, gone.rule) for gone in text.removals]
    (['', '同志们：'], [(1, 'study-only')])
    """
    kept = [Line(number, text) for number, text in enumerate(raw.lines, start=1)]
    removals: list[Removal] = []
    # Round by round, so that cleaning what was cleaned can find nothing more.
    while taken := _Sweep(kept, rules).taken:
        removals += (
            Removal(line=kept[at].number, rule=rule.name, text=kept[at].text)
            for at, rule in taken.items()
        )
        kept = [line for at, line in enumerate(kept) if at not in taken]
    problems = raw.problems
    if removals and all(_is_blank(line.text) for line in kept):
        only = N_("nothing but watermarks: no text is left")
        problems += (Problem(path=raw.path, line=None, message=only),)
    return CleanText(
        path=raw.path,
        encoding=raw.encoding,
        lines=tuple(kept),
        removals=(*raw.removals, *sorted(removals, key=lambda removal: removal.line or 0)),
        problems=problems,
        headings=raw.headings,
    )


def cleaned_text(clean: CleanText) -> str:
    r"""
    Give the text that is left, without blank lines at its ends and no two running.

    >>> cleaned_text(CleanText(path="a.txt", encoding="utf-8", lines=tuple(
    ...     Line(n, text) for n, text in enumerate(["", "题目", "", " ", "正文。", ""], 1))))
    '题目\n\n正文。'
    """
    kept: list[str] = []
    for line in clean.lines:
        if not _is_blank(line.text):
            kept.append(line.text)
        elif kept and kept[-1]:
            kept.append("")
    return "\n".join(kept[:-1] if kept and not kept[-1] else kept)


class _Sweep:
    """One round over the lines of a file; `taken` says which, by index, fall to which rule."""

    def __init__(self, lines: Sequence[Line], rules: Rules) -> None:
        self.lines = lines
        self.rules = rules.rules
        self.taken: dict[int, Rule] = {}
        self.naming: dict[int, str] = {}
        self._anywhere(_prefilter(rules))
        self.head = list(self._walk(range(len(lines)), {"head"}))
        end = self.head[-1] if self.head else -1
        self.tail = list(self._walk(range(len(lines) - 1, end, -1), {"tail"}))[::-1]
        if self.taken:
            while self._take_by_company():
                pass

    def _anywhere(self, prefilter: re.Pattern[str] | None) -> None:
        if prefilter is None:
            return
        for at, line in enumerate(self.lines):
            if len(line.text) <= LONGEST_WATERMARK and prefilter.search(line.text):
                self._take(at, {"anywhere"})

    def _walk(self, order: Iterable[int], places: set[Place]) -> Iterator[int]:
        """Go inwards from an end of the file to the body, and take what surely is a watermark."""
        kept = 0
        for at in order:
            text = self.lines[at].text.strip(BLANK)
            if not text:
                continue
            if at not in self.taken and not self._take(at, places):
                if _is_body(text) or kept == MOST_KEPT:
                    return
                kept += 1
                if "head" in places:
                    places = places | {"under_title"}
            yield at

    def _take(self, at: int, places: set[Place]) -> bool:
        line = self.lines[at].text
        if len(line) > LONGEST_WATERMARK:
            return False
        folded = fold(line)
        for rule in self.rules:
            if rule.needs or places.isdisjoint(rule.where):
                continue
            if found := rule.match(folded):
                self.taken[at] = rule
                if vendor := found.groupdict().get("vendor"):
                    self.naming[at] = vendor
                return True
        return False

    def _take_by_company(self) -> bool:
        """Take one line, if there is one, for the company that it keeps."""
        for region, place in ((self.head, "head"), (self.tail, "tail")):
            for block in _blocks(region):
                for at in block:
                    if at in self.taken:
                        continue
                    folded = fold(self.lines[at].text)
                    for rule in self.rules:
                        if rule.needs is None or place not in rule.where:
                            continue
                        found = rule.match(folded)
                        if found and self._has_company(rule.needs, found, at, block):
                            self.taken[at] = rule
                            return True
        return False

    def _has_company(
        self, needs: Need, found: re.Match[str], at: int, block: Sequence[int]
    ) -> bool:
        if needs == "vendor":
            return found["vendor"] in self.naming.values()
        if at in self.head and not self._is_spare(at, block):
            return False
        index = block.index(at)
        if needs == "neighbour":
            return any(near in self.taken for near in block[max(index - 1, 0) : index + 2])
        known = [near for near in block if near in self.taken]
        if len(known) < LEAST_IN_BLOCK or not known[0] < at < known[-1]:
            return False
        span = block.index(known[-1]) - block.index(known[0]) + 1
        return len(known) >= 2 * (span - len(known))

    def _is_spare(self, at: int, block: Sequence[int]) -> bool:
        """Tell whether a line of the head can go, and leave one that may be the title."""
        titles = [t for t in self.head if t not in self.taken and _may_be_title(self.lines[t].text)]
        if not titles:
            return len(fold(self.lines[at].text)) < SHORTEST_TITLE
        below = next((near for near in block if near > at and near in self.taken), block[-1])
        # The line that names the vendor stands under titles: what is above it may be one.
        beyond = block[-1] if below in self.naming else below
        return titles[-1] > beyond


def load_rules(path: Path | None = None) -> Rules:
    """
    Read a file of watermark rules, or the one that comes with the tool.

    Its head tells how it is written. A wrong entry raises `RequestError`, which names its line.

    >>> [rule.name for rule in load_rules().rules][:2]
    ['resale-notice', 'study-only']
    """
    file = _RuleFile(path or RULES_FILE)
    rules = file.rules()
    if path is not None:  # those of the package are held against their examples by a test
        check_examples(rules, file)
    content = json.dumps(file.data, ensure_ascii=False)
    return Rules(rules=rules, fingerprint=hashlib.sha256(content.encode()).hexdigest())


class _RuleFile:
    """A file of rules: reads its entries and, where one is wrong, says on which line and why."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            self.fail(None, error.strerror or str(error), _("Check the path"))
        except UnicodeDecodeError:
            self.fail(None, _("it is not UTF-8"), _("Save it as UTF-8"))
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            place = TOML_PLACE.search(str(error))
            line = int(place[1]) if place and place[1] else self.text.count("\n") + 1
            self.fail(line, TOML_PLACE.sub("", str(error)), _("Correct the TOML there"))

    def rules(self) -> tuple[Rule, ...]:
        unknown = self.data.keys() - {"fragments", "rule"}
        for key in sorted(unknown):
            why = _("unknown key {key}").format(key=key)
            self.fail(self.line(key), why, _("Only [fragments] and [[rule]] may stand there"))
        fragments: dict[str, str] = {}
        for name, pattern in self.table("fragments").items():
            if not isinstance(pattern, str) or not FRAGMENT.fullmatch(f"{{{name}}}"):
                why = _("{key} is no fragment").format(key=name)
                self.fail(self.line(name), why, _("Write name = 'pattern', the name in a-z and _"))
            fragments[name] = self.expand(pattern, fragments, self.line(name))
        entries = self.data.get("rule", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.fail(self.line("rule"), _("rule is no list of tables"), _("Write [[rule]]"))
        rules = tuple(self.rule(n, entry, fragments) for n, entry in enumerate(entries))
        for number, rule in enumerate(rules):
            if any(rule.name == other.name for other in rules[:number]):
                why = _("a second rule is called {name}").format(name=rule.name)
                self.fail(self.line("name", number), why, _("Give it another name"))
        return rules

    def rule(self, number: int, entry: dict[str, Any], fragments: Mapping[str, str]) -> Rule:
        for key in entry:
            if key not in KEYS:
                why = _("unknown key {key}").format(key=key)
                self.fail(self.line(key, number), why, self.one_of(KEYS))
        for key, (kind, required) in KEYS.items():
            if required and not entry.get(key):
                why = _("the rule has no {key}").format(key=key)
                self.fail(self.line(None, number), why, _("Add it"))
            value = entry.get(key, kind())
            strings = value if isinstance(value, list) else [value]
            if not isinstance(value, kind) or not all(isinstance(s, str) for s in strings):
                why = _("{key} is of the wrong kind").format(key=key)
                what = _("Write a list of strings") if kind is list else _("Write a string")
                self.fail(self.line(key, number), why, what)
        for key, known in (("where", get_args(Place)), ("needs", get_args(Need))):
            value = entry.get(key, [])
            for word in [value] if isinstance(value, str) else value:
                if word not in known:
                    why = _("{key} knows no {word}").format(key=key, word=word)
                    self.fail(self.line(key, number), why, self.one_of(known))
        if "anywhere" in entry["where"] and (entry.get("needs") or not entry.get("words")):
            why = _("a rule for anywhere must have words, and must not have needs")
            self.fail(self.line("where", number), why, _("Give it other places, or words"))
        return Rule(
            name=entry["name"],
            reason=entry["reason"],
            where=tuple(entry["where"]),
            needs=entry.get("needs"),
            words=tuple(word.translate(FOLD).lower() for word in entry.get("words", ())),
            pattern=self.expand(entry["pattern"], fragments, self.line("pattern", number)),
            takes=tuple(entry["takes"]),
            leaves=tuple(entry.get("leaves", ())),
        )

    def expand(self, pattern: str, fragments: Mapping[str, str], line: int | None) -> str:
        for name in FRAGMENT.findall(pattern):
            if name not in fragments:
                why = _("there is no fragment {name}").format(name=name)
                self.fail(line, why, _("Define it further up, under [fragments]"))
        return FRAGMENT.sub(lambda name: f"(?:{fragments[name[1]]})", pattern)

    def table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            why = _("{key} is no table").format(key=key)
            self.fail(self.line(key), why, _("Write [{key}]").format(key=key))
        return value

    def line(self, key: str | None, entry: int | None = None) -> int | None:
        """Find the line of a key: in a rule, counted from 0, or else the first in the file."""
        at = -1
        for number, line in enumerate(self.text.split("\n"), start=1):
            if RULE_HEADER.match(line):
                at += 1
                if key is None and at == entry:
                    return number
            if key and entry in (at, None) and re.match(rf"\s*\[*\s*\"?{re.escape(key)}\b", line):
                return number
        return None

    def one_of(self, words: Iterable[str]) -> str:
        return _("Use one of: {words}").format(words=", ".join(words))

    def fail(self, line: int | None, why: str, what_to_do: str) -> NoReturn:
        place = str(self.path) if line is None else f"{self.path}:{line}"
        message = _("{place}: {why}. {what_to_do}")
        raise RequestError(message.format(place=place, why=why, what_to_do=what_to_do))


def check_examples(rules: Sequence[Rule], file: _RuleFile) -> None:
    """Hold every rule against its own examples."""
    for number, rule in enumerate(rules):
        try:
            groups = _compiled(rule.pattern).groupindex
        except (re.error, OverflowError, RecursionError) as error:
            why = _("the pattern is no regular expression: {reason}").format(reason=error)
            file.fail(file.line("pattern", number), why, _("Correct it"))
        if rule.needs == "vendor" and "vendor" not in groups:
            why = _("the pattern has no group (?P<vendor>…), which needs asks for")
            file.fail(file.line("pattern", number), why, _("Add it"))
        for example in rule.takes:
            if not rule.match(fold(example)):
                why = _("the pattern, or the words, do not take {example}").format(example=example)
                what = _("Correct one of them; the line is compared as {folded}")
                file.fail(file.line("takes", number), why, what.format(folded=fold(example)))
        for example in rule.leaves:
            if rule.match(fold(example)):
                why = _("the pattern takes {example}").format(example=example)
                file.fail(file.line("leaves", number), why, _("Make it narrower"))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=8)
def _prefilter(rules: Rules) -> re.Pattern[str] | None:
    """Find, in a line as it stands, a word of a rule that applies anywhere."""
    words = sorted({w for rule in rules.rules if "anywhere" in rule.where for w in rule.words if w})
    if not words:
        return None
    firsts = "".join(sorted({_any_width(word[0]) for word in words}))
    blanks = f"[{re.escape(BLANK)}]*"
    spelt = (
        f"(?<=[{_any_width(word[0])}])"
        + "".join(f"{blanks}[{_any_width(character)}]" for character in word[1:])
        for word in words
    )
    # The class in front lets the engine skip from one possible beginning to the next.
    return re.compile(f"[{firsts}](?:{'|'.join(spelt)})")


def _any_width(character: str) -> str:
    """
    Give a folded character in any of its widths and cases, for a class of a pattern.

    >>> _any_width("q"), _any_width("群")
    ('qQｑＱ', '群')
    """
    if not "!" <= character <= "~":
        return re.escape(character)
    both = dict.fromkeys((character, character.upper()))
    return re.escape("".join([*both, *(chr(ord(each) + 0xFEE0) for each in both)]))


def _is_blank(text: str) -> bool:
    return not text.strip(BLANK)


def _is_body(text: str) -> bool:
    return (
        len(text) > LONGEST_FRONT_LINE
        or "。" in text
        or "；" in text
        or bool(SALUTATION.match(text) or NUMBERED.match(text))
    )


def _may_be_title(line: str) -> bool:
    text = line.strip(BLANK)
    return len(fold(text)) >= SHORTEST_TITLE and not NO_TITLE.match(text)


def _blocks(region: Sequence[int]) -> list[list[int]]:
    """
    Group the lines of a head or tail, by index, that stand no further apart than the closest.

    >>> _blocks([0, 1, 3, 7]), _blocks([0, 2, 4, 9])
    ([[0, 1], [3], [7]], [[0, 2, 4], [9]])
    """
    closest = min((after - before for before, after in pairwise(region)), default=1)
    blocks: list[list[int]] = []
    for at in region:
        if blocks and at - blocks[-1][-1] <= closest:
            blocks[-1].append(at)
        else:
            blocks.append([at])
    return blocks
