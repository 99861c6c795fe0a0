"""Answers as data frames: unrounded numbers, one row a quantity."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.spec.design import LeftOut
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Estimate, Range

__all__ = [
    "benchmark_frame",
    "check_frame",
    "coefficient_frame",
    "contrast_frame",
    "heterogeneity_frame",
    "left_out_frame",
    "twin_frame",
]


def _flat(prefix: str, given: Range | None, *, centre: str | None = None) -> dict[str, float]:
    if given is None:
        return {}
    values = {f"{prefix}_lower": given.lower, f"{prefix}_upper": given.upper}
    return values if centre is None or given.centre is None else {centre: given.centre, **values}


def coefficient_frame(answers: Answers) -> pd.DataFrame:
    """Coefficients with intervals, probabilities and predictions.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    pandas.DataFrame
        Index: name. ``mean``, ``sd``, ``median``, ``lower``, ``upper``, ``p_positive`` on the
        analysis scale (z for correlations); columns starting with ``r`` are correlations
        (``r`` is the median, ``r_mean`` the mean true correlation).
    """
    rows = [
        {
            "name": c.name,
            **_flat("r", c.r, centre="r"),
            **_flat("r_mean", c.r_mean, centre="r_mean"),
            "p_positive": c.estimate.p_positive,
            **({} if c.p_rope is None else {"p_rope": c.p_rope}),
            **_flat("r_new_sample", c.new_sample_r),
            **_flat("r_new_effect", c.new_effect_r),
            **{key: value for key, value in asdict(c.estimate).items() if key != "p_positive"},
            **_flat("new_sample", c.new_sample),
            **_flat("new_effect", c.new_effect),
        }
        for c in answers.coefficients
    ]
    return pd.DataFrame(rows).set_index("name")


def contrast_frame(answers: Answers) -> pd.DataFrame:
    """Contrasts of levels, and orders.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    pandas.DataFrame
        Index: name. ``r`` with limits is the difference of correlations; ``mean``, ``sd``,
        ``median``, ``lower``, ``upper`` are on the analysis scale. ``bf01`` is the Bayes factor for
        no difference at a prior sd of ``bf01_prior_sd``, where the densities are exact (NaN below
        1e-7). The row of an order has ``p_positive`` (its probability) only.
    """
    rows = [
        {
            "name": c.name,
            **_flat("r", c.r, centre="r"),
            "p_positive": c.p_positive,
            **({} if c.p_rope is None else {"p_rope": c.p_rope}),
            **(
                {}
                if c.prior_sd is None
                else {"bf01": np.nan if c.bf01 is None else c.bf01, "bf01_prior_sd": c.prior_sd}
            ),
            **{key: value for key, value in asdict(c.estimate).items() if key != "p_positive"},
        }
        for c in answers.contrasts
    ]
    rows += [{"name": order.name, "p_positive": order.probability} for order in answers.orders]
    return pd.DataFrame(rows, columns=None if rows else ["name"]).set_index("name")


def heterogeneity_frame(answers: Answers) -> pd.DataFrame:
    """Standard deviations of all levels, I^2, and the correlation of sampling errors.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    pandas.DataFrame
        Index: ``tau_group`` (where samples lie in groups), ``tau_sample``, ``tau_effect``,
        ``tau_total`` (analysis scale), ``i2_group``, ``i2_sample``, ``i2_effect`` and
        ``explained`` (shares, 0 to 1), ``rho`` (correlation of the sampling
        errors, where it was estimated), ``tau_scale[...]`` and ``scale_correlation[...]`` (where
        every scale has sample effects of its own), ``sd_sample`` and ``df`` where sample effects
        follow a t, ``tau_LEVEL at TERM[VALUE]`` and ``tau_LEVEL ratio ...`` where tau depends on
        terms; what the model does not have is absent.
    """
    found: dict[str, Estimate | None] = {
        name: getattr(answers.heterogeneity, name)
        for name in (
            "tau_group",
            "tau_sample",
            "tau_effect",
            "tau_total",
            "i2_group",
            "i2_sample",
            "i2_effect",
        )
    }
    tails = answers.heterogeneity.tails
    found |= {} if tails is None else {"sd_sample": tails.sd_sample, "df": tails.df}
    for model in answers.scale_models:
        name = f"tau_{model.level}"
        found |= {f"{name} at {row.name}": row.estimate for row in model.at}
        found |= {f"{name} ratio {row.name}": row.ratio for row in model.ratios}
    found["explained"] = None if answers.explained is None else answers.explained.posterior
    found["rho"] = answers.rho
    found |= {f"tau_scale[{name}]": e for name, e in answers.heterogeneity.scales}
    found |= {f"scale_correlation[{name}]": e for name, e in answers.heterogeneity.correlations}
    rows = [{"name": name, **asdict(value)} for name, value in found.items() if value is not None]
    columns = ["name", "mean", "sd", "median", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns).set_index("name").astype(float)


def benchmark_frame(answers: Answers) -> pd.DataFrame:
    """The posterior against published correlations.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    pandas.DataFrame
        Index: name. ``difference`` with limits is ours minus theirs, on r.
    """
    rows = [
        {
            "name": b.name,
            "coefficient": b.coefficient,
            "benchmark_r": b.r,
            "benchmark_lower": np.nan if b.lower is None else b.lower,
            "benchmark_upper": np.nan if b.upper is None else b.upper,
            **_flat("difference", b.difference_r, centre="difference"),
            "p_above": b.p_above,
            "p_rope": b.p_rope,
        }
        for b in answers.benchmarks
    ]
    return pd.DataFrame(rows, columns=None if rows else ["name"]).set_index("name")


def check_frame(results: tuple[CheckResult, ...]) -> pd.DataFrame:
    """Checks with their verdicts.

    Parameters
    ----------
    results : tuple of CheckResult
        What was checked.

    Returns
    -------
    pandas.DataFrame
        Index: name. ``passed`` (True, False, None for not applicable) and ``text``.
    """
    rows = [{"name": r.name, "passed": r.passed, "text": r.text} for r in results]
    return pd.DataFrame(rows, columns=["name", "passed", "text"]).set_index("name")


def left_out_frame(left_out: tuple[LeftOut, ...]) -> pd.DataFrame:
    """Rows of the table that the model does not use.

    Parameters
    ----------
    left_out : tuple of LeftOut
        The rows and why.

    Returns
    -------
    pandas.DataFrame
        ``row`` (line of the source), ``sample``, ``effect``, ``reason``.
    """
    return pd.DataFrame(
        [asdict(left) for left in left_out], columns=["row", "sample", "effect", "reason"]
    )


def twin_frame(twin: Twin) -> pd.DataFrame:
    """Coefficients and contrasts by REML.

    Parameters
    ----------
    twin : Twin
        The REML fit.

    Returns
    -------
    pandas.DataFrame
        Index: name; estimate, SE, z, t and CR2 limits on the analysis scale.
    """
    rows = [line.to_dict() for line in (*twin.coefficients, *twin.contrasts)]
    return pd.DataFrame(rows, columns=None if rows else ["name"]).set_index("name")
