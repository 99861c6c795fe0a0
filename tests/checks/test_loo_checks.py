from __future__ import annotations

from dataclasses import replace

import arviz_stats
import numpy as np
import pytest
from planted_fits import (
    exact_draws,
    healthy_fit,
    log_marginal_likelihood,
    make_design,
    make_fit,
    simulated_effects,
    without_sample,
)

from bayes_alliance.checks.loo import (
    leave_one_out,
    loo_table,
    psis_loo,
    rests_on_one_sample,
)
from bayes_alliance.engines.fitted import Fitted


def test_numbers_are_those_of_arviz() -> None:
    fit = healthy_fit()
    direct = arviz_stats.loo(fit.posterior.tree, var_name="y", pointwise=True)
    ours = leave_one_out(fit)
    assert (ours.elpd, ours.se, ours.p, ours.threshold) == pytest.approx(
        (direct.elpd, direct.se, direct.p, direct.good_k), rel=1e-10
    )
    np.testing.assert_allclose(ours.table["pareto_k"], direct.pareto_k.to_numpy(), rtol=1e-8)


def test_it_is_nearly_exact_leave_one_sample_out() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    whole = log_marginal_likelihood(design)
    exact = [whole - log_marginal_likelihood(without_sample(design, i)) for i in range(14)]
    ours = leave_one_out(make_fit(design, exact_draws(design)))
    np.testing.assert_allclose(ours.table["elpd"], exact, atol=0.05)
    assert ours.elpd == pytest.approx(sum(exact), abs=0.08)


def test_the_table_has_one_row_a_sample() -> None:
    table = loo_table(healthy_fit())
    assert list(table.columns) == ["sample", "effects", "elpd", "pareto_k", "passed"]
    assert table["sample"].tolist() == [f"S{i}" for i in range(1, 15)]
    assert table["effects"].tolist() == [2] * 14


def test_a_wild_sample_is_named() -> None:
    y, v = simulated_effects()
    y[4:6] = 2.5
    v[4:6] = 0.002
    design = make_design(y, v, samples=14)
    result = psis_loo(make_fit(design, exact_draws(design)))
    assert result.passed is False
    assert result.table.loc[~result.table["passed"], "sample"].tolist() == ["S3"]
    assert result.table.set_index("sample").loc["S3", "pareto_k"] > 0.7
    assert "1 of 14 samples (S3: " in result.text
    assert "refit without it" in result.text


def test_few_draws_lower_the_threshold() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    loo = leave_one_out(make_fit(design, exact_draws(design, chains=2, draws=50)))
    assert loo.threshold == pytest.approx(0.5)


def test_independent_draws_have_full_efficiency() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    fit = make_fit(design, exact_draws(design), sampler=False)
    direct = arviz_stats.loo(fit.posterior.tree, var_name="y", pointwise=True, reff=1.0)
    assert leave_one_out(fit).elpd == pytest.approx(direct.elpd, rel=1e-12)


def test_two_samples_are_too_few() -> None:
    y, v = simulated_effects(samples=2)
    design = make_design(y, v, samples=2)
    result = psis_loo(make_fit(design, exact_draws(design)))
    assert result.passed is None
    assert not result.is_remark


def test_a_log_likelihood_that_is_not_finite_fails() -> None:
    fit = healthy_fit()
    fit.posterior.tree["log_likelihood"]["y"][0, 0, 0] = -np.inf
    result = psis_loo(fit)
    assert result.passed is False
    assert "not finite" in result.text
    assert np.isnan(leave_one_out(fit).elpd)


def with_level_of_its_own(*own: int) -> Fitted:
    """A healthy fit in which some samples have a coefficient of their own (draws of 0)."""
    fit = healthy_fit()
    index = fit.design.sample_index
    extra = np.column_stack([index == i for i in own]).astype(float)
    X = np.column_stack([fit.design.X, extra]) if len(own) < 14 else extra
    return replace(fit, design=replace(fit.design, X=X))


def test_samples_with_a_coefficient_of_their_own_are_known() -> None:
    assert not any(rests_on_one_sample(healthy_fit()))
    assert np.flatnonzero(rests_on_one_sample(with_level_of_its_own(3, 7))).tolist() == [3, 7]


def test_nothing_is_left_out_where_every_sample_stands_alone() -> None:
    result = psis_loo(with_level_of_its_own(*range(14)))
    assert result.passed is None
    assert "leaves only the prior" in result.text


def test_an_influential_sample_that_stands_alone_is_told() -> None:
    fit = with_level_of_its_own(3)
    heavy = fit.posterior.tree["log_likelihood"]["y"]
    heavy[:, :, 3] = -(np.random.default_rng(0).standard_cauchy((4, 1000)) ** 2)
    result = psis_loo(fit)
    assert result.passed is False
    assert "rests on one sample alone (S4)" in result.text
