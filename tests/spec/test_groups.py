"""Groups of samples: what is read off a table, what is said, what is refused."""

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.spec.compilation import compile_design


def design_of(rows, **changes):
    frame = pd.DataFrame(rows, columns=["sample", "team", "r"]).assign(n=50)
    spec = ba.read_specification("nested").with_changes({"heterogeneity.groups": "team", **changes})
    return compile_design(ba.read_effects(frame), spec)


def about_groups(design):
    return [note for note in design.notes if "team" in note]


NESTED = [(f"S{i}{j}", f"T{i}", 0.1 * j) for i in range(6) for j in range(2)]


def test_nested_groups_are_the_units_in_the_order_of_all_tables():
    design = design_of(NESTED[::-1])
    assert design.groups.nested
    assert design.groups.names == ("T0", "T1", "T2", "T3", "T4", "T5")
    units = design.units
    assert (units.word, units.dim, units.labels) == ("group", "group_id", design.groups.names)
    names = np.array(units.labels)[units.index]
    assert [s[1] for s in design.sample_ids] == [n[1] for n in names]
    assert units.sizes.tolist() == [2] * 6
    assert about_groups(design) == []


def test_crossed_groups_make_components():
    rows = [
        ("A", "T1", 0.1), ("A", "T2", 0.2), ("B", "T2", 0.3), ("C", "T3", 0.1), ("D", "T4", 0.2),
        ("E", "T5", 0.2), ("F", "T6", 0.1), ("F", "T7", 0.1), ("G", "T7", 0.1), ("G", "T8", 0.1),
    ]  # fmt: skip
    design = design_of(rows)
    assert not design.groups.nested
    units = design.units
    assert (units.word, units.dim) == ("component", "component_id")
    assert units.labels == ("T1 + T2", "T3", "T4", "T5", "T6 + T7 + 1 more")
    assert units.index.tolist() == [0, 0, 0, 1, 2, 3, 4, 4, 4, 4]
    assert "3 samples have effects in several groups" in about_groups(design)[0]


def test_the_notes_say_what_the_data_cannot_tell():
    alone = design_of([(f"S{i}", f"T{i}", 0.1) for i in range(8)])
    assert "Every group of 'team' has one sample" in about_groups(alone)[0]
    few = design_of([row for row in NESTED if row[1] < "T3"])
    assert "Only 3 groups in 'team'" in about_groups(few)[0]
    constant = design_of([(sample, "T", r) for sample, _, r in NESTED])
    assert len(about_groups(constant)) == 1
    assert "is constant (T)" in about_groups(constant)[0]
    # One sample a group says nothing where only groups vary.
    only = design_of([(f"S{i}", f"T{i}", 0.1) for i in range(8)], **{"heterogeneity.sample": False})
    assert about_groups(only) == []


def test_rows_without_a_group_are_left_out():
    design = design_of([*NESTED, ("Z", None, 0.2)])
    assert [(left.sample, left.reason) for left in design.left_out] == [("Z", "no value of team")]
    assert len(design.y) == len(NESTED)


def test_a_large_component_is_refused_with_its_size_and_a_cure():
    rows = [(f"S{i % 20}", f"T{i % 7}", 0.1) for i in range(501)]
    with pytest.raises(ba.InputError, match="501 effects hang together") as caught:
        design_of(rows)
    assert "unique" in str(caught.value)
    assert design_of(rows[:500]).units.sizes.tolist() == [500]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heterogeneity.groups": "taem"}, "Did you mean 'team'"),
        ({"heterogeneity.structure": "cs", "heterogeneity.scales": "team"}, "structure"),
        ({"heterogeneity.distribution": "student_t"}, "normal"),
        ({"heterogeneity.effect_terms": ["team"]}, "effect_terms"),
        ({"priors.tau_group": {"family": "normal", "mean": 0, "sd": 1}}, "no mass below 0"),
        (
            {
                "priors.tau_total": {"family": "half_normal", "scale": 0.3},
                "priors.share": {"family": "uniform", "lower": 0, "upper": 1},
            },
            "groups are a third",
        ),
    ],
)
def test_what_does_not_go_with_groups_is_refused(changes, told):
    with pytest.raises(ba.InputError, match=told):
        design_of(NESTED, **changes)
