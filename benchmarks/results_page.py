"""The page of results: tables of times and ratios."""

from __future__ import annotations

from typing import Any

__all__ = ["page"]

PARTS = (
    (
        "Exact posterior against a REML fit",
        "exact",
        "rma.mv",
        "Ours: log marginal likelihood, exact marginals of the coefficients and of both taus with "
        "their 95 % limits, and 4,000 independent draws (the column before: without limits and "
        "draws). metafor's `rma.mv`: point estimates and standard errors by REML, with its default "
        "optimiser, which works on logarithms and so takes long where an estimate is 0, as "
        "tau_effect is in ibi_synthetic. Target: 10 times faster.",
    ),
    (
        "All posteriors without one sample",
        "leave one out",
        "leave one out",
        "Ours: every posterior without one sample, with means and standard deviations of all "
        "parameters, given the full posterior. metafor: one `rma.mv` a sample left out, the full "
        "fit not counted. Target: 100 times faster.",
    ),
    ("REML fit", "REML", "rma.mv", "The same estimate by both programs."),
    (
        "CR2 standard errors with Satterthwaite df",
        "CR2",
        "CR2",
        "Ours against `coef_test` of clubSandwich, the fitted model given.",
    ),
)
MANY = (
    "An exact fit with means and standard deviations, one after another on one core, y changed "
    "every time, starting at 32 intervals with a tolerance of 0.01 (target: 10,000 fits of 82 "
    "effects in 20 s). Errors: the largest of 20 data sets, in the log marginal likelihood, in "
    "means (in posterior sds) and in log sds; the actual one against 512 intervals. Last column: "
    "the default tolerance of 1e-5, extrapolated from a tenth."
)
GROWTH = (
    "Simulated tables with 2.5 effects a sample: solve and 4,000 draws of the coefficient and both "
    "taus, once compiled code is loaded; each size in a process of its own. Peak: largest resident "
    "memory of the process; added: its rise from before the table was made (target: 100,000 "
    "effects in 10 s and 2 GB)."
)
SAMPLERS = (
    "4 chains of 1,000 tuning steps and 1,000 draws on two cores; whole calls with compilation "
    "and, where ours makes them, log likelihoods and predictive draws; the second fit of a process "
    "beside the first. The row of the exact engine is a posterior with limits and 4,000 draws. "
    "It leaves out the tree with log likelihoods and predictive draws that the NUTS rows include, "
    "so it must not be divided by them."
)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, ruler, *rows]] + [""]


def _versus_r(result: dict[str, Any]) -> list[str]:
    lines = []
    for title, ours, theirs, text in PARTS:
        head = ["data, model", "ours, ms", "R, ms", "times faster"]
        rows = []
        for case, times in result["ours"].items():
            peer = result["r"].get(case, {}).get(theirs)
            row = [case, _number(times[ours])]
            row += ["-", "-"] if peer is None else [_number(peer), _number(peer / times[ours])]
            rows.append([row[0], _number(times["solve"]), *row[1:]] if ours == "exact" else row)
        if ours == "exact":
            head.insert(1, "means and sds, ms")
        lines += [f"## {title}", "", text, "", *_table(head, rows)]
    return lines


def _many(result: dict[str, Any]) -> list[str]:
    rows = [
        [
            case,
            _number(row["fits"]),
            _number(row["seconds"]),
            f"{row['largest reported error']:.1e}",
            f"{row['largest actual error']:.1e}",
            _number(row["seconds at the default tolerance (from a tenth)"]),
        ]
        for case, row in result["many"].items()
    ]
    head = ["data, model", "fits", "seconds", "reported error", "actual error", "seconds, default"]
    return ["## Many fits", "", MANY, "", *_table(head, rows)]


def _growth(result: dict[str, Any]) -> list[str]:
    rows = [
        [
            _number(row["effects"]),
            _number(row["samples"]),
            _number(row["seconds"]),
            _number(row["peak_mib"]),
            _number(row["added_mib"]),
            f"{row['reported_error']:.0e}",
        ]
        for row in result["growth"]
    ]
    head = ["effects", "samples", "seconds", "peak, MiB", "of it added, MiB", "reported error"]
    image = "![Time and memory against the number of effects](growth.png)"
    return ["## Growth", "", GROWTH, "", image, "", *_table(head, rows)]


def _samplers(result: dict[str, Any]) -> list[str]:
    rows = []
    for case, found in result["samplers"].items():
        exact = _number(result["ours"][case]["exact"] / 1e3)
        rows.append([f"exact engine ({case})", "-", exact, "4,000 independent"])
        for name, row in found.items():
            times = [_number(row[key]) for key in ("first", "second", "smallest ess")]
            rows.append([f"NUTS of {name} ({case})", *times])
    for name, row in result["others"].items():
        if "first" in row:
            label = f"{name} {row['version']} (ibi_synthetic, overall)"
            rows.append([label, _number(row["first"]), _number(row["second"]), "-"])
    rows += [_brms_row(result["stored"], "stored, konstantopoulos2011")]
    if result.get("brms"):
        rows += [_brms_row(result["brms"], f"{result['brms']['version']}, ibi_synthetic, overall")]
    head = ["sampler", "first fit, s", "next fit, s", "smallest bulk ESS"]
    return ["## Samplers", "", SAMPLERS, "", *_table(head, rows), *_two_levels(result)]


def _brms_row(times: dict[str, Any], label: str) -> list[str]:
    compiled, sampled = _number(times["compile"]), _number(times["sample"])
    return [f"brms ({label})", f"{compiled} + {sampled}", sampled, "-"]


def _two_levels(result: dict[str, Any]) -> list[str]:
    """Programs that know two levels only, or were not run."""
    lines = [
        "bayesmeta (two levels, exact by quadrature; stored with the outside results of the tests, "
        f"not run again): {_number(result['stored']['bayesmeta'])} s for a default fit of "
        "molloy2014.",
        "",
    ]
    if "PyMARE" in result["others"]:
        row = result["others"]["PyMARE"]
        lines += [
            f"PyMARE {row['version']} (two levels only, REML, the 82 effects of ibi_synthetic "
            f"taken as independent): {_number(row['ms'])} ms.",
            "",
        ]
    if not result["others"]:
        lines += [
            "Bambi and PyMARE were not run: `--others PYTHON` takes the interpreter of an "
            "environment that has them.",
            "",
        ]
    return lines


def _setting(result: dict[str, Any]) -> list[str]:
    machine, versions = result["machine"], {**result["versions"], **result["r_versions"]}
    return [
        "# Speed beside other programs", "",
        "Written by `make benchmark`; the numbers are in `results.json`. Everything ran in one go "
        "on the same machine and data, timed inside each program, median of many calls after a "
        "warm-up, y changed before every call so that nothing can be remembered. What counts are "
        "the ratios.", "",
        f"- {result['date']}, {machine['processor']}, {machine['processors']} processors, "
        f"{machine['memory_gib']} GiB, {machine['system']}; BLAS threads: "
        f"{machine['blas_threads']}",
        "- load average before each part: "
        + ", ".join(f"{part} {value}" for part, value in result["load"].items()),
        "- Python " + machine["python"] + ", "
        + ", ".join(f"{name} {value}" for name, value in versions.items()),
        "- the compiled code of the exact engine: first fit in a new process "
        f"{_number(result['first']['compiling']['first fit'])} s while compiling (once a machine), "
        f"{_number(result['first']['cached']['first fit'])} s with the cache; import "
        f"{_number(result['first']['cached']['import'])} s. Not counted below.", "",
    ]  # fmt: skip


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
    lines = [*_setting(result), *_versus_r(result), *_many(result), *_growth(result),
             *_samplers(result)]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"
