"""Copies of speeches: what joins a family, what is shown of it, and that nothing is missed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import SPEECH, often, shared
from hypothesis import given, settings
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.index.copies import (
    JOINED,
    KEPT,
    SHINGLE,
    Sketch,
    find_copies,
    hashes,
    share_of,
    sketch,
    twins,
)
from lianzheng_search.model import Speech
from lianzheng_search.text.folding import fold, letters

HAN = "".join(map(chr, range(0x4E00, 0x5200)))
CLAUSES = [
    "把纪律挺在前面",
    "让制度长出牙齿",
    "从自己做起从小事严起",
    "账要算清楚话要讲明白",
    "班子成员要扛起一岗双责",
    "谁签字谁负责谁主管谁担责",
    "既要敢管又要会管",
    "群众看得见才算数",
    "家属的事也是作风的事",
    "请托送礼一律退回",
]
"""What the small speeches of these tests are made of."""


def made(seed: int, length: int) -> str:
    """Make a text of Han characters in which hardly a shingle stands twice."""
    return "".join(random.Random(seed).choices(HAN, k=length))


def exact_share(text: str, other: str) -> float:
    """Count what `share_of` counts, by its definition."""
    own, others = (
        {one[at : at + SHINGLE] for at in range(max(1, len(one) - SHINGLE + 1))}
        for one in (text, other)
    )
    return len(own & others) / len(own)


def copies_of(texts):
    """Find the copies among texts by name."""
    sketches = {name: sketch(text) for name, text in texts.items()}
    return find_copies(sketches, lambda a, b: share_of(texts[a], texts[b]))


def speech_of(clauses: list[int], place: str = "云岭县") -> str:
    """Write a speech of some of the clauses, a paragraph each three."""
    paragraphs = [
        f"{place}的同志们，" + "，".join(CLAUSES[n] for n in clauses[at : at + 3]) + "。"
        for at in range(0, len(clauses), 3)
    ]
    return "\n".join([f"在{place}座谈会上的讲话", "", *paragraphs, ""])


def family_state(corpus):
    """Give what the index says of copies, and what a search shows of them."""
    copies = {path: (copy.of, copy.share) for path, copy in corpus.status().summary.copies.items()}
    hits = corpus.search(limit=0, with_variants=True).hits
    return copies, [(hit.info.id, hit.passage.line, hit.copies) for hit in hits]


@given(st.integers(0, 10**6), st.integers(0, 3000), st.integers(500, 4000))
def test_a_sketch_of_an_excerpt_is_part_of_the_sketch(seed, start, length):
    """The text itself says where a shingle is looked at: but for its ends, an excerpt agrees."""
    whole = made(seed, 8000)
    part = sketch(whole[start : start + length])
    inside = {one for one in hashes(part) if one < KEPT}
    assert inside <= set(hashes(sketch(whole)))


@given(st.integers(0, 10**6), st.floats(0, 1))
@settings(max_examples=often(30))
def test_the_sketch_estimates_the_share(seed, part):
    """Of 16,000 characters some 250 hashes are kept: five deviations of that sample are 0.16."""
    whole, other = made(seed, 16000), made(seed + 1, 16000)
    mixed = whole[: int(part * 16000)] + other[int(part * 16000) :]
    own = set(hashes(sketch(whole)))
    estimate = len(own & set(hashes(sketch(mixed)))) / len(own)
    assert abs(estimate - exact_share(whole, mixed)) < 0.16


def test_a_sketch_does_not_depend_on_the_hash_seed():
    """Two processes with other seeds keep the same of a text."""
    code = (
        "from lianzheng_search.index.copies import sketch;"
        f"print(sketch({made(1, 3000)!r}).hashes.hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1500)), max_size=7), st.randoms())
@settings(max_examples=often(40))
def test_families_are_a_function_of_the_set_of_texts(cuts, shuffler):
    """Whatever the order: a copy has its share in the speech it is of, which is longer, no copy."""
    sources = [made(n, 3000) for n in range(3)]
    texts = {f"{n}.txt": sources[which][start:] for n, (which, start) in enumerate(cuts)}
    names = list(texts)
    copies = copies_of(texts)
    shuffler.shuffle(names)
    assert copies_of({name: texts[name] for name in names}) == copies
    for name, copy in copies.items():
        assert copy.share == exact_share(texts[name], texts[copy.of]) >= JOINED
        assert copy.of not in copies
        assert (-len(texts[copy.of]), copy.of) < (-len(texts[name]), name)
    for name in texts.keys() - copies:
        longer = [one for one in texts if (-len(texts[one]), one) < (-len(texts[name]), name)]
        assert all(exact_share(texts[name], texts[one]) < JOINED for one in longer)


def test_many_copies_of_one_speech_are_one_family():
    """What stands in very many copies is no commonplace: only speeches that are none count."""
    texts = {f"{n:03}.txt": made(5, 1000) + made(n + 10, 30) for n in range(100)}
    copies = copies_of(texts)
    assert len(copies) == 99
    assert {copy.of for copy in copies.values()} == {"000.txt"}


def test_a_commonplace_makes_no_family():
    """Speeches that share a preamble with all others are not copies of them."""
    preamble = made(3, 300)
    texts = {f"{n:03}.txt": preamble + made(n + 10, 700) for n in range(100)}
    assert not copies_of(texts)


def test_an_empty_and_a_short_text_are_no_trouble():
    """What has no letters is in no family; two short texts that are the same are."""
    texts = {"a": "", "b": "", "c": "谢谢大家", "d": "把作风的弦再紧一紧丁七万丈三上下"}
    assert sketch("") == Sketch(0, b"")
    assert copies_of(texts) == {}
    text = made(1, 200)
    assert copies_of({"a": text, "b": text}).keys() == {"b"}


def test_twins_are_the_same_but_for_a_few_characters():
    """Equal passages, and those with a changed place name; not two that only begin alike."""
    long = "这一条要在云岭县各个单位逐级传达到支部到每一名党员干部不留死角"
    first = ["敢于担当", long, "谢谢大家", "敢于担当"]
    second = ["谢谢大家", long.replace("云岭", "石桥"), "要学深悟透", "这一条要在会后马上就办"]
    third = ["要学深悟透", "敢于担当"]
    assert twins([first, second, third]) == [[-1] * 4, [2, 1, -1, -1], [6, 0]]


def test_a_passage_with_another_figure_is_no_twin():
    """What differs in a number says something else."""
    text = "全年共立案一批问题线索处置{}件给予党纪政务处分同比有所下降"
    assert twins([[text.format(37)], [text.format(38)], [text.format(37)[1:]]]) == [[-1], [-1], [0]]


@given(st.text("甲乙", max_size=40), st.text("甲乙", max_size=40))
def test_the_share_is_that_of_the_shingles(text, other):
    """One pass over the longer text counts what two sets would."""
    assert share_of(text, other) == exact_share(text, other)


@given(st.lists(st.lists(st.sampled_from(["甲乙", "丙丁戊", "己", ""]), max_size=4), max_size=4))
def test_a_twin_is_in_a_speech_before_and_has_none_itself(members):
    """So one look is enough to know whether a passage is shown."""
    flat = [twin for same in twins(members) for twin in same]
    starts = [sum(map(len, members[:n])) for n in range(len(members))]
    for start, same in zip(starts, twins(members), strict=True):
        for twin in same:
            assert twin < start
            assert twin < 0 or flat[twin] < 0


def test_one_of_a_family_is_shown_and_names_the_others(corpus):
    """The copy is folded away with its count; a passage that only the copy has is shown."""
    copies, _shown = family_state(corpus)
    assert {path: of for path, (of, _share) in copies.items()} == {"b.txt": "a.txt"}
    assert JOINED <= copies["b.txt"][1] < 1
    found = corpus.search("主体责任", with_variants=False)
    assert (found.total, found.speeches, found.copies) == (1, 1, 1)
    assert [(hit.info.id, hit.copies) for hit in found.hits] == [("a.txt", ("b.txt",))]
    assert [hit.info.id for hit in corpus.search("石桥镇", with_variants=False).hits] == ["b.txt"]
    assert [
        hit.info.id for hit in corpus.search("主体责任", speech="b.txt", with_variants=False).hits
    ] == ["b.txt"]
    every = corpus.search("主体责任", with_variants=True)
    assert (every.total, every.copies) == (2, 0)
    assert [hit.copies for hit in every.hits] == [(), ()]
    headings = corpus.headings("意识", with_variants=False)
    assert [(line.speech, line.copies) for line in headings] == [("a.txt", ("b.txt",))] * 3
    assert len(corpus.headings("意识", with_variants=True)) == 6


SPEECHES = st.builds(
    speech_of,
    st.permutations(range(len(CLAUSES))).flatmap(
        lambda order: st.integers(3, len(order)).map(lambda n: order[:n])
    )
    | st.integers(4, len(CLAUSES)).map(lambda n: list(range(n))),
    st.sampled_from(["云岭县", "石桥镇", "竹溪市"]),
)


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.none() | SPEECHES), max_size=4))
@settings(max_examples=often(25))
def test_updates_and_a_rebuild_know_the_same_families(steps):
    """Whatever is added, changed and deleted; and no hit is missed: it is shown, or a copy is."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "z.txt").write_text(SPEECH, "utf-8")
        with lianzheng_search.open(directory) as corpus:
            for step in [{}, *steps]:
                for name, text in step.items():
                    if text is None:
                        (directory / f"{name}.txt").unlink(missing_ok=True)
                    else:
                        (directory / f"{name}.txt").write_text(text, "utf-8")
                corpus.index()
            updated = family_state(corpus)
            for query in ("牙齿", "云岭县", "请托 退回", "谁签字 OR 账要算", None):
                shown = corpus.search(query, limit=0, with_variants=False)
                every = corpus.search(query, limit=0, with_variants=True)
                assert shown.total + shown.copies == every.total
                seen = {}
                for hit in shown.hits:
                    seen[hit.info.id, hit.passage.line, hit.passage.column] = hit.spans
                    for name in hit.copies:
                        seen[name] = True
                for hit in every.hits:
                    place = (hit.info.id, hit.passage.line, hit.passage.column)
                    assert place in seen or hit.info.id in seen
            corpus.index(rebuild=True)
            assert family_state(corpus) == updated


def test_sketches_that_are_lost_are_made_again(corpus):
    """A damaged file of the index costs time, not an answer."""
    before = family_state(corpus)
    for file in corpus.index_directory.glob("generation-*/sketches.json"):
        file.write_bytes(b"{")
    (corpus.directory / "d.txt").write_text("同志们：\n新的讲话，说说纪律。", "utf-8")
    summary = corpus.index()
    assert (summary.added, summary.outdated) == (1, ("damage",))
    (corpus.directory / "d.txt").unlink()
    corpus.index()
    assert family_state(corpus) == before


@pytest.fixture(scope="module")
def real():
    """The letters of every real speech, by folder and path."""
    texts = {}
    for folder in ("messy", "public"):
        with lianzheng_search.open(shared(folder)) as corpus:
            for one in corpus.read():
                if isinstance(one, Speech):
                    text = fold("\n".join(passage.text for passage in one.passages))
                    texts[f"{folder}/{one.info.id}"] = letters(text)
    return texts


def test_the_variants_of_real_speeches_join_and_others_do_not(real):
    """Each variant of three documents, excerpts too, joins its own; no two other reports do."""
    copies = copies_of(real)
    families = {}
    for path in real:
        of = copies[path].of if path in copies else path
        families.setdefault(of, set()).add(path)
    for name in ("gwr2010", "gwr2024", "xi_qunzhong"):
        variants = {path for path in real if path.removeprefix("messy/").startswith(f"{name}.")}
        assert len(variants) > 15
        assert [family for family in families.values() if family & variants] == [
            family for family in families.values() if family >= variants
        ]
    reports = {path: one for path, one in copies.items() if "reports_1921_2025" in path}
    assert len(reports) == 2
    assert all(one.of.startswith("messy/gwr") for one in reports.values())
