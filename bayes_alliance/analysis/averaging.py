"""Evidence for and against moderators, and averages over models, in one call from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from bayes_alliance.analysis.sources import effects_from
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.averaging import average as _average
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison
from bayes_alliance.sensitivity.moderators import SCALES
from bayes_alliance.sensitivity.moderators import compare_moderators as _compare
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification

__all__ = ["average", "compare_moderators"]


def compare_moderators(
    effects: object,
    moderators: Sequence[str] | None = None,
    specification: str | Path | Specification = "overall",
    *,
    rows: Literal["common", "each"] = "common",
    units: Mapping[str, float] | None = None,
    categorical: Sequence[str] = (),
    scales: Sequence[float] = SCALES,
    prior_odds: float = 1.0,
    probability: float = INTERVAL_PROBABILITY,
) -> ModeratorComparison:
    """Evidence for and against each moderator: the model with it against the one without.

    All models see the same rows. The Bayes factor depends on the prior sd of a difference
    (``priors.differences``), so it comes at other sds too. The marginal likelihoods are exact.

    Parameters
    ----------
    effects : EffectSizes, str, path or frame
        The table.
    moderators : sequence of str, optional
        Columns; by default those of the study that the table has (diagnosis, rater, f2f_contact,
        approach, year per decade, country).
    specification : str, path or Specification
        The model without any of them; its other location terms are in every model.
    rows : {"common", "each"}
        Compare all on the rows where all are known, or each on the rows where it is known.
    units : mapping of str to float, optional
        Steps of the slopes of continuous moderators; by default their standard deviation.
    categorical : sequence of str
        Numeric columns to be read as categories.
    scales : sequence of float
        Prior sds of a difference at which the Bayes factors are shown beside the declared one.
    prior_odds : float
        Odds of each moderator before the data.
    probability : float
        Of every interval.

    Returns
    -------
    ModeratorComparison
        `table` (one row a moderator), `sentences` and `left_out`.

    Raises
    ------
    InputError
        If a column is missing, constant or tells all rows or samples apart (every one named), none
        is named and the table has none of the study's, or no marginal likelihood is exact.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> found = ba.compare_moderators("ibi_synthetic", ["year", "country"])
    >>> found.table["bf01"].round(1).tolist()
    [4.6, 53.1]
    """
    return _compare(
        effects_from(effects),
        moderators,
        _specification(specification),
        rows=rows,
        units=units,
        categorical=categorical,
        scales=scales,
        prior_odds=prior_odds,
        probability=probability,
    )


def average(
    effects: object,
    terms: Sequence[str] | None = None,
    specification: str | Path | Specification = "overall",
    *,
    structures: bool = True,
    effect: bool = False,
    estimand: Literal["effects", "levels"] = "effects",
    prior_inclusion: float | Mapping[str, float] = 0.5,
    prior_structures: Mapping[str, float] | None = None,
    prior_effect: float = 0.5,
    units: Mapping[str, float] | None = None,
    categorical: Sequence[str] = (),
    probability: float = INTERVAL_PROBABILITY,
) -> ModelAverage:
    """Bayesian model averaging over all subsets of moderators and over heterogeneity structures.

    Every model sees the same rows; the models without moderators, and without heterogeneity, are
    always among them. Terms, structure and effect are independent before the data.

    Parameters
    ----------
    effects : EffectSizes, str, path or frame
        The table.
    terms : sequence of str, optional
        Moderators; by default those of the study that the table has; an empty list averages over
        the structures alone.
    specification : str, path or Specification
        The model without any of them; its other location terms are in every model.
    structures : bool
        Whether to average over both taus, only that of samples, only that of effects, and none.
    effect : bool
        Whether models with a mean of 0 are among the models.
    estimand : {"effects", "levels"}
        Whether in the mean every effect size of the table counts the same, which is one quantity in
        all models, or every level of the moderators that are in a model.
    prior_inclusion : float or mapping of str to float
        Prior probability of every term, or of each.
    prior_structures : mapping of str to float, optional
        Prior weights of ``both``, ``sample``, ``effect`` and ``none``; by default all alike.
    prior_effect : float
        Prior probability of a mean other than 0, where `effect`.
    units : mapping of str to float, optional
        Steps of the slopes of continuous terms; by default their standard deviation.
    categorical : sequence of str
        Numeric columns to be read as categories.
    probability : float
        Of every interval.

    Returns
    -------
    ModelAverage
        `inclusion`, `table` (one row a model), `averages`, and the averaged posteriors `mean`,
        `new_sample` and `taus`, which can be asked for pdf, cdf and quantiles.

    Raises
    ------
    InputError
        As `compare_moderators`; also if terms repeat one another or make too many models.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> found = ba.average("ibi_synthetic", ["year", "country"])
    >>> found.inclusion["posterior"].round(2).tolist()
    [0.18, 0.02, 1.0, 0.19, 1.0]
    """
    return _average(
        effects_from(effects),
        terms,
        _specification(specification),
        structures=structures,
        effect=effect,
        estimand=estimand,
        prior_inclusion=prior_inclusion,
        prior_structures=prior_structures,
        prior_effect=prior_effect,
        units=units,
        categorical=categorical,
        probability=probability,
    )


def _specification(given: str | Path | Specification) -> Specification:
    return given if isinstance(given, Specification) else read_specification(given)
