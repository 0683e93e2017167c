"""A selection -> the folded text of each speech in one piece, and the passages it is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from ..index.backend import Backend
from ..model import SpeechInfo, Value
from .selection import Selection


class Place(Value, frozen=True, kw_only=True, order=True):
    """Where something stands: a passage, by its ref, and the code points from its start on."""

    ref: int
    start: int
    end: int


class SpeechText(Value, frozen=True, kw_only=True):
    """
    The folded text of a speech, each of its lines with a line end.

    `starts` are the offsets at which its passages start; `refs` are those that were selected: what
    starts in another one is none of what is looked for.
    """

    info: SpeechInfo
    text: str
    first: int
    starts: Sequence[int]
    refs: frozenset[int] | None

    def place(self, start: int, end: int) -> Place | None:
        """Return the place of a part of the text; None where it starts in no selected passage."""
        n = bisect_right(self.starts, start) - 1
        if self.refs is not None and self.first + n not in self.refs:
            return None
        at = self.starts[n]
        return Place(ref=self.first + n, start=start - at, end=end - at)


def speech_texts(backend: Backend, selection: Selection) -> Iterator[SpeechText]:
    """Read whole the speeches of which passages are selected, by path."""
    selected = {speech.info.id: speech.refs for speech in selection.speeches}
    for info, own in backend.ranges():
        # The whole speech, though only some passages are asked for: who is quoted, or what a short
        # name means, may be said in a passage outside of the selection.
        if refs := selected.get(info.id):
            texts = backend.texts(own)
            yield SpeechText(
                info=info,
                text="".join(texts),
                first=own.start,
                starts=[0, *accumulate(map(len, texts))][:-1],
                refs=None if len(refs) == len(own) else frozenset(refs),
            )


def verbatim(backend: Backend, place: Place) -> str:
    """Read what stands at a place, as it is written, on from passage to passage of the line."""
    line = backend.line(place.ref)
    text = "".join([passage.text for passage in line.passages[place.ref - line.first :]])
    return text[place.start : place.end]


def cited(backend: Backend, place: Place) -> str:
    """Cite a place as ``speech:line``, the line that its passage starts on."""
    line = backend.line(place.ref)
    passage = line.passages[place.ref - line.first]
    return f"{backend.info(place.ref).id}:{passage.place[0]}"
