"""The tool's words: all of them marked, all of them in Chinese, and the catalogue in use."""

from __future__ import annotations

import ast
import errno
import importlib.util
import json
import os
import re
import subprocess
import sys

import click
import pytest
from babel.messages.pofile import read_po
from conftest import ROOT

from lianzheng_search import messages as language
from lianzheng_search.cli import main as cli
from lianzheng_search.text import width as concordance

HAN = re.compile("[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w+\)\w")
WORDLESS = re.compile(r"(\{[^{}]*\}|%\(\w+\)\w|\W)*")
LOCALE_VARIABLES = ("LIANZHENG_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
TERMINAL = 80

PRINT_EVERY_HELP = """
import click, json
from lianzheng_search.messages import speak_everywhere
speak_everywhere()
from lianzheng_search.cli.main import cli

def helps(command, path, parent):
    context = click.Context(command, info_name=path[-1], parent=parent, **command.context_settings)
    yield " ".join(path), context.get_help()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from helps(command.get_command(context, name), [*path, name], context)

print(json.dumps(dict(helps(cli, ["lianzheng"], None))))
"""
SAY_A_PROBLEM = """
from lianzheng_search.messages import problem_text
from lianzheng_search.model import Problem
values = {"marker": "四、", "expected": "3"}
message = "{marker} follows where number {expected} should stand"
print(problem_text(Problem(path="a.txt", line=7, message=message, values=values)))
"""


def load_catalogues():
    file = ROOT / "scripts" / "catalogues.py"
    spec = importlib.util.spec_from_file_location("catalogues", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogues = load_catalogues()


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Test the catalogue as it stands in the source."""
    catalogues.compile_all()


@pytest.fixture(scope="module")
def chinese():
    """Read the Chinese catalogue."""
    with (catalogues.LOCALE / "zh_CN" / "LC_MESSAGES" / "lianzheng.po").open("rb") as opened:
        return read_po(opened, locale="zh_CN")


def messages(catalog):
    return [message for message in catalog if message.id]


def texts(value):
    return [value] if isinstance(value, str) else list(value)


def python(*arguments, **variables):
    """Run Python with these locale variables and no others."""
    kept = {name: value for name, value in os.environ.items() if name not in LOCALE_VARIABLES}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=kept | {"PYTHONUTF8": "1", "COLUMNS": str(TERMINAL)} | variables,
        check=False,
    )
    return done.stdout + done.stderr


def lianzheng(*arguments, **variables):
    return python("-m", "lianzheng_search", *arguments, **variables)


@pytest.fixture(scope="module")
def helps():
    """Give the help of every command, by its path, in both languages."""
    return {
        name: json.loads(python("-c", PRINT_EVERY_HELP, LIANZHENG_LANG=name))
        for name in ("en", "zh")
    }


def test_every_message_is_translated(chinese):
    """All that this package and click say has its Chinese, and none of it is a guess."""
    missing = [
        message.id
        for message in messages(catalogues.extract())
        if message.id not in chinese
        or chinese[message.id].fuzzy
        or not all(texts(chinese[message.id].string))
    ]
    assert missing == [], "run scripts/catalogues.py and translate these"
    for message in messages(chinese):
        words = "".join(texts(message.string))
        assert HAN.search(words) or WORDLESS.fullmatch("".join(texts(message.id))), message.id


def test_no_message_is_left_over(chinese):
    """What this package no longer says is gone; what another version of click says may stay."""
    said = {str(message.id) for message in messages(catalogues.extract())}
    ours = [
        str(message.id)
        for message in messages(chinese)
        if not all(name.startswith("click/") for name, _line in message.locations)
    ]
    assert [message for message in ours if message not in said] == []


def test_translations_keep_the_placeholders(chinese):
    """A translation has the placeholders of its message; of the plural, where there is one."""
    for message in messages(chinese):
        expected = set(PLACEHOLDER.findall(texts(message.id)[-1]))
        for words in texts(message.string):
            assert set(PLACEHOLDER.findall(words)) == expected, message.id


def test_a_gbk_console_can_show_every_translation(chinese):
    """Windows in Chinese gives pipes the code page 936."""
    for message in messages(chinese):
        for words in texts(message.string):
            assert words.encode("gbk")


def test_the_extractor_sees_what_babel_does_not():
    """Messages are found inside f-strings, and both forms of a plural."""
    source = "print(f'{_('a')}: {ngettext('{n} b', '{n} bs', 2)}', N_('c' 'd'), other('e'))"
    source = source.replace("_('a')", '_("a")').replace("'{n} b', '{n} bs'", '"{n} b", "{n} bs"')
    assert sorted(catalogues.messages(source), key=str) == [("{n} b", "{n} bs"), "a", "cd"]


def test_no_sentence_is_shown_unmarked():
    """What is raised, printed or given as help goes through gettext."""
    sentence = re.compile("[A-Za-z]{2,} [a-z]{2,}")
    for file in catalogues.PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            name = name.id if isinstance(name, ast.Name) else name
            shown = [keyword.value for keyword in node.keywords if keyword.arg == "help"]
            if name in ("RequestError", "echo", "secho"):
                shown += node.args[:1]
            for value in shown:
                assert not sentence.search(unmarked(value)), f"{file.name}:{value.lineno}"


def unmarked(node):
    """Join the strings of an expression that are in no call: _(…) is one."""
    if isinstance(node, ast.Call):
        return ""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(unmarked(child) for child in ast.iter_child_nodes(node))


def test_every_command_and_option_has_help():
    """The reason is told for each switch; arguments are told of in their command's help."""

    def check(command, path):
        assert command.help, path
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (path, parameter.name)
        if isinstance(command, click.Group):
            for name in command.list_commands(None):
                check(command.get_command(None, name), f"{path} {name}")

    check(cli.cli, "lianzheng")


def listed(text):
    """Give the options and commands that a help lists: how each is written, what it says."""
    lists = re.split("Options:|选项:", text)[1]
    return re.findall(r"^  (-\S.*?|[a-z]+)(?:  +(.*))?$", lists, re.MULTILINE)


def test_help_is_in_chinese_down_to_the_last_option(helps):
    """No command, option or word of click's is left in English; names and forms stay."""
    assert helps["zh"].keys() == helps["en"].keys()
    for path, text in helps["zh"].items():
        english = helps["en"][path]
        usage, about = text.split("\n\n")[:2]
        assert usage.removeprefix("用法:") == english.split("\n\n")[0].removeprefix("Usage:")
        assert HAN.search(about), path
        assert [name for name, _help in listed(text)] == [name for name, _help in listed(english)]
        assert listed(text)
        assert [name for name, told in listed(text) if not HAN.search(told)] == []


def test_help_fits_the_terminal(helps):
    """Click counts characters, not cells, and wraps at blanks: each help must fit on its line."""
    for by_path in helps.values():
        for path, text in by_path.items():
            for line in text.splitlines():
                assert concordance.cells(line) <= TERMINAL, (path, line)


def test_the_list_of_commands_tells_the_whole_first_sentence(helps):
    """Click cuts what is too long; in Chinese, which has no blanks, nothing would be left."""
    for by_path in helps.values():
        assert "..." not in by_path["lianzheng"].partition("\n\n")[2]


@pytest.mark.matrix
@pytest.mark.parametrize(
    "variables",
    [
        {"LIANZHENG_LANG": "zh"},
        {"LIANZHENG_LANG": "zh", "LC_ALL": "en_US.UTF-8"},
        {"LC_ALL": "zh_CN.UTF-8"},
        {"LANG": "zh_TW.UTF-8"},
        {"LC_MESSAGES": "zh_HK.UTF-8", "LANG": "en_US.UTF-8"},
        {"LANGUAGE": "zh_HK:en"},
    ],
)
def test_the_command_speaks_chinese(variables):
    """LIANZHENG_LANG decides, else the locale, whichever Chinese it names."""
    text = lianzheng("--help", **variables)
    assert text.startswith("用法: lianzheng [OPTIONS] COMMAND")
    assert "按词句、按章节、按主题" in text
    assert "选项:" in text
    assert "查找:" in text
    assert "显示帮助" in text
    assert lianzheng(**variables) == text
    error = lianzheng("serch", **variables)
    assert error.startswith("lianzheng: 没有命令 'serch'。")
    assert error.endswith("用法见 lianzheng --help\n")
    assert lianzheng("-C", ".", **variables) == "lianzheng: 缺少命令。用法见 lianzheng --help\n"


@pytest.mark.parametrize(
    "variables",
    [{"LIANZHENG_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, {"LC_ALL": "C.UTF-8", "LANG": "zh_CN"}],
)
def test_the_command_speaks_english(variables):
    """English where it is asked for, and where the locale is not Chinese."""
    text = lianzheng("--help", **variables)
    assert text.startswith("Usage: lianzheng [OPTIONS] COMMAND")
    assert "Show this message and exit." in text
    assert not HAN.search(text)
    assert lianzheng("serch", **variables).endswith("See lianzheng --help\n")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LIANZHENG_LANG": "ZH"}, "zh"),
        ({"LIANZHENG_LANG": "", "LANG": "zh_CN.GBK"}, "zh"),
        ({"LC_ALL": "zh_SG"}, "zh"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANGUAGE": "en_GB:zh", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(monkeypatch, variables, expected):
    """The order is gettext's."""
    for name in LOCALE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.user_language() == expected


def test_a_problem_is_said_in_the_users_language():
    """A problem keeps its message in English and is translated where it is shown."""
    assert python("-c", SAY_A_PROBLEM, LIANZHENG_LANG="zh") == (
        "a.txt:7: 序号跳号：应为第 3，却是“四、”\n"
    )
    assert python("-c", SAY_A_PROBLEM, LIANZHENG_LANG="en") == (
        "a.txt:7: 四、 follows where number 3 should stand\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems word some of them otherwise")
def test_what_the_system_says_is_said_in_the_users_language(tmp_path, chinese):
    """Python tells it in English in every locale; the words we look for are those it says."""
    known = {os.strerror(number) for number in errno.errorcode}
    assert set(language.SYSTEM_SAYS) <= known
    (tmp_path / "speech.txt").write_text("同志们：\n一、把灯点亮\n", "utf-8")
    assert not lianzheng("-C", str(tmp_path), "index", "--format", "json").startswith("lianzheng:")
    nowhere = str(tmp_path / "nowhere" / "out.txt")
    told = lianzheng("-C", str(tmp_path), "export", "灯", "-o", nowhere, LIANZHENG_LANG="zh")
    assert chinese.get("No such file or directory").string in told
