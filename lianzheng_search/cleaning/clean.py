"""RawFile -> CleanText: the watermark rules, in order, each with its reason."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from ..messages import N_
from ..model import CleanText, Line, Problem, RawFile
from ..text.characters import BLANK
from ..text.genre import POSSIBLE_SALUTATION
from ..text.patterns import Match, SlowPatternError
from .edits import Edits
from .line_folding import fold_in_place, fold_line
from .mending import mend_characters
from .page_furniture import drop_page_furniture
from .rules import Need, Place, Rule, Rules, prefilter, rules_for, without_spent
from .wrapped_lines import join_wrapped_lines

LONGEST_WATERMARK = 160
"""Maximum length of a watermark, in code points, as it stands in the file."""
LONGEST_FRONT_LINE = 60
"""Maximum length of a line before the body, in code points."""
# Bounds the walk in a file that never gets to prose, such as a table of names.
MOST_KEPT = 20
"""Maximum number of lines that stay, from either end, before the walk stops without a body."""
SHORTEST_TITLE = 6
"""Minimum length of a title, in code points."""
LONGEST_IN_RUN = 12
# A line that says little (a name, a figure) falls only amid lines that are surely an advert.
LEAST_IN_BLOCK = 3
"""Minimum number of known watermarks in a block; also twice that of its unknown lines."""

FARTHEST_WORD = 60
"""Maximum distance of an advert's first word from its beginning inside a line, in code points."""

NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]|\d{1,2}[、.．](?!\d)"
    r"|第[一二三四五六七八九十百零\d]{1,5}[章节条编]"
)
NO_TITLE = re.compile(r"[-—－―─（(]|.{0,4}[\d〇一二三四五六七八九十]{2,4}[年./-]|.{0,8}[：:]")
"""Subtitles, dates, what stands in brackets, lines such as 来源：…"""


def clean(raw: RawFile, rules: Rules) -> CleanText:
    """
    Take the watermarks out of a file, mend its lines, until there is nothing left to do.

    >>> from lianzheng_search.cleaning.rule_files import load_rules
    >>> raw = RawFile(path="a.txt", encoding="utf-8", lines=("只供学习 谢绝外传", "", "同志们："))
    >>> text = clean(raw, load_rules())
    >>> [line.text for line in text.lines], [(gone.line, gone.rule) for gone in text.removals]
    (['', '同志们：'], [(1, 'study-only')])
    """
    problems = raw.problems
    usable = without_spent(rules)
    while True:
        try:
            edits = _cleaned(raw, usable)
            break
        except SlowPatternError:
            left = without_spent(usable)
            slow = [rule.name for rule in usable.rules if rule not in left.rules]
            message = N_("the watermark rule {rule} takes too long, and is left out from here on")
            values = {"rule": ", ".join(slow)}
            problems += (Problem(path=raw.path, line=None, message=message, values=values),)
            usable = left
    removals = edits.removals()
    if removals and all(_is_blank(line.text) for line in edits.lines):
        only = N_("nothing but watermarks: no text is left")
        problems += (Problem(path=raw.path, line=None, message=only),)
    return CleanText(
        path=raw.path,
        encoding=raw.encoding,
        lines=tuple(edits.lines),
        removals=(*raw.removals, *removals),
        problems=problems,
        headings=raw.headings,
    )


def _cleaned(raw: RawFile, rules: Rules) -> Edits:
    """Clean round by round, so that cleaning what was cleaned can find nothing more."""
    edits = Edits(raw)
    before = -1
    while before != edits.changes:
        before = edits.changes
        # First of all, because rules are not written for invisible characters inside of
        # words; joined lines come last, since a watermark between two halves of a
        # sentence must be gone by then.
        mend_characters(edits)
        while taken := _Sweep(edits.lines, rules).taken:
            edits.drop({at: rule.name for at, rule in taken.items()})
        _cut_inside(edits, rules)
        drop_page_furniture(edits, rules)
        join_wrapped_lines(edits)
    return edits


def _cut_inside(edits: Edits, rules: Rules) -> None:
    """Cut the adverts out that stand in a line of text, each from the start of a clause."""
    words = prefilter(rules, "inside")
    if words is None:
        return
    hits: dict[int, list[int]] = {}
    for at, column in _places(words, [line.text for line in edits.lines]):
        hits.setdefault(at, []).append(column)
    candidates = [rule for rule in rules.rules if "inside" in rule.where]
    # From the end to the beginning: a cut changes the places behind it, and may take a line out.
    for at in sorted(hits, reverse=True):
        for start, end, rule in reversed(_adverts(edits.lines[at].text, hits[at], candidates)):
            edits.cut(at, start, end, rule)


def _places(words: re.Pattern[str], texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where words stand in lines, as (line, column); one search for all is quickest."""
    starts: list[int] = []
    for match in words.finditer("\n".join(texts)):
        starts = starts or list(accumulate((len(text) + 1 for text in texts), initial=0))
        at = bisect_right(starts, match.start()) - 1
        yield at, match.start() - starts[at]


def _adverts(line: str, hits: Sequence[int], rules: Sequence[Rule]) -> list[tuple[int, int, str]]:
    """Find the adverts in a line, as (start, end, rule), around the places of their words."""
    adverts: list[tuple[int, int, str]] = []
    done = 0
    for hit in hits:
        if hit < done:
            continue
        # Twice as far in the file's own characters: blanks, which folding takes out, may
        # spread a line to double its length.
        begin = max(done, hit - 2 * FARTHEST_WORD)
        folded, places = fold_in_place(line[begin : hit + LONGEST_WATERMARK])
        at = bisect_left(places, hit - begin)
        likely = [rule for rule in rules if any(word in folded for word in rule.words)]
        # The leftmost clause from which a rule matches, for the advert is to go as a whole.
        for start in range(max(0, at - FARTHEST_WORD), at + 1):
            if not _starts_clause(line, begin + places[start]):
                continue
            for rule in likely:
                if (match := rule.compiled.match(folded, start)) and match.end() > at:
                    first, last = _with_marks(folded, start, match.end())
                    done = begin + places[last - 1] + 1
                    adverts.append((begin + places[first], done, rule.name))
                    break
            else:
                continue
            break
    return adverts


def _starts_clause(line: str, at: int) -> bool:
    return at == 0 or not line[at - 1].isalnum() or line[at] in "（(【["


def _with_marks(folded: str, start: int, end: int) -> tuple[int, int]:
    """Add to an advert the brackets around it, or the mark that ends it."""
    before, after = folded[start - 1 : start], folded[end : end + 1]
    # Brackets and marks that would stand there empty or doubled go with the advert.
    if before and before + after in ("（）", "【】", '""', "《》"):
        return start - 1, end + 1
    if after and after in "。！；～~，" and (not before or before in "。！？；：…，】）"):
        return start, end + 1
    return start, end


def cleaned_text(clean: CleanText) -> str:
    r"""
    Return the text that is left, without blank lines at its ends and no two running.

    >>> cleaned_text(CleanText(path="a.txt", encoding="utf-8", lines=tuple(
    ...     Line(n, text) for n, text in enumerate(["", "题目", "", " ", "正文。", ""], 1))))
    '题目\n\n正文。'
    """
    texts: list[str] = []
    for line in clean.lines:
        if not _is_blank(line.text):
            texts.append(line.text)
        elif texts and texts[-1]:
            texts.append("")
    return "\n".join(texts[:-1] if texts and not texts[-1] else texts)


class _Sweep:
    """
    One round over the lines of a file; all lines are named by their index.

    `taken` are the lines to take out, each with its rule; `vendors` the vendors that some of them
    name; `head` and `tail` the lines before and behind the body.
    """

    def __init__(self, lines: Sequence[Line], rules: Rules) -> None:
        self.lines = lines
        self.rules = rules.rules
        self._set = rules
        self.taken: dict[int, Rule] = {}
        self.vendors: dict[int, str] = {}
        # From the surest to the least sure: what a rule takes anywhere, then runs,
        # then the two ends, and last what falls only for its neighbours, again and
        # again until nothing falls any more.
        self._anywhere(prefilter(rules, "anywhere"))
        self._runs([rule for rule in self.rules if rule.needs == "run"])
        self.head = list(self._walk(range(len(lines)), {"head"}))
        end = self.head[-1] if self.head else -1
        self.tail = list(self._walk(range(len(lines) - 1, end, -1), {"tail"}))[::-1]
        if self.taken:
            while self._take_by_company():
                pass

    def _anywhere(self, words: re.Pattern[str] | None) -> None:
        if words is None:
            return
        short = [at for at, line in enumerate(self.lines) if len(line.text) <= LONGEST_WATERMARK]
        texts = [self.lines[at].text for at in short]
        for n in dict.fromkeys(n for n, _column in _places(words, texts)):
            self._take(short[n], {"anywhere"})

    def _runs(self, rules: Sequence[Rule]) -> None:
        """Take what stands on lines of its own, one below the other."""
        likely: dict[int, Rule] = {}
        for at, line in enumerate(self.lines):
            if 0 < len(line.text) <= LONGEST_IN_RUN:
                folded = fold_line(line.text)
                if rule := next((rule for rule in rules if rule.match(folded)), None):
                    likely[at] = rule
        if not likely:
            return
        run: list[int] = []
        filled = [at for at, line in enumerate(self.lines) if not _is_blank(line.text)]
        for at in [*filled, len(self.lines)]:
            if at in likely or (at in self.taken and run):
                run.append(at)
                continue
            if len(run) >= LEAST_IN_BLOCK:
                self.taken |= {n: likely[n] for n in run if n not in self.taken}
            run = []

    def _walk(self, order: Iterable[int], places: set[Place]) -> Iterator[int]:
        """Yield the lines from an end of the file to the body; take what surely is a watermark."""
        staying = 0
        for at in order:
            text = self.lines[at].text.strip(BLANK)
            if not text:
                continue
            if at not in self.taken and not self._take(at, places):
                # Rules for head and tail must not see the body: 仅供参考 in a speech is the
                # speaker's.
                if _is_body(text) or staying == MOST_KEPT:
                    return
                staying += 1
                # The first line that stays may be the title; what sellers put
                # below it has rules of its own.
                if "head" in places:
                    places = places | {"under_title"}
            yield at

    def _take(self, at: int, places: set[Place]) -> bool:
        line = self.lines[at].text
        if len(line) > LONGEST_WATERMARK:
            return False
        folded = fold_line(line)
        for rule in rules_for(self._set, frozenset(places)):
            if match := rule.match(folded):
                self.taken[at] = rule
                if vendor := match.groupdict().get("vendor"):
                    self.vendors[at] = vendor
                return True
        return False

    def _take_by_company(self) -> bool:
        """Take one line, if there is one, for the company that it keeps."""
        for region, place in ((self.head, "head"), (self.tail, "tail")):
            for block in _blocks(region):
                for at in block:
                    if at in self.taken:
                        continue
                    folded = fold_line(self.lines[at].text)
                    for rule in self.rules:
                        if rule.needs is None or place not in rule.where:
                            continue
                        match = rule.match(folded)
                        if match and self._has_company(rule.needs, match, at, block):
                            self.taken[at] = rule
                            return True
        return False

    def _has_company(self, needs: Need, match: Match, at: int, block: Sequence[int]) -> bool:
        # Some lines are only a vendor's name. They go where another line, taken for its wording,
        # names it.
        if needs == "vendor":
            return match["vendor"] in self.vendors.values()
        # Every title looks like a line that says little: one that may be the title must be left
        # over.
        if at in self.head and not self._is_spare(at, block):
            return False
        index = block.index(at)
        if needs == "neighbour":
            return any(near in self.taken for near in block[max(index - 1, 0) : index + 2])
        known = [near for near in block if near in self.taken]
        if len(known) < LEAST_IN_BLOCK or not known[0] < at < known[-1]:
            return False
        span = block.index(known[-1]) - block.index(known[0]) + 1
        return len(known) >= 2 * (span - len(known))

    def _is_spare(self, at: int, block: Sequence[int]) -> bool:
        """Check whether a line of the head can go, and leave one that may be the title."""
        titles = [t for t in self.head if t not in self.taken and _may_be_title(self.lines[t].text)]
        if not titles:
            return len(fold_line(self.lines[at].text)) < SHORTEST_TITLE
        below = next((near for near in block if near > at and near in self.taken), block[-1])
        # The line that names the vendor stands under titles: what is above it may be one.
        beyond = block[-1] if below in self.vendors else below
        return titles[-1] > beyond


def _is_blank(text: str) -> bool:
    return not text.strip(BLANK)


def _is_body(text: str) -> bool:
    return (
        len(text) > LONGEST_FRONT_LINE
        or "。" in text
        or "；" in text
        or bool(POSSIBLE_SALUTATION.match(text) or NUMBERED.match(text))
    )


def _may_be_title(line: str) -> bool:
    text = line.strip(BLANK)
    return len(fold_line(text)) >= SHORTEST_TITLE and not NO_TITLE.match(text)


def _blocks(region: Sequence[int]) -> list[list[int]]:
    """
    Group the lines of a head or tail, by index, that stand no further apart than the closest.

    >>> _blocks([0, 1, 3, 7]), _blocks([0, 2, 4, 9])
    ([[0, 1], [3], [7]], [[0, 2, 4], [9]])
    """
    closest = min((after - before for before, after in pairwise(region)), default=1)
    blocks: list[list[int]] = []
    for at in region:
        if blocks and at - blocks[-1][-1] <= closest:
            blocks[-1].append(at)
        else:
            blocks.append([at])
    return blocks
