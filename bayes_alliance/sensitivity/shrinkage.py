r"""True means of samples as functions of the heterogeneity, everything else averaged.

Given all standard deviations (and rho) the coefficients and the true effects are normal. Their
conditional means are averaged over what else is unknown, given the tau that is followed and y,

.. math:: E(\theta_i | \tau, y) = \int E(\theta_i | \tau, \eta, y) p(\eta | \tau, y) d\eta,
          \quad p(\eta | \tau, y) \propto p(y | \tau, \eta) p(\tau, \eta),

so that the average of the curve over the posterior of tau is the posterior mean of the true
effect. eta is the other tau, rho, and the standard deviation between groups; it is summed over the
rule of the posterior's grid or, without one, over draws d of the posterior with the weights
:math:`p(\tau | \eta_d, y)` (Gelfand & Smith 1990, doi 10.1080/01621459.1990.10476213).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logsumexp

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE, Level
from bayes_alliance.posterior.grid import Grid, clenshaw_curtis
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.coding import Quantity
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

__all__ = ["Shrinkage", "shrinkage_of"]

#: Nodes of tau; fewer where every node needs matrices to be factorised.
NODES: Final = 96
FEWER_NODES: Final = 40
#: Draws of everything else, where there is no grid.
DRAWS: Final = 250
#: Nodes of a grid with less of the largest probability say nothing.
NEGLIGIBLE: Final = 1e-10
#: Probability beyond the first and beyond the last node of tau, and how near to 0, in medians, the
#: first quantile makes 0 the lower end.
TAIL: Final = 1e-9
NEAR: Final = 0.02
#: Pairs of node and eta that are computed at once.
BLOCK: Final = 4_000


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """Conditional means given one tau, on the analysis scale.

    Parameters
    ----------
    level : {"sample", "effect"}
        Which tau is followed: of the samples, or of the effects where samples have none.
    tau : ndarray, shape (n,)
        Its values, the nodes of a rule.
    rule : ndarray, shape (n,)
        Weights of the rule: the sum of ``rule * density`` is the probability they cover.
    density : ndarray, shape (n,)
        Posterior density of tau.
    theta : ndarray, shape (n, S) or (n, k)
        Conditional posterior means of the true means of the samples; of the true effects where
        the level is ``effect``.
    means : ndarray, shape (n, q)
        Conditional posterior means of the reported means.
    names, labels : tuple of str
        Of the q means and of the samples or effects.
    exact : bool
        Whether everything else was summed over a grid and not over draws.
    """

    level: Level
    tau: Array
    rule: Array
    density: Array
    theta: Array
    means: Array
    names: tuple[str, ...]
    labels: tuple[str, ...]
    exact: bool


def shrinkage_of(fitted: Fitted) -> Shrinkage:
    """Follow the true means of the samples over tau_sample (or the true effects over tau_effect).

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    Shrinkage
        Curves over nearly all of the posterior of tau.

    Raises
    ------
    InputError
        If no single tau varies, or the true effects are not normal given the taus.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> found = shrinkage_of(fitted)
    >>> averaged = found.rule * found.density @ found.theta
    >>> exact = [fitted.posterior.theta(i)[0].mean for i in range(len(found.labels))]
    >>> bool(abs(averaged - exact).max() < 1e-6)
    True
    """
    _refuse(fitted)
    design, posterior = fitted.design, fitted.posterior
    level: Level = "sample" if _varies(design.tau_sample) else "effect"
    tau, rule = _nodes(fitted, level)
    log_weights, others = _others(fitted, level)
    log_joint, theta, means = _conditionals(fitted, level, tau, others, len(log_weights))
    exact = posterior.grid is not None
    if not exact:  # each draw's own density of tau, which integrates to 1
        log_weights = -logsumexp(log_joint + np.log(rule)[:, None], axis=0) - np.log(
            len(log_weights)
        )
    height = log_joint + log_weights
    density = np.exp(logsumexp(height, axis=1))
    shares = np.exp(height - logsumexp(height, axis=1, keepdims=True))
    return Shrinkage(
        level=level,
        tau=tau,
        rule=rule,
        density=posterior.tau(level).pdf(tau) if exact else density,
        theta=np.einsum("nc,ncs->ns", shares, theta),
        means=np.einsum("nc,ncs->ns", shares, means),
        names=tuple(q.name for q in _means(design)),
        labels=design.sample_ids if level == "sample" else design.effect_ids,
        exact=exact,
    )


def _means(design: Design) -> tuple[Quantity, ...]:
    return tuple(q for q in design.quantities if q.role == "mean")


def _varies(prior: Prior | None) -> bool:
    return prior is not None and prior.support != "point"


def _refuse(fitted: Fitted) -> None:
    design = fitted.design
    reason, cure = "", "Ask for plot_forest, which shows the true effects as they are shrunken"
    if design.scales is not None:
        reason = "every scale has a tau of its own"
    elif design.scale_models:
        reason = "tau depends on moderators"
    elif design.df is not None:
        reason = "sample effects follow a t, so that the true effects are not normal given the taus"
        cure = "Choose a model with normal sample effects, for example three_level"
    elif design.censored.any():
        reason = "some effects are known only to be not significant"
    elif not _varies(design.tau_sample) and (
        not _varies(design.tau_effect) or design.tau_sample is not None or design.groups is not None
    ):
        reason = "neither tau_sample nor, without it, tau_effect was estimated"
        cure = "Choose a model with heterogeneity, for example three_level"
    if reason:
        raise InputError(
            Problem(
                what=f"true effects are not followed over one tau: {reason}",
                where=f"model {fitted.specification.name!r}",
                cure=cure,
                code="shrinkage_curves",
            )
        )


def _nodes(fitted: Fitted, level: Level) -> tuple[Array, Array]:
    """A Gauss-Legendre rule in asinh(tau / median) over all of the posterior that matters."""
    marginal, grid = fitted.posterior.tau(level), fitted.posterior.grid
    low, middle, high = (float(q) for q in marginal.quantile([TAIL, 0.5, 1 - TAIL]))
    if grid is None:
        low, high = low - (middle - low), high + (high - middle)
    scale = max(middle, 1e-9)
    first, last = np.arcsinh(np.array([low if low > NEAR * middle else 0.0, high]) / scale)
    points, weights = np.polynomial.legendre.leggauss(
        FEWER_NODES if fitted.design.dependence is not None else NODES
    )
    v = 0.5 * (first + last) + 0.5 * (last - first) * points
    return scale * np.sinh(v), 0.5 * (last - first) * weights * scale * np.cosh(v)


def _others(fitted: Fitted, level: Level) -> tuple[Array, dict[str, Array]]:
    """Log weights (C,) and values of all that is not followed; draws have no weights yet."""
    posterior = fitted.posterior
    if posterior.grid is not None:
        return _grid_columns(posterior.grid, level)
    names = [TAU_GROUP, TAU_EFFECT, RHO, "shrinkage"]
    kept = [n for n in names if posterior.has(n) and n != f"tau_{level}"]
    size = len(posterior.draws("beta"))
    chosen = np.linspace(0, size - 1, min(DRAWS, size)).astype(int)
    found = {name: posterior.draws(name)[chosen] for name in kept}
    return np.zeros(len(chosen) if kept else 1), found


def _grid_columns(nodes: Grid | GridStack, level: Level) -> tuple[Array, dict[str, Array]]:
    """The rule of a grid over tau_effect (unless it is followed) and over rho."""
    rule = np.ones(1)
    if isinstance(nodes, GridStack):
        ends = nodes.ends
        rule = 0.5 * (ends[1] - ends[0]) * clenshaw_curtis(len(nodes.layers) - 1)[1]
        rule = rule * np.exp(nodes.log_prior - nodes.log_prior.max())
    logs, effects, rhos = [], [], []
    for at, (layer, share) in enumerate(zip(nodes.layers, nodes.shares, strict=True)):
        if share <= NEGLIGIBLE * nodes.shares.max():
            continue
        size = len(layer.tau_effect)
        # Every second node of a rule is a rule too; with rho, half of the nodes are plenty.
        step = 2 if len(nodes.layers) > 1 and size > 1 else 1
        own = np.ones(1)
        effect = layer.tau_effect[::step]
        if size > 1 and level == "sample":
            across = 0.5 * (layer.outer[1] - layer.outer[0]) * np.hypot(layer.scale, effect)
            own = across * clenshaw_curtis((size - 1) // step)[1]
        elif level == "effect":
            effect = np.zeros(1)  # its place is taken by the values that are followed
        logs.append(np.log(rule[at] * own))
        effects.append(effect)
        rhos.append(np.full(len(effect), nodes.rho[at]))
    found = {} if level == "effect" else {TAU_EFFECT: np.concatenate(effects)}
    if isinstance(nodes, GridStack):
        found[RHO] = np.concatenate(rhos)
    return np.concatenate(logs), found


def _conditionals(
    fitted: Fitted, level: Level, tau: Array, others: dict[str, Array], columns: int
) -> tuple[Array, Array, Array]:
    """Log density of the data, tau and the others, and conditional means, at all pairs."""
    design = fitted.design
    given = {name: np.tile(values, len(tau)) for name, values in others.items()}
    given[f"tau_{level}"] = np.repeat(tau, columns)
    shrinkage = given.pop("shrinkage", None)
    size = len(tau) * columns
    log_joint, means = np.empty(size), np.empty((size, len(_means(design))))
    theta = np.empty((size, len(design.sample_ids if level == "sample" else design.y)))
    for start in range(0, size, BLOCK):
        part = slice(start, start + BLOCK)
        draws = {name: values[part] for name, values in given.items()}
        factor = None if shrinkage is None else shrinkage[part]
        log_joint[part], beta = _integrated(fitted, draws, factor)
        draws["beta"] = beta
        means[part] = beta @ np.array([q.weights for q in _means(design)]).T
        theta[part] = _true_effects(fitted, level, draws)
    shape = (len(tau), columns)
    return log_joint.reshape(shape), theta.reshape(*shape, -1), means.reshape(*shape, -1)


def _integrated(
    fitted: Fitted, draws: dict[str, Array], shrinkage: Array | None
) -> tuple[Array, Array]:
    """Log density of data and taus without the coefficients, and their conditional means."""
    design, blocks = fitted.design, fitted.posterior.blocks
    xx, xy = blocks.cross_products(draws)
    if shrinkage is None:
        precision = design.prior_precision()[None]
    else:
        covariances = [design.prior_covariance(float(factor)) for factor in shrinkage]
        precision = np.linalg.inv(np.array(covariances))
    total = xx + precision
    right = xy + precision @ design.prior_mean
    beta = np.linalg.solve(total, right[..., None])[..., 0]
    # The joint density over the conditional density of the coefficients, at their mean.
    apart = beta - design.prior_mean
    log_joint = blocks.log_density({**draws, "beta": beta}).sum(-1)
    log_joint -= 0.5 * np.einsum("np,npq,nq->n", apart, np.broadcast_to(precision, xx.shape), apart)
    log_joint -= 0.5 * np.linalg.slogdet(total)[1]
    if shrinkage is not None:
        log_joint += 0.5 * np.linalg.slogdet(precision)[1]
    return log_joint + _log_prior(design, draws), beta


def _log_prior(design: Design, draws: dict[str, Array]) -> Array:
    """Log prior density of both taus."""
    size = len(next(iter(draws.values())))
    zero = np.zeros(size)
    sample, effect = (draws.get(name, zero) for name in (TAU_SAMPLE, TAU_EFFECT))
    if design.tau_total is not None and design.share is not None:
        total = np.hypot(sample, effect)
        share = np.square(sample / total)
        # The area element: d(total, share) = 2 sample effect / total^3 d(sample, effect).
        area = np.log(sample) + np.log(np.maximum(effect, 1e-300)) - 3 * np.log(total)
        return np.asarray(design.tau_total.logpdf(total) + design.share.logpdf(share) + area)
    found = zero
    for prior, values in ((design.tau_sample, sample), (design.tau_effect, effect)):
        if prior is not None and _varies(prior):
            found = found + prior.logpdf(values)
    return np.asarray(found)


def _true_effects(fitted: Fitted, level: Level, draws: dict[str, Array]) -> Array:
    """Conditional means of the true means of the samples, or of the true effects."""
    design, blocks = fitted.design, fitted.posterior.blocks
    if level == "sample":
        average = np.add.reduceat(blocks.design_matrix, blocks.starts) / blocks.sizes[:, None]
        return draws["beta"] @ average.T + blocks.deviations_of_samples(draws)[0]
    theta = draws["beta"] @ blocks.design_matrix.T
    variance = np.square(draws[TAU_EFFECT])[:, None]
    for i, start in enumerate(blocks.starts):
        rows = slice(start, start + blocks.sizes[i])
        residual = (design.y[rows] - theta[:, rows])[..., None]
        solved = np.linalg.solve(blocks.marginal_covariance(i, draws), residual)[..., 0]
        theta[:, rows] += variance * solved
    return np.asarray(theta)
