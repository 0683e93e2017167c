"""The README's examples are run, and show what the command prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from lianzheng_search.cli.main import cli

README = ROOT / "README.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
WIDTH = 96
TIME = re.compile(r"\d+\.\d s")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the sample corpus in it, as a checkout has."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "corpus", folder / "corpus", ignore=shutil.ignore_patterns(".*"))
    return folder


def run(command: str, place: Path) -> str:
    """Run one command of the README and give what it prints, on both streams."""
    arguments = shlex.split(command)
    assert arguments[0] == "lianzheng"
    result = subprocess.run(
        [sys.executable, "-m", "lianzheng_search", *arguments[1:]],
        cwd=place,
        env=os.environ
        | {"LIANZHENG_LANG": "en", "LIANZHENG_WIDTH": str(WIDTH), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return TIME.sub("0.4 s", result.stdout).strip("\n")


def test_the_examples_print_what_is_shown(place):
    """Every console block is what a run prints; UPDATE_README=1 writes it anew."""
    text = README.read_text("utf-8")

    def again(block: re.Match[str]) -> str:
        commands = [line for line in block[1].splitlines() if line.startswith("$ ")]
        shown = [f"{command}\n{run(command[2:], place)}\n" for command in commands]
        return "```console\n" + "\n".join(shown) + "```"

    now = CONSOLE.sub(again, text)
    if os.environ.get("UPDATE_README"):
        README.write_text(now, "utf-8", newline="\n")
    assert README.read_text("utf-8") == now


def test_every_command_is_in_the_readme():
    """A command that is added is described."""
    text = README.read_text("utf-8")
    for name in cli.list_commands(None):
        assert f"| `{name}" in text, name


def test_the_python_example_runs(place, monkeypatch):
    """The Python on the page works as it stands."""
    monkeypatch.chdir(place)
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})


def test_links_and_files_that_are_named_exist():
    """A link of the page leads somewhere."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text("utf-8")):
        assert (ROOT / target).exists(), target
