"""A text -> its words: how often each occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..index.backend import Backend
from ..model import Progress, Value
from ..query.filters import Scope
from ..search.selection import folded_text, select, size
from ..text.words import WORD_RUN, WORDS_FILE, is_content_word, is_word, plain_cutter
from .measures import per_ten_thousand

STEP = 5000
"""Number of runs of characters that are segmented between two reports of progress."""


class WordFrequency(Value, frozen=True, kw_only=True):
    """
    How often a word occurs in a text; the fields are the keys of its row.

    `per_10000` is `hits` in 10,000 characters of the text, punctuation included.
    """

    word: str
    hits: int
    per_10000: float


class WordList(Value, frozen=True, kw_only=True):
    """
    The words `shown` within the limit, the most frequent first, of `different` ones in all.

    `words` is the number of words of the text, those not listed included; `characters` that of
    its code points, punctuation included. `copies` is the number of passages left out because
    they are copies.
    """

    shown: tuple[WordFrequency, ...]
    different: int
    words: int
    characters: int
    copies: int = 0


def tally(
    texts: Sequence[Iterable[str]], *, words_file: Path, progress: Progress
) -> list[Counter[str]]:
    """
    Count the words of several folded texts, each of which comes in pieces of whole lines.

    They are those of `text.words.words`; but each run of characters is segmented only once,
    however often it recurs. `progress` is called with (runs segmented, runs in all).
    """
    cut = plain_cutter(words_file)
    runs: list[Counter[str]] = []
    for pieces in texts:
        runs_of_text: Counter[str] = Counter()
        for piece in pieces:
            runs_of_text.update(WORD_RUN.findall(piece))
        runs.append(runs_of_text)
    counts: list[Counter[str]] = [Counter() for _text in texts]
    different = runs[0] if len(runs) == 1 else dict.fromkeys(run for text in runs for run in text)
    for done, run in enumerate(different):
        if done % STEP == 0:
            progress(done, len(different))
        tokens = [token for token in cut(run) if is_word(token)]
        for runs_of_text, count in zip(runs, counts, strict=True):
            if times := runs_of_text.get(run):
                for token in tokens:
                    count[token] += times
    return counts


def word_list(
    backend: Backend,
    scope: Scope,
    *,
    limit: int = 20,
    stop_words: bool = False,
    words_file: Path = WORDS_FILE,
    progress: Progress = lambda done, whole: None,
) -> WordList:
    """Return the words of the passages in a scope, the most frequent first; `limit` 0 is all."""
    selection = select(backend, scope)
    texts = (folded_text(backend, speech.refs) for speech in selection.speeches)
    (counts,) = tally([texts], words_file=words_file, progress=progress)
    characters = sum(size(backend, speech.refs) for speech in selection.speeches)
    listed = [word for word in counts if stop_words or is_content_word(word)]
    listed.sort(key=lambda word: (-counts[word], word))
    return WordList(
        shown=tuple(
            WordFrequency(
                word=word,
                hits=counts[word],
                per_10000=per_ten_thousand(counts[word], characters),
            )
            for word in (listed[:limit] if limit else listed)
        ),
        different=len(listed),
        words=counts.total(),
        characters=characters,
        copies=selection.copies,
    )
