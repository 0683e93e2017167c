"""What themes, their evidence and their study give -> rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...model import Passage, Span, Value
from ...themes.label import Verdict, bars
from .rows import keys_of

if TYPE_CHECKING:
    from ...study.theme_coverage import Profile, SpeechProfile
    from ...study.theme_neighbours import Closest
    from ...study.theme_terms import Suggestions
    from ...themes.theme_files import Checked


class EvidenceRow(Value, frozen=True, kw_only=True):
    """
    The row of a piece of evidence for or against a theme of a passage.

    `least` is the score that the theme had to reach, `shortfall` why it was not given: ``low``
    (below what any theme needs), ``far`` (below 40 % of the best score, if that is more),
    ``many`` (three are better), or null.
    """

    line: int
    column: int
    theme: str
    given: bool
    score: float
    term: str
    where: str
    count: int
    points: float
    weight: float
    least: float
    shortfall: str | None


class SuggestionRow(Value, frozen=True, kw_only=True):
    """
    The row of a suggested term.

    `inside` and `outside` count passages with and without the theme, `times_…` places;
    `speech`, `line`, `text` and `spans` are of the example.
    """

    theme: str
    term: str
    weight: float
    inside: int
    outside: int
    times_inside: int
    times_outside: int
    log_likelihood: float
    log_ratio: float
    also_of: tuple[str, ...]
    speech: str
    line: int
    text: str
    spans: tuple[Span, ...]
    toml: str


class CloseRow(Value, frozen=True, kw_only=True):
    """
    The row of a section that is close to another, on whose `line` and under whose `section` it is.

    `speech`, `title`, `close_line` and `close_section` say where it stands; a section is null
    where the speech has none.
    """

    line: int
    section: str | None
    speech: str
    title: str
    close_line: int
    close_section: str | None
    closeness: float
    by_themes: float
    by_words: float
    themes: tuple[str, ...]
    words: tuple[str, ...]


class CheckRow(Value, frozen=True, kw_only=True):
    """The row of an example: whether it must be about the theme, and what it is about."""

    theme: str
    expected: bool
    passed: bool
    given: tuple[str, ...]
    text: str


class ProfileRow(Value, frozen=True, kw_only=True):
    """
    The row of a theme of a section, or of a speech as a whole, where `section` is null.

    `of_passages` and `of_characters` are all that could have a theme there. What is about none
    has a row of its own, where `theme` is null.
    """

    speech: str
    title: str
    line: int | None
    section: str | None
    theme: str | None
    passages: int
    of_passages: int
    characters: int
    of_characters: int


EVIDENCE_KEYS = keys_of(EvidenceRow)
SUGGESTION_KEYS = keys_of(SuggestionRow)
CLOSE_KEYS = keys_of(CloseRow)
CHECK_KEYS = keys_of(CheckRow)
PROFILE_KEYS = keys_of(ProfileRow)


def evidence_rows(passage: Passage, verdicts: Sequence[Verdict]) -> Iterator[EvidenceRow]:
    """Yield a row for each piece of evidence for or against a theme of a passage."""
    line, column = passage.place
    for verdict, bar in zip(verdicts, bars(verdicts), strict=True):
        for evidence in verdict.evidence:
            yield EvidenceRow(
                line=line,
                column=column,
                theme=verdict.theme,
                given=verdict.theme in passage.themes,
                score=round(verdict.score, 4),
                term=evidence.term,
                where=evidence.where,
                count=evidence.count,
                points=round(evidence.points, 4),
                weight=evidence.weight,
                least=round(bar.least, 4),
                shortfall=bar.shortfall,
            )


def suggestion_rows(suggestions: Suggestions) -> Iterator[SuggestionRow]:
    """Yield a row for each suggested term, the most telling first."""
    for suggestion in suggestions.found:
        example = suggestion.example
        yield SuggestionRow(
            theme=suggestions.theme,
            term=suggestion.term,
            weight=suggestion.weight,
            inside=suggestion.inside,
            outside=suggestion.outside,
            times_inside=suggestion.times_inside,
            times_outside=suggestion.times_outside,
            log_likelihood=round(suggestion.log_likelihood, 2),
            log_ratio=round(suggestion.log_ratio, 2),
            also_of=suggestion.also_of,
            speech=example.info.id,
            line=example.passage.place[0],
            text=example.passage.text,
            spans=example.spans,
            toml=suggestion.toml,
        )


def close_rows(compared: Sequence[Closest]) -> Iterator[CloseRow]:
    """Yield a row for each section that is close to one of those compared."""
    for closest in compared:
        for close in closest.found:
            yield CloseRow(
                line=closest.line,
                section=closest.section.heading if closest.section else None,
                speech=close.info.id,
                title=close.info.title,
                close_line=close.line,
                close_section=close.section.heading if close.section else None,
                closeness=round(close.closeness, 4),
                by_themes=round(close.by_themes, 4),
                by_words=round(close.by_words, 4),
                themes=close.themes,
                words=close.words,
            )


def check_rows(checks: Sequence[Checked]) -> Iterator[CheckRow]:
    """Yield a row for each example of the theme file."""
    for check in checks:
        yield CheckRow(
            theme=check.theme,
            expected=check.expected,
            passed=check.passed,
            given=check.given,
            text=check.text,
        )


def profile_rows(speech: SpeechProfile) -> Iterator[ProfileRow]:
    """Yield a row for each theme of a speech as a whole, and of each of its sections."""
    for profile in (speech.whole, *speech.sections):
        section = profile.section
        for theme, passages, characters in _shares(profile):
            yield ProfileRow(
                speech=speech.info.id,
                title=speech.info.title,
                line=section.place[0] if section else None,
                section=section.heading if section else None,
                theme=theme,
                passages=passages,
                of_passages=profile.passages,
                characters=characters,
                of_characters=profile.characters,
            )


def _shares(profile: Profile) -> Iterator[tuple[str | None, int, int]]:
    for share in profile.themes:
        yield share.theme, share.passages, share.characters
    if rest := profile.passages - profile.labelled:
        yield None, rest, profile.characters - profile.labelled_characters
