"""Weights of effect sizes in posterior means."""

from __future__ import annotations

import numpy as np
import pytest
from made_fits import made_effects, not_significant, planted

from bayes_alliance.sensitivity.weights import effect_weights
from bayes_alliance.spec.specification import Specification

ONE = np.ones((1, 1))


def test_given_the_taus_weights_are_those_of_least_squares_with_a_prior() -> None:
    effects = made_effects(["a", "a", "b", "c"], n=[40, 50, 80, 200])
    fitted = planted(effects, beta=[0.2], tau_sample=0.1, tau_effect=0.2)
    design = fitted.design
    M = np.diag(design.variances + 0.04)
    M[:2, :2] += 0.01
    M[2, 2] += 0.01
    M[3, 3] += 0.01
    W = np.linalg.inv(M)
    expected = W.sum(axis=0) / (W.sum() + design.prior_precision()[0, 0])
    (weights,) = effect_weights(fitted, ONE)
    np.testing.assert_allclose(weights, expected)
    assert 0.9 < weights.sum() < 1


def test_under_a_flat_prior_weights_add_up_to_one() -> None:
    effects = made_effects(["a", "a", "b"])
    spec = Specification().with_changes({"priors.location": {"family": "flat", "because": "x"}})
    (weights,) = effect_weights(planted(effects, spec, beta=[0.2], tau_sample=0.1), ONE)
    assert weights.sum() == pytest.approx(1)


def test_levels_borrow_from_each_other() -> None:
    effects = made_effects(["a", "a", "b", "b"], arm=["x", "y", "x", "y"])
    fitted = planted(effects, Specification().with_terms("arm"), beta=[0.2, 0.1], tau_sample=0.1)
    weights = effect_weights(fitted, np.eye(2))
    own = fitted.design.X.T == 1
    assert (weights[own] > weights[~own].max()).all()
    assert (weights.sum(axis=1) < 1).all()


def test_what_was_only_not_significant_has_no_weight() -> None:
    effects = not_significant(made_effects(["a", "b", "c"]), [1])
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    fitted = planted(effects, spec, beta=[0.2], y_censored=np.zeros((2, 200, 1)))
    (weights,) = effect_weights(fitted, ONE)
    assert np.isnan(weights).tolist() == [False, True, False]
