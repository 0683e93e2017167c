"""Theme files: read, checked against their own examples, and added to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import data
from ..errors import RequestError
from ..files.user_files import change_file
from ..messages import _, no_such, short, system_reason
from ..model import Value
from ..text.patterns import MOST_WAYS, MOST_WAYS_TOGETHER, ways
from ..text.rule_text import TomlFaultError, parse_toml, rule_bytes
from .label import ESCAPE_OR_CLASS, Term, Theme, Themes, Verdict, explain, is_pattern, label

THEMES_FILE = data.FOLDER / "themes.toml"
EVERY_THEME = "*"
"""The table of a theme file whose terms speak against every theme: the formulas of speeches."""
SHORTEST_TERM = 2
"""One character says too little, and terms are looked up by two."""
EXAMPLE_KEYS = ("examples", "not_examples")
KEYS = ("definition", "terms", "against", *EXAMPLE_KEYS)
COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
MOST_TERMS = 100_000
"""Maximum number of terms in a theme file; a regular expression counts as a hundred."""
WEIGHT = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
# A user's pattern runs over every passage: without bounds, one of them could stop an indexing run.
UNBOUNDED = re.compile(r"[*+]|\{\d*,\}")


class Checked(Value, frozen=True, kw_only=True):
    """
    An example of a theme file, and what labelling makes of it.

    `expected` says whether it must be about the theme or must not; `given` are the themes that it
    is about, best first, and `verdicts` the evidence for and against every theme.
    """

    theme: str
    text: str
    expected: bool
    given: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether it is as it must be."""
        return (self.theme in self.given) == self.expected


def load_themes(path: Path | None = None) -> Themes:
    """
    Read a theme file, or the one that comes with the tool.

    Its head tells how it is written. A wrong entry raises `RequestError`, which names its line.

    >>> load_themes().names[:3]
    ('政治建设', '理想信念', '学习教育')
    """
    path = path or THEMES_FILE
    try:
        raw = rule_bytes(path)
    except OSError as error:
        message = _("{path}: cannot be read: {reason}. Check the path of the theme file")
        raise RequestError(message.format(path=path, reason=system_reason(error))) from None
    # Replaced, not refused: U+FFFD then gives the line at which the file is not UTF-8.
    return _read(raw.decode("utf-8-sig", errors="replace"), path)


def check_examples(themes: Themes, names: Sequence[str] = ()) -> list[Checked]:
    """
    Label the examples of themes, of all or of those named, in the order of the file.

    RequestError for a name that is no theme's.

    >>> checks = check_examples(load_themes(), ["家风家教"])
    >>> all(check.passed for check in checks)
    True
    """
    for name in names:
        if name not in themes.names:
            raise no_such(_("theme"), name, themes.names)
    return [
        _check(themes, theme.name, text, expected=expected)
        for theme in themes.themes
        if not names or theme.name in names
        for expected, texts in ((True, theme.examples), (False, theme.not_examples))
        for text in texts
    ]


def add_theme(
    file: Path,
    name: str,
    terms: Sequence[str],
    *,
    weight: float = 5,
    definition: str | None = None,
) -> None:
    """
    Add a theme to a theme file; it is made, as a copy of the tool's, where there is none.

    RequestError, with its line, for what is wrong in the file, or for a theme that is there.
    """

    def add(text: str | None) -> str:
        if text is not None:
            load_themes(file)  # so that what is wrong in it is named with its line
        about = definition or _("about {terms}").format(terms="、".join(terms))
        return with_theme(text, name, terms, weight=weight, definition=about)

    change_file(file, add)


def with_theme(
    source: str | None, name: str, terms: Sequence[str], *, weight: float, definition: str
) -> str:
    """
    Add a theme to the text of a theme file, or, without one, to that of the tool.

    What stands in the text stays, its line ends too. A theme that cannot be added, or is there
    already, raises RequestError.

    >>> print(with_theme(None, "数字治理", ["数据"], weight=3, definition="用数据管权。")[-48:])
    ["数字治理"]
    definition = "用数据管权。"
    terms.3 = ["数据"]
    <BLANKLINE>
    """
    source = THEMES_FILE.read_text("utf-8") if source is None else source
    line_end = "\r\n" if "\r\n" in source else "\n"
    table = _table(name, [term.strip() for term in terms], weight=weight, definition=definition)
    try:
        # Three times parsed: the text as it was, the new table alone, and both together, so that
        # what is written can be read, and a fault is told as that of the right part.
        known = _parse(source.replace("\r\n", "\n"))
        if name in known:
            told = _("the theme {name} is there already. Choose another name")
            raise RequestError(told.format(name=name))
        list(_read_themes(_parse(table)))
        whole = source.rstrip() + "\n\n" + table
        list(_read_themes(_parse(whole.replace("\r\n", "\n"))))
    except _WrongEntryError as error:
        raise RequestError(" ".join(error.args[0].split())) from None
    return whole.replace("\r\n", "\n").replace("\n", line_end)


def toml_terms(weight: float, terms: Sequence[str]) -> str:
    """
    Write terms as a line of a theme file.

    >>> toml_terms(5, ["家风", "家教"]), toml_terms(0.5, ["家书"])
    ('terms.5 = ["家风", "家教"]', 'terms."0.5" = ["家书"]')
    """
    number = f"{weight:g}"
    key = f'"{number}"' if "." in number else number
    return f"terms.{key} = [{', '.join(_quoted(term) for term in terms)}]"


def _check(themes: Themes, theme: str, text: str, *, expected: bool) -> Checked:
    given = tuple(verdict.theme for verdict in label(themes, text))
    return Checked(
        theme=theme,
        text=text,
        expected=expected,
        given=given,
        verdicts=explain(themes, text),
    )


def _table(name: str, terms: Sequence[str], *, weight: float, definition: str) -> str:
    if name != name.strip() or name in ("", EVERY_THEME) or not name.isprintable():
        raise RequestError(
            _("{name}: this cannot be the name of a theme. Write a word, without line ends").format(
                name=ascii(name) if not name.isprintable() else f"“{name}”"
            )
        )
    if faulty := [term for term in terms if not term.isprintable()]:
        told = _("“{term}” cannot be a term: {fault}")
        fault = _("it holds characters that cannot be seen. Type it anew")
        raise RequestError(told.format(term=ascii(faulty[0])[1:-1], fault=fault))
    if not definition.isprintable() or not definition.strip():
        raise RequestError(_("--definition: it is empty or holds line ends. Write one sentence"))
    return f"[{_quoted(name)}]\ndefinition = {_quoted(definition)}\n{toml_terms(weight, terms)}\n"


def _quoted(text: str) -> str:
    """Write a text as TOML, whose strings take every escape that JSON writes."""
    return json.dumps(text, ensure_ascii=False)


def _read(source: str, path: Path) -> Themes:
    """Read the text of a theme file; the path is for the error that names the line."""
    source = source.replace("\r\n", "\n")
    try:
        data = _parse(source)
        themes = tuple(_read_themes(data))
    except _WrongEntryError as error:
        reason, *trail = error.args
        line = trail[0] if isinstance(trail[0], int) else _line(source, trail)
        raise RequestError(f"{path}:{line}: {' '.join(reason.split())}") from None
    # Examples decide no label: adding one must not make an index stale.
    labelling = {
        name: {key: value for key, value in entry.items() if key not in EXAMPLE_KEYS}
        for name, entry in data.items()
    }
    content = json.dumps(labelling, ensure_ascii=False)
    return Themes(themes=themes, fingerprint=hashlib.sha256(content.encode()).hexdigest())


class _WrongEntryError(Exception):
    """An entry that cannot be used: why and what to do, then its line, or what leads to it."""


def _parse(source: str) -> dict[str, Any]:
    if (place := source.find("\ufffd")) >= 0:
        reason = _("this is not UTF-8. Save the file as UTF-8")
        raise _WrongEntryError(reason, source.count("\n", 0, place) + 1)
    try:
        return parse_toml(source)
    except TomlFaultError as error:
        reason = _(
            "this is not TOML ({error}). Put names and terms in straight quotes, separate them by"
            " ASCII commas, and give no name twice"
        )
        raise _WrongEntryError(reason.format(error=error), error.line) from None


def _read_themes(data: Mapping[str, Any]) -> Iterator[Theme]:
    if sum(map(_number_of_terms, data.values())) > MOST_TERMS:
        reason = _("more than {most} terms. Leave some out").format(most=MOST_TERMS)
        raise _WrongEntryError(reason, 1)
    everywhere = tuple(_read_terms(EVERY_THEME, data.get(EVERY_THEME, {})))
    if not data.keys() - {EVERY_THEME}:
        raise _WrongEntryError(_("there is no theme. Write one, or copy the file of the tool"), 1)
    together = 0
    for name, entry in data.items():
        terms = tuple(_read_terms(name, entry))
        if name == EVERY_THEME:
            continue
        definition = entry.get("definition")
        if not isinstance(definition, str) or not definition.strip():
            reason = _('the theme {name} has no definition. Write definition = "…"')
            trail = entry.keys() & {"definition"}
            raise _WrongEntryError(reason.format(name=name), name, *trail)
        if not any(term.weight > 0 for term in terms):
            reason = _('the theme {name} has no terms. Write terms.5 = ["…"]').format(name=name)
            raise _WrongEntryError(reason, name, *(entry.keys() & {"terms"}))
        # Each is bounded, but a thousand of them would still take hours for a long speech.
        patterns = (term.text for term in terms + everywhere if is_pattern(term.text))
        together += sum(ways(text[1:-1]) for text in patterns)
        if together > MOST_WAYS_TOGETHER:
            reason = _(
                "the regular expressions up to here can match in more than {most} ways. Leave some"
                " out, or shorten their repeats"
            )
            raise _WrongEntryError(reason.format(most=MOST_WAYS_TOGETHER), name)
        examples, not_examples = _read_examples(name, entry)
        yield Theme(
            name=name,
            definition=definition.strip(),
            terms=terms + everywhere,
            examples=examples,
            not_examples=not_examples,
        )


def _number_of_terms(entry: Any) -> int:
    """Return how many terms a theme has, patterns counted a hundred times: they take as long."""
    tables = [entry.get(key) for key in ("terms", "against")] if isinstance(entry, dict) else []
    texts = [t for table in tables if isinstance(table, dict) for t in table.values()]
    terms = [term for one in texts if isinstance(one, list) for term in one]
    return sum(100 if is_pattern(str(term)) else 1 for term in terms)


def _read_terms(name: str, entry: Any) -> Iterator[Term]:
    if not isinstance(entry, dict):
        reason = _('{name} stands outside of a theme. Write ["…"] with its name above it')
        raise _WrongEntryError(reason.format(name=name), name)
    if unknown := [key for key in entry if key not in KEYS]:
        reason = _(
            "a theme has no {key}. Use definition, terms, against, examples and not_examples"
        )
        raise _WrongEntryError(reason.format(key=unknown[0]), name, unknown[0])
    seen: set[str] = set()
    for key, sign in (("terms", 1), ("against", -1)):
        table = entry.get(key, {})
        if not isinstance(table, dict):
            reason = _('{key} has no weight. Write {key}.5 = ["…"]').format(key=key)
            raise _WrongEntryError(reason, name, key)
        for weight, texts in table.items():
            place = f"{key}.{weight}"
            if not WEIGHT.fullmatch(weight) or (sign > 0 and not float(weight)):
                reason = _('{place} has no number for its weight. Write {key}.5 or {key}."0.5"')
                raise _WrongEntryError(reason.format(place=place, key=key), name, place)
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                reason = _('{place} is no list of terms. Write {place} = ["…"]')
                raise _WrongEntryError(reason.format(place=place), name, place)
            for text in map(str.strip, texts):
                if fault := _("it comes twice. Keep one") if text in seen else _fault(text):
                    reason = _("“{term}” cannot be a term: {fault}")
                    reason = reason.format(term=short(text), fault=fault)
                    raise _WrongEntryError(reason, name, place, text)
                seen.add(text)
                # + 0.0 turns -0.0, of a term against of weight 0, into 0.0.
                yield Term(text=text, weight=sign * float(weight) + 0.0)


def _read_examples(name: str, entry: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    seen: set[str] = set()
    read = []
    for key in EXAMPLE_KEYS:
        texts = entry.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            reason = _('{key} is no list of passages. Write {key} = ["…"]').format(key=key)
            raise _WrongEntryError(reason, name, key)
        for text in texts:
            if not text.strip() or text in seen:
                reason = _("an example is empty or comes twice. Remove it")
                raise _WrongEntryError(reason, name, key, text)
            seen.add(text)
        read.append(tuple(texts))
    return tuple(read)


def _fault(term: str) -> str | None:
    """Return why a term cannot be used, and what to do; None if it can."""
    if len(term) < SHORTEST_TERM:
        return _("it is too short. Give it two characters or more")
    if not is_pattern(term):
        return None
    if UNBOUNDED.search(ESCAPE_OR_CLASS.sub("", term)):
        return _("it may repeat without limit. Write {0,6} in place of * or +")
    try:
        matches_nothing = re.compile(term[1:-1]).match("")
        if ways(term[1:-1]) > MOST_WAYS:
            return _("it can match in too many ways. Repeat nothing that holds a repeat")
    except (re.error, OverflowError, RecursionError) as error:
        reason = _("it is no regular expression ({error}). Close each bracket")
        return reason.format(error=error)
    return _("it matches the empty string. Add a word that must stand") if matches_nothing else None


def _line(source: str, trail: Sequence[str]) -> int:
    """Find the line of the entry to which a theme, a key and a term lead, as far as they go."""
    # tomllib keeps no places. Comments become blank lines, so that a name in one is not taken for
    # the entry and the lines keep their numbers.
    body = COMMENT_LINE.sub("", source)
    place = 0
    for depth, name in enumerate(trail):
        bare = re.escape(name)
        quoted = rf"[\"']{bare}[\"']"
        header = rf"^\s*(?:\[\s*(?:{quoted}|{bare})|(?:{quoted}|{bare})\s*=)"
        match = re.compile((header, rf"(?<!\w){bare}", quoted)[depth], re.MULTILINE).search(
            body, place
        )
        place = match.end() if match else place
    return body.count("\n", 0, place) + 1
