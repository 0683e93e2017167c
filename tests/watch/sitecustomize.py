"""
Every process of the tests: no network; and, where LIANZHENG_WATCH names a file, what it does.

Python imports a module of this name when it starts, so this holds for whatever a test starts, and
for what that starts: the folder stands on PYTHONPATH (see conftest.py). A line of the file is a
JSON list: the process, the event, the path or what it is about.
"""

# ruff: noqa: PTH100, PTH115, PTH117, PTH118
import json
import os
import signal
import sys

NETWORK = (
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
    *("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"),
)
"""The audit events of https://docs.python.org/3/library/audit_events.html that reach out."""
ONE_PATH = (
    *("os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.chown", "os.utime", "os.truncate"),
    *("os.setxattr", "os.removexattr", "os.lchmod", "os.mkfifo", "os.mknod"),
)
TWO_PATHS = ("os.rename", "os.link", "os.symlink")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LOCAL = 1
"""AF_UNIX: what processes of one machine talk through; multiprocessing does."""


def no_network(event, arguments):
    """Raise where a socket would leave this machine, or ask for a name."""
    if event not in NETWORK:
        return
    if _family(event, arguments) != LOCAL:
        raise PermissionError(f"tests have no network: {event} {arguments!r}")


def _family(event, arguments):
    if event == "socket.__new__":
        return arguments[1]
    return getattr(arguments[0], "family", None) if arguments else None


def _path(path, folder=-1):
    if isinstance(path, int):
        return None  # an open file: it was seen when it was opened
    path = os.fsdecode(path)
    if isinstance(folder, int) and folder >= 0 and not os.path.isabs(path):
        path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)  # Linux tells
    return os.path.abspath(path)


def _told(event, arguments):
    """Yield what an event writes, or reaches out to."""
    if event == "open":
        path, mode, flags = arguments
        if (flags or 0) & WRITING or set(mode or "r") & set("wax+"):
            yield event, _path(path)
    elif event in ONE_PATH:
        folder = [one for one in arguments[1:] if isinstance(one, int)][-1:] or [-1]
        yield event, _path(arguments[0], folder[0] if event != "os.truncate" else -1)
    elif event in TWO_PATHS:
        one, other, *folders = arguments
        folders = [*(folder for folder in folders if isinstance(folder, int)), -1, -1]
        if event == "os.rename":
            yield event, _path(one, folders[0])
        yield event, _path(other, folders[1] if event != "os.symlink" else folders[0])
    elif event.startswith("socket."):
        if _family(event, arguments) != LOCAL:
            yield event, repr(arguments[1:])
    elif event == "tests.command":
        yield event, arguments[0]
    elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        yield event, repr(arguments[0])


def strike(name, moment):
    """
    Send this process a signal at a moment.

    That is a number of files opened and modules imported, from when our package listens or tries
    to; or a text that is in the path of a file opened for writing.
    """
    passed = -1

    def seen(event, arguments):
        nonlocal passed
        if event not in ("import", "open"):
            return
        about = arguments[0] if isinstance(arguments[0], str) else ""
        begins = event == "import" and about == "lianzheng_search.signals"
        passed += begins or passed >= 0
        there = not moment.isdecimal() and moment in about
        if (there or str(passed) == moment) and os.getpid() == first:
            os.kill(first, getattr(signal, name))

    first = os.getpid()
    sys.addaudithook(seen)


def watch(file):
    """Write what this process does to a file, a line for each thing."""
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def seen(event, arguments):
        for what, about in _told(event, arguments):
            if about is not None:
                os.write(log, json.dumps([os.getpid(), what, about]).encode() + b"\n")

    sys.addaudithook(seen)


sys.addaudithook(no_network)
if "LIANZHENG_WATCH" in os.environ:
    watch(os.environ["LIANZHENG_WATCH"])
if "LIANZHENG_STRIKE" in os.environ:
    strike(*os.environ.pop("LIANZHENG_STRIKE").split(" ", 1))
