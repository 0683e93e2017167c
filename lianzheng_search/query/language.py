"""What the user typed -> Query: one small language, for every command that takes a query."""

from __future__ import annotations

import re

from ..errors import RequestError
from ..messages import _
from ..text.characters import BLANK
from ..text.folding import fold, is_searchable
from .tokens import FIELD, Token, query_fault, tokens_of
from .tree import And, Field, Gap, Near, Not, Or, Phrase, Query, parts_of

LONGEST_QUERY = 100_000
"""
Maximum length of a query, in characters.

What exceeds this limit or one of those below is refused, so that no query takes long. No one who
asks for something meets them; the page on the query language names them all.
"""
MOST_TERMS = 1_000
"""Maximum number of words, phrases and filters in a query."""
MOST_PATTERNS = 100
"""Maximum number of phrases with gaps, and of NEARs, for which text is read, in a query."""
MOST_GAPS = 50
"""Maximum number of the signs ``*`` and ``?`` in a phrase."""
FURTHEST_NEAR = 999
"""Maximum distance that NEAR takes, in characters."""
DEEPEST_NESTING = 50
"""Maximum number of parentheses inside one another."""


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
    tokens = list(tokens_of(text))
    if not tokens:
        raise RequestError(_("query: it is empty. Type the words to find"))
    parser = _Parser(text, tokens)
    query = parser.any_of()
    if parser.here < len(tokens):
        raise parser.fault(_("nothing to close here"))
    _check_size(query)
    return query


def _check_size(query: Query) -> None:
    """Raise RequestError for a query with more parts than can be answered in a moment."""
    parts = list(parts_of(query))
    patterns = sum(isinstance(part, Gap | Near) for part in parts)
    if len(parts) > MOST_TERMS:
        message = _(
            "query: it has more than {most} words, phrases and filters."
            " Ask in parts; export takes a file of queries"
        )
        raise RequestError(message.format(most=MOST_TERMS))
    if patterns > MOST_PATTERNS:
        message = _(
            "query: more than {most} phrases in it have gaps or are joined by NEAR."
            " Ask in parts; export takes a file of queries"
        )
        raise RequestError(message.format(most=MOST_PATTERNS))


class _Parser:
    """Recursive descent over the tokens; the only place that knows the grammar's precedence."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.here = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.here].kind if self.here < len(self.tokens) else ""

    def take(self) -> Token:
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
        # Words side by side are AND, which binds closer than OR: 责任 担当 OR 家风 is (责任 担当)
        # OR 家风, as in any search engine.
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
        # By length and not by value: int() of thousands of digits is slow, and refused by Python.
        if len(token.text) > 3:
            # The caret belongs under what is wrong, which has been taken already.
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
            # Without a limit, parentheses alone would exhaust Python's recursion.
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

    def phrase(self, token: Token) -> Query:
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
        # Nothing is folded: the value is a heading, a path or a name as it is written.
        if field and len(token.text) > field.end():
            return Field(field[1], token.text[field.end() :])
        if field:
            value = self.take().text if self.peek() in ("word", "phrase") else ""
            if not value.strip(BLANK):
                raise self.fault(_("a value for {field}: is missing here").format(field=field[1]))
            return Field(field[1], value)
        text = fold_wildcards(token.text)
        # A gap at either end of a word matches whatever stands there: it would cost time and say
        # nothing.
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
