"""Regular expressions that a user wrote -> patterns that end: refused, or with a budget of time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

PURSE = 1.0
"""CPU time in seconds that all searches of a user's pattern may take beyond what they earn."""
EARNED = 0.001
"""CPU time in seconds that each search earns; it usually needs a hundredth of that."""
ENDLESS = 1_000_000_000
"""Number of ways that stands for all larger ones."""
MOST_WAYS = 10_000
"""Maximum number of ways in which a bounded pattern may try to match at a place."""
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

    def __init__(self, source: str) -> None:
        import regex  # only where a user has rules of their own

        # Where `re` sees a brace, regex may see a fuzzy search, which nobody has asked for.
        source = LITERAL_BRACE.sub(r"\\{", source)
        self._pattern = regex.compile(source, regex.IGNORECASE | regex.VERSION0)
        self._purse = PURSE
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
        begin = time.process_time()
        try:
            found = ask(text, start, timeout=self._purse)
        except TimeoutError:
            self._purse = 0
            found = None
        self._purse = min(PURSE, self._purse + EARNED - (time.process_time() - begin))
        if self._purse <= 0:
            self.spent = True
            raise SlowPatternError
        return found


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


@lru_cache(maxsize=4096)
def compiled(source: str, *, linear: bool) -> Pattern:
    """
    Compile a pattern, once; one that is not known to take linear time gets a budget.

    >>> bool(compiled("清{2}", linear=False).fullmatch("清清"))
    True
    """
    return re.compile(source, re.IGNORECASE) if linear else BudgetedPattern(source)
