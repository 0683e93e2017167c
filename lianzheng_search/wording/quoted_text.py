"""The folded text of a speech -> what is in quotation marks or quoted: by whom, or a mere term."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .. import data
from ..search.speech_texts import Place, SpeechText
from ..text.folding import letters
from .attribution import (
    LONGEST_SENTENCE,
    QUOTED,
    QUOTED_SENTENCE,
    SELF,
    Lead,
    after,
    lead,
    owner,
)
from .speakers import NO_PERSONS, Speakers

WORDS = data.word_lists("quotations.txt")
MARK = re.compile("[“‘「『]")
# The ’ of it's is no quotation mark; folded, it looks like one.
DOUBLE, SINGLE = re.compile("“"), re.compile("(?<![a-z0-9])‘|‘(?![a-z0-9])")
CORNERS = re.compile("「[^「」\n]*」|『[^『』\n]*』")
CHAINED = re.compile(f"[{QUOTED}{QUOTED_SENTENCE}](?:[、，；和与及]|以及)?$")
"""Before a quotation that only goes on from the one before it."""
SENTENCE_END = "。！？；…"
CLOSED_BY = "，。；、！？“‘」』…—）："
INNER_STOP = re.compile("[，。；！？：、]")
CLAUSES = re.compile("[，。；！？]")
HAN = re.compile("[一-鿿]")
COUNTED = re.compile("[一二三四五六七八九十两几多双][个种条大项届代学层不严实破立]")
BEFORE_NAME, AFTER_TERM = WORDS["before a name"], WORDS["after a term"]
REPORTING = [verb + mark for verb in WORDS["reporting"] for mark in "，："]
DEMAND = re.compile("(?:[新的项条需重]|重要)要求.$")
"""Where 要求 is a noun."""
SENTENCE = re.compile(f"[^。！？\n]{{0,{LONGEST_SENTENCE}}}[。！？]?")
SO_CALLED = ("所谓", "所谓：")
CONTEXT = 120
"""Number of characters before a quotation in which its source is looked for."""
READ_AFTER = 40
"""Number of characters after a quotation in which its source is looked for."""
MEMORY = 300
"""Number of characters before a quotation in which the person meant by 他 is looked for."""
MODAL = 4
"""Maximum number of characters between a verb and what it quotes: 要, 全党, 我们要."""
# The marks of this genre enclose far more terms (“四风”, “两学一做”) than
# quotations. Length, punctuation and the words around must agree; the weaker the
# other signs are, the more letters are asked for.
SAYING, WHOLE, OBJECT, LONG = 8, 7, 5, 16
"""Least number of letters of a saying, of a whole sentence, of a verb's object, of a long part."""


class Marked(NamedTuple):
    """A part of a folded text between quotation marks; `ended` is False where none closes it."""

    start: int
    end: int
    ended: bool


class Occurrence(NamedTuple):
    """
    One place where something is quoted, or a term is in quotation marks.

    `text` is folded; `source` is None where nobody is named. `quotation` is False for a term,
    `direct` for words without quotation marks.
    """

    place: Place
    text: str
    source: str | None
    quotation: bool
    direct: bool = True


def in_marks(speech: SpeechText, speakers: Speakers) -> Iterator[Occurrence]:
    """Yield all that is in quotation marks and starts in a selected passage, in reading order."""
    speakers = speakers.on(speech.info.date)
    for start, end, parts in marked_lines(speech.text):
        for part, verdict in _judge_line(speech.text, start, end, parts, speakers):
            place = speech.place(part.start, part.end)
            if place and (part.ended or verdict.quotation):
                text = speech.text[part.start : part.end]
                yield Occurrence(place, text, verdict.source, verdict.quotation)


def without_marks(speech: SpeechText, speakers: Speakers) -> Iterator[Occurrence]:
    """
    Yield what is quoted without quotation marks, up to the end of its sentence: 总书记指出，….

    Only where the sentence itself names somebody of the list; 他指出 is left out.
    """
    speakers = speakers.on(speech.info.date)
    named = frozenset(speakers.names.values())
    text = speech.text
    for end in _ends_of_reporting(text):
        line = text.rfind("\n", max(0, end - CONTEXT), end) + 1
        left = text[max(line, end - CONTEXT) : end]
        # Words in marks are the business of `in_marks`; 新的要求， is a noun; and testing for a
        # known name first spares the costly analysis at most places.
        if text[end] == "“" or DEMAND.search(left) or not speakers.first(left):
            continue
        introduced = lead(left[:-1] + "：", speakers)
        words = SENTENCE.match(text, end)
        if introduced and words and introduced.source in named and not introduced.gap:
            place = speech.place(*words.span())
            if place and len(letters(words[0])) >= SAYING:
                yield Occurrence(place, words[0], introduced.source, True, direct=False)


def _ends_of_reporting(text: str) -> list[int]:
    """Return where a verb of reporting and its ， or ： end, ascending."""
    ends = []
    for verb in REPORTING:
        at = text.find(verb)
        while at >= 0:
            ends.append(at + len(verb))
            at = text.find(verb, at + 1)
    return sorted(ends)


def marked_lines(text: str) -> Iterator[tuple[int, int, list[Marked]]]:
    r"""
    Yield the start and the end of each line with quotation marks, and what they enclose.

    Folding has made one mark of “ and ”, so they open and close by turns, line by line. Where one
    is left over, the quotation goes on in the next line, or has come from the one before.

    >>> lines = marked_lines("说：“甲“，“乙\n丙“\n")
    >>> [[(part.start, part.end) for part in parts] for _start, _end, parts in lines]
    [[(3, 4), (7, 8)], []]
    """
    carried = False
    end = 0
    while mark := MARK.search(text, end):
        start, end = text.rfind("\n", 0, mark.start()) + 1, text.find("\n", mark.start())
        end = end if end >= 0 else len(text)
        marks = [mark.start() for mark in DOUBLE.finditer(text, start, end)]
        # Line by line, so that one lost mark cannot turn the rest of a speech inside out.
        parts, carried = _paired(text, start, end, marks, carried) if marks else ([], carried)
        singles = [mark.start() for mark in SINGLE.finditer(text, start, end)]
        if singles:
            parts += _paired(text, start, end, singles, len(singles) % 2 == 1)[0]
        parts += [
            Marked(pair.start() + 1, pair.end() - 1, True)
            for pair in CORNERS.finditer(text, start, end)
        ]
        # What follows = is an attribute of some markup: <a href="…">.
        yield (
            start,
            end,
            sorted(part for part in parts if part.start < part.end and text[part.start - 2] != "="),
        )


def _paired(
    text: str, start: int, end: int, marks: list[int], carried: bool
) -> tuple[list[Marked], bool]:
    """Pair the marks of one line; return what they enclose, and if one is open at its end."""
    # An odd number says that a mark is lost or a quotation crosses the line end. A line that begins
    # with the mark reopens a long quotation, as print does at each paragraph; a single mark after a
    # full stop at the end of the line closes one that nothing opened.
    odd = len(marks) % 2 == 1
    begins = not text[start : marks[0]].strip()
    after_stop = text[marks[0] - 1] in SENTENCE_END
    if carried and not begins and (odd or after_stop):
        marks, carried = marks[1:], False
    elif odd and not carried and len(marks) == 1 and after_stop and marks[0] == end - 1:
        return [], False
    elif carried and begins:
        carried = False
    parts = [Marked(a + 1, b, True) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:
        parts.append(Marked(marks[-1] + 1, end, False))
        carried = True
    return parts, carried


class _Verdict(NamedTuple):
    source: str | None
    quotation: bool


class _Part(NamedTuple):
    """
    A part in quotation marks, and what is around it on its line, all folded.

    `letters` is the number of its letters; `stops` says that it has punctuation, `closed` that it
    ends a clause.
    """

    left: str
    text: str
    right: str
    letters: int
    stops: bool
    closed: bool
    ended: bool
    nested: bool

    @property
    def saying(self) -> bool:
        """Whether it is long enough to be a saying, not a term."""
        return self.letters >= SAYING or (self.stops and self.letters > OBJECT)


NOTHING = _Verdict(None, False)


def _judge_line(
    text: str,
    start: int,
    end: int,
    parts: Sequence[Marked],
    speakers: Speakers,
    *,
    nested: bool = False,
) -> Iterator[tuple[Marked, _Verdict]]:
    """Yield the verdict on each part of a line in marks; those inside another one come after it."""
    left, cursor, at = "", start, 0
    before, last = NOTHING, ""
    while at < len(parts):
        part = parts[at]
        after_inner = at + 1
        while after_inner < len(parts) and parts[after_inner].end < part.end:
            after_inner += 1
        left = left[-CONTEXT:] + text[cursor : part.start - 1]
        verdict = NOTHING
        # Most marked parts are terms of two to four characters: they need no analysis.
        if part.end - part.start >= OBJECT or left.endswith("："):
            earlier = (text[max(0, part.start - MEMORY) : cursor], text[cursor : part.start])
            in_context = _in_context(text, part, left, end, nested=nested)
            verdict = _judge(in_context, before, last, earlier, speakers)
        yield part, verdict
        if after_inner > at + 1:
            inner = parts[at + 1 : after_inner]
            yield from _judge_line(text, part.start, part.end, inner, speakers, nested=True)
        # What was quoted is replaced by one sign: its words must not introduce the next quotation.
        left += QUOTED_SENTENCE if text[part.end - 1] in SENTENCE_END else QUOTED
        cursor = part.end + part.ended
        before, last = verdict, verdict.source or last
        at = after_inner


def _in_context(text: str, part: Marked, left: str, end: int, *, nested: bool) -> _Part:
    inside = text[part.start : part.end]
    right = text[part.end + 1 : min(end, part.end + 1 + READ_AFTER)]
    return _Part(
        left=left,
        text=inside,
        right=right,
        letters=len(letters(inside)),
        stops=bool(INNER_STOP.search(inside)),
        closed=inside[-1] in SENTENCE_END or right[:1] in CLOSED_BY,
        ended=part.ended,
        nested=nested,
    )


def _judge(
    part: _Part, before: _Verdict, last: str, earlier: tuple[str, str], speakers: Speakers
) -> _Verdict:
    """
    Decide whether a part is a quotation or a term, and who is quoted.

    `before` is the verdict on the part before it, `last` the source named last on the line;
    `earlier` is the text before, up to the end of that part, and from there on.
    """
    # Marks inside 《》 belong to a title.
    if not HAN.search(part.text) or part.left.rfind("《") > part.left.rfind("》"):
        return NOTHING
    # The order of the tests is that of their certainty: a chain goes on as it began, a verb before
    # is surer than a source behind, and length alone comes last.
    if before.quotation and CHAINED.search(part.left):
        goes_on = part.saying or (part.closed and part.letters >= OBJECT)
        return _Verdict(before.source, True) if goes_on else NOTHING
    introduced = _introduced(part, speakers)
    if introduced is not None:
        source = introduced.source
        if source == "":
            source = _meant(last, earlier, speakers)
        if source or introduced.mark or not part.right.startswith(AFTER_TERM):
            return _Verdict(source if source != SELF else None, True)
    if part.stops and part.letters >= SAYING:
        source = owner(part.left, part.right, speakers)
        if source:
            return _Verdict(source, True)
    if part.letters >= OBJECT and (part.right[:1] in "。，—（" or part.text[-1] in SENTENCE_END):
        source = after(part.right, speakers)
        if source:
            return _Verdict(source, part.saying)
    return _Verdict(None, _stands_alone(part))


def _meant(last: str, earlier: tuple[str, str], speakers: Speakers) -> str | None:
    """Return who 他, or no subject, means: who was named since, quoted last, or named before."""
    if person := speakers.last_person(earlier[1]):
        return person
    return last if last and last not in NO_PERSONS else speakers.last_person(earlier[0])


def _introduced(part: _Part, speakers: Speakers) -> Lead | None:
    """Return what introduces a quotation; None where the part is a term, not what is said."""
    colon = part.left.rstrip()[-1:] == "："
    # After a colon even 干！ is said; without one, short parts are terms.
    if part.letters < 2 or not (colon or part.letters >= OBJECT):
        return None
    introduced = lead(part.left, speakers)
    if introduced is None or not _is_object(introduced, part):
        return None
    # 我们要做到“…”: the speaker's own demands put terms in marks far more often than words of
    # others.
    if introduced.source == SELF and not (part.stops and part.saying and part.closed):
        return None
    return introduced


def _is_object(introduced: Lead, part: _Part) -> bool:
    """Check whether a part after a verb of speech is what is said, not a term in it."""
    if introduced.mark == "，" and introduced.gap > MODAL + 2:
        return False
    if introduced.mark:
        wanted = 2 if introduced.mark == "：" else OBJECT
        return (
            (part.stops and part.letters > OBJECT)
            or part.letters >= LONG
            or (part.closed and part.letters >= wanted)
        )
    # 提出“三个代表”, 强调“两个维护”: counted formulas are names, however they are introduced.
    if COUNTED.match(part.text) and not part.stops:
        return False
    if introduced.attributive:
        return part.saying and part.stops
    if introduced.gap:
        named = bool(introduced.source) and part.stops
        tied = named if introduced.gap > MODAL else part.closed
        return tied and part.saying and not part.right.startswith(AFTER_TERM)
    return part.saying or (part.closed and part.letters > OBJECT)


def _stands_alone(part: _Part) -> bool:
    """Check for a quotation from nobody in particular: a sentence of its own, or a long part."""
    if part.nested or not part.ended:
        return part.left.endswith("：") and part.letters >= LONG and not part.nested
    if part.letters >= LONG and CLAUSES.search(part.text):
        return not part.left.endswith(BEFORE_NAME) and not part.right.startswith(("的", "为", "等"))
    if part.left.endswith(SO_CALLED):
        return part.stops and part.letters >= SAYING and not part.right.startswith("的")
    # Alone, a part must fill a sentence: 做到“…”的要求 uses the words as a noun.
    whole = part.text[-1] in SENTENCE_END or part.right[:1] in "。！？；"
    ends = whole or part.right[:1] == "，" or not part.right
    begins = not part.left.strip() or part.left[-1] in f"。！？；{QUOTED_SENTENCE}"
    return begins and ends and part.letters >= WHOLE and (part.stops or whole)
