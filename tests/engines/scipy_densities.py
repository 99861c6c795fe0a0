"""Designs of every model, and log densities of the model written with SciPy alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import integrate, stats

import bayes_alliance as ba
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
    if design.df is not None and design.df.support != "point":
        given["df"] = 2.5 + float(rng.gamma(2.0, 5.0))
    if design.dependence is not None:
        given["rho"] = float(design.dependence.prior.draws(1, rng)[0])
    for scale in design.scale_models:
        given[f"gamma_{scale.level}"] = rng.normal(0, 0.3, len(scale.names))
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
        for name in ("tau_sample", "tau_effect", "shrinkage", "df")
        if name in given
    )
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
    between = given.get("tau_sample", 0.0)
    within = np.full(size, given.get("tau_effect", 0.0))
    if design.scale_sample is not None:
        between = between * np.exp(design.scale_sample.Z[i] @ given["gamma_sample"])
    if design.scale_effect is not None:
        within = within * np.exp(design.scale_effect.Z[rows] @ given["gamma_effect"])
    return V + np.diag(within**2) + between**2 * np.ones((size, size))


def scipy_log_likelihood(design, given):
    mean = design.X @ coefficients(design, given)
    total = 0.0
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        if design.df is None:
            covariance = marginal_covariance(design, i, rows, given)
            total += stats.multivariate_normal(mean[rows], covariance).logpdf(design.y[rows])
        else:
            total += student_log_likelihood(design, i, rows, mean[rows], given)
    return total


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
