"""Exports to read and to paste: Markdown and plain text."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lianzheng_search.export.citations import CITATION_STYLES, cite, key_of, printable
from lianzheng_search.export.entries import Batch, Entry, Group
from lianzheng_search.export.excerpts import Excerpt
from lianzheng_search.export.manifests import BatchSettings
from lianzheng_search.export.markdown import BLANKS, bold
from lianzheng_search.export.text import _heading, write_md, write_txt
from lianzheng_search.model import Hit, Passage, Span, SpeechInfo
from lianzheng_search.query.lists import NamedQuery

LETTERS = "*_`\\#<>[]()!&|~$=+-:.1清风正气，。“”\u3000 \t\n\x1b\u2028\u202e\ud800"
WORDS = ("**", "1. ", "1) ", "- ", "&lt;", "&#38;", "<!--", "```", "\n\n", "---", "    ", "[a]: b")
NASTY = st.lists(st.sampled_from([*LETTERS, *WORDS]), max_size=12).map("".join)
BLOCKS = ("heading", "paragraph", "blockquote", "bullet_list", "list_item")
TABLES = ("table", "thead", "tbody", "tr", "th", "td")


def made(settings, queries=()):
    corpus = SimpleNamespace(
        directory="讲话",
        file_hashes=lambda: {"a.txt": "0" * 64},
        index_versions=lambda: {"tool": "1.0"},
        basis=lambda: None,
    )
    return Batch(corpus, queries, settings).manifest(file_format="md")


@st.composite
def entries(draw):
    text = draw(NASTY.filter(lambda text: printable(text).strip()))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = tuple(Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b)
    told = SpeechInfo(
        id="a.txt",
        title=draw(NASTY) or "清风",
        speaker=draw(st.none() | NASTY),
        date=draw(st.none() | st.just("2016-01")),
    )
    passage = Passage(line=3, column=0, kind="body", text=text)
    style = draw(st.none() | st.sampled_from(CITATION_STYLES))
    return Entry(
        query=draw(NASTY),
        hit=Hit(info=told, passage=passage, spans=spans),
        excerpt=Excerpt(text=text, spans=spans, line=3, column=0, cut=(True, False)),
        citation=cite(told, passage, style) if style else None,
    )


GROUPS = st.recursive(
    st.builds(
        lambda heading, some, speech: Group(heading=heading, entries=tuple(some), speech=speech),
        NASTY,
        st.lists(entries(), max_size=3),
        st.booleans(),
    ),
    lambda inner: st.builds(
        lambda heading, some: Group(heading=heading, groups=tuple(some)),
        NASTY,
        st.lists(inner, max_size=2),
    ),
    max_leaves=3,
)


def all_of(groups):
    for group in groups:
        yield from all_of(group.groups)
        yield from group.entries


def every(groups):
    for group in groups:
        yield group
        yield from every(group.groups)


def shown(text):
    """Give what is to be read of a text: its lines, without blanks around them."""
    return [line for one in printable(text).split("\n") if (line := one.strip(BLANKS))]


def written(write, groups, settings):
    out = io.StringIO()
    write(out, groups, made(settings))
    out.getvalue().encode()
    return out.getvalue()


def read_inline(token):
    """Read a line of Markdown: its text, and the ranges of it that are bold."""
    text, ranges, start = "", [], 0
    for child in token.children:
        if child.type == "strong_open" or child.content == "<strong>":
            start = len(text)
        elif child.type == "strong_close" or child.content == "</strong>":
            ranges.append((start, len(text)))
        else:
            assert child.type == "text", child
            text += child.content
    return text, ranges


def read_quotations(text):
    """Read the quotations of a Markdown document, each a list of paragraphs."""
    quotations = []
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    known = {f"{name}_{end}" for name in (*BLOCKS, *TABLES) for end in ("open", "close")}
    assert {token.type for token in tokens} <= known | {"inline", "fence"}
    inside = False
    for token in tokens:
        if token.type == "blockquote_open":
            quotations.append([])
            inside = True
        elif token.type == "blockquote_close":
            inside = False
        elif token.type == "inline" and inside:
            quotations[-1].append(read_inline(token))
    return quotations


@given(st.lists(GROUPS, max_size=3), st.sampled_from([None, *CITATION_STYLES]))
def test_markdown_reads_back(groups, style):
    """Each entry is one quotation, in order; its text is the text, and bold is what was hit."""
    text = written(write_md, groups, BatchSettings(cite=style))
    quotations = read_quotations(text)
    wanted = list(all_of(groups))
    assert [[line.strip(BLANKS) for line, _ in found[:-1]] for found in quotations] == [
        shown(entry.excerpt.text) for entry in wanted
    ]
    for found, entry in zip(quotations, wanted, strict=True):
        marked = "".join(line[a:b] for line, ranges in found[:-1] for a, b in ranges)
        hits = "".join(printable(entry.excerpt.text)[a.start : a.end] for a in entry.excerpt.spans)
        assert re.sub(r"\s", "", marked) == re.sub(r"\s", "", hits)
        assert found[-1][0].startswith("——")


@given(st.lists(GROUPS, max_size=3))
def test_plain_text_is_nothing_but_headings_passages_and_sources(groups):
    """Each entry's text stands there as it is, then its source in brackets, then a blank line."""
    text = written(write_txt, groups, BatchSettings())
    at, between = 0, ""
    for entry in all_of(groups):
        source = entry.citation or cite(entry.hit.info, entry.hit.passage, "plain")
        block = f"{printable(entry.excerpt.text)}\n（{source}）\n\n"
        found = text.index(block, at)
        between += text[at:found]
        at = found + len(block)
    between += text[at:]
    headings = {_heading(group) for group in every(groups)}
    assert {line for line in between.split("\n") if line} <= headings


HIT = "用“四个意识”校准偏差，敢于担当"


@pytest.mark.parametrize(
    ("spans", "line"),
    [
        ([(7, 9)], "用“四个意识”**校准**偏差，敢于担当"),
        ([(1, 7)], "用<strong>“四个意识”</strong>校准偏差，敢于担当"),
        ([(7, 9), (9, 11)], "用“四个意识”**校准**<strong>偏差</strong>，敢于担当"),
        ([(0, 16)], "**用“四个意识”校准偏差，敢于担当**"),
        ([], "用“四个意识”校准偏差，敢于担当"),
    ],
)
def test_what_is_bold(spans, line):
    """Stars where every reader takes them for bold, and a tag elsewhere."""
    assert bold(HIT, [Span(*span) for span in spans]) == line


def export(corpus, write, *queries, **settings):
    asked = [NamedQuery(name=query, query=query) for query in queries]
    batch = Batch(corpus, asked, BatchSettings(**settings))
    groups = batch.groups()
    out = io.StringIO()
    write(out, groups, batch.manifest(file_format="txt"))
    return out.getvalue()


def test_plain_text_of_a_corpus(corpus):
    """Headings for several queries, none for the one that found nothing or is alone."""
    text = export(corpus, write_txt, "校准", "没有这句话", "配偶子女", sort="corpus")
    assert text.startswith(
        "校准\n\n二是要学用结合，用“四个意识”校准偏差。\n（《在云岭县作风建设推进会"
    )
    assert "\n\n配偶子女\n\n" in text
    assert "没有这句话" not in text
    alone = export(corpus, write_txt, "校准", context=2)
    assert alone.startswith("……识”校准偏差……\n（")


def test_markdown_of_a_corpus(corpus):
    """Counts, zeros too; how it was made stands at the end."""
    text = export(corpus, write_md, "校准", "没有|这句话", sort="corpus", cite="bibtex")
    assert text.startswith(
        "# Excerpts from speeches\n\n1 passage in 1 speech\n\n## 校准\n\n1 passage in 1 sp"
    )
    assert "## 没有\\|这句话\n\nNothing found.\n\n" in text
    assert "### 在云岭县作风建设推进会上的讲话（2024-03-08）" in text
    assert f"a.txt第12行 [@{key_of('a.txt')}]\n" in text
    assert text.count("@misc{") == 1
    assert text.endswith(
        "| Name | Excerpts | Speeches | In copies |\n| --- | ---: | ---: | ---: |\n"
        "| 校准 | 1 | 1 | 1 |\n| 没有\\|这句话 | 0 | 0 | 0 |\n"
    )


@pytest.mark.parametrize("by", ["query", "speech", "theme", "section"])
@pytest.mark.parametrize("write", [write_md, write_txt])
def test_every_group_has_its_entries(corpus, write, by):
    """Whatever they are grouped by, every passage is written, and written once."""
    text = export(corpus, write, "责任", "同志们", group_by=by, with_variants=True)
    if write is write_md and by in ("theme", "section"):
        assert text.count("〔同志们〕") == len(
            list(corpus.search("同志们", limit=0, with_variants=True).hits)
        )
    plain = re.sub(r"</?strong>|\*\*|\\", "", text)
    for query in ("责任", "同志们"):
        for hit in corpus.search(query, limit=0, with_variants=True).hits:
            source = cite(hit.info, hit.passage, "plain")
            assert plain.count(f"{hit.passage.text}\n") >= 1
            assert plain.count(source) == sum(
                cite(other.info, other.passage, "plain") == source
                for asked in ("责任", "同志们")
                for other in corpus.search(asked, limit=0, with_variants=True).hits
            )
