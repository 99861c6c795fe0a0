"""Planned analyses: Good's identity, closed forms, design priors, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.sensitivity.assurance import assurance, planned_effects
from bayes_alliance.spec.compilation import compile_design

NONE = {"heterogeneity.sample": False, "heterogeneity.effect": False}


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("overall", {"effects": 2, "n": [40, 90]}),
        ("subscales_constant", {"effects": ["task", "bond"], "n": 60, "of": ["task - bond"]}),
        ("subscales", {"effects": ["task", "bond"], "n": 60, "of": ["task - bond"]}),
    ],
)
def test_the_mean_bayes_factor_against_the_truth_is_one(model, asked):
    """Good (1985): over data from a hypothesis, the factor for its rival averages 1."""
    size = 150 if model == "subscales" else 500
    found = assurance(ba.read_specification(model), 8, replications=size, **asked)
    bf01 = np.exp(-found.log_bf10[0, :, 0])
    assert abs(bf01.mean() - 1) < 3.5 * bf01.std() / np.sqrt(size)
    assert bf01.std() > 0.5


def test_a_known_mean_has_the_assurance_of_its_closed_form():
    spec = ba.read_specification("overall").with_changes(
        NONE | {"priors.location": {"family": "normal", "mean": 0.0, "sd": 0.4}}
    )
    drawn = spec.with_prior("location", ba.Prior("normal", mean=0.2, sd=0.05))
    size = 2_000
    found = assurance(spec, [4, 10], n=28, design_prior=drawn, replications=size)
    for n, count in enumerate((4, 10)):
        variance = 1 / 25 / count
        spread = np.sqrt(variance + 0.05**2)
        precision = 1 / variance - 1 / (variance + 0.4**2)
        ratio = np.log((variance + 0.4**2) / variance)
        for threshold, name in ((3.0, "p_bf10"), (1 / 3, "p_bf01")):
            limit = np.sqrt(2 * (np.log(threshold) + 0.5 * ratio) / precision)
            share = stats.norm.sf(limit, 0.2, spread) + stats.norm.cdf(-limit, 0.2, spread)
            share = 1 - share if name == "p_bf01" else share
            got = found.table[name].iloc[n]
            assert abs(got - share) < 3.5 * np.sqrt(share * (1 - share) / size) + 1e-9


def test_a_benchmark_is_the_location():
    spec = ba.read_specification("overall").with_changes(NONE)
    name = "face to face, Flückiger et al. 2018"
    found = assurance(spec, 400, n=200, benchmark=name, replications=300, of=["overall"])
    assert "r = 0.278" in found.layout
    # With so much data every interval is about the benchmark's own draw.
    half = found.width[0, :, 0] / 2
    assert half.max() < 0.008
    more = ba.assurance("overall", 5, n=60, benchmark=name, replications=200).table["p_bf10"]
    less = ba.assurance(
        "overall", 5, n=60, benchmark="internet-based, Flückiger et al. 2026", replications=200
    ).table["p_bf10"]
    assert more.iloc[0] > less.iloc[0]


def test_planned_tables_are_as_stated():
    spec = ba.read_specification("moderator").with_moderator("approach")
    planned = planned_effects(
        spec, 5, n=[43, 53], effects=2, moderators={"approach": ["CBT", "other", "CBT"]}
    )
    design = compile_design(planned, spec)
    assert design.coefficients == ("CBT", "other")
    assert design.X[::2, 0].tolist() == [1, 0, 1, 1, 0]
    np.testing.assert_allclose(1 / design.variances[::2], [40, 50, 40, 50, 40])
    year = ba.read_specification("moderator_year")
    slopes = ba.assurance(year, 6, n=60, moderators={"year": [2000, 2010, 2020]}, replications=20)
    assert [t.name for t in slopes.targets] == ["overall", "year (per 10)"]
    ready = ba.assurance("overall", 6, variance=0.04, effects=3, rho=0.5, replications=20)
    assert set(ready.table["scale"]) == {"yi"}


def test_same_seed_same_numbers():
    one, two, three = (
        ba.assurance("overall", [3, 6], n=50, replications=20, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.log_bf10, two.log_bf10)
    assert np.abs(one.log_bf10 - three.log_bf10).min() > 0


def test_what_is_asked_wrongly_is_told_with_a_cure():
    for model, asked, told in [
        ("overall", {}, "needs n or variance"),
        ("overall", {"n": 3}, "n above 3"),
        ("overall", {"n": -20}, "n above 3"),
        ("overall", {"n": 50, "variance": 0.1}, "needs n or variance"),
        ("overall", {"variance": 0.0}, "no positive number"),
        ("overall", {"n": 50, "samples": 1}, "no number of samples"),
        ("overall", {"n": 50, "effects": 0}, "no number of effects"),
        ("overall", {"n": 50, "rho": 1.5}, "no correlation"),
        ("overall", {"n": 50, "benchmark": "somebody 1999"}, "Benchmarks: internet-based"),
        ("overall", {"variance": 0.1, "benchmark": "face to face, Flückiger et al. 2018"},
         "design_prior"),
        ("overall", {"n": 50, "of": ["task"]}, "Choose among overall"),
        ("overall", {"n": 50, "design_prior": ba.read_specification("subscales")}, "subscale"),
        ("subscales", {"n": 50, "effects": 2}, "do not say where they lie on subscale"),
        ("subscales", {"n": 50, "effects": ["task"]}, "single level"),
        ("subscales", {"n": 50, "moderators": {"subscale": "task"}}, "no list of values"),
        ("robust", {"n": 50}, "exact"),
    ]:  # fmt: skip
        with pytest.raises(ba.InputError, match=told) as caught:
            ba.assurance(model, **{"samples": 5, "replications": 20} | asked)
        assert all(problem.cure for problem in caught.value.problems)
