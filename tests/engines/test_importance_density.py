"""The importance engine's log density against SciPy, PyMC and the algebra, at random points."""

import numpy as np
import pandas as pd
import pytest
from importance_problems import STRUCTURES, UNCERTAIN_RHO, designed, simulated, typical
from pymc_densities import pymc_log_density
from scipy import integrate, stats
from scipy_densities import PRIORS

from bayes_alliance.engines.importance.coordinates import Piece, _kind, _limits, coordinates_of
from bayes_alliance.engines.importance.density import collapsed, problem_of
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.prior import Prior

RHO = {"sampling.within_sample": "constant", "sampling.rho": 0.5}
CASES = {"independent": {}, "constant": RHO, "rho": UNCERTAIN_RHO}


def ragged(structure, changes=None):
    """Samples of one to nine effects: some scales are reported up to three times."""
    rng = np.random.default_rng(11)
    parts = [
        simulated(rng, samples=s, taus=np.array([0.2, 0.1, 0.1]), correlation=0.5,
                  tau_effect=0.1, reported=0.7)
        for s in (12, 7, 2)
    ]  # fmt: skip
    return designed(pd.concat(parts, ignore_index=True), structure, changes)


def at_random(design, size=6):
    layout = coordinates_of(design)
    centre, spread = layout.cover()
    x = centre + spread * np.random.default_rng(2).normal(size=(size, layout.size))
    given, log_prior = layout.parameters(x)
    found = collapsed(problem_of(design, design.blocks()), layout.covariance(given), given)
    return layout, x, given, log_prior, found


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_data_are_one_dense_normal(structure, changes):
    design = ragged(structure, changes)
    layout, _, given, _, found = at_random(design)
    G, level = layout.covariance(given), design.scales.level
    for d in range(len(G)):
        M = np.diag(np.full(len(design.y), given["tau_effect"][d] ** 2))
        for i, start in enumerate(design.starts):
            rows = np.flatnonzero(design.sample_index == i)
            V = np.diag(design.variances[rows])
            if design.covariances is not None:
                V = design.covariances[i]
            if design.dependence is not None:
                V = design.dependence.fixed[i] + given["rho"][d] * design.dependence.pattern[i]
            assert rows[0] == start
            M[np.ix_(rows, rows)] += V + G[d][np.ix_(level[rows], level[rows])]
        B, mean = design.prior_covariance(), design.X @ design.prior_mean
        whole = stats.multivariate_normal(mean, M + design.X @ B @ design.X.T)
        assert found.log_density[d] == pytest.approx(whole.logpdf(design.y), abs=1e-8)
        precision = np.linalg.inv(B) + design.X.T @ np.linalg.solve(M, design.X)
        right = np.linalg.solve(B, design.prior_mean) + design.X.T @ np.linalg.solve(M, design.y)
        assert found.mean[d] == pytest.approx(np.linalg.solve(precision, right), abs=1e-8)
        assert found.factor[d] @ found.factor[d].T == pytest.approx(precision, rel=1e-9)


def pymc_names(design, layout, x):
    """Values of the free variables of the PyMC model at one point."""
    L, given = len(design.scales.names), {}
    partial = iter([(i, j) for i in range(L) for j in range(i)])
    common = design.scales.structure == "cs"
    log_prior = 0.0
    for piece, (values,) in zip(layout.pieces, layout.parts(x[None])[0], strict=True):
        log_prior += float(piece.prior.logpdf(values).sum())
        if piece.name == "tau_scale":
            names = ["tau_scale_common"] if common else [f"tau_scale_{i}" for i in range(L)]
        elif piece.name == "common":
            names = ["scale_correlation_common"]
        elif piece.name == "partial":
            names = ["scale_partial_{}_{}".format(*next(partial))]
        else:
            names = [piece.name]
        given |= dict(zip(names, values, strict=True))
    return given, log_prior


@pytest.mark.parametrize(
    ("structure", "changes"), [("cs", {}), ("diagonal", RHO), ("unstructured", UNCERTAIN_RHO)]
)
def test_log_density_equals_the_model_that_nuts_samples(structure, changes):
    design = ragged(structure, changes)
    layout, x, given, _, found = at_random(design, 3)
    model = build_model(design)
    rng = np.random.default_rng(4)
    for d in range(3):
        values, log_prior = pymc_names(design, layout, x[d])
        beta = found.mean[d] + 0.1 * rng.normal(size=found.mean.shape[1])
        z = found.factor[d].T @ (beta - found.mean[d])
        log_det = np.log(np.diag(found.factor[d])).sum()
        conditional = log_det - 0.5 * z @ z - 0.5 * len(z) * np.log(2 * np.pi)
        joint = log_prior + found.log_density[d] + conditional
        assert pymc_log_density(model, values | {"beta": beta}) == pytest.approx(joint, abs=1e-8)
        # and the algebra, by which log likelihoods and true effects are computed
        draws = {name: v[d : d + 1] for name, v in given.items()} | {"beta": beta[None]}
        likelihood = design.blocks().log_density(draws).sum()
        normal = stats.multivariate_normal(design.prior_mean, design.prior_covariance())
        want = joint - log_prior - normal.logpdf(beta)
        assert likelihood == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("prior", PRIORS, ids=lambda p: p["family"])
def test_a_prior_keeps_its_mass_in_the_coordinates(prior):
    prior = Prior.from_mapping(prior)
    kind = _kind(prior)
    piece = Piece("tau_effect", prior, (0,), kind, *_limits(prior, kind))

    def density(x):
        (value,), log_jacobian = piece.moved(np.array([[x]]))
        return float(np.exp(prior.logpdf(value[0]) + log_jacobian[0]))

    mass = sum(integrate.quad(density, a, a + 2, epsabs=1e-12)[0] for a in range(-12, 12, 2))
    # A half-Cauchy beyond x = 12 has no more than this.
    assert mass == pytest.approx(1, abs=1e-4)
    at = np.linspace(-12, 12, 24_001)[:, None]
    (values, _), step = piece.moved(at), 24 / 24_000
    below = at[values[:, 0] < prior.median, 0]
    assert sum(density(x) for x in below[::10]) * 10 * step == pytest.approx(0.5, abs=0.01)


def test_a_tau_near_0_has_a_normal_tail_and_never_leaves_its_range():
    prior = Prior("half_normal", scale=0.25)
    piece = Piece("tau_effect", prior, (0,), "half", *_limits(prior, "half"))
    x = np.array([[-40.0], [-8.0], [-7.0], [0.0], [12.0]])
    values, log_density = piece.moved(x)
    assert (np.diff(values[:, 0]) > 0).all()
    assert (values >= 0).all()
    # log phi at -8 and -7 differ by 7.5; the Mills ratio moves it a little
    assert log_density[2] - log_density[1] == pytest.approx(7.5, abs=0.2)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("prior", [PRIORS[0], PRIORS[5]], ids=["polar", "not polar"])
def test_the_jacobian_is_the_determinant_of_the_derivatives(structure, prior):
    changes = {"priors.tau_effect": prior | {"because": ""}} | UNCERTAIN_RHO
    design = typical(structure, changes)
    layout = coordinates_of(design)
    assert layout.polar == (prior["family"] == "half_normal")
    x = np.random.default_rng(5).normal(0.5, 0.5, layout.size)
    step = 1e-5 * np.eye(layout.size)
    up, down = (np.concatenate(layout.parts(x + s)[0], axis=1) for s in (step, -step))
    _, want = np.linalg.slogdet((up - down) / 2e-5)
    assert layout.parts(x[None])[1][0] == pytest.approx(want, abs=1e-7)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_taus_known_each_by_itself_are_not_polar(structure):
    assert coordinates_of(ragged(structure)).polar == (structure == "cs")
    assert coordinates_of(typical(structure)).polar


def test_a_covariance_that_is_not_positive_definite_has_no_density():
    design = typical("cs")
    problem = problem_of(design, design.blocks())
    G = np.stack([0.01 * np.eye(3), -np.eye(3)])
    found = collapsed(problem, G, {"tau_effect": np.zeros(2), "rho": np.zeros(2)})
    assert np.isfinite(found.log_density[0])
    assert found.log_density[1] == -np.inf
