"""A query -> its collocates: the words that occur near its hits more often than elsewhere."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Progress, Span, Value
from ..query.filters import Scope
from ..query.tree import Leaf, Query
from ..search.evaluation import Matching
from ..search.selection import Selection, folded_text, folded_texts, select
from ..text.sentences import SENTENCE_ENDS
from ..text.words import WORDS_FILE, is_content_word, is_word, words
from .frequencies import find_counted, spans_in
from .measures import Table, log_dice, log_likelihood, log_ratio, mutual_information
from .word_counts import tally

MEASURES = ("log-dice", "log-likelihood", "log-ratio", "mi")
SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}]")
Side = Literal["left", "right"]


class Collocate(Value, frozen=True, kw_only=True):
    """
    A word near the hits of a query; the fields are the keys of its row.

    It occurs `hits` times near them, on the `left` or the `right`; `expected` is the number if it
    occurred there as often as elsewhere, and `frequency` that of all its occurrences, those that
    are a part of a hit left out.
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
    The collocates `shown` within the limit, best first, of `different` ones in all.

    `near` is the number of words near the `hits` of the query, `words` that of all words, those
    that are a part of a hit left out. `copies` is the number of passages left out because they
    are copies.
    """

    query: str
    shown: tuple[Collocate, ...]
    different: int
    hits: int
    near: int
    words: int
    copies: int = 0


class _Near(Value, frozen=True, kw_only=True):
    """The words near hits by side, and those that are a part of one."""

    left: Counter[str]
    right: Counter[str]
    inside: Counter[str]
    hits: int

    @property
    def words(self) -> Counter[str]:
        """The words near hits, on either side."""
        return self.left + self.right


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
    Return the words that occur near the hits of a query more often than elsewhere, best first.

    The contingency table of a word is over all words of the passages in the scope, but those that
    are a part of a hit: near a hit or not, this word or another one. Each is counted once,
    however many hits it is near. log-dice relates how often the word is near to the number of
    hits and to how often the word occurs outside of them.
    `window` is in words on each side, None the sentence; `least` is how often a word must be
    near; `limit` 0 is all; `by` is one of MEASURES.
    """
    if by not in MEASURES:
        raise no_such(_("measure"), by, MEASURES)
    matching = find_counted(backend, name, query, scope)
    selection = select(backend, scope, found=matching.refs)
    near = _near(backend, selection, matching, window, words_file)
    texts = (folded_text(backend, speech.refs) for speech in selection.speeches)
    everywhere = Counter[str]()
    if near.hits:
        (everywhere,) = tally([texts], words_file=words_file, progress=progress)
    everywhere.subtract(near.inside)
    compared = _compared(near, everywhere, least=least)
    listed = [one for one in compared if stop_words or is_content_word(one.word)]
    key = by.replace("-", "_")
    listed.sort(key=lambda one: (-getattr(one, key), -one.hits, one.word))
    return Collocates(
        query=name,
        shown=tuple(listed[:limit] if limit else listed),
        different=len(listed),
        hits=near.hits,
        near=near.words.total(),
        words=everywhere.total(),
        copies=selection.copies,
    )


def near_words(
    line: str, hits: Sequence[Span], window: int | None, *, words_file: Path
) -> tuple[list[tuple[str, Side]], list[str]]:
    """
    Return the words near the hits on a folded line, and those that are a part of one.

    `window` is how many words to look at on each side; None is the rest of the sentence. A word
    that overlaps a hit is a part of it, and near none. A word near several hits is returned once,
    on the side of the nearest, the first of two. The hits ascend and do not overlap.

    >>> from lianzheng_search.text.words import WORDS_FILE
    >>> near_words("干部要担当，群众看得见", [Span(3, 5)], 1, words_file=WORDS_FILE)
    ([('要', 'left'), ('群众', 'right')], ['担当'])
    """
    tokens: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for token in words(line, words_file=words_file):
        end = at + len(token)
        if is_word(token):
            tokens.append(token)
            starts.append(at)
            ends.append(end)
        at = end
    # The tokens that overlap each hit: from `first` to before `last`.
    parts = [(bisect_right(ends, hit.start), bisect_left(starts, hit.end)) for hit in hits]
    inside = {n for first, last in parts for n in range(first, last)}
    nearest: dict[int, tuple[int, Side]] = {}
    for k, (first, last) in enumerate(parts):
        if window is None:
            low, high = (bisect_left(starts, edge) for edge in sentence_around(line, hits[k]))
        else:
            low, high = max(0, first - window), min(last + window, len(tokens))
        # What is beyond the next hit on either side is nearer to that one.
        before = parts[k - 1][0] if k else 0
        beyond = parts[k + 1][1] if k + 1 < len(parts) else len(tokens)
        for n in range(max(low, before), first):
            if n not in nearest or first - n < nearest[n][0]:
                nearest[n] = first - n, "left"
        for n in range(last, min(high, beyond)):
            nearest[n] = n - last + 1, "right"
    near = [(tokens[n], nearest[n][1]) for n in sorted(nearest) if n not in inside]
    return near, [tokens[n] for n in sorted(inside)]


def sentence_around(line: str, hit: Span) -> tuple[int, int]:
    """
    Return the offsets on a folded line between which the sentence of a hit stands.

    >>> sentence_around("会议强调。要敢于担当！散会。", Span(8, 10))
    (5, 10)
    """
    ends = _sentence_ends(line)
    before = bisect_left(ends, hit.start) - 1
    after = bisect_left(ends, max(hit.start, hit.end - 1))
    return ends[before] + 1 if before >= 0 else 0, ends[after] if after < len(ends) else len(line)


@lru_cache(maxsize=1)
def _sentence_ends(line: str) -> list[int]:
    return [match.start() for match in SENTENCE_END.finditer(line)]


def _near(
    backend: Backend,
    selection: Selection,
    matching: Matching,
    window: int | None,
    words_file: Path,
) -> _Near:
    """Count the words near the hits of a query, speech by speech."""
    sides: dict[Side, Counter[str]] = {"left": Counter(), "right": Counter()}
    inside: Counter[str] = Counter()
    hits = 0
    refs = set(matching.refs)
    for speech in selection.speeches:
        if refs.isdisjoint(speech.refs):
            continue
        pieces = list(folded_texts(backend, speech.refs))
        for line, spans in _lines_with_hits(pieces, refs, matching.leaves):
            near, parts = near_words(line, spans, window, words_file=words_file)
            hits += len(spans)
            inside.update(parts)
            for word, side in near:
                sides[side][word] += 1
    return _Near(left=sides["left"], right=sides["right"], inside=inside, hits=hits)


def _lines_with_hits(
    pieces: Sequence[tuple[int, str]], refs: set[int], leaves: Sequence[Leaf]
) -> Iterator[tuple[str, list[Span]]]:
    """Yield the lines with hits of passages, given as (ref, text), and the spans on the line."""
    text = "".join([piece for _ref, piece in pieces])
    ends = list(accumulate(len(piece) for _ref, piece in pieces))
    by_piece = spans_in(text, ends, leaves)
    spans = sorted(span for k, own in by_piece.items() if pieces[k][0] in refs for span in own)
    n = 0
    while n < len(spans):
        start = text.rfind("\n", 0, spans[n].start) + 1
        end = text.index("\n", spans[n].start)
        inside = []
        while n < len(spans) and spans[n].start < end:
            inside.append(Span(spans[n].start - start, spans[n].end - start))
            n += 1
        yield text[start:end], inside


def _compared(near: _Near, everywhere: Counter[str], *, least: int) -> Iterator[Collocate]:
    """Yield the words that are near hits often enough, and more often than expected."""
    words = near.words
    size_near, size = words.total(), everywhere.total()
    for word, count in words.items():
        if count < least:
            continue
        rest = everywhere[word] - count
        table = Table(a=count, b=rest, a_size=size_near, b_size=size - size_near)
        if count > table.expected:
            yield _collocate(word, table, near)


def _collocate(word: str, table: Table, near: _Near) -> Collocate:
    frequency = table.a + table.b
    return Collocate(
        word=word,
        hits=table.a,
        left=near.left[word],
        right=near.right[word],
        frequency=frequency,
        expected=table.expected,
        log_dice=log_dice(table.a, near.hits, frequency),
        log_likelihood=log_likelihood(table),
        log_ratio=log_ratio(table),
        mi=mutual_information(table),
    )
