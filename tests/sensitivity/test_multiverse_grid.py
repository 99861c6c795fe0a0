"""Grids of choices: what is declared, what is refused, and what a table cannot have."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bayes_alliance as ba
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity.multiverse import run_multiverse
from bayes_alliance.sensitivity.multiverse_fitting import plan_multiverse
from bayes_alliance.sensitivity.multiverse_rows import kept_rows
from bayes_alliance.sensitivity.outlying import residuals_left_out
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.grid import RowFilter, read_grid
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.repriored import compile_unit, with_priors
from bayes_alliance.spec.specification import Specification

WHY = "To be tested."
OVERALL = read_specification("overall")


def option(name: str, **rest: Any) -> dict[str, Any]:
    """An option with a reason."""
    return {"name": name, "because": WHY, **rest}


def grid(*factors: list[dict[str, Any]]) -> dict[str, Any]:
    """Factors called A, B and so on."""
    names = "ABCDEFGH"
    return {
        "factors": [
            {"name": name, "options": own} for name, own in zip(names, factors, strict=False)
        ]
    }


PLAIN = [option("as declared"), option("two levels", change={"heterogeneity.effect": False})]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"factors": []}, "at least 1 item"),
        (grid([option("a")]), "at least 2 items"),
        (grid([option("a"), {"name": "b"}]), "because"),
        (grid([option("a"), option("b", chnage={})]), "Did you mean 'change'"),
        (grid([option("a"), option("a")]), "the option 'a' stands there twice"),
        (grid([option("a"), option("b", rows=[{"column": "n"}])]), "one of these three"),
        (grid([option("a"), option("b", rows=[{"column": "n", "min": 5, "max": 1}])]), "min is"),
        (grid([option("a"), option("b", outliers={"beyond": 0.5})]), "greater than 1"),
        (
            grid([option("a"), option("b", change={"priors.location.sd": 1.0})],
                 [option("a"), option("b", change={"priors.location": {"family": "normal"}})]),
            "the factors 'A' and 'B' change the same value",
        ),
        (
            grid([option("a"), option("b", outliers={"beyond": 3})],
                 [option("a"), option("b", outliers={"beyond": 2})]),
            "both have options with outliers",
        ),
        (
            grid([option("a"), option("b", change={"priors.location.sd": 1.0})],
                 [option("a"), option("b", scale={"priors.location": 0.5})]),
            "the factors 'A' and 'B' change the same value",
        ),
        (grid([option("a"), option("b", scale={"priors.location": 0})]), "greater than 0"),
        (grid([option("a"), option("b", scale={"priors.rho": 2})]), "priors.location"),
        (
            grid([option("a"), option("b", family={"priors.location": "half_cauchy"})]),
            "is of priors of taus",
        ),
        (grid(*[[option(str(i)) for i in range(100)]] * 4), "100,000,000 specifications"),
    ],
)  # fmt: skip
def test_a_wrong_grid_is_refused(made: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_grid(made)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (option("b", change={"priors.location.sdd": 1.0}), "sdd"),
        (option("b", change={"effect.totals": "onyl"}), "totals"),
        (option("b", rows=[{"column": "ratre", "values": ["client"]}]), "Did you mean 'rater'"),
        (option("b", rows=[{"column": "rater", "values": ["clint"]}]), "Did you mean 'client'"),
        (option("b", rows=[{"column": "rater", "min": 3}]), "has texts"),
        (option("b", mean="ovrall"), "no mean 'ovrall'"),
        (option("b", change={"location.terms": ["scale"]}), "no column 'scale'"),
    ],
)
def test_a_slip_is_told_before_anything_is_computed(wrong: dict[str, Any], told: str) -> None:
    given = read_grid(grid([option("a"), wrong], PLAIN))
    with pytest.raises(InputError, match=told) as caught:
        plan_multiverse(ba.load("ibi_synthetic"), OVERALL, given)
    assert caught.value.problems[0].where.startswith("grid of choices, A: b")


def test_impossible_combinations_are_listed_with_their_reason() -> None:
    rho = [option("0"), option(".5", change={"sampling.rho": 0.5})]
    way = [option("independent"), option("constant", change={
        "sampling.within_sample": "constant", "sampling.rho": 0.2})]  # fmt: skip
    way[1]["change"] = {"sampling.within_sample": "constant"}
    found = run_multiverse(ba.load("ibi_synthetic"), OVERALL, grid(way, rho, PLAIN), workers=1)
    cells = found.whole[["choice: A", "choice: B"]].to_numpy().tolist()
    for row, (a, b) in zip(found.rows, cells, strict=True):
        assert (row["refused"] is None) == ((a, b) in {("independent", "0"), ("constant", ".5")})
    reasons = " ".join(found.refused["refused"])
    assert "rho has no meaning" in reasons
    assert "needs rho" in reasons
    assert len(found.table) + len(found.refused) == found.plan.size == 8
    assert not found.shares["estimate"].full
    told = found.choices.set_index(["factor", "option"])
    assert told.loc[("C", "as declared"), ["fitted", "refused"]].tolist() == [2, 2]


def test_negative_rho_and_declined_models_are_refused_not_dropped() -> None:
    ways = [
        option("declared"),
        option("impossible", change={"sampling.within_sample": "constant", "sampling.rho": -0.9}),
        option("robust", change={"heterogeneity.distribution": "student_t"}),
        option("no rows", rows=[{"column": "n", "min": 1e6}]),
    ]
    found = run_multiverse(ba.load("ibi_synthetic"), OVERALL, grid(ways), workers=1)
    assert [row["refused"] is None for row in found.rows] == [True, False, False, False]
    assert "cannot all correlate -0.9" in str(found.rows[1]["refused"])
    assert "not computed exactly" in str(found.rows[2]["refused"])
    assert "no row is left" in str(found.rows[3]["refused"])
    with pytest.raises(InputError, match="no combination of these choices"):
        run_multiverse(ba.load("ibi_synthetic"), OVERALL, grid(ways[2:]), workers=1)


def test_the_default_grid_says_what_a_table_cannot_have() -> None:
    plan, dropped = plan_multiverse(ba.load("crede2010"), OVERALL, read_grid())
    names = {f.name: [o.name for o in f.options] for f in plan.grid.factors}
    assert set(names) == {"scale of analysis", "sampling errors", "outlying samples",
                          "heterogeneity", "prior of taus", "prior of the mean"}  # fmt: skip
    assert "from correlations" not in names["sampling errors"]
    told = " ".join(dropped)
    for factor in ("effects", "rater", "outcome timing", "derived correlations"):
        assert f"The factor {factor} is dropped" in told
    assert plan.benchmarks == ()
    plan, dropped = plan_multiverse(ba.load("ibi_synthetic"), OVERALL, read_grid())
    assert plan.size == 3_072
    assert "outlying samples: beyond 3 left out is dropped: for this table the same as kept." in (
        dropped
    )
    assert [b.r for b in plan.benchmarks] == [0.21, 0.278]
    plan, _ = plan_multiverse(
        ba.load("konstantopoulos2011"), read_specification("schools"), read_grid()
    )
    assert "scale of analysis" not in {f.name for f in plan.grid.factors}


def test_a_grid_file_is_read_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "choices.toml"
    path.write_text(
        '[[factors]]\nname = "rho"\n[[factors.options]]\nname = "0"\nbecause = "x"\n'
        '[[factors.options]]\nname = ".5"\nbecause = "y"\n'
        'change = { "sampling.within_sample" = "constant", "sampling.rho" = 0.5 }\n'
    )
    read = read_grid(path)
    assert (read.name, read.size) == ("choices", 2)
    assert read_grid(read) is read
    with pytest.raises(InputError, match=r"is a \.toml file"):
        read_grid(tmp_path / "choices.py")
    with pytest.raises(InputError, match="cannot be read"):
        read_grid(tmp_path / "none.toml")


def labelled() -> EffectSizes:
    """Five correlations with labels of all kinds."""
    return ba.read_effects(
        pd.DataFrame({
            "sample": ["a", "b", "c", "d", "e"], "r": [0.1, 0.2, 0.3, 0.4, 0.5], "n": 50,
            "rater": ["client", "therapist", None, "client", "client"],
            "year": [2001, 2002, 2003, None, 2005], "wave": [1.0, 2.0, 1.0, 2.0, 3.0],
        })
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"column": "rater", "values": ["client"]}, "ade"),
        ({"column": "rater", "values": ["client"], "missing": True}, "acde"),
        ({"column": "rater", "without": ["client"]}, "bc"),
        ({"column": "rater", "without": ["client", "nobody"]}, "bc"),
        ({"column": "wave", "values": [1, 3]}, "ace"),
        ({"column": "year", "min": 2002}, "bce"),
        ({"column": "year", "max": 2002, "missing": True}, "abd"),
        ({"column": "sample", "without": ["c"]}, "abde"),
        ({"column": "statistic", "values": ["pearson"]}, "abcde"),
    ],
)
def test_rows_are_kept_by_their_labels(rule: dict[str, Any], kept: str) -> None:
    effects = labelled()
    found = kept_rows(effects, [RowFilter.model_validate(rule)])
    assert "".join(effects.frame["sample"][found]) == kept


def planted() -> EffectSizes:
    """The worked example with one sample far out."""
    effects = ba.load("crede2010")
    frame = effects.to_frame()[["sample", "effect", "r", "n"]]
    frame.loc[frame["sample"] == frame["sample"].iloc[3], "r"] = -0.9
    return ba.read_effects(frame)


@pytest.mark.parametrize("rho", [None, 0.4])
def test_residuals_are_those_of_refits_without_the_sample(rho: float | None) -> None:
    spec = OVERALL
    if rho is not None:
        spec = spec.with_changes({"sampling.within_sample": "constant", "sampling.rho": rho})
    effects = planted()
    design = compile_design(effects, spec)
    residuals = residuals_left_out(design)
    for i in (0, 3, 8, 40):
        name = design.sample_ids[i]
        inside = (effects.frame["sample"] == name).to_numpy()
        _, means, sds = ExactEngine().solve(compile_design(effects.keep(~inside), spec)).moments()
        y, v = design.y[design.sample_index == i], design.variances[design.sample_index == i]
        V = np.diag(v) if rho is None else rho * np.sqrt(np.outer(v, v)) + (1 - rho) * np.diag(v)
        a = np.linalg.inv(V).sum(0) / np.linalg.inv(V).sum()
        second = np.square(means) + np.square(sds)
        expected = (a @ y - means[0]) / np.sqrt(
            sds[0] ** 2 + second[1] + a @ a * second[2] + a @ V @ a
        )
        assert_allclose(residuals[i], expected, rtol=1e-4)
    assert np.flatnonzero(np.abs(residuals) > 3).tolist() == [3]


def test_outlying_samples_are_left_out_by_the_rule() -> None:
    effects = planted()
    rule = [option("kept"), option("beyond 3", outliers={"beyond": 3})]
    found = run_multiverse(effects, OVERALL, grid(rule, PLAIN), workers=1)
    name = effects.samples[3]
    by_name = [option("kept"), option("named", rows=[{"column": "sample", "without": [name]}])]
    named = run_multiverse(effects, OVERALL, grid(by_name, PLAIN), workers=1)
    assert [row["samples"] for row in found.rows][:3] == [68, 68, 67]
    assert found.rows[2] == named.rows[2]
    (only,) = ba.read_effects(pd.DataFrame({"sample": ["a"], "r": [0.3], "n": [40]})).samples
    single = compile_design(effects.keep(inside(effects, name)), OVERALL)
    assert only == "a"
    assert residuals_left_out(single).tolist() == [0.0]


def inside(effects: EffectSizes, name: str) -> np.ndarray:
    """Rows of a sample."""
    return (effects.frame["sample"] == name).to_numpy()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"priors.location": {"family": "normal", "mean": 0.1, "sd": 0.3}},
        {"priors.location": {"family": "flat"}},
        {"priors.differences": {"family": "normal", "mean": 0.0, "sd": 0.1},
         "location.terms": ["subscale"]},
        {"priors.tau_total": {"family": "half_normal", "scale": 0.3},
         "priors.share": {"family": "uniform", "lower": 0.0, "upper": 1.0}},
        {"priors.tau_sample": {"family": "point", "value": 0.0}},
        {"heterogeneity.sample": False, "sampling.within_sample": "estimated"},
    ],
)  # fmt: skip
def test_priors_put_in_later_give_the_same_design(changes: dict[str, Any]) -> None:
    effects, spec = ba.load("ibi_synthetic"), OVERALL.with_changes(changes)
    direct, later = compile_design(effects, spec), with_priors(compile_unit(effects, spec), spec)
    for name in ("y", "X", "prior_mean", "prior_location", "prior_differences"):
        np.testing.assert_array_equal(getattr(direct, name), getattr(later, name))
    for name in ("tau_sample", "tau_effect", "tau_total", "share", "flat"):
        assert repr(getattr(direct, name)) == repr(getattr(later, name))


def test_a_flat_prior_has_estimates_and_no_evidence() -> None:
    priors = [option("declared"), option("flat", change={"priors.location": {"family": "flat"}})]
    found = run_multiverse(ba.load("ibi_synthetic"), OVERALL, grid(priors, PLAIN), workers=1)
    table = found.table
    assert table["log_bf10"].isna().tolist() == [False, False, True, True]
    assert table["log_marginal_likelihood"].isna().sum() == 2
    assert table["r_median"].notna().all()
    assert [a.of for a in found.agreement][:4] == [4, 4, 2, 2]


def test_a_model_of_scales_is_followed_by_their_equal_mean() -> None:
    spec: Specification = read_specification("subscales_independent")
    wide = deepcopy(PLAIN)
    found = run_multiverse(ba.load("ibi_synthetic"), spec, grid(wide), workers=1)
    assert found.baseline["follows"] == "equal"
    design = compile_design(ba.load("ibi_synthetic"), spec)
    weights = np.array([q.name != "total" for q in design.quantities]) / 3
    nodes = ExactEngine().solve(design)
    _, means, _ = nodes.moments()
    assert_allclose(float(found.baseline["mean"] or 0), means[:4] @ weights, rtol=1e-9)


#: Every choice that models/README.md names, as an option and as a direct change of table and model.
NORMS = {"subscale": {"default": 0.7}, "rater": {"default": 0.4}, "timing": {"default": 0.6}}
DOCUMENTED: dict[str, tuple[dict[str, Any], str]] = {
    "raw r": ({"change": {"effect.measure": "COR"}}, ""),
    "rho .3": ({"change": {"sampling.within_sample": "constant", "sampling.rho": 0.3}}, ""),
    "estimated": ({"change": {"sampling.within_sample": "estimated"}}, ""),
    "norms": ({"change": {"sampling.within_sample": "interscale", "sampling.norms": NORMS}}, ""),
    "totals": ({"change": {"effect.totals": "only"}}, ""),
    "scales": ({"change": {"effect.totals": "scales"}}, ""),
    "effects only": ({"change": {"heterogeneity.sample": False}}, ""),
    "point": ({"change": {"priors.tau_effect": {"family": "point", "value": 0.05}}}, ""),
    "not late": ({"rows": [{"column": "timing", "without": ["late"]}]}, "timing != 'late'"),
    "recent": ({"rows": [{"column": "year", "min": 2015}]}, "year >= 2015"),
    "large": ({"rows": [{"column": "n", "min": 60}]}, "n >= 60"),
    "reported": ({"rows": [{"column": "statistic", "values": ["pearson"]}]}, ""),
}


@pytest.mark.parametrize("name", list(DOCUMENTED))
def test_every_documented_choice_is_the_fit_that_it_says(name: str) -> None:
    rest, rule = DOCUMENTED[name]
    effects = ba.load("ibi_synthetic")
    ways = [option("declared"), option(name, **rest)]
    row = run_multiverse(effects, OVERALL, grid(ways), workers=1).rows[1]
    rows = effects.frame.eval(rule).to_numpy() if rule else np.ones(82, dtype=bool)
    design = compile_design(effects.keep(rows), OVERALL.with_changes(rest.get("change", {})))
    assert row["effects"] == len(design.y)
    expected = evidence_of(design).log_value
    assert_allclose(float(row["log_marginal_likelihood"] or 0), expected, atol=1e-10)


def test_a_constant_of_the_model_is_dropped_with_its_rho() -> None:
    spec = OVERALL.with_changes({"sampling.within_sample": "constant", "sampling.rho": 0.6})
    ways = [option(".6"), option("0", change={"sampling.within_sample": "independent"})]
    found = run_multiverse(ba.load("ibi_synthetic"), spec, grid(ways), workers=1)
    plain = compile_design(ba.load("ibi_synthetic"), OVERALL)
    expected = evidence_of(plain).log_value
    assert_allclose(float(found.rows[1]["log_marginal_likelihood"] or 0), expected, atol=1e-10)
    assert found.rows[0]["log_marginal_likelihood"] != found.rows[1]["log_marginal_likelihood"]
