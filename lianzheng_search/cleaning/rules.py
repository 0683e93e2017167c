"""Watermark rules: which lines each takes, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from ..text.patterns import BudgetedPattern, Match, Pattern, compiled
from .line_folding import any_of, fold_in_place, fold_line

Place = Literal["head", "under_title", "tail", "anywhere", "inside"]
Need = Literal["neighbour", "block", "vendor", "run", "page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    A family of watermarks, taken out a whole line at a time, or, ``inside``, out of a line.

    `pattern` must match the whole of the folded line (`fold_line`) in one of the places `where`,
    and is tried only if the line holds one of `words`. With `needs`, it holds only in company:
    ``neighbour`` beside a line already taken, ``block`` inside a block of such lines, ``vendor``
    where the group of that name is the vendor that a line already taken names, ``run`` beside
    two more lines of such rules, ``page`` beside a page number. ``inside``, it must match from
    the start of a clause. `takes` and `leaves` are lines that it must and must not match. A
    pattern known to take `linear` time needs no budget.
    """

    name: str
    reason: str
    where: tuple[Place, ...]
    pattern: str
    takes: tuple[str, ...]
    leaves: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    needs: Need | None = None
    linear: bool = False

    def match(self, folded: str) -> Match | None:
        """Match a folded line, wherever it stands and whatever stands beside it."""
        # A plain `in` is many times faster than the expression, and most lines have none of the
        # words.
        for word in self.words:
            if word in folded:
                break
        else:
            if self.words:
                return None
        # Always the whole line: a sentence of a speech may mention 会员 or QQ群, and must stay.
        return self.compiled.fullmatch(folded)

    def takes_line(self, line: str) -> bool:
        """Check whether a line as it stands, or one inside another, is of this family."""
        if self.match(fold_line(line)):
            return True
        inside = "inside" in self.where and self.compiled.fullmatch(fold_in_place(line)[0])
        return bool(inside)

    @property
    def compiled(self) -> Pattern:
        """The pattern, which raises SlowPatternError where it is not `linear` and takes long."""
        return compiled(self.pattern, linear=self.linear)

    @property
    def spent(self) -> bool:
        """Whether the pattern has used up its time."""
        return isinstance(self.compiled, BudgetedPattern) and self.compiled.spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The rules of one file, in order; the first that matches takes the line.

    `fingerprint` is the SHA-256, in hex, of all that the file says except its comments; two sets
    are equal if theirs are.
    """

    rules: tuple[Rule, ...] = field(compare=False, repr=False)
    fingerprint: str


def without_spent(rules: Rules) -> Rules:
    """Return the rules whose patterns have time left."""
    spent = frozenset(rule.name for rule in rules.rules if not rule.linear and rule.spent)
    return _without(rules, spent) if spent else rules


@lru_cache(maxsize=64)
def _without(rules: Rules, names: frozenset[str]) -> Rules:
    left = tuple(rule for rule in rules.rules if rule.name not in names)
    return Rules(rules=left, fingerprint=f"{rules.fingerprint} without {sorted(names)}")


@lru_cache(maxsize=16)
def prefilter(rules: Rules, place: Place) -> re.Pattern[str] | None:
    """Return a pattern that finds the words of the rules for a place; None where they have none."""
    words = sorted({w for rule in rules.rules if place in rule.where for w in rule.words if w})
    if not words:
        return None
    return any_of(words)


@lru_cache(maxsize=64)
def rules_for(rules: Rules, places: frozenset[Place]) -> tuple[Rule, ...]:
    """Return the rules that take a line in any of some places, without looking at others."""
    return tuple(r for r in rules.rules if not r.needs and not places.isdisjoint(r.where))
