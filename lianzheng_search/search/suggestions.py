"""A query that nothing holds -> what may have been meant, and what stands in its way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice, permutations

from ..index.backend import Backend, Run
from ..messages import _, ngettext
from ..model import Value
from ..query.filters import EVERYTHING, Scope
from ..query.tokens import FIELDS
from ..query.tree import And, Field, Not, Or, Phrase, Query, leaves
from .evaluation import find_passages

SHORTEST, LONGEST = 3, 30
"""Minimum and maximum length of a phrase that gets near misses, in characters."""
MOST_PARTS = 5
"""Maximum number of parts of a phrase of which every order is tried."""
LONGEST_PART = 4
"""Maximum length of the parts that change places around 与 and the like, in characters."""
MOST_READ = 1_000_000
"""Number of characters, of lines that may hold a near miss, after which reading stops."""
# Counting reads the index for each; the most frequent in what was read are the likely ones.
MOST_COUNTED = 12
MOST_MISSING = 10
"""Maximum number of phrases of a query that get near misses."""
# More is a list to read instead of an answer.
MOST = 3
"""Maximum number of near misses proposed for a phrase."""
QUOTATION_MARKS = set("“「」『』")
INSIDE = r"[^\W_]"
"""What may stand where a character of the phrase does not: no punctuation."""
SEPARATORS = "、，；·和与及"
CHINESE_FIELDS = {
    "主题": "theme", "章节": "section", "小标题": "section", "标题": "title", "讲话": "speech",
    "日期": "since", "位置": "in", "路径": "path", "文件夹": "path",
}  # fmt: skip
CHINESE_FIELD = re.compile(rf"(?<!\S)({'|'.join(CHINESE_FIELDS)})[:：]")
UNKNOWN_FIELD = re.compile(r"(?<!\S)([A-Za-z]+)[:：]")
OPERATOR_WORD = re.compile(r"(?<!\S)(?:or|and|not|near(?:/\d+)?)(?!\S)", re.IGNORECASE)


class NearMiss(Value, frozen=True):
    """A phrase of the corpus that is almost one of the query, and how many passages hold it."""

    phrase: str
    meant: str
    passages: int


class Hints(Value, frozen=True, kw_only=True):
    """
    What to try where a query finds nothing.

    `without_filters` is the number of passages that hold the query if its filters are dropped;
    `notes` are sentences, in the user's language.
    """

    near_misses: tuple[NearMiss, ...] = ()
    without_filters: int = 0
    notes: tuple[str, ...] = ()


def hints(backend: Backend, text: str, query: Query, scope: Scope = EVERYTHING) -> Hints:
    """Return why a query has found nothing: near misses of its phrases, filters, operators."""
    filters = scope.filters
    # Near misses only for what the corpus does not hold at all: in 责任 AND 担但 the second is the
    # typo.
    alone = isinstance(query, Phrase) and not filters  # it was looked for, and is not there
    missing = [
        leaf
        for leaf in dict.fromkeys(leaves(query))
        if isinstance(leaf, Phrase) and (alone or not backend.occurrences(leaf.text).refs)
    ]
    unfiltered = _without_fields(query)
    elsewhere = 0
    if (filters or unfiltered != query) and unfiltered is not None and not missing:
        elsewhere = len(find_passages(backend, unfiltered).refs)
    return Hints(
        near_misses=tuple(
            NearMiss(leaf.text, meant, count)
            for leaf in missing[:MOST_MISSING]
            for meant, count in near_misses(backend, leaf.text)
        ),
        without_filters=elsewhere,
        notes=tuple(_notes(text, query)),
    )


def near_misses(backend: Backend, phrase: str) -> list[tuple[str, int]]:
    """
    Find what stands in the corpus and differs from a folded phrase by one character, or in order.

    One character may be another, missing or too many; neighbours may have changed places, and so
    may parts of a set phrase: words that the index knows, or what 、 and the like part. Gives
    each with the number of passages that hold it, those held by most first, three at most.
    """
    if not SHORTEST <= len(phrase) <= LONGEST:
        return []
    found = Counter[str]()
    orders = re.compile("|".join(map(re.escape, dict.fromkeys(reordered(backend, phrase)))))
    # Lines that hold all characters of the phrase can hold it in another order; those that lack one
    # can hold it with one exchanged. The index gives both without reading the rest.
    for run in _up_to(backend.lines_with(list(phrase)), MOST_READ):
        found.update(orders.findall(run.text))
    # With one character wrong, the first or the second half is right: each pattern fixes one half
    # and is read in its direction, so that the engine skips by a literal.
    half = len(phrase) // 2
    forward = _one_off(phrase[:half], phrase[half:])
    backward = _one_off(phrase[half:][::-1], phrase[:half][::-1])
    for run in _up_to(backend.lines_with(list(phrase), lacking=1), MOST_READ):
        found.update(forward.findall(run.text))
        found.update(one[::-1] for one in backward.findall(run.text[::-1]))
    likely = [one for one, _count in found.most_common(MOST_COUNTED) if one != phrase]
    held = {one: len(backend.occurrences(one).refs) for one in likely}
    ordered = sorted(likely, key=lambda one: (-held[one], one))
    # 担当 inside of 敢担当, which is proposed already, is no second proposal.
    best = [one for n, one in enumerate(ordered) if not any(one in other for other in ordered[:n])]
    return [(one, held[one]) for one in best[:MOST]]


def _up_to(runs: Iterable[Run], characters: int) -> Iterator[Run]:
    """Yield runs until their texts have more than this many characters."""
    seen = 0
    for run in runs:
        yield run
        seen += len(run.text)
        if seen > characters:
            return


def _one_off(kept: str, rest: str) -> re.Pattern[str]:
    """Compile a pattern for the first half of a phrase and everything one off the other half."""
    others = []
    for at in range(len(rest)):
        before, after = re.escape(rest[:at]), re.escape(rest[at + 1 :])
        others.append(f"{before}{INSIDE}{after}")
        others.append(f"{before}{INSIDE}{re.escape(rest[at:])}")
        # A phrase of three with one left out is any two characters.
        if len(kept + rest) > SHORTEST:
            others.append(before + after)
    return re.compile(f"{re.escape(kept)}(?:{'|'.join(dict.fromkeys(others))})")


def reordered(backend: Backend, phrase: str) -> Iterator[str]:
    """
    Yield a phrase with its parts in other orders, and with two neighbours exchanged.

    >>> from types import SimpleNamespace
    >>> knows_no_words = SimpleNamespace(is_word=lambda text: False)
    >>> "不敢腐、不能腐、不想腐" in set(reordered(knows_no_words, "不敢腐、不想腐、不能腐"))
    True
    >>> "严管与厚爱相结合" in set(reordered(knows_no_words, "厚爱与严管相结合"))
    True
    """
    for at in range(len(phrase) - 1):
        yield phrase[:at] + phrase[at + 1] + phrase[at] + phrase[at + 2 :]
    parts = re.split(f"([{SEPARATORS}])", phrase)
    if 1 < len(parts) <= 2 * MOST_PARTS - 1:
        for order in permutations(parts[::2]):
            yield "".join(_woven(order, parts[1::2]))
    # Each segmentation of five words has 120 orders, so few of them are tried.
    for words in islice(_segmentations(backend, phrase), 8):
        for order in permutations(words):
            yield "".join(order)
    for joint in re.finditer(f"[{SEPARATORS}]", phrase):
        for size in range(2, LONGEST_PART + 1):
            start, end = joint.start() - size, joint.end() + size
            if start < 0 or end > len(phrase):
                break
            left, right = phrase[start : joint.start()], phrase[joint.end() : end]
            yield phrase[:start] + right + joint[0] + left + phrase[end:]


def _woven(parts: Iterable[str], joints: list[str]) -> Iterator[str]:
    for part, joint in zip(parts, [*joints, ""], strict=True):
        yield part
        yield joint


def _segmentations(backend: Backend, phrase: str, most: int = MOST_PARTS) -> Iterator[list[str]]:
    """Yield the ways to cut a phrase into two to five words that the index knows."""
    for end in range(2, len(phrase)):
        if not backend.is_word(phrase[:end]):
            continue
        rest = phrase[end:]
        if len(rest) > 1 and backend.is_word(rest):
            yield [phrase[:end], rest]
        if most > 2:
            for words in _segmentations(backend, rest, most - 1):
                yield [phrase[:end], *words]


def _without_fields(query: Query) -> Query | None:
    """Leave the filters out of a query; None if nothing else is in it."""
    if isinstance(query, Field):
        return None
    if isinstance(query, Not):
        part = _without_fields(query.part)
        return Not(part) if part is not None else None
    if isinstance(query, And | Or):
        parts = tuple(part for part in map(_without_fields, query.parts) if part is not None)
        if len(parts) < 2:
            return parts[0] if parts else None
        return type(query)(parts)
    return query


def _notes(text: str, query: Query) -> Iterator[str]:
    """Yield what in a query looks like an operator or a field, and is none."""
    for word in OPERATOR_WORD.findall(text):
        if not word.isupper():
            told = _("{word} is looked for as it stands; as an operator it is written {upper}")
            yield told.format(word=word, upper=word.upper())
    for match in UNKNOWN_FIELD.finditer(text):
        if match[1] not in FIELDS:
            told = _("{name}: is no filter; those are {names}")
            yield told.format(name=match[1], names=" ".join(f"{name}:" for name in FIELDS))
    for match in CHINESE_FIELD.finditer(text):
        told = _("{name}: is no filter; write {field}:")
        yield told.format(name=match[1], field=CHINESE_FIELDS[match[1]])
    if "…" in text:
        yield _("… is looked for as it stands; a gap is written *")
    if any(map(_in_single_quotes, text.splitlines())):
        yield _("‘ ’ are looked for as they stand; a phrase is quoted with “ ”")
    phrases = [leaf.text for leaf in leaves(query) if isinstance(leaf, Phrase)]
    if any(set(phrase) & QUOTATION_MARKS for phrase in phrases):
        yield _("a quotation mark inside a word is part of it; set blanks around a quotation")


def _in_single_quotes(line: str) -> bool:
    """Check whether a word opens single quotation marks that it, or a later one, closes."""
    words = line.split()
    opening = next((n for n, word in enumerate(words) if word[0] in "‘'"), len(words))
    closing = max((n for n, word in enumerate(words) if word[-1] in "’'"), default=-1)
    return closing > opening or (closing == opening and len(words[closing]) > 1)


def hint_lines(told: Hints) -> Iterator[str]:
    """Return the hints as messages, a line each."""
    if told.near_misses:
        meant = _("、").join(f"{one.meant} ({one.passages})" for one in told.near_misses)
        yield _("Did you mean {phrases}?").format(phrases=meant)
    if told.without_filters:
        yield ngettext(
            "Without the filters, {n} passage holds it.",
            "Without the filters, {n} passages hold it.",
            told.without_filters,
        ).format(n=told.without_filters)
    yield from told.notes
