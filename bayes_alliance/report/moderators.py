"""Evidence on moderators as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bayes_alliance.checks.result import counted
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.averaging import average_record, average_text, factor_record
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, probability
from bayes_alliance.report.record import contrast_record
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison, ModeratorEvidence
from bayes_alliance.spec.design import LeftOut
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.evidence import evidence_words, ratio_text
from bayes_alliance.summaries.headline import Headline

__all__ = ["moderators_record", "moderators_text"]

#: So many rows that are left out are listed in a text; the table has all.
MOST_ROWS = 12
SELECTED = (
    "Of a categorical moderator the two levels furthest apart are shown: chosen so, their "
    "difference looks larger than it is, and its interval is no test of the moderator."
)


def moderators_record(
    fitted: Fitted,
    comparison: ModeratorComparison,
    baseline: Headline,
    *,
    own: ModeratorComparison | None = None,
    average: ModelAverage | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Evidence on moderators, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis without the moderators.
    comparison : ModeratorComparison
        On the rows where all are known.
    baseline : Headline
        Answers of the analysis itself.
    own : ModeratorComparison, optional
        Each on the rows where it is known, where these differ.
    average : ModelAverage, optional
        The average over all subsets.
    notes : sequence of str
        More than those of the comparison.

    Returns
    -------
    dict
        ``baseline``, ``compared_on``, ``prior``, ``rows[{label, choices, answers}]``,
        ``averaging``, ``sentences``, ``notes``.
    """
    own_rows = [None] * len(comparison.found) if own is None else own.found
    first = comparison.found[0]
    return {
        **analysis_frame(fitted, "moderators", comparison.probability),
        "baseline": {"choices": {"moderator": None}, "answers": headline_record(baseline)},
        "compared_on": {
            "effects": first.effects,
            "samples": first.samples,
            "left_out": [asdict(row) for row in comparison.left_out],
        },
        "prior": {
            "differences_sd": comparison.sd,
            "prior_odds": comparison.prior_odds,
            "always": list(comparison.always),
        },
        "rows": [_row(one, mine) for one, mine in zip(comparison.found, own_rows, strict=True)],
        "averaging": None if average is None else average_record(average),
        "sentences": list(comparison.sentences),
        "notes": [*comparison.notes, *notes],
    }


def _row(one: ModeratorEvidence, own: ModeratorEvidence | None) -> dict[str, Any]:
    term = one.term
    return {
        "label": one.name,
        "choices": {
            "moderator": term.name,
            "kind": term.kind,
            "levels": dict(zip(term.levels, term.counts, strict=True)) if term.levels else None,
            "unit": term.unit,
        },
        "answers": {
            **factor_record(one.factor),
            "verdict": one.verdict,
            "over_prior_sd": [
                {"differences_sd": sd, **factor_record(factor)} for sd, factor in one.over_scales
            ],
            "difference": contrast_record(one.difference),
            "p_all_rope": one.p_all_rope,
            "own_rows": None if own is None else {
                "effects": own.effects, "samples": own.samples, **factor_record(own.factor),
            },
        },
    }  # fmt: skip


def moderators_text(
    fitted: Fitted,
    comparison: ModeratorComparison,
    *,
    own: ModeratorComparison | None = None,
    average: ModelAverage | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Evidence on moderators in plain text.

    Parameters
    ----------
    fitted : Fitted
        The analysis without the moderators.
    comparison : ModeratorComparison
        On the rows where all are known.
    own : ModeratorComparison, optional
        Each on the rows where it is known, where these differ.
    average : ModelAverage, optional
        The average over all subsets.
    notes : sequence of str
        More than those of the comparison.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    told = [*comparison.sentences, *_moved_by_rows(comparison, own)]
    return plain(
        [
            fit_head(fitted),
            _evidence(comparison),
            "\n".join(wrapped(line, bullet="- ") for line in told),
            _scales(comparison, own),
            _differences(comparison),
            "" if average is None else average_text(average),
            _rows(comparison.left_out),
            "\n".join(wrapped(f"NOTE {note}") for note in (*comparison.notes, *notes)),
        ]
    )


def _moved_by_rows(
    comparison: ModeratorComparison, own: ModeratorComparison | None
) -> Iterator[str]:
    """Moderators of which their own rows say something else than the rows of all."""
    for common, one in zip(comparison.found, () if own is None else own.found, strict=False):
        if common.verdict != one.verdict:
            yield (
                f"The rows decide about {one.name}: BF01 is "
                f"{ratio_text(-common.factor.log_bf10)} on the {common.effects} effect sizes "
                f"where all moderators are known, {ratio_text(-one.factor.log_bf10)} on the "
                f"{one.effects} where it is known itself. Tell both."
            )


def _evidence(comparison: ModeratorComparison) -> str:
    first = comparison.found[0]
    always = f" beside {' + '.join(comparison.always)}" if comparison.always else ""
    title = (
        f"Evidence on each moderator{always}: the model with it (1) against the one without (0), "
        f"on the same {counted(first.effects, 'effect size')} in "
        f"{counted(first.samples, 'sample')}; prior sd of a difference {comparison.sd:g}, prior "
        f"odds {comparison.prior_odds:g}"
    )
    rows = [
        [one.name, ratio_text(-one.factor.log_bf10), ratio_text(one.factor.log_bf10),
         probability(one.factor.posterior_probability), _short(one)]
        for one in comparison.found
    ]  # fmt: skip
    columns = ["", "BF01", "BF10", "P(1)", "evidence"]
    return wrapped(title).strip() + "\n" + aligned(columns, rows)


def _short(one: ModeratorEvidence) -> str:
    """The evidence in two words: ``moderate, against``."""
    if one.verdict == "cannot tell":
        return "the data cannot tell"
    words = evidence_words(one.factor.log_bf10, hypothesis="", null="")
    return f"{words.removesuffix('evidence for ').strip()}, {one.verdict}"


def _scales(comparison: ModeratorComparison, own: ModeratorComparison | None) -> str:
    sds = [sd for sd, _ in comparison.found[0].over_scales]
    if not sds and own is None:
        return ""
    columns = ["", *(f"sd {sd:g}" for sd in sds)]
    rows = [
        [one.name, *(ratio_text(-factor.log_bf10) for _, factor in one.over_scales)]
        for one in comparison.found
    ]
    title = "BF01 over the prior sd of a difference (of a slope: per its unit)"
    if own is not None:
        columns += ["own rows", "effects"]
        title += f"; own rows: sd {comparison.sd:g}, on all effect sizes whose moderator is known"
        for row, mine in zip(rows, own.found, strict=True):
            row += [ratio_text(-mine.factor.log_bf10), str(mine.effects)]
    return wrapped(title).strip() + "\n" + aligned(columns, rows)


def _differences(comparison: ModeratorComparison) -> str:
    in_r = comparison.scale.has_r
    rope = correlation(comparison.rope)
    write = correlation if in_r else decimal
    columns = ["", "median", f"{100 * comparison.probability:g} %"]
    columns += [f"P(< {rope})", "P(all <)"] if in_r else []
    rows = []
    for one in comparison.found:
        found = one.difference
        e = found.estimate
        shown = Range(e.median, e.lower, e.upper) if found.r is None else found.r
        label = one.name if one.term.kind == "continuous" else f"{one.name}: {found.name}"
        row = [label, write(shown.centre), interval(shown, in_r=in_r)]
        if found.p_rope is not None and one.p_all_rope is not None:
            row += [probability(found.p_rope), probability(one.p_all_rope)]
        rows.append(row)
    title = f"Largest difference between levels{' on r' if in_r else ''}, given the moderator"
    title += "; a slope is shown from the mean of its column to one unit above"
    if in_r:
        title += (
            f". P(< {rope}): that it is smaller in size; P(all <): that no two levels differ more"
        )
    told = aligned(columns, rows)
    several = any(len(one.term.levels) > 2 for one in comparison.found)
    chosen = "\n" + wrapped(SELECTED) if several else ""
    return f"{wrapped(title + '.').strip()}\n{told}{chosen}"


def _rows(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    names, counts = np.unique([row.reason for row in left_out], return_counts=True)
    reasons = "; ".join(f"{name} ({n})" for name, n in zip(names, counts, strict=True))
    lines = [wrapped(f"{counted(len(left_out), 'effect size')} not compared: {reasons}.").strip()]
    lines += [wrapped(str(row), bullet="- ") for row in left_out[:MOST_ROWS]]
    if len(left_out) > MOST_ROWS:
        lines.append(wrapped(f"and {len(left_out) - MOST_ROWS} more, see the table left_out"))
    return "\n".join(lines)
