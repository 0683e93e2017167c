"""The wording of many headings -> the frames that they have in common: 强化…意识, 坚持…，做到…"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from heapq import heapify, heappop, heapreplace
from itertools import pairwise
from math import log2

from ..model import Span, Value
from ..text.characters import BLANK

GAP = "…"
BORDER = f"，；：。！？,;:!?…—{BLANK}"
"""Marks between the clauses of a heading; no gap reaches over them."""
CLAUSE = re.compile(f"[^{BORDER}]+")
LONGEST = 60
"""Maximum length of a heading, in characters; what is longer is a paragraph taken for one."""
LONGEST_EDGE = 4
"""Maximum length of a frame's end, in characters, before it grows by what all have in common."""
OPENERS = frozenset("在以从把让用由向对为靠凭将使要敢莫不既打有")
"""Characters that may stand alone before the gap of a frame."""
INSIDE = frozenset("上中下里促到为向作得")
"""Characters that may stand alone between two gaps of a frame."""
APART = 4
"""Minimum number of characters of a frame that neither begins nor ends a clause."""
SET = 3
"""Minimum number of parallel headings of which a single character may be the frame."""
LEAST = 2.5
"""Minimum score: a frame of two characters needs three headings, one of three needs two."""
TOPIC = 0.4
"""Characters taken off the score of …建设, which names a topic, against 加强…, a way to put it."""
MOST_FIXED = 10
"""Maximum number of characters scored: headings that differ in a date make no good frame."""
KEPT = 1 << 16
"""Maximum number of frames, and of headings, whose parts are cached."""
IsWord = Callable[[str], bool]


class Pattern(Value, frozen=True, kw_only=True):
    """A frame, … for what differs in it, and the numbers of the wordings listed under it."""

    frame: str
    members: tuple[int, ...]


def frame_spans(frame: str, text: str) -> tuple[Span, ...]:
    """
    Tell where the fixed pieces of a frame stand in a heading; none where it does not fit.

    A frame is of whole clauses that follow one another; … is one or more characters inside of
    one, as few as there can be.

    >>> frame_spans("强化…意识", "强化学习意识，把方向看准")
    (Span(start=0, end=2), Span(start=4, end=6))
    >>> frame_spans("强化…意识", "要强化学习意识"), frame_spans("强化…意识", "强化责任，增强意识")
    ((), ())
    """
    wanted, parts = _pieces(frame), _clauses(text)
    for n in range(len(parts) - len(wanted) + 1):
        spans: list[Span] = []
        for pieces, (start, clause) in zip(wanted, parts[n:], strict=False):
            found = _fit(pieces, clause)
            if found is None:
                break
            spans += [Span(start + at, start + at + len(piece)) for at, piece in found]
        else:
            return tuple(spans)
    return ()


@lru_cache(KEPT)
def _pieces(frame: str) -> tuple[tuple[str, ...], ...]:
    """Part a frame into the pieces of each clause; the first or last is empty beside a gap."""
    return tuple(tuple(part.split(GAP)) for part in frame.split("，"))


@lru_cache(KEPT)
def _clauses(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((match.start(), match[0]) for match in CLAUSE.finditer(text))


def _words(text: str) -> list[str]:
    """Return the clauses of a heading; of prose that was taken for one, none."""
    return [clause for _start, clause in _clauses(text)] if len(text) <= LONGEST else []


def _fit(pieces: Sequence[str], clause: str) -> list[tuple[int, str]] | None:
    """Return the span of each piece that is not empty; None where they do not fit."""
    if len(pieces) == 1:
        return [(0, clause)] if clause == pieces[0] else None
    first, last = pieces[0], pieces[-1]
    if not (clause.startswith(first) and clause.endswith(last)):
        return None
    found = [(0, first)] if first else []
    at, end = len(first), len(clause) - len(last)
    for piece in pieces[1:-1]:
        place = clause.find(piece, at + 1, end - 1)
        if place < 0:
            return None
        found.append((place, piece))
        at = place + len(piece)
    if end <= at:
        return None
    return [*found, (end, last)] if last else found


def find_patterns(
    texts: Sequence[str], sets: Iterable[Sequence[int]], is_word: IsWord
) -> list[Pattern]:
    """
    Find the frames that headings of different wording share, each heading under its best one.

    `texts` are the wordings, each once, without markers; `sets` the numbers of those that stand
    in parallel; `is_word` tells the words of the corpus, which no frame cuts through. The best
    frame is that of most fixed characters times the logarithm of its headings: 强化…意识 of five
    is better than 强化… of ten. Most headings first, then the longest frame.

    >>> texts = ["强化学习意识", "强化责任意识，挑稳担子", "强化作风", "坚持从严，做到公正"]
    >>> find_patterns(texts, [], {"强化", "意识"}.__contains__)
    [Pattern(frame='强化…意识', members=(0, 1))]
    """
    candidates = {
        frame: members
        for frame, members in _candidates(texts).items()
        if len(members) > 1 and _score(frame, len(members)) > LEAST
    }
    parallel = _parallel_frames(texts, sets)
    for frame in parallel - candidates.keys():
        candidates[frame] = _fitting(frame, texts)
    whole = cache(is_word)
    found = [
        Pattern(frame=_grown(frame, [texts[n] for n in members], whole), members=tuple(members))
        for frame, members in _best_first(candidates, parallel, texts, whole)
    ]
    return _in_order(found)


def _best_first(
    candidates: Mapping[str, Sequence[int]],
    parallel: Container[str],
    texts: Sequence[str],
    is_word: IsWord,
) -> Iterator[tuple[str, list[int]]]:
    """
    Yield the best frame with its headings, the best one of the headings left, and so on.

    A frame's score only falls when others take of its headings, so that the best of the scores
    as they once were is the best one as soon as it is up to date.
    """

    def score(frame: str, members: Sequence[int]) -> float:
        return _score(frame, len(members), int(frame in parallel)) if len(members) > 1 else 0

    heap = [(-score(frame, members), frame) for frame, members in candidates.items()]
    heapify(heap)
    uncut: dict[str, list[int]] = {}
    taken: set[int] = set()
    while heap:
        frame = heap[0][1]
        left = [n for n in uncut.get(frame, candidates[frame]) if n not in taken]
        if frame not in uncut:
            left = [n for n in left if not _cuts(frame, texts[n], is_word)]
        uncut[frame] = left
        # Lazily: a top entry that is not up to date sinks with its true score, and words are only
        # looked for in frames that get to the top.
        now = score(frame, left)
        if now <= LEAST:
            heappop(heap)
        elif heapreplace(heap, (-now, frame)) and heap[0][1] == frame:
            heappop(heap)
            taken.update(left)
            yield frame, left


def _in_order(found: Iterable[Pattern]) -> list[Pattern]:
    """Join those that have grown into the same frame; most headings first."""
    joined: dict[str, list[int]] = defaultdict(list)
    for pattern in found:
        joined[pattern.frame] += pattern.members
    patterns = [Pattern(frame=f, members=tuple(sorted(m))) for f, m in joined.items()]
    return sorted(patterns, key=lambda p: (-len(p.members), -_fixed(p.frame), p.frame))


def _fixed(frame: str) -> int:
    return sum(c not in BORDER for c in frame)


def _score(frame: str, members: int, bonus: int = 0) -> float:
    fixed = min(MOST_FIXED, _fixed(frame) + bonus)
    return (fixed - TOPIC if frame.startswith(GAP) else fixed) * log2(members)


def _candidates(texts: Sequence[str]) -> dict[str, list[int]]:
    """Note for each frame of one or two clauses which headings have it."""
    parted = [_words(text) for text in texts]
    edges = Counter(
        edge for parts in parted for clause in parts for edge in (*_starts(clause), *_ends(clause))
    )
    found: dict[str, list[int]] = defaultdict(list)
    for n, parts in enumerate(parted):
        for frame in {frame for part in parts for frame in _frames(part, edges)}:
            found[frame].append(n)
        for one, other in pairwise(parts):
            for first in _openings(one):
                for second in _openings(other):
                    found[f"{first}，{second}"].append(n)
    return found


def _starts(clause: str) -> list[str]:
    return [clause[:k] + GAP for k in range(1, min(LONGEST_EDGE, len(clause) - 1) + 1)]


def _ends(clause: str) -> list[str]:
    return [GAP + clause[-k:] for k in range(1, min(LONGEST_EDGE, len(clause) - 1) + 1)]


def _openings(clause: str) -> Iterator[str]:
    if clause[0] in OPENERS and len(clause) > 1:
        yield clause[0] + GAP
    if len(clause) > 2:
        yield clause[:2] + GAP


def _frames(clause: str, edges: Counter[str]) -> Iterator[str]:
    """Yield the frames that a clause may stand in, of the ends that others have, too."""
    starts = [edge[:-1] for edge in _starts(clause) if edges[edge] > 1]
    ends = [edge[1:] for edge in _ends(clause) if edges[edge] > 1]
    for start in starts:
        if len(start) > 1:
            yield start + GAP
        for end in ends:
            room = len(clause) - len(start) - len(end)
            if room > 0 and (len(start) > 1 or len(end) > 1 or start in OPENERS):
                yield start + GAP + end
    for end in ends:
        if len(end) > 1:
            yield GAP + end
    if clause[0] in OPENERS:
        for k in range(2, len(clause) - 1):
            if clause[k] in INSIDE:
                yield clause[0] + GAP + clause[k] + GAP
            if k + 2 < len(clause):
                yield clause[0] + GAP + clause[k : k + 2] + GAP


def _fitting(frame: str, texts: Sequence[str]) -> list[int]:
    """List the headings that have a frame."""
    piece = max((piece for pieces in _pieces(frame) for piece in pieces), key=len)
    return [n for n, text in enumerate(texts) if piece in text and frame_spans(frame, text)]


def _parallel_frames(texts: Sequence[str], sets: Iterable[Sequence[int]]) -> set[str]:
    """Return what all headings of a set have in common, clause by clause."""
    frames = set()
    for members in sets:
        parted = [_words(texts[n]) for n in members]
        if len(parted) < SET or not all(parted):
            continue
        if len({len(parts) for parts in parted}) > 1:
            parted = [parts[:1] for parts in parted]
        frame = _joined(_common(column) for column in zip(*parted, strict=True))
        if _fixed(frame) >= (APART if frame[:1] == frame[-1:] == GAP else 1):
            frames.add(frame)
    return frames


def _joined(parts: Iterable[str]) -> str:
    """
    Join the frames of clauses; those at either end that are a gap and no more are left out.

    >>> _joined(["…", "莫让…", "…"])
    '莫让…'
    """
    listed = list(parts)
    while listed and listed[0] == GAP:
        del listed[0]
    while listed and listed[-1] == GAP:
        del listed[-1]
    return "，".join(listed)


def _common(column: Sequence[str]) -> str:
    """
    Return the frame of clauses that stand in parallel; … where they have nothing in common.

    >>> _common(["政治上要像罗盘一样定得住", "监督上要像郎中一样断得准"])
    '…上要像…一样…得…'
    """
    if len(set(column)) == 1:
        return column[0]
    shortest = min(map(len, column))
    start = _shared_start(column)[: shortest - 1]
    rest = [clause[len(start) :] for clause in column]
    end = _shared_start([clause[:0:-1] for clause in rest])[::-1]
    gaps = [clause[: len(clause) - len(end)] for clause in rest]
    return start + _inside(gaps) + end


def _shared_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    same = next(
        (k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
    )
    return first[:same]


def _inside(gaps: Sequence[str]) -> str:
    """Return what gaps have in common between their first and last characters, between …s."""
    base = min(gaps, key=len)
    for length in range(len(base) - 2, 0, -1):
        for k in range(1, len(base) - length):
            piece = base[k : k + length]
            if length == 1 and piece not in INSIDE:
                continue
            at = [gap.find(piece, 1, -1) for gap in gaps]
            if min(at) > 0:
                before = [gap[:place] for gap, place in zip(gaps, at, strict=True)]
                after = [gap[place + length :] for gap, place in zip(gaps, at, strict=True)]
                return _inside(before) + piece + _inside(after)
    return GAP


def _cuts(frame: str, text: str, is_word: IsWord) -> bool:
    """Check whether a frame would cut through a word of a heading, as 强化担… cuts 强化担当."""
    return any(_cut_edges(frame, text, is_word))


def _cut_edges(frame: str, text: str, is_word: IsWord) -> Iterator[tuple[int, str]]:
    """Yield the pieces, counted, that begin or end inside of a word: (0, "start"), (0, "end")."""
    for k, span in enumerate(frame_spans(frame, text)):
        start, end, long = span.start, span.end, span.end - span.start > 1
        if text[start:end] in INSIDE:
            continue
        before = text[start - 1 : start + 1] if start else ""
        if _is_cut(before, text[start : start + 2] if long else "", is_word):
            yield k, "start"
        if _is_cut(text[end - 1 : end + 1], text[end - 2 : end] if long else "", is_word):
            yield k, "end"


def _is_cut(pair: str, beside: str, is_word: IsWord) -> bool:
    """Check whether two characters are of one number or word, and none begins or ends there."""
    if len(pair) < 2:
        return False
    if pair.isascii():
        return pair.isalnum()
    return not (beside and is_word(beside)) and is_word(pair)


def _grown(frame: str, texts: Sequence[str], is_word: IsWord) -> str:
    """Add to a frame what all of its headings have in common beyond it."""
    wanted = _pieces(frame)
    parted = [_words(text) for text in texts]
    at = []
    for text in texts:
        first = frame_spans(frame, text)[0].start
        at.append(sum(start <= first for start, _clause in _clauses(text)) - 1)
    parts = []
    for k in range(-min(at), min(len(p) - n for p, n in zip(parted, at, strict=True))):
        column = [p[n + k] for p, n in zip(parted, at, strict=True)]
        parts.append(_common(column) if k not in range(len(wanted)) else _filled(wanted[k], column))
    grown = _trimmed(_joined(parts), texts, is_word)
    kept = _fixed(grown) >= _fixed(frame) and all(frame_spans(grown, text) for text in texts)
    return grown if kept else frame


def _trimmed(frame: str, texts: Sequence[str], is_word: IsWord) -> str:
    """Take from the pieces of a frame what would cut through words."""
    while edges := {edge for text in texts for edge in _cut_edges(frame, text, is_word)}:
        parts = re.split(f"([{GAP}，]+)", frame)
        pieces = [n for n, part in enumerate(parts) if part and part[0] not in GAP + "，"]
        for k, n in enumerate(pieces):
            end = len(parts[n]) - ((k, "end") in edges)
            parts[n] = parts[n][int((k, "start") in edges) : end]
        clauses = re.sub(f"{GAP}+", GAP, "".join(parts)).split("，")
        frame = _joined(clause or GAP for clause in clauses)
    return frame


def _filled(pieces: Sequence[str], column: Sequence[str]) -> str:
    """Fill the gaps of a frame with what they have in common in clauses that fit it."""
    rows = [_gaps(pieces, clause) for clause in column]
    filled = pieces[0]
    for contents, piece in zip(zip(*rows, strict=True), pieces[1:], strict=True):
        filled += _common(contents) + piece
    return filled


def _gaps(pieces: Sequence[str], clause: str) -> list[str]:
    ends = [(at, at + len(piece)) for at, piece in _fit(pieces, clause) or ()]
    if not pieces[0]:
        ends.insert(0, (0, 0))
    if not pieces[-1]:
        ends.append((len(clause), len(clause)))
    return [clause[a:b] for (_s, a), (b, _e) in pairwise(ends)]
