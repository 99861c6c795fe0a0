r"""Designs of one analysis at any correlation of the sampling errors within samples.

.. math:: V_i(\rho) = F_i + \rho P_i

Where rho is estimated, F and P are those of the model: pairs whose correlation is known keep it.
Where errors are independent or correlate by a constant, every pair of one sample has rho. V is
linear in rho and its smallest eigenvalue concave, so the values at which V is positive definite are
an interval; its ends are found sample by sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.definiteness import LEAST_EIGENVALUE
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["RhoPattern", "pattern_of", "refuse_rho"]


@dataclass(frozen=True, slots=True)
class RhoPattern:
    """Sampling covariances as a function of rho.

    Parameters
    ----------
    design : Design
        The analysis.
    fixed, pattern : tuple of ndarray
        F_i and P_i of each sample, shape (m_i, m_i).
    centre : float
        A rho at which every V_i is positive definite.
    """

    design: Design
    fixed: tuple[Array, ...]
    pattern: tuple[Array, ...]
    centre: float

    def at(self, rho: float) -> Design:
        """Design with rho known.

        Parameters
        ----------
        rho : float
            Correlation of sampling errors.

        Returns
        -------
        Design
            With these covariances and no `dependence`.
        """
        if self.design.dependence is not None:
            return self.design.with_rho(rho)
        given = tuple(f + rho * p for f, p in zip(self.fixed, self.pattern, strict=True))
        return replace(self.design, covariances=given if rho else None)

    def limit(self, end: float) -> tuple[float, str]:
        """How far rho can go from the centre towards an end.

        Parameters
        ----------
        end : float
            Where it shall go.

        Returns
        -------
        rho : float
            The end, or the value before it from which a covariance is not positive definite.
        sample : str
            The sample that stops it; "" if none does.
        """
        best, stopping = end, ""
        for name, F, P in zip(self.design.sample_ids, self.fixed, self.pattern, strict=True):
            if not P.any() or _room(end, F, P) > 0:
                continue
            rho = float(brentq(_room, self.centre, end, args=(F, P), xtol=1e-10))
            if abs(rho - self.centre) < abs(best - self.centre):
                best, stopping = rho, name
        return best, stopping


def _room(rho: float, F: Array, P: Array) -> float:
    """Smallest eigenvalue of the correlations of the errors, above what counts as positive."""
    sd = np.sqrt(np.diag(F))
    return float(np.linalg.eigvalsh((F + rho * P) / np.outer(sd, sd))[0] - LEAST_EIGENVALUE)


def pattern_of(design: Design) -> RhoPattern:
    """How the covariances of an analysis depend on rho.

    Parameters
    ----------
    design : Design
        Of an analysis that `refuse_rho` lets pass.

    Returns
    -------
    RhoPattern
        That of the model where rho is estimated, otherwise one rho for every pair.
    """
    given = design.dependence
    if given is not None:
        return RhoPattern(design, given.fixed, given.pattern, given.centre)
    variances = _by_sample(design.variances, design)
    fixed = tuple(np.diag(v) for v in variances)
    pattern = tuple(np.sqrt(np.outer(v, v)) - np.diag(v) for v in variances)
    return RhoPattern(design, fixed, pattern, 0.0)


def _by_sample(values: Array, design: Design) -> Sequence[Array]:
    return np.split(values, design.starts[1:])


def refuse_rho(design: Design, specification: Specification) -> None:
    """Refuse a curve over rho where there is none, before anything is computed.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.

    Raises
    ------
    InputError
        If no correlation is free, or the exact engine declines the analysis.
    """
    where, problems = f"model {specification.name}", []
    if len(design.starts) == len(design.y):
        problems.append(
            Problem(
                what="no two effect sizes share a sample: rho changes nothing",
                where=where,
                cure="Check that the column of the sample is the one that rows with the same "
                "people have in common",
                code="rho_without_pairs",
            )
        )
    elif specification.sampling.within_sample in ("interscale", "estimated") and (
        design.dependence is None
    ):
        problems.append(
            Problem(
                what="every correlation of sampling errors follows from reported correlations or "
                "norms: no rho is left to vary",
                where=f"{where}, key sampling.within_sample",
                cure='Vary the norms (sampling.norms), or write within_sample = "constant" with '
                'a rho, or "estimated" without norms',
                code="rho_known",
            )
        )
    reason = ExactEngine().declines(design)
    if reason is not None:
        problems.append(
            Problem(
                what=f"the curve over rho is computed by the exact engine, which declines: "
                f"{reason}",
                where=where,
                cure="Take a model that it runs, or refit at a few values: --set "
                "sampling.within_sample=constant --set sampling.rho=0.6",
                code="no_exact_rho",
            )
        )
    if problems:
        raise InputError(problems)
