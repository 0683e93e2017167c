"""Set phrases and n-grams -> tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..messages import _, ngettext
from ..text.width import cells, shorten
from .printing.layout import cut_left, pad
from .printing.output import echo, secho, terminal_width
from .printing.tables import print_table
from .remarks import print_remark, print_total

if TYPE_CHECKING:
    from ..study.ngrams import NGrams
    from ..wording.set_phrases import SetPhrase, SetPhrases

LEAST_PHRASE, LEAST_PLACE = 16, 32
"""Minimum width of a phrase and of a place, in cells."""
GAP = "  "
RIGHT = (1, 2)
"""The columns of numbers."""
PLACE = 5
"""The column of places."""


def print_phrases(phrases: SetPhrases) -> None:
    """Print set phrases with their counts and dates, each with its variants under it."""
    across = terminal_width()
    # three empty columns would say nothing of a corpus without dates
    dated = any(phrase.first for phrase in phrases.phrases)
    heads = [_("phrase"), _("hits"), _("speeches")]
    heads += [_("first used"), _("last used"), _("first used in")] if dated else []
    rows = [_row(phrase)[: len(heads)] for phrase in phrases.phrases]
    widths = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    if across is not None:
        widths = _fitting(widths, across)
    secho(_line(heads, widths), dim=True)
    for phrase, row in zip(phrases.phrases, rows, strict=True):
        echo(_line(row, widths))
        if phrase.variants:
            variants = "  ".join(f"{other.phrase} ×{other.hits}" for other in phrase.variants)
            line = f"{GAP}≈ {variants}"
            secho(shorten(line, width=across) if across else line, dim=True)
    _print_phrases_total(phrases)


def _row(phrase: SetPhrase) -> list[str]:
    return [
        phrase.phrase,
        str(phrase.hits),
        str(phrase.speeches),
        phrase.first or "",
        phrase.last or "",
        phrase.first_speech or "",
    ]


def _fitting(widths: list[int], across: int) -> list[int]:
    """Return widths: the place gets the room left, or is dropped; then the phrase is cut."""
    fixed = widths[:PLACE]
    room = across - sum(fixed) - len(GAP) * len(fixed)
    if len(widths) > PLACE and room >= LEAST_PLACE:
        return [*fixed, min(room, widths[PLACE])]
    # cut so far and no further: a line that is too wide is better than a phrase of two characters
    phrase = max(LEAST_PHRASE, fixed[0] + room + len(GAP))
    return [min(fixed[0], phrase), *fixed[1:]]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row in columns; those without a width are dropped."""
    texts = []
    for n, (text, width) in enumerate(zip(row, widths, strict=False)):
        fitted = cut_left(text, width) if n == PLACE else shorten(text, width=width)
        space = " " * (width - cells(fitted))
        texts.append(space + fitted if n in RIGHT else pad(fitted, width))
    return GAP.join(texts).rstrip()


def _print_phrases_total(phrases: SetPhrases) -> None:
    number = ngettext("{n} set phrase", "{n} set phrases", phrases.total).format(n=phrases.total)
    total = _("{phrases}, each in {least} of {speeches} speeches or more").format(
        phrases=number, least=phrases.least, speeches=phrases.speeches
    )
    if len(phrases.phrases) < phrases.total:
        listed = _("; the first {shown} listed, --limit 0 lists all")
        total += listed.format(shown=len(phrases.phrases))
    print_total(total)
    # said, because a first use may be earlier than it seems
    if phrases.undated:
        undated = ngettext(
            "{n} speech without a date speaks for no first or last use",
            "{n} speeches without a date speak for no first or last use",
            phrases.undated,
        )
        print_remark(undated.format(n=phrases.undated))


def print_ngrams(ngrams: NGrams) -> None:
    """Print n-grams with their counts, a small bar for each."""
    print_table(
        (_("n-gram"), _("hits"), _("speeches"), _("per 10,000 characters")),
        [(one.ngram, one.hits, one.speeches, one.per_10000) for one in ngrams.ngrams],
        bars=[one.hits for one in ngrams.ngrams],
    )
    total = _("in {characters} characters of {speeches} speeches, punctuation included").format(
        characters=f"{ngrams.characters:,}", speeches=ngrams.speeches
    )
    if ngrams.more:
        listed = _("; the first {shown} listed, --limit 0 lists all")
        total += listed.format(shown=len(ngrams.ngrams))
    print_total(total)
