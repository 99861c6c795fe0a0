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
        "tau_effect is in ibi_synthetic. Not counted: the tree that a whole run of the engine "
        "makes (see Samplers). Target: 10 times faster.",
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
NEAR = (
    "The large ratios of ibi_synthetic owe much to metafor's trouble with an estimate of 0. Ratios "
    "near a target fall on either side of it from run to run."
)
UNKNOWN_RHO = (
    "The correlation rho of the sampling errors within samples has a prior and is integrated as a "
    "third dimension: solve, y changed before every call. Three scales: 40 simulated samples of "
    "task, goal and bond (target: 25 ms). Known: the same with rho known."
)
MANY = (
    "An exact fit with means and standard deviations, one after another on one core, y changed "
    "every time, starting at 32 intervals with a tolerance of 0.01 (target: 10,000 fits of 82 "
    "effects in 20 s). Errors: the largest of 20 data sets, in the log marginal likelihood, in "
    "means (in posterior sds) and in log sds; the actual one against 512 intervals. Last column: "
    "the default tolerance of 1e-5, extrapolated from a tenth."
)
MULTIVERSE = (
    "Every combination of the bundled choices for ibi_synthetic with more priors, from the table "
    "to the written files: compiling, exact fit, limits, Bayes factor, benchmarks, finished work "
    "kept on disk, CSV, figure; processes started anew. One by one: the same answers by compiling "
    "and fitting each specification for itself with the public functions, in one process, from a "
    "random sample of them (target: 10,000 in a minute)."
)
GROWTH = (
    "Simulated tables with 2.5 effects a sample: solve and 4,000 draws of the coefficient and both "
    "taus, once compiled code is loaded; each size in a process of its own. Peak: largest resident "
    "memory of the process; added: its rise from before the table was made (target: 100,000 "
    "effects in 10 s and 2 GB)."
)
SAMPLERS = (
    "Whole runs of an engine, as a fit makes them: 4 chains of 1,000 draws (NUTS: after 1,000 "
    "tuning steps, on two cores), with compilation, log likelihoods, prior and predictive draws "
    "and the tree of all of them; the second run of a process beside the first. What the exact "
    "engine does beyond the tables above is this tree, which takes most of its time. brms and "
    "Bambi make neither log likelihoods nor predictive draws here."
)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, ruler, *rows]] + [""]


def _targets(result: dict[str, Any]) -> list[str]:
    """What was aimed at, what this run reached, and whether that is enough."""
    rows = []
    for title, ours, theirs, least in (
        ("exact posterior against a REML fit", "exact", "rma.mv", 10),
        ("all posteriors without one sample", "leave one out", "leave one out", 100),
    ):
        for case, times in result["ours"].items():
            if theirs not in result["r"].get(case, {}):
                continue
            ratio = result["r"][case][theirs] / times[ours]
            reached = [f"{_number(ratio)} times faster", "yes" if ratio >= least else "**no**"]
            rows.append([f"{title}: {case}", f"{least} times faster", *reached])
    for case, row in result["many"].items():
        seconds = row["seconds"] * 10_000 / row["fits"]
        reached = [f"{_number(seconds)} s", "yes" if seconds < 20 else "**no**"]
        rows.append([f"10,000 exact fits: {case}", "under 20 s", *reached])
    three = result["rho"]["40 samples of three scales"]["ms"]
    met = "yes" if three < 25 else "**no**"
    rows.append(["rho unknown: 40 samples of three scales", "25 ms", f"{_number(three)} ms", met])
    if "multiverse" in result:
        row = result["multiverse"]
        seconds = row["seconds"] * 10_000 / row["specifications"]
        met = "yes" if seconds < 60 else "**no**"
        what = "multiverse: 10,000 specifications of 82 effects, everything included"
        rows.append([what, "under 60 s on two cores", f"{_number(seconds)} s", met])
    last = result["growth"][-1]
    met = "yes" if last["seconds"] < 10 and last["peak_mib"] < 2000 else "**no**"
    reached = f"{_number(last['seconds'])} s, {_number(last['peak_mib'])} MiB"
    rows.append([f"{_number(last['effects'])} effects", "under 10 s and 2 GB", reached, met])
    table = _table(["what", "target", "reached", "met"], rows)
    return ["## Targets", "", *table, NEAR, ""]


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


def _rho(result: dict[str, Any]) -> list[str]:
    rows = [
        [
            case,
            _number(row["ms"]),
            _number(row["known"]),
            " x ".join(str(size) for size in row["shape"]),
            f"{row['reported error']:.0e}",
        ]
        for case, row in result["rho"].items()
    ]
    head = ["data", "ms", "known, ms", "nodes", "reported error"]
    return ["## Unknown rho", "", UNKNOWN_RHO, "", *_table(head, rows)]


def _multiverse(result: dict[str, Any]) -> list[str]:
    if "multiverse" not in result:
        return []
    row = result["multiverse"]
    alone = row["ms one by one"] * row["specifications"] / 1e3
    head = ["specifications", "processes", "seconds", "processor seconds", "one by one, s",
            "times faster", "rho unknown"]  # fmt: skip
    cells = [
        f"{row['specifications']:,}",
        str(row["processes"]),
        _number(row["seconds"]),
        _number(row["processor seconds"]),
        _number(alone),
        _number(alone / row["seconds"]),
        f"{100 * row['share with rho estimated']:.0f} %",
    ]
    return ["## Multiverse", "", MULTIVERSE, "", *_table(head, [cells])]


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
        for name, row in found.items():
            times = [_number(row[key]) for key in ("first", "second", "smallest ess")]
            rows.append([f"{name} ({case})", *times])
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
    parts = (_setting, _targets, _versus_r, _many, _rho, _multiverse, _growth, _samplers)
    lines = [line for part in parts for line in part(result)]
    return "\n".join(lines).rstrip() + "\n"
