"""Text -> its folded form, in which what counts as the same character is the same."""

from __future__ import annotations

import re
import unicodedata

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


# Offsets never move in folding: every place in the index is a place in the speech.
NO_LETTERS = re.compile(r"[\W_]+")


class _FoldTable(dict[int, int]):
    """A table for `str.translate`, filled as characters occur: all of Unicode takes 0.4 s."""

    def __missing__(self, code: int) -> int:
        self[code] = folded = _fold_code(code)
        return folded


def _fold_code(code: int) -> int:
    character = chr(code)
    folded = unicodedata.normalize("NFKC", character)
    # What becomes several characters, such as ⑩ or ㎏, stays: offsets must not move.
    folded = folded if len(folded) == 1 else character
    lower = folded.lower()
    folded = lower if len(lower) == 1 else folded
    # Before NFKC and after it: Ｘ is itself in a class, ＂ gets there as ".
    return ord(CANONICAL.get(character) or CANONICAL.get(folded) or folded)


_FOLDED = _FoldTable()


def fold(text: str) -> str:
    """
    Return a text in which width, case, × ╳ ✕ X, straight and curly quotes make no difference.

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
    Check whether a text holds anything but punctuation, white space and control characters.

    >>> is_searchable("。，！ “”"), is_searchable("×")
    (False, True)
    """
    return any(
        (kind := unicodedata.category(character))[0] not in "PZ" and kind not in ("Cc", "Cf", "Cs")
        for character in text
    )


def letters(folded: str) -> str:
    r"""
    Return a folded text without blanks and punctuation: what copies of it have in common.

    >>> letters("守土有责，\n守土尽责。")
    '守土有责守土尽责'
    """
    return NO_LETTERS.sub("", folded)
