"""What was once wrong in exports."""

from __future__ import annotations

import io

import pytest

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.export.entries import Batch
from lianzheng_search.export.manifests import BatchSettings
from lianzheng_search.export.markdown import markdown
from lianzheng_search.query.lists import NamedQuery

TEXT = """\
在青澜市警示教育大会上的讲话
同志们：
先讲几句家常话。
一、强化担当
学习是干部的看家本领。一是要学深悟透，读原著。二是要学用结合，责任责任在肩。
二、强化家风
家风要好，家风要严。
谢谢大家！
"""
LONG = (
    "学习是干部的看家本领，也是我们做好各项工作的第一道工序，要坐得下来、钻得进去、讲得出来，"
    "不能浮在面上、停在嘴上、挂在墙上，更不能拿开会代替落实、拿发文代替整改，这是我今天要同"
    "大家说的头一件事，请同志们回去以后认真想一想、议一议、改一改，把责任担当写在日常。"
)
HERE = {"title": "警示教育"}
WRAPPED = [LONG[at : at + 40] for at in range(0, len(LONG), 40)]


@pytest.fixture
def talks(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    lines = ["在青澜市动员会上的讲话", "", "同志们：", *WRAPPED * 4]
    (tmp_path / "b.txt").write_text("\n".join(lines) + "\n", "utf-8")
    opened = lianzheng_search.open(tmp_path)
    opened.index()
    yield opened
    opened.close()


def excerpts(talks, query, **settings):
    batch = Batch(talks, [NamedQuery(name=query, query=query)], BatchSettings(**settings))
    return [entry.excerpt for entry in batch.entries()]


def test_a_text_that_begins_its_paragraph_is_not_cut_before(talks):
    """Even if the hit runs on into the next point."""
    (taken,) = excerpts(talks, "看家本领。一是")
    assert taken.column == 0
    assert not taken.cut[0]


def test_a_hit_that_begins_its_paragraph_is_not_cut_before(talks):
    """Nothing stands before it."""
    (taken,) = excerpts(talks, "学习是干部的", context="hit", filters=HERE)
    assert taken.cut == (False, True)


def test_no_dots_where_nothing_is_left_out(talks):
    """责任责任 is not 责任……责任."""
    (taken,) = excerpts(talks, "责任", context="hit", filters=HERE)
    assert taken.text == "责任责任"


def test_a_section_leaves_nothing_out_inside(talks):
    """What is excerpted stands in the speech as one piece."""
    (taken,) = excerpts(talks, "家常话", context="section")
    assert taken.text in TEXT


def test_a_section_is_taken_once(talks):
    """With all the hits in it."""
    taken = excerpts(talks, "家风", context="section")
    assert len(taken) == len({one.text for one in taken})
    assert [len(one.spans) for one in taken] == [3]


def test_a_section_inside_another_is_taken_with_it(talks, tmp_path):
    """Not once more; all hits in it are marked, and it is told as the outer one."""
    text = "在青澜市座谈会上的讲话\n\n同志们：\n一、家风要正\n先说家风。\n（一）家风要传\n"
    text += "家风是根。\n二、作风要实\n作风是形。\n"
    (tmp_path / "c.txt").write_text(text, "utf-8")
    talks.index()
    batch = Batch(talks, [NamedQuery(name="a", query="家风")], BatchSettings(context="section"))
    found = [entry for entry in batch.entries() if entry.hit.info.id == "c.txt"]
    assert [len(entry.excerpt.spans) for entry in found] == [4]
    assert found[0].hit.passage.section == ("一、家风要正",)


@pytest.mark.parametrize("context", ["hit", 3])
def test_the_place_is_in_the_file(talks, context):
    """The passage begins at that place of the file, and the excerpt so far from there."""
    lines = ["", "在青澜市动员会上的讲话", "", "同志们：", *WRAPPED * 4]
    batch = Batch(talks, [NamedQuery(name="", query="责任担当")], BatchSettings(context=context))
    for entry in batch.entries():
        taken, passage = entry.excerpt, entry.hit.passage
        assert (taken.line, taken.column) == passage.place
        assert lines[taken.line][taken.column :][:20] == passage.text[:20]
        assert passage.text[taken.offset :].startswith(taken.text)


def test_a_context_below_zero_is_refused(talks):
    """It gives texts with nothing in them."""
    with pytest.raises(RequestError):
        excerpts(talks, "家风", context=-5)


def test_a_faulty_query_is_told_before_anything_is_written(talks):
    """To standard output, too, where nothing can be taken back."""
    out = io.StringIO()
    queries = [
        NamedQuery(name="担当", query="担当", place="q.txt:1"),
        NamedQuery(name="家风", query="theme:没有这个主题", place="q.txt:2"),
    ]
    with pytest.raises(RequestError, match=r"^q\.txt:2: "):
        talks.export_to(queries, out, file_format="csv")
    assert out.getvalue() == ""


@pytest.mark.parametrize("by", ["query", "speech", "section"])
def test_the_entries_of_a_speech_stand_in_its_order(talks, by):
    """What is grouped by speech is read from its beginning on, section by section."""
    asked = [NamedQuery(name="家", query="家风 OR 家常 OR 看家")]
    batch = Batch(talks, asked, BatchSettings(group_by=by, filters=HERE))

    def places(groups):
        for group in groups:
            yield from places(group.groups)
            yield from (entry.hit.passage.place for entry in group.entries)

    found = list(places(batch.groups()))
    assert found == sorted(found)


@pytest.mark.parametrize(
    "named",
    [
        NamedQuery(name="a", query="家风", filters={"titel": "警示教育"}, place="q.toml:3"),
        NamedQuery(name="a", query="家风", filters={"query": "担当"}, place="q.toml:3"),
        NamedQuery(name="a", query="家风", filters={"section": 2}, place="q.toml:3"),
        NamedQuery(name="a", query="家风", limit=-1, place="q.toml:3"),
    ],
    ids=["unknown", "query", "number", "limit"],
)
def test_what_a_query_asks_for_is_checked(talks, named):
    """A filter of another name finds too much, in silence; the others are tracebacks."""
    with pytest.raises(RequestError, match=r"^q\.toml:3: "):
        list(Batch(talks, [named], BatchSettings()).entries())


def test_passages_a_speech_below_zero_are_refused(talks):
    """As a limit is."""
    with pytest.raises(RequestError):
        excerpts(talks, "家风", per_source=-1)


def test_a_hit_in_quotation_marks_is_bold_in_markdown(talks, tmp_path):
    """See write_text.bold and write_text.escape_markdown, which are to take its place."""
    from markdown_it import MarkdownIt

    (tmp_path / "c.txt").write_text("在青澜市会上的讲话\n校准“四个意识”的偏差。\n", "utf-8")
    talks.index()
    (hit,) = talks.search('"“四个意识”"').hits
    assert "<strong>“四个意识”</strong>" in MarkdownIt("commonmark").render(markdown(hit))
