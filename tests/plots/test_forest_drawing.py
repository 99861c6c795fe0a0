"""Drawn forests: every label there and beside the axes, arrows where something goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import analysis, table
from legible import faults
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.forest import forest, forest_data, forest_pages
from bayes_alliance.plots.rows import ARROW_ID, LABEL_ID
from bayes_alliance.plots.style import (
    CAUTION,
    ONE_COLUMN,
    PAPER,
    TWO_COLUMNS,
    figure_of,
    new_figure,
)
from bayes_alliance.spec.specification import Specification


def texts(ax: Axes, gid: str | None = None) -> list[str]:
    return [t.get_text() for t in ax.texts if gid is None or t.get_gid() == gid]


def arrows(ax: Axes) -> list[tuple[str, float]]:
    return [
        (str(line.get_marker()), float(np.asarray(line.get_xdata())[0]))
        for line in ax.lines
        if line.get_gid() == ARROW_ID
    ]


def footer(figure: Figure) -> dict[str, str]:
    return {t.get_text(): str(t.get_color()) for t in figure.texts if t.get_gid() == FOOTER_ID}


def overlaps_axes(ax: Axes) -> list[str]:
    """Labels that reach into the axes or leave the figure."""
    figure = figure_of(ax)
    figure.canvas.draw()
    left, whole = ax.get_window_extent().x0, figure.bbox
    boxes = {t: t.get_window_extent() for t in ax.texts if isinstance(t, Annotation)}
    labels = [t for t in boxes if t.get_gid() == LABEL_ID]
    bad = [t.get_text() for t in labels if boxes[t].x1 >= left]
    return bad + [t.get_text() for t, box in boxes.items() if box.x0 < 0 or box.x1 > whole.x1]


def test_all_labels_and_numbers_are_there(overall: Fitted) -> None:
    ax = forest(overall)
    written = texts(ax)
    rows = forest_data(overall).rows
    assert set(rows["sample"]) <= set(written)
    labels = texts(ax, LABEL_ID)
    assert len([text for text in labels if text.startswith("WAI")]) == len(rows)
    assert "Overall mean (k = 12)" in labels
    assert "New effect in a new sample" in labels
    first = rows.iloc[0]
    expected = f"{first['median']:.2f} [{first['lower']:.2f}, {first['upper']:.2f}]"
    assert expected.replace("0.", ".").replace("-", "\N{MINUS SIGN}") in written
    assert overlaps_axes(ax) == []


def test_axes_handed_in_are_used_and_returned(overall: Fitted) -> None:
    figure = new_figure(9, 6)
    figure.set_layout_engine("constrained")
    mine, other = figure.subplots(1, 2)
    assert forest(overall, mine, caution="one check failed") is mine
    assert not other.texts
    hung = [t for t in mine.texts if t.get_gid() == FOOTER_ID]
    assert hung[0].get_text() == "one check failed"
    assert hung[0].get_color() == CAUTION
    assert any("Synthetic data" in t.get_text() for t in hung)
    assert overlaps_axes(mine) == []


def test_own_figures_carry_notice_caution_and_name(overall: Fitted) -> None:
    lines = footer(figure_of(forest(overall, caution="2 of 9 checks failed")))
    assert lines["2 of 9 checks failed"] == CAUTION
    assert "Synthetic data: no evidence about therapy." in lines
    assert "Data: made up, 12 effect sizes in 5 samples." in lines


def test_simulated_data_say_so_without_a_notice_of_their_own(general: Fitted) -> None:
    simulated = replace(general, effects=replace(general.effects, synthetic=True))
    assert "Simulated data: these numbers are no evidence." in footer(figure_of(forest(simulated)))
    assert len(footer(figure_of(forest(general, width=ONE_COLUMN)))) == 1


def test_effects_left_out_are_counted_under_the_figure() -> None:
    effects = table([3, 2])
    frame = effects.to_frame()
    frame.loc[1, "not_significant"] = True
    fitted = analysis(replace(effects, frame=frame))
    lines = footer(figure_of(forest(fitted)))
    assert next(iter(reversed(lines))).endswith(
        "4 effect sizes in 2 samples. Not in this model: 1 of 5."
    )


def test_arrows_stand_where_intervals_go_on(overall: Fitted) -> None:
    limits = (-0.05, 0.3)
    data = forest_data(overall)
    beyond_left, beyond_right = 0, 0
    for lower, upper in (
        (data.rows["lower"], data.rows["upper"]),
        (data.rows["reported_lower"], data.rows["reported_upper"]),
        (data.means["lower"], data.means["upper"]),
        (data.means["new_lower"], data.means["new_upper"]),
    ):
        beyond_left += int((lower < limits[0]).sum())
        beyond_right += int((upper > limits[1]).sum())
    found = arrows(forest(overall, limits=limits))
    assert found.count(("<", limits[0])) == beyond_left > 5
    assert found.count((">", limits[1])) == beyond_right > 5
    assert len(found) == beyond_left + beyond_right
    assert arrows(forest(overall, limits=(-1, 1))) == []


def test_benchmarks_are_lines_and_bands(overall: Fitted, by_scale: Fitted) -> None:
    ax = forest(overall)
    upright = {float(x[0]): y for x, y in (np.asarray(line.get_data()) for line in ax.lines)
               if len(x) == 2 and x[0] == x[1]}  # fmt: skip
    assert {0.0, 0.278, 0.21} <= set(upright)
    assert np.ptp(upright[0.278]) == pytest.approx(np.ptp(upright[0.0]))  # through the figure
    band = ax.collections[0].get_datalim(ax.transData)
    assert [band.x0, band.x1] == pytest.approx([0.256, 0.299])
    ax = forest(by_scale)
    spans = [np.ptp(np.asarray(line.get_ydata())) for line in ax.lines
             if set(np.asarray(line.get_xdata())) == {0.25}]  # fmt: skip
    assert spans == [3.0]  # along the three lines of its mean
    assert any("task elsewhere: .25" in text.get_text() for text in ax.get_legend().get_texts())


def test_levels_differ_in_colour_and_marker(by_scale: Fitted) -> None:
    shown = {
        (line.get_color(), line.get_marker())
        for line in forest(by_scale).lines
        if line.get_marker() in ("o", "s", "^", "D") and line.get_markerfacecolor() != PAPER
    }
    assert len(shown) == len({colour for colour, _ in shown}) == len({m for _, m in shown}) == 4


def test_hostile_labels_are_drawn_letter_by_letter() -> None:
    effects = table([2, 1, 1])
    frame = effects.to_frame()
    frame["sample"] = ["$x_1$ <b>", "$x_1$ <b>", "_" + "W" * 90, "line\nbreak"]
    frame["effect"] = ["$\\frac{1}{$", "costs $5", "_" * 80, "%s {0}"]
    frame["subscale"] = ["_under", "$\\alpha$", "task", "task"]
    ax = forest(analysis(replace(effects, frame=frame, name="a$b$ _c.csv")))
    assert overlaps_axes(ax) == []  # draws, which a formula would not survive
    written = texts(ax, LABEL_ID)
    assert r"\$x_1\$ <b>" in written
    assert "line break" in written
    assert any(text.startswith("_WWW") and text.endswith("…") for text in written)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any("_under" in text for text in legend)
    assert any(r"\$\alpha\$" in text for text in legend)


@pytest.mark.parametrize("sizes", [[1], [5], [1, 1, 1, 1, 1]])
def test_few_effects(sizes: list[int]) -> None:
    ax = forest(analysis(table(sizes)))
    assert overlaps_axes(ax) == []
    assert len([t for t in texts(ax, LABEL_ID) if t.startswith("WAI")]) == sum(sizes)


def test_other_measures_have_no_n_and_no_r(general: Fitted) -> None:
    ax = forest(general)
    assert ax.get_xlabel() == "Effect size"
    assert "n" not in texts(ax)
    assert not any("correlation" in text.get_text() for text in ax.get_legend().get_texts())


def test_pages_share_the_axis_and_count_themselves() -> None:
    fitted = analysis(table([4] * 12), draws=50)
    pages = forest_pages(fitted, most_rows=30)
    assert len(pages) == 3
    assert len({page.axes[0].get_xlim() for page in pages}) == 1
    for number, page in enumerate(pages, 1):
        assert any(line.endswith(f"Page {number} of 3.") for line in footer(page))
    labels = [text for page in pages for text in texts(page.axes[0], LABEL_ID)]
    assert len([text for text in labels if text.startswith("WAI")]) == 48
    assert labels.count("Overall mean (k = 48)") == 1
    collapsed = forest_pages(fitted, most_rows=30, collapse=True)
    assert len(collapsed) == 1
    assert not [line for line in footer(collapsed[0]) if "Page" in line]


def test_pages_of_means_alone_explain_nothing_else() -> None:
    by_sample = analysis(table([1] * 12), Specification().with_terms("sample"), draws=50)
    pages = forest_pages(by_sample, most_rows=12)
    last = pages[-1].axes[0]
    legend = last.get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 2
    assert "n" in texts(pages[0].axes[0])
    assert "n" not in texts(last)


def test_the_number_of_effects_is_never_cut() -> None:
    arms = ["a level with a name that is longer than the room it has in the figure", "short"] * 2
    fitted = analysis(table([2, 2], arm=arms), Specification().with_terms("arm"))
    means = [text for text in texts(forest(fitted), LABEL_ID) if text.startswith("Mean")]
    assert all(text.endswith(" (k = 2)") for text in means)
    assert "…" in means[0]


@pytest.mark.parametrize("collapse", [False, True])
def test_both_widths_are_legible(overall: Fitted, by_scale: Fitted, collapse: bool) -> None:
    for fitted in (overall, by_scale):
        for width in (ONE_COLUMN, TWO_COLUMNS):
            figure = figure_of(forest(fitted, width=width, collapse=collapse))
            assert figure.get_size_inches()[0] == width
            assert faults(figure) == []


def test_a_narrow_forest_leaves_out_columns_and_what_is_said_of_them(overall: Fitted) -> None:
    wide, narrow = (forest(overall, width=width) for width in (TWO_COLUMNS, ONE_COLUMN))
    assert "Weight" in texts(wide)
    assert any("Weight: share" in line for line in footer(figure_of(wide)))
    assert "Weight" not in texts(narrow)
    assert not any("Weight: share" in line for line in footer(figure_of(narrow)))
    first = forest_data(overall).rows["weight"].iloc[0]
    assert f"{100 * first:.1f} %" in texts(wide)


def test_shrinkage_and_prediction_are_drawn(overall: Fitted) -> None:
    ax, data = forest(overall, limits=(-1, 1)), forest_data(overall)
    joined = [np.asarray(line.get_xdata(), float).tolist() for line in ax.lines]
    for row in data.rows.to_dict("records"):
        assert [row["reported"], row["median"]] in joined
    filled = [collection.get_datalim(ax.transData) for collection in ax.collections]
    ends = [[box.x0, box.x1] for box in filled]
    assert any(pair == pytest.approx(data.densities["value"].iloc[[0, -1]]) for pair in ends)
