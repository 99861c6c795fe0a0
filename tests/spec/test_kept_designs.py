"""Some of the effects of a design are those of the filtered table, whatever the design has."""

from __future__ import annotations

import numpy as np
import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

TWO = {"sampling.within_sample": "constant", "sampling.rho": 0.5}
CASES = {
    "independent": {},
    "constant rho": TWO,
    "estimated rho": {"sampling.within_sample": "estimated"},
    "groups": {"heterogeneity.groups": "country"},
    "effects by scale": {"heterogeneity.structure": "diagonal",
                         "heterogeneity.scales": "scale"},
    "terms of tau": {"heterogeneity.sample_terms": ["country"],
                     "heterogeneity.effect_terms": ["scale"]},
}  # fmt: skip


def table() -> ba.EffectSizes:
    samples = ["a", "a", "a", "b", "b", "c", "c", "d", "e", "e"]
    country = [{"a": "x", "b": "y", "c": "x", "d": "y", "e": "z"}[s] for s in samples]
    return made_effects(samples, country=country, scale=["t", "g", "b", "t", "g"] * 2)


def arrays(design: Design) -> dict[str, object]:
    """Everything that an engine reads of the data."""
    found: dict[str, object] = {
        name: getattr(design, name)
        for name in ("y", "X", "starts", "variances", "sample_ids", "effect_ids", "censored_at")
    }
    for i, V in enumerate(design.covariances or ()):
        found[f"V{i}"] = V
    if design.dependence is not None:
        for i, V in enumerate(design.dependence.covariances(0.3)):
            found[f"V{i} at .3"] = V
    if design.groups is not None:
        names = np.array(design.groups.names, object)
        found |= {"groups": tuple(names[design.groups.index]), "units": design.units.sizes}
    if design.scales is not None:
        found["scales"] = tuple(np.array(design.scales.names, object)[design.scales.level])
    return found


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("effect", [0, 2, 4, 7, 9])
def test_without_an_effect_is_the_filtered_table(case: str, effect: int) -> None:
    effects, spec = table(), ba.Specification().with_changes(CASES[case])
    design = compile_design(effects, spec)
    found = design.without_effect(effect)
    row = design.rows[effect]
    assert len(found.sample_ids) == (4 if effect == 7 else 5)  # d has one effect only
    kept = np.arange(10) != row
    again = compile_design(effects.keep(kept), spec)
    got, want = arrays(found), arrays(again)
    assert got.keys() == want.keys()
    for name, value in want.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)
    if case == "terms of tau":
        assert found.scale_sample is not None
        assert found.scale_effect is not None
        assert design.scale_effect is not None
        assert found.scale_sample.Z.shape[0] == len(found.sample_ids)
        np.testing.assert_array_equal(found.scale_effect.Z, design.scale_effect.Z[kept])


def test_without_a_sample_is_keeping_the_others() -> None:
    design = compile_design(table(), ba.Specification().with_changes(TWO))
    one, other = design.without_sample(1), design.without_effect(3).without_effect(3)
    for name, value in arrays(one).items():
        np.testing.assert_array_equal(arrays(other)[name], value, err_msg=name)
