"""Moments over rho where the standard deviation of a tau is infinite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

import bayes_alliance as ba
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.library import read_specification

HEAVY = {
    "priors.tau_sample": {"family": "half_cauchy", "scale": 0.25},
    "sampling.within_sample": "estimated",
}


def test_a_tau_without_end_has_an_infinite_sd_and_the_others_their_own() -> None:
    table = pd.DataFrame({"sample": "a", "effect": ["x", "y"], "r": [0.1, 0.3], "n": 40})
    spec = read_specification("overall").with_changes(HEAVY)
    nodes = ExactEngine().solve(compile_design(ba.read_effects(table), spec))
    assert isinstance(nodes, GridStack)
    # A node of no mass times an infinite sd is not a number.
    prior = np.array(nodes.log_prior, dtype=float)
    prior[0] = -np.inf
    nodes = replace(nodes, log_prior=prior)
    assert nodes.shares[0] == 0
    _, means, sds = nodes.moments()
    assert np.isinf(sds).tolist() == [False, True, False, False]
    found = [layer.moments() for layer in nodes.layers]
    first = np.array([mean[0] for _, mean, _ in found])
    second = np.square(first) + np.square([sd[0] for _, _, sd in found])
    assert_allclose(means[0], nodes.shares @ first, rtol=1e-12)
    assert_allclose(sds[0], np.sqrt(nodes.shares @ second - means[0] ** 2), rtol=1e-9)
