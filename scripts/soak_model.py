"""A corpus as a plain dict of files, made at random, and what an index of it has to hold."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from pathlib import Path, PurePosixPath
from random import Random
from typing import NamedTuple
from zlib import crc32

from made import docx, p

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.index.tools import Tools, label_passages, load_tools
from lianzheng_search.model import RawFile, Settings, Speech
from lianzheng_search.structure.parse import parse

PLACES = ("云岭县", "石桥镇", "南浦区", "青禾市", "白沙乡")
MEETINGS = ("作风建设推进会", "廉政工作会议", "警示教育大会", "青年干部座谈会")
THINGS = ("学习", "责任", "家风", "担当", "纪律", "监督", "群众", "权力", "X项工程", "“四个意识”")
DOINGS = ("强化{}意识", "把{}扛在肩上", "严明{}底线", "守好{}关口", "不把{}当儿戏", "{}要落到实处")
SENTENCES = (
    "要{0}，{1}，一件一件抓出成效。",
    "一是{0}。二是{1}；三是{2}。",
    "老人们常说，门前的秤要平，{0}；今天看，{1}仍是第一位的。",
    "首先，{0}；其次，{1}；最后，{2}。",
    "{0}不是一句口号，{1}才算真本事！",
    "有的同志问：{0}难不难？难就难在{1}。",
    "{0}，{1}，{2}，这三条哪一条都不能松。",
)
NUMERALS = "一二三四五六"
VENDOR = "竹溪文库整理，咨询QQ700000999"
HEADER = "松风阁荐稿"
WATERMARKS: tuple[tuple[str, str | None], ...] = (
    (VENDOR, None),
    (
        HEADER,
        f'[[rule]]\nname = "own"\nreason = "荐稿人的名号"\nwhere = ["head"]\n'
        f"pattern = '{HEADER}'\ntakes = [\"{HEADER}\"]\n",
    ),
)
"""The line that rules take out, and the rules; None are those of the package."""
THEMES = (
    None,
    '["口号"]\ndefinition = "说的是口号"\nterms.5 = ["口号", "本事"]\n',
    '["秤"]\ndefinition = "说的是秤"\nterms.5 = ["平秤", "秤要平"]\n["责任"]\n'
    'definition = "说的是责任"\nterms.5 = ["责任"]\n',
)
WORDS = (None, "平仍 100\n作风建设推进会 100\n")
UNREADABLE = (b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", b"\0" * 300, b"PK\x03\x04" + b"\7" * 50)
NAMES = tuple(
    f"{folder}{n:02}{suffix}"
    for n, (folder, suffix) in enumerate(
        [("", ".txt"), ("乡镇/讲话 ", ".txt"), ("", "篇gb.txt"), ("", ".docx"), ("旧/", ".zip")] * 6
    )
)
"""The names that files can have; what they end in says how they are written."""


class File(NamedTuple):
    """A file: its bytes, and the lines of the speeches in it, by their ids; none if unreadable."""

    data: bytes
    speeches: Mapping[str, tuple[str, ...]]


class Rules(NamedTuple):
    """Which of THEMES, of WATERMARKS and of WORDS are in force."""

    themes: int = 0
    watermarks: int = 0
    words: int = 0


class State(NamedTuple):
    """What an index holds: the files, by path, when it was made, and by which rules."""

    files: Mapping[str, File]
    rules: Rules

    def texts(self) -> dict[str, tuple[str, ...]]:
        """Give the lines of each speech without those that are watermarks, by its id."""
        drop = WATERMARKS[self.rules.watermarks][0]
        return {
            speech: tuple("" if line == drop else line for line in lines)
            for file in self.files.values()
            for speech, lines in file.speeches.items()
        }

    def speeches(self) -> list[Speech]:
        """Parse each speech, in the order of their ids."""
        lines = {k: v for file in self.files.values() for k, v in file.speeches.items()}
        return [_speech(name, lines[name], self.rules) for name in sorted(lines)]

    def size(self) -> int:
        """Add up the bytes of the speeches' lines in UTF-8."""
        texts = self.texts().values()
        return sum(len(line.encode()) + 1 for lines in texts for line in lines)

    def hashes(self) -> dict[str, str]:
        """Give the SHA-256 of each file that the index knows of, by its path; see `members`."""
        return {
            name: hashlib.sha256(data).hexdigest()
            for path, file in self.files.items()
            for name, data in members(path, file).items()
        }


def members(path: str, file: File) -> dict[str, bytes]:
    """Give what counts as files: those in an archive that can be read, else the file itself."""
    if not path.endswith(".zip") or not file.speeches:
        return {path: file.data}
    return {name: "\n".join(lines).encode() for name, lines in file.speeches.items()}


def random_lines(seed: int) -> tuple[str, ...]:
    """Make the lines of a speech, with a watermark at its head or its tail or at both."""
    rng = Random(seed)

    def doing() -> str:
        return rng.choice(DOINGS).format(rng.choice(THINGS))

    lines = [HEADER] * rng.randrange(2)
    lines.append(f"在{rng.choice(PLACES)}{rng.choice(MEETINGS)}上的讲话")
    lines += [f"（20{rng.randint(18, 25)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日）"]
    lines += ["同志们：", f"今天的{rng.choice(MEETINGS)}，讲{rng.randint(2, 99)}件事。"]
    for numeral in NUMERALS[: rng.randint(1, 6)]:
        lines.append(f"{numeral}、{doing()}，{doing()}")
        for _ in range(rng.randint(1, 4)):
            lines.append(rng.choice(SENTENCES).format(doing(), doing(), doing()))
    return (*lines, "谢谢大家！", *[VENDOR] * rng.randrange(2))


def varied(lines: tuple[str, ...], seed: int) -> tuple[str, ...]:
    """Change one line of a speech, much or little, but none that is watermark, title or date."""
    rng = Random(seed)
    at = rng.randrange(4, len(lines) - 2)
    line = lines[at]
    if line[1:2] == "、" or rng.randrange(3):
        changed = line.replace(rng.choice(THINGS), rng.choice(THINGS))
    else:
        changed = (
            rng.choice(["说到底，", "我看，", ""])
            + rng.choice(THINGS)
            + rng.choice("甲乙丙")
            + "。"
        )
    return (*lines[:at], changed, *lines[at + 1 :])


def write_file(path: str, speeches: list[tuple[str, ...]]) -> File:
    """Write speeches as a file of the format that its name ends in; an archive holds them all."""
    (lines, *_others) = speeches
    if path.endswith(".docx"):
        return File(docx("".join(p(escape(line)) for line in lines)), {path: lines})
    if path.endswith(".zip"):
        packed = io.BytesIO()
        found = {f"{path}/{n}.txt": lines for n, lines in enumerate(speeches)}
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in found.items():
                archive.writestr(PurePosixPath(name).name, "\n".join(text))
        return File(packed.getvalue(), found)
    encoding = "gb18030" if path.endswith("gb.txt") else "utf-8"
    return File("\n".join(lines).encode(encoding), {path: lines})


def renamed(path: str, file: File, new: str) -> File:
    """Give a file as it is under another name."""
    return File(file.data, {new + name[len(path) :]: own for name, own in file.speeches.items()})


def one_of(seed: int, names: Mapping[str, object]) -> str:
    """Choose a name; which one depends on the others as little as can be."""
    return min(names, key=lambda name: crc32(f"{seed} {name}".encode()))


def rule_texts(rules: Rules) -> dict[str, str | None]:
    """Give the rule files of a corpus, by name; None for one that is not there."""
    return {
        "themes.toml": THEMES[rules.themes],
        "watermarks.toml": WATERMARKS[rules.watermarks][1],
        "words.txt": WORDS[rules.words],
    }


@cache
def tools(rules: Rules) -> Tools:
    """Load rules apart from any corpus."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        files = {}
        for name, text in rule_texts(rules).items():
            if text is not None:
                files[name.partition(".")[0]] = Path(place, name)
                Path(place, name).write_text(text, "utf-8")
        return load_tools(Settings(**files))


@lru_cache(256)
def _speech(name: str, lines: tuple[str, ...], rules: Rules) -> Speech:
    raw = RawFile(path=name, encoding="utf-8", lines=lines)
    speech = parse(clean(raw, tools(rules).rules))
    labelled = label_passages(speech.passages, tools(rules).themes)
    return Speech(info=speech.info, passages=tuple(labelled))
