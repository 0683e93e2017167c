"""Made-up queries -> what they break: any exception but RequestError, and whatever takes long."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEEDS = ROOT.parent / "shared" / "data" / "seeds"
OWN = ROOT / "corpus"
SLOW = 5.0
"""Seconds that no operation may take."""
HANGS = 30
"""Seconds after which it is taken to hang: the run ends."""
LONGEST = 4096
"""Bytes of an input: about as many words."""
WORDS = (
    "主体责任|敢于担当|作风建设|党员干部|意识|强化|纪律|监督|四个意识|不敢腐、不能腐、不想腐|首先"
    "|二是|三要|第一，|同志们|2024年|廉政|家教|权力|落实|坚持|相统一|与|严管与厚爱"
)
OPERATORS = (
    " OR | AND | NOT | NEAR | NEAR/1 | NEAR/10 | NEAR/999 | NEAR/1000 |ＮＥＡＲ／３|or|not|section:"
    "|theme:|title:|speech:|in:|since:|until:|in:body|in:heading|theme:家风家教|section:二|section:（一）"
    "|since:2023|until:2024-06|标题：|date:|2023-13|0|9|99|²|٣|[[query]]\n|query=|name: "
    "|查询,章节\n"
)
TOKENS = [
    *"的一是在不了有和人要。，、；：！？责任担当学习家风廉洁",
    *WORDS.split("|"),
    *' 　()（）"“”「」『』＂*?＊？|｜-－\\:：/',
    *OPERATORS.split("|"),
    *"…·×Xxａ①ﬁİß\0\n\r\t\x1b\u200b\u200d\u202e\u2028\ufeff\ufffd\ud800𠮷龘⼈👍🏽e\u0301",
    *"[].^$+{},'=@#%&~`<>!;_",
]
"""What queries are made of: one byte of an input each."""
ESCAPE = 255
"""Before three bytes of a code point that is no token."""
QUERIES = """\
主体责任
主体责任 担当
“主体责任，敢于担当”
"OR"
强化*意识
学?一
坚持*与*相统一
家风 OR 家教
家风｜家教
廉洁 NOT 自律
廉洁 -自律
(家风 OR 家教) 学习
责任 NEAR/10 落实
责任 NEAR 落实
“强化” NEAR/4 责*任
section:担当
section:二
theme:家风家教
title:“集体 约谈”
speech:0
in:heading
since:2023 until:2024-06
家风 家教 OR 学习
'"“四个意识”"'
“四个意识”是根本
不敢腐、不想腐、不能腐
((((((((((的))))))))))
(((((((((((((
）））（（（
“““““““
""
" "
"责\\"任" "\\\\"
* ? *? ?* **
?*?*?*?*?*的
的*的*的*的*的*的*的*的
一*二*三*四*五*六
的*?*?*?*?*?*?*?*?*的
的 NEAR/50 的 NEAR/50 的
的 NEAR/99999999999 的
NOT NOT NOT 的
-的 -一 -(是 OR 在)
-(NOT (NOT (-的)))
OR OR AND NEAR
责任 OR
in:everything section: since:abc theme:无
section:第99999999999999999999条
title: title: title:
speech:\\ud800
的 OR 一 OR 是 OR 在 OR 不 OR 了 OR 有 OR 和 OR 人
的 一 是 在 不 了 有 和 人 要
𠮷👍🏽e\\u0301
。，、；
家风：家风 OR 家教
""".splitlines()
QUERIES += [
    " ".join(["的", "一"] * 600),
    " OR ".join(["责任", "担当"] * 400),
    "的*" * 49 + "龘",
    "*?" * 24 + "的",
    " ".join(f"的 NEAR/{n} 一" for n in range(99)),
    "(" * 49 + "责任" + ")" * 49,
    "责任担当" * 1000,
    "「责」任 " * 500,
]
Operation = Callable[[object, str], object]


def operations() -> dict[str, Operation]:
    """Give what is done with a text, by name; each reads all that it gives."""
    from lianzheng_search.query.language import parse_query
    from lianzheng_search.query.lists import read_queries

    def as_file(_corpus: object, text: str) -> object:
        return read_queries(text.encode("utf-8", "surrogatepass"), source="<stdin>")

    return {
        "parse": lambda corpus, text: parse_query(text),
        "search": lambda corpus, text: list(corpus.search(text).hits),
        "all": lambda corpus, text: list(corpus.search(text, limit=0, sort="date").hits),
        "kwic": lambda corpus, text: corpus.kwic(text, sort="right"),
        "slots": lambda corpus, text: corpus.slots(text),
        "headings": lambda corpus, text: corpus.headings(text),
        "patterns": lambda corpus, text: corpus.heading_groups("pattern", text),
        "hints": lambda corpus, text: corpus.hints(text),
        "freq": lambda corpus, text: corpus.freq([text], by="section"),
        "dispersion": lambda corpus, text: corpus.dispersion([text]),
        "section": lambda corpus, text: list(corpus.search("的", section=text).hits),
        "speech": lambda corpus, text: list(corpus.search("的", speech=text).hits),
        "since": lambda corpus, text: list(corpus.search("的", since=text).hits),
        "queries": as_file,
    }


def encode(text: str) -> bytes:
    """Write a text as tokens, the longest first."""
    numbers = sorted(range(len(TOKENS)), key=lambda n: -len(TOKENS[n]))
    written, at = bytearray(), 0
    while at < len(text):
        number = next((n for n in numbers if text.startswith(TOKENS[n], at)), None)
        if number is None:
            written += bytes([ESCAPE]) + ord(text[at]).to_bytes(3, "big")
        else:
            written.append(number)
        at += 1 if number is None else len(TOKENS[number])
    return bytes(written)


def decode(data: bytes) -> str:
    """Read the text that tokens stand for; any bytes stand for one."""
    parts, at = [], 0
    while at < len(data):
        if data[at] == ESCAPE:
            parts.append(chr(int.from_bytes(data[at + 1 : at + 4], "big") % 0x110000))
            at += 4
        else:
            parts.append(TOKENS[data[at] % len(TOKENS)])
            at += 1
    return "".join(parts)


def failure(
    corpus: object, name: str, text: str, *, slow: float = SLOW
) -> dict[str, object] | None:
    """Do one operation; tell what is wrong with it, if anything is."""
    from lianzheng_search.errors import RequestError

    began = time.perf_counter()
    what = None
    try:
        operations()[name](corpus, text)
    except RequestError as error:
        if len(str(error)) > 2000 or not str(error):
            what = f"a message of {len(str(error))} characters"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {error}"
    seconds = time.perf_counter() - began
    if what is None and seconds > slow:
        what = f"{name} takes more than {slow:g} s"
    if what is None:
        return None
    return {"operation": name, "query": text, "what": what, "seconds": round(seconds, 2)}


def inputs(*, every: Iterable[str] = QUERIES) -> Iterator[bytes]:
    """Give the inputs to begin with: each query under each operation."""
    for number in range(len(operations())):
        for text in every:
            yield bytes([number]) + encode(text.replace("\\ud800", "\ud800"))


def read(data: bytes) -> tuple[str, str]:
    """Read an input: the operation, and the text."""
    names = list(operations())
    return names[data[0] % len(names)] if data else "parse", decode(data[1:])


def mutations(some: Sequence[bytes], *, number: int, seed: int) -> Iterator[bytes]:
    """Change inputs without guidance: what the tests run, the same each time."""
    chance = random.Random(seed)
    for _n in range(number):
        data = bytearray(chance.choice(some))
        for _change in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            other = chance.choice(some)
            kind = chance.randrange(4)
            if kind == 0:
                data[at:at] = other[1:]
            elif kind == 1:
                data.insert(at, chance.randrange(256))
            elif kind == 2:
                del data[at : at + chance.randint(1, 5)]
            else:
                data[at:at] = bytes(data[at : at + 8]) * chance.randint(1, 5)
        yield bytes(data[:LONGEST])


class Failures:
    """Failures, written to a folder as they come; one of a kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, failed: dict[str, object]) -> None:
        """Write down what fails in a way that nothing did before."""
        kind = str(failed["what"]).split(": ")[0]
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        name = hashlib.sha256(kind.encode()).hexdigest()[:12]
        text = json.dumps(failed, indent=1)  # in ASCII: there may be lone surrogates in it
        (self.folder / f"{name}.json").write_text(text + "\n", "ascii")
        print(f"fuzz: {failed['what']}\n  {self.folder / name}.json", file=sys.stderr)


def open_corpus(directory: Path, index: Path) -> object:
    """Open a corpus whose index lies elsewhere, so that nothing is written beside its files."""
    import lianzheng_search

    corpus = lianzheng_search.open(directory, index_directory=index)
    corpus.index()
    return corpus


def fuzz(directory: Path, work: Path, seconds: int, slow: float) -> int:
    """Run the fuzzer for so long; it ends the process, so this is run in one of its own."""
    try:
        import atheris
    except ImportError:
        print(
            "fuzz: atheris is not installed. Run pip install atheris, on Linux or macOS,"
            " in this environment",
            file=sys.stderr,
        )
        return 2
    with atheris.instrument_imports(include=["lianzheng_search"]):
        from lianzheng_search.search import fillings as slots  # noqa: F401
    corpus = open_corpus(directory, work / "index")
    failures = Failures(work / "failures")
    begin = work / "inputs"
    begin.mkdir(parents=True, exist_ok=True)
    for data in inputs():
        (begin / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    def one(data: bytes) -> None:
        name, text = read(data)
        if failed := failure(corpus, name, text, slow=slow):
            failures.add(failed)

    options = [
        f"-max_total_time={seconds}",
        f"-timeout={HANGS}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={work / 'failures'}/",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(begin)], one)
    atheris.Fuzz()
    return 0


def replay(file: Path, directory: Path, work: Path, slow: float) -> int:
    """Do again what failed: a file of `Failures`, or an input that hangs as the fuzzer wrote it."""
    data = file.read_bytes()
    try:
        failed = json.loads(data)
        name, text = failed["operation"], failed["query"]
    except ValueError:
        name, text = read(data)
    print(f"{name} {json.dumps(text, ensure_ascii=True)}")
    again = failure(open_corpus(directory, work / "index"), name, text, slow=slow)
    print(again["what"] if again else "nothing is wrong with it")
    return 1 if again else 0


def main() -> int:
    """Fuzz, or replay; exit code 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="how long to go on (600)")
    parser.add_argument("--corpus", type=Path, default=SEEDS if SEEDS.is_dir() else OWN)
    parser.add_argument("--work", type=Path, default=ROOT / ".fuzz", help="where it writes")
    parser.add_argument("--slow", type=float, default=SLOW, help="seconds that are too long (5)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a failure, once more")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.replay:
        return replay(given.replay, given.corpus, given.work, given.slow)
    if given.inside:
        return fuzz(given.corpus, given.work, given.seconds, given.slow)
    began = time.time()
    code = subprocess.run([sys.executable, *sys.argv, "--inside"], check=False).returncode
    every = sorted((given.work / "failures").glob("*"))
    failed = [file for file in every if file.stat().st_mtime >= began]
    for file in failed:
        print(f"fuzz: --replay {file}")
    if code == 0 and not failed:
        print("fuzz: nothing failed")
    return code or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
