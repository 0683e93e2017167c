"""What the user typed -> Query: one small language, for every command that takes a query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypedDict

from msgspec.structs import replace

from ..errors import RequestError
from ..messages import _, short
from ..model import Value
from ..text.characters import BLANK, NUMERAL, chinese_number, read_marker
from ..text.folding import fold, is_searchable

QUOTES = {'"': '"', "＂": "＂", "“": "”", "「": "」", "『": "』"}
OPEN, CLOSE = "(（", ")）"
OPERATORS = {"OR": "or", "|": "or", "AND": "and", "NOT": "not"}
NEAR = re.compile(r"NEAR(?:/(\d+))?")
FIELDS = ("section", "theme", "title", "speech", "in", "since", "until")
FIELD = re.compile(rf"({'|'.join(FIELDS)})[:：]")
DEFAULT_NEAR = 10
LONGEST_GAP = 10
SENTENCE_BORDER = "。！？；!?;"
LONGEST_QUERY = 100_000
"""
Limits, with those below: what exceeds one is refused, so that no query takes long. No one who asks
for something meets them; the page on the query language names them all. This is in characters.
"""
LONGEST_TEXT = 1_000
"""In characters: the value of a filter, or a text that headings, phrases and the like hold."""
MOST_TERMS = 1_000
"""Words, phrases and filters in a query."""
MOST_PATTERNS = 100
"""Of those, phrases with gaps, and two joined by NEAR, for which text is read."""
MOST_GAPS = 50
"""The signs ``*`` and ``?`` in a phrase."""
FURTHEST_NEAR = 999
DEEPEST_NESTING = 50
SHOWN_AROUND = 30
"""Characters on each side of a fault that are shown of a query."""
PARTS = ("all", "title", "heading", "body")


class Phrase(Value, frozen=True):
    """Folded characters that stand next to one another; `quoted` asks for nothing less."""

    text: str
    quoted: bool = False


class Gap(Value, frozen=True):
    """A phrase with gaps, folded: ``*`` is 0–10 characters of one sentence, ``?`` exactly one."""

    pattern: str


class Near(Value, frozen=True):
    """Two phrases of one line at most `distance` characters apart, in either order."""

    left: Phrase | Gap
    right: Phrase | Gap
    distance: int


class Field(Value, frozen=True):
    """A filter written inside a query, with one of the names of FIELDS."""

    name: str
    value: str


class And(Value, frozen=True):
    """All of the parts, in one passage."""

    parts: tuple[Query, ...]


class Or(Value, frozen=True):
    """Any of the parts."""

    parts: tuple[Query, ...]


class Not(Value, frozen=True):
    """Every passage but those of the part."""

    part: Query


Leaf = Phrase | Gap | Near
Query = Phrase | Gap | Near | Field | And | Or | Not


class FilterOptions(TypedDict, total=False):
    """The filters that every list takes, as INTERFACE.md names them (`part` is ``--in``)."""

    section: str | None
    theme: str | Sequence[str]
    title: str | None
    speech: str | None
    part: str
    since: str | None
    until: str | None


FILTERS = tuple(FilterOptions.__annotations__)


class Filters(Value, frozen=True, kw_only=True):
    """
    What passages to look at; the same for every command that filters.

    `section` is a part of a heading on the path, or a section's number; `themes` are any of them;
    `part` is one of ``all title heading body``; `since` and `until` are ISO dates of any
    precision, both included.
    """

    section: str | None = None
    themes: tuple[str, ...] = ()
    title: str | None = None
    speech: str | None = None
    part: str = "all"
    since: str | None = None
    until: str | None = None

    def __bool__(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()


def field_filters(field: Field) -> Filters:
    """Give the filters that a field of a query stands for."""
    if field.name == "theme":
        return Filters(themes=(field.value,))
    name = "part" if field.name == "in" else field.name
    return replace(Filters(), **{name: field.value})


class _Token(Value, frozen=True):
    """`kind` is one of ``word phrase ( ) or and not near``; `at` is where it starts."""

    kind: str
    text: str
    at: int


def quoted(phrase: str) -> str:
    r"""
    Quote a phrase so that the query language takes every character of it as itself.

    >>> print(quoted('敢于"担当"'))
    "敢于\"担当\""
    """
    return '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_query(text: str) -> Query:
    """
    Parse a query; raise RequestError, with a caret under the place, where it cannot be read.

    >>> parse_query("主体责任 担当")
    And(parts=(Phrase(text='主体责任', quoted=False), Phrase(text='担当', quoted=False)))
    >>> parse_query("强化*意识 OR “家教”")
    Or(parts=(Gap(pattern='强化*意识'), Phrase(text='家教', quoted=True)))
    """
    if any("\ud800" <= character < "\ue000" for character in text):
        raise RequestError(_("query: it holds bytes that are no text. Type it anew"))
    if len(text) > LONGEST_QUERY:
        raise RequestError(
            _("query: it has more than {most} characters. Ask for a part of it").format(
                most=LONGEST_QUERY
            )
        )
    tokens = list(_tokens(text))
    if not tokens:
        raise RequestError(_("query: it is empty. Type the words to find"))
    parser = _Parser(text, tokens)
    query = parser.any_of()
    if parser.here < len(tokens):
        raise parser.fault(_("nothing to close here"))
    _check_size(query)
    return query


def _check_size(query: Query) -> None:
    """Raise RequestError for a query that asks for more than what takes a moment."""
    parts = list(_parts(query))
    patterns = sum(isinstance(part, Gap | Near) for part in parts)
    if len(parts) > MOST_TERMS:
        told = _(
            "query: it has more than {most} words, phrases and filters."
            " Ask in parts; export takes a file of queries"
        )
        raise RequestError(told.format(most=MOST_TERMS))
    if patterns > MOST_PATTERNS:
        told = _(
            "query: more than {most} phrases in it have gaps or are joined by NEAR."
            " Ask in parts; export takes a file of queries"
        )
        raise RequestError(told.format(most=MOST_PATTERNS))


def _parts(query: Query) -> Iterator[Leaf | Field]:
    """Yield all that a query is made of, what is negated, too."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from _parts(part)
    elif isinstance(query, Not):
        yield from _parts(query.part)
    else:
        yield query


def checked_text(text: str) -> str:
    """
    Give a text that a filter, or a list, is asked for; RequestError for what cannot be one.

    >>> checked_text("担当")
    '担当'
    """
    if any("\ud800" <= character < "\ue000" for character in text):
        raise RequestError(_("filter: it holds bytes that are no text. Type it anew"))
    if len(text) > LONGEST_TEXT:
        told = _("{text}: it has more than {most} characters. Give a part of it")
        raise RequestError(told.format(text=short(text), most=LONGEST_TEXT))
    return text


def leaves(query: Query) -> Iterator[Leaf]:
    """Yield what a hit is made of, from left to right: all phrases but those negated."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from leaves(part)
    elif isinstance(query, Phrase | Gap | Near):
        yield query


def literals(leaf: Leaf) -> Iterator[str]:
    """Yield the runs of characters that every match of a leaf must hold."""
    if isinstance(leaf, Phrase):
        yield leaf.text
    elif isinstance(leaf, Gap):
        yield from filter(None, re.split(r"[*?]+", leaf.pattern))
    else:
        yield from literals(leaf.left)
        yield from literals(leaf.right)


def section_number(text: str) -> tuple[int | None, int] | None:
    """
    Read what ``--section`` was given as a number: (its marker's rank or None for any, number).

    >>> section_number("二"), section_number("2"), section_number("（二）"), section_number("担当")
    ((None, 2), (None, 2), (2, 2), None)
    """
    bare = text.strip(BLANK)
    if re.fullmatch(rf"{NUMERAL}|\d{{1,3}}", bare):
        return None, chinese_number(bare)
    marker = read_marker(bare)
    if marker is None or marker.text != bare:
        return None
    return marker.rank, marker.number


def in_period(date: str | None, since: str | None, until: str | None) -> bool:
    """
    Tell whether a date of any precision can lie in a period; an unknown date cannot.

    >>> in_period("2016", "2016-05", None), in_period("2015-12-31", "2016", None)
    (True, False)
    """
    if not since and not until:
        return True
    if date is None:
        return False
    latest = "-99-99"
    return (not since or date + latest >= since) and (not until or date <= until + latest)


class _Parser:
    """Recursive descent over the tokens; the only place that knows the grammar's precedence."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.here = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.here].kind if self.here < len(self.tokens) else ""

    def take(self) -> _Token:
        self.here += 1
        return self.tokens[self.here - 1]

    def fault(self, expected: str) -> RequestError:
        at = self.tokens[self.here].at if self.here < len(self.tokens) else len(self.text)
        return query_fault(self.text, at, expected)

    def any_of(self) -> Query:
        """Parse ``all_of (OR all_of)*``."""
        parts = [self.all_of()]
        while self.peek() == "or":
            self.take()
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Query:
        """Parse ``NOT? near (AND? NOT? near)*``."""
        parts = [self.negated()]
        while self.peek() in ("word", "phrase", "(", "not", "and"):
            if self.peek() == "and":
                self.take()
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negated(self) -> Query:
        if self.peek() != "not":
            return self.near()
        self.take()
        return Not(self.near())

    def near(self) -> Query:
        """Parse ``unit (NEAR/n unit)?``."""
        left = self.unit()
        if self.peek() != "near":
            return left
        token = self.take()
        if len(token.text) > 3:
            self.here -= 1
            raise self.fault(_("NEAR/n goes up to {most}").format(most=FURTHEST_NEAR))
        right = self.unit()
        if not isinstance(left, Phrase | Gap) or not isinstance(right, Phrase | Gap):
            self.here -= 1
            raise self.fault(_("NEAR takes a word or a phrase on either side"))
        if self.peek() == "near":
            raise self.fault(_("NEAR joins two words or phrases, not three"))
        return Near(left, right, int(token.text))

    def unit(self) -> Query:
        kind = self.peek()
        if kind == "(":
            self.depth += 1
            if self.depth > DEEPEST_NESTING:
                raise self.fault(_("too many parentheses inside one another"))
            self.take()
            inside = self.any_of()
            if self.peek() != ")":
                raise self.fault(_("a closing parenthesis is missing here"))
            self.take()
            self.depth -= 1
            return inside
        if kind == "phrase":
            return self.phrase(self.take())
        if kind == "word":
            return self.word()
        raise self.fault(_("a word or a phrase is missing here"))

    def phrase(self, token: _Token) -> Query:
        text = fold(token.text)
        if not text.strip(fold(BLANK)):
            self.here -= 1
            raise self.fault(_("nothing stands between these quotation marks"))
        if re.search(r"[\r\n]", text):
            self.here -= 1
            raise self.fault(_("a phrase stands on one line"))
        return Phrase(text, quoted=True)

    def word(self) -> Query:
        token = self.take()
        field = FIELD.match(token.text)
        if field and len(token.text) > field.end():
            return Field(field[1], token.text[field.end() :])
        if field:
            value = self.take().text if self.peek() in ("word", "phrase") else ""
            if not value.strip(BLANK):
                raise self.fault(_("a value for {field}: is missing here").format(field=field[1]))
            return Field(field[1], value)
        text = fold_wildcards(token.text)
        text = re.sub(r"\*{2,}", "*", text).strip("*")
        if text.count("*") + text.count("?") > MOST_GAPS:
            self.here -= 1
            raise self.fault(_("a phrase has {most} gaps at most").format(most=MOST_GAPS))
        if not is_searchable(text.replace("?", "")):
            self.here -= 1
            raise self.fault(_("this is only punctuation; in quotation marks it is found"))
        return Gap(text) if re.search(r"[*?]", text) else Phrase(text)


def fold_wildcards(text: str) -> str:
    """Fold a word but leave the ASCII ``*`` and ``?`` alone, which folding would widen."""
    return "".join(c if c in "*?" else fold(c) for c in text)


def fold_operator(word: str) -> str:
    """
    Give the usual form of an operator that was typed in full width.

    >>> fold_operator("ＮＥＡＲ／１０"), fold_operator("｜")
    ('NEAR/10', '|')
    """
    if word.isascii():
        return word
    return "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in word)


def query_fault(text: str, at: int, expected: str) -> RequestError:
    """
    Make the error for a place in a query: the message, the query, a caret at the right cell.

    Of a long query, what is around the place is shown.
    """
    from ..text.width import cells

    start = max(0, at - SHOWN_AROUND)
    before = "…" * bool(start) + text[start:at]
    after = text[at : at + SHOWN_AROUND] + "…" * (at + SHOWN_AROUND < len(text))
    shown = "".join(" " if c.isspace() else c for c in before + after)
    what = _("query: {fault} (at character {at}). {help}").format(
        fault=expected, at=at + 1, help=_("See lianzheng help query")
    )
    return RequestError(f"{what}\n  {shown}\n  {' ' * cells(before)}^")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    quotations = _Quotations(text)
    while at < len(text):
        character = text[at]
        if character.isspace() or character in BLANK:
            at += 1
        elif character in OPEN:
            yield _Token("(", character, at)
            at += 1
        elif character in CLOSE:
            yield _Token(")", character, at)
            at += 1
        elif character in "-－" and at + 1 < len(text) and _starts_term(text[at + 1]):
            yield _Token("not", character, at)
            at += 1
        elif character in QUOTES and (end := quotations.end(at)):
            yield _Token("phrase", _unescape(text[at + 1 : end - 1], text[end - 1]), at)
            at = end
        elif character in QUOTES and not quotations.is_closed(at):
            raise query_fault(text, at, _("this quotation mark is not closed"))
        else:
            end = _word_end(text, at)
            yield _word_token(text, at, end)
            at = end


def _starts_term(character: str) -> bool:
    return not character.isspace() and character not in BLANK + "-" + CLOSE


class _Quotations:
    """Where the quotations of a text end; what was looked for in vain is not looked for again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._without_end: set[str] = set()
        self._closed_before: dict[str, int] = {}

    def end(self, at: int) -> int | None:
        """Find the end of the quotation that opens at a place, going from left to right."""
        close = QUOTES[self._text[at]]
        if close in self._without_end:
            return None
        end = _closing_quote(self._text, at)
        if end is None:
            self._without_end.add(close)
        return end

    def is_closed(self, at: int) -> bool:
        """Tell whether the quotation mark at a place has any other that closes it."""
        close = QUOTES[self._text[at]]
        if at + 1 >= self._closed_before.get(close, 0):
            self._closed_before[close] = _closing_quote(self._text, at, loose=True) or 0
        return self._closed_before[close] > 0


def _closing_quote(text: str, at: int, *, loose: bool = False) -> int | None:
    """
    Find the end of the quotation that opens at a place; None if it is part of a longer word.

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
            if text[at] == '"':
                return i + 1
        i += 1
    return None


def _unescape(text: str, close: str) -> str:
    return re.sub(r"\\([\\" + re.escape(close) + "])", r"\1", text) if "\\" in text else text


def _word_end(text: str, at: int) -> int:
    """Where a word ends: at a blank or a parenthesis that it did not open itself."""
    depth, i = 0, at
    field = FIELD.match(text, at)
    if field and field.end() < len(text) and text[field.end()] in QUOTES:
        return field.end()
    while i < len(text) and not text[i].isspace() and text[i] not in BLANK:
        depth += (text[i] in OPEN) - (text[i] in CLOSE)
        if depth < 0 or text[i] in "|｜":
            return max(i, at + 1)
        i += 1
    return i


def _word_token(text: str, at: int, end: int) -> _Token:
    word = text[at:end]
    written = fold_operator(word)
    if kind := OPERATORS.get(written):
        return _Token(kind, word, at)
    if written.startswith("NEAR/") and not NEAR.fullmatch(written):
        raise query_fault(text, at + len("NEAR/"), _("a number is missing here"))
    if near := NEAR.fullmatch(written):
        return _Token("near", near[1] or str(DEFAULT_NEAR), at)
    return _Token("word", word, at)
