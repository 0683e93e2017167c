"""Speeches -> families: which are copies, variants or excerpts of which, passage by passage."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from zlib import crc32

from ..model import Value

SHINGLE = 12
"""Number of characters in a shingle: more than a set phrase of the genre has."""
ANCHOR = re.compile(
    "[" + "".join(map(chr, range(0x4E03, 0xA000, 16))) + "](?=.{" + f"{SHINGLE - 1}" + "})"
)
"""
Pattern of the places where a shingle starts: one of sixteen Han characters.

The text itself says where, so both copies say the same.
"""
KEPT = 1 << 30
"""Upper bound, exclusive, of the hashes that a sketch holds: a quarter of all hashes."""
FEWEST = 4
"""Minimum number of hashes in a sketch, the smallest, where the text has as many."""
JOINED = 0.7
"""Minimum share of the shingles of a speech that occur in a longer one whose copy it is."""
LIKELY = 0.4
"""Minimum share of a sketch that must agree for two speeches to be compared exactly."""
COMPARED = 3
"""Maximum number of longer speeches that a speech is compared with."""
COMMONPLACE = 64
"""Number of speeches, none a copy, from which on a hash that they share is disregarded."""
SAME = 0.8
"""
Minimum share of pairs of characters that two passages have in common to be twins.

Dice's coefficient: of two sentences of fifty characters, ten pairs may differ, but no figure.
"""
FIGURE = re.compile("[0-9]+")


class Sketch(Value, frozen=True, array_like=True):
    """What is kept of a text to tell its copies: its letters, counted, and hashes, as bytes."""

    letters: int
    hashes: bytes


class Sketches(Value, frozen=True):
    """The sketch of each speech, and the exact shares that were worked out: of one in another."""

    sketches: Mapping[str, Sketch]
    shares: Mapping[str, Mapping[str, float]]


class Copy(Value, frozen=True):
    """A speech that is a copy of another, which has this share of its text."""

    of: str
    share: float


def sketch(text: str) -> Sketch:
    """
    Sketch a text of letters: the CRC-32 of about one shingle of 64, chosen by its characters.

    >>> long = "".join(map(chr, range(0x4E00, 0x5E00)))
    >>> half = long[:2048]
    >>> set(hashes(sketch(half))) < set(hashes(sketch(long)))
    True
    """
    places = (match.start() for match in ANCHOR.finditer(text))
    # CRC-32, because hash() of a text differs from process to process, and sketches are stored
    found = {crc32(text[at : at + SHINGLE].encode("utf-16-le")) for at in places}
    ordered = sorted(found)
    kept = [one for one in ordered if one < KEPT]
    return Sketch(len(text), array("I", max(kept, ordered[:FEWEST], key=len)).tobytes())


def hashes(sketched: Sketch) -> array[int]:
    """Return the hashes of a sketch, ascending."""
    found = array("I")
    found.frombytes(sketched.hashes)
    return found


def share_of(text: str, other: str) -> float:
    """
    Return the share of the shingles of a text that occur in another, both of letters.

    A text that is shorter than a shingle is its own.

    >>> share_of("守土有责守土尽责把担子挑稳把话讲明", "同志们守土有责守土尽责把担子挑稳把话讲清")
    0.8333333333333334
    """
    own = {text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1))}
    shared = {
        shingle
        for at in range(max(1, len(other) - SHINGLE + 1))
        if (shingle := other[at : at + SHINGLE]) in own
    }
    return len(shared) / len(own)


def find_copies(
    sketches: Mapping[str, Sketch], share: Callable[[str, str], float]
) -> dict[str, Copy]:
    """
    Find, for each speech that is a copy, the one it is a copy of; by path.

    From the longest to the shortest (ties by path), a speech joins the one before it that has
    most of it, and no speech is a copy of a copy: what comes out depends on the set of texts
    alone. `share` tells exactly which share of the first speech's text the second has; it is
    asked only where the sketches agree.
    """
    copies: dict[str, Copy] = {}
    holders: dict[int, list[str]] = {}
    for path in sorted(sketches, key=lambda path: (-sketches[path].letters, path)):
        held = hashes(sketches[path])
        votes: Counter[str] = Counter()
        telling = 0
        for one in held:
            known = holders.get(one, ())
            if len(known) < COMMONPLACE:
                # a hash too many speeches share is left out of the total, too: a copy full of set
                # phrases would miss LIKELY
                telling += 1
                votes.update(known)
        likely = sorted(
            (other for other, count in votes.items() if count >= LIKELY * telling),
            key=lambda other: (-votes[other], other),
        )
        shares = [(share(path, other), other) for other in likely[:COMPARED]]
        best = max(shares, key=lambda one: one[0], default=(0.0, ""))
        if best[0] >= JOINED:
            # a copy is not entered in `holders`, so that nothing is found to be a copy of a copy
            copies[path] = Copy(best[1], best[0])
        else:
            for one in held:
                known = holders.setdefault(one, [])
                if len(known) < COMMONPLACE:
                    known.append(path)
    return copies


def twins(members: Sequence[Sequence[str]]) -> list[list[int]]:
    """
    Return, for the passages of a family, the one before that says the same, in letters.

    `members` are the passages of each speech, that of which the others are copies first. Passages
    are numbered through all of them; the answer gives, for each, the number of the first that
    says the same, itself in a speech before; -1 where there is none.
    """
    numbers: dict[str, int] = {}
    first = 0
    answer = []
    news: list[tuple[int, str]] = []
    for n, passages in enumerate(members):
        same = [numbers.get(text, -1) if n else -1 for text in passages]
        if n:
            _match_nearly(passages, same, news)
        for k, text in enumerate(passages):
            if same[k] < 0:
                numbers.setdefault(text, first + k)
                news.append((first + k, text))
        answer.append(same)
        first += len(passages)
    return answer


def _match_nearly(
    passages: Sequence[str], same: list[int], before: Iterable[tuple[int, str]]
) -> None:
    """Find, for passages that none before is equal to, one of those left that is nearly so."""
    left = [k for k, twin in enumerate(same) if twin < 0 and len(passages[k]) > 1]
    if not left:
        return
    taken = set(same)
    holders: dict[str, list[int]] = {}
    sizes: dict[int, int] = {}
    figures: dict[int, list[str]] = {}
    for number, text in before:
        # a passage that has an exact twin is not offered as a near one, too
        if number not in taken:
            held = pairs(text)
            sizes[number] = len(held)
            figures[number] = FIGURE.findall(text)
            for pair in held:
                holders.setdefault(pair, []).append(number)
    for k in left:
        held = pairs(passages[k])
        votes: Counter[int] = Counter()
        for pair in held:
            votes.update(holders.get(pair, ()))
        near = [
            (-2 * count / (len(held) + sizes[number]), number)
            for number, count in votes.items()
            # 2022年 and 2023年 differ in one pair of characters, and yet say different things
            if figures[number] == FIGURE.findall(passages[k])
        ]
        worst, number = min(near, default=(0.0, -1))
        if worst <= -SAME:
            same[k] = number


def pairs(text: str) -> set[str]:
    """Return the pairs of neighbouring characters in a text."""
    return {text[at : at + 2] for at in range(len(text) - 1)}
