"""Sentences about a table under a model: what is averaged, not identified, or ignored."""

from __future__ import annotations

from typing import Final

import pandas as pd

from bayes_alliance.spec.coding import Coding
from bayes_alliance.spec.rows import is_total
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Effect
from bayes_alliance.spec.totals import Composite

__all__ = ["design_notes", "estimand_of"]

FEW_SAMPLES: Final = 5


def estimand_of(
    frame: pd.DataFrame, coding: Coding, effect: Effect, composite: Composite | None
) -> str:
    """What the overall mean averages.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes.
    coding : Coding
        The location terms.
    effect : Effect
        What becomes of total scores.
    composite : Composite or None
        Totals as sums of their scales.

    Returns
    -------
    str
        A sentence; empty where there is no single overall mean.
    """
    if coding.terms:
        return ""
    counts = ""
    if effect.scale_column in frame:
        found = frame[effect.scale_column].astype(str).value_counts()
        counts = " (" + ", ".join(f"{level} {count}" for level, count in found.items()) + ")"
    if composite is not None:
        scales = len(frame) - len(composite.rows)
        return (
            f"'overall' is the mean of a single scale: {scales} effect sizes of scales, and "
            f"{len(composite.rows)} total scores as the sum of {', '.join(composite.scales)}, "
            f"weighted by their precision{counts}."
        )
    what = f"all {len(frame)} effect sizes"
    if effect.totals == "only":
        what, counts = f"{len(frame)} total scores, scales left out", ""
    elif effect.totals == "scales":
        what = f"{len(frame)} effect sizes of scales, total scores left out"
    elif is_total(frame, effect.scale_column).any() and found.size > 1:
        what = f"all {len(frame)} effect sizes, total scores and scales alike"
    return f"'overall' averages {what}, weighted by their precision{counts}."


def design_notes(
    frame: pd.DataFrame, specification: Specification, coding: Coding
) -> tuple[str, ...]:
    """What a reader of the results has to know about table and model.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes.
    specification : Specification
        The model.
    coding : Coding
        Its location terms.

    Returns
    -------
    tuple of str
        Sentences.
    """
    notes = []
    named = {quantity.name for quantity in coding.quantities if quantity.role == "mean"}
    for order in specification.location.orders:
        absent = [part.strip() for part in order.split(">") if part.strip() not in named]
        if absent:
            notes.append(
                f"The order {order} is left out: the model has no mean named "
                f"{' or '.join(absent)} (it has {', '.join(sorted(named))})."
            )
    samples, k = frame["sample"].nunique(), len(frame)
    levels = specification.heterogeneity
    if samples < FEW_SAMPLES and (levels.sample or levels.effect):
        notes.append(
            f"Only {samples} sample{'s' if samples > 1 else ''}: the priors on tau largely decide "
            "how wide the intervals are. Vary them before you report."
        )
    if samples == k and levels.sample and levels.effect and levels.structure == "common" and k > 1:
        notes.append(
            "Every sample has one effect size: tau_sample and tau_effect are not identified apart, "
            "their priors decide the split (their total is identified). The model two_level has "
            "one heterogeneity only."
        )
    notes += _stacked(frame, specification.effect)
    notes += _dependence(frame, specification)
    return tuple(notes)


def _stacked(frame: pd.DataFrame, effect: Effect) -> list[str]:
    """Samples with a total beside its scales, where both count."""
    if effect.totals not in ("all", "composite") or effect.scale_column not in frame:
        return []
    total = is_total(frame, effect.scale_column)
    scale = ~total & frame[effect.scale_column].notna().to_numpy()
    both = set(frame["sample"][total]) & set(frame["sample"][scale])
    if not both:
        return []
    head = f"{len(both)} {'samples give' if len(both) > 1 else 'sample gives'} a total score "
    if effect.totals == "all":
        return [
            f"{head}beside its scales: the total repeats them. Here both count as separate effect "
            'sizes; --set effect.totals takes "only", "scales" or "composite".'
        ]
    return [f"{head}beside its scales; as their sum it adds little to them."]


def _dependence(frame: pd.DataFrame, specification: Specification) -> list[str]:
    """Effects of one sample share people; say so where their errors are taken as independent."""
    sizes = frame["sample"].value_counts()
    several = int((sizes > 1).sum())
    known = frame["n"].notna().any()
    if not several or not known or specification.sampling.within_sample != "independent":
        return []
    return [
        f"{several} sample{'s give' if several > 1 else ' gives'} several effect sizes, and their "
        "sampling errors are taken as independent. Effects that share people have correlated "
        "errors: differences between them are then known better and tau_effect is larger than it "
        "seems. Compare --set sampling.within_sample=estimated."
    ]
