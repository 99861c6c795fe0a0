"""Effects of a sample that differ by scale: which scales there are, how they vary and correlate.

The true effects of one sample on the L scales are normal with standard deviations tau_scale and
correlations R. Structures: ``diagonal`` (R is the identity), ``cs`` (one tau, one correlation of
all pairs), ``unstructured`` (a tau each, any R). The prior of R is proportional to |R|^(eta - 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlation_matrices import (
    cholesky_rows,
    common_shapes,
    lowest_common,
    pairs_of_matrix,
    partial_shapes,
)
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import SCALE_CORRELATION, TAU_SCALE
from bayes_alliance.spec.coding import level_labels, level_order
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.tables import Heterogeneity, Priors

__all__ = ["ScaleEffects", "identification_notes", "refuse_missing_scales", "scale_effects"]

Structure = Literal["cs", "diagonal", "unstructured"]


@dataclass(frozen=True, slots=True)
class ScaleEffects:
    """Scales that have sample effects of their own.

    Parameters
    ----------
    structure : {"cs", "diagonal", "unstructured"}
        How the effects of one sample on different scales vary and correlate.
    names : tuple of str
        The L scales.
    level : ndarray of int, shape (k,)
        Scale of each effect size.
    tau : Prior
        Prior of each standard deviation (of the one there is under ``cs``).
    eta : float
        Shape of the prior of the correlations.
    """

    structure: Structure
    names: tuple[str, ...]
    level: NDArray[np.intp]
    tau: Prior
    eta: float

    @property
    def pairs(self) -> tuple[str, ...]:
        """Labels of the pairs of scales, as in ``task, goal``."""
        return tuple(f"{a}, {b}" for a, b in combinations(self.names, 2))

    def parameters(self) -> tuple[tuple[str, str, int, Prior], ...]:
        """What is estimated: label, variable of the posterior, its column, prior.

        Returns
        -------
        tuple
            One entry a parameter; under ``cs`` there is one standard deviation and one
            correlation, whatever the number of scales.
        """
        if self.structure == "cs":
            return (
                (TAU_SCALE, TAU_SCALE, 0, self.tau),
                (SCALE_CORRELATION, SCALE_CORRELATION, 0, self.pair_prior()),
            )
        taus = [(f"{TAU_SCALE}[{s}]", TAU_SCALE, i, self.tau) for i, s in enumerate(self.names)]
        if self.structure == "diagonal":
            return tuple(taus)
        prior = self.pair_prior()
        pairs = [
            (f"{SCALE_CORRELATION}[{pair}]", SCALE_CORRELATION, i, prior)
            for i, pair in enumerate(self.pairs)
        ]
        return (*taus, *pairs)

    def draws(self, size: int, rng: np.random.Generator) -> dict[str, Array]:
        """Draw standard deviations and correlations from their prior.

        Parameters
        ----------
        size : int
            Number of draws D.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        dict
            ``tau_scale`` (D, L) and, unless diagonal, ``scale_correlation``
            (D, L (L - 1) / 2), in the order of `pairs`.
        """
        L = len(self.names)
        if self.structure == "cs":
            tau = np.repeat(self.tau.draws(size, rng)[:, None], L, axis=1)
            c = self.pair_prior().draws(size, rng)
            return {TAU_SCALE: tau, SCALE_CORRELATION: np.repeat(c[:, None], len(self.pairs), 1)}
        tau = np.column_stack([self.tau.draws(size, rng) for _ in self.names])
        if self.structure == "diagonal":
            return {TAU_SCALE: tau}
        shapes = partial_shapes(L, self.eta)
        partial = 2 * rng.beta(shapes, shapes, (size, len(shapes))) - 1
        factor = cholesky_rows(partial, L)
        R = factor @ factor.swapaxes(-1, -2)
        return {TAU_SCALE: tau, SCALE_CORRELATION: pairs_of_matrix(R)}

    def pair_prior(self) -> Prior:
        """Prior of the correlation of any one pair of scales.

        Returns
        -------
        Prior
            A beta, stretched over the range of the correlation.
        """
        L = len(self.names)
        if self.structure == "cs":
            low = lowest_common(L)
            a, b = common_shapes(L, self.eta)
            return Prior("beta", a=a, b=b, lower=low, upper=1.0)
        shape = self.eta - 1 + L / 2
        return Prior("beta", a=shape, b=shape, lower=-1.0, upper=1.0)

    def priors(self) -> list[str]:
        """Both priors in words.

        Returns
        -------
        list of str
            Of the standard deviations and, unless diagonal, of the correlations.
        """
        told = [f"{TAU_SCALE} {self.tau}"]
        if self.structure != "diagonal":
            told.append(f"{SCALE_CORRELATION} lkj({self.eta:g})")
        return told

    def __str__(self) -> str:
        what = "a tau_scale" if self.structure == "cs" else "a tau_scale each"
        return f"{self.structure}, {what} for {', '.join(self.names)}"


def refuse_missing_scales(levels: Heterogeneity, columns: tuple[str, ...]) -> None:
    """Refuse a structure whose column the table does not have.

    Parameters
    ----------
    levels : Heterogeneity
        The structure asked for, and the column whose levels are the scales.
    columns : tuple of str
        Columns of the table.

    Raises
    ------
    InputError
        If the column is not among them.
    """
    column = levels.scales
    if levels.structure == "common" or column in columns:
        return
    near = get_close_matches(column, columns, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise InputError(
        Problem(
            what=f"the table has no column {column!r}, whose levels shall have sample effects of "
            "their own",
            where="heterogeneity.scales",
            cure=f"{hint}Columns: {', '.join(columns) or 'none besides the effects'}",
            code="missing_scales",
        )
    )


def scale_effects(frame: pd.DataFrame, levels: Heterogeneity, priors: Priors) -> ScaleEffects:
    """Read the scales off a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the analysis, none without a scale.
    levels : Heterogeneity
        The structure asked for, and the column whose levels are the scales.
    priors : Priors
        Prior of the standard deviations (`tau_sample`) and of the correlations.

    Returns
    -------
    ScaleEffects
        Scales in the order of all tables.

    Raises
    ------
    InputError
        If there is one scale only, or the priors are of a total and a share.
    """
    if priors.tau_total is not None:
        raise InputError(
            Problem(
                what="a total and a share are of one heterogeneity between samples, here each "
                "scale has its own",
                where="priors.tau_total",
                cure='Use heterogeneity.structure = "common", or priors.tau_sample',
                code="share_of_scales",
            )
        )
    labels = level_labels(frame[levels.scales])
    names = tuple(sorted(set(labels), key=level_order))
    if len(names) < 2:
        raise InputError(
            Problem(
                what=f"the column {levels.scales!r} has one level only ({', '.join(names)})",
                where="heterogeneity.structure",
                cure='Use structure = "common", or name a column with several levels',
                code="one_scale",
            )
        )
    level = np.array([names.index(label) for label in labels], dtype=np.intp)
    structure = cast(Structure, levels.structure)
    return ScaleEffects(structure, names, level, priors.tau_sample, priors.scale_correlation.eta)


def identification_notes(
    scales: ScaleEffects | None, starts: NDArray[np.intp], tau_effect: Prior | None
) -> list[str]:
    """Say which parts of the heterogeneity these data cannot tell apart.

    Parameters
    ----------
    scales : ScaleEffects or None
        The scales, if they have sample effects of their own.
    starts : ndarray of int, shape (S,)
        First effect of each sample.
    tau_effect : Prior or None
        Prior of the heterogeneity of effects of one scale and sample, if there is any.

    Returns
    -------
    list of str
        One sentence or two each; empty if everything is identified.
    """
    if scales is None:
        return []
    table = np.add.reduceat(np.eye(len(scales.names), dtype=int)[scales.level], starts)
    notes = []
    if scales.structure != "diagonal":
        seen = (table > 0).astype(int)
        together = seen.T @ seen
        pairs = [
            f"{scales.names[i]} and {scales.names[j]}"
            for i in range(len(scales.names))
            for j in range(i)
            if together[i, j] == 0
        ]
        every = len(scales.names) * (len(scales.names) - 1) // 2
        if len(pairs) == every or (pairs and scales.structure == "unstructured"):
            notes.append(
                f"No sample has both {', nor '.join(pairs)}: the data say nothing about the "
                "correlation of their true effects, it is the prior's."
            )
    if tau_effect is not None:
        alone = [
            name for name, most in zip(scales.names, table.max(axis=0), strict=True) if most < 2
        ]
        if len(alone) == len(scales.names):
            notes.append(
                "No sample has two effects of one scale: only the sum tau_scale^2 + tau_effect^2 "
                "is identified for each scale, the priors decide the split. Set "
                "heterogeneity.effect to false to leave tau_effect out."
            )
        elif alone:
            notes.append(
                f"No sample has two effects of {' or of '.join(alone)}: their tau_scale is told "
                "from tau_effect by the other scales only."
            )
    return notes
