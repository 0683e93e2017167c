"""The measures: published examples, what must hold of any table, and a plain second opinion."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lianzheng_search.study.measures import (
    Table,
    deviation,
    juilland,
    keyness,
    log_dice,
    log_likelihood,
    log_ratio,
    mutual_information,
    normal_deviation,
    per_ten_thousand,
    significance,
)

GRIES = ([1, 2, 3, 4, 5], [9, 10, 10, 10, 11])
"""Gries (2008): the letter a in a corpus of fifty tokens in five parts."""


@st.composite
def tables(draw):
    """Any table with words in both texts."""
    sizes = draw(st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
    a, b = (draw(st.integers(0, size)) for size in sizes)
    assume(a + b)
    return Table(a=a, b=b, a_size=sizes[0], b_size=sizes[1])


@st.composite
def spreads(draw):
    """The counts of something in parts of a corpus, and how long those are."""
    sizes = draw(st.lists(st.integers(1, 500), min_size=1, max_size=12))
    counts = [draw(st.integers(0, size)) for size in sizes]
    assume(sum(counts))
    return counts, sizes


def test_dispersion_of_gries():
    """Gries (2008) gives DP 0.18 and Juilland's D 0.785 for the letter a of his example."""
    assert deviation(*GRIES) == pytest.approx(0.18, abs=1e-9)
    assert juilland(*GRIES) == pytest.approx(0.785, abs=5e-4)


def test_dispersion_normalised():
    """By Lijffijt and Gries (2012) it is DP / (1 - 9/50): by hand, 0.18 / 0.82."""
    assert normal_deviation(*GRIES) == pytest.approx(0.18 / 0.82)


def test_mutual_information_of_manning_and_schuetze():
    """Ayatollah Ruhollah: 20 times together, 42 and 20 alone, 14,307,668 words: I is 18.38."""
    table = Table(a=20, b=0, a_size=42, b_size=14_307_668 - 42)
    assert mutual_information(table) == pytest.approx(18.38, abs=5e-3)


def test_log_dice_of_equal_words():
    """Rychlý (2008): the maximum is 14; 0 is one of 16,000 occurrences together, roughly."""
    assert log_dice(7, 7, 7) == 14
    assert log_dice(1, 16384, 16384) == 0


def test_log_likelihood_by_hand():
    """G² from the entropies of the table, 2 N I(row; column), not from what is expected."""
    table = Table(a=30, b=10, a_size=1000, b_size=3000)
    cells = [[30, 970], [10, 2990]]
    whole = 4000
    rows, columns = [1000, 3000], [40, 3960]
    information = sum(
        cell / whole * math.log(cell * whole / (rows[i] * columns[j]))
        for i, row in enumerate(cells)
        for j, cell in enumerate(row)
    )
    assert log_likelihood(table) == pytest.approx(2 * whole * information)


def test_keyness_by_hand():
    """With corpora of the same size, 30 and 10 are 20 expected: 2 (30 ln 1.5 + 10 ln 0.5)."""
    table = Table(a=30, b=10, a_size=5000, b_size=5000)
    assert keyness(table) == pytest.approx(2 * (30 * math.log(1.5) + 10 * math.log(0.5)))


def test_log_ratio_by_hand():
    """Hardie (2014): every point is a doubling; a zero counts as one half."""
    assert log_ratio(Table(a=12, b=3, a_size=100, b_size=200)) == pytest.approx(3)
    assert log_ratio(Table(a=0, b=4, a_size=100, b_size=100)) == -3


@pytest.mark.parametrize(
    ("value", "told"),
    [(3.83, ""), (3.84, "p < 0.05"), (6.63, "p < 0.01"), (10.83, "p < 0.001"), (99, "p < 0.0001")],
)
def test_significance_by_the_critical_values(value, told):
    """Those of chi-squared with one degree of freedom."""
    assert significance(value) == told
    if told:
        assert math.erfc(math.sqrt(value / 2)) < float(told.partition("<")[2]) * 1.02


@given(tables())
def test_what_is_more_in_one_is_less_in_the_other(table):
    """To exchange the texts turns ratios round and leaves likelihoods as they are."""
    other = Table(a=table.b, b=table.a, a_size=table.b_size, b_size=table.a_size)
    assert log_likelihood(table) == pytest.approx(log_likelihood(other), abs=1e-6)
    assert keyness(table) == pytest.approx(keyness(other), abs=1e-6)
    assert log_ratio(table) == pytest.approx(-log_ratio(other), abs=1e-9)


@given(tables())
def test_likelihoods_are_of_the_same_sign_as_the_difference(table):
    """Zero where the word is as frequent in both, above it elsewhere; the ratios tell which."""
    even = table.a * table.b_size == table.b * table.a_size
    assert (log_likelihood(table) < 1e-6) >= even
    assert log_likelihood(table) >= keyness(table) - 1e-6 >= -1e-6
    if table.a and table.b and not even:
        more = table.a * table.b_size > table.b * table.a_size
        assert (log_ratio(table) > 0) == (mutual_information(table) > 0) == more


@given(tables(), st.integers(2, 5))
def test_ratios_do_not_depend_on_size_but_likelihoods_grow_with_it(table, times):
    """So many times the text: the same ratio, so many times the evidence."""
    larger = Table(
        a=times * table.a,
        b=times * table.b,
        a_size=times * table.a_size,
        b_size=times * table.b_size,
    )
    if table.a and table.b:
        assert log_ratio(larger) == pytest.approx(log_ratio(table), abs=1e-9)
    assert keyness(larger) == pytest.approx(times * keyness(table), abs=1e-6)
    assert log_likelihood(larger) == pytest.approx(times * log_likelihood(table), abs=1e-6)


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_log_dice_is_at_most_14(together, more, other):
    """As long as they are together no more often than either stands; it is symmetrical."""
    value = log_dice(together, together + more, together + other)
    assert value <= 14
    assert value == log_dice(together, together + other, together + more)


@given(spreads())
def test_dispersion_keeps_to_its_bounds(spread):
    """DP and DPnorm lie from 0 to 1, Juilland's D does, and the order of parts is nothing."""
    counts, sizes = spread
    assert -1e-9 <= deviation(counts, sizes) < 1
    assert deviation(counts[::-1], sizes[::-1]) == pytest.approx(deviation(counts, sizes))
    if len(sizes) > 1:
        assert deviation(counts, sizes) - 1e-9 <= normal_deviation(counts, sizes) <= 1 + 1e-9
        assert -1e-9 <= juilland(counts, sizes) <= 1 + 1e-9
    else:
        assert normal_deviation(counts, sizes) is juilland(counts, sizes) is None


@given(st.lists(st.integers(1, 50), min_size=2, max_size=9), st.integers(1, 9))
def test_even_and_uneven(sizes, times):
    """What is in each part by its size is even; what is in the smallest alone is not at all."""
    assert deviation([times * size for size in sizes], sizes) == pytest.approx(0, abs=1e-9)
    assert juilland([times * size for size in sizes], sizes) == pytest.approx(1, abs=1e-6)
    alone = [0] * len(sizes)
    alone[sizes.index(min(sizes))] = times
    assert normal_deviation(alone, sizes) == pytest.approx(1)
    assert juilland(alone, sizes) == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_per_ten_thousand(count, size):
    """So many in 10,000 is so many hundredths of a percent."""
    assert per_ten_thousand(count, size) == pytest.approx(count / size * 100 * 100)
