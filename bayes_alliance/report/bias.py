"""Small-study effects and selection as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.report.corrections import away_from_zero
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, percent, probability
from bayes_alliance.report.record import coefficient_record
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.bias_answers import AVERAGED, NO_BIAS, BiasAnalysis
from bayes_alliance.sensitivity.bias_regression import SmallStudyFit
from bayes_alliance.summaries.coefficients import CoefficientSummary, Range, estimate_of
from bayes_alliance.summaries.evidence import BayesFactor, evidence_words
from bayes_alliance.summaries.headline import headline

__all__ = ["bias_record", "bias_sentences", "bias_text"]

#: What each mechanism claims, in words.
ASSUMED = {
    "effects": "The selection model assumes that effects get lost one by one: given the true mean "
    "of its sample, each effect is published with a probability that depends on its own one-sided "
    "p value. It does not account for samples of which no effect was published.",
    "samples": "The selection model assumes that whole samples get lost: a sample is published "
    "with all its effects, with a probability that depends on the one-sided p value of its most "
    "significant effect.",
}
EITHER = (
    "If results get lost in the other way, the model corrects too little or too much: look at both "
    "(--mechanism effects and --mechanism samples)."
)
PRIOR_OF_SLOPE = (
    "Prior of a slope: Normal(0, sd) with the sd that moves an effect of median {label} by one "
    "median standard error ({sds}). Where the true effect is 0 and only one-sided p < .025 is "
    "published, the mean moves by 2.34 standard errors."
)


def bias_text(found: BiasAnalysis) -> str:
    """Tell small-study effects and selection in plain text.

    Parameters
    ----------
    found : BiasAnalysis
        The finished analysis.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    return plain(
        [
            fit_head(found.fitted),
            "\n".join(wrapped(note) for note in found.notes if _warns(note)),
            _means(found),
            _slopes(found),
            _scales(found),
            _weights(found),
            "In words\n" + "\n".join(wrapped(line, bullet="- ") for line in bias_sentences(found)),
            "\n".join(wrapped(f"NOTE {note}") for note in found.notes if not _warns(note)),
        ]
    )


def _warns(note: str) -> bool:
    return note.startswith("CAUTION")


def _means(found: BiasAnalysis) -> str:
    in_r, several = found.scale.has_r, len(found.names) > 1
    write = correlation if in_r else decimal
    rows = []
    for row in found.table.reset_index().to_dict("records"):
        model, name = str(row["model"]), row["coefficient"]
        limits = interval(Range(None, row["lower"], row["upper"]), in_r=in_r)
        total = model == AVERAGED
        rows.append(
            [
                f"{name}: {model}" if several else model,
                f"{write(row['median'])} {limits}",
                probability(row["p_positive"]),
                "" if total else correlation(row["prior"], 3),
                "" if total else probability(row["posterior"]),
                "" if total else decimal(row["log_marginal_likelihood"]),
            ]
        )
    symbol = "r" if in_r else "Mean"
    heads = [f"{symbol} [{100 * INTERVAL_PROBABILITY:g} %]", "P(> 0)", "Prior", "Posterior"]
    title = "Mean under each claim about bias, and averaged over the claims"
    return f"{title}\n" + aligned(["", *heads, "log ML"], rows)


def _slopes(found: BiasAnalysis) -> str:
    rows = []
    for fit in found.regressions:
        slope, reml = fit.slope, fit.reml_slope
        limits = interval(Range(None, slope.lower, slope.upper), in_r=False)
        rows.append(
            [
                f"{fit.column.form}: {fit.column.label}",
                f"{decimal(slope.median)} {limits}",
                _factor(fit.evidence.bf10),
                _factor(fit.evidence.bf01),
                "-" if reml is None else decimal(reml.estimate),
                "-" if reml is None or reml.se_cr2 is None else decimal(reml.se_cr2),
                "-" if reml is None or reml.p_cr2 is None else probability(reml.p_cr2),
            ]
        )
    columns = ["", "Slope [95 %]", "BF10", "BF01", "REML", "CR2 SE", "p"]
    title = "Slopes, their Bayes factors (exact), and REML with CR2 beside"
    sds = ", ".join(f"{f.column.form} {decimal(f.column.prior_sd)}" for f in found.regressions)
    label = " or ".join(fit.column.label for fit in found.regressions)
    return f"{title}\n{aligned(columns, rows)}\n" + wrapped(
        PRIOR_OF_SLOPE.format(label=label, sds=sds)
    )


def _factor(value: float) -> str:
    if value >= 1000:
        return "> 1000"
    return "< 0.01" if value < 0.01 else decimal(value)


def _scales(found: BiasAnalysis) -> str:
    """Bayes factor and corrected mean along the curve over prior scales."""
    curve, first = found.curve, found.names[0]
    own = curve.loc[curve["coefficient"] == first]
    columns = ["Prior sd of the slope, times", *(f"{s:g}" for s in own["scale"].unique())]
    write = correlation if found.scale.has_r else decimal
    rows = []
    for fit in found.regressions:
        part = own.loc[own["regression"] == fit.column.form]
        rows.append([f"BF10 {fit.column.form}", *map(_factor, np.exp(part["log_bf10"]))])
        means = found.scale.to_r(part["mean"].to_numpy())
        symbol = "r" if found.scale.has_r else "Mean"
        label = first if len(found.names) > 1 else "corrected"
        rows.append([f"{symbol} {label}, {fit.column.form}", *map(write, means)])
    return aligned(columns, rows)


def _weights(found: BiasAnalysis) -> str:
    if found.selection is None:
        return wrapped(f"There is no selection model: {found.refusal}.")
    rows = []
    for step, row in found.selection.weights.iterrows():
        fixed = row["lower"] == row["upper"]
        limits = interval(Range(None, row["lower"], row["upper"]), in_r=False)
        weight = "1 (reference)" if fixed else f"{decimal(row['median'])} {limits}"
        mean = "-" if fixed else decimal(row["prior_mean"])
        rows.append([str(step), f"{row['count']:.0f}", weight, mean])
    unit = found.selection.steps.mechanism
    title = f"Chance to be published, relative to the first step ({unit} get lost)"
    columns = ["One-sided p", unit.capitalize(), "Weight [95 %]", "Prior mean"]
    return f"{title}\n" + aligned(columns, rows)


def bias_sentences(found: BiasAnalysis) -> list[str]:
    """Say what small-study effects and selection make of an analysis.

    Parameters
    ----------
    found : BiasAnalysis
        The finished analysis.

    Returns
    -------
    list of str
        Sentences.
    """
    told = [_egger(fit) for fit in found.regressions if fit.column.form == "PET"]
    if found.selection is not None:
        steps = found.selection.steps
        side = "positive" if steps.direction == 1 else "negative"
        told.append(f"{ASSUMED[steps.mechanism]} Significant {side} results are favoured. {EITHER}")
        told.append(_sampled(found))
    bias = found.bias
    told.append(
        f"Any bias against none: {_factors(bias)}; {bias.words}. Probability of no bias "
        f"{probability(found.models[0].prior)} before and "
        f"{probability(found.models[0].posterior)} after the data."
    )
    told += [_moved(found, position) for position in range(len(found.names))]
    for rule in found.conditional:
        value, lower, upper = found.scale.to_r(np.array([rule.estimate, rule.lower, rule.upper]))
        in_r = found.scale.has_r
        write = correlation if in_r else decimal
        told.append(
            f"The conventional conditional rule takes {rule.chosen} for {rule.coefficient} "
            "(PEESE where the one-sided p of the PET mean is p < .05; here "
            f"{_three_digits(rule.p)}): {write(value)} "
            f"{interval(Range(None, lower, upper), in_r=in_r)} by REML. It is shown "
            "for comparison; its interval does not know that a choice was made."
        )
    told.append(
        "Small studies can also differ for other reasons than bias (other clients, treatments, "
        "measures): a slope shows that they differ, not why."
    )
    return told


def _three_digits(p: float) -> str:
    """A p value beside its rule: .0451 must not read as .05."""
    if 0.001 <= p <= 0.999:
        return f"p = {correlation(p, 3)}"
    return f"p {probability(p)}"


def _factors(factor: BayesFactor) -> str:
    error = f" (relative error {percent(factor.error)})" if factor.error > 0.005 else ""
    return f"BF10 {_factor(factor.bf10)}, BF01 {_factor(factor.bf01)}{error}"


def _egger(fit: SmallStudyFit) -> str:
    words = evidence_words(
        fit.evidence.log_bf10,
        hypothesis="small-study effects",
        null="no small-study effects",
    )
    told = f"Multilevel Egger test (slope of PET): {_factors(fit.evidence)}; {words}."
    reml = fit.reml_slope
    if reml is None or reml.p_cr2 is None or reml.df_cr2 is None or reml.se_cr2 is None:
        return told
    return (
        f"{told} By REML the slope is {decimal(reml.estimate)} (CR2 SE {decimal(reml.se_cr2)}, "
        f"t = {decimal(reml.estimate / reml.se_cr2)}, df = {decimal(reml.df_cr2, 1)}, "
        f"p {_equals(reml.p_cr2)})."
    )


def _equals(p: float) -> str:
    text = probability(p)
    return text if text[0] in "<>" else f"= {text}"


def _sampled(found: BiasAnalysis) -> str:
    if found.selection is None:
        return ""
    d = found.selection.diagnostics
    return (
        f"NUTS: {d.draws:,} draws, largest R-hat {d.r_hat:.3f}, smallest effective sample size "
        f"{min(d.ess_bulk, d.ess_tail):,.0f}, {d.divergent} divergent; an importance sampler gives "
        f"the marginal likelihood (error {found.selection.evidence.error:.3f}, Pareto k "
        f"{d.pareto_k:.2f}) and the same means within {d.difference:.2f} posterior sd."
    )


def _moved(found: BiasAnalysis, position: int) -> str:
    name, rows = found.names[position], found.table.to_dict("index")
    before, after = rows[(NO_BIAS, name)], rows[(AVERAGED, name)]
    in_r = found.scale.has_r
    write = correlation if in_r else decimal

    def shown(row: dict[Any, Any]) -> str:
        limits = interval(Range(None, row["lower"], row["upper"]), in_r=in_r)
        return f"{write(row['median'])} {limits}"

    return (
        f"Averaged over all claims {name} is {shown(after)}, without bias {shown(before)}; "
        f"P({name} > 0) is {probability(after['p_positive'])}."
        + away_from_zero(before["median"], after["median"])
    )


def bias_record(found: BiasAnalysis) -> dict[str, Any]:
    """Small-study effects and selection, ready for JSON.

    Parameters
    ----------
    found : BiasAnalysis
        The finished analysis.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices, answers}]`` (one a claim,
        the averaged one last), ``slopes``, ``prior_scales``, ``weights``, ``diagnostics``,
        ``conditional_rule``, ``bias``, ``sentences``, ``notes``.
    """
    fitted, selection = found.fitted, found.selection
    mechanism = None if selection is None else selection.steps.mechanism
    answers = _answers(found)
    rows = [
        {
            "label": model.name,
            "choices": {
                "model": model.name,
                "predictor": found.predictor if model.name in ("PET", "PEESE") else None,
                "mechanism": mechanism if model.name == "selection" else None,
            },
            "answers": {
                **own,
                "prior_probability": model.prior,
                "posterior_probability": model.posterior,
                "log_marginal_likelihood_error": model.error,
            },
        }
        for model, own in zip(found.models, answers, strict=True)
    ]
    rows.append(
        {
            "label": AVERAGED,
            "choices": {"model": AVERAGED, "predictor": found.predictor, "mechanism": mechanism},
            "answers": {"coefficients": _averaged(found)},
        }
    )
    return {
        **analysis_frame(fitted, "bias"),
        "baseline": {"choices": {"model": NO_BIAS}, "answers": answers[0]},
        "rows": rows,
        "slopes": [_slope_record(fit) for fit in found.regressions],
        "prior_scales": found.curve.to_dict("records"),
        "weights": None if selection is None else _weights_record(selection.weights),
        "diagnostics": None if selection is None else _diagnostics(selection.diagnostics),
        "no_selection_model": found.refusal or None,
        "conditional_rule": [
            {name: getattr(rule, name) for name in rule.__dataclass_fields__}
            for rule in found.conditional
        ],
        "bias": _factor_record(found.bias),
        "sentences": bias_sentences(found),
        "notes": list(found.notes),
    }


def _answers(found: BiasAnalysis) -> list[dict[str, Any]]:
    fitted = found.fitted
    spec = fitted.specification
    asked: dict[str, Any] = {
        "orders": spec.location.orders,
        "rope_effect": spec.rope.effect_r,
        "rope_difference": spec.rope.difference_r,
    }
    return [
        headline_record(headline(fitted.posterior, fitted.design, **asked)),
        *(headline_record(fit.answers) for fit in found.regressions),
        *(
            headline_record(headline(fit.posterior, fitted.design, **asked))
            for fit in (found.selection,)
            if fit is not None
        ),
    ]


def _averaged(found: BiasAnalysis) -> list[dict[str, Any]]:
    records = []
    for position, name in enumerate(found.names):
        estimate = estimate_of(found.averaged(position))
        r = None
        if found.scale.has_r:
            ends = found.scale.to_r(np.array([estimate.median, estimate.lower, estimate.upper]))
            r = Range(*(float(end) for end in ends))
        records.append(coefficient_record(CoefficientSummary(name, estimate, r)))
    return records


def _slope_record(fit: SmallStudyFit) -> dict[str, Any]:
    reml = fit.reml_slope
    return {
        "regression": fit.column.form,
        "predictor": fit.column.label,
        "prior_sd": fit.column.prior_sd,
        "estimate": {name: getattr(fit.slope, name) for name in fit.slope.__dataclass_fields__},
        **_factor_record(fit.evidence),
        "frequentist": None if reml is None else reml.to_dict(),
    }


def _factor_record(factor: BayesFactor) -> dict[str, Any]:
    return {
        "log_bf10": factor.log_bf10,
        "bf10": _finite(factor.bf10),
        "bf01": _finite(factor.bf01),
        "error": factor.error,
        "words": factor.words,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _weights_record(weights: pd.DataFrame) -> list[dict[str, Any]]:
    rows: Sequence[dict[Any, Any]] = weights.reset_index().to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _diagnostics(found: Any) -> dict[str, Any]:
    record = {name: getattr(found, name) for name in found.__dataclass_fields__}
    record["cautions"] = list(found.cautions)
    record["pareto_k"] = _finite(found.pareto_k)
    return record
