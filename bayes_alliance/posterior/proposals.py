"""How well the points of an importance sampler stand for a posterior, as its tree keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bayes_alliance.algebra.blocks import Array

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["IMPORTANCE_GROUP", "LARGEST_PARETO_K", "Proposals", "proposals_of"]

#: Group of the tree that holds the weights.
IMPORTANCE_GROUP: Final = "importance"
#: Vehtari, Simpson, Gelman, Yao & Gabry (2024, JMLR 25(72)), for 2,200 points and more.
LARGEST_PARETO_K: Final = 0.7
#: As for a sampler (Vehtari et al. 2021, doi 10.1214/20-BA1221).
SMALLEST_ESS: Final = 400
#: Of the log marginal likelihood: a Bayes factor is then good to about 10 %.
LARGEST_ERROR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Proposals:
    """Points of an importance sampler.

    Parameters
    ----------
    log_weights : ndarray, shape (N,)
        Pareto-smoothed, normalised to sum 1.
    pareto_k : float
        Shape of the tail of the raw weights; above 0.7 they cannot be trusted.
    distinct : int
        Different points among the draws of the posterior, which repeat those of large weight.
    rounds : int
        Rounds in which the proposal was adapted.
    """

    log_weights: Array
    pareto_k: float
    distinct: int
    rounds: int

    @property
    def effective(self) -> float:
        """Effective number of points, 1 / sum of squared weights."""
        return float(1 / np.square(np.exp(self.log_weights)).sum())

    @property
    def error(self) -> float:
        """Standard error of the log marginal likelihood, by the delta method."""
        return float(np.sqrt(max(1 / self.effective - 1 / len(self.log_weights), 0.0)))

    @property
    def shortcoming(self) -> str | None:
        """Why the points must not be relied on; None if they can."""
        wrong = []
        if not self.pareto_k <= LARGEST_PARETO_K:
            wrong.append(
                f"Pareto k of the weights is {self.pareto_k:.2f}, above {LARGEST_PARETO_K}"
            )
        if not self.effective >= SMALLEST_ESS:
            wrong.append(
                f"only {self.effective:.0f} of {len(self.log_weights)} points are effective, "
                f"{SMALLEST_ESS} are needed"
            )
        return "; ".join(wrong) or None

    def to_dataset(self) -> xr.Dataset:
        """Return the record as a group of a tree.

        Returns
        -------
        xarray.Dataset
            ``log_weight`` (dim ``proposal``), ``pareto_k``, ``distinct``, ``rounds``.
        """
        import xarray as xr

        return xr.Dataset(
            {
                "log_weight": ("proposal", self.log_weights),
                "pareto_k": self.pareto_k,
                "distinct": self.distinct,
                "rounds": self.rounds,
            }
        )


def proposals_of(tree: xr.DataTree) -> Proposals | None:
    """Read the record of an importance sampler from the tree of a posterior.

    Parameters
    ----------
    tree : xarray.DataTree
        The tree.

    Returns
    -------
    Proposals or None
        None if no importance sampler made it.
    """
    if IMPORTANCE_GROUP not in tree.children:
        return None
    kept = tree[IMPORTANCE_GROUP].dataset
    return Proposals(
        log_weights=kept["log_weight"].to_numpy(),
        pareto_k=float(kept["pareto_k"]),
        distinct=int(kept["distinct"]),
        rounds=int(kept["rounds"]),
    )
