"""A file of watermark rules -> `Rules`, or where it is wrong and why."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from .. import data
from ..errors import RequestError
from ..messages import _, system_reason
from .line_folding import FOLD, fold_line
from .rules import Need, Place, Rule, Rules, compiled

RULES_FILE = data.FOLDER / "watermarks.toml"
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
            self.fail(None, system_reason(error), _("Check the path"))
        except UnicodeDecodeError:
            self.fail(None, _("it is not UTF-8"), _("Save it as UTF-8"))
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
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
        open_places = {"anywhere", "inside"}.intersection(entry["where"])
        alone = entry.get("needs") in (None, "run", "page")
        if open_places and not (alone and (entry.get("words") or entry.get("needs"))):
            why = _("a rule for anywhere or inside must have words, and no such needs")
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
            groups = compiled(rule.pattern).groupindex
        except (re.error, OverflowError, RecursionError) as error:
            why = _("the pattern is no regular expression: {reason}").format(reason=error)
            file.fail(file.line("pattern", number), why, _("Correct it"))
        if rule.needs == "vendor" and "vendor" not in groups:
            why = _("the pattern has no group (?P<vendor>…), which needs asks for")
            file.fail(file.line("pattern", number), why, _("Add it"))
        for example in rule.takes:
            if not rule.takes_line(example):
                why = _("the pattern, or the words, do not take {example}").format(example=example)
                what = _("Correct one of them; the line is compared as {folded}")
                file.fail(file.line("takes", number), why, what.format(folded=fold_line(example)))
        for example in rule.leaves:
            if rule.takes_line(example):
                why = _("the pattern takes {example}").format(example=example)
                file.fail(file.line("leaves", number), why, _("Make it narrower"))
