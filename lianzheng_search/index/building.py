"""Source files -> new shards, made in this process or in several at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from .changes import Record
from .generations.writing import begin_shard
from .records import prepare, refuse
from .tools import Tools
from .walk import SourceFile
from .whoosh.files import Shard
from .whoosh.writing import write_index
from .workers import Advance, Watch, report, run

SHARD_BYTES = 16_000_000
"""Maximum size of the files of a shard, roughly, in bytes: what a process holds in memory."""
SHARDS_AT_ONCE, SMALL_SHARD = 4, 2_000_000
"""
Number of shards that the files of a run are divided into, so that processes share the work.

Fewer where they would be smaller than SMALL_SHARD bytes, more where they would be too large.
"""
FILE_COST = 500
"""The cost of a file beside its size, as the number of bytes of text that would cost the same."""
PARALLEL_FROM = 2_000_000
"""Minimum size of the files of a run, in bytes, for which starting processes saves time."""
MOST_JOBS = 8
"""Maximum number of processes, unless more are asked for."""
Progress = Callable[[int, int, int], None]
"""Is called after each file: files done, files in all, size of the file in bytes."""
Observe = Callable[[SourceFile, bool], None]
"""Is called before each file and after it; the second tells which."""
Built = tuple[list[tuple[str, Record]], Shard]
"""The records of the files of a shard by path, and the shard."""


def build(
    generation: Path,
    sources: Sequence[SourceFile],
    tools: Tools,
    jobs: int | None,
    progress: Progress,
) -> tuple[dict[str, Record], list[Shard]]:
    """
    Write files into new shards, in `jobs` processes, None being as many as help.

    How files are divided into shards does not depend on the number of processes.
    """
    batches = list(_batches(sources))
    directories = [begin_shard(generation, n) for n in range(len(batches))]
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += 1
        progress(done, len(sources), size)

    def observe(source: SourceFile, is_done: bool) -> None:
        if is_done:
            advance(source.size)

    jobs = _jobs(sources) if jobs is None else jobs
    if jobs == 1:
        built = [
            _build_shard(directory, batch, tools, observe)
            for directory, batch in zip(directories, batches, strict=True)
        ]
    else:
        built = _build_in_processes(directories, batches, tools, jobs, advance)
    records = dict(chain.from_iterable(records for records, _shard in built))
    return records, [shard for _records, shard in built]


def _jobs(sources: Iterable[SourceFile]) -> int:
    parallel = sum(source.size for source in sources) >= PARALLEL_FROM
    return min(os.cpu_count() or 1, MOST_JOBS) if parallel else 1


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


def _build_shard(
    directory: Path,
    batch: Sequence[SourceFile],
    tools: Tools,
    observe: Observe,
    refused: Container[str] = (),
) -> Built:
    """Write a shard, without the files of `refused`; return the records of its files, and it."""
    records: list[tuple[str, Record]] = []

    def documents() -> Iterator[Mapping[str, Any]]:
        first = 0
        for source in batch:
            observe(source, False)
            is_refused = source.path in refused
            record, ready = refuse(source, tools) if is_refused else prepare(source, tools)
            yield from ready
            records.append((source.path, record | {"shard": directory.name, "first": first}))
            first += len(ready)
            observe(source, True)

    shard = write_index(directory, documents())
    return records, shard


def _build_in_processes(
    directories: Sequence[Path],
    batches: Sequence[list[SourceFile]],
    tools: Tools,
    jobs: int,
    advance: Advance,
) -> list[Built]:
    """
    Build shards in a pool; what is running is ended when this process is interrupted.

    A file that takes too much time in a call that nothing can interrupt costs its worker: all
    are ended then, and the shards that are not done are made anew without that file.
    """
    watch = Watch(tools.limits, advance)
    built: dict[int, Built] = {}
    while len(built) < len(batches):
        waiting = [n for n in range(len(batches)) if n not in built]
        for n in waiting if watch.refused else ():
            shutil.rmtree(directories[n])  # half-made, when its process was ended
            directories[n].mkdir(mode=0o700)
        calls = [(directories[n], batches[n], tools, report, watch.refused) for n in waiting]
        built |= {waiting[n]: shard for n, shard in run(_build_shard, calls, jobs, watch).items()}
    return [built[n] for n in range(len(batches))]
