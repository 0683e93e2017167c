"""The words before and after a quotation -> who is quoted, by the name in the list of speakers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .. import data
from ..errors import RequestError
from ..messages import _
from ..model import Value
from ..text.folding import fold

SPEAKERS_FILE = data.FOLDER / "speakers.txt"
QUOTED, QUOTED_SENTENCE = "□", "■"
"""What stands, in the words before a quotation, for an earlier one; the second ends a sentence."""
SELF = "self"
"""The source where the sentence says that the speaker says it: 我们, 必须."""
GENERAL_SECRETARY = ("总书记", "2012-11")
"""Who is called only this before this date is somebody else."""

VERBS = """
    引用 化用 吟诵
    指出 强调 提出 要求 告诫 教导 写道 写到 写下 认为 提醒 勉励 表示 号召 规定
    谈到 谈及 提到 讲到 讲过 讲道 说过 说道 说到 问道 答道 批示 指示 宣布 宣告
    宣示 题词 坦言 感慨 感叹 慨叹 呼吁 主张 提倡 倡导 评价 赞叹 赞扬 称赞 比喻
    形容 警示 警告 嘱咐 叮嘱 嘱托 要我们 回答 阐述 概括 总结 描述 解释 说明
    记载 写着 写有 喊出 高呼 留下 发问 追问 反问 诫勉 期望 希望 寄语 讲述 直言
    断言 预言 声明 承认 批评 训示 教育 归纳 阐明 作诗 赋诗 说得好 说的好 讲得好
    所说 所言 所讲 所云 有云 有言 誓言 明示 载明 载有 重申 责令 约定 咏道 唱道
    叹道
"""
VERB = rf"""
    (?:{"|".join(sorted(VERBS.split(), key=len, reverse=True))}
    | (?<![小传学据听再者是以来换应])说(?!明|服|话|法)
    | (?<!宣|演)讲(?![话究述政台师堂座])
    | 曰 | (?<=[古诗语典训书谚》人])云 | (?<=[常]|人|古)言(?![论语行]) | (?<=[常])道
    | (?<=[问答])道 )
"""
SAYING_NOUN = """
    (?: 名言 | 古语 | 古话 | 老话 | 俗话 | 俗语 | 谚语 | 诗句 | 诗 | 词 | 段话 | 句话
      | 名句 | 教导 | 论断 | 题词 | 警句 | 格言 | 箴言 | 古训 | 祖训 | 家训 | 歌词 | 广告词
      | 训词 | 批示 | 指示 | 结论 | 誓词 | 誓言 | 顺口溜 | 对联 | 的话 | 这样一句 | 一席话 )
"""
SAYS = re.compile(
    rf"(?P<verb>{VERB})(?:了|过|着|到|的)?|(?P<noun>{SAYING_NOUN})(?:说得好|说的好|有云)?",
    re.VERBOSE,
)
ENDS_IN_SAYING = re.compile(rf"{SAYING_NOUN}，$", re.VERBOSE)
"""The noun, and then how it is read out: 留下一段话，我读给大家听：."""
TAIL = re.compile(
    f"(?P<words>[^，。；：！？{QUOTED}{QUOTED_SENTENCE}]{{0,48}})"
    r"(?:，?(?:就是|那就是|叫做|叫作|叫|即|是))?(?P<mark>[：，]?)\s*\Z"
)
"""The words up to an opening mark: those that may introduce it, and its ： or ，."""
REPORTED = re.compile(
    "(?<![的要])(?:指出|强调|说过?|提出|要求|表示|认为|讲过?|告诫)了?[，：]"
    rf"(?P<gap>[^，。；：！？“‘{QUOTED}{QUOTED_SENTENCE}]{{1,14}})\Z"
)
"""The verb, and then words that are not quoted: 他说，青年要“…”."""
OWNED = re.compile(
    "的(?:重要|谆谆|殷殷|伟大|科学|著名|光辉)?(?:指示|教导|论述|论断|名言|诗句|话|嘱托|号召|训导|要求)"
)
OWNER = re.compile("(?:同志|先生)?(?:关于|所说|所讲|提出|强调|要求|的)*$")
SUBJECT_FROM = 3
"""A name that stands further on in a clause is no subject of it: 坚决维护党中央权威."""
FARTHEST = 20
"""So many characters after the verb that introduces it, at most, a quotation begins."""
NOT_SAID = re.compile(
    "(?:就是|也就是|可以|换句话|应该|来|总的|具体|一般|简单|据|如果|听)说，?$|(?:敢|要|会|能)于?说$"
)
CHAINED = re.compile(f"[{QUOTED}{QUOTED_SENTENCE}](?:[、，；和与及]|以及)?$")
"""A quotation that only goes on from the one before it."""
COLON = re.compile("[^，。；：！？]{0,30}：$")
SENTENCE_ENDS = f"。！？；{QUOTED_SENTENCE}"
AFTER = re.compile(
    r"""
    ^[。！？]?(?:
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
"""Where the source stands after the quotation."""
WHERE = re.compile(
    "(?:^|(?<=[，的者记席同志])|(?<![存实潜现内所好正]))(?:早在|在|自从|从|于)"
    "[^，]{1,40}?(?:上|中|时|里|后|前|间|时候|之际|下|大会|会议|座谈会|讲话|年代?|报告|文章|会)"
    "(?=，|$|[^，]{0,12}$)"
)
LEADING = re.compile(
    "^(?:再到|到|从|正如|正像|诚如|如同|就像|就如|如|像|因此|所以|对此|为此|其实|而且|而|但是|但|可是|同时|"
    "自古以来|早在|当时|后来|近年来|最近|接着|随后|之后|并且|并|又|还|也|据|关于这一点|"
    "刚刚闭幕的|(?:应当?|可以?|不|分别)*(?:认定为|属于)|具有|适用|依照|根据|按照|违反|依据|"
    "[0-9]{1,4}[年月日]|[〇零一二三四五六七八九十]+[年月日]|[0-9]{4}年代|今年|去年|当年|今天|"
    "第[一二三四五]|、)+"
)
TRAILING = re.compile(
    "(?:曾经|曾|早就|早已|早|就|也|又|还|再次|再|多次|反复|一再|屡次|经常|常常|常|总是|特别|深刻|"
    "明确|郑重|尖锐|严肃|鲜明|精辟|生动|深情|这样|如此|所|在这里|同时|并且|并|进一步|始终|一贯|最近|"
    "发表声明|发表讲话|发表谈话|发表|后来|当时|今天|首先|专门|着重|突出|率先|第一次|最后|一针见血|语重心长|开宗明义|旗帜鲜明|"
    "(?:动情|自豪|激动|沉痛|严厉|坚定|形象|风趣|幽默|谦虚|诚恳|亲切|意味深长|满怀深情|饱含深情|有诗|题诗|有一[句段番首]?|有[句段首])|地|自古|历来|中|里|上|都|已|已经|则|便|有|来|要|更|给我们|对我们|对大家|时|[0-9]+年就?|"
    "[同跟对向](?:我们?|大家|他们?|她)|用(?:汉语|中文|英语|[一-鿿]{1,3}话)|，)+$"
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫"
    "孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌"
    "毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦"
    "麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩"
    "明佘池查麻苑迟邝万"
)
TITLE = re.compile("(?:同志|先生|女士)$")
WITH_TITLE = re.compile(
    rf"((?:[{SURNAMES}][一-鿿]{{1,2}})|[一-鿿]{{1,6}}·[一-鿿·]{{1,8}})(?:同志|先生|女士|老师|院士|烈士)$"
)
CALLED = re.compile(
    "(?:诗人|作家|[哲科文史法数化]?学家|思想家|教育家|政治家|革命家|军事家|艺术家|总统|总理|首相|国王|主席|"
    "书记|部长|省长|市长|县长|医生|英雄|发言人|院长|校长|教授|大使|先驱|烈士|科学家|将军|元帅|代表|名臣|名将|清官|皇帝|宰相|学者|文学家|书法家|画家)"
    "(?!们|和|在|对|都|也)([一-鿿x]{1,4}(?:·[一-鿿]{1,6})*)$"
)
"""A name after what its bearer is: 英国哲学家罗素."""
BODY = re.compile(
    "[一-鿿0-9x“]{0,12}(?:党中央|中央|国务院|全会|大会|代表会议|会议|人民|群众|党|纪委|省委|市委|县委|区委|党委|"
    "党组|政府|常委会|[一二三四五六七八九十]+大|部|委员会|办公厅|报告|公报|决议|文件|通知|序言|总纲|章程|条例|准则|规划纲要|纲要|"
    "法|人士|学者|专家|发言人|总统|总理|首相|书记|部长|校长|院长|医生|老人|支书|大嫂|大爷|大妈|大娘|农民|工人|战士|学生|家长|校训)"
)
NO_BODY = re.compile(
    "[他她它我你把被对从与着了这那该本打]|深入|强调|结合|联系|服务|依靠|面向|关心|教育"
)
TRANSLITERATED = (
    "阿埃艾爱安奥巴贝本比彼伯博布采策查楚达戴丹德邓迪蒂丁东杜多厄恩尔法范菲费芬弗福盖甘冈戈格根古瓜哈海汉"
    "赫亨华惠霍基吉加贾简杰金津卡凯坎康考柯科可克肯孔库夸拉来莱兰朗劳勒雷黎里理利莉丽列林琳龙卢鲁伦罗洛"
    "马玛迈麦曼芒梅门蒙米密敏莫默姆穆纳娜南瑙内妮尼涅宁纽努诺欧帕派潘庞佩彭蓬皮平珀普其奇恰钱乔切钦琼丘"
    "让热日荣若撒萨塞赛桑瑟森沙山珊尚绍舍申圣施什史舒司丝斯松苏孙索塔泰坦汤唐特滕提田铁廷通图托陀瓦万威韦"
    "维魏温文翁沃乌武西锡希悉席夏香肖歇谢辛欣兴休逊雅亚延扬杨耶叶伊因英尤于约泽曾扎詹珍芝朱祖佐兹"
)
NAME = re.compile(
    rf"[{SURNAMES}](?:[一-鿿]{{1,2}}|x{{1,2}})|[{TRANSLITERATED}]{{2,6}}|[一-鿿]{{1,6}}·[一-鿿·]{{1,10}}"
    "|[一-鿿x]{0,4}(?:人|方|者|员|长|师|朋友|网友|分子|民族|国家)"
)
FUNCTION = re.compile(
    "[的是有在和要不这那我你他她它们个就也都很把被让对从到为以及与或等着了过只又还已并而且但可更最再各每某何"
    "此其之所将应该须能会想做加进入出上下前后去来给叫使回]"
    "|强调|提出|甚至|主题|确实|一些|结果|实践|事实|历史|提笔|国外|贵国|题目|内容|条件|同时|问题|工作|建设|深入|坚持|重视|"
    "注重|学习|认真|努力|积极|注意|现在|目的|标语|口号|墙|报纸|方针|史料|方案|高层|高度|明确|时代|明天|古代|安全|连线|首次|性$|式$|基本|周围|齐声|不少|许多"
)
"""What is in no name."""
NOBODY = re.compile(
    "我们?|咱们?|大家|本人|必须|应|应当|可以|能够?|不|没有|要|就|全党|各级.*|同志们|你们?|自己|什么|"
    "这.?|那.?|其|谁|是|来|去|地|得|的|等|为|与|和|及|各.*|有些?|一些|所有|任何|对.*|把.*|将.*|以.*|按照.*|"
    "根据.*|通过.*|如果.*|只要.*|只有.*|坚持.*|要.*|不.*|我们.*|必须.*|我.*|本.*|由.*|当.*|让.*|使.*|用.*"
)
PRONOUN = re.compile("他(?!们)|该书|书中|文中|信中|并|还|又|同时")
COMRADE = re.compile(rf"([{SURNAMES}]某{{1,2}}|[{SURNAMES}][一-鿿]{{1,2}}(?=同志|先生|女士))")
UNNAMED = re.compile(rf"[{SURNAMES}](?:某{{1,2}}|x{{1,2}})|[一-鿿]{{0,8}}x{{1,3}}")
"""A name left out: 张某, 市纪委书记X."""
NO_PERSONS = frozenset(["古人", "俗语", "中国共产党章程", "中华人民共和国宪法", "入党誓词"])
"""Who is never meant by 他."""
BOOK = re.compile("《[^《》]{1,40}》")
CORE = re.compile("以[^，]{2,6}同志为(?:核心|总书记)的")
PROPER = re.compile("^.*(?<!党)的(?=.)")
BORROWED = re.compile("引用|化用|借用|吟诵|诵读|援引")
"""Who does this is not who is quoted."""
ARTICLE = re.compile(
    "第[〇零一二三四五六七八九十百0-9x]+[条款章](?:第[一二三四五六七八九十]+[款项])?.*$"
)


OTHERS_TITLE = rf"(?<![{SURNAMES}][一-鿿])(?<![{SURNAMES}][一-鿿][一-鿿])(?<!委员会)(?<!的)"
"""Not after a name: 阮富仲总书记 is somebody else; nor an office that somebody is elected to."""


class Speakers(Value, frozen=True):
    """The names that are known: how each is written, folded, and what it stands for."""

    names: Mapping[str, str]
    pattern: re.Pattern[str]

    def on(self, date: str | None) -> Speakers:
        """Give the names as they stood on a date: 总书记 was not always the same."""
        title, since = GENERAL_SECRETARY
        if not date or date >= since:
            return self
        return Speakers({**self.names, title: title}, self.pattern)

    def first(self, text: str) -> str | None:
        """Give the first name that stands in a folded text."""
        found = self.pattern.search(text)
        return self.names[found[0]] if found else None

    def last(self, text: str) -> str | None:
        """Give the last one."""
        found = None
        for found in self.pattern.finditer(text):  # noqa: B007 - the last one is wanted
            pass
        return self.names[found[0]] if found else None

    def last_person(self, text: str) -> str | None:
        """Give the last person named, whether known or not: who is meant by 他."""
        known = [
            (found.end(), self.names[found[0]])
            for found in self.pattern.finditer(text)
            if self.names[found[0]] not in NO_PERSONS
        ]
        others = [
            (found.end(1), found[1])
            for found in COMRADE.finditer(text)
            if "某" in found[1] or not FUNCTION.search(found[1])
        ]
        return max(known + others, default=(0, None))[1]


class Lead(Value, frozen=True):
    """
    What stands before a quotation and introduces it.

    `source` is None where it is said only that something is quoted. `mark` is the ： or ， before
    the quotation, or nothing. `gap` characters stand between the verb and the quotation;
    `attributive` says that the verb is tied to it by 的: 刑法规定的“…”.
    """

    source: str | None
    mark: str
    gap: int = 0
    attributive: bool = False


def load_speakers(*files: Path) -> Speakers:
    """
    Read who is quoted: a line each, the name, then the other ways to write it; # is a comment.

    A file that is not UTF-8 raises RequestError.

    >>> load_speakers(SPEAKERS_FILE).first("毛主席说")
    '毛泽东'
    """
    names: dict[str, str] = {}
    for file in files:
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise RequestError(
                _("{file}: this is not UTF-8. Save it as UTF-8").format(file=file)
            ) from None
        for line in lines:
            written = line.partition("#")[0].split()
            names |= {fold(one): written[0] for one in written}
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return Speakers(names, re.compile(pattern.replace("|总书记", f"|{OTHERS_TITLE}总书记")))


def lead(left: str, speakers: Speakers) -> Lead | None:
    """
    Read who is quoted from the folded words before a quotation; None where nobody is.

    The source is "" where it is to be taken from what was said before: 他强调.

    >>> lead("毛泽东同志在延安时曾深刻指出：", load_speakers(SPEAKERS_FILE))
    Lead(source='毛泽东', mark='：', gap=0, attributive=False)
    """
    tail = TAIL.search(left, max(0, len(left) - 52))
    words = tail["words"] if tail else ""
    near = [one for one in SAYS.finditer(words) if len(words) - one.end() <= FARTHEST]
    if not near and tail and not tail["mark"] and (reported := REPORTED.search(left[-72:])):
        inside = lead(left[-72:][: reported.start("gap") - 1] + "：", speakers)
        return inside and Lead(inside.source, "", len(reported["gap"]))
    if not near and tail and tail["mark"] == "：":
        before = left[: tail.start()]
        if before.endswith("，") and ENDS_IN_SAYING.search(before):
            return lead(before[:-1] + "：", speakers)
    if tail is None or not near:
        known = speakers.last(words) if tail and tail["mark"] == "：" else None
        return Lead(known, "：") if known else None
    found = next((one for one in near if one["verb"]), near[-1])
    at = tail.start() + found.start()
    if NOT_SAID.search(left[max(0, at - 3) : at + found.end("verb") - found.start()]):
        return None
    begin = max((left.rfind(mark, 0, at) for mark in SENTENCE_ENDS), default=-1) + 1
    source = _subject(left[begin:], at - begin, speakers)
    if found["noun"] and not source:
        source = speakers.last(left[begin:])
    return Lead(source, tail["mark"], len(words) - found.end(), found[0].endswith("的"))


def owner(left: str, right: str, speakers: Speakers) -> str | None:
    """
    Read who is quoted from the folded words on both sides.

    >>> owner("牢记毛泽东同志关于", "的教导", load_speakers(SPEAKERS_FILE))
    '毛泽东'
    """
    if not OWNED.match(right):
        return None
    found = None
    for found in speakers.pattern.finditer(left, max(0, len(left) - 24)):  # noqa: B007
        pass
    return speakers.names[found[0]] if found and OWNER.match(left, found.end()) else None


def after(right: str, speakers: Speakers) -> str | None:
    """
    Read who is quoted from the folded words after a quotation.

    >>> after("，这是毛泽东同志的名言", load_speakers(SPEAKERS_FILE))
    '毛泽东'
    """
    found = AFTER.match(right)
    if found is None:
        return None
    words = found[found.lastindex or 0]
    book = BOOK.search(words)
    known = speakers.pattern.search(words)
    if known and words[: known.start()].endswith(("对", "向", "同", "与", "给")):
        return None
    if known or book is None:
        return speakers.names[known[0]] if known else None
    return speakers.names.get(book[0], book[0])


def _subject(said: str, at: int, speakers: Speakers) -> str | None:
    """Find the subject of the verb at `at`: a name, "" for one said before, SELF for nobody."""
    clauses = WHERE.sub("", CORE.sub("", said[:at])).rstrip("，：").split("，")
    clause = clauses[-1]
    if borrowed := BORROWED.search(said, max(0, at - len(clause))):
        return speakers.first(said[borrowed.end() :])
    known = speakers.first(clause + said[at : at + 3])
    if known or (known := _book(clause, speakers)):
        return known
    name = TRAILING.sub("", LEADING.sub("", clause.replace(QUOTED, "")))
    name = PROPER.sub("", ARTICLE.sub("", name)).strip()
    if NOBODY.fullmatch(name):
        return SELF
    if name and not PRONOUN.match(name):
        return _somebody(name)
    for earlier in reversed(clauses[:-1]):
        bare = LEADING.sub("", earlier)
        subject = speakers.pattern.search(bare) or BOOK.search(bare)
        if subject and subject.start() <= SUBJECT_FROM:
            return speakers.names.get(subject[0], subject[0])
    whole = said[:at]
    if not any(earlier.strip() for earlier in clauses[:-1]) and (book := _book(whole, speakers)):
        return book
    begins = LEADING.sub("", whole.lstrip())
    return "" if QUOTED in whole or not begins or PRONOUN.match(name or begins) else None


def _somebody(name: str) -> str | None:
    """Make out a person or a body that is not in the list; None where the words are unclear."""
    if UNNAMED.fullmatch(name := TITLE.sub("", name) if "x" in name or "某" in name else name):
        return name.replace("x", "X")
    if titled := WITH_TITLE.search(name) or CALLED.search(name):
        name = titled[1]
    elif BODY.fullmatch(name):
        return None if NO_BODY.search(name) else name
    return name if NAME.fullmatch(name) and not FUNCTION.search(name) else None


def _book(text: str, speakers: Speakers) -> str:
    book = BOOK.search(text)
    return speakers.names.get(book[0], book[0]) if book else ""
