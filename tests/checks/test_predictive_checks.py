from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_fits import exact_draws, healthy_fit, make_design, make_fit, simulated_effects
from scipy import stats

from bayes_alliance.checks.predictive import posterior_predictive, prior_predictive, prior_range
from bayes_alliance.checks.statistics import BETWEEN, LARGEST_RESIDUAL, predictive_p, statistics_of
from bayes_alliance.spec.prior import Prior


def test_statistics_by_hand() -> None:
    y = np.array([0.1, 0.3, 0.2, 0.6])
    found = statistics_of(
        y, mean=np.full((1, 4), 0.2), sd=np.full((1, 4), 0.1), starts=np.array([0, 2])
    )
    values = [value.item() for value in found.values()]
    np.testing.assert_allclose(values, [0.3, np.std(y, ddof=1), 0.5, 0.02, 4.0], atol=1e-12)


@pytest.mark.parametrize(
    ("starts", "count"), [([0], 4), ([0, 1, 2, 3], 4), ([0, 3], 5)], ids=["one", "all", "two"]
)
def test_between_samples_only_where_it_says_something_new(starts: list[int], count: int) -> None:
    y = np.arange(4.0)
    found = statistics_of(y, mean=y[None], sd=1 + y[None], starts=np.array(starts))
    assert (len(found), BETWEEN in found) == (count, count == 5)


def test_one_effect_has_no_spread() -> None:
    one = np.ones((1, 1))
    found = statistics_of(np.array([0.3]), mean=one, sd=one, starts=np.array([0]))
    assert list(found) == ["mean of the effects", LARGEST_RESIDUAL]


@given(st.integers(0, 10_000))
def test_a_data_set_is_told_alike_alone_and_among_replications(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, mean, starts = rng.normal(size=(5, 6)), rng.normal(size=(5, 6)), np.array([0, 1, 4])
    sd = rng.uniform(0.1, 1, (5, 6))
    together = statistics_of(y, mean=mean, sd=sd, starts=starts)
    for d in range(5):
        alone = statistics_of(y[d], mean=mean[[d]], sd=sd[[d]], starts=starts)
        for name, values in together.items():
            assert values[d] == pytest.approx(alone[name].item(), rel=1e-12)


def test_p_counts_ties_half_and_leaves_out_what_is_not_finite() -> None:
    replicated = np.array([1.0, 2.0, 2.0, 3.0, np.nan])
    assert predictive_p(replicated, np.asarray(2.0)) == 0.5
    assert predictive_p(replicated, np.asarray(0.0)) == 1.0
    assert np.isnan(predictive_p(np.array([np.nan]), np.asarray(0.0)))


def test_p_of_the_mean_before_the_data_is_a_normal_tail() -> None:
    y, v = simulated_effects()
    none = {"tau_sample": None, "tau_effect": None}
    design = make_design(y, v, samples=14, priors=none)
    fit = make_fit(design, {"beta": exact_draws(make_design(y, v, samples=14))["beta"]})
    table = prior_predictive(fit).table.set_index("statistic")
    sd = np.sqrt(0.5**2 + v.sum() / len(v) ** 2)
    expected = stats.norm.sf(y.mean(), scale=sd)
    assert table.loc["mean of the effects", "p"] == pytest.approx(expected, abs=0.025)
    assert table.loc["mean of the effects", "upper"] == pytest.approx(1.96 * sd, rel=0.06)


def test_prior_in_words() -> None:
    y, v = simulated_effects()
    draws = exact_draws(make_design(y, v, samples=14))
    fixed = {name: Prior("point", value=0.2) for name in ("tau_sample", "tau_effect")}
    design = make_design(y, v, samples=14, priors=fixed)
    limit = 1.96 * np.sqrt(0.5**2 + 2 * 0.2**2)
    lower, upper = prior_range(make_fit(design, draws))
    assert (lower, upper) == pytest.approx((-np.tanh(limit), np.tanh(limit)), abs=0.02)
    text = prior_predictive(make_fit(design, draws)).text
    assert "95 % of true correlations lie between -0.8" in text
    general = make_fit(make_design(y, v, samples=14, priors=fixed, measure="GEN"), draws)
    assert prior_range(general)[1] == pytest.approx(limit, abs=0.05)
    assert "of true effects lie" in prior_predictive(general).text


def test_effect_sizes_on_another_scale_are_found() -> None:
    y, v = simulated_effects()
    design = make_design(100 * y, v, samples=14)
    draws = exact_draws(make_design(y, v, samples=14))
    result = prior_predictive(make_fit(design, draws))
    assert result.passed is False
    assert result.table.set_index("statistic").loc["sd of the effects", "p"] == 0.0
    assert "p < .001" in result.text
    assert "check the scale and direction of the effect sizes" in result.text


def test_data_more_even_than_the_prior_expects() -> None:
    v = np.full(28, 1e-4)
    y = 0.2 + np.sqrt(v) * np.random.default_rng(3).standard_normal(28)
    draws = exact_draws(make_design(y, v, samples=14))
    wide = {name: Prior("lognormal", mu=-0.7, sigma=0.2) for name in ("tau_sample", "tau_effect")}
    result = prior_predictive(make_fit(make_design(y, v, samples=14, priors=wide), draws))
    assert result.passed is False
    assert result.table.set_index("statistic").loc["sd of the effects", "p"] == 1.0
    assert "The data vary less than the prior expects" in result.text


def test_a_wild_effect_is_named() -> None:
    y, v = simulated_effects()
    y[9] = 3.0
    v = np.full_like(v, 0.01)
    tight = {name: Prior("half_normal", scale=0.05) for name in ("tau_sample", "tau_effect")}
    design = make_design(y, v, samples=14, priors=tight)
    result = posterior_predictive(make_fit(design, exact_draws(design)))
    assert result.passed is False
    row = result.table.set_index("statistic").loc[LARGEST_RESIDUAL]
    assert row["p"] < 0.001
    assert row["observed"] > 5
    assert "(S5: 2 is the farthest)" in result.text


def test_residuals_use_the_parameters_of_their_draw() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    draws = exact_draws(design)
    table = posterior_predictive(make_fit(design, draws)).table.set_index("statistic")
    flat = {name: values.reshape(4000, -1) for name, values in draws.items()}
    sd = np.sqrt(v + flat["tau_sample"] ** 2 + flat["tau_effect"] ** 2)
    expected = np.median((np.abs(y - flat["beta"]) / sd).max(axis=1))
    assert table.loc[LARGEST_RESIDUAL, "observed"] == pytest.approx(expected, rel=1e-12)


def test_samples_that_differ_more_than_declared_are_found() -> None:
    y, v = simulated_effects(tau_sample=0.5, tau_effect=0.0)
    free = make_design(y, v, samples=14)
    one_level = make_design(y, v, samples=14, priors={"tau_sample": None})
    draws = {name: values for name, values in exact_draws(free).items() if name != "tau_sample"}
    draws["tau_effect"] = np.full((4, 1000), 0.05)
    table = posterior_predictive(make_fit(one_level, draws)).table.set_index("statistic")
    assert table.loc[BETWEEN, "p"] < 0.01
    assert posterior_predictive(make_fit(free, exact_draws(free))).passed


def test_censored_effects_are_left_out() -> None:
    y, v = simulated_effects()
    limit = np.full(len(y), np.nan)
    limit[[0, 5]] = 0.2
    hidden = y.copy()
    hidden[[0, 5]] = 50.0  # would be seen at once
    design = make_design(hidden, v, samples=14, censored_at=limit)
    draws = exact_draws(make_design(y, v, samples=14))
    draws["y_censored"] = np.zeros((4, 1000, 2))
    fit = make_fit(design, draws)
    assert prior_predictive(fit).passed
    result = posterior_predictive(fit)
    assert result.passed
    observed = result.table.set_index("statistic").loc["mean of the effects", "observed"]
    assert observed == pytest.approx(np.delete(y, [0, 5]).mean(), rel=1e-12)
    assert "leaving out 2 effects known only to be not significant" in result.text


def test_nothing_to_compare_where_all_is_censored() -> None:
    y, v = simulated_effects(samples=3, size=1)
    design = make_design(y, v, samples=3, censored_at=np.full(3, 0.3))
    draws = exact_draws(make_design(y, v, samples=3))
    draws["y_censored"] = np.zeros((4, 1000, 3))
    fit = make_fit(design, draws)
    assert prior_predictive(fit).passed is None
    assert posterior_predictive(fit).passed is None


def test_thinned_replications_meet_their_own_draws() -> None:
    fit = healthy_fit()
    tree = fit.posterior.tree
    full = posterior_predictive(fit).table.set_index("statistic")
    tree["posterior_predictive"] = tree["posterior_predictive"].isel(draw=slice(None, None, 4))
    thinned = posterior_predictive(fit).table.set_index("statistic")
    np.testing.assert_allclose(thinned["p"], full["p"], atol=0.05)
