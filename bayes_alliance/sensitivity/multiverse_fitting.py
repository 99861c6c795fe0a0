"""A grid of choices against a table: what it cannot have is dropped and told, or refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.multiverse_chunk import Workshop
from bayes_alliance.sensitivity.multiverse_plan import Plan
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.grid import ChoiceGrid, Factor, Option
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["plan_multiverse"]

#: What is wrong with an option whatever it is combined with: a slip of the pen.
SLIPS = frozenset(
    {"unknown_key", "key_path", "bad_value", "missing_column", "no_such_value", "not_numeric",
     "no_such_mean", "missing_term"}
)  # fmt: skip


def plan_multiverse(
    effects: EffectSizes,
    specification: Specification,
    grid: ChoiceGrid,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[Plan, tuple[str, ...]]:
    """Plan a multiverse.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What the options change.
    grid : ChoiceGrid
        The choices. Of one that is fitted to the table, options that the table cannot have alone or
        that change nothing are dropped, and factors that are left with one option.
    probability : float
        Of every interval.

    Returns
    -------
    plan : Plan
        What is to be computed.
    dropped : tuple of str
        What was dropped and why.

    Raises
    ------
    InputError
        If the specification itself cannot be computed, an option is a slip of the pen, or no factor
        is left.
    """
    trial = Plan(effects, specification, grid, (), probability)
    workshop = Workshop(trial)
    _, mean, _ = workshop.compile_options(())
    benchmarks = _benchmarks(effects, specification, mean)
    if not grid.fitted_to_table:
        problems = [p for factor in grid.factors for p in _slips(workshop, grid, factor)]
        if problems:
            raise InputError(problems)
        return replace(trial, benchmarks=benchmarks), ()
    factors, dropped = [], []
    for factor in grid.factors:
        kept, told = _fitted(workshop, factor)
        dropped += told
        if len(kept) > 1:
            factors.append(factor.model_copy(update={"options": kept}))
        else:
            dropped.append(f"The factor {factor.name} is dropped: nothing varies.")
    if not factors:
        raise InputError(
            Problem(
                what="this table has none of the choices of the default grid",
                where=effects.name,
                cure="Declare your own: --grid FILE.toml. " + " ".join(dropped[:4]),
                code="empty_grid",
            )
        )
    fitted = grid.model_copy(update={"factors": tuple(factors), "fitted_to_table": False})
    return Plan(effects, specification, fitted, benchmarks, probability), tuple(dropped)


def _benchmarks(
    effects: EffectSizes, specification: Specification, mean: str
) -> tuple[Benchmark, ...]:
    """Benchmarks about the mean that is followed and about the topic of the data."""
    topic = effects.topic
    return tuple(
        benchmark
        for benchmark in specification.benchmarks
        if benchmark.coefficient in (mean, "overall")
        and not (topic and benchmark.topic and topic != benchmark.topic)
    )


def _slips(workshop: Workshop, grid: ChoiceGrid, factor: Factor) -> Iterable[Problem]:
    """Problems of options that nothing can cure they are combined with."""
    others = [o for f in grid.factors if f.name != factor.name for o in f.options]
    for option in factor.options:
        error = _error(workshop, [option])
        if error is None or error.problems[0].code not in SLIPS:
            continue
        if all(_error(workshop, [option, other]) is not None for other in others):
            for problem in error.problems:
                where = f"grid of choices, {factor.name}: {option.name}"
                yield replace(problem, where=f"{where}, {problem.where}".rstrip(", "))


def _error(workshop: Workshop, options: list[Option]) -> InputError | None:
    try:
        workshop.compile_options(options)
    except InputError as error:
        return error
    return None


def _fitted(workshop: Workshop, factor: Factor) -> tuple[tuple[Option, ...], list[str]]:
    """Options that the table can have and that differ in what they lead to; what was dropped."""
    kept: list[tuple[Option, tuple[Design, str, Array]]] = []
    dropped = []
    for option in factor.options:
        try:
            made = workshop.compile_options([option])
        except InputError as error:
            dropped.append(f"{factor.name}: {option.name} is dropped: {error.problems[0].what}.")
            continue
        same = [other.name for other, design in kept if _same(design, made)]
        if same:
            dropped.append(
                f"{factor.name}: {option.name} is dropped: for this table the same as {same[0]}."
            )
        else:
            kept.append((option, made))
    return tuple(option for option, _ in kept), dropped


def _same(one: tuple[Design, str, Array], other: tuple[Design, str, Array]) -> bool:
    """Whether two designs lead to the same answer."""
    (a, _, weights), (b, _, also) = one, other
    names = ("y", "X", "variances", "starts", "prior_mean", "prior_location", "prior_differences")
    if not np.array_equal(weights, also) or a.measure != b.measure:
        return False
    if not all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names):
        return False
    if (a.tau_sample, a.tau_effect, a.flat) != (b.tau_sample, b.tau_effect, b.flat):
        return False
    if (a.dependence is None) != (b.dependence is None):
        return False
    if a.dependence is not None and b.dependence is not None:
        if a.dependence.prior != b.dependence.prior:
            return False
        return _equal(a.dependence.fixed, b.dependence.fixed) and _equal(
            a.dependence.pattern, b.dependence.pattern
        )
    return _equal(a.covariances, b.covariances)


def _equal(one: tuple[Array, ...] | None, other: tuple[Array, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
