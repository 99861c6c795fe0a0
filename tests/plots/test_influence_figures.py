"""Figures of left-out and added samples: their numbers, pages, labels and notices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from made_fits import made_effects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.baujat import POINT_ID, baujat, baujat_data
from bayes_alliance.plots.cumulative import cumulative, cumulative_data
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.influence import left_out, left_out_data, left_out_pages
from bayes_alliance.plots.rows import LABEL_ID
from bayes_alliance.plots.style import figure_of
from bayes_alliance.sensitivity.cumulative import cumulate
from bayes_alliance.sensitivity.influence import Influence, influence_of

NOTICE = "Synthetic data: no evidence about therapy."


def analysis(samples: int, **columns: object) -> Fitted:
    rng = np.random.default_rng(samples)
    labels = [f"Author and co-author {i:03d}" for i in range(samples)]
    effects = made_effects(
        labels, r=np.tanh(0.2 + 0.15 * rng.normal(size=samples)), synthetic=True, notice=NOTICE,
        year=2000 + np.arange(samples) // 3, **columns,
    )  # fmt: skip
    return ba.fit(effects, "overall", changes={"run.draws": 50, "run.chains": 2}).fitted


@pytest.fixture(scope="module")
def many() -> Influence:
    return influence_of(analysis(83), most=1)


def inks(ax: Axes, gid: str) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def notices(figure: Figure) -> str:
    texts = [*figure.texts, *(text for ax in figure.axes for text in ax.texts)]
    return " ".join(text.get_text() for text in texts if text.get_gid() == FOOTER_ID)


def test_no_sample_is_dropped_from_the_pages(many: Influence) -> None:
    pages = left_out_pages(many.omission)
    assert pages == 2
    parts = [left_out_data(many.omission, page=page) for page in (1, 2)]
    assert [len(part.rows) for part in parts] == [42, 41]
    shown = [label for part in parts for label in part.rows["label"]]
    assert sorted(shown) == sorted(many.omission.labels)
    medians = np.concatenate([part.rows["median"] for part in parts])
    assert (np.diff(medians) >= 0).all()
    assert "Page 2 of 2: samples 43 to 83 of 83 in the order of the median." in parts[1].footer.data
    for left, own in zip(many.omission.left, many.omission.labels, strict=True):
        (row,) = [r for part in parts for r in part.rows.to_dict("records") if r["label"] == own]
        told = left.answers.headline.coefficient("overall").r
        assert told is not None
        assert (row["median"], row["lower"], row["upper"]) == (told.centre, told.lower, told.upper)
    plain = left_out_data(many.omission, "tau_sample", ordered=False)
    assert list(plain.rows["label"]) == list(many.omission.labels[:42])
    assert not plain.in_r


def test_every_row_has_its_label_and_the_notice_stands_below(many: Influence) -> None:
    ax = left_out(many.omission, page=2)
    labels = inks(ax, LABEL_ID)
    assert len(labels) == 42  # forty-one samples, and all of them
    assert labels[0] == "With all 83"
    figure = figure_of(ax)
    assert NOTICE in notices(figure)
    figure.canvas.draw()
    for found, told in (("nothing", "no answer with an interval"),):
        with pytest.raises(ba.InputError, match=told):
            left_out(many.omission, found)
    with pytest.raises(ba.InputError, match="no page 3"):
        left_out(many.omission, page=3)


def test_labels_of_points_meet_no_label_and_no_other_point(many: Influence) -> None:
    data = baujat_data(many)
    assert sorted(data.points["labelled"])[-12:] == list(range(1, 13))
    np.testing.assert_array_equal(data.points["misfit"], many.table["misfit"])
    ax = baujat(many)
    figure = figure_of(ax)
    figure.canvas.draw()
    labels = [text for text in ax.texts if text.get_gid() == POINT_ID]
    assert 3 <= len(labels) <= 12
    boxes = [text.get_window_extent() for text in labels]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    points = ax.transData.transform(data.points[["misfit", "influence"]].to_numpy())
    assert not any(box.contains(x, y) for box in boxes for x, y in points)
    first = data.points["labelled"].eq(1).idxmax()
    assert any(text.get_text() == first for text in labels)
    assert NOTICE in notices(figure)


def test_axes_of_another_figure_are_drawn_on(many: Influence) -> None:
    figure = Figure(figsize=(9, 12), layout="constrained")
    one, other = figure.subplots(2)
    assert left_out(many.omission, ax=one) is one
    assert baujat(many, ax=other) is other
    figure.canvas.draw()


@pytest.mark.parametrize("samples", [1, 7, 83])
def test_every_step_is_in_the_figure_of_the_cumulative_analysis(samples: int) -> None:
    found = cumulate(analysis(samples), "year")
    data = cumulative_data(found)
    assert list(data.steps["samples"]) == list(range(1, samples + 1))
    assert data.in_r
    np.testing.assert_array_equal(data.steps["log_bf10"], found.table["log_bf10"])
    figure = cumulative(found)
    upper, lower = sorted(figure.axes, key=lambda ax: -ax.get_position().y0)
    (line,) = [line for line in lower.lines if len(line.get_xdata()) == samples
               and line.get_marker() == "o"]  # fmt: skip
    np.testing.assert_array_equal(line.get_ydata(), data.steps["log_bf10"])
    assert NOTICE in notices(figure)
    assert lower.get_xticklabels()[-1].get_text() == f"{samples}\n{2000 + (samples - 1) // 3}"
    figure.canvas.draw()
    assert upper.get_position().y0 > lower.get_position().y1


def test_a_flat_prior_leaves_the_panel_of_the_evidence_empty_and_says_so() -> None:
    fitted = analysis(4)
    flat = fitted.specification.with_changes({"priors.location": {"family": "flat"}})
    found = cumulate(ba.fit(fitted.effects, flat).fitted, "year")
    texts = [text.get_text() for ax in cumulative(found).axes for text in ax.texts]
    assert "no Bayes factor: a prior is flat" in texts
