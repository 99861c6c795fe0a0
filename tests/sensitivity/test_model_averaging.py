"""Averages over models: brute force, identities of inclusion, atoms, estimands, refusals."""

from __future__ import annotations

from itertools import combinations

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from moderator_cases import brute_evidence, overall, simulated, small
from scipy import integrate, stats

import bayes_alliance as ba
from bayes_alliance.posterior.atom import WithAtom
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.model_space import STRUCTURES
from bayes_alliance.sensitivity.moderator_levels import mean_weights
from bayes_alliance.spec.compilation import compile_design


@pytest.fixture(scope="module")
def brute() -> tuple[ModelAverage, np.ndarray]:
    """All models of a small table, and their posterior probabilities by brute force."""
    found = ba.average(small(), ["mode", "dose"], overall(), effect=True)
    logs = [
        brute_evidence(
            small(), c.terms, sample=c.has_sample, effect=c.has_effect, zero=not c.effect
        )
        for c in (m.candidate for m in found.models)
    ]
    weights = np.exp(np.array(logs) - max(logs))
    return found, weights / weights.sum()


def test_probabilities_are_those_of_brute_force(brute: tuple[ModelAverage, np.ndarray]) -> None:
    found, weights = brute
    assert len(found.models) == 4 * 4 * 2
    np.testing.assert_allclose([m.posterior for m in found.models], weights, rtol=1e-5)
    for inclusion in found.inclusions:
        inside = np.array([
            {"mode": "mode" in c.terms, "dose": "dose" in c.terms, "tau_sample": c.has_sample,
             "tau_effect": c.has_effect, "mean": c.effect,
             "heterogeneity": c.has_sample or c.has_effect}[inclusion.name]
            for c in (m.candidate for m in found.models)
        ])  # fmt: skip
        p = weights[inside].sum()
        prior = 0.75 if inclusion.name == "heterogeneity" else 0.5
        assert inclusion.prior == pytest.approx(prior)
        assert inclusion.posterior == pytest.approx(p, rel=1e-5)
        assert inclusion.factor.bf10 == pytest.approx(p / (1 - p) * (1 - prior) / prior, rel=1e-4)


def test_the_mean_is_the_mixture_of_normals(brute: tuple[ModelAverage, np.ndarray]) -> None:
    """Without heterogeneity the mean of a model is normal: formulas written down here."""
    effects = small()
    frame = effects.frame
    found = ba.average(effects, ["mode"], overall(), effect=True, prior_structures={"none": 1.0})
    V, y = np.diag(frame["vi"]), frame["yi"].to_numpy()
    same = frame["mode"].to_numpy()[:, None] == frame["mode"].to_numpy()[None, :]
    parts, zero = [], 0.0
    for model in found.models:
        if not model.candidate.effect:
            zero += model.posterior
            continue
        prior = 0.25 + (0.03125 * same if model.candidate.terms else 0.0) + np.zeros((7, 7))
        w = np.full(7, 1 / 7)
        gain = prior @ np.linalg.inv(prior + V)
        mean, sd = w @ gain @ y, np.sqrt(w @ (prior - gain @ prior) @ w)
        parts.append((model.posterior, stats.norm(mean, sd)))
        assert model.mean is not None
        assert model.mean.mean == pytest.approx(mean, abs=1e-9)
        assert model.mean.sd == pytest.approx(sd, abs=1e-9)
    for x in (-0.1, 0.0, 0.2, 0.4):
        expected = sum(p * d.cdf(x) for p, d in parts) + zero * (x >= 0)
        assert float(found.mean.cdf(x)) == pytest.approx(expected, abs=1e-9)
    for q in (0.025, 0.5, 0.975):
        at = float(found.mean.quantile(q))
        assert at == 0 or float(found.mean.cdf(at)) == pytest.approx(q, abs=1e-9)
    assert found.averages.loc["tau_sample"].dropna().eq(0).all()
    assert found.inclusion.index.tolist() == ["mode", "mean"]


def test_a_new_sample_has_the_tau_of_every_model() -> None:
    found = ba.average(simulated(0.2), ["mode"], overall())
    mean, new = found.averages.loc["mean"], found.averages.loc["new sample"]
    second = (
        found.averages.loc["tau_sample", "sd"] ** 2 + found.averages.loc["tau_sample", "mean"] ** 2
    )
    assert new["mean"] == pytest.approx(mean["mean"], abs=1e-9)
    assert new["sd"] ** 2 == pytest.approx(mean["sd"] ** 2 + second, rel=1e-4)
    assert new["r"] == pytest.approx(np.tanh(new["median"]))


def test_sums_and_orders() -> None:
    found = ba.average(
        simulated(0.15), ["mode", "setting"], overall(), effect=True,
        prior_inclusion={"mode": 0.2}, prior_structures={"both": 1, "sample": 3},
        prior_effect=0.7,
    )  # fmt: skip
    table = found.table
    assert table[["prior", "posterior"]].sum().to_numpy() == pytest.approx([1, 1])
    assert table["posterior"].is_monotonic_decreasing
    for name, prior in {"mode": 0.2, "setting": 0.5, "tau_effect": 0.25, "mean": 0.7}.items():
        row = found.inclusion.loc[name]
        assert row["prior"] == pytest.approx(prior)
        odds = row["bf10"] * prior / (1 - prior)
        assert row["posterior"] == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert "tau_sample" not in found.inclusion.index  # every model has it
    effect = table.loc[table["tau_effect"], "posterior"].sum()
    assert found.inclusion.loc["tau_effect", "posterior"] == pytest.approx(effect)
    joint = np.log(table["prior"]) + table["log_marginal_likelihood"]
    np.testing.assert_allclose(
        joint - joint.iloc[0], np.log(table["posterior"] / table["posterior"].iloc[0]), atol=1e-9
    )


def test_with_one_term_and_structure_it_is_the_comparison() -> None:
    effects = simulated(0.1)
    found = ba.average(effects, ["mode"], overall(), structures=False, prior_inclusion=0.25)
    compared = ba.compare_moderators(effects, ["mode"], overall(), prior_odds=1 / 3).found[0]
    (inclusion,) = found.inclusions
    assert inclusion.factor.log_bf10 == pytest.approx(compared.factor.log_bf10, abs=1e-9)
    assert inclusion.posterior == pytest.approx(compared.factor.posterior_probability)
    (difference,) = found.differences
    assert difference.name == "alone - guided"
    assert -difference.included.median == pytest.approx(
        compared.difference.estimate.median, abs=1e-7
    )
    p = inclusion.posterior
    assert difference.averaged.mean == pytest.approx(p * difference.included.mean, abs=1e-9)
    assert difference.averaged.p_positive == pytest.approx(
        p * difference.included.p_positive, abs=1e-9
    )


def test_a_true_moderator_is_included() -> None:
    found = ba.average(simulated(0.2), ["mode", "setting", "year"], overall())
    posterior = found.inclusion["posterior"]
    assert posterior["mode"] > 0.95
    assert (posterior[["setting", "year"]] < 0.5).all()
    assert found.models[0].candidate.terms == ("mode",)
    assert len(found.models) == 8 * 4


def test_synthetic_data_favour_no_moderator() -> None:
    found = ba.average("ibi_synthetic")
    terms = found.inclusion.loc[found.inclusion["kind"] == "term", "posterior"]
    assert len(found.models) == 256
    assert (terms < 0.5).all()
    assert found.models[0].candidate.terms == ()
    assert found.effects == 64
    assert all("no value of" in row.reason for row in found.left_out)


def test_every_estimand_is_said_and_computed() -> None:
    effects, terms = simulated(0.2), ("mode", "setting", "year")
    for size in range(4):
        for some in combinations(terms, size):
            design = compile_design(effects, overall().with_terms(*some))
            np.testing.assert_allclose(mean_weights(design), design.X.mean(axis=0), atol=1e-12)
    frame = effects.frame
    unequal = effects.keep((frame["mode"] == "guided") | (frame["sample"] < "s08"))
    rows = ba.average(unequal, ["mode"], overall(), structures=False)
    levels = ba.average(unequal, ["mode"], overall(), structures=False, estimand="levels")
    assert "each counted the same" in rows.estimand
    assert "every level" in levels.estimand
    fit = ba.fit(unequal, overall().with_terms("mode")).summary()["mean"]
    share = (unequal.frame["mode"] == "guided").mean()
    (best,) = (m.mean for m in rows.models if m.candidate.terms)
    (even,) = (m.mean for m in levels.models if m.candidate.terms)
    assert best is not None
    assert even is not None
    assert best.mean == pytest.approx(share * fit["guided"] + (1 - share) * fit["alone"], abs=1e-8)
    assert even.mean == pytest.approx(fit.mean(), abs=1e-8)


def test_structures_are_those_that_the_model_has() -> None:
    effects = simulated(0.1, samples=10)
    two = ba.average(effects, [], overall(**{"heterogeneity.effect": False}))
    assert {m.candidate.structure for m in two.models} == {"sample", "none"}
    all_four = ba.average(effects, [], overall())
    assert {m.candidate.structure for m in all_four.models} == set(STRUCTURES)
    assert all_four.inclusion["kind"].tolist() == ["heterogeneity"] * 3
    assert "no moderator" in repr(all_four)


def test_an_estimated_rho_is_integrated() -> None:
    effects = ba.load("ibi_synthetic")
    some = effects.keep(effects.frame["sample"].isin(effects.samples[:8]).to_numpy())
    spec = ba.read_specification("subscales").with_changes({"location.terms": []})
    found = ba.average(some, ["f2f_contact"], spec, effect=True)
    assert len(found.models) == 16
    assert found.table["posterior"].sum() == pytest.approx(1)


@hypothesis.settings(max_examples=4)
@hypothesis.given(st.permutations(["mode", "dose"]), st.permutations(["p", "q", "r"]))
def test_order_and_names_of_levels_do_not_matter(order: list[str], letters: list[str]) -> None:
    one = ba.average(small(), ["mode", "dose"], overall(), effect=True)
    effects = small()
    effects.frame["mode"] = effects.frame["mode"].map(
        dict(zip(["x", "y", "z"], letters, strict=True))
    )
    other = ba.average(effects, order, overall(), effect=True)
    columns = ["prior", "posterior", "log_bf10"]
    np.testing.assert_allclose(
        other.inclusion.loc[one.inclusion.index, columns], one.inclusion[columns], atol=1e-5
    )
    numbers = ["mean", "sd", "median", "lower", "upper"]
    shared = ["mean", "new sample", "tau_sample", "tau_effect"]
    np.testing.assert_allclose(
        other.averages.loc[shared, numbers], one.averages.loc[shared, numbers], atol=1e-5
    )


@pytest.mark.parametrize("absent", [0.2, 0.9])
def test_an_atom_at_0(absent: float) -> None:
    normal = stats.norm(0.3, 0.2)
    given = WithAtom(MixtureMarginal(np.array([0.3]), np.array([0.2])), absent)
    assert given.mean == pytest.approx((1 - absent) * 0.3)
    draws = (1 - absent) * (0.2**2 + 0.3**2) - given.mean**2
    assert given.sd == pytest.approx(np.sqrt(draws))
    area, _ = integrate.quad(lambda x: float(given.pdf(x)), -2, 3)
    assert area == pytest.approx(1 - absent)
    below = (1 - absent) * normal.cdf(0)
    assert float(given.cdf(-1e-12)) == pytest.approx(below)
    assert float(given.cdf(0)) == pytest.approx(below + absent)
    for q in (0.005, below + 0.5 * absent, 0.999):
        x = float(given.quantile(q))
        assert x == 0 or float(given.cdf(x)) == pytest.approx(q)
    assert given.quantile([0.001, 0.999]).shape == (2,)
    low, high = given.interval(0.5)
    assert low <= high


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"prior_inclusion": 1.0}, "prior_probability"),
        ({"prior_inclusion": {"mood": 0.5}}, "unknown_term"),
        ({"prior_effect": 0.0, "effect": True}, "prior_probability"),
        ({"prior_structures": {"all": 1.0}}, "structure_weights"),
        ({"prior_structures": {"both": -1.0}}, "structure_weights"),
        ({"prior_structures": {"both": 0.0}}, "structure_weights"),
        ({"prior_structures": {"both": 1.0}, "structures": False}, "idle_key"),
        ({"estimand": "rows"}, "estimand"),
        ({"probability": 2.0}, "probability"),
        ({"terms": ["mode", "same"]}, "rank_deficient"),
        ({"terms": [f"m{i}" for i in range(11)]}, "too_many_models"),
        ({"specification": overall(**{
            "priors.tau_total": {"family": "half_normal", "scale": 0.3},
            "priors.share": {"family": "beta", "a": 1.0, "b": 1.0}})}, "structures_of_a_share"),
        ({"specification": "robust"}, "no_exact_comparison"),
    ],
)  # fmt: skip
def test_what_cannot_be_averaged_is_refused(arguments: dict[str, object], code: str) -> None:
    effects = simulated(0.1, samples=10)
    effects.frame["same"] = effects.frame["mode"].map({"guided": "g", "alone": "a"})
    rng = np.random.default_rng(0)
    for i in range(11):
        effects.frame[f"m{i}"] = rng.normal(size=20)
    asked = {"terms": ["mode"], "specification": overall(), **arguments}
    with pytest.raises(ba.InputError) as caught:
        ba.average(effects, **asked)  # type: ignore[arg-type]
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].cure


def test_a_tau_that_its_prior_fixes_is_there_or_0() -> None:
    point = {"priors.tau_sample": {"family": "point", "value": 0.1}}
    found = ba.average(simulated(0.1, samples=10), [], overall(**point))
    p = found.inclusion.loc["tau_sample", "posterior"]
    tau = found.taus["tau_sample"]
    assert tau.mean == pytest.approx(0.1 * p)
    assert float(tau.cdf(0.05)) == pytest.approx(1 - p)
    assert float(tau.quantile(1 - p / 2)) == pytest.approx(0.1)
    assert float(tau.quantile((1 - p) / 2)) == 0


def test_one_effect_a_sample_cannot_tell_the_levels_apart() -> None:
    effects = ba.load("molloy2014")
    found = ba.average(effects, [], overall())
    (note,) = found.notes
    assert "cannot tell the levels of heterogeneity apart" in note
    logs = {m.candidate.structure: m.evidence.log_value for m in found.models}
    none = logs.pop("none")
    either = np.log(np.mean(np.exp(list(logs.values()))))
    found_any = found.inclusion.loc["heterogeneity", "log_bf10"]
    assert found_any == pytest.approx(either - none, abs=1e-8)
    assert found_any > found.inclusion.loc["tau_sample", "log_bf10"]
