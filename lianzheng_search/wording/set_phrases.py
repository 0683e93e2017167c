"""Texts -> set phrases (提法): strings that recur and stand as units, with dates and variants."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import accumulate
from typing import NamedTuple

from msgspec.structs import replace

from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Progress, SpeechInfo, Value
from ..query.filters import checked_date, checked_text
from ..search.selection import SelectedSpeech, Selection, folded_text, folded_texts
from ..text.folding import fold, letters
from .phrase_units import APART, MARKS, NEVER_OPENING, SHORTEST, IsWord, is_unit
from .phrase_variants import Candidate, clustered, rare_forms
from .repeated_strings import (
    Ends,
    Haystack,
    around,
    ends_of_pairs,
    grow,
    haystack,
    owners_of,
)

# Also the reach of the search around a wanted text, which bounds the time for it.
LONGEST = 30
"""Maximum length of a phrase, in characters; what is longer is a quotation."""
# 中国特色社会 is frequent only inside 中国特色社会主义, but 社会主义 stands elsewhere as well.
NESTED = 0.6
"""Minimum share of a phrase's hits inside one longer phrase that make it a part of that."""
PHRASE_ORDERS = ("weight", "speeches", "hits", "first", "last", "length")


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


class _Row(NamedTuple):
    """A phrase without its variants, the string it is made of, and those that are its variants."""

    phrase: SetPhrase
    head: Candidate
    variants: list[Candidate]


def set_phrases(
    backend: Backend,
    selection: Selection,
    text: str | None = None,
    *,
    min_speeches: int | None = None,
    sort: str = "weight",
    limit: int = 0,
    new_since: str | None = None,
    gone_since: str | None = None,
    progress: Progress = lambda done, whole: None,
) -> SetPhrases:
    """
    Find the set phrases of a selection, or those that hold a text.

    Each is in `min_speeches` speeches or more; by default in two, or in one of forty where that is
    more. `new_since` leaves those first used on this date or later, `gone_since` those last used
    before it, in any variant, and none that an undated speech has too. `limit` 0 is all.
    """
    if sort not in PHRASE_ORDERS:
        raise no_such(_("sort"), sort, PHRASE_ORDERS)
    new_since, gone_since = checked_date(new_since), checked_date(gone_since)
    wanted = fold(checked_text(text or "")).strip()
    speeches, least = selection.speeches, min_speeches
    if least is None:
        # Of the whole corpus the many phrases of two speeches would be noise; about one text the
        # user asks, and two speeches are an answer.
        least = default_least(0 if text else len(speeches))
    hay, pairs = _pairs(backend, speeches, wanted, least, progress)
    rest = partial(_third, progress, 1)
    strings = candidates(hay, pairs, wanted, least=least, is_word=backend.is_word, progress=rest)
    infos = [speech.info for speech in speeches]
    clusters = list(clustered(strings, keep=wanted))
    rows = [_Row(_dated(head, infos), head, variants) for head, variants in clusters]
    if new_since or gone_since:
        rows = [row for row in rows if _in_period(row, infos, new_since, gone_since)]
    rows.sort(key=partial(_order, sort))
    shown = rows[:limit] if limit else rows
    # Of all clusters: a rare form that is a head of its own must not come up twice.
    listed = {one.string for head, variants in clusters for one in (head, *variants)}
    for row in shown:  # each looks up all orders of its parts
        rare = rare_forms(hay, pairs, row.head.string, wanted)
        row.variants.extend(one for one in rare if one.string not in listed)
    return SetPhrases(
        phrases=tuple(_printed(backend, speeches, row) for row in shown),
        total=len(rows),
        speeches=len(speeches),
        least=least,
        undated=sum(info.date is None for info in infos),
    )


def _pairs(
    backend: Backend,
    speeches: Sequence[SelectedSpeech],
    wanted: str,
    least: int,
    progress: Progress,
) -> tuple[Haystack, Mapping[str, Ends]]:
    """Return the text of speeches, or what of it is near a wanted text, and its frequent pairs."""
    texts = [folded_text(backend, speech.refs) for speech in speeches]
    if wanted:
        # Whatever holds the text lies within reach of it: the rest need not be read for pairs.
        texts = [around(one, wanted, reach=LONGEST) for one in texts]
    hay = haystack(texts, str.isalnum, marks=MARKS)
    return hay, ends_of_pairs(hay, least=least, progress=partial(_third, progress, 0))


def _third(progress: Progress, before: int, done: int, whole: int) -> None:
    """Report progress: finding the pairs is a third of the work."""
    progress((whole + 2 * done) if before else done, 3 * whole)


def default_least(speeches: int) -> int:
    """
    Return the default minimum number of speeches that hold a phrase, of this many in all.

    >>> default_least(13), default_least(5000)
    (2, 125)
    """
    return max(2, speeches // 40)


def candidates(
    hay: Haystack,
    pairs: Mapping[str, Ends],
    wanted: str = "",
    *,
    least: int,
    is_word: IsWord,
    progress: Progress,
) -> list[Candidate]:
    """
    Find the strings that hold a text, stand in at least `least` texts, and are units.

    The text itself, where it recurs, is one of them in any case. `pairs` are those of
    `ends_of_pairs`.
    """
    repeats = grow(
        hay,
        # No phrase opens with 、 or ，: what grows from there is work for nothing.
        {pair: ends for pair, ends in pairs.items() if pair[0] not in NEVER_OPENING},
        longest=max(LONGEST, len(wanted)),
        hits=least,
        speeches=least,
        every=bool(wanted),
        # A string that one letter always precedes is the tail of a longer one, which is found
        # anyway; except after 的 or 和, which are no part of a phrase.
        bound=frozenset() if wanted else hay.letters - set(APART),
        progress=progress,
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
        # By substring and not by pairs of phrases: a phrase has some 400 substrings at most, but
        # there may be tens of thousands of phrases.
        for start in range(len(string)):
            for end in range(start + SHORTEST, len(string) + (start > 0)):
                inner = found.get(string[start:end])
                if inner is not None and one.hits >= NESTED * inner.hits:
                    parts.add(inner.string)
    return parts


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


def _in_period(
    row: _Row, infos: Sequence[SpeechInfo], new_since: str | None, gone_since: str | None
) -> bool:
    """Check whether a phrase, in any form, came up, and went out of use, in the period."""
    dates = [infos[owner].date for one in (row.head, *row.variants) for owner in one.owners]
    known = [date for date in dates if date is not None]
    # An undated speech may be the first or the last to use it: nothing is claimed then.
    if len(known) < len(dates):
        return False
    return (not new_since or min(known) >= new_since) and (
        not gone_since or max(known) < gone_since
    )


def _order(sort: str, row: _Row) -> tuple[object, ...]:
    """Return the key of a row: the most first, the earliest first use, the latest last use."""
    phrase = row.phrase
    by = {
        "weight": -row.head.weight,
        "speeches": -phrase.speeches,
        "hits": -phrase.hits,
        "first": phrase.first or "~",
        "last": (phrase.last is None, tuple(-ord(digit) for digit in phrase.last or "")),
        "length": -len(letters(row.head.string)),
    }[sort]
    return (by, -phrase.speeches, -phrase.hits, row.head.string)


def _printed(backend: Backend, speeches: Sequence[SelectedSpeech], row: _Row) -> SetPhrase:
    """Return the phrase of a row as it is printed, with its variants by hits."""
    return replace(
        row.phrase,
        phrase=_as_printed(backend, speeches, row.head),
        variants=tuple(
            Variant(
                phrase=_as_printed(backend, speeches, one), hits=one.hits, speeches=len(one.owners)
            )
            for one in sorted(row.variants, key=lambda one: (-one.hits, one.string))
        ),
    )


def _as_printed(backend: Backend, speeches: Sequence[SelectedSpeech], one: Candidate) -> str:
    """Read the text of a folded string as it stands where it is found first."""
    refs = speeches[one.owners[0]].refs
    # Folding keeps every offset, so that the place in the folded text is the place in the print.
    at = folded_text(backend, refs).index(one.string)
    starts = accumulate([len(text) for _ref, text in folded_texts(backend, refs)], initial=0)
    own, start = max((n, start) for n, start in enumerate(starts) if start <= at)
    line = backend.line(refs[own])
    at += sum(len(passage.text) for passage in line.passages[: refs[own] - line.first]) - start
    return "".join([passage.text for passage in line.passages])[at : at + len(one.string)]
