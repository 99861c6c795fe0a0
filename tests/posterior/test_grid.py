"""Exact marginals on the nodes of a quadrature: cdf, quantile, density and moments agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayes_alliance as ba
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.posterior.grid import clenshaw_curtis
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.spec.compilation import compile_design

Q = np.array([1e-6, 1e-3, 0.025, 0.25, 0.5, 0.75, 0.975, 0.999, 1 - 1e-6])
CASES = {
    "ordinary": ("three_level", "konstantopoulos2011", {}),
    "near zero": ("subscales_independent", "ibi_synthetic", {}),
    "heavy tails": ("three_level", "crede2010_grade", {
        "priors.tau_sample": {"family": "half_cauchy", "scale": 0.5, "because": ""},
        "priors.tau_effect": {"family": "half_t", "df": 3, "scale": 2.5, "because": ""}}),
    "abrupt ends": ("three_level", "konstantopoulos2011", {
        "priors.tau_sample": {"family": "uniform", "lower": 0.1, "upper": 0.3, "because": ""},
        "priors.tau_effect": {"family": "uniform", "lower": 0.15, "upper": 2, "because": ""}}),
    "ridge": ("three_level", "molloy2014", {}),
}  # fmt: skip


def posterior_of(model, data, changes):
    spec = ba.read_specification(model)
    design = compile_design(ba.load(data), spec.with_changes(changes) if changes else spec)
    return ExactEngine().run(design, RunOptions(chains=1, draws=4, tolerance=1e-8))


@pytest.fixture(scope="module", params=list(CASES))
def posterior(request):
    return posterior_of(*CASES[request.param])


@pytest.fixture(scope="module")
def schools():
    return posterior_of(*CASES["ordinary"])


def integrals(marginal):
    """Integrals of 1, x and x^2 times the density, piece by piece between quantiles."""
    cuts = marginal.quantile(
        np.concatenate([[1e-9], np.linspace(0, 1, 41)[1:-1], 1 - 10.0 ** -np.arange(2, 11)])
    )
    cuts = np.concatenate([[max(cuts[0] - 1e-3, 0.0)], cuts])
    nodes, weights = np.polynomial.legendre.leggauss(40)
    half = np.diff(np.unique(cuts)) / 2
    x = (np.unique(cuts)[:-1] + half)[:, None] + half[:, None] * nodes
    density = marginal.pdf(x) * half[:, None] * weights
    return float(density.sum()), float((density * x).sum()), float((density * x**2).sum())


@pytest.mark.parametrize("level", ["sample", "effect"])
def test_cdf_quantile_density_and_moments_of_a_tau_agree(posterior, level):
    marginal = posterior.tau(level)
    assert isinstance(marginal, Marginal)
    np.testing.assert_allclose(marginal.cdf(marginal.quantile(Q)), Q, atol=1e-8)
    mass, first, second = integrals(marginal)
    assert mass == pytest.approx(1, abs=1e-7)
    assert first == pytest.approx(marginal.mean, rel=1e-6)
    assert np.sqrt(second - first**2) == pytest.approx(marginal.sd, rel=1e-4)
    np.testing.assert_allclose(marginal.interval(0.9), marginal.quantile([0.05, 0.95]), rtol=1e-10)


@pytest.mark.parametrize("level", ["sample", "effect"])
def test_a_density_is_the_derivative_of_the_cdf(posterior, level):
    marginal = posterior.tau(level)
    x = marginal.quantile(np.linspace(0.02, 0.98, 25))
    step = 1e-5 * marginal.sd
    slope = (marginal.cdf(x + step) - marginal.cdf(x - step)) / (2 * step)
    np.testing.assert_allclose(marginal.pdf(x), slope, rtol=1e-4)


@pytest.mark.parametrize("level", ["sample", "effect"])
def test_a_cdf_rises_from_0_to_1_and_a_density_is_nowhere_negative(posterior, level):
    marginal = posterior.tau(level)
    x = np.concatenate([[-1.0, -1e-300, 0.0], np.geomspace(1e-9, 1e6, 400)])
    cdf = marginal.cdf(x)
    assert (cdf[:2] == 0).all()
    assert cdf[-1] == pytest.approx(1, abs=1e-12)
    assert (np.diff(cdf) > -1e-12).all()
    assert (marginal.pdf(x) >= 0).all()
    assert (marginal.pdf(x[:2]) == 0).all()
    assert marginal.cdf(x.reshape(-1, 13)).shape == marginal.pdf(x.reshape(-1, 13)).shape
    assert np.shape(marginal.cdf(0.1)) == np.shape(marginal.quantile(0.5)) == ()


def test_the_total_of_both_taus_inverts_and_has_the_moments_of_the_grid(posterior):
    total, grid = posterior.total_tau(), posterior.nodes
    np.testing.assert_allclose(total.cdf(total.quantile(Q[1:-1])), Q[1:-1], atol=1e-8)
    squares = np.square(grid.tau_sample) + np.square(grid.tau_effect)[:, None]
    assert total.mean == pytest.approx(float((grid.weights * np.sqrt(squares)).sum()), rel=1e-9)
    assert total.sd**2 + total.mean**2 == pytest.approx(float((grid.weights * squares).sum()))
    # The mean is the integral of 1 - cdf, with no tail beyond the last quantile to speak of.
    cuts = np.concatenate([[0.0], total.quantile([0.01, 0.5, 0.99, 1 - 1e-5, 1 - 1e-8])])
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = np.diff(cuts)[:, None] / 2
    x = cuts[:-1, None] + half + half * nodes
    tail = float(((1 - total.cdf(x)) * half * weights).sum())
    assert tail == pytest.approx(total.mean, rel=1e-5)


@given(q=st.floats(1e-9, 1 - 1e-9))
def test_a_quantile_inverts_its_cdf_at_any_level(schools, q):
    for marginal in (schools.tau("sample"), schools.tau("effect"), schools.linear(np.ones(1))):
        assert float(marginal.cdf(marginal.quantile(q))) == pytest.approx(q, abs=1e-8)


def test_combinations_of_coefficients_and_predictions_add_up(posterior):
    grid = posterior.nodes
    p = grid.means.shape[-1]
    rng = np.random.default_rng(2)
    log_evidence, means, sds = grid.moments()
    assert log_evidence == grid.log_evidence
    for weights in (*np.eye(p), rng.normal(size=p)):
        marginal = posterior.linear(weights)
        assert marginal.mean == pytest.approx(float(weights @ means[:p]), abs=1e-10)
        np.testing.assert_allclose(marginal.cdf(marginal.quantile(Q)), Q, atol=1e-8)
        new = posterior.predictive(weights, ("sample", "effect"))
        between = (grid.weights * grid.tau_sample**2).sum()
        within = (grid.weights * grid.tau_effect[:, None] ** 2).sum()
        assert new.mean == pytest.approx(marginal.mean, abs=1e-10)
        assert new.sd**2 == pytest.approx(marginal.sd**2 + between + within, rel=1e-8)
        one = posterior.predictive(weights, ("sample",))
        assert one.sd**2 == pytest.approx(marginal.sd**2 + between, rel=1e-8)
        np.testing.assert_allclose(new.cdf(new.quantile(Q[1:-1])), Q[1:-1], atol=1e-8)
    for a in range(p):
        assert posterior.linear(np.eye(p)[a]).sd == pytest.approx(sds[a], rel=1e-9)


def test_the_variance_of_a_difference_has_the_covariance_in_it():
    posterior = posterior_of(*CASES["near zero"])
    grid = posterior.nodes
    p = grid.means.shape[-1]
    inverse = np.linalg.inv(grid.factors)
    conditional = np.swapaxes(inverse, -1, -2) @ inverse
    centred = grid.means - np.einsum("ei,eip->p", grid.weights, grid.means)
    covariance = np.einsum("ei,eipq->pq", grid.weights, conditional) + np.einsum(
        "ei,eip,eiq->pq", grid.weights, centred, centred
    )
    difference = np.zeros(p)
    difference[:2] = 1, -1
    want = np.sqrt(difference @ covariance @ difference)
    assert posterior.linear(difference).sd == pytest.approx(want, rel=1e-9)
    assert want < np.hypot(*np.sqrt(np.diag(covariance))[:2])


def test_a_fixed_tau_is_a_point():
    fixed = {"family": "point", "value": 0.12, "because": ""}
    posterior = posterior_of("three_level", "konstantopoulos2011", {"priors.tau_effect": fixed})
    point = posterior.tau("effect")
    assert (point.mean, point.sd) == (0.12, 0.0)
    np.testing.assert_array_equal(point.quantile([0.01, 0.99]), 0.12)
    np.testing.assert_array_equal(point.cdf([0.1199, 0.12, 0.2]), [0, 1, 1])
    assert posterior.tau("sample").sd > 0.01


@pytest.mark.parametrize("level", ["sample", "effect"])
def test_the_total_with_one_tau_fixed_moves_with_the_other(level):
    fixed = {"family": "point", "value": 0.12, "because": ""}
    posterior = posterior_of("three_level", "konstantopoulos2011", {f"priors.tau_{level}": fixed})
    other = posterior.tau("effect" if level == "sample" else "sample")
    total = posterior.total_tau()
    want = np.hypot(0.12, other.quantile([0.025, 0.5, 0.975]))
    np.testing.assert_allclose(total.quantile([0.025, 0.5, 0.975]), want, rtol=1e-8)
    np.testing.assert_allclose(total.cdf(want), [0.025, 0.5, 0.975], atol=1e-8)


def test_the_error_of_the_grid_compares_it_with_half_its_nodes(schools):
    grid = schools.nodes
    fine, coarse = grid.moments(), grid.moments(2)
    differences = [
        abs(fine[0] - coarse[0]),
        *np.abs(fine[1] - coarse[1]) / fine[2],
        *np.abs(np.log(coarse[2] / fine[2])),
    ]
    assert grid.error == max(*differences, grid.edge_mass)
    assert grid.edge_mass < 1e-10
    assert float(grid.weights.sum()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("intervals", [4, 8, 16, 64])
def test_clenshaw_curtis_is_exact_for_polynomials(intervals):
    nodes, weights = clenshaw_curtis(intervals)
    assert (np.diff(nodes) > 0).all()
    np.testing.assert_allclose(nodes, -nodes[::-1], atol=1e-15)
    for degree in range(intervals + 1):
        want = 2 / (degree + 1) if degree % 2 == 0 else 0.0
        assert float(weights @ nodes**degree) == pytest.approx(want, abs=1e-13)
    np.testing.assert_allclose(nodes[::2], clenshaw_curtis(intervals // 2)[0], atol=1e-15)


def test_the_rule_of_a_fixed_value_has_one_node():
    nodes, weights = clenshaw_curtis(0)
    assert (nodes.tolist(), weights.tolist()) == ([0.0], [1.0])
