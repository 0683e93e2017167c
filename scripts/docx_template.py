"""
Make the template of the Word files that are exported: styles, typefaces, page, page number.

    python scripts/docx_template.py

writes lianzheng_search/data/export.docx anew, the same bytes each time. The names of elements are
those of ECMA-376, part 1, chapter 17.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent / "lianzheng_search" / "data" / "export.docx"

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAMES = f'xmlns:w="{MAIN}" xmlns:r="{OFFICE}"'
RED, QUIET = "C00000", "595959"
BODY, HEAD, KAI = "仿宋", "黑体", "楷体"
LATIN = "Times New Roman"
LINE = 26 * 20
"""Distance between the lines of the text, in twentieths of a point."""
PAGE_SETUP = (
    '<w:sectPr><w:footerReference w:type="default" r:id="rId4"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588"'
    ' w:header="851" w:footer="1361" w:gutter="0"/></w:sectPr>'
)
"""A4 with the margins of official documents (GB/T 9704): 37, 26, 35 and 28 mm."""
TEXT_WIDTH = 11906 - 1474 - 1588


def _fonts(east_asia: str) -> str:
    return (
        f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{east_asia}" w:cs="{LATIN}"/>'
    )


def _style(
    style: str,
    name: str,
    *,
    paragraph: str = "",
    run: str = "",
    based: str = "Normal",
    after: str = "",
    kind: str = "paragraph",
    shown: bool = True,
    default: bool = False,
) -> str:
    return (
        f'<w:style w:type="{kind}"'
        + (' w:default="1"' if default else "")
        + f' w:styleId="{style}"><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{based}"/>' if based else "")
        + (f'<w:next w:val="{after}"/>' if after else "")
        + ("<w:qFormat/>" if shown else "")
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{run}</w:rPr>" if run else "")
        + "</w:style>"
    )


def _size(points: float) -> str:
    # w:sz counts half points; w:szCs is the same for scripts such as Arabic
    half = round(points * 2)
    return f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'


def _color(color: str) -> str:
    return f'<w:color w:val="{color}"/>'


def _heading(level: int, points: float, before: int, east_asia: str) -> str:
    return _style(
        f"Heading{level}",
        f"heading {level}",
        after="Passage",
        paragraph=(
            f'<w:keepNext/><w:keepLines/><w:spacing w:before="{before}" w:after="80"'
            f' w:line="{round(points * 28)}" w:lineRule="atLeast"/><w:jc w:val="left"/>'
            f'<w:outlineLvl w:val="{level - 1}"/>'
        ),
        run=_fonts(east_asia) + ("<w:b/>" if level > 1 else "") + _size(points),
    )


def _contents(level: int) -> str:
    run = _fonts(HEAD if level == 1 else BODY) + _size(12 if level == 1 else 10.5)
    return _style(
        f"TOC{level}",
        f"toc {level}",
        after="Normal",
        shown=False,
        paragraph=(
            f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs>'
            f'<w:spacing w:before="{60 if level == 1 else 0}" w:line="360" w:lineRule="atLeast"/>'
            f'<w:ind w:left="{(level - 1) * 420}" w:right="420"/>'
        ),
        run=run,
    )


def styles() -> str:
    """Return the styles of the paragraphs, of the contents, and of words in them."""
    centred = '<w:jc w:val="center"/>'
    return (
        f"{XML}<w:styles {NAMES}><w:docDefaults><w:rPrDefault><w:rPr>{_fonts(BODY)}"
        f'{_size(12)}<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
        "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:widowControl/></w:pPr></w:pPrDefault>"
        "</w:docDefaults>"
        # names in English are what Word knows its built-in styles by, in every language
        + _style("Normal", "Normal", based="", paragraph='<w:jc w:val="both"/>', default=True)
        + _style("Plain", "Default Paragraph Font", kind="character", based="", default=True)
        + _style(
            "Title",
            "Title",
            after="Subtitle",
            paragraph=f'<w:keepNext/><w:spacing w:before="480" w:after="160"/>{centred}',
            run=_fonts(HEAD) + _size(22),
        )
        + _style(
            "Subtitle",
            "Subtitle",
            after="Normal",
            paragraph=f'<w:spacing w:after="60"/>{centred}',
            run=_fonts(KAI) + _color(QUIET) + _size(12),
        )
        + _style(
            "TOCHeading",
            "TOC Heading",
            after="Normal",
            paragraph=f'<w:keepNext/><w:spacing w:before="480" w:after="160"/>{centred}',
            run=_fonts(HEAD) + _size(16),
        )
        + _heading(1, 18, 480, HEAD)
        + _heading(2, 14, 320, KAI)
        + _heading(3, 13, 240, KAI)
        + "".join(map(_contents, (1, 2)))
        + _entry_styles()
        + "</w:styles>"
    )


def _entry_styles() -> str:
    """Return the styles of the entries, of what is told of them, and of words in them."""
    centred = '<w:jc w:val="center"/>'
    return (
        _style(
            "Passage",
            "Passage",
            paragraph=(
                f'<w:spacing w:before="120" w:line="{LINE}" w:lineRule="exact"/>'
                '<w:ind w:firstLineChars="200" w:firstLine="560"/>'
            ),
            run=_fonts(BODY) + _size(14),
        )
        + _style(
            "Source",
            "Source",
            after="Passage",
            paragraph=(
                '<w:keepLines/><w:spacing w:before="60" w:after="240" w:line="300"'
                ' w:lineRule="atLeast"/><w:ind w:left="560"/><w:jc w:val="left"/>'
            ),
            run=_fonts(KAI) + _color(QUIET) + _size(10.5),
        )
        + _style("Note", "Note", run=_color(QUIET) + _size(10.5))
        + _style(
            "Hint",
            "Hint",
            paragraph=f'<w:spacing w:after="120"/>{centred}',
            run=_color(QUIET) + _size(10.5),
        )
        + _style(
            "Cell",
            "Cell",
            paragraph='<w:spacing w:before="40" w:after="40"/><w:jc w:val="left"/>',
            run=_size(9.5),
        )
        + _style("Footer", "footer", paragraph=centred, run=_fonts("宋体") + _size(14), shown=False)
        + _style("Hit", "Hit", kind="character", based="", run=f"<w:b/>{_color(RED)}")
        + _style("Missing", "Missing", kind="character", based="", run=_color(RED))
        + _style("Quiet", "Quiet", kind="character", based="", run=_color(QUIET))
        + _style(
            "Count",
            "Count",
            kind="character",
            based="",
            run=f'<w:b w:val="0"/>{_color(QUIET)}{_size(10.5)}',
        )
    )


def font_table() -> str:
    """Name each typeface with those that take its place where it is not installed."""
    # 仿宋_GB2312 and 楷体_GB2312 are what older offices have; the STs are those of macOS
    faces = {
        BODY: "FangSong,仿宋_GB2312,STFangsong,华文仿宋,FZFangSong-Z02S,Noto Serif CJK SC",
        HEAD: "SimHei,STHeiti,华文黑体,Noto Sans CJK SC,WenQuanYi Zen Hei",
        KAI: "KaiTi,楷体_GB2312,STKaiti,华文楷体,FZKai-Z03S,Noto Serif CJK SC",
        "宋体": "SimSun,STSong,华文宋体,Noto Serif CJK SC",
    }
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"modern" if name != "宋体" else "auto"}"/>'
        '<w:pitch w:val="variable"/></w:font>'
        for name, others in faces.items()
    )
    return f"{XML}<w:fonts {NAMES}>{fonts}</w:fonts>"


def settings() -> str:
    """Return the settings; none that makes Word ask a question when the file is opened."""
    word = "http://schemas.microsoft.com/office/word"
    return (
        f'{XML}<w:settings {NAMES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:compat>'
        "<w:balanceSingleByteDoubleByteWidth/><w:useFELayout/>"
        f'<w:compatSetting w:name="compatibilityMode" w:uri="{word}" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
    )


def footer() -> str:
    """Return the page number at the foot of a page, as official documents have it: — 3 —."""
    return (
        f'{XML}<w:ftr {NAMES}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        '<w:r><w:t xml:space="preserve">— </w:t></w:r>'
        # a PAGE field: begin, instruction, separate, the result so far, end (ECMA-376 17.16)
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        '<w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>'
    )


def properties() -> str:
    """Return the properties of the file, empty: each export fills in its own."""
    return (
        f'{XML}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"/>'
    )


def document() -> str:
    """Return a document without a paragraph: only its page."""
    return f"{XML}<w:document {NAMES}><w:body>{PAGE_SETUP}</w:body></w:document>"


def content_types() -> str:
    """Return the content type of each part of the file."""
    kinds = {
        "word/document.xml": f"{WORD}.document.main+xml",
        "word/styles.xml": f"{WORD}.styles+xml",
        "word/settings.xml": f"{WORD}.settings+xml",
        "word/fontTable.xml": f"{WORD}.fontTable+xml",
        "word/footer1.xml": f"{WORD}.footer+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items()
    )
    return (
        f'{XML}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def package_relations() -> str:
    """Name the document and its properties."""
    return _relations(
        (f"{OFFICE}/officeDocument", "word/document.xml"),
        (f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    )


def document_relations() -> str:
    """Name the parts that the document uses; PAGE_SETUP refers to the fourth."""
    return _relations(
        (f"{OFFICE}/styles", "styles.xml"),
        (f"{OFFICE}/settings", "settings.xml"),
        (f"{OFFICE}/fontTable", "fontTable.xml"),
        (f"{OFFICE}/footer", "footer1.xml"),
    )


def _relations(*targets: tuple[str, str]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'


def parts() -> dict[str, str]:
    """Return the parts of the template by name."""
    return {
        "[Content_Types].xml": content_types(),
        "_rels/.rels": package_relations(),
        "docProps/core.xml": properties(),
        "word/document.xml": document(),
        "word/_rels/document.xml.rels": document_relations(),
        "word/styles.xml": styles(),
        "word/settings.xml": settings(),
        "word/fontTable.xml": font_table(),
        "word/footer1.xml": footer(),
    }


def main() -> None:
    """Write the template."""
    with zipfile.ZipFile(TEMPLATE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts().items():
            # a ZipInfo of its own is dated 1980: today's date would make other bytes each day
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())


if __name__ == "__main__":
    main()
