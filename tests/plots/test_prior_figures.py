"""Figures of priors: their numbers are those of the analysis, and what is marked in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import analysis, table
from matplotlib.colors import to_hex

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.prior_alternatives import alternatives, alternatives_data
from bayes_alliance.plots.prior_curves import prior_curves, prior_curves_data
from bayes_alliance.plots.rows import LABEL_ID
from bayes_alliance.plots.style import CAUTION
from bayes_alliance.sensitivity.changes import Change, Difference
from bayes_alliance.sensitivity.curves import PriorCurve, over_prior_scales
from bayes_alliance.sensitivity.priors import PriorAlternatives, over_priors
from bayes_alliance.spec.specification import Specification

SHORT = {"run.draws": 100, "run.chains": 2}
Drawn = tuple[Fitted, PriorAlternatives, tuple[PriorCurve, ...]]


@pytest.fixture(scope="module")
def scaled() -> Drawn:
    """Means of four scales of synthetic data, with a planted change in each of the two."""
    effects = replace(table([3, 4, 4, 2, 3]), notice="Synthetic data: no evidence about therapy.")
    fitted = analysis(effects, Specification().with_terms("subscale").with_changes(SHORT))
    found, curves = over_priors(fitted), over_prior_scales(fitted, [0.5, 1, 2])
    planted = (Difference("task - bond", "interval", "includes 0", "above 0", "Told"),)
    rows = tuple(
        replace(r, differences=planted if i == 2 else ()) for i, r in enumerate(found.rows)
    )
    change = Change("task", "interval", "a", "b", 0.7, "Told.", ("task",))
    curves = tuple(replace(c, found=(change,) if i == 1 else ()) for i, c in enumerate(curves))
    return fitted, replace(found, rows=rows), curves


def test_the_numbers_of_the_alternatives_are_those_of_the_table(scaled: Drawn) -> None:
    fitted, found, _ = scaled
    data = alternatives_data(fitted, found, caution="careful")
    assert data.priors == tuple(found.table.index)
    assert len(data.panels) == 4 + 6 + 2
    for prior, own in data.answers.groupby("prior"):
        row = found.table.loc[prior]
        for end, column in (("", "median"), ("_lower", "lower"), ("_upper", "upper")):
            want = [row[f"{name}{end}"] for name in own["name"]]
            np.testing.assert_array_equal(own[column].to_numpy(float), want)
    changed = data.answers.loc[data.answers["changed"], ["prior", "name"]].to_numpy().tolist()
    assert changed == [[found.rows[2].label, "task - bond"]]
    assert data.footer.caution == "careful"
    assert data.footer.notice == "Synthetic data: no evidence about therapy."


def test_the_alternatives_are_drawn(scaled: Drawn) -> None:
    fitted, found, _ = scaled
    figure = alternatives(fitted, found)
    assert len(figure.axes) == 12
    labels = [t.get_text() for t in figure.axes[0].texts if t.get_gid() == LABEL_ID]
    assert labels == ["declared", *(row.label for row in found.rows)]
    by_title = {ax.get_title("left"): ax for ax in figure.axes}
    marked = [
        line for ax in figure.axes for line in ax.lines
        if line.get_marker() == "D" and to_hex(line.get_color()) == CAUTION
    ]  # fmt: skip
    (diamond,) = marked
    assert diamond in list(by_title["task - bond"].lines)
    assert diamond.get_ydata()[0] == 3
    assert all(low <= 0 <= high for low, high in (ax.get_xlim() for ax in figure.axes))
    assert any(text.get_gid() == FOOTER_ID for text in figure.texts)


def test_the_numbers_of_the_curves_are_those_of_their_tables(scaled: Drawn) -> None:
    fitted, _, curves = scaled
    data = prior_curves_data(fitted, curves)
    assert list(data.declared) == ["location", "differences", "tau_sample", "tau_effect"]
    for curve in curves:
        own = data.curves.loc[data.curves["prior"] == curve.name]
        for name, points in own.groupby("name"):
            np.testing.assert_array_equal(points["factor"], [0.5, 1, 2])
            np.testing.assert_array_equal(points["median"], curve.table[name])
            np.testing.assert_array_equal(points["lower"], curve.table[f"{name}_lower"])
    assert data.changes.to_numpy().tolist() == [["differences", "task", 0.7]]


def test_the_curves_are_drawn(scaled: Drawn) -> None:
    fitted, _, curves = scaled
    figure = prior_curves(fitted, curves)
    assert len(figure.axes) == 12
    task = next(ax for ax in figure.axes if ax.get_title("left") == "task")
    (mark,) = [line for line in task.lines if line.get_marker() == "v"]
    assert mark.get_xdata()[0] == 0.7
    assert task.get_xscale() == "log"
    assert task.get_xlim() == pytest.approx((0.5, 2))
    looks = {
        (line.get_color(), str(line.get_linestyle()))
        for line in task.lines
        if len(line.get_xdata()) == 3
    }
    assert len(looks) == 4
    with pytest.raises(ba.InputError, match="no curve to draw"):
        prior_curves(fitted, ())


def test_many_answers_leave_room_for_those_that_change() -> None:
    effects = table([7] * 6)
    effects = replace(effects, frame=effects.to_frame().assign(
        kind=[f"k{i}" for i in range(7)] * 6))  # fmt: skip
    fitted = analysis(effects, Specification().with_terms("kind").with_changes(SHORT))
    found = over_priors(fitted)
    last = found.baseline.contrasts[-1].name
    planted = (Difference(last, "interval", "includes 0", "above 0", "Told"),)
    data = alternatives_data(
        fitted, replace(found, rows=(replace(found.rows[0], differences=planted),))
    )
    kinds = [kind for kind, _ in data.panels]
    assert kinds.count("difference") == 12
    assert ("difference", last) in data.panels
    assert "Not shown: 9 answers" in str(data.footer)
