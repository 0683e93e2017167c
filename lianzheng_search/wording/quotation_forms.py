"""Wordings -> those that are forms of one quotation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

FIGURES = re.compile("[0-9]+")
PART = 3
"""Minimum number of characters in a row that two forms of a quotation share."""
SHORTEST = 6
"""Minimum length of a wording that may be a part of a longer one, in characters."""
LIKE = 0.75
"""Minimum Dice coefficient, over pairs of characters, of two forms of one quotation."""
TRIED = 8
"""Maximum number of others that a wording is compared with: those it shares most with."""
# Also the bound on time: without it, each wording that holds a common part would be
# compared with all others that do.
COMMONPLACE = 60
"""Number of wordings from which on a part of them is a set phrase, and is not compared."""


def dice(one: str, other: str) -> float:
    """
    Measure how much two texts have in common: twice the shared pairs over all pairs.

    Dice, L. R. (1945): Measures of the amount of ecologic association between species. Pairs that
    stand twice count twice.

    >>> dice("打铁还需自身硬", "打铁必须自身硬")
    0.5
    """
    pairs, others = _pairs(one), _pairs(other)
    whole = sum(pairs.values()) + sum(others.values())
    return 2 * sum((pairs & others).values()) / whole if whole else float(one == other)


def alike(one: str, other: str) -> bool:
    """
    Check whether two wordings, without punctuation, are forms of one quotation.

    One is a part of the other, or they differ in a few characters, but in no figure.

    >>> alike("打铁还需自身硬", "打铁必须自身硬"), alike("利乃忘志之媒", "名为招祸之本利乃忘志之媒")
    (True, True)
    >>> alike("打铁还需自身硬", "打铁要看火候")
    False
    """
    short, long = sorted((one, other), key=len)
    if len(short) >= SHORTEST and short in long:
        return True
    # 到2020年…, 到2035年…: almost every pair is shared, and yet they are two quotations.
    if FIGURES.findall(one) != FIGURES.findall(other):
        return False
    return dice(one, other) >= LIKE or _few_changed(short, long)


def clusters(counts: Mapping[str, int]) -> dict[str, str]:
    """
    Group wordings, given without punctuation and with how often each stands, into quotations.

    Each is mapped to the form that is cited: the most frequent one it is like, of two the longer.

    >>> clusters({"打铁还需自身硬": 3, "打铁必须自身硬": 1, "实干兴邦": 1})
    {'打铁还需自身硬': '打铁还需自身硬', '打铁必须自身硬': '打铁还需自身硬', '实干兴邦': '实干兴邦'}
    """
    # Greedy, the most frequent first: a misquotation then joins the form that people know, and the
    # result does not depend on the order of the files.
    ordered = sorted(counts, key=lambda text: (-counts[text], -len(text), text))
    chosen: dict[str, str] = {}
    leaders: dict[str, list[str]] = defaultdict(list)
    for text in ordered:
        parts = _parts(text)
        shared: Counter[str] = Counter()
        for part in parts:
            known = leaders[part]
            if len(known) < COMMONPLACE:
                shared.update(known)
        # A cheap filter before the costly comparison: a character exchanged breaks three parts, so
        # what is alike still shares far more than a fifth of them.
        near = sorted(
            (one for one in shared if shared[one] * 5 >= min(len(one), len(text)) - PART),
            key=lambda one: (-shared[one], -counts[one], one),
        )
        leader = next((one for one in near[:TRIED] if alike(text, one)), text)
        chosen[text] = leader
        # Only leaders are looked up, so a group cannot drift: each form is like its leader itself,
        # not merely like a form of a form.
        if leader == text:
            for part in parts:
                leaders[part].append(text)
    return chosen


def _parts(text: str) -> Sequence[str]:
    # A part counts once, however often it recurs: 干干干 must not outweigh the rest.
    size = min(PART, len(text))
    return sorted({text[at : at + size] for at in range(len(text) - size + 1)})


def _pairs(text: str) -> Counter[str]:
    return Counter(map("".join, pairwise(text)))


def _few_changed(short: str, long: str) -> bool:
    """Check whether two texts of one length, seven at least, differ in a quarter of it at most."""
    # In a short wording one exchanged character breaks two pairs, which Dice punishes too hard:
    # 打铁还需自身硬 and 打铁必须自身硬 share half. In four characters it is another saying.
    if len(short) != len(long) or len(short) <= SHORTEST:
        return False
    return sum(a != b for a, b in zip(short, long, strict=True)) * 4 <= len(short) + 1
