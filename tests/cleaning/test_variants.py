"""What vendors, printers and converters make of a text comes out as the text."""

import random
import re

import pytest
from conftest import SPEECH, shared
from variants import KINDS

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.edits import source_text
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import RawFile
from lianzheng_search.reading.read import read_file
from lianzheng_search.text.characters import BLANK

RULES = load_rules()
OWN = [line for line in SPEECH.split("\n")[4:20] if line and "QQ" not in line]
EVERY = 9
"""Of the public documents, one in so many is tried."""


def check(lines: list[str], kind, seed: str) -> None:
    variant = tuple(kind(lines, random.Random(seed)))
    text = clean(RawFile(path="a.txt", encoding="utf-8", lines=variant), RULES)
    left = "".join(line.text for line in text.lines)
    assert re.sub(r"\s", "", left) == re.sub(r"\s", "", "".join(lines)), seed
    assert source_text(text) == variant


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_variants_of_our_own_speech(kind, seed):
    check(OWN, kind, str(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_variants_of_public_documents(kind):
    for file in sorted(shared("public").rglob("*.txt"))[::EVERY]:
        text = clean(read_file(file, path=file.name), RULES)
        lines = [stripped for line in text.lines if (stripped := line.text.strip(BLANK))]
        check(lines, kind, file.name)


def test_a_line_wrapped_by_hand_is_left_alone():
    """Verses and lists of one width are no paragraphs."""
    verses = ["清风两袖朝天去", "不带江南一寸棉", "惭愧士民相饯送", "马前洒泪注如泉"] * 5
    names = [f"云岭县第{n}中学校长办公室主任张某某同志负责此项工作" for n in range(20)]
    for lines in (verses, names):
        text = clean(RawFile(path="a.txt", encoding="utf-8", lines=tuple(lines)), RULES)
        assert [line.text for line in text.lines] == lines


def test_numbers_and_recurring_lines_that_are_text_stay():
    """Section numbers, table cells, headings that recur: nothing that a page printed."""
    paragraph = "作风连着民心，一刻也松不得，要一抓到底。" * 12
    lines = ["在全县作风建设推进会上的讲话"]
    for n in range(1, 6):
        lines += [str(n), paragraph, "存在的问题", paragraph + "要改。", "（掌声）"]
    lines += ["指标", "1", "2", "3", "谢谢大家！"]
    text = clean(RawFile(path="a.txt", encoding="utf-8", lines=tuple(lines)), RULES)
    assert text.removals == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "有的干部在QQ群700000123里发牢骚，影响很坏。",
        "群众可以扫码进入微信群反映问题，也可以关注公众号“清风云岭”留言。",
        "要用好公众号、视频号，关注“云岭发布”公众号，回复“廉政”可以查看家风故事。",
        "各级工会要让会员享有应有的权利，开通会员服务热线。",
        "他把版权所有的作品据为己有，违者必究这句话成了空话。",
        "这份清单仅供参考，内部资料要注意保存。",
        "本文来自基层的同志看了都说好，本材料由各单位整理。",
        "此处省略的三百字，正是问题所在；其余内容从略。",
        "请大家打印、收藏、分享这份材料，字体大小要合适。",
        "行贿人用微信zhangsan123给他转账，用QQ12345678与他联系。",
    ],
)
def test_words_of_adverts_in_a_sentence_stay(sentence):
    lines = ("在全县作风建设推进会上的讲话", "同志们：", "今天讲作风。" + sentence + "大家要警醒。")
    assert clean(RawFile(path="a.txt", encoding="utf-8", lines=lines), RULES).removals == ()
