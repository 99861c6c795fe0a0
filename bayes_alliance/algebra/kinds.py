"""Of which kind the data of an analysis are: V known or with rho, effects by scale, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.dependent import DependentSamples
from bayes_alliance.algebra.nested import GroupedSamples
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.algebra.scales import ScaleSamples

__all__ = ["samples_of"]


def samples_of(
    blocks: RotatedBlocks,
    dependence: tuple[Sequence[Array], Sequence[Array]] | None = None,
    level: NDArray[np.intp] | None = None,
    groups: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None,
) -> Samples:
    """Make of rotated data what answers questions about draws.

    Parameters
    ----------
    blocks : RotatedBlocks
        From `bayes_alliance.algebra.blocks.rotate`.
    dependence : tuple of sequences of ndarray, optional
        F_i and P_i of each sample, where rho is estimated.
    level : ndarray of int, shape (k,), optional
        Scale of each effect, where every scale has effects of the samples of its own.
    groups : tuple of ndarray of int, shape (k,), optional
        Group and component of each effect, where samples lie in groups.

    Returns
    -------
    Samples
        Of the kind that was asked for.
    """
    given = {field.name: getattr(blocks, field.name) for field in fields(RotatedBlocks)}
    known = Samples(**given)
    if dependence is None and level is None and groups is None:
        return known
    if dependence is None:
        V = [known.sampling_covariance(i) for i in range(len(blocks.starts))]
        dependence = V, [np.zeros_like(one) for one in V]
    fixed, pattern = tuple(dependence[0]), tuple(dependence[1])
    if groups is not None:
        group, component = groups
        return GroupedSamples(
            **given, fixed=fixed, pattern=pattern, group=group, component=component
        )
    if level is None:
        return DependentSamples(**given, fixed=fixed, pattern=pattern)
    return ScaleSamples(**given, fixed=fixed, pattern=pattern, level=level)
