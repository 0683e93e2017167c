"""The words before and after a quotation -> who is quoted."""

from __future__ import annotations

import re

from ..data import one_of
from ..model import Value
from .speakers import WORDS, Speakers, person_or_body

QUOTED, QUOTED_SENTENCE = "□", "■"
"""Stand for an earlier quotation in the words before one; the second for one that is a sentence."""
SELF = "self"
"""The source where the speaker says it: 我们, 必须."""
# 说 and 讲 are parts of many words (小说, 据说, 说明, 演讲, 讲台): each look-around is one of them.
VERB = rf"""
    (?:{one_of(WORDS["verbs"])}
    | (?<![小传学据听再者是以来换应])说(?!明|服|话|法)
    | (?<!宣|演)讲(?![话究述政台师堂座])
    | 曰 | (?<=[古诗语典训书谚》人])云 | (?<=[常]|人|古)言(?![论语行]) | (?<=[常])道
    | (?<=[问答])道 )
"""
SAYS = re.compile(
    rf"""
    (?P<verb>{VERB})(?:了|过|着|到|的)?
    | (?P<noun>{one_of(WORDS["sayings"])})(?:说得好|说的好|有云)?
    """,
    re.VERBOSE,
)
READ_OUT = tuple(f"{noun}，" for noun in WORDS["sayings"])
"""A noun for what is quoted, before how it is read out: 留下一段话，我读给大家听：."""
CLAUSE, SHORT_CLAUSE = 48, 14
"""Maximum length of the words that introduce a quotation, and of those that go on to it."""
# An earlier quotation is one character in the words before the next one, so that its own commas and
# verbs cannot be mistaken for the introduction.
STOP = f"，。；：！？{QUOTED}{QUOTED_SENTENCE}"
TAIL = re.compile(
    rf"""
    (?P<words>[^{STOP}]{{0,{CLAUSE}}})
    (?:，?(?:就是|那就是|叫做|叫作|叫|即|是))?(?P<mark>[：，]?)\s*\Z
    """,
    re.VERBOSE,
)
"""The words up to an opening mark: those that may introduce it, and its ： or ，."""
REPORTED = re.compile(
    rf"""
    # 的要求，…: a noun, after which nobody speaks.
    (?<![的要])(?:指出|强调|说过?|提出|要求|表示|认为|讲过?|告诫)了?[，：]
    (?P<gap>[^{STOP}“‘]{{1,{SHORT_CLAUSE}}})\Z
    """,
    re.VERBOSE,
)
"""A verb of speech, and then words that are not quoted: 他说，青年要“…”."""
REPORTED_WITHIN = 72
"""Number of characters before a quotation in which such a verb is looked for."""
# In 他指出了问题并就如何用好“三会一课” nobody says what is in the marks: the longer the way from
# the verb, the more likely it has another object.
FARTHEST_VERB = 20
"""Maximum number of characters between a verb and the quotation that it introduces."""
# A bound on time only: a text without a full stop would otherwise be read for each quotation.
LONGEST_SENTENCE = 2000
"""Maximum length of the words before a quotation that are read, in characters."""
OWNED = re.compile(
    r"""
    的(?:重要|谆谆|殷殷|伟大|科学|著名|光辉)?
    (?:指示|教导|论述|论断|名言|诗句|话|嘱托|号召|训导|要求)
    """,
    re.VERBOSE,
)
OWNER = re.compile("(?:同志|先生)?(?:关于|所说|所讲|提出|强调|要求|的){0,6}$")
OWNER_WITHIN = 24
"""Number of characters before a quotation in which its owner is looked for."""
FARTHEST_SUBJECT = 3
"""A name after more characters of a clause is not its subject: 坚决维护党中央权威."""
# 换句话说，据说，敢于说: 说 without anybody who speaks.
NOT_SAID = re.compile(
    "(?:就是|也就是|可以|换句话|应该|来|总的|具体|一般|简单|据|如果|听)说，?$|(?:敢|要|会|能)于?说$"
)
SENTENCE_ENDS = f"。！？；{QUOTED_SENTENCE}"
AFTER = re.compile(
    r"""
    [。！？]?(?:
        [，。]?——?(?!以|关于|记)(?P<dash>[^，。；—]{1,20})(?=[。）]|$)
      | （(?P<bracket>[^（）]{2,24})）
      | ，?(?:语出|出自|见于|引自)(?P<from>[^，。；]{2,24})
      | [，。]?(?:这(?:就)?是|这也是|此乃|正是|正如|恰如)(?P<this>[^，。；：]{2,20})
      | ，?(?P<words>[^，。；：]{2,12}?)(?:的|这)(?:[一这]?(?:句|段|番|席))?
          (?:诗|名)?(?:话|句|名言|诗|教导|论述|嘱托)
      | ，(?P<says>[^，。；：]{2,10}?)(?:同志)?(?:如是说|这样说|如此说)
    )
    """,
    re.VERBOSE,
)
"""Where the source is named after the quotation."""
ADDRESSED = ("对", "向", "同", "与", "给")
"""Before a name after a quotation: who is spoken to."""
WHEN_AND_WHERE = re.compile(
    r"""
    (?:^|(?<=[，的者记席同志])|(?<![存实潜现内所好正]))(?:早在|在|自从|从|于)
    [^，]{1,40}?
    (?:上|中|时|里|后|前|间|时候|之际|下|大会|会议|座谈会|讲话|年代?|报告|文章|会)
    (?=，|$|[^，]{0,12}$)
    """,
    re.VERBOSE,
)
BEFORE_SUBJECT = re.compile(
    rf"""
    {one_of(WORDS["before a subject"])}
    | (?:应当?|可以?|不|分别){{0,6}}(?:认定为|属于)
    | [0-9]{{1,4}}[年月日] | [〇零一二三四五六七八九十]{{1,12}}[年月日]
    """,
    re.VERBOSE,
)
ADVERBS = frozenset(WORDS["between a subject and its verb"])
YEAR_OR_LANGUAGE = re.compile("[0-9]{1,4}年|用[一-鿿]{1,3}话")
LONGEST_ADVERB = 5
"""Maximum length of what stands between a subject and its verb, in characters."""
TIED = re.compile("(?<!党)的(?=.)")
NOBODY = frozenset(WORDS["nobody"])
NOBODY_BEGINS = WORDS["nobody, as the beginning"]
PRONOUN = re.compile("他(?!们)|该书|书中|文中|信中|并|还|又|同时")
BOOK = re.compile("《[^《》]{1,40}》")
CORE = re.compile("以[^，]{2,6}同志为(?:核心|总书记)的")
BORROWED = re.compile(one_of(WORDS["borrowing"]))
ARTICLE = re.compile(
    "第[〇零一二三四五六七八九十百0-9x]{1,12}[条款章](?:第[一二三四五六七八九十]{1,4}[款项])?"
)


class Lead(Value, frozen=True):
    """
    The words that introduce a quotation.

    `source` is None where they say only that something is quoted. `mark` is the ： or ， before
    the quotation, or empty. `gap` is the number of characters between the verb and the quotation;
    `attributive` says that 的 ties the verb to the quotation: 刑法规定的“…”.
    """

    source: str | None
    mark: str
    gap: int = 0
    attributive: bool = False


def lead(left: str, speakers: Speakers) -> Lead | None:
    """
    Return what the folded words before a quotation say of its source; None if they say nothing.

    The source is "" where it is to be taken from what was said before: 他强调.

    >>> from .speakers import SPEAKERS_FILE, load_speakers
    >>> lead("毛泽东同志在延安时曾深刻指出：", load_speakers(SPEAKERS_FILE))
    Lead(source='毛泽东', mark='：', gap=0, attributive=False)
    """
    left = left[-LONGEST_SENTENCE:]
    tail = TAIL.search(left, max(0, len(left) - CLAUSE - 4))
    words = tail["words"] if tail else ""
    # From the surest form to the least: a verb right before the mark, one before unquoted words, a
    # noun for what is read out, and at last a bare name with a colon (张某：“…”).
    near = [says for says in SAYS.finditer(words) if len(words) - says.end() <= FARTHEST_VERB]
    if not near and tail and not tail["mark"]:
        before = left[-REPORTED_WITHIN:]
        if reported := REPORTED.search(before):
            verb = lead(before[: reported.start("gap") - 1] + "：", speakers)
            return verb and Lead(verb.source, "", len(reported["gap"]))
    if not near and tail and tail["mark"] == "：":
        before = left[: tail.start()]
        if before.endswith(READ_OUT):
            return lead(before[:-1] + "：", speakers)
    if tail is None or not near:
        known = speakers.last(words) if tail and tail["mark"] == "：" else None
        return Lead(known, "：") if known else None
    # 张某说过一句话：the verb has the subject; the noun nearer to the mark has none.
    says = next((one for one in near if one["verb"]), near[-1])
    at = tail.start() + says.start()
    if NOT_SAID.search(left[max(0, at - 3) : at + says.end("verb") - says.start()]):
        return None
    # A subject never stands in an earlier sentence; what 他 means there is decided by the caller.
    begin = max((left.rfind(mark, 0, at) for mark in SENTENCE_ENDS), default=-1) + 1
    source = _subject(left[begin:], at - begin, speakers)
    if says["noun"] and not source:
        source = speakers.last(left[begin:])
    return Lead(source, tail["mark"], len(words) - says.end(), says[0].endswith("的"))


def owner(left: str, right: str, speakers: Speakers) -> str | None:
    """
    Return who is quoted by the folded words on both sides: 毛泽东同志“…”的教导.

    >>> from .speakers import SPEAKERS_FILE, load_speakers
    >>> owner("牢记毛泽东同志关于", "的教导", load_speakers(SPEAKERS_FILE))
    '毛泽东'
    """
    if not OWNED.match(right):
        return None
    last = None
    for match in speakers.pattern.finditer(left, max(0, len(left) - OWNER_WITHIN)):
        last = match
    return speakers.names[last[0]] if last and OWNER.match(left, last.end()) else None


def after(right: str, speakers: Speakers) -> str | None:
    """
    Return who is quoted by the folded words after a quotation.

    >>> from .speakers import SPEAKERS_FILE, load_speakers
    >>> after("，这是毛泽东同志的名言", load_speakers(SPEAKERS_FILE))
    '毛泽东'
    """
    match = AFTER.match(right)
    if match is None:
        return None
    words = match[match.lastindex or 0]
    book = BOOK.search(words)
    known = speakers.pattern.search(words)
    # “…”，这是对张某同志的嘱托: he is the one spoken to.
    if known and words[: known.start()].endswith(ADDRESSED):
        return None
    if known or book is None:
        return speakers.names[known[0]] if known else None
    return speakers.names.get(book[0], book[0])


def _subject(sentence: str, at: int, speakers: Speakers) -> str | None:
    """Return the subject of the verb at an offset: a name, "" for one said before, SELF, None."""
    # 在某次会议上 and 以某某同志为核心的 name bodies and persons that do not speak here.
    clauses = WHEN_AND_WHERE.sub("", CORE.sub("", sentence[:at])).rstrip("，：").split("，")
    clause = clauses[-1]
    # 借用张某的一句话: the name stands behind, where no subject would be looked for.
    if borrowed := BORROWED.search(sentence, max(0, at - len(clause))):
        return speakers.first(sentence[borrowed.end() :])
    known = speakers.first(clause + sentence[at : at + 3]) or _book(clause, speakers)
    if known:
        return known
    name = _last_noun(_without_adverbs(_without_connectives(clause.replace(QUOTED, ""))))
    # 我们常说, 必须强调: nobody is quoted but the speaker.
    if _is_nobody(name):
        return SELF
    if name and not PRONOUN.match(name):
        return person_or_body(name)
    # 张某在会上讲了三点，强调“…”: the verb takes the subject of the clause before. Nearest first.
    for earlier in reversed(clauses[:-1]):
        bare = _without_connectives(earlier)
        subject = speakers.pattern.search(bare) or BOOK.search(bare)
        if subject and subject.start() <= FARTHEST_SUBJECT:
            return speakers.names.get(subject[0], subject[0])
    whole = sentence[:at]
    if not any(earlier.strip() for earlier in clauses[:-1]) and (book := _book(whole, speakers)):
        return book
    begins = _without_connectives(whole.lstrip())
    return "" if QUOTED in whole or not begins or PRONOUN.match(name or begins) else None


def _without_connectives(clause: str) -> str:
    """
    Return a clause without the words before its subject.

    >>> _without_connectives("而且正如2016年老支书曾经")
    '老支书曾经'
    """
    at = 0
    while match := BEFORE_SUBJECT.match(clause, at):
        at = match.end()
    return clause[at:]


def _without_adverbs(clause: str) -> str:
    """
    Return a clause without the words between its subject and the verb that follows it.

    As many words go as there can be. From the end on, each place is marked from which words of
    the list lead to the end: a regular expression would try every way to part 常常常常 into words.

    >>> _without_adverbs("老支书在这里经常常对我们"), _without_adverbs("老支书2016年就")
    ('老支书', '老支书')
    """
    first = len(clause)
    leads_to_end = {first}
    for start in reversed(range(len(clause))):
        if first - start > LONGEST_ADVERB:
            break
        ends = range(start + 1, start + LONGEST_ADVERB + 1)
        if any(end in leads_to_end and _is_adverb(clause, start, end) for end in ends):
            first = start
            leads_to_end.add(start)
    return clause[:first]


def _is_adverb(clause: str, start: int, end: int) -> bool:
    return clause[start:end] in ADVERBS or bool(YEAR_OR_LANGUAGE.fullmatch(clause, start, end))


def _last_noun(name: str) -> str:
    """
    Return the noun of a name without what 的 ties to it, and without the article cited of it.

    >>> _last_noun("云岭县的老支书"), _last_noun("党的章程第三条"), _last_noun("党的")
    ('老支书', '党的章程', '党的')
    """
    article = ARTICLE.search(name)
    return TIED.split(name[: article.start()] if article else name)[-1].strip()


def _is_nobody(name: str) -> bool:
    this_or_that = len(name) <= 2 and name.startswith(("这", "那"))
    return name in NOBODY or name.startswith(NOBODY_BEGINS) or this_or_that


def _book(text: str, speakers: Speakers) -> str:
    book = BOOK.search(text)
    return speakers.names.get(book[0], book[0]) if book else ""
