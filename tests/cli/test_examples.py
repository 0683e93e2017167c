"""The examples at the end of each command's help: each of them runs on the sample corpus."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from lianzheng_search.cli.main import cli


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield each command with the words that it is called by."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield " ".join((*path, name)), command
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))


COMMANDS = dict(commands(cli))
EXAMPLES = [line for command in COMMANDS.values() for line, _meaning in command.callback.examples]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the sample corpus in it, indexed."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(ROOT / "corpus", folder / "corpus", ignore=shutil.ignore_patterns(".lianzheng"))
    arguments = ["-C", str(folder / "corpus"), "index"]
    assert CliRunner().invoke(cli, arguments, standalone_mode=False).return_value == 0
    return folder


@pytest.mark.matrix
@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_runs(workplace, monkeypatch, line):
    """A newcomer may type it as it stands, where the corpus is."""
    monkeypatch.chdir(workplace)
    done = CliRunner().invoke(cli, shlex.split(line), standalone_mode=False)
    assert done.exception is None
    assert done.return_value == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_in_two_examples(name):
    """They are of the command, and not hidden among its options."""
    shown = CliRunner().invoke(cli, [*name.split(), "--help"], prog_name="lianzheng").output
    head, _colon, end = shown.partition("\nExamples:\n")
    assert "Options:" in head
    typed, explained = end.splitlines()[::2], end.splitlines()[1::2]
    assert len(typed) == len(explained) == 2
    assert all(line.startswith(f"  lianzheng {name}") for line in typed)
    assert all(line.startswith("    ") for line in explained)
