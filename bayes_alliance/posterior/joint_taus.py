"""Joint posterior density of both taus: exact from a grid, otherwise a kernel estimate.

On a grid the density given tau_effect is the polynomial through the nodes of tau_sample, and across
the nodes of tau_effect it is again the polynomial through them, so that the integral over
tau_effect is, by the rule of the grid, the marginal density of tau_sample that the tables use.
Draws are binned and smoothed with a normal kernel, mirrored at 0 (Silverman 1986, sections 2.10 and
4.3): no mass is lost below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.polynomial import chebyshev

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid, clenshaw_curtis
from bayes_alliance.posterior.grid_marginal import chebyshev_series
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.stack import GridStack

__all__ = ["DrawnJoint", "GridJoint", "JointTaus", "joint_taus_of"]

#: Layers of rho with less probability say nothing.
NEGLIGIBLE: Final = 1e-12
#: Bins along each tau, and standard deviations of the kernel beyond the largest draw.
BINS: Final = 600
BEYOND: Final = 4.0


class JointTaus(Protocol):
    """What a joint posterior of both taus can be asked."""

    def density(self, tau_sample: Array, tau_effect: Array) -> Array:
        """Joint density at all pairs.

        Parameters
        ----------
        tau_sample, tau_effect : ndarray, shape (n,) and (m,)
            Values, at least 0.

        Returns
        -------
        ndarray, shape (m, n)
            Densities.
        """
        ...


@dataclass(frozen=True, slots=True)
class GridJoint:
    """The exact joint density on a grid; where rho was estimated, averaged over it.

    Parameters
    ----------
    nodes : Grid or GridStack
        Posterior of both taus, neither of them fixed.
    """

    nodes: Grid | GridStack

    def density(self, tau_sample: Array, tau_effect: Array) -> Array:
        """Joint density at all pairs.

        Parameters
        ----------
        tau_sample, tau_effect : ndarray, shape (n,) and (m,)
            Values, at least 0.

        Returns
        -------
        ndarray, shape (m, n)
            Densities.
        """
        total = np.zeros((len(tau_effect), len(tau_sample)))
        for share, layer in zip(self.nodes.shares, self.nodes.layers, strict=True):
            if share > NEGLIGIBLE:
                total += share * _of_layer(layer, tau_sample, tau_effect)
        return np.maximum(total, 0.0)


def _of_layer(layer: Grid, tau_sample: Array, tau_effect: Array) -> Array:
    """Joint density on one grid, shape (m, n)."""
    inner, marginal = layer.inner, layer.sample_marginal
    position, slope = _on_unit(tau_sample[None, :], inner[:, :1], inner[:, 1:], layer.scale)
    inside = np.abs(position) <= 1
    given = chebyshev.chebval(
        np.clip(position, -1, 1), marginal.density[:, :, None], tensor=False
    )  # (E, n)
    rule = clenshaw_curtis(len(layer.tau_effect) - 1)[1]
    columns = np.where(inside, given * slope, 0.0) * (marginal.shares / rule)[:, None]
    position, slope = _on_unit(tau_effect, layer.outer[0], layer.outer[1], layer.scale)
    across = chebyshev.chebval(np.clip(position, -1, 1), chebyshev_series(columns.T))  # (n, m)
    return np.asarray(np.where(np.abs(position) <= 1, across * slope, 0.0).T)


def _on_unit(tau: Array, low: Array, high: Array, scale: float) -> tuple[Array, Array]:
    """Place of tau on [-1, 1] between two ends of v, and the derivative of that place by tau."""
    position = (2 * np.arcsinh(tau / scale) - low - high) / (high - low)
    # The ends themselves are inside, whatever the last digit of the arithmetic says.
    position = np.where(np.abs(np.abs(position) - 1) < 1e-9, np.sign(position), position)
    return position, 2 / (high - low) / np.hypot(scale, tau)


@dataclass(frozen=True, slots=True)
class DrawnJoint:
    """A kernel estimate from draws, mirrored at 0.

    Parameters
    ----------
    tau_sample, tau_effect : ndarray, shape (D,)
        Draws of both.
    """

    tau_sample: Array
    tau_effect: Array

    def density(self, tau_sample: Array, tau_effect: Array) -> Array:
        """Joint density at all pairs.

        Parameters
        ----------
        tau_sample, tau_effect : ndarray, shape (n,) and (m,)
            Values, at least 0.

        Returns
        -------
        ndarray, shape (m, n)
            Densities; 0 beyond the largest draws.
        """
        from scipy.interpolate import RegularGridInterpolator
        from scipy.ndimage import gaussian_filter

        drawn = np.column_stack([self.tau_sample, self.tau_effect])
        # Silverman's rule for two dimensions, after which the kernel is nowhere wider than the
        # draws themselves in a heavy tail.
        sds = np.minimum(
            drawn.std(axis=0), np.subtract(*np.quantile(drawn, [0.75, 0.25], 0)) / 1.34
        )
        widths = np.where(sds > 0, sds, drawn.std(axis=0) + 1e-12) * len(drawn) ** (-1 / 6)
        tops = drawn.max(axis=0) + BEYOND * widths
        edges = [np.linspace(0.0, top, BINS + 1) for top in tops]
        counts, _ = np.histogramdd(drawn, bins=edges, density=True)
        smooth = gaussian_filter(counts, widths / (tops / BINS), mode="reflect", truncate=5.0)
        centres = [0.5 * (edge[1:] + edge[:-1]) for edge in edges]
        read = RegularGridInterpolator(centres, smooth, bounds_error=False, fill_value=None)
        across, up = np.meshgrid(tau_sample, tau_effect)
        inside = (across <= tops[0]) & (up <= tops[1])
        places = np.column_stack([across.ravel(), up.ravel()])
        # Half a bin below the first centre the density is flat, by its reflection.
        found = read(np.maximum(places, [centre[0] for centre in centres])).reshape(across.shape)
        return np.where(inside, np.maximum(found, 0.0), 0.0)


def joint_taus_of(posterior: Posterior) -> JointTaus:
    """Joint density of tau_sample and tau_effect, exact where the posterior has a grid.

    Parameters
    ----------
    posterior : Posterior
        A posterior in which both vary.

    Returns
    -------
    JointTaus
        On the analysis scale.
    """
    if posterior.grid is not None:
        return GridJoint(posterior.grid)
    return DrawnJoint(posterior.draws(TAU_SAMPLE), posterior.draws(TAU_EFFECT))
