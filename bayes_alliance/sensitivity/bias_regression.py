"""PET, PEESE and the multilevel Egger test: exact fits of the model with one more column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.engines.reml.twin_record import Twin, TwinCoefficient
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.sensitivity.bias_predictor import Column, with_column
from bayes_alliance.spec.coding import Quantity
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.coefficients import Estimate, estimate_of
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.headline import Headline, headline

__all__ = [
    "SCALES",
    "Conditional",
    "SmallStudyFit",
    "conditional_rule",
    "fit_small_study",
    "means_of",
    "over_slope_scales",
]

#: Factors on the prior sd of the slope along the curve over prior scales.
SCALES: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
#: One-sided level of the PET mean in the conventional conditional rule.
CONDITIONAL_LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True)
class SmallStudyFit:
    """An analysis with a slope on the standard error (PET) or its square (PEESE).

    Parameters
    ----------
    column : Column
        The predictor.
    design : Design
        The analysis with its column; means are those at predictor 0.
    posterior : QuadraturePosterior
        The exact answer.
    answers : Headline
        Its headline answers: every mean is corrected.
    slope : Estimate
        Posterior of the slope, per unit of the predictor.
    evidence : BayesFactor
        Of a slope against none.
    twin : Twin
        The same by REML, with CR2 standard errors.
    """

    column: Column
    design: Design
    posterior: QuadraturePosterior
    answers: Headline
    slope: Estimate
    evidence: BayesFactor
    twin: Twin

    @property
    def reml_slope(self) -> TwinCoefficient | None:
        """The slope by REML, for PET the multilevel Egger test; None without a REML fit."""
        return None if self.twin.unavailable else self.twin.of(self.column.name)

    def mean(self, quantity: Quantity) -> Marginal:
        """Marginal of a corrected mean.

        Parameters
        ----------
        quantity : Quantity
            A mean of the analysis without the column.

        Returns
        -------
        Marginal
            On the analysis scale, at predictor 0.
        """
        return self.posterior.linear(np.append(quantity.weights, 0.0))


def means_of(design: Design) -> tuple[Quantity, ...]:
    """Reported quantities that are means.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    tuple of Quantity
        In the order in which they are reported.
    """
    return tuple(q for q in design.quantities if q.role == "mean")


def fit_small_study(fitted: Fitted, column: Column) -> SmallStudyFit:
    """Fit an analysis with one predictor of small-study effects, exactly.

    The Bayes factor compares the marginal likelihoods with and without the column; the prior of
    the slope is independent of all others, so that it equals the Savage-Dickey ratio of the slope
    at 0.

    Parameters
    ----------
    fitted : Fitted
        An exact fit with proper priors.
    column : Column
        The predictor.

    Returns
    -------
    SmallStudyFit
        The fit.
    """
    spec, design = fitted.specification, with_column(fitted.design, column)
    options = RunOptions.of(spec.run, cores=1, progress=False)
    posterior = ExactEngine().run_brief(design, options)
    weights = np.eye(len(design.coefficients))[-1]
    return SmallStudyFit(
        column=column,
        design=design,
        posterior=posterior,
        answers=headline(
            posterior,
            design,
            orders=spec.location.orders,
            rope_effect=spec.rope.effect_r,
            rope_difference=spec.rope.difference_r,
        ),
        slope=estimate_of(posterior.linear(weights)),
        evidence=BayesFactor(
            hypothesis=f"a slope on the {column.label}",
            null="no slope",
            log_bf10=_log_evidence(posterior) - _log_evidence(fitted.posterior),
            error=_error(posterior) + _error(fitted.posterior),
        ),
        twin=frequentist_twin(design, rho=fitted.typical_rho),
    )


def _log_evidence(posterior: object) -> float:
    value = getattr(posterior, "log_marginal_likelihood", None)
    if value is None:
        raise ValueError("a Bayes factor needs marginal likelihoods")
    return float(value)


def _error(posterior: object) -> float:
    return float(getattr(posterior, "log_marginal_likelihood_error", None) or 0.0)


def over_slope_scales(
    fitted: Fitted, columns: Sequence[Column], scales: Sequence[float] = SCALES
) -> pd.DataFrame:
    """Bayes factor of the slope and corrected means over the scale of the slope's prior.

    Parameters
    ----------
    fitted : Fitted
        An exact fit with proper priors.
    columns : sequence of Column
        The predictors.
    scales : sequence of float
        Factors on the prior sd of the slope.

    Returns
    -------
    pandas.DataFrame
        One row a regression, scale and mean: ``regression``, ``scale``, ``prior_sd`` (of the
        slope), ``slope``, ``log_bf10``, ``coefficient``, ``mean``, ``sd`` (posterior, on the
        analysis scale).
    """
    engine, rows = ExactEngine(), []
    without = _log_evidence(fitted.posterior)
    for column in columns:
        for scale in scales:
            grid = engine.solve(with_column(fitted.design, column, scale))
            posterior = QuadraturePosterior(
                tree=fitted.posterior.tree,
                blocks=fitted.posterior.blocks,
                provenance=fitted.posterior.provenance,
                grid=grid,
            )
            slope = float(grid.moments()[1][len(fitted.design.coefficients)])
            for quantity in means_of(fitted.design):
                marginal = posterior.linear(np.append(quantity.weights, 0.0))
                rows.append(
                    {
                        "regression": column.form,
                        "scale": float(scale),
                        "prior_sd": float(scale * column.prior_sd),
                        "slope": slope,
                        "log_bf10": grid.log_evidence - without,
                        "coefficient": quantity.name,
                        "mean": marginal.mean,
                        "sd": marginal.sd,
                    }
                )
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class Conditional:
    """What the conditional PET-PEESE rule takes for one mean.

    Parameters
    ----------
    coefficient : str
        The mean.
    chosen : str
        ``PEESE`` where the mean by PET is above 0 at one-sided p < .05, else ``PET``.
    p : float
        That one-sided p value (CR2; against z where CR2 is not defined).
    estimate, lower, upper : float
        By REML in the regression chosen, on the analysis scale.
    """

    coefficient: str
    chosen: str
    p: float
    estimate: float
    lower: float
    upper: float


def conditional_rule(fits: Sequence[SmallStudyFit], direction: int = 1) -> tuple[Conditional, ...]:
    """The conventional rule: PEESE where PET finds an effect, else PET (Stanley & Doucouliagos).

    It is shown because readers ask for it. It turns a smooth question into a jump, and its interval
    does not know that a choice was made; averaging does not have these faults.

    Parameters
    ----------
    fits : sequence of SmallStudyFit
        PET and PEESE.
    direction : {1, -1}
        Sign of the effect that is expected.

    Returns
    -------
    tuple of Conditional
        One a mean; empty unless both regressions have REML fits.
    """
    by_form: dict[str, SmallStudyFit] = {fit.column.form: fit for fit in fits}
    if set(by_form) != {"PET", "PEESE"} or any(fit.twin.unavailable for fit in fits):
        return ()
    rules = []
    for quantity in means_of(by_form["PET"].design):
        p = _one_sided(by_form["PET"].twin.of(quantity.name), direction)
        chosen = "PEESE" if p < CONDITIONAL_LEVEL else "PET"
        taken = by_form[chosen].twin.of(quantity.name)
        lower, upper = taken.lower_cr2, taken.upper_cr2
        rules.append(
            Conditional(
                coefficient=quantity.name,
                chosen=chosen,
                p=p,
                estimate=taken.estimate,
                lower=taken.lower if lower is None else lower,
                upper=taken.upper if upper is None else upper,
            )
        )
    return tuple(rules)


def _one_sided(line: TwinCoefficient, direction: int) -> float:
    p = line.p if line.p_cr2 is None else line.p_cr2
    return p / 2 if np.sign(line.estimate) == direction else 1 - p / 2
