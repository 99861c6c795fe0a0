"""Some sampling covariances known, the others up to rho, whose prior reports have updated."""

import numpy as np
import pandas as pd
import pytest
from pymc_densities import pymc_log_density
from scipy import integrate
from scipy_densities import random_parameters, scipy_log_likelihood, scipy_log_prior

import bayes_alliance as ba
from bayes_alliance.engines.exact.correlation import solve_correlation
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.reported import ReportedPrior

CHANGES = {"sampling.within_sample": "estimated", "effect.totals": "scales"}


def reported_design(**changes):
    effects = ba.load("ibi_synthetic")
    scales = effects.frame.groupby("sample")["subscale"].agg(set)
    samples = [s for s, found in scales.items() if {"task", "goal", "bond"} <= found][:4]
    told = pd.DataFrame({"sample": samples, "task ~ goal": [0.82, 0.74, 0.79, 0.7],
                         "goal ~ bond": [0.68, 0.61, 0.7, 0.66]})  # fmt: skip
    spec = ba.read_specification("subscales").with_changes(CHANGES | changes)
    return compile_design(effects.with_correlations(told), spec)


def test_nuts_has_the_density_of_the_model():
    design = reported_design()
    prior = design.dependence.prior
    assert isinstance(prior, ReportedPrior)
    assert len(prior.centres) == 8
    assert prior.limits[1] < 0.99  # known covariances leave no room for every rho
    model, rng = build_model(design), np.random.default_rng(4)
    for _ in range(3):
        given = random_parameters(design, rng)
        want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
        assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


def test_the_exact_engine_integrates_over_the_possible_values():
    design = reported_design()
    stack = solve_correlation(design, tolerance=1e-5)
    prior = design.dependence.prior
    lower, upper = prior.limits
    assert lower < stack.rho.min() < stack.rho.max() < upper

    def evidence(rho):
        known = design.with_rho(float(rho))
        return solve(known, blocks=known.blocks()).log_evidence

    nodes, weights = np.polynomial.legendre.leggauss(24)
    low, high = prior.quantile([1e-7, 1 - 1e-7])
    rho = (low + high) / 2 + (high - low) / 2 * nodes
    logs = np.array([evidence(r) for r in rho]) + prior.logpdf(rho)
    total = np.log(np.sum(weights * np.exp(logs - logs.max())) * (high - low) / 2) + logs.max()
    assert stack.log_evidence == pytest.approx(total, abs=1e-4)


def test_a_truncated_prior_is_proper():
    base = ba.Prior("beta", a=14.0, b=6.0)
    prior = ReportedPrior(base, np.zeros(0), np.zeros(0), limits=(0.3, 0.8))
    mass, _ = integrate.quad(lambda x: np.exp(prior.logpdf(x)), 0.3, 0.8)
    assert mass == pytest.approx(1, abs=1e-10)
    inside = float(base.cdf(0.8) - base.cdf(0.3))
    assert prior.log_constant == pytest.approx(np.log(inside), abs=1e-10)
    assert prior.quantile([0, 1]).tolist() == [0.3, 0.8]
    assert np.isneginf(prior.logpdf([0.29, 0.81])).all()
    assert str(prior) == "beta(14, 6, 0, 1) between 0.3 and 0.8"
    wanted = (base.cdf(0.6) - base.cdf(0.3)) / inside
    assert prior.cdf(0.6) == pytest.approx(float(wanted), abs=1e-10)
