"""Bytes of text in any encoding that Chinese is kept in -> text, with what is broken marked."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice, product
from math import inf, log

from ..errors import RequestError
from ..messages import N_, _
from ..model import Problem

COMMON = (
    "一是人了不在有大中国和为这上他个地年来我会以到时要出的生学说道民家子也成行下们于后就发自之对"
    "得主长可过天作分方用多你着部能市等业全里工公经本都而高政法面门动日进区事代那去心小同北定开产"
    "前其军还然起种所如现理机体表力好外与文当两实重新三么只山水关明从化平建又制南内西没此将员名手"
    "最东头者月间无安看见各城十相但已些正口通想度加第她合院物性战由位常点海意场武使次二向治因立数"
    "样身情入原问把路被并利石老教万知廉督纪腐违监查责洁律贪惩倡惠警诫级量任江及应省资委务元美特期"
    "世湖回系比气汉总展电科金先声提品设或义王社很统处四首共马形己儿司太目基领队直计别女权话少流命"
    "至报米给打变果书清活几州华解议更称程今决张导术府才保交放管结师便走达族反再题色五京河接条规式"
    "县白它改风光运信受什组听布百济党指论强做取技黄神选记斯真却职号界件花类何眼兵传带空干农边据集"
    "联古广完质阳难增历史专官每住商即步认车台林必死游举线言皇土团收考求德叫近备研争非具李众连调感"
    "转笑革该持始英克士尔让拉思根格造较际亲单朝红型价校约器字段周亚深候则功属积快图火千准究往极育"
    "装许参半令吃观鱼精办像帝八复影告远群包整构料随划算象容示投势热值夫网望源息语股铁断派速怎需片"
    "爱支早况病境证编越局推满且列觉服双未居除乐企引标确织初青志率项飞球节察龙响药站施均消客失轻存"
    "低甚般击曾防请离落显罗营足素视护副食创余照兴占巴虽洲村费易试星木黑左宝置跟央识维采六底宫房音"
    "环案批切斗富乡另倒若按故突严桥模仅胜杀围席态破承招杨负层须父供续状域似依银范修找九致密终血旅"
    "钱赛独细效玉冲获习医演毛尽脸弹楼艺航陆右协七攻镇检写苏宗章注阿抗弟坐验封紧劳户优财养适陈喜卫"
    "排射哥油刻留急降念云微伤例景拿绝阶座刘刚害印亿沙母酒助闻超审待压升送策略限竟香配藏敌呢差仍兰"
    "温园树征善波哪词岛止预怕继皮执味份角草男普答益谁船惊核街夏宣掌田久著画辑奇尼剑吧谈背免孩礼材"
    "愿洋春架筑括晚乱乎讲尚良友临激刀夜室既敢邦挥昌板胡欧福港叶简苦担句岁荆贵娘守辖威宜衣帮块堂额"
    "错剧充欢够孙班呼阵销坚练脚退读测吴希宁换版异某顾曲楚典朱毒菜判救宋茶洪含顺啊鲜败货矿端兄归冷"
    "忙买险康评肉吗厂永哈沉散遗停笔假输牛洞松渐顶训录否述毕控丰献姑忽爷互亮纳襄登咱钟伯臣雄季脑介"
    "鄂召饭暗扩祖齐短烈赶牌恩诉移诗础露届蒙静喝盘卖植授伊湾博痛减穿逐秘庭陵固禁票灵杂姓泽吸侧庆妈"
    "遇追甲馆补唐炮沿殿刺怪彩俄旧索岸轮妇载靠附毫怀软骨探雷旁罪枪牙迎序慢盛雨墙恶谷顿危稳熟概酸操"
    "诸绿佛荣针托宽折野付午肯库厚缺罢耳屋嘴末谢巨培页瓦款犯困店智拥雪翻圣戏旗吉婚奖岩疑币圆歌"
)
"""Frequent characters of Chinese prose, and some of this genre; the most frequent first."""
TRADITIONAL = (
    "国國为爲这這个個来來会會时時学學说說们們于於后後发發对對长長过過业業里裏经經门門动動进進区區"
    "开開产產军軍还還种種现現机機体體与與当當两兩实實么麼关關从從内內没沒将將员員东東头頭间間无無"
    "见見战戰点點场場数數样樣问問并並万萬纪紀违違监監责責洁潔贪貪惩懲诫誡级級应應资資务務气氣汉漢"
    "总總电電声聲设設义義统統处處马馬儿兒领領队隊计計别別权權话話报報给給变變书書几幾华華议議称稱"
    "决決张張导導术術结結师師达達题題条條规規县縣风風运運组組听聽济濟党黨论論强強黄黃选選记記却卻"
    "职職号號类類传傳带帶干幹农農边邊据據联聯广廣质質阳陽难難历歷专專认認车車台臺游遊举舉线線团團"
    "备備争爭众衆连連调調转轉该該尔爾让讓较較际際亲親单單红紅价價约約亚亞则則属屬积積图圖准準极極"
    "装裝许許参參吃喫观觀鱼魚办辦复復远遠群羣构構随隨划劃势勢热熱网網语語铁鐵断斷爱愛况況证證编編"
    "满滿觉覺双雙乐樂标標确確织織项項飞飛节節龙龍响響药藥轻輕击擊请請离離显顯罗羅营營视視护護创創"
    "余餘兴興占佔虽雖费費试試宝寶识識维維采採宫宮环環斗鬥乡鄉严嚴桥橋仅僅胜勝杀殺围圍态態杨楊负負"
    "层層须須续續状狀银銀范範终終钱錢赛賽独獨细細冲衝获獲习習医醫尽盡脸臉弹彈楼樓艺藝陆陸协協镇鎮"
    "检檢写寫苏蘇验驗紧緊劳勞户戶优優财財养養适適陈陳卫衛云雲伤傷绝絕阶階刘劉刚剛亿億闻聞审審压壓"
    "敌敵兰蘭温溫园園树樹征徵词詞岛島预預继繼执執谁誰惊驚画畫辑輯剑劍谈談礼禮愿願筑築乱亂讲講临臨"
    "挥揮欧歐叶葉简簡担擔岁歲荆荊贵貴辖轄帮幫块塊额額错錯剧劇欢歡够夠孙孫阵陣销銷坚堅练練脚腳读讀"
    "测測吴吳宁寧换換异異顾顧顺順鲜鮮败敗货貨矿礦归歸买買险險评評吗嗎厂廠遗遺笔筆输輸渐漸顶頂训訓"
    "录錄毕畢丰豐献獻爷爺纳納钟鍾脑腦饭飯扩擴齐齊赶趕诉訴诗詩础礎届屆静靜盘盤卖賣湾灣减減秘祕灵靈"
    "杂雜泽澤侧側庆慶妈媽馆館补補旧舊轮輪妇婦载載怀懷软軟枪槍墙牆恶惡顿頓稳穩诸諸绿綠荣榮针針托託"
    "宽寬库庫罢罷谢謝页頁拥擁圣聖戏戲奖獎岩巖币幣圆圓"
)
"""Pairs: one of COMMON, and how it is written in traditional Chinese."""
PUNCTUATION = "，。、；：？！“”‘’（）《》—…·　"

CODECS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""What a text may be in; where two fit equally well, the first."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030", "gb18030"),
)
"""A byte order mark, what the encoding is then called, and the codec for the rest."""
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
}
"""What is declared as the first is often the second, and the second holds all of the first."""

SAMPLE = 1 << 16
"""So many bytes, from the first that is not ASCII, decide upon the encoding."""
PLAINLY_UTF8 = 8
"""Valid UTF-8 with so many characters of two bytes, or half as many of three that make Chinese, is
UTF-8 without a second look: GBK looks like it by chance about once in a million times."""
PREFERRED = {"utf-8": 8.0, "gb18030": 4.0}
DECLARED = 12.0
"""How much more likely an encoding is for what it is and for being declared, as log odds."""

BROKEN = re.compile("[\ud800-\udfff]+|\0")
"""What stands for bytes that fit nothing, until it becomes U+FFFD."""
BROKEN_BYTE = "\udcff"
MARK_BROKEN = "lianzheng-mark-broken"
FEW_BROKEN = 3
BROKEN_SHARE = 20
"""A file is still read with up to FEW_BROKEN broken places, or one in BROKEN_SHARE characters."""
LEAST_SOUND = 5
"""So many sound characters outside ASCII must stand against each broken byte."""
HARDLY_TEXT = -11.0
"""Below this mean likelihood of a character, bytes are no UTF-16 without a mark."""
HARDLY_CHINESE = -12.0
"""Below this mean likelihood of the characters outside ASCII, the encoding is doubted."""

ASCII = (
    (re.compile(r"[ \t\r\n]"), -4.3),
    (re.compile("[a-z]"), -4.6),
    (re.compile("[0-9]"), -5.0),
    (re.compile("[A-Z]"), -6.0),
    (re.compile("[!-~]"), -7.0),
    (re.compile(r"[\f\v]"), -9.0),
)
OTHERS = (
    (0x9F, -20.0),
    (0xFF, -13.0),
    (0x2E7F, -15.0),
    (0x303F, -12.0),
    (0x312F, -13.0),
    (0x33FF, -15.0),
    (0x4DBF, -17.0),
    (0xABFF, -18.0),
    (0xD7FF, -16.0),
    (0xDFFF, -16.0),
    (0xF8FF, -19.0),
    (0xFAFF, -17.0),
    (0xFEFF, -18.0),
    (0xFF5E, -9.5),
    (0xFFEF, -16.0),
    (0xFFFD, -16.0),
    (0xFFFF, -22.0),
    (0x2FFFF, -18.0),
)
"""How likely the characters up to a code point are that nothing else says; guessed, and it does."""
BROKEN_COST = -16.0
TYPICAL_OF_A_BYTE = -4.0
DOUBLE = ("gb18030", "big5hkscs")
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32")
NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
THREE_BYTES = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
TWO_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]")
WORTH_MENDING = 12.0
"""A line is cut anew at a broken byte only if that makes it this much more likely."""
WINDOW = 1024
PIECE = 4096
"""Bytes of UTF-16, and of a line of GBK or Big5, that are cut anew together."""
MOST_MENDED = 1 << 19
"""No more bytes of a file than this are cut anew."""

ENCODED_TWICE = (
    ("cp1252", "gb18030"),
    ("cp1252", "utf-8"),
    ("cp1252", "big5hkscs"),
    ("gb18030", "utf-8"),
    ("gb18030", "big5hkscs"),
    ("big5hkscs", "utf-8"),
    ("big5hkscs", "gb18030"),
)
"""What bytes were wrongly read as, and what they are."""
CALLED = {"cp1252": "Latin-1", "gb18030": "GBK", "big5hkscs": "Big5", "utf-8": "UTF-8"}
LATIN_1 = {ord(bytes([b]).decode("cp1252", "ignore") or chr(b)): b for b in range(0x80, 0xA0)}
LATIN_RUN = re.compile(f"([ -\xff\ufffd\udcff{''.join(map(chr, LATIN_1))}]+)")
MOST_TIMES = 3
"""So often a text may have been encoded over again."""
MOST_ASKED = 400
LEAST_TELLING = 50
"""So many of the lines that look garbled are asked at most; one in so many must tell."""
LEAST_REPAIRED = 6
"""A line of so many Chinese characters or more tells that a file was encoded twice."""
GARBLED = -11.5
REPAIRED = -9.8
"""Such a line's characters have a mean likelihood below the first, and above the second after."""
MOST_LOST = 5
MOST_LOST_AMONG_OTHERS = 3
"""No line tells of it of which more than one character in MOST_LOST is lost; among lines that do,
one in so many may be, or the line stays as it is."""
CLEARLY_BETTER = 1.5
"""By how much the mean must rise in the other lines."""
LOST_BEFORE = re.compile("\ufffd|锟斤拷")
LINE_END = re.compile(r"\r\n|\n|\r")


class Undecodable(ValueError):  # noqa: N818 - the state of a file, not a mistake of the caller
    """Bytes that are no text in any encoding tried; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """
    A text, the encoding it was in, and what was wrong with it, in the order of lines.

    Each broken place stands in `text` as one U+FFFD; the lines of `problems` are those of `text`.
    """

    encoding: str
    text: str
    problems: tuple[Problem, ...] = ()


def decode(
    data: bytes, *, path: str, encoding: str | None = None, declared: str | None = None
) -> Decoded:
    r"""
    Decode a file's bytes: in the encoding named, else in the one that makes the best Chinese.

    `declared` is what the file says of itself; it is believed only where the bytes leave a
    choice. Told apart are UTF-8, UTF-16 and UTF-32 of either byte order with and without a mark,
    GB18030 (with GBK and GB2312) and Big5-HKSCS. A byte that is broken, lost or one too many
    costs the character it belongs to. Text that was encoded twice is repaired. What was wrong
    becomes problems.

    Raises Undecodable for what is no text, RequestError for an `encoding` that does not exist.

    >>> decode("廉洁自律，以身作则".encode("utf-16-be"), path="a.txt").encoding
    'utf-16-be'
    >>> decode("廉潔自律，以身作則".encode("big5"), path="a.txt").text
    '廉潔自律，以身作則'
    >>> garbled = "今天我们在这里开会，学习规定。".encode("gbk").decode("latin-1")
    >>> twice = decode(garbled.encode(), path="a.txt")
    >>> twice.text, twice.problems[0].line
    ('今天我们在这里开会，学习规定。', 1)
    """
    check_encoding(encoding)
    name, codec, body = _told(data, encoding, declared)
    try:
        if encoding is None and codec not in WIDE and _hopeless(_sampled(body, codec)):
            raise _undecodable(data, path, codec, encoding)
        text = _marked(body, codec)
    except UnicodeError:  # an odd codec, named by the user
        raise _undecodable(data, path, codec, encoding) from None
    if not _few_broken(text):
        raise _undecodable(data, path, codec, encoding)
    problems: list[Problem] = []

    def tell(line: int | None, message: str, **values: str | int) -> None:
        problems.append(Problem(path=path, line=line, message=message, values=values))

    believed = encoding is None or codec.startswith("utf")
    repaired = repair(text) if believed else Repaired(text=text)
    if encoding is None and codec in DOUBLE and _mean(_wide(text)) < HARDLY_CHINESE:
        message = N_("hardly Chinese in {encoding}: if it is garbled, try --encoding")
        tell(None, message, encoding=name)
    if repaired.lines:
        tell(
            repaired.lines[0],
            N_("encoded twice ({right} taken for {wrong}) and repaired; lines: {count}"),
            right=repaired.right,
            wrong=repaired.wrong,
            count=len(repaired.lines),
        )
    broken = _lines_with(BROKEN, text)
    for line in broken:
        message = N_("broken bytes, shown as U+FFFD: they are not valid {encoding}")
        tell(line, message, encoding=name)
    for line in _lines_with(BROKEN, repaired.text):
        if line not in broken:
            tell(line, N_("lost when it was encoded twice: the characters shown as U+FFFD"))
    for line in repaired.given_up:
        tell(line, N_("encoded twice, and too much is lost to repair it"))
    for line in _lines_with(LOST_BEFORE, text):
        if line not in repaired.lines:
            tell(
                line, N_("lost before the file was saved: the characters shown as U+FFFD or 锟斤拷")
            )
    return Decoded(
        encoding=name,
        text=BROKEN.sub("\ufffd", repaired.text),
        problems=tuple(sorted(problems, key=lambda problem: problem.line or 0)),
    )


def check_encoding(encoding: str | None) -> None:
    """Raise RequestError for the name of an encoding that Python does not know as one of text."""
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise RequestError(
            _("{encoding}: there is no such encoding. Try gb18030, big5 or utf-16").format(
                encoding=encoding
            )
        ) from None


def is_text(data: bytes) -> bool:
    r"""
    Tell text from other bytes that hold NUL, as UTF-16 does wherever it holds ASCII.

    >>> is_text("一、廉洁\n".encode("utf-16-le")), is_text(bytes(range(32)))
    (True, False)
    """
    try:
        decode(data[:SAMPLE], path="")
    except Undecodable:
        return False
    return True


# Which encoding


def _told(data: bytes, encoding: str | None, declared: str | None) -> tuple[str, str, bytes]:
    """Tell what the encoding is called, its codec, and the bytes without a byte order mark."""
    named = _codec(encoding)
    for bom, name, codec in BOMS:
        if data.startswith(bom) and named in (None, codec, name):
            body = data[len(bom) :]
            if named or _few_broken(_sampled(body, codec)):
                return name, codec, body
    if named == "utf-16":
        named = max(("utf-16-le", "utf-16-be"), key=lambda c: _likelihood(_sampled(data, c)))
    if named:
        return encoding or named, named, data
    if _plainly_utf8(data):
        return "utf-8", "utf-8", data
    start = NOT_ASCII_BYTE.search(data)
    sample = data[max(0, start.start() - SAMPLE // 2) & ~3 if start else 0 :][:SAMPLE]
    hint = _codec(declared)
    codecs_tried = [c for c in CODECS if "32" not in c or b"\0" in sample]
    if hint and hint not in codecs_tried:
        codecs_tried.append(hint)
    texts = {codec: _sampled(sample, codec) for codec in codecs_tried}
    best = _best(texts, hint)
    if (
        BROKEN.search(texts[best]) or _mean(_wide(texts[best])) < REPAIRED
    ):  # a byte that is lost shifts all that follow it
        for codec in texts:
            if codec in DOUBLE + WIDE:
                texts[codec] = _cut(sample[:WINDOW], codec)[0]
            else:
                texts[codec] = _sampled(sample[:WINDOW], codec)
        best = _best(texts, hint)
    return best, best, data


def _best(texts: Mapping[str, str], hint: str | None) -> str:
    return max(
        (codec for codec in texts if codec not in WIDE or _mean(texts[codec]) > HARDLY_TEXT),
        key=lambda codec: (
            _likelihood(texts[codec]) + PREFERRED.get(codec, 0) + (DECLARED if codec == hint else 0)
        ),
    )


def _codec(encoding: str | None) -> str | None:
    """Give Python's name of an encoding, or that of its superset; None where it knows none."""
    try:
        name = codecs.lookup(encoding or "").name
        "".encode(name)
    except (LookupError, ValueError):
        return None
    return SUPERSETS.get(name, name)


def _plainly_utf8(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if text.isascii():
        return False
    if len(list(islice(TWO_BYTES.finditer(data), PLAINLY_UTF8))) == PLAINLY_UTF8:
        return True
    three = list(islice(THREE_BYTES.finditer(data), PLAINLY_UTF8 // 2))
    if len(three) < PLAINLY_UTF8 // 2:
        return False
    start = len(data[: three[0].start()].decode())
    return _mean(_wide(text[start:][:WINDOW])) > HARDLY_CHINESE


def _sampled(data: bytes, codec: str) -> str:
    """Decode a sample, with a mark for each byte that fits nothing but those cut off at its end."""
    cut = len(data) > SAMPLE
    try:
        return codecs.getincrementaldecoder(codec)(MARK_BROKEN).decode(data[:SAMPLE], final=not cut)
    except UnicodeError:
        return BROKEN_BYTE * len(data[:SAMPLE])


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN_BYTE * (error.end - error.start), error.end


codecs.register_error(MARK_BROKEN, _mark_broken)


# How likely a text is


class _LogLikelihood(dict[str, float]):
    """The natural logarithm of how often a character stands in text as we expect it."""

    def __missing__(self, character: str) -> float:
        self[character] = value = _log_likelihood(character)
        return value


def _log_likelihood(character: str) -> float:
    code = ord(character)
    if character < "\x80":
        return next((value for kind, value in ASCII if kind.match(character)), -20.0)
    if character in PUNCTUATION:
        return -5.5
    if character in _plain("gb18030") or character in _plain("big5hkscs"):
        return -10.5 if "\u4e00" <= character <= "\u9fff" else -11.0
    if "\u4e00" <= character <= "\u9fff":
        try:
            return -13.5 if len(character.encode("gb2312")) else -16.0
        except UnicodeEncodeError:
            return -15.5
    return next((value for last, value in OTHERS if code <= last), -22.0)


@cache
def _model() -> _LogLikelihood:
    table = _LogLikelihood()
    for rank, character in enumerate(COMMON):
        table[character] = log(0.17 / (rank + 10))
    for simplified, traditional in zip(TRADITIONAL[::2], TRADITIONAL[1::2], strict=True):
        table.setdefault(traditional, table[simplified])
    return table


def _likelihood(text: str) -> float:
    return sum(map(_model().__getitem__, text))


def _wide(text: str) -> list[str]:
    return [character for character in text if character > "\x7f"]


def _mean(text: Sequence[str]) -> float:
    return sum(map(_model().__getitem__, text[:SAMPLE])) / max(1, len(text[:SAMPLE]))


@cache
def _plain(codec: str) -> frozenset[str]:
    """Give the characters that an encoding's makers thought frequent, and its punctuation."""
    if codec == "big5hkscs":
        rows, cells = range(0xA1, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    else:
        codec, rows, cells = "gb2312", range(0xA1, 0xD8), list(range(0xA1, 0xFF))
    table = bytes(byte for row in rows for cell in cells for byte in (row, cell))
    plain = {c for c in table.decode(codec, "ignore") if c in PUNCTUATION or c >= "\u2010"}
    return frozenset(
        c for c in plain if not "\u3040" <= c <= "\u312f" and not "\ue000" <= c <= "\uf8ff"
    )


@cache
def _garbled(codec: str) -> re.Pattern[str]:
    """Match three rare characters within a few: what is cut at the wrong byte is full of them."""
    rare = f"[^\\t-\\r -~{PUNCTUATION}{''.join(sorted(_plain(codec)))}]"
    return re.compile(f"{rare}.{{0,4}}{rare}.{{0,4}}{rare}")


# Broken bytes


def _few_broken(text: str) -> bool:
    places = BROKEN.findall(text)
    broken = sum(map(len, places))
    sound = len(_wide(BROKEN.sub("", text)))
    few = len(places) <= max(FEW_BROKEN, sound // BROKEN_SHARE)
    return not places or (few and broken * LEAST_SOUND <= sound)


def _hopeless(text: str) -> bool:
    """Tell what no mending would make text: half of it is broken."""
    return len(text) > WINDOW and len("".join(BROKEN.findall(text))) * 2 > len(text)


def _marked(data: bytes, codec: str) -> str:
    """Decode, with a mark for each broken byte; a byte lost or added does not shift the rest."""
    text = data.decode(codec, MARK_BROKEN)
    if codec in DOUBLE:
        if _is_garbled(text, codec):
            return _marked_by_line(data, codec)
    elif codec in WIDE:
        return _marked_by_window(data, codec)
    return text


def _marked_by_line(data: bytes, codec: str) -> str:
    lines: list[str] = []
    left = MOST_MENDED
    for line in data.split(b"\n"):
        text = line.decode(codec, MARK_BROKEN)
        if left > 0 and _is_garbled(text, codec):
            text, left = _mended(line, codec, left)
        lines.append(text)
    return "\n".join(lines)


def _is_garbled(text: str, codec: str) -> bool:
    return BROKEN.search(text) is not None or _garbled(codec).search(text) is not None


def _mended(line: bytes, codec: str, left: int) -> tuple[str, int]:
    """Decode a line by pieces; one that is garbled is cut anew, while `left` bytes may be."""
    texts: list[str] = []
    start = 0
    while start < len(line):
        piece = line[start : start + PIECE]
        whole = start + PIECE >= len(line)
        decoder = codecs.getincrementaldecoder(codec)(MARK_BROKEN)
        text = decoder.decode(piece, final=whole)
        used = len(piece) - len(decoder.getstate()[0])
        if left > 0 and _is_garbled(text, codec):
            left -= len(piece)
            cut, cut_used = _cut(piece, codec, whole=whole)
            if BROKEN.search(text) or _likelihood(cut) > _likelihood(text) + WORTH_MENDING:
                text, used = cut, cut_used
        texts.append(text)
        start += used
    return "".join(texts), left


def _marked_by_window(data: bytes, codec: str) -> str:
    """Decode UTF-16 or UTF-32 by pieces; one that turns rare, and the one before, is cut anew."""
    pieces: list[tuple[int, str, bool]] = []
    start, left = 0, MOST_MENDED
    while start < len(data):
        end = min(start + WINDOW, len(data))
        text = data[start:end].decode(codec, MARK_BROKEN)
        garbled = _is_garbled(text, "gb18030")
        if garbled and left > 0:
            if pieces and not pieces[-1][2]:
                start, *_before = pieces.pop()
                text = data[start:end].decode(codec, MARK_BROKEN)
            left -= end - start
            cut, used = _cut(data[start:end], codec, whole=end == len(data))
            if _likelihood(cut) > _likelihood(text) + WORTH_MENDING:
                text, end = cut, start + used
        pieces.append((start, text, garbled))
        start = end
    return "".join(text for _start, text, _garbled in pieces)


def _cut(data: bytes, codec: str, *, whole: bool = True) -> tuple[str, int]:
    """
    Cut bytes into characters and broken bytes so that the text is the likeliest (Viterbi 1967).

    Gives the text and how many bytes it takes: all of them if `whole`, else all but those of a
    character that may be cut in two.
    """
    size = len(data)
    best = [0.0] + [-inf] * size
    length = [0] * (size + 1)
    moves = _wide_moves if codec in WIDE else _double_moves
    for i in range(size):
        if best[i] == -inf:
            continue
        for step, value in moves(data, i, codec):
            if best[i] + value > best[i + step]:
                best[i + step] = best[i] + value
                length[i + step] = step
    ends = [size] if whole else range(max(1, size - 3), size + 1)
    end = used = max(ends, key=lambda i: best[i] + TYPICAL_OF_A_BYTE * (size - i))
    pieces: list[str] = []
    while end > 0:
        start = end - length[end]
        pieces.append(data[start:end].decode(codec, MARK_BROKEN))
        end = start
    return "".join(reversed(pieces)), used


def _double_moves(data: bytes, i: int, codec: str) -> Iterator[tuple[int, float]]:
    if data[i] < 0x80:
        yield 1, _model()[chr(data[i])]
        return
    yield 1, BROKEN_COST
    if (value := _pairs(codec).get(data[i : i + 2])) is not None:
        yield 2, value
    elif codec == "gb18030" and data[i + 1 : i + 2].isdigit():
        with suppress(UnicodeDecodeError):
            yield 4, _likelihood(data[i : i + 4].decode(codec))


def _wide_moves(data: bytes, i: int, codec: str) -> Iterator[tuple[int, float]]:
    yield 1, BROKEN_COST
    for step in (2, 4) if "16" in codec else (4,):
        piece = data[i : i + step]
        if len(piece) == step:
            with suppress(UnicodeDecodeError):
                text = piece.decode(codec)
                if len(text) == 1:
                    yield step, _model()[text]


@cache
def _pairs(codec: str) -> dict[bytes, float]:
    pairs = {}
    for pair in product(range(0x81, 0xFF), range(0x40, 0xFF)):
        with suppress(UnicodeDecodeError):
            pairs[bytes(pair)] = _likelihood(bytes(pair).decode(codec))
    return pairs


# Encoded twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """
    A text as it was before it was encoded twice, and the numbers of the lines that were.

    `wrong` and `right` name what was taken for what; `given_up` are lines left as they are
    because too much of them is lost.
    """

    text: str
    lines: tuple[int, ...] = ()
    given_up: tuple[int, ...] = ()
    wrong: str = ""
    right: str = ""


def repair(text: str) -> Repaired:
    """
    Undo that UTF-8, GBK or Big5 was read as something else and saved as that.

    It takes a line that makes no Chinese as it stands and good Chinese when taken back; then the
    other lines follow that are better for it. Characters lost on the way become lone surrogates.

    >>> repair("全面从严治党".encode().decode("gb18030")).text
    '全面从严治党'
    >>> repair("鍚屽織读作同志").text
    '鍚屽織读作同志'
    """
    repaired = Repaired(text=text)
    for _times in range(MOST_TIMES):
        once = _repair_once(repaired.text)
        if not once.lines:
            return replace(repaired, given_up=once.given_up)
        lines = sorted({*repaired.lines, *once.lines})
        repaired = replace(once, lines=tuple(lines))
    return repaired


def _repair_once(text: str) -> Repaired:
    if not _garbled("gb18030").search(text):
        return Repaired(text=text)
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    garbled = [n for n, line in enumerate(lines) if _garbled("gb18030").search(line)]
    asked = garbled[:: 1 + len(garbled) // MOST_ASKED]
    told = Counter(
        (wrong, right)
        for n in asked
        for wrong, right in ENCODED_TWICE
        if any(_tells(piece, wrong, right) for piece in _pieces(lines[n], wrong))
    )
    if not told or max(told.values()) * LEAST_TELLING < len(asked):
        return Repaired(text=text)
    wrong, right = max(told, key=told.__getitem__)
    changed, given_up = [], []
    for n, line in enumerate(lines):
        if line.isascii():
            continue
        pieces = [_better(piece, wrong, right) or piece for piece in _pieces(line, wrong)]
        if (better := "".join(pieces)) != line:
            lines[n] = better
            changed.append(n + 1)
        elif n in garbled:
            given_up.append(n + 1)
    return Repaired(
        text="".join(line + end for line, end in zip(lines, ends, strict=True)),
        lines=tuple(changed),
        given_up=tuple(given_up),
        wrong=CALLED[wrong],
        right=CALLED[right],
    )


def _pieces(line: str, wrong: str) -> list[str]:
    """Cut a line into what may have been read as `wrong` in one piece, and the rest."""
    return LATIN_RUN.split(line) if wrong == "cp1252" else [line]


def _letters(piece: str) -> list[str]:
    return [character for character in _wide(piece) if character not in PUNCTUATION]


def _tells(piece: str, wrong: str, right: str) -> bool:
    """Tell whether a piece makes no Chinese as it stands, and good Chinese when taken back."""
    if len(piece) < LEAST_REPAIRED or _mean(_letters(piece)) > GARBLED:
        return False
    before = _undone(piece, wrong, right)
    sound = _wide(BROKEN.sub("", before))
    lost = len(BROKEN.findall(before))
    return (
        len(sound) >= LEAST_REPAIRED and lost * MOST_LOST <= len(sound) and _mean(sound) > REPAIRED
    )


def _better(piece: str, wrong: str, right: str) -> str | None:
    before = _undone(piece, wrong, right)
    sound = _wide(BROKEN.sub("", before))
    few_lost = len(BROKEN.findall(before)) * MOST_LOST_AMONG_OTHERS <= len(sound)
    better = few_lost and sound and _mean(sound) > _mean(_letters(piece)) + CLEARLY_BETTER
    return before if better else None


def _undone(piece: str, wrong: str, right: str) -> str:
    """Take a piece back to its bytes and read them rightly; empty where that cannot be."""
    piece = piece.replace("\ufffd", BROKEN_BYTE)
    if wrong == "cp1252":
        ways = [piece.translate(LATIN_1)]
    else:  # Windows reads a single byte 0x80 as the sign of the euro
        ways = [piece, piece.replace("€", "\udc80")] if "€" in piece else [piece]
    best = ""
    for way in ways:
        try:
            data = way.encode("latin-1" if wrong == "cp1252" else wrong, "surrogateescape")
        except UnicodeEncodeError:
            continue
        if data.decode(right, "replace").count("\ufffd") * MOST_LOST_AMONG_OTHERS > len(piece):
            continue
        before = _marked(data, right)
        before = re.sub(f"{BROKEN_BYTE}+[?]?", BROKEN_BYTE, before)
        if not best or _likelihood(before) > _likelihood(best):
            best = before
    if right == "utf-8" and LATIN_RUN.fullmatch(best) and len(best) < len(piece):  # and once more
        return _undone(best, wrong, right) or best
    return best


def _lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    if not pattern.search(text):
        return []
    return [n for n, line in enumerate(LINE_END.split(text), start=1) if pattern.search(line)]


def _undecodable(data: bytes, path: str, codec: str, encoding: str | None) -> Undecodable:
    if b"\0" in data and (encoding is None or codec not in WIDE):
        return Undecodable(
            Problem(path=path, line=None, message=N_("not a text file: it holds NUL bytes"))
        )
    codec = codec if encoding else "utf-8"
    offset = 0
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        offset = error.start
    except UnicodeError:
        pass
    line = len(LINE_END.findall(data[:offset].decode(codec, "replace"))) + 1
    if encoding:
        message = N_("not valid {encoding}: broken at byte offset {offset}")
    else:
        message = N_("neither UTF-8, UTF-16, GB18030 nor Big5: broken at byte offset {offset}")
    values: dict[str, str | int] = {"offset": offset, "encoding": encoding or ""}
    return Undecodable(Problem(path=path, line=line, message=message, values=values))
