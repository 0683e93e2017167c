"""Folded text -> words; the only importer of jieba and rjieba."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .. import data
from ..errors import RequestError
from ..messages import _
from .rule_text import rule_bytes, rule_lines

DEFAULT_FREQUENCY = 1000
WORDS_FILE = data.FOLDER / "words.txt"
SEGMENTED = "\u4e00-\u9fd5"
"""The Han characters that jieba and rjieba cut alike, as a range; beyond it they differ."""
LONGEST_RUN = 1000
"""Maximum length of what is cut at once: jieba takes time by the square of the length."""
HAN_RUN = re.compile(f"[{SEGMENTED}]{{1,{LONGEST_RUN}}}")
# In a folded text, so that A-Z and full-width letters do not occur.
WORD_RUN = re.compile(rf"{HAN_RUN.pattern}|[a-z0-9]+|[^\W_]")
"""Letters and digits of one kind: within such a run, words are cut without regard to the rest."""
NUMBER_WORD = re.compile("[0-9]+|第?[一二三四五六七八九十]+[是要]?")
PLACEHOLDER = re.compile("x+")
"""XX and ×× stand for a name that was left out."""
LATIN_WORD = re.compile(r"[a-z0-9]{2,}")
RUST_MEMORY = 96_000_000
"""Minimum of memory, in bytes, for rjieba, which takes about 70 MB; jieba takes more."""
SHORTEST_LONG_PART = 4
"""Minimum length of the parts of a word that `cut_for_search` leaves out."""


class Segmenter(NamedTuple):
    """Cuts a run of Han characters, parts before wholes or without overlap; knows its words."""

    cut_for_search: Callable[[str], Iterable[str]]
    cut: Callable[[str], Iterable[str]]
    knows: Callable[[str], bool]


@cache
def stop_words() -> frozenset[str]:
    """Return the words that say nothing by themselves."""
    return frozenset(data.word_list("stop_words.txt"))


def count_words(text: str, *, words_file: Path = WORDS_FILE) -> dict[str, int]:
    """
    Count the words of a folded text that rank it: no stop words, no single characters.

    Words of Han characters come from jieba's ``cut_for_search`` with the words of this field,
    so that a part of a set phrase counts as well as the whole.

    >>> count_words("全面从严治党")["从严治党"]
    1
    """
    counts: dict[str, int] = {}
    stopped = stop_words()
    for word in segment(text, words_file=words_file):
        if len(word) > 1 and word not in stopped:
            counts[word] = counts.get(word, 0) + 1
    return counts


def segment(text: str, *, words_file: Path = WORDS_FILE) -> Iterator[str]:
    """Yield the words of a folded text: of Han characters, parts before wholes; then others."""
    # Han runs only: on other characters jieba and rjieba differ, and an index must not
    # depend on which of them is installed.
    cut = _search_cutter(words_file)
    for run in HAN_RUN.findall(text):
        yield from cut(run)
    yield from LATIN_WORD.findall(text)


def words(text: str, *, words_file: Path = WORDS_FILE) -> Iterator[str]:
    """
    Yield the tokens of a folded text one after another: joined, they are the text.

    Han characters are cut by jieba, in its exact mode, with the words of this field; letters and
    digits stay together; every other character is a token of its own. This is for counting: each
    character is in one token only, so that a set phrase is not counted along with its parts.

    >>> list(words("全面从严治党，2024年"))
    ['全面从严治党', '，', '2024', '年']
    """
    cut = plain_cutter(words_file)
    at = 0
    for match in WORD_RUN.finditer(text):
        yield from text[at : match.start()]
        yield from cut(match[0])
        at = match.end()
    yield from text[at:]


def is_word(token: str) -> bool:
    """
    Check whether a token is a word: neither punctuation, nor a placeholder such as XX.

    >>> is_word("担当"), is_word("，"), is_word("xx")
    (True, False, False)
    """
    return token.isalnum() and not PLACEHOLDER.fullmatch(token)


def is_content_word(word: str) -> bool:
    """
    Check whether a word says something by itself: no stop word, no single character, no number.

    Markers of points, such as 一是, are numbers.

    >>> is_content_word("担当"), is_content_word("我们"), is_content_word("二要")
    (True, False, False)
    """
    return len(word) > 1 and word not in stop_words() and not NUMBER_WORD.fullmatch(word)


@cache
def plain_cutter(words_file: Path = WORDS_FILE) -> Callable[[str], Iterable[str]]:
    """Return a function that cuts a `WORD_RUN` into words that do not overlap."""
    cut = _segmenter(words_file).cut

    def cut_run(run: str) -> Iterable[str]:
        return cut(run) if "\u4e00" <= run[0] <= "\u9fd5" else (run,)

    return cut_run


def words_fingerprint(words_file: Path = WORDS_FILE) -> str:
    """Name the versions that decide what the words are: jieba's, and the dictionary's content."""
    import hashlib
    from importlib import metadata

    content = hashlib.sha256(rule_bytes(words_file)).hexdigest()[:12]
    # rjieba cuts as jieba does, so that an index is good on a machine that has only one of them.
    return f"jieba {metadata.version('jieba')}, words {content}"


def read_words(words_file: Path = WORDS_FILE) -> Iterator[tuple[str, int]]:
    """
    Read a dictionary: a word and its frequency a line; comments and blank lines are skipped.

    A line that is neither raises RequestError with its number.
    """
    for number, line in enumerate(rule_lines(words_file), start=1):
        word, *rest = line.partition("#")[0].split() or [""]
        if not word:
            continue
        if rest and not rest[0].isdecimal():
            raise RequestError(
                _("{place}: {word} has a frequency that is no number. Write: 词 100").format(
                    place=f"{words_file}:{number}", word=word
                )
            )
        yield word, int(rest[0]) if rest else DEFAULT_FREQUENCY


@cache
def _search_cutter(words_file: Path) -> Callable[[str], Iterator[str]]:
    """
    Make the function that cuts a run of Han characters for search.

    ``cut_for_search`` gives the parts of two and three characters of a long word; those of four
    and more (从严治党 in 全面从严治党) are given here, from a table of the words of this field.
    """
    segmenter = _segmenter(words_file)
    parts = {
        word: inside
        for word, _frequency in read_words(words_file)
        if (inside := _long_parts(word, segmenter.knows))
    }

    def cut_run(run: str) -> Iterator[str]:
        for word in segmenter.cut_for_search(run):
            if word in parts:
                yield from parts[word]
            yield word

    return cut_run


def _long_parts(word: str, knows: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(
        word[start:end]
        for start in range(len(word))
        for end in range(start + SHORTEST_LONG_PART, len(word) + 1)
        if end - start < len(word) and knows(word[start:end])
    )


@cache
def _segmenter(words_file: Path) -> Segmenter:
    """Make the segmenter once: rjieba's where there is a wheel of it, else jieba's."""
    frequencies = dict(read_words(words_file))
    return _rust_segmenter(frequencies) or _python_segmenter(frequencies)


def _rust_segmenter(frequencies: Mapping[str, int]) -> Segmenter | None:
    # few commands cut words: the others need not import it
    from mmap import mmap

    # A library in Rust ends the process where it is refused memory; Python raises MemoryError.
    # So it is asked for here, not touched, and given back at once.
    try:
        mmap(-1, RUST_MEMORY).close()
    except OSError:
        raise MemoryError from None
    try:
        import rjieba
    except ImportError:
        return None
    rust = rjieba.Jieba()
    for word, frequency in frequencies.items():
        rust.add_word(word, frequency, "n")
    return Segmenter(rust.cut_for_search, rust.cut, rust.has_word)


def _python_segmenter(frequencies: Mapping[str, int]) -> Segmenter:
    """Make jieba's tokenizer without its cache, a file that anybody could have left in /tmp."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba imports pkg_resources where it is there
        import jieba
    tokenizer = jieba.Tokenizer()
    # jieba's own cache lies in the temporary folder under a fixed name and is unmarshalled
    # unchecked; to read the dictionary anew is no slower.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word, frequency in frequencies.items():
        tokenizer.add_word(word, frequency)
    knows = lambda word: bool(tokenizer.FREQ.get(word))  # noqa: E731
    return Segmenter(tokenizer.cut_for_search, tokenizer.cut, knows)
