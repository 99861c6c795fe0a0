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

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
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
from bayes_alliance.sensitivity.bias_answers import (
    NO_BIAS,
    SELECTION,
    BiasAnalysis,
    BiasModel,
)
from bayes_alliance.sensitivity.bias_predictor import columns_of, default_predictor, link_note
from bayes_alliance.sensitivity.bias_regression import (
    SmallStudyFit,
    conditional_rule,
    fit_small_study,
    means_of,
    over_slope_scales,
)
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.coefficients import estimate_of

__all__ = ["analyse_bias", "refuse_bias"]

#: Prior probability of no bias; selection gets half of the rest, the regressions the other half.
PRIOR_NO_BIAS: Final = 0.5
#: Most draws a chain: intervals need no more.
MOST_DRAWS: Final = 1_000


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
        What the regressions are on; by default the standard error on Fisher's z where every
        variance follows from n, and wherever n is not known; else 1/sqrt(n) and 1/n.
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
        notes=_notes(effects, design, asked, selection),
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


def _notes(
    effects: EffectSizes, design: Design, predictor: str, selection: SelectionFit | None
) -> tuple[str, ...]:
    notes = [link_note(effects, design, predictor)]
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
