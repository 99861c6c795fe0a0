r"""Small-study effects and selection side by side, and averaged.

Four claims about how the published effects came about: no bias; a slope on the standard error
(PET); a slope on its square (PEESE); selection by steps of p. Half of the prior probability goes to
no bias, a quarter to the two regressions together and a quarter to selection (as in robust Bayesian
meta-analysis: Bartos, Maier, Wagenmakers, Doucouliagos & Stanley 2023, doi 10.1002/jrsm.1594);
without a selection model the regressions share the half. The averaged mean is the mixture of the
posteriors of the mean, weighted by the posterior probabilities of the claims. Marginal likelihoods
of the first three are exact to the reported error of the quadrature, that of the selection model
has a Monte Carlo error, which is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.fit import SelectionFit, fit_selection
from bayes_alliance.engines.selection.steps import (
    CUTPOINTS,
    Mechanism,
    refusal_of_selection,
    steps_of,
)
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.sensitivity.bias_predictor import columns_of, default_predictor, link_note
from bayes_alliance.sensitivity.bias_regression import (
    Conditional,
    SmallStudyFit,
    conditional_rule,
    fit_small_study,
    means_of,
    over_slope_scales,
)
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.coefficients import Estimate, estimate_of
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.scale import Scale

__all__ = ["AVERAGED", "NO_BIAS", "BiasAnalysis", "BiasModel", "analyse_bias", "refuse_bias"]

NO_BIAS: Final = "no bias"
AVERAGED: Final = "averaged"
SELECTION: Final = "selection"
#: Prior probability of no bias; selection gets half of the rest, the regressions the other half.
PRIOR_NO_BIAS: Final = 0.5
#: Most draws a chain: intervals need no more.
MOST_DRAWS: Final = 1_000


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


def refuse_bias(design: Design, specification: Specification) -> None:
    """Refuse an analysis whose regressions on the standard error have no exact Bayes factors.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.

    Raises
    ------
    InputError
        If the exact engine cannot run it, a prior is flat, or the model has no mean to correct.
    """
    reason = ExactEngine().declines(design)
    cure = "Take a simpler model, such as overall or subscales_independent"
    if reason is None and design.flat:
        reason = f"the prior of {design.flat[0]} is flat, and there are no Bayes factors"
        cure = f'Give a proper prior: --set priors.{design.flat[0]}.family="normal"'
    if reason is None and len(design.y) < 3:
        reason, cure = "there are fewer than three effects", "Small-study effects need more data"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"small-study effects are computed by the exact engine: {reason}",
                where=f"model {specification.name}",
                cure=cure,
                code="no_exact_bias",
            )
        )


def analyse_bias(
    fitted: Fitted,
    *,
    predictor: str | None = None,
    mechanism: Mechanism = "effects",
    cutpoints: tuple[float, ...] = CUTPOINTS,
    select: bool = True,
    cores: int = 2,
    progress: bool = False,
) -> BiasAnalysis:
    """Compare an analysis with regressions on the standard error and a selection model.

    Parameters
    ----------
    fitted : Fitted
        A fit with proper priors; one that was sampled is computed exactly first.
    predictor : {"se", "n", "variance", "inverse_n"}, optional
        What the regressions are on; by default the standard error on Fisher's z and where n is
        not known, else 1/sqrt(n) and 1/n.
    mechanism : {"effects", "samples"}
        How results get lost in the selection model: effects one by one, or whole samples
        according to their most significant effect.
    cutpoints : tuple of float
        One-sided p values between the steps.
    select : bool
        False: no selection model, nothing is sampled.
    cores : int
        Processor cores for the chains.
    progress : bool
        Whether a progress bar is shown.

    Returns
    -------
    BiasAnalysis
        Regressions, selection, and what they give on average.

    Raises
    ------
    InputError
        If the predictor or mechanism is unknown, n is missing, or the predictor is constant.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> fitted = run_analysis(ba.load("ibi_synthetic"), ba.read_specification("overall"))
    >>> found = analyse_bias(fitted, select=False)
    >>> found.table["median"].round(2).to_dict()[("PET", "overall")]
    0.16
    """
    refuse_bias(fitted.design, fitted.specification)
    fitted = _exact(fitted)
    effects, design = fitted.effects, fitted.design
    asked = predictor or default_predictor(effects, design)
    columns = columns_of(effects, design, asked)
    direction = _direction(fitted)
    steps = steps_of(design, mechanism=mechanism, cutpoints=cutpoints, direction=direction)
    refusal = (refusal_of_selection(design) or "") if select else "none was asked for"
    regressions = tuple(fit_small_study(fitted, column) for column in columns)
    selection = None
    if not refusal:
        run = RunOptions.of(fitted.specification.run, cores=cores, progress=progress)
        given = replace(run, draws=min(run.draws, MOST_DRAWS), tune=max(run.tune, 500))
        selection = fit_selection(design, steps, given)
    return BiasAnalysis(
        fitted=fitted,
        predictor=asked,
        direction=direction,
        regressions=regressions,
        conditional=conditional_rule(regressions, direction),
        curve=over_slope_scales(fitted, columns),
        selection=selection,
        refusal=refusal,
        models=_models(fitted, regressions, selection),
        notes=_notes(design, asked, selection),
    )


def _exact(fitted: Fitted) -> Fitted:
    """The fit itself where it is exact, else the exact fit of the same analysis."""
    if fitted.posterior.grid is not None and fitted.posterior.log_marginal_likelihood is not None:
        return fitted
    exact = fitted.specification.with_changes({"run.engine": "exact"})
    return run_analysis(fitted.effects, exact)


def _direction(fitted: Fitted) -> int:
    """Sign of the average of all means without bias."""
    weights = np.mean([q.weights for q in means_of(fitted.design)], axis=0)
    return 1 if fitted.posterior.linear(weights).mean >= 0 else -1


def _notes(design: Design, predictor: str, selection: SelectionFit | None) -> tuple[str, ...]:
    notes = [link_note(design, predictor)]
    samples = len(design.sample_ids)
    if samples < 10:
        notes.append(
            f"With {samples} samples neither a slope nor a weight can be known well: the priors "
            "decide."
        )
    if selection is not None:
        notes += [f"CAUTION Selection model: {c}." for c in selection.diagnostics.cautions]
        empty = [s for s, n in selection.weights["count"].items() if n == 0]
        if empty:
            unit = selection.steps.mechanism
            notes.append(
                f"No published {unit} lie in the step {', '.join(map(str, empty))}: its weight is "
                "known only from what the model expects there, and from the prior."
            )
    return tuple(notes)


def _models(
    fitted: Fitted, regressions: Sequence[SmallStudyFit], selection: SelectionFit | None
) -> tuple[BiasModel, ...]:
    quantities = means_of(fitted.design)
    rest = 1 - PRIOR_NO_BIAS
    of_regression = rest * (0.5 if selection is not None else 1.0) / len(regressions)
    posteriors = [(NO_BIAS, PRIOR_NO_BIAS, fitted.posterior)]
    posteriors += [(fit.column.form, of_regression, fit.posterior) for fit in regressions]
    if selection is not None:
        posteriors.append((SELECTION, rest / 2, selection.posterior))
    marginals = [tuple(fitted.posterior.linear(q.weights) for q in quantities)]
    marginals += [tuple(fit.mean(q) for q in quantities) for fit in regressions]
    if selection is not None:
        marginals.append(tuple(selection.posterior.linear(q.weights) for q in quantities))
    prior = np.array([p for _, p, _ in posteriors])
    evidence = np.array([p.log_marginal_likelihood for _, _, p in posteriors], float)
    weights = _normalised(np.log(prior) + evidence)
    return tuple(
        BiasModel(
            name=name,
            prior=share,
            posterior=float(weight),
            log_evidence=float(log_value),
            error=float(posterior.log_marginal_likelihood_error or 0.0),
            means=means,
            tau_sample=estimate_of(posterior.tau("sample"))
            if fitted.design.tau_sample is not None
            else None,
            tau_effect=estimate_of(posterior.tau("effect"))
            if fitted.design.tau_effect is not None
            else None,
        )
        for (name, share, posterior), weight, log_value, means in zip(
            posteriors, weights, evidence, marginals, strict=True
        )
    )


def _normalised(log_weights: Array) -> Array:
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum())
