"""Laws and cases of decoding: which encoding, what a broken byte costs, what was encoded twice."""

import pytest
from conftest import SPEECH, shared
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.reading.decoding import broken
from lianzheng_search.reading.decoding.decode import Undecodable, decode, is_text
from lianzheng_search.reading.decoding.encodings import CODECS
from lianzheng_search.reading.decoding.twice import repair
from lianzheng_search.reading.read import read_bytes

WORDS = """
同志 会议 党风 廉政 建设 责任 监督 执纪 问责 纪律 规矩 干部 群众 作风 教育
制度 落实 学习 中央 精神 工作 我们 必须 坚持 全面 从严 治党 主体 担当 反对
腐败 权力 约束 家风 清廉 自律 警示 案例 检查 整改 问题 思想 认识 政治 意识
大局 服务 发展 经济 社会 人民 利益 法律 规定 要求 方面 领导 单位 部门 机关
今年 去年 时间 情况 进一步 加强 提高 深入 开展 认真 贯彻 执行 完善 健全 机制
体系 能力 水平 成效 明显
""".split()  # noqa: SIM905 - a table
TRADITIONAL_WORDS = """
同志 會議 黨風 廉政 建設 責任 監督 執紀 問責 紀律 規矩 幹部 群眾 作風 教育
制度 落實 學習 中央 精神 工作 我們 必須 堅持 全面 從嚴 治黨 主體 擔當 反對
腐敗 權力 約束 家風 清廉 自律 警示 案例 檢查 整改 問題 思想 認識 政治 意識
大局 服務 發展 經濟 社會 人民 利益 法律 規定 要求 方面 領導 單位 部門 機關
""".split()  # noqa: SIM905 - a table
LEAST = 6
NEIGHBOURHOOD = 4
"""A broken byte may cost so many characters: its own, and those that it reads as well with."""


def texts(words: list[str], least: int = LEAST) -> st.SearchStrategy[str]:
    parts = st.tuples(st.sampled_from(words), st.sampled_from(["", "", "，", "。", "、"]))
    some = st.lists(parts, min_size=-(-least // 2), max_size=30, unique_by=lambda part: part[0])
    return some.map(lambda found: "".join(word + mark for word, mark in found))


SIMPLIFIED, TRADITIONAL = texts(WORDS), texts(TRADITIONAL_WORDS)


def read(data: bytes, **settings: str) -> str:
    return decode(data, path="a.txt", **settings).text


@pytest.mark.parametrize("encoding", [c for c in CODECS if c != "big5hkscs"] + ["gbk", "utf-16"])
@given(text=SIMPLIFIED)
def test_six_characters_tell_the_encoding(encoding, text):
    """Text in any encoding comes back as it was, and nothing is said of it."""
    decoded = decode(text.encode(encoding), path="a.txt")
    assert (decoded.text, decoded.problems) == (text, ())


@pytest.mark.parametrize("encoding", CODECS)
@given(text=TRADITIONAL)
def test_six_traditional_characters_tell_the_encoding(encoding, text):
    decoded = decode(text.encode(encoding), path="a.txt")
    assert (decoded.text, decoded.problems) == (text, ())


@pytest.mark.parametrize("encoding", CODECS)
def test_a_whole_speech_comes_back(encoding):
    if encoding != "big5hkscs":
        decoded = decode(SPEECH.encode(encoding), path="a.txt")
        assert (decoded.text, decoded.encoding, decoded.problems) == (SPEECH, encoding, ())


def test_a_byte_order_mark_is_no_text():
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        decoded = decode("廉".encode(encoding), path="a.txt")
        assert (decoded.text, decoded.encoding) == ("廉", encoding)
    assert read(b"\xfe\xff" + "廉".encode("utf-16-be")) == "廉"
    assert read(b"\xef\xbb\xbf" + SPEECH.encode("gbk")).endswith(SPEECH)


def test_english_is_not_taken_for_chinese():
    for text in ("this app can break", "Bush hid the facts", "a", "line one\r\nline two\r\n"):
        assert decode(text.encode(), path="a.txt").encoding == "utf-8"
        assert read(text.encode()) == text


def differing(one: str, other: str) -> int:
    """Count the characters of `one` between the longest common start and end."""
    least = min(len(one), len(other))
    start = next((n for n in range(least) if one[n] != other[n]), least)
    rest = least - start
    end = next((n for n in range(rest) if one[-1 - n] != other[-1 - n]), rest)
    return len(one) - start - end


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-32-le"])
@given(
    text=texts(WORDS, least=30),
    at=st.floats(0, 1, exclude_max=True),
    put=st.sampled_from([b"", b"\xff", b"\x81"]),
    cut=st.integers(0, 1),
)
def test_a_byte_lost_or_added_costs_its_neighbourhood(encoding, text, at, put, cut):
    """Whatever happens to one byte, the text before and after it is read as it stands."""
    data = text.encode(encoding)
    place = int(at * len(data))
    broken = data[:place] + put + data[place + cut :]
    assert differing(text, read(broken)) <= NEIGHBOURHOOD


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-8"])
def test_a_lost_byte_is_a_problem_of_its_line(encoding):
    lines = [f"第{n}行，我们必须坚持全面从严治党，落实主体责任和监督责任。" for n in range(60)]
    data = "\n".join(lines).encode(encoding)
    at = data.index("主体".encode(encoding), len(data) // 2)
    decoded = decode(data[:at] + data[at + 1 :], path="a.txt")
    told = [n for n, line in enumerate(decoded.text.split("\n"), start=1) if "\ufffd" in line]
    assert [problem.line for problem in decoded.problems] == told
    assert len(told) == 1
    assert sum(a != b for a, b in zip(decoded.text.split("\n"), lines, strict=True)) == 1


def test_nul_is_a_broken_byte_in_text_and_ends_what_is_none():
    decoded = decode(SPEECH.replace("。", "。\0", 1).encode(), path="a.txt")
    assert decoded.text == SPEECH.replace("。", "。\ufffd", 1)
    assert len(decoded.problems) == 1
    assert not is_text(bytes(range(256)) * 20)
    with pytest.raises(Undecodable, match="NUL"):
        decode(bytes(range(256)) * 20, path="a.txt")


def test_what_a_page_declares_does_not_count():
    """The bytes tell it better: what is declared is often what the editor was set to."""
    page = "<html><head><meta charset={}></head><body><p>{}</p></body></html>"
    for declared, encoding in (("utf-8", "gbk"), ("gb2312", "utf-8"), ("no-such", "utf-8")):
        data = page.format(declared, SPEECH.replace("\n", "</p><p>")).encode(encoding)
        raw = read_bytes(data, path="a.html")
        assert raw.lines == tuple(line for line in SPEECH.split("\n") if line)


def test_what_is_hardly_chinese_is_doubted():
    japanese = "これはテストです。さくらがさいています。" * 3
    (problem,) = decode(japanese.encode("shift-jis"), path="a.txt").problems
    assert "hardly Chinese" in problem.message
    assert decode(japanese.encode("shift-jis"), path="a.txt", encoding="shift-jis").text == japanese


def test_the_user_overrides():
    assert read("镕".encode("gbk"), encoding="gb2312") == "镕"
    assert read(SPEECH.encode("utf-16-be"), encoding="utf-16") == SPEECH
    assert read(SPEECH.encode("gbk"), encoding="latin-1") != SPEECH
    with pytest.raises(Undecodable):
        decode(SPEECH.encode(), path="a.txt", encoding="idna")


def as_latin(data: bytes) -> str:
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)


TWICE = {
    "GBK as Latin-1": lambda text: text.encode("gbk").decode("latin-1"),
    "GBK as Windows-1252": lambda text: as_latin(text.encode("gbk")),
    "UTF-8 as Latin-1": lambda text: text.encode().decode("latin-1"),
    "UTF-8 as Windows-1252": lambda text: as_latin(text.encode()),
    "UTF-8 as Latin-1, twice": lambda text: as_latin(as_latin(text.encode()).encode()),
}


@pytest.mark.parametrize("wrongly", TWICE.values(), ids=TWICE)
@given(text=texts(WORDS, least=12))
def test_what_was_encoded_twice_is_repaired_and_told(wrongly, text):
    decoded = decode(wrongly(text).encode(), path="a.txt")
    assert decoded.text == text
    assert [problem.line for problem in decoded.problems] == [1]


@given(text=texts(WORDS, least=12))
def test_utf8_taken_for_gbk_is_repaired_but_for_what_is_lost(text):
    """The codec drops a byte where their number is odd; the rest of the line survives."""
    decoded = decode(text.encode().decode("gb18030", "replace").encode(), path="a.txt")
    assert decoded.problems
    if "\ufffd" not in decoded.text:
        assert decoded.text == text


@given(text=SIMPLIFIED, wrongly=st.sampled_from([*TWICE.values()]))
def test_repair_is_idempotent(text, wrongly):
    """What was repaired is not repaired again, and what was not stays so."""
    once = repair(wrongly(text)).text
    assert repair(once).text == once


@given(text=SIMPLIFIED | TRADITIONAL)
def test_sound_text_is_not_repaired(text):
    assert repair(text).text == text
    assert repair(text).lines == ()


def test_a_garbled_line_among_sound_ones_is_repaired_alone():
    garbled = "落实党风廉政建设责任制".encode("gbk").decode("latin-1")
    for end in ("\n", "\r\n", "\r"):
        text = "同志们：\n落实党风廉政建设责任制\ncafé 和 naïve 照旧。\n".replace("\n", end)
        data = text.replace("落实党风廉政建设责任制", garbled).encode()
        decoded = decode(data, path="a.txt")
        assert decoded.text == text
        assert [problem.line for problem in decoded.problems] == [2]


def test_what_was_lost_before_is_told():
    (problem,) = decode("同志们：\n锟斤拷锟斤拷\n".encode(), path="a.txt").problems
    assert problem.line == 2


@pytest.mark.parametrize("folder", ["public", "seeds"])
def test_real_texts_are_read_as_they_stand(folder):
    """Not one character of sound text is changed, and no line of it is suspected."""
    for file in sorted(shared(folder).rglob("*.txt")):
        decoded = decode(file.read_bytes(), path=file.name)
        assert decoded.text == file.read_bytes().decode("utf-8-sig"), file.name
        assert decoded.problems == (), file.name


def test_messy_encodings_give_the_gold():
    folder = shared("messy")
    for name in ("gwr2010", "gwr2024", "xi_qunzhong"):
        gold = "".join((folder / "gold" / f"{name}.txt").read_text("utf-8").split())
        for kind in ("gbk_crlf", "utf16_bom", "utf16le_nobom", "utf8bom_crlf"):
            data = (folder / f"{name}.{kind}.txt").read_bytes()
            assert "".join(read(data).split()) == gold, (name, kind)
        for kind in ("mojibake_gbk_as_latin1", "utf8_truncated_bytes"):
            data = (folder / f"{name}.{kind}.txt").read_bytes()
            assert gold.startswith("".join(read(data).split()).rstrip("\ufffd")), (name, kind)


def test_a_character_that_recurs_is_weighed_once(monkeypatch):
    """Found by damaged documents: a UTF-16 file of 400 kB, damaged all over, took ten seconds."""
    weighed: list[str] = []
    real = broken.likelihood

    def likelihood(text: str) -> float:
        weighed.append(text)
        return real(text)

    monkeypatch.setattr(broken, "likelihood", likelihood)
    broken._wide_value.cache_clear()
    piece = "要把规矩立在前面，".encode("utf-16-le")
    text = broken.mend((piece + b"\xff" + piece * 20) * 100, "utf-16-le")
    assert text.count("规矩立在") > 2000
    single = [text for text in weighed if len(text) == 1]
    assert len(single) < 1000
