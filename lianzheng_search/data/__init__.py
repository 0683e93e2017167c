"""The tables and rule files that come with the package: ``FOLDER / name``, read where used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def word_lists(name: str) -> dict[str, tuple[str, ...]]:
    """
    Return the words of a file by the name of their list, in order; the file is read once.

    A line ``[name]`` opens a list, white space divides words, and # opens a comment. Words before
    the first such line are in the list ``""``.

    >>> word_lists("attribution.txt")["verbs"][:2]
    ('引用', '化用')
    """
    words: list[str] = []
    lists = {"": words}
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        content = line.partition("#")[0].strip()
        if content.startswith("["):
            lists[content.strip("[]")] = words = []
        else:
            words += content.split()
    return {list_name: tuple(words) for list_name, words in lists.items()}


def word_list(name: str) -> tuple[str, ...]:
    """
    Return the words of a file that is a single list, in order.

    >>> word_list("stop_words.txt")[:2]
    ('我们', '你们')
    """
    return word_lists(name)[""]


def one_of(words: Iterable[str]) -> str:
    r"""
    Return a regular expression for any of these words, longer ones first.

    >>> one_of(["诗", "诗句", "?"])
    '(?:诗句|诗|\\?)'
    """
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})"
