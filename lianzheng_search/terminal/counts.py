"""Counts -> tables with small bars, and strips that show where in a speech the hits are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ..messages import N_, _, ngettext
from ..text.width import cells, shorten
from .printing.layout import pad
from .printing.output import echo, secho, style, terminal_width
from .printing.tables import print_table
from .remarks import hits, passages, print_remark, speeches, words

if TYPE_CHECKING:
    from ..study.collocates import Collocates
    from ..study.frequencies import Dispersion, Frequencies, Frequency, Strip
    from ..study.key_words import Keyness, KeyWord, SubCorpus
    from ..study.word_counts import WordList

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
"""Name of the row of what is in no group."""
MEASURE_NAMES = {
    "log-dice": "logDice",
    "log-likelihood": "LL",
    "log-ratio": "log-ratio",
    "mi": "MI",
}
STRIP, STRIP_WIDE = 40, 60
"""Number of parts that a speech is shown in, and on a wide terminal."""
WIDE = 120
"""Minimum width of a wide terminal, in cells."""
LEAST_TITLE = 8
"""Minimum width of a speech's title before its strip, in cells."""
LEVELS = "▁▂▃▄▅▆▇█"
"""Marks of a part of a speech, from one hit to the most that any part has."""
EMPTY = "·"
"""Mark of a part of a speech without hits."""


def print_frequencies(frequencies: Frequencies, *, limit: int) -> None:
    """Print how often queries are found: in one table, or in one for each query."""
    if frequencies.by == "none":
        _print_frequency_table("none", frequencies.rows)
    else:
        shown = limited(frequencies, limit)
        for n, total in enumerate(frequencies.totals):
            # a single query need not be repeated over its table
            if len(frequencies.totals) > 1:
                secho(("\n" if n else "") + total.query, bold=True)
            rows = [row for row in shown if row.query == total.query]
            _print_frequency_table(frequencies.by, rows)
            # the sum of the rows would be wrong: a passage may be in several themes
            remark = _("{hits} in {passages}, {speeches}").format(
                hits=hits(total.hits),
                passages=passages(total.passages),
                speeches=speeches(total.speeches),
            )
            if len(rows) < sum(row.query == total.query for row in frequencies.rows):
                remark += _("; {shown} lines shown, --limit 0 shows all").format(shown=len(rows))
            print_remark(remark)
    print_remark(
        _("per 10,000 of {characters} characters in {speeches}, punctuation included").format(
            characters=f"{frequencies.characters:,}", speeches=speeches(frequencies.speeches)
        )
    )


def limited(frequencies: Frequencies, limit: int) -> list[Frequency]:
    """Return the first speeches or sections of each query; periods and themes are not limited."""
    if not limit or frequencies.by not in ("speech", "section"):
        return list(frequencies.rows)
    return [
        row
        for total in frequencies.totals
        for row in [row for row in frequencies.rows if row.query == total.query][:limit]
    ]


def _print_frequency_table(by: str, rows: Sequence[Frequency]) -> None:
    counts = [_("hits"), _("passages"), _("speeches"), _("per 10,000")]
    values: list[list[object]] = [
        [row.hits, row.passages, row.speeches, row.per_10000] for row in rows
    ]
    names: list[list[object]] = [[_name(row, by)] for row in rows]
    heads = [_(GROUP_NAMES[by])]
    if by in ("speech", "section"):  # each is in one speech: there is nothing to count
        del counts[2]
        for value in values:
            del value[2]
    if by == "section":
        heads.append(_("speech"))
        for name, row in zip(names, rows, strict=True):
            name.append(row.title)
    print_table(
        [*heads, *counts],
        [[*name, *value] for name, value in zip(names, values, strict=True)],
        bars=[row.per_10000 for row in rows],
    )


def _name(row: Frequency, by: str) -> str:
    if by == "none":
        return row.query
    if by == "speech":
        return f"{row.title}  {row.date or ''}".rstrip()
    return row.group if row.group is not None else _(NO_GROUP[by])


def print_words(word_list: WordList) -> None:
    """Print the most frequent words."""
    print_table(
        (_("word"), _("hits"), _("per 10,000")),
        [(word.word, word.hits, word.per_10000) for word in word_list.shown],
        bars=[word.hits for word in word_list.shown],
    )
    print_remark(_shown(len(word_list.shown), word_list.different))
    print_remark(
        _("per 10,000 of {characters} characters, which are {words} words").format(
            characters=f"{word_list.characters:,}", words=f"{word_list.words:,}"
        )
    )


def print_collocates(collocates: Collocates, *, by: str, window: int | None) -> None:
    """Print the words near a query, on which side they are, and how typical."""
    heads = (_("word"), _("near"), _("left"), _("right"), _("in all"), *MEASURE_NAMES.values())
    print_table(
        heads,
        [
            (
                *(word.word, word.hits, word.left, word.right, word.frequency),
                *(word.log_dice, word.log_likelihood, word.log_ratio, word.mi),
            )
            for word in collocates.shown
        ],
        bars=[word.hits for word in collocates.shown],
    )
    print_remark(_shown(len(collocates.shown), collocates.different))
    within = (
        _("in the sentence")
        if window is None
        else ngettext("{n} word on each side", "{n} words on each side", window).format(n=window)
    )
    print_remark(
        _("near {hits} of {query}, {within}: {near} of {words} words; by {measure}").format(
            hits=hits(collocates.hits),
            query=collocates.query,
            within=within,
            near=f"{collocates.near:,}",
            words=f"{collocates.words:,}",
            measure=MEASURE_NAMES[by],
        )
    )


def print_keyness(keyness: Keyness, *, by: str) -> None:
    """Print the words more frequent in one part, then those more frequent in the other."""
    parts = {"a": keyness.a, "b": keyness.b}
    for n, side in enumerate(dict.fromkeys(word.more_in for word in keyness.shown)):
        echo("\n" * (n > 0), nl=False)
        secho(_part_title(side, parts[side]), bold=True)
        _print_key_words([word for word in keyness.shown if word.more_in == side], by)
    print_remark(_("per 10,000 words of each; p is that of one word looked at by itself"))


def _part_title(side: str, part: SubCorpus) -> str:
    name = part.query if part.query is not None else _("the rest")
    return _("more in {side}: {name}  ({passages}, {speeches}, {words})").format(
        side=side,
        name=name,
        passages=passages(part.passages),
        speeches=speeches(part.speeches),
        words=words(part.words),
    )


def _print_key_words(key_words: Sequence[KeyWord], by: str) -> None:
    print_table(
        (_("word"), "a", "b", _("a/10,000"), _("b/10,000"), "LL", "", "log-ratio"),
        [
            (
                *(word.word, word.a, word.b, word.a_per_10000, word.b_per_10000),
                *(word.log_likelihood, word.significance, word.log_ratio),
            )
            for word in key_words
        ],
        bars=[
            word.log_likelihood if by == "log-likelihood" else abs(word.log_ratio)
            for word in key_words
        ],
    )


def print_dispersion(dispersions: Sequence[Dispersion], *, limit: int) -> None:
    """Print the measures of each query, and a strip for each speech that has it."""
    print_table(
        (_("query"), _("hits"), _("speeches"), _("of"), "DP", "DPnorm", "Juilland D"),
        [
            (
                *(one.query, one.hits, one.speeches, one.all_speeches),
                *(one.dp, one.dp_norm, one.juilland_d),
            )
            for one in dispersions
        ],
    )
    for one in dispersions:
        if one.hits:
            echo()
            if len(dispersions) > 1:
                secho(one.query, bold=True)
            _print_strips(one.strips, limit)
    print_remark(_("DP 0 is even, 1 all in one place; Juilland's D 1 is even; parts are speeches"))


def _print_strips(strips: Sequence[Strip], limit: int) -> None:
    shown = fullest(strips, limit)
    # strips may be wider than text: they are not read along the line
    across = terminal_width(most=2 * WIDE)
    parts = STRIP_WIDE if across is not None and across >= WIDE else STRIP
    counted = [strip_counts(strip.at, strip.length, parts) for strip in shown]
    most = max(max(counts) for counts in counted)
    # all strips share one scale, so that they can be compared with one another
    titles = [strip.info.title for strip in shown]
    number = max(len(str(len(strip.at))) for strip in shown)
    room = max(map(cells, titles))
    if across is not None:
        room = min(room, max(LEAST_TITLE, across - parts - number - 4))
    for title, strip, counts in zip(titles, shown, counted, strict=True):
        name = pad(shorten(title, width=room), room)
        echo(f"{name}  {len(strip.at):>{number}}  " + "".join(_marks(counts, most)))
    if len(shown) < len(strips):
        print_remark(
            _("the {shown} speeches with the most hits of {all}, --limit 0 shows all").format(
                shown=len(shown), all=len(strips)
            )
        )


def strip_counts(at: Sequence[int], length: int, parts: int) -> list[int]:
    """
    Return the number of hits in each of `parts` equal parts of a speech.

    >>> strip_counts([0, 5, 99], 100, 4)
    [2, 0, 0, 1]
    """
    counts = [0] * parts
    for place in at:
        counts[place * parts // length] += 1
    return counts


def _marks(counts: Sequence[int], most: int) -> Iterator[str]:
    highest = len(LEVELS) - 1
    for any_hits, run in groupby(counts, key=bool):
        if not any_hits:
            yield style(EMPTY * len(list(run)), dim=True)
            continue
        levels = [
            # the lowest mark is for one hit alone: the rest of the scale is divided from two
            # upwards
            highest if most == 1 else 1 + round((count - 1) * (highest - 1) / (most - 1))
            for count in run
        ]
        yield style("".join([LEVELS[level] for level in levels]), fg="cyan")


def fullest(strips: Sequence[Strip], limit: int) -> list[Strip]:
    """Return the speeches with the most hits, at most `limit`, in their order; 0 is all."""
    if not limit or len(strips) <= limit:
        return list(strips)
    # ties by their order, so that the same command lists the same speeches each time
    ranked = sorted((-len(strip.at), n) for n, strip in enumerate(strips))[:limit]
    return [strips[n] for n in sorted(n for _hits, n in ranked)]


def _shown(shown: int, different: int) -> str:
    remark = words(different)
    if shown < different:
        remark += _("; {shown} lines shown, --limit 0 shows all").format(shown=shown)
    return remark
