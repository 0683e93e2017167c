"""Regular expressions that a user wrote -> patterns that end: refused, or with a budget of time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

PURSE = 1.0
"""
CPU time in seconds that all searches of a user's pattern may take beyond what they earn.

The n-th pattern that is given up had an n-th of it: two hundred slow patterns of a file take eight
seconds together, not two hundred.
"""
SMALLEST_PURSE = 0.02
EARNED, EARNED_PER_CHARACTER = 2e-5, 1e-6
"""
CPU time in seconds that each search earns, and each character of its text.

Patterns that take time in proportion to the text need a twentieth of that.
"""
ENDLESS = 1_000_000_000
"""Number of ways that stands for all larger ones."""
MOST_WAYS = 10_000
"""Maximum number of ways in which a bounded pattern may try to match at a place."""
MOST_WAYS_TOGETHER = 50_000
"""Maximum number of ways of all patterns of a file; those of the package have 12,000."""
LITERAL_BRACE = re.compile(r"(?<!\\)\{(?!\d*+(?:,\d*+)?\})")


class SlowPatternError(Exception):
    """A user's pattern that has used up its time."""


class Match(Protocol):
    """What is needed of a match, of either engine."""

    def __getitem__(self, group: str, /) -> Any:
        """Return the text of a group."""

    def groupdict(self) -> dict[str, Any]:
        """Return the texts of all named groups."""

    def end(self) -> int:
        """Return where the match ends."""


class Pattern(Protocol):
    """What is needed of a pattern, of either engine."""

    def match(self, text: str, start: int = 0, /) -> Match | None:
        """Match from a place on."""

    def fullmatch(self, text: str, /) -> Match | None:
        """Match a whole text."""


class BudgetedPattern:
    """
    A pattern that raises SlowPatternError when it has used up its time, and from then on.

    The engine of `re` cannot be stopped: a pattern such as ``(?:a|a)+b``, in a file that came
    with a folder, would take years for a line of sixty letters.
    """

    given_up = 0
    """Number of patterns that have used up their time, in this process."""

    def __init__(self, source: str) -> None:
        import regex  # only where a user has rules of their own

        # Where `re` sees a brace, regex may see a fuzzy search, which nobody has asked for.
        source = LITERAL_BRACE.sub(r"\\{", source)
        self._pattern = regex.compile(source, regex.IGNORECASE | regex.VERSION0)
        self._left = PURSE
        self.spent = False

    def match(self, text: str, start: int = 0, /) -> Match | None:
        """Match from a place on."""
        return self._timed(self._pattern.match, text, start)

    def fullmatch(self, text: str, /) -> Match | None:
        """Match a whole text."""
        return self._timed(self._pattern.fullmatch, text, 0)

    def _timed(self, ask: Callable[..., Match | None], text: str, start: int) -> Match | None:
        if self.spent:
            raise SlowPatternError
        most = max(PURSE / (1 + BudgetedPattern.given_up), SMALLEST_PURSE)
        left = min(self._left, most)
        begin = time.process_time()
        try:
            found = ask(text, start, timeout=left)
        except TimeoutError:
            left, found = 0, None
        earned = EARNED + EARNED_PER_CHARACTER * len(text)
        self._left = min(most, left + earned - (time.process_time() - begin))
        if self._left <= 0:
            self.spent = True
            BudgetedPattern.given_up += 1
            raise SlowPatternError
        return found


@lru_cache(maxsize=4096)
def ways(source: str) -> int:
    """
    Count the ways in which a pattern can try to match at a place, up to a thousand million.

    Each of them may be tried before the engine gives up. A repeat without bounds counts as
    endlessly many. Raises what `re.compile` raises.

    >>> ways("(?:管好|管住).{0,6}子女"), ways("(?:[a-z]{0,30}[a-z]{0,30}){0,30}!")
    (7, 1000000000)
    """
    from re import _parser  # type: ignore[attr-defined]  # the parser of `re` has no other name

    return _ways(_parser.parse(source))


def _ways(parsed: Any) -> int:
    product = 1
    for code, value in parsed:
        kind = str(code)
        if kind.endswith("_REPEAT"):
            product *= _ways_to_repeat(_ways(value[2]), int(value[0]), int(value[1]))
        elif kind == "BRANCH":
            product *= sum(map(_ways, value[1]))
        elif kind in ("SUBPATTERN", "GROUPREF_EXISTS"):
            product *= sum(_ways(part) for part in value[1:] if hasattr(part, "data"))
        elif kind in ("ASSERT", "ASSERT_NOT"):
            product *= _ways(value[1])
        elif kind == "ATOMIC_GROUP":
            product *= _ways(value)
        product = min(product, ENDLESS)
    return product


def _ways_to_repeat(ways_once: int, least: int, most: int) -> int:
    if ways_once == 1:
        return most - least + 1
    total = 0
    for times in range(most + 1):
        ways_so_far = ways_once**times
        if ways_so_far >= ENDLESS:  # after thirty times at most
            return ENDLESS
        total += ways_so_far if times >= least else 0
    return total


def length_written_out(source: str) -> int:
    """
    Return how long a pattern is with each repeat written out as often as it must come.

    An engine may hold it so in memory: thousands of thousands of times ``a`` would fill it.
    Raises what `re.compile` raises.

    >>> length_written_out("清{2,9}风"), length_written_out("(?:清{1000}){1000}")
    (3, 1000000)
    """
    from re import _parser  # type: ignore[attr-defined]  # the parser of `re` has no other name

    return _length(_parser.parse(source))


def _length(parsed: Any) -> int:
    """Return the length of a part of a parsed pattern, whatever holds it."""
    if hasattr(parsed, "data"):
        return sum(_length_of_item(str(code), value) for code, value in parsed)
    return sum(map(_length, parsed)) if isinstance(parsed, (list, tuple)) else 0


def _length_of_item(kind: str, value: Any) -> int:
    if kind.endswith("_REPEAT"):
        return _length(value[2]) * max(int(value[0]), 1)
    return max(_length(value), 1)


@lru_cache(maxsize=4096)
def compiled(source: str, *, linear: bool) -> Pattern:
    """
    Compile a pattern, once; one that is not known to take linear time gets a budget.

    >>> bool(compiled("清{2}", linear=False).fullmatch("清清"))
    True
    """
    return re.compile(source, re.IGNORECASE) if linear else BudgetedPattern(source)
