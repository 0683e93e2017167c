"""Groups of entries -> a Word file (docx) to write from: contents, headings, passages, sources."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import docx

from .. import data
from ..messages import _
from . import documents

if TYPE_CHECKING:
    from .entries import Entry, Group
    from .manifests import Manifest

TEMPLATE = "export.docx"
DOCUMENT = "word/document.xml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = f'xmlns:w="{MAIN}" xmlns:r="{OFFICE}"'
HEAD = f"{XML}<w:document {NAMESPACES}><w:body>"
RULE = "A6A6A6"
"""Colour of the lines between the rows of a table."""
LONGEST_PROPERTY = 255
"""Maximum length of a title or an author in the properties of a file, in code points."""
PIECE_STYLES = {"": "", "hit": "Hit", "cut": "Quiet"}
DEEPEST = 3
"""Deepest level of headings that has a style."""
MOST_LISTED = 300
"""Maximum number of lines of a table of contents of two levels; beyond, it has one."""
BATCH = 512
HINT = '<w:rFonts w:hint="eastAsia"/>'
"""Hint that sets quotation marks and dashes, which Latin typefaces have, in the Chinese one."""
FIGURE_WIDTH = 10
"""Width of a column of numbers, in hundredths of the text's width."""
LABEL_WIDTH = 24


def write(path: Path, groups: Sequence[Group], manifest: Manifest) -> None:
    """
    Write a Word file: title, contents, a heading for each group, the entries, how it was made.

    The page, the styles and the page number are those of the template ``data/export.docx``; open
    it in Word to change them. An entry is a paragraph, or several, in the style Passage with its
    hits in the style Hit, and one in the style Source. The table of contents is a field that Word
    and WPS fill with page numbers when told to, and Word when it prints; until then it lists the
    headings with links. The document itself is written as strings, piece by piece: python-docx
    takes 3 ms for an entry, and holds all of them in memory.
    """
    body = _document(documents.outline(groups), groups, manifest)
    write_body(path, body, title=documents.title(groups), tool=manifest.tool, made=manifest.made)


def write_body(path: Path, body: Iterable[str], *, title: str, tool: str, made: str) -> None:
    """Write a Word file from the template: its properties, and the paragraphs of a body as XML."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _filled_template(title, tool, made).items():
            archive.writestr(_info(name), content)
        # its length is not known beforehand, and a plain zip entry ends at 2 GB
        with archive.open(_info(DOCUMENT), "w", force_zip64=True) as document:
            pieces: list[str] = []
            for piece in chain((HEAD,), body, (_foot(),)):
                pieces.append(piece)
                if len(pieces) == BATCH:
                    document.write("".join(pieces).encode())
                    pieces.clear()
            document.write("".join(pieces).encode())


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _filled_template(title: str, tool: str, made: str) -> dict[str, bytes]:
    """Return the parts of the template by name, without the document, with the properties set."""
    template = docx.Document(str(data.FOLDER / TEMPLATE))
    properties = template.core_properties
    properties.title = title[:LONGEST_PROPERTY]
    properties.author = documents.visible_line(tool)[:LONGEST_PROPERTY]
    if when := _utc(made):
        properties.created = properties.modified = when
    saved = io.BytesIO()
    template.save(saved)
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != DOCUMENT}


@cache
def _page() -> tuple[str, int]:
    """Return the page of the template as XML, and the width of its text in twips."""
    template = docx.Document(str(data.FOLDER / TEMPLATE))
    section = template.sections[0]
    sides = (section.page_width, section.left_margin, section.right_margin)
    width, left, right = (side.twips if side is not None else 0 for side in sides)
    return template.element.body.sectPr.xml, width - left - right


def _foot() -> str:
    return f"{_page()[0]}</w:body></w:document>"


def _utc(made: str) -> datetime | None:
    try:
        return datetime.fromisoformat(made).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _document(
    headings: Sequence[documents.Outline], groups: Sequence[Group], manifest: Manifest
) -> Iterator[str]:
    yield from _title_block(groups, manifest)
    yield from _contents(headings)
    for heading in headings:
        told = documents.beside_heading(heading) if heading.total else ""
        first = heading.number == 1
        yield _heading(heading.heading, heading.level, heading.number, told, new_page=first)
        if not heading.total:
            yield paragraph("Note", run(_("Nothing found.")))
        for number, entry in heading.entries:
            yield from _entry(number, entry, manifest)
    yield from _how_made(manifest, len(headings) + 1)


def _title_block(groups: Sequence[Group], manifest: Manifest) -> Iterator[str]:
    yield paragraph("Title", run(documents.title(groups)))
    yield paragraph("Subtitle", run(" · ".join(documents.summary(groups, manifest))))
    yield paragraph("Subtitle", run(documents.made_on(manifest)))
    if told := documents.found_nothing(manifest):
        yield paragraph("Subtitle", run(told, "Missing"))


def _contents(headings: Sequence[documents.Outline]) -> Iterator[str]:
    """Yield the field of contents, with the headings in it as they are known here."""
    deepest = 2 if sum(one.level <= 2 for one in headings) <= MOST_LISTED else 1
    yield '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
    yield "<w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>"
    yield paragraph("TOCHeading", run(_("Contents")))
    field = _field("begin") + _instruction(f'TOC \\o "1-{deepest}" \\h \\z \\u')
    hint = _("For page numbers, click in the contents with the right button: Update Field.")
    yield paragraph("Hint", field + _field("separate") + run(hint))
    for heading in headings:
        if heading.level <= deepest:
            told = documents.beside_heading(heading)
            yield _listed(heading.heading, heading.level, heading.number, told)
    yield _listed(how_made_heading(), 1, len(headings) + 1, "", _field("end"))
    yield "</w:sdtContent></w:sdt>"


def how_made_heading() -> str:
    """Return the heading of the last page."""
    return _("How this was made")


def _listed(heading: str, level: int, number: int, told: str, end: str = "") -> str:
    """Set a line of the contents; its page number is empty until Word fills it."""
    tabs = f'<w:tab w:val="right" w:leader="none" w:pos="{_page()[1]}"/>'
    page = _field("begin") + _instruction(f"PAGEREF {_mark(number)} \\h")
    page += _field("separate") + _field("end")
    link = run(heading) + (run(f"　{told}", "Count") if told else "") + "<w:r><w:tab/></w:r>"
    return paragraph(
        f"TOC{level}",
        f'<w:hyperlink w:anchor="{_mark(number)}" w:history="1">{link}{page}</w:hyperlink>{end}',
        f"<w:tabs>{tabs}</w:tabs>",
    )


def _heading(heading: str, level: int, number: int, told: str, *, new_page: bool = False) -> str:
    mark = f'<w:bookmarkStart w:id="{number}" w:name="{_mark(number)}"/>'
    end = f'<w:bookmarkEnd w:id="{number}"/>'
    count = run(f"　{told}", "Count") if told else ""
    return paragraph(
        f"Heading{min(level, DEEPEST)}",
        f"{mark}{run(heading)}{count}{end}",
        "<w:pageBreakBefore/>" if new_page else "",
    )


def _mark(number: int) -> str:
    # the names that Word gives such bookmarks: it takes them over when it updates the field
    return f"_Toc{number:09}"


def _entry(number: int, entry: Entry, manifest: Manifest) -> Iterator[str]:
    lines = documents.paragraphs(entry, manifest.settings.context)
    for n, pieces in enumerate(lines):
        last = n == len(lines) - 1
        runs = "".join([run(text, PIECE_STYLES[kind]) for text, kind in pieces])
        # a source alone on the next page would not tell what it is the source of
        yield paragraph("Passage", runs, "<w:keepNext/>" if last or not n else "")
    where = documents.SEPARATOR.join([documents.place(entry), *documents.remarks(entry, manifest)])
    told = [*documents.source(entry), where]
    told[0] = f"[{number}] {told[0]}"
    yield paragraph("Source", "<w:r><w:br/></w:r>".join(map(run, told)))


def _how_made(manifest: Manifest, number: int) -> Iterator[str]:
    yield _heading(how_made_heading(), 1, number, "", new_page=True)
    yield from table(documents.facts(manifest), (LABEL_WIDTH, 100 - LABEL_WIDTH))
    yield paragraph("Note", "")
    queries = documents.query_table(manifest)
    figures = [FIGURE_WIDTH] * documents.FIGURES
    words = len(queries[0]) - len(figures)
    yield from table(
        queries, [(100 - sum(figures)) // words] * words + figures, figures=len(figures)
    )
    yield paragraph("Note", "", '<w:spacing w:line="20" w:lineRule="exact"/>')


def table(
    rows: Iterable[Sequence[str]], widths: Sequence[int], *, figures: int = 0
) -> Iterator[str]:
    """
    Set a table with lines between its rows alone; `widths` are in hundredths of the text's.

    If its last columns are figures, its first row is a head, which comes again on each page.
    """
    sizes = [width * _page()[1] // 100 for width in widths]
    rule = f'w:val="single" w:sz="4" w:space="0" w:color="{RULE}"'
    yield f'<w:tbl><w:tblPr><w:tblW w:w="{sum(sizes)}" w:type="dxa"/><w:tblBorders>'
    yield f"<w:top {rule}/><w:bottom {rule}/><w:insideH {rule}/></w:tblBorders>"
    yield '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    yield "".join(f'<w:gridCol w:w="{size}"/>' for size in sizes)
    yield "</w:tblGrid>"
    for n, row in enumerate(rows):
        head = bool(figures) and not n
        yield "<w:tr><w:trPr><w:cantSplit/>" + "<w:tblHeader/>" * head + "</w:trPr>"
        for column, (cell, size) in enumerate(zip(row, sizes, strict=True)):
            right = '<w:jc w:val="right"/>' if column >= len(row) - figures else ""
            yield f'<w:tc><w:tcPr><w:tcW w:w="{size}" w:type="dxa"/></w:tcPr>'
            yield paragraph("Cell", run(cell, "Quiet" if head else ""), right) + "</w:tc>"
        yield "</w:tr>"
    yield "</w:tbl>"


def paragraph(style: str, runs: str, more: str = "") -> str:
    """Set a paragraph in a style of the template; `more` are other properties of it, as XML."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{runs}</w:p>'


def run(text: str, style: str = "") -> str:
    """Set a text without line ends; tabs have an element of their own."""
    named = f'<w:rStyle w:val="{style}"/>' if style else ""
    content = escape(text).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f'<w:r><w:rPr>{named}{HINT}</w:rPr><w:t xml:space="preserve">{content}</w:t></w:r>'


def _field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def _instruction(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve"> {text} </w:instrText></w:r>'
