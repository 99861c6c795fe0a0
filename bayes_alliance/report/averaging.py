"""Averages over models, and Bayes factors, as text and as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, probability
from bayes_alliance.sensitivity.model_average import ANY_LEVEL, AveragedModel, ModelAverage
from bayes_alliance.summaries.coefficients import Estimate, Range, estimate_of
from bayes_alliance.summaries.evidence import BayesFactor, ratio_text

__all__ = ["average_record", "average_text", "factor_record"]

#: So many models are listed in a text; the table has all.
MOST_MODELS = 8
LEVELS = {
    TAU_SAMPLE: "heterogeneity of samples",
    TAU_EFFECT: "heterogeneity within samples",
    ANY_LEVEL: "heterogeneity (any)",
    "mean": "a mean other than 0",
}
HELD = {"both": "both", "sample": "samples", "effect": "within", "none": "none"}


def factor_record(factor: BayesFactor) -> dict[str, Any]:
    """A Bayes factor, ready for JSON.

    Parameters
    ----------
    factor : BayesFactor
        The factor.

    Returns
    -------
    dict
        ``bf10`` and ``bf01`` (null beyond the largest number), ``log_bf10``, ``error``,
        ``prior_odds``, ``posterior_probability``, ``words``, ``method``.
    """
    return {
        "bf10": factor.bf10 if math.isfinite(factor.bf10) else None,
        "bf01": factor.bf01 if math.isfinite(factor.bf01) else None,
        "log_bf10": factor.log_bf10,
        "error": factor.error,
        "prior_odds": factor.prior_odds,
        "posterior_probability": factor.posterior_probability,
        "words": factor.words,
        "method": factor.method,
    }


def average_record(found: ModelAverage) -> dict[str, Any]:
    """An average over models, ready for JSON.

    Parameters
    ----------
    found : ModelAverage
        The average.

    Returns
    -------
    dict
        ``estimand``, ``inclusions``, ``mean``, ``new_sample``, ``new_effect``, ``heterogeneity``,
        ``differences``, ``models`` (all, the most probable first), ``notes``.
    """
    mean, new, effect = (
        estimate_of(m, found.probability) for m in (found.mean, found.new_sample, found.new_effect)
    )
    return {
        "effects": found.effects,
        "samples": found.samples,
        "estimand": found.estimand,
        "terms": list(found.terms),
        "always": list(found.always),
        "differences_sd": found.sd,
        "inclusions": [
            {"name": i.name, "kind": i.kind, "prior": i.prior, "posterior": i.posterior,
             **factor_record(i.factor)}
            for i in found.inclusions
        ],
        "mean": {"estimate": _finite(mean), "r": _in_r(found, found.range_of(mean))},
        "new_sample": {"estimate": _finite(new), "r": _in_r(found, found.range_of(new))},
        "new_effect": {"estimate": _finite(effect), "r": _in_r(found, found.range_of(effect))},
        "heterogeneity": {
            name: _finite(estimate_of(m, found.probability)) for name, m in found.taus.items()
        },
        "differences": [
            {"term": d.term, "name": d.name, "averaged": _finite(d.averaged),
             "included": _finite(d.included)}
            for d in found.differences
        ],
        "models": [_model(found, model) for model in found.models],
        "notes": list(found.notes),
    }  # fmt: skip


def _finite(found: Estimate) -> dict[str, float | None]:
    """An estimate; moments that heavy tails make infinite have no JSON."""
    return {name: x if math.isfinite(x) else None for name, x in asdict(found).items()}


def _in_r(found: ModelAverage, given: Range | None) -> dict[str, float | None] | None:
    if given is None or not found.scale.has_r:
        return None
    return {"median": given.centre, "lower": given.lower, "upper": given.upper}


def _model(found: ModelAverage, model: AveragedModel) -> dict[str, Any]:
    given = model.candidate
    return {
        "terms": list(given.terms),
        TAU_SAMPLE: given.has_sample,
        TAU_EFFECT: given.has_effect,
        "effect": given.effect,
        "prior": given.prior,
        "posterior": model.posterior,
        "log_marginal_likelihood": model.evidence.log_value,
        "log_marginal_likelihood_error": model.evidence.error,
        "estimate": None if model.mean is None else _finite(model.mean),
        "r": _in_r(found, found.range_of(model.mean)),
    }


def average_text(found: ModelAverage) -> str:
    """An average over models in plain text.

    Parameters
    ----------
    found : ModelAverage
        The average.

    Returns
    -------
    str
        Paragraphs of at most 80 columns.
    """
    return "\n\n".join([_inclusions(found), _averages(found), _models(found)])


def _inclusions(found: ModelAverage) -> str:
    title = (
        f"Average over {len(found.models)} models ({_space(found)}), prior sd of a difference "
        f"{found.sd:g}: does it belong in the model?"
    )
    rows = [
        [
            i.name if i.kind == "term" else LEVELS[i.name],
            probability(i.prior),
            probability(i.posterior),
            ratio_text(i.factor.log_bf10),
            ratio_text(-i.factor.log_bf10),
        ]
        for i in found.inclusions
    ]
    columns = ["", "prior P", "posterior P", "BF10", "BF01"]
    notes = [wrapped(f"NOTE {note}") for note in found.notes]
    return "\n".join([wrapped(title).strip(), aligned(columns, rows), *notes])


def _space(found: ModelAverage) -> str:
    """What the models are made of."""
    kinds = {i.kind for i in found.inclusions}
    parts = ["all subsets of the moderators"] if "term" in kinds else []
    parts += ["heterogeneity structures"] if "heterogeneity" in kinds else []
    parts += ["a mean of 0 or not"] if "effect" in kinds else []
    return ", ".join(parts) or "one model"


def _averages(found: ModelAverage) -> str:
    in_r = found.scale.has_r
    rows = []
    named = {
        "mean": found.mean,
        "mean of a new sample": found.new_sample,
        "new effect in a new sample": found.new_effect,
        **found.taus,
    }
    for name, marginal in named.items():
        e = estimate_of(marginal, found.probability)
        is_tau = name in found.taus
        if is_tau and e.mean == e.upper == 0:  # no model has this level
            continue
        shown = Range(e.median, e.lower, e.upper) if is_tau else found.range_of(e)
        if shown is not None:
            write = correlation if in_r and not is_tau else decimal
            rows.append([name, write(shown.centre), interval(shown, in_r=in_r and not is_tau)])
    title = "Averaged over the models" + (
        " (r: median true correlation; taus on the analysis scale)" if in_r else ""
    )
    table = aligned(["", "median", f"{100 * found.probability:g} %"], rows)
    return f"{wrapped(title).strip()}\n{table}\n{wrapped(found.estimand)}"


def _models(found: ModelAverage) -> str:
    in_r = found.scale.has_r
    write = correlation if in_r else decimal
    rows, unread = [], False
    for model in found.models[:MOST_MODELS]:
        given, shown = model.candidate, found.range_of(model.mean)
        cells = ["-", "-"] if given.effect else ["0", ""]
        if shown is not None:
            cells = [write(shown.centre), interval(shown, in_r=in_r)]
        unread = unread or (shown is None and given.effect)
        terms = " + ".join((*found.always, *given.terms)) or "no moderator"
        rows.append([terms, HELD[given.structure], probability(given.prior),
                     probability(model.posterior), *cells])  # fmt: skip
    limits = f"{100 * found.probability:g} %"
    columns = ["", "heterogeneity", "prior P", "posterior P", "mean", limits]
    shown_all = len(found.models) <= MOST_MODELS
    head = "All models" if shown_all else f"The {MOST_MODELS} most probable models"
    lines = [head, aligned(columns, rows)]
    if unread:
        lines.append(wrapped("-: so improbable that its mean was not computed."))
    return "\n".join(lines)
