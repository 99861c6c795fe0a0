"""Orders from draws of a posterior without quadrature, and what a shrinkage factor rules out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_fits import made_effects, planted

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity.evidence import bayes_factor
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification

STUDENT = {"heterogeneity.distribution": "student_t"}


def with_draws(beta: np.ndarray, changes: dict[str, Any]) -> Fitted:
    """An analysis with these draws in place of a posterior, changed to one without quadrature."""
    effects = made_effects(list("aabbcc"), kind=list("xyxyxy"))
    plain = Specification().with_terms("kind")
    fitted = planted(effects, plain, beta=beta.reshape(2, -1, 2), shape=(2, len(beta) // 2))
    spec = plain.with_changes(changes)
    return replace(fitted, specification=spec, design=compile_design(effects, spec))


def test_an_order_from_draws_and_its_error() -> None:
    rng = np.random.default_rng(5)
    beta = rng.normal([0.3, 0.1], 0.1, (4_000, 2))
    found = bayes_factor(with_draws(beta, STUDENT), "x > y")
    share = float(np.mean(beta[:, 0] > beta[:, 1]))
    assert found.order is not None
    assert found.order.posterior == pytest.approx(share, abs=1e-3)
    assert found.order.prior == 0.5
    assert found.curve is None
    assert found.bayes_factor.method == "posterior draws"
    assert found.order.posterior_error == pytest.approx(
        math.sqrt(share * (1 - share) / 4_000), rel=0.1
    )
    # Draws that each stand ten times are worth a tenth.
    slow = bayes_factor(with_draws(np.repeat(beta[:400], 10, axis=0), STUDENT), "x > y")
    assert slow.order is not None
    assert slow.order.posterior_error == pytest.approx(
        found.order.posterior_error * math.sqrt(10), rel=0.25
    )
    never = bayes_factor(with_draws(beta + np.array([5.0, 0.0]), STUDENT), "x < y")
    assert never.order is not None
    assert 0 < never.order.posterior < 1e-3
    assert never.error > 1


def test_shrinkage_is_refused_where_the_prior_given_the_null_is_no_normal() -> None:
    beta = np.random.default_rng(5).normal([0.3, 0.1], 0.1, (4_000, 2))
    shrunken = with_draws(beta, {"priors.shrinkage": {"family": "half_normal", "scale": 1.0}})
    with pytest.raises(InputError, match="with a shrinkage factor the prior"):
        bayes_factor(shrunken, "x = y")
    with pytest.raises(InputError, match="an order has no prior probability"):
        bayes_factor(shrunken, "x > y > 0")
    order = bayes_factor(shrunken, "x > y").order
    assert order is not None
    assert order.prior == 0.5
