"""What hypothesis draws, where several tests draw it: texts, lines at distances, files to clean."""

from __future__ import annotations

import re

from conftest import SPEECH
from hypothesis import strategies as st

from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import RawFile

SMALL_HAN = '一二三是要首先其次最后、，。；：（）责任担当学习家风X×“”"家 .*?[\\𠮷'
LINES = st.lists(
    st.one_of(
        st.text(SMALL_HAN, max_size=24),
        st.sampled_from(SPEECH.split("\n")),
        st.sampled_from(
            [
                "一、担当",
                "二、责任担当。要学习，要担当。",
                "（一）家风",
                "一是学习。二是担当；三是家风。",
            ]
        ),
    ),
    min_size=1,
    max_size=8,
).map("\n".join)
TEXTS = st.lists(LINES, min_size=1, max_size=4)

PIECES = st.sampled_from(
    ["担当", "责任", "学习", "一是", "家", "任", "责", "一", "是", "习。二", "，要"]
)
FILL = st.integers(0, 13).map("天".__mul__)
APART = st.lists(st.one_of(PIECES, FILL), min_size=1, max_size=8).map("".join)
"""Lines in which the pieces stand at distances around those that matter."""

RULES = load_rules()
EXAMPLES = [example for rule in RULES.rules for example in (*rule.takes, *rule.leaves)]
FILE_LINE = st.one_of(
    st.sampled_from(
        ["", "　", "同志们：", "作风连着民心。", "一、强化责任", "谢谢大家！", "墨池文苑"]
    ),
    st.sampled_from(SPEECH.split("\n")),
    st.sampled_from(EXAMPLES),
    st.text("甲QＱ群：1 。\u200b"),
    st.sampled_from(
        [
            "- 3 -",
            "第 4 页 共 9 页",
            "  12",
            "\f内部资料",
            "　　5\f作风连着民心",
            "【字体：大 中 小】",
        ]
    ),
    st.tuples(
        st.sampled_from(["抓作风要抓细节。", "以张 某 某同志为榜样，", "⼈⺠至上，"]),
        st.sampled_from([*EXAMPLES, "\xad"]),
        st.sampled_from(["群众都看着。", ""]),
    ).map("".join),
)
WRAPPED = st.integers(18, 24).map(
    lambda width: re.findall(f".{{1,{width}}}", "　　" + "".join(SPEECH.split("\n")[8:]))
)
FILE = st.one_of(
    st.lists(FILE_LINE, max_size=25),
    st.tuples(st.lists(FILE_LINE, max_size=3), WRAPPED, st.lists(FILE_LINE, max_size=3)).map(
        lambda parts: [line for part in parts for line in part]
    ),
).map(lambda lines: RawFile(path="a.txt", encoding="utf-8", lines=tuple(lines)))
