"""What is asked of a design analysis, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem

__all__ = ["checked_counts", "checked_participants", "checked_run", "checked_size"]

#: Most samples and most replications: more is a slip of the pen.
MOST_SAMPLES, MOST_REPLICATIONS = 10_000, 100_000


def checked_counts(samples: int | Sequence[int], *, least: int, where: str) -> tuple[int, ...]:
    """Numbers of samples, ascending, each once.

    Parameters
    ----------
    samples : int or sequence of int
        As given.
    least : int
        Smallest number allowed.
    where : str
        Name of the argument.

    Returns
    -------
    tuple of int
        The numbers.

    Raises
    ------
    InputError
        If there is none, or one is no whole number of at least `least`.
    """
    given = [samples] if isinstance(samples, Integral) else list(_items(samples))
    wrong = [s for s in given if not _whole(s) or not least <= int(s) <= MOST_SAMPLES]
    if wrong or not given:
        raise _wrong(
            f"{', '.join(map(repr, wrong)) or 'nothing'} is no number of samples",
            where,
            f"Give whole numbers from {least} to {MOST_SAMPLES:,}, for example {where}=[10, 20]",
        )
    return tuple(sorted({int(s) for s in given}))


def _items(samples: Any) -> list[Any]:
    if isinstance(samples, (str, bytes)) or not hasattr(samples, "__iter__"):
        return [samples]
    return list(samples)


def _whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _real(value: Any) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and bool(np.isfinite(value))


def checked_participants(n: float | Sequence[float], *, least: float, where: str = "n") -> Array:
    """Participants of new samples.

    Parameters
    ----------
    n : float or sequence of float
        As given.
    least : float
        Every n must be above it: 3 for Fisher's z, whose variance is 1/(n - 3).
    where : str
        Name of the argument.

    Returns
    -------
    ndarray, shape (N,)
        To be used in turn.

    Raises
    ------
    InputError
        If one is not above `least`.
    """
    given = _items(n)
    wrong = [v for v in given if not _real(v) or float(v) <= least]
    if wrong or not given:
        raise _wrong(
            f"{', '.join(map(repr, wrong)) or 'nothing'} cannot be the size of a sample",
            where,
            f"The sampling variance needs n above {least:g}, for example n=60",
        )
    return np.array([float(v) for v in given])


def checked_size(value: float | None, where: str) -> None:
    """Refuse a variance or another size that is not positive.

    Parameters
    ----------
    value : float or None
        As given; None is nothing asked.
    where : str
        Name of the argument.

    Raises
    ------
    InputError
        If it is no positive number.
    """
    if value is not None and not (_real(value) and value > 0):
        raise _wrong(f"{value!r} is no positive number", where, f"For example {where}=0.1")


def checked_run(
    replications: int,
    threshold: float,
    probability: float,
    *,
    width: float | None = None,
    power: float | None = None,
) -> None:
    """Check how often is simulated and what counts; all problems at once.

    Parameters
    ----------
    replications : int
        Simulated data sets.
    threshold : float
        Bayes factor that counts as evidence.
    probability : float
        Of every interval.
    width : float, optional
        Width of an interval that is asked for.
    power : float, optional
        Share of data sets that shall show an effect.

    Raises
    ------
    InputError
        If one is out of its range.
    """
    problems = list(_run_problems(replications, threshold, probability, width, power))
    if problems:
        raise InputError(problems)


def _run_problems(
    replications: Any, threshold: Any, probability: Any, width: Any, power: Any
) -> Iterator[Problem]:
    if not _whole(replications) or not 10 <= int(replications) <= MOST_REPLICATIONS:
        yield _problem(
            f"{replications!r} is no number of replications",
            "replications",
            f"Give a whole number from 10 to {MOST_REPLICATIONS:,}, for example 500",
        )
    if not (_real(threshold) and float(threshold) > 1):
        yield _problem(
            f"{threshold!r} is no Bayes factor that counts as evidence",
            "threshold",
            "Give a number above 1, for example 3, 6 or 10",
        )
    for value, where in ((probability, "probability"), (power, "power")):
        if value is not None and not (_real(value) and 0 < float(value) < 1):
            yield _problem(f"{value!r} is no probability", where, "Give a number between 0 and 1")
    if width is not None and not (_real(width) and float(width) > 0):
        yield _problem(f"{width!r} is no width", "width", "Give a positive number, such as 0.1")


def _problem(what: str, where: str, cure: str) -> Problem:
    return Problem(what=what, where=where, cure=cure, code="design_request")


def _wrong(what: str, where: str, cure: str) -> InputError:
    return InputError(_problem(what, where, cure))
