"""
Soak the index: thousands of random operations against a model, or many readers and writers.

Operations are a name and a seed each, so that any list of them can be done again: at a failure,
the smallest list found that fails so is written to a file for --replay.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from random import Random
from typing import NamedTuple

from soak_readers import soak_readers, soak_writers, told
from soak_work import OPERATIONS, Soak

SAMPLE_EVERY = 50
WARM_UP, FEWEST = 2000, 20
"""After so many operations memory is measured, for caches have filled; by so many samples."""
MOST_GROWTH = 8_000_000
"""So many bytes of memory may the line through all samples rise in a run, noise included."""
INDEX_FOR_TEXT, INDEX_BESIDE = 40, 4_000_000
"""An index of small speeches may have so many bytes for each of the text, and so many beside."""
SHRINK_SECONDS = 300
STATM = Path("/proc/self/statm")
HANDLES = Path("/proc/self/fd")
Operation = tuple[str, int]


class OperationError(Exception):
    """An operation, by its number, went wrong."""

    def __init__(self, number: int, operation: Operation, error: BaseException) -> None:
        self.number, self.operation, self.error = number, operation, error
        super().__init__(f"operation {number}, {operation[0]}: {type(error).__name__}: {error}")

    def like(self, other: OperationError) -> bool:
        """Whether another one is the same fault."""
        return (self.operation[0], type(self.error)) == (other.operation[0], type(other.error))


class Sample(NamedTuple):
    """What was in use after so many operations: bytes of memory, handles, bytes of the index."""

    number: int
    memory: int
    handles: int
    index_bytes: int
    text: int


def random_operations(count: int, seed: int) -> list[Operation]:
    """Draw operations by their weights; the first ones make an index."""
    rng = Random(seed)
    names = rng.choices(list(OPERATIONS), list(OPERATIONS.values()), k=count)
    names[:6] = ["add", "add", "add", "update", "keep", "phrase"][:count]
    return [(name, rng.randrange(1 << 30)) for name in names]


def soak(operations: Sequence[Operation], place: Path) -> Iterator[Sample]:
    """Do operations in an empty folder; yield samples, each with nothing open."""
    resource_tracker.ensure_running()  # which the first pool starts, and which keeps a handle
    work = Soak(place)
    for number, operation in enumerate(operations):
        try:
            work.do(*operation)
        except Exception as error:
            work.rest()
            raise OperationError(number, operation, error) from error
        if number % SAMPLE_EVERY == SAMPLE_EVERY - 1:
            work.rest()
            yield sample(number, work)
    work.rest()


def sample(number: int, work: Soak) -> Sample:
    """Measure; memory and handles are 0 where the system does not tell of them so."""
    memory = handles = 0
    if STATM.exists():
        memory = int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        handles = len(list(HANDLES.iterdir()))
    files = work.index_directory.rglob("*")
    index = sum(file.stat().st_size for file in files if file.is_file())
    return Sample(number, memory, handles, index, work.most_text)


def growth(samples: Sequence[Sample]) -> float:
    """Give by how many bytes the line of least squares through the memory rises, once warm."""
    warm = [one for one in samples if one.number > WARM_UP]
    if len(warm) < FEWEST:
        return 0.0
    xs, ys = [one.number for one in warm], [one.memory for one in warm]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((one - x) ** 2 for one in xs)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread
    return slope * (xs[-1] - xs[0])


def unsteady(samples: Sequence[Sample]) -> list[str]:
    """Say what of memory, handles, disk has grown beyond its bound."""
    faults = []
    if (grown := growth(samples)) > MOST_GROWTH:
        faults.append(f"memory grew by {grown / 1e6:.1f} MB")
    if samples[-1].handles > samples[0].handles:
        faults.append(f"handles grew from {samples[0].handles} to {samples[-1].handles}")
    for one in samples:
        if one.index_bytes > one.text * INDEX_FOR_TEXT + INDEX_BESIDE:
            faults.append(
                f"operation {one.number}: {one.index_bytes} bytes of index, {one.text} of text"
            )
            break
    return faults


def failure_of(operations: Sequence[Operation]) -> OperationError | None:
    """Do operations in a folder of their own; give what fails, if anything does."""
    with tempfile.TemporaryDirectory() as place:
        try:
            for _sample in soak(operations, Path(place)):
                pass
        except OperationError as failure:
            return failure
    return None


def shrink(operations: Sequence[Operation], fault: OperationError) -> list[Operation]:
    """Find fewer operations that fail so: the last ones first, then without ever smaller parts."""
    until = time.monotonic() + SHRINK_SECONDS
    best = list(operations[: fault.number + 1])

    def fails(fewer: Sequence[Operation]) -> bool:
        found = failure_of(fewer)
        return found is not None and found.like(fault)

    size = 10
    while size < len(best) and time.monotonic() < until:
        if fails(best[-size:]):
            best = best[-size:]
        size *= 3
    part = len(best) // 2
    while part and time.monotonic() < until:
        at = 0
        while at < len(best) and time.monotonic() < until:
            fewer = best[:at] + best[at + part :]
            if fails(fewer):
                best = fewer
            else:
                at += part
        part //= 2
    return best


def run(operations: Sequence[Operation], place: Path) -> list[Sample]:
    """Soak, telling how far it is every half minute; raise OperationError."""
    samples, told, began = [], time.monotonic(), time.monotonic()
    for one in soak(operations, place):
        samples.append(one)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"{one.number + 1} operations, {told - began:.0f} s: {shown(one)}", flush=True)
    return samples


def shown(one: Sample) -> str:
    """Write a sample down."""
    return (
        f"{one.memory / 1e6:.1f} MB of memory, {one.handles} handles,"
        f" {one.index_bytes / 1e6:.2f} MB of index for {one.text / 1e6:.2f} MB of text at most"
    )


def soak_operations(operations: Sequence[Operation], place: Path, replay: Path) -> int:
    """Run operations and tell of them; give the exit code."""
    began = time.monotonic()
    try:
        samples = run(operations, place)
    except OperationError as fault:
        print(f"FAILED at {fault}\nlooking for fewer operations that do …", flush=True)
        fewer = shrink(operations, fault)
        replay.write_text("".join(json.dumps(one) + "\n" for one in fewer), "utf-8")
        print(f"{len(fewer)} operations; scripts/soak --replay {replay}")
        raise
    kinds = sorted(Counter(name for name, _seed in operations).items(), key=lambda one: -one[1])
    print(
        f"{len(operations)} operations in {time.monotonic() - began:.0f} s, all as the model says"
    )
    print(", ".join(f"{name} {count}" for name, count in kinds))
    if not samples:
        return 0
    warm = min(samples, key=lambda one: abs(one.number - WARM_UP))
    print(f"operation {warm.number + 1}: {shown(warm)}\nthe last: {shown(samples[-1])}")
    print(f"the line through the memory rises by {growth(samples) / 1e6:+.2f} MB")
    faults = unsteady(samples)
    print("\n".join(faults) if faults else "memory, handles and disk are steady")
    return bool(faults)


def main() -> int:
    """Read the options, soak, give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, printed")
    parser.add_argument("--directory", type=Path, help="an empty one; default: a temporary one")
    parser.add_argument("--replay", type=Path, help="a file of operations that failed")
    parser.add_argument("--readers", action="store_true", help="eight readers and a writer")
    parser.add_argument("--writers", action="store_true", help="two writers, two readers")
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    place = Path(options.directory or tempfile.mkdtemp(prefix="soak-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        if options.readers or options.writers:
            together = soak_readers if options.readers else soak_writers
            return told(together(place, options.seconds))
        seed = options.seed if options.seed is not None else Random().randrange(1 << 30)
        print(f"--seed {seed}", flush=True)
        operations = random_operations(options.operations, seed)
        if options.replay:
            lines = options.replay.read_text("utf-8").splitlines()
            operations = [tuple(json.loads(line)) for line in lines]
        return soak_operations(operations, place, Path(f"soak-{seed}.jsonl"))
    except OperationError:
        return 1
    finally:
        if options.directory is None:
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
