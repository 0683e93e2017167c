"""The passages of a theme -> the terms that would tell it, and what a new theme would take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import nsmallest

from ..index.backend import Backend
from ..index.library import Library
from ..model import UNLABELLED, Hit, Progress, Span, Value
from ..query.filters import EVERYTHING, Filters, Scope, section_number
from ..search.requests import check_theme
from ..search.selection import Selection, folded_texts, select
from ..text.folding import fold
from ..text.words import stop_words
from ..themes.label import Theme, Themes, anchors, is_pattern, label
from ..themes.theme_files import toml_terms
from .measures import Table, keyness, log_ratio
from .term_units import HAN, LONGEST, SHORTEST, TERM, is_unit, parts_of_longer
from .theme_coverage import passage_at

LEAST_LIKELIHOOD = 6.63
"""Minimum log-likelihood of a term, p < 0.01; in a large corpus the first ones have far more."""
LEAST_RATIO = 1.0
"""Minimum log ratio, twice as frequent: else strings of all official prose would come first."""
LEAST_PASSAGES = 3
LEAST_WORD = 0.5
"""Minimum share of the passages that hold a string in which segmentation makes it a word."""
# To look closely at a string means a search through the sample; those behind are hardly ever shown.
LOOKED_AT = 1500
"""Maximum number of strings that are examined for being units."""
# Passages are taken at even distance over the whole corpus, not its first ones: a speaker or a year
# must not decide which terms come up.
SAMPLE = 300_000
"""Number of characters sampled on each side; what is shown is counted in the whole corpus."""
# Some fall to the exact counts, some are parts of better ones: of four, one is left.
COUNTED = 4
"""Number of strings counted in the whole corpus for each one asked for."""
TELLING, PLAIN = (4.0, 0.6, 15.13), (2.5, 0.0, 10.83)
"""
From which log ratio, share of its passages and log-likelihood a term weighs 5, and from which 3.

15.13 is p < 0.0001, 10.83 p < 0.001 (Rayson & Garside 2000).
"""


class Suggestion(Value, frozen=True, kw_only=True):
    """
    A term that a theme might have.

    It stands in so many passages `inside` the theme and `outside` of it; `times_inside` and
    `times_outside` are its places, from which the two measures are made. `also_of` are other
    themes that have it as a term; `example` is a passage of the theme, with the places in it.
    """

    term: str
    weight: float
    inside: int
    outside: int
    times_inside: int
    times_outside: int
    log_likelihood: float
    log_ratio: float
    also_of: tuple[str, ...]
    example: Hit

    @property
    def toml(self) -> str:
        """The line to add to the theme file."""
        return toml_terms(self.weight, [self.term])


class Suggestions(Value, frozen=True, kw_only=True):
    """What might be terms of a theme, the most telling first; and the passages compared."""

    theme: str
    inside: int
    outside: int
    found: tuple[Suggestion, ...]
    copies: int = 0


class _Sides(Value, frozen=True, kw_only=True):
    """The passages of a theme and the others, and how many characters each side has."""

    inside: Collection[int]
    outside: Collection[int]
    size_inside: int
    size_outside: int


def suggest(
    backend: Backend,
    themes: Themes,
    name: str,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 20,
    progress: Progress = lambda done, whole: None,
) -> Suggestions:
    """
    Propose terms for a theme: words and recurring strings that its passages have more of.

    They are ranked by log-likelihood (Rayson & Garside 2000) of their places in the passages
    labelled with the theme against those in all others, per character, and are at least twice
    as frequent there (log ratio, Hardie 2014). Terms of the theme, for and against, their parts,
    and what only stands across one of them are left out. `limit` 0 is all. `progress` is
    called with (strings counted, strings to count).
    """
    selection = select(backend, scope)
    held = (backend.scope(Filters(themes=(name,))) or set()).intersection(selection.refs)
    texts, sides = _read(backend, selection, held)
    theme = next(
        (one for one in themes.themes if one.name == name),
        Theme(name=name, definition=name, terms=()),
    )
    strings = _candidates(backend, texts[0], texts[1], theme)
    counted = strings[: COUNTED * limit] if limit else strings
    telling = []
    for done, string in enumerate(counted):
        progress(done, len(counted))
        if one := _weigh(backend, string, sides, themes, name):
            telling.append(one)
    ranked = sorted(telling, key=lambda one: (-one.log_likelihood, one.term))
    kept = list(_apart(ranked))
    return Suggestions(
        theme=name,
        inside=len(sides.inside),
        outside=len(sides.outside),
        found=tuple(kept[:limit] if limit else kept),
        copies=selection.copies,
    )


def recurring(text: str, least: int) -> Counter[str]:
    """
    Count the strings of 2 to 8 Han characters that stand at least so often in a text.

    >>> recurring("敢担当，敢担当。", 2)
    Counter({'敢担': 2, '担当': 2, '敢担当': 2})
    """
    found: Counter[str] = Counter()
    for length in range(SHORTEST, LONGEST + 1):
        counts = Counter([text[at : at + length] for at in range(len(text) - length + 1)])
        kept = {s: n for s, n in counts.items() if n >= least and HAN.fullmatch(s)}
        # A longer string is no more frequent than its parts: with none of this length there is none
        # longer.
        if not kept:
            break
        found.update(kept)
    return found


def _count(text: str, strings: Collection[str]) -> Counter[str]:
    """Count these strings of 2 to 8 characters in a text, in one go through it for each length."""
    found: Counter[str] = Counter()
    for length in {len(string) for string in strings}:
        slices = [text[at : at + length] for at in range(len(text) - length + 1)]
        found.update(filter(strings.__contains__, slices))
    return found


def suggest_terms(
    library: Library,
    name: str,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 20,
    progress: Progress = lambda done, whole: None,
) -> Suggestions:
    """Propose terms for a theme of the index or of the theme file, as `suggest` does."""
    check_theme(library, name)
    themes = library.tools.themes
    return suggest(library.backend, themes, name, scope, limit=limit, progress=progress)


def would_label(
    backend: Backend,
    themes: Themes,
    name: str,
    *,
    progress: Progress = lambda done, whole: None,
) -> Iterator[Hit]:
    """Yield the passages that a theme of this set would be given to, in corpus order."""
    theme = next(one for one in themes.themes if one.name == name)
    selection = select(backend)
    # Labelling every passage anew would take as long as indexing: only where a term stands, in the
    # passage or in a heading over it, can the theme be given.
    possible = _possible(backend, theme)
    refs = [ref for ref in selection.refs if possible is None or ref in possible]
    for done, ref in enumerate(refs):
        if done % 1000 == 0:
            progress(done, len(refs))
        passage = passage_at(backend, ref)
        if passage.kind in UNLABELLED:
            continue
        for verdict in label(themes, passage.text, passage.headings_above):
            if verdict.theme == name:
                spans = (s for e in verdict.evidence if e.heading is None for s in e.spans)
                yield Hit(info=backend.info(ref), passage=passage, spans=tuple(sorted(spans)))


def _possible(backend: Backend, theme: Theme) -> set[int] | None:
    """Return the passages that a term for the theme may stand in, or over; None: in any."""
    possible: set[int] = set()
    for term in theme.terms:
        if term.weight <= 0:
            continue
        words = anchors(term.text[1:-1]) if is_pattern(term.text) else [term.text]
        if not words or any(section_number(word) is not None for word in words):
            return None
        for word in words:
            possible.update(backend.occurrences(fold(word)).refs)
            possible |= backend.scope(Filters(section=word)) or set()
    return possible


def _read(backend: Backend, selection: Selection, held: set[int]) -> tuple[list[str], _Sides]:
    """Read both sides: evenly taken passages of each, as one text, and what is where."""
    texts: tuple[list[str], list[str]] = ([], [])
    outside = []
    for speech in selection.speeches:
        for ref, text in folded_texts(backend, speech.refs):
            texts[ref not in held].append(text if text.endswith("\n") else text + "\n")
            if ref not in held:
                outside.append(ref)
    sizes = [sum(map(len, side)) - len(side) for side in texts]
    sides = _Sides(inside=held, outside=set(outside), size_inside=sizes[0], size_outside=sizes[1])
    samples = []
    for side, size in zip(texts, sizes, strict=True):
        step = max(1, -(-size // SAMPLE))
        samples.append("".join(side[::step]))
    return samples, sides


def _candidates(backend: Backend, inside: str, outside: str, theme: Theme) -> list[str]:
    """Return the strings that may be terms, the most telling in the samples first."""
    # Strings around the terms the theme has already are its most telling ones, and say nothing new.
    inside, outside = (without_terms(text, theme) for text in (inside, outside))
    counts = recurring(inside, LEAST_PASSAGES)
    elsewhere = _count(outside, counts)
    sizes = max(1, len(inside)), max(1, len(outside))
    measured = {string: _measure(n, elsewhere[string], *sizes) for string, n in counts.items()}
    telling = {
        string: likelihood
        for string, (likelihood, ratio) in measured.items()
        if ratio >= LEAST_RATIO
    }
    terms = "\n".join(term.text for term in theme.terms)
    ranked = nsmallest(LOOKED_AT, telling, key=lambda string: (-telling[string], string))
    units = [
        string
        for string in ranked
        if string not in stop_words() and string not in terms and is_unit(backend, string, inside)
    ]
    parts = parts_of_longer(units, counts)
    return [string for string in units if string not in parts]


def _measure(a: int, b: int, size_a: int, size_b: int) -> tuple[float, float]:
    """Return log-likelihood and log ratio of `a` and `b` places in the characters of each side."""
    table = Table(a=a, b=b, a_size=size_a, b_size=size_b)
    return keyness(table), log_ratio(table)


def without_terms(text: str, theme: Theme) -> str:
    """
    Put a _ in place of each term of a theme, for or against, longer ones first.

    >>> from lianzheng_search.themes.label import Term
    >>> terms = (Term(text="家风", weight=5), Term(text="/管.?好/", weight=3))
    >>> without_terms("好家风要管得好", Theme(name="家", definition="家", terms=terms))
    '好_要_'
    """
    # Longer ones first, or 家风 would leave 建设 of 家风建设 behind; patterns last, for they may
    # match across several plain terms.
    for term in sorted(theme.terms, key=lambda term: (is_pattern(term.text), -len(term.text))):
        if is_pattern(term.text):
            text = re.sub(term.text[1:-1], TERM, text)
        else:
            text = text.replace(fold(term.text), TERM)
    return text


def _weigh(
    backend: Backend, string: str, sides: _Sides, themes: Themes, name: str
) -> Suggestion | None:
    """Count a string in the whole corpus; None if it tells too little."""
    found = backend.occurrences(string)
    inside, outside, times = [], 0, [0, 0]
    for ref, count in zip(found.refs, found.counts, strict=True):
        if ref in sides.inside:
            inside.append(ref)
            times[0] += count
        elif ref in sides.outside:
            outside += 1
            times[1] += count
    if len(inside) < LEAST_PASSAGES:
        return None
    sizes = max(1, sides.size_inside), max(1, sides.size_outside)
    likelihood, ratio = _measure(times[0], times[1], *sizes)
    if likelihood < LEAST_LIKELIHOOD or ratio < LEAST_RATIO:
        return None
    # In the dictionary, but here mostly the end of one word and the beginning of the next.
    if backend.is_word(string) and len(backend.holding(string)) < LEAST_WORD * len(found.refs):
        return None
    share = len(inside) / (len(inside) + outside)
    return Suggestion(
        term=string,
        weight=_weight(ratio, share, likelihood),
        inside=len(inside),
        outside=outside,
        times_inside=times[0],
        times_outside=times[1],
        log_likelihood=likelihood,
        log_ratio=ratio,
        also_of=tuple(
            theme.name
            for theme in themes.themes
            if theme.name != name
            and any(term.text == string and term.weight > 0 for term in theme.terms)
        ),
        example=_example(backend, backend.in_order(inside), string),
    )


def _weight(ratio: float, share: float, likelihood: float) -> float:
    for weight, least in ((5.0, TELLING), (3.0, PLAIN)):
        if all(value >= bar for value, bar in zip((ratio, share, likelihood), least, strict=True)):
            return weight
    return 1.0


def _example(backend: Backend, refs: Sequence[int], string: str) -> Hit:
    """Show the first passage that holds a string whole."""
    hits = (
        Hit(info=backend.info(ref), passage=passage, spans=_places(fold(passage.text), string))
        for ref in refs
        for passage in [passage_at(backend, ref)]
    )
    first = next(hits)
    # A place may begin in one passage and end in the next, where a passage alone does not show it.
    return first if first.spans else next((hit for hit in hits if hit.spans), first)


def _apart(ranked: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Leave out what holds a better one, or is a part of it: it would match the same places."""
    kept: list[str] = []
    for one in ranked:
        if not any(one.term in other or other in one.term for other in kept):
            kept.append(one.term)
            yield one


def _places(text: str, string: str) -> tuple[Span, ...]:
    return tuple(Span(*match.span()) for match in re.finditer(re.escape(string), text))
