"""Texts -> their most frequent n-grams, of characters or of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ..errors import RequestError
from ..index.backend import Backend
from ..index.library import Library
from ..messages import _, no_such, short
from ..model import Progress, Value
from ..query.filters import checked_text
from ..search.selection import Selection, folded_text, size
from ..text.folding import fold
from ..text.words import words as cut_words
from ..wording.repeated_strings import (
    BORDER,
    Haystack,
    Repeat,
    around,
    before,
    ends_of_pairs,
    grow,
    haystack,
    owners_of,
)
from .measures import per_ten_thousand

UNITS = ("characters", "words")
LENGTHS = {"characters": (4, 8), "words": (2, 5)}
"""Default lengths of n-grams; shorter ones are words, or their pieces."""
SHORTEST, LONGEST = 2, 20
RANGE = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", re.ASCII)
# Beyond all common characters, so that no word can be mistaken for one of these; 1,048,576 words
# have room, and the one search for strings serves characters and words alike.
FIRST_CODE = 0x10000
"""Words are numbered from here, so that a text of words is a string, of one character a word."""
# In characters. Without it most of a list of a large corpus would be what occurs twice.
RARE = 1_000_000
"""Default minimum frequency of an n-gram: once in this many characters."""
NEARLY = 0.95
"""Minimum share of a string's occurrences inside a longer one that make it a part of that."""
# The rarer strings may be, the more have to be grown: to look for the frequent ones first, and four
# times rarer ones only if these are too few, costs little more than the last round alone.
FIRST_SHARE, STEP = 4000, 4
"""First minimum frequency, one in this many characters, and the factor by which it falls."""
Cut = Callable[[str], Iterable[str]]
_Counted = tuple[int, int, str]
"""Hits and speeches, both negative, and the string: what n-grams are sorted by."""


class NGram(Value, frozen=True, kw_only=True):
    """
    An n-gram, folded, words set apart by a blank; the fields are the keys of its JSON line.

    `hits` are counted from the left, not overlapping, as a search counts them; `per_10000` is
    their number in 10,000 characters of the text that was looked at, punctuation included.
    """

    ngram: str
    n: int
    hits: int
    speeches: int
    per_10000: float


class NGrams(Value, frozen=True, kw_only=True):
    """The n-grams within the limit, the most frequent first; `more` says that there are others."""

    ngrams: tuple[NGram, ...]
    characters: int
    speeches: int
    more: bool


def count_ngrams(
    library: Library,
    text: str | None,
    selection: Selection,
    *,
    n: str | None = None,
    unit: str = "characters",
    min_hits: int | None = None,
    min_speeches: int = 1,
    fold_in: bool = True,
    limit: int = 0,
    progress: Progress = lambda done, whole: None,
) -> NGrams:
    """
    Return the n-grams, or those that hold a text, as `ngrams` does.

    `n` is their length, ``4`` or ``2..8``, in `unit`: ``characters`` or ``words``.
    """
    if unit not in UNITS:
        raise no_such(_("unit"), unit, UNITS)
    cut = partial(cut_words, words_file=library.tools.words_file) if unit == "words" else None
    return ngrams(
        library.backend,
        selection,
        text and checked_text(text),
        lengths=read_lengths(n) if n else None,
        words=cut,
        least=min_hits,
        least_speeches=min_speeches,
        fold_in=fold_in,
        limit=limit,
        progress=progress,
    )


def ngrams(
    backend: Backend,
    selection: Selection,
    text: str | None = None,
    *,
    lengths: tuple[int, int] | None = None,
    words: Cut | None = None,
    least: int | None = None,
    least_speeches: int = 1,
    fold_in: bool = True,
    limit: int = 0,
    progress: Progress = lambda done, whole: None,
) -> NGrams:
    """
    Return the n-grams of a selection, inside clauses; those that hold a text, if one is given.

    Each occurs `least` times or more; by default twice, or once in a million characters where
    that is more. They are of characters, or of what `words` cuts a text into; `lengths` are the
    least and the greatest number of these. With `fold_in`, an n-gram that nearly always occurs
    inside the same longer one, which is counted too, is left out. `limit` 0 is all.
    """
    wanted = fold("".join((text or "").split()))
    characters = sum(size(backend, speech.refs) for speech in selection.speeches)
    if least is None:
        least = 2 if wanted else default_least(characters)
    shortest, longest = lengths or LENGTHS["characters" if words is None else "words"]
    limits = _Limits(
        wanted=wanted,
        shortest=shortest,
        longest=longest,
        least=least,
        least_speeches=least_speeches,
        fold_in=fold_in,
    )
    hay, names = _read(backend, selection, limits, words, progress)
    counted, more = _most_frequent(hay, names, limits, limit=limit, progress=progress)
    return NGrams(
        ngrams=tuple(
            NGram(
                ngram=("" if words is None else " ").join(_names(string, names)),
                n=len(string),
                hits=-hits,
                speeches=-speeches,
                per_10000=round(per_ten_thousand(-hits, characters), 4),
            )
            for hits, speeches, string in counted
        ),
        characters=characters,
        speeches=len(selection.speeches),
        more=more,
    )


class _Limits(Value, frozen=True, kw_only=True):
    """Which strings are listed: those that hold a text, long and frequent enough, and no parts."""

    wanted: str
    shortest: int
    longest: int
    least: int
    least_speeches: int
    fold_in: bool


def _read(
    backend: Backend,
    selection: Selection,
    limits: _Limits,
    words: Cut | None,
    progress: Progress,
) -> tuple[Haystack, Sequence[str]]:
    """Return the text of a selection as a haystack, and the words by the codes that stand there."""
    texts = [folded_text(backend, speech.refs) for speech in selection.speeches]
    if words is None:
        if limits.wanted:
            texts = [around(one, limits.wanted, reach=limits.longest) for one in texts]
        return haystack(texts, str.isalnum), ()
    coded, names = _coded(texts, words, progress)
    # Both copies at once would be the greatest memory of the whole run.
    del texts
    return haystack(coded, lambda character: character >= chr(FIRST_CODE)), names


def _is_listed(hay: Haystack, repeat: Repeat, names: Sequence[str], limits: _Limits) -> bool:
    length = len(repeat.string)
    if length < limits.shortest or limits.wanted not in "".join(_names(repeat.string, names)):
        return False
    if not limits.fold_in or length == limits.longest:
        return True
    hits = len(repeat.ends)
    # Where a number of speeches is asked for, the longer string may be in fewer of them and not be
    # listed: then only what always stands in it is left out.
    nearly = NEARLY * hits if limits.least_speeches == 1 else hits
    return not stands_inside(hay, repeat, least=max(limits.least, nearly))


def _names(string: str, names: Sequence[str]) -> list[str]:
    """Return the characters of a string, or the words whose codes they are."""
    return [names[ord(code) - FIRST_CODE] for code in string] if names else list(string)


def default_least(characters: int) -> int:
    """
    Return the default minimum number of hits of an n-gram, in a text of this many characters.

    >>> default_least(50_000), default_least(35_000_000)
    (2, 35)
    """
    return max(2, characters // RARE)


def read_lengths(text: str) -> tuple[int, int]:
    """
    Return the least and the greatest length that a range names; RequestError where it is none.

    >>> read_lengths("4"), read_lengths("2..8")
    ((4, 4), (2, 8))
    """
    match = RANGE.fullmatch(text)
    shortest, longest = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not SHORTEST <= shortest <= longest <= LONGEST:
        raise RequestError(
            _("n: {n} is no range between {least} and {most}. Write 4 or 2..8").format(
                n=short(text), least=SHORTEST, most=LONGEST
            )
        )
    return shortest, longest


def stands_inside(hay: Haystack, repeat: Repeat, *, least: float) -> bool:
    """Check whether the same letter, or word, precedes or follows a string at least this often."""
    return any(
        count >= least and character in hay.letters
        for beside in (repeat.after, before(hay, repeat))
        for character, count in beside.items()
    )


def _most_frequent(
    hay: Haystack, names: Sequence[str], limits: _Limits, *, limit: int, progress: Progress
) -> tuple[list[_Counted], bool]:
    """Return the most frequent strings, by hits, and whether there are more; rare ones last."""
    whole, least = len(hay.text), limits.least
    pairs = ends_of_pairs(hay, least=least, progress=lambda done, _all: progress(done, 2 * whole))
    # With no limit every string is wanted, and one round finds them.
    rare = max(least, whole // FIRST_SHARE) if limit else least
    while True:
        repeats = grow(
            hay,
            pairs,
            longest=limits.longest,
            hits=rare,
            speeches=limits.least_speeches,
            every=not limits.fold_in,
            progress=lambda done, all_: progress(whole + whole * done // all_, 2 * whole),
        )
        counted = sorted(
            _counted(hay, repeat)
            for repeat in repeats
            if repeat.hits >= rare and _is_listed(hay, repeat, names, limits)
        )
        # One more than the limit, to know whether there are others.
        if rare == least or len(counted) > limit:
            return (counted[:limit] if limit else counted), len(counted) > limit > 0
        rare = max(least, rare // STEP)


def _counted(hay: Haystack, repeat: Repeat) -> _Counted:
    return -repeat.hits, -len(owners_of(hay, repeat)), repeat.string


def _coded(texts: Sequence[str], words: Cut, progress: Progress) -> tuple[list[str], list[str]]:
    """Return texts in which each word is one character, and the words by the order of these."""
    numbers: dict[str, str] = {}
    coded = []
    for done, text in enumerate(texts):
        progress(done, len(texts))
        coded.append(
            "".join(
                numbers.setdefault(word, chr(FIRST_CODE + len(numbers)))
                if any(map(str.isalnum, word))
                # Punctuation becomes a border: no n-gram reaches over it.
                else BORDER
                for word in words(text)
            )
        )
    return coded, list(numbers)
