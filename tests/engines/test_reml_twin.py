"""The frequentist twin of a design, and the sentence that compares it with a posterior."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reml_cases import REFERENCE, THREE_LEVEL

import bayes_alliance as ba
from bayes_alliance.engines.reml.comparison import compare_with_posterior
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

FIELDS = {
    "name", "estimate", "se", "lower", "upper", "se_cr2", "df_cr2", "p_cr2", "lower_cr2",
    "upper_cr2",
}  # fmt: skip


def design_of(data: object, model: str = "three_level", **changes: object) -> Design:
    effects = ba.load(data) if isinstance(data, str) else ba.read_effects(data)
    spec = ba.read_specification(model)
    return compile_design(effects, spec.with_changes(changes) if changes else spec)


def reference_design(name: str) -> Design:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    return design_of(frame[["cluster", "effect", "yi", "vi"]].rename(columns={"cluster": "sample"}))


def scales(rows: int = 24, *, seed: int = 1, spread: float = 0.2) -> pd.DataFrame:
    """Correlations of three scales in samples of two."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sample": np.repeat([f"s{i}" for i in range(rows // 2)], 2),
            "effect": np.tile(["a", "b"], rows // 2),
            "r": np.tanh(rng.normal(0.2, spread, rows)).round(3),
            "n": rng.integers(30, 120, rows),
            "subscale": np.resize(["task", "goal", "bond", "bond", "task"], rows),
        }
    )


@pytest.mark.parametrize("name", ["konstantopoulos2011", "crede2010"])
def test_the_twin_equals_metafor_and_clubsandwich(name: str) -> None:
    twin = frequentist_twin(reference_design(name))
    told = THREE_LEVEL[name]["intercept"]
    assert (twin.method, twin.unavailable, twin.rho) == ("REML", "", 0.0)
    assert (twin.effects, twin.samples) == (told["k"], THREE_LEVEL[name]["clusters"])
    assert twin.log_likelihood == pytest.approx(told["logLik"], abs=1e-6)
    found = [twin.sigma2_sample, twin.sigma2_effect]
    np.testing.assert_allclose(found, told["exact"]["sigma2"], rtol=1e-8)
    limits = told["confint"]["values"]["1"]["sigma^2.1"]
    assert twin.interval_sample.upper == pytest.approx(limits["ci.ub"], abs=1e-8)
    (line,) = twin.coefficients
    cr2, contained = told["clubSandwich"]["CR2"], told["test_t_contain"]
    for number, expected in (
        (line.estimate, told["beta"]),
        (line.se, told["se"]),
        (line.p, told["pval"]),
        (line.lower, told["ci_lb"]),
        (line.upper, told["ci_ub"]),
        (line.df_t, contained["ddf"]),
        (line.p_t, contained["pval"]),
        (line.lower_t, contained["ci_lb"]),
        (line.upper_t, contained["ci_ub"]),
        (line.se_cr2, cr2["SE"]),
        (line.df_cr2, cr2["df"]),
        (line.p_cr2, cr2["p"]),
        (line.lower_cr2, cr2["ci_lb"]),
        (line.upper_cr2, cr2["ci_ub"]),
    ):
        assert number == pytest.approx(expected, abs=1e-6)


def test_a_sampling_correlation_can_be_handed_in() -> None:
    told = THREE_LEVEL["crede2010"]["vcalc_rho06"]
    design = reference_design("crede2010")
    twin = frequentist_twin(design, rho=0.6)
    assert twin.rho == pytest.approx(0.6, abs=1e-9)
    assert twin.log_likelihood == pytest.approx(told["logLik"], abs=1e-6)
    assert twin.coefficients[0].se_cr2 == pytest.approx(told["clubSandwich"]["CR2"]["SE"], abs=1e-6)
    again = frequentist_twin(replace(design, covariances=design_with_rho(design, 0.6)))
    assert again.rho == pytest.approx(0.6, abs=1e-9)
    assert again.log_likelihood == pytest.approx(twin.log_likelihood, abs=1e-9)
    assert frequentist_twin(again_independent(design), rho=0.0).rho == 0.0


def design_with_rho(design: Design, rho: float) -> tuple[np.ndarray, ...]:
    roots = np.split(np.sqrt(design.variances), design.starts[1:])
    return tuple(np.outer(sd, sd) * (rho + (1 - rho) * np.eye(len(sd))) for sd in roots)


def again_independent(design: Design) -> Design:
    return replace(design, covariances=design_with_rho(design, 0.3))


def test_terms_contrasts_and_their_joint_test() -> None:
    design = design_of(scales(), "subscales_independent")
    twin = frequentist_twin(design)
    assert [c.name for c in twin.coefficients] == [q.name for q in design.quantities]
    assert [c.name for c in twin.contrasts] == [c.name for c in design.contrasts]
    (term,) = twin.terms
    assert (term.name, term.df_numerator, term.reason) == ("subscale", 2, "")
    assert 0 < term.p < 1
    first, second = twin.of("task"), twin.of("goal")
    assert twin.of("task - goal").estimate == pytest.approx(first.estimate - second.estimate)
    # Scales vary within samples: by containment they have k - p degrees of freedom.
    assert first.df_t == 24 - 3
    record = twin.to_dict()
    assert set(record["coefficients"][0]) >= FIELDS
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_additive_terms_are_tested_one_by_one() -> None:
    frame = scales(40)
    frame["year"] = np.repeat(np.arange(2000, 2020), 2)
    twin = frequentist_twin(
        design_of(frame, "three_level", **{"location.terms": ["subscale", "year"]})
    )
    assert [(term.name, term.df_numerator) for term in twin.terms] == [("subscale", 2), ("year", 1)]
    slope = twin.of(next(c.name for c in twin.coefficients if c.name.startswith("year")))
    assert twin.terms[1].p == pytest.approx(slope.p_cr2, rel=1e-8)
    # The year is constant within samples: S - p.
    assert slope.df_t == 20 - 4


def test_the_prior_moves_the_estimate_as_conjugate_algebra_says() -> None:
    held = {"family": "point", "value": 0.2, "because": "held for the comparison"}
    design = design_of(
        scales(), "subscales_independent", **{"priors.tau_sample": held, "priors.tau_effect": held}
    )
    twin = frequentist_twin(design)
    assert twin.sigma2_sample == pytest.approx(0.04)
    assert twin.interval_sample is None
    M = np.diag(design.variances + 0.04) + 0.04 * np.equal.outer(*[design.sample_index] * 2)
    precision = design.X.T @ np.linalg.solve(M, design.X)
    prior = np.linalg.inv(design.prior_covariance())
    V = np.linalg.inv(precision + prior)
    mean = V @ (design.X.T @ np.linalg.solve(M, design.y) + prior @ design.prior_mean)
    for i, line in enumerate(twin.coefficients):
        assert line.estimate + line.prior_shift * line.se == pytest.approx(mean[i], abs=1e-10)
        assert line.prior_width * line.se == pytest.approx(np.sqrt(V[i, i]), abs=1e-10)


def test_levels_without_heterogeneity_have_none() -> None:
    common = frequentist_twin(design_of("crede2010", "common_effect"))
    assert common.sigma2_sample is None
    assert common.sigma2_effect is None
    assert not common.at_boundary
    told = THREE_LEVEL["crede2010"]["intercept"]["restricted"]["sigma2=c(0,0)"]
    assert common.log_likelihood == pytest.approx(told["logLik"], abs=1e-5)


def test_the_boundary_is_told() -> None:
    twin = frequentist_twin(design_of(scales(spread=0.01), "three_level"))
    assert twin.at_boundary
    assert (twin.sigma2_sample, twin.sigma2_effect) == (0.0, 0.0)
    assert twin.interval_sample.lower == 0.0 < twin.interval_sample.upper
    assert "tau_sample and tau_effect as exactly 0" in " ".join(twin.notes)


def test_one_effect_a_sample_is_told() -> None:
    frame = scales()
    frame["sample"] = [f"s{i}" for i in range(len(frame))]
    twin = frequentist_twin(design_of(frame, "three_level"))
    assert not twin.identified
    assert twin.rho is None
    assert twin.interval_sample is not None
    assert twin.interval_effect is None
    assert "cannot tell all variances apart" in " ".join(twin.notes)


def test_few_degrees_of_freedom_are_flagged() -> None:
    twin = frequentist_twin(design_of(scales(6), "three_level"))
    assert twin.coefficients[0].df_cr2 < 4
    assert "Fewer than 4 Satterthwaite degrees of freedom: overall" in " ".join(twin.notes)
    joint = frequentist_twin(design_of(scales(10), "subscales_independent"))
    assert joint.terms[0].df_denominator < 4
    assert "joint test of subscale" in " ".join(joint.notes)
    many = frequentist_twin(design_of(scales(40), "three_level"))
    assert many.coefficients[0].df_cr2 > 4
    assert "Satterthwaite" not in " ".join(many.notes)


def test_a_mean_of_its_own_for_each_sample_has_no_robust_error() -> None:
    single = scales(2).tail(1)
    frame = pd.concat([scales(4), single.assign(sample="alone"), single.assign(sample="lonely")])
    twin = frequentist_twin(design_of(frame, "no_pooling"))
    alone = twin.of("alone")
    assert alone.se > 0
    assert [alone.se_cr2, alone.df_cr2, alone.p_cr2, alone.lower_cr2] == [None] * 4
    assert "No CR2 standard error: alone, lonely" in " ".join(twin.notes)
    assert twin.terms[0].F is None
    assert "cannot test" in twin.terms[0].reason


def test_one_sample_has_no_robust_error() -> None:
    twin = frequentist_twin(design_of(scales(8).assign(sample="one", effect=list("abcdefgh"))))
    assert twin.unavailable == ""
    assert twin.coefficients[0].se_cr2 is None
    assert "one sample" in twin.notes[0]


def test_what_cannot_be_fitted_says_why() -> None:
    design = design_of(scales(), "subscales_independent")
    censored = replace(design, censored_at=np.where(np.arange(24) < 2, 0.3, np.nan))
    assert "2 effect sizes are known only" in frequentist_twin(censored).unavailable
    few = design_of(scales(4).assign(subscale=list("abcd")), "subscales_independent")
    assert "4 effect sizes cannot carry 4 coefficients" in frequentist_twin(few).unavailable
    repeated = replace(design, X=design.X[:, [0, 0, 1]])
    assert "combination of the others" in frequentist_twin(repeated).unavailable
    assert "cannot all correlate 1.5" in frequentist_twin(design, rho=1.5).unavailable
    assert "cannot all correlate nan" in frequentist_twin(design, rho=float("nan")).unavailable
    flat = replace(design, covariances=tuple(np.full((2, 2), 0.1) for _ in range(12)))
    assert "not positive definite" in frequentist_twin(flat).unavailable
    empty = frequentist_twin(censored)
    assert (empty.log_likelihood, empty.coefficients) == (None, ())
    assert json.dumps(empty.to_dict(), allow_nan=False)
    sentence = compare_with_posterior(empty, "task", mean=0.1, sd=0.1)
    assert sentence.startswith("There is no REML fit to compare task with: 2 effect sizes")


def test_an_unknown_name_is_told() -> None:
    twin = frequentist_twin(design_of(scales(), "subscales_independent"))
    with pytest.raises(InputError, match=r"no coefficient or contrast 'tusk'.*task"):
        twin.of("tusk")


@pytest.fixture(scope="module")
def example() -> Twin:
    return frequentist_twin(design_of("crede2010"))


def test_agreement_is_told(example: Twin) -> None:
    line = example.coefficients[0]
    same = compare_with_posterior(example, "overall", mean=line.estimate, sd=line.se)
    assert same == (
        "For overall, REML (0.451, SE 0.029) and the posterior (0.451, SD 0.029) agree to within "
        "0.1 SE."
    )


def with_line(twin: Twin, **changes: object) -> Twin:
    return replace(twin, coefficients=(replace(twin.coefficients[0], **changes),))


def test_each_cause_is_told_where_it_is_measured(example: Twin) -> None:
    line = example.coefficients[0]
    moved = {"mean": line.estimate - 0.5 * line.se, "sd": line.se}
    pulled = compare_with_posterior(with_line(example, prior_shift=-0.4), "overall", **moved)
    assert "differ by 0.5 SE: the prior of the coefficients alone pulls downwards by 0.4" in pulled
    averaged = compare_with_posterior(with_line(example, prior_shift=0.01), "overall", **moved)
    assert "so the cause is the heterogeneity" in averaged
    both = compare_with_posterior(with_line(example, prior_shift=-0.2), "overall", **moved)
    assert "pulls the same way by 0.2 SE, the rest" in both
    against = compare_with_posterior(with_line(example, prior_shift=0.2), "overall", **moved)
    assert "pulls the other way by 0.2 SE, the rest" in against

    still = {"mean": line.estimate}
    wide = compare_with_posterior(example, "overall", sd=1.3 * line.se, **still)
    assert "the posterior SD is 1.3 times the SE, which takes the heterogeneity" in wide
    narrow = with_line(example, prior_width=0.75)
    by_prior = compare_with_posterior(narrow, "overall", sd=0.7 * line.se, **still)
    assert "0.70 times the SE, the prior of the coefficients alone makes it 0.75" in by_prior
    by_taus = compare_with_posterior(example, "overall", sd=0.7 * line.se, **still)
    assert "as the posterior has less heterogeneity" in by_taus


def test_short_intervals_and_the_boundary_are_told(example: Twin) -> None:
    line = example.coefficients[0]
    same = {"mean": line.estimate, "sd": line.se}
    few = compare_with_posterior(with_line(example, df_cr2=4.0), "overall", **same)
    assert "with 68 samples and 4.0 degrees of freedom the z interval" in few
    assert "is too short, CR2 gives" in few
    robust = compare_with_posterior(with_line(example, se_cr2=1.5 * line.se), "overall", **same)
    assert "robust SE 1.5 times that of the model" in robust
    at_zero = replace(example, at_boundary=True, sigma2_effect=0.0)
    told = compare_with_posterior(at_zero, "overall", tau_sample=0.1, tau_effect=0.05, **same)
    assert told.endswith(
        "REML puts tau_effect (posterior median 0.050) at exactly 0, while the posterior keeps its "
        "spread."
    )


def test_a_prior_of_the_taus_is_no_claim_about_reml() -> None:
    wide, narrow = (
        frequentist_twin(
            replace(design_of("crede2010"), tau_effect=Prior("half_normal", scale=scale))
        )
        for scale in (0.01, 5.0)
    )
    assert wide.coefficients[0].se == narrow.coefficients[0].se
