"""The words and numbers that every part of the package shares, each in one place."""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "ALLIANCE_SCALES",
    "COEFFICIENT",
    "COMPONENT_ID",
    "DF",
    "EFFECT_COEFFICIENT",
    "EFFECT_ID",
    "GAMMA_EFFECT",
    "GAMMA_SAMPLE",
    "GROUP_ID",
    "INTERVAL_KIND",
    "INTERVAL_PROBABILITY",
    "LAMBDA_SAMPLE",
    "RHO",
    "ROPE_DIFFERENCE_R",
    "ROPE_EFFECT_R",
    "SAMPLE_COEFFICIENT",
    "SAMPLE_ID",
    "SCALE",
    "SCALE_CORRELATION",
    "SCALE_PAIR",
    "SCHEMA",
    "TAU_EFFECT",
    "TAU_GROUP",
    "TAU_SAMPLE",
    "TAU_SCALE",
    "TOTAL_SCALE",
    "Level",
    "Measure",
]

#: Version of the JSON that ``fit --json`` prints and of the saved fits.
SCHEMA: Final = 1

#: Dimensions of every posterior. A dimension named ``sample`` would collide with ArviZ's own.
COEFFICIENT: Final = "coefficient"
SAMPLE_ID: Final = "sample_id"
EFFECT_ID: Final = "effect_id"

#: Groups that samples lie in, and sets of samples and groups that are linked with one another.
GROUP_ID: Final = "group_id"
COMPONENT_ID: Final = "component_id"

#: Dimensions of what every scale of a questionnaire has for itself.
SCALE: Final = "scale"
SCALE_PAIR: Final = "scale_pair"

#: Standard deviations (never variances) of the sample level and the effect level.
TAU_SAMPLE: Final = "tau_sample"
TAU_EFFECT: Final = "tau_effect"

#: Standard deviation between groups of samples, where samples lie in groups.
TAU_GROUP: Final = "tau_group"

#: Standard deviations of the samples' true effects on each scale, and their correlations.
TAU_SCALE: Final = "tau_scale"
SCALE_CORRELATION: Final = "scale_correlation"

#: Correlation of the sampling errors of two effects of one sample, where it is estimated.
RHO: Final = "rho"

#: Degrees of freedom of sample effects that follow a t, and the weight of each sample: 1 for a
#: typical one, near 0 for one that lies apart.
DF: Final = "df"
LAMBDA_SAMPLE: Final = "lambda_sample"

#: Coefficients of the terms of log tau, and their dimensions.
GAMMA_SAMPLE: Final = "gamma_sample"
GAMMA_EFFECT: Final = "gamma_effect"
SAMPLE_COEFFICIENT: Final = "sample_coefficient"
EFFECT_COEFFICIENT: Final = "effect_coefficient"

Level = Literal["group", "sample", "effect"]

#: Effect measures: Fisher's z, raw r (sensitivity only), and ready yi with vi of any measure.
Measure = Literal["ZCOR", "COR", "GEN"]

#: One interval for tables, figures and prose.
INTERVAL_PROBABILITY: Final = 0.95
INTERVAL_KIND: Final = "equal-tailed"

#: Regions of practical equivalence, on r: |r| for an effect, |difference of r| for a difference.
ROPE_EFFECT_R: Final = 0.10
ROPE_DIFFERENCE_R: Final = 0.05

#: Order in which the scales of the Working Alliance Inventory are shown.
ALLIANCE_SCALES: Final = ("task", "goal", "bond", "total")

#: Level of a scale that stands for the sum of the others.
TOTAL_SCALE: Final = "total"
