"""Passages -> their words: how frequent, beside what, and more so than elsewhere."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from ..errors import RequestError
from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Span, Value
from ..query.filters import Scope
from ..query.tree import Leaf, Query
from ..search.matching import find_passages
from ..search.selection import folded_text, folded_texts, select, size
from ..text.sentences import SENTENCE_ENDS
from ..text.words import WORD_RUN, WORDS_FILE, is_content_word, is_word, plain_cutter, words
from .frequencies import find_counted, spans_in
from .measures import (
    Table,
    keyness,
    log_dice,
    log_likelihood,
    log_ratio,
    mutual_information,
    per_ten_thousand,
    significance,
)

MEASURES = ("log-dice", "log-likelihood", "log-ratio", "mi")
KEYNESS_MEASURES = ("log-likelihood", "log-ratio")
STEP = 5000
"""So many runs are cut between two signs of progress."""
Progress = Callable[[int, int], None]
Side = Literal["left", "right"]


class WordFrequency(Value, frozen=True, kw_only=True):
    """How often a word stands in a text; the fields are the keys of its row."""

    word: str
    hits: int
    per_10000: float


class WordList(Value, frozen=True, kw_only=True):
    """
    Words, the most frequent first, of `different` that could be listed.

    `words` counts all words of the text, `characters` its code points, punctuation included; a
    frequency is per 10,000 of the latter.
    """

    shown: tuple[WordFrequency, ...]
    different: int
    words: int
    characters: int
    copies: int = 0


class Collocate(Value, frozen=True, kw_only=True):
    """
    A word near the hits of a query; the fields are the keys of its row.

    It stands `hits` times near them, on the `left` or the `right`, `expected` times if it stood
    there as often as elsewhere, and `frequency` times in all the text, the hits themselves left
    out.
    """

    word: str
    hits: int
    left: int
    right: int
    frequency: int
    expected: float
    log_dice: float
    log_likelihood: float
    log_ratio: float
    mi: float


class Collocates(Value, frozen=True, kw_only=True):
    """
    The collocates of a query, best first, of `different` that could be listed.

    `hits` of the query have `near` words near them, of `words` in all but those of the hits.
    """

    query: str
    shown: tuple[Collocate, ...]
    different: int
    hits: int
    near: int
    words: int
    copies: int = 0


class KeyWord(Value, frozen=True, kw_only=True):
    """
    A word more frequent in sub-corpus a, or in b; the fields are the keys of its row.

    `a` and `b` are how often it stands there, `a_per_10000` and `b_per_10000` the same for 10,000
    words; `log_ratio` is above 0 for what is more frequent in a.
    """

    word: str
    more_in: Literal["a", "b"]
    a: int
    b: int
    a_per_10000: float
    b_per_10000: float
    log_likelihood: float
    log_ratio: float
    significance: str


class SubCorpus(Value, frozen=True, kw_only=True):
    """The passages of a query; None is all that the other one leaves."""

    query: str | None
    passages: int
    speeches: int
    words: int


class Keyness(Value, frozen=True, kw_only=True):
    """What is more frequent in one of two sub-corpora; so many passages are in `both` of them."""

    a: SubCorpus
    b: SubCorpus
    shown: tuple[KeyWord, ...]
    both: int = 0
    copies: int = 0


def tally(
    texts: Sequence[Iterable[str]], *, words_file: Path, progress: Progress
) -> list[Counter[str]]:
    """
    Count the words of several folded texts, each of which comes in pieces of whole lines.

    They are those that `text.words` gives; but each run of characters is cut only once,
    however often it recurs. `progress` is called with (runs cut, runs in all).
    """
    cut = plain_cutter(words_file)
    runs: list[Counter[str]] = []
    for pieces in texts:
        own: Counter[str] = Counter()
        for piece in pieces:
            own.update(WORD_RUN.findall(piece))
        runs.append(own)
    counts: list[Counter[str]] = [Counter() for _text in texts]
    every = runs[0] if len(runs) == 1 else dict.fromkeys(run for own in runs for run in own)
    for done, run in enumerate(every):
        if done % STEP == 0:
            progress(done, len(every))
        tokens = [token for token in cut(run) if is_word(token)]
        for own, count in zip(runs, counts, strict=True):
            if times := own.get(run):
                for token in tokens:
                    count[token] += times
    return counts


def word_list(
    backend: Backend,
    scope: Scope,
    *,
    limit: int = 20,
    stop_words: bool = False,
    words_file: Path = WORDS_FILE,
    progress: Progress = lambda done, whole: None,
) -> WordList:
    """List the words of all passages that the filters leave; `limit` 0 is all."""
    selection = select(backend, scope)
    texts = (folded_text(backend, speech.refs) for speech in selection.speeches)
    (counts,) = tally([texts], words_file=words_file, progress=progress)
    characters = sum(size(backend, speech.refs) for speech in selection.speeches)
    listed = [word for word in counts if stop_words or is_content_word(word)]
    listed.sort(key=lambda word: (-counts[word], word))
    return WordList(
        shown=tuple(
            WordFrequency(
                word=word,
                hits=counts[word],
                per_10000=per_ten_thousand(counts[word], characters),
            )
            for word in (listed[:limit] if limit else listed)
        ),
        different=len(listed),
        words=counts.total(),
        characters=characters,
        copies=selection.copies,
    )


def near_words(
    line: str, hits: Sequence[Span], window: int | None, *, words_file: Path
) -> tuple[list[tuple[str, Side]], list[str]]:
    """
    Give the words near hits on a folded line, and those that the hits are made of.

    `window` is how many words to look at on each side; None is the rest of the sentence. A word
    that overlaps a hit is part of it, and near none. A word near several hits is given once, on
    the side of the nearest, the first of two.

    >>> from lianzheng_search.text.words import WORDS_FILE
    >>> near_words("干部要担当，群众看得见", [Span(3, 5)], 1, words_file=WORDS_FILE)
    ([('要', 'left'), ('群众', 'right')], ['担当'])
    """
    tokens: list[tuple[str, int]] = []
    at = 0
    for token in words(line, words_file=words_file):
        if is_word(token):
            tokens.append((token, at))
        at += len(token)
    starts = [start for _token, start in tokens]
    ends = [start + len(token) for token, start in tokens]
    nearest: dict[int, tuple[int, Side]] = {}
    inside: set[int] = set()
    for hit in hits:
        first, last = bisect_right(ends, hit.start), bisect_left(starts, hit.end)
        inside.update(range(first, last))
        low, high = first - (window or 0), last + (window or 0)
        if window is None:
            begin, stop = sentence_around(line, hit)
            low, high = bisect_left(starts, begin), bisect_left(starts, stop)
        for n in range(max(0, low), min(high, len(tokens))):
            distance, side = (first - n, "left") if n < first else (n - last + 1, "right")
            if n not in nearest or distance < nearest[n][0]:
                nearest[n] = distance, side  # type: ignore[assignment]
    near = [(tokens[n][0], side) for n, (_d, side) in sorted(nearest.items()) if n not in inside]
    return near, [tokens[n][0] for n in sorted(inside)]


def sentence_around(line: str, hit: Span) -> tuple[int, int]:
    """
    Find where the sentence of a hit begins and ends on a folded line.

    >>> sentence_around("会议强调。要敢于担当！散会。", Span(8, 10))
    (5, 10)
    """
    start = max(line.rfind(border, 0, hit.start) for border in SENTENCE_ENDS) + 1
    last = max(hit.start, hit.end - 1)
    ends = [end for border in SENTENCE_ENDS if (end := line.find(border, last)) >= 0]
    return start, min(ends, default=len(line))


def collocates(
    backend: Backend,
    name: str,
    query: Query,
    scope: Scope,
    *,
    window: int | None = 5,
    by: str = "log-dice",
    least: int = 3,
    limit: int = 20,
    stop_words: bool = False,
    words_file: Path = WORDS_FILE,
    progress: Progress = lambda done, whole: None,
) -> Collocates:
    """
    List the words that stand near the hits of a query more often than elsewhere.

    The contingency table of a word is over all words of the passages that the filters leave, but
    those that a hit is made of: near a hit or not, this word or another one. Each is counted
    once, however many hits it is near. log-dice relates how often the word is near to how often
    the query is hit and to how often the word stands anywhere outside the hits.
    `least` is how often a word must be near; `limit` 0 is all; `by` one of MEASURES.
    """
    if by not in MEASURES:
        raise no_such(_("measure"), by, MEASURES)
    found = find_counted(backend, name, query, scope)
    selection = select(backend, scope, found=found.refs)
    sides: dict[Side, Counter[str]] = {"left": Counter(), "right": Counter()}
    inside: Counter[str] = Counter()
    hits = 0
    wanted = set(found.refs)
    for speech in selection.speeches:
        if wanted.isdisjoint(speech.refs):
            continue
        pieces = list(folded_texts(backend, speech.refs))
        for line, spans in _lines_with_hits(pieces, wanted, found.leaves):
            near, own = near_words(line, spans, window, words_file=words_file)
            hits += len(spans)
            inside.update(own)
            for word, side in near:
                sides[side][word] += 1
    texts = (folded_text(backend, speech.refs) for speech in selection.speeches)
    whole = Counter[str]()
    if hits:
        (whole,) = tally([texts], words_file=words_file, progress=progress)
    whole.subtract(inside)
    near_all = sides["left"] + sides["right"]
    size_near, size_all = near_all.total(), whole.total()
    listed = []
    for word, count in near_all.items():
        if count < least or not (stop_words or is_content_word(word)):
            continue
        table = Table(a=count, b=whole[word] - count, a_size=size_near, b_size=size_all - size_near)
        if count > table.expected:
            listed.append(_collocate(word, table, sides, hits))
    key = by.replace("-", "_")
    listed.sort(key=lambda one: (-getattr(one, key), -one.hits, one.word))
    return Collocates(
        query=name,
        shown=tuple(listed[:limit] if limit else listed),
        different=len(listed),
        hits=hits,
        near=size_near,
        words=size_all,
        copies=selection.copies,
    )


def _collocate(
    word: str, table: Table, sides: Mapping[Side, Mapping[str, int]], hits: int
) -> Collocate:
    frequency = table.a + table.b
    return Collocate(
        word=word,
        hits=table.a,
        left=sides["left"].get(word, 0),
        right=sides["right"].get(word, 0),
        frequency=frequency,
        expected=table.expected,
        log_dice=log_dice(table.a, hits, frequency),
        log_likelihood=log_likelihood(table),
        log_ratio=log_ratio(table),
        mi=mutual_information(table),
    )


def _lines_with_hits(
    pieces: Sequence[tuple[int, str]], wanted: set[int], leaves: Sequence[Leaf]
) -> Iterator[tuple[str, list[Span]]]:
    """Yield the lines of passages, given with their texts, that hold hits, and where they do."""
    text = "".join([piece for _ref, piece in pieces])
    ends = list(accumulate(len(piece) for _ref, piece in pieces))
    found = spans_in(text, ends, leaves)
    spans = sorted(span for k, own in found.items() if pieces[k][0] in wanted for span in own)
    n = 0
    while n < len(spans):
        start = text.rfind("\n", 0, spans[n].start) + 1
        end = text.index("\n", spans[n].start)
        inside = []
        while n < len(spans) and spans[n].start < end:
            inside.append(Span(spans[n].start - start, spans[n].end - start))
            n += 1
        yield text[start:end], inside


def key_words(
    backend: Backend,
    a: tuple[str, Query],
    b: tuple[str, Query] | None,
    scope: Scope,
    *,
    by: str = "log-likelihood",
    least: int = 5,
    limit: int = 20,
    stop_words: bool = False,
    words_file: Path = WORDS_FILE,
    progress: Progress = lambda done, whole: None,
) -> Keyness:
    """
    List the words that are more frequent in one of two sub-corpora than in the other.

    Those are the passages of two queries, or of one and all others that the filters leave;
    copies count once in each. Left out is what is as frequent in both, and what is in one alone
    and expected less than half a time in the other, which is too small to have it.
    `least` is how often a word must be in both together; `limit`, 0 for all, is of the words more
    frequent in either; `by` one of KEYNESS_MEASURES.
    """
    if by not in KEYNESS_MEASURES:
        raise no_such(_("measure"), by, KEYNESS_MEASURES)
    whole = replace(scope, with_copies=True)
    every = [find_passages(backend, a[1], whole).refs]
    if b is not None:
        every.append(find_passages(backend, b[1], whole).refs)
    else:
        allowed = backend.scope(scope.filters)
        rest = set(backend.refs()) if allowed is None else set(allowed)
        every.append(sorted(rest.difference(every[0])))
    kept = [refs if scope.with_copies else _once(backend, refs) for refs in every]
    names = [a[0], b[0] if b is not None else None]
    for option, refs in zip(("--a", "--b"), kept, strict=True):
        if not refs:
            raise RequestError(
                _("{option}: no passage is left in it. Say something wider").format(option=option)
            )
    one, other = tally(
        [_texts(backend, refs) for refs in kept], words_file=words_file, progress=progress
    )
    sizes = one.total(), other.total()
    found = [
        _key_word(word, one[word], other[word], sizes)
        for word in dict.fromkeys([*one, *other])
        if one[word] + other[word] >= least
        and one[word] * sizes[1] != other[word] * sizes[0]
        and (stop_words or is_content_word(word))
    ]
    found = [key for key in found if (key.log_ratio > 0) == (key.more_in == "a")]
    found.sort(key=lambda key: (-_strength(key, by), key.word))
    sides = [[key for key in found if key.more_in == side] for side in ("a", "b")]
    subs = [
        SubCorpus(
            query=name,
            passages=len(refs),
            speeches=backend.count_speeches(refs),
            words=words_in,
        )
        for name, refs, words_in in zip(names, kept, sizes, strict=True)
    ]
    return Keyness(
        a=subs[0],
        b=subs[1],
        shown=tuple(key for side in sides for key in (side[:limit] if limit else side)),
        both=len(set(every[0]).intersection(every[1])),
        copies=sum(map(len, every)) - sum(map(len, kept)),
    )


def _strength(key: KeyWord, by: str) -> float:
    return key.log_likelihood if by == "log-likelihood" else abs(key.log_ratio)


def _key_word(word: str, one: int, other: int, sizes: tuple[int, int]) -> KeyWord:
    table = Table(a=one, b=other, a_size=sizes[0], b_size=sizes[1])
    likelihood = keyness(table)
    return KeyWord(
        word=word,
        more_in="a" if one > table.expected else "b",
        a=one,
        b=other,
        a_per_10000=per_ten_thousand(one, sizes[0]),
        b_per_10000=per_ten_thousand(other, sizes[1]),
        log_likelihood=likelihood,
        log_ratio=log_ratio(table),
        significance=significance(likelihood),
    )


def _once(backend: Backend, refs: Sequence[int]) -> Sequence[int]:
    """Leave out, of passages that say the same in copies of a speech, all but one."""
    twins = backend.twins(refs)
    return [ref for ref in refs if ref not in twins] if twins else refs


def _texts(backend: Backend, refs: Sequence[int]) -> Iterator[str]:
    """Read passages, ascending by ref, speech by speech."""
    for _info, own in backend.ranges():
        low, high = bisect_left(refs, own.start), bisect_left(refs, own.stop)
        if low < high:
            yield folded_text(backend, refs[low:high])
