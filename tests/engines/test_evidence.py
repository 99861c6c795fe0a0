"""Log marginal likelihoods of designs: each route against another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_fits import made_effects, not_significant
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence, evidence_of, quick_evidence
from bayes_alliance.engines.importance.engine import ImportanceEngine
from bayes_alliance.engines.nuts import smc
from bayes_alliance.engines.nuts.smc import Runs, sequential
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design


def design_of(data: str, model: str, changes: dict[str, Any] | None = None) -> Design:
    spec = ba.read_specification(model).with_changes(changes or {})
    return compile_design(ba.load(data), spec)


def within(found: Runs | Evidence, exact: float, errors: float = 4.0) -> bool:
    """Whether a simulation meets a known value within its own error, which is small itself."""
    return abs(found.log_value - exact) < errors * found.error < 0.6


def test_sequential_monte_carlo_meets_the_exact_value_within_its_error() -> None:
    design = design_of("molloy2014", "two_level")
    exact = evidence_of(design)
    runs = sequential(design, RunOptions(), runs=5, particles=500)
    assert within(runs, exact.log_value)
    assert runs.error < 0.1
    again = sequential(design, RunOptions(), runs=5, particles=500)
    np.testing.assert_array_equal(runs.log_values, again.log_values)


def test_the_mean_of_runs_is_that_of_marginal_likelihoods() -> None:
    runs = Runs(np.log([1.0, 2.0, 3.0]) - 1_000)
    assert runs.log_value == pytest.approx(np.log(2.0) - 1_000)
    assert runs.error == pytest.approx(1 / 2 / np.sqrt(3))


def test_importance_sampling_gives_the_number_of_its_engine() -> None:
    design = design_of(
        "ibi_synthetic",
        "multivariate_scales",
        {"heterogeneity.structure": "cs", "sampling.within_sample": "independent"},
    )
    options = RunOptions(chains=1, draws=50, seed=3)
    found = evidence_of(design, options)
    posterior = ImportanceEngine().run(design, options)
    assert (found.engine, found.bounded) == ("importance", False)
    assert found.log_value == posterior.log_marginal_likelihood
    assert found.error == posterior.log_marginal_likelihood_error


def test_sample_effects_by_scale_that_are_one_have_the_exact_value() -> None:
    """cs with a correlation near 1 is one effect a sample, which quadrature has exactly."""
    by_scale = design_of(
        "ibi_synthetic",
        "multivariate_scales",
        {"heterogeneity.structure": "diagonal", "sampling.within_sample": "independent"},
    )
    assert by_scale.scales is not None
    none = replace(by_scale, scales=None)
    exact = evidence_of(none)
    assert exact.engine == "exact"
    # With a prior of tau that is all but 0, effects by scale make no difference.
    small = replace(
        by_scale, scales=replace(by_scale.scales, tau=ba.Prior("half_normal", scale=1e-5))
    )
    found = evidence_of(small)
    assert found.log_value == pytest.approx(exact.log_value, abs=5 * found.error + 1e-4)


def test_a_t_with_many_degrees_of_freedom_has_the_evidence_of_a_normal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smc, "LEAST", 300)
    monkeypatch.setattr(smc, "EACH", 50)
    plain = design_of("molloy2014", "three_level", {"heterogeneity.effect": False})
    t = design_of(
        "molloy2014",
        "three_level",
        {
            "heterogeneity.effect": False,
            "heterogeneity.distribution": "student_t",
            "heterogeneity.df": 1_000.0,
        },
    )
    assert quick_evidence(t, RunOptions()) is None
    found = evidence_of(t)
    assert (found.engine, found.bounded, found.quick) == ("smc", False, False)
    assert within(found, evidence_of(plain).log_value)


def test_a_censored_effect_integrates_the_exact_density() -> None:
    """What is known of it is |z| < limit: the integral of the evidence over the values it had."""
    table = not_significant(made_effects(list("abcdef"), r=[0.3, 0.1, 0.25, 0.4, 0.2, 0.1]), [5])
    spec = ba.read_specification("two_level").with_changes({"effect.not_significant": "censored"})
    design = compile_design(table, spec)
    assert design.censored.sum() == 1
    limit = float(design.censored_at[design.censored][0])
    nodes, weights = np.polynomial.legendre.leggauss(24)

    def exact_at(value: float) -> float:
        y = np.where(design.censored, value, design.y)
        known = replace(design, y=y, censored_at=np.full(len(y), np.nan))
        return evidence_of(known).log_value

    values = [exact_at(limit * node) for node in nodes]
    expected = float(np.log(limit * (weights @ np.exp(values))))
    found = sequential(design, RunOptions(), runs=5, particles=500)
    assert within(found, expected)


def test_the_exact_value_of_a_common_effect() -> None:
    design = design_of("molloy2014", "two_level", {"heterogeneity.effect": False})
    cov = np.diag(design.variances) + design.X @ design.prior_covariance() @ design.X.T
    by_hand = stats.multivariate_normal(np.zeros(len(cov)), cov).logpdf(design.y)
    assert evidence_of(design).log_value == pytest.approx(by_hand, abs=1e-9)


def test_errors_of_a_ratio() -> None:
    bound, one, two = (
        Evidence(0.0, 0.1, "exact"),
        Evidence(0.0, 0.3, "smc", bounded=False),
        Evidence(0.0, 0.4, "smc", bounded=False),
    )
    assert one.error_of_ratio(two) == pytest.approx(0.5)
    assert bound.error_of_ratio(one) == pytest.approx(0.4)


def test_a_flat_prior_has_no_evidence() -> None:
    flat = design_of("molloy2014", "two_level", {"priors.location": {"family": "flat"}})
    with pytest.raises(InputError, match="no marginal likelihood"):
        evidence_of(flat)
