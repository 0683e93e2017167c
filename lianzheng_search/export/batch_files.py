"""A batch -> files of a format, with the record of how they were made; and made again from that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
from msgspec.structs import replace

from ..errors import RequestError
from ..files.whole_files import MANIFEST, new_folder, whole_file, whole_paths
from ..messages import _, no_such
from ..model import Value
from ..query.lists import NamedQuery
from ..text.characters import UNPRINTABLE, safe_json
from .batch import (
    Batch,
    Manifest,
    Progress,
    Source,
    Told,
    fingerprint,
    manifest,
)
from .rows import entry_keys, write_table
from .text import write_md, write_txt

FORMATS = ("csv", "jsonl", "xlsx", "docx", "html", "md", "txt")
GROUPED_TEXTS = {"md": write_md, "txt": write_txt}
TEXTS = ("csv", "jsonl", *GROUPED_TEXTS)
SPLITS = ("query", "speech")
RESERVED = re.compile(rf'(?:[<>:"/\\|?*\n\t]|{UNPRINTABLE.pattern})+')
"""What cannot stand in a file's name on Windows, or would not be seen in it."""
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")
LONGEST_NAME, MOST_BYTES = 60, 180
"""A name has so many characters, and bytes, at most; most systems allow 255 bytes."""


class Exported(Value, frozen=True, kw_only=True):
    """
    What an export wrote: the files, and the rows of each query, zeros too.

    So many passages more were left out, for they are `copies` of those.
    """

    files: tuple[Path, ...]
    counts: Mapping[str, int]
    copies: int = 0

    @property
    def rows(self) -> int:
        """How many rows were written in all."""
        return sum(self.counts.values())


class Difference(Value, frozen=True, kw_only=True):
    """What became of a query that was asked again: rows then and now, the same ones or not."""

    name: str
    then: int
    now: int
    same: bool


class Replayed(Value, frozen=True, kw_only=True):
    """
    What differs between an export and the same made again.

    `changed` are the speeches that had rows and whose files are others now, or gone (`gone`);
    `versions` are the names of what has another version, with the version then and now.
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
        return all(one.same for one in self.queries)


def write(
    batch: Batch,
    destination: Path,
    *,
    file_format: str | None = None,
    columns: Sequence[str] | None = None,
    split: str | None = None,
    with_manifest: bool = True,
    force: bool = False,
) -> Exported:
    """
    Write what a batch finds to one file, a row or an entry for each passage of each query.

    Only passages that hold the query itself are written, never those with its words alone. The
    format is the suffix's unless given. With a `split` the destination is a folder, and a file is
    written for each query, or each speech, that has rows. The manifest stands beside the result,
    or in the folder. All files appear when all are written; existing ones are replaced only with
    `force`.
    """
    file_format = _format(destination, file_format, split)
    keys = entry_keys(batch.settings, columns)
    made = partial(_made, batch, file_format, columns, split)
    if split is not None:
        if split not in SPLITS:
            raise no_such(_("split"), split, SPLITS)
        return _write_parts(
            batch, destination, file_format, keys, columns, split, made, with_manifest, force
        )
    if destination.is_dir():
        raise RequestError(
            _("{file}: this is a folder. Name a file in it, or use --split").format(
                file=destination
            )
        )
    if destination.exists() and not destination.is_file():  # a pipe
        with whole_file(destination, bom=file_format == "csv") as out:
            done = write_to(batch, out, file_format=file_format, columns=columns)
        return replace(done, files=(destination,))
    record = _beside(destination)
    files = [destination, record] if with_manifest else [destination]
    with whole_paths(files, force=force, record=record) as paths:
        _write_one(batch, paths[0], file_format, keys, made)
        for path in paths[1:]:
            path.write_bytes(_manifest_bytes(made()))
    return _exported(batch, (destination,))


def write_to(
    batch: Batch, out: IO[str], *, file_format: str, columns: Sequence[str] | None = None
) -> Exported:
    """Write what each query of a batch finds to an open text file; the formats that are text."""
    if file_format not in TEXTS:
        raise RequestError(
            _("export: {format} needs a file. Name one with -o").format(format=file_format)
        )
    keys = entry_keys(batch.settings, columns)
    _write_text(batch, out, file_format, keys, partial(_made, batch, file_format, columns, None))
    return _exported(batch, ())


def _write_text(
    batch: Batch,
    out: IO[str],
    file_format: str,
    keys: Sequence[str],
    made: Callable[[], Manifest],
) -> None:
    if file_format in GROUPED_TEXTS:
        groups = batch.groups()
        GROUPED_TEXTS[file_format](out, groups, made())
    else:
        write_table(batch, out, keys, file_format=file_format)


def _made(
    batch: Batch, file_format: str, columns: Sequence[str] | None, split: str | None
) -> Manifest:
    """Tell how a batch that has been read was made."""
    corpus = batch.corpus
    return manifest(
        batch,
        corpus=str(corpus.directory),
        files=corpus.file_hashes(),
        versions=corpus.index_versions(),
        file_format=file_format,
        columns=tuple(columns) if columns else None,
        split=split,
    )


def _write_parts(
    batch: Batch,
    folder: Path,
    file_format: str,
    keys: Sequence[str],
    columns: Sequence[str] | None,
    split: str,
    made: Callable[[], Manifest],
    with_manifest: bool,
    force: bool,
) -> Exported:
    if folder.suffix.lower().lstrip(".") in FORMATS:
        raise RequestError(
            _("{file}: this names a file. With --split, name a folder").format(file=folder)
        )
    parts = batch.parts(split)
    names = file_names([part.name for part in parts])
    files = [folder / f"{name}.{file_format}" for name in names]
    if folder.exists() and not folder.is_dir():
        raise RequestError(_("{file}: this is no folder. Name one with -o").format(file=folder))
    record = folder / MANIFEST.lstrip(".")
    paths_of = [*files, record] if with_manifest else files
    with (
        new_folder(folder),
        whole_paths(paths_of, force=force, record=record if with_manifest else None) as paths,
    ):
        for part, path in zip(parts, paths, strict=False):
            own = partial(_made, part, file_format, columns, split)
            _write_one(part, path, file_format, keys, own)
        for path in paths[len(parts) :]:
            path.write_bytes(_manifest_bytes(made()))
    return _exported(batch, tuple(files))


def _write_one(
    batch: Batch,
    path: Path,
    file_format: str,
    keys: Sequence[str],
    made: Callable[[], Manifest],
) -> None:
    if file_format in TEXTS:
        encoding = "utf-8-sig" if file_format == "csv" else "utf-8"
        with path.open("w", encoding=encoding, newline="") as out:
            _write_text(batch, out, file_format, keys, made)
    elif file_format == "xlsx":
        from .xlsx import write as write_xlsx

        write_xlsx(path, batch, keys, made)
    else:
        groups = batch.groups()
        import_module(f".{file_format}", __package__).write(path, groups, made())


def file_names(names: Sequence[str]) -> list[str]:
    """
    Make a name for a file of each name: what no system allows replaced, none twice.

    >>> file_names(["家风 OR 家教", "a/b?", "a_b", "con"])
    ['家风 OR 家教', 'a_b', 'a_b 2', 'con_']
    """
    taken: set[str] = set()
    made = []
    for name in names:
        plain = RESERVED.sub("_", name).strip(" ._")[:LONGEST_NAME]
        plain = plain.encode(errors="replace")[:MOST_BYTES].decode(errors="ignore")
        plain = RESERVED.sub("_", plain).strip(" .") or "_"
        plain += "_" * bool(DEVICES.match(plain))
        wanted, number = plain, 1
        while wanted.casefold() in taken:
            number += 1
            wanted = f"{plain} {number}"
        taken.add(wanted.casefold())
        made.append(wanted)
    return made


def _format(destination: Path, file_format: str | None, split: str | None) -> str:
    name = file_format or destination.suffix.lstrip(".").lower()
    if name in FORMATS:
        return name
    raise RequestError(
        _("{file}: its format is none of {formats}. Choose one with --format").format(
            file=destination, formats=" ".join(FORMATS)
        )
    )


def _exported(batch: Batch, files: Sequence[Path]) -> Exported:
    counts: dict[str, int] = {}
    for told in batch.told:
        counts[told.name] = counts.get(told.name, 0) + told.rows
    return Exported(
        files=tuple(files), counts=counts, copies=sum(told.copies for told in batch.told)
    )


def _beside(destination: Path) -> Path:
    return destination.with_name(destination.name + MANIFEST)


def _manifest_bytes(told: Manifest) -> bytes:
    written = msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
    return safe_json(written + "\n").encode()


def read_manifest(file: Path) -> Manifest:
    """Read a manifest, by its own name or by that of its result; RequestError for none."""
    in_folder = MANIFEST.lstrip(".")
    own = [file] * (file.suffix == ".json")
    for one in (*own, _beside(file), file / in_folder, file.with_name(in_folder), file):
        if not one.is_file():
            continue
        try:
            told = msgspec.json.decode(one.read_bytes(), type=Manifest)
        except (OSError, ValueError) as error:
            raise RequestError(
                _("{file}: this is no manifest of an export ({reason}). Name one").format(
                    file=one, reason=error
                )
            ) from None
        if one in own or one.name != in_folder or one.parent == file or _is_part(file, told):
            return told
    raise RequestError(
        _("{file}: there is no manifest of it. Name a file that export wrote").format(file=file)
    )


def _is_part(file: Path, told: Manifest) -> bool:
    """Tell whether a file is one of those that were written with this manifest."""
    queries = [one.name for one in told.queries if one.rows]
    speeches = [PurePosixPath(speech).stem for speech in told.speeches]
    names = file_names(queries if told.split == "query" else speeches)
    return file.suffix == f".{told.format}" and file.stem in names


def replay(
    corpus: Source,
    file: Path,
    destination: Path | None = None,
    *,
    force: bool = False,
    progress: Progress = lambda done, whole, name: None,
) -> Replayed:
    """
    Make an export again from its manifest, and tell what differs.

    It is written to a destination, in the format it had, if one is given; else only compared.
    """
    old = read_manifest(file)
    queries = [_named(told) for told in old.queries]
    batch = Batch(corpus, queries, old.settings, progress=progress)
    done = None
    if destination is None:
        for _entry in batch.entries():
            pass
    else:
        done = write(
            batch,
            destination,
            file_format=old.format if old.split else None,
            columns=old.columns,
            split=old.split,
            force=force,
        )
    hashes = corpus.file_hashes()
    now = corpus.index_versions()
    return Replayed(
        queries=tuple(
            Difference(name=a.name, then=a.rows, now=b.rows, same=a.digest == b.digest)
            for a, b in zip(old.queries, batch.told, strict=True)
        ),
        same_corpus=old.fingerprint == fingerprint(hashes),
        changed=tuple(
            speech
            for speech, digest in old.speeches.items()
            if speech in hashes and hashes[speech][: len(digest)] != digest
        ),
        gone=tuple(speech for speech in old.speeches if speech not in hashes),
        versions={
            name: (version, now.get(name, ""))
            for name, version in old.versions.items()
            if now.get(name, "") != version
        },
        exported=done,
    )


def _named(told: Told) -> NamedQuery:
    return NamedQuery(
        name=told.name,
        query=told.query,
        filters=told.filters,
        limit=told.limit,
        sort=told.sort,
    )
