"""The list of speakers -> who is named in a text; names that are not in the list, by their form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .. import data
from ..data import one_of
from ..model import Value
from ..text.folding import fold
from ..text.rule_text import rule_lines

SPEAKERS_FILE = data.FOLDER / "speakers.txt"
# A bare 总书记 is resolved by the date of the speech alone: before, it meant
# somebody else, and whom is not guessed.
GENERAL_SECRETARY = ("总书记", "2012-11")
"""A title that stands for a person of the list, and the date from which it does."""
WORDS = data.word_lists("attribution.txt")
# There is no model of names: a surname alone is an ordinary word too often, so each pattern below
# wants a second sign - a title, a placeholder, a foreign syllable, a calling.
SURNAME = f"[{''.join(WORDS['surnames'])}]"
SYLLABLE = f"[{''.join(WORDS['syllables'])}]"
ANOTHERS_TITLE = rf"(?<!{SURNAME}[一-鿿])(?<!{SURNAME}[一-鿿][一-鿿])(?<!委员会)(?<!的)"
"""Not after a name: 阮富仲总书记 is somebody else; nor an office that somebody is elected to."""
COMRADE = re.compile(rf"({SURNAME}某{{1,2}}|{SURNAME}[一-鿿]{{1,2}}(?=同志|先生|女士))")
UNNAMED = re.compile(rf"{SURNAME}(?:某{{1,2}}|x{{1,2}})|[一-鿿]{{0,8}}x{{1,3}}")
"""A name that was left out: 张某, 市纪委书记X."""
TITLES = ("同志", "先生", "女士")
WITH_TITLE = re.compile(
    rf"({SURNAME}[一-鿿]{{1,2}}|[一-鿿]{{1,6}}·[一-鿿·]{{1,8}})(?:同志|先生|女士|老师|院士|烈士)$"
)
CALLED = re.compile(
    rf"{one_of(WORDS['callings'])}(?!们|和|在|对|都|也)([一-鿿x]{{1,4}}(?:·[一-鿿]{{1,6}}){{0,5}})$"
)
"""A name after what its bearer is: 英国哲学家罗素."""
BODY = re.compile(rf"[一-鿿0-9x“]{{0,12}}(?:{one_of(WORDS['bodies'])}|[一二三四五六七八九十]+大)")
IN_NO_BODY = re.compile(one_of(WORDS["in no body"]))
NAME = re.compile(
    rf"{SURNAME}(?:[一-鿿]{{1,2}}|x{{1,2}})|{SYLLABLE}{{2,6}}|[一-鿿]{{1,6}}·[一-鿿·]{{1,10}}"
    "|[一-鿿x]{0,4}(?:人|方|者|员|长|师|朋友|网友|分子|民族|国家)"
)
IN_NO_NAME = re.compile(rf"{one_of(WORDS['in no name'])}|[性式]$")
NO_PERSONS = frozenset(WORDS["no persons"])


class Speakers(Value, frozen=True):
    """The names in the list: each way to write one, folded, and the name it stands for."""

    names: Mapping[str, str]
    pattern: re.Pattern[str]

    def on(self, date: str | None) -> Speakers:
        """Return the names as they were on an ISO date: 总书记 was not always the same person."""
        title, since = GENERAL_SECRETARY
        if not date or date >= since:
            return self
        return Speakers({**self.names, title: title}, self.pattern)

    def first(self, text: str) -> str | None:
        """Return the first name in a folded text."""
        match = self.pattern.search(text)
        return self.names[match[0]] if match else None

    def last(self, text: str) -> str | None:
        """Return the last name in a folded text."""
        written = None
        for match in self.pattern.finditer(text):
            written = match[0]
        return None if written is None else self.names[written]

    def last_person(self, text: str) -> str | None:
        """Return the last person named in a folded text, in the list or not: 他 is that person."""
        known = [
            (match.end(), self.names[match[0]])
            for match in self.pattern.finditer(text)
            if self.names[match[0]] not in NO_PERSONS
        ]
        others = [
            (match.end(1), match[1])
            for match in COMRADE.finditer(text)
            # 张某 is a name by its form, whatever the list of ordinary words says.
            if "某" in match[1] or not IN_NO_NAME.search(match[1])
        ]
        return max(known + others, default=(0, None))[1]


def load_speakers(*files: Path) -> Speakers:
    """
    Read lists of speakers: a line each, the name, then the other ways to write it; # is a comment.

    A file that is not UTF-8 raises RequestError.

    >>> load_speakers(SPEAKERS_FILE).first("毛主席说")
    '毛泽东'
    """
    names: dict[str, str] = {}
    for file in files:
        for line in rule_lines(file):
            ways = line.partition("#")[0].split()
            names |= {fold(way): ways[0] for way in ways}
    # In an alternation the first branch wins: 习近平总书记 must be tried before 总书记.
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return Speakers(names, re.compile(pattern.replace("|总书记", f"|{ANOTHERS_TITLE}总书记")))


def known_speakers(user_file: Path | None) -> Speakers:
    """Read the package's list of speakers and, if there is one, the user's."""
    return load_speakers(SPEAKERS_FILE, *([user_file] if user_file else []))


def person_or_body(name: str) -> str | None:
    """
    Return a name that has the form of a person's, a body's or an office's; None for other words.

    >>> person_or_body("英国哲学家罗素"), person_or_body("市纪委书记x"), person_or_body("有时候")
    ('罗素', '市纪委书记X', None)
    """
    if "x" in name or "某" in name:
        name = next((name.removesuffix(one) for one in TITLES if name.endswith(one)), name)
    if UNNAMED.fullmatch(name):
        return name.replace("x", "X")
    # A person before a body: 市委书记张某同志 holds both, and who speaks is the person.
    if titled := WITH_TITLE.search(name) or CALLED.search(name):
        name = titled[1]
    elif BODY.fullmatch(name):
        return None if IN_NO_BODY.search(name) else name
    return name if NAME.fullmatch(name) and not IN_NO_NAME.search(name) else None
