"""What samples that do not exist yet look like: copies of present ones, or as stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.sensitivity.requests import checked_participants, checked_size
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.extended import NewSample, present_samples, row_at, stated_sample

__all__ = ["Added", "Place", "new_samples"]

#: Where an effect lies: a level, or levels and values by term.
Place = str | Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Added:
    """Samples to be added.

    Parameters
    ----------
    samples : tuple of NewSample
        Their layouts.
    words : str
        What they are like.
    notes : tuple of str
        What was assumed.
    """

    samples: tuple[NewSample, ...]
    words: str
    notes: tuple[str, ...] = ()


def new_samples(
    fitted: Fitted,
    count: int,
    *,
    n: float | Sequence[float] | None,
    effects: int | Sequence[Place] | None,
    rho: float | None,
    variance: float | None,
    seed: int,
) -> Added:
    """Lay out samples to be added to an analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    count : int
        How many.
    n, effects, rho, variance, seed
        As in `bayes_alliance.sensitivity.expected.expected_evidence`.

    Returns
    -------
    Added
        The samples, in words too; the first ones are the same however many follow.

    Raises
    ------
    InputError
        If an argument is none, or does not fit the model.
    """
    design = fitted.design
    checked_size(variance, "variance")
    if n is not None and variance is not None:
        raise _wrong("n and variance are both given", "variance", "Give one of the two")
    if n is not None and design.measure == "GEN":
        raise _wrong(
            "the sampling variance of these effect sizes does not follow from n",
            "n",
            "Give variance=, the sampling variance of a new effect",
        )
    sizes = None if n is None else checked_participants(n, least=_least(design))
    if effects is None:
        if rho is not None:
            raise _wrong(
                "copies of present samples have their correlations of errors",
                "rho",
                "State effects=, or leave rho out",
            )
        return _copies(fitted, count, sizes, variance, seed)
    rows, what = _rows(design, effects)
    known, told = _rho(fitted, rho, len(rows))
    median = None
    if sizes is None and variance is None:
        sizes, median = _median(fitted)
        variance = median
    samples = tuple(
        stated_sample(rows, _variances(design, fitted, rows, sizes, variance, i), known)
        for i in range(count)
    )
    words = f"new samples have {what}, {_size_words(sizes, variance)}{told}"
    return Added(samples, words)


def _copies(
    fitted: Fitted, count: int, sizes: Array | None, variance: float | None, seed: int
) -> Added:
    design = fitted.design
    present = present_samples(design)
    rng, order = np.random.default_rng([seed, 32]), np.zeros(0, int)
    while len(order) < count:
        order = np.append(order, rng.permutation(len(present)))
    samples = []
    for i, at in enumerate(order[:count]):
        sample = present[int(at)]
        if sizes is not None or variance is not None:
            variances = _variances(design, fitted, sample.X, sizes, variance, i)
            sample = sample.with_variances(variances)
        samples.append(sample)
    given = sizes is not None or variance is not None
    how = f", each with {_size_words(sizes, variance)}" if given else ""
    return Added(tuple(samples), f"new samples are copies of present ones in random order{how}")


def _rows(design: Design, effects: int | Sequence[Place]) -> tuple[Array, str]:
    """Rows of the design matrix of one new sample, and what it has in words."""
    if isinstance(effects, str):
        effects = [effects]
    if isinstance(effects, (int, np.integer)) and not isinstance(effects, bool):
        if effects < 1:
            raise _wrong(f"{effects} is no number of effects", "effects", "Give 1 or more")
        if design.terms:
            levels = ", ".join(design.terms[0].levels) or "a number"
            raise _wrong(
                f"the model has terms, and {effects} effects do not say where they lie",
                "effects",
                f"Name a level for each effect ({design.terms[0].name}: {levels}), or leave "
                "effects out to copy present samples",
            )
        return np.ones((int(effects), 1)), f"{effects} effect{'' if effects == 1 else 's'} each"
    if isinstance(effects, bool) or not isinstance(effects, Sequence) or not len(effects):
        raise _wrong(
            f"{effects!r} names no effects", "effects", 'For example effects=["task", "bond"]'
        )
    rows = np.stack([row_at(design, place) for place in effects])
    named = [
        place if isinstance(place, str) else ", ".join(f"{k} = {v}" for k, v in place.items())
        for place in effects
    ]
    return rows, "effects at " + "; ".join(named)


def _rho(fitted: Fitted, rho: float | None, size: int) -> tuple[float | None, str]:
    """Correlation of errors of a stated sample; None where the model estimates it."""
    design = fitted.design
    least = -1 / (size - 1) if size > 1 else -1.0
    if rho is not None:
        if isinstance(rho, bool) or not np.isfinite(rho) or not least < rho < 1:
            raise _wrong(
                f"{rho!r} cannot be the correlation of the errors of {size} effects",
                "rho",
                f"Give a number above {least:.2f} and below 1",
            )
        return float(rho), f", errors correlating {rho:g}" if size > 1 else ""
    if size == 1:
        return 0.0, ""
    if design.dependence is not None:
        lowest = float(design.dependence.prior.quantile(1e-7))
        if lowest <= least:
            raise _wrong(
                f"the prior of rho reaches {lowest:.2f}, and {size} errors cannot correlate so",
                "rho",
                "State rho= for the new samples, or fewer effects",
            )
        return None, ", errors correlating by the rho of the model"
    within = fitted.specification.sampling
    if within.within_sample == "interscale":
        raise _wrong(
            "the correlation of errors of stated effects is not known",
            "rho",
            "State rho=, or leave effects out to copy present samples",
        )
    value = float(within.rho or 0.0)
    return value, f", errors correlating {value:g} as the model says"


def _median(fitted: Fitted) -> tuple[Array | None, float | None]:
    """Median n of the present effects; their median variance where n is not known."""
    n = fitted.effects.frame["n"].to_numpy(float)[fitted.design.rows]
    if fitted.design.measure != "GEN" and np.isfinite(n).any():
        return np.array([float(np.nanmedian(n))]), None
    return None, float(np.median(fitted.design.variances))


def _variances(
    design: Design,
    fitted: Fitted,
    X: Array,
    sizes: Array | None,
    variance: float | None,
    at: int,
) -> Array:
    if sizes is None:
        return np.full(len(X), float(variance or 0.0))
    n = float(sizes[at % len(sizes)])
    if design.measure == "ZCOR":
        return np.full(len(X), 1 / (n - 3))
    mean = np.array([fitted.posterior.linear(row).mean for row in X])
    return np.asarray((1 - np.clip(mean, -0.99, 0.99) ** 2) ** 2 / (n - 1))


def _least(design: Design) -> float:
    return 3.0 if design.measure == "ZCOR" else 1.0


def _size_words(sizes: Array | None, variance: float | None) -> str:
    if sizes is None:
        return f"sampling variance {variance:.3g}"
    if len(sizes) == 1:
        return f"n = {sizes[0]:g}"
    return "n = " + ", ".join(f"{size:g}" for size in sizes) + " in turn"


def _wrong(what: str, where: str, cure: str) -> InputError:
    return InputError(Problem(what=what, where=where, cure=cure, code="design_request"))
