"""Designs that obey a restriction: the nulls of Bayes factors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import null_space

from bayes_alliance.spec.design import Design

__all__ = ["constrained", "without_levels"]


def constrained(design: Design, weights: ArrayLike, values: ArrayLike = 0.0) -> Design:
    """Restrict the coefficients to W beta = c; their prior is that of the design, given W beta = c.

    With this prior the Bayes factor of the restriction is the Savage-Dickey ratio, the posterior
    over the prior density of W beta at c (Dickey 1971). The restricted coefficients are written as
    beta = b + N g with b a solution and N an orthonormal basis of the null space of W.

    Parameters
    ----------
    design : Design
        The analysis; its coefficients must have proper normal priors.
    weights : array_like, shape (m, p) or (p,)
        W, of full row rank.
    values : array_like, shape (m,)
        c, on the analysis scale.

    Returns
    -------
    Design
        Another design of the same effects with p - m coefficients g, named ``g1`` and so on; it
        reports and compares nothing.

    Raises
    ------
    ValueError
        If a prior is flat or has a shrinkage factor, or W has no full row rank.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("ibi_synthetic"), read_specification("subscales_independent"))
    >>> len(design.coefficients), len(constrained(design, [1, -1, 0, 0]).coefficients)
    (4, 3)
    """
    W = np.atleast_2d(np.asarray(weights, float))
    c = np.broadcast_to(np.asarray(values, float), len(W))
    if design.flat or design.shrinkage is not None:
        raise ValueError("restrictions need normal priors of the coefficients, without shrinkage")
    if np.linalg.matrix_rank(W) < len(W):
        raise ValueError("the restrictions repeat one another")
    covariance = design.prior_covariance()
    gain = np.linalg.solve(W @ covariance @ W.T, W @ covariance).T
    mean = design.prior_mean + gain @ (c - W @ design.prior_mean)
    N, b = null_space(W), np.linalg.pinv(W) @ c
    left = N.T @ (covariance - gain @ W @ covariance) @ N
    return replace(
        design,
        y=design.y - design.X @ b,
        X=np.ascontiguousarray(design.X @ N),
        coefficients=tuple(f"g{i + 1}" for i in range(N.shape[1])),
        prior_mean=N.T @ (mean - b),
        prior_location=np.zeros(N.shape[1]),
        prior_differences=np.linalg.cholesky(0.5 * (left + left.T)),
        terms=(),
        quantities=(),
        contrasts=(),
    )


def without_levels(design: Design, levels: Collection[str]) -> Design:
    """Switch heterogeneity off at some levels; everything else keeps its prior.

    Where a total and a share were declared for both taus, the level that is left has the prior of
    the total: the share is 0 or 1.

    Parameters
    ----------
    design : Design
        The analysis.
    levels : collection of {"sample", "effect", "group", "scale"}
        Which standard deviations are 0; ``scale``: all those of effects of samples by scale.

    Returns
    -------
    Design
        Another design of the same effects.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("crede2010"), read_specification("three_level"))
    >>> without_levels(design, ["effect"]).tau_effect is None
    True
    """
    changed: dict[str, Any] = {}
    if "sample" in levels:
        changed |= {"tau_sample": None, "df": None, "scale_sample": None}
    if "effect" in levels:
        changed |= {"tau_effect": None, "scale_effect": None}
    if "group" in levels:
        changed["groups"] = None
    if "scale" in levels:
        changed["scales"] = None
    if design.tau_total is not None and changed.keys() & {"tau_sample", "tau_effect"}:
        left = {"tau_sample", "tau_effect"} - changed.keys()
        changed |= {"tau_total": None, "share": None} | dict.fromkeys(left, design.tau_total)
    return replace(design, **changed)
