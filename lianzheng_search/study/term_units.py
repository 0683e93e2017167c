"""Strings that recur in a theme -> those that are units, and no pieces of longer ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ..index.backend import Backend

SHORTEST, LONGEST = 2, 8
MOST_ALIKE = 0.5
"""Maximum share of a string's places next to the same character, unless it is a word."""
MOSTLY = 0.75
"""Minimum share of a string's places inside a longer one that make it a part of that."""
LEAST_POINTING = 4
POINTING = frozenset("他她它我你您此该某第今昨明几两一")
"""What points or counts says little, unless it opens a set phrase (第一责任人)."""
LOOSE = frozenset(
    "的了和与及在是要把对从为不也就都而或其之以于等将被让使有这那个们到我你他又更很并只"
)
"""Characters at which a string that is no word must not begin or end."""
HAN = re.compile("[\u4e00-\u9fff]+")
TERM = "_"
"""Stands for a term, so that nothing that holds a part of one is found: 符合国 of 符合国家规定."""


def is_unit(backend: Backend, string: str, text: str) -> bool:
    """Check that a string is a word of the corpus, or stands as freely as one."""
    if string[0] in POINTING and len(string) < LEAST_POINTING:
        return False
    loose, word = string[0] in LOOSE or string[-1] in LOOSE, backend.is_word(string)
    if loose != word:
        return word
    return stands_freely(string, text)  # also 护井要, which jieba takes for a word


def stands_freely(string: str, text: str) -> bool:
    """Check that no one character is next to a string in more than half of its places."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    places = 0
    at = text.find(string)
    while at >= 0:
        end = at + len(string)
        before[text[at - 1 : at]] += 1
        after[text[end : end + 1]] += 1
        places += 1
        at = text.find(string, end)
    # A string that one character always precedes or follows is a piece of a word: 任意 of 责任意识.
    return all(
        count <= MOST_ALIKE * places
        for neighbours in (before, after)
        for neighbour, count in neighbours.items()
        if neighbour == TERM or HAN.fullmatch(neighbour)
    )


def parts_of_longer(strings: Iterable[str], counts: Counter[str]) -> set[str]:
    """Return the strings that mostly stand in a longer one of them."""
    return {
        string[start:end]
        for string in strings
        for start in range(len(string) - 1)
        for end in range(start + SHORTEST, len(string) + 1)
        if end - start < len(string) and counts[string] >= MOSTLY * counts[string[start:end]]
    }
