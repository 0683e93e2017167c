"""
What each method of a `Corpus` takes by keyword: types, which nothing needs while it runs.

The defaults are those of the functions that answer. ScopeOptions, which nearly all take, are the
filters and `with_variants`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict

from ..model import Progress
from .filters import FilterOptions, ScopeOptions

Queries = str | Sequence[str]
"""Several queries, or one."""


class IndexOptions(TypedDict, total=False):
    """
    `jobs` is the number of processes, by default 1; None is as many as help.

    With more than one, a program is to be guarded by ``if __name__ == "__main__"``, as
    multiprocessing asks for. `progress` is called after each file with files done, files in all,
    bytes of the file. `wait` is called with who else writes the index, and that is awaited.
    """

    rebuild: bool
    jobs: int | None
    progress: Callable[[int, int, int], None]
    wait: Callable[[str], None] | None


class LimitOptions(ScopeOptions, total=False):
    """`limit` is the maximum number listed, 0 for all."""

    limit: int


class SearchOptions(LimitOptions, total=False):
    """`sort` is ``relevance``, the default with a query, ``corpus``, ``date`` or ``newest``."""

    sort: str | None


class KwicOptions(LimitOptions, total=False):
    """
    `sort` is ``corpus``, ``date``, ``newest``, or ``left`` or ``right``: outward from the hit.

    With a `seed`, `limit` lines are drawn at random, the same each time.
    """

    sort: str
    seed: int | None


class HeadingOptions(LimitOptions, total=False):
    """`sort` is ``corpus``, ``date``, ``newest``, ``text`` (by wording) or ``length``."""

    sort: str


class QuotationOptions(LimitOptions, total=False):
    """
    `show` is ``quotations``, ``sources`` (how often each is quoted) or ``terms`` (slogans).

    `source` is who is quoted. `sort` is ``count``, ``date``, ``corpus`` or ``source``. With
    `indirect`, what is told without quotation marks counts too.
    """

    source: str | None
    show: str
    sort: str
    indirect: bool


class CitationOptions(LimitOptions, total=False):
    """
    `sort` is ``count``, ``date``, ``corpus`` or ``name``.

    With `unmarked`, 党章 and 宪法 count without 《》 anywhere, and not only before an article or
    规定.
    """

    sort: str
    unmarked: bool


class ProgressOptions(LimitOptions, total=False):
    """`progress` is called while something long is done."""

    progress: Progress


class LabelOptions(TypedDict, total=False):
    """`progress` is called while speeches are labelled."""

    progress: Progress


class PhraseOptions(ProgressOptions, total=False):
    """
    `new_since` leaves phrases first used on a date or later, `gone_since` last used before it.

    `sort` is ``weight`` (in many speeches, and long), ``speeches``, ``hits``, ``first`` (the
    earliest first), ``last`` (the latest first) or ``length``.
    """

    min_speeches: int | None
    sort: str
    new_since: str | None
    gone_since: str | None


class NGramOptions(ProgressOptions, total=False):
    """
    `n` is a length, ``4`` or ``2..8``, in `unit`: ``characters`` or ``words``.

    Without `fold_in`, those are listed too that nearly always stand inside the same longer one.
    """

    n: str | None
    unit: str
    min_hits: int | None
    min_speeches: int
    fold_in: bool


class CountOptions(ScopeOptions, total=False):
    """Hits are counted apart `by` ``none, speech, year, month, theme`` or ``section``."""

    by: str
    progress: Progress


class WordOptions(ProgressOptions, total=False):
    """With `stop_words`, these are listed too, and single characters and numbers."""

    stop_words: bool


class CollocateOptions(WordOptions, total=False):
    """
    `window` is in words on each side of a hit, None for the sentence.

    `by` is ``log-dice, log-likelihood, log-ratio`` or ``mi``; `least` is the minimum number of
    times that a word is near a hit.
    """

    window: int | None
    by: str
    least: int


class KeynessOptions(WordOptions, total=False):
    """
    `by` is ``log-likelihood`` or ``log-ratio``.

    `least` is the minimum number of times that a word occurs on both sides together.
    """

    by: str
    least: int


class GridOptions(ScopeOptions, total=False):
    """`by` is ``speech, section`` or ``year``; None is what suits the number of speeches."""

    by: Literal["speech", "section", "year"] | None


class UnlabelledOptions(LimitOptions, total=False):
    """`sort` is ``corpus`` or ``length``, the longest first."""

    sort: str


class ProofOptions(FilterOptions, total=False):
    """`progress` is called with the files read, the files in all, and the path at hand."""

    progress: Callable[[int, int, str], None]


class BatchOptions(LimitOptions, total=False):
    """What an export holds, as `export.manifests.BatchSettings` explains it."""

    context: str | int
    group_by: str
    per_source: int
    sort: str | None
    cite: str | None


class ExportToOptions(BatchOptions, total=False):
    """`columns` are of `export.tables`; `file_format` is ``csv, jsonl, md`` or ``txt``."""

    file_format: str
    columns: Sequence[str] | None


class ExportOptions(BatchOptions, total=False):
    """
    `file_format` is that of the destination's suffix, unless given.

    `split` is ``query`` or ``speech``, a file for each; `force` replaces files. `progress` is
    called with queries done, queries in all, and the name of the one at hand.
    """

    file_format: str | None
    columns: Sequence[str] | None
    split: str | None
    with_manifest: bool
    force: bool
    progress: Callable[[int, int, str], None]


class ReplayOptions(TypedDict, total=False):
    """`force` and `progress` are those of ExportOptions."""

    force: bool
    progress: Callable[[int, int, str], None]
