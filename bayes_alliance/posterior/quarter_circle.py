"""Compiled integral over a quarter circle: how much of a nested density lies within a radius."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array

__all__ = ["within_radius"]

#: An outer point this near to a node, on [-1, 1], is the node.
ON_NODE = 1e-14


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def within_radius(
    radii: Array,
    angles: Array,
    rule: Array,
    scale: float,
    outer: Array,
    inner: Array,
    nodes: Array,
    height: Array,
    cumulative: Array,
) -> Array:
    """Probabilities that x = radius bounds the root of the summed squares of two variables.

    The outer variable is radius x sin(angle), the inner at most radius x cos(angle); both run on
    v = asinh(variable / scale). Between outer nodes the joint density is the polynomial through
    them, by the barycentric formula (Berrut & Trefethen 2004).

    Parameters
    ----------
    radii : ndarray, shape (x,)
        Above 0.
    angles, rule : ndarray, shape (g,)
        Nodes and weights of a rule on [-1, 1] for the angle.
    scale : float
        The c of variable = c sinh(v).
    outer : ndarray, shape (2,)
        Ends of v of the outer variable.
    inner : ndarray, shape (E, 2)
        Ends of v of the inner variable at the outer nodes.
    nodes : ndarray, shape (E,)
        Chebyshev nodes of the outer variable on [-1, 1].
    height : ndarray, shape (E,)
        Density of the outer variable on [-1, 1] at these.
    cumulative : ndarray, shape (n + 2, E)
        Chebyshev coefficients of the conditional cdfs of the inner variable on [-1, 1].

    Returns
    -------
    ndarray, shape (x,)
        The integrals.
    """
    columns, terms = cumulative.shape[1], cumulative.shape[0]
    below, inside = np.zeros(len(radii)), np.empty(columns)
    twice, c1, c2 = np.empty(columns), np.empty(columns), np.empty(columns)
    first, last = outer[0], outer[1]
    for i in range(len(radii)):
        x = radii[i]
        start = math.asin(min(scale * math.sinh(first) / x, 1.0))
        half = 0.5 * (math.asin(min(scale * math.sinh(last) / x, 1.0)) - start)
        for g in range(len(angles)):
            angle = start + half * (1 + angles[g])
            far, near = x * math.sin(angle), x * math.cos(angle)
            v = 2 * math.asinh(near / scale)
            for e in range(columns):
                at = (v - inner[e, 0] - inner[e, 1]) / (inner[e, 1] - inner[e, 0])
                twice[e] = 2 * min(max(at, -1.0), 1.0)
                c1[e] = cumulative[terms - 1, e]
                c2[e] = 0.0
            for j in range(terms - 2, 0, -1):
                for e in range(columns):
                    c = cumulative[j, e] + twice[e] * c1[e] - c2[e]
                    c2[e] = c1[e]
                    c1[e] = c
            for e in range(columns):
                inside[e] = height[e] * (cumulative[0, e] + 0.5 * twice[e] * c1[e] - c2[e])
            position = (2 * math.asinh(far / scale) - first - last) / (last - first)
            joint = _through(min(max(position, -1.0), 1.0), nodes, inside)
            slope = 2 / (last - first) / math.hypot(scale, far) * near
            below[i] += half * rule[g] * joint * slope
    return below


@njit(cache=True, error_model="numpy")
def _through(at: float, nodes: Array, values: Array) -> float:
    """Polynomial through values at Chebyshev nodes."""
    last, above, below = len(nodes) - 1, 0.0, 0.0
    for e in range(last + 1):
        distance = at - nodes[e]
        if abs(distance) < ON_NODE:
            return float(values[e])
        weight = (-1.0 if e % 2 else 1.0) / distance
        if e in (0, last):
            weight *= 0.5
        above += weight * values[e]
        below += weight
    return float(above / below)
