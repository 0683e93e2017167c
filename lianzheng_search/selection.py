"""Filters -> the passages that something is counted over, speech by speech, copies once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .backends import Backend, runs_of
from .model import SpeechInfo, Value
from .query import Filters


class SelectedSpeech(Value, frozen=True, kw_only=True):
    """A speech and those of its passages that are looked at, as refs, in reading order."""

    info: SpeechInfo
    refs: Sequence[int]


class Selection(Value, frozen=True, kw_only=True):
    """
    The speeches by path, none without passages.

    So many passages more say what one of these says, in a copy of its speech, and are left out.
    """

    speeches: tuple[SelectedSpeech, ...]
    copies: int = 0

    @property
    def refs(self) -> list[int]:
        """All passages, in corpus order."""
        return [ref for speech in self.speeches for ref in speech.refs]


def select(backend: Backend, filters: Filters, *, with_variants: bool = False) -> Selection:
    """
    Give the passages that the filters leave.

    Of those that say the same in copies of a speech one is kept, unless `with_variants`.
    """
    scope = backend.scope(filters)
    twins = {} if with_variants else backend.twins(backend.refs() if scope is None else scope)
    speeches = []
    for info, own in backend.ranges():
        refs: Sequence[int] = own
        if scope is not None or twins:
            refs = [ref for ref in own if (scope is None or ref in scope) and ref not in twins]
        if refs:
            speeches.append(SelectedSpeech(info=info, refs=refs))
    return Selection(speeches=tuple(speeches), copies=len(twins))


def folded_texts(backend: Backend, refs: Sequence[int]) -> Iterator[tuple[int, str]]:
    """
    Yield the passages of a speech with their folded texts.

    A text that ends its source line has a line end; so has the last one of those that follow one
    another, so that what is joined is never a text that does not stand so.
    """
    for run in runs_of(refs):
        texts = backend.texts(run)
        if texts and not texts[-1].endswith("\n"):
            texts[-1] += "\n"
        yield from zip(run, texts, strict=True)


def folded_text(backend: Backend, refs: Sequence[int]) -> str:
    """Read the folded text of passages of a speech: their lines, each with its line end."""
    return "".join([text for _ref, text in folded_texts(backend, refs)])


def size(backend: Backend, refs: Sequence[int]) -> int:
    """Count the characters of passages, punctuation included, line ends left out."""
    return sum(len(text.rstrip("\n")) for _ref, text in folded_texts(backend, refs))
