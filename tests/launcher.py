"""
A process that has imported the command already and forks for each run of it.

Starting Python and importing takes nine tenths of a short command. What a forked child runs is
`__main__.main`, with the arguments, environment, folder and streams of a process of its own.
Tests of how the command starts start it for real.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

AVAILABLE = hasattr(os, "fork")
PLAIN = {"LIANZHENG_LANG", "COLUMNS", "LIANZHENG_CORPUS", "LIANZHENG_INDEX", "LIANZHENG_CACHE"}
PLAIN |= {"LIANZHENG_WIDTH", "NO_COLOR", "TERM"}
"""Variables that a run may set and still be forked: none decides how Python itself starts."""


def run(
    arguments: Sequence[str], environment: Mapping[str, str], folder: str | None, given: str | None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a child of the process that speaks this language."""
    server = _server(environment["LIANZHENG_LANG"])
    with tempfile.TemporaryDirectory(prefix="lianzheng-run-") as directory:
        streams = [f"{directory}/{name}" for name in ("in", "out", "err")]
        Path(streams[0]).write_text(given or "", "utf-8", newline="")
        request = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": folder or str(Path.cwd()),
            "streams": streams,
        }
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, err = (Path(name).read_bytes().decode("utf-8") for name in streams[1:])
    return subprocess.CompletedProcess(list(arguments), code, _lines(out), _lines(err))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")  # as subprocess does in text mode


@cache
def _server(language: str) -> subprocess.Popen[str]:
    """Start the process once for a language: messages are translated when they are imported."""
    server = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"LIANZHENG_LANG": language, "PYTHONIOENCODING": "utf-8"},
    )

    def end() -> None:
        assert server.stdin is not None
        server.stdin.close()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()

    atexit.register(end)
    return server


def serve() -> None:
    """Fork for each request on standard input; answer with the exit code, or the signal's."""
    import lianzheng_search
    from lianzheng_search.text.words import words

    for module in pkgutil.walk_packages(lianzheng_search.__path__, "lianzheng_search."):
        import_module(module.name)
    list(words("讲话"))
    gc.freeze()  # or the first collection of a child copies every page
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
            return
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(request: Mapping[str, Any]) -> None:
    """Be the command: returning from here ends the process as returning from its main does."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in enumerate(request["streams"]):
        opened = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")
    from lianzheng_search.__main__ import main

    sys.argv = ["lianzheng", *request["arguments"]]
    main()


def _text(number: int, mode: str) -> Any:
    """Open a standard stream as Python does when it starts."""
    errors = "backslashreplace" if number == 2 else "strict"
    stream = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
    stream.buffer.raw.name = ("<stdin>", "<stdout>", "<stderr>")[number]
    return stream


if __name__ == "__main__":
    serve()
