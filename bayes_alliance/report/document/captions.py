"""Captions of the figures, and the sections of those that sensitivity analyses bring."""

from __future__ import annotations

from typing import Final

__all__ = ["CAPTIONS", "VARIED"]

VARIED: Final = {
    "evidence": "evidence",
    "priors": "sensitivity",
    "dependence": "sensitivity",
    "multiverse": "sensitivity",
    "design": "sensitivity",
    "leave-one-out": "influence",
    "moderators": "moderators",
    "bias": "bias",
}
CAPTIONS: Final = {
    "posterior": "Posterior densities of the means and of their differences.",
    "orchard": (
        "Effects, sized by their precision, with the posterior medians, their 95 % credible "
        "intervals (thick) and the 95 % prediction intervals of a new effect (thin)."
    ),
    "forest": (
        "Multilevel forest plot. Thin lines: reported effects with 95 % confidence intervals. "
        "Filled: the true effects behind them, with 95 % credible intervals. Below: posterior "
        "means and predictions."
    ),
    "forest_of_samples": "Forest plot by samples: the mean effect of each.",
    "benchmark": (
        "The posterior against published correlations; where their intervals were published, their "
        "own uncertainty is shown."
    ),
    "moderators": "Levels and slopes of the moderators, and comparisons of their levels.",
    "bubble": (
        "Effects against the moderator, sized by their precision, with the posterior regression "
        "line, its 95 % credible band and the 95 % prediction band of a new effect."
    ),
    "variance": "The variance of the effects, split by level, with 95 % credible intervals.",
    "joint_taus": (
        "Joint posterior density of the heterogeneity between and within samples, with the REML "
        "estimate and lines of equal total heterogeneity and of equal share."
    ),
    "shrinkage": (
        "True sample means as a function of the heterogeneity between samples, above the posterior "
        "density of that heterogeneity."
    ),
    "predictive": "Predictive distributions of the mean of a new sample and of a new effect.",
    "priors": "Prior and posterior densities of all parameters.",
    "predictive_checks": "Observed data against data that the fitted model would produce.",
    "loo_pit": (
        "Where each effect lies in its predictive distribution given the other samples; a "
        "well-calibrated model keeps to the diagonal."
    ),
    "funnel": "Funnel plots of effects and of sample means, with contours of the fitted model.",
    "traces": "Draws from the posterior in their order.",
    "ranks": "Ranks of the draws by chain; equal heights show that the chains agree.",
    "evidence": "Bayes factors of all hypotheses over the scale of their priors.",
    "alternatives": "The main answers under other priors.",
    "prior_curves": "The main answers over the scale of each prior.",
    "rho": "The main answers over the correlation of the sampling errors within samples.",
    "leave_one_out": "The first mean without each sample; the table has the others.",
    "baujat": (
        "Influence of each sample on the first mean against its misfit, after Baujat et al. (2002)."
    ),
    "cumulative": "The main answers as samples are added in order.",
    "moderator_evidence": "Evidence for and against each moderator.",
    "specification_curve": "The mean under every combination of defensible choices.",
    "means": "Means corrected for small-study effects and selection.",
    "weights": "Weights of the selection model.",
    "evidence_by_effect": "Probability of evidence by the size of the true effect.",
    "expected": "Expected evidence and precision after more samples.",
}
