"""A corpus -> the next generation of its index: what changed is written, the rest is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from msgspec.json import decode

from ..model import Value
from .building import SHARD_BYTES, Progress, build
from .changes import Changes, Record, compare
from .copies import Sketches
from .families import enter_copies, speech_rows
from .generations.faults import cannot_write, index_command
from .generations.folder import check_owner, check_place, prepare_directory
from .generations.lock import one_writer
from .generations.manifest import FILES, FORMAT, SKETCHES, SPEECHES, Manifest, last_generation
from .generations.snapshot import intact_shards, open_shards, read_file
from .generations.writing import begin, discard, publish, sweep
from .status import DAMAGE, IndexSummary, changed_versions, summarize, versions_now
from .tools import Tools
from .walk import SourceFile, check_directory, walk
from .whoosh.files import Shard

SMALLEST_TIER, TIER_FACTOR, MOST_IN_TIER = 1 << 16, 8, 4
"""
Size of the shards of the first tier, in bytes, by how much a tier is larger than the one before,
and maximum number of shards in a tier.

Shards of up to 64 kB, 512 kB, 4 MB, … are of one tier; when one has more than MOST_IN_TIER, they
are put together, so that there are never many, and a small change never rewrites a large one.
"""


class _LastIndex(Value, frozen=True, kw_only=True):
    """
    What there is to build upon: the last manifest, its records and sketches, and sound shards.

    `fault` names what is not sound: the ``format``, or DAMAGE. `named` is the generation and its
    shards, for the next manifest to name as the one before.
    """

    manifest: Manifest | None = None
    records: dict[str, Record] = msgspec.field(default_factory=dict)
    sketches: Sketches = msgspec.field(default_factory=lambda: Sketches({}, {}))
    shards: Sequence[Shard] = ()
    fault: str | None = None
    named: tuple[str, list[str]] | None = None


class _Plan(Value, frozen=True, kw_only=True):
    """
    What an update is to do.

    `counts` and `outdated` are those of the summary; `reusable` tells that what the last index
    says of unchanged files holds, for no rule and no version changed.
    """

    changes: Changes
    counts: dict[str, int]
    versions: dict[str, str]
    outdated: tuple[str, ...]
    reusable: bool


def update(
    directory: Path,
    index_directory: Path,
    tools: Tools,
    *,
    rebuild: bool = False,
    jobs: int | None = 1,
    progress: Progress = lambda done, files, size: None,
    wait: Callable[[str], None] | None = None,
) -> IndexSummary:
    """
    Bring an index up to date: a new generation, if any file, rule or version changed.

    The generation is written beside the old one, and named in CURRENT when it is whole; until
    then, and if anything fails, the old one stays. Shards that are damaged are made anew. While
    another run writes, RequestError, unless `wait` is given (see `one_writer`).
    """
    check_directory(directory)
    check_place(directory, index_directory)
    prepare_directory(index_directory)
    check_owner(index_directory)
    command = index_command(directory, index_directory)
    try:
        with one_writer(index_directory, wait, command):
            # the files are listed when the lock is held: after a wait they may be others
            sources = walk(directory, index_directory, limits=tools.limits)
            last = _last_index(directory, index_directory)
            plan = _plan(last, sources, tools, rebuild=rebuild)
            if plan.reusable and not plan.changes and not plan.outdated:
                return summarize(last.records, plan.counts)
            kept = _kept_records(last, plan)
            changed = [source for source in sources if source.path not in kept]
            make_shards = partial(build, sources=changed, tools=tools, jobs=jobs, progress=progress)
            records = _write_next(directory, index_directory, last, plan, kept, make_shards)
            fresh = {*plan.changes.added, *plan.changes.updated}
            return summarize(records, plan.counts, plan.outdated, fresh)
    except OSError as error:
        raise cannot_write(index_directory, error) from None


def _last_index(directory: Path, index_directory: Path) -> _LastIndex:
    """Read what the last update has left, and check all of it."""
    generation, manifest, fault = last_generation(directory, index_directory)
    if generation is None or manifest is None:
        return _LastIndex(fault=fault, named=(generation.name, []) if generation else None)
    sweep(index_directory, generation, manifest)
    named = (generation.name, [shard.name for shard in manifest.shards])
    files, sketches, rows = (
        read_file(generation, manifest, name) for name in (FILES, SKETCHES, SPEECHES)
    )
    # without the records nothing tells which passages of a shard belong to which file
    if files is None:
        return _LastIndex(fault=DAMAGE, named=named)
    shards = intact_shards(index_directory, manifest.shards)
    sound = sketches is not None and rows is not None and len(shards) == len(manifest.shards)
    return _LastIndex(
        manifest=manifest,
        records=decode(files),
        sketches=decode(sketches, type=Sketches) if sketches is not None else Sketches({}, {}),
        shards=shards,
        fault=None if sound else DAMAGE,
        named=named,
    )


def _plan(last: _LastIndex, sources: Sequence[SourceFile], tools: Tools, *, rebuild: bool) -> _Plan:
    changes = compare(last.records, sources)
    versions = versions_now(tools)
    built = versions if last.manifest is None else last.manifest.versions
    outdated = tuple(filter(None, (last.fault, *changed_versions(built, versions))))
    return _Plan(
        changes=changes,
        counts={
            "added": len(changes.added),
            "updated": len(changes.updated),
            "unchanged": len(changes.unchanged),
            "deleted": len(changes.deleted),
        },
        versions=versions,
        outdated=outdated,
        # damage alone does not void the rest: only the files of damaged shards are read again
        reusable=last.manifest is not None and not rebuild and not set(outdated) - {DAMAGE},
    )


def _kept_records(last: _LastIndex, plan: _Plan) -> dict[str, Record]:
    """
    Choose the files whose passages stay in the shards they are in.

    Not those of damaged shards, nor speeches without a sketch, whose copies could not be found.
    """
    if not plan.reusable:
        return {}
    sound = {shard.name: shard.passages for shard in last.shards}
    kept = {
        path: last.records[path]
        for path in plan.changes.unchanged
        if not last.records[path]["passages"]
        or (path in last.sketches.sketches and last.records[path]["shard"] in sound)
    }
    return _without_scattered(kept, sound)


def _without_scattered(
    records: dict[str, Record], passages: Mapping[str, int]
) -> dict[str, Record]:
    """
    Leave out the files of shards that are better written anew; `passages` are those of shards.

    Those are shards of which more than half has gone, and those of a tier that has too many.
    """
    live: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for record in records.values():
        live[record["shard"]] += record["passages"]
        sizes[record["shard"]] += record["size"]
    # documents of a shard cannot be removed, only disregarded: it is rewritten when most are dead
    anew = {name for name in live if live[name] * 2 < passages.get(name, 0)}
    tiers: dict[int, set[str]] = {}
    for name in live.keys() - anew:
        tier, most = 0, SMALLEST_TIER
        while most < sizes[name]:
            tier, most = tier + 1, most * TIER_FACTOR
        # large shards are not merged: the result would be more than a process should hold
        if most < SHARD_BYTES:
            tiers.setdefault(tier, set()).add(name)
    anew.update(*(names for names in tiers.values() if len(names) > MOST_IN_TIER))
    return {path: record for path, record in records.items() if record["shard"] not in anew}


def _write_next(
    directory: Path,
    index_directory: Path,
    last: _LastIndex,
    plan: _Plan,
    kept: Mapping[str, Record],
    make_shards: Callable[[Path], tuple[dict[str, Record], list[Shard]]],
) -> dict[str, Record]:
    """
    Write the next generation and make it the current one; return its records by path.

    `make_shards` writes the files that are not `kept` into shards of a generation. If anything
    fails, nothing is left of it.
    """
    # under other rules or versions, old sketches would not be comparable with new ones
    known = last if plan.reusable else _LastIndex()
    generation = begin(index_directory)
    try:
        made, shards = make_shards(generation)
        # sorted, so that equal corpora make equal files, whichever process was done first
        records = dict(sorted({**kept, **made}.items()))
        used = {record["shard"] for record in records.values()}
        manifest = Manifest(
            format=FORMAT,
            built=datetime.now().astimezone().isoformat(timespec="seconds"),
            versions=plan.versions,
            counts=plan.counts,
            shards=[shard for shard in (*last.shards, *shards) if shard.name in used],
            files={},
            before=last.named,
        )
        rows = speech_rows(records)
        # copies are found among all speeches, old and new, hence only when every shard is there
        with closing(open_shards(directory, generation, manifest.shards, rows)) as backend:
            unchanged = set(plan.changes.unchanged)
            sketches = enter_copies(records, backend, known.sketches, known.records, unchanged)
        # the rows are made once more: only now do the records say which speeches are copies
        files = {SKETCHES: sketches, FILES: records, SPEECHES: speech_rows(records)}
        publish(generation, manifest, files)
    except BaseException:  # a signal, too
        discard(generation)
        raise
    sweep(index_directory, generation, manifest)
    return records
