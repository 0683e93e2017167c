"""What themes, their evidence and their study give -> rows for JSON lines, CSV, Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..model import Passage
from ..themes.label import Verdict, bars
from .rows import Row

if TYPE_CHECKING:
    from ..study.theme_coverage import Profile, SpeechProfile
    from ..study.theme_neighbours import Closest
    from ..study.theme_terms import Suggestions
    from ..themes.theme_files import Checked

THEME_KEYS = ("theme", "passages", "speeches", "characters")
EVIDENCE_KEYS = (
    *("line", "column", "theme", "given", "score", "term", "where", "count", "points"),
    *("weight", "least", "shortfall"),
)
SUGGESTION_KEYS = (
    *("theme", "term", "weight", "inside", "outside", "times_inside", "times_outside"),
    *("log_likelihood", "log_ratio", "also_of", "speech", "line", "text", "spans", "toml"),
)
CLOSE_KEYS = (
    *("line", "section", "speech", "title", "close_line", "close_section"),
    *("closeness", "by_themes", "by_words", "themes", "words"),
)
CHECK_KEYS = ("theme", "expected", "passed", "given", "text")
PROFILE_KEYS = (
    *("speech", "title", "line", "section", "theme"),
    *("passages", "of_passages", "characters", "of_characters"),
)


def evidence_rows(passage: Passage, verdicts: Sequence[Verdict]) -> Iterator[Row]:
    """
    Yield a row for each piece of evidence for or against a theme of a passage.

    `least` is the score that the theme had to reach, `shortfall` why it was not given: ``low``
    (below what any theme needs), ``far`` (below 40 % of the best score, if that is more),
    ``many`` (three are better), or null.
    """
    for verdict, bar in zip(verdicts, bars(verdicts), strict=True):
        for evidence in verdict.evidence:
            yield {
                "line": passage.place[0],
                "column": passage.place[1],
                "theme": verdict.theme,
                "given": verdict.theme in passage.themes,
                "score": round(verdict.score, 4),
                "term": evidence.term,
                "where": evidence.where,
                "count": evidence.count,
                "points": round(evidence.points, 4),
                "weight": evidence.weight,
                "least": round(bar.least, 4),
                "shortfall": bar.shortfall,
            }


def suggestion_rows(suggestions: Suggestions) -> Iterator[Row]:
    """
    Yield a row for each suggested term, the most telling first.

    `inside` and `outside` count passages with and without the theme, `times_…` places;
    `speech`, `line`, `text` and `spans` are of the example.
    """
    for one in suggestions.found:
        yield {
            "theme": suggestions.theme,
            "term": one.term,
            "weight": one.weight,
            "inside": one.inside,
            "outside": one.outside,
            "times_inside": one.times_inside,
            "times_outside": one.times_outside,
            "log_likelihood": round(one.log_likelihood, 2),
            "log_ratio": round(one.log_ratio, 2),
            "also_of": one.also_of,
            "speech": one.example.info.id,
            "line": one.example.passage.place[0],
            "text": one.example.passage.text,
            "spans": one.example.spans,
            "toml": one.toml,
        }


def close_rows(compared: Sequence[Closest]) -> Iterator[Row]:
    """
    Yield a row for each section found: `line` and `section` are of the one it is close to.

    `speech`, `title`, `close_line` and `close_section` say where it stands; a section is null
    where the speech has none.
    """
    for one in compared:
        for found in one.found:
            yield {
                "line": one.line,
                "section": one.section.heading if one.section else None,
                "speech": found.info.id,
                "title": found.info.title,
                "close_line": found.line,
                "close_section": found.section.heading if found.section else None,
                "closeness": round(found.closeness, 4),
                "by_themes": round(found.by_themes, 4),
                "by_words": round(found.by_words, 4),
                "themes": found.themes,
                "words": found.words,
            }


def check_rows(checks: Sequence[Checked]) -> Iterator[Row]:
    """Yield a row for each example: whether it must be about the theme, and what it is about."""
    for check in checks:
        yield {
            "theme": check.theme,
            "expected": check.expected,
            "passed": check.passed,
            "given": check.given,
            "text": check.text,
        }


def profile_rows(speech: SpeechProfile) -> Iterator[Row]:
    """
    Yield a row for each theme of a speech as a whole, where `section` is null, and by section.

    `of_passages` and `of_characters` are all that could have a theme there. What is about none
    has a row of its own, where `theme` is null.
    """
    for profile in (speech.whole, *speech.sections):
        section = profile.section
        for theme, passages, characters in _shares(profile):
            yield {
                "speech": speech.info.id,
                "title": speech.info.title,
                "line": section.place[0] if section else None,
                "section": section.heading if section else None,
                "theme": theme,
                "passages": passages,
                "of_passages": profile.passages,
                "characters": characters,
                "of_characters": profile.characters,
            }


def _shares(profile: Profile) -> Iterator[tuple[str | None, int, int]]:
    for share in profile.themes:
        yield share.theme, share.passages, share.characters
    if rest := profile.passages - profile.labelled:
        yield None, rest, profile.characters - profile.labelled_characters
