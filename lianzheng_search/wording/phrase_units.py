"""A string and its neighbours -> whether it stands as a unit, as set phrases do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from ..text.folding import letters
from .repeated_strings import Haystack, Repeat, before

SHORTEST = 4
"""Minimum length of a phrase, in letters; three are a word."""
JOINTS = "、，"
QUOTES = "“‘《》"
MARKS = QUOTES + "·" + JOINTS
"""What may stand inside a phrase besides letters; folding makes ” the same as “."""
NEVER_OPENING = JOINTS + "》·"
# The lists and shares below answer one question: which of the many strings that recur would a
# writer recognise as a phrase? Statistics alone cannot tell, because formulas around a phrase
# (进一步加强…) recur as often as the phrase itself.
NUMERALS = frozenset("0123456789〇零一二三四五六七八九十百千万亿第年月日")
ENUMERATING = JOINTS + "是要"
FUNCTION = frozenset("的和与及对在把是以为从向被将让使要并也都就又还等了着过而或且于")
"""A word is over before one of these, and begins after one."""
APART = "的了是要和与及或也都就"
"""What always stands before a phrase, if it is one of these, is still no part of it."""
NEVER_FIRST = frozenset("的和与及了着们等而或且并也都就又还之得地者届年月日是要")
NEVER_LAST = frozenset(
    "的和与及而或且并也都就又还之得地把被对从向将让使是在以要很更最每各其这那个了着们等不为有到过"
)
"""With these a phrase begins, or ends, only in a word: 和谐, 方向."""
CLAUSE_FIRST = frozenset("为对在把以从向被将让使有到个请报处不")
CLAUSE_LAST = frozenset("上下中里内后前来去于")
CLAUSE = 0.3
"""Minimum share of occurrences at a clause's border for these to begin, or end, a phrase."""
FIRST_WORDS = re.compile(
    "[这那每该此其]|本[届次年部地省市县条]|各[位种类项个]|谢谢|同志|女士|先生|朋友|大家|一[些个种]"
    "|有[的关]|所有|任何|过去|未来|今年|去年|目前|当前|同时|另[外一]|因[此为]|所以|但是|如果|只[有要]"
    "|[就都也还]是|必须|应[该当]|可以|能够|需要|特别是|尤其|[例比]如|为了|根据|按照|通过|[关对由]于"
    "|下面|首先|其次|最后|表示|希望|新的|没有|已经|正在|回去"
)
LAST_WORDS = re.compile(
    "(应[当该]|必须|可以|能够|需要|进行|没有|特别是|以及|[对关]于|通过|已经|正在|不断|继续|面临|进一步"
    "|更加|一[些个]|各种)$"
)
PERSONS = re.compile("(?<!自)我|[你他她它咱们]")
"""What no phrase begins with, ends with, holds."""
MANNER = re.compile(
    "进一步|不断|充分|继续|逐步|更加|广泛|大力|积极|稳步|认真|切实|明显|显著|坚决|始终|相互|扎实|真正"
    "|及时|努力|高度重视|基本[实完形建解]|深入[开推贯实研]|共同[努推]"
)
WITH_MANNER = 7
"""Minimum letters of a phrase that opens with how something is done: 不断提高 says too little."""
# All shares below are parts of the occurrences, from 0 to 1.
BORDERS = {4: 0.4, 5: 0.2}
"""
Minimum share of occurrences at a clause's border, left and right added, by length in letters.

A short string that never stands alone is a term rather than a phrase.
"""
KNOWN = 0.6
"""Factor by which that share is lowered for a word of the index."""
ALONE = 0.03
"""Minimum share of occurrences of the shortest strings that begin, and that end, a clause."""
CLEAN, CLEAN_SHORT, CLEAN_OF_FEW = 0.12, 0.2, 0.3
SHORT, FEW = 5, 8
"""
Minimum share of occurrences, on each side, at a clause's border or next to a function word.

It is greater for strings of at most SHORT letters, and for those with fewer than FEW occurrences.
"""
SAME_NEIGHBOUR = 0.67
"""Maximum share of occurrences next to the same letter; with more it is a piece of a phrase."""
JOINED = 0.25
"""Minimum share at a clause's border, on each side, of a phrase whose joined parts are unlike."""
IsWord = Callable[[str], bool]
Side = tuple[float, float, float]


def is_unit(hay: Haystack, repeat: Repeat, is_word: IsWord) -> bool:
    """
    Check whether a string stands as a unit: well formed, and with clear borders on both sides.

    The borders: it is not for the most part continued by the same character, stands at a clause's
    border or next to a function word often enough, and does not cut a word of the index.
    """
    string = repeat.string
    if len(string) < SHORTEST:
        return False
    # Cheap tests first: what follows is counted already, what precedes has to be counted over all
    # occurrences, and most strings fail here.
    right = _side(string, repeat.after, apart="")
    if right[2] > SAME_NEIGHBOUR or not _well_formed(string):
        return False
    preceding = before(hay, repeat)
    left = _side(string, preceding, apart=APART)
    # In few occurrences shares jump: two of five is 0.4 by chance, so more is asked.
    few = len(repeat.ends) < FEW
    return (
        left[2] <= SAME_NEIGHBOUR
        and _stands_clear(string, left, right, few=few, is_word=is_word)
        and _begins(string, left, is_word)
        and _ends(string, right, is_word)
        # Parts of one length (忠诚、干净、担当) are built to stand together; unlike ones are
        # clauses that happen to meet, unless they mostly stand by themselves.
        and (len(set(map(len, parts_of(string)))) == 1 or left[0] >= JOINED <= right[0])
        # 社会 crosses the left border of 会主义道路, however often that recurs.
        and not _cut(preceding, lambda character: is_word(character + string[0]))
        and not _cut(repeat.after, lambda character: is_word(string[-1] + character))
    )


def _stands_clear(string: str, left: Side, right: Side, *, few: bool, is_word: IsWord) -> bool:
    """Check whether a string is often enough at the border of a clause, and of words."""
    length = len(letters(string))
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
            # A preceding 的 is common before every phrase; a preceding 中 may be the lost first
            # character.
            most = max(most, 0 if character in apart else count)
        # Folding has made one mark of “ and ”: it may close what came before as well as open this.
        elif character in QUOTES:
            soft += count
        else:
            hard += count
    return hard / whole, (hard + soft) / whole, most / whole


def _begins(string: str, left: Side, is_word: IsWord) -> bool:
    weak = string[0] in NEVER_FIRST or (string[0] in CLAUSE_FIRST and left[0] < CLAUSE)
    # 和 begins no phrase, but 和谐 does: the words of the index decide, not the character.
    return not weak or any(is_word(string[:length]) for length in (2, 3, 4))


def _ends(string: str, right: Side, is_word: IsWord) -> bool:
    if string[-1] in CLAUSE_LAST:
        return right[0] >= CLAUSE
    return string[-1] not in NEVER_LAST or any(is_word(string[-length:]) for length in (2, 4))


def parts_of(string: str) -> list[str]:
    """
    Return the parts of a string that 、 and ， join.

    >>> parts_of("忠诚、干净、担当")
    ['忠诚', '干净', '担当']
    """
    return string.replace("，", "、").split("、")


def _cut(beside: Counter[str], makes_word: Callable[[str], bool]) -> bool:
    """Check whether the most neighbours make a word with the outermost character."""
    half = beside.total() / 2
    held = 0
    # Descending, so that the loop ends as soon as the majority is reached or cannot be any more.
    for character, count in beside.most_common():
        if held > half or held + count * len(beside) <= half:
            break
        if character.isalnum() and makes_word(character):
            held += count
    return held > half


def _well_formed(string: str) -> bool:
    own = letters(string)
    numerals = sum(character in NUMERALS for character in own)
    return (
        len(own) >= SHORTEST
        and string[-1] not in JOINTS + "《·"
        and _is_quoted_whole(string)
        and string.count("‘") % 2 == 0
        and string.count("《") == string.count("》")
        # 2012年以来 and 第三季度 recur as often as any phrase.
        and numerals * 2 < len(own)
        # 一是…, 二要…, 三、…: the number belongs to the outline.
        and not (string[0] in NUMERALS and string[1] in ENUMERATING)
        and not own[0].isdecimal()
        and not own[-1].isdecimal()
        and not own.isascii()
        and not PERSONS.search(own)
        and not FIRST_WORDS.match(string)
        and not LAST_WORDS.search(string)
        and (len(own) >= WITH_MANNER or not MANNER.match(string))
        and _is_even(string)
    )


def _is_quoted_whole(string: str) -> bool:
    """Check whether each quotation begins and ends in a string: 一国两制”、“港人治港 does not."""
    outside_and_in = string.split("“")
    return len(outside_and_in) % 2 == 1 and all(one[:1].isalnum() for one in outside_and_in[1::2])


def _is_even(string: str) -> bool:
    """Check whether parts joined by 、 or ， belong together: of one length, or none a word."""
    parts = [len(part) for part in parts_of(string)]
    if len(parts) == 1:
        return True
    # 学习、工作 is two words side by side; three of them, or longer ones, are a formula.
    if len(set(parts)) == 1:
        return parts[0] > 2 or (parts[0] == 2 and len(parts) > 2)
    return min(parts) >= 4
