"""The exact engine's log density against SciPy and against the PyMC model, at random points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exact_problems import KINDS, made_design, random_design
from pymc_densities import pymc_log_density
from scipy import stats
from scipy_densities import (
    MODELS,
    PRIORS,
    design_of,
    scipy_log_evidence,
    scipy_log_tau_priors,
)

from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.integration import evaluate
from bayes_alliance.engines.exact.solve import make_problem
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.families import FAMILIES
from bayes_alliance.spec.prior import Prior

TAUS = ("tau_sample", "tau_effect")


def exact_at(design, tau_sample, tau_effect):
    """Log density of data and taus, and the coefficients' conditional means and precisions."""
    problem, shift = make_problem(design, design.blocks())
    values, solved = evaluate(problem, np.atleast_1d(tau_sample), np.atleast_1d(tau_effect))
    factors = np.tril(solved[..., :-1])
    return values, solved[..., -1] + shift, factors @ np.swapaxes(factors, -1, -2)


def random_taus(design, rng):
    """Values of both taus: inside the priors, or what they are fixed at."""
    found = {}
    for name in TAUS:
        prior = getattr(design, name)
        if prior is None:
            found[name] = 0.0
        elif prior.support == "point":
            found[name] = prior.parameters["value"]
        else:
            # Not the far tails of lomax(.2): SciPy's dense matrix would be singular there.
            found[name] = float(prior.quantile(rng.uniform(0.02, 0.6)))
    return found


def assert_is_scipy(design, rng, points=3):
    for _ in range(points):
        taus = random_taus(design, rng)
        want = scipy_log_evidence(design, taus) + scipy_log_tau_priors(design, taus)
        value, _, _ = exact_at(design, **taus)
        assert value[0] == pytest.approx(want, abs=1e-8, rel=2e-11)  # of values up to 1e4


def varying(design, taus):
    """The taus that the PyMC model has as variables."""
    return {
        name: taus[name]
        for name in TAUS
        if (prior := getattr(design, name)) is not None and prior.support != "point"
    }


def assert_is_pymc(design, rng):
    """log p(beta | taus, y) + log p(y, taus) is PyMC's log density."""
    taus = random_taus(design, rng)
    value, mean, precision = exact_at(design, **taus)
    beta = rng.multivariate_normal(mean[0], np.linalg.inv(precision[0]))
    conditional = stats.multivariate_normal(mean[0], np.linalg.inv(precision[0])).logpdf(beta)
    want = pymc_log_density(build_model(design), {"beta": beta, **varying(design, taus)})
    assert value[0] + conditional == pytest.approx(want, abs=1e-8)


def test_the_engine_takes_every_model_without_a_third_scale():
    for name in MODELS:
        design = design_of(name)
        declined = ExactEngine().declines(design) is not None
        third = (
            design.shrinkage or design.df or design.scale_models or design.scales or design.groups
        )
        assert declined == (bool(third) or bool(design.censored.any())), name


def taken(name):
    design = design_of(name)
    return None if ExactEngine().declines(design) else design


@pytest.mark.parametrize("name", [name for name in MODELS if taken(name) is not None])
def test_every_model_is_scipys_and_pymcs(name):
    design, rng = taken(name).with_rho(0.55), np.random.default_rng(7)
    assert_is_scipy(design, rng)
    assert_is_pymc(design, rng)


@pytest.mark.parametrize("level", TAUS)
@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior["family"])
def test_every_family_of_priors_is_scipys(prior, level):
    design = design_of("subscales_independent", {f"priors.{level}": {**prior, "because": ""}})
    assert_is_scipy(design, np.random.default_rng(11))


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior["family"])
def test_every_family_of_priors_is_pymcs(prior):
    design = design_of("three_level", {"priors.tau_effect": {**prior, "because": ""}})
    assert_is_pymc(design, np.random.default_rng(12))


def test_the_families_are_those_of_the_package():
    tested = {prior["family"] for prior in PRIORS}
    assert tested == {name for name, f in FAMILIES.items() if f.support not in ("real", "point")}


@pytest.mark.parametrize(
    "changes",
    [
        {"priors.tau_sample": {"family": "point", "value": 0.12, "because": ""}},
        {"priors.tau_effect": {"family": "point", "value": 0.0, "because": ""}},
        {"heterogeneity.effect": False},
        {"heterogeneity.sample": False},
        {"sampling.within_sample": "constant", "sampling.rho": 0.6},
        {"sampling.within_sample": "constant", "sampling.rho": 0.95},
    ],
    ids=["sample fixed", "effect at 0", "no effect level", "no sample level", "rho .6", "rho .95"],
)
def test_fixed_and_absent_levels_and_correlated_errors(changes):
    design, rng = design_of("subscales_independent", changes), np.random.default_rng(3)
    assert_is_scipy(design, rng)
    assert_is_pymc(design, rng)


@pytest.mark.parametrize("kind", list(KINDS))
def test_random_problems_of_every_kind_are_scipys(kind):
    rng = np.random.default_rng(5)
    assert_is_scipy(random_design(kind, rng), rng)


def test_many_coefficients():
    rng = np.random.default_rng(8)
    X = np.column_stack([np.ones(60), rng.normal(size=(60, 11))])
    design = made_design(
        rng.normal(0.2, 0.3, 60), rng.uniform(0.01, 0.1, 60), np.arange(0, 60, 4), X=X,
        tau_sample=Prior("half_normal", scale=0.25), tau_effect=Prior("half_cauchy", scale=0.1),
    )  # fmt: skip
    assert_is_scipy(design, rng)
    assert_is_pymc(design, rng)


def test_conditionals_of_the_coefficients_are_those_of_dense_matrices():
    rng = np.random.default_rng(9)
    design = random_design("correlated errors", rng)
    value, mean, precision = exact_at(design, 0.2, 0.1)
    covariance = np.zeros((len(design.y), len(design.y)))
    for i in range(len(design.sample_ids)):
        rows = np.flatnonzero(design.sample_index == i)
        covariance[np.ix_(rows, rows)] = design.covariances[i] + 0.1**2 * np.eye(len(rows)) + 0.2**2
    inverse, prior = np.linalg.inv(covariance), np.linalg.inv(design.prior_covariance())
    want = design.X.T @ inverse @ design.X + prior
    np.testing.assert_allclose(precision[0], want, rtol=1e-10)
    right = design.X.T @ inverse @ design.y + prior @ design.prior_mean
    np.testing.assert_allclose(mean[0], np.linalg.solve(want, right), rtol=1e-9)
    assert np.isfinite(value).all()


def test_a_prior_of_tau_counts_at_its_ends_and_not_beyond():
    base = design_of("three_level", {"priors.tau_effect": {
        "family": "uniform", "lower": 0.1, "upper": 0.4, "because": ""}})  # fmt: skip
    values, _, _ = exact_at(base, np.full(4, 0.1), np.array([0.1, 0.4, 0.1 - 1e-9, 0.4 + 1e-9]))
    assert np.isfinite(values[:2]).all()
    assert np.isneginf(values[2:]).all()
    flat = replace(base, tau_effect=Prior("beta", a=1, b=1, lower=0.1, upper=0.4))
    again, _, _ = exact_at(flat, np.full(4, 0.1), np.array([0.1, 0.4, 0.1 - 1e-9, 0.4 + 1e-9]))
    np.testing.assert_allclose(again[:2], values[:2], rtol=1e-12)
    assert np.isneginf(again[2:]).all()
