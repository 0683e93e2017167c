"""No network, ever: neither the tests nor any command may reach out; see watch/sitecustomize.py."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

REACHING = {
    "connect": "with socket.socket() as s: s.connect(('127.0.0.1', 9))",
    "bind": "with socket.socket() as s: s.bind(('127.0.0.1', 0))",
    "sendto": "with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b'', ('127.0.0.1', 9))",
    "look-up": "socket.getaddrinfo('localhost', 80)",
    "name": "socket.gethostbyname('localhost')",
}


@pytest.mark.parametrize("reaching", REACHING.values(), ids=REACHING)
def test_sockets_are_blocked_in_every_test(reaching):
    """Here, and in the processes that a test starts."""
    with pytest.raises(PermissionError, match="no network"):
        exec(reaching, {"socket": socket})
    code = f"import socket\n{reaching}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "tests have no network" in done.stderr
