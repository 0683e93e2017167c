"""Folding, and text -> words; the only importer of jieba."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from .. import data
from ..errors import RequestError
from ..messages import _

DEFAULT_FREQUENCY = 1000
Cut = Callable[[str], Iterable[str]]
Cutter = tuple[Cut, Cut, Callable[[str], bool]]
"""What cuts a run of Han characters into words, for search and plainly; what knows a word."""
WORDS_FILE = data.FOLDER / "words.txt"
WORD_RUN = re.compile(r"[\u4e00-\u9fd5]{1,1000}|[a-z0-9]+|[^\W_]")
"""Letters and digits of one kind: within such a run, words are cut without regard to the rest."""
NUMBER_WORD = re.compile("[0-9]+|第?[一二三四五六七八九十]+[是要]?")
PLACEHOLDER = re.compile("x+")
"""XX and ×× stand for a name that was left out."""
HAN_RUN = "[\u4e00-\u9fd5]{1,1000}"
"""
What jieba and rjieba agree on; they differ outside of it.

A run without any punctuation is cut, for jieba takes time by the square of its length.
"""
OTHER_WORD = r"[a-z0-9]{2,}"
STOP_WORDS = frozenset(
    [
        "我们",
        "你们",
        "他们",
        "自己",
        "这个",
        "那个",
        "这些",
        "那些",
        "一个",
        "一些",
        "什么",
        "怎么",
        "这样",
        "那样",
        "因为",
        "所以",
        "但是",
        "而且",
        "以及",
        "或者",
        "如果",
        "虽然",
        "并且",
        "不是",
        "没有",
        "就是",
        "还是",
        "都是",
        "只是",
        "也是",
        "而是",
        "可以",
        "可能",
        "已经",
        "进行",
        "通过",
        "对于",
        "关于",
        "为了",
        "由于",
        "之一",
        "之间",
        "之中",
        "其中",
        "大家",
        "同志",
        "同志们",
        "今天",
        "目前",
        "当前",
        "比较",
        "非常",
        "十分",
        "一定",
        "以上",
        "以下",
        "不能",
        "不要",
        "必须",
    ]
)

CANONICAL = {
    **dict.fromkeys('"“”„‟＂', "“"),
    **dict.fromkeys("'‘’‚‛＇", "‘"),
    **dict.fromkeys("×╳✕✖⨯Ｘｘ", "x"),
    **dict(zip(",;:!?()", "，；：！？（）", strict=True)),
}
"""
The canonical character of each class whose members NFKC does not unite, or unites the other way.

Chinese text is written with full-width punctuation, so folding goes towards that: a folded
speech then differs from the speech in few places, which is all that the index has to keep.
"""


class _FoldTable(dict[int, int]):
    """The folding of each code point, worked out when it is first met: all of them take 0.4 s."""

    def __missing__(self, code: int) -> int:
        self[code] = folded = _fold_code(code)
        return folded


def _fold_code(code: int) -> int:
    character = chr(code)
    folded = unicodedata.normalize("NFKC", character)
    folded = folded if len(folded) == 1 else character
    lower = folded.lower()
    folded = lower if len(lower) == 1 else folded
    return ord(CANONICAL.get(character) or CANONICAL.get(folded) or folded)


_FOLDED = _FoldTable()


def fold(text: str) -> str:
    """
    Fold what counts as the same: width, case, × ╳ ✕ X, straight and curly quotes.

    The length in code points never changes, so an offset into the folded text is one into the
    text, and folding twice is folding once.

    >>> fold('ＡＢ“c”，X委╳局')
    'ab“c“，x委x局'
    >>> fold("(一),⼈民?") == fold("（一），人民？")
    True
    """
    return text.translate(_FOLDED)


def is_searchable(text: str) -> bool:
    """
    Tell whether a text has something else in it than punctuation and white space.

    >>> is_searchable("。，！ “”"), is_searchable("×")
    (False, True)
    """
    return any(
        (kind := unicodedata.category(character))[0] not in "PZ" and kind not in ("Cc", "Cf", "Cs")
        for character in text
    )


def count_words(text: str, *, words_file: Path = WORDS_FILE) -> dict[str, int]:
    """
    Count the words of a folded text that rank it: no stop words, no single characters.

    Words of Han characters come from jieba's ``cut_for_search`` with the words of this field,
    so that a part of a set phrase counts as well as the whole.

    >>> count_words("全面从严治党")["从严治党"]
    1
    """
    counts: dict[str, int] = {}
    for word in segment(text, words_file=words_file):
        if len(word) > 1 and word not in STOP_WORDS:
            counts[word] = counts.get(word, 0) + 1
    return counts


def segment(text: str, *, words_file: Path = WORDS_FILE) -> Iterator[str]:
    """Yield the words of a folded text: of Han characters, parts before wholes; then others."""
    cut = _cutter(words_file)
    for run in re.findall(HAN_RUN, text):
        yield from cut(run)
    yield from re.findall(OTHER_WORD, text)


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
    Tell whether a token is a word: neither punctuation, nor a placeholder such as XX.

    >>> is_word("担当"), is_word("，"), is_word("xx")
    (True, False, False)
    """
    return token.isalnum() and not PLACEHOLDER.fullmatch(token)


def is_content_word(word: str) -> bool:
    """
    Tell whether a word says something by itself: no stop word, no single character, no number.

    Markers of points, such as 一是, are numbers.

    >>> is_content_word("担当"), is_content_word("我们"), is_content_word("二要")
    (True, False, False)
    """
    return len(word) > 1 and word not in STOP_WORDS and not NUMBER_WORD.fullmatch(word)


@cache
def plain_cutter(words_file: Path = WORDS_FILE) -> Callable[[str], Iterable[str]]:
    """Make what cuts a run of letters and digits into words that do not overlap."""
    cut = _cutters(words_file)[1]

    def cut_run(run: str) -> Iterable[str]:
        return cut(run) if "\u4e00" <= run[0] <= "\u9fd5" else (run,)

    return cut_run


def fingerprint(words_file: Path = WORDS_FILE) -> str:
    """Name the versions that decide what the words are: jieba's, and the dictionary's content."""
    import hashlib
    from importlib import metadata

    content = hashlib.sha256(words_file.read_bytes()).hexdigest()[:12]
    return f"jieba {metadata.version('jieba')}, words {content}"


def read_words(words_file: Path = WORDS_FILE) -> Iterator[tuple[str, int]]:
    """
    Read a dictionary: a word and its frequency a line; comments and blank lines are skipped.

    A line that is neither raises RequestError with its number.
    """
    try:
        lines = words_file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise RequestError(
            _("{file}: this is not UTF-8. Save it as UTF-8").format(file=words_file)
        ) from None
    for number, line in enumerate(lines, start=1):
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
def _cutter(words_file: Path) -> Callable[[str], Iterator[str]]:
    """
    Make the segmenter for search once.

    ``cut_for_search`` gives the parts of two and three characters of a long word; those of four
    and more (从严治党 in 全面从严治党) are given here, from a table of the words of this field.
    """
    words = dict(read_words(words_file))
    cut, _plain, knows = _cutters(words_file)
    parts = {word: inside for word in words if (inside := _long_parts(word, knows))}

    def cut_run(run: str) -> Iterator[str]:
        for word in cut(run):
            if word in parts:
                yield from parts[word]
            yield word

    return cut_run


@cache
def _cutters(words_file: Path) -> Cutter:
    """Make the tokenizer once: jieba-rs where it is installed (the extra `fast`), else jieba."""
    words = dict(read_words(words_file))
    return _rust_cutter(words) or _jieba_cutter(words)


def _long_parts(word: str, knows: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(
        word[start:end]
        for start in range(len(word))
        for end in range(start + 4, len(word) + 1)
        if end - start < len(word) and knows(word[start:end])
    )


def _rust_cutter(words: Mapping[str, int]) -> Cutter | None:
    try:
        import rjieba
    except ImportError:
        return None
    rust = rjieba.Jieba()
    for word, frequency in words.items():
        rust.add_word(word, frequency, "n")
    return rust.cut_for_search, rust.cut, rust.has_word


def _jieba_cutter(words: Mapping[str, int]) -> Cutter:
    """Make jieba's tokenizer without its cache, a file that anybody could have left in /tmp."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba imports pkg_resources where it is there
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word, frequency in words.items():
        tokenizer.add_word(word, frequency)
    knows = lambda word: bool(tokenizer.FREQ.get(word))  # noqa: E731
    return tokenizer.cut_for_search, tokenizer.cut, knows
