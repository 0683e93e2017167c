"""Labelled passages -> how often each theme is given, what has none, and what a speech is about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from ..errors import RequestError
from ..index.backend import Backend, Frame, runs_of
from ..messages import _, ngettext, no_such
from ..model import UNLABELLED, CleanText, Hit, Line, Passage, Section, Speech, SpeechInfo, Value
from ..query.filters import EVERYTHING, Scope
from ..search.results import Results
from ..search.selection import SelectedSpeech, folded_texts, select

UNLABELLED_ORDERS = ("corpus", "length")
By = Literal["speech", "section", "year"]
MOST_COLUMNS = 120
"""Maximum number of columns of a picture; more cannot be read."""
FEW_SPEECHES = 60
"""Maximum number of speeches that are a column each by default; more go by year."""


class ThemeCount(Value, frozen=True, kw_only=True):
    """How many passages are about a theme, in how many speeches, and how long they are in all."""

    theme: str
    passages: int
    speeches: int
    characters: int = 0


class Coverage(Value, frozen=True, kw_only=True):
    """
    What share of passages has a theme.

    `passages` and `characters` are of all that can have one: titles and salutations cannot.
    `labelled` and `labelled_characters` are of those that have. So many passages more were left
    out as `copies`.
    """

    counts: tuple[ThemeCount, ...]
    passages: int
    characters: int
    labelled: int
    labelled_characters: int
    copies: int = 0


class ThemeShare(Value, frozen=True, kw_only=True):
    """How many passages of something are about a theme, and how many characters they have."""

    theme: str
    passages: int
    characters: int


class Profile(Value, frozen=True, kw_only=True):
    """
    What a section is about, or, where it has no `section`, a speech as a whole.

    `passages` and `characters` are of all but titles and salutations, `labelled` of those with a
    theme; the most told theme comes first. As a passage may have several, the shares of the
    themes may add up to more than the whole.
    """

    section: Section | None
    passages: int
    characters: int
    labelled: int
    labelled_characters: int
    themes: tuple[ThemeShare, ...]


class SpeechProfile(Value, frozen=True, kw_only=True):
    """What a speech is about: as a whole, and section by section, the outermost ones."""

    info: SpeechInfo
    whole: Profile
    sections: tuple[Profile, ...]


class ThemeGrid(Value, frozen=True, kw_only=True):
    """For each theme a row of its share, 0 to 1, in the characters of each column."""

    themes: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


def coverage(backend: Backend, names: Sequence[str], scope: Scope = EVERYTHING) -> Coverage:
    """Count the passages of each theme, in this order, and those that have any."""
    selection = select(backend, scope)
    passages: Counter[str] = Counter()
    speeches: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    every = every_characters = labelled = labelled_characters = 0
    for speech in selection.speeches:
        # A speech counts once for a theme, however many of its passages are about it.
        seen: set[str] = set()
        for _ref, frame, size in measured(backend, speech):
            every += 1
            every_characters += size
            if frame.themes:
                labelled += 1
                labelled_characters += size
                seen.update(frame.themes)
            for theme in frame.themes:
                passages[theme] += 1
                characters[theme] += size
        speeches.update(seen)
    return Coverage(
        counts=tuple(
            ThemeCount(
                theme=name,
                passages=passages[name],
                speeches=speeches[name],
                characters=characters[name],
            )
            # The index may hold themes that the theme file no longer has: they are counted, behind
            # those it has, or the numbers would not add up.
            for name in dict.fromkeys([*names, *sorted(passages)])
        ),
        passages=every,
        characters=every_characters,
        labelled=labelled,
        labelled_characters=labelled_characters,
        copies=selection.copies,
    )


def unlabelled(
    backend: Backend,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 20,
    sort: str = "corpus",
) -> Results:
    """List the passages that could have a theme and have none, the longest first if so sorted."""
    if sort not in UNLABELLED_ORDERS:
        raise no_such(_("sort"), sort, UNLABELLED_ORDERS)
    every = [
        (ref, size)
        # With copies first, only to be able to say how many were left out.
        for speech in select(backend, replace(scope, with_copies=True)).speeches
        for ref, frame, size in measured(backend, speech)
        if not frame.themes
    ]
    counted = set(select(backend, scope).refs)
    found = [one for one in every if one[0] in counted]
    refs = [ref for ref, _size in found]
    shown = sorted(found, key=lambda one: -one[1]) if sort == "length" else found
    return Results(
        hits=(_hit(backend, ref) for ref, _size in (shown[:limit] if limit else shown)),
        total=len(refs),
        speeches=backend.count_speeches(refs),
        copies=len(every) - len(found),
    )


def profile(passages: Iterable[Passage], section: Section | None = None) -> Profile:
    """Add up what passages are about; titles and salutations are left out."""
    counted = [passage for passage in passages if passage.kind not in UNLABELLED]
    shares: defaultdict[str, list[int]] = defaultdict(list)
    for passage in counted:
        for theme in passage.themes:
            shares[theme].append(len(passage.text))
    labelled = [len(passage.text) for passage in counted if passage.themes]
    themes = (
        ThemeShare(theme=theme, passages=len(sizes), characters=sum(sizes))
        for theme, sizes in shares.items()
    )
    return Profile(
        section=section,
        passages=len(counted),
        characters=sum(len(passage.text) for passage in counted),
        labelled=len(labelled),
        labelled_characters=sum(labelled),
        themes=tuple(sorted(themes, key=lambda one: (-one.characters, -one.passages, one.theme))),
    )


def speech_profile(info: SpeechInfo, passages: Sequence[Passage]) -> SpeechProfile:
    """Return the themes of a speech, as a whole and section by section."""
    sections: dict[Section, list[Passage]] = {}
    for passage in passages:
        if passage.sections:
            # Outermost sections only: finer ones are too short for shares to mean anything.
            sections.setdefault(passage.sections[0], []).append(passage)
    return SpeechProfile(
        info=info,
        whole=profile(passages),
        sections=tuple(profile(own, section) for section, own in sections.items()),
    )


def theme_grid(
    backend: Backend,
    names: Sequence[str],
    scope: Scope = EVERYTHING,
    *,
    by: By | None = None,
) -> ThemeGrid:
    """
    Tell the share of each theme in each speech, outermost section or year.

    Without `by`, a single speech goes by section, and many go by year. Themes that nothing is
    about have no row.
    """
    speeches = select(backend, scope).speeches
    if by is None:
        by = "section" if len(speeches) == 1 else "speech"
        by = "year" if len(speeches) > FEW_SPEECHES else by
    sizes: Counter[tuple[str, str]] = Counter()
    shares: Counter[tuple[tuple[str, str], str]] = Counter()
    for speech in speeches:
        for column, frame, size in _columns(backend, speech, by):
            sizes[column] += size
            for theme in frame.themes:
                shares[column, theme] += size
    columns = sorted(sizes) if by == "year" else list(sizes)
    if len(columns) > MOST_COLUMNS:
        raise RequestError(
            _(
                "plot: {count} columns are too many to see. Narrow them down with filters, or"
                " take --by year"
            ).format(count=len(columns))
        )
    themes = [
        theme
        for theme in dict.fromkeys([*names, *sorted({theme for _column, theme in shares})])
        if any(shares[column, theme] for column in columns)
    ]
    return ThemeGrid(
        themes=tuple(themes),
        columns=tuple(name for _key, name in columns),
        values=tuple(
            tuple(shares[column, theme] / max(1, sizes[column]) for column in columns)
            for theme in themes
        ),
    )


def measured(backend: Backend, speech: SelectedSpeech) -> Iterator[tuple[int, Frame, int]]:
    """Yield what passages of a speech are and how many characters they have; no title."""
    # Frames say what passages are without decoding each of them as a whole.
    frames = [frame for run in runs_of(speech.refs) for frame in backend.frames(run)]
    for (ref, text), frame in zip(folded_texts(backend, speech.refs), frames, strict=True):
        if frame.kind not in UNLABELLED:
            yield ref, frame, len(text) - text.endswith("\n")


def passages_on_line(clean: CleanText, speech: Speech, number: int) -> list[Passage]:
    """
    Return the passages of which a part stands on a line of the file, from 1.

    Cleaning may have joined the line to others. Where there is no passage that may have a theme,
    RequestError says what there is.
    """
    found = [
        passage
        for line in clean.lines
        for start, end in _from_source(line, number)
        for passage in speech.passages
        if passage.line == line.number
        and passage.column < end
        and passage.column + len(passage.text) > start
    ]
    if any(passage.kind not in UNLABELLED for passage in found):
        return found
    raise RequestError(
        _("{place}: {what}. Name a line of text").format(
            place=f"{speech.info.id}:{number}", what=_no_passage(clean, found, number)
        )
    )


def _from_source(line: Line, number: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a cleaned line that stand on a line of the file."""
    # A user points at a line of the file, of which cleaning may have made a part of a longer one.
    starts = [(0, line.number), *((shift.column, shift.source_line) for shift in line.shifts)]
    ends = [start for start, _number in starts[1:]] + [len(line.text)]
    for (start, source), end in zip(starts, ends, strict=True):
        if source == number and start < end:
            yield start, end


def _no_passage(clean: CleanText, found: Sequence[Passage], number: int) -> str:
    """Return the text of a line on which no passage with a theme stands."""
    from ..cleaning.edits import source_text

    if found:
        return _("this is the title or the salutation, which are about no theme")
    for removal in clean.removals:
        if removal.line == number and removal.column is None:
            return _("this line is left out as a watermark, by the rule {rule}").format(
                rule=removal.rule
            )
    lines = len(source_text(clean))
    if not 1 <= number <= lines:
        return ngettext(
            "there is no such line, the file has {n}",
            "there is no such line, the file has {n}",
            lines,
        ).format(n=lines)
    return _("this line is blank")


def _columns(
    backend: Backend, speech: SelectedSpeech, by: By
) -> Iterator[tuple[tuple[str, str], Frame, int]]:
    """Yield the passages of a speech with the column that each belongs to: its key and name."""
    info = speech.info
    names: dict[int | None, str] = {None: _("(no section)")}
    for _ref, frame, size in measured(backend, speech):
        if by == "section":
            if frame.section not in names and frame.section is not None:
                heading = passage_at(backend, frame.section).sections[0].heading
                names[frame.section] = heading
            key = f"{info.id}:{frame.section}"
            yield (key, names[frame.section]), frame, size
        elif by == "year":
            year = (info.date or "")[:4] or _("(no date)")
            yield (year, year), frame, size
        else:
            yield (info.id, info.title or info.id), frame, size


def passage_at(backend: Backend, ref: int) -> Passage:
    """Read a passage."""
    line = backend.line(backend.line_start(ref))
    return line.passages[ref - line.first]


def _hit(backend: Backend, ref: int) -> Hit:
    line = backend.line(backend.line_start(ref))
    return Hit(info=backend.info(ref), passage=line.passages[ref - line.first], line=line.passages)
