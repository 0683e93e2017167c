"""Phrases -> the forms of each under the most frequent one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from math import log2

from ..model import Value
from ..text.folding import letters
from .phrase_units import JOINTS, NUMERALS, SHORTEST, parts_of
from .repeated_strings import Ends, Haystack, Repeat, owners_of

CLOSE, CLOSE_ENOUGH = 6, 8
"""
Minimum length of variants, in characters: with one more inside, or with one exchanged.

Short ones that differ so are different: 社会主义道路, 社会主义道德.
"""
# 十八大 and 十九大, 能腐 and 不能腐 differ in one character, and in everything that matters.
CONTRARY = NUMERALS | frozenset("不未没无非")
"""Characters that make another phrase where one of them is exchanged."""
MOST_PARTS = 4
"""Maximum number of parts of a phrase whose other orders are looked for."""


class Candidate(Value, frozen=True, kw_only=True):
    """A folded string, how often it occurs, and the numbers of the speeches that hold it."""

    string: str
    hits: int
    owners: Sequence[int]

    @property
    def weight(self) -> float:
        """Weigh it: in many speeches, and long, for long ones recur less."""
        return len(self.owners) * log2(max(2, len(letters(self.string)) - 2))


def clustered(
    found: Iterable[Candidate], keep: str = ""
) -> Iterable[tuple[Candidate, list[Candidate]]]:
    """
    Put variants under their most frequent form: other punctuation, order, or one character.

    The forms come by hits; of equal ones the first in code point order is the head. What only has
    one character more before or after it (是 + the phrase) is left out. One to `keep` is a head in
    any case.
    """
    heads: dict[str, Candidate] = {}
    clusters: dict[str, tuple[Candidate, list[Candidate]]] = {}
    # Each candidate is looked up under the keys it could share with a head, so that clustering
    # takes time by the number of candidates times their length, not by its square.
    for one in sorted(found, key=lambda one: (-one.hits, one.string)):
        keys = list(_keys(one.string))
        near = (heads[key] for key in keys if key in heads)
        head = next((head for head in near if is_near(head.string, one.string)), None)
        # What the user asked about is listed by itself even where a more
        # frequent form would swallow it.
        if head is not None and one.string != keep:
            if is_variant(head.string, one.string):
                clusters[head.string][1].append(one)
            continue
        clusters[one.string] = (one, [])
        for key in keys:
            # The first to claim a key is the more frequent one.
            heads.setdefault(key, one)
    return clusters.values()


def _keys(string: str) -> Iterator[str]:
    """Return what a string shares with its variants: its letters, those sorted, those but one."""
    own = letters(string)
    yield own
    # Four letters in another order are another phrase: 学习工作, 工作学习.
    if len(own) > SHORTEST:
        yield "".join(sorted(own))
    if len(own) >= CLOSE - 1:
        for at in range(len(own)):
            yield own[:at] + own[at + 1 :]


def is_near(one: str, other: str) -> bool:
    """
    Check whether two phrases are forms of one, or one is the other and a character.

    >>> is_near("中央八项规定精神", "是中央八项规定精神"), is_near("不敢腐", "不能腐")
    (True, False)
    """
    a, b = sorted((letters(one), letters(other)), key=len)
    return is_variant(one, other) or (
        len(a) >= CLOSE - 1 and len(b) == len(a) + 1 and a in (b[1:], b[:-1])
    )


def is_variant(one: str, other: str) -> bool:
    """
    Check whether two phrases are forms of one.

    >>> is_variant("忠诚干净担当", "忠诚、干净、担当"), is_variant("忠诚干净担当", "干净忠诚担当")
    (True, True)
    >>> is_variant("党的十八大召开以来", "党的十九大召开以来"), is_variant("不敢腐", "不能腐")
    (False, False)
    """
    a, b = sorted((letters(one), letters(other)), key=len)
    if a == b or (len(a) == len(b) > SHORTEST and sorted(a) == sorted(b)):
        return True
    # One pass from the left finds the only place where a single character can
    # differ; all behind it must then agree.
    start = next((n for n in range(len(a)) if a[n] != b[n]), len(a))
    rest = len(b) - start - 1
    if a[len(a) - rest :] != b[start + 1 :]:
        return False
    if len(a) < len(b):
        # Inside only: a character more at either end belongs to the sentence around, not to the
        # phrase.
        return len(b) >= CLOSE and 0 < start < len(b) - 1 and b[start] not in CONTRARY
    return len(b) >= CLOSE_ENOUGH and CONTRARY.isdisjoint((a[start], b[start]))


def rare_forms(
    hay: Haystack, pairs: Mapping[str, Ends], string: str, wanted: str = ""
) -> Iterator[Candidate]:
    """
    Find the other forms of parts that 、 or ， joins, however rare: no joint, or another order.

    Those that hold the wanted text; `pairs` are those of `ends_of_pairs`.
    """
    parts = parts_of(string)
    if not 1 < len(parts) <= MOST_PARTS:
        return
    # At most 24 orders times three joints. Growing would miss these forms, which are too rare for
    # it.
    forms = {joint.join(order) for order in permutations(parts) for joint in ("", *JOINTS)}
    for form in sorted(forms - {string}):
        ends = [
            end + len(form) - 2
            for end in pairs.get(form[:2], ())
            if hay.text.startswith(form, end - 2)
        ]
        if ends and wanted in form:
            repeat = Repeat(string=form, ends=ends, after=Counter())
            yield Candidate(string=form, hits=repeat.hits, owners=owners_of(hay, repeat))
