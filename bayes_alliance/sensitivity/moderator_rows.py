"""Which columns are compared as moderators, on which rows, and the model of every set of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design, LeftOut
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import MODERATOR_SLOT, Specification

__all__ = [
    "ComparedRows",
    "chosen_moderators",
    "compared_rows",
    "refuse_analysis",
    "refuse_idle",
]


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """Rows on which models with and without moderators are compared.

    Parameters
    ----------
    effects : EffectSizes
        The rows of the table that every one of the models uses, or leaves out for the same reason.
    specification : Specification
        What all models have in common; its terms are in every one of them.
    moderators : tuple of str
        Columns that are compared.
    units : mapping of str to float
        Steps of the slopes of continuous moderators.
    categorical : tuple of str
        Numeric columns to be read as categories.
    design : Design
        The model without any of the moderators.
    left_out : tuple of LeftOut
        Rows of the table that are not compared, and why.
    """

    effects: EffectSizes
    specification: Specification
    moderators: tuple[str, ...]
    units: Mapping[str, float]
    categorical: tuple[str, ...]
    design: Design
    left_out: tuple[LeftOut, ...]

    def model(self, moderators: Sequence[str], sd: float | None = None) -> Design:
        """Compile the model with some of the moderators.

        Parameters
        ----------
        moderators : sequence of str
            Columns beside those in every model.
        sd : float, optional
            Prior sd of a difference, where it is not that of the specification.

        Returns
        -------
        Design
            Of the same rows.
        """
        terms = [*self.specification.location.terms, *moderators]
        changes: dict[str, Any] = {
            "location.terms": terms,
            "location.units": {t: u for t, u in self.units.items() if t in terms},
            "location.categorical": [t for t in self.categorical if t in terms],
        }
        if sd is not None:
            changes["priors.differences.sd"] = sd
        design = compile_design(self.effects, self.specification.with_changes(changes))
        if not np.array_equal(design.rows, self.design.rows):
            raise ValueError("models of different rows cannot be compared")
        return design


def chosen_moderators(
    effects: EffectSizes, moderators: Sequence[str] | None, specification: Specification
) -> tuple[str, ...]:
    """Columns that are compared.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    moderators : sequence of str or None
        Columns asked for; None: those of the study (the aliases of the model ``moderator``) that
        the table has and that are not in every model already.
    specification : Specification
        What all models have in common.

    Returns
    -------
    tuple of str
        In the order asked for.

    Raises
    ------
    InputError
        If a column is not there or is asked for twice, or none is asked for and the table has none
        of the study's.
    """
    if isinstance(moderators, str):
        moderators = (moderators,)
    if moderators is None:
        found = [m for m in _study() if m in effects.labels]
        found = [m for m in found if m not in specification.location.terms]
        if found:
            return tuple(found)
    asked = tuple(moderators or ())
    if not asked:
        raise InputError(
            Problem(
                what="no moderator is named, and which columns are moderators is not guessed",
                where=effects.name,
                cure=f"Name them: --moderators A,B (or moderators=[...] in Python); columns: "
                f"{', '.join(effects.labels) or 'none besides the effects'}",
                code="moderators_needed",
            )
        )
    problems = [_absent(effects, m) for m in asked if m not in effects.labels]
    problems += [
        Problem(what="the moderator is named twice", where=f"column {m}", cure="Name it once",
                code="moderator_twice")
        for m in dict.fromkeys(asked) if asked.count(m) > 1
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return asked


def _study() -> dict[str, float | None]:
    """The study's moderators and the steps of their slopes."""
    aliases = read_specification("moderator").aliases.values()
    return {alias.moderator: alias.unit for alias in aliases}


def _absent(effects: EffectSizes, moderator: str) -> Problem:
    near = get_close_matches(moderator, effects.labels, n=1)
    return Problem(
        what=f"the table has no column {moderator!r}",
        where="moderators",
        cure=(f"Did you mean {near[0]!r}? " if near else "")
        + f"Columns: {', '.join(effects.labels) or 'none besides the effects'}",
        code="missing_moderator",
    )


def compared_rows(
    effects: EffectSizes,
    moderators: Sequence[str],
    specification: Specification,
    *,
    units: Mapping[str, float] | None = None,
    categorical: Sequence[str] = (),
) -> ComparedRows:
    """Rows on which all moderators are known.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    moderators : sequence of str
        Columns, see `chosen_moderators`.
    specification : Specification
        Its other terms are in every model.
    units : mapping of str to float, optional
        Steps of slopes; by default those of the specification, those of the study's columns, and
        otherwise the column's standard deviation.
    categorical : sequence of str
        Numeric columns to be read as categories.

    Returns
    -------
    ComparedRows
        The rows and what they have in common.

    Raises
    ------
    InputError
        If a column is constant or tells all rows or samples apart; every such column by name.
    """
    base = _without(specification, moderators)
    study = _study()
    steps: dict[str, float] = {m: u for m in moderators if (u := study.get(m)) is not None}
    steps |= {**specification.location.units, **(units or {})}
    frame = effects.frame
    unknown = frame[list(moderators)].isna()
    whole = ~unknown.any(axis=1).to_numpy()
    if not whole.any():
        raise InputError(list(_nothing_left(unknown)))
    kept = effects.keep(whole)
    design = compile_design(kept, base)
    rows = ComparedRows(
        effects=kept,
        specification=base,
        moderators=tuple(moderators),
        units=steps,
        categorical=(*specification.location.categorical, *categorical),
        design=design,
        left_out=(*design.left_out, *_incomplete(frame, unknown)),
    )
    problems = list(_useless(rows))
    if problems:
        raise InputError(problems)
    return rows


def refuse_analysis(design: Design, specification: Specification) -> None:
    """Refuse an analysis without exact marginal likelihoods.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.

    Raises
    ------
    InputError
        If a prior is flat or the exact engine declines.
    """
    reason = ExactEngine().declines(design)
    # Without terms a flat prior of differences is not among those of the design.
    flat = [n for n in ("location", "differences")
            if getattr(specification.priors, n).family == "flat"]  # fmt: skip
    if flat:
        reason = f"a flat prior (priors.{flat[0]}) has no marginal likelihood"
    if specification.priors.shrinkage is not None:
        reason = "the differences have a common shrinkage (priors.shrinkage)"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"moderators cannot be compared exactly: {reason}",
                where=f"model {specification.name}",
                cure="Compare them in another model, for example --model overall",
                code="no_exact_comparison",
            )
        )


def _without(specification: Specification, moderators: Sequence[str]) -> Specification:
    """The specification without the moderators; it compares and orders nothing."""
    location = specification.location
    terms = [t for t in location.terms if t not in moderators and t != MODERATOR_SLOT]
    return specification.with_changes(
        {
            "location.terms": terms,
            "location.units": {t: u for t, u in location.units.items() if t in terms},
            "location.categorical": [t for t in location.categorical if t in terms],
            "location.orders": [],
        }
    )


def refuse_idle(
    moderators: Sequence[str], units: Mapping[str, float], categorical: Sequence[str]
) -> None:
    """Refuse a step or a reading of a column that is no moderator.

    Parameters
    ----------
    moderators : sequence of str
        Columns that are compared.
    units : mapping of str to float
        Steps of slopes.
    categorical : sequence of str
        Numeric columns to be read as categories.

    Raises
    ------
    InputError
        For every name that is not among the moderators.
    """
    problems = [
        Problem(
            what=f"{name!r} is not among the moderators: {', '.join(moderators)}",
            where=key,
            cure="Add it there, or leave it out here",
            code="idle_key",
        )
        for key, names in (("units", tuple(units)), ("categorical", tuple(categorical)))
        for name in names
        if name not in moderators
    ]
    if problems:
        raise InputError(problems)


def _nothing_left(unknown: pd.DataFrame) -> Iterator[Problem]:
    """Columns without any value; if there is none, the gaps that together leave no row."""
    empty = [str(name) for name in unknown if bool(unknown[name].all())]
    for name in empty:
        yield Problem(
            what="the moderator has no value in any effect size",
            where=f"column {name}",
            cure=f"Leave {name} out",
            code="empty_moderator",
        )
    if not empty:
        counts = ", ".join(f"{name} ({int(n)} gaps)" for name, n in unknown.sum().items() if n)
        yield Problem(
            what=f"no effect size has all moderators: {counts}",
            where="moderators",
            cure='Leave a moderator out, or compare each on its own rows (rows="each" in Python)',
            code="nothing_left",
        )


def _incomplete(frame: pd.DataFrame, unknown: pd.DataFrame) -> tuple[LeftOut, ...]:
    found = []
    columns = (frame["row"], frame["sample"], frame["effect"])
    for row, sample, effect, gaps in zip(*columns, unknown.to_numpy(), strict=True):
        if gaps.any():
            names = [str(name) for name, gap in zip(unknown, gaps, strict=True) if gap]
            reason = f"no value of {', '.join(names)}"
            found.append(LeftOut(int(row), str(sample), str(effect), reason))
    return tuple(found)


def _useless(rows: ComparedRows) -> Iterator[Problem]:
    """Moderators with nothing to compare."""
    frame = rows.effects.frame.iloc[rows.design.rows]
    k, samples = len(frame), frame["sample"].nunique()
    for name in rows.moderators:
        column, where = frame[name], f"column {name}"
        found = column.nunique()
        if found < 2:
            others = [m for m in rows.moderators if m != name]
            elsewhere = len(rows.effects.frame[name].dropna().unique()) > 1
            gaps = [m for m in others if rows.effects.frame[m].isna().any()]
            cure = f"Leave {name} out; two levels at least can be compared"
            if elsewhere and gaps:
                cure = (
                    f"It has more in the whole table; the missing values of {', '.join(gaps)} "
                    f"leave these rows: leave that out, or compare {name} alone"
                )
            yield Problem(
                what=f"the moderator has the single value {str(column.iloc[0])!r} in the {k} "
                f"effect sizes that are compared",
                where=where,
                cure=cure,
                code="constant_moderator",
            )
        elif _is_continuous(column, name in rows.categorical):
            infinite = int(np.isinf(column.to_numpy(float)).sum())
            if infinite:
                yield Problem(
                    what=f"the moderator is infinite in {infinite} of {k} effect sizes",
                    where=where,
                    cure="Correct these values, or leave them empty",
                    code="infinite_moderator",
                )
        elif found == k or (
            found == samples and frame.groupby("sample")[name].nunique().max() == 1
        ):
            what = "effect size" if found == k else "sample"
            yield Problem(
                what=f"every {what} has a level of its own ({found} levels)",
                where=where,
                cure=f"Leave {name} out or merge its levels: such a column names {what}s and "
                "cannot be told from their heterogeneity",
                code="distinct_moderator",
            )


def _is_continuous(column: pd.Series[Any], as_category: bool) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(numeric and column.nunique() > 2 and not as_category)
