"""The tables and rule files that come with the package: ``FOLDER / name``."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def word_list(name: str) -> tuple[str, ...]:
    """
    Read a list of words, in order: separated by white space, lines that begin with # left out.

    >>> word_list("stop_words.txt")[:2]
    ('我们', '你们')
    """
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())
