"""The README: a door in two languages, with a picture and examples that are what a run gives."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys

from conftest import ROOT

from lianzheng_search.cli.help import NAMES, TOPICS

sys.path.insert(0, str(ROOT / "scripts"))

import pages

TEXT = pages.README.read_text("utf-8")
HALVES = TEXT.partition(pages.ENGLISH)[::2]
PICTURE = ROOT / "scripts" / "picture.svg"
MOST_BYTES, MOST_PICTURE_BYTES = 10 * 1024, 40 * 1024


def test_the_examples_print_what_is_shown():
    """Every console block is what a run prints; scripts/pages.py --write README writes it anew."""
    with pages.Runner() as runner:
        assert runner.rewrite(pages.README) == TEXT


def test_it_is_a_door_and_no_manual():
    """Short, and of equal worth in both languages: the same blocks, the same eight commands."""
    assert len(TEXT.encode()) <= MOST_BYTES
    kinds, commands = [], []
    for half in HALVES:
        kinds.append([kind for kind, _file, _body in pages.BLOCK.findall(half)])
        commands.append(re.findall(r"^\$ lianzheng (\w+)", half, re.MULTILINE))
    assert kinds[0] == kinds[1]
    assert commands[0] == commands[1]
    assert len(commands[0]) == 8


def test_it_names_the_test_command_and_every_topic():
    """Whoever reads one half knows what to run, and where the rest is."""
    aliases = {
        topic: names[:1] or (topic,) for part in TOPICS.values() for topic, names in part.items()
    }
    assert set(aliases) == set(NAMES.values())
    for half, names in zip(
        HALVES, ([n for ns in aliases.values() for n in ns], aliases), strict=True
    ):
        assert "\nbash scripts/check " in half
        assert [name for name in names if not re.search(rf"[` ]{name}[` ]", half)] == []


def test_links_and_files_that_are_named_exist():
    """A link of the page leads somewhere."""
    for target in re.findall(r"\]\((?!http|#)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_picture_shows_what_a_terminal_gets(tmp_path):
    """scripts/picture.py draws it anew; small, and without anything from elsewhere."""
    drawn = tmp_path / "picture.svg"
    script = [sys.executable, str(ROOT / "scripts" / "picture.py"), str(drawn)]
    subprocess.run(script, env=os.environ | {"PYTHONUTF8": "1"}, check=True)
    shown, now = (file.read_text("utf-8") for file in (PICTURE, drawn))
    assert words(shown) == words(now)
    assert len(shown.encode()) <= MOST_PICTURE_BYTES
    assert re.findall(r'(?:href|src)=|url\(|http(?!://www\.w3\.org/2000/svg")', shown) == []


def words(picture):
    """Return what is written in a picture."""
    return [html.unescape(text) for text in re.findall(r"<t[^>]*>([^<]*)</t", picture)]
