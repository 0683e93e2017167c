"""A corpus -> the current generation of its index; what changed since, and by which versions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from . import __version__, analysis
from .corpus_files import SourceFile, Tools, load_speech, walk
from .language import _
from .model import Problem, RequestError
from .reading import Unreadable
from .whoosh_index import (
    WhooshBackend,
    index_size,
    speech_documents,
    whoosh_version,
    write_index,
)

FORMAT = 1
"""The version of the files in an index; an index of another version is rebuilt, never read."""
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
FILES = "files.json"
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
    _prepare_directory(index_directory)
    try:
        with FileLock(index_directory / "lock", timeout=0):
            return _update(index_directory, sources, tools, rebuild, jobs, progress)
    except Timeout:
        raise RequestError(
            _("{directory}: another run is writing this index. Wait for it to end").format(
                directory=index_directory
            )
        ) from None


def open_current(directory: Path, index_directory: Path) -> WhooshBackend:
    """Open the index for reading; raise RequestError where there is none, or one of other make."""
    generation = _current(index_directory)
    if generation is None:
        if not directory.is_dir():
            raise RequestError(
                _(
                    "{directory}: there is no such directory. Name your speeches' folder with -C"
                ).format(directory=directory)
            )
        raise RequestError(
            _("{directory}: there is no index of it yet. Make one: {command}").format(
                directory=directory, command=_index_command(directory)
            )
        )
    manifest = _read_json(generation / MANIFEST)
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or (not (generation / FILES).is_file())
    ):
        raise RequestError(
            _("{directory}: the index is of another version. Make it anew: {command}").format(
                directory=index_directory, command=_index_command(directory)
            )
        )
    try:
        return WhooshBackend(generation)
    except Exception as error:  # whoosh raises whatever a damaged file makes it raise
        raise RequestError(
            _("{directory}: the index cannot be read ({error}). Make it anew: {command}").format(
                directory=index_directory,
                error=type(error).__name__,
                command=_index_command(directory) + " --rebuild",
            )
        ) from error


def status(directory: Path, index_directory: Path, tools: Tools) -> Status:
    """Compare an index with the files and the rules as they are now; open_current's errors."""
    open_current(directory, index_directory).close()
    generation = _current(index_directory)
    assert generation is not None
    manifest, files = _read_json(generation / MANIFEST), _read_json(generation / FILES)
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
    old = _current(index_directory)
    manifest: Any = _read_json(old / MANIFEST) if old else None
    files: Any = _read_json(old / FILES) if old else None
    known = files["files"] if files else {}
    changes = _changes(known, sources)
    versions = _versions(tools)
    counts = {
        "added": len(changes.added),
        "updated": len(changes.updated),
        "unchanged": len(changes.unchanged),
        "deleted": len(changes.deleted),
    }
    fits = manifest and files and manifest.get("format") == FORMAT
    if fits and not rebuild and not changes and manifest["versions"] == versions:
        return _summary(manifest["summary"] | counts, files["problems"])

    number = int(old.name.partition("-")[2]) + 1 if old else 1
    generation = index_directory / f"generation-{number:06}"
    shutil.rmtree(generation, ignore_errors=True)
    generation.mkdir()
    tally = _Tally()
    prepared = prepare_all(sources, tools, jobs=_jobs(jobs, len(sources)))
    write_index(generation, tally.count(prepared, sources, progress))
    summary = counts | tally.totals(len(sources))
    built = datetime.now().astimezone().isoformat(timespec="seconds")
    _write_json(
        generation / MANIFEST,
        {"format": FORMAT, "built": built, "versions": versions, "summary": summary},
    )
    known = {source.path: _identity(source, known.get(source.path)) for source in sources}
    problems = [asdict(problem) for problem in tally.problems]
    _write_json(generation / FILES, {"files": known, "problems": problems})
    for file in generation.iterdir():
        _sync(file)
    _name_current(index_directory, generation)
    _sweep(index_directory, keep={generation, old})
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


def _prepare_directory(index_directory: Path) -> None:
    try:
        index_directory.mkdir(parents=True, exist_ok=True)
        (index_directory / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        raise RequestError(
            _("{directory}: cannot write there ({reason}). Name another place with --index").format(
                directory=index_directory, reason=error.strerror
            )
        ) from None


def _current(index_directory: Path) -> Path | None:
    """Give the directory of the generation in use; None if there is none."""
    try:
        name = (index_directory / CURRENT).read_text("utf-8").strip()
    except OSError:
        return None
    generation = index_directory / name
    return generation if name.startswith("generation-") and generation.is_dir() else None


def _name_current(index_directory: Path, generation: Path) -> None:
    beside = index_directory / (CURRENT + ".new")
    beside.write_text(generation.name + "\n", "utf-8")
    _sync(beside)
    beside.replace(index_directory / CURRENT)
    if os.name == "posix":
        _sync(index_directory)


def _sync(path: Path) -> None:
    """Have what was written to a file, or to a directory on POSIX, put on the disk."""
    flags = os.O_RDONLY if path.is_dir() or os.name == "posix" else os.O_RDWR
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(index_directory: Path, *, keep: set[Path | None]) -> None:
    """Remove old generations; one that a reader has open stays until the next time."""
    for generation in index_directory.glob("generation-*"):
        if generation not in keep:
            shutil.rmtree(generation, ignore_errors=True)


def _index_command(directory: Path) -> str:
    return f"lianzheng -C {directory} index" if str(directory) != "." else "lianzheng index"


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
