r"""The prior of rho after reported correlations among the variables of a sample.

Each reported pair gives, by the formula of `bayes_alliance.algebra.correlations`, a correlation
c_i of sampling errors. With :math:`\zeta = \operatorname{atanh}`,

.. math:: \zeta(c_i) \sim N(\zeta(\rho), v_i), \quad v_i = s^2 + 1 / (n_i - 3),
   \qquad p(\rho \mid c) = p(\rho) \prod_i N(\zeta(c_i); \zeta(\rho), v_i) / K.

s is the standard deviation of such correlations over samples and pairs, v_i are variances. K is
found by Gauss-Legendre quadrature in panels between quantiles of the declared prior and of the
product of normals, so that neither is missed where they disagree. Where some covariances are known,
not every rho is possible: the density is 0 beyond the limits within which all are positive
definite.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.families import Support
from bayes_alliance.spec.prior import Prior

__all__ = ["ReportedPrior"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
PANELS = 160
#: The product of normals is followed this many of its standard deviations from its mean.
REACH = 12.0


class _Updated:
    """Distribution of rho given the reports, by quadrature in panels."""

    def __init__(
        self, base: Prior, centres: Array, variances: Array, limits: tuple[float, float]
    ) -> None:
        self.limits = limits
        precision = float(np.sum(1 / variances))
        # Without a report, a normal so wide that it says nothing.
        self.mean = float(np.sum(centres / variances) / precision) if precision else 0.0
        self.sd = precision**-0.5 if precision else np.inf
        # Log of the product of normals at its own maximum; the rest is a normal in atanh(rho).
        self.top = float(
            -0.5 * np.sum((centres - self.mean) ** 2 / variances + np.log(2 * np.pi * variances))
        )
        self.base = base
        self.edges = self._edges()
        self.shift = float(np.max(self._unscaled(self._inside(self.edges[:-1], self.edges[1:]))))
        self.mass = self._integral(self.edges[:-1], self.edges[1:])
        self.total = float(self.mass.sum())
        self.log_constant = self.top + self.shift + float(np.log(self.total))
        self.below = np.concatenate([[0.0], np.cumsum(self.mass) / self.total])

    def _edges(self) -> Array:
        edges = np.concatenate([self.base.quantile(np.linspace(0, 1, PANELS)), self.limits])
        if np.isfinite(self.sd):
            normal = np.tanh(self.mean + self.sd * np.linspace(-REACH, REACH, PANELS))
            edges = np.concatenate([edges, normal])
        edges = np.unique(np.clip(edges, *self.limits))
        return np.asarray(edges[np.concatenate([[True], np.diff(edges) > 1e-15])])

    @staticmethod
    def _inside(lower: Array, upper: Array) -> Array:
        return np.asarray((lower + upper)[..., None] / 2 + (upper - lower)[..., None] / 2 * NODES)

    def _unscaled(self, rho: ArrayLike) -> Array:
        rho = np.asarray(rho, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = self.base.logpdf(rho)
            if np.isfinite(self.sd):
                value = value - ((np.arctanh(rho) - self.mean) / self.sd) ** 2 / 2
        inside = (rho >= self.limits[0]) & (rho <= self.limits[1])
        return np.where(inside & ~np.isnan(value), value, -np.inf)

    def _integral(self, lower: Array, upper: Array) -> Array:
        values = np.exp(self._unscaled(self._inside(lower, upper)) - self.shift)
        return np.asarray((upper - lower) / 2 * (values @ WEIGHTS))

    def logpdf(self, x: ArrayLike) -> Array:
        return np.asarray(self._unscaled(x) - self.shift - np.log(self.total))

    def cdf(self, x: ArrayLike) -> Array:
        x = np.clip(np.asarray(x, dtype=np.float64), self.edges[0], self.edges[-1])
        at = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.mass) - 1)
        part = self._integral(self.edges[at], x) / self.total
        return np.asarray(np.clip(self.below[at] + part, 0, 1))

    def ppf(self, q: ArrayLike) -> Array:
        q = np.asarray(q, dtype=np.float64)
        at = np.clip(np.searchsorted(self.below, q, side="right") - 1, 0, len(self.mass) - 1)
        lower, upper = self.edges[at], self.edges[at + 1]
        start = lower
        share = (q - self.below[at]) * self.total / np.maximum(self.mass[at], 1e-300)
        x = lower + np.clip(share, 0, 1) * (upper - lower)
        wanted = (q - self.below[at]) * self.total
        for _ in range(40):  # Newton's steps, kept inside a shrinking bracket
            found = self._integral(start, x) - wanted
            lower, upper = np.where(found < 0, x, lower), np.where(found < 0, upper, x)
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                step = x - found / np.exp(self._unscaled(x) - self.shift)
            inside = (step > lower) & (step < upper)
            moved = np.where(inside, step, (lower + upper) / 2)
            close = (np.abs(moved - x) < 1e-13) | (np.abs(found) < 1e-14 * (wanted + 1e-3))
            x = np.where(close, x, moved)
            if close.all():
                break
        x = np.where(q == 0, self.edges[0], np.where(q == 1, self.edges[-1], x))
        return np.where((q >= 0) & (q <= 1), x, np.nan)

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        return self.ppf(random_state.uniform(size=size))


class ReportedPrior(Prior):
    """The prior of rho, updated by reported correlations; proper and normalised.

    Parameters
    ----------
    base : Prior
        The declared prior of rho.
    centres : ndarray, shape (m,)
        atanh of the correlations of sampling errors that follow from the reports.
    variances : ndarray, shape (m,)
        Their variances about atanh(rho).
    limits : (float, float), optional
        Where rho can be; the range of the declared prior if not given.

    Attributes
    ----------
    base, centres, variances, limits
        As above; the log density is ``base.logpdf(rho)`` plus the log densities of the reports
        (normal, at atanh(rho)) minus `log_constant`.
    log_constant : float
        Log of the integral of their product: the log marginal likelihood of the reports.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.spec.prior import Prior
    >>> from bayes_alliance.spec.reported import ReportedPrior
    >>> flat = Prior("uniform", lower=0.0, upper=0.99)
    >>> told = ReportedPrior(flat, np.arctanh([0.6, 0.7, 0.65]), np.full(3, 0.04))
    >>> told.quantile([0.05, 0.95]).round(2).tolist()
    [0.52, 0.74]
    """

    __slots__ = ("base", "centres", "limits", "log_constant", "variances")

    base: Prior
    centres: Array
    variances: Array
    limits: tuple[float, float]
    log_constant: float

    def __init__(
        self,
        base: Prior,
        centres: Array,
        variances: Array,
        limits: tuple[float, float] | None = None,
    ) -> None:
        lower, upper = (float(base.quantile(q)) for q in (0.0, 1.0))
        if limits is not None:
            lower, upper = max(lower, limits[0]), min(upper, limits[1])
        updated = _Updated(
            base, np.asarray(centres, float), np.asarray(variances, float), (lower, upper)
        )
        count = f"{len(centres)} reported correlation{'s' if len(centres) != 1 else ''}"
        said = f"Updated by {count}." if len(centres) else ""
        values: dict[str, object] = {
            "family": base.family,
            "because": f"{base.because} {said}".strip(),
            "parameters": MappingProxyType(dict(base.parameters)),
            "_distribution": updated,
            "base": base,
            "centres": np.asarray(centres, float),
            "variances": np.asarray(variances, float),
            "limits": (lower, upper),
            "log_constant": updated.log_constant,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def support(self) -> Support:
        """A correlation lies in an interval."""
        return "interval"

    def to_dict(self) -> dict[str, Any]:
        """Return the declared prior and the reports.

        Returns
        -------
        dict
            The table of the declared prior, with `centres`, `variances` and `limits`.
        """
        reports = {"centres": self.centres.tolist(), "variances": self.variances.tolist()}
        return {**self.base.to_dict(), **reports, "limits": list(self.limits)}

    def __reduce__(self) -> tuple[Any, ...]:
        return ReportedPrior, (self.base, self.centres, self.variances, self.limits)

    def __hash__(self) -> int:
        return hash((self.base, self.centres.tobytes(), self.variances.tobytes(), self.limits))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReportedPrior) and self.to_dict() == other.to_dict()

    def __str__(self) -> str:
        lower, upper = (float(self.base.quantile(q)) for q in (0.0, 1.0))
        told = str(self.base)
        if (lower, upper) != self.limits:
            told += f" between {self.limits[0]:.3g} and {self.limits[1]:.3g}"
        count = len(self.centres)
        if count:
            told += f" updated by {count} reported correlation{'s' if count != 1 else ''}"
        return told

    def __repr__(self) -> str:
        return f"ReportedPrior({self.base!r}, {len(self.centres)} reports, {self.limits})"
