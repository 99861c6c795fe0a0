r"""Terms of the heterogeneity: location-scale models (Viechtbauer & López-López 2022).

.. math:: \log\tau_{sample,i} = \log\tau_{sample} + z_i'\gamma_{sample}, \qquad
          \log\tau_{effect,ij} = \log\tau_{effect} + z_{ij}'\gamma_{effect}

Terms are coded as those of the mean are (`bayes_alliance.spec.coding`), without the intercept:
slopes are centred, levels of a categorical term have deviations that add up to 0. tau_sample and
tau_effect are therefore the heterogeneity at the centre of the slopes and the geometric mean over
levels. The declared prior sd is that of the log ratio of tau between any two levels, or one unit
apart. (doi 10.1002/jrsm.1562)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Level
from bayes_alliance.spec.coding import CodedTerm, code_deviations
from bayes_alliance.spec.specification import Specification

__all__ = ["ScaleCoding", "Scaled", "code_scales", "scale_columns"]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A linear combination of the scale coefficients that is reported.

    Parameters
    ----------
    name : str
        For example ``rater[client]`` or ``rater[client] / rater[therapist]``.
    weights : ndarray, shape (q,)
        Its weights.
    """

    name: str
    weights: Array


@dataclass(frozen=True, slots=True)
class ScaleCoding:
    """Terms of the log standard deviation of one level, n rows (samples or effects), q columns.

    Parameters
    ----------
    level : {"sample", "effect"}
        Which standard deviation.
    Z : ndarray, shape (n, q)
        Design matrix; one row a sample or an effect.
    names : tuple of str
        Names of the coefficients.
    factor : ndarray, shape (q, r)
        Prior factor: the coefficients are `factor` times standard normals.
    terms : tuple of CodedTerm
        What was coded.
    at : tuple of Scaled
        Levels at which tau is reported, the other terms at their average.
    ratios : tuple of Scaled
        Log ratios of tau between two levels, or one unit apart.
    """

    level: Level
    Z: Array
    names: tuple[str, ...]
    factor: Array
    terms: tuple[CodedTerm, ...]
    at: tuple[Scaled, ...]
    ratios: tuple[Scaled, ...]


def scale_columns(specification: Specification) -> tuple[str, ...]:
    """Columns that the heterogeneity needs, each once.

    Parameters
    ----------
    specification : Specification
        What is claimed.

    Returns
    -------
    tuple of str
        Names of columns.
    """
    levels = specification.heterogeneity
    return tuple(dict.fromkeys((*levels.sample_terms, *levels.effect_terms)))


def code_scales(
    frame: pd.DataFrame, specification: Specification, *, diagonal: bool
) -> dict[str, Any]:
    """Code the terms of both standard deviations.

    Parameters
    ----------
    frame : pandas.DataFrame
        Complete cases in the order of the design, k rows.
    specification : Specification
        What is claimed.
    diagonal : bool
        Whether the sampling errors of one sample are independent.

    Returns
    -------
    dict
        ``scale_sample`` and ``scale_effect``, those that have terms.

    Raises
    ------
    InputError
        If a sample term changes within a sample (named), an effect term does where sampling errors
        correlate, a term is constant, or terms repeat one another.
    """
    levels = specification.heterogeneity
    _refuse_unknown_rho(specification)
    _refuse_changes_within(frame, levels.sample_terms, "sample_terms", specification)
    if not diagonal:
        _refuse_changes_within(frame, levels.effect_terms, "effect_terms", specification)
    _refuse_level_without_heterogeneity(specification)
    found = {}
    if levels.sample_terms:
        rows = frame.loc[~frame["sample"].duplicated()]
        found["scale_sample"] = _coded(rows, "sample", levels.sample_terms, specification)
    if levels.effect_terms:
        found["scale_effect"] = _coded(frame, "effect", levels.effect_terms, specification)
    return found


def _coded(
    rows: pd.DataFrame, level: Level, terms: tuple[str, ...], specification: Specification
) -> ScaleCoding:
    levels = specification.heterogeneity
    coding = code_deviations(rows, terms, categorical=levels.categorical, units=levels.units)
    named = {q.name: q.weights[1:] for q in coding.quantities}
    at, ratios = [], []
    for term in coding.terms:
        if term.kind == "continuous":
            ratios.append(Scaled(term.slope_name, named[term.slope_name]))
            continue
        own = [f"{term.name}[{label}]" for label in term.levels]
        at += [Scaled(name, named[name]) for name in own]
        ratios += [Scaled(f"{a} / {b}", named[a] - named[b]) for a, b in combinations(own, 2)]
    sd = specification.priors.scale.parameters["sd"]
    return ScaleCoding(
        level=level,
        Z=coding.X[:, 1:],
        names=coding.names[1:],
        factor=np.asarray(sd * coding.differences[1:]),
        terms=coding.terms,
        at=tuple(at),
        ratios=tuple(ratios),
    )


def _refuse_unknown_rho(specification: Specification) -> None:
    if not scale_columns(specification) or specification.sampling.within_sample != "estimated":
        return
    raise InputError(
        Problem(
            what="terms of the heterogeneity need known sampling covariances, and rho is estimated",
            where=f"{specification.name}, key heterogeneity",
            cure='Take one value of rho (sampling.within_sample = "constant"), or leave the terms '
            "out",
            code="scale_with_rho",
        )
    )


def _refuse_level_without_heterogeneity(specification: Specification) -> None:
    for name in ("sample", "effect"):
        prior = getattr(specification.priors, f"tau_{name}")
        fixed = prior.support == "point" and prior.parameters["value"] == 0
        if not (fixed and getattr(specification.heterogeneity, f"{name}_terms")):
            continue
        if specification.priors.tau_total is None:
            raise InputError(
                Problem(
                    what=f"tau_{name} is fixed at 0, and terms of it would change nothing",
                    where=f"{specification.name}, key heterogeneity.{name}_terms",
                    cure=f"Leave the terms out, or give tau_{name} a prior",
                    code="idle_key",
                )
            )


def _refuse_changes_within(
    frame: pd.DataFrame, terms: tuple[str, ...], key: str, specification: Specification
) -> None:
    problems = []
    for term in terms:
        values = frame.groupby("sample", sort=False)[term].nunique()
        changing = [str(sample) for sample in values.index[values > 1]]
        if not changing:
            continue
        more = f" and {len(changing) - 3} more" if len(changing) > 3 else ""
        shown = ", ".join(repr(sample) for sample in changing[:3]) + more
        if key == "sample_terms":
            what = f"{term!r} changes within a sample, and tau_sample is one number a sample"
            cure = "Use it under heterogeneity.effect_terms, or a column that is one value a sample"
        else:
            what = f"{term!r} changes within samples whose sampling errors correlate"
            cure = (
                "Use effect_terms that are constant within each sample, or independent errors "
                '(sampling.within_sample = "independent")'
            )
        problems.append(
            Problem(
                what=f"{what}: samples {shown}",
                where=f"{specification.name}, key heterogeneity.{key}",
                cure=cure,
                code="term_within_sample",
            )
        )
    if problems:
        raise InputError(problems)
