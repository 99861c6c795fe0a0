"""What the JSON of every sensitivity analysis has in common."""

from __future__ import annotations

from typing import Any

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import (
    INTERVAL_KIND,
    INTERVAL_PROBABILITY,
    SCHEMA,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
)
from bayes_alliance.report.record import coefficient_record, contrast_record, spread_record
from bayes_alliance.summaries.headline import Headline

__all__ = ["analysis_frame", "headline_record"]


def headline_record(found: Headline) -> dict[str, Any]:
    """Headline answers, keyed as in the JSON of a fit.

    Parameters
    ----------
    found : Headline
        The answers.

    Returns
    -------
    dict
        coefficients, contrasts, orders, heterogeneity, log_marginal_likelihood.
    """
    return {
        "coefficients": [coefficient_record(c) for c in found.coefficients],
        "contrasts": [contrast_record(c) for c in found.contrasts],
        "orders": [
            {"name": o.name, "probability": o.probability, "prior": o.prior} for o in found.orders
        ],
        "heterogeneity": {
            TAU_GROUP: spread_record(found.tau_group),
            TAU_SAMPLE: spread_record(found.tau_sample),
            TAU_EFFECT: spread_record(found.tau_effect),
        },
        "log_marginal_likelihood": found.log_marginal_likelihood,
    }


def analysis_frame(
    fitted: Fitted, what: str, probability: float = INTERVAL_PROBABILITY
) -> dict[str, Any]:
    """What every record of a sensitivity analysis begins with.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    what : str
        What was varied.
    probability : float
        Of every interval.

    Returns
    -------
    dict
        schema, what, data, model, interval, versions of the engine.
    """
    effects, spec = fitted.effects, fitted.specification
    return {
        "schema": SCHEMA,
        "what": what,
        "data": {
            "name": effects.name,
            "effects": len(fitted.design.y),
            "samples": len(fitted.design.sample_ids),
            "measure": fitted.design.measure,
            "sha256": effects.sha256,
            "synthetic": effects.synthetic,
            "notice": effects.notice,
        },
        "model": {"name": spec.name, "sha256": spec.sha256, "specification": spec.to_dict()},
        "interval": {"probability": probability, "kind": INTERVAL_KIND},
    }
