"""The page of results: tables of times and ratios."""

from __future__ import annotations

from typing import Any

__all__ = ["page"]


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, ruler, *rows]] + [""]


def _against(result: dict[str, Any], ours: str, theirs: str) -> list[list[str]]:
    rows = []
    for case, times in result["ours"].items():
        peer = result["r"].get(case, {}).get(theirs)
        row = [case, _number(times[ours])]
        row += ["not measured", "-"] if peer is None else [
            _number(peer), _number(peer / times[ours]),
        ]  # fmt: skip
        rows.append(row)
    return rows


def _versus_r(result: dict[str, Any]) -> list[str]:
    parts = (
        ("Exact posterior against a REML fit", "exact", "rma.mv",
         "Ours: log marginal likelihood, exact marginals of the coefficients and of both taus with "
         "their 95 % limits, and 4,000 independent draws. metafor's `rma.mv`: point estimates and "
         "standard errors by REML. Target: 10 times faster."),
        ("All posteriors without one sample", "leave one out", "leave one out",
         "Ours: the full posterior, then every posterior without one sample with means and standard "
         "deviations of all parameters. metafor: one `rma.mv` a sample left out. Target: 100 times "
         "faster."),
        ("REML fit", "REML", "rma.mv", "The same estimate by both programs."),
        ("CR2 standard errors with Satterthwaite df", "CR2", "CR2",
         "Ours against `coef_test` of clubSandwich, the fitted model given."),
    )  # fmt: skip
    lines = []
    for title, ours, theirs, text in parts:
        lines += [f"## {title}", "", text, ""]
        lines += _table(["data, model", "ours, ms", "R, ms", "times faster"],
                        _against(result, ours, theirs))  # fmt: skip
    return lines


def _many(result: dict[str, Any]) -> list[str]:
    lines = ["## Many fits", "",
             "An exact fit with means and standard deviations, one after another on one core, y "
             "changed every time, starting at 32 intervals with a tolerance of 0.01 (target: 10,000 "
             "fits of 82 effects in 20 s). Errors: the largest of 20 data sets, in the log marginal "
             "likelihood, in means (in posterior sds) and in log sds; the actual one against 512 "
             "intervals. Last column: the default tolerance of 1e-5, extrapolated from a tenth.",
             ""]  # fmt: skip
    rows = [
        [case, _number(row["fits"]), _number(row["seconds"]),
         f"{row['largest reported error']:.1e}", f"{row['largest actual error']:.1e}",
         _number(row["seconds at the default tolerance (from a tenth)"])]
        for case, row in result["many"].items()
    ]  # fmt: skip
    head = ["data, model", "fits", "seconds", "reported error", "actual error", "seconds, default"]
    return lines + _table(head, rows)


def _growth(result: dict[str, Any]) -> list[str]:
    lines = ["## Growth", "",
             "Simulated tables with 2.5 effects a sample: solve and 4,000 draws of the coefficient "
             "and both taus; each size in a process of its own (target: 100,000 effects in 10 s and "
             "2 GB).", "", "![Time and peak memory against the number of effects](growth.png)",
             ""]  # fmt: skip
    rows = [
        [_number(row["effects"]), _number(row["samples"]), _number(row["seconds"]),
         _number(row["peak_mib"]), _number(row["added_mib"]), f"{row['reported_error']:.0e}"]
        for row in result["growth"]
    ]  # fmt: skip
    head = ["effects", "samples", "seconds", "peak, MiB", "of it added, MiB", "reported error"]
    return lines + _table(head, rows)


def _samplers(result: dict[str, Any]) -> list[str]:
    lines = ["## Samplers", "",
             "4 chains of 1,000 tuning steps and 1,000 draws on two cores, whole calls with "
             "compilation, log likelihoods and predictive draws where ours makes them; the second "
             "fit of a process beside the first. The exact engine's row is a posterior with 4,000 "
             "draws.", ""]  # fmt: skip
    rows = []
    for case, found in result["samplers"].items():
        exact = result["ours"][case]["exact"] / 1e3
        rows.append([f"exact engine ({case})", "-", _number(exact), "4,000 independent"])
        rows += [
            [f"{name} ({case})", _number(row["first"]), _number(row["second"]),
             _number(row["smallest ess"])]
            for name, row in found.items()
        ]  # fmt: skip
    for name, row in result["others"].items():
        if "first" in row:
            rows.append([f"{name} {row['version']} (ibi_synthetic, overall)",
                         _number(row["first"]), _number(row["second"]), "-"])  # fmt: skip
    stored, brms = result["stored"], result.get("brms")
    rows.append(["brms, stored (konstantopoulos2011)",
                 f"{_number(stored['brms compile'])} + {_number(stored['brms konstantopoulos2011'])}",
                 _number(stored["brms konstantopoulos2011"]), "-"])  # fmt: skip
    if brms:
        rows.append([f"brms {brms['version']} (ibi_synthetic, overall)",
                     f"{_number(brms['compile'])} + {_number(brms['sample'])}",
                     _number(brms["sample"]), "-"])  # fmt: skip
    lines += _table(["sampler", "first fit, s", "next fit, s", "smallest bulk ESS"], rows)
    lines += [
        f"bayesmeta (two levels, exact by quadrature, stored with the outside results of the tests): "
        f"{_number(stored['bayesmeta molloy2014'])} s for a default fit of molloy2014; it has no "
        "Debian package and was not run again.", "",
    ]  # fmt: skip
    if "PyMARE" in result["others"]:
        row = result["others"]["PyMARE"]
        lines += [f"PyMARE {row['version']} (two levels only, REML, the 82 effects of ibi_synthetic "
                  f"taken as independent): {_number(row['ms'])} ms.", ""]  # fmt: skip
    elif "Bambi" not in result["others"]:
        lines += ["Bambi and PyMARE were not run: `--others PYTHON` takes the interpreter of an "
                  "environment that has them.", ""]  # fmt: skip
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
