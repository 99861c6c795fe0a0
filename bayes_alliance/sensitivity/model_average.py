"""What an average over models gives: models, inclusions, averaged quantities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from bayes_alliance.engines.evidence import Evidence
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.sensitivity.model_space import Candidate
from bayes_alliance.spec.design import LeftOut
from bayes_alliance.summaries.coefficients import Estimate, Range, estimate_of, in_r
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.scale import Scale

__all__ = ["ANY_LEVEL", "AveragedModel", "Difference", "Inclusion", "ModelAverage"]


@dataclass(frozen=True, slots=True)
class AveragedModel:
    """One model after the data.

    Parameters
    ----------
    candidate : Candidate
        Terms, heterogeneity, prior probability.
    posterior : float
        Probability after the data.
    evidence : Evidence
        Log marginal likelihood with its error.
    mean : Estimate or None
        The mean in this model, on the analysis scale; None where it is 0 or the model negligible.
    """

    candidate: Candidate
    posterior: float
    evidence: Evidence
    mean: Estimate | None


#: Name of the inclusion of heterogeneity at one level or both.
ANY_LEVEL: Final = "heterogeneity"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Whether something belongs in the model.

    Parameters
    ----------
    name : str
        Column, level of heterogeneity, or ``mean``.
    kind : {"term", "heterogeneity", "effect"}
        What it is.
    factor : BayesFactor
        Inclusion Bayes factor; its `prior_odds` are the prior inclusion odds and its
        `posterior_probability` is the posterior inclusion probability.
    """

    name: str
    kind: Literal["term", "heterogeneity", "effect"]
    factor: BayesFactor

    @property
    def prior(self) -> float:
        """Prior inclusion probability."""
        return self.factor.prior_odds / (1 + self.factor.prior_odds)

    @property
    def posterior(self) -> float:
        """Posterior inclusion probability."""
        return self.factor.posterior_probability


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between levels, or a slope, averaged over all models.

    Parameters
    ----------
    term, name : str
        Column and comparison, for example ``client - therapist``.
    averaged : Estimate
        Over all models; 0 in those without the term.
    included : Estimate
        Over the models with the term.
    """

    term: str
    name: str
    averaged: Estimate
    included: Estimate


@dataclass(frozen=True, slots=True, repr=False)
class ModelAverage:
    """An average over models.

    Parameters
    ----------
    terms : tuple of str
        Moderators that are in some models.
    always : tuple of str
        Terms of every model.
    models : tuple of AveragedModel
        The most probable first.
    inclusions : tuple of Inclusion
        Terms, heterogeneity, effect.
    mean, new_sample, new_effect : Marginal
        The averaged mean, the mean of a new sample, and a new effect in it, on the analysis scale.
    taus : mapping of str to Marginal
        Averaged ``tau_sample`` and ``tau_effect``, 0 in models without them.
    differences : tuple of Difference
        Averaged comparisons of levels and slopes.
    estimand : str
        What the mean averages, a sentence.
    sd : float
        Prior sd of a difference.
    effects, samples : int
        Rows and samples that all models share.
    left_out : tuple of LeftOut
        The other rows of the table.
    scale : Scale
        How the measure is read as a correlation.
    probability : float
        Of every interval.
    notes : tuple of str
        What a reader has to know.
    """

    terms: tuple[str, ...]
    always: tuple[str, ...]
    models: tuple[AveragedModel, ...]
    inclusions: tuple[Inclusion, ...]
    mean: Marginal
    new_sample: Marginal
    new_effect: Marginal
    taus: Mapping[str, Marginal]
    differences: tuple[Difference, ...]
    estimand: str
    sd: float
    effects: int
    samples: int
    left_out: tuple[LeftOut, ...]
    scale: Scale
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    @property
    def inclusion(self) -> pd.DataFrame:
        """One row a term, level of heterogeneity or effect.

        Index ``name``; ``kind``, ``prior``, ``posterior``, ``bf10``, ``bf01``, ``log_bf10``,
        ``error``, ``evidence``.
        """
        rows = [
            {"name": i.name, "kind": i.kind, "prior": i.prior, "posterior": i.posterior,
             "bf10": i.factor.bf10, "bf01": i.factor.bf01, "log_bf10": i.factor.log_bf10,
             "error": i.factor.error, "evidence": i.factor.words}
            for i in self.inclusions
        ]  # fmt: skip
        columns = ["name", "kind", "prior", "posterior", "bf10", "bf01", "log_bf10", "error"]
        return pd.DataFrame(rows, columns=[*columns, "evidence"]).set_index("name")

    @property
    def table(self) -> pd.DataFrame:
        """One row a model, the most probable first.

        Index ``model`` (1, 2, ...); ``terms``, ``tau_sample``, ``tau_effect``, ``effect``,
        ``prior``, ``posterior``, ``log_marginal_likelihood``, ``error``, and ``median``, ``lower``,
        ``upper`` of the mean (on r for correlations; NaN in negligible models).
        """
        rows = [self._row(number, model) for number, model in enumerate(self.models, start=1)]
        return pd.DataFrame(rows).set_index("model")

    def _row(self, number: int, model: AveragedModel) -> dict[str, Any]:
        given, shown = model.candidate, self.range_of(model.mean)
        if not given.effect:
            shown = Range(0.0, 0.0, 0.0)
        return {
            "model": number,
            "terms": " + ".join((*self.always, *given.terms)),
            TAU_SAMPLE: given.has_sample,
            TAU_EFFECT: given.has_effect,
            "effect": given.effect,
            "prior": given.prior,
            "posterior": model.posterior,
            "log_marginal_likelihood": model.evidence.log_value,
            "error": model.evidence.error,
            "median": math.nan if shown is None else shown.centre,
            "lower": math.nan if shown is None else shown.lower,
            "upper": math.nan if shown is None else shown.upper,
        }

    @property
    def averages(self) -> pd.DataFrame:
        """One row an averaged quantity.

        Index ``name``: ``mean``, ``new sample``, ``new effect``, taus, and differences
        (``term: a - b``). ``mean``, ``sd``, ``median``, ``lower``, ``upper``, ``p_positive`` on
        the analysis scale; ``r``, ``r_lower``, ``r_upper`` of the first three for correlations.
        """
        named = {
            "mean": self.mean,
            "new sample": self.new_sample,
            "new effect": self.new_effect,
            **self.taus,
        }
        rows = {n: estimate_of(m, self.probability) for n, m in named.items()}
        frame = {name: self._numbers(found, in_r=name not in self.taus)
                 for name, found in rows.items()}  # fmt: skip
        frame |= {f"{d.term}: {d.name}": self._numbers(d.averaged, in_r=False)
                  for d in self.differences}  # fmt: skip
        return pd.DataFrame.from_dict(frame, orient="index").rename_axis("name")

    def _numbers(self, found: Estimate, *, in_r: bool) -> dict[str, float | None]:
        row: dict[str, float | None] = {
            "mean": found.mean,
            "sd": found.sd,
            "median": found.median,
            "lower": found.lower,
            "upper": found.upper,
            "p_positive": found.p_positive,
        }
        if not self.scale.has_r:
            return row
        shown = self.range_of(found) if in_r else None
        ends = (math.nan,) * 3 if shown is None else (shown.centre, shown.lower, shown.upper)
        return row | dict(zip(("r", "r_lower", "r_upper"), ends, strict=True))

    def range_of(self, found: Estimate | None) -> Range | None:
        """Median and limits of a mean as they are shown.

        Parameters
        ----------
        found : Estimate or None
            On the analysis scale.

        Returns
        -------
        Range or None
            On r for correlations.
        """
        if found is None:
            return None
        given = Range(found.median, found.lower, found.upper)
        return in_r(given, self.scale) if self.scale.has_r else given

    def __repr__(self) -> str:
        best = self.models[0]
        told = [f"{i.name} {i.posterior:.2f}" for i in self.inclusions]
        shown = self.averages.loc["mean"]
        centre, lower, upper = shown[["r", "r_lower", "r_upper"] if self.scale.has_r else
                                     ["median", "lower", "upper"]]  # fmt: skip
        return "\n".join(
            [
                f"Average over {len(self.models)} models of {self.effects} effect sizes in "
                f"{self.samples} samples",
                f"  inclusion probabilities: {', '.join(told) or 'none'}",
                f"  mean {centre:.3f} [{lower:.3f}, {upper:.3f}]; best model "
                f"({best.posterior:.2f}): {' + '.join(best.candidate.terms) or 'no moderator'}, "
                f"heterogeneity {best.candidate.structure}",
                f"  {self.estimand}",
                "  next: .inclusion, .table, .averages",
            ]
        )
