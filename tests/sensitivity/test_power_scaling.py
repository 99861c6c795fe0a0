"""Power scaling: exact refits, a planted conflict, a calm case, and both kinds of engines."""

from __future__ import annotations

import numpy as np
import pytest
from made_fits import made_effects, planted, scattered
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.log_prior import log_prior_of
from bayes_alliance.sensitivity.power_scaling import power_scaling, verdict, with_log_prior

SHORT = {"run.draws": 1000, "run.chains": 4}


def test_a_prior_far_from_the_data_is_a_conflict_and_the_default_is_none() -> None:
    far = {"priors.location.mean": -0.5, "priors.location.sd": 0.1, **SHORT}
    calm = power_scaling(ba.fit("molloy2014", "two_level", changes=SHORT).fitted)
    assert set(calm.table["verdict"]) == {"none"}
    assert calm.sentences == ("No answer is sensitive to its prior (all below 0.05).",)
    found = power_scaling(ba.fit("ibi_synthetic", "overall", changes=far).fitted)
    row = found.table.loc["overall"]
    assert row["verdict"] == "possible prior-data conflict"
    assert row["driver"] == "coefficients"
    assert row["prior"] > 0.3
    assert row["likelihood"] > 0.3
    assert found.sentences[0].startswith(
        "overall: possible prior-data conflict; its prior moves it and the data do too"
    )
    assert found.table.loc["tau_effect", "driver"] == ""
    assert "next: .table" in repr(found)


def test_little_data_under_a_strong_prior_is_no_conflict() -> None:
    effects = made_effects(["a", "b"], r=[0.2, 0.22], n=12)
    changes = {"priors.location.sd": 0.05, "priors.location.mean": 0.2, **SHORT}
    table = power_scaling(ba.fit(effects, "overall", changes=changes).fitted).table
    assert table.loc["overall", "verdict"] == "strong prior or weak data"


def test_scaling_by_weights_is_scaling_the_prior() -> None:
    """A power of a normal prior is a normal with another sd: weighted draws and an exact refit."""
    fit = ba.fit("molloy2014", "two_level", changes={**SHORT, "run.draws": 5000})
    alpha, spec = 0.5, fit.specification
    log_prior = with_log_prior(fit.fitted)["log_prior"]["coefficients"].to_numpy().ravel()
    weights = np.exp((alpha - 1) * (log_prior - log_prior.max()))
    mean = np.average(fit.posterior.draws("beta")[:, 0], weights=weights)
    sd = spec.priors.location.parameters["sd"] / np.sqrt(alpha)
    refit = ba.fit(fit.effects, spec.with_changes({"priors.location.sd": sd}))
    exact = refit.posterior.linear(np.ones(1))
    assert mean == pytest.approx(exact.mean, abs=4 * exact.sd / np.sqrt(20_000))


def test_the_log_prior_is_that_of_scipy() -> None:
    effects = made_effects(list("aabbcc"), subscale=["task", "bond"] * 3)
    fit = ba.fit(effects, ba.Specification().with_terms("subscale").with_changes(SHORT))
    posterior = fit.posterior.tree["posterior"].dataset
    found = log_prior_of(fit.design, posterior)
    assert set(found) == {"coefficients", "tau_sample", "tau_effect"}
    covariance = 0.5**2 + np.diag([0.25**2 / 2] * 2)
    want = stats.multivariate_normal(np.zeros(2), covariance).logpdf(posterior["beta"].to_numpy())
    difference = found["coefficients"] - want
    np.testing.assert_allclose(difference, difference[0, 0], atol=1e-10)
    tau = stats.halfnorm(scale=0.25).logpdf(posterior["tau_sample"].to_numpy())
    np.testing.assert_allclose(found["tau_sample"], tau, atol=1e-10)


def test_a_total_and_its_share_are_scaled_as_declared() -> None:
    spec = ba.Specification().with_changes(
        {"priors.tau_total": {"family": "half_normal", "scale": 0.3},
         "priors.share": {"family": "beta", "a": 2.0, "b": 2.0}, **SHORT}
    )  # fmt: skip
    fit = ba.fit(made_effects(list("aabbcc")), spec)
    posterior = fit.posterior.tree["posterior"].dataset
    found = log_prior_of(fit.design, posterior)
    sample, effect = (posterior[f"tau_{level}"].to_numpy() for level in ("sample", "effect"))
    assert set(found) == {"coefficients", "tau_total", "share"}
    total = np.sqrt(sample**2 + effect**2)
    np.testing.assert_allclose(found["tau_total"], stats.halfnorm(scale=0.3).logpdf(total))
    share = sample**2 / total**2
    np.testing.assert_allclose(found["share"], stats.beta(2, 2).logpdf(share), atol=1e-9)


def test_a_shrunken_prior_of_differences_is_scaled_by_its_factor_alone() -> None:
    spec = ba.Specification().with_changes(
        {"priors.shrinkage": {"family": "half_cauchy", "scale": 1.0}}
    ).with_terms("kind")  # fmt: skip
    effects = made_effects(list("aabbcc"), kind=["u", "v"] * 3)
    fit = scattered(effects, spec)
    log_prior = with_log_prior(fit.fitted)["log_prior"].dataset
    assert set(log_prior) == {"shrinkage", "tau_sample", "tau_effect"}
    assert "shrinkage" in power_scaling(fit.fitted).table.index


def test_both_engines_agree() -> None:
    changes = {"run.draws": 1000, "run.tune": 500, "run.chains": 2}
    exact = ba.fit("molloy2014", "two_level", changes=changes)
    sampled = ba.fit("molloy2014", "two_level", changes=changes, engine="nuts", progress=False)
    one, other = (power_scaling(fit.fitted).table for fit in (exact, sampled))
    assert list(one.index) == list(other.index)
    columns = ["prior", "likelihood", "prior_coefficients", "prior_tau_effect"]
    np.testing.assert_allclose(one[columns], other[columns], rtol=0.25, atol=0.005)
    assert one["verdict"].tolist() == other["verdict"].tolist()


def flat() -> Fitted:
    spec = ba.Specification().with_changes(
        {"priors.location": {"family": "flat"}, "heterogeneity.effect": False,
         "priors.tau_sample": {"family": "point", "value": 0.1}}
    )  # fmt: skip
    return planted(made_effects(list("abc")), spec, beta=np.full(1, 0.2), tau_sample=0.1)


def test_without_a_free_proper_prior_nothing_is_scaled() -> None:
    with pytest.raises(ba.InputError, match="no prior can be scaled"):
        power_scaling(flat())


def test_a_posterior_without_log_likelihood_is_told() -> None:
    fitted = ba.fit("molloy2014", "two_level", changes=SHORT).fitted
    tree = fitted.posterior.tree.copy()
    del tree["log_likelihood"]
    from dataclasses import replace

    with pytest.raises(ba.InputError, match="without the log likelihood"):
        power_scaling(replace(fitted, posterior=replace(fitted.posterior, tree=tree)))


def test_verdicts_at_the_threshold() -> None:
    assert verdict(0.05, 0.05) == "possible prior-data conflict"
    assert verdict(0.0499, 1.0) == "none"
    assert verdict(0.05, 0.0499) == "strong prior or weak data"
