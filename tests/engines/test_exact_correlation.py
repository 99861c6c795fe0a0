"""An unknown correlation of sampling errors, integrated as a third dimension."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.exact.correlated_draws import draw_correlated
from bayes_alliance.engines.exact.correlation import solve_correlation, stack_at
from bayes_alliance.engines.exact.dependent_rows import draw_dependent_coefficients
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.posterior.grid import moment_difference
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.prior import Prior

SCALES = ("task", "goal", "bond")
SPEC = ba.read_specification("subscales").with_changes({"sampling.within_sample": "estimated"})
OVERALL = ba.read_specification("overall").with_changes({"sampling.within_sample": "estimated"})


def table(*, samples: int, seed: int, rho: float = 0.7, most: int = 3) -> pd.DataFrame:
    """Correlations of up to three scales in each sample, errors of people correlated."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(samples):
        n, size = int(rng.integers(20, 120)), int(rng.integers(1 + (i == 0), most + 1))
        errors = np.linalg.cholesky((rho + (1 - rho) * np.eye(size)) / (n - 3))
        z = 0.2 + rng.normal(0, 0.12) + rng.normal(0, 0.06, size) + errors @ rng.normal(size=size)
        rows += [(f"s{i}", s, np.tanh(value), n) for s, value in zip(SCALES, z, strict=False)]
    return pd.DataFrame(rows, columns=["sample", "subscale", "r", "n"])


def made(spec=SPEC, **options):
    return compile_design(ba.read_effects(table(**options)), spec)


@pytest.fixture(scope="module")
def design():
    return made(samples=12, seed=3)


@pytest.fixture(scope="module")
def stack(design):
    return solve_correlation(design)


def brute_force(design, points):
    """Evidence and means of rho and both taus: the normal density of all data, node by node."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    rho, ts, te = 0.5 + 0.5 * nodes, 0.55 + 0.55 * nodes, 0.4 + 0.4 * nodes
    prior = design.prior_covariance()
    mean, k = design.X @ design.prior_mean, len(design.y)
    same = design.sample_index[:, None] == design.sample_index
    total, sums = 0.0, np.zeros(3)
    spread = design.X @ prior @ design.X.T
    for r, wr in zip(rho, weights, strict=True):
        V = np.zeros((k, k))
        blocks = iter(design.dependence.covariances(float(r)))
        for i in range(len(design.sample_ids)):
            rows = np.flatnonzero(design.sample_index == i)
            V[np.ix_(rows, rows)] = next(blocks)
        ts2, te2 = (a.ravel() for a in np.meshgrid(ts**2, te**2, indexing="ij"))
        C = V + spread + ts2[:, None, None] * same + te2[:, None, None] * np.eye(k)
        factor = np.linalg.cholesky(C)
        z = np.linalg.solve(factor, np.broadcast_to((design.y - mean)[:, None], (len(C), k, 1)))
        logs = -0.5 * (np.square(z[..., 0]).sum(1) + k * np.log(2 * np.pi))
        logs -= np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(1)
        logs += design.tau_sample.logpdf(np.sqrt(ts2)) + design.tau_effect.logpdf(np.sqrt(te2))
        logs += design.dependence.prior.logpdf(r)
        mass = wr * 0.5 * np.outer(weights * 0.55, weights * 0.4).ravel() * np.exp(logs)
        total += mass.sum()
        sums += [r * mass.sum(), mass @ np.sqrt(ts2), mass @ np.sqrt(te2)]
    return np.log(total), sums / total


def test_evidence_and_means_equal_the_multivariate_normal_density_summed(design, stack):
    evidence, (rho, ts, te) = brute_force(design, 36)
    log_evidence, means, sds = stack.moments()
    assert log_evidence == pytest.approx(evidence, abs=1e-5)
    for found, want, sd in zip(means[-3:], (ts, te, rho), sds[-3:], strict=True):
        assert abs(found - want) < 1e-5 * sd


@pytest.mark.parametrize("seed", range(14))
def test_the_reported_error_covers_the_actual_one(seed):
    rng = np.random.default_rng(seed)
    prior = [
        Prior("beta", a=14, b=6, lower=0, upper=1),
        Prior("uniform", lower=0, upper=0.95),
        Prior("beta", a=2, b=2, lower=-0.3, upper=1),
        Prior("beta", a=60, b=30, lower=0, upper=1),
    ][seed % 4]
    design = made(
        (OVERALL if seed % 2 else SPEC).with_prior("rho", prior),
        samples=int(rng.choice([2, 5, 20, 60])),
        seed=seed,
        rho=float(rng.uniform(0, 0.95)),
        most=int(rng.choice([2, 3])),
    )
    stack = solve_correlation(design)
    finer = stack_at(design, stack.ends, 96, 112)
    assert stack.error < 1e-5
    assert moment_difference(finer.moments(), stack.moments()) <= stack.error


def test_a_prior_at_a_point_is_the_analysis_with_rho_known(design):
    narrow = made(
        SPEC.with_prior("rho", Prior("uniform", lower=0.6999, upper=0.7001)), samples=12, seed=3
    )
    known, found = solve(design.with_rho(0.7)).moments(), solve_correlation(narrow).moments()
    assert found[0] == pytest.approx(known[0], abs=1e-5)
    np.testing.assert_allclose(found[1][:-1], known[1], atol=1e-5)
    np.testing.assert_allclose(found[2][:-1], known[2], atol=1e-5)


def test_draws_follow_the_exact_marginals(design, stack):
    drawn = draw_correlated(design, design.blocks(), stack, 20_000, np.random.default_rng(8))
    marginals = {
        "rho": stack.rho_marginal,
        "tau_sample": stack.sample_marginal,
        "tau_effect": stack.effect_marginal,
    }
    for name, marginal in marginals.items():
        assert stats.kstest(drawn[name], marginal.cdf).pvalue > 1e-3, name
        assert marginal.quantile(marginal.cdf(marginal.mean)) == pytest.approx(marginal.mean)
    _, means, sds = stack.moments()
    np.testing.assert_allclose(drawn["beta"].mean(0), means[:3], atol=0.03 * sds[:3].max())
    np.testing.assert_allclose(drawn["beta"].std(0), sds[:3], rtol=0.03)
    # tau_effect and rho share what the data know of v (1 - rho) + tau_effect^2.
    fine = solve_correlation(design, tolerance=1e-7)
    grids = zip(fine.shares, fine.rho, fine.layers, strict=True)
    product = sum(share * rho * layer.moments()[1][-1] for share, rho, layer in grids)
    want = (product - means[-1] * means[-2]) / (sds[-1] * sds[-2])
    assert np.corrcoef(drawn["rho"], drawn["tau_effect"])[0, 1] == pytest.approx(want, abs=0.03)


def test_coefficients_of_draws_are_from_their_normal_conditional(design):
    rng, size = np.random.default_rng(7), 40
    rho, taus = rng.uniform(0.05, 0.9, size), rng.uniform(0.0, 0.4, (2, size))
    taus[1, 0] = 0.0
    normals = rng.standard_normal((size, len(design.coefficients)))
    precision = design.prior_precision()
    found = draw_dependent_coefficients(
        design.blocks(),
        design.dependence,
        rho=rho,
        taus=taus,
        normals=normals,
        precision=precision,
        prior_mean=design.prior_mean,
    )
    index = design.sample_index
    for d in range(size):
        together = (index[:, None] == index).astype(float)
        M = taus[1, d] ** 2 * np.eye(len(index)) + taus[0, d] ** 2 * together
        for sample, V in enumerate(design.dependence.covariances(rho[d])):
            M[np.ix_(index == sample, index == sample)] += V
        whole = precision + design.X.T @ np.linalg.solve(M, design.X)
        right = precision @ design.prior_mean + design.X.T @ np.linalg.solve(M, design.y)
        want = np.linalg.solve(whole, right)
        want += np.linalg.solve(np.linalg.cholesky(whole).T, normals[d])
        np.testing.assert_allclose(found[d], want, atol=1e-12)


def test_leaving_a_sample_out_equals_fitting_without_it(design, stack):
    for i in (0, 7):
        left = leave_samples_out(design, stack)[i]
        refit = solve_correlation(design.without_sample(i))
        assert moment_difference(refit.moments(), left.grid.moments()) < 2e-4
        assert left.elpd == pytest.approx(stack.log_evidence - refit.log_evidence, abs=1e-4)


@pytest.fixture(scope="module")
def fit():
    return ba.fit(table(samples=12, seed=3), SPEC, engine="exact")


def test_a_fit_tells_rho_and_survives_a_file(fit, stack, tmp_path):
    marginal = fit.posterior.rho()
    assert marginal.mean == pytest.approx(stack.moments()[1][-1])
    assert fit.to_dict()["rho"]["mean"] == pytest.approx(marginal.mean)
    assert fit.posterior.log_marginal_likelihood == pytest.approx(stack.log_evidence)
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    assert again.posterior.rho().interval() == marginal.interval()
    weights = np.array([1.0, 0.0, -1.0])
    assert again.posterior.linear(weights).interval() == fit.posterior.linear(weights).interval()


def test_marginals_of_effects_and_totals_follow_the_draws(fit):
    posterior = fit.posterior
    sample, effect = posterior.random_effects()
    mean, effects = posterior.theta(2)
    assert stats.kstest(sample[:, 2], mean.cdf).pvalue > 1e-3
    first = int(np.flatnonzero(posterior.blocks.sample_index == 2)[0])
    assert stats.kstest(effect[:, first], effects[0].cdf).pvalue > 1e-3
    total = posterior.total_tau()
    assert stats.kstest(posterior.spread(("sample", "effect"))[:200], total.cdf).pvalue > 1e-3
    assert float(total.cdf(total.quantile(0.9))) == pytest.approx(0.9, abs=1e-8)
