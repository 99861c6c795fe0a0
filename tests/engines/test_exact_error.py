"""The reported error of the exact engine covers the actual one; for more, error_honesty.py."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from error_honesty import TOLERANCE, difference, measure_all, table
from exact_problems import KINDS, made_design

import bayes_alliance as ba
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.integration import evaluate
from bayes_alliance.engines.exact.solve import FINEST, make_problem, solve, solve_once
from bayes_alliance.spec.prior import Prior


def test_the_reported_error_covers_the_actual_one():
    cases = measure_all(60)
    assert {case.kind for case in cases} == set(KINDS)
    assert sum(not case.honest for case in cases) <= 0.01 * len(cases), table(cases)
    assert all(case.admitted for case in cases), table(cases)
    assert sum(case.reported <= TOLERANCE for case in cases) >= 0.97 * len(cases), table(cases)


def few(tau_sample, tau_effect, samples=2):
    y = np.array([0.1, 0.4, 0.25, 0.3])[: 2 * samples]
    return made_design(
        y,
        np.full(len(y), 0.03),
        np.arange(samples) * 2,
        tau_sample=tau_sample,
        tau_effect=tau_effect,
    )


def test_a_tolerance_that_cannot_be_met_is_told():
    design = few(Prior("half_normal", scale=0.25), Prior("half_normal", scale=0.15))
    grid = solve(design, tolerance=1e-16)
    assert max(grid.log_values.shape) - 1 == FINEST
    assert grid.error > 1e-16


def test_a_density_infinite_at_an_end_is_declined_and_its_error_is_told():
    design = few(Prior("beta", a=0.5, b=2, lower=0, upper=1), Prior("half_normal", scale=0.15))
    assert "infinite" in ExactEngine().declines(design)
    grid = solve(design)
    assert grid.error > TOLERANCE
    finer = solve_once(*make_problem(design, design.blocks()), 2 * FINEST)
    assert difference(grid, finer) <= grid.error


def wide_sums(design, points=500):
    """Evidence, means and sds of both taus by the trapezoidal rule in log tau, 1e-9 to 1e9."""
    logs = np.linspace(np.log(1e-9), np.log(1e9), points)
    ts, te = np.meshgrid(np.exp(logs), np.exp(logs), indexing="ij")
    problem, _ = make_problem(design, design.blocks())
    values = evaluate(problem, ts.ravel(), te.ravel())[0].reshape(ts.shape) + np.log(ts * te)
    mass = np.exp(values - values.max())
    evidence = values.max() + np.log(mass.sum() * (logs[1] - logs[0]) ** 2)
    mass /= mass.sum()
    means = np.array([(mass * ts).sum(), (mass * te).sum()])
    squares = np.array([(mass * ts**2).sum(), (mass * te**2).sum()])
    return evidence, means, np.sqrt(squares - means**2)


HEAVY = [
    (Prior("half_cauchy", scale=0.3), Prior("lomax", c=1, scale=0.2), 2),
    (Prior("half_t", df=3, scale=2.5), Prior("half_cauchy", scale=0.1), 1),
    (Prior("inverse_gamma", shape=2, scale=0.1), Prior("lognormal", mu=-2, sigma=1.5), 2),
]


@pytest.mark.parametrize("case", HEAVY, ids=["cauchy", "one sample", "inverse gamma"])
def test_supports_cut_nothing_off_not_even_from_the_sd_of_a_heavy_tail(case):
    sample, effect, samples = case
    design = few(sample, effect, samples)
    grid = solve(design, tolerance=1e-7)
    evidence, means, sds = wide_sums(design)
    got = grid.moments()
    assert got[0] == pytest.approx(evidence, abs=1e-7)
    np.testing.assert_allclose(got[1][1:], means, rtol=1e-6)
    np.testing.assert_allclose(got[2][1:], sds, rtol=1e-6)


def test_a_second_moment_that_does_not_exist_is_infinite():
    design = few(Prior("half_cauchy", scale=0.3), Prior("half_normal", scale=0.1), samples=1)
    grid = solve(design)
    assert grid.error <= TOLERANCE
    assert np.isinf(grid.sample_marginal.sd)
    assert np.isfinite(grid.effect_marginal.sd)
    _, means, _ = wide_sums(design)
    assert grid.sample_marginal.mean == pytest.approx(means[0], rel=1e-6)
    lower, upper = grid.sample_marginal.interval(0.95)
    assert float(np.diff(grid.sample_marginal.cdf([lower, upper]))[0]) == pytest.approx(0.95)


@pytest.mark.parametrize(
    "prior",
    [
        Prior("uniform", lower=0.05, upper=0.5),
        Prior("uniform", lower=0, upper=1),
        Prior("beta", a=1, b=1, lower=0.05, upper=0.5),
        Prior("beta", a=1, b=3, lower=0, upper=1),
    ],
    ids=str,
)
def test_a_prior_that_ends_abruptly_costs_no_accuracy(prior):
    design = few(prior, prior)
    grid = solve(design)
    assert max(grid.log_values.shape) - 1 <= 64
    finer = solve_once(*make_problem(design, design.blocks()), 512)
    assert difference(grid, finer) < 1e-10


def test_an_infinite_sd_is_null_in_the_record():
    table = pd.DataFrame({"study": ["A"] * 3, "r": [0.2, 0.3, 0.25], "n": [50, 50, 50]})
    fit = ba.fit(
        ba.read_effects(table, columns={"sample": "study"}),
        "three_level",
        engine="exact",
        changes={"priors.tau_sample": {"family": "half_cauchy", "scale": 0.5, "because": ""}},
    )
    record = fit.to_dict()
    assert record["heterogeneity"]["tau_sample"]["sd"] is None
    assert record["heterogeneity"]["tau_effect"]["sd"] > 0
    assert "Infinity" not in json.dumps(record)
