"""Rows and files."""

from __future__ import annotations

import csv
import json
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promised_keys import PASSAGE_KEYS, SPEECH_KEYS

from lianzheng_search.errors import RequestError
from lianzheng_search.export.markdown import markdown
from lianzheng_search.files.whole_files import whole_file
from lianzheng_search.model import Span
from lianzheng_search.query.lists import NamedQuery, read_queries
from lianzheng_search.text.sentences import rewrite_spans

QUERIES = [NamedQuery(name=q, query=q) for q in ("责任", "家风 OR 学习", "没有这句话")]


def expected_rows(corpus):
    return [
        (named.name, hit.info.id, hit.passage.line, hit.passage.column, hit.passage.text)
        for named in QUERIES
        if (results := corpus.search(named.query, limit=0, with_variants=True)).exact
        for hit in results.hits
    ]


def test_csv_rows_equal_hits(corpus, tmp_path):
    """Every hit is one row of the CSV file, in order, and the file begins with a BOM."""
    done = corpus.export(QUERIES, tmp_path / "out.csv", with_variants=True)
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["query", *PASSAGE_KEYS, *SPEECH_KEYS]
    got = [(r["query"], r["speech"], int(r["line"]), int(r["column"]), r["text"]) for r in rows]
    assert got == expected_rows(corpus)
    assert done.counts["没有这句话"] == 0
    assert done.rows == len(rows)


def test_json_lines_equal_hits(corpus, tmp_path):
    """Every hit is one JSON line with the keys of INTERFACE.md and spans that slice back."""
    corpus.export(QUERIES, tmp_path / "out.jsonl", with_variants=True)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(r["query"], r["speech"], r["line"], r["column"], r["text"]) for r in rows] == (
        expected_rows(corpus)
    )
    for row in rows:
        assert list(row) == ["query", *PASSAGE_KEYS, *SPEECH_KEYS, *["copies"] * ("copies" in row)]
        if row["query"] == "责任":
            assert {row["text"][start:end] for start, end in row["spans"]} == {"责任"}


def test_an_existing_file_is_replaced_only_by_force(corpus, tmp_path):
    """Nobody loses a file to an export."""
    (tmp_path / "out.csv").write_text("mine", "utf-8")
    with pytest.raises(RequestError, match="--force"):
        corpus.export(QUERIES, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8") == "mine"
    corpus.export(QUERIES, tmp_path / "out.csv", force=True)
    assert (tmp_path / "out.csv").read_text("utf-8-sig").startswith("query,")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    """Where writing fails, what was there stays and nothing else is left."""
    (tmp_path / "out.csv").write_text("mine", "utf-8")

    def fail():
        with whole_file(tmp_path / "out.csv", bom=False) as out:
            out.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text("utf-8") == "mine"


def test_a_format_that_is_not_there_is_named(corpus, tmp_path):
    """The suffix decides, and one that says nothing is asked about before anything is written."""
    with pytest.raises(RequestError, match="--format"):
        corpus.export(QUERIES, tmp_path / "out.pdf")
    assert list(tmp_path.glob("out*")) == []


def test_a_formula_is_no_formula_in_a_table(tmp_path):
    """A cell that a spreadsheet would compute begins with an apostrophe."""
    import lianzheng_search

    (tmp_path / "a.txt").write_text("=HYPERLINK(担当)\n\n+担当\n-担当\n@担当", "utf-8")
    corpus = lianzheng_search.open(tmp_path)
    corpus.index()
    corpus.export([NamedQuery(name="=1+1", query="担当")], tmp_path / "out.csv")
    corpus.close()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert "'=1+1" in cells


def test_a_query_file_names_its_faults():
    """Blank lines and comments are skipped; a fault is told with file and line."""
    queries = read_queries("# 一\n\n主体责任\n家风 OR 家教".encode("gb18030"), source="q.txt")
    assert [(named.query, named.place) for named in queries] == [
        ("主体责任", "q.txt:3"),
        ("家风 OR 家教", "q.txt:4"),
    ]
    with pytest.raises(RequestError, match=r"^q\.txt:2: "):
        read_queries("主体责任\n(家风".encode(), source="q.txt")
    with pytest.raises(RequestError, match=r"^q\.txt: there is no query"):
        read_queries(b"# nothing", source="q.txt")


@given(st.text(max_size=30), st.data())
def test_marking_changes_nothing_else(text, data):
    """With the marks taken out, a marked text is the text."""
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    assert rewrite_spans(text, [span], lambda s: f"\0{s}\0", str).replace("\0", "") == text.replace(
        "\0", ""
    )


def test_markdown_is_a_quotation_with_its_source(corpus):
    """A hit in Markdown can be pasted: the hit bold, the place exact, markup escaped."""
    hit = next(corpus.search("敢于担当", speech="a.txt").hits)
    assert markdown(hit).startswith("> 主体责任不是一句口号，**敢于担当**才算扛起了责任。")
    assert "《在云岭县作风建设推进会上的讲话》（2024年3月8日）" in markdown(hit)
    assert "a.txt第14行" in markdown(hit)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_written_to_and_a_link_is_followed(tmp_path):
    """Broken once: --force put a file in the place of a pipe, and of a link."""
    (tmp_path / "real.csv").write_text("old", "utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with whole_file(tmp_path / "link.csv", bom=False) as out:
        out.write("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text("utf-8") == "new"
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)
    with whole_file(tmp_path / "pipe", bom=False) as out:
        out.write("through")
    assert reader.communicate()[0] == b"through"
    assert not (tmp_path / "pipe").is_file()


def test_a_name_that_is_not_there_is_told_with_its_line(corpus, tmp_path):
    """A theme that no file has is a fault of the line that asks for it; nothing is written."""
    queries = read_queries("家风\ntheme:没有这个主题\n".encode(), source="q.txt")
    with pytest.raises(RequestError, match=r"^q\.txt:2: "):
        corpus.export(queries, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
