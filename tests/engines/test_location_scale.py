"""Heterogeneity that depends on moderators: densities, coding, recovery, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pymc_densities import pymc_log_density
from scipy import stats
from scipy_densities import (
    design_of,
    marginal_covariance,
    random_parameters,
    scipy_log_likelihood,
    scipy_log_prior,
)

import bayes_alliance as ba
from bayes_alliance.engines.assembly import draw_prior
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.compilation import compile_design

SHORT = {"run.draws": 500, "run.tune": 500, "run.chains": 2}
YEAR = {"heterogeneity.sample_terms": ["year"], "heterogeneity.units": {"year": 10.0}}
CASES = {
    "slope": YEAR,
    "several": {
        "heterogeneity.sample_terms": ["year", "approach"],
        "heterogeneity.effect_terms": ["subscale", "rater"],
    },
    "correlated errors": {
        "heterogeneity.effect_terms": ["f2f_contact"],
        "sampling.within_sample": "constant",
        "sampling.rho": 0.6,
    },
    "t": YEAR | {"heterogeneity.distribution": "student_t"},
    "total and share": YEAR
    | {"priors.tau_total": {"family": "half_normal", "scale": 0.3},
       "priors.share": {"family": "beta", "a": 2.0, "b": 2.0}},
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CASES if name != "total and share"])
def test_the_log_density_equals_scipy(name):
    design = design_of("three_level", CASES[name])
    given = random_parameters(design, np.random.default_rng(4))
    likelihood = scipy_log_likelihood(design, given)
    found = pymc_log_density(build_model(design), given)
    assert found == pytest.approx(scipy_log_prior(design, given) + likelihood, abs=1e-8)
    draws = {key: np.asarray(value)[None] for key, value in given.items()}
    by_sample = design.blocks().log_density(draws)
    assert by_sample.sum() == pytest.approx(likelihood, abs=1e-8)


def test_without_a_moderating_effect_it_is_the_plain_model():
    for changes in (CASES["slope"], CASES["correlated errors"], CASES["total and share"]):
        design = design_of("three_level", changes)
        plain = replace(design, scale_sample=None, scale_effect=None)
        given = random_parameters(plain, np.random.default_rng(6))
        if design.tau_total is not None:
            given = {"beta": given["beta"], "tau_total": 0.3, "share": 0.4}
        want = pymc_log_density(build_model(plain), given)
        for scale in design.scale_models:
            zero = np.zeros(len(scale.names))
            given[f"gamma_{scale.level}"] = zero
            normal = stats.multivariate_normal(cov=scale.factor @ scale.factor.T)
            want += normal.logpdf(zero)
        assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-9)


def test_the_hierarchical_form_has_the_densities_of_its_parts():
    design = design_of("location_scale")
    rng = np.random.default_rng(5)
    given = random_parameters(design, rng)
    u, w = rng.normal(size=len(design.sample_ids)), rng.normal(size=len(design.y))
    between = given["tau_sample"] * np.exp(design.scale_sample.Z @ given["gamma_sample"])
    within = given["tau_effect"] * np.exp(design.scale_effect.Z @ given["gamma_effect"])
    theta = design.X @ given["beta"] + (between * u)[design.sample_index] + within * w
    want = (
        scipy_log_prior(design, given)
        + stats.norm.logpdf(u).sum()
        + stats.norm.logpdf(w).sum()
        + stats.norm.logpdf(design.y, theta, np.sqrt(design.variances)).sum()
    )
    model = build_model(design, hierarchical=True)
    given |= {"u_standardised": u, "w_standardised": w}
    assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("name", ["several", "correlated errors"])
def test_true_effects_are_drawn_from_their_conditionals(name):
    design = design_of("three_level", CASES[name])
    given = random_parameters(design, np.random.default_rng(9))
    size = 20_000
    draws = {key: np.tile(np.asarray(v), (size, *[1] * np.ndim(v))) for key, v in given.items()}
    blocks = design.blocks()
    u, w = blocks.draw_deviations(draws, np.random.default_rng(1))
    i = int(np.argmax(np.diff(design.starts, append=len(design.y))))
    rows = design.sample_index == i
    M = marginal_covariance(design, i, rows, given)
    V = marginal_covariance(design, i, rows, given | {"tau_sample": 0.0, "tau_effect": 0.0})
    residual = design.y[rows] - design.X[rows] @ given["beta"]
    total = (u + w)[:, rows]
    want = (M - V) @ np.linalg.solve(M, residual)
    np.testing.assert_allclose(total.mean(0), want, atol=0.01)
    covariance = (M - V) - (M - V) @ np.linalg.solve(M, M - V)
    np.testing.assert_allclose(np.cov(total.T), covariance, atol=0.03 * covariance.max())
    np.testing.assert_allclose(blocks.marginal_covariance(i, draws)[0], M, rtol=1e-12)
    replicated = blocks.simulate(draws, np.random.default_rng(2))[:, rows]
    np.testing.assert_allclose(np.cov(replicated.T), M, atol=0.03 * M.max())


def test_levels_are_exchangeable_and_tau_is_their_geometric_mean():
    design = design_of("location_scale")
    scale = design.scale_effect
    assert [row.name for row in scale.at] == [
        f"subscale[{level}]" for level in ("task", "goal", "bond", "total")
    ]
    weights = np.stack([row.weights for row in scale.at])
    np.testing.assert_allclose(weights.sum(0), 0, atol=1e-14)
    prior = scale.factor @ scale.factor.T
    for ratio in scale.ratios:
        assert ratio.weights @ prior @ ratio.weights == pytest.approx(0.25)
    drawn = draw_prior(design, 40_000, np.random.default_rng(1))["gamma_effect"]
    np.testing.assert_allclose(np.cov(drawn.T), prior, atol=0.005)


def test_a_slope_is_per_unit_and_centred_over_samples():
    design = design_of("three_level", YEAR)
    frame = ba.load("ibi_synthetic").to_frame()
    years = frame.drop_duplicates("sample")["year"].to_numpy(float)
    np.testing.assert_allclose(design.scale_sample.Z[:, 0], (years - years.mean()) / 10)
    assert design.scale_sample.names == ("year (per 10)",)
    np.testing.assert_allclose(design.scale_sample.factor @ design.scale_sample.factor.T, 0.25)


def test_the_exact_engine_declines_and_nuts_runs():
    design = design_of("location_scale")
    assert "depends on moderators" in ExactEngine().declines(design)


def moderated_table(samples=60, seed=3):
    """Mean .2; tau_sample .08 (a) and .32 (b); tau_effect .15 (x) and .05 (y)."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(samples):
        group = "ab"[i % 2]
        u = rng.normal(0, {"a": 0.08, "b": 0.32}[group])
        for j, kind in enumerate("xxyy"):
            w = rng.normal(0, {"x": 0.15, "y": 0.05}[kind])
            y = 0.2 + u + w + rng.normal(0, 1 / np.sqrt(150))
            rows.append({"sample": f"s{i:02}", "effect": str(j), "yi": y, "vi": 1 / 150,
                         "group": group, "kind": kind})  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def moderated():
    terms = {"heterogeneity.sample_terms": ["group"], "heterogeneity.effect_terms": ["kind"]}
    table = ba.read_effects(moderated_table())
    return ba.fit(table, "three_level", changes=SHORT | terms, progress=False)


def test_the_truth_is_recovered(moderated):
    assert moderated.posterior.provenance.engine == "nuts"
    table = moderated.heterogeneity()
    truth = {
        "tau_sample at group[a]": 0.08, "tau_sample at group[b]": 0.32,
        "tau_sample": 0.16, "tau_sample ratio group[a] / group[b]": 0.25,
        "tau_effect at kind[x]": 0.15, "tau_effect at kind[y]": 0.05,
        "tau_effect ratio kind[x] / kind[y]": 3.0,
    }  # fmt: skip
    for name, value in truth.items():
        assert table.loc[name, "lower"] < value < table.loc[name, "upper"], name
    assert table.loc["tau_sample ratio group[a] / group[b]", "upper"] < 0.6
    assert table.loc["tau_effect ratio kind[x] / kind[y]", "lower"] > 1.5
    sample, effect = moderated.answers.scale_models
    assert sample.ratios[0].p_larger < 0.005
    assert effect.ratios[0].p_larger > 0.995


def test_the_log_likelihood_is_that_of_each_samples_own_tau(moderated):
    at = moderated.posterior.tree["posterior"].isel(chain=1, draw=33)
    names = ("beta", "tau_sample", "tau_effect", "gamma_sample", "gamma_effect")
    given = {name: at[name].to_numpy() for name in names}
    design = moderated.design
    stored = moderated.posterior.tree["log_likelihood"]["y"].to_numpy()[1, 33]
    for i in (0, 1, 30, 59):
        rows = design.sample_index == i
        normal = stats.multivariate_normal(
            design.X[rows] @ given["beta"], marginal_covariance(design, i, rows, given)
        )
        assert stored[i] == pytest.approx(normal.logpdf(design.y[rows]), abs=1e-8)


def test_samples_of_little_heterogeneity_are_shrunken_more(moderated):
    theta = moderated.posterior.with_theta()["posterior"]["theta_sample"]
    shrunken = theta.mean(("chain", "draw")).to_numpy() - moderated.summary().loc["overall", "mean"]
    raw = moderated.effects.frame.groupby("sample")["yi"].mean().to_numpy() - 0.2
    slope = [float(raw[g::2] @ shrunken[g::2] / (raw[g::2] @ raw[g::2])) for g in (0, 1)]
    assert slope[0] < 0.75 < 0.9 < slope[1]


def test_replications_and_residuals_know_the_groups(moderated):
    y = moderated.posterior.tree["posterior_predictive"]["y"].to_numpy().reshape(-1, 240)
    sd = y.std(0)
    truth = [np.sqrt(t**2 + 0.15**2 + 1 / 150) for t in (0.08, 0.32)]
    assert sd[0::8].mean() == pytest.approx(truth[0], rel=0.25)
    assert sd[4::8].mean() == pytest.approx(truth[1], rel=0.25)
    failed = [check.name for check in moderated.checks if check.passed is False]
    assert "posterior predictive" not in failed


def test_predictions_are_at_the_average(moderated):
    predicted = moderated.posterior.predictive(np.ones(1), ("sample",))
    draws = moderated.posterior.draws
    want = np.sqrt(draws("beta")[:, 0].var() + np.square(draws("tau_sample")).mean())
    assert predicted.sd == pytest.approx(want, rel=1e-3)
    assert "the predictions are at their average" in " ".join(str(moderated).split())


def test_a_fit_is_kept_and_told_whole(moderated, tmp_path):
    again = ba.load_fit(moderated.save(tmp_path / "fit.nc"))
    record = again.to_dict()
    model = record["heterogeneity"]["scale_model"]
    assert set(model) == {"sample", "effect"}
    assert record["heterogeneity"]["i2"]["definition"].endswith(
        "taus at the average of their terms"
    )
    assert [row["name"] for row in model["sample"]["tau"]] == ["group[a]", "group[b]"]
    ratio = np.exp(2 * moderated.posterior.draws("gamma_sample")[:, 0])
    found = model["sample"]["ratios"][0]
    assert found["median"] == pytest.approx(np.median(ratio))
    assert found["p_larger"] == pytest.approx((ratio > 1).mean())
    twin = record["frequentist"]["plainer"]
    assert twin == "the terms of tau_sample and the terms of tau_effect"
    assert moderated.plot_traces() is not None
    titles = [ax.get_title("left") for ax in moderated.plot_priors()]
    assert titles[-2:] == ["log tau_sample: group[a]", "log tau_effect: kind[x]"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heterogeneity.sample_terms": ["kind"]}, "'kind' changes within a sample.*'s00'"),
        (
            {"heterogeneity.effect_terms": ["kind"], "sampling.within_sample": "constant",
             "sampling.rho": 0.5},
            "'kind' changes within samples whose sampling errors correlate",
        ),
        (
            {"heterogeneity.sample_terms": ["group"], "sampling.within_sample": "estimated"},
            "rho is estimated",
        ),
        (
            {"heterogeneity.sample_terms": ["grop"]},
            "heterogeneity.sample_terms: the table has no column 'grop'",
        ),
        ({"heterogeneity.sample_terms": ["group"], "heterogeneity.sample": False}, "leaves it"),
        ({"heterogeneity.units": {"group": 2.0}}, "not among sample_terms or effect_terms"),
        (
            {"heterogeneity.sample_terms": ["group"],
             "priors.tau_sample": {"family": "point", "value": 0.0}},
            "would change nothing",
        ),
        (
            {"priors.scale": {"family": "normal", "mean": 1.0, "sd": 0.5}},
            "priors.scale must have mean 0",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(changes, told):
    with pytest.raises(ba.InputError, match=f"(?s){told}"):
        compile_design(
            ba.read_effects(moderated_table(samples=6)),
            ba.read_specification("three_level").with_changes(changes),
        )


def test_rows_without_a_value_are_left_out():
    table = moderated_table(samples=6)
    table.loc[table["sample"] == "s03", "group"] = None
    spec = ba.read_specification("three_level").with_changes(
        {"heterogeneity.sample_terms": ["group"]}
    )
    design = compile_design(ba.read_effects(table), spec)
    assert len(design.sample_ids) == 5
    assert {left.reason for left in design.left_out} == {"no value of group"}
