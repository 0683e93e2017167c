"""Records and the texts of the speeches -> which are copies of which, entered in the records."""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache

from ..text.folding import letters
from .changes import Record
from .copies import Sketches, find_copies, share_of, twins
from .whoosh.backend import WhooshBackend
from .whoosh.speeches import SpeechRow

RECENT_TEXTS = 8
"""Maximum number of speeches whose text is kept in memory while copies are looked for."""


def enter_copies(
    records: Mapping[str, Record],
    backend: WhooshBackend,
    last_sketches: Sketches,
    last_records: Mapping[str, Record],
    unchanged: Set[str],
) -> Sketches:
    """
    Add to the records which speeches are copies of which; return the sketches to be kept.

    `last_sketches` and `last_records` are of the last index; what they say of `unchanged` files
    holds, and is not worked out anew.
    """
    # read before the records are changed: unchanged ones may be the same objects
    last_twins: dict[str, dict[str, str]] = {}
    for path, record in last_records.items():
        if "of" in record:
            last_twins.setdefault(record["of"], {})[path] = record["twins"]
    for record in records.values():
        for key in ("of", "share", "twins"):
            record.pop(key, None)
    sketches = {
        path: record.pop("sketch", None) or last_sketches.sketches[path]
        for path, record in records.items()
        if record["passages"]
    }
    shares: dict[str, dict[str, float]] = {}

    @lru_cache(RECENT_TEXTS)
    def text(path: str) -> str:
        return letters("".join(backend.folded_passages(path)))

    def share(path: str, other: str) -> float:
        # an exact share takes both texts: of unchanged files it is taken from the last run
        both_unchanged = {path, other} <= unchanged
        number = last_sketches.shares.get(path, {}).get(other) if both_unchanged else None
        if number is None:
            number = share_of(text(path), text(other))
        shares.setdefault(path, {})[other] = number
        return number

    copies = find_copies(sketches, share)
    families: dict[str, list[str]] = {}
    for path in sorted(copies):
        families.setdefault(copies[path].of, [copies[path].of]).append(path)
    for of, members in families.items():
        known = last_twins.get(of, {})
        # a member that came or went renumbers the passages of the whole family
        if not unchanged >= set(members) or known.keys() != set(members[1:]):
            known = _twins_of(members, backend)
        for path in members[1:]:
            records[path] |= {"of": of, "share": copies[path].share, "twins": known[path]}
    return Sketches(sketches, shares)


def _twins_of(members: Sequence[str], backend: WhooshBackend) -> dict[str, str]:
    """Return the twins of each copy of a family as a record holds them, by path."""
    passages = [list(map(letters, backend.folded_passages(path))) for path in members]
    return {
        # JSON holds no bytes, and a list of numbers would be several times as long
        path: b64encode(array("i", numbers)).decode()
        for path, numbers in zip(members[1:], twins(passages)[1:], strict=True)
    }


def speech_rows(records: Mapping[str, Record]) -> list[SpeechRow]:
    """List the speeches by path, as `WhooshBackend` reads them."""
    keys = SpeechRow.__struct_fields__[1:-2]
    return [
        SpeechRow(
            id=path,
            of=record.get("of"),
            twins=b64decode(record.get("twins", "")),
            **{key: record[key] for key in keys},
        )
        for path, record in records.items()
        if record["passages"]
    ]
