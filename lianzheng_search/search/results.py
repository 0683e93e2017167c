"""A query and a backend -> the passages found, in order; or passages with words of the query."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from ..index.backend import Backend
from ..model import Hit, Span, Value
from ..query.filters import EVERYTHING, Scope
from ..query.tree import And, Field, Leaf, Not, Or, Phrase, Query, literals
from ..text.folding import fold
from .evaluation import Evaluation, apart_from_copies
from .locating import HitMaker, speeches_of_copies
from .ranking import best_of, best_scores, check_order, in_order, rarity, scores_of, weight

# Bounds the number of substrings of a query that are looked up as words.
LONGEST_WORD = 8
"""Maximum length of a word that may stand in for a query, in characters."""


class Results(Value, frozen=True, kw_only=True):
    """
    What a search found: `total` passages in `speeches` speeches, and the hits asked for, in order.

    Where nothing holds the query, `exact` is False and the hits hold some of its `words`. `copies`
    is the number of passages that were found too, but are left out as twins of those.
    `occurrences` is how often the query is marked in all of them, None where it is not one phrase.
    """

    hits: Iterator[Hit]
    total: int
    speeches: int
    exact: bool = True
    words: tuple[str, ...] = ()
    copies: int = 0
    occurrences: int | None = None


def run_search(
    backend: Backend,
    query: Query | None,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 20,
    sort: str | None = None,
) -> Results:
    """
    Answer a query from any backend; the order is total: ties break by path, line, column.

    `limit` 0 is all. Without a query, every passage in the scope is found. Where no passage holds
    the query and it is of plain words, passages with some of them are found instead, and the
    results say so. Of passages found that are twins one is left, unless the scope is with copies.
    """
    sort = sort or ("relevance" if query is not None else "corpus")
    check_order(sort)
    if query is None:
        return _without_query(backend, scope, limit=limit, sort=sort)
    allowed = backend.scope(scope.filters)
    evaluation = Evaluation(backend, query)
    # Exact first, always: a passage that only holds the words is never mixed with those that hold
    # the phrase, and the results say which they are.
    passages = evaluation.within(allowed)
    if not passages and _may_fall_back(query):
        return _by_words(backend, evaluation.leaves, scope, limit=limit, sort=sort)
    # After matching and filtering, not before: the filters may leave nothing but a copy.
    passages, twins = apart_from_copies(backend, passages, scope)
    counts = evaluation.counts(passages)
    if sort == "relevance":
        scores = best_scores(evaluation, passages, limit, allowed=allowed, twins=twins)
        ordered = in_order(backend, scores, limit=limit, sort=sort)
    else:
        ordered = in_order(backend, dict.fromkeys(passages, 0.0), limit=limit, sort=sort)
        scores = scores_of(evaluation, ordered)
    make = HitMaker(backend, evaluation.leaves, speeches_of_copies(backend, twins, ordered))
    return Results(
        hits=(make.hit(ref, scores[ref] if evaluation.leaves else None) for ref in ordered),
        total=len(passages),
        speeches=backend.count_speeches(passages),
        copies=len(twins),
        occurrences=None if counts is None else sum(counts),
    )


def _without_query(backend: Backend, scope: Scope, *, limit: int, sort: str) -> Results:
    """Return every passage in a scope; by relevance they are in the order of the corpus."""
    allowed = backend.scope(scope.filters)
    every = set(backend.refs()) if allowed is None else allowed
    passages, twins = apart_from_copies(backend, every, scope)
    scores = dict.fromkeys(passages, 0.0)
    ordered = in_order(backend, scores, limit=limit, sort="corpus" if sort == "relevance" else sort)
    make = HitMaker(backend, (), speeches_of_copies(backend, twins, ordered))
    return Results(
        hits=(make.hit(ref, None) for ref in ordered),
        total=len(scores),
        speeches=backend.count_speeches(scores),
        copies=len(twins),
    )


def _may_fall_back(query: Query) -> bool:
    """Words stand in for phrases only: a quotation, a filter and a negation are not given up."""
    if isinstance(query, And | Or):
        return all(map(_may_fall_back, query.parts))
    return not isinstance(query, Not | Field) and not (isinstance(query, Phrase) and query.quoted)


def _by_words(
    backend: Backend, wanted: Sequence[Leaf], scope: Scope, *, limit: int, sort: str
) -> Results:
    """Find passages by the words of the query that the corpus knows."""
    words = _known_words(backend, wanted)
    allowed = backend.scope(scope.filters)
    if not words or allowed == set():
        return Results(hits=iter(()), total=0, speeches=0, exact=False)
    worths: dict[int, float] = defaultdict(float)
    for word in words:
        passages = backend.holding(word)
        worth = rarity(backend, len(passages))
        for ref in passages:
            worths[ref] += worth
    if allowed is not None:
        worths = {ref: worth for ref, worth in worths.items() if ref in allowed}
    others, twins = apart_from_copies(backend, worths.keys(), scope)
    worths = {ref: worths[ref] for ref in others} if twins else worths
    levels: dict[float, list[int]] = defaultdict(list)
    for ref, worth in worths.items():
        levels[worth].append(ref)
    weights = ((weight(backend, worth), worth) for worth in sorted(levels, reverse=True))
    scores = best_of(
        ((weigh(1, None), levels[worth], partial(weigh, 1)) for weigh, worth in weights),
        limit if sort == "relevance" else 0,
    )
    ordered = in_order(backend, scores, limit=limit, sort=sort)
    copies = speeches_of_copies(backend, twins, ordered)
    return Results(
        hits=(_word_hit(backend, ref, scores[ref], words, copies.get(ref, ())) for ref in ordered),
        total=len(worths),
        speeches=backend.count_speeches(worths),
        exact=False,
        words=tuple(words),
        copies=len(twins),
    )


def _known_words(backend: Backend, wanted: Sequence[Leaf]) -> list[str]:
    """Return the substrings of a query that are words of the corpus, those inside others not."""
    substrings = dict.fromkeys(
        text[start:end]
        for leaf in wanted
        for text in literals(leaf)
        for start in range(len(text))
        for end in range(start + 2, min(len(text), start + LONGEST_WORD) + 1)
    )
    known = [word for word in substrings if backend.is_word(word)]
    # Of nested words the longest: 从严治党 says what was meant, 从严 and 治党 hold everywhere.
    return [word for word in known if not any(word != other and word in other for other in known)]


def _word_hit(
    backend: Backend, ref: int, score: float, words: Sequence[str], copies: tuple[str, ...]
) -> Hit:
    line = backend.line(ref)
    passage = line.passages[ref - line.first]
    # Longest first, because an alternation takes the first branch that fits.
    either = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    return Hit(
        info=backend.info(ref),
        passage=passage,
        score=score,
        exact=False,
        words=tuple(Span(*match.span()) for match in either.finditer(fold(passage.text))),
        copies=copies,
    )
