"""An entry -> what a reader sees of it: paragraphs with the hits marked, its source, its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

from ..messages import _, listed, ngettext
from ..model import Value
from ..text.characters import UNPRINTABLE

if TYPE_CHECKING:
    from .batch import Entry, Group, Manifest

UNITS = "年月日"
SEPARATOR = " · "
Piece = tuple[str, bool]
"""A run of text, and whether it is a hit."""


class Outline(Value, frozen=True, kw_only=True):
    """
    A group as it comes in a document: its heading, how deep, its entries with their numbers.

    `level` counts from 1, `number` is unique; `total` counts the entries of inner groups too;
    `date` is that of the speech whose title the heading is.
    """

    heading: str
    date: str
    level: int
    number: int
    total: int
    entries: tuple[tuple[int, Entry], ...]


def outline(groups: Sequence[Group]) -> list[Outline]:
    """Give groups and the groups in them in reading order, their entries numbered from 1."""
    return list(_outline(groups, 1, count(1), count(1)))


def _outline(
    groups: Iterable[Group], level: int, numbers: Iterator[int], entries: Iterator[int]
) -> Iterator[Outline]:
    for group in groups:
        yield Outline(
            heading=one_line(group.heading) or _("(before the first heading)"),
            date=_date(group),
            level=level,
            number=next(numbers),
            total=len(group),
            entries=tuple([(next(entries), entry) for entry in group.entries]),
        )
        yield from _outline(group.groups, level + 1, numbers, entries)


def _date(group: Group) -> str:
    """Give the date of the speech whose title a group's heading is."""
    inner = group
    while inner.groups:
        inner = inner.groups[0]
    date = inner.entries[0].hit.info.date if group.speech and inner.entries else None
    return spoken_date(date) if date else ""


def visible(text: str) -> str:
    r"""
    Put � for each character that no document can hold or nobody can see; the length stays.

    Line ends and tabs stay, and so do blanks of every width.

    >>> visible("清风\x1b正\u202e气\ud800\n")
    '清风�正�气�\n'
    """
    return UNPRINTABLE.sub("�", text)


def one_line(text: str) -> str:
    r"""
    Set a text on one line, as a heading or a citation has it.

    >>> one_line(" 在推进会上\n的讲话")
    '在推进会上 的讲话'
    """
    return visible(text).replace("\n", " ").replace("\t", " ").strip()


def paragraphs(entry: Entry) -> list[list[Piece]]:
    """
    Give an entry's text by paragraphs, each as pieces: what is a hit, and what is not.

    The pieces of all paragraphs, joined by line ends, are `visible` of the text.
    """
    text = visible(entry.excerpt.text)
    lines: list[list[Piece]] = [[]]
    for start, end, hit in _runs(entry, len(text)):
        for n, piece in enumerate(text[start:end].split("\n")):
            if n:
                lines.append([])
            if piece:
                lines[-1].append((piece, hit))
    return lines


def _runs(entry: Entry, length: int) -> Iterator[tuple[int, int, bool]]:
    at = 0
    for span in entry.excerpt.spans:
        yield at, span.start, False
        yield span.start, span.end, True
        at = span.end
    yield at, length, False


def broken_off(entry: Entry, context: str | int) -> tuple[bool, bool]:
    """Tell whether dots belong before and after a text: where it was cut by characters."""
    return entry.excerpt.cut if isinstance(context, int) else (False, False)


def source(entry: Entry) -> list[str]:
    """Give the lines of the citation that was asked for; without one: speaker, title, date."""
    if entry.citation is not None:
        return visible(entry.citation).split("\n")
    info = entry.hit.info
    date = f"（{spoken_date(info.date)}）" if info.date else ""
    speaker = one_line(info.speaker) + "：" if info.speaker else ""
    return [f"{speaker}《{one_line(info.title)}》{date}"]


def place(entry: Entry) -> str:
    """Give where an entry stands: the headings over it, its run-in point, its file and line."""
    hit, taken = entry.hit, entry.excerpt
    point = [hit.passage.point] if hit.passage.point else []
    path = " › ".join(map(one_line, [*hit.passage.headings_above, *point]))
    return SEPARATOR.join(filter(None, [path, f"{one_line(hit.info.id)}:{taken.line}"]))


def remarks(entry: Entry, manifest: Manifest) -> list[str]:
    """Tell of copies that were left out, and of the query where no heading names it."""
    told = []
    if names := [one_line(name) for name in entry.hit.copies]:
        also = ngettext("also in {n} copy: {names}", "also in {n} copies: {names}", len(names))
        told.append(also.format(n=len(names), names=listed(names)))
    if manifest.settings.group_by in ("theme", "section") and len(manifest.queries) > 1:
        told.append(_("found by: {query}").format(query=one_line(entry.query)))
    return told


def spoken_date(date: str) -> str:
    """
    Write a date as it is written in Chinese, as precise as it is.

    >>> spoken_date("2024-03-08"), spoken_date("2022-05"), spoken_date("2021")
    ('2024年3月8日', '2022年5月', '2021年')
    """
    parts = date.split("-")
    if len(parts) > len(UNITS) or not all(part.isdecimal() for part in parts):
        return one_line(date)
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, UNITS, strict=False))
