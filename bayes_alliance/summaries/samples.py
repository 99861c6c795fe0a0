"""True means of the observed samples, shrunken towards the model's mean, and their predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY, SAMPLE_ID
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.scale import Scale

__all__ = ["sample_effects"]


def sample_effects(
    posterior: Posterior, scale: Scale, *, probability: float = INTERVAL_PROBABILITY
) -> pd.DataFrame:
    """Raw and shrunken mean of every sample, and the prediction of one more effect in it.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    scale : Scale
        Results are on r for correlations, else on the analysis scale.
    probability : float
        Of every interval.

    Returns
    -------
    pandas.DataFrame
        One row a sample: ``sample``, ``effects``, ``raw`` (precision-weighted mean of its
        effects), ``estimate`` (posterior median of its true mean), ``lower``, ``upper``,
        ``new_effect_lower``, ``new_effect_upper`` (a new effect in this observed sample).
    """
    blocks = posterior.blocks
    constant = posterior.tree["constant_data"].dataset
    tau_effect = posterior.draws("tau_effect")
    mean, variance = posterior.deviations_of_samples()
    X, y = constant["X"].to_numpy(), posterior.tree["observed_data"]["y"].to_numpy()
    fixed = posterior.draws("beta") @ (np.add.reduceat(X, blocks.starts) / blocks.sizes[:, None]).T
    weight = np.where(constant["censored"], 0.0, 1 / constant["sampling_variance"])
    total = np.add.reduceat(weight, blocks.starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.add.reduceat(weight * y, blocks.starts) / total
    rows = []
    for i, name in enumerate(constant[SAMPLE_ID].to_numpy()):
        centre = fixed[:, i] + mean[:, i]
        true = MixtureMarginal(centre, np.sqrt(variance[:, i]))
        new = MixtureMarginal(centre, np.sqrt(variance[:, i] + np.square(tau_effect)))
        numbers = [
            raw[i],
            true.quantile(0.5),
            *true.interval(probability),
            *new.interval(probability),
        ]
        rows.append((str(name), int(blocks.sizes[i]), *_reported(np.array(numbers, float), scale)))
    columns = ["sample", "effects", "raw", "estimate", "lower", "upper",
               "new_effect_lower", "new_effect_upper"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _reported(numbers: Array, scale: Scale) -> Array:
    return scale.to_r(numbers) if scale.has_r else numbers
