"""The page of results: what was simulated, and tables of what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["page", "short_table"]

LABELS = {"naive": "independent", "known": "rho known", "beta": "Beta(14, 6)",
          "uniform": "uniform(0, .95)"}  # fmt: skip
WITH_MEANS = ("naive", "known", "beta")
REML_COVERAGE = (
    ("reml naive", "independent, z"),
    ("reml known", "V, z"),
    ("reml naive, CR2", "independent, CR2"),
    ("reml known, CR2", "V, CR2"),
)

SETTING = (
    "Every table has {samples} samples of {people} people with up to three scales. True "
    "correlations with the outcome (medians): {means}; tau_sample {tau_sample} on Fisher's z, "
    "tau_effect as said. The sampling errors of two effects of one sample correlate rho on z, .7 "
    "except under a wrong prior, where it is .2 and the prior still Beta(14, 6), mean .7."
)
CELLS = (
    "- *equal*: all three scales in every sample (120 effects)\n"
    "- *ragged*: one, two or three scales in turn (79 effects, nearly the size of the literature "
    "on internet-based therapy)\n"
    "- *people*: z computed from the scores of simulated people whose scales correlate .7, in "
    'place of errors drawn as normal on z; "rho known" is then the correlation that follows '
    'from .7 by the formula (`within_sample = "interscale"` with a norm)'
)
ASKED = (
    "Model: `subscales` (means of the scales, tau_sample and tau_effect with its priors), which "
    "differs only in what it says about the errors: independent (what ignores the dependence); rho "
    "known; rho estimated under Beta(14, 6) or under uniform(0, .95). By the exact engine, up to a "
    "reported error of {tolerance}; nothing is sampled but the data. REML fits the same model "
    "without priors, with independent errors or with the known V. In parentheses: Monte Carlo "
    "standard errors, unless a table says otherwise."
)
SHORT = (
    "95 % intervals where the errors of one sample correlate .7. Length: of task - bond, taken as "
    "independent, as a multiple of that with rho known. Found: share of intervals of the small "
    "difference task - goal that exclude 0. Covers: share of intervals of task - bond that contain "
    "the truth. Each for: taken as independent / rho known / rho estimated under Beta(14, 6)."
)
LENGTH = (
    "Length of the 95 % interval of task - bond relative to that with rho known: mean of the "
    "ratios, replication by replication."
)
COVERAGE = (
    "Coverage of the 95 % interval of task - bond. Where errors are wrongly taken as independent "
    "it covers too often, because it is too long. A Bayesian interval need not cover at exactly "
    "its nominal rate at one true value of tau_effect: it does on average over the prior."
)
POWER = (
    "What that costs: the share of replications in which the interval of the smaller difference, "
    "task - goal, excludes 0 (task - bond is so large that it nearly always does)."
)
MEANS = "Of the means of task, goal and bond on z, in this order."
TAUS = (
    "Bias of the posterior median or of the REML estimate, on z, and root mean squared error in "
    "parentheses. Shared errors that are called independent look like differences between samples: "
    "tau_sample comes out too large and tau_effect too small."
)
ZERO = (
    "Share of REML fits whose tau_effect is exactly 0, and coverage of their 95 % interval of "
    "task - bond: model-based with z, and with CR2 standard errors and Satterthwaite degrees of "
    "freedom. CR2 repairs the interval of a wrong V; it does not repair the taus."
)
RHO = (
    "Mean over replications of the posterior mean of rho, and coverage of its 95 % interval. With "
    "equal n the data tell v (1 - rho) + tau_effect² and v rho + tau_sample² only (v: the sampling "
    "variance). So rho and the taus depend on the prior of rho, and are wrong where it is wrong; "
    "the difference between scales needs the first sum alone, and hardly depends on it. In "
    "*people* the true value is that of the scales, .7; the errors' own is a little lower."
)


def _number(value: float, digits: int) -> str:
    """As in print: without the zero before the point, and without a negative zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        return text.lstrip("-").replace("0.", ".", 1)
    return text.replace("-0.", "-.", 1) if value < 0 else text.removeprefix("0")


def _with_error(found: dict[str, float], digits: int = 3) -> str:
    return f"{_number(found['value'], digits)} ({_number(found['error'], digits)})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, ruler, *rows]] + [""]


def _by_cell(
    result: dict[str, Any],
    columns: Sequence[tuple[str, str]],
    told: Callable[[dict[str, Any]], str],
) -> list[str]:
    """A row a cell, a column an analysis."""
    rows = [
        [name, *(told(cell["analyses"][analysis]) for analysis, _ in columns)]
        for name, cell in result["cells"].items()
    ]
    return _table(["cell", *(label for _, label in columns)], rows)


def _setting(result: dict[str, Any]) -> list[str]:
    true = result["true"]
    means = ", ".join(f"{scale} {_number(r, 2)}" for scale, r in true["r"].items())
    counts = sorted({cell["replications"] for cell in result["cells"].values()})
    return [
        "# What it costs to ignore that effects of one sample share people", "",
        "Written by `make dependence-study`; the numbers are in `results.json`.", "",
        SETTING.format(samples=true["samples"], people=true["people"], means=means,
                       tau_sample=_number(true["tau_sample"], 2)), "",
        CELLS, "",
        ASKED.format(tolerance=result["tolerance"]), "",
        f"- {' to '.join(f'{count:,}' for count in counts)} replications of each cell, seed "
        f"{result['seed']}, {result['date']}, {result['minutes']:.0f} minutes of processor time",
        f"- Python {result['python']}, "
        + ", ".join(f"{name} {value}" for name, value in result["versions"].items()), "",
    ]  # fmt: skip


def _contrast(result: dict[str, Any]) -> list[str]:
    columns = tuple(LABELS.items())
    others = tuple(column for column in columns if column[0] != "known")

    def told(contrast: str, key: str) -> Callable[[dict[str, Any]], str]:
        return lambda found: _with_error(found[contrast][key])

    return [
        "## In short", "", SHORT, "", *short_table(result),
        "## The difference between two scales", "",
        "![Length, coverage and power by cell](intervals.png)", "",
        LENGTH, "", *_by_cell(result, others, told("task - bond", "length_ratio")),
        COVERAGE, "", *_by_cell(result, columns, told("task - bond", "coverage")),
        POWER, "", *_by_cell(result, columns, told("task - goal", "power")),
    ]  # fmt: skip


def short_table(result: dict[str, Any]) -> list[str]:
    """Rows of the table that the readme shows too: where errors are those that are expected.

    Parameters
    ----------
    result : dict
        What ``results.json`` holds.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    rows = []
    for name, cell in result["cells"].items():
        if cell["errors"] == "normal" and cell["rho"] == 0.7:
            found = [cell["analyses"][analysis] for analysis in WITH_MEANS]
            rows.append(
                [
                    name,
                    _number(found[0]["task - bond"]["length_ratio"]["value"], 2),
                    " / ".join(_number(f["task - goal"]["power"]["value"], 2) for f in found),
                    " / ".join(_number(f["task - bond"]["coverage"]["value"], 2) for f in found),
                ]
            )
    return _table(["scales of a sample", "length", "found", "covers"], rows)


def _means(result: dict[str, Any]) -> list[str]:
    def told(found: dict[str, Any]) -> str:
        return ", ".join(_number(each["value"], 3) for each in found["means"].values())

    largest = max(
        each["error"]
        for cell in result["cells"].values()
        for analysis in WITH_MEANS
        for each in cell["analyses"][analysis]["means"].values()
    )
    columns = tuple((name, LABELS[name]) for name in WITH_MEANS)
    text = f"{MEANS} Monte Carlo standard errors are at most {_number(largest, 3)}."
    return ["## Coverage of the means", "", text, "",
            *_by_cell(result, columns, told)]  # fmt: skip


def _taus(result: dict[str, Any]) -> list[str]:
    columns = (*LABELS.items(), ("reml naive", "REML, independent"), ("reml known", "REML, V"))

    def told(name: str) -> Callable[[dict[str, Any]], str]:
        def of(found: dict[str, Any]) -> str:
            return f"{_number(found[name]['bias']['value'], 3)} ({_number(found[name]['rmse'], 3)})"

        return of

    lines = ["## Heterogeneity", "", TAUS, ""]
    for name in ("tau_sample", "tau_effect"):
        lines += [f"{name}:", "", *_by_cell(result, columns, told(name))]
    return lines


def _reml(result: dict[str, Any]) -> list[str]:
    rows = []
    for name, cell in result["cells"].items():
        found = cell["analyses"]
        zeros = [_with_error(found[a]["tau_effect"]["zero"]) for a in ("reml naive", "reml known")]
        covered = [_with_error(found[a]["task - bond"]["coverage"]) for a, _ in REML_COVERAGE]
        rows.append([name, *zeros, *covered])
    head = ["cell", "0: independent", "0: V", *(f"covers: {label}" for _, label in REML_COVERAGE)]
    return ["## REML", "", ZERO, "", *_table(head, rows)]


def _rho(result: dict[str, Any]) -> list[str]:
    rows = [
        [name, _number(cell["rho"], 1)]
        + [
            _with_error(cell["analyses"][analysis]["rho"][key])
            for analysis in ("beta", "uniform")
            for key in ("mean", "coverage")
        ]
        for name, cell in result["cells"].items()
    ]
    head = ["cell", "true", "Beta(14, 6): mean", "covers", "uniform(0, .95): mean", "covers"]
    return ["## The correlation of errors", "", RHO, "", *_table(head, rows)]


def page(result: dict[str, Any]) -> str:
    """Write the page.

    Parameters
    ----------
    result : dict
        What ``results.json`` holds.

    Returns
    -------
    str
        Markdown.
    """
    lines = [*_setting(result), *_contrast(result), *_means(result), *_taus(result),
             *_reml(result), *_rho(result)]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"
