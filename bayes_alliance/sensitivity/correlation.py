"""Every headline answer as a curve over rho, and where a conclusion would change.

Each point is an exact fit with the correlation of sampling errors known. All of them turn the same
random numbers into draws, so what is read off draws (differences and ROPE probabilities on r,
orders) is as smooth along the curve as it is uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.sensitivity.answers import answer_rows, wide_answers
from bayes_alliance.sensitivity.changes import Change, find_changes, rho_text
from bayes_alliance.sensitivity.pattern import RhoPattern, pattern_of, refuse_rho
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.coefficients import Estimate, estimate_of
from bayes_alliance.summaries.headline import Headline, headline
from bayes_alliance.summaries.scale import Scale

__all__ = ["RHO", "RhoCurve", "over_rho"]

#: Values of rho unless others are asked for.
RHO = np.linspace(0.0, 0.9, 19)


@dataclass(frozen=True, slots=True)
class RhoCurve:
    """Headline answers at R values of rho.

    Parameters
    ----------
    rho : tuple of float, length R
        Correlations of the sampling errors of two effects of one sample, ascending.
    headlines : tuple of Headline, length R
        Answers of the exact fit at each.
    baseline : Headline
        Answers of the fit itself.
    fitted_rho : float or None
        Rho of the fit itself; None where it was estimated.
    estimated : Estimate or None
        Posterior of rho, where the fit estimated it.
    found : tuple of Change
        Conclusions that change along the curve, in the order of rho.
    scale : Scale
        How the measure is read as a correlation.
    probability : float
        Of every interval.
    notes : tuple of str
        What a reader of the curve has to know, for example where it ends early.
    """

    rho: tuple[float, ...]
    headlines: tuple[Headline, ...]
    baseline: Headline
    fitted_rho: float | None
    estimated: Estimate | None
    found: tuple[Change, ...]
    scale: Scale
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    @property
    def answers(self) -> pd.DataFrame:
        """One row an answer and rho.

        ``rho``, ``kind`` (mean, slope, difference, tau, order), ``name``, ``median``, ``lower``,
        ``upper``, ``p_positive``, ``p_rope``; means and differences on r for correlations,
        otherwise and for taus and slopes on the analysis scale. An order has its probability in
        the column ``probability`` and nothing else.
        """
        rows = [
            {"rho": rho, **row}
            for rho, found in zip(self.rho, self.headlines, strict=True)
            for row in answer_rows(found, self.scale)
        ]
        return pd.DataFrame(rows)

    @property
    def table(self) -> pd.DataFrame:
        """One row a rho.

        Index ``rho``. For every mean, slope, contrast and tau ``NAME`` (median), ``NAME_lower``,
        ``NAME_upper``; but for taus ``NAME_p_positive`` and, for correlations, ``NAME_p_rope``;
        ``P(ORDER)`` for every order; ``log_marginal_likelihood``. Scales as in `answers`.
        """
        rows = [
            {"rho": rho, **wide_answers(found, self.scale)}
            for rho, found in zip(self.rho, self.headlines, strict=True)
        ]
        return pd.DataFrame(rows).set_index("rho")

    @property
    def changes(self) -> pd.DataFrame:
        """One row a change: ``answer``, ``from``, ``to``, ``rho``, ``sentence``."""
        rows = [(c.answer, c.before, c.after, c.rho, c.sentence) for c in self.found]
        frame = pd.DataFrame(rows, columns=["answer", "from", "to", "rho", "sentence"])
        return frame.astype({"rho": float})

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changes along the curve, in words, or that nothing does."""
        if self.found:
            return tuple(change.sentence for change in self.found)
        ends = f"rho = {rho_text(self.rho[0])} and {rho_text(self.rho[-1])}"
        return (f"No conclusion changes between {ends}.",)

    def __repr__(self) -> str:
        ends = f"{rho_text(self.rho[0])} to {rho_text(self.rho[-1])}"
        head = f"Answers at {len(self.rho)} values of rho from {ends}"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .changes, fit.plot_rho()"])


def over_rho(
    fitted: Fitted, rho: ArrayLike | None = None, *, probability: float = INTERVAL_PROBABILITY
) -> RhoCurve:
    """Compute every headline answer over the correlation of sampling errors within samples.

    Where the model estimates rho, pairs of effects whose correlation is known keep it and the
    others have rho; where errors are independent or correlate by a constant, all pairs have rho.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis, by whatever engine.
    rho : array_like, optional
        Two or more values between -1 and 1; by default 0, .05, ..., .9.
    probability : float
        Of every interval.

    Returns
    -------
    RhoCurve
        Answers and changes. It ends where a sampling covariance would not be positive definite,
        and a note says so.

    Raises
    ------
    InputError
        If no correlation is free, the exact engine declines the analysis, or a rho is none.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> curve = over_rho(fitted, [0.0, 0.4, 0.8])
    >>> curve.table["tau_sample"].round(2).tolist()
    [0.27, 0.26, 0.24]
    """
    design, spec = fitted.design, fitted.specification
    refuse_rho(design, spec)
    pattern = pattern_of(design)
    possible, notes = _possible(pattern, _checked(RHO if rho is None else rho))
    values: list[float] = possible.tolist()
    questions: dict[str, Any] = {
        "orders": spec.location.orders,
        "rope_effect": spec.rope.effect_r,
        "rope_difference": spec.rope.difference_r,
        "probability": probability,
    }
    options = RunOptions.of(spec.run, cores=1, progress=False)

    def exact(at: float) -> QuadraturePosterior:
        return ExactEngine().run_brief(pattern.at(at), options)

    def answered(at: float, names: frozenset[str]) -> Headline:
        return headline(exact(at), _only(design, names), **questions | {"orders": ()})

    posteriors = [exact(value) for value in values]
    headlines = tuple(headline(found, design, **questions) for found in posteriors)
    changes = find_changes(
        design,
        values,
        headlines,
        answered,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
        probability=probability,
    )
    estimated = None if design.dependence is None else fitted.posterior.rho()
    return RhoCurve(
        rho=tuple(values),
        headlines=headlines,
        baseline=headline(fitted.posterior, design, **questions),
        fitted_rho=float(spec.sampling.rho or 0.0) if estimated is None else None,
        estimated=None if estimated is None else estimate_of(estimated, probability),
        found=changes,
        scale=Scale(design.measure),
        probability=probability,
        notes=(*notes, *_inexact(values, posteriors, options.tolerance)),
    )


def _inexact(
    values: Sequence[float], posteriors: Sequence[QuadraturePosterior], tolerance: float
) -> Iterator[str]:
    """Tell of points whose quadrature does not meet the tolerance."""
    errors = [found.nodes.error for found in posteriors]
    worst = int(np.argmax(errors))
    if errors[worst] > tolerance:
        yield (
            f"At rho = {rho_text(values[worst])} the quadrature reports an error of "
            f"{errors[worst]:.1e}, above run.tolerance ({tolerance:g})."
        )


def _only(design: Design, names: frozenset[str]) -> Design:
    """The same design asked fewer questions."""
    return replace(
        design,
        quantities=tuple(q for q in design.quantities if q.name in names),
        contrasts=tuple(c for c in design.contrasts if c.name in names),
    )


def _checked(rho: ArrayLike) -> Array:
    values = np.unique(np.asarray(rho, float).ravel())
    if len(values) < 2 or not (np.isfinite(values) & (np.abs(values) < 1)).all():
        raise InputError(
            Problem(
                what="a curve needs two or more values between -1 and 1",
                where="rho",
                cure="Write, for example, rho=numpy.linspace(0, 0.9, 19)",
                code="rho_values",
            )
        )
    return values


def _possible(pattern: RhoPattern, values: Array) -> tuple[Array, tuple[str, ...]]:
    """Values at which every covariance is positive definite, and where these end."""
    (low, under), (high, over) = (pattern.limit(float(values[i])) for i in (0, -1))
    kept, notes = values, []
    for stopped, limit, side in ((under, low, "below"), (over, high, "above")):
        if stopped:
            kept = kept[kept > limit] if side == "below" else kept[kept < limit]
            notes.append(
                f"The curve ends at rho = {rho_text(limit, 3)}: {side} it the sampling errors of "
                f"sample {stopped} cannot correlate so (no positive definite covariance)."
            )
    if len(kept) < 2:
        raise InputError(
            Problem(
                what="fewer than two of the values of rho are possible. " + " ".join(notes),
                where="rho",
                cure=f"Take values between {low:.3f} and {high:.3f}",
                code="not_positive_definite",
            )
        )
    return kept, tuple(notes)
