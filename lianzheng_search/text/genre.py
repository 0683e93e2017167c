"""The fixed words of the genre: what a speech is called, whom it addresses, how it thanks."""

from __future__ import annotations

import re

# A title ends in what the text is; by that it is told from a byline or a slogan below it.
SPEECH_NOUN = (
    "讲话|发言|报告|致辞|致词|祝词|贺信|贺词|贺电|演讲|谈话|党课|讲稿|讲义|提纲|说明|决议|决定"
    "|意见|总结|公报|倡议书"
)
TITLE_END = re.compile(rf"(?:{SPEECH_NOUN})(?:稿|摘要|提要|全文)?\s*(?:[（(][^（）()]*[）)])?$")
THANKS = re.compile(
    r".{0,30}(?:谢谢(?:大家|各位|同志们)?|讲话?完了|讲完了|就讲这些|讲到这里|说到这里|汇报完毕)[。！!]*"
)

LONGEST_SALUTATION = 60
"""Maximum length of a salutation, in characters."""
ADDRESSEE = re.compile(
    r"(?:尊敬的|亲爱的)[^，。、：:！!,]{1,30}|(?:各位|全体)[^，。、：:！!,在要是说会]{1,12}"
    r"|(?!感谢|谢谢|祝)[^，。、：:！!,]{0,8}(?:们|先生|女士)"
)
BETWEEN_ADDRESSEES = re.compile("[，、,！!]")
"""What parts those addressed; a blank may do so, too, or be a part of a name."""
SALUTATION_ENDS = tuple("：:！!，,")
BARE_SALUTATION = re.compile("同志们|大家好[：:！!]")

POSSIBLE_SALUTATION = re.compile(
    r"(?=.{2,40}$).*(?:同志|朋友|各位|代表|委员|女士|先生|来宾|同学|老师|家属|战友|领导).{0,20}[：:！!，,]$"
)
"""
A short line that may address somebody, for cleaning: it must not be taken for a watermark.

It is wider than `is_salutation`, since a line kept by mistake does less harm than one removed.
"""
SALUTATION_LINE_END = re.compile(
    r"^(?!.{41})(?!.*(?:如下|全文)).*(?:们|志|代表|委员|士|生)\s*[：:！!，,]$"
)
"""
The end of a short line that addresses somebody, behind which no more is said of the speech itself.

It is wider than `is_salutation`, since names of offices that nobody listed may come first.
"""
PERORATION = re.compile(
    r"(?:同志们|各位[^，。：！]{0,8}|朋友们)[，,！!：:]|总之[，,]|一言以蔽之|最后[，,]"
)
"""What opens the paragraph that turns to the audience once more, or sums up."""


def is_salutation(text: str) -> bool:
    """
    Check whether a line is a salutation and nothing else.

    >>> is_salutation("尊敬的各位领导、同志们："), is_salutation("感谢你们！")
    (True, False)
    """
    if len(text) > LONGEST_SALUTATION:
        return False
    if not text.endswith(SALUTATION_ENDS):
        return text == "同志们"
    if BARE_SALUTATION.fullmatch(text):
        return True
    first, *others = BETWEEN_ADDRESSEES.split(text[:-1])
    return _names_addressees(first, 0) and all(
        _names_addressees(part, len(part) - len(part.lstrip())) for part in others
    )


def _names_addressees(text: str, indent: int) -> bool:
    """Check whether a text without marks is one addressee, or several parted by blanks."""
    # Every place where an addressee may begin is looked at once: a pattern that repeats itself
    # would try each way to part a line of many blanks.
    begins = {*range(indent + 1)}
    ends = [*(at for at, character in enumerate(text) if character == " "), len(text)]
    for start in range(len(text)):
        if start not in begins:
            continue
        for end in ends:
            if end > start and ADDRESSEE.fullmatch(text, start, end):
                rest = text[end + 1 :]
                begins |= {end + 1 + n for n in range(len(rest) - len(rest.lstrip()) + 1)}
                if end == len(text):
                    return True
    return False
