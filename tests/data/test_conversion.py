"""From one scale to another and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.data.conversion import with_measure
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import InputError


def mixed() -> EffectSizes:
    """One row of every kind: r, n.s., t, d, chi squared, Spearman, partial, ready z."""
    rows = [
        {"sample": "a", "r": 0.2, "n": 30},
        {"sample": "b", "r": "n.s.", "n": 40},
        {"sample": "c", "t": 2.0, "n": 50},
        {"sample": "d", "d": 0.5, "n1": 20, "n2": 30},
        {"sample": "e", "chi2": 4.0, "n": 60, "direction": 1},
        {"sample": "f", "r": 0.3, "n": 70, "statistic": "spearman"},
        {"sample": "g", "r": 0.3, "n": 70, "covariates": 4},
        {"sample": "h", "yi": 0.3, "vi": 0.05},
    ]
    return read_effects(pd.DataFrame(rows), measure="ZCOR")


def test_raw_correlations_have_their_own_variances() -> None:
    z = mixed()
    raw = with_measure(z, "COR")
    frame, before = raw.frame.set_index("sample"), z.frame.set_index("sample")
    assert raw.measure == "COR"
    assert frame.loc["a", "yi"] == 0.2
    assert frame.loc["a", "vi"] == pytest.approx((1 - 0.04) ** 2 / 29)
    assert frame.loc["g", "vi"] == pytest.approx((1 - 0.09) ** 2 / (70 - 1 - 4))
    assert np.isnan(frame.loc["b", "yi"])
    assert frame.loc["b", "vi"] == pytest.approx(1 / 39)
    for sample in ("d", "f", "h"):
        r = frame.loc[sample, "r"]
        assert frame.loc[sample, "vi"] == pytest.approx(
            before.loc[sample, "vi"] * (1 - r**2) ** 2
        ), sample


def test_there_and_back_is_the_same_table() -> None:
    z = mixed()
    again = with_measure(with_measure(z, "COR"), "ZCOR")
    pd.testing.assert_frame_equal(again.frame, z.frame)


def test_small_sample_correction_of_read_effects_and_of_with_measure_agree() -> None:
    frame = pd.DataFrame({"sample": ["a", "b"], "r": [0.5, -0.2], "n": [26, 60]})
    read = read_effects(frame, small_sample=True)
    assert read.small_sample
    assert read.frame["yi"][0] == pytest.approx(np.arctanh(0.5) - 0.01)
    assert read.frame["vi"][0] == pytest.approx(1 / 23)
    converted = with_measure(read_effects(frame), "ZCOR", small_sample=True)
    pd.testing.assert_frame_equal(converted.frame, read.frame)
    back = with_measure(converted, "ZCOR")
    pd.testing.assert_frame_equal(back.frame, read_effects(frame).frame)


def test_the_same_measure_is_the_same_object_and_gen_forgets_r() -> None:
    z = mixed()
    assert with_measure(z, "ZCOR") is z
    general = with_measure(z, "GEN")
    assert general.measure == "GEN"
    assert general.frame["r"].isna().all()
    assert general.frame["yi"].equals(z.frame["yi"])


def test_what_cannot_be_converted_is_refused() -> None:
    general = read_effects(pd.DataFrame({"sample": ["a"], "yi": [2.0], "vi": [0.1]}))
    with pytest.raises(InputError, match="no correlations and cannot become ZCOR") as caught:
        with_measure(general, "ZCOR")
    assert caught.value.problems[0].code == "no_r"
    with pytest.raises(InputError, match=r'row 8, column "n", sample "h".*needs n'):
        with_measure(mixed(), "ZCOR", small_sample=True)
    with pytest.raises(InputError, match="belongs to Fisher's z"):
        with_measure(mixed(), "COR", small_sample=True)
    with pytest.raises(InputError, match="Choose ZCOR, COR or GEN"):
        with_measure(mixed(), "SMD")  # type: ignore[arg-type]


@given(r=st.floats(-0.95, 0.95), n=st.integers(5, 5000))
def test_delta_method_joins_the_two_variances(r: float, n: int) -> None:
    z = read_effects(pd.DataFrame({"sample": ["a"], "r": [r], "n": [n]}))
    raw = with_measure(z, "COR")
    ratio = raw.frame["vi"][0] / (z.frame["vi"][0] * (1 - r * r) ** 2)
    assert ratio == pytest.approx((n - 3) / (n - 1))
