"""The text of a query -> tokens: words, quotations, parentheses, operators, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import RequestError
from ..messages import _
from ..model import Value
from ..text.characters import BLANK
from ..text.width import cells

QUOTES = {'"': '"', "＂": "＂", "“": "”", "「": "」", "『": "』"}
OPEN, CLOSE = "(（", ")）"
OPERATORS = {"OR": "or", "|": "or", "AND": "and", "NOT": "not"}
NEAR = re.compile(r"NEAR(?:/(\d+))?")
FIELDS = ("section", "theme", "title", "speech", "path", "in", "since", "until")
FIELD = re.compile(rf"({'|'.join(FIELDS)})[:：]")
DEFAULT_NEAR = 10
"""Maximum distance of ``NEAR`` without a number, in characters."""
SHOWN_AROUND = 30
"""Maximum number of characters of a query shown on each side of a fault."""


class Token(Value, frozen=True):
    """`kind` is one of ``word phrase ( ) or and not near``; `at` is where it starts."""

    kind: str
    text: str
    at: int


def fold_operator(word: str) -> str:
    """
    Return the usual form of an operator that was typed in full width.

    >>> fold_operator("ＮＥＡＲ／１０"), fold_operator("｜")
    ('NEAR/10', '|')
    """
    if word.isascii():
        return word
    return "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in word)


def query_fault(text: str, at: int, expected: str) -> RequestError:
    """
    Return the error for a place in a query: the message, the query, a caret under the place.

    Of a long query only what is around the place is shown.
    """
    start = max(0, at - SHOWN_AROUND)
    before = "…" * bool(start) + text[start:at]
    after = text[at : at + SHOWN_AROUND] + "…" * (at + SHOWN_AROUND < len(text))
    shown = "".join(" " if c.isspace() else c for c in before + after)
    what = _("query: {fault} (at character {at}). {help}").format(
        fault=expected, at=at + 1, help=_("See lianzheng help query")
    )
    return RequestError(f"{what}\n  {shown}\n  {' ' * cells(before)}^")


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of a query; raise RequestError, with a caret, where there is none."""
    at = 0
    quotations = _Quotations(text)
    while at < len(text):
        character = text[at]
        if character.isspace() or character in BLANK:
            at += 1
        elif character in OPEN:
            yield Token("(", character, at)
            at += 1
        elif character in CLOSE:
            yield Token(")", character, at)
            at += 1
        elif character in "-－" and at + 1 < len(text) and _starts_term(text[at + 1]):
            yield Token("not", character, at)
            at += 1
        elif character in QUOTES and (end := quotations.end(at)):
            yield Token("phrase", _unescape(text[at + 1 : end - 1], text[end - 1]), at)
            at = end
        # A mark that closes nowhere is a mistake; one that closes inside a word, “四个意识”是根本,
        # is text.
        elif character in QUOTES and not quotations.is_closed(at):
            raise query_fault(text, at, _("this quotation mark is not closed"))
        else:
            end = _word_end(text, at)
            yield _word_token(text, at, end)
            at = end


def _starts_term(character: str) -> bool:
    return not character.isspace() and character not in BLANK + "-" + CLOSE


class _Quotations:
    """The ends of the quotations of a text, each looked for once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._without_end: set[str] = set()
        self._closed_before: dict[str, int] = {}

    def end(self, at: int) -> int | None:
        """Return the end of the quotation that opens at a place; places are asked in order."""
        close = QUOTES[self._text[at]]
        # Thousands of opening marks without a closing one would each read to the end: quadratic
        # time.
        if close in self._without_end:
            return None
        end = _closing_quote(self._text, at)
        if end is None:
            self._without_end.add(close)
        return end

    def is_closed(self, at: int) -> bool:
        """Check whether any mark closes the quotation mark at a place."""
        close = QUOTES[self._text[at]]
        # A closing mark found once serves all opening marks before it.
        if at + 1 >= self._closed_before.get(close, 0):
            self._closed_before[close] = _closing_quote(self._text, at, loose=True) or 0
        return self._closed_before[close] > 0


def _closing_quote(text: str, at: int, *, loose: bool = False) -> int | None:
    """
    Return the end of the quotation that opens at a place; None if it is part of a longer word.

    “四个意识”是根本 is one word with quotation marks in it; so a quotation ends at a blank, a
    parenthesis or the end. `loose` takes any closing mark.
    """
    close = QUOTES[text[at]]
    i = at + 1
    while i < len(text):
        if text[i] == "\\" and text[i + 1 : i + 2] in (close, "\\"):
            i += 2
            continue
        if text[i] == close:
            after = text[i + 1 : i + 2]
            if loose or not after or after.isspace() or after in BLANK + OPEN + CLOSE + "|｜":
                return i + 1
            # A straight quotation mark closes at the next one: it is typed to
            # quote, and is no part of a word.
            if text[at] == '"':
                return i + 1
        i += 1
    return None


def _unescape(text: str, close: str) -> str:
    return re.sub(r"\\([\\" + re.escape(close) + "])", r"\1", text) if "\\" in text else text


def _word_end(text: str, at: int) -> int:
    """Return where a word ends: at a blank, or a parenthesis that it did not open itself."""
    depth, i = 0, at
    field = FIELD.match(text, at)
    if field and field.end() < len(text) and text[field.end()] in QUOTES:
        return field.end()
    while i < len(text) and not text[i].isspace() and text[i] not in BLANK:
        # 党章（修正案） is one word, and its ）does not close a group of the query.
        depth += (text[i] in OPEN) - (text[i] in CLOSE)
        if depth < 0 or text[i] in "|｜":
            return max(i, at + 1)
        i += 1
    return i


def _word_token(text: str, at: int, end: int) -> Token:
    word = text[at:end]
    written = fold_operator(word)
    if kind := OPERATORS.get(written):
        return Token(kind, word, at)
    if written.startswith("NEAR/") and not NEAR.fullmatch(written):
        raise query_fault(text, at + len("NEAR/"), _("a number is missing here"))
    if near := NEAR.fullmatch(written):
        return Token("near", near[1] or str(DEFAULT_NEAR), at)
    return Token("word", word, at)
