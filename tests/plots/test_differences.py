"""Pairwise differences under the densities: the numbers of the contrasts."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_analyses import analysis, table

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.differences import difference_columns, differences_data
from bayes_alliance.plots.scales import scales, scales_data
from bayes_alliance.plots.style import ONE_COLUMN, TWO_COLUMNS, figure_of
from bayes_alliance.plots.wording import probability_text
from bayes_alliance.spec.specification import Specification


def of_levels(count: int) -> Fitted:
    arms = [f"arm {i}" for i in range(count)] * 2
    return analysis(table([count] * 2, arm=arms), Specification().with_terms("arm"), draws=50)


def test_differences_are_taken_draw_by_draw(by_scale: Fitted) -> None:
    rows = differences_data(by_scale, rope=0.08)
    r = dict(zip(("task", "goal", "bond", "total"), np.tanh(by_scale.posterior.draws("beta")).T,
                 strict=True))  # fmt: skip
    assert len(rows) == 6
    for row in rows.to_dict("records"):
        difference = r[row["first"]] - r[row["second"]]
        assert row["median"] == pytest.approx(np.median(difference))
        assert row["p_positive"] == pytest.approx((difference > 0).mean(), abs=2e-3)
        assert row["p_rope"] == pytest.approx((np.abs(difference) < 0.08).mean(), abs=5e-3)
        assert row["lower"] < row["median"] < row["upper"]


def test_other_measures_have_no_region_of_equivalence() -> None:
    effects = table([2, 2], measure="GEN", subscale=False, arm=["a", "b"] * 2)
    rows = differences_data(analysis(effects, Specification().with_terms("arm")))
    assert rows["p_rope"].isna().all()
    chosen = difference_columns(rows, is_r=False, left=1.0, room=6.8)
    assert [column for column, _ in chosen.at] == ["p_positive", "interval"]


def test_a_narrow_figure_leaves_the_interval_to_the_eye(by_scale: Fitted) -> None:
    rows = differences_data(by_scale)
    wide, narrow = (
        [c for c, _ in difference_columns(rows, is_r=True, left=0.8, room=room).at]
        for room in (6.84, 3.19)
    )
    assert wide == ["p_positive", "p_rope", "interval"]
    assert narrow == ["p_positive", "p_rope"]


@pytest.mark.parametrize(("count", "pairs", "axes"), [(2, 1, 2), (7, 21, 2), (9, 0, 1)])
def test_many_levels_have_densities_alone(count: int, pairs: int, axes: int) -> None:
    fitted = of_levels(count)
    data = scales_data(fitted)
    assert len(data.differences) == pairs
    assert ("table of contrasts" in data.footer.data) == (count == 9)
    for width in (ONE_COLUMN, TWO_COLUMNS):
        figure = figure_of(scales(fitted, width=width))
        assert len(figure.axes) == axes
        assert figure.get_size_inches()[0] == width


def test_probabilities_are_never_certain() -> None:
    shown = [probability_text(p) for p in (0.9996, 0.99, 0.9912, 0.5, 0.0042, 0.0001)]
    assert shown == ["> .999", ".99", ".991", ".50", ".004", "< .001"]
