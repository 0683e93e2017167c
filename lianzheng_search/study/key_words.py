"""Two parts of a corpus -> the words that are more frequent in one of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from ..errors import RequestError
from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Progress, Value
from ..query.filters import Scope
from ..query.tree import Query
from ..search.evaluation import find_passages
from ..search.selection import folded_text
from ..text.words import WORDS_FILE, is_content_word
from .measures import Table, keyness, log_ratio, per_ten_thousand, significance
from .word_counts import tally

MEASURES = ("log-likelihood", "log-ratio")


class KeyWord(Value, frozen=True, kw_only=True):
    """
    A word more frequent in part a, or in part b; the fields are the keys of its row.

    `a` and `b` are how often it occurs there, `a_per_10000` and `b_per_10000` the same in 10,000
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
    """The passages of a query, or of None: all that the other part leaves; and their words."""

    query: str | None
    passages: int
    speeches: int
    words: int


class Keyness(Value, frozen=True, kw_only=True):
    """
    The words `shown` that are more frequent in one of two parts: those of a, then those of b.

    `both` is the number of passages in both parts, `copies` that of the passages left out because
    they are copies.
    """

    a: SubCorpus
    b: SubCorpus
    shown: tuple[KeyWord, ...]
    both: int = 0
    copies: int = 0


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
    Return the words that are more frequent in one of two parts of a corpus than in the other.

    The parts are the passages of two queries, or of one and all others in the scope; copies count
    once in each. A word is left out if it is as frequent in both, or if it is in one alone and
    expected less than half a time in the other, which is too small to have it.
    `least` is how often a word must be in both together; `limit`, 0 for all, is of the words more
    frequent in either; `by` is one of MEASURES. RequestError for a part without passages.
    """
    if by not in MEASURES:
        raise no_such(_("measure"), by, MEASURES)
    with_copies = _parts(backend, a[1], b and b[1], replace(scope, with_copies=True))
    parts = with_copies if scope.with_copies else [_once(backend, refs) for refs in with_copies]
    for option, refs in zip(("--a", "--b"), parts, strict=True):
        if not refs:
            raise RequestError(
                _("{option}: no passage is left in it. Say something wider").format(option=option)
            )
    texts = [_texts(backend, refs) for refs in parts]
    counts = tally(texts, words_file=words_file, progress=progress)
    compared = _compared(*counts, least=least)
    listed = [word for word in compared if stop_words or is_content_word(word.word)]
    listed.sort(key=lambda word: (-_strength(word, by), word.word))
    sides = [[word for word in listed if word.more_in == side] for side in ("a", "b")]
    return Keyness(
        a=_sub_corpus(backend, a[0], parts[0], counts[0]),
        b=_sub_corpus(backend, b and b[0], parts[1], counts[1]),
        shown=tuple(word for side in sides for word in (side[:limit] if limit else side)),
        both=len(set(with_copies[0]).intersection(with_copies[1])),
        copies=sum(map(len, with_copies)) - sum(map(len, parts)),
    )


def _parts(backend: Backend, a: Query, b: Query | None, scope: Scope) -> list[Sequence[int]]:
    """Return the passages of both parts, ascending; without a second query, the rest is b."""
    first = find_passages(backend, a, scope).refs
    if b is not None:
        return [first, find_passages(backend, b, scope).refs]
    allowed = backend.scope(scope.filters)
    everything = set(backend.refs()) if allowed is None else set(allowed)
    return [first, sorted(everything.difference(first))]


def _sub_corpus(
    backend: Backend, query: str | None, refs: Sequence[int], words: Counter[str]
) -> SubCorpus:
    return SubCorpus(
        query=query,
        passages=len(refs),
        speeches=backend.count_speeches(refs),
        words=words.total(),
    )


def _once(backend: Backend, refs: Sequence[int]) -> Sequence[int]:
    """Return passages, of those that say the same in copies of a speech one."""
    twins = backend.twins(refs)
    return [ref for ref in refs if ref not in twins] if twins else refs


def _texts(backend: Backend, refs: Sequence[int]) -> Iterator[str]:
    """Yield the text of passages, ascending by ref, speech by speech."""
    for _info, speech in backend.ranges():
        low, high = bisect_left(refs, speech.start), bisect_left(refs, speech.stop)
        if low < high:
            yield folded_text(backend, refs[low:high])


def _compared(a: Counter[str], b: Counter[str], *, least: int) -> Iterator[KeyWord]:
    """Yield the words that are frequent enough, and more so in one part by both measures."""
    sizes = a.total(), b.total()
    for word in dict.fromkeys([*a, *b]):
        if a[word] + b[word] >= least and a[word] * sizes[1] != b[word] * sizes[0]:
            key_word = _key_word(word, a[word], b[word], sizes)
            # Where the measures disagree, the zero of one part weighs more than its whole text.
            if (key_word.log_ratio > 0) == (key_word.more_in == "a"):
                yield key_word


def _key_word(word: str, a: int, b: int, sizes: tuple[int, int]) -> KeyWord:
    table = Table(a=a, b=b, a_size=sizes[0], b_size=sizes[1])
    likelihood = keyness(table)
    return KeyWord(
        word=word,
        more_in="a" if a > table.expected else "b",
        a=a,
        b=b,
        a_per_10000=per_ten_thousand(a, sizes[0]),
        b_per_10000=per_ten_thousand(b, sizes[1]),
        log_likelihood=likelihood,
        log_ratio=log_ratio(table),
        significance=significance(likelihood),
    )


def _strength(word: KeyWord, by: str) -> float:
    return word.log_likelihood if by == "log-likelihood" else abs(word.log_ratio)
