"""What printing leaves in a text: page numbers, running heads, lines cut at the page's width."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice, pairwise
from statistics import mean, pstdev

from ..model import Line
from ..text.characters import BLANK, RADICALS, unradical
from ..text.numerals import read_marker
from .edits import Edits
from .rules import Rules, fold

PAGE_NUMBER, RUNNING_HEAD, HARD_WRAP = "page-number", "running-head", "hard-wrap"
INVISIBLE, RADICAL, STREWN = "invisible", "radical", "strewn-spaces"

_RADICALS = "".join(map(re.escape, map(chr, RADICALS)))
_HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\u034f\u061c\ufe00-\ufe0f\ufff9-\ufffb\U000e0000-\U000e0fff"
)
# Said by what is not odd, it is found faster: most of a text is in the first two ranges.
ODD = re.compile(
    "[^\u3000-\ufdff\ufe10-\ufefe\t-\r -~\x85\xa0-\xac\xae-\u034e\u0350-\u061b\u061d-\u180d"
    "\u180f-\u200a\u2010-\u2029\u202f-\u205f\u2065\u2070-\u2e7f\u2fe0-\u2fff\uff00-\ufff8"
    "\ufffc-\U000dffff\U000e1000-\U0010ffff]"
)
HIDDEN = re.compile(f"[{_HIDDEN}]+")
RADICALS_RUN = re.compile(f"[{_RADICALS}]+")

HAN = "\u3400-\u9fff"
LONE = re.compile(f" [{HAN}] ")
SPACED = re.compile(f"[{HAN}](?: [{HAN}]){{2,}}")
SENTENCE_MARK = re.compile("[，。；：、,;:！？]")
TOUCHING = re.compile(f"[{HAN}]|[，。；：、“”,:]{{2}}")
LEAST_STREWN = 8
"""So many characters make up a line that is spaced throughout."""

_NUMBER = "[0-9０-９]{1,4}"
_RULED = r"[-—–－―─━‐·•・~～]+"
MARKED_NUMBER = re.compile(
    rf"""
    {_RULED}\s*{_NUMBER}\s*{_RULED}
  | [（(【\[]?(?:{_RULED})?\s*第\s*(?:{_NUMBER}|[一二三四五六七八九十百]{{1,4}})\s*页
    \s*(?:[，,/／、|]?\s*(?:共|总)\s*(?:{_NUMBER}|[一二三四五六七八九十百]{{1,4}})\s*页)?
    \s*(?:{_RULED})?[）)】\]]?
  | [Pp](?:age|AGE)\s*{_NUMBER}(?:\s*(?:of|OF|/)\s*{_NUMBER})?
    """,
    re.VERBOSE,
)
BARE_NUMBER = re.compile(rf"(?P<page>{_NUMBER})(?:\s*[/／]\s*(?P<of>{_NUMBER}))?")
FORM_FEED = re.compile(rf"(?:[{BLANK}]*(?:{_NUMBER}|{MARKED_NUMBER.pattern})?[{BLANK}]*\f)+", re.X)
LONGEST_HEAD = 40
"""In code points; a longer line at a page's edge is text."""
WIDEST = 160
COUNTER_ENDS = frozenset("0123456789０１２３４５６７８９页-—–－―─━‐·•・~～)）】]")
CENTRED = 8
"""In columns: a number so far to the right stands in the middle of a page."""
LINES_OF_HEAD = 2
LEAST_RECURRING = 4
REGULAR = 0.3
"""How much the lengths of pages vary, at most: standard deviation to mean."""
LEAST_PAGE = 250
"""In code points: numbers that stand closer are no page numbers."""
LONGEST_SEQUENCE = 3000
LONGEST_HEADING = 60
FRONT = 8
"""The title stands among so many first lines."""

FINISHED = tuple("。！？；：…”’）》」』】.!?;:)")
SENTENCE_END = re.compile("[。！？；：…!?;:][”’）》」』】]*$")
OPEN = tuple("，、,（“‘《「『(")
NEVER_FIRST = tuple("，。、；：！？”’）》」』】,;)")
LEAST_WIDTH = {"characters": 18, "columns": 36}
SLACK = {"characters": 2, "columns": 5}
LEAST_FULL = 8
LEAST_UNFINISHED = 0.3
"""So large a share of the lines of a file must end in mid-sentence: 0.4 are full, 0.75 of them."""
MOST_WIDTH = 130
CLAUSE = re.compile("[，。、；：]")
FEATURE = re.compile(r"[#|>*•+]|[-—=]{1,3}|```|\d+[.)、]")


def mend_characters(edits: Edits) -> None:
    """Take out what does not show, and blanks strewn in; put characters for radicals."""
    whole = "\n".join([line.text for line in edits.lines])
    odd, fed = ODD.search(whole), "\f" in whole
    edits.fed = fed
    if not odd and not fed and not LONE.search(whole):
        return
    for at in reversed(range(len(edits.lines))):
        if not edits.lines[at].text.strip(BLANK):
            continue
        count = len(edits.lines)
        if odd:
            if spans := [found.span() for found in HIDDEN.finditer(edits.lines[at].text)]:
                edits.cut_all(at, spans, INVISIBLE)
            text = edits.lines[at].text if len(edits.lines) == count else ""
            if puts := [(f.start(), unradical(f[0])) for f in RADICALS_RUN.finditer(text)]:
                edits.put_all(at, puts, RADICAL)
        if len(edits.lines) < count:
            continue
        if fed and (page := FORM_FEED.match(edits.lines[at].text)) and page[0].strip(BLANK):
            edits.cut(at, 0, page.end() - 1, PAGE_NUMBER)
        if len(edits.lines) == count and LONE.search(edits.lines[at].text):
            _close_up(edits, at)


def _close_up(edits: Edits, at: int) -> None:
    """Take out the blanks between single characters, but not where they set off a name."""
    text = edits.lines[at].text
    spans: list[tuple[int, int]] = []
    for run in SPACED.finditer(text):
        around = text[: run.start()] + text[run.end() :]
        whole = not around.strip(BLANK) and len(run[0]) >= 2 * LEAST_STREWN - 1
        beside = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
        if whole or (TOUCHING.search(beside) and SENTENCE_MARK.search(around)):
            spans += ((column, column + 1) for column in range(run.start() + 1, run.end(), 2))
    if spans:
        edits.cut_all(at, spans, STREWN)


def drop_page_furniture(edits: Edits, rules: Rules) -> None:
    """
    Take out page numbers, and the lines that recur beside them or at their distance.

    A number alone must count on from page to page, a line must recur beside page numbers, unless
    a rule that needs one (``page``) knows it.
    """
    lines = edits.lines
    taken: dict[int, str] = {}
    bare: list[tuple[int, int, int | None]] = []
    for at, line in enumerate(lines):
        if len(line.text) > WIDEST or not (text := line.text.strip(BLANK)):
            continue
        if len(text) > LONGEST_HEAD or text[-1] not in COUNTER_ENDS:
            continue
        if MARKED_NUMBER.fullmatch(text):
            taken[at] = PAGE_NUMBER
        elif found := BARE_NUMBER.fullmatch(text):
            bare.append((at, int(found["page"]), int(found["of"]) if found["of"] else None))
    if bare:
        taken |= dict.fromkeys(_counting(lines, bare), PAGE_NUMBER)
    if edits.fed and bare:  # the last page has no form feed behind its number
        last = next(at for at in range(len(lines) - 1, -1, -1) if lines[at].text.strip(BLANK))
        taken |= {at: PAGE_NUMBER for at, _, _ in bare if at == last}
    edges = set(taken)
    edges |= {at for at, line in enumerate(lines) if "\f" in line.text} if edits.fed else set()
    if edges:
        taken |= _beside(lines, edges, taken, rules)
    taken |= _recurring_title(lines, taken)
    edits.drop(taken)


def _counting(lines: Sequence[Line], bare: Sequence[tuple[int, int, int | None]]) -> list[int]:
    """Find the bare numbers that count on at the distance of pages."""
    if len(bare) > LONGEST_SEQUENCE:
        return []
    starts = list(accumulate((len(line.text) for line in lines), initial=0))
    chains: dict[tuple[int, int | None], list[int]] = {}
    best: list[list[int]] = []
    for at, page, of in bare:
        before = chains.get((page - 1, of), [])
        if before and starts[at] - starts[before[-1]] < LEAST_PAGE:
            continue
        chain = [*before, at]
        chains[page, of] = chain
        best = [kept for kept in best if kept is not before]
        best.append(chain)
    found: list[int] = []
    for chain in best:
        of = next(total for at, _, total in bare if at == chain[0])
        fed = any("\f" in lines[near].text for at in chain for near in _near(lines, at))
        torn = sum(_is_torn(lines, at) for at in chain)
        centred = all(_indent(lines[at].text) >= CENTRED for at in chain)
        if centred and (torn or len(chain) == len(bare) == 1):
            found += chain
            continue
        certain = of is not None or fed or 2 * torn >= len(chain)
        if (len(chain) > 2 or (len(chain) > 1 and (of or fed))) and certain:
            found += chain
    return found


def _near(lines: Sequence[Line], at: int) -> list[int]:
    """Give the next lines above and below that are not blank."""
    near = []
    for order in (range(at - 1, -1, -1), range(at + 1, len(lines))):
        near += [next((other for other in order if lines[other].text.strip(BLANK)), at)]
    return [other for other in near if other != at]


def _is_torn(lines: Sequence[Line], at: int) -> bool:
    """Tell whether a sentence goes on over a line."""
    above = next((text for n in range(at - 1, -1, -1) if (text := lines[n].text.strip(BLANK))), "")
    return len(above) > 12 and not above.endswith(FINISHED)


def _beside(
    lines: Sequence[Line], edges: set[int], taken: Mapping[int, str], rules: Rules
) -> dict[int, str]:
    """Find the lines beside page numbers that recur there, or that a rule knows."""
    found: dict[int, str] = {}
    everywhere = Counter(
        _key(line.text) for line in lines if len(line.text) <= LONGEST_HEAD and line.text
    )
    for _depth in range(LINES_OF_HEAD):
        at_edge: set[int] = set()
        for edge in edges:
            for order in (range(edge - 1, -1, -1), range(edge, len(lines))):
                beside = next(
                    (
                        n
                        for n in order[:8]
                        if n not in taken and n not in found and lines[n].text.strip(BLANK)
                    ),
                    None,
                )
                if beside is not None and _may_be_head(lines[beside].text):
                    at_edge.add(beside)
        keys = {at: _key(lines[at].text) for at in at_edge}
        counts = Counter(keys.values())
        fresh = {
            at: RUNNING_HEAD
            for at, key in keys.items()
            if counts[key] > 1 and counts[key] + 2 >= everywhere[key]
        }
        if not fresh:
            break
        found |= fresh
    _spare_title(lines, found, edges)
    company = [rule for rule in rules.rules if rule.needs == "page"]
    for edge in sorted(edges):
        for order in (range(edge - 1, -1, -1), range(edge, len(lines))):
            near = [n for n in order[:6] if n not in taken and lines[n].text.strip(BLANK)]
            for at in near[:1]:
                folded = fold(lines[at].text)
                if rule := next((rule for rule in company if rule.match(folded)), None):
                    found.setdefault(at, rule.name)
    return found


def _spare_title(lines: Sequence[Line], found: dict[int, str], edges: set[int]) -> None:
    """Leave the title where it stands first, if every other line like it goes."""
    body = next((at for at, line in enumerate(lines) if "。" in line.text), len(lines))
    front = [at for at in range(body) if lines[at].text.strip(BLANK)][:FRONT]
    for key in {_key(lines[at].text) for at in front if at in found}:
        same = [at for at in front if _key(lines[at].text) == key]
        left = [at for at in same if at not in found]
        if not left and not any(edge < same[-1] for edge in edges if edge > same[0]):
            del found[same[-1]]


def _recurring_title(lines: Sequence[Line], taken: Mapping[int, str]) -> dict[int, str]:
    """Find a line before the body that stands again and again, a page apart."""
    texts = [line.text for line in lines]
    found: dict[int, str] = {}
    for title in islice((at for at, text in enumerate(texts) if text.strip(BLANK)), FRONT):
        text = texts[title]
        if "。" in text or len(text) > LONGEST_HEADING:
            break
        if len(text) > LONGEST_HEAD or texts.count(text) < LEAST_RECURRING:
            continue
        places = [at for at, other in enumerate(texts) if other == text]
        if title != places[0] or title in taken or not _may_be_head(text):
            continue
        starts = list(accumulate(map(len, texts), initial=0))
        gaps = [starts[b] - starts[a] for a, b in pairwise(places)][1:]
        if min(gaps) >= LEAST_PAGE and pstdev(gaps) < REGULAR * mean(gaps):
            found |= dict.fromkeys(places[1:], RUNNING_HEAD)
    return found


def _may_be_head(line: str) -> bool:
    text = line.strip(BLANK)
    return (
        4 <= len(text) <= LONGEST_HEAD
        and not CLAUSE.search(text.replace("：", "", 1))  # a title may begin with the speaker
        and not text.endswith(tuple("：！？!?;:,"))
        and not text.startswith(("（", "("))
        and not read_marker(text)
        and sum("\u4e00" <= character <= "\u9fff" for character in text) >= 4
    )


def _key(line: str) -> str:
    return re.sub("[0-9]+", "0", fold(line))


def join_wrapped_lines(edits: Edits) -> None:
    """
    Join the lines that were cut at the width of a page, and those that a page break cut.

    Only where most lines of the file have one and the same width, and end anywhere.
    """
    lines = edits.lines
    filled = [at for at, line in enumerate(lines) if line.text and line.text.strip(BLANK)]
    layout = _Layout([lines[at].text for at in filled])
    torn = bool(edits.whole)
    if not layout.width and not torn:
        return
    joins: list[list[int]] = [[-1]]
    for at, to in pairwise(filled):
        above, below = lines[at], lines[to]
        if above.number in edits.headings or below.number in edits.headings:
            continue
        gap = torn and any(
            (gone := edits.whole.get(number)) and gone.text.strip(BLANK)
            for number in range(edits.last_source(at) + 1, below.number)
        )
        if to > at + 1 and not gap:
            continue
        if layout.goes_on(above.text, below.text) or (gap and _is_torn_by_page(above, below)):
            if joins[-1][-1] != at:
                joins.append([at])
            joins[-1].append(to)
    for ats in reversed(joins[1:]):
        edits.join(ats, HARD_WRAP)


def _is_torn_by_page(above: Line, below: Line) -> bool:
    upper, lower = above.text.strip(BLANK), below.text.strip(BLANK)
    return (
        len(upper) > 12
        and not SENTENCE_END.search(upper)
        and (
            upper.endswith(OPEN)
            or lower.startswith(NEVER_FIRST)
            or "。" in upper
            or len(upper) > LONGEST_HEADING
        )
        and not lower.startswith(("——", "—"))
        and not read_marker(lower)
    )


class _Layout:
    """
    How the lines of a file are laid out; `width` is 0 unless they are cut at one width.

    `measure` tells in what: code points, or columns, of which a Chinese character fills two.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.width = 0
        self.measure = "characters"
        self.indented = False
        self.base = 0
        lengths = sorted(map(len, texts))
        if len(texts) < LEAST_FULL or lengths[len(texts) * 19 // 20] > MOST_WIDTH:
            return
        ends = sum(not text.endswith(FINISHED) for text in texts)
        if ends < LEAST_UNFINISHED * len(texts):
            return
        for self.measure in ("characters", "columns"):
            width = self._find_width(texts)
            if width:
                self.width = width
                break
        if not self.width:
            return
        indents = [_indent(text) for text in texts]
        self.base = Counter(indents).most_common(1)[0][0]
        starts = [n for n in range(1, len(texts)) if not self._is_full(texts[n - 1])]
        fresh = [n for n in starts if texts[n - 1].rstrip(BLANK).endswith(FINISHED)]
        self.indented = 2 * sum(indents[n] > self.base + 1 for n in fresh) > len(fresh) > 0

    def _find_width(self, texts: Sequence[str]) -> int:
        sizes = [self._size(text) for text in texts]
        width = sorted(sizes)[len(sizes) * 97 // 100 - (len(sizes) > 40)]
        slack = SLACK[self.measure]
        full = [n for n, size in enumerate(sizes) if width - slack <= size <= width + slack]
        cut = [n for n in full if not texts[n].rstrip(BLANK).endswith(FINISHED)]
        running = [n for n in full if CLAUSE.search(texts[n])]
        heads = [n for n in full if n + 1 < len(texts) and read_marker(texts[n + 1].strip(BLANK))]
        fits = (
            width >= LEAST_WIDTH[self.measure]
            and len(full) >= max(LEAST_FULL, 0.4 * len(sizes))
            and len(cut) >= 0.75 * len(full)
            and len(running) >= 0.6 * len(full)
            and len(heads) <= 0.2 * len(full)
        )
        return width if fits else 0

    def _size(self, text: str) -> int:
        text = text.rstrip(BLANK)
        if self.measure == "characters":
            return len(text)
        return len(text) + sum(character > "\u2000" or character == "·" for character in text)

    def _is_full(self, text: str, times: int = 1) -> bool:
        return self._size(text) >= self.width - times * SLACK[self.measure]

    def goes_on(self, above: str, below: str) -> bool:
        """Tell whether a paragraph goes on from one line to the next."""
        if not self.width or (FEATURE.match(below.strip(BLANK)) and not self.indented):
            return False
        fresh = _indent(below) > self.base + 1
        if self.indented:
            return not fresh and self._is_full(above, 3)
        finished = above.rstrip(BLANK).endswith(("。", "！", "？"))
        heading = read_marker(below.strip(BLANK))
        return not fresh and not finished and not heading and self._is_full(above)


def _indent(text: str) -> int:
    """In columns."""
    blanks = text[: len(text) - len(text.lstrip(BLANK))].rpartition("\f")[2]
    return len(blanks) + blanks.count("\u3000") + 3 * blanks.count("\t")
