"""Exports: which rows, in which files, and made again."""

from __future__ import annotations

import csv
import errno
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from commands import run
from openpyxl import load_workbook

from lianzheng_search.errors import RequestError
from lianzheng_search.export.entries import Batch
from lianzheng_search.export.manifests import BatchSettings
from lianzheng_search.export.writing import file_names, read_manifest
from lianzheng_search.query.lists import NamedQuery

QUERIES = [NamedQuery(name=q, query=q) for q in ("责任", "家风 OR 学习", "没有这句话")]


def rows_of(file):
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def lines(file):
    return file.read_text("utf-8").splitlines()


def key(row):
    return row["query"], row["speech"], row["line"], row["column"], row["text"]


@pytest.mark.parametrize("group_by", ["query", "speech", "theme", "section"])
def test_grouping_changes_the_order_only(corpus, tmp_path, group_by):
    """The same rows, those of a group together; groups and rows hold the same entries."""
    corpus.export(QUERIES, tmp_path / "plain.csv", with_variants=True)
    corpus.export(QUERIES, tmp_path / "grouped.csv", group_by=group_by, with_variants=True)
    plain, grouped = rows_of(tmp_path / "plain.csv"), rows_of(tmp_path / "grouped.csv")
    assert Counter(map(key, plain)) == Counter(map(key, grouped))
    by = {"query": "query", "speech": "speech", "theme": "themes", "section": "speech"}[group_by]
    kinds = [row[by].partition(" · ")[0] for row in grouped]
    assert [a for a, b in zip(kinds, [*kinds[1:], None], strict=True) if a != b] == list(
        dict.fromkeys(kinds)
    )
    settings = BatchSettings(group_by=group_by, with_variants=True)
    groups = Batch(corpus, QUERIES, settings).groups()
    assert sum(map(len, groups)) == len(grouped)
    assert [group.heading for group in groups][-1:] == (
        ["没有这句话"] if group_by == "query" else [groups[-1].heading]
    )


def test_per_source_and_limit_keep_the_first(corpus, tmp_path):
    """At most so many of each speech, then at most so many in all, in the same order."""
    every = {"with_variants": True}
    corpus.export(QUERIES, tmp_path / "all.csv", **every)
    corpus.export(QUERIES, tmp_path / "some.csv", per_source=1, **every)
    corpus.export(QUERIES, tmp_path / "few.csv", per_source=1, limit=1, **every)
    every, some, few = (rows_of(tmp_path / f"{name}.csv") for name in ("all", "some", "few"))
    firsts = {}
    for row in every:
        firsts.setdefault((row["query"], row["speech"]), row)
    assert [key(row) for row in some] == [key(row) for row in firsts.values()]
    best = {}
    for row in some:
        best.setdefault(row["query"], row)
    assert [key(row) for row in few] == [key(row) for row in best.values()]


@pytest.mark.parametrize("split", ["query", "speech"])
def test_split_files_hold_all_rows(corpus, tmp_path, split):
    """A file for each query or speech that has rows; together they are the whole."""
    corpus.export(QUERIES, tmp_path / "whole.jsonl")
    done = corpus.export(QUERIES, tmp_path / "parts", split=split, file_format="jsonl")
    parts = [json.loads(line) for file in done.files for line in lines(file)]
    whole = [json.loads(line) for line in lines(tmp_path / "whole.jsonl")]
    assert Counter(map(str, parts)) == Counter(map(str, whole))
    for file in done.files:
        kinds = {json.loads(line)[split] for line in lines(file)}
        assert len(kinds) == 1
    assert (tmp_path / "parts" / "manifest.json").is_file()
    assert done.counts["没有这句话"] == 0


@pytest.mark.parametrize("split", ["query", "speech"])
def test_each_part_tells_of_its_own_rows(corpus, tmp_path, split):
    """Its counts are those of what is in it; the whole is told beside the parts."""
    done = corpus.export(QUERIES, tmp_path / "parts", split=split, file_format="xlsx")
    for file in done.files:
        sheets = load_workbook(file).worksheets
        rows = Counter(row[0] for row in sheets[0].iter_rows(min_row=2, values_only=True))
        totals = [row for row in sheets[1].iter_rows(min_row=2, values_only=True) if row[1]]
        assert {row[0]: row[3] for row in totals} == rows
    assert read_manifest(tmp_path / "parts").rows == done.rows


def test_only_the_columns_asked_for(corpus, tmp_path):
    """In their order; a wrong name is told before anything is written."""
    corpus.export(QUERIES, tmp_path / "a.csv", columns=["text", "query"])
    assert list(rows_of(tmp_path / "a.csv")[0]) == ["text", "query"]
    with pytest.raises(RequestError, match="there is no txt"):
        corpus.export(QUERIES, tmp_path / "b.csv", columns=["txt"])
    assert not (tmp_path / "b.csv").exists()


def test_a_fault_in_any_query_is_told_first(corpus, tmp_path):
    """Nothing is written when the last query, or its filter, is wrong."""
    for wrong in (
        NamedQuery(name="x", query="(家风", place="q.txt:3"),
        NamedQuery(name="x", query="家风", place="q.txt:3", filters={"theme": "没有"}),
    ):
        with pytest.raises(RequestError, match=r"^q\.txt:3: "):
            corpus.export([*QUERIES, wrong], tmp_path / "out.csv")
    assert not list(tmp_path.glob("out*"))


def test_a_query_has_its_own_filters_limit_and_order(corpus, tmp_path):
    """They take the place of those of the batch."""
    own = NamedQuery(name="own", query="责任", filters={"part": "heading"}, limit=1, sort="corpus")
    corpus.export([own, QUERIES[0]], tmp_path / "a.csv", part="body")
    kinds = [(row["query"], row["kind"]) for row in rows_of(tmp_path / "a.csv")]
    assert kinds[0] == ("own", "heading")
    assert set(kinds[1:]) == {("责任", "body")}


def test_made_again_it_is_the_same(corpus, tmp_path):
    """The manifest knows all that it takes; what has changed is told."""
    options = {"context": "sentence", "per_source": 2, "title": "会", "with_variants": True}
    corpus.export(QUERIES, tmp_path / "a.csv", **options)
    told = corpus.replay(tmp_path / "a.csv", tmp_path / "b.csv")
    assert told.same
    assert told.same_corpus
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    file = corpus.directory / "a.txt"
    file.write_text(file.read_text("utf-8").replace("敢于担当", "敢于承担责任"), "utf-8")
    corpus.index()
    told = corpus.replay(tmp_path / "a.csv")
    assert not told.same
    assert not told.same_corpus
    assert told.changed == ("a.txt",)
    by_name = {one.name: one for one in told.queries}
    assert by_name["家风 OR 学习"].same
    assert by_name["没有这句话"].same
    assert not by_name["责任"].same


def test_a_file_that_was_only_touched_has_not_changed(corpus):
    """Indexing again would change nothing, so nobody is told to."""
    file = corpus.directory / "a.txt"
    os.utime(file, (0, 0))
    assert not corpus.changes()
    file.write_text("另一篇讲话", "utf-8")
    (corpus.directory / "new.txt").write_text("新的讲话", "utf-8")
    now = corpus.changes()
    assert (now.added, now.updated, now.deleted) == (("new.txt",), ("a.txt",), ())
    (corpus.directory / "new.txt").unlink()
    file.unlink()
    assert corpus.changes().deleted == ("a.txt",)


def test_a_manifest_tells_zeros_and_its_own_kind(corpus, tmp_path):
    """Counts of every query; what is no manifest is one clear error."""
    corpus.export(QUERIES, tmp_path / "a.csv")
    told = read_manifest(tmp_path / "a.csv")
    assert [(one.name, one.rows) for one in told.queries][-1] == ("没有这句话", 0)
    assert told.rows == len(rows_of(tmp_path / "a.csv"))
    (tmp_path / "a.csv.manifest.json").write_text("{}", "utf-8")
    with pytest.raises(RequestError, match="no manifest of an export"):
        read_manifest(tmp_path / "a.csv")
    corpus.export(QUERIES, tmp_path / "b.csv", with_manifest=False)
    with pytest.raises(RequestError, match="no manifest"):
        read_manifest(tmp_path / "b.csv")


def test_an_export_in_the_corpus_is_no_speech(corpus):
    """Indexing again takes neither what was written nor its manifest."""
    before = corpus.search("责任").total
    corpus.export(QUERIES, corpus.directory / "摘编.md")
    summary = corpus.index()
    assert summary.added == 0
    assert corpus.search("责任").total == before


def test_each_file_has_its_own_manifest(corpus, tmp_path):
    """One by its name is that one; that of a folder is only of the files written with it."""
    corpus.export(QUERIES[:1], tmp_path, split="query", file_format="csv")
    corpus.export(QUERIES[1:2], tmp_path / "a.csv")
    corpus.export(QUERIES, tmp_path / "b.csv", with_manifest=False)
    names = ("", "manifest.json", "责任.csv", "a.csv", "a.csv.manifest.json")
    found = [read_manifest(tmp_path / name).queries[0].name for name in names]
    assert found == ["责任"] * 3 + ["家风 OR 学习"] * 2
    corpus.export(QUERIES, tmp_path / "a.csv", with_manifest=False, force=True)
    for name in ("a.csv", "b.csv"):
        with pytest.raises(RequestError, match="no manifest"):
            read_manifest(tmp_path / name)


def test_file_names_are_fit_for_any_system():
    """None twice, whatever the case; no device, no dot at the end, not too long."""
    given = ["A", "a", "x" * 300, "con.txt", "...", "家风\n家教", " ", "𠀀" * 70, "\ud800"]
    names = file_names(given)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name.encode()) < 200 for name in names)
    assert all(0 < len(name) <= 62 and not set(name) & set('<>:"/\\|?*\n') for name in names)


def test_nothing_is_left_when_writing_fails(corpus, tmp_path, monkeypatch):
    """Of many files, none appears if one cannot be written."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "责任.csv").write_text("mine", "utf-8")
    with pytest.raises(RequestError, match="--force"):
        corpus.export(QUERIES, tmp_path / "parts", split="query", file_format="csv")
    assert [file.name for file in (tmp_path / "parts").iterdir()] == ["责任.csv"]
    assert (tmp_path / "parts" / "责任.csv").read_text("utf-8") == "mine"
    monkeypatch.setattr("lianzheng_search.files.whole_files._sync_part", _full)
    with pytest.raises(RequestError, match="No space left"):
        corpus.export(QUERIES, tmp_path / "new", split="query", file_format="csv")
    assert not (tmp_path / "new").exists()


def _full(path, **_):
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_a_pipe_is_a_file_that_was_written(corpus):
    """There is no other file beside it."""
    done = corpus.export(QUERIES, Path(os.devnull), file_format="csv")
    assert done.files == (Path(os.devnull),)


def test_the_command(corpus, tmp_path):
    """The options reach the batch; replay says what differs by its exit code."""
    corpus.close()
    here = ("-C", corpus.directory, "export")
    out = tmp_path / "a.csv"
    done = run(*here, "责任", "没有", "-o", out, "--context", "3", "--columns", "text")
    assert done.returncode == 0
    whole = "主体责任不是一句口号，敢于担当才算扛起了责任。首先"
    assert done.stderr.splitlines()[:2] == ["      2  责任", "      0  没有"]
    assert {row["text"] for row in rows_of(out)} == {"、强化责任意识，", whole}
    again = run(*here, "--replay", out)
    assert again.returncode == 0
    assert again.stdout.endswith("Every row is as it was.\n")
    assert run(*here, "责任", "--replay", out).returncode == 2
    assert "manifest" in run(*here, "--replay", out, "--cite", "plain").stderr
    assert "this is a folder" in run(*here, "责任", "-o", tmp_path, "--format", "csv").stderr
    assert run(*here, "责任", "--context", "much").returncode == 2
    assert run(*here, "责任", "--split", "query").returncode == 2
    assert run(*here, "--replay", tmp_path / "nothing").returncode == 2


def test_the_command_names_what_it_exports(corpus, tmp_path):
    """Filters alone are named by what they ask for; a query is asked once, a name is of one."""
    corpus.close()
    here = ("-C", corpus.directory, "export")
    assert run(*here, "--in", "title", "-o", tmp_path / "a.md").returncode == 0
    assert "## title" in lines(tmp_path / "a.md")
    run(*here, "责任", "责任", "-o", tmp_path / "a.csv", "--columns", "query，line")
    assert [[*row] for row in rows_of(tmp_path / "a.csv")] == [["query", "line"]] * 2
    (tmp_path / "q.txt").write_text("责任: 家风", "utf-8")
    told = run(*here, "责任", "--queries", tmp_path / "q.txt")
    assert (told.returncode, told.stdout) == (2, "")
    assert "q.txt:1: the name 责任 is that of QUERY" in told.stderr
