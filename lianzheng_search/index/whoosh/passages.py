"""A ref -> the passage, its folded text, its source line, its section, from the columns."""

from __future__ import annotations

from ...model import Passage, Section
from ..backend import Frame, SourceLine
from .columns import ENCODING
from .place import KINDS, OwnSection, Place, read_place, read_place_head, unfold
from .shards import OpenShards

MOST_LINES = 50_000
"""Maximum number of source lines kept in memory: some 70 MB."""


class Passages:
    """The passages of an index, read when they are asked for."""

    def __init__(self, shards: OpenShards) -> None:
        self._shards = shards
        self._lines: dict[int, SourceLine] = {}
        self._sections: dict[int, Section] = {}

    def folded(self, ref: int) -> str:
        """Read a passage's folded text, with the line end, if it ends a line."""
        n, doc = self._shards.locate(ref)
        return self._shards.texts[n][doc].decode(ENCODING)  # type: ignore[no-any-return]

    def length(self, ref: int) -> int:
        """Return the length of a passage's folded text in bytes, without reading it."""
        n, doc = self._shards.locate(ref)
        return self._shards.texts[n].length(doc)  # type: ignore[no-any-return]

    def passage(self, ref: int) -> Passage:
        """Read a passage."""
        return self._read(ref)[0]

    def _read(self, ref: int) -> tuple[Passage, str]:
        """Read a passage, and its folded text with the line end, if it ends a line."""
        folded = self.folded(ref)
        place = self._place(ref)
        passage = Passage(
            line=place.line,
            column=place.column,
            kind=KINDS[place.kind],
            text=unfold(folded.removesuffix("\n"), place.originals, place.steps),
            # distances are stored, not refs, since another shard before this one moves all refs
            sections=tuple([self._section(ref - distance) for distance in place.above]),
            point=place.point,
            touches=place.touches,
            themes=place.themes,
            source=place.source,
        )
        return passage, folded

    def _place(self, ref: int) -> Place:
        n, doc = self._shards.locate(ref)
        return read_place(self._shards.places[n][doc])

    def own_section(self, ref: int) -> OwnSection:
        """Read what a heading passage tells of the section that it opens."""
        own = self._place(ref).own
        assert own is not None
        return own

    def _section(self, ref: int) -> Section:
        """Read the section that a heading passage opens; many passages ask for the same."""
        if (known := self._sections.get(ref)) is not None:
            return known
        place = self._place(ref)
        own = place.own
        assert own is not None
        text = unfold(self.folded(ref), place.originals, place.steps)
        section = self._sections[ref] = Section(
            line=place.line,
            column=place.column + own.start,
            level=own.level,
            number=own.number,
            marker=own.marker,
            heading=text[own.start :][: own.length],
            source=own.source,
        )
        return section

    def line(self, ref: int) -> SourceLine:
        """Read a passage's whole source line; many phrases of a batch stand on the same."""
        if (known := self._lines.get(ref)) is None:
            if len(self._lines) >= MOST_LINES:
                self._lines.clear()
            known = self._lines[ref] = self._line(ref)
        return known

    def _line(self, ref: int) -> SourceLine:
        passage, text = self._read(ref)
        passages, texts = [passage], [text]
        while passages[0].touches:
            ref -= 1
            passage, text = self._read(ref)
            passages.insert(0, passage)
            texts.insert(0, text)
        # only the stored line end tells where a line of several passages ends
        while texts[-1][-1] != "\n":
            passage, text = self._read(ref + len(passages))
            passages.append(passage)
            texts.append(text)
        return SourceLine(ref, tuple(passages), "".join(texts)[:-1])

    def texts(self, refs: range) -> list[str]:
        """Read the folded texts of passages that follow one another, in one go."""
        texts: list[str] = []
        start = refs.start
        while start < refs.stop:  # they may go on in the next shard
            n, doc = self._shards.locate(start)
            base = self._shards.bases[n]
            stop = min(refs.stop, base + self._shards.sizes[n])
            texts += self._shards.texts[n].texts(doc, stop - base)
            start = stop
        return texts

    def frames(self, refs: range) -> list[Frame]:
        """Read what passages of one speech are: the first part of what is kept of their places."""
        if not refs:
            return []
        n, first = self._shards.locate(refs.start)
        column = self._shards.places[n]
        frames = []
        for ref, doc in zip(refs, range(first, first + len(refs)), strict=True):
            # the head alone is decoded: statistics go through every passage and need no more
            place = read_place_head(column[doc])
            section = ref - place.above[0] if place.above else None
            frames.append(Frame(KINDS[place.kind], place.themes, section))
        return frames
