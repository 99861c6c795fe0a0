"""Assurance: the evidence that a planned meta-analysis can be expected to give, before any data.

Parameters are drawn from a design prior, data from them, and every data set is analysed with the
priors of the model (the analysis prior). The share of data sets with enough evidence is the
assurance (O'Hagan, Stevens & Campbell 2005).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.expected import ADDED, COMPARED, Expected, replicate
from bayes_alliance.sensitivity.replication import Refits, refuse_replication
from bayes_alliance.sensitivity.requests import (
    checked_counts,
    checked_participants,
    checked_run,
    checked_size,
)
from bayes_alliance.sensitivity.simulation import draw_prior, simulate
from bayes_alliance.sensitivity.targets import targets_of
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.extended import first_samples
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.benchmarks import benchmark_on_z
from bayes_alliance.summaries.evidence import TELLS
from bayes_alliance.summaries.scale import Scale

__all__ = ["assurance", "planned_effects"]

#: The sd on z that stands for a benchmark without an interval: a value that is fixed.
FIXED = 1e-6
SAMPLES = ADDED


def assurance(
    specification: Specification,
    samples: int | Sequence[int] = SAMPLES,
    *,
    n: float | Sequence[float] | None = None,
    effects: int | Sequence[str | Mapping[str, str | float]] = 1,
    moderators: Mapping[str, Sequence[str | float]] | None = None,
    rho: float | None = None,
    variance: float | None = None,
    design_prior: Specification | None = None,
    benchmark: Benchmark | str | None = None,
    of: Sequence[str] | None = None,
    width: float | None = None,
    threshold: float = TELLS,
    replications: int = 500,
    seed: int = 1,
    probability: float = INTERVAL_PROBABILITY,
) -> Expected:
    """Predict intervals and Bayes factors of a meta-analysis that has no data yet.

    Parameters
    ----------
    specification : Specification
        The analysis, with its priors.
    samples : int or sequence of int
        Numbers of samples.
    n : float or sequence of float, optional
        Participants of each sample (a sequence is used in turn); for correlations.
    effects : int or sequence
        Effects of a sample: how many, or where each of them lies: levels of the term that
        `moderators` does not give (``["task", "bond"]``), or mappings of columns to values.
    moderators : mapping, optional
        Values of columns that differ between samples, used in turn:
        ``{"approach": ["CBT", "other"]}``.
    rho : float, optional
        Correlation of the sampling errors within a sample; by default what the model says.
    variance : float, optional
        Sampling variance of every effect, in place of `n`: effects of any measure.
    design_prior : Specification, optional
        The same model with the priors that data are drawn from; by default its own.
    benchmark : Benchmark or str, optional
        A published correlation (or the name of one of the specification): the location is drawn
        from its normal distribution on z.
    of, width, threshold, replications, seed, probability
        As in `bayes_alliance.sensitivity.expected.expected_evidence`.

    Returns
    -------
    Expected
        A row an answer and number of samples; `p_bf10` is the assurance.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, or an argument is none.

    Examples
    --------
    >>> from bayes_alliance.spec.library import read_specification
    >>> spec = read_specification("overall")
    >>> told = assurance(spec, [5, 20], n=60, replications=50).table["p_bf10"]
    >>> bool(told[0] <= told[1])
    True
    """
    counts = checked_counts(samples, least=2, where="samples")
    checked_run(replications, threshold, probability, width=width)
    spec = specification
    if rho is not None:
        spec = _with_rho(spec, rho)
    planned = planned_effects(
        spec, max(counts), n=n, variance=variance, effects=effects, moderators=moderators
    )
    design = compile_design(planned, spec)
    refuse_replication(design, spec.name)
    targets = targets_of(design, of)
    drawn_from, words = _design_prior(design, planned, spec, design_prior, benchmark)
    drawn = draw_prior(drawn_from, replications, np.random.default_rng([seed, 50]))
    y = simulate(design, drawn, [seed, 51])
    scale, logs, widths, compared = Scale(design.measure), [], [], (0.0, 0.0)
    for count in counts:
        layout = first_samples(design, count)
        refits = Refits(layout, targets, probability=probability)
        data: Array = y[:, : len(layout.y)]
        own = replicate([refits.read(row) for row in data], targets, scale)
        logs.append(own[0])
        widths.append(own[1])
        log_bf10, relative = refits.check(data[: COMPARED[design.dependence is not None]])
        compared = max(compared[0], log_bf10), max(compared[1], relative)
    return Expected(
        samples=counts,
        present=0,
        targets=targets,
        log_bf10=np.stack(logs),
        width=np.stack(widths),
        scale=scale,
        threshold=threshold,
        narrow=width,
        probability=probability,
        seed=seed,
        layout=f"{words}; {_layout_words(design, n, variance)}",
        compared=compared,
    )


def planned_effects(
    specification: Specification,
    samples: int,
    *,
    n: float | Sequence[float] | None = None,
    variance: float | None = None,
    effects: int | Sequence[str | Mapping[str, str | float]] = 1,
    moderators: Mapping[str, Sequence[str | float]] | None = None,
) -> EffectSizes:
    """A table of samples that are planned; all effect sizes are 0.

    Parameters
    ----------
    specification : Specification
        The analysis.
    samples : int
        How many.
    n, variance, effects, moderators
        As in `assurance`.

    Returns
    -------
    EffectSizes
        What `compile_design` takes.

    Raises
    ------
    InputError
        If an argument is none.
    """
    if (n is None) == (variance is None):
        raise _wrong("the sampling variance needs n or variance", "n", "Give one of the two: n=60")
    checked_size(variance, "variance")
    sizes = None if n is None else checked_participants(n, least=3.0)
    own = dict(moderators or {})
    for column, values in own.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise _wrong(
                f"{column} = {values!r} is no list of values",
                "moderators",
                'Give the values in turn: {"approach": ["CBT", "other"]}',
            )
    places = _places(specification, effects, own)
    rows: list[dict[str, Any]] = []
    for i in range(samples):
        for j, place in enumerate(places):
            row: dict[str, Any] = {"sample": f"planned {i + 1}", "effect": f"{j + 1}", **place}
            row |= {column: values[i % len(values)] for column, values in own.items()}
            size = {"yi": 0.0, "vi": variance}
            if sizes is not None:
                size = {"r": 0.0, "n": float(sizes[i % len(sizes)])}
            rows.append(row | size)
    return read_effects(pd.DataFrame(rows), name="planned")


def _places(
    specification: Specification,
    effects: int | Sequence[str | Mapping[str, str | float]],
    moderators: Mapping[str, object],
) -> list[dict[str, str | float]]:
    """Columns of every effect of a sample."""
    free = [term for term in specification.location.terms if term not in moderators]
    if isinstance(effects, str):
        effects = [effects]
    if isinstance(effects, int) and not isinstance(effects, bool):
        if effects < 1:
            raise _wrong(f"{effects} is no number of effects", "effects", "Give 1 or more")
        if free:
            raise _wrong(
                f"{effects} effects do not say where they lie on {', '.join(free)}",
                "effects",
                'Name a level for each effect, such as effects=["task", "bond"], or the values of '
                f"the samples: moderators={{{free[0]!r}: [...]}}",
            )
        return [{} for _ in range(effects)]
    if isinstance(effects, bool) or not isinstance(effects, Sequence) or not len(effects):
        raise _wrong(f"{effects!r} names no effects", "effects", "For example effects=3")
    found: list[dict[str, str | float]] = []
    for place in effects:
        if isinstance(place, Mapping):
            found.append(dict(place))
        elif len(free) == 1:
            found.append({free[0]: place})
        elif not free and not specification.location.terms:
            found.append({specification.effect.scale_column: place})
        else:
            raise _wrong(
                f"{place!r} does not say of which column it is a level",
                "effects",
                f"Write mappings, such as {{'{(free or ['COLUMN'])[0]}': {place!r}}}",
            )
    return found


def _with_rho(spec: Specification, rho: float) -> Specification:
    if isinstance(rho, bool) or not np.isfinite(rho) or not -1 < rho < 1:
        raise _wrong(f"{rho!r} is no correlation", "rho", "Give a number between -1 and 1")
    return spec.with_changes({"sampling": {"within_sample": "constant", "rho": float(rho)}})


def _design_prior(
    design: Design,
    planned: EffectSizes,
    spec: Specification,
    stated: Specification | None,
    benchmark: Benchmark | str | None,
) -> tuple[Design, str]:
    """Design that parameters are drawn from, and what it is in words."""
    changed, words = spec, "parameters drawn from the priors of the model"
    if stated is not None:
        words = f"parameters drawn from the design prior ({stated.name})"
        changed = stated.model_copy(update={"sampling": spec.sampling})
    if benchmark is not None:
        if design.measure != "ZCOR":
            raise _wrong(
                "a benchmark is a correlation, and these effects are none on Fisher's z",
                "benchmark",
                "State design_prior=, with the prior of the location on the scale of yi",
            )
        found = _named(spec, benchmark)
        mean, sd = benchmark_on_z(found)
        changed = changed.with_changes(
            {"priors.location": {"family": "normal", "mean": mean, "sd": max(sd, FIXED)}}
        )
        words = f"location drawn from {found.name} (r = {found.r:g}"
        words += ")" if sd else ", fixed: it has no interval)"
    drawn_from = compile_design(planned, changed)
    if drawn_from.coefficients != design.coefficients or drawn_from.flat:
        raise _wrong(
            "the design prior has other coefficients than the model, or a flat prior",
            "design_prior",
            "Change the priors of the same model: spec.with_prior(...)",
        )
    return drawn_from, words


def _layout_words(design: Design, n: float | Sequence[float] | None, variance: float | None) -> str:
    sizes = np.diff(design.starts, append=len(design.y))
    each = f"{sizes[0]} effect{'' if sizes[0] == 1 else 's'} a sample"
    if n is None:
        return f"{each}, sampling variance {variance:g}"
    given = checked_participants(n, least=3.0)
    return f"{each}, n = {', '.join(f'{size:g}' for size in given)}" + (
        " in turn" if len(given) > 1 else ""
    )


def _named(spec: Specification, benchmark: Benchmark | str) -> Benchmark:
    if isinstance(benchmark, Benchmark):
        return benchmark
    for found in spec.benchmarks:
        if found.name == benchmark:
            return found
    names = "; ".join(found.name for found in spec.benchmarks) or "none"
    raise _wrong(
        f"the specification has no benchmark {benchmark!r}", "benchmark", f"Benchmarks: {names}"
    )


def _wrong(what: str, where: str, cure: str) -> InputError:
    return InputError(Problem(what=what, where=where, cure=cure, code="design_request"))
