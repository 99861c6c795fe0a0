"""The PyMC model's log density against independent SciPy densities, at random points to 1e-8."""

import numpy as np
import pytensor
import pytest
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.compilation import compile_design

MODERATED = {"moderator": "f2f_contact"}
MODELS = [model.name for model in ba.models()]


def design_of(name, changes=None):
    spec = ba.read_specification(name)
    if name == "moderator":
        spec = spec.with_moderator(MODERATED["moderator"])
    if changes:
        spec = spec.with_changes(changes)
    data = "konstantopoulos2011" if name == "schools" else "ibi_synthetic"
    return compile_design(ba.load(data), spec)


def random_parameters(design, rng):
    given = {
        name: float(rng.gamma(2.0, 0.08))
        for name in ("tau_sample", "tau_effect")
        if getattr(design, name) is not None
    }
    if design.shrinkage is None:
        given["beta"] = rng.normal(0.2, 0.2, len(design.coefficients))
    else:
        given["shrinkage"] = float(rng.gamma(2.0, 0.2))
        given["location_standardised"] = float(rng.normal())
        given["differences_standardised"] = rng.normal(size=design.prior_differences.shape[1])
    return given


def coefficients(design, given):
    if design.shrinkage is None:
        return given["beta"]
    return (
        design.prior_mean
        + design.prior_location * given["location_standardised"]
        + given["shrinkage"] * design.prior_differences @ given["differences_standardised"]
    )


def scipy_log_prior(design, given):
    total = sum(
        float(getattr(design, name).logpdf(given[name]))
        for name in ("tau_sample", "tau_effect", "shrinkage")
        if name in given
    )
    if design.shrinkage is None:
        normal = stats.multivariate_normal(design.prior_mean, design.prior_covariance())
        return total + normal.logpdf(given["beta"])
    standard = stats.norm.logpdf(given["differences_standardised"]).sum()
    return total + stats.norm.logpdf(given["location_standardised"]) + standard


def marginal_covariance(design, i, rows, given):
    V = np.diag(design.variances[rows])
    if design.covariances is not None:
        V = design.covariances[i]
    size = len(V)
    between, within = given.get("tau_sample", 0.0), given.get("tau_effect", 0.0)
    return V + within**2 * np.eye(size) + between**2 * np.ones((size, size))


def scipy_log_likelihood(design, given):
    mean = design.X @ coefficients(design, given)
    total = 0.0
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        covariance = marginal_covariance(design, i, rows, given)
        total += stats.multivariate_normal(mean[rows], covariance).logpdf(design.y[rows])
    return total


def pymc_log_density(model, given, jacobian=False):
    # Interpreted, not compiled: each density is evaluated a few times only.
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        return float(model.compile_logp(jacobian=jacobian)(_unconstrained(model, given)))


def _unconstrained(model, given):
    point = {}
    for variable, value in model.rvs_to_values.items():
        if variable.name not in given:
            continue
        transform = model.rvs_to_transforms[variable]
        natural = np.asarray(given[variable.name], float)
        if transform is None:
            point[value.name] = natural
        else:
            moved = transform.forward(natural, *variable.owner.inputs)
            point[value.name] = np.asarray(moved.eval(), float)
    return point


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
    design = design_of("subscales", changes)
    given = random_parameters(design, np.random.default_rng(3))
    want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


PRIORS = [
    {"family": "half_normal", "scale": 0.25},
    {"family": "half_cauchy", "scale": 0.5},
    {"family": "half_t", "df": 3, "scale": 2.5},
    {"family": "inverse_gamma", "shape": 1, "scale": 0.075},
    {"family": "lognormal", "mu": -2, "sigma": 1},
    {"family": "uniform", "lower": 0, "upper": 2},
    {"family": "exponential", "scale": 0.2},
    {"family": "lomax", "c": 2, "scale": 0.3},
    {"family": "beta", "a": 2, "b": 3, "lower": 0, "upper": 1.5},
]


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior["family"])
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
    design = design_of("subscales")
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
