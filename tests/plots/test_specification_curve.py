"""The specification curve: its numbers, its panels, and that it takes few and many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn_analyses import analysis, table

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.specification_curve import (
    COLUMNS,
    specification_curve,
    specification_curve_data,
)
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.spec.specification import Specification

WHY = "To be drawn."
SHORT = {"run.draws": 100, "run.chains": 2}


def priors(name: str, path: str, values: list[float]) -> dict[str, Any]:
    """A factor of scales."""
    options = [{"name": f"{v:g}", "because": WHY, "change": {path: v}} for v in values]
    return {"name": name, "options": options}


def several(count: int) -> tuple[Fitted, Multiverse]:
    """A fit and a multiverse of 2 x 2 x count specifications."""
    effects = replace(table([3, 4, 4, 2, 3]), notice="Synthetic data: no evidence about therapy.")
    fitted = analysis(effects, Specification().with_changes(SHORT))
    grid = {
        "factors": [
            priors("scale of tau_effect", "priors.tau_effect.scale", [0.05, 0.3]),
            priors("sd of the mean", "priors.location.sd", [0.2, 0.6]),
            priors("scale of tau_sample", "priors.tau_sample.scale",
                   np.linspace(0.02, 0.8, count).tolist()),
        ]
    }  # fmt: skip
    return fitted, run_multiverse(effects, fitted.specification, grid, workers=1)


@pytest.fixture(scope="module")
def few() -> tuple[Fitted, Multiverse]:
    """Sixteen specifications."""
    return several(4)


def test_the_numbers_are_those_of_the_multiverse(few: tuple[Fitted, Multiverse]) -> None:
    fitted, found = few
    data = specification_curve_data(fitted, found, caution="careful")
    order = found.table["r_median"].astype(float).sort_values(kind="stable").index
    np.testing.assert_array_equal(data.curve["lower"], found.table.loc[order, "r_lower"])
    np.testing.assert_allclose(
        data.curve["log10_bf"] * np.log(10), found.table.loc[order, "log_bf10"].astype(float)
    )
    shares = dict(zip(found.factors, found.shares["estimate"].factors, strict=True))
    assert list(data.factors) == sorted(shares, key=lambda name: -shares[name])
    for (factor, option), row in zip(data.options.to_numpy().tolist(), data.chosen, strict=True):
        own = found.table.loc[order, f"choice: {factor}"] == option
        np.testing.assert_array_equal(row, own)
    assert data.chosen.shape == (8, 16)
    assert (data.chosen.sum(0) == 3).all()
    assert data.footer.caution == "careful"
    assert "16 specifications." in data.footer.data


@pytest.mark.parametrize("width", [4.5, 7.0])
def test_panels_stand_inside_the_figure(few: tuple[Fitted, Multiverse], width: float) -> None:
    figure = specification_curve(*few, width=width)
    assert len(figure.axes) == 4
    boxes = [ax.get_position() for ax in figure.axes]
    assert all(0 <= b.x0 < b.x1 <= 1 and 0 <= b.y0 < b.y1 <= 1 for b in boxes)
    told = [text.get_text() for text in figure.texts if text.get_gid() == FOOTER_ID]
    assert any("no evidence about therapy" in line for line in told)
    names = {text.get_text() for text in figure.axes[0].texts}
    assert {"0.2", "0.6", "0.05", "0.3"} <= names
    figure.canvas.draw()


def test_many_specifications_share_columns() -> None:
    fitted, found = several(80)
    data = specification_curve_data(fitted, found)
    assert data.chosen.shape == (70, COLUMNS)
    assert "Not shown: 14 options" in data.footer.data
    sizes = [len(part) for part in np.array_split(np.arange(320), COLUMNS)]
    first = data.chosen[(data.options["factor"] == "sd of the mean").to_numpy()]
    np.testing.assert_allclose(first @ sizes, [160, 160])
    specification_curve(fitted, found).canvas.draw()
