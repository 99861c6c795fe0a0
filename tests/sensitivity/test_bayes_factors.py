"""Bayes factors against outside marginal likelihoods and against identities."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity.evidence import bayes_factor, restricted
from bayes_alliance.sensitivity.hypotheses import read_hypothesis
from bayes_alliance.sensitivity.invited import invited_tests
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.rescaled import rescaled

REFERENCE = Path(__file__).parents[1] / "reference"
QUADRATURE = json.loads((REFERENCE / "quadrature.json").read_text())
BAYESMETA = json.loads((REFERENCE / "bayesmeta.json").read_text())["results"]["molloy2014"]
FAMILIES = {"halfnormal": "half_normal", "halfcauchy": "half_cauchy"}
CASES = [(d, f) for d, fits in QUADRATURE.items() if d != "note" for f in fits]
#: Nulls that the reference has marginal likelihoods of.
NULLS = {
    "overall = 0": "3level_mu0",
    "tau_sample = 0": "effect_only",
    "tau_effect = 0": "cluster_only",
    "tau_sample = tau_effect = 0": "common",
}
SHORT = {"run.draws": 500, "run.chains": 2}


def fitted_of(data: str, model: str, changes: dict[str, Any] | None = None) -> Fitted:
    spec = ba.read_specification(model).with_changes(SHORT | (changes or {}))
    return run_analysis(ba.load(data), spec)


def as_in_the_reference(data: str, family: str) -> Fitted:
    tau = {"family": FAMILIES[family], "scale": 0.5}
    changes: dict[str, Any] = {"priors.location.sd": 1.0, "priors.tau_effect": tau}
    if data == "molloy2014":
        return fitted_of(data, "two_level", changes)
    return fitted_of(data, "three_level", changes | {"priors.tau_sample": tau})


@pytest.fixture(scope="module")
def scales() -> Fitted:
    return fitted_of("ibi_synthetic", "subscales_independent")


@pytest.mark.parametrize(("data", "family"), CASES)
def test_bayes_factors_of_an_independent_quadrature(data: str, family: str) -> None:
    fitted, want = as_in_the_reference(data, family), QUADRATURE[data][family]
    for null, variant in NULLS.items():
        found = bayes_factor(fitted, null, curve=False)
        expected = want["logml_3level"] - want[f"logml_{variant}"]
        # The reference itself is good to about 1e-8; the mean of 0 is exact in both.
        assert found.log_bf10 == pytest.approx(expected, abs=1e-5), null
        assert found.error < 1e-4
        assert found.null is not None
        assert found.null.log_value == pytest.approx(want[f"logml_{variant}"], abs=1e-5)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_bayes_factors_of_bayesmeta(family: str) -> None:
    fitted, want = as_in_the_reference("molloy2014", family), BAYESMETA[family]
    against = {"overall = 0": "mu0", "tau_effect = 0": "tau0"}
    for null, key in against.items():
        found = bayes_factor(fitted, null, curve=False)
        assert found.bf01 == pytest.approx(want["bayesfactor"][key], rel=1e-4)
    whole = want["log_marginal_likelihood"]
    for null, key in (
        ("overall = 0", "log_lik_mu0"),
        ("tau_effect = 0", "log_lik_tau0"),
        ("overall = 0 & tau_effect = 0", "log_lik_mu0_tau0"),
    ):
        found = bayes_factor(fitted, null, curve=False)
        assert found.log_bf10 == pytest.approx(whole - want[key], abs=1e-5), null


def test_the_ratio_of_densities_is_the_ratio_of_marginal_likelihoods(scales: Fitted) -> None:
    compared = 0
    for found in invited_tests(scales):
        if found.savage_dickey is not None:
            assert found.savage_dickey == pytest.approx(found.log_bf10, abs=1e-6)
            compared += 1
    # 4 means, 6 contrasts, equal scales, tau_effect; tau_sample = 0 is too far off.
    assert compared == 12


@pytest.mark.parametrize(
    "prior",
    [
        {"family": "half_normal", "scale": 0.2},
        {"family": "half_t", "df": 3.0, "scale": 0.3},
        {"family": "half_cauchy", "scale": 0.2},
        {"family": "exponential", "scale": 0.3},
        {"family": "lomax", "c": 2.0, "scale": 0.3},
        {"family": "uniform", "lower": 0.0, "upper": 1.0},
        {"family": "gamma", "shape": 1.0, "rate": 4.0},
    ],
    ids=lambda prior: prior["family"],
)
def test_no_heterogeneity_by_the_ratio_of_densities(prior: dict[str, Any]) -> None:
    fitted = fitted_of("molloy2014", "two_level", {"priors.tau_effect": prior})
    found = bayes_factor(fitted, "tau_effect = 0", curve=False)
    assert found.savage_dickey == pytest.approx(found.log_bf10, abs=1e-7)


@pytest.mark.parametrize(
    "prior",
    [
        {"family": "inverse_gamma", "shape": 1.0, "scale": 0.15},
        {"family": "lognormal", "mu": -2.0, "sigma": 1.0},
        {"family": "gamma", "shape": 2.0, "rate": 4.0},
    ],
    ids=lambda prior: prior["family"],
)
def test_a_prior_without_density_at_0_has_a_bayes_factor_but_no_ratio(
    prior: dict[str, Any],
) -> None:
    fitted = fitted_of("molloy2014", "two_level", {"priors.tau_effect": prior})
    found = bayes_factor(fitted, "tau_effect = 0", curve=False)
    assert found.savage_dickey is None
    assert found.null is not None
    assert found.alternative is not None
    assert found.alternative.log_value == pytest.approx(
        fitted.posterior.log_marginal_likelihood, abs=1e-9
    )
    # Without heterogeneity nothing depends on the prior of tau.
    plain = bayes_factor(fitted_of("molloy2014", "two_level"), "tau_effect = 0", curve=False)
    assert plain.null is not None
    assert found.null.log_value == pytest.approx(plain.null.log_value, abs=1e-9)


def test_a_common_effect_by_the_density_of_a_normal() -> None:
    fitted = as_in_the_reference("molloy2014", "halfnormal")
    found = bayes_factor(fitted, "overall = 0 & tau_effect = 0", curve=False)
    design = fitted.design
    by_hand = stats.norm(0, np.sqrt(design.variances)).logpdf(design.y).sum()
    assert found.null is not None
    assert found.null.log_value == pytest.approx(by_hand, abs=1e-9)


def test_equal_scales_by_the_multivariate_normal_density(scales: Fitted) -> None:
    """Both models with both taus fixed, where everything is normal."""
    fixed = {
        f"priors.tau_{level}": {"family": "point", "value": 0.1} for level in ("sample", "effect")
    }
    fitted = fitted_of("ibi_synthetic", "subscales_independent", fixed)
    design = fitted.design
    index = design.sample_index
    M = np.diag(design.variances + 0.01) + 0.01 * (index[:, None] == index)

    def log_density(prior: np.ndarray) -> float:
        cov = M + design.X @ prior @ design.X.T
        return float(stats.multivariate_normal(np.zeros(len(cov)), cov).logpdf(design.y))

    prior = design.prior_covariance()
    for text in ("task = goal = bond", "subscale", "task = 0", "goal - total = 0"):
        asked = read_hypothesis(text, design)
        gain = prior @ asked.weights.T @ np.linalg.inv(asked.weights @ prior @ asked.weights.T)
        expected = log_density(prior) - log_density(prior - gain @ asked.weights @ prior)
        found = bayes_factor(fitted, text, curve=False)
        assert found.log_bf10 == pytest.approx(expected, abs=1e-8), text
    assert scales.design.coefficients == design.coefficients


def test_both_models_have_the_same_rows(scales: Fitted) -> None:
    design = scales.design
    for text in ("task = bond", "subscale", "tau_sample = 0", "task = 0 & tau_effect = 0"):
        null = restricted(design, read_hypothesis(text, design))
        np.testing.assert_array_equal(null.rows, design.rows)
        np.testing.assert_array_equal(null.y, design.y)
        np.testing.assert_array_equal(null.variances, design.variances)


def test_a_bayes_factor_does_not_depend_on_how_the_null_is_written(scales: Fitted) -> None:
    same = ["task - bond = 0", "bond - task = 0", "task = bond", "bond = task", '"task"= "bond"']
    values = [bayes_factor(scales, text, curve=False).log_bf10 for text in same]
    np.testing.assert_allclose(values, values[0], atol=1e-9)
    chains = ["subscale", "all equal", "task = goal = bond = total", "total=bond & bond=task=goal"]
    values = [bayes_factor(scales, text, curve=False).log_bf10 for text in chains]
    np.testing.assert_allclose(values, values[0], atol=1e-9)


def test_bayes_factors_of_nested_nulls_multiply(scales: Fitted) -> None:
    """BF(a & b) = BF(a) BF(b | a): with a in the model, b is tested there."""
    both = bayes_factor(scales, "task = goal & tau_effect = 0", curve=False)
    first = bayes_factor(scales, "tau_effect = 0", curve=False)
    without = fitted_of("ibi_synthetic", "subscales_independent", {"heterogeneity.effect": False})
    second = bayes_factor(without, "task = goal", curve=False)
    assert both.log_bf10 == pytest.approx(first.log_bf10 + second.log_bf10, abs=1e-8)


def test_the_orders_of_three_scales_share_one_probability(scales: Fitted) -> None:
    found = [
        bayes_factor(scales, " > ".join(names), curve=False)
        for names in permutations(["task", "goal", "bond"])
    ]
    orders = [one.order for one in found if one.order is not None]
    assert sum(order.posterior for order in orders) == pytest.approx(1, abs=1e-10)
    assert [order.prior for order in orders] == [1 / 6] * 6
    first, order = found[0], orders[0]
    assert first.bf10 == pytest.approx(6 * order.posterior)
    odds = order.posterior / (1 - order.posterior)
    assert order.complement.bf10 == pytest.approx(5 * odds)
    assert first.posterior_probability == pytest.approx(5 * odds / (1 + 5 * odds))
    # Draws of the exact posterior count the same.
    beta = scales.posterior.draws("beta")
    share = np.mean((beta[:, 0] > beta[:, 1]) & (beta[:, 1] > beta[:, 2]))
    assert order.posterior == pytest.approx(share, abs=5 * math.sqrt(0.25 / len(beta)))


def test_an_order_of_four_and_of_one(scales: Fitted) -> None:
    four = [
        bayes_factor(scales, " > ".join(names), curve=False).order
        for names in permutations(["task", "goal", "bond", "total"])
    ]
    assert all(order is not None and order.prior == 1 / 24 for order in four)
    total = sum(order.posterior for order in four if order is not None)
    errors = [order.posterior_error for order in four if order is not None]
    assert total == pytest.approx(1, abs=5 * math.hypot(*errors))
    assert max(errors) < 1e-4
    one = bayes_factor(scales, "bond > 0", curve=False)
    below = float(scales.posterior.linear(np.array([0.0, 0, 1, 0])).cdf(0.0))
    assert one.order is not None
    assert one.order.posterior == pytest.approx(1 - below, abs=1e-12)
    assert one.order.prior == 0.5
    assert one.order.complement.bf10 == pytest.approx((1 - below) / below, rel=1e-9)
    other = bayes_factor(scales, "bond < 0", curve=False)
    assert other.order is not None
    assert other.order.complement.log_bf10 == pytest.approx(-one.order.complement.log_bf10)


def test_a_curve_over_the_prior_scale_is_a_fit_at_each_point(scales: Fitted) -> None:
    found = bayes_factor(scales, "task - goal = 0")
    curve = found.curve
    assert curve is not None
    np.testing.assert_allclose(curve.factors[[0, 8, 16]], [0.25, 1, 4])
    assert curve.log_bf10[8] == found.log_bf10
    np.testing.assert_allclose(curve.scales["sd of differences"], 0.25 * curve.factors)
    for i in (0, 16):
        wide = fitted_of(
            "ibi_synthetic",
            "subscales_independent",
            {"priors.differences.sd": float(0.25 * curve.factors[i])},
        )
        again = bayes_factor(wide, "task = goal", curve=False)
        assert again.log_bf10 == pytest.approx(curve.log_bf10[i], abs=1e-6)
    ((factor, bound),) = curve.crossings
    assert bound == pytest.approx(1 / 3)
    at = fitted_of(
        "ibi_synthetic", "subscales_independent", {"priors.differences.sd": 0.25 * factor}
    )
    assert bayes_factor(at, "task = goal", curve=False).bf10 == pytest.approx(1 / 3, rel=2e-3)


def test_a_curve_over_the_scale_of_tau() -> None:
    fitted = fitted_of("molloy2014", "two_level")
    curve = bayes_factor(fitted, "tau_effect = 0").curve
    assert curve is not None
    wide = fitted_of("molloy2014", "two_level", {"priors.tau_effect.scale": 1.0})
    again = bayes_factor(wide, "tau_effect = 0", curve=False)
    assert again.log_bf10 == pytest.approx(curve.log_bf10[-1], abs=1e-6)
    medians = stats.halfnorm(scale=0.25 * curve.factors).median()
    np.testing.assert_allclose(curve.scales["tau_effect"], medians)


def test_what_stands_beside_a_bayes_factor(scales: Fitted) -> None:
    mean = bayes_factor(scales, "bond = 0", prior_odds=3.0, curve=False)
    assert mean.prior_scales == (("sd of the location", "0.5"),)
    assert mean.prior_sd == pytest.approx(math.sqrt(0.5**2 + 0.25**2 / 2))
    end = math.atanh(0.10)
    bond = scales.posterior.linear(np.array([0.0, 0, 1, 0]))
    assert mean.rope_probability == pytest.approx(float(bond.cdf(end) - bond.cdf(-end)))
    odds = 3 * mean.bf10
    assert mean.posterior_probability == pytest.approx(1 / (1 + odds))
    contrast = bayes_factor(scales, "task = goal", curve=False)
    assert contrast.prior_sd == pytest.approx(0.25)
    r = np.tanh(scales.posterior.draws("beta"))
    assert contrast.rope_probability == np.mean(np.abs(r[:, 0] - r[:, 1]) < 0.05)
    assert contrast.words == "the data cannot tell task != goal from task = goal"
    equal = bayes_factor(scales, "task = goal = bond", curve=False)
    assert equal.rope_probability == np.mean(np.ptp(r[:, :3], axis=1) < 0.05)
    taus = bayes_factor(scales, "tau_effect = 0", curve=False)
    assert (taus.rope_probability, taus.prior_sd) == (None, None)
    assert taus.prior_scales == (("tau_effect", "half_normal(0.15)"),)


@pytest.mark.parametrize("odds", [0, -1, math.inf, math.nan, 1e13, "1", None, True])
def test_odds_that_are_none_are_refused(scales: Fitted, odds: Any) -> None:
    with pytest.raises(InputError, match="prior odds are a positive number"):
        bayes_factor(scales, "task = bond", prior_odds=odds)


def test_what_has_no_marginal_likelihood_is_refused() -> None:
    flat = fitted_of("crede2010", "three_level", {"priors.location": {"family": "flat"}})
    with pytest.raises(InputError, match="a flat prior has no marginal likelihood"):
        bayes_factor(flat, "overall = 0")
    with pytest.raises(InputError, match="is flat: an order has no prior probability"):
        bayes_factor(flat, "overall > 0")


def test_total_and_share_without_one_level() -> None:
    """Without the samples' heterogeneity, the effects' has the prior of the total."""
    total = {"family": "half_normal", "scale": 0.3}
    both = fitted_of(
        "crede2010",
        "three_level",
        {"priors.tau_total": total, "priors.share": {"family": "beta", "a": 2.0, "b": 2.0}},
    )
    found = bayes_factor(both, "tau_sample = 0", curve=False)
    one = fitted_of(
        "crede2010", "three_level", {"heterogeneity.sample": False, "priors.tau_effect": total}
    )
    assert found.null is not None
    assert found.null.log_value == pytest.approx(one.posterior.log_marginal_likelihood, abs=1e-8)
    assert found.savage_dickey is None
    assert "prior of the total" in found.notes[0]
    assert found.prior_scales == (("tau_total", "half_normal(0.3)"),)
    wide = rescaled(both.design, ("tau_sample",), 2.0)
    assert wide.tau_total == Prior("half_normal", scale=0.6)
    assert wide.tau_sample is not None
    assert both.design.tau_sample is not None
    at = np.array([0.05, 0.2])
    np.testing.assert_allclose(
        wide.tau_sample.logpdf(2 * at), both.design.tau_sample.logpdf(at) - math.log(2), rtol=1e-6
    )


def test_bayes_factors_do_not_change_with_the_order_of_the_rows() -> None:
    table = ba.load("ibi_synthetic")
    frame = table.to_frame()
    shuffled = replace_rows(table, frame.sample(frac=1, random_state=3))
    spec = ba.read_specification("subscales_independent").with_changes(SHORT)
    one, other = (run_analysis(t, spec) for t in (table, shuffled))
    for text in ("task = bond", "tau_sample = 0", "task > goal > bond"):
        a, b = (bayes_factor(f, text, curve=False).log_bf10 for f in (one, other))
        assert a == pytest.approx(b, abs=1e-6), text


def replace_rows(table: Any, frame: Any) -> Any:
    return replace(table, frame=frame.reset_index(drop=True))


def test_compiled_designs_name_what_can_be_asked() -> None:
    spec = ba.read_specification("moderator").with_moderator("year")
    design = compile_design(ba.load("crede2010"), spec)
    slope = read_hypothesis("year", design)
    assert slope.weights.tolist() == [[0.0, 1.0]]
    np.testing.assert_array_equal(read_hypothesis("year = 0", design).weights, slope.weights)
