"""Counts -> tables with small bars, and strips that show where in a speech something stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ..messages import N_, _, ngettext
from ..text.width import cells, shorten, wrap
from .printing.output import echo, secho, style, terminal_width
from .render import table

if TYPE_CHECKING:
    from ..study.frequencies import Dispersion, Frequencies, Frequency, Strip
    from ..study.word_counts import Collocates, Keyness, KeyWord, SubCorpus, WordList

GROUP_NAMES = {
    "none": N_("query"),
    "speech": N_("speech"),
    "year": N_("year"),
    "month": N_("month"),
    "theme": N_("theme"),
    "section": N_("section"),
}
NO_GROUP = {
    "year": N_("undated"),
    "month": N_("undated"),
    "theme": N_("no theme"),
    "section": N_("outside of sections"),
}
MEASURE_NAMES = {
    "log-dice": "logDice",
    "log-likelihood": "LL",
    "log-ratio": "log-ratio",
    "mi": "MI",
}
STRIP, STRIP_WIDE = 40, 60
"""In so many parts a speech is shown, and on a wide terminal."""
WIDE = 120
LEVELS = "▁▂▃▄▅▆▇█"
"""From the fewest hits in a part of a speech, one, to the most anywhere."""
EMPTY = "·"


def limited(found: Frequencies, limit: int) -> list[Frequency]:
    """Keep, of the speeches or sections of each query, the first; periods and themes stay."""
    if not limit or found.by not in ("speech", "section"):
        return list(found.rows)
    return [
        row
        for total in found.totals
        for row in [row for row in found.rows if row.query == total.query][:limit]
    ]


def frequencies(found: Frequencies, *, limit: int) -> None:
    """Print how often queries are found: in one table, or in one for each query."""
    if found.by == "none":
        _frequency_table(found, found.rows)
    else:
        rows = limited(found, limit)
        for n, total in enumerate(found.totals):
            if len(found.totals) > 1:
                secho(("\n" if n else "") + total.query, bold=True)
            own = [row for row in rows if row.query == total.query]
            _frequency_table(found, own)
            every = sum(row.query == total.query for row in found.rows)
            _quiet(
                _("{hits} in {passages}, {speeches}").format(
                    hits=_hits(total.hits),
                    passages=_passages(total.passages),
                    speeches=_speeches(total.speeches),
                )
                + (
                    _("; {shown} lines shown, --limit 0 shows all").format(shown=len(own))
                    if len(own) < every
                    else ""
                )
            )
    _quiet(
        _("per 10,000 of {characters} characters in {speeches}, punctuation included").format(
            characters=f"{found.characters:,}", speeches=_speeches(found.speeches)
        )
    )


def _frequency_table(found: Frequencies, rows: Sequence[Frequency]) -> None:
    by = found.by
    names = [_name(row, by) for row in rows]
    heads = [_(GROUP_NAMES[by]), _("hits"), _("passages"), _("speeches"), _("per 10,000")]
    values: list[list[object]] = [
        [name, row.hits, row.passages, row.speeches, row.per_10000]
        for name, row in zip(names, rows, strict=True)
    ]
    if by in ("speech", "section"):
        del heads[3]
        for value in values:
            del value[3]
    if by == "section":
        heads.insert(1, _("speech"))
        for value, row in zip(values, rows, strict=True):
            value.insert(1, row.title)
    table(heads, values, bars=[row.per_10000 for row in rows])


def _name(row: Frequency, by: str) -> str:
    if by == "none":
        return row.query
    if by == "speech":
        return f"{row.title}  {row.date or ''}".rstrip()
    return row.group if row.group is not None else _(NO_GROUP[by])


def word_list(found: WordList) -> None:
    """Print the most frequent words."""
    table(
        (_("word"), _("hits"), _("per 10,000")),
        [(one.word, one.hits, one.per_10000) for one in found.shown],
        bars=[one.hits for one in found.shown],
    )
    _quiet(_shown(len(found.shown), found.different))
    _quiet(
        _("per 10,000 of {characters} characters, which are {words} words").format(
            characters=f"{found.characters:,}", words=f"{found.words:,}"
        )
    )


def collocates(found: Collocates, *, by: str, window: int | None) -> None:
    """Print the words near a query, on which side and how typical."""
    table(
        (
            _("word"),
            _("near"),
            _("left"),
            _("right"),
            _("in all"),
            *MEASURE_NAMES.values(),
        ),
        [
            (
                one.word,
                one.hits,
                one.left,
                one.right,
                one.frequency,
                one.log_dice,
                one.log_likelihood,
                one.log_ratio,
                one.mi,
            )
            for one in found.shown
        ],
        bars=[one.hits for one in found.shown],
    )
    _quiet(_shown(len(found.shown), found.different))
    within = (
        _("in the sentence")
        if window is None
        else ngettext("{n} word on each side", "{n} words on each side", window).format(n=window)
    )
    _quiet(
        _("near {hits} of {query}, {within}: {near} of {words} words; by {measure}").format(
            hits=_hits(found.hits),
            query=found.query,
            within=within,
            near=f"{found.near:,}",
            words=f"{found.words:,}",
            measure=MEASURE_NAMES[by],
        )
    )


def keyness(found: Keyness, *, by: str) -> None:
    """Print the words more frequent in one part, then those more frequent in the other."""
    names = {"a": found.a, "b": found.b}
    sides = {word.more_in: None for word in found.shown}
    for n, side in enumerate(sides):
        echo("\n" * (n > 0), nl=False)
        secho(_part_title(side, names[side]), bold=True)
        _key_table([word for word in found.shown if word.more_in == side], by)
    _quiet(_("per 10,000 words of each; p is that of one word looked at by itself"))


def _part_title(side: str, part: SubCorpus) -> str:
    name = part.query if part.query is not None else _("the rest")
    return _("more in {side}: {name}  ({passages}, {speeches}, {words})").format(
        side=side,
        name=name,
        passages=_passages(part.passages),
        speeches=_speeches(part.speeches),
        words=_words(part.words),
    )


def _key_table(words: Sequence[KeyWord], by: str) -> None:
    table(
        (_("word"), "a", "b", _("a/10,000"), _("b/10,000"), "LL", "", "log-ratio"),
        [
            (
                word.word,
                word.a,
                word.b,
                word.a_per_10000,
                word.b_per_10000,
                word.log_likelihood,
                word.significance,
                word.log_ratio,
            )
            for word in words
        ],
        bars=[
            word.log_likelihood if by == "log-likelihood" else abs(word.log_ratio) for word in words
        ],
    )


def dispersion(found: Sequence[Dispersion], *, limit: int) -> None:
    """Print the measures of each query, and a strip for each speech that has it."""
    table(
        (_("query"), _("hits"), _("speeches"), _("of"), "DP", "DPnorm", "Juilland D"),
        [
            (
                one.query,
                one.hits,
                one.speeches,
                one.all_speeches,
                one.dp,
                one.dp_norm,
                one.juilland_d,
            )
            for one in found
        ],
    )
    for one in found:
        if one.hits:
            echo()
            if len(found) > 1:
                secho(one.query, bold=True)
            _strips(one, limit)
    _quiet(_("DP 0 is even, 1 all in one place; Juilland's D 1 is even; parts are speeches"))


def _strips(found: Dispersion, limit: int) -> None:
    shown = fullest(found.strips, limit)
    across = terminal_width(most=2 * WIDE)
    parts = STRIP_WIDE if across is not None and across >= WIDE else STRIP
    counted = [strip_counts(strip.at, strip.length, parts) for strip in shown]
    most = max(max(counts) for counts in counted)
    titles = [strip.info.title for strip in shown]
    number = max(len(str(len(strip.at))) for strip in shown)
    room = max(map(cells, titles))
    if across is not None:
        room = min(room, max(8, across - parts - number - 4))
    for title, strip, counts in zip(titles, shown, counted, strict=True):
        name = shorten(title, width=room)
        name += " " * (room - cells(name))
        echo(f"{name}  {len(strip.at):>{number}}  " + "".join(_marks(counts, most)))
    if len(shown) < len(found.strips):
        _quiet(
            _("the {shown} speeches with the most hits of {all}, --limit 0 shows all").format(
                shown=len(shown), all=len(found.strips)
            )
        )


def strip_counts(at: Sequence[int], length: int, parts: int) -> list[int]:
    """
    Count the hits in each of so many equal parts of a speech.

    >>> strip_counts([0, 5, 99], 100, 4)
    [2, 0, 0, 1]
    """
    counts = [0] * parts
    for place in at:
        counts[place * parts // length] += 1
    return counts


def _marks(counts: Sequence[int], most: int) -> Iterator[str]:
    highest = len(LEVELS) - 1
    for held, run in groupby(counts, key=bool):
        if not held:
            yield style(EMPTY * len(list(run)), dim=True)
            continue
        levels = [
            highest if most == 1 else 1 + round((count - 1) * (highest - 1) / (most - 1))
            for count in run
        ]
        yield style("".join([LEVELS[level] for level in levels]), fg="cyan")


def fullest(strips: Sequence[Strip], limit: int) -> list[Strip]:
    """Keep the speeches with the most hits, in their order; 0 is all."""
    if not limit or len(strips) <= limit:
        return list(strips)
    least = sorted((-len(strip.at), n) for n, strip in enumerate(strips))[:limit]
    return [strips[n] for n in sorted(n for _hits, n in least)]


def _shown(shown: int, every: int) -> str:
    told = _words(every)
    if shown < every:
        told += _("; {shown} lines shown, --limit 0 shows all").format(shown=shown)
    return told


def _words(number: int) -> str:
    return ngettext("{n} word", "{n} words", number).format(n=f"{number:,}")


def _hits(number: int) -> str:
    return ngettext("{n} hit", "{n} hits", number).format(n=number)


def _passages(number: int) -> str:
    return ngettext("{n} passage", "{n} passages", number).format(n=number)


def _speeches(number: int) -> str:
    return ngettext("{n} speech", "{n} speeches", number).format(n=number)


def _quiet(text: str) -> None:
    """Print a remark under a table, wrapped."""
    width = terminal_width()
    lines = [text]
    if width is not None and text.isascii():
        import textwrap

        lines = textwrap.wrap(text, width)
    elif width is not None:
        lines = [text[line.start : line.end].strip() for line in wrap(text, width=width)]
    for line in lines:
        secho(line, dim=True)
