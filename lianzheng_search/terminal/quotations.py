"""Quotations and citations -> what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..messages import _, ngettext
from ..model import Span
from ..text.folding import fold
from ..text.sentences import snippet
from ..text.width import cells, shorten
from .printing.output import echo, style, terminal_width
from .render import INDENT, _body, left_out, table, tell

if TYPE_CHECKING:
    from ..wording.cited_documents import Citations, Document
    from ..wording.quotations import Quotation, Quotations, Source, Term

PIPED = 120
"""In a pipe, which is not wrapped, places fill a line as long as this."""
FORMS = 3
"""So many other forms are shown, and articles; where there is only one quotation, all."""


def quotes(found: Quotations, show: str, text: str | None) -> None:
    """Print quotations, sources or terms, and how many there are."""
    if show == "terms":
        _terms(found.rows)  # type: ignore[arg-type]
        total = ngettext("{n} term", "{n} terms", found.total)
    elif show == "sources":
        _sources(found.rows)  # type: ignore[arg-type]
        total = ngettext("{n} source", "{n} sources", found.total)
    else:
        alone = found.total == 1
        for n, row in enumerate(found.rows):
            echo("\n" * bool(n) + _quotation(row, text, alone=alone))  # type: ignore[arg-type]
        total = ngettext("{n} quotation", "{n} quotations", found.total)
    _tell(found, total.format(n=found.total))


def cites(found: Citations, text: str | None) -> None:
    """Print documents, and how many there are."""
    for row in found.rows:
        echo(_document(row, text, alone=found.total == 1))
    total = ngettext("{n} document", "{n} documents", found.total)
    _tell(found, total.format(n=found.total))


def _quotation(row: Quotation, text: str | None, *, alone: bool) -> str:
    width = terminal_width()
    head = [
        style(row.source, bold=True) if row.source else style(_("not named"), dim=True),
        style(_counted(row), dim=True),
    ]
    if not row.direct:
        head.append(style(_("without quotation marks"), dim=True))
    said = f"“{row.quotation}”" if row.direct else row.quotation
    part = snippet(said, _spans(said, text))
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
            _body(part.text, part.spans, width),
            *(_form(form, width) for form in forms),
            _places(row.places, width, alone=alone),
        ]
    )


def _document(row: Document, text: str | None, *, alone: bool) -> str:
    width = terminal_width()
    name = f"《{row.document}》"
    spans = _spans(name, text)
    head = "".join(
        style(piece, bold=True, fg="red" if inside else None)
        for piece, inside in _pieces(name, spans)
    )
    fits = not width or cells(f"{name}  {_counted(row)}") <= width
    counted = ("  " if fits else f"\n{INDENT}") + style(_counted(row), dim=True)
    forms = [f"《{form.name}》×{form.count}" for form in row.variants if form.name != row.document]
    articles = [
        _("art. {n}").format(n=one.article) + (f" ×{one.count}" if one.count > 1 else "")
        for one in row.articles
    ]
    most = None if alone else FORMS
    lines = [head + counted]
    if forms:
        lines.append(_form("  ".join(forms[:most]), width))
    if articles:
        told = _(", ").join(articles[:most]) + ("…" if articles[:most] != articles else "")
        lines.append(style(INDENT + told, fg="yellow"))
    lines.append(_places(row.places, width, alone=alone))
    return "\n".join(lines)


def _form(text: str, width: int | None) -> str:
    line = f"{INDENT}≈ {text}"
    return style(shorten(line, width=width) if width else line, dim=True)


def _places(places: Sequence[str], width: int | None, *, alone: bool) -> str:
    """Set places on one line, as many as it has room for; all of them on as many as it takes."""
    shown = list(dict.fromkeys(places))
    if alone:
        return "\n".join(style(INDENT + place, fg="cyan") for place in shown)
    across = width or PIPED
    line, kept = INDENT + shown[0], 1
    for place in shown[1:]:
        if cells(f"{line}  {place}  +{len(shown)}") > across:
            break
        line, kept = f"{line}  {place}", kept + 1
    more = f"  +{len(shown) - kept}" if kept < len(shown) else ""
    return style(line, fg="cyan") + style(more, dim=True)


def _terms(rows: Sequence[Term]) -> None:
    table(
        (_("term"), _("times"), _("speeches"), _("years"), _("first place")),
        [(f"“{row.term}”", row.count, row.speeches, _years(row), row.places[0]) for row in rows],
    )


def _sources(rows: Sequence[Source]) -> None:
    table(
        (_("source"), _("quotations"), _("times"), _("speeches"), _("years")),
        [
            (
                row.source or _("not named"),
                row.quotations,
                row.count,
                row.speeches,
                _years(row),
            )
            for row in rows
        ],
        bars=[row.count for row in rows],
    )


def _counted(row: Quotation | Document) -> str:
    told = ngettext("{n} speech", "{n} speeches", row.speeches).format(n=row.speeches)
    facts = [f"×{row.count}", told if row.count > 1 else "", _period(row.first, row.last)]
    return " · ".join(fact for fact in facts if fact)


def _period(first: str | None, last: str | None) -> str:
    """
    Tell a period, of two dates that may be one.

    >>> _period("2023-03", "2024"), _period("2024", "2024"), _period(None, None)
    ('2023-03–2024', '2024', '')
    """
    return f"{first}–{last}" if first != last else first or ""


def _years(row: Term | Source) -> str:
    return _period(row.first and row.first[:4], row.last and row.last[:4])


def _spans(shown: str, text: str | None) -> list[Span]:
    """Find what the user asked for, to mark it."""
    wanted, folded = fold(text or ""), fold(shown)
    at = folded.find(wanted) if wanted else -1
    return [Span(at, at + len(wanted))] if at >= 0 else []


def _pieces(shown: str, spans: Sequence[Span]) -> Iterator[tuple[str, bool]]:
    """Cut a text at its spans; tell which pieces are one."""
    at = 0
    for span in spans:
        yield shown[at : span.start], False
        yield shown[span.start : span.end], True
        at = span.end
    yield shown[at:], False


def _tell(found: Quotations | Citations, total: str) -> None:
    times = ngettext("{n} time", "{n} times", found.count).format(n=found.count)
    speeches = ngettext("{n} speech", "{n} speeches", found.speeches).format(n=found.speeches)
    told = _("{total}, {times} in {speeches}").format(total=total, times=times, speeches=speeches)
    if len(found.rows) < found.total:
        told += _("; the first {shown} listed, --limit 0 lists all").format(shown=len(found.rows))
    if found.copies:
        told += _("; {passages}").format(passages=left_out(found.copies))
    tell(told)
