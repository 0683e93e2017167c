"""Laws and cases of cleaning: every watermark goes, no line of a speech does, all is recorded."""

import json
import pickle
import re
import unicodedata
from operator import attrgetter
from pathlib import Path

import pytest
from conftest import ROOT, shared
from hypothesis import given
from hypothesis import strategies as st
from strategies import EXAMPLES, FILE, RULES

from lianzheng_search.cleaning import clean as cleaning
from lianzheng_search.cleaning.clean import clean, cleaned_text
from lianzheng_search.cleaning.edits import source_text
from lianzheng_search.cleaning.line_folding import fold_line
from lianzheng_search.cleaning.mending import INVISIBLE, RADICAL, STREWN
from lianzheng_search.cleaning.page_furniture import PAGE_NUMBER, RUNNING_HEAD
from lianzheng_search.cleaning.rule_files import RULES_FILE, load_rules
from lianzheng_search.cleaning.rules import Rules, prefilter
from lianzheng_search.cleaning.wrapped_lines import HARD_WRAP
from lianzheng_search.errors import RequestError
from lianzheng_search.model import CleanText, RawFile, place_in_source
from lianzheng_search.reading.read import read_file

DATA = ROOT / "tests" / "data"
CASES = json.loads((DATA / "watermarks.json").read_text("utf-8"))
RULE = """\
[[rule]]
name = "a"
reason = "b"
where = ["head"]
pattern = '甲+'
takes = ["甲甲"]
"""


def raw(*lines: str) -> RawFile:
    return RawFile(path="a.txt", encoding="utf-8", lines=lines)


def taken(text: CleanText) -> list[int]:
    return [removal.line for removal in text.removals]


def case_id(case: dict) -> str:
    return case["label"]


@pytest.mark.parametrize(
    "case", CASES["in_the_wild"] + CASES["synthetic"] + CASES["negative"], ids=case_id
)
def test_case(case):
    assert taken(clean(raw(*case["lines"]), RULES)) == case["taken"]


@pytest.mark.xfail(strict=True, reason="known failures")
@pytest.mark.parametrize("case", CASES["known_failures"], ids=case_id)
def test_known_failure(case):
    assert taken(clean(raw(*case["lines"]), RULES)) == case["taken"]


@given(FILE)
def test_kept_and_removed_are_the_file(file):
    """What is left and what was taken out together are the file, and each place is exact."""
    text = clean(file, RULES)
    assert source_text(text) == file.lines
    assert {removal.rule for removal in text.removals} <= {rule.name for rule in RULES.rules} | {
        INVISIBLE,
        RADICAL,
        STREWN,
        PAGE_NUMBER,
        RUNNING_HEAD,
        HARD_WRAP,
    }
    put = {
        (removal.line, removal.column + n)
        for removal in text.removals
        for n in range(len(removal.put))
    }
    places = [place_in_source(line, n) for line in text.lines for n in range(len(line.text))]
    characters = [character for line in text.lines for character in line.text]
    assert len(set(places)) == len(places)
    for (number, column), character in zip(places, characters, strict=True):
        assert (number, column) in put or file.lines[number - 1][column] == character


@given(FILE)
def test_cleaning_twice_is_cleaning_once(file):
    once = clean(file, RULES)
    assert clean(raw(*(line.text for line in once.lines)), RULES).removals == ()


@given(FILE)
def test_cleaned_text_has_no_idle_blank_lines(file):
    text = clean(file, RULES)
    lines = cleaned_text(text).split("\n")
    assert [line for line in lines if line] == [
        line.text for line in text.lines if line.text.strip(cleaning.BLANK)
    ]
    assert lines == [""] or (lines[0] and lines[-1])
    assert "\n\n\n" not in cleaned_text(text)


@pytest.mark.parametrize("rule", RULES.rules, ids=attrgetter("name"))
def test_rule_keeps_its_word(rule):
    """Each rule has a reason and takes what it says it takes, and nothing that it must leave."""
    assert rule.reason
    assert rule.where
    assert rule.leaves
    assert [example for example in rule.takes if not rule.takes_line(example)] == []
    assert [example for example in rule.leaves if rule.takes_line(example)] == []


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold_line(fold_line(text)) == fold_line(text)


@pytest.mark.parametrize(
    "rule", [r for r in RULES.rules if "anywhere" in r.where], ids=attrgetter("name")
)
def test_prefilter_misses_no_watermark(rule):
    """A word is found whatever its width and however it is strewn with blanks."""
    for example in rule.takes if rule.words else ():
        wide = example.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
        for spelt in (example, example.upper(), wide, "\u3000\u200b ".join(wide)):
            assert prefilter(RULES, "anywhere").search(spelt)
            assert rule.match(fold_line(spelt))


def test_a_file_of_watermarks_only_has_a_problem():
    text = clean(raw("墨池文苑整理，咨询QQ700000123", "", "墨池文苑"), RULES)
    assert taken(text) == [1, 3]
    assert [problem.line for problem in text.problems] == [None]
    assert "watermarks" in text.problems[0].message
    assert clean(raw("", " "), RULES).problems == ()
    assert cleaned_text(text) == ""


@pytest.mark.parametrize("line", [example * 40 for example in EXAMPLES], ids=lambda _: "")
def test_no_line_takes_long(line):
    """Near misses of every length are given up in a moment: no pattern backtracks without end."""
    folded = fold_line(line)[: cleaning.LONGEST_WATERMARK]
    for rule in RULES.rules:
        rule.match(folded)
        rule.match(folded + "的")


def test_rules_go_between_processes():
    again = pickle.loads(pickle.dumps(RULES))
    assert again == RULES
    assert again.rules == RULES.rules
    assert re.fullmatch("[0-9a-f]{64}", RULES.fingerprint)


def test_a_copy_of_the_rules_is_the_rules(tmp_path):
    file = tmp_path / "watermarks.toml"
    file.write_text("\ufeff" + RULES_FILE.read_text("utf-8") + "\n# 我改过\n", "utf-8")
    assert load_rules(file) == RULES
    file.write_text(RULES_FILE.read_text("utf-8").replace("只供学习  谢", "只供学习 谢"), "utf-8")
    assert load_rules(file) != RULES


def own_rules(tmp_path: Path, text: str) -> Rules:
    file = tmp_path / "own.toml"
    file.write_text(text, "utf-8")
    return load_rules(file)


def test_own_rules(tmp_path):
    rules = own_rules(
        tmp_path,
        "[fragments]\nnumber = '[0-9]+'\npage = '第{number}页'\n"
        + RULE.replace('["head"]', '["anywhere"]\nwords = ["第"]')
        .replace("甲+", "-?{page}")
        .replace("甲甲", "第 3 页"),
    )
    text = clean(raw("题目", "正文。", "第１２页", "正文第3页。"), rules)
    assert taken(text) == [3]


def test_own_rule_of_a_place(tmp_path):
    """Under the title is where a line that stays stands above."""
    lines = ("甲", "题目题目题目", "甲", "正文。", "甲", "正文。", "甲")
    for place, numbers in [("head", [1, 3]), ("under_title", [3]), ("tail", [7])]:
        rules = own_rules(tmp_path, RULE.replace("head", place))
        assert taken(clean(raw(*lines), rules)) == numbers


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (RULE + "x =", 7, "Invalid value"),
        (RULE.replace("name", "nmae"), 2, "unknown key nmae"),
        (RULE.replace("[[rule]]", "[[rules]]"), 1, "unknown key rules"),
        (RULE.replace("[[rule]]", "[rule]"), 1, "rule is no list of tables"),
        (RULE.replace('reason = "b"\n', ""), 1, "the rule has no reason"),
        (RULE.replace('"b"', "3"), 3, "reason is of the wrong kind"),
        (RULE.replace("head", "top"), 4, "where knows no top"),
        (RULE + 'needs = "luck"', 7, "needs knows no luck"),
        (RULE.replace("head", "anywhere"), 4, "a rule for anywhere or inside must have words"),
        (RULE + 'needs = "vendor"', 5, "the pattern has no group"),
        (RULE.replace("甲+", "(甲"), 5, "the pattern is no regular expression"),
        (RULE.replace("甲+", "{jia}+"), 5, "there is no fragment jia"),
        (RULE.replace("甲+", "乙+"), 6, "the pattern, or the words, do not take 甲甲"),
        (RULE + 'words = ["乙"]', 6, "the pattern, or the words, do not take 甲甲"),
        (RULE + 'leaves = ["甲"]', 7, "the pattern takes 甲"),
        (RULE + "\n" + RULE, 9, "a second rule is called a"),
        ("fragments = 3\n" + RULE, 1, "fragments is no table"),
        ("[fragments]\nJia = '甲'\n" + RULE, 2, "Jia is no fragment"),
    ],
)
def test_a_wrong_rule_is_named_by_file_and_line(tmp_path, text, line, why):
    with pytest.raises(RequestError) as raised:
        own_rules(tmp_path, text)
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 'own.toml'}:{line}: {why}")
    assert re.search(r"\. [A-Z].*$", message), "what to do"
    assert "\n" not in message


def test_a_rule_file_that_is_none(tmp_path):
    with pytest.raises(RequestError, match="Check the path"):
        load_rules(tmp_path / "none.toml")
    file = tmp_path / "gbk.toml"
    file.write_bytes("# 规则".encode("gbk"))
    with pytest.raises(RequestError, match="Save it as UTF-8"):
        load_rules(file)


def test_the_examples_that_come_along():
    """In corpus/, every line of the invented vendors goes and nothing else."""
    vendor = re.compile("墨池|订阅|晨钟|会员|外传|学习参考|平台|迭代|团队|素材种类|[转盗]卖|投稿")
    for file in sorted((ROOT / "corpus").glob("[01]*")):
        text = clean(read_file(file, path=file.name), RULES)
        removed = [removal.text for removal in text.removals]
        assert all(vendor.search(line) for line in removed), file.name
        left = [
            line.text for line in text.lines if re.search(r"墨池文苑|晨钟范文社|QQ群?\d", line.text)
        ]
        assert left == [], file.name


def test_seeds():
    """In the five files the tool is for, exactly the lines that an annotator marked."""
    folder = shared("seeds")
    gold = json.loads((DATA / "seeds_gold.json").read_text("utf-8"))
    files = sorted(folder.glob("*.txt"))
    assert files
    marked = {file.name: gold[file.name]["watermark_lines"] for file in files}
    found = {f.name: taken(clean(read_file(f, path=f.name), RULES)) for f in files}
    assert found == marked


def test_public_speeches():
    """Not a line of 175 public documents is taken, and out of a line only what is no text."""
    for file in sorted(shared("public").rglob("*.txt")):
        text = clean(read_file(file, path=file.name), RULES)
        for removal in text.removals:
            assert removal.column is not None, (file.name, removal)
            assert removal.rule in (INVISIBLE, "web-buttons-inside"), (file.name, removal)


def test_messy_files():
    """The variants of real texts that are plain text come out as the texts, but for blanks."""
    folder = shared("messy")
    manifest = map(json.loads, (folder / "MANIFEST.jsonl").read_text("utf-8").splitlines())
    compared = 0
    for entry in manifest:
        kind = entry["kind"]
        if not re.match("ads.page|hard wrap|half|pdf|whole", kind):
            continue
        compared += 1
        source = read_file(folder / entry["file"], path=entry["file"])
        text = clean(source, RULES)
        gold = (folder / entry["gold"]).read_text("utf-8")
        form = "NFKC" if kind.startswith("half") else "NFC"
        left, meant = (
            re.sub(r"\s", "", unicodedata.normalize(form, t))
            for t in ("".join(line.text for line in text.lines), gold)
        )
        assert left == meant, entry["file"]
        assert source_text(text) == source.lines
    assert compared


def test_buttons_right_behind_a_date_go():
    text = clean(raw("在云岭县的讲话", "2019-03-12 09:00【字体：大 中 小】", "同志们："), RULES)
    assert [line.text for line in text.lines] == ["在云岭县的讲话", "2019-03-12 09:00", "同志们："]


def test_a_sentence_torn_by_a_turn_of_the_page_is_joined():
    upper = "要把责任一级一级压下去，把工作一项一项落下来，使各项任务在基层落地，"
    lower = "使群众看得见、摸得着。"
    text = clean(raw("同志们：", upper, "（下转第3版）", "（上接第1版）", lower), RULES)
    assert [line.text for line in text.lines] == ["同志们：", upper + lower]


def test_a_running_head_may_name_the_speaker():
    head = "李某某：在全市领导干部会议上的讲话"
    body = "要坚持不懈抓作风、转作风，做到善始善终、善作善成。" * 20
    lines = [head]
    for page in range(1, 5):
        lines += [body, f"— {page} —", head]
    text = clean(raw(*lines, body), RULES)
    assert [line.text for line in text.lines].count(head) == 1
    assert [line.text for line in text.lines].count(body) == 5


def test_adverts_between_paragraphs_go_and_speech_about_them_stays():
    stays = [
        "线索来自网络，仅供参考的材料要逐条核实。",
        "群众都在看，分享给更多朋友的应当是信心。",
        "微信公众号：清风云岭",
        "翻开历史的下一页",
    ]
    goes = ["微信公众号：松烟笔杆子", "上一页 1 2 3 下一页", "QQ群：700000456 欢迎加入"]
    lines = [
        "同志们：",
        "要实。",
        *stays[:2],
        goes[0],
        *stays[2:],
        goes[1],
        "要严。",
        goes[2],
        "完。",
    ]
    text = clean(raw(*lines), RULES)
    assert [removal.text for removal in text.removals] == goes


def test_nothing_that_steers_a_terminal_is_left():
    """Escapes, the controls of eight bits, what turns the direction of writing: cut, and told."""
    hostile = "要敢\x1b[31m于\x9b2J担\u202e当\u2066责\u2069任\x07。"
    raw = RawFile(path="a.txt", encoding="utf-8", lines=("在会上的讲话", hostile))
    cleaned = clean(raw, load_rules())
    assert cleaned.lines[-1].text == "要敢[31m于2J担当责任。"
    assert source_text(cleaned)[-1] == hostile
