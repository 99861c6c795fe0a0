"""Evidence on moderators: the figure's numbers, marks, band, arrows and footer."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.moderator_evidence import moderator_evidence, moderator_evidence_data
from bayes_alliance.plots.rows import ARROW_ID
from bayes_alliance.report.averaging import average_text
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison
from bayes_alliance.summaries.evidence import ratio_text

NAMES = ["a", "b", "very long name of a moderator that nobody can shorten but the figure"]


@pytest.fixture(scope="module")
def found() -> tuple[ba.Fit, ModeratorComparison, ModelAverage]:
    """Three moderators of made-up effects, one of them strong, and their average."""
    rng = np.random.default_rng(4)
    size = 40
    group = np.arange(size) % 2
    effects = made_effects(
        [f"s{i // 2}" for i in range(size)],
        r=np.tanh(0.2 + 0.5 * group + 0.1 * rng.normal(size=size)), n=90,
        notice="Synthetic data: no evidence.",
        **{NAMES[0]: np.where(group, "x_1", "$y"), NAMES[1]: rng.choice(["u", "v", "w"], size),
           NAMES[2]: rng.normal(size=size).round(2)},
    )  # fmt: skip
    fit = ba.fit(effects, "overall", changes={"run.draws": 100})
    return fit, fit.compare_moderators(NAMES), fit.average(NAMES)


def test_the_numbers_are_those_of_the_comparison(
    found: tuple[ba.Fit, ModeratorComparison, ModelAverage],
) -> None:
    fit, comparison, average = found
    data = moderator_evidence_data(fit.fitted, comparison, average, caution="careful")
    logs = [one.factor.log_bf10 for one in comparison.found]
    np.testing.assert_array_equal(data.rows["log_bf10"], [*logs, *[np.nan] * 3])
    np.testing.assert_array_equal(data.rows["posterior"], [i.posterior for i in average.inclusions])
    assert data.rows["name"].tolist()[3:] == [
        "heterogeneity of samples", "heterogeneity within", "heterogeneity (any)",
    ]  # fmt: skip
    assert data.marks["sd"].tolist() == [0.0625, 0.125, 0.5, 1.0] * 3
    assert data.marks["log_bf10"].iloc[2] == dict(comparison.found[0].over_scales)[0.5].log_bf10
    assert data.footer.notice == "Synthetic data: no evidence."
    assert data.footer.caution == "careful"
    assert "on the same 40 effect sizes." in data.footer.data
    alone = moderator_evidence_data(fit.fitted, comparison)
    assert not alone.averaged
    assert len(alone.rows) == 3


def test_dots_band_and_bars_stand_where_they_must(
    found: tuple[ba.Fit, ModeratorComparison, ModelAverage],
) -> None:
    fit, comparison, average = found
    figure = fit.plot_moderator_evidence(comparison, average)
    evidence, inclusion = figure.axes
    dots = {int(line.get_ydata()[0]): line.get_xdata()[0] for line in evidence.lines
            if line.get_marker() == "o"}  # fmt: skip
    assert dots.keys() == {1, 2}  # the first is beyond the axis
    for row, x in dots.items():
        assert x == comparison.found[row].factor.log_bf10
    band = evidence.patches[0].get_extents().transformed(evidence.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((-math.log(3), math.log(3)))
    arrows = [line for line in evidence.lines if line.get_gid() == ARROW_ID]
    assert {line.get_marker() for line in arrows} == {">"}
    bars = [patch.get_width() for patch in inclusion.patches]
    assert bars == [i.posterior for i in average.inclusions]
    texts = [text.get_text() for text in evidence.texts]
    first = ratio_text(comparison.found[0].factor.log_bf10)
    assert {"the data cannot tell", "against", "for", first} <= set(texts)
    footers = [text.get_text() for text in figure.findobj() if text.get_gid() == FOOTER_ID]
    assert "Synthetic data: no evidence." in footers


def test_numbers_of_the_axis_do_not_touch(
    found: tuple[ba.Fit, ModeratorComparison, ModelAverage],
) -> None:
    fit, comparison, average = found
    figure = fit.plot_moderator_evidence(comparison, average)
    figure.canvas.draw()
    labels = [t for t in figure.axes[0].get_xticklabels() if t.get_text()]
    boxes = sorted((t.get_window_extent() for t in labels), key=lambda box: box.x0)
    assert len(boxes) >= 5
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    shown = {t.get_text() for t in labels}
    assert {"1/3", "1", "3"} <= shown


def test_the_mean_has_a_row_where_it_may_be_0(
    found: tuple[ba.Fit, ModeratorComparison, ModelAverage],
) -> None:
    fit, comparison, _ = found
    average = fit.average(NAMES[:2], effect=True)
    data = moderator_evidence_data(fit.fitted, comparison, average)
    assert data.rows["name"].iloc[-1] == "a mean other than 0"
    assert data.rows["posterior"].iloc[-1] == average.inclusion.loc["mean", "posterior"]
    assert math.isnan(data.rows["posterior"].iloc[2])  # not among the terms of the average
    assert "a mean of 0 or not" in average_text(average)


def test_without_an_average_there_is_one_panel(
    found: tuple[ba.Fit, ModeratorComparison, ModelAverage],
) -> None:
    fit, comparison, _ = found
    kept = replace(comparison, found=comparison.found[1:])
    figure = moderator_evidence(fit.fitted, kept)
    (ax,) = figure.axes
    low, high = ax.get_xlim()
    assert -low == high
    assert high < 1.06 * math.log(1e3)
    key = [text.get_text() for text in ax.get_legend().get_texts()]
    assert key == ["BF10, prior sd of a difference 0.25", "at sd 0.0625",
                   "at sd 0.125", "at sd 0.5", "at sd 1",
                   "1/3 to 3: the data cannot tell"]  # fmt: skip


def test_a_comparison_on_own_rows_says_so() -> None:
    fit = ba.fit("ibi_synthetic", "overall", changes={"run.draws": 100})
    each = fit.compare_moderators(["diagnosis", "year"], rows="each", scales=())
    data = moderator_evidence_data(fit.fitted, each)
    assert "on its own rows, 78 to 82 effect sizes." in data.footer.data
    assert data.marks.empty
    assert len(moderator_evidence(fit.fitted, each).axes) == 1
