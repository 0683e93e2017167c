"""The commands about themes: their wiring, their keys and exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from promised_keys import (
    CHECK_KEYS,
    CLOSE_KEYS,
    EVIDENCE_KEYS,
    PROFILE_KEYS,
    SUGGESTION_KEYS,
    THEME_KEYS,
)

from lianzheng_search.cli.main import cli, main
from lianzheng_search.errors import RequestError
from lianzheng_search.themes.theme_files import with_theme


@pytest.fixture
def run(corpus, monkeypatch, capsys):
    """Run a command on the corpus as a user does; give its exit code and both outputs."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lianzheng", "-C", str(corpus.directory), *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["themes"], THEME_KEYS),
        (["themes", "why", "a.txt:14"], EVIDENCE_KEYS),
        (["themes", "closest", "sub/c.md"], CLOSE_KEYS),
        (["themes", "test", "家风家教"], CHECK_KEYS),
        (["outline", "--themes", "a.txt"], PROFILE_KEYS),
    ],
)
def test_rows_have_their_keys(run, arguments, keys):
    """The same in every format; and there is something for a reader as well."""
    code, out, _err = run(*arguments, "--format", "jsonl")
    assert code == 0
    assert {tuple(json.loads(row)) for row in out.splitlines()} == {tuple(keys)}
    code, out, _err = run(*arguments, "--format", "csv")
    assert out.lstrip("\ufeff").splitlines()[0] == ",".join(keys)
    code, out, _err = run(*arguments)
    assert code == 0
    assert out


def test_suggestions_have_their_keys(run, corpus):
    """Where there are some."""
    lines = "".join(f"家风正，{what}护城河就牢。\n" for what in ("那条", "一道", "村口的", "我家"))
    rest = "".join(f"项目{n}要快，质量要好。\n" for n in "甲乙丙丁戊己庚辛")
    (corpus.directory / "d.txt").write_text(lines + rest, "utf-8")
    corpus.index()
    code, out, _err = run("themes", "suggest", "家风家教", "--format", "jsonl")
    rows = [json.loads(row) for row in out.splitlines()]
    assert code == 0
    assert any(row["term"].startswith("护城河") for row in rows)
    assert list(rows[0]) == SUGGESTION_KEYS
    assert "护城河" in run("themes", "suggest", "家风家教")[1]


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["themes", "--title", "没有这个题目"], 1, "nothing found"),
        (["themes", "--unlabelled", "--section", "家风", "--in", "heading"], 1, "nothing found"),
        (["themes", "suggest", "理想信念"], 1, "nothing found"),
        (["themes", "suggest", "家风"], 2, "家风家教"),
        (["themes", "test", "家风"], 2, "家风家教"),
        (["themes", "why", "a.txt:1"], 2, "watermark"),
        (["themes", "why", "a.txt:400"], 2, "no such line"),
        (["themes", "closest", "missing"], 2, "missing"),
        (["themes", "closest", "a.txt:10"], 2, "no section"),
        (["themes", "new", "家风家教", "家书"], 2, "is there already"),
        (["themes", "new", "短", "短"], 2, "too short"),
        (["themes", "new", "短"], 2, "--help"),
        (["themes", "new", " 家风家教 ", "家书"], 2, "is there already"),
        (["themes", "new", "家书", "家\n书"], 2, "cannot be a term"),
        (["themes", "--section", "家风", "suggest", "家风家教"], 2, "--section"),
        (["themes", "--plot", "missing/map.svg"], 2, "no folder"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, corpus, arguments, code, said):
    """Nothing found is 1, a wrong request 2; nothing is written."""
    ended, out, err = run(*arguments)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (corpus.directory / "themes.toml").exists()


def test_a_failing_example_is_exit_code_1(run, corpus):
    """With what the passage is about instead, and the words that say so."""
    own = '["家"]\ndefinition = "家"\nterms.5 = ["家风"]\nexamples = ["天凉了。", "家风好。"]\n'
    (corpus.directory / "themes.toml").write_text(own, "utf-8")
    code, out, _err = run("themes", "test")
    assert code == 1
    assert out.count("✗") == 1
    assert "2 examples: 1 failed" in out


def test_a_new_theme_tells_what_it_matches(run, corpus):
    """Before it is indexed; and once it is, that many passages have it."""
    code, out, _err = run("themes", "new", "看家本领", "看家本领", "校准偏差")
    assert code == 0
    assert "2 passages" in out
    assert "lianzheng -C" in out
    corpus.close()
    assert run("index")[0] == 0
    counts = [json.loads(row) for row in run("themes", "--format", "jsonl")[1].splitlines()]
    assert counts[-1]["theme"] == "看家本领"
    assert counts[-1]["passages"] == 2


def test_a_theme_file_changed_meanwhile_is_not_overwritten(corpus, monkeypatch):
    """What an editor saved between reading and writing stays."""
    file = corpus.directory / "themes.toml"
    saved = '["家"]\ndefinition = "家"\nterms.5 = ["家风"]\n'

    def edited_while(*arguments, **settings):
        file.write_text(saved, "utf-8")
        return with_theme(*arguments, **settings)

    monkeypatch.setattr("lianzheng_search.themes.theme_files.with_theme", edited_while)
    with pytest.raises(RequestError, match="meanwhile"):
        corpus.new_theme("看家本领", ["看家本领"])
    assert file.read_text("utf-8") == saved
    assert [one.name for one in corpus.directory.iterdir() if one.suffix == ".part"] == []


def test_unlabelled_passages_are_hits(run):
    """What has no theme, in the format of search."""
    code, out, _err = run("themes", "--unlabelled", "--format", "jsonl", "--limit", "1")
    (row,) = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert row["themes"] == []
    assert row["kind"] not in ("title", "salutation")


def test_a_plot_is_written_and_not_replaced(run, tmp_path):
    """Without --force."""
    file = tmp_path / "map.svg"
    assert run("themes", "--plot", str(file))[0] == 0
    assert "<svg" in file.read_text("utf-8")
    assert run("themes", "--plot", str(file))[0] == 2
    assert run("themes", "--plot", str(file), "--force")[0] == 0


def test_help_of_each_command_is_told():
    """Every command of the group has a help text."""
    out = CliRunner().invoke(cli, ["themes", "--help"]).output
    for name in ("why", "suggest", "closest", "test", "new"):
        assert name in out
