"""A corpus -> the next generation of its index; what changed since, and by which versions."""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from msgspec import to_builtins
from msgspec.json import decode

from .. import __version__
from ..errors import RequestError
from ..messages import _
from ..model import Problem, Value
from ..reading.limits import Limits, Unreadable, limits_fingerprint
from ..reading.read import extras_found, file_bytes
from ..text.folding import letters
from ..text.words import words_fingerprint
from . import generations
from .copies import Copy, Sketch, Sketches, find_copies, share_of, sketch, twins
from .ingest import SourceFile, Tools, check_directory, load_speech, walk
from .lock import one_writer
from .whoosh.backend import SpeechRow, WhooshBackend, whoosh_version
from .whoosh.files import Shard
from .whoosh.shard import ENCODING
from .whoosh.writing import speech_documents, write_index

SHARD_BYTES = 16_000_000
"""About so many bytes of files go into a shard at most: what a process holds in memory."""
SHARDS_AT_ONCE, SMALL_SHARD = 4, 2_000_000
"""Into so many shards the files of a run are divided at least, so that processes share the work."""
FILE_COST = 500
"""What a file costs beside its bytes, as so many bytes of text would."""
PARALLEL_FROM = 2_000_000
"""Below so many bytes, starting processes takes longer than they save."""
SMALLEST_TIER, TIER_FACTOR, MOST_IN_TIER = 1 << 16, 8, 4
"""
Shards of up to 64 kB, 512 kB, 4 MB, … are of one tier; when one has more than MOST_IN_TIER, they
are put together, so that there are never many, and a small change never rewrites a large one.
"""
WAIT = 0.1
"""Seconds between two looks at what the processes have done."""
Progress = Callable[[int, int, int], None]
Record = dict[str, Any]
"""
What an index knows of a file, as JSON: size, mtime_ns, inode, sha256; where its passages are
(shard, first, passages); title, date, venue, speaker, source; removed (by rule), removed_lines;
problems; of a copy, the file it is a copy `of`, its `share`, and its `twins` as base64 (see
SpeechRow). Until it is written, its Sketch.
"""
Built = tuple[list[tuple[str, Record]], Shard]
"""What a shard has become: what is known of each of its files by path, and the shard."""
RACY_NS, NO_TIME = 2_000_000_000, -1
"""
A file that was written so shortly before it is read may change again and keep its mtime, which
tells two seconds apart on some drives: no mtime is recorded of it, and its content is compared.
"""
DAMAGE = "damage"
"""What is told instead of a version where files are read anew because the index was damaged."""
KNOWN_TEXTS = 8
"""Of so many speeches the text is kept while copies are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSummary:
    """
    What is in an index and what the last update did; `problems` are by path and line.

    `removed_lines` counts whole lines, `removed_by_rule` also what was cut out of one; `known`
    counts the speeches of which the date, the speaker, the source is known. `copies` are the
    speeches that are copies, by path. `outdated` names what had changed so that every file was
    read anew: a rule file, a version.
    """

    files: int
    speeches: int
    passages: int
    removed_lines: int
    added: int
    updated: int
    unchanged: int
    deleted: int
    outdated: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    copies: Mapping[str, Copy] = field(default_factory=dict)
    removed_by_rule: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The paths of files that differ from those of the index."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether any file differs."""
        return bool(self.added or self.updated or self.deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is indexed, by which versions, which of those differ now, and which files do."""

    summary: IndexSummary
    built: str
    versions: Mapping[str, str]
    outdated: tuple[str, ...]
    changes: Changes
    size: int
    update_command: str


def update(
    directory: Path,
    index_directory: Path,
    tools: Tools,
    *,
    rebuild: bool,
    jobs: int | None,
    progress: Progress,
    wait: Callable[[str], None] | None = None,
) -> IndexSummary:
    """
    Bring an index up to date: a new generation, if any file, rule or version changed.

    The generation is written beside the old one, and named in CURRENT when it is whole; until
    then, and if anything fails, the old one stays. Shards that are damaged are made anew. While
    another run writes, RequestError, unless `wait` is given (see `one_writer`).
    """
    check_directory(directory)
    generations.prepare_directory(index_directory)
    generations.check_owner(index_directory)
    command = generations.index_command(directory, index_directory)
    try:
        with one_writer(index_directory, wait, command):
            sources = walk(directory, index_directory, limits=tools.limits)
            return _update(directory, index_directory, sources, tools, rebuild, jobs, progress)
    except OSError as error:
        raise generations.cannot_write(index_directory, error) from None


def status(directory: Path, index_directory: Path, tools: Tools) -> Status:
    """Compare an index with the files and the rules as they are now; open_current's errors."""
    with closing(generations.open_current(directory, index_directory)) as snapshot:
        manifest, records = snapshot.manifest, snapshot.records
    return Status(
        summary=_summary(records, manifest.counts),
        built=manifest.built,
        versions=manifest.versions,
        outdated=_outdated(manifest.versions, _versions(tools)),
        changes=compare(records, walk(directory, index_directory, limits=tools.limits)),
        size=sum(known.size for known in manifest.files.values())
        + sum(shard.size for shard in manifest.shards),
        update_command=generations.index_command(directory, index_directory),
    )


def _update(
    directory: Path,
    index_directory: Path,
    sources: list[SourceFile],
    tools: Tools,
    rebuild: bool,
    jobs: int | None,
    progress: Progress,
) -> IndexSummary:
    last = _last(directory, index_directory)
    changes = compare(last.records, sources)
    versions = _versions(tools)
    counts = {
        "added": len(changes.added),
        "updated": len(changes.updated),
        "unchanged": len(changes.unchanged),
        "deleted": len(changes.deleted),
    }
    built = versions if last.manifest is None else last.manifest.versions
    outdated = tuple(filter(None, (last.wrong, *_outdated(built, versions))))
    same = last.manifest is not None and not rebuild and not set(outdated) - {DAMAGE}
    if same and not changes and not outdated:
        return _summary(last.records, counts)
    sketches = last.sketches if same else Sketches({}, {})
    good = {shard.name: shard for shard in last.shards}
    kept = {
        path: last.records[path]
        for path in (changes.unchanged if same else ())
        if not last.records[path]["passages"]
        or (path in sketches.sketches and last.records[path]["shard"] in good)
    }
    kept = _worth_keeping(kept, {name: shard.passages for name, shard in good.items()})
    todo = [source for source in sources if source.path not in kept]

    generation = generations.begin(index_directory)
    try:
        records, made = _build(generation, todo, tools, _jobs(jobs, todo), progress)
        records = dict(sorted((kept | records).items()))
        used = generations.shard_sizes(records)
        manifest = generations.Manifest(
            format=generations.FORMAT,
            built=datetime.now().astimezone().isoformat(timespec="seconds"),
            versions=versions,
            counts=counts,
            shards=[shard for shard in (*last.shards, *made) if shard.name in used],
            files={},
            before=last.named,
        )
        rows = _speech_rows(records)
        backend = generations.open_shards(directory, generation, manifest.shards, rows)
        with closing(backend):
            sketches = _find_families(
                records,
                backend,
                sketches,
                last.records if same else {},
                unchanged=set(changes.unchanged),
            )
        files = {
            generations.SKETCHES: sketches,
            generations.FILES: records,
            generations.SPEECHES: _speech_rows(records),
        }
        generations.publish(generation, manifest, files)
    except BaseException:
        generations.discard(generation)
        raise
    generations.sweep(index_directory, generation, manifest)
    return _summary(records, counts, outdated)


class _Last(Value, frozen=True, kw_only=True):
    """
    What there is to build upon: the last manifest, its records and sketches, and good shards.

    `wrong` tells that there is something that is no good: its ``format``, or DAMAGE. `named` is
    the generation and its shards, for the next manifest to name as the one before.
    """

    manifest: generations.Manifest | None = None
    records: dict[str, Record] = msgspec.field(default_factory=dict)
    sketches: Sketches = msgspec.field(default_factory=lambda: Sketches({}, {}))
    shards: Sequence[Shard] = ()
    wrong: str | None = None
    named: tuple[str, list[str]] | None = None


def _last(directory: Path, index_directory: Path) -> _Last:
    """Read what the last update has left, and check all of it."""
    generation, manifest, wrong = generations.last_generation(directory, index_directory)
    if generation is None or manifest is None:
        return _Last(wrong=wrong, named=(generation.name, []) if generation else None)
    generations.sweep(index_directory, generation, manifest)
    named = (generation.name, [shard.name for shard in manifest.shards])
    names = (generations.FILES, generations.SKETCHES, generations.SPEECHES)
    files, sketches, rows = (generations.read_file(generation, manifest, name) for name in names)
    if files is None:
        return _Last(wrong=DAMAGE, named=named)
    shards = generations.intact_shards(index_directory, manifest.shards)
    whole = sketches is not None and rows is not None and len(shards) == len(manifest.shards)
    return _Last(
        manifest=manifest,
        records=decode(files),
        sketches=decode(sketches, type=Sketches) if sketches is not None else Sketches({}, {}),
        shards=shards,
        wrong=None if whole else DAMAGE,
        named=named,
    )


def _worth_keeping(kept: dict[str, Record], shards: Mapping[str, int]) -> dict[str, Record]:
    """
    Leave out the files of shards that are better written anew.

    Those are shards of which more than half has gone, and those of a tier that has too many.
    """
    live: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for record in kept.values():
        live[record["shard"]] += record["passages"]
        sizes[record["shard"]] += record["size"]
    anew = {name for name in live if live[name] * 2 < shards.get(name, 0)}
    tiers: dict[int, set[str]] = {}
    for name in live.keys() - anew:
        tier, most = 0, SMALLEST_TIER
        while most < sizes[name]:
            tier, most = tier + 1, most * TIER_FACTOR
        if most < SHARD_BYTES:
            tiers.setdefault(tier, set()).add(name)
    anew.update(*(names for names in tiers.values() if len(names) > MOST_IN_TIER))
    return {path: record for path, record in kept.items() if record["shard"] not in anew}


def _build(
    generation: Path, todo: Sequence[SourceFile], tools: Tools, jobs: int, progress: Progress
) -> tuple[dict[str, Record], list[Shard]]:
    """Write files into new shards, in `jobs` processes; the shards do not depend on how many."""
    batches = list(_batches(todo))
    directories = [generations.begin_shard(generation, n) for n in range(len(batches))]
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += 1
        progress(done, len(todo), size)

    if jobs == 1:
        built = [
            _build_shard(directory, batch, tools, advance)
            for directory, batch in zip(directories, batches, strict=True)
        ]
    else:
        built = _build_in_processes(directories, batches, tools, jobs, advance)
    records = dict(chain.from_iterable(records for records, _shard in built))
    return records, [shard for _records, shard in built]


def _batches(sources: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    """Divide files, in their order, into shards of about the same size."""
    sizes = [source.size + FILE_COST for source in sources]
    total = sum(sizes)
    number = max(-(-total // SHARD_BYTES), min(SHARDS_AT_ONCE, total // SMALL_SHARD), 1)
    batch: list[SourceFile] = []
    seen = done = 0
    for source, size in zip(sources, sizes, strict=True):
        batch.append(source)
        seen += size
        if seen * number >= (done + 1) * total:
            yield batch
            batch, done = [], seen * number // total
    if batch:
        yield batch


def _build_in_processes(
    directories: Sequence[Path],
    batches: Sequence[list[SourceFile]],
    tools: Tools,
    jobs: int,
    advance: Callable[[int], None],
) -> list[Built]:
    """Build shards in a pool; what is running is ended when this process is interrupted."""
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    from ..signals import starting_processes

    context = get_context("spawn")
    sizes = context.SimpleQueue()
    with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(sizes,)) as pool:
        try:
            with starting_processes():
                futures = [
                    pool.submit(_build_in_worker, directory, batch, tools)
                    for directory, batch in zip(directories, batches, strict=True)
                ]
            while wait(futures, timeout=WAIT).not_done:
                while not sizes.empty():
                    advance(sizes.get())
            while not sizes.empty():
                advance(sizes.get())
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise RequestError(
                _("index: a process has died, for want of memory perhaps. Try it with --jobs 1")
            ) from None
        except BaseException:
            for child in active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)  # waits: to be left halfway, it would complain
            raise


_tell_size: Callable[[int], None] = print
"""In a worker: tells the main process that a file of this size is done."""


def _start_worker(sizes: Any) -> None:
    import signal
    from threading import Thread

    global _tell_size  # a process has one pipe to the one that started it
    _tell_size = sizes.put
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends us
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is dead, be it killed."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _build_in_worker(directory: Path, batch: list[SourceFile], tools: Tools) -> Built:
    return _build_shard(directory, batch, tools, _tell_size)


def _build_shard(
    directory: Path, batch: list[SourceFile], tools: Tools, advance: Callable[[int], None]
) -> Built:
    """Write a shard; give what is known of each of its files, and the shard."""
    records: list[tuple[str, Record]] = []

    def documents() -> Iterator[Mapping[str, Any]]:
        first = 0
        for source in batch:
            record, ready = _prepare(source, tools)
            yield from ready
            records.append((source.path, record | {"shard": directory.name, "first": first}))
            first += len(ready)
            advance(source.size)

    shard = write_index(directory, documents())
    return records, shard


def _prepare(source: SourceFile, tools: Tools) -> tuple[Record, list[dict[str, Any]]]:
    """Make one file ready for the index; never raises for what is in a file."""
    settled = time.time_ns() - source.mtime_ns > RACY_NS
    record: Record = {
        "size": source.size,
        "mtime_ns": source.mtime_ns if settled else NO_TIME,
        "inode": source.inode,
        "passages": 0,
    }
    try:
        data = file_bytes(source.file, path=source.path, limits=tools.limits)
    except Unreadable as unreadable:
        told = {"problems": [to_builtins(unreadable.problem)], "sha256": _sha256(source.file)}
        return record | told, []
    record["sha256"] = hashlib.sha256(data).hexdigest()  # of what is read, whatever comes after
    try:
        speech = load_speech(source.file, tools, path=source.path, data=data)
    except Unreadable as unreadable:
        return record | {"problems": [to_builtins(unreadable.problem)]}, []
    documents = list(speech_documents(speech, words_file=tools.words_file))
    folded = "".join(document["folded"] for document in documents)
    return record | {
        "sketch": sketch(letters(folded)),
        "passages": len(documents),
        "text_bytes": len(folded.encode(ENCODING)),
        "title": speech.info.title,
        "date": speech.info.date,
        "venue": speech.info.venue,
        "speaker": speech.info.speaker,
        "source": speech.info.source,
        "removed": Counter(removal.rule for removal in speech.removals),
        "removed_lines": sum(
            removal.line is not None and removal.column is None for removal in speech.removals
        ),
        "problems": [to_builtins(problem) for problem in speech.problems],
    }, documents


def _find_families(
    records: Mapping[str, Record],
    backend: WhooshBackend,
    known: Sketches,
    last: Mapping[str, Record],
    unchanged: Set[str],
) -> Sketches:
    """
    Add to the records which are copies of which; give the sketches to be kept.

    `known` and `last` are of the last index; what it worked out for `unchanged` files holds.
    """
    last_twins: dict[str, dict[str, str]] = {}
    for path, record in last.items():
        if "of" in record:
            last_twins.setdefault(record["of"], {})[path] = record["twins"]
    sketches: dict[str, Sketch] = {}
    for path, record in records.items():
        for key in ("of", "share", "twins"):
            record.pop(key, None)
        if record["passages"]:
            sketches[path] = record.pop("sketch", None) or known.sketches[path]
    shares: dict[str, dict[str, float]] = {}

    @lru_cache(KNOWN_TEXTS)
    def text(path: str) -> str:
        return letters("".join(backend.folded_passages(path)))

    def share(path: str, other: str) -> float:
        found = known.shares.get(path, {}).get(other) if {path, other} <= unchanged else None
        if found is None:
            found = share_of(text(path), text(other))
        shares.setdefault(path, {})[other] = found
        return found

    copies = find_copies(sketches, share)
    families: dict[str, list[str]] = {}
    for path in sorted(copies):
        families.setdefault(copies[path].of, [copies[path].of]).append(path)
    for of, members in families.items():
        told = last_twins.get(of, {})
        if not unchanged >= set(members) or told.keys() != set(members[1:]):
            passages = [list(map(letters, backend.folded_passages(path))) for path in members]
            same = twins(passages)[1:]
            told = {
                path: b64encode(array("i", numbers)).decode()
                for path, numbers in zip(members[1:], same, strict=True)
            }
        for path in members[1:]:
            records[path] |= {"of": of, "share": copies[path].share, "twins": told[path]}
    return Sketches(sketches, shares)


def _speech_rows(records: Mapping[str, Record]) -> list[SpeechRow]:
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


def _outdated(built: Mapping[str, str], versions: Mapping[str, str]) -> tuple[str, ...]:
    """Name what decides what is in an index and is not what it was."""
    return tuple(name for name in versions if versions[name] != built.get(name))


def _summary(
    records: Mapping[str, Record], counts: Mapping[str, int], outdated: tuple[str, ...] = ()
) -> IndexSummary:
    removed: Counter[str] = Counter()
    for record in records.values():
        removed.update(record.get("removed", {}))
    return IndexSummary(
        files=len(records),
        speeches=sum(record["passages"] > 0 for record in records.values()),
        passages=sum(record["passages"] for record in records.values()),
        removed_lines=sum(record.get("removed_lines", 0) for record in records.values()),
        removed_by_rule=dict(sorted(removed.items())),
        known={
            key: sum(
                record["passages"] > 0 and bool(record.get(key)) for record in records.values()
            )
            for key in ("date", "speaker", "source")
        },
        problems=tuple(
            Problem(**problem) for record in records.values() for problem in record["problems"]
        ),
        copies={
            path: Copy(record["of"], record["share"])
            for path, record in records.items()
            if record.get("of")
        },
        outdated=outdated,
        **counts,
    )


def as_it_was(record: Record, source: SourceFile) -> bool:
    """Tell whether a file need not be looked into: size, mtime and inode are those recorded."""
    told = (record["size"], record["mtime_ns"], record["inode"])
    return told == (source.size, source.mtime_ns, source.inode)


def compare(known: Mapping[str, Any], sources: Iterable[SourceFile]) -> Changes:
    """
    Compare files by path, size, mtime and inode, and by content only where one of these differs.

    A file that was only touched is not changed.
    """
    added, updated, unchanged = [], [], []
    for source in sources:
        entry = known.get(source.path)
        if entry is None:
            added.append(source.path)
        elif entry["sha256"] is not None and as_it_was(entry, source):
            unchanged.append(source.path)
        elif entry["size"] == source.size and entry["sha256"] == _sha256(source.file):
            unchanged.append(source.path)  # or it could not be read then, nor can be now
        else:
            updated.append(source.path)
    gone = known.keys() - {*added, *updated, *unchanged}
    return Changes(
        added=tuple(added),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        deleted=tuple(sorted(gone)),
    )


def _sha256(file: Path) -> str | None:
    try:
        if file.is_file():  # reading a pipe would wait for ever
            with file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        data = file_bytes(file, path="", limits=Limits())  # in a zip archive, perhaps
    except (OSError, Unreadable):
        return None
    return hashlib.sha256(data).hexdigest()


def _versions(tools: Tools) -> dict[str, str]:
    """Name everything that decides what is in an index, in the order in which it is told."""
    return {
        "lianzheng-search": __version__,
        "whoosh": whoosh_version(),
        "words": words_fingerprint(tools.words_file),
        "watermarks": tools.rules.fingerprint[:12],
        "themes": tools.themes.fingerprint[:12],
        "encoding": tools.encoding or "auto",
        "readers": extras_found(),
        "limits": limits_fingerprint(tools.limits),
    }


def _jobs(jobs: int | None, todo: Iterable[SourceFile]) -> int:
    if jobs is not None:
        return jobs
    parallel = sum(source.size for source in todo) >= PARALLEL_FROM
    return min(os.cpu_count() or 1, 8) if parallel else 1
