r"""What a selection model claims: steps of p, the mechanism, and what the data show of them.

A result is published with a probability that is a step function of its one-sided p value (Hedges
1992; Vevea & Hedges 1995). Only ratios matter: the most significant step has weight
:math:`\omega_1 = 1`, and weights fall from step to step,

.. math:: 1 = \omega_1 \ge \omega_2 \ge \dots \ge \omega_S \ge 0.

Their prior is uniform on all such orders: the S - 1 weights are the order statistics of independent
uniforms, the cumulative sums of a Dirichlet(1, ..., 1) (Maier, Bartos & Wagenmakers 2023,
doi 10.1037/met0000405). Equivalently, the ratio of each weight to the one before is an independent
:math:`\text{Beta}(S - s, 1)`, s = 1, ..., S - 1.

Mechanism ``effects``: every effect passes or is lost by itself, given the true mean of its sample;
samples of which no effect passes are not accounted for (see ``studies/selection``).
Mechanism ``samples``: a whole sample is published, with all its effects, or lost; what decides is
its most significant effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["CUTPOINTS", "Mechanism", "Steps", "refusal_of_selection", "steps_of"]

Mechanism = Literal["effects", "samples"]

#: One-sided p: significant (two-sided .05) in the expected direction, in that direction, against.
CUTPOINTS: Final = (0.025, 0.5)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a selection model and where the data lie; k effects, S steps.

    Parameters
    ----------
    cutpoints : tuple of float, length S - 1
        One-sided p values between the steps, ascending.
    mechanism : {"effects", "samples"}
        What gets lost.
    direction : {1, -1}
        Sign of the results that are favoured.
    critical : ndarray, shape (k, S - 1)
        Effect sizes, times the direction, beyond which p is below each cutpoint.
    step : ndarray of int, shape (k,)
        Step of each effect, 0 for the most significant.
    sample_step : ndarray of int, shape (samples,)
        Step of the most significant effect of each sample.
    """

    cutpoints: tuple[float, ...]
    mechanism: Mechanism
    direction: int
    critical: Array
    step: NDArray[np.intp]
    sample_step: NDArray[np.intp]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the S steps, for example ``p < .025``."""
        written = [f"{cut:g}".lstrip("0") for cut in self.cutpoints]
        middle = [f"{a} < p < {b}" for a, b in pairwise(written)]
        return (f"p < {written[0]}", *middle, f"p > {written[-1]}")

    @property
    def counts(self) -> NDArray[np.intp]:
        """Effects (or samples, where these get lost) in each step, shape (S,)."""
        units = self.step if self.mechanism == "effects" else self.sample_step
        return np.bincount(units, minlength=len(self.cutpoints) + 1)

    @property
    def shapes(self) -> Array:
        """First shape parameters of the beta priors of the ratios of neighbours, shape (S - 1,)."""
        return np.arange(len(self.cutpoints), 0.0, -1.0)


def steps_of(
    design: Design,
    *,
    mechanism: Mechanism = "effects",
    cutpoints: tuple[float, ...] = CUTPOINTS,
    direction: int = 1,
) -> Steps:
    """Lay out the steps of a selection model for the effects of a design.

    Parameters
    ----------
    design : Design
        The analysis.
    mechanism : {"effects", "samples"}
        What gets lost: effects one by one, or whole samples according to their most significant
        effect.
    cutpoints : tuple of float
        One-sided p values, ascending, between 0 and 1.
    direction : {1, -1}
        Sign of the results that are favoured.

    Returns
    -------
    Steps
        The steps.

    Raises
    ------
    InputError
        If the mechanism is unknown or the cutpoints are no ascending probabilities.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> design = compile_design(ba.load("ibi_synthetic"), ba.read_specification("overall"))
    >>> steps = steps_of(design)
    >>> steps.labels, steps.counts.tolist()
    (('p < .025', '.025 < p < .5', 'p > .5'), [33, 38, 11])
    """
    _refuse(mechanism, cutpoints, direction)
    cuts = np.array(cutpoints)
    sd = np.sqrt(design.variances)
    p = ndtr(-direction * design.y / sd)
    step = np.searchsorted(cuts, p, side="left")  # a result exactly at a cutpoint has passed it
    return Steps(
        cutpoints=tuple(float(c) for c in cuts),
        mechanism=mechanism,
        direction=direction,
        critical=-ndtri(cuts) * sd[:, None],
        step=step,
        sample_step=np.minimum.reduceat(step, design.starts),
    )


def _refuse(mechanism: str, cutpoints: tuple[float, ...], direction: int) -> None:
    problems = []
    if mechanism not in get_args(Mechanism):
        problems.append(
            Problem(
                what=f"{mechanism!r} is no mechanism by which results get lost",
                where="--mechanism",
                cure=f"Choose one of {', '.join(get_args(Mechanism))}",
                code="unknown_mechanism",
            )
        )
    cuts = np.array(cutpoints, float)
    ascending = len(cuts) > 0 and bool((np.diff(cuts) > 0).all())
    if not ascending or not ((cuts > 0) & (cuts < 1)).all():
        problems.append(
            Problem(
                what=f"cutpoints must be ascending probabilities between 0 and 1; got {cutpoints}",
                where="cutpoints",
                cure="Give one-sided p values such as (0.025, 0.5) or (0.025, 0.05, 0.5)",
                code="bad_cutpoints",
            )
        )
    if direction not in (1, -1):
        problems.append(
            Problem(
                what=f"the direction that is favoured is 1 or -1; got {direction}",
                where="direction",
                cure="Pass 1 where positive results are favoured",
                code="bad_direction",
            )
        )
    if problems:
        raise InputError(problems)


def refusal_of_selection(design: Design) -> str | None:
    """Why there is no selection model of a design.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    str or None
        The reason with its cure; None if there is one.
    """
    if design.dependence is not None or design.covariances is not None:
        return (
            "the sampling errors of one sample's effects correlate, and the selection model takes "
            "them to be independent given the sample's true mean (--set "
            "sampling.within_sample=independent fits it without)"
        )
    features = {
        "samples lie in groups": design.groups is not None,
        "every scale has sample effects of its own": design.scales is not None,
        "sample effects follow a t": design.df is not None,
        "a tau depends on moderators": bool(design.scale_models),
        "the differences have a shrinkage factor": design.shrinkage is not None,
        "the priors of the taus are made of a total and a share": design.tau_total is not None,
        "some effects are known only as not significant": bool(design.censored.any()),
        "a prior is flat": bool(design.flat),
    }
    found = [name for name, present in features.items() if present]
    return f"it has no form for a model in which {' and '.join(found)}" if found else None
