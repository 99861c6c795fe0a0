"""How many effect sizes and samples stand behind each mean."""

from __future__ import annotations

import numpy as np

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.coding import level_labels

__all__ = ["COUNTS_NOTE", "counts_behind"]

COUNTS_NOTE = "k = number of effect sizes; S = number of samples."


def counts_behind(fitted: Fitted) -> dict[str, tuple[int, int]]:
    """Count effect sizes and samples behind what is reported.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    dict of str to (int, int)
        By name of a coefficient: those at its level, or all.
    """
    design = fitted.design
    frame = fitted.effects.frame.iloc[design.rows]
    whole = (len(design.y), len(design.sample_ids))
    counts = {quantity.name: whole for quantity in design.quantities}
    alone = len(design.terms) == 1
    for term in design.terms:
        if term.kind != "categorical":
            continue
        labels = level_labels(frame[term.name]).to_numpy()
        for level in term.levels:
            at = labels == level
            behind = int(at.sum()), len(np.unique(design.sample_index[at]))
            counts[level if alone else f"{term.name}[{level}]"] = behind
    return counts
