"""A file of watermark rules -> `Rules`, or where it is wrong and why."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, get_args

from .. import data
from ..errors import RequestError
from ..messages import _, system_reason
from ..text.patterns import SlowPatternError, compiled, length_written_out
from ..text.rule_text import TomlFaultError, parse_toml, rule_text
from .line_folding import FOLD, fold_line
from .rules import Need, Place, Rule, Rules

RULES_FILE = data.FOLDER / "watermarks.toml"
FRAGMENT = re.compile(r"\{([a-z_]+)\}")
RULE_HEADER = re.compile(r"\s*\[\[\s*rule\s*\]\]")
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
MOST_RULES = 1_000
"""Maximum number of rules in a file."""
LONGEST_PATTERN = 50_000
"""Maximum length of a pattern with its fragments put in, in characters."""
MOST_EXPANDED = 1_000_000
"""Maximum length of all patterns and fragments of a file together, in characters."""
MOST_WORDS, LONGEST_WORD = 2_000, 40
"""Maximum number of words that all rules of a file name, and their length in characters."""


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
        self.expanded = 0
        try:
            self.text = rule_text(path)
        except OSError as error:
            self.fail(None, system_reason(error), _("Check the path"))
        except UnicodeDecodeError:
            self.fail(None, _("it is not UTF-8"), _("Save it as UTF-8"))
        try:
            self.data = parse_toml(self.text)
        except TomlFaultError as fault:
            self.fail(fault.line, fault.reason, _("Correct the TOML there"))

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
            fragments[name] = self.expand(pattern, fragments, name)
        entries = self.data.get("rule", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.fail(self.line("rule"), _("rule is no list of tables"), _("Write [[rule]]"))
        if len(entries) > MOST_RULES:
            why = _("more than {most} rules").format(most=MOST_RULES)
            self.fail(self.line(None, MOST_RULES), why, _("Leave some out"))
        rules = tuple(self.rule(n, entry, fragments) for n, entry in enumerate(entries))
        names: set[str] = set()
        for number, rule in enumerate(rules):
            if rule.name in names:
                why = _("a second rule is called {name}").format(name=rule.name)
                self.fail(self.line("name", number), why, _("Give it another name"))
            names.add(rule.name)
        if sum(len(rule.words) for rule in rules) > MOST_WORDS:
            why = _("more than {most} words").format(most=MOST_WORDS)
            self.fail(None, why, _("Leave some out"))
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
        open_places = {"anywhere", "inside"}.intersection(entry["where"])
        alone = entry.get("needs") in (None, "run", "page")
        if open_places and not (alone and (entry.get("words") or entry.get("needs"))):
            why = _("a rule for anywhere or inside must have words, and no such needs")
            self.fail(self.line("where", number), why, _("Give it other places, or words"))
        words = tuple(word.translate(FOLD).lower() for word in entry.get("words", ()))
        if any(len(word) > LONGEST_WORD for word in words):
            why = _("a word is longer than {most} characters").format(most=LONGEST_WORD)
            self.fail(self.line("words", number), why, _("Take a part of it"))
        pattern = self.expand(entry["pattern"], fragments, "pattern", number)
        return Rule(
            name=entry["name"],
            reason=entry["reason"],
            where=tuple(entry["where"]),
            needs=entry.get("needs"),
            words=words,
            pattern=pattern,
            takes=tuple(entry["takes"]),
            leaves=tuple(entry.get("leaves", ())),
            linear=self.path == RULES_FILE or pattern in _linear_patterns(),
        )

    def expand(
        self, pattern: str, fragments: Mapping[str, str], key: str, number: int | None = None
    ) -> str:
        """Put fragments into a pattern; `key` and `number` tell where it is written."""
        length = len(pattern)
        for name in FRAGMENT.findall(pattern):
            if name not in fragments:
                why = _("there is no fragment {name}").format(name=name)
                what = _("Define it further up, under [fragments]")
                self.fail(self.line(key, number), why, what)
            length += len(fragments[name]) + len("(?:)") - len(f"{{{name}}}")
        # Ten fragments, each ten times the one before, would be ten thousand million characters.
        self.expanded += length
        for size, most in ((length, LONGEST_PATTERN), (self.expanded, MOST_EXPANDED)):
            if size > most:
                why = _("with its fragments, this is longer than {most} characters")
                self.fail(self.line(key, number), why.format(most=most), _("Shorten it"))
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


@cache
def _linear_patterns() -> frozenset[str]:
    """Return the patterns of the package: a test holds that each takes linear time."""
    return frozenset(rule.pattern for rule in load_rules().rules)


def check_examples(rules: Sequence[Rule], file: _RuleFile) -> None:
    """Hold every rule against its own examples."""
    for number, rule in enumerate(rules):
        try:
            groups = re.compile(rule.pattern).groupindex
            if length_written_out(rule.pattern) > LONGEST_PATTERN:
                why = _("with its repeats written out, this is longer than {most} characters")
                why = why.format(most=LONGEST_PATTERN)
                file.fail(file.line("pattern", number), why, _("Shorten it"))
            compiled(rule.pattern, linear=rule.linear)
        except (re.error, OverflowError, RecursionError) as error:
            why = _("the pattern is no regular expression: {reason}").format(reason=error)
            file.fail(file.line("pattern", number), why, _("Correct it"))
        if rule.needs == "vendor" and "vendor" not in groups:
            why = _("the pattern has no group (?P<vendor>…), which needs asks for")
            file.fail(file.line("pattern", number), why, _("Add it"))
        for key, examples, wanted in (("takes", rule.takes, True), ("leaves", rule.leaves, False)):
            for example in examples:
                try:
                    taken = rule.takes_line(example)
                except SlowPatternError:
                    why = _("the pattern takes too long for {example}").format(example=example)
                    what = _("Let nothing repeat that repeats itself")
                    file.fail(file.line("pattern", number), why, what)
                if taken and not wanted:
                    why = _("the pattern takes {example}").format(example=example)
                    file.fail(file.line(key, number), why, _("Make it narrower"))
                if wanted and not taken:
                    why = _("the pattern, or the words, do not take {example}")
                    what = _("Correct one of them; the line is compared as {folded}")
                    what = what.format(folded=fold_line(example))
                    file.fail(file.line(key, number), why.format(example=example), what)
