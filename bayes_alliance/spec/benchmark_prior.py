"""A published correlation as the prior of the location: what the data say given it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["benchmark_named", "prior_of_benchmark", "with_benchmark_prior"]


def with_benchmark_prior(
    specification: Specification,
    name: str | None = None,
    *,
    discount: float = 1.0,
    extra_sd: float = 0.0,
) -> Specification:
    """Return a copy whose prior of the location is one of its benchmarks, with its uncertainty.

    Parameters
    ----------
    specification : Specification
        With at least one benchmark; analysed on Fisher's z.
    name : str, optional
        Name of the benchmark or a part of it; not needed where only one has an interval.
    discount : float
        Weight in (0, 1] of the benchmark: its variance is divided by it.
    extra_sd : float
        Sd on z by which the benchmark's population and that of the data may differ.

    Returns
    -------
    Specification
        The copy; the prior's `because` names the source.

    Raises
    ------
    InputError
        If no benchmark or several fit the name, it has no interval and `extra_sd` is 0, or a number
        is out of its range.

    Examples
    --------
    >>> from bayes_alliance.spec.library import read_specification
    >>> spec = with_benchmark_prior(read_specification("overall"), "face to face", discount=0.25)
    >>> str(spec.priors.location)
    'normal(0.285513, 0.0237749)'
    """
    benchmark = benchmark_named(specification.benchmarks, name)
    prior = prior_of_benchmark(benchmark, discount=discount, extra_sd=extra_sd)
    return specification.with_prior("location", prior)


def benchmark_named(benchmarks: Sequence[Benchmark], name: str | None) -> Benchmark:
    """Find a benchmark by its name or a part of it.

    Parameters
    ----------
    benchmarks : sequence of Benchmark
        Those of an analysis.
    name : str or None
        None: the only one that has an interval.

    Returns
    -------
    Benchmark
        The one.

    Raises
    ------
    InputError
        If none or several fit.
    """
    if name is None:
        found = [b for b in benchmarks if b.lower is not None]
    else:
        found = [b for b in benchmarks if b.name == name]
        found = found or [b for b in benchmarks if name.casefold() in b.name.casefold()]
    if len(found) == 1:
        return found[0]
    known = "; ".join(b.name for b in benchmarks) or "none"
    what = "more than one benchmark fits" if found else "no benchmark fits"
    asked = "an interval" if name is None else repr(name[:200])
    raise InputError(
        Problem(
            what=f"{what} {asked}",
            where="benchmarks",
            cure=f"Benchmarks of this analysis: {known}",
            code="unknown_benchmark",
        )
    )


def prior_of_benchmark(
    benchmark: Benchmark, *, discount: float = 1.0, extra_sd: float = 0.0
) -> Prior:
    """Turn a benchmark into a normal prior on Fisher's z.

    Parameters
    ----------
    benchmark : Benchmark
        With its interval; without one only `extra_sd` makes its sd.
    discount, extra_sd : float
        As in `with_benchmark_prior`.

    Returns
    -------
    Prior
        Normal.

    Raises
    ------
    InputError
        As in `with_benchmark_prior`.
    """
    because = benchmark.name + (f" ({benchmark.source})" if benchmark.source else "")
    if benchmark.lower is not None and benchmark.upper is not None:
        return Prior.from_interval(
            benchmark.lower,
            benchmark.upper,
            r=benchmark.r,
            probability=benchmark.probability,
            discount=discount,
            extra_sd=extra_sd,
            because=because,
        )
    if not 0 < extra_sd < np.inf or discount != 1:
        raise InputError(
            Problem(
                what=f"the benchmark {benchmark.name!r} has no interval, so it makes no prior",
                where="benchmarks",
                cure="Declare its lower and upper, or give extra_sd, the sd on Fisher's z by which "
                "it may be off (and no discount)",
                code="benchmark_without_interval",
            )
        )
    said = f"{because}: r = {benchmark.r:g} without an interval, sd {extra_sd:g} given on z."
    return Prior("normal", mean=float(np.arctanh(benchmark.r)), sd=extra_sd, because=said)
