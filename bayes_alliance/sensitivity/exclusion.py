"""The analysis without some rows of its table, beside the analysis with all of them.

As in leaving out one sample after another, the rows that stay keep the coding and the priors of the
whole table: a slope stays centred where it was and keeps its unit, and a level that nothing is left
of keeps its prior given the others. So every answer means the same in both analyses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.conclusions import conclusions
from bayes_alliance.sensitivity.condition import matching
from bayes_alliance.sensitivity.exact_answers import (
    ExactAnswers,
    answer_weights,
    answered,
    exact_posterior,
)
from bayes_alliance.spec.design import Design

__all__ = ["Exclusion", "Where", "exclude", "excluded_rows"]

#: Answers that a note names.
NAMED = 6
#: A condition, a mask, or a function of the table that returns a mask.
Where = str | np.ndarray | pd.Series | list[bool] | Callable[[pd.DataFrame], Any]


@dataclass(frozen=True, slots=True, repr=False)
class Exclusion:
    """Two exact analyses side by side.

    Parameters
    ----------
    fitted : Fitted
        The analysis of all rows.
    rows : ndarray of bool, shape (rows of the table,)
        Which rows of the table stay.
    design : Design
        The effects of the analysis that stay, coded as all are.
    condition : str
        What was excluded, in words.
    samples : tuple of str
        Samples of which nothing is left.
    effects : int
        Effect sizes of the analysis that are excluded.
    baseline, answers : ExactAnswers
        Headline answers of both.
    probability : float
        Of every interval.
    """

    fitted: Fitted
    rows: np.ndarray
    design: Design
    condition: str
    samples: tuple[str, ...]
    effects: int
    baseline: ExactAnswers
    answers: ExactAnswers
    probability: float = INTERVAL_PROBABILITY

    @property
    def table(self) -> pd.DataFrame:
        """One row an answer.

        Index ``kind``, ``name``; the columns of `ExactAnswers.rows`, each with all rows, under
        ``NAME_without`` without the excluded ones; ``shift``, the difference of the means in
        posterior sds of the analysis of all rows.
        """
        keys = ["kind", "name"]
        whole, without = (
            pd.DataFrame(list(a.rows())).set_index(keys) for a in (self.baseline, self.answers)
        )
        both = whole.join(without.add_suffix("_without"), how="inner")
        both["shift"] = (both["mean_without"] - both["mean"]) / both["sd"].where(both["sd"] > 0)
        return both

    @property
    def sentences(self) -> tuple[str, ...]:
        """Conclusions that change, or that none does.

        One that rests on draws changes only beyond Monte Carlo error (`Conclusion.differs`).
        """
        design, rope = self.fitted.design, self.fitted.specification.rope
        one, other = (
            conclusions(found, design, rope, probability=self.probability)
            for found in (self.baseline, self.answers)
        )
        told = [
            f"{was.sentence}; without {self.condition} it {other[key].state}."
            for key, was in one.items()
            if other[key].differs(was)
        ]
        return tuple(told) or (f"No conclusion changes without {self.condition}.",)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of answers that the rows that stay do not inform by themselves."""
        whole, left = self.fitted.design.X, self.design.X
        if np.linalg.matrix_rank(left) == np.linalg.matrix_rank(whole):
            return ()
        bare = [
            name
            for name, weights in answer_weights(self.design).items()
            if _spanned(whole, weights) and not _spanned(left, weights)
        ]
        more = f" and {len(bare) - NAMED} more" if len(bare) > NAMED else ""
        return (
            f"Without {self.condition} the other rows do not inform every coefficient: what is "
            f"then said of {', '.join(bare[:NAMED])}{more} comes from the prior given the others.",
        )

    def refit(self) -> Fitted:
        """Fit the model to the table of the rows that stay, for further use.

        It is coded anew: slopes keep their unit and are centred at the mean of what stays, so that
        means at that centre are others than in `answers`; a level that nothing is left of is gone.

        Returns
        -------
        Fitted
            A finished analysis by the exact engine.

        Raises
        ------
        InputError
            If the model cannot be coded on these rows, for example with one level left.
        """
        units = {t.name: t.unit for t in self.fitted.design.terms if t.unit is not None}
        changes = {"run.engine": "exact", "location.units": units}
        specification = self.fitted.specification.with_changes(changes)
        return run_analysis(self.fitted.effects.keep(self.rows), specification, cores=1)

    def __repr__(self) -> str:
        lost = f", among them all of {len(self.samples)} samples" if self.samples else ""
        head = f"Without {self.condition}: {self.effects} effect sizes less{lost}"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .refit()"])


def _spanned(X: np.ndarray, weights: np.ndarray) -> bool:
    """Whether a combination of coefficients is one of rows of a design matrix."""
    return bool(np.linalg.matrix_rank(np.vstack([X, weights])) == np.linalg.matrix_rank(X))


def exclude(
    fitted: Fitted,
    *samples: str,
    where: Where | None = None,
    probability: float = INTERVAL_PROBABILITY,
) -> Exclusion:
    """Exclude rows of the table, compute the posterior of the others exactly and compare.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    *samples : str
        Labels of samples that are excluded.
    where : str, array_like of bool or callable, optional
        Rows that are excluded too: a condition such as ``"year < 2005 and rater == client"`` (see
        `bayes_alliance.sensitivity.condition`), a mask of the rows of the table, or a function that
        takes the table and returns one.
    probability : float
        Of every interval.

    Returns
    -------
    Exclusion
        Both analyses.

    Raises
    ------
    InputError
        If a sample is not there, a condition cannot be read, nothing is excluded or nothing stays,
        the exact engine declines the analysis, or a flat prior leaves a coefficient without
        information.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> exclude(fitted, where="year < 1980").effects
    19
    """
    gone = excluded_rows(fitted.effects, samples, where)
    used = gone[fitted.design.rows]
    if not used.any() or used.all():
        what = "none of its effect sizes is" if not used.any() else "all its effect sizes are"
        raise InputError(
            Problem(
                what=f"{what} excluded from the analysis",
                where="samples, where",
                cure="Exclude some of the rows that the analysis uses",
                code="nothing_excluded" if not used.any() else "nothing_left",
            )
        )
    design = fitted.design.keep(~used)
    _refuse(fitted, design)
    left = set(design.sample_ids)
    return Exclusion(
        fitted=fitted,
        rows=~gone,
        design=design,
        condition=_words(samples, where),
        samples=tuple(s for s in fitted.design.sample_ids if s not in left),
        effects=int(used.sum()),
        baseline=answered(fitted, fitted.design, exact_posterior(fitted), probability=probability),
        answers=answered(fitted, design, exact_posterior(fitted, design), probability=probability),
        probability=probability,
    )


def _refuse(fitted: Fitted, design: Design) -> None:
    reason = ExactEngine().declines(fitted.design)
    if reason is None and not design.identified_by(design.X):
        reason = "a flat prior leaves a coefficient without information"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"rows cannot be excluded exactly: {reason}",
                where=f"model {fitted.specification.name}",
                cure="Fit the model to some of the rows: fit(effects.keep(...), model)",
                code="no_exact_exclusion",
            )
        )


def _words(samples: tuple[str, ...], where: Where | None) -> str:
    told = [", ".join(samples)] if samples else []
    if where is not None:
        told.append(f"rows with {where}" if isinstance(where, str) else "the rows of the mask")
    return " and ".join(told)


def excluded_rows(
    effects: EffectSizes, samples: tuple[str, ...], where: Where | None
) -> np.ndarray:
    """Rows of a table that are excluded.

    Parameters
    ----------
    effects : EffectSizes
        The table, k rows.
    samples : tuple of str
        Labels of samples.
    where : str, array_like of bool or callable, optional
        A condition, a mask, or a function of the table.

    Returns
    -------
    ndarray of bool, shape (k,)
        Rows that are of one of the samples or meet the condition.

    Raises
    ------
    InputError
        If a sample is not there (nearest one told), or the mask does not fit the table.
    """
    unknown = [s for s in samples if str(s) not in effects.samples]
    if unknown:
        near = get_close_matches(str(unknown[0]), effects.samples, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InputError(
            Problem(
                what=f"the table has no sample {', '.join(repr(str(s)) for s in unknown)}",
                where="samples",
                cure=f"{hint}Samples: {', '.join(effects.samples[:10])}"
                + (", ..." if len(effects.samples) > 10 else ""),
                code="unknown_sample",
            )
        )
    gone = effects.frame["sample"].astype(str).isin([str(s) for s in samples]).to_numpy(bool)
    if where is None:
        return gone
    if isinstance(where, str):
        return np.asarray(gone | matching(effects.frame, where))
    mask = np.asarray(where(effects.to_frame()) if callable(where) else where)
    if mask.dtype != bool or mask.shape != (len(effects),):
        raise InputError(
            Problem(
                what=f"a mask needs {len(effects)} values that are true or false; this one has "
                f"shape {mask.shape} and type {mask.dtype}",
                where="where",
                cure='Write, for example, where=effects.frame["year"] < 2005',
                code="mask",
            )
        )
    return np.asarray(gone | mask)
