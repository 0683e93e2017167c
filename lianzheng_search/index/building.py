"""Source files -> new shards, made in this process or in several at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import RequestError
from ..messages import _
from .changes import Record
from .generations.writing import begin_shard
from .records import prepare
from .tools import Tools
from .walk import SourceFile
from .whoosh.files import Shard
from .whoosh.writing import write_index

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
WAIT = 0.1
"""Seconds between two looks at what the processes have done."""
Progress = Callable[[int, int, int], None]
"""Is called after each file: files done, files in all, size of the file in bytes."""
Advance = Callable[[int], None]
"""Is called after each file with its size in bytes."""
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

    jobs = _jobs(sources) if jobs is None else jobs
    if jobs == 1:
        built = [
            _build_shard(directory, batch, tools, advance)
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
    directory: Path, batch: Sequence[SourceFile], tools: Tools, advance: Advance
) -> Built:
    """Write a shard; return the records of its files, and the shard."""
    records: list[tuple[str, Record]] = []

    def documents() -> Iterator[Mapping[str, Any]]:
        first = 0
        for source in batch:
            record, ready = prepare(source, tools)
            yield from ready
            records.append((source.path, record | {"shard": directory.name, "first": first}))
            first += len(ready)
            advance(source.size)

    shard = write_index(directory, documents())
    return records, shard


def _build_in_processes(
    directories: Sequence[Path],
    batches: Sequence[list[SourceFile]],
    tools: Tools,
    jobs: int,
    advance: Advance,
) -> list[Built]:
    """Build shards in a pool; what is running is ended when this process is interrupted."""
    # most updates are small and start no process: they need not pay for these imports
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    from ..signals import starting_processes

    # as Windows has it, so that workers begin alike everywhere: a fork is copied mid-work
    context = get_context("spawn")
    sizes = context.SimpleQueue()
    with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(sizes,)) as pool:
        try:
            # a signal while a worker starts could leave one that nobody knows of
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
        # the system ends the largest process when memory runs out: one at a time may still fit
        except BrokenProcessPool:
            raise RequestError(
                _("index: a process has died, for want of memory perhaps. Try it with --jobs 1")
            ) from None
        except BaseException:
            # a shard takes long to write, and will be discarded anyhow
            for child in active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)  # waits: to be left halfway, it would complain
            raise


_tell_size: Advance = print
"""In a worker: tells the main process that a file of this size is done."""


def _start_worker(sizes: Any) -> None:
    import signal
    from threading import Thread

    global _tell_size  # a process has one pipe to the one that started it
    _tell_size = sizes.put
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends us
    # a parent that is killed cannot end us, and we would go on writing into its generation
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is dead, be it killed."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    # not sys.exit: that would end this thread alone
    os._exit(1)


def _build_in_worker(directory: Path, batch: list[SourceFile], tools: Tools) -> Built:
    return _build_shard(directory, batch, tools, _tell_size)
