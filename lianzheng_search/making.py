"""How an export was made -> lines that say so, in the user's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .batch import Manifest, Told
from .language import N_, _, ngettext

KINDS = {
    "title": N_("title"),
    "salutation": N_("salutation"),
    "heading": N_("heading"),
    "body": N_("body"),
    "closing": N_("closing"),
}
SORTS = {"relevance": N_("relevance"), "corpus": N_("order in the corpus"), "date": N_("date")}
FILTER_NAMES = {
    "section": N_("section"),
    "theme": N_("theme"),
    "title": N_("title"),
    "speech": N_("speech"),
    "part": N_("in"),
    "since": N_("since"),
    "until": N_("until"),
}
CONTEXT_NAMES = {
    "hit": N_("the hit alone"),
    "sentence": N_("the sentence"),
    "passage": N_("the passage"),
    "section": N_("the section"),
}
GROUP_NAMES = {
    "query": N_("query"),
    "speech": N_("speech"),
    "theme": N_("theme"),
    "section": N_("section"),
}


def facts(told: Manifest) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of an export as a whole: (what, how)."""
    settings = told.settings
    silent = sum(not query.rows for query in told.queries)
    queries = f"{len(told.queries):,}"
    if silent:
        queries += _(" ({n} of them found nothing)").format(n=silent)
    yield _("Made"), told.made.replace("T", " ")
    yield _("Program"), told.tool
    yield _("Corpus"), told.corpus
    yield _("Fingerprint of the corpus"), told.fingerprint
    yield _("Rows"), f"{told.rows:,}"
    yield _("Queries"), queries
    yield _("Text of a row"), _context(settings.context)
    yield _("Order"), _("by {order}").format(order=_(GROUP_NAMES[settings.group_by]))
    if filters := said_filters(settings.filters):
        yield _("Filters"), _("; ").join(filters)
    if settings.per_source:
        yield _("Most of one speech"), f"{settings.per_source:,}"
    if settings.limit:
        yield _("Most of one query"), f"{settings.limit:,}"
    with_copies = _("in the rows") if settings.with_variants else _("left out, and counted")
    yield _("Copies of passages"), with_copies
    if settings.cite:
        yield _("Citations"), settings.cite


def _context(context: str | int) -> str:
    if isinstance(context, str):
        return _(CONTEXT_NAMES[context])
    return ngettext(
        "the hit and {n} character on each side", "the hit and {n} characters on each side", context
    ).format(n=context)


def told_filters(told: Told) -> str:
    """Say the filters, the limit and the order of a query, in the user's language."""
    said = said_filters(told.filters)
    if told.limit:
        said.append(_("at most {n}").format(n=told.limit))
    if told.sort:
        said.append(_("by {order}").format(order=_(SORTS.get(told.sort, told.sort))))
    return _("; ").join(said)


def said_filters(filters: Mapping[str, Any]) -> list[str]:
    """
    Say the filters that are set, by the names of `FilterOptions`.

    >>> said_filters({"theme": ("家风家教", "廉洁自律"), "part": "all", "since": "2023"})
    ['theme: 家风家教、廉洁自律', 'since: 2023']
    """
    said = []
    for name, value in filters.items():
        if value and not (name == "part" and value == "all"):
            text = value if isinstance(value, str) else "、".join(map(str, value))
            text = _(KINDS.get(text, text)) if name == "part" else text
            label = _(FILTER_NAMES.get(name, name))
            said.append(_("{name}: {value}").format(name=label, value=text))
    return said
