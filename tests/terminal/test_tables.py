"""Tables: the same words on a terminal and in a pipe, in columns, and no text is markup."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from unittest.mock import patch

import pytest
from conftest import often
from hypothesis import given, settings
from hypothesis import strategies as st

from lianzheng_search.terminal.printing.layout import LEAST_TEXT, Place
from lianzheng_search.terminal.printing.tables import print_table
from lianzheng_search.text.width import cells, character_cells

HEADS = ("章节", "次数", "per 10,000", "first place")
WORDS = st.text("廉洁自律“”，。·…—①abc[]/:", min_size=1, max_size=60).map(
    lambda text: f"甲{text}乙"
)
ROWS = st.lists(
    st.tuples(
        WORDS,
        st.integers(0, 10**6),
        st.floats(0, 1000, allow_nan=False),
        st.tuples(WORDS, st.integers(1, 9999)).map(lambda pair: Place("{}:{}".format(*pair))),
    ),
    min_size=1,
    max_size=5,
)


def printed(rows, *, width=None, bars=(), heads=HEADS):
    """Return the lines of a table, as wide as this, or in a pipe."""
    out: list[str] = []
    variables = {"LIANZHENG_WIDTH": str(width or "")}
    with (
        patch.dict(os.environ, variables),
        patch("click.echo", lambda text, err=False, nl=True: out.append(text + "\n" * nl)),
    ):
        print_table(heads, rows, bars=bars)
    return re.sub(r"\x1b\[[0-9;]*m", "", "".join(out)).splitlines()


def between(line, start, end):
    """Return what stands in a line from one cell to another."""
    at = 0
    text = ""
    for character in line:
        if start <= at < end:
            text += character
        at += character_cells(character)
    return text


@given(ROWS)
@settings(max_examples=often(50))
def test_a_pipe_gets_every_word_in_columns(rows):
    """A row is a line; each of its columns begins, or ends, in the same cell as the others'."""
    head, *lines = printed(rows, bars=[row[1] for row in rows])
    assert len(lines) == len(rows)
    width = max(cells(row[0]) for row in rows) + 2
    number = max(cells("次数"), *(len(str(row[1])) for row in rows))
    assert between(head, 0, width).strip() == HEADS[0]
    for (text, count, share, place), line in zip(rows, lines, strict=True):
        assert between(line, 0, width) == text + " " * (width - cells(text))
        assert between(line, width, width + number) == str(count).rjust(number)
        assert f"  {share:.2f}  {place}" in line


@given(ROWS)
@settings(max_examples=often(50))
def test_a_wide_terminal_gets_the_words_that_a_pipe_gets(rows):
    """So a script may read what its user has seen."""
    rows = [(text[:20], count, share, place) for text, count, share, place in rows]
    for bars in ((), [row[1] for row in rows]):
        assert printed(rows, width=400, bars=bars) == printed(rows, bars=bars)


@given(ROWS, st.integers(44, 120))
@settings(max_examples=often(100))
def test_a_terminal_gets_lines_that_fit_and_no_number_is_cut(rows, width):
    """Texts go on in a second line and lose their ends, places their beginnings."""
    lines = printed(rows, width=width, bars=[row[1] for row in rows])
    assert all(cells(line) <= width for line in lines)
    told = "\n".join(lines)
    heads = next(n for n, line in enumerate(lines) if line.startswith(HEADS[0]))
    shown = "".join(line.split("  ")[0] for line in lines[heads + 1 :])
    for text, count, share, place in rows:
        kept = os.path.commonprefix([text, shown])  # noqa: RUF071 - of texts, not of paths
        assert kept == text or (shown[len(kept)] == "…" and cells(kept) > LEAST_TEXT // 2)
        shown = shown[len(kept) + (kept != text) :]
        assert re.search(rf"(?<!\d){count}  +{share:.2f}(?!\d)", told)
        assert place[-5:] in told
    assert not shown


def test_no_text_is_markup_nor_steers():
    """What rich would take for a style, and a terminal for a command, is shown as it is."""
    rows = [("[red]家风[/red] [link=x]", 1), ("正\x1b[31m气\x9b\u202e", 2)]
    for width in (None, 80):
        lines = printed(rows, width=width, heads=("词", "次数"))
        assert lines[1].startswith("[red]家风[/red] [link=x]  ")
        assert lines[2].startswith("正�[31m气��  ")


def test_a_narrow_terminal_is_left_the_numbers():
    """Bars go first; what is still too wide is not cut, for a number without its end is wrong."""
    heads = ("word", *["frequency"] * 6)
    row = ("家风", *[123456789] * 6)
    (line,) = printed([row], width=40, bars=[1], heads=heads)[1:]
    assert line.split() == ["家风", *["123456789"] * 6]


@pytest.mark.parametrize(
    "command", ["freq 责任 --by section", "themes", "search 责任", "kwic 责任"]
)
def test_a_pipe_does_not_wait_for_rich(corpus, command):
    """Its import takes longer than many a search."""
    corpus.close()
    code = (
        "import sys; from lianzheng_search.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, [n for n in ('rich',) if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "-C", str(corpus.directory), *command.split()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"
