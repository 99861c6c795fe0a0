"""Specifications: round trips, hashes, copies, and a message for everything that is wrong."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.library import ModelInfo, models, read_specification
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

FOLDER = Path(__file__).parents[2] / "models"
FILES = sorted(FOLDER.glob("*.toml"))
NAMES = [entry.name for entry in models()]


def problems_of(tables: dict[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        Specification.from_dict(tables, where="my.toml")
    return caught.value.problems


def test_every_model_file_is_listed_and_all_aliases_follow_their_file() -> None:
    assert {entry.file for entry in models()} == {path.name for path in FILES}
    assert len(NAMES) == len(set(NAMES))
    six = ["diagnosis", "rater", "f2f_contact", "approach", "year", "country"]
    assert [name for name in NAMES if name.startswith("moderator_")] == [
        f"moderator_{column}" for column in six
    ]
    assert len(NAMES) >= 15


@pytest.mark.parametrize("entry", models(), ids=NAMES)
def test_every_model_loads_and_survives_a_round_trip(entry: ModelInfo) -> None:
    spec = read_specification(entry.name)
    assert spec.name == entry.name
    assert spec.about.title
    assert entry.question.endswith("?")
    again = Specification.from_dict(spec.to_dict())
    assert again == spec
    assert again.sha256 == spec.sha256
    assert hash(again) == hash(spec)
    assert pickle.loads(pickle.dumps(spec)) == spec
    for prior in (spec.priors.location, spec.priors.tau_sample, spec.priors.tau_effect):
        assert prior.because


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("moderator_")])
def test_an_alias_fills_the_slot_of_its_file(name: str) -> None:
    spec = read_specification(name)
    column = name.removeprefix("moderator_")
    assert spec.location.terms == (column,)
    assert not spec.needs_moderator
    assert spec.location.units == ({"year": 10.0} if column == "year" else {})
    if column != "year":  # the same analysis as the one filled in by hand
        assert spec.sha256 == read_specification("moderator").with_moderator(column).sha256


def test_the_moderator_model_waits_for_its_column() -> None:
    spec = read_specification("moderator")
    assert spec.needs_moderator
    filled = spec.with_moderator("age", unit=5)
    assert filled.location.terms == ("age",)
    assert filled.location.units == {"age": 5.0}
    with pytest.raises(InputError, match="'moderator' takes no moderator, 'sex' was given"):
        filled.with_moderator("sex")


def test_the_hash_sees_every_claim_and_not_the_name() -> None:
    spec = read_specification("overall")
    hashes = [
        spec.sha256,
        spec.with_changes({"priors.tau_sample.scale": 0.2500001}).sha256,
        spec.with_changes({"heterogeneity.effect": False}).sha256,
        spec.with_changes({"run.seed": 2}).sha256,
        spec.with_changes({"rope.effect_r": 0.05}).sha256,
        spec.with_benchmarks(*spec.benchmarks[:1]).sha256,
        spec.with_prior("tau_sample", Prior("half_cauchy", scale=0.25)).sha256,
    ]
    assert len(set(hashes)) == len(hashes)
    assert all(len(one) == 64 for one in hashes)
    assert spec.with_changes({"name": "another"}).sha256 == spec.sha256
    assert spec.with_changes({"priors.tau_sample.scale": np.float64(0.25)}).sha256 == spec.sha256
    assert spec.with_changes({"run.seed": np.int64(1)}).sha256 == spec.sha256


def test_a_file_read_from_elsewhere_has_the_same_hash(tmp_path: Path) -> None:
    copy = tmp_path / "my copy.toml"
    copy.write_bytes((FOLDER / "subscales.toml").read_bytes())
    assert read_specification(copy).sha256 == read_specification("subscales").sha256
    assert read_specification(copy).name == "my copy"
    assert read_specification(str(copy)) == read_specification(copy)


def test_copies_change_what_was_asked_and_nothing_else() -> None:
    spec = read_specification("overall")
    before = spec.to_dict()
    changed = spec.with_changes({"priors.tau_sample.scale": 0.1, "run.seed": 7}).to_dict()
    assert changed["priors"]["tau_sample"]["scale"] == 0.1
    assert changed["run"]["seed"] == 7
    changed["priors"]["tau_sample"]["scale"], changed["run"]["seed"] = 0.25, 1
    assert changed == before == spec.to_dict()
    assert spec.with_terms("subscale").location.terms == ("subscale",)
    assert spec.with_terms("subscale").with_terms() == spec
    assert spec.with_benchmarks().benchmarks == ()
    cauchy = Prior("half_cauchy", scale=0.5, because="wide")
    assert spec.with_prior("tau_effect", cauchy).priors.tau_effect == cauchy
    whole = {"priors.tau_effect": {"family": "point", "value": 0}}
    assert spec.with_changes(whole).priors.tau_effect == Prior("point", value=0)


@pytest.mark.parametrize("path", ["name.x", "run.seed.x", "benchmarks.0.r", "location.terms.0"])
def test_a_path_through_something_that_is_no_table_is_told(path: str) -> None:
    with pytest.raises(InputError, match="is no key path"):
        read_specification("overall").with_changes({path: 1})


@pytest.mark.parametrize("path", ["", ".", "priors.tau_smple.scale", "runs.seed", "run..seed"])
def test_a_path_to_nowhere_is_told(path: str) -> None:
    with pytest.raises(InputError):
        read_specification("overall").with_changes({path: 1})


def test_a_specification_cannot_be_changed() -> None:
    spec = Specification()
    with pytest.raises(ValidationError):
        spec.name = "x"
    with pytest.raises(ValidationError):
        spec.run.seed = 3


@pytest.mark.parametrize(
    ("tables", "path", "nearest"),
    [
        ({"prior": {}}, "prior", "priors"),
        ({"run": {"sed": 3}}, "run.sed", "seed"),
        ({"sampling": {"withinsample": "constant"}}, "sampling.withinsample", "within_sample"),
        ({"priors": {"tau_samples": {}}}, "priors.tau_samples", "tau_sample"),
        ({"benchmarks": [{"name": "a", "coefficient": "b", "r": 0.1, "lowr": 0}]},
         "benchmarks.0.lowr", "lower"),
        ({"alternatives": [{"name": "a", "change": {}}, {"name": "b", "chnge": {}, "change": {}}]},
         "alternatives.1.chnge", "change"),
        ({"aliases": {"x": {"moderator": "m", "unt": 3}}}, "aliases.x.unt", "unit"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_told_with_file_path_and_nearest(
    tables: dict[str, Any], path: str, nearest: str
) -> None:
    (problem,) = problems_of(tables)
    assert problem.code == "unknown_key"
    assert problem.where == f"my.toml, key {path}"
    assert problem.cure.startswith(f"Did you mean {nearest!r}? Allowed here: ")


def test_an_unknown_key_of_a_prior_names_the_prior_and_the_parameters() -> None:
    table = {"family": "half_normal", "scal": 0.2}
    (problem,) = problems_of({"priors": {"tau_sample": table}})
    assert problem.where == "my.toml, key priors.tau_sample"
    assert "half_normal has no parameter 'scal'. Did you mean 'scale'?" in problem.what
    assert "scale of half_normal is missing" in problem.what


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    tables = {
        "runn": {},
        "run": {"seed": -1, "engine": "fast"},
        "priors": {"location": {"family": "cauchy"}},
        "effect": {"measure": "OR"},
    }
    assert {problem.where.rpartition(" ")[2] for problem in problems_of(tables)} == {
        "runn", "run.seed", "run.engine", "priors.location", "effect.measure",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("run.seed", -1), ("run.seed", 2**32), ("run.seed", True), ("run.seed", "7"),
        ("run.seed", 1.0), ("run.draws", 49), ("run.draws", 200.5), ("run.chains", 0),
        ("run.target_accept", 1.0), ("run.target_accept", float("nan")), ("run.engine", "stan"),
        ("heterogeneity.sample", "no"), ("heterogeneity.sample", 1), ("heterogeneity", True),
        ("sampling.rho", 0.5), ("sampling.within_sample", "constant"),
        ("sampling", {"within_sample": "constant", "rho": "0.6"}),
        ("sampling", {"within_sample": "constant", "rho": 1.0}),
        ("sampling", {"within_sample": "constant", "rho": float("inf")}),
        ("effect.alpha", 0.0), ("effect.not_significant", "drop"), ("rope.effect_r", 0.0),
        ("location.terms", "subscale"), ("location.terms", [1]), ("location.terms", [""]),
        ("location.terms", ["a"] * 51), ("location.units", {"year": 0.0}),
        ("location.units", {"year": "10"}), ("location.contrasts", "all"),
        ("priors.location", {"family": "half_normal", "scale": 1}),
        ("priors.location", 0.5), ("priors.location.sd", "wide"),
        ("priors.differences.mean", 0.1),
        ("priors.tau_sample", {"family": "normal", "mean": 0, "sd": 1}),
        ("priors.tau_sample", {"family": "uniform", "lower": -0.1, "upper": 1}),
        ("priors.tau_effect", {"family": "point", "value": -0.1}),
        ("priors.shrinkage", {"family": "beta", "a": 1, "b": 1, "lower": -1}),
        ("benchmarks", [{"name": "a", "coefficient": "overall", "r": 1.0}]),
        ("benchmarks", [{"name": "a", "coefficient": "overall", "r": "0.2"}]),
        ("benchmarks", [{"name": "a", "coefficient": "overall", "r": 0.2, "lower": 0.1}]),
        ("benchmarks",
         [{"name": "a", "coefficient": "overall", "r": 0.2, "lower": 0.21, "upper": 0.3}]),
        ("name", "x" * 2_001), ("about.title", 3),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_key(path: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        Specification().with_changes({path: value})
    assert all(path.split(".")[0] in problem.where for problem in caught.value.problems)


def test_the_benchmark_of_the_field_is_accepted_and_its_limits_need_one_another() -> None:
    benchmark = Benchmark(name="a", coefficient="overall", r=0.278, lower=0.256, upper=0.299)
    spec = Specification().with_benchmarks(benchmark)
    assert Specification.from_dict(spec.to_dict()).benchmarks == (benchmark,)


def test_an_alternative_is_checked_when_the_file_is_read() -> None:
    change = {"priors.tau_sample.scale": -1.0}
    with pytest.raises(InputError, match="scale of half_normal must be positive"):
        Specification.from_dict({"alternatives": [{"name": "a", "change": change}]})
    with pytest.raises(InputError, match="unknown key 'tau_smple'"):
        Specification.from_dict(
            {"alternatives": [{"name": "a", "change": {"priors.tau_smple.scale": 1.0}}]}
        )


def test_values_of_alternatives_keep_their_kind() -> None:
    change = {"run.seed": 3, "heterogeneity.effect": False, "priors.tau_sample.scale": 0.1}
    spec = Specification.from_dict({"alternatives": [{"name": "a", "change": change}]})
    varied = spec.with_changes(spec.alternatives[0].change)
    assert varied.run.seed == 3
    assert varied.heterogeneity.effect is False
    assert varied.priors.tau_sample.parameters["scale"] == 0.1


def test_the_repr_names_what_is_claimed() -> None:
    told = repr(read_specification("subscales"))
    assert len(told.splitlines()) <= 6
    assert "location: subscale" in told
    assert "half_normal(0.25)" in told


def test_an_unknown_model_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'subscales'"):
        read_specification("subscale")
