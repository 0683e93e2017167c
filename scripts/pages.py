"""
Run the examples of the README and of the help pages, and write their output anew.

    python scripts/pages.py            compare every page with what a run gives
    python scripts/pages.py --write    rewrite the pages that differ
    python scripts/pages.py --write query zh/files README

The lists of promises and of their tests are written from the marks on the tests.

In a page, a block ``console`` holds commands (``$ lianzheng …``, ``$ python FILE``) with their
output; any other block whose first line names a file, as in ``toml 选题.toml``, is that file.
Each page has a folder of its own, with the sample corpus in it.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
HELP = ROOT / "lianzheng_search" / "help"
TESTS = ROOT / "tests"
PROMISES = TESTS / "promises" / "promises.toml"
LANGUAGES = ("en", "zh")
ENGLISH = "## English"
"""The heading of the README from which on its examples are in English."""
WIDTH = 76
"""Width of the output on a page, in cells: with its indent it fits a terminal of 80."""
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FROM_NOTHING = re.compile(r"\A[^$]*^\$ lianzheng index", re.MULTILINE)
"""A page whose first command makes the index: there is none before."""
SECTION = re.compile(r"(<!-- (\w+) -->\n\n).*?(<!-- end -->)", re.DOTALL)
"""A part of a page that is written by a program: its name, and where it ends."""
SECONDS = re.compile(r"\d+\.\d(?= s$| 秒$)", re.MULTILINE)
SHOWN_SECONDS = "0.4"
"""What stands for the time that a run took, which is never the same."""


def page_files() -> list[Path]:
    """Return the README and every help page."""
    return [README, *(file for name in LANGUAGES for file in sorted((HELP / name).glob("*.md")))]


def page_name(file: Path) -> str:
    """Return what a page is called here: ``README``, ``zh/query``."""
    return file.stem if file == README else f"{file.parent.name}/{file.stem}"


def replace_section(text: str, name: str, content: str) -> str:
    """Return a page with other content between the comments that open and close a section."""

    def replaced(section: re.Match[str]) -> str:
        return f"{section[1]}{content}\n\n{section[3]}" if section[2] == name else section[0]

    return SECTION.sub(replaced, text)


def promised_tests() -> dict[str, list[tuple[str, str]]]:
    """Return the tests of each promise, by its key: (file, name of the test)."""
    tests: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text("utf-8")
        if "mark.promise" not in text:
            continue
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef):
                continue
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise":
                    name = file.relative_to(TESTS).as_posix()
                    tests.setdefault(ast.literal_eval(mark.args[0]), []).append(
                        (name, function.name)
                    )
    return tests


def promise_lists(language: str) -> dict[str, str]:
    """Return the promises, in Markdown: an item each, and its tests below it; by section."""
    tests, comma, colon = promised_tests(), *((", ", ": ") if language == "en" else ("、", "："))
    lists = {}
    for section, promises in tomllib.loads(PROMISES.read_text("utf-8")).items():
        items = []
        for promise in promises:
            files: dict[str, list[str]] = {}
            for file, name in tests.get(promise["key"], []):
                files.setdefault(file, []).append(f"`{name}`")
            named = [f"`{file}`{colon}{comma.join(names)}" for file, names in files.items()]
            items.append("\\\n  ".join([f"- **{promise[language]}**", *named]))
        lists[section] = "\n".join(items)
    return lists


class Runner:
    """One process for each language, which runs the examples of many pages."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="lianzheng-pages-"))

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes.values():
            process.communicate()
        shutil.rmtree(self._folder)

    def rewrite(self, file: Path) -> str:
        """Return a page with the output that its examples have now."""
        text = file.read_text("utf-8")
        if file.stem == "promises":
            for name, content in promise_lists(file.parent.name).items():
                text = replace_section(text, name, content)
        if file != README:
            return self._rewrite(text, file.parent.name, page_name(file))
        chinese, heading, english = text.partition(ENGLISH)
        return (
            self._rewrite(chinese, "zh", "zh/README")
            + heading
            + self._rewrite(english, "en", "en/README")
        )

    def _rewrite(self, text: str, language: str, name: str) -> str:
        place = self._folder / name
        hidden = FROM_NOTHING.search(text) and shutil.ignore_patterns(".*")

        def rewritten(block: re.Match[str]) -> str:
            kind, file, body = block.groups()
            if file:
                (place / file).write_text(body, "utf-8", newline="\n")
            if kind != "console":
                return block[0]
            commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
            shown = [f"$ {line}\n{self._run(line, place, language)}" for line in commands]
            return "```console\n" + "\n\n".join(map(str.rstrip, shown)) + "\n```"

        shutil.copytree(self._template(language), place, ignore=hidden or None)
        try:
            return BLOCK.sub(rewritten, text)
        finally:
            shutil.rmtree(place)

    def _template(self, language: str) -> Path:
        """Make a folder with the sample corpus and its index, to be copied for each page."""
        template = self._folder / f"template-{language}"
        if not template.exists():
            template.mkdir()
            hidden = shutil.ignore_patterns(".*")
            shutil.copytree(ROOT / "corpus", template / "corpus", ignore=hidden)
            self._run("lianzheng index", template, language)
        return template

    def _run(self, command: str, place: Path, language: str) -> str:
        process = self._processes.get(language)
        if process is None:
            variables = {"LIANZHENG_LANG": language, "LIANZHENG_WIDTH": str(WIDTH)}
            process = self._processes[language] = subprocess.Popen(
                [sys.executable, __file__, "--serve"],
                env=os.environ | variables | {"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps([command, str(place)]), file=process.stdin, flush=True)
        code, output = json.loads(process.stdout.readline())
        if code not in (0, 1):
            raise ValueError(f"$ {command}\n{output}\nexit code {code}")
        return SECONDS.sub(SHOWN_SECONDS, output).strip("\n")


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Run each command that is asked for in its folder; answer with its exit code and output."""
    from lianzheng_search.messages import speak_everywhere

    speak_everywhere()
    for request in requests:
        command, place = json.loads(request)
        os.chdir(place)
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = run(shlex.split(command, comments=True))
        print(json.dumps([code, output.getvalue()]), file=answers, flush=True)


def run(arguments: list[str]) -> Any:
    """Run a command in this process, and return its exit code."""
    from lianzheng_search.cli.main import main

    program, *rest = arguments
    if program == "python":
        runpy.run_path(rest[0], run_name="__main__")
        return 0
    if program == "cat":
        print(*(Path(name).read_text("utf-8") for name in rest), sep="", end="")
        return 0
    if program != "lianzheng":
        raise ValueError(program)
    sys.argv = arguments
    try:
        main()
    except SystemExit as error:
        return error.code
    return 0


def main() -> int:
    """Compare or rewrite the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("names", nargs="*", help="query, zh/query, README (default: all)")
    parser.add_argument("--write", action="store_true", help="rewrite the pages that differ")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(sys.stdin, sys.stdout)
        return 0
    differ = []
    with Runner() as runner:
        for file in page_files():
            if options.names and not {page_name(file), file.stem} & set(options.names):
                continue
            if (text := runner.rewrite(file)) != file.read_text("utf-8"):
                differ.append(page_name(file))
                if options.write:
                    file.write_text(text, "utf-8", newline="\n")
    if differ:
        print("rewritten:" if options.write else "differ:", *differ)
    return int(bool(differ) and not options.write)


if __name__ == "__main__":
    sys.exit(main())
