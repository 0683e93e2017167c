"""Laws and cases of the formats: what is to be seen in a file is in its lines, or a removal."""

import random
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import SPEECH, often, shared
from hypothesis import given, settings
from hypothesis import strategies as st
from made import doc, docx, p, pdf, rtf, zipped

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.index.walk import walk
from lianzheng_search.model import RawFile
from lianzheng_search.reading.limits import Limits, Unreadable, load_limits
from lianzheng_search.reading.read import read_bytes, read_file

LINES = [line for line in SPEECH.split("\n") if line]
PAGE = (
    '<html><head><meta charset="gb2312"><title>在石桥镇的讲话_XX市人民政府</title></head><body>'
    '<div class="top"><a href="/">首页</a> | <a href="/j">讲话</a></div>'
    '<div class="crumbs">当前位置：<a>首页</a> &gt; 正文</div>'
    "<h1>在石桥镇的讲话</h1><div>2024-03-08　来源：XX日报</div>"
    '<div id="zoom"><p>同志们：</p><p>&nbsp;&nbsp;作风建设要<b>久久</b>为功，不能歇脚。</p>'
    "<h2>一、把担子挑稳</h2><p>主体责任不是一句口号，<br>敢于担当才算数。<p>家风连着作风，要管好身边人。"
    '<script>var a = "<p>脚本</p>";</script><select><option>部门网站</option></select></div>'
    '<ul><li><a href="1">石桥镇召开推进会，部署重点工作任务</a><li><a>其他新闻</a></ul>'
    '<div class="footer"><p>版权所有，未经许可，不得转载。</p></div></body></html>'
)
GAP = 22
LEFT = 80


def lines_of(data: bytes, **settings: object) -> list[str]:
    return list(read_bytes(data, path="a", **settings).lines)


def gone(raw: RawFile) -> list[tuple[str, str]]:
    assert all(removal.line is None for removal in raw.removals)
    return [(removal.rule, removal.text) for removal in raw.removals]


def refused(data: bytes, **settings: object) -> str:
    with pytest.raises(Unreadable) as raised:
        read_bytes(data, path="a", **settings)
    return str(raised.value)


def page(*texts: str, head: str = "", number: str = "") -> list[tuple[float, float, str]]:
    """Set lines of 26 characters; a text is a paragraph, its first line set in by two."""
    rows = []
    y = 740
    for text in texts:
        rest = "　　" + text
        while rest:
            line, rest = rest[:26], rest[26:]
            bare = line.lstrip("　")
            rows.append((LEFT + 16 * (len(line) - len(bare)), y, bare))
            y -= GAP
    if head:
        rows.insert(0, (LEFT, 800, head))
    if number:
        rows.append((280, 40, number))
    return rows


def test_docx_paragraphs_cells_breaks_and_insertions():
    body = (
        p("同志们：")
        + "<w:p><w:r><w:t>第一行</w:t><w:br/><w:t>第二行</w:t></w:r></w:p>"
        + "<w:p><w:ins><w:r><w:t>新增</w:t></w:r></w:ins><w:del><w:r><w:delText>旧话</w:delText>"
        "</w:r></w:del><w:r><w:t>的话</w:t></w:r></w:p>"
        + f"<w:tbl><w:tr><w:tc>{p('甲')}{p('乙')}</w:tc><w:tc>{p('丙')}</w:tc></w:tr></w:tbl>"
        + p("尾")
    )
    raw = read_bytes(docx(body), path="a")
    assert raw.lines == ("同志们：", "第一行", "第二行", "新增的话", "甲", "乙", "丙", "尾")
    assert gone(raw) == [("deleted-text", "旧话")]


def test_a_paragraph_whose_mark_is_deleted_goes_on():
    mark = "<w:rPr><w:del/></w:rPr>"
    assert lines_of(docx(p("敢于", mark) + p("担当") + p("家风"))) == ["敢于担当", "家风"]
    assert lines_of(docx(p("家风") + p("敢于", mark))) == ["家风", "敢于"]


def test_a_text_box_stands_once_after_its_paragraph():
    box = "<w:txbxContent>" + p("框里的话") + "</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>正文</w:t><mc:AlternateContent><mc:Choice><wps:wsp><wps:txbx>"
        f"{box}</wps:txbx><wps:bodyPr/></wps:wsp></mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert lines_of(docx(body)) == ["正文", "框里的话"]


def test_what_a_docx_shows_outside_its_text_is_removed():
    art = (
        "<w:p><w:r><w:pict><v:shape><v:textpath string='内部资料'/></v:shape></w:pict>"
        "<wps:wsp><wps:txbx><w:txbxContent>" + p("竹溪文库") + "</w:txbxContent></wps:txbx>"
        "<wps:bodyPr><a:prstTxWarp prst='textPlain'/></wps:bodyPr></wps:wsp></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏着的话</w:t></w:r><w:r><w:t>正文</w:t></w:r></w:p>"
    )
    raw = read_bytes(
        docx(art, header=p("页眉"), footer=p("— 1 —"), comments=p("批注"), footnotes=p("脚注")),
        path="a",
    )
    assert raw.lines == ("正文", "脚注")
    assert sorted(gone(raw)) == [
        ("comment", "批注"), ("hidden-text", "藏着的话"), ("page-footer", "— 1 —"),
        ("page-header", "页眉"), ("word-art", "内部资料"), ("word-art", "竹溪文库"),
    ]  # fmt: skip


NUMBERING = """
<w:abstractNum w:abstractNumId="5">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
    <w:lvlText w:val="%1、"/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
    <w:pStyle w:val="S2"/><w:lvlText w:val="（%2）"/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:isLgl/><w:numFmt w:val="decimal"/>
    <w:lvlText w:val="%1.%3"/></w:lvl>
</w:abstractNum>
<w:num w:numId="7"><w:abstractNumId w:val="5"/></w:num>
<w:num w:numId="8"><w:abstractNumId w:val="5"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="11"/></w:lvlOverride></w:num>
"""
STYLES = """
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="S2"><w:name w:val="mine"/><w:basedOn w:val="1"/>
  <w:pPr><w:outlineLvl w:val="1"/><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>
"""


def listed(text: str, level: int, number: int = 7) -> str:
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_docx_numbers_are_rebuilt_as_printed():
    body = (
        listed("学习", 0) + listed("读书", 1) + p("调研", '<w:pStyle w:val="S2"/>')
        + listed("责任", 0) + listed("带头", 1) + listed("记账", 2) + listed("家风", 0, 8)
        + listed("无此表", 0, 99)
    )  # fmt: skip
    assert lines_of(docx(body, numbering=NUMBERING, styles=STYLES)) == [
        "一、学习", "（一）读书", "（二）调研", "二、责任", "（一）带头", "2.1 记账", "十一、家风",
        "无此表",
    ]  # fmt: skip


def test_docx_headings_are_below_a_title():
    heading = p("责任", '<w:pStyle w:val="1"/>') + p("带头", '<w:pStyle w:val="S2"/>')
    plain = p("正文")
    raw = read_bytes(docx(heading + plain, styles=STYLES), path="a")
    assert raw.headings == {1: 1, 2: 2}
    title = p("讲话", '<w:pStyle w:val="T"/>')
    raw = read_bytes(docx(title + heading + plain, styles=STYLES), path="a")
    assert raw.headings == {1: 1, 2: 2, 3: 3}


def test_docx_limits_and_damage():
    deep = "<w:tbl><w:tr><w:tc>" * 30 + p("底") + "</w:tc></w:tr></w:tbl>" * 30
    assert "more than 20 deep" in refused(docx(deep))
    assert lines_of(docx(deep), limits=Limits(table_depth=30)) == ["底"]
    long = docx(p("廉" * 3_000_000))
    assert "zip_ratio" in refused(long)
    loose = Limits(zip_ratio=100_000, docx_bytes=1_000_000)
    assert "docx_bytes" in refused(long, limits=loose)
    assert "line_characters" in refused(long, limits=Limits(zip_ratio=100_000))
    assert "damaged" in refused(docx("<w:p>"))
    assert "damaged" in refused(docx(p("一"))[:300])
    bomb = '<!DOCTYPE x [<!ENTITY a "aa">]><w:document/>'
    assert "DTD" in refused(zipped({"[Content_Types].xml": "", "word/document.xml": bomb}))
    assert refused(docx("")) == "a: the file is empty"


def test_doc_pieces_fields_and_headers():
    text = "同志们：\r\x13 PAGEREF x \x14第三条\x15要严\x0b要实\r甲\x07乙\x07\x07尾\r"
    raw = read_bytes(doc(text, header="\r" * 0 + "页眉\r"), path="a.wps")
    assert raw.lines == ("同志们：", "第三条要严", "要实", "甲", "乙", "尾")
    assert gone(raw) == [("page-header", "页眉")]
    assert lines_of(doc("廉洁\r", latin="EU, \x93G7\x94\r".encode("latin-1").decode("cp1252"))) == [
        "廉洁",
        "EU, “G7”",
    ]
    assert "damaged" in refused(doc("廉洁\r")[:1500])
    assert "not of Word" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + doc("廉\r")[8:].replace(
        "WordDocument".encode("utf-16-le"), "WordDocumenX".encode("utf-16-le")))  # fmt: skip


def test_what_is_named_doc_is_told_by_content():
    assert read_bytes("<html><body><p>同志们：</p></body></html>".encode("gbk"), path="a.doc").lines
    assert lines_of(rtf(r"同志们：\par 家风")) == ["同志们：", "家风"]


def test_rtf_text_lists_and_what_goes():
    raw = read_bytes(
        rtf(
            r"{\header 页眉\par}{\*\generator X;}{\stylesheet{\s1\outlinelevel0 heading 1;}}"
            r"\pard\s1{\listtext\pard 一、\tab}学习\par\pard\plain "
            r"要\u20005?\'d1\'cf{\deleted 旧}。"
            r"{\v 藏}\line 二\par\trowd 甲\cell 乙\cell\row{\footnote 注}\emdash\par"
        ),
        path="a",
    )
    assert raw.lines == (
        "一、\t学习",
        "要严严。",
        "二",
        "甲",
        "乙",
        "—",
        "注",
    )
    assert raw.headings == {1: 1}
    assert sorted(gone(raw)) == [
        ("deleted-text", "旧"), ("hidden-text", "藏"), ("page-header", "页眉"),
    ]  # fmt: skip


def test_rtf_line_ends_and_halves_of_characters():
    """A code of a line end, in whatever way it is written, ends a line."""
    assert lines_of(rtf(r"甲\'0d乙\u10?丙\'0d\'0a丁")) == ["甲", "乙", "丙", "丁"]
    assert lines_of(rtf(r"\u-10179?\u-8704?\u-10179?")) == ["\U0001f600\ufffd"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_page_is_its_main_text(encoding):
    raw = read_bytes(PAGE.encode(encoding), path="a.html")
    assert raw.lines == (
        "在石桥镇的讲话", "2024-03-08　来源：XX日报", "同志们：",
        "作风建设要久久为功，不能歇脚。", "一、把担子挑稳", "主体责任不是一句口号，",
        "敢于担当才算数。", "家风连着作风，要管好身边人。",
    )  # fmt: skip
    assert raw.headings == {1: 1, 5: 2}
    assert ("navigation", "首页 | 讲话") in gone(raw)
    assert ("button", "部门网站") in gone(raw)
    assert ("page-footer", "版权所有，未经许可，不得转载。") in gone(raw)


def test_a_web_archive_gives_its_page():
    mail = (
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n"
        "--X\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n"
        "--X\nContent-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: {}\n\n{}\n--X--"
    )
    text = "<html><p>同志们：".encode("gbk")
    quoted = "".join(f"={byte:02X}" for byte in text)
    for way, body in (("quoted-printable", quoted), ("base64", b64encode(text).decode())):
        assert lines_of(mail.format(way, body).encode()) == ["同志们："]
    assert "no page" in refused(b"MIME-Version: 1.0\n\nabc")


def test_a_page_of_too_many_elements_is_refused():
    assert "elements" in refused(b"<html>" + b"<p>1" * 11, limits=Limits(elements=10))


def test_a_title_above_a_bar_of_links_stays():
    bar = "<p>今天是2024年5月1日</p><h1>XX市人民政府</h1><ul><li><a>首页</a><li><a>讲话</a></ul>"
    page = PAGE.replace("<body>", f"<body>{bar}").replace(
        "</h1><div>", "</h1><div><a>分享</a></div><div>"
    )
    assert lines_of(page.encode())[:3] == [
        "在石桥镇的讲话", "2024-03-08　来源：XX日报", "同志们："
    ]  # fmt: skip


def test_prose_outside_of_the_main_text_stays():
    extra = PAGE.replace(
        '<div class="footer">', "<div>以上是讲话全文，请各单位认真学习。</div><div>"
    )
    assert "以上是讲话全文，请各单位认真学习。" in lines_of(extra.encode())


WORDS = st.text("廉洁奉公家风作风责任担当", min_size=12, max_size=60)


@given(
    paragraphs=st.lists(WORDS, min_size=3, max_size=12),
    opened=st.sampled_from(["<p>", "<div>", "<tr><td>", "<section><p><span>", "<li>", "<br>"]),
    around=st.sampled_from(
        ["<div id=zoom>", "<table>", "<td class=content>", "<form>", "<article>"]
    ),
)
def test_no_sentence_of_a_page_is_lost(paragraphs, opened, around):
    """Whatever the markup, every sentence is in the lines, once, in order."""
    inner = "".join(f"{opened}{text}。" for text in paragraphs)
    lines = lines_of(f"<html><body>{around}{inner}</body></html>".encode())
    assert [line.strip() for line in lines] == [text + "。" for text in paragraphs]


def test_pdf_paragraphs_are_whole_again():
    one = (
        "作风建设永远在路上，要以钉钉子的精神抓下去，一锤接着一锤敲，敲到底、敲到位，直到风清气正。"
    )
    two = "主体责任是牛鼻子，书记要牵住它，班子要跟着走，谁也不能当甩手掌柜，谁也不能做老好人。" * 2
    pages = [
        page(one, two, head="竹溪文库", number="— 1 —"),
        page(two, one, head="竹溪文库", number="— 2 —"),
        page(one[9:], two, head="竹溪文库", number="— 3 —"),
    ]
    raw = read_bytes(pdf(pages), path="a.pdf")
    assert raw.lines == (one, two, two, one, one[9:], two)
    assert sorted(gone(raw)) == [("page-header", "竹溪文库")] * 3 + [
        ("page-number", f"— {n} —") for n in (1, 2, 3)
    ]


def test_a_pdf_that_says_the_same_on_every_page_loses_nothing():
    """What recurs is furniture only as long as there is little of it."""
    one = (
        "作风建设永远在路上，要以钉钉子的精神抓下去，一锤接着一锤敲，敲到底、敲到位，直到风清气正。"
    )
    assert lines_of(pdf([page(one * 4)] * 4)) == [one * 4] * 4


def test_pdf_a_paragraph_goes_on_over_the_page():
    text = "家风连着作风，家教关乎廉洁，领导干部要管好配偶子女和身边工作人员，" * 6
    rows = page(text)
    half = [(x, 700 - n * GAP, line) for n, (x, _y, line) in enumerate(rows[4:])]
    assert lines_of(pdf([rows[:4], half])) == [text]


def test_pdf_short_lines_are_paragraphs_of_their_own():
    rows = [
        (LEFT, 700 - n * GAP, text) for n, text in enumerate(("一、学习", "二、责任", "三、家风"))
    ]
    assert lines_of(pdf([rows])) == ["一、学习", "二、责任", "三、家风"]


def test_pdf_radicals_become_characters():
    assert lines_of(pdf([page("⼈⺠群众看作风，关键看⾏动。")])) == ["人民群众看作风，关键看行动。"]


def test_a_scan_is_named_as_such():
    assert "a scan" in refused(pdf([[], []]))
    raw = read_bytes(pdf([page("同志们："), [], []]), path="a.pdf")
    (problem,) = raw.problems
    assert problem.values == {"pages": "2-3"}


def test_pdf_limits_and_damage():
    data = pdf([page("同志们：")] * 3)
    assert "more than 2 pages" in refused(data, limits=Limits(pages=2))
    assert "damaged" in refused(b"%PDF-1.7\nnothing")


def test_markdown_headings_are_told():
    raw = read_bytes("# 题目\n\n## 一、学习\n#标签\n".encode(), path="a.md")
    assert raw.lines[0] == "# 题目"
    assert raw.headings == {1: 1, 3: 2}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "讲话.zip", "w") as packed:
        packed.writestr("2024/一.txt", SPEECH)
        packed.writestr("2024/二.docx", docx(p("同志们：") + p("敢于担当，善于作为。")))
        packed.writestr("__MACOSX/._一.txt", "x")
        packed.writestr("../../三.txt", "要管好身边人，守住家门。")
        packed.writestr("四.zip", zipped({"a.txt": "甲"}))
    return tmp_path


def test_files_in_a_zip_are_files_of_the_corpus(archive):
    corpus = lianzheng_search.open(archive)
    summary = corpus.index()
    assert (summary.files, summary.speeches, summary.added) == (4, 3, 4)
    assert [str(problem.path) for problem in summary.problems] == ["讲话.zip/四.zip"]
    assert [hit.info.id for hit in corpus.search("善于作为").hits] == ["讲话.zip/2024/二.docx"]
    assert corpus.index().unchanged == 4
    with zipfile.ZipFile(archive / "讲话.zip", "a") as packed:
        packed.writestr("五.txt", "新来的一篇，讲的是家风。")
    summary = corpus.index()
    assert (summary.added, summary.unchanged) == (1, 4)
    (speech,) = corpus.read("讲话.zip/2024/二.docx")
    assert speech.passages[-1].text == "敢于担当，善于作为。"
    corpus.close()


def test_names_in_a_zip_are_read_in_gbk_too(tmp_path):
    data = zipped({"AAAA.txt": "廉洁奉公。"}).replace(b"AAAA", "家风".encode("gbk"))
    (tmp_path / "a.zip").write_bytes(data)
    (source,) = walk(tmp_path)
    assert source.path == "a.zip/家风.txt"
    assert read_file(source.file, path=source.path).lines == ("廉洁奉公。",)


@pytest.mark.parametrize(
    ("data", "limits", "said"),
    [
        (zipped({}), Limits(), "with no files in it"),
        (zipped({"a.txt": "廉"})[:20], Limits(), "damaged"),
        (zipped({"a.txt": "0" * 3_000_000}), Limits(), "200 times its size"),
        (zipped({"a.txt": "1", "b.txt": "2"}), Limits(zip_members=1), "more than 1 files"),
        (zipped({"a.txt": "123"}), Limits(unzipped_bytes=2), "more than 2 bytes when unpacked"),
        (zipped({"a.txt": "123"}), Limits(file_bytes=2), "more than 2 bytes"),
    ],
)
def test_a_zip_that_is_not_opened_says_why(tmp_path, data, limits, said):
    (tmp_path / "a.zip").write_bytes(data)
    (source,) = walk(tmp_path, limits=limits)
    with pytest.raises(Unreadable, match=said):
        read_file(source.file, path=source.path, limits=limits)


def test_a_locked_member_is_one_problem(tmp_path):
    data = bytearray(zipped({"a.txt": "廉洁"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    (source,) = walk(tmp_path)
    with pytest.raises(Unreadable, match="password"):
        read_file(source.file, path=source.path)


def test_limits_come_from_a_file_of_the_corpus(tmp_path):
    (tmp_path / "a.txt").write_text(SPEECH, "utf-8")
    (tmp_path / "limits.toml").write_text("text_bytes = 100\n", "utf-8")
    summary = lianzheng_search.open(tmp_path).index()
    assert [problem.values["limit"] for problem in summary.problems] == ["text_bytes"]
    (tmp_path / "limits.toml").write_text("text_bytes = 100000\n", "utf-8")
    assert lianzheng_search.open(tmp_path).index().speeches == 1


@pytest.mark.parametrize("text", ["page = 3", "pages = 0", "pages = 'x'", "pages = true", "pages"])
def test_a_wrong_file_of_limits_is_an_error(tmp_path, text):
    (tmp_path / "limits.toml").write_text(text, "utf-8")
    with pytest.raises(RequestError, match=r"limits\.toml"):
        load_limits(tmp_path / "limits.toml")


def test_plain_text_imports_no_other_reader():
    """Reading a text must not wait for what reads the other formats."""
    program = (
        "import sys; from lianzheng_search.reading.read import read_bytes\n"
        "read_bytes(b'a', path='a')\n"
        "names = 'word.doc word.docx html pdf rtf'.split()\n"
        "others = {f'lianzheng_search.reading.{name}' for name in names}\n"
        "print(sorted((others | {'pypdfium2', 'olefile'}) & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


SMALL = {
    "docx": docx(
        listed("学习", 0) + p("敢于担当。"), numbering=NUMBERING, styles=STYLES, header=p("页")
    ),
    "doc": doc("同志们：\r甲\x07乙\x07\x07\x13 X \x14尾\x15\r", header="页眉\r"),
    "pdf": pdf([page("作风建设永远在路上。", number="1"), page("同志们：", number="2")]),
    "rtf": rtf(
        r"{\header 页}{\listtext 一、}学习\par {\deleted 旧}要\u20005?{\field{\*\fldinst X}}\par"
    ),
    "html": PAGE.encode("gbk"),
    "zip": zipped({"a.txt": "廉洁"}),
    "mht": b"MIME-Version: 1.0\nContent-Type: text/html; charset=gbk\n"
    b"Content-Transfer-Encoding: base64\n\n" + b64encode(PAGE.encode("gbk")),
}


@pytest.mark.parametrize("kind", SMALL)
@settings(max_examples=often(60))
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_a_damaged_file_is_read_or_refused(kind, seed, changes):
    """Nothing but Unreadable is raised, and no line holds a line end or half a character."""
    chosen = random.Random(seed)
    data = bytearray(SMALL[kind])
    for _ in range(changes):
        at = chosen.randrange(len(data))
        size = chosen.choice([1, 1, 1, 4, 40])
        data[at : at + size] = chosen.choice(
            [
                chosen.randbytes(size),
                b"",
                b"\xff" * size,
                bytes(size),
                bytes(data[at : at + size]) * 2,
            ]
        )
        data = data or bytearray(b"x")
    with suppress(Unreadable):
        raw = read_bytes(bytes(data), path="a")
        "".join(raw.lines).encode()
        assert not any(end in line for line in raw.lines for end in "\r\n")


@pytest.mark.parametrize("part", ["document", "numbering", "styles", "header"])
@settings(max_examples=often(40))
@given(seed=st.integers(0, 2**32))
def test_a_damaged_part_of_a_docx_is_read_or_refused(part, seed):
    chosen = random.Random(seed)
    with zipfile.ZipFile(io_of(SMALL["docx"])) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    data = bytearray(files[f"word/{part}.xml"])
    for _ in range(chosen.randint(1, 6)):
        at = chosen.randrange(len(data))
        data[at] = chosen.choice(b'0<>/"&9 ')
    files[f"word/{part}.xml"] = bytes(data)
    try:
        raw = read_bytes(zipped(files), path="a")
    except Unreadable as unreadable:
        problem = unreadable.problem
    else:
        problem = None
    if problem is not None:
        assert (problem.path, problem.line) == ("a", None)
        return
    "".join(raw.lines).encode()
    assert not any(end in line for line in raw.lines for end in "\r\n")
    if part != "document":  # what stands in the text does not hang on the other parts
        assert bare("".join(raw.lines))


def io_of(data: bytes):
    import io

    return io.BytesIO(data)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_messy_word_files_and_pages_equal_their_gold():
    """In all but white space; a table and tracked changes are judged by what they hold."""
    folder = shared("messy")
    read = 0
    for file in [*folder.glob("*.docx"), *folder.glob("*.html")]:
        if file.name.startswith("zip_named"):
            continue
        raw = read_file(file, path=file.name)
        gold = (folder / "gold" / f"{file.name.partition('.')[0]}.txt").read_text("utf-8")
        if "table_track" in file.name:
            kept = {"发言人", "内容", "甲"}
            text = bare("".join(line for line in raw.lines if line not in kept))
            assert bare(gold).startswith(text)
        else:
            assert bare("".join(raw.lines)) == bare(gold), file.name
        read += 1
    assert read >= 15


def test_a_long_line_of_date_and_source_is_no_main_text():
    """It was counted as prose, so that the whole page was taken for the text."""
    body = "".join(f"<p>第{n}条，各单位要把责任落到实处，抓出成效来。</p>" for n in range(8))
    page = (
        "<html><head><title>在石桥镇的讲话</title></head><body><h2>在石桥镇的讲话</h2>"
        "<h3><div><em>来源：XX市石桥镇纪律检查委员会网站</em><em>发布时间：2019-03-12 09:00</em>"
        f"<em>【字体：大 中 小】</em></div></h3><div>{body}</div>"
        "<div class=xgwz><h3>相关文章</h3><ul><li><a>石桥镇开会</a></li><li><a>东山镇开会</a></li>"
        "</ul></div></body></html>"
    )
    raw = read_bytes(page.encode(), path="a.html")
    assert not [line for line in raw.lines if "相关文章" in line or "开会" in line]
    assert {"相关文章", "石桥镇开会"} <= {gone.text for gone in raw.removals}
    assert sum("条，各单位" in line for line in raw.lines) == 8
    assert raw.lines[0] == "在石桥镇的讲话"
