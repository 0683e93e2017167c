"""Sound text in which the scripts and signs of Unicode are mixed into Chinese."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache
from random import Random

MARKS = "\ufeff\ufffd"
"""What a text cannot hold without its being read as a mark of something."""
WORDS = """
    同志 会议 廉政 建设 责任 监督 纪律 干部 群众 作风 教育 制度 落实 学习 精神 工作 我们
    必须 坚持 从严 治党 反对 腐败 家风 清廉 检查 整改 问题 政治 大局 发展 人民 法律 要求
"""
TRADITIONAL_WORDS = """
    會議 黨風 建設 責任 監督 紀律 幹部 群眾 學習 我們 從嚴 反對 檢查 問題 發展
"""


@cache
def scripts() -> tuple[str, ...]:
    """Return the characters of each script, block or kind of sign: by name, and by row of 128."""
    kinds: defaultdict[object, list[str]] = defaultdict(list)
    for code in (*range(0xA0, 0xD800), *range(0xF900, 0x30000)):
        character = chr(code)
        if character not in MARKS and (name := unicodedata.name(character, "")):
            kinds[name.split()[0].split("-")[0]].append(character)
            kinds[code >> 7].append(character)
    return (*map("".join, kinds.values()), "".join(map(chr, range(0xE000, 0xE100))))


def mixed_text(random: Random) -> str:
    """Write lines of Chinese, of other scripts, and of both."""
    lines = [chinese(random)]
    characters = random.choice(scripts())
    for _ in range(random.randint(2, 12)):
        kind = random.random()
        if kind < 0.4:
            lines.append(chinese(random))
        elif kind < 0.7:
            lines.append(foreign(random, characters))
        else:
            lines.append(chinese(random) + foreign(random, characters) + chinese(random))
        if random.random() < 0.1:
            characters = random.choice(scripts())
    return "\n".join([*lines, chinese(random), ""])


def chinese(random: Random) -> str:
    """Write a line of words."""
    words = (TRADITIONAL_WORDS if random.random() < 0.15 else WORDS).split()
    count = random.randint(3, 14)
    return "".join(random.choice(words) + random.choice("，。、  ").strip() for _ in range(count))


def foreign(random: Random, characters: str) -> str:
    """Write a rule, a pattern, words, a list or any string of some characters."""
    count = random.randint(1, 40)
    kind = random.random()
    if kind < 0.2:
        return random.choice(characters) * count
    if kind < 0.4:
        return "".join(random.choices(random.choices(characters, k=3), k=count))
    text = "".join(random.choices(characters, k=count))
    if kind < 0.6:
        return " ".join(text[at : at + 5] for at in range(0, count, 5))
    if kind < 0.7:
        return "".join(character + random.choice("abcxyz 0123") for character in text)
    return text
