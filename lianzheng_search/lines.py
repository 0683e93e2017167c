"""What the grammar of speeches is told in: lines that are not blank, sentences, faults."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .marks import BLANK

SENTENCE_END = re.compile(rf"[。！？!?]+[”’」』）)]*[{BLANK}]*")

Fault = tuple[int, str, tuple[tuple[str, str], ...]]
"""Of a problem: the line, the message and its values."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line that is not blank: its number, the column at which its text starts, the text."""

    number: int
    column: int
    text: str


def sentence_end(text: str) -> int:
    """Where a heading ends on its line: before the paragraph that it runs on into."""
    match = SENTENCE_END.search(text)
    return match.end() if match else len(text)
