"""A design with samples added to it, as arrays: what an analysis would read after more data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.spec.design import Design

__all__ = ["NewSample", "extended", "first_samples", "present_samples", "row_at", "stated_sample"]


@dataclass(frozen=True, slots=True)
class NewSample:
    """One sample of m effects that is not observed yet, p coefficients.

    Parameters
    ----------
    X : ndarray, shape (m, p)
        Its rows of the design matrix.
    fixed : ndarray, shape (m, m)
        Covariance of its sampling errors; where rho is estimated, the part that rho does not touch.
    pattern : ndarray, shape (m, m)
        What rho multiplies; zeros where the correlations of its errors are known.
    """

    X: Array
    fixed: Array
    pattern: Array

    @property
    def variances(self) -> Array:
        """Sampling variances, shape (m,)."""
        return np.diagonal(self.fixed).copy()

    def with_variances(self, variances: Array) -> NewSample:
        """The same sample with other sampling variances and the same correlations of its errors.

        Parameters
        ----------
        variances : ndarray, shape (m,)
            The variances.

        Returns
        -------
        NewSample
            The copy.
        """
        scale = np.sqrt(variances / self.variances)
        factors = np.outer(scale, scale)
        return replace(self, fixed=self.fixed * factors, pattern=self.pattern * factors)


def present_samples(design: Design) -> tuple[NewSample, ...]:
    """The samples of a design as layouts of new ones.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    tuple of NewSample
        One a sample, without its effect sizes.
    """
    found = []
    for i, rows in enumerate(_rows_of_samples(design)):
        fixed, size = np.diag(design.variances[rows]), rows.stop - rows.start
        pattern = np.zeros((size, size))
        if design.dependence is not None:
            fixed, pattern = design.dependence.fixed[i], design.dependence.pattern[i]
        elif design.covariances is not None:
            fixed = design.covariances[i]
        found.append(NewSample(design.X[rows], fixed, pattern))
    return tuple(found)


def stated_sample(X: Array, variances: Array, rho: float | None) -> NewSample:
    """A new sample from its rows, variances, and one correlation of its errors.

    Parameters
    ----------
    X : ndarray, shape (m, p)
        Its rows of the design matrix.
    variances : ndarray, shape (m,)
        Sampling variances.
    rho : float or None
        Correlation of any two of its sampling errors; None: the rho that the analysis estimates.

    Returns
    -------
    NewSample
        The sample.
    """
    sd = np.sqrt(variances)
    others = np.outer(sd, sd) * (1 - np.eye(len(sd)))
    if rho is None:
        return NewSample(X, np.diag(variances), others)
    return NewSample(X, np.diag(variances) + rho * others, np.zeros_like(others))


def row_at(design: Design, place: str | Mapping[str, str | float]) -> Array:
    """Row of the design matrix of an effect at given levels and values of the terms.

    Parameters
    ----------
    design : Design
        The analysis.
    place : str or mapping
        Level of the only categorical term; or level or value by term. A continuous term that is
        not named is at its centre.

    Returns
    -------
    ndarray, shape (p,)
        The row.

    Raises
    ------
    InputError
        If a term or a level is unknown, or a categorical term is missing.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("ibi_synthetic"), read_specification("subscales_independent"))
    >>> row_at(design, "goal").tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    terms = design.terms
    if isinstance(place, str):
        categorical = [term for term in terms if term.kind == "categorical"]
        if len(categorical) != 1:
            raise _wrong(
                f"{place!r} does not say of which term it is a level",
                f"Write a mapping of {_terms(terms)}"
                if terms
                else "This model has no terms: give the number of effects, for example effects=3",
            )
        place = {categorical[0].name: place}
    unknown = [name for name in place if name not in {term.name for term in terms}]
    if unknown:
        raise _wrong(
            f"the model has no term {', '.join(map(repr, unknown))}", f"Terms: {_terms(terms)}"
        )
    if len(terms) == 1 and terms[0].kind == "categorical":
        return np.asarray(np.eye(len(terms[0].levels))[_level(terms[0], place)])
    parts = [np.ones(1)]
    for term in terms:
        if term.kind == "continuous":
            value = _number(term, place)
            parts.append(np.array([(value - (term.centre or 0.0)) / (term.unit or 1.0)]))
            continue
        at, last = _level(term, place), len(term.levels) - 1
        parts.append(-np.ones(last) if at == last else np.eye(last)[at])
    return np.concatenate(parts)


def extended(design: Design, samples: Sequence[NewSample]) -> Design:
    """Add samples to a design; their effect sizes are 0 until they are put in.

    Parameters
    ----------
    design : Design
        The analysis; without groups of samples, scales with effects of their own, or censored rows.
    samples : sequence of NewSample
        What is added, behind what there is.

    Returns
    -------
    Design
        A copy; new effects have -1 in `rows`.

    Raises
    ------
    ValueError
        If the design has groups, scales or terms of tau: what they are in new samples is not told.
    """
    if design.groups is not None or design.scales is not None or design.scale_models:
        raise ValueError("samples of this kind of design cannot be added without their groups")
    if not samples:
        return design
    sizes = [len(sample.X) for sample in samples]
    old, count, new = len(design.y), len(design.sample_ids), sum(sizes)
    names = tuple(f"new {i + 1}" for i in range(len(samples)))
    dependence, covariances = design.dependence, design.covariances
    fixed, pattern = tuple(s.fixed for s in samples), tuple(s.pattern for s in samples)
    if dependence is not None:
        own = tuple(f + dependence.centre * p for f, p in zip(fixed, pattern, strict=True))
        dependence = replace(
            dependence, fixed=dependence.fixed + fixed, pattern=dependence.pattern + pattern
        )
        covariances = None if covariances is None else covariances + own
    elif covariances is not None or any(_correlated(f) for f in fixed):
        if covariances is None:
            covariances = tuple(s.fixed for s in present_samples(design))
        covariances = covariances + fixed
    starts = old + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return replace(
        design,
        y=np.append(design.y, np.zeros(new)),
        X=np.vstack([design.X, *(sample.X for sample in samples)]),
        sample_ids=design.sample_ids + names,
        effect_ids=design.effect_ids
        + tuple(f"{name}: {j + 1}" for name, m in zip(names, sizes, strict=True) for j in range(m)),
        starts=np.append(design.starts, starts).astype(np.intp)
        if count
        else starts.astype(np.intp),
        variances=np.append(design.variances, np.concatenate([s.variances for s in samples])),
        covariances=covariances,
        dependence=dependence,
        rows=np.append(design.rows, np.full(new, -1)).astype(np.intp),
        censored_at=np.append(design.censored_at, np.full(new, np.nan)),
    )


def first_samples(design: Design, count: int) -> Design:
    """The design of the first samples alone.

    Parameters
    ----------
    design : Design
        The analysis; without groups of samples.
    count : int
        How many samples stay.

    Returns
    -------
    Design
        A copy without the rows of the others.
    """
    if count >= len(design.sample_ids):
        return design
    end = int(design.starts[count])
    dependence = design.dependence
    if dependence is not None:
        dependence = replace(
            dependence, fixed=dependence.fixed[:count], pattern=dependence.pattern[:count]
        )
    names = ("y", "X", "variances", "rows", "censored_at", "effect_ids")
    return replace(
        design,
        **{name: getattr(design, name)[:end] for name in names},
        sample_ids=design.sample_ids[:count],
        starts=design.starts[:count],
        covariances=None if design.covariances is None else design.covariances[:count],
        dependence=dependence,
    )


def _rows_of_samples(design: Design) -> list[slice]:
    ends = np.append(design.starts, len(design.y))[1:]
    return [slice(int(a), int(b)) for a, b in zip(design.starts, ends, strict=True)]


def _correlated(covariance: Array) -> bool:
    return bool(np.any(covariance - np.diag(np.diagonal(covariance))))


def _terms(terms: Sequence[CodedTerm]) -> str:
    return ", ".join(
        f"{term.name} ({', '.join(term.levels) or 'a number'})" for term in terms
    ) or "none"  # fmt: skip


def _level(term: CodedTerm, place: Mapping[str, str | float]) -> int:
    if term.name not in place:
        raise _wrong(f"the level of {term.name} is missing", f"Levels: {', '.join(term.levels)}")
    level = str(place[term.name])
    if level not in term.levels:
        raise _wrong(
            f"{term.name} has no level {level!r}", f"Levels: {', '.join(term.levels)}"
        )  # fmt: skip
    return term.levels.index(level)


def _number(term: CodedTerm, place: Mapping[str, str | float]) -> float:
    given = place.get(term.name, term.centre or 0.0)
    try:
        value = float(given)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise _wrong(f"{term.name} is a number, not {given!r}", "Give a finite number")
    return value


def _wrong(what: str, cure: str) -> InputError:
    return InputError(Problem(what=what, where="effects", cure=cure, code="new_effects"))
