"""Joint density of both taus."""

from __future__ import annotations

import numpy as np
import pytest
from made_fits import made_effects
from scipy import stats

from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.posterior.joint_taus import DrawnJoint, GridJoint, joint_taus_of
from bayes_alliance.spec.specification import Specification

NODES, WEIGHTS = np.polynomial.legendre.leggauss(120)


def rule(high: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights between 0 and an end."""
    return 0.5 * high * (NODES + 1), 0.5 * high * WEIGHTS


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return run_analysis(made_effects([f"S{i // 2}" for i in range(16)]), Specification())


def test_margins_of_the_exact_density_are_the_marginals(fitted: Fitted) -> None:
    posterior = fitted.posterior
    joint = joint_taus_of(posterior)
    assert isinstance(joint, GridJoint)
    for level, at in (("sample", 0), ("effect", 1)):
        own, other = posterior.tau(level), posterior.tau(("effect", "sample")[at])
        values = own.quantile(np.linspace(0.01, 0.99, 15))
        nodes, weights = rule(float(other.quantile(1 - 1e-10)))
        density = joint.density(values, nodes).T if at == 0 else joint.density(nodes, values)
        np.testing.assert_allclose(density @ weights, own.pdf(values), rtol=1e-7)


def test_the_exact_density_integrates_to_one(fitted: Fitted) -> None:
    x, across = rule(float(fitted.posterior.tau("sample").quantile(1 - 1e-10)))
    y, up = rule(float(fitted.posterior.tau("effect").quantile(1 - 1e-10)))
    density = joint_taus_of(fitted.posterior).density(x, y)
    assert up @ density @ across == pytest.approx(1, abs=1e-8)


def test_the_exact_density_tells_the_total(fitted: Fitted) -> None:
    x, across = rule(float(fitted.posterior.tau("sample").quantile(1 - 1e-10)))
    y, up = rule(float(fitted.posterior.tau("effect").quantile(1 - 1e-10)))
    mass = joint_taus_of(fitted.posterior).density(x, y) * np.outer(up, across)
    total = float((mass * np.hypot(*np.meshgrid(x, y))).sum())
    assert total == pytest.approx(fitted.posterior.total_tau().mean, rel=1e-5)


def test_a_kernel_estimate_loses_no_mass_at_zero() -> None:
    rng = np.random.default_rng(1)
    joint = DrawnJoint(np.abs(rng.normal(0, 0.1, 20_000)), np.abs(rng.normal(0.2, 0.05, 20_000)))
    x, across = rule(0.6)
    y, up = rule(0.5)
    density = joint.density(x, y)
    assert up @ density @ across == pytest.approx(1, abs=2e-3)
    expected = stats.halfnorm.pdf(0.0, scale=0.1) * stats.norm.pdf(0.2, 0.2, 0.05)
    found = joint.density(np.zeros(1), np.array([0.2]))[0, 0]
    assert found == pytest.approx(expected, rel=0.1)
    assert joint.density(np.array([5.0]), np.array([0.2]))[0, 0] == 0


def test_a_kernel_estimate_is_near_the_exact_density(fitted: Fitted) -> None:
    posterior = fitted.posterior
    drawn = DrawnJoint(posterior.draws("tau_sample"), posterior.draws("tau_effect"))
    x = np.linspace(0, float(posterior.tau("sample").quantile(0.99)), 20)
    y = np.linspace(0, float(posterior.tau("effect").quantile(0.99)), 20)
    exact = joint_taus_of(posterior).density(x, y)
    assert np.abs(drawn.density(x, y) - exact).max() < 0.2 * exact.max()


def test_draws_that_do_not_vary_in_the_middle_are_smoothed_all_the_same() -> None:
    values = np.r_[np.full(900, 0.1), np.linspace(0, 0.5, 100)]
    density = DrawnJoint(values, values[::-1]).density(np.array([0.1]), np.array([0.1]))
    assert np.isfinite(density).all()
