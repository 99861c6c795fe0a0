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

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.sensitivity.divergence import coin, mean_weights, moments_of
from bayes_alliance.sensitivity.exact_answers import answer_weights
from bayes_alliance.sensitivity.omission import Omission, Unit, leave_each_out
from bayes_alliance.sensitivity.removal import MOST, Change, absences, changes_frame

__all__ = ["FLAGS", "Influence", "influence_frame", "influence_of"]

#: Rules of Viechtbauer and Cheung (2010), as the program metafor applies them.
FLAGS = {
    "cook": "Cook's distance (times p) exceeds the median of chi-squared with p df",
    "dfbetas": "a coefficient moves by more than one posterior sd",
    "weight": "the weight is above three times the average",
}


@dataclass(frozen=True, slots=True, repr=False)
class Influence:
    """What each sample, or each effect size, does to an analysis.

    Parameters
    ----------
    omission : Omission
        All headline answers without each of them.
    table : pandas.DataFrame
        Measures of influence; see `influence_frame`.
    changes : tuple of Change
        What would have to be absent for each conclusion to change.
    """

    omission: Omission
    table: pd.DataFrame
    changes: tuple[Change, ...]

    @property
    def answers(self) -> pd.DataFrame:
        """One row an answer and left-out unit; see `ExactAnswers.rows`."""
        return self.omission.answers

    @property
    def conclusions(self) -> pd.DataFrame:
        """What would have to be absent for each conclusion to change; see `changes_frame`."""
        return changes_frame(self.changes)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What would have to be absent for each conclusion to change, in words."""
        return tuple(change.sentence for change in self.changes)

    @property
    def baujat(self) -> pd.DataFrame:
        """Axes of the plot of Baujat et al.: ``misfit``, ``influence``; and ``effects`` of each."""
        effects = [int((~left.rows).sum()) for left in self.omission.left]
        return self.table[["misfit", "influence"]].assign(effects=effects)

    def __repr__(self) -> str:
        largest = self.table["kl"].idxmax()
        head = f"Influence of {len(self.table)} {self.omission.unit}s"
        head += " (intervals, signs and moments exact)"
        first = f"  largest divergence without {largest}: {self.table['kl'].max():.2f} nats"
        told = [f"  {c.sentence}" for c in self.changes if c.changes][:4]
        return "\n".join([head, first, *told, "  next: .table, .answers, .conclusions, .sentences"])


def influence_of(
    fitted: Fitted,
    unit: Unit = "sample",
    *,
    answer: str | None = None,
    most: int = MOST,
    probability: float = INTERVAL_PROBABILITY,
) -> Influence:
    """Leave every sample (or effect size) out, measure its influence and follow the conclusions.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    unit : {"sample", "effect"}
        What is left out.
    answer : str, optional
        The reported quantity or contrast that is followed; by default the overall mean, else the
        first mean.
    most : int
        Samples that are removed together, at most, in search of a conclusion that changes.
    probability : float
        Of every interval.

    Returns
    -------
    Influence
        Measures, answers and conclusions.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, there is one sample (effect size) only, or
        `answer` is none.
    """
    omission = leave_each_out(fitted, unit, answer=answer, probability=probability)
    return Influence(omission, influence_frame(omission), absences(omission, most=most))


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
    '71'
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


def _flags(
    distance: float, p: int, dfbetas: Iterable[float], weight: float, weights: Array | None
) -> str:
    met = {
        "cook": stats.chi2.cdf(distance, p) > 0.5,
        "dfbetas": bool((np.abs(np.array(list(dfbetas))) > 1).any()),
        "weight": weights is not None and weight > 3 * float(np.mean(weights)),
    }
    return ", ".join(name for name in FLAGS if met[name])
