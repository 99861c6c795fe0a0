"""What is known about a hypothesis: Bayes factors, and what they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.summaries.evidence import BayesFactor, ratio_text

__all__ = ["HypothesisTest", "LogEvidence", "OrderEvidence", "ScaleCurve"]


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """Log marginal likelihood of one of two models.

    Parameters
    ----------
    log_value, error : float
        Value and its error.
    engine : str
        How it was computed.
    """

    log_value: float
    error: float
    engine: str


@dataclass(frozen=True, slots=True, eq=False)
class ScaleCurve:
    """A Bayes factor over the scale of the priors that it depends on.

    Parameters
    ----------
    factors : ndarray, shape (n,)
        What the scales are multiplied by, ascending; 1 is the analysis itself.
    log_bf10, errors : ndarray, shape (n,)
        Log Bayes factor and its error.
    scales : mapping of str to ndarray, shape (n,)
        Every scale that varies, by its name.
    crossings : tuple of (float, float)
        Factors at which the Bayes factor crosses a bound, and the bound (1/3 or 3).
    """

    factors: Array
    log_bf10: Array
    errors: Array
    scales: Mapping[str, Array]
    crossings: tuple[tuple[float, float], ...]

    @property
    def table(self) -> pd.DataFrame:
        """``factor``, the scales, ``log_bf10``, ``error``, ``bf10``, ``bf01``: one row a factor."""
        with np.errstate(over="ignore"):
            return pd.DataFrame(
                {
                    "factor": self.factors,
                    **self.scales,
                    "log_bf10": self.log_bf10,
                    "error": self.errors,
                    "bf10": np.exp(self.log_bf10),
                    "bf01": np.exp(-self.log_bf10),
                }
            )


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """Probabilities of an order, and the order against what it denies.

    Parameters
    ----------
    prior, posterior : float
        Probability of the order where no order is assumed.
    prior_error, posterior_error : float
        Standard errors of the two; 0 where they are exact.
    complement : BayesFactor
        The order against its complement (every other order).
    """

    prior: float
    posterior: float
    prior_error: float
    posterior_error: float
    complement: BayesFactor


@dataclass(frozen=True, slots=True, repr=False)
class HypothesisTest:
    """Evidence of the data about one hypothesis.

    Parameters
    ----------
    hypothesis : str
        As it was asked.
    bayes_factor : BayesFactor
        Of a null: the model (hypothesis) against its restriction (null). Of an order: the order
        (hypothesis) against the model without it (null).
    alternative, null : LogEvidence or None
        Log marginal likelihoods of the two, of a null hypothesis.
    savage_dickey : float or None
        The log Bayes factor once more, as the ratio of prior to posterior density at the null;
        None where that ratio does not exist or no exact density is at hand.
    order : OrderEvidence or None
        Probabilities of an order.
    rope_probability : float or None
        Posterior probability that what is compared lies inside its region of practical
        equivalence; None where there is none.
    rope : str
        That region.
    prior_scales : tuple of (str, str)
        Name and value of the priors whose scale the Bayes factor depends on.
    prior_sd : float or None
        Prior sd of the one combination of coefficients that the null sets to 0.
    curve : ScaleCurve or None
        The Bayes factor over these scales (of an order: against its complement); None where each
        point would take a simulation.
    notes : tuple of str
        What a reader has to know.
    """

    hypothesis: str
    bayes_factor: BayesFactor
    alternative: LogEvidence | None = None
    null: LogEvidence | None = None
    savage_dickey: float | None = None
    order: OrderEvidence | None = None
    rope_probability: float | None = None
    rope: str = ""
    prior_scales: tuple[tuple[str, str], ...] = ()
    prior_sd: float | None = None
    curve: ScaleCurve | None = None
    notes: tuple[str, ...] = ()

    @property
    def bf10(self) -> float:
        """Bayes factor against the null (of an order: for the order)."""
        return self.bayes_factor.bf10

    @property
    def bf01(self) -> float:
        """Bayes factor for the null (of an order: against the order)."""
        return self.bayes_factor.bf01

    @property
    def log_bf10(self) -> float:
        """Log of `bf10`."""
        return self.bayes_factor.log_bf10

    @property
    def error(self) -> float:
        """Error of `log_bf10`."""
        return self.bayes_factor.error

    @property
    def posterior_probability(self) -> float:
        """Posterior probability of the hypothesis asked about, under the stated prior odds.

        Of a null: of the null against its alternative. Of an order: of the order against its
        complement.
        """
        if self.order is not None:
            return self.order.complement.posterior_probability
        found = self.bayes_factor
        return replace(found, log_bf10=-found.log_bf10, prior_odds=1 / found.prior_odds
                       ).posterior_probability  # fmt: skip

    @property
    def words(self) -> str:
        """The evidence in words (of an order: against its complement)."""
        return (self.bayes_factor if self.order is None else self.order.complement).words

    def __repr__(self) -> str:
        found = self.bayes_factor
        scales = ", ".join(f"{name} {value}" for name, value in self.prior_scales)
        lines = [
            f"HypothesisTest: {self.hypothesis}",
            f"  BF10 {ratio_text(found.log_bf10)} (BF01 {ratio_text(-found.log_bf10)}), error of "
            f"the log {found.error:.1g}; {found.method}",
            f"  {self.words}",
            f"  P({self.hypothesis} | data) = {self.posterior_probability:.3g} at prior odds "
            f"{found.prior_odds:g}",
            f"  depends on: {scales or 'no prior scale'}",
            "  next: .curve.table, .to_dict()",
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The record, ready for JSON.

        Returns
        -------
        dict
            All fields; infinite Bayes factors are None, their logs are finite.
        """
        found, order = self.bayes_factor, self.order
        return {
            "hypothesis": self.hypothesis,
            "h1": found.hypothesis,
            "h0": found.null,
            "log_bf10": found.log_bf10,
            "error": found.error,
            "bf10": _finite(found.bf10),
            "bf01": _finite(found.bf01),
            "words": self.words,
            "method": found.method,
            "prior_odds": found.prior_odds,
            "posterior_probability": self.posterior_probability,
            "log_marginal_likelihood_h1": _evidence(self.alternative),
            "log_marginal_likelihood_h0": _evidence(self.null),
            "log_bf10_savage_dickey": self.savage_dickey,
            "order": None
            if order is None
            else {
                "prior": order.prior,
                "posterior": order.posterior,
                "prior_error": order.prior_error,
                "posterior_error": order.posterior_error,
                "log_bf_complement": order.complement.log_bf10,
                "bf_complement": _finite(order.complement.bf10),
            },
            "rope": self.rope or None,
            "rope_probability": self.rope_probability,
            "prior_scales": dict(self.prior_scales),
            "prior_sd": self.prior_sd,
            "curve": None if self.curve is None else _curve(self.curve),
            "notes": list(self.notes),
        }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _evidence(found: LogEvidence | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.log_value, "error": found.error, "engine": found.engine}


def _curve(curve: ScaleCurve) -> dict[str, Any]:
    return {
        "factor": curve.factors.tolist(),
        "scales": {name: values.tolist() for name, values in curve.scales.items()},
        "log_bf10": curve.log_bf10.tolist(),
        "error": curve.errors.tolist(),
        "crossings": [{"factor": at, "bf10": bound} for at, bound in curve.crossings],
    }
