"""Shares of variance: identities of the analysis of variance, and of its average over orders."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from bayes_alliance.sensitivity import choices
from bayes_alliance.sensitivity.choices import _averaged_over_orders, explained_shares

SIZES = (2, 3, 4)


def full() -> NDArray[np.intp]:
    """All combinations of three factors."""
    return np.array(list(product(*map(range, SIZES))), dtype=np.intp)


def r_squared_of(picks: NDArray[np.intp], values: NDArray[np.float64], used: list[int]) -> float:
    """Of a regression on indicators of some factors, by least squares."""
    columns = [np.ones(len(values))]
    columns += [(picks[:, f] == at).astype(float) for f in used for at in range(1, SIZES[f])]
    X = np.column_stack(columns)
    left = values - X @ np.linalg.lstsq(X, values, rcond=None)[0]
    return float(1 - left @ left / np.square(values - values.mean()).sum())


def test_additive_values_have_the_shares_they_were_made_of() -> None:
    picks = full()
    effects = [np.array([-1.0, 1.0]), np.array([-2.0, 0.0, 2.0]), np.zeros(4)]
    values = 7.0 + sum(own[picks[:, f]] for f, own in enumerate(effects))
    shares = explained_shares(picks, values)
    variances = np.array([1.0, 8 / 3, 0.0])
    assert_allclose(shares.factors, variances / variances.sum(), atol=1e-14)
    assert shares.full
    assert shares.interactions == pytest.approx(0, abs=1e-14)
    assert shares.total == pytest.approx(np.sqrt(variances.sum()))


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_in_a_full_factorial_the_average_over_orders_is_the_analysis_of_variance(seed: int) -> None:
    picks, values = full(), np.random.default_rng(seed).normal(size=24)
    shares = explained_shares(picks, values)
    centred = values - values.mean()
    assert_allclose(
        shares.factors,
        _averaged_over_orders(picks, centred, float(centred @ centred))[0],
        atol=1e-12,
    )
    assert_allclose(
        shares.factors, [r_squared_of(picks, values, [f]) for f in range(3)], atol=1e-12
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), left=st.integers(8, 22))
def test_with_refused_cells_shares_are_averaged_over_all_orders(seed: int, left: int) -> None:
    rng = np.random.default_rng(seed)
    picks = full()[np.sort(rng.choice(24, left, replace=False))]
    values = rng.normal(size=left) + picks[:, 0]
    shares = explained_shares(picks, values)
    expected = np.zeros(3)
    for order in permutations(range(3)):
        for i, f in enumerate(order):
            gain = r_squared_of(picks, values, list(order[: i + 1]))
            expected[f] += (gain - r_squared_of(picks, values, list(order[:i]))) / 6
    assert_allclose(shares.factors, expected, atol=1e-9)
    assert sum(shares.factors) + shares.interactions == pytest.approx(1.0)


def test_what_does_not_vary_has_no_shares() -> None:
    shares = explained_shares(full(), np.full(24, 0.3))
    assert (shares.factors, shares.interactions, shares.total) == ((0.0,) * 3, 0.0, 0.0)
    none = explained_shares(np.empty((0, 2), dtype=np.intp), np.empty(0))
    assert none.factors == (0.0, 0.0)
    assert explained_shares(full()[:1], np.ones(1)).total == 0


def test_many_factors_are_averaged_over_entering_first_and_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picks = full()
    values = picks @ np.array([1.0, 0.5, 0.2])
    exact = explained_shares(picks, values).factors
    monkeypatch.setattr(choices, "MOST_WORK", 1.0)
    shares, r_squared = _averaged_over_orders(
        picks, values - values.mean(), float(np.square(values - values.mean()).sum())
    )
    assert_allclose(shares, exact, atol=1e-12)  # the same where factors are orthogonal
    assert r_squared == pytest.approx(1.0)
    some = picks[:-3]
    part = explained_shares(some, values[:-3])
    assert part.interactions == pytest.approx(0, abs=1e-9)
    first = [r_squared_of(some, values[:-3], [f]) for f in range(3)]
    last = [1 - r_squared_of(some, values[:-3], [g for g in range(3) if g != f]) for f in range(3)]
    assert_allclose(part.factors, 0.5 * (np.array(first) + last), atol=1e-9)
