"""Sections -> those of other speeches that are closest in what they are about."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import groupby
from pathlib import Path

from ..errors import RequestError
from ..index.backend import Backend
from ..messages import _
from ..model import UNLABELLED, Passage, Progress, Section, SpeechInfo, Value
from ..query.filters import Filters
from ..search.selection import SelectedSpeech
from ..text.folding import fold
from ..text.words import WORDS_FILE, count_words
from .theme_coverage import measured, passage_at

# By words alone, sections that share a formula would be close; by themes alone, all sections about
# a theme would be equally so. The product asks for both.
SATURATION, LENGTH_WEIGHT = 1.2, 0.5
"""BM25's k1 and b, of sections: a long one holds more words for no merit of its own."""
# What a section is about is told by its weightiest words; all the others together would drown them.
WORDS = 40
"""Maximum number of words of a section that are compared: those with the greatest weight."""
SHARED_WORDS = 6
# The closest section to any would otherwise be itself, in another edition of the speech.
COPIED = 0.5
"""Minimum share of a section's passages that are copies, for it to count as a copy."""


class Close(Value, frozen=True, kw_only=True):
    """
    A section of another speech, or a whole speech without sections, and how close it is.

    `closeness` is `by_themes` times `by_words`, each from 0 to 1; of sections without a theme
    `by_words` alone. `themes` and `words` are what both have, the weightiest first.
    """

    info: SpeechInfo
    section: Section | None
    line: int
    closeness: float
    by_themes: float
    by_words: float
    themes: tuple[str, ...]
    words: tuple[str, ...]


class Closest(Value, frozen=True, kw_only=True):
    """A section and what is closest to it, the closest first; `themes` are its own."""

    section: Section | None
    line: int
    themes: tuple[str, ...]
    found: tuple[Close, ...]


class Piece(Value, frozen=True, kw_only=True):
    """A section of the corpus, or a whole speech: its passages, and the characters a theme has."""

    info: SpeechInfo
    refs: range
    in_section: bool
    characters: int
    themes: Mapping[str, int]


def closest(
    backend: Backend,
    speech: str,
    sections: Sequence[Sequence[Passage]],
    filters: Filters,
    *,
    limit: int = 5,
    words_file: Path = WORDS_FILE,
    progress: Progress = lambda done, whole: None,
) -> list[Closest]:
    """
    Find, for sections of a speech, the outermost sections of other speeches that are closest.

    Each section is given by its labelled passages. Closeness is the product of two numbers. The
    first is the cosine of the two vectors of themes, in which a theme is as long as the
    characters of the passages about it. The second compares words: of those that any of the
    others has, the 40 of the section with the greatest weight, how many of its passages hold a
    word times how rare the word is among the sections of the corpus, are looked for as BM25 does
    it, and the sum is divided by that of the section itself, at most 1.
    Copies are left out, of the speech and of one another.
    `filters` leave the sections of which they leave a passage. `limit` 0 is all.
    `progress` is called with (words looked up, words to look up).
    """
    counts = [_word_counts(passages, words_file) for passages in sections]
    pieces = [piece for info, own in backend.ranges() for piece in _pieces(backend, info, own)]
    allowed = _allowed(backend, pieces, speech, filters)
    held = _held(backend, pieces, set().union(*counts), progress)
    return [
        _closest(backend, passages, count, pieces, allowed, held, limit=limit)
        for passages, count in zip(sections, counts, strict=True)
    ]


def own_sections(
    passages: Sequence[Passage], line: Sequence[Passage] = ()
) -> list[Sequence[Passage]]:
    """
    Return the outermost sections of a speech, or the innermost one around a line's first passage.

    A speech without sections is one; passages outside of the sections are in none.
    """
    inside = [passage for passage in line if passage.kind not in UNLABELLED][:1]
    if inside and inside[0].sections:
        section = inside[0].sections[-1]
        return [[passage for passage in passages if section in passage.sections]]
    if inside and any(passage.sections for passage in passages):
        raise RequestError(
            _("closest: this line is in no section. Name one under a heading, or no line")
        )
    if not any(passage.sections for passage in passages):
        return [[passage for passage in passages if passage.kind not in UNLABELLED]]
    groups: dict[Section, list[Passage]] = {}
    for passage in passages:
        if passage.sections:
            groups.setdefault(passage.sections[0], []).append(passage)
    return list(groups.values())


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """
    Return the cosine of two vectors, 0 where one of them has no length.

    >>> round(cosine({"家": 3, "国": 4}, {"家": 1}), 2)
    0.6
    """
    lengths = math.hypot(*a.values()) * math.hypot(*b.values())
    return sum(a[name] * b.get(name, 0) for name in a) / lengths if lengths else 0.0


def theme_vector(labelled: Iterable[tuple[Sequence[str], int]]) -> Counter[str]:
    """
    Add up how many characters are about each theme, from passages' themes and lengths.

    >>> theme_vector([(["家"], 3), (["国", "家"], 4)])
    Counter({'家': 7, '国': 4})
    """
    vector: Counter[str] = Counter()
    for themes, size in labelled:
        for theme in themes:
            vector[theme] += size
    return vector


def _closest(
    backend: Backend,
    passages: Sequence[Passage],
    counts: Mapping[str, int],
    pieces: Sequence[Piece],
    allowed: Container[int],
    held: Mapping[str, Mapping[int, int]],
    *,
    limit: int,
) -> Closest:
    """Compare one section with all that are allowed."""
    themes = theme_vector((passage.themes, len(passage.text)) for passage in passages)
    # `or 1`: a corpus of nothing but titles has sections without characters.
    ordinary = sum(piece.characters for piece in pieces) / max(1, len(pieces)) or 1
    rarity = {
        word: math.log(1 + (len(pieces) - len(held[word]) + 0.5) / (len(held[word]) + 0.5))
        for word in counts
        # A word that none of the others has cannot bring one closer, but would take one of the
        # 40 places and lower every score.
        if any(n in allowed for n in held[word])
    }
    chosen = sorted(rarity, key=lambda word: (-rarity[word] * counts[word], word))[:WORDS]

    def points(word: str, count: int, characters: int) -> float:
        long = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * characters / ordinary
        return rarity[word] * count / (count + SATURATION * long)

    size = sum(len(passage.text) for passage in passages)
    # What the section would score against itself: BM25 has no upper end, and divided by this it
    # has.
    whole = sum(points(word, counts[word], size) for word in chosen)
    scores: defaultdict[int, float] = defaultdict(float)
    for word in chosen:
        for n, count in held[word].items():
            if n in allowed:
                scores[n] += points(word, count, pieces[n].characters)
    ranked = []
    for n, score in scores.items():
        by_words = min(1.0, score / whole)
        by_themes = cosine(themes, pieces[n].themes)
        # -n, so that of equals the first in the corpus wins: `nlargest` takes the greatest tuple.
        ranked.append((by_words * (by_themes if themes else 1), -n, by_themes, by_words))
    best = nlargest(limit or len(ranked), (one for one in ranked if one[0] > 0))
    heaviest = sorted(chosen, key=lambda word: (-points(word, counts[word], size), word))
    return Closest(
        section=passages[0].sections[-1] if passages[0].sections else None,
        line=passages[0].place[0],
        themes=tuple(sorted(themes, key=lambda name: (-themes[name], name))),
        found=tuple(
            _close(
                backend,
                pieces[-n],
                numbers=(closeness, by_themes, by_words),
                themes=themes,
                words=_apart(word for word in heaviest if -n in held[word]),
            )
            for closeness, n, by_themes, by_words in best
        ),
    )


def _apart(words: Iterable[str]) -> list[str]:
    """Leave out what is a part of a word before it, or holds one."""
    kept: list[str] = []
    for word in words:
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    return kept


def _close(
    backend: Backend,
    piece: Piece,
    *,
    numbers: tuple[float, float, float],
    themes: Mapping[str, int],
    words: Sequence[str],
) -> Close:
    """Return the place of a section, and what it shares."""
    first = passage_at(backend, piece.refs.start)
    shared = {
        name: min(themes[name], size) for name, size in piece.themes.items() if name in themes
    }
    return Close(
        info=piece.info,
        section=first.sections[0] if piece.in_section else None,
        line=first.place[0],
        closeness=numbers[0],
        by_themes=numbers[1],
        by_words=numbers[2],
        themes=tuple(sorted(shared, key=lambda name: (-shared[name], name))),
        words=tuple(words[:SHARED_WORDS]),
    )


def _pieces(backend: Backend, info: SpeechInfo, own: range) -> Iterator[Piece]:
    """Yield the outermost sections of a speech; the speech itself, if it has none."""
    read = list(measured(backend, SelectedSpeech(info=info, refs=own)))
    in_section = any(frame.section is not None for _ref, frame, _size in read)
    for section, group in groupby(read, key=lambda one: one[1].section):
        part = list(group)
        if (section is not None) == in_section:
            yield Piece(
                info=info,
                refs=range(part[0][0], part[-1][0] + 1),
                in_section=in_section,
                characters=sum(size for _ref, _frame, size in part),
                themes=theme_vector((frame.themes, size) for _ref, frame, size in part),
            )


def _allowed(backend: Backend, pieces: Sequence[Piece], speech: str, filters: Filters) -> set[int]:
    """Return the sections, by number, that a speech is compared with: others, no copies."""
    scope = backend.scope(filters)
    twins = backend.twins(backend.refs())
    own = {ref for piece in pieces if piece.info.id == speech for ref in piece.refs}
    # Twins are named by the one that is kept: copies of this speech are found
    # through it, whichever of them that is.
    copied = own | {twins[ref] for ref in own if ref in twins}
    copied |= {ref for ref, twin in twins.items() if twin in copied}
    allowed = set()
    for n, piece in enumerate(pieces):
        if piece.info.id == speech or (scope is not None and scope.isdisjoint(piece.refs)):
            continue
        copies = sum(ref in twins or ref in copied for ref in piece.refs) if twins else 0
        if copies < COPIED * len(piece.refs):
            allowed.add(n)
    return allowed


def _held(
    backend: Backend,
    pieces: Sequence[Piece],
    words: Collection[str],
    progress: Progress,
) -> dict[str, Mapping[int, int]]:
    """Count, for each word, the passages that hold it in each section."""
    piece_of = {ref: n for n, piece in enumerate(pieces) for ref in piece.refs}
    held: dict[str, Mapping[int, int]] = {}
    for done, word in enumerate(sorted(words)):
        progress(done, len(words))
        held[word] = Counter([piece_of[ref] for ref in backend.holding(word) if ref in piece_of])
    return held


def _word_counts(passages: Iterable[Passage], words_file: Path) -> Counter[str]:
    """Count the passages that hold each word; one that stands only in longer ones is left out."""
    counts: Counter[str] = Counter()
    for passage in passages:
        if passage.kind not in UNLABELLED:
            counts.update(count_words(fold(passage.text), words_file=words_file).keys())
    # 担当 that stands only in 敢于担当 would count the same words twice.
    parts = {
        word[start:end]
        for word, count in counts.items()
        for start in range(len(word))
        for end in range(start + 2, len(word) + 1)
        if end - start < len(word) and counts.get(word[start:end]) == count
    }
    return Counter({word: count for word, count in counts.items() if word not in parts})
