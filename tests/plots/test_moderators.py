"""Levels of moderators and their comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_analyses import analysis, table
from matplotlib.axes import Axes

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.moderators import moderators, moderators_data
from bayes_alliance.plots.style import figure_of, new_figure
from bayes_alliance.spec.specification import Specification


@pytest.fixture(scope="module")
def effects() -> EffectSizes:
    return table([3, 2, 4, 3], year=[2000.0 + i for i in range(12)])


def labels(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_cell_means_are_the_levels(by_scale: Fitted) -> None:
    data = moderators_data(by_scale)
    assert data.levels["level"].tolist() == ["task", "goal", "bond", "total"]
    assert data.levels["k"].tolist() == [5, 3, 3, 1]
    beta = np.tanh(by_scale.posterior.draws("beta"))
    np.testing.assert_allclose(data.levels["lower"], np.quantile(beta, 0.025, 0), atol=1e-3)
    np.testing.assert_allclose(data.levels["median"], np.median(beta, 0), atol=1e-4)


def test_contrasts_are_differences_of_r_draw_by_draw(by_scale: Fitted) -> None:
    contrasts = moderators_data(by_scale).contrasts.set_index("name")
    assert len(contrasts) == 6
    r = np.tanh(by_scale.posterior.draws("beta"))
    difference = r[:, 0] - r[:, 2]
    row = contrasts.loc["task - bond"]
    assert row["median"] == pytest.approx(np.median(difference))
    assert row["lower"] == pytest.approx(np.quantile(difference, 0.025))
    assert row["p_positive"] == pytest.approx((difference > 0).mean())


def test_with_several_terms_levels_are_means_and_not_deviations(effects: EffectSizes) -> None:
    spec = Specification().with_terms("subscale", "year")
    spec = spec.with_changes({"location.units": {"year": 10}})
    fitted = analysis(effects, spec)
    levels = moderators_data(fitted).levels
    beta = fitted.posterior.draws("beta")
    total = np.tanh(beta[:, 0] - beta[:, 1:4].sum(1))  # the last level is minus the others' sum
    row = levels.loc[levels["level"] == "total"].iloc[0]
    assert row["median"] == pytest.approx(np.median(total), abs=1e-4)
    year = levels.loc[levels["term"] == "year"]
    assert year["level"].tolist() == ["2005.5 (centre)", "2015.5 (+ 10)"]
    above = np.tanh(beta[:, 0] + beta[:, 4])
    assert year["median"].iloc[1] == pytest.approx(np.median(above), abs=1e-4)
    assert levels["term"].unique().tolist() == ["subscale", "year"]


def test_other_measures_are_compared_as_they_are(effects: EffectSizes) -> None:
    general = table([3, 2, 4], measure="GEN")
    fitted = analysis(general, Specification().with_terms("subscale"))
    row = moderators_data(fitted).contrasts.iloc[0]
    beta = fitted.posterior.draws("beta")
    assert row["median"] == pytest.approx(np.median(beta[:, 0] - beta[:, 1]))
    assert moderators(fitted)[0].get_xlabel() == "Effect size"


def test_every_level_and_comparison_is_drawn(by_scale: Fitted) -> None:
    levels, comparisons = moderators(by_scale, caution="careful")
    assert {"subscale", "task (k = 5)", "total (k = 1)"} <= set(labels(levels))
    assert {"task - goal", "bond - total", "P(> 0)"} <= set(labels(comparisons))
    figure = figure_of(levels)
    footer = [t.get_text() for t in figure.texts if t.get_gid() == FOOTER_ID]
    assert footer[0] == "Data: made up, 12 effect sizes in 5 samples."
    assert "careful" in footer
    benchmark = [li for li in levels.lines if set(np.asarray(li.get_xdata(), float)) == {0.25}]
    assert len(benchmark) == 1


def test_probabilities_are_never_certain() -> None:
    effects = table([1] * 20, arm=["a", "b"] * 10)
    frame = effects.frame
    frame.loc[frame["arm"] == "a", "yi"] += 1.5
    written = labels(moderators(analysis(effects, Specification().with_terms("arm")))[1])
    assert "> .999" in written


def test_axes_handed_in_are_used(by_scale: Fitted) -> None:
    figure = new_figure(7, 6)
    figure.set_layout_engine("constrained")
    axes = tuple(figure.subplots(2))
    assert moderators(by_scale, axes) == axes
    figure.canvas.draw()


def test_a_model_without_moderators_is_told(overall: Fitted) -> None:
    with pytest.raises(InputError, match="no moderator"):
        moderators(overall)
