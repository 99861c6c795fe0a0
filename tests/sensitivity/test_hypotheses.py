"""Hypotheses read from text: what is understood, and what is told about the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity.hypotheses import known_names, null_of, read_hypothesis
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification


def compiled(model: str, data: str = "ibi_synthetic") -> Design:
    return compile_design(ba.load(data), ba.read_specification(model))


def with_levels(*levels: str) -> Design:
    effects = made_effects(list("aabbcc"), kind=list(levels) * 3)
    return compile_design(effects, Specification().with_terms("kind"))


SCALES = compiled("subscales_independent")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("task = 0", [[1, 0, 0, 0]]),
        ("0 = task", [[-1, 0, 0, 0]]),
        ("task=bond", [[1, 0, -1, 0]]),
        ("task = goal = 0", [[1, -1, 0, 0], [0, 1, 0, 0]]),
        ("goal - total = 0", [[0, 1, 0, -1]]),
        ("total - goal = 0.0", [[0, -1, 0, 1]]),
        ("task - goal = goal - bond", [[1, -2, 1, 0]]),
        ("task > goal > bond", [[1, -1, 0, 0], [0, 1, -1, 0]]),
        ("bond < goal < task", [[1, -1, 0, 0], [0, 1, -1, 0]]),
        ("task < 0", [[-1, 0, 0, 0]]),
        ('"task" > "bond" > 0', [[1, 0, -1, 0], [0, 0, 1, 0]]),
        ("task = goal & bond = total", [[1, -1, 0, 0], [0, 0, 1, -1]]),
    ],
)
def test_chains_of_means(text: str, rows: list[list[int]]) -> None:
    read = read_hypothesis(text, SCALES)
    np.testing.assert_array_equal(read.weights, rows)
    assert read.kind == ("order" if ">" in text or "<" in text else "null")
    assert read.levels == ()


def test_names_for_a_reader() -> None:
    told = {
        "task = 0": ("task = 0", "task != 0"),
        "task = goal=bond": ("task = goal = bond", "not all of task, goal, bond are equal"),
        "task = goal = 0": ("task = goal = 0", "not all of task, goal are 0"),
        "tau_sample = tau_effect = 0": (
            "tau_sample = tau_effect = 0",
            "tau_sample or tau_effect > 0",
        ),
        "bond < task": ("task > bond", "the model without it"),
        "subscale": ("subscale: no differences", "subscale: differences"),
        "all equal": ("all equal", "not all equal"),
        "task = 0 & tau_effect = 0": (
            "task = 0 & tau_effect = 0",
            "not (task = 0 & tau_effect = 0)",
        ),
    }
    for text, names in told.items():
        read = read_hypothesis(text, SCALES)
        assert (read.text, read.opposite) == names


def test_standard_deviations_and_levels() -> None:
    assert read_hypothesis("tau_sample = 0", SCALES).levels == ("sample",)
    both = read_hypothesis("tau_effect = tau_sample = 0 & tau_sample = 0", SCALES)
    assert both.levels == ("effect", "sample")
    by_scale = compiled("multivariate_scales")
    assert "tau_scale" in known_names(by_scale)
    assert read_hypothesis("tau_scale = 0", by_scale).levels == ("scale",)
    assert "tau_sample" not in known_names(by_scale)


def test_several_terms_and_slopes() -> None:
    years = [1990.0, 2000, 2005, 2010, 2011, 2012, 2013, 2014]
    effects = made_effects(list("aabbccdd"), kind=list("xyxyxyxy"), year=years)
    spec = Specification().with_terms("kind", "year").with_changes({"location.units.year": 10})
    design = compile_design(effects, spec)
    slope = read_hypothesis("year", design)
    assert slope.text == "year: no slope"
    assert slope.weights.tolist() == [[0, 0, 1]]
    for text in ("year = 0", "year (per 10) = 0"):
        np.testing.assert_array_equal(read_hypothesis(text, design).weights, slope.weights)
    equal = read_hypothesis("all equal", design)
    np.testing.assert_array_equal(equal.weights, read_hypothesis("kind", design).weights)
    np.testing.assert_allclose(read_hypothesis("kind[x] = kind[y]", design).weights, equal.weights)


@pytest.mark.parametrize(
    "level",
    ["n > 50", "a = b", "x & y", "< 0.5", "0 to 5", "face-to-face", "a - b", "50 !", "≥ 50"],
)
def test_names_that_hold_signs(level: str) -> None:
    design = with_levels(level, "other")
    names = {q.name: q.weights for q in design.quantities}
    for text in (f"{level} = other", f'"{level}" = "other"', f'other="{level}"'):
        read = read_hypothesis(text, design)
        assert np.abs(read.weights[0]) @ np.abs(names[level] - names["other"]) == 2, text
    np.testing.assert_array_equal(null_of(design, level).weights[0], names[level])


def test_a_level_called_0_must_be_quoted() -> None:
    design = with_levels("0", "1")
    assert read_hypothesis("1 = 0", design).weights.tolist() == [[0, 1]]
    assert read_hypothesis('1 = "0"', design).weights.tolist() == [[-1, 1]]
    assert null_of(design, "0").weights.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("taks = 0", "Did you mean 'task'?"),
        ("Task = 0", "Did you mean 'task'?"),
        ("task-goal = 0", "Did you mean 'task - goal'?"),
        ("overall = 0", "Known: task, goal, bond"),
        ("task", "'task' alone says nothing"),
        ("tau_sample", 'Write "tau_sample = 0"'),
        ("tau_sample > 0", "tested against 0 only"),
        ("tau_sample = tau_effect", "tested against 0 only"),
        ("tau_sample = task", "is a standard deviation and no mean"),
        ("task > goal = bond", "different signs"),
        ("task > goal & bond = 0", "& joins nulls"),
        ("task = task", "repeat one another"),
        ("task = goal & goal = bond & task = bond", "repeat one another"),
        ("task = 0.2", "'0.2' is not known"),
        ("task != 0", "'!=' is no sign"),
        ("task >= goal", "'>=' is no sign"),
        ("task == goal", "'==' is no sign"),
        ("task = 0 = bond", "0 stands once"),
        ("0 = 0", "0 stands once"),
        ("", "short text"),
        ("   ", "short text"),
        ("a" * 501, "short text"),
        ("=", "do not alternate"),
        ("task =", "do not alternate"),
        ("task goal", "do not alternate"),
        ("&", "do not alternate"),
        ("__import__('os').system('true')", "is not known"),
    ],
)
def test_what_is_no_hypothesis_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hypothesis(text, SCALES)
    assert told in str(caught.value)
    assert caught.value.problems[0].code == "hypothesis"


def test_no_term_with_levels() -> None:
    plain = compiled("three_level", "crede2010")
    with pytest.raises(InputError, match="no term of this model has levels"):
        read_hypothesis("all equal", plain)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["task", "goal", "bond", "task - goal", "tau_sample", "subscale", "all equal", "0",
             "=", ">", "<", "&", " ", "!", '"', "x", "0.0", "≥", "-"]
        ),
        max_size=9,
    )
)  # fmt: skip
def test_any_text_is_read_or_refused(parts: list[str]) -> None:
    text = " ".join(parts)
    try:
        read = read_hypothesis(text, SCALES)
    except InputError:
        return
    assert read.weights.shape[1] == 4
    assert len(read.weights) + len(read.levels) > 0
    if len(read.weights):
        assert np.linalg.matrix_rank(read.weights) == len(read.weights)
    # What is told can be read again, and means the same.
    if "subscale" not in read.text:
        again = read_hypothesis(read.text, SCALES)
        np.testing.assert_array_equal(np.abs(again.weights), np.abs(read.weights))
