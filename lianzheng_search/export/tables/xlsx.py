"""The entries of a batch -> an Excel file: the rows, the totals, and how it was made."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...messages import N_, _, ngettext
from ...model import Value
from .. import documents
from ..entries import Batch, Entry
from ..manifests import Manifest, QueryOutcome
from .result_rows import entry_keys, entry_row
from .rows import joined
from .xlsx_cells import CELL_UNITS, Sheets

SHEET_ROWS = 1_048_576
"""Maximum number of rows of a sheet, by the format."""
FACES = {"font_name": "微软雅黑", "font_size": 10, "font_color": "#262626", "font_charset": 134}
"""A typeface that Excel and WPS have on every Windows; others take their own for the charset."""
GREY, BLUE, PALE, LINE = "#7F7F7F", "#1F4E79", "#F3F1EC", "#BFB8A8"
OPTIONS = {
    # an export of a whole corpus must not fill the memory: rows go to the disk at once
    "constant_memory": True,
    # a text from a file that begins with = must not be run by Excel
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
    "default_format_properties": FACES,
}
RULED = {"bottom": 7, "bottom_color": "#D9D4C7"}
LINE_HEIGHT, LEAST_HEIGHT, MOST_HEIGHT, HEAD_HEIGHT = 14, 20, 409, 24
"""Heights of a row, in points: programs other than Excel do not derive them from the text."""
INDENT = 2
"""Width added to a column for the blank before its text, in digits."""
EVERYTHING = "—"
"""Mark shown in place of a query where there is none: all that the filters leave."""
KINDS = {
    "title": N_("title"),
    "salutation": N_("salutation"),
    "heading": N_("heading"),
    "body": N_("body"),
    "closing": N_("closing"),
}
TOLD_CUTS = 20
"""Maximum number of cut cells that are named; the rest are counted."""


class Column(Value, frozen=True):
    """How a key is shown: its name, its width in digits, and whether it is there to be read."""

    name: str
    width: float
    read: bool = True


COLUMNS: Mapping[str, Column] = {
    "query": Column(N_("Query"), 18),
    "title": Column(N_("Title"), 30),
    "date": Column(N_("Date"), 12),
    "speaker": Column(N_("Speaker"), 11),
    "section": Column(N_("Section"), 30),
    "point": Column(N_("Point"), 8),
    "text": Column(N_("Text"), 80),
    "themes": Column(N_("Themes"), 16),
    "citation": Column(N_("Citation"), 50),
    "speech": Column(N_("File"), 28, read=False),
    "line": Column(N_("Line"), 8, read=False),
    "column": Column(N_("Column"), 8, read=False),
    "offset": Column(N_("Offset"), 8, read=False),
    "kind": Column(N_("Kind"), 9, read=False),
    "section_number": Column(N_("Section no."), 9, read=False),
    "spans": Column(N_("Hits at"), 14, read=False),
    "score": Column(N_("Relevance"), 10, read=False),
    "venue": Column(N_("Occasion"), 20, read=False),
    "source": Column(N_("Published by"), 18, read=False),
}
"""All keys in the order in which people read them: what is said and by whom, then where it is."""


def write(path: Path, batch: Batch, keys: Sequence[str], manifest: Callable[[], Manifest]) -> None:
    """
    Write an Excel file: a sheet of rows with these keys, one of totals, one on how it was made.

    The keys stand in the order of COLUMNS, where they are those of every export. A cell's text is
    the entry's, but for characters that a sheet cannot hold, which become U+FFFD, and for what is
    beyond 32,767 of them; both are told. RequestError where XlsxWriter is not installed.
    """
    if set(keys) == set(entry_keys(batch.settings, None)):
        keys = sorted(keys, key=list(COLUMNS).index)
    with _book(path) as book:
        rows = _Rows(book, keys)
        for entry in batch.entries():
            rows.add(entry)
        # the manifest is known only when every entry has been read
        rows.finish()
        told = manifest()
        _write_totals(rows.sheets, told, rows.first)
        _write_making(rows, told)


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """Open a workbook; its rows wait on the disk, beside it, and are gone when it is written."""
    # inside, since other formats need not wait for it
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    # not in the system's folder, which may be in memory and small
    with TemporaryDirectory(dir=path.parent, prefix=".", ignore_cleanup_errors=True) as beside:
        book = Workbook(str(path), OPTIONS | {"tmpdir": beside})
        try:
            yield book
            book.close()
        except FileCreateError as error:
            # the system's own error, so that a full disk is reported as by every other format
            raise error.args[0] from None
        finally:
            for sheet in book.worksheets():
                # Windows removes no file that is open, and the workbook leaves these so when it
                # fails
                for waiting in (sheet.row_data_fh, sheet.fh):
                    with suppress(OSError):
                        waiting.close()


class _Rows:
    """The sheets of rows: as many as it takes, each with its header."""

    def __init__(self, book: Any, keys: Sequence[str]) -> None:
        self.sheets, self.keys = Sheets(book), keys
        self.columns = [COLUMNS[key] for key in keys]
        self.widths = [column.width for column in self.columns]
        self.text_at = keys.index("text") if "text" in keys else -1
        reading, aside = self.sheets.look(**RULED), self.sheets.look(**RULED, font_color=GREY)
        self.looks = [reading if column.read else aside for column in self.columns]
        self.first: dict[str, tuple[str, int]] = {}
        self.names: list[str] = []
        self.row = SHEET_ROWS
        self.sheet: Any = None

    def add(self, entry: Entry) -> None:
        """Write an entry below the last one, or at the head of a further sheet."""
        row = entry_row(entry)
        # Excel refuses a file with more rows; a second sheet loses nothing
        if self.row == SHEET_ROWS:
            self._end_sheet()
            self._next_sheet()
        self.first.setdefault(entry.query, (self.names[-1], self.row))
        cells = [_cell(getattr(row, key), key) for key in self.keys]
        place = f"{row.speech}:{row.line}"
        self.sheet.set_row(self.row, _height(zip(cells, self.widths, strict=True)))
        for column, (cell, look) in enumerate(zip(cells, self.looks, strict=True)):
            if isinstance(cell, str) and cell:
                spans = row.spans if column == self.text_at else ()
                at = (self.row, column)
                self.sheets.put(self.sheet, at, cell, look, spans=spans, place=place)
            elif cell != "":
                self.sheet.write_number(self.row, column, cell, look.plain)
        self.row += 1

    def finish(self) -> None:
        """End the last sheet, which is there even if it has no rows."""
        if not self.names:
            self._next_sheet()
        self._end_sheet()

    def _next_sheet(self) -> None:
        number = len(self.names) + 1
        self.names.append(_("Rows") + (f" {number}" if number > 1 else ""))
        self.sheet = self.sheets.book.add_worksheet(self.names[-1])
        for n, (column, look) in enumerate(zip(self.columns, self.looks, strict=True)):
            self.sheet.set_column(n, n, column.width + INDENT, look.plain)
        self.sheet.freeze_panes(1, 1 if self.keys[0] == "query" else 0)
        _head(self.sheets, self.sheet, 0, [_(column.name) for column in self.columns])
        self.row = 1

    def _end_sheet(self) -> None:
        if self.sheet is None:
            return
        last = len(self.columns)
        read = [column.read for column in self.columns]
        # columns for machines, such as offsets, would push the text off a printed page
        printed = read.index(False) if read[0] and False in read else last
        self.sheet.autofilter(0, 0, self.row - 1, last - 1)
        self.sheet.print_area(0, 0, self.row - 1, printed - 1)
        self.sheet.repeat_rows(0)
        self.sheet.hide_gridlines(2)
        _page(self.sheet, landscape=True)


def _height(cells: Iterable[tuple[Any, float]]) -> int:
    """Estimate how high a row is, in points, from its texts and the widths they have."""
    lines = 1
    for text, width in cells:
        if isinstance(text, str) and len(text) * 2 > width:
            lines = max(lines, sum(_lines(line, width) for line in text.split("\n")))
    return max(LEAST_HEIGHT, min(MOST_HEIGHT, lines * LINE_HEIGHT + 6))


def _lines(text: str, width: float) -> int:
    narrow = len(text.encode("ascii", "ignore"))
    return max(1, ceil((2 * len(text) - narrow) / width))


def _cell(value: Any, key: str) -> str | int | float:
    """
    Return what stands in a cell: numbers as they are, lists joined.

    >>> from lianzheng_search.model import Span
    >>> _cell(("一、甲", "（一）乙"), "section"), _cell((Span(3, 7), Span(12, 16)), "spans")
    ('一、甲 › （一）乙', '3..7 12..16')
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return joined(value, key)
    if key == "kind":
        return _(KINDS.get(value, value))
    return value  # type: ignore[no-any-return]


def _head(
    sheets: Sheets, sheet: Any, row: int, names: Sequence[str], right: Container[int] = ()
) -> None:
    sheet.set_row(row, HEAD_HEIGHT)
    edge = {"bottom": 1, "bottom_color": LINE}
    looks = [
        sheets.look(bold=True, bg_color=PALE, valign="vcenter", align=side, **edge)
        for side in ("left", "right")
    ]
    for column, name in enumerate(names):
        sheets.put(sheet, (row, column), name, looks[column in right])


def _page(sheet: Any, *, landscape: bool = False) -> None:
    if landscape:
        sheet.set_landscape()
    # 9 is A4, the paper of Chinese offices
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer("&L&9&A&R&9&P / &N")


def _write_totals(sheets: Sheets, manifest: Manifest, first: Mapping[str, tuple[str, int]]) -> None:
    """Write a line for each query, those that found nothing too, and the sum."""
    queries = manifest.queries
    sheet = sheets.book.add_worksheet(_("Totals"))
    widths = (30, 46, 40, 11, 11, 16)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + INDENT)
    names = (_("Name"), _("Query"), _("Filters"), _("Rows"), _("Speeches"), _("Copies left out"))
    _head(sheets, sheet, 0, names, right=(3, 4, 5))
    sheet.freeze_panes(1, 1)
    ruled = RULED | {"valign": "vcenter"}
    found, silent = sheets.look(**ruled), sheets.look(**ruled, font_color=GREY)
    number = {"align": "right", "text_wrap": False, "num_format": "#,##0"}
    many, none = sheets.look(**ruled | number), sheets.look(**ruled | number, font_color=GREY)
    link = sheets.look(**ruled, font_color=BLUE, underline=1)
    for row, told in enumerate(queries, start=1):
        name = told.name or EVERYTHING
        texts = (name, told.query or EVERYTHING, documents.query_filters(told))
        sheet.set_row(row, _height(zip(texts, widths, strict=False)))
        if told.name in first:
            there = f"internal:'{first[told.name][0]}'!A{first[told.name][1] + 1}"
            sheet.write_url(row, 0, there, link.plain, "…")
        for column, text in enumerate(texts):
            linked = column == 0 and told.name in first
            look = link if linked else found if told.rows else silent
            sheets.put(sheet, (row, column), text, look)
        for column, count in enumerate((told.rows, told.speeches, told.copies), start=3):
            sheet.write_number(row, column, count, (many if told.rows else none).plain)
    _write_sum(sheets, sheet, queries)
    sheet.autofilter(0, 0, len(queries), len(names) - 1)
    sheet.hide_gridlines(2)
    sheet.repeat_rows(0)
    _page(sheet, landscape=True)


def _write_sum(sheets: Sheets, sheet: Any, queries: Sequence[QueryOutcome]) -> None:
    row = len(queries) + 1
    bold = {"bold": True, "valign": "vcenter", "top": 1, "top_color": LINE}
    text = sheets.look(**bold)
    number = sheets.look(**bold, align="right", text_wrap=False, num_format="#,##0")
    sheet.set_row(row, HEAD_HEIGHT)
    for column, name in enumerate((_("All"), "", "", "", "")):
        sheets.put(sheet, (row, column), name, text)
    sheet.write_number(row, 3, sum(told.rows for told in queries), number.plain)
    sheet.write_number(row, 5, sum(told.copies for told in queries), number.plain)


def _write_making(rows: _Rows, told: Manifest) -> None:
    """Write how the file was made, what is not in it as it was, and what its columns are."""
    sheets = rows.sheets
    sheet = sheets.book.add_worksheet(_("How it was made"))
    widths = (30, 90)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + INDENT)
    sheet.hide_gridlines(2)
    sheet.set_row(0, 30)
    title = sheets.look(bold=True, font_size=14, text_wrap=False)
    sheets.put(sheet, (0, 0), _("How it was made"), title)
    middle = {"valign": "vcenter"}
    label, value = sheets.look(**middle, font_color=GREY), sheets.look(**middle)
    row = 1
    for heading, lines in _blocks(rows, told):
        if heading:
            _head(sheets, sheet, row + 1, heading)
            row += 2
        for name, text in lines:
            sheet.set_row(row, _height(zip((name, text), widths, strict=True)))
            sheets.put(sheet, (row, 0), name, label)
            sheets.put(sheet, (row, 1), text, value)
            row += 1
    _page(sheet)


def _blocks(
    rows: _Rows, told: Manifest
) -> Iterator[tuple[Sequence[str], Iterable[tuple[str, str]]]]:
    """Yield what is said of an export: (headings, or none, and the lines under them)."""
    yield (), documents.facts(told)
    yield (_("Cells and texts"), ""), _faults(rows)
    yield (
        (_("Column"), _("Key in csv and jsonl")),
        ((_(COLUMNS[key].name), key) for key in rows.keys),
    )
    yield (_("Made with"), _("Version")), told.versions.items()
    if told.speeches:
        yield (_("File with rows"), _("Fingerprint")), told.speeches.items()


def _faults(rows: _Rows) -> Iterator[tuple[str, str]]:
    """Yield what had to be changed, or that nothing had to."""
    sheets = rows.sheets
    if len(rows.names) > 1:
        yield (
            _("Sheets"),
            _("a sheet holds {n:,} rows; the others are on {sheets}").format(
                n=SHEET_ROWS, sheets="、".join(rows.names[1:])
            ),
        )
    for cut in sheets.cuts[:TOLD_CUTS]:
        yield (
            cut.cell,
            _("cut: the text of {place} has {n:,} characters, a cell holds {most:,}").format(
                place=cut.place, n=cut.characters, most=CELL_UNITS
            ),
        )
    if more := max(0, len(sheets.cuts) - TOLD_CUTS):
        yield (
            _("More"),
            ngettext("{n} more cell is cut", "{n} more cells are cut", more).format(n=more),
        )
    if sheets.replaced:
        yield (
            _("Characters"),
            ngettext(
                "{n} character that a sheet cannot hold stands as {mark}",
                "{n} characters that a sheet cannot hold stand as {mark}",
                sheets.replaced,
            ).format(n=sheets.replaced, mark="\ufffd"),
        )
    if not (sheets.cuts or sheets.replaced or len(rows.names) > 1):
        yield _("Nothing"), _("every cell holds the whole text, character by character")
