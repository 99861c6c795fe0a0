"""Do the corrections find the truth? ``python -m studies.selection [--replications N]``.

Tables of 40 published samples are simulated under four mechanisms and analysed without bias, by
PET, by PEESE, by both selection models, and averaged. Selection models are computed by importance
sampling. The study writes ``results.json`` and ``results.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.importance.mixture import systematic
from bayes_alliance.engines.selection.evidence import importance_of_selection
from bayes_alliance.engines.selection.steps import steps_of
from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal
from bayes_alliance.sensitivity.bias import analyse_bias
from bayes_alliance.sensitivity.bias_answers import BiasAnalysis

HERE: Final = Path(__file__).resolve().parent
SEED: Final = 20261
MEAN: Final = 0.12
TAUS: Final = (0.12, 0.05)
SAMPLES: Final = 40
#: Chance to be published of a result with one-sided p above .025, relative to one below.
WEIGHT: Final = 0.2
MECHANISMS: Final = {
    "none": "nothing gets lost",
    "effects replaced": "every effect is drawn anew until one passes, given its sample's true mean",
    "effects lost": "every effect passes or is lost; a sample without published effects vanishes",
    "samples": "a sample passes or is lost according to its most significant effect",
}
ANALYSES: Final = (
    "no bias", "PET", "PEESE", "selection: effects", "selection: samples",
    "averaged: effects", "averaged: samples",
)  # fmt: skip


def simulate(mechanism: str, rng: np.random.Generator) -> pd.DataFrame:
    """Simulate 40 published samples.

    Parameters
    ----------
    mechanism : str
        A key of `MECHANISMS`.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``sample``, ``r``, ``n``.
    """
    rows: list[tuple[str, float, int]] = []
    published = 0
    while published < SAMPLES:
        n, count = int(rng.integers(25, 130)), int(rng.integers(1, 4))
        theta, se = MEAN + rng.normal(0, TAUS[0]), 1 / np.sqrt(n - 3)

        def effects(size: int, theta: float = theta, se: float = se) -> np.ndarray:
            return theta + rng.normal(0, np.hypot(TAUS[1], se), size)

        z = effects(count)
        passed = (z > 1.959964 * se) | (rng.random(count) < WEIGHT)
        if mechanism == "effects replaced":
            while not passed.all():
                z[~passed] = effects(int((~passed).sum()))
                passed |= (z > 1.959964 * se) | (rng.random(count) < WEIGHT)
        elif mechanism == "effects lost":
            z = z[passed]
        elif mechanism == "samples" and not ((z > 1.959964 * se).any() or rng.random() < WEIGHT):
            z = z[:0]
        if len(z):
            rows += [(f"s{published}", float(np.tanh(value)), n) for value in z]
            published += 1
    return pd.DataFrame(rows, columns=["sample", "r", "n"])


def analyse(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, list[float]]:
    """Mean, lower and upper limit on z by every analysis.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        One entry an analysis, and ``P(no bias)`` with both selection models.
    """
    spec = ba.read_specification("overall").with_changes({"run.draws": 100, "run.chains": 1})
    found = analyse_bias(run_analysis(ba.read_effects(frame), spec), select=False)
    results = {model.name: told(model.means[0]) for model in found.models}
    for mechanism in ("effects", "samples"):
        marginal, log_evidence = _selection(found, mechanism, rng)
        results[f"selection: {mechanism}"] = told(marginal)
        prior = np.array([0.5, 0.125, 0.125, 0.25])
        evidence = np.array([*(m.log_evidence for m in found.models), log_evidence])
        shares = prior * np.exp(evidence - evidence.max())
        shares /= shares.sum()
        parts = (*(m.means[0] for m in found.models), marginal)
        results[f"averaged: {mechanism}"] = told(AveragedMarginal(shares, parts))
        results[f"P(no bias), {mechanism}"] = [float(shares[0])]
    return results


def _selection(
    found: BiasAnalysis, mechanism: Any, rng: np.random.Generator
) -> tuple[Marginal, float]:
    design = found.fitted.design
    points = importance_of_selection(design, steps_of(design, mechanism=mechanism), rng)
    chosen = systematic(np.exp(points.proposals.log_weights), 4_000, rng)
    return DrawnMarginal(points.beta[chosen, 0]), points.log_evidence


def told(marginal: Marginal) -> list[float]:
    """Mean and 95 % limits.

    Parameters
    ----------
    marginal : Marginal
        Of the mean, on z.

    Returns
    -------
    list of float
        Three numbers.
    """
    return [float(marginal.mean), *(float(limit) for limit in marginal.interval())]


def summarise(records: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Average the replications.

    Parameters
    ----------
    records : sequence of dict
        Replications: ``mechanism`` and ``results``.
    seed : int
        Seed of the study.

    Returns
    -------
    dict
        What ``results.json`` holds.
    """
    cells: dict[str, Any] = {}
    for mechanism, words in MECHANISMS.items():
        own = [r["results"] for r in records if r["mechanism"] == mechanism]
        cells[mechanism] = {"what": words, "replications": len(own), "analyses": {}}
        for name in ANALYSES:
            mean, lower, upper = np.array([r[name] for r in own]).T
            cells[mechanism]["analyses"][name] = {
                "mean": float(mean.mean()),
                "mcse": float(mean.std(ddof=1) / np.sqrt(len(own))),
                "rmse": float(np.sqrt(np.square(mean - MEAN).mean())),
                "coverage": float(((lower < MEAN) & (upper > MEAN)).mean()),
                "length": float((upper - lower).mean()),
            }
        for with_ in ("effects", "samples"):
            values = [r[f"P(no bias), {with_}"][0] for r in own]
            cells[mechanism][f"no bias, {with_}"] = float(np.mean(values))
    truth = {"mean": MEAN, "taus": TAUS, "samples": SAMPLES, "weight": WEIGHT}
    return {"version": ba.__version__, "seed": seed, "truth": truth, "cells": cells}


def page(result: dict[str, Any]) -> str:
    """Write the results for a reader.

    Parameters
    ----------
    result : dict
        From `summarise`.

    Returns
    -------
    str
        Markdown.
    """
    lines = [
        "# Do corrections for small-study effects and selection find the truth?",
        "",
        f"Tables of {SAMPLES} published samples with 1 to 3 correlations (n 25 to 129), true mean "
        f"z {MEAN}, tau_sample {TAUS[0]}, tau_effect {TAUS[1]}. Results with one-sided p above "
        f".025 have {WEIGHT} of the chance of others to be published. Made by `python -m "
        f"studies.selection`, seed {result['seed']}. Mean: average of the posterior means on z, "
        "with its Monte Carlo standard error; coverage of 95 % intervals.",
    ]
    for name, cell in result["cells"].items():
        lines += [
            "",
            f"## {name}: {cell['what']}",
            "",
            f"{cell['replications']} tables. Average posterior probability of no bias: "
            f"{cell['no bias, effects']:.2f} (selection of effects among the claims), "
            f"{cell['no bias, samples']:.2f} (of samples).",
            "",
            "| analysis | mean (MCSE) | RMSE | coverage | length |",
            "|---|---|---|---|---|",
        ]
        for analysis, a in cell["analyses"].items():
            lines.append(
                f"| {analysis} | {a['mean']:.3f} ({a['mcse']:.3f}) | {a['rmse']:.3f} | "
                f"{a['coverage']:.2f} | {a['length']:.3f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all replications and write the results."""
    parser = argparse.ArgumentParser(prog="studies.selection", description=__doc__)
    parser.add_argument("--replications", type=int, default=60, metavar="N", help="a mechanism")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the results")
    options = parser.parse_args()
    records = []
    for i in range(options.replications):
        for position, mechanism in enumerate(MECHANISMS):
            rng = np.random.default_rng([options.seed, position, i])
            results = analyse(simulate(mechanism, rng), rng)
            records.append({"mechanism": mechanism, "results": results})
        result = summarise(records, options.seed) if i > 0 else {}
        if result:
            text = json.dumps(result, indent=1) + "\n"
            (options.out / "results.json").write_text(text, encoding="utf-8")
            (options.out / "results.md").write_text(page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
