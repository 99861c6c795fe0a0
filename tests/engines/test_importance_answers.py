"""Answers of the importance engine against quadrature, the exact engine and NUTS."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from importance_problems import designed, random_problem, simulated, typical
from scipy.special import logsumexp

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.importance.coordinates import coordinates_of
from bayes_alliance.engines.importance.density import problem_of
from bayes_alliance.engines.importance.engine import ImportanceEngine, smoothed, weighted
from bayes_alliance.engines.importance.mixture import Mixture, systematic
from bayes_alliance.engines.nuts.engine import NutsEngine
from bayes_alliance.names import SCALE_CORRELATION, TAU_SCALE
from bayes_alliance.spec.prior import Prior


def solved(design, seed=1):
    layout = coordinates_of(design)
    problem = problem_of(design, design.blocks())
    return layout, weighted(layout, problem, np.random.default_rng([seed, 8]))


def moments(values, weights):
    mean = weights @ values
    return mean, np.sqrt(weights @ np.square(values - mean))


def two_scales(taus, correlation, samples=14):
    rng = np.random.default_rng(21)
    frame = simulated(
        rng, samples=samples, taus=np.array(taus), correlation=correlation, tau_effect=0.08
    )
    return designed(frame, "cs")


def by_quadrature(design, nodes=28):
    """Gauss-Legendre over tau, the correlation and tau_effect; one dense normal at each node."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    axes, weights = [], []
    for lower, upper in ((0, 0.9), (-1, 1), (0, 0.6)):
        axes.append(lower + (upper - lower) * (x + 1) / 2)
        weights.append(w * (upper - lower) / 2)
    tau, c, te = (a.ravel() for a in np.meshgrid(*axes, indexing="ij"))
    log_weight = sum(np.log(a.ravel()) for a in np.meshgrid(*weights, indexing="ij"))
    scales = design.scales
    log_weight += scales.tau.logpdf(tau) + scales.pair_prior().logpdf(c)
    log_weight += design.tau_effect.logpdf(te)
    same = design.sample_index[:, None] == design.sample_index
    alike = scales.level[:, None] == scales.level
    fixed = np.diag(design.variances) + design.X @ design.prior_covariance() @ design.X.T
    residual = design.y - design.X @ design.prior_mean
    log_density = np.empty(len(tau))
    for part in np.array_split(np.arange(len(tau)), 40):
        t2, e2 = np.square(tau[part]), np.square(te[part])
        between = t2[:, None, None] * np.where(alike, 1.0, c[part, None, None]) * same
        factor = np.linalg.cholesky(fixed + between + e2[:, None, None] * np.eye(len(residual)))
        z = np.linalg.solve(factor, np.tile(residual[:, None], (len(part), 1, 1)))[..., 0]
        log_root = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(-1)
        log_density[part] = -0.5 * np.square(z).sum(-1) - log_root
    log_joint = log_weight + log_density - 0.5 * len(residual) * np.log(2 * np.pi)
    evidence = logsumexp(log_joint)
    share = np.exp(log_joint - evidence)
    found = {
        name: moments(v, share) for name, v in (("tau", tau), ("correlation", c), ("effect", te))
    }
    return float(evidence), found


@pytest.mark.parametrize(
    ("taus", "correlation"), [((0.2, 0.2), 0.5), ((0.0, 0.0), 0.0), ((0.15, 0.15), 1.0)]
)
def test_two_scales_equal_a_quadrature(taus, correlation):
    design = two_scales(taus, correlation)
    evidence, want = by_quadrature(design)
    runs = []
    for seed in (1, 2, 3):
        layout, found = solved(design, seed)
        assert found.pareto_k <= 0.7
        given, _ = layout.parameters(found.points)
        weights = np.exp(found.log_weights)
        effective = 1 / np.square(weights).sum()
        error = np.sqrt(1 / effective - 1 / len(weights))
        assert found.log_evidence == pytest.approx(evidence, abs=4 * error)
        got = {
            "tau": moments(given[TAU_SCALE][:, 0], weights),
            "correlation": moments(given[SCALE_CORRELATION][:, 0], weights),
            "effect": moments(given["tau_effect"], weights),
        }
        for name, (mean, sd) in want.items():
            assert got[name][0] == pytest.approx(mean, abs=4 * sd / np.sqrt(effective))
            assert got[name][1] == pytest.approx(sd, rel=0.08)
        runs.append(found.log_evidence)
    assert np.std(runs, ddof=1) < 0.05


def test_scales_that_correlate_1_are_the_common_effect_of_the_exact_engine():
    design = typical("cs", {"sampling.within_sample": "constant", "sampling.rho": 0.5})
    common = replace(design, scales=None, tau_sample=design.scales.tau)
    exact = ExactEngine().run(common, RunOptions())
    layout = coordinates_of(design)
    one = Prior("point", value=1.0)
    known = tuple(
        replace(p, prior=one, columns=(), kind="point", lower=1.0) if p.name == "common"
        else replace(p, columns=tuple(c - (c > 1) for c in p.columns))
        for p in layout.pieces
    )  # fmt: skip
    layout = replace(layout, pieces=known, size=layout.size - 1)
    found = weighted(layout, problem_of(design, design.blocks()), np.random.default_rng([1, 8]))
    assert found.pareto_k <= 0.7
    assert found.log_evidence == pytest.approx(exact.log_marginal_likelihood, abs=0.03)
    given, _ = layout.parameters(found.points)
    weights = np.exp(found.log_weights)
    for values, level in ((given[TAU_SCALE][:, 0], "sample"), (given["tau_effect"], "effect")):
        mean, sd = moments(values, weights)
        marginal = exact.tau(level)
        assert mean == pytest.approx(marginal.mean, abs=0.08 * marginal.sd)
        assert sd == pytest.approx(marginal.sd, rel=0.08)


def test_answers_equal_those_of_nuts():
    design = typical("unstructured")
    options = RunOptions(seed=3, chains=2, draws=3_000, tune=500, cores=2)
    ours, theirs = ImportanceEngine().run(design, options), NutsEngine().run(design, options)
    assert ours.proposals.shortcoming is None
    left, right = (p.tree["posterior"].dataset for p in (ours, theirs))
    assert set(left.data_vars) == set(right.data_vars)
    for name in left.data_vars:
        assert left[name].dims == right[name].dims
        assert left[name].dtype == right[name].dtype
        for a, b in (
            (left[name].mean(("chain", "draw")), right[name].mean(("chain", "draw"))),
            *((left[name].quantile(q, ("chain", "draw")),
               right[name].quantile(q, ("chain", "draw"))) for q in (0.1, 0.9)),
        ):  # fmt: skip
            sd = right[name].std(("chain", "draw"))
            assert (np.abs(a - b) / sd).max() < 0.15, name
    for group in ("prior", "posterior_predictive", "log_likelihood", "observed_data"):
        assert {v: w.dims for v, w in ours.tree[group].dataset.data_vars.items()} == {
            v: w.dims for v, w in theirs.tree[group].dataset.data_vars.items()
        }


def test_the_same_seed_gives_the_same_numbers_and_coefficients_do_not_repeat():
    design, options = typical("diagonal"), RunOptions(seed=5, chains=2, draws=500)
    first, again = (ImportanceEngine().run(design, options) for _ in range(2))
    other = ImportanceEngine().run(design, replace(options, seed=6))
    assert first.log_marginal_likelihood == again.log_marginal_likelihood
    assert first.tree["posterior"].dataset.equals(again.tree["posterior"].dataset)
    assert not first.tree["posterior"].dataset.equals(other.tree["posterior"].dataset)
    assert len(np.unique(first.draws("beta")[:, 0])) == 1_000
    assert len(np.unique(first.draws("tau_effect"))) == first.proposals.distinct < 1_000
    assert first.provenance.settings["distinct_draws"] == first.proposals.distinct


@pytest.mark.parametrize("number", range(8))
def test_proposals_fit_random_problems(number):
    # All of the study, by `make importance-study`, is in importance_study.json.
    design, _ = random_problem(100 + number)
    runs = [solved(design, seed)[1] for seed in (1, 2, 3)]
    assert np.median([found.pareto_k for found in runs]) <= 0.7
    assert np.std([found.log_evidence for found in runs], ddof=1) < 0.05


def test_pareto_smoothing_takes_heavy_right_tails_for_heavy():
    rng = np.random.default_rng(1)
    tail = rng.pareto(1 / 0.9, 4_000) + 1  # its k is .9
    _, heavy, _ = smoothed(np.log(tail))
    _, light, log_mean = smoothed(-np.log(tail))
    assert heavy == pytest.approx(0.9, abs=0.2)
    assert light < 0
    assert np.exp(log_mean) == pytest.approx((1 / tail).mean(), rel=0.005)


def test_smoothed_weights_have_sum_1_and_points_without_density_have_none():
    raw = 0.3 * np.random.default_rng(2).normal(size=1_000)
    raw[:50] = -np.inf
    log_weights, _, log_mean = smoothed(raw)
    assert np.exp(log_weights).sum() == pytest.approx(1)
    assert np.exp(log_weights[:50]).max() < 1e-200
    assert log_mean == pytest.approx(np.log(np.exp(raw).mean()), abs=0.01)
    even, k, log_mean = smoothed(np.full(10, 3.0))
    assert (np.exp(even).sum(), k, log_mean) == (pytest.approx(1), -np.inf, 3.0)


def test_a_mixture_has_mass_1_and_is_drawn_as_its_shares_say():
    mixture = Mixture(np.array([0.7, 0.3]), np.array([[0.0], [5.0]]), np.array([[[1.0]], [[0.5]]]))
    x = np.linspace(-200, 200, 400_001)
    assert np.exp(mixture.logpdf(x[:, None])).sum() * (x[1] - x[0]) == pytest.approx(1, abs=1e-5)
    drawn = mixture.draws(1_000, np.random.default_rng(1))
    assert (drawn > 2.5).mean() == pytest.approx(0.3, abs=0.03)
    often = np.bincount(systematic(np.array([1.0, 0.0, 3.0]), 400, np.random.default_rng(2)))
    assert often.tolist() == [100, 0, 300]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heterogeneity.structure": "common"}, "effects of their own"),
        ({"priors.shrinkage": {"family": "half_normal", "scale": 1.0, "because": ""}}, "shrinkage"),
    ],
)
def test_what_it_is_not_for_is_declined(changes, told):
    rng = np.random.default_rng(1)
    frame = simulated(rng, samples=8, taus=np.full(3, 0.1), correlation=0.5, tau_effect=0.1)
    assert told in ImportanceEngine().declines(designed(frame, "cs", changes))


def test_too_many_hyperparameters_are_declined():
    rng = np.random.default_rng(1)
    frame = simulated(rng, samples=9, taus=np.full(4, 0.1), correlation=0.5, tau_effect=0.1)
    more = frame.assign(subscale=frame["subscale"] + " b")
    design = designed(pd.concat([frame, more]), "unstructured")
    assert "37 hyperparameters are too many" in ImportanceEngine().declines(design)
