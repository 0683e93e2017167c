"""A passage -> what a shard keeps of it beside its folded text, from which it is made again."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from ...model import Kind

KINDS: tuple[Kind, ...] = ("title", "salutation", "heading", "body", "closing")
"""The kinds of passages by the numbers that stand for them in an index: never to be reordered."""


class OwnSection(msgspec.Struct, array_like=True, frozen=True):
    """
    What a heading passage tells of the section that it opens.

    The heading is `length` code points from `start` on; `extent` passages are in the section,
    the heading's included.
    """

    level: int
    number: int | None
    marker: str
    start: int
    length: int
    extent: int
    source: tuple[int, int] | None = None


class Place(msgspec.Struct, array_like=True, frozen=True):
    """
    What a shard keeps of a passage beside its folded text; `kind` is a place in KINDS.

    `above` are the distances, in documents, to the headings of its sections, from the outermost
    in. They hold wherever a speech comes to stand, because its passages stay together.
    `originals` and `steps` are those of `unfolding`: they give the text back from its folded form.
    """

    line: int
    column: int
    kind: int
    touches: bool
    point: str | None
    above: tuple[int, ...]
    themes: tuple[str, ...]
    originals: str
    steps: tuple[int, ...]
    own: OwnSection | None
    source: tuple[int, int] | None = None


class PlaceHead(msgspec.Struct, array_like=True, frozen=True):
    """The first fields of a Place, for those who read very many: the rest is not decoded."""

    line: int
    column: int
    kind: int
    touches: bool
    point: str | None
    above: tuple[int, ...]
    themes: tuple[str, ...]


write_place = msgspec.msgpack.Encoder().encode
read_place = msgspec.msgpack.Decoder(Place).decode
read_place_head = msgspec.msgpack.Decoder(PlaceHead).decode


def unfolding(text: str, folded: str) -> tuple[str, tuple[int, ...]]:
    """Return what folding changed: the original characters, and the steps from one to the next."""
    if text == folded:
        return "", ()
    changed = [i for i, (a, b) in enumerate(zip(text, folded, strict=True)) if a != b]
    steps = [changed[0], *(b - a for a, b in pairwise(changed))]
    return "".join([text[i] for i in changed]), tuple(steps)


def unfold(folded: str, originals: str, steps: tuple[int, ...]) -> str:
    """
    Return a text, from its folded form and what `unfolding` returned.

    >>> unfold("“甲”，x局", *unfolding("“甲”，Ｘ局", "“甲”，x局"))
    '“甲”，Ｘ局'
    """
    if not originals:
        return folded
    pieces: list[str] = []
    start = at = 0
    for original, step in zip(originals, steps, strict=True):
        at += step
        pieces += (folded[start:at], original)
        start = at + 1
    pieces.append(folded[start:])
    return "".join(pieces)
