"""What must be said of a mean that a correction for bias moves the wrong way."""

from __future__ import annotations

from typing import Final

__all__ = ["away_from_zero"]

#: A smaller move is none in the digits that are shown.
SHOWN: Final = 0.005


def away_from_zero(before: float, after: float) -> str:
    """Say that a correction makes a mean larger, which selective publication does not explain.

    Parameters
    ----------
    before, after : float
        The mean without and with the correction, on one scale.

    Returns
    -------
    str
        A sentence with a blank before it; empty where the mean moves towards 0 or hardly at all.

    Examples
    --------
    >>> from bayes_alliance.report.corrections import away_from_zero
    >>> away_from_zero(0.27, 0.20)
    ''
    """
    if before * after <= 0 or abs(after) - abs(before) <= SHOWN:
        return ""
    return (
        " The correction moves it away from 0: here the less precise effects are the smaller ones, "
        "the reverse of what is left when significant results are published and others are not. "
        "It is an extrapolation, and no evidence that results were held back."
    )
