"""The posterior: predictions, mean correlations, random effects, all against other computations."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import xarray as xr
from made_fits import made_effects, planted, scattered
from scipy import integrate, stats

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.posterior.provenance import Provenance, versions
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.samples import sample_effects
from bayes_alliance.summaries.scale import Scale

ONE = np.ones(1)
MANY = (4, 1_000)
DEPENDENT = Specification().with_changes({"sampling": {"within_sample": "constant", "rho": 0.5}})


def table() -> EffectSizes:
    return made_effects(
        list("abacabd"), r=[0.1, 0.3, 0.5, 0.2, 0.4, 0.35, -0.1], n=[40, 60, 50, 30, 45, 80, 25]
    )


def fixed(
    beta: float, tau_sample: float, tau_effect: float, spec: Specification | None = None
) -> Fitted:
    return planted(
        table(), spec, beta=beta, tau_sample=tau_sample, tau_effect=tau_effect, shape=MANY
    )


@pytest.mark.parametrize(("tau", "mean"), [(0.0, 0.21), (0.15, 0.206), (0.30, 0.194)])
def test_the_mean_correlation_has_the_numbers_of_the_literature(tau: float, mean: float) -> None:
    posterior = fixed(float(np.arctanh(0.21)), tau, 0.0).posterior
    assert posterior.mean_r(ONE).mean == pytest.approx(mean, abs=5e-4)
    assert np.tanh(posterior.linear(ONE).mean) == pytest.approx(0.21)


@pytest.mark.parametrize("beta", [-0.4, 0.0, 0.2132, 1.0])
@pytest.mark.parametrize("taus", [(0.1, 0.0), (0.0, 0.2), (0.3, 0.4), (0.6, 0.3)])
def test_the_mean_correlation_is_the_integral_over_both_levels(
    beta: float, taus: tuple[float, float]
) -> None:
    sd = float(np.hypot(*taus))
    expected, _ = integrate.quad(
        lambda x: np.tanh(x) * stats.norm.pdf(x, beta, sd), beta - 12 * sd, beta + 12 * sd,
        epsabs=1e-12, epsrel=1e-12, limit=300,
    )  # fmt: skip
    found = planted(table(), beta=beta, tau_sample=taus[0], tau_effect=taus[1]).posterior
    np.testing.assert_allclose(found.mean_r(ONE).draws, expected, atol=1e-10)


def test_predictions_have_the_right_targets() -> None:
    posterior = fixed(0.2, 0.3, 0.4).posterior
    mean = posterior.predictive(ONE, ("sample",))
    effect = posterior.predictive(ONE, ("sample", "effect"))
    assert (mean.mean, mean.sd) == pytest.approx((0.2, 0.3))
    assert (effect.mean, effect.sd) == pytest.approx((0.2, 0.5))
    np.testing.assert_allclose(effect.interval(), stats.norm(0.2, 0.5).interval(0.95), atol=1e-9)
    np.testing.assert_allclose(posterior.spread(("sample", "effect")), 0.5)


def test_a_prediction_includes_the_uncertainty_of_the_mean() -> None:
    rng = np.random.default_rng(3)
    beta = rng.normal(0.2, 0.3, (*MANY, 1))
    posterior = planted(table(), beta=beta, tau_sample=0.4, shape=MANY).posterior
    assert posterior.predictive(ONE, ("sample",)).sd == pytest.approx(0.5, rel=0.02)


def test_an_absent_level_has_draws_of_zero() -> None:
    spec = Specification().with_changes({"heterogeneity.effect": False})
    posterior = planted(table(), spec, beta=0.2, tau_sample=0.3).posterior
    np.testing.assert_array_equal(posterior.draws("tau_effect"), np.zeros(400))
    np.testing.assert_array_equal(posterior.draws("tau_effect", "prior"), np.zeros(4_000))
    assert posterior.has("tau_sample")
    assert not posterior.has("tau_effect")
    assert posterior.tau("effect").interval() == (0, 0)
    np.testing.assert_allclose(posterior.spread(("sample", "effect")), 0.3)
    with pytest.raises(KeyError):
        posterior.draws("tau_district")


def test_draws_stand_chain_after_chain() -> None:
    beta = np.arange(12.0).reshape(2, 3, 2)
    effects = made_effects(list("aabb"), mod=list("xyxy"))
    posterior = planted(
        effects, Specification().with_terms("mod"), beta=beta, shape=(2, 3)
    ).posterior
    np.testing.assert_array_equal(posterior.draws("beta"), np.arange(12.0).reshape(6, 2))
    np.testing.assert_array_equal(posterior.linear(np.array([1.0, -1.0])).draws, -np.ones(6))


def dense_conditional(
    fitted: Fitted, beta: float, tau_sample: float, tau_effect: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean and covariance of (u, theta) given y by the textbook formula with full matrices."""
    design = fitted.design
    k, S = len(design.y), len(design.sample_ids)
    Z = np.eye(S)[design.sample_index]
    V = np.zeros((k, k))
    for i in range(S):
        rows = np.flatnonzero(design.sample_index == i)
        V[np.ix_(rows, rows)] = (
            np.diag(design.variances[rows]) if design.covariances is None else design.covariances[i]
        )
    T = tau_effect**2 * np.eye(k)
    M = V + T + tau_sample**2 * Z @ Z.T
    gain = np.linalg.inv(M)
    residual = design.y - beta
    Cu = tau_sample**2 * Z.T
    Ct = T + tau_sample**2 * Z @ Z.T
    u = beta + Cu @ gain @ residual
    theta = beta + Ct @ gain @ residual
    Vu = tau_sample**2 * np.eye(S) - Cu @ gain @ Cu.T
    return u, np.sqrt(np.diag(Vu)), theta, np.sqrt(np.diag(Ct - Ct @ gain @ Ct.T))


@pytest.mark.parametrize("spec", [Specification(), DEPENDENT], ids=["independent", "dependent"])
def test_random_effects_come_from_their_conditionals(spec: Specification) -> None:
    fitted = fixed(0.25, 0.2, 0.15, spec)
    u, u_sd, theta, theta_sd = dense_conditional(fitted, 0.25, 0.2, 0.15)
    drawn = fitted.posterior.with_theta()["posterior"].dataset
    assert drawn["theta_sample"].dims == ("chain", "draw", "sample_id")
    assert drawn["theta_effect"].dims == ("chain", "draw", "effect_id")
    assert tuple(drawn["sample_id"].to_numpy()) == fitted.design.sample_ids
    assert tuple(drawn["effect_id"].to_numpy()) == fitted.design.effect_ids
    for name, mean, sd in (("theta_sample", u, u_sd), ("theta_effect", theta, theta_sd)):
        stack = drawn[name].to_numpy().reshape(4_000, -1)
        error = 4.5 * sd / np.sqrt(4_000)
        assert (np.abs(stack.mean(0) - mean) < error).all()
        np.testing.assert_allclose(stack.std(0), sd, rtol=0.06)


@pytest.mark.parametrize("spec", [Specification(), DEPENDENT], ids=["independent", "dependent"])
def test_shrunken_means_equal_the_conditionals(spec: Specification) -> None:
    fitted = fixed(0.25, 0.2, 0.15, spec)
    u, u_sd, _, _ = dense_conditional(fitted, 0.25, 0.2, 0.15)
    told = sample_effects(fitted.posterior, Scale("GEN"))
    np.testing.assert_allclose(told["estimate"], u, atol=1e-8)
    np.testing.assert_allclose(told["lower"], u - 1.959964 * u_sd, atol=1e-6)
    new = np.hypot(u_sd, 0.15)
    np.testing.assert_allclose(told["new_effect_upper"], u + 1.959964 * new, atol=1e-6)
    in_sample = fitted.posterior.predictive_in_sample(1, ONE)
    assert (in_sample.mean, in_sample.sd) == pytest.approx((u[1], new[1]), abs=1e-9)
    in_r = sample_effects(fitted.posterior, Scale("ZCOR"))
    np.testing.assert_allclose(in_r["estimate"], np.tanh(u), atol=1e-8)
    assert list(told["effects"]) == [3, 2, 1, 1]


def test_raw_means_are_weighted_by_precision() -> None:
    fitted = fixed(0.25, 0.2, 0.15)
    weights = np.array([37.0, 47, 42])  # n - 3 of the three effects of sample a
    z = np.arctanh([0.1, 0.5, 0.4])
    told = sample_effects(fitted.posterior, Scale("GEN"))
    assert told["raw"][0] == pytest.approx((weights @ z) / weights.sum())


def test_without_heterogeneity_theta_is_the_mean() -> None:
    fitted = fixed(0.25, 0.0, 0.0)
    drawn = fitted.posterior.with_theta()["posterior"].dataset
    np.testing.assert_allclose(drawn["theta_sample"], 0.25)
    np.testing.assert_allclose(drawn["theta_effect"], 0.25)


def test_theta_is_made_on_a_copy_and_the_same_each_time() -> None:
    fitted = fixed(0.25, 0.2, 0.15)
    before = list(fitted.posterior.tree["posterior"].dataset)
    first, second = (fitted.posterior.with_theta() for _ in range(2))
    assert list(fitted.posterior.tree["posterior"].dataset) == before
    xr.testing.assert_identical(first["posterior"].dataset, second["posterior"].dataset)
    assert "theta_effect" in first["posterior"].dataset


def test_censored_effects_take_their_drawn_values() -> None:
    from made_fits import not_significant

    effects = not_significant(made_effects(list("aab"), n=40), [1])
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    drawn = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 200, 1))
    posterior = planted(
        effects, spec, beta=0.2, tau_sample=0.1, tau_effect=0.1, y_censored=drawn
    ).posterior
    complete = posterior.completed_y()
    np.testing.assert_array_equal(complete[:, 1], drawn.reshape(-1))
    np.testing.assert_allclose(complete[:, 0], effects.frame["yi"][0])
    told = sample_effects(posterior, Scale("ZCOR"))
    assert told["raw"][0] == pytest.approx(effects.frame["r"][0])  # the censored one has no weight


def test_every_group_has_the_names_and_dims_of_the_contract() -> None:
    tree = scattered(table()).posterior.tree
    assert set(tree.children) == {
        "posterior", "prior", "posterior_predictive", "prior_predictive", "log_likelihood",
        "observed_data", "constant_data",
    }  # fmt: skip
    assert tree["posterior"]["beta"].dims == ("chain", "draw", "coefficient")
    assert tree["posterior"]["tau_sample"].dims == ("chain", "draw")
    assert tree["log_likelihood"]["y"].dims == ("chain", "draw", "sample_id")
    assert tree["posterior_predictive"]["y"].dims == ("chain", "draw", "effect_id")
    assert not any("sample" in group.dims for group in tree.children.values())


def test_the_log_likelihood_is_the_dense_normal_density() -> None:
    fitted = fixed(0.25, 0.2, 0.15, DEPENDENT)
    design = fitted.design
    found = fitted.posterior.tree["log_likelihood"]["y"].to_numpy()[0, 0]
    assert design.covariances is not None
    for i, V in enumerate(design.covariances):
        y = design.y[design.sample_index == i]
        M = V + 0.15**2 * np.eye(len(y)) + 0.2**2
        expected = stats.multivariate_normal(np.full(len(y), 0.25), M).logpdf(y)
        assert found[i] == pytest.approx(expected, abs=1e-12)


def test_a_posterior_is_frozen_and_provenance_survives_json() -> None:
    posterior = fixed(0.25, 0.2, 0.15).posterior
    with pytest.raises(FrozenInstanceError):
        posterior.provenance = None  # type: ignore[misc]
    again = Provenance.from_json(posterior.provenance.to_json())
    assert again == posterior.provenance
    assert versions()["numpy"] == np.__version__
