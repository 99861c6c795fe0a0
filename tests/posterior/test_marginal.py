"""Marginals against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal, MixtureMarginal

Q = np.array([0.001, 0.025, 0.3, 0.5, 0.9, 0.999])


def test_a_mixture_of_one_normal_is_that_normal() -> None:
    one, normal = MixtureMarginal(np.array([0.2]), np.array([0.3])), stats.norm(0.2, 0.3)
    x = np.linspace(-1, 1.5, 11)
    np.testing.assert_allclose(one.cdf(x), normal.cdf(x), rtol=1e-13)
    np.testing.assert_allclose(one.pdf(x), normal.pdf(x), rtol=1e-13)
    np.testing.assert_allclose(one.quantile(Q), normal.ppf(Q), atol=1e-9)
    np.testing.assert_allclose(one.interval(0.9), normal.interval(0.9), atol=1e-9)
    assert one.mean == pytest.approx(0.2)
    assert one.sd == pytest.approx(0.3)


def test_a_mixture_of_normals_with_normal_means_is_a_wider_normal() -> None:
    means = stats.norm(0.2, 0.4).ppf((np.arange(20_000) + 0.5) / 20_000)
    mixture, normal = MixtureMarginal(means, np.full(20_000, 0.3)), stats.norm(0.2, 0.5)
    assert mixture.sd == pytest.approx(0.5, abs=1e-4)
    np.testing.assert_allclose(mixture.quantile(Q), normal.ppf(Q), atol=5e-4)


@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.001, 1)), min_size=1, max_size=8),
    st.floats(0.0001, 0.9999),
)
def test_the_quantile_of_a_mixture_inverts_its_cdf(
    parts: list[tuple[float, float]], q: float
) -> None:
    mixture = MixtureMarginal(*np.array(parts).T)
    assert float(mixture.cdf(mixture.quantile(q))) == pytest.approx(q, abs=1e-6)
    lower, upper = mixture.interval(0.95)
    assert float(mixture.cdf(upper) - mixture.cdf(lower)) == pytest.approx(0.95, abs=1e-5)


def test_a_mixture_without_spread_is_its_means() -> None:
    means = np.random.default_rng(1).normal(size=501)
    mixture, drawn = MixtureMarginal(means, np.zeros(501)), DrawnMarginal(means)
    np.testing.assert_allclose(mixture.quantile(Q), drawn.quantile(Q), atol=1e-12)
    np.testing.assert_allclose(mixture.cdf(Q), drawn.cdf(Q), atol=1e-12)
    assert mixture.mean == pytest.approx(drawn.mean)


def test_a_mixture_where_some_draws_have_no_spread() -> None:
    mixture = MixtureMarginal(np.array([0.0, 1.0]), np.array([0.0, 0.1]))
    np.testing.assert_allclose(mixture.cdf([-1e-9, 0.0, 0.4, 2.0]), [0, 0.5, 0.5, 1], atol=1e-8)
    assert float(mixture.quantile(0.25)) == pytest.approx(0, abs=1e-9)
    assert float(mixture.quantile(0.75)) == pytest.approx(1, abs=1e-9)


def test_the_shape_of_what_was_asked_is_kept() -> None:
    mixture = MixtureMarginal(np.array([0.0, 1.0]), np.array([0.2, 0.1]))
    drawn = DrawnMarginal(np.arange(11.0))
    for marginal in (mixture, drawn):
        assert isinstance(marginal, Marginal)
        assert marginal.quantile(0.5).shape == ()
        assert marginal.quantile([[0.1, 0.5], [0.6, 0.9]]).shape == (2, 2)
        assert marginal.cdf([[0.1, 0.5, 1.0]]).shape == (1, 3)
        assert marginal.pdf([[0.1], [0.5]]).shape == (2, 1)


def test_a_drawn_marginal_is_its_draws() -> None:
    draws = stats.norm(0.2, 0.1).ppf((np.arange(10_000) + 0.5) / 10_000)
    marginal = DrawnMarginal(np.random.default_rng(0).permutation(draws))
    assert marginal.mean == pytest.approx(0.2)
    assert marginal.sd == pytest.approx(0.1, abs=1e-4)
    np.testing.assert_allclose(marginal.quantile(Q), stats.norm(0.2, 0.1).ppf(Q), atol=2e-3)
    np.testing.assert_allclose(marginal.cdf(marginal.quantile(Q)), Q, atol=2e-4)
    np.testing.assert_allclose(
        marginal.interval(0.9), stats.norm(0.2, 0.1).interval(0.9), atol=1e-4
    )
    x = np.linspace(0, 0.4, 9)
    np.testing.assert_allclose(marginal.pdf(x), stats.norm(0.2, 0.1).pdf(x), rtol=0.1, atol=0.1)


def test_the_cdf_counts_ties_as_at_most() -> None:
    marginal = DrawnMarginal(np.array([0.0, 0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(marginal.cdf([-0.1, 0.0, 0.5, 2.0]), [0, 0.5, 0.5, 1])


def test_the_density_of_a_standard_deviation_integrates_to_one_above_zero() -> None:
    draws = np.abs(np.random.default_rng(2).normal(0, 0.1, 2_000))
    marginal = DrawnMarginal(draws, lower=0.0)
    mass, _ = integrate.quad(lambda x: float(marginal.pdf(x)), 0, 1, limit=200)
    assert mass == pytest.approx(1, abs=1e-4)
    assert float(marginal.pdf(-0.01)) == 0
    half_normal = stats.halfnorm(0, 0.1).pdf(0.0)
    assert float(marginal.pdf(0.0)) == pytest.approx(half_normal, rel=0.1)


def test_a_constant_has_no_density() -> None:
    marginal = DrawnMarginal(np.full(10, 0.3))
    np.testing.assert_array_equal(marginal.pdf([0.2, 0.3]), [0, np.inf])
    assert marginal.interval() == (0.3, 0.3)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=30))
def test_quantiles_go_through_a_monotone_function(draws: list[float]) -> None:
    marginal = DrawnMarginal(np.array(draws))
    through = marginal.through(np.tanh)
    q = np.arange(len(draws)) / (len(draws) - 1)  # no interpolation between draws
    np.testing.assert_allclose(through.quantile(q), np.tanh(marginal.quantile(q)), atol=1e-9)


def test_an_average_of_one_point_has_that_quantile() -> None:
    point = DrawnMarginal(np.full(10, 0.3))
    found = AveragedMarginal(np.array([0.4, 0.6]), (point, point))
    np.testing.assert_allclose(found.quantile([0.025, 0.5]), [0.3, 0.3])
