"""What is quoted in the speeches of a selection -> quotations, each with its forms and places."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from ..index.backend import Backend
from ..messages import _, no_such
from ..model import Value
from ..query.filters import checked_text
from ..search.selection import Selection
from ..search.speech_texts import Place, cited, speech_texts, verbatim
from ..text.folding import fold, letters
from .quotation_forms import clusters
from .quoted_text import CLAUSES, Occurrence, in_marks, without_marks
from .speakers import Speakers, known_speakers

SHOWN = ("quotations", "sources", "terms")
QUOTATION_ORDERS = ("count", "date", "corpus", "source")
# In letters, since forms differ in punctuation. Shorter ones are terms too often elsewhere.
KNOWN_AGAIN = 7
"""Least number of letters of what counts as a quotation wherever it is in quotation marks."""
NO_SLOGAN = 18
"""Least number of letters of what is no slogan."""
NAMED = 3
"""Least number of places that name a source, for a slogan to count as a quotation."""
SLOGAN = 3
"""A slogan is judged a quotation in less than one of this many places."""


class Wording(Value, frozen=True, kw_only=True):
    """One form of a quotation, as it is printed at its first place, and its number of places."""

    text: str
    count: int


class Quotation(Value, frozen=True, kw_only=True):
    """
    A quotation; the fields are the keys of its JSON line.

    `quotation` is its most frequent form, verbatim, and `variants` are the others. `source` is who
    is quoted, None where nobody is named; `direct` is True if it is in quotation marks anywhere.
    `count` is the number of `places`, ``speech:line``, in corpus order. `first` and `last` are ISO
    dates, None where no speech is dated.
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
    """A term in quotation marks, not a quotation; the fields are the keys of its JSON line."""

    term: str
    count: int
    speeches: int
    first: str | None
    last: str | None
    places: tuple[str, ...]


class Source(Value, frozen=True, kw_only=True):
    """
    Who is quoted, None for nobody in particular; the fields are the keys of its JSON line.

    `quotations` is the number of different ones, `count` that of their places.
    """

    source: str | None
    quotations: int
    count: int
    speeches: int
    first: str | None
    last: str | None


class Quotations(Value, frozen=True, kw_only=True):
    """
    Quotations, sources or terms: the `rows` within the limit, of `total`.

    `count` is the number of places of all of them, `speeches` that of the speeches they are in.
    `copies` is the number of passages left out because they are copies.
    """

    rows: tuple[Quotation | Source | Term, ...]
    total: int
    count: int
    speeches: int
    copies: int = 0


class Wanted(Value, frozen=True, kw_only=True):
    """What to list: what holds `text`, from `source`; with `indirect`, without marks as well."""

    text: str = ""
    source: str | None = None
    indirect: bool = False


class _Group(Value, frozen=True):
    """The occurrences of one quotation, source or term, in corpus order."""

    key: str
    source: str | None
    occurrences: Sequence[Occurrence]

    @property
    def count(self) -> int:
        """The number of places."""
        return len(self.occurrences)


def quotes(
    backend: Backend,
    text: str | None,
    selection: Selection,
    *,
    speakers_file: Path | None,
    source: str | None = None,
    show: str = "quotations",
    sort: str = "count",
    indirect: bool = False,
    limit: int = 20,
) -> Quotations:
    """
    List what is quoted: what holds a text in some form, from this source; `limit` 0 is all.

    `show` is ``quotations``, ``sources``, who is quoted how often, or ``terms``, what is in
    quotation marks and is no quotation. `sort` is ``count``, ``date``, ``corpus`` or ``source``.
    With `indirect`, what is told without quotation marks counts too.
    """
    if show not in SHOWN:
        raise no_such("show", show, SHOWN)
    if sort not in QUOTATION_ORDERS:
        raise no_such(_("sort"), sort, QUOTATION_ORDERS)
    text, source = checked_text(text or ""), source and checked_text(source)
    return look(
        backend,
        selection,
        show=show,
        wanted=Wanted(text=text, source=source, indirect=indirect),
        speakers=known_speakers(speakers_file),
        sort=sort,
        limit=limit,
    )


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
    Return quotations, sources or terms, as `show` says, in the order of `sort`; `limit` 0 is all.

    Sources come the most quoted first, whatever the order, and what nobody is named for last.
    """
    quoted, terms = _occurrences(backend, selection, speakers, indirect=wanted.indirect)
    row: Callable[[Backend, _Group], Quotation | Source | Term]
    if show == "terms":
        groups, row = _in_order(backend, _terms(terms, wanted), sort), _term
    else:
        quotations = _quoted(quoted, wanted, speakers)
        if show == "sources":
            groups, row = _by_source(quotations), _source
        else:
            groups, row = _in_order(backend, quotations, sort), _quotation
    ids = {backend.info(one.place.ref).id for group in groups for one in group.occurrences}
    return Quotations(
        rows=tuple(row(backend, group) for group in (groups[:limit] if limit else groups)),
        total=len(groups),
        count=sum(group.count for group in groups),
        speeches=len(ids),
        copies=selection.copies,
    )


def _occurrences(
    backend: Backend, selection: Selection, speakers: Speakers, *, indirect: bool
) -> tuple[list[Occurrence], list[Occurrence]]:
    """
    Find what is quoted, and what else is in quotation marks.

    A saying counts wherever it is in quotation marks, if it is quoted somewhere; a slogan that is
    quoted once, and mostly only named, does not.
    """
    occurrences: list[Occurrence] = []
    for speech in speech_texts(backend, selection):
        marked = list(in_marks(speech, speakers))
        occurrences += marked
        if indirect:
            quoted = [one.place for one in marked if one.quotation]
            occurrences += _outside(quoted, without_marks(speech, speakers))
    # One place cannot tell a slogan from a saying; all places together can: a slogan is for the
    # most part only named, not said by anybody.
    counts = Counter(letters(one.text) for one in occurrences)
    quotations = Counter(letters(one.text) for one in occurrences if one.quotation)
    named = Counter(letters(one.text) for one in occurrences if one.source)
    slogans = {
        key
        for key, times in quotations.items()
        if times * SLOGAN < counts[key] and named[key] < NAMED and len(key) < NO_SLOGAN
    }
    quoted_somewhere: list[Occurrence] = []
    terms: list[Occurrence] = []
    for one in occurrences:
        # A known saying is one wherever it is in marks, also where nothing there shows it.
        key = letters(one.text)
        known = one.quotation or (len(key) >= KNOWN_AGAIN and quotations[key])
        slogan = key in slogans and not CLAUSES.search(one.text)
        (quoted_somewhere if known and not slogan else terms).append(one)
    return quoted_somewhere, terms


def _outside(places: Iterable[Place], occurrences: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """Yield the occurrences that overlap none of these places."""
    # The greatest end so far, place by place, makes one look to the left enough: places may contain
    # one another, so the nearest start need not have the farthest end.
    ordered = sorted(places)
    farthest = list(accumulate(((place.ref, place.end) for place in ordered), max))
    for one in occurrences:
        before = bisect_left(
            ordered, (one.place.ref, one.place.end), key=lambda place: (place.ref, place.start)
        )
        if not before or farthest[before - 1] <= (one.place.ref, one.place.start):
            yield one


def _overlap(place: Place, other: Place) -> bool:
    return place.ref == other.ref and place.start < other.end and other.start < place.end


def _quoted(occurrences: Sequence[Occurrence], wanted: Wanted, speakers: Speakers) -> list[_Group]:
    """Group what is quoted into quotations, and keep those that are asked for."""
    # Grouped before filtering, or else a filter would change which form is the head.
    head_of = clusters(Counter(letters(one.text) for one in occurrences))
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for one in occurrences:
        groups[head_of[letters(one.text)]].append(one)
    text, name = letters(fold(wanted.text)), _name(wanted.source, speakers)
    return [
        _Group(head, _most_named(group), _innermost(group))
        for head, group in groups.items()
        if any(text in letters(one.text) for one in group)
        and (name is None or any(name in fold(one.source or "") for one in group))
    ]


def _terms(occurrences: Sequence[Occurrence], wanted: Wanted) -> list[_Group]:
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for one in occurrences:
        groups[one.text].append(one)
    text = letters(fold(wanted.text))
    return [_Group(term, None, group) for term, group in groups.items() if text in letters(term)]


def _by_source(quoted: Sequence[_Group]) -> list[_Group]:
    """Join the quotations of each source; the key of a group is their number."""
    groups: dict[str | None, list[_Group]] = defaultdict(list)
    for group in quoted:
        groups[group.source].append(group)
    merged = [
        _Group(str(len(of_source)), name, [one for group in of_source for one in group.occurrences])
        for name, of_source in groups.items()
    ]
    return sorted(merged, key=lambda one: (one.source is None, -one.count, one.source or ""))


def _innermost(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Return occurrences in corpus order; of one that is a part of another, only the part."""
    apart: list[Occurrence] = []
    for one in sorted(occurrences):
        # A quotation inside another is found twice in one place; counted twice, totals would not
        # agree with the text. The inner one is the saying, the outer one the context.
        if apart and _overlap(apart[-1].place, one.place):
            apart.pop()
        apart.append(one)
    return apart


def _name(source: str | None, speakers: Speakers) -> str | None:
    """Return the folded name of the source that the user wrote in any of its ways."""
    return fold(speakers.names.get(fold(source), source)) if source else None


def _most_named(occurrences: Iterable[Occurrence]) -> str | None:
    named = Counter(one.source for one in occurrences if one.source)
    return named.most_common(1)[0][0] if named else None


def _in_order(backend: Backend, groups: list[_Group], sort: str) -> list[_Group]:
    def first(group: _Group) -> tuple[str, Place]:
        place = group.occurrences[0].place
        return backend.info(place.ref).id, place

    keys: dict[str, Callable[[_Group], tuple[object, ...]]] = {
        "count": lambda group: (-group.count, group.source is None, *first(group)),
        "date": lambda group: (_dates(backend, group)[0] or "9", *first(group)),
        "corpus": first,
        "source": lambda group: (
            group.source is None,
            group.source or "",
            -group.count,
            *first(group),
        ),
    }
    return sorted(groups, key=keys[sort])


def _dates(backend: Backend, group: _Group) -> tuple[str | None, str | None]:
    infos = [backend.info(one.place.ref) for one in group.occurrences]
    dates = sorted({info.date for info in infos if info.date})
    return (dates[0], dates[-1]) if dates else (None, None)


def _speeches(backend: Backend, group: _Group) -> int:
    return len({backend.info(one.place.ref).id for one in group.occurrences})


def _quotation(backend: Backend, group: _Group) -> Quotation:
    forms: dict[str, list[Occurrence]] = defaultdict(list)
    for one in group.occurrences:
        forms[letters(one.text)].append(one)
    # The most frequent form has no place left if each of them holds another form as a part.
    shown = group.key if group.key in forms else max(forms, key=lambda form: len(forms[form]))
    variants = sorted(
        (
            Wording(text=verbatim(backend, places[0].place), count=len(places))
            for form, places in forms.items()
            if form != shown
        ),
        key=lambda variant: (-variant.count, -len(variant.text), variant.text),
    )
    first, last = _dates(backend, group)
    return Quotation(
        quotation=verbatim(backend, forms[shown][0].place),
        source=group.source,
        direct=any(one.direct for one in group.occurrences),
        count=group.count,
        speeches=_speeches(backend, group),
        first=first,
        last=last,
        places=tuple(cited(backend, one.place) for one in group.occurrences),
        variants=tuple(variants),
    )


def _term(backend: Backend, group: _Group) -> Term:
    first, last = _dates(backend, group)
    return Term(
        term=verbatim(backend, group.occurrences[0].place),
        count=group.count,
        speeches=_speeches(backend, group),
        first=first,
        last=last,
        places=tuple(cited(backend, one.place) for one in group.occurrences),
    )


def _source(backend: Backend, group: _Group) -> Source:
    first, last = _dates(backend, group)
    return Source(
        source=group.source,
        quotations=int(group.key),
        count=group.count,
        speeches=_speeches(backend, group),
        first=first,
        last=last,
    )
