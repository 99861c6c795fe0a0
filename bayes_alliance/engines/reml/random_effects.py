r"""Best linear unbiased predictions of the random effects of both levels.

With :math:`P = M^{-1} - M^{-1}XCX'M^{-1}` and the variances taken as known (Henderson 1975;
Robinson 1991)

.. math:: \hat u = \sigma_s^2 Z'Py, \quad
          \mathrm{var}(\hat u - u) = \sigma_s^2 I - \sigma_s^4 Z'PZ,

and the same with :math:`\sigma_e^2` and I in place of Z for the effects within samples. The errors
include that of the coefficients, not that of the variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.reml.estimate import RemlEstimate
from bayes_alliance.engines.reml.inverse import Inverse
from bayes_alliance.engines.reml.likelihood import reduce_blocks
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["PredictedEffects", "predict_random_effects"]


@dataclass(frozen=True, slots=True, eq=False)
class PredictedEffects:
    """Predicted random effects of one level, on the scale of the effect sizes.

    Parameters
    ----------
    value : ndarray, shape (n,)
        Predicted deviations: n = S for samples (from the mean), n = k for effects (from the mean
        of their sample).
    se : ndarray, shape (n,)
        Standard errors of prediction.
    lower, upper : ndarray, shape (n,)
        Limits of the prediction intervals, against z.
    """

    value: Array
    se: Array
    lower: Array
    upper: Array

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            getattr(self, name).setflags(write=False)


def predict_random_effects(
    blocks: RotatedBlocks, fit: RemlEstimate, *, probability: float = INTERVAL_PROBABILITY
) -> tuple[PredictedEffects, PredictedEffects]:
    """Predict the random effects of both levels.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data that were fitted.
    fit : RemlEstimate
        Their estimate.
    probability : float
        Coverage of the intervals, given the variances.

    Returns
    -------
    samples, effects : PredictedEffects
        In the order of the samples and of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> from bayes_alliance.engines.reml.estimate import estimate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> samples, effects = predict_random_effects(blocks, estimate(blocks))
    >>> effects.value.round(3)
    array([-0.149,  0.014,  0.176, -0.068, -0.231,  0.258])
    """
    data = reduce_blocks(blocks).blocks
    inverse = Inverse.at(data, fit.sigma2_sample, fit.sigma2_effect)
    A = inverse.times(data.X.T)  # X'M^-1, shape (p, k)
    C = np.linalg.inv(A @ data.X)
    Py = inverse.times(data.y[None, :])[0] - (C @ (A @ data.y)) @ A
    B, back = inverse.gather(A), data.back(A)

    weight = (inverse.damping - 1) / inverse.damping  # sigma_s^2 times the diagonal of Z'M^-1Z
    samples = _predicted(
        fit.sigma2_sample,
        inverse.gather(Py[None, :])[0],
        weight - fit.sigma2_sample * np.einsum("as,ab,bs->s", B, C, B),
        probability,
    )
    own = inverse.diagonal(data) - np.einsum("ak,ab,bk->k", back, C, back)
    effects = _predicted(fit.sigma2_effect, data.back(Py), fit.sigma2_effect * own, probability)
    return samples, effects


def _predicted(variance: float, ZPy: Array, share: Array, probability: float) -> PredictedEffects:
    """From Z'Py and the share of the variance that the data take away."""
    value = variance * ZPy
    se = np.sqrt(np.maximum(variance * (1 - share), 0.0))
    reach = stats.norm.ppf((1 + probability) / 2) * se
    return PredictedEffects(value, se, value - reach, value + reach)
