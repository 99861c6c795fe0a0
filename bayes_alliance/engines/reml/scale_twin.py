"""The frequentist twin where every scale has sample effects of its own: REML of the same G.

Limits are against z with the model's standard errors. There is no CR2 covariance here, so that with
few samples they are too short; a note says so.
"""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.reml.structured import StructuredEstimate, estimate_structured
from bayes_alliance.engines.reml.twin_record import Twin, TwinCoefficient
from bayes_alliance.engines.reml.wald import effect_of_prior, wald_tests
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.scales import ScaleEffects

__all__ = ["scale_twin"]


def scale_twin(design: Design, scales: ScaleEffects, *, probability: float) -> Twin:
    """Fit a design with scale-specific sample effects by REML.

    Parameters
    ----------
    design : Design
        Arrays and names, with known sampling covariances.
    scales : ScaleEffects
        Its scales and the structure of their covariance.
    probability : float
        Coverage of every interval.

    Returns
    -------
    Twin
        Coefficients and contrasts with z limits, the covariance of the scales in a note.
    """
    covariances = design.covariances
    if covariances is None:
        covariances = tuple(np.diag(v) for v in np.split(design.variances, design.starts[1:]))
    cells = design.sample_index * len(scales.names) + scales.level
    # Without two effects of one scale in a sample, their variance is part of that of the scale.
    repeated = len(np.unique(cells)) < len(cells)
    fit = estimate_structured(
        y=design.y,
        X=design.X,
        starts=design.starts,
        level=scales.level,
        covariances=covariances,
        structure=scales.structure,
        effect=design.tau_effect is not None and repeated,
    )
    compared = {c.name: c.of - c.minus.mean(axis=0) for c in design.contrasts}
    return Twin(
        probability=probability,
        effects=len(design.y),
        samples=len(design.sample_ids),
        log_likelihood=fit.log_likelihood,
        sigma2_effect=fit.sigma2_effect if design.tau_effect is not None else None,
        coefficients=_lines(
            design, fit, {q.name: q.weights for q in design.quantities}, probability
        ),
        contrasts=_lines(design, fit, compared, probability),
        identified=True,
        converged=fit.converged,
        notes=tuple(_notes(scales, fit, design.tau_effect is not None and not repeated)),
    )


def _lines(
    design: Design, fit: StructuredEstimate, rows: dict[str, Array], probability: float
) -> tuple[TwinCoefficient, ...]:
    if not rows:
        return ()
    H = np.array(list(rows.values()))
    z = wald_tests(fit.beta, fit.covariance, contrasts=H, df=np.inf, probability=probability)
    shift, width = effect_of_prior(
        fit.beta, fit.covariance, H, mean=design.prior_mean, precision=design.prior_precision()
    )
    return tuple(
        TwinCoefficient(
            name=name,
            estimate=float(z.estimate[i]),
            se=float(z.se[i]),
            p=float(z.p[i]),
            lower=float(z.lower[i]),
            upper=float(z.upper[i]),
            df_t=None,
            p_t=None,
            lower_t=None,
            upper_t=None,
            prior_shift=float(shift[i] / z.se[i]),
            prior_width=float(width[i] / z.se[i]),
        )
        for i, name in enumerate(rows)
    )


def _notes(scales: ScaleEffects, fit: StructuredEstimate, merged: bool) -> list[str]:
    taus, R = np.sqrt(np.diag(fit.G)), fit.correlation
    told = ", ".join(f"{name} {tau:.3f}" for name, tau in zip(scales.names, taus, strict=True))
    notes = [f"REML estimates of tau by scale: {told}."]
    if scales.structure != "diagonal":
        first, second = np.triu_indices(len(taus), 1)
        pairs = ", ".join(
            f"{pair} {value:.2f}"
            for pair, value in zip(scales.pairs, R[first, second], strict=True)
            if np.isfinite(value)
        )
        notes.append(f"REML estimates of the correlations of the scales: {pairs}.")
    if merged:
        notes.append(
            "No sample has two effects of one scale: tau_effect is part of the tau of each scale "
            "here."
        )
    notes.append(
        "No CR2 standard errors with a heterogeneity for each scale; with few samples the z "
        "intervals are too short."
    )
    if not fit.converged:
        notes.append("The search did not end at a maximum of the likelihood.")
    return notes
