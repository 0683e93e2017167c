"""The lines that recur in the files of a folder -> watermark rules, if the user accepts them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Literal

from ..files.user_files import change_file
from ..messages import _
from ..model import Line, RawFile
from ..text.characters import BLANK
from ..text.dates import is_date_line
from ..text.genre import POSSIBLE_SALUTATION, THANKS, TITLE_END
from ..text.numerals import read_marker
from .clean import LONGEST_WATERMARK, clean
from .line_folding import fold_line
from .page_furniture import LEAST_PAGE
from .rule_files import RULES_FILE
from .rules import Rules

Region = Literal["head", "tail", "page"]
HEAD_LINES, TAIL_LINES = 10, 8
# Two files may be copies of one speech, and share every line.
LEAST_FILES = 3
LEAST_IN_FILE = 3
LONGEST_ON_PAGES = 40
LONGEST_SENTENCE = 60
SHORTEST = 4
EXAMPLES = 3
DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """
    A line that recurs, but for the numbers in it, where watermarks stand.

    `regions` says where: ``head`` and ``tail`` of files, ``page`` for a page's distance inside
    one. `count` is of all its places, `files` of the files; `examples` are (path, line, text).
    """

    key: str
    regions: tuple[Region, ...]
    files: int
    count: int
    examples: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class _Seen:
    regions: set[Region] = field(default_factory=set)
    files: int = 0
    count: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)


def learn(files: Iterable[RawFile], rules: Rules) -> list[Recurring]:
    """
    Find the lines that recur across files at head and tail, or in a file a page apart.

    Lines that a rule takes already, salutations, thanks, headings and dates are left out. The
    most frequent come first.
    """
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    for raw in files:
        # After cleaning by the rules there are, so that only what they miss is proposed.
        lines = [line for line in clean(raw, rules).lines if line.text.strip(BLANK)]
        found: dict[str, set[Region]] = defaultdict(set)
        places: dict[str, list[Line]] = defaultdict(list)
        for region, part in (("head", lines[:HEAD_LINES]), ("tail", lines[-TAIL_LINES:])):
            for line in part:
                if key := _key(line.text):
                    found[key].add("head" if region == "head" else "tail")
                    if line not in places[key]:
                        places[key].append(line)
        for key, apart in _page_lines(lines).items():
            found[key].add("page")
            places[key] = apart
        for key, regions in found.items():
            entry = seen[key]
            entry.regions |= regions
            entry.files += 1
            entry.count += len(places[key])
            if len(entry.examples) < EXAMPLES:
                first = places[key][0]
                entry.examples.append((raw.path, first.number, first.text.strip(BLANK)))
    recurring = [
        Recurring(
            key=key,
            regions=tuple(sorted(entry.regions)),
            files=entry.files,
            count=entry.count,
            examples=tuple(entry.examples),
        )
        for key, entry in seen.items()
        # Page by page in one file is proof by itself; at head and tail other files must agree.
        if entry.files >= LEAST_FILES or "page" in entry.regions
    ]
    return sorted(recurring, key=lambda line: (-line.files, -line.count, line.key))


def add_rules(file: Path, accepted: Sequence[Recurring]) -> None:
    """Add a rule for each line to a rule file; it is made, with the package's rules, if need be."""
    change_file(file, lambda text: with_rules(text, accepted))


def with_rules(text: str | None, accepted: Sequence[Recurring]) -> str:
    """
    Add a rule for each line to the text of a rule file; without one, to the package's.

    A line whose rule is there already is not added again.
    """
    text = RULES_FILE.read_text("utf-8") if text is None else text
    for line in accepted:
        name = f"learned-{sha256(line.key.encode()).hexdigest()[:8]}"
        if f'name = "{name}"' not in text:
            text = text.rstrip("\n") + "\n\n" + _rule(name, line)
    return text


def _rule(name: str, line: Recurring) -> str:
    example = line.examples[0][2]
    reason = _("learned: in {files} files, {count} times").format(
        files=line.files, count=line.count
    )
    pattern = "[0-9]+".join(map(re.escape, DIGITS.split(fold_line(example))))
    where = ["anywhere"] if "page" in line.regions else ["head", "under_title", "tail"]
    # The longest piece without figures is the rarest: it rules out most lines before the pattern.
    words = [max(DIGITS.split(fold_line(example)), key=len)]
    pairs = {"name": name, "reason": reason, "where": where, "words": words}
    pairs |= {"pattern": pattern, "takes": [example]}
    rows = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in pairs.items())
    return "[[rule]]\n" + "".join(rows)


def _key(text: str) -> str | None:
    line = text.strip(BLANK)
    if len(line) > LONGEST_WATERMARK or POSSIBLE_SALUTATION.match(line) or THANKS.fullmatch(line):
        return None
    # Dates, salutations, thanks and headings recur in this genre as surely as adverts do.
    if read_marker(line) or is_date_line(line) or TITLE_END.search(line):
        return None
    if len(line) > LONGEST_SENTENCE and "。" in line:  # a paragraph that copies of a speech share
        return None
    folded = fold_line(line)
    if len(folded) < SHORTEST or len(DIGITS.sub("", folded)) < SHORTEST:
        return None
    # 第12期 and 第40期 are one line; but what is only figures has no key.
    return DIGITS.sub("0", folded)


def _page_lines(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Find the short lines that recur in one file, never closer than a page."""
    places: defaultdict[str, list[tuple[int, Line]]] = defaultdict(list)
    start = 0
    for line in lines:
        if len(line.text) <= LONGEST_ON_PAGES and (key := _key(line.text)):
            places[key].append((start, line))
        start += len(line.text)
    return {
        key: [line for _at, line in found]
        for key, found in places.items()
        if len(found) >= LEAST_IN_FILE
        and min(b[0] - a[0] for a, b in pairwise(found)) >= LEAST_PAGE
        and not found[0][1].text.rstrip(BLANK).endswith(tuple("。！？；：，"))
    }
