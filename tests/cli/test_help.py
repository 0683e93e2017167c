"""The help page that is printed from a file is the one that click would print."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lianzheng_search.__main__ import HELP_WIDTH
from lianzheng_search.messages import help_page


def run(*arguments: str, **environment: str) -> str:
    """Run the command in a process of its own and give what it prints."""
    return subprocess.run(
        [sys.executable, "-m", "lianzheng_search", *arguments],
        env={k: v for k, v in os.environ.items() if k != "COLUMNS"}
        | {"PYTHONIOENCODING": "utf-8"}
        | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_help_page_is_what_click_prints(language):
    """UPDATE_README=1 writes it anew; COLUMNS makes the command go the long way."""
    file = help_page(language)
    long_way = run("--help", LIANZHENG_LANG=language, COLUMNS=str(HELP_WIDTH))
    assert long_way.count("\n") > 15
    if os.environ.get("UPDATE_README"):
        file.write_text(long_way, "utf-8", newline="\n")
    assert file.read_text("utf-8") == long_way
    for arguments in ((), ("-h",), ("--help",)):
        assert run(*arguments, LIANZHENG_LANG=language) == long_way


def test_the_help_page_needs_no_library():
    """What makes it quick: neither click nor anything of the search is imported."""
    code = (
        "import sys; sys.argv[1:] = ['--help']; from lianzheng_search.__main__ import main; main();"
        "sys.exit(bool({'click', 'whoosh', 'msgspec'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
