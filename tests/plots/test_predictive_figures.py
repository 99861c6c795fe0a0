"""Predictive checks and ranks of samples left out."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_analyses import analysis, table
from matplotlib import pyplot
from matplotlib.axes import Axes

from bayes_alliance.checks.pit import left_out_ranks
from bayes_alliance.checks.predictive import posterior_predictive
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.loo_pit import loo_pit, loo_pit_data
from bayes_alliance.plots.predictive_checks import (
    PredictiveData,
    _p_text,
    predictive_checks,
    predictive_data,
)
from bayes_alliance.plots.style import figure_of, new_figure


@pytest.fixture(scope="module")
def data(overall: Fitted) -> PredictiveData:
    return predictive_data(overall)


@pytest.fixture(scope="module")
def panels(overall: Fitted) -> tuple[Axes, ...]:
    return predictive_checks(overall, width=3.35)


def test_p_values_are_those_of_the_check(
    overall: Fitted, data: PredictiveData, panels: tuple[Axes, ...]
) -> None:
    checked = posterior_predictive(overall).table
    assert checked is not None
    np.testing.assert_array_equal(data.comparison.table["p"], checked["p"])
    assert data.panels == ("effects", *checked["statistic"])
    for ax, p in zip(panels[1:], checked["p"], strict=True):
        assert _p_text(p) in [t.get_text() for t in ax.texts]


def test_histograms_hold_the_replications_and_lines_the_data(
    overall: Fitted, data: PredictiveData, panels: tuple[Axes, ...]
) -> None:
    ax = panels[1]
    row = data.comparison.table.iloc[0]
    assert row["observed"] == pytest.approx(overall.design.y.mean())
    assert set(np.asarray(ax.lines[0].get_xdata(), float)) == {row["observed"]}
    replicated = data.comparison.replicated["mean of the effects"]
    shown = sum(stairs.get_data().values.sum() for stairs in ax.patches)
    assert 0.99 * len(replicated) <= shown <= len(replicated)


def test_effects_are_cumulated_by_arviz(data: PredictiveData, panels: tuple[Axes, ...]) -> None:
    ax = panels[0]
    assert data.replicated.shape == (50, 12)
    assert len(ax.lines) == 51
    assert not pyplot.get_fignums()
    figure = figure_of(ax)
    figure.canvas.draw()
    footer = [t.get_text() for t in figure.texts if t.get_gid() == FOOTER_ID]
    assert any("Synthetic data" in line for line in footer)


def test_ticks_tell_the_values_they_stand_at(panels: tuple[Axes, ...]) -> None:
    figure_of(panels[0]).canvas.draw()
    for ax in panels:
        for tick, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
            text = label.get_text().replace("\N{MINUS SIGN}", "-")
            assert float(text) == pytest.approx(tick, abs=1e-9)


def test_panels_handed_in_are_used_and_counted(overall: Fitted) -> None:
    axes = tuple(new_figure(7, 5).subplots(2, 3).ravel())
    assert predictive_checks(overall, axes) == axes
    with pytest.raises(InputError, match="5 axes for 6 panels"):
        predictive_checks(overall, axes[:5])


def test_one_effect_has_no_spread() -> None:
    panels = predictive_data(analysis(table([1]))).panels
    assert panels == ("effects", "mean of the effects", "largest standardised residual")


def test_ranks_are_drawn_as_they_are_computed(overall: Fitted) -> None:
    data = loo_pit_data(overall, caution="careful")
    pit = np.sort(left_out_ranks(overall).table["pit"].to_numpy())
    np.testing.assert_allclose(np.sort(data.ranks.table["pit"]), pit)
    assert "By Pareto-smoothed importance sampling; Pareto k is above" in data.footer.data
    ax = loo_pit(overall, width=3.35)
    (curve,) = [line for line in ax.lines if len(line.get_xdata()) > 2]
    x, y = (np.asarray(v, float) for v in curve.get_data())
    at = int(np.argmin(np.abs(x - 0.5)))
    assert y[at] + x[at] == pytest.approx((pit <= x[at]).mean(), abs=1e-9)
    figure_of(ax).canvas.draw()
    label = ax.xaxis.label.get_window_extent()
    assert 0 <= label.x0 < label.x1 <= figure_of(ax).bbox.width


def test_axes_handed_in_are_used(overall: Fitted) -> None:
    ax = new_figure(4, 3).subplots()
    assert loo_pit(overall, ax) is ax


@pytest.mark.parametrize(("p", "text"), [(0.0, "p < .001"), (1.0, "p > .999"), (0.25, "p = .250")])
def test_p_values_are_written_as_journals_do(p: float, text: str) -> None:
    assert _p_text(p) == text
