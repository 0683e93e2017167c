"""Passage -> the themes that it is about, best first, each with its evidence."""

from __future__ import annotations

import math
import operator
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from ..model import Span

ANYWHERE = ""
"""Where the matcher keeps the patterns that may start with anything."""

# Scores are in the weights of the theme file: 5 for a term that tells the theme by itself,
# 3 for a plain word, 1 for a hint.
THRESHOLD = 4.0
"""Minimum score of a theme that is given; a telling term (5) in a short text passes it."""
THRESHOLD_UNDER_HEADING = 3.0
"""The same where a heading speaks for the best theme: one plain word (3) right above will do."""
# Relative to the best, because a long passage full of one theme brushes against many others.
SHARE = 0.4
"""Minimum share of the best score that a further theme must have."""
MOST_THEMES = 3

LEAD = re.compile(r"[^。！？；]{0,60}[。！？；]?")
"""The clause that opens a passage; in a run-in point it names the topic."""
LEAD_FACTOR = 2.0
ORDINARY_LENGTH = 120
"""In code points; in a longer passage each word says less about the whole."""
HEADING_FACTOR = 1.0
OUTER_HEADING_FACTOR = 0.6
"""What a heading counts of the one inside it."""

HAN = "[\u4e00-\u9fff]"
NOT_REPEATED = r"(?![?*+{|])"
# A pattern is looked for only where two fixed characters that open it stand. A character before a
# sign of repetition need not be there, and is no anchor.
ANCHORS = re.compile(
    rf"""
    \((?:\?:)?(?P<group>{HAN}{{2,}}+(?:\|{HAN}{{2,}}+)*+)\){NOT_REPEATED}
  | (?P<plain>{HAN}{{2,}}){NOT_REPEATED}
    """,
    re.VERBOSE,
)
ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?[^\]]*(?:\]|\Z)")
INNERMOST_GROUP = re.compile(r"\([^()]*\)")

Place = Literal["lead", "text", "heading"]
Shortfall = Literal["low", "far", "many"]
Occurrence = tuple[Span, "Term"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word, or a ``/pattern/``, that speaks for a theme; against it where `weight` is not > 0."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """
    A theme: its name, what it means in one sentence, and the terms that tell it.

    `examples` are passages that must be about it, and `not_examples` such as must not: they
    check the terms and label nothing.
    """

    name: str
    definition: str
    terms: tuple[Term, ...]
    examples: tuple[str, ...] = ()
    not_examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Themes:
    """
    A set of themes, in the order of their file.

    `fingerprint` is the SHA-256, in hex, of all that decides a label: what the file says except
    its comments and examples. Two sets are equal if theirs are.
    """

    themes: tuple[Theme, ...] = field(compare=False, repr=False)
    fingerprint: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the themes, in order."""
        return tuple(theme.name for theme in self.themes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What one term adds to a score, or takes from it, in one place.

    `spans` are into the passage or, where `where` is ``heading``, into the heading of the index
    `heading`, counted from the outermost. The `points` of all evidence add up to the score.
    """

    term: str
    weight: float
    where: Place
    heading: int | None
    spans: tuple[Span, ...]
    points: float

    @property
    def count(self) -> int:
        """How often the term stands there."""
        return len(self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A theme's score for a passage, and the evidence, the weightiest first."""

    theme: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """
    The score that a theme had to reach to be given, and why it was not; None if it was.

    `low` is below what any theme needs, `far` below the part of the best score that it needs
    where that is more, and `many` that as many themes as a passage may have are better.
    """

    least: float
    shortfall: Shortfall | None


def label(themes: Themes, text: str, headings: Sequence[str] = ()) -> tuple[Verdict, ...]:
    """
    Tell the themes that a passage is about, best first: at most three, none if none is clear.

    `headings` are those over the passage, from the outermost in.

    >>> from lianzheng_search.themes.theme_files import load_themes
    >>> themes = load_themes()
    >>> [verdict.theme for verdict in label(themes, "二是管好家人，树好家风。", ["四、择友要慎"])]
    ['家风家教']
    >>> label(themes, "同志们：")
    ()
    """
    verdicts = explain(themes, text, headings)
    measured = zip(verdicts, bars(verdicts), strict=True)
    return tuple(verdict for verdict, bar in measured if bar.shortfall is None)


def bars(verdicts: Sequence[Verdict]) -> list[Bar]:
    """
    Measure the verdicts on a passage, best first, by what a theme needs in order to be given.

    >>> [bar.shortfall for bar in bars([Verdict(theme="甲", score=9.0, evidence=()),
    ...                                 Verdict(theme="乙", score=3.7, evidence=())])]
    [None, 'low']
    """
    if not verdicts:
        return []
    best = verdicts[0]
    # The heading is part of what the passage says: under 四、家风 a short point need not repeat it.
    under_heading = any(evidence.where == "heading" for evidence in best.evidence)
    least = THRESHOLD_UNDER_HEADING if under_heading else THRESHOLD
    share = SHARE * best.score
    found = []
    for rank, verdict in enumerate(verdicts):
        if verdict.score < max(least, share):
            bar = Bar(least=max(least, share), shortfall="far" if share > least else "low")
        elif rank >= MOST_THEMES:
            bar = Bar(least=verdicts[MOST_THEMES - 1].score, shortfall="many")
        else:
            bar = Bar(least=max(least, share), shortfall=None)
        found.append(bar)
    return found


def explain(themes: Themes, text: str, headings: Sequence[str] = ()) -> tuple[Verdict, ...]:
    """
    Judge every theme that some term speaks for, best first; `label` gives the head of it.

    >>> from lianzheng_search.themes.theme_files import load_themes
    >>> best = explain(load_themes(), "要管住家属，树立良好家风。")[0]
    >>> best.theme, [(e.term, e.where, e.spans) for e in best.evidence][-1]
    ('家风家教', ('家风', 'lead', (Span(start=10, end=12),)))
    """
    if not text:
        return ()
    lead_end = LEAD.match(text).end()  # type: ignore[union-attr]  # it always matches
    # By the root: fully by length, a long passage could hardly reach the threshold.
    thinned = 1 / math.sqrt(max(1, len(text) / ORDINARY_LENGTH))
    evidence: dict[int, list[Evidence]] = defaultdict(list)
    for theme, found in _occurrences(themes, text).items():
        # `found` ascends by place, so the lead's are its head.
        lead = [one for one in found if one[0].start < lead_end]
        evidence[theme] += _weigh(lead, "lead", LEAD_FACTOR)
        evidence[theme] += _weigh(found[len(lead) :], "text", thinned)
    factor = HEADING_FACTOR
    for index in reversed(range(len(headings))):
        for theme, found in _occurrences_in_heading(themes, headings[index]).items():
            evidence[theme] += _weigh(found, "heading", factor, heading=index)
        # Each heading farther out says less about the single passage.
        factor *= OUTER_HEADING_FACTOR
    # Terms against alone make no theme; they only take from one that something speaks for.
    scores = {
        theme: round(sum(e.points for e in found), 4)
        for theme, found in evidence.items()
        if any(e.weight > 0 for e in found)
    }
    return tuple(
        Verdict(
            theme=themes.themes[theme].name,
            score=scores[theme],
            evidence=tuple(sorted(evidence[theme], key=lambda e: -abs(e.points))),
        )
        for theme in sorted(scores, key=lambda theme: (-scores[theme], theme))
    )


def _weigh(
    found: Iterable[Occurrence], where: Place, factor: float, *, heading: int | None = None
) -> Iterator[Evidence]:
    """Make one evidence a term of what was found in one place; repetition counts ever less."""
    spans: dict[Term, list[Span]] = {}
    for span, term in found:
        spans.setdefault(term, []).append(span)
    for term, places in spans.items():
        yield Evidence(
            term=term.text,
            weight=term.weight,
            where=where,
            heading=heading,
            spans=tuple(places),
            # log2(1 + n): the first place counts once, three places twice, seven three times.
            points=round(term.weight * factor * math.log2(1 + len(places)), 4),
        )


def _occurrences(themes: Themes, text: str) -> dict[int, list[Occurrence]]:
    """Find where the terms of each theme, named by its index, stand, in order, without nesting."""
    matcher = _matcher(themes)
    found: dict[int, list[tuple[int, int, Term]]] = defaultdict(list)
    # One pass over the text for all terms of all themes: a look-up by two characters rules out
    # nearly every place, so the time grows with the text and hardly with the number of terms.
    for start, pair in enumerate(map(operator.add, text, text[1:])):
        if pair not in matcher:
            continue
        for theme, term, pattern in matcher[pair]:
            if pattern is None:
                if text.startswith(term.text, start):
                    found[theme].append((start, start + len(term.text), term))
            elif match := pattern.match(text, start):
                found[theme].append((start, match.end(), term))
    # Patterns without an anchor cost a search each, which is why theme files should have few.
    for theme, term, pattern in matcher[ANYWHERE]:
        for match in pattern.finditer(text) if pattern else ():
            if match[0]:
                found[theme].append((match.start(), match.end(), term))
    return {theme: list(_without_nested(places)) for theme, places in found.items()}


@lru_cache(maxsize=256)
def _occurrences_in_heading(themes: Themes, heading: str) -> dict[int, list[Occurrence]]:
    """Keep what a heading gave: it stands over many passages in a row."""
    return _occurrences(themes, heading)


def _without_nested(found: Iterable[tuple[int, int, Term]]) -> Iterator[Occurrence]:
    """
    Drop a term inside a longer one of the same theme, so that nothing counts twice.

    A term against is dropped only inside one for: two that nest both count, or else a new
    term against might silence a heavier one and raise the score.
    """
    covered = covered_by_for = 0
    for start, end, term in sorted(
        found, key=lambda one: (one[0], -one[1], one[2].weight > 0, -one[2].weight)
    ):
        if end > (covered if term.weight > 0 else covered_by_for):
            yield Span(start, end), term
        covered = max(covered, end)
        if term.weight > 0:
            covered_by_for = max(covered_by_for, end)


@lru_cache(maxsize=4)
def _matcher(themes: Themes) -> dict[str, list[tuple[int, Term, re.Pattern[str] | None]]]:
    """
    Put the terms under their first two characters; only once, and where something is labelled.

    Compiling the patterns takes a while, and most commands label nothing.
    """
    matcher: dict[str, list[tuple[int, Term, re.Pattern[str] | None]]] = {ANYWHERE: []}
    for index, theme in enumerate(themes.themes):
        for term in theme.terms:
            pattern = re.compile(term.text[1:-1]) if is_pattern(term.text) else None
            words = anchors(pattern.pattern) if pattern else [term.text]
            for pair in {word[:2] for word in words} or {ANYWHERE}:
                matcher.setdefault(pair, []).append((index, term, pattern))
    return matcher


def is_pattern(term: str) -> bool:
    """Check whether a term is a regular expression between slashes."""
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def anchors(source: str) -> list[str]:
    """
    Tell the plain words of which one must open any match of a regular expression; none if unsure.

    >>> anchors("(管好|管住).{0,6}子女"), anchors("管好家?"), anchors("管好|管住")
    (['管好', '管住'], ['管好'], [])
    """
    outside = ESCAPE_OR_CLASS.sub("", source)
    while (shorter := INNERMOST_GROUP.sub("", outside)) != outside:
        outside = shorter
    match = None if "|" in outside else ANCHORS.match(source)
    return (match["group"] or match["plain"]).split("|") if match else []
