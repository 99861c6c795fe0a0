"""PET, PEESE and the averages over claims about bias."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.sensitivity.bias import analyse_bias
from bayes_alliance.sensitivity.bias_predictor import columns_of, default_predictor, with_column
from bayes_alliance.sensitivity.bias_regression import fit_small_study
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.prior import Prior

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "metafor.json"
METAFOR = json.loads(REFERENCE.read_text("utf-8"))["threelevel"]
SHORT = {"run.draws": 200, "run.chains": 2}
MODELS = {"konstantopoulos2011": "schools", "crede2010": "three_level"}


def fitted_of(data, model, **changes):
    effects = ba.load(data) if isinstance(data, str) else data
    return run_analysis(effects, ba.read_specification(model).with_changes({**SHORT, **changes}))


@pytest.mark.parametrize("data", MODELS)
@pytest.mark.parametrize(("form", "predictor"), [("PET", "sei"), ("PEESE", "vi")])
def test_with_priors_that_say_nothing_the_slopes_are_those_of_metafor(data, form, predictor):
    expected = METAFOR[data]["small_study"][predictor]
    fitted = fitted_of(data, MODELS[data])
    column = next(c for c in columns_of(fitted.effects, fitted.design, "se") if c.form == form)
    taus = [Prior("point", value=float(np.sqrt(s))) for s in expected["sigma2"]]
    wide = replace(
        fitted.design,
        tau_sample=taus[0],
        tau_effect=taus[1],
        prior_location=1e4 * fitted.design.prior_location,
    )
    log_evidence, means, sds = ExactEngine().solve(with_column(wide, column, 1e5)).moments()
    np.testing.assert_allclose(means[:2], expected["beta"], rtol=1e-5)
    np.testing.assert_allclose(sds[:2], expected["se"], rtol=1e-5)
    assert np.isfinite(log_evidence)

    # The twin beside the exact fit: REML with CR2, as metafor and clubSandwich have it.
    fit = fit_small_study(fitted, column)
    robust = expected["clubSandwich_CR2"]
    assert fit.reml_slope.estimate == pytest.approx(expected["beta"][1], abs=2e-6)
    assert fit.reml_slope.se_cr2 == pytest.approx(robust["SE"][1], rel=1e-5)
    assert fit.reml_slope.df_cr2 == pytest.approx(robust["df"][1], rel=1e-4)
    assert fit.reml_slope.p_cr2 == pytest.approx(robust["p"][1], rel=1e-4)


@pytest.mark.parametrize("model", ["overall", "subscales_independent", "subscales"])
def test_the_bayes_factor_is_the_savage_dickey_ratio(model):
    fitted = fitted_of("ibi_synthetic", model)
    for column in columns_of(fitted.effects, fitted.design, "se"):
        fit = fit_small_study(fitted, column)
        weights = np.eye(len(fit.design.coefficients))[-1]
        null = evidence_of(constrained(fit.design, weights))
        with_slope = evidence_of(fit.design)
        assert fit.evidence.log_bf10 == pytest.approx(
            with_slope.log_value - null.log_value, abs=1e-5
        )
        before = 1 / (column.prior_sd * np.sqrt(2 * np.pi))
        after = float(fit.posterior.linear(weights).pdf(0.0))
        assert fit.evidence.bf01 == pytest.approx(after / before, rel=1e-4)


def test_the_corrected_mean_is_the_regression_at_predictor_0_and_units_do_not_matter():
    effects = ba.load("konstantopoulos2011")
    fitted = fitted_of(effects, "schools")
    pet, peese = analyse_bias(fitted, select=False).regressions
    frame = effects.frame.assign(yi=10 * effects.frame["yi"], vi=100 * effects.frame["vi"])
    other = fitted_of(
        replace(effects, frame=frame),
        "schools",
        **{
            f"priors.{name}.{key}": 10 * getattr(fitted.specification.priors, name).parameters[key]
            for name, key in (("location", "sd"), ("tau_sample", "scale"), ("tau_effect", "scale"))
        },
    )
    scaled = analyse_bias(other, select=False).regressions
    assert pet.column.prior_sd == 1.0
    assert scaled[0].column.prior_sd == pytest.approx(1.0)
    for one, ten in zip((pet, peese), scaled, strict=True):
        assert ten.evidence.log_bf10 == pytest.approx(one.evidence.log_bf10, abs=2e-5)
        mean = fitted.design.quantities[0]
        assert ten.mean(mean).mean == pytest.approx(10 * one.mean(mean).mean, rel=1e-5)
    # At predictor 0: the mean plus slope times the predictor is the mean at that predictor.
    values = pet.column.values
    at = float(values.mean())
    moved = replace(pet.design, X=pet.design.X - np.array([0, at]))
    shifted = ExactEngine().solve(moved).moments()[1]
    exact = pet.posterior.linear(np.array([1.0, at])).mean
    assert shifted[0] == pytest.approx(exact, abs=0.05)


def test_averages_weigh_claims_by_prior_and_evidence():
    found = analyse_bias(fitted_of("ibi_synthetic", "overall"), select=False)
    names = [model.name for model in found.models]
    assert names == ["no bias", "PET", "PEESE"]
    prior = np.array([0.5, 0.25, 0.25])
    assert [m.prior for m in found.models] == pytest.approx(prior)
    evidence = np.array([m.log_evidence for m in found.models])
    weights = prior * np.exp(evidence - evidence.max())
    weights /= weights.sum()
    assert [m.posterior for m in found.models] == pytest.approx(weights)
    means = [m.means[0].mean for m in found.models]
    assert found.averaged().mean == pytest.approx(weights @ means)
    assert found.bias.posterior_probability == pytest.approx(1 - weights[0])
    curve = found.curve.set_index(["regression", "scale"])
    for fit in found.regressions:
        row = curve.loc[(fit.column.form, 1.0)]
        assert row["log_bf10"] == pytest.approx(fit.evidence.log_bf10, abs=1e-6)
        assert row["slope"] == pytest.approx(fit.slope.mean, abs=1e-6)
    table = found.table
    assert table.loc[("averaged", "overall"), "median"] == pytest.approx(
        np.tanh(found.averaged().quantile(0.5))
    )


def test_a_slope_that_is_there_is_found_and_corrected():
    rng = np.random.default_rng(4)
    n = rng.integers(20, 400, 120)
    z = 0.1 + 2.0 / np.sqrt(n - 3) + rng.normal(0, np.sqrt(1 / (n - 3) + 0.05**2))
    frame = pd.DataFrame({"sample": [f"s{i}" for i in range(120)], "r": np.tanh(z), "n": n})
    found = analyse_bias(fitted_of(ba.read_effects(frame), "two_level"), select=False)
    pet = found.regressions[0]
    assert pet.evidence.bf10 > 100
    assert pet.slope.lower < 2.0 < pet.slope.upper
    corrected = pet.mean(found.fitted.design.quantities[0])
    assert corrected.interval()[0] < 0.1 < corrected.interval()[1]
    assert found.fitted.posterior.linear(np.ones(1)).mean > 0.2
    assert found.bias.posterior_probability > 0.99


def test_predictors_and_what_must_be_said_of_them():
    effects = ba.load("ibi_synthetic")
    spec = ba.read_specification("overall")
    design = compile_design(effects, spec)
    n = effects.frame["n"].to_numpy(float)[design.rows]
    assert default_predictor(effects, design) == "se"
    (pet, _), (by_n, inverse) = (columns_of(effects, design, p) for p in ("se", "n"))
    np.testing.assert_allclose(pet.values, 1 / np.sqrt(n - 3))
    np.testing.assert_allclose(by_n.values, 1 / np.sqrt(n))
    np.testing.assert_allclose(inverse.values, 1 / n)
    assert [c.form for c in columns_of(effects, design, "inverse_n")] == ["PEESE"]
    assert inverse.prior_sd * np.median(1 / n) == pytest.approx(np.median(pet.values))
    raw = compile_design(effects, spec.with_changes({"effect.measure": "COR"}))
    assert default_predictor(effects, raw) == "n"
    school = fitted_of("konstantopoulos2011", "schools")
    assert default_predictor(school.effects, school.design) == "se"
    notes = analyse_bias(school, select=False).notes
    assert notes[0].startswith("CAUTION The variances of this measure may")
    assert "effect and standard error are linked" in notes[0]


def test_bad_input_is_refused_by_name():
    school = fitted_of("konstantopoulos2011", "schools")
    with pytest.raises(ba.InputError, match=r"n is not known for 56 of the 56 effects"):
        analyse_bias(school, predictor="n", select=False)
    with pytest.raises(ba.InputError, match=r"Choose one of se, n"):
        analyse_bias(school, predictor="p", select=False)
    with pytest.raises(ba.InputError, match=r"effects, samples"):
        analyse_bias(school, mechanism="people", select=False)
    frame = pd.DataFrame({"sample": list("abcd"), "r": [0.1, 0.2, 0.3, 0.15], "n": [50] * 4})
    with pytest.raises(ba.InputError, match="the same for all 4 effects"):
        analyse_bias(fitted_of(ba.read_effects(frame), "two_level"), select=False)
    flat = ba.read_specification("two_level").with_prior("location", Prior("flat", because="REML"))
    with pytest.raises(ba.InputError, match="flat"):
        analyse_bias(run_analysis(ba.load("molloy2014"), flat), select=False)


def test_where_errors_correlate_there_is_no_selection_model_and_the_reason_is_told():
    found = analyse_bias(fitted_of("ibi_synthetic", "subscales_constant"))
    assert found.selection is None
    assert "sampling.within_sample=independent" in found.refusal
    assert [m.prior for m in found.models] == [0.5, 0.25, 0.25]
