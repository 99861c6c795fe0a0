"""Priors from earlier fits: moments, recovered families, told errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bayes_alliance as ba
from bayes_alliance.posterior.marginal import DrawnMarginal
from bayes_alliance.sensitivity.earlier import matched_tau, prior_from_fit

SHORT = {"run.draws": 400, "run.chains": 2}
EVEN = (np.arange(20_000) + 0.5) / 20_000


def ideal(prior: ba.Prior) -> DrawnMarginal:
    return DrawnMarginal(prior.quantile(EVEN), lower=0.0)


@pytest.mark.parametrize(
    "prior",
    [
        ba.Prior("half_normal", scale=0.15),
        ba.Prior("half_t", df=3, scale=0.2),
        ba.Prior("lognormal", mu=-1.9, sigma=0.4),
        ba.Prior("gamma", shape=6, rate=50),
    ],
    ids=str,
)
def test_a_family_is_recovered_with_its_parameters(prior: ba.Prior) -> None:
    found = matched_tau(ideal(prior))
    assert found.prior.family == prior.family
    got, want = (list(p.parameters.values()) for p in (found.prior, prior))
    np.testing.assert_allclose(got, want, rtol=2e-3)
    assert found.distance < 1e-3
    assert found.tried["distance"].min() == pytest.approx(found.distance)
    assert len(found.tried) == 4


@settings(max_examples=15)
@given(st.floats(0.01, 2.0), st.floats(0.1, 1.0))
def test_any_lognormal_is_matched_on_any_scale(size: float, sigma: float) -> None:
    found = matched_tau(ideal(ba.Prior("lognormal", mu=float(np.log(size)), sigma=sigma)))
    assert found.distance < 0.03


def test_a_mean_becomes_the_normal_with_its_moments() -> None:
    fit = ba.fit("crede2010", "three_level", changes=SHORT)
    prior = prior_from_fit(fit.fitted)
    marginal = fit.posterior.linear(np.ones(1))
    assert tuple(prior.parameters.values()) == (marginal.mean, marginal.sd)
    assert prior.because.startswith("Posterior of overall in the analysis 'three_level' of ")
    assert "by the exact engine; its cdf within 0.00" in prior.because
    half = prior_from_fit(fit.fitted, discount=0.5, extra_sd=0.1)
    assert half.parameters["sd"] ** 2 == pytest.approx(marginal.sd**2 / 0.5 + 0.01)
    new = prior_from_fit(fit.fitted, about="new_sample")
    predicted = fit.posterior.predictive(np.ones(1), ("sample",))
    assert new.parameters["sd"] == pytest.approx(predicted.sd)
    assert prior.parameters["sd"] < new.parameters["sd"]
    assert "Prediction of a new sample of overall" in new.because


def test_two_meta_analyses_one_after_the_other_are_both_at_once() -> None:
    """With known variances the posterior of the first is the whole of what it says."""
    effects = ba.load("molloy2014")
    alone = {"heterogeneity": {"sample": False, "effect": False}, **SHORT}
    halves = [effects.keep(np.arange(len(effects)) % 2 == i) for i in (0, 1)]
    spec = ba.read_specification("two_level").with_changes(alone)
    first = ba.fit(halves[0], spec)
    second = ba.fit(halves[1], spec.with_prior("location", prior_from_fit(first.fitted)))
    both = ba.fit(effects, spec)
    one, other = (fit.posterior.linear(np.ones(1)) for fit in (second, both))
    assert (one.mean, one.sd) == pytest.approx((other.mean, other.sd), abs=1e-9)


def test_taus_and_poor_fits_and_simulated_data_are_told() -> None:
    fit = ba.fit("crede2010", "three_level", changes=SHORT)
    prior = prior_from_fit(fit.fitted, "tau_sample")
    assert prior.because.endswith("No family fits it well.")
    assert prior.support == "positive"
    simulated = prior_from_fit(ba.fit("ibi_synthetic", "overall", changes=SHORT).fitted)
    assert simulated.because.endswith("SIMULATED data: no evidence.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"name": "task"}, "Choose one of overall, tau_sample, tau_effect"),
        ({"name": "tau_group"}, "has no 'tau_group'"),
        ({"name": "tau_sample", "discount": 0.5}, "are for means, not for tau_sample"),
        ({"name": "tau_sample", "about": "new_sample"}, "are for means"),
        ({"about": "anything"}, "Choose one of mean, new_sample, new_effect"),
        ({"discount": 2.0}, "at most 1"),
    ],
)
def test_what_makes_no_prior_is_told(arguments: dict[str, object], told: str) -> None:
    fit = ba.fit("crede2010", "three_level", changes=SHORT)
    with pytest.raises(ba.InputError, match=told):
        prior_from_fit(fit.fitted, **arguments)
