"""Laws and cases of metadata: what a speech says of itself, and nothing that its sentences say."""

from datetime import date
from typing import Any

import pytest
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import CleanText, Line, SpeechInfo
from lianzheng_search.reading.read import read_file
from lianzheng_search.structure.metadata import describe
from lianzheng_search.structure.parse import parse
from lianzheng_search.text.dates import find_date, is_date_line

TITLE = "在全县警示教育大会上的讲话"
BODY = [
    "同志们：",
    "2011年5月6日，县里开过一次同样的会。今天再开，是因为问题没有改彻底。",
    "一、认清形势",
    "李某在2012年说过，来源：群众的信任，比什么都要紧。",
    "谢谢大家。",
]


def info(*head: str, path: str = "a.txt", tail: tuple[str, ...] = ()) -> SpeechInfo:
    lines = [Line(n, text) for n, text in enumerate([*head, *BODY, *tail], start=1)]
    return parse(CleanText(path=path, encoding="utf-8", lines=tuple(lines))).info


def facts(found: SpeechInfo) -> dict[str, Any]:
    names = ("date", "speaker", "venue", "source")
    return {name: value for name in names if (value := getattr(found, name))}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("（2015年11月20日）", "2015-11-20"),
        ("发表时间：2015-11-20", "2015-11-20"),
        ("发布日期：2015/11/20 08:30", "2015-11-20"),
        ("二〇一四年三月五日", "2014-03-05"),
        ("二零一四年十二月三十一日", "2014-12-31"),
        ("2014.03.05", "2014-03-05"),
        ("20150305", "2015-03-05"),
        ("县委_2015_03_05_讲话", "2015-03-05"),
        ("2015-03", "2015-03"),
        ("2015年", "2015"),
        ("2015年2月30日", None),
        ("二〇一五年四月三十一日", None),
        ("20150230", None),
        ("2015年2月30日，实为2015年3月2日", "2015-03-02"),
        ("二〇一四年三月五日，2015年3月5日", "2014-03-05"),
        ("电话13020150305", None),
        ("一二三四年", None),
    ],
)
def test_a_date_in_any_dress(text, found):
    assert find_date(text) == found


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from("年-./"))
def test_every_day_is_found_as_it_is_written(day, mark):
    end = ("月", "日") if mark == "年" else (mark, "")
    for text in (
        f"（{day.year}{mark}{day.month}{end[0]}{day.day}{end[1]}）",
        f"{day.year}{mark}{day.month:02}{end[0]}{day.day:02}{end[1]}",
        f"{day:%Y%m%d}".rjust(8, "0"),
    ):
        assert find_date(text) == day.isoformat()


@given(st.text("0123456789年月日-./〇一二三十（） ", max_size=20))
def test_what_is_found_is_in_the_calendar(text):
    if (found := find_date(text)) is not None:
        date.fromisoformat((found + "-01-01")[:10])


def test_a_date_line_has_a_date_in_it():
    assert is_date_line("二〇一四年三月五日")
    assert is_date_line("（2024年3月8日 云岭县）")
    assert not is_date_line("（征求意见稿）")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ([TITLE], {"venue": "全县警示教育大会"}),
        (
            [TITLE, "（2015年11月20日）", "云岭县委书记 张某"],
            {"venue": "全县警示教育大会", "date": "2015-11-20", "speaker": "张某"},
        ),
        (
            ["政府工作报告", "——2024年3月5日在云岭县第十届人民代表大会上", "县长 李　平"],
            {"venue": "云岭县第十届人民代表大会", "date": "2024-03-05", "speaker": "李平"},
        ),
        (
            [TITLE, "主讲人：王某某  时间：2023年6月1日"],
            {"venue": "全县警示教育大会", "date": "2023-06-01", "speaker": "王某某"},
        ),
        (
            ["算好廉洁这笔账", "作者：赵× 来源：云岭网", "发布日期：2022-07-01"],
            {"date": "2022-07-01", "speaker": "赵×", "source": "云岭网"},
        ),
        (
            ["张某某：把规矩立起来", "来源： 云岭日报　2021年4月9日"],
            {"date": "2021-04-09", "speaker": "张某某", "source": "云岭日报"},
        ),
        (
            ["县委书记王某在全县警示教育大会上的讲话", "（二〇二一年四月九日，云岭）"],
            {"date": "2021-04-09", "speaker": "王某", "venue": "全县警示教育大会"},
        ),
        (
            ["算好廉洁这笔账", "（2021年4月9日，云岭）", "李XX"],
            {"date": "2021-04-09", "speaker": "李XX", "venue": "云岭"},
        ),
        (
            [TITLE, "XX市委书记", "（2021年4月）"],
            {"date": "2021-04", "speaker": "XX市委书记", "venue": "全县警示教育大会"},
        ),
        (
            ["算好廉洁这笔账", "地点：县委礼堂", "时间：2021年4月9日"],
            {"date": "2021-04-09", "venue": "县委礼堂"},
        ),
        (["关于在全县开展警示教育的讲话"], {}),
        (["高度重视家风建设", "（2021年2月30日）"], {}),
    ],
)
def test_what_a_head_says(head, expected):
    """Each fact is found where it stands, and none is made up from the sentences of the body."""
    assert facts(info(*head)) == expected


def test_a_signature_dates_a_speech():
    found = info(TITLE, tail=("中共云岭县纪委", "二〇一四年三月五日"))
    assert found.date == "2014-03-05"
    assert info(TITLE, "（2014年3月4日）", tail=("2014年3月5日",)).date == "2014-03-04"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("20150305 讲话.txt", "2015-03-05"),
        ("2015-03 讲话.txt", "2015-03"),
        ("2015年警示教育/讲话.txt", None),
        ("讲话 2015年.txt", "2015"),
        ("20151399.txt", None),
    ],
)
def test_a_file_name_dates_a_speech(path, found):
    assert info(TITLE, path=path).date == found
    assert info(TITLE, "（2014年3月4日）", path=path).date == "2014-03-04"


def test_the_day_of_speaking_goes_before_that_of_publication():
    head = ("算好廉洁这笔账", "发表时间：2022-01-02 来源：云岭网")
    assert info(*head, "（2021年12月30日）").date == "2021-12-30"
    assert info(*head, path="20211231.txt").date == "2021-12-31"
    told = describe("a.txt", [*head, "云岭社县城12月31日电 今天上午开会。"], front=2, title=head[0])
    assert told.date == "2021-12-31"


@given(
    st.lists(
        st.text("张李王在的讲话年月日0123456789：:（）—某来源作者书记会上 ", min_size=1), max_size=8
    )
)
def test_any_lines_have_facts_or_none(lines):
    """No text breaks it, and whatever it finds stands in the text."""
    texts = [stripped for line in lines if (stripped := line.strip())]
    found = describe("a.txt", texts, front=len(texts), title=texts[0] if texts else "")
    for fact in (found.speaker, found.source, found.venue):
        assert fact is None or "".join(fact.split()) in "".join("".join(texts).split())


def test_real_speeches_agree_with_their_file_names():
    """
    The head alone gives the day in the file's name for 9 of 10 speeches; with the name, all but 3.

    Those print another day than their file's name has.
    """
    folder = shared("public") / "xi_speeches_2013_2016"
    rules = load_rules()
    alone = together = speakers = 0
    files = sorted(folder.glob("*.txt"))
    for file in files:
        head = parse(clean(read_file(file, path="a.txt"), rules)).info
        named = parse(clean(read_file(file, path=file.name), rules)).info
        alone += head.date == file.name[:10]
        together += named.date == file.name[:10]
        speakers += head.speaker == "习近平"
        assert head.speaker in ("习近平", None), file.name
    assert (len(files), alone >= 79, together >= 84, speakers >= 80) == (87, True, True, True)


def test_real_reports_have_the_year_of_their_file_names():
    rules = load_rules()
    for file in sorted((shared("public") / "reports_1921_2025").glob("*年国务院*.txt")):
        found = parse(clean(read_file(file, path=file.name), rules)).info
        assert (found.date or "")[:4] == file.name[:4], file.name
