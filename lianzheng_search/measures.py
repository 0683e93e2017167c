"""Counts in two parts of a corpus -> how much more frequent something is in one of them."""

from __future__ import annotations

import math


def log_likelihood(a: float, b: float, size_a: float, size_b: float) -> float:
    """
    Weigh the evidence that two relative frequencies differ (G2; Rayson & Garside 2000).

    `a` occurrences in a part of `size_a`, `b` in one of `size_b`; 3.84 is p < 0.05, 15.13 p <
    0.0001.

    >>> round(log_likelihood(20, 10, 1000, 1000), 2)
    3.4
    """
    pooled = (a + b) / (size_a + size_b)
    return 2 * sum(n * math.log(n / (size * pooled)) for n, size in ((a, size_a), (b, size_b)) if n)


def log_ratio(a: float, b: float, size_a: float, size_b: float) -> float:
    """
    Tell how many times over something is doubled in the first part (Hardie 2014).

    Half an occurrence stands in for none.

    >>> log_ratio(20, 5, 1000, 1000)
    2.0
    """
    return math.log2(((a or 0.5) / size_a) / ((b or 0.5) / size_b))
