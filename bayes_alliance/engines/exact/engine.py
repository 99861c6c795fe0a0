"""The exact engine: quadrature over the taus, everything else in closed form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.assembly import assemble, coordinates
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.compiling import told_if_compiling
from bayes_alliance.engines.exact.correlated_draws import draw_correlated
from bayes_alliance.engines.exact.correlation import solve_correlation
from bayes_alliance.engines.exact.density import FAMILY_CODES
from bayes_alliance.engines.exact.draws import draw
from bayes_alliance.engines.exact.solve import TOLERANCE, solve
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance, versions
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.posterior.tree import add_group, labelled
from bayes_alliance.spec.design import Design

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ExactEngine"]


class ExactEngine:
    """Quadrature with a known error; declines what has more than two unknown scales."""

    name = "exact"

    def declines(self, design: Design) -> str | None:
        """Return why the exact engine cannot run a design.

        Parameters
        ----------
        design : Design
            The analysis.

        Returns
        -------
        str or None
            The reason; None if it can run it.
        """
        if design.shrinkage is not None:
            return "the shrinkage of the differences is a third unknown scale"
        if design.scale_models:
            return "a tau that depends on moderators is more than one unknown scale"
        if design.df is not None:
            return "sample effects that follow a t make the likelihood not normal"
        if design.censored.any():
            return "effects known only as not significant make the likelihood not normal"
        if design.share is not None and min(design.share.parameters.get("a", 1.0),
                                            design.share.parameters.get("b", 1.0)) < 1:  # fmt: skip
            return "a beta prior of the share with a or b below 1 is infinite at an end"
        if design.scales is not None:
            return "every scale has sample effects of its own: more than two unknown scales"
        if design.groups is not None:
            return "samples lie in groups with effects of their own: a third unknown scale"
        independent = (design.tau_sample, design.tau_effect)
        for prior in independent if design.tau_total is None else (design.tau_total,):
            if prior is None or prior.support == "point":
                continue
            if prior.family not in FAMILY_CODES:
                return f"the family {prior.family} is not among its priors of tau"
            if prior.family == "beta" and min(prior.parameters["a"], prior.parameters["b"]) < 1:
                return "a beta prior of tau with a or b below 1 is infinite at an end"
            if prior.family == "gamma" and prior.parameters["shape"] < 1:
                return "a gamma prior of tau with a shape below 1 is infinite at its end"
        return None

    def solve(self, design: Design, *, tolerance: float = TOLERANCE) -> Grid | GridStack:
        """Compute the posterior of the taus (and of rho) on the nodes of a quadrature.

        Parameters
        ----------
        design : Design
            The analysis; the engine must not decline it.
        tolerance : float
            Largest reported error.

        Returns
        -------
        Grid or GridStack
            The latter where rho is estimated.
        """
        if design.dependence is None:
            return solve(design, tolerance=tolerance)
        return solve_correlation(design, tolerance=tolerance)

    def falls_short(self, posterior: Posterior) -> str | None:
        """Its answer stands: where the error exceeds the tolerance, a check tells.

        Parameters
        ----------
        posterior : Posterior
            What `run` returned.

        Returns
        -------
        None
            Always.
        """
        return None

    def run(self, design: Design, options: RunOptions) -> QuadraturePosterior:
        """Compute the posterior.

        Parameters
        ----------
        design : Design
            The analysis.
        options : RunOptions
            Seed, and how many chains of draws the tree shall hold; they are independent.

        Returns
        -------
        QuadraturePosterior
            Exact marginals, the log marginal likelihood with its error, and draws.
        """
        began = time.perf_counter()
        blocks, grid, drawn = self._parameters(design, options)
        tree = assemble(design, blocks, drawn, options.seed)
        return _posterior(
            options, blocks, grid, tree, time.perf_counter() - began, flat=bool(design.flat)
        )

    def run_brief(
        self, design: Design, options: RunOptions, *, grid: Grid | GridStack | None = None
    ) -> QuadraturePosterior:
        """Compute the posterior of the parameters alone, which is much faster.

        Parameters
        ----------
        design : Design
            The analysis.
        options : RunOptions
            As for `run`; the same options give the same draws.
        grid : Grid or GridStack, optional
            The posterior on its nodes, if it is at hand.

        Returns
        -------
        QuadraturePosterior
            Its tree has the group posterior and no other.
        """
        import xarray as xr

        began = time.perf_counter()
        blocks, grid, drawn = self._parameters(design, options, grid)
        tree = xr.DataTree()
        add_group(tree, "posterior", labelled(drawn, coordinates(design)))
        return _posterior(
            options, blocks, grid, tree, time.perf_counter() - began, flat=bool(design.flat)
        )

    def _parameters(
        self, design: Design, options: RunOptions, grid: Grid | GridStack | None = None
    ) -> tuple[Samples, Grid | GridStack, dict[str, Array]]:
        """Data, grid, and draws of all parameters in chains."""
        blocks, size = design.blocks(), options.chains * options.draws
        if grid is None:
            with told_if_compiling(options.progress):
                grid = self.solve(design, tolerance=options.tolerance)
        rng = np.random.default_rng([options.seed, 5])
        if isinstance(grid, GridStack):
            drawn = draw_correlated(design, blocks, grid, size, rng)
        else:
            drawn = draw(design, blocks, grid, size, rng)
        shaped = {
            name: values.reshape(options.chains, options.draws, *values.shape[1:])
            for name, values in drawn.items()
        }
        return blocks, grid, shaped


def _posterior(
    options: RunOptions,
    blocks: Samples,
    grid: Grid | GridStack,
    tree: xr.DataTree,
    seconds: float,
    *,
    flat: bool,
) -> QuadraturePosterior:
    provenance = Provenance(
        engine=ExactEngine.name,
        seed=options.seed,
        seconds=seconds,
        settings={
            "chains": options.chains,
            "draws": options.draws,
            "nodes": int(np.prod(grid.shape)),
            "reported_error": grid.error,
            "tolerance": options.tolerance,
        },
        versions=versions(),
    )
    return QuadraturePosterior(
        tree=tree,
        blocks=blocks,
        provenance=provenance,
        log_marginal_likelihood=None if flat else grid.log_evidence,
        log_marginal_likelihood_error=None if flat else grid.error,
        grid=grid,
    )
