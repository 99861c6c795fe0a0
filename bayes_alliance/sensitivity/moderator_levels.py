"""Means at the levels of a term, and over the effect sizes, as weights of the coefficients."""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.spec.design import Design

__all__ = ["level_means", "mean_weights"]


def level_means(design: Design, term: CodedTerm) -> dict[str, Array]:
    """Weights of the mean at every level of a categorical term.

    Parameters
    ----------
    design : Design
        The model.
    term : CodedTerm
        One of its terms.

    Returns
    -------
    dict of str to ndarray, shape (p,)
        The other terms at equal weight and slopes at their centre; of a continuous term at its
        centre and one unit above.
    """
    weights = {quantity.name: quantity.weights for quantity in design.quantities}
    if len(design.terms) == 1 and term.kind == "categorical":
        return {level: weights[level] for level in term.levels}
    overall = weights["overall"]
    if term.kind == "continuous":
        return {"centre": overall, term.slope_name: overall + weights[term.slope_name]}
    return {level: overall + weights[f"{term.name}[{level}]"] for level in term.levels}


def mean_weights(design: Design) -> Array:
    """Weights of the mean over the effect sizes of the table.

    Every effect size counts the same: a categorical term has its levels as often as the table has
    them, and a slope is at its centre, which is the mean of the column.

    Parameters
    ----------
    design : Design
        The model.

    Returns
    -------
    ndarray, shape (p,)
        They give the same quantity in every model of the same rows.
    """
    if not design.terms:
        return np.ones(1)
    weights = np.zeros(len(design.coefficients))
    first = next(q.weights for q in design.quantities)
    centre = first if len(design.terms) > 1 or design.terms[0].kind == "continuous" else weights
    total = centre.copy()
    for term in design.terms:
        if term.kind == "categorical":
            shares = np.array(term.counts) / sum(term.counts)
            total += shares @ (np.stack(list(level_means(design, term).values())) - centre)
    return total
