"""What a request names -> checked values: filters, scopes and queries that fit this corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..messages import _, no_such
from ..query.filters import (
    PARTS,
    FilterOptions,
    Filters,
    Scope,
    check_period,
    checked_date,
    checked_text,
)
from ..query.language import parse_query
from ..query.tree import And, Field, Not, Or, Query
from .speeches import find_speech

if TYPE_CHECKING:
    from ..index.library import Library


def checked_filters(library: Library, options: FilterOptions) -> Filters:
    """Return the filters that options ask for; RequestError, with the nearest names, for others."""
    for value in options.values():
        if not isinstance(value, bool):
            for text in [value] if isinstance(value, str) else value or ():  # type: ignore[attr-defined]
                checked_text(text)
    theme, speech = options.get("theme") or (), options.get("speech")
    themes = (theme,) if isinstance(theme, str) else tuple(theme)
    for name in themes:
        check_theme(library, name)
    part = options.get("part") or "all"
    if part not in PARTS:
        raise no_such(_("part"), part, PARTS)
    since, until = map(checked_date, (options.get("since"), options.get("until")))
    check_period(since, until)
    return Filters(
        section=options.get("section") or None,
        themes=themes,
        title=options.get("title") or None,
        speech=find_speech(library.backend, speech).id if speech else None,
        path=options.get("path") or None,
        part=part,
        since=since,
        until=until,
        undated="in" if options.get("undated") else "out",
    )


def with_scope(library: Library, options: Mapping[str, object]) -> dict[str, Any]:
    """Return options with one `scope` in the place of the filters and of `with_variants`."""
    filters = {name: options[name] for name in FilterOptions.__annotations__ if name in options}
    scope = Scope(
        filters=checked_filters(library, cast("FilterOptions", filters)),
        with_copies=bool(options.get("with_variants", False)),
    )
    others = {
        name: value
        for name, value in options.items()
        if name not in filters and name != "with_variants"
    }
    return {"scope": scope, **others}


def with_selection(library: Library, options: Mapping[str, object]) -> dict[str, Any]:
    """Return options with one `selection` in the place of the filters and of `with_variants`."""
    from .selection import select

    others = with_scope(library, options)
    return {"selection": select(library.backend, others.pop("scope")), **others}


def with_words(library: Library, options: Mapping[str, object]) -> dict[str, Any]:
    """Return options with their scope, and with the user's words for jieba."""
    return {"words_file": library.tools.words_file, **with_scope(library, options)}


def check_request(
    library: Library, query: str | None, sort: str | None, filters: FilterOptions
) -> None:
    """Raise RequestError for what a search would not take."""
    from .ranking import check_order

    check_order(sort)
    checked_filters(library, filters)
    if query is not None:
        checked_query(library, query)


def check_theme(library: Library, name: str) -> None:
    """Raise RequestError for a theme that neither the index nor the theme file has."""
    checked_text(name)
    if not library.backend.has_theme(name) and name not in library.tools.themes.names:
        raise no_such(_("theme"), name, library.tools.themes.names)


def checked_queries(library: Library, queries: str | Sequence[str]) -> dict[str, Query]:
    """Parse queries, by their text; a text alone is one query, not a sequence of characters."""
    several = [queries] if isinstance(queries, str) else queries
    return {query: checked_query(library, query) for query in several}


def checked_query(library: Library, text: str) -> Query:
    """Parse a query, and check what its fields name as options are checked."""
    return _checked(library, parse_query(text))


def _checked(library: Library, query: Query) -> Query:
    if isinstance(query, And | Or):
        return type(query)(tuple(_checked(library, part) for part in query.parts))
    if isinstance(query, Not):
        return Not(_checked(library, query.part))
    if not isinstance(query, Field):
        return query
    name = "part" if query.name == "in" else query.name
    filters = checked_filters(library, cast("FilterOptions", {name: query.value}))
    value = query.value if name == "theme" else getattr(filters, name)
    return Field(query.name, value) if value else query
