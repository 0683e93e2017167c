"""Ctrl-C, a closed pipe, a full disk, a terminal that goes: quiet, quick, and as is customary."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import READING
from conftest import LONG, SPEECH

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")
HANGS = 300
"""Seconds after which a process is taken to hang; however busy the machine, none takes so long."""
SESSION = """
import json, os, sys
from lianzheng_search.__main__ import main
def to_nobody():
    reading, writing = os.pipe()
    os.close(reading)
    return writing
goes, commands = json.loads(sys.stdin.read())
codes = {}
for name, arguments in commands.items():
    out = to_nobody() if goes == "nobody" else os.open(goes, os.O_WRONLY)
    os.dup2(out, 1)
    os.close(out)
    sys.argv[1:] = arguments
    os.write(2, f"== {name}\\n".encode())
    try:
        main()
        codes[name] = 0
    except SystemExit as ended:
        codes[name] = ended.code
    sys.stdout.flush()
with open(os.environ["CODES"], "w", encoding="utf-8") as out:
    json.dump(codes, out)
"""
"""Runs commands with a standard output that nobody reads, or a full one."""


def start(*arguments, strike=None, **settings):
    """Start the command as a user does; a strike is a signal and its moment, see watch/."""
    environment = os.environ | {"LIANZHENG_LANG": "en"}
    if strike:
        environment |= {"LIANZHENG_STRIKE": strike}
    return subprocess.Popen(
        [sys.executable, "-m", "lianzheng_search", *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **{"stdout": subprocess.PIPE} | settings,
    )


def end_of(process):
    """Give the exit code and what was said on standard error."""
    _out, told = process.communicate(timeout=HANGS)
    return process.returncode, told.decode("utf-8")


@pytest.fixture
def indexed(corpus):
    """A folder with an index, which nothing holds open."""
    corpus.close()
    return corpus.directory


COMMANDS = {
    "help": ["--help"],
    "search": ["search", "责任"],
    "ngrams": ["ngrams", "--with-variants"],
    "index": ["index", "--rebuild", "--jobs", "1"],
    "export": ["export", "责任", "-o", "OUT/a.xlsx"],
}
MOMENTS = {
    "help": (0, 1, 3, 8, 12),
    "search": (0, 2, 9, 20, 60, 120, 200),
    "ngrams": (30, 90, 150, 250),
    "index": (40, 100, 160, 220, 300, 360),
    "export": (50, 150, 250, 350, 450),
}


@pytest.mark.promise("interrupts")
@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupt_is_quiet_at_any_moment(indexed, tmp_path, command):
    """From the first import on: exit code 130, nothing said, nothing half-made."""
    out = tmp_path / "out"
    out.mkdir()
    arguments = [one.replace("OUT", str(out)) for one in COMMANDS[command]]
    ends = []
    for moment in MOMENTS[command][:: 1 if LONG else 3]:
        ends.append(end_of(start("-C", indexed, *arguments, strike=f"SIGINT {moment}")))
        assert list(out.iterdir()) == []
    assert ends == [(130, "")] * len(ends)
    assert end_of(start("-C", indexed, "search", "责任")) == (0, "")


@pytest.mark.parametrize(
    ("suffix", "name", "code"),
    [
        ("csv", "SIGTERM", -15),
        ("docx", "SIGHUP", -1),
        ("html", "SIGINT", 130),
        ("xlsx", "SIGINT", 130),
        ("xlsx", "SIGTERM", -15),
    ],
)
def test_a_signal_while_a_file_is_written_leaves_nothing(indexed, tmp_path, name, code, suffix):
    """Neither a part of the file nor the folder it was written in; the old one stays."""
    file = tmp_path / f"a.{suffix}"
    file.write_text("old", "utf-8")
    before = sorted(tmp_path.iterdir())
    made = ("-C", indexed, "export", "责任", "--force", "-o", file)
    assert end_of(start(*made, strike=f"{name} .part/0.{suffix}")) == (code, "")
    assert sorted(tmp_path.iterdir()) == before
    assert file.read_text("utf-8") == "old"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are not listed here")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", -15)])
def test_the_processes_of_an_index_end_with_it(indexed, name, code):
    """The index stays as it was; the next run makes it."""
    for n in range(4):
        (indexed / f"long{n}.txt").write_text(SPEECH.replace("云岭", f"云{n}岭") * 200, "utf-8")
    process = start("-C", indexed, "index", "--jobs", "2", start_new_session=True)
    while not _at_work(indexed) and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGSTOP)  # so that it cannot end before it is looked at
    group = _group(process.pid)
    os.killpg(process.pid, signal.SIGCONT)
    process.send_signal(getattr(signal, name))
    assert len(group) >= 3  # the command, what tracks its resources, a worker
    assert end_of(process) == (code, "")
    until = time.monotonic() + HANGS
    while _group(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert _group(process.pid) == []
    assert end_of(start("-C", indexed, "search", "责任"))[0] == 0


@pytest.mark.parametrize("moment", ["multiprocessing.popen_spawn_posix"])
def test_an_interrupt_while_processes_start_is_not_lost(indexed, moment):
    """Broken once: six in forty went unheard, and the index was made."""
    index = ("-C", indexed, "index", "--rebuild", "--jobs", "2")
    assert end_of(start(*index, strike=f"SIGINT {moment}")) == (130, "")


def _at_work(folder):
    """Tell whether there are two shards with files in them: the second is being made."""
    return len({file.parent for file in (folder / ".lianzheng" / "shards").glob("*/*")}) > 1


def _group(leader):
    """List the processes of a group that are alive."""
    alive = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(leader) and fields[0] != "Z":
            alive.append(status.parent.name)
    return alive


def test_a_reader_who_does_not_read_does_not_keep_it(indexed):
    """Broken once: what was not printed yet was to be sent off before the end."""
    for n in range(3):
        (indexed / f"long{n}.txt").write_text(SPEECH.replace("云岭", f"云{n}岭") * 110, "utf-8")
    assert end_of(start("-C", indexed, "index"))[0] == 0
    process = start("-C", indexed, "export", "意识")
    assert select.select([process.stdout], [], [], HANGS)[0]
    time.sleep(0.3)  # the pipe is full by now
    process.send_signal(signal.SIGINT)
    assert process.wait(HANGS) == 130
    assert end_of(process)[1] == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an index, for tests that only read."""
    folder = tmp_path_factory.mktemp("speeches")
    (folder / "a.txt").write_text(SPEECH, "utf-8")
    (folder / "b.txt").write_text(SPEECH.replace("云岭县", "石桥镇"), "utf-8")
    assert end_of(start("-C", folder, "index"))[0] == 0
    return folder


def ends(folder, goes):
    """Run every command that prints; give the exit code of each and what it said."""
    commands = {
        name: ["-C", str(folder), *(one.replace("CORPUS", str(folder)) for one in arguments)]
        if not arguments[0].startswith("-")
        else arguments
        for name, arguments in list(READING.items())[:: 1 if LONG else 3]
    }
    codes = folder.parent / "codes"
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        input=json.dumps([goes, commands]),
        env=os.environ | {"LIANZHENG_LANG": "en", "CODES": str(codes)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = dict(one.partition("\n")[::2] for one in done.stderr.split("== ")[1:])
    return {name: (code, told[name]) for name, code in json.loads(codes.read_text("utf-8")).items()}


NOTHING = "lianzheng: nothing found\n"


@pytest.mark.promise("interrupts")
def test_a_closed_pipe_is_quiet_for_every_command(folder):
    """`| head -1`, and `| true`: exit code 0, nothing is said of it."""
    for name, (code, told) in ends(folder, "nobody").items():
        assert code == (NOTHING in told), name
        assert "pipe" not in told.lower(), name
        assert "lianzheng: standard output" not in told, name


@pytest.mark.promise("interrupts")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_told_by_every_command(folder):
    """Broken once: what did not fit was lost, and the exit code was 0."""
    for name, (code, told) in ends(folder, "/dev/full").items():
        if NOTHING not in told:
            assert code == 2, name
            assert told.splitlines()[-1].startswith("lianzheng: standard output: cannot be"), name
            assert told.count("No space left") == 1, name


STREAMS = {
    "no output": (">&-", 0, ""),
    "no errors": ("2>&-", 0, ""),
    "no input": ("<&-", 0, ""),
    "nothing": ("<&- >&- 2>&-", 0, ""),
    "full": (">/dev/full", 2, "No space left"),
    "errors full": ("2>/dev/full", 0, ""),
    "both full": (">/dev/full 2>&1", 2, ""),
    "head": ("| head -c 1", 0, ""),
}


@pytest.mark.matrix
@pytest.mark.parametrize("redirected", STREAMS)
@pytest.mark.parametrize("command", ["search 责任", "--help", "export --queries - --format csv"])
def test_streams_may_be_closed_or_full(folder, redirected, command):
    """Whatever whoever starts it has made of them, to the end of the interpreter."""
    redirection, wanted, words = STREAMS[redirected]
    run = f"{sys.executable} -m lianzheng_search -C '{folder}' {command} {redirection}"
    given = "责任\n"
    done = subprocess.run(
        ["bash", "-c", f"{run}\nexit ${{PIPESTATUS[0]}}"],
        input=given,
        env=os.environ | {"LIANZHENG_LANG": "en"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert words in done.stderr
    if "export" not in command or "<" not in redirection:
        assert done.returncode == wanted


def terminal(*arguments, keys, **environment):
    """Run the command on a terminal, press keys when it shows a text; the exit code, and all."""
    import pty

    process, terminal = pty.fork()
    if not process:
        env = os.environ | {"LIANZHENG_LANG": "en", "TERM": "xterm"} | environment
        os.execve(sys.executable, [sys.executable, "-m", "lianzheng_search", *arguments], env)
    shown, waiting = "", list(keys)
    until = time.monotonic() + HANGS
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                shown += os.read(terminal, 10_000).decode("utf-8", "replace")
            except OSError:
                break
        if waiting and re.search(waiting[0][0], shown):
            time.sleep(0.1)
            os.write(terminal, waiting.pop(0)[1])
    os.close(terminal)
    if time.monotonic() >= until:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return code, shown


def test_an_interrupt_at_a_question_is_quiet(tmp_path):
    """Nothing is accepted, nothing is said."""
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"青澜文库内部刊印\n\n第{n}篇讲话\n", "utf-8")
    learn = ("clean", "--learn", str(tmp_path))
    code, shown = terminal(*learn, keys=[("Which are watermarks", b"\x03")])
    assert code == 130
    assert shown.rstrip().endswith(("^C", "[]:", "none):", "none) []:"))
    assert not (tmp_path / "watermarks.toml").exists()


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no pager here")
def test_an_interrupt_in_the_pager_is_the_pagers(folder):
    """It goes on showing, as its users expect; nothing is said after it has ended."""
    keys = [("作风建设", b"\x03"), ("作风建设(.|\n)*[:)]", b"q")]
    code, shown = terminal("-C", str(folder), "show", "a.txt", keys=keys, PAGER="less", LESS="")
    assert code == 0
    assert "Traceback" not in shown


def stopped(code):
    """Run a few lines that listen for signals; give the exit code and all that is printed."""
    begun = "import os, signal, time\nfrom lianzheng_search import signals\nsignals.listen()\n"
    command = [sys.executable, "-c", begun + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_second_signal_ends_what_does_not_end():
    """Not at once, for some senders send twice; after the time that there is to end in."""
    code = "signals.GRACE = {}\nfor _ in range(2):\n    try:\n        signal.raise_signal(2)\n"
    code += "    except signals.Stopped:\n        print('ending', flush=True)\nprint('ended')"
    assert stopped(code.format(60)) == (0, "ending\nended\n")
    assert stopped(code.format(-1)) == (130, "ending\n")


def test_a_signal_while_rubbish_is_collected_ends_the_command():
    """Python drops what is raised there, and would go on with a line about it."""
    code = "class One:\n    def __del__(self):\n        signal.raise_signal(2)\nOne()\nprint('on')"
    assert stopped(code) == (130, "")


def test_a_signal_after_the_work_is_done_changes_nothing():
    """Ctrl-C comes too late; who asks the process to end has it end, in silence."""
    assert stopped("signals.rest()\nsignal.raise_signal(2)\nprint('done')") == (0, "done\n")
    assert stopped("signals.rest()\nsignal.raise_signal(15)\nprint('on')") == (-15, "")


def test_an_error_that_comes_of_a_signal_is_none():
    """Where something has swallowed it, it is raised again before the error is told."""
    code = "try:\n    signal.raise_signal(2)\nexcept signals.Stopped:\n    pass\n"
    code += "try:\n    signals.insist()\nexcept signals.Stopped as one:\n    print(one.number)"
    assert stopped(code) == (0, "2\n")
    assert stopped("signals.insist()") == (0, "")
