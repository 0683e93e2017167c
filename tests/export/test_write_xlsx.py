"""Excel files, read back with another library."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import asdict
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock

from lianzheng_search.export.entries import Batch, Entry
from lianzheng_search.export.excerpts import Excerpt
from lianzheng_search.export.manifests import BatchSettings, QueryOutcome
from lianzheng_search.export.tables import xlsx as write_xlsx
from lianzheng_search.export.tables.result_rows import entry_keys, entry_row
from lianzheng_search.model import Hit, Passage, Section, Span, SpeechInfo
from lianzheng_search.query.lists import NamedQuery
from lianzheng_search.text.characters import UNPRINTABLE

RED = "FFC00000"
HOSTILE = "责任担当=+-@\t\n\r\0\x0b\x1f<>&'\"_x0041r/ \u202e\ud800\uffff\U0001f600"
TEXTS = st.text(st.one_of(st.sampled_from(HOSTILE), st.characters()), max_size=30)
PIECES = st.lists(st.tuples(st.booleans(), TEXTS.filter(bool)), min_size=1, max_size=5)


def entry(pieces, query="责任", title="在XX市动员会上的讲话"):
    """Make an entry whose hits are the pieces marked."""
    text, spans = "", []
    for hit, piece in pieces:
        if hit and not (spans and spans[-1].end == len(text)):
            spans.append(Span(len(text), len(text) + len(piece)))
            text += piece
        elif not hit:
            text += piece
    section = Section(line=3, column=0, level=1, number=1, marker="一、", heading="一、压实责任")
    passage = Passage(line=4, column=2, kind="body", text=text, sections=(section,), point="一是")
    info = SpeechInfo(id="甲/一.txt", title=title, date="2024-03", speaker="张某")
    hit = Hit(info=info, passage=passage, spans=tuple(spans), score=1.25)
    return Entry(
        query=query,
        hit=hit,
        excerpt=Excerpt(text=text, spans=tuple(spans), line=4, column=2),
        citation="张某：《讲话》",
    )


def written(path: Path, entries, *, keys=None, told=()):
    """Write entries; give the workbook read back, with rich text as such."""
    settings = BatchSettings(cite="plain")
    corpus = SimpleNamespace(
        directory="speeches",
        file_hashes=lambda: {"甲/一.txt": "0" * 64},
        index_versions=lambda: {"jieba": "0.42.1"},
    )
    batch = SimpleNamespace(
        corpus=corpus,
        settings=settings,
        entries=lambda: iter(entries),
        outcomes=list(told),
        speech_ids={"甲/一.txt": None},
        basis=lambda: None,
    )

    def make():
        return Batch.manifest(batch, file_format="xlsx")

    write_xlsx.write(path, batch, keys or entry_keys(settings, None), make)
    return load_workbook(path, rich_text=True)


def held(text):
    """Give a text as a sheet holds it: the same, but for what XML cannot hold."""
    return "".join("\ufffd" if UNPRINTABLE.match(c) else c for c in text)


def runs(cell):
    """Give (is red, text) for what stands in a cell, neighbours of one colour as one."""
    value = cell.value
    if not isinstance(value, CellRichText):
        font = cell.font
        return [(font.color is not None and font.color.rgb == RED and font.b, value)]
    merged = []
    for piece in value:
        block = isinstance(piece, TextBlock)
        red = block and piece.font.color is not None and piece.font.color.rgb == RED
        text = piece.text if block else piece
        if merged and merged[-1][0] == red:
            merged[-1] = (red, merged[-1][1] + text)
        else:
            merged.append((red, text))
    return merged


def expected_runs(entry):
    """Give what is to be red of an entry's text, from its spans, one character at a time."""
    merged = []
    for at, character in enumerate(held(entry.excerpt.text)):
        red = any(span.start <= at < span.end for span in entry.excerpt.spans)
        if merged and merged[-1][0] == red:
            merged[-1] = (red, merged[-1][1] + character)
        else:
            merged.append((red, character))
    return merged


def told(name, *, rows, query="责任", filters=None, limit=0, sort=None):
    return QueryOutcome(
        name=name,
        query=query,
        filters=filters or {},
        limit=limit,
        sort=sort,
        rows=rows,
        speeches=min(rows, 1),
        copies=2,
        digest="0",
    )


def table(sheet):
    return [[str(cell) if cell is not None else "" for cell in row] for row in sheet.values]


@given(st.lists(st.tuples(PIECES, TEXTS, TEXTS), max_size=4))
@example([([(False, "<r>责任</r>")], "<r><t>a</t></r>", "=1+1"), ([(True, "_x0041_")], "", "")])
@example([([(True, "=责任"), (False, "\n担当_x"), (True, "0041_")], "_x005F_x0041_", "\t")])
def test_rows_equal_entries(tmp_path_factory, found):
    """Each entry is a row with its values, and what is red in it are its spans."""
    entries = [entry(pieces, query, title) for pieces, query, title in found]
    book = written(tmp_path_factory.mktemp("x") / "out.xlsx", entries)
    rows = list(book.worksheets[0].iter_rows(min_row=2))
    assert len(rows) == len(entries)
    order = [key for key in write_xlsx.COLUMNS if key != "offset"]
    for cells, made in zip(rows, entries, strict=True):
        got = dict(zip(order, cells, strict=True))
        row = asdict(entry_row(made))
        assert runs(got["text"]) == expected_runs(made)
        for key in ("query", "title", "date", "speaker", "point", "speech", "citation"):
            assert str(got[key].value or "") == held(row[key])
            assert got[key].data_type != "f"
        for key in ("line", "column", "section_number", "score"):
            assert got[key].value == row[key]
        assert got["section"].value == "一、压实责任"
        spans = " ".join(f"{span.start}..{span.end}" for span in row["spans"])
        assert (got["spans"].value or "") == spans


def test_a_formula_stays_text_when_it_is_edited(tmp_path):
    """A cell that begins like a formula is marked as text, not changed."""
    sheet = written(tmp_path / "out.xlsx", [entry([(False, "=1+1")], "@SUM(A1)")]).worksheets[0]
    cells = {cell.value: cell for cell in sheet[2]}
    assert cells["=1+1"].quotePrefix
    assert cells["@SUM(A1)"].quotePrefix
    assert not cells["一是"].quotePrefix


def test_columns_are_those_asked_for(tmp_path):
    """Chosen columns stand in the order chosen; all of them in that of reading."""
    book = written(tmp_path / "out.xlsx", [entry([(True, "责任")])], keys=("line", "text", "query"))
    assert table(book.worksheets[0]) == [["Line", "Text", "Query"], ["4", "责任", "责任"]]
    assert runs(book.worksheets[0]["B2"]) == [(True, "责任")]


@pytest.mark.parametrize("character", ["责", "\U0001f600"])
def test_a_cell_holds_what_it_can_and_says_so(tmp_path, character):
    """A text beyond what a cell holds is cut, in the cell, and told, on the last sheet."""
    long = entry([(True, "担当"), (False, character * 32_766), (True, "担当")])
    whole = entry([(False, "责" * 32_767)])
    book = written(tmp_path / "out.xlsx", [long, whole], keys=("speech", "text"))
    sheet = book.worksheets[0]
    text = str(sheet["B2"].value)
    assert len(text.encode("utf-16-le")) // 2 <= 32_767
    assert text.startswith("担当" + character * 16_000)
    assert text.endswith("…… [cut: 32770 characters in all]")
    assert [red for red, _text in runs(sheet["B2"])] == [True, False]
    assert sheet["B3"].value == "责" * 32_767
    [line] = [row for row in table(book.worksheets[2]) if row[0].startswith("Rows!")]
    assert line[0] == "Rows!B2"
    assert "甲/一.txt:4 has 32,770 characters" in line[1]


def test_rows_go_on_in_a_further_sheet(tmp_path, monkeypatch):
    """Rows beyond those of a sheet are on the next ones, each with a header, and it is told."""
    monkeypatch.setattr(write_xlsx, "SHEET_ROWS", 3)
    entries = [entry([(False, f"第{n}条")], "甲" if n < 4 else "乙") for n in range(5)]
    told_of = [told("甲", rows=4), told("乙", rows=1)]
    book = written(tmp_path / "out.xlsx", entries, keys=("text",), told=told_of)
    assert book.sheetnames == ["Rows", "Rows 2", "Rows 3", "Totals", "How it was made"]
    texts = [row[0] for sheet in book.worksheets[:3] for row in table(sheet)[1:]]
    assert texts == [f"第{n}条" for n in range(5)]
    assert all(sheet["A1"].value == "Text" for sheet in book.worksheets[:3])
    assert ["Sheets", "a sheet holds 3 rows; the others are on Rows 2、Rows 3"] in table(
        book.worksheets[4]
    )
    assert book["Totals"]["A3"].hyperlink.location == "'Rows 3'!A2"


def test_totals_name_every_query(tmp_path):
    """A query that found nothing is there with its zero; one that did leads to its first row."""
    entries = [entry([(True, "责任")], "甲"), entry([(True, "责任")], "=乙")]
    filters = {"theme": ("家风家教", "廉洁自律"), "part": "body", "title": None, "since": "2023"}
    told_of = [
        told("甲", rows=1, filters=filters, limit=20, sort="date"),
        told("无", rows=0, query=None),
        told("=乙", rows=1),
    ]
    sheet = written(tmp_path / "out.xlsx", entries, told=told_of)["Totals"]
    assert table(sheet)[1:] == [
        [
            "甲",
            "责任",
            "theme: 家风家教、廉洁自律; in: body; since: 2023; at most 20; by date",
            *("1", "1", "2"),
        ],
        ["无", "—", "", "0", "0", "2"],
        ["=乙", "责任", "", "1", "1", "2"],
        ["All", "", "", "2", "", "6"],
    ]
    links = [sheet.cell(row, 1).hyperlink for row in (2, 3, 4)]
    assert [link and link.location for link in links] == ["'Rows'!A2", None, "'Rows'!A3"]
    assert sheet["A4"].data_type != "f"


def test_the_last_sheet_tells_how_it_was_made(tmp_path):
    """Corpus, fingerprint, versions, counts, the keys of the columns, the files."""
    told_of = [told("甲", rows=1), told("无", rows=0)]
    book = written(tmp_path / "out.xlsx", [entry([(True, "责任\0")], "甲")], told=told_of)
    lines = {row[0]: row[1] for row in table(book.worksheets[-1])}
    assert lines["Corpus"] == "speeches"
    assert lines["Rows"] == "1"
    assert lines["Queries"] == "2 (1 of them found nothing)"
    assert lines["jieba"] == "0.42.1"
    assert lines["甲/一.txt"] == "0" * 16
    assert lines["Hits at"] == "spans"
    assert lines["Characters"].startswith("1 character that a sheet cannot hold")


def test_a_batch_of_a_corpus(corpus, tmp_path):
    """What is found is what is written, with the sheet ready for work."""
    queries = [NamedQuery(name=q, query=q) for q in ("责任", "家风 OR 学习", "没有这句话")]
    batch = Batch(corpus, queries, BatchSettings())
    keys = entry_keys(batch.settings, None)
    write_xlsx.write(
        tmp_path / "out.xlsx",
        batch,
        keys,
        lambda: batch.manifest(file_format="xlsx"),
    )
    book = load_workbook(tmp_path / "out.xlsx")
    sheet = book.worksheets[0]
    text = list(write_xlsx.COLUMNS).index("text") + 1
    again = Batch(corpus, queries, BatchSettings())
    expected = [entry.excerpt.text for entry in again.entries()]
    assert [sheet.cell(row, text).value for row in range(2, sheet.max_row + 1)] == expected
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:Q{len(expected) + 1}"
    assert [row[3] for row in list(book["Totals"].values)[1:4]] == [
        outcome.rows for outcome in batch.outcomes
    ]
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["out.xlsx"]


def test_nothing_is_left_where_writing_fails(tmp_path):
    """The rows that wait on the disk are gone with the failure, and it is the disk's own error."""

    def fail():
        yield entry([(True, "责任")])
        raise OSError(28, "No space left on device")

    batch = SimpleNamespace(settings=BatchSettings(), entries=fail)
    with pytest.raises(OSError, match="No space"):
        write_xlsx.write(tmp_path / "out.xlsx", batch, ("text",), lambda: None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_made_is_an_error_of_the_disk(tmp_path, monkeypatch):
    """XlsxWriter's own exception is not what comes out."""
    monkeypatch.setattr(zipfile.ZipFile, "write", fails)
    with pytest.raises(OSError, match="No space"):
        written(tmp_path / "out.xlsx", [])


def fails(*_arguments):
    raise OSError(28, "No space left on device")
