"""Figures of design analyses: their data, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import bayes_alliance as ba
from bayes_alliance.plots.expected import detectable, detectable_data, expected, expected_data
from bayes_alliance.plots.footer import FOOTER_ID


@pytest.fixture(scope="module")
def fit() -> ba.Fit:
    return ba.fit("ibi_synthetic", "subscales_constant", changes={"run.draws": 200})


def _footer(figure) -> str:
    return " ".join(text.get_text() for text in figure.texts if text.get_gid() == FOOTER_ID)


def test_shares_over_the_true_size(fit):
    found = fit.smallest_detectable(["task - goal", "task - bond"], replications=25)
    data = detectable_data(found, fit.fitted)
    row = found.rows[1]
    assert data.smallest.loc["task - bond", "x"] == row.r
    own = data.curves.loc[data.curves["name"] == "task - bond"]
    assert own["x"].iloc[0] == pytest.approx(0, abs=1e-12)
    assert own["x"].is_monotonic_increasing
    # At the effects that were fitted, the curve is the share of data sets.
    share = (row.log_bf10[0] > np.log(3)).mean()
    assert own["p_bf10"].iloc[0] == share
    figure = fit.plot_detectable(found)
    assert [ax.get_title("left") for ax in figure.axes] == ["task - goal", "task - bond"]
    marked = [line for line in figure.axes[1].lines if list(line.get_xdata()) == [row.r, row.r]]
    assert len(marked) == 1
    assert "no evidence about therapy" in _footer(figure)
    assert "25 simulated data sets" in _footer(figure)


def test_widths_and_evidence_over_samples(fit):
    found = fit.expect([0, 5], n=60, of=["task", "task - bond"], replications=10, width=0.1)
    table = expected_data(found)
    assert table["name"].tolist() == ["task", "task - bond"] * 2
    figure = fit.plot_expected(found)
    assert len(figure.axes) == 4
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "width on r", "share of data sets", "width on z", "share of data sets",
    ]  # fmt: skip
    drawn = figure.axes[0].lines[0].get_ydata()
    wanted = table.loc[table["name"] == "task", "width_median"]
    np.testing.assert_allclose(drawn, wanted)
    assert "no evidence about therapy" in _footer(figure)
    planned = ba.assurance("overall", [3, 6], n=50, replications=10)
    assert "planned" not in _footer(expected(planned))
    assert "n = 50" in _footer(expected(planned))


def test_an_effect_that_is_not_shown_has_no_line(fit):
    found = fit.smallest_detectable(["task - bond"], replications=20, power=0.999, threshold=1e300)
    assert found.rows[0].delta is None
    figure = detectable(found, fit.fitted)
    assert len(figure.axes[0].lines) == 4
