"""The heading bank: what is listed stands in the speeches, groups cover it, sets are whole."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from itertools import groupby, pairwise

import pytest
from commands import run
from conftest import LONG, shared
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.model import Speech
from lianzheng_search.text.width import cells
from lianzheng_search.wording.heading_bank import GROUPINGS, HEADING_ORDERS, spans_of
from lianzheng_search.wording.heading_patterns import BORDER, find_patterns, frame_spans

BANK = {
    "甲.txt": """\
在竹溪区干部大会上的讲话
（2023年2月1日）
同志们：
一、强化学习意识，把方向看准
学习是看家本领。
（一）把书读透
读书要读透。
（二）把题答准
答题要答准。
二、强化责任意识，把担子挑稳
担子要挑稳。
（一）以考核促落实
考核要见真章。
三、强化规矩意识，把底线守牢
底线要守牢。
""",
    "乙.txt": """\
在石桥镇警示教育会上的讲话
（2024年5月6日）
同志们：
一、坚持从严，做到敢管敢查
从严是主基调。
二、坚持从实，做到真抓真改
从实是硬要求。
三、以案件促警醒
案件就在身边。
四、以整改促提升
整改要见成效。
五、坚持从细　做到抓早抓小
从细是硬功夫。
""",
    "丙.txt": """\
在云岭县家风建设座谈会上的讲话
同志们：
一、强化家风意识，把家门看牢
家风连着作风。
二、法律的尺子
尺子要量自己。
""",
}
REST = ["二、法律的尺子", "（一）把书读透", "（二）把题答准"]
HAN = "强化学习责任意识把以促坚持做到的一二上"
HEADINGS = st.lists(
    st.text(HAN + "，：“”…— X1", min_size=1, max_size=14), min_size=1, max_size=25, unique=True
)
WORDS = st.sets(st.text(HAN, min_size=2, max_size=2), max_size=12)


@pytest.fixture
def bank(tmp_path):
    """A corpus of three speeches whose headings have much in common."""
    for name, text in BANK.items():
        (tmp_path / name).write_text(text, "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        yield corpus


def fits(frame: str, text: str) -> bool:
    """Match a frame by a regular expression, clause by clause: the oracle."""
    inside = f"[^{re.escape(BORDER)}]"
    clauses = [f"{inside}+".join(map(re.escape, clause.split("…"))) for clause in frame.split("，")]
    pattern = f"[{re.escape(BORDER)}]+".join(clauses)
    return bool(re.search(rf"(?<!{inside}){pattern}(?!{inside})", text))


def walked(corpus):
    """Read the headings from the files, with the sets they stand in."""
    for speech in corpus.read():
        assert isinstance(speech, Speech)
        highest, begun = {}, {}
        for passage in speech.passages:
            if passage.kind == "heading":
                own = passage.sections[-1]
                above = tuple((s.line, s.column) for s in passage.sections[:-1])
                place = (above, own.level)
                if own.number == 1 and highest.get(place, 0) > 1:
                    begun[place] = begun.get(place, 0) + 1
                highest[place] = own.number or highest.get(place, 0)
                yield (speech.info.id, *place, begun.get(place, 0)), own


def siblings_walked(corpus):
    """Give the siblings of each heading, from the files."""
    known = list(walked(corpus))
    return {
        (key[0], own.place[0], own.heading): [o.heading for k, o in known if k == key and o != own]
        for key, own in known
    }


def siblings_found(corpus, text=None, **options):
    return {
        (one.info.id, one.headings[n].line, one.headings[n].heading): [
            line.heading for k, line in enumerate(one.headings) if k != n
        ]
        for one in corpus.heading_sets(text, **options).sets
        for n in one.found
    }


@given(st.text(HAN + "，…X", min_size=1, max_size=12), st.text(HAN + "，X", max_size=16))
def test_a_frame_fits_as_a_regular_expression_does(frame, text):
    """… is one or more characters inside a clause; the clauses are whole."""
    frame = re.sub("……+", "…", frame).strip("，")
    if not frame.strip("…") or "，，" in frame or any(p in ("", "…") for p in frame.split("，")):
        return
    spans = frame_spans(frame, text)
    assert bool(spans) == fits(frame, text)
    if spans:
        pieces = [piece for piece in re.split("[…，]+", frame) if piece]
        assert [text[span.start : span.end] for span in spans] == pieces
        assert all(a.end <= b.start for a, b in pairwise(spans))


@given(HEADINGS, WORDS, st.data())
def test_members_fit_their_pattern(texts, words, data):
    """Each heading fits the frame it is listed under, and is under one alone."""
    numbers = st.lists(st.integers(0, len(texts) - 1), unique=True, max_size=5)
    sets = data.draw(st.lists(numbers, max_size=5))
    found = find_patterns(texts, sets, words.__contains__)
    listed = Counter(n for pattern in found for n in pattern.members)
    assert set(listed.values()) <= {1}
    for pattern in found:
        assert len(pattern.members) > 1
        assert all(fits(pattern.frame, texts[n]) for n in pattern.members)
    assert len({pattern.frame for pattern in found}) == len(found)
    assert found == find_patterns(texts, sets, words.__contains__)


@given(HEADINGS, st.text(HAN, min_size=2, max_size=2), st.text(HAN, min_size=1, max_size=3))
def test_what_is_planted_is_found(texts, start, end):
    """Three headings of one frame and nothing else in common are told of."""
    planted = [f"{start}{middle}{end}" for middle in ("甲甲", "乙乙乙", "丙")]
    texts = [text for text in texts if start not in text and text not in planted]
    found = find_patterns([*planted, *texts], [], lambda word: False)
    held = [p for p in found if set(p.members) & {0, 1, 2}]
    assert held
    assert all(fits(p.frame, planted[n]) for p in held for n in p.members if n < 3)


def test_patterns_do_not_cut_words():
    """强化担… is no frame of 强化担当 and 强化担保; a year is not cut either."""
    texts = ["强化担当", "强化担保", "强化担子", "2013年工作", "2014年工作"]
    words = {"强化", "担当", "担保", "担子", "工作"}
    frames = {p.frame for p in find_patterns(texts, [], words.__contains__)}
    assert frames == {"强化…", "…年工作"}


def test_patterns_of_the_bank(bank):
    """The frames that a writer would name."""
    found = bank.heading_groups("pattern")
    counts = {group.name: len(group.headings) for group in found.groups}
    assert counts["强化…意识，把…"] == 4
    assert counts["坚持…，做到…"] == 3
    assert counts["以…促…"] == 3
    assert [line.heading for line in found.rest] == REST
    assert found.found == sum(counts.values()) + len(found.rest)


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("text", [None, "意识", "以…促", "没有的"])
def test_groups_cover_what_is_listed(bank, by, text):
    """Every heading that is listed is in one group, or in the rest; nothing else is."""
    found = bank.heading_groups(by, text)
    grouped = [line for group in found.groups for line in group.headings] + list(found.rest)
    listed = bank.headings(text)
    assert sorted(grouped, key=listed.index) == listed
    assert (found.found, found.total) == (len(listed), len(found.groups))
    for group in found.groups:
        for line in group.headings:
            own = {
                "theme": line.themes[0] if line.themes else None,
                "level": str(line.level),
                "speech": line.speech,
            }
            assert group.name == own[by] if by in own else fits(group.name, line.wording)
    fewer = bank.heading_groups(by, text, limit=1)
    assert fewer.groups == found.groups[:1]
    assert fewer.total == found.total


@pytest.mark.parametrize("filters", [{}, {"section": "一"}, {"since": "2024"}, {"title": "家风"}])
def test_siblings_are_those_of_the_speech(bank, filters):
    """A set is whole, whatever the filters leave of it."""
    every = siblings_walked(bank)
    found = siblings_found(bank, **filters)
    listed = bank.headings(**filters)
    assert found.keys() == {(line.speech, line.line, line.heading) for line in listed}
    assert all(every[key] == beside for key, beside in found.items())


def test_siblings_of_what_is_found(bank):
    """The set is shown once, with what was found in it."""
    found = bank.heading_sets("责任")
    (one,) = found.sets
    assert [line.heading[0] for line in one.headings] == ["一", "二", "三"]
    assert (one.found, found.total, found.found) == ({1}, 1, 1)
    assert bank.heading_sets("意识").found == 4
    assert bank.heading_sets("意识").total == 2
    nested = bank.heading_sets("把书").sets[0]
    assert nested.headings[0].above == ("一、强化学习意识，把方向看准",)
    assert len(nested.headings) == 2


@pytest.mark.parametrize("part", ["title", "body"])
def test_no_heading_is_in_another_part(bank, part):
    """A filter is never passed over in silence."""
    assert bank.headings(part=part) == []
    assert bank.headings(part="heading") == bank.headings()


@pytest.mark.parametrize("sort", HEADING_ORDERS)
def test_every_order_lists_the_same(bank, sort):
    """An order leaves nothing out, and is one."""
    listed = bank.headings(sort=sort)
    corpus_order = bank.headings()
    assert sorted(listed, key=corpus_order.index) == corpus_order
    keys = {
        "corpus": [(line.speech, line.line) for line in listed],
        "date": [line.date or "9999" for line in listed],
        "newest": [line.date or "" for line in listed],
        "text": [line.wording for line in listed],
        "length": [len(line.wording) for line in listed],
    }
    assert keys[sort] == sorted(keys[sort], reverse=sort == "newest")


def test_bad_requests_are_told(bank):
    """No traceback for a grouping or an order that is not there."""
    for ask in (lambda: bank.heading_groups("colour"), lambda: bank.headings(sort="colour")):
        with pytest.raises(RequestError, match="there is no colour"):
            ask()


@given(st.text(HAN + "…*?？（.", max_size=5), st.text(HAN + "…?？（.。", max_size=12))
def test_a_text_without_gaps_is_found_as_it_stands(text, heading):
    """What holds the text is found, also where it has the signs of a gap in it."""
    spans = spans_of(text)(heading)
    if text.strip("*…") and text in heading:
        assert spans
    if text and not set(text) & {"…", "*"}:
        assert [heading[s.start : s.end].replace("？", "?") for s in spans] == (
            [text.replace("？", "?")] * len(spans)
        )
        assert bool(spans) == (text.replace("？", "?") in heading.replace("？", "?"))


def test_a_pattern_asked_for_finds_all_of_it(bank):
    """What a pattern is called can be typed."""
    for group in bank.heading_groups("pattern").groups:
        assert set(group.headings) <= set(bank.headings(group.name))


def test_gaps_in_a_text(bank):
    """A pattern that was shown can be asked for."""
    assert [line.heading for line in bank.headings("以…促…")] == [
        "三、以案件促警醒",
        "四、以整改促提升",
        "（一）以考核促落实",
    ]
    assert len(bank.headings("强化*意识")) == 4
    assert bank.headings("…") == bank.headings()


@pytest.mark.parametrize("folder", ["seeds", "public/reports_1921_2025"])
def test_the_bank_of_real_speeches(folder, tmp_path):
    """Every heading stands in its file as printed; sets and patterns hold on real text."""
    step = 1 if folder == "seeds" or LONG else 6
    for file in sorted(shared(folder).rglob("*.txt"))[::step]:
        shutil.copy(file, tmp_path)
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        listed = corpus.headings(with_variants=True)
        lines = {}
        for speech in corpus.read():
            if isinstance(speech, Speech):
                for passage in speech.passages:
                    lines.setdefault((speech.info.id, passage.place[0]), []).append(passage.text)
        assert all(line.heading in "".join(lines[line.speech, line.line]) for line in listed)
        assert siblings_found(corpus) == siblings_walked(corpus)
        found = corpus.heading_groups("pattern", with_variants=True)
        assert sum(len(g.headings) for g in found.groups) + len(found.rest) == len(listed)
        assert all(fits(g.name, line.wording) for g in found.groups for line in g.headings)
        for group in found.groups:
            holds = spans_of(group.name)
            assert all(holds(line.heading) for line in group.headings)
    if folder == "seeds":
        assert [(g.name, len(g.headings)) for g in found.groups[:1]] == [("强化…意识", 5)]


def test_the_command_prints_what_was_asked_for(bank):
    """The keys that INTERFACE.md promises come first; a group and siblings follow."""

    def rows(*arguments):
        result = run("-C", bank.directory, "headings", *arguments, "--format", "jsonl")
        assert result.returncode == 0
        return [json.loads(line) for line in result.stdout.splitlines()]

    first = rows("责任")[0]
    assert list(first)[:6] == ["speech", "title", "line", "level", "number", "heading"]
    (beside,) = rows("责任", "--siblings")
    assert [text[0] for text in beside["siblings"]] == ["一", "三"]
    groups = [row["group"] for row in rows("--by", "pattern")]
    assert [len(list(own)) for name, own in groupby(groups) if name == "以…促…"] == [3]
    assert groups[-2:] == [None, None]
    refused = run("-C", bank.directory, "headings", "--by", "theme", "--siblings")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.matrix
@pytest.mark.parametrize("width", [None, 40, 80, 140])
@pytest.mark.parametrize("how", [[], ["--by", "pattern"], ["--by", "speech"], ["--siblings"]])
def test_what_is_printed_keeps_its_width_and_places(bank, width, how):
    """No line is wider than the terminal, no place loses its line; in a pipe nothing is cut."""
    env = {"LIANZHENG_WIDTH": str(width or "")}
    shown = run("-C", bank.directory, "headings", *how, env=env)
    assert shown.returncode == 0
    rows = [row for row in shown.stdout.splitlines() if re.search(r":\d+$", row)]
    listed = [line for line in bank.headings() if line.heading not in REST or "pattern" not in how]
    assert len(rows) == len(listed)
    if width is None:
        assert all(any(line.heading in row for row in rows) for line in listed)
    else:
        assert max(map(cells, rows)) <= width
