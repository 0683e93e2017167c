"""Text that would steer a terminal, run as a formula or become markup is shown, and no more."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import LONG
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import lianzheng_search
from lianzheng_search.cleaning.clean import clean, cleaned_text
from lianzheng_search.cleaning.edits import source_text
from lianzheng_search.cleaning.ledger import ledger, restore
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.cli import main as cli
from lianzheng_search.export.markdown import markdown_lines
from lianzheng_search.export.tables.rows import FORMULA, to_json
from lianzheng_search.index import tools
from lianzheng_search.model import CleanText, Line, RawFile, Settings
from lianzheng_search.reading.read import read_bytes
from lianzheng_search.structure.parse import parse
from lianzheng_search.terminal.printing import output, progress
from lianzheng_search.text.characters import UNPRINTABLE, printable

STEER = (
    "\x1b[7;35m\x1b]8;;http://evil.example\x07点\x1b]52;c;YQ==\x07\x1bP1$q\x1b\\\x9b7;35m\x9d0;t\x9c"
    "\x90x\x08\x7f\x0b\x0c\x85\u2028\u2029\u202e\u2066\u2069\u061c\u200f\U000e0041\ufeff"
)
"""Colours, links, the clipboard, strings and controls of eight bits, line ends, directions."""
MARKUP = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;</p></style>]]><!--"
    "[点](javascript:x) ![图](http://evil.example/i.png) <http://evil.example> `码` *强* __重__"
    " | 列 | ~~删~~ $x$ [red]红[/red] [link=http://evil.example]链[/link] [@x] \\textbf{x} \\"
)
BAD = STEER + MARKUP
SPEECH = f"""\
=HYPERLINK("http://evil.example")在{BAD}作风会上的讲话
（2024年3月8日）

同志们：
一、强化家风{BAD}意识，把方向看准
=1+1，要管好家风{BAD}，“家风就是作风{BAD}。”还要学习《关于家风{BAD}的决定》。
1. 家风{BAD}要抓。
- 家风要抓{BAD}。
+ 家风要抓。
# 家风要抓
＝1＋1家风要抓。
@SUM(家风)要抓。
二、强化责任{BAD}意识，把担子挑稳
一是家风{BAD}要学。二是家风要用{BAD}。
周大河{BAD}指出：“家风家教{BAD}要严，一天也不能松。”
周大河指出，家风{BAD}家教不能丢。
按照《关于{STEER}加强家风的决定》，“身边人{BAD}”要管住，《{STEER}条例》第三条{BAD}规定得明白。
"""
SPEECH += f"家风连着身边人，身边人{BAD}的家风要抓，身边人的事要问。\n" * 6
SPEECH += f"水库{BAD}的坝要修，渠道要通。\n" * 12
SPEECH += f"=家风{BAD}，谢谢大家！\n"


def quoted(text: str) -> str:
    """Write a text as TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


NAME = "逃\x1b[7;35m逸\u202e<b>[red]=1+1.txt"
THEME = "家风<b>[red]*主*|题=`"
THEMES = f"""\
[{json.dumps(THEME)}]
definition = {json.dumps("=说" + MARKUP)}
terms.5 = ["家风", "作风"]
examples = [{json.dumps("家风" + MARKUP)}]
not_examples = [{json.dumps("作风" + MARKUP)}]
"""
RULES = """\
[[rule]]
name = "vendor"
reason = "=说<b>"
where = ["head", "tail"]
pattern = '墨池.*'
takes = ["墨池文苑"]
leaves = ["讲话"]
"""
OURS = re.compile(r"\x1b\[(?:0|[1-9]|22|[34][0-7]|9[0-7]|38;[0-9;]+)?(?:;[0-9]+)*m")
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def assert_harmless(shown: str, *, colours: bool) -> None:
    """Check that nothing in what is shown steers a terminal but our own colours."""
    assert "\x1b[7;35m" not in shown
    rest = OURS.sub("", shown) if colours else shown
    for at, c in enumerate(rest):
        around = ascii(rest[max(0, at - 40) : at + 40])
        assert unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") or c in "\n\t", around
        assert unicodedata.bidirectional(c) not in TURNING, around
        assert c not in "\u200e\u200f\u061c", around
        assert not "\U000e0000" <= c <= "\U000e007f", around


class Terminal(io.TextIOWrapper):
    """Standard output, or a terminal in its place."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        """Tell what it is."""
        return self.terminal

    def text(self) -> str:
        """Give what has been written."""
        self.flush()
        return self.buffer.getvalue().decode("utf-8-sig")


def run(monkeypatch, *arguments: str, terminal: bool = False) -> tuple[int, str, str]:
    """Run the command in this process; give its exit code and what it said."""
    out, err = Terminal(terminal=terminal), Terminal(terminal=False)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["lianzheng", *map(str, arguments)])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("TERM", "xterm")
        patch.delenv("NO_COLOR", raising=False)
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert "a fault of this program" not in err.text(), err.text()
    return int(ended.value.code or 0), out.text(), err.text()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A corpus whose index holds everything hostile as it stands: cleaning took nothing out."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, speech in [
        (NAME if os.name == "posix" else "a.txt", SPEECH),
        ("b.txt", SPEECH.replace("2024年3月8日", "2022年5月6日").replace("要抓", "要严")),
    ]:
        (folder / name).write_text(speech, "utf-8", newline="")
    (folder / "themes.toml").write_text(THEMES, "utf-8")
    (folder / "watermarks.toml").write_text(RULES, "utf-8")
    (folder / "broken.txt").write_bytes(b"\0\1\2")
    (folder / "speakers.txt").write_text(f"周大河 周闸长{MARKUP.replace(' ', '')}\n", "utf-8")

    def as_it_is(raw: RawFile, _rules) -> CleanText:
        lines = tuple(Line(n, text) for n, text in enumerate(raw.lines, start=1))
        return CleanText(path=raw.path, encoding=raw.encoding, lines=lines)

    def parsed(text: CleanText):
        from msgspec.structs import replace

        found = parse(text)
        told = dict.fromkeys(("speaker", "venue", "source"), "=" + BAD)
        return replace(found, info=replace(found.info, title="=" + BAD + found.info.title, **told))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tools, "clean", as_it_is)
        patch.setattr(tools, "parse", parsed)
        with lianzheng_search.open(folder) as corpus:
            corpus.index(jobs=1)
            ids = [speech.id for speech in corpus.speeches()]
            assert any("\x1b" in passage.text for passage in corpus.speech(ids[0])[1])
        yield folder, ids


FORMATS = ("text", "jsonl", "csv", "md")
LISTS = [
    "search 家风 --limit 0", "search --limit 0 --sort corpus", "search 家风无此事",
    "search --slots 家*要 --limit 0", "kwic 家风 --limit 0", "kwic 要 --width 200 --limit 0",
    "show ID", "show ID:6 --context 3", "headings", "headings --by pattern", "headings --by theme",
    "headings --by level", "headings --by speech", "headings 家风 --siblings", "outline",
    "outline --themes", "outline FILE", "quotes", "quotes --sources", "quotes --scare",
    "quotes --indirect --limit 0", "cites --unmarked", "phrases --limit 0 --with-variants",
    "ngrams 家风 --min 1",
    "ngrams --unit words --limit 0", "freq", "freq 家风 --by speech", "freq 家风 --by section",
    "freq 家风 --by theme", "collocates 家风 --min 1 --stop-words --limit 0",
    "keyness --a 家风 --min 1", "dispersion 家风", "dispersion 家风 --strips", "themes",
    "themes --unlabelled", "themes why FILE", "themes suggest THEME", "themes closest FILE",
    "themes test", "clean --removed FILE",
]  # fmt: skip
OTHERS = [
    "clean FILE", "clean --diff FILE", "clean --learn DIR", "status", "status --format json",
    "status --problems", "index --format json", "index", "themes --by speech --plot OUT/a.svg",
    "export 家风 --cite bibtex --format txt", "export 家风 --cite gbt7714-2025 --format txt",
    "export 家风 --context section --group-by theme --format md --cite plain",
    "export 家风 --group-by speech --format csv --cite plain", "export 家风 --format jsonl",
    "export --group-by section --format md --cite bibtex", "template themes", "help query",
]  # fmt: skip


def arguments_of(line: str, hostile, out: Path) -> list[str]:
    """Fill in what a line of the table names."""
    folder, ids = hostile
    file = folder / (NAME if os.name == "posix" else "a.txt")
    values = {"ID": ids[-1], "FILE": str(file), "THEME": THEME, "DIR": str(folder)}
    words = [word.replace("ID:", ids[-1] + ":") for word in line.split()]
    words = [values.get(word, word).replace("OUT/", f"{out}/") for word in words]
    return ["-C", str(folder), *words]


def check_csv(text: str) -> None:
    """No cell begins like a formula, whatever stands before it that nobody sees."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        seen = cell.lstrip("".join(map(chr, range(33))) + "\u3000\xa0\ufeff\ufffd")
        numeric = re.fullmatch(r"-?[0-9.e-]+", cell)
        assert numeric or seen[:1] not in tuple("=+-@＝＋－＠") or cell[0] in "'\ufffd", cell


def check_markdown(text: str) -> None:
    """A CommonMark reader sees our headings, quotations, tables and bold type, and nothing else."""
    known = {"inline", "fence", "hr"} | {
        f"{name}_{end}"
        for name in ("heading", "paragraph", "blockquote", "table", "thead", "tbody", "tr", "th",
                     "td", "bullet_list", "list_item")
        for end in ("open", "close")
    }  # fmt: skip
    listed = text.partition("## How this was made")[2]
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        assert token.type in known, token
        if token.type.startswith(("bullet_list", "list_item")):
            assert listed
        for child in token.children or ():
            assert child.type in ("text", "softbreak", "strong_open", "strong_close") or (
                child.type == "html_inline" and child.content in ("<strong>", "</strong>")
            ), child


@pytest.mark.matrix
@pytest.mark.promise("terminal")
@pytest.mark.parametrize(("line", "file_format"), list(product(LISTS, FORMATS)))
def test_lists_show_and_do_nothing(hostile, monkeypatch, tmp_path, line, file_format):
    """Every list, in every format, in a pipe and on a terminal, wide and narrow."""
    arguments = [*arguments_of(line, hostile, tmp_path), "--format", file_format]
    code, out, err = run(monkeypatch, *arguments)
    assert code in ((0, 2) if line.startswith("outline") else (0, 1)), err
    assert out, err
    assert_harmless(out.replace("\r\n", "\n") if file_format == "csv" else out, colours=False)
    assert_harmless(err, colours=False)
    if file_format == "jsonl":
        for row in out.split("\n")[:-1]:
            json.loads(row)
    elif file_format == "csv":
        check_csv(out)
    elif file_format == "md":
        check_markdown(out)
    if file_format != "text" and not (LONG and file_format == "md"):
        return
    monkeypatch.setenv("LIANZHENG_WIDTH", "40")
    _code, shown, err = run(monkeypatch, *arguments, terminal=True)
    assert_harmless(shown, colours=file_format == "text")
    assert_harmless(err, colours=True)


@pytest.mark.matrix
@pytest.mark.parametrize("line", OTHERS)
def test_other_commands_show_and_do_nothing(hostile, monkeypatch, tmp_path, line):
    """What has formats of its own, or none."""
    arguments = arguments_of(line, hostile, tmp_path)
    for terminal in (False, True):
        code, out, err = run(monkeypatch, *arguments, terminal=terminal)
        assert code in (0, 1, 2), err
        if line == "clean FILE" and not terminal:  # the text, as it is
            assert "\x1b" not in out
            assert "\u2028" in out
            continue
        csv_ends = "--format csv" in line and not terminal
        assert_harmless(out.replace("\r\n", "\n") if csv_ends else out, colours=terminal)
        assert_harmless(err, colours=terminal)
        if "--format md" in line:
            check_markdown(out)
        if csv_ends:
            check_csv(out)
        for svg in tmp_path.glob("*.svg"):
            svg.unlink()


@pytest.mark.promise("no markup")
def test_json_lines_keep_every_character(hostile, monkeypatch):
    """What is escaped in JSON comes back; only there is everything kept."""
    folder, ids = hostile
    code, out, _err = run(monkeypatch, "-C", folder, "show", ids[0], "--format", "jsonl")
    rows = [json.loads(row) for row in out.split("\n")[:-1]]
    with lianzheng_search.open(folder) as corpus:
        passages = corpus.speech(ids[0])[1]
    assert code == 0
    assert [row["text"] for row in rows] == [passage.text for passage in passages]
    assert rows[0]["speaker"] == "=" + BAD


@given(st.text(st.sampled_from([*STEER, *MARKUP, *"\0\r\n", "廉"]) | st.characters(codec="utf-8")))
def test_json_is_json(text):
    """Whatever is escaped is the same text."""
    assert json.loads(to_json(text)) == text
    assert_harmless(to_json(text), colours=False)


@given(
    st.text(st.sampled_from([*STEER, *"\0\r\n", *output.OUR_ESCAPE, "廉", "["]) | st.characters())
)
def test_no_text_can_colour_the_screen(text):
    """A text that is shown holds no control; its length, and so every place in it, stays."""
    shown = output.escape(text + output.style(text, fg="red") + text)
    assert_harmless(shown.replace("\x1b[31m", "", 1).replace("\x1b[0m", "", 1), colours=False)
    assert len(printable(text)) == len(text)
    assert printable(printable(text)) == printable(text)


def test_only_one_room_prints():
    """What is said goes through `output`, so that no text can slip past it."""
    package = Path(output.__file__).parents[1]
    printing = re.compile(r"click\.(?:echo|secho|style|echo_via_pager)\b|(?<![\w.])print\(")
    found = [
        f"{file.name}: {line.strip()}"
        for file in sorted(package.rglob("*.py"))
        if file.name != "output.py"
        for line in file.read_text("utf-8").split("\n")
        if printing.search(line) and ">>>" not in line and "..." not in line
    ]
    assert found == []


ERRORS = [
    ("search", f"section:“{BAD}”"), ("search", f"theme:{BAD}"), ("search", f"({BAD}"),
    ("search", BAD), ("search", "--theme", BAD), ("search", "--speech", BAD),
    ("search", "--since", BAD), ("search", "--format", BAD), ("search", "--limit", BAD),
    ("search", "--" + BAD), (BAD,), ("show", BAD), ("show", f"b.txt:9{BAD}"), ("outline", BAD),
    ("themes", "why", BAD), ("themes", "suggest", BAD), ("themes", "new", BAD, "家风"),
    ("themes", "new", "甲", BAD), ("themes", "new", "甲", "家风", "--definition", BAD),
    ("themes", "test", BAD), ("headings", BAD), ("quotes", "--source", BAD),
    ("quotes", "--sort", BAD),
    ("freq", BAD), ("freq", "家风", "--plot", f"/nowhere/{BAD}.svg"), ("dispersion", BAD),
    ("collocates", BAD), ("keyness", "--a", BAD), ("ngrams", "--n", BAD), ("clean", BAD),
    ("clean", "--restore", BAD), ("clean", "--learn", BAD), ("export", BAD, "--format", "md"),
    ("export", "家风", "-o", f"/nowhere/{BAD}.csv"), ("export", "家风", "--columns", BAD),
    ("export", "家风", "-o", BAD), ("export", "--queries", BAD), ("export", "--replay", BAD),
    ("help", BAD), ("template", BAD), ("kwic", "家风", "--sort", BAD), ("status", BAD),
    ("index", "--jobs", BAD), ("search", "--slots", f"{BAD}*家风"),
]  # fmt: skip


@pytest.mark.promise("terminal")
@pytest.mark.parametrize("arguments", ERRORS)
@pytest.mark.parametrize("terminal", [False, True])
def test_errors_show_and_do_nothing(hostile, monkeypatch, tmp_path, arguments, terminal):
    """What a user typed, or pasted, is told in one line that steers nothing."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(monkeypatch, "-C", hostile[0], *arguments, terminal=terminal)
    assert code in (0, 1, 2)
    assert out or err
    assert_harmless(out, colours=terminal)
    assert_harmless(err, colours=terminal)


@pytest.mark.parametrize(
    "arguments",
    [("outline", "甲\n乙"), ("show", "甲\n乙"), ("clean", "甲\n乙.txt"), ("search", "(甲\n乙"),
     ("search", "--theme", "甲\n乙"), ("export", "甲", "-o", "/nowhere/甲\r\n乙.csv"),
     ("search", "--format", "甲\n乙"), ("export", "--queries", "甲\n乙")],
)  # fmt: skip
def test_a_name_with_a_line_end_is_told_on_one_line(hostile, monkeypatch, arguments):
    """An error is one line with all that it says, and no line of it is another's."""
    code, out, err = run(monkeypatch, "-C", hostile[0], *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "乙" in err or "query: " in err


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (["--themes", "x.toml", "index"], "a = " + DEEP),
        (["--watermarks", "x.toml", "index"], "a = " + DEEP),
        (["--limits", "x.toml", "index"], "a = " + DEEP),
        (["export", "--queries", "x.toml"], "[[query]]\nname = " + DEEP),
        (["export", "--queries", "x.toml"], '[[query]]\nquery = "家风"\nname = ' + DEEP),
        (["export", "--replay", "x.toml"], DEEP),
        (["clean", "--restore", "x.toml"], "清风\n"),
    ],
    ids=range(7),
)
def test_what_is_nested_beyond_measure_is_one_line(monkeypatch, tmp_path, arguments, content):
    """Rules, limits, queries, manifests and ledgers nested a hundred thousand deep are errors."""
    monkeypatch.chdir(tmp_path)
    Path("x.toml").write_text(content, "utf-8")
    Path(".x.toml.removed.jsonl").write_text(DEEP, "utf-8")
    Path("a.txt").write_text("敢于担当，善于作为。", "utf-8")
    code, out, err = run(monkeypatch, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_hostile_line_that_is_learned_makes_a_rule_that_reads(tmp_path):
    """Whatever recurs can be accepted: the file of rules stays one."""
    line = f"墨池{STEER}\"'''\\文苑整理 123"
    for n in range(6):
        content = f"{line}\n\n在第{n}次会上的讲话\n\n同志们：\n第{n}件事要抓好。\n\n{line}\n"
        (tmp_path / f"{n}.txt").write_text(content, "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        found = corpus.learn(tmp_path)
        assert any("墨池" in one.examples[0][2] for one in found)
        rules = load_rules(corpus.accept(found, tmp_path))
        assert any(rule.name.startswith("learned-") for rule in rules.rules)


QUOTED = quoted(BAD)
FILES = [
    ("--themes", "x.toml", f'["甲"]\ndefinition = "x"\nterms.{BAD} = 3'),
    ("--themes", "x.toml", f'[{quoted(BAD)}]\ndefinition = "x"\nterms.5 = ["家风"]'),
    ("--themes", "x.toml", f'["甲"]\ndefinition = {QUOTED}\nterms.5 = [{QUOTED}]'),
    ("--watermarks", "x.toml", f"[[rule]]\nname = {quoted(BAD)}"),
    ("--watermarks", "x.toml", RULES.replace('"vendor"', quoted("规" + BAD))),
    ("--watermarks", "x.toml", RULES.replace("'墨池.*'", quoted("(" + BAD))),
    ("--limits", "x.toml", f"{quoted(BAD)} = 3"),
    ("--words", "x.txt", f"{BAD}\n家风\n"),
    ("--queries", "x.txt", f"{BAD}：家风\n（家风{BAD}\n"),
    ("--queries", "x.toml", f'[[query]]\nname = {QUOTED}\nquery = "家风"\n{QUOTED} = 1'),
    ("--queries", "x.toml", f'[[query]]\nname = {quoted(BAD)}\nquery = "家风"\n'),
    ("--queries", "x.csv", f"name,query,{MARKUP.replace(',', '')}\n{BAD},家风,x\n"),
]  # fmt: skip


@pytest.mark.matrix
@pytest.mark.parametrize(("option", "name", "content"), FILES)
def test_files_of_rules_and_queries_show_and_do_nothing(
    hostile, monkeypatch, tmp_path, option, name, content
):
    """Theme files, rules, limits, words, lists of queries: names and faults in them are shown."""
    file = tmp_path / name
    file.write_text(content, "utf-8", newline="")
    index = tmp_path / "index"
    folder = hostile[0]
    if option == "--queries":
        runs = [["-C", folder, "export", option, file, *rest] for rest in
                (["--format", "md"], ["--format", "csv"], ["-o", tmp_path / "o.xlsx"])]  # fmt: skip
    else:
        start = ["-C", folder, "--index", index, option, file]
        removed = ["clean", "--removed", folder / "b.txt"]
        runs = [[*start, *rest] for rest in
                (["index"], ["status"], ["themes"], ["search", "家风"], removed)]  # fmt: skip
    for arguments, terminal in product(runs, (False, True)):
        _code, out, err = run(monkeypatch, *arguments, terminal=terminal)
        assert_harmless(out.replace("\r\n", "\n"), colours=terminal)
        assert_harmless(err, colours=terminal)


@pytest.mark.parametrize("split", ["query", "speech"])
def test_files_of_an_export_are_called_what_can_be_seen(hostile, monkeypatch, tmp_path, split):
    """A name of a query or a speech cannot hide how a file's name ends, nor lead elsewhere."""
    out = tmp_path / "out"
    queries = tmp_path / "q.toml"
    names = ["../../甲" + STEER, "gnp.\u202e乙.exe", "/etc/丙", "~", "-rf", "CON", "丁\n戊", MARKUP]
    queries.write_text(
        "".join(f'[[query]]\nname = {quoted(name)}\nquery = "家风"\n' for name in names),
        "utf-8",
    )
    arguments = ["export", "--queries", queries, "-o", out, "--split", split, "--format", "csv"]
    code, _out, err = run(monkeypatch, "-C", hostile[0], *arguments)
    assert code == 0, err
    files = [file for file in tmp_path.rglob("*") if file.suffix == ".csv"]
    assert len(files) == (len(names) if split == "query" else 2)
    for file in files:
        assert file.parent == out
        assert_harmless(file.name, colours=False)
        assert not set(file.name) & set('<>:"/\\|?*\n\t')


class Page(HTMLParser):
    """The elements and attributes of a page, and its scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]
        if tag not in ("meta", "input", "br", "link", "img"):
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        """Check that it is the last one opened."""
        assert self.open.pop() == tag

    def handle_comment(self, data):
        """Note a comment: we write none."""
        self.comments.append(data)

    def handle_data(self, data):
        """Note what a script says."""
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


ELEMENTS = set(
    re.findall(
        r"\w+",
        "html head meta title style body div h1 h2 h3 h4 h5 h6 p nav ul li a details summary main"
        " section article mark span footer table tr th td script input output svg g rect line path"
        " text tspan polyline circle desc",
    )
)
"""What our pages and pictures are made of."""


@pytest.mark.promise("no markup")
@pytest.mark.parametrize(
    ("by", "cite"),
    [("query", None), ("speech", "plain"), ("theme", "bibtex"), ("section", "gbt7714-2025")],
)
def test_documents_hold_text_and_no_markup_of_it(hostile, monkeypatch, tmp_path, by, cite):
    """Web pages, Word and Excel files: elements are ours, the text is there, no cell computes."""
    openpyxl = pytest.importorskip("openpyxl")
    files = [
        tmp_path / f"{MARKUP[:8].replace('/', '')}o.{suffix}" for suffix in ("html", "docx", "xlsx")
    ]
    for file in files:
        arguments = ["export", "家风", "=1+1", "-o", file, "--group-by", by]
        arguments += ["--cite", cite] if cite else []
        code, out, err = run(monkeypatch, "-C", hostile[0], *arguments)
        assert code == 0, err
        assert_harmless(out + err, colours=False)
    html, docx, xlsx = files
    text = html.read_text("utf-8")
    assert_harmless(text, colours=False)
    page = Page()
    page.feed(text)
    page.close()
    assert page.names <= ELEMENTS
    assert page.open + page.comments == []
    assert len(page.scripts) == 2
    json.loads(page.scripts[0])
    assert not any(name.startswith("on") for name in page.attributes)
    assert all(link.startswith("#") for link in page.links)
    with zipfile.ZipFile(docx) as packed:
        for name in packed.namelist():
            part = packed.read(name)
            tree = ElementTree.fromstring(part)
            assert_harmless(part.decode().replace("\r\n", "\n"), colours=False)
            assert "External" not in {one.get("TargetMode") for one in tree.iter()}
    said = "".join(
        ElementTree.fromstring(zipfile.ZipFile(docx).read("word/document.xml")).itertext()
    )
    assert MARKUP in said
    book = openpyxl.load_workbook(xlsx)
    for sheet in book:
        for cell in (cell for row in sheet for cell in row):
            assert cell.data_type != "f"
            assert cell.hyperlink is None or cell.hyperlink.id is None  # to a place in the book
            if isinstance(cell.value, str):
                assert_harmless(cell.value, colours=False)
                assert cell.quotePrefix or not cell.value.startswith(tuple("=+-@＝＋－＠"))


@pytest.mark.parametrize(
    "line", ["freq 家风 <b>=1 --by year", "dispersion 家风 <b>=1", "themes --by speech",
             "themes --by section"]
)  # fmt: skip
def test_plots_hold_text_and_no_markup_of_it(hostile, monkeypatch, tmp_path, line):
    """Pictures are XML of ours, without a script or a link; pages have them inside."""
    for suffix in ("svg", "html"):
        file = tmp_path / f"a.{suffix}"
        arguments = [*arguments_of(line, hostile, tmp_path), "--plot", file]
        code, _out, err = run(monkeypatch, *arguments)
        assert code == 0, err
        text = file.read_text("utf-8")
        assert_harmless(text, colours=False)
        page = Page()
        page.feed(text)
        assert page.names <= ELEMENTS
        assert page.links + page.scripts + page.comments == []
        assert not any(name.startswith("on") for name in page.attributes)
        if suffix == "svg":
            ElementTree.fromstring(text)


def test_what_is_cleaned_and_restored_is_the_same(tmp_path):
    """Hostile characters are taken out, told, and given back; a ledger steers nothing."""
    rules = load_rules()
    raw = read_bytes(SPEECH.encode(), path="a.txt")
    text = clean(raw, rules)
    kept = "".join(line.text for line in text.lines)
    assert not re.search(
        "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u202a-\u202e\u2066-\u2069]", kept
    )
    assert not re.search("[\u200b-\u200f\ufeff\U000e0000-\U000e007f]", kept)
    assert source_text(text) == raw.lines
    again = clean(RawFile(path="a", encoding="utf-8", lines=tuple(kept.split("\n"))), rules)
    assert not [gone for gone in again.removals if gone.rule == "invisible"]
    vendor = "更多范文请加QQ\u2028\x85700000999"
    raw = read_bytes(f"{vendor}\n\n{SPEECH}".encode(), path="a.txt")
    text = clean(raw, rules)
    assert any("\u2028" in gone.text for gone in text.removals)
    written = ledger(text, ["\n"] * len(raw.lines))
    assert_harmless(written, colours=False)
    _data, restored = restore(cleaned_text(text), written, name="a.txt")
    assert restored == "".join(line + "\n" for line in raw.lines)


def test_what_is_cut_is_shown_by_its_escapes(monkeypatch, tmp_path):
    """Who is told that something invisible was taken out sees what it was."""
    (tmp_path / "a.txt").write_text(f"要管好家风{STEER}，一天也不能松。\n", "utf-8")
    for option in ("--diff", "--removed"):
        _code, out, _err = run(monkeypatch, "clean", option, tmp_path / "a.txt")
        assert "\\x1b" in out
        assert "\\u202e" in out
        assert "\\U000e0041" in out


def test_markdown_is_harmless_from_python_too():
    """What is set as Markdown has no markup and no control of its own."""
    for line in ("1. 家风", "- 家风", "+ 家风", "    家风", "\t家风", "---", "===", "# 家风", BAD):
        text = "\n\n".join(markdown_lines(line, [])) + "\n"
        assert_harmless(text, colours=False)
        check_markdown(text)
        (_open, inline, _close) = MarkdownIt("commonmark").parse(text)
        assert inline.content.strip()


def test_progress_bars_show_names_as_they_are(monkeypatch):
    """No markup of a query's name is taken for rich's, and nothing in it steers."""
    err = Terminal(terminal=True)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    with progress.show_query_progress() as show:
        show(2, 2, "[/red]家[bold\n]" + BAD)
    shown = err.text()
    assert "\x1b]" not in shown
    assert "\x1b[7;35m" not in shown
    assert "\x9b" not in shown
    assert "[/red]家[bold ]" in shown


@pytest.mark.promise("terminal")
@pytest.mark.skipif(os.name != "posix", reason="terminals of this kind need POSIX")
@pytest.mark.parametrize("line", ["search 家风", "outline", "export 家风 --format csv"])
def test_a_real_terminal_is_not_steered(hostile, line):
    """The same where standard output and standard error are a terminal indeed."""
    import pty

    main, other = pty.openpty()
    command = [sys.executable, "-m", "lianzheng_search", *arguments_of(line, hostile, Path())]
    environment = os.environ | {"TERM": "xterm", "NO_COLOR": "", "LIANZHENG_LANG": "en"}
    with subprocess.Popen(command, stdout=other, stderr=other, env=environment) as process:
        os.close(other)
        shown = b""
        while True:
            try:
                piece = os.read(main, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(main)
    assert process.returncode in (0, 2)
    assert "家风" in shown.decode()
    assert_harmless(shown.decode().replace("\r\n", "\n"), colours=True)


LONG_LINE = 390_000 if LONG else 20_000
"""Length of the long lines; a long run tries lines as long as the limit lets in: minutes."""


def structured(text: str):
    """Read, clean and parse a text, as it would be for the index."""
    return parse(clean(read_bytes(text.encode(), path="a.txt"), load_rules()))


@pytest.mark.matrix
@pytest.mark.promise("long lines")
@pytest.mark.parametrize(
    "text",
    [
        "廉" * LONG_LINE,
        "一、家风。" * (LONG_LINE // 5),
        "一是要学。二是要用。" * (LONG_LINE // 10),
        "（" * LONG_LINE,
        "“" * (LONG_LINE // 2) + "”" * (LONG_LINE // 2),
        " " * LONG_LINE + "廉",
        "　" * (LONG_LINE // 2) + "廉　" * (LONG_LINE // 4),
        "1" * LONG_LINE,
        "=" * LONG_LINE,
        "\u200b" * LONG_LINE + "廉洁",
        "廉\u200b" * (LONG_LINE // 2),
        "廉 " * (LONG_LINE // 2),
        "QQ" * (LONG_LINE // 2),
        "加微信：" * (LONG_LINE // 4),
        "《" * LONG_LINE,
        "第一部分" * (LONG_LINE // 4),
        "\x1b[31m" * (LONG_LINE // 5) + "廉",
        "- " * (LONG_LINE // 2),
        "——" * (LONG_LINE // 2),
        "一" * LONG_LINE,
        "首先，" * (LONG_LINE // 3),
        "www.a.com" * (LONG_LINE // 9),
    ],
    ids=lambda text: text[:8].encode("unicode_escape").decode(),
)
def test_a_line_of_hundreds_of_thousands_of_characters(text):
    """It is read and no character is lost, in bounded time, whatever it is made of."""
    text = "在会上的讲话\n\n" + text + "\n\n谢谢大家！"
    raw = read_bytes(text.encode(), path="a.txt")
    cleaned = clean(raw, load_rules())
    assert source_text(cleaned) == raw.lines
    speech = parse(cleaned)
    held = "".join(passage.text for passage in speech.passages)
    kept = "".join(line.text for line in cleaned.lines)
    assert re.sub(r"\s", "", held) == re.sub(r"\s", "", kept)


@pytest.mark.matrix
@pytest.mark.parametrize(
    "line",
    [
        "廉洁奉公一二三四五六七八九十廉洁奉公一二三四五六七八九十，廉",  # all one paragraph, cut
        "廉洁加QQ群123456789，三四五六七八九十廉洁奉公一二三四五六，廉",
        "一、家风",
        "2024年3月8日",
        "\f廉洁",
        "廉 洁 奉 公 一 二 三 四 五 六",
        "“廉洁",
    ],
)
def test_thousands_of_lines_alike(line):
    """Five thousand lines, whatever they are, take a second; the first took two minutes."""
    raw = read_bytes("\n".join([line] * 5_000).encode(), path="a.txt")
    cleaned = clean(raw, load_rules())
    assert source_text(cleaned) == raw.lines
    assert parse(cleaned).passages


def test_a_line_of_a_million_characters_is_one_problem(tmp_path):
    """Beyond the limit a file is refused, with its line; a limit of the user's own lets it in."""
    (tmp_path / "a.txt").write_text("廉洁奉公，廉洁用权。" * 100_000, "utf-8")
    (tmp_path / "b.txt").write_text("敢于担当，善于作为。", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        (problem,) = corpus.index().problems
        assert (problem.path, problem.line) == ("a.txt", 1)
        assert problem.values["limit"] == "line_characters"
        assert corpus.search("担当").total == 1
    if LONG:  # ten seconds
        limits = tmp_path.with_suffix(".toml")
        limits.write_text("line_characters = 2000000\n", "utf-8")
        settings = Settings(limits=limits)
    else:
        settings = None
        (tmp_path / "a.txt").write_text("廉洁奉公，廉洁用权。" * 10_000, "utf-8")
    with lianzheng_search.open(tmp_path, settings=settings) as corpus:
        assert corpus.index().problems == ()
        assert corpus.search("廉洁用权。廉洁奉公").total == 1


@pytest.mark.promise("long lines")
def test_thousands_of_headings_and_points(monkeypatch, tmp_path):
    """One speech of them is indexed, outlined, listed and shown; none is lost."""
    from lianzheng_search.reading.word.numbering import write_number

    count = 10_000 if LONG else 4_000
    numbers = [write_number(n % 99 + 1, "chineseCounting") for n in range(count)]
    headings = [f"{number}、抓好第{n}件事" for n, number in enumerate(numbers)]
    (tmp_path / "a.txt").write_text("在会上的讲话\n" + "\n".join(headings), "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        assert corpus.index(jobs=1).speeches == 1
        assert corpus.search(f"抓好第{count - 1}件事", part="heading").total == 1
        assert len(corpus.headings(limit=0, with_variants=True)) == count
    code, out, _err = run(monkeypatch, "-C", tmp_path, "outline", "a.txt")
    assert code == 0
    assert out.count("抓好第") == count
    points = "".join(f"{numbers[n % 9]}是抓好小事{n}。" for n in range(count))
    found = structured("在会上的讲话\n同志们：\n" + points).passages
    assert sum(passage.text.count("抓好小事") for passage in found) == count
    levels = ["一、甲", "（一）乙", "1. 丙", "（1）丁", "①戊"] * (count // 5)
    found = structured("在会上的讲话\n" + "\n".join(levels)).passages
    assert [passage.text for passage in found if passage.kind == "heading"] == levels


def test_what_python_calls_printable_is():
    """`printable` may take its word for it, and `_cell` that no letter or figure is a formula."""
    characters = list(map(chr, range(0x110000)))
    assert not any(UNPRINTABLE.match(one) for one in characters if one.isprintable())
    assert not any(FORMULA.match(one) for one in characters if one.isalnum())
