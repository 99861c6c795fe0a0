"""What a run leaves: table, specification, design and posterior, in one frozen record."""

from __future__ import annotations

from dataclasses import dataclass

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["Fitted"]


@dataclass(frozen=True, slots=True, repr=False)
class Fitted:
    """A finished analysis; summaries, checks, figures and reports read it and change nothing.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What was claimed.
    design : Design
        The two compiled to arrays; `design.rows` leads from an effect to its row in the table.
    posterior : Posterior
        The answer.
    """

    effects: EffectSizes
    specification: Specification
    design: Design
    posterior: Posterior

    @property
    def typical_rho(self) -> float | None:
        """Posterior median of the correlation of sampling errors; None where it is not estimated.

        For whatever needs one sampling covariance, such as REML.
        """
        if self.design.dependence is None:
            return None
        return float(self.posterior.rho().quantile(0.5))

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """Benchmarks that are about what the data are about (all, where the data do not say)."""
        topic = self.effects.topic
        return tuple(
            benchmark
            for benchmark in self.specification.benchmarks
            if not (topic and benchmark.topic and topic != benchmark.topic)
        )
