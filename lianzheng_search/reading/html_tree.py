"""The source of a web page -> its tree of elements, read as browsers read what is not closed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

VOID_WORDS = """
    area base br col embed hr img input link meta param source track wbr frame keygen
"""
VOID = frozenset(VOID_WORDS.split())
RAW_TEXT = ("script", "style", "noscript", "template", "textarea", "title", "xmp", "noframes")
BLOCK_WORDS = """
    html body address article aside blockquote caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hr legend li main
    menu nav ol option p pre section select summary table tbody td tfoot th thead tr ul
"""
BLOCK = frozenset(BLOCK_WORDS.split())
CONTROLS_WORDS = """
    button select textarea input datalist
"""
CONTROLS = frozenset(CONTROLS_WORDS.split())
BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
CLOSED_BY: dict[str, frozenset[str]] = {
    "p": BLOCK - {"html", "body"},
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th", "tr", "tbody"}),
    "th": frozenset({"td", "th", "tr", "tbody"}),
    "tr": frozenset({"tr", "tbody", "tfoot"}),
    "option": frozenset({"option"}),
}
"""An element that is still open ends where one of these begins."""
DEEPEST = 200
"""Elements deeper than this are read as if their parent held their text."""
ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
TAG_NAME = re.compile(r"[A-Za-z][^\s/>]*")
NOTHING: Mapping[str, str] = {}


@dataclass(slots=True, eq=False)
class Element:
    """An element of the page, and what it says of itself."""

    tag: str
    parent: Element | None
    depth: int
    about: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    children: list[Element | str] = field(default_factory=list)
    prose: int = 0


def parse_page(text: str, most: int) -> tuple[Element, str, int]:
    """Build the tree as a browser would, nearly; give the content of <title>, too."""
    root = Element("html", None, 0)
    here = root
    title = ""
    elements = 0
    for kind, name, rest in _tokens(text):
        if kind == "text":
            here.children.append(rest)
        elif kind == "raw":
            if name == "title":
                title = title or BLANKS.sub(" ", html.unescape(rest)).strip()
            elif name in CONTROLS:
                here.children.append(Element(name, here, here.depth + 1, children=[rest]))
        elif kind == "end":
            here = _closed(here, name)
        else:
            here = _before(here, name)
            element = Element(name, here, here.depth + 1)
            if name in ("html", "body"):
                continue
            if rest:
                found = ATTRIBUTE.findall(rest[:5000])
                element.about = {key.lower(): value.strip("\"'") for key, value in found}
            here.children.append(element)
            elements += 1
            if elements > most:
                break
            if name not in VOID and here.depth < DEEPEST:
                here = element
    return root, title, elements


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """
    Yield the parts of a page: ("text", "", text), ("start", tag, attributes), ("end", tag, "").

    What stands in a <script>, <title> and their like comes as ("raw", tag, text). Every search
    starts where the last one ended, so that no page takes longer than its length.
    """
    at = 0
    quotes = {'"', "'"}
    while at < len(text):
        start = text.find("<", at)
        if start < 0:
            break
        if start > at:
            yield "text", "", text[at:start]
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            at = len(text) if end < 0 else end + 3
            continue
        is_end = text.startswith("/", start + 1)
        name = TAG_NAME.match(text, start + 1 + is_end)
        if name is None and text[start + 1 : start + 2] not in ("!", "?", "/"):
            yield "text", "", "<"
            at = start + 1
            continue
        end = _tag_end(text, name.end() if name and not is_end else start + 1, quotes)
        if end < 0:
            yield "text", "", text[start:]
            return
        at = end + 1
        if name is None:
            continue
        tag = name[0].lower()
        if is_end:
            yield "end", tag, ""
            continue
        attributes = text[name.end() : end]
        if tag in RAW_TEXT and not attributes.endswith("/"):
            close = re.compile(f"</{tag}\\b[^>]*>?", re.IGNORECASE).search(text, at)
            yield "raw", tag, text[at : close.start() if close else len(text)]
            at = close.end() if close else len(text)
            continue
        yield "start", tag, attributes
    if at < len(text):
        yield "text", "", text[at:]


def _tag_end(text: str, at: int, quotes: set[str]) -> int:
    """Find the > that ends a tag, outside of quotes; `quotes` loses those that do not come."""
    while True:
        end = text.find(">", at)
        if end < 0:
            return -1
        opened = min((place for q in quotes if (place := text.find(q, at, end)) >= 0), default=-1)
        if opened < 0 or not text[max(at, opened - 20) : opened].rstrip().endswith("="):
            return end
        closed = text.find(text[opened], opened + 1)
        if closed < 0:
            quotes.discard(text[opened])
            return end
        at = closed + 1


def _closed(here: Element, tag: str) -> Element:
    """Return the element to go on in after an end tag; one that nothing opened ends nothing."""
    element: Element | None = here
    while element is not None and element.tag != tag:
        if element.tag in ("td", "th") and tag not in ("tr", "tbody", "thead", "tfoot", "table"):
            return here
        element = element.parent
    return here if element is None or element.parent is None else element.parent


def _before(here: Element, tag: str) -> Element:
    """Return the element to begin another in: what the new one ends by itself is ended."""
    if tag not in BLOCK:
        return here
    element: Element | None = here
    while element is not None and element.parent is not None:
        if tag in CLOSED_BY.get(element.tag, ()):
            return _before(element.parent, tag)
        if element.tag in BLOCK and element.tag not in CLOSED_BY:
            break
        element = element.parent
    return here
