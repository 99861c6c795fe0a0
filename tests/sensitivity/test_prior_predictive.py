"""What priors say beforehand, against simulation; prior and posterior side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from made_fits import made_effects, planted, scattered

import bayes_alliance as ba
from bayes_alliance.engines.assembly import draw_prior
from bayes_alliance.posterior.marginal import DrawnMarginal
from bayes_alliance.sensitivity.beliefs import beliefs_of, overlap_of, prior_and_posterior
from bayes_alliance.sensitivity.prior_predictive import prior_predictive

SHORT = {"run.draws": 400, "run.chains": 2}
SPECIFICATIONS: Mapping[str, Mapping[str, object]] = {
    "default": {},
    "heavy": {"priors.tau_sample": {"family": "half_cauchy", "scale": 0.1}},
    "empirical": {"priors.tau_sample": {"family": "inverse_gamma", "shape": 1.0, "scale": 0.075},
                  "priors.tau_effect": {"family": "inverse_gamma", "shape": 1.0, "scale": 0.075}},
    "one level": {"heterogeneity.effect": False, "priors.location.mean": 0.2},
    "share": {"priors.tau_total": {"family": "half_normal", "scale": 0.3},
              "priors.share": {"family": "beta", "a": 2.0, "b": 2.0}},
}  # fmt: skip


@pytest.mark.parametrize("changes", SPECIFICATIONS.values(), ids=SPECIFICATIONS)
def test_the_limits_are_those_of_simulated_true_correlations(changes: dict[str, object]) -> None:
    effects = made_effects(list("aabbcc"), subscale=["task", "bond"] * 3)
    spec = ba.Specification().with_terms("subscale").with_changes({**changes, **SHORT})
    fit = ba.fit(effects, spec)
    found = prior_predictive(fit.fitted)
    assert found.integrated is ("priors.share" not in changes)
    rng = np.random.default_rng(4)
    drawn = draw_prior(fit.design, 400_000, rng)
    mean = drawn["beta"][:, 0]
    sample = mean + drawn["tau_sample"] * rng.standard_normal(len(mean))
    effect = sample + drawn.get("tau_effect", 0.0) * rng.standard_normal(len(mean))
    for of, values in (("mean", mean), ("new sample", sample), ("new effect", effect)):
        row = found.table.loc[("task", of)]
        want = np.tanh(np.quantile(values, [0.5, 0.025, 0.975]))
        near = 0.004 if found.integrated else 0.006
        np.testing.assert_allclose(row[["r_median", "r_lower", "r_upper"]], want, atol=near)
        np.testing.assert_allclose(np.tanh(row["upper"]), row["r_upper"])
    difference = found.table.loc[("task - bond", "difference"), "upper"]
    assert difference == pytest.approx(1.95996 * 0.25, abs=1e-4)


def test_the_words() -> None:
    fit = ba.fit(made_effects(list("aabb")), "overall", changes=SHORT)
    (sentence,) = prior_predictive(fit.fitted).sentences
    assert sentence == (
        "Before any data the priors say that 95 % of true mean correlations lie between -.75 and "
        ".75, 95 % of the correlations of a new sample between -.80 and .80, and 95 % of new true "
        "correlations between -.81 and .81."
    )
    effects = made_effects(list("aabb"), subscale=["task", "bond"] * 2)
    told = prior_predictive(ba.fit(effects, "subscales_independent", changes=SHORT).fitted)
    assert len(told.sentences) == 2
    assert "(task, bond) lie between -.78 and .78" in told.sentences[0]
    assert told.sentences[1] == (
        "Before any data 95 % of differences (task - bond) lie between -0.49 and 0.49 on the "
        "analysis scale."
    )


def test_other_measures_have_no_correlations_and_flat_priors_say_nothing() -> None:
    fit = ba.fit("konstantopoulos2011", "schools", changes=SHORT)
    found = prior_predictive(fit.fitted)
    assert list(found.table.columns) == ["median", "lower", "upper"]
    assert "true mean effects lie between -1.96 and 1.96" in found.sentences[0]
    flat = ba.fit(fit.effects, fit.specification.with_prior("location", ba.Prior("flat")))
    found = prior_predictive(flat.fitted)
    assert found.table.empty
    assert found.sentences == ("The prior of location is flat: it says nothing beforehand.",)


def test_further_scales_are_drawn() -> None:
    spec = ba.Specification().with_terms("kind").with_changes(
        {"priors.shrinkage": {"family": "half_normal", "scale": 1.0}}
    )  # fmt: skip
    fit = scattered(made_effects(list("aabbcc"), kind=["u", "v"] * 3), spec)
    found = prior_predictive(fit.fitted)
    assert not found.integrated
    rng = np.random.default_rng(8)
    difference = 0.25 * np.abs(rng.standard_normal(400_000)) * rng.standard_normal(400_000)
    got = found.table.loc[("u - v", "difference"), "upper"]
    assert got == pytest.approx(np.quantile(difference, 0.975), rel=0.03)


def test_prior_and_posterior_are_the_numbers_of_the_fit() -> None:
    fit = ba.fit("ibi_synthetic", "overall", changes=SHORT)
    table = prior_and_posterior(fit.fitted)
    assert table.index.tolist() == ["overall", "tau_sample", "tau_effect"]
    np.testing.assert_allclose(
        table.loc["tau_sample", ["prior_median", "prior_lower", "prior_upper"]].to_numpy(float),
        fit.specification.priors.tau_sample.quantile([0.5, 0.025, 0.975]),
    )
    summary = fit.summary().loc["overall", ["median", "lower", "upper"]]
    got = table.loc["overall", ["posterior_median", "posterior_lower", "posterior_upper"]]
    np.testing.assert_allclose(got.to_numpy(float), summary.to_numpy(float))
    width = (summary["upper"] - summary["lower"]) / (2 * 1.95996 * 0.5)
    assert table.loc["overall", "learned"] == pytest.approx(1 - width, abs=1e-5)
    before, after = (ba.Prior("normal", mean=m, sd=s) for m, s in ((0, 0.5), (0.2103, 0.03)))
    x = np.linspace(-2, 2, 40_001)
    overlap = np.minimum(np.exp(before.logpdf(x)), np.exp(after.logpdf(x))).sum() * 1e-4
    assert table.loc["overall", "overlap"] == pytest.approx(overlap, abs=0.005)


def test_a_posterior_that_is_its_prior_overlaps_fully() -> None:
    spec, shape = ba.Specification(), (2, 2000)
    rng = np.random.default_rng(2)
    fitted = planted(
        made_effects(list("aabb")), spec,
        beta=rng.normal(0, 0.5, (*shape, 1)),
        tau_sample=spec.priors.tau_sample.draws(4000, rng).reshape(shape),
        tau_effect=0.9 + 0.001 * rng.standard_normal(shape), shape=shape,
    )  # fmt: skip
    table = prior_and_posterior(fitted)
    assert table["overlap"].to_numpy(float) == pytest.approx([0.97, 0.95, 0.0], abs=0.04)
    assert table["learned"].to_numpy(float) == pytest.approx([0.0, 0.0, 0.99], abs=0.06)
    belief = beliefs_of(fitted)[0]
    assert isinstance(belief.posterior, DrawnMarginal)
    assert 0.9 < overlap_of(belief) <= 1
