"""Quotations and cited documents -> entries with their forms and places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ..messages import _, ngettext
from ..model import Span
from ..text.folding import fold
from ..text.sentences import rewrite_spans, snippet
from ..text.width import cells, shorten
from .printing.layout import INDENT, Place, body
from .printing.output import echo, style, terminal_width
from .printing.tables import print_table
from .remarks import and_copies, print_total, speeches

if TYPE_CHECKING:
    from ..wording.cited_documents import Citations, Document
    from ..wording.quotations import Quotation, Quotations, Source, Term

PIPED = 120
"""Length of a line of places in a pipe, where nothing is wrapped, in cells."""
FORMS = 3
"""Maximum number of other forms, and of articles, that are shown of one entry among others."""


def print_quotations(quotations: Quotations, show: str, text: str | None) -> None:
    """Print quotations, sources or terms, as `show` says, and how many there are."""
    number = quotations.total
    if show == "terms":
        _print_terms(cast("Sequence[Term]", quotations.rows))
        total = ngettext("{n} term", "{n} terms", number)
    elif show == "sources":
        _print_sources(cast("Sequence[Source]", quotations.rows))
        total = ngettext("{n} source", "{n} sources", number)
    else:
        for n, row in enumerate(cast("Sequence[Quotation]", quotations.rows)):
            echo("\n" * bool(n) + _quotation(row, text, alone=number == 1))
        total = ngettext("{n} quotation", "{n} quotations", number)
    _print_total(quotations, total.format(n=number))


def print_citations(citations: Citations, text: str | None) -> None:
    """Print cited documents, and how many there are."""
    for row in citations.rows:
        echo(_document(row, text, alone=citations.total == 1))
    total = ngettext("{n} document", "{n} documents", citations.total)
    _print_total(citations, total.format(n=citations.total))


def _print_total(found: Quotations | Citations, total: str) -> None:
    times = ngettext("{n} time", "{n} times", found.count).format(n=found.count)
    total = _("{total}, {times} in {speeches}").format(
        total=total, times=times, speeches=speeches(found.speeches)
    )
    if len(found.rows) < found.total:
        total += _("; the first {shown} listed, --limit 0 lists all").format(shown=len(found.rows))
    print_total(total + and_copies(found.copies))


def _quotation(row: Quotation, text: str | None, *, alone: bool) -> str:
    """Return who is quoted how often, the quotation, its other forms, and its places."""
    width = terminal_width()
    head = [
        style(row.source, bold=True) if row.source else style(_("not named"), dim=True),
        style(_counts(row), dim=True),
    ]
    if not row.direct:
        head.append(style(_("without quotation marks"), dim=True))
    # no quotation marks where the speech has none: a reader must see what was added
    quoted = f"“{row.quotation}”" if row.direct else row.quotation
    part = snippet(quoted, _spans(quoted, text))
    # a user who asked for one thing wants all of it
    most = len(row.variants) if alone else FORMS
    forms = [
        f"{form.text} ×{form.count}" if form.count > 1 else form.text
        for form in row.variants[:most]
    ]
    if len(row.variants) > most:
        more = ngettext("{n} form more", "{n} forms more", len(row.variants) - most)
        forms.append(more.format(n=len(row.variants) - most))
    return "\n".join(
        [
            "  ".join(head),
            body(part.text, part.spans, width),
            *(_forms(form, width) for form in forms),
            _places(row.places, width, alone=alone),
        ]
    )


def _document(row: Document, text: str | None, *, alone: bool) -> str:
    """Return a document's name and counts, its other names, its articles, and its places."""
    width = terminal_width()
    name = f"《{row.document}》"
    head = rewrite_spans(
        name,
        _spans(name, text),
        lambda hit: style(hit, fg="red"),
        lambda part: style(part, bold=True),
    )
    # the counts are not cut off: below a long name they have a line of their own
    fits = not width or cells(f"{name}  {_counts(row)}") <= width
    lines = [head + ("  " if fits else f"\n{INDENT}") + style(_counts(row), dim=True)]
    most = None if alone else FORMS
    if forms := [f"《{one.name}》×{one.count}" for one in row.variants if one.name != row.document]:
        lines.append(_forms("  ".join(forms[:most]), width))
    articles = [
        _("art. {n}").format(n=one.article) + (f" ×{one.count}" if one.count > 1 else "")
        for one in row.articles
    ]
    if articles:
        listed = _(", ").join(articles[:most]) + ("…" if articles[:most] != articles else "")
        lines.append(style(INDENT + listed, fg="yellow"))
    lines.append(_places(row.places, width, alone=alone))
    return "\n".join(lines)


def _forms(text: str, width: int | None) -> str:
    line = f"{INDENT}≈ {text}"
    return style(shorten(line, width=width) if width else line, dim=True)


def _places(places: Sequence[str], width: int | None, *, alone: bool) -> str:
    """Return places on one line, as many as it has room for; each on its own if `alone`."""
    # a line that quotes twice is one place to look at
    distinct = list(dict.fromkeys(places))
    if alone:
        return "\n".join(style(INDENT + place, fg="cyan") for place in distinct)
    across = width or PIPED
    line, shown = INDENT + distinct[0], 1
    for place in distinct[1:]:
        # room is kept for the number of places that are left out
        if cells(f"{line}  {place}  +{len(distinct)}") > across:
            break
        line, shown = f"{line}  {place}", shown + 1
    more = f"  +{len(distinct) - shown}" if shown < len(distinct) else ""
    return style(line, fg="cyan") + style(more, dim=True)


def _print_terms(rows: Sequence[Term]) -> None:
    print_table(
        (_("term"), _("times"), _("speeches"), _("years"), _("first place")),
        [
            (f"“{row.term}”", row.count, row.speeches, _years(row), Place(row.places[0]))
            for row in rows
        ],
    )


def _print_sources(rows: Sequence[Source]) -> None:
    print_table(
        (_("source"), _("quotations"), _("times"), _("speeches"), _("years")),
        [
            (row.source or _("not named"), row.quotations, row.count, row.speeches, _years(row))
            for row in rows
        ],
        bars=[row.count for row in rows],
    )


def _counts(row: Quotation | Document) -> str:
    number = speeches(row.speeches) if row.count > 1 else ""
    facts = [f"×{row.count}", number, _period(row.first, row.last)]
    return " · ".join(fact for fact in facts if fact)


def _period(first: str | None, last: str | None) -> str:
    """
    Return the period from one date to another, which may be the same.

    >>> _period("2023-03", "2024"), _period("2024", "2024"), _period(None, None)
    ('2023-03–2024', '2024', '')
    """
    return f"{first}–{last}" if first != last else first or ""


def _years(row: Term | Source) -> str:
    return _period(row.first and row.first[:4], row.last and row.last[:4])


def _spans(shown: str, text: str | None) -> list[Span]:
    """Return where the text that the user asked for is, as a list of at most one span."""
    # folding keeps the length, so that a place in the folded text is one in the shown text
    wanted, folded = fold(text or ""), fold(shown)
    at = folded.find(wanted) if wanted else -1
    return [Span(at, at + len(wanted))] if at >= 0 else []
