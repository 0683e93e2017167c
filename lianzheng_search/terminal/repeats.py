"""What recurs -> what a terminal shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages import _, ngettext
from ..text.width import cells, shorten
from .printing.output import echo, secho, terminal_width
from .render import INDENT, end_of, table

if TYPE_CHECKING:
    from ..study.ngrams import NGrams
    from ..wording.set_phrases import SetPhrase, SetPhrases

LEAST_PHRASE, LEAST_PLACE = 16, 32
GAP = "  "
RIGHT = (1, 2)
"""The columns of numbers."""


def phrases(found: SetPhrases) -> None:
    """Print set phrases with their counts and dates, each with its variants under it."""
    across = terminal_width()
    dated = any(one.first for one in found.phrases)
    heads = [_("phrase"), _("hits"), _("speeches")]
    heads += [_("first used"), _("last used"), _("first used in")] if dated else []
    rows = [_row(one)[: len(heads)] for one in found.phrases]
    widths = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    if across is not None:
        widths = _fitting(widths, across)
    secho(_line(heads, widths), dim=True)
    for one, row in zip(found.phrases, rows, strict=True):
        echo(_line(row, widths))
        if one.variants:
            told = "  ".join(f"{other.phrase} ×{other.hits}" for other in one.variants)
            line = f"{INDENT[:2]}≈ {told}"
            secho(shorten(line, width=across) if across else line, dim=True)
    secho("\n" + _phrases_told(found), dim=True)


def _row(one: SetPhrase) -> list[str]:
    place = one.first_speech or ""
    return [one.phrase, str(one.hits), str(one.speeches), one.first or "", one.last or "", place]


def _fitting(widths: list[int], across: int) -> list[int]:
    """Give the speech what room is left, none if that is too little; else shorten the phrase."""
    kept = widths[:5]
    room = across - sum(kept) - len(GAP) * len(kept)
    if len(widths) > len(kept) and room >= LEAST_PLACE:
        return [*kept, min(room, widths[-1])]
    return [min(kept[0], max(LEAST_PHRASE, kept[0] + room + len(GAP))), *kept[1:]]


def _line(row: list[str], widths: list[int]) -> str:
    """Set a row in columns, as many as have a width; of a place its end is shown."""
    set_out = []
    for n, (text, width) in enumerate(zip(row, widths, strict=False)):
        shown = end_of(text, width) if n == len(RIGHT) + 3 else shorten(text, width=width)
        space = " " * (width - cells(shown))
        set_out.append(space + shown if n in RIGHT else shown + space)
    return GAP.join(set_out).rstrip()


def _phrases_told(found: SetPhrases) -> str:
    total = ngettext("{n} set phrase", "{n} set phrases", found.total).format(n=found.total)
    told = _("{phrases}, each in {least} of {speeches} speeches or more").format(
        phrases=total, least=found.least, speeches=found.speeches
    )
    if len(found.phrases) < found.total:
        told += _("; the first {shown} listed, --limit 0 lists all").format(
            shown=len(found.phrases)
        )
    if found.undated:
        undated = ngettext(
            "{n} speech without a date speaks for no first or last use",
            "{n} speeches without a date speak for no first or last use",
            found.undated,
        )
        told += "\n" + undated.format(n=found.undated)
    return told


def ngrams(found: NGrams) -> None:
    """Print n-grams with their counts, a small bar for each."""
    table(
        (_("n-gram"), _("hits"), _("speeches"), _("per 10,000 characters")),
        [(one.ngram, one.hits, one.speeches, one.per_10000) for one in found.ngrams],
        bars=[one.hits for one in found.ngrams],
    )
    told = _("in {characters} characters of {speeches} speeches, punctuation included").format(
        characters=f"{found.characters:,}", speeches=found.speeches
    )
    if found.more:
        told += _("; the first {shown} listed, --limit 0 lists all").format(shown=len(found.ngrams))
    secho("\n" + told, dim=True)
