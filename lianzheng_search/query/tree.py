"""The tree that a query is parsed into: phrases, gaps, fields and the operators over them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from ..model import Value
from .filters import Filters

LONGEST_GAP = 10
"""Maximum number of characters that a ``*`` stands for."""


class Phrase(Value, frozen=True):
    """Folded characters that stand next to one another; `quoted` asks for nothing less."""

    text: str
    quoted: bool = False


class Gap(Value, frozen=True):
    """A phrase with gaps, folded: ``*`` is 0–10 characters of one sentence, ``?`` exactly one."""

    pattern: str


class Near(Value, frozen=True):
    """Two phrases of one line at most `distance` characters apart, in either order."""

    left: Phrase | Gap
    right: Phrase | Gap
    distance: int


class Field(Value, frozen=True):
    """A filter written inside a query, with one of the names of FIELDS."""

    name: str
    value: str


class And(Value, frozen=True):
    """All of the parts, in one passage."""

    parts: tuple[Query, ...]


class Or(Value, frozen=True):
    """Any of the parts."""

    parts: tuple[Query, ...]


class Not(Value, frozen=True):
    """Every passage but those of the part."""

    part: Query


# Leaves are what can be marked in a text. A field says where to look, and has no place there.
Leaf = Phrase | Gap | Near
Query = Phrase | Gap | Near | Field | And | Or | Not


def field_filters(field: Field) -> Filters:
    """Return the filters that a field of a query stands for."""
    if field.name == "theme":
        return Filters(themes=(field.value,))
    name = "part" if field.name == "in" else field.name
    return replace(Filters(), **{name: field.value})


def leaves(query: Query) -> Iterator[Leaf]:
    """Yield the phrases, gaps and NEARs of a query, from left to right, but for negated ones."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from leaves(part)
    elif isinstance(query, Phrase | Gap | Near):
        yield query


def literals(leaf: Leaf) -> Iterator[str]:
    """Yield the strings that every match of a leaf must hold."""
    if isinstance(leaf, Phrase):
        yield leaf.text
    elif isinstance(leaf, Gap):
        yield from filter(None, re.split(r"[*?]+", leaf.pattern))
    else:
        yield from literals(leaf.left)
        yield from literals(leaf.right)


def parts_of(query: Query) -> Iterator[Leaf | Field]:
    """Yield the leaves and fields of a query, negated ones too."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from parts_of(part)
    elif isinstance(query, Not):
        yield from parts_of(query.part)
    else:
        yield query
