"""What is known about the variables of the effect sizes, gathered once for a design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.data.correlations import Correlations
from bayes_alliance.spec.interscale import Sources
from bayes_alliance.spec.plug_ins import Plugged, plug_ins
from bayes_alliance.spec.tables import Sampling
from bayes_alliance.spec.variables import Codes, Variables, variables_of

__all__ = ["Known", "known_correlations"]


@dataclass(frozen=True, slots=True)
class Known:
    """Variables of k effect sizes in S samples, and their correlations.

    Parameters
    ----------
    samples : tuple of str
        Labels of the samples.
    sample : ndarray of int, shape (k,)
        Sample of each effect size.
    variables : Variables
        What each relates.
    plugged : Plugged
        Its correlation as it enters formulas.
    sources : Sources
        Correlations between variables.
    """

    samples: tuple[str, ...]
    sample: Codes
    variables: Variables
    plugged: Plugged
    sources: Sources


def known_correlations(
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    sampling: Sampling,
    reported: Correlations | None,
) -> Known:
    """Gather what is known about the variables of the effect sizes.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes, those of a sample contiguous.
    starts : ndarray of int, shape (S,)
        First row of each sample.
    sampling : Sampling
        Columns of the variables, plug-ins and norms.
    reported : Correlations or None
        Reported correlations.

    Returns
    -------
    Known
        Variables, plug-ins and sources.

    Raises
    ------
    InputError
        If a column is not there, or a pair could mean two columns.
    """
    samples = tuple(str(s) for s in frame["sample"].to_numpy()[starts])
    index = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(frame)))
    variables = variables_of(frame, sampling)
    plugged = plug_ins(frame, variables, index, pooled=sampling.plug_in == "pooled")
    sources = Sources(variables, samples, plugged.r, index, reported, sampling.norms)
    return Known(samples, index, variables, plugged, sources)
