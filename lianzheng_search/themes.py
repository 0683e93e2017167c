"""Passage -> the themes that it is about, best first, each with its evidence."""

from __future__ import annotations

import hashlib
import json
import math
import operator
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from .language import _
from .model import RequestError, Span

THEMES_FILE = Path(__file__).parent / "data" / "themes.toml"

EVERY_THEME = "*"
"""The table of a theme file whose terms speak against every theme: the formulas of speeches."""
SHORTEST_TERM = 2
"""One character says too little, and terms are looked up by two."""
ANYWHERE = ""
"""Where the matcher keeps the patterns that may start with anything."""

THRESHOLD = 4.0
"""The least score of a theme that is given; a telling term (5) in a short text passes it."""
THRESHOLD_UNDER_HEADING = 3.0
"""The same where a heading speaks for the best theme: one plain word (3) right above will do."""
SHARE = 0.4
"""The least part of the best score that a further theme must have."""
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
ANCHORS = re.compile(
    rf"""
    \((?:\?:)?(?P<group>{HAN}{{2,}}(?:\|{HAN}{{2,}})*)\){NOT_REPEATED}
  | (?P<plain>{HAN}{{2,}}){NOT_REPEATED}
    """,
    re.VERBOSE,
)
ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
INNERMOST_GROUP = re.compile(r"\([^()]*\)")
UNBOUNDED = re.compile(r"[*+]|\{\d*,\}")
COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
TOML_LINE = re.compile(r"line (\d+)")
WEIGHT = re.compile(r"\d{1,3}(?:\.\d{1,3})?")

Place = Literal["lead", "text", "heading"]
Occurrence = tuple[Span, "Term"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word, or a ``/pattern/``, that speaks for a theme; against it where `weight` is not > 0."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme: its name, what it means in one sentence, and the terms that tell it."""

    name: str
    definition: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Themes:
    """
    A set of themes, in the order of their file.

    `fingerprint` is the SHA-256, in hex, of all that the file says except its comments; two sets
    are equal if theirs are.
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


def label(themes: Themes, text: str, headings: Sequence[str] = ()) -> tuple[Verdict, ...]:
    """
    Tell the themes that a passage is about, best first: at most three, none if none is clear.

    `headings` are those over the passage, from the outermost in.

    >>> themes = load_themes()
    >>> [verdict.theme for verdict in label(themes, "二是管好家人，树好家风。", ["四、择友要慎"])]
    ['家风家教']
    >>> label(themes, "同志们：")
    ()
    """
    verdicts = explain(themes, text, headings)
    if not verdicts:
        return ()
    best = verdicts[0]
    under_heading = any(evidence.where == "heading" for evidence in best.evidence)
    least = max(THRESHOLD_UNDER_HEADING if under_heading else THRESHOLD, SHARE * best.score)
    return tuple(verdict for verdict in verdicts[:MOST_THEMES] if verdict.score >= least)


def explain(themes: Themes, text: str, headings: Sequence[str] = ()) -> tuple[Verdict, ...]:
    """
    Judge every theme that some term speaks for, best first; `label` gives the head of it.

    >>> best = explain(load_themes(), "要管住家属，树立良好家风。")[0]
    >>> best.theme, [(e.term, e.where, e.spans) for e in best.evidence][-1]
    ('家风家教', ('家风', 'lead', (Span(start=10, end=12),)))
    """
    if not text:
        return ()
    lead_end = LEAD.match(text).end()  # type: ignore[union-attr]  # it always matches
    thinned = 1 / math.sqrt(max(1, len(text) / ORDINARY_LENGTH))
    evidence: dict[int, list[Evidence]] = defaultdict(list)
    for theme, found in _occurrences(themes, text).items():
        lead = [one for one in found if one[0].start < lead_end]
        evidence[theme] += _weigh(lead, "lead", LEAD_FACTOR)
        evidence[theme] += _weigh(found[len(lead) :], "text", thinned)
    factor = HEADING_FACTOR
    for index in reversed(range(len(headings))):
        for theme, found in _occurrences_in_heading(themes, headings[index]).items():
            evidence[theme] += _weigh(found, "heading", factor, heading=index)
        factor *= OUTER_HEADING_FACTOR
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


def load_themes(path: Path | None = None) -> Themes:
    """
    Read a theme file, or the one that comes with the tool.

    Its head tells how it is written. A wrong entry raises `RequestError`, which names its line.

    >>> load_themes().names[:3]
    ('政治建设', '理想信念', '学习教育')
    """
    path = path or THEMES_FILE
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = _("{path}: cannot be read: {reason}. Check the path of the theme file")
        raise RequestError(message.format(path=path, reason=error.strerror)) from None
    source = raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    try:
        data = _parse(source)
        themes = tuple(_read_themes(data))
    except _WrongEntryError as error:
        reason, *trail = error.args
        line = trail[0] if isinstance(trail[0], int) else _line(source, trail)
        raise RequestError(f"{path}:{line}: {' '.join(reason.split())}") from None
    content = json.dumps(data, ensure_ascii=False)
    return Themes(themes=themes, fingerprint=hashlib.sha256(content.encode()).hexdigest())


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
            points=round(term.weight * factor * math.log2(1 + len(places)), 4),
        )


def _occurrences(themes: Themes, text: str) -> dict[int, list[Occurrence]]:
    """Find where the terms of each theme, named by its index, stand, in order, without nesting."""
    matcher = _matcher(themes)
    found: dict[int, list[tuple[int, int, Term]]] = defaultdict(list)
    for start, pair in enumerate(map(operator.add, text, text[1:])):
        if pair not in matcher:
            continue
        for theme, term, pattern in matcher[pair]:
            if pattern is None:
                if text.startswith(term.text, start):
                    found[theme].append((start, start + len(term.text), term))
            elif match := pattern.match(text, start):
                found[theme].append((start, match.end(), term))
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
            pattern = re.compile(term.text[1:-1]) if _is_pattern(term.text) else None
            words = _anchors(pattern.pattern) if pattern else [term.text]
            for pair in {word[:2] for word in words} or {ANYWHERE}:
                matcher.setdefault(pair, []).append((index, term, pattern))
    return matcher


def _is_pattern(term: str) -> bool:
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def _anchors(source: str) -> list[str]:
    """
    Tell the plain words of which one must open any match of a regular expression; none if unsure.

    >>> _anchors("(管好|管住).{0,6}子女"), _anchors("管好家?"), _anchors("管好|管住")
    (['管好', '管住'], ['管好'], [])
    """
    outside = ESCAPE_OR_CLASS.sub("", source)
    while (shorter := INNERMOST_GROUP.sub("", outside)) != outside:
        outside = shorter
    match = None if "|" in outside else ANCHORS.match(source)
    return (match["group"] or match["plain"]).split("|") if match else []


class _WrongEntryError(Exception):
    """An entry that cannot be used: why and what to do, then its line, or what leads to it."""


def _parse(source: str) -> dict[str, Any]:
    if (place := source.find("\ufffd")) >= 0:
        reason = _("this is not UTF-8. Save the file as UTF-8")
        raise _WrongEntryError(reason, source.count("\n", 0, place) + 1)
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        reason = _(
            "this is not TOML ({error}). Put names and terms in straight quotes, separate them by"
            " ASCII commas, and give no name twice"
        )
        line = TOML_LINE.search(str(error))
        number = int(line[1]) if line else source.count("\n") + 1
        raise _WrongEntryError(reason.format(error=error), number) from None


def _read_themes(data: Mapping[str, Any]) -> Iterator[Theme]:
    everywhere = tuple(_read_terms(EVERY_THEME, data.get(EVERY_THEME, {})))
    if not data.keys() - {EVERY_THEME}:
        raise _WrongEntryError(_("there is no theme. Write one, or copy the file of the tool"), 1)
    for name, entry in data.items():
        terms = tuple(_read_terms(name, entry))
        if name == EVERY_THEME:
            continue
        definition = entry.get("definition")
        if not isinstance(definition, str) or not definition.strip():
            reason = _('the theme {name} has no definition. Write definition = "…"')
            trail = entry.keys() & {"definition"}
            raise _WrongEntryError(reason.format(name=name), name, *trail)
        if not any(term.weight > 0 for term in terms):
            reason = _('the theme {name} has no terms. Write terms.5 = ["…"]').format(name=name)
            raise _WrongEntryError(reason, name, *(entry.keys() & {"terms"}))
        yield Theme(name=name, definition=definition.strip(), terms=terms + everywhere)


def _read_terms(name: str, entry: Any) -> Iterator[Term]:
    if not isinstance(entry, dict):
        reason = _('{name} stands outside of a theme. Write ["…"] with its name above it')
        raise _WrongEntryError(reason.format(name=name), name)
    if unknown := [key for key in entry if key not in {"definition", "terms", "against"}]:
        reason = _("a theme has no {key}. Use definition, terms and against")
        raise _WrongEntryError(reason.format(key=unknown[0]), name, unknown[0])
    seen: set[str] = set()
    for key, sign in (("terms", 1), ("against", -1)):
        table = entry.get(key, {})
        if not isinstance(table, dict):
            reason = _('{key} has no weight. Write {key}.5 = ["…"]').format(key=key)
            raise _WrongEntryError(reason, name, key)
        for weight, texts in table.items():
            place = f"{key}.{weight}"
            if not WEIGHT.fullmatch(weight) or (sign > 0 and not float(weight)):
                reason = _('{place} has no number for its weight. Write {key}.5 or {key}."0.5"')
                raise _WrongEntryError(reason.format(place=place, key=key), name, place)
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                reason = _('{place} is no list of terms. Write {place} = ["…"]')
                raise _WrongEntryError(reason.format(place=place), name, place)
            for text in map(str.strip, texts):
                if fault := _("it comes twice. Keep one") if text in seen else _fault(text):
                    reason = _("“{term}” cannot be a term: {fault}").format(term=text, fault=fault)
                    raise _WrongEntryError(reason, name, place, text)
                seen.add(text)
                yield Term(text=text, weight=sign * float(weight) + 0.0)


def _fault(term: str) -> str | None:
    """Tell why a term cannot be used, and what to do; None if it can."""
    if len(term) < SHORTEST_TERM:
        return _("it is too short. Give it two characters or more")
    if not _is_pattern(term):
        return None
    if UNBOUNDED.search(ESCAPE_OR_CLASS.sub("", term)):
        return _("it may repeat without limit. Write {0,6} in place of * or +")
    try:
        matches_nothing = re.compile(term[1:-1]).match("")
    except (re.error, OverflowError, RecursionError) as error:
        reason = _("it is no regular expression ({error}). Close each bracket")
        return reason.format(error=error)
    return _("it matches the empty string. Add a word that must stand") if matches_nothing else None


def _line(source: str, trail: Sequence[str]) -> int:
    """Find the line of the entry to which a theme, a key and a term lead, as far as they go."""
    body = COMMENT_LINE.sub("", source)
    place = 0
    for depth, name in enumerate(trail):
        bare = re.escape(name)
        quoted = rf"[\"']{bare}[\"']"
        header = rf"^\s*(?:\[\s*(?:{quoted}|{bare})|(?:{quoted}|{bare})\s*=)"
        match = re.compile((header, bare, quoted)[depth], re.MULTILINE).search(body, place)
        place = match.end() if match else place
    return body.count("\n", 0, place) + 1
