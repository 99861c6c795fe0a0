"""The prior of rho after reported correlations: proper, and what the formula says."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import integrate, stats

from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.reported import ReportedPrior

CASES = {
    "agreeing": (Prior("beta", a=14.0, b=6.0), [0.6, 0.7, 0.65], 0.04),
    "many": (Prior("beta", a=14.0, b=6.0), [0.5] * 30, 0.03),
    "contradicting": (Prior("uniform", lower=0.5, upper=0.9), [0.1] * 20, 0.01),
    "sharp": (Prior("beta", a=1.0, b=1.0, lower=-1.0, upper=1.0), [0.97] * 3, 1e-4),
    "vague": (Prior("uniform", lower=-0.99, upper=0.99), [0.2], 25.0),
}


@pytest.mark.parametrize("name", CASES)
def test_the_density_is_proper_and_its_parts_add_up(name: str) -> None:
    base, c, variance = CASES[name]
    centres, variances = np.arctanh(c), np.full(len(c), variance)
    prior = ReportedPrior(base, centres, variances)
    lower, upper = prior.quantile([1e-13, 1 - 1e-13])
    mass, _ = integrate.quad(lambda x: np.exp(prior.logpdf(x)), lower, upper, limit=500)
    assert mass == pytest.approx(1, abs=1e-6)
    rho = prior.quantile([0.05, 0.5, 0.95])
    normals = stats.norm.logpdf(centres[:, None], np.arctanh(rho), np.sqrt(variance)).sum(axis=0)
    np.testing.assert_allclose(
        prior.logpdf(rho), base.logpdf(rho) + normals - prior.log_constant, atol=1e-9
    )
    q = np.array([0.001, 0.025, 0.5, 0.975, 0.999])
    np.testing.assert_allclose(prior.cdf(prior.quantile(q)), q, atol=1e-10)
    np.testing.assert_array_equal(prior.quantile([0, 1]), base.quantile([0, 1]))
    assert np.isneginf(prior.logpdf(2.0))


def test_the_constant_is_the_integral() -> None:
    base, c, variance = CASES["agreeing"]
    prior = ReportedPrior(base, np.arctanh(c), np.full(3, variance))

    def integrand(x: float) -> float:
        at = stats.norm.pdf(np.arctanh(c), np.arctanh(x), np.sqrt(variance)).prod()
        return float(np.exp(base.logpdf(x)) * at)

    total, _ = integrate.quad(integrand, 0, 1, epsabs=1e-14)
    assert prior.log_constant == pytest.approx(np.log(total), abs=1e-10)


def test_a_vague_report_leaves_the_prior_and_many_make_it_sharp() -> None:
    base = Prior("beta", a=14.0, b=6.0)
    vague = ReportedPrior(base, np.arctanh([0.1]), np.array([1e6]))
    q = np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(vague.quantile(q), base.quantile(q), atol=1e-6)
    many = ReportedPrior(base, np.full(10_000, np.arctanh(0.5)), np.full(10_000, 0.04))
    assert many.quantile(0.5) == pytest.approx(0.5, abs=0.002)
    assert np.ptp(many.quantile([0.025, 0.975])) == pytest.approx(2 * 1.96 * 0.002 * 0.75, rel=0.01)


def test_draws_follow_the_distribution() -> None:
    base, c, variance = CASES["agreeing"]
    prior = ReportedPrior(base, np.arctanh(c), np.full(3, variance))
    draws = prior.draws(4000, np.random.default_rng(3))
    assert stats.kstest(draws, lambda x: prior.cdf(x)).pvalue > 0.01


def test_it_is_a_prior_like_others() -> None:
    base, c, variance = CASES["agreeing"]
    prior = ReportedPrior(base, np.arctanh(c), np.full(3, variance))
    assert prior.support == "interval"
    assert prior.base == base
    assert prior == pickle.loads(pickle.dumps(prior))
    assert prior != base
    assert hash(prior) == hash(ReportedPrior(base, np.arctanh(c), np.full(3, variance)))
    assert str(prior) == "beta(14, 6, 0, 1) updated by 3 reported correlations"
    assert prior.because.endswith("Updated by 3 reported correlations.")
