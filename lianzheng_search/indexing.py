"""A corpus -> the current generation of its index; what changed since, and by which versions."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from . import __version__, analysis, generations
from .corpus_files import SourceFile, Tools, load_speech, walk
from .language import _
from .model import Problem, RequestError
from .reading import Unreadable
from .whoosh_index import index_size, speech_documents, whoosh_version, write_index

PARALLEL_FROM = 200
"""Below this many files, starting processes takes longer than they save."""
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    A file made ready for the index, or found not to be a speech.

    `documents` are empty where the file could not be read; `problems` then say why.
    """

    path: str
    documents: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()
    removed: tuple[tuple[str, int], ...] = ()


def prepare(source: SourceFile, tools: Tools) -> Prepared:
    """Make one file ready for the index; never raises for what is in a file."""
    try:
        speech = load_speech(source.file, tools, path=source.path)
    except Unreadable as unreadable:
        return Prepared(path=source.path, problems=(unreadable.problem,))
    counts: dict[str, int] = {}
    for removal in speech.removals:
        counts[removal.rule] = counts.get(removal.rule, 0) + 1
    return Prepared(
        path=source.path,
        documents=tuple(speech_documents(speech, words_file=tools.words_file)),
        problems=speech.problems,
        removed=tuple(sorted(counts.items())),
    )


def prepare_all(sources: Iterable[SourceFile], tools: Tools, *, jobs: int) -> Iterator[Prepared]:
    """Make files ready in their order; with `jobs` above 1, in that many processes."""
    if jobs == 1:
        yield from (prepare(source, tools) for source in sources)
        return
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(prepare, tools=tools), sources, chunksize=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSummary:
    """What is in an index and what the last update did; `problems` are by path and line."""

    files: int
    speeches: int
    passages: int
    removed_lines: int
    added: int
    updated: int
    unchanged: int
    deleted: int
    problems: tuple[Problem, ...] = ()
    removed_by_rule: Mapping[str, int] = field(default_factory=dict)


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

    sources = walk(directory)
    if not sources:
        raise RequestError(
            _("{directory}: there are no files in it. Put your speeches there").format(
                directory=directory
            )
        )
    generations.prepare_directory(index_directory)
    try:
        with FileLock(index_directory / "lock", timeout=0):
            return _update(index_directory, sources, tools, rebuild, jobs, progress)
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
    manifest, files = (
        generations.read_json(generation / generations.MANIFEST),
        generations.read_json(generation / generations.FILES),
    )
    now = _versions(tools)
    return Status(
        summary=_summary(manifest["summary"], files["problems"]),
        built=manifest["built"],
        versions=manifest["versions"],
        outdated=tuple(name for name in now if now[name] != manifest["versions"].get(name)),
        changes=_changes(files["files"], walk(directory)),
        size=index_size(generation),
    )


def _update(
    index_directory: Path,
    sources: list[SourceFile],
    tools: Tools,
    rebuild: bool,
    jobs: int | None,
    progress: Progress,
) -> IndexSummary:
    old = generations.current(index_directory)
    manifest: Any = generations.read_json(old / generations.MANIFEST) if old else None
    files: Any = generations.read_json(old / generations.FILES) if old else None
    known = files["files"] if files else {}
    changes = _changes(known, sources)
    versions = _versions(tools)
    counts = {
        "added": len(changes.added),
        "updated": len(changes.updated),
        "unchanged": len(changes.unchanged),
        "deleted": len(changes.deleted),
    }
    fits = manifest and files and manifest.get("format") == generations.FORMAT
    if fits and not rebuild and not changes and manifest["versions"] == versions:
        return _summary(manifest["summary"] | counts, files["problems"])

    generation = generations.begin(index_directory)
    tally = _Tally()
    prepared = prepare_all(sources, tools, jobs=_jobs(jobs, len(sources)))
    write_index(generation, tally.count(prepared, sources, progress))
    summary = counts | tally.totals(len(sources))
    built = datetime.now().astimezone().isoformat(timespec="seconds")
    generations.write_json(
        generation / generations.MANIFEST,
        {"format": generations.FORMAT, "built": built, "versions": versions, "summary": summary},
    )
    known = {source.path: _identity(source, known.get(source.path)) for source in sources}
    problems = [asdict(problem) for problem in tally.problems]
    generations.write_json(generation / generations.FILES, {"files": known, "problems": problems})
    generations.publish(generation)
    return _summary(summary, problems)


class _Tally:
    """What passed on its way into the index, counted."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.removed: Counter[str] = Counter()
        self.speeches = 0
        self.passages = 0

    def count(
        self, prepared: Iterable[Prepared], sources: list[SourceFile], progress: Progress
    ) -> Iterator[Mapping[str, Any]]:
        """Pass the documents on, telling progress after each file."""
        for n, (source, one) in enumerate(zip(sources, prepared, strict=True), start=1):
            yield from one.documents
            self.problems += one.problems
            self.removed.update(dict(one.removed))
            self.speeches += bool(one.documents)
            self.passages += len(one.documents)
            progress(n, len(sources), source.size)

    def totals(self, files: int) -> dict[str, Any]:
        return {
            "files": files,
            "speeches": self.speeches,
            "passages": self.passages,
            "removed_lines": sum(self.removed.values()),
            "removed_by_rule": dict(sorted(self.removed.items())),
        }


def _summary(summary: Mapping[str, Any], problems: Iterable[Mapping[str, Any]]) -> IndexSummary:
    told = tuple(
        Problem(**problem) if isinstance(problem, Mapping) else problem for problem in problems
    )
    return IndexSummary(**summary, problems=told)


def _changes(known: Mapping[str, Any], sources: Iterable[SourceFile]) -> Changes:
    """
    Compare files by path, size and mtime, and by content only where the mtime differs.

    A file that was only touched is not changed.
    """
    added, updated, unchanged = [], [], []
    for source in sources:
        entry = known.get(source.path)
        if entry is None:
            added.append(source.path)
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


def _identity(source: SourceFile, entry: Mapping[str, Any] | None) -> dict[str, Any]:
    same = entry and (entry["size"], entry["mtime_ns"]) == (source.size, source.mtime_ns)
    digest = entry["sha256"] if entry and same else _sha256(source.file)
    return {"size": source.size, "mtime_ns": source.mtime_ns, "sha256": digest}


def _sha256(file: Path) -> str | None:
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
    }


def _jobs(jobs: int | None, files: int) -> int:
    if jobs is not None:
        return max(1, jobs)
    return min(os.cpu_count() or 1, 8) if files >= PARALLEL_FROM else 1
