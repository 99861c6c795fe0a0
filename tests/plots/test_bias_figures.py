"""Funnels by level, corrected means and step weights: the numbers they draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.evidence import Evidence
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.fit import Diagnostics, SelectionFit
from bayes_alliance.engines.selection.steps import steps_of
from bayes_alliance.plots.bias import corrected_means, means_data, step_weights, weights_data
from bayes_alliance.plots.funnel import funnel, funnel_data
from bayes_alliance.plots.style import figure_bytes, figure_of
from bayes_alliance.report.bias import bias_record, bias_text
from bayes_alliance.sensitivity.bias import analyse_bias
from bayes_alliance.sensitivity.bias_answers import BiasAnalysis, BiasModel

SHORT = {"run.draws": 200, "run.chains": 2}
GOOD = Diagnostics(1.0, 900, 800, 0, 400, 0.01, 0.1, 3000)


def fitted_of(model: str) -> Fitted:
    return run_analysis(ba.load("ibi_synthetic"), ba.read_specification(model).with_changes(SHORT))


@pytest.fixture(scope="module")
def overall() -> BiasAnalysis:
    """An analysis whose selection model has planted draws: nothing is sampled."""
    found = analyse_bias(fitted_of("overall"), select=False)
    fitted = found.fitted
    rng = np.random.default_rng(1)
    omega = np.concatenate([np.ones((2, 200, 1)), rng.uniform(0.2, 0.6, (2, 200, 2))], axis=2)
    dataset = fitted.posterior.tree["posterior"].dataset.assign(
        omega=(("chain", "draw", "step"), omega)
    )
    posterior = replace(fitted.posterior, tree=xr.DataTree.from_dict({"/posterior": dataset}))
    bad = replace(GOOD, divergent=9, cautions=("9 of 400 transitions diverged",))
    selection = SelectionFit(
        fitted.design, steps_of(fitted.design), posterior, Evidence(20.0, 0.01, "importance"), bad
    )
    means = (posterior.linear(np.ones(1)),)
    planted = BiasModel("selection", 0.25, 0.2, 20.0, 0.01, means)
    return replace(found, selection=selection, refusal="", models=(*found.models, planted))


def test_funnels_have_every_effect_and_every_sample(overall: BiasAnalysis) -> None:
    fitted = overall.fitted
    data = funnel_data(fitted, overall)
    design = fitted.design
    effects = data.points.loc[data.points["level"] == "effect"]
    np.testing.assert_array_equal(effects["effect"], design.y)
    np.testing.assert_allclose(effects["se"] ** 2, design.variances)
    samples = data.points.loc[data.points["level"] == "sample"].set_index("label")
    assert len(samples) == len(design.sample_ids)
    tau = float(fitted.posterior.tau("effect").quantile(0.5))
    own = slice(int(design.starts[1]), int(design.starts[2]))
    w = 1 / (design.variances[own] + tau**2)
    row = samples.loc[design.sample_ids[1]]
    assert row["effect"] == pytest.approx(w @ design.y[own] / w.sum())
    assert row["se"] == pytest.approx(w.sum() ** -0.5)
    contours = data.contours.loc[data.contours["level"] == "effect"]
    mean = fitted.posterior.linear(np.ones(1)).mean
    np.testing.assert_allclose(contours["mean"], mean)
    np.testing.assert_allclose(contours["alike_upper"] - mean, 1.959964 * contours["se"], atol=1e-6)
    between = float(fitted.posterior.tau("sample").quantile(0.5))
    expected = 1.959964 * np.sqrt(contours["se"] ** 2 + tau**2 + between**2)
    np.testing.assert_allclose(mean - contours["varied_lower"], expected, atol=1e-6)
    pet = overall.regressions[0]
    corrected = pet.mean(design.quantities[0]).mean
    np.testing.assert_allclose(
        contours["slope"], corrected + pet.slope.mean * contours["se"], atol=1e-9
    )
    assert "no evidence" in data.footer.notice
    first, second = funnel(fitted, overall)
    assert (first.get_title("left"), second.get_title("left")) == ("Effects", "Means of samples")
    assert first.get_ylim()[1] == 0
    assert figure_bytes(figure_of(first), "png").startswith(b"\x89PNG")


def test_with_several_means_funnels_show_deviations() -> None:
    fitted = fitted_of("subscales")
    data = funnel_data(fitted)
    means = np.array([fitted.posterior.linear(w).mean for w in np.eye(4)])
    effects = data.points.loc[data.points["level"] == "effect", "effect"]
    np.testing.assert_allclose(effects, fitted.design.y - fitted.design.X @ means)
    assert data.deviations
    assert (data.contours["mean"] == 0).all()
    assert data.contours["slope"].isna().all()


def test_means_and_weights_are_those_of_the_analysis(overall: BiasAnalysis) -> None:
    data = means_data(overall)
    assert list(data.rows["model"]) == ["no bias", "PET", "PEESE", "selection", "averaged"]
    np.testing.assert_array_equal(data.rows["median"], overall.table["median"])
    assert data.footer.caution == "Selection model: 9 of 400 transitions diverged."
    ax = corrected_means(overall)
    assert ax.get_xlabel() == "Correlation (r)"
    rare = replace(overall.models[-1], posterior=0.003)
    few = replace(overall, models=(*overall.models[:-1], rare))
    assert ".003" in [text.get_text() for text in corrected_means(few).texts]
    weights = weights_data(overall)
    assert overall.selection is not None
    np.testing.assert_array_equal(weights.rows["median"], overall.selection.weights["median"])
    drawn = step_weights(overall)
    labels = [text.get_text() for text in drawn.get_xticklabels()]
    assert labels[0] == "p < .025  (33 effects)"
    assert drawn.get_ylabel() == "Weight"
    with pytest.raises(ba.InputError, match="no selection model"):
        step_weights(replace(overall, selection=None, refusal="none was asked for"))


def test_text_and_record_tell_the_same(overall: BiasAnalysis) -> None:
    text = bias_text(overall)
    assert max(map(len, text.splitlines())) <= 80
    letters = "".join(text.split())
    record = bias_record(overall)
    for sentence in record["sentences"]:
        assert "".join(sentence.split()) in letters
    assert record["weights"][1]["prior_mean"] == pytest.approx(2 / 3)
    assert record["diagnostics"]["cautions"] == ["9 of 400 transitions diverged"]
    assert record["rows"][1]["choices"]["predictor"] == "se"
    rule = record["conditional_rule"][0]
    assert rule["chosen"] in ("PET", "PEESE")
    close = replace(overall, conditional=(replace(overall.conditional[0], p=0.0451),))
    told = " ".join(bias_text(close).split())
    assert "(PEESE where the one-sided p of the PET mean is p < .05; here p = .045)" in told
