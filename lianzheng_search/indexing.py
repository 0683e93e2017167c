"""A corpus -> the next generation of its index; what changed since, and by which versions."""

from __future__ import annotations

import hashlib
import os
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

from msgspec import to_builtins
from msgspec.json import decode

from . import __version__, analysis, generations
from .corpus_files import SourceFile, Tools, load_speech, walk
from .families import Copy, Sketch, Sketches, find_copies, letters, share_of, sketch, twins
from .language import _
from .limits import Limits, Unreadable, limits_fingerprint
from .model import Problem, RequestError
from .reading import extras_found, file_bytes
from .shard import ENCODING
from .shard_writing import speech_documents, write_index
from .whoosh_index import SpeechRow, WhooshBackend, index_size, whoosh_version

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
What an index knows of a file, as JSON: size, mtime_ns, sha256; where its passages are (shard,
first, passages); title, date, venue, speaker, source; removed (by rule), removed_lines; problems;
of a copy, the file it is a copy `of`, its `share`, and its `twins` as base64 (see SpeechRow).
Until it is written, its Sketch.
"""
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
) -> IndexSummary:
    """
    Bring an index up to date: a new generation, if any file, rule or version changed.

    The generation is written beside the old one, and named in CURRENT when it is whole; until
    then, and if anything fails, the old one stays.
    """
    from filelock import FileLock, Timeout

    sources = walk(directory, index_directory, limits=tools.limits)
    generations.prepare_directory(index_directory)
    try:
        with FileLock(index_directory / "lock", timeout=0):
            return _update(directory, index_directory, sources, tools, rebuild, jobs, progress)
    except Timeout:
        raise RequestError(
            _("{directory}: another run is writing this index. Wait for it to end").format(
                directory=index_directory
            )
        ) from None


def status(directory: Path, index_directory: Path, tools: Tools) -> Status:
    """Compare an index with the files and the rules as they are now; open_current's errors."""
    generations.open_current(directory, index_directory).close()
    generation = generations.current(index_directory)
    assert generation is not None
    manifest = generations.read_json(generation / generations.MANIFEST)
    records = generations.read_json(generation / generations.FILES)
    now = _versions(tools)
    shards = generations.shard_directories(generation, manifest)
    return Status(
        summary=_summary(records, manifest["counts"]),
        built=manifest["built"],
        versions=manifest["versions"],
        outdated=_outdated(manifest, now),
        changes=compare(records, walk(directory, index_directory, limits=tools.limits)),
        size=sum(map(index_size, [generation, *shards])),
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
    old = generations.current(index_directory)
    manifest: Any = generations.read_json(old / generations.MANIFEST) if old else None
    known: Any = generations.read_json(old / generations.FILES) if old else None
    fits = old is not None and known is not None and generations.fits(old, manifest)
    if not fits:
        manifest, known = {"shards": {}}, {}
    changes = compare(known, sources)
    versions = _versions(tools)
    counts = {
        "added": len(changes.added),
        "updated": len(changes.updated),
        "unchanged": len(changes.unchanged),
        "deleted": len(changes.deleted),
    }
    outdated = _outdated(manifest, versions) if fits else ("format",) if old else ()
    same = fits and not rebuild and not outdated
    if same and not changes:
        return _summary(known, counts)
    sketches = _read_sketches(old) if old and same else Sketches({}, {})
    kept = {
        path: known[path]
        for path in (changes.unchanged if same else ())
        if path in sketches.sketches or not known[path]["passages"]
    }
    kept = _worth_keeping(kept, manifest["shards"])
    todo = [source for source in sources if source.path not in kept]

    generation = generations.begin(index_directory)
    records = dict(kept)
    records |= _build(generation, todo, tools, _jobs(jobs, todo), progress)
    records = dict(sorted(records.items()))
    shards = generations.shard_sizes(records)
    manifest = {
        "format": generations.FORMAT,
        "built": datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": versions,
        "counts": counts,
        "shards": shards | {name: n for name, n in manifest["shards"].items() if name in shards},
    }
    generations.write_json(generation / generations.MANIFEST, manifest)
    backend = generations.open_shards(directory, generation, manifest, _speech_rows(records))
    with closing(backend):
        sketches = _find_families(
            records, backend, sketches, known if same else {}, unchanged=set(changes.unchanged)
        )
    generations.write_json(generation / generations.SKETCHES, sketches)
    generations.write_json(generation / generations.FILES, records)
    generations.write_json(generation / generations.SPEECHES, _speech_rows(records))
    generations.publish(generation)
    return _summary(records, counts, outdated)


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
) -> dict[str, Record]:
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
    return dict(chain.from_iterable(built))


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
) -> list[list[tuple[str, Record]]]:
    """Build shards in a pool; what is running is ended when this process is interrupted."""
    import signal
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    context = get_context("spawn")
    sizes = context.SimpleQueue()
    with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(sizes,)) as pool:
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which new processes inherit
        futures = [
            pool.submit(_build_in_worker, directory, batch, tools)
            for directory, batch in zip(directories, batches, strict=True)
        ]
        signal.signal(signal.SIGINT, interrupt)
        try:
            while wait(futures, timeout=WAIT).not_done:
                while not sizes.empty():
                    advance(sizes.get())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.terminate()
            raise
        while not sizes.empty():
            advance(sizes.get())
        try:
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise RequestError(
                _("index: a process has died, for want of memory perhaps. Try it with --jobs 1")
            ) from None


_tell_size: Callable[[int], None] = print
"""In a worker: tells the main process that a file of this size is done."""


def _start_worker(sizes: Any) -> None:
    import signal

    global _tell_size  # a process has one pipe to the one that started it
    _tell_size = sizes.put
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends us


def _build_in_worker(
    directory: Path, batch: list[SourceFile], tools: Tools
) -> list[tuple[str, Record]]:
    return _build_shard(directory, batch, tools, _tell_size)


def _build_shard(
    directory: Path, batch: list[SourceFile], tools: Tools, advance: Callable[[int], None]
) -> list[tuple[str, Record]]:
    """Write a shard; give what is known of each of its files."""
    records: list[tuple[str, Record]] = []

    def documents() -> Iterator[Mapping[str, Any]]:
        first = 0
        for source in batch:
            record, ready = _prepare(source, tools)
            yield from ready
            records.append((source.path, record | {"shard": directory.name, "first": first}))
            first += len(ready)
            advance(source.size)

    write_index(directory, documents())
    generations.sync_files(directory)
    return records


def _prepare(source: SourceFile, tools: Tools) -> tuple[Record, list[dict[str, Any]]]:
    """Make one file ready for the index; never raises for what is in a file."""
    record: Record = {
        "size": source.size,
        "mtime_ns": source.mtime_ns,
        "sha256": _sha256(source.file),
        "passages": 0,
    }
    try:
        speech = load_speech(source.file, tools, path=source.path)
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


def _read_sketches(generation: Path) -> Sketches:
    """Read the sketches of a generation; what has none is read anew."""
    try:
        return decode((generation / generations.SKETCHES).read_bytes(), type=Sketches)
    except (OSError, ValueError):
        return Sketches({}, {})


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


def _outdated(manifest: Mapping[str, Any], versions: Mapping[str, str]) -> tuple[str, ...]:
    """Name what decides what is in an index and is not what it was."""
    return tuple(name for name in versions if versions[name] != manifest["versions"].get(name))


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


def compare(known: Mapping[str, Any], sources: Iterable[SourceFile]) -> Changes:
    """
    Compare files by path, size and mtime, and by content only where the mtime differs.

    A file that was only touched is not changed.
    """
    added, updated, unchanged = [], [], []
    for source in sources:
        entry = known.get(source.path)
        if entry is None:
            added.append(source.path)
        elif entry["sha256"] is None:  # it could not be read then; perhaps it can be now
            updated.append(source.path)
        elif entry["size"] == source.size and (
            entry["mtime_ns"] == source.mtime_ns or entry["sha256"] == _sha256(source.file)
        ):
            unchanged.append(source.path)
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
    if not file.is_file():  # reading a pipe would wait for ever
        try:
            data = file_bytes(file, path="", limits=Limits())  # in a zip archive, perhaps
        except Unreadable:
            return None
        return hashlib.sha256(data).hexdigest()
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None


def _versions(tools: Tools) -> dict[str, str]:
    """Name everything that decides what is in an index, in the order in which it is told."""
    return {
        "lianzheng-search": __version__,
        "whoosh": whoosh_version(),
        "words": analysis.fingerprint(tools.words_file),
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
