"""The numbers of a forest: every effect once, on r where it is r, shrunken where it is shrunken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import FACE_TO_FACE, INTERNET, analysis, table
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.forest_data import forest_data, mean_counts
from bayes_alliance.spec.specification import Specification


def test_every_effect_stands_there_exactly_once(overall: Fitted) -> None:
    rows = forest_data(overall).rows
    shown = [f"{s}: {e}" for s, e in zip(rows["sample"], rows["effect"], strict=True)]
    assert shown == list(overall.design.effect_ids)
    assert rows["k"].tolist() == [3] * 3 + [1] + [4] * 4 + [1] + [3] * 3
    assert rows["n"].tolist() == overall.effects.frame["n"].tolist()


def test_scattered_rows_of_a_sample_are_brought_together() -> None:
    effects = table([2, 2])
    mixed = replace(effects, frame=effects.frame.iloc[[0, 2, 1, 3]].reset_index(drop=True))
    rows = forest_data(analysis(mixed)).rows
    assert rows["sample"].tolist() == sorted(rows["sample"])
    assert rows["yi"].tolist() == effects.frame["yi"].tolist()


def test_reported_intervals_are_wald_intervals_on_z_read_as_r(overall: Fitted) -> None:
    rows, design = forest_data(overall).rows, overall.design
    half = 1.959963984540054 * np.sqrt(design.variances)
    np.testing.assert_allclose(rows["reported"], np.tanh(design.y))
    np.testing.assert_allclose(rows["reported_lower"], np.tanh(design.y - half))
    np.testing.assert_allclose(rows["reported_upper"], np.tanh(design.y + half))


def test_true_effects_are_quantiles_of_theta(overall: Fitted) -> None:
    rows = forest_data(overall).rows
    theta = np.tanh(overall.posterior.random_effects()[1])
    np.testing.assert_allclose(rows["median"], np.median(theta, axis=0), atol=2e-4)
    np.testing.assert_allclose(rows["lower"], np.quantile(theta, 0.025, axis=0), atol=2e-3)
    assert (rows["lower"] < rows["median"]).all()
    assert (rows["median"] < rows["upper"]).all()


def test_single_effects_are_shrunken_towards_the_mean() -> None:
    fitted = analysis(table([1] * 30), draws=1_000)
    data = forest_data(fitted)
    rows, mean = data.rows, data.means["median"].item()
    far = (rows["reported"] - mean).abs() > 0.15
    assert far.sum() > 5
    shrunken = (rows["median"] - mean) / (rows["reported"] - mean)
    assert ((shrunken[far] > 0.05) & (shrunken[far] < 0.98)).all()
    on_z = rows[["lower", "upper", "reported_lower", "reported_upper"]].map(np.arctanh)
    true_widths = on_z["upper"] - on_z["lower"]
    assert (true_widths < on_z["reported_upper"] - on_z["reported_lower"]).all()


def test_mean_and_prediction_are_those_of_the_posterior(overall: Fitted) -> None:
    (mean,) = forest_data(overall).means.to_dict("records")
    weights = np.ones(1)
    z = overall.posterior.draws("beta")[:, 0]
    assert mean["name"] == "overall"
    assert mean["k"] == 12
    assert mean["median"] == pytest.approx(np.tanh(np.median(z)), abs=1e-4)
    assert mean["upper"] == pytest.approx(np.tanh(np.quantile(z, 0.975)))
    new = overall.posterior.predictive(weights, ("sample", "effect")).interval()
    assert [mean["new_lower"], mean["new_upper"]] == pytest.approx(np.tanh(new))
    assert mean["new_lower"] < mean["lower"] < mean["upper"] < mean["new_upper"]


def test_without_heterogeneity_nothing_is_predicted() -> None:
    spec = Specification().with_changes({"heterogeneity": {"sample": False, "effect": False}})
    means = forest_data(analysis(table([2, 2]), spec)).means
    assert means[["new_lower", "new_upper"]].isna().all(axis=None)


def test_each_level_has_its_mean_and_its_count(by_scale: Fitted) -> None:
    data = forest_data(by_scale)
    assert data.levels == ("task", "goal", "bond", "total")
    assert data.means["name"].tolist() == list(data.levels)
    assert data.means["k"].tolist() == [5, 3, 3, 1]
    assert sum(mean_counts(by_scale.design).values()) == 12


def test_collapsed_rows_are_samples_with_theta_sample(overall: Fitted) -> None:
    rows, design = forest_data(overall, collapse=True).rows, overall.design
    assert rows["sample"].tolist() == list(design.sample_ids)
    assert rows["k"].tolist() == [3, 1, 4, 1, 3]
    theta = overall.posterior.random_effects()[0]
    np.testing.assert_allclose(np.arctanh(rows["median"]), np.median(theta, axis=0))
    np.testing.assert_allclose(rows["yi"][0], design.y[:3].mean())
    np.testing.assert_allclose(rows["vi"][0], design.variances[:3].sum() / 9)
    np.testing.assert_allclose(rows["vi"][1], design.variances[3])


def test_dependent_errors_widen_the_mean_of_a_sample() -> None:
    spec = Specification().with_changes({"sampling": {"within_sample": "constant", "rho": 0.6}})
    effects = table([4, 1])
    dependent = forest_data(analysis(effects, spec), collapse=True).rows["vi"]
    independent = forest_data(analysis(effects), collapse=True).rows["vi"]
    assert dependent[0] == pytest.approx(independent[0] * (1 + 3 * 0.6))
    assert dependent[1] == pytest.approx(independent[1])


def test_effects_that_are_no_correlations_stay_as_they_are(general: Fitted) -> None:
    data = forest_data(general)
    np.testing.assert_allclose(data.rows["reported"], general.design.y)
    assert data.rows["n"].isna().all()
    assert data.levels == ()
    assert data.benchmarks.empty
    assert not data.scale.has_r


def test_raw_correlations_are_not_transformed_again() -> None:
    fitted = analysis(table([3, 2], measure="COR"))
    np.testing.assert_allclose(forest_data(fitted).rows["reported"], fitted.design.y)


def test_what_was_only_not_significant_has_its_critical_values() -> None:
    effects = table([3, 2])
    frame = effects.to_frame()
    frame.loc[1, "not_significant"] = True
    frame.loc[1, ["yi", "r"]] = np.nan
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    fitted = analysis(replace(effects, frame=frame), spec)
    row = forest_data(fitted).rows.iloc[1]
    critical = np.tanh(fitted.design.censored_at[1])
    assert row["not_significant"]
    assert np.isnan(row["reported"])
    assert row["reported_lower"] == pytest.approx(-critical)
    assert row["reported_upper"] == pytest.approx(critical)
    assert row["lower"] < row["median"] < row["upper"]


def test_missing_scales_are_no_level() -> None:
    effects = table([3, 1], subscale=True)
    frame = effects.to_frame()
    frame.loc[0, "subscale"] = None
    data = forest_data(analysis(replace(effects, frame=frame)))
    assert data.levels == ("task", "goal", "bond")
    assert data.rows["level"].tolist() == ["not stated", "goal", "bond", "task"]


def test_benchmarks_about_something_else_are_left_out(overall: Fitted) -> None:
    about = FACE_TO_FACE.model_copy(update={"topic": "alliance"})
    spec = Specification(benchmarks=(about, INTERNET))
    other = replace(overall, specification=spec, effects=replace(overall.effects, topic="grades"))
    assert forest_data(overall).benchmarks["r"].tolist() == [0.278, 0.21]
    assert forest_data(other).benchmarks["name"].tolist() == ["internet-based"]


@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_the_axis_holds_what_is_estimated(seed: int, shift: float) -> None:
    effects = table([1, 2, 1], seed=seed, measure="GEN", subscale=False)
    frame = effects.to_frame()
    frame["yi"] += shift
    data = forest_data(analysis(replace(effects, frame=frame), draws=50))
    low, high = data.limits
    assert low < min(0.0, data.rows["lower"].min(), data.means["new_lower"].min())
    assert high > max(0.0, data.rows["upper"].max(), data.means["new_upper"].max())


def test_the_axis_of_correlations_ends_at_one() -> None:
    effects = table([2, 1])
    frame = effects.to_frame()
    frame["yi"] = [2.9, -2.9, 3.0]
    low, high = forest_data(analysis(replace(effects, frame=frame))).limits
    assert -1 <= low < high <= 1


def test_weights_of_effects_and_of_samples_are_those_of_the_estimate(overall: Fitted) -> None:
    data = forest_data(overall)
    whole, samples = data.rows, forest_data(overall, collapse=True).rows
    assert 0.9 < whole["weight"].sum() < 1
    added = whole.groupby("sample", sort=False)["weight"].sum()
    np.testing.assert_allclose(samples["weight"], added)
    assert "the prior has the rest" in data.weight_note


def test_weights_of_levels_are_those_in_their_own_mean(by_scale: Fitted) -> None:
    data = forest_data(by_scale)
    assert data.rows["weight"].between(0, 1).all()
    assert (data.rows.groupby("level")["weight"].sum() <= 1).all()
    assert forest_data(by_scale, collapse=True).rows["weight"].isna().all()  # in which of the means


def test_the_predictive_density_is_that_of_a_new_effect(overall: Fitted) -> None:
    data = forest_data(overall)
    own = data.densities
    area = np.trapezoid(own["density"], own["value"])
    assert area == pytest.approx(1, abs=0.01)
    inside = own["value"].between(*data.means[["new_lower", "new_upper"]].iloc[0])
    share = np.trapezoid(own["density"].where(inside, 0.0), own["value"])
    assert share == pytest.approx(0.95, abs=0.01)


def test_without_heterogeneity_there_is_no_predictive_density() -> None:
    spec = Specification().with_changes({"heterogeneity": {"sample": False, "effect": False}})
    assert forest_data(analysis(table([2, 2]), spec)).densities.empty
