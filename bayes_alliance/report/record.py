"""The JSON record of a fit, schema 1: fields may be added, none renamed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.data.lossless import table_hashes
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.names import INTERVAL_KIND, SCHEMA
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.benchmarks import BenchmarkSummary
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate, Range
from bayes_alliance.summaries.contrasts import ContrastSummary
from bayes_alliance.summaries.heterogeneity import I2_DEFINITION, HeterogeneitySummary, Tails
from bayes_alliance.summaries.samples import sample_effects
from bayes_alliance.summaries.scale_models import ScaleSummary

__all__ = [
    "benchmark_record",
    "coefficient_record",
    "contrast_record",
    "fit_record",
    "spread_record",
]


def fit_record(
    fitted: Fitted, answers: Answers, checks: Sequence[CheckResult], twin: Twin
) -> dict[str, Any]:
    """Everything a fit found, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    answers : Answers
        Its answers.
    checks : sequence of CheckResult
        Its checks.
    twin : Twin
        The same model by REML.

    Returns
    -------
    dict
        Schema 1; what this version or the engine does not have is None.
    """
    effects, spec, design = fitted.effects, fitted.specification, fitted.design
    posterior, provenance = fitted.posterior, fitted.posterior.provenance
    table, correlations = table_hashes(effects)
    return {
        "schema": SCHEMA,
        "data": {
            "name": effects.name,
            "effects": len(design.y),
            "samples": len(design.sample_ids),
            "groups": None if design.groups is None else len(design.groups.names),
            "participants": effects.keep(_used(fitted)).participants,
            "measure": design.measure,
            "sha256": effects.sha256,
            "table_sha256": table,
            "correlations_sha256": correlations,
            "reported_correlations": 0 if effects.correlations is None
            else len(effects.correlations),
            "synthetic": effects.synthetic,
            "notice": effects.notice,
            "notes": [str(note) for note in effects.notes],
        },
        "model": {"name": spec.name, "sha256": spec.sha256, "specification": spec.to_dict()},
        "engine": {
            "name": provenance.engine,
            "versions": provenance.versions,
            "seed": provenance.seed,
            "seconds": round(provenance.seconds, 3),
            "settings": provenance.settings,
            "declined": provenance.declined,
        },
        "interval": {"probability": answers.probability, "kind": INTERVAL_KIND},
        "coefficients": [coefficient_record(c) for c in answers.coefficients],
        "contrasts": [contrast_record(c) for c in answers.contrasts],
        "orders": [asdict(order) for order in answers.orders],
        "heterogeneity": _heterogeneity(answers),
        "explained": None if answers.explained is None else {
            **(spread_record(answers.explained.posterior) or {}),
            "prior_median": answers.explained.prior_median,
        },
        "rho": spread_record(answers.rho),
        "log_marginal_likelihood": posterior.log_marginal_likelihood,
        "log_marginal_likelihood_error": posterior.log_marginal_likelihood_error,
        "frequentist": twin.to_dict(),
        "samples": _samples(fitted, answers),
        "benchmarks": [benchmark_record(b) for b in answers.benchmarks],
        "rope": {"effect_r": answers.rope_effect, "difference_r": answers.rope_difference},
        "checks": [{"name": c.name, "passed": c.passed, "text": c.text} for c in checks],
        "left_out": [asdict(left) for left in design.left_out],
        "notes": list(design.notes),
        "estimand": design.estimand,
    }  # fmt: skip


def _i2_definition(answers: Answers) -> str:
    """How I^2 is computed, and from which taus where there is a choice."""
    told = [I2_DEFINITION]
    if answers.heterogeneity.tails is not None:
        told.append("tau_sample the scale of the t")
    if answers.scale_models:
        told.append("taus at the average of their terms")
    return ", ".join(told)


def _scale_model(models: Sequence[ScaleSummary]) -> dict[str, Any] | None:
    """What tau depends on, by level: coefficients of log tau, tau at levels, ratios of tau."""
    if not models:
        return None
    return {
        model.level: {
            "coefficients": [{"name": c.name, **asdict(c.estimate)} for c in model.coefficients],
            "tau": [{"name": c.name, **(spread_record(c.estimate) or {})} for c in model.at],
            "ratios": [
                {"name": r.name, **(spread_record(r.ratio) or {}), "p_larger": r.p_larger}
                for r in model.ratios
            ],
        }
        for model in models
    }


def _heterogeneity(answers: Answers) -> dict[str, Any]:
    """Standard deviations of all levels and their shares."""
    found = answers.heterogeneity
    return {
        "tau_group": spread_record(found.tau_group),
        "tau_sample": spread_record(found.tau_sample),
        "tau_effect": spread_record(found.tau_effect),
        "tau_total": spread_record(found.tau_total),
        "scales": _scales(found),
        "tails": _tails(found.tails),
        "scale_model": _scale_model(answers.scale_models),
        "i2": {
            "definition": _i2_definition(answers),
            "group": spread_record(found.i2_group),
            "sample": spread_record(found.i2_sample),
            "effect": spread_record(found.i2_effect),
        },
    }


def _tails(tails: Tails | None) -> dict[str, Any] | None:
    """Degrees of freedom and weights of the samples, the most outlying first."""
    if tails is None:
        return None
    outlying = {found.sample for found in tails.outlying}
    return {
        "distribution": "student_t",
        "df": spread_record(tails.df),
        "sd_sample": spread_record(tails.sd_sample),
        "weights": [
            {
                "sample": w.sample,
                **(spread_record(w.weight) or {}),
                "outlying": w.sample in outlying,
            }
            for w in tails.weights
        ],
    }


def _samples(fitted: Fitted, answers: Answers) -> list[dict[str, Any]]:
    """Shrunken means of the observed samples, and a new effect in each (r for correlations)."""
    frame = sample_effects(fitted.posterior, answers.scale, probability=answers.probability)
    frame["raw"] = frame["raw"].astype(object).where(frame["raw"].notna(), None)
    return [
        {
            "name": row["sample"],
            "effects": row["effects"],
            "raw": row["raw"],
            "estimate": {
                "median": row["estimate"], "lower": row["lower"], "upper": row["upper"],
            },
            "new_effect": {"lower": row["new_effect_lower"], "upper": row["new_effect_upper"]},
        }
        for row in frame.to_dict("records")
    ]  # fmt: skip


def _used(fitted: Fitted) -> list[bool]:
    used = set(fitted.design.rows.tolist())
    return [position in used for position in range(len(fitted.effects))]


def _range(given: Range | None, centre: str | None = None) -> dict[str, float | None] | None:
    if given is None:
        return None
    limits: dict[str, float | None] = {"lower": given.lower, "upper": given.upper}
    return limits if centre is None else {centre: given.centre, **limits}


def _scales(found: HeterogeneitySummary) -> dict[str, Any] | None:
    """Heterogeneity of each scale between samples; None where there is one for all effects."""
    if not found.scales:
        return None
    return {
        "tau_scale": [{"name": name, **(spread_record(e) or {})} for name, e in found.scales],
        "scale_correlation": [
            {"name": name, **(spread_record(e) or {})} for name, e in found.correlations
        ],
    }


def spread_record(estimate: Estimate | None) -> dict[str, float | None] | None:
    """Estimate of something that cannot be negative, ready for JSON.

    Parameters
    ----------
    estimate : Estimate or None
        For example of tau_sample.

    Returns
    -------
    dict or None
        mean, sd (an infinite one has no JSON: None), median, lower, upper.
    """
    if estimate is None:
        return None
    values = {key: value for key, value in asdict(estimate).items() if key != "p_positive"}
    return values | {"sd": values["sd"] if math.isfinite(values["sd"]) else None}


def coefficient_record(c: CoefficientSummary) -> dict[str, Any]:
    """One entry of ``coefficients``, ready for JSON.

    Parameters
    ----------
    c : CoefficientSummary
        The summary.

    Returns
    -------
    dict
        Its fields; None for what it does not have.
    """
    return {
        "name": c.name,
        "estimate": asdict(c.estimate),
        "r": _range(c.r, "median"),
        "r_mean": _range(c.r_mean, "mean"),
        "p_rope": c.p_rope,
        "prediction": None if c.new_sample is None else {
            "new_sample": _range(c.new_sample), "new_effect": _range(c.new_effect),
        },
        "prediction_r": None if c.new_sample_r is None else {
            "new_sample": _range(c.new_sample_r), "new_effect": _range(c.new_effect_r),
        },
    }  # fmt: skip


def contrast_record(c: ContrastSummary) -> dict[str, Any]:
    """One entry of ``contrasts``, ready for JSON.

    Parameters
    ----------
    c : ContrastSummary
        The summary.

    Returns
    -------
    dict
        Its fields; None for what it does not have.
    """
    return {
        "name": c.name,
        "estimate": asdict(c.estimate),
        "r": _range(c.r, "median"),
        "p_positive": c.p_positive,
        "p_rope": c.p_rope,
        "bf01": c.bf01,
        "bf01_prior_sd": c.prior_sd,
    }


def benchmark_record(b: BenchmarkSummary) -> dict[str, Any]:
    """One entry of ``benchmarks``, ready for JSON.

    Parameters
    ----------
    b : BenchmarkSummary
        The summary.

    Returns
    -------
    dict
        Its fields.
    """
    return {
        "name": b.name,
        "coefficient": b.coefficient,
        "r": b.r,
        "lower": b.lower,
        "upper": b.upper,
        "difference_r": _range(b.difference_r, "median"),
        "p_above": b.p_above,
        "p_rope": b.p_rope,
    }
