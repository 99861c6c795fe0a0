"""The frames of a fit: unrounded numbers under names that say their scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects, scattered
from report_cases import BENCHMARKS, CHECKS, KINDS, make

from bayes_alliance.spec.specification import Specification


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_is_there_for_every_kind(kind: str) -> None:
    fit = make(kind)
    for frame in (fit.summary(), fit.contrasts(), fit.heterogeneity(), fit.benchmark()):
        assert frame.index.name == "name"
        assert frame.index.is_unique
        assert all(pd.api.types.is_numeric_dtype(frame[c]) for c in frame if c != "coefficient")
    assert list(fit.left_out().columns) == ["row", "sample", "effect", "reason"]


def test_correlations_are_the_transformed_medians() -> None:
    row = make("overall").summary().loc["overall"]
    assert row["r"] == pytest.approx(np.tanh(row["median"]), abs=1e-15)
    assert row["r_lower"] == pytest.approx(np.tanh(row["lower"]), abs=1e-15)
    assert row["r_new_effect_upper"] == pytest.approx(np.tanh(row["new_effect_upper"]), abs=1e-15)
    assert row["new_effect_lower"] < row["new_sample_lower"] < row["lower"] < row["median"]


def test_other_measures_have_no_columns_of_correlations() -> None:
    columns = make("general").summary().columns
    assert not any(str(c).startswith("r") for c in columns)
    assert "p_rope" not in columns


def test_deviations_and_slopes_have_no_correlation() -> None:
    frame = make("additive").summary()
    assert np.isnan(frame.loc["year (per 10)", "r"])
    assert np.isnan(frame.loc["subscale[task]", "r_mean"])
    assert frame.loc["overall"].notna().all()


def test_checks_are_told_as_they_are() -> None:
    fit = make("overall")
    fit.__dict__["checks"] = CHECKS
    frame = fit.check()
    assert list(frame.index) == [check.name for check in CHECKS]
    assert frame.loc["R-hat", "passed"] is True
    assert frame.loc["divergences", "passed"] is None


def test_frames_are_copies() -> None:
    fit = make("overall")
    frame = fit.summary()
    frame.loc["overall", "r"] = 9.0
    assert fit.summary().loc["overall", "r"] < 1


def test_benchmarks_without_intervals_have_numbers_throughout() -> None:
    fit = scattered(made_effects(list("aabb")), Specification().with_benchmarks(BENCHMARKS[1]))
    frame = fit.benchmark().drop(columns="coefficient")
    assert all(pd.api.types.is_float_dtype(frame[c]) for c in frame)
    assert np.isnan(frame.loc["internet", "benchmark_upper"])
