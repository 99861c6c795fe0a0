"""Selection models fitted: evidence by brute force, recovery, and NUTS beside importance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp
from selection_cases import SMALL, density, design_of, published

import bayes_alliance as ba
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.selection.evidence import importance_of_selection
from bayes_alliance.engines.selection.fit import fit_selection
from bayes_alliance.engines.selection.steps import steps_of
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.prior import Prior


def rule(lower: float, upper: float, nodes: int = 60) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.legendre.leggauss(nodes)
    return (lower + upper + (upper - lower) * x) / 2, (upper - lower) * w / 2


@pytest.mark.parametrize("mechanism", ["effects", "samples"])
def test_the_evidence_against_brute_force_quadrature(mechanism):
    """Mean and two weights unknown, taus known: a product rule over three numbers."""
    fixed = {
        "tau_sample": Prior("point", value=0.1),
        "tau_effect": Prior("point", value=0.05),
    }
    design = compile_design(ba.load("molloy2014"), ba.read_specification("two_level"))
    design = replace(design, **fixed)
    steps = steps_of(design, mechanism=mechanism)
    (m, wm), (a, wa), (b, wb) = rule(-0.7, 0.7, 120), rule(0, 1, 24), rule(0, 1, 24)
    grid = [axis.ravel() for axis in np.meshgrid(m, a, b, indexing="ij")]
    weight = np.einsum("i,j,k->ijk", wm, wa, wb).ravel()
    omega = np.column_stack([np.ones(len(weight)), grid[1], grid[1] * grid[2]])
    prior = stats.norm.logpdf(grid[0], 0, np.sqrt(design.prior_covariance()[0, 0]))
    prior = prior + np.log(2 * grid[1])  # the larger of two uniform numbers
    taus = {name: np.full(len(weight), p.parameters["value"]) for name, p in fixed.items()}
    logs = prior + density(design, steps, beta=grid[0], omega=omega, **taus)
    exact = logsumexp(logs, b=weight)
    found = importance_of_selection(design, steps, np.random.default_rng(1))
    assert found.error < 0.02
    assert found.log_evidence == pytest.approx(exact, abs=4 * found.error)
    shares = weight * np.exp(logs - exact)
    mean, sd = found.moments(np.ones(1))
    assert mean == pytest.approx(shares @ grid[0], abs=0.1 * sd)
    posterior = np.exp(found.proposals.log_weights)
    np.testing.assert_allclose(posterior @ found.omega, shares @ omega, atol=0.02)


@pytest.mark.parametrize("mechanism", ["effects", "samples"])
def test_the_truth_is_found_under_the_mechanism_that_made_the_data(mechanism):
    rng = np.random.default_rng(7)
    truth, naive, corrected = 0.12, [], []
    for _ in range(2):
        _, left = published(rng, mean=truth, tau=(0.12, 0.05), samples=110, by=mechanism)
        design = compile_design(ba.read_effects(left), ba.read_specification("overall"))
        steps = steps_of(design, mechanism=mechanism, cutpoints=(0.025,))
        found = importance_of_selection(design, steps, rng)
        grid = ExactEngine().solve(design)
        naive.append(grid.moments()[1][0])
        corrected.append(found.moments(np.ones(1))[0])
        assert found.log_evidence > grid.log_evidence
        share = np.exp(found.proposals.log_weights) @ found.omega
        assert share[1] < 0.6
    assert np.mean(naive) - truth > 0.035
    assert abs(np.mean(corrected) - truth) < 0.6 * (np.mean(naive) - truth)


def test_nuts_and_importance_sampling_agree_and_the_record_is_whole():
    rng = np.random.default_rng(3)
    _, left = published(rng, mean=0.15, tau=(0.1, 0.05), samples=40, by="effects")
    design = compile_design(ba.read_effects(left), ba.read_specification("overall"))
    steps = steps_of(design)
    options = RunOptions(chains=2, draws=700, tune=500, cores=1, target_accept=0.8)
    fit = fit_selection(design, steps, options)
    assert fit.posterior.provenance.settings["target_accept"] == 0.95
    assert fit.diagnostics.divergent <= 1
    assert fit.diagnostics.difference < 0.15
    assert fit.diagnostics.r_hat < 1.02
    dataset = fit.posterior.tree["posterior"].dataset
    assert dataset["omega"].dims == ("chain", "draw", "step")
    assert list(dataset["step"].values) == ["p < .025", ".025 < p < .5", "p > .5"]
    assert dataset["theta_sample"].sizes["sample_id"] == len(design.sample_ids)
    omega = fit.posterior.draws("omega")
    assert (omega[:, 0] == 1).all()
    assert (np.diff(omega, axis=1) <= 0).all()
    weights = fit.weights
    assert weights["count"].sum() == len(left)
    np.testing.assert_allclose(weights["prior_mean"], [1, 2 / 3, 1 / 3])
    independent = importance_of_selection(design, steps, np.random.default_rng(99))
    np.testing.assert_allclose(
        weights["mean"], np.exp(independent.proposals.log_weights) @ independent.omega, atol=0.05
    )
    assert fit.evidence.log_value == pytest.approx(independent.log_evidence, abs=0.1)


def test_no_model_is_refused_by_name():
    design = compile_design(ba.load("ibi_synthetic"), ba.read_specification("subscales_constant"))
    with pytest.raises(ba.InputError, match="sampling errors"):
        fit_selection(design, steps_of(design))
    assert design_of(SMALL).covariances is None
