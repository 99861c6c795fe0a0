"""The numbers of the posterior held against published correlations.

A benchmark with limits is a normal on Fisher's z (`bayes_alliance.summaries.benchmarks`), one
without is a fixed value. For each there stand:

- the posterior of our median true correlation and the benchmark's own distribution, with their
  overlapping coefficient, the integral of the smaller of both densities (Weitzman 1970; Inman &
  Bradley 1989, doi 10.1080/03610928908830127): 1 where they are the same, 0 where they do not meet;
- mirrored below them the predictive distribution of the mean of a new sample, the share of it that
  lies above the benchmark (averaged over the benchmark's uncertainty), and its overlapping
  coefficient;
- the posterior of the difference, ours minus the benchmark, with the region of practical
  equivalence. Its numbers are those of the table of benchmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.densities import POINTS, density_values
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.benchmarks import QUANTILES, benchmark_on_z, summarise_benchmarks
from bayes_alliance.summaries.scale import Scale

__all__ = ["BenchmarkData", "benchmark_data", "overlap"]

#: Points that integrals are taken over.
FINE: Final = 4001


@dataclass(frozen=True, slots=True)
class BenchmarkData:
    """The numbers of the figure.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a benchmark: ``name``, ``coefficient``, ``r``, ``lower``, ``upper`` (NaN: a fixed
        value), ``probability``; ours, ``our_median``, ``our_lower``, ``our_upper``;
        ``difference``, ``difference_lower``, ``difference_upper``, ``p_above`` and ``p_rope`` as in
        the table of benchmarks; ``p_new_above``, the predictive probability that the mean of a new
        sample is above the benchmark; ``overlap`` and ``overlap_new``, overlapping coefficients of
        our posterior and of the prediction with the benchmark (NaN for a fixed value; what is about
        a new sample is NaN where samples do not vary). All on r.
    densities : pandas.DataFrame
        ``row``, ``curve`` (``ours``, ``new``, ``benchmark`` or ``difference``), ``value``,
        ``density``; on r.
    rope : float
        Half-width of the region of practical equivalence, on differences of r.
    footer : Footer
        What stands under the figure.
    """

    rows: pd.DataFrame
    densities: pd.DataFrame
    rope: float
    footer: Footer


def overlap(*, value: Array, first: Array, second: Array) -> float:
    """Overlapping coefficient of two densities.

    Parameters
    ----------
    value : ndarray, shape (n,)
        Increasing values over both.
    first, second : ndarray, shape (n,)
        Densities there.

    Returns
    -------
    float
        Integral of the smaller of both.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> x = np.linspace(-8, 9, 2001)
    >>> round(overlap(value=x, first=stats.norm.pdf(x), second=stats.norm.pdf(x, 1)), 3)
    0.617
    """
    return float(np.trapezoid(np.minimum(first, second), value))


def benchmark_data(fitted: Fitted, *, caution: str = "") -> BenchmarkData:
    """Hold the means of an analysis against its benchmarks.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    BenchmarkData
        One row a benchmark of a mean.

    Raises
    ------
    InputError
        If the effects are no correlations, or no benchmark is about one of the means.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    asked = [b for b in fitted.benchmarks if scale.has_r and b.coefficient in means]
    if not asked:
        raise InputError(
            Problem(
                what="this analysis has no benchmark for any of its means",
                where=f"model {fitted.specification.name!r}, means {', '.join(means)}",
                cure="Declare [[benchmarks]] for one of them; the effects must be correlations",
                code="no_benchmark",
            )
        )
    rope = fitted.specification.rope.difference_r
    found = summarise_benchmarks(fitted.posterior, asked, means, scale, rope=rope)
    rows, densities = [], []
    for number, (benchmark, summary) in enumerate(zip(asked, found, strict=True)):
        ours = fitted.posterior.linear(means[benchmark.coefficient])
        new = _new_sample(fitted, means[benchmark.coefficient])
        middle = scale.to_r(ours.quantile([0.5, 0.025, 0.975]))
        limits = (np.nan if b is None else b for b in (benchmark.lower, benchmark.upper))
        d = summary.difference_r
        rows.append(
            (benchmark.name, benchmark.coefficient, benchmark.r, *limits, benchmark.probability,
             *middle, d.centre, d.lower, d.upper, summary.p_above, summary.p_rope,
             _share_above(new, benchmark, scale), *_overlaps(ours, new, benchmark, scale))
        )  # fmt: skip
        curves = _curves(ours, new, benchmark, scale)
        densities += [frame.assign(row=number, curve=curve) for curve, frame in curves.items()]
    return BenchmarkData(
        rows=pd.DataFrame(rows, columns=COLUMNS),
        densities=pd.concat(densities, ignore_index=True),
        rope=rope,
        footer=footer_of(fitted, caution=caution),
    )


COLUMNS: Final = (
    "name", "coefficient", "r", "lower", "upper", "probability", "our_median", "our_lower",
    "our_upper", "difference", "difference_lower", "difference_upper", "p_above", "p_rope",
    "p_new_above", "overlap", "overlap_new",
)  # fmt: skip


def _new_sample(fitted: Fitted, weights: Array) -> Marginal | None:
    """Predictive distribution of the mean of a new sample, where samples vary."""
    if not fitted.posterior.new_spread(("sample",), weights=weights).any():
        return None
    return fitted.posterior.predictive(weights, ("sample",))


def _theirs(benchmark: Benchmark) -> Array:
    """The benchmark as correlations of equal probability, or as its one value."""
    centre, error = benchmark_on_z(benchmark)
    if not error:
        return np.tanh([centre])
    return np.asarray(np.tanh(centre + error * stats.norm.ppf(QUANTILES)))


def _their_density(benchmark: Benchmark, r: Array) -> Array:
    centre, error = benchmark_on_z(benchmark)
    inside = np.clip(r, -1 + 1e-12, 1 - 1e-12)
    return np.asarray(stats.norm.pdf(np.arctanh(inside), centre, error) / (1 - inside**2))


def _share_above(new: Marginal | None, benchmark: Benchmark, scale: Scale) -> float:
    if new is None:
        return np.nan
    return float(1 - new.cdf(scale.from_r(_theirs(benchmark))).mean())


def _overlaps(
    ours: Marginal, new: Marginal | None, benchmark: Benchmark, scale: Scale
) -> tuple[float, float]:
    if benchmark.lower is None or benchmark.upper is None:
        return np.nan, np.nan
    centre, error = benchmark_on_z(benchmark)
    value = np.linspace(np.tanh(centre - 8 * error), np.tanh(centre + 8 * error), FINE)
    shares = []
    for mine in (ours, new):
        if mine is None:
            shares.append(np.nan)
            continue
        own, theirs = scale.density(mine, value), _their_density(benchmark, value)
        shares.append(overlap(value=value, first=own, second=theirs))
    return shares[0], shares[1]


def _curves(
    ours: Marginal, new: Marginal | None, benchmark: Benchmark, scale: Scale
) -> dict[str, pd.DataFrame]:
    """Densities on r of ours, a new sample, the benchmark and the difference."""
    value = density_values(ours, scale, FINE)
    density = scale.density(ours, value)
    step = FINE // (POINTS - 1)
    curves = {"ours": _frame(value[::step], density[::step])}
    if new is not None:
        wide = density_values(new, scale)
        curves["new"] = _frame(wide, scale.density(new, wide))
    theirs = _theirs(benchmark)
    if len(theirs) > 1:
        centre, error = benchmark_on_z(benchmark)
        r = np.tanh(np.linspace(centre - 4 * error, centre + 4 * error, POINTS))
        curves["benchmark"] = _frame(r, _their_density(benchmark, r))
    d = np.linspace(value[0] - theirs[-1], value[-1] - theirs[0], POINTS)
    shifted = np.interp(d[:, None] + theirs, value, density, left=0.0, right=0.0)
    curves["difference"] = _frame(d, shifted.mean(axis=1))
    return curves


def _frame(value: Array, density: Array) -> pd.DataFrame:
    return pd.DataFrame({"value": value, "density": density})
