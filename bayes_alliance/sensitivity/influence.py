r"""What each sample, or each effect size, does to an analysis.

With m, :math:`\Sigma` the posterior mean and covariance of the p coefficients, and
:math:`m_{(i)}, \Sigma_{(i)}` those without unit i:

- ``kl``: Kullback-Leibler divergence of the joint posterior of the coefficients, the taus and rho
  with the unit from that without it, in nats (`bayes_alliance.sensitivity.divergence`; Geisser &
  Johnson 1983), ``kl_answer`` the same of the marginal of the followed answer, ``coin`` the
  probability of heads of a coin as far from a fair one (McCulloch 1989).
- ``cook``: :math:`(m - m_{(i)})'\Sigma^{-1}(m - m_{(i)})/p` (Cook 1977).
- ``covratio``: :math:`|\Sigma_{(i)}| / |\Sigma|`; below 1 the coefficients are more certain without
  the unit (Belsley, Kuh & Welsch 1980, as in Viechtbauer & Cheung 2010).
- ``dfbetas_NAME``: :math:`(m_j - m_{j(i)}) / \sqrt{\Sigma_{jj(i)}}` of each coefficient, and
  likewise of the taus: positive where the unit makes it larger (the same sources).
- ``elpd``: log predictive density of the unit given all others; ``elpd_share`` is it over the sum
  of the absolute values of all units.
- ``weight``: weight of the unit's sample in the followed answer's posterior mean
  (`bayes_alliance.sensitivity.divergence.mean_weights`); samples only, and means only.
- ``misfit``: :math:`(y_i - \mu_i)'S_i^{-1}(y_i - \mu_i)/m_i`, with the mean and covariance of the
  exact predictive distribution of the m_i left-out effects given all others; its expectation is 1
  where the model holds.
- ``influence``: :math:`(a - a_{(i)})^2 / s_{(i)}^2`, the squared shift of the followed answer's
  posterior mean in its posterior sd without the unit.

The last two are the axes of the plot of Baujat et al. (2002): there the first is the unit's
contribution to Q of a common effect, here its misfit given the heterogeneity and the others.

No measure has a threshold that follows from probability theory. What is flagged follows the
rules that Viechtbauer & Cheung (2010) give for REML estimates, and says which.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.sensitivity.answers import answer_weights
from bayes_alliance.sensitivity.divergence import coin, mean_weights, moments_of
from bayes_alliance.sensitivity.omission import Omission

__all__ = ["FLAGS", "baujat_frame", "influence_frame"]

#: Rules of Viechtbauer and Cheung (2010, p. 119, after Belsley et al. 1980 and Cook 1977).
FLAGS = {
    "cook": "Cook's distance, times p, is above the median of chi-squared with p degrees of freedom",
    "dfbetas": "a coefficient moves by more than one posterior sd",
    "weight": "the weight is above three times the average",
}


def influence_frame(omission: Omission) -> pd.DataFrame:
    """Measures of influence of every left-out unit.

    Parameters
    ----------
    omission : Omission
        The analysis without each of them.

    Returns
    -------
    pandas.DataFrame
        Index: ``sample`` or ``effect``. Columns: ``elpd``, ``elpd_share``, ``kl``, ``kl_answer``,
        ``coin``, ``cook``, ``covratio``, ``dfbetas_NAME`` of every coefficient and tau, ``weight``
        (samples only; NaN where the followed answer is no mean), ``misfit``, ``influence``, and
        ``flags``, the names of the rules that are met, with commas.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.omission import leave_each_out
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> influence_frame(leave_each_out(fitted))["kl"].round(2).idxmax()
    '86'
    """
    design, whole = omission.fitted.design, moments_of(omission.posterior.nodes)
    taus = _taus(omission)
    weights = _weights(omission)
    size = sum(abs(left.elpd) for left in omission.left)
    rows = []
    for i, left in enumerate(omission.left):
        without, p = left.moments, len(whole.mean)
        shift = whole.mean - without.mean
        cook = float(shift @ np.linalg.solve(whole.covariance, shift)) / p
        dfbetas = dict(
            zip(design.coefficients, shift / np.sqrt(np.diag(without.covariance)), strict=True)
        )
        moved = {
            name: (mean - left.spreads[name][0]) / left.spreads[name][1]
            for name, mean in taus.items()
        }
        weight = float("nan") if weights is None else float(weights[i])
        rows.append(
            {
                omission.unit: left.label,
                "elpd": left.elpd,
                "elpd_share": left.elpd / size if size else 0.0,
                "kl": left.kl,
                "kl_answer": left.kl_answer,
                "coin": float(coin(np.asarray(left.kl))),
                "cook": cook,
                "covratio": _ratio(without.covariance, whole.covariance),
                **{f"dfbetas_{name}": float(value) for name, value in (dfbetas | moved).items()},
                "weight": weight,
                "misfit": left.misfit,
                "influence": _influence(omission, i),
                "flags": _flags(cook * p, p, dfbetas.values(), weight, weights),
            }
        )
    frame = pd.DataFrame(rows).set_index(omission.unit)
    return frame if omission.unit == "sample" else frame.drop(columns="weight")


def baujat_frame(omission: Omission, influence: pd.DataFrame) -> pd.DataFrame:
    """The two axes of the plot of Baujat et al. (2002), for exact posteriors.

    Parameters
    ----------
    omission : Omission
        The analysis without each unit.
    influence : pandas.DataFrame
        What `influence_frame` returned for it.

    Returns
    -------
    pandas.DataFrame
        Index as of `influence`; ``misfit``, ``influence`` and ``effects`` (how many each unit has).
    """
    frame = influence[["misfit", "influence"]].copy()
    frame["effects"] = [int((~left.rows).sum()) for left in omission.left]
    return frame


def _taus(omission: Omission) -> dict[str, float]:
    """Posterior means of the taus that vary, with everything."""
    found = omission.baseline.headline
    told = {TAU_SAMPLE: found.tau_sample, TAU_EFFECT: found.tau_effect}
    return {name: e.mean for name, e in told.items() if e is not None and e.sd > 0}


def _weights(omission: Omission) -> Array | None:
    """Weights of the samples in the followed answer, if that is a mean."""
    design = omission.fitted.design
    means = {q.name for q in design.quantities if q.role == "mean"}
    if omission.unit != "sample" or omission.answer not in means:
        return None
    return mean_weights(design, omission.posterior.nodes, answer_weights(design)[omission.answer])


def _ratio(without: Array, whole: Array) -> float:
    return float(np.exp(np.linalg.slogdet(without)[1] - np.linalg.slogdet(whole)[1]))


def _influence(omission: Omission, i: int) -> float:
    marginal = omission.posterior.mixture(answer_weights(omission.fitted.design)[omission.answer])
    mean, sd = omission.left[i].spread_of_answer
    return float(np.square((marginal.mean - mean) / sd))


def _flags(distance: float, p: int, dfbetas: object, weight: float, weights: Array | None) -> str:
    met = {
        "cook": stats.chi2.cdf(distance, p) > 0.5,
        "dfbetas": bool((np.abs(np.array(list(dfbetas))) > 1).any()),
        "weight": weights is not None and weight > 3 * float(np.mean(weights)),
    }
    return ", ".join(name for name in FLAGS if met[name])
