"""Restricted designs: their Bayes factors are Savage-Dickey ratios."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

import bayes_alliance as ba
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.design import Design


def design_of(model: str) -> Design:
    return compile_design(ba.load("ibi_synthetic"), ba.read_specification(model))


@pytest.mark.parametrize(
    ("model", "weights", "value"),
    [
        ("overall", [1.0], 0.0),
        ("overall", [1.0], 0.2),
        ("subscales_independent", [1.0, -1.0, 0.0, 0.0], 0.0),
        ("subscales_independent", [0.5, 0.5, -1.0, 0.0], 0.05),
        ("subscales", [0.0, 1.0, -1.0, 0.0], 0.0),
    ],
)
def test_a_restriction_has_the_savage_dickey_ratio(
    model: str, weights: list[float], value: float
) -> None:
    design, w = design_of(model), np.array(weights)
    posterior = ExactEngine().run_brief(design, RunOptions(draws=50))
    prior = norm.pdf(value, w @ design.prior_mean, np.sqrt(w @ design.prior_covariance() @ w))
    ratio = np.log(prior / posterior.linear(w).pdf(value))
    free, held = evidence_of(design), evidence_of(constrained(design, w, value))
    assert free.log_value - held.log_value == pytest.approx(float(ratio), abs=1e-6)


def test_without_heterogeneity_it_is_a_normal_density() -> None:
    specification = ba.read_specification("subscales_independent").with_changes(
        {"heterogeneity.sample": False, "heterogeneity.effect": False}
    )
    design = compile_design(ba.load("ibi_synthetic"), specification)
    held = constrained(design, [[1, -1, 0, 0], [0, 1, -1, 0]], [0.0, 0.1])
    # Moments of the coefficients given the restrictions, by conditioning directly.
    W, c = np.array([[1, -1, 0, 0], [0, 1, -1, 0.0]]), np.array([0.0, 0.1])
    covariance, V = design.prior_covariance(), np.diag(design.variances)
    gain = covariance @ W.T @ np.linalg.inv(W @ covariance @ W.T)
    mean = design.prior_mean + gain @ (c - W @ design.prior_mean)
    left = covariance - gain @ W @ covariance
    expected = multivariate_normal.logpdf(
        design.y, design.X @ mean, design.X @ left @ design.X.T + V
    )
    assert evidence_of(held).log_value == pytest.approx(float(expected), abs=1e-8)


def test_restrictions_that_cannot_be() -> None:
    design = design_of("subscales_independent")
    with pytest.raises(ValueError, match="repeat one another"):
        constrained(design, [[1, -1, 0, 0], [2, -2, 0, 0]])
    flat = compile_design(
        ba.load("ibi_synthetic"),
        ba.read_specification("overall").with_prior("location", ba.Prior("flat")),
    )
    with pytest.raises(ValueError, match="normal priors"):
        constrained(flat, [1.0])
    with pytest.raises(InputError, match="no marginal likelihood"):
        evidence_of(flat)
