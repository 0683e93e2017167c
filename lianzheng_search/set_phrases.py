"""Texts -> set phrases (提法): strings that recur and stand as units, with dates and variants."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from math import log2

from .analysis import fold
from .backends import Backend
from .model import SpeechInfo, Value
from .repeats import (
    Haystack,
    Progress,
    Repeat,
    around,
    before,
    ends_of_pairs,
    grow,
    haystack,
    owners_of,
)
from .selection import SelectedSpeech, Selection, folded_text, folded_texts

SHORTEST, LONGEST = 4, 30
"""In characters; what is longer is a quotation."""
JOINTS = "、，"
QUOTES = "“‘《》"
MARKS = QUOTES + "·" + JOINTS
"""What may stand inside a phrase besides letters; folding makes ” the same as “."""
NUMERALS = frozenset("0123456789〇零一二三四五六七八九十百千万亿第年月日")
ENUMERATING = JOINTS + "是要"
FUNCTION = frozenset("的和与及对在把是以为从向被将让使要并也都就又还等了着过而或且于")
"""A word is over before one of these, and begins after one."""
NEVER_OPENING = JOINTS + "》·"
NEVER_FIRST = frozenset("的和与及了着们等而或且并也都就又还之得地者届年月日是要")
CLAUSE_FIRST = frozenset("为对在把以从向被将让使有到个请报处不")
CLAUSE_LAST = frozenset("上下中里内后前来去于")
NEVER_LAST = frozenset(
    "的和与及而或且并也都就又还之得地把被对从向将让使是在以要很更最每各其这那个了着们等不为有到过"
)
"""
With these a phrase begins, or ends, only in a word (对外, 方向), or as clauses do.

CLAUSE of the occurrences then begin, or end, one.
"""
CLAUSE = 0.3
APART = "的了是要和与及或也都就"
FIRST_WORDS = re.compile(
    "[这那每本该此其]|各[位种类项个]|谢谢|同志|女士|先生|朋友|大家|一[些个种]|有[的关]|所有|任何|过去"
    "|未来|今年|去年|目前|当前|同时|另[外一]|因[此为]|所以|但是|如果|只[有要]|[就都也还]是|必须|应[该当]"
    "|可以|能够|需要|特别是|尤其|[例比]如|为了|根据|按照|通过|[关对由]于|下面|首先|其次|最后|表示|希望"
    "|新的|没有|已经|正在|回去"
)
LAST_WORDS = re.compile(
    "(应[当该]|必须|可以|能够|需要|进行|没有|特别是|以及|[对关]于|通过|已经|正在|不断|继续|面临|进一步"
    "|更加|一[些个]|各种)$"
)
PERSONS = frozenset("我你他她它们咱")
MANNER = re.compile(
    "进一步|不断|充分|继续|逐步|更加|广泛|大力|积极|基本|深入|稳步|认真|切实|明显|显著|高度|坚决|始终|共同"
    "|相互|扎实|统筹|真正|及时|努力"
)
"""How something is done: with one word after it (不断提高) it says nothing in particular."""
WITH_MANNER = 7
BORDERS = {4: 0.4, 5: 0.2}
KNOWN = 0.6
"""
So great a part of the occurrences, left and right added, stands at a clause's border.

A short string is a term rather than a phrase where it never stands alone; of a known word so much
less is asked.
"""
CLEAN, CLEAN_SHORT, CLEAN_OF_FEW = 0.12, 0.2, 0.3
SHORT, FEW = 5, 8
"""
And so great a part on each side, next to a function word counted in.

More is asked of those with so many characters or fewer, and of those found less than so often.
"""
ALONE = 0.03
"""Of the shortest ones so great a part begins, and ends, a clause."""
SAME_NEIGHBOUR = 0.67
NESTED = 0.6
"""A phrase that so often stands in one longer phrase is a part of that."""
CLOSE, CLOSE_ENOUGH = 6, 8
"""
From so many characters on, phrases are variants of which one has one more inside, or another.

Short ones that differ so are different: 社会主义道路, 社会主义道德.
"""
JOINED = 0.25
"""So often, on each side, phrases of unlike parts joined by 、 or ， are clauses."""
CONTRARY = NUMERALS | frozenset("不未没无非")
"""What, exchanged, makes another phrase."""
SORTS = ("weight", "speeches", "hits", "first", "last", "length")
IsWord = Callable[[str], bool]
Side = tuple[float, float, float]


class Variant(Value, frozen=True, kw_only=True):
    """Another form of a phrase: its punctuation, its order, or one character differs."""

    phrase: str
    hits: int
    speeches: int


class SetPhrase(Value, frozen=True, kw_only=True):
    """
    A phrase as it is first printed; the fields are the keys of its JSON line.

    `hits` are what a search for it counts, `speeches` those that hold it, neither with those of
    its variants. `first` and `last` are the dates of the earliest and latest speech known, ISO
    8601; `undated` of the speeches have no date and speak for neither.
    """

    phrase: str
    hits: int
    speeches: int
    first: str | None
    first_speech: str | None
    last: str | None
    last_speech: str | None
    undated: int = 0
    variants: tuple[Variant, ...] = ()


class SetPhrases(Value, frozen=True, kw_only=True):
    """
    The phrases asked for, in order, of `total` in all.

    They were looked for in so many `speeches`, and each stands in `least` of these or more.
    """

    phrases: tuple[SetPhrase, ...]
    total: int
    speeches: int
    least: int
    undated: int


class Candidate(Value, frozen=True, kw_only=True):
    """A folded string, how often it occurs, and the numbers of the speeches that hold it."""

    string: str
    hits: int
    owners: Sequence[int]

    @property
    def weight(self) -> float:
        """Weigh it: in many speeches, and long, for long ones recur less."""
        return len(self.owners) * log2(max(2, len(bare(self.string)) - 2))


def set_phrases(
    backend: Backend,
    selection: Selection,
    text: str | None = None,
    *,
    least: int | None = None,
    sort: str = "weight",
    limit: int = 0,
    new_since: str | None = None,
    gone_since: str | None = None,
    progress: Progress = lambda done, whole: None,
) -> SetPhrases:
    """
    Find the set phrases of a selection, or those that hold a text.

    Each stands in `least` speeches or more; by default in two, or in one of forty where that is
    more. `new_since` leaves those first used on this date or later, `gone_since` those last used
    before it; phrases without any date are then left out. `limit` 0 is all.
    """
    speeches = selection.speeches
    if least is None:
        least = default_least(0 if text else len(speeches))
    wanted = fold(text or "").strip()
    texts = [folded_text(backend, speech.refs) for speech in speeches]
    if wanted:
        texts = [around(one, wanted, reach=LONGEST) for one in texts]
    found = candidates(
        haystack(texts, str.isalnum, marks=MARKS),
        wanted,
        least=least,
        is_word=backend.is_word,
        progress=progress,
    )
    dated: list[tuple[Candidate, SetPhrase]] = []
    for head, variants in clustered(found):
        phrase = _dated(head, variants, [speech.info for speech in speeches])
        if _in_use(phrase, new_since, gone_since):
            dated.append((head, phrase))
    dated.sort(key=lambda pair: _order(*pair, sort=sort))
    shown = dated[:limit] if limit else dated
    return SetPhrases(
        phrases=tuple(_as_printed(backend, speeches, head, one) for head, one in shown),
        total=len(dated),
        speeches=len(speeches),
        least=least,
        undated=sum(speech.info.date is None for speech in speeches),
    )


def default_least(speeches: int) -> int:
    """
    Say in how many of so many speeches a phrase stands to be one.

    >>> default_least(13), default_least(5000)
    (2, 125)
    """
    return max(2, speeches // 40)


def candidates(
    hay: Haystack, wanted: str = "", *, least: int, is_word: IsWord, progress: Progress
) -> list[Candidate]:
    """
    Find the strings that hold a text, stand in so many texts, and are units.

    The text itself, where it recurs, is one of them in any case.
    """
    whole = len(hay.text)
    pairs = ends_of_pairs(hay, least=least, progress=lambda done, _all: progress(done, 3 * whole))
    repeats = grow(
        hay,
        {pair: ends for pair, ends in pairs.items() if pair[0] not in NEVER_OPENING},
        longest=max(LONGEST, len(wanted)),
        hits=least,
        speeches=least,
        every=bool(wanted),
        bound=frozenset() if wanted else hay.letters - set(APART),
        progress=lambda done, all_: progress(whole + 2 * whole * done // all_, 3 * whole),
    )
    found, knows = {}, cache(is_word)
    for repeat in repeats:
        string = repeat.string
        if wanted in string and (string == wanted or is_unit(hay, repeat, knows)):
            own = owners_of(hay, repeat)
            found[string] = Candidate(string=string, hits=repeat.hits, owners=own)
    parts = _nested(found) - {wanted}
    return [one for string, one in found.items() if string not in parts]


def is_unit(hay: Haystack, repeat: Repeat, is_word: IsWord) -> bool:
    """
    Tell whether a string stands as a unit: well formed, and with clear borders on both sides.

    The borders: it is not for the most part continued by the same character, stands at a clause's
    border or next to a function word often enough, and does not cut a word of the index.
    """
    string = repeat.string
    if len(string) < SHORTEST:
        return False
    right = _side(string, repeat.after, apart="")
    if right[2] > SAME_NEIGHBOUR or not _well_formed(string):
        return False
    preceding = before(hay, repeat)
    left = _side(string, preceding, apart=APART)
    if left[2] > SAME_NEIGHBOUR:
        return False
    if not _stands_clear(string, left, right, few=len(repeat.ends) < FEW, is_word=is_word):
        return False
    return (
        _begins(string, left, is_word)
        and _ends(string, right, is_word)
        and (len(set(_parts(string))) == 1 or left[0] >= JOINED <= right[0])
        and not _cut(preceding, lambda character: is_word(character + string[0]))
        and not _cut(repeat.after, lambda character: is_word(string[-1] + character))
    )


def _stands_clear(string: str, left: Side, right: Side, *, few: bool, is_word: IsWord) -> bool:
    """Tell whether a string is often enough at the border of a clause, and of words."""
    length = len(bare(string))
    needed = BORDERS.get(length, 0)
    borders, clean = left[0] + right[0], min(left[1], right[1])
    asked = CLEAN_OF_FEW if few else CLEAN_SHORT if length <= SHORT else CLEAN
    alone = length > SHORTEST or min(left[0], right[0]) >= ALONE
    if borders >= needed and clean >= asked and (alone or few):
        return True
    enough = few or length > SHORTEST or clean >= CLEAN
    return borders >= needed * KNOWN and enough and is_word(string)


def _side(string: str, beside: Counter[str], *, apart: str) -> Side:
    """
    Measure a border: the shares at a clause's border, there or at a function word, at one other.

    Next to a phrase with 、 or ， in it the same is no border (科技、教育 goes on in
    科技、教育、文化), nor is 、 next to one with ，; a quotation mark is half a border, for it may
    be the end of a quotation before the phrase. Of the function words `apart` even one that always
    stands here is not of the phrase.
    """
    whole = beside.total()
    own = JOINTS if "，" in string else "、" if "、" in string else ""
    hard = soft = most = 0
    for character, count in beside.items():
        if character.isalnum() or character in own:
            soft += count if character in FUNCTION else 0
            most = max(most, 0 if character in apart else count)
        elif character in QUOTES:
            soft += count
        else:
            hard += count
    return hard / whole, (hard + soft) / whole, most / whole


def _begins(string: str, left: Side, is_word: IsWord) -> bool:
    weak = string[0] in NEVER_FIRST or (string[0] in CLAUSE_FIRST and left[0] < CLAUSE)
    return not weak or any(is_word(string[:length]) for length in (2, 3, 4))


def _ends(string: str, right: Side, is_word: IsWord) -> bool:
    if string[-1] in CLAUSE_LAST:
        return right[0] >= CLAUSE
    return string[-1] not in NEVER_LAST or any(is_word(string[-length:]) for length in (2, 4))


def _parts(string: str) -> list[int]:
    """Measure the parts of a string that 、 and ， join."""
    return [len(part) for part in string.replace("，", "、").split("、")]


def _cut(beside: Counter[str], makes_word: Callable[[str], bool]) -> bool:
    """Tell whether the greater part of the neighbours makes a word with the outermost character."""
    half = beside.total() / 2
    held = 0
    for character, count in beside.most_common():
        if held > half or held + count * len(beside) <= half:
            break
        if character.isalnum() and makes_word(character):
            held += count
    return held > half


def _well_formed(string: str) -> bool:
    own = bare(string)
    numerals = sum(character in NUMERALS for character in own)
    return (
        len(own) >= SHORTEST
        and string[-1] not in JOINTS + "《·"
        and _is_quoted_whole(string)
        and string.count("‘") % 2 == 0
        and string.count("《") == string.count("》")
        and numerals * 2 < len(own)
        and not (string[0] in NUMERALS and string[1] in ENUMERATING)
        and not own[0].isdecimal()
        and not own[-1].isdecimal()
        and not own.isascii()
        and PERSONS.isdisjoint(own)
        and not FIRST_WORDS.match(string)
        and not LAST_WORDS.search(string)
        and (len(own) >= WITH_MANNER or not MANNER.match(string))
        and _is_even(string)
    )


def _is_quoted_whole(string: str) -> bool:
    """Tell whether each quotation begins and ends in a string: 一国两制”、“港人治港 does not."""
    outside_and_in = string.split("“")
    return len(outside_and_in) % 2 == 1 and all(one[:1].isalnum() for one in outside_and_in[1::2])


def _is_even(string: str) -> bool:
    """Tell whether parts joined by 、 or ， belong together: of one length, or none a mere word."""
    parts = _parts(string)
    if len(parts) == 1:
        return True
    if len(set(parts)) == 1:
        return parts[0] > 2 or (parts[0] == 2 and len(parts) > 2)
    return min(parts) >= 4


def bare(string: str) -> str:
    """
    Leave the letters of a string.

    >>> bare("忠诚、干净、担当")
    '忠诚干净担当'
    """
    return "".join(filter(str.isalnum, string))


def _nested(found: Mapping[str, Candidate]) -> set[str]:
    """Name the strings that for the most part stand in one longer string."""
    parts = set()
    for string, one in found.items():
        for start in range(len(string)):
            for end in range(start + SHORTEST, len(string) + (start > 0)):
                inner = found.get(string[start:end])
                if inner is not None and one.hits >= NESTED * inner.hits:
                    parts.add(inner.string)
    return parts


def clustered(found: Iterable[Candidate]) -> Iterable[tuple[Candidate, list[Candidate]]]:
    """
    Put variants under their most frequent form: other punctuation, order, or one character.

    The forms come by hits; of equal ones the first in code point order is the head. What only has
    one character more before or after it (是 + the phrase) is left out.
    """
    heads: dict[str, Candidate] = {}
    clusters: dict[str, tuple[Candidate, list[Candidate]]] = {}
    for one in sorted(found, key=lambda one: (-one.hits, one.string)):
        keys = list(_keys(one.string))
        near = (heads[key] for key in keys if key in heads)
        head = next((head for head in near if is_near(head.string, one.string)), None)
        if head is not None:
            if is_variant(head.string, one.string):
                clusters[head.string][1].append(one)
            continue
        clusters[one.string] = (one, [])
        for key in keys:
            heads.setdefault(key, one)
    return clusters.values()


def _keys(string: str) -> Iterator[str]:
    """Give what a string shares with its variants: its letters, those sorted, those but one."""
    own = bare(string)
    yield own
    if len(own) > SHORTEST:
        yield "".join(sorted(own))
    if len(own) >= CLOSE - 1:
        for at in range(len(own)):
            yield own[:at] + own[at + 1 :]


def is_near(one: str, other: str) -> bool:
    """
    Tell whether two phrases are forms of one, or one is the other and a character.

    >>> is_near("中央八项规定精神", "是中央八项规定精神"), is_near("不敢腐", "不能腐")
    (True, False)
    """
    a, b = sorted((bare(one), bare(other)), key=len)
    return is_variant(one, other) or (
        len(a) >= CLOSE - 1 and len(b) == len(a) + 1 and a in (b[1:], b[:-1])
    )


def is_variant(one: str, other: str) -> bool:
    """
    Tell whether two phrases are forms of one.

    >>> is_variant("忠诚干净担当", "忠诚、干净、担当"), is_variant("忠诚干净担当", "干净忠诚担当")
    (True, True)
    >>> is_variant("党的十八大召开以来", "党的十九大召开以来"), is_variant("不敢腐", "不能腐")
    (False, False)
    """
    a, b = sorted((bare(one), bare(other)), key=len)
    if a == b or (len(a) == len(b) > SHORTEST and sorted(a) == sorted(b)):
        return True
    start = next((n for n in range(len(a)) if a[n] != b[n]), len(a))
    rest = len(b) - start - 1
    if a[len(a) - rest :] != b[start + 1 :]:
        return False
    if len(a) < len(b):
        return len(b) >= CLOSE and 0 < start < len(b) - 1 and b[start] not in CONTRARY
    return len(b) >= CLOSE_ENOUGH and CONTRARY.isdisjoint((a[start], b[start]))


def _dated(head: Candidate, variants: list[Candidate], infos: Sequence[SpeechInfo]) -> SetPhrase:
    own = [infos[owner] for owner in head.owners]
    dated = sorted((info.date, info.id) for info in own if info.date is not None)
    first, last = (dated[0], dated[-1]) if dated else ((None, None), (None, None))
    return SetPhrase(
        phrase=head.string,
        hits=head.hits,
        speeches=len(own),
        first=first[0],
        first_speech=first[1],
        last=last[0],
        last_speech=last[1],
        undated=len(own) - len(dated),
        variants=tuple(
            Variant(phrase=one.string, hits=one.hits, speeches=len(one.owners)) for one in variants
        ),
    )


def _in_use(phrase: SetPhrase, new_since: str | None, gone_since: str | None) -> bool:
    """Tell whether a phrase came up, and went out of use, when it was asked for."""
    if phrase.first is None or phrase.last is None:
        return not (new_since or gone_since)
    return (not new_since or phrase.first >= new_since) and (
        not gone_since or phrase.last < gone_since
    )


def _order(head: Candidate, phrase: SetPhrase, *, sort: str) -> tuple[object, ...]:
    """Give what phrases are sorted by: the most first, the earliest first use, the latest last."""
    last = tuple(-ord(character) for character in phrase.last or "")
    by = {
        "weight": -head.weight,
        "speeches": -phrase.speeches,
        "hits": -phrase.hits,
        "first": phrase.first or "~",
        "last": (phrase.last is None, last),
        "length": -len(bare(head.string)),
    }[sort]
    return (by, -phrase.speeches, -phrase.hits, head.string)


def _as_printed(
    backend: Backend, speeches: Sequence[SelectedSpeech], head: Candidate, phrase: SetPhrase
) -> SetPhrase:
    """Replace the folded text of a phrase by what stands where it is found first."""
    from msgspec.structs import replace

    refs = speeches[head.owners[0]].refs
    at = folded_text(backend, refs).index(head.string)
    starts = accumulate([len(text) for _ref, text in folded_texts(backend, refs)], initial=0)
    own, start = max((n, start) for n, start in enumerate(starts) if start <= at)
    at, ref = at - start, refs[own]
    line = backend.line(ref)
    at += sum(len(passage.text) for passage in line.passages[: ref - line.first])
    printed = "".join([passage.text for passage in line.passages])
    return replace(phrase, phrase=printed[at : at + len(head.string)])
