"""A manifest -> what is told of how an export was made, in the user's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..messages import _, ngettext, user_language
from .entries import SEPARATOR, Outline, one_line, outline, spoken_date

if TYPE_CHECKING:
    from .batch import Group, Manifest, Settings, Told

Fact = tuple[str, str]
LONGEST_NAME = 30
"""A heading of so many characters can be part of a title."""
FIGURES = 3
"""So many columns of the table of queries, the last ones, are numbers."""


def title(groups: Sequence[Group]) -> str:
    """Give the title of a document: that of its only group, if it is short, is in it."""
    alone = one_line(groups[0].heading) if len(groups) == 1 else ""
    if not 0 < len(alone) <= LONGEST_NAME:
        return _("Excerpts from speeches")
    return _("{name}: excerpts from speeches").format(name=alone)


def made_on(manifest: Manifest) -> str:
    """Give the day on which an export was made."""
    day = one_line(manifest.made)[:10]
    return spoken_date(day) if user_language() == "zh" else day


def summary(groups: Sequence[Group], manifest: Manifest) -> list[str]:
    """Count the queries, what they found, and the speeches it comes from."""
    entries = [entry for heading in outline(groups) for _n, entry in heading.entries]
    queries, speeches = len(manifest.queries), len({entry.hit.info.id for entry in entries})
    return [
        ngettext("{n} query", "{n} queries", queries).format(n=number(queries)),
        count(len(entries)),
        ngettext("{n} speech", "{n} speeches", speeches).format(n=number(speeches)),
    ]


def count(entries: int) -> str:
    """Count entries, in words; of none, say so."""
    if not entries:
        return _("nothing found")
    return ngettext("{n} excerpt", "{n} excerpts", entries).format(n=number(entries))


def about(heading: Outline) -> str:
    """Tell the date of a speech, and how many entries there are under its heading."""
    return SEPARATOR.join([*[heading.date] * bool(heading.date), count(heading.total)])


def number(value: int) -> str:
    """
    Write a number with its thousands set apart.

    >>> number(200000)
    '200,000'
    """
    return f"{value:,}"


def nothing(manifest: Manifest) -> list[str]:
    """Name the queries that found nothing."""
    return [one_line(told.name) for told in manifest.queries if not told.rows]


def facts(manifest: Manifest) -> list[Fact]:
    """Tell how an export was made, as labels and values; the queries are told by `query_table`."""
    settings = manifest.settings
    silent = len(nothing(manifest))
    queries = number(len(manifest.queries))
    if silent:
        queries += _(" ({n} of them found nothing)").format(n=number(silent))
    versions = ", ".join(f"{name} {value}" for name, value in manifest.versions.items())
    told = [
        (_("Made"), manifest.made.replace("T", " ")),
        (_("With"), manifest.tool),
        (_("Corpus"), manifest.corpus),
        (_("Fingerprint of its files"), manifest.fingerprint),
        (_("Versions"), versions),
        (_("Queries"), queries),
        (_("Rows"), number(manifest.rows)),
        (_("Text of an excerpt"), _context(settings.context)),
        (_("Grouped by"), _grouped(settings.group_by)),
        (_("Filters"), filters(settings.filters)),
        (_("Order"), _orders().get(settings.sort or "", "")),
        (_("Limits"), _limits(settings)),
        (_("Copies of speeches"), _copies(settings)),
        (_("Citations"), settings.cite or ""),
    ]
    return [(label, one_line(value)) for label, value in told if value]


def query_table(manifest: Manifest) -> list[list[str]]:
    """Give the rows of the table of queries, zeros too, its head first; no column for nothing."""
    head = [_("Name"), _("Query"), _("Filters"), _("Excerpts"), _("Speeches"), _("In copies")]
    rows = [
        [
            one_line(told.name),
            one_line(told.query or ""),
            own_filters(told, manifest.settings),
            *map(number, (told.rows, told.speeches, told.copies)),
        ]
        for told in manifest.queries
    ]
    idle = {1} if all(row[0] == row[1] for row in rows) else set()
    idle |= set() if any(row[2] for row in rows) else {2}
    kept = [n for n in range(len(head)) if n not in idle]
    return [[row[n] for n in kept] for row in (head, *rows)]


def filters(given: Mapping[str, Any]) -> str:
    """
    Tell filters in words.

    >>> filters({"section": "担当", "theme": ["家风家教", "廉洁自律"], "part": "all"})
    'section: 担当; theme: 家风家教、廉洁自律'
    """
    labels = _filter_labels()
    told = [
        _("{label}: {value}").format(label=labels.get(name, name), value=_value(value))
        for name, value in given.items()
        if value and (name, value) != ("part", "all")
    ]
    return one_line(_("; ").join(told))


def _value(value: Any) -> str:
    several = isinstance(value, Iterable) and not isinstance(value, str)
    return "、".join(map(str, value)) if several else str(value)


def _filter_labels() -> dict[str, str]:
    return {
        "section": _("section"),
        "theme": _("theme"),
        "title": _("title"),
        "speech": _("speech"),
        "part": _("in"),
        "since": _("since"),
        "until": _("until"),
    }


def own_filters(told: Told, settings: Settings) -> str:
    """Tell of a query what is not that of all of them."""
    own = {k: v for k, v in told.filters.items() if settings.filters.get(k) != v}
    limit = told.limit if told.limit != settings.limit else 0
    return _asked(own, limit, told.sort if told.sort != settings.sort else None)


def query_filters(told: Told) -> str:
    """Tell the filters, the limit and the order of a query."""
    return _asked(told.filters, told.limit, told.sort)


def _asked(given: Mapping[str, Any], limit: int, sort: str | None) -> str:
    parts = [filters(given)]
    if limit:
        parts.append(_("at most {n}").format(n=number(limit)))
    if sort:
        parts.append(_orders().get(sort, sort))
    return _("; ").join(filter(None, parts))


def _context(context: str | int) -> str:
    if isinstance(context, int):
        return _("{n} characters on either side of the hits").format(n=context)
    return {
        "hit": _("the hits alone"),
        "sentence": _("the sentences with the hits"),
        "passage": _("the passages with the hits"),
        "section": _("the sections with the hits"),
    }[context]


def _grouped(by: str) -> str:
    return {
        "query": _("query, then speech"),
        "speech": _("speech, then query"),
        "theme": _("theme, then speech"),
        "section": _("speech, then section"),
    }[by]


def _orders() -> dict[str, str]:
    return {
        "relevance": _("by relevance"),
        "corpus": _("in the order of the corpus"),
        "date": _("by date"),
    }


def _limits(settings: Settings) -> str:
    told = []
    if settings.limit:
        told.append(_("at most {n} of a query").format(n=number(settings.limit)))
    if settings.per_source:
        most = number(settings.per_source)
        told.append(_("at most {n} of a speech for a query").format(n=most))
    return _("; ").join(told) or _("none")


def _copies(settings: Settings) -> str:
    if settings.with_variants:
        return _("all of them are here")
    return _("of passages that several copies have, one is here")
