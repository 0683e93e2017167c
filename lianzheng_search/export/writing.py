"""A batch -> files of a format and their manifest; and made again from a manifest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Unpack

import msgspec
from msgspec.structs import replace

from ..errors import RequestError
from ..files.whole_files import MANIFEST, new_folder, whole_file, whole_paths
from ..messages import _, no_such
from ..query.lists import NamedQuery
from ..text.characters import UNPRINTABLE, safe_json
from .entries import Batch, BatchProgress, PassageSource
from .manifests import Exported, Manifest, QueryOutcome, Replayed, batch_settings, compare
from .tables.result_rows import entry_keys, write_entries
from .text import write_md, write_txt

if TYPE_CHECKING:
    from ..query.options import BatchOptions

FORMATS = ("csv", "jsonl", "xlsx", "docx", "html", "md", "txt")
GROUPED_TEXTS = {"md": write_md, "txt": write_txt}
TEXTS = ("csv", "jsonl", *GROUPED_TEXTS)
SPLITS = ("query", "speech")
RESERVED = re.compile(rf'(?:[<>:"/\\|?*\n\t]|{UNPRINTABLE.pattern})+')
"""Pattern of what cannot occur in a file's name on Windows, or would not be seen in it."""
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")
"""Names that Windows opens as a device, whatever their suffix."""
NAME_CHARACTERS, NAME_BYTES = 60, 180
"""Maximum length of a file's name without its suffix; most systems allow 255 bytes with it."""
MakeManifest = Callable[[], Manifest]
"""Called when the entries have been read: only then is it known what became of each query."""


def export(
    corpus: PassageSource,
    queries: Sequence[NamedQuery],
    destination: Path,
    *,
    file_format: str | None = None,
    columns: Sequence[str] | None = None,
    split: str | None = None,
    with_manifest: bool = True,
    force: bool = False,
    progress: BatchProgress = lambda done, whole, name: None,
    **options: Unpack[BatchOptions],
) -> Exported:
    """Write the passages that each query finds to files, as `write` does."""
    return write(
        Batch(corpus, queries, batch_settings(options), progress=progress),
        destination,
        file_format=file_format,
        columns=columns,
        split=split,
        with_manifest=with_manifest,
        force=force,
    )


def export_to(
    corpus: PassageSource,
    queries: Sequence[NamedQuery],
    out: IO[str],
    *,
    file_format: str = "csv",
    columns: Sequence[str] | None = None,
    **options: Unpack[BatchOptions],
) -> Exported:
    """Write the passages that each query finds to an open text file: csv, jsonl, md or txt."""
    batch = Batch(corpus, queries, batch_settings(options))
    return write_to(batch, out, file_format=file_format, columns=columns)


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
    Write the entries of a batch to one file, a row or an entry for each passage of each query.

    Only passages that hold the query itself are written, never those with its words alone. The
    format is the suffix's unless given. With a `split` the destination is a folder, and a file is
    written for each query, or each speech, that has rows. The manifest stands beside the result,
    or in the folder. All files appear when all are written; existing ones are replaced only with
    `force`.
    """
    file_format = _checked_format(destination, file_format)
    keys = entry_keys(batch.settings, columns)
    make = partial(batch.manifest, file_format=file_format, columns=columns, split=split)
    if split is not None:
        if split not in SPLITS:
            raise no_such(_("split"), split, SPLITS)
        return _write_parts(
            batch, destination, file_format, keys, columns, split, make, with_manifest, force
        )
    if destination.is_dir():
        raise RequestError(
            _("{file}: this is a folder. Name a file in it, or use --split").format(
                file=destination
            )
        )
    # a rename would put a file in the place of a pipe that somebody reads from
    if destination.exists() and not destination.is_file():  # a pipe
        with whole_file(destination, bom=file_format == "csv") as out:
            done = write_to(batch, out, file_format=file_format, columns=columns)
        return replace(done, files=(destination,))
    record = _beside(destination)
    files = [destination, record] if with_manifest else [destination]
    with whole_paths(files, force=force, record=record) as paths:
        _write_file(batch, paths[0], file_format, keys, make)
        for path in paths[1:]:
            path.write_bytes(_manifest_bytes(make()))
    return _exported(batch, (destination,))


def write_to(
    batch: Batch, out: IO[str], *, file_format: str, columns: Sequence[str] | None = None
) -> Exported:
    """Write the entries of a batch to an open text file, in one of the formats that are text."""
    if file_format not in TEXTS:
        raise RequestError(
            _("export: {format} needs a file. Name one with -o").format(format=file_format)
        )
    keys = entry_keys(batch.settings, columns)
    make = partial(batch.manifest, file_format=file_format, columns=columns)
    _write_text(batch, out, file_format, keys, make)
    return _exported(batch, ())


def _write_text(
    batch: Batch, out: IO[str], file_format: str, keys: Sequence[str], make: MakeManifest
) -> None:
    if file_format in GROUPED_TEXTS:
        groups = batch.groups()
        GROUPED_TEXTS[file_format](out, groups, make())
    else:
        write_entries(batch, out, keys, file_format=file_format)


def _write_parts(
    batch: Batch,
    folder: Path,
    file_format: str,
    keys: Sequence[str],
    columns: Sequence[str] | None,
    split: str,
    make: MakeManifest,
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
    # in a folder the manifest is found by its name alone, and needs not be hidden
    record = folder / MANIFEST.lstrip(".")
    wanted = [*files, record] if with_manifest else files
    with (
        new_folder(folder),
        whole_paths(wanted, force=force, record=record if with_manifest else None) as paths,
    ):
        for part, path in zip(parts, paths, strict=False):
            of_part = partial(part.manifest, file_format=file_format, columns=columns, split=split)
            _write_file(part, path, file_format, keys, of_part)
        for path in paths[len(parts) :]:
            path.write_bytes(_manifest_bytes(make()))
    return _exported(batch, tuple(files))


def _write_file(
    batch: Batch, path: Path, file_format: str, keys: Sequence[str], make: MakeManifest
) -> None:
    if file_format in TEXTS:
        # Excel takes a csv without a BOM for the system's code page, GBK in China
        encoding = "utf-8-sig" if file_format == "csv" else "utf-8"
        with path.open("w", encoding=encoding, newline="") as out:
            _write_text(batch, out, file_format, keys, make)
    elif file_format == "xlsx":
        from .tables.xlsx import write as write_xlsx

        # the batch, not its groups: rows are written as they are read, however many
        write_xlsx(path, batch, keys, make)
    else:
        groups = batch.groups()
        # only the format that is wanted is imported: docx and html take time
        import_module(f".{file_format}", __package__).write(path, groups, make())


def file_names(names: Sequence[str]) -> list[str]:
    """
    Return a file name for each name: what no system allows is replaced, none is there twice.

    >>> file_names(["家风 OR 家教", "a/b?", "a_b", "con"])
    ['家风 OR 家教', 'a_b', 'a_b 2', 'con_']
    """
    taken: set[str] = set()
    last: dict[str, int] = {}
    unique = []
    for name in names:
        plain = RESERVED.sub("_", name).strip(" ._")[:NAME_CHARACTERS]
        # a Han character takes three bytes: sixty of them are within the limit, rarer ones not
        plain = plain.encode(errors="replace")[:NAME_BYTES].decode(errors="ignore")
        plain = RESERVED.sub("_", plain).strip(" .") or "_"
        plain += "_" * bool(DEVICES.match(plain))
        # on Windows and macOS names that differ in case are the same file
        stem = plain.casefold()
        free, number = plain, last.get(stem, 1)
        while free.casefold() in taken:
            number += 1
            free = f"{plain} {number}"
        taken.add(free.casefold())
        last[stem] = number
        unique.append(free)
    return unique


def _checked_format(destination: Path, file_format: str | None) -> str:
    name = file_format or destination.suffix.lstrip(".").lower()
    if name in FORMATS:
        return name
    raise RequestError(
        _("{file}: its format is none of {formats}. Choose one with --format").format(
            file=destination, formats=" ".join(FORMATS)
        )
    )


def _exported(batch: Batch, files: tuple[Path, ...]) -> Exported:
    counts: dict[str, int] = {}
    for outcome in batch.outcomes:
        counts[outcome.name] = counts.get(outcome.name, 0) + outcome.rows
    copies = sum(outcome.copies for outcome in batch.outcomes)
    return Exported(files=files, counts=counts, copies=copies)


def _beside(destination: Path) -> Path:
    return destination.with_name(destination.name + MANIFEST)


def _manifest_bytes(manifest: Manifest) -> bytes:
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode()
    # a manifest is opened in a terminal or an editor: what is invisible is escaped
    return safe_json(written + "\n").encode()


def read_manifest(file: Path) -> Manifest:
    """Read a manifest, by its own name or by that of its result; RequestError for none."""
    in_folder = MANIFEST.lstrip(".")
    by_its_name = [file] * (file.suffix == ".json")
    beside = (_beside(file), file / in_folder, file.with_name(in_folder))
    for path in (*by_its_name, *beside, file):
        if not path.is_file():
            continue
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (OSError, ValueError) as error:
            raise RequestError(
                _("{file}: this is no manifest of an export ({reason}). Name one").format(
                    file=path, reason=error
                )
            ) from None
        # That of a folder is of a file beside it only if it tells of that file.
        its_own = path in by_its_name or path.name != in_folder or path.parent == file
        if its_own or _is_part(file, manifest):
            return manifest
    raise RequestError(
        _("{file}: there is no manifest of it. Name a file that export wrote").format(file=file)
    )


def _is_part(file: Path, manifest: Manifest) -> bool:
    """Check whether a file is one of those that were written with this manifest."""
    queries = [outcome.name for outcome in manifest.queries if outcome.rows]
    speeches = [PurePosixPath(speech).stem for speech in manifest.speeches]
    names = file_names(queries if manifest.split == "query" else speeches)
    return file.suffix == f".{manifest.format}" and file.stem in names


def replay(
    corpus: PassageSource,
    file: Path,
    destination: Path | None = None,
    *,
    force: bool = False,
    progress: BatchProgress = lambda done, whole, name: None,
) -> Replayed:
    """
    Make an export again from its manifest, and return what differs.

    It is written to a destination, in the format it had, if one is given; else only compared.
    """
    old = read_manifest(file)
    queries = [_named(outcome) for outcome in old.queries]
    batch = Batch(corpus, queries, old.settings, progress=progress)
    exported = None
    if destination is None:
        for _entry in batch.entries():
            pass  # the outcomes are there when all entries have been read
    else:
        exported = write(
            batch,
            destination,
            file_format=old.format if old.split else None,
            columns=old.columns,
            split=old.split,
            force=force,
        )
    return compare(
        old,
        batch.outcomes,
        file_hashes=corpus.file_hashes(),
        versions=corpus.index_versions(),
        exported=exported,
    )


def _named(outcome: QueryOutcome) -> NamedQuery:
    return NamedQuery(
        name=outcome.name,
        query=outcome.query,
        filters=outcome.filters,
        limit=outcome.limit,
        sort=outcome.sort,
    )
