"""What something is counted over: the passages that the filters leave, copies once."""

from __future__ import annotations

from itertools import pairwise

from conftest import SPEECH, speech
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.analysis import fold
from lianzheng_search.backends import ScanBackend, runs_of
from lianzheng_search.model import source_lines
from lianzheng_search.query import Filters
from lianzheng_search.selection import folded_text, select, size


def test_the_index_reads_what_the_speeches_say(corpus):
    """All passages joined are the folded lines of the speech, however they are cut."""
    for chosen in select(corpus.backend, Filters(), with_variants=True).speeches:
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
            chosen = select(backend, filters, with_variants=True).speeches
            both.append([(one.info.id, folded_text(backend, one.refs)) for one in chosen])
        assert both[0] == both[1]


def test_copies_count_once(corpus):
    """b.txt is a.txt with another place and date: what says the same is left out of one of them."""
    once = select(corpus.backend, Filters())
    every = select(corpus.backend, Filters(), with_variants=True)
    assert once.copies == len(every.refs) - len(once.refs) > 0
    assert every.copies == 0


@given(st.sets(st.integers(0, 40)))
def test_runs_are_the_refs(refs):
    """Nothing is lost between runs, and no two of them touch."""
    runs = list(runs_of(sorted(refs)))
    assert [ref for run in runs for ref in run] == sorted(refs)
    assert all(a.stop < b.start for a, b in pairwise(runs))


def test_a_cut_line_is_not_joined_to_what_does_not_follow_it():
    """一是…二是…三是… without 二是 does not read 一是…三是… as one line."""
    backend = ScanBackend([speech(SPEECH)])
    (chosen,) = select(backend, Filters(section="学习")).speeches
    refs = list(chosen.refs)
    del refs[2]
    assert (
        folded_text(backend, refs).count("\n") == folded_text(backend, chosen.refs).count("\n") + 1
    )
