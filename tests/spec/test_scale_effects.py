"""Which scales have sample effects of their own, and what the data cannot tell about them."""

import numpy as np
import pytest
from made_fits import made_effects

from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification


def compiled(samples, scales, **changes):
    spec = Specification().with_changes(
        {"heterogeneity.structure": "unstructured", "heterogeneity.effect": False, **changes}
    )
    return compile_design(made_effects(samples, subscale=scales), spec)


def test_scales_stand_in_their_usual_order_and_rows_without_one_are_left_out():
    design = compiled(list("aabbc"), ["bond", "task", "goal", "task", None])
    assert design.scales.names == ("task", "goal", "bond")
    np.testing.assert_array_equal(design.scales.level, [2, 0, 1, 0])
    assert design.scales.pairs == ("task, goal", "task, bond", "goal, bond")
    assert design.tau_sample is None
    assert [left.reason for left in design.left_out] == ["no value of subscale"]
    assert design.scales.tau == Specification().priors.tau_sample


def test_another_column_may_name_the_scales():
    effects = made_effects(list("aabb"), outcome=["x", "y", "x", "y"])
    changes = {"heterogeneity.structure": "cs", "heterogeneity.scales": "outcome"}
    design = compile_design(effects, Specification().with_changes(changes))
    assert design.scales.names == ("x", "y")
    assert [label for label, *_ in design.scales.parameters()] == ["tau_scale", "scale_correlation"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heterogeneity.scales": "subscal"}, "Did you mean 'subscale'"),
        ({"heterogeneity.sample": False}, "it needs sample = true"),
        ({"priors.scale_correlation.eta": 0.5}, "eta"),
        (
            {
                "priors.tau_total": {"family": "half_normal", "scale": 0.3, "because": ""},
                "priors.share": {"family": "beta", "a": 1, "b": 1, "because": ""},
            },
            "each scale has its own",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(changes, told):
    with pytest.raises(InputError, match=told):
        compiled(list("aabb"), ["task", "goal"] * 2, **changes)


def test_one_scale_has_nothing_to_correlate_with():
    with pytest.raises(InputError, match="one level only"):
        compiled(list("abc"), ["task"] * 3)


@pytest.mark.parametrize(
    ("samples", "scales", "changes", "told"),
    [
        ("abcd", ["task", "goal"] * 2, {}, "No sample has both goal and task"),
        ("aabbcc", ["task", "goal", "task", "bond", "task", "goal"], {},
         "No sample has both bond and goal"),
        ("aabb", ["task", "goal"] * 2, {"heterogeneity.effect": True},
         "only the sum tau_scale^2 + tau_effect^2"),
        ("aaabb", ["task", "task", "goal", "task", "goal"], {"heterogeneity.effect": True},
         "No sample has two effects of goal"),
    ],
)  # fmt: skip
def test_what_the_data_cannot_identify_is_told(samples, scales, changes, told):
    notes = " ".join(compiled(list(samples), scales, **changes).notes)
    assert told in notes


def test_nothing_is_told_where_everything_is_identified():
    notes = compiled(list("aabb"), ["task", "goal"] * 2).notes
    assert not [note for note in notes if "No sample" in note]
