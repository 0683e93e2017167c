"""Texts -> set phrases (提法): strings that recur and stand as units, with dates and variants."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate
from math import log2

from msgspec.structs import replace

from .analysis import fold
from .backends import Backend
from .model import SpeechInfo, Value
from .phrase_units import APART, MARKS, NEVER_OPENING, NUMERALS, SHORTEST, IsWord, bare, is_unit
from .repeats import (
    Haystack,
    Progress,
    around,
    ends_of_pairs,
    grow,
    haystack,
    owners_of,
)
from .selection import SelectedSpeech, Selection, folded_text, folded_texts

LONGEST = 30
"""In characters; what is longer is a quotation."""
NESTED = 0.6
"""A phrase that so often stands in one longer phrase is a part of that."""
CLOSE, CLOSE_ENOUGH = 6, 8
"""
From so many characters on, phrases are variants of which one has one more inside, or another.

Short ones that differ so are different: 社会主义道路, 社会主义道德.
"""
CONTRARY = NUMERALS | frozenset("不未没无非")
"""What, exchanged, makes another phrase."""
SORTS = ("weight", "speeches", "hits", "first", "last", "length")


class Variant(Value, frozen=True, kw_only=True):
    """Another form of a phrase: its punctuation, its order, or one character differs."""

    phrase: str
    hits: int
    speeches: int


class SetPhrase(Value, frozen=True, kw_only=True):
    """
    A phrase as it is first printed; the fields are the keys of its JSON line.

    `hits` are what a search for it counts, `speeches` those that hold it, neither with those of
    its variants. `first` and `last` are the dates of the earliest and latest speech known, ISO
    8601; `undated` of the speeches have no date and speak for neither.
    """

    phrase: str
    hits: int
    speeches: int
    first: str | None
    first_speech: str | None
    last: str | None
    last_speech: str | None
    undated: int = 0
    variants: tuple[Variant, ...] = ()


class SetPhrases(Value, frozen=True, kw_only=True):
    """
    The phrases asked for, in order, of `total` in all.

    They were looked for in so many `speeches`, and each stands in `least` of these or more.
    """

    phrases: tuple[SetPhrase, ...]
    total: int
    speeches: int
    least: int
    undated: int


class Candidate(Value, frozen=True, kw_only=True):
    """A folded string, how often it occurs, and the numbers of the speeches that hold it."""

    string: str
    hits: int
    owners: Sequence[int]

    @property
    def weight(self) -> float:
        """Weigh it: in many speeches, and long, for long ones recur less."""
        return len(self.owners) * log2(max(2, len(bare(self.string)) - 2))


def set_phrases(
    backend: Backend,
    selection: Selection,
    text: str | None = None,
    *,
    least: int | None = None,
    sort: str = "weight",
    limit: int = 0,
    new_since: str | None = None,
    gone_since: str | None = None,
    progress: Progress = lambda done, whole: None,
) -> SetPhrases:
    """
    Find the set phrases of a selection, or those that hold a text.

    Each stands in `least` speeches or more; by default in two, or in one of forty where that is
    more. `new_since` leaves those first used on this date or later, `gone_since` those last used
    before it; phrases without any date are then left out. `limit` 0 is all.
    """
    speeches = selection.speeches
    if least is None:
        least = default_least(0 if text else len(speeches))
    wanted = fold(text or "").strip()
    texts = [folded_text(backend, speech.refs) for speech in speeches]
    if wanted:
        texts = [around(one, wanted, reach=LONGEST) for one in texts]
    found = candidates(
        haystack(texts, str.isalnum, marks=MARKS),
        wanted,
        least=least,
        is_word=backend.is_word,
        progress=progress,
    )
    infos = [speech.info for speech in speeches]
    rows = [(_dated(head, infos), head, variants) for head, variants in clustered(found)]
    rows = [row for row in rows if _in_use(row[0], new_since, gone_since)]
    rows.sort(key=lambda row: _order(row[0], row[1], sort))
    printed = partial(_as_printed, backend, speeches)
    return SetPhrases(
        phrases=tuple(
            replace(
                phrase,
                phrase=printed(head),
                variants=tuple(
                    Variant(phrase=printed(one), hits=one.hits, speeches=len(one.owners))
                    for one in variants
                ),
            )
            for phrase, head, variants in (rows[:limit] if limit else rows)
        ),
        total=len(rows),
        speeches=len(speeches),
        least=least,
        undated=sum(info.date is None for info in infos),
    )


def default_least(speeches: int) -> int:
    """
    Say in how many of so many speeches a phrase stands to be one.

    >>> default_least(13), default_least(5000)
    (2, 125)
    """
    return max(2, speeches // 40)


def candidates(
    hay: Haystack, wanted: str = "", *, least: int, is_word: IsWord, progress: Progress
) -> list[Candidate]:
    """
    Find the strings that hold a text, stand in so many texts, and are units.

    The text itself, where it recurs, is one of them in any case.
    """
    whole = len(hay.text)
    pairs = ends_of_pairs(hay, least=least, progress=lambda done, _all: progress(done, 3 * whole))
    repeats = grow(
        hay,
        {pair: ends for pair, ends in pairs.items() if pair[0] not in NEVER_OPENING},
        longest=max(LONGEST, len(wanted)),
        hits=least,
        speeches=least,
        every=bool(wanted),
        bound=frozenset() if wanted else hay.letters - set(APART),
        progress=lambda done, all_: progress(whole + 2 * whole * done // all_, 3 * whole),
    )
    found, knows = {}, cache(is_word)
    for repeat in repeats:
        string = repeat.string
        if wanted in string and (string == wanted or is_unit(hay, repeat, knows)):
            own = array("I", owners_of(hay, repeat))
            found[string] = Candidate(string=string, hits=repeat.hits, owners=own)
    parts = _nested(found) - {wanted}
    return [one for string, one in found.items() if string not in parts]


def _nested(found: Mapping[str, Candidate]) -> set[str]:
    """Name the strings that for the most part stand in one longer string."""
    parts = set()
    for string, one in found.items():
        for start in range(len(string)):
            for end in range(start + SHORTEST, len(string) + (start > 0)):
                inner = found.get(string[start:end])
                if inner is not None and one.hits >= NESTED * inner.hits:
                    parts.add(inner.string)
    return parts


def clustered(found: Iterable[Candidate]) -> Iterable[tuple[Candidate, list[Candidate]]]:
    """
    Put variants under their most frequent form: other punctuation, order, or one character.

    The forms come by hits; of equal ones the first in code point order is the head. What only has
    one character more before or after it (是 + the phrase) is left out.
    """
    heads: dict[str, Candidate] = {}
    clusters: dict[str, tuple[Candidate, list[Candidate]]] = {}
    for one in sorted(found, key=lambda one: (-one.hits, one.string)):
        keys = list(_keys(one.string))
        near = (heads[key] for key in keys if key in heads)
        head = next((head for head in near if is_near(head.string, one.string)), None)
        if head is not None:
            if is_variant(head.string, one.string):
                clusters[head.string][1].append(one)
            continue
        clusters[one.string] = (one, [])
        for key in keys:
            heads.setdefault(key, one)
    return clusters.values()


def _keys(string: str) -> Iterator[str]:
    """Give what a string shares with its variants: its letters, those sorted, those but one."""
    own = bare(string)
    yield own
    if len(own) > SHORTEST:
        yield "".join(sorted(own))
    if len(own) >= CLOSE - 1:
        for at in range(len(own)):
            yield own[:at] + own[at + 1 :]


def is_near(one: str, other: str) -> bool:
    """
    Tell whether two phrases are forms of one, or one is the other and a character.

    >>> is_near("中央八项规定精神", "是中央八项规定精神"), is_near("不敢腐", "不能腐")
    (True, False)
    """
    a, b = sorted((bare(one), bare(other)), key=len)
    return is_variant(one, other) or (
        len(a) >= CLOSE - 1 and len(b) == len(a) + 1 and a in (b[1:], b[:-1])
    )


def is_variant(one: str, other: str) -> bool:
    """
    Tell whether two phrases are forms of one.

    >>> is_variant("忠诚干净担当", "忠诚、干净、担当"), is_variant("忠诚干净担当", "干净忠诚担当")
    (True, True)
    >>> is_variant("党的十八大召开以来", "党的十九大召开以来"), is_variant("不敢腐", "不能腐")
    (False, False)
    """
    a, b = sorted((bare(one), bare(other)), key=len)
    if a == b or (len(a) == len(b) > SHORTEST and sorted(a) == sorted(b)):
        return True
    start = next((n for n in range(len(a)) if a[n] != b[n]), len(a))
    rest = len(b) - start - 1
    if a[len(a) - rest :] != b[start + 1 :]:
        return False
    if len(a) < len(b):
        return len(b) >= CLOSE and 0 < start < len(b) - 1 and b[start] not in CONTRARY
    return len(b) >= CLOSE_ENOUGH and CONTRARY.isdisjoint((a[start], b[start]))


def _dated(head: Candidate, infos: Sequence[SpeechInfo]) -> SetPhrase:
    own = [infos[owner] for owner in head.owners]
    dated = sorted((info.date, info.id) for info in own if info.date is not None)
    first, last = (dated[0], dated[-1]) if dated else ((None, None), (None, None))
    return SetPhrase(
        phrase=head.string,
        hits=head.hits,
        speeches=len(own),
        first=first[0],
        first_speech=first[1],
        last=last[0],
        last_speech=last[1],
        undated=len(own) - len(dated),
    )


def _in_use(phrase: SetPhrase, new_since: str | None, gone_since: str | None) -> bool:
    """Tell whether a phrase came up, and went out of use, when it was asked for."""
    if phrase.first is None or phrase.last is None:
        return not (new_since or gone_since)
    return (not new_since or phrase.first >= new_since) and (
        not gone_since or phrase.last < gone_since
    )


def _order(phrase: SetPhrase, head: Candidate, sort: str) -> tuple[object, ...]:
    """Give what phrases are sorted by: the most first, the earliest first use, the latest last."""
    last = tuple(-ord(character) for character in phrase.last or "")
    by = {
        "weight": -head.weight,
        "speeches": -phrase.speeches,
        "hits": -phrase.hits,
        "first": phrase.first or "~",
        "last": (phrase.last is None, last),
        "length": -len(bare(head.string)),
    }[sort]
    return (by, -phrase.speeches, -phrase.hits, head.string)


def _as_printed(backend: Backend, speeches: Sequence[SelectedSpeech], one: Candidate) -> str:
    """Read the text of a folded string as it stands where it is found first."""
    refs = speeches[one.owners[0]].refs
    at = folded_text(backend, refs).index(one.string)
    starts = accumulate([len(text) for _ref, text in folded_texts(backend, refs)], initial=0)
    own, start = max((n, start) for n, start in enumerate(starts) if start <= at)
    line = backend.line(refs[own])
    at += sum(len(passage.text) for passage in line.passages[: refs[own] - line.first]) - start
    return "".join([passage.text for passage in line.passages])[at : at + len(one.string)]
