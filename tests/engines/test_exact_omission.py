"""Posteriors without each sample, from one pass over the full grid, against refits."""

from __future__ import annotations

import numpy as np
import pytest
from exact_problems import made_design, random_design, without_sample
from scipy import stats
from scipy_densities import design_of

import bayes_alliance as ba
from bayes_alliance.engines.exact.correlation import solve_correlation
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.exact.solve import TOLERANCE, solve
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.prior import Prior


def pinned(prior_sample, prior_effect):
    """Five samples, one of whose many precise effects pin tau_effect."""
    rng = np.random.default_rng(0)
    sizes = np.array([2, 2, 40, 3, 2])
    variances = np.full(sizes.sum(), 0.04)
    variances[4:44] = 1e-4
    y = np.repeat(rng.normal(0.2, 0.2, 5), sizes) + rng.normal(0, 0.1, sizes.sum())
    y += rng.normal(0, np.sqrt(variances))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return made_design(y, variances, starts, tau_sample=prior_sample, tau_effect=prior_effect)


DESIGNS = {
    "konstantopoulos2011": lambda: design_of("schools"),
    "crede2010": lambda: compile_design(ba.load("crede2010"), ba.read_specification("three_level")),
    "subscales": lambda: design_of("subscales_independent"),
    "pinned": lambda: pinned(Prior("half_normal", scale=0.25), Prior("half_normal", scale=0.15)),
    "pinned, heavy tails": lambda: pinned(
        Prior("half_cauchy", scale=0.5), Prior("half_t", df=3, scale=2.5)
    ),
    "correlated": lambda: random_design("correlated errors", np.random.default_rng(3)),
    "two samples": lambda: random_design("two effects", np.random.default_rng(100)),
}


def ends(grid):
    """Limits of both taus."""
    return np.concatenate([grid.sample_marginal.interval(), grid.effect_marginal.interval()])


@pytest.mark.parametrize("name", list(DESIGNS))
def test_every_posterior_without_a_sample_is_that_of_a_refit(name):
    design = DESIGNS[name]()
    full = solve(design, tolerance=1e-8)
    found = leave_samples_out(design, full)
    assert [one.sample for one in found] == list(design.sample_ids)
    refits = range(len(found)) if len(found) < 20 else range(0, len(found), 4)
    for i in refits:
        refit = solve(without_sample(design, i), tolerance=1e-8)
        got, want = found[i].grid.moments(), refit.moments()
        assert got[0] == pytest.approx(want[0], abs=1e-7)
        np.testing.assert_allclose(got[1], want[1], atol=1e-7)
        np.testing.assert_allclose(got[2], want[2], rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(ends(found[i].grid), ends(refit), atol=1e-7)
        assert found[i].elpd == pytest.approx(full.log_evidence - want[0], abs=1e-7)
    assert sum(one.refitted for one in found) < len(found) or len(found) < 10


@pytest.mark.parametrize("name", list(DESIGNS))
def test_the_grid_of_a_fit_is_fine_enough(name):
    design = DESIGNS[name]()
    full = solve(design)
    for i, one in enumerate(leave_samples_out(design, full)[:8]):
        refit = solve(without_sample(design, i), tolerance=1e-8)
        got, want = one.grid.moments(), refit.moments()
        assert got[0] == pytest.approx(want[0], abs=1e-7)
        np.testing.assert_allclose(got[1], want[1], atol=1e-7)
        np.testing.assert_allclose(got[2], want[2], rtol=1e-6, atol=1e-12)
        assert one.grid.error < 10 * TOLERANCE


def test_a_sample_that_pinned_a_tau_is_refitted():
    design = DESIGNS["pinned"]()
    found = leave_samples_out(design, solve(design))
    assert found[2].refitted
    assert found[2].grid.effect_marginal.sd > 2 * found[0].grid.effect_marginal.sd


def brute_force(design, i):
    """Log predictive density of a sample given the others, by dense normals at Gauss nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    taus, weights = 0.75 * (1 + nodes), 0.75 * weights  # to 1.5, six scales of the wider prior
    ts, te = np.meshgrid(taus, taus, indexing="ij")
    together = design.sample_index[:, None] == design.sample_index
    fixed = np.diag(design.variances) + design.X @ design.prior_covariance() @ design.X.T
    covariance = (
        fixed
        + te[..., None, None] ** 2 * np.eye(len(design.y))
        + ts[..., None, None] ** 2 * together
    )
    prior = design.tau_sample.logpdf(ts) + design.tau_effect.logpdf(te)
    prior = prior + np.log(np.outer(weights, weights))
    centred = design.y - design.X @ design.prior_mean

    def evidence(kept):
        part = covariance[..., kept, :][..., kept]
        solved = np.linalg.solve(part, centred[kept][:, None])[..., 0]
        log_determinant = np.linalg.slogdet(2 * np.pi * part)[1]
        values = prior - 0.5 * (log_determinant + solved @ centred[kept])
        return float(np.logaddexp.reduce(values.ravel()))

    everything = np.ones(len(design.y), bool)
    return evidence(everything) - evidence(design.sample_index != i)


def test_elpd_against_dense_normals_on_a_tiny_problem():
    design = made_design(
        [0.1, 0.35, 0.2, 0.5, 0.3],
        [0.02, 0.03, 0.015, 0.05, 0.02],
        [0, 2, 3],
        tau_sample=Prior("half_normal", scale=0.25),
        tau_effect=Prior("half_normal", scale=0.2),
    )
    found = leave_samples_out(design, solve(design, tolerance=1e-9))
    wanted = [brute_force(design, i) for i in range(3)]
    np.testing.assert_allclose([one.elpd for one in found], wanted, atol=1e-7)
    assert sum(one.elpd for one in found) == pytest.approx(sum(wanted), abs=3e-7)


def test_elpd_of_a_common_effect_is_that_of_the_normal():
    """No heterogeneity: a normal mean with a normal prior, whose predictive is known."""
    y, v = np.array([0.1, 0.35, 0.2, 0.5]), np.array([0.02, 0.03, 0.015, 0.05])
    design = made_design(y, v, np.arange(4), tau_sample=None, tau_effect=None, location_sd=0.5)
    for i, one in enumerate(leave_samples_out(design, solve(design))):
        others = np.arange(4) != i
        precision = 1 / 0.25 + (1 / v[others]).sum()
        mean = (y / v)[others].sum() / precision
        want = stats.norm.logpdf(y[i], mean, np.sqrt(1 / precision + v[i]))
        assert one.elpd == pytest.approx(want, abs=1e-10)
        assert not one.refitted


def test_a_single_sample_cannot_be_left_out():
    design = random_design("one effect", np.random.default_rng(1))
    assert leave_samples_out(design, solve(design)) == ()


def test_all_layers_over_rho_have_as_many_nodes():
    """One that was computed anew has more; the marginals are those of a mixture of all."""
    design = compile_design(ba.load("ibi_synthetic"), ba.read_specification("subscales"))
    design = design.keep(design.sample_index < 6)
    found = leave_samples_out(design, solve_correlation(design))
    assert found[1].refitted  # one of its layers had to be
    for one in found:
        assert len({layer.shape for layer in one.grid.layers}) == 1
        low, high = one.grid.sample_marginal.interval()
        assert 0 < low < high
