"""Bayes factors over the prior scale: the figure's numbers, its panels, and what is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import analysis, table

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.evidence import (
    BAND_ID,
    MOST,
    OWN_AXIS,
    TELLS_NOTHING,
    draw_evidence,
    evidence,
    evidence_data,
)
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.style import figure_bytes, figure_style, new_figure, placed_axes
from bayes_alliance.sensitivity.invited import invited_tests
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.hypotheses import HypothesisTest

Tested = tuple[Fitted, tuple[HypothesisTest, ...]]


@pytest.fixture(scope="module")
def tested() -> Tested:
    effects = replace(table([3, 4, 4, 2, 3]), notice="Synthetic data: no evidence about therapy.")
    spec = (
        Specification()
        .with_terms("subscale")
        .with_changes(
            {"run.draws": 100, "run.chains": 2, "location.orders": ["task > goal > bond"]}
        )
    )
    fitted = analysis(effects, spec)
    return fitted, invited_tests(fitted)


def test_the_numbers_are_those_of_the_tests(tested: Tested) -> None:
    fitted, tests = tested
    data = evidence_data(fitted, tests, caution="careful")
    assert list(data.panels.index) == [test.hypothesis for test in tests]
    for test in tests:
        own = data.curves.loc[data.curves["hypothesis"] == test.hypothesis]
        assert test.curve is not None
        np.testing.assert_array_equal(own["factor"], test.curve.factors)
        np.testing.assert_array_equal(own["log_bf"], test.curve.log_bf10)
        crossed = data.crossings.loc[data.crossings["hypothesis"] == test.hypothesis]
        assert list(crossed["factor"]) == [at for at, _ in test.curve.crossings]
    assert data.panels.loc["task = 0", "scale"] == "sd of the location 0.5"
    assert bool(data.panels.loc["task > goal > bond", "order"])
    assert data.footer.notice == "Synthetic data: no evidence about therapy."


def test_every_panel_has_the_band_the_curve_and_its_crossings(tested: Tested) -> None:
    fitted, tests = tested
    figure = evidence(fitted, tests)
    assert len(figure.axes) == len(tests)
    for ax, test in zip(figure.axes, tests, strict=True):
        assert test.hypothesis.startswith(ax.get_title("left").rstrip("…"))
        (band,) = [patch for patch in ax.patches if patch.get_gid() == BAND_ID]
        np.testing.assert_allclose([band.get_y(), band.get_y() + band.get_height()], [1 / 3, 3])
        assert TELLS_NOTHING in [text.get_text() for text in ax.texts]
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
        assert test.curve is not None
        curves = [line for line in ax.lines if len(line.get_xdata()) == len(test.curve.factors)]
        np.testing.assert_allclose(curves[0].get_ydata(), np.exp(test.curve.log_bf10))
        marked = [line for line in ax.lines if line.get_marker() == "|"]
        assert len(marked) == len(test.curve.crossings)
    assert [text for text in figure.texts if text.get_gid() == FOOTER_ID]
    assert "Synthetic data" in " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("width", [3.35, 7.0])
def test_panels_and_texts_lie_inside_the_figure(tested: Tested, width: float) -> None:
    fitted, tests = tested
    figure = evidence(fitted, tests, width=width)
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    boxes = [ax.get_position() for ax in figure.axes]
    assert all(0 <= b.x0 < b.x1 <= 1 and 0 <= b.y0 < b.y1 <= 1 for b in boxes)
    for i, a in enumerate(boxes):
        assert not any(a.overlaps(b) for b in boxes[i + 1 :])


def test_a_curve_beyond_the_axis_is_told(tested: Tested) -> None:
    fitted, tests = tested
    first = tests[0]
    assert first.curve is not None
    far = replace(
        first,
        bayes_factor=replace(first.bayes_factor, log_bf10=50.0),
        curve=replace(first.curve, log_bf10=np.full(17, 50.0), crossings=()),
    )
    figure = evidence(fitted, [far, tests[1]])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"BF 5.2e+21\n{OWN_AXIS}" in texts
    assert TELLS_NOTHING not in texts
    np.testing.assert_allclose(figure.axes[0].get_ylim(), [1e21, 1e22])
    low, high = figure.axes[1].get_ylim()
    assert low < 1 / 3 < 3 < high < 2_000
    assert [ax.get_ylabel() for ax in figure.axes] == ["BF10", ""]


def test_a_curve_that_leaves_the_axis_stays_on_the_common_one(tested: Tested) -> None:
    fitted, tests = tested
    first = tests[0]
    assert first.curve is not None
    partly = replace(
        first, curve=replace(first.curve, log_bf10=np.linspace(0.0, 50.0, 17), crossings=())
    )
    ax = evidence(fitted, [partly]).axes[0]
    assert "BF 7.2e+10" in [text.get_text() for text in ax.texts]
    low, high = ax.get_ylim()
    assert low < 1 / 3 < 3 < high < 2_000


def test_axes_of_someone_else_and_too_many_panels(tested: Tested) -> None:
    fitted, tests = tested
    with figure_style():
        ax = placed_axes(new_figure(3, 3), left=0.5, bottom=0.5, width=2, height=2)
        assert draw_evidence(evidence_data(fitted, tests), "task = 0", ax) is ax
    many = [replace(tests[0], hypothesis=f"h{i}") for i in range(MOST + 3)]
    data = evidence_data(fitted, many)
    assert len(data.panels) == MOST
    assert "Not shown: 3 hypotheses" in data.footer.data
    with pytest.raises(ValueError, match="no test has a curve"):
        evidence_data(fitted, [replace(tests[0], curve=None)])
