"""What something is counted over: the passages that the filters leave, copies once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from conftest import SPEECH, speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

import lianzheng_search
from lianzheng_search.corpus import Corpus
from lianzheng_search.index.backend import runs_of
from lianzheng_search.model import source_lines
from lianzheng_search.query.filters import Filters, Scope
from lianzheng_search.search.selection import folded_text, select, size
from lianzheng_search.text.folding import fold


def test_the_index_reads_what_the_speeches_say(corpus):
    """All passages joined are the folded lines of the speech, however they are cut."""
    for chosen in select(corpus.backend, Scope(with_copies=True)).speeches:
        _info, passages = corpus.speech(chosen.info.id)
        lines = ["".join(one.text for one in line) for line in source_lines(passages)]
        assert folded_text(corpus.backend, chosen.refs) == "".join(
            fold(line) + "\n" for line in lines
        )
        assert size(corpus.backend, chosen.refs) == sum(map(len, lines))


def test_a_scan_selects_what_the_index_does(corpus):
    """The plain backend and the index agree on every filter."""
    speeches = [corpus.speech(info.id) for info in corpus.speeches()]
    scan = ScanBackend(
        [lianzheng_search.model.Speech(info=info, passages=tuple(own)) for info, own in speeches]
    )
    for filters in (
        Filters(),
        Filters(section="责任"),
        Filters(part="heading"),
        Filters(title="云"),
    ):
        both = []
        for backend in (scan, corpus.backend):
            chosen = select(backend, Scope(filters=filters, with_copies=True)).speeches
            both.append([(one.info.id, folded_text(backend, one.refs)) for one in chosen])
        assert both[0] == both[1]


def test_copies_count_once(corpus):
    """b.txt is a.txt with another place and date: what says the same is left out of one of them."""
    once = select(corpus.backend)
    every = select(corpus.backend, Scope(with_copies=True))
    assert once.copies == len(every.refs) - len(once.refs) > 0
    assert every.copies == 0


BODY = """
一、强化责任
要敢于担当，落实主体责任，把担当写在脸上，把责任扛在肩上，经常抓、抓经常，久久为功。
二、守住底线
廉洁是底线，家风是根本，要管好身边人，管好身边事，不搞特殊，不谋私利，不负众望。
三、深入群众
到群众中去，听群众说话，替群众办事，把群众满意不满意作为检验工作的标准。
"""
AGAIN = "这件事要马上就办。\n"
PLACES = {"a": ("云岭县", 2021), "b": ("石桥镇", 2022), "c": ("竹溪市", 2023)}


@contextmanager
def three_copies(folder: Path, body: str = BODY) -> Iterator[Corpus]:
    """Index one speech, given in three places in three years, and another one."""
    for name, (place, year) in PLACES.items():
        head = f"在{place}大会上的讲话\n（{year}年3月1日）\n同志们："
        (folder / f"{name}.txt").write_text(head + body, "utf-8")
    (folder / "z.txt").write_text(SPEECH, "utf-8")
    with lianzheng_search.open(folder) as corpus:
        corpus.index()
        assert len(corpus.status().summary.copies) == 2
        yield corpus


def test_copies_count_once_where_the_original_is_filtered_out(tmp_path):
    """Two copies of a speech that the filters leave out say the same, and one of them counts."""
    with three_copies(tmp_path, BODY + 2 * AGAIN) as corpus:
        for since, place in (("2021", "a.txt"), ("2022", "b.txt"), ("2023", "c.txt")):
            found = corpus.search("把担当写在脸上", since=since, with_variants=False)
            assert [hit.info.id for hit in found.hits] == [place]
            (row,) = corpus.freq(["把担当写在脸上"], since=since).rows
            assert (row.hits, row.speeches) == (1, 1)
            (row,) = corpus.freq(["马上就办"], since=since).rows
            assert (row.hits, row.speeches) == (2, 1)  # what a speech says twice


def test_what_a_query_finds_in_a_copy_is_counted_over_its_text(tmp_path):
    """A field of a query may find the copy alone: its text stands for that of the original."""
    with three_copies(tmp_path) as corpus:
        query, place = "title:石桥镇 担当", "b.txt"
        every = corpus.freq([query], by="speech", speech=place)
        (row,) = corpus.freq([query], by="speech").rows
        assert (row.speech, row.hits, row.characters) == (place, 2, every.characters)
        (spread,) = corpus.dispersion([query])
        assert (spread.hits, [strip.info.id for strip in spread.strips]) == (2, [place])
        assert corpus.collocates(query, least=1).hits == 2


@given(st.sets(st.integers(0, 40)))
def test_runs_are_the_refs(refs):
    """Nothing is lost between runs, and no two of them touch."""
    runs = list(runs_of(sorted(refs)))
    assert [ref for run in runs for ref in run] == sorted(refs)
    assert all(a.stop < b.start for a, b in pairwise(runs))


def test_a_cut_line_is_not_joined_to_what_does_not_follow_it():
    """一是…二是…三是… without 二是 does not read 一是…三是… as one line."""
    backend = ScanBackend([speech(SPEECH)])
    (chosen,) = select(backend, Scope(filters=Filters(section="学习"))).speeches
    refs = list(chosen.refs)
    del refs[2]
    assert (
        folded_text(backend, refs).count("\n") == folded_text(backend, chosen.refs).count("\n") + 1
    )


def test_a_field_that_leaves_everything_leaves_everything(corpus):
    """Broken once: in:all in a query was taken for a field that leaves nothing."""
    assert corpus.search("in:all", limit=0).total == corpus.search(None, limit=0).total
    assert corpus.search("责任 in:all", limit=0).total == corpus.search("责任", limit=0).total
