"""Linear combinations of the coefficients whose evidence and interval are followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["Target", "targets_of"]


@dataclass(frozen=True, slots=True)
class Target:
    """A linear combination of the coefficients whose evidence and interval are followed.

    Parameters
    ----------
    name : str
        Name in every table.
    kind : {"mean", "difference"}
        A mean is a correlation when transformed; a difference (or slope) is not.
    of : ndarray, shape (p,)
        Weights of the mean.
    minus : ndarray, shape (m, p)
        Weights of the means it is compared with; none for a mean.
    """

    name: str
    kind: Literal["mean", "difference"]
    of: Array
    minus: Array

    @property
    def weights(self) -> Array:
        """Weights of the combination itself, shape (p,)."""
        return self.of - self.minus.mean(axis=0) if len(self.minus) else self.of


def targets_of(design: Design, names: Sequence[str] | None = None) -> tuple[Target, ...]:
    """Means, contrasts and slopes of a design.

    Parameters
    ----------
    design : Design
        The analysis.
    names : sequence of str, optional
        Which of them; by default all.

    Returns
    -------
    tuple of Target
        Means first.

    Raises
    ------
    InputError
        If a name is none of theirs.
    """
    none = np.zeros((0, design.X.shape[1]))
    found = [Target(q.name, "mean", q.weights, none) for q in design.quantities if q.role == "mean"]
    found += [Target(c.name, "difference", c.of, c.minus) for c in design.contrasts]
    if names is None:
        return tuple(found)
    known = {target.name: target for target in found}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(
            Problem(
                what=f"the model has no {', '.join(map(repr, unknown)) or 'answer of no name'}",
                where="of",
                cure=f"Choose among {', '.join(known)}",
                code="unknown_target",
            )
        )
    return tuple(known[name] for name in dict.fromkeys(names))
