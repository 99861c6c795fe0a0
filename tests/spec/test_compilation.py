"""Tables and specifications compiled to arrays: rows, samples, covariances, what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects, not_significant
from scipy import stats

from bayes_alliance.data.bundled import load
from bayes_alliance.data.conversion import with_measure
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

SPEC = Specification()


def changed(**values: object) -> Specification:
    return SPEC.with_changes({key.replace("__", "."): value for key, value in values.items()})


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=14))
def test_rows_keep_their_sample_and_samples_their_order(samples: list[str]) -> None:
    k = len(samples)
    effects = made_effects(samples, r=np.linspace(0.1, 0.5, k), n=np.arange(k) + 30)
    design = compile_design(effects, SPEC)
    frame = effects.frame.iloc[design.rows]
    assert sorted(design.rows) == list(range(k))
    assert design.sample_ids == tuple(dict.fromkeys(samples))
    np.testing.assert_array_equal(design.y, frame["yi"])
    np.testing.assert_array_equal(design.variances, frame["vi"])
    named = np.array(design.sample_ids)[design.sample_index]
    np.testing.assert_array_equal(named, frame["sample"])
    assert design.effect_ids == tuple(frame["sample"] + ": " + frame["effect"])
    np.testing.assert_array_equal(
        design.starts, np.flatnonzero(~pd.Series(named).duplicated().to_numpy())
    )


def test_a_table_whose_index_is_no_range_is_read_by_position() -> None:
    effects = made_effects(list("abab"), r=[0.1, 0.2, 0.3, 0.4])
    shuffled = type(effects)(effects.frame.set_index(pd.Index([7, 7, 3, 1])), "ZCOR")
    design = compile_design(shuffled, SPEC)
    np.testing.assert_array_equal(design.rows, [0, 2, 1, 3])
    np.testing.assert_allclose(np.tanh(design.y), [0.1, 0.3, 0.2, 0.4])


@pytest.mark.parametrize("name", ["position", "used", "index", "level_0", "coefficient", "chain"])
def test_a_moderator_may_have_any_name(name: str) -> None:
    effects = made_effects(list("aabbcc"), **{name: list("xyxyyx")})
    design = compile_design(effects, SPEC.with_terms(name))
    assert design.coefficients == ("x", "y")
    np.testing.assert_array_equal(design.X[:, 0], [1, 0, 1, 0, 0, 1])


def test_rows_without_a_moderator_are_left_out_and_listed() -> None:
    effects = made_effects(
        list("aabbc"), mod=["x", None, "y", "x", "y"], year=[2000, 2001, np.nan, 2003, 2004.0]
    )
    design = compile_design(effects, SPEC.with_terms("mod"))
    np.testing.assert_array_equal(design.rows, [0, 2, 3, 4])
    (left,) = design.left_out
    assert (left.row, left.sample, left.effect) == (3, "a", "2")
    assert str(left) == "row 3 (a, 2): no value of mod"
    both = compile_design(effects, SPEC.with_terms("mod", "sample"))
    assert len(both.left_out) == 1
    twice = made_effects(list("aabbcc"), mod=["x", None, "y", "x", "y", "x"],
                         year=[2000, np.nan, np.nan, 2003, 2004, 2009.0])  # fmt: skip
    design = compile_design(twice, SPEC.with_terms("mod", "year"))
    told = [(left.row, left.reason) for left in design.left_out]
    assert told == [(3, "no value of mod"), (4, "no value of year")]
    assert design.X[:, 2].mean() == pytest.approx(0, abs=1e-12)  # centred at what is left
    assert design.sample_ids == ("a", "b", "c")


def test_a_model_that_leaves_nothing_says_why() -> None:
    effects = made_effects(list("ab"), mod=[None, None])
    with pytest.raises(InputError, match="no effect size is left for this model") as caught:
        compile_design(effects, SPEC.with_terms("mod"))
    assert "2 were left out: no value of mod" in caught.value.problems[0].cure


def test_all_missing_terms_are_told_with_the_nearest_column() -> None:
    effects = made_effects(list("aab"), subscale=["task", "goal", "bond"])
    with pytest.raises(InputError) as caught:
        compile_design(effects, SPEC.with_terms("subscales", "foo"))
    assert [problem.code for problem in caught.value.problems] == ["missing_term"] * 2
    assert "Did you mean 'subscale'" in caught.value.problems[0].cure
    with pytest.raises(InputError, match="needs the column of its moderator"):
        compile_design(effects, read_specification("moderator"))


@pytest.mark.parametrize(
    ("n", "covariates", "r"), [(50, 0, 0.2787), (20, 0, 0.4438), (50, 3, 0.2876)]
)
def test_the_censoring_limit_is_the_critical_value_of_the_textbooks(
    n: int, covariates: int, r: float
) -> None:
    effects = not_significant(made_effects(list("ab"), n=n, covariates=covariates), [1])
    design = compile_design(effects, changed(effect__not_significant="censored"))
    np.testing.assert_array_equal(design.censored, [False, True])
    limit = np.tanh(design.censored_at[1])
    assert limit == pytest.approx(r, abs=5e-5)
    df = n - 2 - covariates
    t = limit * np.sqrt(df / (1 - limit**2))
    assert 2 * stats.t.sf(t, df) == pytest.approx(0.05, abs=1e-12)


def test_the_censoring_limit_stands_on_the_scale_of_the_analysis() -> None:
    effects = not_significant(made_effects(list("ab"), n=50), [1])
    raw = with_measure(effects, "COR")
    censored = changed(effect__not_significant="censored")
    assert compile_design(raw, censored).censored_at[1] == pytest.approx(0.27871, abs=5e-6)
    as_r = changed(effect__not_significant="censored", effect__measure="COR")
    assert compile_design(effects, as_r).censored_at[1] == pytest.approx(0.27871, abs=5e-6)
    corrected = changed(effect__not_significant="censored", effect__small_sample=True)
    limit = compile_design(effects, corrected).censored_at[1]
    assert limit == pytest.approx(np.arctanh(0.278711) - 0.278711 / 98, abs=5e-6)
    wider = changed(effect__not_significant="censored", effect__alpha=0.01)
    assert np.tanh(compile_design(effects, wider).censored_at[1]) == pytest.approx(0.361, abs=5e-4)


def test_leaving_out_and_zero_do_what_they_say() -> None:
    effects = not_significant(made_effects(list("aab"), r=[0.1, 0.2, 0.3], n=40), [1])
    left = compile_design(effects, SPEC)
    np.testing.assert_array_equal(left.rows, [0, 2])
    assert [one.row for one in left.left_out] == [3]
    zero = compile_design(effects, changed(effect__not_significant="zero"))
    np.testing.assert_allclose(np.tanh(zero.y), [0.1, 0.0, 0.3], atol=1e-12)
    np.testing.assert_allclose(zero.variances, 1 / 37)
    assert not zero.censored.any()
    assert zero.left_out == ()


def test_a_constant_correlation_fills_the_blocks_of_the_samples() -> None:
    effects = made_effects(list("abaab"), n=[30, 40, 50, 60, 70])
    design = compile_design(effects, changed(sampling={"within_sample": "constant", "rho": 0.6}))
    assert design.covariances is not None
    assert [V.shape for V in design.covariances] == [(3, 3), (2, 2)]
    sd = 1 / np.sqrt(np.array([27.0, 47, 57]))  # rows 0, 2 and 3 of the table
    V = design.covariances[0]
    np.testing.assert_allclose(np.diag(V), sd**2)
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        assert V[i, j] == pytest.approx(0.6 * sd[i] * sd[j], rel=1e-12)
    assert all(np.linalg.eigvalsh(V).min() > 0 for V in design.covariances)
    zero = compile_design(effects, changed(sampling={"within_sample": "constant", "rho": 0.0}))
    assert zero.covariances is None


def test_a_correlation_too_negative_is_told_with_every_sample_it_fails() -> None:
    effects = made_effects(list("aaabbcc") + ["d"] * 4)
    spec = changed(sampling={"within_sample": "constant", "rho": -0.5})
    with pytest.raises(InputError) as caught:
        compile_design(effects, spec)
    assert [problem.where for problem in caught.value.problems] == ["sample a", "sample d"]
    assert "rho must be above -0.500" in caught.value.problems[0].cure
    assert "rho must be above -0.333" in caught.value.problems[1].cure
    just = changed(sampling={"within_sample": "constant", "rho": -0.333})
    blocks = compile_design(effects, just).covariances
    assert blocks is not None
    assert min(np.linalg.eigvalsh(V).min() for V in blocks) > 0


def test_blocks_have_the_data_of_the_design() -> None:
    effects = made_effects(list("abaab"), n=[30, 40, 50, 60, 70], mod=list("xyxyy"))
    spec = changed(sampling={"within_sample": "constant", "rho": 0.6}).with_terms("mod")
    design = compile_design(effects, spec)
    blocks = design.blocks()
    np.testing.assert_allclose(blocks.back(blocks.y), design.y, atol=1e-14)
    np.testing.assert_allclose(blocks.back(blocks.X.T), design.X.T, atol=1e-14)
    assert blocks.eigenvalues.sum() == pytest.approx(design.variances.sum(), rel=1e-12)


def test_the_prior_of_the_coefficients_is_the_declared_one() -> None:
    effects = made_effects(list("aabbcc"), mod=list("xyzxyz"))
    spec = SPEC.with_prior("location", Prior("normal", mean=0.2, sd=0.4)).with_terms("mod")
    design = compile_design(effects, spec)
    np.testing.assert_allclose(design.prior_mean, 0.2)
    np.testing.assert_allclose(design.prior_covariance(), 0.16 + 0.03125 * np.eye(3), atol=1e-14)
    half = design.prior_covariance(shrinkage=0.5)
    np.testing.assert_allclose(half, 0.16 + 0.0078125 * np.eye(3), atol=1e-14)
    overall = compile_design(effects, SPEC)
    assert overall.coefficients == ("overall",)
    np.testing.assert_allclose(overall.prior_covariance(), [[0.25]])


def test_a_level_without_heterogeneity_has_no_prior() -> None:
    effects = made_effects(list("aabb"))
    none = compile_design(effects, changed(heterogeneity={"sample": False, "effect": False}))
    assert none.tau_sample is None
    assert none.tau_effect is None
    zero = compile_design(effects, SPEC.with_prior("tau_effect", Prior("point", value=0)))
    assert zero.tau_effect is None
    fixed = compile_design(effects, SPEC.with_prior("tau_effect", Prior("point", value=0.1)))
    assert fixed.tau_effect == Prior("point", value=0.1)


def test_shrinkage_belongs_to_models_with_differences() -> None:
    effects = made_effects(list("aabb"), mod=list("xyxy"))
    spec = SPEC.with_prior("shrinkage", Prior("half_normal", scale=0.5))
    assert compile_design(effects, spec).shrinkage is None
    assert compile_design(effects, spec.with_terms("mod")).shrinkage is not None


def test_few_samples_are_said() -> None:
    four, five = (made_effects([f"s{i // 2}" for i in range(2 * s)]) for s in (4, 5))
    assert "Only 4 samples" in compile_design(four, SPEC).notes[0]
    assert "Only 1 sample:" in compile_design(made_effects(["a", "a"]), SPEC).notes[0]
    none = changed(heterogeneity={"sample": False, "effect": False})
    for quiet in (compile_design(five, SPEC), compile_design(four, none)):
        assert not any(note.startswith("Only") for note in quiet.notes)


def test_one_effect_a_sample_is_said() -> None:
    effects = made_effects([f"s{i}" for i in range(6)])
    (note,) = compile_design(effects, SPEC).notes
    assert "not identified apart" in note
    assert compile_design(effects, changed(heterogeneity={"sample": False})).notes == ()


def test_a_total_beside_its_scales_is_said() -> None:
    samples = ["a", "a", "b", "c", "d", "e", "e"]
    scales = ["total", "task", "total", "task", "goal", "task", "bond"]
    note, errors = compile_design(made_effects(samples, subscale=scales), SPEC).notes
    assert "sampling errors are taken as independent" in errors
    assert note.startswith("1 sample gives a total score beside its scales")
    alone = ["total", None, "total", "task", "goal", "task", "bond"]
    assert compile_design(made_effects(samples, subscale=alone), SPEC).notes == (errors,)


def test_errors_taken_as_independent_are_said() -> None:
    effects = made_effects(list("aabbcdef"))
    (note,) = compile_design(effects, SPEC).notes
    assert note.startswith("2 samples give several effect sizes")
    correlated = changed(sampling__within_sample="constant", sampling__rho=0.6)
    assert compile_design(effects, correlated).notes == ()
    assert compile_design(made_effects(list("abcdef")), SPEC.with_changes(
        {"heterogeneity.effect": False}
    )).notes == ()  # fmt: skip


def test_the_estimand_of_an_overall_mean_counts_the_scales() -> None:
    effects = made_effects(list("abcde"), subscale=["total", "task", "task", None, "bond"])
    told = compile_design(effects, SPEC).estimand
    assert told.startswith("'overall' averages all 5 effect sizes")
    assert "task 2, total 1, bond 1" in told
    assert compile_design(effects, SPEC.with_terms("subscale")).estimand == ""


def test_raw_correlations_and_other_measures() -> None:
    crede = load("crede2010")
    raw = compile_design(crede, changed(effect__measure="COR"))
    assert raw.measure == "COR"
    np.testing.assert_allclose(raw.y, crede.frame["r"].to_numpy()[raw.rows])
    assert raw.is_correlation
    schools = compile_design(load("konstantopoulos2011"), SPEC)
    assert schools.measure == "GEN"
    assert not schools.is_correlation
    with pytest.raises(InputError, match="are no correlations"):
        compile_design(load("konstantopoulos2011"), changed(effect__measure="ZCOR"))


def test_the_study_compiles_with_every_model() -> None:
    ibi = load("ibi_synthetic")
    sizes = {
        name: compile_design(ibi, read_specification(name)).X.shape[1]
        for name in ("overall", "subscales", "moderator_year", "moderators_all", "no_pooling")
    }
    assert sizes["overall"] == 1
    assert sizes["subscales"] == ibi.frame["subscale"].nunique()
    assert sizes["moderator_year"] == 2
    assert sizes["no_pooling"] == len(ibi.samples)
    assert 8 < sizes["moderators_all"] < 30
