"""What an analysis of small-study effects and selection found: claims, their means, averages."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.fit import SelectionFit
from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.sensitivity.bias_regression import Conditional, SmallStudyFit, means_of
from bayes_alliance.summaries.coefficients import Estimate, estimate_of
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.scale import Scale

__all__ = ["AVERAGED", "NO_BIAS", "SELECTION", "BiasAnalysis", "BiasModel"]

NO_BIAS: Final = "no bias"
AVERAGED: Final = "averaged"
SELECTION: Final = "selection"


@dataclass(frozen=True, slots=True)
class BiasModel:
    """One claim about bias.

    Parameters
    ----------
    name : str
        ``no bias``, ``PET``, ``PEESE`` or ``selection``.
    prior, posterior : float
        Probabilities among the claims compared.
    log_evidence, error : float
        Log marginal likelihood of the effects and its error.
    means : tuple of Marginal
        Of every mean, corrected as claimed, on the analysis scale.
    tau_sample, tau_effect : Estimate or None
        Standard deviations; None where a level has none.
    """

    name: str
    prior: float
    posterior: float
    log_evidence: float
    error: float
    means: tuple[Marginal, ...] = field(repr=False)
    tau_sample: Estimate | None = None
    tau_effect: Estimate | None = None


@dataclass(frozen=True, slots=True)
class BiasAnalysis:
    """What small-study effects and selection make of the means of an analysis.

    Parameters
    ----------
    fitted : Fitted
        The exact fit without bias.
    predictor : str
        What PET and PEESE are regressed on, a key of `PREDICTORS`.
    direction : {1, -1}
        Sign of the results that selection favours: that of the mean without bias.
    regressions : tuple of SmallStudyFit
        PET and PEESE.
    conditional : tuple of Conditional
        The conventional conditional rule, one entry a mean; empty without both regressions.
    curve : pandas.DataFrame
        Slopes, Bayes factors and corrected means over the scale of the slope's prior.
    selection : SelectionFit or None
        The selection model, where there is one.
    refusal : str
        Why there is no selection model.
    models : tuple of BiasModel
        All claims, no bias first.
    notes : tuple of str
        What a reader has to know.
    """

    fitted: Fitted
    predictor: str
    direction: int
    regressions: tuple[SmallStudyFit, ...]
    conditional: tuple[Conditional, ...]
    curve: pd.DataFrame
    selection: SelectionFit | None
    refusal: str
    models: tuple[BiasModel, ...]
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """How the measure is read as a correlation."""
        return Scale(self.fitted.design.measure)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the means."""
        return tuple(q.name for q in means_of(self.fitted.design))

    def averaged(self, position: int = 0) -> Marginal:
        """Mean averaged over all claims.

        Parameters
        ----------
        position : int
            Which of `names`.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        shares = np.array([model.posterior for model in self.models])
        kept = shares > 1e-12
        return AveragedMarginal(
            shares[kept] / shares[kept].sum(),
            tuple(m.means[position] for m, k in zip(self.models, kept, strict=True) if k),
        )

    @property
    def bias(self) -> BayesFactor:
        """Evidence for any bias against none: posterior over prior odds."""
        unbiased, biased = self.models[0], self.models[1:]
        prior = np.array([m.prior for m in biased])
        evidence = np.array([m.log_evidence for m in biased])
        top = evidence.max()
        shares = prior / prior.sum() * np.exp(evidence - top)
        errors = np.array([m.error for m in biased])
        return BayesFactor(
            hypothesis="small-study effects or selection",
            null="no bias",
            log_bf10=float(top + np.log(shares.sum()) - unbiased.log_evidence),
            error=float(shares @ errors / shares.sum() + unbiased.error),
            prior_odds=float(prior.sum() / unbiased.prior),
            method="model averaging",
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row a claim and mean, the averaged ones last.

        Index ``model``, ``coefficient``. ``median``, ``lower``, ``upper`` (r for correlations),
        ``p_positive``, ``mean``, ``sd`` (analysis scale), ``prior``, ``posterior``
        (probabilities of the claim), ``log_marginal_likelihood``, ``error``.
        """
        rows = []
        for model in self.models:
            for name, marginal in zip(self.names, model.means, strict=True):
                rows.append(
                    {
                        "model": model.name,
                        "coefficient": name,
                        **self._numbers(marginal),
                        "prior": model.prior,
                        "posterior": model.posterior,
                        "log_marginal_likelihood": model.log_evidence,
                        "error": model.error,
                    }
                )
        for position, name in enumerate(self.names):
            rows.append(
                {
                    "model": AVERAGED,
                    "coefficient": name,
                    **self._numbers(self.averaged(position)),
                    "prior": 1.0,
                    "posterior": 1.0,
                    "log_marginal_likelihood": math.nan,
                    "error": math.nan,
                }
            )
        return pd.DataFrame(rows).set_index(["model", "coefficient"])

    def _numbers(self, marginal: Marginal) -> dict[str, float]:
        found = estimate_of(marginal)
        ends = self.scale.to_r(np.array([found.median, found.lower, found.upper]))
        return {
            "median": float(ends[0]),
            "lower": float(ends[1]),
            "upper": float(ends[2]),
            "p_positive": found.p_positive,
            "mean": found.mean,
            "sd": found.sd,
        }
