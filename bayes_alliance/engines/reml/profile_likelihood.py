r"""Profile-likelihood intervals of the two variances.

.. math:: \{\sigma_l^2 : 2(\ell_{max} - \max_{\sigma_m^2} \ell(\sigma_l^2, \sigma_m^2))
          \le \chi^2_{1, probability}\}

(Hardy & Thompson 1996; for several variances Viechtbauer 2007). The restricted likelihood gives
REML intervals, the full one ML intervals. A limit that would lie below 0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import RotatedBlocks
from bayes_alliance.engines.reml.estimate import RemlEstimate
from bayes_alliance.engines.reml.likelihood import reduce_blocks
from bayes_alliance.engines.reml.search import VarianceProblem, maximise_with, variance_problem
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["VarianceInterval", "profile_intervals"]

# The upper limit is sought up to this multiple of the variance of the residuals.
FARTHEST: Final = 1e9


@dataclass(frozen=True, slots=True)
class VarianceInterval:
    """Interval of one variance.

    Parameters
    ----------
    lower, upper : float
        Limits of the variance (z squared for correlations); their square roots are those of the
        standard deviation. `upper` is infinite where the likelihood stays high.
    """

    lower: float
    upper: float


def profile_intervals(
    blocks: RotatedBlocks, fit: RemlEstimate, *, probability: float = INTERVAL_PROBABILITY
) -> tuple[VarianceInterval | None, VarianceInterval | None]:
    """Profile-likelihood intervals of the sample and of the effect variance.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data that were fitted.
    fit : RemlEstimate
        Their estimate; its method decides which likelihood is profiled.
    probability : float
        Coverage of each interval.

    Returns
    -------
    sample, effect : VarianceInterval or None
        None where a variance was held fixed or is not informed by the data. Where only the sum of
        both is, the interval of the sample level is that of the sum.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> from bayes_alliance.engines.reml.estimate import estimate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> sample, effect = profile_intervals(blocks, estimate(blocks))
    >>> sample.lower, round(effect.lower, 4)
    (0.0, 0.0092)
    """
    problem = variance_problem(
        reduce_blocks(blocks).blocks, restricted=fit.method == "REML", fixed=None
    )
    drop = float(stats.chi2.ppf(probability, 1)) / 2
    sample, effect = (
        _interval(problem, fit, level, drop) if fit.estimated[level] else None for level in (0, 1)
    )
    return sample, effect


def _interval(
    problem: VarianceProblem, fit: RemlEstimate, level: int, drop: float
) -> VarianceInterval:
    near = fit.variances
    top = problem.at(near).value

    def excess(value: float) -> float:
        """How far the profile is above the height at which the interval ends."""
        nonlocal near
        found = maximise_with(problem, level, value, other_free=fit.estimated[1 - level], near=near)
        near = found.variances
        return found.at.value - top + drop

    peak = float(fit.variances[level])
    lower = 0.0 if peak == 0 or excess(0.0) >= 0 else _root(excess, 0.0, peak)
    near = fit.variances
    return VarianceInterval(lower, _upper(excess, peak, problem.scale))


def _upper(excess: Callable[[float], float], peak: float, scale: float) -> float:
    inside, outside = peak, max(2 * peak, 0.1 * scale)
    while excess(outside) > 0:
        inside, outside = outside, 3 * outside
        if outside > FARTHEST * scale:
            return float("inf")
    return _root(excess, inside, outside)


def _root(excess: Callable[[float], float], a: float, b: float) -> float:
    return float(brentq(excess, a, b, xtol=1e-13 * max(a, b), rtol=8 * np.finfo(float).eps))
