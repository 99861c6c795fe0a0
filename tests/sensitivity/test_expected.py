"""Expected evidence: closed forms, the present result, brute force, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from design_cases import PRIOR_SD, known_mean
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.sensitivity.expected import expected_evidence
from bayes_alliance.sensitivity.layouts import new_samples
from bayes_alliance.sensitivity.replication import Refits
from bayes_alliance.sensitivity.simulation import draw_parameters, draw_prior, simulate
from bayes_alliance.sensitivity.smallest import size_text
from bayes_alliance.sensitivity.targets import targets_of
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.extended import extended, first_samples, present_samples

VARIANCES = 1 / np.array([20.0, 35.0, 50.0, 80.0])


def test_widths_without_heterogeneity_are_the_closed_form():
    fit = known_mean(VARIANCES)
    found = expected_evidence(
        fit.fitted, [0, 3, 8], effects=2, variance=0.02, replications=20
    ).table.set_index("samples")
    for added in (0, 3, 8):
        precision = 1 / PRIOR_SD**2 + (1 / VARIANCES).sum() + 2 * added / 0.02
        width = 2 * stats.norm.ppf(0.975) / np.sqrt(precision)
        for column in ("width_median", "width_lower95", "width_upper95"):
            assert found.loc[added, column] == pytest.approx(width, rel=1e-7)


def test_correlated_errors_of_new_effects_widen_by_the_closed_form():
    fit, rho = known_mean(VARIANCES), 0.6
    found = expected_evidence(
        fit.fitted, 5, effects=3, variance=0.02, rho=rho, replications=20
    ).table
    each = 0.02 * (1 + 2 * rho) / 3
    precision = 1 / PRIOR_SD**2 + (1 / VARIANCES).sum() + 5 / each
    width = 2 * stats.norm.ppf(0.975) / np.sqrt(precision)
    assert found["width_median"].iloc[0] == pytest.approx(width, rel=1e-7)


def test_probabilities_of_evidence_are_the_closed_form():
    fit, size = known_mean(VARIANCES, np.array([0.1, 0.2, -0.1, 0.25])), 2_000
    found = expected_evidence(fit.fitted, 6, effects=1, variance=0.02, replications=size)
    row = found.table.iloc[0]
    before = 1 / (1 / PRIOR_SD**2 + (1 / VARIANCES).sum())
    after = 1 / (1 / before + 6 / 0.02)
    mean = fit.posterior.linear(np.ones(1)).mean
    # The posterior mean after new data is normal about the present one.
    sd = np.sqrt(before - after)
    for threshold, sign, name in ((3, 1, "p_bf10"), (1 / 3, -1, "p_bf01")):
        limit = np.sqrt(after * (2 * np.log(threshold) + np.log(PRIOR_SD**2 / after)))
        outside = stats.norm.sf(limit, mean, sd) + stats.norm.cdf(-limit, mean, sd)
        share = outside if sign > 0 else 1 - outside
        assert abs(row[name] - share) < 3.5 * np.sqrt(share * (1 - share) / size)
        assert row[f"{name}_se"] == pytest.approx(
            np.sqrt(row[name] * (1 - row[name]) / size), rel=1e-9
        )
    assert row["p_bf10"] + row["p_bf01"] + row["p_neither"] == pytest.approx(1)
    median = np.quantile(found.log_bf10[0, :, 0], 0.5)
    means = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000, mean, sd)
    exact = np.median(means**2 / (2 * after) + 0.5 * np.log(after / PRIOR_SD**2))
    assert median == pytest.approx(exact, abs=0.15)


def test_no_new_samples_return_the_present_result():
    fit = ba.fit("ibi_synthetic", "subscales_constant", changes={"run.draws": 200})
    found = expected_evidence(fit.fitted, 0, replications=10)
    table = found.table.set_index("name")
    summary, contrasts = fit.summary(), fit.contrasts()
    for name in ("task", "goal", "bond"):
        row = table.loc[name]
        width = summary.loc[name, "r_upper"] - summary.loc[name, "r_lower"]
        assert row["width_median"] == row["width_lower95"] == pytest.approx(width, abs=1e-9)
    width = contrasts.loc["task - bond", "upper"] - contrasts.loc["task - bond", "lower"]
    assert table.loc["task - bond", "width_median"] == pytest.approx(width, abs=1e-9)
    design = fit.design
    weights = design.contrasts[1].of - design.contrasts[1].minus[0]
    null = evidence_of(constrained(design, weights)).log_value
    both = evidence_of(design).log_value - null
    assert np.log(table.loc["task - bond", "bf10_median"]) == pytest.approx(both, abs=1e-5)
    assert (table["p_bf10_se"] == 0).all()


def test_added_samples_are_fitted_as_a_table_with_them_would_be():
    """One simulated data set, read off by the fast way and by a fit of the whole table."""
    effects = ba.load("ibi_synthetic")
    frame = effects.frame
    kept = frame["sample"].isin(effects.samples[:25])
    changes = {"run.draws": 200}
    small = ba.fit(effects.keep(kept.to_numpy()), "subscales_constant", changes=changes)
    whole = ba.fit(effects, "subscales_constant", changes=changes)
    added = new_samples(
        small.fitted, 2, n=50, effects=["task", "bond"], rho=0.7, variance=None, seed=1
    )
    design = extended(small.design, added.samples)
    assert design.X[-4:].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]] * 2
    np.testing.assert_allclose(design.covariances[-1] * 47, [[1, 0.7], [0.7, 1]])
    # All samples of the whole table, the last 15 as new ones.
    rebuilt = extended(first_samples(whole.design, 25), present_samples(whole.design)[25:])
    rebuilt = replace(rebuilt, y=whole.design.y)
    targets = targets_of(rebuilt)
    grid = ExactEngine().solve(rebuilt)
    assert grid.log_evidence == pytest.approx(whole.posterior.log_marginal_likelihood, abs=1e-9)
    refits = Refits(rebuilt, targets)
    own, theirs = refits.read(whole.design.y), refits.of_grid(whole.posterior.grid)
    np.testing.assert_allclose(own.log_bf10, theirs.log_bf10, atol=1e-4)
    np.testing.assert_allclose(own.lower, theirs.lower, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"priors.tau_sample": {"family": "half_cauchy", "scale": 0.5}},
        {"priors.tau_sample": {"family": "inverse_gamma", "shape": 1.0, "scale": 0.075}},
        {
            "priors.tau_total": {"family": "half_normal", "scale": 0.3},
            "priors.share": {"family": "beta", "a": 1.0, "b": 1.0},
        },
    ],
)
def test_the_looser_rules_give_the_same_evidence(changes):
    """Data from posterior and prior, also those that look like no present ones."""
    fit = ba.fit("ibi_synthetic", "overall", changes=changes | {"run.draws": 200})
    design, rng = fit.design, np.random.default_rng(6)
    refits = Refits(design, targets_of(design))
    for drawn in (
        draw_parameters(design, fit.posterior.grid, 12, rng),
        draw_prior(design, 12, rng),
    ):
        log_bf10, width = refits.check(simulate(design, drawn, [6]))
        assert log_bf10 < 0.01
        assert width < 2e-3


def test_simulated_data_have_the_covariance_of_the_model():
    fit = ba.fit("ibi_synthetic", "subscales", changes={"run.draws": 200})
    design, size = fit.design, 20_000
    beta = np.tile(fit.posterior.linear(np.eye(4)[0]).mean * np.ones(4), (size, 1))
    drawn = {
        "beta": beta,
        "tau_sample": np.full(size, 0.2),
        "tau_effect": np.full(size, 0.1),
        "rho": np.full(size, 0.6),
    }
    y = simulate(design, drawn, [7])
    i = int(np.argmax(np.diff(design.starts)))
    rows = slice(design.starts[i], design.starts[i + 1])
    V = (
        design.with_rho(0.6).covariances[i]
        + 0.04
        + 0.01 * np.eye(design.starts[i + 1] - rows.start)
    )
    np.testing.assert_allclose(np.cov(y[:, rows].T), V, atol=5 * V.max() / np.sqrt(size))
    np.testing.assert_allclose(y.mean(axis=0), beta[0, 0], atol=0.02)
    apart = np.corrcoef(y[:, [0, -1]].T)[0, 1]
    assert abs(apart) < 4 / np.sqrt(size)


def test_an_unknown_rho_is_integrated():
    fit = ba.fit("ibi_synthetic", "subscales", changes={"run.draws": 200})
    asked = {"effects": ["task", "bond"], "n": 80, "of": ["task - bond"], "replications": 10}
    found = expected_evidence(fit.fitted, [0, 10], **asked)
    now, later = found.table["width_median"]
    width = (
        fit.contrasts().loc["task - bond", "upper"] - fit.contrasts().loc["task - bond", "lower"]
    )
    assert now == pytest.approx(width, abs=1e-9)
    assert later < now
    assert 0 < found.compared[0] < 0.02
    assert found.compared[1] < 2e-3


def test_same_seed_same_numbers_and_the_first_samples_stay():
    fit = ba.fit("molloy2014", "two_level", changes={"run.draws": 200})
    one = expected_evidence(fit.fitted, [5, 10], replications=12, seed=3)
    two = expected_evidence(fit.fitted, [5, 10], replications=12, seed=3)
    alone = expected_evidence(fit.fitted, 5, replications=12, seed=3)
    other = expected_evidence(fit.fitted, 5, replications=12, seed=4)
    np.testing.assert_array_equal(one.log_bf10, two.log_bf10)
    np.testing.assert_array_equal(one.log_bf10[0], alone.log_bf10[0])
    assert np.abs(other.log_bf10 - alone.log_bf10).min() > 0


def test_what_is_asked_wrongly_is_told_with_a_cure():
    fit = ba.fit("ibi_synthetic", "subscales_constant", changes={"run.draws": 200}).fitted
    wrong = [
        ({"samples": -1}, "no number of samples"),
        ({"samples": 2.5}, "no number of samples"),
        ({"samples": []}, "no number of samples"),
        ({"samples": 5, "n": 3}, "n above 3"),
        ({"samples": 5, "n": float("nan")}, "n above 3"),
        ({"samples": 5, "n": [60, "many"]}, "n above 3"),
        ({"samples": 5, "effects": ["tsk"]}, "no level 'tsk'.*task, goal, bond"),
        ({"samples": 5, "effects": [{"scale": "task"}]}, "no term 'scale'.*subscale"),
        ({"samples": 5, "effects": 2}, "do not say where they lie"),
        ({"samples": 5, "effects": []}, "names no effects"),
        ({"samples": 5, "effects": ["task", "bond"], "rho": 1.0}, "below 1"),
        ({"samples": 5, "rho": 0.5}, "State effects="),
        ({"samples": 5, "variance": -1.0}, "no positive number"),
        ({"samples": 5, "n": 40, "variance": 0.1}, "Give one of the two"),
        ({"samples": 5, "of": ["task - mood"]}, "task - bond"),
        ({"samples": 5, "replications": 0}, "replications"),
        ({"samples": 5, "threshold": 1.0}, "above 1"),
        ({"samples": 5, "width": 0}, "no width"),
        ({"samples": 5, "probability": 95}, "no probability"),
    ]
    for asked, told in wrong:
        with pytest.raises(ba.InputError, match=told) as caught:
            expected_evidence(fit, **asked)
        assert all(problem.cure for problem in caught.value.problems)


def test_what_has_no_exact_fits_is_refused_with_the_reason():
    flat = {"priors.location": {"family": "flat"}, "run.draws": 200}
    with pytest.raises(ba.InputError, match="flat prior has no Bayes factor"):
        expected_evidence(ba.fit("molloy2014", "two_level", changes=flat).fitted)


@pytest.mark.parametrize(("value", "text"), [(10.123, "10.123"), (0.1234, ".123"), (-0.2, "-.200")])
def test_widths_above_one_keep_their_digits(value: float, text: str) -> None:
    assert size_text(value) == text
