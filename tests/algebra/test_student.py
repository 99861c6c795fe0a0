"""Integrals over the weights of sample effects that follow a t."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import gammaln

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.algebra.normal import conditional_weights, log_density_by_sample
from bayes_alliance.algebra.student import (
    draw_weights,
    log_factor_normal,
    log_factor_student,
    weight_rule,
)

DEGREES = [1.05, 2, 2.5, 4, 10, 50, 300]


def factor_by_scipy(variance: float, ones: float, crossed: float, df: float) -> float:
    """The integral over log lambda, cut where its mass lies."""
    gamma = stats.gamma(df / 2, scale=2 / df)

    def integrand(x: float) -> float:
        v = variance * np.exp(-x)
        inflation = 1 + v * ones
        factor = 0.5 * (v * crossed**2 / inflation - np.log(inflation))
        return float(np.exp(gamma.logpdf(np.exp(x)) + x + factor))

    width = np.sqrt(2 / df)
    ends = [-60 * width - 20, *(width * np.linspace(-30, 12, 43))]
    parts = [
        integrate.quad(integrand, a, b, epsabs=1e-13, epsrel=1e-11, limit=200)[0]
        for a, b in pairwise(ends)
    ]
    return float(np.log(sum(parts)))


@pytest.mark.parametrize("df", DEGREES)
def test_the_rule_has_the_moments_of_the_gamma(df: float) -> None:
    log_nodes, log_weights = weight_rule(df)
    for power in (0, 0.5, 1, 2):
        log_moment = gammaln(df / 2 + power) - gammaln(df / 2) - power * np.log(df / 2)
        found = np.exp(log_weights + power * log_nodes).sum()
        assert found == pytest.approx(np.exp(log_moment), rel=5e-9 if df >= 2 else 3e-7)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("ratio", [0.02, 1.0, 30.0])
@pytest.mark.parametrize("distance", [0.0, 2.0, 6.0])
def test_the_factor_is_the_integral_of_scipy(df: float, ratio: float, distance: float) -> None:
    variance, ones = 0.04, ratio / 0.04
    crossed = distance * np.sqrt(ones)
    found = log_factor_student(
        np.array([variance]), np.array([ones]), np.array([crossed]), np.array(df)
    )
    want = factor_by_scipy(variance, ones, crossed, df)
    assert float(found[0]) == pytest.approx(want, abs=3e-9 if df >= 2 else 3e-8)


def test_many_degrees_of_freedom_are_the_normal() -> None:
    variance, ones, crossed = np.array([0.05]), np.array([80.0]), np.array([14.0])
    want = log_factor_normal(variance, ones, crossed)
    errors = [
        abs(log_factor_student(variance, ones, crossed, np.array(df)) - want)[0]
        for df in (1e3, 1e4, 1e5)
    ]
    assert errors[0] < 2e-3
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 10, rtol=0.05)


def test_a_scale_of_zero_leaves_the_density_and_the_prior_of_the_weights() -> None:
    zero, ones = np.zeros((4_000, 1)), np.full((4_000, 1), 50.0)
    df = np.full(4_000, 5.0)
    np.testing.assert_allclose(log_factor_student(zero, ones, ones, df), 0, atol=1e-9)
    drawn = draw_weights(zero, ones, ones, df, np.random.default_rng(3))
    assert stats.kstest(drawn[:, 0], stats.gamma(2.5, scale=0.4).cdf).pvalue > 0.01


def test_weights_are_drawn_from_their_conditional() -> None:
    size, df, variance, ones, crossed = 20_000, 4.0, 0.02, 120.0, 60.0
    drawn = draw_weights(
        np.full((size, 1), variance),
        np.full((size, 1), ones),
        np.full((size, 1), crossed),
        np.full(size, df),
        np.random.default_rng(8),
    )[:, 0]
    x = np.linspace(-12, 3, 30_001)
    node = np.exp(x)
    inflation = 1 + variance / node * ones
    log_density = stats.gamma(df / 2, scale=2 / df).logpdf(node) + x
    log_density += 0.5 * (variance / node * crossed**2 / inflation - np.log(inflation))
    below = integrate.cumulative_simpson(np.exp(log_density), x=x, initial=0)
    found = stats.kstest(np.log(drawn), lambda at: np.interp(at, x, below / below[-1]))
    assert found.pvalue > 0.01
    assert np.median(drawn) < 0.4


def test_a_tau_of_each_sample_is_taken_as_one_of_all() -> None:
    rng = np.random.default_rng(2)
    V = tuple(0.01 * (0.5 + 0.5 * np.eye(m)) for m in (3, 1, 2))
    blocks = rotate(
        y=rng.normal(size=6), X=np.ones((6, 1)), variances=np.full(6, 0.01),
        starts=np.array([0, 3, 4]), covariances=V,
    )  # fmt: skip
    given = {"beta": rng.normal(size=(5, 1)), "tau_effect": rng.random(5)}
    tau, df = rng.random(5), np.full(5, 3.0)
    wide = given | {"tau_effect": np.repeat(given["tau_effect"][:, None], 6, axis=1)}
    for more in ({}, {"df": df}):
        one = log_density_by_sample(blocks, tau_sample=tau, **given, **more)
        each = log_density_by_sample(blocks, tau_sample=np.tile(tau[:, None], 3), **wide, **more)
        np.testing.assert_allclose(one, each, rtol=1e-14)
    drawn = conditional_weights(
        blocks, tau_sample=tau, df=df, rng=np.random.default_rng(1), **given
    )
    assert drawn.shape == (5, 3)
    assert (drawn > 0).all()
