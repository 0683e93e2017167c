"""Documents named in 《》: what is a name, which names are one document, which articles."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from conftest import shared, speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

import lianzheng_search
from lianzheng_search.cli import main as cli
from lianzheng_search.search.selection import select
from lianzheng_search.search.speech_texts import speech_texts
from lianzheng_search.text.folding import fold
from lianzheng_search.wording.cited_documents import citations, key_of, namings

SAME = [
    ("中国共产党纪律处分条例", "纪律处分条例"),
    ("中国共产党党内监督条例（试行）", "党内监督条例"),
    ("中国共产党章程", "党章"),
    ("中华人民共和国宪法", "宪法"),
    ("中华人民共和国监察法", "监察法"),
    ("关于新形势下党内政治生活的若干准则", "新形势下党内政治生活若干准则"),
    ("中共中央关于加强党的政治建设的意见", "关于加强党的政治建设的意见"),
    ("关于印发《石桥镇用水守则》的通知", "关于印发〈石桥镇用水守则〉的通知"),
    ("云岭县 闸门管理 办法（2023年修订）", "云岭县闸门管理办法"),
]
OTHERS = [
    ("中国共产党历史", "历史"),
    ("人民日报", "石桥日报"),
    ("中国共产党的九十年", "的九十年"),
    ("条例", "准则"),
]


def document_list(*texts: str, **options):
    scan = ScanBackend([speech(text, f"{n}.txt") for n, text in enumerate(texts)])
    return citations(scan, select(scan), **options).rows


def names(text: str) -> list[str]:
    scan = ScanBackend([speech("讲话\n" + text)])
    (one,) = speech_texts(scan, select(scan))
    return [one.text[found.start : found.end] for found in namings(one)]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_of_one_document(one, other):
    """With and without issuer, edition, blanks; inner marks of any kind."""
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_names_of_two_documents(one, other):
    """What is left without the issuer must still be a name."""
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("学习《守闸日记》和《账本》。", ["守闸日记", "账本"]),
        ("印发《关于学习〈守闸日记〉的通知》。", ["关于学习〈守闸日记〉的通知"]),
        ("印发《关于学习《守闸日记》的通知》。", ["关于学习《守闸日记》的通知"]),
        ("见《守闸日记，又见《账本》一书。", ["账本"]),
        ("见《守闸日记。后来又见账本》一书。", []),
        ("见<<守闸日记>>一书。", ["守闸日记"]),
        ("依照《 闸门办法 》办。", ["闸门办法"]),
        ("党章第三条写得明白，宪法规定得清楚，学党章要入心。", ["党章", "宪法"]),
        ("守住三要点：一是读《守\n闸日记》。", []),
    ],
)
def test_what_is_a_name(text, expected):
    """A name is closed on its line; a mark without its fellow takes in nothing."""
    assert names(text) == expected


def test_a_name_over_the_border_of_a_point():
    """一是…；二是 inside a name does not break it; it is cited where it starts."""
    text = "讲话\n读《守闸要点：一是看水；二是看人》。\n"
    assert len(speech(text).passages) == 4
    (found,) = document_list(text)
    assert (found.document, found.places) == ("守闸要点：一是看水；二是看人", ("0.txt:2",))


NAME = st.text("甲乙丙丁〈〉 ", min_size=1, max_size=6).filter(lambda name: name.strip())


@given(st.lists(st.tuples(st.text("子丑，。", max_size=3), NAME), max_size=6))
def test_every_closed_name_is_found(parts):
    """As a naive look between 《 and the next 》 finds them, where none stands inside another."""
    text = "".join(f"{before}《{name}》" for before, name in parts) + "。"
    naive = [name.strip() for name in re.findall("《(.+?)》", fold(text))]
    assert names(text) == naive


@given(st.text("甲乙《》〈〉，。\n", max_size=30))
def test_no_name_swallows_text(text):
    """Whatever the marks, no name runs over a line, a full stop, or an unclosed mark."""
    for name in names(text):
        assert "\n" not in name
        assert "。" not in name
        assert name.count("《") == name.count("》")


def test_a_short_name_means_what_the_speech_says():
    """（以下简称《准则》） holds from there on; 《条例》 is the one condition named before."""
    (found,) = document_list(
        "讲话\n学习《石桥镇守闸若干准则》（以下简称《准则》）。《准则》第三条、第12条说得清楚。\n"
    )
    assert (found.document, found.count) == ("石桥镇守闸若干准则", 3)
    assert [(one.article, one.count) for one in found.articles] == [(3, 1), (12, 1)]
    listed = (
        "讲话\n《守闸法》《守闸法实施条例》（以下简称《守闸法》《实施条例》），守《守闸法》。\n"
    )
    first, *_others = document_list(listed)
    assert (first.document, first.count) == ("守闸法", 3)
    both = "讲话\n《石桥镇用水规定》《石桥镇用水细则》（以下分别简称《规定》《细则》）。\n"
    assert [row.count for row in document_list(both)] == [2, 2]
    (found,) = document_list("讲话\n学习《石桥镇用水条例》，《条例》一共九条。\n")
    assert found.count == 2
    assert [one.name for one in found.variants] == ["条例", "石桥镇用水条例"]


def test_a_short_name_of_two_stays_as_it_is():
    """With two of them named before, nobody can tell which is meant; nor in another speech."""
    rows = document_list("讲话\n学习《甲镇用水条例》和《乙镇用水条例》，《条例》都管用。\n")
    assert [row.document for row in rows] == ["甲镇用水条例", "乙镇用水条例", "条例"]
    rows = document_list("讲话\n学《甲镇用水条例》。\n", "讲话\n学《条例》。\n")
    assert [row.count for row in rows] == [1, 1]


def test_editions_are_grouped_and_shown():
    """The fullest name stands for all, and each is counted."""
    text = "讲话\n《中国共产党党内监督条例（试行）》《党内监督条例》《中国共产党党内监督条例》。\n"
    (found,) = document_list(text)
    assert found.document == "中国共产党党内监督条例"
    assert sorted(one.name for one in found.variants) == [
        "中国共产党党内监督条例",
        "中国共产党党内监督条例（试行）",
        "党内监督条例",
    ]


def test_unmarked_names_are_asked_for():
    """学党章 names it, too, where that is asked for."""
    text = "讲话\n学党章，守党章，党章规定得明白。\n"
    assert [row.count for row in document_list(text)] == [1]
    (found,) = document_list(text, unmarked=True)
    assert (found.document, found.count, found.places) == ("中国共产党章程", 3, ("0.txt:2",) * 3)


def test_the_command(tmp_path):
    """Keys as documented; TEXT chooses by any name; 1 where nothing is found."""
    (tmp_path / "a.txt").write_text("讲话\n学《党章》第二条，读《守闸日记》。\n", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()

        def run(*arguments):
            command = ["-C", str(tmp_path), "cites", *arguments]
            return CliRunner().invoke(cli.cli, command, standalone_mode=False)

        rows = [json.loads(line) for line in run("--format", "jsonl").stdout.splitlines()]
        assert list(rows[0]) == [
            *("document", "count", "speeches", "first", "last", "articles", "places", "variants")
        ]
        assert rows[0]["articles"] == [{"article": 2, "count": 1}]
        assert "《守闸日记》" in run("守闸").stdout
        assert "党章 ×1" in run("党章", "--format", "csv").stdout
        assert run("没有这本书").return_value == 1
        assert corpus.cites(sort="name").total == 2
        with pytest.raises(lianzheng_search.RequestError, match="sort"):
            corpus.cites(sort="colour")


def test_names_of_real_speeches_are_all_found(tmp_path):
    """As many as a plain look for 《…》 on each cleaned line finds, with variants."""
    with lianzheng_search.open(shared("seeds"), index_directory=tmp_path / "index") as corpus:
        corpus.index()
        naive = 0
        for info in corpus.speeches():
            text = "".join(one.text for one in corpus.speech(info.id)[1])
            naive += len(re.findall("《[^《》]+》", text))
        found = corpus.cites(limit=0, with_variants=True)
        marked = sum(form.count for row in found.rows for form in row.variants)
        assert marked == found.count
        assert naive <= found.count
