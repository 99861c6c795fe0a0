"""Smallest effects that data could have shown: closed forms, coverage, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from design_cases import known_mean, log_bf10, power
from scipy.optimize import brentq

import bayes_alliance as ba
from bayes_alliance.sensitivity.detectable import smallest_detectable

VARIANCES = 1 / np.array([20.0, 35.0, 50.0, 80.0])
POOLED = 1 / (1 / VARIANCES).sum()
EXACT = brentq(lambda delta: power(delta, POOLED) - 0.8, 0.01, 2)


def test_the_answer_without_heterogeneity_is_that_of_a_z_test():
    found = smallest_detectable(known_mean(VARIANCES).fitted, replications=1_500)
    row = found.rows[0]
    slope = (power(EXACT + 1e-4, POOLED) - power(EXACT - 1e-4, POOLED)) / 2e-4
    assert row.delta == pytest.approx(EXACT, abs=3.5 * np.sqrt(0.16 / 1_500) / slope)
    assert row.delta_lower < row.delta < row.delta_upper
    half = 1.96 * np.sqrt(0.16 / 1_500) / slope
    assert row.delta_upper - row.delta_lower == pytest.approx(2 * half, rel=0.35)
    assert row.power == pytest.approx(0.8, abs=2 / 1_500)
    null = power(0.0, POOLED, threshold=3.0)
    assert row.p_false == pytest.approx(null, abs=3.5 * np.sqrt(null / 1_500) + 1e-3)
    evidence = 1 - power(0.0, POOLED, threshold=1 / 3)
    assert abs(row.p_null - evidence) < 3.5 * np.sqrt(evidence * (1 - evidence) / 1_500)
    assert row.r is None


def test_every_bayes_factor_is_that_of_its_estimate():
    from bayes_alliance.sensitivity.replication import Refits
    from bayes_alliance.sensitivity.targets import targets_of

    design = known_mean(VARIANCES).design
    rng = np.random.default_rng(4)
    data = 0.3 + rng.standard_normal((20, 4)) * np.sqrt(VARIANCES)
    refits = Refits(design, targets_of(design))
    own = [refits.read(y, intervals=False).log_bf10[0] for y in data]
    estimates = data @ (1 / VARIANCES) * POOLED
    np.testing.assert_allclose(own, log_bf10(estimates, POOLED), atol=1e-9)


def test_the_monte_carlo_interval_covers():
    fit, inside, size = known_mean(VARIANCES).fitted, 0, 40
    for seed in range(size):
        row = smallest_detectable(fit, replications=60, seed=seed).rows[0]
        inside += row.delta_lower <= EXACT <= row.delta_upper
    assert inside >= 34  # 38 are expected; fewer have a probability of .01


def test_planted_differences_are_read_on_r():
    fit = ba.fit("ibi_synthetic", "subscales_constant", changes={"run.draws": 200})
    found = smallest_detectable(fit.fitted, ["task - bond"], replications=60)
    row = found.rows[0]
    task, bond = (fit.posterior.linear(w).mean for w in (np.eye(4)[0], np.eye(4)[2]))
    centre = (task + bond) / 2
    expected = np.tanh(centre + row.delta / 2) - np.tanh(centre - row.delta / 2)
    assert row.r == pytest.approx(expected, rel=1e-9)
    assert row.r_lower < row.r < row.r_upper
    again = smallest_detectable(fit.fitted, ["task - bond"], replications=60)
    np.testing.assert_array_equal(again.rows[0].log_bf10, row.log_bf10)
    curve = found.curves
    np.testing.assert_allclose(curve[["p_bf10", "p_bf01", "p_neither"]].sum(axis=1), 1)
    assert f"{row.r:.3f}"[1:] in found.sentences[0]


def test_less_heterogeneity_shows_smaller_effects():
    fit = ba.fit("molloy2014", "two_level", changes={"run.draws": 200}).fitted
    sizes = [
        smallest_detectable(fit, taus={"sample": tau}, replications=100).rows[0].delta
        for tau in (0.0, 0.1, 0.2)
    ]
    assert sizes == sorted(sizes)
    assert sizes[2] > 1.3 * sizes[0]


def test_what_no_effect_can_show_is_said():
    fit = known_mean(np.array([25.0]), np.array([0.1])).fitted
    found = smallest_detectable(fit, replications=20, threshold=1e6)
    row = found.rows[0]
    if row.delta is None:
        assert "not even a true mean of" in found.sentences[0]
        assert found.table["delta"].isna().all()
    else:
        assert row.delta > 5


def test_what_is_asked_wrongly_is_told_with_a_cure():
    fit = known_mean(VARIANCES).fitted
    for asked, told in [
        ({"power": 1.5}, "no probability"),
        ({"taus": {"sample": -0.1}}, "no standard deviation"),
        ({"taus": {"samples": 0.1}}, "no standard deviation"),
        ({"of": ["slope"]}, "Choose among overall"),
        ({"replications": 3}, "from 10"),
    ]:
        with pytest.raises(ba.InputError, match=told) as caught:
            smallest_detectable(fit, **asked)
        assert all(problem.cure for problem in caught.value.problems)
