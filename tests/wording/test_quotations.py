"""Who is quoted, what is a quotation and what a mere term, and which wordings are one."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from conftest import shared, speech
from hypothesis import given
from hypothesis import strategies as st
from scan import ScanBackend

import lianzheng_search
from lianzheng_search.cli import main as cli
from lianzheng_search.errors import RequestError
from lianzheng_search.query.filters import Filters, Scope
from lianzheng_search.search.selection import select
from lianzheng_search.search.speech_texts import SpeechText, cited, speech_texts, verbatim
from lianzheng_search.text.folding import fold, letters
from lianzheng_search.wording.quotation_forms import alike, clusters, dice
from lianzheng_search.wording.quotations import Wanted, look
from lianzheng_search.wording.quoted_text import in_marks, marked_lines, without_marks
from lianzheng_search.wording.speakers import SPEAKERS_FILE, load_speakers

SPEAKERS = load_speakers(SPEAKERS_FILE)
QUOTED = [
    # text, what is quoted, from whom
    ("习近平总书记指出：“桥要一座一座地修。”大家记住了。", "桥要一座一座地修。", "习近平"),
    ("总书记强调，“账要一笔一笔地算，路要一步一步地走”。", None, "习近平"),
    ("毛泽东同志在延安时曾语重心长地说过：“灯要点在心里。”", "灯要点在心里。", "毛泽东"),
    ("古人云，“祸莫大于不知足，咎莫大于欲得”。", None, "古人"),
    ("俗话说：“常在河边走，哪能不湿鞋。”", None, "俗语"),
    ("常言道，“千里之堤，溃于蚁穴”。", None, "俗语"),
    ("《论语》中说“其身正，不令而行”，就是这个道理。", "其身正，不令而行", "《论语》"),
    ("孟子曰：“富贵不能淫，贫贱不能移，威武不能屈。”", None, "孟子"),
    ("党章规定：“党员个人服从党的组织。”", None, "中国共产党章程"),
    ("《石桥市廉洁用水条例》第三条规定：“闸门不得私开。”", None, "《石桥市廉洁用水条例》"),
    ("有一句话叫“门前清，心里明”。", "门前清，心里明", None),
    ("列宁曾指出，“账簿也是一所学校，人人都要进去读一读”。", None, "列宁"),
    ("“管好自己，才能管好队伍”，这是毛泽东同志留下的话。", "管好自己，才能管好队伍", "毛泽东"),
    ("要把“水能载舟，亦能覆舟”记牢。“物必先腐，而后虫生。”警钟要常敲。", None, None),
    ("正如云岭县水利局张一山同志所说，“闸门有锁，心里也要有锁”。", None, "张一山"),
    ("英国哲学家培根说：“读史使人明智。”", "读史使人明智。", "培根"),
    ("牢记总书记“守住一条河，护好两岸人”的嘱托。", "守住一条河，护好两岸人", "习近平"),
    ("老支书同我讲过一句大实话：“鞋底比嘴皮子管用。”", "鞋底比嘴皮子管用。", "老支书"),
    ("习近平总书记引用的“法者，治之端也”，说的就是规矩。", "法者，治之端也", None),
    ("他常引用孟子的话说：“生于忧患，死于安乐。”", "生于忧患，死于安乐。", "孟子"),
    ("正如市纪委书记X同志所说，“汗要流在明处”。", "汗要流在明处", "市纪委书记X"),
    ("李某在忏悔录里有一段话，我念给大家听：“我把闸门当成了家门。”", None, "李某"),
    ("总书记讲过规矩。李某收了钱。他在忏悔书里写道：“我把闸门当成了家门。”", None, "李某"),
    ("「知足不辱，知止不殆」，老子的这句话值得常读。", "知足不辱，知止不殆", "老子"),
]
TERMS = [
    "坚决纠治“四风”，抓住“关键少数”。",
    "既要“打老虎”，也要“拍苍蝇”。",
    "按照“守土有责、守土尽责”的要求抓好落实。",
    "总书记强调“四个意识”的重要意义。",
    "这样的“马后炮”一次也不能放。",
    "有人把制度当成“橡皮泥”“稻草人”。",
    "本条例所称“管闸人员”，是指……",
    "会议的主题是：“护好一河清水”专项行动。",
    "对歪风要敢于说“不”。",
    "通讯《“把闸门交给群众”——石桥镇的一年》已经刊登。",
]


def speech_text(text: str) -> SpeechText:
    """Fold a text in one piece, as a speech of one passage."""
    from lianzheng_search.model import SpeechInfo

    return SpeechText(
        info=SpeechInfo(id="a.txt", title=""),
        text=fold(text) + "\n",
        first=0,
        starts=[0],
        refs=None,
    )


def found_in(text: str) -> list[tuple[str, str | None]]:
    occurrences = in_marks(speech_text(text), SPEAKERS)
    return [(one.text, one.source) for one in occurrences if one.quotation]


@pytest.mark.parametrize(("text", "words", "source"), QUOTED)
def test_who_is_quoted(text, words, source):
    """The last quotation of each sentence, word for word, and who is quoted."""
    found = found_in(text)
    assert found, "nothing is quoted"
    assert found[-1][1] == source
    if words is not None:
        assert found[-1][0] == fold(words)


@pytest.mark.parametrize("text", TERMS)
def test_a_term_is_no_quotation(text):
    """Quotation marks around a word, a slogan, a name say nothing about a speaker."""
    assert found_in(text) == []


def test_a_quotation_goes_on_from_the_one_before():
    """“…”“…” and “…”，“…” are of one speaker; so is what 他 says afterwards."""
    text = "孟子说：“甲乙丙丁戊己。”“庚辛壬癸子丑。”他还强调：“寅卯辰巳午未。”"
    assert [source for _words, source in found_in(text)] == ["孟子", "孟子", "孟子"]


def test_he_is_the_last_person_named():
    """他 is never 古人, and may be somebody who is not in the list."""
    text = (
        "周大河同志在闸上守了三十年。古人云：“行百里者半九十。”他说：“水位就是命令，一刻不能等。”"
    )
    assert [source for _words, source in found_in(text)] == ["古人", "周大河"]


def test_the_general_secretary_was_somebody_else_before():
    """总书记 alone in a speech of 2005 names nobody of the list."""
    text = speech_text("总书记指出：“桥要一座一座地修。”")
    old = SpeechText(
        info=lianzheng_search.model.SpeechInfo(id="b", title="", date="2005-03"),
        text=text.text,
        first=0,
        starts=[0],
        refs=None,
    )
    assert [one.source for one in in_marks(old, SPEAKERS)] == ["总书记"]


def test_what_is_told_without_marks_is_asked_for():
    """Only where the sentence names who says it; it goes to the end of the sentence."""
    text = "习近平总书记指出，桥要一座一座地修，路要一步一步地走。他强调，账要一笔一笔地算清楚。"
    (one,) = without_marks(speech_text(text), SPEAKERS)
    assert (one.text, one.source, one.direct) == (
        "桥要一座一座地修，路要一步一步地走。",
        "习近平",
        False,
    )


@given(
    st.lists(
        st.tuples(st.text("甲乙，。", max_size=4), st.text("丙丁，。", min_size=1, max_size=5))
    )
)
def test_balanced_marks_are_paired(parts):
    """Where every mark has its fellow on the line, what is between is found, whatever it is."""
    text = "".join(f"{before}“{inside}”" for before, inside in parts)
    pairs = [spans for _start, _end, spans in marked_lines(fold(text) + "\n")]
    assert [text[one.start : one.end] for spans in pairs for one in spans] == [
        inside for _before, inside in parts
    ]


@given(st.text("甲乙。“‘「」\n", max_size=30))
def test_unbalanced_marks_never_reach_over_a_line(text):
    """Whatever the marks, a part lies inside its line and no two of one kind overlap."""
    for start, end, spans in marked_lines(text):
        assert all(start < one.start < one.end <= end for one in spans)
        assert "\n" not in text[start:end]


def test_a_quotation_over_two_paragraphs_does_not_turn_the_rest_inside_out():
    """The closing mark of the next line opens nothing."""
    text = "他写道：“第一段。\n第二段完。”后来又办了“两件事”。\n"
    spans = [one for _s, _e, found in marked_lines(fold(text)) for one in found]
    assert [text[one.start : one.end] for one in spans] == ["第一段。", "两件事"]


SMALL = st.text("廉洁家风", min_size=1, max_size=9)


@given(SMALL, SMALL)
def test_likeness_is_mutual(one, other):
    """Dice's coefficient is a share, the same from both sides, and 1 of a text with itself."""
    assert dice(one, other) == dice(other, one)
    assert 0 <= dice(one, other) <= 1
    assert dice(one, one) == 1
    assert alike(one, other) == alike(other, one)


@given(st.dictionaries(SMALL, st.integers(1, 5), max_size=12))
def test_every_wording_has_one_leader(counts):
    """A leader leads itself, is like those it leads, and is none rarer than they are."""
    chosen = clusters(counts)
    assert chosen.keys() == counts.keys()
    for text, leader in chosen.items():
        assert chosen[leader] == leader
        assert text == leader or alike(text, leader)
        assert counts[leader] >= counts[text]


def test_figures_make_a_difference():
    """Two anniversaries are not one quotation."""
    assert not alike("今年是建闸60周年全镇都要庆祝", "今年是建闸75周年全镇都要庆祝")


CORPUS = {
    "a.txt": "在水利局会上的讲话\n（2023年3月1日）\n"
    "古人云，“祸莫大于不知足，咎莫大于欲得”。抓住“关键少数”。\n",
    "b.txt": "在镇里会上的讲话\n（2024年5月）\n"
    "古人说：“祸莫大于不知足、咎莫大于欲得。”抓住“关键少数”。\n",
    "c.txt": "在学校的讲话\n古语云：“咎莫大于欲得。”总书记指出：“桥要一座一座地修。”\n",
}


def backend() -> ScanBackend:
    from msgspec.structs import replace

    made = []
    for path, text in CORPUS.items():
        one = speech(text, path)
        made.append(
            replace(one, info=replace(one.info, date=text[14:18] if "20" in text else None))
        )
    return ScanBackend(made)


def looked(**options):
    scan = backend()
    wanted = Wanted(**{k: v for k, v in options.items() if k in ("text", "source", "indirect")})
    rest = {k: v for k, v in options.items() if k in ("show", "sort", "limit")}
    return look(scan, select(scan), wanted=wanted, speakers=SPEAKERS, **rest)


def test_forms_of_a_quotation_are_counted_together():
    """Other punctuation, and one cut short, are the same quotation."""
    first, second = looked().rows
    assert (first.source, first.count, first.speeches) == ("古人", 3, 3)
    assert letters(fold(first.quotation)) == "祸莫大于不知足咎莫大于欲得"
    assert [(form.text, form.count) for form in first.variants] == [("咎莫大于欲得。", 1)]
    assert first.places == ("a.txt:3", "b.txt:3", "c.txt:2")
    assert second.source == "习近平"


def test_a_quotation_inside_another_form_of_it_stands_for_both():
    """Also where every place of the longer form holds the shorter one: that is what is shown."""
    text = "讲话\n孔子说：“名为招祸之本，孟子说：‘利乃忘志之媒。’”\n"
    scan = ScanBackend([speech(text)])
    options = {"wanted": Wanted(), "speakers": SPEAKERS}
    (row,) = look(scan, select(scan), **options).rows
    assert (row.quotation, row.count, row.variants) == ("利乃忘志之媒。", 1, ())


def test_quotations_are_chosen_by_words_and_by_source():
    """A text in any of its forms, punctuation aside; a source by any of its names."""
    assert [row.source for row in looked(text="不知足咎莫").rows] == ["古人"]
    assert [row.source for row in looked(source="习总书记").rows] == ["习近平"]
    assert looked(source="孔子").rows == ()
    assert looked(limit=1).total == 2


def test_sources_and_terms():
    """Who is quoted how often; what is set in quotation marks and is no quotation."""
    sources = looked(show="sources").rows
    assert [(row.source, row.quotations, row.count) for row in sources] == [
        ("古人", 1, 3),
        ("习近平", 1, 1),
    ]
    (term,) = looked(show="terms").rows
    assert (term.term, term.count, term.speeches) == ("关键少数", 2, 2)


def test_a_quotation_is_found_over_the_border_of_a_point_and_quoted_verbatim():
    """It belongs to the passage in which it starts, and is cited as it is written."""
    text = "会议纪要\n孟子说：“一是守住ＡＢ闸。二是守好自己的心。”\n"
    scan = ScanBackend([speech(text)])
    (found,) = speech_texts(scan, select(scan))
    (one,) = [one for one in in_marks(found, SPEAKERS) if one.quotation]
    assert verbatim(scan, one.place) == "一是守住ＡＢ闸。二是守好自己的心。"
    assert cited(scan, one.place) == "speech.txt:2"


def test_what_starts_in_a_passage_left_out_is_left_out():
    """Filters leave passages; a quotation of another one does not count."""
    text = "讲话\n一、学规矩\n孟子说：“甲乙丙丁戊己。”\n二、守规矩\n孟子说：“子丑寅卯辰巳。”\n"
    scan = ScanBackend([speech(text)])
    chosen = select(scan, Scope(filters=Filters(section="守")))
    found = look(scan, chosen, wanted=Wanted(), speakers=SPEAKERS)
    assert [row.quotation for row in found.rows] == ["子丑寅卯辰巳。"]


def test_the_users_own_speakers_are_added(tmp_path):
    """A line of names; what is no UTF-8 is told."""
    own = tmp_path / "speakers.txt"
    own.write_text("周大河 周闸长 # 石桥镇\n", "utf-8")
    speakers = load_speakers(SPEAKERS_FILE, own)
    assert speakers.first("周闸长说") == "周大河"
    assert speakers.first("毛主席说") == "毛泽东"
    own.write_bytes("周大河 闸长\n".encode("gb18030"))
    with pytest.raises(RequestError, match="UTF-8"):
        load_speakers(own)


def run(corpus, *arguments):
    command = ["-C", str(corpus.directory), *arguments]
    return CliRunner().invoke(cli.cli, command, standalone_mode=False)


def test_the_command(tmp_path):
    """Keys as documented; the user's speakers in the corpus count; 1 where nothing is found."""
    for path, text in CORPUS.items():
        (tmp_path / path).write_text(text, "utf-8")
    (tmp_path / "speakers.txt").write_text("老祖宗 古人云 古人说 古语云\n", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        done = run(corpus, "quotes", "--format", "jsonl")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert list(rows[0]) == [
            *("quotation", "source", "direct", "count", "speeches", "first", "last"),
            *("places", "variants"),
        ]
        assert rows[0]["source"] == "老祖宗"
        assert rows[0]["places"] == ["a.txt:3", "b.txt:3", "c.txt:2"]
        assert "≈ 咎莫大于欲得。" in run(corpus, "quotes", "不知足").stdout
        assert "“关键少数”" in run(corpus, "quotes", "--scare").stdout
        assert run(corpus, "quotes", "--sources", "--format", "csv").return_value == 0
        assert run(corpus, "quotes", "没有这句话").return_value == 1
        refused = run(corpus, "quotes", "--scare", "--source", "孔子").exception
        assert "no source" in str(refused)


def test_every_quotation_of_real_speeches_stands_where_it_is_cited(tmp_path):
    """The wording is in the lines of the speech, between quotation marks."""
    with lianzheng_search.open(shared("seeds"), index_directory=tmp_path / "index") as corpus:
        corpus.index()
        found = corpus.quotes(limit=0)
        assert found.rows
        for row in found.rows:
            path, _colon, line = row.places[0].rpartition(":")
            passages = [one for one in corpus.speech(path)[1] if one.place[0] == int(line)]
            assert row.quotation in "".join(one.text for one in passages)
