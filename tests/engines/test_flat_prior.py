"""Flat priors of the coefficients: the limit of wide ones, without a marginal likelihood."""

from __future__ import annotations

import numpy as np
import pytest

import bayes_alliance as ba
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.spec.compilation import compile_design

FLAT = ba.Prior("flat", because="as REML")
SCALES = ba.read_specification("subscales_independent")
EFFECTS = ba.load("ibi_synthetic")


def made(*names, spec=SCALES, **priors):
    for name in names:
        spec = spec.with_prior(name, FLAT)
    for name, prior in priors.items():
        spec = spec.with_prior(name, prior)
    return compile_design(EFFECTS, spec)


def wide(name, sd=1e4):
    return {name: ba.Prior("normal", mean=0.0, sd=sd)}


@pytest.mark.parametrize("names", [("location",), ("differences",), ("location", "differences")])
def test_a_flat_prior_is_the_limit_of_wide_ones(names):
    flat = solve(made(*names)).moments()
    limit = solve(made(**{k: v for name in names for k, v in wide(name).items()})).moments()
    np.testing.assert_allclose(flat[1], limit[1], atol=1e-5)
    np.testing.assert_allclose(flat[2], limit[2], rtol=1e-5)


def test_with_known_heterogeneity_it_is_generalised_least_squares():
    """Without priors and with both taus held the posterior is the estimate and its SE."""
    held = {name: ba.Prior("point", value=0.1) for name in ("tau_sample", "tau_effect")}
    design = made("location", "differences", **held)
    fit = estimate(design.blocks(), "REML", tau_sample=0.1, tau_effect=0.1)
    _, means, sds = solve(design).moments()
    np.testing.assert_allclose(means[:4], fit.beta, atol=1e-10)
    np.testing.assert_allclose(sds[:4], np.sqrt(np.diag(fit.covariance)), atol=1e-10)


def test_pymc_has_the_same_prior_up_to_a_constant():
    design = made("location")
    precision, model = design.prior_precision(), build_model(design)
    assert np.linalg.matrix_rank(precision) == 3
    density = model.compile_logp(vars=model.potentials[:1])
    start = model.initial_point()
    for beta in np.random.default_rng(1).normal(size=(3, 4)):
        want = -0.5 * beta @ precision @ beta
        assert float(density({**start, "beta": beta})) == pytest.approx(want, abs=1e-10)


def test_a_fit_tells_everything_but_the_marginal_likelihood():
    fit = ba.fit(EFFECTS, SCALES.with_prior("location", FLAT))
    assert fit.to_dict()["log_marginal_likelihood"] is None
    assert "prior_predictive" not in fit.posterior.tree
    assert fit.check().loc["prior predictive", "passed"] is None
    assert "location flat()" in " ".join(str(fit).split())
    assert np.isfinite(fit.leave_one_out()["elpd"]).all()


def test_what_only_one_sample_informs_cannot_be_left_to_it():
    table = EFFECTS.to_frame()[["sample", "effect", "r", "n", "subscale"]]
    table.loc[len(table)] = ["lonely", "WAI trust", 0.3, 40, "trust"]
    fit = ba.fit(table, SCALES.with_prior("location", FLAT).with_prior("differences", FLAT))
    with pytest.raises(ba.InputError, match="without lonely a flat prior leaves"):
        fit.leave_one_out()
    assert fit.check().loc["leave-one-sample-out", "passed"] is None


@pytest.mark.parametrize("name", ["tau_sample", "rho", "scale"])
def test_only_coefficients_may_have_it(name):
    with pytest.raises(ba.InputError, match=f"priors.{name}"):
        SCALES.with_prior(name, FLAT)
