"""The figure of benchmarks: the numbers of the table, and how much both distributions share."""

from __future__ import annotations

import numpy as np
import pytest
from legible import faults
from scipy import stats

from bayes_alliance.analysis.face import Fit
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.plots.benchmark import benchmark, benchmark_data
from bayes_alliance.plots.benchmark_data import overlap
from bayes_alliance.plots.style import ONE_COLUMN, TWO_COLUMNS


def test_the_numbers_are_those_of_the_table(overall: Fitted) -> None:
    rows = benchmark_data(overall).rows
    table = Fit(overall).benchmark()
    assert rows["name"].tolist() == table.index.tolist()
    same = ["difference", "difference_lower", "difference_upper", "p_above", "p_rope"]
    np.testing.assert_array_equal(rows[same].to_numpy(), table[same].to_numpy())
    np.testing.assert_array_equal(rows["r"], table["benchmark_r"])


def test_overlap_of_two_normals_is_known() -> None:
    x = np.linspace(-9, 11, 8001)
    first, second = stats.norm.pdf(x), stats.norm.pdf(x, 2)
    assert overlap(value=x, first=first, second=second) == pytest.approx(2 * stats.norm.cdf(-1))
    assert overlap(value=x, first=first, second=first) == pytest.approx(1)


def test_shares_are_those_of_simulated_draws(overall: Fitted) -> None:
    data = benchmark_data(overall)
    rng = np.random.default_rng(1)
    new = overall.posterior.predictive(np.ones(1), ("sample",))
    drawn = np.tanh(new.quantile(rng.uniform(size=4_000)))
    error = (np.arctanh(0.299) - np.arctanh(0.256)) / (2 * 1.959964)
    theirs = np.tanh(rng.normal(np.arctanh(0.278), error, 4_000))
    first, fixed = data.rows.to_dict("records")
    assert first["p_new_above"] == pytest.approx((drawn > theirs).mean(), abs=0.02)
    assert fixed["p_new_above"] == pytest.approx((drawn > 0.21).mean(), abs=0.02)
    counts = [np.histogram(values, np.linspace(0.2, 0.36, 81))[0] for values in (drawn, theirs)]
    assert first["overlap_new"] == pytest.approx(np.minimum(*counts).sum() / 4_000, abs=0.03)
    assert 0 < first["overlap"] < 1
    assert np.isnan([fixed["overlap"], fixed["overlap_new"]]).all()  # a value has no density


def test_curves_are_densities(overall: Fitted) -> None:
    data = benchmark_data(overall)
    for (row, curve), own in data.densities.groupby(["row", "curve"]):
        area = np.trapezoid(own["density"], own["value"])
        assert area == pytest.approx(1, abs=0.02), (row, curve)
        if curve == "difference":
            centre = np.trapezoid(own["density"] * own["value"], own["value"]) / area
            expected = np.tanh(overall.posterior.draws("beta")).mean() - data.rows["r"][row]
            assert centre == pytest.approx(expected, abs=0.01)
    assert set(data.densities.loc[data.densities["row"] == 1, "curve"]) == {
        "ours",
        "new",
        "difference",
    }


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_the_figure_is_legible(overall: Fitted, by_scale: Fitted, width: float) -> None:
    for fitted, panels in ((overall, 4), (by_scale, 2)):
        figure = benchmark(fitted, width=width)
        assert figure.get_size_inches()[0] == width
        assert len(figure.axes) == panels
        assert faults(figure) == []
    written = " ".join(text.get_text() for text in benchmark(overall, width=width).texts)
    assert "face to face, Flückiger et al. 2018" in written
    assert ".278 [.256, .299]" in written
    assert "Synthetic data" in written


def test_without_benchmarks_there_is_no_figure(general: Fitted) -> None:
    with pytest.raises(InputError, match="no benchmark"):
        benchmark(general)
