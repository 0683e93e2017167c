"""A web page (html) -> the lines of its text, without what the site has set around it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..model import RawFile, Removal
from .html_tree import BLANKS, BLOCK, CONTROLS, Element, parse_page
from .limits import Limits, beyond

NO_TEXT_WORDS = """
    head script style noscript template iframe object svg math canvas video audio map
"""
NO_TEXT = frozenset(NO_TEXT_WORDS.split())
BY_TAG = {"nav": "navigation", "aside": "navigation", "del": "deleted-text"} | dict.fromkeys(
    CONTROLS, "button"
)
BY_ROLE = {
    "navigation": "navigation", "search": "navigation", "complementary": "navigation",
    "banner": "page-header", "contentinfo": "page-footer", "button": "button",
}  # fmt: skip
LABEL = re.compile(
    r"""
    (?:^|[\s_-])(?:
        (?P<foot>foot(?:er)?|copyright|copy|bottom|btm|icp|beian|disclaimer)
      | (?P<navigation>
            (?:top|main|sub|side|left|right|head)?(?:nav|menu)(?:bar|igation|list|box)?
          | bread(?:crumbs?)?|crumbs?|path|position|location|weizhi|dqwz
          | (?:top|tool|side|share|search)(?:bar|box)?|login|register|logo|banner|header|head
          | bdshare(?:buttonbox)?|share\w*|qrcode|ewm|erweima|weixin
          | related|relate|recommend|tuijian|hot|rank(?:ing)?|more|prev|next|pre|pager|pagination
          | links?|friend(?:ly)?links?|ads?|advert\w*|comments?|print|fontsize|font-size
        )
    )(?=$|[\s_\d-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORD_PROCESSOR = ("header", "footer")
"""The titles that LibreOffice gives what stood at the head and the foot of pages."""
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
WIDE_BREAK = re.compile(r"(?<=[\u2e80-\uffef])[ \t]*[\r\n\f]+[ \t]*(?=[\u2e80-\uffef])")
SENTENCE = re.compile(r"[。！？；][”’）》」]*")
SENTENCE_CHARACTERS = 12
"""Minimum length of a line of prose in which a sentence ends, in characters."""
LONG = 40
"""Minimum length of a line of prose in which none ends, in characters."""
FOOT_WORDS = re.compile(
    r"版权|转载|备案|备\d{8}|ICP|公网安备|主办|承办|标识码|技术支持|联系(?:我们|电话|方式)|邮编"
    r"|(?:地|网)址|未经.{0,8}(?:许可|授权|同意)|Copyright|Rights",
    re.IGNORECASE,
)
BUTTON_WORDS = re.compile(
    r"[【\[（(]?\s{0,4}(?:字[体号]|打印|收藏|分享|关闭|返回|纠错|扫一扫|微信|微博|点击|浏览|阅读|评论"
    r"|[上下]一[篇页条]|责任?编辑?|当前位置|您(?:现在)?的位置|大\s{0,4}中\s{0,4}小|首页|更多|登录|注册)"
)
HEAD_LINES = 6
LINK_LIST = 4
"""Minimum number of lines running, all links, that count as a list of other pages."""
ANNEX = re.compile(
    r"\A(?:[\[【(（]?附(?:件|表|录)|.*\.(?:docx?|pdf|xlsx?|wps|ofd|zip)\W*$)", re.IGNORECASE
)
LINKED = 0.4
"""Maximum share of links in a line of prose."""
MAIN_SHARE = 0.85
"""Minimum share of the page's prose in the element that holds its main text."""
DATED = re.compile(
    r"(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}"
    r"|(?:来源|作者|发布(?:时间|日期|机构)|时间|日期|字号|文号)\s*[:：]"
)
SOURCED = re.compile(r"(?:来源|作者|发布(?:时间|日期|机构)|字[体号]|点击数?|浏览次数)\s*[:：]")
"""Words of the line with date and source, which may be long and is no prose."""
DATED_CHARACTERS = 150
TODAY = ("今天是", "今日")
TITLE_PARTS = re.compile(r" ?[_|｜]+ ?| [-–—]+ |-{2,}|(?<=[\u4e00-\u9fff）”])-(?=[\u4e00-\u9fff])")
"""Separators between the parts of a title whose runs of blanks are one blank each."""
TITLE_CHARACTERS = 6
TITLE_LONGEST = 500
"""Maximum length of a <title> that is compared with the lines of its page, in characters."""
TITLE_SHARE = 0.6


@dataclass(slots=True, eq=False)
class _Line:
    """A line as shown: the element that it stands in, and why it goes, if it does."""

    text: str
    element: Element
    rule: str | None
    linked: int
    level: int | None

    @property
    def is_prose(self) -> bool:
        size = len(self.text)
        if self.linked > LINKED * size:
            return False
        if SENTENCE.search(self.text):
            return size >= SENTENCE_CHARACTERS
        return size >= LONG and not (size <= DATED_CHARACTERS and SOURCED.search(self.text))


def read_html(text: str, *, path: str, encoding: str, limits: Limits | None = None) -> RawFile:
    """
    Read a page: a line for each block and each <br>; h1 to h6 are headings of their level.

    The main text is the smallest element that holds nearly all of the page's prose. Around it
    only the title, the line with date and source, and prose stay; navigation, footers, forms,
    buttons and hidden text are removals.

    >>> page = "<div class=nav><a>首页</a></div><h2>作风建设</h2><p>同志们：<p>要严。<br>要实。"
    >>> raw = read_html(page, path="a.html", encoding="utf-8")
    >>> raw.lines, dict(raw.headings), [gone.text for gone in raw.removals]
    (('作风建设', '同志们：', '要严。', '要实。'), {1: 2}, ['首页'])
    """
    limits = limits or Limits()
    root, title, elements = parse_page(text, limits.elements)
    if elements > limits.elements:
        raise beyond(path, "elements", limits)
    lines = _Lines().of(root)
    _mark_link_lists(lines)
    _mark_around(lines, _title_parts(title))
    kept = [line for line in lines if line.rule is None]
    return RawFile(
        path=path,
        encoding=encoding,
        lines=tuple(line.text for line in kept),
        headings={n: line.level for n, line in enumerate(kept, start=1) if line.level},
        removals=tuple(
            Removal(line=None, rule=line.rule, text=line.text) for line in lines if line.rule
        ),
    )


class _Lines:
    """Sets the text of a page in lines."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.linked = 0
        self.done: list[_Line] = []

    def of(self, root: Element) -> list[_Line]:
        """Return the lines of an element in the order of the page."""
        self._read(root, root, None, None, linked=False, keep=False)
        self._end(root, None, None)
        return self.done

    def _read(
        self,
        element: Element,
        block: Element,
        rule: str | None,
        level: int | None,
        *,
        linked: bool,
        keep: bool,
    ) -> None:
        for child in element.children:
            if isinstance(child, str):
                self._take(child, linked=linked, keep=keep)
                continue
            tag = child.tag
            if tag in NO_TEXT:
                continue
            own = rule or _rule_of(child)
            is_block = tag in BLOCK or (own != rule)
            if is_block or tag == "br":
                self._end(block, rule, level)
            heading = int(tag[1]) if re.fullmatch("h[1-6]", tag) else level
            self._read(
                child,
                child if is_block else block,
                own,
                heading,
                linked=linked or tag == "a",
                keep=keep or tag == "pre",
            )
            if is_block:
                self._end(child, own, heading)

    def _take(self, text: str, *, linked: bool, keep: bool) -> None:
        text = html.unescape(text)
        if not keep:
            text = BLANKS.sub(" ", WIDE_BREAK.sub("", text))
        self.text.append(text)
        if linked:
            self.linked += len(text.strip())

    def _end(self, block: Element, rule: str | None, level: int | None) -> None:
        text = "".join(self.text)
        for part in re.split(r"[\r\n]+", text):
            shown = part.strip(" \t\f")
            if shown:
                self.done.append(_Line(shown, block, rule, self.linked, level))
        self.text.clear()
        self.linked = 0


def _rule_of(element: Element) -> str | None:
    """Return the rule by which an element is no text, by its own attributes; None if it is."""
    if rule := BY_TAG.get(element.tag):
        return rule
    about = element.about
    if not about:
        return None
    if rule := BY_ROLE.get(about.get("role", "").lower()):
        return rule
    if about.get("title") in WORD_PROCESSOR and element.tag == "div":
        return f"page-{about['title']}"
    if "hidden" in about or HIDDEN.search(about.get("style", "")):
        return "hidden-text"
    return None


def _ancestors(element: Element | None) -> Iterator[Element]:
    while element is not None:
        yield element
        element = element.parent


def _label(element: Element) -> str | None:
    """Return what the names of an element and of those around it say it is, if they say so."""
    for one in _ancestors(element):
        if one.tag in ("article", "main"):
            return None
        if one.tag == "footer":
            return "foot"
        if one.tag == "header":
            return "navigation"
        names = f"{one.about.get('class', '')} {one.about.get('id', '')}"
        if len(names) > 1 and (found := LABEL.search(re.sub("([a-z])([A-Z])", r"\1-\2", names))):
            return found.lastgroup
    return None


def _mark_around(lines: list[_Line], titles: list[str]) -> None:
    """Mark what goes of the lines around the main text, and of the page's furniture in it."""
    prose = [line for line in lines if line.rule is None and line.is_prose]
    prose = [line for line in prose if _label(line.element) != "foot"]
    main = _main(prose)
    inside = [main is None or main in _ancestors(line.element) for line in lines]
    first = inside.index(True) if True in inside else 0
    head = _head_lines(lines, first)
    title = _title_line(lines, titles, first)
    title_at = lines.index(title) if title else -1
    labels: dict[Element, str | None] = {}
    main_label = _label(main) if main is not None else None
    for at, line in enumerate(lines):
        if line.rule is not None:
            continue
        if line.element not in labels:
            labels[line.element] = _label(line.element)
        label = labels[line.element]
        if label == main_label:
            label = None
        is_linked = line.linked > LINKED * len(line.text)
        is_foot = label == "foot" and (
            is_linked or not line.is_prose or bool(FOOT_WORDS.search(line.text))
        )
        if inside[at]:
            if is_foot and (is_linked or FOOT_WORDS.search(line.text)):
                line.rule = "page-footer"
            elif (
                label is not None
                and not line.is_prose
                and line.level is None
                and (is_linked or BUTTON_WORDS.match(line.text))
            ):
                line.rule = "navigation"
            continue
        if is_foot:
            line.rule = "page-footer"
        elif line.is_prose or line in head or (title and line.element is title.element):
            continue
        elif is_linked or at > first or label is not None:
            line.rule = "navigation"
        elif line.level in (1, 2, 3) and title is None and not head:
            continue
        elif (
            at < title_at
            or len(line.text) > DATED_CHARACTERS
            or line.text.startswith(TODAY)
            or not DATED.search(line.text)
        ):
            line.rule = "navigation"


def _main(prose: list[_Line]) -> Element | None:
    """Find the smallest element with nearly all of the prose."""
    total = sum(len(line.text) for line in prose)
    if not total:
        return None
    for line in prose:
        for element in _ancestors(line.element):
            element.prose += len(line.text)
    best: Element | None = None
    for line in prose:
        for element in _ancestors(line.element):
            if element.prose >= MAIN_SHARE * total and element.tag not in ("p", "span", "font"):
                if best is None or element.depth > best.depth:
                    best = element
                break
    return best


def _head_lines(lines: list[_Line], first: int) -> list[_Line]:
    """Return the lines right above the main text, up to the next link or bar of the page."""
    head: list[_Line] = []
    for line in reversed(lines[:first]):
        if line.rule is not None or len(head) == HEAD_LINES or len(line.text) > DATED_CHARACTERS:
            break
        if line.linked > LINKED * len(line.text) or _label(line.element) is not None:
            break
        head.append(line)
    return head


def _mark_link_lists(lines: list[_Line]) -> None:
    """Mark the lists of links to other pages; the annexes of this one stay."""
    for linked, group in groupby(
        lines, lambda line: line.rule is None and line.linked > LINKED * len(line.text)
    ):
        links = list(group)
        if linked and len(links) >= LINK_LIST and not any(ANNEX.match(one.text) for one in links):
            for line in links:
                line.rule = "navigation"


def _title_parts(title: str) -> list[str]:
    parts = TITLE_PARTS.split(" ".join(title[:TITLE_LONGEST].split()))
    named = parts[:-1] or parts  # the last is the site's name
    return [re.sub(r"\s", "", part) for part in [title[:TITLE_LONGEST], *named] if part.strip()]


def _title_line(lines: list[_Line], titles: list[str], before: int) -> _Line | None:
    """Find the line over the main text that the page's <title> names: the last such."""
    for line in reversed(lines[:before]):
        bare = re.sub(r"\s", "", line.text)
        if line.rule is not None or len(bare) < TITLE_CHARACTERS or line.linked:
            continue
        if any(
            (bare in title and len(bare) >= TITLE_SHARE * len(title)) or title == bare[: len(title)]
            for title in titles
            if len(title) >= TITLE_CHARACTERS
        ):
            return line
    return None
