"""A proof -> the sheet that is signed: Word, Excel, csv or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import RequestError
from ..files.whole_files import check_free, whole_file, whole_paths
from ..messages import _
from ..proof.proof import ProofRow
from ..text.dates import local_time
from .documents import Fact, changed_since, number, visible_line
from .tables.rows import keys_of, plain_row

if TYPE_CHECKING:
    from ..proof.proof import Proof

FORMATS = (".docx", ".xlsx", ".csv", ".jsonl")
WIDTHS = (22, 9, 9, 9, 9, 12, 9, 9, 12)
"""Widths of the columns of the sheet, in hundredths of the text's width in Word."""


PROOF_KEYS = ("name", "query", "same", *keys_of(ProofRow, without=("name", "query")))


def proof_row(row: ProofRow) -> dict[str, Any]:
    """Return a row as it is written: its fields, and whether both answers are the same."""
    inside_of = [f"{word} {times}" for word, times in row.inside_of]
    values = plain_row(row) | {"same": row.same, "inside_of": inside_of}
    return {key: values[key] for key in PROOF_KEYS}


def verdict(proof: Proof) -> str:
    """Return in a sentence whether the index and the files agree."""
    if proof.same:
        return _("The index and the files say the same.")
    return _("The index and the files differ: see below.")


def facts(proof: Proof) -> list[Fact]:
    """Return what the proof rests on, as labels and values."""
    return [
        (_("Files read now"), number(proof.read)),
        (_("Files not read"), _reasons(proof) or _("none")),
        (_("Files in the index"), number(proof.basis.files)),
        (_("Index made"), local_time(proof.basis.built)),
        *(fact for fact in changed_since(proof.basis) if fact[1]),
        (_("Speeches without a date"), number(proof.basis.undated)),
        (_("Read at"), local_time(datetime.now().astimezone().isoformat())),
        (_("With"), f"lianzheng-search {__version__}"),
    ]


def _reasons(proof: Proof) -> str:
    return _("; ").join(
        _("{label}: {value}").format(label=path, value=reason)
        for path, reason in proof.not_read.items()
    )


def heads() -> list[str]:
    """Return the heads of the table, in the user's language."""
    return [
        _("Query"), _("Index"), _("Files"), _("Result"), _("Copies"), _("Undated"), _("Removed"),
        _("Whole"), _("Inside words"),
    ]  # fmt: skip


def table(proof: Proof) -> list[list[str]]:
    """Return the rows of the table, as texts: hits, passages and speeches of either answer."""
    return [
        [
            visible_line(row.name),
            amounts(row.hits, row.passages, row.speeches),
            amounts(row.scan_hits, row.scan_passages, row.scan_speeches),
            _("the same") if row.same else _("DIFFERS"),
            str(row.in_copies),
            str(row.in_undated),
            str(row.in_removed),
            str(row.whole),
            " ".join([str(row.inside), *(word for word, _times in row.inside_of)]),
        ]
        for row in proof.rows
    ]  # fmt: skip


def amounts(hits: int | None, passages: int, speeches: int) -> str:
    """Return occurrences, where they are counted, passages and speeches."""
    counted = "" if hits is None else f"{hits} / "
    return f"{counted}{passages} / {speeches}"


def legend() -> str:
    """Return what the figures of the table are."""
    return _(
        "Index and files: occurrences / passages / speeches, copies included; copies: passages"
        " that another copy says; undated: passages that a period leaves out for want of a date;"
        " removed: occurrences in what was cleaned away; whole: on word borders; inside words:"
        " in longer words, the commonest named."
    )


def check_file(path: Path, *, force: bool = False) -> None:
    """Raise RequestError, before a proof is made, for a file that it cannot be written to."""
    if path.suffix.lower() not in FORMATS:
        raise RequestError(
            _("{file}: its format is none of {formats}. Choose one").format(
                file=path, formats=" ".join(FORMATS)
            )
        )
    check_free(path, force=force)


def write_proof(path: Path, proof: Proof, corpus: Path, *, force: bool = False) -> None:
    """Write a proof to a file, in the format of its suffix; RequestError for any other."""
    check_file(path, force=force)
    suffix = path.suffix.lower()
    if suffix in (".csv", ".jsonl"):
        from .tables.rows import write_rows

        rows = map(proof_row, proof.rows)
        with whole_file(path, bom=suffix == ".csv", force=force) as out:
            write_rows(rows, PROOF_KEYS, out, file_format=suffix[1:])
        return
    with whole_paths([path], force=force) as (part,):
        (_write_docx if suffix == ".docx" else _write_xlsx)(part, proof, corpus)


def _write_docx(path: Path, proof: Proof, corpus: Path) -> None:
    from . import docx

    made = datetime.now().astimezone().isoformat(timespec="seconds")
    tool = f"lianzheng-search {__version__}"
    docx.write_body(path, _body(proof, corpus), title=_("Proof of a search"), tool=tool, made=made)


def _body(proof: Proof, corpus: Path) -> Iterator[str]:
    from .docx import paragraph, run
    from .docx import table as docx_table

    yield paragraph("Title", run(_("Proof of a search")))
    yield paragraph("Subtitle", run(visible_line(str(corpus))))
    yield paragraph("Subtitle", run(verdict(proof), "" if proof.same else "Missing"))
    yield from docx_table([heads(), *table(proof)], WIDTHS, figures=len(WIDTHS) - 1)
    yield paragraph("Note", run(legend()))
    for row in proof.rows:
        if row.differ:
            yield paragraph(
                "Note", run(f"{visible_line(row.name)}：{'、'.join(row.differ)}", "Missing")
            )
    yield paragraph("Note", "")
    yield from docx_table([[a, visible_line(b)] for a, b in facts(proof)], (24, 76))
    yield paragraph("Note", "")
    yield paragraph("Normal", run(_("Checked by: ________________    Date: ________________")))


def _write_xlsx(path: Path, proof: Proof, corpus: Path) -> None:
    from xlsxwriter import Workbook

    # a text that begins with = or holds an address is a text, whoever wrote it
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    options["in_memory"] = True  # it is small, and nothing of it goes to the system's folder
    with Workbook(str(path), options) as book:
        head, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        sheet = book.add_worksheet(_("Proof"))
        sheet.write_row(0, 0, heads(), head)
        for n, line in enumerate(table(proof), start=1):
            sheet.write_row(n, 0, line, wrapped)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, len(WIDTHS) - 1, 16)
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        below = len(proof.rows) + 2
        differ = [(row.name, "、".join(row.differ)) for row in proof.rows if row.differ]
        told = [(_("Corpus"), str(corpus)), (_("Result"), verdict(proof)), *differ, *facts(proof)]
        for n, (label, value) in enumerate([*told, (_("Figures"), legend())], start=below):
            sheet.write_string(n, 0, visible_line(label), head)
            sheet.write_string(n, 1, visible_line(value)[:32_000])
        signed = below + len(told) + 2
        sheet.write_string(signed, 0, _("Checked by: ________________    Date: ________________"))
