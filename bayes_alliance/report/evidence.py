"""Bayes factors as text, as JSON and as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import probability
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.summaries.evidence import TELLS, ratio_text
from bayes_alliance.summaries.headline import Headline
from bayes_alliance.summaries.hypotheses import HypothesisTest, ScaleCurve

__all__ = [
    "curve_frame",
    "evidence_record",
    "evidence_sentences",
    "evidence_text",
    "hypothesis_frame",
]


def evidence_record(
    fitted: Fitted, tests: Sequence[HypothesisTest], baseline: Headline
) -> dict[str, Any]:
    """Tests of hypotheses, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    tests : sequence of HypothesisTest
        What was tested.
    baseline : Headline
        Answers of the analysis.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices{hypothesis}, answers}]``,
        ``sentences``, ``notes``; the answers are the fields of a test.
    """
    return {
        **analysis_frame(fitted, "evidence"),
        "baseline": {"choices": {"hypothesis": None}, "answers": headline_record(baseline)},
        "rows": [
            {
                "label": test.hypothesis,
                "choices": {"hypothesis": test.hypothesis},
                "answers": test.to_dict(),
            }
            for test in tests
        ],
        "changes": [],
        "sentences": list(evidence_sentences(tests)),
        "notes": list(_notes(tests)),
    }


def hypothesis_frame(tests: Sequence[HypothesisTest]) -> pd.DataFrame:
    """One row a hypothesis.

    Parameters
    ----------
    tests : sequence of HypothesisTest
        What was tested.

    Returns
    -------
    pandas.DataFrame
        Index: hypothesis. ``log_bf10``, ``error``, ``bf10``, ``bf01``, ``posterior_probability``
        (of the hypothesis), ``prior_odds``, ``rope_probability``, ``p_order`` and
        ``log_bf_complement`` (orders only), ``prior_scales``, ``words``.
    """
    rows = [
        {
            "hypothesis": test.hypothesis,
            "log_bf10": test.log_bf10,
            "error": test.error,
            "bf10": test.bf10,
            "bf01": test.bf01,
            "posterior_probability": test.posterior_probability,
            "prior_odds": test.bayes_factor.prior_odds,
            "rope_probability": test.rope_probability,
            "p_order": None if test.order is None else test.order.posterior,
            "log_bf_complement": None if test.order is None else test.order.complement.log_bf10,
            "prior_scales": _scales(test),
            "words": test.words,
        }
        for test in tests
    ]
    return pd.DataFrame(rows).set_index("hypothesis")


def curve_frame(tests: Sequence[HypothesisTest]) -> pd.DataFrame:
    """All curves over the prior scale, one row a hypothesis and factor.

    Parameters
    ----------
    tests : sequence of HypothesisTest
        What was tested.

    Returns
    -------
    pandas.DataFrame
        ``hypothesis``, ``factor``, ``scale`` (name of the first prior), ``size`` (of its scale at
        the factor), ``log_bf10``, ``error``.
    """
    frames = []
    for test in tests:
        if test.curve is None:
            continue
        name, values = next(iter(test.curve.scales.items()))
        frames.append(
            pd.DataFrame(
                {
                    "hypothesis": test.hypothesis,
                    "factor": test.curve.factors,
                    "scale": name,
                    "size": values,
                    "log_bf10": test.curve.log_bf10,
                    "error": test.curve.errors,
                }
            )
        )
    columns = ["hypothesis", "factor", "scale", "size", "log_bf10", "error"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def evidence_text(fitted: Fitted, tests: Sequence[HypothesisTest]) -> str:
    """Tell tests of hypotheses in plain text.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    tests : sequence of HypothesisTest
        What was tested.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    sentences = [wrapped(told, bullet="- ") for told in evidence_sentences(tests)]
    return plain(
        [
            fit_head(fitted),
            _nulls(tests),
            _orders(tests),
            "In words\n" + "\n".join(sentences),
            "\n".join(wrapped(f"NOTE {note}") for note in _notes(tests)),
        ]
    )


def _nulls(tests: Sequence[HypothesisTest]) -> str:
    nulls = [test for test in tests if test.order is None]
    if not nulls:
        return ""
    rows = [
        [
            test.hypothesis,
            ratio_text(test.log_bf10),
            ratio_text(-test.log_bf10),
            probability(test.posterior_probability),
            "-" if test.rope_probability is None else probability(test.rope_probability),
            _quarter_to_four(test.curve),
        ]
        for test in nulls
    ]
    odds = tests[0].bayes_factor.prior_odds
    told = [
        "BF10 is the Bayes factor against the null, BF01 for it; P(null) its probability at prior "
        f"odds {odds:g} of the alternative; ROPE the posterior probability of practical "
        "equivalence (effects and differences of r). BF10 depends on the scale of the prior: the "
        "last column has it at a quarter and at four times that scale.",
        *_scales_told(nulls),
    ]
    head = ["null", "BF10", "BF01", "P(null)", "ROPE", "scale / 4, x 4"]
    return f"Nulls\n{aligned(head, rows)}\n" + "\n".join(wrapped(line) for line in told)


def _orders(tests: Sequence[HypothesisTest]) -> str:
    orders = [test for test in tests if test.order is not None]
    if not orders:
        return ""
    rows = [
        [
            test.hypothesis,
            probability(test.order.prior),
            probability(test.order.posterior),
            ratio_text(test.log_bf10),
            ratio_text(test.order.complement.log_bf10),
            _quarter_to_four(test.curve),
        ]
        for test in orders
        if test.order is not None
    ]
    told = [
        "BF: order against the model without it, posterior over prior probability; not: against "
        "every other order; the last column has it at a quarter and at four times the prior scale.",
        *_scales_told(orders),
    ]
    head = ["order", "prior", "posterior", "BF", "BF not", "scale / 4, x 4"]
    return f"Orders\n{aligned(head, rows)}\n" + "\n".join(wrapped(line) for line in told)


def _quarter_to_four(curve: ScaleCurve | None) -> str:
    if curve is None:
        return "-"
    return f"{ratio_text(curve.log_bf10[0])}, {ratio_text(curve.log_bf10[-1])}"


def _scales(test: HypothesisTest) -> str:
    return ", ".join(f"{name} {value}" for name, value in test.prior_scales)


def _scales_told(tests: Sequence[HypothesisTest]) -> list[str]:
    """Which prior scale each hypothesis depends on."""
    by_scale: dict[str, list[str]] = {}
    for test in tests:
        by_scale.setdefault(_scales(test), []).append(test.hypothesis)
    return [f"Prior scale, {scale}: {'; '.join(names)}." for scale, names in by_scale.items()]


def evidence_sentences(tests: Sequence[HypothesisTest]) -> tuple[str, ...]:
    """Say in words what the data tell about each hypothesis.

    Parameters
    ----------
    tests : sequence of HypothesisTest
        What was tested.

    Returns
    -------
    tuple of str
        One sentence or two a hypothesis: the evidence, and where the scale of the prior turns it.
    """
    return tuple(_sentence(test) for test in tests)


def _sentence(test: HypothesisTest) -> str:
    # A null is told by the Bayes factor of the side that the evidence is for.
    against = test.log_bf10 > 0
    ratio = "BF10" if against else "BF01"
    if test.order is None:
        given = f"{ratio} = {ratio_text(abs(test.log_bf10))}"
    else:
        given = f"BF against its complement = {ratio_text(test.order.complement.log_bf10)}"
    told = f"{test.hypothesis}: {test.words} ({given})."
    if test.curve is None:
        return told
    turned, name = (1 if against else -1, ratio) if test.order is None else (1, "It")
    if not test.curve.crossings:
        here = turned * float(test.curve.log_bf10[test.curve.factors.searchsorted(1.0)])
        beyond = "above 3" if here > 0 else "below 1/3"
        side = "between 1/3 and 3" if abs(here) < math.log(TELLS) else beyond
        return f"{told} {name} stays {side} from a quarter to four times the prior scale."
    scale, values = next(iter(test.curve.scales.items()))
    size = float(values[test.curve.factors.searchsorted(1.0)])
    crossed = " and ".join(
        f"{'3' if bound**turned > 1 else '1/3'} at {at:.2f} times the scale "
        f"({_size_name(scale)} {at * size:.2g})"
        for at, bound in test.curve.crossings
    )
    return f"{told} {name} passes {crossed}."


def _size_name(name: str) -> str:
    return f"prior median of {name}" if name.startswith("tau") else name


def _notes(tests: Sequence[HypothesisTest]) -> tuple[str, ...]:
    general = (
        f"Between 1/{TELLS:g} and {TELLS:g} a Bayes factor cannot tell; absence of evidence is no "
        "evidence of absence. Many hypotheses were tested at once: prior odds are those of each "
        "alone."
    )
    return (general, *dict.fromkeys(note for test in tests for note in test.notes))
