"""Compound symmetric and unstructured REML against metafor and against three levels."""

import numpy as np
import pandas as pd
import pytest
from reml_cases import DATA, METAFOR, REFERENCE, THREE_LEVEL, blocks_of, table

from bayes_alliance.algebra.correlation_matrices import pairs_of_matrix
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.structured import estimate_structured


def cs_case(name):
    """Every effect of a cluster is a level of its own: metafor's ``~ factor(effect) | cluster``."""
    frame = table(name)
    starts = np.flatnonzero(~frame["cluster"].duplicated())
    variances = np.split(frame["vi"].to_numpy(float), starts[1:])
    return {
        "y": frame["yi"].to_numpy(float),
        "X": np.ones((len(frame), 1)),
        "starts": starts,
        "level": frame.groupby("cluster").cumcount().to_numpy(),
        "covariances": [np.diag(v) for v in variances],
    }


@pytest.mark.parametrize("name", DATA)
def test_compound_symmetry_equals_metafor(name):
    want = THREE_LEVEL[name]["CS_working"]
    fit = estimate_structured(**cs_case(name), structure="cs")
    assert fit.converged
    assert fit.G[0, 0] == pytest.approx(want["tau2"], rel=1e-4)
    assert fit.correlation[1, 0] == pytest.approx(want["rho"], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-4)
    assert fit.beta[0] == pytest.approx(want["beta"], abs=1e-5)
    assert fit.se[0] == pytest.approx(want["se"], abs=1e-5)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_compound_symmetry_is_the_three_level_model(method):
    case = cs_case("konstantopoulos2011")
    fit = estimate_structured(**case, structure="cs", method=method)
    frame = table("konstantopoulos2011")
    other = estimate(blocks_of(frame, case["X"]), method)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
    assert fit.G[0, 1] == pytest.approx(other.sigma2_sample, rel=1e-4)
    assert fit.G[0, 0] - fit.G[0, 1] == pytest.approx(other.sigma2_effect, rel=1e-4)
    np.testing.assert_allclose(fit.beta, other.beta, atol=1e-7)
    np.testing.assert_allclose(fit.covariance, other.covariance, rtol=1e-4)


def craft():
    """Raw correlations of craft2003 with their sampling covariance by metafor's rcalc."""
    V = pd.read_csv(REFERENCE / "craft2003_rcalc_r_V.csv", header=None).to_numpy(float)
    rows = pd.read_csv(REFERENCE / "craft2003_rcalc_z_rows.csv")
    # One study does not report what the covariance of its correlations needs: metafor drops it.
    known = np.isfinite(rows["yi"].to_numpy(float))
    kept = known & np.isfinite(V[:, known]).all(axis=1)
    rows, V = rows[kept].reset_index(drop=True), V[np.ix_(kept, kept)]
    names = METAFOR["special"]["craft2003"]["UN"]["names"]
    level = np.array([names.index(f"var1.var2{name}") for name in rows["var1.var2"]])
    starts = np.flatnonzero(~rows["study"].duplicated())
    ends = np.append(starts[1:], len(rows))
    return {
        "y": np.tanh(rows["yi"].to_numpy(float)),
        "X": np.eye(len(names))[level],
        "starts": starts,
        "level": level,
        "covariances": [V[a:b, a:b] for a, b in zip(starts, ends, strict=True)],
    }


def test_an_unstructured_covariance_equals_metafor():
    want = METAFOR["special"]["craft2003"]["UN"]
    case = craft()
    assert len(case["y"]) == want["k"]
    fit = estimate_structured(**case, structure="unstructured")
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-4)
    np.testing.assert_allclose(fit.beta, want["beta"], atol=1e-5)
    np.testing.assert_allclose(fit.se, want["se"], atol=1e-5)
    np.testing.assert_allclose(np.diag(fit.G), want["tau2"], rtol=1e-4)
    np.testing.assert_allclose(pairs_of_matrix(fit.correlation), want["rho"], atol=1e-3)


@pytest.mark.parametrize("structure", ["cs", "diagonal", "unstructured"])
def test_no_covariance_nearby_has_a_higher_likelihood(structure):
    rng = np.random.default_rng(3)
    S, L = 40, 3
    truth = np.array([[0.04, 0.03, 0.01], [0.03, 0.05, 0.02], [0.01, 0.02, 0.02]])
    level = np.tile(np.arange(L), S)
    u = rng.multivariate_normal(np.zeros(L), truth, S).ravel()
    y = np.array([0.3, 0.2, 0.1])[level] + u + rng.normal(0, 0.1, S * L)
    case = {"y": y, "X": np.eye(L)[level], "starts": np.arange(0, S * L, L), "level": level,
            "covariances": [0.01 * np.eye(L)] * S}  # fmt: skip
    fit = estimate_structured(**case, structure=structure)
    assert fit.converged
    richer = estimate_structured(**case, structure="unstructured")
    assert richer.log_likelihood >= fit.log_likelihood - 1e-6
    if structure == "unstructured":
        # With complete, balanced data REML has a closed form: the covariance of the rows less V.
        rows = y.reshape(S, L)
        np.testing.assert_allclose(fit.G, np.cov(rows.T) - 0.01 * np.eye(L), atol=1e-6)
        np.testing.assert_allclose(fit.beta, rows.mean(axis=0), atol=1e-12)


def test_effects_of_one_scale_and_sample_may_vary_too():
    """With one scale effect common to all (correlation 1), the three-level model comes back."""
    case = cs_case("konstantopoulos2011") | {"structure": "diagonal", "effect": True}
    case["level"] = np.zeros(len(case["y"]), int)
    fit = estimate_structured(**case)
    other = estimate(blocks_of(table("konstantopoulos2011"), case["X"]), "REML")
    assert fit.G[0, 0] == pytest.approx(other.sigma2_sample, rel=1e-4)
    assert fit.sigma2_effect == pytest.approx(other.sigma2_effect, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
