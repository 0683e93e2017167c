"""Counts -> measures of association, of keyness and of dispersion, as the literature has them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..model import Value

# Descending, since the first that is reached is reported. They hold for one word looked
# at by itself: of the thousands in a list some reach 6.63 by chance, so a list of key
# words is ordered by it, and not cut.
CRITICAL = ((15.13, "p < 0.0001"), (10.83, "p < 0.001"), (6.63, "p < 0.01"), (3.84, "p < 0.05"))
"""Least log-likelihood for each level of significance: chi-squared, one degree of freedom."""
ZERO = 0.5
"""Number that stands for a frequency of zero where a ratio is taken, as in Hardie (2014)."""


class Table(Value, frozen=True, kw_only=True):
    """
    A contingency table: how often a word is in one text and in another, and their sizes.

    All are counts of words: `a` of `a_size` in the one, `b` of `b_size` in the other; no word is
    in both. In the notation of Evert (2005): O11 = a, R1 = a_size, C1 = a + b, N = a_size + b_size.

    >>> Table(a=10, b=5, a_size=100, b_size=200).expected
    5.0
    """

    a: int
    b: int
    a_size: int
    b_size: int

    @property
    def expected(self) -> float:
        """The frequency in the one if it were the same in both: E11 = R1 C1 / N."""
        return self.a_size * (self.a + self.b) / (self.a_size + self.b_size)


def log_likelihood(table: Table) -> float:
    """
    Return how surely a word is more, or less, frequent in the one text than in the other.

    G² = 2 Σ O ln(O/E) over all four cells: the word and every other word, in either text; from 0,
    as frequent in both. Dunning, Accurate Methods for the Statistics of Surprise and Coincidence
    (1993). Used for collocates, where the word may make up much of its window.

    10 of 100 and 5 of 200 words: 2 (10 ln(10/5) + 5 ln(5/10) + 90 ln(90/95) + 195 ln(195/190)).

    >>> round(log_likelihood(Table(a=10, b=5, a_size=100, b_size=200)), 2)
    7.33
    """
    whole, word = table.a_size + table.b_size, table.a + table.b
    # All four cells: near a hit a word may be a large part of all words, and then the other words
    # change as well. For key words of whole corpora the two cells of the word are the convention.
    cells = [
        (table.a, table.a_size, word),
        (table.b, table.b_size, word),
        (table.a_size - table.a, table.a_size, whole - word),
        (table.b_size - table.b, table.b_size, whole - word),
    ]
    return _at_least_zero(
        # An empty cell adds nothing (x ln x goes to 0). fsum, because the terms nearly cancel out
        # where a word is spread evenly.
        2 * math.fsum(_surprise(seen, row * column / whole) for seen, row, column in cells if seen)
    )


def keyness(table: Table) -> float:
    """
    Return how surely a word is more, or less, frequent in the one corpus than in the other.

    G² = 2 (a ln(a/E1) + b ln(b/E2)), E1 and E2 the frequencies expected from the sizes of the
    corpora: the two cells of the word itself; from 0, as frequent in both. Rayson and Garside,
    Comparing Corpora using Frequency Profiling (2000). Used for key words.

    10 of 100 and 5 of 200 words, 5 and 10 expected: 2 (10 ln(10/5) + 5 ln(5/10)).

    >>> round(keyness(Table(a=10, b=5, a_size=100, b_size=200)), 2)
    6.93
    """
    whole, word = table.a_size + table.b_size, table.a + table.b
    cells = [(table.a, table.a_size), (table.b, table.b_size)]
    return _at_least_zero(
        2 * math.fsum(_surprise(seen, size * word / whole) for seen, size in cells if seen)
    )


def log_ratio(table: Table) -> float:
    """
    Return how many times more frequent a word is in the one text, as a binary logarithm.

    log2((a / a_size) / (b / b_size)): 1 is twice as frequent, 2 four times, -1 half. A frequency
    of zero counts as 0.5, an empty text as one word. Hardie, Log Ratio - an informal
    introduction (2014).

    8 and 2 of 1,000 words: log2(8/2). 8 and none: log2(8/0.5).

    >>> log_ratio(Table(a=8, b=2, a_size=1000, b_size=1000))
    2.0
    >>> log_ratio(Table(a=8, b=0, a_size=1000, b_size=1000))
    4.0
    """
    # A ratio with zero would be infinite, and put whatever occurs once here and never there on top.
    one = (table.a or ZERO) / (table.a_size or 1)
    other = (table.b or ZERO) / (table.b_size or 1)
    return math.log2(one / other)


def mutual_information(table: Table) -> float:
    """
    Return how many times more frequent a word is in the one text than expected, as a logarithm.

    log2(O11 / E11): 1 is twice as frequent as expected. It favours rare words. A frequency of
    zero gives minus infinity. Church and Hanks, Word Association Norms, Mutual Information, and
    Lexicography (1990).

    8 of 100 words, none of 300, 2 expected: log2(8/2).

    >>> mutual_information(Table(a=8, b=0, a_size=100, b_size=300))
    2.0
    """
    return math.log2(table.a / table.expected) if table.a else -math.inf


def log_dice(together: int, one: int, other: int) -> float:
    """
    Return how typical a collocation is: 14 + log2(2 f(x,y) / (f(x) + f(y))).

    f(x,y) is how often both are `together`, f(x) and f(y) how often each occurs. It does not
    depend on the size of the corpus; one point more is twice as typical. The maximum is 14 where
    neither occurs without the other; never together gives minus infinity. Rychlý, A
    Lexicographer-Friendly Association Score (2008).

    Once together, 32 times each: 14 + log2(2/64).

    >>> log_dice(5, 5, 5), log_dice(1, 32, 32)
    (14.0, 9.0)
    """
    return 14 + math.log2(2 * together / (one + other)) if together else -math.inf


def significance(likelihood: float) -> str:
    """
    Return how probable so great a log-likelihood is by chance, where a single word is tested.

    By the quantiles of chi-squared with one degree of freedom, as in Rayson and Garside (2000);
    empty from p = 0.05 up. 12.0 is between 10.83, p < 0.001, and 15.13, p < 0.0001.

    >>> significance(12.0), significance(1.0)
    ('p < 0.001', '')
    """
    return next((level for least, level in CRITICAL if likelihood >= least), "")


def deviation(counts: Sequence[int], sizes: Sequence[int]) -> float:
    """
    Return how unevenly something is spread over the parts of a corpus: Gries's DP.

    DP = Σ |v_i / f - s_i| / 2, with v_i the counts, f their sum, s_i the share of each part in
    the corpus: 0 is even, and it stays below 1. The counts must not all be zero. Gries,
    Dispersions and adjusted frequencies in corpora (2008), whose example is this one: shares of
    .067 .133 .2 .267 .333 where .18 .2 .2 .2 .22 are expected.

    >>> round(deviation([1, 2, 3, 4, 5], [9, 10, 10, 10, 11]), 2)
    0.18
    """
    frequency, whole = sum(counts), sum(sizes)
    parts = zip(counts, sizes, strict=True)
    return math.fsum(abs(count / frequency - size / whole) for count, size in parts) / 2


def normal_deviation(counts: Sequence[int], sizes: Sequence[int]) -> float | None:
    """
    Return Gries's DP from 0, even, to 1, as uneven as can be: DPnorm = DP / (1 - min s_i).

    None where there is only one part. Lijffijt and Gries, Correction to Dispersions and adjusted
    frequencies in corpora (2012).

    All of it in one of two equal parts: DP = 0.5, divided by 1 - 0.5.

    >>> normal_deviation([0, 3], [5, 5])
    1.0
    """
    # DP cannot reach 1: all in the smallest part gives 1 less the share of that part.
    most = 1 - min(sizes) / sum(sizes)
    return deviation(counts, sizes) / most if most else None


def juilland(counts: Sequence[int], sizes: Sequence[int]) -> float | None:
    """
    Return how evenly something is spread over n parts: Juilland's D, 1 where it is even.

    D = 1 - V / √(n - 1), V the coefficient of variation (standard deviation of the population by
    mean) of the relative frequencies in the parts, v_i / size_i. Those are as in Juilland, Brodin
    and Davidovitch (1970) where the parts are equal, else as in Gries, Analyzing Dispersion
    (2020), whose example is this one: V = 0.43. None where there is only one part.

    >>> round(juilland([1, 2, 3, 4, 5], [9, 10, 10, 10, 11]), 3)
    0.785
    """
    if len(sizes) < 2:
        return None
    rates = [count / size for count, size in zip(counts, sizes, strict=True)]
    mean = math.fsum(rates) / len(rates)
    # Over n and not n - 1: the speeches are all the parts there are, not a sample of them.
    variance = math.fsum((rate - mean) ** 2 for rate in rates) / len(rates)
    return _at_least_zero(1 - math.sqrt(variance) / mean / math.sqrt(len(rates) - 1))


def per_ten_thousand(count: int, size: int) -> float:
    """
    Return a relative frequency: 10,000 count / size; 0 for a size of 0.

    3 in 6,000 characters are 5 in 10,000.

    >>> per_ten_thousand(3, 6000)
    5.0
    """
    return 10_000 * count / size if size else 0.0


def _surprise(seen: int, expected: float) -> float:
    return seen * math.log(seen / expected)


def _at_least_zero(value: float) -> float:
    """Cut off what rounding leaves below zero."""
    return max(0.0, value)
