"""How an export was made, as a value; and what differs when it is made again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.changes import Basis
from ..model import Value
from ..query.filters import FILTERS

if TYPE_CHECKING:
    from ..query.options import BatchOptions


class BatchSettings(Value, frozen=True, kw_only=True):
    """
    What a batch is to hold.

    `context` is one of `excerpts.CONTEXTS` or a number of characters; `group_by` one of
    `entries.GROUPINGS`; `per_source` is the maximum number of passages of one speech for a query
    and `limit` that of a query, 0 for all; `cite` names a style of `citations`, or is None.
    """

    context: str | int = "passage"
    group_by: str = "query"
    per_source: int = 0
    limit: int = 0
    sort: str | None = None
    with_variants: bool = False
    cite: str | None = None
    filters: Mapping[str, Any] = {}


def batch_settings(options: BatchOptions) -> BatchSettings:
    """Return the settings that options ask for; filters that leave everything are left out."""
    others: dict[str, Any] = {**options}
    filters = {name: others.pop(name) for name in FILTERS if name in others}
    filters = {name: value for name, value in filters.items() if value and value != "all"}
    return BatchSettings(**others, filters=filters)


class QueryOutcome(Value, frozen=True, kw_only=True):
    """
    What became of a query: `rows` rows from `speeches` speeches, `copies` more in copies of them.

    `digest` is a hash of the rows, in their order.
    """

    name: str
    query: str | None
    filters: Mapping[str, Any]
    limit: int
    sort: str | None
    rows: int
    speeches: int
    copies: int
    digest: str


class Manifest(Value, frozen=True, kw_only=True):
    """
    How an export was made, so that it can be made again.

    `fingerprint` is a hash of all files of the corpus; `versions` are of this program and of what
    decides what is in an index; `speeches` maps each speech with rows to the hash of its file;
    `basis` is what the answers rest on, which old manifests do not tell.
    """

    made: str
    tool: str
    corpus: str
    fingerprint: str
    versions: Mapping[str, str]
    settings: BatchSettings
    format: str
    columns: tuple[str, ...] | None
    split: str | None
    queries: tuple[QueryOutcome, ...]
    speeches: Mapping[str, str]
    basis: Basis | None = None

    @property
    def rows(self) -> int:
        """The number of rows of all queries."""
        return sum(outcome.rows for outcome in self.queries)


class Exported(Value, frozen=True, kw_only=True):
    """
    What an export wrote: its files, and the number of rows by query, zeros too.

    `copies` is the number of passages that were left out as copies of those written.
    """

    files: tuple[Path, ...]
    counts: Mapping[str, int]
    copies: int = 0

    @property
    def rows(self) -> int:
        """The number of rows written."""
        return sum(self.counts.values())


class Difference(Value, frozen=True, kw_only=True):
    """A query that was asked again: its rows then and now, and whether all are the same."""

    name: str
    then: int
    now: int
    same: bool


class Replayed(Value, frozen=True, kw_only=True):
    """
    What differs between an export and the same made again.

    `changed` are the speeches that had rows and whose files have changed since, `gone` those
    whose files are there no more; `versions` maps what has another version now to that of then
    and that of now.
    """

    queries: tuple[Difference, ...]
    same_corpus: bool
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    versions: Mapping[str, tuple[str, str]]
    exported: Exported | None = None

    @property
    def same(self) -> bool:
        """Whether every row is as it was."""
        return all(query.same for query in self.queries)


def fingerprint(file_hashes: Mapping[str, str]) -> str:
    """Return a hash, 16 hexadecimal digits, of the paths of a corpus's files and their hashes."""
    everything = "".join(f"{path}\0{digest}\n" for path, digest in sorted(file_hashes.items()))
    return hashlib.sha256(everything.encode()).hexdigest()[:16]


def compare(
    old: Manifest,
    outcomes: Sequence[QueryOutcome],
    *,
    file_hashes: Mapping[str, str],
    versions: Mapping[str, str],
    exported: Exported | None,
) -> Replayed:
    """
    Return what differs between an export and the `outcomes` of its queries, asked again.

    `file_hashes` and `versions` are those of the corpus now.
    """
    return Replayed(
        queries=tuple(
            Difference(name=then.name, then=then.rows, now=now.rows, same=then.digest == now.digest)
            for then, now in zip(old.queries, outcomes, strict=True)
        ),
        same_corpus=old.fingerprint == fingerprint(file_hashes),
        changed=tuple(
            speech
            for speech, digest in old.speeches.items()
            # manifests hold the first digits of a hash only
            if speech in file_hashes and file_hashes[speech][: len(digest)] != digest
        ),
        gone=tuple(speech for speech in old.speeches if speech not in file_hashes),
        versions={
            name: (version, versions.get(name, ""))
            for name, version in old.versions.items()
            if versions.get(name, "") != version
        },
        exported=exported,
    )
