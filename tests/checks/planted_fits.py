"""Small analyses with exact posterior draws, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.normal import least_squares
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.assembly import assemble
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import Measure
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

NODES = 60
LARGEST_TAU = 0.9


def simulated_effects(
    *, samples: int = 14, size: int = 2, tau_sample: float = 0.15, tau_effect: float = 0.08
) -> tuple[Array, Array]:
    """Effect sizes around .2 and their variances."""
    rng = np.random.default_rng(7)
    v = 1 / rng.integers(30, 120, samples).repeat(size)
    u = tau_sample * rng.standard_normal(samples)
    noise = np.sqrt(v + tau_effect**2) * rng.standard_normal(samples * size)
    return 0.2 + u.repeat(size) + noise, v


def make_design(
    y: Array,
    v: Array,
    *,
    samples: int,
    priors: Mapping[str, Prior | None] | None = None,
    measure: Measure = "ZCOR",
    censored_at: Array | None = None,
    notes: tuple[str, ...] = (),
) -> Design:
    """An intercept-only design with equally many effects in every sample."""
    k = len(y)
    taus = {
        "tau_sample": Prior("half_normal", scale=0.25),
        "tau_effect": Prior("half_normal", scale=0.15),
        **(priors or {}),
    }
    names = tuple(f"S{i + 1}" for i in range(samples))
    size = k // samples
    return Design(
        y=y,
        X=np.ones((k, 1)),
        coefficients=("overall",),
        sample_ids=names,
        effect_ids=tuple(f"{names[j // size]}: {j % size + 1}" for j in range(k)),
        starts=np.arange(0, k, size),
        variances=v,
        covariances=None,
        rows=np.arange(k),
        measure=measure,
        prior_mean=np.zeros(1),
        prior_location=np.array([0.5]),
        prior_differences=np.zeros((1, 0)),
        tau_sample=taus["tau_sample"],
        tau_effect=taus["tau_effect"],
        shrinkage=None,
        censored_at=np.full(k, np.nan) if censored_at is None else censored_at,
        terms=(),
        quantities=(),
        contrasts=(),
        notes=notes,
    )


def _given_taus(
    design: Design, blocks: RotatedBlocks, ts: Array, te: Array
) -> tuple[Array, Array, Array]:
    """Log marginal density of y, and mean and variance of the one coefficient, given the taus."""
    found = least_squares(blocks, tau_sample=ts, tau_effect=te)
    prior_precision = 1 / design.prior_location[0] ** 2
    precision = prior_precision + found.xx[..., 0, 0]
    mean = found.xy[..., 0] / precision
    log_marginal = -0.5 * (
        len(design.y) * np.log(2 * np.pi)
        + found.log_determinant
        + found.yy
        - precision * mean**2
        + np.log(precision / prior_precision)
    )
    return log_marginal, mean, 1 / precision


def _grid(design: Design) -> tuple[Array, Array, Array]:
    """Midpoints of the cells of the taus and the log mass of each."""
    width = LARGEST_TAU / NODES
    nodes = (np.arange(NODES) + 0.5) * width
    ts, te = (axis.ravel() for axis in np.meshgrid(nodes, nodes, indexing="ij"))
    assert design.tau_sample is not None
    assert design.tau_effect is not None
    log_mass, _, _ = _given_taus(design, design.blocks(), ts, te)
    log_mass = log_mass + design.tau_sample.logpdf(ts) + design.tau_effect.logpdf(te)
    return ts, te, log_mass + 2 * np.log(width)


def log_marginal_likelihood(design: Design) -> float:
    """Log density of the data, by the midpoint rule."""
    return float(np.logaddexp.reduce(_grid(design)[2]))


def exact_draws(design: Design, *, chains: int = 4, draws: int = 1000) -> dict[str, Array]:
    """Independent draws of the posterior, shaped like chains."""
    rng = np.random.default_rng(11)
    ts, te, log_mass = _grid(design)
    mass = np.exp(log_mass - log_mass.max())
    chosen = rng.choice(len(ts), size=chains * draws, p=mass / mass.sum())
    half = LARGEST_TAU / NODES / 2
    ts, te = (tau[chosen] + rng.uniform(-half, half, chains * draws) for tau in (ts, te))
    _, mean, variance = _given_taus(design, design.blocks(), ts, te)
    beta = mean + np.sqrt(variance) * rng.standard_normal(chains * draws)
    shape = (chains, draws)
    return {
        "beta": beta.reshape(*shape, 1),
        "tau_sample": ts.reshape(shape),
        "tau_effect": te.reshape(shape),
    }


def make_fit(
    design: Design,
    draws: Mapping[str, Array],
    *,
    sampler: bool = True,
    diverging: Array | None = None,
    energy: Array | None = None,
    specification: Specification | None = None,
) -> Fitted:
    """A finished analysis made of given draws, with statistics like a sampler's."""
    blocks = design.blocks()
    tree = assemble(design, blocks, draws, seed=3)
    shape = draws["beta"].shape[:2]
    if sampler:
        quiet = np.random.default_rng(5).standard_normal(shape)
        statistics = {
            "diverging": np.zeros(shape, bool) if diverging is None else diverging,
            "energy": quiet if energy is None else energy,
        }
        dims = ("chain", "draw")
        add_group(tree, "sample_stats", xr.Dataset({n: (dims, s) for n, s in statistics.items()}))
    frame = pd.DataFrame({"yi": design.y, "vi": design.variances})
    return Fitted(
        effects=EffectSizes(frame=frame, measure=design.measure),
        specification=specification or Specification(),
        design=design,
        posterior=Posterior(
            tree=tree, blocks=blocks, provenance=Provenance(engine="made up", seed=3, seconds=0.0)
        ),
    )


def healthy_fit() -> Fitted:
    """Nothing is wrong with this one."""
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    return make_fit(design, exact_draws(design))


def without_sample(design: Design, i: int) -> Design:
    """The design without sample i."""
    keep = design.sample_index != i
    samples = tuple(s for j, s in enumerate(design.sample_ids) if j != i)
    return replace(
        make_design(design.y[keep], design.variances[keep], samples=len(samples)),
        sample_ids=samples,
    )
