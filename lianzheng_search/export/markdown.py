"""Texts with hits -> Markdown to paste: what would be markup is escaped, the hits are bold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..model import Hit, Passage, Span, SpeechInfo
from ..text.characters import printable
from .citations import cite

MARKUP = re.compile(r"[\\`*{}\[\]<>#|~&$=]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown takes for markup inside a line; a _ inside a word is none."""
LINE_START = re.compile(r"([0-9]{1,9})(?=[.)])|(?=[-+:])")
"""What Markdown takes for a list or a rule at the start of a line."""
BLANKS = " \t\u3000"


def escape_markdown(text: str) -> str:
    r"""
    Escape what Markdown takes for markup inside a line; what is not `printable` is put �.

    >>> print(escape_markdown("严禁<公款>吃喝* a_b"))
    严禁\<公款\>吃喝\* a_b
    """
    return MARKUP.sub(r"\\\g<0>", printable(text))


def bold(text: str, spans: Sequence[Span]) -> str:
    """
    Escape a line of text and make the spans in it bold.

    Stars do not always make bold what begins or ends with a mark of punctuation and touches
    Chinese characters, nor what follows upon other stars: there it is ``<strong>``.

    >>> bold("用“四个意识”校准", [Span(7, 9)]), bold("用“四个意识”校准", [Span(1, 7)])
    ('用“四个意识”**校准**', '用<strong>“四个意识”</strong>校准')
    """
    pieces: list[str] = []
    at = 0
    for span in spans:
        before, hit = text[at : span.start], text[span.start : span.end]
        # two hits side by side would give ****, which Markdown takes for text
        touches = bool(at) and not before
        stars = hit[:1].isalnum() and hit[-1:].isalnum() and not touches
        opening, closing = ("**", "**") if stars else ("<strong>", "</strong>")
        pieces += [escape_markdown(before), opening, escape_markdown(hit), closing]
        at = span.end
    return "".join([*pieces, escape_markdown(text[at:])])


def markdown_lines(text: str, spans: Sequence[Span]) -> Iterator[str]:
    r"""
    Yield the paragraphs of a text, the hits bold, none of them a list or a rule.

    >>> list(markdown_lines("1. 清风\n- 正气", [Span(3, 5)]))
    ['1\\. **清风**', '\\- 正气']
    """
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = [
            Span(max(span.start, start) - start, min(span.end, end) - start)
            for span in spans
            if span.start < end and start < span.end
        ]
        if set(line) - set(BLANKS):
            shown = bold(line, inside).strip(BLANKS)
            found = LINE_START.match(shown)
            yield f"{shown[: found.end()]}\\{shown[found.end() :]}" if found else shown
        start = end + 1


def markdown(hit: Hit) -> str:
    """
    Set a hit as a Markdown quotation with its source, ready to be pasted.

    What Markdown would take for markup is escaped, the hit is bold.
    """
    passage = hit.passage
    text = "\n>\n> ".join(markdown_lines(passage.text, hit.spans or hit.words))
    source = escape_markdown(cite(hit.info, passage, "plain"))
    return f"> {text}\n>\n> ——{source}\n"


def speech_markdown(info: SpeechInfo, passages: Iterable[Passage]) -> str:
    """Set a whole speech as Markdown: a title, headings by their levels, paragraphs."""
    blocks = [f"# {escape_markdown(info.title)}"]
    for passage in passages:
        if passage.touches and passage.point:
            blocks[-1] += escape_markdown(passage.text)
        elif passage.kind == "heading":
            level = min(6, passage.sections[-1].level + 1)
            blocks.append(f"{'#' * level} {escape_markdown(passage.text)}")
        elif passage.kind != "title":
            blocks += markdown_lines(passage.text, [])
    return "\n\n".join(blocks) + "\n"
