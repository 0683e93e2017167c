"""What is quoted in the speeches of a selection -> quotations, each with its forms and places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from ..index.backend import Backend
from ..model import Value
from ..search.selection import Selection
from ..search.speech_texts import Place, cited, speech_texts, verbatim
from ..text.folding import fold, letters
from .quotation_forms import clusters
from .quoted_text import CLAUSES, Said, reported, said
from .speakers import Speakers

SHOWN = ("quotations", "sources", "terms")
SORTS = ("count", "date", "corpus", "source")
KNOWN_AGAIN = 7
"""Of so many letters, what is quoted somewhere is taken for the same where nobody is named."""


NO_SLOGAN = 18
"""So many letters are more than a slogan."""
NAMED = 3
"""What is so often said to be somebody's is quoted, however often it is a slogan elsewhere."""


class Wording(Value, frozen=True, kw_only=True):
    """One form of a quotation, as it is written where it stands first, and how often it stands."""

    text: str
    count: int


class Quotation(Value, frozen=True, kw_only=True):
    """
    A quotation; the fields are the keys of its JSON line.

    `quotation` is its most frequent form, verbatim, and `variants` are the others. `source` is who
    is quoted, None where nobody is named, and `direct` says that it stands in quotation marks
    somewhere. `first` and `last` are ISO dates, None where no speech has one. `places` are all of
    them, ``speech:line``, in corpus order.
    """

    quotation: str
    source: str | None
    direct: bool
    count: int
    speeches: int
    first: str | None
    last: str | None
    places: tuple[str, ...]
    variants: tuple[Wording, ...] = ()


class Term(Value, frozen=True, kw_only=True):
    """A term in quotation marks, no quotation; the fields are the keys of its JSON line."""

    term: str
    count: int
    speeches: int
    first: str | None
    last: str | None
    places: tuple[str, ...]


class Source(Value, frozen=True, kw_only=True):
    """Who is quoted: how many quotations, how often, where; the keys of a JSON line."""

    source: str | None
    quotations: int
    count: int
    speeches: int
    first: str | None
    last: str | None


class Quotations(Value, frozen=True, kw_only=True):
    """
    What was found: `rows` of at most so many as were asked for, out of `total`.

    All of the total stand `count` times in so many `speeches`. So many passages more were left
    out, for they are `copies`.
    """

    rows: tuple[Quotation | Source | Term, ...]
    total: int
    count: int
    speeches: int
    copies: int = 0


class Wanted(Value, frozen=True, kw_only=True):
    """What is asked for: what holds this `text`, from this `source`; also what has no marks."""

    text: str = ""
    source: str | None = None
    indirect: bool = False


class _Group(Value, frozen=True):
    """Occurrences of one thing, in corpus order."""

    key: str
    source: str | None
    found: Sequence[Said]


def look(
    backend: Backend,
    selection: Selection,
    *,
    show: str = "quotations",
    wanted: Wanted,
    speakers: Speakers,
    sort: str = "count",
    limit: int = 20,
) -> Quotations:
    """
    List quotations, sources or terms, as `show` says, in the order of `sort`; `limit` 0 is all.

    Sources come the most quoted first, at the end those for whom nobody is named.
    """
    found, others = _found(backend, selection, speakers, indirect=wanted.indirect)
    row: Callable[[Backend, _Group], Quotation | Source | Term]
    if show == "terms":
        groups, row = _in_order(backend, _terms(others, wanted), sort), _term
    else:
        quoted = _quoted(found, wanted, speakers)
        if show == "sources":
            groups, row = _by_source(quoted), _source
        else:
            groups, row = _in_order(backend, quoted, sort), _quotation
    ids = {backend.info(one.place.ref).id for group in groups for one in group.found}
    return Quotations(
        rows=tuple(row(backend, group) for group in (groups[:limit] if limit else groups)),
        total=len(groups),
        count=sum(len(group.found) for group in groups),
        speeches=len(ids),
        copies=selection.copies,
    )


def _found(
    backend: Backend, selection: Selection, speakers: Speakers, *, indirect: bool
) -> tuple[list[Said], list[Said]]:
    """
    Find quotations, and everything else in quotation marks.

    A saying counts wherever it stands in quotation marks, if it is quoted somewhere; a slogan that
    is quoted once, and mostly only named, does not.
    """
    found: list[Said] = []
    for speech in speech_texts(backend, selection):
        here = list(said(speech, speakers))
        found += here
        if indirect:
            direct = [one.place for one in here if one.quotation]
            told = reported(speech, speakers)
            found += [one for one in told if not any(_overlap(one.place, it) for it in direct)]
    counts = Counter(letters(one.text) for one in found)
    judged = Counter(letters(one.text) for one in found if one.quotation)
    named = Counter(letters(one.text) for one in found if one.source)
    slogans = {
        key
        for key, times in judged.items()
        if times * 3 < counts[key] and named[key] < NAMED and len(key) < NO_SLOGAN
    }
    quoted: list[Said] = []
    others: list[Said] = []
    for one in found:
        key = letters(one.text)
        known = one.quotation or (len(key) >= KNOWN_AGAIN and judged[key])
        slogan = key in slogans and not CLAUSES.search(one.text)
        (quoted if known and not slogan else others).append(one)
    return quoted, others


def _overlap(one: Place, other: Place) -> bool:
    return one.ref == other.ref and one.start < other.end and other.start < one.end


def _quoted(found: Sequence[Said], wanted: Wanted, speakers: Speakers) -> list[_Group]:
    """Group what is quoted into quotations, and keep those that are asked for."""
    leaders = clusters(Counter(letters(one.text) for one in found))
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in found:
        groups[leaders[letters(one.text)]].append(one)
    text, name = letters(fold(wanted.text)), _name(wanted.source, speakers)
    return [
        _Group(key, _most_named(them), _apart(them))
        for key, them in groups.items()
        if any(text in letters(one.text) for one in them)
        and (name is None or any(name in fold(one.source or "") for one in them))
    ]


def _terms(found: Sequence[Said], wanted: Wanted) -> list[_Group]:
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in found:
        groups[one.text].append(one)
    text = letters(fold(wanted.text))
    return [_Group(key, None, them) for key, them in groups.items() if text in letters(key)]


def _by_source(quoted: Sequence[_Group]) -> list[_Group]:
    """Put the quotations of a source together; the key is how many they are."""
    groups: dict[str | None, list[_Group]] = defaultdict(list)
    for group in quoted:
        groups[group.source].append(group)
    merged = [
        _Group(str(len(them)), name, [one for group in them for one in group.found])
        for name, them in groups.items()
    ]
    return sorted(
        merged, key=lambda group: (group.source is None, -len(group.found), group.source or "")
    )


def _apart(found: Iterable[Said]) -> list[Said]:
    """Put occurrences in order; where one is a part of another, the inner one counts."""
    kept: list[Said] = []
    for one in sorted(found):
        if kept and _overlap(kept[-1].place, one.place):
            kept.pop()
        kept.append(one)
    return kept


def _name(source: str | None, speakers: Speakers) -> str | None:
    """Read what the user calls the source: any of the ways it is written."""
    return fold(speakers.names.get(fold(source), source)) if source else None


def _most_named(found: Iterable[Said]) -> str | None:
    named = Counter(one.source for one in found if one.source)
    return named.most_common(1)[0][0] if named else None


def _in_order(backend: Backend, groups: list[_Group], sort: str) -> list[_Group]:
    def first(group: _Group) -> tuple[str, Place]:
        place = group.found[0].place
        return backend.info(place.ref).id, place

    keys: dict[str, Callable[[_Group], tuple[object, ...]]] = {
        "count": lambda group: (-len(group.found), group.source is None, *first(group)),
        "date": lambda group: (_dates(backend, group)[0] or "9", *first(group)),
        "corpus": first,
        "source": lambda group: (
            group.source is None,
            group.source or "",
            -len(group.found),
            *first(group),
        ),
    }
    return sorted(groups, key=keys[sort])


def _dates(backend: Backend, group: _Group) -> tuple[str | None, str | None]:
    dates = sorted({date for one in group.found if (date := backend.info(one.place.ref).date)})
    return (dates[0], dates[-1]) if dates else (None, None)


def _speeches(backend: Backend, group: _Group) -> int:
    return len({backend.info(one.place.ref).id for one in group.found})


def _quotation(backend: Backend, group: _Group) -> Quotation:
    forms: dict[str, list[Said]] = defaultdict(list)
    for one in group.found:
        forms[letters(one.text)].append(one)
    wordings = sorted(
        (
            Wording(text=verbatim(backend, them[0].place), count=len(them))
            for key, them in forms.items()
            if key != group.key
        ),
        key=lambda wording: (-wording.count, -len(wording.text), wording.text),
    )
    first, last = _dates(backend, group)
    return Quotation(
        quotation=verbatim(backend, forms[group.key][0].place),
        source=group.source,
        direct=any(one.direct for one in group.found),
        count=len(group.found),
        speeches=_speeches(backend, group),
        first=first,
        last=last,
        places=tuple(cited(backend, one.place) for one in group.found),
        variants=tuple(wordings),
    )


def _term(backend: Backend, group: _Group) -> Term:
    first, last = _dates(backend, group)
    return Term(
        term=verbatim(backend, group.found[0].place),
        count=len(group.found),
        speeches=_speeches(backend, group),
        first=first,
        last=last,
        places=tuple(cited(backend, one.place) for one in group.found),
    )


def _source(backend: Backend, group: _Group) -> Source:
    first, last = _dates(backend, group)
    return Source(
        source=group.source,
        quotations=int(group.key),
        count=len(group.found),
        speeches=_speeches(backend, group),
        first=first,
        last=last,
    )
