"""Groups of entries and their manifest -> what every document says: texts, sources, facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from ..messages import _, listed, ngettext, user_language
from ..model import Span, SpeechInfo, Value
from ..text.characters import UNPRINTABLE
from ..text.dates import local_time
from .citations import chinese_date
from .entries import entries_of
from .excerpts import ELLIPSIS

if TYPE_CHECKING:
    from ..index.changes import Basis
    from .entries import Entry, Group
    from .manifests import BatchSettings, Manifest, QueryOutcome

SEPARATOR = " · "
LONGEST_TITLE = 30
"""Maximum number of characters of a heading that becomes part of a document's title."""
FIGURES = 3
"""Number of columns of the table of queries, the last ones, that are numbers."""
NAMES_LISTED = 20
"""Maximum number of files that a document names of each kind; its manifest has them all."""
Piece = tuple[str, str]
"""A run of text, and what it is: ``hit``, ``cut`` for dots where text is left out, or empty."""
Fact = tuple[str, str]
"""A label and its value."""


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
    """Return groups and the groups in them in reading order, their entries numbered from 1."""
    return list(_outline(groups, 1, count(1), count(1)))


def _outline(
    groups: Iterable[Group], level: int, numbers: Iterator[int], entries: Iterator[int]
) -> Iterator[Outline]:
    for group in groups:
        yield Outline(
            heading=visible_line(group.heading) or _("(before the first heading)"),
            date=_date(group),
            level=level,
            number=next(numbers),
            total=len(group),
            entries=tuple([(next(entries), entry) for entry in group.entries]),
        )
        yield from _outline(group.groups, level + 1, numbers, entries)


def _date(group: Group) -> str:
    """Return the date of the speech whose title a group's heading is."""
    inner = group
    while inner.groups:
        inner = inner.groups[0]
    return chinese_date(inner.entries[0].hit.info.date) if group.speech and inner.entries else ""


def visible(text: str) -> str:
    r"""
    Replace each character that no document can hold or nobody can see by �; the length stays.

    Line ends and tabs stay, and so do blanks of every width.

    >>> visible("清风\x1b正\u202e气\ud800\n")
    '清风�正�气�\n'
    """
    # one for one, so that the spans of hits still fit; asking first is quicker
    return text if text.isprintable() else UNPRINTABLE.sub("�", text)


def visible_line(text: str) -> str:
    r"""
    Return a text on one line, as a heading or a citation has it.

    >>> visible_line(" 在推进会上\n的讲话")
    '在推进会上 的讲话'
    """
    if not text.isprintable():
        text = visible(text).replace("\n", " ").replace("\t", " ")
    return text.strip()


def paragraphs(entry: Entry, context: str | int) -> list[list[Piece]]:
    """
    Return an entry's text by paragraphs, each as pieces: what is a hit, and what is not.

    The pieces of all paragraphs, joined by line ends, are `visible` of the text, but for the dots
    where `context` has cut it.
    """
    text = visible(entry.excerpt.text)
    before, after = broken_off(entry, context)
    lines: list[list[Piece]] = [[(ELLIPSIS, "cut")] if before else []]
    at = 0
    for span in [*entry.excerpt.spans, Span(len(text), len(text))]:
        for run, kind in ((text[at : span.start], ""), (text[span.start : span.end], "hit")):
            # a hit may run over a line end: it is marked in both paragraphs
            line, *others = run.split("\n") if "\n" in run else (run,)
            if line:
                lines[-1].append((line, kind))
            lines += [[(line, kind)] if line else [] for line in others]
        at = span.end
    if after:
        lines[-1].append((ELLIPSIS, "cut"))
    return lines


def broken_off(entry: Entry, context: str | int) -> tuple[bool, bool]:
    """Return whether dots belong before, and after, a text: where it was cut by characters."""
    return entry.excerpt.cut if isinstance(context, int) else (False, False)


def source(entry: Entry) -> list[str]:
    """Return the lines of the citation that was asked for; without one: speaker, title, date."""
    if entry.citation is not None:
        return visible(entry.citation).split("\n")
    return [_title_line(entry.hit.info)]


@lru_cache(maxsize=4096)
def _title_line(info: SpeechInfo) -> str:
    date = f"（{chinese_date(info.date)}）" if info.date else ""
    speaker = visible_line(info.speaker) + "：" if info.speaker else ""
    return f"{speaker}《{visible_line(info.title)}》{date}"


def place(entry: Entry) -> str:
    """Return where an entry stands: the headings over it, its run-in point, its file and line."""
    hit, excerpt = entry.hit, entry.excerpt
    point = [hit.passage.point] if hit.passage.point else []
    path = " › ".join(map(visible_line, [*hit.passage.headings_above, *point]))
    return SEPARATOR.join(filter(None, [path, f"{visible_line(hit.info.id)}:{excerpt.line}"]))


def remarks(entry: Entry, manifest: Manifest) -> list[str]:
    """Return remarks on copies that were left out, and on the query where no heading names it."""
    remarks = []
    if names := [visible_line(name) for name in entry.hit.copies]:
        also = ngettext("also in {n} copy: {names}", "also in {n} copies: {names}", len(names))
        remarks.append(also.format(n=len(names), names=listed(names)))
    # in the other groupings a heading names the query already
    if manifest.settings.group_by in ("theme", "section") and len(manifest.queries) > 1:
        remarks.append(_("found by: {query}").format(query=visible_line(entry.query)))
    return remarks


def title(groups: Sequence[Group]) -> str:
    """Return the title of a document: that of its only group, if it is short, is in it."""
    # a long query would make a title of several lines, and a window's name of nothing else
    alone = visible_line(groups[0].heading) if len(groups) == 1 else ""
    if not 0 < len(alone) <= LONGEST_TITLE:
        return _("Excerpts from speeches")
    return _("{name}: excerpts from speeches").format(name=alone)


def summary(groups: Sequence[Group], manifest: Manifest) -> list[str]:
    """Return the numbers of queries, of excerpts, and of the speeches they come from, in words."""
    speech_ids = [entry.hit.info.id for entry in entries_of(*groups)]
    queries, speeches = len(manifest.queries), len(set(speech_ids))
    return [
        ngettext("{n} query", "{n} queries", queries).format(n=number(queries)),
        excerpts(len(speech_ids)),
        ngettext("{n} speech", "{n} speeches", speeches).format(n=number(speeches)),
    ]


def excerpts(entries: int) -> str:
    """Return a number of entries in words."""
    if not entries:
        return _("nothing found")
    return ngettext("{n} excerpt", "{n} excerpts", entries).format(n=number(entries))


def beside_heading(heading: Outline) -> str:
    """Return the date of a speech, and the number of entries under its heading."""
    return SEPARATOR.join([*[heading.date] * bool(heading.date), excerpts(heading.total)])


def number(value: int) -> str:
    """
    Write a number with its thousands set apart.

    >>> number(200000)
    '200,000'
    """
    return f"{value:,}"


def made_on(manifest: Manifest) -> str:
    """Return the day on which an export was made."""
    # a manifest is read from a file, too, and its texts are not to be trusted
    day = visible_line(manifest.made)[:10]
    return chinese_date(day) if user_language() == "zh" else day


def without_rows(manifest: Manifest) -> list[str]:
    """Return the names of the queries that found nothing."""
    return [visible_line(outcome.name) for outcome in manifest.queries if not outcome.rows]


def found_nothing(manifest: Manifest) -> str:
    """Return a sentence that names the queries that found nothing; empty if there are none."""
    if names := without_rows(manifest):
        return _("Nothing found for: {names}").format(names=listed(names))
    return ""


def facts(manifest: Manifest) -> list[Fact]:
    """Return how an export was made, as labels and values; `query_table` has its queries."""
    settings = manifest.settings
    silent = len(without_rows(manifest))
    queries = number(len(manifest.queries))
    if silent:
        queries += _(" ({n} of them found nothing)").format(n=number(silent))
    facts = [
        (_("Made"), local_time(manifest.made)),
        (_("With"), manifest.tool),
        (_("Corpus"), manifest.corpus),
        (_("Versions"), _versions(manifest.versions)),
        *(_basis(manifest.basis) if manifest.basis else ()),
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
    return [(label, visible_line(value)) for label, value in facts if value]


def _versions(versions: Mapping[str, str]) -> str:
    """Return the versions that are names and numbers; hashes of rules stay in the manifest."""
    whoosh = f"whoosh {versions['whoosh']}" if "whoosh" in versions else ""
    return ", ".join(filter(None, (whoosh, versions.get("words", "").partition(",")[0])))


def _basis(basis: Basis) -> list[Fact]:
    """Return what the answers rest on, files not read by name: who signs must know them."""
    return [
        (_("Files searched"), number(basis.files)),
        (_("Files not read"), _names(list(basis.not_read)) or _("none")),
        (_("Speeches without a date"), number(basis.undated)),
        (_("Index made"), local_time(basis.built)),
        *changed_since(basis),
    ]


def changed_since(basis: Basis) -> list[Fact]:
    """Return which files are new, changed or gone since the index was made; "" where none are."""
    changed = {_("new"): basis.added, _("changed"): basis.updated, _("gone"): basis.deleted}
    return [(_("Since then {kind}").format(kind=kind), _names(n)) for kind, n in changed.items()]


def _names(names: Sequence[str]) -> str:
    """Return how many files these are, and the first of them."""
    some = "、".join(names[:NAMES_LISTED]) + "、…" * (len(names) > NAMES_LISTED)
    return _("{n}: {names}").format(n=number(len(names)), names=some) if names else ""


def query_table(manifest: Manifest) -> list[list[str]]:
    """Return the table of queries, its head first, zeros too; without columns that say nothing."""
    head = [_("Name"), _("Query"), _("Filters"), _("Excerpts"), _("Speeches"), _("In copies")]
    rows = [
        [
            visible_line(outcome.name),
            visible_line(outcome.query or ""),
            _own_filters(outcome, manifest.settings),
            *map(number, (outcome.rows, outcome.speeches, outcome.copies)),
        ]
        for outcome in manifest.queries
    ]
    # queries from the command line are their own names: the column would be there twice
    idle = {1} if all(row[0] == row[1] for row in rows) else set()
    idle |= set() if any(row[2] for row in rows) else {2}
    columns = [n for n in range(len(head)) if n not in idle]
    return [[row[n] for n in columns] for row in (head, *rows)]


def filters(given: Mapping[str, Any]) -> str:
    """
    Return filters in words.

    >>> filters({"section": "担当", "theme": ["家风家教", "廉洁自律"], "part": "all"})
    'section: 担当; theme: 家风家教、廉洁自律'
    """
    labels = {
        "section": _("section"),
        "theme": _("theme"),
        "title": _("title"),
        "speech": _("speech"),
        "path": _("path"),
        "part": _("in"),
        "since": _("since"),
        "until": _("until"),
        "undated": _("undated speeches"),
    }
    clauses = [
        _("{label}: {value}").format(label=labels.get(name, name), value=_value(value))
        for name, value in given.items()
        if value and (name, value) != ("part", "all")
    ]
    return visible_line(_("; ").join(clauses))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes")
    # a text is iterable, too: it would be listed character by character
    several = isinstance(value, Iterable) and not isinstance(value, str)
    return "、".join(map(str, value)) if several else str(value)


def query_filters(outcome: QueryOutcome) -> str:
    """Return the filters, the limit and the order of a query in words."""
    return _restrictions(outcome.filters, outcome.limit, outcome.sort)


def _own_filters(outcome: QueryOutcome, settings: BatchSettings) -> str:
    """Return in words what a query has of its own: not that of all of them."""
    own = {k: v for k, v in outcome.filters.items() if settings.filters.get(k) != v}
    limit = outcome.limit if outcome.limit != settings.limit else 0
    return _restrictions(own, limit, outcome.sort if outcome.sort != settings.sort else None)


def _restrictions(given: Mapping[str, Any], limit: int, sort: str | None) -> str:
    clauses = [filters(given)]
    if limit:
        clauses.append(_("at most {n}").format(n=number(limit)))
    if sort:
        clauses.append(_orders().get(sort, sort))
    return _("; ").join(filter(None, clauses))


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
        "newest": _("newest first"),
    }


def _limits(settings: BatchSettings) -> str:
    clauses = []
    if settings.limit:
        clauses.append(_("at most {n} of a query").format(n=number(settings.limit)))
    if settings.per_source:
        most = number(settings.per_source)
        clauses.append(_("at most {n} of a speech for a query").format(n=most))
    return _("; ").join(clauses) or _("none")


def _copies(settings: BatchSettings) -> str:
    if settings.with_variants:
        return _("all of them are here")
    return _("of passages that several copies have, one is here")
