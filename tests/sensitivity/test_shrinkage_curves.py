"""True means over tau: what is averaged must come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_fits import made_effects, planted, scattered

from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.sensitivity.shrinkage import Shrinkage, shrinkage_of
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

SAMPLES = [f"S{i // 2}" for i in range(14)]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return run_analysis(made_effects(SAMPLES), Specification())


@pytest.fixture(scope="module")
def curves(fitted: Fitted) -> Shrinkage:
    return shrinkage_of(fitted)


def averaged(found: Shrinkage) -> np.ndarray:
    return np.asarray(found.rule * found.density @ found.theta)


def without_grid(fitted: Fitted) -> Fitted:
    """The same draws without a grid, as a sampler would have left them."""
    own = fitted.posterior
    return replace(fitted, posterior=Posterior(own.tree, own.blocks, own.provenance))


def test_curves_average_to_the_posterior_means(fitted: Fitted, curves: Shrinkage) -> None:
    exact = [fitted.posterior.theta(i)[0].mean for i in range(7)]  # type: ignore[attr-defined]
    assert curves.exact
    assert curves.rule @ curves.density == pytest.approx(1, abs=1e-7)
    np.testing.assert_allclose(averaged(curves), exact, atol=1e-8)
    overall = float(curves.rule * curves.density @ curves.means[:, 0])
    assert overall == pytest.approx(fitted.posterior.linear(np.ones(1)).mean, abs=1e-8)


def test_the_density_is_that_of_the_tables(fitted: Fitted, curves: Shrinkage) -> None:
    np.testing.assert_array_equal(curves.density, fitted.posterior.tau("sample").pdf(curves.tau))


def test_without_heterogeneity_between_samples_they_are_alike(curves: Shrinkage) -> None:
    assert np.ptp(curves.theta[0]) < 1e-4
    assert (np.diff(np.ptp(curves.theta, axis=1)) > 0).all()


def test_curves_of_draws_are_near_the_exact_ones(fitted: Fitted, curves: Shrinkage) -> None:
    drawn = shrinkage_of(without_grid(fitted))
    assert not drawn.exact
    assert drawn.rule @ drawn.density == pytest.approx(1, abs=1e-6)
    at = fitted.posterior.tau("sample").quantile([0.1, 0.5, 0.9])
    for i in range(7):
        found, exact = (np.interp(at, c.tau, c.theta[:, i]) for c in (drawn, curves))
        np.testing.assert_allclose(found, exact, atol=0.005)
    np.testing.assert_allclose(averaged(drawn), averaged(curves), atol=0.005)


def test_where_samples_have_none_the_true_effects_are_followed() -> None:
    spec = Specification().with_changes({"heterogeneity.sample": False})
    fitted = run_analysis(made_effects(SAMPLES), spec)
    found = shrinkage_of(fitted)
    assert found.level == "effect"
    exact = [m.mean for i in range(7) for m in fitted.posterior.theta(i)[1]]  # type: ignore[attr-defined]
    np.testing.assert_allclose(averaged(found), exact, atol=1e-8)


def test_total_and_share_are_followed_too() -> None:
    spec = Specification().with_changes(
        {
            "priors.tau_total": {"family": "half_normal", "scale": 0.3},
            "priors.share": {"family": "beta", "a": 2.0, "b": 2.0},
        }
    )
    fitted = run_analysis(made_effects(SAMPLES), spec)
    found = shrinkage_of(fitted)
    exact = [fitted.posterior.theta(i)[0].mean for i in range(7)]  # type: ignore[attr-defined]
    np.testing.assert_allclose(averaged(found), exact, atol=1e-6)


def test_a_shrinkage_factor_is_averaged_over_draws() -> None:
    effects = made_effects(SAMPLES, arm=["a", "b"] * 7, year=[2000.0 + i for i in range(14)])
    spec = Specification().with_terms("arm", "year")
    spec = spec.with_prior("shrinkage", Prior("uniform", lower=0.5, upper=1.0))
    found = shrinkage_of(scattered(effects, spec).fitted)
    assert np.isfinite(found.theta).all()
    assert found.rule @ found.density == pytest.approx(1, abs=1e-6)


def test_what_has_no_single_tau_is_told() -> None:
    none = Specification().with_changes(
        {"heterogeneity.sample": False, "heterogeneity.effect": False}
    )
    with pytest.raises(InputError, match=r"not followed over one tau.*without it, tau_effect"):
        shrinkage_of(planted(made_effects(SAMPLES), none, beta=0.2))
