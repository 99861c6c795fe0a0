"""The default grid of choices against tables and models: what is kept, and with which priors."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.testing import assert_allclose

import bayes_alliance as ba
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity.multiverse_fitting import plan_multiverse
from bayes_alliance.spec.grid import read_grid
from bayes_alliance.spec.library import read_specification

OVERALL = read_specification("overall")


def option(name: str, **rest: Any) -> dict[str, Any]:
    """An option with a reason."""
    return {"name": name, "because": "To be tested.", **rest}


def grid(**factors: list[dict[str, Any]]) -> dict[str, Any]:
    """Factors by name."""
    return {"factors": [{"name": name, "options": own} for name, own in factors.items()]}


def fitted(data: str, model: str) -> tuple[dict[str, dict[str, dict[str, Any]]], str]:
    """Changes of the options of the default grid by factor and name, and what was dropped."""
    plan, dropped = plan_multiverse(ba.load(data), read_specification(model), read_grid())
    kept = {f.name: {o.name: dict(o.change) for o in f.options} for f in plan.grid.factors}
    return kept, " ".join(dropped)


@pytest.mark.parametrize("model", ["two_level", "common_effect"])
def test_a_model_of_one_level_keeps_it(model: str) -> None:
    kept, told = fitted("molloy2014", model)
    assert "heterogeneity" not in kept
    assert "samples only is dropped: the model has not both levels of heterogeneity" in told


def test_rho_is_no_choice_with_one_effect_a_sample() -> None:
    kept, told = fitted("molloy2014", "three_level")
    assert "sampling errors" not in kept
    for name in ("rho = .3", "rho = .5", "rho = .7", "rho estimated", "from correlations"):
        assert f"sampling errors: {name} is dropped: for this table the same as independent" in told
    assert set(kept["heterogeneity"]) == {"samples, effects", "samples only"}


@pytest.mark.parametrize(
    ("data", "model", "sample", "effect", "mean"),
    [
        ("konstantopoulos2011", "schools", 0.5, 0.5, 1.0),
        ("ibi_synthetic", "overall", 0.25, 0.15, 0.5),
    ],
)
def test_priors_of_the_default_grid_are_multiples_of_the_declared(
    data: str, model: str, sample: float, effect: float, mean: float
) -> None:
    kept, _ = fitted(data, model)
    for name, family, times in (
        ("sceptical", "half_normal", 0.4), ("wide", "half_normal", 2.0),
        ("heavy tails", "half_cauchy", 1.0),
    ):  # fmt: skip
        changes = kept["prior of taus"][name]
        assert set(changes) == {"priors.tau_sample", "priors.tau_effect"}
        for level, scale in (("sample", sample), ("effect", effect)):
            prior = changes[f"priors.tau_{level}"]
            assert prior["family"] == family
            assert_allclose(prior["scale"], times * scale, rtol=1e-15)
    prior = kept["prior of the mean"]["small effects"]["priors.location"]
    assert (prior["family"], prior["mean"], prior["sd"]) == ("normal", 0.0, mean / 2)


def test_relative_priors_are_of_what_the_model_has() -> None:
    total = OVERALL.with_changes({
        "priors.tau_total": {"family": "half_normal", "scale": 0.3},
        "priors.share": {"family": "uniform", "lower": 0.0, "upper": 1.0},
        "priors.location": {"family": "flat"},
    })  # fmt: skip
    plan, dropped = plan_multiverse(ba.load("ibi_synthetic"), total, read_grid())
    taus = next(f for f in plan.grid.factors if f.name == "prior of taus")
    assert [list(o.change) for o in taus.options] == [[], *[["priors.tau_total"]] * 3]
    assert "no prior with a scale at priors.location" in " ".join(dropped)
    given = grid(A=[option("a"), option("b", scale={"priors.location": 0.5})])
    with pytest.raises(InputError, match=r"no prior with a scale at priors\.location") as caught:
        plan_multiverse(ba.load("ibi_synthetic"), total, read_grid(given))
    assert caught.value.problems[0].where == "grid of choices, A: b"
    both = option("b", scale={"priors.tau_sample": 2}, family={"priors.tau_sample": "half_cauchy"})
    plan, _ = plan_multiverse(
        ba.load("ibi_synthetic"), OVERALL, read_grid(grid(A=[option("a"), both]))
    )
    prior = plan.grid.factors[0].options[1].change["priors.tau_sample"]
    assert isinstance(prior, dict)
    assert (prior["family"], prior["scale"]) == ("half_cauchy", 0.5)
