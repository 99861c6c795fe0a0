"""A grid of choices against a table: what it cannot have is dropped and told, or refused.

Priors that an option declares as multiples are spelled out here, from those of the specification.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.multiverse_chunk import Workshop
from bayes_alliance.sensitivity.multiverse_plan import Plan
from bayes_alliance.spec.alternatives import rescaled
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.grid import ChoiceGrid, Factor, Option, Scaled
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["plan_multiverse"]

Blocks = tuple[Array, ...]
#: Families that are told by one scale, so that another of them can have it.
ONE_SCALE = ("half_normal", "half_cauchy")
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
    grid, dropped = _spelled_out(grid, specification)
    trial = Plan(effects, specification, grid, (), probability)
    workshop = Workshop(trial)
    declared, mean, _ = workshop.compile_options(())
    benchmarks = _benchmarks(effects, specification, mean)
    if not grid.fitted_to_table:
        problems = [p for factor in grid.factors for p in _slips(workshop, grid, factor)]
        if problems:
            raise InputError(problems)
        return replace(trial, benchmarks=benchmarks), ()
    factors = []
    for factor in grid.factors:
        kept, told = _fitted(workshop, factor, declared)
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


def _spelled_out(grid: ChoiceGrid, specification: Specification) -> tuple[ChoiceGrid, list[str]]:
    """The grid with multiples of declared priors as priors; options that have none are dropped."""
    factors, dropped, problems = [], [], []
    for factor in grid.factors:
        kept = []
        for option in factor.options:
            relative: tuple[Scaled, ...] = option.relative
            found = {p: _of_declared(option, p, specification) for p in relative}
            told = {path: prior for path, prior in found.items() if prior is not None}
            if relative and not told:
                what = f"the model has no prior with a scale at {' or '.join(relative)}"
                where = f"grid of choices, {factor.name}: {option.name}"
                cure = "Give the whole prior (change)"
                problems.append(Problem(what=what, where=where, cure=cure, code="no_scale"))
                dropped.append(f"{factor.name}: {option.name} is dropped: {what}.")
                continue
            tables: dict[str, Any] = {path: prior.to_dict() for path, prior in told.items()}
            changed = option.change | tables
            update = {"change": changed, "scale": {}, "family": {}}
            kept.append(option.model_copy(update=update) if relative else option)
        factors.append(factor.model_copy(update={"options": tuple(kept)}))
    if problems and not grid.fitted_to_table:
        raise InputError(problems)
    return grid.model_copy(update={"factors": tuple(factors)}), dropped


def _of_declared(option: Option, path: Scaled, specification: Specification) -> Prior | None:
    """The declared prior with the option's scale and family; None where there is no such prior."""
    priors, name = specification.priors, path.removeprefix("priors.")
    prior: Prior | None = getattr(priors, name)
    if priors.tau_total is not None and name in ("tau_sample", "tau_effect"):
        return None
    if prior is None or prior.family in ("flat", "point"):
        return None
    family = option.family.get(path)
    if family is not None:
        if prior.family not in ONE_SCALE:
            return None
        because = f"The declared scale. {prior.because}".strip()
        prior = Prior(family, because=because, scale=prior.parameters["scale"])
    return rescaled(prior, option.scale[path]) if path in option.scale else prior


def _fitted(
    workshop: Workshop, factor: Factor, declared: Design
) -> tuple[tuple[Option, ...], list[str]]:
    """Options that the table can have and that differ in what they lead to; what was dropped."""
    kept: list[tuple[Option, tuple[Design, str, Array]]] = []
    dropped = []
    for option in factor.options:
        try:
            made = workshop.compile_options([option])
        except InputError as error:
            dropped.append(f"{factor.name}: {option.name} is dropped: {error.problems[0].what}.")
            continue
        if any(path.startswith("heterogeneity.") for path in option.change) and not _both(declared):
            dropped.append(
                f"{factor.name}: {option.name} is dropped: the model has not both levels of "
                "heterogeneity, samples and effects."
            )
            continue
        same = [other.name for other, design in kept if _same(design, made)]
        if same:
            dropped.append(
                f"{factor.name}: {option.name} is dropped: for this table the same as {same[0]}."
            )
        else:
            kept.append((option, made))
    return tuple(option for option, _ in kept), dropped


def _both(design: Design) -> bool:
    """Whether true effects differ between samples and within them."""
    return design.tau_effect is not None and (
        design.tau_sample is not None or design.scales is not None
    )


def _same(one: tuple[Design, str, Array], other: tuple[Design, str, Array]) -> bool:
    """Whether two designs lead to the same answer."""
    (a, _, weights), (b, _, also) = one, other
    names = ("y", "X", "variances", "starts", "prior_mean", "prior_location", "prior_differences")
    if not np.array_equal(weights, also) or (a.measure, a.flat) != (b.measure, b.flat):
        return False
    if not all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names):
        return False
    priors = ("tau_sample", "tau_effect", "tau_total", "share")
    if any(_values(getattr(a, name)) != _values(getattr(b, name)) for name in priors):
        return False
    (rho, *blocks), (also_rho, *others) = _errors(a), _errors(b)
    return rho == also_rho and all(map(_equal, blocks, others))


def _values(prior: Prior | None) -> object:
    """What a prior says, without the reason for it; that of one level as it is."""
    return (prior.family, dict(prior.parameters)) if type(prior) is Prior else prior


def _errors(design: Design) -> tuple[object, Blocks, Blocks]:
    """Prior of rho, and covariances of the sampling errors: what is fixed, and what rho multiplies.

    A rho that multiplies nothing, with one effect a sample, is none.
    """
    given = design.dependence
    if given is not None and any(block.any() for block in given.pattern):
        return _values(given.prior), given.fixed, given.pattern
    if given is not None:
        return None, given.fixed, ()
    if design.covariances is not None:
        return None, design.covariances, ()
    parts = np.split(design.variances, design.starts[1:])
    return None, tuple(np.diag(part) for part in parts), ()


def _equal(one: Blocks, other: Blocks) -> bool:
    """Whether covariances agree up to rounding, which depends on how they were put together."""
    return len(one) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0.0)
        for a, b in zip(one, other, strict=True)
    )
