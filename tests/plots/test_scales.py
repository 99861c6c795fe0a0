"""Posterior densities of the means."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from scipy import stats

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.densities import density_values
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.scales import scales, scales_data
from bayes_alliance.plots.style import new_figure
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.summaries.scale import Scale


def lines_at(ax: Axes, x: float) -> int:
    return sum(set(np.asarray(line.get_xdata(), float)) == {x} for line in ax.lines)


def test_densities_are_densities_of_r(by_scale: Fitted) -> None:
    data = scales_data(by_scale)
    assert data.means["name"].tolist() == ["task", "goal", "bond", "total"]
    for position, (name, own) in enumerate(data.densities.groupby("name", sort=False)):
        assert len(own) == 401
        assert np.trapezoid(own["density"], own["value"]) == pytest.approx(1, abs=0.02)
        assert own["value"].between(-1, 1).all()
        draws = np.tanh(by_scale.posterior.draws("beta")[:, position])
        mean = np.trapezoid(own["density"] * own["value"], own["value"])
        assert mean == pytest.approx(draws.mean(), abs=0.01)
        row = data.means.set_index("name").loc[name]
        assert row["lower"] == pytest.approx(np.quantile(draws, 0.025), abs=1e-3)
        assert row["median"] == pytest.approx(np.median(draws), abs=1e-4)


def test_an_exact_marginal_gives_an_exact_density() -> None:
    normal = MixtureMarginal(np.array([0.4]), np.array([0.2]))
    value = density_values(normal, Scale("ZCOR"))
    density = Scale("ZCOR").density(normal, value)
    expected = stats.norm.pdf(np.arctanh(value), 0.4, 0.2) / (1 - value**2)
    np.testing.assert_allclose(density, expected)
    assert np.trapezoid(density, value) == pytest.approx(1, abs=1e-3)
    assert value[density.argmax()] > np.tanh(0.4) + 0.005  # the mode of r is not tanh of that of z
    low, high = density_values(normal, Scale("GEN"))[[0, -1]]
    assert low < stats.norm.ppf(0.001, 0.4, 0.2) < stats.norm.ppf(0.999, 0.4, 0.2) < high


def test_densities_stay_between_minus_one_and_one() -> None:
    wide = MixtureMarginal(np.array([3.0]), np.array([2.0]))
    value = density_values(wide, Scale("ZCOR"))
    density = Scale("ZCOR").density(wide, value)
    assert np.isfinite(density).all()
    assert value.max() <= 1


def test_without_terms_there_is_one_density_with_its_benchmarks(overall: Fitted) -> None:
    ax = scales(overall)
    assert scales_data(overall).means["name"].tolist() == ["overall"]
    assert lines_at(ax, 0.278) == lines_at(ax, 0.21) == 1
    bands = [c.get_datalim(ax.transData) for c in ax.collections]
    assert any([b.x0, b.x1] == pytest.approx([0.256, 0.299]) for b in bands)


def test_a_benchmark_stands_on_the_row_of_its_coefficient(by_scale: Fitted) -> None:
    ax = scales(by_scale)
    (line,) = [li for li in ax.lines if set(np.asarray(li.get_xdata(), float)) == {0.25}]
    assert -1 < min(line.get_ydata()) < 0 < max(line.get_ydata()) < 0.5  # the first row, task


def test_axes_handed_in_are_used_and_furnished(overall: Fitted, general: Fitted) -> None:
    figure = new_figure(7, 3)
    figure.set_layout_engine("constrained")
    first, second = figure.subplots(1, 2)
    assert scales(overall, first, caution="careful") is first
    assert scales(general, second) is second
    hung = [t.get_text() for t in first.texts if t.get_gid() == FOOTER_ID]
    assert hung[0] == "careful"
    assert second.get_xlabel() == "Effect size"
    assert "Overall mean (k = 8)" in [t.get_text() for t in second.texts]
    figure.canvas.draw()
