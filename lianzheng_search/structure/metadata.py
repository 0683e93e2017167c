"""The head, the tail and the name of a file -> who spoke, when, where, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ..model import SpeechInfo
from ..text.characters import BLANK
from ..text.dates import DATE, find_date, is_date_line
from ..text.genre import SALUTATION_LINE_END, SPEECH_NOUN, TITLE_END
from ..text.numerals import read_marker

SUBTITLE = re.compile(r"(?:—{1,2}|－{1,2}|-{2}|―{1,2})")
SPOKEN = r"(?:讲话|会议|发言|活动|报告|宣讲|授课|致辞)?(?:时间|日期)"
PUBLISHED = r"(?:发表|发布|发稿|更新|刊发|印发|成文)(?:时间|日期)"
SOURCE_LABEL = r"(?:(?:稿件|文章|信息|新闻|资料|本文)?来源|转自|摘自|出处|转载自)"
SPEAKER_LABEL = r"(?:主讲人|主讲|演讲人|讲话人|报告人|发言人|宣讲人|授课人|致辞人|作者|署名)"
VENUE_LABEL = r"(?:(?:会议|讲话|活动)?地点|场合|会议名称)"
SOURCE_NOTE = re.compile(
    rf"{PUBLISHED}\s*[：:]|{SPOKEN}\s*[：:]|{SOURCE_LABEL}\s*[：:]|编辑\s*[：:]|记者\s*[：:]"
    rf"|{SPEAKER_LABEL}\s*[：:]|{VENUE_LABEL}\s*[：:]"
)
# 讲话时间 is the day that is looked for; 发布时间 is that of the web page and may be years later.
SPOKEN_NOTE = re.compile(rf"(?:^|[\s（(【]){SPOKEN}\s*[：:]")
VALUE_END = r"\s（）()【】\[\]|｜；;，,。"
# One blank may belong to a value (来源：清风网 云岭频道), but not before a further label or a
# figure: 来源：清风网 作者：张某, 来源：清风网 2024-03-08.
VALUE = rf"\s*[：:]\s*(?P<value>[^{VALUE_END}]+(?: (?![^\s：:]*[：:])[^\d：:{VALUE_END}]+)?)"
SOURCE = re.compile(rf"(?:^|[\s（(【\[|｜\d]){SOURCE_LABEL}{VALUE}")
SPEAKER = re.compile(rf"(?:^|[\s（(【\[|｜\d]){SPEAKER_LABEL}{VALUE}")
PLACE = re.compile(rf"(?:^|[\s（(【\[|｜\d]){VENUE_LABEL}{VALUE}")

DATELINE = re.compile(
    r"(?:[（(【])?(?:新华社|新华网|中新社|人民网|央视网|本报|[^\s，。：]{1,6}(?:网|社|报|台))[^，。：\d]{0,12}"
    r"(?P<month>\d{1,2})月(?P<day>\d{1,2})日(?:专?电|讯)"
)

# 存在, 现在 and 实在 end in 在 as well, and open no place.
OCCASION = re.compile(
    rf"(?:^|[^存现实])在(?P<venue>[^，。]{{3,60}}?)(?:上|时|后|期间|之际)的{TITLE_END.pattern}"
)
VENUE = re.compile(
    r"[^。！？；：:]{2,40}(?:[会會]|[会會][议議]|大[会會]|[会會]上|[会會][议議]上|现场|礼堂|[会會][议議]室"
    r"|学习班|培训班)"
)

# Names are recognised without a model: a frequent surname, and one or two characters. The
# traditional forms and the placeholders of published speeches (张某, 李××) belong to them.
SURNAME = (
    "(?:欧阳|司马|上官|诸葛|司徒|夏侯|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁"
    "邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵"
    "孟龙万段雷钱汤尹黎易常武乔贺赖龚文习温华项李張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧許蕭溫習])"
)
GIVEN = r"(?:某{1,2}|[xX×＊*ＸｘO○]{1,3}|[\u4e00-\u9fff]{1,2})"
NAME = rf"{SURNAME}[ \u3000]{{0,3}}{GIVEN}"
NAME_ALONE = re.compile(NAME)
ROLE = (
    r"(?:总书记|书记|主席|副主席|总理|副总理|委员长|部长|副部长|省长|市长|县长|区长|镇长|乡长|州长|局长"
    r"|厅长|处长|科长|院长|校长|会长|主任|组长|站长|行长|董事长|总经理|经理|秘书长|检察长|司令员|政委"
    r"|教授|常委|委员|发言人)"
)
BYLINE = re.compile(
    rf"(?P<role>[^，。！？；：:]{{0,40}}{ROLE})(?:[ \u3000]*(?P<name>{NAME}))?(?:同志)?"
)
NAME_FIRST = re.compile(rf"(?P<name>{NAME})(?:同志|[ \u3000]+[^，。；：:]{{0,20}}{ROLE})")
IN_TITLE = re.compile(
    rf"(?:[^，。：:在]{{0,30}}{ROLE})?(?P<name>{NAME})(?:同志|{ROLE})?(?:[：:]"
    rf"|(?=[在同于].{{2,60}}的(?:重要)?(?:{SPEECH_NOUN}|文章))|(?=致.{{2,60}}的?贺|发表.*贺))"
)
# Surnames are ordinary words too: 高度, 任务, 文明, 江苏 would all be persons.
NO_NAME = re.compile(
    "各位|尊敬|亲爱|谢谢|关于|高[举度效质校中级]|全[面市县]|常[态委]|方[能可向法案]|任[务何重命]|文[明化件]|安[全徽排]|严[明格肃]"
    "|易[地于]|万[众事里]|江[苏西]|金[融秋]|石[油化]|田[间]|华[北东南中夏]|武[汉装]|温[州馨]|贺[信词电]"
    "|马[克上]|白[皮]|黄[河山]|龙[江]|项目|史[上料]|余[额地]|何[时谓]|程[序度]|钱[权]|汤[山]|康[复庄]"
    "|毛[泽]东思想|习近平新时代|邓小平理论"
)
PLACE_AFTER_DATE = re.compile(
    r"\d[日号]?[，,\s　]*(?:于|在)?(?P<venue>[^\d（）()，。\s]{2,40})[）)\]］]?$"
)
NUMBERED = re.compile(r"^(?:[^_]{0,12}_|[\d.年月日-]{4,11}[ 　]*|\d{1,3}[、.．-])")
# In characters, as all limits here: a line that is longer is a sentence of the speech, in which a
# name or a date is of somebody or something else.
LONGEST_BYLINE = 50
HEAD_LINES = 14
TAIL_LINES = 5
LONGEST_NOTE = 80
LONGEST_TOLD = 60


def describe(path: str, texts: Sequence[str], *, front: int, title: str) -> SpeechInfo:
    """
    Tell what a speech says of itself, in its head, its tail and its file's name.

    `texts` are its lines without the blank ones, the first `front` of them its front matter.
    What stands in a sentence of the body is not taken for the speech's own.

    >>> head = ["在全县警示教育大会上的讲话", "（2024年3月8日）", "县委书记 张某", "同志们："]
    >>> info = describe("a.txt", head, front=4, title=head[0])
    >>> info.date, info.speaker, info.venue
    ('2024-03-08', '张某', '全县警示教育大会')
    """
    stem = PurePosixPath(path).stem
    head = _head(texts, front)
    tail = [text for text in texts[max(len(head), len(texts) - TAIL_LINES) :] if _is_note(text)]
    return SpeechInfo(
        id=path,
        title=title or stem,
        date=_date(texts, head, tail, title, stem),
        venue=_venue(head, title, stem),
        speaker=_speaker(head, tail, title, stem),
        source=_labelled(SOURCE, [*head, *tail]),
    )


def _head(texts: Sequence[str], front: int) -> list[str]:
    """Return the front matter, and what looks like more of it before the first heading."""
    head = list(texts[:front])
    for text in texts[front:HEAD_LINES]:
        # Behind the salutation all is speech: a short line there may name a colleague or a past
        # meeting.
        if text.startswith("#") or read_marker(text) or SALUTATION_LINE_END.search(text):
            break
        if _is_note(text):
            head.append(text)
    return head


def _is_note(text: str) -> bool:
    return len(text) <= LONGEST_NOTE and not re.search("[。！？；]$", text)


def _date(
    texts: Sequence[str], head: Sequence[str], tail: Sequence[str], title: str, stem: str
) -> str | None:
    # The places are ordered by how surely their date is the day of the speech: a label or a line of
    # its own says so, a date in a title may be that of what is reported on (2023年工作报告).
    notes = [text for text in head if SOURCE_NOTE.search(text)]
    told = [text for text in head if text not in notes and len(text) <= LONGEST_TOLD]
    places = [
        *(text for text in notes if SPOKEN_NOTE.search(text) and not SOURCE.search(text)),
        *(text for text in told if is_date_line(text)),
        *(text for text in told if SUBTITLE.match(text)),
        title,
        *(text for text in reversed(tail) if is_date_line(text)),
        stem,
        *(text for text in told if text not in title),
    ]
    dates = [found for text in places if (found := find_date(text))]
    published = [found for text in notes if (found := find_date(text))]
    # Publication comes last: it is the best guess only where the speech itself is silent.
    dates += [day for found in published[:1] if (day := _reported(texts, found))]
    dates += published
    # A whole day beats a bare year wherever it stands; among equals the surer place wins.
    return max(dates, key=lambda found: (len(found), -dates.index(found)), default=None)


def _reported(texts: Sequence[str], published: str) -> str | None:
    """Return the day of an agency's dateline, in the year in which it was published."""
    for text in texts[:HEAD_LINES]:
        if match := DATELINE.match(text):
            year, month, day = int(published[:4]), int(match["month"]), int(match["day"])
            # A dateline has no year. One of December on a page of January is of the year before.
            year -= len(published) > 4 and month > int(published[5:7])
            return find_date(f"{year}-{month}-{day}")
    return None


def _labelled(label: re.Pattern[str], texts: Sequence[str]) -> str | None:
    return next(
        (
            match["value"].strip(BLANK + "-—")
            for text in texts
            if len(text) <= LONGEST_NOTE and (match := label.search(text))
        ),
        None,
    )


def _venue(head: Sequence[str], title: str, stem: str) -> str | None:
    told = [text for text in head if text not in title and not SOURCE_NOTE.search(text)]
    for text in told:
        if not is_date_line(text) and VENUE.fullmatch(text):
            dash = SUBTITLE.match(text)
            parts = DATE.sub("\0", text[dash.end() if dash else 0 :]).split("\0")
            # Where a date stands inside the line (…大会 2024年3月 云岭), the
            # longest rest is the meeting.
            return max(parts, key=len).strip(BLANK + "日在").removesuffix("上") or None
    # The file's name is asked only without a title: it is often a shortened copy of it.
    for text in (title or stem, *told):
        if occasion := OCCASION.search(text):
            return occasion["venue"]
    if place := _labelled(PLACE, head):
        return place
    for text in told:
        if is_date_line(text) and (at := PLACE_AFTER_DATE.search(text)):
            return at["venue"].removesuffix("通过").removesuffix("上")
    return None


def _speaker(head: Sequence[str], tail: Sequence[str], title: str, stem: str) -> str | None:
    if labelled := _labelled(SPEAKER, [*head, *tail]):
        match = BYLINE.fullmatch(labelled)
        return _name(match["name"] or labelled if match else labelled)
    for text in [*head, *reversed(tail)]:
        # A title is tried below, by a stricter pattern: by its shape alone a short one may be a
        # name.
        if text in title or SOURCE_NOTE.search(text) or len(text) > LONGEST_BYLINE:
            continue
        bare = text.strip(BLANK + "（）()—")
        # Whole lines only: inside a sentence somebody else is meant. A role without a name
        # (县委书记) is the answer where nothing more is printed.
        for pattern in (NAME_ALONE, BYLINE, NAME_FIRST):
            match = pattern.fullmatch(bare)
            if match and not NO_NAME.match(bare):
                found = match.groupdict().get("name") or match.group()
                return _name(found)
    for text in (title, *head, stem):
        if (
            match := IN_TITLE.match(NUMBERED.sub("", SUBTITLE.sub("", text, count=1)))
        ) and not NO_NAME.match(match["name"]):
            return _name(match["name"])
    return None


def _name(text: str) -> str:
    """Write a name without the blanks that spread it."""
    return (
        re.sub(f"[{BLANK}]+", "", text).removesuffix("同志") if NAME_ALONE.fullmatch(text) else text
    )
