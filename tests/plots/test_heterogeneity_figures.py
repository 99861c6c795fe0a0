"""Joint density of both taus, and true means over tau."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_analyses import analysis, table
from made_fits import made_effects

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.verbs.heterogeneity_figures import HeterogeneityFigures
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.errors import InputError
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.joint_taus import SHARE_ID, TOTAL_ID, joint_taus, joint_taus_data
from bayes_alliance.plots.shrinkage import (
    APART,
    CURVE_ID,
    EXTREMES,
    LABEL_ID,
    _moved_apart,
    shrinkage,
    shrinkage_data,
)
from bayes_alliance.plots.style import figure_of, new_figure
from bayes_alliance.spec.specification import Specification


@pytest.fixture(scope="module")
def exact() -> Fitted:
    effects = made_effects([f"S${i // 2}_{'x' * 80}" for i in range(24)], notice="Made up.")
    return run_analysis(effects, Specification())


def gids(ax, gid: str) -> list:
    return [artist for artist in ax.findobj() if artist.get_gid() == gid]


def test_regions_hold_their_probabilities(exact: Fitted) -> None:
    data = joint_taus_data(exact)
    assert data.exact
    cells = np.outer(np.gradient(data.tau_effect), np.gradient(data.tau_sample))
    for region, level in zip((0.5, 0.8, 0.95), data.levels, strict=True):
        inside = (data.density * cells)[data.density >= level].sum()
        assert inside == pytest.approx(region, abs=0.01)


def test_points_are_those_of_the_tables(exact: Fitted) -> None:
    data, twin = joint_taus_data(exact), frequentist_twin(exact.design)
    table_ = Fit(exact).heterogeneity()
    assert data.reml is not None
    np.testing.assert_allclose(np.square(data.reml), [twin.sigma2_sample, twin.sigma2_effect])
    medians = [float(exact.posterior.tau(level).quantile(0.5)) for level in ("sample", "effect")]
    assert data.median == pytest.approx(medians)
    shown = table_.to_numpy(object).ravel().tolist()
    for median in medians:
        assert any(isinstance(v, float) and abs(v - median) < 1e-9 for v in shown)


def test_axes_are_alike_so_that_arcs_are_arcs(exact: Fitted) -> None:
    ax = joint_taus(exact, width=3.35)
    assert ax.get_xlim() == ax.get_ylim()
    for arc in gids(ax, TOTAL_ID):
        radius = np.hypot(*arc.get_data())
        np.testing.assert_allclose(radius, radius[0])
    slopes = [line.get_ydata()[1] / line.get_xdata()[1] for line in gids(ax, SHARE_ID)]
    np.testing.assert_allclose(1 / (1 + np.square(slopes)), [0.1, 0.25, 0.5, 0.75, 0.9])


def test_samples_of_one_effect_have_only_a_total_by_reml() -> None:
    effects = made_effects([f"S{i}" for i in range(8)], r=np.linspace(-0.5, 0.6, 8))
    fitted = run_analysis(effects, Specification())
    data = joint_taus_data(fitted)
    assert data.reml is None
    assert data.reml_total == pytest.approx(np.sqrt(_total(fitted)))
    assert "only their total" in data.footer.data


def _total(fitted: Fitted) -> float:
    twin = frequentist_twin(fitted.design)
    assert twin.sigma2_sample is not None
    assert twin.sigma2_effect is not None
    return twin.sigma2_sample + twin.sigma2_effect


def test_draws_are_smoothed_and_said_to_be(overall: Fitted) -> None:
    data = joint_taus_data(overall, caution="careful")
    assert not data.exact
    assert "Kernel estimate from draws" in data.footer.data
    lines = [t.get_text() for t in figure_of(joint_taus(overall)).texts]
    assert "Synthetic data: no evidence about therapy." in lines


def test_one_tau_has_no_joint_density() -> None:
    spec = Specification().with_changes({"heterogeneity.effect": False})
    fitted = analysis(table([2, 2, 1]), spec)
    with pytest.raises(InputError, match=r"does not estimate tau_effect.*plot_shrinkage"):
        joint_taus(fitted)


def test_curves_are_shown_on_r(exact: Fitted) -> None:
    data = shrinkage_data(exact)
    weights = np.gradient(data.density.index.to_numpy()) * data.density.to_numpy()
    z = np.arctanh(data.curves.to_numpy())
    means = [exact.posterior.theta(i)[0].mean for i in range(12)]  # type: ignore[attr-defined]
    np.testing.assert_allclose(weights @ z / weights.sum(), means, atol=2e-3)
    assert data.median == pytest.approx(float(exact.posterior.tau("sample").quantile(0.5)))
    assert len(data.labelled) == 2 * EXTREMES
    assert "of 12 are labelled" in data.footer.data


def test_labels_stay_apart_and_inside(exact: Fitted) -> None:
    for width in (3.35, 7.0):
        upper, lower = shrinkage(exact, width=width, caution="careful")
        figure = figure_of(upper)
        figure.canvas.draw()
        assert len(gids(upper, CURVE_ID)) == 12
        boxes = [text.get_window_extent() for text in gids(upper, LABEL_ID)]
        assert max(box.x1 for box in boxes) <= figure.bbox.width
        centres = np.sort([box.y0 + box.y1 for box in boxes]) / 2 / figure.dpi
        assert np.diff(centres).min() > APART - 0.02
        assert lower.get_xlabel() == "tau_sample"
        footer = [t.get_text() for t in figure.texts if t.get_gid() == FOOTER_ID]
        assert {"careful", "Made up."} <= set(footer)


def test_places_are_moved_as_little_as_they_must() -> None:
    np.testing.assert_allclose(_moved_apart(np.array([0.0, 1.0, 2.0]), 3.0), [0, 1, 2])
    moved = _moved_apart(np.array([1.0, 1.0, 1.0]), 3.0)
    np.testing.assert_allclose(moved, [1 - APART, 1, 1 + APART])


def test_axes_handed_in_are_used_and_counted(exact: Fitted) -> None:
    axes = tuple(new_figure(7, 4).subplots(2, 1))
    assert shrinkage(exact, axes) == axes
    assert joint_taus(exact, axes[0]) is axes[0]
    with pytest.raises(InputError, match="1 axes for curves and density"):
        shrinkage(exact, axes[:1])


def test_the_verbs_draw_what_the_fit_has(exact: Fitted) -> None:
    class Face(HeterogeneityFigures):
        fitted = exact
        twin = frequentist_twin(exact.design)
        caution = "careful"

    face = Face()
    assert face.plot_taus(width=3.35).get_ylabel() == "tau_effect (within samples)"
    assert len(face.plot_shrinkage(width=3.35)) == 2
    assert len(face.plot_predictive_checks(width=3.35)) == 6
    ax = face.plot_loo_pit(width=3.35)
    assert figure_of(ax).get_size_inches()[0] == pytest.approx(3.35)
    assert any(text.get_text() == "careful" for text in figure_of(ax).texts)
