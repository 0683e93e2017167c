"""The help pages: listed, printed, in both languages, with examples that are run."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
from click.testing import CliRunner
from conftest import ROOT
from test_house import ROOMS

from lianzheng_search.cli.help import FOLDER, NAMES, TOPICS, topic_page, what_it_says
from lianzheng_search.cli.main import cli
from lianzheng_search.corpus import Corpus
from lianzheng_search.terminal.pages import PAGE_WIDTH, render_page
from lianzheng_search.terminal.printing.output import escape
from lianzheng_search.text.width import cells

sys.path.insert(0, str(ROOT / "scripts"))

import pages

FILES = pages.page_files()[1:]
PROSE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
"""What is no prose of a page: blocks and spans of code."""
BOLD = re.compile(r"\*\*(.+?)\*\*")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”》][,;:!?()]|[,;:!?()][\u4e00-\u9fff“《]")
SHORTEST_PAGE, LONGEST_PAGE = 40, 150


@pytest.fixture(scope="module")
def runner():
    """One process a language, which runs the examples of every page."""
    with pages.Runner() as opened:
        yield opened


@pytest.mark.parametrize("file", FILES, ids=pages.page_name)
def test_the_examples_print_what_is_shown(runner, file):
    """Every console block is what a run prints; scripts/pages.py --write writes it anew."""
    assert file.read_text("utf-8") == runner.rewrite(file)


def test_every_promise_has_its_tests():
    """Each mark on a test names a promise, and no promise is without a test."""
    tests = pages.promised_tests()
    promises = tomllib.loads(pages.PROMISES.read_text("utf-8")).values()
    assert sorted(tests) == sorted(promise["key"] for section in promises for promise in section)
    assert sum(map(len, tests.values())) > 50


def test_every_topic_has_a_page_in_both_languages():
    """What help lists can be printed, and no page is hidden."""
    topics = {topic for names in TOPICS.values() for topic in names}
    for language in ("en", "zh"):
        assert {file.stem for file in (FOLDER / language).iterdir()} == topics


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_command_is_on_a_page(language):
    """A command that is added is described."""
    text = "\n".join(file.read_text("utf-8") for file in (FOLDER / language).iterdir())
    missing = [
        name
        for name in cli.list_commands(None)
        if not re.search(rf"(`|lianzheng (-C \S+ )?){name}\b", text)
    ]
    assert missing == []


@pytest.mark.parametrize("file", FILES, ids=pages.page_name)
def test_a_page_fits_a_terminal(file):
    """Neither too long to read nor too wide for 80 cells; a title first."""
    text = file.read_text("utf-8")
    assert SHORTEST_PAGE <= text.count("\n") <= LONGEST_PAGE
    assert re.match(r"# .+\n\n[^#\s]", text)
    for line in render_page(text, width=None, colour=False).splitlines():
        assert cells(line) <= PAGE_WIDTH, line


@pytest.mark.parametrize("file", [f for f in FILES if f.parent.name == "zh"], ids=pages.page_name)
def test_chinese_is_punctuated_as_chinese(file):
    """Full-width punctuation beside Chinese characters, and no line break inside a paragraph."""
    prose = PROSE.sub("", file.read_text("utf-8"))
    assert HALF_WIDTH.findall(prose) == []
    assert re.findall(r"^[\u4e00-\u9fff].*\n[\u4e00-\u9fff]", prose, re.MULTILINE) == []


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_architecture_names_every_room(language):
    """Each room has its paragraph; the files that the page names are there."""
    text = topic_page("architecture", language)
    paragraphs = re.findall(r"^\*\*.*", text, re.MULTILINE)
    named = {name for line in paragraphs for name in re.split(r"\W+", "/".join(BOLD.findall(line)))}
    assert named == {*ROOMS, "help", "locale"}
    for name in re.findall(r"`((?:\w+/)+[\w.]*)`", text):
        assert (ROOT / name).exists() or (ROOT / "lianzheng_search" / name).exists(), name


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_methods_on_the_python_page_are_there(language):
    """A method that is renamed is renamed on the page."""
    methods = re.findall(r"`(\w+)\(\)`", topic_page("python", language))
    assert len(methods) > 20
    assert [name for name in methods if not hasattr(Corpus, name)] == []


def lianzheng(*arguments):
    """Run the command in this process, and return what it prints."""
    return CliRunner().invoke(cli, arguments, prog_name="lianzheng").output


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_help_lists_topics_and_prints_them_by_each_name(monkeypatch, language):
    """A line each in the list; a Chinese name leads to the same page."""
    monkeypatch.setenv("LIANZHENG_LANG", language)
    listed = lianzheng("help")
    assert listed.startswith(lianzheng("--help"))
    for name, topic in NAMES.items():
        page = topic_page(topic, language)
        assert re.search(rf"^  {topic} .* {re.escape(what_it_says(page))}$", listed, re.MULTILINE)
        assert page.partition("\n")[0].removeprefix("# ") in lianzheng("help", name)
    assert max(map(cells, listed.splitlines())) <= PAGE_WIDTH


def test_a_name_of_both_a_command_and_a_topic_gives_both():
    """The options first, as for any command."""
    both = NAMES.keys() & set(cli.list_commands(None))
    for name in both:
        text, options = lianzheng("help", name), lianzheng(name, "--help")
        assert text.startswith(options)
        assert topic_page(name, "en").partition("\n")[0].removeprefix("# ") in text[len(options) :]


def test_a_terminal_gets_the_same_words_in_colours():
    """Colours are marked as ours; without them it is what a pipe gets."""
    text = topic_page("query", "zh")
    coloured = escape(render_page(text, width=None, colour=True))
    assert "\x1b[1m" in coloured
    plain = render_page(text, width=None, colour=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "`search`、`kwic`" in plain
