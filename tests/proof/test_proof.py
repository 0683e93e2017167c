"""A proof: both answers side by side, what neither can show, and the sheet that is signed."""

from __future__ import annotations

import json

import docx
import openpyxl
import pytest
from commands import one_line, run
from conftest import SPEECH
from msgspec.structs import replace

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.proof import proof as proving

TOPICS = ["主体责任", "家风 OR 学习", "责任 NEAR/5 担当", "强化*意识", "家*风", "没有这句话"]


def rows(result):
    """Read the rows of a proof, by name."""
    return {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}


@pytest.mark.promise("complete or told")
def test_the_index_and_the_files_say_the_same(corpus):
    """Every kind of query; the figures are those of search with all copies."""
    corpus.close()
    done = run("-C", corpus.directory, "prove", *TOPICS, "--format", "jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    told = rows(done)
    assert list(told) == TOPICS
    for query, row in told.items():
        found = corpus.search(query, limit=0, with_variants=True)
        assert row["same"]
        if found.exact:
            assert (row["passages"], row["speeches"]) == (found.total, found.speeches)
        assert row["scan_passages"] == row["passages"]


@pytest.mark.promise("complete or told")
def test_a_passage_that_the_index_misses_is_named(corpus, monkeypatch):
    """The proof can fail: exit code 1, and the place."""
    whole = proving.find_passages

    def without_one(backend, query, scope):
        found = whole(backend, query, scope)
        return replace(found, refs=found.refs[1:], counts=found.counts[1:])

    monkeypatch.setattr(proving, "find_passages", without_one)
    proof = corpus.prove("责任")
    (row,) = proof.rows
    assert not proof.same
    assert len(row.differ) == 1
    assert row.differ[0].startswith("a.txt, passage ")
    assert row.passages == row.scan_passages - 1


@pytest.mark.promise("complete or told")
def test_files_that_changed_since_differ_unless_they_are_taken_in(corpus):
    """With --no-update the index is compared as it is."""
    (corpus.directory / "new.txt").write_text("同志们：\n责任重于泰山。", "utf-8")
    corpus.close()
    done = run("-C", corpus.directory, "prove", "责任", "--no-update")
    assert done.returncode == 1
    assert "new.txt" in done.stdout
    assert "DIFFERS" in done.stdout
    done = run("-C", corpus.directory, "prove", "责任")
    assert done.returncode == 0
    assert "taken into the index: 1 new file" in done.stderr


def test_what_neither_shows_is_counted(tmp_path):
    """Occurrences in removed lines, in undated speeches, in copies, in longer words."""
    text = "家教严。国家教育大计。\n"
    (tmp_path / "a.txt").write_text(f"在会上的讲话\n（2024年3月8日）\n同志们：\n{text}", "utf-8")
    (tmp_path / "b.txt").write_text("在另一个会上的讲话\n同志们：\n家教，家教。", "utf-8")
    (tmp_path / "bad.bin").write_bytes(b"\0\1\2" * 9)
    for name in ("c.txt", "d.txt"):
        (tmp_path / name).write_text(SPEECH, "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        row, other, removed = corpus.prove("家教", "家风", "更多范文").rows
        assert (row.hits, row.scan_hits) == (6, 6)
        assert (row.whole, row.inside) == (5, 1)
        assert (removed.hits, removed.in_removed) == (0, 2)
        assert other.in_copies > 0
        proof = corpus.prove("家教", since="2024")
        assert proof.rows[0].in_undated == 1
        assert proof.read == 4
        assert list(proof.not_read) == ["bad.bin"]
        assert proof.same


def test_a_sheet_to_sign(corpus, tmp_path):
    """Word and Excel hold every query with its figures, the verdict, and a line to sign."""
    corpus.close()
    for name in ("a.docx", "a.xlsx", "a.csv", "a.jsonl"):
        done = run("-C", corpus.directory, "prove", "=责任", "主体责任", "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
    document = docx.Document(str(tmp_path / "a.docx"))
    table = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert [row[0] for row in table[1:]] == ["=责任", "主体责任"]
    assert table[2][1] == table[2][2] != ""
    assert document.paragraphs[-1].text.startswith("Checked by")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    cells = [str(cell.value or "") for row in sheet.iter_rows() for cell in row]
    assert sheet["A2"].value == "=责任"
    assert sheet["A2"].data_type == "s"
    assert any(text.startswith("Checked by") for text in cells)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 2


def test_what_cannot_be_proved_is_one_line(corpus, tmp_path):
    """A faulty query with its place, a format that is none, a file that is there."""
    corpus.close()
    (tmp_path / "topics.txt").write_text("家风\n责任 OR\n", "utf-8")
    one_line(run("-C", corpus.directory, "prove", "--queries", tmp_path / "topics.txt"), "2")
    one_line(run("-C", corpus.directory, "prove", "家风", "-o", tmp_path / "a.pdf"), ".docx")
    (tmp_path / "a.csv").write_text("", "utf-8")
    one_line(run("-C", corpus.directory, "prove", "家风", "-o", tmp_path / "a.csv"), "--force")
    with pytest.raises(RequestError):
        corpus.prove("(")
