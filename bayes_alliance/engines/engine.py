"""What every engine is asked, and the options of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.tables import Run

__all__ = ["Engine", "RunOptions"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run.

    Parameters
    ----------
    seed : int
        Same seed, same numbers.
    chains, draws, tune : int
        Chains, kept draws a chain, and tuning steps a chain (samplers only).
    target_accept : float
        Target acceptance of NUTS.
    parametrization : {"marginal", "hierarchical"}
        Random effects integrated out, or explicit.
    sampler : {"nutpie", "pymc"}
        Which NUTS.
    tolerance : float
        Largest reported error of a quadrature (exact engine only).
    cores : int
        Processor cores to be used.
    progress : bool
        Whether a progress bar is shown.
    """

    seed: int = 1
    chains: int = 4
    draws: int = 2_000
    tune: int = 1_000
    target_accept: float = 0.9
    parametrization: Literal["marginal", "hierarchical"] = "marginal"
    sampler: Literal["nutpie", "pymc"] = "nutpie"
    tolerance: float = 1e-5
    cores: int = 2
    progress: bool = False

    @classmethod
    def of(cls, run: Run, *, cores: int, progress: bool) -> RunOptions:
        """Options from the ``[run]`` table of a specification.

        Parameters
        ----------
        run : Run
            The table.
        cores : int
            Processor cores to be used.
        progress : bool
            Whether a progress bar is shown.

        Returns
        -------
        RunOptions
            The options.
        """
        values = run.model_dump(exclude={"engine"})
        return cls(**values, cores=cores, progress=progress)


class Engine(Protocol):
    """A way from a design to a posterior."""

    name: str

    def declines(self, design: Design) -> str | None:
        """Return why this engine cannot run the design.

        Parameters
        ----------
        design : Design
            The analysis.

        Returns
        -------
        str or None
            The reason; None if it can run it.
        """
        ...

    def run(self, design: Design, options: RunOptions) -> Posterior:
        """Compute the posterior.

        Parameters
        ----------
        design : Design
            The analysis.
        options : RunOptions
            Seed, draws and what else the engine takes.

        Returns
        -------
        Posterior
            The posterior with its provenance.
        """
        ...

    def falls_short(self, posterior: Posterior) -> str | None:
        """Return why another engine should answer in place of this one, now that it has run.

        Parameters
        ----------
        posterior : Posterior
            What `run` returned.

        Returns
        -------
        str or None
            The reason; None if the answer stands.
        """
        ...
