"""What the frequentist twin reports of a fit: one line a coefficient, one joint test a term."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.reml.robust import ClusterRobust, htz_test, robust_tests
from bayes_alliance.engines.reml.twin_record import TwinCoefficient, TwinTerm
from bayes_alliance.engines.reml.wald import effect_of_prior, wald_tests
from bayes_alliance.errors import EngineError
from bayes_alliance.spec.design import Design

__all__ = ["Estimated", "joint_tests", "reported_lines"]


class Estimated(Protocol):
    """A fit as far as its coefficients go."""

    @property
    def beta(self) -> Array:
        """Coefficients, shape (p,)."""
        ...

    @property
    def covariance(self) -> Array:
        """Their model-based covariance, shape (p, p)."""
        ...


def reported_lines(
    design: Design,
    fit: Estimated,
    rows: dict[str, Array],
    *,
    freedom: Array,
    robust: ClusterRobust | None,
    probability: float,
) -> tuple[TwinCoefficient, ...]:
    """One line a coefficient or contrast, with its z, t and CR2 limits.

    Parameters
    ----------
    design : Design
        The analysis, for the prior of its coefficients.
    fit : RemlEstimate or GroupedEstimate
        Coefficients and their model-based covariance.
    rows : dict of str to ndarray, shape (p,)
        Weights of what is reported.
    freedom : ndarray, shape (p,)
        Degrees of freedom by containment of each coefficient; NaN: none.
    robust : ClusterRobust or None
        For the CR2 limits.
    probability : float
        Coverage of every interval.

    Returns
    -------
    tuple of TwinCoefficient
        In the order of `rows`.
    """
    if not rows:
        return ()
    H = np.array(list(rows.values()))
    # A combination has no more degrees of freedom than the poorest of its parts.
    contained = np.where(H != 0, freedom, np.inf).min(axis=1)
    z, t = (
        wald_tests(fit.beta, fit.covariance, contrasts=H, df=df, probability=probability)
        for df in (np.inf, contained)
    )
    shift, width = effect_of_prior(
        fit.beta, fit.covariance, H, mean=design.prior_mean, precision=design.prior_precision()
    )
    by_cr2: list[dict[str, float | None]] = [{} for _ in rows]
    if robust is not None:
        cr2 = robust_tests(robust, H, probability=probability)
        by_cr2 = [
            {
                "se_cr2": _number(cr2.se[i]),
                "df_cr2": _number(cr2.df[i]),
                "p_cr2": _number(cr2.p[i]),
                "lower_cr2": _number(cr2.lower[i]),
                "upper_cr2": _number(cr2.upper[i]),
            }
            if np.isfinite(cr2.df[i])
            else {}
            for i in range(len(H))
        ]
    return tuple(
        TwinCoefficient(
            name=name,
            estimate=float(z.estimate[i]),
            se=float(z.se[i]),
            p=float(z.p[i]),
            lower=float(z.lower[i]),
            upper=float(z.upper[i]),
            df_t=_number(t.df[i]),
            p_t=_number(t.p[i]),
            lower_t=_number(t.lower[i]),
            upper_t=_number(t.upper[i]),
            prior_shift=float(shift[i] / z.se[i]),
            prior_width=float(width[i] / z.se[i]),
            **by_cr2[i],
        )
        for i, name in enumerate(rows)
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def joint_tests(design: Design, robust: ClusterRobust) -> tuple[TwinTerm, ...]:
    """Test for each term that it makes no difference.

    Parameters
    ----------
    design : Design
        The analysis.
    robust : ClusterRobust
        Its CR2 covariance.

    Returns
    -------
    tuple of TwinTerm
        One test a term, or the reason why there is none.
    """
    tests = []
    for name, rows in _rows_of_terms(design):
        try:
            test = htz_test(robust, rows)
        except EngineError as error:
            tests.append(TwinTerm(name, None, len(rows), None, None, str(error)))
            continue
        reason = "" if np.isfinite(test.F) else "too few samples for so many differences"
        tests.append(
            TwinTerm(
                name,
                _number(test.F),
                test.df_numerator,
                _number(test.df_denominator),
                _number(test.p),
                reason,
            )
        )
    return tuple(tests)


def _rows_of_terms(design: Design) -> list[tuple[str, Array]]:
    """What must be 0 if a term made no difference: one set of contrasts a term."""
    p = len(design.coefficients)
    first = design.terms[0] if design.terms else None
    if first is not None and design.coefficients == first.levels:
        return [(first.name, np.eye(p)[:-1] - np.eye(p)[-1])] if p > 1 else []
    rows, at = [], 1
    for term in design.terms:
        size = 1 if term.kind == "continuous" else len(term.levels) - 1
        rows.append((term.name, np.eye(p)[at : at + size]))
        at += size
    return rows
