"""The folded text of a speech -> what stands in quotation marks: who is quoted, or a term."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..search.speech_texts import Place, SpeechText
from ..text.folding import letters
from .attribution import QUOTED, QUOTED_SENTENCE, SELF, Lead, after, lead, owner
from .speakers import NO_PERSONS, Speakers

CHAINED = re.compile(f"[{QUOTED}{QUOTED_SENTENCE}](?:[、，；和与及]|以及)?$")
"""A quotation that only goes on from the one before it."""
MARK = re.compile("[“‘「『]")
DOUBLE, SINGLE = re.compile("“"), re.compile("(?<![a-z0-9])‘|‘(?![a-z0-9])")
CORNERS = re.compile("「[^「」\n]*」|『[^『』\n]*』")
SENTENCE_END = "。！？；…"
CLOSED_BY = "，。；、！？“‘」』…—）："
INNER_STOP = re.compile("[，。；！？：、]")
CLAUSES = re.compile("[，。；！？]")
HAN = re.compile("[一-鿿]")
TOPIC = re.compile(
    "(?:围绕|以|按照|题为|主题|主题[为是]|聚焦|名为|坚持|实施|开展|推进|弘扬|发扬|树立|秉持|落实|贯彻|形成|构建|"
    "建立|举行|召开|推动|打造|实现|和|与|及)$"
)
"""What comes before a name or a slogan, not before a quotation."""
COUNTED = re.compile("[一二三四五六七八九十两几多双][个种条大项届代学层不严实破立]")
TERM_AFTER = re.compile(
    "的|等|为|这[一个种]|问题|精神|理念|方针|原则|思想|要求|战略|工程|活动|教育|现象|之[风类]"
)
TOLD = [
    *(
        "指出，",
        "指出：",
        "强调，",
        "强调：",
        "要求，",
        "要求：",
        "说过，",
        "说过：",
        "号召，",
        "号召：",
    ),
    *("告诫我们，", "告诫我们：", "告诫全党，", "告诫全党：", "明确提出，", "明确提出："),
]
"""What goes before words that are told without quotation marks."""
DEMAND = re.compile("(?:[新的项条需重]|重要)要求.$")
"""Where 要求 is a noun."""
SENTENCE = re.compile("[^。！？\n]*[。！？]?")
SO_CALLED = re.compile("(?:正|常)?所谓：?$")
CONTEXT = 120
"""So many characters before a quotation are looked at for who says it."""
MEMORY = 300
"""So far back somebody is looked for who is only called 他."""
MODAL = 4
"""So many characters between a verb and what it quotes are no more than 要, 全党, 我们要."""
SAYING, WHOLE, OBJECT, LONG = 8, 7, 5, 16
"""So many letters has, at least, a saying, one that is a sentence, one as a verb's object."""


class Quoted(NamedTuple):
    """A part of a folded text in quotation marks, these left out; `ended` says that they close."""

    start: int
    end: int
    ended: bool


class Said(NamedTuple):
    """
    Something quoted, or a term: its place, its folded text, and who is quoted, where it is told.

    `quotation` is False for a term in quotation marks, `direct` for words without marks.
    """

    place: Place
    text: str
    source: str | None
    quotation: bool
    direct: bool = True


def said(speech: SpeechText, speakers: Speakers) -> Iterator[Said]:
    """Find everything in quotation marks that starts in a selected passage, in reading order."""
    speakers = speakers.on(speech.info.date)
    for start, end, spans in quoted_lines(speech.text):
        for span, found in _read_line(speech.text, start, end, spans, speakers):
            place = speech.place(span.start, span.end)
            if place and (span.ended or found.quotation):
                yield Said(place, speech.text[span.start : span.end], found.source, found.quotation)


def reported(speech: SpeechText, speakers: Speakers) -> Iterator[Said]:
    """
    Find what is said without quotation marks, up to the end of the sentence: 总书记指出，….

    Only where the sentence itself names somebody of the list; 他指出 is left out.
    """
    speakers = speakers.on(speech.info.date)
    named = frozenset(speakers.names.values())
    text = speech.text
    for end in _told(text):
        line = text.rfind("\n", 0, end) + 1
        left = text[max(line, end - CONTEXT) : end]
        if text[end] == "“" or DEMAND.search(left) or not speakers.first(left):
            continue
        introduced = lead(left[:-1] + "：", speakers)
        words = SENTENCE.match(text, end)
        if introduced and words and introduced.source in named and not introduced.gap:
            place = speech.place(*words.span())
            if place and len(letters(words[0])) >= SAYING:
                yield Said(place, words[0], introduced.source, True, direct=False)


def _told(text: str) -> list[int]:
    """Find where a verb of saying and its ， or ： end."""
    found = []
    for verb in TOLD:
        at = text.find(verb)
        while at >= 0:
            found.append(at + len(verb))
            at = text.find(verb, at + 1)
    return sorted(found)


def quoted_lines(text: str) -> Iterator[tuple[int, int, list[Quoted]]]:
    r"""
    Pair the quotation marks of each line that has some: its start, its end, what they enclose.

    Folding has made one mark of “ and ”, so they open and close by turns, line by line. Where one
    is left over, the quotation goes on in the next line, or has come from the one before.

    >>> lines = quoted_lines("说：“甲“，“乙\n丙“\n")
    >>> [[(one.start, one.end) for one in spans] for _start, _end, spans in lines]
    [[(3, 4), (7, 8)], []]
    """
    carried = False
    end = 0
    while mark := MARK.search(text, end):
        start, end = text.rfind("\n", 0, mark.start()) + 1, text.find("\n", mark.start())
        end = end if end >= 0 else len(text)
        marks = [mark.start() for mark in DOUBLE.finditer(text, start, end)]
        spans, carried = _pairs(text, start, end, marks, carried) if marks else ([], carried)
        singles = [mark.start() for mark in SINGLE.finditer(text, start, end)]
        if singles:
            spans += _pairs(text, start, end, singles, len(singles) % 2 == 1)[0]
        spans += [
            Quoted(pair.start() + 1, pair.end() - 1, True)
            for pair in CORNERS.finditer(text, start, end)
        ]
        yield (
            start,
            end,
            sorted(span for span in spans if span.start < span.end and text[span.start - 2] != "="),
        )


def _pairs(
    text: str, start: int, end: int, marks: list[int], carried: bool
) -> tuple[list[Quoted], bool]:
    """Pair the marks of one line; tell whether a quotation is open at its end."""
    odd = len(marks) % 2 == 1
    begins = not text[start : marks[0]].strip()
    after_stop = text[marks[0] - 1] in SENTENCE_END
    if carried and not begins and (odd or after_stop):
        marks, carried = marks[1:], False
    elif odd and not carried and len(marks) == 1 and after_stop and marks[0] == end - 1:
        return [], False
    elif carried and begins:
        carried = False
    spans = [Quoted(a + 1, b, True) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:
        spans.append(Quoted(marks[-1] + 1, end, False))
        carried = True
    return spans, carried


class _Found(NamedTuple):
    source: str | None
    quotation: bool


class _Part(NamedTuple):
    """
    A part in quotation marks, and what stands around it on its line, all folded.

    `letters` is how many it has without punctuation; `stops` says that there is some in it, and
    `closed` that it ends a clause.
    """

    left: str
    said: str
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


NOTHING = _Found(None, False)


def _read_line(
    text: str,
    start: int,
    end: int,
    spans: Sequence[Quoted],
    speakers: Speakers,
    *,
    nested: bool = False,
) -> Iterator[tuple[Quoted, _Found]]:
    """Tell of each part of a line in marks what it is, those inside another one after it."""
    left, cursor, at = "", start, 0
    before, last = NOTHING, ""
    while at < len(spans):
        span = spans[at]
        after_inner = at + 1
        while after_inner < len(spans) and spans[after_inner].end < span.end:
            after_inner += 1
        left = left[-CONTEXT:] + text[cursor : span.start - 1]
        found = NOTHING
        if span.end - span.start >= OBJECT or left.endswith("："):
            earlier = (text[max(0, span.start - MEMORY) : cursor], text[cursor : span.start])
            part = _part(text, span, left, end, nested=nested)
            found = _judge(part, before, last, earlier, speakers)
        yield span, found
        if after_inner > at + 1:
            inner = spans[at + 1 : after_inner]
            yield from _read_line(text, span.start, span.end, inner, speakers, nested=True)
        left += QUOTED_SENTENCE if text[span.end - 1] in SENTENCE_END else QUOTED
        cursor = span.end + span.ended
        before, last = found, found.source or last
        at = after_inner


def _part(text: str, span: Quoted, left: str, end: int, *, nested: bool) -> _Part:
    said, right = text[span.start : span.end], text[span.end + 1 : min(end, span.end + 41)]
    return _Part(
        left=left,
        said=said,
        right=right,
        letters=len(letters(said)),
        stops=bool(INNER_STOP.search(said)),
        closed=said[-1] in SENTENCE_END or right[:1] in CLOSED_BY,
        ended=span.ended,
        nested=nested,
    )


def _judge(
    part: _Part, before: _Found, last: str, earlier: tuple[str, str], speakers: Speakers
) -> _Found:
    """
    Tell a quotation from a term, and who is quoted.

    `before` is the part in marks before this one, `last` who was quoted last on the line, and
    `earlier` the text before, up to where that ended, and from there on.
    """
    if not HAN.search(part.said) or part.left.rfind("《") > part.left.rfind("》"):
        return NOTHING
    if before.quotation and CHAINED.search(part.left):
        goes_on = part.saying or (part.closed and part.letters >= OBJECT)
        return _Found(before.source, True) if goes_on else NOTHING
    introduced = _introduced(part, speakers)
    if introduced is not None:
        source = introduced.source
        if source == "":
            source = _meant(last, earlier, speakers)
        if source or introduced.mark or not TERM_AFTER.match(part.right):
            return _Found(source if source != SELF else None, True)
    if part.stops and part.letters >= SAYING:
        source = owner(part.left, part.right, speakers)
        if source:
            return _Found(source, True)
    if part.letters >= OBJECT and (part.right[:1] in "。，—（" or part.said[-1] in SENTENCE_END):
        source = after(part.right, speakers)
        if source:
            return _Found(source, part.saying)
    return _Found(None, _stands_alone(part))


def _meant(last: str, earlier: tuple[str, str], speakers: Speakers) -> str | None:
    """Tell who is meant by 他, or by nothing: who was named since, quoted, or named before."""
    if person := speakers.last_person(earlier[1]):
        return person
    return last if last and last not in NO_PERSONS else speakers.last_person(earlier[0])


def _introduced(part: _Part, speakers: Speakers) -> Lead | None:
    """Read what introduces a quotation; None where what follows is a term, not what is said."""
    colon = part.left.rstrip()[-1:] == "："
    if part.letters < 2 or not (colon or part.letters >= OBJECT):
        return None
    introduced = lead(part.left, speakers)
    if introduced is None or not _is_object(introduced, part):
        return None
    if introduced.source == SELF and not (part.stops and part.saying and part.closed):
        return None
    return introduced


def _is_object(introduced: Lead, part: _Part) -> bool:
    """Tell whether what follows a verb of saying is what is said, or a term in it."""
    if introduced.mark == "，" and introduced.gap > MODAL + 2:
        return False
    if introduced.mark:
        wanted = 2 if introduced.mark == "：" else OBJECT
        return (
            (part.stops and part.letters > OBJECT)
            or part.letters >= LONG
            or (part.closed and part.letters >= wanted)
        )
    if COUNTED.match(part.said) and not part.stops:
        return False
    if introduced.attributive:
        return part.saying and part.stops
    if introduced.gap:
        named = bool(introduced.source) and part.stops
        told = named if introduced.gap > MODAL else part.closed
        return told and part.saying and not TERM_AFTER.match(part.right)
    return part.saying or (part.closed and part.letters > OBJECT)


def _stands_alone(part: _Part) -> bool:
    """Tell a quotation that nobody is named for: a sentence of its own, or a long one."""
    if part.nested or not part.ended:
        return part.left.endswith("：") and part.letters >= LONG and not part.nested
    if part.letters >= LONG and CLAUSES.search(part.said):
        return not TOPIC.search(part.left) and not part.right.startswith(("的", "为", "等"))
    if SO_CALLED.search(part.left):
        return part.stops and part.letters >= SAYING and not part.right.startswith("的")
    whole = part.said[-1] in SENTENCE_END or part.right[:1] in "。！？；"
    ends = whole or part.right[:1] == "，" or not part.right
    begins = not part.left.strip() or part.left[-1] in "。！？；■"
    return begins and ends and part.letters >= WHOLE and (part.stops or whole)
