"""Sample effects that follow a t: densities, draws, predictions, outlying samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects, planted
from pymc_densities import pymc_log_density
from scipy import stats
from scipy_densities import (
    design_of,
    random_parameters,
    scipy_log_likelihood,
    scipy_log_prior,
    student_log_likelihood,
)

import bayes_alliance as ba
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.prior import Prior

T = {"heterogeneity.distribution": "student_t"}
FOUR = T | {"heterogeneity.df": 4.0}
SHORT = {"run.draws": 500, "run.tune": 500, "run.chains": 2}


@pytest.mark.parametrize(
    "changes",
    [
        FOUR,
        T | {"sampling.within_sample": "constant", "sampling.rho": 0.6},
        T | {"heterogeneity.effect": False},
    ],
    ids=["fixed", "correlated errors", "two levels"],
)
def test_the_log_density_equals_scipy(changes):
    design = design_of("subscales_independent", changes)
    given = random_parameters(design, np.random.default_rng(4))
    want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


def test_the_limit_of_many_degrees_of_freedom_is_the_normal_model():
    normal = design_of("three_level")
    given = random_parameters(normal, np.random.default_rng(4))
    want = pymc_log_density(build_model(normal), given)
    found = [
        pymc_log_density(build_model(replace(normal, df=Prior("point", value=df))), given)
        for df in (1e4, 1e5, 1e6)
    ]
    errors = np.abs(np.array(found) - want)
    assert errors[0] < 1e-2
    np.testing.assert_allclose(errors[:-1] / errors[1:], 10, rtol=0.1)


def test_the_hierarchical_form_has_the_densities_of_its_parts():
    design = design_of("three_level", FOUR)
    rng = np.random.default_rng(5)
    given = random_parameters(design, rng)
    u, w = rng.normal(size=len(design.sample_ids)), rng.normal(size=len(design.y))
    theta = design.X @ given["beta"] + given["tau_sample"] * u[design.sample_index]
    theta = theta + given["tau_effect"] * w
    want = (
        scipy_log_prior(design, given)
        + stats.t.logpdf(u, 4).sum()
        + stats.norm.logpdf(w).sum()
        + stats.norm.logpdf(design.y, theta, np.sqrt(design.variances)).sum()
    )
    model = build_model(design, hierarchical=True)
    given |= {"u_standardised": u, "w_standardised": w}
    assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


def test_the_exact_engine_gives_its_reason():
    assert ExactEngine().declines(design_of("three_level")) is None
    assert "t" in ExactEngine().declines(design_of("three_level", FOUR)).split()
    with pytest.raises(ba.InputError, match="follow a t"):
        ba.fit("molloy2014", "robust", engine="exact", progress=False)


def heavy_table(samples=60, seed=11):
    """True mean .20, scale .12, df 3, tau_effect .05; the last sample lies 12 scales out."""
    rng = np.random.default_rng(seed)
    u = 0.12 * rng.standard_t(3, samples)
    u[-1] = 1.44
    rows = [
        {"sample": f"s{i:02}", "effect": str(j), "vi": 1 / 150,
         "yi": 0.2 + u[i] + rng.normal(0, 0.05) + rng.normal(0, np.sqrt(1 / 150))}
        for i in range(samples)
        for j in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def heavy():
    return ba.fit(ba.read_effects(heavy_table()), "robust", changes=SHORT, progress=False)


def test_the_truth_is_recovered_and_the_outlying_sample_named(heavy):
    assert heavy.posterior.provenance.engine == "nuts"
    table = heavy.heterogeneity()
    truth = {"tau_sample": 0.12, "tau_effect": 0.05, "df": 3.0}
    for name, value in truth.items():
        assert table.loc[name, "lower"] < value < table.loc[name, "upper"]
    row = heavy.summary().loc["overall"]
    assert row["lower"] < 0.2 < row["upper"]
    tails = heavy.answers.heterogeneity.tails
    assert tails.weights[0].sample == "s59"
    assert tails.weights[0].weight.upper < 0.3
    assert "s59" in {w.sample for w in tails.outlying}
    assert "s59" in str(heavy).split("treats as outlying")[1]
    # A normal model is pulled by the sample, and takes all samples to differ more.
    normal = ba.fit(heavy.effects, "three_level", progress=False).heterogeneity()
    assert normal.loc["tau_sample", "median"] > 1.5 * table.loc["tau_sample", "median"]


def test_the_log_likelihood_has_the_weights_integrated_out(heavy):
    stored = heavy.posterior.tree["log_likelihood"]["y"].to_numpy()
    posterior = heavy.posterior.tree["posterior"]
    for chain, draw in ((0, 3), (1, 200)):
        at = posterior.isel(chain=chain, draw=draw)
        given = {name: float(at[name]) for name in ("tau_sample", "tau_effect", "df")}
        mean = heavy.design.X @ at["beta"].to_numpy()
        for i in (0, 17, 59):
            rows = heavy.design.sample_index == i
            want = student_log_likelihood(heavy.design, i, rows, mean[rows], given)
            assert stored[chain, draw, i] == pytest.approx(want, abs=1e-8)


def test_both_forms_have_the_same_posterior(heavy):
    explicit = ba.fit(
        heavy.effects, "robust",
        changes=SHORT | {"run.parametrization": "hierarchical", "run.target_accept": 0.95},
        progress=False,
    )  # fmt: skip
    for name in ("beta", "tau_sample", "tau_effect"):
        a, b = heavy.posterior.draws(name).ravel(), explicit.posterior.draws(name).ravel()
        assert abs(a.mean() - b.mean()) < 0.2 * a.std()
        assert b.std() == pytest.approx(a.std(), rel=0.25)
    a, b = (np.log(fit.posterior.draws("lambda_sample")) for fit in (heavy, explicit))
    np.testing.assert_allclose(a.mean(0), b.mean(0), atol=0.2)
    theta = heavy.posterior.with_theta()["posterior"]["theta_sample"].mean(("chain", "draw"))
    other = explicit.posterior.tree["posterior"]["theta_sample"].mean(("chain", "draw"))
    np.testing.assert_allclose(theta.to_numpy(), other.to_numpy(), atol=0.02)


def test_a_fit_is_kept_and_told_whole(heavy, tmp_path):
    again = ba.load_fit(heavy.save(tmp_path / "fit.nc"))
    assert again.posterior.tree["posterior"].dataset.equals(
        heavy.posterior.tree["posterior"].dataset
    )
    record = again.to_dict()
    tails = record["heterogeneity"]["tails"]
    assert "tau_sample the scale of the t" in record["heterogeneity"]["i2"]["definition"]
    assert tails["weights"][0]["sample"] == "s59"
    assert tails["weights"][0]["outlying"] is True
    df, sd = heavy.posterior.draws("df"), heavy.posterior.draws("tau_sample")
    want = np.median(sd * np.sqrt(df / (df - 2)))
    assert tails["sd_sample"]["median"] == pytest.approx(want)
    assert record["frequentist"]["plainer"] == "the t of the sample effects"
    assert "REML fits the plain model" in str(heavy)
    assert set(heavy.posterior.tree["prior"].dataset) == set(
        heavy.posterior.tree["posterior"].dataset
    )


@pytest.fixture(scope="module")
def fixed():
    """beta .3, scale .2, tau_effect .1, df 3 in every draw."""
    spec = ba.read_specification("robust").with_changes({"heterogeneity.df": 3.0})
    effects = made_effects(list("aabbcd"))
    shape = (2, 10_000)
    return planted(
        effects, spec, beta=0.3, tau_sample=0.2, tau_effect=0.1, shape=shape,
        df=np.full(shape, 3.0), lambda_sample=np.ones((*shape, 4)),
    ).posterior  # fmt: skip


def test_a_new_sample_is_predicted_by_the_t(fixed):
    weights = np.ones(1)
    predicted = fixed.predictive(weights, ("sample",))
    q = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    np.testing.assert_allclose(predicted.quantile(q), stats.t(3, 0.3, 0.2).ppf(q), atol=0.01)
    rng = np.random.default_rng(1)
    true = 0.3 + 0.2 * rng.standard_t(3, 400_000) + 0.1 * rng.standard_normal(400_000)
    both = fixed.predictive(weights, ("sample", "effect"))
    np.testing.assert_allclose(both.quantile(q), np.quantile(true, q), atol=0.01)
    want = 0.2697100  # by adaptive quadrature over both levels
    assert fixed.mean_r(weights).mean == pytest.approx(want, abs=1e-5)
    assert fixed.mean_r(weights).sd < 1e-12


def test_replicated_data_have_new_samples_of_the_t(fixed):
    y = fixed.tree["posterior_predictive"]["y"].to_numpy().reshape(-1, 6)[:, 0]
    variance = float(fixed.tree["constant_data"]["sampling_variance"][0]) + 0.01
    rng = np.random.default_rng(2)
    true = 0.3 + 0.2 * rng.standard_t(3, len(y)) + np.sqrt(variance) * rng.standard_normal(len(y))
    assert stats.ks_2samp(y, true).pvalue > 0.01


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heterogeneity.df": 4.0}, "df has no meaning"),
        (T | {"heterogeneity.sample": False}, "sample = false"),
        (T | {"heterogeneity.df": 1.0}, "greater than 1"),
        (T | {"priors.df": {"family": "exponential", "scale": 10.0}}, "must lie above 1"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, told):
    with pytest.raises(ba.InputError, match=told):
        ba.read_specification("three_level").with_changes(changes)


def test_an_unknown_rho_is_refused_with_a_cure():
    with pytest.raises(ba.InputError, match="known sampling covariances"):
        design_of("robust", {"sampling.within_sample": "estimated"})


def test_correlations_printed_as_not_significant_are_integrated_over_weights():
    table = pd.DataFrame({"sample": list("aabbc"), "effect": list("12121"),
                          "r": ["0.45", "n.s.", "0.30", "0.1", "n.s."], "n": [40] * 5})  # fmt: skip
    fit = ba.fit(
        ba.read_effects(table), "robust",
        changes=SHORT | {"effect.not_significant": "censored", "run.draws": 60, "run.tune": 200},
        progress=False,
    )  # fmt: skip
    at = fit.posterior.tree["posterior"].isel(chain=0, draw=7)
    limit = fit.design.censored_at[-1]
    sd = np.hypot(float(at["tau_effect"]), np.sqrt(fit.design.variances[-1]))
    rng = np.random.default_rng(3)
    u = float(at["tau_sample"]) * rng.standard_t(float(at["df"]), 200_000)
    upper, lower = ((b * limit - float(at["beta"][0]) - u) / sd for b in (1, -1))
    want = np.log((stats.norm.cdf(upper) - stats.norm.cdf(lower)).mean())
    found = float(fit.posterior.tree["log_likelihood"]["y"][0, 7, -1])
    assert found == pytest.approx(want, abs=0.01)
