"""Theme files: their examples, what is wrong in them, and a new theme written into one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.corpus import Corpus
from lianzheng_search.errors import RequestError
from lianzheng_search.model import Settings
from lianzheng_search.themes.theme_files import THEMES_FILE, check_examples, load_themes, with_theme

DEFAULT = load_themes()
OWN = '["家"]\ndefinition = "家"\nterms.5 = ["家风"]\n'
WORD = st.text("家国风纪律.*“”\"'\\甲乙", min_size=2, max_size=6).filter(
    lambda text: text == text.strip() and not text.startswith("/")
)


def test_every_theme_of_the_tool_has_examples_and_passes_them():
    """Two that must be about it, one that must not."""
    for theme in DEFAULT.themes:
        assert len(theme.examples) >= 2
        assert theme.not_examples
    assert [check.text for check in check_examples(DEFAULT) if not check.passed] == []


def test_examples_change_no_fingerprint(tmp_path):
    """They label nothing, so nothing has to be indexed anew."""
    file = tmp_path / "themes.toml"
    file.write_text(OWN, "utf-8")
    plain = load_themes(file)
    file.write_text(OWN + 'examples = ["树立家风。"]\nnot_examples = ["国家风光。"]\n', "utf-8")
    checked = load_themes(file)
    assert checked == plain
    assert checked.themes[0].examples == ("树立家风。",)
    assert [(c.expected, c.given, c.passed) for c in check_examples(checked)] == [
        (True, ("家",), True),
        (False, ("家",), False),
    ]


@pytest.mark.parametrize(
    ("more", "line", "word"),
    [
        ('examples = "树立家风。"', 4, "examples"),
        ("not_examples = [1]", 4, "not_examples"),
        ('\nexamples = [\n"家风",\n"家风"]', 6, "example"),
        ('examples = ["家风"]\nnot_examples = ["家风"]', 5, "example"),
        ('not_examples = ["家风"]\nexamples = [""]', 5, "example"),
    ],
)
def test_a_wrong_example_is_named_with_its_line(tmp_path, more, line, word):
    """Like every other entry."""
    file = tmp_path / "themes.toml"
    file.write_text(OWN + more + "\n", "utf-8")
    with pytest.raises(RequestError) as raised:
        load_themes(file)
    assert word in str(raised.value)
    assert str(raised.value).startswith(f"{file}:{line}: ")


@given(
    WORD,
    st.lists(WORD, min_size=1, max_size=4, unique=True),
    st.sampled_from([1, 3, 5, 0.5, 999]),
)
def test_a_new_theme_is_read_as_it_was_written(tmp_path, name, terms, weight):
    """Whatever quotes and backslashes stand in it; and what stood in the file stands there."""
    file = tmp_path / "themes.toml"
    source = "# 备注\n" + OWN
    text = with_theme(source, name, terms, weight=weight, definition="讲“这个”。")
    assert text.startswith(source)
    file.write_text(text, "utf-8")
    theme = load_themes(file).themes[-1]
    assert (theme.name, theme.definition) == (name, "讲“这个”。")
    assert [(term.text, term.weight) for term in theme.terms] == [(t, weight) for t in terms]


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("家", ["家书"]),
        ("*", ["家书"]),
        (" ", ["家书"]),
        ("一\n二", ["家书"]),
        ("国", ["国"]),
        ("国", ["国法", "国法"]),
        ("国", ["/国.*/"]),
        ("国", ["国\x00法"]),
        ("国", ["/国(/"]),
    ],
)
def test_a_theme_that_cannot_be_is_refused(name, terms):
    """With the reason, before anything is written."""
    with pytest.raises(RequestError):
        with_theme(OWN, name, terms, weight=5, definition="讲这个。")


def test_a_faulty_file_is_named_with_its_line(tmp_path):
    """Nothing is added to what cannot be read."""
    own = tmp_path / "themes.toml"
    own.write_text(OWN + "words = 1\n", "utf-8")
    with pytest.raises(RequestError, match=r"themes.toml:4: "):
        lianzheng_search.open(tmp_path).new_theme("国", ["国法"])
    assert own.read_text("utf-8") == OWN + "words = 1\n"


def test_line_ends_and_byte_order_mark_stay(tmp_path):
    """A file that Notepad wrote can be opened in it again."""
    directory = tmp_path / "corpus"
    directory.mkdir()
    own = directory / "themes.toml"
    own.write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    corpus = lianzheng_search.open(directory)
    assert corpus.new_theme("国", ["国法"]) == own
    written = own.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert corpus.library.tools.themes.names == ("家", "国")


def test_without_a_file_the_tool_s_is_copied(corpus):
    """To the top of the corpus, where it is found; or to where --themes points."""
    file = corpus.new_theme("数字治理", ["数据"], weight=3, definition="用数据管权。")
    assert file == corpus.directory / "themes.toml"
    assert file.read_text("utf-8").startswith(THEMES_FILE.read_text("utf-8"))
    assert corpus.library.tools.themes.names == (*DEFAULT.names, "数字治理")
    elsewhere = corpus.directory / "mine.toml"
    elsewhere.write_text(OWN, "utf-8")
    other = Corpus(corpus.directory, settings=Settings(themes=elsewhere))
    assert other.new_theme("国", ["国法"]) == elsewhere
