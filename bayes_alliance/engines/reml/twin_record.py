"""What the frequentist twin leaves: frozen records, numbers on the scale of the effect sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bayes_alliance.engines.reml.profile_likelihood import VarianceInterval
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["Twin", "TwinCoefficient", "TwinTerm"]


@dataclass(frozen=True, slots=True)
class TwinCoefficient:
    """One coefficient or contrast by REML.

    Parameters
    ----------
    name : str
        As in the posterior.
    estimate, se : float
        REML estimate and its standard error given the variances.
    p, lower, upper : float
        Against z.
    df_t, p_t, lower_t, upper_t : float or None
        Against t with containment degrees of freedom; None where none are left.
    prior_shift : float
        How far the prior of the coefficients alone would move the estimate at the REML variances,
        in units of `se`.
    prior_width : float
        Standard deviation with that prior at the REML variances, in units of `se`; at most 1.
    se_cr2, df_cr2, p_cr2, lower_cr2, upper_cr2 : float or None
        CR2 standard error, Satterthwaite degrees of freedom, and t with them; None where the
        robust variance is not defined.
    """

    name: str
    estimate: float
    se: float
    p: float
    lower: float
    upper: float
    df_t: float | None
    p_t: float | None
    lower_t: float | None
    upper_t: float | None
    prior_shift: float
    prior_width: float
    se_cr2: float | None = None
    df_cr2: float | None = None
    p_cr2: float | None = None
    lower_cr2: float | None = None
    upper_cr2: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class TwinTerm:
    """HTZ test that a term makes no difference.

    Parameters
    ----------
    name : str
        The term.
    F : float or None
        Statistic; None where the test is not defined.
    df_numerator : int
        Number of contrasts.
    df_denominator : float or None
        Zhang's degrees of freedom, less what the numerator takes.
    p : float or None
        p value.
    reason : str
        Why there is no test; empty where there is one.
    """

    name: str
    F: float | None
    df_numerator: int
    df_denominator: float | None
    p: float | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Twin:
    """The same data and model by REML.

    Parameters
    ----------
    unavailable : str
        Why there is no fit; empty where there is one. Without a fit the numbers are None and the
        tuples empty.
    method : {"REML"}
        How the variances were estimated.
    probability : float
        Coverage of every interval.
    rho : float or None
        Correlation of the sampling errors of two effects of a sample; None where it differs from
        pair to pair or no sample has two effects.
    effects, samples : int
        k and S.
    groups : int or None
        G, where samples lie in groups.
    log_likelihood : float or None
        Restricted log likelihood (with log|X'X| / 2, as in metafor).
    sigma2_group, sigma2_sample, sigma2_effect : float or None
        Variances; None where the model has no heterogeneity at that level.
    interval_sample, interval_effect : VarianceInterval or None
        Profile-likelihood intervals of the variances; None where a variance was not estimated, and
        where samples lie in groups.
    coefficients, contrasts : tuple of TwinCoefficient
        What is reported, in the order of the design.
    terms : tuple of TwinTerm
        Joint tests of the terms.
    at_boundary : bool
        Whether an estimated variance is exactly 0.
    identified : bool
        Whether the data tell the estimated variances apart.
    converged : bool
        Whether the search ended at a maximum.
    notes : tuple of str
        What a reader has to know.
    plainer : str
        What the model has and REML has not, for example the t of the sample effects; empty if
        both are the same model.
    """

    unavailable: str = ""
    method: Literal["REML"] = "REML"
    probability: float = INTERVAL_PROBABILITY
    rho: float | None = None
    effects: int = 0
    samples: int = 0
    groups: int | None = None
    log_likelihood: float | None = None
    sigma2_group: float | None = None
    sigma2_sample: float | None = None
    sigma2_effect: float | None = None
    interval_sample: VarianceInterval | None = None
    interval_effect: VarianceInterval | None = None
    coefficients: tuple[TwinCoefficient, ...] = ()
    contrasts: tuple[TwinCoefficient, ...] = ()
    terms: tuple[TwinTerm, ...] = ()
    at_boundary: bool = False
    identified: bool = False
    converged: bool = False
    notes: tuple[str, ...] = ()
    plainer: str = ""

    def of(self, name: str) -> TwinCoefficient:
        """Return a coefficient or contrast by name.

        Parameters
        ----------
        name : str
            As in the posterior.

        Returns
        -------
        TwinCoefficient
            Its line.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        lines = {line.name: line for line in (*self.contrasts, *self.coefficients)}
        if name not in lines:
            raise InputError(
                Problem(
                    what=f"the REML fit has no coefficient or contrast {name!r}",
                    cure=f"Pass one of {', '.join(sorted(lines)) or 'none: there is no fit'}",
                    code="coefficient_unknown",
                )
            )
        return lines[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as the key ``frequentist`` of the JSON of a fit holds it.

        Returns
        -------
        dict
            Numbers, texts, lists and None only; a limit that is infinite is None.
        """
        plain = {
            "unavailable", "method", "probability", "rho", "effects", "samples", "log_likelihood",
            "groups", "sigma2_group", "sigma2_sample", "sigma2_effect", "at_boundary", "identified",
            "converged", "plainer",
        }  # fmt: skip
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__ if name in plain},
            "sigma2_sample_interval": _limits(self.interval_sample),
            "sigma2_effect_interval": _limits(self.interval_effect),
            "coefficients": [line.to_dict() for line in self.coefficients],
            "contrasts": [line.to_dict() for line in self.contrasts],
            "terms": [term.to_dict() for term in self.terms],
            "notes": list(self.notes),
        }


def _limits(interval: VarianceInterval | None) -> dict[str, float | None] | None:
    if interval is None:
        return None
    infinite = interval.upper == float("inf")
    return {"lower": interval.lower, "upper": None if infinite else interval.upper}
