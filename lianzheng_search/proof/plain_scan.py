"""A speech and a query -> where it matches, by reading every line, without the index's code."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence, Set

from ..index.backend import kind_part
from ..model import Passage, SpeechInfo, Value, source_lines
from ..query.filters import Filters, matches_path, section_number
from ..query.tree import (
    LONGEST_GAP,
    And,
    Field,
    Gap,
    Leaf,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    field_filters,
    leaves,
)
from ..text.folding import fold
from ..text.numerals import marker_rank
from ..text.sentences import SENTENCE_ENDS

BORDERS = f"{SENTENCE_ENDS}\n"
"""What no gap runs over."""
Match = tuple[int, int]
"""Where a match starts in the text of its speech, and where it ends."""
ENDLESS = (1 << 62, 1 << 62)


class ScanText(Value, frozen=True, kw_only=True):
    """The folded text of a speech, a line end after each source line; where each passage starts."""

    text: str
    starts: list[int]

    def passage_at(self, place: int) -> int:
        """Return the number of the passage, in the speech, in which a code point stands."""
        return bisect_right(self.starts, place) - 1


class Scanned(Value, frozen=True, kw_only=True):
    """The passages of a speech that match, by number, and the matches in them, leaf by leaf."""

    passages: Set[int]
    matches: list[Match]


def scan_text(passages: Sequence[Passage]) -> ScanText:
    """Return the text of a speech, in which a match never runs over the end of a source line."""
    texts: list[str] = []
    starts: list[int] = []
    at = 0
    for line in source_lines(passages):
        for passage in line:
            starts.append(at)
            texts.append(passage.text)
            at += len(passage.text)
        texts.append("\n")
        at += 1
    return ScanText(text=fold("".join(texts)), starts=starts)


def scan(
    info: SpeechInfo,
    passages: Sequence[Passage],
    whole: ScanText,
    query: Query | None,
    filters: Filters,
) -> Scanned:
    """
    Return the passages of a speech that match a query and pass the filters.

    Without a query that is every passage that passes. A match belongs to the passage in which it
    starts; the matches are those of phrases that are not negated, in passages that match.
    """
    found: dict[Leaf, list[Match]] = {}
    if query is None:
        matching = set(range(len(passages)))
    else:
        found = {leaf: list(matches_of(whole.text, leaf)) for leaf in set(_every_leaf(query))}
        matching = _matching(query, info, passages, whole, found)
    if filters:
        matching = {n for n in matching if passes(filters, info, passages[n])}
    # a pair of a NEAR is two places with anything between them: no occurrence of something
    marked = leaves(query) if query is not None else ()
    wanted = dict.fromkeys(leaf for leaf in marked if not isinstance(leaf, Near))
    return Scanned(
        passages=matching,
        matches=[
            match
            for leaf in wanted
            for match in found[leaf]
            if whole.passage_at(match[0]) in matching
        ],
    )


def _every_leaf(query: Query) -> Iterator[Leaf]:
    """Yield the leaves of a query, negated ones too."""
    if isinstance(query, Not):
        yield from _every_leaf(query.part)
    elif isinstance(query, And | Or):
        for part in query.parts:
            yield from _every_leaf(part)
    elif not isinstance(query, Field):
        yield query


def _matching(
    query: Query,
    info: SpeechInfo,
    passages: Sequence[Passage],
    whole: ScanText,
    found: dict[Leaf, list[Match]],
) -> set[int]:
    """Return the numbers of the passages that match a part of a query."""
    if isinstance(query, And | Or):
        sets = [_matching(part, info, passages, whole, found) for part in query.parts]
        return set.intersection(*sets) if isinstance(query, And) else set.union(*sets)
    if isinstance(query, Not):
        return set(range(len(passages))) - _matching(query.part, info, passages, whole, found)
    if isinstance(query, Field):
        filters = field_filters(query)
        return {n for n, passage in enumerate(passages) if passes(filters, info, passage)}
    return {whole.passage_at(start) for start, _end in found[query]}


def matches_of(text: str, leaf: Leaf) -> Iterator[Match]:
    """
    Yield the matches of a leaf in folded lines, from the left, not overlapping; of NEAR, pairs.

    >>> list(matches_of("强化宗旨意识，强化意识", Gap("强化*意识")))
    [(0, 6), (7, 11)]
    >>> list(matches_of("责任要落实", Near(Phrase("落实"), Phrase("责任"), 1)))
    [(0, 5)]
    """
    if isinstance(leaf, Near):
        yield from _pairs(text, leaf)
        return
    end = 0
    for match in _every_match(text, leaf):
        if match[0] >= end:
            yield match
            end = match[1]


def _pairs(text: str, near: Near) -> Iterator[Match]:
    """Yield from each place the shortest of the pairs that are close enough, on one line."""
    left, right = list(_every_match(text, near.left)), list(_every_match(text, near.right))
    shortest: dict[int, Match] = {}
    for these, others in ((left, right), (right, left)):
        starts = [start for start, _end in others]
        for start, end in these:
            # what begins behind the reach of this one is nothing to it
            reach = slice(bisect_left(starts, end), bisect_right(starts, end + near.distance))
            for other_start, other_end in others[reach]:
                pair = (start, other_end)
                if "\n" not in text[end:other_start] and pair < shortest.get(start, ENDLESS):
                    shortest[start] = pair
    yield from (shortest[start] for start in sorted(shortest))


def _every_match(text: str, leaf: Phrase | Gap) -> Iterator[Match]:
    """Yield the match from each place where there is one, overlapping ones included."""
    if isinstance(leaf, Phrase):
        at = text.find(leaf.text)
        while at >= 0:
            yield at, at + len(leaf.text)
            at = text.find(leaf.text, at + 1)
        return
    pieces, tail = _pieces(leaf.pattern)
    gaps, literal = pieces[0]
    places = [start for start, _end in _every_match(text, Phrase(literal))]
    end_after = _ends(text, pieces, tail)
    for start in sorted({at - gap for at in places for gap in gaps if gap <= at}):
        end = end_after(start, 0)
        if end is not None:
            yield start, end


def _pieces(pattern: str) -> tuple[list[tuple[range, str]], int]:
    """
    Return the literals of a pattern, each with the lengths of the gap before it, and the tail.

    The tail is the least length of the gap after the last literal: no match is longer than needed.
    """
    pieces = []
    least = most = 0
    literal = ""
    for character in f"{pattern}*":
        if character in "*?" and literal:
            pieces.append((range(least, most + 1), literal))
            least = most = 0
            literal = ""
        if character == "?":
            least, most = least + 1, most + 1
        elif character == "*":
            most += LONGEST_GAP
        else:
            literal += character
    return pieces, least


def _ends(
    text: str, pieces: Sequence[tuple[range, str]], tail: int
) -> Callable[[int, int], int | None]:
    """Return a function: where a match ends of which the n-th gap begins at a place, or None."""
    known: dict[tuple[int, int], int | None] = {}

    def is_gap(start: int, length: int) -> bool:
        gap = text[start : start + length]
        return len(gap) == length and not any(one in BORDERS for one in gap)

    def end_after(at: int, n: int) -> int | None:
        if n == len(pieces):
            return at + tail if is_gap(at, tail) else None
        if (at, n) not in known:
            gaps, literal = pieces[n]
            known[at, n] = next(
                (
                    end
                    for gap in gaps
                    if text.startswith(literal, at + gap) and is_gap(at, gap)
                    if (end := end_after(at + gap + len(literal), n + 1)) is not None
                ),
                None,
            )
        return known[at, n]

    return end_after


def passes(filters: Filters, info: SpeechInfo, passage: Passage) -> bool:
    """Check a passage against each of the filters, one after the other."""
    if filters.section is not None:
        wanted = section_number(filters.section)
        if wanted is None:
            if not any(fold(filters.section) in fold(heading) for heading in passage.section):
                return False
        elif not any(
            one.number == wanted[1] and wanted[0] in (None, marker_rank(one.marker))
            for one in passage.sections
        ):
            return False
    return (
        (not filters.themes or any(theme in passage.themes for theme in filters.themes))
        and (filters.title is None or fold(filters.title) in fold(info.title))
        and (filters.speech is None or info.id == filters.speech)
        and (filters.path is None or matches_path(info.id, filters.path))
        and (filters.part == "all" or kind_part(passage.kind) == filters.part)
        and filters.takes(info.date)
    )
