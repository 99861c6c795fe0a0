"""A part of a multiverse, computed in one go: each data part is compiled once.

What is computed of a specification depends on nothing but the table and its own options, and linear
algebra has one thread, so that numbers are the same to the last bit in any order, in any division
into chunks and on any number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.sensitivity.multiverse_answers import Answer, answer, mean_weights
from bayes_alliance.sensitivity.multiverse_plan import Picks, Plan, changes_of
from bayes_alliance.sensitivity.multiverse_rows import kept_rows
from bayes_alliance.sensitivity.multiverse_slopes import (
    Slopes,
    slopes_of,
    with_centres,
    with_units,
)
from bayes_alliance.sensitivity.multiverse_threads import one_thread
from bayes_alliance.sensitivity.outlying import residuals_left_out
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.grid import Option
from bayes_alliance.spec.repriored import compile_unit, with_priors, with_specified_priors
from bayes_alliance.spec.specification import Specification

__all__ = ["Compiled", "Workshop", "run_chunk", "run_declared"]

Compiled = tuple[Design, Specification, str, Array]


class Workshop:
    """Compiles specifications of a plan and remembers the last parts.

    Parameters
    ----------
    plan : Plan
        The multiverse.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # What an option cannot change need not be checked again with each of them.
        self._base = plan.specification.model_copy(update={"alternatives": (), "aliases": {}})
        self._priors: dict[Picks, Specification | InputError] = {}
        self._units: dict[Picks, Compiled | InputError] = {}
        self._outlying: dict[object, tuple[str, ...] | InputError] = {}
        self._slopes: dict[str, Slopes] = {}

    def design(self, picks: Picks) -> tuple[Design, str, Array]:
        """Compile a specification.

        Parameters
        ----------
        picks : tuple of int
            Positions of its options.

        Returns
        -------
        design : Design
            Ready for the exact engine.
        mean : str
            Name of the mean that is followed.
        weights : ndarray, shape (p,)
            Its weights.

        Raises
        ------
        InputError
            If this combination is impossible, or the exact engine declines it.
        """
        options = self.plan.options(picks)
        return self._finished(_told(self._unit(picks, options)), _told(self._prior(picks, options)))

    def compile_options(self, options: Sequence[Option]) -> tuple[Design, str, Array]:
        """Compile the specification of the plan with these options and no others.

        Parameters
        ----------
        options : sequence of Option
            Of different factors.

        Returns
        -------
        design, mean, weights
            As from `design`.

        Raises
        ------
        InputError
            If they are impossible, or the exact engine declines them.
        """
        changes = changes_of(options, priors=True)
        return self._finished(self._compiled(options), self._base.with_changes(changes))

    def _finished(self, compiled: Compiled, priors: Specification) -> tuple[Design, str, Array]:
        unit, spec, mean, weights = compiled
        design = with_priors(unit, with_specified_priors(spec, priors.priors))
        reason = ExactEngine().declines(design)
        if reason is None and design.is_correlation != (self.plan.effects.measure != "GEN"):
            reason = "its estimates are on another scale than those of the table"
        if reason is not None:
            raise InputError(
                Problem(what=f"not computed exactly: {reason}", where="grid of choices",
                        cure="Leave the option out", code="declined")
            )  # fmt: skip
        return design, mean, weights

    def _prior(self, picks: Picks, options: Sequence[Option]) -> Specification | InputError:
        part = self.plan.part(picks, priors=True)
        if part not in self._priors:
            changes = changes_of(options, priors=True)
            try:
                self._priors[part] = self._base.with_changes(changes)
            except InputError as error:
                self._priors[part] = error
        return self._priors[part]

    def _unit(self, picks: Picks, options: Sequence[Option]) -> Compiled | InputError:
        part = self.plan.part(picks, priors=False)
        if part not in self._units:
            self._units.clear()  # the order of a plan brings a part back no more
            try:
                self._units[part] = self._compiled(options)
            except InputError as error:
                self._units[part] = error
        return self._units[part]

    def _compiled(self, options: Sequence[Option]) -> Compiled:
        """Rows, covariances and X of a data part, with unit priors of the coefficients."""
        changes = changes_of(options, priors=False)
        slopes = self._whole_slopes(changes)
        spec = with_units(self._base.with_changes(changes), slopes)
        effects = self.plan.effects
        kept = kept_rows(effects, [rule for option in options for rule in option.rows])
        effects = _keeping(effects, kept)
        limits = [option.outliers.beyond for option in options if option.outliers is not None]
        if limits:
            apart = _told(self._apart(effects, spec, limits[0], options, slopes))
            inside = ~effects.frame["sample"].astype(str).isin(apart).to_numpy()
            effects = _keeping(effects, inside)
        unit = with_centres(compile_unit(effects, spec), slopes)
        wanted = [option.mean for option in options if option.mean is not None]
        mean, weights = mean_weights(unit, wanted[0] if wanted else None)
        return unit, spec, mean, weights

    def _whole_slopes(self, changes: Mapping[str, Any]) -> Slopes:
        """Slopes as the whole table has them: those of the model, and those that options add."""
        own = {path: value for path, value in changes.items() if path.startswith("location.")}
        asked = repr(sorted(own.items()))
        if asked not in self._slopes:
            declared = self._whole_slopes({}) if own else {}
            try:
                unit = compile_unit(self.plan.effects, self._base.with_changes(own))
            except InputError:  # in itself impossible; then the slopes are those of the kept rows
                self._slopes[asked] = {}
            else:
                found = slopes_of(unit)
                self._slopes[asked] = {name: declared.get(name, found[name]) for name in found}
        return self._slopes[asked]

    def _apart(
        self,
        effects: EffectSizes,
        spec: Specification,
        limit: float,
        options: Sequence[Option],
        slopes: Slopes,
    ) -> tuple[str, ...] | InputError:
        """Samples beyond a limit, under the priors of the model."""
        rules = tuple(rule for option in options for rule in option.rows)
        asked = (spec.sha256, rules, limit)
        if asked not in self._outlying:
            self._outlying.clear()
            try:
                unit = with_centres(compile_unit(effects, spec), slopes)
                residuals = residuals_left_out(with_priors(unit, spec))
                beyond = np.flatnonzero(np.abs(residuals) > limit)
                self._outlying[asked] = tuple(unit.sample_ids[i] for i in beyond)
            except InputError as error:
                self._outlying[asked] = error
        return self._outlying[asked]


def _told[T](found: T | InputError) -> T:
    if isinstance(found, InputError):
        raise found
    return found


def _keeping(effects: EffectSizes, kept: np.ndarray) -> EffectSizes:
    if kept.all():
        return effects
    if not kept.any():
        raise InputError(
            Problem(what="no row is left", where="grid of choices, key rows",
                    cure="Keep more values", code="nothing_left")
        )  # fmt: skip
    return effects.keep(kept)


def run_chunk(plan: Plan, numbers: Sequence[int]) -> list[Answer]:
    """Compute some specifications of a multiverse.

    Parameters
    ----------
    plan : Plan
        The multiverse.
    numbers : sequence of int
        Of the specifications.

    Returns
    -------
    list of dict
        One a specification: ``specification`` (its number), ``refused`` (None, or why it cannot
        be computed), ``follows`` (name of the mean) and what `answer` gives.
    """
    with one_thread():
        return list(_rows(plan, Workshop(plan), numbers))


def run_declared(plan: Plan) -> Answer:
    """Compute the specification that the options change.

    Parameters
    ----------
    plan : Plan
        The multiverse.

    Returns
    -------
    dict
        As from `run_chunk`, without a number.
    """
    with one_thread():
        design, mean, weights = Workshop(plan).compile_options(())
        found = answer(design, weights, plan.benchmarks, probability=plan.probability)
    return {"refused": None, "follows": mean, **_finite(found)}


def _rows(plan: Plan, workshop: Workshop, numbers: Sequence[int]) -> Iterator[Answer]:
    for number in numbers:
        try:
            design, mean, weights = workshop.design(plan.picks(number))
        except InputError as error:
            yield {"specification": number, "refused": _reason(error)}
            continue
        found = answer(design, weights, plan.benchmarks, probability=plan.probability)
        yield {"specification": number, "refused": None, "follows": mean, **_finite(found)}


def _finite(found: Answer) -> Answer:
    """None where a number is not finite, so that every answer can be written as JSON."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in found.items()
    }


def _reason(error: InputError) -> str:
    first, more = error.problems[0], len(error.problems) - 1
    place = f"{first.where}: " if first.where else ""
    return f"{place}{first.what}" + (f" (and {more} more)" if more else "")
