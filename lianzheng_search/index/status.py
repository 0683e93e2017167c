"""An index, the files and the rules as they are now -> what is indexed, and what changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from .. import __version__
from ..messages import problem_message
from ..model import Problem
from ..reading.limits import limits_fingerprint
from ..text.words import words_fingerprint
from .changes import Basis, Changes, Record, compare
from .copies import Copy
from .generations.faults import index_command
from .generations.snapshot import open_current
from .tools import Tools
from .walk import walk
from .whoosh.files import whoosh_version

DAMAGE = "damage"
"""What `outdated` names, beside versions, where files are read anew because of damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSummary:
    """
    What is in an index and what the last update did; `problems` are by path and line.

    `not_read` has one problem of each file of which nothing is in the index, `remarks` the problems
    of the other files that are new or changed.

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
    not_read: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    copies: Mapping[str, Copy] = field(default_factory=dict)
    removed_by_rule: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """
    What is indexed, by which versions, and what differs now.

    `outdated` names the versions that do, `changes` the files; `size` is that of the index in
    bytes.
    """

    summary: IndexSummary
    built: str
    versions: Mapping[str, str]
    outdated: tuple[str, ...]
    changes: Changes
    size: int
    update_command: str


def basis(records: Mapping[str, Record], built: str, changes: Changes) -> Basis:
    """Return what answers from an index rest on; `built` is the time in its manifest."""
    not_read = {problem.path: problem_message(problem) for problem in unread(records)}
    return Basis(
        files=len(records) - len(not_read),
        not_read=not_read,
        built=built,
        undated=sum(bool(one["passages"]) and not one.get("date") for one in records.values()),
        added=changes.added,
        updated=changes.updated,
        deleted=changes.deleted,
    )


def unread(records: Mapping[str, Record]) -> list[Problem]:
    """Return the problem of each file of which nothing is in the index, by path."""
    return [
        Problem(**record["problems"][0])
        for _path, record in sorted(records.items())
        if not record["passages"] and record["problems"]
    ]


def status(directory: Path, index_directory: Path, tools: Tools) -> Status:
    """Compare an index with the files and the rules as they are now; open_current's errors."""
    with closing(open_current(directory, index_directory)) as snapshot:
        manifest, records = snapshot.manifest, snapshot.records
    return Status(
        summary=summarize(records, manifest.counts),
        built=manifest.built,
        versions=manifest.versions,
        outdated=changed_versions(manifest.versions, versions_now(tools)),
        changes=compare(records, walk(directory, index_directory, limits=tools.limits)),
        size=sum(sums.size for sums in manifest.files.values())
        + sum(shard.size for shard in manifest.shards),
        update_command=index_command(directory, index_directory),
    )


def summarize(
    records: Mapping[str, Record],
    counts: Mapping[str, int],
    outdated: tuple[str, ...] = (),
    fresh: Collection[str] = (),
) -> IndexSummary:
    """Sum up the records of an index; `counts` are those of its manifest, `fresh` new files."""
    removed: Counter[str] = Counter()
    for record in records.values():
        removed.update(record.get("removed", {}))
    speeches = [record for record in records.values() if record["passages"] > 0]
    return IndexSummary(
        files=len(records),
        speeches=len(speeches),
        passages=sum(record["passages"] for record in speeches),
        removed_lines=sum(record.get("removed_lines", 0) for record in records.values()),
        removed_by_rule=dict(sorted(removed.items())),
        known={
            # tells a user how far filters by date, such as --since, can be relied on
            key: sum(bool(record.get(key)) for record in speeches)
            for key in ("date", "speaker", "source")
        },
        problems=tuple(
            Problem(**problem) for record in records.values() for problem in record["problems"]
        ),
        not_read=tuple(unread(records)),
        remarks=tuple(
            Problem(**problem)
            for path in sorted(fresh)
            if records[path]["passages"]
            for problem in records[path]["problems"]
        ),
        copies={
            path: Copy(record["of"], record["share"])
            for path, record in records.items()
            if record.get("of")
        },
        outdated=outdated,
        **counts,
    )


def versions_now(tools: Tools) -> dict[str, str]:
    """Name the version of all that decides what is in an index, in the order of the report."""
    return {
        "lianzheng-search": __version__,
        "whoosh": whoosh_version(),
        "words": words_fingerprint(tools.words_file),
        "watermarks": tools.rules.fingerprint[:12],
        "themes": tools.themes.fingerprint[:12],
        "encoding": tools.encoding or "auto",
        # with a package installed since, files that could not be read may be readable
        "readers": "pypdfium2" if find_spec("pypdfium2") else "-",
        "limits": limits_fingerprint(tools.limits),
    }


def changed_versions(built: Mapping[str, str], versions: Mapping[str, str]) -> tuple[str, ...]:
    """Name what decides what is in an index and is not what it was when it was built."""
    return tuple(name for name in versions if versions[name] != built.get(name))
