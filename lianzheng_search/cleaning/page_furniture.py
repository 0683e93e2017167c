"""Page numbers and running heads: which lines of a text are a page's and not the speech's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice, pairwise
from statistics import mean, pstdev

from ..model import Line
from ..text.characters import BLANK
from ..text.numerals import read_marker
from ..text.sentences import COLONS, SENTENCE_ENDS
from .edits import Edits
from .line_folding import fold_line, line_key
from .rules import Rules

PAGE_NUMBER, RUNNING_HEAD = "page-number", "running-head"
"""Rules under which lines are taken out."""

_FIGURES = "[0-9０-９]{1,4}"
_NUMBER = f"(?:{_FIGURES}|[一二三四五六七八九十百]{{1,4}})"
_RULED = r"[-—–－―─━‐·•・~～]+"
MARKED_NUMBER = re.compile(
    rf"""
    {_RULED}\s*{_FIGURES}\s*{_RULED}
  | [（(【\[]?(?:{_RULED})?\s*第\s*{_NUMBER}\s*页
    \s*+(?:[，,/／、|]?\s*+(?:共|总)\s*{_NUMBER}\s*页\s*+)?
    (?:{_RULED})?[）)】\]]?
  | [Pp](?:age|AGE)\s*{_FIGURES}(?:\s*(?:of|OF|/)\s*{_FIGURES})?
    """,
    re.VERBOSE,
)
"""
A page number that says of itself that it is one; a bare one must count on from page to page.

A PDF tells where on a page a line stands, so that its reader takes any number in a margin.
"""
# A line that is only 3 may be a page, the cell of a table or a list gone wrong.
BARE_NUMBER = re.compile(rf"(?P<page>{_FIGURES})(?:\s*[/／]\s*(?P<of>{_FIGURES}))?")
FIGURES = re.compile(_FIGURES)
LONGEST_HEAD = 40
"""Maximum length of a line at a page's edge, in code points; a longer one is text."""
WIDEST = 160
"""Maximum length of such a line with the blanks that place it, in code points."""
# What a page number can end in: nearly every line is ruled out by its last character, which
# costs far less than an expression.
COUNTER_ENDS = frozenset("0123456789０１２３４５６７８９页-—–－―─━‐·•・~～)）】]")
CENTRED = 8
"""Minimum indent of a number that stands in the middle of a page, in columns."""
LINES_OF_HEAD = 2
"""Maximum number of lines of a running head."""
NEAREST_LINES, NEAREST_FOR_RULES = 8, 6
"""Maximum distance from a page's edge of a running head, and of a line that a rule knows."""
LEAST_RECURRING = 4
"""Minimum number of places of a title that recurs without page numbers."""
REGULAR = 0.3
"""Maximum variation of the lengths of pages: standard deviation to mean."""
LEAST_PAGE = 250
"""Minimum length of a page, in code points: numbers that stand closer are no page numbers."""
LONGEST_SEQUENCE = 3000
"""Maximum number of lines of figures; more are a table."""
LONGEST_HEADING = 60
"""Maximum length of a line before the body, in code points."""
FRONT = 8
"""Number of first lines among which the title stands."""
LEAST_TORN = 13
"""Minimum length of a line that may break off in mid-sentence, in code points."""
FINISHED = (*SENTENCE_ENDS, *COLONS, *"…”’）》」』】.)")
"""What ends a sentence, a clause or a title: behind any of these, nothing was torn apart."""
INSIDE = re.compile("[，。、；：]")
"""Marks inside a sentence."""


def page_break_end(text: str) -> int:
    r"""
    Return the end of the page numbers before form feeds that open a line; 0 without any.

    >>> page_break_end("— 3 —\f 4 \f全县"), page_break_end("\f全县")
    (9, 0)
    """
    end = 0
    for part in text.split("\f")[:-1]:
        number = part.strip(BLANK)
        if number and not (FIGURES.fullmatch(number) or MARKED_NUMBER.fullmatch(number)):
            break
        end += len(part) + 1
    return end - 1 if text[:end].strip(BLANK) else 0


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
        elif number := BARE_NUMBER.fullmatch(text):
            bare.append((at, int(number["page"]), int(number["of"]) if number["of"] else None))
    if bare:
        taken |= dict.fromkeys(_counting(lines, bare), PAGE_NUMBER)
    # Whoever converts a PDF puts a form feed behind each page, so the edges are known without
    # numbers.
    if edits.fed and bare:  # the last page has no form feed behind its number
        last = next(at for at in range(len(lines) - 1, -1, -1) if lines[at].text.strip(BLANK))
        taken |= {at: PAGE_NUMBER for at, _, _ in bare if at == last}
    edges = set(taken)
    edges |= {at for at, line in enumerate(lines) if "\f" in line.text} if edits.fed else set()
    if edges:
        heads = _running_heads(lines, edges, taken)
        for at, rule in _known_lines(lines, edges, taken, rules):
            heads.setdefault(at, rule)
        taken |= heads
    taken |= _recurring_title(lines, taken)
    edits.drop(taken)


def _counting(lines: Sequence[Line], bare: Sequence[tuple[int, int, int | None]]) -> list[int]:
    """Return the lines, of those with a bare number, that count on at the distance of pages."""
    if len(bare) > LONGEST_SEQUENCE:
        return []
    starts = list(accumulate((len(line.text) for line in lines), initial=0))
    chains: dict[tuple[int, int | None], list[int]] = {}
    longest: list[list[int]] = []
    for at, page, of in bare:
        # A chain for each number that it has come to, not one list: figures of a table lie between
        # pages.
        before = chains.get((page - 1, of), [])
        # 1, 2, 3 close together are the points of a list, or years in a row.
        if before and starts[at] - starts[before[-1]] < LEAST_PAGE:
            continue
        chain = [*before, at]
        chains[page, of] = chain
        longest = [other for other in longest if other is not before]
        longest.append(chain)
    totals = {at: of for at, _page, of in bare}
    counting: list[int] = []
    for chain in longest:
        of = totals[chain[0]]
        fed = any("\f" in lines[near].text for at in chain for near in _near(lines, at))
        torn = sum(_is_torn(lines, at) for at in chain)
        centred = all(indent_of(lines[at].text) >= CENTRED for at in chain)
        if centred and (torn or len(chain) == len(bare) == 1):
            counting += chain
            continue
        # That numbers count on a page apart is not enough, since chapters do so too. Only a page
        # breaks sentences off: half of the numbers must do so, unless 3/12 or a form feed says it.
        certain = of is not None or fed or 2 * torn >= len(chain)
        if (len(chain) > 2 or (len(chain) > 1 and (of or fed))) and certain:
            counting += chain
    return counting


def _near(lines: Sequence[Line], at: int) -> list[int]:
    """Return the next lines above and below that are not blank."""
    near = []
    for order in (range(at - 1, -1, -1), range(at + 1, len(lines))):
        near += [next((other for other in order if lines[other].text.strip(BLANK)), at)]
    return [other for other in near if other != at]


def _is_torn(lines: Sequence[Line], at: int) -> bool:
    """Check whether a sentence goes on over a line."""
    above = next((text for n in range(at - 1, -1, -1) if (text := lines[n].text.strip(BLANK))), "")
    return len(above) >= LEAST_TORN and not above.endswith(FINISHED)


def _sides(lines: Sequence[Line], edge: int) -> tuple[range, range]:
    """Return the lines above an edge, from it upwards, and those from it on."""
    return range(edge - 1, -1, -1), range(edge, len(lines))


def _running_heads(
    lines: Sequence[Line], edges: set[int], taken: Mapping[int, str]
) -> dict[int, str]:
    """Find the lines beside page numbers that recur there, and nearly only there."""
    heads: dict[int, str] = {}
    everywhere = Counter(
        line_key(line.text) for line in lines if len(line.text) <= LONGEST_HEAD and line.text
    )
    # Round by round: the second line of a head stands beside the number only when the first is
    # gone.
    for _line_of_head in range(LINES_OF_HEAD):
        beside: set[int] = set()
        for edge in edges:
            for side in _sides(lines, edge):
                near = (n for n in side[:NEAREST_LINES] if n not in taken and n not in heads)
                at = next((n for n in near if lines[n].text.strip(BLANK)), None)
                if at is not None and _may_be_head(lines[at].text):
                    beside.add(at)
        keys = {at: line_key(lines[at].text) for at in beside}
        counts = Counter(keys.values())
        # Two more places may be the title, and where the text speaks of it.
        recurring = [at for at, key in keys.items() if 1 < counts[key] >= everywhere[key] - 2]
        if not recurring:
            break
        heads |= dict.fromkeys(recurring, RUNNING_HEAD)
    _spare_title(lines, heads, edges)
    return heads


def _known_lines(
    lines: Sequence[Line], edges: set[int], taken: Mapping[int, str], rules: Rules
) -> Iterator[tuple[int, str]]:
    """Yield (line, rule) of the lines next to page numbers that a rule takes there."""
    candidates = [rule for rule in rules.rules if rule.needs == "page"]
    for edge in sorted(edges):
        for side in _sides(lines, edge):
            near = (n for n in side[:NEAREST_FOR_RULES] if n not in taken)
            at = next((n for n in near if lines[n].text.strip(BLANK)), None)
            if at is None or len(lines[at].text) > WIDEST:
                continue
            folded = fold_line(lines[at].text)
            if rule := next((rule for rule in candidates if rule.match(folded)), None):
                yield at, rule.name


def _spare_title(lines: Sequence[Line], heads: dict[int, str], edges: set[int]) -> None:
    """Leave the title where it stands first, if every other line like it goes."""
    body = next((at for at, line in enumerate(lines) if "。" in line.text), len(lines))
    front = list(islice((at for at in range(body) if lines[at].text.strip(BLANK)), FRONT))
    for key in {line_key(lines[at].text) for at in front if at in heads}:
        same = [at for at in front if line_key(lines[at].text) == key]
        left = [at for at in same if at not in heads]
        # The title of a speech is often its running head as well. One of them must stay, or
        # the speech would have no title.
        if not left and not any(edge < same[-1] for edge in edges if edge > same[0]):
            del heads[same[-1]]


def _recurring_title(lines: Sequence[Line], taken: Mapping[int, str]) -> dict[int, str]:
    """Find a line before the body that stands again and again, a page apart."""
    texts = [line.text for line in lines]
    recurring: dict[int, str] = {}
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
        # The first gap is left out, for the front page holds less text than the others.
        gaps = [starts[b] - starts[a] for a, b in pairwise(places)][1:]
        # Pages are of about one length; a slogan that a speech comes back to stands at any
        # distance.
        if min(gaps) >= LEAST_PAGE and pstdev(gaps) < REGULAR * mean(gaps):
            recurring |= dict.fromkeys(places[1:], RUNNING_HEAD)
    return recurring


def _may_be_head(line: str) -> bool:
    text = line.strip(BLANK)
    return (
        # A head is a title: long enough to be one, no sentence, no salutation, no heading with a
        # number.
        4 <= len(text) <= LONGEST_HEAD
        and not INSIDE.search(text.replace("：", "", 1))  # a title may begin with the speaker
        and not text.endswith(tuple("：！？!?;:,"))
        and not text.startswith(("（", "("))
        and not read_marker(text)
        and sum("\u4e00" <= character <= "\u9fff" for character in text) >= 4
    )


def indent_of(text: str) -> int:
    """Return how far a line is indented, in columns: 2 for a wide blank, 4 for a tab."""
    blanks = text[: len(text) - len(text.lstrip(BLANK))].rpartition("\f")[2]
    return len(blanks) + blanks.count("\u3000") + 3 * blanks.count("\t")
