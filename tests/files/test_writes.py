"""What commands touch: no socket, and no file but the index, the output and the user's cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import READING
from conftest import SPEECH

from lianzheng_search.cli.main import COMMANDS
from lianzheng_search.files.workplaces import WORKPLACE

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="where a folder lies that is open is not told here"
)
SESSION = """
import json, os, sys
from lianzheng_search.__main__ import main
codes = {}
for name, arguments in json.loads(sys.stdin.read()).items():
    sys.audit("tests.command", name)
    sys.argv[1:] = arguments
    try:
        main()
        codes[name] = 0
    except SystemExit as ended:
        codes[name] = ended.code
sys.audit("tests.command", "the end")
with open(os.environ["CODES"], "w", encoding="utf-8") as out:
    json.dump(codes, out)
"""
"""Runs commands one after another: starting Python for each would take most of the time."""
WRITING = {
    **{
        f"export {suffix}": ["export", "责任", "意识", "-o", f"OUT/a.{suffix}"]
        for suffix in ("csv", "jsonl", "xlsx", "docx", "html", "md", "txt")
    },
    "export again": ["export", "责任", "-o", "OUT/a.csv", "--force"],
    "export alone": ["export", "责任", "-o", "OUT/a.md", "--force", "--no-manifest"],
    "export xlsx again": ["export", "责任", "-o", "OUT/a.xlsx", "--force"],
    "export parts": ["export", "责任", "-o", "OUT/parts", "--split", "query", "--format", "docx"],
    "export speeches": ["export", "责任", "-o", "OUT/s", "--split", "speech", "--format", "xlsx"],
    "export queries": ["export", "--queries", "HERE/q.xlsx", "-o", "OUT/q.csv"],
    "replay": ["export", "--replay", "OUT/a.csv"],
    "replay to": ["export", "--replay", "OUT/a.csv", "-o", "OUT/b.csv"],
    "prove": ["prove", "责任", "-o", "OUT/p.docx"],
    "prove xlsx": ["prove", "责任", "-o", "OUT/p.xlsx"],
    "clean to": ["clean", "CORPUS/a.txt", "CORPUS/b.txt", "-o", "OUT/clean/deep"],
    "restore": ["clean", "OUT/clean/deep/a.txt", "--restore"],
    "restore to": ["clean", "OUT/clean/deep/a.txt", "--restore", "-o", "OUT/restored"],
    "plot": ["themes", "--plot", "OUT/t.svg"],
    "plot html": ["dispersion", "责任", "--plot", "OUT/d.html"],
    "plot freq": ["freq", "责任", "--by", "year", "--plot", "OUT/f.svg"],
}
OWN = {
    "themes new": ["themes", "new", "看家本领", "看家本领"],
    "themes new more": ["themes", "new", "先看方向", "方向"],
    "learn": ["clean", "--learn", "HERE/more", "--accept", "all"],
    "index after": ["index"],
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a corpus, more files, a list of queries, and a place for what is written."""
    folder = tmp_path_factory.mktemp("watched")
    for name in ("corpus/sub", "out", "more", "home", "temp", "ix"):
        (folder / name).mkdir(parents=True)
    (folder / "corpus" / "a.txt").write_text(SPEECH, "utf-8")
    (folder / "corpus" / "b.txt").write_bytes(SPEECH.replace("云岭", "石桥").encode("gb18030"))
    (folder / "corpus" / "sub" / "c.md").write_text("# 提纲\n\n敢于担当，善于作为。\n", "utf-8")
    for n in range(3):
        (folder / "more" / f"{n}.txt").write_text(f"青澜文库内部刊印\n\n第{n}篇讲话\n", "utf-8")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["query"])
    book.active.append(["责任"])
    book.save(folder / "q.xlsx")
    return folder


def watch(here, commands, *, corpus="corpus", before=(), **environment):
    """Run commands, watched; give the exit codes, and (command, event, path) of what they did."""
    log, codes = here / "log", here / "codes"
    log.unlink(missing_ok=True)
    places = {"CORPUS": here / corpus, "OUT": here / "out", "HERE": here}
    filled = {}
    for name, arguments in commands.items():
        first = ["-C", str(here / corpus), *before] if not arguments[0].startswith("-") else []
        for place, path in places.items():
            arguments = [one.replace(place, str(path)) for one in arguments]
        filled[name] = [*first, *arguments]
    home = here / "home"
    temp = here / "temp"
    own = {"HOME": home, "TMPDIR": temp, "TEMP": temp, "TMP": temp, "CODES": codes}
    own |= {"XDG_CACHE_HOME": "", "LIANZHENG_CACHE": here / "cache", "LIANZHENG_WATCH": log}
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        input=json.dumps(filled),
        env=os.environ | {name: str(value) for name, value in (own | environment).items()},
        cwd=home,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(codes.read_text("utf-8")), list(_read(log))


def _read(log):
    """Yield (command, event, path) of a log; what Python compiles for itself is left out."""
    command = "the start"
    for line in log.read_text("utf-8").splitlines():
        _process, event, about = json.loads(line)
        if event == "tests.command":
            command = about
        elif "__pycache__" not in about and command not in ("the start", "the end"):
            yield command, event, about


def outside(told, *allowed):
    """List what was done outside of these folders."""
    inside = [str(folder) for folder in allowed] + [os.devnull]
    return [one for one in told if not any(_is_in(one[2], folder) for folder in inside)]


def _is_in(path, folder):
    return path == folder or path.startswith(folder + os.sep)


@pytest.fixture(scope="module")
def indexed(here):
    """The index of the corpus, made by two processes; what that did."""
    made = watch(here, {"index": ["index", "--jobs", "2"]})
    again = watch(here, {"again": ["index"], "rebuild": ["index", "--rebuild", "--jobs", "1"]})
    return made, again


@pytest.fixture(scope="module")
def all_told(here, indexed):
    """What each command did."""
    reading = watch(here, READING)
    writing = watch(here, WRITING)
    own = watch(here, OWN)
    return {"index": indexed[0], "again": indexed[1], "r": reading, "w": writing, "own": own}


def test_every_command_is_run(all_told):
    """Each ends as it should; so nothing that follows is true for want of trying."""
    codes = {name: code for told, _seen in all_told.values() for name, code in told.items()}
    failed = {name for name, code in codes.items() if code == 2}
    assert failed == set()
    assert set(COMMANDS) - {name.split()[0] for name in codes} == set()


@pytest.mark.promise("no network")
def test_no_command_reaches_out(all_told):
    """No socket is made, no name is asked for, by any command or process of its own."""
    sockets = [one for _codes, seen in all_told.values() for one in seen if "socket" in one[1]]
    assert sockets == []


@pytest.mark.promise("writes")
def test_what_only_reads_writes_nothing(all_told):
    """Of all that is printed, nothing needs a file."""
    files = [one for one in all_told["r"][1] if one[1] != "subprocess.Popen"]
    assert outside(files) == []


def test_an_index_is_written_where_it_lies(here, all_told):
    """By one process and by several; nowhere else in the corpus."""
    for part in ("index", "again"):
        seen = all_told[part][1]
        assert any(event == "open" for _command, event, _path in seen)
        assert outside(seen, here / "corpus" / ".lianzheng") == []


@pytest.mark.promise("writes")
def test_exports_are_written_beside_their_results(here, all_told):
    """All formats, their records, cleaned and restored files, plots; nothing of it goes to temp."""
    seen = all_told["w"][1]
    assert {one[0] for one in seen} == set(WRITING) - {"replay", "restore"}
    assert outside(seen, here / "out") == []
    assert all(one.name[0] != "." or "removed" in one.name for one in (here / "out").rglob("*"))


def test_own_files_are_written_where_they_lie(here, all_told):
    """Themes and rules beside the corpus; the lock of those lies in the cache folder."""
    seen = all_told["own"][1]
    corpus = here / "corpus"
    files = [one for one in seen if one[0] != "index after"]
    names = {Path(path).name for path in (one[2] for one in files) if ".lianzheng-" not in path}
    own = [corpus / name for name in ("themes.toml", "watermarks.toml")]
    beside = {path for _c, _e, path in seen if WORKPLACE.fullmatch(Path(path).name)}
    assert {Path(path).parent for path in beside} == {corpus}
    assert outside(seen, corpus / ".lianzheng", here / "cache", *own, *beside) == []
    assert {"themes.toml", "watermarks.toml"} <= names
    assert os.name == "nt" or (here / "cache").stat().st_mode & 0o77 == 0


def test_a_corpus_that_is_only_read(here, all_told):
    """With its index elsewhere, no file of the corpus is touched, nor anything at home."""
    assert all_told
    before = ["--index", str(here / "ix" / "i")]
    index = watch(here, {"index": ["index"], "search": ["search", "责任"]}, before=before)
    assert index[0] == {"index": 0, "search": 0}
    assert outside(index[1], here / "ix") == []
    assert list((here / "home").iterdir()) == []
    assert list((here / "temp").iterdir()) == []
