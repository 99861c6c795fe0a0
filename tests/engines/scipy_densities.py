"""Designs of every model, and log densities of the model written with SciPy alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import integrate, stats

import bayes_alliance as ba
from bayes_alliance.spec.compilation import compile_design

DATA_OF = {"schools": "konstantopoulos2011", "nested": "crede2010_samples"}
MODERATED = {"moderator": "f2f_contact"}
MODELS = [model.name for model in ba.models()]


def design_of(name, changes=None):
    spec = ba.read_specification(name)
    if name == "moderator":
        spec = spec.with_moderator(MODERATED["moderator"])
    if changes:
        spec = spec.with_changes(changes)
    return compile_design(ba.load(DATA_OF.get(name, "ibi_synthetic")), spec)


def random_parameters(design, rng):
    given = {
        name: float(rng.gamma(2.0, 0.08))
        for name in ("tau_sample", "tau_effect")
        if getattr(design, name) is not None
    }
    if design.df is not None and design.df.support != "point":
        given["df"] = 2.5 + float(rng.gamma(2.0, 5.0))
    if design.groups is not None:
        given["tau_group"] = float(rng.gamma(2.0, 0.08))
    if design.dependence is not None:
        given["rho"] = float(design.dependence.prior.draws(1, rng)[0])
    for scale in design.scale_models:
        given[f"gamma_{scale.level}"] = rng.normal(0, 0.3, len(scale.names))
    if design.scales is not None:
        given |= random_scales(design.scales, rng)
    if design.shrinkage is None:
        given["beta"] = rng.normal(0.2, 0.2, len(design.coefficients))
    else:
        given["shrinkage"] = float(rng.gamma(2.0, 0.2))
        given["location_standardised"] = float(rng.normal())
        given["differences_standardised"] = rng.normal(size=design.prior_differences.shape[1])
    return given


def random_scales(scales, rng):
    """Standard deviations and (partial) correlations of the scales, as the PyMC model has them."""
    if scales.structure == "cs":
        lowest = -1 / (len(scales.names) - 1)
        c = float(rng.uniform(0.9 * lowest, 0.95))
        return {"tau_scale_common": float(rng.gamma(2.0, 0.08)), "scale_correlation_common": c}
    given = {f"tau_scale_{i}": float(rng.gamma(2.0, 0.08)) for i in range(len(scales.names))}
    if scales.structure == "unstructured":
        for i in range(len(scales.names)):
            given |= {f"scale_partial_{i}_{j}": float(rng.uniform(-0.9, 0.9)) for j in range(i)}
    return given


def scale_covariance(scales, given):
    """G, its correlations grown one variable at a time from partial correlations."""
    size = len(scales.names)
    if scales.structure == "cs":
        R = np.full((size, size), given["scale_correlation_common"])
        np.fill_diagonal(R, 1.0)
        return given["tau_scale_common"] ** 2 * R
    R = np.eye(size)
    for i in range(size if scales.structure == "unstructured" else 0):
        for j in range(i):
            # corr(i, j) = regression on all before j, plus the partial part of what is left.
            before = np.linalg.inv(R[:j, :j])
            to_i, to_j = R[i, :j], R[j, :j]
            left = (1 - to_i @ before @ to_i) * (1 - to_j @ before @ to_j)
            R[i, j] = to_i @ before @ to_j + given[f"scale_partial_{i}_{j}"] * np.sqrt(left)
            R[j, i] = R[i, j]
    tau = np.array([given[f"tau_scale_{i}"] for i in range(size)])
    return np.outer(tau, tau) * R


def scale_log_prior(scales, given):
    """LKJ by its partial correlations, or the beta of a common correlation; SciPy's densities."""
    size, eta = len(scales.names), scales.eta
    taus = [value for name, value in given.items() if name.startswith("tau_scale")]
    total = float(sum(scales.tau.logpdf(tau) for tau in taus))
    if scales.structure == "cs":
        low = -1 / (size - 1)
        beta = stats.beta(eta, (size - 1) * (eta - 1) + 1, loc=low, scale=1 - low)
        return total + beta.logpdf(given["scale_correlation_common"])
    for i in range(size if scales.structure == "unstructured" else 0):
        for j in range(i):
            shape = eta + (size - 2 - j) / 2
            partial = given[f"scale_partial_{i}_{j}"]
            total += stats.beta(shape, shape, loc=-1, scale=2).logpdf(partial)
    return total


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
        for name in ("tau_sample", "tau_effect", "shrinkage", "df")
        if name in given
    )
    if design.scales is not None:
        total += scale_log_prior(design.scales, given)
    if design.groups is not None:
        total += float(design.groups.tau.logpdf(given["tau_group"]))
    if design.dependence is not None:
        total += float(design.dependence.prior.logpdf(given["rho"]))
    for scale in design.scale_models:
        normal = stats.multivariate_normal(cov=scale.factor @ scale.factor.T)
        total += normal.logpdf(given[f"gamma_{scale.level}"])
    if design.shrinkage is None:
        normal = stats.multivariate_normal(design.prior_mean, design.prior_covariance())
        return total + normal.logpdf(given["beta"])
    standard = stats.norm.logpdf(given["differences_standardised"]).sum()
    return total + stats.norm.logpdf(given["location_standardised"]) + standard


def marginal_covariance(design, i, rows, given):
    V = np.diag(design.variances[rows])
    if design.covariances is not None:
        V = design.covariances[i]
    if design.dependence is not None:
        V = design.dependence.fixed[i] + given["rho"] * design.dependence.pattern[i]
    size = len(V)
    tau = given.get("tau_sample", 0.0)
    within = np.full(size, given.get("tau_effect", 0.0))
    if design.scale_sample is not None:
        tau = tau * np.exp(design.scale_sample.Z[i] @ given["gamma_sample"])
    if design.scale_effect is not None:
        within = within * np.exp(design.scale_effect.Z[rows] @ given["gamma_effect"])
    between = tau**2 * np.ones((size, size))
    if design.scales is not None:
        own = design.scales.level[rows]
        between = scale_covariance(design.scales, given)[np.ix_(own, own)]
    return V + np.diag(within**2) + between


def scipy_log_likelihood(design, given):
    mean = design.X @ coefficients(design, given)
    if design.groups is not None:
        return stats.multivariate_normal(mean, covariance_with_groups(design, given)).logpdf(
            design.y
        )
    total = 0.0
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        if design.df is None:
            covariance = marginal_covariance(design, i, rows, given)
            total += stats.multivariate_normal(mean[rows], covariance).logpdf(design.y[rows])
        else:
            total += student_log_likelihood(design, i, rows, mean[rows], given)
    return total


def covariance_with_groups(design, given):
    """Covariance of all effect sizes at once."""
    covariance = np.zeros((len(design.y), len(design.y)))
    for i in range(len(design.sample_ids)):
        rows = np.flatnonzero(design.sample_index == i)
        covariance[np.ix_(rows, rows)] = marginal_covariance(design, i, rows, given)
    index = design.groups.index
    return covariance + given["tau_group"] ** 2 * (index[:, None] == index)


def student_log_likelihood(design, i, rows, mean, given):
    """Log density of a sample whose effect u follows a t: the integral over u, by quadrature."""
    df = design.df.parameters["value"] if design.df.support == "point" else given["df"]
    covariance = marginal_covariance(design, i, rows, given | {"tau_sample": 0.0})
    t, scale = stats.t(df), given["tau_sample"]
    if design.scale_sample is not None:
        scale = scale * np.exp(design.scale_sample.Z[i] @ given["gamma_sample"])
    inverse = np.linalg.inv(covariance)
    residual = design.y[rows] - mean
    precision = inverse.sum()
    centre, sd = inverse.sum(0) @ residual / precision, precision**-0.5
    at_0 = stats.multivariate_normal(np.zeros(len(mean)), covariance).logpdf(residual - centre)

    def integrand(u):
        return np.exp(-0.5 * ((u - centre) / sd) ** 2) * t.pdf(u / scale) / scale

    ends = sorted({0.0, centre, *(centre + sd * np.array([-9, -4, -1, 1, 4, 9]))})
    ends += [e for e in (-scale, scale) if ends[0] < e < ends[-1]]
    parts = [
        integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11, limit=200)[0]
        for a, b in pairwise(sorted(ends))
    ]
    return at_0 + np.log(sum(parts))


#: One prior of every family that a standard deviation can have.
PRIORS = [
    {"family": "half_normal", "scale": 0.25},
    {"family": "half_cauchy", "scale": 0.5},
    {"family": "half_t", "df": 3, "scale": 2.5},
    {"family": "inverse_gamma", "shape": 1, "scale": 0.075},
    {"family": "lognormal", "mu": -2, "sigma": 1},
    {"family": "uniform", "lower": 0, "upper": 2},
    {"family": "gamma", "shape": 2, "rate": 10},
    {"family": "gamma", "shape": 1.5, "rate": 10, "lower": 0.01},
    {"family": "exponential", "scale": 0.2},
    {"family": "lomax", "c": 2, "scale": 0.3},
    {"family": "beta", "a": 2, "b": 3, "lower": 0, "upper": 1.5},
]


def scipy_log_evidence(design, taus):
    """Log density of all data at once, coefficients integrated out, by one dense normal."""
    covariance = np.zeros((len(design.y), len(design.y)))
    for i in range(len(design.sample_ids)):
        rows = np.flatnonzero(design.sample_index == i)
        covariance[np.ix_(rows, rows)] = marginal_covariance(design, i, rows, taus)
    covariance += design.X @ design.prior_covariance() @ design.X.T
    normal = stats.multivariate_normal(design.X @ design.prior_mean, covariance)
    return float(normal.logpdf(design.y))


def scipy_log_tau_priors(design, taus):
    """Log prior density of the taus that vary."""
    return sum(
        float(prior.logpdf(taus[name]))
        for name in ("tau_sample", "tau_effect")
        if (prior := getattr(design, name)) is not None and prior.support != "point"
    )
