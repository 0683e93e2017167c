"""The command's wiring: exit codes, streams, formats. What it finds is tested elsewhere."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from commands import one_line, run
from promised_keys import PASSAGE_KEYS, SPEECH_KEYS

from lianzheng_search.index.status import IndexSummary
from lianzheng_search.terminal.reports import print_index_summary
from lianzheng_search.text import width as concordance

COMMANDS = [
    "index",
    "search",
    "kwic",
    "show",
    "outline",
    "headings",
    "themes",
    "clean",
    "export",
    "status",
    "template",
    "help",
]
ROW_KEYS = [*PASSAGE_KEYS, "match", *SPEECH_KEYS]


@pytest.fixture
def lianzheng(corpus):
    """The command on the small corpus."""
    corpus.close()
    return lambda *arguments, **kwargs: run("-C", corpus.directory, *arguments, **kwargs)


def test_every_command_has_help():
    """Each command stands in the list and explains itself."""
    listed = run("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in listed
        assert run(command, "--help").stdout.startswith("Usage: lianzheng " + command)


def test_search_tells_by_its_exit_code_whether_it_found_something(lianzheng):
    """0 is found, 1 is not, 2 is an error."""
    assert lianzheng("search", "主体责任").returncode == 0
    nothing = lianzheng("search", "“没有这句话”")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr == "lianzheng: nothing found\n"
    assert lianzheng("search", "(").returncode == 2


def test_search_by_phrase_section_and_theme(lianzheng):
    """The three ways to search, and that filters work inside the query as outside of it."""
    phrase = lianzheng("search", "主体责任", "敢于担当").stdout
    assert "在云岭县作风建设推进会上的讲话" in phrase
    assert "〈二、强化责任意识，把担子挑稳〉  a.txt:14" in phrase
    assert "1 passage in 1 speech; 1 more in copies" in phrase
    every = lianzheng("search", "主体责任", "敢于担当", "--with-variants").stdout
    assert "2 passages in 2 speeches\n" in every
    section = lianzheng("search", "--section", "家风", "--format", "jsonl").stdout
    assert (
        section
        == lianzheng("search", "section:家风", "--sort", "corpus", "--format", "jsonl").stdout
    )
    theme = [
        json.loads(line)
        for line in lianzheng(
            "search", "--theme", "家风家教", "--format", "jsonl"
        ).stdout.splitlines()
    ]
    assert theme
    assert all("家风家教" in row["themes"] for row in theme)


def test_the_formats_hold_the_same_passages(lianzheng):
    """JSON lines, CSV and Markdown are the same hits with the keys of the promise."""
    rows = [
        json.loads(line)
        for line in lianzheng("search", "意识", "--format", "jsonl").stdout.splitlines()
    ]
    assert all(list(row) == [*ROW_KEYS, "copies"] for row in rows)
    assert all(row["copies"] == ["b.txt"] for row in rows)
    table = list(csv.DictReader(io.StringIO(lianzheng("search", "意识", "--format", "csv").stdout)))
    assert [row["text"] for row in table] == [row["text"] for row in rows]
    assert lianzheng("search", "意识", "--format", "md").stdout.count("\n> ——") == len(rows)


def test_a_fallback_says_so_and_is_no_success(lianzheng):
    """Passages with the words alone are marked as such, in every format."""
    result = lianzheng("search", "家风主体责任", "--format", "jsonl")
    assert result.returncode == 1
    assert "no passage holds 家风主体责任" in result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows
    assert all((row["match"], row["spans"]) == ("words", []) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", "--theme", "家风", "担当"], ["theme", "家风家教"]),
        (["search", "theme:家庭", "担当"], ["theme", "家风家教"]),
        (["search", "，。！"], ["only punctuation"]),
        (["search", ""], ["empty"]),
        (["search", "--speech", "无此文", "担当"], ["speech", "无此文"]),
        (["search", "--since", "昨天"], ["昨天", "2023-09-14"]),
        (["search", "--in", "tail", "担当"], ["--in"]),
        (["search", "--limit", "many", "担当"], ["many"]),
        (["serach", "担当"], ["serach"]),
        (["show", "无此文"], ["speech"]),
        (["show", "a.txt:9999"], ["a.txt:9999", "no text stands there"]),
        (["show"], ["SPEECH"]),
        (["--themes", "none.toml", "themes"], ["none.toml"]),
        (["export", "担当", "-o", "no/such/folder/x.csv"], ["x.csv"]),
        (["export", "--queries", "none.txt"], ["none.txt"]),
    ],
)
def test_a_bad_request_is_one_clear_line(lianzheng, arguments, words):
    """Whatever is asked wrongly, one line says what and what to do."""
    one_line(lianzheng(*arguments), *words)


def test_a_missing_or_empty_corpus_and_a_missing_index_are_one_clear_line(tmp_path):
    """The first steps of a newcomer never end in a traceback."""
    one_line(run("-C", tmp_path / "none", "index"), "no such directory", "-C")
    one_line(run("-C", tmp_path / "none", "search", "担当"), "no such directory", "-C")
    one_line(run("-C", tmp_path, "index"), "no files")
    one_line(run("-C", tmp_path, "search", "担当"), "no index", "index")


def test_bad_files_cost_a_line_each(corpus):
    """An unreadable file is a problem on standard error; --strict makes it an error."""
    corpus.close()
    (corpus.directory / "empty.txt").write_bytes(b"")
    (corpus.directory / "binary.txt").write_bytes(bytes(range(256)) * 4)
    result = run("-C", corpus.directory, "index", "--format", "json")
    told = json.loads(result.stdout)
    assert result.returncode == 0
    assert (told["files"], told["speeches"], told["problems"], told["added"]) == (5, 3, 2, 2)
    strict = run("-C", corpus.directory, "index", "--strict")
    assert strict.returncode == 2
    assert [line.split(":")[0] for line in strict.stderr.splitlines()] == [
        "2 files are not in the index",
        "binary.txt",
        "empty.txt",
    ]


def test_outline_takes_any_file(lianzheng, tmp_path):
    """A file need not be in a corpus, nor a corpus be indexed; each node is one JSON line."""
    file = tmp_path / "elsewhere.txt"
    file.write_text("讲话提纲\n\n一、要学习\n一是多读。二是多想。\n", "utf-8")
    rows = [
        json.loads(line)
        for line in lianzheng("outline", file, "--format", "jsonl").stdout.splitlines()
    ]
    keys = ["speech", "line", "column", "kind", "level", "number", "marker", "heading", "text"]
    assert all(list(row) == [*keys, "fault"] for row in rows)
    assert [(row["kind"], row["level"], row["number"], row["marker"]) for row in rows] == [
        ("title", None, None, None),
        ("section", 1, 1, "一、"),
        ("point", None, 1, "一是"),
        ("point", None, 2, "二是"),
    ]
    drawn = lianzheng("outline", "a.txt").stdout
    assert "├── 一、强化学习意识，把方向看准" in drawn
    file.write_text("一、要学习\n二、要实干\n四、要带头\n", "utf-8")
    drawn = lianzheng("outline", file).stdout
    assert "四、要带头  3  ! a number is missing before this\n" in drawn
    assert drawn.count("!") == 2


def test_clean_prints_what_is_kept_or_what_is_cut(lianzheng, corpus, tmp_path):
    """Kept and removed lines together are the file's lines that are not blank."""
    file = corpus.directory / "a.txt"
    kept = lianzheng("clean", file).stdout
    removed = [
        json.loads(line)
        for line in lianzheng("clean", file, "--removed", "--format", "jsonl").stdout.splitlines()
    ]
    assert [list(row) for row in removed] == [
        ["path", "line", "rule", "text", "column", "put"]
    ] * len(removed)
    lines = [line for line in file.read_text("utf-8").splitlines() if line]
    assert sorted(
        [line for line in kept.splitlines() if line] + [row["text"] for row in removed]
    ) == sorted(lines)
    assert lianzheng("clean", file, "-o", tmp_path / "out").returncode == 0
    assert (tmp_path / "out" / "a.txt").read_text("utf-8") == kept
    one_line(lianzheng("clean", file, "-o", tmp_path / "out"), "--force")


def test_clean_shows_what_goes_and_gives_it_back(lianzheng, corpus, tmp_path):
    """A diff holds every line cut; what was written is restored, line ends and all."""
    file = tmp_path / "page.txt"
    file.write_bytes("同志们：\r\n\r\n- 3 -\r\n\u2f00心为公。\u200b好。".encode())
    drawn = lianzheng("clean", "--diff", file).stdout
    assert "--3 -" not in drawn
    assert "\n-- 3 -\n" in drawn
    assert "\n+一心为公。好。\n" in drawn
    out = tmp_path / "out"
    assert lianzheng("clean", file, "-o", out).returncode == 0
    restored = lianzheng("clean", "--restore", out / "page.txt", "-o", tmp_path / "back")
    assert restored.returncode == 0
    assert (tmp_path / "back" / "page.txt").read_bytes() == file.read_bytes()
    (out / "page.txt").write_text("同志们：\n", "utf-8")
    one_line(lianzheng("clean", "--restore", out / "page.txt"), "changed")
    one_line(lianzheng("clean", "--restore", file), "ledger")
    one_line(lianzheng("clean"), "FILE")


def test_clean_gives_the_very_bytes_back(lianzheng, corpus, tmp_path):
    """Into a file and into a pipe, also of a file in a zip archive."""
    sentence = "要把规矩立在前面，把责任落在实处。"
    data = f"同志们：\r\n- 3 -\r\n{sentence}\n".encode("gb18030") + b"\xff\r\n\r"
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("packed.txt", data)
    (tmp_path / "plain.txt").write_bytes(data)
    out, back = tmp_path / "out", tmp_path / "back"
    for file in ("plain.txt", "a.zip/packed.txt"):
        assert lianzheng("clean", tmp_path / file, "-o", out).returncode == 2  # a broken byte
        cleaned = out / Path(file).name
        assert lianzheng("clean", "--restore", cleaned, "-o", back).returncode == 0
        assert (back / cleaned.name).read_bytes() == data
        command = [sys.executable, "-m", "lianzheng_search", "clean", "--restore", cleaned]
        run = subprocess.run(command, capture_output=True, check=True)
        assert run.stdout == data


def test_clean_learns_only_what_is_accepted(lianzheng, corpus, tmp_path):
    """Nothing is written unasked; what is accepted counts from the next run on."""
    more = tmp_path / "more"
    more.mkdir()
    for n in range(3):
        text = f"同志们：\n第{n}件事，{'抓好作风。' * n}\n梧桐树下，年年有好稿\n"
        (more / f"{n}.txt").write_text(text, "utf-8")
    own = corpus.directory / "watermarks.toml"
    assert "梧桐树下" in lianzheng("clean", "--learn", more).stdout
    assert not own.exists()
    assert lianzheng("clean", "--learn", more, "--accept", "9").returncode == 2
    assert lianzheng("clean", "--learn", more, "--accept", "all").returncode == 0
    assert own.exists()
    assert "梧桐树下" not in lianzheng("clean", more / "2.txt").stdout
    assert lianzheng("clean", "--learn", more).returncode == 1


def test_clean_goes_on_after_a_bad_file(lianzheng, corpus, tmp_path):
    """One bad file costs one line, and the exit code says so."""
    result = lianzheng("clean", tmp_path / "none.txt", corpus.directory / "sub" / "c.md")
    assert result.returncode == 2
    assert "敢于担当" in result.stdout
    assert result.stderr.count("\n") == 1


def test_show_headings_themes_status_answer_in_every_format(lianzheng):
    """Every list can be read by a person and by a program."""
    for arguments in (
        ["show", "a.txt"],
        ["headings"],
        ["themes"],
        ["themes", "why", "a.txt:16"],
        ["outline"],
    ):
        assert lianzheng(*arguments).stdout
        rows = lianzheng(*arguments, "--format", "jsonl").stdout.splitlines()
        assert rows
        assert all(json.loads(row) for row in rows)
        assert lianzheng(*arguments, "--format", "csv").stdout.count("\n") >= len(rows)
        assert lianzheng(*arguments, "--format", "md").stdout
    assert json.loads(lianzheng("status", "--format", "json").stdout)["speeches"] == 3
    assert "up to date" in lianzheng("status").stdout


def test_export_reads_queries_from_a_file_and_from_standard_input(lianzheng, tmp_path):
    """A batch is the same from a file, from a pipe and from arguments."""
    queries = tmp_path / "queries.txt"
    queries.write_text("# 选题\n主体责任\n\n家风\n", "utf-8")
    from_file = lianzheng("export", "--queries", queries, "--format", "jsonl").stdout
    assert from_file
    assert (
        lianzheng("export", "--queries", "-", "--format", "jsonl", stdin="主体责任\n家风\n").stdout
        == from_file
    )
    assert lianzheng("export", "主体责任", "家风", "--format", "jsonl").stdout == from_file
    done = lianzheng("export", "--queries", queries, "-o", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text("utf-8") == from_file
    assert done.stderr.splitlines()[0].split() == ["1", "主体责任"]
    assert "more passages in copies of speeches, --with-variants" in done.stderr
    queries.write_text("主体责任\n(家风\n", "utf-8")
    bad = lianzheng("export", "--queries", queries, "-o", tmp_path / "other.csv")
    assert bad.returncode == 2
    assert f"{queries}:2" in bad.stderr
    assert not (tmp_path / "other.csv").exists()


def test_a_closed_pipe_is_no_error(lianzheng, corpus):
    """`lianzheng … | head -1` ends quietly."""
    command = [
        sys.executable,
        "-m",
        "lianzheng_search",
        "-C",
        str(corpus.directory),
        "show",
        "a.txt",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_output_survives_a_console_that_is_not_utf8(lianzheng):
    """On a GBK console a character that it lacks costs that character, not the run."""
    result = subprocess.run(
        [sys.executable, "-m", "lianzheng_search", "--help"],
        env=os.environ | {"PYTHONIOENCODING": "gbk", "LIANZHENG_LANG": "zh"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0
    assert result.stdout.decode("gbk")


def test_piped_text_has_no_colour_and_is_not_wrapped(lianzheng):
    """A pipe gets the same words, one passage a line."""
    result = lianzheng("search", "家风")
    assert "\x1b" not in result.stdout
    assert "家风连着作风，家教关乎廉洁。要管好配偶子女，过好亲情关。" in result.stdout


def test_heavy_modules_stay_out_of_what_does_not_need_them():
    """--help imports neither whoosh nor jieba nor rich; a search imports no jieba and no rich."""
    code = (
        "import sys; sys.argv = ['lianzheng'] + {arguments}\n"
        "import lianzheng_search.__main__ as m\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "heavy = ('whoosh', 'jieba', 'rjieba', 'rich')\n"
        "print(*[name for name in heavy if name in sys.modules], file=sys.stderr)"
    )

    def loaded(*arguments):
        command = [sys.executable, "-c", code.format(arguments=list(arguments))]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=True
        ).stderr.split()

    assert loaded("--help") == []
    assert "jieba" not in loaded("-C", "corpus", "--index", "none", "search", "担当")


def test_a_search_needs_no_jieba_and_no_rich(lianzheng, corpus):
    """What makes a search slow to start is left out of it."""
    code = (
        f"import sys; sys.argv = ['lianzheng', '-C', {str(corpus.directory)!r}, 'search', '家风']\n"
        "import lianzheng_search.__main__ as m\n"
        "try: m.main()\n"
        "except SystemExit as done: print('code', done.code)\n"
        "print([n for n in ('jieba', 'rjieba', 'rich') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.splitlines()[-2:] == ["code 0", "[]"]


def test_an_interrupt_ends_with_130(monkeypatch):
    """Ctrl-C is quiet."""
    from lianzheng_search.cli import main as cli

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "main", interrupt)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130


def test_a_fault_of_our_own_is_one_line_too(monkeypatch, capsys):
    """No traceback ever reaches a user."""
    from lianzheng_search.cli import main as cli

    def fail(*_, **__):
        raise ZeroDivisionError("division by zero")

    monkeypatch.delenv("LIANZHENG_DEBUG", raising=False)
    monkeypatch.setattr(cli.cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(
        "lianzheng: a fault of this program (ZeroDivisionError"
    )


def test_filters_hold_where_words_stand_in_for_a_phrase(lianzheng):
    """Broken once: a filter that left nothing was dropped by the fallback."""
    for arguments in (
        ["家风主体责任", "--since", "2030"],
        ["家风主体责任", "--title", "没有这个标题"],
        ["section:没有这个小标题 家风"],
        ["没有这句话 -家风"],
    ):
        nothing = lianzheng("search", *arguments)
        assert (nothing.returncode, nothing.stdout) == (1, ""), arguments
        assert nothing.stderr.startswith("lianzheng: nothing found\n")


def test_no_colour_where_none_is_wanted(corpus):
    """NO_COLOR and a dumb terminal are heeded, on a terminal too."""
    pty = pytest.importorskip("pty")
    corpus.close()
    command = [sys.executable, "-m", "lianzheng_search", "-C", str(corpus.directory)]
    for arguments in (["search", "家风"], ["outline", "a.txt"]):
        shown = {}
        for wanted in ("", "1"):
            environment = os.environ | {"NO_COLOR": wanted, "TERM": "xterm", "LIANZHENG_LANG": "en"}
            main, other = pty.openpty()
            subprocess.run([*command, *arguments], stdout=other, env=environment, check=True)
            os.close(other)
            shown[wanted] = os.read(main, 1 << 16)
            os.close(main)
        assert b"\x1b[" in shown[""]
        assert b"\x1b[" not in shown["1"]


def test_clean_never_replaces_what_it_reads(lianzheng, corpus):
    """Broken once: -o with the file's own folder and --force took the original away."""
    before = (corpus.directory / "a.txt").read_bytes()
    one_line(
        lianzheng("clean", corpus.directory / "a.txt", "-o", corpus.directory, "--force"), "a.txt"
    )
    assert (corpus.directory / "a.txt").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_a_problem_and_no_wait(corpus):
    """Broken once: indexing waited for somebody to write into the pipe."""
    corpus.close()
    os.mkfifo(corpus.directory / "pipe.txt")
    result = run("-C", corpus.directory, "index")
    assert result.returncode == 0
    assert "\npipe.txt: " in result.stderr


def test_a_file_that_is_not_there_is_told_without_an_index(tmp_path):
    """Broken once: a mistyped name asked for an index."""
    one_line(run("-C", tmp_path, "outline", "none.txt"), "none.txt", "no such file")


def test_the_command_to_type_names_the_index_that_was_named(corpus, tmp_path):
    """Broken once: what to do about a missing or old index left --index out."""
    corpus.close()
    missing = run("-C", corpus.directory, "--index", tmp_path / "ix", "search", "担当")
    one_line(missing, f"lianzheng -C {corpus.directory} --index {tmp_path / 'ix'} index")
    (corpus.directory / "d.txt").write_text("新的讲话", "utf-8")
    behind = run("-C", corpus.directory, "status").stdout
    assert f"lianzheng -C {corpus.directory} index" in behind


def test_a_fault_in_a_query_is_one_line_in_a_pipe(lianzheng):
    """The caret is for a terminal; a script gets the place as a number."""
    one_line(lianzheng("search", "(家风"), "closing parenthesis", "character 4")
    one_line(lianzheng("search", '"a\nb"'), "one line")


def test_an_index_is_never_made_in_a_folder_of_other_things(corpus, tmp_path):
    """Broken once: --index on a folder in use replaced its .gitignore and swept it."""
    corpus.close()
    other = tmp_path / "project"
    (other / "shards" / "precious").mkdir(parents=True)
    (other / ".gitignore").write_text("*.pyc", "utf-8")
    one_line(run("-C", corpus.directory, "--index", other, "index"), "holds other things")
    assert (other / ".gitignore").read_text("utf-8") == "*.pyc"
    assert (other / "shards" / "precious").is_dir()


def test_an_index_inside_the_corpus_is_no_speech(corpus):
    """Broken once: the second run indexed the files of the first."""
    corpus.close()
    for _ in range(2):
        done = run(
            "-C", corpus.directory, "--index", corpus.directory / "ix", "index", "--format", "json"
        )
        assert json.loads(done.stdout)["files"] == 3


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_costs_nothing(corpus):
    """Broken once: a file name in another encoding ended the whole run."""
    corpus.close()
    try:
        (corpus.directory / os.fsdecode(b"\xff\xfe.txt")).write_text("说说家风。", "utf-8")
        (corpus.directory / "two\nlines.txt").write_text("说说家风。", "utf-8")
    except OSError:
        pytest.skip("this file system takes no such names")
    done = run("-C", corpus.directory, "index")
    assert done.returncode == 0
    listed = run("-C", corpus.directory, "search", "家风", "--limit", "0").stdout
    assert "two\\nlines.txt:1" in listed


def test_a_damaged_index_is_told(corpus):
    """A column that is gone or cut short ends in one line that says what to do."""
    corpus.close()
    (column,) = (corpus.index_directory / "shards").glob("*/*folded.col")
    column.write_bytes(b"")
    one_line(run("-C", corpus.directory, "search", "家风"), column.name, "damaged", "Mend it")
    column.unlink()
    one_line(run("-C", corpus.directory, "search", "家风"), column.name, "damaged", "Mend it")


@pytest.mark.skipif(os.name == "nt", reason="there is no >&- there")
def test_closed_standard_output_is_no_traceback(corpus):
    """Broken once: None has no attribute 'flush'."""
    corpus.close()
    command = f"{sys.executable} -m lianzheng_search -C '{corpus.directory}' search 家风 >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_show_reads_on_from_a_line(lianzheng):
    """SPEECH:LINE is the passage on that line, marked, with its number and what is around it."""
    shown = lianzheng("show", "a.txt:12").stdout
    assert "▸ 12  学习是干部的看家本领。一是" in shown
    assert "  11  一、强化学习意识，把方向看准" in shown
    assert "  13  二、" in shown
    assert "〈一、强化学习意识，把方向看准〉  a.txt" in shown
    alone = lianzheng("show", "a.txt:12", "--context", "0").stdout
    assert "一、强化学习意识，把方向看准\n" not in alone.split("▸")[1]
    rows = lianzheng("show", "a.txt:12", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(row)["point"] for row in rows] == [None, "一是", "二是", "三是"]


def test_show_knows_lines_without_a_passage_of_their_own(lianzheng):
    """An empty line or a removed one is read with what stands before it."""
    assert "▸ 6  （2024年3月8日）" in lianzheng("show", "a.txt:8").stdout
    one_line(lianzheng("show", "a.txt:2"), "a.txt:2", "begins on line 5")
    one_line(lianzheng("show", "nowhere:2"), "there is no nowhere")


def test_help_explains_commands_and_the_language(lianzheng):
    """Help is --help under another name, and the page on queries."""
    assert lianzheng("help", "search").stdout == lianzheng("search", "--help").stdout
    assert lianzheng("help").stdout.startswith("Usage: lianzheng")
    assert "责任 NEAR/10 落实" in lianzheng("help", "query").stdout
    assert "相隔不超过 10 个字" in lianzheng("help", "query", env={"LIANZHENG_LANG": "zh"}).stdout
    one_line(lianzheng("help", "serch"), "there is no serch", "search")


def test_filters_choose_what_is_outlined(lianzheng):
    """Without a name, speeches of which the filters leave anything; with one, no filter."""
    rows = lianzheng("outline", "--since", "2024", "--format", "jsonl").stdout.splitlines()
    assert {json.loads(row)["speech"] for row in rows} == {"a.txt"}
    assert "c.md" in lianzheng("outline", "--title", "提纲").stdout
    assert lianzheng("outline", "--title", "没有").returncode == 1
    assert lianzheng("outline", "a.txt", "--since", "2024").returncode == 2
    profiles = lianzheng("outline", "--themes", "--since", "2024", "--format", "jsonl").stdout
    assert {json.loads(row)["speech"] for row in profiles.splitlines()} == {"a.txt"}


def test_what_rules_removed_fits_a_terminal_whatever_they_are_called(monkeypatch, capsys):
    """A Han character takes two columns, in a rule's name as anywhere."""
    monkeypatch.setenv("LIANZHENG_WIDTH", "40")
    removed = {f"青澜文库水印{n}": n for n in range(10, 30)}
    numbers = dict.fromkeys(("speeches", "passages", "removed_lines", "updated", "deleted"), 1)
    told = IndexSummary(files=1, added=1, unchanged=0, **numbers, removed_by_rule=removed)
    print_index_summary(told, 1.0)
    lines = capsys.readouterr().out.splitlines()[2:]
    assert " ".join(lines).endswith("青澜文库水印28 28, 青澜文库水印29 29")
    assert {concordance.cells(line) for line in lines} <= set(range(41))
