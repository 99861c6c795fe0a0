r"""Hyperparameters as numbers that vary freely, made so that no tail is heavier than a normal one.

A standard deviation is :math:`\tau = \ell + s \sinh h(x)` with :math:`h(x) = x\Phi(x) + \phi(x)`,
the integral of the normal distribution function: near 0 the Jacobian falls off like a normal
density, so that a posterior with mass at :math:`\tau = 0` has a normal tail there (on the log scale
it has a long exponential one); far out tau grows exponentially, so that the polynomial tail of a
half-Cauchy becomes an exponential one. A quantity between two limits is
:math:`\ell + (u - \ell)\Phi(x)`, with normal tails at both. A proposal of t distributions then
covers all tails. The folded :math:`|x|` would make every tau bimodal.

Where samples have one effect of each scale, the data know :math:`\tau_{scale}^2 + \tau_{effect}^2`
far better than its parts: a curved ridge. There x holds polar coordinates in place of the taus,

.. math:: \tau_{scale, l} = T_l \cos\alpha, \quad \tau_{effect} = \bar T \sin\alpha, \quad
          \bar T^2 = \textstyle\sum_l T_l^2 / L

whose Jacobian is :math:`\bar T \cos^{L - 1}\alpha`, and along which the ridge is straight. With one
common tau they serve in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlation_matrices import (
    cholesky_rows,
    matrix_of_pairs,
    pairs_of_matrix,
    partial_shapes,
)
from bayes_alliance.names import RHO, SCALE_CORRELATION, TAU_EFFECT, TAU_SCALE
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.scales import ScaleEffects

__all__ = ["Coordinates", "Piece", "coordinates_of"]

#: Scale s of tau as a share of the prior's median.
SCALE_SHARE: Final = 0.4
#: Centre and spread of x that cover a prior of tau, and one between two limits.
COVER: Final[Mapping[str, tuple[float, float]]] = {"half": (1.0, 1.5), "interval": (0.0, 1.2)}
#: If more effects than this share repeat a scale of their sample, tau_effect is known by itself.
MOST_REPEATED: Final = 0.1
LOG_SQRT_2_PI: Final = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some hyperparameters with one prior.

    Parameters
    ----------
    name : str
        ``tau_scale``, ``tau_effect``, ``rho``, ``common`` (one correlation of all scales) or
        ``partial`` (partial correlations).
    prior : Prior
        Prior of each of them.
    columns : tuple of int
        Where they stand among the coordinates x; empty if the prior is a point.
    kind : {"half", "interval", "point"}
        With a lower limit only, between two limits, or known.
    lower, width : float
        Lower limit, and the scale s or the distance of the limits.
    """

    name: str
    prior: Prior
    columns: tuple[int, ...]
    kind: Literal["half", "interval", "point"]
    lower: float
    width: float

    def moved(self, x: Array) -> tuple[Array, Array]:
        """From coordinates to the hyperparameters (or to T or alpha, see above).

        Parameters
        ----------
        x : ndarray, shape (N, d)
            All coordinates.

        Returns
        -------
        values : ndarray, shape (N, n)
            The hyperparameters.
        log_jacobian : ndarray, shape (N,)
            Log of the derivatives of the values by the coordinates.
        """
        if self.kind == "point":
            return np.full((len(x), 1), self.lower), np.zeros(len(x))
        own = x[:, self.columns]
        if self.kind == "interval":
            values = self.lower + self.width * ndtr(own)
            jacobian = -0.5 * np.square(own) - LOG_SQRT_2_PI
        else:
            bent = _hinge(own)
            values = self.lower + self.width * np.sinh(bent)
            jacobian = bent + np.log1p(np.exp(-2 * bent)) - np.log(2) + log_ndtr(own)
        return values, (jacobian + np.log(self.width)).sum(-1)


def _hinge(x: Array) -> Array:
    """Integral of the normal distribution function, without cancellation on the left."""
    density = np.exp(-0.5 * np.square(x) - LOG_SQRT_2_PI)
    left = np.minimum(x, 0.0)
    mills = np.sqrt(np.pi / 2) * erfcx(-left / np.sqrt(2))
    return np.asarray(np.where(x < 0, density * (1 + left * mills), x * ndtr(x) + density))


@dataclass(frozen=True, slots=True)
class Coordinates:
    """What is sampled, and how it becomes the parameters of the model.

    Parameters
    ----------
    pieces : tuple of Piece
        All hyperparameters.
    size : int
        Number of coordinates d.
    scales : ScaleEffects
        The L scales.
    polar : bool
        Whether the pieces of the taus stand for T and alpha.
    """

    pieces: tuple[Piece, ...]
    size: int
    scales: ScaleEffects
    polar: bool = False

    def parts(self, x: Array) -> tuple[list[Array], Array]:
        """Hyperparameters piece by piece, and the log Jacobian.

        Parameters
        ----------
        x : ndarray, shape (N, d)
            Coordinates.

        Returns
        -------
        values : list of ndarray, shape (N, n)
            In the order of the pieces, on their own scales.
        log_jacobian : ndarray, shape (N,)
            Log determinant of their derivatives by the coordinates.
        """
        moved = [piece.moved(x) for piece in self.pieces]
        values, total = [v for v, _ in moved], sum((j for _, j in moved), np.zeros(len(x)))
        if self.polar:
            names = [piece.name for piece in self.pieces]
            scale, effect = names.index(TAU_SCALE), names.index(TAU_EFFECT)
            T, cosine = values[scale], np.cos(values[effect])
            mean = np.sqrt(np.square(T).mean(axis=1, keepdims=True))
            values[scale], values[effect] = T * cosine, mean * np.sin(values[effect])
            total = total + np.log(mean[:, 0]) + (T.shape[1] - 1) * np.log(cosine[:, 0])
        return values, total

    def parameters(self, x: Array) -> tuple[dict[str, Array], Array]:
        """Hyperparameters at coordinates, and the log prior density there.

        Parameters
        ----------
        x : ndarray, shape (N, d)
            Coordinates.

        Returns
        -------
        parameters : dict
            ``tau_scale`` (N, L), ``scale_correlation`` (N, L (L - 1) / 2) unless diagonal,
            ``tau_effect`` (N,) and ``rho`` (N,) where they are estimated or known by a point prior.
        log_density : ndarray, shape (N,)
            Of the coordinates, Jacobian included.
        """
        values, total = self.parts(x)
        parts: dict[str, list[Array]] = {}
        for piece, own in zip(self.pieces, values, strict=True):
            parts.setdefault(piece.name, []).append(own)
            if piece.kind != "point":
                total = total + piece.prior.logpdf(own).sum(axis=1)
        found = {name: np.concatenate(own, axis=1) for name, own in parts.items()}
        given: dict[str, Array] = {}
        for name in (TAU_EFFECT, RHO):
            if name in found:
                given[name] = found[name][:, 0]
        L = len(self.scales.names)
        given[TAU_SCALE] = np.broadcast_to(found[TAU_SCALE], (len(x), L)).copy()
        if "common" in found:
            given[SCALE_CORRELATION] = np.repeat(found["common"], len(self.scales.pairs), axis=1)
        if "partial" in found:
            factor = cholesky_rows(found["partial"], L)
            given[SCALE_CORRELATION] = pairs_of_matrix(factor @ factor.swapaxes(-1, -2))
        return given, total

    def covariance(self, parameters: Mapping[str, Array]) -> Array:
        """Covariance G of the sample effects on the L scales.

        Parameters
        ----------
        parameters : mapping of str to ndarray
            From `parameters`.

        Returns
        -------
        ndarray, shape (N, L, L)
            One matrix for each vector of hyperparameters.
        """
        tau = parameters[TAU_SCALE]
        absent = np.zeros((len(tau), len(self.scales.pairs)))
        R = matrix_of_pairs(parameters.get(SCALE_CORRELATION, absent), tau.shape[1])
        return np.asarray(tau[:, :, None] * R * tau[:, None, :])

    def cover(self) -> tuple[Array, Array]:
        """Centre and standard deviations of a distribution that covers the prior.

        Returns
        -------
        centre, spread : ndarray, shape (d,)
            Of the coordinates.
        """
        centre, spread = np.zeros((2, self.size))
        for piece in self.pieces:
            if piece.kind != "point":
                at = list(piece.columns)
                centre[at], spread[at] = COVER[piece.kind]
        return centre, spread


def coordinates_of(design: Design) -> Coordinates:
    """Lay out the hyperparameters of a design whose scales have sample effects of their own.

    Parameters
    ----------
    design : Design
        The analysis; it has `scales`.

    Returns
    -------
    Coordinates
        In the order tau_scale, correlations, tau_effect, rho.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.engines.importance.coordinates import coordinates_of
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> spec = ba.read_specification("subscales").with_changes({"heterogeneity.structure": "cs"})
    >>> found = coordinates_of(compile_design(ba.load("ibi_synthetic"), spec))
    >>> [piece.name for piece in found.pieces]
    ['tau_scale', 'common', 'tau_effect']
    """
    if design.scales is None:
        raise ValueError("the design has no scales with sample effects of their own")
    scales, pieces, size = design.scales, [], 0
    polar = _is_polar(design, scales)
    for name, prior, count in _wanted(design, scales):
        kind = _kind(prior)
        taken = 0 if kind == "point" else count
        lower, width = _limits(prior, kind)
        if polar and name == TAU_EFFECT:
            kind, lower, width = "interval", 0.0, np.pi / 2
        pieces.append(Piece(name, prior, tuple(range(size, size + taken)), kind, lower, width))
        size += taken
    return Coordinates(tuple(pieces), size, scales, polar)


def _is_polar(design: Design, scales: ScaleEffects) -> bool:
    """Whether the taus form a ridge, and may go all the way to 0."""
    for prior in (scales.tau, design.tau_effect):
        if prior is None or _kind(prior) != "half" or prior.parameters.get("lower", 0.0) != 0:
            return False
    cells = len(np.unique(np.column_stack([design.sample_index, scales.level]), axis=0))
    return scales.structure == "cs" or len(design.y) - cells <= MOST_REPEATED * len(design.y)


def _wanted(design: Design, scales: ScaleEffects) -> list[tuple[str, Prior, int]]:
    L = len(scales.names)
    wanted = [(TAU_SCALE, scales.tau, 1 if scales.structure == "cs" else L)]
    if scales.structure == "cs":
        wanted.append(("common", scales.pair_prior(), 1))
    if scales.structure == "unstructured":
        shapes = partial_shapes(L, scales.eta)
        wanted += [("partial", Prior("beta", a=a, b=a, lower=-1.0, upper=1.0), 1) for a in shapes]
    if design.tau_effect is not None:
        wanted.append((TAU_EFFECT, design.tau_effect, 1))
    if design.dependence is not None:
        wanted.append((RHO, design.dependence.prior, 1))
    return wanted


def _kind(prior: Prior) -> Literal["half", "interval", "point"]:
    if prior.support == "point":
        return "point"
    return "interval" if prior.support == "interval" else "half"


def _limits(prior: Prior, kind: str) -> tuple[float, float]:
    if kind == "point":
        return float(prior.parameters["value"]), 1.0
    lower = float(prior.parameters.get("lower", 0.0))
    if kind == "interval":
        return lower, float(prior.parameters["upper"]) - lower
    return lower, SCALE_SHARE * (float(prior.quantile(0.5)) - lower)
