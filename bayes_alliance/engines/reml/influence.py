r"""What a single sample does to the estimates: refits without it, and Cook's distance.

Cook's distance of sample i is :math:`(b - b_{(i)})'C^{-1}(b - b_{(i)})` with the covariance C of
the full fit and both variances estimated anew without the sample (Cook 1977; for clusters
Viechtbauer & Cheung 2010), not divided by the number of coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.errors import EngineError

__all__ = ["SampleLeftOut", "cooks_distances", "leave_one_sample_out", "without_sample"]


@dataclass(frozen=True, slots=True, eq=False)
class SampleLeftOut:
    """The estimate without one sample.

    Parameters
    ----------
    sample : int
        Index of the sample left out.
    effects : int
        Effects that remain.
    fit : RemlEstimate or None
        The estimate; None where the rest cannot carry the model.
    reason : str
        Why there is no estimate; empty where there is one.
    """

    sample: int
    effects: int
    fit: RemlEstimate | None
    reason: str = ""


def without_sample(blocks: RotatedBlocks, sample: int) -> RotatedBlocks:
    """Take a sample out of rotated data.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    sample : int
        Index of the sample.

    Returns
    -------
    RotatedBlocks
        The data of the other samples.
    """
    keep = blocks.sample_index != sample
    sizes = np.delete(blocks.sizes, sample)
    vectors = blocks.vectors
    return replace(
        blocks,
        starts=np.cumsum(sizes) - sizes,
        eigenvalues=blocks.eigenvalues[keep],
        ones=blocks.ones[keep],
        y=blocks.y[keep],
        X=blocks.X[keep],
        vectors=None if vectors is None else vectors[:sample] + vectors[sample + 1 :],
    )


def leave_one_sample_out(
    blocks: RotatedBlocks,
    fit: RemlEstimate,
    *,
    tau_sample: float | None = None,
    tau_effect: float | None = None,
) -> tuple[SampleLeftOut, ...]:
    """Fit again without each sample in turn, both variances estimated anew.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data that were fitted.
    fit : RemlEstimate
        Their estimate, from which every search starts.
    tau_sample, tau_effect : float, optional
        Standard deviations held fixed, as in `estimate`.

    Returns
    -------
    tuple of SampleLeftOut, length S
        In the order of the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> [round(float(left.fit.beta[0]), 3)
    ...  for left in leave_one_sample_out(blocks, estimate(blocks))]
    [0.325, 0.25, 0.275]
    """
    result = []
    for sample in range(len(blocks.starts)):
        effects = len(blocks.y) - int(blocks.sizes[sample])
        if effects == 0:
            result.append(SampleLeftOut(sample, 0, None, "no effect size remains"))
            continue
        try:
            refit = estimate(
                without_sample(blocks, sample),
                fit.method,
                tau_sample=tau_sample,
                tau_effect=tau_effect,
                near=fit,
            )
        except EngineError as error:
            result.append(SampleLeftOut(sample, effects, None, str(error)))
        else:
            result.append(SampleLeftOut(sample, effects, refit))
    return tuple(result)


def cooks_distances(fit: RemlEstimate, left_out: tuple[SampleLeftOut, ...]) -> Array:
    """Cook's distance of each sample.

    Parameters
    ----------
    fit : RemlEstimate
        The estimate from all samples.
    left_out : tuple of SampleLeftOut, length S
        The estimates without each sample.

    Returns
    -------
    ndarray, shape (S,)
        Distances; NaN where the model cannot be fitted without the sample.
    """
    moved = np.array(
        [
            np.full(len(fit.beta), np.nan) if left.fit is None else left.fit.beta - fit.beta
            for left in left_out
        ]
    )
    half = np.linalg.cholesky(fit.covariance)
    return np.asarray(np.sum(np.linalg.solve(half, moved.T) ** 2, axis=0))
