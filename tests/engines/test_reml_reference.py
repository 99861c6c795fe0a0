"""REML and ML against metafor and an independent Fisher scoring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reml_cases import (
    DATA,
    METAFOR,
    MODERATED,
    REFERENCE,
    THREE_LEVEL,
    blocks_of,
    design,
    intercept,
    table,
)

from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate


def agrees(found: RemlEstimate, expected: dict[str, Any], variances: float) -> None:
    assert found.converged
    np.testing.assert_allclose(found.beta, np.atleast_1d(expected["beta"]), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.se, np.atleast_1d(expected["se"]), rtol=1e-5, atol=1e-5)
    assert found.log_likelihood == pytest.approx(expected["logLik"], abs=1e-6)
    np.testing.assert_allclose(
        [found.sigma2_sample, found.sigma2_effect], expected["sigma2"], rtol=variances, atol=1e-12
    )


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", DATA)
def test_the_intercept_model_equals_the_independent_scoring(name: str, method: str) -> None:
    told = THREE_LEVEL[name]["intercept"]
    exact = told["exact"] if method == "REML" else told["ML"]["exact"]
    found = estimate(intercept(name), method)
    agrees(found, exact, 1e-8)
    assert found.beta[0] == pytest.approx(exact["beta"], abs=1e-10)
    assert found.se[0] == pytest.approx(exact["se"], abs=1e-10)
    assert not found.at_boundary
    assert found.identified


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize(("name", "formula"), MODERATED)
def test_moderators_equal_metafor(name: str, formula: str, method: str) -> None:
    frame = table(name)
    told = THREE_LEVEL[name]["moderators"][formula]
    told = told if method == "REML" else told["ML"]
    found = estimate(blocks_of(frame, design(frame, formula)), method)
    agrees(found, told["exact"], 1e-4)
    # Large years make single coefficients loose; a shift of a hundred-thousandth of an SE is none.
    np.testing.assert_allclose(
        (found.beta - told["exact"]["beta"]) / found.se, 0.0, rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", DATA)
def test_fixed_variances_equal_metafor(name: str) -> None:
    blocks = intercept(name)
    cases = THREE_LEVEL[name]["fixed_sigma2"]
    assert len(cases) == 6
    for case in cases:
        sample, effect = np.sqrt(case["sigma2_cluster_effect"])
        for method in ("REML", "ML"):
            found = estimate(blocks, method, tau_sample=sample, tau_effect=effect)
            assert found.log_likelihood == pytest.approx(case[f"logLik_{method}"], abs=1e-6)
            assert found.beta[0] == pytest.approx(case["beta"], abs=1e-10)
            assert found.se[0] == pytest.approx(case["se"], abs=1e-10)
            assert not found.at_boundary


@pytest.mark.parametrize("name", DATA)
def test_one_variance_held_at_zero_equals_metafor(name: str) -> None:
    blocks = intercept(name)
    told = THREE_LEVEL[name]["intercept"]["restricted"]
    held = {
        "sigma2=c(0,NA)": {"tau_sample": 0.0},
        "sigma2=c(NA,0)": {"tau_effect": 0.0},
        "sigma2=c(0,0)": {"tau_sample": 0.0, "tau_effect": 0.0},
    }
    for call, fixed in held.items():
        found = estimate(blocks, "REML", **fixed)
        expected = told[call]
        assert found.log_likelihood == pytest.approx(expected["logLik"], abs=1e-6)
        assert found.beta[0] == pytest.approx(expected["beta"], abs=1e-8)
        np.testing.assert_allclose(
            [found.sigma2_sample, found.sigma2_effect], expected["sigma2"], rtol=1e-6
        )


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", DATA)
def test_constant_sampling_correlation_equals_metafor(name: str, method: str) -> None:
    frame = table(name)
    root = np.sqrt(frame["vi"].to_numpy())
    covariances = []
    for rows in frame.groupby("cluster", sort=False).indices.values():
        correlation = np.full((len(rows), len(rows)), 0.6) + 0.4 * np.eye(len(rows))
        covariances.append(correlation * np.outer(root[rows], root[rows]))
    told = THREE_LEVEL[name]["vcalc_rho06"]
    blocks = blocks_of(frame, np.ones((len(frame), 1)), covariances)
    found = estimate(blocks, method)
    agrees(found, told if method == "REML" else told["ML"], 1e-5)
    fixed = told["fixed_sigma2_05_03"]
    at = estimate(blocks, method, tau_sample=np.sqrt(0.05), tau_effect=np.sqrt(0.03))
    assert at.log_likelihood == pytest.approx(fixed[f"logLik_{method}"], abs=1e-6)


def test_dependent_correlations_equal_metafor() -> None:
    rows = pd.read_csv(REFERENCE / "craft2003_rcalc_z_rows.csv")
    V = pd.read_csv(REFERENCE / "craft2003_rcalc_z_V.csv", header=None).to_numpy()
    told = METAFOR["special"]["craft2003"]["threelevel_rtoz"]
    # Study 17 reports no correlation of the three predictors: its covariances are unknown.
    keep = (rows["yi"].notna() & (rows["study"] != 17)).to_numpy()
    frame = rows[keep].rename(columns={"study": "cluster"}).reset_index(drop=True)
    V = V[np.ix_(keep, keep)]
    assert len(frame) == told["k"]
    pairs = [name.removeprefix("var1.var2") for name in told["names"]]
    X = np.column_stack([frame["var1.var2"] == pair for pair in pairs]).astype(float)
    blocks = [V[np.ix_(i, i)] for i in frame.groupby("cluster", sort=False).indices.values()]
    agrees(estimate(blocks_of(frame, X, blocks)), told, 1e-4)


def test_leaving_a_sample_out_equals_metafor() -> None:
    for name in DATA:
        for case in THREE_LEVEL[name]["leave_one_cluster_out"][:6]:
            frame = table(name)
            frame = frame[frame["cluster"].astype(str) != case["cluster"]].reset_index(drop=True)
            found = estimate(blocks_of(frame, np.ones((len(frame), 1))))
            assert len(frame) == case["k"]
            assert found.beta[0] == pytest.approx(case["beta"], abs=1e-5)
            assert found.se[0] == pytest.approx(case["se"], abs=1e-5)
            assert found.log_likelihood == pytest.approx(case["logLik"], abs=1e-6)
            np.testing.assert_allclose(
                [found.sigma2_sample, found.sigma2_effect], case["sigma2"], rtol=1e-4
            )


def test_two_levels_equal_metafor() -> None:
    frame = table("molloy2014")
    blocks = blocks_of(frame, np.ones((len(frame), 1)))
    for method in ("REML", "ML"):
        told = METAFOR["twolevel"]["molloy2014"][f"{method}_z"]
        found = estimate(blocks, method)
        assert not found.identified
        assert found.sigma2_effect == 0.0
        assert not found.at_boundary
        # metafor stops its iterations for two levels at 1e-5 of the variance.
        assert found.sigma2_sample == pytest.approx(told["tau2"], rel=1e-3)
        assert found.beta[0] == pytest.approx(told["beta"], abs=1e-5)
        assert found.se[0] == pytest.approx(told["se"], abs=1e-5)
        assert found.log_likelihood == pytest.approx(told["logLik"], abs=1e-5)
