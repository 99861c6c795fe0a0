"""Answers over rho: the figure's numbers, its panels, and what is marked in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import analysis, table

from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.correlation import _stretches, correlation, correlation_data
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.sensitivity.changes import Change
from bayes_alliance.sensitivity.correlation import RhoCurve, over_rho
from bayes_alliance.spec.specification import Specification

SHORT = {"run.draws": 100, "run.chains": 2}


@pytest.fixture(scope="module")
def scaled() -> tuple[Fitted, RhoCurve]:
    """Means of four scales of synthetic data, and their curve with three planted changes."""
    effects = replace(table([3, 4, 4, 2, 3]), notice="Synthetic data: no evidence about therapy.")
    fitted = analysis(effects, Specification().with_terms("subscale").with_changes(SHORT))
    curve = over_rho(fitted, [0.0, 0.45, 0.9])
    found = (
        Change("task - bond", "interval", "includes 0", "above 0", 0.3, "One.", ("task - bond",)),
        Change("goal", "rope", "a", "b", 0.5, "Two.", ("goal",)),
        Change("largest mean of subscale", "largest", "task", "goal", 0.8, "Three.",
               ("goal", "task")),
    )  # fmt: skip
    return fitted, replace(curve, found=found)


def test_the_numbers_are_those_of_the_curve(scaled: tuple[Fitted, RhoCurve]) -> None:
    fitted, curve = scaled
    data = correlation_data(fitted, curve, caution="careful")
    assert data.fitted_rho == 0
    kinds = data.curves.drop_duplicates("name").groupby("kind")["name"].size().to_dict()
    assert kinds == {"mean": 4, "difference": 6, "tau": 2}
    for name, own in data.curves.groupby("name"):
        np.testing.assert_array_equal(own["rho"], [0, 0.45, 0.9])
        np.testing.assert_array_equal(own["median"], curve.table[name])
        np.testing.assert_array_equal(own["upper"], curve.table[f"{name}_upper"])
    assert sorted(map(tuple, data.changes.to_numpy().tolist())) == [
        ("goal", "largest", 0.8),
        ("goal", "rope", 0.5),
        ("task", "largest", 0.8),
        ("task - bond", "interval", 0.3),
    ]
    prior = fitted.specification.priors.rho
    np.testing.assert_allclose(
        data.density["prior"][1:], np.exp(prior.logpdf(data.density["rho"][1:]))
    )
    assert data.density["posterior"].isna().all()
    assert data.footer.caution == "careful"
    assert data.footer.notice == "Synthetic data: no evidence about therapy."


@pytest.mark.parametrize(("width", "height"), [(3.35, 9.6), (7.0, 6.5)])
def test_every_answer_has_its_panel(
    scaled: tuple[Fitted, RhoCurve], width: float, height: float
) -> None:
    figure = correlation(*scaled, width=width, caution="careful")
    panels = {ax.get_title("left"): ax for ax in figure.axes}
    assert list(panels)[:5] == ["task", "goal", "bond", "total", "task - goal"]
    assert list(panels)[-3:] == ["tau_sample", "tau_effect", "Density of rho"]
    assert figure.get_size_inches()[0] == pytest.approx(width)
    assert figure.get_size_inches()[1] < height
    marks = {
        name: sorted(t.get_text() for t in ax.texts if t.get_text().startswith("."))
        for name, ax in panels.items()
    }
    assert {name: found for name, found in marks.items() if found} == {
        "task": [".80"], "goal": [".50", ".80"], "task - bond": [".30"],
    }  # fmt: skip
    told = [text.get_text() for text in figure.texts if text.get_gid() == FOOTER_ID]
    assert any("Synthetic data" in line for line in told)
    assert "careful" in told
    edges = [ax.get_position() for ax in figure.axes]
    assert all(0 <= e.x0 < e.x1 <= 1 and 0 <= e.y0 < e.y1 <= 1 for e in edges)
    shared = {panels[name].get_ylim() for name in ("task - goal", "goal - bond", "bond - total")}
    assert len(shared) == 1
    figure.canvas.draw()


def test_few_answers_stand_in_one_row_and_rho_shows_its_posterior() -> None:
    changes = {"sampling.within_sample": "estimated", **SHORT}
    fitted = run_analysis(table([3, 4, 4, 2, 3]), Specification().with_changes(changes))
    curve = over_rho(fitted, [0.0, 0.5, 0.9])
    data = correlation_data(fitted, curve)
    assert data.fitted_rho is None
    inside = np.trapezoid(data.density["posterior"], data.density["rho"])
    assert inside == pytest.approx(float(fitted.posterior.rho().cdf(0.9)), abs=1e-3)
    figure = correlation(fitted, curve)
    assert len({round(ax.get_position().y0, 6) for ax in figure.axes}) == 1
    assert [ax.get_title("left") for ax in figure.axes] == [
        "Overall mean", "tau_sample", "tau_effect", "Density of rho",
    ]  # fmt: skip


def test_too_many_answers_are_left_to_the_table(scaled: tuple[Fitted, RhoCurve]) -> None:
    fitted, curve = scaled
    many = replace(
        curve,
        headlines=tuple(
            replace(h, contrasts=tuple(replace(h.contrasts[0], name=f"c{i}") for i in range(14)))
            for h in curve.headlines
        ),
        found=(Change("c13", "interval", "", "", 0.4, "", ("c13",)),),
    )
    data = correlation_data(fitted, many)
    shown = dict(data.rows)["difference"]
    assert shown == (*(f"c{i}" for i in range(11)), "c13")
    assert "Not shown: 2 answers" in data.footer.data


def test_stretches_are_where_the_interval_excludes_0() -> None:
    rho = np.array([0.0, 0.4, 0.8])
    np.testing.assert_allclose(
        _stretches(rho, np.array([-0.1, 0.1, -0.1]), np.full(3, 0.5)), [(0.2, 0.6)]
    )
    assert _stretches(rho, np.full(3, -0.1), np.full(3, 0.5)) == []
    assert _stretches(rho, np.full(3, -0.6), np.full(3, -0.1)) == [(0.0, 0.8)]
