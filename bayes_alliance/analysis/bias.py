"""Small-study effects and selection: what they make of a fit."""

from __future__ import annotations

from bayes_alliance.analysis.face import Fit
from bayes_alliance.engines.selection.steps import CUTPOINTS, Mechanism
from bayes_alliance.sensitivity.bias_answers import BiasAnalysis

__all__ = ["bias"]


def bias(
    fit: Fit,
    *,
    predictor: str | None = None,
    mechanism: Mechanism = "effects",
    cutpoints: tuple[float, ...] = CUTPOINTS,
    select: bool = True,
    progress: bool = False,
) -> BiasAnalysis:
    """PET, PEESE, a selection model, and the means averaged over them and no bias.

    Parameters
    ----------
    fit : Fit
        A fit.
    predictor : {"se", "n", "variance", "inverse_n"}, optional
        What PET and PEESE are regressed on; by default the standard error on Fisher's z where every
        variance follows from n, and wherever n is not known; else 1/sqrt(n) and 1/n.
    mechanism : {"effects", "samples"}
        How results get lost in the selection model: effects one by one given the true mean of their
        sample, or whole samples according to their most significant effect.
    cutpoints : tuple of float
        One-sided p values between the steps of the selection model.
    select : bool
        False: no selection model, nothing is sampled.
    progress : bool
        Whether a progress bar is shown.

    Returns
    -------
    BiasAnalysis
        `table` (means under each claim and averaged), `regressions`, `selection`, `bias` (evidence
        for any bias).

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, n is missing, or the predictor is constant.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> found = ba.bias(ba.fit("ibi_synthetic", "overall"), select=False)
    >>> round(found.regressions[0].evidence.bf01, 2)
    1.42
    """
    return fit.bias(
        predictor=predictor,
        mechanism=mechanism,
        cutpoints=cutpoints,
        select=select,
        progress=progress,
    )
