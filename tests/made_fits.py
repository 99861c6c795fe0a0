"""Tables and finished analyses made of chosen numbers, for tests that must not wait for a sampler.

`planted` gives a fit whose posterior draws are what a test says they are, so that every summary has
a value known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.analysis.face import Fit
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.assembly import assemble
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import Measure
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification


def made_effects(
    samples: Sequence[str],
    *,
    r: ArrayLike | None = None,
    n: ArrayLike = 60,
    yi: ArrayLike | None = None,
    vi: ArrayLike | None = None,
    measure: Measure = "ZCOR",
    name: str = "made up",
    synthetic: bool = False,
    topic: str = "",
    notice: str = "",
    **columns: Any,
) -> EffectSizes:
    """A table with the given sample labels; z, r or yi with their usual sampling variances."""
    k = len(samples)
    rng = np.random.default_rng(k)
    r = np.full(k, np.nan) if measure == "GEN" else _spread(r, k, 0.2 + 0.1 * rng.normal(size=k))
    n = np.full(k, np.nan) if measure == "GEN" else _spread(n, k, 60.0)
    if measure == "ZCOR":
        yi, vi = np.arctanh(r), 1 / (n - 3)
    elif measure == "COR":
        yi, vi = r, (1 - r**2) ** 2 / (n - 1)
    position = pd.Series(range(k)).groupby(pd.Series(list(samples))).cumcount()
    frame = pd.DataFrame(
        {
            "row": np.arange(2, k + 2),
            "sample": list(samples),
            "effect": [str(i + 1) for i in position],
            "yi": _spread(yi, k, 0.3 + 0.2 * rng.normal(size=k)),
            "vi": _spread(vi, k, 0.03),
            "r": r,
            "n": n,
            "statistic": "given" if measure == "GEN" else "pearson",
            "covariates": 0,
            "turned": False,
            "not_significant": False,
            **columns,
        }
    )
    return EffectSizes(
        frame, measure, name=name, sha256="0" * 64, synthetic=synthetic, topic=topic, notice=notice
    )


def _spread(values: ArrayLike | None, k: int, default: ArrayLike) -> np.ndarray:
    return np.broadcast_to(np.asarray(default if values is None else values, float), k).copy()


def not_significant(effects: EffectSizes, rows: Sequence[int]) -> EffectSizes:
    """The same table with some correlations printed as "n.s." only."""
    frame = effects.to_frame()
    frame.loc[list(rows), ["yi", "r"]] = np.nan
    frame.loc[list(rows), "not_significant"] = True
    return EffectSizes(frame, effects.measure, name=effects.name)


def planted(
    effects: EffectSizes,
    specification: Specification | None = None,
    *,
    beta: ArrayLike,
    tau_sample: ArrayLike | None = 0.0,
    tau_effect: ArrayLike | None = 0.0,
    shape: tuple[int, int] = (2, 200),
    **others: np.ndarray,
) -> Fitted:
    """A fit with these draws: beta (..., p) and taus are broadcast to (chain, draw)."""
    specification = specification or Specification()
    design = compile_design(effects, specification)
    p = design.X.shape[1]
    draws: dict[str, np.ndarray] = {"beta": np.broadcast_to(beta, (*shape, p)).astype(float)}
    taus: Mapping[str, tuple[ArrayLike | None, object]] = {
        "tau_sample": (tau_sample, design.tau_sample),
        "tau_effect": (tau_effect, design.tau_effect),
    }
    for name, (values, prior) in taus.items():
        if prior is not None:
            draws[name] = np.broadcast_to(values, shape).astype(float)
    draws |= others
    blocks = design.blocks()
    tree = assemble(design, blocks, draws, seed=4)
    provenance = Provenance(
        "planted",
        seed=4,
        seconds=0.25,
        settings={"chains": shape[0], "draws": shape[1], "target_accept": 0.9},
        versions={"numpy": np.__version__},
        declined={"exact": "nothing was asked"},
    )
    return Fitted(effects, specification, design, Posterior(tree, blocks, provenance))


def scattered(
    effects: EffectSizes, specification: Specification | None = None, *, seed: int = 5, **made: Any
) -> Fit:
    """A fit whose draws scatter around .2 (means) or 0 (others) as a posterior's would."""
    specification = specification or Specification()
    design = compile_design(effects, specification)
    rng, shape = np.random.default_rng(seed), (2, 200)
    centre = np.where(design.prior_location > 0, 0.21, 0.02)
    chosen: dict[str, Any] = {
        "beta": centre + 0.05 * rng.standard_normal((*shape, len(centre))),
        "tau_sample": np.abs(rng.normal(0.12, 0.03, shape)),
        "tau_effect": np.abs(rng.normal(0.08, 0.02, shape)),
    }
    if design.dependence is not None:
        chosen["rho"] = rng.beta(14, 6, shape)
    if design.shrinkage is not None:
        chosen["shrinkage"] = np.abs(rng.normal(0.4, 0.1, shape))
    return Fit(planted(effects, specification, shape=shape, **(chosen | made)))
