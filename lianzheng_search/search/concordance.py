"""Hits -> concordance lines: the keyword in the context of its source line."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Hit, SpeechInfo, Value
from ..query.filters import EVERYTHING, Scope
from ..query.tree import Query
from ..text.folding import fold, letters
from ..text.sentences import CLAUSE_ENDS, SENTENCE_ENDS
from ..text.width import cells, character_cells
from .results import run_search

CLAUSE_BORDERS = CLAUSE_ENDS.replace(" ", "") + SENTENCE_ENDS
KWIC_ORDERS = ("corpus", "date", "newest", "left", "right")


class KwicLine(Value, frozen=True, kw_only=True):
    """
    A keyword in its context: `left`, `keyword` and `right` follow one another in the text.

    `line` is the source line on which the keyword stands; `section` and `point` are those of the
    passage in which it starts.
    """

    info: SpeechInfo
    line: int
    section: tuple[str, ...]
    point: str | None
    left: str
    keyword: str
    right: str


class Concordance(Value, frozen=True, kw_only=True):
    """
    Lines in order, and how many there are in all, in how many speeches.

    `copies` is the number of passages that hold the query but are left out as copies of others.
    """

    lines: tuple[KwicLine, ...]
    total: int
    speeches: int
    copies: int = 0


def kwic(
    backend: Backend,
    query: Query,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 0,
    sort: str = "corpus",
    seed: int | None = None,
) -> Concordance:
    """
    List every match of a query with its context, which is the source line it stands on.

    `sort` is ``corpus``, ``date``, or ``left`` or ``right``: by the context outward from the
    keyword. `limit` 0 is all; with a `seed`, so many are drawn at random, the same each time.
    Where no passage holds the query, there are none.
    """
    if sort not in KWIC_ORDERS:
        raise no_such(_("sort"), sort, KWIC_ORDERS)
    results = run_search(backend, query, scope, limit=0, sort="corpus")
    lines = list(kwic_lines(results.hits)) if results.exact else []
    total, speeches = len(lines), len({line.info.id for line in lines})
    if seed is not None and limit:
        lines = sample(lines, limit, seed)
    ordered = in_order(lines, sort)
    return Concordance(
        lines=tuple(ordered[:limit] if limit else ordered),
        total=total,
        speeches=speeches,
        copies=results.copies if lines else 0,
    )


def kwic_lines(hits: Iterable[Hit]) -> Iterator[KwicLine]:
    """Yield a line for each span of each hit, with all of its source line as context."""
    for hit in hits:
        first = hit.line[0].column if hit.line else hit.passage.column
        text = "".join(passage.text for passage in hit.line) or hit.passage.text
        # Run-in points part a line into passages, but a reader needs what is left and right of the
        # keyword: the context is the line, not the passage.
        start = hit.passage.column - first
        for span in hit.spans:
            yield KwicLine(
                info=hit.info,
                line=hit.passage.place[0],
                section=hit.passage.section,
                point=hit.passage.point,
                left=text[: start + span.start],
                keyword=text[start + span.start : start + span.end],
                right=text[start + span.end :],
            )


def sample(lines: Sequence[KwicLine], number: int, seed: int) -> list[KwicLine]:
    """
    Draw `number` lines, in their order; the same seed draws the same from the same lines.

    >>> sample([], 3, seed=1)
    []
    """
    # A generator of its own: the draw must not depend on who else used the global one.
    drawn = random.Random(seed).sample(range(len(lines)), min(number, len(lines)))
    return [lines[n] for n in sorted(drawn)]


def in_order(lines: Iterable[KwicLine], sort: str) -> list[KwicLine]:
    """
    Sort lines: by the context outward from the keyword, by date, the earliest first or the
    ``newest``, or as they come (``corpus``).

    Lines that agree stay in corpus order; undated speeches come last.
    """
    if sort == "left":
        # Read backwards from the keyword, so that what stands right before it is what groups the
        # lines.
        return sorted(lines, key=lambda line: letters(fold(line.left))[::-1])
    if sort == "right":
        return sorted(lines, key=lambda line: letters(fold(line.right)))
    if sort == "date":
        return sorted(lines, key=lambda line: line.info.date or "9999")
    if sort == "newest":
        return sorted(lines, key=lambda line: line.info.date or "", reverse=True)
    return list(lines)


def fit_left(text: str, width: int, *, clause: bool = False, wide: bool = False) -> str:
    """
    Cut a left context to its last `width` cells; with `clause`, to what of it are whole clauses.

    >>> fit_left("要讲学习，敢于", 10), fit_left("要讲学习，敢于", 10, clause=True)
    ('学习，敢于', '敢于')
    """
    cut = len(text) - _fitting(reversed(text), width, wide)
    if clause and cut:
        cut = next((i + 1 for i in range(cut, len(text)) if text[i] in CLAUSE_BORDERS), cut)
    return text[cut:]


def fit_right(text: str, width: int, *, clause: bool = False, wide: bool = False) -> str:
    """
    Cut a right context to its first `width` cells; with `clause`, to what of it are whole clauses.

    >>> fit_right("担当，善于作为", 10), fit_right("担当，善于作为", 10, clause=True)
    ('担当，善于', '担当，')
    """
    cut = _fitting(text, width, wide)
    if clause and cut < len(text):
        cut = next((i for i in range(cut, 0, -1) if text[i - 1] in CLAUSE_BORDERS), cut)
    return text[:cut]


def _fitting(text: Iterable[str], width: int, wide: bool) -> int:
    """Return the number of first characters that fit into `width` cells."""
    count = used = 0
    for character in text:
        used += character_cells(character, wide=wide)
        if used > width:
            break
        count += 1
    return count


def padding(text: str, width: int, *, wide: bool = False) -> str:
    """Return the blanks that fill a text up to `width` cells."""
    return " " * (width - cells(text, wide=wide))
