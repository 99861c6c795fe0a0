"""The levels of a categorical term as rows of a figure: their means, and the effects they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import CodedTerm, level_labels
from bayes_alliance.spec.design import Design

__all__ = [
    "LevelMean",
    "chosen_term",
    "held_terms",
    "level_means",
    "prediction_notes",
    "true_effects_vary",
]


@dataclass(frozen=True, slots=True)
class LevelMean:
    """A mean, and the effects it is the mean of.

    Parameters
    ----------
    name : str
        The level; ``overall`` where there is none.
    weights : ndarray, shape (p,)
        Of the mean.
    rows : ndarray of bool, shape (k,)
        Effects of the level.
    coefficient : str
        Name by which tables and benchmarks know the mean; empty where they do not report it.
    """

    name: str
    weights: Array
    rows: NDArray[np.bool_]
    coefficient: str


def chosen_term(fitted: Fitted, by: str | None = None) -> CodedTerm | None:
    """Categorical term whose levels a figure shows.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    by : str, optional
        Its name; by default the first one of the model.

    Returns
    -------
    CodedTerm or None
        None where none was asked for and the model has none.

    Raises
    ------
    InputError
        If the model has no such term.
    """
    terms = {term.name: term for term in fitted.design.terms if term.kind == "categorical"}
    if by is None:
        return next(iter(terms.values()), None)
    if by not in terms:
        raise InputError(
            Problem(
                what=f"{by!r} is no categorical term of this model",
                where=f"model {fitted.specification.name}",
                cure=f"Its categorical terms: {', '.join(map(repr, terms)) or 'none'}",
                code="no_such_term",
            )
        )
    return terms[by]


def level_means(fitted: Fitted, term: CodedTerm | None) -> tuple[LevelMean, ...]:
    """Means of the levels of a term, other terms at their reference.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    term : CodedTerm or None
        A categorical term of its model; None: the overall mean.

    Returns
    -------
    tuple of LevelMean
        In the order of the levels. With several terms the others are at equal weight, slopes at
        their centre.
    """
    design = fitted.design
    weights = {quantity.name: quantity.weights for quantity in design.quantities}
    if term is None:
        everything = np.ones(len(design.y), bool)
        return (LevelMean("overall", weights["overall"], everything, "overall"),)
    labels = level_labels(fitted.effects.frame[term.name].iloc[design.rows]).to_numpy()
    alone = "overall" not in weights
    return tuple(
        LevelMean(
            name=level,
            weights=weights[level]
            if alone
            else weights["overall"] + weights[f"{term.name}[{level}]"],
            rows=np.asarray(labels == level),
            coefficient=level if alone else "",
        )
        for level in term.levels
    )


def true_effects_vary(design: Design) -> bool:
    """Whether a model has heterogeneity at any level.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    bool
        False: all true effects with the same moderators are one.
    """
    levels = (design.tau_sample, design.tau_effect, design.scales, design.groups)
    return any(level is not None for level in levels)


def held_terms(design: Design, shown: CodedTerm | None) -> str:
    """Say where the terms are held that a figure, or a panel, does not show.

    Parameters
    ----------
    design : Design
        The analysis.
    shown : CodedTerm or None
        The term that it shows.

    Returns
    -------
    str
        One sentence; empty where nothing is held.
    """
    others = [term for term in design.terms if term is not shown]
    told = [f"{term.name} at {term.centre:.6g}" for term in others if term.kind == "continuous"]
    levels = [term.name for term in others if term.kind == "categorical"]
    told += [f"levels of {', '.join(levels)} at equal weight"] if levels else []
    return f"Held: {', '.join(told)}." if told else ""


def prediction_notes(design: Design) -> str:
    """Say what a prediction of a new effect takes for granted.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    str
        Sentences; empty where there is nothing to say.
    """
    told = ["A new sample is of a new group."] if design.groups is not None else []
    if design.scale_models:
        told.append("Predictions with the heterogeneity at the average of its terms.")
    return " ".join(told)
