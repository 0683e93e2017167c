"""What is typed every day: without -C, in Chinese, with a slip of the pen, the newest first."""

from __future__ import annotations

import click
import pytest
from commands import one_line, run

import lianzheng_search
from lianzheng_search.cli.main import COMMANDS, OTHER_NAMES, cli
from lianzheng_search.cli.options import CHINESE_VALUES, OneOf


def test_no_option_is_needed_inside_a_corpus(corpus):
    """In the folder, in one below it, and in one above where it is called corpus."""
    corpus.close()
    for folder in (corpus.directory, corpus.directory / "sub"):
        done = run("search", "责任", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
    deep = corpus.directory / "sub" / "deeper"
    deep.mkdir()
    assert run("show", "a.txt", cwd=deep).returncode == 0
    done = run("search", "责任", cwd=corpus.directory.parent)
    one_line(done, "-C", corpus.directory.name)
    corpus.directory.rename(corpus.directory.with_name("corpus"))
    assert run("search", "责任", cwd=corpus.directory.parent).returncode == 0


def test_a_named_folder_is_the_corpus(corpus, tmp_path):
    """-C means what it says, whatever lies above."""
    corpus.close()
    empty = corpus.directory / "empty"
    empty.mkdir()
    one_line(run("-C", empty, "search", "责任", cwd=corpus.directory), "there is no index")


def test_commands_have_chinese_names(corpus):
    """Each leads to the command; every name of a command that there is."""
    corpus.close()
    assert set(OTHER_NAMES.values()) <= set(COMMANDS)
    english, chinese = (run("-C", corpus.directory, name, "责任") for name in ("search", "查"))
    assert chinese.stdout == english.stdout != ""


@pytest.mark.parametrize(("typed", "meant"), [("serch", "search"), ("headngs", "headings")])
def test_a_slip_of_the_pen_is_noticed(typed, meant):
    """The nearest name is told."""
    one_line(run(typed, "责任"), f"Did you mean {meant}?")


def choices():
    """List the choices of every option of every command."""
    for name in COMMANDS:
        command = cli.get_command(None, name)
        commands = [command, *getattr(command, "commands", {}).values()]
        for one in commands:
            for option in one.params:
                if isinstance(option.type, OneOf):
                    yield pytest.param(option, id=f"{one.name} {option.name}")


@pytest.mark.parametrize("option", list(choices()))
def test_a_value_may_be_typed_in_chinese(option):
    """Every value that is a word has a Chinese name, and no two of an option share one."""
    for value in option.type.choices:
        if value in CHINESE_VALUES:
            assert option.type.convert(CHINESE_VALUES[value], option, None) == value
        assert option.type.convert(value, option, None) == value
    names = [CHINESE_VALUES[value] for value in option.type.choices if value in CHINESE_VALUES]
    assert len(names) == len(set(names))
    with pytest.raises(click.BadParameter):
        option.type.convert("没有这个", option, None)


def test_the_newest_come_first(tmp_path):
    """Undated speeches last; of one date in corpus order; in every list that can be sorted so."""
    for name, date in (("a", "2022"), ("b", ""), ("c", "2024"), ("d", "2024")):
        line = f"（{date}年3月8日）\n" if date else ""
        text = f"在{name}会上的讲话\n{line}同志们：\n一、家风要正\n家风要严。\n"
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        expected = ["c.txt", "d.txt", "a.txt", "b.txt"]
        for speeches in (
            [hit.info.id for hit in corpus.search("家风", sort="newest").hits],
            [hit.info.id for hit in corpus.search(None, limit=0, sort="newest").hits],
            [line.info.id for line in corpus.kwic("家风", sort="newest").lines],
            [line.speech for line in corpus.headings(sort="newest")],
        ):
            assert list(dict.fromkeys(speeches)) == expected


def test_names_that_say_what_they_do(corpus):
    """--gaps, --terms and documents; the old names stay."""
    corpus.close()
    for old, new in (
        (["search", "--slots", "强化*意识"], ["search", "--gaps", "强化*意识"]),
        (["quotes", "--scare"], ["quotes", "--terms"]),
        (["cites"], ["documents"]),
    ):
        before, now = (run("-C", corpus.directory, *words) for words in (old, new))
        assert (before.stdout, before.returncode) == (now.stdout, now.returncode)


def test_a_text_is_one_query(corpus):
    """Broken once: freq("责任") counted 责 and 任."""
    assert [one.query for one in corpus.freq("责任").totals] == ["责任"]
    assert corpus.freq("责任") == corpus.freq(["责任"])
    assert len(corpus.dispersion("责任")) == 1


def test_years_without_a_hit_are_left_out_at_both_ends(tmp_path):
    """In between a year without a hit is a finding."""
    for year, text in (
        (2019, "学习"),
        (2020, "家风"),
        (2021, "学习"),
        (2022, "家风"),
        (2023, "学习"),
    ):
        (tmp_path / f"{year}.txt").write_text(
            f"在会上的讲话\n（{year}年3月8日）\n{text}要紧。", "utf-8"
        )
    (tmp_path / "undated.txt").write_text("在会上的讲话\n家风要紧。", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        rows = corpus.freq("家风", by="year").rows
        assert [(row.group, row.hits) for row in rows] == [
            ("2020", 1), ("2021", 0), ("2022", 1), (None, 1),
        ]  # fmt: skip
        everything = corpus.freq(["家风", "学习"], by="year").rows
        assert [row.group for row in everything[:5]] == ["2019", "2020", "2021", "2022", "2023"]
        assert [row.group for row in corpus.freq("没有", by="year").rows]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("2024", ["2024/a.txt", "2024/约谈/b.md"]),
        ("2024/约谈", ["2024/约谈/b.md"]),
        ("约谈/*.md", ["2024/约谈/b.md", "约谈/c.md"]),
        ("*.TXT", ["2024/a.txt", "d.txt"]),
        ("2024\\约谈", ["2024/约谈/b.md"]),
        ("20", []),
    ],
)
def test_a_folder_or_a_pattern_narrows_every_list(tmp_path, pattern, found):
    """As an option, inside a query, as a column of a list, and in Python: the same speeches."""
    for name in ("2024/a.txt", "2024/约谈/b.md", "约谈/c.md", "d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("同志们：\n家风要正。", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index()
        assert [
            hit.info.id for hit in corpus.search("家风", path=pattern, sort="corpus").hits
        ] == found
        assert [one.id for one in corpus.speeches(path=pattern)] == found
        inside = corpus.search(f"家风 path:“{pattern}”", sort="corpus")
        assert [hit.info.id for hit in inside.hits] == found
    (tmp_path / ".q.csv").write_text(f"查询,路径\n家风,{pattern}\n", "utf-8")
    listed = run("-C", tmp_path, "export", "--queries", tmp_path / ".q.csv", "--columns", "speech")
    assert listed.stdout.splitlines()[1:] == found
