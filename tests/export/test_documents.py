"""Word files and web pages: every entry is in them once, in order, whatever its text holds."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
import unicodedata
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import docx
import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from lianzheng_search.data import FOLDER
from lianzheng_search.export import documents
from lianzheng_search.export import docx as write_docx
from lianzheng_search.export import html as write_html
from lianzheng_search.export.entries import Batch, Entry, Group
from lianzheng_search.export.excerpts import Excerpt
from lianzheng_search.export.manifests import BatchSettings, Manifest, QueryOutcome
from lianzheng_search.model import Hit, Passage, Section, Span, SpeechInfo
from lianzheng_search.query.lists import NamedQuery
from lianzheng_search.reading.html import read_html
from lianzheng_search.reading.limits import Limits
from lianzheng_search.reading.word.docx import read_docx

ROOT = Path(__file__).parent.parent.parent
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = st.sampled_from(
    [
        *"\0\x07\x0b\x0c\r\x1b\x7f\x85\xa0\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\ufffe\uffff",
        *"\ud800\udfff\U0001f600\t =+-@<>&\"'",
        "]]>", "<!--", "</script>", "<script>", "</p>", "&amp;", "&#0;", "_x000D_", "　", "  ",
        "廉洁", "责任", "同志们：", "一、",
    ]
)  # fmt: skip
TEXTS = st.lists(HOSTILE | st.characters(exclude_characters="\n"), max_size=12).map("".join)
PARAGRAPHS = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)


def shown(text: str) -> str:
    """Say independently what a reader is to see of a text: nothing that is not to be seen."""
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return "".join(
        "�"
        if (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")
        or unicodedata.bidirectional(c) in turning
        or c in "\u200e\u200f\u061c\ufff9\ufffa\ufffb\ufffe\uffff"
        or "\U000e0000" <= c <= "\U000e007f"
        else c
        for c in text
    )


@st.composite
def entries(draw, query: str) -> Entry:
    text = draw(PARAGRAPHS)
    ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = tuple(Span(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False))
    name = draw(TEXTS)
    section = Section(line=1, column=0, level=1, number=1, marker="一、", heading=draw(TEXTS))
    passage = Passage(line=2, column=0, kind="body", text=text, sections=(section,))
    info = SpeechInfo(id=name, title=draw(TEXTS), date="2024-03", speaker=draw(TEXTS) or None)
    return Entry(
        query=query,
        hit=Hit(
            info=info, passage=passage, spans=spans, copies=draw(st.sampled_from([(), (name,)]))
        ),
        excerpt=Excerpt(text=text, spans=spans, line=2, column=0, cut=(True, True)),
        citation=draw(st.none() | PARAGRAPHS),
    )


@st.composite
def exports(draw) -> tuple[list[Group], Manifest]:
    names = draw(st.lists(TEXTS, max_size=3))
    groups = []
    for name in names:
        inner = [
            Group(
                heading=draw(TEXTS),
                entries=tuple(draw(st.lists(entries(name), min_size=1, max_size=2))),
            )
            for _ in range(draw(st.integers(0, 2)))
        ]
        groups.append(Group(heading=name, groups=tuple(inner)))
    context = draw(st.sampled_from(["passage", "section", 12]))
    return groups, made(groups, context=context, filters={"title": draw(TEXTS)})


def made(groups, *, context="passage", filters=()) -> Manifest:
    """Make the manifest of some groups."""
    told = [
        QueryOutcome(
            name=group.heading, query=group.heading, filters=dict(filters), limit=0, sort=None,
            rows=len(group), speeches=len(group.groups), copies=0, digest="0",
        )
        for group in groups
    ]  # fmt: skip
    return Manifest(
        made="2026-07-01T09:30:00+08:00", tool="lianzheng-search", corpus="speeches",
        fingerprint="0123456789abcdef", versions={"index": "7"},
        settings=BatchSettings(context=context, filters=dict(filters)),
        format="docx", columns=None, split=None, queries=tuple(told), speeches={},
    )  # fmt: skip


def all_entries(groups) -> list[Entry]:
    return [e for group in groups for e in [*group.entries, *all_entries(group.groups)]]


def all_headings(groups) -> list[tuple[int, str]]:
    return [one for group in groups for one in _headings(group, 1)]


def _headings(group, level):
    text = shown(group.heading).replace("\n", " ").replace("\t", " ").strip()
    yield level, f"{text or '(before the first heading)'}"
    for inner in group.groups:
        yield from _headings(inner, level + 1)


def written(write, groups, manifest) -> bytes:
    with TemporaryDirectory() as folder:
        write(Path(folder) / "out", groups, manifest)
        return (Path(folder) / "out").read_bytes()


def expected(entry: Entry) -> tuple[str, list[str]]:
    """Give the text of an entry, and its hits, as they are to be read in a document."""
    hits = [shown(entry.excerpt.text[a:b]) for a, b in msgspec.to_builtins(entry.excerpt.spans)]
    return shown(entry.excerpt.text), "".join(hits).replace("\n", "")


@example(([], made([])))
@given(exports())
def test_a_word_file_holds_every_entry(document):
    """Another library reads the headings, the texts and their hits that went in, in order."""
    groups, manifest = document
    with TemporaryDirectory() as folder:
        write_docx.write(Path(folder) / "out.docx", groups, manifest)
        read = docx.Document(str(Path(folder) / "out.docx"))
    got: list[tuple[list[str], str]] = []
    headings: list[tuple[int, str]] = []
    sources = 0
    texts: list[str] = []
    hits = ""
    for paragraph in read.paragraphs:
        style = paragraph.style.style_id
        if style.startswith("Heading"):
            name = "".join(r.text for r in paragraph.runs if r.style.style_id != "Count")
            headings.append((int(style[-1]), name))
        elif style == "Passage":
            runs = [run for run in paragraph.runs if run.style.style_id != "Quiet"]
            texts.append("".join(run.text for run in runs))
            hits += "".join(run.text for run in runs if run.style.style_id == "Hit")
        elif style == "Source":
            sources += 1
            assert paragraph.text.startswith(f"[{sources}] ")
            got.append(("\n".join(texts), hits))
            texts, hits = [], ""
    assert got == [expected(entry) for entry in all_entries(groups)]
    assert headings == [*all_headings(groups), (1, "How this was made")]


def test_the_template_is_what_its_script_makes():
    """Nobody has to guess what is in data/export.docx: the script holds all of it."""
    made = runpy.run_path(str(ROOT / "scripts" / "docx_template.py"))["parts"]()
    with zipfile.ZipFile(FOLDER / "export.docx") as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == made


@given(exports())
def test_a_word_file_is_sound_xml(document):
    """Its parts are XML, each named by its type; every link of the contents has its target."""
    groups, manifest = document
    with TemporaryDirectory() as folder:
        write_docx.write(Path(folder) / "out.docx", groups, manifest)
        with zipfile.ZipFile(Path(folder) / "out.docx") as archive:
            parts = {
                name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()
            }
    named = [one.get("PartName") for one in parts["[Content_Types].xml"]]
    assert {f"/{n}" for n in parts if not n.endswith(".rels")} == {
        *filter(None, named),
        "/[Content_Types].xml",
    }
    body = parts["word/document.xml"]
    marks = [mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")]
    assert [link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")] == marks
    assert len(set(marks)) == len(marks)
    kinds = [char.get(f"{W}fldCharType") for char in body.iter(f"{W}fldChar")]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") == len(marks) + 1


class _Page(HTMLParser):
    """What a page says: the text of each element of these classes, and what is marked in it."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[tuple[str, str]] = []
        self.articles: list[list[str]] = []
        self.hits: list[str] = []
        self.cited: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.whole: dict[str, str] = {}
        self.policy = ""
        self.scripts: list[str] = []

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        if tag in ("meta", "input", "br"):
            self.policy = self.policy or about.get("content") or ""
            return
        self.path.append((tag, about.get("class") or about.get("id") or ""))
        if tag == "article":
            self.articles.append([])
            self.hits.append("")
        elif self.path[-1] == ("p", "text"):
            self.articles[-1].append("")
        elif self.path[-1] == ("p", "cited"):
            self.cited.append("")
        elif tag == "script":
            self.scripts.append(about.get("id") or "")
        elif tag[0] == "h" and tag[1:].isdigit() and ("main", "") in self.path:
            self.headings.append((int(tag[1:]) - 1, ""))

    def handle_endtag(self, tag):
        assert self.path.pop()[0] == tag

    def handle_data(self, data):
        if not self.path:
            return
        tag, label = self.path[-1]
        if tag in ("script", "style"):
            self.whole[label or tag] = self.whole.get(label or tag, "") + data
        elif ("p", "text") in self.path and label != "cut":
            self.articles[-1][-1] += data
            self.hits[-1] += data if tag == "mark" else ""
        elif ("p", "cited") in self.path:
            self.cited[-1] += data
        elif ("main", "") in self.path and tag[0] == "h":
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)


def parsed(page: bytes) -> _Page:
    parser = _Page()
    parser.feed(page.decode())
    parser.close()
    assert parser.path == []
    return parser


@example(([], made([])))
@given(exports())
def test_a_page_holds_every_entry(document):
    """The parser of the standard library reads the headings, texts and hits that went in."""
    groups, manifest = document
    page = parsed(written(write_html.write, groups, manifest))
    got = [("\n".join(texts), hits) for texts, hits in zip(page.articles, page.hits, strict=True)]
    assert got == [expected(entry) for entry in all_entries(groups)]
    assert page.headings == all_headings(groups)
    assert [cited.split("]")[0] for cited in page.cited] == [
        f"[{n}" for n in range(1, len(got) + 1)
    ]


@given(exports())
def test_a_page_runs_nothing_but_its_own_script(document):
    """Its policy allows one script and one style, by their hashes; the manifest is in it whole."""
    groups, manifest = document
    page = parsed(written(write_html.write, groups, manifest))
    assert page.scripts == ["manifest", ""]
    assert json.loads(page.whole["manifest"]) == json.loads(
        json.dumps(msgspec.to_builtins(manifest))
    )
    for kind in ("script", "style"):
        digest = hashlib.sha256(page.whole[kind].encode()).digest()
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in page.policy
    assert page.policy.startswith("default-src 'none'")


def test_our_own_readers_find_the_speeches_in_both(corpus, tmp_path):
    """What is exported can be put into a corpus: every passage is a line of it, in order."""
    queries = [NamedQuery(name=q, query=q) for q in ("责任", "家风 OR 学习", "没有这句话")]
    batch = Batch(corpus, queries, BatchSettings())
    groups = batch.groups()
    manifest = batch.manifest(file_format="docx")
    wanted = [entry.excerpt.text for entry in all_entries(groups)]
    assert len(wanted) == manifest.rows > 0
    write_docx.write(tmp_path / "a.docx", groups, manifest)
    raw = read_docx((tmp_path / "a.docx").read_bytes(), path="a.docx", limits=Limits())
    assert [line for line in raw.lines if line in wanted] == wanted
    assert raw.lines.count("Nothing found.") == 1
    write_html.write(tmp_path / "a.html", groups, manifest)
    raw = read_html((tmp_path / "a.html").read_text("utf-8"), path="a.html", encoding="utf-8")
    assert [line for line in raw.lines if line in wanted] == wanted


def test_the_table_of_queries_tells_zeros_and_leaves_out_empty_columns():
    """A query that found nothing is there with a 0; a column that says nothing is not."""
    manifest = made([Group(heading="家风家教")])
    assert documents.query_table(manifest) == [
        ["Name", "Excerpts", "Speeches", "In copies"],
        ["家风家教", "0", "0", "0"],
    ]
    assert documents.without_rows(manifest) == ["家风家教"]


def test_a_document_of_one_query_is_named_by_it():
    """Files that a batch was split into can be told apart when they are open."""
    assert documents.title([Group(heading="家风家教")]) == "家风家教: excerpts from speeches"
    assert documents.title([Group(heading="家风"), Group(heading="家教")]) == documents.title([])


def test_ellipses_stand_only_where_characters_were_counted():
    """A sentence or a run-in point is no broken text."""
    info = SpeechInfo(id="a.txt", title="在推进会上的讲话")
    hit = Hit(info=info, passage=Passage(line=2, column=0, kind="body", text="敢于担当"))
    taken = Excerpt(text="担当", spans=(), line=2, column=2, cut=(True, False))
    entry = Entry(query="担当", hit=hit, excerpt=taken)
    assert documents.broken_off(entry, 10) == (True, False)
    assert documents.broken_off(entry, "sentence") == (False, False)
    assert documents.source(entry) == ["《在推进会上的讲话》"]
    assert documents.place(entry) == "a.txt:2"
