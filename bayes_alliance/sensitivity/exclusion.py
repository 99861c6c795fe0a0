"""The analysis without some rows of its table, beside the analysis with all of them.

Unlike leaving out one sample after another, the table is filtered and compiled anew: slopes are
centred at the mean of what stays, and a level that nothing is left of is no level any more.
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
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.conclusions import conclusions
from bayes_alliance.sensitivity.condition import matching
from bayes_alliance.sensitivity.exact_answers import ExactAnswers, answered, exact_posterior

__all__ = ["Exclusion", "Where", "exclude", "excluded_rows"]

#: A condition, a mask, or a function of the table that returns a mask.
Where = str | np.ndarray | pd.Series | list[bool] | Callable[[pd.DataFrame], Any]


@dataclass(frozen=True, slots=True, repr=False)
class Exclusion:
    """Two exact analyses side by side.

    Parameters
    ----------
    fitted : Fitted
        The analysis of all rows.
    refit : Fitted
        The analysis without some, by the exact engine.
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
    refit: Fitted
    condition: str
    samples: tuple[str, ...]
    effects: int
    baseline: ExactAnswers
    answers: ExactAnswers
    probability: float = INTERVAL_PROBABILITY

    @property
    def table(self) -> pd.DataFrame:
        """One row an answer that both analyses have.

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
        """Conclusions that change, or that none does."""
        one, other = (
            conclusions(a, f.design, f.specification.rope, probability=self.probability)
            for a, f in ((self.baseline, self.fitted), (self.answers, self.refit))
        )
        told = [
            f"{was.sentence}; without {self.condition} it {other[key].state}."
            for key, was in one.items()
            if key in other and other[key].state != was.state
        ]
        gone = sorted({name for _, name in one.keys() - other.keys()})
        if gone:
            told.append(f"Without {self.condition} there is no answer about {', '.join(gone)}.")
        return tuple(told) or (f"No conclusion changes without {self.condition}.",)

    def __repr__(self) -> str:
        lost = f", among them all of {len(self.samples)} samples" if self.samples else ""
        head = f"Without {self.condition}: {self.effects} effect sizes less{lost}"
        told = [f"  {line}" for line in self.sentences]
        return "\n".join([head, *told, "  next: .table, .refit"])


def exclude(
    fitted: Fitted,
    *samples: str,
    where: Where | None = None,
    probability: float = INTERVAL_PROBABILITY,
) -> Exclusion:
    """Exclude rows of the table, run the analysis again exactly and compare.

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
        or the exact engine declines one of the two analyses.

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
    exact = fitted.specification.with_changes({"run.engine": "exact"})
    refit = run_analysis(fitted.effects.keep(~gone), exact, cores=1)
    left = set(refit.design.sample_ids)
    return Exclusion(
        fitted=fitted,
        refit=refit,
        condition=_words(samples, where),
        samples=tuple(s for s in fitted.design.sample_ids if s not in left),
        effects=int(used.sum()),
        baseline=answered(fitted, fitted.design, exact_posterior(fitted), probability=probability),
        answers=answered(refit, refit.design, exact_posterior(refit), probability=probability),
        probability=probability,
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
