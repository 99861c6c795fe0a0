"""Wald tests, predictions and degrees of freedom against metafor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reml_cases import (
    DATA,
    METAFOR,
    MODERATED,
    THREE_LEVEL,
    blocks_of,
    correlated,
    design,
    intercept,
    table,
)
from scipy import stats

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, rotate
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.engines.reml.prediction import predict
from bayes_alliance.engines.reml.wald import (
    CoefficientTests,
    degrees_of_freedom,
    joint_wald_test,
    wald_tests,
)
from bayes_alliance.errors import EngineError

KINDS = {"test_t": "residual", "test_t_contain": "contain"}


def fitted(name: str, formula: str) -> tuple[RotatedBlocks, RemlEstimate]:
    frame = table(name)
    blocks = blocks_of(frame, design(frame, formula))
    return blocks, estimate(blocks)


def agrees(found: CoefficientTests, told: dict[str, Any]) -> None:
    # The optimiser of the reference leaves up to 1e-6 of the standard error where years are large.
    near = {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(found.statistic, np.atleast_1d(told["stat"]), **near)
    np.testing.assert_allclose(found.p, np.atleast_1d(told["pval"]), **near)
    np.testing.assert_allclose(found.lower, np.atleast_1d(told["ci_lb"]), **near)
    np.testing.assert_allclose(found.upper, np.atleast_1d(told["ci_ub"]), **near)


@pytest.mark.parametrize("name", DATA)
def test_z_and_t_of_the_intercept_equal_metafor(name: str) -> None:
    blocks = intercept(name)
    told = THREE_LEVEL[name]["intercept"]
    fit = estimate(blocks)
    agrees(wald_tests(fit.beta, fit.covariance), told)
    for key, kind in KINDS.items():
        df = degrees_of_freedom(blocks, kind)
        assert df[0] == told[key]["ddf"]
        agrees(wald_tests(fit.beta, fit.covariance, df=df), told[key])


@pytest.mark.parametrize(("name", "formula"), MODERATED)
def test_z_and_t_of_moderators_equal_metafor(name: str, formula: str) -> None:
    blocks, fit = fitted(name, formula)
    told = THREE_LEVEL[name]["moderators"][formula]
    agrees(wald_tests(fit.beta, fit.covariance), told)
    rows = np.eye(len(fit.beta))[1:]
    joint = joint_wald_test(fit.beta, fit.covariance, rows)
    assert joint.F * joint.df_numerator == pytest.approx(told["QM"], rel=1e-5)
    assert joint.p == pytest.approx(told["QMp"], abs=1e-5)
    for key, kind in KINDS.items():
        df = degrees_of_freedom(blocks, kind)
        np.testing.assert_array_equal(df, told[key]["ddf"])
        agrees(wald_tests(fit.beta, fit.covariance, df=df), told[key])
        joint = joint_wald_test(fit.beta, fit.covariance, rows, df=float(df[1:].min()))
        assert [joint.df_numerator, joint.df_denominator] == told[key]["QM_df"]
        assert pytest.approx(told[key]["QM"], rel=1e-5) == joint.F
        assert joint.p == pytest.approx(told[key]["QMp"], abs=1e-5)


def test_containment_sees_through_the_rotation() -> None:
    frame = table("crede2010")
    X = design(frame, "~ criterion * year")
    rotated = blocks_of(frame, X, correlated(frame, 0.6))
    np.testing.assert_array_equal(
        degrees_of_freedom(rotated, "contain"), degrees_of_freedom(blocks_of(frame, X), "contain")
    )


def predicted(fit: RemlEstimate, rows: Array, told: dict[str, Any], df: float = np.inf) -> None:
    found = predict(fit, rows, df=df)
    for numbers, key in (
        (found.mean, "pred"),
        (found.se, "se"),
        (found.lower, "ci.lb"),
        (found.upper, "ci.ub"),
        (found.effect_lower, "pi.lb"),
        (found.effect_upper, "pi.ub"),
    ):
        np.testing.assert_allclose(numbers, np.atleast_1d(told[key]), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", DATA)
def test_predictions_equal_metafor(name: str) -> None:
    told = THREE_LEVEL[name]["intercept"]
    fit = estimate(intercept(name))
    predicted(fit, np.ones((1, 1)), told["predict"])
    t = told["test_t"]["predict"]
    predicted(fit, np.ones((1, 1)), t, df=t["pi.ddf"])
    frame = table(name)
    dependent = estimate(blocks_of(frame, np.ones((len(frame), 1)), correlated(frame, 0.6)))
    predicted(dependent, np.ones((1, 1)), THREE_LEVEL[name]["vcalc_rho06"]["predict"])


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        (name, formula)
        for name, formula in MODERATED
        if "predict_0_1" in THREE_LEVEL[name]["moderators"][formula]
    ],
)
def test_predictions_with_moderators_equal_metafor(name: str, formula: str) -> None:
    _, fit = fitted(name, formula)
    rows = np.array([[1.0, 0.0], [1.0, 1.0]])
    predicted(fit, rows, THREE_LEVEL[name]["moderators"][formula]["predict_0_1"])


def test_predictions_of_two_levels_equal_metafor() -> None:
    frame = table("molloy2014")
    told = METAFOR["twolevel"]["molloy2014"]["REML_z"]["predict"]
    fit = estimate(blocks_of(frame, np.ones((len(frame), 1))))
    found = predict(fit, [[1.0]])
    assert found.effect_lower[0] == pytest.approx(told["pi.lb"], abs=1e-5)
    # With one effect a sample the sample level carries the sum of both variances.
    assert found.sample_lower[0] == found.effect_lower[0]


def test_a_new_sample_is_predicted_with_the_sample_variance_alone() -> None:
    fit = estimate(intercept("crede2010"))
    found = predict(fit, [[1.0]], probability=0.8)
    half = stats.norm.ppf(0.9) * np.sqrt(fit.se**2 + fit.sigma2_sample)
    np.testing.assert_allclose(found.sample_upper - found.mean, half, rtol=1e-12)
    np.testing.assert_allclose(found.mean - found.sample_lower, half, rtol=1e-12)


def test_no_degrees_of_freedom_are_no_number() -> None:
    X = np.repeat(np.eye(3), 2, axis=0)
    blocks = rotate(y=np.arange(6.0), X=X, variances=np.ones(6), starts=np.array([0, 2, 4]))
    df = degrees_of_freedom(blocks, "contain")
    assert np.isnan(df).all()
    found = wald_tests(np.ones(3), np.eye(3), df=df)
    assert np.isnan(found.p).all()
    assert np.isnan(found.lower).all()
    np.testing.assert_array_equal(degrees_of_freedom(blocks), 3.0)


def test_contrasts_that_repeat_one_another_are_told() -> None:
    with pytest.raises(EngineError, match="repeat one another"):
        joint_wald_test(np.ones(2), np.eye(2), [[1.0, -1.0], [-2.0, 2.0]])
