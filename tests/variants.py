"""A clean text -> what vendors, printers and converters make of it, by a random generator."""

from __future__ import annotations

import random
import re
import unicodedata

ADVERTS = [
    "更多党课材料请加QQ群：700000456（长期有效）",
    "更多精品讲话稿，请加微信mochi_wenku",
    "【声明】本资料来源于某某写作网，转载文档请保留此标记，感谢支持！",
    "本文转自【松烟材料网】www.example-songyan.test",
    "版权所有 © 松烟范文库 未经许可严禁转载",
    "关注微信公众号“松烟笔记”，回复“党课”免费领取800份材料",
    "搜索公众号“某某文秘”，后台回复“廉政”即可领取500篇讲话稿",
    "扫码进入会员群，范文资料任意下载",
    "点击文末“阅读原文”下载完整版",
    "开通年度会员，即可免费下载全站公文",
    "……中间部分已省略512字",
    "（以下内容需要回复才能看到）",
    "松烟范文社整理，咨询QQ700000321",
]
"""Of the families that the rules know, in words of our own."""
HEADS = ["云岭县委办公室 2021年讲话选编", "内部材料 注意保管", "石桥镇学习资料汇编（三）"]
BUTTONS = [
    ["【字号：大 中 小】", "【打印】 【关闭】"],
    ["字体：", "大", "中", "小", "打印", "收藏", "分享到："],
    ["分享到：微信 微博", "打印本页 | 关闭窗口"],
]
SENTENCES = re.compile("(?<=[。！？])(?=.)")


def strewn(advert: str, rng: random.Random) -> str:
    """Strew blanks or characters that do not show into an advert."""
    blank = rng.choice(["\u200b", "\u200c", "\ufeff", " ", "\u2060"])
    return "".join(c + (blank if rng.random() < 0.4 else "") for c in advert)


def with_adverts(lines: list[str], rng: random.Random) -> list[str]:
    """Put adverts between lines, and between the sentences of a line."""
    made = []
    for line in lines:
        if rng.random() < 0.15:
            advert = rng.choice(ADVERTS)
            made.append(strewn(advert, rng) if rng.random() < 0.4 else advert)
        parts = SENTENCES.split(line)
        for n in range(1, len(parts)):
            if rng.random() < 0.1 and not parts[n][0].isdecimal():  # where would a number end?
                advert = rng.choice(ADVERTS)
                parts[n] = (strewn(advert, rng) if rng.random() < 0.4 else advert) + parts[n]
        made.append("".join(parts))
    return made


def with_pages(lines: list[str], rng: random.Random) -> list[str]:
    """Break the text into pages, inside paragraphs too, each with its number and a head."""
    style = rng.choice(["第 {} 页 共 {} 页", "— {} —", "- {} -", "第{}页", "·{}·"])
    heads = rng.sample(HEADS, 2)
    of = sum(map(len, lines)) // 600 + 1
    made: list[str] = []
    filled, page = 0, 0
    for line in lines:
        filled += len(line)
        if filled < 600:
            made.append(line)
            continue
        cut = rng.randrange(len(line) // 3, len(line)) if len(line) > 150 else len(line)
        page, filled = page + 1, 0
        made += [line[:cut], style.format(page, of), rng.choice(heads), line[cut:]]
    return [line for line in made if line]


def wrapped(lines: list[str], rng: random.Random) -> list[str]:
    """Cut the lines at one width, in characters or in columns, with page numbers between."""
    width = rng.choice([28, 34, 38, 40])
    columns = rng.random() < 0.5
    indent = rng.choice(["　　", "    "])
    feed = rng.random() < 0.5
    made: list[str] = []
    for line in lines:
        row, filled = "", 0
        for c in indent + line:
            size = 1 + (columns and unicodedata.east_asian_width(c) in "WFA")
            if filled + size > width * (1 + columns):
                made.append(row)
                row, filled = "", 0
            row, filled = row + c, filled + size
        made.append(row)
    paged: list[str] = []
    for n, row in enumerate(made, start=1):
        if n % 31 == 0:
            number = " " * 30 + str(n // 31)
            paged += [number + "\f" + row] if feed else ["", number, "", row]
        else:
            paged.append(row)
    return paged


def with_radicals(lines: list[str], rng: random.Random) -> list[str]:
    """Put radicals for characters, and characters that do not show between others."""
    kangxi = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0x2F00, 0x2FD6)}
    kangxi |= {"民": "⺠", "门": "⻔", "见": "⻅", "长": "⻓"}
    hidden = rng.choice(["\u200b", "\xad", "\u2060"])
    return [
        "".join(
            (kangxi.get(c, c) if rng.random() < 0.5 else c) + (hidden * (rng.random() < 0.05))
            for c in line
        )
        for line in lines
    ]


def with_buttons(lines: list[str], rng: random.Random) -> list[str]:
    """Put the buttons of a web page under the title and at the end."""
    return [*lines[:2], *rng.choice(BUTTONS), *lines[2:], *rng.choice(BUTTONS)]


KINDS = (with_adverts, with_pages, wrapped, with_radicals, with_buttons)
