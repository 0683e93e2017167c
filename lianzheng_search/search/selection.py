"""A scope -> the passages that something is counted over, speech by speech, copies once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..index.backend import Backend, runs_of
from ..model import SpeechInfo, Value
from ..query.filters import EVERYTHING, Scope

if TYPE_CHECKING:
    from ..index.whoosh.backend import WhooshBackend
    from ..query.tree import Query


class SelectedSpeech(Value, frozen=True, kw_only=True):
    """A speech and those of its passages that are looked at, as refs, in reading order."""

    info: SpeechInfo
    refs: Sequence[int]


class Selection(Value, frozen=True, kw_only=True):
    """
    The speeches by path, none without passages.

    Each of the `twins` says what one of these says, in a copy of its speech, and is left out.
    """

    speeches: tuple[SelectedSpeech, ...]
    twins: Mapping[int, int] = {}

    @property
    def copies(self) -> int:
        """How many passages are left out."""
        return len(self.twins)

    @property
    def refs(self) -> list[int]:
        """All passages, in corpus order."""
        return [ref for speech in self.speeches for ref in speech.refs]


def select(backend: Backend, scope: Scope = EVERYTHING, *, found: Sequence[int] = ()) -> Selection:
    """
    Return the passages in a scope.

    Where of twins one is selected, it is that among those that a query `found`, ascending, so
    that what is found in a copy is counted over that copy's text.
    """
    allowed = backend.scope(scope.filters)
    twins: Mapping[int, int] = {}
    if not scope.with_copies:
        twins = backend.twins(backend.refs() if allowed is None else allowed)
        twins = _turned(backend, twins, found)
    speeches = []
    for info, own in backend.ranges():
        refs: Sequence[int] = own
        if allowed is not None or twins:
            refs = [ref for ref in own if (allowed is None or ref in allowed) and ref not in twins]
        if refs:
            speeches.append(SelectedSpeech(info=info, refs=refs))
    return Selection(speeches=tuple(speeches), twins=twins)


def list_speeches(backend: WhooshBackend, scope: Scope = EVERYTHING) -> list[SpeechInfo]:
    """List the speeches, by path, of which the filters leave anything, be it a copy."""
    if not scope.filters:
        return backend.speeches()
    selection = select(backend, replace(scope, with_copies=True))
    return [speech.info for speech in selection.speeches]


def count_undated(backend: WhooshBackend, query: Query | None, scope: Scope) -> int:
    """Count the passages with a query, or the speeches, that have no date but pass otherwise."""
    from .evaluation import find_passages

    alone = replace(scope, filters=replace(scope.filters, undated="alone"))
    if query is None:
        return len(list_speeches(backend, alone))
    return len(find_passages(backend, query, alone).refs)


def _turned(backend: Backend, twins: Mapping[int, int], found: Sequence[int]) -> Mapping[int, int]:
    """Replace speeches by those of their copies in which something was found."""
    # Of twins the index keeps the first; but a hit may be only in the second, whose passage has the
    # hit's context. Frequencies must not divide hits in one text by the length of another.
    astray = [ref for ref in found if ref in twins]
    if not astray:
        return twins
    stand: dict[int, int] = {}
    for ref in astray:
        stand.setdefault(twins[ref], ref)
    own = {info.id: refs for info, refs in backend.ranges()}
    whole = {}
    for kept, ref in stand.items():
        speech = backend.info(kept).id
        # Nothing was found in the copy that is kept, so its whole text can change places with the
        # other: a speech is then counted in one piece rather than as passages of both.
        if bisect_left(found, own[speech].start) == bisect_left(found, own[speech].stop):
            whole[speech] = own[backend.info(ref).id]
    for ref, kept in twins.items():
        if ref in whole.get(backend.info(kept).id, ()):
            stand.setdefault(kept, ref)
    kept_now = {*astray, *stand.values()}
    left_out = {ref: stand.get(kept, kept) for ref, kept in twins.items() if ref not in kept_now}
    return left_out | stand


def folded_texts(backend: Backend, refs: Sequence[int]) -> Iterator[tuple[int, str]]:
    """
    Yield the passages of a speech with their folded texts.

    A text that ends its source line has a line end; so has the last one of those that follow one
    another, so that what is joined is never a text that does not stand so.
    """
    for run in runs_of(refs):
        texts = backend.texts(run)
        # Where a passage is left out between two others, their texts must not
        # join to words that nobody wrote.
        if texts and not texts[-1].endswith("\n"):
            texts[-1] += "\n"
        yield from zip(run, texts, strict=True)


def folded_text(backend: Backend, refs: Sequence[int]) -> str:
    """Read the folded text of passages of a speech: their lines, each with its line end."""
    return "".join([text for _ref, text in folded_texts(backend, refs)])


def size(backend: Backend, refs: Sequence[int]) -> int:
    """Count the characters of passages, punctuation included, line ends left out."""
    return sum(len(text.rstrip("\n")) for _ref, text in folded_texts(backend, refs))
