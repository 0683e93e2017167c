"""Texts -> the characters and the common strings in them, with the documents they are in."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import add

from .postings import MOST_COUNTED

COMMON_SHARE = 32
"""A string that is in more than one of this many passages is common, and has postings."""
LONGEST_COMMON = 8
"""Maximum length of a common string, in characters."""
SAMPLE_STEP = 16
"""One of this many passages is looked at to see which strings may be common."""
Counted = tuple["array[int]", bytearray]
"""The documents a string is in, ascending, and how often in each; MOST_COUNTED is that or more."""


def characters(texts: Sequence[str]) -> Iterable[tuple[str, Counted]]:
    r"""
    Return for each character, blanks left out, the texts it is in, and how often.

    >>> [(one, list(docs), list(counts)) for one, (docs, counts) in characters(["天天\n", "天"])]
    [('天', [0, 1], [2, 1])]
    """
    counted: dict[str, Counted] = {}
    for n, text in enumerate(texts):
        for character, count in Counter(text).items():
            if (known := counted.get(character)) is None:
                known = counted[character] = (array("I"), bytearray())
            known[0].append(n)
            known[1].append(min(count, MOST_COUNTED))
    return (item for item in counted.items() if item[0] > " ")


def common_strings(texts: Sequence[str]) -> Iterable[tuple[str, Counted]]:
    r"""
    Find the strings of two to eight Han characters that are in many of these texts.

    Returns, for each, the texts in which it starts, and how often it does there: what a scan of
    the lines would count. A text that does not end in a line end goes on in the next ones. What
    may overlap itself (天天) is left out: a scan counts from the left of the line, so that its
    number in a passage would depend on the passage before.

    >>> [(one, list(docs)) for one, (docs, _n) in common_strings(["担当作为\n", "敢担", "当\n"])]
    [('担当', [0, 1])]
    """
    likely = _likely_strings(texts[::SAMPLE_STEP])
    longer: dict[str, list[str]] = {}
    for string in sorted(likely):
        if len(string) > 2:
            longer.setdefault(string[:2], []).append(string)
    counted: dict[str, Counted] = {string: (array("I"), bytearray()) for string in sorted(likely)}
    for n, text in enumerate(texts):
        line, following = text, n + 1
        # a string may start in this passage and end in the next one of the same line
        while line[-1] != "\n" and len(line) < len(text) + LONGEST_COMMON:
            line += texts[following]
            following += 1
        pairs = Counter(map(add, text, line[1:]))
        for pair in pairs.keys() & likely:
            docs, counts = counted[pair]
            docs.append(n)
            counts.append(min(pairs[pair], MOST_COUNTED))
            for string in longer.get(pair, ()):
                if count := line.count(string, 0, len(text) + len(string) - 1):
                    docs, counts = counted[string]
                    docs.append(n)
                    counts.append(min(count, MOST_COUNTED))
    least = max(2, len(texts) / COMMON_SHARE)
    return (item for item in counted.items() if len(item[1][0]) >= least)


def _likely_strings(sample: Sequence[str]) -> set[str]:
    """
    Return what may be common, by what is in a sample of the texts.

    Half as frequent there as what is common is enough. A string is as rare as its rarest part,
    so that only strings of frequent parts are counted, length by length.
    """
    least = max(1, len(sample) / COMMON_SHARE / 2)
    frequent: set[str] = set()
    for length in range(2, LONGEST_COMMON + 1):
        counts = Counter[str]()
        for text in sample:
            strings = {text[at : at + length] for at in range(len(text) - length + 1)}
            if length > 2:
                # otherwise every string of eight characters would be counted, nearly all of them
                # unique
                strings = {s for s in strings if s[:-1] in frequent and s[1:] in frequent}
            counts.update(strings)
        added = {s for s, count in counts.items() if count >= least and _is_han(s)}
        if not added:
            break
        frequent |= added
    # a string that begins as it ends may overlap itself, see `common_strings`
    return {s for s in frequent if not any(s[:k] == s[-k:] for k in range(1, len(s)))}


def _is_han(text: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in text)
