"""Correlated priors of both taus: the same density in SciPy, PyMC and the exact engine."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad, quad

import bayes_alliance as ba
from bayes_alliance.engines.assembly import draw_prior
from bayes_alliance.engines.exact.integration import evaluate
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.exact.solve import make_problem, solve
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.compilation import compile_design

SHARE = {"family": "beta", "a": 2.0, "b": 1.5, "because": ""}
TOTALS = [
    {"family": "half_normal", "scale": 0.25, "because": ""},
    {"family": "half_cauchy", "scale": 0.5, "because": ""},
    {"family": "inverse_gamma", "shape": 1.0, "scale": 0.075, "because": ""},
]


def design_of(total, share=SHARE, data="ibi_synthetic", model="three_level"):
    changes = {"priors.tau_total": total, "priors.share": share}
    return compile_design(ba.load(data), ba.read_specification(model).with_changes(changes))


def log_prior(design, ts, te):
    """log p(R) + log p(s) + log |d(R, s) / d(ts, te)|, the Jacobian by its determinant."""
    R = np.hypot(ts, te)
    s = (ts / R) ** 2
    jacobian = np.array(
        [[ts / R, te / R], [2 * ts / R**2 - 2 * ts**3 / R**4, -2 * ts**2 * te / R**4]]
    )
    parameters = design.share.parameters
    share = stats.beta(parameters["a"], parameters["b"]).logpdf(s)
    return float(design.tau_total.logpdf(R)) + share + np.log(abs(np.linalg.det(jacobian)))


@pytest.mark.parametrize("total", TOTALS, ids=lambda total: total["family"])
def test_the_exact_density_has_the_jacobian(total):
    joint = design_of(total)
    apart = compile_design(ba.load("ibi_synthetic"), ba.read_specification("three_level"))
    ts, te = np.array([0.12, 0.3, 0.05]), np.array([0.04, 0.2, 0.15])
    with_joint = evaluate(make_problem(joint, joint.blocks())[0], ts, te)[0]
    with_apart = evaluate(make_problem(apart, apart.blocks())[0], ts, te)[0]
    for i in range(3):
        own = float(apart.tau_sample.logpdf(ts[i]) + apart.tau_effect.logpdf(te[i]))
        want = with_apart[i] - own + log_prior(joint, ts[i], te[i])
        assert with_joint[i] == pytest.approx(want, abs=1e-9)


def test_the_pymc_model_has_the_same_density():
    design = design_of(TOTALS[0])
    model = build_model(design)
    names = {variable.name for variable in model.free_RVs}
    assert names == {"beta", "tau_total", "share"}
    ts, te, beta = 0.12, 0.05, 0.2
    R = np.hypot(ts, te)
    s = (ts / R) ** 2
    point = {}
    for variable, value in model.rvs_to_values.items():
        natural = {"beta": np.array([beta]), "tau_total": R, "share": s}[variable.name]
        transform = model.rvs_to_transforms[variable]
        moved = natural if transform is None else transform.forward(
            np.asarray(natural), *variable.owner.inputs
        ).eval()  # fmt: skip
        point[value.name] = np.asarray(moved)
    got = float(model.compile_logp(jacobian=False)(point))
    want = stats.norm.logpdf(beta, 0, 0.5) + float(design.tau_total.logpdf(R))
    want += float(design.share.logpdf(s))
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        covariance = np.diag(design.variances[rows] + te**2) + ts**2
        mean = np.full(int(rows.sum()), beta)
        want += stats.multivariate_normal(mean, covariance).logpdf(design.y[rows])
    assert got == pytest.approx(want, abs=1e-8)


def test_the_marginal_likelihood_equals_brute_force():
    design = design_of(TOTALS[0], data="molloy2014", model="three_level")
    grid = solve(design)
    problem = make_problem(design, design.blocks())[0]
    top = float(evaluate(problem, np.array([0.1]), np.array([0.1]))[0][0])

    def density(te, ts):
        return float(np.exp(evaluate(problem, np.array([ts]), np.array([te]))[0][0] - top))

    integral, _ = dblquad(density, 1e-9, 1.5, 1e-9, 1.5, epsabs=1e-7, epsrel=1e-6)
    assert grid.log_evidence == pytest.approx(top + np.log(integral), abs=1e-4)
    assert grid.error < 1e-5


def test_leaving_samples_out_equals_refits():
    effects = ba.load("konstantopoulos2011")
    changes = {"priors.tau_total": TOTALS[0], "priors.share": SHARE}
    spec = ba.read_specification("schools").with_changes(changes)
    design = compile_design(effects, spec)
    for left in leave_samples_out(design, solve(design))[:3]:
        kept = effects.keep((effects.frame["sample"] != left.sample).to_numpy())
        refit = solve(compile_design(kept, spec))
        assert left.grid.log_evidence == pytest.approx(refit.log_evidence, abs=1e-7)
        np.testing.assert_allclose(left.grid.moments()[1], refit.moments()[1], atol=1e-7)


@pytest.mark.parametrize("level", ["tau_sample", "tau_effect"])
def test_the_implied_prior_of_one_level(level):
    design = design_of(TOTALS[0])
    prior = getattr(design, level)
    total = quad(lambda x: float(np.exp(prior.logpdf(x))), 0, 3)[0]
    assert total == pytest.approx(1, abs=1e-6)
    drawn = draw_prior(design, 200_000, np.random.default_rng(1))[level]
    for q in (0.05, 0.5, 0.95):
        assert float(prior.cdf(prior.quantile(q))) == pytest.approx(q, abs=1e-6)
        assert np.mean(drawn < float(prior.quantile(q))) == pytest.approx(q, abs=0.004)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"priors.tau_total": TOTALS[0]}, "give both or neither"),
        ({"priors.tau_total": TOTALS[0], "priors.share": TOTALS[0]}, "beta or uniform"),
        (
            {"priors.tau_total": TOTALS[0], "priors.share": SHARE, "heterogeneity.effect": False},
            "need heterogeneity at both levels",
        ),
    ],
)
def test_what_does_not_go_together_is_told(changes, told):
    with pytest.raises(ba.InputError, match=told):
        compile_design(
            ba.load("molloy2014"), ba.read_specification("three_level").with_changes(changes)
        )


def test_a_unit_of_no_term_is_told():
    spec = ba.read_specification("three_level").with_changes({"location.units": {"year": 10}})
    with pytest.raises(ba.InputError, match="'year' is not among the terms"):
        compile_design(ba.load("crede2010"), spec)
