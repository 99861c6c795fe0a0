"""A fit as plain text that reads well at 80 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from bayes_alliance.checks.result import CheckResult, counted, headline
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.report.contrasts import contrasts_text
from bayes_alliance.report.heterogeneity import scale_text, tails_text
from bayes_alliance.report.layout import WIDTH, aligned, wrapped
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    interval,
    percent,
    probability,
    published,
)
from bayes_alliance.report.samples import samples_text
from bayes_alliance.report.twin import twin_text
from bayes_alliance.report.words import sentences
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.sampling_words import in_words
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Estimate, Range

__all__ = ["fit_head", "fit_text", "plain"]

MEASURES = {
    "ZCOR": "correlations, analysed on Fisher's z",
    "COR": "raw correlations (for sensitivity only)",
    "GEN": "effect sizes with their variances, as given",
}
MOST_ROWS_LISTED = 12
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def fit_text(fitted: Fitted, answers: Answers, checks: Sequence[CheckResult], twin: Twin) -> str:
    """Tell a fit in plain text: data, model, tables, sentences, checks.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    answers : Answers
        Its answers.
    checks : sequence of CheckResult
        Its checks; a failed one is told at the head too.
    twin : Twin
        The same model by REML.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    parts = [
        fit_head(fitted),
        _caution(checks),
        _coefficients(answers),
        _predictions(answers),
        contrasts_text(answers),
        samples_text(fitted, answers),
        _heterogeneity(answers),
        tails_text(answers),
        scale_text(answers),
        _sampling_errors(answers),
        _benchmarks(answers),
        twin_text(twin, answers),
        "In words\n" + "\n".join(
            wrapped(s, bullet="- ") for s in sentences(answers, synthetic=fitted.effects.synthetic)
        ),
        _checks(checks),
        _left_out(fitted),
        _warnings(fitted),
    ]  # fmt: skip
    return plain(parts)


def plain(parts: Sequence[str]) -> str:
    """Join paragraphs; a label cannot send commands to the terminal.

    Parameters
    ----------
    parts : sequence of str
        Paragraphs; empty ones are left out.

    Returns
    -------
    str
        The text.
    """
    return CONTROL.sub(" ", "\n\n".join(part for part in parts if part)) + "\n"


def fit_head(fitted: Fitted) -> str:
    """Tell data, model, priors and engine of an analysis, and what must be said about them.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    effects, spec, design = fitted.effects, fitted.specification, fitted.design
    provenance = fitted.posterior.provenance
    title = " ".join(f"{spec.about.title or spec.name} [{spec.name}]".split())
    data = (
        f"{effects.name}: {counted(len(design.y), 'effect size')} in "
        f"{counted(len(design.sample_ids), 'sample')}{_in_groups(design)}; "
        f"{MEASURES[design.measure]}"
    )
    settings = provenance.settings
    sampler = f" ({settings['chains']} chains of {settings['draws']} draws)" if settings else ""
    if fitted.posterior.grid is not None:
        sampler = f" (quadrature, {settings['nodes']} nodes)"
    if fitted.posterior.proposals is not None:
        sampler = f" (importance sampling, {settings['proposals']} points)"
    terms = " + ".join(term.name for term in design.terms) or "one overall mean"
    lines = [textwrap.fill(title, WIDTH), "=" * min(WIDTH, len(title))]
    told = [
        data,
        f"Location: {terms}. Sampling errors of one sample: {in_words(spec.sampling)}.",
        "" if design.scales is None else f"Effects of the samples by scale: {design.scales}.",
        f"Priors: {_priors(fitted)}.",
        f"Engine: {provenance.engine}{sampler}, seed {provenance.seed}, "
        f"{provenance.seconds:.1f} s. Intervals: equal-tailed.",
        design.estimand,
        *(f"The {name} engine declined: {why}." for name, why in provenance.declined.items()),
    ]
    marked = [f"NOTE {effects.notice}"] if effects.notice else []
    marked += [f"NOTE {note}" for note in design.notes]
    silent = sum("not significant" in left.reason for left in design.left_out)
    if silent:
        marked.append(
            f"NOTE {silent} effect size{'s' if silent > 1 else ''} printed only as not significant "
            "left out, which inflates the mean. Compare --set effect.not_significant=censored."
        )
    lines += [wrapped(text) for text in told if text] + [wrapped(text) for text in marked]
    return "\n".join(lines)


def _in_groups(design: Design) -> str:
    if design.groups is None:
        return ""
    return f" in {counted(len(design.groups.names), 'group')} ({design.groups.column})"


def _priors(fitted: Fitted) -> str:
    priors, design = fitted.specification.priors, fitted.design
    told = [f"location {priors.location}"]
    if design.prior_differences.shape[1]:
        told.append(f"differences {priors.differences}")
    if design.shrinkage is not None:
        told.append(f"shrinkage of differences {design.shrinkage}")
    if design.tau_total is not None:
        told += [f"tau_total {design.tau_total}", f"share between samples {design.share}"]
    else:
        groups = None if design.groups is None else design.groups.tau
        levels = (
            ("tau_group", groups), ("tau_sample", design.tau_sample),
            ("tau_effect", design.tau_effect),
        )  # fmt: skip
        told += [] if design.scales is None else design.scales.priors()
        told += [f"{name} {prior}" for name, prior in levels if prior is not None]
    if design.df is not None:
        told.append(f"df of the sample effects {design.df}")
    if design.scale_models:
        told.append(f"log ratios of tau {priors.scale}")
    if design.dependence is not None:
        told.append(f"rho {design.dependence.prior}")
    return ", ".join(told)


def _caution(checks: Sequence[CheckResult]) -> str:
    if all(check.passed is not False for check in checks):
        return ""
    return wrapped(f"CAUTION {headline(checks)}")


def _coefficients(answers: Answers) -> str:
    level = f"{100 * answers.probability:g} %"
    if not answers.scale.has_r:
        rows = [
            [
                c.name,
                decimal(e.median, 3),
                _limits(e, 3),
                decimal(e.sd, 3),
                probability(e.p_positive),
            ]
            for c in answers.coefficients
            for e in (c.estimate,)
        ]
        return "Estimates\n" + aligned(["", "median", f"{level} interval", "sd", "P(> 0)"], rows)
    means = [c for c in answers.coefficients if c.r is not None]
    rows = [
        [
            c.name,
            correlation(c.r.centre),
            interval(c.r, in_r=True),
            correlation(c.r_mean.centre),
            probability(c.estimate.p_positive),
            probability(c.p_rope),
        ]
        for c in means
        if c.r is not None and c.r_mean is not None and c.p_rope is not None
    ]
    head = ["", "median r", f"{level} interval", "mean r", "P(r > 0)",
            f"P(|r| < {correlation(answers.rope_effect)})"]  # fmt: skip
    text = "Correlations\n" + aligned(head, rows)
    differences = [c for c in answers.coefficients if c.r is None]
    if differences:
        rows = [
            [c.name, decimal(c.estimate.median, 3), _limits(c.estimate, 3),
             probability(c.estimate.p_positive)]
            for c in differences
        ]  # fmt: skip
        text += "\n\nDeviations from the equal-weight mean, and slopes (z)\n" + aligned(
            ["", "median", f"{level} interval", "P(> 0)"], rows
        )
    return text


def _limits(estimate: Estimate, digits: int) -> str:
    return interval(Range(None, estimate.lower, estimate.upper), in_r=False, digits=digits)


def _predictions(answers: Answers) -> str:
    in_r = answers.scale.has_r
    rows = []
    for c in answers.coefficients:
        sample, effect = (c.new_sample_r, c.new_effect_r) if in_r else (c.new_sample, c.new_effect)
        if sample is not None and effect is not None:
            rows.append([c.name, interval(sample, in_r=in_r), interval(effect, in_r=in_r)])
    head = ["", "mean of a new sample", "new effect in a new sample"]
    level = f"{100 * answers.probability:g} %"
    groups = "" if answers.heterogeneity.tau_group is None else "; a new sample is of a new group"
    return f"Predictions of true effects ({level} intervals{groups})\n" + aligned(head, rows)


def _heterogeneity(answers: Answers) -> str:
    found = answers.heterogeneity
    rows = [
        [name, decimal(e.median, 3), _limits(e, 3), "-" if share is None else percent(share.median),
         "" if share is None else f"[{percent(share.lower)}, {percent(share.upper)}]"]
        for name, e, share in (
            ("tau_group", found.tau_group, found.i2_group),
            ("tau_sample", found.tau_sample, found.i2_sample),
            *((f"tau of {scale}", e, None) for scale, e in found.scales),
            ("tau_effect", found.tau_effect, found.i2_effect),
            ("total", found.tau_total, None),
            *((f"correlation of {pair}", e, None) for pair, e in found.correlations),
            ("sd_sample", None if found.tails is None else found.tails.sd_sample, None),
            ("df", None if found.tails is None else found.tails.df, None),
        )
        if e is not None
    ]  # fmt: skip
    if not rows:
        return ""
    level = f"{100 * answers.probability:g} %"
    return (
        "Heterogeneity (standard deviations on the analysis scale; I^2 with trace(P))\n"
        + aligned(["", "median", f"{level} interval", "I^2", f"{level} interval"], rows)
    )


def _sampling_errors(answers: Answers) -> str:
    if answers.rho is None:
        return ""
    level = f"{100 * answers.probability:g} %"
    return wrapped(
        f"Sampling errors of one sample correlate rho = {decimal(answers.rho.median, 3)} "
        f"{_limits(answers.rho, 3)} (estimated; posterior median and {level} interval)."
    )


def _benchmarks(answers: Answers) -> str:
    if not answers.benchmarks:
        return ""
    rows = [
        [
            f"{b.coefficient} against {b.name}",
            published(b.r),
            correlation(b.difference_r.centre),
            interval(b.difference_r, in_r=True),
            probability(b.p_above),
            probability(b.p_rope),
        ]
        for b in answers.benchmarks
    ]
    width = correlation(answers.rope_difference)
    head = ["", "r", "ours - r", f"{100 * answers.probability:g} %", "P(> r)", f"P(< {width})"]
    return "Benchmarks\n" + aligned(head, rows)


def _checks(checks: Sequence[CheckResult]) -> str:
    marks = {True: "pass", False: "FAIL", None: "note"}
    shown = [check for check in checks if check.passed is not None or check.is_remark]
    lines = [wrapped(check.text, bullet=f"{marks[check.passed]}  ") for check in shown]
    silent = [check.name for check in checks if check not in shown]
    if silent:
        lines.append(wrapped(f"Not applicable here: {', '.join(silent)}."))
    return "Checks\n" + "\n".join([wrapped(headline(checks)), *lines]) if checks else ""


def _warnings(fitted: Fitted) -> str:
    """What is odd about the table."""
    lines = [wrapped(str(note.problem), bullet="- ") for note in fitted.effects.warnings]
    return "Warnings about the data\n" + "\n".join(lines) if lines else ""


def _left_out(fitted: Fitted) -> str:
    left = fitted.design.left_out
    if not left:
        return ""
    lines = [wrapped(str(one), bullet="- ") for one in left[:MOST_ROWS_LISTED]]
    if len(left) > MOST_ROWS_LISTED:
        lines.append(f"  and {len(left) - MOST_ROWS_LISTED} more (fit.left_out() lists all)")
    return f"Left out of this model: {counted(len(left), 'effect size')}\n" + "\n".join(lines)


def moderator_text(fits: Sequence[tuple[Fitted, Answers, Sequence[CheckResult]]]) -> str:
    """Tell several moderator models in one table each, with what the moderator explains.

    Parameters
    ----------
    fits : sequence of (Fitted, Answers, checks)
        Moderator models of the same data.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    title = "Moderators: does the correlation depend on anything that was recorded?"
    parts = [f"{title}\n{'=' * len(title)}"]
    for fitted, answers, checks in fits:
        terms = ", ".join(term.name for term in fitted.design.terms)
        used = counted(len(fitted.design.y), "effect size")
        if fitted.design.left_out:
            used += f", {len(fitted.design.left_out)} left out (no value)"
        parts.append(textwrap.fill(f"{terms} [{fitted.specification.name}]: {used}", WIDTH))
        parts += [_caution(checks), _levels(answers), contrasts_text(answers)]
        parts += [wrapped(s) for s in sentences(answers) if s.startswith("The terms explain")]
        parts.append(wrapped(headline(checks)))
    notices = {fitted.effects.notice for fitted, _, _ in fits if fitted.effects.notice}
    parts += [wrapped(f"NOTE {notice}") for notice in sorted(notices)]
    return plain(parts)


def _levels(answers: Answers) -> str:
    """Means and slopes, without the columns that moderators do not need."""
    rows = [
        [c.name, correlation(c.r.centre), interval(c.r, in_r=True)]
        for c in answers.coefficients
        if c.r is not None
    ]
    level = f"{100 * answers.probability:g} %"
    return aligned(["", "median r", f"{level} interval"], rows)
