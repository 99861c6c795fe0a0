"""Bayes factors: of the hypotheses that a model invites, and of moderators."""

from __future__ import annotations

from typing import Any

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, probability
from bayes_alliance.report.tables.general_note import finished, interval_note, level_of, scale_note
from bayes_alliance.report.tables.sensitivity_answers import table_name
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.variation import Variation
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.evidence import ratio_text

__all__ = ["evidence_table", "moderator_evidence_table"]

BETWEEN = "Between 1/3 and 3 a Bayes factor cannot tell."


def evidence_table(material: Material, variation: Variation) -> Table:
    """Write the tests of hypotheses.

    Parameters
    ----------
    material : Material
        What the report is made of.
    variation : Variation
        Of the kind ``evidence``.

    Returns
    -------
    Table
        Named ``sensitivity_evidence``.
    """
    tests: list[dict[str, Any]] = [row["answers"] for row in variation.record["rows"]]
    columns = (
        Column("Hypothesis", numeric=False),
        Column("BF10"),
        Column("BF01"),
        Column("P(hypothesis)"),
        Column("P(ROPE)"),
        Column("scale / 4", spanner="BF10 over the prior scale"),
        Column("scale x 4", spanner="BF10 over the prior scale"),
        Column("Evidence", numeric=False),
    )
    rows = [
        [
            test["hypothesis"],
            ratio_text(test["log_bf10"]),
            ratio_text(-test["log_bf10"]),
            probability(test["posterior_probability"]),
            "-" if test["rope_probability"] is None else probability(test["rope_probability"]),
            *_ends(test["curve"]),
            test["words"],
        ]
        for test in tests
    ]
    odds = f"{tests[0]['prior_odds']:g}" if tests else "1"
    notes = [
        "BF10 = Bayes factor against a null (for an order: for the order), BF01 = its inverse; "
        f"P(hypothesis) = posterior probability of the hypothesis at prior odds {odds}.",
        BETWEEN,
        "P(ROPE) = posterior probability of practical equivalence.",
        "BF10 depends on the prior scale: the last two numbers are at a quarter and at four times "
        "the declared scale.",
    ]
    return finished(material, table_name(variation), "Evidence on Hypotheses", columns, rows, notes,
                    variation.tables["evidence"])  # fmt: skip


def _ends(curve: dict[str, Any] | None) -> list[str]:
    if curve is None:
        return ["-", "-"]
    values = curve["log_bf10"]
    return [ratio_text(values[0]), ratio_text(values[-1])]


def moderator_evidence_table(material: Material, variation: Variation) -> Table:
    """Write the evidence on moderators.

    Parameters
    ----------
    material : Material
        What the report is made of.
    variation : Variation
        Of the kind ``moderators``.

    Returns
    -------
    Table
        Named ``sensitivity_moderators``.
    """
    record, answers = variation.record, material.answers
    columns = (
        Column("Moderator", numeric=False),
        Column("BF10"),
        Column("BF01"),
        Column("P(1)"),
        Column("Evidence", numeric=False),
        Column("Difference", numeric=False, spanner="Largest difference"),
        Column("median", spanner="Largest difference"),
        Column(f"{level_of(answers)} interval", spanner="Largest difference"),
    )
    rows = [_moderator_row(row["label"], row["answers"]) for row in record["rows"]]
    on, prior = record["compared_on"], record["prior"]
    beside = f" beside {' + '.join(prior['always'])}" if prior["always"] else ""
    notes = [
        f"The model with each moderator (1) against the one without (0){beside}, on the same "
        f"{on['effects']} effect sizes in {on['samples']} samples; prior SD of a difference "
        f"{prior['differences_sd']:g}, prior odds {prior['prior_odds']:g}.",
        "BF10 = Bayes factor for the moderator, BF01 = its inverse; P(1) = posterior probability "
        "of the model with it.",
        BETWEEN,
        scale_note(answers),
        interval_note(answers),
        "The largest difference is chosen among levels and looks larger than it is; a slope is "
        "shown from the mean of its column to one unit above.",
    ]
    return finished(material, table_name(variation), "Evidence on Moderators", columns, rows, notes,
                    variation.tables["moderators"])  # fmt: skip


def _moderator_row(label: str, answers: dict[str, Any]) -> list[str]:
    difference = answers["difference"]
    in_r = difference["r"] is not None
    shown = difference["r"] if in_r else difference["estimate"]
    write = correlation if in_r else decimal
    return [
        label,
        ratio_text(answers["log_bf10"]),
        ratio_text(-answers["log_bf10"]),
        probability(answers["posterior_probability"]),
        answers["words"],
        difference["name"],
        write(shown["median"]),
        interval(Range(None, shown["lower"], shown["upper"]), in_r=in_r),
    ]
