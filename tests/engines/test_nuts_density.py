"""The PyMC model's log density against independent SciPy densities, at random points to 1e-8."""

from dataclasses import replace

import numpy as np
import pytest
from pymc_densities import pymc_log_density
from scipy import stats
from scipy_densities import (
    MODELS,
    PRIORS,
    design_of,
    marginal_covariance,
    random_parameters,
    scipy_log_likelihood,
    scipy_log_prior,
)

from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.prior import Prior


@pytest.mark.parametrize("name", MODELS)
def test_log_density_equals_scipy_for_every_model(name):
    design = design_of(name)
    model = build_model(design)
    rng = np.random.default_rng(7)
    for _ in range(3):
        given = random_parameters(design, rng)
        want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
        assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


def test_log_density_equals_scipy_with_correlated_sampling_errors():
    changes = {"sampling.within_sample": "constant", "sampling.rho": 0.6}
    design = design_of("subscales_independent", changes)
    given = random_parameters(design, np.random.default_rng(3))
    want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


RHO_PRIORS = [
    {"family": "beta", "a": 14, "b": 6, "lower": 0, "upper": 1},
    {"family": "uniform", "lower": 0, "upper": 0.95},
    {"family": "beta", "a": 3, "b": 2, "lower": -0.1, "upper": 0.9},
]


@pytest.mark.parametrize("prior", RHO_PRIORS, ids=["beta", "uniform", "stretched beta"])
@pytest.mark.parametrize("name", ["subscales", "schools"])
def test_log_density_equals_scipy_where_rho_is_estimated(name, prior):
    changes = {"sampling.within_sample": "estimated", "priors.rho": {**prior, "because": ""}}
    design = design_of(name, changes)
    model = build_model(design)
    rng = np.random.default_rng(17)
    for _ in range(2):
        given = random_parameters(design, rng)
        if name == "schools" and given["rho"] < 0:
            continue  # eleven effects of one sample cannot all correlate less than -.1
        want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
        assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)
        draws = {n: np.asarray(v)[None] for n, v in given.items()}
        by_sample = design.blocks().log_density(draws)
        assert by_sample.sum() == pytest.approx(scipy_log_likelihood(design, given), abs=1e-8)


class Reported(Prior):
    """A prior of rho with reported values on top, as the model knows it: by its attributes."""

    __slots__ = ("base", "centres", "log_constant", "variances")

    def __init__(self, base, centres, variances, log_constant):
        super().__init__(base.family, **base.parameters)
        for name, value in zip(
            ("base", "centres", "variances", "log_constant"),
            (base, centres, variances, log_constant), strict=True,
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def logpdf(self, x):
        reported = stats.norm.logpdf(np.arctanh(x), self.centres, np.sqrt(self.variances)).sum()
        return self.base.logpdf(x) + reported - self.log_constant


def test_a_prior_with_reported_correlations_on_top_has_its_density():
    design = design_of("subscales", {"sampling.within_sample": "estimated"})
    prior = Reported(design.dependence.prior, np.array([0.8, 1.1]), np.array([0.02, 0.05]), -1.3)
    design = replace(design, dependence=replace(design.dependence, prior=prior))
    given = random_parameters(replace(design, dependence=None), np.random.default_rng(1))
    given["rho"] = 0.62
    want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


def test_the_hierarchical_form_has_the_errors_of_an_estimated_rho():
    design = design_of("subscales", {"sampling.within_sample": "estimated"})
    rng = np.random.default_rng(6)
    given = random_parameters(design, rng)
    u, w = rng.normal(size=len(design.sample_ids)), rng.normal(size=len(design.y))
    theta = (
        design.X @ given["beta"]
        + given["tau_sample"] * u[design.sample_index]
        + given["tau_effect"] * w
    )
    errors = 0.0
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        V = marginal_covariance(design, i, rows, {"rho": given["rho"]})
        errors += stats.multivariate_normal(theta[rows], V).logpdf(design.y[rows])
    standard = stats.norm.logpdf(u).sum() + stats.norm.logpdf(w).sum()
    found = pymc_log_density(
        build_model(design, hierarchical=True),
        given | {"u_standardised": u, "w_standardised": w},
    )
    assert found == pytest.approx(scipy_log_prior(design, given) + standard + errors, abs=1e-8)


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: "-".join(map(str, prior.values())))
def test_log_density_equals_scipy_for_every_family(prior):
    design = design_of("three_level", {"priors.tau_sample": {**prior, "because": ""}})
    model = build_model(design)
    rng = np.random.default_rng(11)
    for _ in range(3):
        given = random_parameters(design, rng)
        want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
        assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


def test_every_family_for_a_standard_deviation_is_under_test():
    from bayes_alliance.spec.families import FAMILIES

    tested = {prior["family"] for prior in PRIORS}
    assert tested == {name for name, f in FAMILIES.items() if f.support not in ("real", "point")}


def test_a_point_mass_holds_a_level_at_its_value():
    fixed = {"family": "point", "value": 0.12, "because": ""}
    design = design_of("three_level", {"priors.tau_sample": fixed})
    given = {"beta": np.array([0.3]), "tau_effect": 0.07}
    full = {**given, "tau_sample": 0.12}
    want = (
        stats.norm.logpdf(0.3, 0, 0.5)
        + float(design.tau_effect.logpdf(0.07))
        + scipy_log_likelihood(design, full)
    )
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


def test_the_jacobian_of_the_softplus_is_the_derivative():
    design = design_of("three_level")
    model = build_model(design)
    given = {"beta": np.array([0.2]), "tau_sample": 0.013, "tau_effect": 0.21}
    difference = pymc_log_density(model, given, jacobian=True) - pymc_log_density(model, given)
    want = 0.0
    for name in ("tau_sample", "tau_effect"):
        s = 0.4 * float(getattr(design, name).quantile(0.5))
        x = s * np.log(np.expm1(given[name] / s))
        step = 1e-6
        want += np.log(
            (s * np.logaddexp(0, (x + step) / s) - s * np.logaddexp(0, (x - step) / s)) / (2 * step)
        )
    assert difference == pytest.approx(want, abs=1e-6)


def test_the_hierarchical_form_has_the_densities_of_its_parts():
    design = design_of("subscales_independent")
    model = build_model(design, hierarchical=True)
    rng = np.random.default_rng(5)
    given = random_parameters(design, rng)
    u, w = rng.normal(size=len(design.sample_ids)), rng.normal(size=len(design.y))
    theta = (
        design.X @ given["beta"]
        + given["tau_sample"] * u[design.sample_index]
        + given["tau_effect"] * w
    )
    want = (
        scipy_log_prior(design, given)
        + stats.norm.logpdf(u).sum()
        + stats.norm.logpdf(w).sum()
        + stats.norm.logpdf(design.y, theta, np.sqrt(design.variances)).sum()
    )
    given |= {"u_standardised": u, "w_standardised": w}
    assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)
