"""What must hold for any data: order, labels, shifts, scales, rotations, the same twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exact_problems import KINDS, made_design, random_design
from hypothesis import given, settings
from hypothesis import strategies as st

from bayes_alliance.algebra.blocks import RotatedBlocks
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.spec.prior import Prior

SEEDS = st.integers(0, 10_000)
MODEST = st.sampled_from(["ordinary", "piled up at zero", "several coefficients", "two effects",
                          "correlated errors", "every sample one effect"])  # fmt: skip
few = settings(max_examples=12)


def problem_of(kind, seed):
    return random_design(kind, np.random.default_rng(seed))


def assert_same(got, want, *, shift=0.0, factor=1.0, evidence=0.0, places=1e-9):
    """Moments that are shifted (coefficients), scaled (all) and an evidence that is moved."""
    p = got.means.shape[-1]
    (new, means, sds), (old, before, spreads) = got.moments(), want.moments()
    assert new == pytest.approx(old + evidence, abs=1e-8)
    moved = factor * before
    moved[:p] += shift
    np.testing.assert_allclose(means, moved, atol=places * factor * max(1, np.abs(moved).max()))
    np.testing.assert_allclose(sds, factor * spreads, rtol=1e-7, atol=1e-12 * factor)


@few
@given(kind=MODEST, seed=SEEDS)
def test_the_order_of_rows_and_samples_and_their_labels_do_not_matter(kind, seed):
    design = problem_of(kind, seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(design.starts))
    within = [rng.permutation(np.flatnonzero(design.sample_index == i)) for i in order]
    rows = np.concatenate(within)
    sizes = np.array([len(part) for part in within])
    covariances = design.covariances
    if covariances is not None:
        covariances = tuple(
            covariances[i][np.ix_(part - part.min(), part - part.min())]
            for i, part in zip(order, within, strict=True)
        )
    other = replace(
        design,
        y=design.y[rows],
        X=design.X[rows],
        variances=design.variances[rows],
        covariances=covariances,
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp),
        sample_ids=tuple(f"another {i}" for i in order),
        effect_ids=tuple(f"other {j}" for j in rows),
    )
    assert_same(solve(other), solve(design))


@few
@given(kind=MODEST, seed=SEEDS, offset=st.floats(-3, 3))
def test_shifting_the_data_by_X_b_and_the_prior_by_b_shifts_the_coefficients(kind, seed, offset):
    design = problem_of(kind, seed)
    b = offset * np.linspace(1, 2, design.X.shape[1])
    other = replace(design, y=design.y + design.X @ b, prior_mean=design.prior_mean + b)
    assert_same(solve(other), solve(design), shift=b)


def scaled(prior, factor):
    """The prior of factor times tau."""
    if prior is None:
        return None
    parameters = dict(prior.parameters)
    for name in ("scale", "lower", "upper", "value"):
        if name in parameters:
            parameters[name] *= factor
    if prior.family == "lognormal":
        parameters["mu"] += np.log(factor)
    return Prior(prior.family, **parameters)


@few
@given(kind=MODEST, seed=SEEDS, power=st.floats(-3, 3))
def test_scaling_everything_scales_the_moments_and_moves_the_evidence(kind, seed, power):
    design, factor = problem_of(kind, seed), float(10**power)
    covariances = design.covariances
    if covariances is not None:
        covariances = tuple(factor**2 * V for V in covariances)
    other = replace(
        design,
        y=factor * design.y,
        variances=factor**2 * design.variances,
        covariances=covariances,
        prior_mean=factor * design.prior_mean,
        prior_location=factor * design.prior_location,
        prior_differences=factor * design.prior_differences,
        tau_sample=scaled(design.tau_sample, factor),
        tau_effect=scaled(design.tau_effect, factor),
    )
    jacobian = -len(design.y) * np.log(factor)
    assert_same(solve(other), solve(design), factor=factor, evidence=jacobian)


@few
@given(kind=MODEST, seed=SEEDS)
def test_rotating_equal_eigenvalues_of_a_sample_changes_nothing(kind, seed):
    """Where V is v times the identity, any orthogonal matrix holds eigenvectors of it."""
    design = problem_of(kind, seed)
    design = replace(
        design, covariances=None, variances=design.variances[design.starts][design.sample_index]
    )
    plain = design.blocks()
    rng = np.random.default_rng(seed)
    rotations = [np.linalg.qr(rng.normal(size=(m, m)))[0] for m in plain.sizes]
    parts = [slice(a, a + m) for a, m in zip(plain.starts, plain.sizes, strict=True)]
    pairs = list(zip(rotations, parts, strict=True))
    rotated = RotatedBlocks(
        starts=plain.starts,
        eigenvalues=plain.eigenvalues,
        ones=np.concatenate([Q.T @ plain.ones[rows] for Q, rows in pairs]),
        y=np.concatenate([Q.T @ plain.y[rows] for Q, rows in pairs]),
        X=np.concatenate([Q.T @ plain.X[rows] for Q, rows in pairs]),
        vectors=tuple(rotations),
    )
    assert_same(solve(design, blocks=rotated), solve(design))


@few
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS)
def test_the_same_analysis_gives_the_same_numbers_bit_for_bit(kind, seed):
    design, twin = problem_of(kind, seed), problem_of(kind, seed)
    first, second = (
        ExactEngine().run(d, RunOptions(chains=2, draws=5, seed=3)) for d in (design, twin)
    )
    assert first.log_marginal_likelihood == second.log_marginal_likelihood
    assert first.nodes.error == second.nodes.error
    np.testing.assert_array_equal(first.nodes.log_values, second.nodes.log_values)
    np.testing.assert_array_equal(first.nodes.means, second.nodes.means)
    assert first.tree.identical(second.tree)


def test_an_uninformative_effect_changes_nothing():
    taus = {"tau_sample": Prior("half_normal", scale=0.3), "tau_effect": None}
    y, v = [0.1, 0.3, 0.5, 0.2], [0.02, 0.03, 0.01, 0.05]
    without = solve(made_design(y, v, [0, 2], **taus))
    beside = solve(made_design([*y, 0.4], [*v, 1e12], [0, 2], **taus))
    np.testing.assert_allclose(beside.moments()[1], without.moments()[1], atol=1e-9)
    np.testing.assert_allclose(beside.moments()[2], without.moments()[2], rtol=1e-9)


def test_levels_change_places_when_every_sample_has_one_effect():
    design = problem_of("every sample one effect", 5)
    design = replace(
        design,
        tau_sample=Prior("half_normal", scale=0.3),
        tau_effect=Prior("half_cauchy", scale=0.1),
    )
    swapped = replace(design, tau_sample=design.tau_effect, tau_effect=design.tau_sample)
    one, other = solve(design, tolerance=1e-9).moments(), solve(swapped, tolerance=1e-9).moments()
    assert one[0] == pytest.approx(other[0], abs=1e-9)
    np.testing.assert_allclose(one[1][[0, 1, 2]], other[1][[0, 2, 1]], rtol=1e-8)
    np.testing.assert_allclose(one[2][[0, 1, 2]], other[2][[0, 2, 1]], rtol=1e-8)
